"""Guesses what the words in files mean: stages, statuses, reasons, sources, amounts, zones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Literal, cast

import numpy as np
import pandas as pd

from simulator.calibration.amounts import AmbiguousAmounts, read_amounts
from simulator.calibration.channel_names import (
    MOST_CHANNELS,
    NOT_RECORDED,
    OTHER,
    channel_name,
    largest,
)
from simulator.calibration.headings import AMOUNT_MEANINGS, DATES, plain
from simulator.calibration.mapping import AS_WRITTEN, ASK, AmountKind, Ask, FileMapping, Mapping
from simulator.calibration.reading import Sheet
from simulator.calibration.stage_names import (
    ReasonMeaning,
    StageMeaning,
    StatusMeaning,
    in_usual_order,
    reason_meaning,
    says_yes,
    stage_meaning,
    status_meaning,
)

MOST_LISTED = 60
"""So many sources, statuses and reasons are written out; rarer ones are read by their words."""
_MOST_STAGES = 200
_SAMPLE, _ENOUGH = 2_000, 50
_STATES_ZONE = r"\d{1,2}:\d{2}(?::\d{2})?(?:[.,]\d+)?\s*(?:Z|JST|UTC|GMT|[+-]\d{2}:?\d{2})\b"

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
        notes["time_zone"] = "times in the files state their offset from UTC"
    pipelines = list(_counts(_columns(sheets, mapping, "opportunities", "pipeline")))
    if len(pipelines) > 1:
        notes["pipelines"] = "delete those that are not to be used, such as renewals"
    channels = _channels(sheets, mapping)
    if any(name == OTHER != channel_name(word) for word, name in channels.items()):
        notes["channels"] = f"a scenario holds {MOST_CHANNELS} channels: the smallest are merged"
    return replace(
        mapping,
        time_zone=zone,
        amounts=amounts,
        currency=_currency(sheets, mapping),
        stages=_stages(sheets, mapping),
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
    several = [word for word in counts if "@" not in word]
    return sorted(several, key=lambda word: (-counts[word], word))[:MOST_LISTED]


# ------------------------------------------------------------------ stages


def _stages(sheets: Sequence[Sheet], mapping: Mapping) -> dict[str, StageMeaning | Ask]:
    names = dict(_counts(_columns(sheets, mapping, "opportunities", "stage")))
    for _, each in _mapped(sheets, mapping):
        for stage in each.stage_dates.values():
            names.setdefault(stage, 0)
    for word in _counts(_columns(sheets, mapping, "stage_history", "stage")):
        names.setdefault(word, 0)
    for word in _history_values(sheets, mapping):
        names.setdefault(word, 0)
    told = _told_by_flags(sheets, mapping)
    probabilities = _probabilities(sheets, mapping)
    found: dict[str, StageMeaning | Ask] = {}
    seen: set[str] = set()
    for name in list(names)[:_MOST_STAGES]:
        if plain(name) in seen:
            continue  # the same word in another case or width
        seen.add(plain(name))
        found[name] = told.get(name) or stage_meaning(name) or _by(probabilities, name) or ASK
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
    often = {word: count for word, count in counts.items() if count > 1 or len(counts) <= 20}
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
    kept, _ = largest(sizes)
    found = {}
    for word in _listed(counts):
        name = channel_name(word)
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
    told = {AMOUNT_MEANINGS.get(plain(heading)) for heading in headings}
    if len(told) == 1 and (meaning := told.pop()) is not None:
        return meaning, ""
    return ASK, f'"{headings[0]}" could be what is paid a month, a year, or in all'


def _currency(sheets: Sequence[Sheet], mapping: Mapping) -> str:
    counts = _counts(_columns(sheets, mapping, "opportunities", "currency"))
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
                return found
    return ""


def _any_zoned(sheets: Sequence[Sheet], mapping: Mapping) -> bool:
    """Tell whether times in the files state their offset from UTC."""
    for sheet, each in _mapped(sheets, mapping):
        for heading in [
            *(heading for role, heading in each.columns.items() if role in DATES),
            *each.stage_dates,
        ]:
            if heading not in sheet.columns:
                continue
            if some_filled(sheet.cells[heading]).str.contains(_STATES_ZONE, regex=True).any():
                return True
    return False
