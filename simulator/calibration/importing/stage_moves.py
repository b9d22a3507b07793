"""Histories of stages: from tables of changes, from tables of fields, and from dates in columns."""

from __future__ import annotations

from collections.abc import Mapping as MappingOf
from dataclasses import dataclass

import numpy as np
import pandas as pd

from simulator.calibration.importing.channel_names import mask_addresses
from simulator.calibration.importing.cleaning import Ledger, Stamps, Table, Texts
from simulator.calibration.importing.guessing_words import STAGE_FIELDS
from simulator.calibration.importing.headings import plain
from simulator.calibration.importing.record_ids import position_of
from simulator.calibration.records import NONE, Flags, Integers, Outcome
from simulator.errors import Problem, ScenarioError
from simulator.scenario.scalars import shorten

_LEFT_OUT, _UNKNOWN = -2, -3
_OUTCOMES = {"open": Outcome.OPEN, "won": Outcome.WON, "lost": Outcome.LOST}
_MOST_TOLD = 20


class Stages:
    """The stages of the mapping, found by their names whatever their case and width.

    Attributes
    ----------
    names : tuple of str
        Those that are used, in their order.
    outcomes : ndarray of int64
        `Outcome` of each.
    """

    def __init__(self, meanings: MappingOf[str, str]) -> None:
        used = [name for name, meaning in meanings.items() if meaning in _OUTCOMES]
        self.names = tuple(used)
        self.outcomes: Integers = np.array(
            [_OUTCOMES[meanings[name]] for name in used], dtype=np.int64
        )
        self._codes = {plain(mask_addresses(name)): code for code, name in enumerate(used)}
        self._codes |= {
            plain(mask_addresses(name)): _LEFT_OUT
            for name, meaning in meanings.items()
            if meaning == "leave_out"
        }

    def codes(self, texts: Texts) -> Integers:
        """Return positions in `names`; -1 for an empty text, others below for those not used."""
        at, words = pd.factorize(texts)
        # The mapping holds no address and no telephone number.
        each = [
            self._codes.get(plain(mask_addresses(word)), _UNKNOWN) if word else NONE
            for word in words
        ]
        return np.array([*each, NONE], dtype=np.int64)[at]

    def checked(self, table: Table, role: str, rows: Flags | None = None) -> Integers:
        """Return the codes of a column.

        Raises
        ------
        ScenarioError
            Names the stages that the mapping does not hold, each with a row.
        """
        found = self.codes(table.texts(role))
        unknown = (found == _UNKNOWN) & table.kept & (True if rows is None else rows)
        if unknown.any():
            at = np.flatnonzero(unknown)
            texts = table.texts(role)[at]
            _, first = np.unique(texts.astype(str), return_index=True)
            raise ScenarioError([_unknown(table, int(at[i]), role) for i in first[:_MOST_TOLD]])
        return found

    @staticmethod
    def is_left_out(codes: Integers) -> Flags:
        """Tell which stages the user does not want."""
        found: Flags = codes == _LEFT_OUT
        return found


def _unknown(table: Table, at: int, role: str) -> Problem:
    sheet = int(table.sheet[at])
    return Problem(
        f"{table.files[sheet]}: row {table.row[at]}",
        shorten(table.headings.get((sheet, role), "")),
        shorten(mask_addresses(table.texts(role)[at])),
        "stages of the mapping file has no such stage: add it there with open, won, lost or"
        " leave_out",
    )


