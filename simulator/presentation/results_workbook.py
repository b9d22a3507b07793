"""The results of a run as a workbook: figures, months, cohorts, people, and what they rest on."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from simulator.experiment import Results
from simulator.experiment.replications import Totals
from simulator.experiment.statistics import Estimate
from simulator.languages.messages import marked, say
from simulator.metrics.definitions import METRICS, TEAMS
from simulator.metrics.observed import figure as observed_figure
from simulator.metrics.team_labels import team_label
from simulator.metrics.units import money_unit
from simulator.presentation.figures import words
from simulator.presentation.tables import status_label
from simulator.presentation.views.retention import triangle
from simulator.presentation.workbook_assumptions import (
    Defined,
    about,
    assumptions,
    department_of,
    records,
    terms_of_results,
)
from simulator.presentation.workbooks import (
    Cell,
    Column,
    Formula,
    Kind,
    LineChart,
    Sheet,
    Shown,
    book,
    kind_of,
    reference,
    span,
    unit_written,
)
from simulator.scenario import LoadedScenario

_PARTS = ("mrr_new", "mrr_reactivated", "mrr_expansion", "mrr_contraction", "mrr_churned")
_GAINS = 3  # of these add to the revenue, the others take from it
_START, _END, _MEASURED, _APART = 1, 7, 8, 9
"""Columns of the bridge that formulas speak of; its parts stand between the first two."""
_DONE = (
    "employed_days", "busy_days", "facing_hours", "meetings", "opportunities", "wins", "bookings",
    "cost",
)  # fmt: skip
_EMPLOYED, _BUSY, _SHARE = 5, 6, 7
"""Columns of the people that formulas speak of."""
_RECYCLED = ("parked", "came_back", "opportunities", "won")


def workbook(
    results: Results | Totals, loaded: LoadedScenario, version: str, command: Sequence[str]
) -> bytes:
    """Write the results of a scenario as a workbook; only the sheets that have content.

    Parameters
    ----------
    results : Results or Totals
        Of totals there are no months, cohorts, people and losses.
    loaded : LoadedScenario
        What was run.
    version : str
        Of the program.
    command : sequence of str
        What was typed, to repeat it.

    Returns
    -------
    bytes
        An XLSX file; the same for the same results.
    """
    shown, currency = list(results.totals), results.scenario.currency
    rest: list[Sheet] = []
    if isinstance(results, Results):
        rest = [
            _cohorts(results), _people(results), _bridge(results), _losses(results),
            _recycling(results), _statuses(results), _observed(results),
        ]  # fmt: skip
    there = [sheet.name for sheet in rest if sheet.rows]
    defined = Defined.of(shown, currency, terms_of_results(currency), there)
    sheets = [_summary(results, defined)]
    if isinstance(results, Results):
        sheets.append(_monthly(results, defined))
    sheets += rest
    facts = _facts(results, version, command)
    return book(
        [*sheets, defined.sheet, assumptions(loaded), about(facts, {results.name: loaded})],
        say("Results of {name}", name=results.name),
    )


def _facts(
    results: Results | Totals, version: str, command: Sequence[str]
) -> list[tuple[str, Cell]]:
    horizon = results.scenario.horizon
    return [
        (say("Scenario¦workbook"), results.name),
        (say("Question¦workbook"), say(results.scenario.question.strip())),
        (say("Replications¦results"), Shown(len(results.numbers), "count")),
        (say("Replications asked for¦results"), Shown(results.asked, "count")),
        (say("Seed¦workbook"), str(results.seed)),
        (say("Months of a run¦workbook"), Shown(horizon.months, "general")),
        (say("Months left out at the start¦results"), Shown(horizon.warm_up_months, "general")),
        (say("Currency¦workbook"), results.scenario.currency),
        (
            say("Interrupted¦workbook"),
            say("yes¦workbook") if results.interrupted else say("no¦workbook"),
        ),
        (say("Version¦workbook"), version),
        (say("Command¦workbook"), " ".join(command)),
    ]


# ------------------------------------------------------------------ metrics


def _summary(results: Results | Totals, defined: Defined) -> Sheet:
    columns = (
        Column(say("Label¦results")), Column(say("Metric¦workbook")),
        Column(say("Department¦results")), Column(say("Mean¦workbook"), "number"),
        Column(say("95 % low¦workbook"), "number"), Column(say("95 % high¦workbook"), "number"),
        Column(say("Unit¦workbook")), Column(say("Replications¦results"), "count"),
    )  # fmt: skip
    rows: list[Sequence[Cell]] = [
        [
            defined.label(metric), metric, department_of(metric),
            *(Shown(value, kind_of(metric)) for value in (each.mean, each.low, each.high)),
            unit_written(metric, results.scenario.currency), each.n,
        ]
        for metric, each in results.totals.items()
    ]  # fmt: skip
    notes = (
        say("Means of all replications over the months that count, with their 95 % intervals."),
        say("A click on a label leads to what it means. What is missing is left empty."),
    )
    return Sheet(say("Summary¦sheet"), columns, tuple(rows), notes=notes, filtered=True)


def _monthly(results: Results, defined: Defined) -> Sheet:
    rows_of = results.monthly.sort_values("period", kind="stable").groupby("metric", sort=False)
    means = {str(metric): rows["mean"].tolist() for metric, rows in rows_of}
    months = sorted(set(results.monthly["period"].tolist()))
    columns = (
        Column(say("Label¦results")), Column(say("Metric¦workbook")), Column(say("Unit¦workbook")),
        *(Column(say("Month {month}¦results", month=month), "number") for month in months),
    )  # fmt: skip
    rows: list[Sequence[Cell]] = [
        [
            defined.label(metric), metric, unit_written(metric, results.scenario.currency),
            *(Shown(value, kind_of(metric)) for value in means[metric]),
        ]
        for metric in METRICS if metric in means
    ]  # fmt: skip
    notes = (
        say("Means of all replications; the values of each of them: monthly.csv."),
        say("A month has 20 business days; months that are left out of the summary are here."),
    )
    return Sheet(say("Monthly¦sheet"), columns, tuple(rows), notes=notes, fixed=1)


def _cohorts(results: Results) -> Sheet:
    found = [triangle(results, metric) for metric in ("logo_retention", "revenue_retention")]
    there = [each for each in found if each is not None]
    ages = max((len(each.ages) for each in there), default=0)
    columns = (
        Column(say("Share¦cohorts")), Column(say("Metric¦workbook")),
        Column(say("Month of the contract¦cohorts"), "count"),
        Column(say("Customers¦cohorts"), "number"),
        *(Column(_after(age), "share") for age in range(ages)),
    )  # fmt: skip
    rows: list[Sequence[Cell]] = []
    for each in there:
        for cohort, customers, shares in zip(each.cohorts, each.n, each.share, strict=True):
            row: list[Cell] = [each.label, each.metric, cohort, float(customers)]
            row += [float(share) for share in shares]
            rows.append([*row, *(None for _ in range(ages - len(shares)))])
    notes = (
        say("Month 0: customers that the company begins with, by months since the start."),
        say("Customers: mean of a run. Shares: all replications together; empty: not yet seen."),
    )
    return Sheet(say("Cohorts¦sheet"), columns, tuple(rows), notes=notes, fixed=4)


def _after(months: int) -> str:
    return say(
        "After {months} month¦cohorts" if months == 1 else "After {months} months¦cohorts",
        months=months,
    )


# ------------------------------------------------------------------ people


def _people(results: Results) -> Sheet:
    money = money_unit(results.scenario.currency)
    columns = (
        Column(say("Team¦workbook")), Column(say("Team ID¦results")),
        Column(say("People, mean¦results"), "number"), Column(say("95 % low¦workbook"), "number"),
        Column(say("95 % high¦workbook"), "number"),
        Column(say("Days employed¦results"), "number"), Column(say("Days busy¦results"), "number"),
        Column(say("Share of the time busy¦results"), "share"),
        Column(say("Hours with buyers¦results"), "number"),
        Column(say("Meetings held¦results"), "number"),
        Column(say("Opportunities made¦results"), "number"),
        Column(say("Contracts won¦results"), "number"),
        Column(say("Bookings, {currency}¦results", currency=_per_month(results)), "money"),
        Column(say("Pay, {currency}¦results", currency=money), "money"),
    )  # fmt: skip
    done = _done_by_team(results)
    rows: list[Sequence[Cell]] = []
    for at, (team, values) in enumerate(done.items()):
        people = results.people.get(team)
        rows.append([team_label(team), team, *_interval(people), *_with_share(at, values)])
    total = _people_total(results, done)
    notes = (
        say("Means of a run over the months that count; each person of each run: people.csv."),
    )
    return Sheet(say("People¦sheet"), columns, (*rows, total), totals=1, notes=notes)


def _people_total(results: Results, done: Mapping[str, Sequence[float]]) -> list[Cell]:
    last = len(done) - 1
    people = sum(results.people[team].mean for team in done if team in results.people)
    sums = [sum(values) for values in zip(*done.values(), strict=True)]
    cells = [say("All¦workbook"), "", people, None, None, *_with_share(len(done), sums)]
    added = {2, *range(_EMPLOYED, len(cells))} - {_SHARE}
    return [
        Formula(f"=SUM({span(0, last, at)})", cell)
        if at in added and isinstance(cell, float) else cell
        for at, cell in enumerate(cells)
    ]  # fmt: skip


def _done_by_team(results: Results) -> dict[str, list[float]]:
    """Sum what each team did, as means of a run."""
    every = pd.concat([one.people for one in results.measures], ignore_index=True)
    sums = every.groupby("team")[list(_DONE)].sum() / len(results.measures)
    teams = [*TEAMS, *(str(team) for team in sums.index if team not in TEAMS)]
    values = sums.reindex(teams, fill_value=0.0).to_numpy(np.float64)
    return dict(zip(teams, values.tolist(), strict=True))


def _with_share(at: int, values: Sequence[float]) -> list[Cell]:
    """Put the share of the time that people are busy behind the days."""
    employed, busy, *rest = values
    days, at_work = reference(at, _EMPLOYED), reference(at, _BUSY)
    share = busy / employed if employed > 0.0 else math.nan
    text = f'=IF({days}=0,"",{at_work}/{days})'
    return [employed, busy, Formula(text, share), *rest]


def _interval(estimate: Estimate | None) -> list[Cell]:
    return [None] * 3 if estimate is None else [estimate.mean, estimate.low, estimate.high]


def _per_month(results: Results) -> str:
    currency = money_unit(results.scenario.currency)
    if results.scenario.sale != "subscription":
        return currency
    return say("{currency} a month¦results", currency=currency)


# ------------------------------------------------------------------ MRR


def _bridge(results: Results) -> Sheet:
    names = ("mrr_start", *_PARTS, "mrr_end")
    columns = (
        Column(say("Month¦workbook"), "count"),
        *(Column(METRICS[name].label, "money") for name in names),
        Column(say("At the end, as measured¦bridge"), "money"),
        Column(say("Difference¦workbook"), "change"),
    )  # fmt: skip
    name = say("MRR bridge¦sheet")
    if results.scenario.sale != "subscription" or results.bridge.empty:
        return Sheet(name, columns, ())
    table = records(results.bridge)
    rows = [_bridge_row(at, row) for at, row in enumerate(table)]
    rows.append(_bridge_total(table))
    money = money_unit(results.scenario.currency)
    notes = (
        say("{currency} a month; means of all replications.", currency=money),
        say("Each month begins with what the one before ended with; the end is added up here and"
            " held against what was measured."),
    )  # fmt: skip
    chart = LineChart(
        METRICS["mrr"].label, say("Month¦workbook"), _per_month(results), 0, _END, len(table)
    )
    return Sheet(name, columns, tuple(rows), totals=1, notes=notes, chart=chart)


def _bridge_row(at: int, row: Mapping[str, float]) -> list[Cell]:
    start: Cell = row["mrr_start"]
    if at:
        start = Formula(f"={reference(at - 1, _END)}", row["mrr_start"])
    parts: list[Cell] = [row[name] for name in _PARTS]
    return [int(row["period"]), start, *parts, *_ended(at, row["mrr_end"])]


def _bridge_total(table: Sequence[Mapping[str, float]]) -> list[Cell]:
    last = len(table) - 1
    sums = [
        Formula(f"=SUM({span(0, last, at)})", sum(row[name] for row in table))
        for at, name in enumerate(_PARTS, start=_START + 1)
    ]
    cells: list[Cell] = [
        Shown(say("All¦workbook"), "text"),
        Formula(f"={reference(0, _START)}", table[0]["mrr_start"]),
        *sums, *_ended(last + 1, table[-1]["mrr_end"]),
    ]  # fmt: skip
    cells[_MEASURED] = Formula(f"={reference(last, _MEASURED)}", table[-1]["mrr_end"])
    return cells


def _ended(at: int, end: float) -> list[Cell]:
    """Return what a row adds up to, what was measured, and the difference."""
    here = [reference(at, column) for column in range(_START, _END)]
    text = "=" + "+".join(here[: 1 + _GAINS]) + "".join(f"-{each}" for each in here[1 + _GAINS :])
    apart = f"=ROUND({reference(at, _END)}-{reference(at, _MEASURED)},2)"
    return [Formula(text, end), end, Formula(apart, 0.0)]


# ------------------------------------------------------------------ buyers


def _losses(results: Results) -> Sheet:
    money = _per_month(results)
    columns = (
        Column(say("Department¦results")), Column(say("True reason¦results")),
        Column(say("Reason on file¦results")), Column(say("Buyers of a run¦results"), "number"),
        Column(say("Share of the buyers¦results"), "share"),
        Column(say("Deal sizes of a run, {currency}¦results", currency=money), "money"),
        Column("stage"), Column("true_reason"), Column("recorded_reason"),
    )  # fmt: skip
    found = records(results.losses)
    buyers, amount = (sum(row[name] for row in found) for name in ("buyers", "amount"))
    rows: list[Sequence[Cell]] = [
        [
            team_label(row["stage"]), words(row["true_reason"]), words(row["recorded_reason"]),
            row["buyers"], _of_sum(at, len(found), row["buyers"], buyers), row["amount"],
            row["stage"], row["true_reason"], row["recorded_reason"],
        ]
        for at, row in enumerate(found)
    ]  # fmt: skip
    if rows:
        last = len(rows) - 1
        rows.append([
            say("All¦workbook"), "", "", Formula(f"=SUM({span(0, last, 3)})", buyers),
            Formula(f"=SUM({span(0, last, 4)})", 1.0 if buyers else 0.0),
            Formula(f"=SUM({span(0, last, 5)})", amount), "", "", "",
        ])  # fmt: skip
    notes = (
        say("A buyer that is brought back and lost again counts again; customers who left are in"
            " the summary."),
    )  # fmt: skip
    return Sheet(say("Losses¦sheet"), columns, tuple(rows), 1, notes, filtered=True)


def _of_sum(at: int, total: int, value: float, whole: float, column: int = 3) -> Formula:
    """Return a value as a share of the sum below its column."""
    below = reference(total, column, fixed=True)
    text = f"=IF({below}=0,0,{reference(at, column)}/{below})"
    return Formula(text, value / whole if whole else 0.0)


def _recycling(results: Results) -> Sheet:
    columns = (
        Column(say("Reason on file¦results")), Column(say("Reason ID¦results")),
        Column(say("Parked¦results"), "number"), Column(say("Came back¦results"), "number"),
        Column(say("Opportunities¦results"), "number"), Column(say("Won¦results"), "number"),
        Column(say("Came back, of the parked¦results"), "share"),
        Column(say("Won, of those who came back¦results"), "share"),
    )  # fmt: skip
    found = records(results.recycling)
    rows: list[Sequence[Cell]] = [
        [words(row["recorded_reason"]), row["recorded_reason"], *(row[name] for name in _RECYCLED),
         *_rates(at, row)]
        for at, row in enumerate(found)
    ]  # fmt: skip
    if rows:
        sums = {name: sum(row[name] for row in found) for name in _RECYCLED}
        last = len(rows) - 1
        rows.append([
            say("All¦workbook"), "",
            *(Formula(f"=SUM({span(0, last, at)})", sums[name])
              for at, name in enumerate(_RECYCLED, start=2)),
            *_rates(len(rows), sums),
        ])  # fmt: skip
    notes = (say("Buyers of a run, by the reason that was recorded when they were parked."),)
    return Sheet(say("Recycling¦sheet"), columns, tuple(rows), 1, notes)


def _rates(at: int, row: Mapping[str, float]) -> list[Formula]:
    pairs = ((3, "came_back", 2, "parked"), (5, "won", 3, "came_back"))
    return [
        Formula(
            f'=IF({reference(at, below)}=0,"",{reference(at, above)}/{reference(at, below)})',
            row[part] / row[whole] if row[whole] else math.nan,
        )
        for above, part, below, whole in pairs
    ]


def _statuses(results: Results) -> Sheet:
    columns = (
        Column(say("Where buyers are at the end¦results")), Column(say("Status ID¦results")),
        Column(say("Buyers, mean¦results"), "number"), Column(say("95 % low¦workbook"), "number"),
        Column(say("95 % high¦workbook"), "number"),
        Column(say("Share of the buyers¦results"), "share"),
    )  # fmt: skip
    whole = float(np.sum([each.mean for each in results.statuses.values()]))
    count = len(results.statuses)
    rows: list[Sequence[Cell]] = [
        [status_label(name), name, *_interval(each), _of_sum(at, count, each.mean, whole, 2)]
        for at, (name, each) in enumerate(results.statuses.items())
    ]
    rows.append([
        say("All¦workbook"), "", Formula(f"=SUM({span(0, count - 1, 2)})", whole), None, None,
        Formula(f"=SUM({span(0, count - 1, 5)})", 1.0 if whole else 0.0),
    ])  # fmt: skip
    return Sheet(say("Buyers at the end¦sheet"), columns, tuple(rows), 1)


_INSIDE = {
    "yes": marked("yes¦workbook"),
    "no": marked("no¦workbook"),
    "unknown": marked("unknown¦observed"),
}


def _observed(results: Results) -> Sheet:
    columns = (
        Column(say("Figure¦observed")), Column(say("Metric¦workbook")),
        Column(say("Unit¦workbook")), Column(say("Observed¦observed"), "number"),
        Column(say("95 % low¦workbook"), "number"), Column(say("95 % high¦workbook"), "number"),
        Column(say("Simulated, mean¦observed"), "number"),
        Column(say("95 % of single runs, low¦observed"), "number"),
        Column(say("95 % of single runs, high¦observed"), "number"),
        Column(say("Inside¦observed")), Column(say("Fitted¦observed")),
    )  # fmt: skip
    if results.comparison is None:
        return Sheet(say("Observed¦sheet"), columns, ())
    values = ("observed", "observed_low", "observed_high", "simulated", "prediction_low",
              "prediction_high")  # fmt: skip
    channels = list(results.scenario.market.channels)
    rows = []
    for row in records(results.comparison):
        kind: Kind = "share" if row["unit"] == "share" else "number"
        found = observed_figure(str(row["metric"]), channels)
        rows.append([
            row["label"] if isinstance(found, str) else found.label, row["metric"],
            say(str(row["unit"])), *(Shown(row[name], kind) for name in values),
            say(_INSIDE[str(row["inside"])]),
            say("yes¦workbook") if row["fitted"] else say("no¦workbook"),
        ])  # fmt: skip
    return Sheet(say("Observed¦sheet"), columns, tuple(rows))
