"""Where and when a company degrades: series of the departments by month."""

from __future__ import annotations

import numpy as np
import pandas as pd

from simulator.errors import Problem, ScenarioError
from simulator.experiment.comparison import Comparison
from simulator.experiment.departures import COMPANY, WATCHED
from simulator.experiment.differences import SIGNIFICANT
from simulator.experiment.quantities import better
from simulator.experiment.statistics import holm
from simulator.metrics.definitions import METRICS, TEAMS
from simulator.presentation.views.scales import level_scale
from simulator.presentation.views.shapes import Floats, Heat, HeatRow, Onset

_ASPECTS = ("wait", "conversion", "abandonment", "churn")
# Before a contract losses are counted in buyers, and more buyers make more of them.
_NOT_SHOWN = ("marketing.lost", "inside_sales.lost", "field_sales.lost")
# Fewer buyers that are taken up again need less work: throughput alone makes nothing worse.
_WORSENING = (*_ASPECTS, "result")


def heat(comparison: Comparison, scenario: str) -> Heat:
    """Hold waits, conversion, abandonment and churn against the reference, month by month.

    A row in which nothing ever happens in either scenario, or which is always missing, is left
    out. What is told comes from the comparison: paired t, Holm's correction over the months of
    the row; nothing is told from one replication.

    Parameters
    ----------
    comparison : Comparison
    scenario : str
        One of its names, not the reference.

    Returns
    -------
    Heat
        ``worse`` of a month is the difference, in the direction that the metric calls worse, in
        proportion to the size of the row: the median over months of the larger of the two
        absolute values (of the months that are not 0, if the median is), cut at -1 and 1. So one
        month out of the ordinary does not pale all the others.

    Raises
    ------
    ScenarioError
        If the comparison has no such scenario.
    """
    check_compared(comparison, scenario)
    table = comparison.monthly[comparison.monthly["scenario"] == scenario]
    months = tuple(int(month) for month in np.unique(table["period"].to_numpy(dtype=np.int64)))
    rows = [
        _row(each.department, each.aspect, each.metric, table, comparison.currency)
        for each in sorted(
            (each for each in WATCHED if each.department in TEAMS),
            key=lambda each: (TEAMS.index(each.department), _place_of(each.aspect)),
        )
        if each.aspect in _ASPECTS and each.metric not in _NOT_SHOWN
    ]
    shown = tuple(row for row in rows if _has_something(row))
    tested = len(comparison.numbers) > 1
    return Heat(
        scenario, comparison.reference, months, shown, tested, onsets(comparison, scenario)
    )  # fmt: skip


def departing(comparison: Comparison, scenario: str) -> pd.DataFrame:
    """Return the months in which a series of a department departs, for better or worse.

    Holm's method holds the chance of a false month at 5 % over all months of all series of a
    department, so whatever is told here has its dot in the map, too.

    Parameters
    ----------
    comparison : Comparison
    scenario : str
        Not the reference.

    Returns
    -------
    DataFrame
        Rows of :attr:`Comparison.monthly`, those of the company last, and ``worse``: whether the
        series speaks of deterioration and got worse.
    """
    table = comparison.monthly[comparison.monthly["scenario"] == scenario]
    parts = []
    for team in (*TEAMS, COMPANY):
        rows = table[table["department"] == team]
        parts.append(rows[holm(rows["p"]) <= SIGNIFICANT])
    found = pd.concat(parts)
    speaks = found["aspect"].isin(_WORSENING) & ~found["metric"].isin(_NOT_SHOWN)
    signs = found["metric"].map(better).astype(float)
    return found.assign(worse=speaks & (signs * found["difference"].astype(float) < 0.0))


def onsets(comparison: Comparison, scenario: str) -> tuple[Onset, ...]:
    """Return since when each department is worse: one rule for the page and for slides.

    Waits, conversion, abandonment and churn can be worse, and the result of the company. A
    department that gets less through is not worse for that: it may have had less to do again.

    Parameters
    ----------
    comparison : Comparison
    scenario : str
        Not the reference.
    """
    found = departing(comparison, scenario)
    worse = found[found["worse"]].sort_values("period", kind="stable")
    first = {
        team: rows.iloc[0] for team in (*TEAMS, COMPANY)
        if len(rows := worse[worse["department"] == team])
    }  # fmt: skip
    return tuple(
        Onset(team, str(row["metric"]), METRICS[str(row["metric"])].label, int(row["period"]))
        for team, row in first.items()
    )


def check_compared(comparison: Comparison, scenario: str) -> None:
    """Refuse a name that is not compared with the reference.

    Parameters
    ----------
    comparison : Comparison
    scenario : str

    Raises
    ------
    ScenarioError
    """
    others = comparison.names[1:]
    if scenario not in others:
        rule = f"is not compared with {comparison.reference}; these are: {', '.join(others)}"
        raise ScenarioError([Problem("scenario", "", scenario, rule)])


def _place_of(aspect: str) -> int:
    return _ASPECTS.index(aspect) if aspect in _ASPECTS else len(_ASPECTS)


def _row(team: str, aspect: str, metric: str, table: pd.DataFrame, currency: str) -> HeatRow:
    series = table[table["metric"] == metric].sort_values("period")
    values = series["mean"].to_numpy(dtype=np.float64)
    reference = series["reference"].to_numpy(dtype=np.float64)
    difference = series["difference"].to_numpy(dtype=np.float64)
    return HeatRow(
        team=team,
        aspect=aspect,
        metric=metric,
        label=METRICS[metric].label,
        values=values,
        reference=reference,
        worse=_worse(-better(metric) * difference, _size(values, reference)),
        told=series["departs"].to_numpy(dtype=np.bool_),
        scale=level_scale(metric, currency, (*values, *reference)),
    )


def _size(values: Floats, reference: Floats) -> float:
    sizes = np.maximum(np.abs(values), np.abs(reference))
    sizes = sizes[np.isfinite(sizes)]
    if not len(sizes):
        return float("nan")
    size = float(np.median(sizes))
    if size == 0.0 and (sizes > 0.0).any():
        size = float(np.median(sizes[sizes > 0.0]))
    return size


def _worse(difference: Floats, size: float) -> Floats:
    if not size > 0.0:  # nothing but zeros differs by nothing
        return np.where(np.isfinite(difference), 0.0, np.nan)
    return np.clip(difference / size, -1.0, 1.0) + 0.0


def _has_something(row: HeatRow) -> bool:
    sizes = np.fmax(np.abs(row.values), np.abs(row.reference))
    return bool((sizes > 0.0).any())
