"""The shapes of what pictures show, and of what they are made from.

A view turns results into one of these; charts for slides and pictures of pages draw them, and the
table behind a picture lists them. Numbers are as measured (shares in 0..1, money in units of the
currency); ``scale`` says how they are written.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from simulator.experiment.comparison import Comparison
from simulator.experiment.quantities import Scale
from simulator.experiment.replications import Results
from simulator.scenario import LoadedScenario

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


# ------------------------------------------------------------------ from what


@dataclass(frozen=True, slots=True)
class Analysis:
    """What an analysis found, fresh or read from the folder that it was written to.

    Attributes
    ----------
    command : str
        "attribute", "bottleneck", "sensitivity" or "incentives".
    said : mapping of str to Any
        As with ``--json``, with ``version`` and ``command`` (what to type for it again).
    tables : mapping of str to DataFrame
        As with ``--out``.
    """

    command: str
    said: Mapping[str, Any]
    tables: Mapping[str, pd.DataFrame]


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything that a report or a chart is made from.

    Attributes
    ----------
    scenarios : tuple of LoadedScenario
        The reference first; their names are those of ``results``.
    results : tuple of Results
        One of each scenario, all with the same seed and replications.
    comparison : Comparison or None
        Of all with the first, where there are several.
    analyses : mapping of str to Analysis
        By command; what was not run is not in it.
    """

    scenarios: tuple[LoadedScenario, ...]
    results: tuple[Results, ...]
    comparison: Comparison | None
    analyses: Mapping[str, Analysis]


# ------------------------------------------------------------------ what is shown


@dataclass(frozen=True, slots=True)
class Node:
    """A place where buyers are.

    Attributes
    ----------
    id : str
    label : str
    column : int
        From left to right, from 0.
    team : str
        Whose place it is; "" if nobody's.
    came, went, inside : float
        Came in (those there at the start included), went on, and still there at the end:
        came = went + inside.
    """

    id: str
    label: str
    column: int
    team: str
    came: float
    went: float
    inside: float


@dataclass(frozen=True, slots=True)
class Link:
    """Buyers that went from one place to another.

    Attributes
    ----------
    source, target : str
        Nodes.
    kind : {"onward", "lost", "back"}
        "back" is a loop: to a place farther left, or the same again.
    size : float
    note : str
        What it is, where that is no move of buyers.
    """

    source: str
    target: str
    kind: Literal["onward", "lost", "back"]
    size: float
    note: str = ""


@dataclass(frozen=True, slots=True)
class Flow:
    """Buyers on their way through the company (mean of the runs), by number or by MRR.

    Attributes
    ----------
    scenario : str
    measure : {"buyers", "mrr"}
        With "mrr" sizes are the MRR (one-off: price) that these buyers would bring or bring.
    nodes : tuple of Node
    links : tuple of Link
    scale : Scale
    months : tuple of int
        First and last month that is counted.
    """

    scenario: str
    measure: Literal["buyers", "mrr"]
    nodes: tuple[Node, ...]
    links: tuple[Link, ...]
    scale: Scale
    months: tuple[int, int]


@dataclass(frozen=True, slots=True)
class HeatRow:
    """One series of a department by month, held against the reference.

    Attributes
    ----------
    team : str
    aspect : {"wait", "conversion", "churn", "abandonment", "throughput"}
    metric : str
    label : str
    values, reference : array, shape (months,)
        Of the scenario and of the reference; NaN where missing.
    worse : array, shape (months,)
        How much worse than the reference, by the size of the row's own values: -1 to 1, 0 alike,
        negative better; NaN where missing.
    told : array of bool, shape (months,)
        Whether it differs beyond luck (corrected over the months of the row).
    scale : Scale
    """

    team: str
    aspect: str
    metric: str
    label: str
    values: Floats
    reference: Floats
    worse: Floats
    told: Bools
    scale: Scale


@dataclass(frozen=True, slots=True)
class Onset:
    """Since which month a department is worse, and in what.

    Attributes
    ----------
    team : str
        "company" for the whole.
    metric : str
        The first of its series that can be told to be worse.
    label : str
    month : int
    """

    team: str
    metric: str
    label: str
    month: int


@dataclass(frozen=True, slots=True)
class Heat:
    """Where and when a scenario departs from the reference: series by month.

    ``tested`` is whether there are runs enough to tell anything from luck; ``onsets`` are of each
    department that is worse, in the order of the departments.
    """

    scenario: str
    reference: str
    months: tuple[int, ...]
    rows: tuple[HeatRow, ...]
    tested: bool = True
    onsets: tuple[Onset, ...] = ()


@dataclass(frozen=True, slots=True)
class Band:
    """One scenario's course over months (or ages).

    Attributes
    ----------
    scenario : str
    at : array, shape (n,)
        Months from 1, or ages.
    mean, low, high : array, shape (n,)
        Mean of the runs with its 95 % interval; NaN where missing.
    outer_low, outer_high : array, shape (n,)
        Between these lie 80 % of single runs; NaN with few runs.
    """

    scenario: str
    at: Floats
    mean: Floats
    low: Floats
    high: Floats
    outer_low: Floats
    outer_high: Floats


