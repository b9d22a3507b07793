"""What each department's own dashboard shows, over what customer and company live through."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from matplotlib.patches import FancyBboxPatch

from simulator.languages.messages import say
from simulator.metrics.team_labels import team_label
from simulator.plots.slide import (
    LABEL,
    SMALL,
    TINY,
    Box,
    Sheet,
    begin,
    ink_of,
    mixed,
    without_team,
)
from simulator.presentation.chart_style import BLUE, FAINT, GREY, INK, VERMILION
from simulator.presentation.views.shapes import Blame, Dashboard, Reading

_MARKS = {"better": "▲", "worse": "▼", "alike": "=", "open": "?"}
_COLORS = {"better": BLUE, "worse": VERMILION, "alike": GREY, "open": GREY}
"""As on pages."""
_SMALLEST = 0.62
_LEAST_LABEL = 0.7
"""A label on one line has letters no smaller than this part of the others."""
_COLUMNS = 5
"""Of readings side by side in the lower row."""
_LINES = 2.35
"""Lines of text that a reading takes: its name, and its number with a little air."""


def draw_blame(blame: Blame, title: str, note: str, size: tuple[float, float]) -> Sheet:
    """Draw the departments' dashboards side by side, and beneath them what came of it.

    Parameters
    ----------
    blame : Blame
    title, note : str
    size : pair of float
        Inches.
    """
    sheet = begin(title, note, size)
    gap = 0.2 * sheet.scale
    lower = _Row(sheet, (say("What the customer lived through"), say("What the company got")),
                 (blame.lived, blame.company), gap)  # fmt: skip
    upper = _Row(sheet, tuple(team_label(each.team) for each in blame.dashboards),
                 tuple(_readings(each) for each in blame.dashboards), gap,
                 tuple(_measured(each) for each in blame.dashboards))  # fmt: skip
    free = sheet.area.height - gap
    letters = SMALL
    while letters > _SMALLEST * SMALL and upper.height(letters) + lower.height(letters) > free:
        letters *= 0.96
    taken = upper.height(letters) + lower.height(letters)
    share = min(upper.height(letters) / taken, 0.9) if taken > 0.0 else 0.5
    middle = sheet.area.top - free * share
    area = sheet.area
    upper.draw(Box(area.left, middle, area.right, area.top), letters, BLUE)
    lower.draw(Box(area.left, area.bottom, area.right, middle - gap), letters, VERMILION)
    return sheet


def _readings(dashboard: Dashboard) -> tuple[Reading, ...]:
    """Return its readings, what the department is measured on first, without its name."""
    return tuple(
        replace(each, label=without_team(each.label, dashboard.team))
        for each in sorted(dashboard.readings, key=lambda each: not each.counts)
    )


def _measured(dashboard: Dashboard) -> str:
    return say("measured on {measure}", measure=dashboard.measure) if dashboard.measure else ""


class _Row:
    """Cards side by side."""

    def __init__(
        self, sheet: Sheet, headings: Sequence[str], cards: Sequence[Sequence[Reading]], gap: float,
        under: Sequence[str] = (),
    ) -> None:  # fmt: skip
        self.sheet, self.headings, self.gap = sheet, headings, gap
        kept = [place for place, card in enumerate(cards) if card or under]
        self.headings = [headings[place] for place in kept]
        self.cards = [cards[place] for place in kept]
        self.under = [under[place] for place in kept] if under else [""] * len(kept)
        self.columns = [1] * len(self.cards) if under else _shared_columns(self.cards)

    def height(self, letters: float) -> float:
        """Return how high the cards are with letters of a size."""
        readings = max(
            (math.ceil(len(card) / columns)
             for card, columns in zip(self.cards, self.columns, strict=True)), default=0,
        )  # fmt: skip
        head = self.sheet.line(LABEL) + (self.sheet.line(letters) * 2 if any(self.under) else 0.0)
        return head + readings * _LINES * self.sheet.line(letters) + 0.3 * self.sheet.scale

    def draw(self, box: Box, letters: float, color: str) -> None:
        """Draw the cards into a box."""
        free = box.width - self.gap * (len(self.cards) - 1)
        left = box.left
        for place, card in enumerate(self.cards):
            wide = free * self.columns[place] / sum(self.columns)
            self._card(Box(left, box.bottom, left + wide, box.top), place, card, letters, color)
            left += wide + self.gap

    def _card(
        self, box: Box, place: int, card: Sequence[Reading], letters: float, color: str
    ) -> None:
        sheet = self.sheet
        pad = 0.12 * sheet.scale
        sheet.paper.add_patch(
            FancyBboxPatch(
                (box.left, box.bottom), box.width, box.height,
                boxstyle=f"round,pad=0,rounding_size={0.08 * sheet.scale}",
                facecolor=mixed(color, 0.04), edgecolor=FAINT, linewidth=1.2 * sheet.scale,
            )
        )  # fmt: skip
        inner = box.inside(pad, pad, pad, pad)
        heading = self.headings[place]
        size = LABEL * min(inner.width / sheet.width(heading, LABEL, True), 1.0)
        sheet.write(inner.left, inner.top, heading, size, INK, up="top", bold=True)
        top = inner.top - sheet.line(LABEL)
        if any(self.under):
            said = sheet.broken(self.under[place], TINY * letters / SMALL, inner.width, 2)
            sheet.write(inner.left, top, said, TINY * letters / SMALL, GREY, up="top")
            top -= 2.0 * sheet.line(letters)
        rows = math.ceil(len(card) / self.columns[place])
        step = min(_LINES * sheet.line(letters), (top - inner.bottom) / max(rows, 1))
        gap = 0.15 * sheet.scale
        wide = (inner.width - gap * (self.columns[place] - 1)) / self.columns[place]
        for at, reading in enumerate(card):
            row, column = divmod(at, self.columns[place])
            left, high = inner.left + column * (wide + gap), top - row * step
            _reading(sheet, Box(left, high - step, left + wide, high), reading, letters)


def _shared_columns(cards: Sequence[Sequence[Reading]]) -> list[int]:
    """Share columns between cards by how much is on each, at least one."""
    every = max(sum(map(len, cards)), 1)
    return [max(round(_COLUMNS * len(card) / every), 1) for card in cards]


def _whole(sheet: Sheet, label: str, letters: float, width: float) -> tuple[str, float]:
    """Return a label that is nowhere cut, and its letters: smaller ones, or two lines of them."""
    if (wide := sheet.width(label, letters)) <= width:
        return label, letters
    if wide <= width / _LEAST_LABEL:
        return label, letters * width / wide
    size = letters * _LEAST_LABEL
    while size > 0.4 * letters and sheet.broken(label, size, width, 99).count("\n") > 1:
        size *= 0.95
    return sheet.broken(label, size, width, 2), size


def _reading(sheet: Sheet, box: Box, reading: Reading, letters: float) -> None:
    """Write a figure: its name above, what it is and was beneath, and a mark for the verdict."""
    line = sheet.line(letters)
    label, size = _whole(sheet, reading.label, letters, box.width)
    sheet.write(box.left, box.top - 0.55 * line, label, size, INK)
    if reading.counts:
        # Not bold letters: the Japanese font has none.
        x = box.left - 0.06 * sheet.scale
        sheet.paper.plot([x, x], [box.top - 0.1 * line, box.top - 2.0 * line], color=INK,
                         linewidth=2.4 * sheet.scale, solid_capstyle="butt")  # fmt: skip
    color = ink_of(_COLORS[reading.verdict])
    mark = _MARKS[reading.verdict]
    sheet.write(box.left, box.top - 1.55 * line, mark, letters, color)
    left = box.left + 1.4 * sheet.inches(letters)
    scale = reading.scale
    said = say("{value}, was {reference}", value=scale.amount(reading.value),
               reference=scale.number(reading.reference))  # fmt: skip
    # A number that is cut is a wrong one.
    size = letters * min((box.right - left) / sheet.width(said, letters, True), 1.0)
    sheet.write(left, box.top - 1.55 * line, said, size, color, bold=True)
