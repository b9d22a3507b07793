"""Which numbers of a scenario are assumptions, and how far each of them may be off.

An assumption is a number or a law of trust C or worse (:data:`UNSURE`) that the organization
does not choose. Its range is the one that its source states, else one by a rule:

====================================  ==========================  ==========================
number                                trust C                     trust D, M or no source
====================================  ==========================  ==========================
between 0 and 1                       odds -25 % to +25 %         odds -50 % to +50 %
log odds, or fit (without a zero)     -0.25 to +0.25              -0.5 to +0.5
any other                             -25 % to +25 %              -50 % to +50 %
law of a duration                     all its times by a factor of the line above
====================================  ==========================  ==========================

Ranges stay within the limits of the field and never contradict each other (a median stays below
its 90th percentile), so that every combination of values is a scenario.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from simulator.scenario import LoadedScenario, Number, diff, numbers
from simulator.scenario.checking import bounds
from simulator.scenario.outline import slot_at, value_at
from simulator.scenario.provenance import plain
from simulator.scenario.strict_yaml import KeyPath

UNSURE = ("C", "D", "M", "")
"""Trust letters of assumptions; a number without a source is trusted no more than D."""

_SPREAD = {"C": 0.25}
_WIDE_SPREAD = 0.5
_WITHOUT_ZERO = ("log odds", "standard deviations")

# What an organization chooses: it is compared by other means, and is no error of the model.
_CHOSEN = (
    "horizon", "kpi", "decisions", "hiring", "rotation.every_days", "market.start_month",
    "churn.contract_months", "recycling.win_back_wait", "work.marketing.nurture_rounds",
    "work.field_sales.quota_per_month", "work.customer_success.review_every", "health",
    "recovery.strong_share",
)  # fmt: skip
_CHOSEN_OF_EACH = {"teams": ("people", "cross_trained"), "ai": ("checked",)}

# What tells nothing as long as its neighbor says that it never happens.
_NEEDS = {"leave_days": "leave_per_year"}

# Of two numbers in this order each stays on its side of the middle between them.
_ORDERED = (("market.deal.median", "market.deal.p90"), ("expansion.low", "expansion.high"))
# Shares of one whole.
_PARTS = tuple(
    f"market.obstacles.{name}" for name in ("no_budget", "wrong_timing", "with_competitor")
)


@dataclass(frozen=True, slots=True)
class Assumption:
    """A number that may be wrong, and how far.

    Attributes
    ----------
    path : str
        Dotted path of its key.
    value, low, high : float
        As stated, and the ends of its range; of a law: factors on its times (`value` is 1).
    unit, meaning, source, trust : str
        As ``themodel explain`` shows them.
    stated : bool
        Whether the range comes with the source; else by the rule.
    whole : bool
        Whether it takes whole numbers only.
    law : mapping, optional
        The law as stated.
    """

    path: str
    value: float
    low: float
    high: float
    unit: str
    meaning: str
    source: str
    trust: str
    stated: bool
    whole: bool = False
    law: Mapping[str, Any] | None = None

    def settled(self, position: float) -> float:
        """Return the nearest position that the assumption can take.

        Parameters
        ----------
        position : float
            0 at the low end of the range, 1 at the high end.
        """
        if not self.whole:
            return position
        steps = round(self.high - self.low)
        # Equal shares of the range for each whole number, also for those at the ends.
        return min(int(position * (steps + 1)), steps) / steps

    def at(self, position: float) -> float:
        """Return the amount (of a law: the factor) at a settled position."""
        amount = self.low + position * (self.high - self.low)
        return float(round(amount)) if self.whole else min(max(amount, self.low), self.high)

    def setting(self, position: float) -> Any:
        """Return what the scenario says at a settled position: a number, or a whole law."""
        amount = self.at(position)
        if self.law is None:
            return int(amount) if self.whole else amount
        kept = ("law", "unit", "shape")
        return {name: part if name in kept else part * amount for name, part in self.law.items()}


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A number of trust C or worse that is not varied.

    Attributes
    ----------
    path, value, unit, trust : str
        As ``themodel explain`` shows them.
    why : str
    """

    path: str
    value: str
    unit: str
    trust: str
    why: str


