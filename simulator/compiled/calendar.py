"""What is to come, in SimPy's order: by time, then urgent things, then as scheduled.

Time is cut into slices so thin that a few events fall into each. Those of the present slice lie in
a heap; the others wait in the unordered chain of their slice (a calendar queue: R. Brown,
Communications of the ACM 31 (1988) 1220-1227).
"""

from __future__ import annotations

from simulator.compiled.jit import compiled
from simulator.compiled.layout import NOBODY, World

_NORMAL = 1 << 62  # an urgent event comes before all others of its moment


@compiled
def schedule(
    w: World, delay: float, kind: int, about: int, ticket: int, code: int, x: float
) -> None:
    """Have something happen after some days; beyond the horizon nothing happens."""
    s = w.s[0]
    due = s.now + delay
    if not due <= w.p[0].horizon:
        return
    order = s.order + _NORMAL
    s.order += 1
    _put(w, due, order, kind, about, ticket, code, x)


@compiled
def schedule_urgent(w: World, kind: int, about: int) -> None:
    """Have something happen now, before anything else of this moment."""
    s = w.s[0]
    order = s.order
    s.order += 1
    _put(w, s.now, order, kind, about, 0, 0, 0.0)


@compiled
def _put(
    w: World, due: float, order: int, kind: int, about: int, ticket: int, code: int, x: float
) -> None:
    s = w.s[0]
    e = s.events_free
    if e == NOBODY:
        e = s.events_used
        s.events_used += 1
    else:
        s.events_free = w.events[e].next
    s.events_held += 1
    event = w.events[e]
    event.time = due
    event.order = order
    event.kind = kind
    event.about = about
    event.ticket = ticket
    event.code = code
    event.x = x
    slice_ = int(due * w.p[0].slices)
    if slice_ <= s.slice:
        _push(w, due, order, e)
    else:
        event.next = w.slices[slice_]
        w.slices[slice_] = e


@compiled
def _push(w: World, time: float, order: int, event: int) -> None:
    """Put an event into the heap (sift up)."""
    heap = w.heap
    place = w.s[0].heap_used
    w.s[0].heap_used += 1
    while place > 0:
        above = (place - 1) >> 1
        over = heap[above]
        if over.time < time or (over.time == time and over.order < order):
            break
        heap[place].time = over.time
        heap[place].order = over.order
        heap[place].event = over.event
        place = above
    heap[place].time = time
    heap[place].order = order
    heap[place].event = event


@compiled
def first(w: World) -> int:
    """Return the next event, which stays where it is; -1 if nothing is to come."""
    s = w.s[0]
    slices = w.slices
    while s.heap_used == 0:
        s.slice += 1
        if s.slice >= len(slices):
            s.slice = len(slices) - 1
            return NOBODY
        e = slices[s.slice]
        slices[s.slice] = NOBODY
        while e != NOBODY:
            event = w.events[e]
            _push(w, event.time, event.order, e)
            e = event.next
    return int(w.heap[0].event)


@compiled
def take_first(w: World) -> None:
    """Take the next event out; its record is free, so what it says must have been read."""
    s = w.s[0]
    heap = w.heap
    e = heap[0].event
    event = w.events[e]
    event.next = s.events_free
    s.events_free = e
    s.events_held -= 1
    s.heap_used -= 1
    last = s.heap_used
    time = heap[last].time
    order = heap[last].order
    moved = heap[last].event
    place = 0
    while True:  # sift down
        below = 2 * place + 1
        if below >= last:
            break
        if below + 1 < last:
            left = heap[below]
            right = heap[below + 1]
            if right.time < left.time or (right.time == left.time and right.order < left.order):
                below += 1
        under = heap[below]
        if time < under.time or (time == under.time and order < under.order):
            break
        heap[place].time = under.time
        heap[place].order = under.order
        heap[place].event = under.event
        place = below
    heap[place].time = time
    heap[place].order = order
    heap[place].event = moved
