"""What could not be used, why, and what became of it: every row of every file is accounted for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from simulator.calibration.importing.cell_text import is_missing
from simulator.calibration.importing.channel_names import mask_addresses
from simulator.calibration.importing.headings import AMOUNTS, DATES, WORDS, FileKind
from simulator.calibration.records import Flags, Integers
from simulator.languages.messages import marked
from simulator.scenario.scalars import shorten

Texts = NDArray[np.object_]
Stamps = NDArray[np.datetime64]

Reason = Literal[
    "cells_do_not_match_headings", "duplicate_row", "duplicate_id", "file_ignored",
    "creation_missing", "no_date", "no_stage", "unreadable_date", "implausible_date",
    "date_in_the_future", "closed_without_date", "closed_before_created", "won_before_lead_came",
    "opened_before_lead_came",
    "unreadable_amount", "negative_amount", "absurd_amount", "other_currency", "several_currencies",
    "stage_left_out", "status_left_out", "pipeline_left_out", "not_on_file", "name_not_unique",
    "not_a_change_of_stage", "planned", "after_until",
]  # fmt: skip
"""Why something could not be used as it stands."""

REASON_WORDS: dict[Reason, str] = {
    "cells_do_not_match_headings": marked("more or fewer cells than headings"),
    "duplicate_row": marked("there twice"),
    "duplicate_id": marked("an older row of the same id"),
    "file_ignored": marked("the file is not used"),
    "creation_missing": marked("no date of creation"),
    "no_date": marked("no date at all, so nobody knows since when"),
    "no_stage": marked("no stage"),
    "unreadable_date": marked("a date that cannot be read"),
    "implausible_date": marked("a date before 1990, which stands for a missing one"),
    "date_in_the_future": marked("a date after the last day of the files"),
    "closed_without_date": marked("won or lost without a date"),
    "closed_before_created": marked("closed before it was created"),
    "won_before_lead_came": marked("won before its lead came"),
    "opened_before_lead_came": marked("opened before its lead came"),
    "unreadable_amount": marked("an amount that cannot be read"),
    "negative_amount": marked("a negative amount"),
    "absurd_amount": marked("an amount beyond all others"),
    "other_currency": marked("an amount in another currency"),
    "several_currencies": marked("amounts in several currencies, which no column names"),
    "stage_left_out": marked("in a stage that the mapping leaves out"),
    "status_left_out": marked("in a status that the mapping leaves out"),
    "pipeline_left_out": marked("in a pipeline that the mapping leaves out"),
    "not_on_file": marked("about an opportunity that is not on file"),
    "name_not_unique": marked("about a name that several opportunities have"),
    "not_a_change_of_stage": marked("about another field than the stage"),
    "planned": marked("planned for after the last day of the files"),
    "after_until": marked("after the day until which files are used"),
}
"""Every reason in words that complete "row left out: …"."""

HARMLESS: frozenset[Reason] = frozenset(
    {"duplicate_row", "duplicate_id", "file_ignored", "stage_left_out", "status_left_out",
     "pipeline_left_out", "not_on_file", "not_a_change_of_stage", "planned", "after_until"}
)  # fmt: skip
"""Reasons that speak of what the files are about, not of their quality; such rows count as neither
usable nor unusable."""

KIND_WORDS = {
    "leads": marked("leads"),
    "opportunities": marked("opportunities"),
    "stage_history": marked("stage history"),
    "field_history": marked("field history"),
    "activities": marked("activities"),
    "contracts": marked("contracts"),
    "owners": marked("owners"),
    "ignored": marked("ignored"),
}
"""Kinds of files, as a reader is told."""

LEFT_OUT = marked("row left out")
VALUE_LEFT_OUT = marked("value left out")


@dataclass(frozen=True, slots=True)
class Unusable:
    """Something in a file that could not be used as it stands.

    Attributes
    ----------
    file : str
    row : int
        As a spreadsheet counts.
    column : str
        Heading; "" where the row as a whole is meant.
    reason : str
        See `Reason`.
    treatment : str
        What was done, e.g. `LEFT_OUT`.
    value : str
        Only of dates, amounts and words out of a list, shortened and without addresses.
    """

    file: str
    row: int
    column: str
    reason: Reason
    treatment: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class Count:
    """What became of the rows of one file; ``rows == used + sum of left_out``.

    Attributes
    ----------
    file : str
    kind : str
    rows, used : int
    left_out : dict of str to int
        Rows, by the first reason of each.
    noted : dict of str to int
        Values that were left out or changed while their rows were used, by reason.
    """

    file: str
    kind: FileKind
    rows: int
    used: int
    left_out: dict[Reason, int]
    noted: dict[Reason, int]

    @property
    def unusable(self) -> int:
        """Rows left out for their quality."""
        return sum(count for reason, count in self.left_out.items() if reason not in HARMLESS)


@dataclass(slots=True)
class Table:
    """All rows of one kind, from however many files.

    Attributes
    ----------
    kind : str
    files : tuple of str
    sheet : ndarray of int64, (n,)
        Position in `files`.
    row : ndarray of int64, (n,)
        Number of the row in its file.
    cells : dict of str to ndarray of str, (n,)
        By role; "" where a file has no such column.
    headings : dict of (int, str) to str
        Of each file and role.
    stage_dates : dict of str to ndarray of datetime64, (n,)
        When each stage was entered, by its name.
    stamps, dated_only : dict of str to ndarray, (n,)
        Dates by role, NaT where missing; whether only the day is known.
    fillers : dict of str to ndarray of bool, (n,)
        Where the date of a role only stood for a missing one.
    kept : ndarray of bool, (n,)
        Not left out so far.
    too_long : dict of int to tuple of int
        Rows that did not match their headings, by file.
    """

    kind: FileKind
    files: tuple[str, ...]
    sheet: Integers
    row: Integers
    cells: dict[str, Texts]
    headings: dict[tuple[int, str], str]
    stage_dates: dict[str, tuple[Stamps, Flags]] = field(default_factory=dict)
    stamps: dict[str, Stamps] = field(default_factory=dict)
    dated_only: dict[str, Flags] = field(default_factory=dict)
    fillers: dict[str, Flags] = field(default_factory=dict)
    kept: Flags = field(default_factory=lambda: np.empty(0, dtype=np.bool_))
    too_long: dict[int, tuple[int, ...]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.row)

    def has(self, role: str) -> bool:
        """Tell whether any file has a column for a role."""
        return role in self.cells

    def texts(self, role: str) -> Texts:
        """Return the cells of a role, "" throughout where no file has it."""
        found = self.cells.get(role)
        return np.full(len(self), "", dtype=object) if found is None else found

    def is_written(self, role: str) -> Flags:
        """Tell where a cell of a role says anything; "n/a" and 0000-00-00 say nothing."""
        codes, words = pd.factorize(self.texts(role))
        found: Flags = np.array([not is_missing(word) for word in words], dtype=np.bool_)[codes]
        return found

    def times(self, role: str) -> tuple[Stamps, Flags]:
        """Return the dates of a role and whether only the day is known."""
        if role in self.stamps:
            return self.stamps[role], self.dated_only[role]
        return (
            np.full(len(self), np.datetime64("NaT"), dtype="datetime64[s]"),
            np.zeros(len(self), dtype=np.bool_),
        )


@dataclass(frozen=True, slots=True)
class _Entry:
    table: Table
    at: Integers
    role: str
    reason: Reason
    treatment: str


class Ledger:
    """Notes what could not be used, table by table."""

    def __init__(self) -> None:
        self._entries: list[_Entry] = []
        self._left_out: list[_Entry] = []

    def leave_out(self, table: Table, rows: Flags, reason: Reason, role: str = "",
                  treatment: str = LEFT_OUT) -> None:  # fmt: skip
        """Leave rows out, those that have not been left out before."""
        chosen = np.flatnonzero(rows & table.kept)
        if len(chosen):
            entry = _Entry(table, chosen, role, reason, treatment)
            self._entries.append(entry)
            self._left_out.append(entry)
            table.kept[chosen] = False

    def note(self, table: Table, rows: Flags, reason: Reason, role: str,
             treatment: str = VALUE_LEFT_OUT) -> int:  # fmt: skip
        """Note that a value was not used as it stands in rows that are; return in how many."""
        chosen = np.flatnonzero(rows & table.kept)
        if len(chosen):
            self._entries.append(_Entry(table, chosen, role, reason, treatment))
        return len(chosen)

    def unusable(self, tables: Sequence[Table]) -> tuple[Unusable, ...]:
        """Return everything noted, by file and row.

        What is harmless and says nothing about a single row (whole files that are not used,
        changes of other fields than the stage) is only counted.
        """
        found = []
        left_out = {id(entry) for entry in self._left_out}
        for entry in self._entries:
            if entry.reason in ("file_ignored", "not_a_change_of_stage"):
                continue
            table, at = entry.table, entry.at
            if id(entry) not in left_out:
                at = at[table.kept[at]]  # a row that was left out later is told of once
            values = table.texts(entry.role)[at] if _may_be_shown(entry.role) else None
            for position, index in enumerate(at.tolist()):
                sheet = int(table.sheet[index])
                found.append(
                    Unusable(
                        table.files[sheet],
                        int(table.row[index]),
                        table.headings.get((sheet, entry.role), ""),
                        entry.reason,
                        entry.treatment,
                        "" if values is None else shown_value(values[position], entry.role),
                    )
                )
        for table in tables:
            for sheet, rows in table.too_long.items():
                found += [
                    Unusable(table.files[sheet], row, "", "cells_do_not_match_headings", LEFT_OUT)
                    for row in rows
                ]
        order = {file: at for at, table in enumerate(tables) for file in table.files}
        return tuple(sorted(found, key=lambda each: (order[each.file], each.row)))

    def counts(self, table: Table) -> list[Count]:
        """Return what became of the rows of each file of a table."""
        size = len(table.files)
        rows = np.bincount(table.sheet, minlength=size)
        used = np.bincount(table.sheet[table.kept], minlength=size)
        found = []
        for sheet, file in enumerate(table.files):
            long = len(table.too_long.get(sheet, ()))
            left_out: dict[Reason, int] = {"cells_do_not_match_headings": long} if long else {}
            noted: dict[Reason, int] = {}
            for entry in self._entries:
                if entry.table is not table:
                    continue
                mine = entry.at[table.sheet[entry.at] == sheet]
                is_row = any(entry is each for each in self._left_out)
                count = len(mine) if is_row else int(table.kept[mine].sum())
                counts = left_out if is_row else noted
                if count:
                    counts[entry.reason] = counts.get(entry.reason, 0) + count
            found.append(
                Count(file, table.kind, int(rows[sheet]) + long, int(used[sheet]), left_out, noted)
            )
        return found


def _may_be_shown(role: str) -> bool:
    return role in DATES or role in AMOUNTS or role in WORDS


_LETTERS = re.compile(r"[^\W\d_]+")
_PARTS_OF_DATES = (
    "january february march april may june july august september october november december monday"
    " tuesday wednesday thursday friday saturday sunday"
)
_PARTS_OF_AMOUNTS = (
    "am pm utc gmt jst st nd rd th t z k m bn usd eur jpy gbp 年 月 日 時 分 秒 午前 午後"
    " 令和 平成 昭和 円 万 億 千 元 万円 百万円 千円 億円"
)
_SHOWN = frozenset(
    [part for word in _PARTS_OF_DATES.split() for part in (word, word[:3])]
    + _PARTS_OF_AMOUNTS.split()
)


def shown_value(text: str, role: str) -> str:
    """Return a cell so that it can be shown: short, on one line, without what may be a name.

    A cell of a date or an amount that holds other words is probably another column's, and may be
    anybody's name: words that are not part of dates and amounts are replaced by an ellipsis.
    """
    found = mask_addresses(shorten(text, 40))
    if role in WORDS:
        return found
    return _LETTERS.sub(lambda m: m[0] if m[0].lower() in _SHOWN else "…", found)


# ------------------------------------------------------------------ rows that are there twice


def leave_out_duplicates(
    table: Table,
    ledger: Ledger,
    latest_by: Sequence[str],
    closed: tuple[Flags, Stamps] | None = None,
) -> None:
    """Leave out rows that are there twice, and all but the latest of rows with the same id.

    Parameters
    ----------
    table : Table
    ledger : Ledger
    latest_by : sequence of str
        Roles of dates that tell which row is the latest, the first that is known counts; among
        equals the last row of the files is.
    closed : tuple of ndarray, optional
        Which rows have ended, and their last event. A row that has ended is later than one that has
        not, and a later event than an earlier one, unless the first of `latest_by` tells.
    """
    ids = table.texts("id")
    codes = pd.factorize(ids)[0]
    given = ids != ""
    several = np.bincount(codes, minlength=1)[codes] > 1
    at = np.flatnonzero(several & given & table.kept)
    if not len(at):
        return
    frame = pd.DataFrame({role: cells[at] for role, cells in table.cells.items()})
    again = frame.duplicated().to_numpy()
    rows = np.zeros(len(table), dtype=np.bool_)
    rows[at[again]] = True
    ledger.leave_out(table, rows, "duplicate_row")
    at = at[~again]
    keys = [at, _latest([table.times(role)[0][at] for role in latest_by])]
    if closed is not None:
        ended, event = closed
        first = _latest([table.times(latest_by[0])[0][at]])
        keys = [at, _latest([event[at]]), ended[at].astype(np.int64), first]
    order = np.lexsort((*keys, codes[at]))
    is_last = np.append(codes[at][order][1:] != codes[at][order][:-1], True)
    rows[:] = False
    rows[at[order[~is_last]]] = True
    treatment = marked("row left out; the latest row of its id is used")
    ledger.leave_out(table, rows, "duplicate_id", "id", treatment)


def _latest(dates: Sequence[Stamps]) -> Integers:
    """Return the first date that is known of each row as a number; the least where none is."""
    found: Integers = np.full(len(dates[0]), np.iinfo(np.int64).min)
    for stamps in reversed(dates):
        known = ~np.isnat(stamps)
        found[known] = stamps[known].astype("datetime64[s]").astype(np.int64)
    return found
