"""The company while it runs: opens, goes from event to event, and closes its books.

``advance`` works until the run is over or an array is too short, and says which; the caller then
puts longer arrays (or an emptied one, for rows) in place and calls again. So nothing is allocated
while the clock runs, and rows can be read while they come.
"""

from __future__ import annotations

import math

import numpy as np

from simulator.compiled import customer_success, field_sales, inside_sales, marketing
from simulator.compiled.buyers import STATUS, enter, settle
from simulator.compiled.calendar import first, schedule, schedule_urgent, take_first
from simulator.compiled.inside_sales import definitions_shared
from simulator.compiled.jit import compiled
from simulator.compiled.layout import (
    ARRIVES,
    BOOKING_CUTOFF,
    CHANNEL_OPENS,
    CLAIM_COMES,
    CLAIMS,
    CUSTOMER_MONTH,
    DECISIONS,
    DONE,
    INQUIRIES,
    MONTH,
    MQL_CUTOFF,
    NEW,
    NOBODY,
    PERSONAL,
    PLANNED,
    QUITS,
    RAMPS,
    RECYCLED,
    REPLACES,
    RESTED,
    RETURNS,
    REVIEWS,
    ROTATES,
    STARTS,
    THOUGHT,
    TRIES_AGAIN,
    WENT_COLD,
    WOKEN,
    World,
)
from simulator.compiled.people import (
    NOTHING,
    fall_idle,
    helps,
    kept_by,
    speed,
    take,
)
from simulator.compiled.queues import NAN, free, put
from simulator.compiled.recycling import INSIDE_SALES, MARKETING, take_parked
from simulator.compiled.shared import (
    between,
    draw,
    drifted,
    expectation_gap,
    normal_quantile,
    time_of,
)
from simulator.compiled.staffing import (
    AT_START,
    QUIT,
    REPLACEMENT,
    STAYS,
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
    Cost,
    Kind,
    Status,
    Team,
    Work,
)

# What `advance` answers: it is over, or which array is too short.
OVER, SHORT_OF_ROWS, SHORT_OF_BUYERS, SHORT_OF_ITEMS, SHORT_OF_EVENTS, SHORT_OF_PEOPLE = range(6)

# Phases of a run.
OPENS, LOADS, OPENS_MARKET, RUNS, CLOSES, HAS_CLOSED = range(6)

# What one event can take at most, where it does not depend on the company's size. A customer makes
# at most 1000 claims a month (`poisson_count`), each an event to come.
ROWS_AN_EVENT = 64
ITEMS_AN_EVENT = 8
EVENTS_AN_EVENT = 1100

VISIT = int(Kind.VISIT)
UNFINISHED = int(Kind.UNFINISHED)
SPENT = int(Kind.SPENT)
THRESHOLD = int(Kind.THRESHOLD)
RETURNED = int(Kind.RECYCLED)
CUSTOMER_ROW = int(Kind.CUSTOMER)
CUSTOMER = int(Status.CUSTOMER)
DELIVERED = int(Status.DELIVERED)
ADVERTISING = int(Cost.ADVERTISING)
TOOLS = int(Cost.TOOLS)
FIELD_SALES = int(Team.FIELD_SALES)
SCREENING = int(Work.SCREENING)
NURTURING = int(Work.NURTURING)
DEPARTMENTS = 4
TEAMS = 6
STAFF_FIRST = (4, 5, 0, 1, 2, 3)
"""Teams in the order in which people are hired at the start: coverage is known from then on."""


