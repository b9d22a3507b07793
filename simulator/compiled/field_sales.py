"""Stage 3: about three meetings per opportunity, then the buyer decides."""

from __future__ import annotations

import math

from simulator.compiled import customer_success
from simulator.compiled.buyers import (
    asks,
    asks_normal,
    believed_chance,
    caught_up,
    hindered,
    law,
    signs_chance,
)
from simulator.compiled.calendar import schedule
from simulator.compiled.jit import compiled
from simulator.compiled.layout import (
    FS_RECORDING,
    IS_RECORDING,
    MEETING_LAW,
    NEW,
    NOBODY,
    PERSONAL,
    RECORD_LOSS_REASON,
    THINKING_LAW,
    THOUGHT,
    WALK_AWAY_CUTOFF,
    WENT_COLD,
    State,
)
from simulator.compiled.layout import PROMISE as PROMISE_MADE
from simulator.compiled.memory import buyer_at, item_at, parameters, person_at
from simulator.compiled.people import (
    assisted,
    disown,
    first_for,
    hand,
    kept_by,
    misses,
    next_for,
    own,
    serves,
    told_again,
    wake_for,
)
from simulator.compiled.queues import NAN, append, free, link, pop_first, put, take_out
from simulator.compiled.recycling import lost
from simulator.compiled.shared import averaged_noise, effort_under_load, less_lost
from simulator.organization import addresses as at
from simulator.organization.journal import (
    SLOTS,
    Kind,
    Meeting,
    Origin,
    Reason,
    Status,
    Team,
    Work,
)

DESK = int(Team.FIELD_SALES)
MET = int(Kind.MET)
WON = int(Kind.WON)
ABANDONED = int(Kind.ABANDONED)
HANDED_OVER = int(Kind.HANDED_OVER)
MEETING = int(Work.MEETING)
IN_FIELD_SALES = int(Status.IN_FIELD_SALES)
CONTINUES = int(Meeting.CONTINUES)
ASKED_AGAIN = int(Meeting.ASKED_AGAIN)
WALKED_AWAY = int(Meeting.WALKED_AWAY)
DECIDED = int(Meeting.DECIDED)
FIRST_PASS = int(Origin.FIRST_PASS)
RECYCLED = int(Origin.RECYCLED)
WON_BACK = int(Origin.WON_BACK)
REASON_BAD_FIT = int(Reason.BAD_FIT)
REASON_COLD = int(Reason.WENT_COLD)
REASON_ELSEWHERE = int(Reason.BOUGHT_ELSEWHERE)
REASON_NO_DECISION = int(Reason.NO_DECISION)
REASON_TURNED_AWAY = int(Reason.TURNED_AWAY)


@compiled
def receive(w: State, place: int, kept: float) -> None:
    """Take an SQL from inside sales, with what is left of what it told them."""
    buyer = buyer_at(w, place)
    buyer.meetings = 0
    buyer.effort = 0.0
    buyer.kept = kept
    buyer.owner = NOBODY
    put(w, HANDED_OVER, buyer.number, place, -1, DESK, 0, kept, w.policy[IS_RECORDING], NAN)
    buyer.status = IN_FIELD_SALES
    queue(w, place)


@compiled
def queue(w: State, place: int) -> None:
    """Queue the next meeting: with the owner, or with whoever is free first."""
    now = w.now
    buyer = buyer_at(w, place)
    owner = buyer.owner
    if owner == NOBODY:
        if wake_for(w, DESK, place, buyer.number, MEETING, now, buyer.ticket):
            return
        append(w, NEW, place, buyer.number, MEETING, now, buyer.ticket)
    else:
        if person_at(w, owner).waits:
            hand(w, owner, DESK, place, buyer.number, MEETING, now, buyer.ticket)
            return
        append(w, PERSONAL + owner, place, buyer.number, MEETING, now, buyer.ticket)
    patience = -parameters(w).patience_mean * math.log1p(-asks(w, buyer, at.PATIENCE))
    schedule(w, patience, WENT_COLD, place, buyer.ticket, 0, now)


@compiled
def went_cold(w: State, place: int, ticket: int, queued: float) -> None:
    """The buyer has waited longer than its patience, unless it was met meanwhile."""
    buyer = buyer_at(w, place)
    if buyer.ticket != ticket:
        return
    put(w, ABANDONED, buyer.number, place, -1, DESK, MEETING, queued, NAN, NAN)
    _close(w, place, NOBODY, REASON_COLD)


