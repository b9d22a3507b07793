"""The likelihood of a law of durations, and its maximum, on durations seen in part.

A duration is known exactly, or within an interval (recorded in whole days), or only from below
(still open); a case seen late counts from its entry on (left truncation). Equal values are put
together, and very many different ones into narrow classes, so that a million take no longer than
a thousand.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.calibration.estimating.laws import Ages, Law, Shape
from simulator.calibration.estimating.survival import CENSORED
from simulator.calibration.records import Floats
from simulator.calibration.working_time import BUSINESS_DAYS_A_WEEKDAY

_MOST_VALUES = 1500
_TINY = 1e-300
_LEAST_INFORMATION = 1e-3
_NONE = 1e9  # cost of a place at which there is no likelihood
_ENOUGH = 1e-7  # a step that gains less log-likelihood is the last one
_MOST_STEPS, _LONGEST_STEP, _FLAT = 40, 2.0, 1e-5


@dataclass(frozen=True, slots=True)
class Sample:
    """Durations, put together by value.

    Attributes
    ----------
    exact, exact_weight : ndarray of float64
        Durations known exactly, and how many cases stand for each.
    low, high, between_weight : ndarray of float64
        Durations known to lie within (low, high].
    still, still_weight : ndarray of float64
        Ages at which cases were last seen open.
    late, late_weight : ndarray of float64
        Ages at which cases came under observation, where that was not at their start.
    """

    exact: Ages
    exact_weight: Floats
    low: Ages
    high: Ages
    between_weight: Floats
    still: Ages
    still_weight: Floats
    late: Ages
    late_weight: Floats

    @property
    def events(self) -> float:
        """How many ended."""
        return float(self.exact_weight.sum() + self.between_weight.sum())

    @property
    def values(self) -> int:
        """Count the different durations that ended."""
        return len(self.exact_weight) + len(self.between_weight)

    def log_likelihood(self, law: Law, place: Floats) -> float:
        """Return the logarithm of the likelihood; minus infinity where it is none."""
        total = 0.0
        if len(self.exact_weight):
            total += float(self.exact_weight @ law.log_density(place, self.exact))
        if len(self.between_weight):
            mass = law.survival(place, self.low) - law.survival(place, self.high)
            total += float(self.between_weight @ np.log(np.maximum(mass, _TINY)))
        if len(self.still_weight):
            left = law.survival(place, self.still)
            total += float(self.still_weight @ np.log(np.maximum(left, _TINY)))
        if len(self.late_weight):
            left = law.survival(place, self.late)
            total -= float(self.late_weight @ np.log(np.maximum(left, _TINY)))
        return total if math.isfinite(total) else -math.inf

    def shape(self, share: float) -> Shape:
        """Make what starting points need; `share` ended when observation stopped."""
        middle = np.maximum((self.low.plain + self.high.plain) / 2.0, _TINY)
        values = np.concatenate((self.exact.plain, middle))
        weights = np.concatenate((self.exact_weight, self.between_weight))
        exposure = float(values @ weights + self.still.plain @ self.still_weight)
        exposure -= float(self.late.plain @ self.late_weight)
        return Shape(np.log(values), weights, max(exposure, _TINY) / self.events, share)


def sample_of(entry: Floats, exits: Floats, event: NDArray[np.integer], whole_days: bool) -> Sample:
    """Put durations together.

    Parameters
    ----------
    entry, exits : ndarray of float64, (n,)
        Not negative, entry < exit where entry > 0.
    event : ndarray, (n,)
        0: still open at its exit.
    whole_days : bool
        Durations are whole days: in truth up to half a day shorter or longer. A zero is known to
        be short in any case, never to be exactly none.
    """
    over = event == CENSORED
    values, weights = np.unique(exits[~over], return_counts=True)
    weight = weights.astype(np.float64)
    if whole_days:
        half = day_of(values) / 2.0
        low, high, between = np.maximum(values - half, 0.0), values + half, weight
        values, weight = values[:0], weight[:0]
    else:
        positive = values > 0.0
        least = float(values[positive][0]) / 2.0 if positive.any() else 0.5
        between = weight[~positive]
        low, high = np.zeros(len(between)), np.full(len(between), least)
        values, weight = _classed(values[positive], weight[positive], logarithmic=True)
    still, still_weight = _alike(exits[over])
    late, late_weight = _alike(entry)
    return Sample(
        Ages.of(values), weight, Ages.of(low), Ages.of(high), between,
        Ages.of(still), still_weight, Ages.of(late), late_weight,
    )  # fmt: skip


def day_of(values: Floats) -> float:
    """Return how long a day is on the scale of the values: 1, or a weekday in business days."""
    whole = np.abs(values - np.round(values)).max(initial=0.0) < 1e-6
    return 1.0 if whole else BUSINESS_DAYS_A_WEEKDAY


def _alike(ages: Floats) -> tuple[Floats, Floats]:
    """Positive ages, put together; at 0 nothing has ended yet, so that such a case says nothing."""
    values, counts = np.unique(ages[ages > 0.0], return_counts=True)
    return _classed(values, counts.astype(np.float64), logarithmic=False)


def _classed(values: Floats, weight: Floats, logarithmic: bool) -> tuple[Floats, Floats]:
    """Put neighbours together where there are very many; each class at its mean."""
    if len(values) <= _MOST_VALUES:
        return values, weight
    scale = np.log(values) if logarithmic else values
    width = (scale[-1] - scale[0]) / _MOST_VALUES
    number = np.minimum(((scale - scale[0]) / width).astype(np.int64), _MOST_VALUES - 1)
    total = np.bincount(number, weight)
    mean = np.bincount(number, weight * scale)[total > 0.0] / total[total > 0.0]
    found: Floats = np.exp(mean) if logarithmic else mean
    return found, total[total > 0.0].astype(np.float64)


@dataclass(frozen=True, slots=True)
class Maximum:
    """Where the likelihood of a law is greatest.

    Attributes
    ----------
    law : Law
    place : ndarray of float64, (p,)
    log_likelihood : float
    covariance : ndarray of float64, (p, p)
        Of the parameters: inverse of the observed information. A direction of which the data say
        next to nothing gets a very wide, but finite, error.
    """

    law: Law
    place: Floats
    log_likelihood: float
    covariance: Floats

    def error_of(self, function: Floats) -> float:
        """Return the standard error of a function of the parameters with this gradient."""
        return math.sqrt(max(float(function @ self.covariance @ function), 0.0))


def maximize(law: Law, sample: Sample, share: float) -> Maximum | None:
    """Find the maximum of the likelihood from several starts.

    Parameters
    ----------
    law : Law
    sample : Sample
    share : float
        That had ended when observation stopped, by the nonparametric curve.

    Returns
    -------
    Maximum or None
        None where no start led to a finite likelihood.
    """
    shape = sample.shape(share)
    limits = law.limits(shape)
    lows, highs = (np.array(side) for side in zip(*limits, strict=True))
    events = sample.events

    def cost(place: Floats) -> float:
        value = -sample.log_likelihood(law, place) / events
        return value if math.isfinite(value) else 10.0 * _NONE

    best: tuple[float, Floats] | None = None
    for start in law.starts(shape):
        inside = np.clip(np.array(start, dtype=np.float64), lows, highs)
        value, place = _descend(cost, inside, lows, highs, _ENOUGH / events)
        if value < _NONE and (best is None or value < best[0]):
            best = value, place
    if best is None:
        return None
    value, place = best
    _, curvature = _derivatives(cost, place)
    information = _turned_up(curvature * events, _LEAST_INFORMATION)
    covariance: Floats = np.asarray(np.linalg.inv(information), dtype=np.float64)
    return Maximum(law, place, -value * events, covariance)


def _descend(
    cost: Callable[[Floats], float], start: Floats, lows: Floats, highs: Floats, enough: float
) -> tuple[float, Floats]:
    """Newton's method within walls; where the cost curves down it goes down all the same.

    Written out because the library's search for walls wakes every processor for matrices of six
    by six, which takes ten times as long as all the rest.
    """
    place, value = start, cost(start)
    for _ in range(_MOST_STEPS):
        slope, curvature = _derivatives(cost, place)
        held = (place <= lows) & (slope > 0.0) | (place >= highs) & (slope < 0.0)
        free = np.flatnonzero(~held)
        if not len(free):
            break
        sizes, directions = np.linalg.eigh(curvature[np.ix_(free, free)])
        along = directions.T @ slope[free]
        step = np.zeros(len(place))
        step[free] = directions @ (along / np.maximum(np.abs(sizes), _FLAT))
        step *= min(1.0, _LONGEST_STEP / max(float(np.abs(step).max()), 1e-300))
        for _ in range(12):
            moved = np.clip(place - step, lows, highs)
            after = cost(moved)
            if after < value:
                break
            step = step / 3.0
        if not after < value:
            break
        gain, value, place = value - after, after, moved
        if gain < enough:
            break
    return value, place


def _derivatives(cost: Callable[[Floats], float], place: Floats) -> tuple[Floats, Floats]:
    """Gradient and second derivatives by central differences."""
    n, step = len(place), 1e-4
    moves = np.eye(n) * step
    here = cost(place)
    up = np.array([cost(place + move) for move in moves])
    down = np.array([cost(place - move) for move in moves])
    second = np.diag(up + down - 2.0 * here) / step**2
    for i in range(n):
        for j in range(i):
            both = cost(place + moves[i] + moves[j]) + cost(place - moves[i] - moves[j])
            mixed = both - up[i] - down[i] - up[j] - down[j] + 2.0 * here
            second[i, j] = second[j, i] = mixed / (2.0 * step**2)
    return (up - down) / (2.0 * step), second


def _turned_up(matrix: Floats, least: float) -> Floats:
    """Return the matrix with no direction in which it is flat or falls."""
    values, vectors = np.linalg.eigh(matrix)
    found: Floats = (vectors * np.maximum(values, least)) @ vectors.T
    return found
