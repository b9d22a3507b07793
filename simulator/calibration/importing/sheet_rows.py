"""Sheets of one kind laid on top of each other, column by column, their dates and amounts read."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from simulator.calibration.importing.amounts import AmbiguousAmounts, currency_code, read_amounts
from simulator.calibration.importing.cleaning import Ledger, Stamps, Table, Texts
from simulator.calibration.importing.dates import AmbiguousDates, DateOrder, read_dates
from simulator.calibration.importing.headings import DATES, FileKind
from simulator.calibration.importing.mapping import AS_WRITTEN, ASK, FileMapping, Mapping
from simulator.calibration.importing.reading import Sheet
from simulator.calibration.records import Flags, Floats, Integers
from simulator.errors import Problem, ScenarioError
from simulator.scenario.scalars import shorten

_NO_ZONE = "UTC"  # where no time states its zone, none matters
_STATES_ZONE = (
    "is a time of a stated zone (numbers since 1970 are UTC), so it cannot be used as written: set"
    " time_zone in the mapping file to the zone in which the company works, such as Asia/Tokyo"
)
_EARLIEST = np.datetime64("1990-01-01", "s")
"""Earlier dates are what machines write for want of one (1900-01-01, 1970-01-01)."""
_TELLS_APART = 0.5
"""Rows without ids can only be found twice if some column differs in so many of them."""


def table_of(sheets: Sequence[Sheet], mapping: Mapping, kind: FileKind, ledger: Ledger) -> Table:
    """Lay the sheets of one kind on top of each other and read their dates.

    Parameters
    ----------
    sheets : sequence of Sheet
    mapping : Mapping
        Without open questions.
    kind : str
    ledger : Ledger

    Raises
    ------
    ScenarioError
        If a column of dates can be read in two ways, with the remedy.
    """
    by_file = {sheet.file: sheet for sheet in sheets}
    pairs = [(by_file[each.file], each) for each in mapping.of_kind(kind) if each.file in by_file]
    table = _stacked(pairs, kind)
    zone = "" if mapping.time_zone in (AS_WRITTEN, ASK) else mapping.time_zone
    problems: list[Problem] = []
    for role in DATES:
        if table.has(role):
            columns = [each.columns.get(role) for _, each in pairs]
            read = _read_dates(pairs, columns, zone, problems)
            table.stamps[role], table.dated_only[role], bad = read
            ledger.note(table, bad, "unreadable_date", role)
    for stage in dict.fromkeys(name for _, each in pairs for name in each.stage_dates.values()):
        columns = [
            next((heading for heading, name in each.stage_dates.items() if name == stage), None)
            for _, each in pairs
        ]
        stamps, dated_only, bad = _read_dates(pairs, columns, zone, problems)
        role = f"stage:{stage}"
        table.headings |= {(at, role): heading for at, heading in enumerate(columns) if heading}
        ledger.note(table, bad, "unreadable_date", role)
        table.stage_dates[stage] = stamps, dated_only
    if problems:
        raise ScenarioError(problems)
    _drop_fillers(table, ledger)
    _leave_out_twins(pairs, table, ledger)
    return table


def _stacked(pairs: Sequence[tuple[Sheet, FileMapping]], kind: FileKind) -> Table:
    sizes = [len(sheet.cells) for sheet, _ in pairs]
    roles = dict.fromkeys(role for _, each in pairs for role in each.columns)
    return Table(
        kind=kind,
        files=tuple(sheet.file for sheet, _ in pairs),
        sheet=np.repeat(np.arange(len(pairs)), sizes),
        row=_joined([sheet.cells.index.to_numpy(dtype=np.int64) for sheet, _ in pairs]),
        cells={role: _column(pairs, [e.columns.get(role) for _, e in pairs]) for role in roles},
        headings={
            (at, role): heading
            for at, (_, each) in enumerate(pairs)
            for role, heading in each.columns.items()
        },
        kept=np.ones(sum(sizes), dtype=np.bool_),
        too_long={at: sheet.too_long for at, (sheet, _) in enumerate(pairs) if sheet.too_long},
    )


def _joined(parts: Sequence[Integers]) -> Integers:
    return np.concatenate(parts) if parts else np.empty(0, dtype=np.int64)


def _column(pairs: Sequence[tuple[Sheet, FileMapping]], columns: Sequence[str | None]) -> Texts:
    parts = [
        sheet.cells[heading].to_numpy(dtype=object)
        if heading is not None
        else np.full(len(sheet.cells), "", dtype=object)
        for (sheet, _), heading in zip(pairs, columns, strict=True)
    ]
    return np.concatenate(parts) if parts else np.empty(0, dtype=object)


def _read_dates(
    pairs: Sequence[tuple[Sheet, FileMapping]],
    columns: Sequence[str | None],
    zone: str,
    problems: list[Problem],
) -> tuple[Stamps, Flags, Flags]:
    """Read one date of all files; each file has its own way to write dates."""
    size = sum(len(sheet.cells) for sheet, _ in pairs)
    stamps = np.full(size, np.datetime64("NaT"), dtype="datetime64[s]")
    dated_only, bad = np.zeros(size, dtype=np.bool_), np.zeros(size, dtype=np.bool_)
    start = 0
    for (sheet, each), heading in zip(pairs, columns, strict=True):
        end = start + len(sheet.cells)
        if heading is not None:
            order: DateOrder | None = None if each.date_order == ASK else each.date_order
            try:
                read = read_dates(sheet.cells[heading], order, zone or _NO_ZONE)
            except AmbiguousDates as error:
                where = f"{sheet.file}: row {error.examples[0][0] if error.examples else '?'}"
                shown = error.examples[0][1] if error.examples else ""
                rule = f"{error.rule}; state date_order of this file in the mapping file"
                problems.append(Problem(where, shorten(heading), shorten(shown, 30), rule))
            else:
                if read.zoned.any() and not zone:
                    at = int(np.flatnonzero(read.zoned)[0])
                    where = f"{sheet.file}: row {sheet.cells.index[at]}"
                    value = shorten(sheet.cells[heading].iloc[at], 30)
                    problems.append(Problem(where, shorten(heading), value, _STATES_ZONE))
                stamps[start:end] = read.stamps
                dated_only[start:end], bad[start:end] = read.dated_only, read.bad
        start = end
    return stamps, dated_only, bad


def _drop_fillers(table: Table, ledger: Ledger) -> None:
    """Take out dates that only stand for a missing one."""
    for role, stamps in table.stamps.items():
        early = stamps < _EARLIEST
        if early.any():
            ledger.note(table, early, "implausible_date", role)
            stamps[early] = np.datetime64("NaT")
        table.fillers[role] = early
    for stamps, _ in table.stage_dates.values():
        stamps[stamps < _EARLIEST] = np.datetime64("NaT")


def _leave_out_twins(
    pairs: Sequence[tuple[Sheet, FileMapping]], table: Table, ledger: Ledger
) -> None:
    """Leave out rows without an id that are equal to another in every column of their file.

    Where no column tells rows apart, equal rows are different cases (two inquiries from the same
    source on a day), and all are kept.
    """
    start = 0
    for sheet, each in pairs:
        end = start + len(sheet.cells)
        if "id" not in each.columns and end > start:
            codes = [pd.factorize(sheet.cells[heading])[0] for heading in sheet.columns]
            # Two cases may well have the same date.
            dates = {heading for role, heading in each.columns.items() if role in DATES}
            different = [
                int(code.max()) + 1
                for heading, code in zip(sheet.columns, codes, strict=True)
                if heading not in dates
            ]
            if max(different, default=0) >= _TELLS_APART * (end - start):
                again = pd.DataFrame(dict(enumerate(codes))).duplicated().to_numpy()
                rows = np.zeros(len(table), dtype=np.bool_)
                rows[start:end] = again
                ledger.leave_out(table, rows, "duplicate_row")
        start = end


def amounts_of(
    sheets: Sequence[Sheet], mapping: Mapping, table: Table, role: str, ledger: Ledger
) -> Floats:
    """Read a column of amounts of all files.

    Parameters
    ----------
    sheets : sequence of Sheet
    mapping : Mapping
    table : Table
        Made of the same sheets.
    role : str
    ledger : Ledger

    Returns
    -------
    ndarray of float64, (n,)
        NaN where there is none: also for zero, for negative amounts, and for those that are beyond
        all others.

    Raises
    ------
    ScenarioError
        If the amounts can be read in two ways, with the remedy.
    """
    found = np.full(len(table), np.nan)
    if not table.has(role):
        return found
    by_file = {sheet.file: sheet for sheet in sheets}
    bad = np.zeros(len(table), dtype=np.bool_)
    several = np.zeros(len(table), dtype=np.bool_)
    signed = np.full(len(table), "", dtype=object)
    problems: list[Problem] = []
    for at, file in enumerate(table.files):
        heading = table.headings.get((at, role))
        if heading is None:
            continue
        mine = table.sheet == at
        mapped = next(each for each in mapping.files if each.file == file)
        decimal = None if mapped.decimal == ASK else mapped.decimal
        try:
            read = read_amounts(by_file[file].cells[heading], decimal)
        except AmbiguousAmounts as error:
            where = f"{file}: row {error.examples[0][0] if error.examples else '?'}"
            shown = error.examples[0][1] if error.examples else ""
            rule = f"{error.rule}; state decimal of this file in the mapping file"
            problems.append(Problem(where, shorten(heading), shorten(shown, 30), rule))
            continue
        found[mine], bad[mine] = read.values, read.bad
        several[mine] = bool(read.mixed) and not table.has("currency")
        signed[mine] = read.currency
    if problems:
        raise ScenarioError(problems)
    ledger.note(table, bad, "unreadable_amount", role)
    _without_foreign(table, mapping, found, several, signed, role, ledger)
    negative = found < 0.0
    ledger.note(table, negative, "negative_amount", role)
    found[negative | (found == 0.0)] = np.nan
    absurd = _absurd(found)
    ledger.note(table, absurd, "absurd_amount", role)
    found[absurd] = np.nan
    return found


def _without_foreign(
    table: Table, mapping: Mapping, found: Floats, several: Flags, signed: Texts, role: str,
    ledger: Ledger,
) -> None:  # fmt: skip
    """Take out amounts that cannot be compared: of another currency, or of nobody knows which."""
    known = np.isfinite(found)
    several = several & known
    ledger.note(table, several, "several_currencies", role)
    found[several] = np.nan
    # A column of currencies says more than the sign that a file writes.
    codes, words = pd.factorize(table.texts("currency"))
    stated = np.array([*map(currency_code, words), ""], dtype=object)[codes]
    own = np.where(stated != "", stated, signed)
    named = pd.Series(own[known & (own != "")])
    if named.empty:
        return
    usual = currency_code(mapping.currency) or str(named.value_counts().index[0])
    other = (own != "") & (own != usual) & known & np.isfinite(found)
    ledger.note(table, other, "other_currency", role)
    found[other] = np.nan


def _absurd(amounts: Floats) -> Flags:
    """Find amounts that nobody can mean: a million times the median, or above 10 to the 13."""
    known = np.isfinite(amounts)
    limit = 1e13
    if known.sum() >= 20:
        limit = min(limit, 1e6 * float(np.median(amounts[known])))
    return known & (amounts > limit)
