"""Results that leave the house: workbooks, tables for Japanese Excel, and pages made from code."""

from __future__ import annotations

import csv
import io
import json
import math
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
from openpyxl.worksheet.worksheet import Worksheet
from test_cli import call

from simulator.commands.evidence_folders import read_folders
from simulator.errors import OutputError
from simulator.experiment.comparison import Comparison, compare, distinct
from simulator.experiment.replications import Results, replicate, replicate_totals
from simulator.languages.languages import speaking
from simulator.metrics import METRICS
from simulator.planning.plan_reading.plan_files import read_plan
from simulator.presentation import comparison_workbook, files, results_workbook
from simulator.presentation.workbooks import Column, LineChart, Link, Sheet, book
from simulator.scenario import LoadedScenario, diff, load_scenario, numbers
from simulator.scenario.outline import laws_of, schema_paths, slot_at
from simulator.scenario.reference import scenario_markdown
from simulator.scenario.schema import Scenario

DOCS = Path(__file__).parents[1] / "docs"
MARK = b"\xef\xbb\xbf"
TINY = """\
question: How does a tiny company do?
horizon: {months: 3}
start: {customers: 12, opportunities: 5, parked: 5}
market: {channels: {website: {leads_per_day: 2}}}
teams:
  marketing: {people: 1}
  inside_sales: {people: 1}
  field_sales: {people: 2}
  customer_success: {people: 1}
"""
EAGER = """\
extends: tiny.yaml
decisions: {field_sales: {promise: 0.9}}
sources:
  decisions: {source: "=HYPERLINK(\\"http://x\\")", trust: M}
"""
COMMAND = ["themodel", "run", "tiny.yaml"]
BRIDGE = ["mrr_start", "mrr_new", "mrr_reactivated", "mrr_expansion", "mrr_contraction",
          "mrr_churned", "mrr_end"]  # fmt: skip
RISKS = ['=HYPERLINK("http://x")', "+1", "-1", "@SUM(A1)", "\t=1", "\r=1+1"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("scenarios")
    (place / "tiny.yaml").write_text(TINY)
    (place / "eager.yaml").write_text(EAGER)
    return place


@pytest.fixture(scope="module")
def tiny(folder: Path) -> LoadedScenario:
    return load_scenario(folder / "tiny.yaml")


@pytest.fixture(scope="module")
def eager(folder: Path) -> LoadedScenario:
    return load_scenario(folder / "eager.yaml")


@pytest.fixture(scope="module")
def results(tiny: LoadedScenario) -> Results:
    return replicate(tiny, "", 1, 3)


@pytest.fixture(scope="module")
def comparison(tiny: LoadedScenario, eager: LoadedScenario) -> Comparison:
    return compare(tiny, eager, seed=1, replications=3)


@pytest.fixture(scope="module")
def content(results: Results, tiny: LoadedScenario) -> bytes:
    return results_workbook.workbook(results, tiny, "1.0", COMMAND)


@pytest.fixture(scope="module")
def compared(comparison: Comparison, tiny: LoadedScenario, eager: LoadedScenario) -> bytes:
    return comparison_workbook.workbook(comparison, distinct([tiny, eager]), "1.0", COMMAND)


def opened(content: bytes, values: bool = True) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(content), data_only=values)


def rows_of(sheet: Worksheet) -> list[dict[str, Any]]:
    """Rows of a sheet by heading, up to the empty row over its notes."""
    head, *rows = sheet.iter_rows(values_only=True)
    found = []
    for row in rows:
        if all(cell is None for cell in row):
            break
        found.append(dict(zip(head, row, strict=True)))
    return found


def near(value: Any) -> Any:
    """What a cell should hold: missing figures are empty."""
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return None
    return pytest.approx(float(value))


# ------------------------------------------------------------------ the workbook of a run


def test_a_run_has_its_sheets_in_the_order_in_which_a_reader_asks(content: bytes) -> None:
    assert opened(content).sheetnames == [
        "Summary", "Monthly", "Cohorts", "People", "MRR bridge", "Losses", "Recycling",
        "Buyers at the end", "Definitions", "Assumptions", "About",
    ]  # fmt: skip


