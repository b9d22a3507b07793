"""Durations that are partly unfinished: Kaplan-Meier and Aalen-Johansen, from scratch.

Kaplan & Meier (1958), J. Am. Stat. Assoc. 53, 457; Aalen & Johansen (1978), Scand. J. Stat. 5,
141. Without competing ends the second is one minus the first, so one function serves both.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.metrics.periods import Floats, Periods

CENSORED, ENDED, COMPETING = 0, 1, 2
"""How an observed duration stopped: still running; the end in question; another end."""

SEEN_OF_REST = 0.9
"""Of what ends later than a quantile, so much must have been seen of a month's cases."""

_ROUNDING = 1e-12  # a product of shares may miss the half by the last bits


@dataclass(frozen=True, slots=True)
class Incidence:
    """Share of cases that have ended in the way in question, by duration.

    Attributes
    ----------
    duration : ndarray of float64
        Distinct durations, rising.
    share : ndarray of float64
        Cumulative incidence at each of them.
    running : ndarray of float64
        Share still running after each of them (Kaplan-Meier, all ends).
    """

    duration: Floats
    share: Floats
    running: Floats

    def quantile(self, level: float) -> float:
        """First duration by which at least ``level`` of all cases have ended.

        NaN without cases, and infinite if fewer have ended: it is longer than what was seen.
        """
        if not len(self.share):
            return float("nan")
        reached = np.flatnonzero(self.share >= level - _ROUNDING)
        return float(self.duration[reached[0]]) if len(reached) else float("inf")

    def conditional_quantile(self, level: float) -> float:
        """Quantile among the cases that end in this way within the longest observation."""
        if not len(self.share) or self.share[-1] <= 0.0:
            return float("nan")
        return self.quantile(level * float(self.share[-1]))

    def seen_within(self, time: Floats) -> Floats:
        """Share of those that end in the way in question which do so within each time.

        NaN if none does.
        """
        steps = np.concatenate(([0.0], self.share))
        last = steps[-1] if steps[-1] > 0.0 else float("nan")
        found: Floats = steps[np.searchsorted(self.duration, time, side="right")] / last
        return found

    def restricted_mean(self) -> float:
        """Mean duration up to the longest observed one (all ends); NaN without cases."""
        if not len(self.duration):
            return float("nan")
        before = np.concatenate(([1.0], self.running[:-1]))
        return float(np.sum(before * np.diff(self.duration, prepend=0.0)))


Reading = Callable[[Incidence], float]
"""What is wanted of an incidence."""


def incidence(duration: Floats, end: NDArray[np.integer]) -> Incidence:
    """Estimate the cumulative incidence of ``ENDED`` from censored durations.

    Parameters
    ----------
    duration : ndarray of float64
        Not negative.
    end : ndarray of int
        ``CENSORED``, ``ENDED`` or ``COMPETING`` for each duration.

    Returns
    -------
    Incidence
        Censored cases count as at risk up to and including their duration.
    """
    order = np.argsort(duration)
    times, ends = duration[order], end[order]
    if not len(times):
        return Incidence(times, times, times)
    first = np.flatnonzero(np.diff(times, prepend=-np.inf) > 0.0)
    at_risk = len(times) - first
    ended = np.add.reduceat((ends == ENDED).astype(np.float64), first)
    any_end = np.add.reduceat((ends != CENSORED).astype(np.float64), first)
    running = np.cumprod(1.0 - any_end / at_risk, dtype=np.float64)
    before = np.concatenate(([1.0], running[:-1]))
    share = np.cumsum(before * ended / at_risk, dtype=np.float64)
    return Incidence(times[first], share, running)


def durations(
    periods: Periods,
    start: Floats,
    end: Floats,
    how: NDArray[np.integer],
    read: Mapping[str, Reading],
    given_end: Mapping[str, float] | None = None,
    horizon: float = np.inf,
) -> dict[str, Floats]:
    """Return one number per period and reading from the durations of the cases begun in it.

    Parameters
    ----------
    periods : Periods
    start, end : ndarray of float64
        Of each case, in any order; not before the start.
    how : ndarray of int
        ``CENSORED``, ``ENDED`` or ``COMPETING`` for each case.
    read : mapping of str to callable
        By name, what is wanted of a period's incidence.
    given_end : mapping of str to float, optional
        By name, the level of a quantile among those that end in the way in question within the
        longest observation. Of a month whose cases were not followed for long it would be that of
        the fast ones: it is infinite for a month of which too little of what ends could be seen,
        by the incidence of the whole run (for a median less than 95 %, for 90 % less than 99 %).
    horizon : float, optional
        When the run ends.
    """
    order = np.argsort(start, kind="stable")
    begun, length, how = start[order], (end - start)[order], how[order]
    parts = list(periods.slices(begun))
    found = [incidence(length[part], how[part]) for part in parts]
    values = {name: np.array([number(each) for each in found]) for name, number in read.items()}
    if not given_end:
        return values
    seen = incidence(length, how).seen_within(horizon - begun)
    share = np.array([seen[part].mean() if len(seen[part]) else 1.0 for part in parts])
    if periods.measured:
        share[-1] = 1.0
    for name, level in given_end.items():
        value = np.array([each.conditional_quantile(level) for each in found])
        enough = share >= 1.0 - (1.0 - SEEN_OF_REST) * (1.0 - level)
        values[name] = np.where(enough | np.isnan(value), value, np.inf)
    return values


def median(found: Incidence) -> float:
    """Median duration; infinite if fewer than half of the cases have ended."""
    return found.quantile(0.5)


def p90(found: Incidence) -> float:
    """90 % quantile of the durations; infinite if fewer have ended."""
    return found.quantile(0.9)
