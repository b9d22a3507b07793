"""How a command does its runs: where, and where they are kept."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from simulator.commands.terminal import processors, say
from simulator.errors import Problem, ScenarioError

if TYPE_CHECKING:
    from simulator.experiment import Execution
    from simulator.experiment.store import RunFolder
    from simulator.scenario import Scenario


def open_store(
    out: Path | None, resume: bool, command: str, scenarios: Mapping[str, Scenario], seed: int
) -> RunFolder | None:
    """Return where finished runs are kept, if anywhere.

    Parameters
    ----------
    out : Path or None
        As given with ``--out``.
    resume : bool
        As given with ``--resume``.
    command : str
        Its name.
    scenarios : mapping of str to Scenario
        Those given by the user, by name.
    seed : int

    Raises
    ------
    ScenarioError
        If the folder holds something else, or there is none to be resumed.
    """
    if out is None:
        if resume:
            rule = "needs --out DIR, the folder of the runs to continue"
            raise ScenarioError([Problem("--resume", "", "", rule)])
        return None
    from simulator.experiment.store import RunFolder, Study

    return RunFolder.open(out, Study(command, seed, scenarios), resume)


@contextlib.contextmanager
def execution(
    workers: int | None,
    dask: str | None,
    store: RunFolder | None,
    on_progress: Callable[[int, int], None] | None,
) -> Iterator[Execution]:
    """Open what runs are done on: processes of this machine, or a cluster.

    Parameters
    ----------
    workers : int or None
        As given with ``--workers``; None is one per processor.
    dask : str or None
        As given with ``--dask``.
    store : RunFolder or None
        Where finished runs are kept.
    on_progress : callable or None

    Raises
    ------
    ScenarioError
        If both are given, or the cluster cannot be used.
    """
    from simulator.experiment import Execution

    if dask is None:
        yield Execution(workers or processors(), None, store, on_progress, say)
        return
    if workers is not None:
        rule = "runs are done on the cluster: leave out --workers or --dask"
        raise ScenarioError([Problem("--workers", "", str(workers), rule)])
    from simulator.experiment.cluster import dask_executor

    with dask_executor(dask, say) as executor:
        yield Execution(1, executor, store, on_progress, say)
