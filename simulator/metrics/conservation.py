"""What must hold in every run whatever the scenario: checked on the rows alone."""

from __future__ import annotations

import numpy as np

from simulator.metrics.flow import waits
from simulator.metrics.periods import Floats, Periods
from simulator.metrics.revenue import bridge
from simulator.metrics.rows import CHANGES, Book, contracts, mrr_change, opportunities, spells
from simulator.organization.journal import (
    DEPARTMENTS,
    LOADED_SLOT,
    NONE,
    SLOTS,
    Journal,
    Kind,
    Status,
    Team,
    Work,
)

_TOLERANCE = 1e-9


def identities(journal: Journal) -> list[str]:
    """Name every conservation law that the rows violate (none: an empty list).

    Parameters
    ----------
    journal : Journal
        A finished run.

    Returns
    -------
    list of str
        One sentence per violated identity, with the number of cases.
    """
    book = Book(journal)
    found = [
        *_clock(journal, book),
        *_buyers(book),
        *_recurring_revenue(book),
        *_persons(book),
        *_selling(book),
        *_littles_law(book),
    ]
    return [f"{what} ({cases} cases)" if cases > 1 else what for what, cases in found if cases]


def _clock(journal: Journal, book: Book) -> list[tuple[str, int]]:
    horizon = journal.facts.horizon_days
    visit, gave_up = book.rows(Kind.VISIT), book.rows(Kind.ABANDONED)
    open_ = book.rows(Kind.UNFINISHED)
    waiting = np.isnan(open_.b)
    began = np.where(waiting, open_.a, open_.b)
    return [
        ("times decrease", _count(np.diff(journal.time) < 0.0)),
        ("a row is later than the horizon", _count(journal.time > horizon + _TOLERANCE)),
        (
            "a visit is not ordered: queued, started, ended",
            _count(~((visit.a <= visit.b) & (visit.b <= visit.time))),
        ),
        ("a buyer gave up before it queued", _count(~(gave_up.a <= gave_up.time))),
        (
            "an unfinished visit is not ordered: queued, started, horizon",
            _count(~((open_.a <= began) & (began <= horizon))),
        ),
        (
            "an unfinished visit has a person without a start or a start without a person",
            _count((open_.person == NONE) != waiting),
        ),
    ]


def _buyers(book: Book) -> list[tuple[str, int]]:
    status = book.rows(Kind.STATUS)
    entered = book.among(book.rows(Kind.ARRIVED, Kind.CUSTOMER))
    stated = np.bincount(status.buyer, minlength=len(book.buyers))
    where = book.last_of(status, status.code.astype(np.float64))
    flagged = [
        ("a buyer that entered has no status", _count(entered & (stated == 0))),
        ("a buyer has several statuses", _count(stated > 1)),
        ("a buyer has rows but never entered", _count(~entered)),
        (
            "buyers in are not buyers out by status",
            int(int(entered.sum()) != len(status)),
        ),
    ]
    gone = book.rows(Kind.GONE)
    left = book.among(gone)
    flagged.append(
        ("a buyer's status is not gone though it went", _count(left & (where != Status.GONE)))
    )
    pipeline = opportunities(book)
    open_ = np.zeros(len(book.buyers), dtype=np.bool_)
    open_[pipeline.buyer[np.isnan(pipeline.decided)]] = True
    flagged.append(
        (
            "open opportunities are not the buyers whose status is in_field_sales",
            _count(open_ != (where == Status.IN_FIELD_SALES)),
        )
    )
    if book.facts.subscription:
        life = contracts(book)
        current = np.zeros(len(book.buyers), dtype=np.bool_)
        current[life.buyer[np.isnan(life.churned)]] = True
        flagged.append(
            (
                "customers by their rows are not the buyers whose status is customer",
                _count(current != (where == Status.CUSTOMER)),
            )
        )
        again = (life.buyer[1:] == life.buyer[:-1]) & np.isnan(life.churned[:-1])
        flagged.append(("a customer is won again without having left", _count(again)))
    return flagged


