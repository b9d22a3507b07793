"""How plans, targets, figures and probabilities are called in sentences, tables and pictures."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from simulator.experiment.figures import Figure
from simulator.experiment.quantities import Scale
from simulator.experiment.statistics import Estimate
from simulator.experiment.wording import metric_said, team_said
from simulator.languages.languages import spoken
from simulator.languages.messages import listed, marked, say
from simulator.metrics.units import with_unit
from simulator.planning.targets import Target
from simulator.scenario.schema import Scenario


def people(plan: Mapping[str, int]) -> str:
    """Write a plan as one says it."""
    parts = []
    for place, (team, n) in enumerate(plan.items()):
        if n and place == 0:
            text = marked("{n} person in {team}") if n == 1 else marked("{n} people in {team}")
        else:
            text = marked("{n} in {team}¦people") if n else marked("nobody in {team}")
        parts.append(say(text, n=n, team=team_words(team)))
    return listed(parts)


def team_words(team: str) -> str:
    """Write a team's name within a sentence."""
    return "RevOps" if team == "revops" else team_said(team)


def team_label(team: str) -> str:
    """Write a team's name as a heading."""
    return capital(team_words(team))


def capital(text: str) -> str:
    """Write a text as it stands at the beginning of a sentence or a cell."""
    return f"{text[:1].upper()}{text[1:]}"


def side_by_side(items: Sequence[str]) -> str:
    """Write items with commas between, without "and"."""
    return ("、" if spoken() == "ja" else ", ").join(items)


def clauses(items: Sequence[str]) -> str:
    """Write clauses with semicolons between."""
    return ("；" if spoken() == "ja" else "; ").join(items)


def figure_name(figure: Figure) -> str:
    """Name a figure within a sentence."""
    metric, month = figure
    name = metric_said(metric)
    return say("{figure} in month {month}", figure=name, month=month) if month else name


def figure_column(figure: Figure) -> str:
    """Return the column of the marginal table that a figure has."""
    metric, month = figure
    return f"{metric}@{month}" if month else metric


def target_text(target: Target, currency: str) -> str:
    """Write a target as one says it."""
    limit = values_scale(target.metric, currency, [target.limit]).amount(target.limit)
    figure, least = figure_name((target.metric, 0)), target.at_least
    if not target.months:
        return say(
            "{figure} of at least {limit}" if least else "{figure} of at most {limit}",
            figure=figure, limit=limit,
        )  # fmt: skip
    first, last = target.months[0], target.months[-1]
    if first == last:
        return say(
            "{figure} of at least {limit} in month {month}"
            if least
            else "{figure} of at most {limit} in month {month}",
            figure=figure, limit=limit, month=first,
        )  # fmt: skip
    return say(
        "{figure} of at least {limit} in each of months {first} to {last}"
        if least
        else "{figure} of at most {limit} in each of months {first} to {last}",
        figure=figure, limit=limit, first=first, last=last,
    )  # fmt: skip


def values_scale(metric: str, currency: str, sizes: Iterable[float]) -> Scale:
    """Choose a scale for values of a metric, not for differences."""
    scale = Scale.of(metric, currency, sizes)
    unit = scale.unit.replace(say("% points"), "%")
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
    return with_unit(points(share), "%") if math.isfinite(share) else "-"


def at_least_percent(share: float) -> str:
    """Write a lower bound of a probability in %, without rounding it up."""
    size = math.floor(1000.0 * min(share, 0.999) + 1e-9) / 10.0
    return with_unit(f"{size:g}", "%")


def chance_text(chance: Estimate) -> str:
    """Write a probability with its interval and what it rests on."""
    if chance.low is None or chance.high is None:
        return say("unknown") if not math.isfinite(chance.mean) else percent(chance.mean)
    return say(
        "{chance} ({low} to {high}, {n} fresh replications)",
        chance=percent(chance.mean), low=points(chance.low), high=points(chance.high), n=chance.n,
    )  # fmt: skip


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
        return say("no interval")
    return say("{low} to {high}", low=scale.number(low), high=scale.number(high))


def plans_counted(n: int) -> str:
    """Write how many plans."""
    return say("{n} plan" if n == 1 else "{n} plans", n=f"{n:,}")


def runs_counted(n: int) -> str:
    """Write how many runs."""
    return say("{n} run" if n == 1 else "{n} runs", n=f"{n:,}")


def a_year(company: Scenario, amount: float | None) -> str:
    """Write what a year costs; nothing known is a dash."""
    size = math.nan if amount is None else amount
    return say("{amount} a year", amount=Scale.of("cost", company.currency, [size]).amount(size))
