"""What a comparison found, as tables: how much, where, by which losses, and what was changed."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Column, Table
from rich.text import Text

from simulator.experiment.comparison import Comparison
from simulator.experiment.departures import ALL, COMPANY
from simulator.experiment.differences import BOOTSTRAP, PAIRED_T
from simulator.experiment.quantities import Scale
from simulator.experiment.wording import paragraph
from simulator.languages.messages import marked, say
from simulator.metrics import METRICS
from simulator.metrics.definitions import RESPONSES, TEAMS
from simulator.metrics.team_labels import team_label
from simulator.metrics.units import with_unit
from simulator.presentation.figures import MISSING, words, written
from simulator.presentation.flowing import Flowing
from simulator.presentation.tables import grid, interrupted, right, titled, unseen

Row = dict[Any, Any]

_MOST_CHANGED = 4  # of a department
_MOST_REASONS = 4  # of a stage
_MOST_INPUTS = 8  # of a department
_WIDEST = 4.0  # upper end of an interval of a factor, in lower ends
_MARKS = {PAIRED_T: "t", BOOTSTRAP: "b"}
_COMPANY_LABEL = marked("Company")
_ASPECTS = {
    "throughput": marked("throughput"),
    "wait": marked("wait"),
    "abandonment": marked("abandonment"),
    "conversion": marked("conversion"),
    "churn": marked("churn"),
    "result": marked("result"),
}
# Of several series of an aspect each says which it is.
_SERIES = {
    "throughput": marked("work done"),
    "wait_mean": marked("mean¦of a wait"),
    "abandonment": marked("waits given up"),
}
# What says the same as another row, or is no result, is not among the most changed.
_SHOWN_ELSEWHERE = {"mrr", "arr", "mrr_start", *RESPONSES} | {
    f"{team}.{what}" for team in TEAMS for what in ("queue", "wait_mean", "wait_p50", "utilization")
}
_PASSED_ON = {"marketing": "mql_count", "inside_sales": "sql_count", "field_sales": "wins"}


def story(
    result: Comparison, metrics: Sequence[str] = (), every: bool = False
) -> list[RenderableType]:
    """Tell a comparison in the order in which a leader asks: how much, where, by what.

    Parameters
    ----------
    result : Comparison
    metrics : sequence of str
        Show these instead of the most changed.
    every : bool
        Show all metrics.
    """
    content: list[RenderableType] = [Flowing(result.verdict, style="bold"), Text("")]
    for name in result.names[1:]:
        content.append(_figures(result, name, metrics, every))
        content.append(_where(result, name))
        content.append(_losses(result, name))
    return content


def closing(result: Comparison, version: str) -> str:
    """Say on what the figures rest, and what pairing was worth."""
    runs = len(result.numbers)
    span = say("{months} months of 20 business days", months=f"{result.months:g}")
    if result.warm_up_months > 0.0:
        span = say(
            "{months} months of 20 business days, the first {warm_up} left out",
            months=f"{result.months:g}",
            warm_up=f"{result.warm_up_months:g}",
        )
    basis = say(
        "{runs} paired replication of {span}; seed {seed}; themodel {version}."
        if runs == 1
        else "{runs} paired replications of {span}; seed {seed}; themodel {version}.",
        runs=runs,
        span=span,
        seed=result.seed,
        version=version,
    )
    lines = [basis]
    if runs == 1:
        lines.append(say("One replication: means without an interval."))
    long = result.runs.loc[np.isinf(result.runs["value"]), "metric"]
    lines += unseen(name for name in METRICS if name in set(long))
    lines += _saved(result)
    return interrupted(result, lines)


def _saved(result: Comparison) -> Iterator[str]:
    """Say what the same luck saved, where that can be told."""
    label = METRICS[result.main].label
    for name in result.names[1:]:
        row = _row(result, name, result.main)
        times, n = float(row["variance_reduction"]), int(row["n"])
        low, high = (float(row[f"variance_reduction_{end}"]) for end in ("low", "high"))
        # Neither is true of an interval that is missing.
        beyond_luck = low > 1.0 or high < 1.0
        if beyond_luck and high <= _WIDEST * low and math.isfinite(times):
            yield say(
                "The same luck in {reference} and {scenario} divides the variance of the"
                " difference in {label} by {factor} (95 % interval {span}): {n} paired"
                " replications tell as much as {unpaired} unpaired ones.",
                reference=result.reference,
                scenario=name,
                label=label,
                factor=f"{times:,.1f}",
                span=say("{low} to {high}", low=f"{low:,.1f}", high=f"{high:,.1f}"),
                n=n,
                unpaired=f"{n * times:,.0f}",
            )


# ------------------------------------------------------------------ how much


def _figures(result: Comparison, name: str, metrics: Sequence[str], every: bool) -> RenderableType:
    rows = result.metrics[result.metrics["scenario"] == name].to_dict(orient="records")
    single = len(result.numbers) == 1
    columns = [
        Column("", overflow="fold"), _named(result.reference), _named(name),
        right(say("difference" if single else "difference (95 % interval)")),
    ]  # fmt: skip
    if not single:
        columns += [right(), right("%"), right(say("better in")), right(say("by¦method"))]
    table = grid(*columns)
    for section, members in _sections(result, rows, metrics, every):
        if table.row_count:
            table.add_row()
        table.add_row(Text(section, style="bold"))
        for row in members:
            table.add_row(*_cells(row, result.currency, len(result.numbers)))
    notes = [] if single else [_note_on_figures(rows, every)]
    title = say("{scenario} against {reference}", scenario=name, reference=result.reference)
    return titled(title, table, *notes)


def _cells(row: Row, currency: str, runs: int) -> list[RenderableType]:
    levels, gaps, unit = _scales(row, currency)
    cells: list[RenderableType] = [
        _indented(_with_unit(row["metric"], unit)),
        levels.number(row["reference"]),
        levels.number(row["mean"]),
        _with_interval(gaps, row["difference"], row["low"], row["high"]),
    ]
    if runs == 1:
        return cells
    better = row["p_better"]
    return [
        *cells,
        "*" if row["differs"] else "",
        _signed_percent(row["relative"]),
        MISSING if _missing(better) else with_unit(f"{100.0 * better:.0f}", "%"),
        _MARKS[row["method"]] + (f" {row['n']}" if row["n"] < runs else "") if row["n"] > 1 else "",
    ]


def _with_unit(metric: str, unit: str) -> str:
    """Write a metric under the heading of its department, with its unit unless that is said."""
    label = METRICS[metric].label
    if METRICS[metric].department == "flow":
        label = _without_team(metric).capitalize()
    said = not unit or (unit.startswith("per ") and " per " in label)
    return label if said else _in_unit(label, unit)


def _without_team(metric: str) -> str:
    """Write a metric of a team's flow without the team, which stands above it."""
    return METRICS[metric].label.removeprefix(team_label(metric.partition(".")[0])).lstrip(":： ")


