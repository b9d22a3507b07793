"""When a flow of inquiries changed for good: regimes, told from noise, weeks and slow trends.

Counts of whole weeks are made about equally noisy at every level by a square root, and cut into
stretches in each of which they follow a straight line. Cuts are chosen together (dynamic
programming: Jackson et al. 2005, IEEE Signal Processing Letters 12; the penalty after Schwarz
1978), and each costs more where weeks are noisier than chance alone would make them. What is left
after that is named only if the level jumps there: where a trend merely bends, nothing changed
overnight.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from simulator.calibration.records import Floats, Integers
from simulator.calibration.spoken_days import day_of_year_said, month_said
from simulator.calibration.working_time import BUSINESS_DAYS_A_WEEKDAY, WorkingTime
from simulator.languages.messages import say

WEEK = 5
"""Weekdays in a week of the calendar."""
LEAST_WEEKS = 6
"""A regime lasts at least so many weeks: holidays and campaigns do not."""
LEAST_JUMP = 1.25
"""The level must jump at least by this factor."""

# Schwarz's penalty for a level, a slope and a place, and a little more because the noise is
# estimated too: in simulation at most 3 % of unchanging flows of 14 to 260 weeks are cut.
_PER_CUT, _AND = 3.0, 4.0
# A trend is slow if it changes the flow by about this share a month.
_SLOW = 0.03
_MONTH = 20.0
_WEEKS_A_MONTH = _MONTH / (WEEK * BUSINESS_DAYS_A_WEEKDAY)


@dataclass(frozen=True, slots=True)
class Change:
    """A flow went from one level to another.

    Attributes
    ----------
    at : float
        Business days.
    before, after : float
        Per business day, from the change before to this one, and from this one to the next.
    words : str
        Names the calendar month.
    """

    at: float
    before: float
    after: float
    words: str


def weekday_numbers(times: Floats) -> Integers:
    """Return in which weekday since the clock's beginning each time lies (0 is its first)."""
    # A little is added because whole weekdays are not exact in binary.
    return np.floor(times / BUSINESS_DAYS_A_WEEKDAY + 1e-6).astype(np.int64)


def changes_of(
    times: Floats,
    start: float,
    end: float,
    time: WorkingTime,
    what: str = "inquiries",
    comparisons: int = 1,
    month: tuple[float, ...] = (1.0,) * 12,
) -> tuple[Change, ...]:
    """Find the days on which a flow changed its level.

    Parameters
    ----------
    times : ndarray of float64, (n,)
        When something came, in business days; in any order.
    start, end : float
        What is seen, in business days. The weeks are counted back from the end.
    time : WorkingTime
        Names the months.
    what : str
        What came, for the words.
    comparisons : int
        How many flows are looked at together: each then needs more to be called changed.
    month : tuple of 12 float
        Relative weights of January to December, of mean 1, which are no changes.

    Returns
    -------
    tuple of Change
        In order of time; empty where the flow is steady, has only a trend, or is seen for less
        than two regimes' shortest time.
    """
    last = int(weekday_numbers(np.array([end]))[0])
    weeks = (last - int(weekday_numbers(np.array([start]))[0])) // WEEK
    if weeks < 2 * LEAST_WEEKS:
        return ()
    first = last - weeks * WEEK
    numbers = weekday_numbers(times) - first
    seen = (numbers >= 0) & (numbers < weeks * WEEK)
    days = np.bincount(numbers[seen], minlength=weeks * WEEK) / _season(first, weeks, time, month)
    counts = days.reshape(weeks, WEEK).sum(axis=1)
    # The square root of a Poisson count has variance 1/4 at every level (Anscombe 1948).
    level = 2.0 * np.sqrt(counts + 0.375)
    cuts = _cut(level, 2.0 * math.log(max(comparisons, 1)))
    edges = [0, *(_day_of(days, WEEK * cut, cuts) for cut in cuts), len(days)]
    rates = [float(days[a:b].sum()) / (b - a) / BUSINESS_DAYS_A_WEEKDAY for a, b in pairwise(edges)]
    return tuple(
        _named((first + day) * BUSINESS_DAYS_A_WEEKDAY, before, after, time, what)
        for day, before, after in zip(edges[1:-1], rates, rates[1:], strict=False)
    )


def _season(first: int, weeks: int, time: WorkingTime, month: tuple[float, ...]) -> Floats:
    """Weight of the month of each weekday."""
    begins = (first + np.arange(weeks * WEEK, dtype=np.float64)) * BUSINESS_DAYS_A_WEEKDAY + 0.1
    calendar = time.stamps(begins).astype("datetime64[M]").astype(np.int64) % 12
    return np.maximum(np.asarray(month, dtype=np.float64)[calendar], 1e-3)


