"""The flow of buyers through the company, with its loops."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Literal

from simulator.experiment.replications import Results
from simulator.languages.messages import marked, say
from simulator.metrics.team_labels import TEAM_LABELS, team_label
from simulator.presentation.views.scales import level_scale
from simulator.presentation.views.shapes import Flow, Link, Node

# From left to right, and in a column from top to bottom, as the buyers' way goes.
_COLUMNS = {
    "inquiries": 0,
    "start": 0,
    "marketing": 1,
    "inside_sales": 2,
    "nurture": 2,
    "field_sales": 3,
    "expansion": 3,
    "customer_success": 4,
    "parked": 4,
    "delivered": 5,
    "former": 5,
    "contraction": 5,
    "gone": 5,
}
_LABELS = {
    "inquiries": marked("Inquiries¦place"),
    "start": marked("There at the start"),
    "nurture": marked("Nurtured, resting"),
    "expansion": marked("Expansion¦place"),
    "parked": marked("Lost or turned away, may come back"),
    "delivered": marked("Delivered¦place"),
    "former": marked("Former customers"),
    "contraction": marked("Contraction¦place"),
    "gone": marked("Gone for good"),
}
_TEAM_OF = {"nurture": "marketing"}
_REVALUATIONS = (("former", "contraction"), ("expansion", "former"))
_REVALUED = marked("revaluation: former customers who come back do so at the size of a new deal")
_LOST = ("parked", "former", "contraction", "gone")
_ENDS = ("delivered", "gone")
_SOURCES = ("inquiries", "start", "expansion")
_ROUNDING = 1e-9

_Sizes = Mapping[tuple[str, str], float]


def flow(results: Results, measure: Literal["buyers", "mrr"]) -> Flow:
    """Show where buyers went after the warm-up, as means of the runs.

    Whoever was somewhere when counting began comes from "start". Buyers who had left for good
    or been delivered to before that are left out. With "mrr" customers who grow and shrink get
    amounts from "expansion" and give some to "contraction", so that everything adds up; between
    these and former customers it is a revaluation of those who come back.

    Parameters
    ----------
    results : Results
    measure : {"buyers", "mrr"}
        What the sizes are: numbers of buyers, or their MRR (of one-off sales their prices).

    Returns
    -------
    Flow
        The four departments are always in it, other places only where buyers come to; links
        that nobody takes are left out. For every place came = went + inside.
    """
    horizon = results.scenario.horizon
    sizes = _sizes(results, measure)
    present = {place for pair in sizes for place in pair} | set(TEAM_LABELS)
    nodes = tuple(
        _node(place, column, sizes) for place, column in _COLUMNS.items() if place in present
    )
    # Sizes of the same kind of thing in the registry: contracts, and MRR.
    scale = level_scale(
        "wins" if measure == "buyers" else "mrr", results.scenario.currency, sizes.values()
    )
    return Flow(
        scenario=results.name,
        measure=measure,
        nodes=nodes,
        links=tuple(_links(sizes)),
        scale=scale,
        months=(math.floor(horizon.warm_up_months) + 1, max(math.ceil(horizon.months), 1)),
    )


def _sizes(results: Results, measure: Literal["buyers", "mrr"]) -> dict[tuple[str, str], float]:
    table = results.transitions
    column = "buyers" if measure == "buyers" else "amount"
    summed: dict[tuple[str, str], float] = {}
    for source, target, size in zip(
        table["from_place"], table["to_place"], table[column], strict=True
    ):
        if not (source == "start" and target in _ENDS):
            summed[source, target] = summed.get((source, target), 0.0) + float(size)
    return {pair: size for pair, size in summed.items() if size > 0.0}


def _node(place: str, column: int, sizes: _Sizes) -> Node:
    came = math.fsum(size for (_, target), size in sizes.items() if target == place)
    went = math.fsum(size for (source, _), size in sizes.items() if source == place)
    if place in _SOURCES:  # nothing stays where it only comes from
        came = went
    inside = came - went
    if abs(inside) <= _ROUNDING * came:
        inside = 0.0
    is_team = place in TEAM_LABELS
    return Node(
        id=place,
        label=team_label(place) if is_team else say(_LABELS[place]),
        column=column,
        team=place if is_team else _TEAM_OF.get(place, ""),
        came=came,
        went=went,
        inside=inside,
    )


def _links(sizes: _Sizes) -> Iterable[Link]:
    order = list(_COLUMNS)
    for source, target in sorted(
        sizes, key=lambda pair: (order.index(pair[0]), order.index(pair[1]))
    ):
        note = say(_REVALUED) if (source, target) in _REVALUATIONS else ""
        yield Link(source, target, _kind(source, target), sizes[source, target], note)


def _kind(source: str, target: str) -> Literal["onward", "lost", "back"]:
    if _COLUMNS[target] < _COLUMNS[source]:
        return "back"
    return "lost" if target in _LOST and source != "start" else "onward"
