"""From the MRR at the start to the MRR at the end."""

from __future__ import annotations

import math

from simulator.experiment.replications import Results
from simulator.experiment.statistics import Estimate
from simulator.metrics.definitions import METRICS
from simulator.presentation.views.scales import level_scale
from simulator.presentation.views.shapes import Step, Waterfall

_START, _END = "mrr_start", "mrr_end"
_CHANGES = {
    "mrr_new": 1.0,
    "mrr_reactivated": 1.0,
    "mrr_expansion": 1.0,
    "mrr_contraction": -1.0,
    "mrr_churned": -1.0,
}


def waterfall(results: Results) -> Waterfall | None:
    """Show what changed the MRR over the measured period, as means of the runs.

    Parameters
    ----------
    results : Results

    Returns
    -------
    Waterfall or None
        Levels at both ends and the changes between them, losses negative, each with its 95 %
        interval (NaN with one run); None for one-off sales, which have no MRR.
    """
    if results.scenario.sale != "subscription":
        return None
    steps = (
        _step(_START, "level", results.totals[_START]),
        *(_change(name, sign, results.totals[name]) for name, sign in _CHANGES.items()),
        _step(_END, "level", results.totals[_END]),
    )
    scale = level_scale(_END, results.scenario.currency, [step.value for step in steps])
    return Waterfall(results.name, steps, scale)


def _change(name: str, sign: float, estimate: Estimate) -> Step:
    step = _step(name, "change", estimate)
    if sign > 0.0:
        return step
    return Step(name, step.label, "change", 0.0 - step.value, 0.0 - step.high, 0.0 - step.low)


def _step(name: str, kind: str, estimate: Estimate) -> Step:
    low, high = (math.nan if bound is None else bound for bound in (estimate.low, estimate.high))
    return Step(
        name,
        METRICS[name].label,
        "level" if kind == "level" else "change",
        estimate.mean,
        low,
        high,
    )
