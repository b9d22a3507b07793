"""Amounts as bars: shares of a gap, a waterfall, a tornado, and differences run by run."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simulator.experiment.quantities import Scale
from simulator.languages.messages import say
from simulator.plots.slide import LABEL, SMALL, Box, Sheet, begin, ink_of, mixed
from simulator.presentation.chart_style import (
    BLUE,
    FAINT,
    GREEN,
    GREY,
    INK,
    ORANGE,
    PURPLE,
    VERMILION,
)
from simulator.presentation.pictures.tornado import directions
from simulator.presentation.views.analyses import zero_is_near
from simulator.presentation.views.shapes import Bar, Bars, Floats, Step, Tornado, Waterfall

TEAM_COLORS = {
    "marketing": ORANGE, "inside_sales": GREEN, "field_sales": BLUE, "customer_success": PURPLE,
}  # fmt: skip
_ENDS = (BLUE, VERMILION)
"""Of the low and the high end of an assumption, as on pages."""
_NAMES = 0.34
"""Most of the width that names take."""
_LABELS = 0.42
"""As much of it for what assumptions are called."""
_TALLEST = 0.95  # inches of a row
_LEAST_SCALE = 0.55


@dataclass(frozen=True, slots=True)
class _Rows:
    """Rows with a name each, and the axis that they share.

    Attributes
    ----------
    names : Box
    plot : Box
    height : float
        Of a row, in inches.
    low, high : float
        Ends of the axis.
    letters : float
        Size of the letters, in points on a slide.
    """

    names: Box
    plot: Box
    height: float
    low: float
    high: float
    letters: float

    def x(self, value: float) -> float:
        """Return where a value stands."""
        part = (value - self.low) / (self.high - self.low)
        return self.plot.left + part * self.plot.width

    def y(self, row: int) -> float:
        """Return the middle of a row."""
        return self.plot.top - (row + 0.5) * self.height


def draw_bars(parts: Sequence[Bars], title: str, note: str, size: tuple[float, float]) -> Sheet:
    """Draw bars with their intervals; what cannot be told from zero is pale.

    Parameters
    ----------
    parts : sequence of Bars
        Below each other.
    title, note : str
    size : pair of float
        Inches.
    """
    sheet = begin(title, note, size)
    counts = [len(each.bars) + (each.total is not None) for each in parts]
    heading = sheet.line(LABEL) + 0.1 * sheet.scale
    gap = 0.25 * sheet.scale
    free = sheet.area.height - len(parts) * heading - (len(parts) - 1) * gap
    row = min(free / max(sum(counts), 1), _TALLEST * sheet.scale)
    top = sheet.area.top
    for each, count in zip(parts, counts, strict=True):
        bottom = top - heading - count * row
        box = Box(sheet.area.left, bottom, sheet.area.right, top)
        unit = each.scale.unit
        words = say("{label} ({unit})", label=each.label, unit=unit) if unit else each.label
        sheet.write(box.left, top, sheet.broken(words, LABEL, box.width, 1), LABEL, GREY, up="top")
        _bars(sheet, box.inside(top=heading), each, row)
        top = bottom - gap
    return sheet


def _bars(sheet: Sheet, box: Box, part: Bars, height: float) -> None:
    every = [*part.bars, *([part.total] if part.total is not None else [])]
    values = [[each.value, each.low, each.high] for each in every]
    names = [each.label for each in every]
    rows = _rows(sheet, box, names, values, height, [_amount(each, part.scale) for each in every])
    _zero(sheet, rows)
    for place, (each, name) in enumerate(zip(every, names, strict=True)):
        y = rows.y(place)
        total = each is part.total
        if total:
            line = y + 0.5 * rows.height
            sheet.paper.plot([box.left, box.right], [line, line], color=FAINT,
                             linewidth=1.0 * sheet.scale)  # fmt: skip
        color = INK if total else TEAM_COLORS.get(each.team, BLUE)
        _name_row(sheet, rows, y, name, bold=total)
        _bar(sheet, rows, y, each, color)
        _value(sheet, rows, y, each.value, each.low, each.high, _amount(each, part.scale),
               INK if each.told or total else GREY)  # fmt: skip


def _amount(bar: Bar, scale: Scale) -> str:
    return scale.number(bar.value) if not bar.note else say(
        "{number}, {note}", number=scale.number(bar.value), note=bar.note
    )  # fmt: skip


def _rows(
    sheet: Sheet, box: Box, names: Sequence[str], values: Sequence[Sequence[float]], height: float,
    amounts: Sequence[str], most: float = _NAMES,
) -> _Rows:  # fmt: skip
    """Share the width between names, and bars with their amounts beside them."""
    letters = min(LABEL, LABEL * max(height / sheet.line(LABEL) / 1.05, _LEAST_SCALE))
    if sheet.widest(names, letters) > most * box.width and height < 2.0 * sheet.line(letters):
        letters = min(letters, SMALL)  # two lines, or one that is longer
    widest = min(sheet.widest(names, letters) + 0.2 * sheet.scale, most * box.width)
    beside = min(sheet.widest(amounts, letters), 0.3 * box.width) + 0.25 * sheet.scale
    known = [each for row in values for each in row if math.isfinite(each)]
    low, high = min([0.0, *known]), max([0.0, *known])
    if high - low <= 0.0:
        high = low + 1.0
    # An amount stands on the side to which its bar, the first of the values, goes.
    left = beside if any(row[0] < 0.0 for row in values) else 0.05 * sheet.scale
    right = beside if any(not row[0] < 0.0 for row in values) else 0.05 * sheet.scale
    plot = box.inside(left=widest + left, right=right)
    return _Rows(Box(box.left, box.bottom, box.left + widest, box.top), plot, height, low, high,
                 letters)  # fmt: skip


def _zero(sheet: Sheet, rows: _Rows) -> None:
    x = rows.x(0.0)
    sheet.paper.plot([x, x], [rows.plot.bottom, rows.plot.top], color=GREY,
                     linewidth=1.2 * sheet.scale, zorder=3)  # fmt: skip


def _name_row(sheet: Sheet, rows: _Rows, y: float, name: str, bold: bool = False) -> None:
    room = rows.names.width - 0.1 * sheet.scale
    most = 2 if rows.height > 2.0 * sheet.line(rows.letters) else 1
    words = sheet.broken(name, rows.letters, room, most, bold)
    sheet.write(rows.names.left, y, words, rows.letters, INK, bold=bold)


def _bar(sheet: Sheet, rows: _Rows, y: float, bar: Bar, color: str) -> None:
    if math.isfinite(bar.value):
        shown = color if bar.told else mixed(color, 0.4)
        half = 0.3 * rows.height
        x1, x2 = sorted((rows.x(0.0), rows.x(bar.value)))
        sheet.paper.fill_between([x1, x2], y - half, y + half, color=shown, linewidth=0)
    if math.isfinite(bar.low) and math.isfinite(bar.high):
        sheet.paper.plot([rows.x(bar.low), rows.x(bar.high)], [y, y], color=INK,
                         linewidth=1.8 * sheet.scale, solid_capstyle="butt", zorder=4)  # fmt: skip


def _value(
    sheet: Sheet, rows: _Rows, y: float, value: float, low: float, high: float, words: str,
    color: str,
) -> None:  # fmt: skip
    """Write an amount outside its bar and its interval."""
    apart = 0.1 * sheet.scale
    room = 0.3 * (rows.plot.right - rows.names.left)
    words = sheet.broken(words, rows.letters, room, 1)
    ends = [rows.x(each) for each in (0.0, value, low, high) if math.isfinite(each)]
    if math.isfinite(value) and value < 0.0:
        sheet.write(min(ends) - apart, y, words, rows.letters, color, across="right")
    else:
        sheet.write(max(ends) + apart, y, words, rows.letters, color)


# ------------------------------------------------------------------ waterfall


def draw_waterfall(fall: Waterfall, title: str, note: str, size: tuple[float, float]) -> Sheet:
    """Draw levels as columns from the ground, and changes hanging between them.

    Parameters
    ----------
    fall : Waterfall
    title, note : str
    size : pair of float
        Inches.
    """
    sheet = begin(title, note, size)
    area = sheet.area
    wide = area.width / max(len(fall.steps), 1)
    labels = [sheet.broken(step.label, SMALL, 0.94 * wide, 3) for step in fall.steps]
    foot = sheet.line(SMALL) * max(label.count("\n") + 1 for label in labels) + 0.1 * sheet.scale
    box = area.inside(bottom=foot, top=sheet.line(LABEL) + sheet.line(SMALL))
    sheet.write(area.left, area.top, fall.scale.unit, SMALL, GREY, up="top")
    spans = _spans(fall)
    bounds = [_bounds(step, end) for step, (_, end) in zip(fall.steps, spans, strict=True)]
    known = [each for span in (*spans, *bounds) for each in span if math.isfinite(each)]
    low, high = min([0.0, *known]), max([0.0, *known])
    unit = box.height / (high - low) if high > low else 0.0

    def y(value: float) -> float:
        return box.bottom + (value - low) * unit

    for place, (step, (start, end), (least, most), label) in enumerate(
        zip(fall.steps, spans, bounds, labels, strict=True)
    ):
        middle = box.left + (place + 0.5) * wide
        level = step.kind == "level"
        color = GREY if level else (BLUE if step.value >= 0.0 else VERMILION)
        if math.isfinite(start) and math.isfinite(end):
            bottom, top = sorted((y(start), y(end)))
            sheet.paper.fill_between([middle - 0.33 * wide, middle + 0.33 * wide], bottom, top,
                                     color=color, linewidth=0)  # fmt: skip
            if place + 1 < len(fall.steps):
                sheet.paper.plot([middle + 0.33 * wide, middle + 0.67 * wide], [y(end)] * 2,
                                 color=GREY, linewidth=0.8 * sheet.scale)  # fmt: skip
            if math.isfinite(least) and math.isfinite(most):
                x = middle + 0.24 * wide
                sheet.paper.plot([x, x], [y(least), y(most)], color=INK, solid_capstyle="butt",
                                 linewidth=1.8 * sheet.scale, zorder=4)  # fmt: skip
                top = max(top, y(most))
            number = fall.scale.number(step.value)
            said = number if level or step.value <= 0.0 else f"+{number}"
            sheet.write(middle, top + 0.06 * sheet.scale, said, LABEL, ink_of(color), "center",
                        "bottom", bold=True)  # fmt: skip
        else:
            sheet.write(middle, y(0.0) + 0.06 * sheet.scale, "-", LABEL, GREY, "center", "bottom")
        sheet.write(middle, area.bottom + foot - 0.1 * sheet.scale, label, SMALL, INK, "center",
                    "top")  # fmt: skip
    sheet.paper.plot([box.left, box.right], [y(0.0)] * 2, color=GREY, linewidth=1.2 * sheet.scale)
    return sheet


def _bounds(step: Step, end: float) -> tuple[float, float]:
    """Return where the interval of a step lies, whose bar ends somewhere; NaN without one."""
    return end + step.low - step.value, end + step.high - step.value


def _spans(fall: Waterfall) -> list[tuple[float, float]]:
    """Return from where to where each step goes."""
    found, at = [], 0.0
    for step in fall.steps:
        start = 0.0 if step.kind == "level" else at
        end = start + step.value
        found.append((start, end))
        at = end if math.isfinite(end) else at
    return found


# ------------------------------------------------------------------ tornado


def draw_tornado(tornado: Tornado, title: str, note: str, size: tuple[float, float]) -> Sheet:
    """Draw how far a result goes with each assumption, the widest on top.

    Blue is the low end of an assumption, orange its high end; where both go to the same side, they
    stand below each other.

    Parameters
    ----------
    tornado : Tornado
    title, note : str
    size : pair of float
        Inches.
    """
    sheet = begin(title, note, size)
    scale, base = tornado.scale, tornado.at_default
    unit = scale.unit
    label = say("{label} ({unit})", label=tornado.label, unit=unit) if unit else tornado.label
    heading = sheet.line(LABEL) + 2.0 * sheet.line(SMALL) + 0.15 * sheet.scale
    sheet.write(sheet.area.left, sheet.area.top,
                sheet.broken(label, LABEL, sheet.area.width, 1), LABEL, GREY, up="top")  # fmt: skip
    _tornado_key(sheet)
    box = sheet.area.inside(top=heading)
    height = min(box.height / max(len(tornado.spokes), 1), _TALLEST * sheet.scale)
    box = box.inside(bottom=box.height - height * max(len(tornado.spokes), 1))
    ends = [[spoke.at_low - base, spoke.at_high - base] for spoke in tornado.spokes]
    words = [
        (_end(spoke.low_input, scale.number(spoke.at_low)),
         _end(spoke.high_input, scale.number(spoke.at_high)))
        for spoke in tornado.spokes
    ]  # fmt: skip
    turns = math.isfinite(base) and zero_is_near(tornado)
    rows = _rows(
        sheet, box, [spoke.label for spoke in tornado.spokes],
        [*ends, [-1e-12], [1e-12], *([[-base]] if turns else [])], height,
        [each for pair in words for each in pair], _LABELS,
    )  # fmt: skip
    _zero(sheet, rows)
    sheet.write(rows.x(0.0), box.top + 0.05 * sheet.scale,
                say("as stated: {value}", value=scale.amount(base)), SMALL, GREY, "center",
                "bottom")  # fmt: skip
    if turns:
        x = rows.x(-base)
        sheet.paper.plot([x, x], [box.bottom, box.top], color=VERMILION, linestyle="--",
                         linewidth=1.5 * sheet.scale)  # fmt: skip
    for place, (spoke, said) in enumerate(zip(tornado.spokes, words, strict=True)):
        y = rows.y(place)
        _name_row(sheet, rows, y, spoke.label)
        _spoke(sheet, rows, y, (spoke.at_low - base, spoke.at_high - base), said, spoke.told)
    return sheet


def _tornado_key(sheet: Sheet) -> None:
    """Say which colour is which end, under the heading."""
    side = sheet.inches(SMALL)
    x, y = sheet.area.left, sheet.area.top - sheet.line(LABEL) - sheet.line(SMALL) / 2.0
    ends = (say("low end of the assumption"), say("high end of the assumption"))
    for color, words in zip(_ENDS, ends, strict=True):
        sheet.paper.fill_between([x, x + side], y - side / 2.0, y + side / 2.0, color=color,
                                 linewidth=0)  # fmt: skip
        sheet.write(x + 1.4 * side, y, words, SMALL, GREY)
        x += 1.4 * side + sheet.width(words, SMALL) + 0.3 * sheet.scale


def _end(setting: str, outcome: str) -> str:
    return say("{outcome} at {setting}", outcome=outcome, setting=setting) if setting else outcome


def _spoke(
    sheet: Sheet, rows: _Rows, y: float, ends: tuple[float, float], words: tuple[str, str],
    told: bool,
) -> None:  # fmt: skip
    sides = directions(*ends)
    # Each has a half of the row for itself where both go to the same side.
    together = sides[0] == sides[1]
    half = (0.2 if together else 0.3) * rows.height
    apart, letters = 0.08 * sheet.scale, min(rows.letters, SMALL)
    if together:
        letters *= min(0.46 * rows.height / sheet.inches(letters), 1.0)
    room = 0.3 * (rows.plot.right - rows.names.left)
    for value, said, color, side, place in zip(
        ends, words, _ENDS, sides, (1, -1), strict=True
    ):  # fmt: skip
        middle = y + (0.22 * rows.height * place if together else 0.0)
        outer = rows.x(value if math.isfinite(value) else 0.0)
        x1, x2 = sorted((rows.x(0.0), outer))
        shown = color if told else mixed(color, 0.4)
        # Over the grounds of labels, which are for the dashed line only.
        sheet.paper.fill_between([x1, x2], middle - half, middle + half, color=shown, linewidth=0,
                                 zorder=6.5)  # fmt: skip
        text = sheet.broken(said, letters, room, 1)
        across = "right" if side < 0 else "left"
        sheet.write(outer + side * apart, middle, text, letters, INK if told else GREY,
                    across=across, backed=True)  # fmt: skip


# ------------------------------------------------------------------ run by run


@dataclass(frozen=True, slots=True)
class Pairs:
    """Differences of one scenario from the reference, one for each pair of runs."""

    scenario: str
    each: Floats
    mean: float
    low: float
    high: float


def draw_pairs(
    pairs: Sequence[Pairs], scale: Scale, label: str, better: int, title: str, note: str,
    size: tuple[float, float],
) -> Sheet:  # fmt: skip
    """Draw a point for each pair of runs, and their mean with its interval.

    Parameters
    ----------
    pairs : sequence of Pairs
    scale : Scale
    label : str
        Of the metric.
    better : int
        Sign of an improvement, or 0.
    title, note : str
    size : pair of float
        Inches.
    """
    sheet = begin(title, note, size)
    unit = scale.unit
    words = say("{label} ({unit})", label=label, unit=unit) if unit else label
    sheet.write(sheet.area.left, sheet.area.top,
                sheet.broken(words, LABEL, sheet.area.width, 1), LABEL, GREY, up="top")  # fmt: skip
    foot = 1.4 * sheet.line(SMALL)
    box = sheet.area.inside(top=1.6 * sheet.line(LABEL), bottom=foot)
    height = min(box.height / max(len(pairs), 1), 4.0 * sheet.scale)
    box = box.inside(bottom=box.height - height * max(len(pairs), 1))
    values = [[each.mean, *each.each, each.low, each.high] for each in pairs]
    amounts = [scale.number(each.mean) for each in pairs]
    rows = _rows(sheet, box, [each.scenario for each in pairs], values, height, amounts)
    _zero(sheet, rows)
    _ticks(sheet, rows, scale)
    for place, one in enumerate(pairs):
        y = rows.y(place)
        good = better * one.mean > 0.0
        color = GREY if not better else BLUE if good else VERMILION
        _name_row(sheet, rows, y, one.scenario)
        _points(sheet, rows, y, one, color)
        _mean(sheet, rows, y, one, scale, ink_of(color))
    return sheet


def _mean(sheet: Sheet, rows: _Rows, y: float, one: Pairs, scale: Scale, color: str) -> None:
    """Write the mean over its cross, or beside all points where rows are low."""
    words, letters = scale.number(one.mean), rows.letters
    if math.isfinite(one.mean) and 0.15 * rows.height > 1.1 * sheet.inches(letters):
        half = sheet.width(words, letters, True) / 2.0
        x = min(max(rows.x(one.mean), rows.names.right + half), sheet.area.right - half)
        sheet.write(x, y + 0.32 * rows.height, words, letters, color, "center", "bottom", bold=True)
        return
    ends = [*one.each[np.isfinite(one.each)], one.low, one.high]
    known = [each for each in ends if math.isfinite(each)]
    _value(sheet, rows, y, one.mean, min(known, default=math.nan), max(known, default=math.nan),
           words, color)  # fmt: skip


def _ticks(sheet: Sheet, rows: _Rows, scale: Scale) -> None:
    """Draw the axis of differences under all rows."""
    from matplotlib.ticker import MaxNLocator

    factor = scale.factor
    found = MaxNLocator(nbins=6, steps=[1, 2, 2.5, 5, 10]).tick_values(
        rows.low * factor, rows.high * factor
    )
    for tick in found:
        if not rows.low * factor - 1e-9 <= tick <= rows.high * factor + 1e-9:
            continue
        x = rows.x(float(tick) / factor)
        sheet.paper.plot([x, x], [rows.plot.bottom, rows.plot.top], color=FAINT, zorder=0.5,
                         linewidth=0.8 * sheet.scale)  # fmt: skip
        words = f"{round(float(tick), 10) + 0.0:,.10g}"
        half = sheet.width(words, SMALL) / 2.0
        sheet.write(min(x, sheet.area.right - half), rows.plot.bottom - 0.06 * sheet.scale, words,
                    SMALL, GREY, "center", "top")  # fmt: skip


def _points(sheet: Sheet, rows: _Rows, y: float, one: Pairs, color: str) -> None:
    known = np.flatnonzero(np.isfinite(one.each))
    # Side by side in the order of the runs, so that equal ones do not hide each other.
    shift = (known / max(len(one.each) - 1, 1) - 0.5) * 0.5 * rows.height
    at = [rows.x(float(value)) for value in one.each[known]]
    sheet.paper.scatter(at, y - shift, s=(7.0 * sheet.scale) ** 2, color=color, alpha=0.45,
                        linewidths=0)  # fmt: skip
    if math.isfinite(one.low) and math.isfinite(one.high):
        sheet.paper.plot([rows.x(one.low), rows.x(one.high)], [y, y], color=INK,
                         linewidth=4.0 * sheet.scale, solid_capstyle="butt", zorder=4)  # fmt: skip
    if math.isfinite(one.mean):
        sheet.paper.plot([rows.x(one.mean)] * 2, [y - 0.3 * rows.height, y + 0.3 * rows.height],
                         color=INK, linewidth=2.2 * sheet.scale, zorder=4)  # fmt: skip
