"""Courses over months as lines that carry their names at their ends."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from simulator.experiment.wording import paragraph
from simulator.languages.messages import say
from simulator.plots.slide import (
    LABEL,
    SMALL,
    Box,
    Sheet,
    begin,
    color_of,
    dash_of,
    ink_of,
    quiet,
    spread,
)
from simulator.presentation.chart_style import GREY, INK
from simulator.presentation.pictures.lines import (
    MOST_BANDS,
    far_from_zero,
    gaps_said,
    month_ticks,
    rounded_ends,
    stretches,
)
from simulator.presentation.views.shapes import Band, Course

_MOST_NAMES_WIDTH = 0.26  # of the slide
_MOST_NAMED_IN_PANELS = 3
_MOST_TICKS, _MOST_TICKS_IN_PANELS = 13, 7
_MOST_DOTS = 24


def draw_course(course: Course, title: str, note: str, size: tuple[float, float]) -> Sheet:
    """Draw one metric over months (or ages), one line to a scenario.

    Parameters
    ----------
    course : Course
    title, note : str
    size : pair of float
        Inches.
    """
    sheet = begin(title, paragraph([note, *gaps_said(course)]), size)
    _panel(sheet, sheet.area, course, _heading(course), named=True, most_ticks=_MOST_TICKS)
    return sheet


def draw_panels(
    courses: Sequence[Course], headings: Sequence[str], title: str, note: str,
    size: tuple[float, float],
) -> Sheet:  # fmt: skip
    """Draw several courses of the same scenarios beside each other.

    Parameters
    ----------
    courses : sequence of Course
    headings : sequence of str
        What each panel is about.
    title, note : str
    size : pair of float
        Inches.
    """
    gaps = dict.fromkeys(said for course in courses for said in gaps_said(course))
    sheet = begin(title, paragraph([note, *gaps]), size)
    named = max(len(course.bands) for course in courses) <= _MOST_NAMED_IN_PANELS
    area = sheet.area if named else _key(sheet, [band.scenario for band in courses[0].bands])
    columns = min(2, len(courses))
    rows = math.ceil(len(courses) / columns)
    gap = 0.35 * sheet.scale
    for place, (course, heading) in enumerate(zip(courses, headings, strict=True)):
        row, column = divmod(place, columns)
        width = (area.width - gap * (columns - 1)) / columns
        height = (area.height - gap * (rows - 1)) / rows
        left, top = area.left + column * (width + gap), area.top - row * (height + gap)
        box = Box(left, top - height, left + width, top)
        _panel(sheet, box, course, heading, named, _MOST_TICKS_IN_PANELS)
    return sheet


def _heading(course: Course) -> str:
    unit = course.scale.unit
    return say("{label} ({unit})", label=course.label, unit=unit) if unit else course.label


def _key(sheet: Sheet, names: Sequence[str]) -> Box:
    """Write the names in their colours above all panels, where there are too many for each."""
    area, gap, stroke = sheet.area, 0.3 * sheet.scale, 0.35 * sheet.scale
    most = (area.width - gap) / 3.0 - stroke
    x, y = area.left, area.top - sheet.line(SMALL) / 2.0
    for place, name in enumerate(names):
        words = sheet.broken(name, SMALL, most, 1)
        width = sheet.width(words, SMALL)
        if x > area.left and x + stroke + width > area.right:
            x, y = area.left, y - sheet.line(SMALL)
        color = color_of(place)
        sheet.paper.plot([x, x + 0.75 * stroke], [y, y], color=color, linestyle=dash_of(place),
                         linewidth=2.4 * sheet.scale)  # fmt: skip
        sheet.write(x + stroke, y, words, SMALL, ink_of(color))
        x += stroke + width + gap
    return area.inside(top=area.top - y + sheet.line(SMALL) / 2.0 + 0.1 * sheet.scale)


# ------------------------------------------------------------------ one panel


def _panel(
    sheet: Sheet, box: Box, course: Course, heading: str, named: bool, most_ticks: int
) -> None:
    """Draw a course into a box: heading, axes, bands, lines and their names."""
    words = sheet.broken(heading, LABEL, box.width, 1)
    sheet.write(box.left, box.top, words, LABEL, INK, up="top")
    low, high = _ends_of(course)
    ticks = _value_ticks(low, high)
    labels = [_plain(value) for value in ticks]
    names = [_name(sheet, band, box) for band in course.bands] if named else []
    left = sheet.widest(labels, SMALL) + 0.12 * sheet.scale
    right = sheet.widest([line for name in names for line in name.split("\n")], LABEL)
    foot = 2.0 * sheet.line(SMALL) + 0.1 * sheet.scale
    inner = box.inside(
        left, foot, right + (0.35 if named else 0.1) * sheet.scale,
        sheet.line(LABEL) + 0.12 * sheet.scale,
    )  # fmt: skip
    axes = sheet.axes(inner)
    quiet(axes, sheet)
    axes.set_yticks(ticks, labels)
    axes.set_ylim(low, high)
    # Where the axis does not begin at 0, no line stands at its bottom as if it did.
    axes.spines["bottom"].set_visible(low <= 0.0)
    _months(axes, course, sheet, most_ticks)
    _lines(axes, course, sheet)
    if named:
        _name_ends(sheet, inner, course, names, axes)


def _name(sheet: Sheet, band: Band, box: Box) -> str:
    known = np.isfinite(band.mean).any()
    words = band.scenario if known else say("{name}: no values", name=band.scenario)
    return sheet.broken(words, LABEL, _MOST_NAMES_WIDTH * box.width, 2)


def _ends_of(course: Course) -> tuple[float, float]:
    """Return the ends of the axis of values, as shown."""
    shown = []
    for band in course.bands:
        parts = [band.mean]
        if len(course.bands) <= MOST_BANDS:
            parts += [band.low, band.high, band.outer_low, band.outer_high]
        shown += [part[np.isfinite(part)] * course.scale.factor for part in parts]
    values = np.concatenate(shown) if shown else np.array([])
    if not len(values):
        return 0.0, 1.0
    low, high = float(values.min()), float(values.max())
    if low < 0.0 and _never_negative(course):
        low = 0.0  # an interval around a small mean reaches where no run does
    return rounded_ends(low, high, far_from_zero(course))


def _never_negative(course: Course) -> bool:
    """Tell whether neither a mean nor the bulk of the runs is ever below zero."""
    values = np.concatenate(
        [part for band in course.bands for part in (band.mean, band.outer_low)]
    )  # fmt: skip
    return bool((values[np.isfinite(values)] >= 0.0).all())


def _value_ticks(low: float, high: float) -> list[float]:
    from matplotlib.ticker import MaxNLocator

    found = MaxNLocator(nbins=5, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)
    reach = 1e-9 * (high - low)
    return [float(value) for value in found if low - reach <= value <= high + reach]


def _plain(value: float) -> str:
    return f"{round(value, 10) + 0.0:,.10g}"


def _months(axes: Axes, course: Course, sheet: Sheet, most: int) -> None:
    at = np.concatenate([band.at for band in course.bands]) if course.bands else np.array([1.0])
    first, last = (float(at.min()), float(at.max())) if len(at) else (0.0, 1.0)
    ticks = month_ticks(first, last, most)
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    reach = 0.02 * (last - first) if last > first else 0.5
    axes.set_xlim(first - reach, last + reach)
    axes.set_xlabel(course.axis, fontsize=SMALL * sheet.scale, color=GREY,
                    labelpad=2.0 * sheet.scale)  # fmt: skip


def _lines(axes: Axes, course: Course, sheet: Sheet) -> None:
    factor, count = course.scale.factor, len(course.bands)
    for place, band in enumerate(course.bands):
        color = color_of(place)
        if count <= MOST_BANDS:
            _fill(axes, band.at, band.outer_low * factor, band.outer_high * factor, color, 0.12)
            _fill(axes, band.at, band.low * factor, band.high * factor, color, 0.25)
        mean = band.mean * factor
        known = np.isfinite(mean)
        every = np.flatnonzero(known) if len(band.at) <= _MOST_DOTS else _alone(known)
        axes.plot(
            band.at, mean, color=color, linestyle=dash_of(place), linewidth=2.6 * sheet.scale,
            marker="o", markevery=list(every), markersize=4.0 * sheet.scale, clip_on=False,
        )  # fmt: skip


def _fill(
    axes: Axes, at: np.ndarray, low: np.ndarray, high: np.ndarray, color: str, alpha: float
) -> None:
    known = np.isfinite(low) & np.isfinite(high)
    if known.any():
        axes.fill_between(at, low, high, where=list(known), color=color, alpha=alpha, linewidth=0)
        # Of a month alone there is no surface: a stroke.
        if alone := _alone(known):
            axes.vlines(at[alone], low[alone], high[alone], color=color, alpha=2.0 * alpha)


def _alone(known: np.ndarray) -> list[int]:
    """Return the places without a known neighbour."""
    return [first for first, last in stretches(known.tolist()) if first == last]


def _name_ends(
    sheet: Sheet, inner: Box, course: Course, names: Sequence[str], axes: Axes
) -> None:  # fmt: skip
    """Write the name of each line beside it, moved apart, with a thread to where it ends."""
    (low, high), (first, until) = axes.get_ylim(), axes.get_xlim()
    heights = [sheet.line(LABEL) * (1 + name.count("\n")) for name in names]
    lasts = [_last(band) for band in course.bands]
    wanted = [
        inner.bottom if last is None
        else inner.bottom + inner.height * (last[1] * course.scale.factor - low) / (high - low)
        for last in lasts
    ]  # fmt: skip
    # Labels may stand a little above and below the axes.
    reach = 0.3 * sheet.scale
    placed = spread(wanted, heights, inner.bottom - reach, inner.top + reach)
    for place, (name, at) in enumerate(zip(names, placed, strict=True)):
        color = color_of(place)
        last, end = lasts[place], inner.right + 0.2 * sheet.scale
        if last is not None:
            start = inner.left + inner.width * (last[0] - first) / (until - first)
            early = last[0] < course.bands[place].at[-1]
            sheet.paper.plot([start, end], [wanted[place], at], color=color, alpha=0.6,
                             linestyle=":" if early else "-",
                             linewidth=1.0 * sheet.scale)  # fmt: skip
        sheet.write(end + 0.08 * sheet.scale, at, name, LABEL, ink_of(color))


def _last(band: Band) -> tuple[float, float] | None:
    """Return where a line ends, and its value there."""
    known = np.flatnonzero(np.isfinite(band.mean))
    return (float(band.at[known[-1]]), float(band.mean[known[-1]])) if len(known) else None
