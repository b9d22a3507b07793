"""Where records lie: compiled functions get one record and find all others by address.

Passing arrays would have numba count references to each of them at every call, which takes longer
than what most of these functions do. The arrays stay Python's own; :func:`bind` writes their
addresses down, and must be called again when one is replaced.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numba
import numpy as np
from numba.core import cgutils, types
from numba.extending import intrinsic

from simulator.compiled.jit import compiled
from simulator.compiled.layout import (
    BUYER,
    DUE,
    EVENT,
    ITEM,
    LAW,
    LINE,
    PARAMETERS,
    PERSON,
    SETTLED,
    SLICE,
    STEP,
    Record,
    State,
    World,
)
from simulator.organization.journal import PLACED_ROW


def _record_at(dtype: np.dtype[Any]) -> Any:
    """Make a function (address, index) -> the record that lies there."""
    record = numba.from_dtype(dtype)
    size = dtype.itemsize

    @intrinsic  # type: ignore[untyped-decorator]
    def found(typing: Any, address: Any, index: Any) -> Any:
        def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            start, place = values
            offset = builder.mul(place, cgutils.ir.Constant(place.type, size))
            where = builder.add(start, offset)
            return builder.inttoptr(where, context.get_value_type(record))

        return record(types.int64, types.int64), code

    return found


@intrinsic  # type: ignore[untyped-decorator]
def _pointer(typing: Any, address: Any) -> Any:
    """Turn an address into a pointer to floats."""
    pointer = types.CPointer(types.float64)  # type: ignore[attr-defined]

    def code(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return builder.inttoptr(values[0], context.get_value_type(pointer))

    return pointer(types.int64), code


_parameters, _buyer, _person, _item, _line, _event, _due, _slice, _settled, _row, _law, _step = map(
    _record_at,
    (
        PARAMETERS, BUYER, PERSON, ITEM, LINE, EVENT, DUE, SLICE, SETTLED, PLACED_ROW, LAW, STEP,
    ),
)  # fmt: skip


@compiled
def parameters(w: State) -> Record:
    """Return what the run never changes."""
    return _parameters(w.p, 0)


@compiled
def buyer_at(w: State, place: int) -> Record:
    """Return the buyer of a place."""
    return _buyer(w.buyers, place)


@compiled
def person_at(w: State, i: int) -> Record:
    """Return the person hired after i others."""
    return _person(w.people, i)


@compiled
def item_at(w: State, i: int) -> Record:
    """Return a piece of work that waits."""
    return _item(w.items, i)


@compiled
def line_at(w: State, line: int) -> Record:
    """Return the ends of a queue."""
    return _line(w.lines, line)


@compiled
def event_at(w: State, e: int) -> Record:
    """Return an event to come."""
    return _event(w.events, e)


@compiled
def due_at(w: State, place: int) -> Record:
    """Return what is at a place of the heap."""
    return _due(w.heap, place)


@compiled
def slice_at(w: State, place: int) -> Record:
    """Return the chain of events of a slice of time."""
    return _slice(w.slices, place)


@compiled
def settled_at(w: State, k: int) -> Record:
    """Return a buyer that was put on file."""
    return _settled(w.settled, k)


@compiled
def row_at(w: State, k: int) -> Record:
    """Return a row."""
    return _row(w.rows, k)


@compiled
def law_at(w: State, which: int) -> Record:
    """Return a law of the scenario."""
    return _law(w.laws, which)


@compiled
def step_at(w: State, k: int) -> Record:
    """Return a planned change of a team's size."""
    return _step(w.steps, k)


@compiled
def midnights(w: State, slot: int) -> Sequence[float]:
    """Return the inquiries of a channel expected up to each midnight."""
    row = w.days + 1
    found: Sequence[float] = numba.carray(_pointer(w.upto + 8 * slot * row), row)
    return found


@compiled
def days(w: State, slot: int) -> Sequence[float]:
    """Return the inquiries of a channel expected on each day."""
    found: Sequence[float] = numba.carray(_pointer(w.daily + 8 * slot * w.days), w.days)
    return found


def bind(w: World) -> Record:
    """Write down where the arrays of a world lie, and how long they are.

    Parameters
    ----------
    w : World
        It must outlive the use of what is returned.

    Returns
    -------
    record of STATE
        What compiled functions take.
    """
    s = w.s[0]
    for name in w._fields:
        if name != "s":
            array = getattr(w, name)
            s[name] = array.ctypes.data
            if name in ("rows", "buyers", "items", "events", "people", "settled", "slices"):
                s[f"{name}_room"] = len(array)
    s["steps_count"] = len(w.steps)
    s["days"] = w.daily.shape[1]
    return s
