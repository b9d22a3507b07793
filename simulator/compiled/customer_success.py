"""Stage 4: onboarding, claims, reviews; renewals, growth and leaving."""

from __future__ import annotations

import math

import numpy as np

from simulator.compiled.buyers import asks, law, lose_trust, settle
from simulator.compiled.calendar import schedule
from simulator.compiled.jit import compiled
from simulator.compiled.layout import (
    CLAIM_COMES,
    CLAIM_LAW,
    CLAIMS,
    CUSTOMER_MONTH,
    FS_RECORDING,
    NOBODY,
    ONBOARDING_LAW,
    ONBOARDINGS,
    PROACTIVE_SHARE,
    REVIEW_LAW,
    REVIEWS,
    Buyer,
    State,
)
from simulator.compiled.memory import buyer_at, item_at, parameters, person_at
from simulator.compiled.people import (
    assisted,
    first_for,
    misses,
    next_for,
    remember,
    told_again,
    wake_for,
)
from simulator.compiled.queues import NAN, append, free, put, take_out
from simulator.compiled.recycling import left
from simulator.compiled.shared import (
    churn_hazard,
    expectation_gap,
    faded,
    health_points,
    largest_part,
    lateness,
    logistic,
    neglect_of,
    poisson_count,
    shrinking_chance,
)
from simulator.organization import addresses as at
from simulator.organization.customer_success import AT_RISK
from simulator.organization.journal import (
    DAYS_PER_MONTH,
    ClaimCause,
    Kind,
    Status,
    Team,
    TrustCause,
    Work,
)

DESK = int(Team.CUSTOMER_SUCCESS)
ABANDONED = int(Kind.ABANDONED)
HANDED_OVER = int(Kind.HANDED_OVER)
ONBOARDED = int(Kind.ONBOARDED)
CLAIMED = int(Kind.CLAIMED)
ANSWERED = int(Kind.ANSWERED)
REVIEWED = int(Kind.REVIEWED)
EXPANDED = int(Kind.EXPANDED)
CONTRACTED = int(Kind.CONTRACTED)
CHURNED = int(Kind.CHURNED)
HEALTH = int(Kind.HEALTH)
ONBOARDING = int(Work.ONBOARDING)
CLAIM = int(Work.CLAIM)
REVIEW = int(Work.REVIEW)
CUSTOMER = int(Status.CUSTOMER)
DELIVERED = int(Status.DELIVERED)
BROKEN_PROMISE = int(TrustCause.BROKEN_PROMISE)
LATE_ANSWER = int(TrustCause.LATE_ANSWER)
AI_ERROR = int(TrustCause.AI_ERROR)
ABOUT_USE = int(ClaimCause.USE)
ABOUT_PROMISE = int(ClaimCause.BROKEN_PROMISE)
ABOUT_INFORMATION = int(ClaimCause.LOST_INFORMATION)


@compiled
def receive(w: State, place: int, kept: float) -> None:
    """Take over a new customer from field sales."""
    p = parameters(w)
    now = w.now
    buyer = buyer_at(w, place)
    put(w, HANDED_OVER, buyer.number, place, -1, DESK, 0, kept, w.policy[FS_RECORDING], NAN)
    buyer.status = CUSTOMER
    buyer.kept = kept
    buyer.gap = expectation_gap(buyer.promise, 1.0 - kept)
    buyer.won_at = now
    buyer.onboarded = NAN
    buyer.last_contact = now
    buyer.claims_open = 0
    buyer.churn_hazard = 0.0
    buyer.review_due = False
    if p.subscription:
        buyer.mrr = buyer.deal
        schedule(w, DAYS_PER_MONTH, CUSTOMER_MONTH, place, buyer.ticket, 0, 0.0)
    _queue(w, ONBOARDINGS, place, ONBOARDING)


@compiled
def take_existing(w: State, place: int, first_month: float) -> None:
    """Take a customer that the company starts with."""
    buyer = buyer_at(w, place)
    now = w.now
    months = int((now - buyer.won_at) / DAYS_PER_MONTH)
    into_term = months % parameters(w).contract_months
    hazard, _ = _hazard(w, buyer)
    buyer.churn_hazard = into_term * hazard
    schedule(w, first_month, CUSTOMER_MONTH, place, buyer.ticket, 0, 0.0)


@compiled
def _queue(w: State, line: int, place: int, what: int) -> None:
    buyer = buyer_at(w, place)
    now = w.now
    if not wake_for(w, DESK, place, buyer.number, what, now, buyer.ticket):
        append(w, line, place, buyer.number, what, now, buyer.ticket)


@compiled
def _first_there(w: State, i: int, line: int) -> int:
    """Return the first of a queue for this person, who finds that those before it have left."""
    j = first_for(w, i, DESK, line)
    while j != NOBODY:
        item = item_at(w, j)
        if buyer_at(w, item.buyer).ticket == item.ticket:
            return j
        put(w, ABANDONED, item.number, item.buyer, -1, DESK, item.what, item.queued, NAN, NAN)
        after = item.after
        free(w, take_out(w, line, j))
        j = next_for(w, i, DESK, after)
    return j


