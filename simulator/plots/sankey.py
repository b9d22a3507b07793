"""The flow of buyers as ribbons, as wide as they are many, with the ways back as loops."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping

from matplotlib.patches import FancyBboxPatch, PathPatch, Polygon
from matplotlib.path import Path

from simulator.languages.messages import say
from simulator.plots.bars import TEAM_COLORS
from simulator.plots.sankey_places import Place, Ribbon, box_width, placed
from simulator.plots.slide import SMALL, TINY, Box, Sheet, begin, ink_of, mixed
from simulator.presentation.chart_style import GREY, INK, VERMILION
from simulator.presentation.views.shapes import Flow

_SHADES = {"onward": "#a9bccd", "lost": "#dcdfe3", "back": VERMILION}
_SMALLEST = 0.7
_HOOK = 0.2
_LEAST_NUMBERED = 0.2
"""Width of a ribbon that carries its number, in inches on a slide."""

_SPOTS = (0.5, 0.35, 0.65, 0.2, 0.8)
"""Parts of the way of a ribbon at which its number may stand."""


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
    letters = SMALL
    while True:
        words = _words(sheet, flow, letters)
        places, ribbons, fits = placed(sheet, flow, words, letters)
        if fits or letters < _SMALLEST * SMALL:
            break
        letters *= 0.95
    for ribbon in sorted(ribbons, key=lambda each: (each.looped, -each.width)):
        _ribbon(sheet, ribbon)
    for place in places:
        _place(sheet, place, letters)
    _numbers(sheet, flow, places, ribbons, letters)
    return sheet


def _words(sheet: Sheet, flow: Flow, letters: float) -> Mapping[str, tuple[str, ...]]:
    """Return the lines of each box: its name, what came, and what is still there."""
    room = box_width(sheet, flow) - 0.2 * sheet.scale
    found = {}
    for node in flow.nodes:
        # What comes after a colon or a comma explains the name: no room for it on a slide.
        short = re.split(r"[:：,、（(]", node.label)[0].strip()
        # Letters may be a little smaller if a name then needs no second line.
        fits = sheet.width(short, sheet.fitted(short, letters, room, True), True) <= room
        name = [short] if fits else sheet.broken(short, letters, room, 2, True).split("\n")
        lines = [say("{number} came", number=flow.scale.number(node.came))]
        if math.isfinite(node.inside) and node.inside > 0.0 and node.went > 0.0:
            lines.append(say("{number} inside", number=flow.scale.number(node.inside)))
        found[node.id] = (*name, "", *lines)
    return found


def _place(sheet: Sheet, place: Place, letters: float) -> None:
    box, color = place.box, TEAM_COLORS.get(place.node.team, GREY)
    sheet.paper.add_patch(
        FancyBboxPatch(
            (box.left, box.bottom), box.width, box.height,
            boxstyle=f"round,pad=0,rounding_size={0.06 * sheet.scale}",
            facecolor=mixed(color, 0.14), edgecolor=color, linewidth=1.6 * sheet.scale, zorder=4,
        )
    )  # fmt: skip
    names = place.words[: place.words.index("")]
    figures = place.words[len(names) + 1 :]
    lines = len(names) + len(figures)
    line = sheet.line(letters)
    y = (box.top + box.bottom) / 2.0 + (lines - 1) * line / 2.0
    room = box.width - 0.2 * sheet.scale
    for at, words in enumerate((*names, *figures)):
        bold = at < len(names)
        points = sheet.fitted(words, letters, room, bold)
        fitted = sheet.broken(words, points, room * 1.01, 1, bold)
        sheet.write(box.left + 0.1 * sheet.scale, y, fitted, points, INK, bold=bold)
        y -= line


def _ribbon(sheet: Sheet, ribbon: Ribbon) -> None:
    color = _SHADES[ribbon.link.kind if not ribbon.looped else "back"]
    if ribbon.looped:
        _loop(sheet, ribbon, color)
        return
    (x1, y1), (x2, y2), half = ribbon.start, ribbon.end, ribbon.width / 2.0
    if x1 == x2:
        out = x1 + _HOOK * sheet.scale + ribbon.width
        curve = Path([(x1, y1), (out, y1), (out, y2), (x2, y2)], [Path.MOVETO, *[Path.CURVE4] * 3])
        sheet.paper.add_patch(
            PathPatch(curve, facecolor="none", edgecolor=color, linewidth=ribbon.width * 72.0,
                      zorder=2)
        )  # fmt: skip
        return
    bend = 0.5 * (x2 - x1)
    points = [
        (x1, y1 + half), (x1 + bend, y1 + half), (x2 - bend, y2 + half), (x2, y2 + half),
        (x2, y2 - half), (x2 - bend, y2 - half), (x1 + bend, y1 - half), (x1, y1 - half),
        (x1, y1 + half),
    ]  # fmt: skip
    codes = [Path.MOVETO, *[Path.CURVE4] * 3, Path.LINETO, *[Path.CURVE4] * 3, Path.CLOSEPOLY]
    sheet.paper.add_patch(
        PathPatch(Path(points, codes), facecolor=color, alpha=0.85, linewidth=0, zorder=2)
    )  # fmt: skip


def _loop(sheet: Sheet, ribbon: Ribbon, color: str) -> None:
    """Draw the middle of a loop as a thick line, with an arrowhead where it comes in."""
    (x1, y1), (x2, y2), (up, down), lane = ribbon.start, ribbon.end, ribbon.turns, ribbon.lane
    head = min(0.14 * sheet.scale, 0.06 * sheet.scale + ribbon.width / 2.0)
    out = min(up - x1, (lane - y1) / 2.0)
    back = max(min(x2 - head - down, (lane - y2) / 2.0), 0.0)
    points = [
        (x1, y1), (up - out, y1), (up, y1), (up, y1 + out), (up, lane - out), (up, lane),
        (up - out, lane), (down + back, lane), (down, lane), (down, lane - back),
        (down, y2 + back), (down, y2), (down + back, y2), (x2 - head, y2),
    ]  # fmt: skip
    codes = [Path.MOVETO, Path.LINETO, Path.CURVE3, Path.CURVE3, Path.LINETO, Path.CURVE3,
             Path.CURVE3, Path.LINETO, Path.CURVE3, Path.CURVE3, Path.LINETO, Path.CURVE3,
             Path.CURVE3, Path.LINETO]  # fmt: skip
    sheet.paper.add_patch(
        PathPatch(Path(points, codes), facecolor="none", edgecolor=color, alpha=0.75,
                  linewidth=ribbon.width * 72.0, capstyle="butt", joinstyle="round", zorder=3)
    )  # fmt: skip
    half = ribbon.width / 2.0 + 0.05 * sheet.scale
    sheet.paper.add_patch(
        Polygon([(x2 - head, y2 + half), (x2, y2), (x2 - head, y2 - half)], facecolor=color,
                linewidth=0, zorder=3)
    )  # fmt: skip


def _numbers(
    sheet: Sheet, flow: Flow, places: list[Place], ribbons: list[Ribbon], letters: float
) -> None:
    """Write the size on every loop, and on ribbons that are wide enough where nothing else is."""
    taken = [place.box for place in places]
    for ribbon in sorted(ribbons, key=lambda each: -each.width):
        words = flow.scale.number(ribbon.link.size)
        if not re.search("[1-9]", words):
            continue
        if ribbon.looped:
            x = (ribbon.turns[0] + ribbon.turns[1]) / 2.0
            said = say("{number} back", number=words)
            sheet.write(x, ribbon.lane, said, letters, ink_of(VERMILION), "center", bold=True,
                        backed=True)  # fmt: skip
        elif ribbon.width >= _LEAST_NUMBERED * sheet.scale:
            box = next((each for each in _spots(sheet, ribbon, words) if _free(each, taken)), None)
            if box is not None:
                taken.append(box)
                middle = (box.left + box.right) / 2.0, (box.bottom + box.top) / 2.0
                sheet.write(*middle, words, TINY, INK, "center")


def _spots(sheet: Sheet, ribbon: Ribbon, words: str) -> Iterator[Box]:
    """Yield places on a ribbon where its number might stand."""
    (x1, y1), (x2, y2) = ribbon.start, ribbon.end
    wide, high = sheet.width(words, TINY) / 2.0, sheet.inches(TINY) / 2.0
    for part in _SPOTS:
        # A point of its curve, whose handles are at half of the way.
        along = 1.5 * part * (1.0 - part) + part**3
        x, y = x1 + along * (x2 - x1), y1 + (3.0 * part**2 - 2.0 * part**3) * (y2 - y1)
        yield Box(x - wide, y - high, x + wide, y + high)


def _free(box: Box, taken: list[Box]) -> bool:
    return not any(
        box.left < each.right and each.left < box.right
        and box.bottom < each.top and each.bottom < box.top
        for each in taken
    )  # fmt: skip
