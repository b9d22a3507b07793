"""A folder of finished runs: what comes back from it, and what it refuses."""

from __future__ import annotations

import errno
import json
import math
import os
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from test_cli import call
from test_replications import TINY, same

from simulator.errors import OutputError, ScenarioError
from simulator.experiment import store as storing
from simulator.experiment.execution import Execution, Outcome, execute, run_and_measure, run_totals
from simulator.experiment.replications import replicate
from simulator.experiment.store import RunFolder, Study
from simulator.scenario import load_scenario
from simulator.scenario.changing import changed
from simulator.scenario.schema import Scenario

SEED = 7


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Scenario:
    file = tmp_path_factory.mktemp("scenario") / "tiny.yaml"
    file.write_text(TINY)
    return load_scenario(file).scenario


@pytest.fixture(scope="module")
def outcome(tiny: Scenario) -> Outcome:
    return run_and_measure(tiny, "tiny", SEED, 0)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "out"


def study(scenario: Scenario, command: str = "run", seed: int = SEED) -> Study:
    return Study(command, seed, {"tiny": scenario})


def drawn(scenario: Scenario, name: str, seed: int, replication: int) -> dict[str, float]:
    """A cheap run; every third result is missing."""
    value = float(np.random.default_rng([seed, replication]).normal())
    return {"value": value, "missing": math.nan if replication % 3 == 0 else value / 3.0}


def kept_in(folder: Path, scenario: Scenario, result: Any) -> Any:
    """What comes back of a result, read by another session."""
    RunFolder.open(folder, study(scenario)).keep(drawn, scenario, "tiny", 0, result)
    return RunFolder.open(folder, study(scenario), resume=True).get(drawn, scenario, "tiny", 0)


def run_file(folder: Path) -> Path:
    (file,) = folder.glob("runs/*/*/0.json")
    return file


