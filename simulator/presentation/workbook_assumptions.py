"""What the sheets of results share: labels that lead to definitions, assumptions, what was run."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from simulator.languages.messages import marked, say
from simulator.metrics.definitions import METRICS, TEAMS
from simulator.metrics.team_labels import team_label
from simulator.metrics.units import money_unit
from simulator.presentation.explanation import TRUST_KEY, fit_said, place_said, unit_said
from simulator.presentation.figures import written
from simulator.presentation.workbooks import (
    Cell,
    Column,
    Link,
    Sheet,
    Shown,
    Term,
    about_sheet,
    definitions_sheet,
    everywhere,
)
from simulator.scenario import LoadedScenario, Number, diff, effective_yaml, numbers

_COMPANY = marked("Company")


@dataclass(frozen=True, slots=True)
class Defined:
    """The definitions of a workbook, to which labels lead.

    Attributes
    ----------
    sheet : Sheet
    rows : mapping of str to int
        Row of each metric on it.
    """

    sheet: Sheet
    rows: Mapping[str, int]

    @classmethod
    def of(
        cls,
        metrics: Sequence[str],
        currency: str,
        terms: Sequence[Term] = (),
        sheets: Sequence[str] = (),
    ) -> Defined:
        """Define metrics and words; parameters as of :func:`definitions_sheet`."""
        sheet = definitions_sheet(metrics, currency, terms, sheets)
        # Metrics stand at the end, one row each, in the order in which they were named.
        named = list(dict.fromkeys(metrics))
        first = len(sheet.rows) - len(named)
        return cls(sheet, {metric: first + at for at, metric in enumerate(named)})

    def label(self, metric: str) -> Link:
        """Name a metric so that a click leads to what it means."""
        return Link(METRICS[metric].label, self.sheet.name, self.rows[metric])


def department_of(metric: str) -> str:
    """Name the department that a metric belongs to."""
    department = METRICS[metric].department
    name = metric.partition(".")[0] if department == "flow" else str(department)
    return department_label(name)


def department_label(name: str) -> str:
    """Name a department; what is of none of them is of the company."""
    return team_label(name) if name in TEAMS else say(_COMPANY)


def records(table: Any) -> list[dict[str, Any]]:
    """Return the rows of a table by column; what is missing is None or NaN."""
    plain = table.astype(object)
    kept = plain.where(plain.notna(), None)
    return [{str(k): v for k, v in row.items()} for row in kept.to_dict("records")]


# ------------------------------------------------------------------ assumptions


def assumptions(loaded: LoadedScenario) -> Sheet:
    """List every number and switch in force with its unit, source and trust.

    Parameters
    ----------
    loaded : LoadedScenario
    """
    columns = (
        Column(say("Key¦assumption")), Column(say("Value¦assumption"), "general"),
        Column(say("Unit¦workbook")), Column(say("Meaning¦definition")),
        Column(say("Source¦definition")), Column(say("Trust¦assumption")),
        Column(say("Range, low¦assumption"), "general"),
        Column(say("Range, high¦assumption"), "general"),
        Column(say("What data told¦assumption")), Column(say("Set in¦assumption")),
    )  # fmt: skip
    rows = tuple(_assumption(number) for number in numbers(loaded))
    notes = (say(TRUST_KEY),)
    return Sheet(say("Assumptions¦sheet"), columns, rows, notes=notes, filtered=True)


def _assumption(number: Number) -> list[Cell]:
    low, high = number.span or (None, None)
    return [
        number.path, value_of(number.value), unit_said(number.unit), say(number.meaning),
        _source(number), number.trust, low, high,
        "\n".join(fit_said(number.path, *fit) for fit in number.fits), place_said(number.where),
    ]  # fmt: skip


def value_of(value: object) -> Cell:
    """Return a cell of an input: a number stays one, a switch is written as in files."""
    if value is None or isinstance(value, bool):
        return Shown(None if value is None else written(value), "text")
    if isinstance(value, (int, float)):
        return value
    return Shown(str(value), "text")


def _source(number: Number) -> str:
    if number.source:
        return say(number.source)
    return say("no source stated") if number.is_number else ""


def differing_assumptions(scenarios: Mapping[str, LoadedScenario]) -> Sheet:
    """List the inputs in which scenarios differ from the first, with the sources of both.

    Parameters
    ----------
    scenarios : mapping of str to LoadedScenario
        The reference first.
    """
    columns = (
        Column(say("Scenario¦workbook")), Column(say("Key¦assumption")),
        Column(say("Meaning¦definition")), Column(say("Unit¦workbook")),
        Column(say("Reference: value¦assumption"), "general"),
        Column(say("Reference: source¦assumption")), Column(say("Reference: trust¦assumption")),
        Column(say("Reference: set in¦assumption")),
        Column(say("Scenario: value¦assumption"), "general"),
        Column(say("Scenario: source¦assumption")), Column(say("Scenario: trust¦assumption")),
        Column(say("Scenario: set in¦assumption")),
    )  # fmt: skip
    names = list(scenarios)
    rows = [
        row for name in names[1:] for row in _differing(name, scenarios[names[0]], scenarios[name])
    ]
    notes = (say(TRUST_KEY),)
    return Sheet(
        say("Assumptions¦sheet"), columns, tuple(rows), notes=notes, fixed=2, filtered=True
    )


def _differing(
    name: str, reference: LoadedScenario, other: LoadedScenario
) -> Iterator[Sequence[Cell]]:
    before = {number.path: number for number in numbers(reference)}
    after = {number.path: number for number in numbers(other)}
    for each in diff(reference, other):
        one, two = before.get(each.path), after.get(each.path)
        either = two or one
        if either is not None:
            yield [
                name, each.path, say(either.meaning), unit_said(either.unit),
                *_side(one), *_side(two),
            ]  # fmt: skip


def _side(number: Number | None) -> list[Cell]:
    if number is None:
        return [None, "", "", ""]
    return [value_of(number.value), _source(number), number.trust, place_said(number.where)]


# ------------------------------------------------------------------ what was run


def about(
    facts: Sequence[tuple[str, Cell]],
    scenarios: Mapping[str, LoadedScenario],
    verdict: Sequence[str] = (),
) -> Sheet:
    """Say what was run, with the fingerprint of each scenario in force.

    Parameters
    ----------
    facts : sequence of (str, Cell)
    scenarios : mapping of str to LoadedScenario
    verdict : sequence of str
        What it says.
    """
    named = [
        (say("SHA-256 of {name}", name=name), sha256_of(each)) for name, each in scenarios.items()
    ]
    notes = dict.fromkeys(say(note) for each in scenarios.values() for note in each.notes)
    sheet = about_sheet([*facts, *named], verdict, list(notes))
    return replace(sheet, name=say("About¦results"))


def sha256_of(loaded: LoadedScenario) -> str:
    """Return the fingerprint of a scenario as it is in force, as in ``run.json``."""
    return hashlib.sha256(effective_yaml(loaded.scenario).encode()).hexdigest()


# ------------------------------------------------------------------ words


def terms_of_results(currency: str) -> list[Term]:
    """Say what the words beside the metrics mean."""
    same, hours = say("as its value¦workbook"), say("hours¦results")
    people, days = say("People¦sheet"), say("business days¦workbook")
    cohorts, losses, money = say("Cohorts¦sheet"), say("Losses¦sheet"), money_unit(currency)
    buyers, share = say("buyers"), say("share¦workbook")
    return [
        (say("Mean¦workbook"), everywhere(), say("Mean of all replications"), same),
        (say("95 % low, 95 % high"), everywhere(), say(
            "Interval that holds the true mean in 95 of 100 such studies (Student's t)"), same),
        (say("Replications¦results"), everywhere(), say(
            "Runs, each with its own luck, in which the metric is not missing"),
         say("runs¦workbook")),
        (say("Customers¦cohorts"), cohorts, say("Customers whose contract is of that month"),
         say("customers¦workbook")),
        (say("Share¦cohorts"), cohorts, say(
            "Customers, or their MRR, still there so many months after the contract; only what was"
            " observed that long"), share),
        (say("Days employed¦results"), people, say("Person-days in the team, busy or not"), days),
        (say("Days busy¦results"), people, say("Person-days at any kind of work"), days),
        (say("Hours with buyers¦results"), people, say(
            "Hours of that work in front of buyers and customers"), hours),
        (say("Opportunities made¦results"), people, say("Meetings booked with field sales"),
         buyers),
        (say("Pay, {currency}¦results", currency=money), people, say(
            "Pay of the people of the team while they were employed"), money),
        (say("True reason¦results"), losses, say(
            "Why the buyer was lost, as only the simulator knows it"), ""),
        (say("Reason on file¦results"), losses, say("What the department recorded"), ""),
    ]  # fmt: skip
