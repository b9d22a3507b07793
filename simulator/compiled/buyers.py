"""The truth about each account: made from its address, brought up to date when somebody looks."""

from __future__ import annotations

import math

import numpy as np

from simulator.compiled.jit import compiled
from simulator.compiled.layout import NOBODY, Buyer, State
from simulator.compiled.memory import buyer_at, law_at, parameters, settled_at
from simulator.compiled.queues import NAN, put
from simulator.compiled.shared import (
    chance_of_winning,
    draw,
    expected_fit,
    normal_quantile,
    quantile,
)
from simulator.organization import addresses as at
from simulator.organization.journal import DAYS_PER_MONTH, Kind, Obstacle, Status

ARRIVED = int(Kind.ARRIVED)
OBSTACLE = int(Kind.OBSTACLE)
STATUS = int(Kind.STATUS)
TRUST = int(Kind.TRUST)
WRONG_TIMING = int(Obstacle.WRONG_TIMING)
WITH_COMPETITOR = int(Obstacle.WITH_COMPETITOR)
IN_MARKETING = int(Status.IN_MARKETING)


@compiled
def asks(w: State, buyer: Buyer, decision: int) -> float:
    """Return the buyer's next uniform number for this decision."""
    attempt = buyer.asked[decision]
    buyer.asked[decision] = attempt + 1  # 16 bits: after 65535 comes 0, as in the reference
    return draw(parameters(w).key, buyer.number, decision, attempt)


@compiled
def asks_normal(w: State, buyer: Buyer, decision: int) -> float:
    """Return the buyer's next standard normal number for this decision."""
    return normal_quantile(asks(w, buyer, decision))


@compiled
def law(w: State, which: int, u: float) -> float:
    """Return the quantile of one of the scenario's laws."""
    stated = law_at(w, which)
    return quantile(stated.kind, stated.a, stated.b, u)


@compiled
def passed(bounds: np.ndarray, u: float) -> int:
    """Return how many of the rising bounds lie below u."""
    count = 0
    while count < len(bounds) and bounds[count] < u:
        count += 1
    return count


@compiled
def enter(w: State, number: int, slot: int, fit_mean: float, born: float) -> int:
    """Make a buyer, and report that it has come; returns its place."""
    p = parameters(w)
    place = w.buyers_free
    if place == NOBODY:
        place = w.buyers_used
        w.buyers_used += 1
    else:
        w.buyers_free = buyer_at(w, place).entry_after
    w.buyers_held += 1
    buyer = buyer_at(w, place)
    buyer.held = True
    buyer.number = number
    buyer.entry_before = w.entry_last
    buyer.entry_after = NOBODY
    if w.entry_last == NOBODY:
        w.entry_first = place
    else:
        buyer_at(w, w.entry_last).entry_after = place
    w.entry_last = place
    # Not 0: work for the buyer that was here before may still wait, with an older ticket.
    buyer.ticket += 1
    buyer.channel = slot
    buyer.asked[:] = 0
    buyer.trust = 1.0
    buyer.status = IN_MARKETING
    buyer.interest_from = born
    buyer.contact_checked_at = born
    buyer.valid_contact = True
    buyer.score_sum = 0.0
    buyer.looks = 0
    buyer.rounds = 0
    buyer.attempts = 0
    buyer.passes = 0
    buyer.loss_on_file = 0
    buyer.owner = NOBODY
    buyer.meetings = 0
    buyer.met_at = NAN
    buyer.effort = 0.0
    buyer.kept = 1.0
    buyer.promise = 0.0
    buyer.mrr = 0.0
    buyer.won_at = NAN
    buyer.onboarded = NAN
    buyer.gap = 0.0
    buyer.last_contact = born
    buyer.claims_open = 0
    buyer.churn_hazard = 0.0
    buyer.review_due = False

    key = p.key
    buyer.fit = fit_mean + p.fit_sd * normal_quantile(draw(key, number, at.FIT, 0))
    z = normal_quantile(draw(key, number, at.DEAL, 0))
    buyer.deal = max(1.0, np.rint(math.exp(p.mu + p.sigma * z)))
    obstacle = 1 + passed(p.obstacle_bounds, draw(key, number, at.OBSTACLE, 0))
    buyer.obstacle = obstacle if obstacle <= WITH_COMPETITOR else 0
    buyer.clears_at = born + _clearing(w, buyer, born)
    buyer.closes_at = buyer.clears_at + _window(w, buyer)
    _catch_up(w, buyer, w.now)
    put(w, ARRIVED, number, place, -1, -1, slot, buyer.fit, buyer.deal, NAN)
    _put_obstacle(w, buyer, place)
    return int(place)


@compiled
def _put_obstacle(w: State, buyer: Buyer, place: int) -> None:
    put(
        w, OBSTACLE, buyer.number, place, -1, -1, buyer.obstacle, buyer.clears_at, buyer.closes_at,
        NAN,
    )  # fmt: skip