@dataclass(frozen=True, slots=True)
class RawMoves:
    """Changes of stage in order of opportunity and time, each into another stage than before.

    Attributes
    ----------
    deal : ndarray of int64, (n,)
        Position in the table of opportunities.
    stamp : ndarray of datetime64, (n,)
    dated_only : ndarray of bool, (n,)
    stage : ndarray of int64, (n,)
    """

    deal: Integers
    stamp: Stamps
    dated_only: Flags
    stage: Integers

    def __len__(self) -> int:
        return len(self.deal)

    @classmethod
    def of(cls, parts: list[RawMoves], as_given: bool = False) -> RawMoves:
        """Put moves from several sources into order; repetitions of the same stage are one.

        What happened at one instant keeps the order in which it is given, else that of the stages.
        """
        deal = np.concatenate([part.deal for part in parts])
        stamp = np.concatenate([part.stamp for part in parts])
        dated_only = np.concatenate([part.dated_only for part in parts])
        stage = np.concatenate([part.stage for part in parts])
        within = np.arange(len(deal)) if as_given else stage
        order = np.lexsort((within, stamp, deal))
        deal, stage = deal[order], stage[order]
        changed = np.ones(len(deal), dtype=np.bool_)
        changed[1:] = (deal[1:] != deal[:-1]) | (stage[1:] != stage[:-1])
        kept = order[changed]
        return cls(deal[changed], stamp[kept], dated_only[kept], stage[changed])

    def only(self, chosen: Flags) -> RawMoves:
        """Return some of them."""
        return RawMoves(
            self.deal[chosen], self.stamp[chosen], self.dated_only[chosen], self.stage[chosen]
        )

    @property
    def is_last(self) -> Flags:
        """Where an opportunity's last move is."""
        found = np.ones(len(self), dtype=np.bool_)
        found[:-1] = self.deal[1:] != self.deal[:-1]
        return found

    def reopened(self, count: int, outcomes: Integers) -> Flags:
        """Tell which of so many opportunities left a closed stage for an open one, or won at last.

        A lost one that is won has been open in between, though nobody wrote it down.
        """
        found = np.zeros(count, dtype=np.bool_)
        if len(self):
            state = outcomes[self.stage]
            again = (state[:-1] != Outcome.OPEN) & (state[1:] == Outcome.OPEN)
            again |= (state[:-1] == Outcome.LOST) & (state[1:] == Outcome.WON)
            found[self.deal[1:][again & (self.deal[1:] == self.deal[:-1])]] = True
        return found


def moves_of(
    deals: Table,
    opened: tuple[Stamps, Flags],
    current: Integers,
    histories: tuple[Table, Table],
    stages: Stages,
    ledger: Ledger,
) -> RawMoves:
    """Gather what the files tell about changes of stage.

    Parameters
    ----------
    deals : Table
        Opportunities.
    opened : tuple of ndarray
        When each was opened, and whether only the day is known.
    current : ndarray of int64
        The stage that each is in; -1: not recorded.
    histories : tuple of Table
        Histories of stages, and of fields.
    stages : Stages
    ledger : Ledger

    Returns
    -------
    RawMoves
        Where a history begins only with the first change, the stage before it is entered when the
        opportunity was opened.
    """
    parts = [_from_columns(deals, stages)]
    of_stages, of_fields = histories
    if len(of_stages):
        parts.append(_from_rows(deals, of_stages, "stage", stages, ledger))
    if len(of_fields):
        about = _about_stages(of_fields)
        ledger.leave_out(of_fields, ~about, "not_a_change_of_stage")
        parts.append(_from_rows(deals, of_fields, "new", stages, ledger))
        if of_fields.has("old"):
            # On the day of opening, what came first was there first.
            parts.insert(-1, _beginnings(deals, opened, of_fields, stages))
        parts.append(_unmoved(deals, opened, current, parts, stages))
    # Two files that tell the same have no common order of what happened on one day.
    one_file = not len(parts[0]) and not (len(of_stages) and len(of_fields))
    return RawMoves.of(parts, as_given=one_file)


def _unmoved(
    deals: Table,
    opened: tuple[Stamps, Flags],
    current: Integers,
    parts: list[RawMoves],
    stages: Stages,
) -> RawMoves:
    """Enter the stage of open opportunities without a change at their opening.

    Only where the history of fields reaches back so far: older changes may have been deleted.
    """
    times = [part.stamp.min() for part in parts if len(part)]
    chosen = deals.kept & (current >= 0) & ~np.isnat(opened[0])
    for part in parts:
        chosen[part.deal] = False
    if times:
        chosen &= opened[0] >= min(times)
    at = np.flatnonzero(chosen)
    at = at[stages.outcomes[current[at]] == Outcome.OPEN]
    return RawMoves(at, opened[0][at], opened[1][at], current[at])


