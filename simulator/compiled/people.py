"""People: idle lists, what is in hand, who owns what, and what is kept at a handoff."""

from __future__ import annotations

from simulator.compiled.buyers import lose_trust
from simulator.compiled.calendar import schedule
from simulator.compiled.jit import compiled
from simulator.compiled.layout import NOBODY, WOKEN, Person, State
from simulator.compiled.memory import buyer_at, item_at, line_at, parameters, person_at
from simulator.compiled.queues import NAN, put
from simulator.compiled.shared import kept_information, less_lost
from simulator.organization.journal import SLOTS, Kind, TrustCause

RE_EXPLAINED = int(Kind.RE_EXPLAINED)
TOLD_AGAIN = int(TrustCause.RE_EXPLAINED)
NOTHING = -1
"""Stands for the work of somebody who is woken to leave."""
FORGETS = 0.98  # the share of time for reserved work is kept over the last 50 or so pieces


@compiled
def helps(w: State, person: Person) -> bool:
    """Whether the person takes work of a neighboring department when it has none."""
    return bool(person.cross_trained and parameters(w).neighbor[person.desk] != NOBODY)


@compiled
def neighbor(w: State, person: Person) -> int:
    """Return the department whose work the cross-trained of this one take."""
    return int(parameters(w).neighbor[person.desk])


@compiled
def serves(w: State, person: Person, desk: int, number: int) -> bool:
    """Whether the person takes work of this buyer: helpers from next door take any."""
    p = parameters(w)
    return bool(
        not p.split[desk]
        or p.group_by_slot[SLOTS * desk + number % SLOTS] == person.group
        or person.desk != desk
    )


@compiled
def first_for(w: State, i: int, desk: int, line: int) -> int:
    """Return the first piece of work for this person in a queue (-1: none)."""
    return next_for(w, i, desk, line_at(w, line).first)


@compiled
def next_for(w: State, i: int, desk: int, j: int) -> int:
    """Return the first for this person of a piece of work and those behind it (-1: none)."""
    person = person_at(w, i)
    if parameters(w).split[desk]:
        while j != NOBODY and not serves(w, person, desk, item_at(w, j).number):
            j = item_at(w, j).after
    return int(j)


@compiled
def first_idle(w: State, desk: int, number: int) -> int:
    """Return who has been idle longest of those of the team who serve this buyer (-1: nobody)."""
    i = w.idle_first[desk]
    if parameters(w).split[desk]:
        while i != NOBODY and not serves(w, person_at(w, i), desk, number):
            i = person_at(w, i).idle_after
    return int(i)


@compiled
def fall_idle(w: State, i: int) -> None:
    """Wait for work, in the line of the own team and, if trained for it, of a neighbor."""
    person = person_at(w, i)
    desk = person.desk
    person.waits = True
    person.idle_after = NOBODY
    person.idle_before = w.idle_last[desk]
    if w.idle_last[desk] == NOBODY:
        w.idle_first[desk] = i
    else:
        person_at(w, w.idle_last[desk]).idle_after = i
    w.idle_last[desk] = i
    if helps(w, person):
        desk = neighbor(w, person)
        person.help_after = NOBODY
        person.help_before = w.help_last[desk]
        if w.help_last[desk] == NOBODY:
            w.help_first[desk] = i
        else:
            person_at(w, w.help_last[desk]).help_after = i
        w.help_last[desk] = i


@compiled
def wake(w: State, i: int) -> None:
    """Take an idle person out of the lines; it resumes once what happens now is over."""
    person = person_at(w, i)
    desk = person.desk
    person.waits = False
    if person.idle_before == NOBODY:
        w.idle_first[desk] = person.idle_after
    else:
        person_at(w, person.idle_before).idle_after = person.idle_after
    if person.idle_after == NOBODY:
        w.idle_last[desk] = person.idle_before
    else:
        person_at(w, person.idle_after).idle_before = person.idle_before
    if helps(w, person):
        desk = neighbor(w, person)
        if person.help_before == NOBODY:
            w.help_first[desk] = person.help_after
        else:
            person_at(w, person.help_before).help_after = person.help_after
        if person.help_after == NOBODY:
            w.help_last[desk] = person.help_before
        else:
            person_at(w, person.help_after).help_before = person.help_before
    schedule(w, 0.0, WOKEN, i, 0, 0, 0.0)


@compiled
def hand(
    w: State, i: int, desk: int, buyer: int, number: int, what: int, queued: float, ticket: int
) -> None:
    """Give an idle person a piece of work of this desk."""
    take(w, i, desk, buyer, number, what, queued, ticket)
    wake(w, i)


