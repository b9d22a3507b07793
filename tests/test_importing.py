"""Sheets become records: every row is used or its reason is told."""

from __future__ import annotations

import dataclasses
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from test_mapping import needs, sheets_of

from simulator.calibration.importing import joining
from simulator.calibration.importing.cleaning import HARMLESS, LEFT_OUT, REASON_WORDS
from simulator.calibration.importing.guessing import guess
from simulator.calibration.importing.imported import Imported, import_files, why_it_stops
from simulator.calibration.importing.importing_words import DEFAULT_CURRENCY
from simulator.calibration.importing.known_time import KnownTime, recorded_until
from simulator.calibration.importing.mapping_file import mapping_text
from simulator.calibration.importing.reading import Sheet, read_sheets
from simulator.calibration.importing.record_ids import position_of
from simulator.calibration.records import Act, LossReason, Outcome
from simulator.errors import ScenarioError
from simulator.scenario import Scenario

LEADS = "Lead ID,Created Date,Lead Source,Lead Owner,Email,Company"
DEALS = (
    "Opportunity ID,Lead ID,Opportunity Name,Opportunity Owner,Stage,Amount,Close Date,"
    "Created Date,Loss Reason"
)


def imported(sheets: list[Sheet], until: date | None = None, /, **changes: Any) -> Imported:
    mapping = guess(sheets)
    if mapping.amounts == "ask":
        changes.setdefault("amounts", "annual")
    found = import_files(sheets, dataclasses.replace(mapping, **changes), until)
    assert_every_row_is_accounted_for(sheets, found)
    return found


def assert_every_row_is_accounted_for(sheets: list[Sheet], found: Imported) -> None:
    counts = {each.file: each for each in found.counts}
    assert set(counts) == {sheet.file for sheet in sheets}
    for sheet in sheets:
        count = counts[sheet.file]
        assert count.rows == len(sheet.cells) + len(sheet.too_long)
        assert count.rows == count.used + sum(count.left_out.values())
    for kind, table in (
        ("leads", found.records.leads),
        ("opportunities", found.records.opportunities),
    ):
        assert sum(each.used for each in found.counts if each.kind == kind) == len(table)


def real(folder: str, **changes: Any) -> Imported:
    paths = sorted(needs(folder).glob("*.csv"))
    return imported([each for path in paths for each in read_sheets(path)], **changes)


def deal(number: int, stage: str, created: str, closed: str, **more: str) -> str:
    amount, lead = more.get("amount", "100"), more.get("lead", "")
    reason, owner = more.get("reason", ""), more.get("owner", "x")
    return f"{number},{lead},n{number},{owner},{stage},{amount},{closed},{created},{reason}\n"


def deals(*rows: str) -> str:
    return DEALS + "\n" + "".join(rows)


def reasons(found: Imported) -> dict[str, int]:
    tally: dict[str, int] = {}
    for each in found.unusable:
        tally[each.reason] = tally.get(each.reason, 0) + 1
    return tally


def said(found: Imported, kind: str) -> str:
    return " ".join(each.words for each in found.findings if each.kind == kind)


# ------------------------------------------------------------------ real files


def test_the_real_funnel_is_imported_whole_and_its_error_is_told() -> None:
    found = real("olist")
    records = found.records
    assert (len(records.leads), len(records.opportunities)) == (8000, 842)
    assert np.isfinite(records.leads.won).sum() == 842
    assert (records.opportunities.outcome == Outcome.WON).all()
    assert np.isnan(records.opportunities.opened).all()
    assert (records.inside_sales, records.field_sales) == (32, 22)
    assert np.bincount(records.leads.owner[records.leads.owner >= 0]).max() == 140
    negative = records.leads.won < records.leads.created
    assert negative.sum() == 1
    assert [(each.row, each.column, each.reason) for each in found.unusable] == [
        (669, "won_date", "won_before_lead_came")
    ]
    assert said(found, "negative_duration").startswith("1 opportunity signed before")
    assert "Every opportunity in the files is won" in said(found, "not_identifiable")
    assert found.share_unusable == 0.0


def test_leads_of_the_real_funnel_end_long_before_its_wins() -> None:
    records = real("olist").records
    last = records.time.stamps(np.array([records.leads_until - 1e-6, records.until - 1e-6]))
    assert [str(day) for day in last.astype("datetime64[D]")] == ["2018-05-31", "2018-11-14"]
    assert records.time.origin == date(2017, 6, 1)
    assert records.dated_only
    came = records.leads_month[records.leads.created > records.leads_until - 20.0]
    assert set(came.tolist()) == {5}


def test_conversion_by_source_of_the_real_funnel_is_as_published() -> None:
    records = real("olist").records
    signed = np.isfinite(records.leads.won)
    share = {
        name: float(signed[records.leads.channel == at].mean())
        for at, name in enumerate(records.channels)
    }
    for name, published in (("unknown", 0.163), ("paid_search", 0.123), ("email", 0.030)):
        assert share[name] == pytest.approx(published, abs=0.0006)
    assert records.channels[-1] == "not_recorded"


def test_teaching_files_are_imported_and_what_has_no_date_is_told() -> None:
    found = real("maven_crm", amounts="total")
    count = next(each for each in found.counts if each.file == "sales_pipeline.csv")
    assert (count.rows, count.used, count.left_out) == (8800, 8300, {"no_date": 500})
    outcome = found.records.opportunities.outcome
    assert [(outcome == each).sum() for each in Outcome] == [1589, 4238, 2473]
    days = found.records.opportunities.closed - found.records.opportunities.opened
    calendar = 365.25 / 240.0
    assert np.nanmedian(days[outcome == Outcome.WON]) * calendar == pytest.approx(57.0, abs=2.0)
    assert np.isnan(days[outcome == Outcome.OPEN]).all()
    assert found.records.amounts == "total"
    assert why_it_stops(found) is None


def test_hubspot_files_are_joined_by_address_and_expected_closings_are_not_used() -> None:
    found = real("crm_exports")
    records = found.records
    assert (len(records.leads), len(records.opportunities)) == (300, 300)
    joined = records.opportunities.lead >= 0
    assert 0 < joined.sum() < 300
    assert "by e-mail address" in said(found, "assumption")
    assert "216 open opportunities have a closing date" in said(found, "assumption")
    assert np.isnan(records.opportunities.closed).sum() == 216
    came = records.leads.created[records.opportunities.lead[joined]]
    assert (records.opportunities.opened[joined] >= came).all()


