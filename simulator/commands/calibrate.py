"""``themodel calibrate``: from a company's own CRM export to a scenario."""

from __future__ import annotations

import csv
import io
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from simulator.cells import harmless
from simulator.commands.answers import typed
from simulator.commands.execution import execution
from simulator.commands.importing import (
    AmountsAre,
    Files,
    Inquiries,
    MappingFile,
    MostUnusable,
    Until,
    are_qualified,
    day,
    imported,
    read,
)
from simulator.commands.options import AsJson, Engine, Overwrite, Seed, Workers
from simulator.commands.terminal import WRONG_INPUT, show, stop, tell
from simulator.errors import Problem, ScenarioError
from simulator.languages.languages import spoken
from simulator.languages.messages import say
from simulator.version import version

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simulator.calibration.fitting import Calibrated
    from simulator.calibration.importing.imported import Imported
    from simulator.calibration.importing.mapping import Mapping
    from simulator.calibration.importing.reading import Sheet

Out = Annotated[
    Path,
    typer.Option(
        "--out", "-o", metavar="FILE.yaml", help="The scenario; what belongs to it goes beside it."
    ),
]
Report = Annotated[
    Path | None,
    typer.Option(metavar="FILE.html", help="A page with the fits over the data, to read and show."),
]


def calibrate(
    files: Files,
    out: Out,
    mapping: MappingFile = None,
    until: Until = None,
    amounts: AmountsAre = None,
    leads: Inquiries = None,
    most_unusable: MostUnusable = None,
    report: Report = None,
    seed: Seed = 1,
    workers: Workers = None,
    engine: Engine = None,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Make a scenario of a company's own CRM export, with the evidence for every number.

    Reads exports of Salesforce, HubSpot and Zoho (leads, opportunities, stage history, activities,
    contracts) and any other CSV or XLSX. What the columns mean is guessed, shown, and written
    beside the scenario: correct it and type the same again, it is used then and never written
    over. What can be read in two ways (dates, amounts, stages) is asked for, never guessed. Rows
    that cannot be used are listed with their reasons; the command stops if they are more than
    --most-unusable of a file.

    Fitted are arrivals, conversion, durations, people, deals, churn and losses, each with its 95 %
    interval; what no file can tell is listed and filled from the default company. No name and no
    address of a person is written anywhere.

    \b
    Writes beside my_company.yaml:
      my_company_mapping.yaml    what the columns mean
      my_company_unusable.csv    every row or cell that could not be used, and why
      my_company_retold.yaml     the same company in the past: running it shows
                                 observed figures beside simulated ones

    \b
    Examples:
      themodel calibrate leads.csv opportunities.csv -o my_company.yaml
      themodel calibrate deals.csv --amounts annual -o my_company.yaml --report fit.html
      themodel calibrate crm.xlsx --mapping other_mapping.yaml -o my_company.yaml --overwrite
      themodel run my_company.yaml --input-uncertainty
    """  # fmt: skip
    from simulator import disk
    from simulator.calibration.importing.mapping import open_questions
    from simulator.calibration.importing.mapping_file import mapping_text

    last = day("--until", until)
    names = _names(out)
    if mapping is None and (out.parent / names["mapping"]).exists():
        # It may hold somebody's corrections: it is used, and never written over.
        mapping = out.parent / names["mapping"]
        tell(say("files are read as {file} says; without it they are guessed anew", file=mapping))
    beside = [name for name in names.values() if mapping is None or not _same(out, name, mapping)]
    if mapping is not None and out.exists() and mapping.resolve() == out.resolve():
        rule = "is the mapping: give the scenario another name with -o"
        raise ScenarioError([Problem("--out", "", out.name, rule)])
    _check_targets(out, beside, report, overwrite)
    sheets, how = read(files, mapping, amounts)
    qualified = are_qualified(leads, sheets, how)

    from simulator.presentation import calibration_tables as tables

    if not as_json:
        show(tables.guess_story(how))
    questions = open_questions(how, str(mapping) if mapping is not None else names["mapping"])
    if names["mapping"] in beside:
        disk.write_files(out.parent, {names["mapping"]: mapping_text(how).encode()})
        place = out.parent / names["mapping"]
        tell(say("what the columns mean is written to {place}", place=place))
    if questions:
        remedy = f"answer in {mapping or names['mapping']} and type the same again"
        if [each.key for each in questions] == ["amounts"]:
            remedy += ", or with --amounts"
        stop(WRONG_INPUT, *map(str, questions), remedy)
    found = imported(sheets, how, last, most_unusable)
    if not as_json:
        show(tables.import_story(found))

    from simulator.calibration.fitting import calibrate as fit
    from simulator.calibration.publishing import retold_file, scenario_file

    options: dict[str, Any] = {
        "--mapping": None if mapping is None else _as_typed(mapping),
        "--until": last,
        "--amounts": amounts,
        "--leads": "qualified" if qualified else "inquiries",
        "--most-unusable": most_unusable,
        "--seed": seed,
    }
    again = typed("calibrate", *map(_as_typed, files), options=options, changes=())
    command = shlex.join([*again, "-o", out.name])
    with execution(say("calibration: looks at runs"), workers, None, None, None, engine) as runs:
        result = fit(
            found.records, seed=seed, workers=runs, on_progress=runs.on_progress,
            qualified=qualified,
        )  # fmt: skip
    contents = {
        names["scenario"]: scenario_file(result, _sources(sheets), command),
        names["unusable"]: _unusable(found),
    }
    retold = retold_file(result, names["scenario"])
    if retold is not None:
        contents[names["retold"]] = retold
    disk.write_files(out.parent, {name: text.encode() for name, text in contents.items()})
    if report is not None:
        from simulator.presentation.calibration_report import report as page

        text = page(result, found, title=out.stem, command=command, version=version())
        disk.write_files(report.parent, {report.name: text.encode()})
    _give(result, found, how, contents, as_json)
    for name in contents:
        tell(say("written to {place}", place=out.parent / name))
    if report is not None:
        tell(say("written to {place}", place=report))


def _names(out: Path) -> dict[str, str]:
    if out.suffix.lower() not in (".yaml", ".yml"):
        rule = "must be a scenario file: its name ends in .yaml"
        raise ScenarioError([Problem("--out", "", out.name, rule)])
    stem = out.stem
    return {
        "scenario": out.name,
        "mapping": f"{stem}_mapping.yaml",
        "unusable": f"{stem}_unusable.csv",
        "retold": f"{stem}_retold.yaml",
    }


def _same(out: Path, name: str, mapping: Path) -> bool:
    return (out.parent / name).resolve() == mapping.resolve()


def _check_targets(out: Path, names: Sequence[str], report: Path | None, overwrite: bool) -> None:
    """Refuse what cannot be written, or would write over something, before hours of work."""
    from simulator import disk

    disk.check_folder(out.parent, names)
    targets = [out.parent / name for name in names]
    if report is not None:
        if report.suffix.lower() not in (".html", ".htm"):
            rule = "must be a page: its name ends in .html"
            raise ScenarioError([Problem("--report", "", report.name, rule)])
        disk.check_folder(report.parent, [report.name])
        targets.append(report)
    there = [path for path in targets if path.exists()]
    if there and not overwrite:
        rule = "is there already: give another name with -o, or --overwrite (the mapping is kept)"
        raise ScenarioError([Problem(str(path), "", "", rule) for path in there])


def _as_typed(path: Path) -> str:
    """Return a path as it was typed, but where on this machine it lies: that is nobody's business.
    """  # fmt: skip
    return path.name if path.is_absolute() else path.as_posix()


def _sources(sheets: Sequence[Sheet]) -> list[str]:
    return [f"{sheet.file} (sha256 {sheet.digest[:12]})" for sheet in sheets]


def _unusable(found: Imported) -> str:
    """Return the list of what could not be used as CSV; no cell of it becomes a formula."""
    from simulator.calibration.importing.cleaning import REASON_WORDS

    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["file", "row", "column", "reason", "treatment", "value"])
    for each in found.unusable:
        rows.writerow(
            [
                harmless(each.file), each.row, harmless(each.column),
                say(REASON_WORDS[each.reason]), say(each.treatment), harmless(each.value),
            ]
        )  # fmt: skip
    # By this mark Excel knows UTF-8.
    return ("\ufeff" if spoken() == "ja" else "") + text.getvalue()


def _give(
    result: Calibrated, found: Imported, how: Mapping, written: dict[str, str], as_json: bool
) -> None:
    from simulator.presentation import calibration_tables as tables
    from simulator.presentation import files

    if as_json:
        typer.echo(files.json_text(tables.as_json(result, found, list(written), version())))
    else:
        show(tables.story(result))
