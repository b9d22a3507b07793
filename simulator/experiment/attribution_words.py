"""What an attribution allows one to say, in sentences that claim no more than the intervals.

Of several factors or pairs only those are named that are told among all of them (Holm).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from simulator.experiment.factors import NO_MECHANISM, REST
from simulator.experiment.quantities import (
    Scale,
    estimate_of,
    size_of,
    told,
    told_sign,
    too_few_alike,
)
from simulator.experiment.statistics import Estimate
from simulator.experiment.wording import alternatives, team_said
from simulator.languages.languages import spoken
from simulator.languages.messages import listed, marked, say
from simulator.metrics.definitions import METRICS

Rows = Sequence[Mapping[Any, Any]]
_MOST_PAIRS = 3
# What factors are called that nobody named: a department's regime, a handoff, a mechanism.
_FACTORS = {
    REST: marked("everything else"),
    NO_MECHANISM: marked("without any mechanism"),
    "marketing to inside sales": marked("marketing to inside sales"),
    "inside sales to field sales": marked("inside sales to field sales"),
    "field sales to customer success": marked("field sales to customer success"),
    "losses to recycling": marked("losses to recycling"),
    "medium of all handoffs": marked("medium of all handoffs"),
    "lead_volume": marked("lead volume"),
    "cooling_interest": marked("cooling interest"),
    "source_stigma": marked("source stigma"),
    "appointment_volume": marked("appointment volume"),
    "spread_effort": marked("spread effort"),
    "overpromising": marked("overpromising"),
    "lost_information": marked("lost information"),
    "lost_reasons": marked("lost reasons"),
    "fire_fighting": marked("fire fighting"),
    "drifting_definitions": marked("drifting definitions"),
}


def factor_said(factor: str) -> str:
    """Name a factor as a reader sees it; one that a user named stays as it is.

    Parameters
    ----------
    factor : str
    """
    return say(_FACTORS[factor]) if factor in _FACTORS else team_said(factor)


def of_gap(
    metric: str, names: tuple[str, str], gap: Estimate, scale: Scale, beyond: int = 0
) -> list[str]:
    """Say how far B is from A.

    Parameters
    ----------
    metric : str
    names : tuple of str
        Of A and B.
    gap : Estimate
        B minus A.
    scale : Scale
    beyond : int, optional
        Replications in which the metric is longer than what was seen; with any the gap is not
        known.
    """
    label = METRICS[metric].label
    figures = {"label": label, "a": names[0], "b": names[1]}
    if beyond:
        return [
            say(
                "How far {label} of {b} is from that of {a} is not known: in {beyond} of {n}"
                " replications it is longer than what was seen, at least in one combination of"
                " factors. There is nothing to attribute.",
                beyond=beyond,
                n=beyond + gap.n,
                **figures,
            )
        ]
    if not math.isfinite(gap.mean):
        return [
            say(
                "{label} is missing in every replication: there is nothing to attribute.",
                label=label,
            )
        ]
    higher, size = gap.mean >= 0.0, scale.amount(abs(gap.mean))
    if gap.low is None:
        return [
            say(
                "{label} is {size} higher in {b} than in {a} in the one replication. One"
                " replication has no interval: what is luck cannot be told."
                if higher
                else "{label} is {size} lower in {b} than in {a} in the one replication. One"
                " replication has no interval: what is luck cannot be told.",
                size=size,
                **figures,
            )
        ]
    if told(gap):
        return [
            say(
                "{label} is {size} higher in {b} than in {a} (95 % interval {span})."
                if higher
                else "{label} is {size} lower in {b} than in {a} (95 % interval {span}).",
                size=size,
                span=scale.span(size_of(gap)),
                **figures,
            )
        ]
    amount = scale.amount(gap.mean)
    if gap.mean and too_few_alike(gap):
        return [
            say(
                "{label} of {b} cannot be told from that of {a}: the gap is {amount} in each of"
                " {n} replications, too few to rule out luck.",
                amount=amount,
                n=gap.n,
                **figures,
            )
        ]
    return [
        say(
            "{label} of {b} cannot be told from that of {a}: the gap is {amount} (95 % interval"
            " {span}).",
            amount=amount,
            span=scale.span(gap),
            **figures,
        )
    ]


def of_shares(gap: Estimate, shares: Rows, scale: Scale) -> list[str]:
    """Say what of the gap belongs to which factor, of those told among all of them.

    Parameters
    ----------
    gap : Estimate
    shares : sequence of mapping
        Rows of the table of shares.
    scale : Scale
    """
    if gap.low is None or not math.isfinite(gap.mean):
        return []
    sure = sorted((row for row in shares if told_sign(row)), key=lambda row: -abs(row["mean"]))
    direction = told(gap)
    along = [row for row in sure if told_sign(row) == direction]
    against = [row for row in sure if told_sign(row) != direction]
    lines = []
    if direction and along:
        parts = [_belongs(row, scale, first=not i) for i, row in enumerate(along)]
        lines.append(say("Of this, {shares}.", shares=say("; ¦between shares").join(parts)))
    if against:
        moves = [
            say(
                "{factor} {effect}¦what a factor does",
                factor=factor_said(row["factor"]),
                effect=_moves(estimate_of(row), scale),
            )
            for row in against
        ]
        lines.append(
            say("Against it, {effects}." if direction else "Yet {effects}.", effects=listed(moves))
        )
    unsure = [factor_said(row["factor"]) for row in shares if row["differs"] and not told_sign(row)]
    if unsure:
        lines.append(
            say(
                "Whether anything of it belongs to {factors} cannot be told.",
                factors=alternatives(unsure),
            )
        )
    return lines


def of_pairs(states: tuple[str, str], pairs: Rows, effects: Rows, scale: Scale) -> list[str]:
    """Say which factors act on each other, the strongest first.

    Parameters
    ----------
    states : tuple of str
        How to say that the other factor is not changed yet, and that it is.
    pairs, effects : sequence of mapping
        Rows of the tables of interactions and of effects.
    scale : Scale
    """
    sure = sorted((row for row in pairs if row["told"]), key=lambda row: -abs(row["mean"]))
    return [_pair(states, row, effects, scale) for row in sure[:_MOST_PAIRS]]


def _pair(states: tuple[str, str], pair: Mapping[Any, Any], effects: Rows, scale: Scale) -> str:
    sides = [
        [estimate_of(row) for row in effects if row["factor"] == factor and row["given"] == given]
        for factor, given in ((pair["first"], pair["second"]), (pair["second"], pair["first"]))
    ]
    # Told from the side of the stronger factor: what it does depends on the other.
    turn = _strength(sides[1]) > _strength(sides[0])
    names = [factor_said(pair["first"]), factor_said(pair["second"])][:: -1 if turn else 1]
    without, together = (_moves(each, scale) for each in sides[int(turn)])
    return say(
        "{factor} {without} while {other} is {before}, and {together} once it is {after}.",
        factor=_begin(names[0]),
        without=without,
        other=names[1],
        before=states[0],
        together=together,
        after=states[1],
    )


def _strength(effects: Iterable[Estimate]) -> float:
    return max(abs(each.mean) for each in effects)


def _belongs(row: Mapping[Any, Any], scale: Scale, first: bool) -> str:
    percent, low, high = (round(100.0 * row[f"relative{end}"]) for end in ("", "_low", "_high"))
    return say(
        "{amount} ({percent} %, 95 % interval {low} to {high} %) belongs to {factor}"
        if first
        else "{amount} ({percent} %, 95 % interval {low} to {high} %) to {factor}",
        amount=scale.amount(size_of(estimate_of(row)).mean),
        percent=percent,
        low=low,
        high=high,
        factor=factor_said(row["factor"]),
    )


def _moves(effect: Estimate, scale: Scale) -> str:
    sign = told(effect)
    if not sign:
        return say("moves it by nothing that can be told ({span})", span=scale.span(effect))
    size = size_of(effect)
    return say(
        "raises it by {size} ({span})" if sign > 0 else "lowers it by {size} ({span})",
        size=scale.amount(size.mean),
        span=scale.span(size),
    )


def _begin(text: str) -> str:
    return text[:1].upper() + text[1:] if spoken() == "en" else text
