"""Which share of each month's new customers is still there, by age: a triangle of cells."""

from __future__ import annotations

import math

from markupsafe import Markup

from simulator.languages.messages import marked, say
from simulator.presentation.figures import number
from simulator.presentation.pictures.lettering import SMALL, fitted, known, width_of
from simulator.presentation.pictures.lines import month_ticks
from simulator.presentation.report_parts import percent
from simulator.presentation.vector_drawing import Axis, Drawing
from simulator.presentation.views.shapes import Triangle

STEPS = 7
"""Of colour, from the least share to the largest."""

_STILL_THERE = {
    "logo_retention": marked("of the customers still there"),
    "revenue_retention": marked("of the MRR still there"),
}
_WIDTH = 1000.0
_LEFT, _TOP = 96.0, 56.0
_DEEP = 5


def triangle_chart(triangle: Triangle) -> Markup:
    """Draw cohorts from above to below, their age to the right; the more are left, the deeper.

    Parameters
    ----------
    triangle : Triangle
    """
    wide = math.floor(min((_WIDTH - _LEFT) / max(len(triangle.ages), 1), 58.0))
    tall = 20.0 if len(triangle.cohorts) <= 30 else 12.0
    base = _TOP + tall * len(triangle.cohorts)
    label = say("{label} of {scenario} by month of the contract and age.", label=triangle.label,
                scenario=triangle.scenario)  # fmt: skip
    drawing = Drawing(_WIDTH, base + 48.0, label, "chart wide triangle")
    title = say("{scenario}: {what}¦picture", scenario=triangle.scenario, what=triangle.label)
    drawing.text(0.0, 16.0, fitted(title, _WIDTH, strong=True), "chart-title")
    _heads(drawing, triangle, wide, tall)
    shown = known(triangle.share.ravel().tolist())
    low, high = (min(shown), max(shown)) if shown else (0.0, 1.0)
    for row in range(len(triangle.cohorts)):
        _cells(drawing, triangle, row, wide, tall, (low, high))
    _key(drawing, triangle.metric, low, high, base + 22.0)
    return drawing.svg()


def _cells(
    drawing: Drawing, triangle: Triangle, row: int, wide: int, tall: float,
    ends: tuple[float, float],
) -> None:  # fmt: skip
    y = _TOP + row * tall
    cells = [
        (_LEFT + column * wide, age, float(share), _step(float(share), *ends))
        for column, (age, share) in enumerate(
            zip(triangle.ages, triangle.share[row], strict=True)
        )
        if math.isfinite(share)
    ]  # fmt: skip
    if not cells:
        return
    drawing.begin("marks", say("Contract: {cohort}", cohort=_named(triangle.cohorts[row])))
    for x, age, share, step in cells:
        words = say("age {age}: {share}", age=age, share=percent(share))
        drawing.cell(x, y, wide - 1.0, tall - 1.0, f"q{step}", words)
    drawing.end()
    if wide >= 34.0 and tall >= 16.0:
        drawing.begin("in-cell")
        for x, _, share, step in cells:
            deep = "deep" if step >= _DEEP else ""
            drawing.text(x + wide / 2.0, y + tall - 5.5, _short(share, wide), deep)
        drawing.end()


def _step(share: float, low: float, high: float) -> int:
    if high <= low:
        return STEPS // 2
    return min(int((share - low) / (high - low) * STEPS), STEPS - 1)


def _short(share: float, wide: float) -> str:
    """Write a share in a cell; where there is no room for the sign it is in the key."""
    return percent(share, 0) if wide >= 42.0 else number(100.0 * share, 0)


def _named(cohort: int) -> str:
    return say("month {month}¦cohort", month=cohort) if cohort else say("at the start¦cohort")


def _heads(drawing: Drawing, triangle: Triangle, wide: float, tall: float) -> None:
    cohorts, ages = triangle.cohorts, triangle.ages
    drawing.text(_LEFT, 36.0, say("Months since the contract"), "axis-name")
    if ages:
        across = Axis(ages[0] - 0.5, ages[-1] + 0.5, _LEFT, _LEFT + wide * len(ages))
        for age in month_ticks(ages[0], ages[-1], max(int(wide * len(ages) / 32.0), 2)):
            drawing.text(across(age), _TOP - 6.0, f"{age:.0f}", "tick", "middle")
    every = 1 if tall >= 16.0 else 3
    for row, cohort in enumerate(cohorts):
        if row % every == 0:
            words = fitted(_named(cohort), _LEFT - 10.0, SMALL)
            drawing.text(_LEFT - 8.0, _TOP + row * tall + tall / 2.0 + 4.0, words, anchor="end")


def _key(drawing: Drawing, metric: str, low: float, high: float, at: float) -> None:
    x = _LEFT
    for step in range(STEPS):
        drawing.bar(x + 46.0 + 20.0 * step, at, 19.0, 12.0, f"q{step}")
    words = percent(low, 0)
    drawing.text(x + 40.0, at + 10.0, words, anchor="end")
    drawing.text(x + 52.0 + 20.0 * STEPS, at + 10.0, percent(high, 0))
    still = say(_STILL_THERE[metric])
    drawing.text(x + 70.0 + 20.0 * STEPS + width_of(percent(high, 0), SMALL), at + 10.0, still)
