"""The recycle loop: returning a lost or parked buyer to marketing or inside sales."""

from __future__ import annotations

import math

from simulator.compiled.buyers import asks, dormant, hindered, law, settle
from simulator.compiled.calendar import schedule
from simulator.compiled.jit import compiled
from simulator.compiled.layout import RETURNS, TIMED_DELAY_LAW, UNTIMED_LAW, WIN_BACK_LAW, State
from simulator.compiled.memory import buyer_at, parameters
from simulator.compiled.queues import NAN, put
from simulator.organization import addresses as at
from simulator.organization.journal import Kind, Reason, Status, Team

LOST = int(Kind.LOST)
PARKED = int(Kind.PARKED)
GONE = int(Kind.GONE)
GONE_FOR_GOOD = int(Status.GONE)
LOST_AND_PARKED = int(Status.PARKED)
FORMER_CUSTOMER = int(Status.FORMER_CUSTOMER)
MARKETING = int(Team.MARKETING)
INSIDE_SALES = int(Team.INSIDE_SALES)
UNKNOWN = int(Reason.UNKNOWN)
NO_BUDGET = int(Reason.NO_BUDGET)
WITH_COMPETITOR = int(Reason.WITH_COMPETITOR)
BAD_FIT = int(Reason.BAD_FIT)
NO_DECISION = int(Reason.NO_DECISION)
UNREACHED = int(Reason.UNREACHED)
NOT_PURSUED = int(Reason.NOT_PURSUED)
TURNED_AWAY = int(Reason.TURNED_AWAY)
BOUGHT_ELSEWHERE = int(Reason.BOUGHT_ELSEWHERE)
CONTACT_LOST = int(Reason.CONTACT_LOST)
LEFT_AS_CUSTOMER = int(Reason.LEFT_AS_CUSTOMER)


@compiled
def lost(w: State, place: int, where: int, person: int, reason: int, recorded: bool) -> None:
    """Book the end of a pass without contract; ``person`` is a number, -1 for nobody."""
    p = parameters(w)
    buyer = buyer_at(w, place)
    on_file = reason if recorded else UNKNOWN
    put(w, LOST, buyer.number, place, person, where, reason, float(on_file), buyer.deal, NAN)
    if reason == BOUGHT_ELSEWHERE and recorded:
        on_file = WITH_COMPETITOR
    if (
        not p.comes_back
        or buyer.passes >= p.max_passes
        or reason == CONTACT_LOST
        or on_file == BAD_FIT
        or where == MARKETING
    ):
        number = buyer.number
        settle(w, place, GONE_FOR_GOOD)
        put(w, GONE, number, place, -1, where, reason, NAN, NAN, NAN)
        return
    park_lost(w, place, reason, on_file)


@compiled
def park_lost(w: State, place: int, reason: int, on_file: int) -> None:
    """Park a lost buyer, to come back when its reason has gone, or some day."""
    p = parameters(w)
    now = w.now
    buyer = buyer_at(w, place)
    to_marketing = reason in (UNREACHED, NOT_PURSUED, TURNED_AWAY, BAD_FIT)
    route = MARKETING if to_marketing else INSIDE_SALES
    timed = NO_BUDGET <= on_file <= WITH_COMPETITOR
    if not timed and p.guesses > 0.0:
        timed = asks(w, buyer, at.AI_GUESS) < p.guesses
    u = asks(w, buyer, at.RETURN_TIME)
    if timed and hindered(w, buyer):
        returns = buyer.clears_at + law(w, TIMED_DELAY_LAW, u)
    else:
        returns = now + law(w, UNTIMED_LAW, u)
    _park(w, place, route, on_file, reason, returns, LOST_AND_PARKED)


@compiled
def take_parked(w: State, place: int, recorded_share: float) -> None:
    """Take a buyer that was lost before the start."""
    if not parameters(w).comes_back:
        settle(w, place, GONE_FOR_GOOD)
        return
    buyer = buyer_at(w, place)
    reason = int(buyer.obstacle) if hindered(w, buyer) else NO_DECISION
    recorded = asks(w, buyer, at.RECORDED) < recorded_share
    park_lost(w, place, reason, reason if recorded else UNKNOWN)


@compiled
def left(w: State, place: int) -> None:
    """Book a customer that churned as a win-back case."""
    p = parameters(w)
    buyer = buyer_at(w, place)
    if not p.comes_back or buyer.passes >= p.max_passes:
        buyer.status = FORMER_CUSTOMER
        dormant(w, place)
        return
    returns = w.now + law(w, WIN_BACK_LAW, asks(w, buyer, at.RETURN_TIME))
    _park(w, place, INSIDE_SALES, LEFT_AS_CUSTOMER, LEFT_AS_CUSTOMER, returns, FORMER_CUSTOMER)


@compiled
def _park(
    w: State, place: int, route: int, on_file: int, reason: int, returns: float, status: int
) -> None:
    """Put the buyer into the pool; somebody brings it back, or nobody thinks of it."""
    buyer = buyer_at(w, place)
    remembered = asks(w, buyer, at.REMEMBERED) < parameters(w).remembered
    buyer.loss_on_file = on_file
    buyer.status = status
    planned = returns if remembered else math.inf
    put(w, PARKED, buyer.number, place, -1, route, on_file, planned, float(reason), NAN)
    if remembered:
        schedule(w, returns - w.now, RETURNS, place, 0, route, 0.0)
    else:
        dormant(w, place)
