"""What the command ``size`` takes, says, writes and refuses."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
from test_cli import call
from test_sizing_presentation import best, climb, made, tie, unreachable

from simulator.commands.planning import Watch
from simulator.planning import sizing
from simulator.planning.sizing_result import TABLES, Sizing
from simulator.presentation import planning_charts

TARGET = ("--target", "final_arr>=1.2e9")
QUICK = ("--set", "horizon.months=3", "--team", "field_sales", "--fresh", "20", "--workers", "1")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the search was asked for; it answers with ``answer`` at once."""
    told: dict[str, Any] = {"answer": made()}

    def answer(scenario: object, target: object, **options: Any) -> Sizing:
        told.update(options, scenario=scenario, target=target)
        found = told["answer"]
        assert isinstance(found, Sizing)
        return found

    monkeypatch.setattr(sizing, "size", answer)
    return told


# ------------------------------------------------------------------ a real one


def test_a_small_search_is_told_written_and_repeated_from_what_it_wrote(tmp_path: Path) -> None:
    arguments = ["size", "base", "--target", "arr>=6.2e8", "--confidence", "0.6", *QUICK]
    done = call(*arguments, "--out", tmp_path / "plan")
    assert done.exit_code == 0, done.output
    assert "The plan" in done.stdout
    said = json.loads((tmp_path / "plan" / "size.json").read_text())
    assert said["status"] == "met"
    assert said["confidence"] == 0.6
    assert said["fresh_replications"] == 20
    with (tmp_path / "plan" / "plan.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert {row["team"]: int(row["people"]) for row in rows} == said["plan"]
    book = openpyxl.load_workbook(tmp_path / "plan" / "plan.xlsx", data_only=True)
    cells = {row[0]: row for row in book["Plan"].iter_rows(values_only=True)}
    assert cells["Field sales"][1] == said["plan"]["field_sales"]
    assert cells["All"][5] == pytest.approx(said["cost"])
    here = {path.name for path in (tmp_path / "plan").iterdir()}
    assert set(said["files"]) | {"size.json"} == here
    assert str(tmp_path) not in (tmp_path / "plan" / "size.json").read_text()

    again = call(*said["command"][1:], "--workers", "1", "--out", tmp_path / "again")
    assert again.exit_code == 0, again.output
    for name in said["files"]:
        first, second = (tmp_path / folder / name for folder in ("plan", "again"))
        assert first.read_bytes() == second.read_bytes(), name


# ------------------------------------------------------------------ what is asked


def test_options_reach_the_search_as_they_were_meant(asked: dict[str, Any]) -> None:
    done = call(
        "size", "base", *TARGET, "--also", "inside_sales.wait_p90<=0.5", "--confidence", "85%",
        "--min", "revops=1", "--max", "field_sales=12", "--max", "marketing = 4",
        "--cost", "field_sales=15_000_000", "--team", "field_sales", "--team", "revops",
        "--team", "marketing", "--zone", "0.02", "--fresh", "50", "--seed", "9", "--workers", "1",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    assert asked["target"] == ("final_arr>=1.2e9",)
    assert asked["also"] == ("inside_sales.wait_p90<=0.5",)
    assert asked["confidence"] == pytest.approx(0.85)
    assert asked["at_least"] == {"revops": 1}
    assert asked["at_most"] == {"field_sales": 12, "marketing": 4}
    assert asked["costs"] == {"field_sales": 15e6}
    assert asked["teams"] == ("field_sales", "revops", "marketing")
    assert asked["rules"].zone == pytest.approx(0.02)
    assert (asked["fresh"], asked["seed"], asked["budget"], asked["frontier"]) == (
        50, 9, None, False,
    )  # fmt: skip


@pytest.mark.parametrize(("text", "share"), [("0.9", 0.9), ("90%", 0.9), (" 90 % ", 0.9)])
def test_a_confidence_may_be_a_share_or_in_percent(
    asked: dict[str, Any], text: str, share: float
) -> None:
    assert call("size", "base", *TARGET, "--confidence", text).exit_code == 0
    assert asked["confidence"] == pytest.approx(share)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "--target: say what to reach"),
        (("--target", "final_arr"), "--target: final_arr: needs a limit"),
        (("--target", "final_ar>=1"), "did you mean final_arr?"),
        ((*TARGET, "--confidence", "90"), "--confidence: 90: is no share of 1: write 90% or 0.9"),
        ((*TARGET, "--confidence", "nan"), "--confidence: nan: is no share of 1"),
        ((*TARGET, "--confidence", "0.2"), "--confidence: 0.2: must be 0.5 to 0.99"),
        ((*TARGET, "--zone", "0"), "--zone: 0: must be above 0"),
        ((*TARGET, "--zone", "30%"), "--zone: 30%: must be above 0 and at most 20%"),
        ((*TARGET, "--fresh", "5"), "--fresh: 5: must be 20 or more"),
        ((*TARGET, "--max", "field_sales"), "--max: field_sales: must be TEAM=N"),
        ((*TARGET, "--max", "field_sales=2.5"), "--max: field_sales=2.5: must be TEAM=N"),
        ((*TARGET, "--max", "=2"), "--max: =2: must be TEAM=N"),
        ((*TARGET, "--min", "field_sale=2"), "did you mean field_sales?"),
        ((*TARGET, "--min", "field_sales=-1"), "must be 0 to"),
        ((*TARGET, "--cost", "field_sales=much"), "--cost: field_sales=much: must be TEAM=X"),
        ((*TARGET, "--cost", "field_sales=inf"), "--cost: field_sales=inf: must be TEAM=X"),
        ((*TARGET, "--cost", "field_sales=-1"), "a person's cost must be 0 or more"),
        ((*TARGET, "--min", "revops=1", "--min", "revops=2"), "is stated twice"),
        ((*TARGET, "--min", "revops=3", "--max", "revops=2"), "no plan has both"),
        ((*TARGET, "--team", "sales"), "--team.sales: is no team"),
        ((*TARGET, *TARGET, "--budget", "3e8"), "there is one --target to make the most of"),
        (("--target", "final_arr", "--budget", "-1"), "--budget: -1: must be above 0"),
        (("--target", "final_arr", "--budget", "1"), "less than the smallest company costs"),
        ((*TARGET, "--set", "horizon.months=0"), "nobody can be sized by it"),
        ((*TARGET, "--dask", "tcp://127.0.0.1:1", "--workers", "1"), "leave out --workers or"),
    ],
)
def test_wrong_input_ends_with_2_and_the_remedy(arguments: tuple[str, ...], said: str) -> None:
    done = call("size", "base", *arguments)
    assert done.exit_code == 2, done.output
    assert said.replace("--team.sales", "--team: sales") in done.stderr.replace(
        "--team.sales", "--team: sales"
    )
    assert done.stdout == ""


