"""Guesses what the words in files mean: stages, statuses, reasons, sources, amounts, zones."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Literal, cast, get_args

import numpy as np
import pandas as pd

from simulator.calibration.importing.amounts import AmbiguousAmounts, currency_code, read_amounts
from simulator.calibration.importing.channel_names import (
    MOST_CHANNELS,
    NOT_RECORDED,
    OTHER,
    channel_name,
    largest,
    mask_addresses,
    rare,
    tells_who,
)
from simulator.calibration.importing.dates import AmbiguousDates, DateOrder, read_dates
from simulator.calibration.importing.headings import AMOUNT_MEANINGS, DATES, plain
from simulator.calibration.importing.mapping import (
    AS_WRITTEN,
    ASK,
    AmountKind,
    Ask,
    FileMapping,
    Mapping,
    unit_of,
)
from simulator.calibration.importing.reading import Sheet
from simulator.calibration.importing.stage_names import (
    ReasonMeaning,
    StageMeaning,
    StatusMeaning,
    in_usual_order,
    reason_meaning,
    says_yes,
    stage_meaning,
    status_meaning,
)
from simulator.languages.messages import marked

MOST_LISTED = 60
"""So many sources, statuses and reasons are written out; rarer ones are read by their words."""
_MOST_STAGES = 200
_SAMPLE, _ENOUGH = 2_000, 50
_ANY_ZONE = "UTC"
_CLOSED = re.compile(r"\bclosed?\b|\bcompleted?\b|クローズ|完了|終了", re.IGNORECASE)
_ENOUGH_ROWS = 3
_MOST, _FEW = 0.9, 0.1  # shares of the rows of a stage that have a closing date

Located = tuple[Sheet, FileMapping, str]


def with_words(sheets: Sequence[Sheet], mapping: Mapping) -> Mapping:
    """Guess everything that does not belong to one file.

    Parameters
    ----------
    sheets : sequence of Sheet
    mapping : Mapping
        Whose files are known; the rest of it is made anew.
    """
    notes: dict[str, str] = {}
    amounts, note = _amounts(sheets, mapping)
    if note:
        notes["amounts"] = note
    zone = ASK if _any_zoned(sheets, mapping) else AS_WRITTEN
    if zone == ASK:
        notes["time_zone"] = marked("times in the files state their offset from UTC")
    named = _counts(_columns(sheets, mapping, "opportunities", "pipeline"))
    pipelines = list(dict.fromkeys(map(mask_addresses, named)))
    if len(pipelines) > 1:
        notes["pipelines"] = marked("delete those that are not to be used, such as renewals")
    channels = _channels(sheets, mapping)
    if any(name == OTHER != channel_name(word) for word, name in channels.items()):
        notes["channels"] = f"a scenario holds {MOST_CHANNELS} channels: the smallest are merged"
    return replace(
        mapping,
        time_zone=zone,
        amounts=amounts,
        currency=_currency(sheets, mapping),
        stages=_stages(sheets, mapping, notes),
        lead_statuses=_statuses(sheets, mapping),
        loss_reasons=_reasons(sheets, mapping),
        channels=channels,
        pipelines=tuple(pipelines) if 1 < len(pipelines) <= MOST_LISTED else (),
        notes=notes,
    )


def sampled(cells: pd.Series) -> pd.Series:
    """Return rows that are spread evenly over a column."""
    return cells if len(cells) <= _SAMPLE else cells.iloc[:: len(cells) // _SAMPLE]


def some_filled(cells: pd.Series) -> pd.Series:
    """Return cells that are not empty, spread over a column; all if most are empty."""
    found = sampled(cells)
    found = found[(found != "").to_numpy()]
    if len(found) >= min(_ENOUGH, len(cells)):
        return found
    return sampled(cells[(cells != "").to_numpy()])


def _columns(sheets: Sequence[Sheet], mapping: Mapping, kind: str, role: str) -> Iterator[Located]:
    """Walk through the columns that play a role in the files of a kind."""
    by_file = {sheet.file: sheet for sheet in sheets}
    for each in mapping.files:
        sheet = by_file.get(each.file)
        if sheet is not None and each.kind == kind and each.columns.get(role) in sheet.columns:
            yield sheet, each, each.columns[role]


def _counts(columns: Iterable[Located]) -> dict[str, int]:
    """Count what stands in columns, in order of first appearance; empty cells do not count."""
    found: dict[str, int] = {}
    for sheet, _, heading in columns:
        codes, words = pd.factorize(sheet.cells[heading].to_numpy(dtype=object))
        for word, count in zip(words, np.bincount(codes, minlength=len(words)), strict=True):
            if word:
                found[word] = found.get(word, 0) + int(count)
    return found


def _listed(counts: dict[str, int]) -> list[str]:
    """Return the words that are worth listing: the most frequent, and none that names a person."""
    several = [word for word in counts if not tells_who(word)]
    return sorted(several, key=lambda word: (-counts[word], word))[:MOST_LISTED]


# ------------------------------------------------------------------ stages


def _stages(
    sheets: Sequence[Sheet], mapping: Mapping, notes: dict[str, str]
) -> dict[str, StageMeaning | Ask]:
    names = dict(_counts(_columns(sheets, mapping, "opportunities", "stage")))
    for _, each in _mapped(sheets, mapping):
        for stage in each.stage_dates.values():
            names.setdefault(stage, 0)
    for word in _counts(_columns(sheets, mapping, "stage_history", "stage")):
        names.setdefault(word, 0)
    for word in _history_values(sheets, mapping):
        names.setdefault(word, 0)
    told = _told_by_flags(sheets, mapping)
    mixed = _ended_either_way(sheets, mapping)
    probabilities = _probabilities(sheets, mapping)
    found: dict[str, StageMeaning | Ask] = {}
    seen: set[str] = set()
    for name in list(names)[:_MOST_STAGES]:
        shown = mask_addresses(name)
        if plain(shown) in seen:
            continue  # the same word in another case or width
        seen.add(plain(shown))
        said, rated = stage_meaning(name), _by(probabilities, name)
        if name in told:
            found[shown] = told[name]
        elif said is None and name in mixed:
            found[shown] = "lost"
            notes[f"stages.{shown}"] = marked("won where the column of flags says so, else lost")
        elif said is not None and rated is not None and said != rated:
            found[shown] = ASK
            doubt = f"it sounds {said}, but its probability is {probabilities[name]:.0f} %"
            notes[f"stages.{shown}"] = doubt
        else:
            found[shown] = said or rated or ASK
    _doubt_undated(sheets, mapping, found, set(told) | mixed, notes)
    return {name: found[name] for name in in_usual_order(found, probabilities)}


def _mapped(sheets: Sequence[Sheet], mapping: Mapping) -> Iterator[tuple[Sheet, FileMapping]]:
    by_file = {sheet.file: sheet for sheet in sheets}
    return ((by_file[each.file], each) for each in mapping.files if each.file in by_file)


STAGE_FIELDS = frozenset(
    plain(each)
    for each in ("Stage", "StageName", "Deal Stage", "フェーズ", "ステージ", "取引ステージ")
)
"""What a history of fields calls the stage, in plain form."""


def _history_values(sheets: Sequence[Sheet], mapping: Mapping) -> Iterator[str]:
    """Walk through the stages that a history of fields names."""
    for sheet, each, heading in _columns(sheets, mapping, "field_history", "field"):
        about = sheet.cells[heading].map(plain).isin(STAGE_FIELDS).to_numpy()
        for role in ("old", "new"):
            if each.columns.get(role) in sheet.columns:
                values = sheet.cells[each.columns[role]].to_numpy(dtype=object)[about]
                yield from (value for value in pd.unique(values) if value)


def _told_by_flags(sheets: Sequence[Sheet], mapping: Mapping) -> dict[str, StageMeaning]:
    """Read from columns such as IsWon and IsClosed what a stage means, where all rows agree."""
    found: dict[str, StageMeaning] = {}
    for sheet, each, heading in _columns(sheets, mapping, "opportunities", "stage"):
        flags = {
            role: sheet.cells[each.columns[role]].map(says_yes)
            for role in ("is_won", "is_lost", "is_closed")
            if each.columns.get(role) in sheet.columns
        }
        if not {"is_won", "is_closed"} <= set(flags) and not {"is_won", "is_lost"} <= set(flags):
            continue
        won = flags["is_won"]
        lost = flags["is_lost"] if "is_lost" in flags else flags["is_closed"] & ~won
        word = pd.Series("open", index=won.index).where(~won, "won").where(won | ~lost, "lost")
        for stage, rows in word.groupby(sheet.cells[heading]):
            if stage and rows.nunique() == 1:
                found[str(stage)] = cast("StageMeaning", rows.iloc[0])
    return found


def _ended_either_way(sheets: Sequence[Sheet], mapping: Mapping) -> set[str]:
    """Return stages that are called closed, of whose rows flags say that some are won."""
    found: set[str] = set()
    for sheet, each, heading in _columns(sheets, mapping, "opportunities", "stage"):
        if each.columns.get("is_won") in sheet.columns:
            won = sheet.cells[each.columns["is_won"]].map(says_yes)
            for stage, rows in won.groupby(sheet.cells[heading]):
                if _CLOSED.search(str(stage)) and rows.nunique() == 2:
                    found.add(str(stage))
    return found


def _doubt_undated(
    sheets: Sequence[Sheet],
    mapping: Mapping,
    found: dict[str, StageMeaning | Ask],
    certain: set[str],
    notes: dict[str, str],
) -> None:
    """Ask, in place, about stages whose rows have a closing date where their words say open."""
    for sheet, each, heading in _columns(sheets, mapping, "opportunities", "stage"):
        roles = [r for r in ("closed", "won_at", "lost_at") if each.columns.get(r) in sheet.columns]
        if not roles:
            continue
        dated = pd.Series(False, index=sheet.cells.index)
        for role in roles:
            dated |= sheet.cells[each.columns[role]] != ""
        shares = dated.groupby(sheet.cells[heading]).agg(["mean", "size"])
        shares = shares[shares["size"] >= _ENOUGH_ROWS]
        said_of = {str(stage): found.get(str(stage)) for stage in shares.index}
        ends = [s for n, s in shares["mean"].items() if said_of[str(n)] in ("won", "lost")]
        still = [s for n, s in shares["mean"].items() if said_of[str(n)] == "open"]
        dated_ends = max(ends, default=0.0) > _MOST
        # Where open ones have an expected closing date, having one says nothing.
        tells = dated_ends and min(still, default=1.0) < _FEW
        for stage, share in shares["mean"].items():
            name, said = str(stage), said_of[str(stage)]
            if name in certain:
                continue
            if tells and said == "open" and share > _MOST:
                found[name] = ASK
                notes[f"stages.{name}"] = marked("it sounds open, but its rows have a closing date")
            elif said in ("won", "lost") and share < _FEW and dated_ends:
                found[name] = ASK
                notes[f"stages.{name}"] = (
                    marked("it sounds won, but its rows have no closing date")
                    if said == "won"
                    else marked("it sounds lost, but its rows have no closing date")
                )


def _probabilities(sheets: Sequence[Sheet], mapping: Mapping) -> dict[str, float]:
    """Return the CRM's own probability of winning by stage, in percent."""
    found: dict[str, float] = {}
    for sheet, each, heading in _columns(sheets, mapping, "opportunities", "stage"):
        if each.columns.get("probability") not in sheet.columns:
            continue
        cells = sheet.cells[each.columns["probability"]].str.rstrip("%％ ")
        numbers = pd.to_numeric(cells, errors="coerce")
        if numbers.max() <= 1.0:
            numbers = numbers * 100.0
        for stage, median in numbers.groupby(sheet.cells[heading]).median().items():
            if stage and np.isfinite(median):
                found[str(stage)] = float(median)
    return found


