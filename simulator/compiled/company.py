"""The company while it runs: opens, goes from event to event, and closes its books.

``advance`` works until the run is over or an array is too short, and says which; the caller then
puts longer arrays (or an emptied one, for rows) in place and calls again. So nothing is allocated
while the clock runs, and rows can be read while they come.
"""

from __future__ import annotations

import math

from simulator.compiled import customer_success, field_sales, inside_sales, marketing
from simulator.compiled.books import close, closing_rows
from simulator.compiled.buyers import enter, settle
from simulator.compiled.calendar import first, schedule, schedule_urgent, take_first
from simulator.compiled.jit import compiled
from simulator.compiled.layout import (
    ARRIVES,
    CHANNEL_OPENS,
    CLAIM_COMES,
    COMES_BACK,
    CUSTOMER_MONTH,
    DONE,
    GOES_ON_LEAVE,
    MONTH,
    NOBODY,
    PLANNED,
    QUITS,
    RAMPS,
    REPLACES,
    RESTED,
    RETURNS,
    ROTATES,
    STARTS,
    THOUGHT,
    TRIES_AGAIN,
    WENT_COLD,
    WOKEN,
    State,
)
from simulator.compiled.memory import (
    buyer_at,
    days,
    event_at,
    item_at,
    midnights,
    parameters,
    person_at,
    step_at,
)
from simulator.compiled.people import (
    NOTHING,
    fall_idle,
    helps,
    kept_by,
    neighbor,
    speed,
    take,
)
from simulator.compiled.policy import month, renew
from simulator.compiled.queues import NAN, free, put
from simulator.compiled.recycling import INSIDE_SALES, MARKETING, take_parked
from simulator.compiled.shared import (
    draw,
    expectation_gap,
    time_of,
)
from simulator.compiled.staffing import (
    AT_START,
    LEAVE,
    QUIT,
    REPLACEMENT,
    STAYS,
    comes_back,
    dismiss,
    hire,
    left,
    planned,
    ramps,
    rotates,
)
from simulator.organization import addresses as at
from simulator.organization.journal import (
    DAYS_PER_MONTH,
    LOADED_SLOT,
    SLOTS,
    Kind,
    Status,
    Team,
    Work,
)

# What `advance` answers: it is over, or which array is too short.
OVER, SHORT_OF_ROWS, SHORT_OF_BUYERS, SHORT_OF_ITEMS, SHORT_OF_EVENTS, SHORT_OF_PEOPLE = range(6)
OVERRUN = 6
"""One event took more than `_short` thought it could: the run is spoiled, and nothing else is."""

# Phases of a run.
OPENS, LOADS, OPENS_MARKET, RUNS, CLOSES, HAS_CLOSED = range(6)

# What one event can take at most, where it does not depend on the company's size. A customer makes
# at most 1000 claims a month (`poisson_count`), each an event to come.
ROWS_AN_EVENT = 64
ITEMS_AN_EVENT = 8
EVENTS_AN_EVENT = 1100

VISIT = int(Kind.VISIT)
RETURNED = int(Kind.RECYCLED)
CUSTOMER_ROW = int(Kind.CUSTOMER)
CUSTOMER = int(Status.CUSTOMER)
DELIVERED = int(Status.DELIVERED)
FIELD_SALES = int(Team.FIELD_SALES)
SCREENING = int(Work.SCREENING)
NURTURING = int(Work.NURTURING)
TEAMS = 6
STAFF_FIRST = (4, 5, 0, 1, 2, 3)
"""Teams in the order in which people are hired at the start: coverage is known from then on."""


def advance(w: State) -> int:
    """Go on with a run; compiled by :mod:`simulator.compiled.engine`, which keeps the result.

    Parameters
    ----------
    w : record of STATE

    Returns
    -------
    int
        OVER, or which array is too short to go on.
    """
    if w.phase == OPENS:
        _open(w)
        w.phase = LOADS
    if w.overrun:
        return OVERRUN
    while w.phase == LOADS:
        short = _short(w, 0)
        if short != OVER:
            return short
        if not _load_next(w):
            w.phase = OPENS_MARKET
    if w.phase == OPENS_MARKET:
        schedule(w, DAYS_PER_MONTH, MONTH, 0, 0, 0, 0.0)
        for slot in range(parameters(w).channels):
            if parameters(w).flows[slot]:
                schedule_urgent(w, CHANNEL_OPENS, slot)
        w.phase = RUNS
    while w.phase == RUNS:
        e = first(w) if parameters(w).horizon > 0.0 else NOBODY
        if e == NOBODY:
            w.now = parameters(w).horizon
            w.phase = CLOSES
            break
        short = _short(w, event_at(w, e).kind)
        if short != OVER:
            return short
        _happen(w, e)
        if w.overrun:
            return OVERRUN
    if w.phase == CLOSES:
        if w.rows_room - w.rows_used < closing_rows(w):
            return SHORT_OF_ROWS
        close(w)
        w.phase = HAS_CLOSED
    return OVER


