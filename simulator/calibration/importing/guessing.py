"""Guesses what files are and which heading plays which role: by headings, checked by content.

A heading counts only if what stands below it fits its role (dates can be read, ids differ). Where
two headings fit a role that matters equally well, or nothing tells what a file is, the guess is
left open and asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import pandas as pd

from simulator.calibration.importing.amounts import AmbiguousAmounts, read_amounts
from simulator.calibration.importing.dates import AmbiguousDates, DateOrder, MixedOrders, read_dates
from simulator.calibration.importing.guessing_words import sampled, some_filled, with_words
from simulator.calibration.importing.headings import (
    AMOUNTS,
    DATES,
    KINDS,
    NEEDED,
    ROLES,
    FileKind,
    plain,
    stage_of_heading,
    telling,
)
from simulator.calibration.importing.mapping import (
    ASK,
    Ask,
    Decimal,
    FileMapping,
    Mapping,
    check_names,
    unit_of,
)
from simulator.calibration.importing.reading import Sheet
from simulator.calibration.importing.stage_names import any_telling
from simulator.languages.messages import marked
from simulator.scenario.scalars import shorten

ANY_ZONE = "UTC"
"""Used where no time states its zone, so that none matters."""

_MOST_WORDS = 100  # a column of more different words is no stage and no status
_MOST_REPEATED = 0.3  # of the ids in a table with one row for each
_MOST_ODD = 0.95  # of the cells below a known heading
_CLOSE = 0.5  # kinds whose scores differ by less are a question
_ASKED = frozenset(
    {"id", "created", "closed", "stage", "amount", "source", "owner", "won_at", "lost_at", "time",
     "lead_id", "opportunity_id", "new", "start", "end"}
)  # fmt: skip
"""Two equally good headings for one of these are a question; else the first is taken."""
_SIGNS = frozenset({"source", "status", "email", "converted_at", "opportunity_id", "won_at"})
"""A file of leads has one of these or a heading that speaks of leads: a date is not enough."""
_FLAGS = frozenset({"is_won", "is_lost", "is_closed"})


def guess(sheets: Sequence[Sheet]) -> Mapping:
    """Guess what each file is, which heading plays which role, and what the words mean.

    Parameters
    ----------
    sheets : sequence of Sheet

    Returns
    -------
    Mapping
        Holds `ASK` wherever the files do not tell.
    """
    check_names(sheet.file for sheet in sheets)
    return with_words(sheets, Mapping(without_strangers(map(guess_file, sheets))))


def without_strangers(files: Iterable[FileMapping]) -> tuple[FileMapping, ...]:
    """Ignore files that were not recognized, unless nothing else was."""
    found = tuple(files)
    if not any(each.kind in ("leads", "opportunities") for each in found):
        return found
    note = marked("not recognized, so it is not used")
    return tuple(
        replace(each, kind="ignored", columns={}, notes={"kind": note})
        if each.kind == ASK and each.notes.get("kind", "").startswith("its headings")
        else each
        for each in found
    )


def guess_file(sheet: Sheet, kind: FileKind | None = None) -> FileMapping:
    """Guess about one file.

    Parameters
    ----------
    sheet : Sheet
    kind : str, optional
        What it is, where that is known.
    """
    notes: dict[str, str] = {}
    if kind is None:
        kind, note = _kind_of(sheet)
        if note:
            notes["kind"] = note
        if kind is None:
            return FileMapping(sheet.file, ASK, notes=notes, unused=sheet.columns)
    matched = _match(sheet, kind)
    stage_dates = _stage_dates(sheet) if kind == "opportunities" else {}
    _fill_by_content(sheet, kind, matched, stage_dates)
    found = FileMapping(
        sheet.file,
        kind,
        matched.columns,
        stage_dates,
        notes=notes | matched.notes,
        unused=tuple(
            heading
            for heading in sheet.columns
            if heading not in matched.columns.values() and heading not in stage_dates
        ),
    )
    return with_orders(sheet, found)


# ------------------------------------------------------------------ which heading is what


@dataclass(slots=True)
class _Matched:
    """Roles of one file, if it is of one kind.

    Attributes
    ----------
    columns : dict of str to str
    tiers : dict of str to int
        How good the heading of a role is: 0 is best.
    notes : dict of str to str
    """

    columns: dict[str, str] = field(default_factory=dict)
    tiers: dict[str, int] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)

    def meets(self, kind: FileKind) -> bool:
        return all(set(group) & set(self.columns) for group in NEEDED[kind])


def _match(sheet: Sheet, kind: FileKind) -> _Matched:
    """Give roles to headings, the best headings of all roles first."""
    found = _Matched()
    by_plain: dict[str, list[str]] = {}
    bare: dict[str, list[str]] = {}  # headings of amounts without their unit
    for heading in sheet.columns:
        by_plain.setdefault(plain(heading), []).append(heading)
        if (name := unit_of(heading)[0]) != heading:
            bare.setdefault(plain(name), []).append(heading)
    used: set[str] = set()
    deepest = max((len(tiers) for tiers in ROLES[kind].values()), default=0)
    for tier in range(deepest):
        for role, tiers in ROLES[kind].items():
            if role in found.columns or tier >= len(tiers):
                continue
            fitting = [
                heading
                for word in tiers[tier]
                for heading in (
                    *by_plain.get(word, ()),
                    *(bare.get(word, ()) if role in AMOUNTS else ()),
                )
                if heading not in used and fits(role, sheet.cells[heading])
            ]
            if not fitting:
                continue
            found.tiers[role] = tier
            if len(fitting) > 1 and role in _ASKED and not _same(sheet, fitting):
                shown = " or ".join(f'"{shorten(each)}"' for each in fitting)
                found.columns[role], found.notes[role] = ASK, f"could be {shown}"
            else:
                found.columns[role] = fitting[0]
                used.add(fitting[0])
    found.columns = {role: found.columns[role] for role in ROLES[kind] if role in found.columns}
    return found


def _same(sheet: Sheet, headings: Sequence[str]) -> bool:
    first = sheet.cells[headings[0]]
    return all(first.equals(sheet.cells[each]) for each in headings[1:])


def fits(role: str, cells: pd.Series) -> bool:
    """Tell whether what stands in a column can play the role that its heading says.

    The heading is known, so odd cells ("TBD") are the cells' fault unless nearly all are odd.
    """
    filled = some_filled(cells)
    if not len(filled):
        return False
    if role in DATES:
        return are_dates(filled, _MOST_ODD)
    if role in AMOUNTS:
        return _are_amounts(filled)
    if role in _FLAGS:
        return filled.nunique() <= 4 and not are_dates(filled)
    if role in ("stage", "status", "pipeline", "type"):
        return filled.nunique() <= _MOST_WORDS and not are_dates(filled)
    return True


def are_dates(filled: pd.Series, odd: float = 0.5) -> bool:
    """Tell whether most cells of a column, none of them empty, are dates; some may be odd."""
    try:
        read = read_dates(filled, None, ANY_ZONE)
    except AmbiguousDates:
        return True
    return bool(read.bad.mean() < odd)


def _are_amounts(filled: pd.Series) -> bool:
    try:
        read = read_amounts(filled)
    except AmbiguousAmounts:
        return True
    return bool(read.bad.mean() < _MOST_ODD)


def _stage_dates(sheet: Sheet) -> dict[str, str]:
    found = {}
    for heading in sheet.columns:
        stage = stage_of_heading(heading)
        if stage and (fits("created", sheet.cells[heading]) or (sheet.cells[heading] == "").all()):
            found[heading] = stage
    return found


# ------------------------------------------------------------------ what a file is


def _kind_of(sheet: Sheet) -> tuple[FileKind | None, str]:
    """Return the kind of a file, None if it cannot be told, and a note."""
    scores: dict[FileKind, float] = {}
    for kind in KINDS:
        matched = _match(sheet, kind)
        if kind != "ignored" and matched.meets(kind) and _plausible(sheet, kind, matched):
            scores[kind] = _score(sheet, kind, matched)
    if not scores:
        words = [h for h in sheet.columns if _are_stages(sheet.cells[h])]
        if len(words) == 1:
            return "opportunities", f'taken for opportunities because of "{shorten(words[0])}"'
        return None, "its headings are not known"
    ranked = sorted(scores, key=lambda kind: -scores[kind])
    if len(ranked) > 1 and scores[ranked[0]] - scores[ranked[1]] < _CLOSE:
        return None, f"could be {ranked[0]} or {ranked[1]}"
    return ranked[0], ""


def _plausible(sheet: Sheet, kind: FileKind, matched: _Matched) -> bool:
    """Check what tells apart kinds that share headings."""
    if kind == "leads":
        speaks = any(telling("leads", heading) for heading in sheet.columns)
        return speaks or bool(_SIGNS & set(matched.columns))
    if kind == "stage_history":
        # A history has several rows for an opportunity; a table of opportunities has one.
        heading = matched.columns.get("opportunity_id") or matched.columns["opportunity_name"]
        if heading == ASK:
            return False
        repeated = bool(sheet.cells[heading].duplicated().any())
        return repeated or any(telling(kind, each) for each in (sheet.file, *sheet.columns))
    named = {"owner", "name"} & set(matched.columns)
    if kind == "opportunities" and not named and matched.columns.get("id", ASK) != ASK:
        # Rows that are there twice are few; where many are, they are changes of something.
        share = float(sheet.cells[matched.columns["id"]].duplicated().mean())
        return share < _MOST_REPEATED
    if kind == "owners":
        heading = matched.columns.get("id") or matched.columns["name"]
        return heading == ASK or not sheet.cells[heading].duplicated().any()
    return True


_DECISIVE: dict[FileKind, float] = {"field_history": 5.0, "stage_history": 3.0, "owners": 1.0}


def _score(sheet: Sheet, kind: FileKind, matched: _Matched) -> float:
    roles = sum(1.0 / (1.0 + tier) for tier in matched.tiers.values())
    spoken = sum(telling(kind, heading) for heading in sheet.columns)
    named = 1.5 * telling(kind, sheet.file)
    return roles + min(spoken, 3) + named + _DECISIVE.get(kind, 0.0)


def _are_stages(cells: pd.Series) -> bool:
    found = cells[(cells != "").to_numpy()].unique()
    return 2 <= len(found) <= 40 and any_telling(found)


# ------------------------------------------------------------------ what headings do not tell


def _fill_by_content(
    sheet: Sheet, kind: FileKind, matched: _Matched, stage_dates: dict[str, str]
) -> None:
    """Look into columns without a known heading for what is needed and missing."""
    taken = set(matched.columns.values()) | set(stage_dates)
    free = [heading for heading in sheet.columns if heading not in taken]
    if kind == "opportunities" and not {"stage", "won_at", "is_won"} & set(matched.columns):
        _settle("stage", [h for h in free if _are_stages(sheet.cells[h])], matched)
    if kind not in ("leads", "opportunities"):
        return
    wanted = ["created"] if kind == "leads" else ["created", "closed"]
    missing = [role for role in wanted if role not in matched.columns]
    if kind == "opportunities" and "won_at" in matched.columns:
        missing = []  # a file of wins need not say when an opportunity was opened
    if not missing:
        return
    dated = [h for h in free if _shows_dates(sheet.cells[h])]
    if kind == "leads":
        _settle("created", dated, matched)
    elif dated:
        shown = " or ".join(f'"{shorten(each)}"' for each in dated)
        for role in missing:
            matched.columns[role] = ASK
            matched.notes[role] = f"perhaps {shown}"


def _settle(role: str, headings: Sequence[str], matched: _Matched) -> None:
    if len(headings) == 1:
        matched.columns[role] = headings[0]
        matched.notes[role] = marked("guessed by what stands in it")
    elif headings:
        shown = " or ".join(f'"{shorten(each)}"' for each in headings)
        matched.columns[role], matched.notes[role] = ASK, f"could be {shown}"


def _shows_dates(cells: pd.Series) -> bool:
    """Tell whether a column holds dates that nobody would take for plain numbers."""
    filled = some_filled(cells)
    if not len(filled) or filled.str.fullmatch(r"[-+]?[0-9]+([.,][0-9]*)?").mean() > 0.5:
        return False
    return are_dates(filled)


# ------------------------------------------------------------------ orders of dates, decimals


def with_orders(sheet: Sheet, mapped: FileMapping) -> FileMapping:
    """Find out how a file writes dates and amounts, where its mapping does not state it."""
    notes = dict(mapped.notes)
    order, decimal = mapped.date_order, mapped.decimal
    dated = [
        heading
        for role, heading in mapped.columns.items()
        if role in DATES and heading in sheet.columns
    ]
    if order is None:
        order, note = _order_of(sheet, [*dated, *mapped.stage_dates])
        if note:
            notes["date_order"] = note
    if decimal is None:
        decimal, note = _decimal_of(sheet, mapped)
        if note:
            notes["decimal"] = note
    return replace(mapped, date_order=order, decimal=decimal, notes=notes)


def _order_of(sheet: Sheet, headings: Sequence[str]) -> tuple[DateOrder | Ask | None, str]:
    """Return the order that one column tells for the whole file: one program wrote it."""
    told: dict[DateOrder, str] = {}
    doubts: list[str] = []
    for heading in headings:
        cells = sheet.cells[heading]
        try:
            # All of it: the one row that contradicts the others may be anywhere.
            read = read_dates(cells, None, ANY_ZONE)
        except AmbiguousDates as error:
            mixed = isinstance(error, MixedOrders)
            examples = (error.examples[0], error.examples[-1]) if mixed else error.examples[:2]
            shown = ", ".join(f'"{shorten(text, 20)}"' for _, text in examples)
            doubt = f'"{shorten(heading)}" holds {shown}: {error.rule}'
            if mixed:
                return ASK, doubt  # no other column can settle what contradicts itself
            doubts.append(doubt)
            continue
        if read.order != "year_first":
            told[read.order] = f'"{shorten(heading)}": {read.evidence}'
    if len(told) > 1:
        return ASK, "; ".join(told.values())
    if told:
        return next(iter(told.items()))
    return (ASK, doubts[0]) if doubts else (None, "")


def _decimal_of(sheet: Sheet, mapped: FileMapping) -> tuple[Decimal | Ask | None, str]:
    for role, heading in mapped.columns.items():
        if role in AMOUNTS and heading in sheet.columns:
            try:
                try:
                    read_amounts(sampled(sheet.cells[heading]))
                except AmbiguousAmounts:
                    read_amounts(sheet.cells[heading])
            except AmbiguousAmounts as error:
                shown = ", ".join(f'"{shorten(text, 20)}"' for _, text in error.examples[:2])
                return ASK, f'"{shorten(heading)}" holds {shown}: {error.rule}'
    return None, ""
