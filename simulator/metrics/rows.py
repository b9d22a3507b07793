"""The journal opened by kind of row, and the stories that rows tell when read in sequence."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.metrics.periods import Floats
from simulator.organization.journal import (
    LOADED_SLOT,
    NONE,
    SLOTS,
    Facts,
    Journal,
    Kind,
    Qualification,
    Team,
)

Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Rows:
    """Some rows, column by column; ``buyer`` is the position in :attr:`Book.buyers`."""

    kind: NDArray[np.int8]
    time: Floats
    buyer: Integers
    person: NDArray[np.int32]
    team: NDArray[np.int8]
    code: NDArray[np.int32]
    a: Floats
    b: Floats
    c: Floats

    def __len__(self) -> int:
        return len(self.time)

    def __getitem__(self, chosen: Flags | Integers) -> Rows:
        return Rows(
            self.kind[chosen],
            self.time[chosen],
            self.buyer[chosen],
            self.person[chosen],
            self.team[chosen],
            self.code[chosen],
            self.a[chosen],
            self.b[chosen],
            self.c[chosen],
        )


class Book:
    """A journal sorted by kind of row once, so that every metric finds its rows at once.

    Attributes
    ----------
    facts : Facts
    buyers : ndarray of int64
        The buyer numbers that occur, rising.
    """

    def __init__(self, journal: Journal) -> None:
        self.facts: Facts = journal.facts
        self._journal = journal
        self.buyers, self._buyer = _positions(np.maximum(journal.buyer, NONE).astype(np.int64))
        self._order = np.argsort(journal.kind, kind="stable")
        self._bounds = np.searchsorted(journal.kind[self._order], np.arange(129))
        self._found: dict[tuple[Kind, ...], Rows] = {}

    def rows(self, *kinds: Kind) -> Rows:
        """All rows of the given kinds, in the order in which they were emitted."""
        if kinds not in self._found:  # several metrics ask for the same rows
            self._found[kinds] = self._select(kinds)
        return self._found[kinds]

    def where(self, kind: Kind) -> Integers:
        """Numbers of all rows of a kind, rising: with :meth:`by_buyer` some of several kinds."""
        return self._order[self._bounds[kind] : self._bounds[kind + 1]]

    def by_buyer(self, at: Integers) -> Rows:
        """Rows of these numbers, sorted by buyer, those of a buyer as they were emitted."""
        chosen = np.zeros(len(self._journal), dtype=np.bool_)
        chosen[at] = True
        at = np.flatnonzero(chosen)
        buyer = self._buyer[at]
        # NumPy sorts short numbers by their digits, several times as fast.
        short = len(self.buyers) <= np.iinfo(np.uint16).max
        keys = buyer.astype(np.uint16) if short else buyer
        return self._take(at[np.argsort(keys, kind="stable")])

    def _select(self, kinds: tuple[Kind, ...]) -> Rows:
        parts = [self.where(kind) for kind in kinds]
        return self._take(parts[0] if len(parts) == 1 else np.sort(np.concatenate(parts)))

    def _take(self, at: Integers) -> Rows:
        j = self._journal
        return Rows(
            j.kind[at],
            j.time[at],
            self._buyer[at],
            j.person[at],
            j.team[at],
            j.code[at],
            j.a[at],
            j.b[at],
            j.c[at],
        )

    def last_of(self, rows: Rows, values: Floats) -> Floats:
        """For every buyer the value in the last of the rows that concern it, else NaN."""
        found = np.full(len(self.buyers), np.nan)
        found[rows.buyer] = values  # later rows overwrite earlier ones
        return found

    def first_of(self, rows: Rows, values: Floats) -> Floats:
        """For every buyer the value in the first of the rows that concern it, else NaN."""
        found = np.full(len(self.buyers), np.nan)
        found[rows.buyer[::-1]] = values[::-1]
        return found

    def among(self, rows: Rows) -> Flags:
        """For every buyer whether one of the rows concerns it."""
        found = np.zeros(len(self.buyers), dtype=np.bool_)
        found[rows.buyer] = True
        return found


_ROOM_PER_ROW = 8


def _positions(buyer: Integers) -> tuple[Integers, Integers]:
    """Return the buyer numbers that occur, rising, and each row's position among them.

    ``NONE`` is no buyer, and its position is -1.
    """
    most = int(buyer.max(initial=NONE))
    if most > _ROOM_PER_ROW * len(buyer):  # few rows of late buyers: a table would be mostly empty
        numbers, position = np.unique(buyer, return_inverse=True)
        missing = int(numbers[0] == NONE)
        return numbers[missing:], position - missing
    # The last place of the table is that of NONE.
    occurs = np.zeros(most + 2, dtype=np.bool_)
    occurs[buyer] = True
    occurs[NONE] = False
    place = np.cumsum(occurs) - 1
    place[NONE] = NONE
    return np.flatnonzero(occurs), place[buyer]


def _stories(rows: Rows, opens: Flags) -> tuple[Rows, Integers, Integers]:
    """Sort rows by buyer and cut each buyer's rows before every row that opens a new story.

    Returns the sorted rows, the story number of each and the first row of each story.
    """
    order = np.argsort(rows.buyer, kind="stable")
    rows, opens = rows[order], opens[order]
    cut = opens | (np.diff(rows.buyer, prepend=NONE - 1) != 0)
    return rows, np.cumsum(cut) - 1, np.flatnonzero(cut)


def _when(rows: Rows, story: Integers, count: int, chosen: Flags, values: Floats) -> Floats:
    """Per story the value in the first chosen row, else NaN."""
    found = np.full(count, np.nan)
    found[story[chosen][::-1]] = values[chosen][::-1]
    return found


@dataclass(frozen=True, slots=True)
class Opportunities:
    """Every pass of a buyer through field sales.

    Attributes
    ----------
    buyer : ndarray of int64
    opened : ndarray of float64
        When inside sales booked it; of what the company starts with, the buyer's arrival.
    met : ndarray of float64
        First meeting; NaN if there was none, or none in this run.
    decided : ndarray of float64
        When it was won or lost; NaN while open.
    won : ndarray of bool
    """

    buyer: Integers
    opened: Floats
    met: Floats
    decided: Floats
    won: Flags


def opportunities(book: Book) -> Opportunities:
    """Read the passes through field sales from the rows."""
    rows = book.rows(Kind.ARRIVED, Kind.QUALIFIED, Kind.MET, Kind.WON, Kind.LOST)
    slot = book.buyers[rows.buyer] % SLOTS
    brought = (rows.kind == Kind.ARRIVED) & (slot == LOADED_SLOT + 1)
    booked = (rows.kind == Kind.QUALIFIED) & (rows.code == Qualification.BOOKED)
    won = rows.kind == Kind.WON
    decides = won | ((rows.kind == Kind.LOST) & (rows.team == Team.FIELD_SALES))
    kept = brought | booked | decides | (rows.kind == Kind.MET)
    rows, opens = rows[kept], (brought | booked)[kept]
    # A row after a decision opens a story even unannounced; an arrival and the booking that
    # explains it are one opening (both come before the run in a loaded company).
    order = np.argsort(rows.buyer, kind="stable")
    rows, opens, decides, brought = (
        rows[order],
        opens[order],
        decides[kept][order],
        brought[kept][order],
    )
    after_decision = np.concatenate(([False], decides[:-1]))[: len(rows)]
    after_arrival = np.concatenate(([False], brought[:-1]))[: len(rows)]
    rows, story, first = _stories(rows, (opens & ~after_arrival) | after_decision)
    count = len(first)
    decided = _when(rows, story, count, decides, rows.time)
    outcome = np.zeros(count, dtype=np.bool_)
    is_won = rows.kind == Kind.WON
    outcome[story[is_won]] = True
    met = _when(rows, story, count, rows.kind == Kind.MET, rows.time)
    # The row of a win knows its first meeting even if that was before the run.
    since = _when(rows, story, count, is_won, rows.time - rows.c)
    met = np.where(np.isnan(since), met, since)
    return Opportunities(rows.buyer[first], rows.time[first], met, decided, outcome)


@dataclass(frozen=True, slots=True)
class Contracts:
    """Every time a buyer became a customer.

    Attributes
    ----------
    buyer : ndarray of int64
    start : ndarray of float64
    won : ndarray of bool
        False: a customer that the company started with.
    onboarded, churned : ndarray of float64
        When; NaN if not yet.
    rows : Rows
        The rows that change its MRR, sorted by contract.
    contract : ndarray of int64
        Which contract each of these rows belongs to.
    """

    buyer: Integers
    start: Floats
    won: Flags
    onboarded: Floats
    churned: Floats
    rows: Rows
    contract: Integers


CHANGES = (Kind.CUSTOMER, Kind.WON, Kind.EXPANDED, Kind.CONTRACTED, Kind.CHURNED)
"""The kinds of rows that change recurring revenue."""


def contracts(book: Book) -> Contracts:
    """Read the customers' lives from the rows."""
    rows = book.rows(*CHANGES, Kind.ONBOARDED)
    rows, story, first = _stories(rows, np.isin(rows.kind, (Kind.CUSTOMER, Kind.WON)))
    count = len(first)
    onboarded = _when(rows, story, count, rows.kind == Kind.ONBOARDED, rows.time)
    churned = _when(rows, story, count, rows.kind == Kind.CHURNED, rows.time)
    changes = rows.kind != Kind.ONBOARDED
    return Contracts(
        rows.buyer[first],
        rows.time[first],
        rows.kind[first] == Kind.WON,
        onboarded,
        churned,
        rows[changes],
        story[changes],
    )


