"""Buyers on their way through the stages of one run, as ``static/flow.js`` plays them."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from simulator.errors import Problem, ScenarioError
from simulator.languages.messages import say
from simulator.metrics.team_labels import team_label
from simulator.organization.journal import (
    DAYS_PER_MONTH,
    LOADED_SLOT,
    SLOTS,
    Journal,
    Kind,
    Qualification,
    Screening,
    Team,
)

MOST_MOVES = 14_000
"""Of so many moves the data stay below 300 KB; of more, fewer buyers are shown."""

OUTSIDE: Final = -1
_POOL, _GONE = 4, 5
_AT_START = {LOADED_SLOT: _POOL, LOADED_SLOT + 1: 2, LOADED_SLOT + 2: 3}
"""Where those are that a company starts with."""
_TEAMS = ("marketing", "inside_sales", "field_sales", "customer_success")
_SPOTS = ((170.0, 210.0), (400.0, 210.0), (630.0, 210.0), (860.0, 210.0),
          (400.0, 60.0), (630.0, 360.0))  # fmt: skip


def flow_data(journal: Journal, most: int = 3000) -> dict[str, Any]:
    """Return the way of a sample of buyers between places, for ``mountFlow``.

    The sample is spread evenly over all buyers in the order in which they came; the counts of the
    places are those of all buyers. The format is described in ``static/flow.js``.

    Parameters
    ----------
    journal : Journal
        Of one run.
    most : int
        Number of buyers to show.

    Raises
    ------
    ScenarioError
        If no buyer is to be shown.
    """
    if most < 1:
        raise ScenarioError([Problem("flow", "most", str(most), "is a number of buyers from 1 on")])
    rows, to = _steps(journal)
    before = _before(journal.buyer[rows], to)
    moved = before != to
    rows, to, before = rows[moved], to[moved], before[moved]
    buyers = _by_arrival(journal.buyer[rows])
    shown = _sample(journal.buyer[rows], buyers, most)
    of_sample = np.isin(journal.buyer[rows], shown)
    number = {int(buyer): place for place, buyer in enumerate(shown)}
    moves = [
        [round(float(journal.time[row]), 1), number[int(journal.buyer[row])], int(a), int(b)]
        for row, a, b in zip(rows[of_sample], before[of_sample], to[of_sample], strict=True)
    ]
    days = max(math.ceil(journal.facts.horizon_days), 1)
    return {
        "places": _places(),
        "width": 1000, "height": 420,
        "moves": moves,
        "counts": _counts(journal.time[rows], before, to, days),
        "months": journal.facts.horizon_days / DAYS_PER_MONTH,
        "daysPerMonth": DAYS_PER_MONTH,
        "shown": len(shown), "of": len(buyers),
        "labels": _labels(len(shown), len(buyers)),
    }  # fmt: skip


def _steps(journal: Journal) -> tuple[NDArray[np.intp], NDArray[np.int64]]:
    """Return the rows after which a buyer is in another place, and which."""
    rows = journal.where(
        Kind.ARRIVED, Kind.SCREENED, Kind.QUALIFIED, Kind.WON, Kind.PARKED, Kind.RECYCLED,
        Kind.GONE, Kind.CUSTOMER,
    )  # fmt: skip
    kind, code, team = journal.kind[rows], journal.code[rows], journal.team[rows]
    to = np.full(len(rows), OUTSIDE, dtype=np.int64)
    slot = journal.buyer[rows] % SLOTS
    arrived = kind == Kind.ARRIVED
    to[arrived] = 0
    for loaded, place in _AT_START.items():
        to[arrived & (slot == loaded)] = place
    to[(kind == Kind.SCREENED) & (code == Screening.MQL)] = 1
    to[(kind == Kind.QUALIFIED) & (code == Qualification.BOOKED)] = 2
    to[(kind == Kind.WON) | (kind == Kind.CUSTOMER)] = 3
    to[kind == Kind.PARKED] = _POOL
    # Marketing warms some of those up again, inside sales calls the others.
    to[kind == Kind.RECYCLED] = np.where(team[kind == Kind.RECYCLED] == Team.MARKETING, 0, 1)
    to[kind == Kind.GONE] = _GONE
    known = to != OUTSIDE
    return rows[known], to[known]


def _before(buyer: NDArray[np.int64], to: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return where each buyer was before each of its steps."""
    order = np.argsort(buyer, kind="stable")
    same = buyer[order][1:] == buyer[order][:-1]
    before = np.full(len(to), OUTSIDE, dtype=np.int64)
    before[order[1:][same]] = to[order[:-1][same]]
    return before


def _by_arrival(buyer: NDArray[np.int64]) -> NDArray[np.int64]:
    found, first = np.unique(buyer, return_index=True)
    return found[np.argsort(first, kind="stable")]


def _sample(
    buyer: NDArray[np.int64], buyers: NDArray[np.int64], most: int
) -> NDArray[np.int64]:  # fmt: skip
    """Return buyers evenly spread over all, with at most so many moves in all."""
    count = min(most, len(buyers))
    if len(buyer) * count > MOST_MOVES * len(buyers):
        count = MOST_MOVES * len(buyers) // len(buyer)
    places = np.floor((np.arange(count) + 0.5) * len(buyers) / max(count, 1)).astype(np.int64)
    shown = buyers[places]
    moves = np.cumsum(np.sort(np.unique(buyer[np.isin(buyer, shown)], return_counts=True)[1]))
    kept = int(np.searchsorted(moves, MOST_MOVES, side="right"))
    return shown if kept >= len(shown) else shown[:: -(-len(shown) // max(kept, 1))]


def _counts(
    time: NDArray[np.float64], before: NDArray[np.int64], to: NDArray[np.int64], days: int
) -> list[list[int]]:
    """Count all buyers in each place at the end of each day; what was before counts as day 0."""
    change = np.zeros((days, len(_SPOTS)), dtype=np.int64)
    day = np.clip(np.floor(time).astype(np.int64), 0, days - 1)
    np.add.at(change, (day, to), 1)
    from_inside = before != OUTSIDE
    np.add.at(change, (day[from_inside], before[from_inside]), -1)
    counted: list[list[int]] = np.cumsum(change, axis=0).tolist()
    return counted


def _places() -> list[dict[str, Any]]:
    named = [(team, team_label(team), "stage") for team in _TEAMS]
    named += [
        ("pool", say("Waiting to come back¦flow"), "pool"),
        ("gone", say("Gone¦flow"), "gone"),
    ]
    return [
        {"id": id_, "label": label, "kind": kind, "x": x, "y": y}
        for (id_, label, kind), (x, y) in zip(named, _SPOTS, strict=True)
    ]


def _labels(shown: int, everyone: int) -> dict[str, str]:
    sample = say(
        "Each dot is a buyer: {shown} of {everyone}, evenly spread over the run. "
        "The numbers count all of them.",
        shown=f"{shown:,}", everyone=f"{everyone:,}",
    )  # fmt: skip
    everybody = say("Each dot is a buyer.")
    return {
        "play": say("Play"),
        "pause": say("Pause"),
        "speed": say("Speed"),
        "slow": say("slow¦speed"),
        "normal": say("normal¦speed"),
        "fast": say("fast¦speed"),
        "month": say("month {month}¦slider", month="#"),
        "note": sample if shown < everyone else everybody,
        "title": say("Buyers on their way through the company, and back."),
    }