def advance(w: World) -> int:
    """Go on with a run; compiled by :mod:`simulator.compiled.engine`, which keeps the result.

    Parameters
    ----------
    w : World

    Returns
    -------
    int
        OVER, or which array is too short to go on.
    """
    s = w.s[0]
    if s.phase == OPENS:
        _open(w)
        s.phase = LOADS
    while s.phase == LOADS:
        short = _short(w, 0)
        if short != OVER:
            return short
        if not _load_next(w):
            s.phase = OPENS_MARKET
    if s.phase == OPENS_MARKET:
        schedule(w, DAYS_PER_MONTH, MONTH, 0, 0, 0, 0.0)
        for slot in range(w.p[0].channels):
            if w.p[0].flows[slot]:
                schedule_urgent(w, CHANNEL_OPENS, slot)
        s.phase = RUNS
    while s.phase == RUNS:
        e = first(w) if w.p[0].horizon > 0.0 else NOBODY
        if e == NOBODY:
            s.now = w.p[0].horizon
            s.phase = CLOSES
            break
        short = _short(w, w.events[e].kind)
        if short != OVER:
            return short
        _happen(w, e)
    if s.phase == CLOSES:
        if len(w.rows) - s.rows_used < _closing_rows(w):
            return SHORT_OF_ROWS
        _close(w)
        s.phase = HAS_CLOSED
    return OVER


@compiled
def _short(w: World, kind: int) -> int:
    """Which array might not hold what the next event adds."""
    p = w.p[0]
    s = w.s[0]
    rows = ROWS_AN_EVENT + s.most_owned
    people = 1
    events = EVENTS_AN_EVENT
    if kind == PLANNED:
        rows += 2 * p.biggest_step
        people += p.biggest_step
        events += 4 * p.biggest_step
    if len(w.rows) - s.rows_used < rows:
        return SHORT_OF_ROWS
    if len(w.buyers) - s.buyers_held < 1 or len(w.settled) - s.settled_used < 1:
        return SHORT_OF_BUYERS
    if len(w.items) - s.items_held < ITEMS_AN_EVENT:
        return SHORT_OF_ITEMS
    if len(w.events) - s.events_held < events:
        return SHORT_OF_EVENTS
    if len(w.people) - s.people_used < people:
        return SHORT_OF_PEOPLE
    return OVER


# --- the start --------------------------------------------------------------------------------


@compiled
def _open(w: World) -> None:
    """Hire those who are there at the start, put dates into the calendar, set the decisions."""
    p = w.p[0]
    for k in range(TEAMS):
        team = STAFF_FIRST[k]
        for _ in range(p.people[team]):
            hire(w, team, AT_START)
    for step in range(len(w.steps)):
        schedule(w, w.steps[step].day, PLANNED, step, 0, 0, 0.0)
    if p.rotate_every > 0.0:
        schedule(w, p.rotate_every, ROTATES, 0, 0, 0, 0.0)
    _renew(w, 0.0, p.usual_chance)


@compiled
def _load_next(w: World) -> bool:
    """Bring in the next of what the company has at the start; False if that was all."""
    p = w.p[0]
    s = w.s[0]
    n = s.loaded
    s.loaded += 1
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
        staff = p.people[4] + p.people[5] + p.people[0] + p.people[1]
        kept = kept_by(w, NOBODY, p.recording_before)
        field_sales.take_existing(w, place, staff, kept, u)
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
def _load_customer(w: World, number: int) -> None:
    p = w.p[0]
    u = draw(p.key, number, at.TENURE, 0)
    tenure = -p.tenure_mean * math.log1p(-u)
    place = enter(w, number, LOADED_SLOT + 2, p.customer_fit_mean, -tenure)
    buyer = w.buyers[place]
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
def _happen(w: World, e: int) -> None:
    """Let the next event happen."""
    s = w.s[0]
    event = w.events[e]
    kind = event.kind
    about = event.about
    ticket = event.ticket
    code = event.code
    x = event.x
    s.now = event.time
    take_first(w)
    if kind == DONE:
        _work_done(w, about)
    elif kind == WOKEN:
        if w.people[about].item_what == NOTHING:
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
    elif kind == RAMPS:
        ramps(w, about)
    elif kind == REPLACES:
        hire(w, about, REPLACEMENT)
    elif kind == PLANNED:
        planned(w, about)
    elif kind == ROTATES:
        rotates(w)
    elif kind == MONTH:
        _month(w)


