"""What departments would do under their measures, and what that costs: the result.

Cases are ways in which everybody decides: what departments would do (the equilibrium), what one
planner would (the optimum), as the scenario states it, as usual, and equilibria under other
weights or with remedies. All are measured with the same fresh luck, so that they are compared in
pairs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from simulator.experiment import incentives_frames as frames
from simulator.experiment import incentives_words as words
from simulator.experiment.games import Profile
from simulator.experiment.objectives import Agreement, Lever, Objectives
from simulator.experiment.searches import Equilibria, Search
from simulator.experiment.statistics import Estimate, relative_difference
from simulator.scenario.schema import Scenario

Totals = dict[str, NDArray[np.float64]]
"""Metrics of the replications of one company."""
Weights = tuple[float, ...]
"""Of the shared KPI, in the order of TEAMS."""

ALL = "all together"
"""Who shares, where every department's weight is the same."""
EQUILIBRIUM, OPTIMUM, STATED, USUAL = "equilibrium", "optimum", "as stated", "as usual"
SHARED_KPI, AGREED, REVOPS = "shared KPI", "agreed definition", "RevOps"
TABLES = ("cases", "decisions", "effects", "curves", "deviations", "doses", "remedies")
"""Names of the tables of a result."""


@dataclass(frozen=True)
class Case:
    """One way in which everybody decides, and what becomes of the company.

    Attributes
    ----------
    name : str
    weights : tuple of float
        Of the shared KPI, in the order of TEAMS.
    profile : tuple of float
        What is decided.
    totals : dict of str to ndarray
        Metrics of the fresh replications.
    search : Search or None
        How the decisions were found; None if they were stated.
    levers : tuple of Lever
        What the profile is of.
    """

    name: str
    weights: Weights
    profile: Profile
    totals: Totals
    search: Search | None
    levers: tuple[Lever, ...]

    def estimate(self, metric: str) -> Estimate:
        """Estimate a metric."""
        return Estimate.of(self.totals[metric])

    def decisions(self) -> dict[str, float]:
        """Return what is decided by path below ``decisions``."""
        values = iter(self.profile)
        return {lever.path: lever.low if lever.is_fixed else next(values) for lever in self.levers}


@dataclass(frozen=True)
class Effect:
    """What a decision brings its department and the company, everything else as it is.

    Attributes
    ----------
    lever : Lever
    value : float
        At the equilibrium.
    own : Estimate
        Change of the department's own KPI against deciding as usual, in proportion.
    shared : Estimate
        The same of the shared KPI.
    """

    lever: Lever
    value: float
    own: Estimate
    shared: Estimate


@dataclass(frozen=True)
class Incentives:
    """What departments would do under their measures, and what that costs.

    Attributes
    ----------
    name : str
        Of the scenario.
    scenario : Scenario
    weights : dict of str to float
        Of the shared KPI, by department.
    levers : tuple of Lever
    objectives : Objectives
    scales : dict of str to float
        Usual size of every metric that somebody's pay depends on.
    seed, searched, fresh : int
        Seed, replications by which was searched, and by which was measured.
    equilibria : Equilibria or None
        Searches from several starts, under the scenario's weights.
    cases : dict of str to Case
        "as stated", "as usual", "equilibrium", "optimum", further equilibria ("equilibrium 2"),
        doses ("all together 0.25", "marketing 1"), remedies ("RevOps + shared KPI").
    effects : tuple of Effect
        Of every decision at the equilibrium that differs from what is usual.
    doses : tuple of (who, weight, name of the case)
    remedies : tuple of (tuple of str, name of the case)
        Each combination of remedies.
    agreed : tuple of Agreement
        In force; as a remedy, only there.
    evaluations : int
        Companies that were run by the search.
    runs : int
        Runs that took.
    interrupted : bool
    stopped_at : str
        What was being done when it was interrupted.
    """

    name: str
    scenario: Scenario
    weights: dict[str, float]
    levers: tuple[Lever, ...]
    objectives: Objectives
    scales: dict[str, float]
    seed: int
    searched: int
    fresh: int
    equilibria: Equilibria | None
    cases: dict[str, Case]
    effects: tuple[Effect, ...]
    doses: tuple[tuple[str, float, str], ...]
    remedies: tuple[tuple[tuple[str, ...], str], ...]
    agreed: tuple[Agreement, ...]
    evaluations: int
    runs: int
    interrupted: bool
    stopped_at: str

    @property
    def shared_metric(self) -> str:
        """The metric of the shared KPI."""
        return self.objectives.shared[0].metric

    def price(self, metric: str, case: str = EQUILIBRIUM, reference: str = OPTIMUM) -> Estimate:
        """Estimate how far a case lies from another one, in proportion to the latter.

        Parameters
        ----------
        metric : str
        case, reference : str
            Names of cases.

        Returns
        -------
        Estimate
            -0.1: a tenth less. The price of silos is 1 plus that.
        """
        return relative_difference(
            self.cases[reference].totals[metric], self.cases[case].totals[metric]
        )

    def difference(self, metric: str, case: str, reference: str) -> Estimate:
        """Estimate the paired difference of a metric between two cases."""
        return Estimate.of(self.cases[case].totals[metric] - self.cases[reference].totals[metric])

    def verdict(self) -> list[str]:
        """Say in words what was found, never more than the intervals allow."""
        return words.verdict(self)

    def tables(self) -> Mapping[str, pd.DataFrame]:
        """Return everything as tidy tables by the names of TABLES."""
        return frames.tables(self)

    def as_json(self) -> dict[str, Any]:
        """Return everything as one object of plain values; None is missing."""
        return frames.as_json(self)
