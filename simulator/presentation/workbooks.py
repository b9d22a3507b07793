"""Workbooks for planners (XLSX): sheets with headings, formats and formulas that keep working.

A workbook holds nothing but numbers, texts that no program takes for a formula, and the formulas
that are written as such, each with its value beside it for programs that do not calculate. The
same sheets give the same bytes: nothing in a file tells when it was written.
"""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from rich.cells import cell_len

from simulator.cells import harmless

Kind = Literal["text", "count", "change", "money", "share", "points", "number", "days"]
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
}
_INPUT = "#1f4e9e"
_HEAD = "#e9edf2"
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


Cell = Plain | Formula | Shown
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
    """

    name: str
    columns: tuple[Column, ...]
    rows: tuple[Sequence[Cell], ...]
    totals: int = 0
    notes: tuple[str, ...] = field(default=())
    fixed: int = 1


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
            _write(workbook, workbook.add_worksheet(sheet.name), sheet, formats)
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
            _put(paper, number + 1, at, cell, formatted(**look))
    for number, note in enumerate(sheet.notes):
        look = {"italic": True, "font_color": "#555555"}
        paper.write_string(len(sheet.rows) + 2 + number, 0, _text(note), formatted(**look))


def _put(paper: Any, row: int, at: int, cell: Cell, look: Any) -> None:
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
    if isinstance(value, str):
        return max((cell_len(line) for line in value.splitlines()), default=0)
    if value is None or not math.isfinite(value):
        return 0.0
    return float(len(f"{value:,.0f}") + (0 if kind in ("count", "money", "change") else 3))
