"""The compiled loop behind :mod:`simulator.metrics.streaming`: one pass over rows as they come.

Nothing here grows with the number of rows. There are running sums, and a copy of them at a few
marks in time: a flow of a period is the difference of two copies, as in
:func:`~simulator.metrics.periods.running_level`. There are sums over cases that are over. And
there is a record per person and per living buyer, which is settled into the sums when another
buyer takes its place. How the records are laid out stands in ``streaming.py``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar, cast

import numpy as np
from numba.extending import register_jitable

from simulator.compiled.keeping import Kept
from simulator.organization.journal import (
    DAYS_PER_MONTH,
    LOADED_SLOT,
    SLOTS,
    Cost,
    Kind,
    Origin,
    Qualification,
    Screening,
    Status,
    Team,
    Work,
)

# Compiled code reads plain numbers fastest, and is compiled fastest with them.
ARRIVED, VISIT, ABANDONED = int(Kind.ARRIVED), int(Kind.VISIT), int(Kind.ABANDONED)
SCREENED, ATTEMPTED, QUALIFIED = int(Kind.SCREENED), int(Kind.ATTEMPTED), int(Kind.QUALIFIED)
MET, WON, LOST = int(Kind.MET), int(Kind.WON), int(Kind.LOST)
RE_EXPLAINED, TRUST, RECYCLED = int(Kind.RE_EXPLAINED), int(Kind.TRUST), int(Kind.RECYCLED)
CUSTOMER, ONBOARDED, CLAIMED = int(Kind.CUSTOMER), int(Kind.ONBOARDED), int(Kind.CLAIMED)
ANSWERED, EXPANDED, CONTRACTED = int(Kind.ANSWERED), int(Kind.EXPANDED), int(Kind.CONTRACTED)
CHURNED, HEALTH, HIRED, LEFT = int(Kind.CHURNED), int(Kind.HEALTH), int(Kind.HIRED), int(Kind.LEFT)
SPENT, UNFINISHED, STATUS = int(Kind.SPENT), int(Kind.UNFINISHED), int(Kind.STATUS)
MARKETING, INSIDE_SALES = int(Team.MARKETING), int(Team.INSIDE_SALES)
FIELD_SALES = int(Team.FIELD_SALES)
IN_MARKETING, IN_INSIDE_SALES = int(Status.IN_MARKETING), int(Status.IN_INSIDE_SALES)
IN_FIELD_SALES = int(Status.IN_FIELD_SALES)
MQL, BOOKED, CLAIM = int(Screening.MQL), int(Qualification.BOOKED), int(Work.CLAIM)
FROM_POOL, WON_BACK = int(Origin.RECYCLED), int(Origin.WON_BACK)
ADVERTISING, TOOLS = int(Cost.ADVERTISING), int(Cost.TOOLS)
OPEN_AT_START = LOADED_SLOT + 1

# What a row means for an opportunity.
_NOTHING, _BROUGHT, _OPENED, _WORKED_ON, _DECIDED = range(5)

TEAMS_ROOM = 8
"""Length of a sum per team: a power of two, so that a mask keeps any number within it."""
_TEAM = TEAMS_ROOM - 1


class Limits(NamedTuple):
    """The times that matter.

    Attributes
    ----------
    lower, upper : float
        The measured period.
    horizon : float
        When what is unfinished is looked at.
    year_from : float
        Start of the twelve months before the end; infinite if they are not in the period.
    onboarding_due, claim_due : float
        After so many days it is late.
    """

    lower: float
    upper: float
    horizon: float
    year_from: float
    onboarding_due: float
    claim_due: float


_Function = TypeVar("_Function", bound=Callable[..., Any])


def _helper(function: _Function) -> _Function:
    """Have a function compiled into the compiled function that calls it."""
    return cast(_Function, register_jitable(function))


@_helper
def _measured(time: float, limits: Limits) -> bool:
    """Whether a time is in the period, its first instant excluded, its last included."""
    return limits.lower < time <= limits.upper


@_helper
def _within(time: float, limits: Limits) -> float:
    """Bring a time into the period; one that is missing never comes."""
    if time <= limits.lower:
        return limits.lower
    return time if time < limits.upper else limits.upper


@_helper
def _opportunity(buyer: Any, stage: int, time: float, running: Any) -> None:
    """Follow a buyer through field sales, as :func:`~simulator.metrics.rows.opportunities` does.

    A booking opens an opportunity unless it explains the arrival of one that the company starts
    with; so does whatever follows a decision.
    """
    before = buyer.stage
    opens = stage in (_BROUGHT, _OPENED) and before != _BROUGHT
    if opens or before in (_NOTHING, _DECIDED):
        buyer.in_pipeline = 0.0 if np.isnan(buyer.deal) else buyer.deal
        running.pipeline += buyer.in_pipeline
        running.opportunities += 1.0
        running.opportunities_moment += time
    if stage == _DECIDED:
        running.pipeline -= buyer.in_pipeline
        running.opportunities -= 1.0
        running.opportunities_moment -= time
    buyer.stage = stage


@_helper
def _contract_over(buyer: Any, sums: Any, limits: Limits) -> None:
    """Judge the onboarding of the buyer's latest contract."""
    if buyer.contract_won == 0 or not _measured(buyer.contract, limits):
        return
    done = not np.isnan(buyer.onboarded)
    end = limits.horizon if np.isnan(buyer.churned) else buyer.churned
    if done:
        end = buyer.onboarded
    late = end - buyer.contract > limits.onboarding_due
    sums.onboardings_late += late
    sums.onboardings_counted += done or late


