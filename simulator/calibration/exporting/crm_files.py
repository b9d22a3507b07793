"""The tables of a simulated CRM as files that Salesforce, HubSpot, Zoho or a plain export has.

Headings are those of the real exports, so that whatever reads those reads these. Buyers and deals
have numbers for names: nobody is invented. Amounts are whole units of the scenario's currency,
instants are local time of the calendar to the second.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from enum import IntEnum
from typing import Literal, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from simulator.calibration.exporting.crm_tables import PREFIXES, CrmTables
from simulator.calibration.exporting.crm_words import CLOSED_LOST, CLOSED_WON, Words
from simulator.calibration.records import Floats, Integers, Outcome
from simulator.calibration.working_time import WorkingTime
from simulator.cells import harmless

Style = Literal["salesforce", "hubspot", "zoho", "plain"]
STYLES: tuple[Style, ...] = ("salesforce", "hubspot", "zoho", "plain")

Texts = NDArray[np.object_]
Columns = dict[str, Texts]
Code = TypeVar("Code", bound=IntEnum)


# Per style: file, table, and for every heading the column of `_cells` that stands below it.
_LAYOUT: Mapping[Style, tuple[tuple[str, str, tuple[tuple[str, str], ...]], ...]] = {
    "salesforce": (
        ("leads.csv", "leads", (
            ("Id", "id"), ("LeadSource", "channel"), ("Status", "status"), ("OwnerId", "owner"),
            ("CreatedDate", "created"), ("IsConverted", "is_converted"),
            ("ConvertedDate", "converted"), ("ConvertedAccountId", "converted_account"),
            ("ConvertedOpportunityId", "opportunity"),
        )),
        ("opportunities.csv", "opportunities", (
            ("Opportunity ID", "id"), ("Opportunity Name", "id"), ("Account Name", "account"),
            ("Opportunity Owner", "owner"), ("Stage", "stage"), ("Amount", "amount"),
            ("Close Date", "closed"), ("Created Date", "opened"), ("Lead Source", "channel"),
            ("Loss Reason", "reason"), ("Lead ID", "lead"),
        )),
        ("opportunity_history.csv", "moves", (
            ("Id", "id"), ("OpportunityId", "opportunity"), ("CreatedById", "owner"),
            ("CreatedDate", "time"), ("StageName", "stage"), ("Amount", "amount"),
        )),
        ("activities.csv", "activities", (
            ("Id", "id"), ("Type", "act"), ("OwnerId", "owner"), ("CreatedDate", "time"),
            ("WhoId", "lead"), ("WhatId", "opportunity"), ("AccountId", "account"),
            ("CallDisposition", "result"),
        )),
        ("contracts.csv", "contracts", (
            ("Id", "id"), ("AccountId", "account"), ("OpportunityId", "opportunity"),
            ("StartDate", "start"), ("EndDate", "end"), ("{amount}", "mrr"),
            ("Current {amount}", "latest"),
        )),
        ("users.csv", "owners", (
            ("Id", "id"), ("Department", "team"), ("CreatedDate", "since"), ("IsActive", "active"),
        )),
    ),
    "hubspot": (
        ("contacts.csv", "leads", (
            ("Record ID", "id"), ("Contact owner", "owner"), ("Lead Status", "status"),
            ("Create Date", "created"), ("Original Source", "channel"),
            ("Became an Opportunity Date", "converted"), ("Associated Company", "account"),
            ("Associated Deal IDs", "opportunity"),
        )),
        ("deals.csv", "opportunities", (
            ("Record ID", "id"), ("Deal Name", "id"), ("Deal Stage", "stage"),
            ("Pipeline", "pipeline"), ("Amount", "amount"), ("Close Date", "closed"),
            ("Create Date", "opened"), ("Deal owner", "owner"), ("Associated Company", "account"),
            ("Associated Contact IDs", "lead"), ("Original Source", "channel"),
            ("Is closed lost", "is_lost"), ("Closed Lost Reason", "reason"),
        )),
        ("activities.csv", "activities", (
            ("Record ID", "id"), ("Activity type", "act"), ("Activity date", "time"),
            ("Activity assigned to", "owner"), ("Call outcome", "result"),
            ("Associated Contact IDs", "lead"), ("Associated Deal IDs", "opportunity"),
            ("Associated Company", "account"),
        )),
        ("subscriptions.csv", "contracts", (
            ("Record ID", "id"), ("Associated Company", "account"),
            ("Associated Deal IDs", "opportunity"), ("Start Date", "start"), ("End Date", "end"),
            ("{amount}", "mrr"), ("Current {amount}", "latest"),
        )),
        ("users.csv", "owners", (
            ("User ID", "id"), ("Team", "team"), ("Create Date", "since"), ("Active", "active"),
        )),
    ),
    "zoho": (
        ("leads.csv", "leads", (
            ("Record Id", "id"), ("Lead Owner", "owner"), ("Lead Source", "channel"),
            ("Lead Status", "status"), ("Created Time", "created"),
            ("Converted Time", "converted"), ("Account Name", "account"),
            ("Potential Id", "opportunity"),
        )),
        ("potentials.csv", "opportunities", (
            ("Record Id", "id"), ("Potential Name", "id"), ("Account Name", "account"),
            ("Potential Owner", "owner"), ("Stage", "stage"), ("Amount", "amount"),
            ("Closing Date", "closed"), ("Created Time", "opened"), ("Lead Source", "channel"),
            ("Reason For Loss", "reason"), ("Lead Id", "lead"),
        )),
        ("stage_history.csv", "moves", (
            ("Record Id", "id"), ("Potential Id", "opportunity"), ("Stage", "stage"),
            ("Amount", "amount"), ("Modified Time", "time"), ("Modified By", "owner"),
        )),
        ("activities.csv", "activities", (
            ("Record Id", "id"), ("Activity Type", "act"), ("Activity Owner", "owner"),
            ("Start DateTime", "time"), ("Lead Id", "lead"), ("Potential Id", "opportunity"),
            ("Account Name", "account"), ("Call Result", "result"),
        )),
        ("contracts.csv", "contracts", (
            ("Record Id", "id"), ("Account Name", "account"), ("Potential Id", "opportunity"),
            ("Start Date", "start"), ("End Date", "end"), ("{amount}", "mrr"),
            ("Current {amount}", "latest"),
        )),
        ("users.csv", "owners", (
            ("User Id", "id"), ("Role", "team"), ("Created Time", "since"), ("Active", "active"),
        )),
    ),
    "plain": (
        ("leads.csv", "leads", (
            ("lead_id", "id"), ("created", "created"), ("channel", "channel"), ("owner", "owner"),
            ("status", "status"), ("converted", "converted"), ("opportunity_id", "opportunity"),
            ("account_id", "account"), ("closed", "closed"), ("reason", "reason"),
        )),
        ("opportunities.csv", "opportunities", (
            ("opportunity_id", "id"), ("lead_id", "lead"), ("account_id", "account"),
            ("channel", "channel"), ("owner", "owner"), ("created", "opened"),
            ("closed", "closed"), ("outcome", "outcome"), ("stage", "stage"),
            ("amount", "amount"), ("loss_reason", "reason"),
        )),
        ("stage_history.csv", "moves", (
            ("opportunity_id", "opportunity"), ("stage", "stage"), ("entered_at", "time"),
            ("changed_by", "owner"),
        )),
        ("activities.csv", "activities", (
            ("activity_id", "id"), ("type", "act"), ("date", "time"), ("owner", "owner"),
            ("lead_id", "lead"), ("opportunity_id", "opportunity"), ("account_id", "account"),
            ("result", "result"),
        )),
        ("contracts.csv", "contracts", (
            ("contract_id", "id"), ("account_id", "account"), ("opportunity_id", "opportunity"),
            ("start", "start"), ("end", "end"), ("{amount}", "mrr"), ("current_{amount}", "latest"),
        )),
        ("owners.csv", "owners", (
            ("owner", "id"), ("team", "team"), ("since", "since"), ("until", "until"),
        )),
    ),
}  # fmt: skip


def files_of(style: Style) -> tuple[str, ...]:
    """Return the names of the files of a style."""
    return tuple(file for file, _, _ in _LAYOUT[style])


def crm_files(
    tables: CrmTables,
    style: Style,
    words: Words,
    time: WorkingTime,
    dates_only: bool = False,
) -> dict[str, pd.DataFrame]:
    """Lay tables out as the files of a CRM.

    Parameters
    ----------
    tables : CrmTables
    style : {"salesforce", "hubspot", "zoho", "plain"}
    words : Words
        Of the language in which the CRM is kept; headings are English.
    time : WorkingTime
        What day of the calendar business day 0 is.
    dates_only : bool
        Leave the hour out of every date.

    Returns
    -------
    dict of str to DataFrame
        By file name; every cell is a text.
    """
    cells = _Cells(tables, words, time, dates_only)
    found = {}
    for file, table, headings in _LAYOUT[style]:
        columns = cells.of(table)
        amount = "MRR" if tables.facts.subscription else "Price"
        amount = amount.lower() if style == "plain" else amount
        sheet = {heading.format(amount=amount): columns[name] for heading, name in headings}
        if style == "hubspot" and table == "opportunities":
            sheet |= cells.stage_dates()
        found[file] = pd.DataFrame(sheet, dtype=object)
    return found


def csv_bytes(sheet: pd.DataFrame, mark: bool = False) -> bytes:
    """Write a table of texts as CSV, in which no cell is a formula.

    Parameters
    ----------
    sheet : DataFrame of str
    mark : bool
        Begin with the mark by which spreadsheet programs know UTF-8.
    """
    safe = pd.DataFrame({harmless(str(name)): _harmless(sheet[name]) for name in sheet.columns})
    text = safe.to_csv(index=False, lineterminator="\n")
    # A lone surrogate has no place in a file.
    return text.encode("utf-8-sig" if mark else "utf-8", errors="replace")


def _harmless(cells: pd.Series) -> pd.Series:
    """Make a column harmless, looking at each of its words once."""
    codes, words = pd.factorize(cells)
    return pd.Series(np.array([harmless(word) for word in words], dtype=object)[codes])


# ------------------------------------------------------------------ cells


class _Cells:
    """Texts of every column, table by table."""

    def __init__(
        self, tables: CrmTables, words: Words, time: WorkingTime, dates_only: bool
    ) -> None:
        self._tables, self._words = tables, words
        self._time, self._unit = time, "D" if dates_only else "s"
        deals = tables.opportunities
        self._leads = labels("L", tables.leads["buyer"].to_numpy())
        self._deals = labels("O", deals["buyer"].to_numpy(), deals["number"].to_numpy())

    def of(self, table: str) -> Columns:
        """Return the columns of a table."""
        make: Callable[[], Columns] = getattr(self, f"_{table}_cells")
        return make()

    def _leads_cells(self) -> Columns:
        leads = self._tables.leads
        converted = leads["opportunity"].to_numpy() >= 0
        account = labels("A", leads["buyer"].to_numpy())
        return {
            "id": self._leads,
            "account": account,
            "created": self._dates(leads["created"]),
            "channel": _texts(leads["channel"]),
            "owner": _texts(leads["owner"]),
            "status": _worded(leads["status"], self._words.statuses),
            "is_converted": _flags(converted),
            "converted": self._dates(leads["converted"]),
            "converted_account": np.where(converted, account, ""),
            "opportunity": _pointed(self._deals, leads["opportunity"]),
            "closed": self._dates(leads["closed"]),
            "reason": self._reasons(leads["reason"]),
        }

    def _opportunities_cells(self) -> Columns:
        deals = self._tables.opportunities
        outcome = deals["outcome"].to_numpy()
        return {
            "id": self._deals,
            "lead": _pointed(self._leads, deals["lead"]),
            "account": labels("A", deals["buyer"].to_numpy()),
            "channel": _texts(deals["channel"]),
            "owner": _texts(deals["owner"]),
            "opened": self._dates(deals["opened"]),
            "closed": self._dates(deals["closed"]),
            "outcome": _worded(deals["outcome"], {o: o.name.lower() for o in Outcome}),
            "is_lost": _flags(outcome == Outcome.LOST),
            "stage": self._stages(deals["stage"]),
            "amount": _amounts(deals["amount"]),
            "reason": self._reasons(deals["reason"]),
            "pipeline": np.full(len(deals), self._words.pipeline, dtype=object),
        }

    def _moves_cells(self) -> Columns:
        moves = self._tables.moves
        at = moves["opportunity"].to_numpy()
        return {
            "id": labels("H", np.arange(1, len(moves) + 1)),
            "opportunity": self._deals[at],
            "time": self._dates(moves["time"]),
            "stage": self._stages(moves["stage"]),
            "owner": _texts(moves["owner"]),
            "amount": _amounts(self._tables.opportunities["amount"])[at],
        }

    def _activities_cells(self) -> Columns:
        acts = self._tables.activities
        outcome = np.array([self._words.not_reached, self._words.reached, ""], dtype=object)
        return {
            "id": labels("T", np.arange(1, len(acts) + 1)),
            "act": _worded(acts["act"], self._words.acts),
            "time": self._dates(acts["time"]),
            "owner": _texts(acts["owner"]),
            "lead": _pointed(self._leads, acts["lead"]),
            "opportunity": _pointed(self._deals, acts["opportunity"]),
            "account": labels("A", acts["buyer"].to_numpy()),
            "result": outcome[acts["reached"].to_numpy()],
        }

    def _contracts_cells(self) -> Columns:
        signed = self._tables.contracts
        buyers = signed["buyer"].to_numpy()
        return {
            "id": labels("C", buyers, signed["number"].to_numpy()),
            "account": labels("A", buyers),
            "opportunity": _pointed(self._deals, signed["opportunity"]),
            "start": self._dates(signed["start"]),
            "end": self._dates(signed["end"]),
            "mrr": _amounts(signed["mrr"]),
            "latest": _amounts(signed["latest"]),
        }

    def _owners_cells(self) -> Columns:
        owners = self._tables.owners
        teams = {team: team.name.lower().replace("_", " ").capitalize() for team in PREFIXES}
        return {
            "id": _texts(owners["owner"]),
            "team": _worded(owners["team"], teams),
            "since": self._dates(owners["since"]),
            "until": self._dates(owners["until"]),
            "active": _flags(np.isnan(owners["until"].to_numpy())),
        }

    def stage_dates(self) -> Columns:
        """Return one column for each stage: when each opportunity first entered it."""
        moves, count = self._tables.moves, len(self._tables.opportunities)
        found = {}
        numbers = np.unique(moves["stage"].to_numpy()).tolist()
        for number in sorted({0, CLOSED_WON, CLOSED_LOST, *numbers}):
            mine = moves[moves["stage"].to_numpy() == number]
            entered = np.full(count, np.nan)
            entered[mine["opportunity"].to_numpy()] = mine["time"].to_numpy()
            heading = f'Date entered "{self._words.stage(number)} ({self._words.pipeline})"'
            found[heading] = self._dates(pd.Series(entered))
        return found

    def _dates(self, days: pd.Series) -> Texts:
        return _stamped(self._time, days.to_numpy(dtype=np.float64), self._unit)

    def _stages(self, numbers: pd.Series) -> Texts:
        return _each(numbers.to_numpy(), self._words.stage)

    def _reasons(self, codes: pd.Series) -> Texts:
        return _worded(codes, self._words.reasons)


def labels(letter: str, *numbers: Integers) -> Texts:
    """Return names like O-352-1."""
    columns = [each.tolist() for each in numbers]
    found = np.empty(len(columns[0]), dtype=object)
    found[:] = ["-".join((letter, *map(str, row))) for row in zip(*columns, strict=True)]
    return found


def _stamped(time: WorkingTime, days: Floats, unit: str) -> Texts:
    stamps = time.stamps(days)
    texts = np.datetime_as_string(stamps, unit="D" if unit == "D" else "s").astype(object)
    texts[np.isnat(stamps)] = ""
    if unit == "D":
        return texts
    found: Texts = pd.Series(texts, dtype=object).str.replace("T", " ").to_numpy(dtype=object)
    return found


def _each(codes: NDArray[np.int64], named: Callable[[int], str]) -> Texts:
    """Name every code, asking once for each."""
    known, at = np.unique(codes, return_inverse=True)
    names = np.array([named(code) for code in known.tolist()], dtype=object)
    return names[at] if len(names) else np.empty(0, dtype=object)


def _worded(codes: pd.Series, words: Mapping[Code, str]) -> Texts:
    plain = {int(code): word for code, word in words.items()}
    return _each(codes.to_numpy(), plain.__getitem__)


def _pointed(names: Texts, at: pd.Series) -> Texts:
    """Names at positions; "" where there is none."""
    found: Texts = np.append(names, "")[at.to_numpy()]
    return found


def _amounts(values: pd.Series) -> Texts:
    plain = values.to_numpy(dtype=np.float64)
    found = np.full(len(plain), "", dtype=object)
    known = np.isfinite(plain)
    found[known] = plain[known].round().astype(np.int64).astype(str)
    return found


def _flags(values: NDArray[np.bool_]) -> Texts:
    return np.where(values, "true", "false").astype(object)


def _texts(values: pd.Series | Iterable[str]) -> Texts:
    return np.asarray(values, dtype=object)