# ------------------------------------------------------------------ joins


def test_opportunities_are_joined_by_either_id(tmp_path: Path) -> None:
    by_lead = sheets_of(
        tmp_path,
        leads=f"{LEADS}\nL1,2024-01-01,Web,a,,\nL2,2024-01-02,Fair,a,,\n",
        deals=deals(
            deal(1, "Closed Won", "2024-01-05", "2024-02-01", lead="L2"),
            deal(2, "Closed Lost", "2024-01-06", "2024-02-02", lead="L9"),
        ),
    )
    records = imported(by_lead).records
    assert records.opportunities.lead.tolist() == [1, -1]
    assert np.isnan(records.leads.won).tolist() == [True, False]
    assert records.leads.converted[1] == records.opportunities.opened[0]
    by_deal = sheets_of(
        tmp_path,
        leads="Lead ID,Created Date,Lead Source,Opportunity ID\nL1,2024-01-01,Web,\n"
        "L2,2024-01-02,Fair,1\n",
        deals=deals(deal(1, "Closed Won", "2024-01-05", "2024-02-01")),
    )
    assert imported(by_deal).records.opportunities.lead.tolist() == [1]


def test_by_address_an_opportunity_came_of_the_latest_lead_that_was_there(tmp_path: Path) -> None:
    sheets = sheets_of(
        tmp_path,
        leads=f"{LEADS}\nL1,2024-01-01,Web,a,P@x.jp,\nL2,2024-02-01,Fair,a,p@x.jp,\n"
        "L3,2024-06-01,Web,a,p@x.jp,\nL4,2024-06-01,Web,a,q@x.jp,\n",
        deals="Deal ID,Deal Stage,Create Date,Close Date,Associated Contact Email\n"
        "1,Closed Won,2024-03-01,2024-04-01,p@X.jp\n2,Closed Won,2024-01-15,2024-04-01,p@x.jp\n"
        "3,Closed Lost,2024-05-01,2024-05-03,q@x.jp\n4,Closed Lost,2024-05-01,2024-05-03,\n",
    )
    assert imported(sheets).records.opportunities.lead.tolist() == [1, 0, -1, -1]


def test_companies_join_only_where_nothing_else_does(tmp_path: Path) -> None:
    leads = f"{LEADS}\nL1,2024-01-01,Web,a,p@x.jp,Acme\nL2,2024-01-01,Web,a,q@x.jp,Zen\n"
    text = (
        "Deal ID,Deal Stage,Create Date,Close Date,Associated Contact Email,Company Name\n"
        "1,Closed Won,2024-03-01,2024-04-01,{},ACME\n2,Closed Lost,2024-03-01,2024-04-01,,zen\n"
    )
    with_address = sheets_of(tmp_path, leads=leads, deals=text.format("p@x.jp"))
    assert imported(with_address).records.opportunities.lead.tolist() == [0, -1]
    without = sheets_of(tmp_path, leads=leads, deals=text.format("nobody@y.jp"))
    assert imported(without).records.opportunities.lead.tolist() == [0, 1]


def test_files_that_cannot_be_joined_are_said_to_be_so(tmp_path: Path) -> None:
    sheets = sheets_of(
        tmp_path,
        leads=f"{LEADS}\nL1,2024-01-01,Web,a,,\n",
        deals=deals(deal(1, "Closed Won", "2024-01-05", "2024-02-01")),
    )
    assert "could not be joined" in said(imported(sheets), "assumption")


# ------------------------------------------------------------------ cleaning


def test_rows_that_are_there_twice_are_used_once_and_the_latest_of_an_id_counts(
    tmp_path: Path,
) -> None:
    rows = [
        deal(1, "Closed Won", "2024-01-05", "2024-02-01"),
        deal(1, "Closed Won", "2024-01-05", "2024-02-01"),
        deal(2, "Closed Lost", "2024-01-05", "2024-03-01"),
        deal(2, "Prospecting", "2024-01-05", ""),
        deal(3, "Prospecting", "2024-01-05", ""),
    ]
    found = imported(sheets_of(tmp_path, deals=deals(*rows)))
    assert found.records.opportunities.outcome.tolist() == [Outcome.WON, Outcome.LOST, Outcome.OPEN]
    assert [(each.row, each.reason) for each in found.unusable] == [
        (3, "duplicate_row"), (5, "duplicate_id"),
    ]  # fmt: skip
    assert found.share_unusable == 0.0


def test_a_stale_open_row_does_not_beat_the_closed_one_by_its_expected_closing(
    tmp_path: Path,
) -> None:
    won = deal(1, "Closed Won", "2024-01-05", "2024-02-01")
    stale = deal(1, "Negotiation", "2024-01-05", "2024-12-31")
    other = deal(2, "Closed Lost", "2024-01-05", "2024-02-20")
    for rows in ((won, stale, other), (stale, won, other)):
        found = imported(sheets_of(tmp_path, deals=deals(*rows)))
        assert sorted(found.records.opportunities.outcome.tolist()) == [Outcome.WON, Outcome.LOST]


def test_of_two_closed_rows_the_later_end_counts_and_a_date_of_change_beats_both(
    tmp_path: Path,
) -> None:
    early = deal(1, "Closed Lost", "2024-01-05", "2024-02-01")
    late = deal(1, "Closed Won", "2024-01-05", "2024-02-20")
    found = imported(sheets_of(tmp_path, deals=deals(late, early)))
    assert found.records.opportunities.outcome.tolist() == [Outcome.WON]
    head = "Opportunity ID,Opportunity Name,Stage,Created Date,Close Date,Last Modified Date\n"
    reopened = "1,n,Negotiation,2024-01-05,2024-09-01,2024-03-01\n"
    closed = "1,n,Closed Won,2024-01-05,2024-02-20,2024-02-20\n"
    found = imported(sheets_of(tmp_path, deals=head + reopened + closed))
    assert found.records.opportunities.outcome.tolist() == [Outcome.OPEN]


def test_a_date_of_nothing_but_zeros_is_told_as_missing(tmp_path: Path) -> None:
    leads = f"{LEADS}\n1,2024-01-01,Web,,,\n2,0000-00-00,Web,,,\n3,soon,Web,,,\n"
    found = imported(sheets_of(tmp_path, leads=leads))
    assert [(each.row, each.reason) for each in found.unusable if each.treatment == LEFT_OUT] == [
        (3, "creation_missing"), (4, "unreadable_date"),
    ]  # fmt: skip


