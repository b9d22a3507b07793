"""Hiring plans as people keep them in spreadsheets become hiring steps, or say what is wrong."""

from __future__ import annotations

import csv
import io
import re
import tempfile
import zipfile
from pathlib import Path

import openpyxl
import pytest
from conftest import changed_scenario
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.engine import run
from simulator.errors import Problem, ScenarioError
from simulator.metrics.definitions import TEAM_LABELS
from simulator.organization.journal import HireCause, Kind, LeaveCause, Team
from simulator.planning.plan_reading import plan_sheets
from simulator.planning.plan_reading.plan_files import (
    PlanFile,
    plan_rows,
    planned_headcounts,
    read_plan,
    with_plan,
)
from simulator.planning.plan_reading.plan_words import TEAM_NAMES, month_of, team_of, whole_of
from simulator.scenario.schema import Scenario
from simulator.scenario.staff import HiringStep

SIX_MONTHS = changed_scenario(Scenario(), {"horizon.months": 6.0})
"""Starts with 3 people in marketing, 6 in inside sales, 8 in field sales, 7 in success."""


def plan(
    folder: Path, content: str | bytes, scenario: Scenario = SIX_MONTHS, name: str = "plan.csv"
) -> PlanFile:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_plan(path, scenario)


def problems(folder: Path, content: str | bytes, scenario: Scenario = SIX_MONTHS) -> list[Problem]:
    with pytest.raises(ScenarioError) as refused:
        plan(folder, content, scenario)
    return refused.value.problems


def told(folder: Path, content: str | bytes, scenario: Scenario = SIX_MONTHS) -> str:
    (problem,) = problems(folder, content, scenario)
    return str(problem)


def steps(read: PlanFile) -> list[tuple[str, float, int]]:
    return [(step.team, step.day, step.people) for step in read.steps]


def workbook(folder: Path, sheets: dict[str, list[list[object]]]) -> Path:
    made = openpyxl.Workbook()
    made.remove(made.worksheets[0])
    for name, rows in sheets.items():
        sheet = made.create_sheet(name)
        for row in rows:
            sheet.append(row)
    path = folder / "plan.xlsx"
    made.save(path)
    return path


# ------------------------------------------------------------------ the forms

LONG = "team,month,people\nfield_sales,1,8\nfield_sales,2,10\nfield_sales,3,10\nfield_sales,4,9\n"
EXPECTED = [("field_sales", 20.0, 2), ("field_sales", 60.0, -1)]


def test_people_per_team_and_month_start_and_leave_on_the_month_s_first_day(
    tmp_path: Path,
) -> None:
    read = plan(tmp_path, LONG)
    assert steps(read) == EXPECTED
    assert read.headcounts == {"field_sales": (8, 10, 10, 9, 9, 9)}
    assert any("up to month 4; from then on 9 people" in note for note in read.notes)


@pytest.mark.parametrize(
    "content",
    [
        "team,month,hires\nfield_sales,2,2\nfield_sales,4,-1\n",
        "チーム,月,増減\nフィールドセールス,2か月目,+2\nフィールドセールス,4か月目,▲1\n",
        "Month,Field sales\n1,8\n2,10\n3,10\n4,9\n",
        "Month;Field sales\nM1;8\nM2;10\nM3;10\nM4;9\n",
        ",FS\nMonth 3,10\nMonth 2,10\nMonth 1,8\nMonth 4,9\n",
        "Team,1,2,3,4\nField sales,8,10,10,9\n",
        "部署,M1,M2,M3,M4,合計\nフィールドセールス,8人,10人,10人,9人,37\n合計,8,10,10,9,37\n",
        "people,note,MONTH,Department\n8,,1,FS\n10,,2,FS\n10,two more,3,FS\n9,,4,FS\n",
        "team\tmonth\theadcount\nＦＳ\t１\t８\nFS\t2\t10\nfield-sales\t3\t10\nFS\t4.0\t9\n",
    ],
)
def test_every_form_says_the_same(tmp_path: Path, content: str) -> None:
    read = plan(tmp_path, content)
    assert steps(read) == EXPECTED
    assert read.headcounts == {"field_sales": (8, 10, 10, 9, 9, 9)}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp932"])