@_helper
def _changed(
    buyer: Any, kind: int, time: float, change: float, after: float, sums: Any, limits: Limits,
    paid: Any, leaving: Any,
) -> None:  # fmt: skip
    """Follow a customer's contract and MRR through a row of ``rows.CHANGES``."""
    opens = kind in (WON, CUSTOMER)
    if opens or np.isnan(buyer.contract):
        _contract_over(buyer, sums, limits)
        buyer.contract = time
        buyer.contract_won = kind == WON
        buyer.onboarded = buyer.churned = np.nan
    if time <= limits.upper:
        if time > limits.year_from:
            if np.isnan(buyer.opening):
                buyer.opening = buyer.lowest = buyer.mrr
            if kind == CHURNED:
                buyer.left = 1
                buyer.lowest = min(buyer.lowest, 0.0)
            elif kind == CONTRACTED:
                buyer.lowest = min(buyer.lowest, after)
        buyer.mrr += change
    if kind == CHURNED and np.isnan(buyer.churned):
        buyer.churned = time
    if buyer.contract_won != 0 and _measured(buyer.contract, limits):
        observed = int(np.floor((limits.upper - buyer.contract) / DAYS_PER_MONTH))
        if opens:
            sums.contracts += 1.0
            sums.oldest_contract = max(sums.oldest_contract, float(observed))
            leaving[observed + 1] += 1.0
        age = max(int(np.ceil((time - buyer.contract) / DAYS_PER_MONTH)), 0)
        if age <= observed:
            paid[age] += change
            # After its last observed month of age a contract leaves sum and count alike.
            paid[observed + 1] -= change


@_helper
def _return_over(buyer: Any, still_open: bool, sums: Any, limits: Limits) -> None:
    """Judge what came of the buyer's latest return from the pool."""
    if _measured(buyer.returned, limits):
        booked = buyer.booked_again != 0
        sums.returns_booked += booked
        sums.returns_decided += booked or (buyer.worked != 0 and not still_open)


@_helper
def _settle(buyer: Any, sums: Any, limits: Limits) -> None:
    """Add to the sums what is final about a buyer.

    Who gives up its place may have no status yet: it is gone, parked for good or served, and none
    of these is in process.
    """
    status = buyer.status
    calling = status == IN_INSIDE_SALES
    if _measured(buyer.arrived, limits):
        open_ = calling or status in (IN_MARKETING, IN_FIELD_SALES)
        sums.arrivals_won += buyer.won != 0
        sums.arrivals_counted += buyer.won != 0 or not open_
        if buyer.mql != 0:
            sums.mqls_booked += buyer.booked != 0
            sums.mqls_counted += buyer.booked != 0 or not calling
    if _measured(buyer.won_at, limits):
        sums.won_buyers += 1.0
        sums.asked_again += buyer.re_explained
    if buyer.known != 0:
        sums.known_buyers += 1.0
        sums.trust += buyer.trust
    _return_over(buyer, calling or status == IN_MARKETING, sums, limits)
    _contract_over(buyer, sums, limits)
    unchanged = np.isnan(buyer.opening)
    opening = buyer.mrr if unchanged else buyer.opening
    sums.opening_mrr += opening
    sums.lowest_mrr += buyer.mrr if unchanged else buyer.lowest
    if opening > 0.0 and buyer.left == 0:
        sums.closing_mrr += buyer.mrr


