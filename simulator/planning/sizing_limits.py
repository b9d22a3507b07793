"""Which target of a sizing cannot be met, what can be reached, and which limit is in the way."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from simulator.languages.messages import listed, say
from simulator.planning.sizing_names import (
    chance_text,
    figure_column,
    figure_name,
    percent,
    sign_of,
    target_text,
    team_words,
    values_scale,
)
from simulator.planning.sizing_steps import binding_target, figure_row, told_steps
from simulator.planning.targets import Target

if TYPE_CHECKING:
    from simulator.planning.sizing_result import Sizing


def binding(result: Sizing) -> list[str]:
    """Say which target cannot be met, what can be reached, and which limit is in the way."""
    target = binding_target(result)
    if target is None:
        return []
    lines = []
    alone = result.by_target.get(target.text)
    if len(result.targets) > 1 and alone is not None and math.isfinite(alone.mean):
        lines.append(binds(target, result.company.currency, chance_text(alone)))
    row = figure_row(result, target.figures[-1])
    if row is not None and math.isfinite(row["reached"]):
        lines.append(_reached(result, target, row["reached"]))
    return [*lines, *_limits(result, target), *_at_odds(result, target)]


def binds(target: Target, currency: str, chance: str) -> str:
    """Say which target is met least often."""
    return say(
        "The target that binds is {target}: alone it is met with probability {chance}.",
        target=target_text(target, currency), chance=chance,
    )  # fmt: skip


def _reached(result: Sizing, target: Target, reached: float) -> str:
    scale = values_scale(target.metric, result.company.currency, [reached, target.limit])
    gap = target.limit - reached if target.at_least else reached - target.limit
    told = {
        "figure": figure_name(target.figures[-1]), "value": scale.amount(reached),
        "share": percent(result.confidence),
    }  # fmt: skip
    if gap > 0.0:
        return say(
            "With that plan {figure} is {value} or more in {share} of the runs, {gap} off the"
            " target."
            if target.at_least
            else "With that plan {figure} is {value} or less in {share} of the runs, {gap} off the"
            " target.",
            **told, gap=scale.amount(gap),
        )  # fmt: skip
    return say(
        "With that plan {figure} is {value} or more in {share} of the runs."
        if target.at_least
        else "With that plan {figure} is {value} or less in {share} of the runs.",
        **told,
    )


def _limits(result: Sizing, target: Target) -> list[str]:
    """Say which teams stand at their upper limit, and whether more people there would help."""
    at_limit = teams_at_limit(result)
    helping = told_steps(result, figure_column(target.figures[-1]), 1, sign_of(target))
    helped = [str(row["team"]) for row in helping]
    if not at_limit:
        if helped:
            return [
                say(
                    "No team stands at its upper limit, and one more in {teams} would bring that"
                    " one target nearer: it is what else was asked for, or the end of the search,"
                    " that is in the way.",
                    teams=listed([team_words(team) for team in helped], "or"),
                )
            ]
        return [
            say(
                "No team stands at its upper limit, and that one more person anywhere would bring"
                " it nearer cannot be told: the target may lie beyond what people can do with the"
                " buyers, the prices and the time that there are."
            )
        ]
    named = listed([
        say("{team} ({n}, --max)", team=team_words(t), n=result.plan[t]) for t in at_limit
    ])  # fmt: skip
    binding = [team for team in helped if team in at_limit]
    if binding:
        return [
            say(
                "At its upper limit stands {named}; one more in {teams} would bring it nearer: that"
                " limit binds."
                if len(at_limit) == 1
                else "At its upper limit stand {named}; one more in {teams} would bring it nearer:"
                " that limit binds.",
                named=named, teams=listed([team_words(team) for team in binding], "or"),
            )
        ]  # fmt: skip
    return [
        say(
            "At its upper limit stands {named}; that one more there would bring it nearer cannot"
            " be told."
            if len(at_limit) == 1
            else "At its upper limit stand {named}; that one more there would bring it nearer"
            " cannot be told.",
            named=named,
        )
    ]


def _at_odds(result: Sizing, target: Target) -> list[str]:
    """Say where what brings one target nearer takes another one farther away."""
    lines = []
    helping = told_steps(result, figure_column(target.figures[-1]), None, sign_of(target))
    steps = {(row["team"], row["change"]) for row in helping}
    for other in result.targets:
        known = result.by_target.get(other.text)
        safe = known is None or known.mean >= 1.0
        if other is target or safe or other.figures[-1] == target.figures[-1]:
            continue
        harming = told_steps(
            result, figure_column(other.figures[-1]), None, -sign_of(other)
        )  # fmt: skip
        both = [row for row in harming if (row["team"], row["change"]) in steps]
        if both:
            row = both[0]
            lines.append(
                say(
                    "It is at odds with {target}: one more in {team} brings the one nearer and"
                    " takes the other farther away."
                    if row["change"] > 0
                    else "It is at odds with {target}: one fewer in {team} brings the one nearer"
                    " and takes the other farther away.",
                    target=target_text(other, result.company.currency),
                    team=team_words(row["team"]),
                )
            )
    return lines[:2]


def teams_at_limit(result: Sizing) -> list[str]:
    """Return the teams that have as many people as they may."""
    high = result.headcount.named(result.headcount.high)
    return [team for team, n in result.plan.items() if n >= high[team]]
