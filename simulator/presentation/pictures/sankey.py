"""The flow of buyers as ribbons, as wide as they are many, with the ways back drawn as loops."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from simulator.languages.messages import marked, say
from simulator.presentation.pictures.lettering import SMALL, fitted, width_of
from simulator.presentation.pictures.sankey_layout import (
    BOX,
    NAME,
    USUAL,
    Box,
    Ribbon,
    biggest,
    laid_out,
)
from simulator.presentation.vector_drawing import Drawing, way
from simulator.presentation.views.shapes import Flow

__all__ = ["biggest", "sankey", "sankeys"]

_LABELLED = 9.0
"""A ribbon at least so wide carries its number."""
_KINDS = {
    "onward": marked("{source} to {target}: {size}"),
    "lost": marked("{source} to {target}: {size} lost"),
    "back": marked("Back to {target} ({source}): {size}"),
}


def sankeys(flows: Sequence[Flow]) -> tuple[Markup, ...]:
    """Draw several flows in one scale and equally wide, so that they can be compared.

    Parameters
    ----------
    flows : sequence of Flow
        All of one measure.
    """
    largest = max((biggest(flow) for flow in flows), default=0.0)
    width = max((laid_out(flow, largest).width for flow in flows), default=USUAL)
    return tuple(sankey(flow, largest, width) for flow in flows)


def sankey(flow: Flow, largest: float | None = None, width: float = USUAL) -> Markup:
    """Draw a flow: boxes with what came and what is still there, ribbons onward, and loops back.

    Parameters
    ----------
    flow : Flow
    largest : float, optional
        What has the full width; give the largest of several flows (:func:`biggest`) to draw all
        in one scale, or use :func:`sankeys`.
    width : float
        At least so wide.
    """
    layout = laid_out(flow, largest, title=22.0, width=width)
    thin = any(ribbon.thin for ribbon in layout.ribbons)
    height = layout.height + (18.0 if thin else 0.0)
    label = say("Flow through the company in {scenario}, months {first} to {last}.",
                scenario=flow.scenario, first=flow.months[0], last=flow.months[1])  # fmt: skip
    drawing = Drawing(layout.width, height, label, "chart wide sankey")
    drawing.text(0.0, 14.0, fitted(_title(flow), layout.width), "chart-title")
    names = {node.id: node.label for node in flow.nodes}
    # Loops over ribbons, so that they can be followed all the way.
    for ribbon in sorted(layout.ribbons, key=lambda each: each.looped):
        _ribbon(drawing, ribbon, flow, names)
    for box in layout.boxes:
        _box(drawing, box, flow)
    taken = [(box.x, box.y, box.x + BOX, box.y + box.height) for box in layout.boxes]
    taken += [place for ribbon in layout.ribbons for place in _upright(ribbon)]
    for ribbon in sorted(layout.ribbons, key=lambda each: -each.width):
        _number(drawing, ribbon, flow, taken)
    if thin:
        said = say("The narrowest ribbons are drawn wider than they are, to be seen.")
        drawing.text(0.0, height - 5.0, fitted(said, layout.width, SMALL), "tick")
    return drawing.svg()


def _title(flow: Flow) -> str:
    what = say("MRR¦picture" if flow.measure == "mrr" else "Number of buyers¦picture")
    unit = flow.scale.unit
    if unit and flow.measure == "mrr":
        return say(
            "{scenario}: {what} ({unit})¦picture", scenario=flow.scenario, what=what, unit=unit
        )
    return say("{scenario}: {what}¦picture", scenario=flow.scenario, what=what)


def _ribbon(drawing: Drawing, ribbon: Ribbon, flow: Flow, names: dict[str, str]) -> None:
    link = ribbon.link
    told = say(
        _KINDS["onward" if link.note else link.kind],
        source=names[link.source], target=names[link.target], size=flow.scale.amount(link.size),
    )  # fmt: skip
    told = f"{told}\n{link.note}" if link.note else told
    data = {"source": link.source, "target": link.target, "value": f"{link.size:.10g}"}
    if ribbon.looped:
        drawing.begin("mark ribbon back", told, data)
        drawing.path(_loop(ribbon), "loop", wide=ribbon.width)
        _arrow(drawing, ribbon)
        drawing.end()
        return
    look = f"mark ribbon {link.kind}"
    if ribbon.hooked:
        drawing.path(_hook(ribbon), f"{look} hook", told, data, wide=ribbon.width)
    else:
        drawing.path(_straight(ribbon), look, told, data)


def _straight(ribbon: Ribbon) -> str:
    """Return the outline of a ribbon from box to box."""
    (x1, y1), (x2, y2), half = ribbon.start, ribbon.end, ribbon.width / 2.0
    bend = 0.5 * (x2 - x1)
    return way(
        "M", x1, y1 - half, "C", x1 + bend, y1 - half, x2 - bend, y2 - half, x2, y2 - half,
        "L", x2, y2 + half, "C", x2 - bend, y2 + half, x1 + bend, y1 + half, x1, y1 + half, "Z",
    )  # fmt: skip


def _hook(ribbon: Ribbon) -> str:
    """Return the middle of a ribbon that turns round to a box below."""
    (x1, y1), (x2, y2) = ribbon.start, ribbon.end
    out = max(x1, x2) + 16.0 + ribbon.width
    return way("M", x1, y1, "C", out, y1, out, y1, out, (y1 + y2) / 2.0,
               "C", out, y2, out, y2, x2, y2)  # fmt: skip


def _head(ribbon: Ribbon) -> float:
    """Return how long the arrowhead of a loop is."""
    return min(16.0, 6.0 + ribbon.width / 2.0)


def _loop(ribbon: Ribbon) -> str:
    """Return the middle of a loop: out on the right, over the top, in on the left."""
    (x1, y1), (x2, y2), (up, down), lane = ribbon.start, ribbon.end, ribbon.turns, ribbon.lane
    most = ribbon.width / 2.0 + 9.0
    low, high = min(up - x1, (y1 - lane) / 2.0, most), min(x2 - down, (y2 - lane) / 2.0, most)
    return way(
        "M", x1, y1, "L", up - low, y1, "Q", up, y1, up, y1 - low,
        "L", up, lane + low, "Q", up, lane, up - low, lane,
        "L", down + high, lane, "Q", down, lane, down, lane + high,
        "L", down, y2 - high, "Q", down, y2, down + high, y2, "L", x2 - _head(ribbon), y2,
    )  # fmt: skip


def _arrow(drawing: Drawing, ribbon: Ribbon) -> None:
    (x, y), long = ribbon.end, _head(ribbon)
    half = ribbon.width / 2.0 + 4.0
    drawing.outline([(x - long, y - half), (x, y), (x - long, y + half)], "head", closed=True)
    middle = (ribbon.turns[0] + ribbon.turns[1]) / 2.0
    size = min(max(ribbon.width / 2.0, 3.0), 7.0)
    # On the way, too: which way it goes is seen far from its end.
    at = ribbon.turns[1] + 0.2 * (middle - ribbon.turns[1]) + 12.0
    corners = [(at + size, ribbon.lane - size), (at, ribbon.lane), (at + size, ribbon.lane + size)]
    drawing.outline(corners, "chevron")


def _box(drawing: Drawing, box: Box, flow: Flow) -> None:
    node, amount = box.node, flow.scale.amount
    told = say(
        "{place}: {came} came, {went} went on, {inside} are still there",
        place=node.label, came=amount(node.came), went=amount(node.went),
        inside=amount(node.inside),
    )  # fmt: skip
    data = {"node": node.id, "value": f"{node.came:.10g}"} if node.came == node.came else None
    drawing.begin("mark node", told, data)
    drawing.bar(box.x, box.y, BOX, box.height, "box")
    drawing.bar(box.x, box.y + 1.0, 5.0, min(box.came, box.height - 1.0), "came")
    went = min(box.went, box.height - 1.0)
    drawing.bar(box.x + BOX - 5.0, box.y + 1.0, 5.0, went, "came")
    stays = min(box.inside, box.height - 1.0 - went)
    drawing.bar(box.x + BOX - 5.0, box.y + 1.0 + went, 5.0, stays, "stays")
    at = box.y + 10.0 + NAME
    for line in box.name:
        drawing.text(box.x + 10.0, at - 1.0, line, "name")
        at += 16.0
    room = BOX - 18.0
    number = flow.scale.number
    came = say("came {number}¦flow", number=number(node.came))
    stays_ = say("still there {number}¦flow", number=number(node.inside))
    drawing.text(box.x + 10.0, at - 1.0, fitted(came, room, SMALL), "tick")
    drawing.text(box.x + 10.0, at + 14.0, fitted(stays_, room, SMALL), "tick")
    drawing.end()


_Place = tuple[float, float, float, float]


def _upright(ribbon: Ribbon) -> list[_Place]:
    """Return where a loop goes up and down: no number stands on another's way."""
    if not ribbon.looped:
        return []
    half = ribbon.width / 2.0
    ends = zip(ribbon.turns, (ribbon.start[1], ribbon.end[1]), strict=True)
    return [(x - half, ribbon.lane + half, x + half, y) for x, y in ends]