def test_the_summary_holds_every_metric_with_its_interval_and_unit(
    content: bytes, results: Results
) -> None:
    rows = {row["Metric"]: row for row in rows_of(opened(content)["Summary"])}
    assert list(rows) == list(METRICS)
    for metric, estimate in results.totals.items():
        row = rows[metric]
        assert row["Label"] == METRICS[metric].label_en
        assert row["Mean"] == near(estimate.mean), metric
        assert row["95 % low"] == near(estimate.low), metric
        assert row["95 % high"] == near(estimate.high), metric
        assert row["Replications"] == estimate.n
        assert row["Unit"] == METRICS[metric].unit.replace("currency", "JPY")


@pytest.mark.parametrize("language", ["en", "ja"])
def test_every_label_leads_to_its_own_definition(
    results: Results, tiny: LoadedScenario, language: Any
) -> None:
    with speaking(language):
        made = opened(results_workbook.workbook(results, tiny, "1.0", COMMAND))
    for name in made.sheetnames[:2]:
        sheet = made[name]
        for row in range(2, sheet.max_row - 2):
            link = sheet.cell(row, 1).hyperlink
            assert link is not None, row
            place, address = link.location.rsplit("!", 1)
            there = made[place.strip("'")]
            assert there.title == made.sheetnames[8]
            at = there[address].row
            assert there.cell(at, 2).value == sheet.cell(row, 2).value
            assert there.cell(at, 1).value == sheet.cell(row, 1).value


def test_months_stand_side_by_side(content: bytes, results: Results) -> None:
    rows = {row["Metric"]: row for row in rows_of(opened(content)["Monthly"])}
    assert set(rows) == {name for name, metric in METRICS.items() if metric.monthly}
    for one in results.monthly.to_dict("records"):
        metric, month = one["metric"], one["period"]
        assert rows[metric][f"Month {month}"] == near(one["mean"]), (metric, month)


def calculated(sheet: Worksheet, address: str) -> float | str:
    """What a formula of ours gives, calculated from the cells that it names."""
    value = sheet[address].value
    if not isinstance(value, str) or not value.startswith("="):
        return 0.0 if value is None else value

    def span(match: re.Match[str]) -> str:
        cells = [f'at("{cell.coordinate}")' for row in sheet[match[0]] for cell in row]
        return f"[{','.join(cells)}]"

    text = value[1:].replace("$", "").replace("IF(", "choose(")
    text = re.sub(r"([A-Z]+\d+):([A-Z]+\d+)", span, text)
    text = re.sub(r'(?<!")\b([A-Z]+\d+)\b(?!")', r'at("\1")', text)
    text = re.sub(r"(?<=[^=<>])=(?=[^=])", "==", text)
    # Both sides of a choice are worked out in Python: that of a division by zero is not taken.
    text = re.sub(r"choose\((.+?),(.+?),(.+)\)$", r"(\2) if (\1) else (\3)", text)
    names = {"at": lambda a: calculated(sheet, a), "SUM": sum, "ROUND": round}
    return eval(text, {"__builtins__": {}}, names)  # type: ignore[no-any-return]  # ours


@pytest.mark.parametrize("name", ["People", "MRR bridge", "Losses", "Recycling",
                                  "Buyers at the end"])  # fmt: skip
def test_what_is_calculated_is_what_is_shown_without_calculating(content: bytes, name: str) -> None:
    live, seen = opened(content, values=False)[name], opened(content)[name]
    formulas = [cell for row in live.iter_rows() for cell in row if cell.data_type == "f"]
    assert len(formulas) >= 4
    for cell in formulas:
        shown = seen[cell.coordinate].value
        found = calculated(live, cell.coordinate)
        if found == "":
            assert shown in (None, ""), cell.coordinate
        else:
            assert shown == pytest.approx(found, abs=1e-6), (cell.coordinate, cell.value)


def test_the_bridge_adds_up_month_by_month_and_to_what_was_measured(
    content: bytes, results: Results
) -> None:
    live = opened(content, values=False)["MRR bridge"]
    months = len(results.bridge)
    assert [live.cell(row, 1).value for row in range(2, months + 2)] == list(range(1, months + 1))
    for row, (_, measured) in enumerate(results.bridge.iterrows(), start=2):
        assert live[f"H{row}"].value == f"=B{row}+C{row}+D{row}+E{row}-F{row}-G{row}"
        for column, part in zip("BCDEFGH", BRIDGE, strict=True):
            assert calculated(live, f"{column}{row}") == pytest.approx(measured[part]), part
        assert calculated(live, f"J{row}") == 0.0
    total = months + 2
    assert live[f"C{total}"].value == f"=SUM(C2:C{total - 1})"
    assert calculated(live, f"H{total}") == pytest.approx(results.totals["mrr_end"].mean)
    assert len(live._charts) == 1