def test_japanese_plans_are_read_however_they_were_saved(tmp_path: Path, encoding: str) -> None:
    content = (
        "部署,月,人数\nインサイドセールス,1,6\nインサイドセールス,2,7\nカスタマーサクセス,1,8\n"
    )
    read = plan(tmp_path, content.encode(encoding))
    assert steps(read) == [("customer_success", 0.0, 1), ("inside_sales", 20.0, 1)]


def test_western_letters_do_no_harm(tmp_path: Path) -> None:
    content = "team,month,people,note\nfield_sales,1,9,prévu à Orléans\n".encode("cp1252")
    read = plan(tmp_path, content)
    assert steps(read) == [("field_sales", 0.0, 1)]
    assert any("cp1252" in note for note in read.notes)
    assert any("columns not read: note" in note for note in read.notes)


def test_every_team_is_known_by_its_usual_names() -> None:
    for team, labels in TEAM_LABELS.items():
        assert [team_of(label) for label in labels] == [team, team]
    assert [team_of(name) for name in ("IS", "FS", "CS", "MK")] == [
        "inside_sales", "field_sales", "customer_success", "marketing",
    ]  # fmt: skip
    for name in ("RevOps", "revops", "レベニューオペレーション", "Revenue Operations"):
        assert team_of(name) == "revops"
    for name in ("Sales Enablement", "イネーブルメント", "セールス・イネーブルメント"):
        assert team_of(name) == "enablement"
    assert team_of("Inside sales headcount") == team_of("インサイドセールス人数") == "inside_sales"
    assert team_of("legal") is None


@pytest.mark.parametrize(
    ("text", "month"),
    [("3", 3), ("M3", 3), ("month 3", 3), ("3か月目", 3), ("3ヶ月目", 3), ("３", 3), ("3.0", 3),
     ("-1", -1), ("3月", None), ("2026-04-01", None), ("3.5", None), ("", None),
     ("9" * 5000, None)],
)  # fmt: skip
def test_months_are_numbers_and_not_those_of_the_calendar(text: str, month: int | None) -> None:
    assert month_of(text) == month


@pytest.mark.parametrize(
    ("text", "number"),
    [("6", 6), ("-2", -2), ("▲2", -2), ("−2", -2), ("1,200", 1200), ("6.0", 6), ("6名", 6),
     ("6.5", None), ("six", None), ("12,00", None), ("1e3", None)],
)  # fmt: skip
def test_people_are_whole_numbers(text: str, number: int | None) -> None:
    assert whole_of(text) == number


# ------------------------------------------------------------------ workbooks


def test_a_workbook_is_read_in_its_wide_form(tmp_path: Path) -> None:
    path = workbook(
        tmp_path, {"Plan": [["月", "IS", "FS", "備考"], [1, 6, 8, None], [2, 7, 10, "Q2"]]}
    )
    read = read_plan(path, SIX_MONTHS)
    assert steps(read) == [("inside_sales", 20.0, 1), ("field_sales", 20.0, 2)]


def test_of_several_sheets_the_one_that_looks_like_a_plan_is_taken(tmp_path: Path) -> None:
    table: list[list[object]] = [["team", "month", "people"], ["revops", 1, 1]]
    notes: list[list[object]] = [["Plan of the year"], ["approved in March"]]
    path = workbook(tmp_path, {"Read me": notes, "Headcount": table})
    assert steps(read_plan(path, SIX_MONTHS)) == [("revops", 0.0, 1)]
    assert steps(read_plan(path, SIX_MONTHS, "Headcount")) == [("revops", 0.0, 1)]
    with pytest.raises(ScenarioError, match=r"Headcont.*did you mean Headcount\?"):
        read_plan(path, SIX_MONTHS, "Headcont")


