"""Rows of leads: when each came, from where, and what is dated about it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from simulator.calibration.importing.cleaning import Ledger, Stamps, Table, leave_out_duplicates
from simulator.calibration.importing.headings import plain
from simulator.calibration.importing.mapping import Mapping
from simulator.calibration.importing.stage_names import status_meaning
from simulator.calibration.records import Flags

Dated = tuple[Stamps, Flags]


@dataclass(slots=True)
class LeadRows:
    """Leads, one entry per row of their table; only rows that are kept count.

    Attributes
    ----------
    table : Table
    created, converted, won, given_up : tuple of ndarray
        Instants (NaT: not known), and whether only the day is known.
    """

    table: Table
    created: Dated
    converted: Dated
    won: Dated
    given_up: Dated


def lead_rows(table: Table, mapping: Mapping, ledger: Ledger) -> LeadRows:
    """Read rows of leads, leaving out those of which nobody knows when they came.

    Parameters
    ----------
    table : Table
    mapping : Mapping
    ledger : Ledger
    """
    leave_out_duplicates(table, ledger, ("modified", "created"))
    stated = {plain(text): meaning for text, meaning in mapping.lead_statuses.items()}
    codes, words = pd.factorize(table.texts("status"))
    meanings = [stated.get(plain(word)) or status_meaning(word) for word in words]
    if words.size:
        unwanted = np.array([each == "leave_out" for each in meanings], dtype=np.bool_)[codes]
        ledger.leave_out(table, unwanted, "status_left_out", "status")
    created = table.times("created")
    missing = np.isnat(created[0])
    filler = table.fillers.get("created", np.zeros(len(table), dtype=np.bool_))
    ledger.leave_out(table, missing & filler, "implausible_date", "created")
    ledger.leave_out(table, missing & table.is_written("created"), "unreadable_date", "created")
    ledger.leave_out(table, missing, "creation_missing", "created")
    stamps, dated_only = table.times("given_up_at")
    if words.size and table.has("status"):
        # What was taken up again is not given up, whatever date was left in the row.
        given_up = np.array([each == "given_up" for each in meanings], dtype=np.bool_)[codes]
        stamps = np.where(given_up, stamps, np.datetime64("NaT"))
    return LeadRows(
        table,
        created,
        _copied(table.times("converted_at")),
        _copied(table.times("won_at")),
        (stamps.copy(), dated_only),
    )


def _copied(dated: Dated) -> Dated:
    return dated[0].copy(), dated[1]