def test_two_snapshots_of_the_same_leads_do_not_stop_the_import(tmp_path: Path) -> None:
    def snapshot(status: str) -> str:
        rows = [f"{at},2024-01-{1 + at % 28:02d},Web,{status}\n" for at in range(60)]
        return "Lead ID,Created Date,Lead Source,Lead Status\n" + "".join(rows)

    sheets = sheets_of(tmp_path, leads_jan=snapshot("New"), leads_feb=snapshot("Contacted"))
    found = imported(sheets)
    assert len(found.records.leads) == 60
    assert reasons(found) == {"duplicate_id": 60}
    assert why_it_stops(found) is None


def test_flags_tell_which_rows_of_a_closed_stage_are_won(tmp_path: Path) -> None:
    rows = [
        f"{at},n{at},{'Closed' if at % 3 else 'Open'},{'Yes' if at % 3 == 1 else 'No'},"
        f"2024-01-{1 + at:02d},2024-03-{1 + at:02d}\n"
        for at in range(24)
    ]
    head = "Opportunity ID,Opportunity Name,Status,Won,Created Date,Close Date\n"
    sheets = sheets_of(tmp_path, deals=head + "".join(rows))
    expected = [(Outcome.OPEN, Outcome.WON, Outcome.LOST)[at % 3] for at in range(24)]
    assert imported(sheets).records.opportunities.outcome.tolist() == expected
    # Also where the user says what the stage means.
    stated = imported(sheets, stages={"Open": "open", "Closed": "won"})
    assert stated.records.opportunities.outcome.tolist() == expected


def test_a_time_of_a_stated_zone_cannot_be_used_as_written(tmp_path: Path) -> None:
    text = "Id,CreatedDate,LeadSource\n1,2024-01-01 03:00,Web\n2,2024-01-01T20:00:00Z,Web\n"
    with pytest.raises(ScenarioError, match=r"leads\.csv: row 3: CreatedDate: .* set time_zone"):
        imported(sheets_of(tmp_path, leads=text), time_zone="as_written")
    found = imported(sheets_of(tmp_path, leads=text), time_zone="Asia/Tokyo").records
    days = found.time.stamps(found.leads.created).astype("datetime64[D]").astype(str)
    assert days.tolist() == ["2024-01-01", "2024-01-02"]


def test_equal_rows_without_ids_are_kept_unless_something_tells_rows_apart(tmp_path: Path) -> None:
    bare = "Inquiry Date,Channel\n2024-01-01,Web\n2024-01-01,Web\n2024-01-03,Web\n2024-01-02,Web\n"
    assert len(imported(sheets_of(tmp_path, leads=bare)).records.leads) == 4
    named = "Inquiry Date,Channel,Note\n2024-01-01,Web,a\n2024-01-01,Web,a\n2024-01-01,Web,b\n"
    found = imported(sheets_of(tmp_path, leads=named))
    assert len(found.records.leads) == 2
    assert reasons(found) == {"duplicate_row": 1}


def test_each_hole_in_the_dates_is_told_with_row_and_column(tmp_path: Path) -> None:
    rows = [
        deal(1, "Closed Won", "2024-01-05", "2024-02-01"),
        deal(2, "Closed Won", "2024-01-05", "32.13.2024"),
        deal(3, "Closed Lost", "2024-01-05", ""),
        deal(4, "Prospecting", "", ""),
        deal(5, "Closed Won", "", "2024-03-01"),
        deal(6, "Prospecting", "1970-01-01", ""),
        deal(7, "Closed Won", "2024-04-05", "2024-03-01"),
        deal(8, "", "2024-04-05", "2024-04-06"),
    ]
    found = imported(sheets_of(tmp_path, deals=deals(*rows)))
    assert [(each.row, each.column, each.reason) for each in found.unusable] == [
        (3, "Close Date", "unreadable_date"),
        (4, "Close Date", "closed_without_date"),
        (5, "Created Date", "no_date"),
        (6, "Created Date", "creation_missing"),
        (7, "Created Date", "implausible_date"),
        (8, "Close Date", "closed_before_created"),
        (9, "Stage", "no_stage"),
    ]
    kept = found.records.opportunities
    assert kept.outcome.tolist() == [Outcome.WON] * 3
    assert np.isnan(kept.opened).tolist() == [False, True, True]
    assert "1 opportunity closed before the day of creation" in said(found, "negative_duration")


def test_on_one_day_an_end_without_an_hour_is_not_before_its_beginning(tmp_path: Path) -> None:
    rows = [
        deal(1, "Closed Won", "2024-01-05 17:30", "2024-01-05"),
        deal(2, "Closed Lost", "2024-01-05 17:30", "2024-02-05"),
    ]
    found = imported(sheets_of(tmp_path, deals=deals(*rows)))
    assert not found.unusable
    kept = found.records.opportunities
    assert kept.closed[0] == kept.opened[0]


def test_amounts_that_cannot_be_are_left_out_and_the_rows_are_used(tmp_path: Path) -> None:
    rows = [deal(at, "Closed Won", "2024-01-05", "2024-02-01") for at in range(30)]
    rows += [
        deal(31, "Closed Won", "2024-01-05", "2024-02-01", amount="-5"),
        deal(32, "Closed Won", "2024-01-05", "2024-02-01", amount="999999999999"),
        deal(33, "Closed Won", "2024-01-05", "2024-02-01", amount="call Bob Ross"),
        deal(34, "Closed Won", "2024-01-05", "2024-02-01", amount="0"),
        deal(35, "Closed Lost", "2024-01-05", "2024-02-01"),
    ]
    found = imported(sheets_of(tmp_path, deals=deals(*rows)))
    assert reasons(found) == {"negative_amount": 1, "absurd_amount": 1, "unreadable_amount": 1}
    assert len(found.records.opportunities) == 35
    assert np.isnan(found.records.opportunities.amount).sum() == 4
    assert "4 of 34 won opportunities have no amount" in said(found, "assumption")
    assert all("Bob" not in each.value for each in found.unusable)


