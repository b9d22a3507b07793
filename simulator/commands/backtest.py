"""``themodel backtest``: would a forecast from the past have been right?"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from simulator.commands.answers import give, typed
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
from simulator.commands.options import AsJson, Engine, Seed, Workers
from simulator.commands.terminal import FINDING, stop, tell
from simulator.languages.messages import say
from simulator.version import version

TrainUntil = Annotated[
    str,
    typer.Option(metavar="DATE", help="Last day that the forecast may know: 2024-03-31."),
]
Members = Annotated[int, typer.Option(help="How many simulated histories.", min=20, max=10_000)]
GivenLeads = Annotated[
    bool,
    typer.Option(
        "--given-leads",
        help="Take as known when later leads came: tests conversion and delay alone.",
    ),
]
RequireCoverage = Annotated[
    float | None,
    typer.Option(
        metavar="SHARE", min=0.0, max=1.0,
        help="End with status 1 if the 80 % bands hold fewer of the weeks: 0.7.",
    ),
]  # fmt: skip
RequireCrps = Annotated[
    float | None,
    typer.Option(
        metavar="SHARE", min=0.0,
        help="End with status 1 if the CRPS is more above the best baseline's: 0.05.",
    ),
]  # fmt: skip
OutFolder = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="Write tables as CSV, and a picture, into this folder."),
]


def backtest(
    files: Files,
    train_until: TrainUntil,
    mapping: MappingFile = None,
    until: Until = None,
    amounts: AmountsAre = None,
    leads: Inquiries = None,
    most_unusable: MostUnusable = None,
    members: Members = 100,
    given_leads: GivenLeads = False,
    seed: Seed = 1,
    workers: Workers = None,
    engine: Engine = None,
    require_coverage: RequireCoverage = None,
    require_crps: RequireCrps = None,
    out: OutFolder = None,
    as_json: AsJson = False,
) -> None:
    """Forecast the past, and hold the forecast against what happened.

    Calibrates on what the files would have shown on the day given, simulates forward from the
    leads that were open then, and scores the forecast of wins a week, of final wins by month and
    of days to win: how often truth fell into the bands, and the CRPS (the distance between a
    forecast and the truth) beside three plain baselines. When a baseline wins, it says so; the
    status is 0 all the same, unless --require-coverage or --require-crps is not met.

    \b
    Examples:
      themodel backtest leads.csv deals.csv --train-until 2024-03-31
      themodel backtest crm.xlsx --mapping mapping.yaml --train-until 2024-03-31 --out test
    """  # fmt: skip
    trained = day("--train-until", train_until)
    last = day("--until", until)
    assert trained is not None

    from simulator import disk
    from simulator.calibration.backtesting import backtest as backtesting
    from simulator.calibration.backtesting.backtest_result import TABLES
    from simulator.calibration.fitting import calibrate
    from simulator.presentation import backtest_tables
    from simulator.presentation.flowing import Flowing

    if out is not None:
        names = [*(f"{name}.csv" for name in TABLES), "backtest.json", backtest_tables.PICTURE]
        disk.check_folder(out, names)
    sheets, how_read = read(files, mapping, amounts)
    qualified = are_qualified(leads, sheets, how_read)
    found = imported(sheets, how_read, last, most_unusable)
    for each in found.counts:
        if each.unusable:
            tell(
                say("{file}: {unusable} of {rows} rows could not be used; themodel calibrate lists"
                    " them", file=each.file, unusable=f"{each.unusable:,}", rows=f"{each.rows:,}")
            )  # fmt: skip
    with execution(say("calibration, then histories"), workers, None, None, None, engine) as how:
        result = backtesting.backtest(
            found.records, trained, calibrate=partial(calibrate, qualified=qualified),
            members=members, seed=seed, workers=how, given_leads=given_leads,
            on_progress=how.on_progress,
        )  # fmt: skip
    content = [*backtest_tables.story(result), Flowing(backtest_tables.closing(result, version()))]
    options = {
        "--train-until": trained,
        "--mapping": mapping,
        "--until": last,
        "--amounts": amounts,
        "--leads": "qualified" if qualified else "inquiries",
        "--most-unusable": most_unusable,
        "--members": members,
        "--seed": seed,
    }
    again = typed("backtest", *map(str, files), options=options, changes=())
    again += ["--given-leads"] if given_leads else []
    give(result, content, out, as_json, again)
    known = result.conditions
    if known.members < known.asked:
        members, asked = known.members, known.asked
        tell(say("interrupted after {members} of {asked} members", members=members, asked=asked))
    if out is not None:
        disk.write_files(out, {backtest_tables.PICTURE: backtest_tables.picture(result)})
    failures = result.failures(require_coverage, require_crps)
    if failures:
        stop(FINDING, *failures)
