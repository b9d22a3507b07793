"""``themodel sensitivity``: what if an assumption is wrong?"""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Annotated

import typer

from simulator.commands.execution import execution, open_store
from simulator.commands.options import AsJson, Changes, Dask, Name, Out, Resume, Seed, Workers
from simulator.commands.terminal import FINDING, progress, say, show, stop
from simulator.errors import OutputError
from simulator.version import version

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.experiment.sensitivity import Sensitivity

Versus = Annotated[
    str | None,
    typer.Option(
        "--versus", metavar="SCENARIO", help="Does the first scenario still beat this one?"
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
        help="Runs at the stated values, and of each strong assumption at both ends of its range.",
        min=1,
        max=10_000,
    ),
]
_FIRST_SECONDS = 5.0


def sensitivity(
    scenario: Name,
    versus: Versus = None,
    metric: Metric = None,
    trajectories: Trajectories = 6,
    top: Top = 6,
    sobol: Sobol = 64,
    points: Points = 64,
    replications: Ends = 4,
    seed: Seed = 1,
    changes: Changes = None,
    workers: Workers = None,
    dask: Dask = None,
    out: Out = None,
    resume: Resume = False,
    as_json: AsJson = False,
) -> None:
    """Vary every assumption of trust C or worse over its range and see what becomes of a result.

    All are screened first; the strongest are tested alone at both ends of their ranges, and get
    a share of the variance, beside luck. With --versus: in what share of the space of all
    assumptions the first scenario still beats the other, and which assumption alone flips that.
    --set changes both. Ctrl-C ends early and reports the analyses that are finished.

    \b
    Examples:
      themodel sensitivity base
      themodel sensitivity shared --versus divisional --out results
      themodel sensitivity shared --versus divisional --trajectories 3 --sobol 16
      themodel sensitivity base --metric logo_churn --set horizon.months=12 --json
    """  # fmt: skip
    from simulator.experiment.readiness import load_ready

    a = load_ready(scenario, changes or ())
    b = None if versus is None else load_ready(versus, changes or ())

    from simulator import disk
    from simulator.experiment import ReplicationError
    from simulator.experiment.comparison import distinct
    from simulator.experiment.quantities import main_metric
    from simulator.experiment.sensitivity import TABLES, planned_runs, sensitivity
    from simulator.presentation import explanation, files, sensitivity_tables

    chosen = metric or main_metric(a.scenario)
    named = {a.name: a} if b is None else distinct([a, b])
    scenarios = {name: each.scenario for name, each in named.items()}
    plan = {"trajectories": trajectories, "top": top, "sobol": sobol, "points": points,
            "replications": replications}  # fmt: skip
    runs = planned_runs(a, b, metric=chosen, **plan)
    store = open_store(out, resume, "sensitivity", scenarios, seed)
    if out is not None:
        disk.check_folder(out, (*(f"{name}.csv" for name in TABLES), "sensitivity.json"))
    say(f"at most {runs:,} runs; fewer if some assumptions turn out to have no effect")
    try:
        with (
            progress("runs", runs) as on_progress,
            execution(workers, dask, store, _timed(on_progress)) as how,
        ):
            result = sensitivity(a, b, metric=chosen, seed=seed, workers=how, **plan)
    except ReplicationError as error:
        stop(FINDING, str(error))
    failure: OutputError | None = None
    if out is not None:
        command = ["themodel", "sensitivity", scenario]
        command += [] if versus is None else ["--versus", versus]
        command += ["--metric", chosen, "--seed", str(seed)]
        command += [part for name, count in plan.items() for part in (f"--{name}", str(count))]
        command += [part for change in changes or () for part in ("--set", change)]
        try:
            files.write_tables(result.tables(), out, "sensitivity", _about(result, command))
        except OutputError as error:
            failure = error  # a long run is worth showing even if it cannot be kept
    if as_json:
        typer.echo(files.json_text({**result.as_json(), "version": version()}))
    else:
        show([*explanation.changes(a), *sensitivity_tables.story(result)])
        notes = {str(line): line for each in (a, b) if each for line in explanation.notes(each)}
        show([sensitivity_tables.closing(result, version()), *notes.values()])
    if result.missing:
        remedy = "; --resume does the rest" if out is not None else ""
        say(f"interrupted after {result.runs:,} runs{remedy}")
    if failure is not None:
        raise failure
    if out is not None:
        say(f"written to {out}")


def _timed(bar: Callable[[int, int], None] | None) -> Callable[[int, int], None]:
    """Say once, from the first runs, how long it will take: also to a file nobody watches."""
    started = monotonic()
    told = False

    def on_progress(done: int, of: int) -> None:
        nonlocal told
        passed = monotonic() - started
        if bar is not None:
            bar(done, of)
        elif not told and passed > _FIRST_SECONDS:
            told = True
            say(f"after {done} runs: about {max(passed / done * of / 60.0, 1.0):.0f} min in all")

    return on_progress


def _about(result: Sensitivity, command: list[str]) -> dict[str, object]:
    """Return what made the tables: nothing about this machine is in it."""
    return {
        "scenario": result.name,
        "versus": result.versus,
        "metric": result.metric,
        "seed": result.seed,
        "runs": result.runs,
        "missing": list(result.missing),
        "version": version(),
        "verdict": result.verdict,
        "command": command,
    }
