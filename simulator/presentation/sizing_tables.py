"""How many people where, as tables: the plan, what it promises, and what lies beside it."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from rich.console import RenderableType
from rich.table import Column, Table
from rich.text import Text

from simulator.experiment.quantities import Scale
from simulator.experiment.statistics import Estimate
from simulator.experiment.wording import team_said
from simulator.languages.messages import marked, say
from simulator.metrics.definitions import METRICS
from simulator.metrics.units import with_unit
from simulator.planning.sizing_names import (
    capital,
    figure_column,
    figure_name,
    finer,
    percent,
    points,
    side_by_side,
    target_text,
    team_label,
    values_scale,
)
from simulator.planning.sizing_result import Sizing
from simulator.planning.sizing_steps import GAIN, marginal_bounds, marginal_column
from simulator.planning.table_rows import Row, rows_of
from simulator.presentation.figures import MISSING, number
from simulator.presentation.flowing import Flowing
from simulator.presentation.tables import grid, right, titled

MOST_RUNGS = 15
_SHORT = {
    "marketing": marked("mk¦planning"),
    "inside_sales": marked("is¦planning"),
    "field_sales": marked("fs¦planning"),
    "customer_success": marked("cs¦planning"),
    "revops": marked("ro¦planning"),
    "enablement": marked("en¦planning"),
}
"""Headings of narrow columns of people."""


def story(result: Sizing) -> list[RenderableType]:
    """Tell a sizing in the order in which a planner asks: how many, how sure, what else.

    Parameters
    ----------
    result : Sizing
    """
    first, *others = result.verdict()
    content: list[RenderableType] = [Flowing(first, "bold"), *map(Flowing, others), Text("")]
    content.append(_plan(result))
    if result.targets:
        content.append(_targets(result))
    if len(result.figures):
        content.append(_figures(result))
    if result.alternatives:
        content.append(_alternatives(result))
    if len(result.marginal):
        content.append(_marginal(result))
    content += _levels(result)
    if len(result.frontier):
        content.append(_frontier(result))
    return content


def closing(result: Sizing, version: str) -> str:
    """Say on what the figures rest."""
    told: dict[str, object] = {
        "plans": f"{result.evaluations:,}", "runs": f"{result.runs:,}",
        "months": f"{result.company.horizon.months:g}", "fresh": result.fresh,
        "seed": result.seed, "version": version,
    }  # fmt: skip
    line = say(
        "{plans} plan tried in {runs} runs of {months} months with the same luck; {fresh} fresh"
        " replications; seed {seed}; themodel {version}."
        if result.evaluations == 1
        else "{plans} plans tried in {runs} runs of {months} months with the same luck; {fresh}"
        " fresh replications; seed {seed}; themodel {version}.",
        **told,
    )
    return say("Interrupted. {line}", line=line) if result.interrupted else line


# ------------------------------------------------------------------ the plan


def _plan(result: Sizing) -> RenderableType:
    table = grid(
        "", right(say("people¦planning")), right(say("today¦planning")),
        right(say("change¦planning")), right(say("cost a year¦planning")),
        right(say("per person¦planning")), Column(say("limits¦planning"), no_wrap=True),
    )  # fmt: skip
    costs = result.headcount
    scale = Scale.of("cost", result.company.currency, [result.cost, result.today_cost])
    each = Scale.of("cost", result.company.currency, costs.costs)
    rows = zip(costs.teams, costs.costs, costs.low, costs.high, strict=True)
    for team, cost, low, high in rows:
        people, today = result.plan[team], result.today[team]
        limits = say("{low} to {high}, at the limit" if people >= high else "{low} to {high}",
                     low=low, high=high)  # fmt: skip
        table.add_row(
            team_label(team), f"{people}", f"{today}", _signed(people - today),
            scale.number(people * cost), each.number(cost), limits,
        )  # fmt: skip
    if costs.fixed:
        table.add_row(say("Teams not sized¦planning"), "", "", "", scale.number(costs.fixed))
    total, before = sum(result.plan.values()), sum(result.today.values())
    table.add_row(
        Text(say("All¦planning"), style="bold"), f"{total}", f"{before}", _signed(total - before),
        scale.number(result.cost),
    )  # fmt: skip
    note = say(
        "Cost in {unit} a year, per person in {unit_of_one}: pay with its loading, and tools;"
        " everybody employed all the time.",
        unit=scale.unit, unit_of_one=each.unit,
    )  # fmt: skip
    return titled(say("The plan¦planning"), table, Flowing(note, "dim"))


def _signed(change: int) -> str:
    return f"{change:+d}" if change else "0"


# ------------------------------------------------------------------ what it promises


def _targets(result: Sizing) -> RenderableType:
    table = grid(
        "",
        right(say("probability¦planning")),
        right(say("95 % interval")),
        right(say("as it is¦planning")),
    )
    for target in result.targets:
        chance = result.by_target.get(target.text)
        if chance is not None:
            name = target_text(target, result.company.currency)
            table.add_row(Flowing(capital(name)), percent(chance.mean), _span(chance), "")
    several = len(result.targets) > 1
    name = say("All of them¦planning") if several else say("That is the promise")
    table.add_row(
        Text(name, style="bold"), percent(result.chance.mean), _span(result.chance),
        percent(result.today_chance.mean),
    )  # fmt: skip
    if result.goal is None or several:
        note = say(
            "asked for: {asked}; {fresh} fresh replications that the search has not seen",
            asked=percent(result.confidence), fresh=result.fresh,
        )  # fmt: skip
    else:
        note = say(
            "{fresh} fresh replications that the search has not seen",
            fresh=result.fresh,
        )
    return titled(say("How often the targets are met"), table, Flowing(note, "dim"))


def _span(chance: Estimate) -> str:
    if chance.low is None or chance.high is None:
        return ""
    return say("{low} to {high}", low=points(chance.low), high=with_unit(points(chance.high), "%"))


def _figures(result: Sizing) -> RenderableType:
    asked = percent(result.confidence)
    table = grid(
        "", right(say("mean¦planning")), right(say("95 % interval")),
        right(say("in {share}", share=asked)), right(say("as it is¦planning")),
        right(say("difference¦planning")), right(say("95 % interval")),
        Column(say("unit"), no_wrap=True),
    )  # fmt: skip
    for row in result.figures.to_dict("records"):
        metric = str(row["metric"])
        sizes = [float(row[name]) for name in ("mean", "today", "reached")]
        scale = values_scale(metric, result.company.currency, sizes)
        gap = _estimate(row["difference"], row["difference_low"], row["difference_high"])
        table.add_row(
            Flowing(capital(figure_name((metric, int(row["month"]))))),
            scale.number(row["mean"]),
            scale.span(_estimate(row["mean"], row["low"], row["high"])),
            scale.number(row["reached"]),
            scale.number(row["today"]),
            scale.number(gap.mean),
            scale.span(gap),
            scale.unit,
        )
    note = say(
        "in {share}: what so many of the runs reach or better; difference: the plan less the"
        " company as it is, with the same luck (shares: in points)",
        share=asked,
    )
    return titled(say("What the plan brings"), table, Flowing(note, "dim"))


def _estimate(mean: float, low: float, high: float) -> Estimate:
    known = all(value is not None and math.isfinite(value) for value in (low, high))
    return Estimate(
        float(mean), float(low) if known else None, float(high) if known else None, 2
    )  # fmt: skip


# ------------------------------------------------------------------ what lies beside it


def _people_columns(result: Sizing) -> list[Column]:
    return [right(say(_SHORT.get(team, team))) for team in result.headcount.teams]


def _key(result: Sizing) -> str:
    return side_by_side([
        say("{short} {team}", short=say(_SHORT[t]), team=team_said(t))
        for t in result.headcount.teams if t in _SHORT
    ])  # fmt: skip


def _alternatives(result: Sizing) -> RenderableType:
    by_goal = result.goal is not None
    head = say("mean of the goal") if by_goal else say("probability¦planning")
    chance = say("chance to be better") if by_goal else say("chance to be good enough")
    table = grid(
        *_people_columns(result), right(say("cost a year¦planning")), right(say("saves¦planning")),
        right(head), right(chance), right(say("runs¦planning")),
    )  # fmt: skip
    costs = [each.cost for each in result.alternatives]
    scale = Scale.of("cost", result.company.currency, costs)
    goal = result.goal
    outcome = (
        values_scale(goal[0], result.company.currency, [a.outcome for a in result.alternatives])
        if goal is not None
        else None
    )
    for each in result.alternatives:
        table.add_row(
            *(f"{n}" for n in each.plan.values()),
            scale.number(each.cost),
            with_unit(number(100.0 * each.saves, 1), "%"),
            outcome.amount(each.outcome) if outcome else percent(each.probability),
            percent(each.chance),
            f"{each.runs}",
        )
    note = say(
        "{teams}; cost in {unit}; by the luck of the search", teams=_key(result), unit=scale.unit
    )
    return titled(say("Near ties: plans that may be as good"), table, Flowing(note, "dim"))


def _marginal(result: Sizing) -> RenderableType:
    column = marginal_column(result)
    if column is None or column == GAIN:
        column = figure_column(result.main)
    metric = column.partition("@")[0]
    cost = Scale.of("cost", result.company.currency, result.marginal["cost"])
    table = grid(
        Column("", no_wrap=True), right(say("people¦planning")),
        Column(say("cost, {unit}", unit=cost.unit), justify="right"),
    )  # fmt: skip
    chances, valued = GAIN in result.marginal, column in result.marginal
    if chances:
        for heading in (say("chance¦planning"), say("change¦probability"), say("95 % interval")):
            table.add_column(heading, justify="right", no_wrap=True)
    sizes = result.marginal[column] if valued else [0.0]
    scale = Scale.of(metric, result.company.currency, sizes)
    if valued:
        table.add_column(Flowing(_unit_heading(metric, scale), "dim"), justify="right")
        table.add_column(say("95 % interval"), justify="right", no_wrap=True)
    for row in rows_of(result.marginal):
        cells = [
            f"{team_label(row['team'])} {row['change']:+d}", f"{row['people']}",
            cost.number(row["cost"]),
        ]  # fmt: skip
        if chances:
            # The change is paired, in runs of the search; it is told on top of what fresh runs say.
            chance = min(max(result.chance.mean + row[GAIN], 0.0), 1.0)
            cells += [percent(chance), _in_points(row[GAIN]), _points_span(row)]
        if valued:
            low, high = marginal_bounds(row, column)
            cells += [scale.number(row[column]), scale.span(Estimate(0.0, low, high, 2))]
        table.add_row(*cells)
    note = (
        say(
            "chance: of meeting all targets, its change in points; cost a year and differences to"
            " the plan, with the same luck, by runs of the search. Each interval stands alone; the"
            " sentences above hold for all teams together."
        )
        if chances
        else say(
            "cost a year and differences to the plan, with the same luck, by runs of the search."
            " Each interval stands alone; the sentences above hold for all teams together."
        )
    )
    return titled(say("One person more or fewer than the plan"), table, Flowing(note, "dim"))


def _unit_heading(metric: str, scale: Scale) -> str:
    label = METRICS[metric].label
    return say("{name}, {unit}", name=label, unit=scale.unit) if scale.unit else label


def _in_points(gain: float) -> str:
    return number(100.0 * gain, 0) if math.isfinite(gain) else MISSING


def _points_span(row: Row) -> str:
    low, high = marginal_bounds(row, GAIN)
    if low is None or high is None:
        return ""
    return say("{low} to {high}", low=_in_points(low), high=_in_points(high))


def _levels(result: Sizing) -> Iterator[RenderableType]:
    """Show a team's service, its size, and revenue side by side."""
    if not len(result.levels):
        return
    from simulator.experiment.quantities import main_metric

    main = main_metric(result.company)
    currency = result.company.currency
    for text, rows in result.levels.groupby("target", sort=False):
        metric, team = str(rows["metric"].iloc[0]), str(rows["team"].iloc[0])
        scale = values_scale(metric, currency, rows["value"])
        outcome = finer(values_scale(main, currency, rows["outcome"]))
        cost = Scale.of("cost", currency, rows["cost"])
        table = grid(
            right(say("people¦planning")), right(scale.unit or say("value¦planning")),
            right(say("95 % interval")), right(say("met¦planning")),
            right(_unit_heading(main, outcome)), right(say("95 % interval")),
            right(say("cost a year, {unit}", unit=cost.unit)), "",
        )  # fmt: skip
        for row in rows_of(rows):
            mark = say("the plan¦planning") if row["people"] == result.plan[team] else ""
            mark = mark or (say("today¦planning") if row["people"] == result.today[team] else "")
            table.add_row(
                f"{row['people']}",
                scale.number(row["value"]),
                scale.span(_estimate(row["value"], row["value_low"], row["value_high"])),
                percent(row["probability"]),
                outcome.number(row["outcome"]),
                outcome.span(_estimate(row["outcome"], row["outcome_low"], row["outcome_high"])),
                cost.number(row["cost"]),
                mark,
            )
        note = say(
            "all other teams as in the plan; met: share of the runs that keep {target}",
            target=text,
        )
        notes = [Flowing(note, "dim")]
        if rows["value"].isna().any():
            unseen = say("{sign}: at least one run ended before it could be seen", sign=MISSING)
            notes.append(Flowing(unseen, "dim"))
        title = say(
            "{service}, by people in {team}",
            service=METRICS[metric].label, team=team_said(team),
        )  # fmt: skip
        yield titled(title, table, *notes)


