"""How plans, targets, figures and probabilities are called in sentences, tables and pictures."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import replace

from simulator.experiment.figures import Figure
from simulator.experiment.quantities import Scale
from simulator.experiment.statistics import Estimate
from simulator.languages.messages import listed
from simulator.metrics.definitions import METRICS
from simulator.planning.targets import Target
from simulator.scenario.schema import Scenario


def people(plan: Mapping[str, int]) -> str:
    """Write a plan as one says it."""
    parts = []
    for place, (team, n) in enumerate(plan.items()):
        word = ("person" if n == 1 else "people") if place == 0 else ""
        parts.append(f"{n or 'nobody'} {word if n else ''}".rstrip() + f" in {team_words(team)}")
    return listed(parts)


def team_words(team: str) -> str:
    """Write a team's name within a sentence."""
    return "RevOps" if team == "revops" else team.replace("_", " ")


def team_label(team: str) -> str:
    """Write a team's name as a heading."""
    words = team_words(team)
    return f"{words[:1].upper()}{words[1:]}"


def figure_name(figure: Figure) -> str:
    """Name a figure within a sentence."""
    metric, month = figure
    label = METRICS[metric].label
    small = label if label[1:2].isupper() else f"{label[:1].lower()}{label[1:]}"
    return f"{small} in month {month}" if month else small


def figure_column(figure: Figure) -> str:
    """Return the column of the marginal table that a figure has."""
    metric, month = figure
    return f"{metric}@{month}" if month else metric


def target_text(target: Target, currency: str) -> str:
    """Write a target as one says it."""
    scale = values_scale(target.metric, currency, [target.limit])
    bound = "at least" if target.at_least else "at most"
    when = ""
    if target.months:
        first, last = target.months[0], target.months[-1]
        when = f" in month {first}" if first == last else f" in each of months {first} to {last}"
    return f"{figure_name((target.metric, 0))} of {bound} {scale.amount(target.limit)}{when}"


def values_scale(metric: str, currency: str, sizes: Iterable[float]) -> Scale:
    """Choose a scale for values of a metric, not for differences."""
    scale = Scale.of(metric, currency, sizes)
    unit = scale.unit.replace("% points", "%")
    return replace(scale, unit=unit, decimals=max(scale.decimals, 1) if unit == "%" else
                   scale.decimals)  # fmt: skip


def finer(scale: Scale) -> Scale:
    """Return a scale with a digit more, for values that hardly differ."""
    return replace(scale, decimals=scale.decimals + 1)


def sign_of(target: Target) -> float:
    """Return the sign of what brings a target nearer."""
    return 1.0 if target.at_least else -1.0


def percent(share: float) -> str:
    """Write a probability; never as certain what is only nearly so."""
    return f"{points(share)} %" if math.isfinite(share) else "-"


def chance_text(chance: Estimate) -> str:
    """Write a probability with its interval and what it rests on."""
    if chance.low is None or chance.high is None:
        return "unknown" if not math.isfinite(chance.mean) else percent(chance.mean)
    interval = f"{points(chance.low)} to {points(chance.high)}"
    return f"{percent(chance.mean)} ({interval}, {chance.n} fresh replications)"


def points(share: float) -> str:
    """Write a probability in % without the sign; 0 and 100 only if it is exactly that."""
    size = 100.0 * share
    if size in (0.0, 100.0):
        return f"{size:.0f}"
    if 1.0 <= size <= 99.0:
        return f"{size:.0f}"
    return f"{min(max(round(size, 1), 0.1), 99.9):.1f}"


def interval(scale: Scale, low: float | None, high: float | None) -> str:
    """Write an interval without its unit."""
    if low is None or high is None or not (math.isfinite(low) and math.isfinite(high)):
        return "no interval"
    return f"{scale.number(low)} to {scale.number(high)}"


def counted(n: int, what: str) -> str:
    """Write a number with what it is of."""
    return f"{n:,} {what}{'' if n == 1 else 's'}"


def a_year(company: Scenario, amount: float | None) -> str:
    """Write what a year costs; nothing known is a dash."""
    size = math.nan if amount is None else amount
    return f"{Scale.of('cost', company.currency, [size]).amount(size)} a year"
