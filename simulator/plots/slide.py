"""A slide: what was found as its title, a drawing under it, and what it rests on at its foot."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure

from simulator.metrics.team_labels import team_label
from simulator.presentation.chart_style import (
    BLUE,
    FAINT,
    GREEN,
    GREY,
    INK,
    NOTE,
    ORANGE,
    PURPLE,
    SKY,
    VERMILION,
    as_png,
)
from simulator.presentation.flowing import lines_of

SIZE = (13.333, 7.5)
"""Inches: a slide of 16:9."""
TITLE, LABEL, SMALL, TINY = 23.0, 15.0, 13.0, 11.5
"""Sizes of letters on a slide, in points: to be read from the last row."""
COLORS = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY, GREY)
DASHES = ("-", "--", ":")
_MARGIN = 0.4  # inches on a slide
_LINE = 1.25  # height of a line of text, in sizes of letters
_MOST_TITLE_LINES = 3
_SMALLEST_TITLE = 0.7
_POINTS = 72.0
_ELLIPSIS = "…"
_MIDDLE, _ASCENT, _DESCENT = 0.36, 0.95, 0.25
"""Of a line of text above its baseline, in sizes of letters."""
_LEAST_LETTERS = 0.8


class Slide(Figure):
    """A figure that a notebook shows by itself."""

    def _repr_png_(self) -> bytes:
        return as_png(self)


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on a slide, in inches from its lower left corner."""

    left: float
    bottom: float
    right: float
    top: float

    @property
    def width(self) -> float:
        """From left to right."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """From bottom to top."""
        return self.top - self.bottom

    def inside(
        self, left: float = 0.0, bottom: float = 0.0, right: float = 0.0, top: float = 0.0
    ) -> Box:
        """Return what is left of it inside margins."""
        return Box(self.left + left, self.bottom + bottom, self.right - right, self.top - top)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A slide that is being drawn.

    Attributes
    ----------
    slide : Slide
    paper : Axes
        As large as the slide, in inches.
    scale : float
        Size of letters and lines, against those of a slide.
    area : Box
        What is free for the drawing.
    """

    slide: Slide
    paper: Axes
    scale: float
    area: Box

    def inches(self, points: float) -> float:
        """Return the height of letters of a size, in inches."""
        return points * self.scale / _POINTS

    def line(self, points: float) -> float:
        """Return the height of a line of text of a size, in inches."""
        return _LINE * self.inches(points)

    def width(self, text: str, points: float, bold: bool = False) -> float:
        """Return how wide a text is, in inches."""
        return _width(self.slide, text, points * self.scale, bold)

    def widest(self, texts: Sequence[str], points: float, bold: bool = False) -> float:
        """Return how wide the widest of some texts is, in inches."""
        return max((self.width(each, points, bold) for each in texts), default=0.0)

    def write(
        self, x: float, y: float, text: str, points: float = LABEL, color: str = INK,
        across: str = "left", up: str = "center", bold: bool = False, backed: bool = False,
    ) -> None:  # fmt: skip
        """Write a text at a place in inches, line by line.

        Lines stand on baselines at fixed distances: where matplotlib centers or hangs a text, it
        moves by the letters that happen to be in it.
        """
        lines = text.split("\n")
        height, size = self.line(points), self.inches(points)
        first = {
            "center": y + (len(lines) - 1) * height / 2.0 - _MIDDLE * size,
            "top": y - _ASCENT * size,
            "bottom": y + (len(lines) - 1) * height + _DESCENT * size,
        }[up]
        for place, line in enumerate(lines):
            written = self.paper.text(
                x, first - place * height, line, fontsize=points * self.scale, color=color,
                ha=across, va="baseline", fontweight="bold" if bold else "normal", zorder=6,
            )  # fmt: skip
            if backed:
                written.set_bbox(
                    {"facecolor": "white", "edgecolor": "none", "pad": 1.5 * self.scale}
                )  # fmt: skip

    def fitted(self, text: str, points: float, width: float, bold: bool = False) -> float:
        """Return letters small enough for a line to fit into a width, within reason."""
        wide, least = self.width(text, points, bold), points * _LEAST_LETTERS
        found = max(points * min(width / wide, 1.0), least) if wide > 0.0 else points
        # Letters are whole dots wide, so that theirs does not follow their size exactly.
        while found > least and self.width(text, found, bold) > width:
            found = max(0.98 * found, least)
        return found

    def axes(self, box: Box) -> Axes:
        """Return axes that fill a box."""
        width, height = self.slide.get_size_inches()
        found = self.slide.add_axes(
            (box.left / width, box.bottom / height, box.width / width, box.height / height)
        )
        found.tick_params(labelsize=SMALL * self.scale, length=3.0 * self.scale, color="#8a94a0")
        return found

    def broken(
        self, text: str, points: float, width: float, most: int = 2, bold: bool = False
    ) -> str:
        """Break a text into lines of at most a width in inches; what does not fit is cut off."""
        return "\n".join(_lines(self.slide, text, points * self.scale, width, most, bold))


