"""The flow of buyers as ribbons, as wide as they are many, with the ways back as loops."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence

from matplotlib.patches import FancyBboxPatch, PathPatch, Polygon
from matplotlib.path import Path

from simulator.languages.messages import say
from simulator.plots.bars import TEAM_COLORS
from simulator.plots.slide import SMALL, TINY, Sheet, begin, ink_of, mixed
from simulator.presentation.chart_style import GREY, INK, VERMILION
from simulator.presentation.pictures.sankey_curves import Piece, band, head, hook, loop, numbered
from simulator.presentation.pictures.sankey_layout import (
    Box,
    Layout,
    Point,
    Ribbon,
    Sizes,
    laid_into,
)
from simulator.presentation.views.shapes import Flow

Line = tuple[str, bool]
"""Of the words in a box: what it says, and whether it is bold."""

_SHADES = {"onward": "#a9bccd", "lost": "#dcdfe3", "back": VERMILION}
_SMALLEST = 0.7
_WIDEST_BOX = 1.75  # inches on a slide
_BOX_SHARE = 0.67
"""Of the distance between columns."""
_PAD = 0.09
_INSET = 0.1
_CODES = {
    "M": [Path.MOVETO], "L": [Path.LINETO], "Q": [Path.CURVE3] * 2, "C": [Path.CURVE4] * 3,
    "Z": [Path.CLOSEPOLY],
}  # fmt: skip


def draw_flow(flow: Flow, title: str, note: str, size: tuple[float, float]) -> Sheet:
    """Draw a flow.

    Parameters
    ----------
    flow : Flow
    title, note : str
    size : pair of float
        Inches.
    """
    sheet = begin(title, note, size)
    sizes = sizes_of(sheet, flow)
    letters = SMALL
    while True:
        words = _words(sheet, flow, sizes, letters)
        layout, fits = laid(sheet, flow, sizes, words, letters)
        if fits or letters < _SMALLEST * SMALL:
            break
        letters *= 0.95
    for ribbon in sorted(layout.ribbons, key=lambda each: (each.looped, -each.width)):
        _ribbon(sheet, sizes, ribbon)
    for box in layout.boxes:
        _box(sheet, box, words[box.node.id], letters)
    _numbers(sheet, flow, sizes, layout, letters)
    return sheet


def sizes_of(sheet: Sheet, flow: Flow) -> Sizes:
    """Return the sizes of a slide, in inches."""
    columns = max((node.column for node in flow.nodes), default=0) + 1
    scale = sheet.scale
    return Sizes(
        box=min(_WIDEST_BOX * scale, _BOX_SHARE * sheet.area.width / columns),
        thinnest=0.025 * scale, edge=0.0, row_gap=0.3 * scale, column_gap=0.35 * scale,
        lane_gap=0.06 * scale, lane=sheet.line(SMALL), numbered=0.1 * scale, number=0.49 * scale,
        turn=0.09 * scale, beside=0.04 * scale, head=0.05 * scale, top=0.0, side=0.0,
        over=0.06 * scale,
    )  # fmt: skip


def laid(
    sheet: Sheet, flow: Flow, sizes: Sizes, words: Mapping[str, Sequence[Line]], letters: float
) -> tuple[Layout, bool]:
    """Place everything so that it fills the free area; say whether it fits.

    Parameters
    ----------
    sheet : Sheet
    flow : Flow
    sizes : Sizes
    words : mapping of str to sequence of (str, bool)
        Lines in each node's box, and whether they are bold.
    letters : float
        Their size, in points on a slide.
    """
    pad = 2.0 * _PAD * sheet.scale
    heights = {id_: len(lines) * sheet.line(letters) + pad for id_, lines in words.items()}
    return laid_into(flow, sizes, heights, sheet.area.width, sheet.area.height)


def _words(
    sheet: Sheet, flow: Flow, sizes: Sizes, letters: float
) -> Mapping[str, tuple[Line, ...]]:
    """Return the lines of each box: its name (bold), what came, and what is still there."""
    room = sizes.box - 2.0 * _INSET * sheet.scale
    found = {}
    for node in flow.nodes:
        # What comes after a colon or a comma explains the name: no room for it on a slide.
        short = re.split(r"[:：,、（(]", node.label)[0].strip()
        # Letters may be a little smaller if a name then needs no second line.
        fits = sheet.width(short, sheet.fitted(short, letters, room, True), True) <= room
        name = [short] if fits else sheet.broken(short, letters, room, 3, True).split("\n")
        lines = [say("{number} came", number=flow.scale.number(node.came))]
        if math.isfinite(node.inside) and node.inside > 0.0 and node.went > 0.0:
            lines.append(say("{number} inside", number=flow.scale.number(node.inside)))
        found[node.id] = (*((each, True) for each in name), *((each, False) for each in lines))
    return found


def _at(sheet: Sheet, point: Point) -> Point:
    """Return a point of the layout on the sheet, whose inches count from below."""
    return sheet.area.left + point[0], sheet.area.top - point[1]


def _path(sheet: Sheet, pieces: Sequence[Piece]) -> Path:
    codes = [code for letter, _ in pieces for code in _CODES[letter]]
    points = [_at(sheet, point) for _, corners in pieces for point in corners]
    # Where a path closes a point is asked for, too, though it is not looked at.
    return Path([*points, *points[:1]][: len(codes)], codes)


def _box(
    sheet: Sheet, box: Box, lines: Sequence[Line], letters: float
) -> None:  # fmt: skip
    color = TEAM_COLORS.get(box.node.team, GREY)
    sheet.paper.add_patch(
        FancyBboxPatch(
            _at(sheet, (box.x, box.bottom)), box.width, box.height,
            boxstyle=f"round,pad=0,rounding_size={0.06 * sheet.scale}",
            facecolor=mixed(color, 0.14), edgecolor=color, linewidth=1.6 * sheet.scale, zorder=4,
        )
    )  # fmt: skip
    line, inset = sheet.line(letters), _INSET * sheet.scale
    first = (box.y + box.bottom - (len(lines) - 1) * line) / 2.0
    room = box.width - 2.0 * inset
    for place, (words, bold) in enumerate(lines):
        points = sheet.fitted(words, letters, room, bold)
        fitted = sheet.broken(words, points, room * 1.01, 1, bold)
        at = _at(sheet, (box.x + inset, first + place * line))
        sheet.write(*at, fitted, points, INK, bold=bold)


def _ribbon(sheet: Sheet, sizes: Sizes, ribbon: Ribbon) -> None:
    color = _SHADES["back" if ribbon.looped else ribbon.link.kind]
    if ribbon.looped:
        # A thick line along its middle, and an arrowhead where it comes in.
        corners = [_at(sheet, each) for each in head(ribbon, sizes)]
        sheet.paper.add_patch(
            PathPatch(_path(sheet, loop(ribbon, sizes)), facecolor="none", edgecolor=color,
                      alpha=0.75, linewidth=ribbon.width * 72.0, capstyle="butt",
                      joinstyle="round", zorder=3)
        )  # fmt: skip
        sheet.paper.add_patch(Polygon(corners, facecolor=color, linewidth=0, zorder=3))
    elif ribbon.hooked:
        sheet.paper.add_patch(
            PathPatch(_path(sheet, hook(ribbon, sizes)), facecolor="none", edgecolor=color,
                      linewidth=ribbon.width * 72.0, zorder=2)
        )  # fmt: skip
    else:
        sheet.paper.add_patch(
            PathPatch(_path(sheet, band(ribbon)), facecolor=color, alpha=0.85, linewidth=0,
                      zorder=2)
        )  # fmt: skip


def _numbers(sheet: Sheet, flow: Flow, sizes: Sizes, layout: Layout, letters: float) -> None:
    """Write the size on every loop, and on ribbons that are wide enough where nothing else is."""

    def said(ribbon: Ribbon) -> str:
        number = flow.scale.number(ribbon.link.size)
        return say("{number} back", number=number) if ribbon.looped else number

    def room_of(ribbon: Ribbon) -> Point | None:
        written = re.search("[1-9]", flow.scale.number(ribbon.link.size))
        if not written or not (ribbon.looped or ribbon.width >= sizes.numbered):
            return None
        points = letters if ribbon.looped else TINY
        wide = sheet.width(said(ribbon), points, ribbon.looped)
        return wide + 0.05 * sheet.scale, sheet.inches(points)

    for ribbon, place in numbered(layout, room_of):
        if ribbon.looped:
            sheet.write(*_at(sheet, place), said(ribbon), letters, ink_of(VERMILION), "center",
                        bold=True, backed=True)  # fmt: skip
        else:
            sheet.write(*_at(sheet, place), said(ribbon), TINY, INK, "center")
