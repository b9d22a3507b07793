"""How functions are compiled: plainly, so that they give the reference's numbers to the last bit.

No ``fastmath``: it may reorder sums. Division by zero gives infinity instead of an exception
(``error_model="numpy"``), because the check would cost time in every division and no division of
the model can meet a zero.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from types import FunctionType, ModuleType
from typing import Any, TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., Any])


def compiled(function: F) -> F:
    """Have a function compiled when it is first called."""
    return cast(F, numba.njit(error_model="numpy")(function))


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
        made[name] = space[name] = compiled(copy)
    return made
