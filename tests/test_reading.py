"""Files as CRMs and spreadsheet programs write them become tables, or are refused with a remedy."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import zipfile
from datetime import UTC, date, datetime
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simulator.calibration.importing import file_kinds, reading, workbooks
from simulator.calibration.importing.dates import read_dates
from simulator.calibration.importing.file_kinds import looks_japanese
from simulator.calibration.importing.reading import (
    Sheet,
    delimiter_of,
    read_sheets,
    unique_headings,
)
from simulator.calibration.importing.workbooks import plain_number, shape_of
from simulator.errors import ScenarioError

EXPORTS = Path(__file__).parents[2] / "shared" / "data"


def written(folder: Path, content: str | bytes, name: str = "deals.csv") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def read(folder: Path, content: str | bytes, name: str = "deals.csv") -> Sheet:
    (sheet,) = read_sheets(written(folder, content, name))
    return sheet


def rows(sheet: Sheet) -> list[list[str]]:
    return [list(row) for row in sheet.cells.to_numpy().tolist()]


def refusal(folder: Path, content: str | bytes, name: str = "deals.csv") -> str:
    """What a user reads; it always says in which file."""
    with pytest.raises(ScenarioError) as refused:
        read_sheets(written(folder, content, name))
    (problem,) = refused.value.problems
    assert problem.where.startswith(name)
    return str(problem)


# ------------------------------------------------------------------ letters

JAPANESE = "商談ID,担当者,ステージ,金額\n1,山田 太郎,提案,￥1,200\n".replace("￥1,200", '"￥1,200"')


@pytest.mark.parametrize(
    ("python_name", "said"),
    [("utf-8", "utf-8"), ("utf-8-sig", "utf-8"), ("utf-16", "utf-16"), ("cp932", "cp932")],
)
def test_japanese_is_read_however_excel_saved_it(
    tmp_path: Path, python_name: str, said: str
) -> None:
    sheet = read(tmp_path, JAPANESE.encode(python_name))
    assert sheet.columns == ("商談ID", "担当者", "ステージ", "金額")
    assert rows(sheet) == [["1", "山田 太郎", "提案", "￥1,200"]]
    assert sheet.encoding == said
    assert sheet.notes == ()


def test_both_byte_orders_of_utf_16_are_read(tmp_path: Path) -> None:
    for mark, name in ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        sheet = read(tmp_path, mark + "名前\tb\nä\t2\n".encode(name))
        assert rows(sheet) == [["ä", "2"]]
        assert sheet.delimiter == "\t"


def test_western_letters_are_read_with_a_note(tmp_path: Path) -> None:
    sheet = read(tmp_path, "Name;Stadt\nJörg Müller;Köln\nHélène;Besançon\n".encode("cp1252"))
    assert rows(sheet) == [["Jörg Müller", "Köln"], ["Hélène", "Besançon"]]
    assert sheet.encoding == "cp1252"
    assert "Western European" in sheet.notes[0]


@pytest.mark.parametrize(
    "text",
    ["株式会社テスト", "ｶﾌﾞｼｷｶﾞｲｼｬ", "1200円", "提案,受注,失注", "ステージ", "山田商店", "㈱山田",
     "ABC商事", "A株式会社"],
)  # fmt: skip
def test_japanese_looks_japanese(text: str) -> None:
    assert looks_japanese(text.encode("cp932"))


@pytest.mark.parametrize(
    "text",
    ["Hélène", "Besançon", "Jörg Müller", "don’t", "“Hello”", "Ærøskøbing", "São Paulo", "plain",
     "mañana señor", "AÇÃO, INFORMAÇÕES", "naïve café"],
)  # fmt: skip
def test_western_letters_do_not_look_japanese(text: str) -> None:
    assert not looks_japanese(text.encode("cp1252"))


def test_a_few_broken_letters_do_not_cost_the_file(tmp_path: Path) -> None:
    good = "名前,b\n" + "山田太郎,2\n" * 20
    sheet = read(tmp_path, good.encode() + "鈴".encode()[:2] + b",3\n")
    assert rows(sheet)[-1] == ["\ufffd", "3"]
    assert "line 22" in sheet.notes[0]


def test_bytes_of_no_encoding_are_refused_with_the_line(tmp_path: Path) -> None:
    # 0x81 is no letter of CP1252, and followed by a comma none of CP932.
    said = refusal(tmp_path, b"a,b\n1,2\n\x81,\xfc\n")
    assert "deals.csv:3" in said
    assert "UTF-8" in said


def test_an_encoding_can_be_stated(tmp_path: Path) -> None:
    path = written(tmp_path, "имя,b\nИван,2\n".encode("cp1251"))
    assert read_sheets(path, encoding="cp1251")[0].columns == ("имя", "b")
    with pytest.raises(ScenarioError, match="not in this encoding"):
        read_sheets(path, encoding="utf-8")
    with pytest.raises(ScenarioError, match="one of utf-8"):
        read_sheets(path, encoding="zip_codec")


def test_broken_utf_16_is_refused(tmp_path: Path) -> None:
    assert "UTF-16" in refusal(tmp_path, "a,b\n1,2\n".encode("utf-16") + b"\x00")


# ------------------------------------------------------------------ form


@pytest.mark.parametrize("sign", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_outside_quotes(tmp_path: Path, sign: str) -> None:
    text = f'Name{sign}Note{sign}Amount\n"Smith, J; K\t|"{sign}x{sign}"1,5;2"\nB{sign}{sign}3\n'
    sheet = read(tmp_path, text)
    assert sheet.delimiter == sign
    assert rows(sheet) == [["Smith, J; K\t|", "x", "1,5;2"], ["B", "", "3"]]


def test_decimal_commas_do_not_hide_semicolons(tmp_path: Path) -> None:
    sheet = read(tmp_path, "Name;Amount;Rate\nA;1,5;2,5\nB;3,5;4,5\n")
    assert sheet.delimiter == ";"
    assert sheet.columns == ("Name", "Amount", "Rate")


def test_a_row_cut_at_the_end_of_the_sample_is_no_evidence() -> None:
    assert delimiter_of("a;b;c\n1;2;3\n4;5", whole=False) == ";"
    assert delimiter_of("a\n1\n2\n") == ","


def test_the_line_by_which_excel_states_its_delimiter_is_followed(tmp_path: Path) -> None:
    sheet = read(tmp_path, "sep=;\r\na;b,c\r\n1;2\r\n")
    assert sheet.columns == ("a", "b,c")
    assert sheet.first_row == 2


def test_a_delimiter_can_be_stated(tmp_path: Path) -> None:
    path = written(tmp_path, "a^b\n1^2\n")
    assert read_sheets(path, delimiter="^")[0].columns == ("a", "b")
    with pytest.raises(ScenarioError, match="one character"):
        read_sheets(path, delimiter="::")


def test_quoted_line_breaks_stay_in_their_cell_and_rows_count_as_in_a_spreadsheet(
    tmp_path: Path,
) -> None:
    text = 'a,b\r\n"1\r\n2\n3",x\r\n\r\n,\r\n4,"say ""hi"""\r\n'
    sheet = read(tmp_path, text)
    assert rows(sheet) == [["1\r\n2\n3", "x"], ["4", 'say "hi"']]
    # Row 3 is a blank line and row 4 has no cell filled: they are dropped and still count.
    assert sheet.cells.index.tolist() == [2, 5]
    assert sheet.first_row == 2
    assert sheet.too_long == ()


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", ""])
def test_every_kind_of_line_end_is_read(tmp_path: Path, end: str) -> None:
    sheet = read(tmp_path, (end or "\n").join(["a,b", "1,2", "3,4"]) + end)
    assert rows(sheet) == [["1", "2"], ["3", "4"]]


