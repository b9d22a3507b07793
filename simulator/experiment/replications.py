"""Many runs of one organization, each with its own luck, and what they agree on.

Results are the same for any executor, any number of workers and any order in which runs end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import stdtrit

from simulator.experiment.workers import interrupts_held, local_pool
from simulator.metrics import METRICS, Measures, measure
from simulator.metrics.definitions import TEAMS
from simulator.organization.journal import DAYS_PER_MONTH, Reason, Status
from simulator.organization.simulation import run
from simulator.scenario.schema import Scenario

Progress = Callable[[int, int], None]
"""Called with the number of finished replications and the number asked for."""

MOST_REPLICATIONS = 10_000  # about a gigabyte of measures of the default company
_IN_FLIGHT = 64  # enough for a cluster, and Ctrl-C never waits for thousands of submissions
MOST_SEED = 2**63 - 1
_CONFIDENCE = 0.95


class ReplicationError(RuntimeError):
    """A replication failed; says which one, so that it can be repeated alone."""

    def __init__(self, replication: int, seed: int, name: str, cause: BaseException) -> None:
        self.replication = replication
        self.seed = seed
        if isinstance(cause, BrokenProcessPool):
            said = "its worker process ended abruptly; is there enough memory?"
        else:
            said = f"{type(cause).__name__}: {cause}"
        super().__init__(f"{name}: replication {replication} with seed {seed} failed: {said}")


@dataclass(frozen=True, slots=True)
class Estimate:
    """What several replications say about one number.

    Attributes
    ----------
    mean : float
        Over the replications in which the number is not missing; NaN if it always is.
    low, high : float or None
        Bounds of the 95 % interval of the mean (Student's t); None with fewer than two values.
    n : int
        Number of replications in which the number is not missing.
    """

    mean: float
    low: float | None
    high: float | None
    n: int

    @classmethod
    def of(cls, values: Sequence[float] | NDArray[np.float64]) -> Estimate:
        """Estimate from one value per replication; NaN is missing."""
        mean, low, high, n = estimates(np.asarray(values, dtype=np.float64)[:, None])
        single = int(n[0]) < 2
        return cls(
            float(mean[0]),
            None if single else float(low[0]),
            None if single else float(high[0]),
            int(n[0]),
        )


def estimates(values: NDArray[np.float64]) -> tuple[NDArray[np.float64], ...]:
    """Mean, lower and upper bound and number of values of each column (one row a replication)."""
    known = np.isfinite(values)
    n = known.sum(axis=0).astype(np.float64)
    filled = np.where(known, values, 0.0)
    nothing = np.full(values.shape[1], np.nan)
    mean = np.divide(filled.sum(axis=0), n, out=nothing.copy(), where=n > 0.0)
    squares = np.where(known, (filled - mean) ** 2, 0.0).sum(axis=0)
    variance = np.divide(squares, n - 1.0, out=nothing.copy(), where=n > 1.0)
    quantile = np.full_like(n, np.nan)
    quantile[n > 1.0] = stdtrit(n[n > 1.0] - 1.0, 0.5 + _CONFIDENCE / 2.0)
    half = quantile * np.sqrt(np.divide(variance, n, out=nothing.copy(), where=n > 1.0))
    return mean, mean - half, mean + half, n


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


@dataclass(frozen=True, slots=True)
class Results:
    """What the replications of one scenario agree on, and each of them.

    Attributes
    ----------
    name : str
        Of the scenario.
    scenario : Scenario
    seed : int
    asked : int
        Number of replications asked for.
    numbers : tuple of int
        The replications that finished, rising.
    measures : tuple of Measures
        Theirs, in the same order.
    interrupted : bool
        True if it was stopped before all were finished.
    totals : dict of str to Estimate
        Every metric of the registry over the measured period.
    monthly : DataFrame
        ``period``, ``metric``, ``mean``, ``low``, ``high``, ``n``.
    losses : DataFrame
        ``stage``, ``true_reason``, ``recorded_reason``, mean ``buyers`` and ``amount`` a run.
    statuses : dict of str to Estimate
        Buyers by where they are at the horizon.
    people : dict of str to Estimate
        Average number of people of each department.
    bridge, recycling : DataFrame
        Means of the tables of the same name of :class:`~simulator.metrics.Measures`.
    comparison : DataFrame or None
        Figures of the real organization against the simulated ones, if the scenario states any:
        see :func:`simulator.metrics.observed.compare`.
    """

    name: str
    scenario: Scenario
    seed: int
    asked: int
    numbers: tuple[int, ...]
    measures: tuple[Measures, ...]
    interrupted: bool
    totals: dict[str, Estimate]
    monthly: pd.DataFrame
    losses: pd.DataFrame
    statuses: dict[str, Estimate]
    people: dict[str, Estimate]
    bridge: pd.DataFrame
    recycling: pd.DataFrame
    comparison: pd.DataFrame | None

    @classmethod
    def of(
        cls, scenario: Scenario, name: str, seed: int, asked: int, finished: dict[int, Outcome]
    ) -> Results:
        """Put together what finished (at least one replication)."""
        numbers = tuple(sorted(finished))
        measures = tuple(finished[number].measures for number in numbers)
        return cls(
            name=name,
            scenario=scenario,
            seed=seed,
            asked=asked,
            numbers=numbers,
            measures=measures,
            interrupted=len(numbers) < asked,
            totals={key: Estimate.of([m.totals[key] for m in measures]) for key in METRICS},
            monthly=_monthly(measures),
            losses=_losses(measures),
            statuses={
                status.name.lower(): Estimate.of(
                    [m.statuses[status.name.lower()] for m in measures]
                )
                for status in Status
            },
            people=_people(scenario, measures),
            bridge=_mean_table([m.bridge for m in measures], ["period"]),
            recycling=_mean_table([m.recycling for m in measures], ["recorded_reason"]),
            comparison=_comparison(scenario, [finished[number].observed for number in numbers]),
        )


def replicate(
    scenario: Scenario,
    name: str = "",
    seed: int = 1,
    replications: int | Iterable[int] = 20,
    *,
    executor: Executor | None = None,
    workers: int = 1,
    on_progress: Progress | None = None,
) -> Results:
    """Run a scenario several times and measure each run.

    Parameters
    ----------
    scenario : Scenario
    name : str
        Of the scenario, for its results.
    seed : int
        Of the experiment, 0 <= seed < 2**63.
    replications : int or iterable of int
        How many (numbered from 0), or which numbers.
    executor : concurrent.futures.Executor, optional
        Where to run; only measures come back from there, never journals.
    workers : int
        Without an executor: number of local processes; 1 runs in this process.
    on_progress : callable, optional
        Called after each replication with how many are finished and how many there will be.

    Returns
    -------
    Results
        After Ctrl-C those of the replications finished until then, with ``interrupted`` set.

    Raises
    ------
    ReplicationError
        If one fails; the others are given up.
    KeyboardInterrupt
        After Ctrl-C before the first replication has finished.
    ValueError
        If a number is out of range.
    """
    if isinstance(replications, int):
        replications = range(replications)
    # More than a caller can mean is caught before the numbers are listed.
    if isinstance(replications, range) and len(replications) > MOST_REPLICATIONS:
        raise ValueError(f"at most {MOST_REPLICATIONS:,} replications, not {len(replications):,}")
    numbers = sorted(set(replications))
    if not numbers or not 0 <= numbers[0] <= numbers[-1] < 2**31:
        raise ValueError("at least one replication, numbered 0 or more and below 2**31")
    if not 0 <= seed <= MOST_SEED:
        raise ValueError(f"seed must be 0 or more and below 2**63, not {seed}")
    if workers < 1:
        raise ValueError(f"at least one worker, not {workers}")
    task = _Task(scenario, name, seed, numbers, on_progress)
    try:
        if executor is not None:
            task.spread(executor)
        elif min(workers, len(numbers)) == 1:
            task.in_turn()
        else:
            with local_pool(min(workers, len(numbers))) as pool:
                task.spread(pool)
    except KeyboardInterrupt:
        if not task.finished:
            raise
    return Results.of(scenario, name, seed, len(numbers), task.finished)


def run_and_measure(scenario: Scenario, name: str, seed: int, replication: int) -> Outcome:
    """Run once; what a worker does."""
    journal = run(scenario, seed, replication, name)
    observed: dict[str, float] = {}
    if scenario.observed:
        # Its imports would cost every other scenario's workers half a second.
        from simulator.metrics.observed import observe

        observed = observe(journal, [each.metric for each in scenario.observed])
    return Outcome(measure(journal), observed)


class _Task:
    """The replications to be done, and those that are."""

    def __init__(
        self,
        scenario: Scenario,
        name: str,
        seed: int,
        numbers: Sequence[int],
        on_progress: Progress | None,
    ) -> None:
        self._what = (scenario, name, seed)
        self._numbers = numbers
        self._on_progress = on_progress
        self.finished: dict[int, Outcome] = {}

    def in_turn(self) -> None:
        """Do them in this process."""
        for number in self._numbers:
            try:
                done = run_and_measure(*self._what, number)
            except Exception as cause:
                raise self._failed(number, cause) from cause
            self._keep(number, done)

    def spread(self, executor: Executor) -> None:
        """Do them on an executor; the order in which they end does not matter."""
        pending: dict[Future[Outcome], int] = {}
        numbers = iter(self._numbers)
        try:
            while True:
                with interrupts_held():
                    for number in islice(numbers, _IN_FLIGHT - len(pending)):
                        pending[executor.submit(run_and_measure, *self._what, number)] = number
                if not pending:
                    return
                for future in wait(pending, return_when=FIRST_COMPLETED).done:
                    self._take(future, pending[future])
                    del pending[future]
        except KeyboardInterrupt:
            for future, number in pending.items():
                if future.done() and not future.cancelled() and future.exception() is None:
                    self.finished[number] = future.result()
            raise
        finally:
            for future in pending:
                future.cancel()

    def _take(self, future: Future[Outcome], number: int) -> None:
        try:
            done = future.result()
        except Exception as cause:
            raise self._failed(number, cause) from cause
        self._keep(number, done)

    def _keep(self, number: int, done: Outcome) -> None:
        self.finished[number] = done
        if self._on_progress is not None:
            self._on_progress(len(self.finished), len(self._numbers))

    def _failed(self, number: int, cause: BaseException) -> ReplicationError:
        _, name, seed = self._what
        return ReplicationError(number, seed, name, cause)


# ------------------------------------------------------------------ means over replications


def _monthly(measures: Sequence[Measures]) -> pd.DataFrame:
    # Every run has the same months and metrics in the same order.
    first = measures[0].monthly
    mean, low, high, n = estimates(np.array([m.monthly["value"].to_numpy() for m in measures]))
    return pd.DataFrame(
        {
            "period": first["period"],
            "metric": first["metric"],
            "mean": mean,
            "low": low,
            "high": high,
            "n": n.astype(np.int64),
        }
    )


def _losses(measures: Sequence[Measures]) -> pd.DataFrame:
    """Sum over runs divided by their number: a loss that does not occur counts as 0."""
    columns = ["stage", "true_reason", "recorded_reason"]
    found: dict[tuple[str, ...], NDArray[np.float64]] = {}
    for one in measures:
        for *key, buyers, amount in one.losses[[*columns, "buyers", "amount"]].itertuples(
            index=False, name=None
        ):
            total = found.setdefault(tuple(key), np.zeros(2))
            total += (float(buyers), float(amount))
    stages = {team: place for place, team in enumerate(TEAMS)}
    reasons = {reason.name.lower(): int(reason) for reason in Reason}
    rows: list[dict[str, Any]] = [
        {**dict(zip(columns, key, strict=True)), "buyers": buyers, "amount": amount}
        for key, (buyers, amount) in sorted(
            ((key, total / len(measures)) for key, total in found.items()),
            key=lambda item: (stages[item[0][0]], reasons[item[0][1]], reasons[item[0][2]]),
        )
    ]
    return pd.DataFrame(rows, columns=[*columns, "buyers", "amount"])


def _people(scenario: Scenario, measures: Sequence[Measures]) -> dict[str, Estimate]:
    days = (scenario.horizon.months - scenario.horizon.warm_up_months) * DAYS_PER_MONTH
    values: dict[str, list[float]] = {team: [] for team in TEAMS}
    for one in measures:
        team, employed = one.people["team"], one.people["employed_days"]
        for name in TEAMS:
            total = float(employed[team == name].sum())
            values[name].append(total / days if days > 0.0 else float("nan"))
    return {team: Estimate.of(each) for team, each in values.items()}


def _comparison(scenario: Scenario, seen: Sequence[dict[str, float]]) -> pd.DataFrame | None:
    if not scenario.observed:
        return None
    from simulator.metrics.observed import compare

    return compare(scenario.observed, seen)


def _mean_table(tables: Sequence[pd.DataFrame], keys: list[str]) -> pd.DataFrame:
    """Mean of tables that have the same rows and columns."""
    first = tables[0]
    amounts = [column for column in first.columns if column not in keys]
    stacked = np.array([table[amounts].to_numpy(dtype=np.float64) for table in tables])
    means = pd.DataFrame(stacked.mean(axis=0), columns=amounts)
    return pd.concat([first[keys].reset_index(drop=True), means], axis=1)
