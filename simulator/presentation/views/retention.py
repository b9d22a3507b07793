"""How long customers stay: curves by age, and the triangle of monthly cohorts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from simulator.errors import Problem, ScenarioError
from simulator.experiment.replications import Results
from simulator.experiment.statistics import estimates
from simulator.languages.messages import marked, say
from simulator.metrics.periods import ratio
from simulator.presentation.views.courses import outer
from simulator.presentation.views.scales import share_scale
from simulator.presentation.views.shapes import Band, Course, Floats, Triangle

_LABELS = {
    "logo_retention": marked("Customers still there, by months since the contract"),
    "revenue_retention": marked("MRR still there, by months since the contract"),
}


def retention(results: Sequence[Results], metric: str = "logo_retention") -> Course | None:
    """Show which share of the customers won in the run is still there at each age.

    In each run all monthly cohorts are pooled at each age, weighted by their customers, or of
    the share of MRR by the MRR that they began with; mean, interval and quantiles are over runs. A cohort counts at an age only if all its members were
    observed that long (right-censoring), so later ages rest on earlier, fewer cohorts, and a
    curve may rise where a cohort that lost many is no longer counted. Customers that the company
    starts with are left out: how old they are is not their age in the run.

    Parameters
    ----------
    results : sequence of Results
        At least one.
    metric : {"logo_retention", "revenue_retention"}

    Returns
    -------
    Course or None
        None where no cohort is in any of them: one-off sales, or nobody won.

    Raises
    ------
    ScenarioError
        If the metric is another.
    """
    _check(metric)
    bands = [_band(each, metric) for each in results]
    if not any(len(band.at) for band in bands):
        return None
    return Course(
        metric=metric,
        label=say(_LABELS[metric]),
        team="customer_success",
        axis=say("months since the contract"),
        scale=share_scale(),
        bands=tuple(band for band in bands if len(band.at)),
    )


def triangle(results: Results, metric: str) -> Triangle | None:
    """Show which share of each month's customers is still there at each age.

    Runs are pooled cell by cell, weighted as in :func:`retention`; a cell that no run observed is
    NaN. Cohort 0 are the customers at the start, by months since the run began.

    Parameters
    ----------
    results : Results
    metric : {"logo_retention", "revenue_retention"}

    Returns
    -------
    Triangle or None
        None where there are no cohorts.

    Raises
    ------
    ScenarioError
        If the metric is another.
    """
    _check(metric)
    found = [_cohorts(one.cohorts, metric) for one in results.measures]
    cells = pd.concat(found, ignore_index=True)
    if cells.empty:
        return None
    cohorts, ages = (np.unique(cells[name].to_numpy(dtype=np.int64)) for name in ("cohort", "age"))
    shape = (len(cohorts), int(ages[-1]) + 1)
    at = np.searchsorted(cohorts, cells["cohort"]) * shape[1] + cells["age"].to_numpy(np.int64)
    kept, whole = (
        np.bincount(at, cells[name], minlength=shape[0] * shape[1]).reshape(shape)
        for name in ("kept", "whole")
    )
    n = np.bincount(at, cells["n"], minlength=shape[0] * shape[1]).reshape(shape)[:, 0]
    return Triangle(
        scenario=results.name,
        metric=metric,
        label=say(_LABELS[metric]),
        cohorts=tuple(cohorts.tolist()),
        ages=tuple(range(shape[1])),
        share=ratio(kept, whole),
        n=n / len(results.measures),
    )


def _check(metric: str) -> None:
    if metric not in _LABELS:
        rule = f"is not followed by cohorts; these are: {', '.join(_LABELS)}"
        raise ScenarioError([Problem("metric", "", metric, rule)])


def _cohorts(table: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Return the contract cohorts of a run, with what is left of the whole where that is known."""
    rows = table[(table["kind"] == "contract") & (table["metric"] == metric)]
    value, n, weight = (rows[name].to_numpy(dtype=np.float64) for name in ("value", "n", "weight"))
    known = np.isfinite(value)
    return pd.DataFrame(
        {
            "cohort": rows["cohort"].to_numpy(dtype=np.int64),
            "age": rows["age"].to_numpy(dtype=np.int64),
            "n": n,
            "whole": np.where(known, weight, 0.0),
            "kept": np.where(known, value * weight, 0.0),
        }
    )


def _band(results: Results, metric: str) -> Band:
    runs = [_pooled(_cohorts(one.cohorts, metric)) for one in results.measures]
    ages = max(len(each) for each in runs)
    values = np.full((len(runs), ages), np.nan)
    for row, each in zip(values, runs, strict=True):
        row[: len(each)] = each
    mean, low, high, _ = estimates(values)
    return Band(results.name, np.arange(ages, dtype=np.float64), mean, low, high, *outer(values))


def _pooled(cohorts: pd.DataFrame) -> Floats:
    won = cohorts[cohorts["cohort"] > 0]
    age = won["age"].to_numpy(dtype=np.int64)
    kept, whole = (np.bincount(age, won[name].to_numpy()) for name in ("kept", "whole"))
    return ratio(kept, whole)
