"""Structures at the same cost, as tables: what each brings, with which people, and why."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from rich.console import RenderableType
from rich.table import Column
from rich.text import Text

from simulator.experiment.quantities import Scale
from simulator.experiment.statistics import Estimate
from simulator.languages.languages import spoken
from simulator.languages.messages import marked, say
from simulator.planning.sizing_names import percent, side_by_side, team_label, values_scale
from simulator.planning.structure_options import AS_IT_IS
from simulator.planning.structure_result import Structure
from simulator.planning.structure_words import (
    division_name,
    goal_heading,
    option_rows,
    option_shown,
    ratio_rows,
)
from simulator.planning.table_rows import Row, rows_of
from simulator.presentation.figures import MISSING
from simulator.presentation.flowing import Flowing
from simulator.presentation.tables import grid, right, titled

_SHORT = {
    "marketing": marked("mk¦team"), "inside_sales": marked("is¦team"),
    "field_sales": marked("fs¦team"), "customer_success": marked("cs¦team"),
    "revops": marked("ro¦team"), "enablement": marked("en¦team"),
}  # fmt: skip
"""Headings of narrow columns of people."""
_KINDS = {
    "utilization": marked("{team} busy"),
    "queue": marked("{team} queue"),
    "abandonment": marked("{team} gave up"),
}


def story(result: Structure) -> list[RenderableType]:
    """Tell which structure does best for the money, what each brings, and what shows why.

    Parameters
    ----------
    result : Structure
    """
    first, *others = result.verdict()
    content: list[RenderableType] = [Flowing(first, "bold"), *map(Flowing, others), Text("")]
    if len(result.options):
        content.append(_options(result))
    if len(result.flows):
        content.append(_flows(result))
    if len(result.ratio):
        content.append(_ratio(result))
    return content


def closing(result: Structure, version: str) -> str:
    """Say on what the figures rest."""
    one = result.evaluations == 1
    line = say(
        "{plans} plan tried, {runs} runs of {months} months with the same luck, of each chosen plan"
        " {fresh} fresh ones; seed {seed}; themodel {version}."
        if one else
        "{plans} plans tried, {runs} runs of {months} months with the same luck, of each chosen"
        " plan {fresh} fresh ones; seed {seed}; themodel {version}.",
        plans=f"{result.evaluations:,}", runs=f"{result.runs:,}",
        months=f"{result.company.horizon.months:g}", fresh=result.fresh, seed=result.seed,
        version=version,
    )  # fmt: skip
    return say("Interrupted. {rest}", rest=line) if result.interrupted else line


def _options(result: Structure) -> RenderableType:
    rows = option_rows(result)
    currency, metric = result.company.currency, result.goal[0]
    teams = [team for team in _SHORT if any(_present(row[team]) and row[team] for row in rows)]
    values = values_scale(metric, currency, [row["mean"] for row in rows])
    gaps = Scale.of(metric, currency, _finite(row["difference"] for row in rows))
    values = _as_fine(values, gaps)
    cost = Scale.of("cost", currency, _finite(row["cost"] for row in rows))
    chances = any(_present(row["probability"]) for row in rows)
    table = grid(
        "", *(right(say(_SHORT[team])) for team in teams), right(say("cost¦structures")),
        right(say("mean¦structures")), right(say("difference¦structures")),
        right(say("95 % interval")), Column(say("told¦structures"), no_wrap=True),
    )  # fmt: skip
    if chances:
        table.add_column(say("kept¦structures"), justify="right")
    for row in rows:
        gap = _estimate(row["difference"], row["difference_low"], row["difference_high"])
        cells = [
            option_shown(row["option"]),
            *(f"{int(row[team])}" if _present(row[team]) else MISSING for team in teams),
            cost.number(_number(row["cost"])), values.number(_number(row["mean"])),
            gaps.number(gap.mean) if row["question"] else "", gaps.span(gap),
            _told(row) if row["told"] or row["question"] else "",
        ]  # fmt: skip
        if chances:
            cells.append(percent(_number(row["probability"])))
        table.add_row(*cells)
    key = side_by_side(
        [say("{short} {team}", short=say(_SHORT[team]), team=_small(team)) for team in teams]
    )
    notes = [
        say("{teams}. Cost in {cost} a year, all within the same budget; mean in {mean} and"
            " difference in {difference} of {goal}, to the company as it is, with the same luck."
            " told: beyond luck, for all options together (Holm); each interval stands alone.",
            teams=key, cost=cost.unit, mean=values.unit, difference=gaps.unit,
            goal=goal_heading(result))
    ]  # fmt: skip
    notes += [
        say("{option}: {groups}.", option=option_shown(row["option"]), groups=row["groups"])
        for row in rows
        if isinstance(row["groups"], str) and row["groups"]
    ]
    return titled(
        say("Structures within the same budget, each with the best headcount found"),
        table,
        *(Flowing(note, "dim") for note in notes),
    )


def _flows(result: Structure) -> RenderableType:
    table = grid("", *(right(_flow_heading(str(m))) for m in result.flows["metric"].unique()))
    first = True
    for name, rows in result.flows.groupby("option", sort=False):
        if first:
            table.add_row(
                option_shown(AS_IT_IS), *(_flow(row, "reference") for row in rows_of(rows))
            )
            first = False
        table.add_row(option_shown(str(name)), *(_flow(row, "mean") for row in rows_of(rows)))
    note = Flowing(
        say("busy: share of paid time at work on buyers; queue: buyers waiting at a time; gave up:"
            " share of waits that the buyer ended. *: differs from the company as it is beyond"
            " luck."),
        "dim",
    )  # fmt: skip
    return titled(say("What the runs show of why"), table, note)


def _flow_heading(metric: str) -> str:
    team, _, kind = metric.partition(".")
    return say(_KINDS[kind], team=say(_SHORT[team]))


def _flow(row: Row, column: str) -> str:
    value = _number(row[column])
    if not math.isfinite(value):
        return MISSING
    shown = f"{value:,.1f}" if str(row["metric"]).endswith(".queue") else percent(value)
    return f"{shown}{'*' if column == 'mean' and row['told'] else ''}"


def _ratio(result: Structure) -> RenderableType:
    rows = ratio_rows(result)
    currency, metric = result.company.currency, result.goal[0]
    values = values_scale(metric, currency, [row["mean"] for row in rows])
    gaps = Scale.of(metric, currency, _finite(row["difference"] for row in rows))
    values = _as_fine(values, gaps)
    cost = Scale.of("cost", currency, [row["cost"] for row in rows])
    table = grid(
        right(say("inside : field")), right(say("ratio¦inside to field")),
        right(say("cost¦structures")), right(say("mean¦structures")), right(say("95 % interval")),
        right(say("difference¦structures")), right(say("95 % interval")),
        Column(say("told¦structures"), no_wrap=True),
    )  # fmt: skip
    for row in rows:
        gap = _estimate(row["difference"], row["difference_low"], row["difference_high"])
        table.add_row(
            division_name(row), f"{row['ratio']:.2f}", cost.number(row["cost"]),
            values.number(row["mean"]),
            values.span(_estimate(row["mean"], row["low"], row["high"])),
            say("today's ratio") if row["today"] else gaps.number(gap.mean), gaps.span(gap),
            "" if row["today"] else _told(row),
        )  # fmt: skip
    note = Flowing(
        say("All other teams as today; cost of everybody in {cost} a year. Mean in {mean} and"
            " difference in {difference} of {goal}. What is left of the money is less than one more"
            " person costs.",
            cost=cost.unit, mean=values.unit, difference=gaps.unit, goal=goal_heading(result)),
        "dim",
    )  # fmt: skip
    return titled(say("Inside sales to field sales, for the same money"), table, note)


def _told(row: Row) -> str:
    return say("yes¦structures") if row["told"] else say("no¦structures")


def _small(team: str) -> str:
    """Name a team behind its short form."""
    label = team_label(team)
    return label if spoken() == "ja" else label.lower()


def _present(value: Any) -> bool:
    return value is not None and math.isfinite(float(value))


def _number(value: Any) -> float:
    return float(value) if _present(value) else math.nan


def _finite(values: Any) -> Sequence[float]:
    return [float(value) for value in values if _present(value)]


def _estimate(mean: Any, low: Any, high: Any) -> Estimate:
    known = _present(low) and _present(high)
    return Estimate(_number(mean), float(low) if known else None, float(high) if known else None, 2)


def _as_fine(values: Scale, gaps: Scale) -> Scale:
    """Show values to as many digits as their differences, where both are in the same unit."""
    finer = values.factor == gaps.factor and gaps.decimals > values.decimals
    return replace(values, decimals=gaps.decimals) if finer else values
