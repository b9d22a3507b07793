"""What several replications say about a number: how large, how sure, and whether it differs.

Everything here takes one value per replication, and knows nothing of what the numbers mean. It is
NaN where there is none, and left out. It is infinite where it is longer than what was seen: then
nothing is said of any replication, since the others are those that went fast. Values of two
scenarios are paired by their place: the same replication has the same luck in both.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats
from scipy.special import ndtr, stdtr, stdtrit

from simulator.metrics.definitions import Better

Floats = NDArray[np.float64]

CONFIDENCE = 0.95
_UPPER = 0.5 + CONFIDENCE / 2.0
_RESAMPLES = 4999
# With fewer values the bootstrap misses too often (91 % at five, 73 % at three, for normal
# values); with more it costs seconds and says the same as Student's t.
FEWEST_BOOTSTRAPPED, MOST_BOOTSTRAPPED = 8, 500


@dataclass(frozen=True, slots=True)
class Estimate:
    """What several replications say about one number.

    Attributes
    ----------
    mean : float
        Over the replications in which the number is not missing; NaN if it always is, or if it is
        infinite in one of them.
    low, high : float or None
        Bounds of the 95 % interval of the mean, by Student's t unless its maker says otherwise;
        None with fewer than two values.
    n : int
        Number of replications in which the number is known.
    """

    mean: float
    low: float | None
    high: float | None
    n: int

    @classmethod
    def of(cls, values: Sequence[float] | Floats) -> Estimate:
        """Estimate from one value per replication; NaN is missing."""
        mean, low, high, n = estimates(np.asarray(values, dtype=np.float64)[:, None])
        single = not np.isfinite(low[0])
        return cls(
            float(mean[0]),
            None if single else float(low[0]),
            None if single else float(high[0]),
            int(n[0]),
        )


def estimates(values: Floats) -> tuple[Floats, ...]:
    """Mean, lower and upper bound and number of values of each column (one row a replication)."""
    known = np.isfinite(values)
    n = known.sum(axis=0).astype(np.float64)
    filled = np.where(known, values, 0.0)
    nothing = np.full(values.shape[1], np.nan)
    mean = np.divide(filled.sum(axis=0), n, out=nothing.copy(), where=n > 0.0)
    mean[np.isinf(values).any(axis=0)] = np.nan
    squares = np.where(known, (filled - mean) ** 2, 0.0).sum(axis=0)
    variance = np.divide(squares, n - 1.0, out=nothing.copy(), where=n > 1.0)
    quantile = np.full_like(n, np.nan)
    quantile[n > 1.0] = stdtrit(n[n > 1.0] - 1.0, _UPPER)
    half = quantile * np.sqrt(np.divide(variance, n, out=nothing.copy(), where=n > 1.0))
    return mean, mean - half, mean + half, n


# ------------------------------------------------------------------ skewed numbers and ratios


def bca(values: ArrayLike) -> Estimate:
    """Estimate the mean of a skewed number, such as a quantile or a ratio of each run.

    The interval is the bias-corrected and accelerated bootstrap (Efron 1987) at levels widened
    for small samples, Phi(-sqrt(n / (n - 1)) t) with Student's t of n - 1 degrees of freedom
    (Hesterberg 2015, American Statistician 69, section 5.3). It draws from a fixed seed, so the
    same values give the same interval. With fewer than 8 values, where the bootstrap misses too
    often, and with more than 500, where nothing is left to correct, it is Student's t.

    Parameters
    ----------
    values : array_like of float, shape (replications,)
        NaN is missing.
    """
    return _bootstrapped(lambda mean: mean, values)


def relative_difference(reference: ArrayLike, other: ArrayLike) -> Estimate:
    """Estimate the difference of two means in proportion to the size of the first.

    mean(other - reference) / |mean(reference)|: its sign is that of the difference even if the
    reference is a loss. The interval is that of :func:`bca`, from whole pairs; with fewer than
    8 or more than 500 of them Student's t around a jackknife (Tukey 1958).

    Parameters
    ----------
    reference, other : array_like of float, shape (replications,)
        NaN is missing.

    Returns
    -------
    Estimate
        Of NaN where it has no meaning: the 95 % interval of the reference's mean contains 0.
    """
    first, second = _rows(reference, other)
    base = Estimate.of(first)
    low, high = (base.mean if bound is None else bound for bound in (base.low, base.high))
    if low <= 0.0 <= high:
        return Estimate(float("nan"), None, None, base.n)
    return _bootstrapped(lambda change, size: change / np.abs(size), second - first, first)


def _bootstrapped(statistic: Callable[..., Floats], *columns: ArrayLike) -> Estimate:
    """Estimate a function of the means of columns whose rows belong together."""
    rows = _rows(*columns)
    n = rows.shape[1]
    if n == 0:
        return Estimate(float("nan"), None, None, 0)
    value = float(statistic(*rows.mean(axis=1)))
    if n == 1:
        return Estimate(value, None, None, 1)
    without_one = statistic(*((rows.sum(axis=1, keepdims=True) - rows) / (n - 1)))
    if np.ptp(without_one) <= 1e-12 * abs(value):
        return Estimate(value, value, value, n)  # nothing varies but the last digit
    t = float(stdtrit(n - 1, _UPPER))
    if FEWEST_BOOTSTRAPPED <= n <= MOST_BOOTSTRAPPED:
        low, high = _bca_bounds(statistic, rows, float(ndtr(-np.sqrt(n / (n - 1)) * t)))
        if np.isfinite(low) and np.isfinite(high):
            return Estimate(value, low, high, n)
    squares = float(((without_one - without_one.mean()) ** 2).sum())
    half = t * float(np.sqrt((n - 1) / n * squares))
    return Estimate(value, value - half, value + half, n)


def _bca_bounds(
    statistic: Callable[..., Floats], rows: Floats, level: float
) -> tuple[float, float]:
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        # Of samples that vary too little for it; the bounds are NaN then, and not used.
        warnings.simplefilter("ignore", stats.DegenerateDataWarning)
        found = stats.bootstrap(
            tuple(rows),
            lambda *samples, axis: statistic(*(np.mean(each, axis=axis) for each in samples)),
            n_resamples=_RESAMPLES,
            paired=True,
            vectorized=True,
            confidence_level=1.0 - 2.0 * level,
            method="BCa",
            rng=np.random.default_rng(0),
        ).confidence_interval
    return float(found.low), float(found.high)


# ------------------------------------------------------------------ pairs


def paired_p(differences: ArrayLike) -> float:
    """Two-sided p-value of Student's paired t test that the mean difference is 0.

    Parameters
    ----------
    differences : array_like of float, shape (replications,)
        NaN is missing.

    Returns
    -------
    float
        1 if all differences are 0, 0 if all are the same other number; NaN with fewer than two.
    """
    known = _rows(differences)[0]
    n = len(known)
    if n < 2:
        return float("nan")
    mean, error = float(known.mean()), float(known.std(ddof=1)) / n**0.5
    if error <= 1e-12 * abs(mean):
        return 1.0 if mean == 0.0 else 0.0
    return 2.0 * float(stdtr(n - 1, -abs(mean) / error))


def holm(p_values: ArrayLike) -> Floats:
    """Adjust p-values for having asked several questions (Holm 1979, step down).

    Calling a difference where the adjusted value is at most 5 % claims a difference that does
    not exist, anywhere among the questions, in at most 5 % of experiments.

    Parameters
    ----------
    p_values : array_like of float
        NaN where there is none; it stays NaN and counts as no question.

    Returns
    -------
    ndarray of float64
        In the same order.
    """
    given = np.asarray(p_values, dtype=np.float64)
    adjusted = np.full_like(given, np.nan)
    order = np.argsort(given, kind="stable")  # NaN last
    asked = order[: int(np.isfinite(given).sum())]
    factors = np.arange(len(asked), 0, -1)
    adjusted[asked] = np.minimum(np.maximum.accumulate(factors * given[asked]), 1.0)
    return adjusted


def variance_reduction(reference: ArrayLike, other: ArrayLike) -> float:
    """How many times smaller pairing makes the variance of the difference.

    Without common luck the variance would be the sum of both: (var a + var b) / var(b - a).

    Parameters
    ----------
    reference, other : array_like of float, shape (replications,)
        NaN is missing.

    Returns
    -------
    float
        Infinite if the difference is always the same; NaN if neither number varies, or with
        fewer than two pairs.
    """
    first, second = _rows(reference, other)
    if len(first) < 2:
        return float("nan")
    apart = float(first.var(ddof=1) + second.var(ddof=1))
    together = float((second - first).var(ddof=1))
    if together <= 1e-24 * apart:
        return float("inf") if apart > 0.0 else float("nan")
    return apart / together


def share_better(reference: ArrayLike, other: ArrayLike, better: Better) -> Estimate | None:
    """Share of the replications in which the other scenario is the better one; ties count half.

    Parameters
    ----------
    reference, other : array_like of float, shape (replications,)
        NaN is missing.
    better : {"higher", "lower", "neither"}
        Which direction of the number is good.

    Returns
    -------
    Estimate or None
        With the interval of :func:`jeffreys`; None if neither direction is good.
    """
    if better == "neither":
        return None
    first, second = _rows(reference, other)
    n = len(first)
    if n == 0:
        return jeffreys(float("nan"), 0)
    gain = second - first if better == "higher" else first - second
    wins = float((gain > 0.0).sum()) + 0.5 * float((gain == 0.0).sum())
    return jeffreys(wins / n, n)


def jeffreys(share: float, n: int) -> Estimate:
    """Estimate a share of n replications; its interval also holds near 0 and 1.

    Jeffreys' interval (Brown, Cai & DasGupta 2001); none with fewer than two replications or
    where the share is missing.

    Parameters
    ----------
    share : float
        NaN is missing.
    n : int
    """
    if n < 2 or not np.isfinite(share):
        return Estimate(share, None, None, n)
    wins = share * n
    low = 0.0 if share == 0.0 else float(stats.beta.ppf(1.0 - _UPPER, wins + 0.5, n - wins + 0.5))
    high = 1.0 if share == 1.0 else float(stats.beta.ppf(_UPPER, wins + 0.5, n - wins + 0.5))
    return Estimate(share, low, high, n)


def _rows(*columns: ArrayLike) -> Floats:
    """Columns without the replications in which one of them is missing; shape (columns, n).

    Without any if one is infinite.
    """
    rows = np.array([np.asarray(each, dtype=np.float64) for each in columns])
    if np.isinf(rows).any():
        return rows[:, :0]
    known: Floats = rows[:, np.isfinite(rows).all(axis=0)]
    return known
