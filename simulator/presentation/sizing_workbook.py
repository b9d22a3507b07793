"""A sizing as a workbook: a plan that can be changed, and everything that stands behind it."""

from __future__ import annotations

from collections.abc import Sequence

from simulator.experiment.quantities import main_metric
from simulator.languages.messages import say
from simulator.metrics.definitions import METRICS
from simulator.metrics.units import money_unit
from simulator.planning.sizing_names import (
    capital,
    figure_column,
    figure_name,
    side_by_side,
    team_label,
)
from simulator.planning.sizing_result import Sizing
from simulator.planning.sizing_steps import GAIN, marginal_bounds
from simulator.planning.table_rows import Row, rows_of
from simulator.presentation.plan_sheets import figures_sheet, plan_book, targets_sheet, unit_of
from simulator.presentation.sizing_definitions import about, metrics_of, terms_of
from simulator.presentation.workbooks import (
    Cell,
    Column,
    Formula,
    Sheet,
    Shown,
    kind_of,
    kind_of_change,
    reference,
    span,
)

_PEOPLE, _TODAY, _CHANGE, _PRICE, _COST, _COST_TODAY, _MORE, _SHARE = range(1, 9)
"""Columns of the plan that formulas speak of."""


def workbook(result: Sizing, version: str = "", command: str = "") -> bytes:
    """Write a sizing as a workbook; only the sheets that have content.

    Parameters
    ----------
    result : Sizing
    version : str
        Of the program.
    command : str
        What was typed, to repeat it.

    Returns
    -------
    bytes
        An XLSX file; the same for the same result.
    """
    without = say("Company as it is¦workbook")
    # One target of whose metric the most is made was not asked to be probable.
    asked = None if result.goal is not None and len(result.targets) == 1 else result.confidence
    sheets = [
        _plan(result), targets_sheet(result, asked, without),
        figures_sheet(result, say("Month¦workbook"), without), _alternatives(result),
        _marginal(result), _levels(result), _frontier(result), _tried(result),
    ]  # fmt: skip
    return plan_book(
        result, sheets, metrics_of(result), terms_of(result), about(result, version, command),
        say("Headcount of {name}", name=result.name),
    )  # fmt: skip


# ------------------------------------------------------------------ the plan


def _plan(result: Sizing) -> Sheet:
    money = money_unit(result.company.currency)
    columns = (
        Column(say("Team¦workbook")), Column(say("People¦workbook"), "count", asked=True),
        Column(say("Today¦workbook"), "count"), Column(say("Change¦workbook"), "change"),
        Column(say("Cost per person, {currency} a year", currency=money), "money", asked=True),
        Column(say("Cost, {currency} a year", currency=money), "money"),
        Column(say("Cost today, {currency} a year", currency=money), "money"),
        Column(say("Difference, {currency} a year", currency=money), "change"),
        Column(say("Share of the cost¦workbook"), "share"),
        Column(say("At least¦workbook"), "count"), Column(say("At most¦workbook"), "count"),
        Column(say("Limit reached¦workbook")),
    )  # fmt: skip
    costs = result.headcount
    fixed = bool(costs.fixed)
    total = len(costs.teams) + int(fixed)
    rows: list[Sequence[Cell]] = []
    for at, team in enumerate(costs.teams):
        rows.append(_team_row(result, at, team, total))
    if fixed:
        rows.append(_fixed_row(result, len(rows), total))
    last = total - 1
    sums: list[Cell] = [say("All¦workbook"), *(None for _ in columns[1:])]
    people, today = sum(result.plan.values()), sum(result.today.values())
    for column, value in (
        (_PEOPLE, people), (_TODAY, today), (_CHANGE, people - today), (_COST, result.cost),
        (_COST_TODAY, result.today_cost), (_MORE, result.cost - result.today_cost),
    ):  # fmt: skip
        sums[column] = Formula(f"=SUM({span(0, last, column)})", float(value))
    sums[_SHARE] = Formula(f"=SUM({span(0, last, _SHARE)})", 1.0 if result.cost else 0.0)
    rows.append(sums)
    if result.budget is not None:
        rows += _budget_rows(result, total, len(columns))
    notes = (
        say(
            "Blue numbers may be changed: costs follow. Probabilities on the other sheets belong to"
            " the plan that was found; for another one, run themodel size or themodel run again."
        ),
        say(
            "Cost per person: pay with its loading, and tools; everybody employed all the time, at"
            " full speed from the first day."
        ),
    )
    return Sheet(say("Plan¦workbook"), columns, tuple(rows), len(rows) - total, notes)


