"""Pieces of work that wait, in chains; and the rows that a run emits."""

from __future__ import annotations

import math

from simulator.compiled.jit import compiled
from simulator.compiled.layout import NOBODY, World

NAN = math.nan


@compiled
def put(
    w: World,
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
    s = w.s[0]
    row = w.rows[s.rows_used]
    s.rows_used += 1
    row.time = s.now
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
    w: World, line: int, buyer: int, number: int, what: int, queued: float, ticket: int
) -> None:
    """Put a piece of work at the end of a queue."""
    s = w.s[0]
    i = s.items_free
    if i == NOBODY:
        i = s.items_used
        s.items_used += 1
    else:
        s.items_free = w.items[i].after
    s.items_held += 1
    item = w.items[i]
    item.buyer = buyer
    item.number = number
    item.what = what
    item.queued = queued
    item.ticket = ticket
    link(w, line, i)


@compiled
def link(w: World, line: int, i: int) -> None:
    """Put an item that belongs to no queue at the end of one."""
    item = w.items[i]
    queue = w.lines[line]
    item.after = NOBODY
    item.before = queue.last
    if queue.last == NOBODY:
        queue.first = i
    else:
        w.items[queue.last].after = i
    queue.last = i


@compiled
def pop_first(w: World, line: int) -> int:
    """Take the first item out of a queue (-1 if there is none); it is not free yet."""
    queue = w.lines[line]
    i = queue.first
    if i == NOBODY:
        return NOBODY
    queue.first = w.items[i].after
    if queue.first == NOBODY:
        queue.last = NOBODY
    else:
        w.items[queue.first].before = NOBODY
    return int(i)


@compiled
def pop_last(w: World, line: int) -> int:
    """Take the last item out of a queue (-1 if there is none); it is not free yet."""
    queue = w.lines[line]
    i = queue.last
    if i == NOBODY:
        return NOBODY
    queue.last = w.items[i].before
    if queue.last == NOBODY:
        queue.first = NOBODY
    else:
        w.items[queue.last].after = NOBODY
    return int(i)


@compiled
def free(w: World, i: int) -> None:
    """Give an item back."""
    s = w.s[0]
    w.items[i].after = s.items_free
    s.items_free = i
    s.items_held -= 1