def test_the_triangle_holds_who_is_still_there(content: bytes, results: Results) -> None:
    rows = rows_of(opened(content)["Cohorts"])
    assert {row["Metric"] for row in rows} == {"logo_retention", "revenue_retention"}
    first = next(row for row in rows if row["Metric"] == "logo_retention")
    assert first["Month of the contract"] == 0
    assert first["Customers"] == results.scenario.start.customers
    assert first["After 0 months"] == 1.0
    every = pd.concat([one.cohorts for one in results.measures])
    logos = every[(every["metric"] == "logo_retention") & (every["cohort"] == 0)]
    last = logos[logos["age"] == 2]
    kept = (last["value"] * last["n"]).sum() / last["n"].sum()
    assert first["After 2 months"] == pytest.approx(kept)


def test_people_are_summed_over_their_spells(content: bytes, results: Results) -> None:
    rows = {row["Team ID"]: row for row in rows_of(opened(content)["People"])}
    every = pd.concat([one.people for one in results.measures])
    for team in ("marketing", "inside_sales", "field_sales", "customer_success"):
        mine = every[every["team"] == team]
        assert rows[team]["People, mean"] == pytest.approx(results.people[team].mean)
        assert rows[team]["Days busy"] == pytest.approx(mine["busy_days"].sum() / 3)
        assert rows[team]["Contracts won"] == pytest.approx(mine["wins"].sum() / 3)
        assert rows[team]["Share of the time busy"] == pytest.approx(
            mine["busy_days"].sum() / mine["employed_days"].sum()
        )


def test_losses_carry_their_identifiers_beside_words(content: bytes, results: Results) -> None:
    rows = rows_of(opened(content)["Losses"])
    keys = ["stage", "true_reason", "recorded_reason"]
    assert [[row[key] for key in keys] for row in rows[:-1]] == (
        results.losses[keys].to_numpy().tolist()
    )
    total = results.losses["buyers"].sum()
    assert rows[-1]["Buyers of a run"] == pytest.approx(total)
    assert sum(row["Share of the buyers"] for row in rows[:-1]) == pytest.approx(1.0)


def test_every_number_in_force_stands_among_the_assumptions(
    content: bytes, tiny: LoadedScenario
) -> None:
    rows = {row["Key"]: row for row in rows_of(opened(content)["Assumptions"])}
    every = numbers(tiny)
    assert list(rows) == [number.path for number in every]
    for number in every:
        row = rows[number.path]
        if isinstance(number.value, (int, float)) and not isinstance(number.value, bool):
            assert row["Value"] == pytest.approx(number.value), number.path
        assert (row["Trust"] or "") == number.trust
        assert (row["Meaning"] or "") == number.meaning
    assert rows["teams.field_sales.people"]["Set in"] == "tiny.yaml:8"


def test_the_workbook_says_how_to_have_it_again(content: bytes, results: Results) -> None:
    facts = dict(row[:2] for row in opened(content)["About"].iter_rows(values_only=True))
    assert facts["Command"] == "themodel run tiny.yaml"
    assert facts["Version"] == "1.0"
    assert facts["Seed"] == "1"
    assert facts["Replications"] == 3
    assert len(facts["SHA-256 of tiny"]) == 64


def test_the_same_results_give_the_same_bytes(
    content: bytes, compared: bytes, results: Results, comparison: Comparison,
    tiny: LoadedScenario, eager: LoadedScenario,
) -> None:  # fmt: skip
    assert results_workbook.workbook(results, tiny, "1.0", COMMAND) == content
    named = distinct([tiny, eager])
    assert comparison_workbook.workbook(comparison, named, "1.0", COMMAND) == compared
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        assert b"2000-01-01T00:00:00Z" in parts.read("docProps/core.xml")


