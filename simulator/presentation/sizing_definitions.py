"""What the words in a workbook of a sizing mean, and what was asked."""

from __future__ import annotations

from collections.abc import Iterator

from simulator.experiment.quantities import main_metric
from simulator.languages.messages import marked, say
from simulator.metrics.units import money_unit, with_unit
from simulator.planning.sizing_names import at_least_percent, figure_column
from simulator.planning.sizing_result import Sizing
from simulator.planning.table_rows import rows_of
from simulator.presentation.plan_sheets import (
    about_plan,
    fresh_term,
    reached_term,
    share_asked,
)
from simulator.presentation.workbooks import Cell, Sheet, Shown, Term, everywhere


def metrics_of(result: Sizing) -> list[str]:
    """Name the metrics that a workbook of a sizing shows."""
    named = [target.metric for target in result.targets]
    named += [str(row["metric"]) for row in rows_of(result.figures)]
    named += [result.goal[0]] if result.goal else []
    if len(result.levels):
        named += [str(each) for each in result.levels["metric"]]
    return list(dict.fromkeys([*named, main_metric(result.company), "cost"]))


def terms_of(result: Sizing) -> Iterator[Term]:
    """Say what the words of a sizing mean, each with the sheet it stands on."""
    money = say("{currency} a year", currency=money_unit(result.company.currency))
    people, share, same = (
        say("people¦workbook"),
        say("share¦workbook"),
        say("as its value¦workbook"),
    )
    asked = share_asked(result)
    plan, figures = say("Plan¦workbook"), say("Figures¦workbook")
    yield (
        say("People¦workbook"),
        plan,
        say("People of the plan from the first day of the run"),
        people,
    )
    yield say("Today¦workbook"), plan, say("People of the scenario as it is"), people
    yield (
        say("Cost per person¦workbook"), plan,
        say("Pay x loading + tools, unless --cost says otherwise"), money,
    )  # fmt: skip
    yield say("Cost¦workbook"), everywhere(), say(
        "People x cost per person, all teams together, everybody employed all the time; a run"
        " costs less where places are empty until they are filled again"
    ), money  # fmt: skip
    yield (
        say("At least, At most¦workbook"), plan,
        say("Limits within which the search looked (--min, --max)"), people,
    )  # fmt: skip
    yield (
        say("Probability¦workbook"), everywhere(),
        say("Share of the runs in which the targets are met"), share,
    )  # fmt: skip
    yield say("95 % low, 95 % high"), everywhere(), say(
        "Interval that holds the true value in 95 of 100 such studies: Jeffreys' for shares,"
        " Student's t for means"
    ), same  # fmt: skip
    yield fresh_term()
    yield (
        say("Company as it is¦workbook"), figures,
        say("Mean of the same fresh replications, unchanged"), same,
    )  # fmt: skip
    yield reached_term(result)
    yield (
        say("Difference¦workbook"),
        figures,
        say("Plan less company as it is, paired by luck"),
        same,
    )
    yield (
        say("Saves¦workbook"), say("Alternatives¦workbook"),
        say("Cost below that of the plan, as a share of it"), share,
    )  # fmt: skip
    yield say("Chance to be good enough"), say("Alternatives¦workbook"), (
        say("How probable it is that the plan meets all targets with {share} or more", share=asked)
        if result.goal is None
        else say("How probable it is that its mean is better than the plan's")
    ), share  # fmt: skip
    yield say("Change of ...¦workbook"), say("Marginal¦workbook"), say(
        "One person more or fewer in one team, less the plan, paired by luck, by the runs of the"
        " search; each interval stands alone"
    ), same  # fmt: skip
    yield say("Mean¦workbook"), say("Service levels¦workbook"), say(
        "Service of the team with so many people, all other teams as in the plan"
    ), same  # fmt: skip
    yield say("Frontier¦workbook"), say("Frontier¦workbook"), say(
        "Plans of which no cheaper one that was tried does as well, by the luck of the search"
    ), ""  # fmt: skip
    yield from _terms_of_the_search(result)


def _terms_of_the_search(result: Sizing) -> Iterator[Term]:
    rules = result.rules
    yield say("Probability of a correct selection"), everywhere(), say(
        "{probability}: at least so probable is it, of the plans tried, that the choice is right"
        " but for the indifference zones (Bonferroni)",
        probability=at_least_percent(result.correct),
    ), say("share¦workbook")  # fmt: skip
    yield say("Indifference zone of the probability"), everywhere(), say(
        "{zone} points: what comes so near to the probability asked for may be taken for good or"
        " not",
        zone=f"{100.0 * rules.zone:g}",
    ), say("points¦workbook")  # fmt: skip
    yield say("Indifference zone of the cost"), everywhere(), say(
        "{zone}: plans that are cheaper by no more than this are not looked for",
        zone=with_unit(f"{100.0 * rules.cost_zone:g}", "%"),
    ), say("share¦workbook")  # fmt: skip


_QUESTIONS = {
    "cheapest": marked("the cheapest plan that keeps the promise"),
    "budget": marked("the best plan for the money"),
    "frontier": marked("the best plan for every amount of money"),
}


def about(result: Sizing, version: str, command: str) -> Sheet:
    """Return the sheet that says what was asked and what came out."""
    asked: list[tuple[str, Cell]] = [
        (say("Goal¦workbook"), figure_column(result.goal) if result.goal else ""),
        (say("Probability asked for¦workbook"), Shown(result.confidence, "share")),
        (say("Budget¦workbook"), Shown(result.budget, "money")),
    ]
    return about_plan(result, say(_QUESTIONS[result.question]), asked, version, command)
