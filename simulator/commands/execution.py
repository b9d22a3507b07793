"""How a command does its runs: where, and where they are kept."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from simulator.commands.terminal import processors, progress, tell
from simulator.errors import Problem, ScenarioError

if TYPE_CHECKING:
    from simulator.engine import EngineName
    from simulator.experiment import Execution
    from simulator.experiment.store import RunFolder
    from simulator.scenario import Scenario

WORKBOOK = "workbook.xlsx"
"""Name of the workbook beside the tables of a command."""


def open_store(
    out: Path | None,
    resume: bool,
    command: str,
    scenarios: Mapping[str, Scenario],
    seed: int,
    tables: Iterable[str],
) -> RunFolder | None:
    """Return where finished runs are kept, if anywhere, once it is known that they can be.

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
    tables : iterable of str
        Names of the tables that will be written there, too.

    Raises
    ------
    OutputError
        If nothing can be written there.
    ScenarioError
        If the folder holds something else, or there is none to be resumed.
    """
    if out is None:
        if resume:
            rule = "needs --out DIR, the folder of the runs to continue"
            raise ScenarioError([Problem("--resume", "", "", rule)])
        return None
    from simulator import disk
    from simulator.experiment.store import RunFolder, Study

    written = [*(f"{name}.csv" for name in tables), f"{command}.json", "scenario.yaml", WORKBOOK]
    disk.check_folder(out, written)
    return RunFolder.open(out, Study(command, seed, scenarios), resume)


@contextlib.contextmanager
def execution(
    what: str,
    workers: int | None,
    dask: str | None,
    store: RunFolder | None = None,
    tell: Callable[[int, int], None] | None = None,
    engine: EngineName | None = None,
) -> Iterator[Execution]:
    """Open what runs are done on, this machine's processes or a cluster, and show how far it is.

    Parameters
    ----------
    what : str
        What is being done, for the bar.
    workers : int or None
        As given with ``--workers``; None is one per processor.
    dask : str or None
        As given with ``--dask``.
    store : RunFolder, optional
        Where finished runs are kept.
    tell : callable, optional
        Also told how many runs are finished, and how many there will be.
    engine : {"compiled", "simpy"}, optional
        As given with ``--engine``.

    Raises
    ------
    ScenarioError
        If both are given, or the cluster or the engine cannot be used.
    """
    with contextlib.ExitStack() as opened:
        how = opened.enter_context(executing(workers, dask, engine))
        bar = opened.enter_context(progress(what))

        def on_progress(done: int, total: int) -> None:
            for told in (bar, tell):
                if told is not None:
                    told(done, total)

        yield replace(how, store=store, on_progress=on_progress)


@contextlib.contextmanager
def executing(
    workers: int | None, dask: str | None, engine: EngineName | None = None
) -> Iterator[Execution]:
    """Open what runs are done on without showing how far it is, for searches of unknown length.

    Parameters
    ----------
    workers : int or None
        As given with ``--workers``; None is one per processor.
    dask : str or None
        As given with ``--dask``.
    engine : {"compiled", "simpy"}, optional
        As given with ``--engine``.

    Raises
    ------
    ScenarioError
        If both are given, or the cluster or the engine cannot be used.
    """
    from simulator.engine import prepare
    from simulator.experiment import Execution

    if dask is not None and workers is not None:
        rule = "runs are done on the cluster: leave out --workers or --dask"
        raise ScenarioError([Problem("--workers", "", str(workers), rule)])
    with contextlib.ExitStack() as opened:
        executor = None
        if dask is None:
            prepare(engine, tell)
        else:
            from simulator.experiment.cluster import dask_executor

            executor = opened.enter_context(dask_executor(dask, tell))
        yield Execution(workers or processors(), executor, on_trouble=tell, engine=engine)