def mrr_change(rows: Rows) -> Floats:
    """Signed change of MRR that each row of :data:`CHANGES` reports."""
    leaving = np.isin(rows.kind, (Kind.CONTRACTED, Kind.CHURNED))
    return np.where(leaving, -rows.a, rows.a)


@dataclass(frozen=True, slots=True)
class Returns:
    """Every time a parked, lost or former buyer came back.

    Attributes
    ----------
    buyer : ndarray of int64
    time : ndarray of float64
    reason : ndarray of int64
        The reason on file.
    worked : ndarray of bool
        Somebody spent time on it.
    reached : ndarray of bool
        It became an opportunity again.
    won : ndarray of bool
    last : ndarray of bool
        The buyer's latest return.
    won_at, reached_at : ndarray of float64
        NaN if not.
    """

    buyer: Integers
    time: Floats
    reason: Integers
    worked: Flags
    reached: Flags
    won: Flags
    last: Flags
    reached_at: Floats
    won_at: Floats


def returns(book: Book) -> Returns:
    """Read what became of recycled buyers."""
    rows = book.rows(Kind.RECYCLED, Kind.VISIT, Kind.QUALIFIED, Kind.WON)
    came_back = np.zeros(len(book.buyers), dtype=np.bool_)
    came_back[rows.buyer[rows.kind == Kind.RECYCLED]] = True
    rows = rows[came_back[rows.buyer]]
    rows, story, first = _stories(rows, rows.kind == Kind.RECYCLED)
    count = len(first)
    booked = (rows.kind == Kind.QUALIFIED) & (rows.code == Qualification.BOOKED) & (rows.c == 1.0)
    worked = np.zeros(count, dtype=np.bool_)
    worked[story[(rows.kind == Kind.VISIT) | booked]] = True
    reached_at = _when(rows, story, count, booked, rows.time)
    won_at = _when(rows, story, count, rows.kind == Kind.WON, rows.time)
    opening = rows[first]
    last = np.diff(opening.buyer, append=NONE - 1) != 0
    real = opening.kind == Kind.RECYCLED  # a buyer's rows before its first return are no story
    return Returns(
        opening.buyer[real],
        opening.time[real],
        opening.code[real].astype(np.int64),
        worked[real],
        ~np.isnan(reached_at[real]),
        ~np.isnan(won_at[real]),
        last[real],
        reached_at[real],
        won_at[real],
    )