def content(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


# ------------------------------------------------------------------ what comes back


def test_a_run_comes_back_to_the_last_bit(folder: Path, tiny: Scenario, outcome: Outcome) -> None:
    back = kept_in(folder, tiny, outcome)
    assert type(back) is Outcome
    assert any(math.isnan(value) for value in outcome.measures.totals.values())
    for name, value in outcome.measures.totals.items():
        assert struct.pack("d", back.measures.totals[name]) == struct.pack("d", value), name
    assert list(back.measures.totals) == list(outcome.measures.totals)
    np.testing.assert_equal(back.measures.stages, outcome.measures.stages)
    assert back.measures.statuses == outcome.measures.statuses
    assert back.observed == outcome.observed
    for name in ("monthly", "cohorts", "losses", "bridge", "people", "recycling"):
        pd.testing.assert_frame_equal(
            getattr(back.measures, name), getattr(outcome.measures, name), check_exact=True
        )


@pytest.mark.parametrize(
    "result",
    [
        {"a": 0.1 + 0.2, "b": -0.0, "c": 5e-324, "d": 1.7976931348623157e308},
        {"nan": math.nan, "up": math.inf, "down": -math.inf},
        (0.1, math.nan, (1.0, 2)),
        [1, True, None, "日本 \ud800", {"float": "x"}],
        {},
    ],
)
def test_numbers_texts_and_tuples_come_back_as_they_were(
    folder: Path, tiny: Scenario, result: Any
) -> None:
    assert repr(kept_in(folder, tiny, result)) == repr(result)


@pytest.mark.parametrize(
    "table",
    [
        pd.DataFrame({"x": [1.5, math.nan, -math.inf], "n": [1, 2, 3], "yes": [True, False, True]}),
        pd.DataFrame({"b": ["one", None], "a": pd.Series(["x", math.nan], dtype=object)}),
        pd.DataFrame({"x": np.zeros(0), "name": pd.Series([], dtype=str)}),
        pd.DataFrame(),
    ],
)
def test_tables_come_back_with_their_types_and_order(
    folder: Path, tiny: Scenario, table: pd.DataFrame
) -> None:
    pd.testing.assert_frame_equal(
        kept_in(folder, tiny, table), table, check_exact=True, check_column_type=len(table) > 0
    )


@pytest.mark.parametrize(
    "result",
    [
        {1, 2},
        {3: 0.5},
        np.zeros(2),
        pd.DataFrame({"x": [1.0]}, index=[4]),
        pd.DataFrame([[1.0, 2.0]], columns=["x", "x"]),
        pd.DataFrame({"at": pd.to_datetime(["2024-01-01"])}),
    ],
)
def test_what_would_come_back_otherwise_is_not_taken(
    folder: Path, tiny: Scenario, result: Any
) -> None:
    with pytest.raises(TypeError, match="kept"):
        kept_in(folder, tiny, result)
    assert not folder.exists()


def test_every_file_is_json_in_ascii(folder: Path, tiny: Scenario) -> None:
    kept_in(folder, tiny, {"日本": math.nan})
    for path, text in content(folder).items():
        read = json.loads(text.decode("ascii"), parse_constant=lambda word: pytest.fail(word))
        assert read, path


def test_scenarios_names_and_tasks_are_kept_apart(folder: Path, tiny: Scenario) -> None:
    other = changed(tiny, {"horizon.months": 2.0})
    there = RunFolder.open(folder, study(tiny))
    there.keep(drawn, tiny, "tiny", 0, 1.0)
    there.keep(drawn, other, "tiny", 0, 2.0)
    there.keep(drawn, tiny, "twin", 0, 3.0)
    there.keep(run_totals, tiny, "tiny", 0, 4.0)
    there.keep(drawn, tiny, "tiny", 1, 5.0)
    again = RunFolder.open(folder, study(tiny), resume=True)
    assert again.get(drawn, tiny, "tiny", 0) == 1.0
    assert again.get(drawn, other, "tiny", 0) == 2.0
    assert again.get(drawn, tiny, "twin", 0) == 3.0
    assert again.get(run_totals, tiny, "tiny", 0) == 4.0
    assert again.get(drawn, tiny, "tiny", 1) == 5.0
    assert again.get(drawn, tiny, "tiny", 2) is None


# ------------------------------------------------------------------ going on


def test_interrupted_and_resumed_gives_the_numbers_of_one_go(folder: Path, tiny: Scenario) -> None:
    def stop(done: int, total: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    def session(resume: bool, progress: Callable[[int, int], None] | None) -> Any:
        kept = RunFolder.open(folder, study(tiny), resume)
        how = Execution(store=kept, on_progress=progress)
        return replicate(tiny, "tiny", SEED, 4, workers=how)

    first = session(False, stop)
    assert first.interrupted
    assert first.numbers == (0, 1)
    same(session(True, None), replicate(tiny, "tiny", SEED, 4))


def test_what_is_there_is_not_run_again_and_more_extends_it(
    folder: Path, tiny: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[int] = []

    def counted(scenario: Scenario, name: str, seed: int, replication: int) -> dict[str, float]:
        ran.append(replication)
        return drawn(scenario, name, seed, replication)

    def session(replications: int, resume: bool) -> Any:
        kept = RunFolder.open(folder, study(tiny), resume)
        jobs = [("tiny", number) for number in range(replications)]
        return execute({"tiny": tiny}, jobs, SEED, counted, Execution(store=kept)).runs

    session(4, resume=False)
    assert repr(session(4, resume=True)) == repr(
        {("tiny", number): drawn(tiny, "tiny", SEED, number) for number in range(4)}
    )
    assert list(session(7, resume=True)) == [("tiny", number) for number in range(7)]
    assert ran == [*range(4), *range(4, 7)]


def test_resume_in_an_empty_folder_is_a_start(folder: Path, tiny: Scenario) -> None:
    kept = RunFolder.open(folder, study(tiny), resume=True)
    assert kept.get(drawn, tiny, "tiny", 0) is None
    assert not folder.exists()
    kept.keep(drawn, tiny, "tiny", 0, 1.0)
    assert RunFolder.open(folder, study(tiny), True).get(drawn, tiny, "tiny", 0) == 1.0


def test_a_run_is_whole_or_not_there(
    folder: Path, tiny: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = RunFolder.open(folder, study(tiny))
    kept.keep(drawn, tiny, "tiny", 0, 1.0)
    before = content(folder)

    def power_cut(self: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", power_cut)
    with pytest.raises(OutputError, match="No space left"):
        kept.keep(drawn, tiny, "tiny", 1, 2.0)
    assert content(folder) == before


# ------------------------------------------------------------------ refused, and left as it is


def refused(folder: Path, wanted: Study, resume: bool = True) -> str:
    before = content(folder)
    with pytest.raises(ScenarioError) as caught:
        RunFolder.open(folder, wanted, resume)
    assert content(folder) == before
    assert str(folder) in str(caught.value)
    return str(caught.value)


def test_a_study_is_not_mixed_with_another(
    folder: Path, tiny: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept_in(folder, tiny, 1.0)
    assert "seed: 7 there, 8 here" in refused(folder, study(tiny, seed=8))
    assert "command: run there, compare here" in refused(folder, study(tiny, "compare"))
    assert "scenarios: tiny there, small here" in refused(folder, Study("run", 7, {"small": tiny}))
    changes = {"horizon.months": 2.0, "teams.field_sales.people": 3}
    said = refused(folder, study(changed(tiny, changes)))
    assert "scenarios.tiny.horizon.months: 3.0 there, 2.0 here" in said
    assert "scenarios.tiny.teams.field_sales.people: 2 there, 3 here" in said
    assert len(said.splitlines()) == 2
    monkeypatch.setattr(storing, "fingerprint", lambda: "9.9.9+x")
    assert "there, 9.9.9+x here" in refused(folder, study(tiny))


def test_a_finished_study_is_not_overwritten_by_accident(folder: Path, tiny: Scenario) -> None:
    kept_in(folder, tiny, 1.0)
    assert "--resume continues it" in refused(folder, study(tiny), resume=False)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", '{"command": "run"}', "\xff", "[" * 100_000, "9" * 5_000]
)
def test_a_broken_description_of_a_study_is_named(folder: Path, tiny: Scenario, text: str) -> None:
    kept_in(folder, tiny, 1.0)
    (folder / storing.MANIFEST).write_bytes(text.encode("latin-1"))
    assert "study.json: cannot be used" in refused(folder, study(tiny))


def damaged(folder: Path, tiny: Scenario) -> str:
    before = content(folder)
    kept = RunFolder.open(folder, study(tiny), resume=True)
    with pytest.raises(ScenarioError) as caught:
        kept.get(drawn, tiny, "tiny", 0)
    assert content(folder) == before
    assert str(caught.value).startswith(f"{run_file(folder)}: cannot be used: ")
    return str(caught.value)


def resealed(text: str, change: Callable[[Any], None]) -> str:
    run = json.loads(text)["run"]
    change(run)
    return storing._sealed(storing._json(run))


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text[: len(text) // 2],
        lambda text: "",
        lambda text: text.replace("0.25", "0.26"),
        lambda text: text.replace('"seed":7', '"seed":8'),
        lambda text: text + " ",
        lambda text: "é" + text,
        lambda text: resealed(text, lambda run: run["of"].update(replication=1)),
        lambda text: resealed(text, lambda run: run["of"].update(version="0.0.1")),
        lambda text: resealed(text, lambda run: run.update(result={"os.system": {"x": 1}})),
        lambda text: resealed(text, lambda run: run.update(result={"Outcome": {"x": 1}})),
        lambda text: resealed(text, lambda run: run.update(result={"float": "x"})),
        lambda text: resealed(text, lambda run: run.update(result={})),
        lambda text: resealed(text, lambda run: run.update(result={"dict": 3})),
        lambda text: resealed(
            text, lambda run: run.update(result={"table": [["x", "datetime64[ns]", [1]]]})
        ),
        lambda text: resealed(text, lambda run: run.pop("result")),
    ],
)
def test_a_truncated_or_altered_run_is_named_and_left_alone(
    folder: Path, tiny: Scenario, change: Callable[[str], str]
) -> None:
    kept_in(folder, tiny, {"value": 0.25})
    file = run_file(folder)
    file.write_text(change(file.read_text()), encoding="utf-8")
    damaged(folder, tiny)


def test_a_file_of_any_size_is_read_to_a_bound(
    folder: Path, tiny: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept_in(folder, tiny, "x" * 3_000_000)
    monkeypatch.setattr(storing, "MOST_BYTES", 2**20)
    assert "larger than 1 MB" in damaged(folder, tiny)


def test_a_folder_in_the_place_of_a_run_is_named(folder: Path, tiny: Scenario) -> None:
    kept_in(folder, tiny, 1.0)
    file = run_file(folder)
    file.unlink()
    file.mkdir()
    assert "it is no file" in damaged(folder, tiny)


# ------------------------------------------------------------------ themodel run


def ran(tmp_path: Path, *arguments: object) -> Any:
    file = tmp_path / "tiny.yaml"
    file.write_text(TINY)
    return call("run", file, "--workers", 1, "--out", tmp_path / "out", *arguments)


def results(tmp_path: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (tmp_path / "out").glob("*.*")}


def test_run_resumed_with_more_writes_the_bytes_of_one_go(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    assert ran(tmp_path / "one", "--replications", 3).exit_code == 0
    assert ran(tmp_path, "--replications", 2).exit_code == 0
    assert ran(tmp_path, "--replications", 3, "--resume").exit_code == 0
    told = {"run.json", "workbook.xlsx"}  # they name the file of the scenario as it was typed
    assert {key: each for key, each in results(tmp_path).items() if key not in told} == {
        key: each for key, each in results(tmp_path / "one").items() if key not in told
    }


def test_a_disk_that_is_full_ends_a_run_with_one_line_and_what_is_kept_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real: Callable[[int], None] = os.fsync
    calls: list[int] = []

    def full(handle: int) -> None:
        calls.append(handle)
        if len(calls) == 6:  # the probe, the study and the first run are through
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(handle)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        result = ran(tmp_path, "--replications", 3)
    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 1
    assert "No space left on device; earlier results are intact" in result.stderr
    assert [path.name for path in (tmp_path / "out").glob("runs/*/*/*")] == ["0.json"]
    assert ran(tmp_path, "--replications", 3, "--resume").exit_code == 0


def test_run_refuses_a_folder_of_other_runs_with_2(tmp_path: Path) -> None:
    assert ran(tmp_path, "--replications", 1).exit_code == 0
    before = content(tmp_path / "out")
    for arguments, said in (
        ([], "--resume continues it"),
        (["--resume", "--seed", 2], "seed: 1 there, 2 here"),
        (["--resume", "--set", "horizon.months=2"], "horizon.months: 3.0 there, 2.0 here"),
    ):
        result = ran(tmp_path, "--replications", 1, *arguments)
        assert result.exit_code == 2
        assert result.stdout == ""
        assert said in result.stderr
        assert content(tmp_path / "out") == before


def test_resume_without_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "tiny.yaml").write_text(TINY)
    result = call("run", tmp_path / "tiny.yaml", "--resume")
    assert result.exit_code == 2
    assert result.stderr == "--resume: needs --out DIR, the folder of the runs to continue\n"
