"""``themodel run``: many runs of one scenario."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from simulator.commands.answers import give, resume_remedy, stopped, typed
from simulator.commands.execution import execution, open_store
from simulator.commands.options import (
    AsJson,
    AtMost,
    Changes,
    Dask,
    Engine,
    Name,
    Out,
    PreciseMetrics,
    Precision,
    ReplicationsOrAuto,
    Resume,
    Seed,
    Workers,
)
from simulator.commands.precision import (
    asked_precision,
    in_json,
    stop_unless_met,
    words_typed,
)
from simulator.commands.terminal import say, show
from simulator.errors import OutputError, Problem, ScenarioError
from simulator.version import version

if TYPE_CHECKING:
    from simulator.engine import EngineName
    from simulator.scenario import LoadedScenario

OnlyTotals = Annotated[
    bool,
    typer.Option("--totals", help="Totals alone, measured as rows come: for very large companies."),
]


def run(
    scenario: Name,
    replications: ReplicationsOrAuto = 20,
    precision: Precision = None,
    precise_metric: PreciseMetrics = None,
    at_most: AtMost = None,
    seed: Seed = 1,
    changes: Changes = None,
    workers: Workers = None,
    engine: Engine = None,
    dask: Dask = None,
    out: Out = None,
    resume: Resume = False,
    totals: OnlyTotals = False,
    as_json: AsJson = False,
) -> None:
    """Run a scenario and show where buyers, time and money go.

    Prints means over all replications with 95 % intervals: by department, how busy and how
    slow each team is, where buyers were lost and why, and what became of recurring revenue.
    Ctrl-C ends early and reports the replications that are finished; with --out, --resume
    continues from there, also after a power cut, and with more replications. For very large
    companies --totals measures rows as they come and keeps none of them.

    \b
    Examples:
      themodel run base
      themodel run base --replications 50 --seed 7 --out results
      themodel run base --replications 90 --seed 7 --out results --resume
      themodel run base --replications auto --precision 5%
      themodel run base --set decisions.field_sales.promise=0.8
      themodel run base --json > base.json
      themodel run large.yaml --totals --replications 4
    """  # fmt: skip
    from simulator.experiment.readiness import load_ready

    loaded = load_ready(scenario, changes or ())
    asked = asked_precision(replications, precision, precise_metric, at_most)

    if totals:
        _only_totals(
            loaded, scenario, replications, asked, seed, changes, workers, dask, engine, out,
            resume, as_json,
        )  # fmt: skip
        return

    from simulator.experiment import replicate
    from simulator.experiment.precision import replicate_until
    from simulator.presentation import explanation, files, tables

    ready = {loaded.name: loaded.scenario}
    store = open_store(out, resume, "run", ready, seed, files.TABLES)
    with execution(f"{loaded.name}: replications", workers, dask, store, None, engine) as how:
        if asked is None:
            results, reached = replicate(loaded, "", seed, replications, workers=how), None
        else:
            results, reached = replicate_until(loaded, "", seed, **asked, workers=how)
    failure: OutputError | None = None
    if out is not None:
        counts = {**words_typed(replications, asked), "--seed": seed}
        again = typed("run", scenario, options=counts, changes=changes or ())
        try:
            files.write_results(results, out, version(), again)
        except OutputError as error:
            failure = error  # a long run is worth showing even if it cannot be kept
    if as_json:
        typer.echo(files.as_json_text(results, version(), in_json(reached)))
    else:
        show([*explanation.changes(loaded), *tables.results_story(results)])
        show([tables.closing(results, version()), *explanation.notes(loaded)])
        show([reached.words()] if reached is not None else [])
    if results.interrupted:
        say(f"interrupted after {stopped(results)}{resume_remedy(out)}")
    if failure is not None:
        raise failure
    if out is not None:
        say(f"written to {out}")
    stop_unless_met(reached)


def _only_totals(
    loaded: LoadedScenario,
    scenario: str,
    replications: int,
    asked: dict[str, Any] | None,
    seed: int,
    changes: list[str] | None,
    workers: int | None,
    dask: str | None,
    engine: EngineName | None,
    out: Path | None,
    resume: bool,
    as_json: bool,
) -> None:
    """Run without journals, and give what can be had so."""
    if asked is not None:
        rule = "needs a number of replications: --replications auto looks at whole results"
        raise ScenarioError([Problem("--totals", "", "", rule)])

    from simulator.experiment.replications import replicate_totals
    from simulator.presentation import explanation, tables

    ready = {loaded.name: loaded.scenario}
    store = open_store(out, resume, "run", ready, seed, ("totals",))
    with execution(f"{loaded.name}: replications", workers, dask, store, None, engine) as how:
        result = replicate_totals(loaded, "", seed, replications, workers=how)
    content = [
        *explanation.changes(loaded),
        *tables.totals_story(result),
        tables.closing(result, version()),
        *explanation.notes(loaded),
    ]
    options = {"--replications": replications, "--seed": seed}
    again = [*typed("run", scenario, options=options, changes=changes or ()), "--totals"]
    give(result, content, out, as_json, again, stopped(result))
