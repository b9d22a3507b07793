"""Hiring plans out of spreadsheets: people per team and month become hiring steps, and back.

A plan is one table, in one of three forms told by its headings: a row per team and month with
the people of the month or with how many start in it; a row per month with the people of each team
in a column; a row per team with those of each month in a column. Months count from 1, the start
of the run. Who is there in a month is there from its first day, business day 20 x (month - 1).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from simulator.errors import Problem, ScenarioError
from simulator.languages.messages import say
from simulator.organization.journal import DAYS_PER_MONTH, DEPARTMENTS
from simulator.planning.plan_reading.plan_cells import Cell, PlanCells, plan_cells
from simulator.planning.plan_reading.plan_sheets import plan_sheet
from simulator.planning.plan_reading.plan_words import MOST_PEOPLE, TEAM_NAMES
from simulator.planning.sizing_names import side_by_side
from simulator.scenario.schema import Scenario
from simulator.scenario.staff import HiringStep, TeamName

HEADINGS = ("team", "month", "people")
"""Of the long form, as plans are written."""


@dataclass(frozen=True, slots=True)
class PlanFile:
    """What a file plans.

    Attributes
    ----------
    steps : tuple of HiringStep
        Sorted by day, then by team in the order of the work.
    headcounts : dict of str to tuple of int
        Planned people in each month of the run (from its first day on), of the teams that the
        file names; nobody quits in it.
    notes : tuple of str
        What the user should know about how the file was understood.
    """

    steps: tuple[HiringStep, ...]
    headcounts: dict[str, tuple[int, ...]]
    notes: tuple[str, ...]


def months_of(scenario: Scenario) -> int:
    """Return the number of months that a run has, the unfinished last one included."""
    # As the months of the metrics are counted, to the rounding.
    return math.ceil(scenario.horizon.months * DAYS_PER_MONTH / DAYS_PER_MONTH)


def first_day(month: int) -> float:
    """Return the business day on which a month (from 1) begins."""
    return (month - 1) * DAYS_PER_MONTH


def read_plan(path: str | Path, scenario: Scenario, sheet: str | None = None) -> PlanFile:
    """Read a hiring plan.

    Parameters
    ----------
    path : str or Path
        CSV, TSV or XLSX; of formulas the stored values are taken.
    scenario : Scenario
        Whose teams are planned: today's people are those at its start, and the plan must stay
        within its horizon.
    sheet : str, optional
        Name of the sheet of a workbook; without it the only one that looks like a plan.

    Returns
    -------
    PlanFile
        A headcount of month 1 that differs from today's people makes a step on day 0. Before the
        first and after the last month of a team its headcount stays as it is.

    Raises
    ------
    ScenarioError
        With everything that is wrong with the file, place by place.
    """
    months = months_of(scenario)
    read = plan_cells(plan_sheet(Path(path), sheet), months)
    people = {team: getattr(scenario.teams, team).people for team in TEAM_NAMES}
    given: dict[TeamName, list[Cell]] = {}
    for cell in sorted(read.cells, key=lambda cell: (TEAM_NAMES.index(cell.team), cell.month)):
        given.setdefault(cell.team, []).append(cell)
    if read.are_hires:
        planned = _added_up(read, given, people, months)
    else:
        planned = {team: _held(cells, people[team], months) for team, cells in given.items()}
    steps = _steps(planned, people)
    notes = (
        *read.notes,
        *(note for team in given for note in _notes(read, given[team], people[team], months)),
        *_on_the_rest(scenario, planned),
    )
    return PlanFile(steps, {str(team): levels for team, levels in planned.items()}, notes)


def planned_headcounts(scenario: Scenario) -> dict[str, tuple[int, ...]]:
    """Return the people that a scenario plans to have on the first day of each month.

    Parameters
    ----------
    scenario : Scenario

    Returns
    -------
    dict of str to tuple of int
        Of the four departments, and of staff that has people or is hired; nobody quits in it.
    """
    planned: dict[str, tuple[int, ...]] = {}
    steps = sorted(scenario.hiring, key=lambda step: step.day)
    months = months_of(scenario)
    for team in teams_of(scenario):
        mine = [step for step in steps if step.team == team]
        people, levels, done = getattr(scenario.teams, team).people, [], 0
        for month in range(1, months + 1):
            while done < len(mine) and mine[done].day <= first_day(month):
                # Where nobody is left, nobody leaves.
                people = max(people + mine[done].people, 0)
                done += 1
            levels.append(people)
        planned[team] = tuple(levels)
    return planned


def teams_of(scenario: Scenario) -> tuple[TeamName, ...]:
    """Return the four departments, and those of the staff that have people or are to have some."""
    hired = {step.team for step in scenario.hiring if step.people > 0}
    return tuple(
        team
        for at, team in enumerate(TEAM_NAMES)
        if at < len(DEPARTMENTS) or getattr(scenario.teams, team).people or team in hired
    )


def with_plan(scenario: Scenario, steps: Iterable[HiringStep]) -> Scenario:
    """Return the scenario with another hiring plan instead of its own.

    Parameters
    ----------
    scenario : Scenario
        It stays what it is.
    steps : iterable of HiringStep
    """
    return scenario.model_copy(update={"hiring": tuple(steps)})


def plan_rows(headcounts: Mapping[str, Sequence[int]]) -> tuple[tuple[str, str, str], ...]:
    """Write a plan in the long form, such that `read_plan` reads it again.

    Parameters
    ----------
    headcounts : mapping of str to sequence of int
        People in each month from 1 on, by team.

    Returns
    -------
    tuple of (str, str, str)
        The headings, then a row per team and month.
    """
    return (
        HEADINGS,
        *(
            (team, str(month), str(people))
            for team, levels in headcounts.items()
            for month, people in enumerate(levels, start=1)
        ),
    )


# ------------------------------------------------------------------ from cells to steps


def _held(cells: Sequence[Cell], people: int, months: int) -> tuple[int, ...]:
    """Return the headcount of every month: today's before the cells, the last one after them."""
    first = cells[0].month
    levels = [people] * (first - 1) + [cell.number for cell in cells]
    return tuple(levels + [levels[-1]] * (months - len(levels)))


