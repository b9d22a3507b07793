"""Sheets and a mapping become records: joined, cleaned, with every row accounted for.

What is decided here, and told in findings:

- The files end with their last event (see :mod:`.importing.known_time`), unless the
  user states another end. A closing date of an open opportunity is an expectation and no event.
- Business day 0 is the beginning of the month of the first event.
- An opportunity closed on a day after the end counts as closed on the last day.
- An opportunity closed before it was created keeps its outcome and loses its beginning, so it
  counts among the outcomes and not among the durations. A lead that signed before it came keeps
  both its dates; whoever measures durations must not use a negative one.
- An open opportunity without any date is left out: nobody knows since when it has been open.
- Where only the day is known, an end on the day of the beginning is not before it.
- Leads end where no more were recorded, if that was so long before the end that it is no chance.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simulator.calibration.estimates import Finding
from simulator.calibration.importing.amounts import currency_code
from simulator.calibration.importing.assembling import (
    leads_of,
    mostly_days,
    moves_of_kept,
    opportunities_of,
    positions,
    with_wins,
)
from simulator.calibration.importing.cleaning import (
    REASON_WORDS,
    Count,
    Ledger,
    Stamps,
    Table,
    Unusable,
)
from simulator.calibration.importing.deal_rows import DealRows, deal_rows
from simulator.calibration.importing.headings import KINDS, FileKind
from simulator.calibration.importing.importing_words import (
    about_contracts,
    about_joins,
    about_records,
    about_rows,
    nothing_left,
)
from simulator.calibration.importing.joining import join
from simulator.calibration.importing.known_time import KnownTime, recorded_until
from simulator.calibration.importing.lead_rows import LeadRows, lead_rows
from simulator.calibration.importing.mapping import Mapping, check_names, open_questions
from simulator.calibration.importing.other_rows import activities_of, contracts_of
from simulator.calibration.importing.owner_numbers import numbered, same_people
from simulator.calibration.importing.reading import Sheet
from simulator.calibration.importing.record_ids import without_missing_marks
from simulator.calibration.importing.sheet_rows import amounts_of, table_of
from simulator.calibration.importing.sources import channels_of
from simulator.calibration.importing.stage_moves import Stages
from simulator.calibration.records import Flags, Integers, Records
from simulator.calibration.working_time import WorkingTime, weekday_of
from simulator.errors import Problem, ScenarioError
from simulator.languages.messages import marked, say

MOST_UNUSABLE = 0.2
"""Share of unusable rows above which an import stops, unless the user allows more."""
_DAY_END = np.timedelta64(86_399, "s")


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of the files.

    Attributes
    ----------
    records : Records
    unusable : tuple of Unusable
        By file and row.
    counts : tuple of Count
        One per file, in the order of the mapping.
    findings : tuple of Finding
    share_unusable : float
        Of the rows of the file that is worst; rows that are only there twice, or concern
        something else (`simulator.calibration.importing.cleaning.HARMLESS`), do not count.
    """

    records: Records
    unusable: tuple[Unusable, ...]
    counts: tuple[Count, ...]
    findings: tuple[Finding, ...]
    share_unusable: float


def why_it_stops(imported: Imported, at_most: float = MOST_UNUSABLE) -> Problem | None:
    """Say why an import must not be used; None if it may.

    Parameters
    ----------
    imported : Imported
    at_most : float
        Share of unusable rows that the user accepts.
    """
    if imported.share_unusable <= at_most:
        return None
    worst = max(imported.counts, key=lambda each: each.unusable / max(each.rows, 1))
    reasons = sorted(worst.left_out.items(), key=lambda item: -item[1])[:3]
    said = ", ".join(f"{REASON_WORDS[reason]}: {count:,}" for reason, count in reasons)
    return Problem(
        worst.file,
        "",
        f"{worst.unusable:,} of {worst.rows:,} rows",
        f"could not be used ({said}); that is more than the {at_most:.0%} allowed: mend the file"
        " or the mapping, or allow a larger share",
    )


def import_files(
    sheets: Sequence[Sheet], mapping: Mapping, until: datetime.date | None = None
) -> Imported:
    """Make records of files.

    Parameters
    ----------
    sheets : sequence of Sheet
    mapping : Mapping
    until : date, optional
        Nothing later is used; stands over the mapping's own.

    Returns
    -------
    Imported

    Raises
    ------
    ScenarioError
        If the mapping holds open questions, a stage is unknown, dates or amounts can be read in
        two ways, or no row is left to use.
    """
    check_names(sheet.file for sheet in sheets)
    problems = open_questions(mapping)
    if problems:
        raise ScenarioError(problems)
    return _Import(sheets, mapping, until or mapping.until).run()


