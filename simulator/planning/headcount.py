"""Headcounts as points of a lattice: how many people in which team, between which limits, for what.

A person costs pay with everything on top, and tools. That is what a budget is made of; a place
that is empty until it is filled again costs less, so a run shows a lower amount.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.errors import Problem, ScenarioError
from simulator.organization.journal import MONTHS_PER_YEAR
from simulator.planning.offered_load.analytic import square_root_plan
from simulator.scenario.changing import changed
from simulator.scenario.outline import nearest
from simulator.scenario.schema import Scenario
from simulator.scenario.staff import TeamName

Plan = tuple[int, ...]
"""People by team, in the order of :attr:`Headcount.teams`."""
Points = NDArray[np.int64]
"""Plans, one a row."""

ALL_TEAMS: tuple[TeamName, ...] = (
    "marketing", "inside_sales", "field_sales", "customer_success", "revops", "enablement",
)  # fmt: skip
SIZED = ALL_TEAMS[:5]
"""Which teams are sized if nothing else is said."""
_ROOM = 2.0  # how many times as large as today, or as the formulas say, a team may become
_MOST_OF_A_TEAM = 10_000


@dataclass(frozen=True, slots=True)
class Headcount:
    """Which teams are sized, within which limits, and what people cost.

    Attributes
    ----------
    company : Scenario
        As it is; teams that are not sized stay so.
    teams : tuple of str
    low, high : tuple of int
        Limits of each team.
    costs : tuple of float
        Of a person of each team, in currency per year.
    fixed : float
        Of everybody in the teams that are not sized, in currency per year.
    """

    company: Scenario
    teams: tuple[str, ...]
    low: Plan
    high: Plan
    costs: tuple[float, ...]
    fixed: float

    @property
    def today(self) -> Plan:
        """The company as it is."""
        return tuple(people_of(self.company, team) for team in self.teams)

    def cost(self, plan: Plan) -> float:
        """Return what everybody costs in a year, teams that are not sized included."""
        return self.fixed + math.fsum(n * c for n, c in zip(plan, self.costs, strict=True))

    def zone(self, plan: Plan, share: float) -> float:
        """Return what difference of cost is none: a share of what the sized teams cost.

        At most half of the cheapest person, so that one fewer always counts.
        """
        people = [cost for cost in self.costs if cost > 0.0]
        sized = math.fsum(n * c for n, c in zip(plan, self.costs, strict=True))
        return min(share * sized, 0.5 * min(people, default=0.0))

    def prices(self, points: Points) -> NDArray[np.float64]:
        """Return the yearly costs of many plans, shape (plans,)."""
        prices: NDArray[np.float64] = points @ np.array(self.costs) + self.fixed
        return prices

    def scenario(self, plan: Plan) -> Scenario:
        """Return the company with these people from the start."""
        return changed(
            self.company,
            {f"teams.{team}.people": n for team, n in zip(self.teams, plan, strict=True)},
        )

    def named(self, plan: Plan) -> dict[str, int]:
        """Return a plan by the names of its teams."""
        return dict(zip(self.teams, plan, strict=True))

    def within(self, plan: Sequence[float]) -> Plan:
        """Bring a plan into the limits."""
        return tuple(
            int(min(max(round(n), low), high))
            for n, low, high in zip(plan, self.low, self.high, strict=True)
        )


def people_of(scenario: Scenario, team: str) -> int:
    """Return how many people a team has at the start."""
    return int(getattr(scenario.teams, team).people)


def cost_per_year(scenario: Scenario, team: str) -> float:
    """Return what a person of a team costs in a year: pay x loading + tools, in currency."""
    plan = getattr(scenario.teams, team)
    tools = scenario.handoffs.tool_cost_per_person * MONTHS_PER_YEAR
    return float(plan.pay_per_year * plan.loading + tools)


def headcount_of(
    company: Scenario,
    *,
    teams: Sequence[str] = (),
    at_least: Mapping[str, int] | None = None,
    at_most: Mapping[str, int] | None = None,
    costs: Mapping[str, float] | None = None,
) -> Headcount:
    """Return what is to be sized.

    Parameters
    ----------
    company : Scenario
    teams : sequence of str
        Which; the four departments and RevOps if none are named.
    at_least, at_most : mapping of str to int
        Limits of teams. Without: one person in each department and nobody in staff teams, up to
        twice as many as today or as formulas say, whichever is more, and three.
    costs : mapping of str to float
        Currency per person and year, where it is not pay x loading + tools.

    Raises
    ------
    ScenarioError
        If a team is unknown, a limit or a cost is out of range, or limits contradict each other.
    """
    least, most, priced = dict(at_least or {}), dict(at_most or {}), dict(costs or {})
    sized = tuple(dict.fromkeys(teams)) or tuple(
        team for team in ALL_TEAMS if team in SIZED or team in least or team in most
    )
    known = f"known: {', '.join(ALL_TEAMS)}"
    problems = [
        _wrong(option, team, "", f"is no team{nearest(team, ALL_TEAMS)}; {known}")
        for option, names in (
            ("--team", sized), ("--min", least), ("--max", most), ("--cost", priced),
        )
        for team in names
        if team not in ALL_TEAMS
    ]  # fmt: skip
    for option, limits in (("--min", least), ("--max", most)):
        problems += [
            _wrong(option, team, str(n), f"must be 0 to {_MOST_OF_A_TEAM:,} people")
            for team, n in limits.items()
            if not 0 <= n <= _MOST_OF_A_TEAM
        ]
        problems += [
            _wrong(option, team, str(n), "limits a team that is not sized; name it with --team")
            for team, n in limits.items()
            if team in ALL_TEAMS and team not in sized
        ]
    problems += [
        _wrong("--cost", team, f"{cost:g}", "a person's cost must be 0 or more and finite")
        for team, cost in priced.items()
        if not 0.0 <= cost < math.inf
    ]
    if problems:
        raise ScenarioError(problems)
    prices: dict[str, float] = {
        team: priced.get(team, cost_per_year(company, team)) for team in ALL_TEAMS
    }
    guess = square_root_plan(company)
    low, high = [], []
    for team in sized:
        today = people_of(company, team)
        usual = max(math.ceil(_ROOM * max(today, guess.get(team, 0))), 3)
        # Of a split team the group that is stated stays; the rest is sized.
        group = getattr(company.teams, team).split.people
        floor = least.get(team, 0 if team in ALL_TEAMS[4:] else max(1, group))
        ceiling = most.get(team, max(usual, floor))
        if floor < group:
            rule = f"is below the {group} of its group (teams.{team}.split.people)"
            problems.append(_wrong("--min", team, str(floor), rule))
        if floor > ceiling:
            rule = f"is above --max {team}={ceiling}: no plan has both"
            problems.append(_wrong("--min", team, str(floor), rule))
        low.append(floor)
        high.append(ceiling)
    if problems:
        raise ScenarioError(problems)
    fixed = math.fsum(
        people_of(company, team) * prices[team] for team in ALL_TEAMS if team not in sized
    )
    return Headcount(
        company, sized, tuple(low), tuple(high), tuple(prices[team] for team in sized), fixed
    )


def _wrong(option: str, team: str, value: str, rule: str) -> Problem:
    return Problem(option, team, value, rule)