def test_a_company_that_sells_once_has_no_bridge_and_one_run_no_interval(
    folder: Path, tmp_path: Path
) -> None:
    file = tmp_path / "once.yaml"
    file.write_text(TINY + "sale: one_off\n")
    loaded = load_scenario(file)
    made = opened(results_workbook.workbook(replicate(loaded, "", 1, 1), loaded, "1", COMMAND))
    assert not {"MRR bridge", "Cohorts"} & set(made.sheetnames)
    rows = {row["Metric"]: row for row in rows_of(made["Summary"])}
    assert rows["revenue"]["Mean"] > 0.0
    assert rows["revenue"]["95 % low"] is None
    assert rows["mrr"]["Mean"] in (None, 0)


def test_totals_alone_make_a_workbook_of_what_there_is(tiny: LoadedScenario) -> None:
    totals = replicate_totals(tiny, "", 1, 2)
    made = opened(results_workbook.workbook(totals, tiny, "1", COMMAND))
    assert made.sheetnames == ["Summary", "Definitions", "Assumptions", "About"]
    assert [row["Metric"] for row in rows_of(made["Summary"])] == list(totals.totals)


# ------------------------------------------------------------------ the workbook of a comparison


def test_a_comparison_says_what_differs_and_how_sure_that_is(
    compared: bytes, comparison: Comparison
) -> None:
    made = opened(compared)
    assert made.sheetnames == [
        "Summary", "Monthly differences", "Departures", "Changes", "Losses", "Definitions",
        "Assumptions", "About",
    ]  # fmt: skip
    rows = rows_of(made["Summary"])
    assert len(rows) == len(comparison.metrics)
    for row, (_, found) in zip(rows, comparison.metrics.iterrows(), strict=True):
        assert (row["Metric"], row["Scenario"]) == (found["metric"], "eager")
        assert row["Reference, mean"] == near(found["reference"])
        assert row["Scenario, mean"] == near(found["mean"])
        assert row["Difference"] == near(found["difference"])
        assert row["Difference, 95 % low"] == near(found["low"])
        assert row["Relative"] == near(found["relative"])
        assert row["Differs"] == ("yes" if found["differs"] else "no")
        assert row["Pairs"] == found["n"]
    assert len(rows_of(made["Monthly differences"])) == len(comparison.monthly)
    assert len(rows_of(made["Departures"])) == len(comparison.departures)
    assert len(rows_of(made["Losses"])) == len(comparison.losses)
    told = dict(row[:2] for row in made["About"].iter_rows(values_only=True))
    assert told["What it says"] == comparison.verdict.splitlines()[0]


def test_what_was_changed_stands_there_with_the_sources_of_both(
    compared: bytes, tiny: LoadedScenario, eager: LoadedScenario
) -> None:
    made = opened(compared)
    paths = [each.path for each in diff(tiny, eager)]
    assert paths == ["decisions.field_sales.promise"]
    assert [row["Key"] for row in rows_of(made["Changes"])] == paths
    row = rows_of(made["Assumptions"])[0]
    assert row["Key"] == paths[0]
    assert row["Reference: set in"] == "default"
    assert row["Scenario: value"] == 0.9
    assert row["Scenario: source"] == '\'=HYPERLINK("http://x")'


@pytest.mark.parametrize("which", ["content", "compared"])
def test_in_japanese_every_heading_and_label_is_japanese(
    which: str, results: Results, comparison: Comparison, tiny: LoadedScenario,
    eager: LoadedScenario,
) -> None:  # fmt: skip
    with speaking("ja"):
        if which == "content":
            made = opened(results_workbook.workbook(results, tiny, "1", COMMAND))
        else:
            named = distinct([tiny, eager])
            made = opened(comparison_workbook.workbook(comparison, named, "1", COMMAND))
    identifiers = {"stage", "true_reason", "recorded_reason"}
    for sheet in made:
        assert re.search("[ぁ-んァ-ン一-龯]", sheet.title), sheet.title
        for cell in sheet[1]:
            assert cell.value in identifiers or re.search("[ぁ-んァ-ン一-龯]", cell.value)
    labels = {metric.id: metric.label_ja for metric in METRICS.values()}
    for row in made.worksheets[0].iter_rows(min_row=2, max_col=2, values_only=True):
        if row[1] is not None:
            assert row[0] == labels[row[1]]


