"""Shares of cases that end in one way by an age, when some are still open or were seen late.

Kaplan & Meier (1958), J. Am. Stat. Assoc. 53, 457; with ends of several kinds Aalen & Johansen
(1978), Scand. J. Stat. 5, 141, with the error of Marubini & Valsecchi (1995), which is
Greenwood's where there is one kind. Cases that come under observation late count as at risk only
from then on (delayed entry). All is done on distinct ages, so a million cases take a fraction of
a second.

:mod:`simulator.metrics.survival` serves finished runs, where every case is seen from its start and
no error is asked for; this module adds both, and intervals.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import special

from simulator.calibration.estimates import CONFIDENCE, Estimate
from simulator.calibration.records import Floats, Integers
from simulator.languages.messages import say

CENSORED, ENDED, OTHERWISE = 0, 1, 2
"""How an observed age stopped: still open; the end in question; another end."""

LEAST_DAYS = 1.0 / 16.0
"""Half an hour of a business day: no shorter duration is told, so that each has a logarithm."""

_TAIL = (1.0 - CONFIDENCE) / 2.0
_NORMAL = float(special.ndtri(1.0 - _TAIL))
_ROUNDING = 1e-12  # a sum of shares may miss a level by the last bits
_ROUNDS = 6


class _Sums(NamedTuple):
    """Running sums from which covariances of the curve are made."""

    own: Floats
    mixed: Floats
    mixed_share: Floats
    all_ends: Floats
    all_ends_share: Floats
    all_ends_square: Floats


@dataclass(frozen=True, slots=True)
class Curve:
    """Cumulative incidence: the share of cases that ended in the way in question, by age.

    Attributes
    ----------
    times : ndarray of float64, (k,)
        0, then the distinct ages at which cases ended in any way, rising.
    incidence : ndarray of float64, (k,)
        Share ended in the way in question up to and including each age; 0 at first.
    error : ndarray of float64, (k,)
        Its standard error.
    at_risk : ndarray of float64, (k,)
        Cases open and under observation just before each age.
    events, ends : ndarray of float64, (k,)
        Ends of the way in question, and of all ways, at each age.
    cases : int
        Cases that were ever under observation.
    exposure : ndarray of float64, (cases, 2)
        From when to when each of them was.
    """

    times: Floats
    incidence: Floats
    error: Floats
    at_risk: Floats
    events: Floats
    ends: Floats
    cases: int
    exposure: Floats

    @property
    def last(self) -> float:
        """Longest age under observation; 0 without cases."""
        return float(self.exposure[:, 1].max()) if self.cases else 0.0

    def place(self, t: float) -> int:
        """Position of the last time not after t."""
        return max(int(np.searchsorted(self.times, t, side="right")) - 1, 0)

    def at(self, t: float) -> float:
        """Share ended by an age; beyond the longest observed age the last known share."""
        return float(self.incidence[self.place(t)]) if t >= 0.0 else 0.0

    def shares(self, t: Floats) -> Floats:
        """Share ended by each of several ages."""
        places = np.maximum(np.searchsorted(self.times, t, side="right") - 1, 0)
        return np.where(t >= 0.0, self.incidence[places], 0.0)

    def error_at(self, t: float) -> float:
        """Standard error of the share ended by an age."""
        return float(self.error[self.place(t)]) if t >= 0.0 else 0.0

    def wins(self, t: float) -> int:
        """Count the cases seen to end in the way in question by an age."""
        return round(float(self.events[: self.place(t) + 1].sum()))

    def quantile(self, share_of_final: float, horizon: float) -> float:
        """First age by which a share of all those that end by the horizon has ended.

        Parameters
        ----------
        share_of_final : float
            0 < share ≤ 1.
        horizon : float

        Returns
        -------
        float
            NaN if nothing ended by the horizon.
        """
        final = self.at(horizon)
        if final <= 0.0:
            return math.nan
        level = min(max(share_of_final, 0.0), 1.0) * final - _ROUNDING
        return float(self.times[int(np.searchsorted(self.incidence, level, side="left"))])

    def part(self, t: float, horizon: float) -> tuple[float, float]:
        """Share of those that end by the horizon that has ended by t, and its standard error."""
        share, error = self.parts(horizon)
        here = self.place(min(t, horizon))
        return float(share[here]), float(error[here])

    def parts(self, horizon: float) -> tuple[Floats, Floats]:
        """`part` at each of the curve's times up to the horizon; NaN if nothing ended by then."""
        there = self.place(horizon)
        final = float(self.incidence[there])
        if final <= 0.0:
            return np.full(there + 1, math.nan), np.full(there + 1, math.nan)
        share, own = self.incidence[: there + 1] / final, self.error[: there + 1]
        sums = _sums(self.incidence, self.at_risk, self.events, self.ends)
        places = np.arange(there + 1)
        both = _covariance(sums, self.incidence, places, np.full(there + 1, there))
        square = own**2 + (share * own[-1]) ** 2 - 2.0 * share * both
        return share, np.sqrt(np.maximum(square, 0.0)) / final


