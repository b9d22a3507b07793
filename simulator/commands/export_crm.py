"""``themodel export-crm``: a run as the CRM files and event logs of the company."""

from __future__ import annotations

import math
import os
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, get_args

import typer

from simulator.commands.answers import typed
from simulator.commands.options import Changes, Engine, Name, Seed, one_of, share_of
from simulator.commands.terminal import show, tell
from simulator.errors import Problem, ScenarioError
from simulator.languages.languages import of_locale, speak
from simulator.languages.messages import say
from simulator.version import version

if TYPE_CHECKING:
    from simulator.calibration.working_time import WorkingTime

# As in simulator.calibration, which takes long to import.
Style = Literal["salesforce", "hubspot", "zoho", "plain"]
Language = Literal["en", "ja"]
Format = Literal["csv", "xes", "ocel"]

_FORMATS: tuple[Format, ...] = ("csv", "xes", "ocel")
_DAYS_PER_MONTH = 20.0
_FIRST_YEAR, _LAST_YEAR = 1900, 2200


def _spoken(context: typer.Context, parameter: typer.CallbackParam, value: Language) -> Language:
    """Speak the language of the files where one is asked for, otherwise that of the locale."""
    source = context.get_parameter_source(parameter.name or "")
    # By name: typer brings a click of its own in some versions.
    asked = source is not None and source.name == "COMMANDLINE"
    speak(value if asked else of_locale(os.environ))
    return value


def _formats(value: str) -> tuple[Format, ...]:
    asked = [each.strip() for each in value.split(",")]
    if asked == ["none"]:
        return ()
    for name in asked:
        if name not in _FORMATS:
            raise typer.BadParameter(f"{name!r} is none of {', '.join(_FORMATS)}; none: no log")
    return tuple(name for name in _FORMATS if name in asked)


def _day(value: str | date) -> date:
    try:
        day = value if isinstance(value, date) else date.fromisoformat(value.strip())
    except ValueError:
        raise typer.BadParameter(f"{value!r} is no day: write it as 2024-04-01") from None
    if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        raise typer.BadParameter(f"{value!r}: years go from {_FIRST_YEAR} to {_LAST_YEAR}")
    return day


def _share(value: str | float) -> float:
    text = str(value).strip()
    share = share_of(text)
    if not 0.0 <= share <= 1.0:
        raise typer.BadParameter(f"{text!r} is no share from 0 to 1: write 5% or 0.05")
    return share


