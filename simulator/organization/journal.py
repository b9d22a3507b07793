"""The rows that a run emits: its only output.

Every number, story and picture of the product is made from these rows. A row has the same
nine columns whatever it reports; :class:`Kind` says what each column means for which kind of
row. Rows are appended in the order in which things happen, so their times never decrease.

Times are business days since the start of the run (negative: before it, for what a loaded
company brings along); money is whole units of the scenario's currency.
"""

from __future__ import annotations

import math
import struct
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

NONE = -1
"""Stands in ``buyer``, ``person`` or ``team`` of a row that concerns none."""

NAN = math.nan
"""Stands in ``a``, ``b`` or ``c`` of a row that has nothing to say there."""

DAYS_PER_MONTH = 20.0
MONTHS_PER_YEAR = 12


class Team(IntEnum):
    """The four departments, then staff that serves all of them."""

    MARKETING = 0
    INSIDE_SALES = 1
    FIELD_SALES = 2
    CUSTOMER_SUCCESS = 3
    REVOPS = 4
    ENABLEMENT = 5


DEPARTMENTS = (Team.MARKETING, Team.INSIDE_SALES, Team.FIELD_SALES, Team.CUSTOMER_SUCCESS)


class Work(IntEnum):
    """What a person of a team can be busy with."""

    SCREENING = 0  # marketing: a new inquiry
    NURTURING = 1  # marketing: another look at an inquiry that was not ready
    CALLING = 2  # inside sales: attempt to reach a new MQL, and the talk if reached
    RECONTACTING = 3  # inside sales: the same for a recycled buyer
    MEETING = 4  # field sales: a meeting of an opportunity
    ONBOARDING = 5  # customer success
    CLAIM = 6  # customer success: answering a claim
    REVIEW = 7  # customer success: a proactive review, where expansion is found


class Kind(IntEnum):
    """What a row reports; the comment lists the columns it fills beyond ``time``.

    Columns that a kind does not name hold -1 (buyer, person, team), 0 (code) or NaN (a, b, c).
    """

    # --- buyers, in the order of their way -------------------------------------------------
    ARRIVED = 1  # buyer; code: channel slot; a: fit; b: deal size (MRR, or price if one-off)
    OBSTACLE = 2  # buyer; code: Obstacle; a: clears at; b: buying window closes at  (the truth)
    VISIT = 3  # buyer, person, team; code: Work; time: end; a: queued at; b: started at;
    #            c: customer-facing hours in it
    ABANDONED = 4  # buyer, team; code: Work; a: queued at  (left the queue unserved)
    SCREENED = 5  # buyer, person, team; code: Screening; a: score; b: cutoff in force
    ATTEMPTED = 6  # buyer, person, team; code: 1 reached, 0 not; a: chance; b: attempt number
    NOT_PURSUED = 7  # buyer, team; code: channel slot; a: believed yield; b: lowest pursued
    QUALIFIED = 8  # buyer, person, team; code: Qualification; a: estimated chance of winning;
    #                b: cutoff in force; c: 1 if the buyer was recycled to get here
    MET = 9  # buyer, person, team; code: Meeting; a: estimated chance; b: meeting number;
    #          c: effort put in (1 = full)
    WON = 10  # buyer, person, team; code: Origin; a: MRR (or price); b: promise made;
    #           c: days since first meeting
    LOST = 11  # buyer, person, team (where); code: true Reason; a: recorded Reason; b: deal size
    HANDED_OVER = 12  # buyer, team: receiving; a: share of information kept; b: share recorded
    RE_EXPLAINED = 13  # buyer, team: the one that asked again; a: share that was missing
    TRUST = 14  # buyer; code: TrustCause; a: new; b: old
    PARKED = 15  # buyer, team: who would bring it back; code: recorded Reason;
    #              a: planned return time (inf: nobody plans it); b: true Reason
    RECYCLED = 16  # buyer, team: whose queue it joins; code: Reason on file; a: how many times now
    GONE = 17  # buyer, team (where); code: Reason; terminal
    # --- customers --------------------------------------------------------------------------
    CUSTOMER = 18  # buyer: a customer that the company starts with; a: MRR; b: tenure in days
    ONBOARDED = 19  # buyer, person, team; a: days since contract; b: information kept
    CLAIMED = 20  # buyer; code: ClaimCause; a: expectation gap now
    ANSWERED = 21  # buyer, person, team; code: 1 late, 0 in time; a: days waited
    REVIEWED = 22  # buyer, person, team; a: days since last contact; b: health points
    EXPANDED = 23  # buyer; a: MRR added; b: MRR after
    CONTRACTED = 24  # buyer; a: MRR removed; b: MRR after
    CHURNED = 25  # buyer; code: ChurnCause; a: MRR lost; b: tenure in days
    HEALTH = 26  # buyer; a: health points; b: MRR; c: tenure in days  (once a month each)
    # --- people and money ---------------------------------------------------------------------
    HIRED = 27  # person, team; code: HireCause; a: cost per month, all in; b: skill; c: share of
    #             the day that can go to buyers
    RAMPED = 28  # person, team: full speed from now on
    LEFT = 29  # person, team; code: LeaveCause
    SPENT = 30  # team; code: Cost; a: amount for the month that ends now; b: channel slot
    THRESHOLD = 31  # team; a: cutoff now in force; b: before
    # --- at the horizon: what is unfinished -----------------------------------------------------
    UNFINISHED = 32  # buyer, person (NONE if still waiting), team; code: Work; a: queued at;
    #                  b: started at (NaN if still waiting)
    STATUS = 33  # buyer; code: Status; a: MRR; one row for every buyer that ever entered