def incidence(
    entry: Floats | float,
    exit: Floats,  # noqa: A002 (the word that the subject uses)
    event: NDArray[np.integer],
    kinds: tuple[int, ...] = (ENDED,),
) -> Curve:
    """Estimate the cumulative incidence from open and late-seen cases.

    Parameters
    ----------
    entry : ndarray of float64, (n,), or float
        Age at which each case comes under observation; 0 or less: from its start.
    exit : ndarray of float64, (n,)
        Age at which it ended, or was last seen open; below 0 counts as 0, NaN is left out.
    event : ndarray of int, (n,)
        0: open when last seen; every other number is a kind of end.
    kinds : tuple of int
        Which of them are the way in question; the others compete with it.

    Returns
    -------
    Curve
        A case is at risk at ages t with entry < t ≤ exit, and at 0 if it was seen from the start.
    """
    begins = np.broadcast_to(np.asarray(entry, dtype=np.float64), exit.shape)
    stops = np.maximum(exit, 0.0)
    # False for NaN as well.
    seen = (begins <= 0.0) & (stops >= 0.0) | (stops > begins)
    if not seen.all():
        begins, stops, event = begins[seen], stops[seen], event[seen]
    times, events, ends = _counted(stops, event, kinds)
    late = np.sort(begins[begins > 0.0])
    gone = np.searchsorted(np.sort(stops), times, side="left")
    waiting = len(late) - np.searchsorted(late, times, side="left")
    at_risk = (len(stops) - gone - waiting).astype(np.float64)
    return _curve(times, at_risk, events, ends, begins, stops)


def incidence_on_file(
    entry: Floats,
    exit: Floats,  # noqa: A002
    event: NDArray[np.integer],
    followed: Floats,
    unseen: Floats,
) -> Curve:
    """Estimate the incidence where ends were not recorded at first, but the cases were.

    Such a case may have ended before recording began and still look open, so that plain delayed
    entry would count too many at risk. Here a case counts, from its entry on, with the chance
    that it really is open: S / (S + F'), S being the share open at its entry and F' the share
    that ended by its age `unseen`, both of the estimate itself (found in a few rounds).

    Parameters
    ----------
    entry, exit : ndarray of float64, (n,)
        As in `incidence`.
    event : ndarray of int, (n,)
        0 or 1.
    followed : ndarray of float64, (n,)
        Age up to which each case was, or could have been, followed; at least `exit`.
    unseen : ndarray of float64, (n,)
        Age up to which an end would not have been recorded; 0 or less: none, at most `entry`.
    """
    late = entry > 0.0
    seen = np.where(late, (exit > entry) | ((event == CENSORED) & (followed > entry)), True)
    entry, exit, event = entry[seen], np.maximum(exit[seen], 0.0), event[seen]  # noqa: A001
    followed, unseen, late = np.maximum(followed[seen], exit), unseen[seen], late[seen]
    times, events, ends = _counted(exit, event, (ENDED,))
    plain = incidence(entry, exit, event)
    if not late.any():
        return plain

    begins, order = np.sort(entry[late]), np.argsort(entry[late])
    leaves = np.argsort(followed)
    left = np.sort(followed)
    ended = event == ENDED
    counted = np.zeros(len(times))
    # What ended is gone from the cases at risk, until its follow-up would have ended anyway.
    counted += np.searchsorted(np.sort(exit[ended]), times, side="left")
    counted -= np.searchsorted(np.sort(followed[ended]), times, side="left")
    at_start = float(np.count_nonzero(~late))
    found = plain
    for _ in range(_ROUNDS):
        open_share = 1.0 - found.shares(entry)
        mass = np.where(late, open_share / (open_share + found.shares(unseen) + 1e-300), 1.0)
        come = np.concatenate(([0.0], np.cumsum(mass[late][order])))
        gone = np.concatenate(([0.0], np.cumsum(mass[leaves])))
        at_risk = at_start + come[np.searchsorted(begins, times, side="left")]
        at_risk -= gone[np.searchsorted(left, times, side="left")] + counted
        before = found.incidence
        found = _curve(times, np.maximum(at_risk, ends), events, ends, entry, exit)
        if np.abs(found.incidence - before).max() < 1e-6:
            break
    return found


