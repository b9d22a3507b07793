"""Many runs of one organization, each with its own luck, and what they agree on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from simulator.experiment.execution import (
    Outcome,
    Workers,
    execute,
    run_and_measure,
    run_streamed,
)
from simulator.experiment.readiness import Scenarios, prepared
from simulator.experiment.statistics import Estimate, estimates
from simulator.metrics import METRICS, Measures
from simulator.metrics.definitions import TEAMS
from simulator.metrics.transitions import PLACES
from simulator.metrics.unstreamed import STREAMED
from simulator.organization.journal import DAYS_PER_MONTH, Reason, Status
from simulator.scenario.schema import Scenario

MOST_REPLICATIONS = 10_000  # about a gigabyte of measures of the default company


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
    transitions : DataFrame
        ``from_place``, ``to_place``, ``period``, mean ``buyers`` and ``amount`` a run: see
        :func:`simulator.metrics.transitions.transitions`.
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
    transitions: pd.DataFrame
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
            transitions=_transitions(measures),
            comparison=_comparison(scenario, [finished[number].observed for number in numbers]),
        )


@dataclass(frozen=True, slots=True)
class Totals:
    """What the replications of one scenario agree on, measured without keeping journals.

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
    interrupted : bool
    totals : dict of str to Estimate
        Every metric of STREAMED over the measured period.
    runs : dict of int to dict of str to float
        The same of each replication; NaN is missing.
    """

    name: str
    scenario: Scenario
    seed: int
    asked: int
    numbers: tuple[int, ...]
    interrupted: bool
    totals: dict[str, Estimate]
    runs: dict[int, dict[str, float]]

    def as_json(self) -> dict[str, Any]:
        """Return it as one object of plain values; None is missing."""
        return {
            "scenario": self.name,
            "seed": self.seed,
            "replications": len(self.numbers),
            "interrupted": self.interrupted,
            "currency": self.scenario.currency,
            "metrics": {
                name: {
                    "mean": _known(each.mean),
                    "low": _known(each.low),
                    "high": _known(each.high),
                    "n": each.n,
                    "unit": METRICS[name].unit,
                }
                for name, each in self.totals.items()
            },
        }

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the totals of every run, one row a run and metric."""
        rows = [
            (number, metric, value)
            for number, run in self.runs.items()
            for metric, value in run.items()
        ]
        return {"totals": pd.DataFrame(rows, columns=["replication", "metric", "value"])}


def _known(value: float | None) -> float | None:
    return value if value is not None and np.isfinite(value) else None


def replicate_totals(
    scenario: Scenarios,
    name: str = "",
    seed: int = 1,
    replications: int | Iterable[int] = 20,
    *,
    workers: Workers = 1,
) -> Totals:
    """Run a scenario several times and keep the totals of each run alone.

    For companies of hundreds of thousands of buyers: rows are measured as they come, so that
    memory is that of living buyers. What needs every duration, and everything by month, is not
    given.

    Parameters
    ----------
    scenario, name, seed, replications, workers
        As for :func:`replicate`.

    Returns
    -------
    Totals
        After Ctrl-C those of the replications finished until then, with ``interrupted`` set.

    Raises
    ------
    ScenarioError
        If the scenario cannot be loaded.
    ReplicationError
        If one fails; the others are given up.
    KeyboardInterrupt
        After Ctrl-C before the first replication has finished.
    ValueError
        If a number is out of range.
    """
    ready = prepared(scenario)
    numbers = replication_numbers(replications)
    name = name or ready.name
    done = execute(
        {name: ready.scenario}, [(name, each) for each in numbers], seed, run_streamed, workers
    )
    runs = {number: run for (_, number), run in sorted(done.runs.items())}
    return Totals(
        name, ready.scenario, seed, len(numbers), tuple(runs), len(runs) < len(numbers),
        {metric: Estimate.of([run[metric] for run in runs.values()]) for metric in STREAMED},
        runs,
    )  # fmt: skip


def replicate(
    scenario: Scenarios,
    name: str = "",
    seed: int = 1,
    replications: int | Iterable[int] = 20,
    *,
    workers: Workers = 1,
) -> Results:
    """Run a scenario several times and measure each run.

    Parameters
    ----------
    scenario : Scenario, LoadedScenario, str or path
        What to run; a file, or the name of a shipped scenario.
    name : str
        For the results; without it that of the file.
    seed : int
        Of the experiment, 0 <= seed < 2**63.
    replications : int or iterable of int
        How many (numbered from 0), or which numbers.
    workers : int or Execution
        Number of local processes (1: in this process), or in detail how runs are done.

    Returns
    -------
    Results
        After Ctrl-C those of the replications finished until then, with ``interrupted`` set.

    Raises
    ------
    ScenarioError
        If the scenario cannot be loaded.
    ReplicationError
        If one fails; the others are given up.
    KeyboardInterrupt
        After Ctrl-C before the first replication has finished.
    ValueError
        If a number is out of range.
    """
    ready = prepared(scenario)
    numbers = replication_numbers(replications)
    name = name or ready.name
    done = execute(
        {name: ready.scenario}, [(name, each) for each in numbers], seed, run_and_measure, workers
    )
    finished = {number: outcome for (_, number), outcome in done.runs.items()}
    return Results.of(ready.scenario, name, seed, len(numbers), finished)


def replication_numbers(replications: int | Iterable[int]) -> list[int]:
    """Return the numbers of the replications asked for, rising.

    Parameters
    ----------
    replications : int or iterable of int
        How many (numbered from 0), or which numbers.

    Raises
    ------
    ValueError
        If there are none or too many.
    """
    if isinstance(replications, int):
        replications = range(replications)
    # More than a caller can mean is caught before the numbers are listed.
    if isinstance(replications, range) and len(replications) > MOST_REPLICATIONS:
        raise ValueError(f"at most {MOST_REPLICATIONS:,} replications, not {len(replications):,}")
    numbers = sorted(set(replications))
    if not numbers:
        raise ValueError("at least one replication, numbered 0 or more and below 2**31")
    return numbers


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


def _transitions(measures: Sequence[Measures]) -> pd.DataFrame:
    """Sum over runs divided by their number: a move that does not occur counts as 0."""
    keys = ["from_place", "to_place", "period"]
    every = pd.concat([one.transitions for one in measures], ignore_index=True)
    places = {place: at for at, place in enumerate(PLACES)}
    # By number and not by name: in the order of the buyers' way, and many times as fast.
    at = [every[key].map(places).to_numpy(dtype=np.int64) for key in keys[:2]]
    summed = every[["buyers", "amount"]].groupby([*at, every["period"].to_numpy()]).sum()
    table = (summed / len(measures)).rename_axis(keys).reset_index()
    for key in keys[:2]:
        table[key] = np.array(PLACES, dtype=object)[table[key].to_numpy(dtype=np.int64)]
    return table


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
