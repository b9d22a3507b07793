"""What the command ``structure`` takes, says, writes and refuses."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from rich.console import Console
from test_cli import call, table
from test_japanese_commands import english_left

from simulator.languages.languages import speaking
from simulator.planning import frontier
from simulator.planning import structure as planning
from simulator.planning.structure_result import FLOW_COLUMNS, OPTIONS, RATIOS, Best, Structure
from simulator.planning.targets import read_target
from simulator.presentation import structure_tables
from simulator.scenario.schema import Scenario

SMALL = """\
question: How should a small company be put together?
horizon: {months: 3}
start: {customers: 20, opportunities: 5, parked: 10}
market:
  channels:
    website: {leads_per_day: 3, fit_mean: 0.1}
    referral: {leads_per_day: 1, fit_mean: 0.9}
teams:
  marketing: {people: 1}
  inside_sales: {people: 2}
  field_sales: {people: 2}
  customer_success: {people: 1}
"""
QUICK = ("--fresh", 20, "--workers", 1)


@pytest.fixture
def small(tmp_path: Path) -> Path:
    made = tmp_path / "small.yaml"
    made.write_text(SMALL)
    return made


@pytest.fixture
def short_search(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frontier, "RUNS", 5)
    monkeypatch.setattr(planning, "_LOOKS", 1)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What was asked for; it answers with ``answer`` at once."""
    told: dict[str, Any] = {"answer": made()}

    def answer(scenario: object, **options: Any) -> Structure:
        told.update(options, scenario=scenario)
        found = told["answer"]
        assert isinstance(found, Structure)
        return found

    monkeypatch.setattr(planning, "structure", answer)
    return told


def _words(asked: dict[str, Any]) -> str:
    """What a structure is called in a result that was made in English."""
    return str(asked["answer"].options["words"].iloc[1])


def made(**changes: Any) -> Structure:
    """A result as a study would give it."""
    people = {"marketing": 1, "inside_sales": 2, "field_sales": 2, "customer_success": 1,
              "revops": 0, "enablement": 0}  # fmt: skip
    as_it_is = {"question": "", "option": "as it is", "words": "the company as it is", **people,
                "groups": "", "cost": 60e6, "mean": 10e6, "low": 9e6, "high": 11e6, "told": False,
                "n": 20}  # fmt: skip
    gap = {"difference": -2e6, "difference_low": -3e6, "difference_high": -1e6}
    revops = as_it_is | {"question": "revops", "option": "RevOps 1", "revops": 1, "mean": 8e6,
                         "words": "1 person in RevOps", "low": 7e6, "high": 9e6, "told": True,
                         "cost": 50e6, **gap}  # fmt: skip
    flow = {"option": "RevOps 1", "metric": "field_sales.utilization", "mean": 0.9,
            "reference": 0.6, "difference": 0.3, "low": 0.2, "high": 0.4, "told": True}  # fmt: skip
    values: dict[str, Any] = {
        "name": "small", "company": Scenario(), "questions": ("revops",), "goal": ("mrr_end", 0),
        "targets": (), "confidence": 0.9, "budget": 60e6,
        "options": pd.DataFrame([as_it_is, revops], columns=list(OPTIONS)),
        "ratio": pd.DataFrame(columns=list(RATIOS)),
        "flows": pd.DataFrame([flow], columns=list(FLOW_COLUMNS)),
        "best": Best("as it is", ()), "best_ratio": Best("", ()), "left_out": (),
        "evaluations": 40, "runs": 1000, "fresh": 20, "seed": 1, "interrupted": False,
    }  # fmt: skip
    return Structure(**(values | changes))


# ------------------------------------------------------------------ a real one


@pytest.mark.usefixtures("short_search")
def test_all_questions_are_told_and_written(small: Path, tmp_path: Path) -> None:
    out = tmp_path / "structures"
    done = call("structure", small, *QUICK, "--out", out)
    assert done.exit_code == 0, done.output
    places = [done.stdout.index(heading) for heading in (
        "For no more than", "What this leaves out", "Structures within the same budget",
        "What the runs show of why", "Inside sales to field sales", "fresh ones; seed 1",
    )]  # fmt: skip
    assert places == sorted(places)
    said = json.loads((out / "structure.json").read_text())
    rows = table(out / "options.csv")
    assert [row["option"] for row in rows] == [row["option"] for row in said["options"]]
    assert all(float(row["cost"]) <= said["budget"] * (1.0 + 1e-9) for row in rows)
    assert {path.name for path in out.iterdir()} == {
        "options.csv", "ratio.csv", "flows.csv", "structure.json",
    }  # fmt: skip
    with (out / "ratio.csv").open(newline="") as stream:
        assert "inside_sales" in next(csv.reader(stream))
    assert said["command"][:2] == ["themodel", "structure"]


@pytest.mark.usefixtures("short_search")
def test_a_stated_split_is_the_one_that_is_tried(small: Path) -> None:
    done = call(
        "structure", small, *QUICK, "--question", "split", "--split", "inside_sales=referral",
        "--json",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout)
    groups = {row["option"]: row["groups"] for row in said["options"]}
    assert groups["split by channel"].startswith("inside_sales: 1 of ")
    assert "field_sales" not in groups["split by channel"]
    assert groups["as it is"] == ""
    assert said["ratio"] == []


