"""Where boxes and ribbons of a flow are on a slide.

Words on a slide are large, so boxes are as large as their words need, and the ribbons take what
is left. A flow to a place farther left leaves its box on the right, goes back over the top of all
boxes, and comes in on the left: a loop.
"""

from __future__ import annotations

import math
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass

from simulator.plots.slide import SMALL, Box, Sheet
from simulator.presentation.views.shapes import Flow, Link, Node

_LARGEST = 0.9
"""Width of the largest flow through a place at most, of the height that is free."""
_THINNEST = 0.025  # inches on a slide
_WIDEST_BOX = 1.75
_BOX_SHARE = 0.67
"""Of the distance between columns."""
_ROW_GAP, _LANE_GAP, _TURN_GAP, _PAD = 0.3, 0.06, 0.05, 0.09
_TURN_ROOM = 0.2
_LEAST_SHARE = 0.03
_MUCH = 0.2
"""Of what comes to an end, for a ribbon to be kept clear of boxes."""


@dataclass(frozen=True, slots=True)
class Place:
    """A node as a box, with its words."""

    node: Node
    box: Box
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ribbon:
    """A link as a band.

    Attributes
    ----------
    link : Link
    width : float
        Inches.
    start, end : (x, y)
        Middle of the band where it leaves and where it comes in.
    lane : float
        Height at which a loop goes back; NaN where it goes straight.
    turns : (float, float)
        Where a loop goes up, and where it comes down.
    """

    link: Link
    width: float
    start: tuple[float, float]
    end: tuple[float, float]
    lane: float
    turns: tuple[float, float]

    @property
    def looped(self) -> bool:
        """Whether it goes back."""
        return math.isfinite(self.lane)


@dataclass(frozen=True, slots=True)
class _Parts:
    """What of a flow goes straight and what goes back."""

    nodes: Mapping[str, Node]
    straight: tuple[Link, ...]
    looped: tuple[Link, ...]

    @property
    def links(self) -> tuple[Link, ...]:
        """All of them."""
        return (*self.straight, *self.looped)


def placed(
    sheet: Sheet, flow: Flow, words: Mapping[str, tuple[str, ...]], letters: float
) -> tuple[list[Place], list[Ribbon], bool]:
    """Place all boxes and ribbons so that they fill the free area; say whether they fit.

    Parameters
    ----------
    sheet : Sheet
    flow : Flow
    words : mapping of str to tuple of str
        Lines in each node's box.
    letters : float
        Their size, in points on a slide.
    """
    parts = _parts(flow)
    largest = max((node.came for node in flow.nodes if math.isfinite(node.came)), default=0.0)
    share = _LARGEST
    while True:
        unit = share * sheet.area.height / largest if largest > 0.0 else 0.0
        places, ribbons, height = _tried(sheet, flow, parts, words, letters, unit)
        fits = height <= sheet.area.height and _have_room(sheet, flow, parts, unit)
        if fits or share < _LEAST_SHARE:
            return places, ribbons, fits
        share *= 0.93


def box_width(sheet: Sheet, flow: Flow) -> float:
    """Return how wide boxes are, in inches."""
    columns = max((node.column for node in flow.nodes), default=0) + 1
    return min(_WIDEST_BOX * sheet.scale, _BOX_SHARE * sheet.area.width / columns)


def _have_room(sheet: Sheet, flow: Flow, parts: _Parts, unit: float) -> bool:
    """Tell whether the loops that turn between two columns have room beside each other there."""
    thinnest, gap = _THINNEST * sheet.scale, _TURN_GAP * sheet.scale
    widths = {link: max(link.size * unit, thinnest) for link in parts.links}
    columns = _columns(sheet, flow, parts, widths)
    for column in range(len(columns) - 1):
        turning = [
            widths[link] + gap
            for link in parts.looped
            if parts.nodes[link.source].column == column
            or parts.nodes[link.target].column == column + 1
        ]
        between = columns[column + 1] - columns[column] - box_width(sheet, flow)
        if turning and sum(turning) + _TURN_ROOM * sheet.scale > between:
            return False
    return True