def _named(at: float, before: float, after: float, time: WorkingTime, what: str) -> Change:
    day = time.stamps(np.array([at]))[0].astype("datetime64[D]").item()
    words = say(
        "{what} went from about {before} to {after} a month in {month} (about {day})",
        what=what, before=_round(before * _MONTH), after=_round(after * _MONTH),
        month=month_said(day), day=day_of_year_said(day),
    )  # fmt: skip
    return Change(at, before, after, words[0].upper() + words[1:])


def _round(number: float) -> str:
    return f"{number:,.0f}" if number >= 9.5 else f"{number:.2g}"


class _Lines:
    """Straight lines through any stretch of a series, from running sums.

    A line's slope is held near 0 as by a prior with the deviation `_SLOW`: a long stretch shows
    its trend in spite of it, a short one may not pass for a steep ramp.
    """

    def __init__(self, values: Floats, noise: float) -> None:
        self._noise = noise
        x = np.arange(len(values), dtype=np.float64)
        columns = (np.ones_like(x), x, x * x, values, x * values, values * values)
        self._sums = [np.concatenate([[0.0], np.cumsum(column)]) for column in columns]

    def fit(self, begin: Integers | int, end: int) -> tuple[Floats, Floats, Floats, Floats]:
        """Mean place, mean value, slope and squared distances of the stretch [begin, end)."""
        m, x, xx, y, xy, yy = (sums[end] - sums[begin] for sums in self._sums)
        spread, both = xx - x * x / m, xy - x * y / m
        # The level is a square root: half a share of it per week is a share of the flow.
        steep = np.maximum(0.5 * _SLOW / _WEEKS_A_MONTH * y / m, 1e-6)
        slope = both / (spread + self._noise / steep**2)
        squares = np.maximum(yy - y * y / m - slope * both, 0.0)
        return x / m, y / m, slope, squares

    def squares(self, cuts: list[int], end: int) -> float:
        """Squared distances from the lines between cuts."""
        edges = [0, *cuts, end]
        return sum(float(self.fit(a, b)[3]) for a, b in pairwise(edges))


def _cut(level: Floats, more: float) -> list[int]:
    """Weeks at which a new line begins, on another level."""
    n = len(level)
    # Noise from how far each week lies off the middle of its neighbors: blind to levels and
    # trends, and its median to a few jumps. Chance alone makes it 1.
    off = level[1:-1] - (level[:-2] + level[2:]) / 2.0
    noise = max((1.4826 * float(np.median(np.abs(off)))) ** 2 / 1.5, 1.0)
    while True:
        lines = _Lines(level, noise)
        cuts = _cheapest(lines, n, (_PER_CUT * math.log(n) + _AND + more) * noise)
        free = max(n - 2 * (len(cuts) + 1), 1)
        # Weeks that are noisier in a row than side by side cost their share as well.
        remaining = max(lines.squares(cuts, n) / free, 1.0)
        if remaining <= noise * 1.001 or not cuts:
            return _material(lines, cuts, n)
        noise = remaining


def _cheapest(lines: _Lines, n: int, penalty: float) -> list[int]:
    """Cuts for which squared distances plus penalties are least."""
    best = np.full(n + 1, np.inf)
    best[0] = -penalty
    before = np.zeros(n + 1, dtype=np.int64)
    for end in range(LEAST_WEEKS, n + 1):
        begins = np.arange(end - LEAST_WEEKS + 1)
        total = best[begins] + lines.fit(begins, end)[3] + penalty
        chosen = int(np.argmin(total))
        best[end], before[end] = total[chosen], chosen
    cuts: list[int] = []
    at = int(before[n])
    while at > 0:
        cuts.append(at)
        at = int(before[at])
    return cuts[::-1]


def _material(lines: _Lines, cuts: list[int], n: int) -> list[int]:
    """The cuts at which the level jumps; at the others a trend bends."""
    edges = [0, *cuts, n]
    kept = []
    for left, cut, right in zip(edges, cuts, edges[2:], strict=False):
        sides = []
        for begin, end in ((left, cut), (cut, right)):
            place, mean, slope, _ = lines.fit(begin, end)
            sides.append(max(float(mean + slope * (cut - 0.5 - place)), 0.1) ** 2)
        if max(sides) >= LEAST_JUMP * min(sides):
            kept.append(cut)
    return kept


def _day_of(days: Floats, near: int, cuts: list[int]) -> int:
    """The weekday, within a week, before and after which the two levels fit best."""
    edges = [0, *(WEEK * cut for cut in cuts), len(days)]
    place = edges.index(near)
    before = float(days[edges[place - 1] : near].mean()) + 1e-3
    after = float(days[near : edges[place + 1]].mean()) + 1e-3
    around = np.arange(near - WEEK, near + WEEK)
    gain = days[around] * math.log(after / before) - (after - before)
    # Sum of what each day says for "after", from the day on.
    for_later = np.cumsum(gain[::-1])[::-1]
    return int(around[int(np.argmax(for_later))])