def test_cells_and_headings_are_stripped_and_missing_cells_stay_text(tmp_path: Path) -> None:
    sheet = read(tmp_path, ' a , "b" ,c\n 1 ,"  x ",\nNA,null,0012\n')
    assert sheet.columns == ("a", "b", "c")
    assert rows(sheet) == [["1", "x", ""], ["NA", "null", "0012"]]
    assert {type(cell) for row_ in rows(sheet) for cell in row_} == {str}


def test_a_quotation_mark_within_a_cell_is_an_inch_sign(tmp_path: Path) -> None:
    sheet = read(tmp_path, 'a,b\n5" screen,2\n3,4\n')
    assert rows(sheet) == [['5" screen', "2"], ["3", "4"]]


def test_equal_headings_are_numbered() -> None:
    assert unique_headings(["Name", "Name", "", "Name (2)", "Name"]) == [
        "Name", "Name (3)", "(column 3)", "Name (2)", "Name (4)",
    ]  # fmt: skip


def test_a_column_without_heading_is_kept_only_if_it_has_cells(tmp_path: Path) -> None:
    sheet = read(tmp_path, "a,,b,\n1,x,2,\n3,,4,\n")
    assert sheet.columns == ("a", "(column 2)", "b")
    assert rows(sheet)[0] == ["1", "x", "2"]


def test_rows_of_another_width_are_reported_by_number_and_left_out(tmp_path: Path) -> None:
    sheet = read(tmp_path, "a,b,c\n1,2,3\n4,5\n6,7,8,9\n\n10,11,12,,\n13,14,15\n")
    assert sheet.too_long == (3, 4)
    # Only empty cells beyond the last heading do no harm.
    assert rows(sheet) == [["1", "2", "3"], ["10", "11", "12"], ["13", "14", "15"]]
    assert sheet.cells.index.tolist() == [2, 6, 7]


