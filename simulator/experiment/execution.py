"""Many runs of one or more organizations on whatever is there to run them.

What comes back is the same for any executor, any number of workers and any order in which runs
end: a run is a function of scenario, seed and replication, and results are put in the order in
which they were asked for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    Executor,
    Future,
    wait,
)
from dataclasses import dataclass
from itertools import islice
from typing import Generic, Protocol, TypeVar

from simulator.engine import COMPILED, EngineName, in_use, named, run, using
from simulator.errors import ReplicationError
from simulator.experiment.workers import interrupts_held, local_pool
from simulator.metrics import Measures, measure
from simulator.metrics.unstreamed import STREAMED
from simulator.scenario.schema import Horizon, Scenario

T = TypeVar("T")

Job = tuple[str, int]
"""Name of a scenario, and number of the replication."""
Task = Callable[[Scenario, str, int, int], T]
"""What is done for a job: (scenario, name, seed, replication) to a result; importable by name."""
Progress = Callable[[int, int], None]
"""Called with the number of finished runs and the number asked for."""

MOST_SEED = 2**63 - 1
MOST_REPLICATION = 2**31 - 1
MOST_REPEATS = 3
_IN_FLIGHT_A_WORKER = 3  # enough to keep a worker busy, few to repeat when one dies
_IN_FLIGHT = 256  # on an executor of unknown size


class Store(Protocol):
    """Keeps finished runs where they outlive this process."""

    def get(self, task: Task[T], scenario: Scenario, name: str, replication: int) -> T | None:
        """Return what was kept for a run, or None."""

    def keep(
        self, task: Task[T], scenario: Scenario, name: str, replication: int, result: T
    ) -> None:
        """Keep what a run gave."""


@dataclass(frozen=True, slots=True)
class Execution:
    """How runs are done.

    Attributes
    ----------
    workers : int
        Number of local processes; 1 runs in this process.
    executor : concurrent.futures.Executor, optional
        Where to run instead.
    store : Store, optional
        Gives back what was finished before, and keeps what is finished now.
    on_progress : callable, optional
        Called after each run with how many are finished and how many there will be.
    on_trouble : callable, optional
        Called with a sentence when a worker process died and its run is done again.
    engine : {"compiled", "simpy"}, optional
        Which engine runs; without it the fastest that there is. Results do not depend on it.
    """

    workers: int = 1
    executor: Executor | None = None
    store: Store | None = None
    on_progress: Progress | None = None
    on_trouble: Callable[[str], None] | None = None
    engine: EngineName | None = None


Workers = int | Execution
"""Number of local processes (1: in this process), or in detail how runs are done."""


def execution_of(workers: Workers) -> Execution:
    """Return how runs are done.

    Parameters
    ----------
    workers : int or Execution

    Raises
    ------
    ValueError
        If the number is below 1.
    """
    how = workers if isinstance(workers, Execution) else Execution(workers)
    if how.workers < 1:
        raise ValueError(f"at least one worker, not {how.workers}")
    return how


@dataclass(frozen=True, slots=True)
class Finished(Generic[T]):
    """What was run.

    Attributes
    ----------
    runs : dict of (name, replication) to result
        In the order in which they were asked for.
    interrupted : bool
        True if it was stopped before all were finished.
    """

    runs: dict[Job, T]
    interrupted: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """What comes back from one run: its measures, never its journal.

    Attributes
    ----------
    measures : Measures
    observed : dict of str to float
        The figures that the scenario states as observed, as this run shows them.
    """

    measures: Measures
    observed: dict[str, float]


def run_and_measure(scenario: Scenario, name: str, seed: int, replication: int) -> Outcome:
    """Run once and measure everything."""
    journal = run(scenario, seed, replication, name)
    observed: dict[str, float] = {}
    if scenario.observed:
        # Its imports would cost every other scenario's workers half a second.
        from simulator.metrics.observed import observe

        observed = observe(journal, [each.metric for each in scenario.observed])
    return Outcome(measure(journal), observed)


def run_totals(scenario: Scenario, name: str, seed: int, replication: int) -> dict[str, float]:
    """Run once and keep every metric over the measured period alone; NaN is missing."""
    return measure(run(scenario, seed, replication, name)).totals


def run_streamed(scenario: Scenario, name: str, seed: int, replication: int) -> dict[str, float]:
    """Run once and keep what can be had without a journal (STREAMED); NaN is missing."""
    if in_use() == COMPILED:
        from simulator.metrics.streaming import streamed_totals

        return streamed_totals(scenario, seed, replication)
    totals = run_totals(scenario, name, seed, replication)
    return {metric: totals[metric] for metric in STREAMED}


def prepare_streaming() -> None:
    """Compile what measures rows as they come, once, before processes that share it are started."""
    if (named() or in_use()) == COMPILED:
        run_streamed(Scenario(horizon=Horizon(months=0.0)), "", 1, 0)


def execute(
    scenarios: Mapping[str, Scenario],
    jobs: Iterable[Job],
    seed: int,
    task: Task[T],
    workers: Workers = 1,
) -> Finished[T]:
    """Do a task for each job.

    Parameters
    ----------
    scenarios : mapping of str to Scenario
        By the names used in the jobs. The same replication of two of them has the same luck.
    jobs : iterable of (name, replication)
        What is to be run; each once.
    seed : int
        Of the experiment, 0 <= seed < 2**63.
    task : callable
        What a worker does; a function of a module, so that it can be sent to another process.
    workers : int or Execution
        How.

    Returns
    -------
    Finished
        After Ctrl-C what was finished until then, with ``interrupted`` set.

    Raises
    ------
    ReplicationError
        If a run fails, or its worker process died three times; what is finished is in the store.
    KeyboardInterrupt
        After Ctrl-C before the first run has finished.
    ValueError
        If a number is out of range.
    """
    how = execution_of(workers)
    asked = list(dict.fromkeys(jobs))
    if not 0 <= seed <= MOST_SEED:
        raise ValueError(f"seed must be 0 or more and below 2**63, not {seed}")
    if not asked or not all(0 <= number <= MOST_REPLICATION for _, number in asked):
        raise ValueError("at least one replication, numbered 0 or more and below 2**31")
    runs = _Runs(scenarios, asked, seed, task, how)
    interrupted = False
    try:
        runs.take_kept()
        if how.executor is not None:
            runs.spread(how.executor)
        elif min(how.workers, len(runs.missing())) > 1:
            runs.spread_locally(how.workers)
        runs.in_turn()
    except KeyboardInterrupt:
        if not runs.finished:
            raise
        interrupted = True
    return Finished({job: runs.finished[job] for job in asked if job in runs.finished}, interrupted)


def _do(
    engine: EngineName | None, task: Task[T], scenario: Scenario, name: str, seed: int, number: int
) -> T:
    """Do one job, in whichever process."""
    with using(engine):
        return task(scenario, name, seed, number)


class _Runs(Generic[T]):
    """The runs to be done, and those that are."""

    def __init__(
        self,
        scenarios: Mapping[str, Scenario],
        asked: Sequence[Job],
        seed: int,
        task: Task[T],
        how: Execution,
    ) -> None:
        self._scenarios = scenarios
        self._asked = asked
        self._seed = seed
        self._task = task
        self._how = how
        self._engine = how.engine or named()
        self._deaths: Counter[Job] = Counter()
        self.finished: dict[Job, T] = {}

    def missing(self) -> list[Job]:
        """Return the jobs that are not finished, in order."""
        return [job for job in self._asked if job not in self.finished]

    def take_kept(self) -> None:
        """Take what an earlier session finished."""
        if self._how.store is None:
            return
        for job in self._asked:
            name, number = job
            kept = self._how.store.get(self._task, self._scenarios[name], name, number)
            if kept is not None:
                self.finished[job] = kept
        if self.finished:
            self._tell_progress()

    def in_turn(self) -> None:
        """Do the missing ones in this process."""
        for job in self.missing():
            try:
                done = _do(self._engine, self._task, *self._what(job))
            except Exception as cause:
                raise self._failed(job, cause) from cause
            self._keep(job, done)

    def spread_locally(self, workers: int) -> None:
        """Do the missing ones on local processes; if one dies, with new ones."""
        while missing := self.missing():
            suspects = [job for job in missing if self._deaths[job]]
            if suspects:
                # A broken pool does not tell whose process died: each suspect goes alone.
                with local_pool(1) as pool:
                    self._on_pool(pool, suspects[:1], 1)
                continue
            with local_pool(min(workers, len(missing))) as pool:
                self._on_pool(pool, missing, workers * _IN_FLIGHT_A_WORKER)

    def _on_pool(self, pool: Executor, jobs: Sequence[Job], in_flight: int) -> None:
        lost = self._spread(pool, jobs, in_flight)
        for job, cause in lost.items():
            self._deaths[job] += 1
            # The first death may have been a neighbor's; the others came when it ran alone.
            if self._deaths[job] > MOST_REPEATS:
                raise self._failed(job, cause) from cause
        if lost and self._how.on_trouble is not None:
            names = ", ".join(f"{number} of {name}" for name, number in lost)
            what = "replication" if len(lost) == 1 else "one of the replications"
            self._how.on_trouble(f"the worker of {what} {names} ended abruptly: run again")

    def spread(self, executor: Executor) -> None:
        """Do the missing ones on somebody's executor, whose own affair it is to repeat."""
        for job, cause in self._spread(executor, self.missing(), _IN_FLIGHT).items():
            raise self._failed(job, cause) from cause

    def _spread(
        self, executor: Executor, jobs: Sequence[Job], in_flight: int
    ) -> dict[Job, BaseException]:
        """Do jobs on an executor; return those whose process died."""
        pending: dict[Future[T], Job] = {}
        waiting: Iterator[Job] = iter(jobs)
        lost: dict[Job, BaseException] = {}
        try:
            while True:
                with interrupts_held():
                    for job in islice(waiting, 0 if lost else in_flight - len(pending)):
                        try:
                            pending[self._submit(executor, job)] = job
                        except BrokenExecutor as cause:  # a process died just now
                            lost[job] = cause
                            break
                if not pending:
                    return lost
                for future in wait(pending, return_when=FIRST_COMPLETED).done:
                    job = pending.pop(future)
                    try:
                        done = future.result()
                    except BrokenExecutor as cause:
                        lost[job] = cause
                    except Exception as cause:
                        raise self._failed(job, cause) from cause
                    else:
                        self._keep(job, done)
        except KeyboardInterrupt:
            for future, job in pending.items():
                if future.done() and not future.cancelled() and future.exception() is None:
                    self._keep(job, future.result())
            raise
        finally:
            for future in pending:
                future.cancel()

    def _submit(self, executor: Executor, job: Job) -> Future[T]:
        scenario, name, seed, number = self._what(job)
        return executor.submit(_do, self._engine, self._task, scenario, name, seed, number)

    def _what(self, job: Job) -> tuple[Scenario, str, int, int]:
        name, number = job
        return self._scenarios[name], name, self._seed, number

    def _keep(self, job: Job, done: T) -> None:
        name, number = job
        if self._how.store is not None:
            self._how.store.keep(self._task, self._scenarios[name], name, number, done)
        self.finished[job] = done
        self._tell_progress()

    def _tell_progress(self) -> None:
        if self._how.on_progress is not None:
            self._how.on_progress(len(self.finished), len(self._asked))

    def _failed(self, job: Job, cause: BaseException) -> ReplicationError:
        name, number = job
        return ReplicationError(number, self._seed, name, cause)
