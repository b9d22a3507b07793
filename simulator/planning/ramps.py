"""How much of full speed people have at any time: read from when they joined and were ramped.

A new hire begins with ``ramp_start`` of full speed and gains evenly until the ramp is over
(`simulator.organization.staffing`). The row of the end of a ramp tells how long it was; the ramp
of who leaves, or is still learning at the horizon, is as long as the scenario says for the
enablement staff that there was. Who comes back from a long leave goes on where the ramp was left.
Skill is no part of it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulator.metrics.periods import Floats, Periods
from simulator.metrics.rows import Book, Flags, Integers, Spells
from simulator.organization.journal import DEPARTMENTS, HireCause, Kind, Team
from simulator.scenario.schema import Scenario


@dataclass(frozen=True, slots=True)
class Ramps:
    """The ramp of each spell of a person in a team, in the order of the spells.

    Attributes
    ----------
    spells : Spells
    cause : ndarray of int64
        `HireCause` with which each began.
    begun : ndarray of float64
        When its ramp began, in business days; before the spell if part of it had passed then.
    days : ndarray of float64
        How long it takes; 0 for those who are at full speed from the first day.
    speed_at_start : ndarray of float64
        Share of full speed when the ramp began.
    """

    spells: Spells
    cause: Integers
    begun: Floats
    days: Floats
    speed_at_start: Floats

    def speed(self, spell: Integers, time: Floats) -> Floats:
        """Share of full speed at times within spells; 1 for work of no spell (-1)."""
        if not len(self.days):
            return np.ones(len(time))
        found: Floats = np.where(spell >= 0, 1.0 - self._missing_rate(spell, time), 1.0)
        return found

    def _missing_rate(self, spell: Integers, time: Floats) -> Floats:
        days = self.days[spell]
        learns = days > 0.0
        passed = np.divide(time - self.begun[spell], days, out=np.ones(len(time)), where=learns)
        rate: Floats = (1.0 - self.speed_at_start[spell]) * np.clip(1.0 - passed, 0.0, 1.0)
        return rate

    def ramped(self, periods: Periods, *teams: Team) -> Floats:
        """Person-days of the teams weighted with the speed of each person."""
        mine = np.isin(self.spells.team, teams)
        last = periods.upper.max(initial=0.0)
        ends = np.minimum(self.spells.end[mine], last)
        employed = periods.presence(np.minimum(self.spells.start[mine], ends), ends)
        learners = np.flatnonzero(mine & (self.days > 0.0))
        upper = np.array([self._missing(learners, float(at)) for at in periods.upper])
        lower = np.array([self._missing(learners, float(at)) for at in periods.lower])
        found: Floats = employed - (upper - lower)
        return found

    def _missing(self, spell: Integers, until: float) -> float:
        """Person-days that spells have lost to ramping up to a time."""
        start, days = self.spells.start[spell], self.days[spell]
        until_each = np.minimum(self.spells.end[spell], until)
        until_each = np.clip(until_each, start, np.maximum(self.begun[spell] + days, start))
        # The speed is linear between the two: the mean of both ends times the time between.
        rate = self._missing_rate(spell, start) + self._missing_rate(spell, until_each)
        return float(np.sum(0.5 * rate * (until_each - start)))


def ramps(book: Book, spells: Spells, scenario: Scenario) -> Ramps:
    """Read from HIRED, LEFT and RAMPED how far everybody was with the ramp.

    Parameters
    ----------
    book : Book
    spells : Spells
        Of the same journal.
    scenario : Scenario
        That was run.
    """
    hired = book.rows(Kind.HIRED)
    order = np.argsort(hired.person, kind="stable")  # as the spells are
    cause = hired.code[order].astype(np.int64)
    start = np.array([getattr(scenario.teams, team.name.lower()).ramp_start for team in Team])
    usual = _usual_days(book, scenario)[order]
    learns = _learns(cause, spells, scenario)
    ended = _ended(book, spells)
    days = np.where(learns, np.where(np.isnan(ended), usual, ended - spells.start), 0.0)
    begun = spells.start.copy()
    for at in np.flatnonzero(cause == HireCause.RETURN).tolist():
        before = at - 1  # of the same person, in the same team
        if begun[before] + days[before] > spells.end[before]:
            begun[at] = begun[before] + (spells.start[at] - spells.end[before])
            days[at] = days[before] if np.isnan(ended[at]) else ended[at] - begun[at]
    return Ramps(spells, cause, begun, np.maximum(days, 0.0), start[spells.team])


def _learns(cause: Integers, spells: Spells, scenario: Scenario) -> Flags:
    """Whose spell begins with a ramp: staff that serves all has none."""
    causes = [HireCause.PLAN, HireCause.REPLACEMENT]
    if scenario.counter_forces.rotation_cost.active:
        causes.append(HireCause.ROTATION)
    return np.isin(cause, causes) & np.isin(spells.team, DEPARTMENTS)


def _ended(book: Book, spells: Spells) -> Floats:
    """When the ramp of each spell ended; NaN if no row says it."""
    rows = book.rows(Kind.RAMPED)
    spell = spells.at(rows.person, rows.time)
    ended = np.full(len(spells.person), np.nan)
    known = spell >= 0
    # The first one counts: later ones in a spell are what was left of a ramp elsewhere.
    ended[spell[known][::-1]] = rows.time[known][::-1]
    return ended


def _usual_days(book: Book, scenario: Scenario) -> Floats:
    """Length of a ramp that begins with each HIRED row, for the enablement staff of that time."""
    rows = book.rows(Kind.HIRED, Kind.LEFT)
    is_hired = rows.kind == Kind.HIRED
    step = np.where(is_hired, 1.0, -1.0)
    served = np.isin(rows.team, DEPARTMENTS) * step
    staff = (rows.team == Team.ENABLEMENT) * step
    # Before the row; who comes by rotation still counted where the coverage was last looked at.
    moves = is_hired & (rows.code == HireCause.ROTATION)
    people = np.cumsum(served) - served + moves
    there = np.cumsum(staff) - staff
    reach = np.divide(
        there * scenario.support.span, people, out=np.zeros(len(rows)), where=people > 0.0
    )
    coverage = np.minimum(reach, 1.0)
    days = np.array([getattr(scenario.teams, team.name.lower()).ramp_days for team in Team])
    usual: Floats = (days[rows.team] * (1.0 - scenario.support.enablement_ramp * coverage))[
        is_hired
    ]
    return usual
