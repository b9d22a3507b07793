"""What a search for incentives allows one to say: only what its intervals tell.

Facts come from :mod:`~simulator.experiment.incentives_frames`; phrases are data.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from simulator.experiment import incentives_frames as facts
from simulator.experiment.incentives_frames import EQUILIBRIUM, OPTIMUM, metric_name, percent
from simulator.experiment.quantities import Scale, better, size_of, told
from simulator.experiment.statistics import Estimate
from simulator.languages.messages import listed
from simulator.metrics.definitions import METRICS, TEAMS

if TYPE_CHECKING:
    from simulator.experiment.objectives import Kpi, Lever
    from simulator.experiment.price_of_silos import Incentives
    from simulator.experiment.searches import Deviation, Search

PLANNER = "all"
"""Who decides in the search for what is best together."""
_WORTH = 1e-3
"""Smaller gains are not worth a change: the tolerance of the searches."""


# ------------------------------------------------------------------ phrases


SAID: Mapping[str, str] = {
    "price": "Measured as they are, departments {have} {change} than the same people would reach"
    " together: {levels}",
    "no price": "Whether the same people would reach another {metric} together than measured as"
    " they are cannot be told: the difference is {change}, {levels}",
    "beyond": "{said}, at more strain for people than one planner would ask of them",
    "beside": "their {changes} than together",
    "beside open": "of {metrics} no difference can be told",
    "at least": "The best together may be better still than what was found: {who} would add {gain}"
    " of the usual shared measure, so silos may cost more than this.",
    "no optimum": "Measured as they are, departments {have} {level}; what the same people would"
    " reach together was not found out",
    "nothing": "What departments would do was not found out to the end",
    "stopped": "Interrupted while {step}: what came before is complete, nothing after it is known.",
    "far": "How far from rest it is: the best change known, {who}, would gain {gain} of"
    " the usual size of its measure ({luck}).",
    "moved": "How far from rest it is: in its last round of changes {who} gained {gain} of its"
    " measure.",
    "far unknown": "How far from rest it is cannot be said: nothing was compared yet.",
    "rest": "This is where nobody can be told to gain by deciding otherwise alone: the best such"
    " change, {who}, is worth {gain} of the usual size of its measure, by luck that the"
    " search did not see.",
    "no rest": "This is close to rest, not quite at it: by luck that the search did not see,"
    " {who} would still gain {gain} of the usual size of its measure.",
    "one start": "The search began once, with everybody deciding as usual; other starts may end"
    " elsewhere.",
    "same end": "The search began from {starts} different places and came to the same end.",
    "ends": "The search began from {starts} different places and came to {ends} different ends; the"
    " figures are of the first.",
    "differ": "They differ in {what}; {outcomes}.",
    "cycle": "Departments do not come to rest: {from_} they go in a circle of {length}"
    " constellations, each change giving another department a reason to change, too.",
    "not converged": "The search gave up after {rounds} rounds of changes without coming to rest"
    " ({from_}).",
    "of the way": "The figures are of the point where the first search stopped, at which nobody"
    " needs to stay.",
    "as usual": "{who} decides as usual in everything.",
    "bound": "{who} is bound by what is agreed.",
    "not measured": "what that brings was not measured",
    "own and company": "that brings it {own}, and the company {company}",
    "own": "that brings it {own}; what it does to the company's {metric} cannot be told",
    "company": "what that brings it cannot be told, the company gets {company}",
    "neither": "what that brings it and the company cannot be told",
    "best weight": "Of the weights {weights} of the shared measure, the same for all, {best} does"
    " best: {level}{ties}.",
    "not from": ", which cannot be told from {others}",
    "too much": "Sharing everything is too much: at weight {best} the company has {change} than"
    " at 1.",
    "too much?": "Whether sharing everything is too much cannot be told.",
    "largest step": "More sharing does most from {before} to {after}: {change}.",
    "below": "Below {before} no step can be told from luck.",
    "worse step": "More sharing makes it worse {steps}.",
    "no step": "No step from one weight to the next can be told from luck.",
    "unsettled": "At {where} the departments did not come to rest; the figures are of where the"
    " search stopped.",
    "first": "Raise the weight of {who} first: alone, from {before} to {after}, it brings the"
    " company {change}{ties}.",
    "no first": "Which department should share more first cannot be told: alone, none betters"
    " {metric} beyond luck.",
    "worse alone": "Alone, more sharing by {who} makes it worse.",
    "recovers": "of the {what} that is lost to silos, remedies win back: {each}",
    "betters": "how much of a loss they win back cannot be told; remedies better {what}: {each}",
    "no recovery": "what {names} bring{s} cannot be told from nothing",
    "harms": "{names} make{s} it worse",
    "best remedy": "Most comes from {best}{ties}.",
    "extra": "For each M {currency} of extra cost over the run {metric} rises by {gains}.",
    "cheaper": "{names} cost{s} less over the run.",
    "free": "{names} cost{s} nothing more that could be told.",
}  # fmt: skip
"""Sentences and their parts."""


def say(key: str, **slots: object) -> str:
    """Fill the slots of a sentence."""
    return SAID[key].format(**slots)


# ------------------------------------------------------------------ the verdict


def verdict(result: Incentives) -> list[str]:
    """Say what was found; the first sentence is the headline.

    Parameters
    ----------
    result : Incentives
    """
    lines = [headline(result)]
    if result.interrupted:
        lines.append(say("stopped", step=result.stopped_at.replace("_", " ")))
    lines += [*_short_of_optimum(result), *equilibrium(result), *decisions(result)]
    return [*lines, *doses(result), *remedies(result)]


def _short_of_optimum(result: Incentives) -> list[str]:
    search = result.cases[OPTIMUM].search if OPTIMUM in result.cases else None
    best = _still(search) if search else None
    if best is None:
        return []
    return [say("at least", who=_deviation(best), gain=percent(best.gain))]


def headline(result: Incentives) -> str:
    """Say what silos cost."""
    metric = result.shared_metric
    verb = {"mrr_end": "end with"}.get(metric, "have")
    if EQUILIBRIUM not in result.cases:
        return SAID["nothing"] + "."
    if OPTIMUM not in result.cases:
        level = f"{metric_name(metric)} of {_level(result, metric, [EQUILIBRIUM])}"
        return say("no optimum", have=verb, level=level) + "."
    main = facts.apart(result, [(metric, EQUILIBRIUM, OPTIMUM)])[0]
    levels = _level(result, metric, [EQUILIBRIUM, OPTIMUM])
    if main.told:
        said = say("price", have=verb, change=_change(result, main), levels=levels)
        if main.told == better(metric):
            said = say("beyond", said=said)
    else:
        change = _size(result, main, signed=True)
        said = say("no price", metric=metric_name(metric), change=change, levels=levels)
    names = [each for each in ("profit", "logo_churn") if each != metric]
    # The main question is asked first and alone; what stands beside it is corrected.
    asked = facts.apart(result, [(name, EQUILIBRIUM, OPTIMUM) for name in names])
    beside = [each for each in asked if math.isfinite(each.difference.mean)]
    known = [_as_is(result, each) for each in beside if each.told]
    parts = [say("beside", changes=listed(known))] if known else []
    if untold := [metric_name(each.metric) for each in beside if not each.told]:
        parts.append(say("beside open", metrics=listed(untold)))
    return "; ".join([said, *parts]) + "."


def _level(result: Incentives, metric: str, cases: Sequence[str]) -> str:
    """Write what a metric is in one case, or in two."""
    means = [result.cases[case].estimate(metric) for case in cases]
    scale = facts.levels_of(metric, result.scenario.currency, [each.mean for each in means])
    if len(means) == 1:
        return f"{scale.amount(means[0].mean)} ({scale.span(means[0])})"
    return f"{scale.number(means[0].mean)} against {scale.amount(means[1].mean)}"


def _change(result: Incentives, apart: facts.Apart) -> str:
    """Write a difference as how much more or less."""
    return f"{_size(result, apart)} {_more(apart)} {metric_name(apart.metric)}"


def _as_is(result: Incentives, apart: facts.Apart) -> str:
    return f"{metric_name(apart.metric)} is {_size(result, apart)} {_higher(apart)}"


def _size(result: Incentives, apart: facts.Apart, signed: bool = False) -> str:
    if math.isfinite(apart.relative.mean):
        return percent(apart.relative, signed)
    size = apart.difference if signed else size_of(apart.difference)
    return _amount(result, apart.metric, size)


def _amount(result: Incentives, metric: str, size: Estimate) -> str:
    scale = Scale.of(metric, result.scenario.currency, [size.mean])
    span = scale.span(size)
    return scale.amount(size.mean) + (f" ({span})" if span else "")


def _more(apart: facts.Apart) -> str:
    unit = METRICS[apart.metric].unit
    if unit.startswith(("share", "ratio")):
        return _higher(apart)
    return "more" if apart.difference.mean > 0.0 else _less(apart.metric)


def _less(metric: str) -> str:
    return "fewer" if METRICS[metric].unit == "buyers" else "less"


def _higher(apart: facts.Apart) -> str:
    return "higher" if apart.difference.mean > 0.0 else "lower"


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
    lines += _starts(result)
    for status in ("cycle", "not converged"):
        if some := [each for each in found.searches if each.status == status]:
            of = f"from {len(some)} of {len(found.searches)} starts"
            length, rounds = len(some[0].cycle), len(some[0].rounds)
            lines.append(say(status, from_=of, length=length, rounds=rounds))
    if not found.groups:
        lines.append(SAID["of the way"])
    return lines


def _gain(search: Search) -> list[str]:
    still, best = _still(search), search.largest_gain()
    if still is not None:
        return [say("no rest", who=_deviation(still), gain=percent(still.gain))]
    if best is None:
        return []
    return [say("rest", who=_deviation(best), gain=percent(best.gain, signed=True))]


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
        f"{facts.phrase_of(path).name} {facts.value_of(path, value)}"
        for path, value in paths.items()
    ]
    who = dict.fromkeys(facts.team_name(path.partition(".")[0]) for path in paths)
    return f"{listed(list(who))} with {listed(changes)}"


def _how_far(search: Search) -> str:
    best = search.largest_gain()
    if best is not None:
        gain = percent(best.picked_by, signed=True)
        luck = "by the luck of the search, which flatters it"
        return say("far", who=_deviation(best), gain=gain, luck=luck)
    moves = next((each.moves for each in reversed(search.rounds) if each.moves), ())
    if not moves:
        return SAID["far unknown"]
    most = max(moves, key=lambda each: each.gain.mean)
    return say("moved", who=facts.team_name(most.player), gain=percent(most.gain))


def _starts(result: Incentives) -> list[str]:
    found = result.equilibria
    assert found is not None
    starts, ends = len(found.searches), len(found.groups)
    if starts == 1:
        return [SAID["one start"]]
    if not ends:
        return []
    if ends == 1:
        every = all(each.status == "equilibrium" for each in found.searches)
        return [say("same end", starts=starts)] if every else []
    lines = [say("ends", starts=starts, ends=ends)]
    others = [f"{EQUILIBRIUM} {number}" for number in range(2, ends + 1)]
    cases = [result.cases[name] for name in (EQUILIBRIUM, *others) if name in result.cases]
    decided = [case.decisions() for case in cases]
    what = []
    for lever in result.levers:
        values = [facts.value_of(lever.path, each[lever.path]) for each in decided]
        if len(set(values)) > 1:
            who = facts.team_name(lever.department)
            what.append(f"{who}: {facts.phrase_of(lever.path).name} ({' or '.join(values)})")
    metric = result.shared_metric
    differ = [each.told for each in facts.apart(
        result, [(metric, case.name, EQUILIBRIUM) for case in cases[1:]])]  # fmt: skip
    outcomes = f"in {metric_name(metric)} they can{'' if any(differ) else 'not'} be told apart"
    if what:
        lines.append(say("differ", what=", ".join(what), outcomes=outcomes))
    return lines


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
            lines.append(SAID["bound" if bound else "as usual"].format(who=facts.team_name(team)))
        for lever in moved:
            brings = effects.get(lever.path, SAID["not measured"])
            lines.append(f"{facts.team_name(team)} {_moves(lever, decided[lever.path])}: {brings}.")
    return lines


def _moves(lever: Lever, value: float) -> str:
    phrase = facts.phrase_of(lever.path)
    doing = phrase.lower if value < lever.usual else phrase.higher
    before, after = (facts.value_of(lever.path, each) for each in (lever.usual, value))
    way = f"{doing} from {before} to {after}"
    # A range is narrower than what departures are measured by only if something is agreed.
    whose = "that is agreed" if lever.high - lever.low < lever.scale else "it may choose"
    ends = {"low": f", the lowest {whose}", "high": f", the highest {whose}", "": ""}
    return way + ends[facts.at_end(value, lever.low, lever.high)]


def _brings(
    result: Incentives, team: str, own: Estimate, shared: Estimate, told: tuple[int, int]
) -> str:
    key = {(1, 1): "own and company", (1, 0): "own", (0, 1): "company", (0, 0): "neither"}
    said = SAID[key[abs(told[0]), abs(told[1])]]
    own_kpi, shared_kpi = result.objectives.own[team], result.objectives.shared
    metric = metric_name(result.shared_metric)
    return said.format(own=of_kpi(own_kpi, own), company=of_kpi(shared_kpi, shared), metric=metric)


def of_kpi(kpi: Kpi, change: Estimate) -> str:
    """Write the change of a measure, in proportion to its usual size, as how much more or less.

    Parameters
    ----------
    kpi : tuple of Part
    change : Estimate
        Above 0: better.
    """
    size = percent(change)
    if len(kpi) > 1:
        names = listed([metric_name(part.metric) for part in kpi])
        direction = "better" if change.mean >= 0.0 else "worse"
        return f"{size} {direction} figures of {names} taken together"
    part = kpi[0]
    if part.how == "fewer late":
        return f"{size} {'more' if change.mean >= 0.0 else 'fewer'} {facts.IN_TIME[part.metric]}"
    is_more = (change.mean >= 0.0) == (part.how == "more")
    return f"{size} {'more' if is_more else _less(part.metric)} {metric_name(part.metric)}"


# ------------------------------------------------------------------ doses


def doses(result: Incentives) -> list[str]:
    """Say what other weights of the shared measure would bring."""
    together = {case: weight for who, weight, case in result.doses if who == facts.ALL}
    if not together:
        return []
    return [
        *(_best_weight(result, together) if len(together) > 1 else ()),
        *_threshold(result),
        *_first(result),
        *_unsettled(result),
    ]


def _best_weight(result: Incentives, together: Mapping[str, float]) -> list[str]:
    best, ties = facts.best_of(result, list(together))
    metric = result.shared_metric
    level = f"{metric_name(metric)} of {_level(result, metric, [best])}"
    weights = listed([f"{each:g}" for each in sorted(together.values())])
    alike = _tied([f"{together[each]:g}" for each in ties])
    name = f"{together[best]:g}"
    lines = [say("best weight", weights=weights, best=name, level=level, ties=alike)]
    full = next((case for case, weight in together.items() if weight == 1.0), None)
    if full is None or full == best:
        return lines
    if full in ties:
        return [*lines, SAID["too much?"]]
    apart = facts.apart(result, [(metric, best, full)])[0]
    return [*lines, say("too much", best=name, change=_change(result, apart))]


def _tied(others: Sequence[str]) -> str:
    return say("not from", others=listed(others, "or")) if others else ""


def _threshold(result: Incentives) -> list[str]:
    steps = facts.steps(result)
    if not steps:
        return []
    known = [each for each in steps if each.apart.told]
    if not known:
        return [SAID["no step"]]
    sign = better(result.shared_metric)
    most = max(known, key=lambda each: abs(each.apart.difference.mean))
    before, after = f"{most.before:g}", f"{most.after:g}"
    said = say("largest step", before=before, after=after, change=_change(result, most.apart))
    worse = [
        f"from {each.before:g} to {each.after:g}, {_change(result, each.apart)}"
        for each in known
        if each.apart.told != sign and each is not most
    ]
    lines = [said, say("worse step", steps=listed(worse))] if worse else [said]
    below = [each for each in steps if each.after <= most.before]
    if below and most.apart.told == sign and not any(each.apart.told for each in below):
        lines.append(say("below", before=before))
    return lines


def _first(result: Incentives) -> list[str]:
    steps = facts.alone(result)
    if not steps:
        return []
    sign = better(result.shared_metric)
    good = [each for each in steps if each.apart.told * sign > 0]
    bad = [facts.team_name(each.who) for each in steps if each.apart.told * sign < 0]
    lines = []
    if good:
        best = max(good, key=lambda each: sign * each.apart.difference.mean)
        cases = {each.case: each.who for each in steps}
        _, alike = facts.best_of(result, list(cases), best.case)
        ties = _tied([facts.team_name(cases[each]) for each in alike])
        lines.append(
            say("first", who=facts.team_name(best.who), before=f"{best.before:g}",
                after=f"{best.after:g}", change=_change(result, best.apart), ties=ties)
        )  # fmt: skip
    else:
        lines.append(say("no first", metric=metric_name(result.shared_metric)))
    if bad:
        lines.append(say("worse alone", who=listed(bad)))
    return lines


def _unsettled(result: Incentives) -> list[str]:
    where = [
        f"weight {weight:g} for {who if who == facts.ALL else facts.team_name(who)}"
        for who, weight, case in result.doses
        if facts.status_of(result.cases[case]) in ("cycle", "not converged")
    ]
    return [say("unsettled", where=listed(where))] if where else []


# ------------------------------------------------------------------ remedies


def remedies(result: Incentives) -> list[str]:
    """Say what remedies bring, by what is lost to silos and by what they cost."""
    found = facts.remedies(result)
    if not found:
        return []
    good = sorted((each for each in found if each.told > 0), key=lambda each: -each.gain.mean)
    parts = [f"{each.case} {_gained(result, each)}" for each in good]
    if parts:
        known = math.isfinite(good[0].recovered.mean)
        what = metric_name(result.shared_metric)
        parts = [say("recovers" if known else "betters", what=what, each=listed(parts))]
    for key, sign in (("no recovery", 0), ("harms", -1)):
        if names := [each.case for each in found if each.told == sign]:
            parts.append(_of_these(key, names))
    lines = [_sentence("; ".join(parts))]
    if good:
        best, ties = facts.best_of(result, [each.case for each in found])
        lines.append(say("best remedy", best=best, ties=_tied(ties)))
    return [*lines, *_costs(result, found)]


def _gained(result: Incentives, remedy: facts.Remedy) -> str:
    if math.isfinite(remedy.recovered.mean):
        return percent(remedy.recovered)
    return _amount(result, result.shared_metric, remedy.gain)


def _costs(result: Incentives, found: Sequence[facts.Remedy]) -> list[str]:
    lines = []
    metric, currency = result.shared_metric, result.scenario.currency
    dear = [each for each in found if each.costs > 0 and each.told > 0]
    dear.sort(key=lambda each: -each.per_cost.mean)
    if dear:
        much = facts.per_cost(metric, currency, [each.per_cost for each in dear])
        gains = listed([f"{a} with {each.case}" for a, each in zip(much, dear, strict=True)])
        lines.append(say("extra", currency=currency, metric=metric_name(metric), gains=gains))
    for key, sign in (("cheaper", -1), ("free", 0)):
        if names := [each.case for each in found if each.costs == sign]:
            lines.append(_sentence(_of_these(key, names)))
    return lines


def _of_these(key: str, names: Sequence[str]) -> str:
    return say(key, names=listed(names), s="s" if len(names) == 1 else "")


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}".removesuffix(".") + "."
