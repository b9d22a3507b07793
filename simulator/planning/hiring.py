"""Hiring plans: the fewest hires and their latest starts that keep a promise, or what a plan keeps.

First how many: the cheapest number of hires in each team if all of them start as soon as a place
can be filled (:mod:`simulator.planning.cheapest`). Then when: each start is put off by strides of
eight months, four, two and one, the dearest hires first, as long as the promise is kept with the
same luck; somebody who could be put off to the end is not needed. What is promised in the end is
measured in fresh replications. Ramp, attrition, time to fill and leave are those of the
scenario: whoever quits is replaced as it says.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from simulator.errors import Problem, ScenarioError
from simulator.experiment.departments import lasting
from simulator.experiment.execution import Workers, execution_of
from simulator.experiment.figures import Figure
from simulator.experiment.quantities import main_metric
from simulator.experiment.readiness import Scenarios, prepared
from simulator.organization.journal import DAYS_PER_MONTH, MONTHS_PER_YEAR
from simulator.planning.cheapest import CheapestPlan, Rules
from simulator.planning.headcount import (
    ALL_TEAMS,
    Headcount,
    Plan,
    cost_per_year,
    headcount_of,
    people_of,
)
from simulator.planning.hiring_result import Hiring, HiringStatus
from simulator.planning.hiring_told import (
    PlanQuestion,
    ToldOfPlan,
    earliest_month,
    team_name,
    with_starts,
)
from simulator.planning.plan_reading.plan_files import (
    first_day,
    months_of,
    planned_headcounts,
    read_plan,
    with_plan,
)
from simulator.planning.sizing import FRESH_RUNS, check_numbers
from simulator.planning.targets import check_together, read_target
from simulator.planning.trials import FRESH_FROM, Trials
from simulator.scenario.schema import Scenario
from simulator.scenario.staff import HiringStep

_DELAY_RUNS, _FIRM_RUNS = 120, 400
"""Runs that say whether a delay keeps the promise: on the way there, and at its end."""
_MOST_ROUNDS = 3  # times that fresh luck may send the plan back
_STRIDES = (8, 4, 2, 1)  # months


@dataclass(frozen=True, slots=True)
class HiresAtOnce(Headcount):
    """Headcounts that are reached by hiring as soon as places can be filled.

    Attributes
    ----------
    starts : tuple of float
        Business day on which the first hires of each team can start.
    """

    starts: tuple[float, ...]

    def scenario(self, plan: Plan) -> Scenario:
        """Return the company with hires up to these headcounts."""
        steps = [
            HiringStep(team=team_name(team), day=day, people=n - low)
            for team, day, n, low in zip(self.teams, self.starts, plan, self.low, strict=True)
            if n > low
        ]
        return with_plan(self.company, [*self.company.hiring, *steps])


def plan_hiring(
    scenario: Scenarios,
    target: str | Sequence[str],
    *,
    also: Sequence[str] = (),
    confidence: float = 0.9,
    check: bool = False,
    plan: str | Path | None = None,
    sheet: str | None = None,
    teams: Sequence[str] = (),
    at_most: Mapping[str, int] | None = None,
    costs: Mapping[str, float] | None = None,
    rules: Rules | None = None,
    fresh: int = FRESH_RUNS,
    seed: int = 1,
    workers: Workers = 1,
    on_progress: Callable[[int, int], None] | None = None,
) -> Hiring:
    """Make a hiring plan that keeps a promise, or check one.

    Parameters
    ----------
    scenario : Scenario, LoadedScenario, str or path
        Hires that it states are taken as decided; more may be added to them.
    target : str or sequence of str
        What must be reached, by month where it is written so: ``arr@12>=1.1e9``.
    also : sequence of str
        What must be reached besides.
    confidence : float
        Probability with which a run must meet all targets.
    check : bool
        Check the scenario's own plan instead of making one.
    plan : str or Path, optional
        Check the plan of this file (CSV or XLSX) instead.
    sheet : str, optional
        Of a workbook.
    teams, at_most, costs
        As :func:`~simulator.planning.headcount.headcount_of`.
    rules, fresh, seed, workers, on_progress
        As :func:`~simulator.planning.sizing.size`.

    Returns
    -------
    Hiring
        After Ctrl-C the best so far.

    Raises
    ------
    ScenarioError
        If something asked for cannot be used, or nobody hired could do anything before the end.
    KeyboardInterrupt
        After Ctrl-C before anything was tried.
    """
    loaded = prepared(scenario)
    company = loaded.scenario
    check_numbers(company, confidence, None, fresh)
    written = [target] if isinstance(target, str) else list(target)
    if not written:
        raise ScenarioError([Problem("--target", "", "", "say what to reach: final_arr>=1.2e9")])
    targets = (
        *(read_target(text, company) for text in written),
        *(read_target(text, company, "--also") for text in also),
    )
    check_together(targets)
    present = _present(company, teams)
    below = [
        Problem(
            "--max", team, str(most),
            f"is below the {present[team]} of today: a hiring plan lets nobody go",
        )
        for team, most in (at_most or {}).items()
        if most < present.get(team, 0)
    ]  # fmt: skip
    if below:
        raise ScenarioError(below)
    # Checks limits and costs, whether they are needed or not.
    lattice = headcount_of(company, teams=teams, at_least=present, at_most=at_most, costs=costs)
    final: Figure = (main_metric(company), 0)
    shown = dict.fromkeys([*(each.figures[-1] for each in targets), final, ("profit", 0)])
    prices = {team: cost_per_year(company, team) for team in ALL_TEAMS} | dict(costs or {})
    decided = replace(rules or Rules(), confidence=confidence)
    with lasting(execution_of(workers)) as how:
        asked = PlanQuestion(
            loaded.name, company, targets, tuple(shown), decided, prices, fresh, seed, how
        )
        if plan is not None:
            given = read_plan(plan, company, sheet)
            return _checked(asked, with_plan(company, given.steps), given.notes)
        if check:
            return _checked(asked, company, ())
        return _Planner(asked, on_progress).make(_hires(company, lattice))


def _present(company: Scenario, teams: Sequence[str]) -> dict[str, int]:
    """Today's people of the teams, so that nobody is let go."""
    known = [team for team in (teams or ALL_TEAMS[:5]) if team in ALL_TEAMS]
    return {team: people_of(company, team) for team in known}


