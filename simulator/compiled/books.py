"""The end of a run: what is unfinished, and where every buyer is."""

from __future__ import annotations

from simulator.compiled.buyers import STATUS
from simulator.compiled.jit import compiled
from simulator.compiled.layout import (
    CALLS,
    CLAIMS,
    INQUIRIES,
    NEW,
    NOBODY,
    PERSONAL,
    RECYCLED,
    RETURNING,
    REVIEWS,
    State,
)
from simulator.compiled.memory import buyer_at, item_at, line_at, person_at, settled_at
from simulator.compiled.policy import pay
from simulator.compiled.queues import NAN, put
from simulator.organization.journal import Kind, Team

MARKETING = int(Team.MARKETING)
INSIDE_SALES = int(Team.INSIDE_SALES)
FIELD_SALES = int(Team.FIELD_SALES)
UNFINISHED = int(Kind.UNFINISHED)
DEPARTMENTS = 4
SPARE_ROWS = 64
"""For what is paid at the end."""


@compiled
def closing_rows(w: State) -> int:
    """Return how many rows closing takes at most."""
    return int(w.items_held + w.people_used + w.buyers_held + w.settled_used + SPARE_ROWS)


@compiled
def close(w: State) -> None:
    """Report what is unfinished, and where every buyer is."""
    pay(w)
    for desk in range(DEPARTMENTS):
        if desk == MARKETING:
            _report_lines(w, desk, INQUIRIES, RETURNING + 1, False)
        elif desk == INSIDE_SALES:
            _report_lines(w, desk, CALLS, RECYCLED + 1, False)
        elif desk == FIELD_SALES:
            _report_lines(w, desk, NEW, NEW + 1, True)
            i = w.team_first[desk]
            while i != NOBODY:
                _report_lines(w, desk, PERSONAL + i, PERSONAL + i + 1, True)
                i = person_at(w, i).team_after
        else:
            _report_lines(w, desk, CLAIMS, REVIEWS + 1, False)
        i = w.team_first[desk]
        while i != NOBODY:
            person = person_at(w, i)
            if person.busy:
                put(
                    w, UNFINISHED, person.item_number, person.item_buyer, person.number,
                    person.helping, person.item_what, person.item_queued, person.started, NAN,
                )  # fmt: skip
            i = person.team_after
    for k in range(w.settled_used):
        done = settled_at(w, k)
        put(w, STATUS, done.number, -1, -1, -1, done.status, 0.0, NAN, NAN)
    place = w.entry_first
    while place != NOBODY:
        buyer = buyer_at(w, place)
        put(w, STATUS, buyer.number, place, -1, -1, buyer.status, buyer.mrr, NAN, NAN)
        place = buyer.entry_after


@compiled
def _report_lines(w: State, desk: int, start: int, stop: int, waiting_only: bool) -> None:
    """Report what waits in some queues (only what really waits: the rest has gone cold)."""
    for line in range(start, stop):
        j = line_at(w, line).first
        while j != NOBODY:
            item = item_at(w, j)
            if not waiting_only or buyer_at(w, item.buyer).ticket == item.ticket:
                put(w, UNFINISHED, item.number, item.buyer, -1, desk, item.what, item.queued, NAN,
                    NAN)  # fmt: skip
            j = item.after
