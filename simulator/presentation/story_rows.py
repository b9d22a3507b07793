"""A row of a journal as the sentences of a story need it: who, how much, which department."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from simulator.languages.messages import marked, say
from simulator.metrics.team_labels import TEAM_LABELS, team_label
from simulator.organization.journal import LOADED_SLOT, NONE, Facts, Kind, Team
from simulator.presentation.figures import money, number, words

TRUTH = marked("truth")
BUYER = marked("the buyer")


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a journal, as its sentences need it."""

    time: float
    kind: Kind
    person: int
    team: int
    code: int
    a: float
    b: float
    c: float
    facts: Facts

    @property
    def here(self) -> str:
        """Return the department of the row."""
        return department(self.team)

    @property
    def inside(self) -> str:
        """Return the department of the row, as it is called within a sentence."""
        return say("nobody") if self.team == NONE else words(Team(self.team).name.lower())

    @property
    def somebody(self) -> str:
        """Return who did it."""
        return say("nobody" if self.person == NONE else "person {number}", number=self.person)

    def amount(self, value: float) -> str:
        """Write a contract's worth."""
        money_now = money(value, self.facts.currency)
        return say("{money} a month", money=money_now) if self.facts.subscription else money_now


Told = Iterator[tuple[str, str]]
"""Who and what, for each sentence of a row."""


def department(team: int) -> str:
    """Write a department's name."""
    if team == NONE:
        return say("nobody")
    name = Team(team).name.lower()
    return team_label(name) if name in TEAM_LABELS else words(name).capitalize()


def health_text(rows: Sequence[Row]) -> str:
    """Tell monthly health readings together."""
    first, last = rows[0], rows[-1]
    return say(
        "health {first} to {last} of 100 over {count} monthly readings, paying {amount}"
        if len(rows) > 1
        else "health {first} of 100, paying {amount}",
        first=number(first.a, 0),
        last=number(last.a, 0),
        count=len(rows),
        amount=last.amount(last.b),
    )


# What the company starts with comes from none of the scenario's channels.
_LOADED = (marked("parked earlier"), marked("open at start"), marked("customers at start"))


def channel_said(facts: Facts, slot: int) -> str:
    """Name what a slot of channels stands for; nothing if it has no name."""
    name = facts.channels[slot]
    return say(name) if slot >= LOADED_SLOT and name in _LOADED else name
