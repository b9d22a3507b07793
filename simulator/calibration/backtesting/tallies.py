"""Wins by calendar week, by the month in which their case came, and by how long they took."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from simulator.calibration.backtesting.cases import Wins
from simulator.calibration.backtesting.scoring import quantiles
from simulator.calibration.working_time import BUSINESS_DAYS_A_WEEKDAY, WorkingTime
from simulator.languages.messages import marked

Floats = NDArray[np.float64]

LEVELS = (0.25, 0.5, 0.75, 0.9)
"""Quantiles of the time to win."""
GROUPS = (marked("came later"), marked("open at the date"))
"""Cases that came after the forecast was made, and those that were there."""
BUSINESS_DAYS_A_WEEK = 5.0 * BUSINESS_DAYS_A_WEEKDAY
CALENDAR_DAYS = 7.0 / BUSINESS_DAYS_A_WEEK

_MOST_COHORTS_BEFORE = 12
_SLACK = 1e-6  # business days: edges of weeks are sums of fractions


@dataclass(frozen=True, slots=True)
class Frame:
    """What time is forecast, and how it is cut.

    A weekend takes no time and belongs to the Monday that follows, in weeks and in months, for
    what happened as for what is forecast.

    Attributes
    ----------
    at : float
        When the forecast is made: business days, just before the day after the date given.
    until : float
        End of what is known.
    leads_until : float
        Cases that come later are on file no more.
    weeks : tuple of datetime.date
        Mondays of the whole calendar weeks in between.
    week_edges : ndarray of float64, (weeks + 1,)
    months : tuple of datetime.date
        First days of the months whose cases are followed.
    month_edges : ndarray of float64, (months + 1,)
    """

    at: float
    until: float
    leads_until: float
    weeks: tuple[date, ...]
    week_edges: Floats
    months: tuple[date, ...]
    month_edges: Floats

    @classmethod
    def between(
        cls, time: WorkingTime, train_until: date, until: float, leads_until: float, first: float
    ) -> Frame:
        """Cut the time after a date.

        Parameters
        ----------
        time : WorkingTime
        train_until : datetime.date
            Last day that the forecast may know.
        until, leads_until : float
            As in the files.
        first : float
            When the first case came.
        """
        at = moment_after(time, train_until)
        monday = train_until + timedelta(days=1)
        monday += timedelta(days=-monday.weekday() % 7)
        # A Saturday or Sunday already belongs to the Monday that follows.
        begins = _day(time, monday)
        count = max(int((until - begins + _SLACK) // BUSINESS_DAYS_A_WEEK), 0)
        weeks = tuple(monday + timedelta(days=7 * i) for i in range(count))
        edges = begins + BUSINESS_DAYS_A_WEEK * np.arange(count + 1, dtype=np.float64)
        last = _month(time, min(leads_until, until) - _SLACK)
        earliest = max(_month(time, first), _moved(train_until, -_MOST_COHORTS_BEFORE + 1))
        months = [earliest]
        while months[-1] < last:
            months.append(_moved(months[-1], 1))
        month_edges = np.array([_day(time, each) for each in (*months, _moved(months[-1], 1))])
        return cls(at, until, leads_until, weeks, edges, tuple(months), month_edges)

    def tally(self, wins: Wins) -> Tally:
        """Count wins after the forecast was made."""
        wins = wins.within(self.at, self.until)
        age = np.maximum(wins.won - wins.created, 0.0) * CALENDAR_DAYS
        later = wins.created > self.at
        times = [quantiles(age[group], LEVELS) for group in (later, ~later)]
        return Tally(
            _counted(wins.won, self.week_edges),
            self.by_month(wins.created),
            np.concatenate(times),
        )

    def by_month(self, created: Floats) -> Floats:
        """Count cases by the month in which they came."""
        return _counted(created, self.month_edges)


@dataclass(frozen=True, slots=True)
class Tally:
    """Wins of one history, or of one member, after the forecast was made.

    Attributes
    ----------
    weekly : ndarray of float64, (weeks,)
        By the week of the win.
    cohorts : ndarray of float64, (months,)
        By the month in which the case came.
    times : ndarray of float64, (groups x levels,)
        Calendar days from coming to win, `LEVELS` of the first of `GROUPS` first; NaN: no win.
    """

    weekly: Floats
    cohorts: Floats
    times: Floats


@dataclass(frozen=True, slots=True)
class Ensemble:
    """Many tallies: one row a member.

    Attributes
    ----------
    weekly, cohorts, times : ndarray of float64
    """

    weekly: Floats
    cohorts: Floats
    times: Floats

    @classmethod
    def of(cls, frame: Frame, members: Sequence[Wins]) -> Ensemble:
        """Tally each member."""
        tallies = [frame.tally(each) for each in members]
        return cls(
            np.array([each.weekly for each in tallies]),
            np.array([each.cohorts for each in tallies]),
            np.array([each.times for each in tallies]),
        )


def moment_after(time: WorkingTime, day: date) -> float:
    """Return the last instant at which a day's working time is over and the next has not begun."""
    following = day + timedelta(days=1)
    return float(np.nextafter(_day(time, following), -np.inf))


def day_of(time: WorkingTime, when: float) -> date:
    """Return the calendar day of a business day."""
    stamp = time.stamps(np.array([when])).astype("datetime64[D]")[0]
    found: date = stamp.astype(object)
    return found


def _counted(times: Floats, edges: Floats) -> Floats:
    count = len(edges) - 1
    at = np.searchsorted(edges - _SLACK, times, side="right") - 1
    return np.bincount(at[(at >= 0) & (at < count)], minlength=count).astype(np.float64)


def _day(time: WorkingTime, day: date) -> float:
    return float(time.days(np.array([day], dtype="datetime64[s]"))[0])


def _month(time: WorkingTime, when: float) -> date:
    return day_of(time, when).replace(day=1)


def _moved(day: date, months: int) -> date:
    whole = day.year * 12 + day.month - 1 + months
    return date(whole // 12, whole % 12 + 1, 1)
