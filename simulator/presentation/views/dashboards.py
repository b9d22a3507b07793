"""What each department's own dashboard shows, beside what the customer lived through."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from simulator.experiment.comparison import Comparison
from simulator.experiment.objectives import OWN
from simulator.experiment.quantities import better, main_metric, told
from simulator.experiment.statistics import Estimate
from simulator.languages.messages import listed, say
from simulator.metrics.definitions import METRICS, TEAMS
from simulator.presentation.views.degradation import check_compared
from simulator.presentation.views.scales import level_scale
from simulator.presentation.views.shapes import Blame, Dashboard, Reading
from simulator.scenario import LoadedScenario

# Each department's own KPI, and what it would put beside it: activity and output of its own.
_BESIDE: Mapping[str, tuple[str, ...]] = {
    "marketing": ("inquiries", "cpa", "marketing.wait_mean"),
    "inside_sales": ("activities", "meetings_per_inside_sales_person", "reach_rate"),
    "field_sales": ("wins", "win_rate", "lead_time", "quota_attainment"),
    "customer_success": ("claim_answer_days", "health_score", "customer_success.throughput"),
}
# In the order in which a customer lives through it.
_LIVED = (
    "speed_to_lead",
    "inquiry_to_contract",
    "field_sales.wait_mean",
    "field_sales.abandonment",
    "re_explanations",
    "onboarding_days",
    "onboarding_late_share",
    "claims_per_customer",
    "claims_late_share",
    "trust",
    "logo_churn",
)
_COMPANY = ("profit", "new_customers", "gross_revenue_churn", "nrr")


def blame(comparison: Comparison, scenarios: Sequence[LoadedScenario], scenario: str) -> Blame:
    """Hold every department's dashboard against the reference, and what the customer got.

    Nothing is picked by its outcome: the figures are the same in every comparison, but for those
    that are always missing.

    Parameters
    ----------
    comparison : Comparison
    scenarios : sequence of LoadedScenario
        Those of the comparison, in the order of its names: what departments are measured on.
    scenario : str
        One of the names, not the reference.

    Returns
    -------
    Blame
        A department whose weight is 0 is measured on its own number, one of weight 1 on the
        shared result, which is then on its dashboard; between them on both.

    Raises
    ------
    ScenarioError
        If the comparison has no such scenario.
    """
    check_compared(comparison, scenario)
    loaded = scenarios[comparison.names.index(scenario)].scenario
    main = main_metric(loaded)
    table = comparison.metrics[comparison.metrics["scenario"] == scenario]
    rows = {str(row["metric"]): row for row in table.to_dict(orient="records")}
    dashboards = []
    for team in TEAMS:
        weight = float(getattr(loaded.kpi, team))
        own = tuple(part.metric for part in OWN[team])
        paid = (*(own if weight < 1.0 else ()), *((main,) if weight > 0.0 else ()))
        shown = dict.fromkeys((*own, *paid, *_BESIDE[team]))
        readings = _readings(shown, rows, comparison.currency, paid)
        dashboards.append(Dashboard(team, _measure(own, main, weight), readings))
    return Blame(
        scenario=scenario,
        reference=comparison.reference,
        dashboards=tuple(dashboards),
        lived=_readings(_LIVED, rows, comparison.currency),
        company=_readings((main, *_COMPANY), rows, comparison.currency),
    )


def _measure(own: Sequence[str], main: str, weight: float) -> str:
    """Say what a department is measured on."""
    numbers, shared = listed([METRICS[each].label for each in own]), METRICS[main].label
    if weight <= 0.0:
        return numbers
    if weight >= 1.0:
        return say("{result}, shared by all departments", result=shared)
    return say(
        "{own_share} % {numbers}, {shared_share} % {result}, shared by all departments",
        own_share=f"{100.0 * (1.0 - weight):.0f}",
        numbers=numbers,
        shared_share=f"{100.0 * weight:.0f}",
        result=shared,
    )


def _readings(
    metrics: Iterable[str],
    rows: Mapping[str, Mapping[Any, Any]],
    currency: str,
    paid: Sequence[str] = (),
) -> tuple[Reading, ...]:
    return tuple(
        _reading(rows[metric], currency, metric in paid)
        for metric in metrics
        if metric in rows and int(rows[metric]["n"]) > 0
    )


def _reading(row: Mapping[Any, Any], currency: str, counts: bool) -> Reading:
    metric = str(row["metric"])
    value, reference, difference, low, high = (
        float(row[name]) for name in ("mean", "reference", "difference", "low", "high")
    )
    return Reading(
        metric=metric,
        label=METRICS[metric].label,
        value=value,
        reference=reference,
        difference=difference,
        low=low,
        high=high,
        verdict=_verdict(metric, difference, low, high, int(row["n"])),
        counts=counts,
        scale=level_scale(metric, currency, (value, reference)),
    )


def _verdict(
    metric: str, difference: float, low: float, high: float, n: int
) -> Literal["better", "worse", "alike"]:
    known = math.isfinite(low) and math.isfinite(high)
    sign = told(Estimate(difference, low, high, n)) if known else 0
    direction = sign * better(metric)
    if direction == 0:
        return "alike"
    return "better" if direction > 0 else "worse"
