"""What departments did and saw in a run, as the events of a log for process mining.

Nothing that only the simulator knows is in here. A case is a buyer's whole way, from its inquiry
through every opportunity to its leaving; events also name the opportunity, the contract and the
person that they are about.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from simulator.calibration.exporting.crm_files import labels
from simulator.calibration.exporting.crm_tables import CrmTables, People
from simulator.calibration.exporting.crm_words import CLOSED_LOST, CLOSED_WON, Step, Words
from simulator.calibration.records import NONE, Act, Integers
from simulator.calibration.working_time import WorkingTime
from simulator.metrics.rows import Book, Rows
from simulator.organization.journal import (
    LOADED_SLOT,
    SLOTS,
    Journal,
    Kind,
    Qualification,
    Screening,
    Team,
)


@dataclass(frozen=True, slots=True)
class EventLog:
    """What happened to buyers, in the words of one language.

    Attributes
    ----------
    name : str
        Of the scenario.
    events : DataFrame
        time (business days), stamp (text), buyer, step (``Step``), activity (its words), resource
        (who did it, or ""), opportunity and contract (labels, or ""), amount (NaN: none), reason
        (recorded, or ""); by buyer and time.
    channels : dict of int to str
        Where each buyer came from; "" for what the company started with.
    tables : CrmTables
    words : Words
    time : WorkingTime
    """

    name: str
    events: pd.DataFrame
    channels: dict[int, str]
    tables: CrmTables
    words: Words
    time: WorkingTime

    def __len__(self) -> int:
        return len(self.events)


def event_log(journal: Journal, tables: CrmTables, words: Words, time: WorkingTime) -> EventLog:
    """Collect the events of a run.

    Parameters
    ----------
    journal : Journal
    tables : CrmTables
        Of the same journal, without holes.
    words : Words
    time : WorkingTime
        What day of the calendar business day 0 is.
    """
    book = Book(journal)
    people = People(book)
    parts = [*_from_rows(book, people), *_from_tables(tables)]
    events = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
    order = np.lexsort((events["number"], events["step"], events["time"], events["buyer"]))
    events = events.iloc[order].reset_index(drop=True)
    deals, signed = tables.opportunities, tables.contracts
    contract = _contract_of(events, signed)
    buyers = book.buyers
    names = np.array([*book.facts.channels[:LOADED_SLOT], "", "", ""], dtype=object)
    found = pd.DataFrame(
        {
            "time": events["time"],
            "stamp": stamps_of(time, events["time"]),
            "buyer": events["buyer"],
            "step": events["step"],
            "activity": _activities(events["step"], events["number"], words),
            "resource": events["resource"],
            "opportunity": _named("O", deals, events["opportunity"].to_numpy()),
            "contract": _named("C", signed, contract),
            "amount": events["amount"],
            "reason": [words.reasons[code] for code in events["reason"].tolist()],
        }
    )
    channels = dict(zip(buyers.tolist(), names[buyers % SLOTS].tolist(), strict=True))
    return EventLog(book.facts.scenario, found, channels, tables, words, time)


# ------------------------------------------------------------------ events


def _from_rows(book: Book, people: People) -> Iterator[pd.DataFrame]:
    """Events that stand in a run's rows as they are."""

    def events(rows: Rows, step: Step, signed: float = 0.0) -> pd.DataFrame:
        amount = signed * rows.a if signed else np.full(len(rows), np.nan)
        return _frame(rows.time, book.buyers[rows.buyer], step, people.names(rows), amount=amount)

    arrived = book.rows(Kind.ARRIVED)
    yield events(arrived[book.buyers[arrived.buyer] % SLOTS < LOADED_SLOT], Step.INQUIRED)
    yield events(book.rows(Kind.RECYCLED), Step.BROUGHT_BACK)
    screened = book.rows(Kind.SCREENED)
    for code, step in (
        (Screening.MQL, Step.PASSED_ON),
        (Screening.NURTURED, Step.NURTURED),
        (Screening.DROPPED, Step.DROPPED),
    ):
        yield events(screened[screened.code == code], step)
    talked = book.rows(Kind.QUALIFIED)
    for result, step in (
        (Qualification.TURNED_AWAY, Step.TURNED_AWAY),
        (Qualification.DECLINED, Step.DECLINED),
        (Qualification.PARKED, Step.NOT_NOW),
    ):
        yield events(talked[talked.code == result], step)
    lost = book.rows(Kind.LOST)
    lost = lost[lost.team != Team.FIELD_SALES]
    yield events(lost, Step.LEAD_CLOSED).assign(reason=np.nan_to_num(lost.a).astype(np.int64))
    for kind, step, sign in (
        (Kind.ONBOARDED, Step.ONBOARDED, 0.0),
        (Kind.CLAIMED, Step.CLAIMED, 0.0),
        (Kind.ANSWERED, Step.ANSWERED, 0.0),
        (Kind.REVIEWED, Step.REVIEWED, 0.0),
        (Kind.EXPANDED, Step.EXPANDED, 1.0),
        (Kind.CONTRACTED, Step.REDUCED, -1.0),
        (Kind.CHURNED, Step.LEFT, -1.0),
    ):
        yield events(book.rows(kind), step, sign)


