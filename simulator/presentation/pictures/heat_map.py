"""Where and when it degrades: series of the departments by month, in colours that part clearly."""

from __future__ import annotations

import math

from markupsafe import Markup

from simulator.languages.messages import say
from simulator.metrics.team_labels import team_label
from simulator.presentation.pictures.lettering import SIZE, SMALL, fitted, width_of
from simulator.presentation.pictures.lines import month_ticks
from simulator.presentation.vector_drawing import Axis, Drawing
from simulator.presentation.views.shapes import Heat, HeatRow

STEPS = 4
"""Of colour, in either direction."""

_WIDTH = 1000.0
_LEFT = 250.0
_ROW = 22.0
_WIDEST = 64.0
_BOUNDS = (0.05, 0.2, 0.4, 0.7)
"""From these sizes on (of the row's own) a difference has the next colour."""
_DEEP = 3
"""From this step on a cell is so deep that marks on it are light."""


def step_of(worse: float) -> int:
    """Return the colour of a difference: -4 (much better) to 4 (much worse), 0 alike."""
    size = sum(abs(worse) >= bound for bound in _BOUNDS)
    return size if worse > 0.0 else -size


def heat_map(heat: Heat) -> Markup:
    """Draw how much better or worse each series is in each month than in the reference.

    Orange is worse, blue is better; a dot marks what goes beyond luck, and a stroke what is not
    known.

    Parameters
    ----------
    heat : Heat
    """
    months = heat.months
    # Whole pixels are crisp, and fewer digits for thousands of cells.
    wide = math.floor(min((_WIDTH - _LEFT - 8.0) / max(len(months), 1), _WIDEST))
    top = 30.0
    teams = list(dict.fromkeys(row.team for row in heat.rows))
    height = top + len(teams) * 26.0 + len(heat.rows) * _ROW + 84.0
    label = say(
        "{scenario} against {reference}, month by month: where it is better and where worse.",
        scenario=heat.scenario, reference=heat.reference,
    )  # fmt: skip
    drawing = Drawing(_WIDTH, height, label, "chart wide heat")
    title = say(
        "{scenario} against {reference}¦picture", scenario=heat.scenario, reference=heat.reference
    )
    drawing.text(0.0, 16.0, fitted(title, _WIDTH, strong=True), "chart-title")
    at = top
    for team in teams:
        at += 26.0
        drawing.text(0.0, at - 7.0, fitted(team_label(team), _LEFT, strong=True), "team")
        for row in (each for each in heat.rows if each.team == team):
            drawing.text(10.0, at + 15.5, fitted(row.label, _LEFT - 20.0, SIZE))
            _cells(drawing, row, heat, at, wide)
            at += _ROW
    _months(drawing, months, wide, at)
    _key(drawing, at + 62.0, heat.tested)
    return drawing.svg()


def _cells(drawing: Drawing, row: HeatRow, heat: Heat, at: float, wide: int) -> None:
    gap, high = 1 if wide >= 8 else 0.5, _ROW - 2.0
    steps = [step_of(float(each)) if math.isfinite(each) else 0 for each in row.worse]
    unknown = [not math.isfinite(each) for each in row.worse]
    drawing.begin("marks", row.label, {"each": " ".join(map(str, heat.months))})
    for place, month in enumerate(heat.months):
        look = "unknown" if unknown[place] else _look(steps[place])
        words = _told(row, month, place, steps[place], heat.tested)
        drawing.cell(_LEFT + place * wide, at + 1.0, wide - gap, high, look, words)
    drawing.end()
    lefts = [_LEFT + place * wide for place in range(len(steps))]
    for x, missing in zip(lefts, unknown, strict=True):
        if missing:
            drawing.line(x + 1.0, at + high, x + wide - gap - 1.0, at + 2.0, "hatch")
    dots = [place for place, told in enumerate(row.told) if told and not unknown[place]]
    if dots:
        drawing.begin("told-dot")
        for place in dots:
            deep = "deep" if abs(steps[place]) >= _DEEP else ""
            middle = lefts[place] + (wide - gap) / 2.0
            drawing.dot(middle, at + 1.0 + high / 2.0, min(3.0, wide / 3.5), deep)
        drawing.end()


def _look(step: int) -> str:
    return f"worse{step}" if step > 0 else f"better{-step}" if step < 0 else "alike"


def _told(row: HeatRow, month: int, place: int, step: int, tested: bool) -> str:
    value, reference = float(row.values[place]), float(row.reference[place])
    told = bool(row.told[place]) if tested else None
    numbers = say(
        "month {month}: {value} (reference {reference})", month=month,
        value=row.scale.amount(value), reference=row.scale.number(reference),
    )  # fmt: skip
    if not math.isfinite(float(row.worse[place])):
        verdict = say("not known¦heat")
    elif told is None:
        verdict = say("about alike, not tested" if step == 0 else
                      "better, not tested" if step < 0 else "worse, not tested")  # fmt: skip
    elif told:
        verdict = say("better, beyond luck" if step < 0 or row.worse[place] < 0.0
                      else "worse, beyond luck")  # fmt: skip
    elif step == 0:
        verdict = say("about alike¦picture")
    else:
        verdict = say("better, within luck" if step < 0 else "worse, within luck")
    return f"{numbers}\n{verdict}"


def _months(drawing: Drawing, months: tuple[int, ...], wide: float, at: float) -> None:
    if not months:
        return
    axis = Axis(months[0] - 0.5, months[-1] + 0.5, _LEFT, _LEFT + wide * len(months))
    most = max(int(wide * len(months) / 30.0), 2)
    for month in month_ticks(months[0], months[-1], min(most, 30)):
        drawing.text(axis(month), at + 16.0, f"{month:.0f}", "tick", "middle")
    middle = _LEFT + wide * len(months) / 2.0
    drawing.text(middle, at + 33.0, say("Month¦axis"), "axis-name", "middle")


def _key(drawing: Drawing, at: float, tested: bool) -> None:
    """Explain the colours, in one line below."""
    x = _LEFT
    size = 18.0
    better, worse = say("better¦heat"), say("worse¦heat")
    drawing.text(x, at + 11.0, better, "tick")
    x += width_of(better, SMALL) + 8.0
    for step in range(-STEPS, STEPS + 1):
        drawing.bar(x, at, size - 1.0, 14.0, _look(step))
        x += size
    drawing.text(x + 6.0, at + 11.0, worse, "tick")
    x += width_of(worse, SMALL) + 34.0
    if tested:
        drawing.dot(x, at + 7.0, 3.0, "told-dot")
    beyond = say("beyond luck¦heat") if tested else say("not tested: one run")
    drawing.text(x + 10.0, at + 11.0, beyond, "tick")
    x += width_of(beyond, SMALL) + 36.0
    drawing.bar(x, at, size - 1.0, 14.0, "unknown")
    drawing.line(x + 1.0, at + 13.0, x + size - 2.0, at + 1.0, "hatch")
    drawing.text(x + size + 6.0, at + 11.0, say("not known¦heat"), "tick")
