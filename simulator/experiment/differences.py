"""How far the metrics of scenarios lie from those of a reference, pair by pair, and how sure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from simulator.experiment.statistics import (
    CONFIDENCE,
    FEWEST_BOOTSTRAPPED,
    MOST_BOOTSTRAPPED,
    Estimate,
    Floats,
    bca,
    holm,
    paired_p,
    relative_difference,
    share_better,
    variance_reduction,
)
from simulator.metrics import METRICS, Metric

SIGNIFICANT = 1.0 - CONFIDENCE
PAIRED_T, BOOTSTRAP = "paired t", "BCa bootstrap"

_QUANTILES = ("median", "quantile")
_ROUNDING = 1e-9  # sums of the same amounts in another order
_MISSING = float("nan")


def gaps(reference: Floats, scenario: Floats) -> Floats:
    """Subtract paired values; NaN where one is missing, 0 where only rounding differs.

    Infinite, of whichever sign, where one of them is.
    """
    known = np.isfinite(reference) & np.isfinite(scenario)
    beyond = ~np.isnan(reference) & ~np.isnan(scenario) & ~known
    gap: Floats = np.where(beyond, np.inf, np.nan)
    np.subtract(scenario, reference, out=gap, where=known)
    size = np.maximum(np.abs(reference), np.abs(scenario))
    gap[known & (np.abs(gap) <= _ROUNDING * size)] = 0.0
    return gap


def p_values(gap: Floats) -> Floats:
    """Two-sided p-value of the mean of each column being 0 (one row a pair).

    By Student's paired t test; where all pairs differ by the same amount, which it takes for
    certain, by the sign test, since a small count can be off by one in two runs by luck.
    """
    found = np.array([paired_p(column) for column in gap.T])
    n = np.isfinite(gap).sum(axis=0)
    return np.where(found == 0.0, 0.5 ** np.maximum(n - 1.0, 0.0), found)


def told_among(gap: Floats, size: float = 0.0) -> NDArray[np.bool_]:
    """Tell which columns have a mean other than 0, for having asked of all of them.

    The one rule of every analysis: :func:`p_values` with Holm's correction, at most 5 %.

    Parameters
    ----------
    gap : ndarray of float64, shape (replications, questions)
        NaN is missing; a column without two numbers is no question.
    size : float, optional
        Of the numbers that the gaps were computed from: what is within their rounding is the same.

    Returns
    -------
    ndarray of bool, shape (questions,)
    """
    grain = _ROUNDING * size
    if grain > 0.0:
        gap = np.round(gap / grain) * grain
    return holm(p_values(gap)) <= SIGNIFICANT


def metric_differences(runs: Mapping[str, Sequence[Mapping[str, float]]]) -> pd.DataFrame:
    """Compare metrics of scenarios with those of the first one.

    Parameters
    ----------
    runs : mapping of str to sequence of mapping
        For each scenario, the reference first, the metrics of its replications; the i-th of
        all belong together. NaN is missing.

    Returns
    -------
    DataFrame
        As ``metrics`` of :class:`simulator.experiment.comparison.Comparison`.
    """
    reference, *others = runs
    rows = []
    for metric in runs[reference][0]:
        before = _values(runs[reference], metric)
        found = [_row(METRICS[metric], before, _values(runs[name], metric)) for name in others]
        adjusted = holm([row["p"] for row in found])
        for name, row, p in zip(others, found, adjusted, strict=True):
            outside = row["low"] > 0.0 or row["high"] < 0.0
            rows.append(
                {
                    "scenario": name,
                    **row,
                    "p_holm": float(p),
                    # A bootstrap interval and Student's p may disagree: then nothing is claimed.
                    "differs": bool(outside and p <= SIGNIFICANT),
                }
            )
    table = pd.DataFrame(rows)
    order = {name: place for place, name in enumerate(others)}
    return table.sort_values(
        "scenario", key=lambda names: names.map(order), kind="stable", ignore_index=True
    )


def _row(metric: Metric, reference: Floats, scenario: Floats) -> dict[str, Any]:
    gap = gaps(reference, scenario)
    known = np.isfinite(gap) & ~np.isinf(gap).any()
    before, after, apart = reference[known], scenario[known], gap[known]
    n = int(known.sum())
    bootstrapped = is_skewed(metric) and FEWEST_BOOTSTRAPPED <= n <= MOST_BOOTSTRAPPED
    difference = bca(apart) if bootstrapped else Estimate.of(apart)
    relative = relative_difference(before, before + apart)
    gain = pairing_gain(before, before + apart)
    better = share_better(before, before + apart, metric.better)
    return {
        "metric": metric.id,
        "label": metric.label,
        "unit": metric.unit,
        "better": metric.better,
        "mean": _mean(after),
        "reference": _mean(before),
        "difference": difference.mean,
        "low": _or_missing(difference.low),
        "high": _or_missing(difference.high),
        "relative": relative.mean,
        "relative_low": _or_missing(relative.low),
        "relative_high": _or_missing(relative.high),
        "p_better": _MISSING if better is None else better.mean,
        "p": float(p_values(gap[:, None])[0]),
        "variance_reduction": gain.mean,
        "variance_reduction_low": _or_missing(gain.low),
        "variance_reduction_high": _or_missing(gain.high),
        "method": BOOTSTRAP if bootstrapped else PAIRED_T,
        "n": n,
    }


def pairing_gain(reference: Floats, scenario: Floats) -> Estimate:
    """Estimate how many times smaller pairing makes the variance of the difference.

    Parameters
    ----------
    reference, scenario : ndarray of float64
        Pairs, none missing.

    Returns
    -------
    Estimate
        Of :func:`~simulator.experiment.statistics.variance_reduction`; the interval is Student's
        t around a jackknife of its logarithm (Tukey 1958), and missing with fewer than three
        pairs or where a variance is 0.
    """
    times, n = variance_reduction(reference, scenario), len(reference)
    nothing = Estimate(times, None, None, n)
    if n < 3 or not 0.0 < times < np.inf:
        return nothing
    a, b, both = (
        _variances_without_one(each) for each in (reference, scenario, scenario - reference)
    )
    if not (a + b > 0.0).all() or not (both > 0.0).all():
        return nothing
    pseudo = Estimate.of(n * np.log(times) - (n - 1) * np.log((a + b) / both))
    if pseudo.low is None or pseudo.high is None:
        return nothing
    half = (pseudo.high - pseudo.low) / 2.0
    return Estimate(times, float(times * np.exp(-half)), float(times * np.exp(half)), n)


def _variances_without_one(values: Floats) -> Floats:
    """Variance of all values but the i-th, for each i."""
    n, centered = len(values), values - values.mean()
    squares: Floats = (centered**2).sum() - centered**2 * n / (n - 1)
    return squares / (n - 2)


def is_skewed(metric: Metric) -> bool:
    """Tell whether a metric is a ratio or a quantile, whose luck is not symmetric."""
    return metric.denominator != "1" or metric.numerator.endswith(_QUANTILES)


def tied_with_best(values: Mapping[str, Floats], metric: str) -> tuple[str, float, list[str]]:
    """Find the scenario with the best mean, and those that cannot be told from it.

    Parameters
    ----------
    values : mapping of str to ndarray
        One value per replication, the i-th of all belonging together.
    metric : str
        In the registry; one of which a direction is better.

    Returns
    -------
    str, float, list of str
        The best, its mean, and those not told apart; see :func:`tied_with`.
    """
    sign = -1.0 if METRICS[metric].better == "lower" else 1.0
    means = {name: _mean(each) for name, each in values.items()}
    best = max(means, key=lambda name: sign * means[name])
    return best, means[best], tied_with(best, values)


def tied_with(best: str, values: Mapping[str, Floats]) -> list[str]:
    """Name those that cannot be told from the best one.

    Told are pairs, among all of them and not only those with the best: it was picked after
    looking. What is missing is not told apart.

    Parameters
    ----------
    best : str
    values : mapping of str to ndarray
        One value per replication, the i-th of all belonging together; the best among them.
    """
    pairs = list(combinations(values, 2))
    apart = told_among(np.array([gaps(values[a], values[b]) for a, b in pairs]).T)
    told = {frozenset(pair) for pair, each in zip(pairs, apart, strict=True) if each}
    return [name for name in values if name != best and frozenset((name, best)) not in told]


def _values(runs: Sequence[Mapping[str, float]], metric: str) -> Floats:
    return np.array([run[metric] for run in runs], dtype=np.float64)


def _mean(values: Floats) -> float:
    return float(values.mean()) if len(values) else _MISSING


def _or_missing(bound: float | None) -> float:
    return _MISSING if bound is None else bound
