"""Workbooks for planners (XLSX): sheets with headings, formats and formulas that keep working.

A workbook holds nothing but numbers, texts that no program takes for a formula, and the formulas
that are written as such, each with its value beside it for programs that do not calculate. The
same sheets give the same bytes: nothing in a file tells when it was written.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from rich.cells import cell_len

from simulator.cells import harmless
from simulator.languages.languages import spoken
from simulator.languages.messages import marked, say
from simulator.metrics.definitions import METRICS, Better
from simulator.metrics.units import unit_in, unit_shown

Kind = Literal["text", "count", "change", "money", "share", "points", "number", "days", "general"]
"""What a cell holds, by which it is formatted."""
Plain = str | int | float | bool | None

_FORMATS: dict[Kind, str] = {
    "text": "@",
    "count": "#,##0",
    "change": "+#,##0;-#,##0;0",
    "money": "#,##0",
    "share": "0.0%",
    "points": "+0.0%;-0.0%;0.0%",
    "number": "#,##0.00",
    "days": "0.00",
    "general": "General",
}
_CHANGES: Mapping[Kind, Kind] = {"share": "points", "money": "change"}
_BETTER: Mapping[Better, str] = {
    "higher": marked("higher¦definition"), "lower": marked("lower¦definition"),
    "neither": marked("neither¦definition"),
}  # fmt: skip
ARTICLES = marked(
    "S0 and S3 are the two articles on THE MODEL that this product is built from; docs/model.md"
    " says what comes from which."
)
"""What two letters among the sources stand for."""
_FROM_ARTICLES = ("S0", "S3")
_INPUT = "#1f4e9e"
_HEAD = "#e9edf2"
_LINE = "#0072b2"
_WRITTEN = datetime(2000, 1, 1, tzinfo=UTC)
_LONGEST = 32_767  # characters that a cell can hold
_NARROWEST, _WIDEST = 9.0, 70.0
_OPTIONS = {
    "in_memory": True,
    "constant_memory": False,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "nan_inf_to_errors": False,
}


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula and what it gives.

    Attributes
    ----------
    text : str
        As typed, beginning with "=".
    value : float
        For programs that do not calculate.
    """

    text: str
    value: float


@dataclass(frozen=True, slots=True)
class Shown:
    """A value that is formatted otherwise than its column.

    Attributes
    ----------
    value : str, int, float, bool or None
    kind : Kind
    """

    value: Plain
    kind: Kind


@dataclass(frozen=True, slots=True)
class Link:
    """A text that leads to a row of a sheet.

    Attributes
    ----------
    text : str
    sheet : str
        Name of a sheet of the same workbook.
    row : int
        Of its table, from 0.
    """

    text: str
    sheet: str
    row: int


Cell = Plain | Formula | Shown | Link
"""What a cell holds; what is missing (None, NaN, infinity) is left empty."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a sheet.

    Attributes
    ----------
    heading : str
    kind : Kind
    asked : bool
        Whether its numbers are there to be changed: they are shown in blue.
    """

    heading: str
    kind: Kind = "text"
    asked: bool = False


