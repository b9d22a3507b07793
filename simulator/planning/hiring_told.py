"""What fresh replications say of a hiring plan: what it keeps, breaks it, and would mend it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from simulator.experiment.differences import gaps
from simulator.experiment.execution import Execution, execute
from simulator.experiment.figures import Figure
from simulator.experiment.statistics import Estimate, Floats
from simulator.organization.journal import DAYS_PER_MONTH, MONTHS_PER_YEAR
from simulator.planning.capacity import Break, capacity_table, first_break, run_capacity
from simulator.planning.cheapest import Rules
from simulator.planning.headcount import ALL_TEAMS, SIZED, Plan, people_of
from simulator.planning.hiring_result import VARIANT_RUNS
from simulator.planning.outcomes import NOTHING, TODAY_RUNS, figures_table, gain_of, share_of
from simulator.planning.plan_reading.plan_files import first_day, months_of, with_plan
from simulator.planning.stresses import stresses_of
from simulator.planning.targets import Target
from simulator.planning.trials import FRESH_FROM, Trials
from simulator.scenario.schema import Scenario
from simulator.scenario.staff import HiringStep, TeamName

_CAPACITY_RUNS = 60


@dataclass(frozen=True, slots=True)
class PlanQuestion:
    """What is asked of a hiring plan.

    Attributes
    ----------
    name : str
        Of the scenario.
    company : Scenario
        With the hires that are decided already.
    targets : tuple of Target
    shown : tuple of Figure
        What else is told of each run.
    rules : Rules
    costs : mapping of str to float
        Of a person of each team, in currency per year.
    fresh : int
        Replications.
    seed : int
    how : Execution
    """

    name: str
    company: Scenario
    targets: tuple[Target, ...]
    shown: tuple[Figure, ...]
    rules: Rules
    costs: Mapping[str, float]
    fresh: int
    seed: int
    how: Execution

    @property
    def main(self) -> Figure:
        """What the first target is about."""
        return self.targets[0].figures[-1]

    def cost_of(self, scenario: Scenario) -> float:
        """Return what everybody planned costs over the run; nobody quits in it."""
        horizon = scenario.horizon.months
        total = 0.0
        for team in ALL_TEAMS:
            people: float = people_of(scenario, team) * horizon
            for step in scenario.hiring:
                if step.team == team:
                    people += step.people * max(horizon - step.day / DAYS_PER_MONTH, 0.0)
            total += max(people, 0.0) * self.costs[team] / MONTHS_PER_YEAR
        return total


def earliest_month(company: Scenario, team: str) -> int:
    """Return the first month at whose start somebody can begin who is looked for from day 0 on."""
    days: float = getattr(company.teams, team).time_to_fill_days
    return math.ceil(days / DAYS_PER_MONTH) + 1


def with_starts(company: Scenario, teams: Sequence[str], starts: Plan) -> Scenario:
    """Return the company with one more hire in each of these teams, from these months on.

    Parameters
    ----------
    company : Scenario
        Its own hires stay.
    teams : sequence of str
    starts : tuple of int
        Months from 1, one for each.
    """
    together: dict[tuple[str, int], int] = {}
    for team, month in sorted(
        zip(teams, starts, strict=True), key=lambda each: (each[1], ALL_TEAMS.index(each[0]))
    ):
        together[team, month] = together.get((team, month), 0) + 1
    added = [
        HiringStep(team=team_name(team), day=first_day(month), people=n)
        for (team, month), n in together.items()
    ]
    return with_plan(company, [*company.hiring, *added])


class ToldOfPlan:
    """What fresh replications say of a plan.

    Parameters
    ----------
    asked : PlanQuestion
    planned : Scenario
        The company with the plan.
    made : bool
        Whether the plan was made here.
    teams : sequence of str
        Of the hires of a plan that was made here, one for each.
    starts : tuple of int
        Their months.
    first : int
        Number of the first of its replications.
    Attributes
    ----------
    numbers : range
        Replications in which the plan is looked at.
    done : bool
        Whether everything has been found out.
    """

    def __init__(
        self,
        asked: PlanQuestion,
        planned: Scenario,
        made: bool,
        teams: Sequence[str] = (),
        starts: Plan = (),
        first: int = FRESH_FROM,
    ) -> None:
        self._asked = asked
        self.numbers = range(first, first + asked.fresh)
        self.planned, self._made, self.teams, self.starts = planned, made, tuple(teams), starts
        self.done = False
        self.chance = self.today_chance = NOTHING
        self.by_target = {each.text: NOTHING for each in asked.targets}
        self.figures = self.capacity = self.by_month = self.stress = self.relief = pd.DataFrame()
        self._slips: dict[int, tuple[float, Estimate]] = {}
        # Key 0: the plan; 1: the company without it; from 2 on: other variants.
        self._variants: list[Scenario] = [planned, asked.company]
        self._trials = Trials(
            lambda key: self._variants[key[0]], asked.targets, asked.shown, asked.seed, asked.how
        )

    def _met(self, key: int) -> Floats:
        return self._trials.met((key,), self.numbers).astype(np.float64)

    def _few(self) -> range:
        return self.numbers[:VARIANT_RUNS]

    def _met_in_few(self, key: int) -> Floats:
        return self._trials.met((key,), self._few()).astype(np.float64)

    def count_fresh(self) -> None:
        """Run the plan and the company without it, and count."""
        today = self.numbers[:TODAY_RUNS]
        self._trials.try_out([(0,)], self.numbers)
        self._trials.try_out([(1,)], today)
        self.chance = share_of(self._met(0))
        self.today_chance = share_of(self._trials.met((1,), today))
        values = self._trials.values((0,), self.numbers)
        self.by_target = {each.text: share_of(each.met(values)) for each in self._asked.targets}
        self.figures = figures_table(
            values, self._trials.values((1,), today), self._asked.shown,
            self._asked.rules.confidence,
        )  # fmt: skip

    def measure(self) -> None:
        """Find out everything that is told."""
        self.count_fresh()
        self._by_month()
        self._capacity()
        self._stress()
        self._slip()
        self._relief()
        self.done = True

    def _by_month(self) -> None:
        values = self._trials.values((0,), self.numbers)
        rows = []
        for target in self._asked.targets:
            for month in target.months:
                single = replace(target, months=(month,))
                share = share_of(single.met(values))
                rows.append({
                    "target": single.text, "month": month, "probability": share.mean,
                    "low": share.low, "high": share.high,
                    "mean": Estimate.of(values[target.metric, month]).mean,
                })  # fmt: skip
        columns = ["target", "month", "probability", "low", "high", "mean"]
        self.by_month = pd.DataFrame(rows, columns=columns)

    def breaks(self) -> Break | None:
        """Return where load first exceeds what the people can do in most runs."""
        return first_break(self.capacity) if len(self.capacity) else None

    def broken_month(self) -> int | None:
        """Return the first month in which a target is met too seldom."""
        if not len(self.by_month):
            return None
        low = self.by_month[self.by_month["probability"] < self._asked.rules.confidence]
        return int(low["month"].min()) if len(low) else None

    def _capacity(self) -> None:
        asked = self._asked
        numbers = self.numbers[:_CAPACITY_RUNS]
        jobs = [(asked.name, n) for n in numbers]
        done = execute({asked.name: self.planned}, jobs, asked.seed, run_capacity, asked.how)
        if done.interrupted:
            raise KeyboardInterrupt
        self.capacity = capacity_table([done.runs[job] for job in jobs], self.planned)

    def _variant(self, scenario: Scenario) -> int:
        self._variants.append(scenario)
        return len(self._variants) - 1

    def _stress(self) -> None:
        rows = []
        found = [(each, self._variant(each.scenario)) for each in stresses_of(
            self._asked.company, self.planned
        )]  # fmt: skip
        self._trials.try_out([(key,) for _, key in found], self._few())
        main = self._asked.main
        before = self._trials.values((0,), self._few())[main]
        for stress, key in found:
            after = self._trials.values((key,), self._few())[main]
            share, change = (
                share_of(self._met_in_few(key)),
                gain_of(self._met_in_few(key), self._met_in_few(0)),
            )
            gap = Estimate.of(gaps(before, after))
            rows.append({
                "stress": stress.name, "words": stress.words, "probability": share.mean,
                "low": share.low, "high": share.high, "change": change.mean,
                "change_low": change.low, "change_high": change.high,
                "mean": Estimate.of(after).mean, "difference": gap.mean,
                "difference_low": gap.low, "difference_high": gap.high,
            })  # fmt: skip
        self.stress = pd.DataFrame(rows)

    def _slip(self) -> None:
        """What it costs if only one start is a month late."""
        last = months_of(self.planned)
        keys: dict[tuple[str, int], int] = {}
        for i, (team, month) in enumerate(zip(self.teams, self.starts, strict=True)):
            if (team, month) not in keys:
                later = (*self.starts[:i], min(month + 1, last + 1), *self.starts[i + 1 :])
                keys[team, month] = self._variant(
                    with_starts(self._asked.company, self.teams, later)
                )
        self._trials.try_out([(key,) for key in keys.values()], self._few())
        for i, (team, month) in enumerate(zip(self.teams, self.starts, strict=True)):
            key = keys[team, month]
            change = gain_of(self._met_in_few(key), self._met_in_few(0))
            self._slips[i] = (share_of(self._met_in_few(key)).mean, change)

    def _relief(self) -> None:
        """What one more person in each team would mend, as soon as one can start."""
        asked = self._asked
        keys = {}
        for team in SIZED:
            starts = earliest_month(asked.company, team)
            if starts > months_of(self.planned):
                continue
            step = HiringStep(team=team_name(team), day=first_day(starts), people=1)
            keys[team, starts] = self._variant(
                with_plan(self.planned, [*self.planned.hiring, step])
            )
        self._trials.try_out([(key,) for key in keys.values()], self._few())
        rows = []
        for (team, starts), key in keys.items():
            share, gain = (
                share_of(self._met_in_few(key)),
                gain_of(self._met_in_few(key), self._met_in_few(0)),
            )
            extra = asked.cost_of(self._variants[key]) - asked.cost_of(self.planned)
            rows.append({
                "team": team, "month": starts, "cost": extra, "probability": share.mean,
                "gain": gain.mean, "gain_low": gain.low, "gain_high": gain.high,
            })  # fmt: skip
        self.relief = pd.DataFrame(rows)

    def hires(self) -> pd.DataFrame:
        """Return the hires, by start."""
        company = self._asked.company
        nothing: tuple[float, Estimate] = (float("nan"), NOTHING)
        if self._made:
            rows = [
                {
                    **_dates(company, team, first_day(month)), "people": 1,
                    "slip": self._slips.get(i, nothing)[0],
                    "slip_change": self._slips.get(i, nothing)[1].mean,
                    "slip_low": self._slips.get(i, nothing)[1].low,
                    "slip_high": self._slips.get(i, nothing)[1].high,
                }
                for i, (team, month) in enumerate(zip(self.teams, self.starts, strict=True))
            ]  # fmt: skip
        else:
            rows = [
                {**_dates(company, step.team, step.day), "people": step.people}
                for step in self.planned.hiring
            ]
        columns = ["team", "people", "month", "day", "open_by", "ramped_by", "slip", "slip_change",
                   "slip_low", "slip_high"]  # fmt: skip
        table = pd.DataFrame(rows, columns=columns)
        order = table["team"].map(ALL_TEAMS.index) if len(table) else table["team"]
        return table.assign(_order=order).sort_values(["day", "_order"], kind="stable").drop(
            columns="_order"
        ).reset_index(drop=True)  # fmt: skip


def _dates(company: Scenario, team: str, day: float) -> dict[str, object]:
    plan = getattr(company.teams, team)
    return {
        "team": team, "month": int(day // DAYS_PER_MONTH) + 1, "day": day,
        "open_by": day - plan.time_to_fill_days, "ramped_by": day + plan.ramp_days,
    }  # fmt: skip


def team_name(name: str) -> TeamName:
    """Return the name of a team as scenarios know it."""
    for known in ALL_TEAMS:
        if known == name:
            return known
    raise ValueError(f"{name} is no team")
