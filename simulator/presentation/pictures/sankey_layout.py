"""Where everything is in a picture of flows: boxes in columns, ribbons between them, and loops.

The usual layouts of Sankey diagrams know no way back. Here a flow to a place farther left leaves
its box on the right, turns over the top of all boxes and comes in again on the left, as a loop.

Pictures of pages and slides are laid out alike: in units of the drawing (pixels or inches), from
the upper left corner, downward.
"""

from __future__ import annotations

import math
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from simulator.presentation.views.shapes import Flow, Link, Node

Point = tuple[float, float]

_LONGEST_HEAD = 2.6
"""Length of the arrowhead of the widest loop, in those of the narrowest."""
_WINGS = 1.3
"""By how much an arrowhead is wider than its loop, in lengths of the smallest."""
_MUCH = 0.2
"""Of what comes to an end, for a ribbon to be kept clear of boxes."""
_BELOW = 0.75
"""Of the room for a number where loops only come down: below them there is some, too."""
_LARGEST, _LEAST, _STEP = 0.9, 0.03, 0.95
"""Width of the largest flow that is tried first and last, of the height that is free."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """How large the parts of a picture are.

    Attributes
    ----------
    box : float
        Width of a box.
    thinnest : float
        Width of the narrowest ribbon, so that it can be seen.
    edge : float
        Of a box above and below the ribbons that meet it.
    row_gap, column_gap, lane_gap : float
        At least between boxes, columns, and loops that go back.
    lane : float
        Least height of the way of a loop: its number stands there.
    numbered : float
        Width of the narrowest ribbon that carries its number.
    number : float
        Width kept free for the number of a ribbon that passes where loops turn.
    turn, beside : float
        Between a box and the first loop that goes up beside it, and between that and the next.
    head : float
        Length of the smallest arrowhead.
    top, side, over : float
        Room above everything, at both sides, and between the loops and the boxes.
    """

    box: float
    thinnest: float
    edge: float
    row_gap: float
    column_gap: float
    lane_gap: float
    lane: float
    numbered: float
    number: float
    turn: float
    beside: float
    head: float
    top: float
    side: float
    over: float

    def head_of(self, width: float) -> float:
        """Return how long the arrowhead of a loop of some width is."""
        return min(_LONGEST_HEAD * self.head, self.head + width / 2.0)

    def reach(self, width: float) -> float:
        """Return how far a ribbon that turns round to a box below goes out."""
        return 2.0 * self.turn + width

    @property
    def wings(self) -> float:
        """By how much an arrowhead is wider than its loop."""
        return _WINGS * self.head

    @property
    def inlet(self) -> float:
        """Room for arrowheads between a box and the first loop that comes down beside it."""
        return _LONGEST_HEAD * self.head + self.edge


@dataclass(frozen=True, slots=True)
class Box:
    """A place as a box, and how wide what came, went and stayed is on its edges."""

    node: Node
    x: float
    y: float
    width: float
    height: float
    came: float
    went: float
    inside: float

    @property
    def right(self) -> float:
        """Its right edge."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """Its lower edge."""
        return self.y + self.height


@dataclass(frozen=True, slots=True)
class Ribbon:
    """A flow between two boxes.

    Attributes
    ----------
    link : Link
    width : float
    start, end : (x, y)
        Middle of the ribbon where it leaves and where it comes in.
    lane : float
        Height at which a loop goes back; NaN where it goes straight.
    turns : (float, float)
        Where a loop goes up and down; NaN where it goes straight.
    hooked : bool
        Whether it turns round to a box of the same column.
    thin : bool
        Whether it is wider than its size.
    """

    link: Link
    width: float
    start: Point
    end: Point
    lane: float
    turns: tuple[float, float]
    hooked: bool
    thin: bool

    @property
    def looped(self) -> bool:
        """Whether it goes back."""
        return math.isfinite(self.lane)


@dataclass(frozen=True, slots=True)
class Layout:
    """All boxes and ribbons of a picture.

    Attributes
    ----------
    width, height : float
    rooms : tuple of float
        Left of the first column, between all, and right of the last.
    boxes : tuple of Box
    ribbons : tuple of Ribbon
    """

    width: float
    height: float
    rooms: tuple[float, ...]
    boxes: tuple[Box, ...]
    ribbons: tuple[Ribbon, ...]


@dataclass(frozen=True, slots=True)
class _Parts:
    """What of a flow is drawn, and how wide."""

    sizes: Sizes
    unit: float
    nodes: Mapping[str, Node]
    widths: Mapping[Link, float]
    looped: tuple[Link, ...]

    def wide(self, size: float) -> float:
        """Return the width of a size."""
        return max(size, 0.0) * self.unit if math.isfinite(size) else 0.0

    def columns(self, link: Link) -> tuple[int, int]:
        """Return where a link leads from and to."""
        return self.nodes[link.source].column, self.nodes[link.target].column

    def hooked(self, link: Link) -> bool:
        """Tell whether it turns round to a box of the same column."""
        source, target = self.columns(link)
        return source == target and link not in self.looped

    def leaving(self, id_: str) -> list[Link]:
        """Return all links from a place."""
        return [link for link in self.widths if link.source == id_]

    def hooks(self, id_: str) -> list[Link]:
        """Return the links to a place that turn round to it, and meet the right edge."""
        return [link for link in self.widths if link.target == id_ and self.hooked(link)]

    def coming(self, id_: str) -> list[Link]:
        """Return the links to a place that meet the left edge of its box."""
        return [link for link in self.widths if link.target == id_ and not self.hooked(link)]


def biggest(flow: Flow) -> float:
    """Return the largest flow through a place: what several pictures take their scale from."""
    return max((node.came for node in flow.nodes if math.isfinite(node.came)), default=0.0)


def laid_out(
    flow: Flow,
    sizes: Sizes,
    words: Mapping[str, float],
    unit: float,
    width: float = 0.0,
    rooms: Sequence[float] = (),
) -> Layout:
    """Place the boxes and ribbons of a flow; the picture grows as they need.

    Parameters
    ----------
    flow : Flow
    sizes : Sizes
    words : mapping of str to float
        Height of what each box says, by node.
    unit : float
        Width of a ribbon of size 1.
    width : float
        At least so wide.
    rooms : sequence of float
        At least so much room between columns: that of other pictures, for the columns of all to
        stand in the same places.
    """
    parts = _parts(flow, sizes, unit)
    lanes, top = _lanes(parts)
    found = widest([_stretched(_rooms(parts), sizes, width), rooms])
    boxes = _boxes(parts, words, top, found)
    return Layout(
        sum(found) + (len(found) - 1) * sizes.box,
        max((box.bottom for box in boxes.values()), default=top),
        found,
        tuple(boxes[node.id] for node in flow.nodes),
        tuple(_ribbons(parts, lanes, boxes)),
    )


def laid_into(
    flow: Flow, sizes: Sizes, words: Mapping[str, float], width: float, height: float
) -> tuple[Layout, bool]:
    """Place the boxes and ribbons of a flow as large as fits a free area.

    Returns
    -------
    layout : Layout
    fits : bool
        Whether it fits: the words of the boxes may be too large.
    """
    most, share = biggest(flow), _LARGEST
    while True:
        unit = share * height / most if most > 0.0 else 0.0
        found = laid_out(flow, sizes, words, unit, width)
        fits = found.width <= width * (1.0 + 1e-9) and found.height <= height
        if fits or share < _LEAST:
            return found, fits
        share *= _STEP


def widest(several: Iterable[Sequence[float]]) -> tuple[float, ...]:
    """Return the rooms between columns that are enough for several pictures."""
    return tuple(max(each) for each in zip_longest(*several, fillvalue=0.0))


def _parts(flow: Flow, sizes: Sizes, unit: float) -> _Parts:
    nodes = {node.id: node for node in flow.nodes}
    links = [each for each in flow.links if math.isfinite(each.size) and each.size > 0.0]

    def back(link: Link) -> bool:
        left = nodes[link.source].column > nodes[link.target].column
        return link.kind == "back" or left or link.source == link.target

    widths = {each: max(each.size * unit, sizes.thinnest) for each in links}
    return _Parts(sizes, unit, nodes, widths, tuple(each for each in links if back(each)))


def _lanes(parts: _Parts) -> tuple[dict[Link, float], float]:
    """Give each loop its height, short ones inside, and say where the boxes begin."""

    def span(link: Link) -> tuple[int, int]:
        source, target = parts.columns(link)
        return source - target, source

    at, found = parts.sizes.top, {}
    for link in sorted(parts.looped, key=span, reverse=True):
        room = max(parts.widths[link], parts.sizes.lane)
        found[link] = at + room / 2.0
        at += room + parts.sizes.lane_gap
    return found, at + (parts.sizes.over if found else 0.0)


def _rooms(parts: _Parts) -> list[float]:
    """Return the room left of the first column, between all and right of the last."""
    sizes = parts.sizes
    count = max((node.column for node in parts.nodes.values()), default=0) + 1
    up, down, hooks = [0.0] * count, [0.0] * count, [0.0] * count
    for link, wide in parts.widths.items():
        source, target = parts.columns(link)
        if link in parts.looped:
            up[source] += wide + sizes.beside
            down[target] += wide + sizes.beside
        elif parts.hooked(link):
            hooks[source] = max(hooks[source], sizes.reach(wide))
    right = [max(each + sizes.turn if each else 0.0, hook)
             for each, hook in zip(up, hooks, strict=True)]  # fmt: skip
    left = [each + sizes.inlet if each else 0.0 for each in down]
    between = [
        max(sizes.column_gap, before + _number(parts, column, before > 0.0) + after)
        for column, (before, after) in enumerate(zip(right[:-1], left[1:], strict=True))
    ]
    return [sizes.side + left[0], *between, right[-1] + sizes.side]


def _number(parts: _Parts, column: int, rising: bool) -> float:
    """Return the room for numbers between a column and the next, beside loops that turn there."""
    for link, wide in parts.widths.items():
        source, target = parts.columns(link)
        if source <= column < target and wide >= parts.sizes.numbered:
            return parts.sizes.number * (1.0 if rising else _BELOW)
    return parts.sizes.turn


def _stretched(rooms: Sequence[float], sizes: Sizes, width: float) -> list[float]:
    """Move columns apart until the picture is as wide as it should be."""
    between = len(rooms) - 2
    more = max(width - sum(rooms) - (between + 1) * sizes.box, 0.0)
    if not between:
        return [rooms[0], rooms[1] + more]
    return [rooms[0], *(each + more / between for each in rooms[1:-1]), rooms[-1]]


def _boxes(
    parts: _Parts, words: Mapping[str, float], top: float, rooms: Sequence[float]
) -> dict[str, Box]:
    """Stack the boxes of each column: where the way goes on first, where it ends below."""
    sizes = parts.sizes
    ends = {id_ for id_ in parts.nodes if _ends(parts, id_)}
    filled: dict[int, float] = {}
    found: dict[str, Box] = {}
    for node in sorted(parts.nodes.values(), key=lambda each: each.id in ends):
        y = filled.get(node.column, top)
        if node.id in ends:
            # It stands below the boxes that much of its ribbons would otherwise run behind.
            y = max([y, *(filled[each] for each in _passed(parts, node, filled))])
        x = sum(rooms[: node.column + 1]) + node.column * sizes.box
        came, went, inside = (parts.wide(each) for each in (node.came, node.went, node.inside))
        height = max(words[node.id], _edges(parts, node) + 2.0 * sizes.edge)
        found[node.id] = Box(node, x, y, sizes.box, height, came, went, inside)
        filled[node.column] = y + height + sizes.row_gap
    return found


def _ends(parts: _Parts, id_: str) -> bool:
    """Tell whether buyers are lost to a place, and none goes on from there."""
    onward = any(link.kind == "onward" for link in parts.leaving(id_))
    return not onward and any(link.kind == "lost" for link in parts.coming(id_))


def _passed(parts: _Parts, node: Node, columns: Container[int]) -> set[int]:
    """Return the columns that the larger ribbons to an end pass on their way."""
    links = [link for link in parts.coming(node.id) if link not in parts.looped]
    much = _MUCH * sum(link.size for link in links)
    return {
        column
        for link in links
        if link.size >= much
        for column in range(parts.nodes[link.source].column + 1, node.column)
        if column in columns
    }


def _edges(parts: _Parts, node: Node) -> float:
    """Return the height that what meets the edges of a box needs."""
    coming = parts.coming(node.id)
    heads = parts.sizes.wings * sum(link in parts.looped for link in coming)
    came = sum(parts.widths[link] for link in coming) + heads
    right = [*parts.leaving(node.id), *parts.hooks(node.id)]
    went = sum(parts.widths[link] for link in right)
    return max(came, parts.wide(node.came), went + parts.wide(node.inside))


def _ribbons(
    parts: _Parts, lanes: Mapping[Link, float], boxes: Mapping[str, Box]
) -> Iterable[Ribbon]:
    """Stack the ribbons on the edges of their boxes so that no two of one box cross."""
    starts: dict[Link, float] = {}
    ends: dict[Link, float] = {}

    def to(link: Link) -> tuple[bool, bool, float, int]:
        # Of loops the inner one leaves, and comes in, above.
        box, loop = boxes[link.target], link in lanes
        return not loop, parts.hooked(link), -lanes[link] if loop else box.y, box.node.column

    def origin(link: Link) -> tuple[bool, float, int]:
        box, loop = boxes[link.source], link in lanes
        return not loop, -lanes[link] if loop else box.y, -box.node.column

    for id_, box in boxes.items():
        below = _stack(parts, box.y + parts.sizes.edge, sorted(parts.leaving(id_), key=to), starts)
        _stack(parts, below, parts.hooks(id_), ends)
        coming = sorted(parts.coming(id_), key=origin)
        _stack(parts, box.y + parts.sizes.edge, coming, ends, parts.sizes.wings)
    turns = _turns(parts, lanes, boxes)
    for link, width in parts.widths.items():
        hooked, target = parts.hooked(link), boxes[link.target]
        yield Ribbon(
            link,
            width,
            (boxes[link.source].right, starts[link]),
            (target.right if hooked else target.x, ends[link]),
            lanes.get(link, math.nan),
            turns.get(link, (math.nan, math.nan)),
            hooked,
            width > link.size * parts.unit * 1.001,
        )


def _stack(
    parts: _Parts, at: float, links: Sequence[Link], found: dict[Link, float], heads: float = 0.0
) -> float:
    """Place ribbons below each other, with room for the arrowheads of loops; return where to."""
    for link in links:
        room = heads if link in parts.looped else 0.0
        found[link] = at + (parts.widths[link] + room) / 2.0
        at += parts.widths[link] + room
    return at


def _turns(
    parts: _Parts, lanes: Mapping[Link, float], boxes: Mapping[str, Box]
) -> dict[Link, tuple[float, float]]:
    """Say where loops go up and down: side by side in the room between columns, inner first."""
    up: dict[float, float] = {}
    down: dict[float, float] = {}
    found = {}
    for link in sorted(parts.looped, key=lambda each: -lanes[each]):
        wide, source, target = parts.widths[link], boxes[link.source].right, boxes[link.target].x
        out, back = up.get(source, parts.sizes.turn), down.get(target, parts.sizes.inlet)
        up[source] = out + wide + parts.sizes.beside
        down[target] = back + wide + parts.sizes.beside
        found[link] = source + out + wide / 2.0, target - back - wide / 2.0
    return found
