"""A comparison as a workbook: how much, when, by which losses, and what was changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from simulator.experiment.comparison import Comparison
from simulator.experiment.departures import ALL, BETTER, WATCHED, WORSE
from simulator.experiment.differences import BOOTSTRAP, PAIRED_T
from simulator.languages.messages import marked, say
from simulator.metrics.units import money_unit, unit_of_difference
from simulator.presentation.explanation import unit_said
from simulator.presentation.figures import words
from simulator.presentation.workbook_assumptions import (
    Defined,
    about,
    department_label,
    department_of,
    differing_assumptions,
    records,
    value_of,
)
from simulator.presentation.workbooks import (
    Cell,
    Column,
    Sheet,
    Shown,
    Term,
    book,
    everywhere,
    kind_of,
    kind_of_change,
    unit_written,
)
from simulator.scenario import LoadedScenario

Row = Mapping[str, Any]

_ASPECTS = {
    "throughput": marked("throughput"),
    "wait": marked("wait"),
    "abandonment": marked("abandonment"),
    "conversion": marked("conversion"),
    "churn": marked("churn"),
    "result": marked("result"),
}
_DIRECTIONS = {
    BETTER: marked("better¦departure"),
    WORSE: marked("worse¦departure"),
    "different": marked("different¦departure"),
}
_METHODS = {
    PAIRED_T: marked("paired t¦method"),
    BOOTSTRAP: marked("bootstrap (BCa)¦method"),
}
_LEVELS = ("reference", "mean")
_GAPS = ("difference", "low", "high")


def workbook(
    result: Comparison,
    scenarios: Mapping[str, LoadedScenario],
    version: str,
    command: Sequence[str],
) -> bytes:
    """Write a comparison as a workbook; only the sheets that have content.

    Parameters
    ----------
    result : Comparison
    scenarios : mapping of str to LoadedScenario
        From :func:`~simulator.experiment.comparison.distinct`.
    version : str
        Of the program.
    command : sequence of str
        What was typed, to repeat it.

    Returns
    -------
    bytes
        An XLSX file; the same for the same comparison.
    """
    shown = [str(metric) for metric in dict.fromkeys(result.metrics["metric"])]
    shown += [each.metric for each in WATCHED]
    losses, changes = _losses(result), _changes(result)
    names = [
        say("Monthly differences¦sheet"), say("Departures¦sheet"),
        *(sheet.name for sheet in (losses,) if sheet.rows),
    ]  # fmt: skip
    defined = Defined.of(shown, result.currency, _terms(), names)
    return book(
        [
            _summary(result, defined), _monthly(result, defined), _departures(result, defined),
            changes, losses, defined.sheet, differing_assumptions(scenarios),
            about(_facts(result, version, command), scenarios, result.verdict.splitlines()),
        ],
        say("{scenarios} against {reference}", scenarios=_side_by_side(result.names[1:]),
            reference=result.reference),
    )  # fmt: skip


def _side_by_side(names: Sequence[str]) -> str:
    return say(", ¦between scenarios").join(names)


def _facts(result: Comparison, version: str, command: Sequence[str]) -> list[tuple[str, Cell]]:
    return [
        (say("Reference¦comparison"), result.reference),
        (say("Scenarios¦comparison"), _side_by_side(result.names[1:])),
        (say("Paired replications¦comparison"), Shown(len(result.numbers), "count")),
        (say("Replications asked for¦results"), Shown(result.asked, "count")),
        (say("Seed¦workbook"), str(result.seed)),
        (say("Months of a run¦workbook"), Shown(result.months, "general")),
        (say("Months left out at the start¦results"), Shown(result.warm_up_months, "general")),
        (say("Currency¦workbook"), result.currency),
        (
            say("Interrupted¦workbook"),
            say("yes¦workbook") if result.interrupted else say("no¦workbook"),
        ),
        (say("Version¦workbook"), version),
        (say("Command¦workbook"), " ".join(command)),
    ]


# ------------------------------------------------------------------ how much


def _summary(result: Comparison, defined: Defined) -> Sheet:
    columns = (
        Column(say("Label¦results")), Column(say("Metric¦workbook")),
        Column(say("Department¦results")), Column(say("Scenario¦workbook")),
        *_level_columns(),
        Column(say("Unit¦workbook")), *_gap_columns(), Column(say("Unit of the difference")),
        Column(say("Relative¦comparison"), "points"),
        Column(say("Relative, 95 % low¦comparison"), "points"),
        Column(say("Relative, 95 % high¦comparison"), "points"),
        Column(say("Differs¦comparison")), Column(say("Better in¦comparison"), "share"),
        Column(say("Method¦comparison")), Column(say("Pairs¦comparison"), "count"),
    )  # fmt: skip
    rows = [
        [
            *_named(defined, row), department_of(str(row["metric"])), row["scenario"],
            *_shown(row, _LEVELS), unit_written(str(row["metric"]), result.currency),
            *_shown(row, _GAPS), unit_of_difference(str(row["unit"]), result.currency),
            row["relative"], row["relative_low"], row["relative_high"], _yes(row["differs"]),
            row["p_better"], _method(row), row["n"],
        ]
        for row in records(result.metrics)
    ]  # fmt: skip
    notes = (
        say("Differences are scenario minus reference, pair by pair with the same luck."),
        say("Differs: the interval leaves 0 out, also after Holm's correction where there are"
            " several scenarios. What is missing is left empty."),
    )  # fmt: skip
    return Sheet(say("Summary¦sheet"), columns, tuple(rows), notes=notes, filtered=True)


def _method(row: Row) -> str:
    method = str(row["method"] or "")
    return say(_METHODS[method]) if row["n"] > 1 and method in _METHODS else ""


# ------------------------------------------------------------------ when


def _monthly(result: Comparison, defined: Defined) -> Sheet:
    columns = (
        Column(say("Label¦results")), Column(say("Metric¦workbook")),
        Column(say("Scenario¦workbook")), Column(say("Department¦results")),
        Column(say("Aspect¦comparison")), Column(say("Month¦workbook"), "count"),
        *_level_columns(), Column(say("Unit¦workbook")), *_gap_columns(),
        Column(say("Departs¦comparison")), Column(say("Pairs¦comparison"), "count"),
    )  # fmt: skip
    rows = [
        [
            *_named(defined, row), row["scenario"], department_label(str(row["department"])),
            say(_ASPECTS[row["aspect"]]), row["period"], *_shown(row, _LEVELS),
            unit_written(str(row["metric"]), result.currency), *_shown(row, _GAPS),
            _yes(row["departs"]), row["n"],
        ]
        for row in records(result.monthly)
    ]  # fmt: skip
    name = say("Monthly differences¦sheet")
    return Sheet(name, columns, tuple(rows), filtered=True)


def _departures(result: Comparison, defined: Defined) -> Sheet:
    columns = (
        Column(say("Label¦results")), Column(say("Metric¦workbook")),
        Column(say("Scenario¦workbook")), Column(say("Department¦results")),
        Column(say("Aspect¦comparison")), Column(say("Department departs in month"), "count"),
        Column(say("Departs in month¦comparison"), "count"),
        Column(say("Worse from month¦comparison"), "count"),
        Column(say("Months in which it departs"), "count"),
        Column(say("Months tested¦comparison"), "count"),
        *_level_columns(), Column(say("Unit¦workbook")), *_gap_columns(),
        Column(say("Direction¦comparison")),
    )  # fmt: skip
    months = ("department_month", "first_month", "worse_from", "months", "tested")
    rows = [
        [
            *_named(defined, row), row["scenario"], department_label(str(row["department"])),
            say(_ASPECTS[row["aspect"]]), *(row[name] for name in months),
            *_shown(row, _LEVELS), unit_written(str(row["metric"]), result.currency),
            *_shown(row, _GAPS), say(_DIRECTIONS.get(str(row["direction"]), "")),
        ]
        for row in records(result.departures)
    ]  # fmt: skip
    notes = (
        say("Levels and differences are those of the month in which the series departs; a series"
            " that never departs beyond noise has none."),
    )  # fmt: skip
    return Sheet(say("Departures¦sheet"), columns, tuple(rows), notes=notes, filtered=True)


# ------------------------------------------------------------------ what was changed, what is lost


def _changes(result: Comparison) -> Sheet:
    columns = (
        Column(say("Scenario¦workbook")), Column(say("Department¦results")),
        Column(say("Key¦assumption")), Column(say("Reference¦comparison"), "general"),
        Column(say("Scenario¦workbook"), "general"), Column(say("Unit¦workbook")),
    )  # fmt: skip
    rows = [
        [
            row["scenario"], department_label(str(row["department"])), row["key"],
            value_of(row["reference"]), value_of(row["value"]), unit_said(str(row["unit"] or "")),
        ]
        for row in records(result.changes)
    ]  # fmt: skip
    return Sheet(say("Changes¦sheet"), columns, tuple(rows), filtered=True)


def _losses(result: Comparison) -> Sheet:
    money = money_unit(result.currency)
    buyers, amount = ("buyers_reference", "buyers"), ("amount_reference", "amount")
    columns = (
        Column(say("Scenario¦workbook")), Column(say("Department¦results")),
        Column(say("True reason¦results")), Column(say("Reason on file¦results")),
        Column(say("Buyers, reference¦losses"), "number"),
        Column(say("Buyers, scenario¦losses"), "number"),
        *_gap_columns("number"),
        Column(say("Amount, reference, {currency}¦losses", currency=money), "money"),
        Column(say("Amount, scenario, {currency}¦losses", currency=money), "money"),
        *_gap_columns("change"),
        Column("stage"), Column("true_reason"), Column("recorded_reason"),
    )  # fmt: skip
    rows = [
        [
            row["scenario"], department_label(str(row["stage"])), _reason(row["true_reason"]),
            _reason(row["recorded_reason"]),
            *(row[name] for name in buyers), *(row[f"buyers_{gap}"] for gap in _GAPS),
            *(row[name] for name in amount), *(row[f"amount_{gap}"] for gap in _GAPS),
            row["stage"], row["true_reason"], row["recorded_reason"],
        ]
        for row in records(result.losses)
    ]  # fmt: skip
    notes = (
        say("Means of a run. Amounts: deal sizes; of customers who left, their MRR. Rows that say"
            " All hold the sum of those they stand for: do not add them to the others."),
    )  # fmt: skip
    return Sheet(say("Losses¦sheet"), columns, tuple(rows), notes=notes, filtered=True)


def _reason(name: str) -> str:
    return say("All¦workbook") if name == ALL else words(name)


# ------------------------------------------------------------------ cells


def _named(defined: Defined, row: Row) -> list[Cell]:
    metric = str(row["metric"])
    return [defined.label(metric), metric]


def _level_columns() -> tuple[Column, ...]:
    return (
        Column(say("Reference, mean¦comparison"), "number"),
        Column(say("Scenario, mean¦comparison"), "number"),
    )


def _gap_columns(kind: Any = "number") -> tuple[Column, ...]:
    return (
        Column(say("Difference¦workbook"), kind),
        Column(say("Difference, 95 % low¦workbook"), kind),
        Column(say("Difference, 95 % high¦workbook"), kind),
    )


def _shown(row: Row, names: Sequence[str]) -> list[Cell]:
    metric = str(row["metric"])
    kind = kind_of(metric) if names is _LEVELS else kind_of_change(metric)
    return [Shown(row[name], kind) for name in names]


def _yes(holds: object) -> str:
    return say("yes¦workbook") if holds else say("no¦workbook")


def _terms() -> list[Term]:
    """Say what the words beside the metrics mean."""
    same, share = say("as its value¦workbook"), say("share¦workbook")
    departures = say("Departures¦sheet")
    return [
        (say("Difference¦workbook"), everywhere(), say(
            "Scenario minus reference: mean over pairs of replications with the same luck"), same),
        (say("95 % low, 95 % high"), everywhere(), say(
            "Interval that holds the true difference in 95 of 100 such studies"), same),
        (say("Relative¦comparison"), everywhere(), say(
            "Difference / size of the reference's mean; empty where that may be 0"), share),
        (say("Differs¦comparison"), everywhere(), say(
            "Whether the interval leaves 0 out, also after Holm's correction over the scenarios"),
         ""),
        (say("Better in¦comparison"), everywhere(), say(
            "Share of the pairs in which the scenario is better, ties half"), share),
        (say("Method¦comparison"), everywhere(), say(
            "How the interval is made: paired t; bootstrap (BCa) where values are skewed"), ""),
        (say("Pairs¦comparison"), everywhere(), say(
            "Pairs of replications in which neither is missing"), say("runs¦workbook")),
        (say("Departs¦comparison"), everywhere(), say(
            "Whether the month differs beyond noise, after Holm's correction over the months of"
            " the series"), ""),
        (say("Department departs in month"), departures, say(
            "First month in which any series of the department departs, corrected over all of"
            " them"), say("months¦workbook")),
        (say("Worse from month¦comparison"), departures, say(
            "First month in which the series departs for the worse by the department's own number"),
         say("months¦workbook")),
    ]  # fmt: skip
