"""The end of a report: assumptions with their sources, definitions, and how to have it again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from simulator.languages.messages import marked, say
from simulator.metrics import METRICS
from simulator.metrics.units import unit_shown
from simulator.presentation.explanation import unit_said
from simulator.presentation.figures import MISSING, number, written
from simulator.presentation.report_making import Making, defined, place_of
from simulator.presentation.report_parts import Cell, Column, Folded, Part, Section, Table, Words
from simulator.presentation.workbooks import ARTICLES
from simulator.scenario import Number, numbers

_BETTER = {
    "higher": marked("higher¦is better"),
    "lower": marked("lower¦is better"),
    "neither": marked("neither¦is better"),
}
_RETAINED = {
    "logo_retention": (
        marked("Customers still there, by months since the contract"),
        marked("customers of a month of contract still under contract at an age / all of them"),
    ),
    "revenue_retention": (
        marked("MRR still there, by months since the contract"),
        marked("MRR of a month of contract at an age / its MRR at age 0"),
    ),
}
_TRUST = {
    "A": marked("A: peer-reviewed or official"),
    "B": marked("B: primary data with a stated sample"),
    "C": marked("C: secondary"),
    "D": marked("D: unsourced"),
    "M": marked("M: common knowledge of the trade"),
    "calc": marked("calc: computed from cited figures"),
}
AREAS = {
    "currency": marked("Currency¦area"),
    "sale": marked("Kind of sale¦area"),
    "horizon": marked("Horizon¦area"),
    "gross_margin": marked("Gross margin"),
    "start": marked("What the company begins with¦area"),
    "market": marked("Market and buyers¦area"),
    "teams": marked("Teams and people¦area"),
    "hiring": marked("Hiring plan¦area"),
    "rotation": marked("Job rotation¦area"),
    "work": marked("Work of the departments¦area"),
    "handoffs": marked("Handoffs¦area"),
    "recycling": marked("Recycling¦area"),
    "churn": marked("Churn¦area"),
    "expansion": marked("Expansion and contraction¦area"),
    "health": marked("Health score¦area"),
    "definitions": marked("Definitions and feedback¦area"),
    "support": marked("RevOps and enablement¦area"),
    "ai": marked("AI¦area"),
    "recovery": marked("Recovery by persons¦area"),
    "kpi": marked("What departments are measured on¦area"),
    "decisions": marked("What departments decide¦area"),
    "mechanisms": marked("Mechanisms¦area"),
    "counter_forces": marked("Counter-forces¦area"),
    "observed": marked("Observed figures¦area"),
}
"""What the blocks of a scenario file are about."""


# ------------------------------------------------------------------ assumptions


def assumptions_section(making: Making) -> Section:
    """Return every number in force with its source and how far it is trusted."""
    last = making.last
    every = [each for each in numbers(last) if each.is_number]
    parts: list[Part] = [
        Words(say(
            "{count} numbers are in force in {name}. Each has a source, and a letter that says how"
            " far it is trusted.",
            count=len(every), name=last.name,
        )),
        _trust_table(every),
    ]  # fmt: skip
    blocks: dict[str, list[Number]] = {}
    for each in every:
        blocks.setdefault(each.path.partition(".")[0], []).append(each)
    for block, members in blocks.items():
        area = say(AREAS[block])
        summary = say("{block} ({count})", block=area, count=len(members))
        parts.append(Folded(summary, (_numbers_table(making, area, members),)))
    parts.append(Words(say(
        "The {count} tables of these numbers are in the page itself and are not printed.",
        count=len(blocks),
    ), "note printed"))  # fmt: skip
    if last.scenario.not_identifiable:
        items = "; ".join(last.scenario.not_identifiable)
        parts.append(Words(say("The data behind it cannot tell: {items}.", items=items), "warning"))
    parts += [Words(say(note), "note") for each in making.evidence.scenarios for note in each.notes]
    return Section("assumptions", say("What it rests on: assumptions and their sources"),
                   tuple(parts))  # fmt: skip


def _trust_table(every: Sequence[Number]) -> Table:
    rows = []
    for letter, label in _TRUST.items():
        count = sum(each.trust == letter for each in every)
        rows.append((Cell(say(label)), Cell(f"{count:,}", float(count))))
    without = sum(not each.trust for each in every)
    if without:
        rows.append((Cell(say("no trust stated")), Cell(f"{without:,}", float(without))))
    columns = (Column(say("trust¦report")), Column(say("numbers¦column"), "number"))
    return Table(say("How far the numbers are trusted"), columns, tuple(rows))


def _numbers_table(making: Making, area: str, members: Sequence[Number]) -> Table:
    columns = (
        Column(say("key in the files"), "code"), Column(say("value¦report"), "number"),
        Column(say("meaning¦report")), Column(say("trust¦report")),
        Column(say("source¦report"), "wide"),
    )  # fmt: skip
    rows = tuple(
        (
            Cell(each.path, under=each.where if each.where != "default" else ""),
            Cell(_value(each), float(each.value) if _is_number(each.value) else None),
            Cell(say(each.meaning)),
            Cell(each.trust or MISSING),
            Cell(_source(each)),
        )
        for each in members
    )
    caption = say("Numbers of {name}: {block}", name=making.last.name, block=area)
    return Table(caption, columns, rows)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _value(each: Number) -> str:
    if not each.unit:
        return written(each.value)
    unit = unit_said(each.unit)
    # Between a number and Japanese characters there is no space.
    return say(
        "{number} {unit}¦input" if unit[0].isascii() else "{number} {unit}¦input, characters",
        number=written(each.value), unit=unit,
    )  # fmt: skip


def _source(each: Number) -> str:
    told = say(each.source) if each.source else say("no source stated")
    if each.span is None:
        return told
    low, high = (written(end) for end in each.span)
    return say("{source}; range {low} to {high}", source=told, low=low, high=high)


# ------------------------------------------------------------------ definitions


def definitions_section(making: Making) -> Section:
    """Return the definition of every metric that the page names."""
    columns = (
        Column(say("metric¦report")), Column(say("formula¦report"), "wide"),
        Column(say("what counts¦report"), "wide"),
        Column(say("unit")), Column(say("better if¦report")), Column(say("source¦report")),
    )  # fmt: skip
    rows: list[tuple[Cell, ...]] = []
    for name in METRICS:
        if name not in making.shown:
            continue
        metric = METRICS[name]
        rows.append(
            (
                Cell(defined(name), under=name),
                Cell(say(metric.formula)),
                Cell(say(metric.rule)),
                Cell(unit_shown(metric.unit, making.currency)),
                Cell(say(_BETTER[metric.better])),
                Cell(say(metric.source)),
            )
        )
    rows += [_retained(name) for name in _RETAINED if name in making.shown]
    parts = (
        Words(say(
            "Every metric on this page, as it is counted. A month has 20 business days. What has a"
            " denominator of zero is missing, never 0."
        )),
        Table(say("Definitions of the metrics on this page"), columns, tuple(rows), stacked=True),
        Words(say(ARTICLES), "note"),
    )  # fmt: skip
    return Section("definitions", say("How each metric is counted"), parts)


def _retained(name: str) -> tuple[Cell, ...]:
    """Return how a curve and a triangle of retention are counted; they are no single number."""
    label, formula = _RETAINED[name]
    return (
        Cell(place_of(name, say(label)), under=name),
        Cell(say(formula)),
        Cell(say(
            "by month of contract; an age counts once all customers of that month were observed so"
            " long; customers at the start are left out; all months are pooled at each age, each"
            " as large as it began"
        )),
        Cell(unit_shown("share", "")),
        Cell(say(_BETTER["higher"])),
        Cell(say("model: cohorts of contracts")),
    )  # fmt: skip


# ------------------------------------------------------------------ again


def again_section(making: Making, command: str, version: str, runs: Mapping[str, int]) -> Section:
    """Say how to have the same report again.

    Parameters
    ----------
    making : Making
    command : str
        What to type.
    version : str
        Of the program.
    runs : mapping of str to int
        How many runs are behind each part, by what it is.
    """
    first = making.results[0]
    rows: list[tuple[Cell, ...]] = [
        (Cell(say("command¦report")), Cell(command)),
        (Cell(say("seed¦report")), Cell(str(first.seed), float(first.seed))),
        (
            Cell(say("replications¦report")),
            Cell(str(len(first.numbers)), float(len(first.numbers))),
        ),
        (Cell(say("version¦report")), Cell(f"themodel {version}")),
    ]
    for loaded in making.evidence.scenarios:
        label = say("SHA-256 of {name}", name=loaded.name)
        rows.append((Cell(label), Cell(making.digest(loaded))))
    for what, count in runs.items():
        rows.append((Cell(what), Cell(number(float(count), 0), float(count))))
    columns = (Column(say("what¦column")), Column(say("value¦report"), "code"))
    parts = (
        Words(say(
            "The same command with the same version and the same files gives the same numbers. On"
            " another kind of processor their last digits may differ."
        )),
        Table(say("How this page was made"), columns, tuple(rows)),
    )  # fmt: skip
    return Section("again", say("The same report again"), parts)