def test_everything_wrong_is_said_at_once() -> None:
    done = call("size", "base", "--target", "foo>=1", "--confidence", "x", "--max", "y",
                "--min", "z=1", "--fresh", "1")  # fmt: skip
    for option in ("--target", "--confidence", "--max", "--min", "--fresh"):
        assert option in done.stderr


# ------------------------------------------------------------------ how it ends


def test_it_ends_with_1_if_the_targets_are_out_of_reach(asked: dict[str, Any]) -> None:
    asked["answer"] = unreachable()
    done = call("size", "base", *TARGET)
    assert done.exit_code == 1
    assert done.stdout.startswith("None of the 120 plans")


def test_after_ctrl_c_the_best_so_far_is_shown_and_written(
    asked: dict[str, Any], tmp_path: Path
) -> None:
    asked["answer"] = made(status="interrupted", interrupted=True)
    done = call("size", "base", *TARGET, "--out", tmp_path)
    assert done.exit_code == 130
    assert done.stdout.startswith("Stopped after 120 plans")
    assert "interrupted after 120 plans; this is the best of them so far" in done.stderr
    assert json.loads((tmp_path / "size.json").read_text())["interrupted"] is True


def test_ctrl_c_before_anything_was_tried_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def stopped(*_: object, **__: object) -> Sizing:
        raise KeyboardInterrupt

    monkeypatch.setattr(sizing, "size", stopped)
    done = call("size", "base", *TARGET, "--out", tmp_path / "new")
    assert done.exit_code == 130
    assert not (tmp_path / "new").exists()