def _team_row(result: Sizing, at: int, team: str, total: int) -> list[Cell]:
    costs = result.headcount
    people, today, price = result.plan[team], result.today[team], costs.costs[at]
    low, high = costs.low[at], costs.high[at]
    a_person, here, then = (reference(at, column) for column in (_PRICE, _PEOPLE, _TODAY))
    reached = (
        say("upper¦workbook") if people >= high else say("lower¦workbook") if people <= low else ""
    )
    return [
        team_label(team), people, today, Formula(f"={here}-{then}", people - today), price,
        Formula(f"={here}*{a_person}", people * price),
        Formula(f"={then}*{a_person}", today * price),
        Formula(f"={reference(at, _COST)}-{reference(at, _COST_TODAY)}", (people - today) * price),
        _share_of_total(result, at, total, people * price), low, high, reached,
    ]  # fmt: skip


def _fixed_row(result: Sizing, at: int, total: int) -> list[Cell]:
    fixed = result.headcount.fixed
    return [
        say("Teams not sized¦workbook"), None, None, None, None, fixed, fixed,
        Formula(f"={reference(at, _COST)}-{reference(at, _COST_TODAY)}", 0.0),
        _share_of_total(result, at, total, fixed), None, None, "",
    ]  # fmt: skip


def _share_of_total(result: Sizing, at: int, total: int, cost: float) -> Formula:
    whole = reference(total, _COST, fixed=True)
    text = f"=IF({whole}=0,0,{reference(at, _COST)}/{whole})"
    return Formula(text, cost / result.cost if result.cost else 0.0)


def _budget_rows(result: Sizing, total: int, columns: int) -> list[list[Cell]]:
    assert result.budget is not None
    budget: list[Cell] = [say("Budget¦workbook"), *(None for _ in range(columns - 1))]
    left: list[Cell] = [say("Left of the budget¦workbook"), *(None for _ in range(columns - 1))]
    budget[_COST] = result.budget
    text = f"={reference(total + 1, _COST)}-{reference(total, _COST)}"
    left[_COST] = Formula(text, result.budget - result.cost)
    return [budget, left]


# ------------------------------------------------------------------ what lies beside it


def _alternatives(result: Sizing) -> Sheet:
    goal = result.goal
    kind = kind_of(goal[0]) if goal else "number"
    columns = (
        *_team_columns(result),
        _cost_column(result),
        Column(say("Saves¦workbook"), "points"),
        Column(say("Probability¦workbook"), "share"),
        Column(say("Mean of the goal¦workbook"), kind),
        Column(
            say("Chance to be good enough")
            if goal is None
            else say("Chance to be better¦workbook"),
            "share",
        ),
        Column(say("Runs¦workbook"), "count"),
    )
    rows = [
        [*each.plan.values(), each.cost, each.saves, each.probability, each.outcome, each.chance,
         each.runs]
        for each in result.alternatives
    ]  # fmt: skip
    return Sheet(say("Alternatives¦workbook"), columns, tuple(rows), fixed=0)


def _marginal(result: Sizing) -> Sheet:
    table = result.marginal
    chances = GAIN in table
    shown = [
        figure for figure in (_figure(row) for row in rows_of(result.figures))
        if figure_column(figure) in table
    ]  # fmt: skip
    columns = [
        Column(say("Team¦workbook")),
        Column(say("Change¦workbook"), "change"),
        Column(say("People¦workbook"), "count"),
        Column(
            say(
                "Cost of the change, {currency} a year",
                currency=money_unit(result.company.currency),
            ),
            "change",
        ),
    ]
    if chances:
        columns += [
            Column(say("Probability¦workbook"), "share"),
            Column(say("Change of the probability¦workbook"), "points"),
            Column(say("its 95 % low¦workbook"), "points"),
            Column(say("its 95 % high¦workbook"), "points"),
        ]  # fmt: skip
    for figure in shown:
        kind, name = kind_of_change(figure[0]), capital(figure_name(figure))
        unit = unit_of(result, figure[0])
        columns += [
            Column(say("Change of {name}, {unit}", name=name, unit=unit), kind),
            Column(say("its 95 % low¦workbook"), kind), Column(say("its 95 % high¦workbook"), kind),
        ]  # fmt: skip
    rows = []
    for row in rows_of(table):
        cells: list[Cell] = [team_label(row["team"]), row["change"], row["people"], row["cost"]]
        if chances:
            cells += [row["probability"], row[GAIN], *marginal_bounds(row, GAIN)]
        for figure in shown:
            column = figure_column(figure)
            cells += [row[column], *marginal_bounds(row, column)]
        rows.append(cells)
    return Sheet(say("Marginal¦workbook"), tuple(columns), tuple(rows), fixed=2)


