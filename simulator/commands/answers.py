"""How the analyses give their answer: tables for a reader, JSON for a program, files to keep."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import typer

from simulator.commands.terminal import show, tell
from simulator.errors import OutputError
from simulator.languages.languages import spoken
from simulator.languages.messages import marked, say
from simulator.version import version

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import RenderableType

    from simulator.presentation.tables import Counted
    from simulator.scenario import Scenario


class Answer(Protocol):
    """What an analysis gives."""

    def as_json(self) -> dict[str, Any]:
        """Return it as one object."""

    def tables(self) -> Mapping[str, pd.DataFrame]:
        """Return its tables by file name without ending."""


def give(
    answer: Answer,
    content: Iterable[RenderableType],
    out: Path | None,
    as_json: bool,
    typed: Sequence[str],
    stopped: str = "",
    further: Mapping[str, Any] | None = None,
    beside: Mapping[str, bytes] | None = None,
    scenarios: Mapping[str, Scenario] | None = None,
) -> None:
    """Print an answer and write it into a folder.

    Parameters
    ----------
    answer : Answer
    content : iterable
        What a reader sees.
    out : Path or None
        As given with ``--out``.
    as_json : bool
        As given with ``--json``.
    typed : sequence of str
        What to type for the same answer again.
    stopped : str
        After how much it was interrupted, if it was.
    further : mapping of str to Any, optional
        What the object says besides.
    beside : mapping of str to bytes, optional
        Other files for the folder by their name: workbooks and pictures.
    scenarios : mapping of str to Scenario, optional
        What the answer is about, by name: the folder says their SHA-256.

    Raises
    ------
    OutputError
        If it cannot be written; it has been printed then.
    """
    from simulator.presentation import files

    said = {**answer.as_json(), **(further or {}), "version": version()}
    failure: OutputError | None = None
    if out is not None:
        try:
            about = {**said, **made_from(scenarios or {}), "command": list(typed)}
            files.write_tables(answer.tables(), out, typed[1], about, beside)
        except OutputError as error:
            failure = error  # a long run is worth showing even if it cannot be kept
    if as_json:
        typer.echo(files.json_text(said))
    else:
        show(content)
    if stopped:
        tell_interrupted(stopped, out)
    if failure is not None:
        raise failure
    if out is not None:
        tell(say("written to {place}", place=out))


def made_from(scenarios: Mapping[str, Scenario]) -> dict[str, Any]:
    """Return what a kept answer says besides: its language, and the SHA-256 of its scenarios.

    Parameters
    ----------
    scenarios : mapping of str to Scenario
        By name; if there are none, nothing is said of them.
    """
    from simulator.presentation import files

    return {"language": spoken(), **(files.digests(scenarios) if scenarios else {})}


def stopped(result: Counted) -> str:
    """Say after how many replications it was interrupted; nothing if it was not."""
    if not result.interrupted:
        return ""
    done, asked = len(result.numbers), result.asked
    return say("{done} of {asked} replications", done=done, asked=asked)


def tell_interrupted(after: str, out: Path | None) -> None:
    """Tell after how much it was interrupted, and how to do what is left undone."""
    text = marked("interrupted after {after}")
    if out is not None:
        text = marked("interrupted after {after}; --resume does the rest")
    tell(say(text, after=after))


def typed(
    command: str, *names: str, options: Mapping[str, object], changes: Iterable[str]
) -> list[str]:
    """Return what to type for the same answer again: nothing about this machine is in it.

    Parameters
    ----------
    command : str
    *names : str
        Of scenarios.
    options : mapping of str to object
        By name with its dashes; a list is given once for each of its members.
    changes : iterable of str
        As given with ``--set``.
    """
    words = ["themodel", command, *names]
    for name, value in {**options, "--set": list(changes)}.items():
        for each in value if isinstance(value, (list, tuple)) else [value]:
            if each is not None:
                words += [name, str(each)]
    return words
