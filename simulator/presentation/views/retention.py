"""How long customers stay: curves by age, and the triangle of monthly cohorts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from simulator.errors import Problem, ScenarioError
from simulator.experiment.replications import Results
from simulator.experiment.statistics import estimates
from simulator.languages.messages import marked, say
from simulator.metrics.periods import ratio
from simulator.presentation.views.courses import outer, possible
from simulator.presentation.views.scales import share_scale
from simulator.presentation.views.shapes import Band, Course, Floats, Triangle

_LABELS = {
    "logo_retention": marked("Customers still there, by months since the contract"),
    "revenue_retention": marked("MRR still there, by months since the contract"),
}


def retention(results: Sequence[Results], metric: str = "logo_retention") -> Course | None:
    """Show which share of the customers won in the run is still there at each age.

    In each run all monthly cohorts are pooled at each age, weighted by their customers, or of the
    share of MRR by the MRR that they began with; mean, interval and quantiles are over runs. A
    cohort counts at an age only if all its members were observed that long (right-censoring), so
    later ages rest on earlier, fewer cohorts, and a curve may rise where a cohort that lost many
    is no longer counted. Customers that the company starts with are left out: how old they are is
    not their age in the run.

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


def of_won(triangle: Triangle) -> Triangle | None:
    """Leave out the customers at the start: their months are not those since their contract.

    Parameters
    ----------
    triangle : Triangle

    Returns
    -------
    Triangle or None
        None where nobody was won.
    """
    won = np.array(triangle.cohorts, dtype=np.int64) > 0
    if not won.any():
        return None
    share = triangle.share[won]
    ages = int(np.flatnonzero(np.isfinite(share).any(axis=0)).max(initial=0)) + 1
    return replace(
        triangle,
        cohorts=tuple(cohort for cohort in triangle.cohorts if cohort > 0),
        ages=triangle.ages[:ages],
        share=share[:, :ages],
        n=triangle.n[won],
    )


def rests_on(results: Results) -> tuple[float, int, float]:
    """Return on how many customers a curve of retention rests at its beginning and its end.

    Parameters
    ----------
    results : Results

    Returns
    -------
    first : float
        Customers won of whom the start was seen, mean of the runs.
    age : int
        The oldest that was seen.
    last : float
        Customers won who were seen so long, mean of the runs.
    """
    found = [_cohorts(one.cohorts, "logo_retention") for one in results.measures]
    cells = pd.concat(found, ignore_index=True)
    won = cells[(cells["cohort"] > 0) & (cells["whole"] > 0.0)]
    if won.empty:
        return 0.0, 0, 0.0
    whole = np.bincount(won["age"].to_numpy(dtype=np.int64), won["whole"].to_numpy())
    runs = len(results.measures)
    return float(whole[0]) / runs, len(whole) - 1, float(whole[-1]) / runs


def what_counts(results: Sequence[Results]) -> tuple[str, ...]:
    """Say what the curves of retention rest on, the general first.

    Parameters
    ----------
    results : sequence of Results

    Returns
    -------
    tuple of str
        Sentences.
    """
    said = [
        say(
            "At each age only the months of contract that were seen so long count, so a curve may"
            " rise."
        )
    ]
    for each in results:
        first, age, last = rests_on(each)
        if first > 0.0:
            said.append(
                say(
                    "{name}: {first} customers at age 0, {last} at age {age} (mean of a run).",
                    name=each.name,
                    first=_count(first),
                    last=_count(last),
                    age=age,
                )
            )
    return tuple(said)


def _count(customers: float) -> str:
    return f"{customers:,.0f}" if customers >= 9.95 else f"{customers:,.1f}"


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
    ends = possible(metric, low, high)
    return Band(results.name, np.arange(ages, dtype=np.float64), mean, *ends, *outer(values))


def _pooled(cohorts: pd.DataFrame) -> Floats:
    won = cohorts[cohorts["cohort"] > 0]
    age = won["age"].to_numpy(dtype=np.int64)
    kept, whole = (np.bincount(age, won[name].to_numpy()) for name in ("kept", "whole"))
    return ratio(kept, whole)