@compiled
def _short(w: State, kind: int) -> int:
    """Which array might not hold what the next event adds."""
    p = parameters(w)
    # Who leaves hands over all that it owns; who looks into a queue may find that everybody in it
    # has left; whatever is handed out wakes somebody.
    rows = ROWS_AN_EVENT + w.most_owned + w.items_held
    people = 1
    events = EVENTS_AN_EVENT + w.people_used
    if kind == PLANNED:
        rows += 2 * p.biggest_step
        people += p.biggest_step
        events += 4 * p.biggest_step
    if w.rows_room - w.rows_used < rows:
        return SHORT_OF_ROWS
    if w.buyers_room - w.buyers_held < 1 or w.settled_room - w.settled_used < 1:
        return SHORT_OF_BUYERS
    if w.items_room - w.items_held < ITEMS_AN_EVENT:
        return SHORT_OF_ITEMS
    if w.events_room - w.events_held < events:
        return SHORT_OF_EVENTS
    if w.people_room - w.people_used < people:
        return SHORT_OF_PEOPLE
    return OVER


# --- the start --------------------------------------------------------------------------------


@compiled
def _open(w: State) -> None:
    """Hire those who are there at the start, put dates into the calendar, set the decisions."""
    p = parameters(w)
    for k in range(TEAMS):
        team = STAFF_FIRST[k]
        for _ in range(p.people[team]):
            hire(w, team, AT_START, NOBODY)
    for step in range(w.steps_count):
        schedule(w, step_at(w, step).day, PLANNED, step, 0, 0, 0.0)
    if p.rotate_every > 0.0:
        schedule(w, p.rotate_every, ROTATES, 0, 0, 0, 0.0)
    renew(w, 0.0, p.usual_chance)


@compiled
def _load_next(w: State) -> bool:
    """Bring in the next of what the company has at the start; False if that was all."""
    p = parameters(w)
    n = w.loaded
    w.loaded += 1
    if not p.loaded:
        return False
    if n < p.customers:
        _load_customer(w, SLOTS * n + LOADED_SLOT + 2)
        return True
    n -= p.customers
    if n < p.opportunities:
        number = SLOTS * n + LOADED_SLOT + 1
        u = draw(p.key, number, at.PROGRESS, 0)
        place = enter(w, number, LOADED_SLOT + 1, p.customer_fit_mean / 2.0, 0.0)
        kept = kept_by(w, NOBODY, p.recording_before)
        field_sales.take_existing(w, place, kept, u)
        return True
    n -= p.opportunities
    if n < p.parked:
        number = SLOTS * n + LOADED_SLOT
        u = draw(p.key, number, at.PROGRESS, 0)
        year = 12.0 * DAYS_PER_MONTH
        place = enter(w, number, LOADED_SLOT, p.customer_fit_mean / 4.0, -year * u)
        take_parked(w, place, p.reasons_before)
        return True
    return False


@compiled
def _load_customer(w: State, number: int) -> None:
    p = parameters(w)
    u = draw(p.key, number, at.TENURE, 0)
    tenure = -p.tenure_mean * math.log1p(-u)
    place = enter(w, number, LOADED_SLOT + 2, p.customer_fit_mean, -tenure)
    buyer = buyer_at(w, place)
    buyer.won_at = -tenure
    if not p.subscription:
        settle(w, place, DELIVERED)  # served before the start
        return
    buyer.status = CUSTOMER
    buyer.onboarded = -tenure
    buyer.mrr = buyer.deal
    buyer.promise = p.promise_before
    buyer.gap = expectation_gap(buyer.promise, 0.0)
    since_month = tenure % DAYS_PER_MONTH
    since_contact = min(tenure, p.review_every * draw(p.key, number, at.PROGRESS, 0))
    buyer.last_contact = -since_contact
    put(w, CUSTOMER_ROW, number, place, -1, -1, 0, buyer.mrr, tenure, NAN)
    customer_success.take_existing(w, place, DAYS_PER_MONTH - since_month)


# --- what happens -----------------------------------------------------------------------------