def test_two_plans_in_a_workbook_are_a_question(tmp_path: Path) -> None:
    table: list[list[object]] = [["team", "month", "people"], ["revops", 1, 1]]
    more: list[list[object]] = [["team", "month", "people"], ["revops", 1, 2]]
    path = workbook(tmp_path, {"Low": table, "High": more})
    with pytest.raises(ScenarioError, match=r"Low, High: several sheets look like plans; name"):
        read_plan(path, SIX_MONTHS)
    assert steps(read_plan(path, SIX_MONTHS, "High")) == [("revops", 0.0, 2)]


def test_of_formulas_the_stored_values_are_taken(tmp_path: Path) -> None:
    path = workbook(tmp_path, {"Plan": [["month", "FS"], [1, 8], [2, "=B2+2"]]})
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    parts[sheet], found = re.subn(rb"(</f>)<v\s*/>|(</f>)<v></v>", rb"</f><v>10</v>", parts[sheet])
    assert found == 1
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    assert steps(read_plan(path, SIX_MONTHS)) == [("field_sales", 20.0, 2)]


def test_a_text_file_has_no_sheets(tmp_path: Path) -> None:
    (tmp_path / "plan.csv").write_text(LONG)
    with pytest.raises(ScenarioError, match="a text file has no sheets"):
        read_plan(tmp_path / "plan.csv", SIX_MONTHS, "Plan")


# ------------------------------------------------------------------ what is open in a plan


def test_who_is_missing_today_starts_on_day_0(tmp_path: Path) -> None:
    read = plan(tmp_path, "team,month,people\nfield_sales,1,10\ncustomer_success,1,6\n")
    assert steps(read) == [("field_sales", 0.0, 2), ("customer_success", 0.0, -1)]
    assert any("2 start on day 0, at full cost and with the usual ramp" in n for n in read.notes)
    assert any("customer_success" in n and "1 leave on day 0" in n for n in read.notes)


def test_before_its_first_month_a_team_stays_as_it_is(tmp_path: Path) -> None:
    read = plan(tmp_path, "month,FS,CS\n3,,9\n4,9,\n5,10,\n")
    assert read.headcounts == {
        "field_sales": (8, 8, 8, 9, 10, 10),
        "customer_success": (7, 7, 9, 9, 9, 9),
    }
    assert any("before it today's 8 people stay" in note for note in read.notes)


def test_teams_that_the_file_does_not_name_hire_nobody(tmp_path: Path) -> None:
    scenario = with_plan(SIX_MONTHS, [HiringStep(team="marketing", day=20.0, people=1)])
    read = plan(tmp_path, LONG, scenario)
    notes = " / ".join(read.notes)
    assert "marketing (3), inside_sales (6), customer_success (7)" in notes
    assert "own plan of 1 hiring step gives way" in notes
    assert with_plan(scenario, read.steps).hiring == read.steps


# ------------------------------------------------------------------ what is wrong with a plan


def test_everything_that_is_wrong_is_told_at_once_with_its_place(tmp_path: Path) -> None:
    found = problems(
        tmp_path,
        "team,month,people\n"
        "feild_sales,1,8\n"
        "inside_sales,0,6\n"
        "inside_sales,7,6\n"
        "marketing,1,3.5\n"
        "marketing,2,-1\n"
        "marketing,2,4\n"
        "marketing,April,4\n"
        "customer_success,1,\n"
        "customer_success,2,many\n"
        "revops,1,1\n"
        "revops,4,1\n",
    )
    said = [str(each) for each in found]
    assert [each.where for each in found] == [
        f"plan.csv: row {row}" for row in (2, 3, 4, 5, 6, 7, 8, 9, 10, 12)
    ]
    for at, (key, value, rule) in enumerate(
        [
            ("team", "feild_sales", "did you mean field_sales?"),
            ("month", "0", "count from 1"),
            ("month", "7", "lengthen horizon.months to at least 7"),
            ("people", "3.5", "no whole number"),
            ("people", "-1", "head the column hires"),
            ("month", "2", "marketing has month 2 in row 6 already"),
            ("month", "April", "not those of the calendar"),
            ("people", "", "is blank; write"),
            ("people", "many", "no whole number"),
            ("month", "4", "months 2 to 3 of revops missing between 1 and 4; add its row"),
        ]
    ):
        assert (found[at].key, found[at].value) == (key, value)
        assert rule in said[at]


