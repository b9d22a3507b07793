"""What a scenario says: every number with unit, source, trust and the line that set it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from rich.console import RenderableType
from rich.table import Column
from rich.text import Text

from simulator.errors import ScenarioError
from simulator.languages.languages import spoken
from simulator.languages.messages import marked, say
from simulator.presentation.figures import MISSING, written
from simulator.presentation.tables import grid, prose, titled
from simulator.scenario import (
    Difference,
    LoadedScenario,
    Number,
    load_scenario,
    numbers,
    unsourced,
)
from simulator.scenario.fitted import Fit

TRUST_KEY = marked(
    "Trust: A peer-reviewed or official; B primary data with a stated sample; C secondary;"
    " D unsourced; M common knowledge of the trade; calc computed from cited figures."
)
_DEFAULT = marked("default")
_CUSTOMERS = marked("customers¦unit")
_SCALES = {
    "linear": marked("linear¦scale"),
    "log": marked("log¦scale"),
    "logit": marked("logit¦scale"),
}


def heading(loaded: LoadedScenario) -> Iterator[RenderableType]:
    """Introduce a scenario: its name, its question, what it stands for, what it is made from."""
    yield Text(loaded.name, style="bold")
    for text in (loaded.scenario.question, loaded.scenario.stands_for):
        if text.strip():
            yield prose(say(text.strip()), style="italic")
    if len(loaded.files) > 1:
        first, *then = loaded.files
        files = first
        for each in then:
            files = say("{files}, then {file}", files=files, file=each)
        yield prose(say("made from {files}", files=files), style="dim")
    yield from changes(loaded)
    yield from notes(loaded)
    yield Text("")


def changes(loaded: LoadedScenario) -> Iterator[RenderableType]:
    """Say what --set changed."""
    for change in loaded.overrides:
        old = change.old or say("nothing")
        yield Text(f"--set {change.key}: {old} -> {change.new}", style="dim")


def notes(loaded: LoadedScenario) -> Iterator[RenderableType]:
    """Say what a reader should know."""
    for note in loaded.notes:
        yield prose(say("note: {note}", note=note), style="dim")


def framed(loaded: LoadedScenario, *answer: RenderableType) -> list[RenderableType]:
    """Put what --set changed above an answer, and what a reader should know below it."""
    return [*changes(loaded), *answer, *notes(loaded)]


def number_tables(loaded: LoadedScenario) -> Iterator[RenderableType]:
    """Show every number and switch in force, block by block."""
    yield from heading(loaded)
    blocks: dict[str, list[Number]] = {}
    for number in numbers(loaded):
        blocks.setdefault(_block(number.path), []).append(number)
    for block, members in blocks.items():
        table = grid(
            Column("", ratio=9, overflow="fold"),
            Column(say("value"), ratio=9, overflow="fold"),
            Column(say("trust¦column"), width=6 if spoken() == "ja" else 5, no_wrap=True),
            Column(say("set in; source"), ratio=12, overflow="fold"),
        )
        table.expand = True
        for number in members:
            table.add_row(
                Text(number.path.removeprefix(f"{block}.")),
                prose(f"{_value(loaded, number)} {unit_said(number.unit)}".rstrip()),
                Text(number.trust or MISSING),
                prose(
                    say("{place}; {source}", place=place_said(number.where), source=_source(number))
                ),
            )
        yield titled(say("scenario") if block == "scenario" else block, table)
    yield prose(say(TRUST_KEY), style="dim")


def _value(loaded: LoadedScenario, number: Number) -> str:
    """Write a value; what is text for readers is said in their language."""
    value = written(number.value)
    if number.path == "not_identifiable":
        for each in loaded.scenario.not_identifiable:
            value = value.replace(each, say(each))
    is_text = number.path.startswith("observed.") and number.path.endswith(".source")
    return say(value) if is_text else value


def _source(number: Number) -> str:
    told = say(number.source if number.source else "no source stated")
    if number.span is not None:
        low, high = (written(end) for end in number.span)
        text = marked("{source}; range {low} to {high}")
        if "(" in str(number.value):
            text = marked("{source}; range {low} to {high} times its durations")
        told = say(text, source=told, low=low, high=high)
    return "\n".join([told, *(fit_said(number.path, *each) for each in number.fits)])


def fit_said(path: str, key: str, fit: Fit) -> str:
    """Say what data told of a number, or of one parameter of a law."""
    text = marked(
        "{which} 95 % interval {low} to {high}; {cases} cases: {method} ({scale}, group {group})"
    )
    if not fit.group:
        text = marked("{which} 95 % interval {low} to {high}; {cases} cases: {method} ({scale})")
    return say(
        text,
        which=key.removeprefix(path).removeprefix("."),
        low=written(fit.low),
        high=written(fit.high),
        cases=f"{fit.cases:,}",
        method=say(fit.method),
        scale=say(_SCALES[fit.scale]),
        group=fit.group,
    ).lstrip()


def _block(path: str) -> str:
    """Return the heading under which a number stands: two levels where there are three."""
    parts = path.split(".")
    if len(parts) == 1:
        return "scenario"
    if parts[:2] == ["market", "channels"]:
        return ".".join(parts[:3])
    return ".".join(parts[: min(2, len(parts) - 1)])


def place_said(where: str) -> str:
    """Shorten a place to file and line; the folder stands in the heading."""
    if where == _DEFAULT:
        return say(_DEFAULT)
    return where.replace("\\", "/").rsplit("/", 1)[-1]


def unit_said(unit: str) -> str:
    """Write the unit of an input."""
    return say(_CUSTOMERS if unit == "customers" else unit)


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
        yield Text(say("{one} and {other} say the same.", one=a.name, other=b.name))
        return
    title = say("What differs between {one} and {other}", one=a.name, other=b.name)
    yield Text(title, style="bold")
    yield Text("")
    for block, members in blocks.items():
        table = grid(
            Column("", ratio=8, overflow="fold"),
            Column(Text(a.name), ratio=5, overflow="fold"),
            Column(Text(b.name), ratio=5, overflow="fold"),
            Column(say("unit"), ratio=5, overflow="fold"),
            Column(say("set in"), ratio=7, overflow="fold"),
        )
        table.expand = True
        for one in members:
            places = dict.fromkeys(
                place_said(where) for where in (one.where_a, one.where_b) if where
            )
            table.add_row(
                Text(one.path.removeprefix(f"{block}.")),
                Text(MISSING if one.a is None else written(one.a)),
                Text(MISSING if one.b is None else written(one.b)),
                prose(unit_said(units.get(one.path, ""))),
                Text("\n".join(places)),
            )
        yield titled(say("scenario") if block == "scenario" else block, table)


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
    return say(
        "ok, {numbers} numbers, {own} of them set in files, {missing} of these without a source"
        if missing
        else "ok, {numbers} numbers, {own} of them set in files, each with a source",
        numbers=len(every),
        own=own,
        missing=missing,
    )


def scenario_table(shipped: Mapping[str, Path]) -> Iterator[RenderableType]:
    """List scenarios with their questions; one that cannot be read says so."""
    table = grid(Column(say("scenario"), no_wrap=True), Column(say("question"), overflow="fold"))
    for name, path in shipped.items():
        try:
            question = say(load_scenario(path).scenario.question.strip() or MISSING)
        except ScenarioError:
            question = say("cannot be read: see themodel check {name}", name=name)
        table.add_row(Text(name), prose(question))
    if table.row_count:
        yield table
    else:
        yield Text(say("No scenarios are shipped with this installation."))
