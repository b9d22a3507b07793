"""One seam, two engines: which one runs, what it says, and where compiled code is kept."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import Change
from typer.testing import CliRunner

from simulator import engine
from simulator.cli import app
from simulator.compiled import engine as compiled
from simulator.compiled.jit import compiled_from
from simulator.compiled.keeping import Kept
from simulator.errors import ScenarioError
from simulator.experiment import Execution, replicate
from simulator.experiment.replications import replicate_totals
from simulator.organization import judgment, simulation
from simulator.scenario.schema import Scenario

RUNNER = CliRunner()
SHORT = ("run", "base", "--set", "horizon.months=0.5", "--replications", "2", "--workers", "1")


def typed(*words: str) -> Any:
    return RUNNER.invoke(app, list(words))


@pytest.fixture
def without_numba(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "has_compiled", lambda: False)


def test_the_compiled_engine_runs_unless_the_reference_is_asked_for(
    small: Scenario, changed: Change, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[str] = []
    monkeypatch.setattr(compiled, "run", lambda *_: ran.append("compiled"))
    monkeypatch.setattr(simulation, "run", lambda *_: ran.append("simpy"))
    engine.run(small)
    engine.run(small, engine="simpy")
    with engine.using("simpy"):
        engine.run(small)
        engine.run(small, engine="compiled")
        with engine.using(None):
            engine.run(small)
    engine.run(small)
    assert ran == ["compiled", "simpy", "simpy", "compiled", "compiled", "compiled"]


@pytest.mark.usefixtures("without_numba")
def test_without_numba_the_reference_runs(small: Scenario, changed: Change) -> None:
    quick = changed(small, {"horizon.months": 0.25})
    assert engine.in_use() == "simpy"
    assert engine.run(quick, 3).to_bytes() == simulation.run(quick, 3).to_bytes()
    with pytest.raises(ScenarioError, match="pip install numba"):
        engine.run(quick, engine="compiled")


def test_results_do_not_depend_on_the_engine(small: Scenario, changed: Change) -> None:
    quick = changed(small, {"horizon.months": 1.0})
    found = [
        replicate(quick, seed=2, replications=2, workers=Execution(workers, engine=name))
        for workers, name in ((1, "compiled"), (1, "simpy"), (2, "compiled"))
    ]
    for other in found[1:]:
        assert repr(other.totals) == repr(found[0].totals)  # a NaN is not itself
    assert found[0].monthly.equals(found[1].monthly)


def test_the_command_takes_either_engine_and_refuses_a_third() -> None:
    by_default, by_reference = typed(*SHORT, "--json"), typed(*SHORT, "--engine", "simpy", "--json")
    assert by_default.exit_code == by_reference.exit_code == 0
    assert json.loads(by_default.stdout) == json.loads(by_reference.stdout)
    wrong = typed(*SHORT, "--engine", "fast")
    assert wrong.exit_code == 2
    assert "neither compiled nor simpy" in wrong.output


@pytest.mark.usefixtures("without_numba")
def test_the_command_says_what_the_compiled_engine_needs() -> None:
    wrong = typed(*SHORT, "--engine", "compiled")
    assert wrong.exit_code == 2
    assert "needs a numba that works" in wrong.output
    assert typed(*SHORT).exit_code == 0


def test_one_line_is_said_before_the_engine_is_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(compiled, "prepare", lambda: said.append("(compiled)"))
    monkeypatch.setattr(compiled, "is_kept", lambda: False)
    engine.prepare(None, said.append)
    assert len(said) == 2
    assert "once" in said[0]
    said.clear()
    monkeypatch.setattr(compiled, "is_kept", lambda: True)
    engine.prepare(None, said.append)
    assert said == ["(compiled)"]
    said.clear()
    engine.prepare("simpy", said.append)
    assert said == []


def test_a_new_process_takes_what_was_kept() -> None:
    compiled.prepare()
    assert compiled.is_kept()
    code = (
        "from simulator.compiled import engine\n"
        "engine.prepare()\n"
        "advance = engine._ADVANCE.compiled\n"
        "print(sum(advance.stats.cache_misses.values()), sum(advance.stats.cache_hits.values()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["0", "1"]


def _twice(x: float) -> float:
    return 2.0 * x


def test_compiled_code_is_kept_where_it_is_told_and_again_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "here"))
    before: list[int] = []
    first = Kept(_twice, ("disk",), before=lambda: before.append(1))
    assert not first.is_there
    assert first.compiled(4.0) == 8.0
    assert first.is_there
    assert first.folder.is_relative_to(tmp_path)
    assert Kept(_twice, ("disk",), before=lambda: before.append(2)).compiled(4.0) == 8.0
    assert before == [1]
    # Made from other files, it is looked for elsewhere.
    assert Kept(_twice, ("metrics",)).folder != first.folder


def test_without_a_place_to_keep_it_code_is_compiled_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "file"))
    assert Kept(_twice, ("disk",)).compiled(4.0) == 8.0


def test_shared_functions_are_compiled_from_the_source_of_the_reference() -> None:
    made = compiled_from(judgment, ("logistic", "chance_of_winning"), {})
    assert made["logistic"].py_func.__code__ is judgment.logistic.__code__
    numbers = (0.3, 0.9, 0.2, 0.7, True, -1.2, 1.2, 2.0, 1.0, 1.5, 2.5)
    assert made["chance_of_winning"](*numbers) == judgment.chance_of_winning(*numbers)


def test_totals_without_journals_are_those_with_them(small: Scenario, changed: Change) -> None:
    quick = changed(small, {"horizon.months": 2.0})
    light = replicate_totals(quick, seed=4, replications=3)
    whole = replicate(quick, seed=4, replications=3)
    for metric, estimate in light.totals.items():
        mean = whole.totals[metric].mean
        assert estimate.mean == pytest.approx(mean, rel=1e-8, nan_ok=True), metric
    assert "lead_time" not in light.totals
    assert len(light.tables()["totals"]) == 3 * len(light.totals)


def test_the_command_gives_totals_alone(tmp_path: Path) -> None:
    out = tmp_path / "light"
    shown = typed(*SHORT, "--totals", "--out", str(out))
    assert shown.exit_code == 0
    assert "Measured as rows came" in shown.output
    assert "MQLs" in shown.output
    assert (out / "totals.csv").exists()
    told = json.loads(typed(*SHORT, "--totals", "--json").stdout)
    assert told["metrics"]["mql_count"]["n"] == 2
    assert "lead_time" not in told["metrics"]
    wrong = typed("run", "base", "--totals", "--replications", "auto")
    assert wrong.exit_code == 2
    assert "--totals" in wrong.output