class Obstacle(IntEnum):
    """What keeps a buyer from buying now."""

    NONE = 0
    NO_BUDGET = 1
    WRONG_TIMING = 2
    WITH_COMPETITOR = 3


class Reason(IntEnum):
    """Why a pass of a buyer through the organization ended without a contract."""

    UNKNOWN = 0  # only as a recorded reason: nobody wrote it down
    NO_BUDGET = 1
    WRONG_TIMING = 2
    WITH_COMPETITOR = 3
    BAD_FIT = 4
    NO_DECISION = 5
    UNREACHED = 6  # inside sales never got hold of it
    NOT_PURSUED = 7  # inside sales did not try: its source has a bad name
    TURNED_AWAY = 8  # below somebody's cutoff
    WENT_COLD = 9  # waited in silence longer than its patience
    BOUGHT_ELSEWHERE = 10  # its buying window closed
    CONTACT_LOST = 11  # the contact data were out of date
    LEFT_AS_CUSTOMER = 12  # churned before; now a win-back case


class Screening(IntEnum):
    """What marketing did with an inquiry."""

    MQL = 0
    NURTURED = 1
    DROPPED = 2


class Qualification(IntEnum):
    """What came out of a discovery talk."""

    BOOKED = 0
    TURNED_AWAY = 1
    DECLINED = 2  # the buyer did not want a meeting
    PARKED = 3  # an obstacle was found: not now


class Meeting(IntEnum):
    """What came out of a field-sales meeting."""

    CONTINUES = 0
    ASKED_AGAIN = 1  # spent on what inside sales had been told already
    WALKED_AWAY = 2
    DECIDED = 3


class Origin(IntEnum):
    """How a contract came about."""

    FIRST_PASS = 0
    RECYCLED = 1
    WON_BACK = 2


class TrustCause(IntEnum):
    """What a buyer lost trust over."""

    RE_EXPLAINED = 0
    BROKEN_PROMISE = 1
    LATE_ANSWER = 2
    AI_ERROR = 3


class ClaimCause(IntEnum):
    """What a claim is about."""

    USE = 0
    BROKEN_PROMISE = 1
    LOST_INFORMATION = 2


class ChurnCause(IntEnum):
    """The largest single part of the churn hazard at the moment of leaving."""

    BASE = 0
    BAD_FIT = 1
    EXPECTATION_GAP = 2
    LATE_ONBOARDING = 3
    NEGLECT = 4
    LOST_TRUST = 5


class HireCause(IntEnum):
    """Why somebody joins a team."""

    AT_START = 0
    PLAN = 1
    REPLACEMENT = 2
    ROTATION = 3
    RETURN = 4  # from a long leave


class LeaveCause(IntEnum):
    """Why somebody leaves a team."""

    QUIT = 0
    PLAN = 1
    ROTATION = 2
    LEAVE = 3  # for a long time; a RETURN follows, or the person quits meanwhile without a row


class Cost(IntEnum):
    """What a SPENT row pays for (pay follows from HIRED and LEFT)."""

    ADVERTISING = 0
    TOOLS = 1


class Status(IntEnum):
    """Where a buyer is at the horizon."""

    IN_MARKETING = 0  # waiting for or in screening
    NURTURED = 1  # resting until marketing looks again
    IN_INSIDE_SALES = 2  # queued, called, or between two attempts
    IN_FIELD_SALES = 3  # an open opportunity
    PARKED = 4  # lost or turned away, in the recycling pool
    CUSTOMER = 5
    FORMER_CUSTOMER = 6  # churned; may be won back
    DELIVERED = 7  # one-off sale, served
    GONE = 8  # will not come back


COLUMNS = ("time", "kind", "buyer", "person", "team", "code", "a", "b", "c")
_DTYPES = (np.float64, np.int8, np.int64, np.int32, np.int8, np.int32) + (np.float64,) * 3