def test_headings_below_a_title_are_refused_with_the_remedy(tmp_path: Path) -> None:
    said = refusal(tmp_path, "Report of deals\nId,Stage\n1,Won\n2,Lost\n")
    assert "row 2" in said
    assert "delete what is above" in said


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"", "is empty"),
        (b"\xef\xbb\xbf", "is empty"),
        (b"\n \r\n\t\n", "is empty"),
        (b",,\n,,\n", "is empty"),
        (b"a,b\n", "headings only"),
        (b"a,b\n,\n\n", "headings only"),
    ],
)
def test_a_file_without_rows_is_refused(tmp_path: Path, content: bytes, rule: str) -> None:
    assert rule in refusal(tmp_path, content)


def test_a_quotation_mark_that_is_never_closed_is_named_with_its_row(tmp_path: Path) -> None:
    said = refusal(tmp_path, 'a,b\n1,2\n3,"4\n5,6\n')
    assert "row 3" in said
    assert "never closed" in said
    assert "never closed" in refusal(tmp_path, 'a,b\n1,2\n3,"4\n' + "5,6\n" * 100_000)


def test_formulas_and_markup_stay_the_text_that_they_are(tmp_path: Path) -> None:
    text = 'a,b\n=1+2,<script>alert(1)</script>\n@SUM(A1),"=HYPERLINK(""x"")"\n'
    assert rows(read(tmp_path, text)) == [
        ["=1+2", "<script>alert(1)</script>"],
        ["@SUM(A1)", '=HYPERLINK("x")'],
    ]


def test_the_digest_is_that_of_the_file(tmp_path: Path) -> None:
    content = b"a,b\n1,2\n"
    assert read(tmp_path, content).digest == hashlib.sha256(content).hexdigest()


TEXTS = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=12)


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    table=st.integers(2, 4).flatmap(
        lambda width: st.lists(
            st.lists(TEXTS, min_size=width, max_size=width), min_size=1, max_size=6
        )
    ),
    sign=st.sampled_from(",;\t"),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_what_is_written_as_csv_is_read_back(
    tmp_path: Path, table: list[list[str]], sign: str, encoding: str
) -> None:
    headings = [f"h{at}" for at in range(len(table[0]))]
    stream = io.StringIO()
    csv.writer(stream, delimiter=sign, quoting=csv.QUOTE_ALL).writerows([headings, *table])
    kept = [[cell.strip() for cell in row] for row in table]
    kept = [row for row in kept if any(row)]
    if not kept:
        assert "headings only" in refusal(tmp_path, stream.getvalue().encode(encoding))
        return
    sheet = read(tmp_path, stream.getvalue().encode(encoding))
    assert rows(sheet) == kept
    assert sheet.columns == tuple(headings)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.binary(max_size=200) | st.text(',;"\n\r\tab1あ', max_size=60).map(str.encode))
def test_any_bytes_are_a_table_or_are_refused(tmp_path: Path, content: bytes) -> None:
    try:
        sheet = read(tmp_path, content)
    except ScenarioError:
        return  # which is what shall happen to what is no table
    assert len(sheet.cells) > 0
    assert len(set(sheet.columns)) == len(sheet.columns)


# ------------------------------------------------------------------ what a file is


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"%PDF-1.7\n...", "PDF"),
        (b"\x89PNG\r\n\x1a\n....", "PNG"),
        (b"\xff\xd8\xff\xe0....", "JPEG"),
        (b"GIF89a...", "GIF"),
        (b"\x1f\x8b\x08...", "gzip"),
        (b"SQLite format 3\x00...", "database"),
        (b"PAR1....", "Parquet"),
        (b"<!DOCTYPE html><html><table>", "web page"),
        (b"\xef\xbb\xbf\n<html xmlns:x='urn'><table>", "web page"),
        ("<html><body>".encode("utf-16"), "web page"),
        (b"<table><tr><td>Id</td></tr></table>", "web page"),
        (b"<?xml version='1.0'?><Workbook/>", "XML"),
        (b'{"deals": [1, 2]}', "JSON"),
        (b' [\n {"id": 1}]', "JSON"),
        (b"{\\rtf1 hello}", "RTF"),
        (b"a,b\n1,\x00\n", "binary"),
        (b"a,b\n" + b"1,2\n" * 40_000 + b"\x00,2\n", "binary"),
        (bytes(range(256)), "binary"),
    ],
)
def test_a_file_is_known_by_its_bytes_whatever_its_name_says(
    tmp_path: Path, content: bytes, what: str
) -> None:
    for name in ("deals.csv", "deals.xlsx"):
        assert what in refusal(tmp_path, content, name)


