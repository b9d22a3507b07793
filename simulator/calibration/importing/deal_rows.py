"""Rows of opportunities: what became of each, when it was opened and closed, why it was lost."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from simulator.calibration.importing.channel_names import mask_addresses
from simulator.calibration.importing.cleaning import Ledger, Stamps, Table, leave_out_duplicates
from simulator.calibration.importing.headings import plain
from simulator.calibration.importing.mapping import Mapping
from simulator.calibration.importing.stage_moves import RawMoves, Stages, moves_of
from simulator.calibration.importing.stage_names import reason_meaning, says_yes, stage_meaning
from simulator.calibration.records import NONE, Flags, Integers, LossReason, Outcome
from simulator.languages.messages import marked

Dated = tuple[Stamps, Flags]


@dataclass(slots=True)
class DealRows:
    """Opportunities, one entry per row of their table; only rows that are kept count.

    Attributes
    ----------
    table : Table
    stage, outcome, reason : ndarray of int64
    opened, closed : tuple of ndarray
        Instants, and whether only the day is known. NaT while open.
    moves : RawMoves
    by_history : int
        How many were closed on another day than the file of opportunities says.
    expected : int
        How many open ones have a date of closing, which is an expectation.
    """

    table: Table
    stage: Integers
    outcome: Integers
    reason: Integers
    opened: Dated
    closed: Dated
    moves: RawMoves
    by_history: int = 0
    expected: int = 0

    @property
    def closing_role(self) -> str:
        """The role whose column says when an opportunity was closed."""
        roles = ("closed", "won_at", "lost_at")
        return next((role for role in roles if self.table.has(role)), "closed")

    @property
    def is_closed(self) -> Flags:
        """Won or lost."""
        found: Flags = self.outcome != Outcome.OPEN
        return found


def deal_rows(
    table: Table, histories: tuple[Table, Table], mapping: Mapping, ledger: Ledger
) -> DealRows:
    """Read rows of opportunities, leaving out those that say too little.

    Parameters
    ----------
    table : Table
        Opportunities.
    histories : tuple of Table
        Histories of stages, and of fields.
    mapping : Mapping
    ledger : Ledger

    Raises
    ------
    ScenarioError
        If a stage is not in the mapping.
    """
    stages = Stages(mapping.stages)
    outcome = _outcomes(table, stages.codes(table.texts("stage")), stages)
    ended = (outcome == Outcome.WON) | (outcome == Outcome.LOST)
    leave_out_duplicates(table, ledger, ("modified",), (ended, _last_events(table, ended)))
    if mapping.pipelines and table.has("pipeline"):
        named = table.texts("pipeline")
        wanted = {plain(mask_addresses(each)) for each in mapping.pipelines}
        codes, words = pd.factorize(named)
        plainly = [plain(mask_addresses(word)) for word in words]
        foreign = np.array([bool(word) and word not in wanted for word in plainly], dtype=np.bool_)
        if len(foreign):
            ledger.leave_out(table, foreign[codes], "pipeline_left_out", "pipeline")
    stage = stages.checked(table, "stage")
    ledger.leave_out(table, Stages.is_left_out(stage), "stage_left_out", "stage")
    outcome = _outcomes(table, stage, stages)
    ledger.leave_out(table, outcome == NONE, "no_stage", "stage")
    opened = table.times("created")
    moves = moves_of(table, opened, stage, histories, stages, ledger)
    rows = DealRows(table, stage, outcome, _reasons(table, outcome, mapping), opened, opened, moves)
    rows.closed = _closings(rows, stages)
    _leave_out_undated(rows, ledger)
    return rows


def _outcomes(table: Table, stage: Integers, stages: Stages) -> Integers:
    """Tell what became of each row: by its stage, else by flags, else by its dates."""
    n = len(table)
    by_dates = np.full(n, NONE, dtype=np.int64)
    flagged = [role for role in ("is_won", "is_lost", "is_closed") if table.has(role)]
    if flagged:
        won, lost, closed = (_says_yes(table, r) for r in ("is_won", "is_lost", "is_closed"))
        by_dates = np.where(won, Outcome.WON, np.where(lost | closed, Outcome.LOST, Outcome.OPEN))
    elif table.has("won_at") or table.has("lost_at"):
        won = ~np.isnat(table.times("won_at")[0])
        lost = ~np.isnat(table.times("lost_at")[0])
        by_dates = np.where(won, Outcome.WON, np.where(lost, Outcome.LOST, Outcome.OPEN))
    found = by_dates.astype(np.int64)
    known = stage >= 0
    found[known] = stages.outcomes[stage[known]]
    if table.has("is_won"):
        _follow_flags(table, stage, stages, found)
    return found


def _follow_flags(table: Table, stage: Integers, stages: Stages, found: Integers) -> None:
    """Let flags tell, in place, where a stage's name does not and its rows ended differently."""
    won, closed = _says_yes(table, "is_won"), _says_yes(table, "is_closed")
    for code, name in enumerate(stages.names):
        rows = stage == code
        if stage_meaning(name) is not None or len(np.unique(won[rows])) < 2:
            continue
        others = stages.outcomes[code]
        found[rows & won] = Outcome.WON
        found[rows & ~won] = Outcome.LOST if others == Outcome.WON else others
        if table.has("is_closed"):
            found[rows & ~won] = np.where(closed, Outcome.LOST, Outcome.OPEN)[rows & ~won]


