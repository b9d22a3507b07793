"""The command ``themodel``: parse, call, print; no logic.

What takes long to import is imported by the command that needs it, so that ``--help`` is quick.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup

from simulator.errors import OutputError, ScenarioError

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

DONE, FINDING, WRONG_INPUT, INTERRUPTED = 0, 1, 2, 130
_MOST_LINES = 20
_PIPE_WIDTH = 100


class _Commands(TyperGroup):
    """Turns what users can mend into one clear message instead of a traceback."""

    def invoke(self, ctx: Any) -> Any:
        """Run a command."""
        try:
            return super().invoke(ctx)
        except ScenarioError as error:
            _stop(WRONG_INPUT, *map(str, error.problems))
        except OutputError as error:
            _stop(WRONG_INPUT, str(error))
        except KeyboardInterrupt:
            _stop(INTERRUPTED, "interrupted: nothing was finished, nothing was written")


app = typer.Typer(
    cls=_Commands,
    invoke_without_command=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Name = Annotated[
    str, typer.Argument(metavar="SCENARIO", help="A file, or the name of a shipped scenario.")
]
Names = Annotated[
    list[str], typer.Argument(metavar="SCENARIO...", help="Files, or names of shipped scenarios.")
]
Seed = Annotated[
    int,
    typer.Option(help="Which luck: the same seed, the same buyers.", min=0, max=2**63 - 1),
]
Changes = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY.PATH=VALUE", help="Change one value; may be repeated."),
]
AsJson = Annotated[
    bool, typer.Option("--json", help="Print one JSON object and nothing else.")
]  # fmt: skip


# ------------------------------------------------------------------ commands


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"themodel {_version()}")
        raise typer.Exit(DONE)


@app.callback()
def themodel(
    context: typer.Context,
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version and end."
        ),
    ] = False,
) -> None:
    """Simulate a sales organization: four departments, one baton.

    What do departmental KPIs do to revenue, waiting and churn, and where?

    \b
    A first look:
      themodel list                        which questions there are
      themodel run base                    the default company
      themodel explain base                every number in it, with its source
      themodel trace base --buyer first-won
                                           the life of one buyer

    Every command explains itself: themodel run --help.
    """
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


@app.command(short_help="Run a scenario: where buyers, time and money go.")
def run(
    scenario: Name,
    replications: Annotated[
        int, typer.Option(help="How many runs, each with its own luck.", min=1, max=10_000)
    ] = 20,
    seed: Seed = 1,
    changes: Changes = None,
    workers: Annotated[
        int | None,
        typer.Option(
            help="Processes at work; the figures do not depend on it.  "
            "[default: one per processor]",
            min=1,
            max=1024,
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Also write tables as CSV into this folder.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Run a scenario and show where buyers, time and money go.

    Prints means over all replications with 95 % intervals: by department, how busy and how
    slow each team is, where buyers were lost and why, and what became of recurring revenue.
    Ctrl-C ends early and reports the replications that are finished.

    \b
    Examples:
      themodel run base
      themodel run base --replications 50 --seed 7 --out results
      themodel run base --set decisions.field_sales.promise=0.8
      themodel run base --json > base.json
    """  # fmt: skip
    from simulator.experiment.readiness import load_ready

    loaded = load_ready(scenario, changes or ())

    from simulator.experiment import ReplicationError, replicate
    from simulator.presentation import explanation, files, tables

    if out is not None:
        files.check_folder(out)
    try:
        with _progress(f"{loaded.name}: replications", replications) as on_progress:
            results = replicate(
                loaded.scenario, loaded.name, seed, replications,
                workers=workers or _processors(), on_progress=on_progress,
            )  # fmt: skip
    except ReplicationError as error:
        _stop(FINDING, str(error))
    failure: OutputError | None = None
    if out is not None:
        try:
            files.write_results(
                results, out, _version(), _command(scenario, seed, replications, changes)
            )
        except OutputError as error:
            failure = error  # a long run is worth showing even if it cannot be kept
    if as_json:
        typer.echo(files.as_json_text(results, _version()))
    else:
        _show([*explanation.changes(loaded), *tables.results_story(results)])
        _show([tables.closing(results, _version()), *explanation.notes(loaded)])
    if results.interrupted:
        _say(f"interrupted after {len(results.numbers)} of {results.asked} replications")
    if failure is not None:
        raise failure
    if out is not None:
        _say(f"written to {out}")


@app.command(short_help="Check scenarios: every error at once.")
def check(scenarios: Names) -> None:
    """Check scenarios: every error at once, with file, line and remedy.

    Ends with 2 if anything is wrong.

    \b
    Example:
      themodel check my_company.yaml
    """
    from simulator.experiment.readiness import load_ready
    from simulator.presentation.explanation import checked

    wrong = False
    for name in scenarios:
        try:
            typer.echo(f"{name}: {checked(load_ready(name))}")
        except ScenarioError as error:
            wrong = True
            for problem in error.problems:
                typer.echo(str(problem), err=True)
    if wrong:
        raise typer.Exit(WRONG_INPUT)


