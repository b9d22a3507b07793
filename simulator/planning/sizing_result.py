"""What a sizing says: a plan, what it promises, how sure that is, and what lies beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from simulator.experiment.figures import Figure
from simulator.experiment.quantities import as_json
from simulator.experiment.statistics import Estimate
from simulator.planning import sizing_words
from simulator.planning.cheapest import Rules
from simulator.planning.headcount import Headcount
from simulator.planning.targets import Target
from simulator.scenario.schema import Scenario

Question = Literal["cheapest", "budget", "frontier"]
"""The cheapest plan that keeps a promise, the best plan for a budget, or all of the latter."""
Status = Literal["met", "missed", "unreachable", "best", "interrupted"]
"""The promise is kept; fresh runs do not confirm it; it cannot be kept; the best for the money;
stopped before it was known."""

TABLES = ("plan", "targets", "alternatives", "marginal", "levels", "frontier", "evaluated")
"""Names of the tables of a result."""


@dataclass(frozen=True, slots=True)
class Alternative:
    """A plan that is nearly as good as the chosen one.

    Attributes
    ----------
    plan : dict of str to int
    cost : float
        Currency per year.
    saves : float
        Against the chosen plan, as a share of its cost; negative if it is dearer.
    probability : float
        With which it meets all targets, by the luck of the search; NaN without targets.
    outcome : float
        Mean of the goal; NaN without one.
    chance : float
        How probable it is that it is good enough (or that it is better, with a budget).
    runs : int
    """

    plan: dict[str, int]
    cost: float
    saves: float
    probability: float
    outcome: float
    chance: float
    runs: int


@dataclass(frozen=True, slots=True)
class Sizing:
    """A plan, what it promises, and how sure that is.

    Attributes
    ----------
    name : str
        Of the scenario.
    company : Scenario
        As it is.
    question : {"cheapest", "budget", "frontier"}
    status : {"met", "missed", "unreachable", "best", "interrupted"}
    targets : tuple of Target
    goal : Figure or None
        What a budget is to make as good as can be.
    confidence : float
    budget : float or None
        Currency per year.
    headcount : Headcount
        Teams, limits, costs.
    plan : dict of str to int
    cost : float
        Of the plan, everybody employed all the time, in currency per year.
    chance : Estimate
        Share of fresh replications in which all targets are met; missing without targets.
    by_target : dict of str to Estimate
        The same of each target, by its text.
    figures : DataFrame
        ``metric``, ``month`` (0: the measured period); ``mean``, ``low``, ``high`` in fresh
        replications of the plan, ``today`` of the company as it is, ``difference``,
        ``difference_low``, ``difference_high`` (paired), ``reached``: what is reached with the
        confidence asked for.
    today_chance : Estimate
        As `chance`, of the company as it is.
    correct : float
        Probability of a correct selection among the plans that were tried.
    rules : Rules
    alternatives : tuple of Alternative
        Near ties, cheapest first.
    marginal : DataFrame
        One person more or fewer than the plan: ``team``, ``change``, ``people``, ``cost`` (of the
        change, per year), ``probability`` and the paired difference of it (``gain``, ``gain_low``,
        ``gain_high``), and for each figure of `figures` (by text) its paired difference with
        ``… low`` and ``… high``.
    levels : DataFrame
        For service levels, the team's size around the plan: ``team``, ``people``, ``target``,
        ``value`` (mean), ``probability``, ``outcome`` (mean of the main metric), ``cost``.
    frontier : DataFrame
        ``cost``, a column per team, ``mean``, ``low``, ``high`` of the goal, ``probability``.
    evaluated : DataFrame
        Every plan that was tried: a column per team, ``cost``, ``runs``, ``probability``.
    evaluations, runs : int
        Plans tried and runs made in the search.
    fresh : int
        Fresh replications of the plan.
    seed : int
    interrupted : bool
    left_out : int
        Planned changes of team size that the scenario states: they are left out, for a plan is
        about people who are there from the start.
    """

    name: str
    company: Scenario
    question: Question
    status: Status
    targets: tuple[Target, ...]
    goal: Figure | None
    confidence: float
    budget: float | None
    headcount: Headcount
    plan: dict[str, int]
    cost: float
    chance: Estimate
    by_target: dict[str, Estimate]
    figures: pd.DataFrame
    today_chance: Estimate
    correct: float
    rules: Rules
    alternatives: tuple[Alternative, ...]
    marginal: pd.DataFrame
    levels: pd.DataFrame
    frontier: pd.DataFrame
    evaluated: pd.DataFrame
    evaluations: int
    runs: int
    fresh: int
    seed: int
    interrupted: bool
    left_out: int = 0

    @property
    def today(self) -> dict[str, int]:
        """People of today by team."""
        return self.headcount.named(self.headcount.today)

    @property
    def today_cost(self) -> float:
        """What the company costs as it is, in currency per year."""
        return self.headcount.cost(self.headcount.today)

    @property
    def main(self) -> Figure:
        """The figure that matters most: the goal, else what the first target is about."""
        return self.goal or self.targets[0].figures[-1]

    def verdict(self) -> list[str]:
        """Say in sentences what is known, and never more than the intervals do."""
        return sizing_words.verdict(self)

    def __repr__(self) -> str:
        """Say what was asked and what came out."""
        people = ", ".join(f"{team} {n}" for team, n in self.plan.items())
        return f"<Sizing of {self.name}, {self.status}: {people}; seed {self.seed}>"

    def as_json(self) -> dict[str, Any]:
        """Return the result as one object."""
        return {
            "scenario": self.name,
            "question": self.question,
            "status": self.status,
            "plan": self.plan,
            "cost": self.cost,
            "budget": self.budget,
            "today": {"plan": self.today, "cost": self.today_cost,
                      "probability": chance_json(self.today_chance)},
            "confidence": self.confidence,
            "probability": chance_json(self.chance),
            "targets": {text: chance_json(each) for text, each in self.by_target.items()},
            "figures": records(self.figures),
            "correct_selection": {
                "probability": self.correct, "zone_of_probability": self.rules.zone,
                "zone_of_cost": self.rules.cost_zone,
            },
            "alternatives": [
                {
                    "plan": each.plan, "cost": each.cost, "saves": each.saves,
                    "probability": known_or_none(each.probability),
                    "outcome": known_or_none(each.outcome),
                    "chance": each.chance, "runs": each.runs,
                }
                for each in self.alternatives
            ],
            "marginal": {
                team: {f"{int(row['change']):+d}": {k: v for k, v in row.items() if k != "team"}
                       for row in records(rows)}
                for team, rows in self.marginal.groupby("team", sort=False)
            } if len(self.marginal) else {},
            "levels": records(self.levels),
            "frontier": records(self.frontier),
            "costs": dict(zip(self.headcount.teams, self.headcount.costs, strict=True)),
            "evaluations": self.evaluations,
            "runs": self.runs,
            "fresh_replications": self.fresh,
            "seed": self.seed,
            "interrupted": self.interrupted,
            "left_out_hiring_steps": self.left_out,
            "verdict": self.verdict(),
        }  # fmt: skip

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the tables by the name of the file that they are written to."""
        teams = self.headcount.teams
        return {
            "plan": pd.DataFrame({
                "team": teams, "people": [self.plan[t] for t in teams],
                "today": self.headcount.today, "cost_per_person": self.headcount.costs,
                "low": self.headcount.low, "high": self.headcount.high,
            }),
            "targets": pd.DataFrame([
                {"target": text, "probability": each.mean, "low": each.low, "high": each.high,
                 "fresh_replications": each.n}
                for text, each in self.by_target.items()
            ], columns=["target", "probability", "low", "high", "fresh_replications"]),
            "alternatives": pd.DataFrame(
                [{**each.plan, "cost": each.cost, "saves": each.saves,
                  "probability": each.probability, "outcome": each.outcome,
                  "chance": each.chance, "runs": each.runs} for each in self.alternatives],
                columns=[*teams, "cost", "saves", "probability", "outcome", "chance", "runs"],
            ),
            "marginal": self.marginal,
            "levels": self.levels,
            "frontier": self.frontier,
            "evaluated": self.evaluated,
        }  # fmt: skip


def figure_text(figure: Figure) -> str:
    """Write a figure as on the command line."""
    metric, month = figure
    return f"{metric}@{month}" if month else metric


def known_or_none(value: float | None) -> float | None:
    """Return a number, or None where it is missing: NaN has no place in JSON."""
    return None if value is None or not np.isfinite(value) else float(value)


def chance_json(estimate: Estimate) -> dict[str, float | None]:
    """Return a probability and its interval."""
    each = as_json(estimate)
    return {"probability": each["mean"], "low": each["low"], "high": each["high"]}


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a table; what is missing is None."""
    return [
        {
            str(k): (None if isinstance(v, float) and not np.isfinite(v) else v)
            for k, v in row.items()
        }
        for row in table.to_dict(orient="records")
    ]
