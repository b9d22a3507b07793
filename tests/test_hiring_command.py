"""What the command ``hiring`` takes, says, writes and refuses."""

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
from test_hiring_presentation import checked, made, unknown

from simulator.commands import hiring as command
from simulator.planning import hiring as planning
from simulator.planning.hiring_result import TABLES, Hiring
from simulator.planning.plan_reading.plan_files import read_plan
from simulator.presentation import hiring_charts
from simulator.scenario import load_scenario

TARGET = ("--target", "final_arr>=1.2e9")
SHORT = ("--set", "horizon.months=4", "--fresh", "20", "--workers", "1")
QUICK_HIRES = (
    "--set", "teams.field_sales.time_to_fill_days=20", "--set", "teams.field_sales.ramp_days=5",
    "--team", "field_sales", "--max", "field_sales=10",
)  # fmt: skip
WIDE = "month,inside_sales,field_sales\n1,6,8\n2,6,9\n3,7,9\n4,7,9\n"


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the planner was asked for; it answers with ``answer`` at once."""
    told: dict[str, Any] = {"answer": made()}

    def answer(scenario: object, target: object, **options: Any) -> Hiring:
        told.update(options, scenario=scenario, target=target)
        found = told["answer"]
        assert isinstance(found, Hiring)
        return found

    monkeypatch.setattr(planning, "plan_hiring", answer)
    return told


def plan_file(folder: Path, text: str = WIDE) -> Path:
    path = folder / "plan.csv"
    path.write_text(text, encoding="utf-8")
    return path


# ------------------------------------------------------------------ real ones


def test_a_plan_of_a_file_is_checked_told_written_and_repeated(tmp_path: Path) -> None:
    path = plan_file(tmp_path)
    done = call(
        "hiring", "base", "--plan", path, "--target", "arr@2-4>=1e8", *SHORT,
        "--out", tmp_path / "checked",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    assert done.stdout.partition("\n")[2].startswith("The plan of two more people between months 2")
    said = json.loads((tmp_path / "checked" / "hiring.json").read_text())
    assert (said["made"], said["status"], said["fresh_replications"]) == (False, "met", 20)
    assert said["hiring"] == [
        {"team": "field_sales", "day": 20.0, "people": 1},
        {"team": "inside_sales", "day": 40.0, "people": 1},
    ]
    assert {row["target"] for row in said["by_month"]} == {
        f"arr@{month}>=100000000" for month in (2, 3, 4)
    }
    here = {each.name for each in (tmp_path / "checked").iterdir()}
    assert set(said["files"]) | {"hiring.json"} == here
    # What is written can be given again: as a file and as a workbook, with the same outcome.
    for again, options in (("hiring_plan.csv", ()), ("plan.xlsx", ("--sheet", "Plan"))):
        same = call(
            "hiring", "base", "--plan", tmp_path / "checked" / again, *options,
            "--target", "arr@2-4>=1e8", *SHORT, "--json",
        )  # fmt: skip
        assert same.exit_code == 0, same.output
        other = json.loads(same.stdout)
        for key in ("hiring", "headcounts", "cost", "probability", "stress", "relief", "capacity"):
            assert other[key] == said[key], key


def test_a_small_plan_is_made_and_its_scenario_can_be_run(tmp_path: Path) -> None:
    done = call(
        "hiring", "base", "--target", "field_sales.utilization@4<=0.78", "--confidence", "0.5",
        *SHORT, *QUICK_HIRES, "--out", tmp_path / "plan",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    said = json.loads((tmp_path / "plan" / "hiring.json").read_text())
    assert (said["made"], said["status"]) == (True, "met")
    assert [(step["team"], step["people"]) for step in said["hiring"]] == [("field_sales", 1)]
    assert said["probability"]["probability"] >= 0.5 > said["today"]["probability"]
    assert said["verdict"][0].startswith("Start one more person in field sales by month")
    assert (said["headcounts"]["field_sales"][0], said["headcounts"]["field_sales"][-1]) == (8, 9)
    with (tmp_path / "plan" / "hiring_plan.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    field = [int(row["people"]) for row in rows if row["team"] == "field_sales"]
    assert field == said["headcounts"]["field_sales"]
    loaded = load_scenario(tmp_path / "plan" / "hiring.yaml")
    assert [step.model_dump() for step in loaded.scenario.hiring] == said["hiring"]
    assert loaded.scenario.horizon.months == 4.0
    assert loaded.scenario.teams.field_sales.ramp_days == 5.0


# ------------------------------------------------------------------ what is asked


def test_options_reach_the_planner_as_they_were_meant(asked: dict[str, Any]) -> None:
    done = call(
        "hiring", "base", *TARGET, "--target", "arr@12>=1.1e9", "--also", "wins>=10",
        "--confidence", "85%", "--team", "field_sales", "--team", "revops",
        "--max", "field_sales=12", "--cost", "revops=9_000_000", "--fresh", "50", "--seed", "9",
        "--workers", "1",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    assert asked["target"] == ("final_arr>=1.2e9", "arr@12>=1.1e9")
    assert asked["also"] == ("wins>=10",)
    assert asked["confidence"] == pytest.approx(0.85)
    assert asked["teams"] == ("field_sales", "revops")
    assert asked["at_most"] == {"field_sales": 12}
    assert asked["costs"] == {"revops": 9e6}
    assert (asked["check"], asked["plan"], asked["sheet"]) == (False, None, None)
    assert (asked["fresh"], asked["seed"]) == (50, 9)


def test_a_plan_to_check_reaches_the_planner(asked: dict[str, Any], tmp_path: Path) -> None:
    asked["answer"] = checked(chance=0.95)
    path = plan_file(tmp_path)
    assert call("hiring", "base", *TARGET, "--plan", path).exit_code == 0
    assert asked["plan"] == path
    assert call("hiring", "hiring_plan", *TARGET, "--check").exit_code == 0
    assert asked["check"] is True


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "--target: say what to reach"),
        (("--target", "final_arr"), "--target: final_arr: is written METRIC>=NUMBER"),
        (("--target", "final_ar>=1"), "did you mean final_arr?"),
        (("--target", "arr@30>=1"), "the run has 24 months (horizon.months); month 30 is after"),
        (("--target", "arr>=2", "--also", "arr<=1"), "contradicts"),
        ((*TARGET, "--also", "no>=1"), "--also: no>=1: no is no metric"),
        ((*TARGET, "--confidence", "90"), "--confidence: 90: is no share of 1"),
        ((*TARGET, "--confidence", "0.2"), "--confidence: 0.2: must be 0.5 to 0.99"),
        ((*TARGET, "--fresh", "5"), "--fresh: 5: must be 20 or more"),
        ((*TARGET, "--max", "field_sales"), "--max: field_sales: must be TEAM=N"),
        ((*TARGET, "--max", "field_sale=9"), "did you mean field_sales?"),
        ((*TARGET, "--cost", "field_sales=-1"), "a person's cost must be 0 or more"),
        ((*TARGET, "--team", "sales"), "--team.sales: is no team"),
        ((*TARGET, "--sheet", "Plan"), "--sheet: Plan: names a sheet of a workbook"),
        ((*TARGET, "--check", "--plan", "x.csv"), "leave out one of them"),
        ((*TARGET, "--check", "--team", "revops"), "--team: revops: limits a plan that is made"),
        ((*TARGET, "--check", "--max", "revops=1"), "--max: revops=1: limits a plan that is made"),
        ((*TARGET, "--dask", "tcp://127.0.0.1:1", "--workers", "1"), "leave out --workers or"),
        ((*TARGET, "--set", "horizon.months=3"), "horizon.months: 3: is too short for hires"),
    ],
)
def test_wrong_input_ends_with_2_and_the_remedy(arguments: tuple[str, ...], said: str) -> None:
    done = call("hiring", "base", *arguments)
    assert done.exit_code == 2, done.output
    assert said.replace("--team.sales", "--team: sales") in done.stderr.replace(
        "--team.sales", "--team: sales"
    )
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("month,marketing,feild_sales\n1,3,8\n2,3,9\n", "(did you mean field_sales?)"),
        ("team,month,people\nfeild_sales,1,8\n", "did you mean field_sales?"),
        ("month,field_sales\n1,8\n3,9\n", "month 2 missing between 1 and 3; add its row"),
        ("month,field_sales\n1,8\n1,9\n", "month 1 is given twice"),
        ("month,field_sales\n1,8\n2,9\n3,9\n4,9\n5,9\n", "the run ends with month 4; lengthen"),
        ("month,field_sales\n1,many\n", "is no whole number of people"),
        ("a,b\n1,2\n", "a plan has the columns team, month and people"),
    ],
)
def test_what_is_wrong_with_a_file_is_told_by_its_place(
    text: str, said: str, tmp_path: Path
) -> None:
    done = call("hiring", "base", *TARGET, *SHORT, "--plan", plan_file(tmp_path, text))
    assert done.exit_code == 2, done.output
    assert said in done.stderr
    assert "plan.csv" in done.stderr
    assert done.stdout == ""


def test_a_file_that_is_not_there_and_a_wrong_sheet_are_told(tmp_path: Path) -> None:
    done = call("hiring", "base", *TARGET, "--plan", tmp_path / "none.csv")
    assert done.exit_code == 2
    assert "none.csv" in done.stderr
    out = tmp_path / "plan.xlsx"
    book = openpyxl.Workbook()
    book.active.title = "Headcount"
    book.active.append(["month", "field_sales"])
    book.active.append([1, 8])
    book.save(out)
    done = call("hiring", "base", *TARGET, "--plan", out, "--sheet", "Headcounts")
    assert done.exit_code == 2
    assert "did you mean Headcount?" in done.stderr


def test_everything_wrong_is_told_at_once(tmp_path: Path) -> None:
    path = plan_file(tmp_path, "month,marketing,feild_sales\n1,3,8\n")
    done = call("hiring", "base", "--target", "nothing>=1", "--confidence", "x", "--plan", path)
    assert done.exit_code == 2
    for said in ("nothing is no metric", "is no share of 1", "no such team"):
        assert said in done.stderr


# ------------------------------------------------------------------ how it ends


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (made(), 0),
        (made(starts=()), 0),
        (made(status="missed", chance=0.8), 1),
        (made(status="unreachable", chance=0.3), 1),
        (checked(), 1),
        (checked(chance=0.97), 0),
        (unknown(made()), 130),
    ],
)
def test_the_outcome_is_the_exit_code(asked: dict[str, Any], answer: Hiring, status: int) -> None:
    asked["answer"] = answer
    done = call("hiring", "base", *TARGET)
    assert done.exit_code == status, done.output
    assert answer.verdict()[0][:60] in done.stdout.replace("\n", " ")
    assert ("interrupted: this is what is known so far" in done.stderr) == (status == 130)


def test_ctrl_c_before_anything_is_known_ends_with_130(
    asked: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object, **__: object) -> Hiring:
        raise KeyboardInterrupt

    monkeypatch.setattr(planning, "plan_hiring", stop)
    done = call("hiring", "base", *TARGET)
    assert done.exit_code == 130
    assert "nothing was finished" in done.stderr


# ------------------------------------------------------------------ what is given


def test_json_is_one_object_and_nothing_else(asked: dict[str, Any]) -> None:
    asked["answer"] = made(targets=("arr@6-9>=1.1e9",), chances={7: 0.8}, slips={0: -0.1})
    done = call("hiring", "base", *TARGET, "--json")
    said = json.loads(done.stdout)
    assert said["broken_month"] == 7
    assert said["hires"][0]["slip_change"] == pytest.approx(-0.1)
    assert said["verdict"][0].startswith("Start one more person")
    assert set(said) >= {"hiring", "headcounts", "capacity", "stress", "relief", "version"}


@pytest.mark.parametrize("answer", [made(), unknown(made()), made(starts=())])
def test_what_is_written_is_what_is_known_and_the_command_repeats_it(
    asked: dict[str, Any], answer: Hiring, tmp_path: Path
) -> None:
    asked["answer"] = answer
    call("hiring", "base", *TARGET, "--max", "field_sales=12", "--out", tmp_path / "out")
    folder = tmp_path / "out"
    said = json.loads((folder / "hiring.json").read_text())
    assert said["command"] == [
        "themodel", "hiring", "base", "--target", "final_arr>=1.2e9", "--confidence", "90%",
        "--max", "field_sales=12", "--fresh", "300", "--seed", "1",
    ]  # fmt: skip
    assert str(tmp_path) not in (folder / "hiring.json").read_text()
    names = {each.name for each in folder.iterdir()}
    assert names == {*said["files"], "hiring.json"}
    assert {"hiring_plan.csv", "hiring.yaml", "plan.xlsx"} <= names
    for name, table in answer.tables().items():
        if not len(table.columns):
            assert f"{name}.csv" not in names
            continue
        read = pd.read_csv(io.BytesIO((folder / f"{name}.csv").read_bytes()))
        assert list(read.columns) == list(table.columns)
        assert len(read) == len(table)
    assert read_plan(folder / "hiring_plan.csv", answer.company).steps == answer.steps
    loaded = load_scenario(folder / "hiring.yaml")
    assert loaded.scenario.hiring == answer.steps
    assert loaded.files[0].endswith("base.yaml")


def test_a_made_plan_says_in_its_scenario_that_it_was_calculated(
    asked: dict[str, Any], tmp_path: Path
) -> None:
    call("hiring", "base", *TARGET, "--out", tmp_path / "made")
    text = (tmp_path / "made" / "hiring.yaml").read_text()
    assert "trust: calc" in text
    assert "made, not stated: themodel hiring base --target final_arr>=1.2e9" in " ".join(
        text.split()
    )
    asked["answer"] = checked(chance=0.95)
    call("hiring", "base", *TARGET, "--check", "--out", tmp_path / "checked")
    assert "trust: M" in (tmp_path / "checked" / "hiring.yaml").read_text()


def test_a_scenario_of_ones_own_is_extended_from_where_it_lies(
    asked: dict[str, Any], tmp_path: Path
) -> None:
    (tmp_path / "mine.yaml").write_text("extends: base.yaml\n", encoding="utf-8")
    call("hiring", tmp_path / "mine.yaml", *TARGET, "--out", tmp_path / "a" / "b")
    text = (tmp_path / "a" / "b" / "hiring.yaml").read_text()
    assert text.startswith("extends: ../../mine.yaml\n")
    assert load_scenario(tmp_path / "a" / "b" / "hiring.yaml").scenario.hiring == made().steps


def test_what_set_changed_is_written_whole(asked: dict[str, Any], tmp_path: Path) -> None:
    call("hiring", "base", *TARGET, "--set", "horizon.months=30", "--out", tmp_path / "other")
    text = (tmp_path / "other" / "hiring.yaml").read_text()
    assert text.startswith("# Hiring plan of: themodel hiring base --target final_arr>=1.2e9")
    assert load_scenario(tmp_path / "other" / "hiring.yaml").scenario.hiring == made().steps


def test_a_folder_that_cannot_be_written_is_told_before_the_search(
    asked: dict[str, Any], tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    done = call("hiring", "base", *TARGET, "--out", tmp_path / "file")
    assert done.exit_code == 2
    assert "is a file" in done.stderr
    assert "target" not in asked
    (tmp_path / "out" / "plan.xlsx").mkdir(parents=True)
    done = call("hiring", "base", *TARGET, "--out", tmp_path / "out")
    assert done.exit_code == 2
    assert "plan.xlsx: is a folder" in done.stderr
    assert "target" not in asked


def test_every_picture_and_table_is_looked_for_before_the_search() -> None:
    full = made(targets=("arr@6-9>=1.1e9",))
    assert set(hiring_charts.charts(full)) == set(command.PICTURES)
    assert set(full.tables()) == set(TABLES)


def test_the_help_teaches_by_examples() -> None:
    done = call("hiring", "--help")
    assert done.exit_code == 0
    for said in ("themodel hiring base --target", "--plan plan/plan.xlsx", "team,month,people"):
        assert said in done.stdout
    assert "hiring" in call("--help").stdout