def test_a_japanese_team_is_found_by_its_nearest_name(tmp_path: Path) -> None:
    assert "did you mean フィールドセールス?" in told(
        tmp_path, "部署,月,人数\nフィールドセルス,1,8\n"
    )


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("month,FS\n1,8\n3,9\n", "plan.csv: row 3: month: 3: month 2 missing between 1 and 3"),
        ("month,FS\n1,8\n1,9\n", "plan.csv: row 3: month: 1: month 1 is given twice"),
        ("month,FS,Field sales\n1,8,9\n", "Field sales: field_sales is given twice"),
        ("month,FS,HR\n1,8,2\n", "plan.csv: headings: HR: HR: no such team"),
        ("month,FS,CS\n1,8,7\n2,,7\n3,9,8\n", "plan.csv: row 3: FS: is blank; write a number"),
        ("month,FS\n1,8\n2,x\n", "plan.csv: row 3: FS: x: is no whole number"),
        (
            "team,1,3\nFS,8,9\n",
            "plan.csv: headings: 3: 3: month 2 missing between 1 and 3; add its",
        ),
        ("team,1,2\nFS,8,9\nField sales,1,2\n", "row 3: team: Field sales: field_sales is given"),
        ("team,1,2,7\nFS,8,9,9\n", "plan.csv: headings: 7: 7: the run ends with month 6"),
        ("team,0,1\nFS,8,9\n", "plan.csv: headings: 0: 0: months count from 1"),
        ("team,1,2,2\nFS,8,9,9\n", "plan.csv: headings: 2 (2): 2: month 2 is given twice"),
        ("team,1,2,3\nFS,8,,9\n", "plan.csv: row 2: 2: is blank"),
        ("team,1,Q2\nFS,8,9\n", "plan.csv: headings: Q2: Q2: is no month"),
    ],
)
def test_a_wide_table_tells_where_it_is_wrong(tmp_path: Path, content: str, said: str) -> None:
    assert said in told(tmp_path, content)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "is empty"),
        ("team,month,people\n", "has headings only"),
        (
            "team,month\nfield_sales,1\n",
            "team, month: a plan has the columns team, month and people",
        ),
        ("who,when,how many\nfield_sales,1,8\n", "the headings must stand in the first row"),
        ("team,4月,5月\nFS,8,9\n", "a plan has the columns"),
        ("team,month,people,hires\nFS,1,8,1\n", "people, hires: both people and hires are given"),
        ("team,month,people,headcount\nFS,1,8,1\n", "several columns hold the people; keep one"),
        ("month,FS\n1,\n2,-\n", "no cell of the plan has a number"),
        ("month,FS\n合計,8\n", "no cell of the plan has a number"),
        ("team,1\ntotal,8\n", "no cell of the plan has a number"),
        ("team,month,hires\nFS,2,-9\n", "only 8 people of field_sales are planned to be there"),
        ("team,month,people\nFS,1,100001\n", "at most 100,000 people"),
        ("team,month,people\nFS,1\nFS,2,9\n", "row 2: has more or fewer cells"),
    ],
)
def test_what_is_no_plan_is_refused_with_the_remedy(
    tmp_path: Path, content: str, said: str
) -> None:
    assert said in told(tmp_path, content)