def _from_tables(tables: CrmTables) -> Iterator[pd.DataFrame]:
    """Events that belong to an opportunity or begin a contract; calls."""
    deals, moves = tables.opportunities, tables.moves
    at = moves["opportunity"].to_numpy()
    buyer, stage = deals["buyer"].to_numpy()[at], moves["stage"].to_numpy()
    opens = np.diff(at, prepend=NONE) != 0
    for chosen, step in (
        (opens, Step.BOOKED),
        (stage == CLOSED_WON, Step.WON),
        (stage == CLOSED_LOST, Step.LOST),
    ):
        mine = moves[chosen]
        ends = step != Step.BOOKED
        yield _frame(
            mine["time"], buyer[chosen], step, mine["owner"], opportunity=at[chosen],
            amount=deals["amount"].to_numpy()[at[chosen]],
            reason=deals["reason"].to_numpy()[at[chosen]] if ends else 0,
        )  # fmt: skip
    acts = tables.activities
    met = acts["act"].to_numpy() == Act.MEETING
    meetings, calls = acts[met], acts[~met]
    # A meeting's stage is entered when it begins; of one opportunity both are in order.
    in_order = meetings.sort_values("opportunity", kind="stable")
    held = moves[~opens & (stage != CLOSED_WON) & (stage != CLOSED_LOST)]
    yield _frame(
        in_order["time"], in_order["buyer"], Step.MEETING, in_order["owner"],
        opportunity=in_order["opportunity"], number=held["stage"].to_numpy(),
    )  # fmt: skip
    reached = calls["reached"].to_numpy() == 1
    for chosen, step in ((reached, Step.TALKED), (~reached, Step.NOT_REACHED)):
        mine = calls[chosen]
        yield _frame(mine["time"], mine["buyer"], step, mine["owner"])
    begun = tables.contracts[tables.contracts["opportunity"].to_numpy() == NONE]
    yield _frame(
        begun["start"], begun["buyer"], Step.CONTRACT_BEGAN, np.full(len(begun), "", object),
        amount=begun["mrr"],
    )  # fmt: skip


def _frame(
    time: Any, buyer: Any, step: Step, resource: Any, *, opportunity: Any = NONE,
    amount: Any = np.nan, reason: Any = 0, number: Any = 0,
) -> pd.DataFrame:  # fmt: skip
    columns = {
        "time": time, "buyer": buyer, "step": int(step), "number": number, "resource": resource,
        "opportunity": opportunity, "amount": amount, "reason": reason,
    }  # fmt: skip
    plain = {
        name: each if np.isscalar(each) else np.asarray(each) for name, each in columns.items()
    }
    return pd.DataFrame(plain, index=range(len(np.asarray(time))))


def _contract_of(events: pd.DataFrame, signed: pd.DataFrame) -> Integers:
    """Position of the contract that each event is about: the buyer's latest, from the win on."""
    about = events["step"].to_numpy() >= Step.ONBOARDED
    about |= np.isin(events["step"].to_numpy(), (Step.WON, Step.CONTRACT_BEGAN))
    buyer = np.concatenate([signed["buyer"].to_numpy(), events["buyer"].to_numpy()])
    time = np.concatenate([signed["start"].to_numpy(), events["time"].to_numpy()])
    is_event = np.arange(len(buyer)) >= len(signed)
    order = np.lexsort((is_event, time, buyer))
    latest = np.maximum.accumulate(np.where(is_event[order], -1, np.arange(len(order))))
    found = np.full(len(buyer), NONE, dtype=np.int64)
    found[order] = np.where(latest >= 0, order[latest], NONE)
    of_event = found[len(signed) :]
    known = about & (of_event >= 0)
    same = np.append(signed["buyer"].to_numpy(), NONE)[of_event] == events["buyer"].to_numpy()
    return np.where(known & same, of_event, NONE)


def _named(letter: str, table: pd.DataFrame, at: Integers) -> Any:
    names = labels(letter, table["buyer"].to_numpy(), table["number"].to_numpy())
    return np.append(names, "")[at]


def _activities(steps: pd.Series, numbers: pd.Series, words: Words) -> list[str]:
    return [
        words.steps[Step(step)].format(number)
        for step, number in zip(steps.tolist(), numbers.tolist(), strict=True)
    ]


def stamps_of(time: WorkingTime, days: pd.Series) -> list[str]:
    """Write instants of the run as ISO 8601 has them, without a zone."""
    stamps = time.stamps(days.to_numpy(dtype=np.float64))
    return list(np.datetime_as_string(stamps, unit="s").tolist())


def told(log: EventLog) -> Iterable[tuple[Any, ...]]:
    """Return buyer, activity, stamp, resource, opportunity, contract, amount, reason by event."""
    columns = (
        "buyer", "activity", "stamp", "resource", "opportunity", "contract", "amount", "reason",
    )  # fmt: skip
    return zip(*(log.events[name].tolist() for name in columns), strict=True)


def whole(amount: float) -> str:
    """Write an amount; what is missing is empty."""
    return "" if amount != amount else str(round(amount))
