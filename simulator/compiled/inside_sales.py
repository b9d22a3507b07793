"""Stage 2: calls MQLs and recycled buyers, talks, and books meetings for field sales."""

from __future__ import annotations

from simulator.compiled import field_sales
from simulator.compiled.buyers import asks, asks_normal, believed_chance, caught_up, hindered, law
from simulator.compiled.calendar import schedule
from simulator.compiled.jit import compiled
from simulator.compiled.layout import (
    ATTEMPT_LAW,
    BOOKING_CUTOFF,
    CALLS,
    DISCOVERY_DEPTH,
    IS_RECORDING,
    NOBODY,
    RECYCLE_SHARE,
    RECYCLED,
    RETRY_LAW,
    TALK_LAW,
    TRIES_AGAIN,
    Person,
    State,
)
from simulator.compiled.memory import buyer_at, item_at, line_at, parameters, person_at
from simulator.compiled.people import (
    assisted,
    first_for,
    first_idle,
    kept_by,
    remember,
    serves,
    wake_for,
)
from simulator.compiled.queues import NAN, append, put, take_out
from simulator.compiled.recycling import lost
from simulator.compiled.shared import (
    added,
    agrees_chance,
    impression_noise,
    interest,
    less_lost,
    obstacle_seen_chance,
    pursued_chance,
    talk_length,
)
from simulator.organization import addresses as at
from simulator.organization.journal import (
    DAYS_PER_MONTH,
    Kind,
    Qualification,
    Reason,
    Status,
    Team,
    Work,
)

DESK = int(Team.INSIDE_SALES)
FIELD_SALES = int(Team.FIELD_SALES)
ATTEMPTED = int(Kind.ATTEMPTED)
QUALIFIED = int(Kind.QUALIFIED)
NOT_PURSUED = int(Kind.NOT_PURSUED)
CALLING = int(Work.CALLING)
RECONTACTING = int(Work.RECONTACTING)
IN_INSIDE_SALES = int(Status.IN_INSIDE_SALES)
BOOKED = int(Qualification.BOOKED)
TURNED_AWAY = int(Qualification.TURNED_AWAY)
DECLINED = int(Qualification.DECLINED)
NOT_NOW = int(Qualification.PARKED)
SOURCE_NOT_PURSUED = int(Reason.NOT_PURSUED)
UNREACHED = int(Reason.UNREACHED)
CONTACT_LOST = int(Reason.CONTACT_LOST)
NO_DECISION = int(Reason.NO_DECISION)
BOUGHT_ELSEWHERE = int(Reason.BOUGHT_ELSEWHERE)
BELOW_CUTOFF = int(Reason.TURNED_AWAY)


@compiled
def definitions_shared(w: State) -> float:
    """Return how far definitions are shared, with the help of RevOps."""
    p = parameters(w)
    return less_lost(p.shared, p.revops_definition * w.revops)


@compiled
def receive(w: State, place: int) -> None:
    """Take an MQL from marketing, unless its source has too bad a name."""
    p = parameters(w)
    buyer = buyer_at(w, place)
    if p.stigma > 0.0:
        worked = added(w.worked)
        usual = added(w.booked) / worked if worked > 0.0 else 0.0
        slot = buyer.channel
        believed = (w.booked[slot] + 20.0 * usual) / (w.worked[slot] + 20.0)
        chance = pursued_chance(believed, usual, p.stigma, definitions_shared(w))
        if chance < 1.0 and asks(w, buyer, at.PURSUED) >= chance:
            put(w, NOT_PURSUED, buyer.number, place, -1, DESK, slot, believed, usual / 2.0, NAN)
            lost(w, place, DESK, -1, SOURCE_NOT_PURSUED, False)
            return
    if buyer.passes > 0:
        receive_recycled(w, place)
    else:
        buyer.attempts = 0
        queue(w, place, CALLING)


@compiled
def receive_recycled(w: State, place: int) -> None:
    """Take a buyer that comes back."""
    buyer = buyer_at(w, place)
    buyer.attempts = 0
    months = (w.now - buyer.contact_checked_at) / DAYS_PER_MONTH
    chance = parameters(w).valid_per_month ** months
    buyer.valid_contact = asks(w, buyer, at.CONTACT_VALID) < chance
    queue(w, place, RECONTACTING)


@compiled
def queue(w: State, place: int, what: int) -> None:
    """Give the call to who is idle, or let the buyer wait."""
    buyer = buyer_at(w, place)
    buyer.status = IN_INSIDE_SALES
    now = w.now
    if not wake_for(w, DESK, place, buyer.number, what, now, 0):
        append(w, CALLS if what == CALLING else RECYCLED, place, buyer.number, what, now, 0)


@compiled
def pick(w: State, i: int) -> int:
    """New leads, but a reserved share of the time for recycled buyers if that is the rule."""
    p = parameters(w)
    person = person_at(w, i)
    call = _newest_for(w, i) if p.newest_first else first_for(w, i, DESK, CALLS)
    again = first_for(w, i, DESK, RECYCLED)
    if again != NOBODY and (
        call == NOBODY
        or (p.systematic and person.reserved < w.policy[RECYCLE_SHARE] * person.worked)
    ):
        return take_out(w, RECYCLED, again)
    return take_out(w, CALLS, call)


