"""How a result moves with each assumption: bars around where it stands, the strongest above."""

from __future__ import annotations

import math

from markupsafe import Markup

from simulator.languages.messages import say
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
from simulator.presentation.views.analyses import zero_is_near
from simulator.presentation.views.shapes import Spoke, Tornado

_WIDTH = 860.0
_LEFT, _ENDS = 270.0, 74.0
_TOP = 34.0


def tornado_chart(tornado: Tornado) -> Markup:
    """Draw one bar to an assumption, from the result at its low end to that at its high end.

    Blue is the low end of the assumption and orange its high end, each with what it was set to;
    where both go to the same side, they stand below each other. Hollow are bars of which no end
    changes the result by an interval that excludes 0.

    Parameters
    ----------
    tornado : Tornado
    """
    scale = tornado.scale
    rows = [_tall(spoke, tornado) for spoke in tornado.spokes]
    base = _TOP + sum(rows)
    axis = _axis(tornado)
    label = say("How {label} moves with each assumption.", label=tornado.label)
    drawing = Drawing(_WIDTH, base + 62.0, label, "chart tornado")
    unit = scale.unit
    title = (
        say("{label} ({unit})¦picture", label=tornado.label, unit=unit) if unit else tornado.label
    )
    drawing.text(0.0, 16.0, fitted(title, _WIDTH, strong=True), "chart-title")
    for value in ticks(axis.low * scale.factor, axis.high * scale.factor, 5):
        at = axis(value / scale.factor)
        zero = abs(value) < 1e-12
        drawing.line(at, _TOP, at, base, "zero" if zero else "grid")
        drawing.text(at, base + 16.0, plain(value), anchor="middle")
    at = _TOP
    for spoke, tall in zip(tornado.spokes, rows, strict=True):
        _spoke(drawing, spoke, tornado, axis, at, tall)
        at += tall
    if math.isfinite(tornado.at_default):
        middle = axis(tornado.at_default)
        drawing.line(middle, _TOP - 4.0, middle, base, "default")
        stated = say("as stated: {number}", number=scale.number(tornado.at_default))
        half = width_of(stated, SMALL) / 2.0
        where = min(max(middle, half), _WIDTH - half)
        drawing.text(where, base + 34.0, stated, "tick", "middle")
    _key(drawing, tornado, base + 56.0)
    return drawing.svg()


def _key(drawing: Drawing, tornado: Tornado, at: float) -> None:
    """Say what the colours mean, and what is hollow."""
    x = 0.0
    for look, words in (
        ("low-side", say("low end of the assumption")),
        ("high-side", say("high end of the assumption")),
    ):
        drawing.bar(x, at - 10.0, 12.0, 12.0, look)
        drawing.text(x + 18.0, at, words, "tick")
        x += 18.0 + width_of(words, SMALL) + 24.0
    if any(not spoke.told for spoke in tornado.spokes):
        hollow = say(
            "Hollow: the change from the stated value may be luck." if tornado.tested
            else "Hollow: not tested, one run."
        )  # fmt: skip
        drawing.text(x, at, fitted(hollow, _WIDTH - x, SMALL), "tick")


def directions(low: float, high: float) -> tuple[int, int]:
    """Return to which side the bar of each end goes: -1 to the left, 1 to the right.

    Parameters
    ----------
    low, high : float
        What the result changes by at the low and the high end of an assumption. An end that
        changes nothing, or of which nothing is known, goes where the other one does not.
    """
    low_side, high_side = (int(each > 0.0) - int(each < 0.0) for each in (low, high))
    return low_side or -high_side or -1, high_side or -low_side or 1


def _origin(spoke: Spoke, tornado: Tornado) -> float:
    """Return where both bars begin: at the result as stated, or at the end that is known."""
    there = known([tornado.at_default, spoke.at_low, spoke.at_high])
    return there[0] if there else math.nan


def _sides(spoke: Spoke, tornado: Tornado) -> tuple[int, int]:
    origin = _origin(spoke, tornado)
    return directions(spoke.at_low - origin, spoke.at_high - origin)


def _tall(spoke: Spoke, tornado: Tornado) -> float:
    low, high = _sides(spoke, tornado)
    return max(
        36.0 if low == high else 28.0,
        16.0 * len(lines_of(spoke.label, _LEFT - 16.0, 2, SIZE)) + 8.0,
    )


def _axis(tornado: Tornado) -> Axis:
    values = known([
        tornado.at_default,
        *(end for spoke in tornado.spokes for end in (spoke.at_low, spoke.at_high)),
    ])  # fmt: skip
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    # The sign decides.
    if zero_is_near(tornado):
        low, high = min(low, 0.0), max(high, 0.0)
    if high - low <= 1e-9 * max(abs(low), abs(high)):
        size = 0.1 * abs(high) or 1.0
        low, high = low - size, high + size
    unit = round_up((high - low) / 5.0)
    low, high = unit * math.floor(low / unit + 1e-9), unit * math.ceil(high / unit - 1e-9)
    return Axis(low, high, _LEFT + _ENDS, _WIDTH - _ENDS)


def _spoke(
    drawing: Drawing, spoke: Spoke, tornado: Tornado, axis: Axis, at: float, tall: float
) -> None:
    lines = lines_of(spoke.label, _LEFT - 16.0, 2, SIZE)
    middle = at + tall / 2.0
    for row, line in enumerate(lines):
        offset = 16.0 * (row - (len(lines) - 1) / 2.0)
        drawing.text(0.0, middle + offset + 4.5, line, "label")
    if not known([spoke.at_low, spoke.at_high]):
        drawing.text(_LEFT + _ENDS, middle + 4.0, say("not known¦heat"), "tick")
        return
    origin = axis(_origin(spoke, tornado))
    sides = _sides(spoke, tornado)
    # Each has a half of the row for itself where both go to the same side.
    apart, thick = (8.0, 12.0) if sides[0] == sides[1] else (0.0, 16.0)
    drawing.begin("mark spoke", _told(spoke, tornado), {"key": spoke.key})
    hollow = "" if spoke.told else " hollow"
    for value, setting, side, look, place in (
        (spoke.at_low, spoke.low_input, sides[0], "low-side", middle - apart),
        (spoke.at_high, spoke.high_input, sides[1], "high-side", middle + apart),
    ):
        outer = axis(value) if math.isfinite(value) else origin
        if math.isfinite(value):
            start, end = sorted((origin, outer))
            drawing.bar(
                start, place - thick / 2.0, max(end - start, 1.5), thick, f"{look}{hollow}"
            )  # fmt: skip
        words = fitted(setting, (outer - _LEFT if side < 0 else _WIDTH - outer) - 8.0, SMALL)
        anchor = "end" if side < 0 else "start"
        drawing.text(outer + 5.0 * side, place + 4.0, words, "tick backed", anchor)
    drawing.end()


def _told(spoke: Spoke, tornado: Tornado) -> str:
    amount = tornado.scale.amount
    told = [say("{name}: {value}¦picture", name=spoke.label, value=spoke.key)]
    told += [
        say("at {setting}: {value}¦assumption", setting=setting, value=amount(value))
        for setting, value in (
            (spoke.low_input, spoke.at_low), (spoke.high_input, spoke.at_high)
        )
    ]  # fmt: skip
    if not spoke.told:
        told.append(say(
            "the change from the stated value may be luck¦picture" if tornado.tested
            else "not tested¦picture"
        ))  # fmt: skip
    if spoke.source:
        told.append(say("source: {source}¦picture", source=spoke.source))
    if spoke.trust:
        told.append(say("trust: {trust}¦picture", trust=spoke.trust))
    return "\n".join(told)