def test_amounts_in_another_currency_are_not_mixed_in(tmp_path: Path) -> None:
    text = (
        "Deal ID,Deal Stage,Create Date,Close Date,Amount,Currency\n"
        "1,Closed Won,2024-01-01,2024-02-01,100,JPY\n2,Closed Won,2024-01-01,2024-02-01,100,JPY\n"
        "3,Closed Lost,2024-01-01,2024-02-01,100,USD\n"
    )
    found = imported(sheets_of(tmp_path, deals=text))
    assert found.records.currency == "JPY"
    assert reasons(found) == {"other_currency": 1}
    signs = text.replace(",Currency", "").replace("100,JPY", "¥100").replace("100,USD", "$100")
    mixed = imported(sheets_of(tmp_path, deals=signs))
    assert reasons(mixed) == {"several_currencies": 3}


def test_dates_in_the_future_are_told_and_do_not_move_the_end(tmp_path: Path) -> None:
    start = date(2024, 1, 1)
    rows = [
        deal(at, "Closed Won", str(start + timedelta(at)), str(start + timedelta(at + 3)))
        for at in range(100)
    ]
    rows.append(deal(100, "Closed Won", str(start + timedelta(50)), "2031-12-31"))
    rows.append(deal(101, "Prospecting", "2099-01-01", ""))
    rows.append(deal(102, "Closed Lost", str(start + timedelta(50)), str(start + timedelta(160))))
    found = imported(sheets_of(tmp_path, deals=deals(*rows)))
    assert [(each.row, each.column, each.reason) for each in found.unusable] == [
        (102, "Close Date", "date_in_the_future"),
        (103, "Created Date", "date_in_the_future"),
        (104, "Close Date", "date_in_the_future"),
    ]
    records = found.records
    end = records.time.stamps(np.array([records.until - 1e-6])).astype("datetime64[D]")[0]
    assert str(end) == str(start + timedelta(102))
    assert (
        records.opportunities.closed[~np.isnan(records.opportunities.closed)] <= records.until
    ).all()


@pytest.mark.parametrize("slips", [("2024-11-05",), ("2024-11-05", "2024-12-03")])
def test_mistyped_creation_dates_do_not_become_the_end(
    slips: tuple[str, ...], tmp_path: Path
) -> None:
    begin = date(2024, 1, 1)
    rows = [f"{at},{begin + timedelta(days=at // 2)},Web,,," for at in range(280)]
    rows += [f"{900 + at},{slip},Web,,," for at, slip in enumerate(slips)]
    found = imported(sheets_of(tmp_path, leads="\n".join([LEADS, *rows]) + "\n"))
    records = found.records
    ends = records.time.stamps(np.array([records.leads_until - 1e-6, records.until - 1e-6]))
    assert ends.astype("datetime64[D]").astype(str).tolist() == ["2024-05-17"] * 2
    assert len(records.leads) == 280
    assert [(each.row, each.reason, each.value) for each in found.unusable] == [
        (282 + at, "date_in_the_future", slip) for at, slip in enumerate(slips)
    ]


def test_a_mistyped_creation_date_before_the_last_closing_does_not_move_the_last_lead() -> None:
    days = np.arange("2024-01-01", "2024-05-21", dtype="datetime64[D]")
    slip = np.append(days, np.datetime64("2024-11-05"))
    assert recorded_until(slip, np.datetime64("2024-12-01")) == days[-1]


def test_who_has_quiet_months_may_end_with_one() -> None:
    months = ("2024-01-10", "2024-04-20", "2024-08-01")
    days = np.array([np.datetime64(day) for day in months for _ in range(40)])
    days = np.append(days, np.datetime64("2024-11-20"))
    span = KnownTime.of(days, np.array([], dtype="datetime64[D]"))
    assert span is not None
    assert span.last == days[-1]


def test_the_end_is_the_last_event_and_wins_may_go_on_after_the_last_lead() -> None:
    days = np.arange("2024-01-01", "2024-03-01", dtype="datetime64[D]").astype("datetime64[s]")
    wins = np.arange("2024-03-31", "2024-05-30", dtype="datetime64[D]").astype("datetime64[s]")
    span = KnownTime.of(days, wins)
    assert span is not None
    assert span.last == wins[-1].astype("datetime64[D]")
    assert recorded_until(days, span.last) == days[-1].astype("datetime64[D]")
    assert recorded_until(days, days[-1].astype("datetime64[D]") + np.timedelta64(5, "D")) == days[
        -1
    ].astype("datetime64[D]") + np.timedelta64(5, "D")
    assert KnownTime.of(days[:0], wins[:0]) is None


def test_nothing_after_a_stated_end_is_used(tmp_path: Path) -> None:
    sheets = sheets_of(
        tmp_path,
        leads=f"{LEADS}\nL1,2024-01-01,Web,a,,\nL2,2024-03-02,Fair,a,,\n",
        deals=deals(
            deal(1, "Closed Won", "2024-01-05", "2024-02-01", lead="L1"),
            deal(2, "Closed Won", "2024-01-06", "2024-03-02", lead="L1"),
            deal(3, "Closed Lost", "2024-03-02", "2024-03-05", lead="L2"),
        ),
    )
    found = imported(sheets, date(2024, 2, 15))
    records = found.records
    assert len(records.leads) == 1
    assert records.opportunities.outcome.tolist() == [Outcome.WON, Outcome.OPEN]
    assert reasons(found) == {"after_until": 2}
    later = imported(sheets, date(2024, 12, 31)).records
    end = later.time.stamps(np.array([later.until - 1e-6])).astype("datetime64[D]")[0]
    assert str(end) == "2024-12-31"


def test_rows_of_the_wrong_width_are_counted(tmp_path: Path) -> None:
    text = f"{LEADS}\nL1,2024-01-01,Web,a,,\nL2,2024-01-02,Web,a,,,too,many\n"
    found = imported(sheets_of(tmp_path, leads=text))
    assert [(each.row, each.reason) for each in found.unusable] == [
        (3, "cells_do_not_match_headings")
    ]
    assert found.share_unusable == 0.5
    problem = why_it_stops(found)
    assert problem is not None
    assert "1 of 2 rows" in str(problem)
    assert "more than the 20% allowed" in problem.rule
    assert why_it_stops(found, 0.5) is None


# ------------------------------------------------------------------ stages and their history