def _counted(
    stops: Floats, event: NDArray[np.integer], kinds: tuple[int, ...]
) -> tuple[Floats, Floats, Floats]:
    """Distinct ages with an end, beginning with 0; ends in question and of any kind at each."""
    times, ends = np.unique(stops[event != CENSORED], return_counts=True)
    mine = event == kinds[0] if len(kinds) == 1 else np.isin(event, kinds)
    own, count = np.unique(stops[mine], return_counts=True)
    events = np.zeros(len(times))
    events[np.searchsorted(times, own)] = count
    zero = np.zeros(1)
    return (
        np.concatenate((zero, times)),
        np.concatenate((zero, events)),
        np.concatenate((zero, ends.astype(np.float64))),
    )


def _curve(
    times: Floats, at_risk: Floats, events: Floats, ends: Floats, begins: Floats, stops: Floats
) -> Curve:
    safe = np.where(at_risk > 0.0, at_risk, 1.0)
    # The last bits of a product of shares must not leave anyone open where all have ended.
    running = np.cumprod(np.where(ends >= at_risk, (ends == 0.0) * 1.0, 1.0 - ends / safe))
    before = np.concatenate(([1.0], running[:-1]))
    share = np.minimum(np.cumsum(np.where(events > 0.0, before * events / safe, 0.0)), 1.0)
    sums = _sums(share, at_risk, events, ends)
    every = np.arange(len(times))
    error = np.sqrt(np.maximum(_covariance(sums, share, every, every), 0.0))
    exposure = np.stack((np.maximum(begins, 0.0), stops), axis=1)
    return Curve(times, share, error, at_risk, events, ends, len(stops), exposure)


def _sums(share: Floats, at_risk: Floats, events: Floats, ends: Floats) -> _Sums:
    n = np.where(at_risk > 0.0, at_risk, 1.0)
    left = at_risk - ends
    running = np.cumprod(np.where(left <= 0.0, (ends == 0.0) * 1.0, 1.0 - ends / n))
    before = np.concatenate(([1.0], running[:-1]))
    # Where all that were at risk ended, nothing later depends on it.
    some = (ends > 0.0) & (left > 0.0)
    spread = np.where(some, ends / (n * np.where(some, left, 1.0)), 0.0)
    own = np.where(events > 0.0, before**2 * events * np.maximum(n - events, 0.0) / n**3, 0.0)
    mixed = np.where(events > 0.0, before * events / n**2, 0.0)
    return _Sums(
        np.cumsum(own),
        np.cumsum(mixed),
        np.cumsum(mixed * share),
        np.cumsum(spread),
        np.cumsum(spread * share),
        np.cumsum(spread * share**2),
    )


def _covariance(sums: _Sums, share: Floats, first: Integers, second: Integers) -> Floats:
    """Covariance of the incidence at two places, the first not after the second."""
    f, g = share[first], share[second]
    return (
        sums.own[first]
        - (f + g) * sums.mixed[first]
        + 2.0 * sums.mixed_share[first]
        + f * g * sums.all_ends[first]
        - (f + g) * sums.all_ends_share[first]
        + sums.all_ends_square[first]
    )


# ------------------------------------------------------------------ estimates from a curve