def _by(probabilities: dict[str, float], name: str) -> StageMeaning | None:
    """Say what a stage's probability tells: certain is won, impossible is lost."""
    known = probabilities.get(name)
    if known is None:
        return None
    return "won" if known >= 100.0 else "lost" if known <= 0.0 else "open"


# ------------------------------------------------------------------ other words


def _statuses(sheets: Sequence[Sheet], mapping: Mapping) -> dict[str, StatusMeaning]:
    counts = _counts(_columns(sheets, mapping, "leads", "status"))
    return {word: status_meaning(word) for word in _listed(counts)}


def _reasons(sheets: Sequence[Sheet], mapping: Mapping) -> dict[str, ReasonMeaning]:
    counts = _counts(_columns(sheets, mapping, "opportunities", "loss_reason"))
    # A reason that somebody wrote only once may be a remark about a person.
    often = {word: count for word, count in counts.items() if count > 1}
    return {word: reason_meaning(word) for word in _listed(often)}


def _channels(sheets: Sequence[Sheet], mapping: Mapping) -> dict[str, str]:
    columns = list(_columns(sheets, mapping, "leads", "source"))
    counts = _counts(columns or _columns(sheets, mapping, "opportunities", "source"))
    sizes: dict[str, float] = {}
    for word, count in counts.items():
        name = channel_name(word)
        sizes[name] = sizes.get(name, 0.0) + count
    empty = any((sheet.cells[heading] == "").any() for sheet, _, heading in columns)
    if empty:
        sizes.setdefault(NOT_RECORDED, 1.0)
    # What is not listed here becomes `OTHER` when it is imported.
    remarks = rare(sizes)
    merged = sum(sizes.pop(name) for name in remarks)
    if merged:
        sizes[OTHER] = sizes.get(OTHER, 0.0) + merged
    kept, _ = largest(sizes)
    found = {}
    for word in _listed(counts):
        name = channel_name(word)
        if name in remarks:
            continue
        found[word] = name if name in kept else OTHER
    return found


