"""The tables that the CRM of a simulated company would hold: from a run's rows, and no more.

Only what people would have entered is in here: no fit, no obstacle that nobody wrote down, no
true reason. Times are business days since the start of the run, buyers go by their numbers, and
words come later (:mod:`simulator.calibration.exporting.crm_files`), so that tables stay small.

What a loaded company starts with is there as far as a run knows it. Its customers have their true
beginning, before the start. Its open opportunities are entered on day 0, at the stage they had
reached: how long they had been open, no row says. Buyers it had lost before appear when somebody
brings them back; nothing dates their earlier loss.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from simulator.calibration.exporting.crm_words import CLOSED_LOST, CLOSED_WON, LeadStatus
from simulator.calibration.records import NONE, Act, Flags, Floats, Integers, Outcome
from simulator.metrics.rows import Book, Contracts, Rows, contracts
from simulator.organization.journal import (
    COLUMNS,
    DEPARTMENTS,
    LOADED_SLOT,
    MONTHS_PER_YEAR,
    SLOTS,
    Facts,
    Journal,
    Kind,
    Qualification,
    Screening,
    Team,
    Work,
)

Texts = NDArray[np.object_]

PREFIXES = {
    Team.MARKETING: "MK",
    Team.INSIDE_SALES: "IS",
    Team.FIELD_SALES: "FS",
    Team.CUSTOMER_SUCCESS: "CS",
}
"""How the people of each team are called: IS-1 is the first that inside sales hired."""


@dataclass(frozen=True, slots=True)
class CrmTables:
    """What the CRM holds; positions count the rows of a table from 0, -1 is none.

    Attributes
    ----------
    facts : Facts
        ``horizon_days`` is the end of what is known.
    leads : DataFrame
        buyer, created, channel, owner, status (``LeadStatus``), converted (first opportunity
        opened), opportunity (its position), closed (given up before that), reason (recorded).
    opportunities : DataFrame
        buyer, number (1 for the buyer's first), lead (position), channel, owner, opened, closed,
        outcome (``Outcome``), stage (the last), reason (recorded), amount: a year's revenue of a
        subscription, the price of a one-off sale.
    moves : DataFrame
        opportunity (position), time, stage, owner; in order of opportunity and time. The stage of
        a meeting is entered when the meeting begins.
    activities : DataFrame
        time (when it ended), act (``Act``), buyer, lead and opportunity (positions), owner,
        reached (1, 0; -1 for a meeting).
    contracts : DataFrame
        buyer, number, opportunity (position; -1: the company started with it), start, end, mrr (or
        price) at the start, and latest.
    owners : DataFrame
        owner, team, since, until (NaN while there).
    """

    facts: Facts
    leads: pd.DataFrame
    opportunities: pd.DataFrame
    moves: pd.DataFrame
    activities: pd.DataFrame
    contracts: pd.DataFrame
    owners: pd.DataFrame


def crm_tables(journal: Journal) -> CrmTables:
    """Read from a run what its CRM would hold.

    Parameters
    ----------
    journal : Journal
        A finished run, or the beginning of one (:func:`known_at`).
    """
    book = Book(journal)
    people = People(book)
    deals, met, moves = _opportunities(book, people)
    leads = _leads(book, people)
    lead_of = _positions(leads["buyer"].to_numpy(), deals["buyer"].to_numpy())
    deals.insert(2, "lead", lead_of)
    tables = CrmTables(
        facts=book.facts,
        leads=leads,
        opportunities=deals,
        moves=moves,
        activities=_activities(book, people, met, leads["buyer"].to_numpy()),
        contracts=_contracts(contracts(book), book, deals),
        owners=people.table(book),
    )
    return linked(tables)


def known_at(journal: Journal, until: float) -> Journal:
    """Return what had happened at a time: open deals are open, and nobody knows how they end.

    Parameters
    ----------
    journal : Journal
    until : float
        Business days.
    """
    seen = journal.time <= until
    facts = replace(journal.facts, horizon_days=min(until, journal.facts.horizon_days))
    return Journal(facts, *(getattr(journal, name)[seen] for name in COLUMNS))


def linked(tables: CrmTables) -> CrmTables:
    """Return tables whose leads point at the first of their opportunities that is on file."""
    leads, deals = tables.leads.copy(), tables.opportunities
    first = np.full(len(leads), NONE, dtype=np.int64)
    lead = deals["lead"].to_numpy()
    at = np.flatnonzero(lead >= 0)[::-1]  # the earliest is written last
    first[lead[at]] = at
    has = first >= 0
    opened = deals["opened"].to_numpy()
    leads["opportunity"] = first
    leads["converted"] = _picked(opened, first, np.nan)
    leads["status"] = np.where(has, LeadStatus.CONVERTED, leads["own_status"])
    closed = ~has & (leads["status"].to_numpy() == LeadStatus.UNQUALIFIED)
    leads["closed"] = np.where(closed, leads["last_loss"], np.nan)
    leads["reason"] = np.where(closed, leads["last_reason"], 0)
    return replace(tables, leads=leads)


# ------------------------------------------------------------------ people


class People:
    """Everybody that ever worked in a department, by team and in order of hiring."""

    def __init__(self, book: Book) -> None:
        hired = book.rows(Kind.HIRED)
        hired = hired[np.isin(hired.team, DEPARTMENTS)]
        keys, first = np.unique(_place(hired.person, hired.team), return_index=True)
        team = hired.team[first]
        rank = np.zeros(len(keys), dtype=np.int64)
        for each in DEPARTMENTS:
            mine = np.flatnonzero(team == each)
            rank[mine[np.argsort(first[mine])]] = np.arange(1, len(mine) + 1)
        self._keys = keys
        self._since = hired.time[first]
        self._team = team
        self._rank = rank
        names = [
            f"{PREFIXES[Team(t)]}-{n}" for t, n in zip(team.tolist(), rank.tolist(), strict=True)
        ]
        self._names = np.array([*names, ""], dtype=object)

    def names(self, rows: Rows) -> Texts:
        """Return who did what rows report; "" for nobody.

        A helper from the team before is called by its own team.
        """
        own = _positions(self._keys, _place(rows.person, rows.team))
        helper = _positions(self._keys, _place(rows.person, rows.team - 1))
        found: Texts = self._names[np.where(own >= 0, own, helper)]
        return found

    def of_team(self, rows: Rows) -> Flags:
        """Return which rows were done by the department's own people."""
        return _positions(self._keys, _place(rows.person, rows.team)) >= 0

    def table(self, book: Book) -> pd.DataFrame:
        """Return everybody, with their time in the team."""
        rows = book.rows(Kind.HIRED, Kind.LEFT)
        rows = rows[np.isin(rows.team, DEPARTMENTS)]
        until = np.full(len(self._keys), np.nan)
        at = _positions(self._keys, _place(rows.person, rows.team))
        # Who came back after leaving is there again.
        until[at] = np.where(rows.kind == Kind.LEFT, rows.time, np.nan)
        order = np.lexsort((self._rank, self._team))
        found = pd.DataFrame(
            {"owner": self._names[:-1], "team": self._team, "since": self._since, "until": until}
        )
        return found.iloc[order].reset_index(drop=True)


def _place(person: NDArray[np.int32], team: NDArray[np.int8]) -> Integers:
    """One number for a person in a team."""
    return person.astype(np.int64) * SLOTS + team


# ------------------------------------------------------------------ tables


def _leads(book: Book, people: People) -> pd.DataFrame:
    is_lead = book.buyers % SLOTS < LOADED_SLOT
    arrived = book.rows(Kind.ARRIVED)
    calls = book.rows(Kind.ATTEMPTED)
    owner = np.full(len(book.buyers), "", dtype=object)
    owner[calls.buyer] = people.names(calls)  # who called last
    lost = book.rows(Kind.LOST)
    lost = lost[lost.team != Team.FIELD_SALES]
    reason = np.nan_to_num(book.last_of(lost, lost.a))
    channels = np.array(book.facts.channels, dtype=object)
    return pd.DataFrame(
        {
            "buyer": book.buyers,
            "created": book.first_of(arrived, arrived.time),
            "channel": channels[book.buyers % SLOTS],
            "owner": owner,
            "own_status": _status(book),
            "last_loss": book.last_of(lost, lost.time),
            "last_reason": reason.astype(np.int64),
        }
    )[is_lead].reset_index(drop=True)


def _status(book: Book) -> Integers:
    """Where each buyer is before it becomes an opportunity."""
    rows = book.rows(Kind.ARRIVED, Kind.SCREENED, Kind.LOST, Kind.RECYCLED)
    rows = rows[(rows.kind != Kind.LOST) | (rows.team != Team.FIELD_SALES)]
    screened = rows.kind == Kind.SCREENED
    again = rows.kind == Kind.RECYCLED
    status = np.select(
        [
            rows.kind == Kind.ARRIVED,
            screened & (rows.code == Screening.MQL),
            screened & (rows.code == Screening.NURTURED),
            again & (rows.team == Team.MARKETING),
            again,
        ],
        [
            LeadStatus.NEW,
            LeadStatus.WORKING,
            LeadStatus.NURTURING,
            LeadStatus.NURTURING,
            LeadStatus.WORKING,
        ],
        LeadStatus.UNQUALIFIED,
    )
    return book.last_of(rows, status.astype(np.float64)).astype(np.int64)


def _opportunities(
    book: Book, people: People
) -> tuple[pd.DataFrame, tuple[Rows, Integers], pd.DataFrame]:
    """Every pass through field sales; the meetings with their opportunities; changes of stage."""
    rows = book.rows(Kind.ARRIVED, Kind.QUALIFIED, Kind.MET, Kind.WON, Kind.LOST)
    slot = book.buyers[rows.buyer] % SLOTS
    opens = (rows.kind == Kind.ARRIVED) & (slot == LOADED_SLOT + 1)
    opens |= (rows.kind == Kind.QUALIFIED) & (rows.code == Qualification.BOOKED)
    won = rows.kind == Kind.WON
    ends = won | ((rows.kind == Kind.LOST) & (rows.team == Team.FIELD_SALES))
    kept = np.flatnonzero(opens | ends | (rows.kind == Kind.MET))
    kept = kept[np.argsort(rows.buyer[kept], kind="stable")]
    rows, opens, ends, won = rows[kept], opens[kept], ends[kept], won[kept]
    first = np.flatnonzero(opens)
    # From the order of buyers to that of opening.
    order = np.lexsort((rows.buyer[first], rows.time[first]))
    place = np.empty(len(first), dtype=np.int64)
    place[order] = np.arange(len(first))
    position = place[np.cumsum(opens) - 1]
    opening = rows[first[order]]
    count = len(opening)

    closed, outcome = np.full(count, np.nan), np.full(count, Outcome.OPEN, dtype=np.int64)
    reason = np.zeros(count, dtype=np.int64)
    at = position[ends]
    closed[at] = rows.time[ends]
    outcome[at] = np.where(won[ends], Outcome.WON, Outcome.LOST)
    reason[at] = np.where(won[ends], 0.0, np.nan_to_num(rows.a[ends])).astype(np.int64)

    is_met = rows.kind == Kind.MET
    met, of_met = rows[is_met], position[is_met]
    owner = np.full(count, "", dtype=object)
    own = people.of_team(met)
    owner[of_met[own]] = people.names(met)[own]  # who met it last

    moves = _moves(book, people, opening, met, of_met, rows[ends], position[ends])
    stage = np.zeros(count, dtype=np.int64)
    stage[moves["opportunity"].to_numpy()] = moves["stage"].to_numpy()

    arrived = book.rows(Kind.ARRIVED)
    deal = book.first_of(arrived, arrived.b)
    yearly = MONTHS_PER_YEAR if book.facts.subscription else 1
    buyers = book.buyers[opening.buyer]
    channels = np.array([*book.facts.channels[:LOADED_SLOT], "", "", ""], dtype=object)
    deals = pd.DataFrame(
        {
            "buyer": buyers,
            "number": _number(buyers),
            "channel": channels[buyers % SLOTS],
            "owner": owner,
            "opened": opening.time,
            "closed": closed,
            "outcome": outcome,
            "stage": stage,
            "reason": reason,
            "amount": deal[opening.buyer] * yearly,
        }
    )
    return deals, (met, of_met), moves


def _moves(
    book: Book,
    people: People,
    opening: Rows,
    met: Rows,
    of_met: Integers,
    ended: Rows,
    of_end: Integers,
) -> pd.DataFrame:
    """Changes of stage; what the company started with may begin at a later one."""
    begins = np.zeros(len(opening), dtype=np.int64)
    begins[of_met[::-1]] = met.b[::-1].astype(np.int64) - 1  # the first meeting is written last
    visits = book.rows(Kind.VISIT)
    visits = visits[visits.code == Work.MEETING]
    # Each meeting is one visit, and both kinds of rows are in order of time.
    started = visits.b[np.argsort(visits.buyer, kind="stable")]
    last = np.where(ended.kind == Kind.WON, CLOSED_WON, CLOSED_LOST)
    moves = pd.DataFrame(
        {
            "opportunity": np.concatenate([np.arange(len(opening)), of_met, of_end]),
            "time": np.concatenate([opening.time, started, ended.time]),
            "stage": np.concatenate([begins, met.b.astype(np.int64), last]),
            "owner": np.concatenate(
                [people.names(opening), people.names(met), people.names(ended)]
            ),
        }
    )
    return moves.sort_values(["opportunity", "stage"], kind="stable", ignore_index=True)


def _activities(
    book: Book, people: People, met: tuple[Rows, Integers], leads: Integers
) -> pd.DataFrame:
    """Calls and meetings, in order of time."""
    calls, (meetings, of_met) = book.rows(Kind.ATTEMPTED), met
    buyers = book.buyers[np.concatenate([calls.buyer, meetings.buyer])]
    calling, meeting = np.ones(len(calls), np.int64), np.ones(len(meetings), np.int64)
    found = pd.DataFrame(
        {
            "time": np.concatenate([calls.time, meetings.time]),
            "act": np.concatenate([calling * Act.CALL, meeting * Act.MEETING]),
            "buyer": buyers,
            "lead": _positions(leads, buyers),
            "opportunity": np.concatenate([calling * NONE, of_met]),
            "owner": np.concatenate([people.names(calls), people.names(meetings)]),
            "reached": np.concatenate([calls.code.astype(np.int64), meeting * NONE]),
        }
    )
    return found.sort_values("time", kind="stable", ignore_index=True)


def _contracts(signed: Contracts, book: Book, deals: pd.DataFrame) -> pd.DataFrame:
    """Contracts, in order of their beginning."""
    first = np.searchsorted(signed.contract, np.arange(len(signed.start)))
    begun = signed.rows[first]
    changed = np.isin(signed.rows.kind, (Kind.EXPANDED, Kind.CONTRACTED))
    latest = begun.a.copy()
    latest[signed.contract[changed]] = signed.rows.b[changed]
    # Wins and contracts of a buyer are both in order of time, one for one.
    won = np.flatnonzero(deals["outcome"].to_numpy() == Outcome.WON)
    won = won[np.lexsort((deals["closed"].to_numpy()[won], deals["buyer"].to_numpy()[won]))]
    opportunity = np.full(len(first), NONE, dtype=np.int64)
    opportunity[signed.won] = won
    buyers = book.buyers[signed.buyer]
    found = pd.DataFrame(
        {
            "buyer": buyers,
            "number": _number(buyers),
            "opportunity": opportunity,
            "start": np.where(signed.won, signed.start, signed.start - begun.b),
            "end": signed.churned,
            "mrr": begun.a,
            "latest": latest,
        }
    )
    return found.sort_values("start", kind="stable", ignore_index=True)


# ------------------------------------------------------------------ numbers


def _number(buyers: Integers) -> Integers:
    """Count the appearances of each buyer from 1."""
    return (pd.Series(buyers).groupby(buyers).cumcount() + 1).to_numpy().astype(np.int64)


def _positions(known: Integers, wanted: Integers) -> Integers:
    """Positions of numbers in a rising list; -1 where they are not in it."""
    if not len(known):
        return np.full(len(wanted), NONE, dtype=np.int64)
    at = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
    return np.where(known[at] == wanted, at, NONE).astype(np.int64)


def _picked(values: Floats, at: Integers, missing: float) -> Floats:
    """Values at positions; `missing` where there is none."""
    return np.append(values, missing)[at]
