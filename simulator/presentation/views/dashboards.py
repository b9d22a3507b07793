"""What each department's own dashboard shows, beside what the customer lived through."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from simulator.experiment.comparison import Comparison
from simulator.experiment.differences import SIGNIFICANT
from simulator.experiment.objectives import OWN
from simulator.experiment.quantities import better, main_metric
from simulator.experiment.statistics import holm
from simulator.languages.messages import listed, say
from simulator.metrics.definitions import METRICS, TEAMS
from simulator.presentation.views.degradation import check_compared
from simulator.presentation.views.scales import level_scale
from simulator.presentation.views.shapes import Blame, Dashboard, Reading
from simulator.scenario import LoadedScenario

Verdict = Literal["better", "worse", "alike", "open"]
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
    that are always missing. The company's main metric is asked first and alone, as in the verdict
    of a comparison; of all the others a verdict holds with Holm's correction over all of them.

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
    weights = {team: float(getattr(loaded.kpi, team)) for team in TEAMS}
    own = {team: tuple(part.metric for part in OWN[team]) for team in TEAMS}
    paid = {
        team: (*(own[team] if weight < 1.0 else ()), *((main,) if weight > 0.0 else ()))
        for team, weight in weights.items()
    }
    shown = {
        team: tuple(dict.fromkeys((*own[team], *paid[team], *_BESIDE[team]))) for team in TEAMS
    }
    company = (main, *_COMPANY)
    every = dict.fromkeys((*(each for one in shown.values() for each in one), *_LIVED, *company))
    verdicts = _verdicts(every, main, rows)
    return Blame(
        scenario=scenario,
        reference=comparison.reference,
        dashboards=tuple(
            Dashboard(
                team,
                _measure(own[team], main, weights[team]),
                _readings(shown[team], rows, verdicts, comparison.currency, paid[team]),
            )
            for team in TEAMS
        ),
        lived=_readings(_LIVED, rows, verdicts, comparison.currency),
        company=_readings(company, rows, verdicts, comparison.currency),
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
    verdicts: Mapping[str, Verdict],
    currency: str,
    paid: Sequence[str] = (),
) -> tuple[Reading, ...]:
    return tuple(
        _reading(rows[metric], verdicts[metric], currency, metric in paid)
        for metric in metrics
        if metric in verdicts
    )


def _reading(row: Mapping[Any, Any], verdict: Verdict, currency: str, counts: bool) -> Reading:
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
        verdict=verdict,
        counts=counts,
        scale=level_scale(metric, currency, (value, reference)),
    )


def _verdicts(
    metrics: Iterable[str], main: str, rows: Mapping[str, Mapping[Any, Any]]
) -> dict[str, Verdict]:
    """Return the verdict on each metric that is not always missing."""
    there = [each for each in metrics if each in rows and int(rows[each]["n"]) > 0]
    beside = [each for each in there if each != main]
    adjusted = holm([float(rows[each]["p"]) for each in beside])
    chance = dict(zip(beside, adjusted, strict=True))
    chance[main] = float(rows[main]["p_holm"])  # over the scenarios, as in the verdict
    return {each: _verdict(rows[each], float(chance[each])) for each in there}


def _verdict(row: Mapping[Any, Any], chance: float) -> Verdict:
    difference, low, high = (float(row[name]) for name in ("difference", "low", "high"))
    if difference == 0.0 and (int(row["n"]) == 1 or low == high == 0.0):
        return "alike"
    sign = int(low > 0.0) - int(high < 0.0) if chance <= SIGNIFICANT else 0
    direction = sign * better(str(row["metric"]))
    if direction == 0:
        return "open"
    return "better" if direction > 0 else "worse"
