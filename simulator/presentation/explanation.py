"""What a scenario says: every number with unit, source, trust and the line that set it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from rich.console import RenderableType
from rich.table import Column
from rich.text import Text

from simulator.errors import ScenarioError
from simulator.presentation.figures import MISSING, written
from simulator.presentation.tables import grid, titled
from simulator.scenario import (
    Difference,
    LoadedScenario,
    Number,
    load_scenario,
    numbers,
    unsourced,
)
from simulator.scenario.fitted import Fit

TRUST_KEY = (
    "Trust: A peer-reviewed or official; B primary data with a stated sample; C secondary;"
    " D unsourced; M common knowledge of the trade; calc computed from cited figures."
)


def heading(loaded: LoadedScenario) -> Iterator[RenderableType]:
    """Introduce a scenario: its name, its question, what it stands for, what it is made from."""
    yield Text(loaded.name, style="bold")
    for text in (loaded.scenario.question, loaded.scenario.stands_for):
        if text.strip():
            yield Text(text.strip(), style="italic")
    if len(loaded.files) > 1:
        yield Text("made from " + ", then ".join(loaded.files), style="dim")
    yield from changes(loaded)
    yield from notes(loaded)
    yield Text("")


def changes(loaded: LoadedScenario) -> Iterator[RenderableType]:
    """Say what --set changed."""
    for change in loaded.overrides:
        yield Text(f"--set {change.key}: {change.old or 'nothing'} -> {change.new}", style="dim")


def notes(loaded: LoadedScenario) -> Iterator[RenderableType]:
    """Say what a reader should know."""
    for note in loaded.notes:
        yield Text(f"note: {note}", style="dim")


def number_tables(loaded: LoadedScenario) -> Iterator[RenderableType]:
    """Show every number and switch in force, block by block."""
    yield from heading(loaded)
    blocks: dict[str, list[Number]] = {}
    for number in numbers(loaded):
        blocks.setdefault(_block(number.path), []).append(number)
    for block, members in blocks.items():
        table = grid(
            Column("", ratio=9, overflow="fold"),
            Column("value", ratio=9, overflow="fold"),
            Column("trust", width=5, no_wrap=True),
            Column("set in; source", ratio=12, overflow="fold"),
        )
        table.expand = True
        for number in members:
            table.add_row(
                Text(number.path.removeprefix(f"{block}.")),
                Text(f"{written(number.value)} {number.unit}".rstrip()),
                Text(number.trust or MISSING),
                Text(f"{_place(number.where)}; {_source(number)}"),
            )
        yield titled(block, table)
    yield Text(TRUST_KEY, style="dim")


def _source(number: Number) -> str:
    told = number.source or "no source stated"
    if number.span is not None:
        low, high = (written(end) for end in number.span)
        factors = " times its durations" if "(" in str(number.value) else ""
        told += f"; range {low} to {high}{factors}"
    return "\n".join([told, *(_fit(number.path, *each) for each in number.fits)])


def _fit(path: str, key: str, fit: Fit) -> str:
    """Say what data told of a number, or of one parameter of a law."""
    which = key.removeprefix(path).removeprefix(".")
    interval = f"95 % interval {written(fit.low)} to {written(fit.high)}"
    together = f", group {fit.group}" if fit.group else ""
    return f"{which} {interval}; {fit.cases:,} cases: {fit.method} ({fit.scale}{together})".lstrip()


def _block(path: str) -> str:
    """Return the heading under which a number stands: two levels where there are three."""
    parts = path.split(".")
    if len(parts) == 1:
        return "scenario"
    if parts[:2] == ["market", "channels"]:
        return ".".join(parts[:3])
    return ".".join(parts[: min(2, len(parts) - 1)])


def _place(where: str) -> str:
    """Shorten a place to file and line; the folder stands in the heading."""
    return where.replace("\\", "/").rsplit("/", 1)[-1]


def difference_table(
    a: LoadedScenario, b: LoadedScenario, found: Iterable[Difference]
) -> Iterator[RenderableType]:
    """Show what two scenarios do not share."""
    units = {number.path: number.unit for each in (b, a) for number in numbers(each)}
    blocks: dict[str, list[Difference]] = {}
    for one in found:
        blocks.setdefault(_block(one.path), []).append(one)
    yield from changes(a)
    if not blocks:
        yield Text(f"{a.name} and {b.name} say the same.")
        return
    yield Text(f"What differs between {a.name} and {b.name}", style="bold")
    yield Text("")
    for block, members in blocks.items():
        table = grid(
            Column("", ratio=8, overflow="fold"),
            Column(Text(a.name), ratio=5, overflow="fold"),
            Column(Text(b.name), ratio=5, overflow="fold"),
            Column("unit", ratio=5, overflow="fold"),
            Column("set in", ratio=7, overflow="fold"),
        )
        table.expand = True
        for one in members:
            places = dict.fromkeys(_place(where) for where in (one.where_a, one.where_b) if where)
            table.add_row(
                Text(one.path.removeprefix(f"{block}.")),
                Text(MISSING if one.a is None else written(one.a)),
                Text(MISSING if one.b is None else written(one.b)),
                Text(units.get(one.path, "")),
                Text("\n".join(places)),
            )
        yield titled(block, table)


def numbers_json(loaded: LoadedScenario) -> dict[str, Any]:
    """Return every number in force as one object."""
    return {
        "scenario": loaded.name,
        "numbers": [
            {
                "path": number.path,
                "value": number.value,
                "unit": number.unit,
                "meaning": number.meaning,
                "source": number.source,
                "trust": number.trust,
                "range": number.span,
                "where": number.where,
                **_fits_json(number),
            }
            for number in numbers(loaded)
        ],
    }


def _fits_json(number: Number) -> dict[str, Any]:
    """Return what data told of a number, if data did."""
    told = {key: _fit_json(fit) for key, fit in number.fits}
    return {"estimates": told} if told else {}


def _fit_json(fit: Fit) -> dict[str, Any]:
    return {
        "low": fit.low,
        "high": fit.high,
        "cases": fit.cases,
        "method": fit.method,
        "scale": fit.scale,
        "group": fit.group or None,
        "correlation": fit.correlation if fit.group else None,
    }


def differences_json(
    a: LoadedScenario, b: LoadedScenario, found: Iterable[Difference]
) -> dict[str, Any]:
    """Return what two scenarios do not share as one object."""
    units = {number.path: number.unit for each in (b, a) for number in numbers(each)}
    return {
        "scenario": a.name,
        "other": b.name,
        "differences": [
            {
                "path": one.path,
                "value": one.a,
                "other": one.b,
                "unit": units.get(one.path, ""),
                "where": one.where_a,
                "where_other": one.where_b,
            }
            for one in found
        ],
    }


def checked(loaded: LoadedScenario) -> str:
    """Say in one line that a scenario can run, and how well its numbers are founded."""
    every: list[Number] = [number for number in numbers(loaded) if number.is_number]
    own = sum(number.where != "default" for number in every)
    missing = len(unsourced(loaded))
    text = f"ok, {len(every)} numbers, {own} of them set in files"
    return text + (f", {missing} of these without a source" if missing else ", each with a source")


def scenario_table(shipped: Mapping[str, Path]) -> Iterator[RenderableType]:
    """List scenarios with their questions; one that cannot be read says so."""
    table = grid(Column("scenario", no_wrap=True), Column("question", overflow="fold"))
    for name, path in shipped.items():
        try:
            question = load_scenario(path).scenario.question.strip() or MISSING
        except ScenarioError:
            question = f"cannot be read: see themodel check {name}"
        table.add_row(Text(name), Text(question))
    if table.row_count:
        yield table
    else:
        yield Text("No scenarios are shipped with this installation.")