def bounds(value: float, error: float, if_certain: float) -> tuple[float, float]:
    """Return an interval of a share that stays between 0 and 1.

    Parameters
    ----------
    value, error : float
        The share and its standard error.
    if_certain : float
        How many cases it stands for, where value is 0 or 1 and the error says nothing.

    Returns
    -------
    tuple of float
        Jeffreys' interval of a share of as many independent cases as would have this error
        (effective number, as in Dorey & Korn 1987, Stat. Med. 6, 679). None ended: from 0; all
        ended: to 1.
    """
    none, every = value <= _ROUNDING, value >= 1.0 - _ROUNDING
    certain = none or every or error <= 0.0
    number = max(if_certain if certain else value * (1.0 - value) / error**2, 1e-6)
    up, down = value * number + 0.5, (1.0 - value) * number + 0.5
    low = 0.0 if none else float(special.betaincinv(up, down, _TAIL))
    high = 1.0 if every else float(special.betaincinv(up, down, 1.0 - _TAIL))
    return min(low, value), max(high, value)


def followed_cases(curve: Curve, begins: float, ends: float) -> float:
    """Cases at risk on average over a span of ages: how much not seeing an end there says."""
    if ends <= begins:
        return float(np.count_nonzero(curve.exposure[:, 1] >= begins))
    since = np.maximum(curve.exposure[:, 0], begins)
    until = np.minimum(curve.exposure[:, 1], ends)
    return float(np.maximum(until - since, 0.0).sum()) / (ends - begins)


def share_ended(key: str, curve: Curve, age: float, method: str) -> Estimate | None:
    """Estimate the share that has ended by an age; None without cases."""
    if not curve.cases:
        return None
    value = curve.at(age)
    low, high = bounds(value, curve.error_at(age), followed_cases(curve, 0.0, age))
    return Estimate(key, value, low, high, curve.cases, "share", method, "logit")


def share_later(key: str, curve: Curve, age: float, horizon: float) -> Estimate | None:
    """Estimate which share of those that end by the horizon ends after an age; None without."""
    wins = curve.wins(horizon)
    if not wins or age >= horizon:
        return None
    sooner, error = curve.part(age, horizon)
    low, high = bounds(1.0 - sooner, error, float(wins))
    method = say("Aalen-Johansen, share of the curve")
    return Estimate(key, 1.0 - sooner, low, high, wins, "share", method, "logit")


def days_by(key: str, curve: Curve, share: float, horizon: float) -> Estimate | None:
    """Estimate the age by which a share of those that end by the horizon has ended.

    Returns
    -------
    Estimate or None
        Its interval holds the ages at which the curve could be at that share (Brookmeyer & Crowley
        1982, Biometrics 38, 29, with Wilson's test on the effective number of ends). Where so few
        ended that no seen age bounds it, it goes to half an hour, or to the horizon. None without
        an end.
    """
    age = curve.quantile(share, horizon)
    if math.isnan(age):
        return None
    wins = curve.wins(horizon)
    reached, error = curve.parts(horizon)
    inner = (reached > 0.0) & (reached < 1.0 - _ROUNDING) & (error > 0.0)
    number = np.full(len(reached), float(wins))
    effective = (reached * (1.0 - reached))[inner] / error[inner] ** 2
    number[inner] = np.minimum(effective, wins)
    # Behind the last ends the error seems none, though fewer and fewer cases are left to tell it.
    number = np.minimum.accumulate(number)
    # From each age to the next the curve stands still, and with it the verdict.
    could_be = np.flatnonzero((reached - share) ** 2 * number <= _NORMAL**2 * share * (1.0 - share))
    low, high = age, age
    if len(could_be):
        low, after = float(curve.times[could_be[0]]), could_be[-1] + 1
        high = float(curve.times[after]) if after < len(reached) else horizon
    age, low, high = (max(x, LEAST_DAYS) for x in (age, low, high))
    method = say("Aalen-Johansen, among those that end within the horizon")
    return Estimate(key, age, min(low, age), max(high, age), wins, "business days", method, "log")


def chance_within(key: str, curve: Curve, begins: float, ends: float) -> Estimate | None:
    """Estimate the chance that a case open at one age ends by another; None if none was open."""
    at_risk = followed_cases(curve, begins, ends)
    open_share = 1.0 - curve.at(begins)
    if at_risk <= 0.0 or open_share <= 0.0:
        return None
    chance = min((curve.at(ends) - curve.at(begins)) / open_share, 1.0)
    seen = curve.wins(ends) - curve.wins(begins)
    number = seen / chance if chance > 0.0 else at_risk
    error = math.sqrt(chance * (1.0 - chance) / number)
    low, high = bounds(chance, error, at_risk)
    method = say("Kaplan-Meier between two ages")
    return Estimate(key, chance, low, high, round(at_risk), "share", method, "logit")