def export_crm(
    scenario: Name,
    out: Annotated[
        Path,
        typer.Option("--out", "-o", metavar="DIR", help="A new or empty folder, or an earlier"
                     " export of the same files."),
    ],
    seed: Seed = 1,
    replication: Annotated[int, typer.Option(help="Which run, from 0.", min=0, max=2**31 - 1)] = 0,
    style: Annotated[
        Style,
        typer.Option(help="Whose headings: salesforce, hubspot, zoho or plain.",
                     parser=one_of(*get_args(Style)), metavar="NAME"),
    ] = "salesforce",
    lang: Annotated[
        Language,
        typer.Option(help="Stages, statuses, reasons and activities in en or ja.",
                     parser=one_of(*get_args(Language)), metavar="en|ja", callback=_spoken,
                     is_eager=True),
    ] = "en",
    log: Annotated[
        str,
        typer.Option(help="Event logs for process mining: csv, xes, ocel, or none.",
                     metavar="FORMATS"),
    ] = "csv,xes,ocel",
    starts: Annotated[
        date | None,
        typer.Option(help="Day of the calendar on which the run begins.  [default: in 2024, the"
                     " first of the scenario's market.start_month]", parser=_day, metavar="DATE"),
    ] = None,
    until: Annotated[
        str | None,
        typer.Option(help="Cut the history after this day, or after so many months: what comes"
                     " later is not known, deals stay open.", metavar="DATE|MONTHS"),
    ] = None,
    recorded_since: Annotated[
        date | None,
        typer.Option(help="Results were not recorded before this day: opportunities won or lost"
                     " earlier are missing, with their contracts.", parser=_day, metavar="DATE"),
    ] = None,
    unclosed: Annotated[
        float,
        typer.Option(help="Share of lost opportunities that nobody closed.", parser=_share,
                     metavar="SHARE"),
    ] = 0.0,
    missing: Annotated[
        float,
        typer.Option(help="Share of owners, sources, amounts and loss reasons left empty.",
                     parser=_share, metavar="SHARE"),
    ] = 0.0,
    duplicated: Annotated[
        float,
        typer.Option(help="Share of rows that are there twice.", parser=_share, metavar="SHARE"),
    ] = 0.0,
    dates_only: Annotated[
        bool, typer.Option("--dates-only", help="Leave the hour out of every date.")
    ] = False,
    changes: Changes = None,
    engine: Engine = None,
) -> None:  # fmt: skip
    """Write a run as the company's CRM would export it, and as event logs.

    Leads, opportunities, stage history, activities, contracts and owners as CSV, with the
    headings of a real CRM and only what its people would have entered: to try calibration on a
    company whose truth is known. The event logs open in process-mining tools: XES (IEEE 1849)
    and CSV with one case per buyer, OCEL 2.0 JSON with leads, opportunities, contracts and people
    as objects; they go into a folder of their own, so that DIR/*.csv are the CRM files. README.txt
    says what is what. Holes of real exports can be made on purpose, always the same for a seed.

    \b
    Examples:
      themodel export-crm base -o exported
      themodel export-crm base -o exported --style hubspot --lang ja --log none
      themodel export-crm base -o exported --until 2025-09-30 --recorded-since 2024-10-01
      themodel export-crm base -o exported --until 12 --missing 10% --duplicated 2%
    """  # fmt: skip
    from simulator.experiment.readiness import load_ready

    loaded = load_ready(scenario, changes or ())

    from simulator import engine as engines
    from simulator.calibration.exporting.crm_export import Choices, check_target, export
    from simulator.calibration.exporting.crm_holes import Holes
    from simulator.calibration.working_time import WorkingTime
    from simulator.presentation import explanation

    market = loaded.scenario.market
    begins = starts or date(2024, market.start_month, 1)
    time = WorkingTime(begins)
    ends = loaded.scenario.horizon.months * _DAYS_PER_MONTH
    known = None if until is None else _cut(until, time, ends)
    since = _since(recorded_since, time, ends if known is None else known)
    choices = Choices(
        starts=begins,
        style=style,
        language=lang,
        logs=_formats(log),
        until=known,
        holes=Holes(since, unclosed, missing),
        duplicated=duplicated,
        dates_only=dates_only,
    )
    check_target(out, choices)
    engines.prepare(engine, tell)
    journal = engines.run(loaded.scenario, seed, replication, loaded.name, engine=engine)
    options = {
        "--seed": seed, "--replication": replication, "--style": style, "--lang": lang,
        "--log": log, "--starts": begins, "--until": until, "--recorded-since": recorded_since,
        "--unclosed": unclosed or None, "--missing": missing or None,
        "--duplicated": duplicated or None,
    }  # fmt: skip
    again = typed("export-crm", scenario, options=options, changes=changes or ())
    rows = export(journal, out, choices, [*again, *(["--dates-only"] * dates_only)], version())
    show(explanation.changes(loaded))
    for name, count in rows.items():
        typer.echo(f"{name:<28} {count:>10,} {say('events' if '/' in name else 'rows')}")
    show(explanation.notes(loaded))
    if begins.month != market.start_month:
        tell(
            say(
                "note: the scenario's seasons take the run to begin in month {start}"
                " (market.start_month), its dates begin in month {begins}",
                start=market.start_month,
                begins=begins.month,
            )
        )
    tell(say("written to {place}", place=out))


def _cut(text: str, time: WorkingTime, ends: float) -> float:
    """Return the business day up to which the history is known."""
    try:
        months = float(text)
        known = months * _DAYS_PER_MONTH if math.isfinite(months) else 0.0
    except ValueError:
        known = _begin_of(_day(text) + timedelta(days=1), time)
    if known <= 0.0:
        rule = f"must be after the first day of the run, {time.origin}"
        raise ScenarioError([Problem("--until", "", text, rule)])
    return min(known, ends)


def _since(day: date | None, time: WorkingTime, ends: float) -> float | None:
    """Return the business day from which results were recorded."""
    if day is None:
        return None
    since = _begin_of(day, time)
    if since >= ends:
        rule = "must be before the end of what is known: no result would be recorded at all"
        raise ScenarioError([Problem("--recorded-since", "", str(day), rule)])
    return since


def _begin_of(day: date, time: WorkingTime) -> float:
    import numpy as np

    return float(time.days(np.array([day], dtype="datetime64[s]"))[0])
