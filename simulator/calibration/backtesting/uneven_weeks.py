"""Real weeks are more uneven than simulated ones: holidays, fairs, deals closed in batches.

How much more can be seen where the calibration was made: wins of past weeks against those that
the simulated company has in the same weeks. What is left over is carried into the forecast by
moving the borders between weeks: whatever is signed near a border is signed earlier or later
together, nothing is lost, and the next week makes up for it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.calibration.backtesting.cases import Wins
from simulator.calibration.backtesting.scoring import band
from simulator.calibration.backtesting.tallies import BUSINESS_DAYS_A_WEEK, Frame

Floats = NDArray[np.float64]

FEWEST_WEEKS, MOST_WEEKS = 8, 26
MOST_UNEVEN = 0.25
"""More than this (half of the mean) is no unevenness, but a scenario that does not fit."""
_FARTHEST = 0.45  # of a week: borders must not overtake each other


def past_edges(since: float, at: float) -> Floats:
    """Edges of the whole weeks before a forecast, at most `MOST_WEEKS`, that a run begins with."""
    count = min(int((at - since) / BUSINESS_DAYS_A_WEEK), MOST_WEEKS)
    return at - BUSINESS_DAYS_A_WEEK * np.arange(count, -1.0, -1.0)


@dataclass(frozen=True, slots=True)
class Unevenness:
    """How much more uneven real weeks are.

    Attributes
    ----------
    squared : float
        Variance of a week's wins beyond the simulated, in units of their squared mean; 0 where
        real weeks are no more uneven, or too few tell; at most `MOST_UNEVEN`.
    weeks : int
        How many weeks told.
    wins : float
        What was won in them.
    low, high : float
        Central 95 % band of what the simulated company won in them.
    """

    squared: float
    weeks: int
    wins: float
    low: float
    high: float

    @property
    def fits(self) -> bool:
        """Whether the past could be the simulated company's."""
        return self.low <= self.wins <= self.high and self.squared < MOST_UNEVEN

    @classmethod
    def of(cls, actual: Floats, simulated: Floats) -> Unevenness:
        """Compare past weeks by the method of moments.

        Weeks are held against each other and not against a level: what parameters leave open
        moves all weeks of a member alike, and a real total that differs is no unevenness.

        Parameters
        ----------
        actual : ndarray of float64, (weeks,)
            Wins a week.
        simulated : ndarray of float64, (members, weeks)
        """
        weeks = len(actual)
        sums = simulated.sum(axis=1)[:, None]
        low, high = (float(each[0]) for each in band(sums, 0.95))
        total, mean = float(actual.sum()), simulated.mean(axis=0)
        if weeks < FEWEST_WEEKS or not total or not mean.any():
            return cls(0.0, weeks, total, low, high)
        share = mean / mean.sum()
        level = total / float(mean.sum())
        expected = float(((simulated - sums * share) ** 2).mean(axis=0).sum()) * level
        found = float(((actual - total * share) ** 2).sum())
        beyond = (found - expected) / float(((total * share) ** 2).sum())
        return cls(min(max(beyond, 0.0), MOST_UNEVEN), weeks, total, low, high)

    def spread(self, wins: Wins, frame: Frame, rng: np.random.Generator) -> Wins:
        """Move the borders between weeks.

        The length of a week then varies by `squared`: each border moves by a normal share of a
        week whose variance is half of it. A case is never won before it comes.

        Parameters
        ----------
        wins : Wins
        frame : Frame
        rng : Generator
        """
        inner = frame.week_edges[1:-1]
        moved = rng.normal(0.0, (self.squared / 2.0) ** 0.5, len(inner))
        if self.squared == 0.0:
            return wins
        moved = np.clip(moved, -_FARTHEST, _FARTHEST) * BUSINESS_DAYS_A_WEEK
        ends = (frame.week_edges[:1], frame.week_edges[-1:])
        true = np.concatenate([ends[0], inner, ends[1]])
        seen = np.concatenate([ends[0], inner + moved, ends[1]])
        inside = (wins.won > true[0]) & (wins.won < true[-1])
        won = np.where(inside, np.interp(wins.won, seen, true), wins.won)
        return Wins(wins.created, np.maximum(won, wins.created))
