"""What a plan must reach: figures with limits, read from text and held against runs."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.errors import Problem, ScenarioError
from simulator.experiment.figures import Figure
from simulator.experiment.statistics import Floats
from simulator.metrics.definitions import METRICS
from simulator.scenario.outline import nearest
from simulator.scenario.schema import Scenario

Values = Mapping[Figure, Floats]
"""Figures of the runs of one plan, each of shape (replications,)."""

SYNONYMS = {"final_arr": "arr", "final_mrr": "mrr_end"}
"""What planners say, and the metric that it is."""

_SIGNS = {">=": True, "≥": True, "<=": False, "≤": False}
_TARGET = re.compile(
    r"\s*(?P<metric>[A-Za-z_.][\w.]*)\s*(?:@\s*(?P<first>\d+)(?:\s*-\s*(?P<last>\d+))?)?"
    r"\s*(?P<sign>>=|<=|≥|≤)\s*(?P<limit>[^\s%]+)\s*(?P<percent>%?)\s*\Z"
)
_GOAL = re.compile(r"\s*(?P<metric>[A-Za-z_.][\w.]*)\s*(?:@\s*(?P<month>\d+))?\s*\Z")
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?")
_FORM = "is written METRIC>=NUMBER or METRIC<=NUMBER, with @MONTH or @FROM-TO after the metric"
_GOOD_ENOUGH = math.log(3.0)
_NEGLIGIBLE = 1e-3
"""On a logarithmic scale nothing is less than this share of the limit."""


@dataclass(frozen=True, slots=True)
class Target:
    """A figure that must not fall below, or not exceed, a limit.

    Attributes
    ----------
    metric : str
        Of the registry.
    months : tuple of int
        From 1; in each of them. None of them: over the measured period, or at its end.
    at_least : bool
        Whether the limit is a lower one.
    limit : float
        In the unit of the metric.
    """

    metric: str
    months: tuple[int, ...]
    at_least: bool
    limit: float

    @property
    def figures(self) -> tuple[Figure, ...]:
        """What must be known of a run."""
        return tuple((self.metric, month) for month in self.months) or ((self.metric, 0),)

    @property
    def text(self) -> str:
        """As it is written on the command line."""
        when = ""
        if self.months:
            first, last = self.months[0], self.months[-1]
            when = f"@{first}" if first == last else f"@{first}-{last}"
        return f"{self.metric}{when}{'>=' if self.at_least else '<='}{self.limit:.12g}"

    def met(self, values: Values) -> NDArray[np.bool_]:
        """Tell in which runs it is met, in every month.

        A value that is missing, or longer than what was seen, meets nothing.

        Parameters
        ----------
        values : mapping of Figure to ndarray of float64, shape (replications,)

        Returns
        -------
        ndarray of bool, shape (replications,)
        """
        rows = np.array([values[figure] for figure in self.figures])
        kept = rows >= self.limit if self.at_least else rows <= self.limit
        every: NDArray[np.bool_] = (kept & np.isfinite(rows)).all(axis=0)
        return every

    def margin(self, values: Values) -> Floats:
        """Say by how much each run meets it, in its worst month.

        On a logarithmic scale where the limit is positive and the metric never negative: a wait of
        twice the limit is then as far off as one of half of it, and a few very long ones do not
        hide how usual they are. More than three times as good as the limit is no better, so that
        runs without any wait do not look like wild luck.

        Returns
        -------
        ndarray of float64, shape (replications,)
            Not negative where it is met; NaN where the figure is missing in a month, or infinite.
        """
        rows = np.array([values[figure] for figure in self.figures])
        rows[~np.isfinite(rows)] = np.nan
        sign = 1.0 if self.at_least else -1.0
        if self.limit > 0.0 and never_negative(self.metric):
            shares = np.clip(rows / self.limit, _NEGLIGIBLE, 1.0 / _NEGLIGIBLE)
            far = sign * np.log(shares)
            worst: Floats = np.minimum(far, _GOOD_ENOUGH).min(axis=0)
        else:
            worst = (sign * (rows - self.limit)).min(axis=0)
        return worst


def read_target(text: str, scenario: Scenario, option: str = "--target") -> Target:
    """Read a target such as ``final_arr>=1.2e9`` or ``inside_sales.wait_p90@7-12<=0.5``.

    Parameters
    ----------
    text : str
    scenario : Scenario
        Its horizon limits the months.
    option : str
        Where it was written, for messages.

    Raises
    ------
    ScenarioError
        If it cannot be read, names no metric, or nobody could ever meet it.
    """
    for wrong, right in (("=>", ">="), ("=<", "<=")):
        if wrong in text:
            raise _wrong(option, text, f"write {right}, not {wrong}")
    found = _TARGET.match(text)
    if found is None:
        raise _wrong(option, text, _FORM)
    metric = _metric(found["metric"], text, option)
    if found["percent"] and not METRICS[metric].unit.startswith("share"):
        raise _wrong(option, text, f"{metric} is no share ({METRICS[metric].unit}); leave out %")
    limit = _number(found["limit"], text, option) / (100.0 if found["percent"] else 1.0)
    months: tuple[int, ...] = ()
    if found["first"]:
        first = int(found["first"])
        last = int(found["last"] or first)
        _check_months(metric, first, last, scenario, text, option)
        months = tuple(range(first, last + 1))
    target = Target(metric, months, _SIGNS[found["sign"]], limit)
    _check_possible(target, text, option)
    _check_known(metric, scenario, text, option)
    return target


def read_goal(text: str, scenario: Scenario, option: str = "--target") -> Figure:
    """Read a figure that is to become as good as can be, such as ``final_arr`` or ``wins@12``.

    Raises
    ------
    ScenarioError
        If it cannot be read, names no metric, or neither direction of it is better.
    """
    found = _GOAL.match(text)
    if found is None:
        raise _wrong(option, text, "is written METRIC or METRIC@MONTH")
    metric = _metric(found["metric"], text, option)
    if METRICS[metric].better == "neither":
        raise _wrong(option, text, "has no better direction; give it a limit with >= or <=")
    if found["month"]:
        month = int(found["month"])
        _check_months(metric, month, month, scenario, text, option)
        return metric, month
    _check_known(metric, scenario, text, option)
    return metric, 0


def has_limit(text: str) -> bool:
    """Tell whether a text states a limit."""
    return any(sign in text for sign in (*_SIGNS, "=>", "=<"))


def check_together(targets: Sequence[Target]) -> None:
    """Refuse targets of which no run could meet two.

    Raises
    ------
    ScenarioError
        Naming the two.
    """
    floors = [target for target in targets if target.at_least]
    ceilings = [target for target in targets if not target.at_least]
    problems = [
        Problem("--also", "", ceiling.text, f"contradicts {floor.text}: no run can meet both")
        for floor in floors
        for ceiling in ceilings
        if set(floor.figures) & set(ceiling.figures) and floor.limit > ceiling.limit
    ]
    if problems:
        raise ScenarioError(problems)


def team_of(metric: str) -> str:
    """Return the team whose own service a metric tells of; empty if it is of none."""
    team, _, rest = metric.partition(".")
    if rest:
        return team
    department = METRICS[metric].department
    waits = "_days" in metric or "late" in metric or metric.startswith("speed_to_lead")
    return department if waits else ""


def figures_of(targets: Sequence[Target], further: Sequence[Figure] = ()) -> tuple[Figure, ...]:
    """Return everything that must be known of a run, each once."""
    return tuple(dict.fromkeys([*(f for each in targets for f in each.figures), *further]))


def all_met(targets: Sequence[Target], values: Values) -> NDArray[np.bool_]:
    """Tell in which runs all targets are met.

    Returns
    -------
    ndarray of bool, shape (replications,)
    """
    every: NDArray[np.bool_] = np.logical_and.reduce([target.met(values) for target in targets])
    return every


def _metric(name: str, text: str, option: str) -> str:
    metric = SYNONYMS.get(name, name)
    if metric not in METRICS:
        known = [*METRICS, *SYNONYMS]
        raise _wrong(
            option, text, f"{name} is no metric{nearest(name, known)}; docs/metrics.md lists all"
        )
    return metric


def plain_number(text: str) -> float | None:
    """Read a number as programs write it; commas only between thousands. None if it is none.

    In many countries 0,5 is a half: it is refused rather than taken for 5.
    """
    bare = text.replace("_", "")
    if "," in bare:
        if not _THOUSANDS.fullmatch(bare):
            return None
        bare = bare.replace(",", "")
    try:
        value = float(bare)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def never_negative(metric: str) -> bool:
    """Tell whether a metric is never below 0."""
    unit = METRICS[metric].unit
    money = unit == "currency" or unit.startswith("currency per")
    return metric not in _MAY_BE_NEGATIVE and (not money or metric in _MONEY_FROM_0)


def _number(text: str, whole: str, option: str) -> float:
    value = plain_number(text)
    if value is None:
        raise _wrong(option, whole, f"{text} is no number; {_FORM}")
    return value


def _check_months(
    metric: str, first: int, last: int, scenario: Scenario, text: str, option: str
) -> None:
    end = math.ceil(scenario.horizon.months)
    if not 1 <= first <= last:
        raise _wrong(option, text, "months count from 1, the earlier one first")
    if last > end:
        rule = f"the run has {end} months (horizon.months); month {last} is after its end"
        raise _wrong(option, text, rule)
    if not METRICS[metric].monthly:
        raise _wrong(option, text, f"{metric} is not known by month; leave out @")


def _check_possible(target: Target, text: str, option: str) -> None:
    unit = METRICS[target.metric].unit
    share = unit == "share" and target.metric not in _SHARES_ABOVE_ONE
    if share and target.at_least and target.limit > 1.0:
        rule = f"{target.metric} is a share and never above 1; write 90% or 0.9"
        raise _wrong(option, text, rule)
    if never_negative(target.metric) and not target.at_least and target.limit < 0.0:
        raise _wrong(option, text, f"{target.metric} is never negative")


_SHARES_ABOVE_ONE = {"nrr", "quota_attainment"}
_MAY_BE_NEGATIVE = {"net_revenue_churn", "magic_number", "payback", "ltv", "profit"}
_MONEY_FROM_0 = {
    "mrr", "arr", "mrr_start", "mrr_new", "mrr_reactivated", "mrr_expansion", "mrr_contraction",
    "mrr_churned", "mrr_end", "bookings", "expansion", "revenue", "cost", "cost_pay",
    "cost_advertising", "cost_tools", "cac", "cpa", "ltv_realized",
}  # fmt: skip


def _check_known(metric: str, scenario: Scenario, text: str, option: str) -> None:
    """Refuse what this company cannot show: it would never be met, whatever the plan."""
    from simulator.metrics.revenue import MRR_METRICS

    if scenario.sale != "subscription" and metric in MRR_METRICS:
        rule = f"{metric} is missing where sales are one-off; take revenue or profit"
        raise _wrong(option, text, rule)


def _wrong(option: str, value: str, rule: str) -> ScenarioError:
    return ScenarioError([Problem(option, "", value, rule)])
