"""What the words in a workbook of a hiring plan mean, and what was asked."""

from __future__ import annotations

from collections.abc import Iterator

from simulator.experiment.quantities import main_metric
from simulator.languages.messages import say
from simulator.metrics.units import money_unit
from simulator.organization.journal import DAYS_PER_MONTH
from simulator.planning.hiring_result import Hiring
from simulator.planning.sizing_names import figure_column
from simulator.planning.table_rows import rows_of
from simulator.presentation.plan_sheets import about_plan, fresh_term, reached_term
from simulator.presentation.workbooks import Cell, Sheet, Shown, Term, everywhere


def metrics_of(result: Hiring) -> list[str]:
    """Name the metrics that a workbook of a hiring plan shows."""
    named = [target.metric for target in result.targets]
    named += [str(row["metric"]) for row in rows_of(result.figures)]
    return list(dict.fromkeys([*named, main_metric(result.company), "cost", "quota_attainment"]))


def terms_of(result: Hiring) -> Iterator[Term]:
    """Say what the words of a hiring plan mean, each with the sheet it stands on."""
    people, days, same = (
        say("people¦workbook"),
        say("business days¦workbook"),
        say("as its value¦workbook"),
    )
    yield say("Month¦workbook"), everywhere(), say(
        "Months count from 1, the start of the run, and have {days} business days",
        days=f"{DAYS_PER_MONTH:g}",
    ), say("months¦workbook")  # fmt: skip
    yield (
        say("People¦workbook"), say("Plan¦workbook"),
        say("Planned on the first day of the month, if nobody quits"), people,
    )  # fmt: skip
    yield say("Cost¦workbook"), say("Costs¦workbook"), say(
        "People x a person's cost in a month x length of the month; a run costs less where places"
        " are empty until they are filled again"
    ), money_unit(result.company.currency)  # fmt: skip
    yield say("Starts¦workbook"), say("Starts¦workbook"), say(
        "People of the month less those of the month before, of month 1 less those of today"
    ), people  # fmt: skip
    yield say("Place open by¦workbook"), say("Hires¦workbook"), say(
        "Start less the time that filling a place takes in the team (time_to_fill_days)"
    ), days  # fmt: skip
    yield (
        say("Full speed from¦workbook"), say("Hires¦workbook"),
        say("Start and the time that learning takes in the team (ramp_days)"), days,
    )  # fmt: skip
    yield from _capacity_terms(money_unit(result.company.currency))
    yield (
        say("Probability¦workbook"), everywhere(),
        say("Share of the runs in which all targets are met"), say("share¦workbook"),
    )  # fmt: skip
    yield say("95 % low, 95 % high"), everywhere(), say(
        "Interval that holds the true value in 95 of 100 such studies: Jeffreys' for shares,"
        " Student's t for means and for paired changes; each stands alone"
    ), same  # fmt: skip
    yield fresh_term()
    yield (
        say("Without the plan¦workbook"), everywhere(),
        say("The scenario as it is, with the same luck"), "",
    )  # fmt: skip
    yield reached_term(result)
    yield say("Change, difference¦workbook"), everywhere(), say(
        "Against the plan, paired: the same replication has the same luck in both"
    ), say("points, or as its value")  # fmt: skip
    yield (
        say("What if¦workbook"), say("Stress¦workbook"),
        say("The same plan in worse circumstances than it was made for"), "",
    )  # fmt: skip
    yield (
        say("One more in¦workbook"), say("Relief¦workbook"),
        say("One more person in one team, as soon as somebody can start"), "",
    )  # fmt: skip


def _capacity_terms(money: str) -> Iterator[Term]:
    people, share = say("people¦workbook"), say("share¦workbook")
    for name, meaning, unit in (
        (say("Employed¦workbook"), say("People employed, mean over the month"), people),
        (
            say("At full speed¦workbook"),
            say("The same, each with the share of full speed reached"),
            people,
        ),
        (
            say("Busy¦workbook"),
            say("Working time of the team over the length of the month"),
            people,
        ),
        (
            say("Load¦workbook"),
            say(
                "People at full speed that the month's work would have needed, with what"
                " was left undone"
            ),
            people,
        ),
        (
            say("Waiting¦workbook"),
            say("Pieces of work that wait, mean over the month"),
            say("pieces¦workbook"),
        ),
        (say("Paid¦workbook"), say("Cost of the people who were there"), money),
        (
            say("Quota attained¦workbook"),
            say("Bookings of the month over the quota of all employed in field sales"),
            share,
        ),
        (
            say("Short¦workbook"),
            say("Share of the runs in which load exceeds the people at full speed"),
            share,
        ),
        (
            say("10 % and 90 % quantile"),
            say("Of the runs: eight of ten lie between them"),
            say("as its value¦workbook"),
        ),
    ):
        yield name, say("Capacity¦workbook"), meaning, unit


def about(result: Hiring, version: str, command: str) -> Sheet:
    """Return the sheet that says what was asked and what came out."""
    question = (
        say("the fewest hires and their latest starts")
        if result.made
        else say("whether a given plan keeps the promise")
    )
    asked: list[tuple[str, Cell]] = [
        (say("Main figure¦workbook"), figure_column(result.main)),
        (say("Probability asked for¦workbook"), Shown(result.confidence, "share")),
        (say("Cost over the run¦workbook"), Shown(result.cost, "money")),
        (say("Cost without the plan¦workbook"), Shown(result.cost_today, "money")),
    ]
    return about_plan(result, question, asked, version, command, result.notes)
