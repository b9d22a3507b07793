"""``themodel warm-up``: how long a company takes to settle."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from simulator.commands.answers import give, stopped, typed
from simulator.commands.execution import execution, open_store
from simulator.commands.options import (
    AsJson,
    Changes,
    Dask,
    Engine,
    Name,
    Out,
    Replications,
    Resume,
    Seed,
    Workers,
)
from simulator.commands.terminal import tell
from simulator.errors import Problem, ScenarioError
from simulator.languages.messages import say
from simulator.version import version

Plot = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Also draw Welch's plot into this file (.png or .svg)."),
]


def warm_up(
    scenario: Name,
    replications: Replications = 10,
    seed: Seed = 1,
    changes: Changes = None,
    workers: Workers = None,
    engine: Engine = None,
    dask: Dask = None,
    plot: Plot = None,
    out: Out = None,
    resume: Resume = False,
    as_json: AsJson = False,
) -> None:
    """Find out how much of a run to leave out when asking for a steady state.

    For a steady state ("what would this organization do in the long run?") start empty, run
    long and leave out the first part: MSER-5 says how much, for the open work of each
    department, MQLs, opportunities, contracts and customers, or that a series has not settled.
    For planning ("what will next year bring?") start with what is there and leave out nothing.

    \b
    Examples:
      themodel warm-up base --set start.loaded=false --set horizon.months=120
      themodel warm-up one_off_sales --set start.loaded=false --plot welch.png
    """  # fmt: skip
    from simulator.experiment.readiness import load_ready

    loaded = load_ready(scenario, changes or ())

    from simulator import disk
    from simulator.experiment import warm_up as analysis
    from simulator.presentation import explanation, tables, warm_up_tables

    if plot is not None:
        if plot.suffix not in warm_up_tables.PICTURES:
            rule = f"must end in {' or '.join(warm_up_tables.PICTURES)}"
            raise ScenarioError([Problem("--plot", "", str(plot), rule)])
        disk.check_folder(plot.parent, [plot.name])
    store = open_store(
        out, resume, "warm-up", {loaded.name: loaded.scenario}, seed, analysis.TABLES
    )
    label = say("{scenario}: replications", scenario=loaded.name)
    with execution(label, workers, dask, store, None, engine) as how:
        result = analysis.warm_up(loaded, seed=seed, replications=replications, workers=how)
    content = explanation.framed(
        loaded,
        *warm_up_tables.story(result),
        tables.prose(warm_up_tables.closing(result, version())),
    )
    options = {"--replications": replications, "--seed": seed}
    again = typed("warm-up", scenario, options=options, changes=changes or ())
    give(result, content, out, as_json, again, stopped(result))
    if plot is not None:
        disk.write_files(plot.parent, {plot.name: warm_up_tables.picture(result, plot.suffix)})
        tell(say("drawn in {place}", place=plot))
