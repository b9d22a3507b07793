"""Three plain forecasts with the same information, which a model has to beat to be worth having.

All three are ensembles, so that one score serves for all: each member draws both what a few
counts leave open and the luck of what comes. None looks at channels or people. What they learn
from is what happened since the recent regime began.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from simulator.calibration.backtesting.cases import Cases, Told, Unit, Wins, cases_of
from simulator.calibration.backtesting.tallies import BUSINESS_DAYS_A_WEEK, Frame
from simulator.calibration.records import NONE, Outcome, Records
from simulator.languages.messages import marked

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

LAST_WEEKS = 8
"""Weeks that make up the last period."""
LABELS = {
    "last_rate": marked("the last period's rate"),
    "delay_curve": marked("conversion x delay curve"),
    "stage_sum": marked("the stage-probability sum"),
}
"""Names of the baselines, and what they are called."""

_DAYS = 10.0  # of age in steps of one day; wins of fresh leads come fast
_WEEKS = 8.0
_FEW_WINS = 5
_FEW_DEALS = 10


@dataclass(frozen=True, slots=True)
class Past:
    """What a forecaster knows.

    Attributes
    ----------
    records : Records
        As the files were at the date.
    cases : Cases
        Those of the records.
    told : Told
    since : float
        When the recent regime began, business days.
    frame : Frame
    given : ndarray of float64 or None
        When later cases came, if that is given; they are forecast otherwise.
    """

    records: Records
    cases: Cases
    told: Told
    since: float
    frame: Frame
    given: Floats | None = None

    @classmethod
    def of(
        cls,
        records: Records,
        unit: Unit,
        since: float,
        frame: Frame,
        given: Floats | None = None,
    ) -> Past:
        """Read what the files told at the date."""
        told = Told.by(records)
        return cls(records, told.hide(cases_of(records, unit)), told, since, frame, given)

    @property
    def begins(self) -> float:
        """Begin of the last period."""
        return max(self.frame.at - LAST_WEEKS * BUSINESS_DAYS_A_WEEK, self.since)

    def arrivals(self, rng: np.random.Generator) -> Floats:
        """Draw when later cases come: at the last period's rate, as unevenly as then."""
        at, until = self.frame.at, min(self.frame.leads_until, self.frame.until)
        if self.given is not None:
            return self.given
        if until <= at:
            return np.empty(0)
        length = at - self.begins
        weeks = max(round(length / BUSINESS_DAYS_A_WEEK), 1)
        counts = np.histogram(self.cases.created, np.linspace(self.begins, at, weeks + 1))[0]
        spread = 1.0  # of the counts of weeks, against Poisson
        if weeks > 1 and counts.any():
            spread = max(float(counts.var(ddof=1) / counts.mean()), 1.0)
        level = _uneven(rng, np.array([float(counts.sum())]), spread)[0] / length
        edges = np.append(np.arange(at, until, BUSINESS_DAYS_A_WEEK), until)
        came = rng.poisson(_uneven(rng, level * np.diff(edges), spread - 1.0))
        begins: Floats = np.repeat(edges[:-1], came)
        lengths: Floats = np.repeat(np.diff(edges), came)
        return begins + rng.random(len(begins)) * lengths


def _uneven(rng: np.random.Generator, means: Floats, spread: float) -> Floats:
    """Gamma numbers of given means whose variance is `spread` times the mean."""
    if spread <= 0.0:
        return means
    shape = means / spread
    drawn: Floats = rng.gamma(np.maximum(shape, 1e-9), spread)
    drawn[shape <= 0.0] = 0.0
    return drawn


# ------------------------------------------------------------------ last period's rate


def last_rate(past: Past, members: int, rng: np.random.Generator) -> list[Wins]:
    """Carry the wins a week of the last period forward.

    Each member draws Poisson wins at that rate, the rate itself as uncertain as its count. A win
    takes as long as one of the last period's, drawn anew: where its case would have come after
    cases stop being recorded, it falls away, since the truth cannot have it either.

    Parameters
    ----------
    past : Past
    members : int
    rng : Generator

    Returns
    -------
    list of Wins
        One a member.
    """
    frame = past.frame
    recent = Wins.of(past.cases).within(past.begins, frame.at)
    ages = recent.won - recent.created
    length = frame.until - frame.at
    found = []
    for _ in range(members):
        seen = rng.gamma(len(recent)) if len(recent) else 0.0
        count = int(rng.poisson(seen / (frame.at - past.begins) * length))
        won = frame.at + rng.random(count) * length
        # Its lengths are drawn twice: which lengths there are is as uncertain as their number.
        own = rng.choice(ages, len(ages)) if len(ages) else ages
        created = won - (rng.choice(own, count) if count else np.empty(0))
        kept = created <= frame.leads_until
        found.append(Wins(created[kept], won[kept]))
    return found