def test_a_stage_that_the_mapping_does_not_hold_is_asked_for_with_its_row(tmp_path: Path) -> None:
    sheets = sheets_of(
        tmp_path, deals=deals(deal(1, "Closed Won", "2024-01-05", "2024-02-01"),
                              deal(2, "Zebra", "2024-01-05", "2024-02-01"))
    )  # fmt: skip
    mapping = dataclasses.replace(guess(sheets), amounts="annual", stages={"closed won": "won"})
    with pytest.raises(ScenarioError) as caught:
        import_files(sheets, mapping)
    (problem,) = caught.value.problems
    assert (problem.where, problem.key, problem.value) == ("deals.csv: row 3", "Stage", "Zebra")
    found = imported(sheets, stages={"Closed Won": "won", "ZEBRA": "leave_out"})
    assert reasons(found) == {"stage_left_out": 1}
    assert found.records.stages == ("Closed Won",)


HISTORY = (
    "OpportunityId,CreatedDate,StageName\n"
    "1,2024-01-05,Prospecting\n1,2024-01-20,Proposal\n1,2024-01-25,Prospecting\n"
    "1,2024-01-26,Prospecting\n1,2024-02-03,Closed Won\n"
    "2,2024-01-06,Prospecting\n2,2024-01-20,Closed Lost\n2,2024-02-20,Proposal\n"
    "9,2024-01-20,Proposal\n"
)
WITH_HISTORY = deals(
    deal(1, "Closed Won", "2024-01-05", "2024-02-29"), deal(2, "Proposal", "2024-01-06", "")
)


def test_stages_that_go_in_circles_are_kept_and_leaving_a_closed_one_is_reopening(
    tmp_path: Path,
) -> None:
    found = imported(sheets_of(tmp_path, deals=WITH_HISTORY, opportunity_history=HISTORY))
    records = found.records
    assert [records.stages[at] for at in records.moves.stage] == [
        "Prospecting", "Proposal", "Prospecting", "Closed Won",
        "Prospecting", "Closed Lost", "Proposal",
    ]  # fmt: skip
    assert records.opportunities.reopened.tolist() == [False, True]
    assert records.opportunities.outcome.tolist() == [Outcome.WON, Outcome.OPEN]
    assert records.opportunities.closed[0] == records.moves.time[3]
    assert "1 opportunities were closed on another day by their history" in said(
        found, "assumption"
    )
    assert reasons(found) == {"not_on_file": 1}
    assert found.share_unusable == 0.0


def test_what_was_known_earlier_follows_the_history(tmp_path: Path) -> None:
    records = imported(sheets_of(tmp_path, deals=WITH_HISTORY, opportunity_history=HISTORY)).records
    when = records.time.days(np.array(["2024-01-22T12:00"], dtype="datetime64[s]"))[0]
    then = records.known_at(float(when))
    assert [records.stages[at] for at in then.opportunities.stage] == ["Proposal", "Closed Lost"]


def test_dates_of_stages_in_columns_are_moves(tmp_path: Path) -> None:
    text = (
        'Record ID,Deal Name,Deal Stage,Create Date,Close Date,"Date entered ""Demo (Pipeline)""",'
        '"Date entered ""Closed Won (Pipeline)"""\n'
        "1,a,Closed Won,2024-01-01,2024-02-01,2024-01-10,2024-02-01\n"
        "2,b,Demo,2024-01-02,,2024-01-12,\n"
    )
    records = imported(sheets_of(tmp_path, deals=text)).records
    assert records.moves.opportunity.tolist() == [0, 0, 1]
    assert [records.stages[at] for at in records.moves.stage] == ["Demo", "Closed Won", "Demo"]


def test_a_report_of_field_history_begins_with_the_stage_before_the_first_change(
    tmp_path: Path,
) -> None:
    report = (
        "Opportunity Owner,Edited By,Field / Event,Old Value,New Value,Edit Date,Opportunity Name\n"
        "x,x,Stage,Prospecting,Proposal,2024-01-20,n1\nx,x,Amount,1,2,2024-01-21,n1\n"
        "x,x,Stage,Proposal,Closed Won,2024-02-01,n1\n"
        "x,x,Stage,Proposal,Closed Won,2024-02-01,twin\n"
        "x,x,Stage,Proposal,Closed Won,,n1\n"
    )
    rows = [
        deal(1, "Closed Won", "2024-01-05", "2024-02-01"),
        deal(2, "Proposal", "2024-01-25", ""),
        deal(3, "Proposal", "2024-01-25", "").replace("n3", "twin"),
        deal(4, "Proposal", "2024-01-25", "").replace("n4", "twin"),
    ]
    found = imported(sheets_of(tmp_path, deals=deals(*rows), field_history=report))
    records = found.records
    first = records.moves.opportunity == 0
    assert [records.stages[at] for at in records.moves.stage[first]] == [
        "Prospecting", "Proposal", "Closed Won",
    ]  # fmt: skip
    assert records.moves.time[0] == records.opportunities.opened[0]
    assert records.moves.opportunity.tolist() == [0, 0, 0, 1, 2, 3]
    assert reasons(found) == {"name_not_unique": 1, "no_date": 1}
    count = next(each for each in found.counts if each.file == "field_history.csv")
    assert count.left_out["not_a_change_of_stage"] == 1


# ------------------------------------------------------------------ people, reasons, the rest


def test_people_are_numbers_in_order_of_appearance_and_programs_are_none(tmp_path: Path) -> None:
    owners = ["b", "B ", "a", "Integration User", "", *"cdefgh", *["z"] * 500]
    rows = [
        deal(at, "Closed Won", "2024-01-05", "2024-02-01", owner=owner)
        for at, owner in enumerate(owners)
    ]
    found = imported(sheets_of(tmp_path, deals=deals(*rows)))
    owner = found.records.opportunities.owner.tolist()
    assert owner == [0, 0, 1, -1, -1, *range(2, 8), *[-1] * 500]
    assert found.records.field_sales == 8
    assert "has 500 of 509 rows" in said(found, "one_owner")


def test_no_name_and_no_address_is_in_what_an_import_returns(tmp_path: Path) -> None:
    secret = "Taro Yamada taro@example.jp"
    sheets = sheets_of(
        tmp_path,
        leads=f"{LEADS}\nL1,{secret},{secret},{secret},taro@example.jp,{secret}\n"
        f"L2,2024-01-05,{secret},{secret},taro@example.jp,{secret}\n"
        f"L3,2024-01-06,Web,{secret},taro@example.jp,{secret}\n",
        deals=deals(
            deal(1, "Closed Won", "2024-01-05", secret, owner=secret, amount=secret),
            deal(2, "Closed Won", "2024-01-05", "2024-02-01", owner=secret, amount=secret,
                 reason=secret),
            deal(3, "Closed Lost", "2024-01-05", "2024-02-01", amount="12"),
        ),
    )  # fmt: skip
    found = imported(sheets)
    assert found.unusable
    shown = repr(found).lower()
    for part in ("taro", "yamada", "example.jp"):
        assert part not in shown
    assert set(found.records.channels) == {"an_address", "web", "not_recorded"}