@compiled
def released(w: State, i: int) -> None:
    """A person leaves: what waited for it waits for anybody."""
    person = person_at(w, i)
    place = person.owned_first
    recorded = w.policy[FS_RECORDING]
    while place != NOBODY:  # a colleague takes over what was written down
        buyer = buyer_at(w, place)
        buyer.owner = NOBODY
        buyer.kept = kept_by(w, NOBODY, recorded)
        put(w, HANDED_OVER, buyer.number, place, -1, DESK, 0, buyer.kept, recorded, NAN)
        place = buyer.owned_after
    person.owned_first = NOBODY
    person.owned_last = NOBODY
    person.owned_count = 0
    while True:
        j = pop_first(w, PERSONAL + i)
        if j == NOBODY:
            return
        item = item_at(w, j)
        if buyer_at(w, item.buyer).ticket != item.ticket or wake_for(
            w, DESK, item.buyer, item.number, item.what, item.queued, item.ticket
        ):
            free(w, j)
        else:
            link(w, NEW, j)


@compiled
def take_existing(w: State, place: int, kept: float, progress: float) -> None:
    """Take an opportunity that the company starts with, some of its meetings already held."""
    p = parameters(w)
    buyer = buyer_at(w, place)
    buyer.status = IN_FIELD_SALES
    held = int(progress * p.meetings)
    people = _who_serve(w, buyer.number)
    if held == 0 or people == 0:
        buyer.kept = kept
        queue(w, place)
        return
    own(w, _server(w, buyer.number, buyer.number // SLOTS % people), place)
    buyer.meetings = held
    buyer.effort = float(held)
    buyer.met_at = w.now - held * p.usual_thinking
    wait = law(w, THINKING_LAW, asks(w, buyer, at.THINKING))
    schedule(w, wait, THOUGHT, place, 0, 0, 0.0)


@compiled
def _who_serve(w: State, number: int) -> int:
    """Return how many people of the team serve this buyer."""
    count = 0
    i = w.team_first[DESK]
    while i != NOBODY:
        person = person_at(w, i)
        count += 1 if serves(w, person, DESK, number) else 0
        i = person.team_after
    return count


@compiled
def _server(w: State, number: int, place: int) -> int:
    """Return who stands at this place among the people of the team who serve this buyer."""
    i = w.team_first[DESK]
    while i != NOBODY:
        person = person_at(w, i)
        if serves(w, person, DESK, number):
            if place == 0:
                return int(i)
            place -= 1
        i = person.team_after
    return NOBODY


@compiled
def _first_open(w: State, i: int, line: int) -> int:
    """Return the first of a queue for this person; those before it that went cold are dropped."""
    j = first_for(w, i, DESK, line)
    while j != NOBODY and buyer_at(w, item_at(w, j).buyer).ticket != item_at(w, j).ticket:
        after = item_at(w, j).after
        free(w, take_out(w, line, j))
        j = next_for(w, i, DESK, after)
    return j


@compiled
def pick(w: State, i: int) -> int:
    """Whatever has waited longest; own opportunities first where effort is kept together."""
    mine = PERSONAL + i
    j = _first_open(w, i, mine)
    new = _first_open(w, i, NEW)
    if j != NOBODY and (
        new == NOBODY
        or parameters(w).spread == 0.0
        or item_at(w, j).queued <= item_at(w, new).queued
    ):
        return take_out(w, mine, j)
    return take_out(w, NEW, new)


@compiled
def begin(w: State, i: int) -> None:
    """Meet."""
    p = parameters(w)
    person = person_at(w, i)
    place = person.item_buyer
    buyer = buyer_at(w, place)
    buyer.ticket += 1  # met: no longer going cold
    # A helper from inside sales meets, but does not come to own.
    if buyer.owner != i and person.desk == DESK:
        own(w, i, place)
    if buyer.meetings == 0:
        buyer.met_at = w.now
    effort = effort_under_load(float(person.owned_count), p.comfortable_load, p.spread)
    if p.ai[DESK]:
        effort = less_lost(effort, p.ai_insight[DESK])
    length = 1.0
    person.admin = 0.0
    missing = misses(w, person, buyer.kept)
    asked = False
    if missing > 0.0:
        asked = asks(w, buyer, at.ASKED_AGAIN) < missing
    if asked:
        length += p.extra_meeting
    person.wrong = False
    hours = law(w, MEETING_LAW, asks(w, buyer, at.MEETING_TIME)) * length
    if p.ai[DESK]:
        hours *= assisted(w, person, DESK)
        person.admin += p.ai_check_hours[DESK]
        person.wrong = asks(w, buyer, at.AI_FIELD_SALES) < p.ai_slips[DESK]
    if buyer.meetings + 1 >= p.meetings:
        person.admin += p.recording_hours * w.policy[FS_RECORDING]
    person.facing = hours
    person.seen = effort
    person.asked = asked
    person.missing = missing


@compiled
def finish(w: State, i: int) -> None:
    """Go on, walk away, or hear the buyer's decision."""
    p = parameters(w)
    person = person_at(w, i)
    place = person.item_buyer
    buyer = buyer_at(w, place)
    buyer.meetings += 1
    buyer.effort += person.seen
    buyer.kept = 1.0  # now field sales knows
    if person.asked:
        told_again(w, place, DESK, person.missing)
    noise = averaged_noise(p.meeting_noise, buyer.meetings)
    signal = buyer.fit + noise * asks_normal(w, buyer, at.FIRST_IMPRESSION)
    elsewhere = caught_up(w, place)
    blocked = hindered(w, buyer)
    estimate = believed_chance(w, signal, noise, blocked)
    result = CONTINUES
    if elsewhere or buyer.meetings >= p.meetings:
        result = DECIDED
    elif estimate < w.policy[WALK_AWAY_CUTOFF]:
        result = WALKED_AWAY
    elif person.asked:
        result = ASKED_AGAIN
    put(w, MET, buyer.number, place, person.number, DESK, result, estimate, float(buyer.meetings),
        person.seen)  # fmt: skip
    if elsewhere:
        _close(w, place, i, REASON_ELSEWHERE)
    elif result == WALKED_AWAY:
        _close(w, place, i, int(buyer.obstacle) if blocked else REASON_TURNED_AWAY)
    elif result == DECIDED:
        _decide(w, place, i, blocked)
    else:
        wait = law(w, THINKING_LAW, asks(w, buyer, at.THINKING))
        schedule(w, wait, THOUGHT, place, 0, 0, 0.0)


@compiled
def _decide(w: State, place: int, i: int, blocked: bool) -> None:
    """The buyer signs or not."""
    person = person_at(w, i)
    buyer = buyer_at(w, place)
    promise = w.policy[PROMISE_MADE]
    effort = buyer.effort / buyer.meetings
    u = asks(w, buyer, at.SIGNS)
    if u < signs_chance(w, buyer.fit, buyer.trust, promise, effort, blocked):
        buyer.promise = 1.0 if person.wrong else promise
        origin = FIRST_PASS if buyer.passes == 0 else RECYCLED
        if not math.isnan(buyer.won_at):
            origin = WON_BACK
        put(w, WON, buyer.number, place, person.number, DESK, origin, buyer.deal, promise,
            w.now - buyer.met_at)  # fmt: skip
        _left_hands(w, place)
        _outcome(w, True)
        customer_success.receive(w, place, kept_by(w, i, w.policy[FS_RECORDING]))
        return
    reason = REASON_NO_DECISION
    if blocked:
        reason = int(buyer.obstacle)
    elif buyer.fit < 0.0 and u < signs_chance(w, 1.0, buyer.trust, promise, effort, False):
        reason = REASON_BAD_FIT
    _close(w, place, i, reason)


@compiled
def _close(w: State, place: int, i: int, reason: int) -> None:
    """Book a lost opportunity."""
    _left_hands(w, place)
    buyer = buyer_at(w, place)
    recorded = asks(w, buyer, at.RECORDED) < w.policy[RECORD_LOSS_REASON]
    _outcome(w, recorded)
    number = -1 if i == NOBODY else person_at(w, i).number
    lost(w, place, DESK, number, reason, recorded)


@compiled
def _outcome(w: State, recorded: bool) -> None:
    """An opportunity ended; if it is on file, some of it comes back as feedback."""
    if recorded:
        p = parameters(w)
        w.fed_back += less_lost(p.feedback, p.revops_feedback * w.revops)


@compiled
def _left_hands(w: State, place: int) -> None:
    buyer_at(w, place).ticket += 1
    disown(w, place)