@pytest.mark.usefixtures("short_search")
def test_everything_is_told_in_japanese_too(small: Path) -> None:
    with speaking("ja"):
        done = call("structure", small, *QUICK, "--question", "split", "--question", "ratio",
                    "--question", "revops", "--lang", "ja")  # fmt: skip
    assert done.exit_code == 0, done.output
    for word in ("以内では", "考慮していないこと", "チャネル別分割", "現在の比率", "乱数の種1"):
        assert word in done.stdout
    assert not english_left(done.output)


# ------------------------------------------------------------------ what is asked


def test_options_reach_the_study(asked: dict[str, Any]) -> None:
    done = call(
        "structure", "base", "--question", "split", "--question", "ratio", "--split",
        "inside_sales=referral, webinar", "--target", "final_arr", "--also", "wins>=3",
        "--confidence", "80%", "--budget", "2e8", "--cost", "field_sales=15e6", "--fresh", 50,
        "--seed", 7, "--workers", 1,
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    assert asked["questions"] == ["split", "ratio"]
    assert asked["splits"] == {"inside_sales": ("referral", "webinar")}
    assert asked["goal"] == "final_arr"
    assert asked["also"] == ["wins>=3"]
    assert asked["confidence"] == pytest.approx(0.8)
    assert asked["budget"] == 2e8
    assert asked["costs"] == {"field_sales": 15e6}
    assert (asked["fresh"], asked["seed"]) == (50, 7)


def test_without_a_question_all_are_asked(asked: dict[str, Any]) -> None:
    assert call("structure", "base", "--workers", 1).exit_code == 0
    assert tuple(asked["questions"]) == ("ratio", "generalists", "split", "revops")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--question", "generalist"), "did you mean generalists"),
        (("--split", "inside_sale=referral"), "did you mean inside_sales"),
        (("--split", "inside_sales=refferal"), "did you mean referral"),
        (("--split", "inside_sales"), "must be TEAM=CHANNEL"),
        (("--split", "inside_sales=website,referral"), "at least one channel"),
        (("--split", "inside_sales=referral") * 2, "is stated twice"),
        (("--split", "customer_success=referral"), "has 1 person today"),
        (("--budget", "1000"), "smallest company costs"),
        (("--cost", "inside_sale=3"), "did you mean inside_sales"),
        (("--cost", "inside_sales=many"), "must be TEAM=X"),
        (("--cost", "inside_sales=3") * 2, "is stated twice"),
        (("--confidence", "often"), "is no share of 1"),
        (("--fresh", "3"), "20 or more"),
        (("--target", "headcont"), "is no metric"),
        (("--also", "wins"), "is written METRIC>=NUMBER"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_run(
    small: Path, arguments: tuple[str, ...], said: str
) -> None:
    done = call("structure", small, "--workers", 1, *arguments)
    assert done.exit_code == 2
    assert said in done.stderr
    assert done.stdout == ""


def test_a_folder_that_cannot_be_written_is_refused_first(small: Path) -> None:
    done = call("structure", small, "--out", small)
    assert done.exit_code == 2
    assert done.stdout == ""


# ------------------------------------------------------------------ what is said


def test_a_structure_that_does_worse_is_said_to(asked: dict[str, Any]) -> None:
    done = call("structure", "base", "--workers", 1)
    text = " ".join(done.stdout.split())
    assert "every other structure does worse than the company as it is" in text
    assert (
        "1 person in RevOps: 2.00 M JPY less MRR at end than as it is (1.00 to 3.00), and costs"
        " 50.0 M JPY a year: whole people leave the rest over." in text
    )
    assert "field sales is busy with buyers 90 % of the time instead of 60 %" in text


def test_an_interruption_is_told_and_ends_with_its_status(asked: dict[str, Any]) -> None:
    asked["answer"] = made(interrupted=True)
    done = call("structure", "base", "--workers", 1)
    assert done.exit_code == 130
    assert "Stopped after 1,000 runs" in done.stdout
    assert "Interrupted." in done.stdout
    assert "interrupted after 1,000 runs" in done.stderr
    with speaking("ja"):
        told = call("structure", "base", "--workers", 1, "--lang", "ja")
    assert "1,000回の実行で中断しました" in told.stdout
    assert not english_left(told.stdout.replace(_words(asked), "")), told.stdout


def test_what_keeps_no_condition_has_dashes_for_figures() -> None:
    result = made()
    unknown = result.options.copy()
    for column in ("mean", "difference", "difference_low", "difference_high", "cost", "marketing"):
        unknown[column] = unknown[column].astype(float)
        unknown.loc[1, column] = float("nan")
    unknown.loc[1, ["n", "told"]] = [0, False]
    wish = read_target("wins>=1000", result.company)
    result = made(options=unknown, flows=result.flows.iloc[:0], targets=(wish,))
    paper = Console(width=120)
    with paper.capture() as capture:
        for each in structure_tables.story(result):
            paper.print(each)
    text = " ".join(capture.get().split())
    assert "No plan that was tried of 1 person in RevOps keeps" in text
    assert "RevOps 1 - 2 2 1 1 - - - no" in text
