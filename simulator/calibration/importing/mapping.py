"""What the files are, which heading plays which role, and what their words mean.

A mapping is guessed (:mod:`.importing.guessing`), written out to be corrected, and
read back (:mod:`.importing.mapping_file`). Whatever the files do not tell is left open
in it, marked `ASK`: nothing is imported until all of that has been answered.
"""

from __future__ import annotations

import datetime
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from simulator.calibration.importing.dates import DateOrder
from simulator.calibration.importing.headings import AMOUNTS, KINDS, NEEDED, ROLES, FileKind
from simulator.calibration.importing.stage_names import ReasonMeaning, StageMeaning, StatusMeaning
from simulator.errors import Problem, ScenarioError
from simulator.scenario.scalars import shorten

Ask = Literal["ask"]
ASK: Ask = "ask"
"""Stands where the files do not tell and the user must."""

AmountKind = Literal["monthly", "annual", "total"]
Decimal = Literal[".", ","]
AS_WRITTEN = "as_written"
"""Instead of a time zone: no time in the files states one."""


@dataclass(frozen=True, slots=True)
class FileMapping:
    """One file.

    Attributes
    ----------
    file : str
        Its name, as `Sheet.file`.
    kind : str
        What one row of it is, see `FileKind`; `ASK` if unclear.
    columns : dict of str to str
        Heading by role; `ASK` if several headings could be meant.
    stage_dates : dict of str to str
        Columns that say when a stage was entered: stage by heading.
    date_order : str or None
        Of dates like 3/4/2024; None where none of them needs it.
    decimal : str or None
        Sign before the decimals of amounts; None: as each amount shows.
    notes : dict of str to str
        Why something is open or doubtful, by role (or "kind", "date_order", "decimal").
    unused : tuple of str
        Headings without a role.
    """

    file: str
    kind: FileKind | Ask
    columns: dict[str, str] = field(default_factory=dict)
    stage_dates: dict[str, str] = field(default_factory=dict)
    date_order: DateOrder | Ask | None = None
    decimal: Decimal | Ask | None = None
    notes: dict[str, str] = field(default_factory=dict, compare=False)
    unused: tuple[str, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Mapping:
    """How all files are read.

    Attributes
    ----------
    files : tuple of FileMapping
    until : date or None
        Nothing later is used; None: the last event in the files.
    time_zone : str
        Where the company works, e.g. "Asia/Tokyo"; `AS_WRITTEN` where no time states a zone.
    amounts : str
        What an opportunity's amount counts; "" where there are none.
    currency : str
        "" where the files do not tell.
    stages : dict of str to str
        Whether an opportunity in a stage is open, won or lost, in their order; "leave_out": its
        rows are not used.
    lead_statuses, loss_reasons : dict of str to str
        What these words mean.
    channels : dict of str to str
        Name in the scenario of a lead source; the same name merges sources. A source that is not
        listed becomes a channel by its own name.
    pipelines : tuple of str
        Only opportunities of these pipelines are used; all if empty.
    notes : dict of str to str
        Why something is open or doubtful, by key.
    """

    files: tuple[FileMapping, ...]
    until: datetime.date | None = None
    time_zone: str = AS_WRITTEN
    amounts: AmountKind | Ask | Literal[""] = ""
    currency: str = ""
    stages: dict[str, StageMeaning | Ask] = field(default_factory=dict)
    lead_statuses: dict[str, StatusMeaning] = field(default_factory=dict)
    loss_reasons: dict[str, ReasonMeaning] = field(default_factory=dict)
    channels: dict[str, str] = field(default_factory=dict)
    pipelines: tuple[str, ...] = ()
    notes: dict[str, str] = field(default_factory=dict, compare=False)

    def of_kind(self, *kinds: FileKind) -> list[FileMapping]:
        """Return the files of some kinds, in their order."""
        return [each for each in self.files if each.kind in kinds]


def open_questions(mapping: Mapping, where: str = "mapping") -> list[Problem]:
    """List what must be answered before the files can be imported.

    Parameters
    ----------
    mapping : Mapping
    where : str
        How problems call it: the mapping file, or the option that names one.

    Returns
    -------
    list of Problem
        Each with the possible answers; empty if everything is settled.
    """
    problems = []
    for each in mapping.files:
        problems += _of_file(each, where)
    if mapping.time_zone == ASK:
        note = mapping.notes.get("time_zone", "times in the files state their zone")
        rule = f"{note}; write the zone in which the company works, for instance Asia/Tokyo"
        problems.append(Problem(where, "time_zone", ASK, rule))
    if mapping.amounts == ASK:
        note = mapping.notes.get("amounts", "an amount could be a month's, a year's or a whole")
        rule = f"{note}; write monthly, annual or total (of the whole contract or a one-off sale)"
        problems.append(Problem(where, "amounts", ASK, rule))
    problems += [
        Problem(
            where,
            f"stages.{shorten(name)}",
            ASK,
            mapping.notes.get(
                f"stages.{name}",
                "it is not clear whether opportunities in this stage are open, won or lost",
            )
            + "; write open, won, lost, or leave_out to leave its rows out",
        )
        for name, meaning in mapping.stages.items()
        if meaning == ASK
    ]
    return problems


def _of_file(each: FileMapping, where: str) -> list[Problem]:
    key = f"files.{each.file}"
    if each.kind == ASK:
        note = each.notes.get("kind", "it is not clear what its rows are")
        return [Problem(where, f"{key}.kind", ASK, f"{note}; write one of {', '.join(KINDS)}")]
    problems = []
    for role, heading in each.columns.items():
        if heading == ASK:
            note = each.notes.get(role, "several headings could be meant")
            rule = f"{note}; write the heading, or delete the line if it has none"
            problems.append(Problem(where, f"{key}.columns.{role}", ASK, rule))
        elif role in AMOUNTS and (factor := unit_of(heading)[1]):
            rule = (
                f"holds amounts in {shorten(factor)}, and amounts are read as they stand: write"
                " whole amounts into the file and take the unit out of the heading, or delete the"
                " line to go without amounts"
            )
            problems.append(Problem(where, f"{key}.columns.{role}", shorten(heading), rule))
    for name, choices in (
        ("date_order", "year_first, month_first or day_first"),
        ("decimal", "'.' or ','"),
    ):
        if getattr(each, name) == ASK:
            note = each.notes.get(name, "the cells can be read in two ways")
            problems.append(Problem(where, f"{key}.{name}", ASK, f"{note}; write {choices}"))
    return problems + _missing(each, where, key)


def _missing(each: FileMapping, where: str, key: str) -> list[Problem]:
    """List the groups of roles of which a file has none."""
    assert each.kind != ASK
    return [
        Problem(
            where,
            f"{key}.columns",
            "",
            f"{each.kind} need a heading for {' or '.join(group)}; its headings without a role:"
            f" {', '.join(map(shorten, each.unused[:12])) or 'none'}",
        )
        for group in NEEDED[each.kind]
        if not set(group) & set(each.columns)
    ]


_UNIT = re.compile(r"\s*[(\[（［【]\s*(?P<unit>[^()\[\]（）［］【】]{1,30})\s*[)\]）］】]\s*$")
_PLAIN_UNIT = re.compile(
    r"(usd|jpy|eur|gbp|us\$|\$|€|£|¥|yen|dollars?|euros?|円|税込み?|税抜き?|税別|[\s,/・、])+"
)
_SCALED = re.compile(
    r"(?<![a-z])(thousands?|millions?|billions?|k|mm?|bn|000s?|.?000)(?![a-z])|[千万億]"
)


def unit_of(heading: str) -> tuple[str, str]:
    """Take the unit off a heading of amounts.

    Parameters
    ----------
    heading : str

    Returns
    -------
    name : str
        The heading without a unit in brackets at its end; the heading itself if there is none.
    factor : str
        The unit, if it is so many of a currency: "thousands", "千円"; else "".
    """
    text = unicodedata.normalize("NFKC", heading)
    found = _UNIT.search(text)
    if found is None:
        return heading, ""
    unit = found["unit"].strip().casefold()
    if _SCALED.search(unit):
        return text[: found.start()], found["unit"].strip()
    return (text[: found.start()], "") if _PLAIN_UNIT.fullmatch(unit) else (heading, "")


def roles_of(kind: FileKind) -> Sequence[str]:
    """Return the roles that the columns of a kind of file can play."""
    return tuple(ROLES[kind])


def check_names(files: Iterable[str]) -> None:
    """Refuse files of the same name: a mapping could not tell them apart.

    Raises
    ------
    ScenarioError
        With every name that stands for several.
    """
    seen: set[str] = set()
    twice: dict[str, None] = {}
    for file in files:
        if file in seen:
            twice[file] = None
        seen.add(file)
    if twice:
        rule = "two files have this name; rename one of them"
        raise ScenarioError([Problem(shorten(file), "", "", rule) for file in twice])