@_helper
def _team_at(person: Any, time: float) -> int:
    """Team of the spell in which the person is at a time; -1 if in none.

    The spell before counts, too: the end of the last piece of work in a team may be reported
    after the person has changed.
    """
    team: int = -1
    if person.start <= time:
        if time <= person.end:
            team = person.team
    elif person.start_before <= time <= person.end_before:
        team = person.team_before
    return team


@_helper
def _waited(team: int, start: float, end: float, sums: Any, limits: Limits) -> None:
    """Count a stay in a team's queue."""
    sums.queue[team & _TEAM] += _within(end, limits) - _within(start, limits)


@_helper
def _worked(person: Any, start: float, end: float, hours: float, sums: Any, limits: Limits) -> None:
    """Count a piece of work for the team that the person was in, from whichever queue."""
    team = _team_at(person, start)
    if team >= 0:
        sums.busy[team & _TEAM] += _within(end, limits) - _within(start, limits)
        sells = team in (INSIDE_SALES, FIELD_SALES)
        if sells and _measured(end, limits) and not np.isnan(hours):
            sums.facing_hours += hours


@_helper
def _staff(person: Any, sign: float, time: float, running: Any) -> None:
    """Count somebody who joins (+1) or leaves (-1) a team."""
    team = person.team & _TEAM
    pay = sign * person.pay
    running.staff[team] += sign
    running.staff_moment[team] += sign * time
    running.pay += pay
    running.pay_moment += pay * time
    if team <= FIELD_SALES:
        running.selling_pay += pay
        running.selling_pay_moment += pay * time