@compiled
def _happen(w: State, e: int) -> None:
    """Let the next event happen."""
    event = event_at(w, e)
    kind = event.kind
    about = event.about
    ticket = event.ticket
    code = event.code
    x = event.x
    w.now = event.time
    take_first(w)
    if kind == DONE:
        _work_done(w, about)
    elif kind == WOKEN:
        if person_at(w, about).item_what == NOTHING:
            _go_on(w, about)
        else:
            _begin(w, about)
    elif kind == CUSTOMER_MONTH:
        customer_success.month(w, about, ticket)
    elif kind == TRIES_AGAIN:
        inside_sales.queue(w, about, code)
    elif kind == ARRIVES:
        _arrives(w, about)
    elif kind == CLAIM_COMES:
        customer_success.claim_comes(w, about, ticket, code, x)
    elif kind == THOUGHT:
        field_sales.queue(w, about)
    elif kind == WENT_COLD:
        field_sales.went_cold(w, about, ticket, x)
    elif kind == RESTED:
        marketing.receive(w, about, NURTURING)
    elif kind == RETURNS:
        _returns(w, about, code)
    elif kind == STARTS:
        _go_on(w, about)
    elif kind == CHANNEL_OPENS:
        _next_inquiry(w, about)
    elif kind == QUITS:
        dismiss(w, about, QUIT)
    elif kind == GOES_ON_LEAVE:
        dismiss(w, about, LEAVE)
    elif kind == COMES_BACK:
        comes_back(w, about)
    elif kind == RAMPS:
        ramps(w, about)
    elif kind == REPLACES:
        hire(w, about, REPLACEMENT, code)
    elif kind == PLANNED:
        planned(w, about)
    elif kind == ROTATES:
        rotates(w)
    elif kind == MONTH:
        month(w)


@compiled
def _next_inquiry(w: State, slot: int) -> None:
    """Find out when the next buyer of a channel comes, the n-th always being the same one."""
    p = parameters(w)
    number = slot + SLOTS * w.sequence[slot]
    w.expected[slot] -= math.log1p(-draw(p.key, number, at.ARRIVAL, 0))
    arrives = time_of(w.expected[slot], midnights(w, slot), days(w, slot))
    if arrives < p.horizon:
        schedule(w, max(arrives - w.now, 0.0), ARRIVES, slot, 0, 0, 0.0)


@compiled
def _arrives(w: State, slot: int) -> None:
    """A buyer sends an inquiry."""
    number = slot + SLOTS * w.sequence[slot]
    w.sequence[slot] += 1
    place = enter(w, number, slot, parameters(w).fit_mean[slot], w.now)
    marketing.receive(w, place, SCREENING)
    _next_inquiry(w, slot)


@compiled
def _returns(w: State, place: int, route: int) -> None:
    """A parked buyer comes back."""
    buyer = buyer_at(w, place)
    buyer.passes += 1
    put(w, RETURNED, buyer.number, place, -1, route, buyer.loss_on_file, float(buyer.passes), NAN,
        NAN)  # fmt: skip
    if route == MARKETING:
        buyer.rounds = 0
        marketing.receive(w, place, NURTURING)
    else:
        inside_sales.receive_recycled(w, place)


# --- a person's loop --------------------------------------------------------------------------


@compiled
def _pick(w: State, desk: int, i: int) -> int:
    if desk == MARKETING:
        return marketing.pick(w, i)
    if desk == INSIDE_SALES:
        return inside_sales.pick(w, i)
    if desk == FIELD_SALES:
        return field_sales.pick(w, i)
    return customer_success.pick(w, i)


@compiled
def _go_on(w: State, i: int) -> None:
    """Take the next piece of work, wait for some, or leave."""
    person = person_at(w, i)
    if person.leave_cause != STAYS:
        left(w, i)
        return
    desk = person.desk
    j = _pick(w, desk, i)
    if j == NOBODY and helps(w, person):
        desk = neighbor(w, person)
        j = _pick(w, desk, i)
    if j == NOBODY:
        fall_idle(w, i)
        return
    item = item_at(w, j)
    take(w, i, desk, item.buyer, item.number, item.what, item.queued, item.ticket)
    free(w, j)
    _begin(w, i)


@compiled
def _begin(w: State, i: int) -> None:
    """Begin the work in hand."""
    p = parameters(w)
    person = person_at(w, i)
    person.busy = True
    person.started = w.now
    desk = person.helping
    if desk == MARKETING:
        marketing.begin(w, i)
    elif desk == INSIDE_SALES:
        inside_sales.begin(w, i)
    elif desk == FIELD_SALES:
        field_sales.begin(w, i)
    else:
        customer_success.begin(w, i)
    fast = speed(w, person)
    if desk != person.desk:
        fast *= p.cross_speed[person.desk]
    days = (
        person.facing / (p.hours_for_buyers[desk] * fast)
        + person.admin / p.hours_per_day[person.desk]
    )
    schedule(w, days, DONE, i, 0, 0, 0.0)


@compiled
def _work_done(w: State, i: int) -> None:
    """Report the work, act on its result, go on."""
    person = person_at(w, i)
    desk = person.helping
    put(w, VISIT, person.item_number, person.item_buyer, person.number, desk, person.item_what,
        person.item_queued, person.started, person.facing)  # fmt: skip
    person.busy = False
    if desk == MARKETING:
        marketing.finish(w, i)
    elif desk == INSIDE_SALES:
        inside_sales.finish(w, i)
    elif desk == FIELD_SALES:
        field_sales.finish(w, i)
    else:
        customer_success.finish(w, i)
    _go_on(w, i)