def test_formulas_and_markup_in_names_are_only_text(tmp_path: Path) -> None:
    sheets = sheets_of(
        tmp_path,
        leads=f'{LEADS}\nL1,2024-01-01,"=HYPERLINK(""http://x"")",<b>a</b>,,\n'
        "L2,2024-01-02,<script>alert(1)</script>,a,,\n",
    )
    records = imported(sheets).records
    assert set(records.channels) == {"hyperlink_http_x", "script_alert_1_script"}


def test_many_sources_are_merged_into_what_a_scenario_can_hold(tmp_path: Path) -> None:
    rows = [f"L{at},2024-01-{1 + at % 28:02},source {at // 3 % 20},a,," for at in range(120)]
    found = imported(sheets_of(tmp_path, leads="\n".join([LEADS, *rows, "L999,2024-01-09,,a,,"])))
    channels = found.records.channels
    assert len(channels) == 13
    assert "not_recorded" in channels
    assert "other" in channels
    assert "smallest sources" in said(found, "assumption")


def test_sources_are_merged_as_the_mapping_says(tmp_path: Path) -> None:
    text = f"{LEADS}\nL1,2024-01-01,Google,a,,\nL2,2024-01-02,Bing,a,,\nL3,2024-01-02,Fair,a,,\n"
    found = imported(
        sheets_of(tmp_path, leads=text), channels={"google": "search", "Bing": "search"}
    )
    assert found.records.channels == ("search", "fair")
    assert found.records.leads.channel.tolist() == [0, 0, 1]


def test_loss_reasons_become_the_models_and_only_of_what_was_lost(tmp_path: Path) -> None:
    rows = [
        deal(1, "Closed Won", "2024-01-05", "2024-02-01", reason="Price"),
        deal(2, "Closed Lost", "2024-01-05", "2024-02-01", reason="Price"),
        deal(3, "Closed Lost", "2024-01-05", "2024-02-01", reason="競合"),
        deal(4, "Closed Lost", "2024-01-05", "2024-02-01"),
    ]
    kept = imported(sheets_of(tmp_path, deals=deals(*rows))).records.opportunities
    assert kept.reason.tolist() == [
        -1, LossReason.NO_BUDGET, LossReason.WITH_COMPETITOR, LossReason.UNKNOWN,
    ]  # fmt: skip


def test_activities_find_their_lead_and_planned_ones_have_not_happened(tmp_path: Path) -> None:
    sheets = sheets_of(
        tmp_path,
        leads=f"{LEADS}\nL1,2024-01-01,Web,a,,\nL2,2024-03-01,Web,a,,\n",
        deals=deals(deal(1, "Closed Won", "2024-01-05", "2024-02-01", lead="L1")),
        activities="Activity ID,Activity Date,Activity Type,Lead ID,Opportunity ID,Call Result\n"
        "1,2024-01-02,Call,L1,,No answer\n2,2024-01-03,電話,L1,,Connected\n"
        "3,2024-01-20,Meeting,,1,\n4,2030-01-20,Meeting,,1,\n5,2024-01-20,E-mail,,7,\n",
    )
    found = imported(sheets)
    acts = found.records.activities
    assert acts.act.tolist() == [Act.CALL, Act.CALL, Act.MEETING, Act.OTHER]
    assert acts.lead.tolist() == [0, 0, 0, -1]
    assert acts.opportunity.tolist() == [-1, -1, 0, -1]
    assert acts.reached.tolist() == [0, 1, -1, -1]
    assert reasons(found) == {"planned": 1}


def test_contracts_run_until_they_end_and_count_as_opportunities_do(tmp_path: Path) -> None:
    sheets = sheets_of(
        tmp_path,
        deals=deals(
            deal(1, "Closed Won", "2024-01-05", "2024-02-01", amount="1200"),
            deal(2, "Prospecting", "2024-06-05", "", amount="1200"),
        ),
        contracts="Contract ID,Account Name,Start Date,End Date,MRR\n"
        "1,a,2024-02-01,2024-05-01,100\n2,b,2024-02-01,2025-02-01,50\n3,c,,2024-03-01,50\n",
    )
    found = imported(sheets)
    contracts = found.records.contracts
    assert np.isnan(contracts.end).tolist() == [False, True]
    assert contracts.amount.tolist() == [1200.0, 600.0]
    assert reasons(found) == {"no_date": 1}


def test_pipelines_and_statuses_can_be_left_out(tmp_path: Path) -> None:
    sheets = sheets_of(
        tmp_path,
        leads="Lead ID,Created Date,Lead Source,Lead Status\nL1,2024-01-01,Web,New\n"
        "L2,2024-01-01,Web,Test\n",
        deals="Deal ID,Deal Stage,Pipeline,Create Date,Close Date\n"
        "1,Closed Won,Sales,2024-01-01,2024-02-01\n2,Closed Won,Renewals,2024-01-01,2024-02-01\n",
    )
    found = imported(sheets, pipelines=("Sales",), lead_statuses={"test": "leave_out"})
    assert reasons(found) == {"pipeline_left_out": 1, "status_left_out": 1}
    assert (len(found.records.leads), len(found.records.opportunities)) == (1, 1)
    assert found.share_unusable == 0.0


# ------------------------------------------------------------------ nearly nothing


def test_an_export_of_one_row_is_imported_and_said_to_be_too_little(tmp_path: Path) -> None:
    found = imported(
        sheets_of(tmp_path, deals=deals(deal(1, "Closed Won", "2024-01-05", "2024-02-01")))
    )
    assert "hold 1 usable row:" in said(found, "few_cases")
    assert "Every opportunity in the files is won" in said(found, "not_identifiable")


def test_files_without_a_win_are_said_to_fit_no_conversion(tmp_path: Path) -> None:
    found = imported(
        sheets_of(tmp_path, deals=deals(deal(1, "Closed Lost", "2024-01-05", "2024-02-01")))
    )
    assert "Nothing is won" in said(found, "not_identifiable")