@compiled
def _next_inquiry(w: World, slot: int) -> None:
    """Find out when the next buyer of a channel comes, the n-th always being the same one."""
    p = w.p[0]
    s = w.s[0]
    number = slot + SLOTS * s.sequence[slot]
    s.expected[slot] -= math.log1p(-draw(p.key, number, at.ARRIVAL, 0))
    arrives = time_of(s.expected[slot], w.upto[slot], w.daily[slot])
    if arrives < p.horizon:
        schedule(w, max(arrives - s.now, 0.0), ARRIVES, slot, 0, 0, 0.0)


@compiled
def _arrives(w: World, slot: int) -> None:
    """A buyer sends an inquiry."""
    s = w.s[0]
    number = slot + SLOTS * s.sequence[slot]
    s.sequence[slot] += 1
    place = enter(w, number, slot, w.p[0].fit_mean[slot], s.now)
    marketing.receive(w, place, SCREENING)
    _next_inquiry(w, slot)


@compiled
def _returns(w: World, place: int, route: int) -> None:
    """A parked buyer comes back."""
    buyer = w.buyers[place]
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
def _pick(w: World, desk: int, i: int) -> int:
    if desk == MARKETING:
        return marketing.pick(w)
    if desk == INSIDE_SALES:
        return inside_sales.pick(w, i)
    if desk == FIELD_SALES:
        return field_sales.pick(w, i)
    return customer_success.pick(w, i)


@compiled
def _go_on(w: World, i: int) -> None:
    """Take the next piece of work, wait for some, or leave."""
    person = w.people[i]
    if person.leave_cause != STAYS:
        left(w, i)
        return
    desk = person.desk
    j = _pick(w, desk, i)
    if j == NOBODY and helps(w, person):
        desk += 1
        j = _pick(w, desk, i)
    if j == NOBODY:
        fall_idle(w, i)
        return
    item = w.items[j]
    take(w, i, desk, item.buyer, item.number, item.what, item.queued, item.ticket)
    free(w, j)
    _begin(w, i)


@compiled
def _begin(w: World, i: int) -> None:
    """Begin the work in hand."""
    p = w.p[0]
    person = w.people[i]
    person.busy = True
    person.started = w.s[0].now
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
def _work_done(w: World, i: int) -> None:
    """Report the work, act on its result, go on."""
    person = w.people[i]
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


# --- months -----------------------------------------------------------------------------------


@compiled
def _month(w: World) -> None:
    """A month ends: pay for advertising, think about the rules."""
    p = w.p[0]
    s = w.s[0]
    _pay(w)
    score = s.score_sum / s.score_count if s.score_count > 0.0 else 0.0
    chance = s.chance_sum / s.chance_count if s.chance_count > 0.0 else p.usual_chance
    s.score_count = 0.0
    s.score_sum = 0.0
    s.chance_count = 0.0
    s.chance_sum = 0.0
    _renew(w, score, chance)
    schedule(w, DAYS_PER_MONTH, MONTH, 0, 0, 0, 0.0)


@compiled
def _pay(w: World) -> None:
    """Pay for advertising and tools since the last time."""
    p = w.p[0]
    s = w.s[0]
    months = (s.now - s.paid_until) / DAYS_PER_MONTH
    s.paid_until = s.now
    for slot in range(p.channels):
        amount = p.spend[slot] * months
        if amount > 0.0:
            put(w, SPENT, -1, -1, -1, MARKETING, ADVERTISING, amount, float(slot), NAN)
    price = p.tool_price * months
    for team in range(TEAMS):
        amount = price * s.head_count[team]
        if amount > 0.0:
            put(w, SPENT, -1, -1, -1, team, TOOLS, amount, NAN, NAN)