class _Import:
    """One import, step by step."""

    def __init__(
        self, sheets: Sequence[Sheet], mapping: Mapping, stated: datetime.date | None
    ) -> None:
        self.sheets, self.mapping = sheets, mapping
        self.stated = None if stated is None else np.datetime64(stated, "D")
        self.ledger = Ledger()
        self.findings: list[Finding] = []
        self.tables: dict[FileKind, Table] = {
            kind: table_of(sheets, mapping, kind, self.ledger) for kind in KINDS
        }
        for table in self.tables.values():
            without_missing_marks(table)

    def run(self) -> Imported:
        """Clean, join, and account for every row."""
        tables, ledger = self.tables, self.ledger
        ignored = tables["ignored"]
        ledger.leave_out(ignored, np.ones(len(ignored), dtype=np.bool_), "file_ignored")
        leads = lead_rows(tables["leads"], self.mapping, ledger)
        histories = tables["stage_history"], tables["field_history"]
        deals = deal_rows(tables["opportunities"], histories, self.mapping, ledger)
        self._set_end(leads, deals)
        self._drop_the_future(leads, deals)
        if not (leads.table.kept.any() or deals.table.kept.any()):
            raise ScenarioError([nothing_left(self._counts())])
        records = self._records(leads, deals)
        counts = self._counts()
        if len(self.mapping.pipelines) > 1:
            words = say(
                "{count} pipelines are counted together; if some are renewals, take them out of"
                " pipelines in the mapping file.", count=len(self.mapping.pipelines),
            )  # fmt: skip
            self.findings.append(Finding("assumption", words))
        every = [each for each in tables.values() if each.files]
        self.findings += about_rows(deals) + about_records(records, counts)
        return Imported(
            records=records,
            unusable=ledger.unusable(every),
            counts=counts,
            findings=tuple(self.findings),
            share_unusable=max((each.unusable / max(each.rows, 1) for each in counts), default=0.0),
        )

    def _counts(self) -> tuple[Count, ...]:
        place = {each.file: at for at, each in enumerate(self.mapping.files)}
        counts = [c for t in self.tables.values() if t.files for c in self.ledger.counts(t)]
        return tuple(sorted(counts, key=lambda each: place[each.file]))

    # -------------------------------------------------------------- the span of time

    def _set_end(self, leads: LeadRows, deals: DealRows) -> None:
        """Find out when the files begin and end."""
        written = [
            table.times(role)[0][table.kept]
            for table in self.tables.values()
            for role in ("created", "modified", "converted_at")
        ]
        typed = [
            deals.closed[0][deals.table.kept],
            leads.won[0][leads.table.kept],
            leads.given_up[0][leads.table.kept],
        ]
        moved = deals.moves.stamp[deals.table.kept[deals.moves.deal]]
        span = KnownTime.of(np.concatenate([*written, moved]), np.concatenate(typed))
        if span is None:
            raise ScenarioError([nothing_left(self._counts())])
        self.end = span.last
        if self.stated is not None and self.stated > span.last:
            self.end = self.stated
        self.time = WorkingTime(span.first.astype("datetime64[M]").astype(datetime.date))
        self.until = self._end_of(self.end)

    def _end_of(self, day: np.datetime64) -> float:
        """Return the end of a day's working time."""
        stamp = np.array([day.astype("datetime64[s]") + _DAY_END], dtype="datetime64[s]")
        return float(self.time.days(stamp)[0])

    def _is_later(self, stamps: Stamps) -> Flags:
        found: Flags = stamps.astype("datetime64[D]") > self.end
        return found

    def _drop_the_future(self, leads: LeadRows, deals: DealRows) -> None:
        """Do something about dates after the end."""
        ledger = self.ledger
        for table, (stamps, _) in ((leads.table, leads.created), (deals.table, deals.opened)):
            ledger.leave_out(table, self._is_later(stamps), "date_in_the_future", "created")
        late = self._is_later(deals.closed[0])
        told = marked("used as closed on the last day of the files")
        ledger.note(deals.table, late, "date_in_the_future", deals.closing_role, told)
        deals.closed[0][late] = self.end.astype("datetime64[s]") + _DAY_END
        deals.closed[1][late] = False
        for role, (stamps, _) in (
            ("won_at", leads.won),
            ("converted_at", leads.converted),
            ("given_up_at", leads.given_up),
        ):
            late = self._is_later(stamps)
            ledger.note(leads.table, late, "date_in_the_future", role)
            stamps[late] = np.datetime64("NaT")

    # -------------------------------------------------------------- records

    def _records(self, leads: LeadRows, deals: DealRows) -> Records:
        mapping, ledger, findings, time = self.mapping, self.ledger, self.findings, self.time
        when = np.where(np.isnat(deals.opened[0]), deals.closed[0], deals.opened[0])
        joined = join(leads.table, deals.table, when)
        findings += about_joins(joined, leads.table, deals.table)
        number_of_lead = positions(leads.table.kept)
        lead_of = number_of_lead[joined.lead][deals.table.kept]
        sources = channels_of(leads.table, deals.table, lead_of, mapping)
        findings += sources.findings
        lead_owner, deal_owner, counts = self._people(leads.table, deals.table, lead_of)
        amount = amounts_of(self.sheets, mapping, deals.table, "amount", ledger)
        stages = Stages(mapping.stages)
        opportunities = opportunities_of(
            deals, time, stages, lead_of, sources.of_deals, deal_owner, amount, ledger, findings
        )
        came = leads.created[0][leads.table.kept]
        own = leads_of(leads, time, sources.of_leads, lead_owner)
        contracts, kind = contracts_of(
            self.sheets, mapping, self.tables["contracts"], (deals, amount), time, self.end, ledger
        )
        findings += about_contracts(self.tables["contracts"], contracts, kind)
        activities = activities_of(
            self.tables["activities"],
            (leads.table, number_of_lead),
            (deals.table, positions(deals.table.kept), lead_of),
            time,
            self.end,
            ledger,
        )
        recorded = came if len(came) else deals.opened[0][deals.table.kept]
        records = Records(
            time=time,
            until=self.until,
            leads_until=min(self._end_of(recorded_until(recorded, self.end)), self.until),
            channels=sources.names,
            stages=stages.names,
            inside_sales=counts[0],
            field_sales=counts[1],
            leads=with_wins(own, came, opportunities, deals, ledger, findings),
            opportunities=opportunities,
            moves=moves_of_kept(deals, time, self.end),
            activities=activities,
            contracts=contracts,
            leads_weekday=weekday_of(came),
            leads_month=came.astype("datetime64[M]").astype(np.int64) % 12 + 1,
            dated_only=mostly_days(leads, deals),
            currency=currency_code(mapping.currency),
            amounts=kind,
        )
        return self._until_the_stated_end(records, leads.table, deals.table)

    def _people(
        self, leads: Table, deals: Table, lead_of: Integers
    ) -> tuple[Integers, Integers, tuple[int, int]]:
        """Number the people; inside sales may stand with the lead or with the opportunity."""
        aliases = same_people(self.tables["owners"])
        of_lead, of_deal = leads.texts("owner")[leads.kept], deals.texts("owner")[deals.kept]
        beside = deals.texts("inside_owner")[deals.kept]
        inside, inside_count, found = numbered([of_lead, beside], aliases, marked("inside-sales"))
        self.findings += found
        field, field_count, found = numbered([of_deal], aliases, marked("field-sales"))
        self.findings += found
        lead_owner = inside[0]
        named = (lead_of >= 0) & (inside[1] >= 0)
        # Written backwards, so that a lead's first opportunity counts.
        at = np.flatnonzero(named)[::-1]
        at = at[lead_owner[lead_of[at]] < 0]
        lead_owner[lead_of[at]] = inside[1][at]
        return lead_owner, field[0], (inside_count, field_count)

    def _until_the_stated_end(self, records: Records, leads: Table, deals: Table) -> Records:
        """Forget what happened after the end that the user stated."""
        if self.stated is None or self.stated >= self.end:
            return records
        when = self._end_of(self.stated)
        begun = records.opportunities
        begun_at = np.where(np.isnan(begun.opened), begun.closed, begun.opened)
        for table, came in ((leads, records.leads.created), (deals, begun_at)):
            rows = np.zeros(len(table), dtype=np.bool_)
            rows[np.flatnonzero(table.kept)[came > when]] = True
            self.ledger.leave_out(table, rows, "after_until", "created")
        for kind, role in (
            ("activities", "time"), ("contracts", "start"), ("stage_history", "time"),
            ("field_history", "time"),
        ):  # fmt: skip
            table = self.tables[kind]  # type: ignore[index]
            later = table.times(role)[0].astype("datetime64[D]") > self.stated
            self.ledger.leave_out(table, later, "after_until", role)
        if not (leads.kept.any() or deals.kept.any()):
            raise ScenarioError([nothing_left(self._counts())])
        return records.known_at(when)
