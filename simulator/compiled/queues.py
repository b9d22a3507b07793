"""Pieces of work that wait, in chains; and the rows that a run emits."""

from __future__ import annotations

import math

from simulator.compiled.jit import compiled
from simulator.compiled.layout import NOBODY, State
from simulator.compiled.memory import item_at, line_at, row_at

NAN = math.nan


@compiled
def put(
    w: State,
    kind: int,
    number: int,
    place: int,
    person: int,
    team: int,
    code: int,
    a: float,
    b: float,
    c: float,
) -> None:
    """Emit a row; ``number`` is the buyer's and ``person`` the person's own number."""
    if w.rows_used == w.rows_room:
        w.overrun = True
        return
    row = row_at(w, w.rows_used)
    w.rows_used += 1
    row.time = w.now
    row.kind = kind
    row.buyer = number
    row.place = place
    row.person = person
    row.team = team
    row.code = code
    row.a = a
    row.b = b
    row.c = c


@compiled
def append(
    w: State, line: int, buyer: int, number: int, what: int, queued: float, ticket: int
) -> None:
    """Put a piece of work at the end of a queue."""
    i = w.items_free
    if i == NOBODY:
        if w.items_used == w.items_room:
            w.overrun = True
            return
        i = w.items_used
        w.items_used += 1
    else:
        w.items_free = item_at(w, i).after
    w.items_held += 1
    item = item_at(w, i)
    item.buyer = buyer
    item.number = number
    item.what = what
    item.queued = queued
    item.ticket = ticket
    link(w, line, i)


@compiled
def link(w: State, line: int, i: int) -> None:
    """Put an item that belongs to no queue at the end of one."""
    item = item_at(w, i)
    queue = line_at(w, line)
    item.after = NOBODY
    item.before = queue.last
    if queue.last == NOBODY:
        queue.first = i
    else:
        item_at(w, queue.last).after = i
    queue.last = i


@compiled
def pop_first(w: State, line: int) -> int:
    """Take the first item out of a queue (-1 if there is none); it is not free yet."""
    queue = line_at(w, line)
    i = queue.first
    if i == NOBODY:
        return NOBODY
    queue.first = item_at(w, i).after
    if queue.first == NOBODY:
        queue.last = NOBODY
    else:
        item_at(w, queue.first).before = NOBODY
    return int(i)


@compiled
def take_out(w: State, line: int, i: int) -> int:
    """Take an item out of a queue wherever it stands (-1 is none); it is not free yet."""
    if i == NOBODY:
        return NOBODY
    queue = line_at(w, line)
    item = item_at(w, i)
    if item.before == NOBODY:
        queue.first = item.after
    else:
        item_at(w, item.before).after = item.after
    if item.after == NOBODY:
        queue.last = item.before
    else:
        item_at(w, item.after).before = item.before
    return i


@compiled
def free(w: State, i: int) -> None:
    """Give an item back."""
    item_at(w, i).after = w.items_free
    w.items_free = i
    w.items_held -= 1
