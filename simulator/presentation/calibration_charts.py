"""Pictures of a calibration: inquiries a week, fits over data, cohorts, and intervals in a row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from markupsafe import Markup
from numpy.typing import NDArray

from simulator.calibration.estimating.arrivals import Arrivals
from simulator.calibration.estimating.durations import Durations, LawFit
from simulator.calibration.estimating.survival import Curve, bounds
from simulator.calibration.records import Flags, Floats, Integers, Records
from simulator.calibration.working_time import BUSINESS_DAYS_A_WEEKDAY
from simulator.presentation.calibration_words import said, say
from simulator.presentation.figures import number
from simulator.presentation.vector_drawing import (
    Axis,
    Bend,
    Drawing,
    log_ticks,
    logarithm,
    root,
    root_ticks,
    steps,
    straight,
    thinned,
    ticks,
)

WEEK = 5.0 * BUSINESS_DAYS_A_WEEKDAY
"""Business days of the clock in a week of the calendar."""
SHOWN_LAWS = 3
"""So many laws are drawn over the data, the chosen one first."""

_WIDE, _NARROW = 960.0, 470.0
_STRIP = (200.0, 22.0)
MOST_MONTHS = 72
_WEEK_STAMP = np.timedelta64(7, "D")
_MONDAY = np.datetime64("1970-01-05", "D")


def _share(value: float) -> str:
    places = 0 if value >= 0.1 or value == 0.0 else 1
    return say("share", number=number(100.0 * value, places))


def _plain(value: float) -> str:
    return f"{value:,.10g}"


# ------------------------------------------------------------------ inquiries a week


class Weeks(NamedTuple):
    """Whole and begun weeks of the calendar, with what came in each."""

    monday: NDArray[np.datetime64]
    came: Integers
    recent: Flags
    whole: Flags


def weeks_of(records: Records, arrivals: Arrivals) -> Weeks:
    """Count what came in each week of the calendar.

    Parameters
    ----------
    records : Records
    arrivals : Arrivals
        Says what is counted, since when it counts, and until when it was recorded.
    """
    leads = arrivals.of == "leads"
    times = records.leads.created if leads else records.opportunities.opened
    times = times[times <= arrivals.until]
    edge = np.array([float(times.min()), arrivals.since, arrivals.until - 1e-6])
    first, since, last = (int(each) for each in _week(records, edge))
    number = _week(records, times)
    # What came at the very end of the last day belongs to its week.
    count = np.bincount(np.minimum(number, last) - first, minlength=last - first + 1)
    all_weeks = np.arange(first, last + 1)
    days = records.time.stamps(edge[[0, 2]]).astype("datetime64[D]")
    whole = np.ones(len(all_weeks), dtype=np.bool_)
    whole[0] = days[0] == _MONDAY + first * _WEEK_STAMP
    whole[-1] &= days[1] >= _MONDAY + last * _WEEK_STAMP + np.timedelta64(4, "D")
    monday = _MONDAY + all_weeks * _WEEK_STAMP
    return Weeks(monday, count, all_weeks >= since, whole)


def _week(records: Records, times: Floats) -> Integers:
    days = records.time.stamps(times).astype("datetime64[D]")
    return np.asarray((days - _MONDAY).astype(np.int64) // 7)


def arrivals_chart(records: Records, arrivals: Arrivals) -> Markup:
    """Draw inquiries by week, each regime's mean, and where one regime gave way to the next."""
    weeks = weeks_of(records, arrivals)
    left, right, bottom = 52.0, 12.0, 30.0
    top = 34.0 if arrivals.changes else 8.0
    height = 260.0 + top
    what = say(f"of.{arrivals.of}")
    drawing = Drawing(
        _WIDE, height,
        say(
            "chart.arrivals.label", what=what, weeks=len(weeks.came),
            most=int(weeks.came.max()), changes=len(arrivals.changes),
        ),
        "chart wide",
    )  # fmt: skip
    highest = 1.08 * float(weeks.came.max())
    y = Axis(0.0, highest, height - bottom, top)
    x = Axis(0.0, float(len(weeks.came)), left, _WIDE - right)
    for value in ticks(0.0, highest, 4):
        drawing.line(left, y(value), _WIDE - right, y(value), "grid")
        drawing.text(left - 6.0, y(value) + 4.0, _plain(value), anchor="end")
    gap = 0.5 if len(weeks.came) < 250 else 0.0
    for i, count in enumerate(weeks.came.tolist()):
        look = "bar" if weeks.recent[i] else "bar old"
        look += "" if weeks.whole[i] else " part"
        drawing.bar(x(i) + gap, y(count), x(i + 1) - x(i) - 2.0 * gap, y(0.0) - y(count), look)
    origin = weeks.monday[0]

    def place(when: float) -> float:
        stamp = records.time.stamps(np.array([when]))[0]
        return x(float((stamp - origin.astype(stamp.dtype)) / np.timedelta64(7 * 86400, "s")))

    _regimes(drawing, arrivals, records, y, place, top)
    _months_below(drawing, weeks, x, height - bottom)
    return drawing.svg()