def _levels(result: Sizing) -> Sheet:
    main = main_metric(result.company)
    kind = kind_of(main)
    label = METRICS[main].label
    columns = (
        Column(say("Team¦workbook")), Column(say("People¦workbook"), "count"),
        Column(say("Target¦workbook")), Column(say("Service¦workbook")),
        Column(say("Unit¦workbook")), Column(say("Mean¦workbook"), "number"),
        Column(say("95 % low¦workbook"), "number"), Column(say("95 % high¦workbook"), "number"),
        Column(say("Probability¦workbook"), "share"),
        Column(say("{name}, {unit}", name=label, unit=unit_of(result, main)), kind),
        Column(say("its 95 % low¦workbook"), kind), Column(say("its 95 % high¦workbook"), kind),
        _cost_column(result), Column(say("Which¦workbook")),
    )  # fmt: skip
    rows = []
    for row in rows_of(result.levels):
        metric, team = str(row["metric"]), str(row["team"])
        own = kind_of(metric)
        which = [
            word
            for word, plan in (
                (say("the plan¦workbook"), result.plan),
                (say("today¦workbook"), result.today),
            )
            if plan.get(team) == row["people"]
        ]
        rows.append([
            team_label(team), row["people"], row["target"], METRICS[metric].label,
            unit_of(result, metric),
            *(Shown(row[name], own) for name in ("value", "value_low", "value_high")),
            row["probability"], row["outcome"], row["outcome_low"], row["outcome_high"],
            row["cost"], side_by_side(which),
        ])  # fmt: skip
    return Sheet(say("Service levels¦workbook"), columns, tuple(rows), fixed=2)


def _frontier(result: Sizing) -> Sheet:
    name, kind = say("Goal¦workbook"), kind_of(result.main[0])
    if result.goal is not None:
        metric = result.goal[0]
        name, kind = (
            say(
                "{name}, {unit}",
                name=capital(figure_name(result.goal)),
                unit=unit_of(result, metric),
            ),
            kind_of(metric),
        )
    columns = (
        _cost_column(result), *_team_columns(result), Column(name, kind),
        Column(say("95 % low¦workbook"), kind), Column(say("95 % high¦workbook"), kind),
        Column(say("Probability¦workbook"), "share"),
    )  # fmt: skip
    rows = [
        [row["cost"], *(row[team] for team in result.headcount.teams), row["mean"], row["low"],
         row["high"], row["probability"]]
        for row in rows_of(result.frontier)
    ]  # fmt: skip
    return Sheet(say("Frontier¦workbook"), columns, tuple(rows))


def _tried(result: Sizing) -> Sheet:
    columns = (
        *_team_columns(result), _cost_column(result), Column(say("Runs¦workbook"), "count"),
        Column(say("Probability¦workbook"), "share"),
    )  # fmt: skip
    rows = [
        [*(row[team] for team in result.headcount.teams), row["cost"], row["runs"],
         row["probability"]]
        for row in rows_of(result.evaluated)
    ]  # fmt: skip
    return Sheet(say("Tried¦workbook"), columns, tuple(rows), fixed=0)


# ------------------------------------------------------------------ how things are shown


def _team_columns(result: Sizing) -> list[Column]:
    return [Column(team_label(team), "count") for team in result.headcount.teams]


def _cost_column(result: Sizing) -> Column:
    money = money_unit(result.company.currency)
    return Column(say("Cost, {currency} a year", currency=money), "money")


def _figure(row: Row) -> tuple[str, int]:
    return str(row["metric"]), int(row["month"])
