"""The life of one buyer, told from its rows.

What departments see and what is true stand apart: lines marked *truth* are known to the
simulator alone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from simulator.errors import Problem, ScenarioError
from simulator.languages.messages import say
from simulator.organization.journal import LOADED_SLOT, NONE, SLOTS, Journal, Kind, Team
from simulator.presentation.sentences import TELLERS
from simulator.presentation.story_rows import Row, channel_said, department, health_text

NO_BUYER = frozenset({Kind.HIRED, Kind.RAMPED, Kind.LEFT, Kind.SPENT, Kind.THRESHOLD})
"""Kinds of rows about people and money: no buyer's story."""


@dataclass(frozen=True, slots=True)
class Line:
    """One sentence of a story.

    Attributes
    ----------
    day : float
        Business days since the start of the run.
    who : str
        A department, the buyer, or ``truth``: what only the simulator knows.
    text : str
    """

    day: float
    who: str
    text: str


# ------------------------------------------------------------------ choosing a buyer

_CHOICES: dict[str, str] = {
    "first-won": "the first that inquires during the run and signs, or else the first that signs",
    "first-lost": "the first that is lost as an open opportunity, or else anywhere",
    "most-recycled": "the one that comes back most often",
}
CHOICES = tuple(_CHOICES)


def check_wish(wanted: str) -> None:
    """Refuse what can be no buyer before a run is made for it."""
    text = wanted.strip()
    if wanted not in CHOICES and not (text.isascii() and text.isdecimal() and len(text) <= 18):
        rule = f"must be a buyer's number, or one of {', '.join(CHOICES)}"
        raise ScenarioError([Problem("--buyer", "", wanted, rule)])


def choose(journal: Journal, wanted: str) -> int:
    """Find the buyer that is meant.

    Parameters
    ----------
    journal : Journal
    wanted : str
        A buyer's number, or one of ``CHOICES``.

    Raises
    ------
    ScenarioError
        If the run has no such buyer; near numbers are given.
    """
    check_wish(wanted)
    known = np.unique(journal.buyer[journal.buyer != NONE])
    if wanted in CHOICES:
        found = _chosen(journal, wanted)
        if found is None:
            raise _problem(wanted, f"no buyer of this run is {_CHOICES[wanted]}", journal)
        return found
    buyer = int(wanted)
    if not len(known):
        raise _problem(wanted, "nobody entered in this run", journal)
    if buyer not in known:
        at = int(np.searchsorted(known, buyer))
        near = ", ".join(str(n) for n in known[max(0, at - 3) : at + 3].tolist())
        raise _problem(wanted, f"no such buyer in this run; near it: {near}", journal)
    return buyer


def _chosen(journal: Journal, wanted: str) -> int | None:
    if wanted == "first-won":
        rows = journal.where(Kind.WON)
        # Who came during the run has the longer story.
        came = rows[journal.buyer[rows] % SLOTS < LOADED_SLOT]
        rows = came if len(came) else rows
    elif wanted == "first-lost":
        rows = journal.where(Kind.LOST)
        in_field = rows[journal.team[rows] == Team.FIELD_SALES]
        rows = in_field if len(in_field) else rows
    else:
        rows = journal.where(Kind.RECYCLED)
        if len(rows):
            rows = rows[[int(np.argmax(journal.a[rows]))]]
    return int(journal.buyer[rows[0]]) if len(rows) else None


def _problem(value: str, rule: str, journal: Journal) -> ScenarioError:
    slots = ", ".join(f"{slot} {name}" for slot, name in enumerate(journal.facts.channels) if name)
    how = (
        f". A buyer's number is {SLOTS} x its place in its channel + the channel's number"
        f" ({slots}); or say {', '.join(CHOICES)}"
    )
    return ScenarioError([Problem("--buyer", "", value, rule + how)])


# ------------------------------------------------------------------ telling


def tell(journal: Journal, buyer: int) -> list[Line]:
    """Tell everything that happened to a buyer, in order.

    Parameters
    ----------
    journal : Journal
    buyer : int
        Its number; see :func:`choose`.
    """
    # The last instant belongs to the last day, not to a day that never came.
    last = math.nextafter(journal.facts.horizon_days, 0.0)
    lines: list[Line] = []
    healths: list[Row] = []
    for index in journal.of_buyer(buyer):
        row = Row(
            min(float(journal.time[index]), last),
            Kind(int(journal.kind[index])),
            int(journal.person[index]),
            int(journal.team[index]),
            int(journal.code[index]),
            float(journal.a[index]),
            float(journal.b[index]),
            float(journal.c[index]),
            journal.facts,
        )
        if row.kind == Kind.HEALTH:
            healths.append(row)  # one a month: told together until something else happens
            continue
        lines += _healths(healths)
        healths = []
        lines += [Line(row.time, who, text) for who, text in TELLERS[row.kind](row)]
    return lines + _healths(healths)


def title(journal: Journal, buyer: int) -> str:
    """Introduce a buyer."""
    facts = journal.facts
    channel = channel_said(facts, buyer % SLOTS)
    return say(
        "Buyer {buyer} ({channel}) of {scenario}, seed {seed}, replication {replication}",
        buyer=buyer,
        channel=channel or say("an unnamed channel"),
        scenario=facts.scenario or say("the scenario"),
        seed=facts.seed,
        replication=facts.replication,
    )


def _healths(rows: list[Row]) -> list[Line]:
    if not rows:
        return []
    return [Line(rows[-1].time, department(Team.CUSTOMER_SUCCESS), health_text(rows))]