def _amounts(
    sheets: Sequence[Sheet], mapping: Mapping
) -> tuple[AmountKind | Ask | Literal[""], str]:
    headings = [heading for _, _, heading in _columns(sheets, mapping, "opportunities", "amount")]
    headings += [heading for _, _, heading in _columns(sheets, mapping, "contracts", "amount")]
    if not headings:
        # A contract's monthly or yearly price says by itself what it is.
        if any(_columns(sheets, mapping, "contracts", "mrr")):
            return "monthly", ""
        return ("annual" if any(_columns(sheets, mapping, "contracts", "arr")) else ""), ""
    told = {AMOUNT_MEANINGS.get(plain(unit_of(heading)[0])) for heading in headings}
    if len(told) == 1 and (meaning := told.pop()) is not None:
        return meaning, ""
    return ASK, f'"{headings[0]}" could be what is paid a month, a year, or in all'


def _currency(sheets: Sequence[Sheet], mapping: Mapping) -> str:
    counts: dict[str, int] = {}
    for word, count in _counts(_columns(sheets, mapping, "opportunities", "currency")).items():
        if code := currency_code(word):
            counts[code] = counts.get(code, 0) + count
    if counts:
        return max(counts, key=lambda word: counts[word])
    for kind, role in (
        ("opportunities", "amount"), ("contracts", "mrr"), ("contracts", "arr"),
        ("contracts", "amount"),
    ):  # fmt: skip
        for sheet, each, heading in _columns(sheets, mapping, kind, role):
            decimal = None if each.decimal == ASK else each.decimal
            try:
                found = read_amounts(some_filled(sheet.cells[heading]), decimal).currency
            except AmbiguousAmounts:
                continue
            if found:
                counts[found] = counts.get(found, 0) + int((sheet.cells[heading] != "").sum())
        if counts:
            return max(counts, key=lambda word: counts[word])
    return ""


def _any_zoned(sheets: Sequence[Sheet], mapping: Mapping) -> bool:
    """Tell whether times in the files state their offset from UTC."""
    for sheet, each in _mapped(sheets, mapping):
        for heading in [
            *(heading for role, heading in each.columns.items() if role in DATES),
            *each.stage_dates,
        ]:
            if heading in sheet.columns and _is_zoned(sheet.cells[heading], each.date_order):
                return True
    return False


def _is_zoned(cells: pd.Series, order: DateOrder | Ask | None) -> bool:
    """Tell whether any cell of a whole column states its zone; the order of its day is no matter.

    Rows of several systems may stand in one file, so a sample would not do.
    """
    if order in get_args(DateOrder):
        return bool(read_dates(cells, cast("DateOrder", order), _ANY_ZONE).zoned.any())
    try:
        return bool(read_dates(cells, None, _ANY_ZONE).zoned.any())
    except AmbiguousDates:
        tried: tuple[DateOrder, ...] = ("day_first", "month_first")
        return any(read_dates(cells, each, _ANY_ZONE).zoned.any() for each in tried)
