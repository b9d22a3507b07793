"""What files would show of a simulated run: the same form that the importer makes of real files.

Only what a CRM knows is in here: no fit, no obstacle that nobody wrote down, no true reason.
"""

from __future__ import annotations

from datetime import date

import numpy as np

from simulator.calibration.records import (
    NONE,
    Act,
    Activities,
    Contracts,
    Integers,
    Leads,
    LossReason,
    Moves,
    Opportunities,
    Outcome,
    Records,
)
from simulator.calibration.working_time import WorkingTime, weekday_of
from simulator.metrics.rows import Book, contracts, opportunities
from simulator.organization.journal import LOADED_SLOT, SLOTS, Journal, Kind, Reason, Team

_STARTS = date(2024, 4, 1)
# What a CRM calls the reasons for which the model has finer words.
_CALLED = {
    Reason.BOUGHT_ELSEWHERE: LossReason.WITH_COMPETITOR,
    Reason.TURNED_AWAY: LossReason.BAD_FIT,
}
_AS_FILED = np.array(
    [
        int(LossReason.__members__.get(each.name, _CALLED.get(each, LossReason.NO_DECISION)))
        for each in Reason
    ]
)


def records_of(journal: Journal, starts: date = _STARTS) -> Records:
    """Read a run as its CRM would show it.

    Parameters
    ----------
    journal : Journal
        A finished run.
    starts : datetime.date
        Calendar day on which the run begins.

    Returns
    -------
    Records
        Leads are the inquiries of the run; what a loaded company started with has no lead. People
        are not told apart.
    """
    book = Book(journal)
    facts = journal.facts
    time = WorkingTime(starts)
    slot = book.buyers % SLOTS
    is_lead = slot < LOADED_SLOT
    arrived = book.rows(Kind.ARRIVED)
    came = book.first_of(arrived, arrived.time)
    number = np.where(is_lead, np.cumsum(is_lead) - 1, NONE)

    deals = _opportunities(book, number, slot)
    wins = book.rows(Kind.WON)
    first_win = book.first_of(wins, wins.time)[is_lead]
    booked = np.full(int(is_lead.sum()), np.nan)
    mine = deals.lead >= 0
    np.fmin.at(booked, deals.lead[mine], deals.opened[mine])
    created = came[is_lead]
    count = len(created)
    nobody = np.full(count, NONE, dtype=np.int64)
    leads = Leads(created, slot[is_lead], nobody, booked, first_win, np.full(count, np.nan))

    signed = contracts(book)
    first = np.searchsorted(signed.contract, np.arange(len(signed.start)))
    # Who was a customer before the run has been one for as long as its row says.
    tenure = np.where(signed.won, 0.0, signed.rows.b[first])
    calendar = time.stamps(created)
    months = calendar.astype("datetime64[M]").astype(np.int64) % 12 + 1
    return Records(
        time=time,
        until=facts.horizon_days,
        leads_until=facts.horizon_days,
        channels=tuple(name for name in facts.channels[:LOADED_SLOT] if name),
        stages=(),
        inside_sales=0,
        field_sales=0,
        leads=leads,
        opportunities=deals,
        moves=Moves(np.empty(0, np.int64), np.empty(0), np.empty(0, np.int64)),
        activities=_activities(book, number),
        contracts=Contracts(signed.start - tenure, signed.churned, signed.rows.a[first]),
        leads_weekday=weekday_of(calendar),
        leads_month=months,
        dated_only=False,
        currency=facts.currency,
        amounts="monthly" if facts.subscription else "total",
    )


def _opportunities(book: Book, number: Integers, slot: Integers) -> Opportunities:
    """Every pass through field sales."""
    found = opportunities(book)
    count = len(found.buyer)
    decided = ~np.isnan(found.decided)
    outcome = np.where(decided, np.where(found.won, Outcome.WON, Outcome.LOST), Outcome.OPEN)
    ends = book.rows(Kind.WON, Kind.LOST)
    ends = ends[(ends.kind == Kind.WON) | (ends.team == Team.FIELD_SALES)]
    is_loss = ends.kind == Kind.LOST
    # A recorded reason is in `a` of a loss, the contract's value in `a` of a win.
    recorded = np.where(is_loss, np.nan_to_num(ends.a), Reason.NO_DECISION).astype(np.int64)
    named = _AS_FILED[recorded]
    # Passes and ends of a buyer are both in order of time, and each decided pass has one end.
    by_end = np.argsort(ends.buyer, kind="stable")
    at = np.flatnonzero(decided)
    by_pass = at[np.argsort(found.buyer[at], kind="stable")]
    reason = np.full(count, NONE, dtype=np.int64)
    amount = np.full(count, np.nan)
    reason[by_pass] = np.where(is_loss, named, NONE)[by_end]
    amount[by_pass] = np.where(is_loss, ends.b, ends.a)[by_end]
    lead = number[found.buyer]
    return Opportunities(
        lead=lead,
        channel=np.where(lead >= 0, slot[found.buyer], NONE),
        owner=np.full(count, NONE, dtype=np.int64),
        opened=found.opened,
        closed=found.decided,
        outcome=outcome.astype(np.int64),
        amount=amount,
        reason=reason,
        stage=np.full(count, NONE, dtype=np.int64),
        reopened=np.zeros(count, dtype=np.bool_),
    )


def _activities(book: Book, number: Integers) -> Activities:
    """Calls and meetings."""
    rows = book.rows(Kind.ATTEMPTED, Kind.MET)
    called = rows.kind == Kind.ATTEMPTED
    return Activities(
        time=rows.time,
        act=np.where(called, Act.CALL, Act.MEETING).astype(np.int64),
        lead=number[rows.buyer],
        opportunity=np.full(len(rows), NONE, dtype=np.int64),
        reached=np.where(called, rows.code, NONE).astype(np.int64),
    )
