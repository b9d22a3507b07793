"""Results as tables for a terminal or a pipe, plain enough to read aloud."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

import pandas as pd
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Column, Table
from rich.text import Text

from simulator.experiment import Estimate, Results
from simulator.experiment.replications import Totals
from simulator.metrics import METRICS, Metric
from simulator.metrics.definitions import RESPONSES, TEAMS
from simulator.metrics.team_labels import team_label
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
from simulator.presentation.sentences import TRUTH
from simulator.presentation.story import Line

_SECTIONS = (
    ("Marketing", ("marketing",)),
    ("Inside sales", ("inside_sales",)),
    ("Field sales", ("field_sales",)),
    ("Customer success", ("customer_success",)),
    ("Company", ("shared", "finance")),
)
_BRIDGE = (
    ("mrr_start", "at the start", ""),
    ("mrr_new", "new customers", "+"),
    ("mrr_reactivated", "customers won back", "+"),
    ("mrr_expansion", "expansion", "+"),
    ("mrr_contraction", "contraction", "-"),
    ("mrr_churned", "customers who left", "-"),
    ("mrr_end", "at the end", "="),
)
_ELSEWHERE = {name for name, _, _ in _BRIDGE} | {"mrr", "arr", *RESPONSES}
_STATUSES = {
    "in_marketing": "with marketing",
    "nurtured": "resting, to be looked at again",
    "in_inside_sales": "with inside sales",
    "in_field_sales": "open opportunities",
    "parked": "lost or turned away, in the recycling pool",
    "customer": "customers",
    "former_customer": "former customers",
    "delivered": "served (one-off sale)",
    "gone": "gone for good",
}


def grid(*columns: Column | str) -> Table:
    """Return an empty table: a heading, a thin line, no frames."""
    return Table(
        *columns, box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0), expand=False
    )


def right(header: str = "") -> Column:
    """Return a column of numbers."""
    return Column(header, justify="right", no_wrap=True)


def titled(title: str, *content: RenderableType) -> RenderableType:
    """Put a heading over a table, and one empty line under it."""
    heading = Text(title, style="bold")
    return Group(heading, *(Padding(each, (0, 0, 0, 2)) for each in content), Text(""))


def results_story(results: Results) -> Iterator[RenderableType]:
    """Tell results in the order in which a leader asks: what, where, why, and what is left."""
    yield from _opening(results)
    yield _departments(results)
    if results.comparison is not None:
        yield _comparison(results.comparison)
    yield _flow(results)
    yield _losses(results)
    yield _statuses(results)
    if results.scenario.sale == "subscription":
        yield _bridge(results)
    if results.scenario.not_identifiable:
        lines = [Text(f"- {line}") for line in results.scenario.not_identifiable]
        yield titled("What the data behind this scenario cannot tell", *lines)


def totals_story(totals: Totals) -> Iterator[RenderableType]:
    """Tell totals that were measured without journals, department by department."""
    yield from _opening(totals)
    yield _departments(totals)
    table = grid("", right("busy"), right("queue"), right("done/day"), right("gave up"))
    for team in TEAMS:
        busy, queue, done, left = (
            totals.totals[f"{team}.{name}"].mean
            for name in ("utilization", "queue", "throughput", "abandonment")
        )
        table.add_row(
            team_label(team), percent(busy), number(queue, 1), number(done, 1), percent(left)
        )
    note = Text(
        "Measured as rows came: medians, quantiles of waits, and everything by month need a journal"
        " (leave out --totals).",
        style="dim",
    )
    yield titled("Flow", table, note)


def _opening(results: Results | Totals) -> Iterator[RenderableType]:
    question = results.scenario.question.strip()
    yield Text(results.name, style="bold")
    if question:
        yield Text(question, style="italic")
    months = results.scenario.horizon.months - results.scenario.horizon.warm_up_months
    yield Text(f"Counts and amounts are totals of {months:g} months.", style="dim")
    yield Text("")


def closing(results: Results | Totals, version: str) -> str:
    """Say in one or two lines what the figures rest on."""
    months = results.scenario.horizon
    runs = len(results.numbers)
    span = f"{months.months:g} months of 20 business days"
    if months.warm_up_months > 0.0:
        span += f", the first {months.warm_up_months:g} left out"
    line = (
        f"{runs} replication{'s' if runs != 1 else ''} of {span}; seed {results.seed};"
        f" themodel {version}."
    )
    if runs == 1:
        line += " One replication: means without an interval."
    if results.interrupted:
        line = f"Interrupted after {runs} of {results.asked} replications. {line}"
    return line


# ------------------------------------------------------------------ by department


def _departments(results: Results | Totals) -> RenderableType:
    single = len(results.numbers) == 1
    columns = [Column("", ratio=None), right("mean"), right("95 % interval"), Column("unit")]
    if single:
        del columns[2]
    table = grid(*columns)
    table.columns[-1].no_wrap = True
    for title, departments in _SECTIONS:
        if title != _SECTIONS[0][0]:
            table.add_row()
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
        "", right("people"), right("busy"), right("queue"), right("wait p50"), right("wait p90"),
        right("done/day"), right("gave up"),
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
    note = Text(
        "queue: pieces of work waiting on average; wait: in working time; gave up: share of waits",
        style="dim",
    )
    return titled("Flow: how busy, and how long buyers wait", table, note)


def _short(days: float) -> str:
    return lasting(days).replace("days", "d")


# ------------------------------------------------------------------ where buyers were lost


def _losses(results: Results) -> RenderableType:
    title = "Where buyers were lost, and why (mean of a run)"
    if results.losses.empty:
        return titled(title, Text("Nobody was lost."))
    scale, unit, decimals = _scale(results, float(results.losses["amount"].max()))
    table = grid(
        "", "true reason", right("buyers"), right("of stage"), right(unit),
        right("on file"),
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
    note = Text(
        f"{unit}: deal sizes; on file: share whose true reason was recorded. Besides, {gone}"
        " customers left: see customer churn above.",
        style="dim",
    )
    return titled(title, table, note)


def _scale(results: Results, largest: float) -> tuple[float, str, int]:
    """Return one scale for a column of amounts: divisor, unit, decimals."""
    currency = results.scenario.currency
    return (1e6, f"M {currency}", 2) if largest >= 1e6 else (1.0, currency, 0)


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


def _statuses(results: Results) -> RenderableType:
    total = sum(estimate.mean for estimate in results.statuses.values())
    table = grid("", right("buyers"), right("of all"), right("95 % interval"))
    for name, estimate in results.statuses.items():
        if estimate.mean > 0.0:
            mean, interval, _ = figure(estimate, "buyers", "")
            table.add_row(_STATUSES.get(name, words(name)), mean, percent(estimate.mean / total),
                          interval)  # fmt: skip
    if not table.row_count:
        return titled("Where buyers are at the end", Text("There were none."))
    return titled("Where buyers are at the end", table)


def _bridge(results: Results) -> RenderableType:
    """From recurring revenue at the start to that at the end, all in one scale."""
    largest = max((known(results.totals[name].mean) or 0.0) for name, _, _ in _BRIDGE)
    scale, unit, decimals = _scale(results, largest)
    table = grid("", Column(""), right(unit), right("95 % interval"))
    for name, label, sign in _BRIDGE:
        estimate = results.totals[name]
        table.add_row(
            sign,
            label,
            number(estimate.mean / scale, decimals),
            _interval(estimate, scale, decimals),
        )
    return titled("Monthly recurring revenue (MRR)", table)


def _interval(estimate: Estimate, scale: float, decimals: int) -> str:
    if estimate.low is None or estimate.high is None:
        return "" if known(estimate.mean) is not None else MISSING
    return f"{number(estimate.low / scale, decimals)} to {number(estimate.high / scale, decimals)}"


# ------------------------------------------------------------------ against a real organization


def _comparison(comparison: pd.DataFrame) -> RenderableType:
    """Hold observed figures against simulated ones."""
    table = grid(
        "", right("observed"), right("simulated"), right("95 % of single runs"), "unit", "inside",
        "used",
    )  # fmt: skip
    section = None
    for row in comparison.to_dict(orient="records"):
        label, _, which = str(row["label"]).removesuffix(")").partition(" (months ")
        if which != section:
            section = which
            table.add_row(
                Text(f"inquiries of months {which}" if which else "all inquiries", style="dim")
            )
        share = row["unit"] == "share"
        factor, unit = (100.0, "%") if share else (1.0, str(row["unit"]))
        decimals = 1 if share or max(abs(row["observed"]), 1.0) < 100.0 else 0
        low, high = (
            number(factor * float(row[f"prediction_{end}"]), decimals) for end in ("low", "high")
        )
        table.add_row(
            Padding(Text(label), (0, 0, 0, 2)),
            number(factor * float(row["observed"]), decimals),
            number(factor * float(row["simulated"]), decimals),
            MISSING if low == MISSING else f"{low} to {high}",
            unit,
            str(row["inside"]),
            "fitted" if row["fitted"] else "",
        )
    note = Text(
        "inside: whether what was observed could be one of the runs; fitted: used to set the"
        " scenario, so its agreement confirms nothing",
        style="dim",
    )
    return titled("Observed against simulated", table, note)


# ------------------------------------------------------------------ stories and checks


def story_table(title: str, lines: Iterable[Line]) -> Iterator[RenderableType]:
    """Lay out a buyer's story: when, who, what."""
    yield Text(title, style="bold")
    yield Text(
        "Lines marked truth are known to the simulator alone; departments act on what they see."
        " Days are business days, 20 a month, counted from the start.",
        style="dim",
    )
    yield Text("")
    table = grid(
        Column("time", no_wrap=True),
        right("day"),
        Column("who", no_wrap=True),
        Column("what", overflow="fold"),
    )
    last = ""
    for line in lines:
        when = moment(line.day)
        style = "dim italic" if line.who == TRUTH else ""
        first = when != last
        table.add_row(
            when if first else "",
            number(max(math.floor(line.day) + 1, 0), 0) if first else "",
            Text(line.who, style=style),
            Text(line.text, style=style),
        )
        last = when
    yield table
