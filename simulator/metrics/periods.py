"""Months and the measured period: counting, levels and time integrals, all periods at once.

A period excludes its first instant and includes its last one, so that what is booked at a
month's end (pay, advertising, health) belongs to that month and the starting state to none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simulator.organization.journal import DAYS_PER_MONTH, Facts

Floats = NDArray[np.float64]


def ratio(numerator: ArrayLike, denominator: ArrayLike) -> Floats:
    """Divide element by element; a zero or missing denominator gives NaN (missing), never 0."""
    top = np.asarray(numerator, dtype=np.float64)
    bottom = np.asarray(denominator, dtype=np.float64)
    share: Floats = np.full(np.broadcast_shapes(top.shape, bottom.shape), np.nan)
    np.divide(top, bottom, out=share, where=bottom != 0.0)
    return share


def running_level(times: Floats, amounts: Floats | None, at: Floats) -> Floats:
    """Sum of the amounts (1 each if None) up to and including each instant; times sorted."""
    position = np.searchsorted(times, at, side="right")
    if amounts is None:
        return position.astype(np.float64)
    return np.concatenate(([0.0], np.cumsum(amounts)))[position]


def running_integral(times: Floats, amounts: Floats | None, at: Floats) -> Floats:
    """Integral of :func:`running_level` from the first event to each instant; times sorted."""
    position = np.searchsorted(times, at, side="right")
    weights = np.ones(len(times)) if amounts is None else amounts
    level = np.concatenate(([0.0], np.cumsum(weights)))[position]
    moment = np.concatenate(([0.0], np.cumsum(weights * times)))[position]
    return level * at - moment


def _months(horizon: float) -> tuple[Floats, Floats]:
    """Start and end of every month until the horizon, the last one perhaps unfinished."""
    starts = np.arange(0.0, np.ceil(horizon / DAYS_PER_MONTH)) * DAYS_PER_MONTH
    return starts, np.minimum(starts + DAYS_PER_MONTH, horizon)


_ROUNDING = 1e-12


@dataclass(frozen=True, slots=True)
class Periods:
    """Several periods (``lower``, ``upper``], measured in one pass each.

    Attributes
    ----------
    lower, upper : ndarray of float64
        Bounds in business days.
    measured : bool
        Whether the last one is the measured period, and no month.
    """

    lower: Floats
    upper: Floats
    measured: bool = True

    @classmethod
    def of(cls, facts: Facts) -> Periods:
        """Every month of the run, then (last) the measured period after the warm-up."""
        horizon = max(facts.horizon_days, 0.0)
        warm_up = min(max(facts.warm_up_days, 0.0), horizon)
        starts, ends = _months(horizon)
        return cls(np.append(starts, warm_up), np.append(ends, horizon))

    @classmethod
    def some(cls, facts: Facts, months: Sequence[int]) -> Periods:
        """Only the months named (from 1) of :meth:`of`, then (last) the measured period.

        Raises
        ------
        ValueError
            If the run has no such month.
        """
        every = cls.of(facts)
        beyond = [month for month in months if not 1 <= month < len(every)]
        if beyond:
            raise ValueError(f"the run has months 1 to {len(every) - 1}, not {beyond[0]}")
        at = np.array([*months, len(every)], dtype=np.int64) - 1
        return cls(every.lower[at], every.upper[at])

    def __len__(self) -> int:
        return len(self.lower)

    @property
    def months(self) -> Periods:
        """All but the last: the months without the measured period."""
        return Periods(self.lower[:-1], self.upper[:-1], measured=False)

    @property
    def days(self) -> Floats:
        """Length of each period in business days."""
        return self.upper - self.lower

    @property
    def nothing(self) -> Floats:
        """One NaN per period: for a metric that has no meaning in this company."""
        return np.full(len(self), np.nan)

    def sum(self, times: Floats, amounts: Floats | None = None) -> Floats:
        """Sum of the amounts (or number of events) in each period; times sorted."""
        upper = running_level(times, amounts, self.upper)
        return upper - running_level(times, amounts, self.lower)

    def sum_by(self, times: Floats, amounts: Floats | NDArray[np.bool_]) -> Floats:
        """Like :meth:`sum` for times in any order."""
        order = np.argsort(times, kind="stable")
        return self.sum(times[order], amounts[order].astype(np.float64))

    def level(self, times: Floats, amounts: Floats | None = None) -> Floats:
        """Sum of all amounts up to each period's end; times sorted."""
        return running_level(times, amounts, self.upper)

    def integral(self, times: Floats, amounts: Floats | None = None) -> Floats:
        """Integral of the level over each period; times sorted."""
        upper = running_integral(times, amounts, self.upper)
        return upper - running_integral(times, amounts, self.lower)

    def presence(self, starts: Floats, ends: Floats, weights: Floats | None = None) -> Floats:
        """Time that the intervals [start, end] spend inside each period, weighted, summed."""
        entering, leaving = np.argsort(starts, kind="stable"), np.argsort(ends, kind="stable")
        came = None if weights is None else weights[entering]
        went = None if weights is None else weights[leaving]
        entered = self.integral(starts[entering], came)
        present = entered - self.integral(ends[leaving], went)
        # Large integrals that cancel leave their rounding; nobody there is nobody there.
        none = np.abs(present) <= _ROUNDING * np.abs(entered)
        return np.where(none, 0.0, present)

    def month_starts(self, times: Floats, amounts: Floats | None = None) -> Floats:
        """Level at the start of each month times the month's length, summed, in months.

        The denominator of monthly rates: an unfinished month counts with the part that has
        passed, and the measured period as the sum of its months.
        """
        starts, ends = self.lower[:-1], self.upper[:-1]
        monthly = running_level(times, amounts, starts) * (ends - starts)
        starts, ends = _months(self.upper[-1])  # all of them, whichever are asked for
        measured = np.maximum(starts, self.lower[-1])
        length = np.maximum(ends - measured, 0.0)
        total = float(np.sum(running_level(times, amounts, measured) * length))
        return np.append(monthly, total) / DAYS_PER_MONTH

    def slices(self, sorted_times: Floats) -> Iterator[slice]:
        """Where each period's events stand among sorted times."""
        first = np.searchsorted(sorted_times, self.lower, side="right")
        last = np.searchsorted(sorted_times, self.upper, side="right")
        return (slice(i, j) for i, j in zip(first.tolist(), last.tolist(), strict=True))
