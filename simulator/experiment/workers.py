"""Local worker processes that end when they should: with their parent, and on Ctrl-C.

A terminal sends Ctrl-C to every process of the command. Workers must not hear it (each would
print a traceback); the parent hears it, keeps what is finished and ends them.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from types import FrameType


@contextlib.contextmanager
def local_pool(workers: int) -> Iterator[ProcessPoolExecutor]:
    """Open a pool of local processes; whatever goes wrong inside, none of them is left behind.

    Parameters
    ----------
    workers : int
        How many.
    """
    before = set(multiprocessing.active_children())
    # Spawned on every platform: a fork would copy locks held by threads of this process.
    pool = ProcessPoolExecutor(
        workers, mp_context=multiprocessing.get_context("spawn"), initializer=_begin
    )
    try:
        yield pool
    except BaseException:
        # Nobody will read the runs that are still going on: do not wait for them.
        for process in set(multiprocessing.active_children()) - before:
            process.terminate()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


@contextlib.contextmanager
def interrupts_held() -> Iterator[None]:
    """Put off Ctrl-C while worker processes are being started.

    They inherit the blocked signal, so that it cannot hit them before :func:`_begin` runs, and
    a process is never half started. What came in meanwhile is raised at the end.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread hears signals
        return
    came: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        came.append(number)

    handler = signal.signal(signal.SIGINT, note)
    masks = hasattr(signal, "pthread_sigmask")
    if masks:
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        if masks:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        signal.signal(signal.SIGINT, handler)
    if came and handler not in (signal.SIG_IGN, None):
        raise KeyboardInterrupt


def _begin() -> None:
    """Prepare a worker: deaf to Ctrl-C, and gone when its parent is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    # A killed parent cannot end its workers, and they hold each other's queue open for ever.
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