PLACED_ROW = np.dtype(
    [
        ("time", np.float64), ("a", np.float64), ("b", np.float64), ("c", np.float64),
        ("buyer", np.int64), ("person", np.int32), ("code", np.int32), ("place", np.int32),
        ("kind", np.int8), ("team", np.int8),
    ],
    align=True,
)  # fmt: skip
"""A row on its way from the compiled engine: the nine columns, and ``place``, the number of the
record in which the engine holds the buyer (-1: none). A place is used again once its buyer can do
nothing more, so whoever reads rows as they come needs memory for living buyers only."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a reader of the rows must know besides them; copied from the scenario.

    Attributes
    ----------
    scenario : str
        Name of the scenario.
    seed, replication : int
        Which luck.
    horizon_days : float
        Length of the run in business days.
    warm_up_days : float
        Rows before this time are left out of rates (never out of stocks).
    currency : str
        Of every amount.
    subscription : bool
        False: one-off sales; amounts of WON are prices, there is no MRR.
    gross_margin : float
        Share of revenue.
    quota_per_month : float
        Bookings (MRR, or price) that one field-sales person is to bring per month.
    claim_due_days, onboarding_due_days : float
        After this an answer, or an onboarding, counts as late.
    channels : tuple of str
        Name of each channel slot; slots from ``LOADED_SLOT`` on are what the company starts with.
    """

    scenario: str
    seed: int
    replication: int
    horizon_days: float
    warm_up_days: float
    currency: str
    subscription: bool
    gross_margin: float
    quota_per_month: float
    claim_due_days: float
    onboarding_due_days: float
    channels: tuple[str, ...]


SLOTS = 16
"""Buyer number = 16 x (sequence number in its channel) + channel slot."""
LOADED_SLOT = 13
"""First of three slots for what a loaded company starts with: leads parked earlier (13),
open opportunities (14), customers (15)."""


@dataclass(frozen=True, slots=True)
class Journal:
    """The finished rows of one run, column by column.

    Attributes
    ----------
    facts : Facts
    time : ndarray of float64
    kind, team : ndarray of int8
    buyer : ndarray of int64
    person, code : ndarray of int32
    a, b, c : ndarray of float64
    """

    facts: Facts
    time: NDArray[np.float64]
    kind: NDArray[np.int8]
    buyer: NDArray[np.int64]
    person: NDArray[np.int32]
    team: NDArray[np.int8]
    code: NDArray[np.int32]
    a: NDArray[np.float64]
    b: NDArray[np.float64]
    c: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.time)

    def where(self, *kinds: Kind) -> NDArray[np.intp]:
        """Row numbers of the given kinds, in order."""
        return np.flatnonzero(np.isin(self.kind, kinds))

    def of_buyer(self, buyer: int) -> Iterator[int]:
        """Row numbers that concern one buyer, in order."""
        return iter(np.flatnonzero(self.buyer == buyer).tolist())

    def to_bytes(self) -> bytes:
        """All columns as one string of bytes: equal journals, equal bytes."""
        return b"".join(getattr(self, name).tobytes() for name in COLUMNS)


Row = tuple[float, int, int, int, int, int, float, float, float]
"""The nine columns of a row, as :data:`COLUMNS` names them."""


class JournalWriter:
    """Collects rows while a run goes on, in one flat array: no Python object per row kept.

    ``put`` takes a row with all its nine columns, ``emit`` fills in what is left out; what
    happens most uses ``put``, because a call of ``emit`` costs about as much as the row.
    """

    __slots__ = ("_latest", "_rows", "emit", "put")

    def __init__(self) -> None:
        self._rows = array("d")
        # Packed together, rows get into the array five times as fast as one by one.
        self._latest: list[float] = []
        put: Callable[[Row], None] = self._latest.extend
        self.put = put

        def emit(
            time: float,
            kind: int,
            buyer: int = NONE,
            person: int = NONE,
            team: int = NONE,
            code: int = 0,
            a: float = NAN,
            b: float = NAN,
            c: float = NAN,
        ) -> None:
            put((time, kind, buyer, person, team, code, a, b, c))

        self.emit = emit

    def __len__(self) -> int:
        return (len(self._rows) + len(self._latest)) // len(COLUMNS)

    def file(self) -> None:
        """Put the latest rows into the array; to be called now and then."""
        latest = self._latest
        self._rows.frombytes(struct.pack(f"{len(latest)}d", *latest))
        latest.clear()

    def finish(self, facts: Facts) -> Journal:
        """Turn the rows into columns (every integer here is exact in a float64)."""
        self.file()
        table = np.frombuffer(self._rows, dtype=np.float64).reshape(-1, len(COLUMNS))
        columns = (
            np.ascontiguousarray(table[:, i]).astype(dtype) for i, dtype in enumerate(_DTYPES)
        )
        return Journal(facts, *columns)
