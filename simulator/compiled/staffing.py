"""Who works where: joining, ramp, leaving, long leave, plans, rotation; and their support."""

from __future__ import annotations

import math

from simulator.compiled import field_sales
from simulator.compiled.calendar import schedule, schedule_urgent
from simulator.compiled.jit import compiled
from simulator.compiled.layout import (
    COMES_BACK,
    GOES_ON_LEAVE,
    NOBODY,
    QUITS,
    RAMPS,
    REPLACES,
    ROTATES,
    STARTS,
    Person,
    State,
)
from simulator.compiled.memory import parameters, person_at, step_at
from simulator.compiled.people import NOTHING, wake
from simulator.compiled.queues import NAN, put
from simulator.compiled.shared import draw, normal_quantile
from simulator.organization import addresses as at
from simulator.organization.journal import HireCause, Kind, LeaveCause, Team

HIRED = int(Kind.HIRED)
RAMPED = int(Kind.RAMPED)
LEFT = int(Kind.LEFT)
AT_START = int(HireCause.AT_START)
BY_PLAN = int(HireCause.PLAN)
REPLACEMENT = int(HireCause.REPLACEMENT)
BY_ROTATION = int(HireCause.ROTATION)
RETURN = int(HireCause.RETURN)
QUIT = int(LeaveCause.QUIT)
PLAN = int(LeaveCause.PLAN)
ROTATION = int(LeaveCause.ROTATION)
LEAVE = int(LeaveCause.LEAVE)
FIELD_SALES = int(Team.FIELD_SALES)
REVOPS = int(Team.REVOPS)
ENABLEMENT = int(Team.ENABLEMENT)
STAYS = -1


@compiled
def hire(w: State, team: int, cause: int, group: int) -> None:
    """Somebody joins. The n-th hire of a team is the same person in every scenario.

    A replacement joins the group of a split team that has lost somebody.
    """
    p = parameters(w)
    number = 8 * w.next_hire[team] + team
    w.next_hire[team] += 1
    who = at.PERSON_BASE + number
    i = w.people_used
    w.people_used += 1
    person = person_at(w, i)
    person.number = number
    person.team = team
    person.employed = True
    person.leave_cause = STAYS
    person.skill = math.exp(p.skill_spread[team] * normal_quantile(draw(p.key, who, at.SKILL, 0)))
    if p.quit_rate[team] > 0.0:
        stays = -math.log1p(-draw(p.key, who, at.QUITS, 0)) / p.quit_rate[team]
        schedule(w, stays, QUITS, i, 0, 0, 0.0)
    _plan_leave(w, i)
    _report_hired(w, person, cause)
    if team >= REVOPS:
        w.head_count[team] += 1
        renew_coverage(w)
        return
    person.strong = draw(p.key, who, at.IS_STRONG, 0) < p.strong_share
    person.cross_trained = draw(p.key, who, at.IS_CROSS_TRAINED, 0) < p.cross_trained[team]
    person.owned_first = NOBODY
    person.owned_last = NOBODY
    person.next_desk = NOBODY
    person.group = _group_to_join(w, team) if group == NOBODY else group
    _join(w, i, cause != AT_START)


@compiled
def _group_to_join(w: State, team: int) -> int:
    """Return the group that stays smaller, against its stated size, with one more person."""
    p = parameters(w)
    if not p.split[team]:
        return 0
    there = 0
    i = w.team_first[team]
    while i != NOBODY:
        there += person_at(w, i).group
        i = person_at(w, i).team_after
    elsewhere = w.head_count[team] - there
    separate = p.split_people[team]
    rest = p.people[team] - separate
    return 1 if (there + 1) * rest < (elsewhere + 1) * separate else 0


@compiled
def _report_hired(w: State, person: Person, cause: int) -> None:
    p = parameters(w)
    put(w, HIRED, -1, -1, person.number, person.team, cause, p.monthly_pay[person.team],
        person.skill, p.buyer_share[person.team])  # fmt: skip


