"""What a frontier of cost and outcome allows one to say."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from simulator.experiment.quantities import Scale
from simulator.experiment.statistics import Estimate
from simulator.languages.messages import say
from simulator.planning.sizing_names import a_year, figure_name, interval, values_scale

if TYPE_CHECKING:
    from simulator.planning.sizing_result import Sizing

Row = Mapping[str, Any]
_FEWEST_HALVED = 5  # steps of a frontier of which two halves say more than the whole


def money(result: Sizing) -> list[str]:
    """Say what money buys along the frontier, and what it would at today's cost.

    Parameters
    ----------
    result : Sizing
    """
    table = result.frontier
    if result.goal is None or len(table) < 2:
        return []
    company = result.company
    scale = values_scale(result.goal[0], company.currency, table["mean"])
    first, last = table.iloc[0], table.iloc[-1]
    told: dict[str, object] = {
        "least": a_year(company, first["cost"]), "most": a_year(company, last["cost"]),
        "figure": figure_name(result.goal),
        "first": scale.amount(first["mean"]), "last": scale.amount(last["mean"]),
        "first_interval": interval(scale, first["low"], first["high"]),
        "last_interval": interval(scale, last["low"], last["high"]),
    }  # fmt: skip
    found = halves(result)
    if found is None:
        line = say(
            "From {least} to {most} the best {figure} goes from {first} ({first_interval}) to"
            " {last} ({last_interval}), by the luck of the search.",
            **told,
        )
    else:
        middle, *slopes = found
        lower, upper = per_million(result, slopes[0], slopes[1])
        line = say(
            "From {least} to {most} the best {figure} goes from {first} ({first_interval}) to"
            " {last} ({last_interval}), by the luck of the search: {lower} up to {middle} and"
            " {upper} above.",
            **told, lower=lower, middle=a_year(company, middle), upper=upper,
        )  # fmt: skip
    return [line, *_for_the_same(result, scale)]


def halves(result: Sizing) -> tuple[float, float, float] | None:
    """Return where a frontier is halved, and the slopes of its halves.

    Returns
    -------
    (cost, slope, slope) or None
        Currency per year, and outcome per currency and year below and above; None with few steps.
    """
    table = result.frontier
    if len(table) < _FEWEST_HALVED:
        return None
    cost = table["cost"].to_numpy(dtype=float)
    mean = table["mean"].to_numpy(dtype=float)
    at = int(abs(cost - (cost[0] + cost[-1]) / 2.0).argmin())
    if not cost[0] < cost[at] < cost[-1]:
        return None
    lower = (mean[at] - mean[0]) / (cost[at] - cost[0])
    upper = (mean[-1] - mean[at]) / (cost[-1] - cost[at])
    return float(cost[at]), float(lower), float(upper)


def per_million(result: Sizing, lower: float, upper: float) -> tuple[str, str]:
    """Write what a million a year buys, below and above."""
    assert result.goal is not None
    sizes = [slope * 1e6 for slope in (lower, upper)]
    scale = Scale.of(result.goal[0], result.company.currency, sizes)
    first, second = (scale.amount(size) for size in sizes)
    return say("{amount} for each million a year", amount=first), second


def today_beside(result: Sizing) -> Estimate | None:
    """Return what the company as it is reaches, by the luck in which the frontier was found.

    The outcome of the plan on the frontier less the paired difference of the plan to today's
    company in fresh replications: so both are seen by the same luck. Its interval is that of the
    difference.
    """
    table, figures = result.frontier, result.figures
    if result.goal is None or not len(table) or not len(figures):
        return None
    same = table
    for team, people in result.plan.items():
        same = same[same[team] == people]
    rows = figures[
        (figures["metric"] == result.goal[0]) & (figures["month"] == result.goal[1])
    ]  # fmt: skip
    if not len(same) or not len(rows):
        return None
    plan, row = float(same["mean"].iloc[0]), rows.iloc[0]
    gap, low, high = (
        float(row[name]) for name in ("difference", "difference_low", "difference_high")
    )
    if not math.isfinite(plan - gap):
        return None
    known = math.isfinite(low) and math.isfinite(high)
    return Estimate(
        plan - gap, plan - high if known else None, plan - low if known else None, result.fresh
    )  # fmt: skip


def _for_the_same(result: Sizing, scale: Scale) -> list[str]:
    """Say what today's cost could reach."""
    table = result.frontier
    affordable = table[table["cost"] <= result.today_cost * (1.0 + 1e-12)]
    today = today_beside(result)
    if not len(affordable) or today is None or table["cost"].iloc[-1] <= result.today_cost:
        return []
    best = affordable.iloc[-1]
    return [
        say(
            "For no more than the company costs today, {money}, the best found reaches about"
            " {best}; the company as it is about {today} by the same luck.",
            money=a_year(result.company, result.today_cost), best=scale.amount(best["mean"]),
            today=scale.amount(today.mean),
        )
    ]  # fmt: skip
