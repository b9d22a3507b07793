"""Where everything is in a picture of flows: boxes in columns, ribbons between them, and loops.

The usual layouts of Sankey diagrams know no way back. Here a flow to a place farther left leaves
its box on the right, turns over the top of all boxes and comes in again on the left, as a loop.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from simulator.presentation.pictures.lettering import SMALL, lines_of
from simulator.presentation.views.shapes import Flow, Link, Node

BOX = 128.0
"""Width of a box."""
NAME = 12.0
"""Size of the letters of a name: that of the longest department fits into a box."""
THINNEST = 1.5
"""Width of the narrowest ribbon, so that it can be seen."""

_GAP = 64.0
_LARGEST = 150.0
"""Width of ribbon for the largest flow through a box."""
_PAD = 10.0
_LANE_GAP = 8.0
_HEADS = 8.0
"""Room between arrowheads."""
_ROW_GAP = 30.0
USUAL = 1080.0
"""Width of a picture, unless its loops need more."""
_SIDE = 8.0
"""Room left and right of all boxes and loops."""
_OUT, _IN, _BETWEEN = 9.0, 13.0, 4.0
"""Room between a box and the first loop that goes up, or comes down, beside it; and the next."""


@dataclass(frozen=True, slots=True)
class Box:
    """A place as a box, with its words, and how much came, went and stayed on its edges."""

    node: Node
    x: float
    y: float
    height: float
    name: tuple[str, ...]
    came: float
    went: float
    inside: float


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
        Where a loop goes up and down.
    hooked : bool
        Whether it turns round to a box below its own.
    thin : bool
        Whether it is wider than its size.
    """

    link: Link
    width: float
    start: tuple[float, float]
    end: tuple[float, float]
    lane: float
    turns: tuple[float, float]
    hooked: bool
    thin: bool

    @property
    def looped(self) -> bool:
        """Whether it goes back."""
        return self.lane == self.lane


@dataclass(frozen=True, slots=True)
class Layout:
    """All boxes and ribbons of a picture."""

    width: float
    height: float
    boxes: tuple[Box, ...]
    ribbons: tuple[Ribbon, ...]


def laid_out(
    flow: Flow, largest: float | None = None, title: float = 0.0, width: float = USUAL
) -> Layout:
    """Place the boxes and ribbons of a flow.

    Parameters
    ----------
    flow : Flow
    largest : float, optional
        What has the full width, where several pictures are to be compared; otherwise the largest
        flow through a place of this one.
    title : float
        Room to keep at the top.
    width : float
        At least so wide.
    """
    most = largest or biggest(flow)
    unit = _LARGEST / most if most > 0.0 else 0.0
    links = [each for each in flow.links if each.size > 0.0 and each.size < float("inf")]
    looped = [each for each in links if _goes_back(flow, each)]
    widths = {id(each): max(each.size * unit, THINNEST) for each in links}
    lanes, top = _lanes(flow, looped, widths, title)
    places, width = _columns(flow, looped, widths, width)
    boxes = _boxes(flow, links, widths, unit, top, places)
    ribbons = _ribbons(flow, links, looped, widths, lanes, boxes, unit)
    height = max((box.y + box.height for box in boxes.values()), default=top) + 12.0
    return Layout(width, height, tuple(boxes.values()), tuple(ribbons))


def biggest(flow: Flow) -> float:
    """Return the largest flow through a place: what several pictures take their scale from."""
    sizes = [node.came for node in flow.nodes if node.came == node.came]
    return max(sizes, default=0.0)


def _column(flow: Flow, id_: str) -> int:
    return next(node.column for node in flow.nodes if node.id == id_)


def _goes_back(flow: Flow, link: Link) -> bool:
    source, target = _column(flow, link.source), _column(flow, link.target)
    return link.kind == "back" or source > target or link.source == link.target


def _hooked(flow: Flow, link: Link) -> bool:
    same = _column(flow, link.source) == _column(flow, link.target)
    return same and not _goes_back(flow, link)


def _columns(
    flow: Flow, looped: Sequence[Link], widths: dict[int, float], least: float
) -> tuple[dict[int, float], float]:
    """Place the columns so that loops have room between them; return also the whole width."""
    last = max((node.column for node in flow.nodes), default=0)
    left, right = [_IN] * (last + 1), [_OUT] * (last + 1)
    for link in looped:
        right[_column(flow, link.source)] += widths[id(link)] + _BETWEEN
        left[_column(flow, link.target)] += widths[id(link)] + _BETWEEN
    first = _SIDE + (left[0] if left[0] > _IN else 0.0)
    gaps = [max(_GAP, right[at] + 24.0 + left[at + 1]) for at in range(last)]
    width = first + (last + 1) * BOX + sum(gaps) + right[last] + _SIDE
    more = max(least - width, 0.0) / max(last, 1)
    places = {
        column: first + column * (BOX + more) + sum(gaps[:column]) for column in range(last + 1)
    }
    return places, max(width, least)


def _lanes(
    flow: Flow, looped: Sequence[Link], widths: dict[int, float], title: float
) -> tuple[dict[int, float], float]:
    """Give each loop its height, short ones inside, and say where the boxes begin."""

    def span(link: Link) -> tuple[int, int]:
        source, target = _column(flow, link.source), _column(flow, link.target)
        return source - target, source

    order = sorted(looped, key=span, reverse=True)
    lanes: dict[int, float] = {}
    at = title + 6.0
    for link in order:
        wide = widths[id(link)]
        # A number may stand on the lane.
        room = max(wide, SMALL + 3.0)
        lanes[id(link)] = at + room / 2.0
        at += room + _LANE_GAP
    return lanes, at + (10.0 if looped else 4.0)