def _in_unit(label: str, unit: str) -> str:
    return say("{label}, {unit}", label=label, unit=unit) if unit else label


def _note_on_figures(rows: Sequence[Row], every: bool) -> Flowing:
    differ = sum(row["differs"] for row in rows)
    note = say(
        "*: differs beyond luck, as {differ} of {count} metrics do; of those that luck alone"
        " moves, about 1 in 20 seems to. %: of the reference; better in: share of the pairs of"
        " runs; by: how the interval is made, t paired t, b bootstrap (BCa), and the number of"
        " pairs where the metric is missing in others.",
        differ=differ,
        count=len(rows),
    )
    more = [] if every else [say("--all shows every metric.")]
    return Flowing(paragraph([note, *more]), style="dim")


def _sections(
    result: Comparison, rows: Sequence[Row], metrics: Sequence[str], every: bool
) -> Iterator[tuple[str, list[Row]]]:
    headlines = result.headlines()
    chosen = {row["metric"]: row for row in rows}
    sections: dict[str, list[Row]] = {key: [] for key in (COMPANY, *TEAMS)}
    for row in rows:
        sections[_home(row["metric"])].append(row)
    for key, members in sections.items():
        if metrics:
            members = [row for row in members if row["metric"] in metrics]
        elif not every:
            first = [chosen[m] for m in headlines] if key == COMPANY else []
            members = first + _most_changed(members, headlines)
        if members:
            yield _label(key), members


def _most_changed(rows: Iterable[Row], without: Sequence[str]) -> list[Row]:
    candidates = [
        row
        for row in rows
        if row["differs"]
        and not _missing(row["relative"])
        and row["metric"] not in _SHOWN_ELSEWHERE
        and row["metric"] not in without
    ]
    return sorted(candidates, key=lambda row: -abs(row["relative"]))[:_MOST_CHANGED]


def _home(metric: str) -> str:
    """Return under which department a metric is shown."""
    department = METRICS[metric].department
    if department == "flow":
        return metric.partition(".")[0]
    return department if department in TEAMS else COMPANY


# ------------------------------------------------------------------ where


