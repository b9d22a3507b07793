"""SimPy's clock, with a calendar for what is not due today.

A company has thousands of things to come: a parked buyer in half a year, every customer's next
month. In SimPy's one queue each of them makes everything else slower to sort in; here they lie in
the calendar under their day, and only today's are in the queue. The order in which things happen
is SimPy's own: by time, then priority, then as scheduled (the idea is the calendar queue of
R. Brown, Communications of the ACM 31 (1988) 1220-1227).

Nearly all events of a run are of two kinds: a person works for some time (:class:`Pause`), or
something happens by itself later (:class:`Later`). They do without what a SimPy ``Timeout`` also
keeps, and nobody asks for here: its environment, its delay, a check before its value is read.
"""

from __future__ import annotations

import gc
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from heapq import heapify, heappop, heappush
from typing import Any

from simpy import Environment, Event
from simpy.core import SimTime
from simpy.events import NORMAL, EventPriority


@contextmanager
def uncollected() -> Iterator[None]:
    """Spare Python the search for forgotten cycles of objects.

    A run makes next to none (a person who leaves), but the search goes through every buyer again
    and again, and takes a fifth of a large company's time.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


class Pause(Event):
    """What a process waits for until some time has passed."""

    _ok = True
    _value = None

    def __init__(self) -> None:
        self.callbacks = []


class Later(Event):
    """Something that happens by itself after some time, and what it is about."""

    _ok = True
    _value = None
    value: Any = None

    def __init__(self, what: Callable[[Any], None], value: Any) -> None:
        self.callbacks = [what]
        self.value = value


class Clock(Environment):
    """An environment for a time known beforehand; `days` runs it, not SimPy's ``run``.

    Parameters
    ----------
    horizon : float
        The last moment at which something happens, in days.
    """

    def __init__(self, horizon: float) -> None:
        super().__init__()
        self._horizon = horizon
        self._calendar: list[list[Any]] = [[] for _ in range(math.floor(horizon) + 1)]
        self._today_until = 0.0  # what is due before is in the queue

    def schedule(
        self, event: Event, priority: EventPriority = NORMAL, delay: SimTime = 0.0
    ) -> None:
        """Put an event where its time is."""
        if delay < 0.0:
            raise ValueError(f"nothing can happen {-delay} days ago")
        due = self._now + delay
        if due < self._today_until:
            heappush(self._queue, (due, priority, next(self._eid), event))
        elif due <= self._horizon:  # beyond the horizon nothing happens
            self._calendar[int(due)].append((due, priority, next(self._eid), event))

    def later(self, days: float, what: Callable[[Any], None], value: Any) -> None:
        """Have something happen after some days."""
        self.schedule(Later(what, value), NORMAL, days)

    def pause(self, days: float) -> Pause:
        """Return what a process waits for while some days pass."""
        pause = Pause()
        self.schedule(pause, NORMAL, days)
        return pause

    def days(self) -> Iterator[int]:
        """Let day after day pass up to the horizon (which is included); yield each when over."""
        queue = self._queue
        for day, due in enumerate(self._calendar):
            queue.extend(due)
            heapify(queue)
            due.clear()
            self._today_until = min(day + 1.0, math.nextafter(self._horizon, math.inf))
            while queue:
                self._now, _, _, event = heappop(queue)
                callbacks = event.callbacks
                event.callbacks = None  # type: ignore[assignment]  # SimPy's mark: has happened
                for callback in callbacks:
                    callback(event)
                if not event._ok:  # a person's process has failed
                    raise event._value
            yield day
