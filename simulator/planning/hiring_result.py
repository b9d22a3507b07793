"""What a hiring plan says: who must have started when, what it gives, and what breaks it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from simulator.experiment.statistics import Estimate
from simulator.planning import hiring_words
from simulator.planning.capacity import Break
from simulator.planning.sizing_result import chance_json, records
from simulator.planning.targets import Target
from simulator.scenario.schema import Scenario
from simulator.scenario.staff import HiringStep

HiringStatus = Literal["met", "missed", "unreachable", "interrupted"]
"""The promise is kept; a given plan does not keep it; no plan can; stopped before it was known."""
VARIANT_RUNS = 150
"""Fresh replications in which each danger, each late start and each further person is tried."""
TABLES = ("hires", "headcounts", "capacity", "by_month", "stress", "relief")
"""Names of the tables of a result."""


@dataclass(frozen=True, slots=True)
class Hiring:
    """A hiring plan, made or checked.

    Attributes
    ----------
    name : str
        Of the scenario.
    company : Scenario
        As it is, with the hires that are decided already.
    planned : Scenario
        With the plan.
    made : bool
        Whether the plan was made here; else it was given and is checked.
    status : {"met", "missed", "unreachable", "interrupted"}
    targets : tuple of Target
    confidence : float
    hires : DataFrame
        One row for each person of a made plan, or each step of a given one: ``team``, ``people``,
        ``month`` and ``day`` of the start, ``open_by`` (business day on which the place must be
        open, so that it can be filled; negative: before the start of the run), ``ramped_by``
        (business day from which at full speed), ``slip`` (probability of meeting all targets if
        only this start is a month later), ``slip_change``, ``slip_low``, ``slip_high``: the paired
        change of the probability with its 95 % interval.
    headcounts : dict of str to tuple of int
        Planned people on the first day of each month, by team; nobody quits in it.
    limits : dict of str to int
        The most people that a made plan might give each team.
    costs : dict of str to float
        Of a person of each team in currency per year.
    cost : float
        Of everybody planned, over the run, in currency: nobody quits in it.
    cost_today : float
        The same of the company as it is.
    chance : Estimate
        Share of fresh replications in which all targets are met.
    by_target : dict of str to Estimate
    today_chance : Estimate
        As `chance`, of the company without the plan.
    figures : DataFrame
        As :attr:`~simulator.planning.sizing_result.Sizing.figures`.
    capacity : DataFrame
        As :func:`~simulator.planning.capacity.capacity_table`.
    by_month : DataFrame
        Of targets by month: ``target``, ``month``, ``probability``, ``low``, ``high``, ``mean``.
    breaks : Break or None
        Where load first exceeds what the people can do in more than half of the runs.
    broken_month : int or None
        The first month in which a target by month is met with less than the asked probability.
    stress : DataFrame
        What if: ``stress`` (a name), ``words``, ``probability``, ``low``, ``high``, ``change``,
        ``change_low``, ``change_high`` (paired), and of the main figure ``mean``, ``difference``,
        ``difference_low``, ``difference_high``.
    relief : DataFrame
        One more person in each team, as soon as one can start:
        ``team``, ``month``, ``cost``, ``probability``, ``gain``, ``gain_low``, ``gain_high``.
    main : tuple of (str, int)
        The figure that stress is told of.
    notes : tuple of str
        What the reader should know about how the plan was understood.
    evaluations, runs, fresh, seed : int
        Plans tried and runs made in the search; fresh replications; the seed.
    interrupted : bool
    """

    name: str
    company: Scenario
    planned: Scenario
    made: bool
    status: HiringStatus
    targets: tuple[Target, ...]
    confidence: float
    hires: pd.DataFrame
    headcounts: dict[str, tuple[int, ...]]
    limits: dict[str, int]
    costs: dict[str, float]
    cost: float
    cost_today: float
    chance: Estimate
    by_target: dict[str, Estimate]
    today_chance: Estimate
    figures: pd.DataFrame
    capacity: pd.DataFrame
    by_month: pd.DataFrame
    breaks: Break | None
    broken_month: int | None
    stress: pd.DataFrame
    relief: pd.DataFrame
    main: tuple[str, int]
    notes: tuple[str, ...]
    evaluations: int
    runs: int
    fresh: int
    seed: int
    interrupted: bool

    @property
    def steps(self) -> tuple[HiringStep, ...]:
        """The plan as a scenario states it under ``hiring``."""
        return self.planned.hiring

    @property
    def variant_runs(self) -> int:
        """Replications on which stress, slips and relief rest."""
        return min(self.fresh, VARIANT_RUNS)

    def verdict(self) -> list[str]:
        """Say in sentences what is known, and never more than the intervals do."""
        return hiring_words.verdict(self)

    def __repr__(self) -> str:
        """Say what was asked and what came out."""
        what = "made" if self.made else "checked"
        return f"<Hiring plan of {self.name}, {what}, {self.status}; seed {self.seed}>"

    def as_json(self) -> dict[str, Any]:
        """Return the result as one object."""
        return {
            "scenario": self.name,
            "made": self.made,
            "status": self.status,
            "hiring": [step.model_dump() for step in self.steps],
            "hires": records(self.hires),
            "headcounts": {team: list(each) for team, each in self.headcounts.items()},
            "cost": self.cost,
            "cost_today": self.cost_today,
            "costs": self.costs,
            "limits": self.limits,
            "confidence": self.confidence,
            "probability": chance_json(self.chance),
            "today": chance_json(self.today_chance),
            "targets": {text: chance_json(each) for text, each in self.by_target.items()},
            "figures": records(self.figures),
            "by_month": records(self.by_month),
            "broken_month": self.broken_month,
            "breaks": None if self.breaks is None else {
                name: getattr(self.breaks, name) for name in self.breaks.__slots__
            },
            "stress": records(self.stress),
            "relief": records(self.relief),
            "capacity": records(self.capacity),
            "notes": list(self.notes),
            "evaluations": self.evaluations,
            "runs": self.runs,
            "fresh_replications": self.fresh,
            "replications_of_variants": self.variant_runs,
            "seed": self.seed,
            "interrupted": self.interrupted,
            "verdict": self.verdict(),
        }  # fmt: skip

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the tables by the name of the file that they are written to."""
        months = max((len(each) for each in self.headcounts.values()), default=0)
        return {
            "hires": self.hires,
            "headcounts": pd.DataFrame(
                {"month": range(1, months + 1), **{t: list(n) for t, n in self.headcounts.items()}}
            ),
            "capacity": self.capacity,
            "by_month": self.by_month,
            "stress": self.stress,
            "relief": self.relief,
        }