def _last_events(table: Table, ended: Flags) -> Stamps:
    """Return the last event of each row; the closing date of an open one is an expectation."""
    found: Stamps = table.times("created")[0].copy()
    for role in ("closed", "won_at", "lost_at"):
        found = np.where(ended, np.fmax(found, table.times(role)[0]), found)
    return found


def _says_yes(table: Table, role: str) -> Flags:
    codes, words = pd.factorize(table.texts(role))
    found: Flags = np.array([says_yes(word) for word in words], dtype=np.bool_)[codes]
    return found


def _closings(rows: DealRows, stages: Stages) -> Dated:
    """Return when each closed row was closed: by its history, else by its own date."""
    table, outcome = rows.table, rows.outcome
    stamps, dated_only = table.times("closed")
    stamps, dated_only = stamps.copy(), dated_only.copy()
    for role, kind in (("won_at", Outcome.WON), ("lost_at", Outcome.LOST)):
        special, days = table.times(role)
        used = (outcome == kind) & ~np.isnat(special)
        stamps[used], dated_only[used] = special[used], days[used]
    is_open = outcome == Outcome.OPEN
    rows.expected = int(np.count_nonzero(is_open & ~np.isnat(stamps) & table.kept))
    stamps[is_open] = np.datetime64("NaT")
    moves = rows.moves
    if len(moves):
        ends = moves.is_last & (stages.outcomes[moves.stage] == outcome[moves.deal])
        ends &= ~is_open[moves.deal]
        deal = moves.deal[ends]
        days_differ = moves.stamp[ends].astype("datetime64[D]") != stamps[deal].astype(
            "datetime64[D]"
        )
        rows.by_history = int(np.count_nonzero(days_differ & ~np.isnat(stamps[deal])))
        stamps[deal], dated_only[deal] = moves.stamp[ends], moves.dated_only[ends]
    return stamps, dated_only


def _leave_out_undated(rows: DealRows, ledger: Ledger) -> None:
    """Leave out closed rows without an end, and others without a beginning."""
    table = rows.table
    no_end = rows.is_closed & np.isnat(rows.closed[0])
    role = rows.closing_role
    ledger.leave_out(table, no_end & table.is_written(role), "unreadable_date", role)
    ledger.leave_out(table, no_end, "closed_without_date", role)
    no_beginning = np.isnat(rows.opened[0])
    undated = no_beginning & ~rows.is_closed
    written = table.is_written("created")
    filler = table.fillers.get("created", np.zeros(len(table), dtype=np.bool_))
    ledger.leave_out(table, undated & filler, "implausible_date", "created")
    ledger.leave_out(table, undated & written, "unreadable_date", "created")
    ledger.leave_out(table, undated, "no_date", "created")
    if table.has("created"):
        missing = no_beginning & ~written
        told = marked("used without its beginning")
        ledger.note(table, missing, "creation_missing", "created", told)


_REASONS = {reason.name.lower(): int(reason) for reason in LossReason}


def _reasons(table: Table, outcome: Integers, mapping: Mapping) -> Integers:
    """Return the loss reason of each lost row; -1 for the others."""
    stated = {plain(text): meaning for text, meaning in mapping.loss_reasons.items()}
    codes, words = pd.factorize(table.texts("loss_reason"))
    each = np.array(
        [_REASONS[stated.get(plain(word)) or reason_meaning(word)] for word in words],
        dtype=np.int64,
    )
    found = each[codes] if len(each) else np.zeros(len(table), dtype=np.int64)
    return np.where(outcome == Outcome.LOST, found, NONE)
