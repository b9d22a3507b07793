"""Files become tables of text, cell by cell as they are written, or one says what is wrong.

Nothing is interpreted here but the form of the file: what a cell means as a date or an amount is
told by :mod:`.importing.dates` and :mod:`.importing.amounts`. Formulas are
never evaluated; from workbooks the values are taken that the spreadsheet program stored.
"""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from simulator.calibration.importing.file_kinds import digest_of, kind_of, letters_of, refused
from simulator.calibration.importing.workbooks import Tab, open_workbook
from simulator.scenario.scalars import shorten

MOST_ROWS = 5_000_000
MOST_COLUMNS = 1_000
MOST_LETTERS = 131_072
"""Of one cell: the bound of Python's own reader of CSV."""

_SAMPLE = 1 << 18
_DELIMITERS = (",", ";", "\t", "|")
_NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
_A_ROW_OF_HEADINGS = 3  # filled cells: below a single one that is no heading
_BATCH = 1_000  # rows at once: small enough for the processor's cache, which makes it fast
_END = "\x00end of the file\x00"  # no cell can hold it: texts with NUL are refused


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table as a file has it: text in every cell.

    Attributes
    ----------
    file : str
        Name shown in messages; where a workbook has several sheets with that of the sheet:
        ``crm.xlsx [Deals]``.
    columns : tuple of str
        Headings, stripped and made unique (``Name``, ``Name (2)``).
    cells : DataFrame of str (object)
        One column per heading; missing cells are ""; stripped. Its index is the number of the row
        as a spreadsheet shows it, so rows that were left out leave gaps.
    first_row : int
        Number of the first row of `cells`.
    encoding, delimiter : str
        How a text file was read; "" for a workbook.
    too_long : tuple of int
        Numbers of the rows that have more or fewer cells than headings; they are not in `cells`.
    digest : str
        SHA-256 of the file, for provenance.
    notes : tuple of str
        What the user should know about how it was read.
    """

    file: str
    columns: tuple[str, ...]
    cells: pd.DataFrame
    first_row: int
    encoding: str
    delimiter: str
    too_long: tuple[int, ...]
    digest: str
    notes: tuple[str, ...] = ()


def read_sheets(
    path: Path, *, encoding: str | None = None, delimiter: str | None = None
) -> tuple[Sheet, ...]:
    """Read a CSV, TSV or XLSX file.

    Parameters
    ----------
    path : Path
        What it is, is told by its bytes, not by its name.
    encoding : str, optional
        Of a text file, one of `.importing.file_kinds.ENCODINGS`; found out if not given.
    delimiter : str, optional
        Of a text file; found out if not given.

    Returns
    -------
    tuple of Sheet
        One for a text file; for a workbook one per visible sheet that has rows.

    Raises
    ------
    ScenarioError
        If it is no table or breaks a bound; the message names the place and the remedy.
    """
    if kind_of(path) == "workbook":
        return _workbook_sheets(path)
    return (_text_sheet(path, encoding, delimiter),)


# ------------------------------------------------------------------ text files


def _text_sheet(path: Path, encoding: str | None, delimiter: str | None) -> Sheet:
    file = path.name
    letters = letters_of(path, encoding)
    errors = "replace" if letters.broken else "strict"
    with path.open(encoding=letters.encoding, errors=errors, newline="") as stream:
        sample = stream.read(_SAMPLE)
        stated = _stated_delimiter(sample)
        found = delimiter or stated or delimiter_of(sample, whole=len(sample) < _SAMPLE)
        if len(found) != 1 or found in '"\r\n':
            raise refused(file, repr(found), "a delimiter is one character, such as , or ;")
        stream.seek(0)
        if stated:
            stream.readline()
        lines = chain(stream, (_END,))
        reader = csv.reader(lines, delimiter=found, skipinitialspace=True)
        table = _Table(file, exact=True)
        try:
            while batch := list(islice(reader, _BATCH)):
                ended = batch[-1] == [_END]
                table.add(batch[:-1] if ended else batch)
            if not ended:
                raise refused(
                    f"{file}: row {table.seen}",
                    "",
                    'a quotation mark (") in this row is never closed, so the rest of the file '
                    "is one cell; close or delete it",
                )
        except csv.Error as error:
            raise refused(
                f"{file}: before line {reader.line_num}",
                "",
                f"a cell has more than {MOST_LETTERS:,} characters, or a quotation mark before it "
                f"is never closed ({error}); mend that row",
            ) from error
    return table.sheet(letters.encoding, found, digest_of(path), letters.notes)


def delimiter_of(sample: str, whole: bool = True) -> str:
    """Find out what separates the cells of a text: the sign that gives the most even table.

    Parameters
    ----------
    sample : str
        The beginning of the file.
    whole : bool
        It is the entire file; otherwise its last row may be cut.

    Returns
    -------
    str
        A comma where no sign separates anything.
    """
    best, found = (0.0, 0), ","
    for sign in _DELIMITERS:
        try:
            rows = list(csv.reader(io.StringIO(sample, newline=""), delimiter=sign,
                                   skipinitialspace=True))  # fmt: skip
        except csv.Error:
            continue
        rows = [row for row in (rows if whole or len(rows) < 2 else rows[:-1]) if any(row)]
        if not rows or len(rows[0]) < 2:
            continue
        even = sum(len(row) == len(rows[0]) for row in rows) / len(rows)
        if (even, len(rows[0])) > best:
            best, found = (even, len(rows[0])), sign
    return found


def _stated_delimiter(sample: str) -> str:
    """Return what the line ``sep=;`` says that spreadsheet programs write and do not show."""
    first = sample.partition("\n")[0].rstrip("\r")
    return first[4] if len(first) == 5 and first.lower().startswith("sep=") else ""


# ------------------------------------------------------------------ workbooks


def _workbook_sheets(path: Path) -> tuple[Sheet, ...]:
    sheets: list[Sheet] = []
    headings_only: list[str] = []
    digest = digest_of(path)
    with open_workbook(path, MOST_COLUMNS, MOST_LETTERS) as workbook:
        several = len(workbook.tabs) > 1
        for tab in workbook.tabs:
            name = f"{path.name} [{shorten(tab.name)}]" if several else path.name
            table = _Table(name, exact=False)
            for batch in _batches(tab):
                table.add(batch)
            if not table.headings:
                continue
            if not table.kept:
                headings_only.append(name)
                continue
            sheets.append(table.sheet("", "", digest, (*workbook.notes, *tab.notes)))
    if not sheets:
        only = headings_only[0] if headings_only else path.name
        below = " below its headings" if headings_only else ""
        raise refused(only, "", f"has no rows of cells{below}")
    return tuple(sheets)


def _batches(tab: Tab) -> Iterator[list[list[str]]]:
    rows = tab.rows()
    while batch := list(islice(rows, _BATCH)):
        yield batch


# ------------------------------------------------------------------ tables


class _Table:
    """Rows as they come, gathered by column.

    Parameters
    ----------
    file : str
    exact : bool
        A row must have as many cells as there are headings; otherwise what is missing at its end
        is empty, and what is beyond the headings gets a heading (workbooks do not store empty
        cells).
    """

    def __init__(self, file: str, exact: bool) -> None:
        self.file = file
        self.exact = exact
        self.headings: list[str] = []
        self.seen = 0  # rows, as a spreadsheet counts them
        self.kept = 0
        self._columns: list[list[str]] = []
        self._numbers: list[NDArray[np.int64]] = []
        self._too_long: list[int] = []

    def add(self, batch: list[list[str]]) -> None:
        """Take the next rows."""
        first = self.seen + 1
        self.seen += len(batch)
        if not self.headings:
            at = next((at for at, row in enumerate(batch) if any(map(str.strip, row))), None)
            if at is None:
                return
            self._begin(batch[at])
            first, batch = first + at + 1, batch[at + 1 :]
        if not batch:
            return
        width = len(self.headings)
        numbers = np.arange(first, first + len(batch))
        if set(map(len, batch)) != {width}:
            kept = [at for at, row in enumerate(batch) if self._fits(row, first + at)]
            width = len(self.headings)
            batch = [batch[at][:width] for at in kept]
            batch = [row + [""] * (width - len(row)) for row in batch]
            numbers = numbers[kept]
        self.kept += len(batch)
        if self.kept > MOST_ROWS:
            raise refused(
                self.file,
                "",
                f"has more than {MOST_ROWS:,} rows; export a shorter period",
            )
        self._numbers.append(numbers)
        for column, cells in zip(self._columns, zip(*batch, strict=True), strict=False):
            column.extend(_thrifty(cells))

    def _begin(self, row: list[str]) -> None:
        row = row if self.exact else row[: _filled(row)]
        if len(row) > MOST_COLUMNS:
            raise refused(self.file, f"{len(row):,} columns", f"at most {MOST_COLUMNS:,} columns")
        self.headings = [cell.strip() for cell in row]
        self._columns = [[] for _ in row]

    def _fits(self, row: list[str], number: int) -> bool:
        """Tell whether a row of another width is used; empty ones are left out silently."""
        filled = _filled(row)
        if not filled:
            return False
        if self.exact:
            # Empty cells beyond the headings do no harm; missing ones may be anywhere.
            if len(row) < len(self.headings) or filled > len(self.headings):
                self._too_long.append(number)
                return False
            return True
        for _ in range(len(self.headings), filled):
            self.headings.append("")
            self._columns.append([""] * self.kept)
        return True

    def sheet(self, encoding: str, delimiter: str, digest: str, notes: Iterable[str]) -> Sheet:
        """Return everything that came."""
        self._check()
        numbers = np.concatenate(self._numbers) if self._numbers else np.empty(0, dtype=np.int64)
        arrays = [np.array(column, dtype=object) for column in self._columns]
        self._columns = []
        filled = [array != "" for array in arrays]
        some = np.logical_or.reduce(filled)
        used = [bool(self.headings[at]) or filled[at].any() for at in range(len(arrays))]
        if not some.any():
            raise refused(self.file, "", "has headings only: no row below them has a cell")
        if not some.all():
            arrays = [array[some] for array in arrays]
            numbers = numbers[some]
        self._refuse_a_title(arrays, numbers)
        names = unique_headings(self.headings)
        kept = {names[at]: arrays[at] for at in range(len(arrays)) if used[at]}
        cells = pd.DataFrame(kept, index=pd.Index(numbers, name="row"), dtype=object)
        return Sheet(
            self.file,
            tuple(kept),
            cells,
            int(numbers[0]),
            encoding.removesuffix("-sig"),
            delimiter,
            tuple(self._too_long),
            digest,
            tuple(notes),
        )

    def _refuse_a_title(
        self, arrays: list[NDArray[np.object_]], numbers: NDArray[np.int64]
    ) -> None:
        """Refuse a first row that is the title of a report: one cell above rows of many."""
        if sum(map(bool, self.headings)) != 1:
            return
        filled = np.sum([array != "" for array in arrays], axis=0)
        many = np.flatnonzero(filled >= _A_ROW_OF_HEADINGS)
        if len(many) * 2 >= len(filled):
            raise refused(
                f"{self.file}: row {numbers[many[0]]}",
                "",
                f"has {filled[many[0]]} filled cells, the first row only one: a title; the headings"
                " must stand in the first row: delete what is above the headings",
            )

    def _check(self) -> None:
        if not self.headings:
            raise refused(self.file, "", "is empty; a row of headings and rows of cells are needed")
        if not self.kept and self._too_long:
            shown = shorten(self.headings[0])
            raise refused(
                f"{self.file}: row {self._too_long[0]}",
                "",
                f"no row has as many cells as the first one ({len(self.headings)}, beginning with "
                f"{shown}); the headings must stand in the first row: delete what is above them",
            )
        if not self.kept:
            raise refused(self.file, "", "has headings only: no row below them has a cell")


def _thrifty(cells: tuple[str, ...]) -> list[str]:
    """Strip cells; keep repeated ones once, for a million rows repeat most of their cells."""
    different = set(cells)
    if len(different) * 2 > len(cells):
        return [cell.strip() for cell in cells]
    shared = {cell: sys.intern(cell.strip()) for cell in different}
    return [shared[cell] for cell in cells]


def _filled(row: list[str]) -> int:
    """Return up to where a row has cells that are not empty."""
    for at in range(len(row) - 1, -1, -1):
        if row[at].strip():
            return at + 1
    return 0


def unique_headings(headings: Iterable[str]) -> list[str]:
    """Give each column a name of its own: ``Name``, ``Name (2)``, ``(column 3)``."""
    given = [heading or f"(column {at})" for at, heading in enumerate(headings, start=1)]
    taken = set(given)
    seen: set[str] = set()
    found = []
    for heading in given:
        name, number = heading, 2
        while name in seen or (name != heading and name in taken):
            name, number = f"{heading} ({number})", number + 1
        seen.add(name)
        found.append(name)
    return found
