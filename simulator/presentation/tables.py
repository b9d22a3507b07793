"""Results as tables for a terminal or a pipe, plain enough to read aloud."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Iterator
from typing import Any, Protocol

import numpy as np
import pandas as pd
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Column, Table
from rich.text import Text

from simulator.experiment import Estimate, Results
from simulator.experiment.replications import Totals
from simulator.experiment.wording import paragraph
from simulator.languages.languages import spoken
from simulator.languages.messages import listed, marked, say
from simulator.metrics import METRICS, Metric
from simulator.metrics.definitions import RESPONSES, TEAMS
from simulator.metrics.observed import figure as observed_figure
from simulator.metrics.team_labels import team_label
from simulator.metrics.units import money_unit
from simulator.presentation.figures import (
    MISSING,
    figure,
    known,
    lasting,
    moment,
    number,
    percent,
    words,
)
from simulator.presentation.flowing import Flowing
from simulator.presentation.story import Line
from simulator.presentation.story_rows import TRUTH

_COMPANY = ("shared", "finance")
_SECTIONS = (*((team,) for team in TEAMS), _COMPANY)
_BRIDGE = (
    ("mrr_start", marked("at the start"), ""),
    ("mrr_new", marked("new customers"), "+"),
    ("mrr_reactivated", marked("customers won back"), "+"),
    ("mrr_expansion", marked("expansion"), "+"),
    ("mrr_contraction", marked("contraction"), "-"),
    ("mrr_churned", marked("customers who left"), "-"),
    ("mrr_end", marked("at the end"), "="),
)
_ELSEWHERE = {name for name, _, _ in _BRIDGE} | {"mrr", "arr", *RESPONSES}
_STATUSES = {
    "in_marketing": marked("with marketing"),
    "nurtured": marked("resting, to be looked at again"),
    "in_inside_sales": marked("with inside sales"),
    "in_field_sales": marked("open opportunities"),
    "parked": marked("lost or turned away, in the recycling pool"),
    "customer": marked("customers"),
    "former_customer": marked("former customers"),
    "delivered": marked("served (one-off sale)"),
    "gone": marked("gone for good"),
}
_INSIDE = {"yes": marked("yes"), "no": marked("no"), "unknown": marked("unknown")}


class Counted(Protocol):
    """What rests on so many replications."""

    @property
    def interrupted(self) -> bool:
        """Whether it was stopped before all replications were finished."""

    @property
    def numbers(self) -> tuple[int, ...]:
        """The replications that finished."""

    @property
    def asked(self) -> int:
        """Number of replications asked for."""


def grid(*columns: Column | str) -> Table:
    """Return an empty table: a heading, a thin line, no frames."""
    return Table(
        *columns, box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0), expand=False
    )


def right(header: str = "") -> Column:
    """Return a column of numbers."""
    return Column(header, justify="right", no_wrap=True)


def prose(text: str, style: str = "") -> RenderableType:
    """Return a text that fills lines: rich breaks them at spaces, of which Japanese has few."""
    if spoken() != "ja":
        return Text(text, style=style)
    return Group(*(Flowing(line, style) for line in text.split("\n")))


def titled(title: str, *content: RenderableType) -> RenderableType:
    """Put a heading over a table, and one empty line under it."""
    heading = Text(title, style="bold")
    return Group(heading, *(Padding(each, (0, 0, 0, 2)) for each in content), Text(""))


def results_story(results: Results) -> Iterator[RenderableType]:
    """Tell results in the order in which a leader asks: what, where, why, and what is left."""
    yield from _opening(results)
    yield _departments(results)
    if results.comparison is not None:
        yield _comparison(results, results.comparison)
    yield _flow(results)
    yield _losses(results)
    yield _statuses(results)
    if results.scenario.sale == "subscription":
        yield _bridge(results)
    if results.scenario.not_identifiable:
        lines = [prose(f"- {say(line)}") for line in results.scenario.not_identifiable]
        yield titled(say("What the data behind this scenario cannot tell"), *lines)


def totals_story(totals: Totals) -> Iterator[RenderableType]:
    """Tell totals that were measured without journals, department by department."""
    yield from _opening(totals)
    yield _departments(totals)
    table = grid(
        "", right(say("busy")), right(say("queue")), right(say("done/day")), right(say("gave up"))
    )
    for team in TEAMS:
        busy, queue, done, left = (
            totals.totals[f"{team}.{name}"].mean
            for name in ("utilization", "queue", "throughput", "abandonment")
        )
        table.add_row(
            team_label(team), percent(busy), number(queue, 1), number(done, 1), percent(left)
        )
    note = prose(
        say(
            "Measured as rows came: medians, quantiles of waits, and everything by month need a"
            " journal (leave out --totals)."
        ),
        style="dim",
    )
    yield titled(say("Flow"), table, note)


def _opening(results: Results | Totals) -> Iterator[RenderableType]:
    question = results.scenario.question.strip()
    yield Text(results.name, style="bold")
    if question:
        yield prose(say(question), style="italic")
    months = results.scenario.horizon.months - results.scenario.horizon.warm_up_months
    told = say("Counts and amounts are totals of {months} months.", months=f"{months:g}")
    yield Text(told, style="dim")
    yield Text("")


def closing(results: Results | Totals, version: str) -> str:
    """Say in one or two lines what the figures rest on."""
    horizon = results.scenario.horizon
    runs = len(results.numbers)
    span = say(
        "{months} months of 20 business days, the first {first} left out"
        if horizon.warm_up_months > 0.0
        else "{months} months of 20 business days",
        months=f"{horizon.months:g}",
        first=f"{horizon.warm_up_months:g}",
    )
    lines = [
        say(
            "{runs} replication of {span}; seed {seed}; themodel {version}."
            if runs == 1
            else "{runs} replications of {span}; seed {seed}; themodel {version}.",
            runs=runs,
            span=span,
            seed=results.seed,
            version=version,
        )
    ]
    if runs == 1:
        lines.append(say("One replication: means without an interval."))
    if isinstance(results, Results):
        every = [one.totals for one in results.measures]
        lines += unseen(name for name in METRICS if any(np.isinf(one[name]) for one in every))
    return interrupted(results, lines)


def unseen(metrics: Iterable[str]) -> Iterator[str]:
    """Say which metrics are missing because they are longer than what was seen, if any are.

    Parameters
    ----------
    metrics : iterable of str
    """
    labels = [METRICS[metric].label for metric in metrics]
    if labels:
        yield say(
            "Not known, since at least one run ended too soon to see it: {metrics}."
            if len(labels) == 1
            else "Not known, since at least one run ended too soon to see them: {metrics}.",
            metrics=listed(labels),
        )


def interrupted(results: Counted, lines: Iterable[str]) -> str:
    """Say before other sentences that not all replications were finished, if that is so."""
    if not results.interrupted:
        return paragraph(lines)
    done, asked = len(results.numbers), results.asked
    text = say("Interrupted after {done} of {asked} replications.", done=done, asked=asked)
    return paragraph([text, *lines])


# ------------------------------------------------------------------ by department


def _departments(results: Results | Totals) -> RenderableType:
    single = len(results.numbers) == 1
    columns = [
        Column("", ratio=None),
        right(say("mean")),
        right(say("95 % interval")),
        Column(say("unit")),
    ]
    if single:
        del columns[2]
    table = grid(*columns)
    table.columns[-1].no_wrap = True
    for departments in _SECTIONS:
        if table.row_count:
            table.add_row()
        title = say("Company") if departments == _COMPANY else team_label(departments[0])
        table.add_row(Text(title, style="bold"))
        for metric in METRICS.values():
            shown = metric.id in results.totals and metric.id not in _ELSEWHERE
            if metric.department in departments and shown:
                mean, interval, unit = _cells(results, metric)
                label = Padding(metric.label, (0, 0, 0, 2))
                figures = (mean, unit) if single else (mean, interval, unit)
                table.add_row(label, *figures)
    return Group(table, Text(""))


def _cells(results: Results | Totals, metric: Metric) -> tuple[str, str, str]:
    estimate = results.totals[metric.id]
    return figure(estimate, metric.unit, results.scenario.currency)


# ------------------------------------------------------------------ flow


def _flow(results: Results) -> RenderableType:
    table = grid(
        "", right(say("people¦column")), right(say("busy")), right(say("queue")),
        right(say("wait p50")),
        right(say("wait p90")), right(say("done/day")), right(say("gave up")),
    )  # fmt: skip

    def mean(team: str, what: str) -> float:
        return results.totals[f"{team}.{what}"].mean

    for team in TEAMS:
        table.add_row(
            team_label(team),
            number(results.people[team].mean, 1),
            percent(mean(team, "utilization")),
            number(mean(team, "queue"), 1),
            _short(mean(team, "wait_p50")),
            _short(mean(team, "wait_p90")),
            number(mean(team, "throughput"), 1),
            percent(mean(team, "abandonment")),
        )
    note = prose(
        say(
            "queue: pieces of work waiting on average; wait: in working time; gave up: share of"
            " waits"
        ),
        style="dim",
    )
    return titled(say("Flow: how busy, and how long buyers wait"), table, note)


def _short(days: float) -> str:
    return lasting(days).replace("days", "d")


# ------------------------------------------------------------------ where buyers were lost


def _losses(results: Results) -> RenderableType:
    title = say("Where buyers were lost, and why (mean of a run)")
    if results.losses.empty:
        return titled(title, Text(say("Nobody was lost.")))
    scale, unit, decimals = _scale(results, float(results.losses["amount"].max()))
    table = grid(
        "", say("true reason"), right(say("buyers¦column")), right(say("of stage")), right(unit),
        right(say("on file")),
    )  # fmt: skip
    for position, (stage, rows) in enumerate(_by_stage(results.losses)):
        total = float(rows["buyers"].sum())
        if position:
            table.add_row()
        label = team_label(stage)
        for reason, buyers, amount, truly in _reasons(rows):
            table.add_row(
                label,
                words(reason),
                number(buyers, 0 if total >= 10.0 else 1),
                percent(buyers / total),
                number(amount / scale, decimals),
                percent(truly / buyers),
            )
            label = ""
    gone, _, _ = figure(results.totals["customer_success.lost"], "buyers", "")
    note = prose(
        say(
            "{unit}: deal sizes; on file: share whose true reason was recorded. Besides, {gone}"
            " customers left: see customer churn above.",
            unit=unit,
            gone=gone,
        ),
        style="dim",
    )
    return titled(title, table, note)


def _scale(results: Results, largest: float) -> tuple[float, str, int]:
    """Return one scale for a column of amounts: divisor, unit, decimals."""
    currency = results.scenario.currency
    millions = largest >= 1e6
    unit = money_unit(currency, millions)
    return (1e6, unit, 2) if millions else (1.0, unit, 0)


def _by_stage(losses: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    for stage in TEAMS:
        rows = losses[losses["stage"] == stage]
        if len(rows):
            yield stage, rows


def _reasons(rows: pd.DataFrame) -> Iterable[tuple[str, float, float, float]]:
    """Buyers, deal size and buyers recorded truly of each true reason, most buyers first."""
    found: dict[str, tuple[float, float, float]] = {}
    columns = rows[["true_reason", "recorded_reason", "buyers", "amount"]]
    for true, recorded, buyers, amount in columns.itertuples(index=False, name=None):
        old = found.get(true, (0.0, 0.0, 0.0))
        truly = buyers if recorded == true else 0.0
        found[true] = (old[0] + buyers, old[1] + amount, old[2] + truly)
    ordered = sorted(found.items(), key=lambda item: -item[1][0])
    return [(reason, *values) for reason, values in ordered]


# ------------------------------------------------------------------ the end


def status_label(name: str) -> str:
    """Name where a buyer may be at the end."""
    return say(_STATUSES[name]) if name in _STATUSES else words(name)


def _statuses(results: Results) -> RenderableType:
    total = sum(estimate.mean for estimate in results.statuses.values())
    table = grid("", right(say("buyers¦column")), right(say("of all")), right(say("95 % interval")))
    for name, estimate in results.statuses.items():
        if estimate.mean > 0.0:
            mean, interval, _ = figure(estimate, "buyers", "")
            table.add_row(status_label(name), mean, percent(estimate.mean / total), interval)
    title = say("Where buyers are at the end")
    if not table.row_count:
        return titled(title, Text(say("There were none.")))
    return titled(title, table)


def _bridge(results: Results) -> RenderableType:
    """From recurring revenue at the start to that at the end, all in one scale."""
    largest = max((known(results.totals[name].mean) or 0.0) for name, _, _ in _BRIDGE)
    scale, unit, decimals = _scale(results, largest)
    table = grid("", Column(""), right(unit), right(say("95 % interval")))
    for name, label, sign in _BRIDGE:
        estimate = results.totals[name]
        table.add_row(
            sign,
            say(label),
            number(estimate.mean / scale, decimals),
            _interval(estimate, scale, decimals),
        )
    return titled(say("Monthly recurring revenue (MRR)"), table)


def _interval(estimate: Estimate, scale: float, decimals: int) -> str:
    if estimate.low is None or estimate.high is None:
        return "" if known(estimate.mean) is not None else MISSING
    low, high = (number(end / scale, decimals) for end in (estimate.low, estimate.high))
    return say("{low} to {high}", low=low, high=high)


# ------------------------------------------------------------------ against a real organization


def _comparison(results: Results, comparison: pd.DataFrame) -> RenderableType:
    """Hold observed figures against simulated ones."""
    table = grid(
        "", right(say("observed")), right(say("simulated")), right(say("95 % of single runs")),
        say("unit"), say("inside"), say("used"),
    )  # fmt: skip
    section: tuple[int, int] | None = (0, 0)
    for row in comparison.to_dict(orient="records"):
        label, months = _observed(results, row)
        if months != section:
            section = months
            table.add_row(Text(_inquiries(months), style="dim"))
        share = row["unit"] == "share"
        factor, unit = (100.0, "%") if share else (1.0, say(str(row["unit"])))
        decimals = 1 if share or max(abs(row["observed"]), 1.0) < 100.0 else 0
        low, high = (
            number(factor * float(row[f"prediction_{end}"]), decimals) for end in ("low", "high")
        )
        table.add_row(
            Padding(prose(label), (0, 0, 0, 2)),
            number(factor * float(row["observed"]), decimals),
            number(factor * float(row["simulated"]), decimals),
            MISSING if low == MISSING else say("{low} to {high}", low=low, high=high),
            unit,
            say(_INSIDE[str(row["inside"])]),
            say("fitted") if row["fitted"] else "",
        )
    note = prose(
        say(
            "inside: whether what was observed could be one of the runs; fitted: used to set the"
            " scenario, so its agreement confirms nothing"
        ),
        style="dim",
    )
    return titled(say("Observed against simulated"), table, note)


def _observed(results: Results, row: dict[Hashable, Any]) -> tuple[str, tuple[int, int] | None]:
    """Return what an observed figure is called, and the months of its inquiries."""
    found = observed_figure(str(row["metric"]), list(results.scenario.market.channels))
    # Results name no figure that their own scenario does not know.
    return (found, None) if isinstance(found, str) else (found.label_of_all, found.months)


def _inquiries(months: tuple[int, int] | None) -> str:
    if months is None:
        return say("all inquiries")
    first, last = months
    return say("inquiries of months {first}-{last}", first=first, last=last)


# ------------------------------------------------------------------ stories and checks


def story_table(title: str, lines: Iterable[Line]) -> Iterator[RenderableType]:
    """Lay out a buyer's story: when, who, what."""
    yield Text(title, style="bold")
    yield prose(
        say(
            "Lines marked truth are known to the simulator alone; departments act on what they see."
            " Days are business days, 20 a month, counted from the start."
        ),
        style="dim",
    )
    yield Text("")
    table = grid(
        Column(say("time"), no_wrap=True),
        right(say("day")),
        Column(say("who"), no_wrap=True),
        Column(say("what"), overflow="fold"),
    )
    last = ""
    for line in lines:
        when = moment(line.day)
        style = "dim italic" if line.who == TRUTH else ""
        first = when != last
        table.add_row(
            when if first else "",
            number(max(math.floor(line.day) + 1, 0), 0) if first else "",
            Text(say(line.who), style=style),
            prose(line.text, style=style),
        )
        last = when
    yield table
