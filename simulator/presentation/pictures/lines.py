"""The course of a metric over months as lines that carry their names at their ends."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from simulator.languages.messages import say
from simulator.metrics import METRICS
from simulator.presentation.pictures.lettering import (
    SMALL,
    fitted,
    known,
    spread,
    width_of,
)
from simulator.presentation.vector_drawing import Axis, Drawing, round_up, ticks
from simulator.presentation.views.shapes import Band, Course, Floats

MOST_BANDS = 3
"""Of more scenarios only the lines are drawn: bands over bands hide each other."""

_APART = 16.0
_FROM_ZERO = 0.5
"""An axis begins at 0 unless the least mean is above this part of the largest.

Then lines that run close together part, and no line is drawn at the bottom, where 0 is not.
"""


@dataclass(frozen=True, slots=True)
class _Frame:
    """Where things are in the picture."""

    width: float
    height: float
    left: float
    right: float
    top: float
    bottom: float


def course_chart(course: Course, small: bool = False) -> Markup:
    """Draw one metric over months, one line to a scenario.

    Lines differ by colour and by dashes, and end at their names. Up to three scenarios have the
    95 % interval of the mean and, lighter, the range of 80 % of single runs around them.

    Parameters
    ----------
    course : Course
    small : bool
        One of several beside each other.
    """
    frame = _frame(course, small)
    label = say("{metric} over time: {scenarios}.", metric=course.label,
                scenarios=", ".join(band.scenario for band in course.bands))  # fmt: skip
    drawing = Drawing(frame.width, frame.height, label, "chart course" if small else
                      "chart wide course")  # fmt: skip
    y = _values(course, frame)
    x = _places(course, frame)
    _scales(drawing, course, frame, x, y, small)
    banded = len(course.bands) <= MOST_BANDS
    for rank, band in enumerate(course.bands):
        drawing.begin(f"series s{rank % 10}", data={"scenario": rank})
        if banded:
            for low, high, look in (
                (band.outer_low, band.outer_high, "outer-band"), (band.low, band.high, "inner-band")
            ):  # fmt: skip
                _band(drawing, band.at, low, high, x, y, look)
        _line(drawing, band, x, y)
        drawing.end()
    _ends(drawing, course, frame, x, y)
    _columns(drawing, course, frame, x)
    return drawing.svg()


def gaps_said(course: Course) -> tuple[str, ...]:
    """Say what it means where a line or a band has a gap or ends early; nothing where none does.

    Parameters
    ----------
    course : Course
    """
    followed = course.metric in METRICS and METRICS[course.metric].followed
    lines = [np.isfinite(band.mean) for band in course.bands if _last(band) is not None]
    inside = [known[: np.flatnonzero(known)[-1] + 1].all() for known in lines]
    early = not all(known[-1] for known in lines)
    said = []
    if early or not all(inside):
        said.append(say(
            "Where a line has a gap or ends early, at least one run ended too soon to see how long"
            " it takes, or there was no case."
            if followed
            else "Where a line has a gap or ends early, no run has a value."
        ))  # fmt: skip
    if len(course.bands) <= MOST_BANDS and any(map(_outer_lacks, course.bands)):
        said.append(say(
            "Where a light band has a gap or ends early, fewer than ten runs have a value."
        ))  # fmt: skip
    return tuple(said)


def _outer_lacks(band: Band) -> bool:
    """Whether the range of single runs is known in some places of the line, but not in all."""
    wide = np.isfinite(band.outer_low)[np.isfinite(band.mean)]
    return bool(wide.any() and not wide.all())


def has_outer(course: Course) -> bool:
    """Whether there are runs enough to say between what 80 % of them lie.

    Parameters
    ----------
    course : Course
    """
    return any(bool(np.isfinite(band.outer_low).any()) for band in course.bands)


def _frame(course: Course, small: bool) -> _Frame:
    width = 460.0 if small else 1000.0
    most = 120.0 if small else 190.0
    named = max((width_of(band.scenario, strong=True) for band in course.bands), default=0.0)
    margin = min(named, most) + 24.0
    height = 240.0 if small else 320.0
    needed = _APART * len(course.bands) + 80.0
    return _Frame(width, max(height, needed), 58.0, width - margin, 38.0, max(height, needed) - 44)


def _values(course: Course, frame: _Frame) -> Axis:
    shown: list[float] = []
    for band in course.bands:
        parts = [band.mean]
        if len(course.bands) <= MOST_BANDS:
            parts += [band.low, band.high, band.outer_low, band.outer_high]
        shown += [value for part in parts for value in known(part.tolist())]
    low, high = (min(shown), max(shown)) if shown else (0.0, 1.0)
    if min(known(_never_less(course)), default=-1.0) >= 0.0:
        # No run is below 0: an interval that reaches there says nothing of what can be.
        low = max(low, 0.0)
    low, high = rounded_ends(low, high, far_from_zero(course))
    return Axis(low, high, frame.bottom, frame.top)


def _never_less(course: Course) -> list[float]:
    """Return all means and what few single runs are below."""
    parts = [part for band in course.bands for part in (band.mean, band.outer_low)]
    return [float(value) for part in parts for value in part]


def far_from_zero(course: Course) -> bool:
    """Whether all lines run so far above 0 that an axis from 0 would press them together.

    Parameters
    ----------
    course : Course
    """
    means = known([float(value) for band in course.bands for value in band.mean])
    return bool(means) and min(means) > _FROM_ZERO * max(means)


def rounded_ends(low: float, high: float, far: bool = False) -> tuple[float, float]:
    """Return ends of an axis around values: round, apart, and from 0 where 0 is not far.

    Parameters
    ----------
    low, high : float
    far : bool
        Whether 0 is far although an interval may reach near it.
    """
    if low >= 0.0 and low <= _FROM_ZERO * high and not far:
        low = 0.0
    elif high <= 0.0 and high >= _FROM_ZERO * low:
        high = 0.0
    if high - low <= 1e-9 * max(abs(low), abs(high)):
        # All alike: a line in the middle.
        size = 0.1 * abs(high) or 1.0
        low, high = low - size, high + size
    step = round_up((high - low) / 4.0)
    return step * math.floor(low / step + 1e-9), step * math.ceil(high / step - 1e-9)


def _places(course: Course, frame: _Frame) -> Axis:
    shown = [value for band in course.bands for value in known(band.at.tolist())]
    low, high = (min(shown), max(shown)) if shown else (0.0, 1.0)
    if high <= low:
        low, high = low - 0.5, low + 0.5
    return Axis(low, high, frame.left + 4.0, frame.right - 6.0)


def _scales(drawing: Drawing, course: Course, frame: _Frame, x: Axis, y: Axis, small: bool) -> None:
    factor = course.scale.factor or 1.0
    for value in ticks(y.low * factor, y.high * factor, 5):
        at = y(value / factor)
        look = "axis" if abs(value) < 1e-12 else "grid"
        drawing.line(frame.left, at, frame.right, at, look)
        drawing.text(frame.left - 6.0, at + 4.0, plain(value), anchor="end")
    unit = course.scale.unit
    title = say("{label} ({unit})¦picture", label=course.label, unit=unit) if unit else course.label
    drawing.text(0.0, 16.0, fitted(title, frame.width, strong=True), "chart-title")
    for value in month_ticks(x.low, x.high, 7 if small else 14):
        drawing.line(x(value), frame.bottom, x(value), frame.bottom + 4.0, "axis")
        drawing.text(x(value), frame.bottom + 18.0, plain(value), anchor="middle")
    middle = (frame.left + frame.right) / 2.0
    drawing.text(middle, frame.bottom + 36.0, course.axis, "axis-name", "middle")


def plain(value: float) -> str:
    """Write a round value of an axis."""
    return f"{value + 0.0:,.10g}"


def month_ticks(low: float, high: float, most: int) -> list[float]:
    """Return months to name: every one, or every second, third, sixth or twelfth."""
    first, last = math.ceil(low - 1e-9), math.floor(high + 1e-9)
    steps = (1, 2, 3, 6, 12, 24, 60, 120)
    every = next((step for step in steps if (last - first) // step + 1 <= most), steps[-1])
    if every == 1:
        return [float(month) for month in range(first, last + 1)]
    rounded = [float(month) for month in range(first, last + 1) if month % every == 0]
    # Near the first rounded one there is no room for the beginning.
    return rounded if rounded and rounded[0] - first < every * 0.75 else [float(first), *rounded]


def stretches(wanted: list[bool]) -> list[tuple[int, int]]:
    """Return (first, last) of what stands together.

    Parameters
    ----------
    wanted : list of bool
    """
    found: list[tuple[int, int]] = []
    for place, here in enumerate(wanted):
        if here and found and found[-1][1] == place - 1:
            found[-1] = (found[-1][0], place)
        elif here:
            found.append((place, place))
    return found


def _band(
    drawing: Drawing, at: Floats, low: Floats, high: Floats, x: Axis, y: Axis, look: str
) -> None:
    there = (np.isfinite(low) & np.isfinite(high)).tolist()
    for first, last in stretches(there):
        if last == first:
            drawing.line(x(at[first]), y(low[first]), x(at[first]), y(high[first]), f"{look}-line")
            continue
        span = range(first, last + 1)
        corners = [(x(at[i]), y(high[i])) for i in span]
        corners += [(x(at[i]), y(low[i])) for i in reversed(span)]
        drawing.curve(corners, look, closed=True)


def _line(drawing: Drawing, band: Band, x: Axis, y: Axis) -> None:
    for first, last in stretches(np.isfinite(band.mean).tolist()):
        if first == last:
            drawing.dot(x(band.at[first]), y(band.mean[first]), 3.5, "point")
            continue
        corners = [(x(band.at[i]), y(band.mean[i])) for i in range(first, last + 1)]
        drawing.curve(corners, "line")


def _ends(drawing: Drawing, course: Course, frame: _Frame, x: Axis, y: Axis) -> None:
    """Write the name of each line at its end, moved apart, with a thread to where it ends."""
    last = [_last(band) for band in course.bands]
    # A line without a value is named at the bottom.
    wanted = [y(band.mean[i]) if i is not None else frame.bottom + 1.0
              for band, i in zip(course.bands, last, strict=True)]  # fmt: skip
    low, high = frame.top + 4.0, frame.bottom
    placed = spread(wanted, _APART, low, high)
    room = frame.width - frame.right - 16.0
    for rank, (band, i, at) in enumerate(zip(course.bands, last, placed, strict=True)):
        drawing.begin(f"series s{rank % 10}", band.scenario, {"scenario": rank})
        if i is None:
            words = fitted(say("{name}: no values¦picture", name=band.scenario), room + 14.0, SMALL)
            drawing.text(frame.right + 6.0, at + 4.5, words, "tick")
        else:
            end = x(band.at[i])
            early = end < frame.right - 8.0
            if abs(at - wanted[rank]) > 3.0 or early:
                way_there = [(end + 2.0, wanted[rank]), (frame.right + 6.0, at),
                             (frame.right + 12.0, at)]  # fmt: skip
                drawing.outline(way_there, "thread early" if early else "thread")
            words = fitted(band.scenario, room, strong=True)
            drawing.text(frame.right + 15.0, at + 4.5, words, "end")
        drawing.end()


def _last(band: Band) -> int | None:
    places = np.flatnonzero(np.isfinite(band.mean))
    return int(places[-1]) if len(places) else None


def _columns(drawing: Drawing, course: Course, frame: _Frame, x: Axis) -> None:
    """Lay over each month a surface that tells all its values."""
    months = sorted({value for band in course.bands for value in known(band.at.tolist())})
    drawing.begin("marks columns", data={"each": " ".join(map(plain, months))})
    for place, month in enumerate(months):
        before = months[place - 1] if place else month - 1.0
        after = months[place + 1] if place + 1 < len(months) else month + 1.0
        start = max(x((before + month) / 2.0), frame.left) if place else frame.left
        end = x((month + after) / 2.0) if place + 1 < len(months) else frame.right
        told = [say("{axis}: {number}¦picture", axis=course.axis, number=plain(month))]
        told += [_told(course, band, month) for band in course.bands]
        height = frame.bottom - frame.top
        drawing.cell(start, frame.top, end - start, height, "", "\n".join(told))
    drawing.end()


def _told(course: Course, band: Band, month: float) -> str:
    here = np.flatnonzero(band.at == month)
    i = int(here[0]) if len(here) else None
    if i is None or not math.isfinite(band.mean[i]):
        return say("{name}: no values¦picture", name=band.scenario)
    value = course.scale.amount(band.mean[i])
    low, high = band.low[i], band.high[i]
    if len(course.bands) > MOST_BANDS or not (math.isfinite(low) and math.isfinite(high)):
        return say("{name}: {value}¦picture", name=band.scenario, value=value)
    return say(
        "{name}: {value} ({low} to {high})¦picture", name=band.scenario, value=value,
        low=course.scale.number(low), high=course.scale.number(high),
    )  # fmt: skip