@compiled
def pick(w: State, i: int) -> int:
    """Claims and onboarding, but a share of the time for reviews whatever else waits."""
    person = person_at(w, i)
    claim = _first_there(w, i, CLAIMS)
    onboarding = _first_there(w, i, ONBOARDINGS)
    review = _first_there(w, i, REVIEWS)
    if review != NOBODY and (
        (claim == NOBODY and onboarding == NOBODY)
        or person.reserved < w.policy[PROACTIVE_SHARE] * person.worked
    ):
        return take_out(w, REVIEWS, review)
    if claim != NOBODY and (
        onboarding == NOBODY
        or item_at(w, claim).queued - parameters(w).claims_jump <= item_at(w, onboarding).queued
    ):
        return take_out(w, CLAIMS, claim)
    return take_out(w, ONBOARDINGS, onboarding)


@compiled
def begin(w: State, i: int) -> None:
    """Onboard, answer, or review."""
    p = parameters(w)
    person = person_at(w, i)
    buyer = buyer_at(w, person.item_buyer)
    person.admin = 0.0
    person.missing = 0.0
    person.asked = False
    person.wrong = False
    if person.item_what == ONBOARDING:
        missing = misses(w, person, buyer.kept)
        if missing > 0.0:
            person.asked = asks(w, buyer, at.TOLD_AGAIN) < missing
        hours = law(w, ONBOARDING_LAW, asks(w, buyer, at.ONBOARDING_TIME))
        hours *= 1.0 + p.onboarding_missing * missing
        person.missing = missing
    elif person.item_what == CLAIM:
        hours = law(w, CLAIM_LAW, asks(w, buyer, at.CLAIM_TIME))
    else:
        hours = law(w, REVIEW_LAW, asks(w, buyer, at.REVIEW_TIME))
        if p.ai[DESK]:
            person.wrong = asks(w, buyer, at.AI_CUSTOMER_SUCCESS) < p.ai_slips[DESK]
            person.admin += p.ai_check_hours[DESK]
    if p.ai[DESK]:
        hours *= assisted(w, person, DESK)
    person.facing = hours


@compiled
def finish(w: State, i: int) -> None:
    """What the customer has of it."""
    now = w.now
    person = person_at(w, i)
    place = person.item_buyer
    buyer = buyer_at(w, place)
    what = person.item_what
    remember(w, person, what == REVIEW)
    waited = now - person.item_queued
    late = waited > parameters(w).claim_due
    if what == CLAIM:  # also of a customer that has left meanwhile: the work was done
        put(w, ANSWERED, person.item_number, place, person.number, DESK, 1 if late else 0, waited,
            NAN, NAN)  # fmt: skip
    if person.item_ticket != buyer.ticket:
        return
    since_contact = now - buyer.last_contact
    buyer.last_contact = now
    if what == ONBOARDING:
        buyer.onboarded = now
        put(w, ONBOARDED, buyer.number, place, person.number, DESK, 0, now - buyer.won_at,
            buyer.kept, NAN)  # fmt: skip
        if person.asked:
            told_again(w, place, DESK, person.missing)
        if asks(w, buyer, at.PROMISE_BROKEN) < buyer.promise:
            lose_trust(w, place, BROKEN_PROMISE)
        if not parameters(w).subscription:
            buyer.status = DELIVERED
            settle(w, place, DELIVERED)
    elif what == CLAIM:
        buyer.claims_open -= 1
        if late:
            lose_trust(w, place, LATE_ANSWER)
    else:
        buyer.review_due = False
        health = _health(w, buyer)
        put(w, REVIEWED, buyer.number, place, person.number, DESK, 0, since_contact, health, NAN)
        if person.wrong:
            lose_trust(w, place, AI_ERROR)
        else:
            _grow(w, place, health)


@compiled
def _changes_by(w: State, buyer: Buyer, decision: int) -> float:
    """Share of its MRR by which a customer grows or shrinks."""
    p = parameters(w)
    return float(p.expansion_low + (p.expansion_high - p.expansion_low) * asks(w, buyer, decision))


@compiled
def _grow(w: State, place: int, health: float) -> None:
    p = parameters(w)
    buyer = buyer_at(w, place)
    chance = logistic(
        p.expansion_intercept + p.expansion_fit * buyer.fit + p.expansion_health * (health - 50.0)
    )
    if asks(w, buyer, at.EXPANDS) < chance:
        amount = np.rint(buyer.mrr * _changes_by(w, buyer, at.EXPANDS_BY))
        if amount > 0.0:
            buyer.mrr += amount
            put(w, EXPANDED, buyer.number, place, -1, DESK, 0, amount, buyer.mrr, NAN)