@dataclass(frozen=True, slots=True)
class Space:
    """The assumptions of one scenario, or of two that are compared.

    Attributes
    ----------
    varied : tuple of Assumption
        Every combination of values in their ranges is a valid scenario.
    left_out : tuple of LeftOut
    compared : tuple of str
        Paths in which two scenarios differ: they are the question, no assumption of it.
    """

    varied: tuple[Assumption, ...]
    left_out: tuple[LeftOut, ...]
    compared: tuple[str, ...] = ()


def space_of(loaded: LoadedScenario, versus: LoadedScenario | None = None) -> Space:
    """List the assumptions of a scenario, or of two that are to be compared.

    Parameters
    ----------
    loaded : LoadedScenario
    versus : LoadedScenario, optional
        What it is compared with. What both have is varied in both alike, within the narrower
        of their two ranges; what only one of them has is varied there.
    """
    if versus is None:
        return _own_space(loaded, frozenset(each.path for each in _unsure(loaded)))
    # What one file calls sure and the other does not is unsure in both.
    unsure = frozenset(n.path for each in (loaded, versus) for n in _unsure(each))
    both = [_own_space(each, unsure) for each in (loaded, versus)]
    found = diff(loaded, versus)
    # A key that only one has (a channel of its own) is an assumption of that one.
    compared = tuple(one.path for one in found if one.a is not None and one.b is not None)
    varied: dict[str, Assumption] = {}
    left_out: dict[str, LeftOut] = {}
    for space in both:
        for one in space.varied:
            if one.path not in compared:
                known = varied.get(one.path)
                varied[one.path] = _narrower(known, one) if known else one
        left_out |= {one.path: one for one in space.left_out if one.path not in compared}
    apart = {path: one for path, one in varied.items() if not one.low < one.high}
    for path, one in apart.items():
        why = "the ranges of the two scenarios have nothing in common"
        left_out[path] = LeftOut(path, f"{one.value:g}", one.unit, one.trust, why)
    return Space(
        tuple(one for path, one in varied.items() if path not in apart),
        tuple(one for path, one in left_out.items() if path not in varied or path in apart),
        compared,
    )


def _narrower(one: Assumption, other: Assumption) -> Assumption:
    low, high = max(one.low, other.low), min(one.high, other.high)
    return replace(one, low=low, high=high, stated=one.stated and other.stated)


def _unsure(loaded: LoadedScenario) -> list[Number]:
    return [each for each in numbers(loaded) if each.is_number and each.trust in UNSURE]


def _own_space(loaded: LoadedScenario, unsure: frozenset[str]) -> Space:
    values = plain(loaded.scenario)
    varied: dict[str, Assumption] = {}
    left_out = []
    for number in numbers(loaded):
        if number.path not in unsure:
            continue
        path: KeyPath = tuple(number.path.split("."))
        value = value_at(values, path)
        if _is_chosen(path):
            why = "chosen by the organization"
        elif isinstance(value, list):
            why = "a list of weights"
        elif value is None:
            why = "a name with a dot in it"
        elif _is_idle(path, values):
            why = f"without use while {_NEEDS[str(path[-1])]} is 0"
        else:
            limits = _limits(loaded, path, values)
            found = _assumption(number, value, limits)
            if isinstance(found, Assumption):
                varied[number.path] = found
                continue
            why = found
        left_out.append(LeftOut(number.path, str(number.value), number.unit, number.trust, why))
    # The limits are narrowed beside what is fixed, too: then every combination is valid.
    _keep_in_order(varied, values)
    _keep_a_whole(varied, values)
    kept = {path: one for path, one in varied.items() if one.low < one.high}
    left_out += [
        LeftOut(path, f"{one.value:g}", one.unit, one.trust, "no room beside what it depends on")
        for path, one in varied.items()
        if path not in kept
    ]
    return Space(tuple(kept.values()), tuple(left_out))


def _is_chosen(path: KeyPath) -> bool:
    name = ".".join(map(str, path))
    inside = any(name == chosen or name.startswith(f"{chosen}.") for chosen in _CHOSEN)
    return inside or path[-1] in _CHOSEN_OF_EACH.get(str(path[0]), ())


