"""Calendar time turned into the clock's business days, and back.

The clock of a run counts business days: 20 a month, 240 a year. A calendar has about 261 weekdays
a year; holidays and closed days make up the difference. Nobody's files say which days those were,
so a weekday counts as 240 / 260.9 of a business day: months and years then last as long on both
sides, weekends take no time, and every instant of working time has exactly one counterpart.
Within a weekday time passes from 9:00 to 18:00; an instant outside belongs to the nearest working
time after it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Stamps = NDArray[np.datetime64]

BUSINESS_DAYS_A_WEEKDAY = 240.0 / (365.25 * 5.0 / 7.0)
"""Business days of the clock in one weekday of the calendar."""
OPENS, CLOSES = 9.0, 18.0
"""Working hours of a weekday."""

_MONDAY = np.datetime64("1970-01-05", "D")
_DAY_SECONDS = 86_400.0


@dataclass(frozen=True, slots=True)
class WorkingTime:
    """Business days since the beginning of a day of the calendar.

    Attributes
    ----------
    origin : datetime.date
        The day whose beginning is business day 0.
    """

    origin: date

    def days(self, stamps: Stamps, dated_only: NDArray[np.bool_] | bool = False) -> Floats:
        """Turn instants into business days.

        Parameters
        ----------
        stamps : ndarray of datetime64
            Local instants; NaT is missing.
        dated_only : bool or ndarray of bool
            Where only the day is known: the middle of its working time is taken.

        Returns
        -------
        ndarray of float64
            NaN where the instant is missing.
        """
        return (_weekdays(stamps, dated_only) - self._first) * BUSINESS_DAYS_A_WEEKDAY

    def stamps(self, days: Floats) -> Stamps:
        """Turn business days into instants (datetime64[s]); NaN becomes NaT."""
        known = np.isfinite(days)
        weekdays = np.where(known, days, 0.0) / BUSINESS_DAYS_A_WEEKDAY + self._first
        whole = np.floor(weekdays)
        weeks, weekday = np.divmod(whole.astype(np.int64), 5)
        date_of = _MONDAY + (weeks * 7 + weekday).astype("timedelta64[D]")
        hours = OPENS + (weekdays - whole) * (CLOSES - OPENS)
        found = date_of.astype("datetime64[s]") + np.round(hours * 3600.0).astype("timedelta64[s]")
        stamps: Stamps = found
        stamps[~known] = np.datetime64("NaT")
        return stamps

    @property
    def _first(self) -> float:
        return float(_weekdays(np.array([self.origin], dtype="datetime64[s]"), False)[0])


def weekday_of(stamps: Stamps) -> NDArray[np.int64]:
    """Return 0 for Monday to 6 for Sunday; -1 where the instant is missing."""
    missing = np.isnat(stamps)
    day = np.where(missing, _MONDAY, stamps.astype("datetime64[D]"))
    return np.where(missing, -1, (day - _MONDAY).astype(np.int64) % 7)


def _weekdays(stamps: Stamps, dated_only: NDArray[np.bool_] | bool) -> Floats:
    """Weekdays since a Monday, with the share of the working time that has passed."""
    missing = np.isnat(stamps)
    instants = np.where(missing, _MONDAY.astype("datetime64[s]"), stamps.astype("datetime64[s]"))
    day = instants.astype("datetime64[D]")
    weeks, weekday = np.divmod((day - _MONDAY).astype(np.int64), 7)
    hours = (instants - day.astype("datetime64[s]")).astype(np.float64) / _DAY_SECONDS * 24.0
    passed = np.clip((hours - OPENS) / (CLOSES - OPENS), 0.0, 1.0)
    passed = np.where(dated_only, 0.5, passed)
    # A weekend takes no time: it belongs to the Monday that follows.
    passed = np.where(weekday >= 5, 0.0, passed)
    found = weeks * 5.0 + np.minimum(weekday, 5) + passed
    return np.where(missing, np.nan, found)
