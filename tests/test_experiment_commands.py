"""The commands of experiments, used as a user would: right, wrong, interrupted and resumed."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from small_companies import small_company
from test_cli import call, table

from simulator.experiment import execution

SMALL = small_company(2, "How does a small company do?")
PUSHY = """\
question: What if field sales promises more?
extends: small.yaml
decisions:
  field_sales: {promise: 0.9}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("scenarios")
    (made / "small.yaml").write_text(SMALL)
    (made / "pushy.yaml").write_text(PUSHY)
    return made


@pytest.fixture(scope="module")
def small(folder: Path) -> Path:
    return folder / "small.yaml"


@pytest.fixture(scope="module")
def pushy(folder: Path) -> Path:
    return folder / "pushy.yaml"


FEW = ("--replications", 3, "--workers", 1)
LEAST = ("--trajectories", 2, "--top", 1, "--sobol", 4, "--points", 2, "--replications", 1)


def words(command: str, small: Path, pushy: Path) -> tuple[Any, ...]:
    """Return what to type for the least of a command."""
    return {
        "compare": ("compare", small, pushy, *FEW),
        "bottleneck": ("bottleneck", small, *FEW),
        "attribute": ("attribute", small, pushy, *FEW),
        "warm-up": ("warm-up", small, *FEW, "--set", "horizon.months=6"),
    }[command]


COMMANDS = ("compare", "bottleneck", "attribute", "warm-up")


def test_compare_prints_the_object_that_is_documented(small: Path, pushy: Path) -> None:
    found = json.loads(call("compare", small, pushy, *FEW, "--json").stdout)
    assert {"reference", "scenarios", "verdict", "replications", "seed"} <= set(found)
    assert (found["reference"], found["replications"], found["seed"]) == ("small", 3, 1)
    metric = found["scenarios"]["pushy"]["metrics"]["wins"]
    keys = {"mean", "reference", "difference", "low", "high", "p_better", "relative"}
    assert keys <= set(metric)
    assert metric["difference"] == pytest.approx(metric["mean"] - metric["reference"])


def test_bottleneck_prints_the_object_that_is_documented(small: Path) -> None:
    found = json.loads(call("bottleneck", small, *FEW, "--json").stdout)
    assert {"teams", "constraint"} <= set(found)
    assert set(found["teams"]) == {"marketing", "inside_sales", "field_sales", "customer_success"}
    for team in found["teams"].values():
        for change in ("plus_one", "minus_one"):
            assert {"wins", "mrr_end", "profit"} <= set(team[change])
            assert {"mean", "low", "high"} <= set(team[change]["wins"])


def test_attribute_prints_the_object_that_is_documented(small: Path, pushy: Path) -> None:
    found = json.loads(call("attribute", small, pushy, *FEW, "--json").stdout)
    assert {"metric", "gap", "shares", "interactions"} <= set(found)
    assert {"mean", "low", "high"} <= set(found["gap"])
    total = sum(each["mean"] for each in found["shares"].values())
    assert total == pytest.approx(found["gap"]["mean"])
    assert found["shares"]["field_sales"]["mean"] == pytest.approx(found["gap"]["mean"])


@pytest.mark.parametrize("command", COMMANDS)
def test_one_replication_gives_means_and_says_so(command: str, small: Path, pushy: Path) -> None:
    result = call(*words(command, small, pushy), "--replications", 1)
    assert result.exit_code == 0, result.stderr
    assert re.search(r"\b(one|1) replication\b", " ".join(result.stdout.split()), re.IGNORECASE)


@pytest.mark.parametrize("command", COMMANDS)
def test_what_is_printed_fits_a_page_of_100_columns(command: str, small: Path, pushy: Path) -> None:
    result = call(*words(command, small, pushy))
    assert result.exit_code == 0, result.stderr
    assert max(map(len, result.stdout.splitlines())) <= 100
    assert "nan" not in result.stdout.lower().split()