@compiled
def _newest_for(w: State, i: int) -> int:
    """Return the newest lead for this person (-1: none)."""
    person = person_at(w, i)
    j = line_at(w, CALLS).last
    while j != NOBODY and not serves(w, person, DESK, item_at(w, j).number):
        j = item_at(w, j).before
    return int(j)


@compiled
def begin(w: State, i: int) -> None:
    """Try to reach the buyer; if it answers, talk."""
    p = parameters(w)
    person = person_at(w, i)
    buyer = buyer_at(w, person.item_buyer)
    hours = law(w, ATTEMPT_LAW, asks(w, buyer, at.CALL_TIME))
    person.admin = 0.0
    chance = 0.0
    if buyer.valid_contact:
        chance = p.reach[buyer.channel]
        if person.item_what == CALLING:
            chance *= interest((w.now - buyer.interest_from) * 8.0, p.tau_hours, p.k)
        else:
            chance *= p.recontact_reach
    reached = asks(w, buyer, at.REACHED) < chance
    person.wrong = False
    if reached:
        hours += law(w, TALK_LAW, asks(w, buyer, at.TALK_TIME)) * talk_length(
            w.policy[DISCOVERY_DEPTH]
        )
        if p.ai[DESK]:
            hours *= assisted(w, person, DESK)
            person.admin = p.ai_check_hours[DESK]
            person.wrong = asks(w, buyer, at.AI_INSIDE_SALES) < p.ai_slips[DESK]
        person.admin += p.recording_hours * w.policy[IS_RECORDING]
    person.facing = hours
    person.reached = reached
    person.seen = chance


@compiled
def finish(w: State, i: int) -> None:
    """Try again later, give up, or act on what the talk brought."""
    person = person_at(w, i)
    place = person.item_buyer
    buyer = buyer_at(w, place)
    remember(w, person, person.item_what == RECONTACTING)
    buyer.attempts += 1
    put(w, ATTEMPTED, buyer.number, place, person.number, DESK, 1 if person.reached else 0,
        person.seen, float(buyer.attempts), NAN)  # fmt: skip
    channel = buyer.channel
    if person.reached:
        buyer.contact_checked_at = w.now
        _learn(w, channel, _qualify(w, i, place))
    elif buyer.attempts < parameters(w).max_attempts:
        wait = law(w, RETRY_LAW, asks(w, buyer, at.RETRY))
        schedule(w, wait, TRIES_AGAIN, place, 0, person.item_what, 0.0)
    else:
        _learn(w, channel, False)
        reason = UNREACHED if buyer.valid_contact else CONTACT_LOST
        lost(w, place, DESK, person.number, reason, True)


@compiled
def _qualify(w: State, i: int, place: int) -> bool:
    """Judge the talk; True if a meeting was booked."""
    p = parameters(w)
    person = person_at(w, i)
    buyer = buyer_at(w, place)
    elsewhere = caught_up(w, place)
    blocked = hindered(w, buyer)
    depth = w.policy[DISCOVERY_DEPTH]
    noise = impression_noise(p.discovery_noise, depth)
    noise *= 1.0 - p.enablement_discovery * w.enablement
    signal = buyer.fit + noise * asks_normal(w, buyer, at.IMPRESSION)
    u_seen = asks(w, buyer, at.OBSTACLE_SEEN)
    u_agrees = asks(w, buyer, at.AGREES)
    seen = blocked and (elsewhere or u_seen < obstacle_seen_chance(depth))
    estimate = believed_chance(w, signal, noise, seen)
    w.chance_count += 1.0
    w.chance_sum += estimate
    cutoff = w.policy[BOOKING_CUTOFF]
    if p.waives_gate and first_idle(w, FIELD_SALES, buyer.number) != NOBODY:
        cutoff = 0.0
    if estimate < cutoff:
        result = NOT_NOW if seen else TURNED_AWAY
    elif u_agrees < agrees_chance(
        buyer.fit, buyer.trust, blocked, p.agrees_intercept, p.agrees_fit, p.agrees_obstacle
    ):
        result = BOOKED
    else:
        result = DECLINED
    put(w, QUALIFIED, buyer.number, place, person.number, DESK, result, estimate, cutoff,
        1.0 if buyer.passes > 0 else 0.0)  # fmt: skip
    if result == BOOKED:
        kept = kept_by(w, i, w.policy[IS_RECORDING])
        if person.wrong:
            kept = p.handoff_lost
        field_sales.receive(w, place, kept)
        return True
    _turn_away(w, place, person, result, elsewhere, blocked, seen)
    return False


@compiled
def _turn_away(
    w: State, place: int, person: Person, result: int, elsewhere: bool, blocked: bool, seen: bool
) -> None:
    buyer = buyer_at(w, place)
    reason = NO_DECISION
    if elsewhere:
        reason = BOUGHT_ELSEWHERE
    elif blocked:
        reason = int(buyer.obstacle)
    elif result == TURNED_AWAY:
        reason = BELOW_CUTOFF
    # An obstacle nobody noticed cannot be recorded.
    recorded = False
    if seen or not blocked:
        recorded = asks(w, buyer, at.RECORDED) < w.policy[IS_RECORDING]
    lost(w, place, DESK, person.number, reason, recorded)


@compiled
def _learn(w: State, channel: int, booked: bool) -> None:
    w.worked[channel] = 0.995 * w.worked[channel] + 1.0
    w.booked[channel] = 0.995 * w.booked[channel] + (1.0 if booked else 0.0)
