"""From one event of a case to the next: ages of entry, end and follow-up, from the records.

A transition is looked at over cases: inquiries until they become an opportunity or sign,
opportunities until they are won or lost. Estimates of shares and fits of laws start from the
same spans, so that files and simulated runs, and curve and law, are treated alike.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from simulator.calibration.estimating.survival import CENSORED, ENDED, OTHERWISE, Curve, incidence
from simulator.calibration.estimating.survival import incidence_on_file as on_file
from simulator.calibration.records import NONE, Flags, Floats, Integers, Outcome, Records

Transition = Literal[
    "lead_to_opportunity", "lead_to_win", "opportunity_to_win", "opportunity_to_loss"
]

FEWEST_FOLLOWED, SHARE_FOLLOWED = 20, 0.1
"""So many cases, and such a share of them, have been followed to an age up to which is told."""


@dataclass(frozen=True, slots=True)
class Spans:
    """Cases of one transition, one entry each.

    Attributes
    ----------
    transition : str
    created : ndarray of float64, (n,)
        When each began, business days of the clock.
    channel : ndarray of int64, (n,)
    entry : ndarray of float64, (n,)
        Age at which it comes under observation; 0: from its start.
    exit : ndarray of float64, (n,)
        Age at its end, or at the end of what is known; below 0 where the end is dated on a day
        before the beginning.
    event : ndarray of int64, (n,)
        0 open, 1 ended in the way in question, 2 ended otherwise.
    followed : ndarray of float64, (n,)
        Age at the end of what is known.
    unseen : ndarray of float64, (n,)
        Age up to which an end would not have been recorded.
    """

    transition: Transition
    created: Floats
    channel: Integers
    entry: Floats
    exit: Floats
    event: Integers
    followed: Floats
    unseen: Floats

    def __len__(self) -> int:
        return len(self.exit)

    def __getitem__(self, chosen: Flags) -> Spans:
        return Spans(
            self.transition, self.created[chosen], self.channel[chosen], self.entry[chosen],
            self.exit[chosen], self.event[chosen], self.followed[chosen], self.unseen[chosen],
        )  # fmt: skip

    @property
    def negative(self) -> int:
        """How many end before they begin; a curve counts them as ended at once."""
        return int(np.count_nonzero(self.exit < 0.0))

    def curve(self) -> Curve:
        """Estimate the share that has ended in the way in question, by age."""
        if self.transition.startswith("lead") and bool((self.unseen > 0.0).any()):
            # An inquiry stays on file when its win was not recorded; an opportunity that closed
            # before recording began is not there at all.
            return on_file(self.entry, self.exit, self.event, self.followed, self.unseen)
        return incidence(self.entry, self.exit, self.event)

    def for_fit(self) -> tuple[Floats, Floats, Integers]:
        """Return entry, exit and event as :func:`~.durations.fit_durations` wants them.

        A case that ended otherwise will never end in the way in question, so it has been seen
        not to do so for as long as it could be followed: a cure fraction then is the share that
        never does. Cases that were not seen from their start are left out.
        """
        kept = self.entry <= 0.0
        otherwise = self.event == OTHERWISE
        exits = np.where(otherwise, np.maximum(self.followed, self.exit), self.exit)
        return self.entry[kept], exits[kept], np.where(otherwise, CENSORED, self.event)[kept]


def spans(
    records: Records,
    transition: Transition,
    since: float = -math.inf,
    recorded_since: float = -math.inf,
    use_older: bool = False,
) -> Spans:
    """Read one transition from the records.

    Parameters
    ----------
    records : Records
    transition : str
    since : float
        Cases that began before do not count, or count late (`use_older`).
    recorded_since : float
        Ends before were not recorded; if some are on file they are hidden, so that files that
        begin late and runs that do not are read alike.
    use_older : bool
        Cases that began before `since`, or before recording, inform ages that the recent ones
        are too young for; and, if there is no `since`, all ages at which they were recorded.
    """
    start = max(since, recorded_since)
    created, ended, otherwise, channel = _columns(records, transition, recorded_since)
    known = created <= records.until  # False for NaN
    hidden = (ended < recorded_since) | (otherwise < recorded_since)
    if transition.startswith("opportunity"):
        known &= ~hidden & ~_there_before(records)
    if not use_older:
        known &= created >= start
    created, channel = created[known], channel[known]
    ended = np.where(hidden, np.nan, ended)[known]
    otherwise = otherwise[known]
    followed = records.until - created
    event = np.select([np.isfinite(ended), np.isfinite(otherwise)], [ENDED, OTHERWISE], CENSORED)
    exits = np.select([event == ENDED, event == OTHERWISE], [ended - created, otherwise - created])
    exits = np.where(event == CENSORED, followed, exits)
    odd = np.flatnonzero(exits < 0.0)
    if len(odd):
        # Where only the day is known an hour may seem to be before it; that is the same day.
        began, stopped = (
            records.time.stamps(each).astype("datetime64[D]")
            for each in (created[odd], created[odd] + exits[odd])
        )
        exits[odd[began == stopped]] = 0.0
    older = created < start
    unseen = np.where(older, np.maximum(recorded_since - created, 0.0), 0.0)
    entry = np.zeros(len(created))
    if older.any():
        alone = told_to(followed[~older]) if math.isfinite(since) else 0.0
        entry = np.where(older, np.maximum(unseen, alone), 0.0)
    return Spans(
        transition, created, channel, entry, exits,
        event.astype(np.int64), followed, unseen,
    )  # fmt: skip


def _there_before(records: Records) -> Flags:
    """Opportunities that had been open before files or a run begin: for how long, nobody knows.

    Where inquiries are on file, these have none and were entered at the very first moment.
    """
    deals = records.opportunities
    dated = np.isfinite(deals.opened)
    if not len(records.leads) or not dated.any():
        return np.zeros(len(deals), dtype=np.bool_)
    found: Flags = (deals.lead == NONE) & (deals.opened == deals.opened[dated].min())
    return found


def told_to(followed: Floats) -> float:
    """Return the age to which enough cases could be followed; 0 without cases."""
    n = len(followed)
    if not n:
        return 0.0
    needed = math.ceil(max(SHARE_FOLLOWED * n, min(FEWEST_FOLLOWED, n / 2.0)))
    return max(float(np.partition(followed, n - needed)[n - needed]), 0.0)


def _columns(
    records: Records, transition: Transition, recorded_since: float
) -> tuple[Floats, Floats, Floats, Integers]:
    """When cases began, ended in the way in question, ended otherwise; and their channel."""
    if transition.startswith("lead"):
        leads = records.leads
        ended = leads.won
        if transition == "lead_to_opportunity":
            ended = leads.converted
            # One that signed had been an opportunity by then, though nobody dated it; unless it
            # became one before recording began.
            undated = np.isnan(ended) & (leads.created >= recorded_since)
            ended = np.where(undated, leads.won, ended)
        return leads.created, ended, np.full(len(leads), np.nan), leads.channel
    deals = records.opportunities
    won = np.where(deals.outcome == Outcome.WON, deals.closed, np.nan)
    lost = np.where(deals.outcome == Outcome.LOST, deals.closed, np.nan)
    if transition == "opportunity_to_loss":
        won, lost = lost, won
    return deals.opened, won, lost, deals.channel
