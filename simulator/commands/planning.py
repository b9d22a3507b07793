"""What the commands of planners share: their options, TEAM=NUMBER, and how far a search is."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from simulator.commands.answers import Answer
from simulator.commands.terminal import console
from simulator.errors import Problem, ScenarioError
from simulator.languages.messages import say

if TYPE_CHECKING:
    import pandas as pd


def target_option(further: str = "") -> Any:
    """Return the option for what is to be reached, with more to its help."""
    return typer.Option(
        "--target",
        metavar='"METRIC>=X"',
        help="What to reach; >= or <=, with @MONTH or @FROM-TO after the metric; may be repeated."
        + further,
    )


def teams_option(which: str) -> Any:
    """Return the option for teams, with what becomes of them."""
    return typer.Option(
        "--team",
        metavar="TEAM",
        help=f"{which}; may be repeated.  [default: marketing, inside_sales, field_sales,"
        " customer_success, revops]",
    )


Also = Annotated[
    list[str] | None,
    typer.Option(
        "--also", metavar='"METRIC<=X"', help="What must be met besides; may be repeated."
    ),
]
Confidence = Annotated[
    str,
    typer.Option(metavar="SHARE", help="How probable it must be that all targets are met."),
]
Most = Annotated[
    list[str] | None,
    typer.Option("--max", metavar="TEAM=N", help="At most so many people; may be repeated."),
]
Cost = Annotated[
    list[str] | None,
    typer.Option(
        "--cost",
        metavar="TEAM=X",
        help="What a person costs in a year; may be repeated.  [default: pay x loading + tools]",
    ),
]
Fresh = Annotated[
    int, typer.Option(help="In how many runs, which the search has not seen, it is measured.")
]
Number = TypeVar("Number", int, float)


def check_folder(
    out: Path, command: str, tables: Iterable[str], pictures: Iterable[str] = (), *others: str
) -> None:
    """Find out before minutes of search whether its results can be written."""
    from simulator import disk

    drawn = [f"{name}.{kind}" for name in pictures for kind in ("svg", "png")]
    names = [*(f"{name}.csv" for name in tables), *drawn, *others, f"{command}.json"]
    disk.check_folder(out, names)


PEOPLE = "N people, a whole number: field_sales=9"
PRICE = "X, currency a year: field_sales=15e6"
"""What stands behind TEAM= in --min, --max and --cost."""


@dataclass(frozen=True)
class Told:
    """A result whose tables have columns, at least: a file of nothing cannot be read."""

    result: Answer

    def as_json(self) -> dict[str, Any]:
        """Return it as one object."""
        return self.result.as_json()

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return its tables by file name without ending."""
        tables = self.result.tables()
        return {name: table for name, table in tables.items() if len(table.columns)}


def problems_of(check: Callable[[], object]) -> list[Problem]:
    """Return what a check finds wrong."""
    try:
        check()
    except ScenarioError as error:
        return error.problems
    return []


def share_in(option: str, text: str, problems: list[Problem]) -> float | None:
    """Read 0.9 or 90%."""
    bare = text.strip().removesuffix("%")
    value = number(bare)
    if value is not None and bare != text.strip():
        value /= 100.0
    if value is None or value > 1.0:
        problems.append(Problem(option, "", text, "is no share of 1: write 90% or 0.9"))
        return None
    return value


def by_team(
    option: str,
    stated: Sequence[str],
    read: Callable[[str], Number | None],
    form: str,
    problems: list[Problem],
) -> dict[str, Number]:
    """Read TEAM=NUMBER."""
    found: dict[str, Number] = {}
    for text in stated:
        team, equals, said = (part.strip() for part in text.partition("="))
        value = read(said) if equals and team else None
        if value is None:
            problems.append(Problem(option, "", text, f"must be TEAM={form}"))
        elif team in found:
            problems.append(Problem(option, team, said, "is stated twice"))
        else:
            found[team] = value
    return found


def whole(text: str) -> int | None:
    """Read a whole number."""
    value = number(text)
    return int(value) if value is not None and value.is_integer() else None


def number(text: str) -> float | None:
    """Read a number."""
    from simulator.planning.targets import plain_number

    return plain_number(text)


# ------------------------------------------------------------------ how far it is


@dataclass
class Watch:
    """Told how far a search is; shows it to somebody who is looking."""

    show: Callable[[str], None] | None = None
    tried: str = field(default_factory=lambda: say("first plans"))

    def search(self, plans: int, runs: int) -> None:
        """Take note of how many plans were tried in how many runs."""
        self.tried = say("{plans} plans tried, {runs} runs", plans=f"{plans:,}", runs=f"{runs:,}")
        if self.show is not None:
            self.show(self.tried)


@contextlib.contextmanager
def watched() -> Iterator[Watch]:
    """Show how far a search is, to somebody who is looking."""
    if not sys.stderr.isatty():
        yield Watch()
        return
    from rich import progress as bars

    columns = (
        bars.SpinnerColumn(),
        bars.TextColumn("{task.description}", markup=False),
        bars.TimeElapsedColumn(),
    )
    with bars.Progress(*columns, console=console(stderr=True), transient=True) as bar:
        task = bar.add_task(say("first plans"), total=None)
        yield Watch(lambda text: bar.update(task, description=text))
