"""What an organization's files show, cleaned: the one form that importer and fit agree on.

The importer makes it from files, :func:`simulator.calibration.witnessed.records_of` from a
simulated run; every estimate is made from this form alone, so that one rule holds on both sides.
All times are business days of the clock since the beginning of ``time.origin`` (see
:mod:`simulator.calibration.working_time`); NaN: not known, or not happened yet. No name and no
address of a person is in here: people are numbers.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from simulator.calibration.working_time import WorkingTime

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]

NONE = -1


class Outcome(IntEnum):
    """What became of an opportunity."""

    OPEN = 0
    WON = 1
    LOST = 2


class Act(IntEnum):
    """What kind of work an activity was."""

    CALL = 0
    MEETING = 1
    OTHER = 2  # e-mails, tasks, notes: counted, not fitted


class LossReason(IntEnum):
    """A recorded loss reason, in the model's words; numbers as in the journal."""

    UNKNOWN = 0
    NO_BUDGET = 1
    WRONG_TIMING = 2
    WITH_COMPETITOR = 3
    BAD_FIT = 4
    NO_DECISION = 5


@dataclass(frozen=True, slots=True)
class Leads:
    """Inquiries.

    Attributes
    ----------
    created : ndarray of float64, (n,)
    channel : ndarray of int64, (n,)
        Position in `Records.channels`; never missing ("not recorded" is a channel of its own).
    owner : ndarray of int64, (n,)
        Position in `Records.inside_sales`; -1: nobody recorded.
    converted : ndarray of float64, (n,)
        When its first opportunity was opened.
    won : ndarray of float64, (n,)
        When it first signed.
    closed : ndarray of float64, (n,)
        When it was given up before it became an opportunity, where that is dated.
    """

    created: Floats
    channel: Integers
    owner: Integers
    converted: Floats
    won: Floats
    closed: Floats

    def __len__(self) -> int:
        return len(self.created)

    def __getitem__(self, chosen: Flags | Integers) -> Leads:
        return Leads(*(getattr(self, name)[chosen] for name in self.__slots__))


@dataclass(frozen=True, slots=True)
class Opportunities:
    """Passes through field sales; a buyer that comes back has several.

    Attributes
    ----------
    lead : ndarray of int64, (n,)
        Position in `Records.leads`; -1: no lead is on file.
    channel : ndarray of int64, (n,)
    owner : ndarray of int64, (n,)
        Position in `Records.field_sales`; -1: nobody recorded.
    opened : ndarray of float64, (n,)
        NaN where the files only say when it closed.
    closed : ndarray of float64, (n,)
        NaN while open.
    outcome : ndarray of int64, (n,)
        `Outcome`.
    amount : ndarray of float64, (n,)
        In the files' currency and kind (`Records.amounts`); NaN: none.
    reason : ndarray of int64, (n,)
        `LossReason`; -1 where it was not lost.
    stage : ndarray of int64, (n,)
        Its last stage, position in `Records.stages`; -1: not recorded.
    reopened : ndarray of bool, (n,)
        It left a closed stage again, as its history shows.
    """

    lead: Integers
    channel: Integers
    owner: Integers
    opened: Floats
    closed: Floats
    outcome: Integers
    amount: Floats
    reason: Integers
    stage: Integers
    reopened: Flags

    def __len__(self) -> int:
        return len(self.closed)

    def __getitem__(self, chosen: Flags | Integers) -> Opportunities:
        return Opportunities(*(getattr(self, name)[chosen] for name in self.__slots__))


@dataclass(frozen=True, slots=True)
class Moves:
    """Changes of stage, in order of opportunity and time.

    Attributes
    ----------
    opportunity : ndarray of int64, (n,)
    time : ndarray of float64, (n,)
    stage : ndarray of int64, (n,)
        The stage entered, position in `Records.stages`.
    """

    opportunity: Integers
    time: Floats
    stage: Integers

    def __len__(self) -> int:
        return len(self.time)


@dataclass(frozen=True, slots=True)
class Activities:
    """Calls and meetings.

    Attributes
    ----------
    time : ndarray of float64, (n,)
    act : ndarray of int64, (n,)
        `Act`.
    lead, opportunity : ndarray of int64, (n,)
        What it belongs to; -1: nothing on file.
    reached : ndarray of int64, (n,)
        1: the buyer was reached, 0: not, -1: not recorded.
    """

    time: Floats
    act: Integers
    lead: Integers
    opportunity: Integers
    reached: Integers

    def __len__(self) -> int:
        return len(self.time)


@dataclass(frozen=True, slots=True)
class Contracts:
    """Customers' contracts.

    Attributes
    ----------
    start : ndarray of float64, (n,)
    end : ndarray of float64, (n,)
        NaN while it runs.
    amount : ndarray of float64, (n,)
    """

    start: Floats
    end: Floats
    amount: Floats

    def __len__(self) -> int:
        return len(self.start)