def _is_idle(path: KeyPath, values: Any) -> bool:
    needed = _NEEDS.get(str(path[-1]))
    return needed is not None and value_at(values, (*path[:-1], needed)) == 0.0


Limits = tuple[str, float, str, float]


def _limits(loaded: LoadedScenario, path: KeyPath, values: Any) -> Limits:
    slot = slot_at(type(loaded.scenario), path, values)
    low_kind, low, high_kind, high = bounds(slot) if slot else ("", None, "", None)
    return (
        low_kind, -math.inf if low is None else low,
        high_kind, math.inf if high is None else high,
    )  # fmt: skip


def _assumption(number: Number, value: Any, limits: Limits) -> Assumption | str:
    """Return the assumption, or why it cannot be varied."""
    is_law = isinstance(value, dict)
    if is_law and not any(part for name, part in value.items() if name not in ("law", "unit")):
        return "0 and no stated range"
    amount = 1.0 if is_law else float(value)
    if number.span is not None:
        low, high = number.span
    else:
        spread = _SPREAD.get(number.trust, _WIDE_SPREAD)
        if is_law:
            low, high = 1.0 - spread, 1.0 + spread
        elif (limits[1], limits[3]) == (0.0, 1.0):
            if amount in (0.0, 1.0):
                return f"{amount:g} and no stated range"
            low, high = (_of_odds(amount, 1.0 + change) for change in (-spread, spread))
        elif limits[1] < 0.0 and number.unit in _WITHOUT_ZERO:
            low, high = amount - spread, amount + spread
        elif amount == 0.0:
            return "0 and no stated range"
        else:
            low, high = sorted((amount * (1.0 - spread), amount * (1.0 + spread)))
    whole = isinstance(value, int)
    if not is_law:
        low, high = _within(low, high, amount, limits, whole)
    return Assumption(
        number.path, amount, low, high, number.unit, number.meaning, number.source, number.trust,
        number.span is not None, whole, value if is_law else None,
    )  # fmt: skip


def _of_odds(share: float, factor: float) -> float:
    odds = share / (1.0 - share) * factor
    return odds / (1.0 + odds)


def _within(
    low: float, high: float, value: float, limits: Limits, whole: bool
) -> tuple[float, float]:
    low_kind, floor, high_kind, ceiling = limits
    if whole:
        # At least one step to either side: half a person more is no range.
        low, high = min(math.ceil(low), value - 1.0), max(math.floor(high), value + 1.0)
    if low < floor or (low_kind == "gt" and low == floor):
        low = (floor + value) / 2.0 if low_kind == "gt" else floor
    if high > ceiling or (high_kind == "lt" and high == ceiling):
        high = (ceiling + value) / 2.0 if high_kind == "lt" else ceiling
    return low, high


def _keep_in_order(varied: dict[str, Assumption], values: Any) -> None:
    for smaller, larger in _ORDERED:
        ends = [float(value_at(values, tuple(path.split(".")))) for path in (smaller, larger)]
        middle = math.sqrt(ends[0] * ends[1])
        if smaller in varied:
            one = varied[smaller]
            varied[smaller] = replace(one, high=max(min(one.high, middle), one.value))
        if larger in varied:
            one = varied[larger]
            varied[larger] = replace(one, low=min(max(one.low, middle), one.value))


def _keep_a_whole(varied: dict[str, Assumption], values: Any) -> None:
    stated = sum(float(value_at(values, tuple(path.split(".")))) for path in _PARTS)
    parts = [varied[path] for path in _PARTS if path in varied]
    rise = sum(one.high - one.value for one in parts)
    room = max(1.0 - stated, 0.0)
    if rise > room:
        for one in parts:
            high = one.value + (one.high - one.value) * room / rise
            varied[one.path] = replace(one, high=high)


def settings(space: Iterable[Assumption], positions: Iterable[float]) -> dict[str, Any]:
    """Return what a scenario says at a point: path to number or law.

    Parameters
    ----------
    space : iterable of Assumption
    positions : iterable of float
        One settled position for each.
    """
    return {one.path: one.setting(position) for one, position in zip(space, positions, strict=True)}
