"""What departments do at the moment, renewed every month; and what the month cost."""

from __future__ import annotations

from simulator.compiled.calendar import schedule
from simulator.compiled.inside_sales import DESK as INSIDE_SALES
from simulator.compiled.inside_sales import definitions_shared
from simulator.compiled.jit import compiled
from simulator.compiled.layout import BOOKING_CUTOFF, DECISIONS, MONTH, MQL_CUTOFF, State
from simulator.compiled.marketing import DESK as MARKETING
from simulator.compiled.memory import parameters
from simulator.compiled.queues import NAN, put
from simulator.compiled.shared import between, draw, drifted, normal_quantile
from simulator.organization import addresses as at
from simulator.organization.journal import DAYS_PER_MONTH, Cost, Kind

THRESHOLD = int(Kind.THRESHOLD)
SPENT = int(Kind.SPENT)
ADVERTISING = int(Cost.ADVERTISING)
TOOLS = int(Cost.TOOLS)
TEAMS = 6


@compiled
def month(w: State) -> None:
    """A month ends: pay for advertising, think about the rules."""
    p = parameters(w)
    pay(w)
    score = w.score_sum / w.score_count if w.score_count > 0.0 else 0.0
    chance = w.chance_sum / w.chance_count if w.chance_count > 0.0 else p.usual_chance
    w.score_count = 0.0
    w.score_sum = 0.0
    w.chance_count = 0.0
    w.chance_sum = 0.0
    renew(w, score, chance)
    schedule(w, DAYS_PER_MONTH, MONTH, 0, 0, 0, 0.0)


@compiled
def pay(w: State) -> None:
    """Pay for advertising and tools since the last time."""
    p = parameters(w)
    months = (w.now - w.paid_until) / DAYS_PER_MONTH
    w.paid_until = w.now
    for slot in range(p.channels):
        amount = p.spend[slot] * months
        if amount > 0.0:
            put(w, SPENT, -1, -1, -1, MARKETING, ADVERTISING, amount, float(slot), NAN)
    price = p.tool_price * months
    for team in range(TEAMS):
        amount = price * w.head_count[team]
        if amount > 0.0:
            put(w, SPENT, -1, -1, -1, team, TOOLS, amount, NAN, NAN)


@compiled
def renew(w: State, score_seen: float, chance_seen: float) -> None:
    """Set all decisions for the month that begins."""
    p = parameters(w)
    quarter = int(w.now // (3.0 * DAYS_PER_MONTH))
    mql_before = w.policy[MQL_CUTOFF]
    booking_before = w.policy[BOOKING_CUTOFF]
    for i in range(DECISIONS):
        value = p.stated[i]
        if p.decision_error > 0.0 and p.weight[i] > 0.0:
            u = draw(p.key, at.COMPANY, at.DECISION_ERROR, quarter * 16 + i)
            value += p.decision_error * p.weight[i] * p.range[i] * normal_quantile(u)
        w.policy[i] = between(value, p.low[i], p.high[i])
    pull = p.drift_strength * (1.0 - definitions_shared(w)) * p.drift
    if pull > 0.0:
        w.policy[MQL_CUTOFF] = drifted(w.policy[MQL_CUTOFF], score_seen, 0.0, pull)
        chance = drifted(w.policy[BOOKING_CUTOFF], chance_seen, p.usual_chance, pull)
        w.policy[BOOKING_CUTOFF] = between(chance, 0.0, 1.0)
    if w.policy[MQL_CUTOFF] != mql_before:
        put(w, THRESHOLD, -1, -1, -1, MARKETING, 0, w.policy[MQL_CUTOFF], mql_before, NAN)
    if w.policy[BOOKING_CUTOFF] != booking_before:
        put(w, THRESHOLD, -1, -1, -1, INSIDE_SALES, 0, w.policy[BOOKING_CUTOFF], booking_before,
            NAN)  # fmt: skip