def test_files_without_a_usable_row_are_refused(tmp_path: Path) -> None:
    sheets = sheets_of(tmp_path, deals=deals(deal(1, "Prospecting", "", "2024-02-01")))
    mapping = dataclasses.replace(guess(sheets), amounts="annual")
    with pytest.raises(ScenarioError, match=r"no lead and no opportunity is left"):
        import_files(sheets, mapping)


def test_open_questions_stop_an_import(tmp_path: Path) -> None:
    sheets = sheets_of(tmp_path, deals=deals(deal(1, "Zebra", "03/04/2024", "05/06/2024")))
    with pytest.raises(ScenarioError) as caught:
        import_files(sheets, guess(sheets))
    assert [problem.key for problem in caught.value.problems] == [
        "files.deals.csv.date_order", "amounts", "stages.Zebra",
    ]  # fmt: skip


def test_every_reason_is_said_in_words() -> None:
    assert set(REASON_WORDS) >= HARMLESS
    assert all(words and words[0].islower() for words in REASON_WORDS.values())


# ------------------------------------------------------------------ who is who


@pytest.mark.parametrize(("others", "mine"), [("abcd", 600), ("abcdefghijk", 400)])
def test_a_star_seller_of_a_small_team_is_a_person(tmp_path: Path, others: str, mine: int) -> None:
    owners = [*others, *["star"] * mine]
    rows = [
        deal(at, "Closed Won", "2024-01-05", "2024-02-01", owner=owner)
        for at, owner in enumerate(owners)
    ]
    found = imported(sheets_of(tmp_path, deals=deals(*rows)))
    assert found.records.field_sales == len(others) + 1
    assert not said(found, "one_owner")


def test_ids_of_people_keep_their_case_and_names_do_not(tmp_path: Path) -> None:
    owners = ["005A000000abcaA", "005A000000abcAa", "005A000000abcaAIAQ", "Bob Ray", "BOB RAY"]
    rows = [
        deal(at, "Closed Won", "2024-01-05", "2024-02-01", owner=owner)
        for at, owner in enumerate(owners)
    ]
    records = imported(sheets_of(tmp_path, deals=deals(*rows))).records
    assert records.opportunities.owner.tolist() == [0, 1, 0, 2, 2]


def test_both_forms_of_a_salesforce_id_join_and_capital_letters_matter(tmp_path: Path) -> None:
    sheets = sheets_of(
        tmp_path,
        leads="Lead ID,Created Date,Lead Source,Converted Opportunity ID\n"
        "1,2024-01-01,Web,006A0000000abcd\n2,2024-01-01,Web,006A0000000abcD\n"
        "3,2024-01-01,Web,006A0000000xyzaIAZ\n4,2024-01-01,Web,006A0000000abcdIAR\n",
        deals="Opportunity ID,Stage,Created Date,Close Date\n"
        "006A0000000abcDIAQ,Closed Won,2024-01-05,2024-02-01\n"
        "006A0000000abcdIAQ,Closed Won,2024-01-05,2024-02-01\n"
        "006A0000000xyza,Closed Lost,2024-01-05,2024-02-01\n",
    )
    assert imported(sheets).records.opportunities.lead.tolist() == [1, 0, 2]


def test_long_ids_that_begin_alike_are_different_ids() -> None:
    names = np.array(["DEAL00000000000001", "DEAL00000000000002"], dtype=object)
    wanted = np.array(["DEAL00000000000002", "DEAL00000000000003"], dtype=object)
    assert position_of(wanted, names, np.ones(2, dtype=np.bool_)).tolist() == [1, -1]


@pytest.mark.parametrize("mark", ["-", "n/a", "N/A", "なし", "(none)"])
def test_marks_for_nothing_join_nothing_and_are_no_ids(tmp_path: Path, mark: str) -> None:
    leads = f"{mark},2024-01-01,Web,a,{mark},{mark}\n{mark},2024-01-02,Web,b,{mark},{mark}\n"
    sheets = sheets_of(
        tmp_path,
        leads=f"{LEADS}\n{leads}",
        deals=f"{DEALS},Contact Email,Account Name\n"
        f"{mark},{mark},n1,x,Closed Won,5,2024-02-01,2024-01-05,,{mark},{mark}\n"
        f"{mark},{mark},n2,x,Closed Lost,6,2024-02-01,2024-01-06,,{mark},{mark}\n",
    )
    records = imported(sheets).records
    assert (len(records.leads), len(records.opportunities)) == (2, 2)
    assert records.opportunities.lead.tolist() == [-1, -1]


def test_what_many_have_in_common_joins_nobody(tmp_path: Path) -> None:
    sheets = sheets_of(
        tmp_path,
        leads="Created Date,Company,Company Domain Name,Lead Source\n"
        "2024-01-01,個人,gmail.com,Web\n2024-01-02,個人,Yahoo.co.jp,Web\n"
        "2024-01-03,Acme,acme.com,Web\n",
        deals="Deal ID,Deal Stage,Create Date,Close Date,Company Domain Name,Company Name\n"
        "1,Closed Won,2024-03-01,2024-04-01,gmail.com,個人\n"
        "2,Closed Won,2024-03-01,2024-04-01,yahoo.co.jp,個人\n"
        "3,Closed Lost,2024-03-01,2024-04-01,Acme.com,Acme\n",
    )
    by_domain = dataclasses.replace(guess(sheets))
    assert all("domain" in each.columns for each in by_domain.files)
    assert imported(sheets).records.opportunities.lead.tolist() == [-1, -1, 2]
    by_company = [
        dataclasses.replace(
            sheet,
            columns=tuple(name for name in sheet.columns if name != "Company Domain Name"),
            cells=sheet.cells.drop(columns="Company Domain Name"),
        )
        for sheet in sheets
    ]
    assert imported(by_company).records.opportunities.lead.tolist() == [-1, -1, 2]


def test_a_cell_with_very_many_ids_makes_no_more_columns_than_are_looked_at() -> None:
    many = ";".join(str(at) for at in range(100_000))
    made: list[int] = []
    split = pd.core.strings.accessor.StringMethods.split

    def counted(*given: Any, **named: Any) -> Any:
        made.append(split(*given, **named).shape[1])
        return split(*given, **named)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pd.core.strings.accessor.StringMethods, "split", counted)
        found = joining._each_named(np.array([many, "7"], dtype=object))
    assert made == [21]
    assert [each[0] for each in found] == [str(at) for at in range(20)]


# ------------------------------------------------------------------ currencies


