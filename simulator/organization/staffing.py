"""Who works where: joining, ramp, leaving, long leave, plans, rotation; and their support."""

from __future__ import annotations

import math
from bisect import insort
from collections import Counter
from typing import TYPE_CHECKING

from simulator.organization import addresses as at
from simulator.organization.distributions import normal_quantile
from simulator.organization.draws import uniform
from simulator.organization.journal import (
    DAYS_PER_MONTH,
    DEPARTMENTS,
    HireCause,
    Kind,
    LeaveCause,
    Team,
)
from simulator.organization.team import Person, Timed, drop_person
from simulator.scenario.staff import TeamPlan

if TYPE_CHECKING:
    from simulator.organization.simulation import Organization

HIRED = int(Kind.HIRED)
RAMPED = int(Kind.RAMPED)
LEFT = int(Kind.LEFT)


class Staffing:
    """Hires, and everything that changes who works where."""

    def __init__(self, organization: Organization) -> None:
        self.org = organization
        s = organization.scenario
        self._plans: dict[Team, TeamPlan] = {
            team: getattr(s.teams, team.name.lower()) for team in Team
        }
        self._next = dict.fromkeys(Team, 0)
        self._staff: dict[Team, list[int]] = {Team.REVOPS: [], Team.ENABLEMENT: []}
        self._joinings = 0
        # Who is on a long leave (staff: the number alone), and how often everybody has been.
        self._away: dict[int, Person | None] = {}
        self._leaves: Counter[int] = Counter()
        self._rotation_costs = s.counter_forces.rotation_cost.active
        self._rotations = 0
        self.revops = 0.0
        self.enablement = 0.0

    def open(self) -> None:
        """Hire those who are there at the start, and put dates into the calendar."""
        s = self.org.scenario
        # Staff first, so that coverage is known when the departments begin.
        for team in (Team.REVOPS, Team.ENABLEMENT, *DEPARTMENTS):
            for _ in range(self._plans[team].people):
                self.hire(team, HireCause.AT_START)
        for step in s.hiring:
            self.org.after(step.day, self._planned, step)
        if s.rotation.every_days > 0.0:
            self.org.after(s.rotation.every_days, self._rotate, None)

    def head_count(self, team: Team) -> int:
        """People in a team now."""
        if team in self._staff:
            return len(self._staff[team])
        return len(self.org.departments[team].people)

    # --- joining --------------------------------------------------------------------------

    def hire(self, team: Team, cause: HireCause, group: int | None = None) -> None:
        """Somebody joins. The n-th hire of a team is the same person in every scenario.

        A replacement joins the group of a split team that has lost somebody.
        """
        org = self.org
        plan = self._plans[team]
        number = 8 * self._next[team] + team
        self._next[team] += 1
        who = at.PERSON_BASE + number
        skill = self._skill(number)
        per_day = _per_day(plan.attrition_per_year)
        if per_day > 0.0:  # the least of chances is none when it is spread over the days
            stays = -math.log1p(-uniform(org.key, who, at.QUITS, 0)) / per_day
            org.after(stays, self._quits, number)
        self._plan_leave(number, team)
        self._report_hired(number, team, cause, skill)
        if team in self._staff:
            self._staff[team].append(number)
            self._renew_coverage()
            return
        person = Person(number, org.departments[team], skill)
        recovery = org.scenario.recovery
        person.strong = uniform(org.key, who, at.IS_STRONG, 0) < recovery.strong_share
        person.cross_trained = uniform(org.key, who, at.IS_CROSS_TRAINED, 0) < plan.cross_trained
        person.group = person.home.group_to_join() if group is None else group
        org.people[number] = person
        self._join(person, cause != HireCause.AT_START)

    def _skill(self, number: int) -> float:
        """Return how fast a person works: the same in every scenario, whatever the team."""
        spread = self._plans[Team(number % 8)].skill_spread
        u = uniform(self.org.key, at.PERSON_BASE + number, at.SKILL, 0)
        return math.exp(spread * normal_quantile(u))

    def _report_hired(self, number: int, team: Team, cause: HireCause, skill: float) -> None:
        plan = self._plans[team]
        monthly = plan.pay_per_year / 12.0 * plan.loading
        self.org.writer.emit(
            self.org.env.now, HIRED, -1, number, team, cause, monthly, skill, plan.buyer_share
        )

    def _join(self, person: Person, ramps: bool) -> None:
        org = self.org
        team = person.team
        plan = self._plans[team]
        days = plan.ramp_days * (1.0 - org.scenario.support.enablement_ramp * self.enablement)
        person.ramp_start = plan.ramp_start
        if ramps and days > 0.0:
            person.ramp_from = org.env.now
            person.ramp_days = days
            org.after(days, self._ramped, person)
        else:
            person.ramp_from = -math.inf
            person.ramp_days = 0.0
        person.joining = self._joinings
        self._joinings += 1
        self._take_place(person)

    def _take_place(self, person: Person) -> None:
        """Begin to work in the team, among the others in the order of joining it."""
        org = self.org
        desk = org.departments[person.team]
        person.home = desk
        person.leave_cause = -1
        insort(desk.people, person, key=_joining)
        desk.joined(person)
        self._renew_coverage()
        org.env.process(desk.work(person))

    def _ramped(self, event: Timed) -> None:
        person: Person = event.value
        if person.number in self.org.people and not person.ramping(self.org.env.now + 1e-9):
            self.org.writer.emit(self.org.env.now, RAMPED, -1, person.number, person.team)

    # --- leaving --------------------------------------------------------------------------

    def _quits(self, event: Timed) -> None:
        self._dismiss(event.value, LeaveCause.QUIT)

    def _dismiss(self, number: int, cause: LeaveCause) -> None:
        team = Team(number % 8)
        if number in self._away:
            self._quits_while_away(number)
            return
        if team in self._staff:
            if number in self._staff[team]:
                self._staff[team].remove(number)
                self._gone(number, team, cause)
            return
        person = self.org.people.get(number)
        if person is None:
            return
        if person.leave_cause in (LeaveCause.QUIT, LeaveCause.PLAN):
            return  # is leaving anyway, for good
        person.next_home = None
        person.home.dismiss(person, cause)

    def left(self, person: Person) -> None:
        """A person has put down the work: leave the team, and join the next if rotating."""
        org = self.org
        old = person.home
        drop_person(old.people, person)
        old.released(person)
        cause = LeaveCause(person.leave_cause)
        if cause == LeaveCause.ROTATION and person.next_home is not None:
            org.writer.emit(org.env.now, LEFT, -1, person.number, person.team, cause)
            new = person.next_home
            person.next_home = None
            person.team = new.team
            person.group = person.next_group
            person.rotated = True
            self._report_hired(person.number, new.team, HireCause.ROTATION, person.skill)
            self._join(person, self._rotation_costs)
            return
        self._gone(person.number, person.team, cause)

    def _gone(self, number: int, team: Team, cause: LeaveCause) -> None:
        org = self.org
        person = org.people.pop(number, None)  # of staff only the number is known
        org.writer.emit(org.env.now, LEFT, -1, number, team, cause)
        self._renew_coverage()
        if cause == LeaveCause.QUIT:
            self._look_for_another(team, 0 if person is None else person.group)
        elif cause == LeaveCause.LEAVE:
            if person is not None:
                person.away_since = org.env.now
            self._away[number] = person
            self._leaves[number] += 1
            org.after(self._plans[team].leave_days, self._comes_back, number)

    def _look_for_another(self, team: Team, group: int) -> None:
        plan = self._plans[team]
        if plan.replace_leavers:
            self.org.after(plan.time_to_fill_days, self._replace, (team, group))

    def _replace(self, event: Timed) -> None:
        team, group = event.value
        self.hire(team, HireCause.REPLACEMENT, group)

    # --- long leave -----------------------------------------------------------------------

    def _plan_leave(self, number: int, team: Team) -> None:
        """Find out when the next leave begins of who has just come, or come back."""
        org = self.org
        per_day = _per_day(self._plans[team].leave_per_year)
        if per_day > 0.0:
            u = uniform(org.key, at.PERSON_BASE + number, at.GOES_ON_LEAVE, self._leaves[number])
            org.after(-math.log1p(-u) / per_day, self._goes_on_leave, number)

    def _goes_on_leave(self, event: Timed) -> None:
        self._dismiss(event.value, LeaveCause.LEAVE)

    def _quits_while_away(self, number: int) -> None:
        """Not come back: the row of leaving has been written when the leave began."""
        person = self._away.pop(number)
        if person is None:
            self._look_for_another(Team(number % 8), 0)
        else:
            self._look_for_another(person.team, person.group)

    def _comes_back(self, event: Timed) -> None:
        number = event.value
        if number not in self._away:
            return  # has quit meanwhile
        org = self.org
        person = self._away.pop(number)
        team = Team(number % 8) if person is None else person.team
        self._plan_leave(number, team)
        if person is None:
            self._report_hired(number, team, HireCause.RETURN, self._skill(number))
            insort(self._staff[team], number)
            self._renew_coverage()
            return
        self._report_hired(number, team, HireCause.RETURN, person.skill)
        org.people[number] = person
        if person.ramping(person.away_since):  # what was left to learn then is left now
            person.ramp_from += org.env.now - person.away_since
            left = person.ramp_from + person.ramp_days - org.env.now
            org.after(max(left, 0.0), self._ramped, person)
        self._take_place(person)

    # --- plans ----------------------------------------------------------------------------

    def _planned(self, event: Timed) -> None:
        step = event.value
        team = Team[step.team.upper()]
        for _ in range(step.people):
            self.hire(team, HireCause.PLAN)
        for _ in range(-step.people):
            number = self._latest(team)
            if number is None:
                return  # nobody is left to leave
            self._dismiss(number, LeaveCause.PLAN)

    def _latest(self, team: Team) -> int | None:
        """Last in, first out."""
        if team in self._staff:
            return self._staff[team][-1] if self._staff[team] else None
        staying = [p for p in self.org.departments[team].people if p.leave_cause < 0]
        return staying[-1].number if staying else None

    def _rotate(self, event: Timed) -> None:
        """One person of a department and one of the next change places."""
        org = self.org
        first = DEPARTMENTS[self._rotations % 3]
        second = DEPARTMENTS[self._rotations % 3 + 1]
        self._rotations += 1
        pair = []
        for team in (first, second):
            people = [p for p in org.departments[team].people if p.leave_cause < 0]
            fresh = [p for p in people if not p.rotated] or people
            pair.append(fresh[0] if fresh else None)
        a, b = pair
        if a is not None and b is not None:
            a.next_home, b.next_home = b.home, a.home
            a.next_group, b.next_group = b.group, a.group
            a.home.dismiss(a, LeaveCause.ROTATION)
            b.home.dismiss(b, LeaveCause.ROTATION)
        org.after(org.scenario.rotation.every_days, self._rotate, None)

    # --- support --------------------------------------------------------------------------

    def _renew_coverage(self) -> None:
        """How much of the four departments the staff can serve, 0..1."""
        people = sum(len(desk.people) for desk in self.org.departments)
        served = self.org.scenario.support.span
        for team, name in ((Team.REVOPS, "revops"), (Team.ENABLEMENT, "enablement")):
            staff = len(self._staff[team])
            setattr(self, name, min(1.0, staff * served / people) if people else 0.0)


def _per_day(per_year: float) -> float:
    """Return the rate per business day of what happens within a year by this chance."""
    return -math.log1p(-per_year) / (12.0 * DAYS_PER_MONTH)


def _joining(person: Person) -> int:
    return person.joining