def note_rows(
    rows: Any, begin: int, closing: bool, limits: Limits, mark_times: Any, marks: Any,
    running_: Any, sums_: Any, paid: Any, leaving: Any, buyers: Any, people: Any, blank: Any,
) -> int:  # fmt: skip
    """Read rows from number ``begin`` on, and settle all buyers if ``closing``.

    Returns the number of the first row that was not read, because it needs a longer array of
    buyers or people; else the number of rows.
    """
    running = running_[0]
    sums = sums_[0]
    nobody = blank[0]
    for i in range(begin, len(rows)):
        row = rows[i]
        place = row.place
        if place >= len(buyers) or row.person >= len(people):
            return i
        kind = row.kind
        time = row.time
        team = row.team & _TEAM
        while sums.next_mark < len(mark_times) and time > mark_times[sums.next_mark]:
            marks[sums.next_mark] = running
            sums.next_mark += 1

        mine = False
        buyer = nobody
        if place >= 0:
            buyer = buyers[place]
            if buyer.number != row.buyer and (kind == ARRIVED or buyer.number < 0):
                if buyer.number >= 0:
                    _settle(buyer, sums, limits)
                buyers[place] = nobody
                buyer.number = row.buyer
            # Rows about somebody who had this place before say nothing about who has it now.
            mine = buyer.number == row.buyer

        if kind == VISIT:
            running.finished[team] += 1.0
            _waited(team, row.a, row.b, sums, limits)
            if _measured(row.b, limits):
                sums.waits_ended[team] += 1.0
            if row.person >= 0:
                _worked(people[row.person], row.b, time, row.c, sums, limits)
            if mine:
                buyer.worked = 1
        elif kind == SCREENED:
            if row.code == MQL:
                running.mqls += 1.0
                if mine:
                    buyer.mql = 1
        elif kind == ARRIVED:
            running.inquiries += 1.0
            if mine and np.isnan(buyer.arrived):
                buyer.arrived = time
                buyer.deal = row.b
            if mine and row.buyer % SLOTS == OPEN_AT_START:
                _opportunity(buyer, _BROUGHT, time, running)
        elif kind == ATTEMPTED:
            running.attempts += 1.0
            running.reached += row.code == 1
        elif kind == HEALTH:
            running.readings += 1.0
            running.health += row.a
        elif kind == MET:
            if mine:
                _opportunity(buyer, _WORKED_ON, time, running)
        elif kind == QUALIFIED:
            if row.code == BOOKED:
                running.booked += 1.0
                running.booked_again += row.c == 1.0
                if mine:
                    buyer.booked = buyer.known = 1
                    if row.c == 1.0:
                        buyer.booked_again = 1
                    _opportunity(buyer, _OPENED, time, running)
        elif kind == LOST:
            running.losses += 1.0
            running.true_losses += row.code == row.a
            running.lost[team] += 1.0
            if team == FIELD_SALES:
                if not np.isnan(row.b):
                    running.lost_amount += row.b
                if mine:
                    _opportunity(buyer, _DECIDED, time, running)
        elif kind == RECYCLED:
            running.returns += 1.0
            if mine:
                _return_over(buyer, False, sums, limits)
                buyer.returned = time
                buyer.worked = buyer.booked_again = 0
        elif kind in (WON, CUSTOMER, EXPANDED, CONTRACTED, CHURNED):
            change = -row.a if kind in (CONTRACTED, CHURNED) else row.a
            running.mrr += change
            running.mrr_moment += change * time
            if kind == WON:
                running.wins += 1.0
                running.won_amount += row.a
                running.wins_from_pool += row.code == FROM_POOL
                if row.code == WON_BACK:
                    running.wins_back += 1.0
                    running.won_back_amount += row.a
                if _measured(time, limits):
                    if row.person >= 0:
                        people[row.person].sold += row.a
                    if mine and buyer.paying == 0:
                        buyer.paying = 1
                        sums.paying_buyers += 1.0
                if mine:
                    if np.isnan(buyer.won_at):
                        buyer.won_at = time
                    buyer.won = buyer.known = 1
                    _opportunity(buyer, _DECIDED, time, running)
            elif kind == CUSTOMER:
                if mine:
                    buyer.known = 1
                    if np.isnan(buyer.deal):
                        buyer.deal = row.a
            elif kind == EXPANDED:
                running.expansion += row.a
            elif kind == CONTRACTED:
                running.contraction += row.a
            else:
                running.churned += 1.0
                running.churned_amount += row.a
            if kind in (WON, CUSTOMER, CHURNED):
                joins = -1.0 if kind == CHURNED else 1.0
                running.customers += joins
                running.customers_moment += joins * time
            if mine:
                _changed(buyer, kind, time, change, row.b, sums, limits, paid, leaving)
        elif kind == ONBOARDED:
            if mine:
                if np.isnan(buyer.contract):
                    buyer.contract = time
                if np.isnan(buyer.onboarded):
                    buyer.onboarded = time
        elif kind == ABANDONED:
            _waited(team, row.a, time, sums, limits)
            if _measured(time, limits):
                sums.waits_ended[team] += 1.0
                sums.gave_up[team] += 1.0
        elif kind == CLAIMED:
            running.claims += 1.0
        elif kind == ANSWERED:
            if _measured(time - row.a, limits):
                sums.claims_counted += 1.0
                sums.claims_late += row.code == 1
        elif kind == TRUST:
            if mine:
                buyer.trust = 1.0 if np.isnan(row.a) else row.a
        elif kind == RE_EXPLAINED:
            if mine:
                buyer.re_explained += 1
        elif kind == STATUS:
            if mine:
                buyer.status = row.code
        elif kind == UNFINISHED:
            waiting = np.isnan(row.b)
            _waited(team, row.a, limits.horizon if waiting else row.b, sums, limits)
            if not waiting:
                if _measured(row.b, limits):
                    sums.waits_ended[team] += 1.0
                if row.person >= 0:
                    _worked(people[row.person], row.b, limits.horizon, 0.0, sums, limits)
            if row.code == CLAIM and _measured(row.a, limits):
                late = limits.horizon - row.a > limits.claim_due
                sums.claims_counted += late
                sums.claims_late += late
        elif kind == SPENT:
            if row.code == ADVERTISING:
                running.advertising += row.a
                if team == MARKETING:
                    running.advertising_marketing += row.a
            elif row.code == TOOLS:
                running.tools += row.a
        elif kind in (HIRED, LEFT) and row.person >= 0:
            person = people[row.person]
            if person.end == np.inf:
                person.end = time
                _staff(person, -1.0, time, running)
                if person.team == FIELD_SALES:
                    person.field_days += _within(time, limits) - _within(person.start, limits)
            if kind == HIRED:
                person.team_before = person.team
                person.start_before = person.start
                person.end_before = person.end
                person.team = team
                person.start = time
                person.end = np.inf
                person.pay = row.a / DAYS_PER_MONTH
                _staff(person, 1.0, time, running)
                if team == FIELD_SALES:
                    person.sells = 1
    if closing:
        for place in range(len(buyers)):
            if buyers[place].number >= 0:
                _settle(buyers[place], sums, limits)
    return len(rows)


NOTE = Kept(note_rows, ("metrics", "organization", "compiled"))
"""The function above, compiled and kept for the next session."""