def test_json_is_one_object_and_nothing_else(asked: dict[str, Any]) -> None:
    asked["answer"] = best(frontier=climb(), alternatives=(tie((3, 6, 9, 9, 0), 0.01, 0.3, 1e9),))
    done = call("size", "base", "--target", "final_arr", "--budget", "3e8", "--json")
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout)
    assert said["question"] == "budget"
    assert said["verdict"][0].startswith("For no more than 300 M JPY a year")


# ------------------------------------------------------------------ files


def test_every_file_that_may_be_written_is_checked_before_the_search(
    asked: dict[str, Any], tmp_path: Path
) -> None:
    for name in (f"{TABLES[-1]}.csv", "plan.xlsx", "size.json", "service_level_2.svg"):
        folder = tmp_path / name.replace(".", "_")
        (folder / name).mkdir(parents=True)
        also = ("--also", "inside_sales.wait_p90<=0.5")
        done = call("size", "base", *TARGET, *also, "--out", folder)
        assert done.exit_code == 2, name
        assert "is a folder; results need this name" in done.stderr
    assert "target" not in asked


def test_the_folder_holds_tables_pictures_and_the_workbook(
    asked: dict[str, Any], tmp_path: Path
) -> None:
    asked["answer"] = best(frontier=climb())
    done = call("size", "base", "--target", "final_arr", "--frontier", "--out", tmp_path)
    assert done.exit_code == 0, done.output
    here = {path.name for path in tmp_path.iterdir()}
    assert {"plan.csv", "frontier.csv", "frontier.svg", "frontier.png", "plan.xlsx"} <= here
    said = json.loads((tmp_path / "size.json").read_text())
    assert said["command"][:3] == ["themodel", "size", "base"]
    assert "--frontier" in said["command"]
    assert set(said["files"]) | {"size.json"} == here
    assert len(pd.read_csv(tmp_path / "frontier.csv")) == 30
    for path in tmp_path.glob("*.csv"):
        assert len(pd.read_csv(path).columns), path
    assert not (tmp_path / "levels.csv").exists()  # there is no target of a service


@pytest.mark.parametrize("name", ['=HYPERLINK("x")', "@SUM(1)"])
def test_a_scenario_named_like_a_formula_does_no_harm(
    asked: dict[str, Any], tmp_path: Path, name: str
) -> None:
    asked["answer"] = made(name=name)
    assert call("size", "base", *TARGET, "--out", tmp_path).exit_code == 0
    for path in tmp_path.glob("*.csv"):
        for row in csv.reader(io.StringIO(path.read_text())):
            assert not any(cell.startswith(("=", "@", "+")) for cell in row)
    book = openpyxl.load_workbook(tmp_path / "plan.xlsx")
    texts = [cell.value for row in book["About"].iter_rows() for cell in row]
    assert f"'{name}" in texts
    assert not any(cell.data_type == "f" for row in book["About"].iter_rows() for cell in row)


def test_pictures_are_only_made_when_they_are_kept(
    asked: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(result: Sizing) -> dict[str, Any]:
        raise AssertionError("nobody asked for a picture")

    monkeypatch.setattr(planning_charts, "charts", never)
    assert call("size", "base", *TARGET).exit_code == 0
    assert asked["answer"].status == "met"


# ------------------------------------------------------------------ how far it is


def test_somebody_who_looks_is_told_how_many_plans_were_tried() -> None:
    shown: list[str] = []
    watch = Watch(shown.append)
    watch.search(14, 140)
    watch.search(18, 1180)
    assert shown == ["14 plans tried, 140 runs", "18 plans tried, 1,180 runs"]


def test_help_teaches_by_examples() -> None:
    text = call("size", "--help").stdout
    assert 'themodel size base --target "final_arr>=1.2e9"' in text
    assert "  size  " in call("--help").stdout
