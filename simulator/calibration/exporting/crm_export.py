"""A run in a folder: CRM files, event logs, and what a reader must know of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import numpy as np

from simulator import disk
from simulator.calibration.exporting.crm_files import Style, crm_files, csv_bytes, files_of
from simulator.calibration.exporting.crm_holes import Holes, doubled, with_holes
from simulator.calibration.exporting.crm_tables import CrmTables, crm_tables, known_at
from simulator.calibration.exporting.crm_words import WORDS, Language
from simulator.calibration.exporting.event_files import FILES, FORMATS, WRITERS, Format, staged
from simulator.calibration.exporting.event_log import event_log
from simulator.calibration.working_time import WorkingTime
from simulator.errors import Problem, ScenarioError
from simulator.languages.messages import say
from simulator.organization.journal import Journal

MANIFEST = "export.json"
README = "README.txt"
MAPPING = "mapping.yaml"
LOGS = "event_log"
"""The folder of event logs: ``DIR/*.csv`` are then CRM files alone."""

_MARK = "themodel export-crm"
_MOST_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Choices:
    """What is exported, and how.

    Attributes
    ----------
    starts : datetime.date
        Calendar day on which the run begins.
    style : {"salesforce", "hubspot", "zoho", "plain"}
    language : {"en", "ja"}
        Of stages, statuses, reasons and activities; headings are English.
    logs : tuple of {"csv", "xes", "ocel"}
        Formats of the event log.
    until : float or None
        Business day at which the history is cut.
    holes : Holes
        Of the CRM files; event logs have none.
    duplicated : float
        Share of rows of every CRM file that are there twice.
    dates_only : bool
        Leave the hour out of every date of the CRM files.
    """

    starts: date
    style: Style = "salesforce"
    language: Language = "en"
    logs: tuple[Format, ...] = FORMATS
    until: float | None = None
    holes: Holes = field(default_factory=Holes)
    duplicated: float = 0.0
    dates_only: bool = False


def check_target(folder: Path, choices: Choices) -> None:
    """Find out before a run whether the export can be written, and that it replaces nothing else.

    Parameters
    ----------
    folder : Path
        New, empty, or of an earlier export of the same files.
    choices : Choices

    Raises
    ------
    ScenarioError
        If the folder holds anything else: it would be replaced, or be taken for part of this
        export.
    OutputError
        If nothing can be written there.
    """
    written = {*files_of(choices.style), MAPPING, README, MANIFEST}
    disk.check_folder(folder, written)
    disk.check_folder(folder / LOGS, [FILES[each] for each in choices.logs])
    if not folder.is_dir():
        return
    there = {path.name for path in folder.iterdir()}
    logs = folder / LOGS
    inside = {path.name for path in logs.iterdir()} if logs.is_dir() else set()
    if not there:
        return
    ours = _is_ours(folder / MANIFEST)
    foreign = sorted(there - (written | {LOGS} if ours else set()))
    foreign += sorted(f"{LOGS}/{name}" for name in inside - {FILES[each] for each in choices.logs})
    if foreign:
        shown = ", ".join(foreign[:_MOST_SHOWN])
        more = f" and {len(foreign) - _MOST_SHOWN} more" if len(foreign) > _MOST_SHOWN else ""
        rule = f"holds what this export would not write ({shown}{more}); name a new or empty folder"
        raise ScenarioError([Problem("--out", "", str(folder), rule)])


def _is_ours(manifest: Path) -> bool:
    try:
        text = manifest.read_text(encoding="utf-8") if manifest.is_file() else ""
        said = json.loads(text) if len(text) < 1_000_000 else None
    except (OSError, ValueError):
        return False
    return isinstance(said, dict) and said.get("made_by") == _MARK


def export(
    journal: Journal, folder: Path, choices: Choices, command: Sequence[str], version: str
) -> dict[str, int]:
    """Write a run into a folder.

    Parameters
    ----------
    journal : Journal
    folder : Path
    choices : Choices
    command : sequence of str
        What was typed, to repeat it.
    version : str
        Of the program.

    Returns
    -------
    dict of str to int
        Rows (events, for a log) by file.

    Raises
    ------
    OutputError
        If a file cannot be written; what was there before is intact.
    """
    if choices.until is not None:
        journal = known_at(journal, choices.until)
    words, time = WORDS[choices.language], WorkingTime(choices.starts)
    whole = crm_tables(journal)
    tables = with_holes(whole, choices.holes)
    sheets = crm_files(tables, choices.style, words, time, choices.dates_only)
    if choices.duplicated > 0.0:
        sheets = doubled(sheets, tables.facts, choices.duplicated)
    rows = {name: len(sheet) for name, sheet in sheets.items()}
    logs = {}
    if choices.logs:
        log = event_log(journal, whole, words, time)
        logs = {FILES[each]: WRITERS[each](log) for each in choices.logs}
        rows |= {f"{LOGS}/{name}": len(log) for name in logs}
    ends = _last_day(time, journal.facts.horizon_days)
    marked = choices.language == "ja"  # Japanese spreadsheet programs guess CP932 without it
    contents = {name: csv_bytes(sheet, marked) for name, sheet in sheets.items()}
    contents[MAPPING] = _mapping(whole, ends).encode()
    contents[README] = _readme(whole, choices, rows, ends).encode()
    manifest = {
        "made_by": _MARK,
        "scenario": journal.facts.scenario,
        "seed": journal.facts.seed,
        "replication": journal.facts.replication,
        "starts": choices.starts.isoformat(),
        "until": ends.isoformat(),
        "style": choices.style,
        "version": version,
        "command": list(command),
        "rows": rows,
    }
    contents[MANIFEST] = (json.dumps(manifest, indent=2) + "\n").encode()
    with staged(folder / LOGS, logs):
        disk.write_files(folder, contents)
    return rows


def _last_day(time: WorkingTime, ends: float) -> date:
    """Return the last day of which something is known."""
    # The end of a day is the beginning of the next one.
    last: date = time.stamps(np.array([max(ends - 1e-6, 0.0)]))[0].astype("datetime64[D]").item()
    return last


def _mapping(tables: CrmTables, ends: date) -> str:
    """Say what the importer cannot guess from headings and cells."""
    amounts = "annual" if tables.facts.subscription else "total"
    return (
        "# What these files do not say by themselves, for the importer's --mapping.\n"
        f"amounts: {json.dumps(amounts)}\n"
        f"currency: {json.dumps(tables.facts.currency)}\n"
        f"until: {json.dumps(ends.isoformat())}\n"
    )


def _readme(tables: CrmTables, choices: Choices, rows: dict[str, int], ends: date) -> str:
    """Say what the files are."""
    facts, holes = tables.facts, choices.holes
    lines = [
        say(
            "A simulated company, as its CRM would show it: scenario {scenario}, seed {seed},"
            " replication {replication}.",
            scenario=facts.scenario, seed=facts.seed, replication=facts.replication,
        ),
        say("No row is of a real person or company."),
        "",
        *(f"  {name:<26} {count:>10,} {say('rows')}" for name, count in rows.items()),
        f"  {MAPPING:<26} {say('what an importer cannot guess')}",
        f"  {MANIFEST:<26} {say('the command that made this, to repeat it')}",
        "",
        say(
            "The run begins on {day}; nothing after {end} is known.", day=choices.starts, end=ends
        ),
        say("Times are local, without a time zone (event logs write them as UTC); work is done on"
            " weekdays from 9:00 to 18:00."),
        say(
            "Amounts of opportunities are one year's revenue (12 x MRR) in {currency}."
            if facts.subscription
            else "Amounts of opportunities are the price of the sale in {currency}.",
            currency=facts.currency,
        ),
        say("IS-1 is the first person that inside sales hired, FS-7 the seventh of field sales."),
        say("L-352 is a lead, A-352 its account, O-352-2 its second opportunity, C-352-1 its first"
            " contract; 352 is the buyer's number in: themodel trace SCENARIO --buyer 352"),
        "",
        say("Loss reasons are those that were recorded, not the true ones; empty: nobody wrote one"
            " down. An opportunity that is open has no close date."),
        say("A brought-back buyer has another opportunity; its lead points at the first one."),
        say("What the company started with: its customers, with the true beginning of their"
            " contracts; its open opportunities, entered on the first day at the stage they had"
            " reached, without a lead. Buyers lost before the first day appear when somebody brings"
            " them back: no row of the run dates their earlier loss."),
    ]  # fmt: skip
    said = [
        (holes.recorded_since is not None,
         say("opportunities won or lost before the date given are missing, with their contracts")),
        (holes.unclosed > 0.0,
         say("{share} of lost opportunities were never closed", share=f"{holes.unclosed:.0%}")),
        (holes.missing > 0.0,
         say("{share} of owners, sources, amounts and reasons are empty",
             share=f"{holes.missing:.0%}")),
        (choices.duplicated > 0.0,
         say("{share} of rows are there twice", share=f"{choices.duplicated:.0%}")),
        (choices.dates_only, say("dates have no hour")),
    ]  # fmt: skip
    made = [f"  - {what}" for there, what in said if there]
    if made:
        lines += ["", say("Holes made on purpose in the CRM files (event logs have none):"), *made]
    return "\n".join(lines) + "\n"