def last_before(
    owner: Integers, start: Floats, whose: NDArray[np.integer], time: Floats
) -> Integers:
    """Position of what each owner had begun last at each time; -1 if nothing.

    Parameters
    ----------
    owner, start : ndarray
        Whose each is and when it began; sorted by owner, then by start.
    whose, time : ndarray
        For whom, and at what time, something is looked for. What begins then has begun.
    """
    if not len(owner):
        return np.full(len(whose), -1, dtype=np.int64)
    origin = float(min(start.min(), time.min(initial=0.0)))
    width = float(max(start.max(), time.max(initial=0.0))) - origin + 1.0
    keys = owner * width + (start - origin)
    at = np.searchsorted(keys, whose * width + (time - origin), side="right") - 1
    return np.where((at >= 0) & (owner[at] == whose), at, -1).astype(np.int64)


@dataclass(frozen=True, slots=True)
class Spells:
    """Every time a person belonged to a team, sorted by person and start.

    Attributes
    ----------
    person, team : ndarray of int64
    start, end : ndarray of float64
        ``end`` is infinite for those still there.
    pay_per_month : ndarray of float64
    """

    person: Integers
    team: Integers
    start: Floats
    end: Floats
    pay_per_month: Floats

    def at(self, person: NDArray[np.int32], time: Floats) -> Integers:
        """Position of the spell in which each person is at each time; -1 if in none."""
        at = last_before(self.person, self.start, person, time)
        if not len(self.person):
            return at
        return np.where((at >= 0) & (time <= self.end[at]), at, -1)


def spells(book: Book) -> Spells:
    """Read from HIRED and LEFT who was in which team when."""
    rows = book.rows(Kind.HIRED, Kind.LEFT)
    order = np.argsort(rows.person, kind="stable")
    rows = rows[order]
    follows = np.append(rows.person[1:] == rows.person[:-1], False)[: len(rows)]
    until = np.where(follows, np.append(rows.time[1:], np.inf)[: len(rows)], np.inf)
    hired = rows.kind == Kind.HIRED
    return Spells(
        rows.person[hired].astype(np.int64),
        rows.team[hired].astype(np.int64),
        rows.time[hired],
        until[hired],
        rows.a[hired],
    )
