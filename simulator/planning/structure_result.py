"""What a comparison of structures says: what each brings at the same cost, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from simulator.experiment.figures import Figure
from simulator.planning import structure_words
from simulator.planning.headcount import ALL_TEAMS
from simulator.planning.sizing_result import figure_text, records
from simulator.planning.structure_options import REPS
from simulator.planning.targets import Target
from simulator.scenario.schema import Scenario

TABLES = ("options", "ratio", "flows")
OPTIONS = (
    "question", "option", "words", *ALL_TEAMS, "groups", "cost", "mean", "low", "high",
    "difference", "difference_low", "difference_high", "told", "profit_difference", "profit_low",
    "profit_high", "probability", "n",
)  # fmt: skip
RATIOS = (
    *REPS, "ratio", "cost", "today", "mean", "low", "high", "difference", "difference_low",
    "difference_high", "told", "n",
)  # fmt: skip
FLOW_COLUMNS = (
    "option", "metric", "mean", "reference", "difference", "low", "high", "told",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Best:
    """What does best among several, and what cannot be told from it.

    Attributes
    ----------
    name : str
        Empty if nothing is known.
    tied : tuple of str
    """

    name: str
    tied: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Structure:
    """How other structures do at the same cost.

    Attributes
    ----------
    name : str
        Of the scenario.
    company : Scenario
        As it is.
    questions : tuple of str
    goal : Figure
        What is to become as good as can be.
    targets : tuple of Target
        What every plan must keep besides.
    confidence : float
        Probability with which a run must keep them.
    budget : float
        Currency per year.
    options : DataFrame
        The company as it is first: ``question``, ``option``, ``words``, a column per team,
        ``groups`` (of split teams, in words), ``cost`` (currency per year), ``mean``, ``low``,
        ``high`` of the goal; ``difference``, ``difference_low``, ``difference_high`` to the first
        row (paired), ``told`` (Holm over all options), ``profit_difference``, ``profit_low``,
        ``profit_high``, ``probability`` of keeping the targets, ``n`` replications. An option of
        which no plan that was tried keeps the targets has no figures.
    ratio : DataFrame
        ``inside_sales``, ``field_sales``, ``ratio`` (of the former to the latter), ``cost``,
        ``today`` (whether it is what the others are compared with: today's ratio), ``mean``,
        ``low``, ``high``, ``difference`` with its interval, ``told``, ``n``.
    flows : DataFrame
        Of each option but the first, how busy inside and field sales are, their queues, and the
        share of waits that end because a buyer gives up: ``option``, ``metric``, ``mean``,
        ``reference``, ``difference``, ``low``, ``high``, ``told`` (Holm over those of the option).
    best, best_ratio : Best
        Among the options, and among the divisions (named ``6:8``).
    left_out : tuple of str
        Structures that were not tried, and why.
    evaluations, runs : int
        Plans tried, and runs made for that.
    fresh : int
        Fresh replications of each option.
    seed : int
    interrupted : bool
    """

    name: str
    company: Scenario
    questions: tuple[str, ...]
    goal: Figure
    targets: tuple[Target, ...]
    confidence: float
    budget: float
    options: pd.DataFrame
    ratio: pd.DataFrame
    flows: pd.DataFrame
    best: Best
    best_ratio: Best
    left_out: tuple[str, ...]
    evaluations: int
    runs: int
    fresh: int
    seed: int
    interrupted: bool

    def verdict(self) -> list[str]:
        """Say in sentences what is known, and never more than the intervals do."""
        return structure_words.verdict(self)

    def __repr__(self) -> str:
        """Say what was asked and what came out."""
        best = [each.name for each in (self.best, self.best_ratio) if each.name]
        return f"<Structure of {self.name}: best {', '.join(best) or 'unknown'}; seed {self.seed}>"

    def as_json(self) -> dict[str, Any]:
        """Return the result as one object."""
        return {
            "scenario": self.name,
            "questions": list(self.questions),
            "goal": figure_text(self.goal),
            "targets": [target.text for target in self.targets],
            "confidence": self.confidence,
            "budget": self.budget,
            "options": records(self.options),
            "ratio": records(self.ratio),
            "flows": records(self.flows),
            "best": {"option": self.best.name or None, "not_told_from": list(self.best.tied)},
            "best_ratio": {
                "ratio": self.best_ratio.name or None,
                "not_told_from": list(self.best_ratio.tied),
            },
            "left_out": list(self.left_out),
            "evaluations": self.evaluations,
            "runs": self.runs,
            "fresh_replications": self.fresh,
            "seed": self.seed,
            "interrupted": self.interrupted,
            "verdict": self.verdict(),
        }

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the tables by the name of the file that they are written to."""
        return {"options": self.options, "ratio": self.ratio, "flows": self.flows}
