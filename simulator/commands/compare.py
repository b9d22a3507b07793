"""``themodel compare``: scenarios with the same luck against the first of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from simulator.commands.execution import execution, open_store
from simulator.commands.options import (
    AsJson,
    Dask,
    Out,
    Replications,
    Resume,
    Seed,
    Workers,
)
from simulator.commands.terminal import FINDING, progress, say, show, stop
from simulator.errors import OutputError, Problem, ScenarioError
from simulator.version import version

if TYPE_CHECKING:
    from simulator.experiment.comparison import Comparison
    from simulator.scenario import LoadedScenario

Compared = Annotated[
    list[str],
    typer.Argument(
        metavar="SCENARIO...",
        help="Files, or names of shipped scenarios: the first is the reference.",
    ),
]
Metrics = Annotated[
    list[str] | None,
    typer.Option("--metric", metavar="ID", help="Show this metric only; may be repeated."),
]
Every = Annotated[bool, typer.Option("--all", help="Show every metric, not the most changed.")]
EveryChange = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="KEY.PATH=VALUE", help="Change one value in all scenarios; repeatable."
    ),
]


def compare(
    scenarios: Compared,
    replications: Replications = 20,
    seed: Seed = 1,
    changes: EveryChange = None,
    metric: Metrics = None,
    every: Every = False,
    workers: Workers = None,
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

    \b
    Examples:
      themodel compare shared divisional
      themodel compare shared divisional base --replications 50 --out results
      themodel compare shared divisional --metric logo_churn --metric win_rate
      themodel compare base base_two_more.yaml --set horizon.months=12 --json
    """  # fmt: skip
    loaded = _loaded(scenarios, changes or ())

    from simulator import disk
    from simulator.experiment import ReplicationError
    from simulator.experiment.comparison import TABLES, compare, distinct
    from simulator.experiment.quantities import checked_metrics
    from simulator.presentation import comparison_tables, explanation, files

    named = distinct(loaded)
    metrics = checked_metrics(metric or ())
    ready = {name: each.scenario for name, each in named.items()}
    store = open_store(out, resume, "compare", ready, seed)
    if out is not None:
        disk.check_folder(out, (*(f"{name}.csv" for name in TABLES), "compare.json"))
    try:
        with (
            progress("runs", replications * len(named)) as on_progress,
            execution(workers, dask, store, on_progress) as how,
        ):
            result = compare(*loaded, seed=seed, replications=replications, workers=how)
    except ReplicationError as error:
        stop(FINDING, str(error))
    failure: OutputError | None = None
    if out is not None:
        try:
            files.write_tables(
                result.tables(), out, "compare", _about(result, scenarios, changes or ())
            )
        except OutputError as error:
            failure = error  # a long run is worth showing even if it cannot be kept
    if as_json:
        typer.echo(files.json_text({**result.as_json(), "version": version()}))
    else:
        set_everywhere = {str(line): line for each in loaded for line in explanation.changes(each)}
        show([*set_everywhere.values(), *comparison_tables.story(result, metrics, every)])
        notes = {str(line): line for each in loaded for line in explanation.notes(each)}
        show([comparison_tables.closing(result, version()), *notes.values()])
    if result.interrupted:
        remedy = "; --resume does the rest" if out is not None else ""
        say(f"interrupted after {len(result.numbers)} of {result.asked} replications{remedy}")
    if failure is not None:
        raise failure
    if out is not None:
        say(f"written to {out}")


def _loaded(names: list[str], changes: list[str] | tuple[()]) -> list[LoadedScenario]:
    """Load all scenarios, or say everything that is wrong with any of them."""
    from simulator.experiment.readiness import load_ready

    found: list[LoadedScenario] = []
    problems: dict[Problem, None] = {}
    for name in names:
        try:
            found.append(load_ready(name, changes))
        except ScenarioError as error:
            problems.update(dict.fromkeys(error.problems))
    if problems:
        raise ScenarioError(list(problems))
    return found


def _about(
    result: Comparison, scenarios: list[str], changes: list[str] | tuple[()]
) -> dict[str, object]:
    """Return what made the tables: nothing about this machine is in it."""
    changed = [part for change in changes for part in ("--set", change)]
    counts = ["--replications", str(result.asked), "--seed", str(result.seed)]
    return {
        "scenarios": list(result.names),
        "seed": result.seed,
        "replications": list(result.numbers),
        "replications_asked": result.asked,
        "interrupted": result.interrupted,
        "version": version(),
        "verdict": result.verdict,
        "command": ["themodel", "compare", *scenarios, *counts, *changed],
    }
