"""The flow of buyers as ribbons, as wide as they are many, with the ways back drawn as loops."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from simulator.languages.messages import marked, say
from simulator.presentation.pictures.lettering import SMALL, fitted, lines_of, width_of
from simulator.presentation.pictures.sankey_curves import Piece, band, head, hook, loop, numbered
from simulator.presentation.pictures.sankey_layout import (
    Box,
    Layout,
    Point,
    Ribbon,
    Sizes,
    biggest,
    laid_out,
    widest,
)
from simulator.presentation.vector_drawing import Drawing, way
from simulator.presentation.views.shapes import Flow, Node

__all__ = ["SIZES", "laid_on_page", "sankey", "sankeys"]

SIZES = Sizes(
    box=128.0, thinnest=1.5, edge=1.0, row_gap=30.0, column_gap=58.0, lane_gap=8.0,
    lane=SMALL + 3.0, numbered=5.0, number=44.0, turn=9.0, beside=4.0, head=6.0, top=28.0, side=8.0,
    over=10.0,
)  # fmt: skip
_LARGEST = 140.0
"""Width of ribbon for the largest flow through a box."""
_USUAL = 1080.0
"""Width of a picture, unless its loops need more."""
_NAME = 12.0
"""Size of the letters of a name: that of the longest department fits into a box."""
_FOOT = 12.0
_KINDS = {
    "onward": marked("{source} to {target}: {size}"),
    "lost": marked("{source} to {target}: {size} lost"),
    "back": marked("Back to {target} ({source}): {size}"),
}


def sankeys(groups: Sequence[Sequence[Flow]]) -> tuple[tuple[Markup, ...], ...]:
    """Draw several flows with their columns in the same places, so that they can be compared.

    Parameters
    ----------
    groups : sequence of sequence of Flow
        Those of one measure together: they are drawn in one scale.

    Returns
    -------
    tuple of tuple of Markup
        In the same order.
    """
    most = [max((biggest(flow) for flow in flows), default=0.0) for flows in groups]
    several = list(zip(groups, most, strict=True))
    rooms = widest(laid_on_page(flow, each).rooms for flows, each in several for flow in flows)
    return tuple(
        tuple(_drawn(flow, laid_on_page(flow, each, rooms)) for flow in flows)
        for flows, each in several
    )


def sankey(flow: Flow) -> Markup:
    """Draw a flow: boxes with what came and what is still there, ribbons onward, and loops back."""
    return _drawn(flow, laid_on_page(flow))


def laid_on_page(flow: Flow, largest: float | None = None, rooms: Sequence[float] = ()) -> Layout:
    """Place the boxes and ribbons of a flow on a page.

    Parameters
    ----------
    flow : Flow
    largest : float, optional
        What has the full width; by default the largest flow through a place.
    rooms : sequence of float
        At least so much room between columns, as in :func:`sankey_layout.laid_out`.
    """
    most = biggest(flow) if largest is None else largest
    words = {node.id: 20.0 + 16.0 * len(_name(node)) + 30.0 for node in flow.nodes}
    unit = _LARGEST / most if most > 0.0 else 0.0
    return laid_out(flow, SIZES, words, unit, _USUAL, rooms)


def _name(node: Node) -> list[str]:
    return lines_of(node.label, SIZES.box - 16.0, 3, _NAME, strong=True)


def _drawn(flow: Flow, layout: Layout) -> Markup:
    thin = any(ribbon.thin for ribbon in layout.ribbons)
    height = layout.height + _FOOT + (18.0 if thin else 0.0)
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
    for ribbon, (x, y) in numbered(layout, lambda each: _room(each, flow)):
        drawing.text(x, y + 4.0, flow.scale.number(ribbon.link.size), "size", "middle")
    if thin:
        said = say("The narrowest ribbons are drawn wider than they are, to be seen.")
        drawing.text(0.0, height - 5.0, fitted(said, layout.width, SMALL), "tick")
    return drawing.svg()


def _room(ribbon: Ribbon, flow: Flow) -> Point | None:
    """Return the room for the size on a ribbon that is wide enough, and on every loop."""
    if not ribbon.looped and ribbon.width < SIZES.numbered:
        return None
    return width_of(flow.scale.number(ribbon.link.size), SMALL) + 3.0, 16.0


def _title(flow: Flow) -> str:
    what = say("MRR¦picture" if flow.measure == "mrr" else "Number of buyers¦picture")
    unit = flow.scale.unit
    if unit and flow.measure == "mrr":
        return say(
            "{scenario}: {what} ({unit})¦picture", scenario=flow.scenario, what=what, unit=unit
        )
    return say("{scenario}: {what}¦picture", scenario=flow.scenario, what=what)


def _ribbon(drawing: Drawing, ribbon: Ribbon, flow: Flow, names: Mapping[str, str]) -> None:
    link = ribbon.link
    told = say(
        _KINDS["onward" if link.note else link.kind],
        source=names[link.source], target=names[link.target], size=flow.scale.amount(link.size),
    )  # fmt: skip
    told = f"{told}\n{link.note}" if link.note else told
    if ribbon.looped:
        drawing.begin("mark ribbon back", told)
        drawing.path(_path(loop(ribbon, SIZES)), "loop", wide=ribbon.width)
        _arrow(drawing, ribbon)
        drawing.end()
        return
    look = f"mark ribbon {link.kind}"
    if ribbon.hooked:
        drawing.path(_path(hook(ribbon, SIZES)), f"{look} hook", told, wide=ribbon.width)
    else:
        drawing.path(_path(band(ribbon)), look, told)


def _path(pieces: Sequence[Piece]) -> str:
    flat: list[str | float] = []
    for letter, points in pieces:
        flat += [letter, *(each for point in points for each in point)]
    return way(*flat)


def _arrow(drawing: Drawing, ribbon: Ribbon) -> None:
    drawing.outline(head(ribbon, SIZES), "head", closed=True)
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
    drawing.begin("mark node", told)
    drawing.bar(box.x, box.y, box.width, box.height, "box")
    drawing.bar(box.x, box.y + 1.0, 5.0, min(box.came, box.height - 1.0), "came")
    went = min(box.went, box.height - 1.0)
    drawing.bar(box.right - 5.0, box.y + 1.0, 5.0, went, "came")
    stays = min(box.inside, box.height - 1.0 - went)
    drawing.bar(box.right - 5.0, box.y + 1.0 + went, 5.0, stays, "stays")
    at = box.y + 10.0 + _NAME
    for line in _name(node):
        drawing.text(box.x + 10.0, at - 1.0, line, "name")
        at += 16.0
    room = box.width - 18.0
    number = flow.scale.number
    came = say("came {number}¦flow", number=number(node.came))
    stays_ = say("still there {number}¦flow", number=number(node.inside))
    drawing.text(box.x + 10.0, at - 1.0, fitted(came, room, SMALL), "tick")
    drawing.text(box.x + 10.0, at + 14.0, fitted(stays_, room, SMALL), "tick")
    drawing.end()
