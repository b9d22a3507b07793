"""Until when files tell anything, told from what is in them: the clock of the machine is not asked.

Dates that machines write (creation, change) end on the day of the export. Dates that people type
may lie in the future: an expected closing, a slip of the pen. So closings after the last machine's
date count as events only if there are many, or if they follow it closely.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulator.calibration.importing.cleaning import Stamps
from simulator.calibration.records import Integers

_YEAR = 365
_STRAY_SHARE = 0.1
"""Dates after an empty year are strays unless they are more than this share of all."""
_FEW_CLOSINGS = 0.05
_LONG = 10.0
"""A silence of so many mean spacings does not happen by chance (probability e to the -10)."""
_LEAST_DAYS = 14
_RECENT = 100
_LONELY_SHARE, _LONELY = 0.01, 2
"""Dates after a silence are slips of the pen if they are no more than this share or this many."""
_ENOUGH_BEFORE = 10
"""Fewer dates before a silence do not tell what is usual."""


@dataclass(frozen=True, slots=True)
class KnownTime:
    """The span that the files tell of, in days of the calendar.

    Attributes
    ----------
    first, last : datetime64[D]
        Of the events in the files.
    """

    first: np.datetime64
    last: np.datetime64

    @classmethod
    def of(cls, written: Stamps, closings: Stamps) -> KnownTime | None:
        """Find the span.

        Parameters
        ----------
        written : ndarray of datetime64
            Dates that a machine writes when something happens; NaT is missing.
        closings : ndarray of datetime64
            Of closed opportunities, as people may have typed them.

        Returns
        -------
        KnownTime or None
            None if there is no date at all.
        """
        machine, typed = _days(written), _days(closings)
        every = np.sort(np.concatenate([machine, typed]))
        if not len(every):
            return None
        last = without_strays(every)
        machine = np.sort(machine[machine <= last])
        if len(machine) and len(typed):
            end = without_strays(machine)
            typed = typed[typed <= last]
            near = typed[typed <= end + silence(machine[machine <= end])]
            if len(near) and len(typed) - len(near) <= _FEW_CLOSINGS * len(typed):
                last = int(max(end, near.max()))
        return cls(_date(int(every[0])), _date(last))


def _days(stamps: Stamps) -> Integers:
    known = stamps[~np.isnat(stamps)]
    return known.astype("datetime64[D]").astype(np.int64)


def _date(day: int) -> np.datetime64:
    return np.datetime64(day, "D")


def without_strays(days: Integers) -> int:
    """Return the last day before the few that lie beyond a silence; days must be sorted.

    A silence is an empty year, or a gap that is too long to be chance and twice as long as every
    gap before it: who has quiet months now and then may end with one.
    """
    between = np.diff(days)
    for gap in np.flatnonzero(between > _YEAR):
        beyond = len(days) - 1 - int(gap)
        if beyond <= max(_STRAY_SHARE * len(days), 1.0) and len(days) > 2:
            return int(days[gap])
    few = max(int(_LONELY_SHARE * len(days)), _LONELY)
    start = max(len(days) - 1 - few, _ENOUGH_BEFORE - 1)
    longest = np.maximum.accumulate(between) if len(between) else between
    for at in range(start, len(days) - 1):
        unusual = between[at] > max(2 * longest[at - 1], _LEAST_DAYS)
        if unusual and between[at] > silence(days[: at + 1]):
            return int(days[at])
    return int(days[-1])


def silence(days: Integers) -> float:
    """Return how many days without an event are too many to be chance, at the latest rate."""
    recent = np.sort(days)[-_RECENT:]
    spacing = float(recent[-1] - recent[0]) / max(len(recent) - 1, 1)
    return max(_LONG * spacing, float(_LEAST_DAYS))


def recorded_until(created: Stamps, last: np.datetime64) -> np.datetime64:
    """Return the last day on which leads were recorded.

    Parameters
    ----------
    created : ndarray of datetime64
    last : datetime64[D]
        End of the files.

    Returns
    -------
    datetime64[D]
        `last`, unless the leads end so long before that it cannot be chance.
    """
    days = _days(created)
    days = days[days <= int(last.astype("datetime64[D]").astype(np.int64))]
    if len(days) < 10:
        return last
    end = without_strays(np.sort(days))
    gap = int(last.astype("datetime64[D]").astype(np.int64)) - end
    return _date(end) if gap > silence(days) else last