@app.command(short_help="Show every number in force and its source.")
def explain(
    scenario: Name,
    other: Annotated[
        str | None,
        typer.Option("--diff", metavar="OTHER", help="Show only what differs from this scenario."),
    ] = None,
    changes: Changes = None,
    as_json: AsJson = False,
) -> None:
    """Show every number in force: its unit, its source, how far to trust it, who set it.

    \b
    Examples:
      themodel explain base
      themodel explain shared --diff divisional
    """
    from simulator.presentation import explanation
    from simulator.presentation.files import json_text
    from simulator.scenario import diff, load_scenario

    loaded = load_scenario(scenario, changes or ())
    if other is None:
        if as_json:
            typer.echo(json_text(explanation.numbers_json(loaded)))
        else:
            _show(explanation.number_tables(loaded))
        return
    second = load_scenario(other)
    found = diff(loaded, second)
    if as_json:
        typer.echo(json_text(explanation.differences_json(loaded, second, found)))
    else:
        _show(explanation.difference_table(loaded, second, found))


@app.command(short_help="Tell the life of one buyer.")
def trace(
    scenario: Name,
    buyer: Annotated[
        str,
        typer.Option(
            metavar="N",
            help="A buyer's number, or first-won, first-lost, most-recycled.",
        ),
    ],
    replication: Annotated[int, typer.Option(help="Which run, from 0.", min=0, max=2**31 - 1)] = 0,
    seed: Seed = 1,
    changes: Changes = None,
) -> None:
    """Tell the life of one buyer: every visit, wait, decision, handoff, loss and return.

    Lines marked "truth" are known to the simulator alone; the departments never see them.

    \b
    Examples:
      themodel trace base --buyer first-won
      themodel trace base --buyer 352 --replication 3
    """  # fmt: skip
    from simulator.experiment.readiness import load_ready

    loaded = load_ready(scenario, changes or ())

    from simulator.organization.simulation import run as run_once
    from simulator.presentation import explanation, story, tables

    story.check_wish(buyer)
    journal = run_once(loaded.scenario, seed, replication, loaded.name)
    number = story.choose(journal, buyer)
    _show(explanation.changes(loaded))
    _show(tables.story_table(story.title(journal, number), story.tell(journal, number)))


@app.command(short_help="Hold the engine against mathematics.")
def verify(seed: Seed = 1) -> None:
    """Hold the engine against mathematics and the default company against published figures.

    Queueing theory, conservation and Little's law must hold; the outputs of the default company
    must lie in published ranges that are not its inputs. Ends with 1 if one fails.

    \b
    Example:
      themodel verify
    """
    from simulator.plausibility import hold_against_published
    from simulator.presentation.verdicts import published_table, verification_table
    from simulator.verification import verify as run_checks

    with _progress("checks") as on_progress:
        checks = run_checks(seed, on_progress)
    _show(verification_table(checks))
    with _progress("default company") as on_progress:
        published = hold_against_published(seed, on_progress=on_progress)
    _show(published_table(published))
    if not (all(one.passed for one in checks) and all(one.passed for one in published)):
        raise typer.Exit(FINDING)


@app.command("list", short_help="List the shipped scenarios with their questions.")
def list_scenarios() -> None:
    """List the shipped scenarios with the question that each one answers.

    \b
    Example:
      themodel list
    """
    from simulator.presentation.explanation import scenario_table
    from simulator.scenario import shipped_scenarios

    _show(scenario_table(shipped_scenarios()))


@app.command(short_help="Print the JSON Schema of scenario files.")
def schema() -> None:
    """Print the JSON Schema of scenario files, for completion in an editor.

    \b
    Example:
      themodel schema > scenario.schema.json
    """
    from simulator.presentation.files import json_text
    from simulator.scenario import json_schema

    typer.echo(json_text(json_schema()))


# ------------------------------------------------------------------ the terminal


def _console(stderr: bool = False) -> Console:
    """Return where to print: as wide as the terminal, or of one fixed width in a pipe."""
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    return Console(
        stderr=stderr,
        width=None if stream.isatty() else _PIPE_WIDTH,
        # Names come from files: nothing in them is markup.
        markup=False,
        emoji=False,
        highlight=False,
    )


def _show(content: Iterable[RenderableType]) -> None:
    console = _console()
    if console.is_terminal:
        for each in content:
            console.print(each)
        return
    with console.capture() as capture:
        for each in content:
            console.print(each)
    # Tables fill their lines with spaces, which nobody wants in a file.
    for line in capture.get().splitlines():
        typer.echo(line.rstrip())


def _say(line: str) -> None:
    """Tell something that is no result."""
    typer.echo(line, err=True)


def _stop(status: int, *lines: str) -> NoReturn:
    """End with a message of one screen."""
    for line in lines[:_MOST_LINES]:
        _say(line)
    if len(lines) > _MOST_LINES:
        _say(f"... and {len(lines) - _MOST_LINES} more; themodel check lists all")
    raise typer.Exit(status)


@contextlib.contextmanager
def _progress(what: str, total: int | None = None) -> Iterator[Callable[[int, int], None] | None]:
    """Show how far a long command is and how long it will take, to somebody who is looking."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich import progress

    columns = (
        progress.TextColumn("{task.description}", markup=False),
        progress.BarColumn(),
        progress.MofNCompleteColumn(),
        progress.TimeRemainingColumn(),
        progress.TextColumn("left"),
    )
    with progress.Progress(*columns, console=_console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=total)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _command(scenario: str, seed: int, replications: int, changes: list[str] | None) -> list[str]:
    """Return what to type for the same figures again: nothing about this machine is in it."""
    changed = [part for change in changes or () for part in ("--set", change)]
    counts = ["--replications", str(replications), "--seed", str(seed)]
    return ["themodel", "run", scenario, *counts, *changed]


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("themodel")
    except PackageNotFoundError:
        return "from an uninstalled folder"


def main() -> None:
    """Run the command."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show a character shows "?" instead of ending the program.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    app(prog_name="themodel")
