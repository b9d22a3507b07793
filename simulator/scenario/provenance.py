"""Where every number comes from: its unit, meaning, source, trust and the line that set it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, get_args

from pydantic import BaseModel
from pydantic_core import to_jsonable_python

from simulator.errors import Problem
from simulator.scenario import outline
from simulator.scenario.checking import OVERRIDE
from simulator.scenario.fields import Trust
from simulator.scenario.fitted import Fit, is_single, lonely_groups, outside, read_fit
from simulator.scenario.layering import NOT_INHERITED, Layer
from simulator.scenario.scalars import compact, shorten
from simulator.scenario.strict_yaml import Document, KeyPath, Place, Position, dotted

TRUST_LETTERS = get_args(Trust)
_BEST_FIRST = ("A", "B", "calc", "C", "M", "D")
_WORDS = ("source", "trust", "range", "estimate")


@dataclass(frozen=True, slots=True)
class SourceNote:
    """Where a file has its numbers from, how far to trust them, and what it leaves open.

    Attributes
    ----------
    source, trust : str
    span : (low, high) or None
        The range that the source allows.
    fit : Fit or None
        What data told of the number.
    path : KeyPath
        The key or block that it is of; empty if the file does not set it.
    """

    source: str
    trust: str
    span: tuple[float, float] | None = None
    fit: Fit | None = None
    path: KeyPath = ()


@dataclass(frozen=True, slots=True)
class Number:
    """One value of the effective scenario with its whole history.

    Attributes
    ----------
    path : str
        Dotted path of its key.
    value : float, int, bool or str
        The value; a law or a list is written compactly.
    unit, meaning : str
        From the schema; the unit of a law is its own.
    source, trust : str
        From the schema for defaults, from the ``sources`` block of the file that set it.
    where : str
        ``default``, ``file:line`` or ``--set``.
    is_number : bool
        False for switches and words, which need no source.
    span : (low, high) or None
        Range that its source allows, if one is stated; of a law: factors on its times.
    fits : tuple of (str, Fit)
        What data told of it, under its path; of a law: of each parameter, under the whole path.
    """

    path: str
    value: float | int | bool | str
    unit: str
    meaning: str
    source: str
    trust: str
    where: str
    is_number: bool
    span: tuple[float, float] | None = None
    fits: tuple[tuple[str, Fit], ...] = ()


@dataclass(frozen=True, slots=True)
class Difference:
    """One value that two scenarios do not share; None where one of them has no such key."""

    path: str
    a: float | int | bool | str | None
    b: float | int | bool | str | None
    where_a: str
    where_b: str


# ------------------------------------------------------------------ the sources block


def take_sources(
    layer: Layer, model: type[BaseModel]
) -> tuple[dict[str, SourceNote], list[Problem]]:
    """Take the ``sources`` block out of a file and check it.

    Parameters
    ----------
    layer : Layer
        The file; its block is removed.
    model : type of BaseModel
        The root model, which knows the limits of each number.
    """
    document = layer.document
    stated = document.value.pop("sources", None)
    if stated is None or ("sources",) in document.broken:
        return {}, []
    if not isinstance(stated, dict):
        place = document.places[("sources",)].value
        rule = "must be a mapping: key.path: {source: …, trust: …}"
        return {}, [Problem(str(place), "sources", shorten(stated), rule)]
    set_here = {dotted(path): path for path, _ in outline.all_paths(document.value)}
    notes: dict[str, SourceNote] = {}
    problems: list[Problem] = []
    for key, entry in stated.items():
        found = _entry_problems(document, key, entry)
        if key not in set_here and ("sources", key) not in document.broken:
            near = outline.nearest(key, set_here) if len(problems) < 20 else ""
            rule = f"names a key that this file does not set{near}"
            at = document.places[("sources", key)].key
            found.append(Problem(str(at), f"sources.{key}", "", rule))
        path = set_here.get(key)
        span = entry.get("range") if isinstance(entry, dict) else None
        if span is not None and not found and ("sources", key, "range") not in document.broken:
            rule = _range_rule(span, set_here[key], document.value, model)
            if rule:
                at = document.places[("sources", key, "range")].value
                found.append(Problem(str(at), f"sources.{key}.range", shorten(span), rule))
        fit = None
        if isinstance(entry, dict) and "estimate" in entry:
            fit, wrong = read_fit(document, key, entry["estimate"], path, model)
            found += wrong
        problems += found
        usable = isinstance(entry, dict) and {"source", "trust"} <= set(entry)
        if usable and not found:
            ends = None if span is None else (float(span[0]), float(span[1]))
            notes[key] = SourceNote(
                str(entry["source"]), str(entry["trust"]), ends, fit, path or ()
            )
    if not problems:
        fits = {key: note.fit for key, note in notes.items() if note.fit is not None}
        problems += lonely_groups(document, fits)
    return notes, problems


def _range_rule(span: Any, path: KeyPath, values: Any, model: type[BaseModel]) -> str:
    """Say what is wrong with a stated range, or nothing."""
    value = outline.value_at(values, path)
    is_law = isinstance(value, dict) and "law" in value
    if not is_law and not is_single(value):
        return "is stated for one number or law at a time: name its whole key"
    if not isinstance(span, list) or len(span) != 2 or not all(map(is_single, span)):
        return "must be [low, high], two numbers"
    low, high = span
    if low >= high:
        return "low must be below high"
    if is_law:
        # A law is unsure in its times; a factor of 1 is the law as stated.
        within = 0.0 < low <= 1.0 <= high
        return "" if within else "of a law: factors on its times, above 0 and with 1 between them"
    if not low <= value <= high:
        return f"must contain the value, {value:g}"
    return outside(outline.slot_at(model, path, values), low, high)


def _entry_problems(document: Document, key: str, entry: Any) -> list[Problem]:
    path: KeyPath = ("sources", key)
    place = document.places[path]
    name = dotted(path)
    if path in document.broken:
        return []
    if not isinstance(entry, dict):
        rule = f"must say {{source: …, trust: one of {', '.join(TRUST_LETTERS)}}}"
        return [Problem(str(place.value), name, shorten(entry), rule)]
    problems = []
    for word in entry:
        if word not in _WORDS:
            near = outline.nearest(word, _WORDS)
            at = document.places[(*path, word)].key
            problems.append(Problem(str(at), f"{name}.{word}", "", f"unknown key{near}"))
    for word in ("source", "trust"):
        inside = (*path, word)
        if word not in entry:
            problems.append(Problem(str(place.key), f"{name}.{word}", "", "is missing"))
        elif inside not in document.broken:
            at, value = document.places[inside].value, entry[word]
            if word == "trust" and value not in TRUST_LETTERS:
                rule = f"must be one of {', '.join(TRUST_LETTERS)}"
            elif not isinstance(value, str) or not value.strip():
                rule = "must be text"
            else:
                continue
            problems.append(Problem(str(at), dotted(inside), shorten(value), rule))
    return problems


# ------------------------------------------------------------------ numbers


def list_numbers(
    scenario: BaseModel,
    places: Mapping[KeyPath, Place],
    sources: Mapping[str, Mapping[str, SourceNote]],
) -> Iterator[Number]:
    """List every value of a scenario with its origin.

    Parameters
    ----------
    scenario : BaseModel
        The effective scenario.
    places : mapping
        Who set which path.
    sources : mapping
        The ``sources`` block of each file, by the file's name.
    """
    values = scenario.model_dump(mode="json")
    fits = fits_in_force(places, sources)
    for path, slot, value in _leaves(outline.Slot(type(scenario)), values, ()):
        if path[0] in NOT_INHERITED:
            continue
        place = _place(places, path, value)
        is_law = isinstance(value, dict) and "law" in value
        unit, source, trust = slot.extra("unit"), slot.extra("source"), slot.extra("trust")
        span = slot.span
        if place is not None:
            notes = sources.get(place.file, {})
            note = (_note_of_parts(notes, path, value) if is_law else None) or _note(notes, path)
            source, trust = (note.source, note.trust) if note else ("", "")
            # A range belongs to one number: that of a block above it is of another.
            exact = notes.get(dotted(path))
            span = exact.span if exact else None
        if is_law:
            unit = str(value.get("unit", unit))
        own = [path, *((*path, name) for name in (value if is_law else ()))]
        yield Number(
            path=dotted(path),
            value=_written(value),
            unit=unit,
            meaning=slot.meaning,
            source=source,
            trust=trust,
            where=place.short if place is not None else "default",
            is_number=_holds_number(value),
            span=span,
            fits=tuple((dotted(each), fits[each]) for each in own if each in fits),
        )


def fits_in_force(
    places: Mapping[KeyPath, Place], sources: Mapping[str, Mapping[str, SourceNote]]
) -> dict[KeyPath, Fit]:
    """Return what data told of each number whose value in force is that of the same file.

    What a later file or ``--set`` has changed is no longer the number that was estimated.

    Parameters
    ----------
    places, sources
        As for :func:`list_numbers`.
    """
    return {
        note.path: note.fit
        for file, notes in sources.items()
        for note in notes.values()
        if note.fit is not None and note.path in places and places[note.path].value.file == file
    }


def _leaves(
    slot: outline.Slot, value: Any, path: KeyPath
) -> Iterator[tuple[KeyPath, outline.Slot, Any]]:
    """Walk through what is one value to a reader: single values, laws, lists of values."""
    items: list[tuple[str | int, Any]] = []
    if isinstance(value, dict) and "law" not in value:
        items = list(value.items())
    elif isinstance(value, list) and any(isinstance(item, (dict, list)) for item in value):
        items = list(enumerate(value))
    elif path and value is not None and value not in ([], {}):
        yield path, slot, value
    for key, item in items:
        below = outline.step(slot, key, value)
        if below is not None:
            yield from _leaves(below, item, (*path, key))


def _place(places: Mapping[KeyPath, Place], path: KeyPath, value: Any) -> Position | None:
    """Return who set a value: of a list or law, --set where it changed a part."""
    inside = [path, *(p for p, _ in outline.all_paths(value, path))]
    at = [places[p].key for p in inside if p in places]
    for position in at:
        if position.file == OVERRIDE:
            return position
    return at[0] if at and at[0].line else None


def _note(notes: Mapping[str, SourceNote], path: KeyPath) -> SourceNote | None:
    """Return the note with the longest prefix of the path."""
    for length in range(len(path), 0, -1):
        note = notes.get(dotted(path[:length]))
        if note is not None:
            return note
    return None


def _note_of_parts(
    notes: Mapping[str, SourceNote], path: KeyPath, law: Mapping[str, Any]
) -> SourceNote | None:
    """Return what the notes of all parameters of a law say together, if each has its own."""
    parts = [notes.get(dotted((*path, name))) for name in law if name not in ("law", "unit")]
    known = [note for note in parts if note is not None]
    if dotted(path) in notes or not known or len(known) < len(parts):
        return None
    told = "; ".join(dict.fromkeys(note.source for note in known))
    return SourceNote(told, max((note.trust for note in known), key=_BEST_FIRST.index))


def _written(value: Any) -> float | int | bool | str:
    if isinstance(value, dict):
        inside = ", ".join(f"{k}={v:g}" for k, v in value.items() if k not in ("law", "unit"))
        return f"{value['law']}({inside})"
    if isinstance(value, (bool, int, float, str)):
        return value
    return compact(value)


def _holds_number(value: Any) -> bool:
    if isinstance(value, dict):
        return True
    if isinstance(value, list):
        return any(_holds_number(item) for item in value)
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def compare(a: list[Number], b: list[Number]) -> list[Difference]:
    """List what differs between two lists of numbers, in the order of the first."""
    left = {number.path: number for number in a}
    right = {number.path: number for number in b}
    found = []
    for path in [*left, *(p for p in right if p not in left)]:
        one, two = left.get(path), right.get(path)
        if one is None or two is None or one.value != two.value or one.unit != two.unit:
            found.append(
                Difference(
                    path,
                    one.value if one else None,
                    two.value if two else None,
                    one.where if one else "",
                    two.where if two else "",
                )
            )
    return found


def plain(scenario: BaseModel) -> dict[str, Any]:
    """Return a scenario as plain values, without what is None (a file cannot say None)."""
    values: dict[str, Any] = to_jsonable_python(scenario, exclude_none=True)
    return values
