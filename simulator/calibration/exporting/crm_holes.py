"""Tears the holes of real exports into complete tables, so that calibration can be tried on them.

Which rows and cells are hit follows from seed and replication alone; every kind of hole has luck
of its own, so that one does not move another.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from simulator.calibration.exporting.crm_tables import CrmTables, linked
from simulator.calibration.exporting.crm_words import CLOSED_LOST
from simulator.calibration.records import NONE, Flags, Outcome
from simulator.organization.journal import Facts


@dataclass(frozen=True, slots=True)
class Holes:
    """What is missing.

    Attributes
    ----------
    recorded_since : float or None
        Business day on which recording of results began: opportunities that were won or lost
        before are not on file, nor their history, meetings, and the contracts of those wins.
    unclosed : float
        Share of lost opportunities that nobody closed: they stay open at their last stage.
    missing : float
        Share of owners, sources, amounts and reasons that nobody filled in.
    """

    recorded_since: float | None = None
    unclosed: float = 0.0
    missing: float = 0.0


def with_holes(tables: CrmTables, holes: Holes) -> CrmTables:
    """Return tables with holes in them.

    Parameters
    ----------
    tables : CrmTables
    holes : Holes
    """
    if holes.recorded_since is not None:
        closed = tables.opportunities["closed"].to_numpy()
        tables = _only(tables, ~(closed < holes.recorded_since))
    if holes.unclosed > 0.0:
        tables = _unclosed(tables, holes.unclosed)
    if holes.missing > 0.0:
        tables = _blanked(tables, holes.missing)
    return tables


def _luck(facts: Facts, hole: int) -> np.random.Generator:
    return np.random.default_rng([facts.seed, facts.replication, hole])


def _only(tables: CrmTables, kept: Flags) -> CrmTables:
    """Leave opportunities out, and all that belongs to them."""
    number = np.append(np.where(kept, np.cumsum(kept) - 1, NONE), NONE)

    def belonging(table: pd.DataFrame) -> pd.DataFrame:
        before = table["opportunity"].to_numpy()
        now = number[before]  # -1 finds the last: none
        there = (before < 0) | (now >= 0)
        kept_rows: pd.DataFrame = table.assign(opportunity=now)[there]
        return kept_rows.reset_index(drop=True)

    return linked(
        replace(
            tables,
            opportunities=tables.opportunities[kept].reset_index(drop=True),
            moves=belonging(tables.moves),
            activities=belonging(tables.activities),
            contracts=belonging(tables.contracts),
        )
    )


def _unclosed(tables: CrmTables, share: float) -> CrmTables:
    """Take back the closing of some lost opportunities."""
    deals, moves = tables.opportunities.copy(), tables.moves
    lost = deals["outcome"].to_numpy() == Outcome.LOST
    hit = lost & (_luck(tables.facts, 1).random(len(deals)) < share)
    deals.loc[hit, ["closed", "outcome", "reason"]] = [np.nan, int(Outcome.OPEN), 0]
    deals = deals.astype({"outcome": np.int64, "reason": np.int64})
    closing = moves["stage"].to_numpy() == CLOSED_LOST
    moves = moves[~(closing & hit[moves["opportunity"].to_numpy()])].reset_index(drop=True)
    stage = deals["stage"].to_numpy().copy()
    stage[moves["opportunity"].to_numpy()] = moves["stage"].to_numpy()
    return replace(tables, opportunities=deals.assign(stage=stage), moves=moves)


def _blanked(tables: CrmTables, share: float) -> CrmTables:
    """Empty some cells."""
    luck = _luck(tables.facts, 2)
    leads, deals = tables.leads.copy(), tables.opportunities.copy()
    for table, columns in (
        (leads, ("channel", "owner")),
        (deals, ("channel", "owner", "amount", "reason")),
    ):
        for column in columns:
            empty = {"amount": np.nan, "reason": 0}.get(column, "")
            table.loc[luck.random(len(table)) < share, column] = empty
    return replace(tables, leads=leads, opportunities=deals)


def doubled(sheets: dict[str, pd.DataFrame], facts: Facts, share: float) -> dict[str, pd.DataFrame]:
    """Return files in which some rows are there twice, one below the other.

    Parameters
    ----------
    sheets : dict of str to DataFrame
    facts : Facts
        Whose seed and replication choose the rows.
    share : float
        Of the rows of every file.
    """
    luck = _luck(facts, 3)
    found = {}
    for name, sheet in sheets.items():
        times = 1 + (luck.random(len(sheet)) < share)
        found[name] = sheet.iloc[np.repeat(np.arange(len(sheet)), times)]
    return found
