"""What an attribution allows one to say, in sentences that claim no more than the intervals.

Of several factors or pairs only those are named that are told among all of them (Holm).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from simulator.experiment.quantities import (
    Scale,
    estimate_of,
    size_of,
    told,
    told_sign,
    too_few_alike,
)
from simulator.experiment.statistics import Estimate
from simulator.languages.messages import listed
from simulator.metrics.definitions import METRICS

Rows = Sequence[Mapping[Any, Any]]
_MOST_PAIRS = 3


def of_gap(metric: str, names: tuple[str, str], gap: Estimate, scale: Scale) -> list[str]:
    """Say how far B is from A.

    Parameters
    ----------
    metric : str
    names : tuple of str
        Of A and B.
    gap : Estimate
        B minus A.
    scale : Scale
    """
    label = METRICS[metric].label
    a, b = names
    if not math.isfinite(gap.mean):
        return [f"{label} is missing in every replication: there is nothing to attribute."]
    if gap.low is None:
        return [
            f"{label} is {_apart(gap, scale)} in {b} than in {a} in the one replication."
            " One replication has no interval: what is luck cannot be told."
        ]
    if not told(gap):
        how = (
            f"in each of {gap.n} replications, too few to rule out luck"
            if gap.mean and too_few_alike(gap)
            else f"(95 % interval {scale.span(gap)})"
        )
        return [
            f"{label} of {b} cannot be told from that of {a}: the gap is"
            f" {scale.amount(gap.mean)} {how}."
        ]
    return [
        f"{label} is {_apart(gap, scale)} in {b} than in {a}"
        f" (95 % interval {scale.span(size_of(gap))})."
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
        lines.append(f"Of this, {'; '.join(parts)}.")
    if against:
        parts = [f"{_name(row['factor'])} {_moves(estimate_of(row), scale)}" for row in against]
        begin = "Against it, " if direction else "Yet "
        lines.append(f"{begin}{listed(parts)}.")
    unsure = [_name(row["factor"]) for row in shares if row["differs"] and not told_sign(row)]
    if unsure:
        lines.append(f"Whether anything of it belongs to {listed(unsure, 'or')} cannot be told.")
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
    names = [_name(pair["first"]), _name(pair["second"])][:: -1 if turn else 1]
    without, together = (_moves(each, scale) for each in sides[int(turn)])
    return (
        f"{_begin(names[0])} {without} while {names[1]} is {states[0]}, and {together} once it is"
        f" {states[1]}."
    )


def _strength(effects: Iterable[Estimate]) -> float:
    return max(abs(each.mean) for each in effects)


def _apart(gap: Estimate, scale: Scale) -> str:
    return f"{scale.amount(abs(gap.mean))} {'higher' if gap.mean >= 0.0 else 'lower'}"


def _belongs(row: Mapping[Any, Any], scale: Scale, first: bool) -> str:
    share = size_of(estimate_of(row))
    percents = [round(100.0 * row[f"relative{end}"]) for end in ("", "_low", "_high")]
    text = (
        f"{scale.amount(share.mean)} ({percents[0]} %, 95 % interval {percents[1]} to"
        f" {percents[2]} %)"
    )
    return f"{text} {'belongs to' if first else 'to'} {_name(row['factor'])}"


def _moves(effect: Estimate, scale: Scale) -> str:
    sign = told(effect)
    if not sign:
        return f"moves it by nothing that can be told ({scale.span(effect)})"
    verb = "raises" if sign > 0 else "lowers"
    size = size_of(effect)
    return f"{verb} it by {scale.amount(size.mean)} ({scale.span(size)})"


def _name(factor: str) -> str:
    return factor.replace("_", " ")


def _begin(text: str) -> str:
    return text[:1].upper() + text[1:]