def test_an_old_or_protected_workbook_is_refused_with_both_remedies(tmp_path: Path) -> None:
    said = refusal(tmp_path, bytes.fromhex("d0cf11e0a1b11ae1") + b"\x00" * 600, "deals.xlsx")
    assert "password" in said
    assert ".xls" in said
    assert "save it as .xlsx" in said


def test_a_bracket_in_the_first_heading_is_no_json(tmp_path: Path) -> None:
    assert read(tmp_path, "[Id],[Stage]\n1,Won\n").columns == ("[Id]", "[Stage]")


def test_folders_missing_files_and_pipes_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="is a folder"):
        read_sheets(tmp_path)
    with pytest.raises(ScenarioError, match=r"none\.csv.*cannot be read"):
        read_sheets(tmp_path / "none.csv")
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.csv")
        with pytest.raises(ScenarioError, match="no ordinary file"):
            read_sheets(tmp_path / "pipe.csv")


def test_a_file_of_two_gigabytes_fails_unread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "deals.csv"
    with path.open("wb") as stream:
        stream.truncate(2_000_000_000)  # takes no room on the disk

    def never(*_: object, **__: object) -> None:
        raise AssertionError("the file was opened")

    monkeypatch.setattr(Path, "open", never)
    with pytest.raises(ScenarioError, match=r"2\.0 GB: files may have at most 1 GB.*shorter"):
        read_sheets(path)


def test_too_many_rows_or_columns_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MOST_ROWS", 3)
    assert "more than 3 rows" in refusal(tmp_path, "a,b\n" + "1,2\n" * 4)
    wide = ",".join(f"h{at}" for at in range(1001))
    assert "1,001 columns" in refusal(tmp_path, f"{wide}\n{wide}\n")


# ------------------------------------------------------------------ workbooks

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-'
    'officedocument.spreadsheetml.sheet.main+xml"/></Types>'
)


def parts_of(
    sheets: dict[str, str],
    texts: str = "",
    styles: str = "",
    workbook: str = "",
    hidden: tuple[str, ...] = (),
) -> dict[str, str]:
    """The parts of a workbook whose sheets hold the given rows."""
    listed, links, parts = [], [], {}
    for at, (name, content) in enumerate(sheets.items(), start=1):
        state = ' state="hidden"' if name in hidden else ""
        listed.append(f'<sheet name={quoteattr(name)} sheetId="{at}" r:id="s{at}"{state}/>')
        links.append((f"s{at}", "worksheet", f"worksheets/sheet{at}.xml"))
        parts[f"xl/worksheets/sheet{at}.xml"] = (
            f'<worksheet xmlns="{MAIN}"><dimension ref="A1"/><sheetData>{content}</sheetData>'
            "</worksheet>"
        )
    if texts:
        links.append(("t", "sharedStrings", "/xl/sharedStrings.xml"))
        parts["xl/sharedStrings.xml"] = f'<sst xmlns="{MAIN}">{texts}</sst>'
    if styles:
        links.append(("y", "styles", "styles.xml"))
        parts["xl/styles.xml"] = f'<styleSheet xmlns="{MAIN}">{styles}</styleSheet>'
    related = "".join(
        f'<Relationship Id="{number}" Type="{OFFICE}/{kind}" Target="{target}"/>'
        for number, kind, target in links
    )
    return {
        "[Content_Types].xml": TYPES,
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}"><Relationship Id="r" '
        f'Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}">{workbook}'
        f"<sheets>{''.join(listed)}</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}">{related}</Relationships>',
        **parts,
    }


