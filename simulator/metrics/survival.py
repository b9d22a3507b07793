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

FOLLOWED = 0.95
"""Share of what ends that a month's cases must have been followed for, on average."""

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
    read_followed: Mapping[str, Reading] | None = None,
) -> dict[str, Floats]:
    """Return one number per period and reading from the durations of the cases begun in it.

    Parameters
    ----------
    periods : Periods
        The months, and last the measured period, which ends with the run.
    start, end : ndarray of float64
        Of each case, in any order; not before the start.
    how : ndarray of int
        ``CENSORED``, ``ENDED`` or ``COMPETING`` for each case.
    read : mapping of str to callable
        By name, what is wanted of a period's incidence.
    read_followed : mapping of str to callable, optional
        What speaks only of those that were seen to end, and would be too short of a month whose
        cases were not followed for long. It is infinite for a month of which less than
        :data:`FOLLOWED` of what ends could be seen, by the incidence of the whole run.
    """
    order = np.argsort(start, kind="stable")
    begun, length, how = start[order], (end - start)[order], how[order]
    parts = list(periods.slices(begun))
    found = [incidence(length[part], how[part]) for part in parts]
    values = {name: np.array([number(each) for each in found]) for name, number in read.items()}
    if not read_followed:
        return values
    seen = incidence(length, how).seen_within(periods.upper[-1] - begun)
    enough = [len(seen[part]) == 0 or seen[part].mean() >= FOLLOWED for part in parts[:-1]]
    known = np.array([*enough, True])
    for name, number in read_followed.items():
        value = np.array([number(each) for each in found])
        values[name] = np.where(known | np.isnan(value), value, np.inf)
    return values


def median(found: Incidence) -> float:
    """Median duration; infinite if fewer than half of the cases have ended."""
    return found.quantile(0.5)


def p90(found: Incidence) -> float:
    """90 % quantile of the durations; infinite if fewer have ended."""
    return found.quantile(0.9)


def median_given_end(found: Incidence) -> float:
    """Median duration of the cases that end in the way in question."""
    return found.conditional_quantile(0.5)


def p90_given_end(found: Incidence) -> float:
    """90 % quantile of the durations of the cases that end in the way in question."""
    return found.conditional_quantile(0.9)