@compiled
def _lateness(w: State, buyer: Buyer) -> float:
    done = w.now if math.isnan(buyer.onboarded) else buyer.onboarded
    return lateness(done - buyer.won_at, parameters(w).onboarding_due)


@compiled
def _health(w: State, buyer: Buyer) -> float:
    p = parameters(w)
    now = w.now
    gap = faded(buyer.gap, now - buyer.won_at, p.gap_memory)
    return health_points(
        buyer.fit, gap, buyer.claims_open, _lateness(w, buyer),
        neglect_of(now - buyer.last_contact), p.h_usage, p.h_claims, p.h_onboarding, p.h_contact,
    )  # fmt: skip


@compiled
def _hazard(w: State, buyer: Buyer) -> tuple[float, int]:
    """Hazard of leaving, per month, and its largest cause."""
    p = parameters(w)
    now = w.now
    fit = -p.churn_fit * buyer.fit
    gap = p.churn_gap * faded(buyer.gap, now - buyer.won_at, p.gap_memory)
    late = p.churn_late * _lateness(w, buyer)
    neglect = p.churn_neglect * neglect_of(now - buyer.last_contact)
    trust = p.churn_trust * (1.0 - buyer.trust)
    months = (now - buyer.won_at) / DAYS_PER_MONTH
    hazard = churn_hazard(
        p.monthly_at_one_year, months, p.tenure_shape, fit, gap, late, neglect, trust
    )
    return hazard, largest_part(fit, gap, late, neglect, trust)


@compiled
def month(w: State, place: int, ticket: int) -> None:
    """Once a month: does it leave, shrink, complain; is a review due?"""
    buyer = buyer_at(w, place)
    if ticket != buyer.ticket:
        return
    p = parameters(w)
    now = w.now
    days = now - buyer.won_at
    hazard, cause = _hazard(w, buyer)
    buyer.churn_hazard += hazard
    chance = p.early_exit
    if np.rint(days / DAYS_PER_MONTH) % p.contract_months == 0:
        chance = -math.expm1(-buyer.churn_hazard)
        buyer.churn_hazard = 0.0
    if asks(w, buyer, at.LEAVES) < chance:
        put(w, CHURNED, buyer.number, place, -1, DESK, cause, buyer.mrr, days, NAN)
        buyer.mrr = 0.0
        buyer.ticket += 1
        left(w, place)
        return
    health = _health(w, buyer)
    put(w, HEALTH, buyer.number, place, -1, DESK, 0, health, buyer.mrr, days)
    if asks(w, buyer, at.CONTRACTS) < shrinking_chance(p.contraction, health):
        share = min(_changes_by(w, buyer, at.CONTRACTS_BY), 1.0)
        amount = min(np.rint(buyer.mrr * share), buyer.mrr - 1.0)
        if amount > 0.0:
            buyer.mrr -= amount
            put(w, CONTRACTED, buyer.number, place, -1, DESK, 0, amount, buyer.mrr, NAN)
    _complain(w, place, faded(buyer.gap, days, p.gap_memory))
    due = now - buyer.last_contact >= p.review_every
    # Churn warning; it is asked for only where nothing else makes a review due.
    if p.ai[DESK] and health < AT_RISK and not due:
        due = asks(w, buyer, at.AI_WARNING) < p.ai_insight[DESK]
    if due and not buyer.review_due and not math.isnan(buyer.onboarded):
        buyer.review_due = True
        _queue(w, REVIEWS, place, REVIEW)
    schedule(w, DAYS_PER_MONTH, CUSTOMER_MONTH, place, ticket, 0, 0.0)


@compiled
def _complain(w: State, place: int, gap: float) -> None:
    """Claims of the month to come, each at its own moment."""
    p = parameters(w)
    buyer = buyer_at(w, place)
    missing = 1.0 - buyer.kept if math.isnan(buyer.onboarded) else 0.0
    rate = p.claims_per_month * (1.0 + p.claims_gap * gap + missing)
    for _ in range(poisson_count(asks(w, buyer, at.CLAIM_COUNT), rate)):
        u = asks(w, buyer, at.CLAIM_CAUSE) * (1.0 + p.claims_gap * gap + missing)
        cause = ABOUT_USE
        if u > 1.0 + missing:
            cause = ABOUT_PROMISE
        elif u > 1.0:
            cause = ABOUT_INFORMATION
        wait = DAYS_PER_MONTH * asks(w, buyer, at.CLAIM_WHEN)
        schedule(w, wait, CLAIM_COMES, place, buyer.ticket, cause, gap)


@compiled
def claim_comes(w: State, place: int, ticket: int, cause: int, gap: float) -> None:
    """A customer complains."""
    buyer = buyer_at(w, place)
    if ticket != buyer.ticket:
        return
    buyer.claims_open += 1
    put(w, CLAIMED, buyer.number, place, -1, DESK, cause, gap, NAN, NAN)
    _queue(w, CLAIMS, place, CLAIM)