def _hires(company: Scenario, lattice: Headcount) -> HiresAtOnce:
    """Return the lattice of hires; who cannot start before the end cannot be hired.

    Raises
    ------
    ScenarioError
        If nobody could be at full speed before the end.
    """
    horizon = company.horizon.months * DAYS_PER_MONTH
    starts = [first_day(earliest_month(company, team)) for team in lattice.teams]
    ramped = [
        day + getattr(company.teams, team).ramp_days
        for team, day in zip(lattice.teams, starts, strict=True)
    ]
    if not any(day < horizon for day in ramped):
        soonest = min(range(len(ramped)), key=lambda k: ramped[k])
        rule = (
            f"is too short for hires: the first could start on day {starts[soonest]:g} (month"
            f" {earliest_month(company, lattice.teams[soonest])}, in"
            f" {lattice.teams[soonest].replace('_', ' ')}) and would be at full speed on day"
            f" {ramped[soonest]:g}; the run ends on day {horizon:g}. Lengthen it, or shorten"
            " time_to_fill_days or ramp_days"
        )
        raise ScenarioError(
            [Problem("scenario", "horizon.months", f"{company.horizon.months:g}", rule)]
        )
    high = [
        most if day < horizon else low
        for low, most, day in zip(lattice.low, lattice.high, starts, strict=True)
    ]
    # Over the run: who starts later costs less.
    months = [max(horizon - day, 0.0) / DAYS_PER_MONTH for day in starts]
    costs = [c * m / MONTHS_PER_YEAR for c, m in zip(lattice.costs, months, strict=True)]
    present = math.fsum(
        low * (c * company.horizon.months / MONTHS_PER_YEAR - late)
        for low, c, late in zip(lattice.low, lattice.costs, costs, strict=True)
    )
    fixed = lattice.fixed * company.horizon.months / MONTHS_PER_YEAR + present
    return HiresAtOnce(
        company, lattice.teams, lattice.low, tuple(high), tuple(costs), fixed, tuple(starts)
    )


