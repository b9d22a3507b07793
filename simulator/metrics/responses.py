"""How fast departments answer: the first call, the onboarding, the claim; and how often late."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from simulator.metrics.flow import Waits, waits
from simulator.metrics.periods import Floats, Periods, ratio
from simulator.metrics.rows import Book, Contracts, Flags, contracts, last_before
from simulator.metrics.survival import CENSORED, ENDED, Reading, durations, median, p90
from simulator.organization.journal import Kind, Team, Work


@dataclass(frozen=True, slots=True)
class Cases:
    """What somebody waits for.

    Attributes
    ----------
    start, end : ndarray of float64
        ``end`` is when it came, or until when it was seen not to have come.
    done : ndarray of bool
        Whether it came.
    """

    start: Floats
    end: Floats
    done: Flags

    def times(self, periods: Periods, read: Mapping[str, Reading]) -> dict[str, Floats]:
        """Read the durations by when they began; what has not come is censored."""
        how = np.where(self.done, ENDED, CENSORED)
        return durations(periods, self.start, self.end, how, read)

    def late_share(self, periods: Periods, late: Flags) -> Floats:
        """Late ones among those that are done or overdue, by when they began."""
        counted = self.done | late
        return ratio(periods.sum_by(self.start, late), periods.sum_by(self.start, counted))


def first_calls(stays: Waits) -> Cases:
    """Every buyer's way from marketing's hand to the first attempt to call it.

    Parameters
    ----------
    stays : Waits
        In the queue of inside sales. A buyer that comes back waits for another kind of call, and
        one that nobody wants to call never waits.
    """
    calls = stays[stays.work == Work.CALLING]
    _, first = np.unique(calls.buyer, return_index=True)  # they stand in the order of beginning
    return Cases(calls.start[first], calls.end[first], calls.served[first])


def _until(book: Book, life: Contracts, come: Floats) -> Cases:
    """Every contract won until something came (NaN: it did not), or its customer left."""
    start, come, churned = life.start[life.won], come[life.won], life.churned[life.won]
    done = ~np.isnan(come)
    gone = np.where(np.isnan(churned), book.facts.horizon_days, churned)
    return Cases(start, np.where(done, come, gone), done)


def onboardings(book: Book) -> Cases:
    """Every contract won, until its customer is onboarded."""
    life = contracts(book)
    return _until(book, life, life.onboarded)


def onboarding_starts(book: Book, stays: Waits) -> Cases:
    """Every contract won, until the work on its onboarding begins.

    Parameters
    ----------
    book : Book
    stays : Waits
        In the queue of customer success.
    """
    life = contracts(book)
    begun = stays[(stays.work == Work.ONBOARDING) & stays.served]
    of = last_before(life.buyer, life.start, begun.buyer, begun.start)
    began = np.full(len(life.buyer), np.nan)
    began[of[of >= 0]] = begun.end[of >= 0]
    return _until(book, life, began)


def claims(book: Book) -> Cases:
    """Every claim, until it is answered."""
    answered, open_ = book.rows(Kind.ANSWERED), book.rows(Kind.UNFINISHED)
    since = open_.a[open_.code == Work.CLAIM]  # unanswered: waiting, or being answered now
    start = np.concatenate((answered.time - answered.a, since))
    until = np.full(len(since), book.facts.horizon_days)
    end = np.concatenate((answered.time, until))
    return Cases(start, end, np.arange(len(start)) < len(answered))


def late_shares(book: Book, periods: Periods) -> dict[str, Floats]:
    """How often customer success is late."""
    onboarding, claim = onboardings(book), claims(book)
    late = onboarding.end - onboarding.start > book.facts.onboarding_due_days
    answered = book.rows(Kind.ANSWERED)
    open_ = slice(len(answered), None)
    overdue = claim.end[open_] - claim.start[open_] > book.facts.claim_due_days
    return {
        "onboarding_late_share": onboarding.late_share(periods, late),
        "claims_late_share": claim.late_share(
            periods, np.concatenate((answered.code == 1, overdue))
        ),
    }


def lead_responses(book: Book, periods: Periods) -> dict[str, Floats]:
    """How long new buyers wait for their first call."""
    calls = first_calls(waits(book, Team.INSIDE_SALES))
    return calls.times(periods, {"speed_to_lead": median, "speed_to_lead_p90": p90})


def onboarding_responses(book: Book, periods: Periods) -> dict[str, Floats]:
    """How long new customers wait until their onboarding begins."""
    starts = onboarding_starts(book, waits(book, Team.CUSTOMER_SUCCESS))
    read = {"onboarding_start_days": median, "onboarding_start_days_p90": p90}
    return starts.times(periods, read)


def onboarding_times(book: Book, periods: Periods) -> dict[str, Floats]:
    """How long it takes until new customers are onboarded."""
    return onboardings(book).times(periods, {"onboarding_days": median})


def claim_times(book: Book, periods: Periods) -> dict[str, Floats]:
    """How long claims wait for their answer."""
    read = {"claim_answer_days": median, "claim_answer_days_p90": p90}
    return claims(book).times(periods, read)


def responses(book: Book, periods: Periods) -> dict[str, Floats]:
    """Every metric of this module, per period."""
    return {
        **late_shares(book, periods),
        **lead_responses(book, periods),
        **onboarding_responses(book, periods),
        **onboarding_times(book, periods),
        **claim_times(book, periods),
    }
