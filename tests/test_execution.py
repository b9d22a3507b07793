"""Runs on processes that come and go: each result arrives once, or it is said which did not."""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from simulator.errors import ReplicationError, ScenarioError
from simulator.experiment.execution import (
    Execution,
    Finished,
    Task,
    execute,
    run_totals,
)
from simulator.scenario import Scenario
from simulator.scenario.changing import changed, value_of

JOBS = [(name, number) for name in ("one", "two") for number in range(4)]


def months(scenario: Scenario, name: str, seed: int, replication: int) -> float:
    """Stand in for a run: a number that names its arguments."""
    return scenario.horizon.months * 1000.0 + seed * 100.0 + replication


def dies_once(scenario: Scenario, name: str, seed: int, replication: int) -> float:
    """End the process abruptly the first time that replication 2 of "one" is run."""
    mark = Path(os.environ["MARK"])
    if (name, replication) == ("one", 2) and not mark.exists():
        mark.touch()
        os._exit(9)
    return months(scenario, name, seed, replication)


def always_dies(scenario: Scenario, name: str, seed: int, replication: int) -> float:
    """End the process abruptly whenever replication 2 of "two" is run."""
    if (name, replication) == ("two", 2):
        with Path(os.environ["MARK"]).open("a") as file:
            file.write("x")
        os._exit(9)
    return months(scenario, name, seed, replication)


def slow(scenario: Scenario, name: str, seed: int, replication: int) -> float:
    """Take longer the earlier it was asked for, so that the last ends first."""
    time.sleep(0.02 * (4 - replication))
    return months(scenario, name, seed, replication)


@pytest.fixture(scope="module")
def scenarios() -> dict[str, Scenario]:
    return {
        "one": changed(Scenario(), {"horizon.months": 1.0}),
        "two": changed(Scenario(), {"horizon.months": 2.0}),
    }


Do = Callable[..., Finished[float]]


@pytest.fixture
def do(scenarios: dict[str, Scenario]) -> Do:
    def inner(task: Task[float], how: Execution) -> Finished[float]:
        return execute(scenarios, JOBS, 3, task, how)

    return inner


EXPECTED = {
    (name, number): months_ * 1000.0 + 300.0 + number
    for name, months_ in (("one", 1.0), ("two", 2.0))
    for number in range(4)
}


@pytest.mark.parametrize("workers", [1, 2])
def test_results_stand_in_the_order_in_which_they_were_asked_for(do: Do, workers: int) -> None:
    found = do(slow, Execution(workers))
    assert list(found.runs.items()) == list(EXPECTED.items())
    assert not found.interrupted


def test_a_run_whose_worker_died_is_run_again_and_that_is_said(
    do: Do, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MARK", str(tmp_path / "died"))
    told: list[str] = []
    found = do(dies_once, Execution(2, on_trouble=told.append))
    assert (tmp_path / "died").exists()
    assert found.runs == EXPECTED
    assert len(told) == 1
    assert "2 of one" in told[0]
    assert "ended abruptly: run again" in told[0]


def test_a_run_that_kills_every_worker_is_given_up_after_three_more_times_and_named(
    do: Do, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark = tmp_path / "died"
    monkeypatch.setenv("MARK", str(mark))
    with pytest.raises(ReplicationError, match="two: replication 2 with seed 3 failed: its worker"):
        do(always_dies, Execution(2))
    assert mark.read_text() == "xxxx"
    assert not multiprocessing.active_children()


def test_an_executor_of_somebody_else_that_breaks_is_reported(
    do: Do, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MARK", str(tmp_path / "died"))
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool, pytest.raises(ReplicationError):
        do(always_dies, Execution(executor=pool))


class Remembers:
    """A store in memory."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, int], float] = {}

    def get(self, task: object, scenario: Scenario, name: str, replication: int) -> float | None:
        return self.kept.get((name, replication))

    def keep(
        self, task: object, scenario: Scenario, name: str, replication: int, result: float
    ) -> None:
        self.kept[name, replication] = result


@pytest.mark.parametrize("workers", [1, 2])
def test_what_is_in_the_store_is_not_run_again(do: Do, workers: int) -> None:
    store = Remembers()
    store.kept = {("one", 1): -1.0, ("two", 3): -2.0}
    told: list[tuple[int, int]] = []
    how = Execution(workers, store=store, on_progress=lambda *done: told.append(done))
    found = do(months, how)
    assert found.runs == {**EXPECTED, ("one", 1): -1.0, ("two", 3): -2.0}
    assert list(found.runs) == JOBS
    assert store.kept == found.runs
    assert told == [(done, 8) for done in range(2, 9)]


def test_ctrl_c_keeps_what_is_finished_in_the_store(do: Do) -> None:
    def stop(done: int, total: int) -> None:
        if done == 3:
            raise KeyboardInterrupt

    store = Remembers()
    found = do(months, Execution(store=store, on_progress=stop))
    assert found.interrupted
    assert store.kept == found.runs == {job: EXPECTED[job] for job in JOBS[:3]}
    assert do(months, Execution(store=store)).runs == EXPECTED


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")  # the test's own choice
@pytest.mark.skipif(
    "fork" not in multiprocessing.get_all_start_methods(), reason="this system cannot fork"
)
def test_spawned_and_forked_processes_give_the_numbers_of_this_one(
    scenarios: dict[str, Scenario],
) -> None:
    jobs = [("one", 0), ("one", 1)]
    small = {
        "one": changed(
            scenarios["one"],
            {"market.channels.website.leads_per_day": 1.0, "start.customers": 10},
        )
    }
    here = execute(small, jobs, 1, run_totals)
    for method in ("spawn", "fork"):
        context = multiprocessing.get_context(method)
        with ProcessPoolExecutor(2, mp_context=context) as pool:
            there = execute(small, jobs, 1, run_totals, Execution(executor=pool))
        for job in jobs:
            np.testing.assert_equal(there.runs[job], here.runs[job])


def test_a_changed_scenario_is_a_checked_copy() -> None:
    base = Scenario()
    law = {"law": "exponential", "unit": "days", "mean": 3.0}
    other = changed(base, {"teams.marketing.people": 5, "work.field_sales.thinking": law})
    assert (other.teams.marketing.people, base.teams.marketing.people) == (5, 3)
    assert value_of(other, "work.field_sales.thinking") == law
    assert changed(other, {}) == other
    with pytest.raises(ScenarioError, match=r"decisions\.field_sales\.promise"):
        changed(base, {"decisions.field_sales.promise": 1.5})
    with pytest.raises(ScenarioError, match="no such key"):
        changed(base, {"teams.marketting.people": 5})
    with pytest.raises(ScenarioError, match="peeple"):
        changed(base, {"teams.marketing.peeple": 5})
