"""Intervals of the plainest estimates: rates, shares, quantiles, ratios.

Each returns an :class:`~simulator.calibration.estimates.Estimate` with an interval that covers at
about the nominal rate also for few cases, where the usual "plus or minus two errors" does not.
"""

from __future__ import annotations

import math

import numpy as np
from scipy import stats

from simulator.calibration.estimates import CONFIDENCE, Estimate
from simulator.calibration.records import Floats
from simulator.languages.messages import say

_TAIL = (1.0 - CONFIDENCE) / 2.0
_NORMAL = float(stats.norm.ppf(1.0 - _TAIL))


def rate(
    key: str,
    count: int,
    exposure: float,
    unit: str,
    dispersion: float = 1.0,
    freedom: float = math.inf,
    method: str = "",
) -> Estimate:
    """Estimate a rate from a count.

    Parameters
    ----------
    key, unit : str
    count : int
    exposure : float
        Time (or person-time) over which was counted; above 0.
    dispersion : float
        Variance of the count over its mean; taken as 1 where it is less.
    freedom : float
        Degrees of freedom from which the dispersion is known.
    method : str
        Words for the report; made from the rest if empty.

    Returns
    -------
    Estimate
        With the interval of a gamma distribution (Jeffreys) for count / dispersion.
    """
    wide = max(dispersion, 1.0)
    tail = _TAIL
    if freedom < math.inf:
        tail = float(stats.norm.sf(stats.t.ppf(1.0 - _TAIL, max(freedom, 1.0))))
    shape = count / wide + 0.5
    low = float(stats.gamma.ppf(tail, shape)) if count else 0.0
    high = float(stats.gamma.isf(tail, shape))
    words = method or (
        say("count over time, variance {times} times the mean", times=f"{wide:.1f}")
        if wide > 1.0 else say("count over time, Poisson")
    )  # fmt: skip
    scale = wide / exposure
    return Estimate(key, count / exposure, low * scale, high * scale, count, unit, words, "log")


def share(
    key: str,
    part: int,
    whole: int,
    method: str = "",
    dispersion: float = 1.0,
) -> Estimate:
    """Estimate a share (Wilson 1927).

    Parameters
    ----------
    key : str
    part, whole : int
        Cases that count, and all cases; whole above 0.
    method : str
        Words for the report; "share, Wilson interval" if empty.
    dispersion : float
        Variance of the count over that of independent cases; taken as 1 where it is less.
    """
    value = part / whole
    size = whole / max(dispersion, 1.0)
    square = _NORMAL**2
    middle = (value + square / (2.0 * size)) / (1.0 + square / size)
    half = (
        _NORMAL
        / (1.0 + square / size)
        * math.sqrt(value * (1.0 - value) / size + square / (4.0 * size**2))
    )
    low = 0.0 if part == 0 else max(middle - half, 0.0)
    high = 1.0 if part == whole else min(middle + half, 1.0)
    words = method or say("share, Wilson interval")
    return Estimate(key, value, low, high, whole, "share", words, "logit")


def quantile(key: str, values: Floats, at: float, unit: str) -> Estimate | None:
    """Estimate a quantile of a positive number.

    Parameters
    ----------
    key, unit : str
    values : ndarray of float64, (n,)
        All above 0.
    at : float
        Which quantile, 0 < at < 1.

    Returns
    -------
    Estimate or None
        Between order statistics; with too few values for that, from the logarithms' mean and
        deviation (exact for a lognormal law). None with fewer than two values.
    """
    n = len(values)
    if n < 2:
        return None
    ordered = np.sort(values)
    value = float(np.quantile(ordered, at))
    below = int(stats.binom.ppf(_TAIL, n, at))
    above = int(stats.binom.ppf(1.0 - _TAIL, n, at)) + 1
    if below >= 1 and above <= n:
        low, high = float(ordered[below - 1]), float(ordered[above - 1])
        return Estimate(key, value, low, high, n, unit, say("quantile, order statistics"), "log")
    logs = np.log(ordered)
    spread = float(logs.std(ddof=1))
    place = float(stats.norm.ppf(at)) * math.sqrt(n)
    low, high = (
        math.exp(float(logs.mean()) + spread / math.sqrt(n) * float(bound))
        for bound in (
            stats.nct.ppf(_TAIL, n - 1, place),
            stats.nct.ppf(1.0 - _TAIL, n - 1, place),
        )
    )
    return Estimate(
        key, value, min(low, value), max(high, value), n, unit,
        say("quantile, interval of a lognormal law (few values)"), "log",
    )  # fmt: skip


def ratio(
    key: str, tops: Floats, bottoms: Floats, unit: str, n: int, method: str
) -> Estimate | None:
    """Estimate a ratio of totals over units that belong together (persons, leads, weeks).

    Parameters
    ----------
    key, unit : str
    tops, bottoms : ndarray of float64, (units,)
        What is counted and over what, of each unit; bottoms above 0.
    n : int
        Cases behind it.
    method : str

    Returns
    -------
    Estimate or None
        With the error between units, by Student's t on the log scale. None without two units,
        and where nothing was counted.
    """
    units, total, whole = len(tops), float(tops.sum()), float(bottoms.sum())
    if units < 2 or total <= 0.0:
        return None
    value = total / whole
    squares = float(((tops - value * bottoms) ** 2).sum())
    error = math.sqrt(squares * units / (units - 1)) / total
    half = float(stats.t.ppf(1.0 - _TAIL, units - 1)) * error
    return Estimate(
        key, value, value * math.exp(-half), value * math.exp(half), n, unit, method, "log"
    )
