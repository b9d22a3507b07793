"""Designs and figures of sensitivity analysis on plain arrays: Morris, Sobol', samples.

A position is 0 at the low end of an assumption's range and 1 at the high end.

Sources: Morris 1991 (elementary effects), Campolongo, Cariboni & Saltelli 2007 (mu*), Saltelli
et al. 2010 (estimators of Sobol' indices), Cochran 1977 (double sampling).
"""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from scipy.stats import qmc

from simulator.experiment.statistics import CONFIDENCE, Estimate, estimates

Floats = NDArray[np.float64]

LEVELS = 4
_STEP = LEVELS / (2.0 * (LEVELS - 1.0))
_RESAMPLES = 999


@dataclass(frozen=True, slots=True)
class Trajectory:
    """A walk through the space that moves one assumption at a time.

    Attributes
    ----------
    points : ndarray, shape (moves + 1, assumptions)
        Positions.
    moved : ndarray of int, shape (moves,)
        Which assumption each step moves.
    """

    points: Floats
    moved: NDArray[np.int64]


def trajectory(size: int, moved: NDArray[np.int64], rng: np.random.Generator) -> Trajectory:
    """Draw one walk of Morris' design on four levels.

    Parameters
    ----------
    size : int
        Number of assumptions.
    moved : ndarray of int
        Those that are moved, each once; the others stay where they are drawn.
    rng : numpy.random.Generator
    """
    start = rng.integers(0, LEVELS // 2, size) / (LEVELS - 1.0)
    # Half of them begin at the upper end of their step and move down.
    down = rng.random(size) < 0.5
    start[down] += _STEP
    order = rng.permutation(moved)
    points = np.tile(start, (len(order) + 1, 1))
    for step, which in enumerate(order, start=1):
        points[step:, which] += -_STEP if down[which] else _STEP
    return Trajectory(points, order)


@dataclass(frozen=True, slots=True)
class Effects:
    """What elementary effects say, one value per assumption; NaN where it is not known.

    Attributes
    ----------
    mu, low, high : ndarray
        Mean effect of going through the whole range, and its 95 % interval (Student's t).
    mu_star : ndarray
        Mean size of the effects that were seen: it counts also what pushes up here and down there.
        Infinite where one leads beyond what was seen: no effect is stronger.
    sigma : ndarray
        Their standard deviation: interactions, curvature and luck.
    n : ndarray
        Number of effects.
    """

    mu: Floats
    low: Floats
    high: Floats
    mu_star: Floats
    sigma: Floats
    n: Floats


def effects_of(effects: Floats, beyond: NDArray[np.bool_]) -> Effects:
    """Sum up elementary effects.

    Parameters
    ----------
    effects : ndarray, shape (trajectories, assumptions)
        NaN where there is none; infinite where an outcome is longer than what was seen.
    beyond : ndarray of bool, shape (assumptions,)
        Those that lead there.
    """
    mu, low, high, n = estimates(effects)
    sizes = np.where(np.isinf(effects), np.nan, np.abs(effects))
    size = np.where(beyond, np.inf, estimates(sizes)[0])
    squares = np.where(np.isnan(mu), np.nan, np.nansum((effects - mu) ** 2, axis=0))
    sigma = np.sqrt(np.divide(squares, n - 1.0, out=np.full_like(mu, np.nan), where=n > 1.0))
    return Effects(mu, low, high, size, sigma, n)


def paired_samples(n: int, size: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Draw the two independent samples A and B of Saltelli's design.

    At random: with a Sobol' sequence of few rows some columns of A and B are correlated, which
    biases the shares and which a bootstrap over rows cannot see. Over 250 repetitions of 32 rows
    of six factors its intervals covered some shares in 72 % of cases, those of random rows in 90
    to 96 %.

    Parameters
    ----------
    n : int
        Rows of each.
    size : int
        Number of assumptions, at least 1.
    rng : numpy.random.Generator
    """
    both = rng.random((n, 2 * size))
    return both[:, :size], both[:, size:]


@dataclass(frozen=True, slots=True)
class Shares:
    """Shares of variance, one value per factor.

    Attributes
    ----------
    first, first_low, first_high : ndarray
        What a factor explains alone, and its 95 % interval (bootstrap over rows; NaN if none).
    total, total_low, total_high : ndarray
        What it explains together with others.
    n : int
        Rows used.
    """

    first: Floats
    first_low: Floats
    first_high: Floats
    total: Floats
    total_low: Floats
    total_high: Floats
    n: int


def shares_of(f_a: Floats, f_b: Floats, f_ab: Floats, rng: np.random.Generator) -> Shares | None:
    """Estimate first-order and total Sobol' indices.

    Parameters
    ----------
    f_a, f_b : ndarray, shape (n,)
        Output at the rows of A and of B.
    f_ab : ndarray, shape (factors, n)
        Output at the rows of A with one factor taken from B; at least two factors.
    rng : numpy.random.Generator
        Of the bootstrap.

    Returns
    -------
    Shares or None
        Rows in which an output is missing are left out, and then as many that a power of two
        remains; None if fewer than four remain, or if an output is infinite.
    """
    if any(np.isinf(each).any() for each in (f_a, f_b, f_ab)):
        return None
    rows = np.flatnonzero(np.isfinite(f_a) & np.isfinite(f_b) & np.isfinite(f_ab).all(axis=0))
    if len(rows) < 4:
        return None
    rows = rows[: 2 ** int(np.log2(len(rows)))]
    n = len(rows)
    known: dict[Literal["f_A", "f_B", "f_AB"], Floats] = {
        "f_A": f_a[None, rows],
        "f_B": f_b[None, rows],
        "f_AB": f_ab[:, None, rows],
    }
    found = stats.sobol_indices(func=known, n=n)
    first, total = np.atleast_1d(found.first_order), np.atleast_1d(found.total_order)
    nothing = np.full((2, len(first)), np.nan)
    low, high = nothing, nothing
    if np.ptp(np.concatenate([f_a[rows], f_b[rows]])) > 0.0:
        low, high = _bootstrapped(f_a[rows], f_b[rows], f_ab[:, rows], rng)
    return Shares(first, low[0], high[0], total, low[1], high[1], n)


def _bootstrapped(
    f_a: Floats, f_b: Floats, f_ab: Floats, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Bounds of both kinds of indices, shape (2, factors).

    SciPy's own SobolResult.bootstrap takes its chance from a global generator, so that the same
    command would not print the same interval twice; this is the same bootstrap with ours.
    """

    def indices(rows: NDArray[np.int64]) -> Floats:
        a, b, ab = f_a[rows], f_b[rows], f_ab[:, rows]
        both = np.concatenate([a, b])
        mean, variance = both.mean(), both.var()
        first = ((b - mean) * (ab - a)).mean(axis=-1) / variance
        total = 0.5 * ((a - ab) ** 2).mean(axis=-1) / variance
        return np.stack([first, total])

    with warnings.catch_warnings(), np.errstate(all="ignore"):
        # A factor without effect has no spread: its bounds are missing, which is reported.
        warnings.simplefilter("ignore")
        bounds = stats.bootstrap(
            (np.arange(len(f_a)),), indices, n_resamples=_RESAMPLES, vectorized=False,
            confidence_level=CONFIDENCE, method="BCa", random_state=rng,
        ).confidence_interval  # fmt: skip
    return np.asarray(bounds.low), np.asarray(bounds.high)


def spread_points(n: int, size: int, rng: np.random.Generator) -> Floats:
    """Draw points that spread evenly over each assumption's range (Latin hypercube).

    Parameters
    ----------
    n : int
    size : int
        Number of assumptions, at least 1.
    rng : numpy.random.Generator
    """
    return np.asarray(qmc.LatinHypercube(size, seed=rng).random(n))


# ------------------------------------------------------------------ ends and halves


def through_change(base: Floats, changed: Floats) -> Estimate:
    """Estimate the mean after a change from few runs after it and more runs before it.

    The mean of all runs before it, plus the mean change of those that were done both ways with
    the same luck: S² after it / all + S² of the change * (1 / both - 1 / all) is its variance
    (double sampling, difference estimator: Cochran 1977, Sampling Techniques, chapter 12). The
    interval is Student's t with the degrees of freedom of the runs that were done both ways,
    which is cautious. If all were, it is the estimate of the runs after the change alone.

    Parameters
    ----------
    base : ndarray, shape (replications,)
        Before the change; NaN is missing.
    changed : ndarray, shape (some of them,)
        After it: the first of the same replications.

    Returns
    -------
    Estimate
        `n` counts the runs that were done both ways; 0, and a mean of NaN, if an outcome is
        infinite.
    """
    before = base[: len(changed)]
    both = np.isfinite(before) & np.isfinite(changed)
    before, after = before[both], changed[both]
    known = base[np.isfinite(base)]
    n = len(after)
    if n == 0 or np.isinf(base).any() or np.isinf(changed).any():
        return Estimate(math.nan, None, None, 0)
    change = after - before
    mean = float(known.mean() + change.mean())
    if n == 1:
        return Estimate(mean, None, None, 1)
    apart = change.var(ddof=1) * (1.0 / n - 1.0 / len(known))
    quantile = stats.t.ppf(0.5 + CONFIDENCE / 2.0, n - 1)
    half = float(quantile * math.sqrt(after.var(ddof=1) / len(known) + apart))
    return Estimate(mean, mean - half, mean + half, n)


def p_of_shares(first: tuple[float, int], second: tuple[float, int]) -> float:
    """Two-sided p-value of Fisher's exact test that two shares are the same.

    Parameters
    ----------
    first, second : tuple of float and int
        How many, of how many. Two ties are one of each; an odd one that is left over counts as
        neither, so that it is the same test whichever side is asked for.
    """
    counts = [(math.floor(some), math.floor(of - some)) for some, of in (first, second)]
    return float(stats.fisher_exact(np.array(counts)).pvalue)
