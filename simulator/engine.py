"""Which engine runs: the SimPy reference, or its compiled twin, which gives the same rows faster.

Both are functions (scenario, seed, replication) -> journal. The compiled one is used wherever
numba is installed; results do not depend on the choice.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Final, Literal

from simulator.errors import Problem, ScenarioError
from simulator.languages.messages import say

if TYPE_CHECKING:
    from simulator.organization.journal import Journal
    from simulator.scenario.schema import Scenario

EngineName = Literal["compiled", "simpy"]

COMPILED: Final[EngineName] = "compiled"
SIMPY: Final[EngineName] = "simpy"

_in_use: ContextVar[EngineName | None] = ContextVar("engine", default=None)


@cache
def has_compiled() -> bool:
    """Whether the compiled engine can serve here: it needs a numba that works."""
    try:
        import_module("numba")
    except Exception:  # it refuses NumPy versions that it does not know by errors of all kinds
        return False
    return True


def named() -> EngineName | None:
    """Return the engine that :func:`using` names here, if any."""
    return _in_use.get()


def in_use() -> EngineName:
    """Return the engine that `run` takes when none is named."""
    return _in_use.get() or (COMPILED if has_compiled() else SIMPY)


@contextlib.contextmanager
def using(engine: EngineName | None) -> Iterator[None]:
    """Have `run` take this engine inside (None: the fastest that there is).

    Parameters
    ----------
    engine : {"compiled", "simpy"}, optional
    """
    token = _in_use.set(engine)
    try:
        yield
    finally:
        _in_use.reset(token)


def run(
    scenario: Scenario,
    seed: int = 1,
    replication: int = 0,
    name: str = "",
    *,
    engine: EngineName | None = None,
) -> Journal:
    """Run one organization once.

    Parameters
    ----------
    scenario : Scenario
        The organization.
    seed : int
        Seed of the experiment, 0 <= seed < 2**63.
    replication : int
        Number of the run, 0 <= replication < 2**31.
    name : str
        Name of the scenario, for the journal's facts.
    engine : {"compiled", "simpy"}, optional
        Without it the compiled one, or the reference where numba is not installed.

    Returns
    -------
    Journal
        The same rows, byte for byte, for the same arguments and either engine.

    Raises
    ------
    ValueError
        If seed or replication is out of range.
    ScenarioError
        If the compiled engine is asked for and cannot serve.
    """
    if (engine or in_use()) == SIMPY:
        from simulator.organization import simulation

        return simulation.run(scenario, seed, replication, name)
    check(COMPILED)
    from simulator.compiled import engine as compiled

    return compiled.run(scenario, seed, replication, name)


def check(engine: EngineName | None) -> None:
    """Refuse an engine that cannot serve here.

    Parameters
    ----------
    engine : {"compiled", "simpy"}, optional

    Raises
    ------
    ScenarioError
        If it is the compiled one and numba is not installed.
    """
    if engine == COMPILED and not has_compiled():
        rule = "needs a numba that works here: pip install numba, or --engine simpy"
        raise ScenarioError([Problem("--engine", "", COMPILED, rule)])


def prepare(engine: EngineName | None, tell: Callable[[str], None]) -> None:
    """Have the compiled engine ready before runs are spread over processes, which share it.

    Parameters
    ----------
    engine : {"compiled", "simpy"}, optional
        The one that will run.
    tell : callable
        Called with one sentence if it has to be compiled first.

    Raises
    ------
    ScenarioError
        If it cannot serve here.
    """
    check(engine)
    if (engine or in_use()) == COMPILED:
        from simulator.compiled import engine as compiled

        if not compiled.is_kept():
            tell(say("compiling the engine for this machine; once, it takes half a minute"))
        compiled.prepare()
