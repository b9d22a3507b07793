"""Runs on the machines of a Dask cluster."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any

from simulator.errors import Problem, ScenarioError
from simulator.version import fingerprint

if TYPE_CHECKING:
    from distributed import Client

_OPTION = "--dask"
_LOGGERS = ("distributed", "distributed.client", "tornado.application")
_PATIENCE = 10.0  # seconds; a scheduler that lives answers within one


@contextlib.contextmanager
def dask_executor(
    address: str,
    on_trouble: Callable[[str], None] | None = None,
    patience: float = _PATIENCE,
) -> Iterator[Executor]:
    """Open an executor on a running Dask cluster.

    The scheduler gives the runs of a worker that died to others, three times at most. Only use a
    cluster that you trust: a worker's answer can run code here, as ours does there.

    Parameters
    ----------
    address : str
        Of the scheduler: ``tcp://host:8786``.
    on_trouble : callable, optional
        Called with a sentence when a worker died at work.
    patience : float
        Seconds to wait for the scheduler, and for a first worker.

    Raises
    ------
    ScenarioError
        If Dask is not installed, nobody answers, nobody works there, or a worker has another
        version of this program.
    """
    try:
        from distributed import Client
    except ImportError as error:
        rule = "needs Dask: pip install 'themodel[cluster]'"
        raise ScenarioError([Problem(_OPTION, "", address, rule)]) from error
    with _silence():
        try:
            client = Client(address, timeout=patience, set_as_default=False)
        except (OSError, ValueError, TypeError) as error:
            rule = f"no Dask scheduler answers there within {patience:g} s; is it running?"
            raise ScenarioError([Problem(_OPTION, "", address, rule)]) from error
        with client:
            _check_workers(client, address, patience)
            if on_trouble is not None:
                client.subscribe_topic("all", lambda event: _report(event[1], on_trouble))
            executor: Executor = client.get_executor(pure=False)
            try:
                yield executor
            finally:
                # What is still running was given up: nobody will read it.
                executor.shutdown(wait=False)


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """Keep Dask from logging what our own errors say: what was given up, a scheduler that left."""
    loggers = [logging.getLogger(name) for name in _LOGGERS]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


def _check_workers(client: Client, address: str, patience: float) -> None:
    try:
        client.wait_for_workers(1, timeout=patience)
    except TimeoutError as error:
        rule = f"has no worker within {patience:g} s; start one: dask worker {address}"
        raise ScenarioError([Problem(_OPTION, "", address, rule)]) from error
    # A worker without this module answers with the error that it met.
    answers: dict[str, Any] = client.run(fingerprint, on_error="return")
    problems = []
    for worker, answer in sorted(answers.items()):
        if answer != fingerprint():
            said = f"failed ({answer})" if isinstance(answer, BaseException) else f"has {answer}"
            rule = f"{said}, this is {fingerprint()}: install the same version there"
            problems.append(Problem(_OPTION, "", f"worker {worker}", rule))
    if problems:
        raise ScenarioError(problems)


def _report(event: dict[str, Any], on_trouble: Callable[[str], None]) -> None:
    died = event.get("action") == "remove-worker" and not event.get("expected")
    if died and event["processing-tasks"]:
        runs = len(event["processing-tasks"])
        on_trouble(f"worker {event['worker']} ended abruptly: its runs ({runs}) are run again")