def _parts(flow: Flow) -> _Parts:
    nodes = {node.id: node for node in flow.nodes}
    links = [each for each in flow.links if math.isfinite(each.size) and each.size > 0.0]

    def back(link: Link) -> bool:
        if link.kind == "back" or link.source == link.target:
            return True
        return nodes[link.source].column > nodes[link.target].column

    straight = tuple(each for each in links if not back(each))
    return _Parts(nodes, straight, tuple(each for each in links if back(each)))


def _tried(
    sheet: Sheet, flow: Flow, parts: _Parts, words: Mapping[str, tuple[str, ...]], letters: float,
    unit: float,
) -> tuple[list[Place], list[Ribbon], float]:  # fmt: skip
    """Place everything with a given width of ribbons; return also the height it takes."""
    thinnest = _THINNEST * sheet.scale
    widths = {link: max(link.size * unit, thinnest) for link in parts.links}
    lanes, used = _lanes(sheet, parts, widths)
    columns = _columns(sheet, flow, parts, widths)
    places, bottom = _boxes(sheet, flow, parts, widths, words, letters, unit, used, columns)
    ribbons = _ribbons(sheet, parts, widths, lanes, {each.node.id: each for each in places})
    return places, ribbons, sheet.area.top - bottom


def _lanes(
    sheet: Sheet, parts: _Parts, widths: Mapping[Link, float]
) -> tuple[dict[Link, float], float]:
    """Give each loop its height, short ones inside; return also the height of all."""

    def span(link: Link) -> tuple[int, int]:
        source = parts.nodes[link.source].column
        return source - parts.nodes[link.target].column, source

    at, found = 0.0, {}
    for link in sorted(parts.looped, key=span, reverse=True):
        room = max(widths[link], sheet.line(SMALL))
        found[link] = sheet.area.top - at - room / 2.0
        at += room + _LANE_GAP * sheet.scale
    return found, at + (0.12 * sheet.scale if found else 0.0)


def _columns(
    sheet: Sheet, flow: Flow, parts: _Parts, widths: Mapping[Link, float]
) -> dict[int, float]:
    """Return the left edge of the boxes of each column, with room for turns at both ends."""
    last = max((node.column for node in flow.nodes), default=0)
    gap = _TURN_GAP * sheet.scale

    def turning(end: str, column: int) -> float:
        wide = [widths[link] + gap for link in parts.looped
                if parts.nodes[getattr(link, end)].column == column]  # fmt: skip
        return sum(wide) + (0.2 * sheet.scale if wide else 0.0)

    left, right = turning("target", 0), turning("source", last)
    width = box_width(sheet, flow)
    free = sheet.area.width - left - right - width
    step = free / last if last else 0.0
    return {column: sheet.area.left + left + column * step for column in range(last + 1)}


def _boxes(
    sheet: Sheet, flow: Flow, parts: _Parts, widths: Mapping[Link, float],
    words: Mapping[str, tuple[str, ...]], letters: float, unit: float, used: float,
    columns: Mapping[int, float],
) -> tuple[list[Place], float]:  # fmt: skip
    """Stack boxes: where the way goes on above, where buyers are lost below."""
    ends = {
        node.id for node in flow.nodes
        if not any(link.source == node.id and link.kind == "onward" for link in parts.links)
        and any(link.target == node.id and link.kind == "lost" for link in parts.links)
    }  # fmt: skip
    top, gap, width = sheet.area.top - used, _ROW_GAP * sheet.scale, box_width(sheet, flow)
    filled: dict[int, float] = {}
    found: dict[str, Place] = {}
    for node in sorted(flow.nodes, key=lambda each: each.id in ends):
        start = filled.get(node.column, top)
        if node.id in ends:
            # An end stands below the boxes that much of its ribbons would otherwise run behind.
            start = min([start, *(filled[each] for each in _passed(parts, node, filled))])
        height = _height(sheet, parts, widths, node, len(words[node.id]) - 1, letters, unit)
        left = columns[node.column]
        found[node.id] = Place(node, Box(left, start - height, left + width, start),
                               words[node.id])  # fmt: skip
        filled[node.column] = start - height - gap
    bottom = min((each.box.bottom for each in found.values()), default=top)
    return [found[node.id] for node in flow.nodes], bottom