def _checked(asked: PlanQuestion, planned: Scenario, notes: tuple[str, ...]) -> Hiring:
    """Say what a given plan keeps, and where it breaks."""
    if planned is asked.company:
        # The scenario's own plan: beside it stands the company that hires nobody.
        asked = replace(asked, company=with_plan(planned, ()))
    told = ToldOfPlan(asked, planned, False)
    with suppress(KeyboardInterrupt):
        told.measure()
    kept = told.chance.mean >= asked.rules.confidence
    return _result(asked, told, False, "met" if kept else "missed", notes, (0, 0))


class _Planner:
    """A plan on its way."""

    def __init__(self, asked: PlanQuestion, tell: Callable[[int, int], None] | None) -> None:
        self._asked = asked
        self._tell = tell
        self._tried = (0, 0)

    def make(self, lattice: HiresAtOnce) -> Hiring:
        """Find the fewest hires, then their latest starts."""
        asked = self._asked
        counts = self._trials(lattice.scenario)
        choice = CheapestPlan(lattice, counts, asked.rules).search(lattice.today)
        self._count(counts)
        teams = [
            team
            for team, n, low in zip(lattice.teams, choice.plan, lattice.low, strict=True)
            for _ in range(n - low)
        ]
        way: list[Plan] = [tuple(earliest_month(asked.company, team) for team in teams)]
        delays = self._trials(lambda starts: with_starts(asked.company, teams, starts))
        told = self._told(teams, way[-1])
        status: HiringStatus = "met" if choice.good else "unreachable"
        try:
            if choice.interrupted:
                raise KeyboardInterrupt
            if choice.good:
                self._put_off(delays, teams, way)
                told = self._confirmed(self._told(teams, way[-1]), delays, teams, way)
            told.measure()
        except KeyboardInterrupt:
            if not told.chance.n:
                told = self._told(teams, way[-1])  # as far as it has come
        self._count(delays)
        if status == "met" and told.chance.mean < asked.rules.confidence - asked.rules.zone:
            status = "missed"
        limits = lattice.named(lattice.high)
        return _result(asked, told, True, status, (), self._tried, limits)

    def _told(self, teams: Sequence[str], starts: Plan, first: int = FRESH_FROM) -> ToldOfPlan:
        """Return what will be told of starts; who starts after the end is not hired at all."""
        company = self._asked.company
        last = months_of(company)
        kept = [(team, month) for team, month in zip(teams, starts, strict=True) if month <= last]
        named, months = [team for team, _ in kept], tuple(month for _, month in kept)
        planned = with_starts(company, named, months)
        return ToldOfPlan(self._asked, planned, True, named, months, first)

    def _confirmed(
        self, told: ToldOfPlan, delays: Trials, teams: Sequence[str], way: list[Plan]
    ) -> ToldOfPlan:
        """Go back on the way until fresh luck keeps the promise, too.

        Luck that disagrees is taken over: the latest step is looked for that keeps the promise in
        all replications so far, and then looked at with other fresh ones.
        """
        asked = self._asked
        numbers = list(range(_FIRM_RUNS))
        for attempt in range(1, _MOST_ROUNDS + 1):
            told.count_fresh()
            enough = asked.rules.confidence - asked.rules.zone
            if told.chance.mean >= enough or len(way) == 1:
                break
            numbers += told.numbers
            del way[-1]
            self._go_back(delays, way, numbers)
            told = self._told(teams, way[-1], FRESH_FROM + attempt * asked.fresh)
        return told

    def _go_back(self, delays: Trials, way: list[Plan], numbers: Sequence[int]) -> None:
        """Leave the way at the latest step that keeps the promise in these replications."""
        good, bad = 0, len(way)
        while bad - good > 1:
            middle = (good + bad) // 2
            if self._keeps(delays, way[middle], numbers):
                good = middle
            else:
                bad = middle
        del way[good + 1 :]

    def _trials(self, company: Callable[[Plan], Scenario]) -> Trials:
        asked = self._asked
        return Trials(company, asked.targets, (), asked.seed, asked.how, self._progress)

    def _progress(self, plans: int, runs: int) -> None:
        if self._tell is not None:
            self._tell(self._tried[0] + plans, self._tried[1] + runs)

    def _count(self, trials: Trials) -> None:
        self._tried = (self._tried[0] + len(trials), self._tried[1] + trials.runs)

    def _put_off(self, delays: Trials, teams: Sequence[str], way: list[Plan]) -> None:
        """Put off starts as far as the promise is kept; every step that is kept goes on the way.

        What 120 runs allowed is looked at again with 400: the way is gone back as far as these do
        not allow it, and from there on single months are tried.
        """
        for stride in _STRIDES:
            self._put_off_by(stride, delays, teams, way, _DELAY_RUNS)
        self._go_back(delays, way, range(_FIRM_RUNS))
        if len(way) > 1 or self._keeps(delays, way[0], range(_FIRM_RUNS)):
            self._put_off_by(1, delays, teams, way, _FIRM_RUNS)

    def _put_off_by(
        self, stride: int, delays: Trials, teams: Sequence[str], way: list[Plan], runs: int
    ) -> None:
        """Put off one start after the other by so many months, as long as one can be."""
        # After the last month nobody starts: somebody who is not needed at all.
        never = months_of(self._asked.company) + 1
        dearest = sorted(range(len(teams)), key=lambda i: -self._asked.costs[teams[i]])
        moved = True
        while moved:
            moved = False
            for i in dearest:
                starts = way[-1]
                # People of a team are alike: of those who start together only one moves.
                alike = any(teams[k] == teams[i] and starts[k] == starts[i] for k in range(i))
                if alike or starts[i] == never:
                    continue
                later = (*starts[:i], min(starts[i] + stride, never), *starts[i + 1 :])
                if self._keeps(delays, later, range(runs)):
                    way.append(later)
                    moved = True

    def _keeps(self, trials: Trials, starts: Plan, numbers: Sequence[int]) -> bool:
        trials.try_out([starts], numbers)
        met = trials.met(starts, numbers)
        return bool(met.mean() >= self._asked.rules.confidence)


def _result(
    asked: PlanQuestion,
    told: ToldOfPlan,
    made: bool,
    status: HiringStatus,
    notes: tuple[str, ...],
    tried: tuple[int, int],
    limits: Mapping[str, int] | None = None,
) -> Hiring:
    return Hiring(
        name=asked.name,
        company=asked.company,
        planned=told.planned,
        made=made,
        status=status if told.done else "interrupted",
        targets=asked.targets,
        confidence=asked.rules.confidence,
        hires=told.hires(),
        headcounts=planned_headcounts(told.planned),
        limits=dict(limits or {}),
        costs=dict(asked.costs),
        cost=asked.cost_of(told.planned),
        cost_today=asked.cost_of(asked.company),
        chance=told.chance,
        by_target=told.by_target,
        today_chance=told.today_chance,
        figures=told.figures,
        capacity=told.capacity,
        by_month=told.by_month,
        breaks=told.breaks(),
        broken_month=told.broken_month(),
        stress=told.stress,
        relief=told.relief,
        main=asked.main,
        notes=notes,
        evaluations=tried[0],
        runs=tried[1],
        fresh=told.chance.n,
        seed=asked.seed,
        interrupted=not told.done,
    )