def begin(title: str, note: str, size: tuple[float, float] = SIZE) -> Sheet:
    """Begin a slide.

    Parameters
    ----------
    title : str
        What was found.
    note : str
        What it rests on.
    size : pair of float
        Width and height in inches.
    """
    width, height = size
    slide = Slide(figsize=size, dpi=150)
    FigureCanvasAgg(slide)
    scale = min(width / SIZE[0], height / SIZE[1])
    paper = slide.add_axes((0.0, 0.0, 1.0, 1.0), zorder=1.0)
    paper.set_xlim(0.0, width)
    paper.set_ylim(0.0, height)
    paper.set_axis_off()
    paper.patch.set_alpha(0.0)
    margin = _MARGIN * scale
    room = width - 2.0 * margin
    points, lines = _fitted(slide, title, room, scale)
    top = height - margin
    paper.text(
        margin, top, "\n".join(lines), fontsize=points, fontweight="bold", color=INK, ha="left",
        va="top", linespacing=_LINE,
    )  # fmt: skip
    foot = _lines(slide, note, TINY * scale, room, 3, False)
    paper.text(
        margin, 0.6 * margin, "\n".join(foot), fontsize=TINY * scale, color=NOTE, ha="left",
        va="bottom", linespacing=_LINE,
    )  # fmt: skip
    area = Box(
        margin,
        0.6 * margin + len(foot) * _LINE * TINY * scale / _POINTS + 0.45 * margin,
        width - margin,
        top - len(lines) * _LINE * points / _POINTS - 0.5 * margin,
    )
    return Sheet(slide, paper, scale, area)


def _fitted(slide: Slide, title: str, room: float, scale: float) -> tuple[float, list[str]]:
    """Make a title as large as lets it fit into few lines."""
    points = TITLE * scale
    while True:
        lines = _lines(slide, title, points, room, 99, True)
        if len(lines) <= _MOST_TITLE_LINES - (points > 0.9 * TITLE * scale):
            return points, lines
        if points <= _SMALLEST_TITLE * TITLE * scale:
            return points, _lines(slide, title, points, room, _MOST_TITLE_LINES, True)
        points *= 0.94


def _width(slide: Slide, text: str, points: float, bold: bool) -> float:
    """Measure a text, in inches."""
    written = slide.text(
        0.0, 0.0, text, fontsize=points, fontweight="bold" if bold else "normal"
    )  # fmt: skip
    with warnings.catch_warnings():
        # A name may be written in letters that the fonts lack: a box stands for them.
        warnings.filterwarnings("ignore", "Glyph .* missing")
        extent = written.get_window_extent(slide.canvas.get_renderer())  # type: ignore[attr-defined]
    written.remove()
    return float(extent.width) / slide.dpi


