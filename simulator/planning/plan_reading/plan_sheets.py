"""The one table of a file that holds a plan: which sheet it is, and its rows as text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Literal

from simulator.calibration.importing.file_kinds import kind_of, refused
from simulator.calibration.importing.reading import MOST_COLUMNS, MOST_LETTERS, read_sheets
from simulator.calibration.importing.workbooks import Tab, open_workbook
from simulator.planning.plan_reading.plan_words import is_blank, month_of, role_of, team_of
from simulator.scenario.outline import nearest
from simulator.scenario.scalars import shorten

MOST_BYTES = 20_000_000
MOST_ROWS = 10_000
"""Of a plan: more than six teams have months of the longest run."""

Form = Literal["long", "row per month", "row per team"]
"""One row per team and month; or a table of which the columns are teams, or months."""

_AGAIN = re.compile(r" \(\d+\)$")


@dataclass(frozen=True, slots=True)
class PlanSheet:
    """A table as the file has it: text in every cell.

    Attributes
    ----------
    file : str
        Name shown in messages, with that of the sheet where the workbook has several.
    headings : tuple of str
    rows : tuple of (int, tuple of str)
        Number of the row as a spreadsheet shows it, and one cell per heading; without empty rows.
    uneven : tuple of int
        Numbers of rows that have more or fewer cells than headings.
    notes : tuple of str
        What the user should know about how it was read.
    """

    file: str
    headings: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]
    uneven: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()


def form_of(headings: Sequence[str]) -> Form | None:
    """Tell by its headings which form a plan has, None if they are not those of a plan."""
    roles = {role_of(heading) for heading in headings}
    if {"team", "month"} <= roles and roles & {"people", "hires"}:
        return "long"
    teams = any(team_of(heading) for heading in headings)
    months = any(month_of(heading) is not None for heading in headings)
    if teams and not months and "team" not in roles:
        return "row per month"
    if months and not teams and "month" not in roles:
        return "row per team"
    return None


def plan_sheet(path: Path, sheet: str | None = None) -> PlanSheet:
    """Read the table of a file that holds a plan.

    Parameters
    ----------
    path : Path
        CSV, TSV or XLSX, told by its bytes.
    sheet : str, optional
        Name of the sheet of a workbook; without it the only one that looks like a plan.

    Raises
    ------
    ScenarioError
        If it is no table, or too large, or it cannot be told which sheet is meant.
    """
    kind = kind_of(path)
    size = path.stat().st_size
    if size > MOST_BYTES:
        raise refused(
            path.name,
            f"{size / 1e6:,.0f} MB",
            f"a plan may have at most {MOST_BYTES / 1e6:.0f} MB; keep only the table of the plan",
        )
    if kind == "workbook":
        return _of_workbook(path, sheet)
    if sheet is not None:
        raise refused(path.name, sheet, "a text file has no sheets; name none")
    (read,) = read_sheets(path)
    cells = zip(*(read.cells[name].tolist() for name in read.columns), strict=True)
    numbers = read.cells.index.tolist()
    return _bounded(
        PlanSheet(
            read.file,
            tuple(_first_heading(name, read.columns) for name in read.columns),
            tuple(zip(numbers, cells, strict=True)),
            read.too_long,
            read.notes,
        )
    )


def _bounded(sheet: PlanSheet) -> PlanSheet:
    if not sheet.rows:
        raise refused(sheet.file, "", "has headings only: no row below them has a cell")
    if len(sheet.rows) > MOST_ROWS:
        raise refused(
            sheet.file,
            "",
            f"has more than {MOST_ROWS:,} rows; a plan has one per month, or per team and month",
        )
    return sheet


def _first_heading(name: str, names: Sequence[str]) -> str:
    """Undo what makes headings unique: the same team twice is to be found out."""
    if re.fullmatch(r"\(column \d+\)", name):
        return ""
    shorter = _AGAIN.sub("", name)
    return shorter if shorter in names else name


def _of_workbook(path: Path, sheet: str | None) -> PlanSheet:
    with open_workbook(path, MOST_COLUMNS, MOST_LETTERS) as workbook:
        names = [tab.name for tab in workbook.tabs]
        if sheet is not None and sheet not in names:
            known = ", ".join(map(shorten, names))
            raise refused(
                path.name, sheet, f"no visible sheet of this name{nearest(sheet, names)}: {known}"
            )
        several = len(names) > 1
        found: list[PlanSheet] = []
        for tab in workbook.tabs:
            if sheet in (None, tab.name):
                file = f"{path.name} [{shorten(tab.name)}]" if several else path.name
                found += _of_tab(file, tab, workbook.notes)
    if not found:
        where = path.name if sheet is None else f"{path.name} [{shorten(sheet)}]"
        raise refused(where, "", "is empty; a row of headings and rows of cells are needed")
    plans = [each for each in found if form_of(each.headings)]
    if len(found) == 1 or len(plans) == 1:
        return _bounded((plans or found)[0])
    listed = ", ".join(map(shorten, names))
    said = "several sheets look like plans" if plans else "no sheet has the headings of a plan"
    raise refused(path.name, listed, f"{said}; name the sheet that holds the plan")


def _of_tab(file: str, tab: Tab, notes: tuple[str, ...]) -> Iterator[PlanSheet]:
    """Read a sheet of a workbook; nothing if it is empty."""
    numbered = (
        (number, row)
        for number, row in enumerate(tab.rows(), start=1)
        if any(cell.strip() for cell in row)
    )
    _, headings = next(numbered, (0, []))
    if not headings:
        return
    rows = list(islice(numbered, MOST_ROWS + 1))
    width = max(len(row) for row in (headings, *(row for _, row in rows)))
    headings = [heading.strip() for heading in headings] + [""] * (width - len(headings))
    # A column without heading and cells is only a margin.
    used = [
        at for at in range(width)
        if headings[at] or any(at < len(row) and not is_blank(row[at]) for _, row in rows)
    ]  # fmt: skip
    yield PlanSheet(
        file,
        tuple(headings[at] for at in used),
        tuple(
            (number, tuple(row[at].strip() if at < len(row) else "" for at in used))
            for number, row in rows
        ),
        notes=(*notes, *tab.notes),
    )