@compiled
def _join(w: State, i: int, ramps: bool) -> None:
    p = parameters(w)
    person = person_at(w, i)
    team = person.team
    days = p.ramp_days[team] * (1.0 - p.enablement_ramp * w.enablement)
    person.ramp_start = p.ramp_start[team]
    if ramps and days > 0.0:
        person.ramp_from = w.now
        person.ramp_days = days
        schedule(w, days, RAMPS, i, 0, 0, 0.0)
    else:
        person.ramp_from = -math.inf
        person.ramp_days = 0.0
    person.joining = w.joinings
    w.joinings += 1
    _take_place(w, i)


@compiled
def _take_place(w: State, i: int) -> None:
    """Begin to work in the team, among the others in the order of joining it."""
    person = person_at(w, i)
    team = person.team
    person.desk = team
    person.leave_cause = STAYS
    after = NOBODY
    before = w.team_last[team]
    while before != NOBODY and person_at(w, before).joining > person.joining:
        after = before
        before = person_at(w, before).team_before
    person.team_before = before
    person.team_after = after
    if before == NOBODY:
        w.team_first[team] = i
    else:
        person_at(w, before).team_after = i
    if after == NOBODY:
        w.team_last[team] = i
    else:
        person_at(w, after).team_before = i
    w.head_count[team] += 1
    renew_coverage(w)
    schedule_urgent(w, STARTS, i)


@compiled
def ramps(w: State, i: int) -> None:
    """Somebody has learned the job, unless a rotation has begun another ramp meanwhile."""
    person = person_at(w, i)
    # The moment itself is the first at full speed, whatever its rounding.
    learns = w.now + 1e-9 - person.ramp_from < person.ramp_days
    if person.employed and not learns:
        put(w, RAMPED, -1, -1, person.number, person.team, 0, NAN, NAN, NAN)


@compiled
def dismiss(w: State, i: int, cause: int) -> None:
    """Have somebody leave: at once if idle, else after the work in hand."""
    person = person_at(w, i)
    if person.away:  # quits: the row of leaving has been written when the leave began
        person.away = False
        _look_for_another(w, person.team, person.group)
        return
    if not person.employed:
        return
    if person.team >= REVOPS:
        _gone(w, i, cause)
        return
    if person.leave_cause == QUIT or person.leave_cause == PLAN:
        return  # is leaving anyway, for good
    person.next_desk = NOBODY
    _put_down(w, i, cause)


@compiled
def _put_down(w: State, i: int, cause: int) -> None:
    person = person_at(w, i)
    person.leave_cause = cause
    if person.waits:
        person.item_what = NOTHING
        wake(w, i)


@compiled
def left(w: State, i: int) -> None:
    """A person has put down the work: leave the team, and join the next if rotating."""
    person = person_at(w, i)
    _off_the_team(w, person)
    if person.desk == FIELD_SALES:
        field_sales.released(w, i)
    cause = person.leave_cause
    if cause == ROTATION and person.next_desk != NOBODY:
        put(w, LEFT, -1, -1, person.number, person.team, cause, NAN, NAN, NAN)
        team = person.next_desk
        person.next_desk = NOBODY
        person.team = team
        person.group = person.next_group
        person.rotated = True
        _report_hired(w, person, BY_ROTATION)
        _join(w, i, parameters(w).rotation_costs)
        return
    _gone(w, i, cause)


@compiled
def _off_the_team(w: State, person: Person) -> None:
    desk = person.desk
    w.head_count[desk] -= 1
    if person.team_before == NOBODY:
        w.team_first[desk] = person.team_after
    else:
        person_at(w, person.team_before).team_after = person.team_after
    if person.team_after == NOBODY:
        w.team_last[desk] = person.team_before
    else:
        person_at(w, person.team_after).team_before = person.team_before


@compiled
def _gone(w: State, i: int, cause: int) -> None:
    person = person_at(w, i)
    team = person.team
    person.employed = False
    if team >= REVOPS:
        w.head_count[team] -= 1
    put(w, LEFT, -1, -1, person.number, team, cause, NAN, NAN, NAN)
    renew_coverage(w)
    if cause == QUIT:
        _look_for_another(w, team, person.group)
    elif cause == LEAVE:
        person.away = True
        person.away_since = w.now
        person.leaves += 1
        schedule(w, parameters(w).leave_days[team], COMES_BACK, i, 0, 0, 0.0)


