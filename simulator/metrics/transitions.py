"""Where buyers go: every move from one place to another, in number and in amount.

A buyer is always in one place, the one that its status at the horizon names. So of each place
what came in, whoever was there when counting began included, is what went on and what is still
there, buyer by buyer.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from simulator.metrics.periods import Floats, Periods
from simulator.metrics.revenue import deal_sizes
from simulator.metrics.rows import Book, Integers, Rows
from simulator.organization.journal import (
    LOADED_SLOT,
    SLOTS,
    Kind,
    Qualification,
    Reason,
    Screening,
    Status,
    Team,
    Work,
)


class Place(IntEnum):
    """Where a buyer can be, or come from.

    The first two are where buyers come from; the last two are no places of buyers but where
    amounts come from and go: a customer that grows or shrinks, a former customer that comes back
    at its deal size.
    """

    INQUIRIES = 0
    START = 1  # there when counting begins
    MARKETING = 2
    NURTURE = 3  # resting until marketing looks again
    INSIDE_SALES = 4
    FIELD_SALES = 5
    CUSTOMER_SUCCESS = 6  # customers; of one-off sales, those being served
    DELIVERED = 7  # one-off sales
    FORMER = 8  # churned; may be won back
    PARKED = 9  # lost or turned away; may come back
    GONE = 10  # will not come back
    EXPANSION = 11
    CONTRACTION = 12


STATUS_OF: dict[Place, Status] = {
    Place.MARKETING: Status.IN_MARKETING,
    Place.NURTURE: Status.NURTURED,
    Place.INSIDE_SALES: Status.IN_INSIDE_SALES,
    Place.FIELD_SALES: Status.IN_FIELD_SALES,
    Place.CUSTOMER_SUCCESS: Status.CUSTOMER,
    Place.DELIVERED: Status.DELIVERED,
    Place.FORMER: Status.FORMER_CUSTOMER,
    Place.PARKED: Status.PARKED,
    Place.GONE: Status.GONE,
}
"""Place -> status at the horizon of those still in it."""

PLACES = tuple(place.name.lower() for place in Place)
"""Names of the places, as in tables."""
_QUEUE_OF = {Team.MARKETING: Place.MARKETING, Team.INSIDE_SALES: Place.INSIDE_SALES}


@dataclass(frozen=True, slots=True)
class Moves:
    """Everything that changes where buyers are or what they are worth, sorted by buyer and time.

    Attributes
    ----------
    buyer : ndarray of int64
        Position in :attr:`Book.buyers`.
    time : ndarray of float64
    before, after : ndarray of int64
        Places; ``before`` of a buyer's first move is where it comes from.
    worth_before, worth : ndarray of float64
        Deal size, or as a customer (and after) its MRR. Before its first move a buyer is worth
        what it is worth there.
    """

    buyer: Integers
    time: Floats
    before: Integers
    after: Integers
    worth_before: Floats
    worth: Floats


def moves(book: Book) -> Moves:
    """Read from the rows where each buyer went and when."""
    rows = _relevant(book)
    first = np.diff(rows.buyer, prepend=-1) != 0
    slot = book.buyers[rows.buyer] % SLOTS
    after = _destination(book, rows, slot)
    source = np.where(slot < LOADED_SLOT, Place.INQUIRIES, Place.START)
    before = np.where(first, source, np.roll(after, 1))
    worth = _worth(book, rows)
    worth_before = np.where(first, worth, np.roll(worth, 1))
    return Moves(rows.buyer, _when(rows), before, after, worth_before, worth)


def transitions(book: Book, periods: Periods) -> dict[str, NDArray[np.generic]]:
    """Count moves between places by month.

    Counting begins after the warm-up; whoever is somewhere then comes from "start", in period 0.

    Parameters
    ----------
    book : Book
    periods : Periods
        Every month of the run, then the measured period.

    Returns
    -------
    dict of str to ndarray
        ``from_place``, ``to_place`` (names of :class:`Place`, in lower case), ``period`` (month,
        from 1), ``buyers``, ``amount`` (MRR, or price of a one-off sale: the deal size; of
        customers and of those who leave their MRR). Rows from "expansion" and to "contraction"
        have no buyers: they are changes of the amounts of buyers who are in that place.
    """
    every = moves(book)
    lower, ends = periods.lower[-1], periods.upper[:-1]
    early = every.time <= lower
    more_early = np.append((every.buyer[1:] == every.buyer[:-1]) & early[1:], False)[: len(early)]
    last = early & ~more_early
    late = ~early
    moved = late & (every.before != every.after)
    change = every.worth - every.worth_before
    grew, shrank = late & (change > 0.0), late & (change < 0.0)
    period = np.minimum(np.searchsorted(ends, every.time, side="left") + 1, max(len(ends), 1))
    before, after = every.before, every.after
    # Where there is one value for many, it is repeated by adding it to as many zeros.
    begun, more, less = (np.zeros(int(each.sum()), dtype=np.int64) for each in (last, grew, shrank))
    source = np.concatenate(
        (begun + Place.START, before[moved], more + Place.EXPANSION, before[shrank])
    )
    target = np.concatenate((after[last], after[moved], before[grew], less + Place.CONTRACTION))
    when = np.concatenate((begun, period[moved], period[grew], period[shrank]))
    amount = np.concatenate((every.worth[last], every.worth[moved], change[grew], -change[shrank]))
    counted = np.concatenate((begun + 1, np.ones(int(moved.sum()), dtype=np.int64), more, less))
    months, places = len(ends) + 1, len(Place)
    key = (source * places + target) * months + when
    size = places * places * months
    cells = np.flatnonzero(np.bincount(key, minlength=size))
    return {
        "from_place": _names(cells // months // places),
        "to_place": _names(cells // months % places),
        "period": cells % months,
        "buyers": np.bincount(key, counted, minlength=size)[cells].astype(np.int64),
        "amount": np.bincount(key, amount, minlength=size)[cells],
    }


def _relevant(book: Book) -> Rows:
    """Rows that say where a buyer goes or what it is worth now, by buyer."""

    def of(kind: Kind, *codes: int) -> Integers:
        every = book.where(kind)
        chosen = [every[book.rows(kind).code == code] for code in codes]
        return np.concatenate(chosen) if codes else every

    parked, left = book.rows(Kind.PARKED), Reason.LEFT_AS_CUSTOMER
    parts = [
        of(Kind.ARRIVED),
        of(Kind.CUSTOMER),
        # Rest ends without a row: the next look says since when it was waited for.
        of(Kind.VISIT, Work.NURTURING),
        of(Kind.UNFINISHED, Work.NURTURING),
        of(Kind.SCREENED, Screening.MQL, Screening.NURTURED),
        of(Kind.QUALIFIED, Qualification.BOOKED),
        of(Kind.WON),
        # Former customers stay what they are while they are a case for winning back.
        book.where(Kind.PARKED)[parked.code != left],
        of(Kind.RECYCLED),
        of(Kind.GONE),
        of(Kind.EXPANDED),
        of(Kind.CONTRACTED),
        of(Kind.CHURNED),
    ]
    if not book.facts.subscription:
        parts.append(of(Kind.ONBOARDED))
    return book.by_buyer(np.concatenate(parts))


def _when(rows: Rows) -> Floats:
    looks = (rows.kind == Kind.VISIT) | (rows.kind == Kind.UNFINISHED)
    return np.where(looks, rows.a, rows.time)


def _destination(book: Book, rows: Rows, slot: Integers) -> Integers:
    """Tell in which place each row leaves its buyer."""
    place_of = np.full(128, Place.CUSTOMER_SUCCESS, dtype=np.int64)
    place_of[Kind.VISIT] = place_of[Kind.UNFINISHED] = Place.MARKETING
    place_of[Kind.QUALIFIED] = Place.FIELD_SALES
    place_of[Kind.PARKED], place_of[Kind.GONE] = Place.PARKED, Place.GONE
    place_of[Kind.CHURNED], place_of[Kind.ONBOARDED] = Place.FORMER, Place.DELIVERED
    found = place_of[rows.kind]
    screened, back = rows.kind == Kind.SCREENED, rows.kind == Kind.RECYCLED
    mql = rows.code[screened] == Screening.MQL
    found[screened] = np.where(mql, Place.INSIDE_SALES, Place.NURTURE)
    of_team = np.full(max(Team) + 1, Place.INSIDE_SALES, dtype=np.int64)
    for team, place in _QUEUE_OF.items():
        of_team[team] = place
    found[back] = of_team[rows.team[back]]
    arrived = rows.kind == Kind.ARRIVED
    found[arrived] = _begins_in(book)[slot[arrived]]
    brought = arrived & (slot == LOADED_SLOT)
    # Parked earlier, and nobody will call again: gone without a row that says so.
    parked = book.among(book.rows(Kind.PARKED))[rows.buyer[brought]]
    found[brought] = np.where(parked, Place.PARKED, Place.GONE)
    return found


def _begins_in(book: Book) -> Integers:
    """Place in which a buyer of each slot begins."""
    found = np.full(SLOTS, Place.MARKETING, dtype=np.int64)
    found[LOADED_SLOT + 1] = Place.FIELD_SALES
    customer = Place.CUSTOMER_SUCCESS if book.facts.subscription else Place.DELIVERED
    found[LOADED_SLOT + 2] = customer
    return found


def _worth(book: Book, rows: Rows) -> Floats:
    """Tell what a buyer is worth after each row: what the last row said that speaks of it."""
    said = np.full(len(rows), np.nan)
    for kinds, value in (
        ((Kind.ARRIVED, Kind.EXPANDED, Kind.CONTRACTED), rows.b),
        ((Kind.CUSTOMER, Kind.WON, Kind.CHURNED), rows.a),
        ((Kind.RECYCLED,), deal_sizes(book)[rows.buyer]),
    ):
        for kind in kinds:
            those = rows.kind == kind
            said[those] = value[those]
    # Every buyer's first row speaks of it, so that nothing is taken from the buyer before.
    latest = np.maximum.accumulate(np.where(np.isnan(said), 0, np.arange(len(said))))
    return said[latest] if len(said) else said


def _names(places: NDArray[np.integer]) -> NDArray[np.generic]:
    names: NDArray[np.generic] = np.array(PLACES, dtype=object)[places]
    return names
