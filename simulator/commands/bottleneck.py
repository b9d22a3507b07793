"""``themodel bottleneck``: which team is the constraint, and what widening it is worth."""

from __future__ import annotations

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
from simulator.languages.messages import say
from simulator.version import version

Metrics = Annotated[
    list[str] | None,
    typer.Option(
        "--metric", metavar="ID", help="What the constraint is of; repeated: also look at this."
    ),
]


def bottleneck(
    scenario: Name,
    metric: Metrics = None,
    replications: Replications = 20,
    seed: Seed = 1,
    changes: Changes = None,
    workers: Workers = None,
    engine: Engine = None,
    dask: Dask = None,
    out: Out = None,
    resume: Resume = False,
    as_json: AsJson = False,
) -> None:
    """Find the team that limits the company.

    Adds one person to each team, then takes one away, with the same buyers and the same luck,
    and shows what that changes: per person, per million of cost and month by month. The
    constraint is the team whose added person betters the first --metric most (final MRR if not
    given; revenue where sales are one-off). Nine companies are run, so this takes nine times as
    long as themodel run.

    \b
    Examples:
      themodel bottleneck base
      themodel bottleneck divisional --metric wins --replications 50
    """  # fmt: skip
    from simulator.experiment.readiness import load_ready

    loaded = load_ready(scenario, changes or ())

    from simulator.experiment import bottleneck as analysis
    from simulator.experiment.quantities import checked_metrics
    from simulator.presentation import bottleneck_tables, explanation
    from simulator.presentation.flowing import Flowing

    checked_metrics(metric or (), directed=(metric or [])[:1])
    ready = {loaded.name: loaded.scenario}
    store = open_store(out, resume, "bottleneck", ready, seed, analysis.TABLES)
    what = say("{scenario}: runs¦of progress", scenario=loaded.name)
    with execution(what, workers, dask, store, None, engine) as how:
        result = analysis.bottleneck(
            loaded, metric=metric, seed=seed, replications=replications, workers=how
        )
    content = explanation.framed(
        loaded,
        *bottleneck_tables.story(result),
        Flowing(bottleneck_tables.closing(result, version())),
    )
    options = {"--metric": metric, "--replications": replications, "--seed": seed}
    again = typed("bottleneck", scenario, options=options, changes=changes or ())
    give(result, content, out, as_json, again, stopped(result), scenarios=ready)