@dataclass(frozen=True, slots=True)
class LineChart:
    """A line chart of one column of a sheet over another, beside its table.

    Attributes
    ----------
    title, across, up : str
        Of the chart and of its axes.
    x, y : int
        Columns, from 0.
    rows : int
        How many rows of the table it shows, from the first.
    """

    title: str
    across: str
    up: str
    x: int
    y: int
    rows: int


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet: headings in the first row, then rows; all of it a plain table.

    Attributes
    ----------
    name : str
        At most 31 characters, without ``[]:*?/\\``.
    columns : tuple of Column
    rows : tuple of sequence of Cell
    totals : int
        How many rows at the end are sums, set in bold.
    notes : tuple of str
        Below the table, after an empty row.
    fixed : int
        How many columns stay in view.
    filtered : bool
        Whether its rows can be chosen by the headings.
    chart : LineChart or None
    """

    name: str
    columns: tuple[Column, ...]
    rows: tuple[Sequence[Cell], ...]
    totals: int = 0
    notes: tuple[str, ...] = field(default=())
    fixed: int = 1
    filtered: bool = False
    chart: LineChart | None = None


Term = tuple[str, str, str, str]
"""A word of a workbook: its name, the sheet it stands on, what it means, and its unit."""


def everywhere() -> str:
    """Name where a word stands that is on more than one sheet."""
    return say("everywhere")


def definitions_sheet(
    metrics: Sequence[str],
    currency: str,
    terms: Iterable[Term] = (),
    sheets: Sequence[str] = (),
) -> Sheet:
    """Return a sheet that says what the words and metrics of a workbook mean.

    Parameters
    ----------
    metrics : sequence of str
        Of the registry.
    currency : str
        Of the scenario.
    terms : iterable of Term
        Words beside the metrics, in the language that is spoken.
    sheets : sequence of str
        Names of the sheets that the workbook has: words of other ones are left out.
    """
    japanese = spoken() == "ja"
    columns = (
        Column(say("Name¦definition")), Column(say("Where¦definition")),
        Column(say("Meaning¦definition")), Column(say("Unit¦definition")),
        Column(say("Better¦definition")), Column(say("Formula¦definition")),
        Column(say("What counts¦definition")), Column(say("Japanese¦definition")),
        Column(say("Source¦definition")),
    )  # fmt: skip
    rows: list[Sequence[Cell]] = [
        [name, where, meaning, unit, "", "", "", "", ""]
        for name, where, meaning, unit in terms
        if where in sheets or where == everywhere()
    ]
    if any(letter in METRICS[name].source for name in metrics for letter in _FROM_ARTICLES):
        rows.append([say("S0, S3"), "", say(ARTICLES), "", "", "", "", "", ""])
    for name in dict.fromkeys(metrics):
        metric = METRICS[name]
        rows.append([
            metric.label, name, say(metric.numerator), unit_written(name, currency),
            say(_BETTER[metric.better]), say(metric.formula), say(metric.rule),
            metric.label_en if japanese else metric.label_ja, say(metric.source),
        ])  # fmt: skip
    return Sheet(say("Definitions¦sheet"), columns, tuple(rows))


def about_sheet(
    facts: Sequence[tuple[str, Cell]], verdict: Sequence[str], notes: Sequence[str] = ()
) -> Sheet:
    """Return a sheet that says what was asked, what came out, and how to repeat it.

    Parameters
    ----------
    facts : sequence of (str, Cell)
        What is missing or empty is left out.
    verdict, notes : sequence of str
    """
    rows: list[Sequence[Cell]] = [
        [name, value] for name, value in facts
        if value != "" and not (isinstance(value, Shown) and value.value is None)
    ]  # fmt: skip
    rows += [[say("What it says") if k == 0 else "", line] for k, line in enumerate(verdict)]
    rows += [[say("Note¦fact"), note] for note in notes]
    columns = (Column(say("What¦fact")), Column(say("Value¦fact")))
    return Sheet(say("About¦sheet"), columns, tuple(rows))


def kind_of(metric: str) -> Kind:
    """Return how values of a metric are formatted."""
    unit = METRICS[metric].unit
    if unit.startswith("share"):
        return "share"
    if unit.startswith("currency"):
        return "money"
    return "days" if unit == "business days" else "number"


def kind_of_change(metric: str) -> Kind:
    """Return how differences of a metric are formatted."""
    kind = kind_of(metric)
    return _CHANGES.get(kind, kind)


def unit_written(metric: str, currency: str) -> str:
    """Write the unit of a metric as the registry has it; in Japanese as a reader sees it."""
    unit = METRICS[metric].unit
    return unit_shown(unit, currency) if spoken() == "ja" else unit_in(unit, currency)


def book(sheets: Sequence[Sheet], title: str) -> bytes:
    """Write sheets as a workbook; those without rows are left out.

    Parameters
    ----------
    sheets : sequence of Sheet
    title : str
        Among the properties of the file.

    Returns
    -------
    bytes
        The same for the same sheets.
    """
    import xlsxwriter  # type: ignore[import-untyped]  # it has no types

    stream = io.BytesIO()
    workbook = xlsxwriter.Workbook(stream, _OPTIONS)
    # The format keeps no time zone; a fixed date keeps the bytes the same.
    workbook.set_properties(
        {"title": _text(title), "author": "themodel", "created": _WRITTEN.replace(tzinfo=None)}
    )
    formats: dict[tuple[Any, ...], Any] = {}
    for sheet in sheets:
        if sheet.rows:
            paper = workbook.add_worksheet(sheet.name)
            _write(workbook, paper, sheet, formats)
            if sheet.chart is not None:
                _draw(workbook, paper, sheet, sheet.chart)
    workbook.close()
    return stream.getvalue()


def reference(row: int, column: int, fixed: bool = False) -> str:
    """Return the address of a cell, such as ``B2``, for formulas.

    Parameters
    ----------
    row : int
        Of the table, from 0; the headings stand above it.
    column : int
        From 0.
    fixed : bool
        Whether it stays when the formula is copied: ``$B$2``.
    """
    letters, rest = "", column + 1
    while rest:
        rest, letter = divmod(rest - 1, 26)
        letters = chr(ord("A") + letter) + letters
    return f"${letters}${row + 2}" if fixed else f"{letters}{row + 2}"


def on_sheet(name: str, address: str) -> str:
    """Return the address of a cell on a sheet, such as ``Plan!B2``."""
    return f"{name}!{address}" if name.isascii() and name.isalnum() else f"'{name}'!{address}"


def span(first: int, last: int, column: int) -> str:
    """Return the addresses of some rows of a column, such as ``B2:B6``."""
    return f"{reference(first, column)}:{reference(last, column)}"


def _write(workbook: Any, paper: Any, sheet: Sheet, formats: dict[tuple[Any, ...], Any]) -> None:
    def formatted(**look: Any) -> Any:
        key = tuple(sorted(look.items()))
        if key not in formats:
            formats[key] = workbook.add_format(look)
        return formats[key]

    head: Mapping[str, Any] = {"bold": True, "bg_color": _HEAD, "text_wrap": True, "valign": "top"}
    for at, column in enumerate(sheet.columns):
        align = "left" if column.kind == "text" else "right"
        paper.write_string(0, at, _text(column.heading), formatted(**head, align=align))
        paper.set_column(at, at, _width(sheet, at))
    paper.freeze_panes(1, sheet.fixed)
    first_total = len(sheet.rows) - sheet.totals
    for number, row in enumerate(sheet.rows):
        for at, (column, cell) in enumerate(zip(sheet.columns, row, strict=True)):
            kind = cell.kind if isinstance(cell, Shown) else column.kind
            look: dict[str, Any] = {"num_format": _FORMATS[kind], "valign": "top"}
            if kind == "text":
                look["text_wrap"] = True
            if number >= first_total:
                look |= {"bold": True, "top": 1 if number == first_total else 0}
            elif column.asked and not isinstance(cell, Formula):
                look["font_color"] = _INPUT
            if isinstance(cell, Link):
                look |= {"font_color": _LINE, "underline": 1}
            _put(paper, number + 1, at, cell, formatted(**look))
    if sheet.filtered:
        paper.autofilter(0, 0, first_total, len(sheet.columns) - 1)
    for number, note in enumerate(sheet.notes):
        look = {"italic": True, "font_color": "#555555"}
        paper.write_string(len(sheet.rows) + 2 + number, 0, _text(note), formatted(**look))


def _draw(workbook: Any, paper: Any, sheet: Sheet, chart: LineChart) -> None:
    made = workbook.add_chart({"type": "line"})
    x, y = ([sheet.name, 1, at, chart.rows, at] for at in (chart.x, chart.y))
    made.add_series({"categories": x, "values": y, "line": {"color": _LINE, "width": 2.25}})
    made.set_title({"name": _in_chart(chart.title), "name_font": {"size": 12, "bold": False}})
    made.set_x_axis({"name": _in_chart(chart.across)})
    made.set_y_axis(
        {"name": _in_chart(chart.up), "num_format": "#,##0", "major_gridlines": {
            "visible": True, "line": {"color": "#d9dde3"}}}
    )  # fmt: skip
    made.set_legend({"none": True})
    made.set_size({"width": 720, "height": 360})
    paper.insert_chart(1, len(sheet.columns) + 1, made)


def _in_chart(text: str) -> str:
    """Return a text that is not taken for the address of a cell, as ``Plan!A1`` would be."""
    return _text(text).replace("!", "\N{FULLWIDTH EXCLAMATION MARK}")


def _put(paper: Any, row: int, at: int, cell: Cell, look: Any) -> None:
    if isinstance(cell, Link):
        target = f"internal:{on_sheet(cell.sheet, reference(cell.row, 0))}"
        paper.write_url(row, at, target, look, _text(cell.text))
        return
    value = cell.value if isinstance(cell, Shown) else cell
    if value is not None and hasattr(value, "item"):
        value = value.item()  # numpy's own numbers
    if isinstance(value, Formula):
        known = value.value if math.isfinite(value.value) else ""
        paper.write_formula(row, at, value.text, look, known)
    elif value is None or (isinstance(value, float) and not math.isfinite(value)):
        paper.write_blank(row, at, None, look)
    elif isinstance(value, bool):
        paper.write_boolean(row, at, value, look)
    elif isinstance(value, (int, float)):
        paper.write_number(row, at, value, look)
    else:
        paper.write_string(row, at, _text(value), look)


def _text(text: str) -> str:
    """Return a text that a workbook can hold and no program runs."""
    return harmless(text.encode("utf-8", "replace").decode("utf-8"))[:_LONGEST]


def _width(sheet: Sheet, at: int) -> float:
    """Return a width that shows most of a column without hiding the others."""
    column = sheet.columns[at]
    words = max((cell_len(word) for word in column.heading.split()), default=0)
    lengths = [_length(row[at], column.kind) for row in sheet.rows]
    return min(max(_NARROWEST, words + 2.0, *(length + 2.0 for length in lengths)), _WIDEST)


def _length(cell: Cell, kind: Kind) -> float:
    value = cell.value if isinstance(cell, (Shown, Formula)) else cell
    if isinstance(value, Link):
        value = value.text
    if isinstance(value, str):
        return max((cell_len(line) for line in value.splitlines()), default=0)
    if value is None or not math.isfinite(value):
        return 0.0
    return float(len(f"{value:,.0f}") + (0 if kind in ("count", "money", "change") else 3))