@compiled
def _window(w: State, buyer: Buyer) -> float:
    mean: float = parameters(w).window_mean
    return -mean * math.log1p(-asks(w, buyer, at.WINDOW))


@compiled
def _clearing(w: State, buyer: Buyer, now: float) -> float:
    """Days until the obstacle clears."""
    if buyer.obstacle == 0:
        return 0.0
    p = parameters(w)
    u = asks(w, buyer, at.CLEARING)
    if buyer.obstacle == WRONG_TIMING or buyer.obstacle == WITH_COMPETITOR:
        mean: float = p.timing_mean if buyer.obstacle == WRONG_TIMING else p.contract_mean
        return -mean * math.log1p(-u)
    # No budget: until the first day after the buyer's fiscal year ends.
    last_month = passed(p.year_end_bounds, draw(p.key, buyer.number, at.FISCAL_YEAR, 0))
    month_now = math.floor(now / DAYS_PER_MONTH)
    calendar = (p.start_month - 1 + month_now) % 12
    ahead: int = (last_month - calendar) % 12 + 1
    return (month_now + ahead) * DAYS_PER_MONTH - now


@compiled
def _catch_up(w: State, buyer: Buyer, now: float) -> bool:
    if now <= buyer.closes_at:
        return False
    while now > buyer.closes_at:
        buyer.obstacle = WITH_COMPETITOR
        buyer.clears_at = buyer.closes_at + _clearing(w, buyer, buyer.closes_at)
        buyer.closes_at = buyer.clears_at + _window(w, buyer)
    return True


@compiled
def caught_up(w: State, place: int) -> bool:
    """Bring the buyer's own story up to now; True if it has bought elsewhere meanwhile."""
    buyer = buyer_at(w, place)
    if not _catch_up(w, buyer, w.now):
        return False
    _put_obstacle(w, buyer, place)
    return True


@compiled
def hindered(w: State, buyer: Buyer) -> bool:
    """Whether an obstacle keeps the buyer from buying now."""
    return bool(buyer.obstacle != 0 and w.now < buyer.clears_at)


@compiled
def lose_trust(w: State, place: int, cause: int) -> None:
    """Take trust from a buyer."""
    buyer = buyer_at(w, place)
    old = buyer.trust
    buyer.trust = max(0.0, old - parameters(w).trust_costs[cause])
    put(w, TRUST, buyer.number, place, -1, -1, cause, buyer.trust, old, NAN)


@compiled
def signs_chance(
    w: State, fit: float, trust: float, promise: float, effort: float, blocked: bool
) -> float:
    """Return the chance that a buyer signs."""
    p = parameters(w)
    return chance_of_winning(
        fit, trust, promise, effort, blocked, p.win_intercept, p.win_fit, p.win_trust,
        p.win_promise, p.win_effort, p.win_obstacle,
    )  # fmt: skip


@compiled
def believed_chance(w: State, signal: float, noise: float, blocked: bool) -> float:
    """Return the chance of winning that a department believes in, from a signal of fit."""
    guess = expected_fit(signal, noise, parameters(w).fit_sd)
    return signs_chance(w, guess, 1.0, 0.0, 1.0, blocked)


@compiled
def settle(w: State, place: int, status: int) -> None:
    """Put on file, and forget, who has been delivered to or is gone for good."""
    if parameters(w).keeps_journal:
        done = settled_at(w, w.settled_used)
        w.settled_used += 1
        done.number = buyer_at(w, place).number
        done.status = status
    else:
        put(w, STATUS, buyer_at(w, place).number, place, -1, -1, status, 0.0, NAN, NAN)
    _leave(w, place)


@compiled
def dormant(w: State, place: int) -> None:
    """Forget, where rows are measured as they come, who will never do anything again.

    Nobody thinks of this buyer any more. In a journal it is reported at the horizon, in the order
    of coming, so there it is kept.
    """
    if not parameters(w).keeps_journal:
        buyer = buyer_at(w, place)
        put(w, STATUS, buyer.number, place, -1, -1, buyer.status, buyer.mrr, NAN, NAN)
        _leave(w, place)


@compiled
def _leave(w: State, place: int) -> None:
    buyer = buyer_at(w, place)
    buyer.held = False
    if buyer.entry_before == NOBODY:
        w.entry_first = buyer.entry_after
    else:
        buyer_at(w, buyer.entry_before).entry_after = buyer.entry_after
    if buyer.entry_after == NOBODY:
        w.entry_last = buyer.entry_before
    else:
        buyer_at(w, buyer.entry_after).entry_before = buyer.entry_before
    buyer.entry_after = w.buyers_free
    w.buyers_free = place
    w.buyers_held -= 1