@dataclass(frozen=True, slots=True)
class Records:
    """Everything that the files show.

    Attributes
    ----------
    time : WorkingTime
        What business day 0 is.
    until : float
        End of what is known: nothing later is in the files.
    leads_until : float
        After this no lead was recorded any more (at most `until`); where there are no leads, no
        opportunity.
    channels : tuple of str
    stages : tuple of str
        Names as the files have them, in their order as far as it is known.
    inside_sales, field_sales : int
        How many people occur as owners.
    leads, opportunities, moves, activities, contracts
        Empty where the files have none.
    leads_weekday : ndarray of int64
        Calendar weekday on which each lead came, 0 (Monday) to 6.
    leads_month : ndarray of int64
        Calendar month in which each lead came, 1 to 12.
    dated_only : bool
        The times are days without an hour.
    currency : str
    amounts : str
        "monthly", "annual", "total", or "" where the files have none.
    """

    time: WorkingTime
    until: float
    leads_until: float
    channels: tuple[str, ...]
    stages: tuple[str, ...]
    inside_sales: int
    field_sales: int
    leads: Leads
    opportunities: Opportunities
    moves: Moves
    activities: Activities
    contracts: Contracts
    leads_weekday: Integers
    leads_month: Integers
    dated_only: bool
    currency: str
    amounts: str

    def known_at(self, when: float) -> Records:
        """Return what the same files would have shown at an earlier time.

        Parameters
        ----------
        when : float
            Business days; later events have not happened, later rows are not there.
        """
        leads, deals = self.leads, self.opportunities
        came = leads.created <= when
        # Where only closing is dated, an opportunity that is still open has left no trace.
        there = np.where(np.isnan(deals.opened), deals.closed, deals.opened) <= when
        number = np.where(came, np.cumsum(came) - 1, NONE)
        opportunity = np.where(there, np.cumsum(there) - 1, NONE)
        open_then = ~(deals.closed <= when)
        kept = replace(
            deals[there],
            lead=_renumbered(deals.lead, number)[there],
            closed=_hidden(deals.closed, when)[there],
            outcome=np.where(open_then, Outcome.OPEN, deals.outcome)[there],
            reason=np.where(open_then, NONE, deals.reason)[there],
        )
        moved = (self.moves.time <= when) & (_renumbered(self.moves.opportunity, opportunity) >= 0)
        kept = replace(kept, stage=self._stages_at(kept, moved, opportunity))
        acted = self.activities.time <= when
        signed = self.contracts.start <= when
        return replace(
            self,
            until=min(self.until, when),
            leads_until=min(self.leads_until, when),
            leads=replace(
                leads[came],
                converted=_hidden(leads.converted, when)[came],
                won=_hidden(leads.won, when)[came],
                closed=_hidden(leads.closed, when)[came],
            ),
            opportunities=kept,
            moves=Moves(
                opportunity[self.moves.opportunity[moved]],
                self.moves.time[moved],
                self.moves.stage[moved],
            ),
            activities=Activities(
                self.activities.time[acted],
                self.activities.act[acted],
                _renumbered(self.activities.lead, number)[acted],
                _renumbered(self.activities.opportunity, opportunity)[acted],
                self.activities.reached[acted],
            ),
            contracts=Contracts(
                self.contracts.start[signed],
                _hidden(self.contracts.end, when)[signed],
                self.contracts.amount[signed],
            ),
            leads_weekday=self.leads_weekday[came],
            leads_month=self.leads_month[came],
        )

    def _stages_at(self, kept: Opportunities, moved: Flags, number: Integers) -> Integers:
        """Stage of each kept opportunity after the moves that had happened."""
        if not len(self.moves):
            # Without a history nobody knows the stage that an opportunity had then.
            return np.where(kept.outcome == Outcome.OPEN, NONE, kept.stage)
        found = np.full(len(kept), NONE, dtype=np.int64)
        found[number[self.moves.opportunity[moved]]] = self.moves.stage[moved]
        return found


def _hidden(times: Floats, when: float) -> Floats:
    """Times that have not come yet become unknown."""
    return np.where(times <= when, times, np.nan)


def _renumbered(positions: Integers, number: Integers) -> Integers:
    """Positions in a table of which only some rows are kept; -1 stays, and stands for the rest."""
    if not len(number):
        return np.full(len(positions), NONE, dtype=np.int64)
    return np.where(positions >= 0, number[np.maximum(positions, 0)], NONE)


def nothing() -> tuple[Leads, Opportunities, Moves, Activities, Contracts]:
    """Return empty tables, for files that have none."""
    f, i = np.empty(0), np.empty(0, dtype=np.int64)
    flags = np.empty(0, dtype=np.bool_)
    return (
        Leads(f, i, i, f, f, f),
        Opportunities(i, i, i, f, f, i, f, i, i, flags),
        Moves(i, f, i),
        Activities(f, i, i, i, i),
        Contracts(f, f, f),
    )
