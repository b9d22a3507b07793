"""The metrics that an experiment is asked about, what is told, and how amounts are said."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from simulator.errors import Problem, ScenarioError
from simulator.experiment.statistics import Estimate
from simulator.languages.messages import say
from simulator.metrics.definitions import METRICS, PERIOD, Metric
from simulator.metrics.units import unit_of_difference, with_unit
from simulator.scenario.outline import nearest
from simulator.scenario.schema import Scenario

_MILLION = 1e6
_FEWEST_ALIKE = 6
"""Of fewer equal numbers nothing is told: the sign test needs 2 x 0.5^6 to be below 5 %."""
_ROUNDING = 1e-9


def checked_metrics(names: Iterable[str], directed: Iterable[str] = ()) -> tuple[str, ...]:
    """Return the names without repetition if all of them are metrics.

    Parameters
    ----------
    names : iterable of str
    directed : iterable of str
        Those of them of which one direction must be the better one.

    Raises
    ------
    ScenarioError
        With every unknown name and the nearest known one.
    """
    asked = tuple(dict.fromkeys(names))
    problems = [
        Problem(
            "--metric", "", name, f"is no metric{nearest(name, METRICS)}; docs/metrics.md lists all"
        )
        for name in asked
        if name not in METRICS
    ]
    problems += [
        Problem("--metric", "", name, "has no better direction; name another one first")
        for name in directed
        if name in METRICS and not better(name)
    ]
    if problems:
        raise ScenarioError(problems)
    return asked


def main_metric(scenario: Scenario) -> str:
    """Return what a company is after: recurring revenue, or revenue where sales are one-off."""
    return "mrr_end" if scenario.sale == "subscription" else "revenue"


def better(metric: str) -> int:
    """Return the sign of an improvement: 1, -1, or 0 where neither direction is better."""
    return {"higher": 1, "lower": -1, "neither": 0}[METRICS[metric].better]


def adds_up(metric: Metric) -> bool:
    """Tell whether months of a metric may be added: what happens in them, not a state or ratio."""
    return metric.denominator == "1" and metric.rule == PERIOD


@dataclass(frozen=True, slots=True)
class Scale:
    """One way of writing all differences of one metric, so that they can be compared.

    Attributes
    ----------
    factor : float
        What a value is multiplied by.
    decimals : int
    unit : str
        Empty for buyers and ratios.
    """

    factor: float
    decimals: int
    unit: str

    @classmethod
    def of(cls, metric: str, currency: str, sizes: Iterable[float]) -> Scale:
        """Choose a scale for differences of a metric.

        Parameters
        ----------
        metric : str
            Of the registry.
        currency : str
            Of the scenario.
        sizes : iterable of float
            The differences; the largest gets about three digits.
        """
        unit = METRICS[metric].unit
        largest = max((abs(size) for size in sizes if math.isfinite(size)), default=0.0)
        kind = unit.partition(" per ")[0]
        factor = 1.0
        if kind == "share":
            factor = 100.0
        elif kind == "currency" and largest >= 0.1 * _MILLION:
            factor = 1.0 / _MILLION
        size = largest * factor
        decimals = 0 if size >= 100.0 else 1 if size >= 10.0 else 2
        if kind == "currency" and factor == 1.0:
            decimals = 0
        return cls(factor, decimals, unit_of_difference(unit, currency, factor < 1.0))

    def number(self, value: float) -> str:
        """Write a value without its unit; never a negative zero."""
        if not math.isfinite(value):
            return "-"
        return f"{round(value * self.factor, self.decimals) + 0.0:,.{self.decimals}f}"

    def amount(self, value: float) -> str:
        """Write a value with its unit."""
        return with_unit(self.number(value), self.unit)

    def span(self, estimate: Estimate) -> str:
        """Write an interval without its unit; nothing if there is none."""
        if estimate.low is None or estimate.high is None:
            return ""
        return say(
            "{low} to {high}", low=self.number(estimate.low), high=self.number(estimate.high)
        )


def told(estimate: Estimate) -> int:
    """Return the sign of a number whose interval excludes zero, else 0.

    For one question; of several, see :func:`~simulator.experiment.differences.told_among`. As
    there, a few numbers that are all the same tell nothing: a small count can be off by one in
    two runs by luck.
    """
    if estimate.low is None or estimate.high is None or too_few_alike(estimate):
        return 0
    return int(estimate.low > 0.0) - int(estimate.high < 0.0)


def too_few_alike(estimate: Estimate) -> bool:
    """Tell whether an interval has no width because a few numbers were all the same."""
    if estimate.low is None or estimate.high is None:
        return False
    alike = estimate.high - estimate.low <= _ROUNDING * abs(estimate.mean)
    return alike and estimate.n < _FEWEST_ALIKE


def told_sign(row: Mapping[Any, Any]) -> int:
    """Return the sign of ``mean`` in a row of a table if it is ``told``, else 0."""
    return int(row["told"]) * (int(row["mean"] > 0.0) - int(row["mean"] < 0.0))


def size_of(estimate: Estimate) -> Estimate:
    """Return an estimate as an amount, for sentences that say its direction in words."""
    if not estimate.mean < 0.0:
        return estimate
    low, high = (None if bound is None else -bound for bound in (estimate.high, estimate.low))
    return Estimate(-estimate.mean, low, high, estimate.n)


def estimate_of(row: Any) -> Estimate:
    """Return the estimate in a row of a table that has ``mean``, ``low``, ``high`` and ``n``."""
    low, high = (float(row[end]) if row[end] is not None else math.nan for end in ("low", "high"))
    known = math.isfinite(low) and math.isfinite(high)
    return Estimate(
        float(row["mean"]), low if known else None, high if known else None, int(row["n"])
    )


def as_json(estimate: Estimate) -> dict[str, float | None]:
    """Return mean and interval; what is missing is None."""
    mean = estimate.mean if math.isfinite(estimate.mean) else None
    return {"mean": mean, "low": estimate.low, "high": estimate.high}