def _where(result: Comparison, name: str) -> RenderableType:
    rows = result.departures[result.departures["scenario"] == name]
    changes = result.changes[result.changes["scenario"] == name]
    told = bool(rows["tested"].any())
    content: list[RenderableType] = []
    for key in (*TEAMS, COMPANY):
        if content:
            content.append(Text(""))
        members = rows[rows["department"] == key].to_dict(orient="records")
        label = _label(key)
        content.append(Text(_departure(label, members) if told else label, style="bold"))
        content.append(_inputs(changes[changes["department"] == key].to_dict(orient="records")))
        if told:
            table = _department(result, name, members)
            table.show_header = key == TEAMS[0]
            content.append(table)
    if told:
        note = say(
            "Beside a department: first month in which any of its series differs beyond noise"
            " (paired t; Holm's correction over all months of all its series, so that a department"
            " that never departs seems to in at most 5 % of experiments). from: the same of one"
            " series, corrected over its own months only: of series that never depart, about 1 in"
            " 20 may seem to; worse: first month in which it does so for the worse by the"
            " department's own number."
            " The figures are of that month, or of the first if it is never for the worse."
        )
    else:
        note = say("When it departs cannot be told from one replication.")
    title = say(
        "Where {scenario} departs from {reference}, and what was changed there",
        scenario=name,
        reference=result.reference,
    )
    return titled(title, *content, Flowing(note, style="dim"))


def _departure(label: str, rows: Sequence[Row]) -> str:
    """Say in which month a department departs, all its series together."""
    month = rows[0]["department_month"]
    if pd.isna(month):
        return say("{department}: no departure can be told", department=label)
    return say("{department}: departs in month {month}", department=label, month=month)


def _department(result: Comparison, name: str, rows: Sequence[Row]) -> Table:
    # Of fixed widths: each department has its own table, and their columns stand in line.
    table = grid(
        Column("", width=32, overflow="fold"),
        Column(say("from¦month"), width=4, justify="right"),
        Column(say("worse¦month"), width=5, justify="right"),
        Column(Text(result.reference), width=9, justify="right", overflow="fold"),
        Column(Text(name), width=10, justify="right", overflow="fold"),
        Column(say("difference (95 % interval)"), width=26, justify="right", overflow="fold"),
    )  # fmt: skip
    monthly = result.monthly[result.monthly["scenario"] == name]
    for row in rows:
        label = say(
            "{aspect}: {series}", aspect=say(_ASPECTS[row["aspect"]]), series=_short(row["metric"])
        )
        first, worse = row["first_month"], row["worse_from"]
        if pd.isna(first):
            table.add_row(Flowing(label), MISSING, "", "", "", "")
            continue
        of = (monthly["metric"] == row["metric"]) & (
            monthly["period"] == (first if pd.isna(worse) else worse)
        )
        month: Row = monthly[of].iloc[0].to_dict()
        levels, gaps, unit = _scales(month, result.currency)
        table.add_row(
            Flowing(_in_unit(label, unit)),
            str(first),
            MISSING if pd.isna(worse) else str(worse),
            levels.number(month["reference"]),
            levels.number(month["mean"]),
            _with_interval(gaps, month["difference"], month["low"], month["high"]),
        )
    return table


def _short(metric: str) -> str:
    """Write a metric without its team; of two of the same aspect each says which it is."""
    label = METRICS[metric].label
    if METRICS[metric].department != "flow":
        return label
    what = metric.partition(".")[2]
    return say(_SERIES[what]) if what in _SERIES else _without_team(metric)


def _inputs(changes: Sequence[Row]) -> Flowing:
    """Say which inputs of a department were changed."""
    if not changes:
        return Flowing(say("no input of its own was changed"), style="dim")
    said = [
        f"{one['key']} {_input(one['reference'])} -> {_input(one['value'])}"
        for one in changes[:_MOST_INPUTS]
    ]
    if len(changes) > _MOST_INPUTS:
        said.append(say("and {count} more", count=len(changes) - _MOST_INPUTS))
    return Flowing(say("changed: {inputs}", inputs="; ".join(said)), style="dim")


def _input(value: Any) -> str:
    return say("nothing¦value of an input") if value is None else written(value)


# ------------------------------------------------------------------ losses


