"""Where a company departs from a reference, and when: per department month by month, and by loss.

Runs are paired: the i-th run of a scenario has the same luck as the i-th of the reference.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from simulator.experiment.differences import SIGNIFICANT, gaps, p_values
from simulator.experiment.statistics import Floats, estimates, holm
from simulator.metrics import METRICS, Measures
from simulator.metrics.definitions import TEAMS
from simulator.organization.journal import Reason

ALL = "all"
COMPANY = "company"
BETTER, WORSE = "better", "worse"
_MONTHS = ("department_month", "first_month", "worse_from")
_AT_FIRST = ("reference", "mean", "difference", "low", "high")


@dataclass(frozen=True, slots=True)
class Watched:
    """A monthly metric that says how a department does.

    Attributes
    ----------
    department : str
        A team, or "company".
    aspect : str
        What of it: throughput, wait, abandonment, conversion, churn or result.
    metric : str
        In the registry.
    """

    department: str
    aspect: str
    metric: str


# Conversion is what becomes of the buyers that a department is given: of inquiries, of MQLs, of
# opportunities; customers do not convert, they buy more. Losing a buyer is each department's
# churn; customers leave customer success.
WATCHED = (
    Watched("marketing", "throughput", "marketing.throughput"),
    Watched("marketing", "throughput", "mql_count"),
    Watched("marketing", "wait", "marketing.wait_mean"),
    Watched("marketing", "abandonment", "marketing.abandonment"),
    Watched("marketing", "conversion", "contract_rate"),
    Watched("marketing", "churn", "marketing.lost"),
    Watched("inside_sales", "throughput", "inside_sales.throughput"),
    Watched("inside_sales", "throughput", "sql_count"),
    Watched("inside_sales", "wait", "inside_sales.wait_mean"),
    Watched("inside_sales", "abandonment", "inside_sales.abandonment"),
    Watched("inside_sales", "conversion", "opportunity_rate"),
    Watched("inside_sales", "churn", "inside_sales.lost"),
    Watched("field_sales", "throughput", "field_sales.throughput"),
    Watched("field_sales", "throughput", "wins"),
    Watched("field_sales", "wait", "field_sales.wait_mean"),
    Watched("field_sales", "abandonment", "field_sales.abandonment"),
    Watched("field_sales", "conversion", "win_rate"),
    Watched("field_sales", "churn", "field_sales.lost"),
    Watched("customer_success", "throughput", "customer_success.throughput"),
    Watched("customer_success", "wait", "customer_success.wait_mean"),
    Watched("customer_success", "abandonment", "customer_success.abandonment"),
    Watched("customer_success", "conversion", "expansion"),
    Watched("customer_success", "churn", "logo_churn"),
    Watched(COMPANY, "result", "mrr"),
    Watched(COMPANY, "result", "profit"),
)


def monthly_differences(
    scenario: Sequence[Measures], reference: Sequence[Measures], warm_up_months: float = 0.0
) -> pd.DataFrame:
    """Compare what is watched month by month.

    Parameters
    ----------
    scenario, reference : sequence of Measures
        Paired runs.
    warm_up_months : float
        Months that begin before its end are left out.

    Returns
    -------
    DataFrame
        ``department``, ``aspect``, ``metric``, ``period`` (month, from 1), means ``reference``
        and ``mean``, ``difference`` with its 95 % interval ``low`` and ``high`` (paired t, of
        this month alone), ``n`` (pairs in which neither is missing), ``p``, ``p_holm`` (over the
        months of the series) and ``departs``.
    """
    months, first = _monthly_values(reference)
    same, second = _monthly_values(scenario)
    if len(same) != len(months):
        raise ValueError("both must have the same months")
    kept = np.flatnonzero(months - 1 >= warm_up_months)
    parts = [
        _series(each, months[kept], first[each.metric][:, kept], second[each.metric][:, kept])
        for each in WATCHED
    ]
    return pd.concat(parts, ignore_index=True)


def _monthly_values(runs: Sequence[Measures]) -> tuple[NDArray[np.int64], dict[str, Floats]]:
    """Months, and of each metric that is watched one row a run, one column a month."""
    table = runs[0].monthly
    rows = {name: np.flatnonzero(table["metric"] == name) for name in {w.metric for w in WATCHED}}
    values = np.array([one.monthly["value"].to_numpy(dtype=np.float64) for one in runs])
    months = np.unique(table["period"].to_numpy(dtype=np.int64))
    return months, {name: values[:, at] for name, at in rows.items()}


def _series(
    what: Watched, months: NDArray[np.int64], reference: Floats, scenario: Floats
) -> pd.DataFrame:
    gap = gaps(reference, scenario)
    known = np.isfinite(gap) & ~np.isinf(gap).any(axis=0)
    difference, low, high, n = estimates(gap)
    p = p_values(gap)
    adjusted = holm(p)
    return pd.DataFrame(
        {
            "department": what.department,
            "aspect": what.aspect,
            "metric": what.metric,
            "period": months,
            "reference": estimates(np.where(known, reference, np.nan))[0],
            "mean": estimates(np.where(known, scenario, np.nan))[0],
            "difference": difference,
            "low": low,
            "high": high,
            "n": n.astype(np.int64),
            "p": p,
            "p_holm": adjusted,
            "departs": adjusted <= SIGNIFICANT,  # NaN: not tested, does not depart
        }
    )


def departures(monthly: pd.DataFrame) -> pd.DataFrame:
    """Find the first month in which each series departs from the reference beyond noise.

    Holm's method holds the chance of a false departure at 5 %: of a series over all its months,
    of a department over all months of all its series.

    Parameters
    ----------
    monthly : DataFrame
        From :func:`monthly_differences`.

    Returns
    -------
    DataFrame
        One row a series: ``department``, ``aspect``, ``metric``, ``department_month`` (first
        month in which any series of the department departs, the same in all its rows; missing if
        none), ``first_month`` (of this series; missing if it never departs), ``worse_from`` (first
        month in which it departs for the worse), ``months`` (in which it departs), ``tested``
        (months with at least two pairs), and of the first month ``reference``, ``mean``,
        ``difference``, ``low``, ``high`` and ``direction`` ("better", "worse", or "different"
        where neither is).
    """
    of_departments = {
        key: _first_month(rows) for key, rows in monthly.groupby("department", sort=False)
    }
    rows = []
    for each in WATCHED:
        series = monthly[monthly["metric"] == each.metric]
        departing = series[series["departs"]]
        row = {
            "department": each.department,
            "aspect": each.aspect,
            "metric": each.metric,
            "department_month": of_departments.get(each.department, pd.NA),
            "first_month": pd.NA,
            "worse_from": pd.NA,
            "months": len(departing),
            "tested": int(series["p"].notna().sum()),
            **dict.fromkeys(_AT_FIRST, np.nan),
            "direction": "",
        }
        if len(departing):
            first = departing.iloc[0]
            row["first_month"] = int(first["period"])
            row.update({name: float(first[name]) for name in _AT_FIRST})
            row["direction"] = _better_or_worse(each.metric, float(first["difference"]))
            worse = departing[
                [
                    _better_or_worse(each.metric, float(gap)) == WORSE
                    for gap in departing["difference"]
                ]
            ]
            row["worse_from"] = int(worse["period"].iloc[0]) if len(worse) else pd.NA
        rows.append(row)
    return pd.DataFrame(rows).astype(dict.fromkeys(_MONTHS, "Int64"))


def _first_month(rows: pd.DataFrame) -> Any:
    """First month in which any series of a department departs, all its questions counted."""
    departing = rows["period"][holm(rows["p"]) <= SIGNIFICANT]
    return int(departing.min()) if len(departing) else pd.NA


def _better_or_worse(metric: str, difference: float) -> str:
    better = METRICS[metric].better
    if better == "neither":
        return "different"
    return BETTER if (difference > 0.0) == (better == "higher") else WORSE


# ------------------------------------------------------------------ losses


def loss_differences(scenario: Sequence[Measures], reference: Sequence[Measures]) -> pd.DataFrame:
    """Compare where buyers and amounts are lost, and why.

    A loss that does not occur in a run counts as 0. A buyer that is brought back and lost again
    is counted again. Customers who left are losses of customer success, with the MRR that they
    paid; elsewhere the amount is the deal size.

    Parameters
    ----------
    scenario, reference : sequence of Measures
        Paired runs.

    Returns
    -------
    DataFrame
        ``stage``, ``true_reason``, ``recorded_reason`` ("all": whatever the reason), and of
        ``buyers`` and ``amount`` per run each: ``<it>_reference``, ``<it>``, ``<it>_difference``,
        ``<it>_low``, ``<it>_high``, ``<it>_p`` (paired t). Largest difference of the amount first.
    """
    first, second = [_losses_of(one) for one in reference], [_losses_of(one) for one in scenario]
    keys = list(dict.fromkeys(key for run in (*first, *second) for key in run))
    columns = ["stage", "true_reason", "recorded_reason"]
    table = pd.DataFrame(keys, columns=columns)
    nothing = (0.0, 0.0)
    for place, what in enumerate(("buyers", "amount")):
        before, after = (
            np.array([[run.get(key, nothing)[place] for key in keys] for run in runs]).reshape(
                len(runs), len(keys)
            )
            for runs in (first, second)
        )
        gap = gaps(before, after)
        difference, low, high, _ = estimates(gap)
        table[f"{what}_reference"] = before.mean(axis=0)
        table[what] = after.mean(axis=0)
        table[f"{what}_difference"] = difference
        table[f"{what}_low"], table[f"{what}_high"] = low, high
        table[f"{what}_p"] = p_values(gap)
    order = table["amount_difference"].abs().sort_values(ascending=False, kind="stable").index
    return table.loc[order].reset_index(drop=True)


def _losses_of(one: Measures) -> dict[tuple[str, str, str], tuple[float, float]]:
    """Buyers and amount of every cell, and of every sum over reasons."""
    found: dict[tuple[str, str, str], tuple[float, float]] = {}
    names = ["stage", "true_reason", "recorded_reason", "buyers", "amount"]
    cells = [tuple(row) for row in one.losses[names].itertuples(index=False, name=None)]
    left = one.totals["customer_success.lost"]
    if left > 0.0:
        reason = Reason.LEFT_AS_CUSTOMER.name.lower()
        # A one-off sale has no recurring revenue to lose.
        amount = np.nan_to_num(one.totals["mrr_churned"])
        cells.append((TEAMS[-1], reason, reason, left, amount))
    for stage, true, recorded, buyers, amount in cells:
        for key in ((stage, true, recorded), (stage, true, ALL), (stage, ALL, ALL)):
            old = found.get(key, (0.0, 0.0))
            found[key] = (old[0] + float(buyers), old[1] + float(amount))
    return found
