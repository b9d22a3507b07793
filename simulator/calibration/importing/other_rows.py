"""Rows of activities and contracts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from simulator.calibration.importing.cleaning import Ledger, Table, leave_out_duplicates
from simulator.calibration.importing.deal_rows import DealRows
from simulator.calibration.importing.mapping import ASK, Mapping
from simulator.calibration.importing.reading import Sheet
from simulator.calibration.importing.record_ids import position_of
from simulator.calibration.importing.sheet_rows import amounts_of
from simulator.calibration.importing.stage_names import act_of, reached_by
from simulator.calibration.records import (
    NONE,
    Activities,
    Contracts,
    Floats,
    Integers,
    Outcome,
    nothing,
)
from simulator.calibration.working_time import WorkingTime

_MONTHS = 12.0


def activities_of(
    table: Table,
    leads: tuple[Table, Integers],
    deals: tuple[Table, Integers, Integers],
    time: WorkingTime,
    end: np.datetime64,
    ledger: Ledger,
) -> Activities:
    """Read calls and meetings.

    Parameters
    ----------
    table : Table
        Of activities.
    leads : tuple
        Their table, and the number of each row among those that are used (its last entry is -1).
    deals : tuple
        The same of opportunities, and the lead of each that is used.
    time : WorkingTime
    end : datetime64[D]
        Later activities are planned and have not happened.
    ledger : Ledger
    """
    if not len(table):
        return nothing()[3]
    leave_out_duplicates(table, ledger, ("time",))
    stamps, dated_only = table.times("time")
    missing = np.isnat(stamps)
    ledger.leave_out(table, missing & (table.texts("time") != ""), "unreadable_date", "time")
    ledger.leave_out(table, missing, "no_date", "time")
    ledger.leave_out(table, stamps.astype("datetime64[D]") > end, "planned", "time")
    at = np.flatnonzero(table.kept)
    lead_table, lead_number = leads
    deal_table, deal_number, lead_of = deals
    lead = lead_number[_named(table, "lead_id", lead_table)][at]
    deal = deal_number[_named(table, "opportunity_id", deal_table)][at]
    of_deal = np.append(lead_of, NONE)[deal]
    lead = np.where(lead < 0, of_deal, lead)
    days = time.days(stamps, dated_only)[at]
    order = np.argsort(days, kind="stable")
    return Activities(
        days[order],
        _worded(table, "type", act_of)[at][order],
        lead[order],
        deal[order],
        _worded(table, "reached", reached_by)[at][order],
    )


def _named(table: Table, role: str, others: Table) -> Integers:
    if not (table.has(role) and others.has("id")):
        return np.full(len(table), NONE, dtype=np.int64)
    cells = pd.Series(table.texts(role))
    if cells.str.contains(";", regex=False).any():
        cells = cells.str.split(";", n=1).str[0].str.strip()
    return position_of(cells.to_numpy(dtype=object), others.texts("id"), others.kept)


def _worded(table: Table, role: str, meaning: object) -> Integers:
    assert callable(meaning)
    codes, words = pd.factorize(table.texts(role))
    each = np.array([int(meaning(word)) for word in words], dtype=np.int64)
    return each[codes] if len(each) else np.empty(0, dtype=np.int64)


def contracts_of(
    sheets: Sequence[Sheet],
    mapping: Mapping,
    table: Table,
    deals: tuple[DealRows, Floats],
    time: WorkingTime,
    end: np.datetime64,
    ledger: Ledger,
) -> tuple[Contracts, str]:
    """Read contracts, and say what amounts count.

    Parameters
    ----------
    sheets, mapping : as everywhere
    table : Table
        Of contracts. Where there is none, won opportunities that say when their contract began or
        ended are the contracts.
    deals : tuple
        Rows of opportunities, and their amounts.
    time : WorkingTime
    end : datetime64[D]
        A contract that ends later has not ended.
    ledger : Ledger

    Returns
    -------
    contracts : Contracts
        Amounts of the same kind as those of opportunities.
    kind : str
        "monthly", "annual", "total" or "".
    """
    kind: str = "" if mapping.amounts == ASK else mapping.amounts
    if not len(table):
        return _of_deals(*deals, time, end), kind
    leave_out_duplicates(table, ledger, ("start",))
    started = table.times("start")
    missing = np.isnat(started[0])
    ledger.leave_out(table, missing & (table.texts("start") != ""), "unreadable_date", "start")
    ledger.leave_out(table, missing, "no_date", "start")
    later = started[0].astype("datetime64[D]") > end
    ledger.leave_out(table, later, "planned", "start")
    amount, kind = _contract_amounts(sheets, mapping, table, kind, ledger)
    ended = table.times("end")
    running = ended[0].astype("datetime64[D]") > end
    start, stop = time.days(*started), time.days(*ended)
    stop[running] = np.nan
    same = ended[0].astype("datetime64[D]") == started[0].astype("datetime64[D]")
    stop = np.where(same, np.fmax(start, stop), stop)
    wrong = stop < start
    ledger.note(table, wrong, "closed_before_created", "end")
    stop[wrong] = np.nan
    kept = table.kept
    return Contracts(start[kept], stop[kept], amount[kept]), kind


def _contract_amounts(
    sheets: Sequence[Sheet], mapping: Mapping, table: Table, kind: str, ledger: Ledger
) -> tuple[Floats, str]:
    """Read what contracts pay, in the kind in which opportunities state their amounts."""
    monthly = amounts_of(sheets, mapping, table, "mrr", ledger)
    annual = amounts_of(sheets, mapping, table, "arr", ledger)
    plain = amounts_of(sheets, mapping, table, "amount", ledger)
    if not kind:
        kind = "monthly" if table.has("mrr") else "annual" if table.has("arr") else ""
    if kind == "annual":
        return _first(_first(annual, monthly * _MONTHS), plain), kind
    if kind == "monthly":
        return _first(_first(monthly, annual / _MONTHS), plain), kind
    # What a month costs says nothing about a whole contract of unknown length.
    return plain, kind


def _first(wanted: Floats, otherwise: Floats) -> Floats:
    return np.where(np.isnan(wanted), otherwise, wanted)


def _of_deals(rows: DealRows, amount: Floats, time: WorkingTime, end: np.datetime64) -> Contracts:
    table = rows.table
    if not (table.has("contract_start") or table.has("contract_end")):
        return nothing()[4]
    at = np.flatnonzero(table.kept & (rows.outcome == Outcome.WON))
    begins = table.times("contract_start")
    known = ~np.isnat(begins[0])
    stamps = np.where(known, begins[0], rows.closed[0])
    dated_only = np.where(known, begins[1], rows.closed[1])
    ends = table.times("contract_end")
    start, stop = time.days(stamps, dated_only), time.days(*ends)
    stop[(ends[0].astype("datetime64[D]") > end) | (stop < start)] = np.nan
    at = at[stamps[at].astype("datetime64[D]") <= end]
    return Contracts(start[at], stop[at], amount[at])
