"""What a search for incentives allows one to say: only what its intervals tell.

Facts come from :mod:`~simulator.experiment.incentives_frames`, and how they are called from
:mod:`~simulator.experiment.incentives_phrases`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import reduce
from typing import TYPE_CHECKING

from simulator.experiment import incentives_frames as facts
from simulator.experiment.incentives_advice import doses, remedies
from simulator.experiment.incentives_amounts import (
    both_levels,
    higher_or_lower,
    level,
    more_or_less,
    of_kpi,
    size_apart,
)
from simulator.experiment.incentives_frames import EQUILIBRIUM, OPTIMUM
from simulator.experiment.incentives_phrases import (
    decision_name,
    doing,
    metric_name,
    percent,
    sentence,
    side_by_side,
    value_of,
)
from simulator.experiment.quantities import better, told
from simulator.experiment.statistics import Estimate
from simulator.languages.messages import listed, say
from simulator.metrics.definitions import TEAMS
from simulator.metrics.team_labels import team_label

if TYPE_CHECKING:
    from simulator.experiment.objectives import Lever
    from simulator.experiment.price_of_silos import Incentives
    from simulator.experiment.searches import Deviation, Search

PLANNER = "all"
"""Who decides in the search for what is best together."""
_WORTH = 1e-3
"""Smaller gains are not worth a change: the tolerance of the searches."""


# ------------------------------------------------------------------ the verdict


def verdict(result: Incentives) -> list[str]:
    """Say what was found; the first sentence is the headline.

    Parameters
    ----------
    result : Incentives
    """
    lines = [headline(result)]
    if result.interrupted:
        step = result.stopped_at.replace("_", " ")
        lines.append(
            say("Interrupted while {step}: what came before is complete, nothing after it is"
                " known.", step=step)
        )  # fmt: skip
    lines += [*_short_of_optimum(result), *equilibrium(result), *decisions(result)]
    return [*lines, *doses(result), *remedies(result)]


def _short_of_optimum(result: Incentives) -> list[str]:
    search = result.cases[OPTIMUM].search if OPTIMUM in result.cases else None
    best = _still(search) if search else None
    if best is None:
        return []
    return [
        say("The best together may be better still than what was found: {who} would add {gain}"
            " of the usual shared measure, so silos may cost more than this.",
            who=_deviation(best), gain=percent(best.gain))
    ]  # fmt: skip


def headline(result: Incentives) -> str:
    """Say what silos cost."""
    metric = result.shared_metric
    ends = metric == "mrr_end"
    if EQUILIBRIUM not in result.cases:
        return sentence(say("What departments would do was not found out to the end"))
    if OPTIMUM not in result.cases:
        return sentence(
            say("Measured as they are, departments end with {level}; what the same people would"
                " reach together was not found out"
                if ends else
                "Measured as they are, departments have {level}; what the same people would"
                " reach together was not found out", level=level(result, metric, EQUILIBRIUM))
        )  # fmt: skip
    main = facts.apart(result, [(metric, EQUILIBRIUM, OPTIMUM)])[0]
    levels = both_levels(result, metric)
    if main.told:
        said = say(
            "Measured as they are, departments end with {change} than the same people would reach"
            " together: {levels}"
            if ends else
            "Measured as they are, departments have {change} than the same people would reach"
            " together: {levels}", change=more_or_less(result, main), levels=levels,
        )  # fmt: skip
        if main.told == better(metric):
            said = say("{said}, at more strain for people than one planner would ask of them",
                       said=said)  # fmt: skip
    else:
        said = say(
            "Whether the same people would reach another {metric} together than measured as they"
            " are cannot be told: the difference is {change}, {levels}",
            metric=metric_name(metric), change=size_apart(result, main, signed=True), levels=levels,
        )  # fmt: skip
    return sentence(said, *_beside(result))


def _beside(result: Incentives) -> list[str]:
    """Say what silos do to profit and to customers."""
    names = [each for each in ("profit", "logo_churn") if each != result.shared_metric]
    # The main question is asked first and alone; what stands beside it is corrected.
    asked = facts.apart(result, [(name, EQUILIBRIUM, OPTIMUM) for name in names])
    beside = [each for each in asked if math.isfinite(each.difference.mean)]
    known = [higher_or_lower(result, each) for each in beside if each.told]
    parts = [say("their {changes} than together", changes=listed(known))] if known else []
    if untold := [metric_name(each.metric) for each in beside if not each.told]:
        parts.append(say("of {metrics} no difference can be told", metrics=listed(untold)))
    return parts


# ------------------------------------------------------------------ rest


def equilibrium(result: Incentives) -> list[str]:
    """Say whether departments come to rest, where, and how sure that is."""
    found = result.equilibria
    if found is None or not found.searches:
        return []
    if EQUILIBRIUM not in result.cases:
        return [_how_far(found.searches[-1])]
    search = result.cases[EQUILIBRIUM].search
    lines = [*_gain(search)] if search and search.status == "equilibrium" else []
    lines += [*_starts(result), *_restless(found.searches)]
    if not found.groups:
        lines.append(
            say("The figures are of the point where the first search stopped, at which nobody"
                " needs to stay.")
        )  # fmt: skip
    return lines


def _restless(searches: Sequence[Search]) -> list[str]:
    """Say of searches that did not come to rest how they ended."""
    lines, of = [], len(searches)
    if some := [each for each in searches if each.status == "cycle"]:
        lines.append(
            say("Departments do not come to rest: from {some} of {all} starts they go in a circle"
                " of {length} constellations, each change giving another department a reason to"
                " change, too.", some=len(some), all=of, length=len(some[0].cycle))
        )  # fmt: skip
    if some := [each for each in searches if each.status == "not converged"]:
        lines.append(
            say("The search gave up after {rounds} rounds of changes without coming to rest (from"
                " {some} of {all} starts).", rounds=len(some[0].rounds), some=len(some), all=of)
        )  # fmt: skip
    return lines


def _gain(search: Search) -> list[str]:
    still, best = _still(search), search.largest_gain()
    if still is not None:
        return [
            say("This is close to rest, not quite at it: by luck that the search did not see,"
                " {who} would still gain {gain} of the usual size of its measure.",
                who=_deviation(still), gain=percent(still.gain))
        ]  # fmt: skip
    if best is None:
        return []
    return [
        say("This is where nobody can be told to gain by deciding otherwise alone: the best such"
            " change, {who}, is worth {gain} of the usual size of its measure, by luck that the"
            " search did not see.", who=_deviation(best), gain=percent(best.gain, signed=True))
    ]  # fmt: skip


def _still(search: Search) -> Deviation | None:
    """Return the change that is told to pay most by fresh luck, if any is worth it."""
    signs = facts.told_signs([each.gain for each in search.deviations])
    known = [each for each, sign in zip(search.deviations, signs, strict=True) if sign > 0]
    best = search.largest_gain()
    # The best one was picked by other luck, so it is a question of its own.
    known += [best] if best is not None and told(best.gain) > 0 else []
    worth = [each for each in known if each.gain.mean > _WORTH]
    return max(worth, key=lambda each: each.gain.mean, default=None)


def _deviation(each: Deviation) -> str:
    # One planner decides for all, by department and decision.
    alone = "" if each.player == PLANNER else f"{each.player}."
    paths = {f"{alone}{name}": value for name, value in each.changes.items()}
    changes = [
        say("{decision} {value}", decision=decision_name(path), value=value_of(path, value))
        for path, value in paths.items()
    ]
    who = dict.fromkeys(team_label(path.partition(".")[0]) for path in paths)
    return say("{who} with {changes}", who=listed(list(who)), changes=listed(changes))


def _how_far(search: Search) -> str:
    best = search.largest_gain()
    if best is not None:
        return say(
            "How far from rest it is: the best change known, {who}, would gain {gain} of the usual"
            " size of its measure (by the luck of the search, which flatters it).",
            who=_deviation(best), gain=percent(best.picked_by, signed=True),
        )  # fmt: skip
    moves = next((each.moves for each in reversed(search.rounds) if each.moves), ())
    if not moves:
        return say("How far from rest it is cannot be said: nothing was compared yet.")
    most = max(moves, key=lambda each: each.gain.mean)
    return say(
        "How far from rest it is: in its last round of changes {who} gained {gain} of its measure.",
        who=team_label(most.player), gain=percent(most.gain),
    )  # fmt: skip


def _starts(result: Incentives) -> list[str]:
    found = result.equilibria
    assert found is not None
    starts, ends = len(found.searches), len(found.groups)
    if starts == 1:
        return [
            say("The search began once, with everybody deciding as usual; other starts may end"
                " elsewhere.")
        ]  # fmt: skip
    if not ends:
        return []
    if ends == 1:
        every = all(each.status == "equilibrium" for each in found.searches)
        said = say("The search began from {starts} different places and came to the same end.",
                   starts=starts)  # fmt: skip
        return [said] if every else []
    said = say(
        "The search began from {starts} different places and came to {ends} different ends; the"
        " figures are of the first.", starts=starts, ends=ends,
    )  # fmt: skip
    return [said, *_differing(result, ends)]


def _differing(result: Incentives, ends: int) -> list[str]:
    """Say in what the ends of several searches differ."""
    others = [f"{EQUILIBRIUM} {number}" for number in range(2, ends + 1)]
    cases = [result.cases[name] for name in (EQUILIBRIUM, *others) if name in result.cases]
    decided = [case.decisions() for case in cases]
    what = []
    for lever in result.levers:
        values = [value_of(lever.path, each[lever.path]) for each in decided]
        if len(set(values)) > 1:
            who, name = team_label(lever.department), decision_name(lever.path)
            what.append(
                say("{who}: {decision} ({values})", who=who, decision=name,
                    values=reduce(_either, values))
            )  # fmt: skip
    if not what:
        return []
    metric = result.shared_metric
    differ = [each.told for each in facts.apart(
        result, [(metric, case.name, EQUILIBRIUM) for case in cases[1:]])]  # fmt: skip
    return [
        say("They differ in {what}; in {metric} they can be told apart."
            if any(differ) else
            "They differ in {what}; in {metric} they cannot be told apart.",
            what=side_by_side(what), metric=metric_name(metric))
    ]  # fmt: skip


def _either(one: str, other: str) -> str:
    return say("{one} or {other}", one=one, other=other)


# ------------------------------------------------------------------ decisions


def decisions(result: Incentives) -> list[str]:
    """Say department by department what it does otherwise than usual, and what that brings."""
    if EQUILIBRIUM not in result.cases:
        return []
    decided = result.cases[EQUILIBRIUM].decisions()
    effects = {
        effect.lever.path: _brings(result, effect.lever.department, effect.own, effect.shared, told)
        for effect, told in zip(result.effects, facts.told_effects(result), strict=True)
    }
    lines = []
    for team in TEAMS:
        levers = [lever for lever in result.levers if lever.department == team]
        moved = [
            lever
            for lever in levers
            if not lever.is_fixed and abs(decided[lever.path] - lever.usual) > 1e-9 * lever.scale
        ]
        if levers and not moved:
            bound = all(lever.is_fixed for lever in levers)
            lines.append(
                say("{who} is bound by what is agreed." if bound
                    else "{who} decides as usual in everything.", who=team_label(team))
            )  # fmt: skip
        for lever in moved:
            brings = effects.get(lever.path) or say("what that brings was not measured")
            lines.append(_moves(lever, decided[lever.path], brings))
    return lines


def _moves(lever: Lever, value: float, brings: str) -> str:
    """Say what a department does with a decision, and what that brings."""
    does = doing(lever.path, lever.usual, value)
    end = facts.at_end(value, lever.low, lever.high)
    # A range is narrower than what departures are measured by only if something is agreed.
    agreed = lever.high - lever.low < lever.scale
    if end == "low":
        return say("{does}, the lowest that is agreed: {brings}." if agreed
                   else "{does}, the lowest it may choose: {brings}.",
                   does=does, brings=brings)  # fmt: skip
    if end == "high":
        return say("{does}, the highest that is agreed: {brings}." if agreed
                   else "{does}, the highest it may choose: {brings}.",
                   does=does, brings=brings)  # fmt: skip
    return say("{does}: {brings}.", does=does, brings=brings)


def _brings(
    result: Incentives, team: str, own: Estimate, shared: Estimate, told: tuple[int, int]
) -> str:
    own_told, shared_told = (bool(each) for each in told)
    mine = of_kpi(result.objectives.own[team], own)
    company = of_kpi(result.objectives.shared, shared)
    if own_told and shared_told:
        return say("that brings it {own}, and the company {company}", own=mine, company=company)
    if own_told:
        return say("that brings it {own}; what it does to the company's {metric} cannot be told",
                   own=mine, metric=metric_name(result.shared_metric))  # fmt: skip
    if shared_told:
        return say("what that brings it cannot be told, the company gets {company}",
                   company=company)  # fmt: skip
    return say("what that brings it and the company cannot be told")
