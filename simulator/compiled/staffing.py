"""Who works where: joining, ramp, leaving, replacement, plans, rotation; and their support."""

from __future__ import annotations

import math

from simulator.compiled import field_sales
from simulator.compiled.calendar import schedule, schedule_urgent
from simulator.compiled.jit import compiled
from simulator.compiled.layout import NOBODY, QUITS, RAMPS, REPLACES, ROTATES, STARTS, Person, State
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
QUIT = int(LeaveCause.QUIT)
PLAN = int(LeaveCause.PLAN)
ROTATION = int(LeaveCause.ROTATION)
FIELD_SALES = int(Team.FIELD_SALES)
REVOPS = int(Team.REVOPS)
ENABLEMENT = int(Team.ENABLEMENT)
STAYS = -1


@compiled
def hire(w: State, team: int, cause: int) -> None:
    """Somebody joins. The n-th hire of a team is the same person in every scenario."""
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
    put(w, HIRED, -1, -1, number, team, cause, p.monthly_pay[team], person.skill,
        p.buyer_share[team])  # fmt: skip
    if team >= REVOPS:
        w.head_count[team] += 1
        renew_coverage(w)
        return
    person.strong = draw(p.key, who, at.IS_STRONG, 0) < p.strong_share
    person.cross_trained = draw(p.key, who, at.IS_CROSS_TRAINED, 0) < p.cross_trained[team]
    person.owned_first = NOBODY
    person.owned_last = NOBODY
    person.next_desk = NOBODY
    _join(w, i, cause != AT_START)


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
    person.desk = team
    person.leave_cause = STAYS
    person.team_before = w.team_last[team]
    person.team_after = NOBODY
    if w.team_last[team] == NOBODY:
        w.team_first[team] = i
    else:
        person_at(w, w.team_last[team]).team_after = i
    w.team_last[team] = i
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
    if not person.employed:
        return
    if person.team >= REVOPS:
        _gone(w, i, cause)
        return
    if person.leave_cause == PLAN:
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
    p = parameters(w)
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
        person.rotated = True
        put(w, HIRED, -1, -1, person.number, team, BY_ROTATION, p.monthly_pay[team], person.skill,
            p.buyer_share[team])  # fmt: skip
        _join(w, i, p.rotation_costs)
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
    p = parameters(w)
    person = person_at(w, i)
    team = person.team
    person.employed = False
    if team >= REVOPS:
        w.head_count[team] -= 1
    put(w, LEFT, -1, -1, person.number, team, cause, NAN, NAN, NAN)
    renew_coverage(w)
    if cause == QUIT and p.replaces[team]:
        schedule(w, p.time_to_fill[team], REPLACES, team, 0, 0, 0.0)


@compiled
def planned(w: State, step: int) -> None:
    """Change the size of a team as planned."""
    team = step_at(w, step).team
    people = step_at(w, step).people
    for _ in range(people):
        hire(w, team, BY_PLAN)
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