# ------------------------------------------------------------------ nothing runs


def every_cell(content: bytes) -> Iterator[Any]:
    for sheet in opened(content, values=False):
        for row in sheet.iter_rows():
            yield from row


def unharmed(content: bytes, risk: str) -> None:
    """No formula, link or chart of a workbook holds a text that is not ours."""
    seen = 0
    for cell in every_cell(content):
        text = str(cell.value or "")
        if cell.data_type == "f":
            plain = re.sub(r'SUM|ROUND|IF|""', "", text)
            assert re.fullmatch(r"=[A-Z0-9$:+\-*/(),=]*", plain), text
            assert not re.search(r"[A-Z]{3}", plain), text
        elif isinstance(cell.value, str):
            assert cell.data_type == "s"
            assert not text.startswith(("=", "+", "-", "@", "\t", "\r")), text
            seen += risk.strip() in text
        if cell.hyperlink is not None:
            assert cell.hyperlink.target is None
    assert seen, "the text is not in the workbook at all"
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        for name in parts.namelist():
            if "chart" in name:
                addresses = re.findall(r"<c:f>(.*?)</c:f>", parts.read(name).decode())
                assert all(re.fullmatch(r"'.+'!\$[A-Z]\$2:\$[A-Z]\$\d+", a) for a in addresses)


@pytest.mark.parametrize("risk", RISKS)
def test_a_scenario_that_is_a_formula_runs_in_no_workbook(
    folder: Path, tmp_path: Path, risk: str
) -> None:
    text = json.dumps(risk)
    file = tmp_path / "risky.yaml"
    file.write_text(
        TINY.replace("How does a tiny company do?", text).replace("website", text)
        + f"currency: {text}\nsources:\n  horizon.months: {{source: {text}, trust: M}}\n"
    )
    loaded = load_scenario(file)
    results = replicate(loaded, risk, 1, 1)
    unharmed(results_workbook.workbook(results, loaded, risk, [risk]), risk)


def test_a_formula_for_a_name_runs_in_no_comparison(
    folder: Path, tmp_path: Path, tiny: LoadedScenario
) -> None:
    risk = "=SUM(A1)"
    file = tmp_path / f"{risk}.yaml"
    file.write_text(TINY.replace("teams:", "decisions: {field_sales: {promise: 0.9}}\nteams:"))
    other = load_scenario(file)
    found = compare(tiny, other, seed=1, replications=2)
    named = distinct([tiny, other])
    unharmed(comparison_workbook.workbook(found, named, risk, [risk]), risk)


def test_links_and_charts_take_no_text_for_an_address() -> None:
    columns = (Column("=A1"), Column("+B1", "number"))
    chart = LineChart("=Sheet!A1", "=A1", "=B1", 0, 1, 2)
    rows = ((Link("=1+1", "All", 1), 1.0), (Link("http://x", "All", 0), 2.0))
    content = book([Sheet("All", columns, rows, chart=chart)], "=A1")
    sheet = opened(content, values=False)["All"]
    assert sheet["A2"].data_type == "s"
    assert sheet["A2"].value == "'=1+1"
    assert sheet["A2"].hyperlink.location == "All!A3"
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        drawn = parts.read("xl/charts/chart1.xml").decode()
    assert re.findall(r"<c:f>(.*?)</c:f>", drawn) == ["All!$A$2:$A$3", "All!$B$2:$B$3"]
    assert "'=Sheet！A1" in drawn


# ------------------------------------------------------------------ files


def test_run_and_compare_leave_a_workbook_beside_their_tables(folder: Path, tmp_path: Path) -> None:
    quick = ("--replications", 2, "--workers", 1, "--out")
    done = call("run", folder / "tiny.yaml", *quick, tmp_path / "run")
    assert done.exit_code == 0, done.output
    assert "workbook.xlsx" in json.loads((tmp_path / "run" / "run.json").read_text())["files"]
    made = opened((tmp_path / "run" / "workbook.xlsx").read_bytes())
    told = dict(row[:2] for row in made["About"].iter_rows(values_only=True))
    about = json.loads((tmp_path / "run" / "run.json").read_text())
    assert told["SHA-256 of tiny"] == about["scenario_sha256"]
    assert told["Command"] == " ".join(about["command"])
    done = call("compare", folder / "tiny.yaml", folder / "eager.yaml", *quick, tmp_path / "two")
    assert done.exit_code == 0, done.output
    assert "workbook.xlsx" in json.loads((tmp_path / "two" / "compare.json").read_text())["files"]
    assert "Departures" in opened((tmp_path / "two" / "workbook.xlsx").read_bytes()).sheetnames
    done = call("run", folder / "tiny.yaml", "--totals", *quick, tmp_path / "totals")
    assert done.exit_code == 0, done.output
    assert "Summary" in opened((tmp_path / "totals" / "workbook.xlsx").read_bytes()).sheetnames