def packed(parts: dict[str, str], **more: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
        for name, content in more.items():
            archive.writestr(name, content)
    return stream.getvalue()


def row(number: int, *cells: str) -> str:
    """A row of inline texts."""
    said = "".join(
        f'<c r="{chr(65 + at)}{number}" t="inlineStr"><is><t>{escape(cell)}</t></is></c>'
        for at, cell in enumerate(cells)
        if cell
    )
    return f'<row r="{number}">{said}</row>'


def book(folder: Path, content: bytes, name: str = "deals.xlsx") -> tuple[Sheet, ...]:
    return read_sheets(written(folder, content, name))


def test_a_workbook_is_read_cell_by_cell(tmp_path: Path) -> None:
    texts = (
        "<si><t>商談</t></si><si><r><t>Rich </t></r><r><t xml:space='preserve'>text </t></r></si>"
        "<si><t>東京</t><rPh sb='0' eb='2'><t>トウキョウ</t></rPh></si><si><t>a_x000D_b</t></si>"
    )
    content = (
        '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c>'
        '<c r="C1" t="inlineStr"><is><t> Name </t></is></c><c r="D1" t="str"><f>"X"</f>'
        "<v>Sum</v></c></row>"
        '<row r="3"><c r="A3"><v>1200000</v></c><c r="B3" t="s"><v>2</v></c>'
        '<c r="D3"><f>A3*2</f><v>2.4E6</v></c></row>'
        '<row r="4"><c r="A4"><v>0.1</v></c><c r="B4" t="b"><v>1</v></c>'
        '<c r="C4" t="e"><v>#N/A</v></c><c r="D4" t="s"><v>3</v></c></row>'
    )
    (sheet,) = book(tmp_path, packed(parts_of({"Deals": content}, texts)))
    assert sheet.file == "deals.xlsx"
    assert sheet.columns == ("商談", "Rich text", "Name", "Sum")
    assert rows(sheet) == [
        ["1200000", "東京", "", "2400000"],
        ["0.1", "TRUE", "#N/A", "a\rb"],
    ]
    assert sheet.cells.index.tolist() == [3, 4]
    assert sheet.first_row == 3
    assert sheet.notes == ()


@pytest.mark.parametrize(
    ("stored", "text"),
    [
        ("5", "5"),
        ("5.0", "5"),
        ("1.2E6", "1200000"),
        ("1E-7", "0.0000001"),
        ("1234.5599999999999", "1234.56"),
        ("0.30000000000000004", "0.3"),
        ("-7.5", "-7.5"),
        ("12345678901234567890", "12345678901234567890"),
        ("1.5E+20", "150000000000000000000"),
    ],
)
def test_a_number_is_written_without_exponent(stored: str, text: str) -> None:
    assert plain_number(stored) == text


@pytest.mark.parametrize(
    ("code", "shape"),
    [
        ("General", "number"),
        ("0.00E+00", "number"),
        ("#,##0", "number"),
        ("[Red]#,##0;(#,##0)", "number"),
        ('"days" 0', "number"),
        ('"¥"#,##0', "number"),
        ("@", "number"),
        ("yyyy-mm-dd", "day"),
        ('yyyy"年"m"月"d"日"', "day"),
        ('[$-411]ggge"年"m"月"d"日";@', "day"),
        ("mmm", "day"),
        ("m/d/yyyy h:mm AM/PM", "instant"),
        ("yyyy-mm-dd hh:mm:ss.000", "instant"),
        ("[$-F400]h:mm:ss", "time"),
        ("[h]:mm", "time"),
        ("mm:ss", "time"),
    ],
)
def test_a_format_tells_dates_from_numbers(code: str, shape: str) -> None:
    assert shape_of(code) == shape


STYLES = (
    '<numFmts><numFmt numFmtId="164" formatCode="yyyy/mm/dd"/>'
    '<numFmt numFmtId="165" formatCode="yyyy/mm/dd hh:mm"/></numFmts>'
    '<cellStyleXfs><xf numFmtId="14"/></cellStyleXfs>'
    '<cellXfs><xf numFmtId="0"/><xf numFmtId="164"/><xf numFmtId="165"/><xf numFmtId="31"/>'
    '<xf numFmtId="20"/><xf numFmtId="14"/></cellXfs>'
)


def dated(*cells: tuple[int, str]) -> str:
    """Headings, and a row of numbers in styles."""
    letters = [chr(65 + at) for at in range(len(cells))]
    return row(1, *letters) + '<row r="2">' + "".join(
        f'<c r="{letter}2" s="{style}"><v>{value}</v></c>'
        for letter, (style, value) in zip(letters, cells, strict=True)
    ) + "</row>"  # fmt: skip


def test_dates_become_iso_text_also_in_formats_that_only_japan_knows(tmp_path: Path) -> None:
    cells = [
        (0, "45322"), (1, "45322"), (1, "45322.625"), (2, "45322"), (2, "45322.628576388888"),
        (3, "45322"), (4, "0.625"), (5, "1"), (5, "59"), (5, "61"), (1, "-5"), (1, "99999999"),
    ]  # fmt: skip
    (sheet,) = book(tmp_path, packed(parts_of({"S": dated(*cells)}, styles=STYLES)))
    assert rows(sheet)[0] == [
        "45322", "2024-01-31", "2024-01-31T15:00:00", "2024-01-31T00:00:00", "2024-01-31T15:05:09",
        "2024-01-31", "15:00:00", "1900-01-01", "1900-02-28", "1900-03-01", "-5", "99999999",
    ]  # fmt: skip


def test_the_calendar_of_1904_is_followed(tmp_path: Path) -> None:
    parts = parts_of(
        {"S": dated((1, "43860"))}, styles=STYLES, workbook='<workbookPr date1904="1"/>'
    )
    (sheet,) = book(tmp_path, packed(parts))
    assert rows(sheet) == [["2024-01-31"]]


def test_sheets_are_named_empty_ones_skipped_and_hidden_ones_noted(tmp_path: Path) -> None:
    content = packed(
        parts_of(
            {
                "Deals": row(1, "Id", "Stage") + row(2, "1", "Won"),
                "Empty": "",
                "Leads": row(1, "Id") + row(2, "7"),
                "Headings": row(1, "Id", "x"),
                "Old & gone": row(1, "Id") + row(2, "8"),
            },
            hidden=("Old & gone",),
        )
    )
    sheets = book(tmp_path, content)
    assert [sheet.file for sheet in sheets] == ["deals.xlsx [Deals]", "deals.xlsx [Leads]"]
    assert "Old & gone" in sheets[0].notes[0]
    assert sheets[0].digest == sheets[1].digest == hashlib.sha256(content).hexdigest()
    alone = packed(parts_of({"H": row(1, "Id")}, hidden=("H",)))
    assert "unhide" in refusal(tmp_path, alone, "deals.xlsx")
    assert "no rows" in refusal(tmp_path, packed(parts_of({"H": row(1, "Id")})), "deals.xlsx")


def test_empty_cells_at_the_end_of_a_workbook_s_row_are_empty_and_more_get_a_heading(
    tmp_path: Path,
) -> None:
    content = row(1, "a", "b") + row(2, "1") + row(3, "", "2") + row(4, "3", "4", "5")
    (sheet,) = book(tmp_path, packed(parts_of({"S": content})))
    assert sheet.columns == ("a", "b", "(column 3)")
    assert rows(sheet) == [["1", "", ""], ["", "2", ""], ["3", "4", "5"]]
    assert sheet.too_long == ()


def test_formulas_without_a_stored_value_are_counted(tmp_path: Path) -> None:
    content = row(1, "a", "b") + (
        '<row r="2"><c r="A2"><v>1</v></c><c r="B2"><f>A2*2</f></c></row>'
        '<row r="3"><c r="A3"><v>2</v></c><c r="B3"><f>A3*2</f><v></v></c></row>'
        '<row r="4"><c r="A4"><v>3</v></c><c r="B4" t="str"><f>""</f><v></v></c></row>'
    )
    (sheet,) = book(tmp_path, packed(parts_of({"S": content})))
    assert rows(sheet) == [["1", ""], ["2", ""], ["3", ""]]
    assert sheet.notes[0].startswith("2 formulas have no stored value")


def test_a_workbook_may_name_its_elements_with_a_prefix(tmp_path: Path) -> None:
    parts = parts_of({"S": ""})
    parts["xl/worksheets/sheet1.xml"] = (
        f'<x:worksheet xmlns:x="{MAIN}"><x:sheetData><x:row><x:c t="inlineStr"><x:is><x:t>a</x:t>'
        "</x:is></x:c></x:row><x:row><x:c><x:v>1</x:v></x:c></x:row></x:sheetData></x:worksheet>"
    )
    (sheet,) = book(tmp_path, packed(parts))
    assert (sheet.columns, rows(sheet)) == (("a",), [["1"]])


def test_a_workbook_with_macros_is_refused(tmp_path: Path) -> None:
    parts = parts_of({"S": row(1, "a") + row(2, "1")})
    for content in (
        packed(parts, **{"xl/vbaProject.bin": b"x"}),
        packed({**parts, "[Content_Types].xml": TYPES.replace("sheet.main", "x.macroEnabled")}),
        packed(parts, **{"xl/macrosheets/sheet1.xml": b"x"}),
    ):
        said = refusal(tmp_path, content, "deals.xlsm")
        assert "macros" in said
        assert "save it as .xlsx" in said


def test_other_archives_are_named(tmp_path: Path) -> None:
    for names, what in (
        (["a.csv", "b.csv"], "zip archive; unpack it"),
        (["[Content_Types].xml", "word/document.xml"], "Word document"),
        (["[Content_Types].xml", "ppt/presentation.xml"], "presentation"),
        (["[Content_Types].xml", "xl/workbook.bin"], "xlsb"),
        (["mimetype", "content.xml"], "OpenDocument"),
    ):
        assert what in refusal(tmp_path, packed(dict.fromkeys(names, "x")), "deals.xlsx")


def test_an_archive_with_a_password_is_refused(tmp_path: Path) -> None:
    content = bytearray(packed({"a.csv": "x"}))
    content[content.index(b"PK\x01\x02") + 8] |= 1  # the mark of an encrypted part
    assert "password" in refusal(tmp_path, bytes(content), "deals.xlsx")


def test_a_workbook_that_unpacks_to_too_much_is_refused_before_it_is_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = parts_of({"S": row(1, "a") + row(2, "1")})
    content = packed(parts, **{"xl/media/bomb.png": bytes(3_000_000)})
    assert len(content) < 20_000
    monkeypatch.setattr(workbooks, "MOST_UNPACKED", 2_000_000)
    monkeypatch.setattr(zipfile.ZipFile, "open", None)
    assert "unpacked" in refusal(tmp_path, content, "deals.xlsx")


@pytest.mark.parametrize(
    "part", ["xl/workbook.xml", "xl/sharedStrings.xml", "xl/styles.xml", "xl/worksheets/sheet1.xml"]
)
def test_an_entity_bomb_is_refused_in_every_part(tmp_path: Path, part: str) -> None:
    parts = parts_of({"S": row(1, "a") + row(2, "1")}, "<si><t>x</t></si>", STYLES)
    bomb = '<!DOCTYPE b [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    assert "document type" in refusal(
        tmp_path, packed({**parts, part: bomb + parts[part]}), "deals.xlsx"
    )
    wide = (bomb + parts[part]).encode("utf-16")
    del parts[part]
    assert "document type" in refusal(tmp_path, packed(parts, **{part: wide}), "deals.xlsx")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('<row r="1"><c r="A1"><v>1</v></c></row><row r="1048577"/>', "row 1048577"),
        ('<row r="5"><c r="A5"><v>1</v></c></row><row r="4"/>', "row 4 follows row 5"),
        ('<row r="1"><c r="B1"><v>1</v></c><c r="A1"><v>1</v></c></row>', "not in order"),
        ('<row r="1"><c r="ABCD1"><v>1</v></c></row>', "no cell is called"),
        ('<row r="1"><c r="ZZZ1"><v>1</v></c></row>', "beyond column 1,000"),
        ('<row r="1"><c r="A1" t="s"><v>7</v></c></row>', "no sound workbook"),
        ('<row r="1"><c r="A1" s="99"><v>7</v></c></row>', "no sound workbook"),
        ('<row r="1"><c r="A1"><v>seven</v></c></row>', "no sound workbook"),
        ('<row r="1"><c r="A1"><v>1</v></row>', "no sound workbook"),
        (f'<row r="1"><c r="A1" t="str"><v>{"x" * 140_000}</v></c></row>', "131,072 characters"),
        (f'<row r="1"><c r="A1" t="{"x" * 5_000_000}"/></row>', "a tag without end"),
    ],
)  # fmt: skip
def test_a_damaged_or_hostile_sheet_is_refused(tmp_path: Path, content: str, said: str) -> None:
    assert said in refusal(tmp_path, packed(parts_of({"S": content})), "deals.xlsx")