def test_a_row_of_an_unknown_team_is_not_missed_in_another(tmp_path: Path) -> None:
    assert "did you mean field_sales?" in told(
        tmp_path, "team,month,people\nfield_sales,1,8\nfeild_sales,2,8\nfield_sales,3,9\n"
    )


def test_months_without_hires_need_no_row(tmp_path: Path) -> None:
    read = plan(tmp_path, "team,month,hires\nfield_sales,6,1\nfield_sales,2,1\n")
    assert read.headcounts == {"field_sales": (8, 9, 9, 9, 9, 10)}


def test_an_unfinished_last_month_counts(tmp_path: Path) -> None:
    scenario = changed_scenario(Scenario(), {"horizon.months": 2.5})
    read = plan(tmp_path, "team,month,people\nfield_sales,3,9\n", scenario)
    assert read.headcounts == {"field_sales": (8, 8, 9)}
    assert "ends with month 3" in told(tmp_path, "team,month,people\nfield_sales,4,9\n", scenario)


def test_too_long_a_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan_sheets, "MOST_ROWS", 3)
    assert "more than 3 rows" in told(tmp_path, LONG)
    path = workbook(tmp_path, {"Plan": [["month", "FS"], [1, 1], [2, 1], [3, 1], [4, 1]]})
    with pytest.raises(ScenarioError, match="more than 3 rows"):
        read_plan(path, SIX_MONTHS)
    monkeypatch.setattr(plan_sheets, "MOST_BYTES", 10)
    assert "a plan may have at most" in told(tmp_path, LONG)


# ------------------------------------------------------------------ plans and scenarios

LEVELS = st.lists(st.integers(0, 300), min_size=6, max_size=6).map(tuple)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.sampled_from(TEAM_NAMES), LEVELS, min_size=1))
def test_a_plan_that_was_written_is_read_again(headcounts: dict[str, tuple[int, ...]]) -> None:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(plan_rows(headcounts))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "plan.csv")
        path.write_text(text.getvalue(), encoding="utf-8", newline="")
        read = read_plan(path, SIX_MONTHS)
    assert read.headcounts == headcounts
    planned = planned_headcounts(with_plan(SIX_MONTHS, read.steps))
    for team, levels in headcounts.items():
        assert planned.get(team, (0,) * 6) == levels


def test_a_scenario_s_own_plan_counts_from_the_first_day_of_a_month() -> None:
    scenario = with_plan(
        SIX_MONTHS,
        [
            HiringStep(team="field_sales", day=20.0, people=2),
            HiringStep(team="field_sales", day=30.0, people=1),
            HiringStep(team="field_sales", day=60.0, people=-20),
            HiringStep(team="field_sales", day=61.0, people=1),
            HiringStep(team="enablement", day=0.0, people=1),
        ],
    )
    planned = planned_headcounts(scenario)
    assert planned["field_sales"] == (8, 10, 11, 0, 1, 1)
    assert planned["enablement"] == (1,) * 6
    assert planned["marketing"] == (3,) * 6
    assert "revops" not in planned


def test_a_run_hires_and_dismisses_as_the_file_says(tmp_path: Path) -> None:
    read = plan(tmp_path, "month,MK,FS\n1,4,8\n2,4,11\n3,2,11\n")
    journal = run(with_plan(SIX_MONTHS, read.steps))
    hired = journal.where(Kind.HIRED)
    hired = hired[journal.code[hired] == HireCause.PLAN]
    assert sorted(zip(journal.team[hired].tolist(), journal.time[hired].tolist(), strict=True)) == [
        (Team.MARKETING, 0.0), *[(Team.FIELD_SALES, 20.0)] * 3,
    ]  # fmt: skip
    left = journal.where(Kind.LEFT)
    left = left[journal.code[left] == LeaveCause.PLAN]
    assert journal.team[left].tolist() == [Team.MARKETING] * 2
    assert (journal.time[left] >= 40.0).all()
