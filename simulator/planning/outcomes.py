"""What runs of a plan came to: shares that meet targets, and figures beside those of today."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from simulator.experiment.differences import gaps, is_skewed
from simulator.experiment.figures import Figure
from simulator.experiment.quantities import better
from simulator.experiment.statistics import (
    FEWEST_BOOTSTRAPPED,
    MOST_BOOTSTRAPPED,
    Estimate,
    Floats,
    bca,
    jeffreys,
)
from simulator.metrics.definitions import METRICS

COLUMNS = (
    "metric", "month", "mean", "low", "high", "reached", "today", "difference", "difference_low",
    "difference_high",
)  # fmt: skip
_NORMAL = 1.959963984540054
TODAY_RUNS = 100
"""Fresh replications in which the company as it is stands beside a plan."""
NOTHING = Estimate(float("nan"), None, None, 0)
"""Of what was not run."""


def share_of(met: NDArray[np.bool_] | Floats) -> Estimate:
    """Estimate the share of runs that meet something, with Jeffreys' interval."""
    return jeffreys(float(np.mean(met)), len(met)) if len(met) else NOTHING


def gain_of(met: NDArray[np.bool_] | Floats, before: NDArray[np.bool_] | Floats) -> Estimate:
    """Estimate by how much a share changed, from the same replications of two plans.

    The mean is what was counted. The interval is that of D. G. Bonett & R. M. Price, "Adjusted
    Wald confidence interval for a difference of binomial proportions based on paired data",
    Journal of Educational and Behavioral Statistics 37 (2012) 479-488: one more change each way
    is added, so that it has a width even where no run has changed.

    Parameters
    ----------
    met, before : ndarray, shape (replications,)
        Whether each run meets something, with a change and without it.
    """
    now, then = np.asarray(met, dtype=np.float64), np.asarray(before, dtype=np.float64)
    n = len(now)
    if not n:
        return NOTHING
    won = (float((now > then).sum()) + 1.0) / (n + 2.0)
    lost = (float((now < then).sum()) + 1.0) / (n + 2.0)
    middle = won - lost
    half = _NORMAL * ((won + lost - middle**2) / (n + 2.0)) ** 0.5
    low, high = max(middle - half, -1.0), min(middle + half, 1.0)
    return Estimate(float((now - then).mean()), low, high, n)


def mean_of(metric: str, values: Floats) -> Estimate:
    """Estimate a mean; of a skewed metric, such as a wait, with a bootstrap interval."""
    known = values[np.isfinite(values)]
    if is_skewed(METRICS[metric]) and FEWEST_BOOTSTRAPPED <= len(known) <= MOST_BOOTSTRAPPED:
        return bca(values)
    return Estimate.of(values)


def reached(metric: str, values: Floats, confidence: float) -> float:
    """Return what a share `confidence` of the runs reach or better.

    Of a metric without a better direction: what they reach or exceed. A run in which it is
    missing reaches nothing; NaN if that is so in more runs than may miss.
    """
    if not len(values):
        return float("nan")
    sign = 1.0 if better(metric) < 0 else -1.0
    filled = np.where(np.isfinite(values), sign * values, np.inf)
    # A value that some run has: a mean of two with one that is missing would be none.
    found = sign * float(np.quantile(filled, confidence, method="inverted_cdf"))
    return found if np.isfinite(found) else float("nan")


def figures_table(
    values: Mapping[Figure, Floats],
    today: Mapping[Figure, Floats] | None,
    shown: Sequence[Figure],
    confidence: float,
) -> pd.DataFrame:
    """Tell what the runs of a plan come to, and how far that is from the company as it is.

    Parameters
    ----------
    values, today : mapping of Figure to ndarray of float64, shape (replications,)
        Of the same replications in the same order; `today` may be missing, or be of the first ones
        only.
    shown : sequence of Figure
    confidence : float
        For what is reached.

    Returns
    -------
    DataFrame
        With the columns COLUMNS.
    """
    rows = []
    for metric, month in shown:
        own = values[metric, month]
        estimate = mean_of(metric, own)
        row = {
            "metric": metric, "month": month, "mean": estimate.mean, "low": estimate.low,
            "high": estimate.high, "reached": reached(metric, own, confidence),
        }  # fmt: skip
        if today is not None:
            now = today[metric, month]
            gap = Estimate.of(gaps(now, own[: len(now)]))
            row |= {
                "today": Estimate.of(now).mean, "difference": gap.mean,
                "difference_low": gap.low, "difference_high": gap.high,
            }  # fmt: skip
        rows.append(row)
    return pd.DataFrame(rows, columns=list(COLUMNS))