def _passed(parts: _Parts, node: Node, columns: Container[int]) -> set[int]:
    """Return the columns that the larger ribbons to an end pass on their way."""
    links = [link for link in parts.straight if link.target == node.id]
    much = _MUCH * sum(link.size for link in links)
    return {
        column
        for link in links
        if link.size >= much
        for column in range(parts.nodes[link.source].column + 1, node.column)
        if column in columns
    }


def _height(
    sheet: Sheet, parts: _Parts, widths: Mapping[Link, float], node: Node, lines: int,
    letters: float, unit: float,
) -> float:  # fmt: skip
    came = sum(widths[link] for link in parts.links if link.target == node.id)
    went = sum(widths[link] for link in parts.links if link.source == node.id)
    inside = node.inside * unit if math.isfinite(node.inside) else 0.0
    there = node.came * unit if math.isfinite(node.came) else 0.0
    text = lines * sheet.line(letters) + 2.0 * _PAD * sheet.scale
    return max(text, came, there, went + inside)


def _ribbons(
    sheet: Sheet, parts: _Parts, widths: Mapping[Link, float], lanes: Mapping[Link, float],
    places: Mapping[str, Place],
) -> list[Ribbon]:  # fmt: skip
    """Stack the ribbons on the edges of their boxes so that no two of one box cross."""
    starts: dict[Link, float] = {}
    ends: dict[Link, float] = {}

    def leaving(link: Link) -> tuple[int, float]:
        return (0, lanes[link]) if link in lanes else (1, -places[link.target].box.top)

    def coming(link: Link) -> tuple[int, float]:
        return (0, lanes[link]) if link in lanes else (1, -places[link.source].box.top)

    for place in places.values():
        _stack(place.box.top, sorted(_at(parts, "source", place), key=leaving), widths, starts)
        _stack(place.box.top, sorted(_at(parts, "target", place), key=coming), widths, ends)
    turns = _turns(sheet, parts, widths, lanes, places)
    return [
        Ribbon(
            link,
            widths[link],
            (places[link.source].box.right, starts[link]),
            (_side(places[link.source], places[link.target], link in lanes), ends[link]),
            lanes.get(link, math.nan),
            turns.get(link, (math.nan, math.nan)),
        )
        for link in parts.links
    ]


def _side(source: Place, target: Place, looped: bool) -> float:
    """Return where a ribbon comes in: on the right from a box above, else on the left."""
    above = source.node.column == target.node.column and not looped
    return target.box.right if above else target.box.left


def _at(parts: _Parts, end: str, place: Place) -> Sequence[Link]:
    return [link for link in parts.links if getattr(link, end) == place.node.id]


def _stack(
    top: float, links: Sequence[Link], widths: Mapping[Link, float], found: dict[Link, float]
) -> None:
    for link in links:
        found[link] = top - widths[link] / 2.0
        top -= widths[link]


def _turns(
    sheet: Sheet, parts: _Parts, widths: Mapping[Link, float], lanes: Mapping[Link, float],
    places: Mapping[str, Place],
) -> dict[Link, tuple[float, float]]:  # fmt: skip
    """Say where loops go up and come down: side by side beside their boxes, inner ones nearer."""
    gap, apart = _TURN_GAP * sheet.scale, 0.16 * sheet.scale
    right: dict[int, float] = {}
    left: dict[int, float] = {}
    found = {}
    for link in sorted(parts.looped, key=lambda each: lanes[each]):
        source, target = places[link.source], places[link.target]
        out = right.get(source.node.column, apart)
        back = left.get(target.node.column, apart)
        right[source.node.column] = out + widths[link] + gap
        left[target.node.column] = back + widths[link] + gap
        found[link] = (
            source.box.right + out + widths[link] / 2.0,
            target.box.left - back - widths[link] / 2.0,
        )
    return found