# ------------------------------------------------------------------ conversion and delay


@dataclass(frozen=True, slots=True)
class DelayCurve:
    """How often open cases of an age are won, and lost.

    Attributes
    ----------
    edges : ndarray of float64, (n + 1,)
        Business days of age; the last one is infinite.
    exposure : ndarray of float64, (n,)
        Days that cases of this age were watched while open.
    wins, losses : ndarray of int64, (n,)
    """

    edges: Floats
    exposure: Floats
    wins: Integers
    losses: Integers

    @classmethod
    def of(cls, cases: Cases, since: float, at: float) -> DelayCurve:
        """Count wins and days at risk by age, as an actuary does.

        A case counts from `since` on only, at the age that it had then (delayed entry), so that
        old cases tell about late ages and nothing else. Steps are days, then weeks, then four
        weeks; the last one holds the last few wins and goes on for ever.
        """
        ends = np.fmin(np.fmin(cases.won, cases.lost), at)
        enters = np.maximum(since - cases.created, 0.0)
        exits = ends - cases.created
        here = (cases.created <= at) & (exits >= enters)
        enters, exits = enters[here], exits[here]
        won = exits[cases.won[here] <= at]
        lost = exits[cases.lost[here] <= at]
        late = np.sort(won)[-_FEW_WINS] if len(won) >= _FEW_WINS else 0.0
        week = BUSINESS_DAYS_A_WEEK
        steps = np.concatenate(
            [
                np.arange(_DAYS),
                np.arange(_DAYS, _WEEKS * week, week),
                np.arange(_WEEKS * week, max(float(exits.max(initial=0.0)), 1.0), 4.0 * week),
            ]
        )
        edges = np.append(steps[(steps == 0.0) | (steps <= late)], np.inf)
        exposure = np.array(
            [
                np.clip(np.minimum(exits, high) - np.maximum(enters, low), 0.0, None).sum()
                for low, high in pairwise(edges)
            ]
        )
        counts = [np.histogram(each, edges)[0] for each in (won, lost)]
        return cls(edges, exposure, *counts)

    def ends(
        self, ages: Floats, rng: np.random.Generator, longest: float
    ) -> tuple[Floats, NDArray[np.bool_]]:
        """Draw one more life for cases of these ages.

        Parameters
        ----------
        ages : ndarray of float64, (n,)
        rng : Generator
        longest : float
            Ages beyond do not matter.

        Returns
        -------
        age : ndarray of float64, (n,)
            At its end; infinite if later than `longest`.
        won : ndarray of bool, (n,)
        """
        days = np.maximum(self.exposure, 1e-9)
        wins = np.where(self.exposure > 0.0, rng.poisson(self.wins) / days, 0.0)
        losses = np.where(self.exposure > 0.0, rng.poisson(self.losses) / days, 0.0)
        hazard = wins + losses
        edges = np.append(self.edges[:-1], max(longest, self.edges[-2]) + 1.0)
        summed = np.append(0.0, np.cumsum(hazard * np.diff(edges)))
        target = np.interp(ages, edges, summed) + rng.exponential(size=len(ages))
        age = np.where(target < summed[-1], np.interp(target, summed, edges), np.inf)
        step = np.clip(np.searchsorted(edges, age, side="right") - 1, 0, len(hazard) - 1)
        share = np.divide(wins, hazard, out=np.zeros_like(wins), where=hazard > 0.0)
        return age, np.isfinite(age) & (rng.random(len(ages)) < share[step])


def delay_curve(past: Past, members: int, rng: np.random.Generator) -> list[Wins]:
    """Let open cases, and later ones at the last period's rate, be won by the curve of the past.

    Parameters
    ----------
    past : Past
    members : int
    rng : Generator

    Returns
    -------
    list of Wins
        One a member.
    """
    frame = past.frame
    curve = DelayCurve.of(past.cases, past.since, frame.at)
    there = past.cases.created[past.cases.open_at(frame.at)]
    found = []
    for _ in range(members):
        created = np.append(there, past.arrivals(rng))
        ages = np.maximum(frame.at - created, 0.0)
        age, won = curve.ends(ages, rng, frame.until - float(created.min(initial=frame.at)))
        found.append(Wins(created[won], (created + age)[won]).within(frame.at, frame.until))
    return found


# ------------------------------------------------------------------ stage probabilities


