"""Plans in Japanese: sentences, tables, workbooks and pictures, of results made by hand."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from matplotlib.text import Text as Drawn
from rich.console import Console
from test_hiring_presentation import checked as checked_hiring
from test_hiring_presentation import made as made_hiring
from test_hiring_presentation import unknown
from test_japanese_commands import JAPANESE, english_left
from test_sizing_presentation import ARR, WAIT, best, climb, levels, made, tie, unreachable

from simulator.languages.languages import Language, speaking
from simulator.planning.hiring_result import Hiring
from simulator.planning.plan_reading.plan_files import read_plan
from simulator.planning.sizing_names import people, percent, target_text
from simulator.planning.sizing_result import Sizing
from simulator.planning.stresses import stresses_of
from simulator.presentation import (
    hiring_charts,
    hiring_tables,
    hiring_workbook,
    planning_charts,
    sizing_tables,
    sizing_workbook,
)
from simulator.presentation.chart_style import as_png
from simulator.presentation.workbooks import Sheet, definitions_sheet

SIZINGS = {
    "a plan": made(alternatives=(tie((3, 5, 9, 10, 0), 0.004, 0.12),)),
    "with a service level": made(targets=(ARR, WAIT), levels=levels()),
    "one that is not confirmed": made(status="missed", correct=0.6),
    "the best for money": best(question="frontier", budget=None, frontier=climb()),
    "out of reach": unreachable(),
    "stopped": made(status="interrupted", interrupted=True, fresh=0),
}
HIRINGS = {
    "a plan": made_hiring(targets=("arr@6-9>=1.1e9",), chances={7: 0.8}, slips={0: -0.1}),
    "nobody": made_hiring(starts=()),
    "out of reach": made_hiring(status="unreachable", chance=0.3),
    "one that was given": checked_hiring(),
    "stopped": unknown(made_hiring()),
}


def as_found(result: Hiring) -> Hiring:
    """The same with the dangers in the words in which they are found."""
    words = {each.name: each.words for each in stresses_of(result.company, result.planned)}
    if not len(result.stress):
        return result
    return replace(result, stress=result.stress.assign(words=result.stress["stress"].map(words)))


RESULTS: dict[str, Sizing | Hiring] = {
    **{f"size, {name}": each for name, each in SIZINGS.items()},
    **{f"hiring, {name}": as_found(each) for name, each in HIRINGS.items()},
}


def shown(result: Sizing | Hiring) -> str:
    tables = sizing_tables if isinstance(result, Sizing) else hiring_tables
    paper = Console(width=100, file=io.StringIO(), markup=False, emoji=False, highlight=False)
    for each in [*tables.story(result), tables.closing(result, "1")]:
        paper.print(each)
    assert isinstance(paper.file, io.StringIO)
    return paper.file.getvalue()


def book_of(result: Sizing | Hiring) -> bytes:
    if isinstance(result, Sizing):
        return sizing_workbook.workbook(result, "1", "themodel size")
    return hiring_workbook.workbook(result, "1", "themodel hiring")


def cells(content: bytes) -> Iterator[str]:
    for sheet in openpyxl.load_workbook(io.BytesIO(content)).worksheets:
        yield sheet.title
        for row in sheet.iter_rows(values_only=True):
            yield from (cell for cell in row if isinstance(cell, str) and not cell.startswith("="))


# ------------------------------------------------------------------ nothing is left in English


@pytest.mark.parametrize("name", RESULTS)
def test_a_result_is_told_in_japanese_and_in_english_again_after_it(name: str) -> None:
    result = RESULTS[name]
    before = shown(result)
    with speaking("ja"):
        told = shown(result)
    assert not english_left(told)
    assert all(JAPANESE.search(line) for line in told.split("\n\n") if line.strip())
    assert shown(result) == before
    assert not JAPANESE.search(before)


@pytest.mark.parametrize("name", RESULTS)
def test_a_workbook_is_written_in_japanese(name: str) -> None:
    with speaking("ja"):
        texts = list(cells(book_of(RESULTS[name])))
    # Names of metrics in the other language stand beside their definitions.
    assert not english_left("\n".join(texts))
    assert "計画" in texts
    assert "定義" in texts


@pytest.mark.parametrize("name", RESULTS)
def test_pictures_speak_japanese_and_no_letter_is_missing(name: str) -> None:
    result = RESULTS[name]
    with speaking("ja"), warnings.catch_warnings():
        warnings.simplefilter("error")
        drawn = (
            planning_charts.charts(result)
            if isinstance(result, Sizing)
            else hiring_charts.charts(result)
        )
        for figure in drawn.values():
            assert as_png(figure)[:4] == b"\x89PNG"
            texts = [each.get_text() for each in figure.findobj(Drawn)]
            assert not english_left("\n".join(texts))
            assert JAPANESE.search("".join(texts))


def test_dangers_are_named_in_japanese_but_kept_in_english() -> None:
    company = made_hiring().company
    for each in stresses_of(company, made_hiring().planned):
        assert not JAPANESE.search(each.name + each.words)
    with speaking("ja"):
        result = made_hiring()
        assert "立ち上がりの遅れ" in shown(result)
        assert {row["stress"] for row in result.as_json()["stress"]} >= {"slow ramp"}


# ------------------------------------------------------------------ how things are called


def test_plans_targets_and_probabilities_are_said_in_japanese() -> None:
    with speaking("ja"):
        assert people({"marketing": 3, "revops": 0}) == "マーケティング3人、RevOps0人"
        assert percent(0.9) == "90%"
        assert target_text(ARR, "JPY") == "ARR(年間経常収益)が1,200百万円以上"
        assert target_text(WAIT, "JPY").endswith("が0.50営業日以下")
    assert people({"marketing": 1, "revops": 0}) == "1 person in marketing and nobody in RevOps"


def test_starts_are_said_month_by_month_in_japanese() -> None:
    with speaking("ja"):
        first = made_hiring().verdict()[0]
    assert first.startswith(
        "必要な増員は、6か月目までにカスタマーサクセス1人、8か月目までに1人、"
        "13か月目までにフィールドセールス1人です。"
    )


# ------------------------------------------------------------------ read again


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("name", ["a plan", "one that was given"])
def test_a_plan_in_a_workbook_is_read_again_in_both_languages(
    name: str, language: Language, tmp_path: Path
) -> None:
    result = HIRINGS[name]
    path = tmp_path / "plan.xlsx"
    with speaking(language):
        path.write_bytes(book_of(result))
    # Whoever reads it may speak another language than whoever wrote it, and names no sheet.
    for reader in ("en", "ja"):
        with speaking(reader):
            assert read_plan(path, result.company).steps == result.steps


def test_formulas_of_a_japanese_workbook_name_its_sheets(tmp_path: Path) -> None:
    path = tmp_path / "plan.xlsx"
    with speaking("ja"):
        path.write_bytes(book_of(HIRINGS["a plan"]))
    book = openpyxl.load_workbook(path)
    values = openpyxl.load_workbook(path, data_only=True)
    formula = book["費用"]["C3"].value
    assert formula.startswith("='計画'!B2*")
    people_there, price = values["計画"]["B2"].value, values["費用"]["C2"].value
    length = values["費用"]["B3"].value
    assert values["費用"]["C3"].value == pytest.approx(people_there * price * length)


def test_what_a_plan_leaves_open_is_said_in_japanese(tmp_path: Path) -> None:
    path = tmp_path / "plan.csv"
    path.write_text("month,field_sales,合計\n2,9,9\n3,9,9\n", encoding="utf-8")
    with speaking("ja"):
        notes = read_plan(path, made_hiring().company).notes
    assert any("2か月目から" in note for note in notes)
    assert all(JAPANESE.search(note) for note in notes)


# ------------------------------------------------------------------ definitions


def rows_of(sheet: Sheet) -> dict[Any, Any]:
    return {row[1]: row for row in sheet.rows}


def test_definitions_are_given_in_the_language_of_the_reader_with_the_other_name_beside() -> None:
    english = definitions_sheet(["arr", "inside_sales.wait_p90", "arr"], "JPY")
    with speaking("ja"):
        japanese = definitions_sheet(["arr", "inside_sales.wait_p90"], "JPY")
    assert [column.heading for column in english.columns] == [
        "Name", "Where", "Meaning", "Unit", "Better", "Formula", "What counts", "Japanese",
        "Source",
    ]  # fmt: skip
    assert len(english.rows) == len(japanese.rows) == 2
    there, here = rows_of(english)["inside_sales.wait_p90"], rows_of(japanese)[
        "inside_sales.wait_p90"
    ]  # fmt: skip
    assert (there[0], there[7]) == (here[7], here[0])
    assert (there[3], here[3]) == ("business days", "営業日")
    assert (there[4], here[4]) == ("lower", "低いほど良い")
    assert all(JAPANESE.search(str(here[at])) for at in (2, 5, 6))


def test_words_of_sheets_that_are_not_there_are_left_out() -> None:
    terms = [("A", "One", "of one", ""), ("B", "Two", "of two", ""), ("C", "everywhere", "all", "")]
    found = definitions_sheet(["arr"], "JPY", terms, ["One"])
    assert [row[0] for row in found.rows] == ["A", "C", "ARR"]
