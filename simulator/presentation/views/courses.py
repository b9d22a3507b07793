"""The course of metrics over the months, of one or several scenarios."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from simulator.errors import Problem, ScenarioError
from simulator.experiment.replications import Results
from simulator.languages.messages import say
from simulator.metrics.definitions import METRICS, TEAMS
from simulator.presentation.views.scales import level_scale
from simulator.presentation.views.shapes import Band, Course, Floats
from simulator.scenario.outline import nearest

OUTER = (10.0, 90.0)
"""Percentiles of single runs between which 80 % of them lie."""
FEWEST_OUTER = 10
"""Runs from which on there is one beyond either of them: of fewer they would be made up."""

_NEVER_NEGATIVE = frozenset(("buyers", "business days", "per day", "per person", "per customer"))


def course(results: Sequence[Results], metric: str) -> Course:
    """Show a metric month by month, warm-up included.

    Parameters
    ----------
    results : sequence of Results
        At least one.
    metric : str
        One that is given month by month.

    Returns
    -------
    Course
        A band each: the mean of the runs with its 95 % interval, and the 10 % and 90 % quantiles
        of single runs. With less than ten runs there are no such quantiles, and with one the
        mean alone.

    Raises
    ------
    ScenarioError
        If there is no such metric by month.
    """
    check_monthly(metric)
    bands = tuple(_band(each, metric) for each in results)
    return Course(
        metric=metric,
        label=METRICS[metric].label,
        team=metric.partition(".")[0] if "." in metric else _team_of(metric),
        axis=say("month¦axis"),
        scale=level_scale(
            metric, results[0].scenario.currency, [top for band in bands for top in _tops(band)]
        ),
        bands=bands,
    )


def queues(results: Sequence[Results]) -> tuple[Course, ...]:
    """Show the queue of each team over the months.

    Parameters
    ----------
    results : sequence of Results
        At least one.
    """
    return tuple(course(results, f"{team}.queue") for team in TEAMS)


def check_monthly(metric: str) -> None:
    """Refuse what is no metric by month.

    Parameters
    ----------
    metric : str

    Raises
    ------
    ScenarioError
    """
    monthly = [name for name, each in METRICS.items() if each.monthly]
    if metric in monthly:
        return
    what = "is not given by month" if metric in METRICS else "is no metric"
    rule = f"{what}{nearest(metric, monthly)}; docs/metrics.md lists those that are"
    raise ScenarioError([Problem("metric", "", metric, rule)])


def outer(values: Floats) -> tuple[Floats, Floats]:
    """Return the quantiles between which 80 % of single runs lie.

    Parameters
    ----------
    values : array, shape (runs, n)
        NaN is missing, infinite longer than what was seen.

    Returns
    -------
    low, high : array, shape (n,)
        NaN where fewer than ten runs are known, or one is infinite.
    """
    low, high = np.full((2, values.shape[1]), np.nan)
    several = np.isfinite(values).sum(axis=0) >= FEWEST_OUTER
    several &= ~np.isinf(values).any(axis=0)
    if several.any():
        low[several], high[several] = np.nanpercentile(values[:, several], OUTER, axis=0)
    return low, high


def possible(metric: str, low: Floats, high: Floats) -> tuple[Floats, Floats]:
    """Cut an interval of means at what cannot be: a count below 0, a share of customers above 1.

    Means of few runs have wide, symmetric intervals, which may reach beyond.

    Parameters
    ----------
    metric : str
    low, high : array, shape (n,)
        NaN is missing and stays so.
    """
    retained = metric in ("logo_retention", "revenue_retention")
    if retained or METRICS[metric].unit in _NEVER_NEGATIVE:
        low = np.maximum(low, 0.0)
    return low, np.minimum(high, 1.0) if metric == "logo_retention" else high


def _band(results: Results, metric: str) -> Band:
    rows = results.monthly[results.monthly["metric"] == metric]
    of_runs = [
        one.monthly["value"].to_numpy(dtype=np.float64)[rows.index.to_numpy()]
        for one in results.measures
    ]
    of_mean = (rows[end].to_numpy(dtype=np.float64) for end in ("low", "high"))
    return Band(
        results.name,
        rows["period"].to_numpy(dtype=np.float64),
        rows["mean"].to_numpy(dtype=np.float64),
        *possible(metric, *of_mean),
        *outer(np.array(of_runs)),
    )


def _team_of(metric: str) -> str:
    department = METRICS[metric].department
    return department if department in TEAMS else ""


def _tops(band: Band) -> list[float]:
    """Return what a scale must have room for."""
    known = [values[np.isfinite(values)] for values in (band.mean, band.outer_low, band.outer_high)]
    return [float(np.abs(each).max()) for each in known if len(each)]