@pytest.mark.parametrize("command", COMMANDS)
def test_an_interrupted_experiment_is_resumed_to_the_same_figures(
    command: str, small: Path, pushy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = call(*words(command, small, pushy), "--json").stdout
    out = ("--out", tmp_path / "out")
    keep = execution._Runs._keep
    done = 0

    def interrupted(self: Any, job: Any, result: Any) -> None:
        nonlocal done
        keep(self, job, result)
        done += 1
        if done == (20 if command == "bottleneck" else 2):
            raise KeyboardInterrupt

    monkeypatch.setattr(execution._Runs, "_keep", interrupted)
    stopped = call(*words(command, small, pushy), *out)
    monkeypatch.setattr(execution._Runs, "_keep", keep)
    assert "interrupted" in stopped.stderr
    refused = call(*words(command, small, pushy), *out)
    assert refused.exit_code == 2
    assert "--resume" in refused.stderr
    resumed = call(*words(command, small, pushy), *out, "--resume", "--json")
    assert resumed.exit_code == 0, resumed.stderr
    assert json.loads(resumed.stdout) == json.loads(whole)
    assert list((tmp_path / "out").glob("*.csv"))
    about = json.loads((tmp_path / "out" / f"{command}.json").read_text())
    assert about["command"][:2] == ["themodel", command]


def test_sensitivity_says_whether_the_verdict_survives(
    small: Path, pushy: Path, tmp_path: Path
) -> None:
    tiny = ("--set", "horizon.months=0.05", "--workers", 1)
    out = ("--out", tmp_path / "out")
    result = call("sensitivity", small, "--versus", pushy, *LEAST, *tiny, *out, "--json")
    assert result.exit_code == 0, result.stderr
    found = json.loads(result.stdout)
    assert found["versus"] == "pushy"
    assert found["survival"]["points"] == 2
    assert "runs" in result.stderr
    varied = {row["path"]: row for row in table(tmp_path / "out" / "assumptions.csv")}
    assert varied["work.field_sales.win_promise"]["range"] in ("stated", "by rule")
    assert not any(path.startswith(("decisions.", "kpi.", "horizon.")) for path, row in
                   varied.items() if row["status"] in ("varied", "without effect"))  # fmt: skip
    again = call("sensitivity", small, "--versus", pushy, *LEAST, *tiny, *out, "--resume", "--json")
    assert json.loads(again.stdout) == found


@pytest.mark.parametrize("command", ["run", "compare"])
def test_as_many_replications_are_run_as_the_precision_takes(
    command: str, small: Path, pushy: Path
) -> None:
    names = (small,) if command == "run" else (small, pushy)
    auto = ("--replications", "auto", "--workers", 1, "--precise-metric", "inquiries", "--json")
    met = call(command, *names, *auto, "--precision", "30%")
    assert met.exit_code == 0, met.stderr
    found = json.loads(met.stdout)
    assert found["precision"]["met"]
    assert found["replications"] == found["precision"]["replications"] < 30
    if command == "compare":
        return  # two scenarios have the same inquiries in every replication
    missed = call(command, *names, *auto, "--precision", "0.1%", "--at-most", 10)
    assert missed.exit_code == 1
    assert "not reached" in missed.stderr
    assert not json.loads(missed.stdout)["precision"]["met"]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (("compare", "base"), "takes two scenarios or more"),
        (("compare", "base", "no_such"), "no such file"),
        (("compare", "base", "shared", "--metric", "wns"), "did you mean wins"),
        (("compare", "base", "shared", "--precision", "5%"), "needs --replications auto"),
        (("bottleneck", "base", "--metric", "final_mrr"), "is no metric"),
        (("attribute", "base", "shared", "--metric", "profits"), "did you mean profit"),
        (("attribute", "base", "shared", "--factor", "x"), "NAME=PATH,PATH"),
        (("attribute", "base", "base"), "there is no gap"),
        (("sensitivity", "base", "--sobol", "6"), "power of two"),
        (("sensitivity", "base", "--metric", "final_mrr"), "is no metric"),
        (("sensitivity", "base", "--versus", "base"), "there is no verdict"),
        (("warm-up", "base", "--plot", "welch.pdf"), ".png or .svg"),
        (("run", "base", "--resume"), "needs --out"),
        (("run", "base", "--workers", "1", "--dask", "tcp://localhost:1"), "leave out"),
        (("run", "base", "--replications", "some"), "neither 1 to 10,000 nor auto"),
    ],
)
def test_wrong_input_ends_with_2_and_says_what_to_do(typed: tuple[str, ...], said: str) -> None:
    result = call(*typed)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert said in " ".join(result.stderr.split())


def test_scenarios_that_cannot_be_paired_are_refused_with_the_reason(
    folder: Path, small: Path
) -> None:
    (folder / "longer.yaml").write_text("question: Longer?\nextends: small.yaml\n"
                                        "horizon: {months: 3}\ncurrency: USD\n")  # fmt: skip
    for command in ("compare", "attribute"):
        result = call(command, small, folder / "longer.yaml")
        assert result.exit_code == 2
        assert "horizon.months" in result.stderr
        assert "currency" in result.stderr