def _lines(
    slide: Slide, text: str, points: float, width: float, most: int, bold: bool
) -> list[str]:
    """Break a text into lines by their measured width."""
    cells = max(int(2.2 * width * _POINTS / points), 2)
    lines = lines_of(text, cells)
    while cells > 2 and max(_width(slide, each, points, bold) for each in lines) > width:
        cells = max(min(int(cells * 0.96), cells - 1), 2)
        lines = lines_of(text, cells)
    if len(lines) <= most:
        return lines
    last = lines[most - 1]
    while last and _width(slide, last + _ELLIPSIS, points, bold) > width:
        last = last[:-1]
    return [*lines[: most - 1], last.rstrip() + _ELLIPSIS]


def color_of(place: int) -> str:
    """Return the colour of the scenario in a place, the reference being 0."""
    return COLORS[place % len(COLORS)]


def dash_of(place: int) -> str:
    """Return the dash of the scenario in a place: others where colours come again."""
    return DASHES[place // len(COLORS) % len(DASHES)]


def ink_of(color: str) -> str:
    """Return a colour dark enough for letters on white."""
    rgb = np.array(to_rgb(color))
    while _contrast(rgb) < 4.5:
        rgb = rgb * 0.93
    return _hex(rgb)


def _hex(rgb: Any) -> str:
    red, green, blue = (float(each) for each in rgb)
    return to_hex((red, green, blue))


def _contrast(rgb: Any) -> float:
    """Contrast with white (WCAG 2.2, relative luminance)."""
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return float(1.05 / (linear @ np.array([0.2126, 0.7152, 0.0722]) + 0.05))


def mixed(color: str, share: float) -> str:
    """Return a colour on white: 0 is white, 1 the colour."""
    return _hex(1.0 - share * (1.0 - np.array(to_rgb(color))))


def spread(
    wanted: Sequence[float], heights: Sequence[float], low: float, high: float
) -> list[float]:
    """Move labels apart as little as needed so that none covers another.

    Parameters
    ----------
    wanted : sequence of float
        Where the middle of each should be.
    heights : sequence of float
    low, high : float
        What they must stay within, if they fit at all.

    Returns
    -------
    list of float
        Their middles, in the same order.
    """
    order = sorted(range(len(wanted)), key=lambda place: (wanted[place], -place))
    # Each block of labels that touch is centered on what its members want.
    blocks: list[tuple[list[int], float]] = []
    for each in order:
        members, middle = [each], min(max(wanted[each], low + heights[each] / 2.0),
                                      high - heights[each] / 2.0)  # fmt: skip
        while blocks:
            before, above = blocks[-1]
            room = (sum(heights[i] for i in before) + sum(heights[i] for i in members)) / 2.0
            if middle - above >= room:
                break
            blocks.pop()
            members = before + members
            middle = _middle(members, wanted, heights, low, high)
        blocks.append((members, middle))
    found = [0.0] * len(wanted)
    for members, middle in blocks:
        at = middle - sum(heights[i] for i in members) / 2.0
        for i in members:
            found[i] = at + heights[i] / 2.0
            at += heights[i]
    return found


def _middle(
    members: Sequence[int], wanted: Sequence[float], heights: Sequence[float], low: float,
    high: float,
) -> float:  # fmt: skip
    """Return where the middle of a block should be: nearest to what its members want."""
    total = sum(heights[i] for i in members)
    offsets, at = [], -total / 2.0
    for i in members:
        offsets.append(wanted[i] - (at + heights[i] / 2.0))
        at += heights[i]
    middle = sum(offsets) / len(offsets)
    return min(max(middle, low + total / 2.0), max(high - total / 2.0, low + total / 2.0))


def quiet(axes: Axes, sheet: Sheet) -> None:
    """Leave of axes what is needed to read them."""
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.grid(axis="y", color=FAINT, linewidth=0.8 * sheet.scale)
    axes.set_axisbelow(True)
    axes.tick_params(axis="y", length=0.0)


def without_team(label: str, team: str) -> str:
    """Return the label of a metric without the name of its team, where that stands beside it."""
    for mark in (": ", "：", ":", "の"):
        label = label.removeprefix(f"{team_label(team)}{mark}")
    return label[:1].upper() + label[1:]
