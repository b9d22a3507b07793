"""From one level to another, change by change, as bars that hang on each other."""

from __future__ import annotations

import math

from markupsafe import Markup

from simulator.languages.messages import say
from simulator.presentation.pictures.lettering import SIZE, SMALL, fitted, known, lines_of
from simulator.presentation.pictures.lines import plain
from simulator.presentation.vector_drawing import Axis, Drawing, round_up, ticks
from simulator.presentation.views.shapes import Step, Waterfall

_HEIGHT = 330.0
_LEFT, _TOP, _BOTTOM = 56.0, 52.0, 60.0


def waterfall_chart(waterfall: Waterfall) -> Markup:
    """Draw a bridge: levels from zero, changes from where the one before ended, with intervals.

    Parameters
    ----------
    waterfall : Waterfall
    """
    scale = waterfall.scale
    count = max(len(waterfall.steps), 1)
    wide = max(104.0, min(150.0, 620.0 / count))
    width = _LEFT + wide * count + 8.0
    label = say("How the MRR of {scenario} came about, change by change.",
                scenario=waterfall.scenario)  # fmt: skip
    drawing = Drawing(width, _HEIGHT, label, "chart waterfall")
    unit = scale.unit
    title = say(
        "{scenario}: {what} ({unit})¦picture", scenario=waterfall.scenario,
        what=say("MRR¦picture"), unit=unit,
    ) if unit else waterfall.scenario  # fmt: skip
    drawing.text(0.0, 16.0, fitted(title, width, strong=True), "chart-title")
    spans = _spans(waterfall.steps)
    y = _axis(waterfall.steps, spans)
    for value in ticks(y.low * scale.factor, y.high * scale.factor, 4):
        at = y(value / scale.factor)
        drawing.line(_LEFT, at, width, at, "grid")
        drawing.text(_LEFT - 6.0, at + 4.0, plain(value), anchor="end")
    for place, (step, span) in enumerate(zip(waterfall.steps, spans, strict=True)):
        x = _LEFT + place * wide + 0.15 * wide
        if place + 1 < len(waterfall.steps):
            drawing.line(x + 0.7 * wide, y(span[1]), x + wide, y(span[1]), "joint")
        _step(drawing, waterfall, step, span, x, 0.7 * wide, y)
        for row, line in enumerate(lines_of(step.label, wide - 6.0, 3, SMALL)):
            at = _HEIGHT - _BOTTOM + 18.0 + 14.0 * row
            drawing.text(x + 0.35 * wide, at, line, "tick", "middle")
    drawing.line(_LEFT, y(0.0), width, y(0.0), "zero")
    return drawing.svg()


def _spans(steps: tuple[Step, ...]) -> list[tuple[float, float]]:
    """Return where each bar begins and ends; what is not known changes nothing."""
    at, found = 0.0, []
    for step in steps:
        value = step.value if math.isfinite(step.value) else 0.0
        if step.kind == "level":
            at = value if math.isfinite(step.value) else at
            found.append((0.0 if math.isfinite(step.value) else at, at))
        else:
            found.append((at, at + value))
            at += value
    return found


def _interval(step: Step, span: tuple[float, float]) -> tuple[float, float] | None:
    if not (math.isfinite(step.low) and math.isfinite(step.high) and math.isfinite(step.value)):
        return None
    shift = span[1] - step.value
    return step.low + shift, step.high + shift


def _axis(steps: tuple[Step, ...], spans: list[tuple[float, float]]) -> Axis:
    shown = [0.0]
    for step, span in zip(steps, spans, strict=True):
        shown += known([*span, *(_interval(step, span) or ())])
    low, high = min(shown), max(shown)
    if high <= low:
        high = 1.0
    unit = round_up((high - low) / 4.0)
    low, high = unit * math.floor(low / unit + 1e-9), unit * math.ceil(high / unit - 1e-9)
    return Axis(low, high, _HEIGHT - _BOTTOM, _TOP)


def _step(
    drawing: Drawing, waterfall: Waterfall, step: Step, span: tuple[float, float],
    x: float, wide: float, y: Axis,
) -> None:  # fmt: skip
    scale = waterfall.scale
    number = scale.number(step.value)
    if step.kind == "change" and step.value > 0.0 and number.strip("0.,"):
        number = f"+{number}"
    told = say("{name}: {value}¦picture", name=step.label, value=scale.amount(step.value))
    interval = _interval(step, span)
    if interval is not None:
        told = say(
            "{name}: {value} ({low} to {high})¦picture", name=step.label,
            value=scale.amount(step.value), low=scale.number(step.low),
            high=scale.number(step.high),
        )  # fmt: skip
    look = "level" if step.kind == "level" else "up" if step.value >= 0.0 else "down"
    high, low = max(span), min(span)
    drawing.bar(x, y(high), wide, max(y(low) - y(high), 1.0), f"mark {look}", told)
    top = y(high)
    if interval is not None:
        middle = x + wide - 10.0
        drawing.line(middle, y(interval[0]), middle, y(interval[1]), "whisker")
        for end in interval:
            drawing.line(middle - 4.0, y(end), middle + 4.0, y(end), "whisker")
        top = min(top, y(max(interval)))
    drawing.text(x + wide / 2.0, top - 6.0, fitted(number, 1.3 * wide, SIZE), "amount", "middle")