def _losses(result: Comparison, name: str) -> RenderableType:
    title = say(
        "Where {scenario} loses more buyers than {reference}, and where fewer (per run)",
        scenario=name,
        reference=result.reference,
    )
    losses = result.losses[
        (result.losses["scenario"] == name) & (result.losses["recorded_reason"] == ALL)
    ]
    if losses.empty:
        return titled(title, Text(say("Nobody was lost.")))
    largest = pd.concat([losses["amount"], losses["amount_reference"]]).max()
    money = Scale.of("mrr", result.currency, (float(largest),))
    table = grid(
        Column("", overflow="fold"), _named(result.reference), _named(name),
        right(say("difference (95 %)")), right(say("{unit} (95 %)", unit=money.unit)),
    )  # fmt: skip
    for stage in TEAMS:
        rows = losses[losses["stage"] == stage].to_dict(orient="records")
        if table.row_count:
            table.add_row()
        table.add_row(Text(_label(stage), style="bold"))
        if stage in _PASSED_ON:
            row = _row(result, name, _PASSED_ON[stage])
            label = say("passed on: {label}", label=METRICS[_PASSED_ON[stage]].label)
            table.add_row(_indented(label), *_buyers(row, ""), "")
        sums = [row for row in rows if row["true_reason"] == ALL]
        reasons = [row for row in rows if row["true_reason"] != ALL]
        for row in [*sums, *(reasons[:_MOST_REASONS] if len(reasons) > 1 else ())]:
            total = row["true_reason"] == ALL
            gap = [row[f"amount_{what}"] for what in ("difference", "low", "high")]
            label = _loss(stage, reasons) if total else words(row["true_reason"])
            table.add_row(
                _indented(label, 2 if total else 4),
                *_buyers(row, "buyers"),
                _with_interval(_finer(money, gap), *gap),
            )
    note = say(
        "The largest differences of each stage, by true reason. A buyer that is brought back and"
        " lost again counts again. {unit}: deal sizes; of customers who left, their MRR.",
        unit=money.unit,
    )
    return titled(title, table, Flowing(note, style="dim"))


def _loss(stage: str, reasons: Sequence[Row]) -> str:
    if stage == TEAMS[-1]:
        return say("customers who left¦line of losses")
    if len(reasons) == 1:
        return say("lost: {reason}", reason=words(reasons[0]["true_reason"]))
    return say("lost¦line of losses")


def _buyers(row: Row, of: str) -> tuple[str, str, str]:
    """Buyers of the reference, of the scenario and the difference; a row of losses or metrics."""
    prefix = f"{of}_" if of else ""
    gap = [row[f"{prefix}{what}"] for what in ("difference", "low", "high")]
    levels = Scale.of("wins", "", (row[f"{prefix}reference"], row[of or "mean"]))
    gaps = Scale.of("wins", "", gap[:1])
    return (
        levels.number(row[f"{prefix}reference"]),
        levels.number(row[of or "mean"]),
        _with_interval(gaps, *gap),
    )


# ------------------------------------------------------------------ cells


def _scales(row: Row, currency: str) -> tuple[Scale, Scale, str]:
    """Return scales of levels and of differences with one unit, and that unit."""
    sizes = [row[what] for what in ("reference", "mean", "difference", "low", "high")]
    levels = Scale.of(row["metric"], currency, sizes)
    gaps = Scale.of(row["metric"], currency, sizes[2:])
    if levels.factor != 1.0 or not METRICS[row["metric"]].unit.startswith("currency"):
        # A small difference of large amounts is written in the same unit.
        levels, gaps = _finer(levels, sizes[:2]), _finer(levels, sizes[2:])
    return levels, gaps, levels.unit.replace(say("% points"), "%")


def _finer(scale: Scale, sizes: Iterable[float]) -> Scale:
    """Return the scale with as many decimals as amounts of this size need, three at most."""
    largest = max((abs(size) * scale.factor for size in sizes if not _missing(size)), default=0.0)
    steps = (100.0, 10.0, 0.1) if largest else (0.0,)
    decimals = next((places for places, step in enumerate(steps) if largest >= step), 3)
    return replace(scale, decimals=decimals)


def _with_interval(scale: Scale, difference: float, low: float, high: float) -> str:
    if _missing(low) or _missing(high):
        return scale.number(difference)
    span = say("{low} to {high}", low=scale.number(low), high=scale.number(high))
    return say("{number} ({span})", number=scale.number(difference), span=span)


def _signed_percent(share: float) -> str:
    return MISSING if _missing(share) else f"{100.0 * share:+,.0f}"


def _missing(value: float) -> bool:
    return not math.isfinite(value)


def _named(name: str) -> Column:
    return Column(Text(name), justify="right", overflow="fold", max_width=12)


def _indented(label: str, by: int = 2) -> RenderableType:
    return Padding(Flowing(label), (0, 0, 0, by))


def _label(key: str) -> str:
    return say(_COMPANY_LABEL) if key == COMPANY else team_label(key)


def _row(result: Comparison, name: str, metric: str) -> Row:
    table = result.metrics
    row: Row = table[(table["scenario"] == name) & (table["metric"] == metric)].iloc[0].to_dict()
    return row