# ------------------------------------------------------------------ the frontier


def _frontier(result: Sizing) -> RenderableType:
    assert result.goal is not None
    rows = rows_of(result.frontier)
    chosen = thinned(len(rows), MOST_RUNGS)
    currency = result.company.currency
    scale = values_scale(result.goal[0], currency, result.frontier["mean"])
    cost = Scale.of("cost", currency, result.frontier["cost"])
    goal = figure_name(result.goal)
    goal = say("{name}, {unit}", name=goal, unit=scale.unit) if scale.unit else goal
    table: Table = grid(
        right(say("cost a year, {unit}", unit=cost.unit)), *_people_columns(result),
        right(goal), right(say("95 % interval")),
    )  # fmt: skip
    stated = bool(np.isfinite(result.frontier["probability"].to_numpy(dtype=float)).any())
    if stated:
        table.add_column(say("probability¦planning"), justify="right", no_wrap=True)
    for i in chosen:
        row = rows[i]
        cells = [
            cost.number(row["cost"]), *(f"{row[team]}" for team in result.headcount.teams),
            scale.number(row["mean"]), scale.span(_estimate(row["mean"], row["low"], row["high"])),
        ]  # fmt: skip
        table.add_row(*cells, *([percent(row["probability"])] if stated else []))
    note = (
        say(
            "{teams}; by the luck of the search; {n} steps between are left out",
            teams=_key(result), n=len(rows) - len(chosen),
        )
        if len(chosen) < len(rows)
        else say("{teams}; by the luck of the search", teams=_key(result))
    )  # fmt: skip
    return titled(say("The best that money buys"), table, Flowing(note, "dim"))


def thinned(count: int, most: int) -> list[int]:
    """Return places spread evenly over so many, the first and the last among them."""
    if count <= most:
        return list(range(count))
    return sorted({round(i * (count - 1) / (most - 1)) for i in range(most)})