@dataclass(frozen=True, slots=True)
class _Share:
    """How often cases of a stage were won, and how long that took from there."""

    won: int
    of: int
    delays: Floats

    def wins(
        self, created: Floats, begins: Floats, rng: np.random.Generator
    ) -> tuple[Floats, Floats]:
        if not len(self.delays):
            return np.empty(0), np.empty(0)
        chance = rng.beta(self.won + 0.5, self.of - self.won + 0.5)
        drawn = rng.random(len(created)) < chance
        return created[drawn], begins[drawn] + rng.choice(self.delays, int(drawn.sum()))


def stage_sum(past: Past, members: int, rng: np.random.Generator) -> list[Wins]:
    """Give each open deal the share of its stage that was won, as a CRM's forecast does.

    Wins are spread from the date on over the delays that were seen from the stage to the win.
    How long a deal has been there does not matter, and deals still open do not count in the
    share, unless no loss is on file at all: then they have to. Where no opportunity is on file
    every open lead is one stage. A lead whose opportunities are all lost is expected to bring
    nothing. Later cases come at the last period's rate.

    Parameters
    ----------
    past : Past
    members : int
    rng : Generator

    Returns
    -------
    list of Wins
        One a member.
    """
    at, until = past.frame.at, past.frame.until
    first, groups = _stages(past)
    found = []
    for _ in range(members):
        later = past.arrivals(rng)
        parts = [first.wins(later, later, rng)]
        for share, created in groups:
            parts.append(share.wins(created, np.full(len(created), at), rng))
        created, won = (np.concatenate(each) for each in zip(*parts, strict=True))
        found.append(Wins(created, won).within(at, until))
    return found


def _stages(past: Past) -> tuple[_Share, list[tuple[_Share, Floats]]]:
    """Share of a case that has just come, and open cases by stage with the share of each."""
    cases, at = past.cases, past.frame.at
    recent = cases.created >= past.since
    if np.count_nonzero(np.isfinite(cases.won[recent])) < _FEW_DEALS:
        recent = np.ones(len(cases), dtype=np.bool_)
    deals = past.records.opportunities
    is_lead = cases.unit == "lead"
    still = cases.open_at(at)
    stage = np.full(len(cases), NONE, dtype=np.int64)
    given_up = np.isfinite(cases.lost)
    if is_lead:
        dated = np.flatnonzero((deals.lead >= 0) & np.isfinite(deals.opened))
        has, running = np.zeros(len(cases), np.bool_), np.zeros(len(cases), np.bool_)
        has[deals.lead[dated]] = True
        dated = dated[deals.outcome[dated] == Outcome.OPEN]
        running[deals.lead[dated]] = True
        # -1: no opportunity yet; 0: one without a stage; from 1 on: stages.
        stage[deals.lead[dated]] = deals.stage[dated] + 1
        # A lead with a lost opportunity and no open one is over, and so is one that was closed.
        given_up = still & ((has & ~running) | np.isfinite(past.records.leads.closed))
    else:
        stage = deals.stage[np.isfinite(deals.opened)] + 1
    won = np.isfinite(cases.won)
    # Most leads end without anybody writing down when: all that came are counted, not only those
    # that are known to be over.
    resolved = won | given_up if given_up.any() and not is_lead else np.ones_like(won)
    counted = recent & resolved
    ages = (cases.won - cases.created)[recent & won]
    first = _Share(int(np.count_nonzero(won & counted)), int(np.count_nonzero(counted)), ages)
    groups = []
    for each in np.unique(stage[still & ~given_up]).tolist():
        mine = still & ~given_up & (stage == each)
        no_deal = each == NONE or (not is_lead and each == 0)
        groups.append((first if no_deal else _of_stage(past, each - 1, first), cases.created[mine]))
    return first, groups


def _of_stage(past: Past, stage: int, otherwise: _Share) -> _Share:
    """Share of the closed opportunities that were ever in a stage (-1: of all) and were won."""
    deals, moves = past.records.opportunities, past.records.moves
    entered = deals.opened.copy()
    if stage >= 0 and len(moves):
        entered = np.full(len(deals), np.nan)
        here = moves.stage == stage
        np.fmin.at(entered, moves.opportunity[here], moves.time[here])
    closed = np.isfinite(entered) & (deals.outcome != Outcome.OPEN)
    won = closed & (deals.outcome == Outcome.WON)
    if np.count_nonzero(closed) < _FEW_DEALS or not won.any():
        return _of_stage(past, -1, otherwise) if stage >= 0 else otherwise
    delays = np.maximum(deals.closed - entered, 0.0)[won]
    return _Share(int(np.count_nonzero(won)), int(np.count_nonzero(closed)), delays)


BASELINES: Mapping[str, Callable[[Past, int, np.random.Generator], list[Wins]]] = {
    "last_rate": last_rate,
    "delay_curve": delay_curve,
    "stage_sum": stage_sum,
}
"""By the names of `LABELS`."""