def _number(drawing: Drawing, ribbon: Ribbon, flow: Flow, taken: list[_Place]) -> None:
    """Write the size on a ribbon that is wide enough, and on every loop, where there is room."""
    if not ribbon.looped and (ribbon.width < _LABELLED or ribbon.hooked):
        return
    words = flow.scale.number(ribbon.link.size)
    half = width_of(words, SMALL) / 2.0 + 2.0
    for x, y in _spots(ribbon):
        place = (x - half, y - 8.0, x + half, y + 8.0)
        if not any(_meet(place, other) for other in taken):
            taken.append(place)
            drawing.text(x, y + 4.0, words, "size", "middle")
            return


def _spots(ribbon: Ribbon) -> list[tuple[float, float]]:
    """Return where a number may stand on a ribbon, the best first."""
    if ribbon.looped:
        up, down = ribbon.turns
        parts = (0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74)
        return [(down + part * (up - down), ribbon.lane) for part in parts]
    (x1, y1), (x2, y2) = ribbon.start, ribbon.end
    # At a third of the way: there ribbons of one box have not parted far, nor met others.
    along = (0.3, 0.38, 0.22, 0.46, 0.15, 0.54, 0.62, 0.7)
    return [(x1 + part * (x2 - x1), y1 + _smooth(part) * (y2 - y1)) for part in along]


def _smooth(part: float) -> float:
    return part * part * (3.0 - 2.0 * part)


def _meet(one: _Place, other: _Place) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
