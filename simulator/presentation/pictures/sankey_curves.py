"""What ribbons of a flow look like as curves, and where on them their numbers stand."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence

from simulator.presentation.pictures.sankey_layout import Layout, Point, Ribbon, Sizes

Piece = tuple[str, tuple[Point, ...]]
"""Of a curve: a letter of SVG paths (M, L, Q, C or Z) and its points."""

_PARTS = tuple(sorted((each / 40.0 for each in range(2, 39)), key=lambda part: abs(part - 0.3)))
"""Of the way of a ribbon, the best first: at a third, those of one box have parted from each
other and not met others."""
_ALONG = tuple(each / 32.0 for each in range(33))

_Place = tuple[float, float, float, float]
_Ways = Sequence[tuple[float, Sequence[Point]]]
"""Width and course of ribbons."""


def band(ribbon: Ribbon) -> list[Piece]:
    """Return the outline of a ribbon from box to box."""
    (x1, y1), (x2, y2), half = ribbon.start, ribbon.end, ribbon.width / 2.0
    middle = (x1 + x2) / 2.0
    return [
        ("M", ((x1, y1 - half),)),
        ("C", ((middle, y1 - half), (middle, y2 - half), (x2, y2 - half))),
        ("L", ((x2, y2 + half),)),
        ("C", ((middle, y2 + half), (middle, y1 + half), (x1, y1 + half))),
        ("Z", ()),
    ]


def hook(ribbon: Ribbon, sizes: Sizes) -> list[Piece]:
    """Return the middle of a ribbon that turns round to a box of the same column."""
    (x1, y1), (x2, y2) = ribbon.start, ribbon.end
    out = max(x1, x2) + sizes.reach(ribbon.width) - ribbon.width / 2.0
    return [
        ("M", ((x1, y1),)),
        ("C", ((out, y1), (out, y1), (out, (y1 + y2) / 2.0))),
        ("C", ((out, y2), (out, y2), (x2, y2))),
    ]


def loop(ribbon: Ribbon, sizes: Sizes) -> list[Piece]:
    """Return the middle of a loop: out on the right, over the top, in on the left."""
    (x1, y1), (x2, y2), (up, down), lane = ribbon.start, ribbon.end, ribbon.turns, ribbon.lane
    tip = x2 - sizes.head_of(ribbon.width)
    most = ribbon.width / 2.0 + sizes.turn
    low, high = min(up - x1, (y1 - lane) / 2.0, most), min(tip - down, (y2 - lane) / 2.0, most)
    return [
        ("M", ((x1, y1),)), ("L", ((up - low, y1),)), ("Q", ((up, y1), (up, y1 - low))),
        ("L", ((up, lane + low),)), ("Q", ((up, lane), (up - low, lane))),
        ("L", ((down + high, lane),)), ("Q", ((down, lane), (down, lane + high))),
        ("L", ((down, y2 - high),)), ("Q", ((down, y2), (down + high, y2))), ("L", ((tip, y2),)),
    ]  # fmt: skip


def head(ribbon: Ribbon, sizes: Sizes) -> tuple[Point, Point, Point]:
    """Return the corners of the arrowhead of a loop."""
    (x, y), long = ribbon.end, sizes.head_of(ribbon.width)
    half = (ribbon.width + sizes.wings) / 2.0
    return (x - long, y - half), (x, y), (x - long, y + half)


def numbered(
    layout: Layout, room_of: Callable[[Ribbon], Point | None]
) -> list[tuple[Ribbon, Point]]:
    """Find where numbers stand on ribbons: on no box, no loop of others and no other number.

    Parameters
    ----------
    layout : Layout
    room_of : callable
        Width and height of the number of a ribbon; None where it carries none.

    Returns
    -------
    list of (Ribbon, (x, y))
        Middles of those for which there is room. On a ribbon narrower than its number that is
        only where it could not be taken for that of another.
    """
    boxes = [(box.x, box.y, box.right, box.bottom) for box in layout.boxes]
    taken = boxes + [place for ribbon in layout.ribbons for place in _legs(ribbon)]
    straight = [(each, _way(each)) for each in layout.ribbons if not each.looped]
    found = []
    for ribbon in sorted(layout.ribbons, key=lambda each: -each.width):
        room = None if ribbon.hooked else room_of(ribbon)
        if room is None:
            continue
        others = [(each.width, way) for each, way in straight if each is not ribbon]
        free = [place for place in _spots(ribbon, room) if not _meets_any(place, taken)]
        best = _clearest(ribbon, free, [] if ribbon.looped else others, boxes)
        if best is not None:
            taken.append(best)
            found.append((ribbon, ((best[0] + best[2]) / 2.0, (best[1] + best[3]) / 2.0)))
    return found


def _clearest(
    ribbon: Ribbon, free: Iterable[_Place], others: _Ways, boxes: Sequence[_Place]
) -> _Place | None:
    """Return where the number of a ribbon is least on others, and not close to boxes."""
    best, least = None, math.inf
    for place in free:
        left, top, right, bottom = place
        high = bottom - top
        covered = sum(min(width, high) for width, way in others if _near(place, way, width))
        if ribbon.looped or ribbon.width >= min(high, 2.0 * covered):
            margin = high / 2.0
            around = (left - margin, top - margin, right + margin, bottom + margin)
            spoilt = covered + margin * _meets_any(around, boxes)
            if spoilt < least:
                best, least = place, spoilt
    return best


def _legs(ribbon: Ribbon) -> list[_Place]:
    """Return where a loop leaves and goes up, and where it comes down and in."""
    if not ribbon.looped:
        return []
    half = ribbon.width / 2.0
    (x1, y1), (x2, y2), (up, down) = ribbon.start, ribbon.end, ribbon.turns
    upright = [(x - half, ribbon.lane + half, x + half, y) for x, y in ((up, y1), (down, y2))]
    flat = [(x1, y1 - half, up + half, y1 + half), (down - half, y2 - half, x2, y2 + half)]
    return upright + flat


def _spots(ribbon: Ribbon, room: Point) -> Iterable[_Place]:
    """Yield where a number may stand on a ribbon, the best first."""
    wide, high = room
    if ribbon.looped:
        up, down = ribbon.turns
        steps = ((-1) ** each * each / 44.0 for each in range(20))
        spots = [((up + down) / 2.0 + step * (up - down), ribbon.lane) for step in steps]
    else:
        spots = [_point(ribbon, part) for part in _PARTS]
    for x, y in spots:
        yield x - wide / 2.0, y - high / 2.0, x + wide / 2.0, y + high / 2.0


def _way(ribbon: Ribbon) -> list[Point]:
    return [_point(ribbon, part) for part in _ALONG]


def _point(ribbon: Ribbon, part: float) -> Point:
    """Return a point of a ribbon's curve, whose handles are at half of the way."""
    (x1, y1), (x2, y2) = ribbon.start, ribbon.end
    along = 1.5 * part * (1.0 - part) + part**3
    return x1 + along * (x2 - x1), y1 + (3.0 - 2.0 * part) * part**2 * (y2 - y1)


def _meets_any(place: _Place, others: Iterable[_Place]) -> bool:
    left, top, right, bottom = place
    return any(
        left < other[2] and other[0] < right and top < other[3] and other[1] < bottom
        for other in others
    )


def _near(place: _Place, way: Iterable[Point], width: float) -> bool:
    """Tell whether a ribbon runs through a place."""
    left, top, right, bottom = place
    half = width / 2.0
    return any(left <= x <= right and top - half <= y <= bottom + half for x, y in way)