def _regimes(
    drawing: Drawing,
    arrivals: Arrivals,
    records: Records,
    y: Axis,
    place: Callable[[float], float],
    top: float,
) -> None:
    """Draw the mean of each regime and a numbered line at each change."""
    changes = arrivals.changes
    times = records.leads.created if arrivals.of == "leads" else records.opportunities.opened
    begin = float(np.nanmin(times))
    means = [*(change.before for change in changes), arrivals.total.value]
    edges = [begin, *(change.at for change in changes), arrivals.until]
    for mean, a, b in zip(means, edges, edges[1:], strict=False):
        drawing.line(place(a), y(mean * WEEK), place(b), y(mean * WEEK), "mean")
    for i, change in enumerate(changes):
        at = place(change.at)
        drawing.line(at, top - 8.0, at, y(0.0), "change")
        drawing.dot(at, top - 16.0, 9.0, "badge")
        drawing.text(at, top - 11.5, str(i + 1), "badge-text", "middle")


def _months_below(drawing: Drawing, weeks: Weeks, x: Axis, base: float) -> None:
    """Write months, and the year at each January and at the beginning."""
    months = weeks.monday.astype("datetime64[M]")
    starts = [i for i in range(len(months)) if i == 0 or months[i] != months[i - 1]]
    every = max(1, -(-len(starts) // 14))
    named = -1
    for rank, i in enumerate(starts):
        number_of = int(months[i].astype(int))
        drawing.line(x(i), base, x(i), base + 4.0, "axis")
        # The first month may be over after a few days: its name needs the place of the next.
        room = rank or len(starts) <= every or x(starts[every]) - x(0.0) > 60.0
        if rank % every == 0 and room:
            drawing.text(x(i) + 2.0, base + 17.0, _month(number_of, named))
            named = number_of // 12
    drawing.line(x.start, base, x.end, base, "axis")


def _month(number_of: int, named: int) -> str:
    """Write a month counted from January 1970; its year where that was not named just before."""
    year, month = divmod(number_of, 12)
    name = say("months").split()[month]
    return name if year == named else say("month", month=name, year=1970 + year)


# ------------------------------------------------------------------ fits over data


def durations_chart(durations: Durations, half: float) -> Markup:
    """Draw what the files show by age, with its band, and the laws over it.

    Parameters
    ----------
    durations : Durations
    half : float
        Half a day where only days are on file: so much later a day's ends may have been.
    """
    curve = durations.empirical
    height, left, right, top, bottom = 330.0, 50.0, 14.0, 14.0, 46.0
    laws = drawn_laws(durations)
    last = max(curve.last, 1.0)
    x = Axis(0.0, last, left, _NARROW - right, root)
    chosen = thinned(np.sqrt(curve.times))
    low, high = band(curve, chosen)
    ages = np.array(x.back(160))
    fitted = [np.clip(fit.ended(ages + half), 0.0, 1.0) for fit in laws]
    seen = max(float(np.max(high)), 1e-6)
    # A law that is far off may leave the picture; the data shall not shrink for it.
    most = max([seen, *(min(float(each.max()), 1.4 * seen) for each in fitted)])
    highest = min(1.05 * most, 1.0)
    y = Axis(0.0, highest, height - bottom, top)
    label = say(
        "chart.durations.label", name=said(durations.name), n=durations.n,
        share=_share(curve.at(curve.last)), age=number(curve.last, 0),
    )  # fmt: skip
    drawing = Drawing(_NARROW, height, label)
    for value in ticks(0.0, highest, 5):
        drawing.line(left, y(value), _NARROW - right, y(value), "grid")
        drawing.text(left - 6.0, y(value) + 4.0, _share(value), anchor="end")
    for value in root_ticks(last):
        drawing.line(x(value), height - bottom, x(value), height - bottom + 4.0, "axis")
        drawing.text(x(value), height - bottom + 18.0, _plain(value), anchor="middle")
    drawing.line(left, height - bottom, _NARROW - right, height - bottom, "axis")
    middle = (left + _NARROW - right) / 2.0
    drawing.text(middle, height - 6.0, say("chart.durations.axis"), "axis-name", "middle")

    places = [x(float(t)) for t in curve.times[chosen]]
    upper = steps(places, [y(each) for each in high], x(last))
    lower = steps(places, [y(each) for each in low], x(last))
    drawing.outline([*upper, *reversed(lower)], "band", closed=True)
    for rank, shares in reversed(list(enumerate(fitted))):
        inside = shares <= highest
        points = [
            (x(float(t)), y(float(f)))
            for t, f in zip(ages[inside], shares[inside], strict=True)
        ]  # fmt: skip
        drawing.outline(points, f"law law{rank}")
    own = [y(float(each)) for each in curve.incidence[chosen]]
    drawing.outline(steps(places, own, x(last)), "curve")
    return drawing.svg()


def drawn_laws(durations: Durations) -> tuple[LawFit, ...]:
    """Return the laws to be drawn: the chosen one, then those of the lowest AIC."""
    best = durations.best
    others = [fit for fit in durations.fits if fit is not best]
    return tuple(([best] if best is not None else []) + others)[:SHOWN_LAWS]


def band(curve: Curve, chosen: Integers) -> tuple[list[float], list[float]]:
    """Return the 95 % interval of the share ended, at some of the curve's times."""
    low, high = [], []
    for k in chosen.tolist():
        a, b = bounds(
            float(curve.incidence[k]), float(curve.error[k]), max(float(curve.at_risk[k]), 1.0)
        )
        # At age 0 nothing has had time to end: that is known, not estimated.
        known = k == 0 and curve.events[0] == 0.0
        low.append(0.0 if known else a)
        high.append(0.0 if known else b)
    return low, high


# ------------------------------------------------------------------ cohorts


def cohorts_chart(cohorts: pd.DataFrame, usual: Curve | None) -> Markup:
    """Draw what came in each month and was won so far, and below its conversion.

    Parameters
    ----------
    cohorts : DataFrame
        As in :class:`simulator.calibration.estimating.conversion.Conversions`.
    usual : Curve or None
        Share won by age of all recent cases: what a month of its age would show by now.
    """
    rows = cohorts.tail(MOST_MONTHS).to_dict(orient="records")
    height, left, right, split, top, bottom = 380.0, 52.0, 12.0, 168.0, 12.0, 30.0
    drawing = Drawing(
        _WIDE, height, say("chart.cohorts.label", months=len(rows)), "chart wide"
    )  # fmt: skip
    x = Axis(0.0, float(len(rows)), left, _WIDE - right)
    most = 1.08 * max(float(row["cases"]) for row in rows)
    counts = Axis(0.0, most, split - 14.0, top)
    highest = max([0.0, *(float(row["high"]) for row in rows if row["complete"])])
    shares = Axis(0.0, min(1.05 * max(highest, 0.01), 1.0), height - bottom, split + 10.0)
    for value in ticks(0.0, most, 3):
        drawing.line(left, counts(value), _WIDE - right, counts(value), "grid")
        drawing.text(left - 6.0, counts(value) + 4.0, _plain(value), anchor="end")
    for value in ticks(0.0, shares.high, 4):
        drawing.line(left, shares(value), _WIDE - right, shares(value), "grid")
        drawing.text(left - 6.0, shares(value) + 4.0, _share(value), anchor="end")
    wide = x(1.0) - x(0.0)
    every, named = max(1, -(-len(rows) // 14)), -1
    for i, row in enumerate(rows):
        middle, cases, won = x(i + 0.5), float(row["cases"]), float(row["won"])
        drawing.bar(x(i) + 0.12 * wide, counts(cases), 0.76 * wide,
                    counts(0.0) - counts(cases), "bar old")  # fmt: skip
        drawing.bar(x(i) + 0.12 * wide, counts(won), 0.76 * wide, counts(0.0) - counts(won), "bar")
        if row["complete"]:
            if usual is not None:
                level = shares(usual.at(float(row["followed_days"])))
                drawing.line(x(i) + 0.12 * wide, level, x(i + 1) - 0.12 * wide, level, "usual")
            drawing.line(middle, shares(row["low"]), middle, shares(row["high"]), "interval")
            drawing.dot(middle, shares(row["conversion"]), 4.0, "dot")
        if i % every == 0:
            year, month = (int(each) for each in str(row["month"]).split("-"))
            words = _month((year - 1970) * 12 + month - 1, named)
            named = year - 1970
            drawing.text(middle, height - bottom + 18.0, words, anchor="middle")
    for base in (counts(0.0), shares(0.0)):
        drawing.line(left, base, _WIDE - right, base, "axis")
    return drawing.svg()


# ------------------------------------------------------------------ one row of a table


@dataclass(frozen=True, slots=True)
class Strip:
    """The common scale of the small pictures of intervals in the rows of one table.

    Attributes
    ----------
    low, high : float
    kind : str
        "share", "log" or "plain".
    """

    low: float
    high: float
    kind: str = "plain"

    @classmethod
    def over(cls, values: Sequence[float], kind: str = "plain") -> Strip:
        """Return a scale on which all these values have a place."""
        known = [each for each in values if np.isfinite(each)]
        if kind == "log":
            positive = [each for each in known if each > 0.0] or [1.0]
            return cls(min(positive) / 1.15, max(positive) * 1.15, kind)
        low, high = min([0.0, *known]), max([0.0, *known])
        high = 1.04 * high if high > 0.0 or low < 0.0 else 1.0
        return cls(low, min(high, 1.0) if kind == "share" else high, kind)

    @property
    def _axis(self) -> Axis:
        bend: Bend = logarithm if self.kind == "log" else straight
        return Axis(self.low, self.high, 14.0, _STRIP[0] - 16.0, bend)

    @property
    def _ticks(self) -> list[float]:
        found = log_ticks(self.low, self.high) if self.kind == "log" else []
        return found or ticks(self.low, self.high, 3)

    def scale(self) -> Markup:
        """Draw the scale, for the head of the column."""
        drawing, axis = Drawing(_STRIP[0], 16.0, look="strip"), self._axis
        for value in self._ticks:
            words = _share(value) if self.kind == "share" else _plain(float(f"{value:.6g}"))
            drawing.text(axis(value), 12.0, words, anchor="middle")
        return drawing.svg()

    def interval(
        self,
        value: float,
        low: float,
        high: float,
        reached: float | None = None,
        outer: tuple[float, float] | None = None,
    ) -> Markup:
        """Draw an estimate in its interval.

        Parameters
        ----------
        value, low, high : float
        reached : float, optional
            What runs show, as a diamond.
        outer : (low, high), optional
            A wider interval behind it.
        """
        drawing, axis = self._begun()
        middle = _STRIP[1] / 2.0
        if outer is not None:
            drawing.line(axis(outer[0]), middle, axis(outer[1]), middle, "outer")
        drawing.line(axis(low), middle, axis(high), middle, "interval")
        drawing.dot(axis(value), middle, 4.0, "dot")
        if reached is not None:
            drawing.diamond(axis(reached), middle, 5.5, "runs")
        return drawing.svg()

    def bar(self, value: float, inner: float | None = None) -> Markup:
        """Draw a bar from 0, with another one inside if one is given."""
        drawing, axis = self._begun()
        for size, look in ((value, "bar" if inner is None else "bar old"), (inner, "bar")):
            if size is not None:
                drawing.bar(axis(0.0), 4.0, axis(size) - axis(0.0), _STRIP[1] - 8.0, look)
        return drawing.svg()

    def _begun(self) -> tuple[Drawing, Axis]:
        drawing, axis = Drawing(*_STRIP, look="strip"), self._axis
        for value in self._ticks:
            drawing.line(axis(value), 0.0, axis(value), _STRIP[1], "grid")
        return drawing, axis
