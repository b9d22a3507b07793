"""An event log as OCEL 2.0 JSON (Berti and others 2023): events that belong to several objects.

Objects are accounts, leads, opportunities, contracts and people; an opportunity's stage and a
contract's revenue change over time. Values are texts, as the JSON schema of the standard has them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from simulator.calibration.exporting.crm_files import labels
from simulator.calibration.exporting.crm_tables import PREFIXES
from simulator.calibration.exporting.crm_words import Step
from simulator.calibration.exporting.event_log import EventLog, stamps_of, told, whole
from simulator.calibration.records import NONE
from simulator.organization.journal import Team

_PIECE = 1 << 16  # characters, about, that are written at once

_OBJECT_TYPES = [
    {"name": "account", "attributes": []},
    {"name": "lead", "attributes": [{"name": "channel", "type": "string"}]},
    {
        "name": "opportunity",
        "attributes": [{"name": "amount", "type": "float"}, {"name": "stage", "type": "string"}],
    },
    {"name": "contract", "attributes": [{"name": "revenue", "type": "float"}]},
    {"name": "person", "attributes": [{"name": "team", "type": "string"}]},
]


def ocel_pieces(log: EventLog) -> Iterator[str]:
    """Write a log as OCEL 2.0 JSON; values are texts, as its schema has them."""
    words = log.words
    numbers = log.events.loc[log.events["step"] == Step.MEETING, "activity"].unique().tolist()
    used = set(log.events["step"].tolist())
    kinds = [words.steps[step] for step in Step if step in used and step != Step.MEETING]
    about = [{"name": "amount", "type": "float"}, {"name": "reason", "type": "string"}]
    event_types = [
        {"name": name, "attributes": about} for name in dict.fromkeys([*kinds, *sorted(numbers)])
    ]
    yield f'{{\n"objectTypes": {_json(_OBJECT_TYPES)},\n"eventTypes": {_json(event_types)},\n'
    yield '"objects": [\n'
    yield from _joined(_json(each) for each in _objects(log))
    yield '],\n"events": [\n'
    yield from _joined(_json(each) for each in _events(log))
    yield "]\n}\n"


def _objects(log: EventLog) -> Iterator[dict[str, Any]]:
    tables = log.tables
    deals, signed = tables.opportunities, tables.contracts
    for buyer in log.events["buyer"].unique().tolist():
        yield _object(f"A-{buyer}", "account", [])
    created = stamps_of(log.time, tables.leads["created"])
    for buyer, when in zip(tables.leads["buyer"].tolist(), created, strict=True):
        channel = _value("channel", when, log.channels[buyer])
        yield _object(f"L-{buyer}", "lead", [channel], (f"A-{buyer}", "of"))
    changes = _stage_changes(log)
    named = labels("O", deals["buyer"].to_numpy(), deals["number"].to_numpy()).tolist()
    opened = stamps_of(log.time, deals["opened"])
    for at, (name, buyer, lead, amount, when) in enumerate(
        zip(named, deals["buyer"].tolist(), deals["lead"].tolist(), deals["amount"].tolist(),
            opened, strict=True)
    ):  # fmt: skip
        related = [(f"A-{buyer}", "with")]
        if lead != NONE:
            related.append((f"L-{buyer}", "from"))
        yield _object(
            name, "opportunity", [_value("amount", when, whole(amount)), *changes[at]], *related
        )
    revenue = _revenue_changes(log)
    named_contracts = labels("C", signed["buyer"].to_numpy(), signed["number"].to_numpy()).tolist()
    for name, buyer, deal in zip(
        named_contracts, signed["buyer"].tolist(), signed["opportunity"].tolist(), strict=True
    ):
        related = [(f"A-{buyer}", "with")]
        if deal != NONE:
            related.append((named[deal], "signed as"))
        yield _object(name, "contract", revenue[name], *related)
    since = stamps_of(log.time, tables.owners["since"])
    for name, team, when in zip(
        tables.owners["owner"].tolist(), tables.owners["team"].tolist(), since, strict=True
    ):
        yield _object(name, "person", [_value("team", when, PREFIXES[Team(team)])])


def _stage_changes(log: EventLog) -> list[list[dict[str, str]]]:
    """For every opportunity its stages, each from when on."""
    moves = log.tables.moves
    found: list[list[dict[str, str]]] = [[] for _ in range(len(log.tables.opportunities))]
    entered = stamps_of(log.time, moves["time"])
    for at, stage, when in zip(
        moves["opportunity"].tolist(), moves["stage"].tolist(), entered, strict=True
    ):
        found[at].append(_value("stage", when, log.words.stage(stage)))
    return found


def _revenue_changes(log: EventLog) -> dict[str, list[dict[str, str]]]:
    """For every contract its recurring revenue (or price), each from when on."""
    signed = log.tables.contracts
    names = labels("C", signed["buyer"].to_numpy(), signed["number"].to_numpy()).tolist()
    started = stamps_of(log.time, signed["start"])
    now = dict(zip(names, signed["mrr"].tolist(), strict=True))
    found = {
        name: [_value("revenue", when, whole(now[name]))]
        for name, when in zip(names, started, strict=True)
    }
    steps = log.events["step"].to_numpy()
    changed = log.events[np.isin(steps, (Step.EXPANDED, Step.REDUCED, Step.LEFT))]
    for name, when, amount in zip(
        changed["contract"].tolist(), changed["stamp"].tolist(), changed["amount"].tolist(),
        strict=True,
    ):  # fmt: skip
        now[name] += amount
        found[name].append(_value("revenue", when, whole(now[name])))
    return found


def _events(log: EventLog) -> Iterator[dict[str, Any]]:
    early = {int(step) for step in Step if Step.INQUIRED <= step <= Step.BOOKED}
    leads = set(log.tables.leads["buyer"].tolist())
    order = np.argsort(log.events["time"].to_numpy(), kind="stable")
    events = log.events.iloc[order]
    rows = told(replace(log, events=events))
    steps = events["step"].tolist()
    for number, (step, row) in enumerate(zip(steps, rows, strict=True), start=1):
        buyer, activity, stamp, resource, deal, contract, amount, reason = row
        about = [(f"A-{buyer}", "account")]
        if step in early and buyer in leads:
            about.append((f"L-{buyer}", "lead"))
        about += [(deal, "opportunity")] if deal else []
        about += [(contract, "contract")] if contract else []
        about += [(resource, "done by")] if resource else []
        said = [("amount", whole(amount)), ("reason", reason)]
        yield {
            "id": f"e{number}",
            "type": activity,
            "time": f"{stamp}Z",
            "attributes": [{"name": name, "value": value} for name, value in said if value],
            "relationships": [{"objectId": of, "qualifier": how} for of, how in about],
        }


def _object(
    name: str, kind: str, attributes: list[dict[str, str]], *related: tuple[str, str]
) -> dict[str, Any]:
    return {
        "id": name,
        "type": kind,
        "attributes": attributes,
        "relationships": [{"objectId": of, "qualifier": how} for of, how in related],
    }


def _value(name: str, when: str, value: str) -> dict[str, str]:
    return {"name": name, "time": f"{when}Z", "value": value}


def _json(content: Any) -> str:
    # Plain ASCII: also what is no sound Unicode gets through.
    return json.dumps(content, separators=(",", ":"))


def _joined(parts: Iterable[str]) -> Iterator[str]:
    """Members of an array, a piece at a time."""
    piece: list[str] = []
    size, separator = 0, ""
    for part in parts:
        piece += (separator, part)
        separator = ",\n"
        size += len(part)
        if size > _PIECE:
            yield "".join(piece)
            piece.clear()
            size = 0
    yield "".join(piece)