def _about_stages(table: Table) -> Flags:
    codes, words = pd.factorize(table.texts("field"))
    found: Flags = np.array([plain(word) in STAGE_FIELDS for word in words], dtype=np.bool_)[codes]
    return found


def _from_columns(deals: Table, stages: Stages) -> RawMoves:
    """Read columns such as Date entered "Contract Sent"."""
    parts = []
    for stage, (stamps, dated_only) in deals.stage_dates.items():
        code = int(stages.codes(np.array([stage], dtype=object))[0])
        if code >= 0:
            at = np.flatnonzero(~np.isnat(stamps) & deals.kept)
            parts.append(RawMoves(at, stamps[at], dated_only[at], np.full(len(at), code)))
    nothing = np.empty(0, dtype=np.int64)
    empty = RawMoves(
        nothing, np.empty(0, dtype="datetime64[s]"), np.empty(0, dtype=np.bool_), nothing
    )
    return RawMoves.of([empty, *parts])


def _from_rows(deals: Table, history: Table, role: str, stages: Stages, ledger: Ledger) -> RawMoves:
    """Read a table with one row for each change."""
    stamps, dated_only = history.times("time")
    ledger.leave_out(history, np.isnat(stamps), "no_date", "time")
    deal = deals_named(deals, history, ledger)
    codes = stages.checked(history, role, deal >= 0)
    ledger.leave_out(history, codes == NONE, "no_stage", role)
    ledger.leave_out(history, Stages.is_left_out(codes), "stage_left_out", role)
    at = np.flatnonzero(history.kept)
    by_deal = at[np.argsort(deal[at], kind="stable")]
    steps = np.diff(stamps[by_deal].astype("datetime64[s]").astype(np.int64))
    steps = steps[deal[by_deal][1:] == deal[by_deal][:-1]]
    if np.count_nonzero(steps < 0) > np.count_nonzero(steps > 0):
        at = at[::-1]  # the latest change stands first, also on one day
    moves = RawMoves(deal[at], stamps[at], dated_only[at], codes[at])
    return RawMoves.of([moves], as_given=True)


def deals_named(deals: Table, table: Table, ledger: Ledger | None) -> Integers:
    """Find the opportunity that each row names, by its id, else by its name.

    Rows that name none on file, or a name that several have, are left out if there is a ledger.
    """
    found = np.full(len(table), NONE, dtype=np.int64)
    several = np.zeros(len(table), dtype=np.bool_)
    if table.has("opportunity_id") and deals.has("id"):
        found = position_of(table.texts("opportunity_id"), deals.texts("id"), deals.kept)
    if table.has("opportunity_name") and deals.has("name"):
        names = deals.texts("name")
        by_name = position_of(table.texts("opportunity_name"), names, deals.kept)
        kept_names = names[deals.kept]
        twice = pd.unique(kept_names[pd.Series(kept_names).duplicated().to_numpy()])
        several = pd.Series(table.texts("opportunity_name")).isin(twice).to_numpy() & (found < 0)
        found = np.where(found < 0, by_name, found)
        found[several] = NONE
    if ledger is not None:
        ledger.leave_out(table, several, "name_not_unique")
        ledger.leave_out(table, found < 0, "not_on_file")
    return found


def _beginnings(
    deals: Table,
    opened: tuple[Stamps, Flags],
    history: Table,
    stages: Stages,
) -> RawMoves:
    """Enter the first stage of each opportunity at its opening: its first change names it."""
    stamps, _ = history.times("time")
    deal = deals_named(deals, history, None)
    codes = stages.codes(history.texts("old"))
    at = np.flatnonzero(history.kept & (codes >= 0))
    order = at[np.lexsort((stamps[at], deal[at]))]
    is_first = np.ones(len(order), dtype=np.bool_)
    is_first[1:] = deal[order][1:] != deal[order][:-1]
    first = order[is_first]
    known = ~np.isnat(opened[0][deal[first]]) & (opened[0][deal[first]] <= stamps[first])
    first = first[known]
    return RawMoves(deal[first], opened[0][deal[first]], opened[1][deal[first]], codes[first])
