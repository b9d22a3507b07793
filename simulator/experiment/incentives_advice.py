"""What other weights of the shared measure would bring, and what remedies would, in words."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from simulator.experiment import incentives_frames as facts
from simulator.experiment.incentives_amounts import amount, level, more_or_less
from simulator.experiment.incentives_phrases import (
    any_of,
    in_brackets,
    metric_name,
    per_cost,
    percent,
    remedy_name,
    sentence,
)
from simulator.experiment.quantities import better
from simulator.languages.messages import listed, say
from simulator.metrics.team_labels import team_label
from simulator.metrics.units import money_unit

if TYPE_CHECKING:
    from simulator.experiment.price_of_silos import Incentives


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
    metric, name = result.shared_metric, f"{together[best]:g}"
    weights = listed([f"{each:g}" for each in sorted(together.values())])
    alike = any_of([f"{together[each]:g}" for each in ties]) if ties else ""
    lines = [
        say("Of the weights {weights} of the shared measure, the same for all, {best} does best:"
            " {level}, which cannot be told from {others}.", weights=weights, best=name,
            level=level(result, metric, best), others=alike)
        if ties else
        say("Of the weights {weights} of the shared measure, the same for all, {best} does best:"
            " {level}.", weights=weights, best=name, level=level(result, metric, best))
    ]  # fmt: skip
    full = next((case for case, weight in together.items() if weight == 1.0), None)
    if full is None or full == best:
        return lines
    if full in ties:
        return [*lines, say("Whether sharing everything is too much cannot be told.")]
    apart = facts.apart(result, [(metric, best, full)])[0]
    return [
        *lines,
        say("Sharing everything is too much: at weight {best} the company has {change} than at 1.",
            best=name, change=more_or_less(result, apart)),
    ]  # fmt: skip


def _threshold(result: Incentives) -> list[str]:
    steps = facts.steps(result)
    if not steps:
        return []
    known = [each for each in steps if each.apart.told]
    if not known:
        return [say("No step from one weight to the next can be told from luck.")]
    sign = better(result.shared_metric)
    most = max(known, key=lambda each: abs(each.apart.difference.mean))
    before, after = f"{most.before:g}", f"{most.after:g}"
    lines = [
        say("More sharing does most from {before} to {after}: {change}.",
            before=before, after=after, change=more_or_less(result, most.apart))
    ]  # fmt: skip
    worse = [
        say("from {before} to {after}, {change}", before=f"{each.before:g}",
            after=f"{each.after:g}", change=more_or_less(result, each.apart))
        for each in known
        if each.apart.told != sign and each is not most
    ]  # fmt: skip
    if worse:
        lines.append(say("More sharing makes it worse {steps}.", steps=listed(worse)))
    below = [each for each in steps if each.after <= most.before]
    if below and most.apart.told == sign and not any(each.apart.told for each in below):
        lines.append(say("Below {before} no step can be told from luck.", before=before))
    return lines


def _first(result: Incentives) -> list[str]:
    steps = facts.alone(result)
    if not steps:
        return []
    sign = better(result.shared_metric)
    good = [each for each in steps if each.apart.told * sign > 0]
    bad = [team_label(each.who) for each in steps if each.apart.told * sign < 0]
    lines = [_best_first(result, steps, good)]
    if bad:
        lines.append(say("Alone, more sharing by {who} makes it worse.", who=listed(bad)))
    return lines


def _best_first(result: Incentives, steps: Sequence[facts.Step], good: Sequence[facts.Step]) -> str:
    """Say whose weight to raise first."""
    if not good:
        return say("Which department should share more first cannot be told: alone, none betters"
                   " {metric} beyond luck.",
                   metric=metric_name(result.shared_metric))  # fmt: skip
    sign = better(result.shared_metric)
    best = max(good, key=lambda each: sign * each.apart.difference.mean)
    cases = {each.case: each.who for each in steps}
    _, alike = facts.best_of(result, list(cases), best.case)
    said = {"who": team_label(best.who), "before": f"{best.before:g}",
            "after": f"{best.after:g}", "change": more_or_less(result, best.apart)}  # fmt: skip
    if not alike:
        return say("Raise the weight of {who} first: alone, from {before} to {after}, it brings"
                   " the company {change}.", **said)  # fmt: skip
    return say("Raise the weight of {who} first: alone, from {before} to {after}, it brings the"
               " company {change}, which cannot be told from {others}.",
               others=any_of([team_label(cases[each]) for each in alike]),
               **said)  # fmt: skip


def _unsettled(result: Incentives) -> list[str]:
    where = [
        say("weight {weight} for all together", weight=f"{weight:g}")
        if who == facts.ALL
        else say("weight {weight} for {who}", weight=f"{weight:g}", who=team_label(who))
        for who, weight, case in result.doses
        if facts.status_of(result.cases[case]) in ("cycle", "not converged")
    ]
    if not where:
        return []
    return [
        say("At {where} the departments did not come to rest; the figures are of where the search"
            " stopped.", where=listed(where))
    ]  # fmt: skip


# ------------------------------------------------------------------ remedies


def remedies(result: Incentives) -> list[str]:
    """Say what remedies bring, by what is lost to silos and by what they cost."""
    found = facts.remedies(result)
    if not found:
        return []
    good = sorted((each for each in found if each.told > 0), key=lambda each: -each.gain.mean)
    parts = [
        say("{remedy} {gain}", remedy=remedy_name(each.case), gain=_gained(result, each))
        for each in good
    ]
    if parts:
        known = math.isfinite(good[0].recovered.mean)
        parts = [
            say("of the {what} that is lost to silos, remedies win back: {each}" if known else
                "how much of a loss they win back cannot be told; remedies better {what}: {each}",
                what=metric_name(result.shared_metric), each=listed(parts))
        ]  # fmt: skip
    if names := [remedy_name(each.case) for each in found if each.told == 0]:
        parts.append(
            say("what {names} brings cannot be told from nothing" if len(names) == 1 else
                "what {names} bring cannot be told from nothing", names=listed(names))
        )  # fmt: skip
    if names := [remedy_name(each.case) for each in found if each.told == -1]:
        parts.append(
            say("{names} makes it worse" if len(names) == 1 else "{names} make it worse",
                names=listed(names))
        )  # fmt: skip
    lines = [sentence(*parts)]
    if good:
        lines.append(_best_remedy(result, found))
    return [*lines, *_costs(result, found)]


def _best_remedy(result: Incentives, found: Sequence[facts.Remedy]) -> str:
    best, ties = facts.best_of(result, [each.case for each in found])
    if not ties:
        return say("Most comes from {best}.", best=remedy_name(best))
    return say("Most comes from {best}, which cannot be told from {others}.",
               best=remedy_name(best),
               others=any_of([remedy_name(each) for each in ties]))  # fmt: skip


def _gained(result: Incentives, remedy: facts.Remedy) -> str:
    if math.isfinite(remedy.recovered.mean):
        return percent(remedy.recovered)
    return amount(result, result.shared_metric, remedy.gain)


def _costs(result: Incentives, found: Sequence[facts.Remedy]) -> list[str]:
    lines = []
    metric, currency = result.shared_metric, result.scenario.currency
    dear = [each for each in found if each.costs > 0 and each.told > 0]
    dear.sort(key=lambda each: -each.per_cost.mean)
    if dear:
        much = per_cost(metric, currency, [each.per_cost for each in dear])
        gains = [
            say("{gain} with {remedy}", gain=in_brackets(*size), remedy=remedy_name(each.case))
            for size, each in zip(much, dear, strict=True)
        ]
        lines.append(
            say("For each {million} of extra cost over the run {metric} rises by {gains}.",
                million=money_unit(currency, millions=True), metric=metric_name(metric),
                gains=listed(gains))
        )  # fmt: skip
    if names := [remedy_name(each.case) for each in found if each.costs == -1]:
        lines.append(sentence(
            say("{names} costs less over the run" if len(names) == 1 else
                "{names} cost less over the run", names=listed(names))
        ))  # fmt: skip
    if names := [remedy_name(each.case) for each in found if each.costs == 0]:
        lines.append(sentence(
            say("{names} costs nothing more that could be told" if len(names) == 1 else
                "{names} cost nothing more that could be told", names=listed(names))
        ))  # fmt: skip
    return lines
