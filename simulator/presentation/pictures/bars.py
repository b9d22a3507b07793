"""Bars with their intervals around zero: filled where they go beyond luck, hollow where not."""

from __future__ import annotations

import math

from markupsafe import Markup

from simulator.experiment.quantities import Scale, better
from simulator.languages.messages import say
from simulator.metrics.definitions import METRICS
from simulator.presentation.pictures.lettering import (
    SIZE,
    SMALL,
    fitted,
    known,
    lines_of,
    width_of,
)
from simulator.presentation.pictures.lines import plain
from simulator.presentation.vector_drawing import Axis, Drawing, round_up, ticks
from simulator.presentation.views.shapes import Bar, Bars

_WIDTH = 760.0
_LEFT = 240.0
_TOP = 34.0


def bars_chart(bars: Bars) -> Markup:
    """Draw bars from zero with whiskers for their intervals, numbers beside them, the sum last.

    Parameters
    ----------
    bars : Bars
    """
    shown = [*bars.bars, *([bars.total] if bars.total is not None else [])]
    numbers = {id(bar): _number(bar, bars.scale) for bar in shown}
    right = max((width_of(words, SIZE) for words in numbers.values()), default=0.0) + 16.0
    axis = _axis(shown, _WIDTH - min(right, 230.0))
    rows = [_rows(bar) for bar in shown]
    gap = 10.0 if bars.total is not None else 0.0
    base = _TOP + sum(rows) + gap
    drawing = Drawing(_WIDTH, base + 42.0, bars.title, "chart bars")
    unit = bars.scale.unit
    title = say("{label} ({unit})¦picture", label=bars.label, unit=unit) if unit else bars.label
    drawing.text(0.0, 16.0, fitted(title, _WIDTH, strong=True), "chart-title")
    for value in ticks(axis.low * bars.scale.factor, axis.high * bars.scale.factor, 5):
        at = axis(value / bars.scale.factor)
        drawing.line(at, _TOP, at, base, "grid")
        drawing.text(at, base + 16.0, plain(value), anchor="middle")
    at = _TOP
    for bar, tall in zip(shown, rows, strict=True):
        if bar is bars.total:
            drawing.line(0.0, at + gap / 2.0, _WIDTH, at + gap / 2.0, "axis")
            at += gap
        _bar(drawing, bar, bars, axis, at, tall, numbers[id(bar)])
        at += tall
    drawing.line(axis(0.0), _TOP, axis(0.0), base, "zero")
    if any(not bar.told for bar in shown):
        hollow = _hollow(bars, shown)
        drawing.text(0.0, base + 34.0, fitted(hollow, _WIDTH, SMALL), "tick")
    return drawing.svg()


def _hollow(bars: Bars, shown: list[Bar]) -> str:
    """Say what hollow bars are."""
    if not any(bar.tested for bar in shown):
        return say("Hollow: not tested, one run.")
    if bars.alone:
        return say("Hollow: its own 95 % interval does not exclude 0.")
    return say(
        "Hollow: may be luck. All bars are judged at once, so that one may be hollow though its"
        " line misses zero."
    )


def _rows(bar: Bar) -> float:
    lines = len(lines_of(bar.label, _LEFT - 16.0, 2, SIZE)) + (1 if bar.note else 0)
    return max(30.0, 16.0 * lines + 10.0)


def _number(bar: Bar, scale: Scale) -> str:
    if not (math.isfinite(bar.low) and math.isfinite(bar.high)):
        return scale.number(bar.value)
    return say("{value} ({low} to {high})¦picture", value=scale.number(bar.value),
               low=scale.number(bar.low), high=scale.number(bar.high))  # fmt: skip


def _axis(shown: list[Bar], end: float) -> Axis:
    values = [0.0, *known([end for bar in shown for end in (bar.value, bar.low, bar.high)])]
    low, high = min(values), max(values)
    if high <= low:
        low, high = -1.0, 1.0
    unit = round_up((high - low) / 5.0)
    low, high = unit * math.floor(low / unit + 1e-9), unit * math.ceil(high / unit - 1e-9)
    return Axis(low, high, _LEFT + 6.0, end - 12.0)


def _bar(
    drawing: Drawing, bar: Bar, bars: Bars, axis: Axis, at: float, tall: float, number: str
) -> None:
    lines = lines_of(bar.label, _LEFT - 16.0, 2, SIZE)
    look = "strong" if bar is bars.total else "label"
    for row, line in enumerate(lines):
        drawing.text(0.0, at + 17.0 + 16.0 * row, line, look)
    if bar.note:
        note = fitted(bar.note, _LEFT - 16.0, SMALL)
        drawing.text(0.0, at + 17.0 + 16.0 * len(lines), note, "tick")
    middle = at + tall / 2.0 - 1.0
    drawing.text(_WIDTH, middle + 5.0, fitted(number, 230.0, SIZE), "amount", "end")
    if not math.isfinite(bar.value):
        drawing.text(axis(0.0) + 8.0, middle + 4.0, say("not known¦heat"), "tick")
        return
    # Bars of metrics are better to one side; shares of a gap add to it or take from it.
    sign = (better(bar.id) or 1) if bar.id in METRICS else 1
    sort = "level" if bar is bars.total else "up" if sign * bar.value >= 0.0 else "down"
    start, end = sorted((axis(0.0), axis(bar.value)))
    told = say("{name}: {value}¦picture", name=bar.label, value=number)
    words = "\n".join(each for each in (told, bar.note) if each)
    if not bar.told:
        words = f"{words}\n{_untold(bar, bars)}"
    fill = sort if bar.told else f"{sort} hollow"
    data = {"value": f"{bar.value:.10g}"}
    wide = max(end - start, 1.5)
    drawing.bar(start, middle - 8.0, wide, 16.0, f"mark {fill}", words, data)
    if math.isfinite(bar.low) and math.isfinite(bar.high):
        drawing.line(axis(bar.low), middle, axis(bar.high), middle, "whisker")
        for place in (bar.low, bar.high):
            drawing.line(axis(place), middle - 4.0, axis(place), middle + 4.0, "whisker")


def _untold(bar: Bar, bars: Bars) -> str:
    if not bar.tested:
        return say("not tested¦picture")
    if bars.alone:
        return say("own 95 % interval does not exclude 0¦picture")
    return say("may be luck, all bars judged at once¦picture")