@dataclass(frozen=True, slots=True)
class Course:
    """One metric over months, of one or several scenarios.

    Attributes
    ----------
    metric : str
    label : str
    team : str
        "" if it is the company's.
    axis : str
        What ``at`` of the bands is, in words.
    scale : Scale
    bands : tuple of Band
    """

    metric: str
    label: str
    team: str
    axis: str
    scale: Scale
    bands: tuple[Band, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a waterfall: a level, or a change with its sign."""

    id: str
    label: str
    kind: Literal["level", "change"]
    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Waterfall:
    """From the MRR at the start to the MRR at the end, change by change; they add up."""

    scenario: str
    steps: tuple[Step, ...]
    scale: Scale


@dataclass(frozen=True, slots=True)
class Triangle:
    """Which share of each month's new customers is still there at each age.

    Attributes
    ----------
    scenario : str
    metric : {"logo_retention", "revenue_retention"}
    label : str
    cohorts : tuple of int
        Month of the contract; 0: customers at the start.
    ages : tuple of int
        Months since the contract.
    share : array, shape (cohorts, ages)
        NaN where not seen.
    n : array, shape (cohorts,)
        Mean number of customers at age 0.
    """

    scenario: str
    metric: str
    label: str
    cohorts: tuple[int, ...]
    ages: tuple[int, ...]
    share: Floats
    n: Floats


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar with its interval.

    Attributes
    ----------
    id : str
    label : str
    team : str
    value, low, high : float
        NaN where an end is not known.
    told : bool
        Whether it differs from 0 beyond luck, as ``Bars`` says it.
    note : str
        What to say beside it, if anything.
    """

    id: str
    label: str
    team: str
    value: float
    low: float
    high: float
    told: bool
    note: str

    @property
    def tested(self) -> bool:
        """Whether there is an interval: one run has none."""
        return math.isfinite(self.low) and math.isfinite(self.high)


@dataclass(frozen=True, slots=True)
class Bars:
    """Shares of a gap, one bar each; ``total`` is what they add up to (None if they do not).

    ``alone`` is whether each bar is told by its own 95 % interval, not corrected for the others.
    """

    title: str
    metric: str
    label: str
    bars: tuple[Bar, ...]
    total: Bar | None
    scale: Scale
    alone: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """One figure on a dashboard, held against the reference.

    Attributes
    ----------
    metric : str
    label : str
    value, reference : float
    difference, low, high : float
        Scenario minus reference with its 95 % interval, as paired.
    verdict : {"better", "worse", "alike", "open"}
        Beyond luck, by the direction that this metric calls better; "alike" if it is exactly the
        same in every pair of runs, "open" if whether it differs cannot be told.
    counts : bool
        Whether the department is measured on it.
    scale : Scale
    """

    metric: str
    label: str
    value: float
    reference: float
    difference: float
    low: float
    high: float
    verdict: Literal["better", "worse", "alike", "open"]
    counts: bool
    scale: Scale

    @property
    def tested(self) -> bool:
        """Whether there is an interval: one run has none."""
        return math.isfinite(self.low) and math.isfinite(self.high)


@dataclass(frozen=True, slots=True)
class Dashboard:
    """What one department sees: its own measure and the figures around it."""

    team: str
    measure: str
    readings: tuple[Reading, ...]


@dataclass(frozen=True, slots=True)
class Blame:
    """Every department's own dashboard, beside what the customer and the company lived through."""

    scenario: str
    reference: str
    dashboards: tuple[Dashboard, ...]
    lived: tuple[Reading, ...]
    company: tuple[Reading, ...]


@dataclass(frozen=True, slots=True)
class Spoke:
    """One assumption of a tornado.

    Attributes
    ----------
    key : str
        Its path in the scenario.
    label : str
    low_input, high_input : str
        What it was set to, written.
    at_low, at_high : float
        The result there.
    told : bool
        Whether the own 95 % interval of the change at an end excludes 0.
    source, trust : str
        "" where the scenario states none.
    """

    key: str
    label: str
    low_input: str
    high_input: str
    at_low: float
    at_high: float
    told: bool
    source: str
    trust: str


@dataclass(frozen=True, slots=True)
class Tornado:
    """How a result moves with each assumption, the strongest first.

    Attributes
    ----------
    metric : str
    label : str
    at_default : float
        The result with every assumption as stated.
    spokes : tuple of Spoke
    survives : float
        Share of settings in which the one that leads still does; NaN if not asked.
    verdict : str
        Whether that survives, in a sentence.
    scale : Scale
    tested : bool
        Whether there are runs enough for intervals.
    """

    metric: str
    label: str
    at_default: float
    spokes: tuple[Spoke, ...]
    survives: float
    verdict: str
    scale: Scale
    tested: bool = True


Shape = Flow | Heat | Course | Waterfall | Triangle | Bars | Blame | Tornado


def as_json(value: Any) -> Any:
    """Return a shape as plain values for JSON; what is missing is None.

    Parameters
    ----------
    value : Shape, or anything inside one
    """
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: as_json(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, np.ndarray):
        return as_json(value.tolist())
    if isinstance(value, (list, tuple)):
        return [as_json(each) for each in value]
    if isinstance(value, (bool, int, str)) or value is None:
        return value
    number = float(value)
    return number if np.isfinite(number) else None
