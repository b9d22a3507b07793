"""A sizing as a workbook: a plan that can be changed, and everything that stands behind it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from simulator.experiment.quantities import main_metric
from simulator.experiment.statistics import Estimate
from simulator.metrics.definitions import METRICS
from simulator.metrics.units import unit_in
from simulator.planning.sizing_names import figure_column, figure_name, target_text, team_label
from simulator.planning.sizing_result import Sizing
from simulator.planning.sizing_steps import GAIN, marginal_bounds
from simulator.presentation.workbooks import (
    Cell,
    Column,
    Formula,
    Kind,
    Sheet,
    Shown,
    book,
    reference,
    span,
)

Row = Mapping[str, Any]

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
    sheets = [
        _plan(result), _targets(result), _figures(result), _alternatives(result),
        _marginal(result), _levels(result), _frontier(result), _tried(result),
    ]  # fmt: skip
    filled = [sheet for sheet in sheets if sheet.rows]
    definitions = _definitions(result, [sheet.name for sheet in filled])
    about = _about(result, version, command)
    return book([*filled, definitions, about], f"Headcount of {result.name}")


# ------------------------------------------------------------------ the plan


def _plan(result: Sizing) -> Sheet:
    currency = result.company.currency
    columns = (
        Column("Team"), Column("People", "count", asked=True), Column("Today", "count"),
        Column("Change", "change"),
        Column(f"Cost per person, {currency} a year", "money", asked=True),
        Column(f"Cost, {currency} a year", "money"),
        Column(f"Cost today, {currency} a year", "money"),
        Column(f"Difference, {currency} a year", "change"), Column("Share of the cost", "share"),
        Column("At least", "count"), Column("At most", "count"), Column("Limit reached"),
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
    sums: list[Cell] = ["All", *(None for _ in columns[1:])]
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
        "Blue numbers may be changed: costs follow. Probabilities on the other sheets belong to"
        " the plan that was found; for another one, run themodel size or themodel run again.",
        "Cost per person: pay with its loading, and tools; everybody employed all the time, at"
        " full speed from the first day.",
    )
    return Sheet("Plan", columns, tuple(rows), len(rows) - total, notes)


def _team_row(result: Sizing, at: int, team: str, total: int) -> list[Cell]:
    costs = result.headcount
    people, today, price = result.plan[team], result.today[team], costs.costs[at]
    low, high = costs.low[at], costs.high[at]
    a_person, here, then = (reference(at, column) for column in (_PRICE, _PEOPLE, _TODAY))
    reached = "upper" if people >= high else "lower" if people <= low else ""
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
        "Teams not sized", None, None, None, None, fixed, fixed,
        Formula(f"={reference(at, _COST)}-{reference(at, _COST_TODAY)}", 0.0),
        _share_of_total(result, at, total, fixed), None, None, "",
    ]  # fmt: skip


def _share_of_total(result: Sizing, at: int, total: int, cost: float) -> Formula:
    whole = reference(total, _COST, fixed=True)
    text = f"=IF({whole}=0,0,{reference(at, _COST)}/{whole})"
    return Formula(text, cost / result.cost if result.cost else 0.0)


def _budget_rows(result: Sizing, total: int, columns: int) -> list[list[Cell]]:
    assert result.budget is not None
    budget: list[Cell] = ["Budget", *(None for _ in range(columns - 1))]
    left: list[Cell] = ["Left of the budget", *(None for _ in range(columns - 1))]
    budget[_COST] = result.budget
    text = f"={reference(total + 1, _COST)}-{reference(total, _COST)}"
    left[_COST] = Formula(text, result.budget - result.cost)
    return [budget, left]


# ------------------------------------------------------------------ what it promises


def _targets(result: Sizing) -> Sheet:
    columns = (
        Column("Target"), Column("As typed"), Column("Asked for", "share"),
        Column("Probability", "share"), Column("95 % low", "share"), Column("95 % high", "share"),
        Column("Fresh replications", "count"), Column("Company as it is", "share"),
    )  # fmt: skip
    if not result.targets:
        return Sheet("Targets", columns, ())
    asked = None if result.goal is not None and len(result.targets) == 1 else result.confidence
    rows: list[Sequence[Cell]] = []
    for target in result.targets:
        chance = result.by_target.get(target.text)
        name = target_text(target, result.company.currency)
        rows.append([_capital(name), target.text, None, *_chance(chance), None])
    rows.append(
        ["All of them", "", asked, *_chance(result.chance), result.today_chance.mean]
    )  # fmt: skip
    return Sheet("Targets", columns, tuple(rows), 1)


def _chance(chance: Estimate | None) -> list[Cell]:
    return [None] * 4 if chance is None else [chance.mean, chance.low, chance.high, chance.n]


def _figures(result: Sizing) -> Sheet:
    asked = f"{100.0 * result.confidence:g} %"
    columns = (
        Column("Figure"), Column("Metric"), Column("Month", "count"), Column("Unit"),
        Column("Mean", "number"), Column("95 % low", "number"), Column("95 % high", "number"),
        Column(f"Reached in {asked} of the runs", "number"), Column("Company as it is", "number"),
        Column("Difference", "number"), Column("Difference, 95 % low", "number"),
        Column("Difference, 95 % high", "number"),
    )  # fmt: skip
    rows = []
    for row in _records(result.figures):
        metric, month = str(row["metric"]), int(row["month"])
        values = ("mean", "low", "high", "reached", "today")
        gaps = ("difference", "difference_low", "difference_high")
        kind = kind_of(metric)
        rows.append([
            _capital(figure_name((metric, month))), metric, month or None,
            _unit(result, metric), *(Shown(row[name], kind) for name in values),
            *(Shown(row[name], _kind_of_change(metric)) for name in gaps),
        ])  # fmt: skip
    return Sheet("Figures", columns, tuple(rows))


# ------------------------------------------------------------------ what lies beside it


def _alternatives(result: Sizing) -> Sheet:
    goal = result.goal
    kind = kind_of(goal[0]) if goal else "number"
    columns = (
        *_team_columns(result), _cost_column(result), Column("Saves", "points"),
        Column("Probability", "share"), Column("Mean of the goal", kind),
        Column("Chance to be good enough" if goal is None else "Chance to be better", "share"),
        Column("Runs", "count"),
    )  # fmt: skip
    rows = [
        [*each.plan.values(), each.cost, each.saves, each.probability, each.outcome, each.chance,
         each.runs]
        for each in result.alternatives
    ]  # fmt: skip
    return Sheet("Alternatives", columns, tuple(rows), fixed=0)


def _marginal(result: Sizing) -> Sheet:
    table = result.marginal
    chances = GAIN in table
    shown = [
        figure for figure in (_figure(row) for row in _records(result.figures))
        if figure_column(figure) in table
    ]  # fmt: skip
    columns = [
        Column("Team"), Column("Change", "change"), Column("People", "count"),
        Column(f"Cost of the change, {result.company.currency} a year", "change"),
    ]  # fmt: skip
    if chances:
        columns += [
            Column("Probability", "share"), Column("Change of the probability", "points"),
            Column("its 95 % low", "points"), Column("its 95 % high", "points"),
        ]  # fmt: skip
    for figure in shown:
        kind, name = _kind_of_change(figure[0]), _capital(figure_name(figure))
        columns += [
            Column(f"Change of {name}, {_unit(result, figure[0])}", kind),
            Column("its 95 % low", kind), Column("its 95 % high", kind),
        ]  # fmt: skip
    rows = []
    for row in _records(table):
        cells: list[Cell] = [team_label(row["team"]), row["change"], row["people"], row["cost"]]
        if chances:
            cells += [row["probability"], row[GAIN], *marginal_bounds(row, GAIN)]
        for figure in shown:
            column = figure_column(figure)
            cells += [row[column], *marginal_bounds(row, column)]
        rows.append(cells)
    return Sheet("Marginal", tuple(columns), tuple(rows), fixed=2)


def _levels(result: Sizing) -> Sheet:
    main = main_metric(result.company)
    kind = kind_of(main)
    label = METRICS[main].label
    columns = (
        Column("Team"), Column("People", "count"), Column("Target"), Column("Service"),
        Column("Unit"), Column("Mean", "number"), Column("95 % low", "number"),
        Column("95 % high", "number"), Column("Probability", "share"),
        Column(f"{label}, {_unit(result, main)}", kind), Column("its 95 % low", kind),
        Column("its 95 % high", kind), _cost_column(result), Column("Which"),
    )  # fmt: skip
    rows = []
    for row in _records(result.levels):
        metric, team = str(row["metric"]), str(row["team"])
        own = kind_of(metric)
        which = [
            word for word, plan in (("the plan", result.plan), ("today", result.today))
            if plan.get(team) == row["people"]
        ]  # fmt: skip
        rows.append([
            team_label(team), row["people"], row["target"], METRICS[metric].label,
            _unit(result, metric),
            *(Shown(row[name], own) for name in ("value", "value_low", "value_high")),
            row["probability"], row["outcome"], row["outcome_low"], row["outcome_high"],
            row["cost"], ", ".join(which),
        ])  # fmt: skip
    return Sheet("Service levels", columns, tuple(rows), fixed=2)


def _frontier(result: Sizing) -> Sheet:
    name, kind = "Goal", kind_of(result.main[0])
    if result.goal is not None:
        metric = result.goal[0]
        name, kind = (
            f"{_capital(figure_name(result.goal))}, {_unit(result, metric)}",
            kind_of(metric),
        )
    columns = (
        _cost_column(result), *_team_columns(result), Column(name, kind),
        Column("95 % low", kind), Column("95 % high", kind), Column("Probability", "share"),
    )  # fmt: skip
    rows = [
        [row["cost"], *(row[team] for team in result.headcount.teams), row["mean"], row["low"],
         row["high"], row["probability"]]
        for row in _records(result.frontier)
    ]  # fmt: skip
    return Sheet("Frontier", columns, tuple(rows))


def _tried(result: Sizing) -> Sheet:
    columns = (
        *_team_columns(result), _cost_column(result), Column("Runs", "count"),
        Column("Probability", "share"),
    )  # fmt: skip
    rows = [
        [*(row[team] for team in result.headcount.teams), row["cost"], row["runs"],
         row["probability"]]
        for row in _records(result.evaluated)
    ]  # fmt: skip
    return Sheet("Tried", columns, tuple(rows), fixed=0)


# ------------------------------------------------------------------ what words mean, and whence


def _definitions(result: Sizing, sheets: Sequence[str]) -> Sheet:
    columns = (
        Column("Name"), Column("Where"), Column("Meaning"), Column("Unit"), Column("Better"),
        Column("Formula"), Column("What counts"), Column("Japanese"), Column("Source"),
    )  # fmt: skip
    rows: list[Sequence[Cell]] = [
        [name, where, meaning, unit, "", "", "", "", ""]
        for name, where, meaning, unit in _terms(result)
        if where in sheets or where == "everywhere"
    ]
    for metric in _metrics(result):
        each = METRICS[metric]
        rows.append([
            each.label, metric, each.numerator, _unit(result, metric), each.better,
            each.formula, each.rule, each.label_ja, each.source,
        ])  # fmt: skip
    return Sheet("Definitions", columns, tuple(rows))


def _metrics(result: Sizing) -> list[str]:
    named = [target.metric for target in result.targets]
    named += [str(row["metric"]) for row in _records(result.figures)]
    named += [result.goal[0]] if result.goal else []
    if len(result.levels):
        named += [str(each) for each in result.levels["metric"]]
    return list(dict.fromkeys([*named, main_metric(result.company), "cost"]))


def _terms(result: Sizing) -> Iterator[tuple[str, str, str, str]]:
    money = f"{result.company.currency} a year"
    rules = result.rules
    asked = f"{100.0 * result.confidence:g} %"
    zone, cost_zone = 100.0 * rules.zone, 100.0 * rules.cost_zone
    yield "People", "Plan", "People of the plan from the first day of the run", "people"
    yield "Today", "Plan", "People of the scenario as it is", "people"
    yield "Cost per person", "Plan", "Pay x loading + tools, unless --cost says otherwise", money
    yield "Cost", "everywhere", (
        "People x cost per person, all teams together, everybody employed all the time; a run"
        " costs less where places are empty until they are filled again"
    ), money  # fmt: skip
    yield (
        "At least, At most",
        "Plan",
        "Limits within which the search looked (--min, --max)",
        "people",
    )
    yield "Probability", "everywhere", "Share of the runs in which the targets are met", "share"
    yield "95 % low, 95 % high", "everywhere", (
        "Interval that holds the true value in 95 of 100 such studies: Jeffreys' for shares,"
        " Student's t for means"
    ), "as its value"  # fmt: skip
    yield "Fresh replications", "Targets", (
        "Runs with luck that the search has not seen: who picks the best of many has been lucky"
    ), "runs"  # fmt: skip
    yield (
        "Company as it is",
        "Figures",
        "Mean of the same fresh replications, unchanged",
        "as its value",
    )
    yield "Reached", "Figures", f"What {asked} of the runs reach or better", "as its value"
    yield "Difference", "Figures", "Plan less company as it is, paired by luck", "as its value"
    yield "Saves", "Alternatives", "Cost below that of the plan, as a share of it", "share"
    yield "Chance to be good enough", "Alternatives", (
        f"How probable it is that the plan meets all targets with {asked} or more"
        if result.goal is None else "How probable it is that its mean is better than the plan's"
    ), "share"  # fmt: skip
    yield "Change of ...", "Marginal", (
        "One person more or fewer in one team, less the plan, paired by luck, by the runs of the"
        " search; each interval stands alone"
    ), "as its value"  # fmt: skip
    yield "Mean", "Service levels", (
        "Service of the team with so many people, all other teams as in the plan"
    ), "as its value"  # fmt: skip
    yield "Frontier", "Frontier", (
        "Plans of which no cheaper one that was tried does as well, by the luck of the search"
    ), ""  # fmt: skip
    yield "Probability of a correct selection", "everywhere", (
        f"{_floored(result.correct)}: at least so probable is it, of the plans tried, that the"
        " choice is right but for the indifference zones (Bonferroni)"
    ), "share"  # fmt: skip
    yield "Indifference zone of the probability", "everywhere", (
        f"{zone:g} points: what comes so near to the probability asked for may be taken for good"
        " or not"
    ), "points"  # fmt: skip
    yield "Indifference zone of the cost", "everywhere", (
        f"{cost_zone:g} %: plans that are cheaper by no more than this are not looked for"
    ), "share"  # fmt: skip


def _floored(share: float) -> str:
    return f"{math.floor(1000.0 * min(share, 0.999) + 1e-9) / 10.0:g} %"


def _about(result: Sizing, version: str, command: str) -> Sheet:
    company = result.company
    facts: list[tuple[str, Cell]] = [
        ("Scenario", result.name),
        ("Question", {
            "cheapest": "the cheapest plan that keeps the promise",
            "budget": "the best plan for the money",
            "frontier": "the best plan for every amount of money",
        }[result.question]),
        ("Outcome", result.status),
        ("Targets", "; ".join(target.text for target in result.targets)),
        ("Goal", figure_column(result.goal) if result.goal else ""),
        ("Probability asked for", Shown(result.confidence, "share")),
        ("Budget", Shown(result.budget, "money")),
        ("Currency", company.currency),
        ("Months of a run", Shown(company.horizon.months, "number")),
        ("Plans tried", Shown(result.evaluations, "count")),
        ("Runs of the search", Shown(result.runs, "count")),
        ("Fresh replications", Shown(result.fresh, "count")),
        ("Seed", str(result.seed)),
        ("Interrupted", "yes" if result.interrupted else "no"),
        ("Version", version),
        ("Command", command),
    ]  # fmt: skip
    rows: list[Sequence[Cell]] = [
        [name, value] for name, value in facts
        if value != "" and not (isinstance(value, Shown) and value.value is None)
    ]  # fmt: skip
    rows += [["What it says" if k == 0 else "", line] for k, line in enumerate(result.verdict())]
    return Sheet("About", (Column("What"), Column("Value")), tuple(rows))


# ------------------------------------------------------------------ how things are shown


def kind_of(metric: str) -> Kind:
    """Return how values of a metric are formatted."""
    unit = METRICS[metric].unit
    if unit.startswith("share"):
        return "share"
    if unit.startswith("currency"):
        return "money"
    return "days" if unit == "business days" else "number"


def _kind_of_change(metric: str) -> Kind:
    kind = kind_of(metric)
    return {"share": "points", "money": "change"}.get(kind, kind)  # type: ignore[return-value]


def _unit(result: Sizing, metric: str) -> str:
    return unit_in(METRICS[metric].unit, result.company.currency)


def _team_columns(result: Sizing) -> list[Column]:
    return [Column(team_label(team), "count") for team in result.headcount.teams]


def _cost_column(result: Sizing) -> Column:
    return Column(f"Cost, {result.company.currency} a year", "money")


def _figure(row: Row) -> tuple[str, int]:
    return str(row["metric"]), int(row["month"])


def _capital(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"


def _records(table: Any) -> list[Row]:
    return [{str(k): v for k, v in row.items()} for row in table.to_dict("records")]