@compiled
def take(
    w: State, i: int, desk: int, buyer: int, number: int, what: int, queued: float, ticket: int
) -> None:
    """Put a piece of work into somebody's hands."""
    person = person_at(w, i)
    person.helping = desk
    person.item_buyer = buyer
    person.item_number = number
    person.item_what = what
    person.item_queued = queued
    person.item_ticket = ticket


@compiled
def wake_for(
    w: State, desk: int, buyer: int, number: int, what: int, queued: float, ticket: int
) -> bool:
    """Give the work to who has been idle longest; False if everybody is busy."""
    i = first_idle(w, desk, number)
    if i == NOBODY:
        i = w.help_first[desk]
        if i == NOBODY:
            return False
    hand(w, i, desk, buyer, number, what, queued, ticket)
    return True


@compiled
def ramping(w: State, person: Person) -> bool:
    """Whether the person is still learning the job."""
    return bool(w.now - person.ramp_from < person.ramp_days)


@compiled
def speed(w: State, person: Person) -> float:
    """Work done per hour against somebody experienced of median skill."""
    ramped = w.now - person.ramp_from
    if ramped >= person.ramp_days:
        return float(person.skill)
    return float(
        person.skill * (person.ramp_start + (1.0 - person.ramp_start) * ramped / person.ramp_days)
    )


@compiled
def assisted(w: State, person: Person, desk: int) -> float:
    """Working time against that without AI assistance; novices save more."""
    p = parameters(w)
    novice: float = p.ai_novice[desk] if ramping(w, person) else 0.0
    saved: float = min(p.ai_saves[desk] + novice, 0.95)
    return 1.0 - saved


@compiled
def remember(w: State, person: Person, reserved: bool) -> None:
    """Keep in mind how much of the time went to reserved kinds of work, and to all."""
    took = w.now - person.started
    person.worked = FORGETS * person.worked + took
    person.reserved = FORGETS * person.reserved + (took if reserved else 0.0)


# --- the baton ------------------------------------------------------------------------------


@compiled
def kept_by(w: State, giver: int, recorded: float) -> float:
    """Return the share of what the giver learned that reaches the next stage (-1: nobody)."""
    p = parameters(w)
    kept = kept_information(recorded, p.keeps, p.spoken, p.written)
    if giver == NOBODY:
        kept = recorded * p.keeps if p.written else 0.0
    elif person_at(w, giver).rotated:
        kept = less_lost(kept, p.understanding)
    kept = less_lost(kept, p.revops_handoff * w.revops)
    return less_lost(kept, p.handoff_lost)


@compiled
def misses(w: State, person: Person, kept: float) -> float:
    """Return the share still missing to this person; hours to chase it go onto its office work."""
    p = parameters(w)
    missing = 1.0 - kept
    chase = 0.0
    if person.strong and missing > 0.0:
        chase = missing * p.recovery_hours
        missing = missing * (1.0 - p.recovers)
    person.admin += chase
    return missing


@compiled
def told_again(w: State, place: int, team: int, missing: float) -> None:
    """The buyer has had to explain itself again."""
    put(w, RE_EXPLAINED, buyer_at(w, place).number, place, -1, team, 0, missing, NAN, NAN)
    lose_trust(w, place, TOLD_AGAIN)


# --- who owns an opportunity ------------------------------------------------------------------


@compiled
def own(w: State, i: int, place: int) -> None:
    """Let a person of field sales own an opportunity."""
    person = person_at(w, i)
    buyer = buyer_at(w, place)
    buyer.owner = i
    buyer.owned_after = NOBODY
    buyer.owned_before = person.owned_last
    if person.owned_last == NOBODY:
        person.owned_first = place
    else:
        buyer_at(w, person.owned_last).owned_after = place
    person.owned_last = place
    person.owned_count += 1
    w.most_owned = max(w.most_owned, person.owned_count)


@compiled
def disown(w: State, place: int) -> None:
    """Take an opportunity from whoever owns it, if anybody does."""
    buyer = buyer_at(w, place)
    i = buyer.owner
    buyer.owner = NOBODY
    if i == NOBODY:
        return
    person = person_at(w, i)
    if buyer.owned_before == NOBODY:
        person.owned_first = buyer.owned_after
    else:
        buyer_at(w, buyer.owned_before).owned_after = buyer.owned_after
    if buyer.owned_after == NOBODY:
        person.owned_last = buyer.owned_before
    else:
        buyer_at(w, buyer.owned_after).owned_before = buyer.owned_before
    person.owned_count -= 1
