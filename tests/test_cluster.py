"""A real Dask cluster of two processes, one of which dies; and clusters that cannot be used."""

from __future__ import annotations

import os
import signal
import socket
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import Any

import distributed
import numpy as np
import pytest
from test_cli import call
from test_replications import TINY, same

from simulator import version
from simulator.errors import ReplicationError, ScenarioError
from simulator.experiment import cluster
from simulator.experiment.cluster import dask_executor
from simulator.experiment.execution import Execution, execute, run_totals
from simulator.experiment.replications import replicate
from simulator.scenario import load_scenario
from simulator.scenario.schema import Scenario

SEED = 5
KILL = getattr(signal, "SIGKILL", signal.SIGTERM)  # which Windows takes for a kill


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Scenario:
    file = tmp_path_factory.mktemp("scenario") / "tiny.yaml"
    file.write_text(TINY)
    return load_scenario(file).scenario


@pytest.fixture(scope="module")
def two_workers() -> Iterator[str]:
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address="127.0.0.1:0"
    ) as there:
        yield there.scheduler_address


def slowly(scenario: Scenario, name: str, seed: int, replication: int) -> dict[str, float]:
    """A run that leaves time to kill the process that does it."""
    time.sleep(0.2)
    return run_totals(scenario, name, seed, replication)


def test_a_cluster_gives_the_numbers_of_one_process(two_workers: str, tiny: Scenario) -> None:
    with dask_executor(two_workers) as executor:
        there = replicate(tiny, "tiny", SEED, 4, workers=Execution(executor=executor))
    same(there, replicate(tiny, "tiny", SEED, 4))


def test_a_worker_killed_in_the_middle_changes_no_number(two_workers: str, tiny: Scenario) -> None:
    said: list[str] = []
    killed: list[int] = []
    with distributed.Client(two_workers, set_as_default=False) as client:
        processes = sorted(client.run(os.getpid).values())
    assert len(processes) == 2

    def kill_one(done: int, total: int) -> None:
        if done >= 4 and not killed:
            killed.append(processes[0])
            os.kill(processes[0], KILL)

    jobs = [("tiny", number) for number in range(16)]
    with dask_executor(two_workers, said.append) as executor:
        how = Execution(executor=executor, on_progress=kill_one)
        there = execute({"tiny": tiny}, jobs, SEED, slowly, how)
    assert killed
    assert list(there.runs) == jobs
    here = execute({"tiny": tiny}, jobs, SEED, run_totals)
    np.testing.assert_equal(there.runs, here.runs)
    assert len(said) == 1
    assert "ended abruptly" in said[0]


def test_run_on_a_cluster_prints_what_run_prints_here(two_workers: str, tmp_path: Path) -> None:
    (tmp_path / "tiny.yaml").write_text(TINY)
    asked = ("run", tmp_path / "tiny.yaml", "--replications", 2, "--json")
    there = call(*asked, "--dask", two_workers)
    assert there.exit_code == 0, there.output
    assert there.stdout == call(*asked, "--workers", 1).stdout


# ------------------------------------------------------------------ clusters that cannot be used


def refused(address: str, patience: float = 10.0) -> str:
    with pytest.raises(ScenarioError) as caught, dask_executor(address, patience=patience):
        pass
    return str(caught.value)


def test_a_worker_of_another_version_is_refused(
    two_workers: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = version.fingerprint()
    # As if this program were another one; its workers are what they were.
    monkeypatch.setattr(version, "_MAKES_NUMBERS", ())
    version.fingerprint.cache_clear()
    try:
        said = refused(two_workers)
        here = version.fingerprint()
    finally:
        version.fingerprint.cache_clear()
    assert here != there
    assert f"has {there}, this is {here}: install the same version there" in said
    assert "--dask: worker tcp://" in said


def test_a_worker_without_this_program_is_refused(
    two_workers: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = os.getpid()

    def fingerprint() -> str:
        if os.getpid() != home:
            raise ModuleNotFoundError("No module named 'simulator'")
        return "1.0"

    monkeypatch.setattr(cluster, "fingerprint", fingerprint)
    assert "failed (No module named 'simulator'), this is 1.0" in refused(two_workers)


def test_a_cluster_without_workers_is_refused() -> None:
    with distributed.LocalCluster(
        n_workers=0, processes=False, dashboard_address="127.0.0.1:0", protocol="tcp"
    ) as empty:
        said = refused(empty.scheduler_address, patience=0.5)
    assert f"start one: dask worker {empty.scheduler_address}" in said


def free_address() -> str:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return f"tcp://127.0.0.1:{one.getsockname()[1]}"


@pytest.mark.parametrize(
    "address", ["{free}", "nonsense", "tcp://", "http://127.0.0.1:8786", "127.0.0.1:x", ""]
)
def test_an_address_where_nobody_answers_is_refused_soon(address: str) -> None:
    address = address.replace("{free}", free_address())
    began = time.monotonic()
    assert "no Dask scheduler answers there" in refused(address, patience=0.5)
    assert time.monotonic() - began < 10.0


def test_without_dask_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "tiny.yaml").write_text(TINY)
    monkeypatch.setitem(sys.modules, "distributed", None)
    result = call("run", tmp_path / "tiny.yaml", "--dask", "tcp://127.0.0.1:8786")
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr == (
        "--dask: tcp://127.0.0.1:8786: needs Dask: pip install 'themodel[cluster]'\n"
    )


class GivesUp(Executor):
    """Cancels what it is given, as Dask does when its scheduler is gone."""

    def submit(self, task: Any, /, *what: Any, **more: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.cancel()
        future.set_running_or_notify_cancel()
        return future


def test_a_scheduler_that_goes_away_is_named(tiny: Scenario) -> None:
    with pytest.raises(ReplicationError, match="gave it up; is the cluster still there"):
        execute({"tiny": tiny}, [("tiny", 0)], SEED, run_totals, Execution(executor=GivesUp()))


def test_workers_and_a_cluster_exclude_each_other(tmp_path: Path) -> None:
    (tmp_path / "tiny.yaml").write_text(TINY)
    result = call("run", tmp_path / "tiny.yaml", "--workers", 2, "--dask", "tcp://127.0.0.1:8786")
    assert result.exit_code == 2
    assert "leave out --workers or --dask" in result.stderr