def _recurring_revenue(book: Book) -> list[tuple[str, int]]:
    rows, status = book.rows(*CHANGES), book.rows(Kind.STATUS)
    flagged = [("an amount is not whole", _count(rows.a != np.rint(rows.a)))]
    if not book.facts.subscription:
        return flagged
    facts = book.facts
    parts = bridge(book, Periods(np.array([-np.inf]), np.array([facts.horizon_days])))
    brought = rows.a[rows.kind == Kind.CUSTOMER].sum()
    moved = (
        brought
        + parts["mrr_new"][0]
        + parts["mrr_reactivated"][0]
        + parts["mrr_expansion"][0]
        - parts["mrr_contraction"][0]
        - parts["mrr_churned"][0]
    )
    customers = status.code == Status.CUSTOMER
    stated = status.a[customers].sum()
    flagged += [
        ("the MRR bridge does not add up", int(moved != parts["mrr_end"][0])),
        ("MRR at the end is not the MRR of the customers", int(moved != stated)),
    ]
    # Buyer by buyer: what each row says the MRR is must be what the rows before it made.
    life = contracts(book)
    rows, change = life.rows, mrr_change(life.rows)
    level = np.cumsum(change)
    first = np.flatnonzero(np.diff(life.contract, prepend=-1) != 0)
    opening = np.concatenate(([0.0], level))[first]
    level -= np.repeat(opening, np.diff(np.append(first, len(level))))
    after = np.isin(rows.kind, (Kind.EXPANDED, Kind.CONTRACTED))
    last = np.append(first[1:], len(level))[: len(first)] - 1
    now = np.zeros(len(book.buyers))
    # A customer that was onboarded but never won has no change; other laws notice that.
    now[life.buyer[life.contract[first]]] = level[last]
    said = np.zeros(len(book.buyers))
    said[status.buyer[customers]] = status.a[customers]
    flagged += [
        ("an MRR after a change is not what the changes make", _count((rows.b != level) & after)),
        (
            "a customer left with another MRR than it had",
            _count((level != 0.0) & (rows.kind == Kind.CHURNED)),
        ),
        ("a customer's MRR is not what its changes make", _count(now != said)),
    ]
    return flagged


def _persons(book: Book) -> list[tuple[str, int]]:
    visit = book.rows(Kind.VISIT)
    order = np.lexsort((visit.b, visit.person))
    person, start, end = visit.person[order], visit.b[order], visit.time[order]
    twice = (person[1:] == person[:-1]) & (start[1:] < end[:-1] - _TOLERANCE)
    at = spells(book).at(visit.person, visit.b)
    return [
        ("a person is at two visits at once", _count(twice)),
        ("a visit is by nobody employed then", _count(at < 0)),
    ]


def _selling(book: Book) -> list[tuple[str, int]]:
    """Until it buys, a buyer is in one department's hands at a time, and only after it came.

    (Customers may wait for an answer and for onboarding at once.)
    """
    rows = book.rows(Kind.VISIT, Kind.ABANDONED)
    rows = rows[rows.code <= Work.MEETING]
    order = np.lexsort((rows.time, rows.a, rows.buyer))
    buyer, queued, done = rows.buyer[order], rows.a[order], rows.time[order]
    twice = (buyer[1:] == buyer[:-1]) & (queued[1:] < done[:-1] - _TOLERANCE)
    arrived = book.rows(Kind.ARRIVED)
    arrived = arrived[book.buyers[arrived.buyer] % SLOTS < LOADED_SLOT]
    came = book.first_of(arrived, arrived.time)
    early = rows.a < came[rows.buyer] - _TOLERANCE  # NaN (brought along) is never early
    return [
        ("a buyer is in two places at once before it buys", _count(twice)),
        ("a buyer queued before it arrived", _count(early)),
    ]


def _littles_law(book: Book) -> list[tuple[str, int]]:
    """Compare the area under the queue's step function with the sum of its waits.

    A third way, the running integral behind the metric ``queue``, must agree with both.
    """
    every = waits(book)
    whole_run = Periods(
        np.array([every.start.min(initial=0.0)]), np.array([book.facts.horizon_days])
    )
    flagged = []
    for team in DEPARTMENTS:
        here = every.team == team
        start, end = every.start[here], every.end[here]
        area, lowest = _step_area(start, end)
        total = float(np.sum(end - start))
        measured = float(whole_run.presence(start, end)[0])
        name = Team(team).name.lower()
        flagged += [
            (
                f"Little's law fails at {name}: queue integral is not the sum of waits",
                int(not np.allclose((area, measured), total, rtol=1e-9, atol=1e-6)),
            ),
            (f"the queue of {name} is negative", int(lowest < 0)),
        ]
    return flagged


def _step_area(start: Floats, end: Floats) -> tuple[float, int]:
    """Area under, and lowest value of, the number of intervals that are open."""
    if not len(start):
        return 0.0, 0
    time = np.concatenate((start, end))
    step = np.concatenate((np.ones(len(start)), -np.ones(len(end))))
    order = np.lexsort((-step, time))  # at one instant, in before out
    length = np.cumsum(step[order])
    return float(np.sum(length[:-1] * np.diff(time[order]))), int(length.min())


def _count(violations: np.ndarray) -> int:
    return int(np.count_nonzero(violations))
