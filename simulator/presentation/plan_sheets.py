"""What the workbooks of a sizing and of a hiring plan share: sheets, words, and what was asked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from simulator.experiment.statistics import Estimate
from simulator.languages.messages import marked, say
from simulator.metrics.units import with_unit
from simulator.planning.hiring_result import Hiring
from simulator.planning.sizing_names import capital, figure_name, target_text
from simulator.planning.sizing_result import Sizing
from simulator.planning.table_rows import rows_of
from simulator.presentation.workbooks import (
    Cell,
    Column,
    Sheet,
    Shown,
    Term,
    about_sheet,
    book,
    definitions_sheet,
    kind_of,
    kind_of_change,
    unit_written,
)

Planned = Sizing | Hiring

_OUTCOMES = {
    "met": marked("met¦outcome"), "missed": marked("missed¦outcome"),
    "unreachable": marked("unreachable¦outcome"), "best": marked("best¦outcome"),
    "interrupted": marked("interrupted¦outcome"),
}  # fmt: skip


def plan_book(
    result: Planned,
    sheets: Iterable[Sheet],
    metrics: Sequence[str],
    terms: Iterable[Term],
    about: Sheet,
    title: str,
) -> bytes:
    """Write the sheets that have content, what their words mean, and what was asked.

    Parameters
    ----------
    result : Sizing or Hiring
    sheets : iterable of Sheet
    metrics : sequence of str
        That the workbook shows.
    terms : iterable of Term
        That it uses.
    about : Sheet
        Of :func:`about_plan`.
    title : str
        Among the properties of the file.

    Returns
    -------
    bytes
        An XLSX file; the same for the same result.
    """
    filled = [sheet for sheet in sheets if sheet.rows]
    names = [sheet.name for sheet in filled]
    definitions = definitions_sheet(metrics, result.company.currency, terms, names)
    return book([*filled, definitions, about], title)


def unit_of(result: Planned, metric: str) -> str:
    """Write the unit of a metric in the currency of the company."""
    return unit_written(metric, result.company.currency)


def share_asked(result: Planned) -> str:
    """Write how probable it must be that the promise is kept."""
    return with_unit(f"{100.0 * result.confidence:g}", "%")


# ------------------------------------------------------------------ what a plan promises


def targets_sheet(result: Planned, asked: float | None, without: str) -> Sheet:
    """Return how probably each target is met, and all of them in the same run.

    Parameters
    ----------
    result : Sizing or Hiring
    asked : float or None
        How probable it must be.
    without : str
        How the company that changes nothing is called.
    """
    columns = (
        Column(say("Target¦workbook")), Column(say("As typed¦workbook")),
        Column(say("Asked for¦workbook"), "share"), Column(say("Probability¦workbook"), "share"),
        Column(say("95 % low¦workbook"), "share"), Column(say("95 % high¦workbook"), "share"),
        Column(say("Fresh replications¦workbook"), "count"), Column(without, "share"),
    )  # fmt: skip
    if not result.targets:
        return Sheet(say("Targets¦workbook"), columns, ())
    rows: list[Sequence[Cell]] = []
    for target in result.targets:
        chance = result.by_target.get(target.text)
        name = target_text(target, result.company.currency)
        rows.append([capital(name), target.text, None, *_chance(chance), None])
    rows.append(
        [say("All of them¦workbook"), "", asked, *_chance(result.chance), result.today_chance.mean]
    )  # fmt: skip
    return Sheet(say("Targets¦workbook"), columns, tuple(rows), 1)


def _chance(chance: Estimate | None) -> list[Cell]:
    return [None] * 4 if chance is None else [chance.mean, chance.low, chance.high, chance.n]


def figures_sheet(result: Planned, month: str, without: str) -> Sheet:
    """Return the figures of the plan beside those of the company that changes nothing.

    Parameters
    ----------
    result : Sizing or Hiring
    month : str
        How the month of a figure is called.
    without : str
        How the company that changes nothing is called.
    """
    columns = (
        Column(say("Figure¦workbook")), Column(say("Metric¦workbook")),
        Column(month, "count"), Column(say("Unit¦workbook")),
        Column(say("Mean¦workbook"), "number"), Column(say("95 % low¦workbook"), "number"),
        Column(say("95 % high¦workbook"), "number"),
        Column(say("Reached in {share} of the runs", share=share_asked(result)), "number"),
        Column(without, "number"), Column(say("Difference¦workbook"), "number"),
        Column(say("Difference, 95 % low¦workbook"), "number"),
        Column(say("Difference, 95 % high¦workbook"), "number"),
    )  # fmt: skip
    values = ("mean", "low", "high", "reached", "today")
    gaps = ("difference", "difference_low", "difference_high")
    rows = []
    for row in rows_of(result.figures):
        metric, at = str(row["metric"]), int(row["month"])
        rows.append([
            capital(figure_name((metric, at))), metric, at or None, unit_of(result, metric),
            *(Shown(row[name], kind_of(metric)) for name in values),
            *(Shown(row[name], kind_of_change(metric)) for name in gaps),
        ])  # fmt: skip
    return Sheet(say("Figures¦workbook"), columns, tuple(rows))


# ------------------------------------------------------------------ words, and what was asked


def fresh_term() -> Term:
    """Say what fresh replications are."""
    return say("Fresh replications¦workbook"), say("Targets¦workbook"), say(
        "Runs with luck that the search has not seen: who picks the best of many has been lucky"
    ), say("runs¦workbook")  # fmt: skip


def reached_term(result: Planned) -> Term:
    """Say what figures reach as often as was asked for."""
    return (
        say("Reached¦workbook"), say("Figures¦workbook"),
        say("What {share} of the runs reach or better", share=share_asked(result)),
        say("as its value¦workbook"),
    )  # fmt: skip


def about_plan(
    result: Planned,
    question: str,
    asked: Sequence[tuple[str, Cell]],
    version: str,
    command: str,
    notes: Sequence[str] = (),
) -> Sheet:
    """Return the sheet that says what was asked and what came out.

    Parameters
    ----------
    result : Sizing or Hiring
    question : str
        In words.
    asked : sequence of (str, Cell)
        What belongs to this kind of question alone.
    version : str
        Of the program.
    command : str
        What was typed, to repeat it.
    notes : sequence of str
    """
    company = result.company
    facts: list[tuple[str, Cell]] = [
        (say("Scenario¦workbook"), result.name),
        (say("Question¦workbook"), question),
        (say("Outcome¦workbook"), say(_OUTCOMES[result.status])),
        (say("Targets¦workbook"), "; ".join(target.text for target in result.targets)),
        *asked,
        (say("Currency¦workbook"), company.currency),
        (say("Months of a run¦workbook"), Shown(company.horizon.months, "number")),
        (say("Plans tried¦workbook"), Shown(result.evaluations, "count")),
        (say("Runs of the search¦workbook"), Shown(result.runs, "count")),
        (say("Fresh replications¦workbook"), Shown(result.fresh, "count")),
        (say("Seed¦workbook"), str(result.seed)),
        (
            say("Interrupted¦workbook"),
            say("yes¦workbook") if result.interrupted else say("no¦workbook"),
        ),
        (say("Version¦workbook"), version),
        (say("Command¦workbook"), command),
    ]
    return about_sheet(facts, result.verdict(), notes)
