"""What a forecast is about: cases that may still be won, whatever the files call them.

Where leads are on file a case is a lead, won when it first signs. Where the files hold
opportunities alone a case is an opportunity. Real files and simulated runs are read by the same
rule.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from simulator.calibration.records import Outcome, Records

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]

Unit = Literal["lead", "opportunity"]

ANY_STAGE, NO_OPPORTUNITY, OPEN_OPPORTUNITY, LOST_OPPORTUNITY = range(4)
"""How far a case has come, as coarsely as files and runs can both tell."""
STAGES = 4


@dataclass(frozen=True, slots=True)
class Passes:
    """Opportunities of cases that are leads.

    Attributes
    ----------
    case : ndarray of int64, (n,)
    opened, lost : ndarray of float64, (n,)
        NaN in `lost`: won, or still open.
    """

    case: Integers
    opened: Floats
    lost: Floats


@dataclass(frozen=True, slots=True)
class Cases:
    """Cases, and what became of them.

    Attributes
    ----------
    unit : str
        What a case is: "lead" or "opportunity".
    created, won, lost : ndarray of float64, (n,)
        Business days; NaN: has not happened. A lead is never lost for good: it may come back.
    channel : ndarray of int64, (n,)
    passes : Passes
    """

    unit: Unit
    created: Floats
    won: Floats
    lost: Floats
    channel: Integers
    passes: Passes

    def __len__(self) -> int:
        return len(self.created)

    def open_at(self, when: float) -> Flags:
        """Tell which were there, neither won nor lost, at a time."""
        return (self.created <= when) & ~(self.won <= when) & ~(self.lost <= when)


def unit_of(records: Records) -> Unit:
    """Tell what a case is in these files: a lead, unless most opportunities have none."""
    if not len(records.leads):
        return "opportunity"
    with_lead = int(np.count_nonzero(records.opportunities.lead >= 0))
    return "lead" if 2 * with_lead >= len(records.opportunities) else "opportunity"


def cases_of(records: Records, unit: Unit) -> Cases:
    """Read cases from files or from a run.

    Parameters
    ----------
    records : Records
    unit : str
        As `unit_of` the real files tells, for both.

    Returns
    -------
    Cases
        In the order of the files. Opportunities whose opening is not dated are left out where
        they are the cases; a win dated before its case is as old as the case.
    """
    deals = records.opportunities
    is_lost = deals.outcome == Outcome.LOST
    if unit == "lead":
        leads = records.leads
        mine = (deals.lead >= 0) & np.isfinite(deals.opened)
        return Cases(
            "lead",
            leads.created,
            np.maximum(leads.won, leads.created),
            np.full(len(leads), np.nan),
            leads.channel,
            Passes(
                deals.lead[mine],
                deals.opened[mine],
                np.where(is_lost, deals.closed, np.nan)[mine],
            ),
        )
    dated = np.isfinite(deals.opened)
    opened, closed = deals.opened[dated], deals.closed[dated]
    outcome = deals.outcome[dated]
    return Cases(
        "opportunity",
        opened,
        np.where(outcome == Outcome.WON, np.maximum(closed, opened), np.nan),
        np.where(outcome == Outcome.LOST, np.maximum(closed, opened), np.nan),
        deals.channel[dated],
        Passes(np.empty(0, dtype=np.int64), np.empty(0), np.empty(0)),
    )


@dataclass(frozen=True, slots=True)
class Told:
    """What the files tell about cases; what they do not, a run must not tell either.

    Attributes
    ----------
    openings, losses : bool
        Whether it is on file when opportunities were opened, and when they were lost.
    """

    openings: bool
    losses: bool

    @classmethod
    def by(cls, records: Records) -> Told:
        """Look into the files."""
        deals = records.opportunities
        lost = (deals.outcome == Outcome.LOST) & np.isfinite(deals.closed)
        return cls(bool(np.isfinite(deals.opened).any()), bool(lost.any()))

    def hide(self, cases: Cases) -> Cases:
        """Return cases without what the files do not tell."""
        if self.losses:
            return cases
        return replace(
            cases,
            lost=np.full(len(cases), np.nan),
            passes=replace(cases.passes, lost=np.full(len(cases.passes.lost), np.nan)),
        )

    def stages(self, cases: Cases, when: Floats | float) -> Integers:
        """Tell how far each case had come.

        Parameters
        ----------
        cases : Cases
        when : float or ndarray of float64, (n,)
            For all, or for each case.

        Returns
        -------
        ndarray of int64, (n,)
            `ANY_STAGE` throughout where the files do not date openings.
        """
        n = len(cases)
        if not self.openings or cases.unit == "opportunity":
            return np.full(n, ANY_STAGE, dtype=np.int64)
        passes = cases.passes
        at = np.broadcast_to(np.asarray(when, dtype=np.float64), (n,))[passes.case]
        opened = passes.opened <= at
        still = opened & ~(passes.lost <= at)
        found = np.full(n, NO_OPPORTUNITY, dtype=np.int64)
        found[passes.case[opened]] = LOST_OPPORTUNITY
        found[passes.case[still]] = OPEN_OPPORTUNITY
        return found


@dataclass(frozen=True, slots=True)
class Wins:
    """Cases that were won, or are forecast to be.

    Attributes
    ----------
    created, won : ndarray of float64, (n,)
        Business days.
    """

    created: Floats
    won: Floats

    def __len__(self) -> int:
        return len(self.won)

    def within(self, after: float, until: float) -> Wins:
        """Return those won in a span of time."""
        kept = (self.won > after) & (self.won <= until)
        return Wins(self.created[kept], self.won[kept])

    @classmethod
    def of(cls, cases: Cases) -> Wins:
        """Return the wins among cases."""
        won = np.isfinite(cases.won)
        return cls(cases.created[won], cases.won[won])