def test_a_folder_in_the_place_of_the_workbook_is_found_before_the_run(
    folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "out" / "workbook.xlsx").mkdir(parents=True)
    done = call("run", folder / "tiny.yaml", "--replications", 1, "--out", tmp_path / "out")
    assert done.exit_code == 2
    assert "workbook.xlsx: is a folder" in done.stderr
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["workbook.xlsx"]


def test_japanese_tables_begin_with_the_mark_and_english_ones_do_not(
    results: Results, tmp_path: Path
) -> None:
    files.write_results(results, tmp_path / "en", "1", COMMAND)
    with speaking("ja"):
        files.write_results(results, tmp_path / "ja", "1", COMMAND)
    for name in files.TABLES:
        english, japanese = ((tmp_path / place / f"{name}.csv").read_bytes()
                             for place in ("en", "ja"))  # fmt: skip
        assert not english.startswith(MARK)
        assert japanese.startswith(MARK)
        assert not japanese[3:].startswith(MARK)
        if name != "summary":  # of which labels follow the language
            assert japanese[3:] == english
    for name in ("run.json", "scenario.yaml"):
        written = (tmp_path / "ja" / name).read_bytes()
        assert written == (tmp_path / "en" / name).read_bytes()
        assert not written.startswith(MARK)
    text = (tmp_path / "ja" / "summary.csv").read_text(encoding="utf-8-sig")
    first = next(csv.DictReader(io.StringIO(text)))
    assert first["label"] == METRICS[first["metric"]].label_ja
    assert pd.read_csv(tmp_path / "ja" / "summary.csv").columns[0] == "scenario"


def test_a_japanese_folder_can_be_continued(folder: Path, tmp_path: Path) -> None:
    quick = ("run", folder / "tiny.yaml", "--workers", 1, "--lang", "ja", "--out", tmp_path / "a")
    assert call(*quick, "--replications", 1).exit_code == 0
    assert call(*quick, "--replications", 2, "--resume").exit_code == 0
    rows = pd.read_csv(tmp_path / "a" / "totals.csv")
    assert sorted(rows["replication"].unique()) == [0, 1]


def test_a_report_reads_a_japanese_folder_as_it_reads_an_english_one(
    folder: Path, tmp_path: Path
) -> None:
    pair = (folder / "tiny.yaml", folder / "eager.yaml")
    read = {}
    for language in ("en", "ja"):
        out = tmp_path / language
        done = call("attribute", *pair, "--replications", 2, "--workers", 1, "--lang", language,
                    "--out", out)  # fmt: skip
        assert done.exit_code == 0, done.output
        assert (out / "shares.csv").read_bytes().startswith(MARK) == (language == "ja")
        loaded = [load_scenario(each) for each in pair]
        read[language] = read_folders([out], loaded, list(map(str, pair)), [], 1)["attribute"]
    for name, table in read["en"].tables.items():
        assert list(read["ja"].tables[name].columns) == list(table.columns)
        for column in table.select_dtypes("number"):
            pd.testing.assert_series_equal(read["ja"].tables[name][column], table[column])


@pytest.mark.parametrize("language", ["en", "ja"])
def test_a_plan_that_was_written_is_read_again(
    tiny: LoadedScenario, tmp_path: Path, language: Any
) -> None:
    plan = pd.DataFrame({"team": "field_sales", "month": [1, 2, 3], "people": [2, 3, 3]})
    with speaking(language):
        files.write_tables({"plan": plan}, tmp_path, "hiring", {})
    assert (tmp_path / "plan.csv").read_bytes().startswith(MARK) == (language == "ja")
    read = read_plan(tmp_path / "plan.csv", tiny.scenario)
    assert read.headcounts == {"field_sales": (2, 3, 3)}