@compiled
def _look_for_another(w: State, team: int, group: int) -> None:
    p = parameters(w)
    if p.replaces[team]:
        schedule(w, p.time_to_fill[team], REPLACES, team, 0, group, 0.0)


@compiled
def _plan_leave(w: State, i: int) -> None:
    """Find out when the next leave begins of who has just come, or come back."""
    p = parameters(w)
    person = person_at(w, i)
    rate = p.leave_rate[person.team]
    if rate > 0.0:
        u = draw(p.key, at.PERSON_BASE + person.number, at.GOES_ON_LEAVE, person.leaves)
        schedule(w, -math.log1p(-u) / rate, GOES_ON_LEAVE, i, 0, 0, 0.0)


@compiled
def comes_back(w: State, i: int) -> None:
    """A long leave is over, unless the person has quit meanwhile."""
    person = person_at(w, i)
    if not person.away:
        return
    person.away = False
    person.employed = True
    _plan_leave(w, i)
    _report_hired(w, person, RETURN)
    if person.team >= REVOPS:
        w.head_count[person.team] += 1
        renew_coverage(w)
        return
    # What was left to learn then is left now.
    if person.away_since - person.ramp_from < person.ramp_days:
        person.ramp_from += w.now - person.away_since
        schedule(w, max(person.ramp_from + person.ramp_days - w.now, 0.0), RAMPS, i, 0, 0, 0.0)
    _take_place(w, i)


@compiled
def planned(w: State, step: int) -> None:
    """Change the size of a team as planned."""
    team = step_at(w, step).team
    people = step_at(w, step).people
    for _ in range(people):
        hire(w, team, BY_PLAN, NOBODY)
    for _ in range(-people):
        i = _latest(w, team)
        if i == NOBODY:
            return  # nobody is left to leave
        dismiss(w, i, PLAN)


@compiled
def _latest(w: State, team: int) -> int:
    """Last in, first out."""
    if team < REVOPS:
        i = w.team_last[team]
        while i != NOBODY and person_at(w, i).leave_cause != STAYS:
            i = person_at(w, i).team_before
        return int(i)
    for i in range(w.people_used - 1, -1, -1):
        if person_at(w, i).team == team and person_at(w, i).employed:
            return i
    return NOBODY


@compiled
def rotates(w: State) -> None:
    """One person of a department and one of the next change places."""
    p = parameters(w)
    first = w.rotations % 3
    w.rotations += 1
    a = _earliest_fresh(w, first)
    b = _earliest_fresh(w, first + 1)
    if a != NOBODY and b != NOBODY:
        person_at(w, a).next_desk = first + 1
        person_at(w, b).next_desk = first
        person_at(w, a).next_group = person_at(w, b).group
        person_at(w, b).next_group = person_at(w, a).group
        _put_down(w, a, ROTATION)
        _put_down(w, b, ROTATION)
    schedule(w, p.rotate_every, ROTATES, 0, 0, 0, 0.0)


@compiled
def _earliest_fresh(w: State, desk: int) -> int:
    """Who has been in the team longest and never rotated; else who has been there longest."""
    anybody = NOBODY
    i = w.team_first[desk]
    while i != NOBODY:
        person = person_at(w, i)
        if person.leave_cause == STAYS:
            if not person.rotated:
                return int(i)
            if anybody == NOBODY:
                anybody = i
        i = person.team_after
    return int(anybody)


@compiled
def renew_coverage(w: State) -> None:
    """How much of the four departments the staff can serve, 0..1."""
    people = 0
    for desk in range(4):
        people += w.head_count[desk]
    span = parameters(w).span
    w.revops = min(1.0, w.head_count[REVOPS] * span / people) if people > 0 else 0.0
    w.enablement = min(1.0, w.head_count[ENABLEMENT] * span / people) if people > 0 else 0.0
