"""What is to come, in SimPy's order: by time, then urgent things, then as scheduled.

Time is cut into slices so thin that a few events fall into each. Those of the present slice lie in
a heap; the others wait in the unordered chain of their slice (a calendar queue: R. Brown,
Communications of the ACM 31 (1988) 1220-1227).
"""

from __future__ import annotations

from simulator.compiled.jit import compiled
from simulator.compiled.layout import NOBODY, State
from simulator.compiled.memory import due_at, event_at, parameters, slice_at

_NORMAL = 1 << 62  # an urgent event comes before all others of its moment


@compiled
def schedule(
    w: State, delay: float, kind: int, about: int, ticket: int, code: int, x: float
) -> None:
    """Have something happen after some days; beyond the horizon nothing happens."""
    due = w.now + delay
    if not due <= parameters(w).horizon:
        return
    order = w.order + _NORMAL
    w.order += 1
    _put(w, due, order, kind, about, ticket, code, x)


@compiled
def schedule_urgent(w: State, kind: int, about: int) -> None:
    """Have something happen now, before anything else of this moment."""
    order = w.order
    w.order += 1
    _put(w, w.now, order, kind, about, 0, 0, 0.0)


@compiled
def _put(
    w: State, due: float, order: int, kind: int, about: int, ticket: int, code: int, x: float
) -> None:
    e = w.events_free
    if e == NOBODY:
        if w.events_used == w.events_room:
            w.overrun = True
            return
        e = w.events_used
        w.events_used += 1
    else:
        w.events_free = event_at(w, e).next
    w.events_held += 1
    event = event_at(w, e)
    event.time = due
    event.order = order
    event.kind = kind
    event.about = about
    event.ticket = ticket
    event.code = code
    event.x = x
    slice_ = int(due * parameters(w).slices)
    if slice_ <= w.slice:
        _push(w, due, order, e)
    else:
        event.next = slice_at(w, slice_).first
        slice_at(w, slice_).first = e


@compiled
def _push(w: State, time: float, order: int, event: int) -> None:
    """Put an event into the heap (sift up)."""
    place = w.heap_used
    w.heap_used += 1
    while place > 0:
        above = (place - 1) >> 1
        over = due_at(w, above)
        if over.time < time or (over.time == time and over.order < order):
            break
        due_at(w, place).time = over.time
        due_at(w, place).order = over.order
        due_at(w, place).event = over.event
        place = above
    due_at(w, place).time = time
    due_at(w, place).order = order
    due_at(w, place).event = event


@compiled
def first(w: State) -> int:
    """Return the next event, which stays where it is; -1 if nothing is to come."""
    while w.heap_used == 0:
        w.slice += 1
        if w.slice >= w.slices_room:
            w.slice = w.slices_room - 1
            return NOBODY
        e = slice_at(w, w.slice).first
        slice_at(w, w.slice).first = NOBODY
        while e != NOBODY:
            event = event_at(w, e)
            _push(w, event.time, event.order, e)
            e = event.next
    return int(due_at(w, 0).event)


@compiled
def take_first(w: State) -> None:
    """Take the next event out; its record is free, so what it says must have been read."""
    e = due_at(w, 0).event
    event = event_at(w, e)
    event.next = w.events_free
    w.events_free = e
    w.events_held -= 1
    w.heap_used -= 1
    last = w.heap_used
    time = due_at(w, last).time
    order = due_at(w, last).order
    moved = due_at(w, last).event
    place = 0
    while True:  # sift down
        below = 2 * place + 1
        if below >= last:
            break
        if below + 1 < last:
            left = due_at(w, below)
            right = due_at(w, below + 1)
            if right.time < left.time or (right.time == left.time and right.order < left.order):
                below += 1
        under = due_at(w, below)
        if time < under.time or (time == under.time and order < under.order):
            break
        due_at(w, place).time = under.time
        due_at(w, place).order = under.order
        due_at(w, place).event = under.event
        place = below
    due_at(w, place).time = time
    due_at(w, place).order = order
    due_at(w, place).event = moved
