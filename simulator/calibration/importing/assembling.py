"""Cleaned rows become the tables of records, in business days."""

from __future__ import annotations

import numpy as np

from simulator.calibration.estimates import Finding
from simulator.calibration.importing.cleaning import Ledger, Stamps
from simulator.calibration.importing.deal_rows import DealRows
from simulator.calibration.importing.lead_rows import LeadRows
from simulator.calibration.importing.stage_moves import Stages
from simulator.calibration.records import (
    NONE,
    Flags,
    Floats,
    Integers,
    Leads,
    Moves,
    Opportunities,
    Outcome,
)
from simulator.calibration.working_time import WorkingTime
from simulator.languages.messages import marked, say


def positions(kept: Flags) -> Integers:
    """Number the rows that are kept: -1 for the others, and once more at the end for "none"."""
    return np.append(np.where(kept, np.cumsum(kept) - 1, NONE), NONE)


def not_before(began: Stamps, start: Floats, ended: Stamps, end: Floats) -> Floats:
    """Move ends that lie before their beginnings on the same day onto them.

    Parameters
    ----------
    began, ended : ndarray of datetime64
    start, end : ndarray of float64
        The same in business days. Where one of the two is a day without an hour it stands for
        noon, so the other may seem to be before it.
    """
    same_day = began.astype("datetime64[D]") == ended.astype("datetime64[D]")
    return np.where(same_day, np.fmax(start, end), end)


def leads_of(rows: LeadRows, time: WorkingTime, channel: Integers, owner: Integers) -> Leads:
    """Return the leads that are kept, with what their own file dates."""
    at = np.flatnonzero(rows.table.kept)
    stamps, created = rows.created[0], time.days(*rows.created)
    converted, won, closed = (
        not_before(stamps, created, each[0], time.days(*each))[at]
        for each in (rows.converted, rows.won, rows.given_up)
    )
    # What became an opportunity was not given up before.
    closed = np.where(np.isnan(converted), closed, np.nan)
    return Leads(created[at], channel, owner, converted, won, closed)


def opportunities_of(
    rows: DealRows,
    time: WorkingTime,
    stages: Stages,
    lead: Integers,
    channel: Integers,
    owner: Integers,
    amount: Floats,
    ledger: Ledger,
    findings: list[Finding],
) -> Opportunities:
    """Return the opportunities that are kept.

    Parameters
    ----------
    rows : DealRows
    time : WorkingTime
    stages : Stages
    lead, channel, owner : ndarray of int64
        Of those that are kept.
    amount : ndarray of float64
        Of all rows.
    ledger : Ledger
    findings : list of Finding
        Appended to.
    """
    table = rows.table
    opened, closed = time.days(*rows.opened), time.days(*rows.closed)
    closed = not_before(rows.opened[0], opened, rows.closed[0], closed)
    wrong = closed < opened
    told = marked("used as closed, without its beginning")
    count = ledger.note(table, wrong, "closed_before_created", rows.closing_role, told)
    if count:
        text = marked(
            "{count} opportunities closed before the day of creation: counted among the outcomes,"
            " not among the durations."
        )
        if count == 1:
            text = marked(
                "{count} opportunity closed before the day of creation: counted among the"
                " outcomes, not among the durations."
            )
        findings.append(Finding("negative_duration", say(text, count=f"{count:,}")))
    opened[wrong] = np.nan
    at = np.flatnonzero(table.kept)
    return Opportunities(
        lead=lead,
        channel=channel,
        owner=owner,
        opened=opened[at],
        closed=closed[at],
        outcome=rows.outcome[at],
        amount=amount[at],
        reason=rows.reason[at],
        stage=rows.stage[at],
        reopened=rows.moves.reopened(len(table), stages.outcomes)[at],
    )


def with_wins(
    leads: Leads,
    came: Stamps,
    deals: Opportunities,
    rows: DealRows,
    ledger: Ledger,
    findings: list[Finding],
) -> Leads:
    """Take over from opportunities when each lead was first converted, and first won.

    Parameters
    ----------
    leads : Leads
    came : ndarray of datetime64
        When each came.
    deals : Opportunities
    rows : DealRows
        From which `deals` were made.
    ledger : Ledger
    findings : list of Finding
        Appended to.
    """
    mine = np.flatnonzero(deals.lead >= 0)
    if not len(mine):
        return leads
    lead, at = deals.lead[mine], np.flatnonzero(rows.table.kept)[mine]
    opened, won = np.full(len(leads), np.nan), np.full(len(leads), np.nan)
    deal_opened = not_before(
        came[lead], leads.created[lead], rows.opened[0][at], deals.opened[mine]
    )
    deal_opened[np.isnan(deals.opened[mine])] = np.nan
    np.fmin.at(opened, lead, deal_opened)
    signed = np.where(deals.outcome[mine] == Outcome.WON, deals.closed[mine], np.nan)
    signed = not_before(came[lead], leads.created[lead], rows.closed[0][at], signed)
    signed[deals.outcome[mine] != Outcome.WON] = np.nan
    np.fmin.at(won, lead, signed)
    early = np.zeros(len(rows.table), dtype=np.bool_)
    early[at] = signed < leads.created[lead]
    told = marked("used as won; its negative duration is not used")
    count = ledger.note(rows.table, early, "won_before_lead_came", rows.closing_role, told)
    if count:
        text = marked(
            "{count} opportunities signed before the lead came; the leads count as signed,"
            " negative durations are not used."
        )
        if count == 1:
            text = marked(
                "{count} opportunity signed before the lead came; the leads count as signed,"
                " negative durations are not used."
            )
        findings.append(Finding("negative_duration", say(text, count=f"{count:,}")))
    early[:] = False
    early[at] = deal_opened < leads.created[lead]
    told = marked("used; its negative duration is not used")
    count = ledger.note(rows.table, early, "opened_before_lead_came", "created", told)
    if count:
        text = marked(
            "{count} opportunities opened before the lead came; negative durations are not used."
        )
        if count == 1:
            text = marked(
                "{count} opportunity opened before the lead came; negative durations are not used."
            )
        findings.append(Finding("negative_duration", say(text, count=f"{count:,}")))
    converted = np.where(np.isnan(opened), leads.converted, opened)
    return Leads(
        leads.created,
        leads.channel,
        leads.owner,
        converted,
        np.where(np.isnan(won), leads.won, won),
        np.where(np.isnan(converted), leads.closed, np.nan),
    )


def moves_of_kept(rows: DealRows, time: WorkingTime, last: np.datetime64) -> Moves:
    """Return the changes of stage of the opportunities that are kept, up to the last day."""
    number = positions(rows.table.kept)[rows.moves.deal]
    kept = (number >= 0) & (rows.moves.stamp.astype("datetime64[D]") <= last)
    moves = rows.moves.only(kept)
    return Moves(number[kept], time.days(moves.stamp, moves.dated_only), moves.stage)


def mostly_days(leads: LeadRows, deals: DealRows) -> bool:
    """Tell whether one of the dates that matter is mostly a day without an hour."""
    for table, (stamps, dated_only) in (
        (leads.table, leads.created),
        (deals.table, deals.opened),
        (deals.table, deals.closed),
    ):
        known = table.kept & ~np.isnat(stamps)
        if known.any() and bool(dated_only[known].mean() > 0.5):
            return True
    return False