def test_files_in_two_currencies_are_not_added_up(tmp_path: Path) -> None:
    few = [deal(at, "Closed Won", "2024-01-05", "2024-02-01", amount="$ 500") for at in range(3)]
    many = [
        deal(at, "Closed Won", "2024-01-05", "2024-02-01", amount="¥60000") for at in range(9, 19)
    ]
    sheets = sheets_of(tmp_path, deals_us=deals(*few), deals_jp=deals(*many))
    found = imported(sheets)
    assert found.records.currency == "JPY"
    amount = found.records.opportunities.amount
    assert sorted(amount[np.isfinite(amount)].tolist()) == [60000.0] * 10
    assert reasons(found) == {"other_currency": 3}
    assert "Only those in JPY are used, and 3 amounts are left out" in said(found, "dropped")
    # Whatever the mapping says, they are not mixed.
    unstated = imported(sheets, currency="").records.opportunities.amount
    assert np.isfinite(unstated).sum() == 10


def test_a_currency_in_small_letters_is_the_same(tmp_path: Path) -> None:
    text = (
        "Deal ID,Deal Stage,Create Date,Close Date,Amount,Currency\n"
        "1,Closed Won,2024-01-01,2024-02-01,100,usd\n2,Closed Won,2024-01-01,2024-02-01,100,USD\n"
        "3,Closed Lost,2024-01-01,2024-02-01,100,usd\n"
    )
    found = imported(sheets_of(tmp_path, deals=text))
    assert found.records.currency == "USD"
    assert not reasons(found)
    assert "currency" not in said(found, "assumption")


def test_a_currency_that_no_file_names_is_said_to_be_unknown(tmp_path: Path) -> None:
    bare = sheets_of(tmp_path, deals=deals(deal(1, "Closed Won", "2024-01-05", "2024-02-01")))
    assert "No file names a currency" in said(imported(bare), "assumption")
    assert Scenario().currency == DEFAULT_CURRENCY


def test_amounts_of_contracts_that_cannot_be_compared_are_told(tmp_path: Path) -> None:
    sheets = sheets_of(
        tmp_path,
        deals=deals(deal(1, "Closed Won", "2024-01-05", "2024-02-01", amount="1200")),
        contracts="Contract ID,Account Name,Start Date,End Date,MRR\n"
        "1,a,2024-02-01,,100\n2,b,2024-02-01,,50\n3,c,2024-02-01,,\n",
    )
    assert "2 contracts state what a month" in said(imported(sheets, amounts="total"), "dropped")
    assert "contracts state" not in said(imported(sheets, amounts="annual"), "dropped")


# ------------------------------------------------------------------ one day, several changes


@pytest.mark.parametrize("newest_first", [False, True])
def test_changes_of_one_day_keep_the_order_of_the_file(tmp_path: Path, newest_first: bool) -> None:
    rows = [
        "1,Demo,2024-01-05\n", "1,Closed Lost,2024-02-05\n", "1,Closed Won,2024-02-05\n",
        "2,Demo,2024-01-05\n", "2,Closed Lost,2024-03-05\n",
    ]  # fmt: skip
    history = "".join(reversed(rows) if newest_first else rows)
    sheets = sheets_of(
        tmp_path,
        deals=deals(
            deal(1, "Closed Won", "2024-01-05", "2024-02-05"),
            deal(2, "Closed Lost", "2024-01-05", "2024-03-05"),
        ),
        stage_history=f"Opportunity ID,Stage,Change Date\n{history}",
    )
    for order in (("Demo", "Closed Won", "Closed Lost"), ("Demo", "Closed Lost", "Closed Won")):
        outcomes = {"Demo": "open", "Closed Won": "won", "Closed Lost": "lost"}
        records = imported(sheets, stages={name: outcomes[name] for name in order}).records
        first = records.moves.stage[records.moves.opportunity == 0]
        assert [records.stages[at] for at in first] == ["Demo", "Closed Lost", "Closed Won"]
        assert records.opportunities.reopened.tolist() == [True, False]


# ------------------------------------------------------------------ nobody is named


def test_no_telephone_number_and_no_remark_is_written_anywhere(tmp_path: Path) -> None:
    phone, remark = "090-1234-5678", "Referral by Bob Ray"
    leads = [f"L{at},2024-01-{1 + at % 28:02},Web,a,," for at in range(30)]
    leads += [f"L98,2024-01-09,{remark},a,,", f"L99,2024-01-09,call {phone},a,,"]
    head = "Deal ID,Deal Stage,Pipeline,Create Date,Close Date,Loss Reason\n"
    rows = [
        f"{at},{stage},{pipeline},2024-01-01,2024-02-01,{reason}\n"
        for at, (stage, pipeline, reason) in enumerate(
            [
                ("Closed Won", "Sales", ""), ("Closed Lost", "Sales", "Bob was too expensive"),
                ("Closed Lost", "Sales", "Price"), ("Closed Lost", "Sales", "Price"),
                (f"Closed Lost call {phone}", "Sales", f"ask {phone}"),
                ("Closed Lost", f"of bob@x.jp {phone}", f"ask {phone}"),
            ]
        )
    ]  # fmt: skip
    sheets = sheets_of(tmp_path, leads="\n".join([LEADS, *leads]), deals=head + "".join(rows))
    mapping = guess(sheets)
    found = imported(sheets)
    for written in (mapping_text(mapping), repr(found)):
        for part in ("1234", "Bob", "bob", "x.jp"):
            assert part not in written
    assert mapping.loss_reasons == {"Price": "no_budget"}
    assert len(mapping.pipelines) == 2
    assert set(found.records.channels) == {"web", "other", "an_address", "not_recorded"}
    assert "1 sources that only one or two rows have" in said(found, "assumption")
    # What is not listed is still understood, and nothing is lost.
    assert len(found.records.opportunities) == 6
    assert found.records.opportunities.reason[1] == LossReason.NO_BUDGET


def test_a_rare_source_that_the_mapping_lists_is_a_channel(tmp_path: Path) -> None:
    leads = [f"L{at},2024-01-{1 + at % 28:02},Web,a,," for at in range(30)]
    text = "\n".join([LEADS, *leads, "L99,2024-01-09,Trade fair,a,,"])
    sheets = sheets_of(tmp_path, leads=text)
    assert imported(sheets).records.channels == ("web", "other")
    stated = imported(sheets, channels={"Web": "web", "Trade fair": "fair"})
    assert stated.records.channels == ("web", "fair")