def test_a_workbook_that_cannot_be_written_leaves_what_was_there(
    results: Results, tmp_path: Path
) -> None:
    files.write_results(results, tmp_path, "1", COMMAND, {"workbook.xlsx": b"earlier"})
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    (tmp_path / "sub").mkdir()
    with pytest.raises(OutputError):
        files.write_results(results, tmp_path, "2", COMMAND, {"sub/missing/workbook.xlsx": b"x"})
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir() if p.is_file()} == before


# ------------------------------------------------------------------ pages


def headings(page: str) -> set[str]:
    """Anchors of a page, as GitHub names them."""
    found = re.findall(r"^#+ (.*)$", page, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", each.lower()).strip().replace(" ", "-") for each in found}


def test_the_scenario_reference_is_current() -> None:
    written = (DOCS / "scenario.md").read_text(encoding="utf-8")
    assert written == scenario_markdown(), "write it anew from scenario_markdown()"


def test_every_key_of_a_scenario_stands_in_its_reference_with_limits_and_source() -> None:
    sections = re.split(r"^#{2,3} (.*)$", scenario_markdown(), flags=re.MULTILINE)
    rows: dict[str, list[str]] = {}
    for title, body in zip(sections[1::2], sections[2::2], strict=True):
        for key, *cells in re.findall(r"^\| `(\w+)` \|" + r" (.*?) \|" * 6 + "$", body, re.M):
            # The channels of the default company stand in a table of their own.
            if len(cells) == 6 and not cells[0].isdigit():
                rows[key if title == "The top" else f"{title}.{key}"] = cells
    known = {
        ".".join("NAME" if part == "*" else "N" if part == "0" else str(part) for part in path)
        for path in schema_paths(Scenario)
    }
    assert set(rows) <= known
    blocks = known - set(rows)
    assert all(any(path.startswith(f"{block}.") for path in rows) for block in blocks)
    people = rows["teams.field_sales.people"]
    assert people[1:5] == ["whole number", "people", "`8`", "0 to 100,000"]
    assert rows["teams.field_sales.attrition_per_year"][4].endswith("evidence 0.26 to 0.34")
    assert rows["decisions.field_sales.promise"][4].count("0 to 1") >= 1
    assert rows["sale"][4] == "`subscription`, `one_off`"
    for path, cells in rows.items():
        slot = slot_at(Scenario, tuple(path.split(".")), Scenario().model_dump())
        if slot is not None and laws_of(slot.annotation):
            assert cells[1] == "[law](#laws)"


def test_the_example_of_the_reference_is_a_scenario_that_runs(tmp_path: Path) -> None:
    page = scenario_markdown()
    (tmp_path / "ours.yaml").write_text(page.split("```yaml")[1].split("```")[0])
    loaded = load_scenario(tmp_path / "ours.yaml")
    assert loaded.scenario.teams.field_sales.people == 11


@pytest.mark.parametrize("name", ["scenario.md", "reporting_checklist.md"])
def test_links_of_the_new_pages_lead_somewhere(name: str) -> None:
    page = (DOCS / name).read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)]+)\)", page):
        if target.startswith("https://"):
            continue
        place, _, anchor = target.partition("#")
        file = DOCS / place if place else DOCS / name
        assert file.exists(), target
        if anchor:
            assert anchor in headings(file.read_text(encoding="utf-8")), target


def test_every_item_of_the_checklist_is_answered() -> None:
    page = (DOCS / "reporting_checklist.md").read_text(encoding="utf-8")
    counts = {1: 3, 2: 5, 3: 4, 4: 3, 5: 4, 6: 1}
    items = [f"{part}.{number}" for part, most in counts.items() for number in range(1, most + 1)]
    assert re.findall(r"^\*\*(\d\.\d) ", page, re.MULTILINE) == items
    for item in items:
        answer = re.split(rf"^\*\*{re.escape(item)} ", page, flags=re.MULTILINE)[1]
        answer = re.split(r"^(?:\*\*\d\.\d |## )", answer, flags=re.MULTILINE)[0]
        assert len(answer) > 150, item
        assert "](" in answer or "`" in answer, item
