"""Stage 1: inquiries come in, are screened, nurtured, and passed on as MQLs."""

from __future__ import annotations

from simulator.compiled import inside_sales
from simulator.compiled.buyers import asks, asks_normal, law
from simulator.compiled.calendar import schedule
from simulator.compiled.jit import compiled
from simulator.compiled.layout import (
    INQUIRIES,
    MQL_CUTOFF,
    NOBODY,
    NURTURE_WAIT_LAW,
    NURTURING_LAW,
    RESTED,
    RETURNING,
    SCREENING_LAW,
    State,
)
from simulator.compiled.memory import buyer_at, parameters, person_at
from simulator.compiled.people import assisted, first_for, wake_for
from simulator.compiled.queues import NAN, append, put, take_out
from simulator.compiled.recycling import lost
from simulator.compiled.shared import learned_noise
from simulator.organization import addresses as at
from simulator.organization.journal import Kind, Reason, Screening, Status, Team, Work

DESK = int(Team.MARKETING)
SCREENED = int(Kind.SCREENED)
SCREENING = int(Work.SCREENING)
NURTURING = int(Work.NURTURING)
MQL = int(Screening.MQL)
NURTURED = int(Screening.NURTURED)
DROPPED = int(Screening.DROPPED)
IN_MARKETING = int(Status.IN_MARKETING)
RESTING = int(Status.NURTURED)
TURNED_AWAY = int(Reason.TURNED_AWAY)


@compiled
def receive(w: State, place: int, what: int) -> None:
    """Take a new inquiry (screening), or a buyer for another look (nurturing)."""
    buyer = buyer_at(w, place)
    buyer.status = IN_MARKETING
    now = w.now
    if not wake_for(w, DESK, place, buyer.number, what, now, 0):
        line = INQUIRIES if what == SCREENING else RETURNING
        append(w, line, place, buyer.number, what, now, 0)


@compiled
def pick(w: State, i: int) -> int:
    """New inquiries first, then those that rested."""
    j = first_for(w, i, DESK, INQUIRIES)
    if j != NOBODY:
        return take_out(w, INQUIRIES, j)
    return take_out(w, RETURNING, first_for(w, i, DESK, RETURNING))


@compiled
def begin(w: State, i: int) -> None:
    """Look at an inquiry."""
    p = parameters(w)
    person = person_at(w, i)
    buyer = buyer_at(w, person.item_buyer)
    which = SCREENING_LAW if person.item_what == SCREENING else NURTURING_LAW
    hours = law(w, which, asks(w, buyer, at.SCREENING_TIME))
    person.admin = 0.0
    person.wrong = False
    if p.ai[DESK]:
        hours *= assisted(w, person, DESK)
        person.admin = p.ai_check_hours[DESK]
        person.wrong = asks(w, buyer, at.AI_MARKETING) < p.ai_slips[DESK]
    person.facing = hours


@compiled
def finish(w: State, i: int) -> None:
    """Pass the inquiry on, let it rest, or drop it."""
    p = parameters(w)
    person = person_at(w, i)
    place = person.item_buyer
    buyer = buyer_at(w, place)
    noise = learned_noise(p.score_noise, p.learnable, w.fed_back, p.half_at)
    if p.ai[DESK]:
        noise = noise * (1.0 - p.ai_insight[DESK])
    seen = 0.0 if person.wrong else buyer.fit
    buyer.score_sum += seen + noise * asks_normal(w, buyer, at.SCORE)
    buyer.looks += 1
    score = buyer.score_sum / buyer.looks
    cutoff = w.policy[MQL_CUTOFF]
    w.score_count += 1.0
    w.score_sum += score
    result = MQL
    if score < cutoff:
        result = NURTURED if buyer.rounds < p.nurture_rounds else DROPPED
    if result == NURTURED:
        buyer.rounds += 1
    put(w, SCREENED, buyer.number, place, person.number, DESK, result, score, cutoff, NAN)
    if result == MQL:
        if person.item_what == NURTURING:
            buyer.interest_from = w.now  # it has just answered to marketing again
        buyer.rounds = 0
        inside_sales.receive(w, place)
    elif result == NURTURED:
        buyer.status = RESTING
        rest = law(w, NURTURE_WAIT_LAW, asks(w, buyer, at.NURTURE_WAIT))
        schedule(w, rest, RESTED, place, 0, 0, 0.0)
    else:
        lost(w, place, DESK, person.number, TURNED_AWAY, False)
