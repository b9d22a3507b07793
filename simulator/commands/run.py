"""``themodel run``: many runs of one scenario."""

from __future__ import annotations

import typer

from simulator.commands.answers import resume_remedy, stopped, typed
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
from simulator.errors import OutputError
from simulator.version import version


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
    as_json: AsJson = False,
) -> None:
    """Run a scenario and show where buyers, time and money go.

    Prints means over all replications with 95 % intervals: by department, how busy and how
    slow each team is, where buyers were lost and why, and what became of recurring revenue.
    Ctrl-C ends early and reports the replications that are finished; with --out, --resume
    continues from there, also after a power cut, and with more replications.

    \b
    Examples:
      themodel run base
      themodel run base --replications 50 --seed 7 --out results
      themodel run base --replications 90 --seed 7 --out results --resume
      themodel run base --replications auto --precision 5%
      themodel run base --set decisions.field_sales.promise=0.8
      themodel run base --json > base.json
    """  # fmt: skip
    from simulator.experiment.readiness import load_ready

    loaded = load_ready(scenario, changes or ())
    asked = asked_precision(replications, precision, precise_metric, at_most)

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
