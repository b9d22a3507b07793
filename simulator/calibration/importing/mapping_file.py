"""The mapping as a YAML file with comments: written out to be corrected, and read back strictly."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from simulator.calibration.importing.channel_names import channel_name
from simulator.calibration.importing.dates import DateOrder
from simulator.calibration.importing.guessing import guess_file, with_orders, without_strangers
from simulator.calibration.importing.guessing_words import with_words
from simulator.calibration.importing.headings import KINDS, ROLES
from simulator.calibration.importing.mapping import (
    AS_WRITTEN,
    ASK,
    AmountKind,
    Decimal,
    FileMapping,
    Mapping,
    check_names,
)
from simulator.calibration.importing.reading import Sheet
from simulator.calibration.importing.stage_names import ReasonMeaning, StageMeaning, StatusMeaning
from simulator.errors import Problem, ScenarioError
from simulator.languages.messages import marked, say
from simulator.scenario.outline import nearest
from simulator.scenario.scalars import shorten
from simulator.scenario.strict_yaml import Document, KeyPath, dotted, read_file

_HEAD = (
    marked(
        'How the files are read. Correct what is wrong, answer every "ask", and pass this file on'
        " with"
    ),
    marked(
        "--mapping. A key that is left out is guessed; a file that is left out is guessed as a"
        " whole."
    ),
    marked("Texts on the left of a colon below `stages` and after it are as the files have them."),
    "",
)


# ------------------------------------------------------------------ writing


def quoted(text: str) -> str:
    """Write a text so that YAML reads it back as it is, on one line, whatever it holds."""
    escaped = []
    for c in text:
        if c in '"\\':
            escaped.append("\\" + c)
        elif c == " " or c.isprintable():
            escaped.append(c)
        else:
            escaped.append(f"\\U{ord(c):08X}" if ord(c) > 0xFFFF else f"\\u{ord(c):04X}")
    return '"' + "".join(escaped) + '"'


def _comment(note: str) -> str:
    """Write a note; those without a word from a file have a translation."""
    return f"  # {shorten(say(note), 110)}" if note else ""


def _choices(words: Iterable[str]) -> str:
    return ", ".join(words)


def mapping_text(mapping: Mapping) -> str:
    """Write a mapping as the YAML file that `load_mapping` reads back to the same mapping.

    Parameters
    ----------
    mapping : Mapping
    """
    lines = [f"# {say(line)}" if line else "" for line in _HEAD]
    notes = mapping.notes
    until = quoted(mapping.until.isoformat()) if mapping.until else quoted("")
    until_note = marked("nothing later is used; empty: the last event in the files")
    lines.append(f"until: {until}{_comment(until_note)}")
    zone = marked("as_written: no time in the files states its zone")
    zone_note = notes.get("time_zone", zone)
    lines.append(f"time_zone: {quoted(mapping.time_zone)}{_comment(zone_note)}")
    amounts_note = notes.get("amounts", marked("what an amount counts"))
    lines.append(f"amounts: {quoted(mapping.amounts)}{_comment(amounts_note)}")
    if mapping.amounts == ASK:
        choices = marked("monthly, annual, or total (of the whole contract or a one-off sale)")
        lines.append(_comment(choices))
    lines.append(f"currency: {quoted(mapping.currency)}")
    lines += ["", f"# {say('kinds: {kinds}', kinds=', '.join(KINDS))}", "files:"]
    for each in mapping.files:
        lines += _file_lines(each)
    order = marked("in their order; open, won, lost, or leave_out")
    lines += _block("stages", mapping.stages, order)
    lines += _block("lead_statuses", mapping.lead_statuses, _choices(get_args(StatusMeaning)))
    lines += _block("loss_reasons", mapping.loss_reasons, _choices(get_args(ReasonMeaning)))
    lines += _block(
        "channels",
        mapping.channels,
        notes.get("channels", marked("sources that get the same name on the right are merged")),
    )
    lines.append("")
    pipelines_note = notes.get("pipelines", marked("empty: all are used"))
    listed = "[" + ", ".join(quoted(each) for each in mapping.pipelines) + "]"
    lines.append(f"pipelines: {listed}{_comment(pipelines_note)}")
    return "\n".join(lines) + "\n"


def _block(name: str, words: dict[str, Any], said: str) -> list[str]:
    if not words:
        return ["", f"{name}: {{}}"]
    rows = [f"  {quoted(text)}: {quoted(meaning)}" for text, meaning in words.items()]
    return ["", f"# {say(said)}", f"{name}:", *rows]


def _file_lines(each: FileMapping) -> list[str]:
    lines = [f"  {quoted(each.file)}:"]
    lines.append(f"    kind: {quoted(each.kind)}{_comment(each.notes.get('kind', ''))}")
    if each.columns:
        lines.append("    columns:")
        lines += [
            f"      {role}: {quoted(heading)}{_comment(each.notes.get(role, ''))}"
            for role, heading in each.columns.items()
        ]
    else:
        lines.append("    columns: {}")
    if each.kind in ROLES:
        free = [role for role in ROLES[each.kind] if role not in each.columns]
        if free:
            lines.append(f"    # {say('other roles: {roles}', roles=', '.join(free))}")
    if each.unused:
        shown = ", ".join(shorten(heading, 40) for heading in each.unused[:30])
        words = say("headings without a role: {headings}", headings=shown)
        if len(each.unused) > 30:
            words = say(
                "headings without a role: {headings} and {count} more", headings=shown,
                count=len(each.unused) - 30,
            )  # fmt: skip
        lines.append(f"    # {words}")
    if each.stage_dates:
        lines.append("    stage_dates:")
        lines += [f"      {quoted(h)}: {quoted(stage)}" for h, stage in each.stage_dates.items()]
    elif each.kind == "opportunities":
        dates_note = marked("heading: stage, of columns that date a stage's begin")
        lines.append(f"    stage_dates: {{}}{_comment(dates_note)}")
    for name in ("date_order", "decimal"):
        value = getattr(each, name)
        note = each.notes.get(name, "")
        if value is not None:
            lines.append(f"    {name}: {quoted(value)}{_comment(note)}")
    return lines


# ------------------------------------------------------------------ reading


def load_mapping(path: Path, sheets: Sequence[Sheet]) -> Mapping:
    """Read a mapping file.

    Parameters
    ----------
    path : Path
    sheets : sequence of Sheet
        The files that it is about. What the mapping file does not state is guessed from them.

    Returns
    -------
    Mapping

    Raises
    ------
    ScenarioError
        With every problem at once: unknown keys, files, roles, headings and words (with the
        nearest known), and their places.
    """
    check_names(sheet.file for sheet in sheets)
    document = read_file(path, path.name)
    checked = _Checked(document)
    mapping = checked.mapping(sheets) if document.readable else None
    problems = document.problems + checked.problems
    if problems or mapping is None:
        raise ScenarioError(problems)
    return mapping


_KEYS = (
    "until", "time_zone", "amounts", "currency", "files", "stages", "lead_statuses",
    "loss_reasons", "channels", "pipelines",
)  # fmt: skip
_FILE_KEYS = ("kind", "columns", "stage_dates", "date_order", "decimal")


class _Checked:
    """Takes a document apart and notes what is wrong with it."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.problems: list[Problem] = []

    def refuse(self, path: KeyPath, value: Any, rule: str, at_key: bool = False) -> None:
        """Note a problem, unless the value there was refused already."""
        if path in self.document.broken:
            return
        place = self.document.places.get(path)
        where = str((place.key if at_key else place.value) if place else self.document.file)
        self.problems.append(Problem(where, dotted(path), shorten(value), rule))

    def mapping(self, sheets: Sequence[Sheet]) -> Mapping:
        """Read the whole document; what it does not state is guessed."""
        top = self.document.value
        self._known((), top, _KEYS)
        files = self._files(top.get("files", {}), sheets)
        found = with_words(sheets, Mapping(files))
        stated: dict[str, Any] = {}
        if "until" in top:
            stated["until"] = self._date(("until",), top["until"])
        if "time_zone" in top:
            stated["time_zone"] = self._zone(("time_zone",), top["time_zone"])
        if "amounts" in top:
            words = (*get_args(AmountKind), ASK, "")
            stated["amounts"] = self._word(("amounts",), top["amounts"], words)
        if "currency" in top:
            stated["currency"] = self._text(("currency",), top["currency"])
        for key, words in (
            ("stages", (*get_args(StageMeaning), ASK)),
            ("lead_statuses", get_args(StatusMeaning)),
            ("loss_reasons", get_args(ReasonMeaning)),
        ):
            if key in top:
                stated[key] = {
                    text: self._word((key, text), value, words)
                    for text, value in self._map((key,), top[key])
                }
        if "channels" in top:
            stated["channels"] = {
                text: self._channel(("channels", text), value)
                for text, value in self._map(("channels",), top["channels"])
            }
        if "pipelines" in top:
            stated["pipelines"] = self._list(("pipelines",), top["pipelines"])
        return replace(found, **stated)

    def _files(self, stated: Any, sheets: Sequence[Sheet]) -> tuple[FileMapping, ...]:
        names = [sheet.file for sheet in sheets]
        by_name = dict(self._map(("files",), stated))
        for name in by_name:
            if name not in names:
                known = nearest(name, names) or f"; the files are: {', '.join(names)}"
                self.refuse(("files", name), "", f"no such file was given{known}", at_key=True)
        return without_strangers(
            self._file(sheet, by_name[sheet.file]) if sheet.file in by_name else guess_file(sheet)
            for sheet in sheets
        )

    def _file(self, sheet: Sheet, stated: Any) -> FileMapping:
        path: KeyPath = ("files", sheet.file)
        if not isinstance(stated, dict):
            self.refuse(path, stated, f"must hold keys and values; keys: {', '.join(_FILE_KEYS)}")
            return FileMapping(sheet.file, "ignored")
        self._known(path, stated, _FILE_KEYS)
        guessed = None if "kind" in stated else guess_file(sheet)
        kind = stated["kind"] if guessed is None else guessed.kind
        if kind not in (*KINDS, ASK):
            self._word((*path, "kind"), kind, (*KINDS, ASK))
            return FileMapping(sheet.file, "ignored")
        if kind == ASK:
            if guessed is None or not stated:
                return guessed or FileMapping(sheet.file, ASK)
            note = f"{', '.join(stated)} stated, but not what its rows are"
            return FileMapping(sheet.file, ASK, notes={"kind": note}, unused=sheet.columns)
        found = guess_file(sheet, kind)
        if "columns" in stated:
            found = replace(found, columns={}, notes={})
            columns = dict(self._columns(sheet, kind, (*path, "columns"), stated["columns"]))
            dated = {h: s for h, s in found.stage_dates.items() if h not in columns.values()}
            found = replace(found, columns=columns, stage_dates=dated)
        if "stage_dates" in stated:
            dates = self._map((*path, "stage_dates"), stated["stage_dates"])
            found = replace(
                found,
                stage_dates={
                    self._heading(sheet, (*path, "stage_dates", heading), heading): self._text(
                        (*path, "stage_dates", heading), stage
                    )
                    for heading, stage in dates
                },
            )
        given = {*found.columns.values(), *found.stage_dates}
        found = replace(
            found,
            date_order=None,
            decimal=None,
            unused=tuple(heading for heading in sheet.columns if heading not in given),
        )
        if "date_order" in stated:
            words = (*get_args(DateOrder), ASK)
            order = self._word((*path, "date_order"), stated["date_order"], words)
            found = replace(found, date_order=order)
        if "decimal" in stated:
            decimal = self._word((*path, "decimal"), stated["decimal"], (*get_args(Decimal), ASK))
            found = replace(found, decimal=decimal)
        return found if self.problems else with_orders(sheet, found)

    def _columns(
        self, sheet: Sheet, kind: Any, path: KeyPath, stated: Any
    ) -> Iterator[tuple[str, str]]:
        roles = list(ROLES.get(kind, ()))
        used: dict[str, str] = {}
        for role, heading in self._map(path, stated):
            here = (*path, role)
            if role not in roles:
                listed = ", ".join(roles) or "none"
                known = nearest(role, roles) or f"; roles of {kind}: {listed}"
                self.refuse(here, "", f"no such role{known}", at_key=True)
                continue
            if heading == ASK and ASK not in sheet.columns:
                yield role, ASK
                continue
            name = self._heading(sheet, here, heading)
            if name in used:
                rule = f"plays the role of {used[name]} already: a column has one role"
                self.refuse(here, heading, rule)
            used[name] = role
            yield role, name

    def _heading(self, sheet: Sheet, path: KeyPath, heading: Any) -> str:
        text = self._text(path, heading)
        if text not in sheet.columns and path not in self.document.broken:
            known = nearest(text, sheet.columns) or (
                f"; its headings: {', '.join(map(shorten, sheet.columns[:20]))}"
            )
            self.refuse(path, text, f"{sheet.file} has no such heading{known}")
        return text

    # -------------------------------------------------------------- single values

    def _known(self, path: KeyPath, stated: dict[str, Any], keys: Sequence[str]) -> None:
        for key in stated:
            if key not in keys:
                known = nearest(key, keys) or f"; keys: {', '.join(keys)}"
                self.refuse((*path, key), "", f"no such key{known}", at_key=True)

    def _map(self, path: KeyPath, stated: Any) -> Iterator[tuple[str, Any]]:
        if not isinstance(stated, dict):
            self.refuse(path, stated, "must hold keys and values (key: value)")
            return
        yield from stated.items()

    def _list(self, path: KeyPath, stated: Any) -> tuple[str, ...]:
        if not isinstance(stated, list):
            self.refuse(path, stated, 'must be a list: ["one", "another"]')
            return ()
        return tuple(self._text((*path, at), value) for at, value in enumerate(stated))

    def _text(self, path: KeyPath, value: Any) -> str:
        if not isinstance(value, str):
            self.refuse(path, value, "must be text: quote it")
            return ""
        return value

    def _word(self, path: KeyPath, value: Any, words: Sequence[str]) -> Any:
        text = self._text(path, value)
        if isinstance(value, str) and text not in words:
            said = ", ".join(word or '""' for word in words)
            self.refuse(path, value, f"must be one of {said}{nearest(text, words)}")
        return text

    def _channel(self, path: KeyPath, value: Any) -> str:
        text = self._text(path, value)
        if isinstance(value, str) and channel_name(text) != text:
            rule = f"is no name of a channel: write {channel_name(text)}"
            self.refuse(path, value, rule)
        return text

    def _zone(self, path: KeyPath, value: Any) -> str:
        text = self._text(path, value)
        if isinstance(value, str) and text not in (AS_WRITTEN, ASK):
            try:
                ZoneInfo(text)
            except (ZoneInfoNotFoundError, ValueError, OSError):
                rule = f"no such time zone; write {AS_WRITTEN} or a name such as Asia/Tokyo"
                self.refuse(path, value, rule)
        return text

    def _date(self, path: KeyPath, value: Any) -> datetime.date | None:
        text = self._text(path, value)
        if not text:
            return None
        try:
            return datetime.date.fromisoformat(text)
        except ValueError:
            self.refuse(path, value, 'must be a date like "2024-03-31"')
            return None