def _added_up(
    read: PlanCells, given: Mapping[TeamName, Sequence[Cell]], people: Mapping[TeamName, int],
    months: int,
) -> dict[TeamName, tuple[int, ...]]:  # fmt: skip
    """Return the headcount of every month out of those who start and leave in it."""
    problems: list[Problem] = []
    planned: dict[TeamName, tuple[int, ...]] = {}
    for team, cells in given.items():
        change = {cell.month: cell for cell in cells}
        level, levels = people[team], []
        for month in range(1, months + 1):
            cell = change.get(month)
            after = level + (cell.number if cell else 0)
            if cell and after < 0:
                problems.append(
                    read.problem(
                        cell,
                        f"only {level} people of {team} are planned to be there then: "
                        f"at most {level} can leave",
                    )
                )
            if cell and after > MOST_PEOPLE:
                problems.append(
                    read.problem(cell, f"makes {after:,} people; at most {MOST_PEOPLE:,} in a team")
                )
            level = min(max(after, 0), MOST_PEOPLE)
            levels.append(level)
        planned[team] = tuple(levels)
    if problems:
        raise ScenarioError(problems)
    return planned


def _steps(
    planned: Mapping[TeamName, Sequence[int]], people: Mapping[TeamName, int]
) -> tuple[HiringStep, ...]:
    steps = [
        HiringStep(team=team, day=first_day(month), people=now - before)
        for team, levels in planned.items()
        for month, (before, now) in enumerate(
            zip((people[team], *levels), levels, strict=False), start=1
        )
        if now != before
    ]
    return tuple(sorted(steps, key=lambda step: (step.day, TEAM_NAMES.index(step.team))))


def _notes(read: PlanCells, cells: Sequence[Cell], people: int, months: int) -> list[str]:
    """Say what a team's plan leaves open, and how it was filled."""
    team, first, last = cells[0].team, cells[0], cells[-1]
    notes = []
    change = first.number if read.are_hires else first.number - people
    if first.month == 1 and change:
        told: dict[str, object] = {
            "team": team, "people": people + change, "today": people, "n": abs(change),
        }  # fmt: skip
        notes.append(
            say(
                "{team}: {people} people in month 1, {today} today: {n} start on day 0, at full"
                " cost and with the usual ramp"
                if change > 0
                else "{team}: {people} people in month 1, {today} today: {n} leave on day 0",
                **told,
            )
        )
    if read.are_hires:
        return notes
    if first.month > 1:
        notes.append(
            say(
                "{team}: planned from month {month} on; before it today's {people} people stay",
                team=team, month=first.month, people=people,
            )
        )  # fmt: skip
    if last.month < months:
        notes.append(
            say(
                "{team}: planned up to month {month}; from then on {people} people stay",
                team=team, month=last.month, people=last.number,
            )
        )  # fmt: skip
    return notes


def _on_the_rest(scenario: Scenario, planned: Mapping[TeamName, Sequence[int]]) -> list[str]:
    """Say what becomes of teams that the file does not name, and of the plan that was there."""
    notes = []
    others = [f"{team} ({getattr(scenario.teams, team).people})" for team in teams_of(scenario)
              if team not in planned]  # fmt: skip
    if others:
        notes.append(
            say("not in the file, so nobody is hired: {teams}", teams=side_by_side(others))
        )
    if scenario.hiring:
        steps = len(scenario.hiring)
        notes.append(
            say(
                "the scenario's own plan of {n} hiring step gives way to the file's"
                if steps == 1
                else "the scenario's own plan of {n} hiring steps gives way to the file's",
                n=steps,
            )
        )
    return notes