@compiled
def _renew(w: World, score_seen: float, chance_seen: float) -> None:
    """Set all decisions for the month that begins."""
    p = w.p[0]
    s = w.s[0]
    quarter = int(s.now // (3.0 * DAYS_PER_MONTH))
    mql_before = s.policy[MQL_CUTOFF]
    booking_before = s.policy[BOOKING_CUTOFF]
    for i in range(DECISIONS):
        value = p.stated[i]
        if p.decision_error > 0.0 and p.weight[i] > 0.0:
            u = draw(p.key, at.COMPANY, at.DECISION_ERROR, quarter * 16 + i)
            value += p.decision_error * p.weight[i] * p.range[i] * normal_quantile(u)
        s.policy[i] = between(value, p.low[i], p.high[i])
    pull = p.drift_strength * (1.0 - definitions_shared(w)) * p.drift
    if pull > 0.0:
        s.policy[MQL_CUTOFF] = drifted(s.policy[MQL_CUTOFF], score_seen, 0.0, pull)
        chance = drifted(s.policy[BOOKING_CUTOFF], chance_seen, p.usual_chance, pull)
        s.policy[BOOKING_CUTOFF] = between(chance, 0.0, 1.0)
    if s.policy[MQL_CUTOFF] != mql_before:
        put(w, THRESHOLD, -1, -1, -1, MARKETING, 0, s.policy[MQL_CUTOFF], mql_before, NAN)
    if s.policy[BOOKING_CUTOFF] != booking_before:
        put(w, THRESHOLD, -1, -1, -1, INSIDE_SALES, 0, s.policy[BOOKING_CUTOFF], booking_before,
            NAN)  # fmt: skip


# --- the end ----------------------------------------------------------------------------------


@compiled
def _closing_rows(w: World) -> int:
    s = w.s[0]
    return int(
        s.items_held + s.people_used + s.buyers_held + s.settled_used + ROWS_AN_EVENT
    )


@compiled
def _close(w: World) -> None:
    """Report what is unfinished, and where every buyer is."""
    s = w.s[0]
    _pay(w)
    for desk in range(DEPARTMENTS):
        here = _team_in_order(w, desk)
        if desk == MARKETING:
            _report_lines(w, desk, INQUIRIES, INQUIRIES + 2, False)
        elif desk == INSIDE_SALES:
            _report_lines(w, desk, RECYCLED - 1, RECYCLED + 1, False)
        elif desk == FIELD_SALES:
            _report_lines(w, desk, NEW, NEW + 1, True)
            for i in here:
                _report_lines(w, desk, PERSONAL + i, PERSONAL + i + 1, True)
        else:
            _report_lines(w, desk, CLAIMS, REVIEWS + 1, False)
        for i in here:
            person = w.people[i]
            if person.busy:
                put(w, UNFINISHED, person.item_number, person.item_buyer, person.number,
                    person.helping, person.item_what, person.item_queued, person.started, NAN)  # fmt: skip
    for k in range(s.settled_used):
        done = w.settled[k]
        put(w, STATUS, done.number, -1, -1, -1, done.status, 0.0, NAN, NAN)
    entered = np.empty(s.buyers_held, np.int64)
    places = np.empty(s.buyers_held, np.int64)
    k = 0
    for place in range(s.buyers_used):
        if w.buyers[place].held:
            entered[k] = w.buyers[place].entered
            places[k] = place
            k += 1
    for k in np.argsort(entered):
        buyer = w.buyers[places[k]]
        put(w, STATUS, buyer.number, places[k], -1, -1, buyer.status, buyer.mrr, NAN, NAN)


@compiled
def _report_lines(w: World, desk: int, start: int, stop: int, waiting_only: bool) -> None:
    """Report what waits in some queues (only what really waits: the rest has gone cold)."""
    for line in range(start, stop):
        j = w.lines[line].first
        while j != NOBODY:
            item = w.items[j]
            if not waiting_only or w.buyers[item.buyer].ticket == item.ticket:
                put(w, UNFINISHED, item.number, item.buyer, -1, desk, item.what, item.queued, NAN,
                    NAN)  # fmt: skip
            j = item.after


@compiled
def _team_in_order(w: World, desk: int) -> np.ndarray:
    """Return the people of a team in the order of joining it."""
    count = w.s[0].head_count[desk]
    joined = np.empty(count, np.int64)
    found = np.empty(count, np.int64)
    k = 0
    for i in range(w.s[0].people_used):
        person = w.people[i]
        if person.employed and person.team < DEPARTMENTS and person.desk == desk:
            joined[k] = person.joined
            found[k] = i
            k += 1
    return found[np.argsort(joined)]