def test_very_many_cells_in_one_row_are_not_kept_but_refused(tmp_path: Path) -> None:
    content = '<row r="1">' + "<c/>" * 300_000 + "<c><v>1</v></c></row>"
    assert "beyond column" in refusal(tmp_path, packed(parts_of({"S": content})), "deals.xlsx")


def test_a_workbook_without_its_parts_is_refused(tmp_path: Path) -> None:
    whole = parts_of({"S": row(1, "a") + row(2, "1")})
    for missing in ("_rels/.rels", "xl/_rels/workbook.xml.rels", "xl/worksheets/sheet1.xml"):
        parts = {name: text for name, text in whole.items() if name != missing}
        assert "no sound workbook" in refusal(tmp_path, packed(parts), "deals.xlsx")
    content = packed(whole)
    for cut in (20, len(content) // 2, len(content) - 10):
        assert "no sound workbook" in refusal(tmp_path, content[:cut], "deals.xlsx")


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(at=st.integers(0, 2_000), byte=st.integers(0, 255))
def test_a_workbook_with_a_wrong_byte_is_read_or_refused(
    tmp_path: Path, at: int, byte: int
) -> None:
    content = bytearray(packed(parts_of({"S": row(1, "a", "b") + row(2, "1", "2")}, styles=STYLES)))
    content[at % len(content)] = byte
    try:
        sheets = book(tmp_path, bytes(content))
    except ScenarioError:
        return  # nothing else may happen
    assert all(len(sheet.cells) for sheet in sheets)


def test_what_another_library_writes_is_read_as_it_reads_it(tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    generator = np.random.default_rng(5)
    made = openpyxl.Workbook()
    made.active.append(["Id", "担当", "Amount", "Created", "Closed"])
    wanted = []
    for at in range(200):
        created = datetime(2020, 1, 1, 9, 30) + at * (datetime(2020, 1, 2) - datetime(2020, 1, 1))
        closed = date(2021, 1, 1 + at % 28)
        amount = round(float(generator.uniform(1, 1e7)), 2)
        made.active.append([at, f"担当 {at % 7} <b>", amount, created, closed])
        wanted.append([str(at), f"担当 {at % 7} <b>", amount, created, closed])
    made.save(tmp_path / "made.xlsx")
    (sheet,) = read_sheets(tmp_path / "made.xlsx")
    assert sheet.columns == ("Id", "担当", "Amount", "Created", "Closed")
    assert sheet.cells["Id"].tolist() == [one[0] for one in wanted]
    assert sheet.cells["担当"].tolist() == [one[1] for one in wanted]
    assert sheet.cells["Amount"].astype(float).tolist() == [one[2] for one in wanted]
    hours = read_dates(sheet.cells["Created"], None, "Asia/Tokyo")
    assert hours.stamps.tolist() == [one[3] for one in wanted]
    days = read_dates(sheet.cells["Closed"], None, "Asia/Tokyo")
    assert days.dated_only.all()
    assert days.stamps.astype("datetime64[D]").tolist() == [one[4] for one in wanted]


# ------------------------------------------------------------------ real exports


@pytest.mark.parametrize(
    ("name", "columns"),
    [
        ("crm_exports/hubspot_deals_synthetic.csv", 12),
        ("crm_exports/hubspot_contacts_synthetic.csv", 20),
        ("maven_crm/sales_pipeline.csv", 8),
        ("olist/olist_closed_deals_dataset.csv", 14),
        ("olist/olist_marketing_qualified_leads_dataset.csv", 4),
    ],
)
def test_every_row_of_a_real_export_is_read(name: str, columns: int) -> None:
    path = EXPORTS / name
    if not path.exists():
        pytest.skip("the data are not part of the project")
    (sheet,) = read_sheets(path)
    with path.open(encoding="utf-8-sig", newline="") as stream:
        wanted = list(csv.reader(stream))
    assert len(sheet.columns) == columns
    assert len(sheet.cells) == len(wanted) - 1
    assert sheet.too_long == ()
    assert rows(sheet)[-1] == [cell.strip() for cell in wanted[-1]]


def test_the_bounds_are_those_that_the_messages_name() -> None:
    assert file_kinds.MOST_BYTES == 1_000_000_000
    assert csv.field_size_limit() == reading.MOST_LETTERS


def test_json_lines_are_no_table(tmp_path: Path) -> None:
    lines = "\n".join(json.dumps({"id": at, "at": str(datetime.now(UTC))}) for at in range(3))
    assert "JSON" in refusal(tmp_path, lines)


@pytest.mark.parametrize(
    "above", ["My report,,,\n,,,\n", "My report\n", "Deals of 2024,,,\nAs of today,,,\n,,,\n"]
)
def test_a_title_above_the_headings_is_told_as_such(tmp_path: Path, above: str) -> None:
    said = refusal(tmp_path, f"{above}Id,Stage,Amount,Created\n1,Won,5,a\n2,Lost,6,b\n")
    assert "delete what is above" in said


def test_a_title_above_the_headings_of_a_workbook_is_told_as_such(tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    made = openpyxl.Workbook()
    for cells in (["My report"], [], ["Id", "Stage", "Amount"], [1, "Won", 5], [2, "Lost", 6]):
        made.active.append(cells)
    made.save(tmp_path / "deals.xlsx")
    with pytest.raises(ScenarioError, match=r"row 3.*delete what is above the headings"):
        read_sheets(tmp_path / "deals.xlsx")


def test_one_heading_beside_a_column_without_one_is_no_title(tmp_path: Path) -> None:
    assert read(tmp_path, "Id,\n1,a\n2,b\n").columns == ("Id", "(column 2)")


def test_no_message_names_a_key_that_a_mapping_does_not_have(tmp_path: Path) -> None:
    sheet = read(tmp_path, "Id,Name\n1,Café\n".encode("latin-1"))
    said = refusal(tmp_path, b"Id,Name\n1,\xff\xfe\x81\x8d\x90\n")
    for each in (" ".join(sheet.notes), said):
        assert "save the file as UTF-8" in each
        assert "mapping" not in each


def test_a_format_of_any_length_is_looked_at_no_further_than_spreadsheets_allow() -> None:
    assert shape_of("yyyy" + '"' * 400 + "0") == "day"


def test_a_tag_longer_than_any_sound_one_is_refused(tmp_path: Path) -> None:
    content = f'<row r="1"><c r="A1" t="{"x" * 1_000_000}"/></row>'
    said = refusal(tmp_path, packed(parts_of({"S": content})), "deals.xlsx")
    assert "a tag without end" in said
