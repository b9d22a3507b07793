"""How functions are compiled: plainly, so that they give the reference's numbers to the last bit.

No ``fastmath``: it may reorder sums. Division by zero gives infinity instead of an exception
(``error_model="numpy"``), because the check would cost time in every division and no division of
the model can meet a zero.

A function is compiled once, for the types that its annotations state. Left to itself, numba would
compile it anew for every width of integer and every constant that it is called with.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from graphlib import TopologicalSorter
from types import FunctionType, ModuleType
from typing import Any, TypeVar, cast

import numba
from numba.core.dispatcher import Dispatcher

from simulator.compiled.layout import BUYER, PERSON, STATE

F = TypeVar("F", bound=Callable[..., Any])

_TYPES = {
    "int": numba.types.int64,
    "float": numba.types.float64,
    "bool": numba.types.boolean,
    "State": numba.from_dtype(STATE),
    "Buyer": numba.from_dtype(BUYER),
    "Person": numba.from_dtype(PERSON),
}
"""By annotation; a function with another one is compiled for whatever it is called with."""

_functions: list[Dispatcher] = []


def compiled(function: F) -> F:
    """Have a function compiled: by :func:`compile_all`, or when it is first called."""
    made = numba.njit(error_model="numpy")(function)
    _functions.append(made)
    return cast(F, made)


def compiled_from(
    module: ModuleType, names: Iterable[str], known: dict[str, Any]
) -> dict[str, Any]:
    """Compile functions of a module of the reference from their own source.

    Parameters
    ----------
    module : module
    names : iterable of str
        Its functions, each after those that it calls.
    known : dict of str to Any
        What else their code names: constants, functions that are compiled already.

    Returns
    -------
    dict of str to callable
        The compiled functions. The code is that of the module itself; only the names it looks up
        are other ones, since compiled code can call compiled code alone.
    """
    space: dict[str, Any] = {"math": math, "__name__": module.__name__, **known}
    made: dict[str, Any] = {}
    for name in names:
        original = getattr(module, name)
        copy = FunctionType(original.__code__, space, name, original.__defaults__)
        copy.__annotations__ = original.__annotations__
        made[name] = space[name] = compiled(copy)
    return made


def compile_all() -> None:
    """Compile every function for the types it states, each after those that it calls."""
    graph = {function: _called_by(function) for function in _functions}
    for function in TopologicalSorter(graph).static_order():
        python = function.py_func
        names = python.__code__.co_varnames[: python.__code__.co_argcount]
        stated = [_TYPES.get(python.__annotations__.get(name, "")) for name in names]
        if all(each is not None for each in stated):
            function.compile(tuple(stated))
            function.disable_compile()


def _called_by(function: Dispatcher) -> list[Dispatcher]:
    python = function.py_func
    names = python.__code__.co_names
    found = []
    for name in names:
        value = python.__globals__.get(name)
        among = [getattr(value, each, None) for each in names]
        for each in among if isinstance(value, ModuleType) else [value]:
            if isinstance(each, Dispatcher) and each is not function:
                found.append(each)
    return found
