"""What commands that read CRM exports have in common: options, the mapping, the import."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from simulator.commands.terminal import tell
from simulator.errors import Problem, ScenarioError
from simulator.languages.messages import say

if TYPE_CHECKING:
    from simulator.calibration.importing.imported import Imported
    from simulator.calibration.importing.mapping import Mapping
    from simulator.calibration.importing.reading import Sheet

Files = Annotated[
    list[Path],
    typer.Argument(metavar="FILES...", help="The CRM's exports: CSV or XLSX.", show_default=False),
]
MappingFile = Annotated[
    Path | None,
    typer.Option("--mapping", metavar="FILE", help="What the columns mean, as calibrate wrote it."),
]
Until = Annotated[
    str | None, typer.Option(metavar="DATE", help="Use nothing after this day: 2024-03-31.")
]
AmountsAre = Annotated[
    str | None,
    typer.Option(
        "--amounts", metavar="KIND",
        help="What amounts mean: monthly, annual, or total (of a whole contract or one-off sale).",
    ),
]  # fmt: skip
Inquiries = Annotated[
    str | None,
    typer.Option(
        "--leads", metavar="KIND",
        help="What leads are: inquiries, of which marketing lets some through, or qualified.  "
        "[default: qualified if a file or heading says MQL, else inquiries]",
    ),
]  # fmt: skip
MostUnusable = Annotated[
    float | None,
    typer.Option(
        metavar="SHARE", min=0.0, max=1.0,
        help="Stop if a larger share of a file's rows cannot be used.  [default: 0.2]",
    ),
]  # fmt: skip

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_QUALIFIED = re.compile(r"(?<![a-z])(mql|qualified[ _]leads?)(?![a-z])", re.IGNORECASE)
_FIRST = 1  # the column that names the rows


def day(option: str, text: str | None) -> date | None:
    """Read a day given with an option."""
    if text is None:
        return None
    try:
        if not _DAY.fullmatch(text.strip()):
            raise ValueError
        return date.fromisoformat(text.strip())
    except ValueError:
        rule = "is no day: write year-month-day, as in 2024-03-31"
        raise ScenarioError([Problem(option, "", text, rule)]) from None


def read(
    files: Sequence[Path], mapping: Path | None, amounts: str | None
) -> tuple[list[Sheet], Mapping]:
    """Read files, and find out what their columns mean.

    Parameters
    ----------
    files : sequence of Path
    mapping : Path or None
        As given with ``--mapping``; what it leaves open is guessed.
    amounts : str or None
        As given with ``--amounts``.
    """
    from simulator.calibration.importing.guessing import guess
    from simulator.calibration.importing.mapping_file import load_mapping
    from simulator.calibration.importing.reading import read_sheets

    if amounts not in (None, "monthly", "annual", "total"):
        rule = "is neither monthly, annual nor total"
        raise ScenarioError([Problem("--amounts", "", str(amounts), rule)])
    sheets = [sheet for path in files for sheet in read_sheets(path)]
    for sheet in sheets:
        for note in sheet.notes:
            tell(say("{file}: {note}", file=sheet.file, note=note))
    how = load_mapping(mapping, sheets) if mapping is not None else guess(sheets)
    if amounts is not None and how.amounts:
        how = replace(how, amounts=amounts)  # type: ignore[arg-type]
    return sheets, how


def imported(
    sheets: Sequence[Sheet], mapping: Mapping, until: date | None, most_unusable: float | None
) -> Imported:
    """Import files; stop where too much of one of them cannot be used."""
    from simulator.calibration.importing.imported import MOST_UNUSABLE, import_files, why_it_stops

    found = import_files(sheets, mapping, until)
    refused = why_it_stops(found, MOST_UNUSABLE if most_unusable is None else most_unusable)
    if refused is not None:
        raise ScenarioError([refused])
    return found


def are_qualified(leads: str | None, sheets: Sequence[Sheet], mapping: Mapping) -> bool:
    """Whether the leads on file were let through by marketing already.

    Unless it is stated, a file of leads says so by its own name or by what it calls their id: a
    date of becoming qualified, or a reason for not being, speaks of some of them only.
    """
    if leads is None:
        found = any(
            _QUALIFIED.search(name)
            for sheet in sheets
            if any(each.file == sheet.file and each.kind == "leads" for each in mapping.files)
            for name in (sheet.file, *sheet.columns[:_FIRST])
        )
        if found:
            tell(
                say(
                    "leads are taken as qualified (a file or heading says so); else --leads"
                    " inquiries"
                )
            )
        return found
    if leads not in ("inquiries", "qualified"):
        raise ScenarioError([Problem("--leads", "", leads, "is neither inquiries nor qualified")])
    return leads == "qualified"
