"""``themodel sensitivity``: what if an assumption is wrong?"""

from __future__ import annotations

import math
from time import monotonic
from typing import TYPE_CHECKING, Annotated

import typer

from simulator.commands.answers import give, typed
from simulator.commands.execution import execution, open_store
from simulator.commands.options import (
    AsJson,
    Changes,
    Dask,
    Engine,
    Name,
    Out,
    Resume,
    Seed,
    Workers,
)
from simulator.commands.terminal import tell
from simulator.languages.messages import say
from simulator.version import version

if TYPE_CHECKING:
    from collections.abc import Callable

Versus = Annotated[
    str | None,
    typer.Option(
        "--versus",
        metavar="SCENARIO",
        help="Does the lead of one over the other hold? Differences are this one minus the first.",
    ),
]
Metric = Annotated[
    str | None,
    typer.Option(metavar="ID", help="Which metric.  [default: mrr_end; one-off sales: revenue]"),
]
Trajectories = Annotated[
    int, typer.Option(help="Walks of the screening through all assumptions.", min=2, max=1000)
]
Top = Annotated[
    int, typer.Option(help="How many assumptions get a share of the variance.", min=1, max=100)
]
Sobol = Annotated[
    int, typer.Option(help="Rows of the samples for these shares; a power of two.", max=2**16)
]
Points = Annotated[
    int, typer.Option(help="Points spread over the space of all assumptions.", min=1, max=100_000)
]
Ends = Annotated[
    int,
    typer.Option(
        help="Runs of each strong assumption at both ends of its range.",
        min=1,
        max=10_000,
    ),
]
Stated = Annotated[
    int,
    typer.Option(
        help="Runs at the stated values, at least --replications: they say whether there is a"
        " lead.",
        min=1,
        max=10_000,
    ),
]
_FIRST_SECONDS, _FIRST_RUNS = 10.0, 10


def sensitivity(
    scenario: Name,
    versus: Versus = None,
    metric: Metric = None,
    trajectories: Trajectories = 4,
    top: Top = 6,
    sobol: Sobol = 32,
    points: Points = 100,
    replications: Ends = 4,
    stated: Stated = 20,
    seed: Seed = 1,
    changes: Changes = None,
    workers: Workers = None,
    engine: Engine = None,
    dask: Dask = None,
    out: Out = None,
    resume: Resume = False,
    as_json: AsJson = False,
) -> None:
    """Vary every assumption of trust C or worse over its range and see what becomes of a result.

    All are screened first; the strongest are tested alone at both ends of their ranges, and get
    a share of the variance, beside luck. With --versus: in what share of the space of all
    assumptions the lead of one over the other holds, and which assumption alone flips it.
    --set changes both. Ctrl-C ends early and reports the analyses that are finished.

    \b
    Examples:
      themodel sensitivity base
      themodel sensitivity shared --versus divisional --out results
      themodel sensitivity shared --versus divisional --trajectories 8 --sobol 128
      themodel sensitivity base --metric logo_churn --set horizon.months=12 --json
    """  # fmt: skip
    from simulator.experiment.readiness import load_ready

    a = load_ready(scenario, changes or ())
    b = None if versus is None else load_ready(versus, changes or ())

    from simulator.experiment.comparison import distinct
    from simulator.experiment.quantities import main_metric
    from simulator.experiment.sensitivity import TABLES, planned_runs, sensitivity
    from simulator.presentation import explanation, sensitivity_tables
    from simulator.presentation.flowing import Flowing

    chosen = metric or main_metric(a.scenario)
    named = {a.name: a} if b is None else distinct([a, b])
    ready = {name: each.scenario for name, each in named.items()}
    plan = {"trajectories": trajectories, "top": top, "sobol": sobol, "points": points,
            "replications": replications, "stated": stated}  # fmt: skip
    runs = planned_runs(a, b, metric=chosen, **plan)
    store = open_store(out, resume, "sensitivity", ready, seed, TABLES)
    tell(
        say(
            "at most {runs} runs; fewer if some assumptions turn out to have no effect",
            runs=f"{runs:,}",
        )
    )
    with execution(say("runs¦of progress"), workers, dask, store, _minutes(), engine) as how:
        result = sensitivity(a, b, metric=chosen, seed=seed, workers=how, **plan)
    notes = {str(line): line for each in (a, b) if each for line in explanation.notes(each)}
    content = [
        *explanation.changes(a),
        *sensitivity_tables.story(result),
        Flowing(sensitivity_tables.closing(result, version())),
        *notes.values(),
    ]
    options = {"--versus": versus, "--metric": chosen, "--seed": seed,
               **{f"--{name}": count for name, count in plan.items()}}  # fmt: skip
    again = typed("sensitivity", scenario, options=options, changes=changes or ())
    cut_off = say("{runs} runs¦after which", runs=f"{result.runs:,}") if result.missing else ""
    give(result, content, out, as_json, again, cut_off, scenarios=ready)


def _minutes() -> Callable[[int, int], None]:
    """Say once, from the first runs, how long it will take; a bar is for who keeps looking."""
    first: tuple[float, int] | None = None
    told = False

    def estimate(done: int, of: int) -> None:
        nonlocal first, told
        now = monotonic()
        if first is None:
            first = now, done  # what processes need to start says nothing about the runs
        passed, more = now - first[0], done - first[1]
        if not told and passed >= _FIRST_SECONDS and more >= _FIRST_RUNS:
            told = True
            minutes = math.ceil(passed / more * (of - done) / 60.0)
            tell(
                say(
                    "about {minutes} min more, by the first {done} runs", minutes=minutes, done=done
                )
            )

    return estimate
