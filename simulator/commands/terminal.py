"""The terminal: what is printed where, how a command ends, and how far it is."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup

from simulator.errors import OutputError, ReplicationError, ScenarioError
from simulator.languages.languages import LANGUAGES, of_locale, speak
from simulator.languages.messages import say

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

DONE, FINDING, WRONG_INPUT, INTERRUPTED = 0, 1, 2, 130
_MOST_LINES = 20
_PIPE_WIDTH = 100


def _speak(value: str | None) -> None:
    """Speak the language that was asked for, or that of the locale."""
    if value is None:
        speak(of_locale(os.environ))
        return
    for language in LANGUAGES:
        if value == language:
            speak(language)
            return
    raise typer.BadParameter(f"{value!r} is not known; known are {', '.join(LANGUAGES)}")


_Lang = Annotated[
    str | None,
    typer.Option(
        "--lang",
        metavar="|".join(LANGUAGES),
        help="Language of what is shown, 表示する言語.  [default: that of the locale]",
        callback=_speak,
        expose_value=False,
        is_eager=True,
    ),
]


def _takes_language(lang: _Lang = None) -> None:
    """Stand for any command: only its option is used."""


@cache
def _language() -> Any:
    """Return the option that every command has."""
    probe = typer.Typer(add_completion=False)
    probe.command()(_takes_language)
    return next(each for each in typer.main.get_command(probe).params if each.name == "lang")


class Commands(TyperGroup):
    """Turns what users can mend into one clear message instead of a traceback.

    Every command can be told in which language to speak.
    """

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return a command, with its option for the language."""
        command = super().get_command(ctx, cmd_name)
        if command is not None and not any(each.name == "lang" for each in command.params):
            command.params.append(_language())
        return command

    def invoke(self, ctx: Any) -> Any:
        """Run a command."""
        try:
            return super().invoke(ctx)
        except ScenarioError as error:
            stop(WRONG_INPUT, *map(str, error.problems))
        except OutputError as error:
            stop(WRONG_INPUT, str(error))
        except ReplicationError as error:
            stop(FINDING, str(error))
        except KeyboardInterrupt:
            stop(INTERRUPTED, say("interrupted: nothing was finished, nothing was written"))


def console(stderr: bool = False) -> Console:
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


def show(content: Iterable[RenderableType]) -> None:
    """Print results: as they are to a terminal, without trailing spaces to anything else."""
    paper = console()
    if paper.is_terminal:
        for each in content:
            paper.print(each)
        return
    with paper.capture() as capture:
        for each in content:
            paper.print(each)
    # Tables fill their lines with spaces, which nobody wants in a file.
    for line in capture.get().splitlines():
        typer.echo(line.rstrip())


def tell(line: str) -> None:
    """Tell something that is no result."""
    typer.echo(line, err=True)


def stop(status: int, *lines: str) -> NoReturn:
    """End with a message of one screen."""
    for line in lines[:_MOST_LINES]:
        tell(line)
    if len(lines) > _MOST_LINES:
        more = len(lines) - _MOST_LINES
        tell(say("... and {more} more; themodel check lists all", more=more))
    raise typer.Exit(status)


@contextlib.contextmanager
def progress(what: str, total: int | None = None) -> Iterator[Callable[[int, int], None] | None]:
    """Show how far a long command is and how long it will take, to somebody who is looking."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich import progress as bars

    columns = (
        bars.TextColumn("{task.description}", markup=False),
        bars.BarColumn(),
        bars.MofNCompleteColumn(),
        bars.TimeRemainingColumn(),
        bars.TextColumn(say("left¦time")),
    )
    with bars.Progress(*columns, console=console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=total)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def processors() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