def _boxes(
    flow: Flow, links: Sequence[Link], widths: dict[int, float], unit: float, top: float,
    places: dict[int, float],
) -> dict[str, Box]:  # fmt: skip
    """Stack the boxes of each column: where the way goes on first, where it ends below."""
    ends = {
        node.id for node in flow.nodes
        if not any(link.source == node.id and link.kind == "onward" for link in links)
        and any(link.target == node.id and link.kind == "lost" for link in links)
    }  # fmt: skip
    shapes: dict[str, tuple[tuple[str, ...], float]] = {}
    for node in flow.nodes:
        name = tuple(lines_of(node.label, BOX - 16.0, 3, NAME, strong=True))
        words = 2.0 * _PAD + 16.0 * len(name) + 15.0 * 2
        coming = [each for each in links if each.target == node.id]
        heads = _HEADS * sum(_goes_back(flow, each) for each in coming)
        came = sum(widths[id(each)] for each in coming) + heads
        went = sum(widths[id(each)] for each in links if each.source == node.id)
        stays = node.inside * unit if node.inside == node.inside else 0.0
        started = node.came * unit if node.came == node.came else 0.0
        height = max(words, came + 2.0, started + 2.0, went + stays + 2.0)
        shapes[node.id] = name, height
    main = [node for node in flow.nodes if node.id not in ends]
    lower = [node for node in flow.nodes if node.id in ends]
    filled: dict[int, float] = {}
    found: dict[str, Box] = {}
    for row, nodes in enumerate((main, lower)):
        # All ends begin at one height, below everything that goes on.
        below = row and _crossed(main, lower)
        level = max(filled.values(), default=top) if below else top
        for node in nodes:
            name, height = shapes[node.id]
            x = places[node.column]
            y = max(filled.get(node.column, top), level)
            edge = [max(each, 0.0) * unit if each == each else 0.0
                    for each in (node.came, node.went, node.inside)]  # fmt: skip
            found[node.id] = Box(node, x, y, height, name, *edge)
            filled[node.column] = y + height + _ROW_GAP
    return {node.id: found[node.id] for node in flow.nodes}


def _crossed(main: Sequence[Node], lower: Sequence[Node]) -> bool:
    """Whether an end stands in a column where the way goes on."""
    columns = {node.column for node in main}
    return any(node.column in columns for node in lower)


def _ribbons(
    flow: Flow,
    links: Sequence[Link],
    looped: Sequence[Link],
    widths: dict[int, float],
    lanes: dict[int, float],
    boxes: dict[str, Box],
    unit: float,
) -> list[Ribbon]:
    """Stack the ribbons on the edges of their boxes: loops above, then onward, then losses."""
    back = {id(each) for each in looped}
    kinds = {"back": 0, "onward": 1, "lost": 2}

    def leaving(link: Link) -> tuple[int, int, float]:
        rank = 0 if id(link) in back else kinds[link.kind]
        lane = -lanes[id(link)] if id(link) in back else 0.0
        return rank, 0 if id(link) not in back else 1, lane or boxes[link.target].y

    def coming(link: Link) -> tuple[int, float]:
        # Of loops the inner one comes in above: no two of one box cross.
        if id(link) in back:
            return 0, -lanes[id(link)]
        return 1, boxes[link.source].y

    starts: dict[int, float] = {}
    ends: dict[int, float] = {}
    for box in boxes.values():
        at = box.y + 1.0
        for link in sorted((each for each in links if each.source == box.node.id), key=leaving):
            starts[id(link)] = at + widths[id(link)] / 2.0
            at += widths[id(link)]
        at = box.y + 1.0
        for link in sorted((each for each in links if each.target == box.node.id), key=coming):
            ends[id(link)] = at + widths[id(link)] / 2.0
            at += widths[id(link)] + (_HEADS if id(link) in back else 0.0)
    turns = _turns(looped, widths, lanes, boxes)
    found = []
    for link in links:
        source, target = boxes[link.source], boxes[link.target]
        found.append(
            Ribbon(
                link,
                widths[id(link)],
                (source.x + BOX, starts[id(link)]),
                (target.x + (BOX if _hooked(flow, link) else 0.0), ends[id(link)]),
                lanes.get(id(link), float("nan")),
                turns.get(id(link), (0.0, 0.0)),
                _hooked(flow, link),
                widths[id(link)] > link.size * unit * 1.001,
            )
        )
    return found


def _turns(
    looped: Sequence[Link], widths: dict[int, float], lanes: dict[int, float],
    boxes: dict[str, Box],
) -> dict[int, tuple[float, float]]:  # fmt: skip
    """Say where loops go up and down: side by side in the room between columns, inner first."""
    inner = sorted(looped, key=lambda link: -lanes[id(link)])
    right: dict[float, float] = {}
    left: dict[float, float] = {}
    found: dict[int, tuple[float, float]] = {}
    for link in inner:
        wide = widths[id(link)]
        source, target = boxes[link.source].x + BOX, boxes[link.target].x
        out, back = right.get(source, _OUT), left.get(target, _IN)
        right[source], left[target] = out + wide + _BETWEEN, back + wide + _BETWEEN
        found[id(link)] = source + out + wide / 2.0, target - back - wide / 2.0
    return found
