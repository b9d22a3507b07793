"""``themodel compare``: scenarios with the same luck against the first of them."""

from __future__ import annotations

from typing import Annotated

import typer

from simulator.commands.answers import give, stopped, typed
from simulator.commands.evidence import load_all
from simulator.commands.execution import WORKBOOK, execution, open_store
from simulator.commands.options import (
    AsJson,
    AtMost,
    Compared,
    Dask,
    Engine,
    EveryChange,
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
from simulator.languages.messages import say
from simulator.version import version

Metrics = Annotated[
    list[str] | None,
    typer.Option("--metric", metavar="ID", help="Show this metric only; may be repeated."),
]
Every = Annotated[bool, typer.Option("--all", help="Show every metric, not the most changed.")]


def compare(
    scenarios: Compared,
    replications: ReplicationsOrAuto = 20,
    precision: Precision = None,
    precise_metric: PreciseMetrics = None,
    at_most: AtMost = None,
    seed: Seed = 1,
    changes: EveryChange = None,
    metric: Metrics = None,
    every: Every = False,
    workers: Workers = None,
    engine: Engine = None,
    dask: Dask = None,
    out: Out = None,
    resume: Resume = False,
    as_json: AsJson = False,
) -> None:
    """Compare scenarios with a reference: how much, how sure, where, and what was changed.

    All of them run with the same luck, buyer by buyer, and are compared replication by
    replication. Prints a verdict in words that never says more than the 95 % intervals, what
    differs most, in which month each department departs from the reference, and which losses
    grew or shrank. With three or more, Holm's correction keeps the number of false calls down.
    With --out DIR, tables and a workbook of all of it (workbook.xlsx) go into a folder.

    \b
    Examples:
      themodel compare shared divisional
      themodel compare shared divisional base --replications 50 --out results
      themodel compare shared divisional --replications auto --precision 3%
      themodel compare shared divisional --metric logo_churn --metric win_rate
      themodel compare base base_two_more.yaml --set horizon.months=12 --json
    """  # fmt: skip
    loaded = load_all(scenarios, changes or ())
    asked = asked_precision(replications, precision, precise_metric, at_most)

    from simulator.experiment.comparison import TABLES, compare, distinct
    from simulator.experiment.precision import compare_until
    from simulator.experiment.quantities import checked_metrics
    from simulator.presentation import comparison_tables, comparison_workbook, explanation
    from simulator.presentation.flowing import Flowing

    metrics = checked_metrics(metric or ())
    named = distinct(loaded)
    ready = {name: each.scenario for name, each in named.items()}
    store = open_store(out, resume, "compare", ready, seed, TABLES)
    with execution(say("runs¦of progress"), workers, dask, store, None, engine) as how:
        if asked is None:
            result = compare(*loaded, seed=seed, replications=replications, workers=how)
            reached = None
        else:
            result, reached = compare_until(*loaded, seed=seed, **asked, workers=how)
    # The same --set in all of them is said once, and so is a note.
    said = {str(line): line for each in loaded for line in explanation.changes(each)}
    notes = {str(line): line for each in loaded for line in explanation.notes(each)}
    content = [
        *said.values(),
        *comparison_tables.story(result, metrics, every),
        Flowing(comparison_tables.closing(result, version())),
        *([Flowing(reached.words())] if reached is not None else []),
        *notes.values(),
    ]
    options = {**words_typed(replications, asked), "--seed": seed}
    again = typed("compare", *scenarios, options=options, changes=changes or ())
    beside = None
    if out is not None:
        beside = {WORKBOOK: comparison_workbook.workbook(result, named, version(), again)}
    give(
        result, content, out, as_json, again, stopped(result), in_json(reached), beside,
        scenarios=ready,
    )  # fmt: skip
    stop_unless_met(reached)
