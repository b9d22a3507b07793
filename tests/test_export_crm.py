"""A run as CRM files: all of it, nothing that only the simulator knows, and holes on request."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import typer
from small_companies import small_company
from typer.testing import CliRunner, Result

from simulator.calibration.exporting.crm_export import LOGS, Choices, export
from simulator.calibration.exporting.crm_files import STYLES, Style, crm_files, csv_bytes, files_of
from simulator.calibration.exporting.crm_holes import Holes, doubled, with_holes
from simulator.calibration.exporting.crm_tables import CrmTables, crm_tables, known_at
from simulator.calibration.exporting.crm_words import (
    CLOSED_LOST,
    CLOSED_WON,
    WORDS,
    LeadStatus,
    Step,
    Words,
)
from simulator.calibration.importing.guessing import guess
from simulator.calibration.importing.imported import import_files
from simulator.calibration.importing.mapping import ASK, open_questions
from simulator.calibration.importing.mapping_file import load_mapping
from simulator.calibration.importing.reading import Sheet, read_sheets
from simulator.calibration.importing.stage_names import (
    act_of,
    reached_by,
    reason_meaning,
    status_meaning,
)
from simulator.calibration.records import Act, LossReason, Outcome
from simulator.calibration.working_time import WorkingTime
from simulator.cells import harmless
from simulator.commands.export_crm import export_crm
from simulator.commands.terminal import Commands
from simulator.engine import run
from simulator.errors import OutputError
from simulator.metrics.rows import Book, opportunities
from simulator.organization.journal import (
    LOADED_SLOT,
    MONTHS_PER_YEAR,
    SLOTS,
    Journal,
    Kind,
    Reason,
    Team,
)
from simulator.scenario import load_scenario
from simulator.scenario.schema import Scenario

STARTS = date(2024, 4, 1)
TIME = WorkingTime(STARTS)
TABLES = ("leads", "opportunities", "moves", "activities", "contracts", "owners")
HALF_YEAR = 120.0

Change = Callable[[Scenario, dict[str, Any]], Scenario]


@pytest.fixture(scope="module")
def company(small: Scenario, changed: Change) -> Scenario:
    """A quarter of the default company for a year; buyers that were lost are brought back."""
    return changed(small, {"horizon.months": 12.0, "recycling.mode": "systematic"})


@pytest.fixture(scope="module")
def journal(company: Scenario) -> Journal:
    return run(company, 3, 0, "company")


@pytest.fixture(scope="module")
def tables(journal: Journal) -> CrmTables:
    return crm_tables(journal)


# ------------------------------------------------------------------ all of it


def test_every_inquiry_is_a_lead_and_nothing_else_is(journal: Journal, tables: CrmTables) -> None:
    rows = journal.where(Kind.ARRIVED)
    inquiries = rows[journal.buyer[rows] % SLOTS < LOADED_SLOT]
    assert len(inquiries) > 500
    assert sorted(journal.buyer[inquiries]) == tables.leads["buyer"].tolist()
    created = dict(zip(tables.leads["buyer"], tables.leads["created"], strict=True))
    assert all(created[b] == t for b, t in zip(journal.buyer[inquiries], journal.time[inquiries],
                                               strict=True))  # fmt: skip
    slots = tables.leads["buyer"] % SLOTS
    assert (tables.leads["channel"] == [journal.facts.channels[slot] for slot in slots]).all()


def test_wins_are_won_opportunities_and_contracts_begun(
    journal: Journal, tables: CrmTables
) -> None:
    wins = journal.where(Kind.WON)
    won = tables.opportunities[tables.opportunities["outcome"] == Outcome.WON]
    begun = tables.contracts[tables.contracts["opportunity"] >= 0]
    assert len(wins) == len(won) == len(begun) > 20
    told = {(b, t): a for b, t, a in zip(journal.buyer[wins], journal.time[wins],
                                         journal.a[wins], strict=True)}  # fmt: skip
    for row in won.itertuples():
        assert told[row.buyer, row.closed] * MONTHS_PER_YEAR == row.amount
    signed = tables.opportunities.iloc[begun["opportunity"]]
    assert (signed["buyer"].to_numpy() == begun["buyer"].to_numpy()).all()
    assert (signed["closed"].to_numpy() == begun["start"].to_numpy()).all()
    assert (begun["mrr"].to_numpy() * MONTHS_PER_YEAR == signed["amount"].to_numpy()).all()


def test_opportunities_are_those_that_the_metrics_count(
    journal: Journal, tables: CrmTables
) -> None:
    book = Book(journal)
    counted = opportunities(book)
    order = np.lexsort((book.buyers[counted.buyer], counted.opened))
    deals = tables.opportunities
    np.testing.assert_array_equal(deals["buyer"], book.buyers[counted.buyer][order])
    np.testing.assert_array_equal(deals["opened"], counted.opened[order])
    np.testing.assert_array_equal(deals["closed"], counted.decided[order])
    np.testing.assert_array_equal(deals["outcome"] == Outcome.WON, counted.won[order])


def test_a_buyer_brought_back_has_another_opportunity(tables: CrmTables) -> None:
    deals, leads = tables.opportunities, tables.leads
    again = deals[deals["number"] > 1]
    assert len(again) > 5
    for row in again.itertuples():
        earlier = deals[(deals["buyer"] == row.buyer) & (deals["number"] == row.number - 1)]
        assert earlier["closed"].item() <= row.opened
    converted = leads[leads["opportunity"] >= 0]
    first = deals.iloc[converted["opportunity"]]
    assert (first["number"] == 1).all()
    assert (first["opened"].to_numpy() == converted["converted"].to_numpy()).all()
    assert (first["lead"].to_numpy() == converted.index.to_numpy()).all()
    assert set(deals["lead"]) == {-1, *converted.index}


def test_nothing_closes_before_it_opens_and_stages_are_in_order(tables: CrmTables) -> None:
    deals, moves = tables.opportunities, tables.moves
    closed = deals["closed"].notna()
    assert (deals["closed"][closed] >= deals["opened"][closed]).all()
    same = moves["opportunity"].diff() == 0
    assert (moves["time"].diff()[same] >= 0.0).all()
    assert (moves["stage"].diff()[same] > 0).all()
    opening = moves[~same]
    assert opening["opportunity"].tolist() == deals.index.tolist()
    assert (opening["time"].to_numpy() == deals["opened"].to_numpy()).all()
    last = moves[~same.shift(-1, fill_value=False)]
    assert (last["stage"].to_numpy() == deals["stage"].to_numpy()).all()
    ends = {int(Outcome.WON): CLOSED_WON, int(Outcome.LOST): CLOSED_LOST}
    for row in deals.itertuples():
        assert row.stage == ends.get(row.outcome, row.stage)
        assert (row.outcome == Outcome.OPEN) == math.isnan(row.closed) == (row.stage < CLOSED_WON)


def test_every_call_and_meeting_is_an_activity(journal: Journal, tables: CrmTables) -> None:
    acts = tables.activities
    calls, meetings = acts[acts["act"] == Act.CALL], acts[acts["act"] == Act.MEETING]
    attempts = journal.where(Kind.ATTEMPTED)
    assert len(calls) == len(attempts)
    assert (calls["reached"] == 1).sum() == (journal.code[attempts] == 1).sum() > 100
    assert len(meetings) == len(journal.where(Kind.MET)) > 50
    assert acts["time"].is_monotonic_increasing
    held = tables.moves[(tables.moves["stage"] > 0) & (tables.moves["stage"] < CLOSED_WON)]
    held = held[(held["owner"] != "")]  # the company's first opportunities begin at a later stage
    per_deal = meetings["opportunity"].value_counts().sort_index()
    pd.testing.assert_series_equal(
        per_deal, held["opportunity"].value_counts().sort_index(), check_names=False
    )
    deals = tables.opportunities.iloc[meetings["opportunity"]]
    assert (deals["buyer"].to_numpy() == meetings["buyer"].to_numpy()).all()
    assert (meetings["time"].to_numpy() >= deals["opened"].to_numpy()).all()
    assert not (meetings["time"].to_numpy() > deals["closed"].to_numpy()).any()


def test_customers_of_the_start_have_their_true_beginning(
    journal: Journal, tables: CrmTables
) -> None:
    rows = journal.where(Kind.CUSTOMER)
    old = tables.contracts[tables.contracts["opportunity"] < 0].set_index("buyer")
    assert len(rows) == len(old) == 130
    for buyer, mrr, tenure in zip(journal.buyer[rows], journal.a[rows], journal.b[rows],
                                  strict=True):  # fmt: skip
        assert old.loc[buyer, "start"] == -tenure
        assert old.loc[buyer, "mrr"] == mrr
    left = journal.where(Kind.CHURNED)
    ended = tables.contracts[tables.contracts["end"].notna()]
    assert sorted(ended["end"]) == journal.time[left].tolist() != []
    # Revenue lost is what the contract had come to.
    paid = dict(zip(ended["end"], ended["latest"], strict=True))
    assert [paid[t] for t in journal.time[left]] == journal.a[left].tolist()


def test_opportunities_of_the_start_are_entered_on_the_first_day(tables: CrmTables) -> None:
    brought = tables.opportunities[
        (tables.opportunities["buyer"] % SLOTS == LOADED_SLOT + 1)
        & (tables.opportunities["number"] == 1)
    ]
    assert len(brought) == 22
    assert (brought["opened"] == 0.0).all()
    assert (brought["lead"] == -1).all()
    stages = tables.moves[tables.moves["opportunity"].isin(brought.index)]
    begun_at = stages.drop_duplicates("opportunity")["stage"]
    assert begun_at.nunique() > 1  # some had met before


def test_reasons_are_those_on_record_not_the_true_ones(journal: Journal, tables: CrmTables) -> None:
    lost = journal.where(Kind.LOST)
    lost = lost[journal.team[lost] == Team.FIELD_SALES]
    deals = tables.opportunities[tables.opportunities["outcome"] == Outcome.LOST]
    shown = dict(zip(zip(deals["buyer"], deals["closed"], strict=True), deals["reason"],
                     strict=True))  # fmt: skip
    recorded = [shown[key] for key in zip(journal.buyer[lost], journal.time[lost], strict=True)]
    assert recorded == journal.a[lost].tolist()
    assert (journal.a[lost] != journal.code[lost]).any()  # some are not on record
    unlost = tables.opportunities[tables.opportunities["outcome"] != Outcome.LOST]
    assert (unlost["reason"] == 0).all()


def test_leads_end_where_the_departments_left_them(journal: Journal, tables: CrmTables) -> None:
    leads = tables.leads
    assert set(leads["status"]) >= set(LeadStatus) - {LeadStatus.NEW}
    first = crm_tables(known_at(journal, leads["created"].min())).leads
    assert first["status"].tolist() == [LeadStatus.NEW]
    given_up = leads["status"] == LeadStatus.UNQUALIFIED
    assert (leads["closed"].notna() == given_up).all()
    assert (leads["closed"][given_up] >= leads["created"][given_up]).all()
    assert ((leads["status"] == LeadStatus.CONVERTED) == leads["converted"].notna()).all()
    lost = journal.where(Kind.LOST)
    lost = lost[journal.team[lost] != Team.FIELD_SALES]
    ends = set(zip(journal.buyer[lost], journal.time[lost], strict=True))
    assert ends >= set(zip(leads["buyer"][given_up], leads["closed"][given_up], strict=True))


def test_a_one_off_sale_has_a_price(company: Scenario, changed: Change) -> None:
    sold = crm_tables(run(changed(company, {"sale": "one_off"}), 3, 0, "shop"))
    begun = sold.contracts
    won = sold.opportunities[sold.opportunities["outcome"] == Outcome.WON]
    assert len(begun) == len(won) > 20
    assert sorted(begun["mrr"]) == sorted(won["amount"])
    headings = crm_files(sold, "salesforce", WORDS["en"], TIME)["contracts.csv"].columns
    assert "Price" in headings
    assert "MRR" not in headings


def test_an_empty_company_has_empty_files(company: Scenario, changed: Change) -> None:
    nobody = {f"market.channels.{name}.leads_per_day": 0.0 for name in company.market.channels}
    empty = crm_tables(
        run(changed(company, {**nobody, "start.loaded": False, "horizon.months": 1.0}), 1)
    )
    for style in STYLES:
        sheets = crm_files(empty, style, WORDS["en"], TIME)
        assert {name: len(sheet) for name, sheet in sheets.items() if len(sheet)} == {
            files_of(style)[-1]: 7
        }


# ------------------------------------------------------------------ people


def test_everybody_has_a_number_in_the_team_and_no_name(
    journal: Journal, tables: CrmTables
) -> None:
    owners = tables.owners
    assert owners["owner"].is_unique
    for team, prefix in ((Team.INSIDE_SALES, "IS"), (Team.FIELD_SALES, "FS")):
        mine = owners[owners["team"] == team]
        assert mine["owner"].tolist() == [f"{prefix}-{n}" for n in range(1, len(mine) + 1)]
        assert mine["since"].is_monotonic_increasing
    known = set(owners["owner"]) | {""}
    for name in ("leads", "opportunities", "moves", "activities"):
        assert set(getattr(tables, name)["owner"]) <= known
    won = tables.opportunities[tables.opportunities["outcome"] == Outcome.WON]
    assert won["owner"].str.startswith("FS-").all()
    calls = tables.activities[tables.activities["act"] == Act.CALL]
    assert calls["owner"].str.startswith("IS-").all()
    # Calls per person are those of the journal, where people go by other numbers.
    attempts = journal.where(Kind.ATTEMPTED)
    _, counts = np.unique(journal.person[attempts], return_counts=True)
    assert sorted(calls["owner"].value_counts()) == sorted(counts)


def test_who_rotates_or_helps_goes_by_the_team_of_the_work_or_the_own_one(
    changed: Change,
) -> None:
    rotating = changed(load_scenario("job_rotation").scenario, {"horizon.months": 9.0})
    moved = run(rotating, 2, 0, "rotating")
    tables = crm_tables(moved)
    hired = moved.where(Kind.HIRED)
    spells = set(zip(moved.person[hired], moved.team[hired], strict=True))
    assert len(spells) > len({person for person, _ in spells})  # somebody was in two teams
    of_departments = [pair for pair in spells if pair[1] <= Team.CUSTOMER_SUCCESS]
    assert len(tables.owners) == len(of_departments)
    assert (tables.activities["owner"] != "").all()
    assert set(tables.activities["owner"]) <= set(tables.owners["owner"])


# ------------------------------------------------------------------ known at a time


def test_a_cut_history_is_that_of_a_run_that_ended_then(
    company: Scenario, changed: Change, journal: Journal
) -> None:
    cut = crm_tables(known_at(journal, HALF_YEAR))
    short = crm_tables(run(changed(company, {"horizon.months": 6.0}), 3, 0, "company"))
    assert cut.facts == short.facts
    for name in TABLES:
        pd.testing.assert_frame_equal(getattr(cut, name), getattr(short, name))


def test_what_comes_later_is_not_there_and_deals_stay_open(
    journal: Journal, tables: CrmTables
) -> None:
    cut = crm_tables(known_at(journal, HALF_YEAR))
    for name, columns in {
        "leads": ("created", "converted", "closed"), "opportunities": ("opened", "closed"),
        "moves": ("time",), "activities": ("time",), "contracts": ("start", "end"),
        "owners": ("since", "until"),
    }.items():  # fmt: skip
        for column in columns:
            assert not (getattr(cut, name)[column] > HALF_YEAR).any(), (name, column)
    whole = tables.opportunities.set_index(["buyer", "number"])
    then = cut.opportunities.set_index(["buyer", "number"])
    assert (whole["opened"] <= HALF_YEAR).sum() == len(then)
    later = then[whole.loc[then.index, "closed"] > HALF_YEAR]
    assert len(later) > 10
    assert (later["outcome"] == Outcome.OPEN).all()
    assert (later["stage"] < CLOSED_WON).all()
    assert (later["reason"] == 0).all()


# ------------------------------------------------------------------ holes


def test_results_before_recording_began_are_missing_with_all_that_belongs_to_them(
    tables: CrmTables,
) -> None:
    torn = with_holes(tables, Holes(recorded_since=HALF_YEAR))
    deals, whole = torn.opportunities, tables.opportunities
    assert not (deals["closed"] < HALF_YEAR).any()
    assert len(deals) == (~(whole["closed"] < HALF_YEAR)).sum() < len(whole)
    assert len(torn.leads) == len(tables.leads)
    names = ["buyer", "number"]
    there = pd.MultiIndex.from_frame(deals[names])
    for name in ("moves", "activities", "contracts"):
        before, after = getattr(tables, name), getattr(torn, name)
        mine = before["opportunity"] >= 0
        of = pd.MultiIndex.from_frame(whole[names].iloc[before["opportunity"][mine]])
        kept = before[mine][of.isin(there)]
        assert len(after) == len(kept) + (~mine).sum() < len(before)
        again = after[after["opportunity"] >= 0]
        now = deals[names].iloc[again["opportunity"]].to_numpy()
        np.testing.assert_array_equal(now, whole[names].iloc[kept["opportunity"]].to_numpy())
    converted = torn.leads["opportunity"]
    assert (converted >= 0).sum() < (tables.leads["opportunity"] >= 0).sum()
    linked = torn.leads[converted >= 0]
    assert (deals["buyer"].iloc[linked["opportunity"]].to_numpy()
            == linked["buyer"].to_numpy()).all()  # fmt: skip
    unlinked = torn.leads[(converted < 0) & (tables.leads["opportunity"] >= 0)]
    assert (unlinked["status"] != LeadStatus.CONVERTED).all()


def within(count: int, of: int, share: float) -> bool:
    """Whether a count is within five standard errors of what its share says."""
    return abs(count - of * share) <= 5.0 * math.sqrt(of * share * (1.0 - share))


def test_lost_opportunities_that_nobody_closed_stay_open_where_they_were(
    tables: CrmTables,
) -> None:
    torn = with_holes(tables, Holes(unclosed=0.4))
    before, after = tables.opportunities, torn.opportunities
    lost = before["outcome"] == Outcome.LOST
    opened = lost & (after["outcome"] == Outcome.OPEN)
    assert within(int(opened.sum()), int(lost.sum()), 0.4)
    assert after["closed"][opened].isna().all()
    assert (after["stage"][opened] < CLOSED_WON).all()
    pd.testing.assert_frame_equal(after[~opened], before[~opened])
    assert len(torn.moves) == len(tables.moves) - opened.sum()


def test_cells_go_missing_by_seed_and_replication_alone(
    company: Scenario, tables: CrmTables
) -> None:
    torn = with_holes(tables, Holes(missing=0.2))
    again = with_holes(tables, Holes(missing=0.2, unclosed=0.4))
    other = with_holes(crm_tables(run(company, 3, 1, "company")), Holes(missing=0.2))
    empty = torn.leads["channel"] == ""
    assert within(int(empty.sum()), len(empty), 0.2)
    assert (again.leads["channel"] == torn.leads["channel"]).all()
    common = min(len(empty), len(other.leads))
    assert ((other.leads["channel"] == "")[:common] != empty[:common]).any()
    amounts = torn.opportunities["amount"].isna()
    assert within(int(amounts.sum()), len(amounts), 0.2)
    pd.testing.assert_frame_equal(with_holes(tables, Holes()).leads, tables.leads)


def test_rows_can_be_there_twice(tables: CrmTables) -> None:
    for style in STYLES:
        sheets = crm_files(tables, style, WORDS["en"], TIME)
        twice = doubled(sheets, tables.facts, 0.3)
        for name, sheet in sheets.items():
            pd.testing.assert_frame_equal(
                twice[name].drop_duplicates().reset_index(drop=True), sheet
            )
        leads = files_of(style)[0]
        assert within(len(twice[leads]) - len(sheets[leads]), len(sheets[leads]), 0.3)


# ------------------------------------------------------------------ files


def rows_of(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


@pytest.fixture(scope="module", params=["en", "ja"])
def words(request: pytest.FixtureRequest) -> Words:
    return WORDS[request.param]


@pytest.mark.parametrize("style", STYLES)
def test_the_importer_needs_to_be_told_nothing_but_what_an_amount_counts(
    style: Style, words: Words, tables: CrmTables, tmp_path: Path
) -> None:
    sheets: list[Sheet] = []
    for name, sheet in crm_files(tables, style, words, TIME).items():
        (tmp_path / name).write_bytes(csv_bytes(sheet, mark=True))
        sheets += read_sheets(tmp_path / name)
    found = guess(sheets)
    assert [problem.key for problem in open_questions(found)] == ["amounts"]
    kinds = ["leads", "opportunities", "stage_history", "activities", "contracts", "owners"]
    if style == "hubspot":  # its stage dates are columns of the opportunities
        kinds.remove("stage_history")
        dates = found.of_kind("opportunities")[0].stage_dates.values()
        assert list(dates) == list(found.stages)
    assert [each.kind for each in found.files] == kinds
    # Stages in their order, each with its meaning.
    expected = {words.stage(n): "open" for n in range(4)}
    assert list(found.stages.items()) == [
        *expected.items(), (words.won, "won"), (words.lost, "lost"),
    ]  # fmt: skip
    assert found.amounts == ASK


@pytest.mark.parametrize("style", STYLES)
def test_what_is_exported_is_imported_as_it_was(
    style: Style, journal: Journal, tables: CrmTables, tmp_path: Path
) -> None:
    out = tmp_path / "x"
    export(journal, out, Choices(STARTS, style=style, logs=()), ["themodel"], "1")
    sheets = [sheet for file in sorted(out.glob("*.csv")) for sheet in read_sheets(file)]
    imported = import_files(sheets, load_mapping(out / "mapping.yaml", sheets))
    found = imported.records
    assert imported.unusable == ()
    assert found.time == TIME
    assert (found.currency, found.amounts, found.dated_only) == ("JPY", "annual", False)

    def agree(imported: Any, exported: Any) -> None:
        # A second of working time is a small part of a business day.
        np.testing.assert_allclose(np.sort(imported), np.sort(exported), atol=1e-4)

    leads, deals, acts = tables.leads, tables.opportunities, tables.activities
    agree(found.leads.created, leads["created"])
    agree(found.leads.converted, leads["converted"])
    won = deals[(deals["outcome"] == Outcome.WON) & (deals["lead"] >= 0)]
    first = won.groupby("lead")["closed"].min()
    agree(found.leads.won[np.isfinite(found.leads.won)], first)
    agree(found.opportunities.opened, deals["opened"])
    agree(found.opportunities.closed, deals["closed"])
    agree(found.opportunities.amount, deals["amount"])
    agree(found.opportunities.outcome, deals["outcome"])
    assert (found.opportunities.lead >= 0).sum() == (deals["lead"] >= 0).sum()
    unrecorded = ((deals["outcome"] == Outcome.LOST) & (deals["reason"] == 0)).sum()
    assert (found.opportunities.reason == LossReason.UNKNOWN).sum() == unrecorded > 0
    agree(found.moves.time, tables.moves["time"])
    agree(found.activities.time, acts["time"])
    agree(found.activities.act, acts["act"])
    agree(found.activities.reached, acts["reached"])
    agree(found.contracts.start, tables.contracts["start"])
    agree(found.contracts.end, tables.contracts["end"])


def test_the_importer_knows_the_words(words: Words) -> None:
    meanings = {status: status_meaning(word) for status, word in words.statuses.items()}
    assert meanings.pop(LeadStatus.CONVERTED) == "converted"
    assert meanings.pop(LeadStatus.UNQUALIFIED) == "given_up"
    assert set(meanings.values()) == {"open"}
    for reason in LossReason:
        told = reason_meaning(words.reasons[Reason(reason)])
        assert told == reason.name.lower()
    assert reached_by(words.reached) == 1
    assert reached_by(words.not_reached) == 0
    assert act_of(words.acts[Act.CALL]) == Act.CALL
    assert act_of(words.acts[Act.MEETING]) == Act.MEETING


def test_both_languages_have_a_word_for_everything(words: Words) -> None:
    assert set(words.steps) == set(Step)
    assert set(words.statuses) == set(LeadStatus)
    assert set(words.reasons) == set(Reason)
    steps = list(words.steps.values())
    assert len(set(steps)) == len(steps)
    stages = [words.stage(number) for number in (0, 1, 2, CLOSED_WON, CLOSED_LOST)]
    assert len(set(stages)) == len(stages)


def test_files_hold_the_tables_to_the_second(tables: CrmTables) -> None:
    sheets = crm_files(tables, "plain", WORDS["en"], TIME)
    deals = rows_of(csv_bytes(sheets["opportunities.csv"]))
    assert len(deals) == len(tables.opportunities)
    opened = pd.to_datetime([row["created"] for row in deals]).to_numpy()
    # A second of working time is a small part of a business day.
    np.testing.assert_allclose(TIME.days(opened), tables.opportunities["opened"], atol=1e-4)
    assert [row["amount"] for row in deals] == [
        f"{amount:.0f}" for amount in tables.opportunities["amount"]
    ]
    for row in deals:
        assert row["closed"] == "" or row["closed"] >= row["created"]
        assert (row["outcome"] == "open") == (row["closed"] == "")
    contracts = rows_of(csv_bytes(sheets["contracts.csv"]))
    assert {row["opportunity_id"] for row in contracts} - {""} == {
        row["opportunity_id"] for row in deals if row["outcome"] == "won"
    }


def test_hubspot_dates_of_stages_are_the_history(tables: CrmTables) -> None:
    deals = crm_files(tables, "hubspot", WORDS["en"], TIME)["deals.csv"]
    won = deals[deals["Deal Stage"] == "Closed Won"]
    assert len(won) > 20
    column = 'Date entered "Closed Won (Sales Pipeline)"'
    assert (won[column] == won["Close Date"]).all()
    assert (deals[column] == "").sum() == len(deals) - len(won)
    stages = [name for name in deals.columns if name.startswith("Date entered")]
    entered = sum(int((deals[name] != "").sum()) for name in stages)
    assert entered == len(tables.moves)


def test_dates_can_be_without_an_hour(tables: CrmTables) -> None:
    leads = crm_files(tables, "salesforce", WORDS["en"], TIME, dates_only=True)["leads.csv"]
    assert leads["CreatedDate"].str.fullmatch(r"\d{4}-\d\d-\d\d").all()
    exact = crm_files(tables, "salesforce", WORDS["en"], TIME)["leads.csv"]
    assert (exact["CreatedDate"].str[:10] == leads["CreatedDate"]).all()


RISKY = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"]


@pytest.mark.parametrize("name", RISKY)
def test_a_cell_never_becomes_a_formula(name: str) -> None:
    safe = "'" + name.replace("\r", "\n")  # a lone carriage return would end the row
    assert harmless(name) == safe
    assert harmless("referral") == "referral"
    content = csv_bytes(pd.DataFrame({"a": [name, f"x{name}"], name: ["y", name]}, dtype=object))
    assert list(csv.reader(io.StringIO(content.decode(), newline=""))) == [
        ["a", safe], [safe, "y"], [f"x{safe[1:]}", safe],
    ]  # fmt: skip


def test_names_from_a_scenario_do_no_harm_in_files(company: Scenario, changed: Change) -> None:
    names = {'=HYPERLINK("http://x","y")': 0.5, 'a,b\n"c"': 0.5, "<b>&amp;": 0.5}
    values = company.model_dump()
    channel = values["market"]["channels"]["website"]
    values["market"]["channels"] = {name: {**channel, "leads_per_day": 1.0} for name in names}
    values["horizon"]["months"] = 1.0
    tables = crm_tables(run(Scenario.model_validate(values), 1, 0, "=x"))
    for style in STYLES:
        sheets = crm_files(tables, style, WORDS["en"], TIME)
        for sheet in sheets.values():
            cells = {cell for row in rows_of(csv_bytes(sheet)) for cell in row.values()}
            assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]
        leads = rows_of(csv_bytes(sheets[files_of(style)[0]]))
        found = {value for row in leads for value in row.values()}
        assert {'\'=HYPERLINK("http://x","y")', 'a,b\n"c"', "<b>&amp;"} <= found


# ------------------------------------------------------------------ the command

APP = typer.Typer(cls=Commands, rich_markup_mode=None, pretty_exceptions_enable=False)
APP.command("export-crm")(export_crm)


@APP.callback()
def _themodel() -> None:
    """Hold the command."""


RUNNER = CliRunner()

TINY = small_company(4)


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    file = tmp_path / "tiny.yaml"
    file.write_text(TINY)
    return file


def call(*arguments: object) -> Result:
    return RUNNER.invoke(APP, ["export-crm", *map(str, arguments)])


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_the_command_writes_files_and_logs_and_says_how_many_rows(
    tiny: Path, tmp_path: Path
) -> None:
    out = tmp_path / "exported"
    result = call(tiny, "-o", out)
    assert result.exit_code == 0, result.output
    written = contents(out)
    assert set(written) == {
        "leads.csv", "opportunities.csv", "opportunity_history.csv", "activities.csv",
        "contracts.csv", "users.csv", "README.txt", "mapping.yaml", "export.json",
        "event_log/events.csv", "event_log/events.xes", "event_log/events.ocel.json",
    }  # fmt: skip
    said = {line.split()[0]: line.split()[1] for line in result.stdout.splitlines()}
    for name in ("leads.csv", "contracts.csv", "event_log/events.csv"):
        assert said[name] == f"{len(rows_of(written[name])):,}"
    assert f"written to {out}" in result.stderr
    manifest = json.loads(written["export.json"])
    assert manifest["command"][:3] == ["themodel", "export-crm", str(tiny)]
    assert manifest["rows"]["leads.csv"] == len(rows_of(written["leads.csv"]))
    assert "12 x MRR" in written["README.txt"].decode()


def test_the_mapping_file_answers_what_the_importer_would_ask(tiny: Path, tmp_path: Path) -> None:
    assert call(tiny, "-o", tmp_path / "x", "--log", "none").exit_code == 0
    files = sorted((tmp_path / "x").glob("*.csv"))
    sheets = [sheet for file in files for sheet in read_sheets(file)]
    found = load_mapping(tmp_path / "x" / "mapping.yaml", sheets)
    assert open_questions(found) == []
    assert found.amounts == "annual"
    assert found.currency == "JPY"
    # Four months of 20 business days are 87 weekdays.
    assert found.until == np.busday_offset("2024-04-01", 86).item()


def test_the_same_seed_gives_the_same_bytes_again_into_the_same_folder(
    tiny: Path, tmp_path: Path
) -> None:
    out = tmp_path / "exported"
    options = ("--missing", "10%", "--duplicated", 0.1, "--unclosed", "0.2", "--seed", 5)
    assert call(tiny, "-o", out, *options).exit_code == 0
    first = contents(out)
    assert call(tiny, "-o", out, *options).exit_code == 0
    assert contents(out) == first
    assert call(tiny, "-o", out, *options, "--replication", 1).exit_code == 0
    assert contents(out)["leads.csv"] != first["leads.csv"]
    assert not [name for name in contents(out) if name.endswith(".tmp")]


def test_both_engines_export_the_same(tiny: Path, tmp_path: Path) -> None:
    for engine in ("simpy", "compiled"):
        assert call(tiny, "-o", tmp_path / engine, "--engine", engine).exit_code == 0
    assert contents(tmp_path / "simpy") == contents(tmp_path / "compiled")


@pytest.mark.parametrize("foreign", ["leads.csv", "notes.txt", f"{LOGS}/other.xes"])
def test_a_folder_with_anything_else_is_left_alone(
    foreign: str, tiny: Path, tmp_path: Path
) -> None:
    out = tmp_path / "mine"
    (out / LOGS).mkdir(parents=True)
    (out / foreign).write_text("my own")
    result = call(tiny, "-o", out)
    assert result.exit_code == 2
    assert foreign.split("/")[0] in result.stderr
    assert "name a new or empty folder" in result.stderr
    assert contents(out) == {foreign: b"my own"}


def test_an_export_of_other_files_needs_another_folder(tiny: Path, tmp_path: Path) -> None:
    out = tmp_path / "exported"
    assert call(tiny, "-o", out).exit_code == 0
    before = contents(out)
    for other in (("--style", "hubspot"), ("--log", "csv")):
        result = call(tiny, "-o", out, *other)
        assert result.exit_code == 2
        assert "name a new or empty folder" in result.stderr
    assert contents(out) == before


def test_a_file_in_place_of_the_folder_is_refused_before_the_run(
    tiny: Path, tmp_path: Path
) -> None:
    (tmp_path / "x").write_text("")
    result = call(tiny, "-o", tmp_path / "x")
    assert result.exit_code == 2
    assert "is a file; --out takes a folder" in result.stderr


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--style", "sap"), "none of salesforce, hubspot, zoho, plain"),
        (("--lang", "fr"), "neither en nor ja"),
        (("--log", "csv,xml"), "none of csv, xes, ocel"),
        (("--starts", "1.4.2024"), "write it as 2024-04-01"),
        (("--starts", "1666-09-02"), "years go from 1900 to 2200"),
        (("--until", "2024-03-31"), "must be after the first day of the run, 2024-04-01"),
        (("--until", "0"), "must be after the first day"),
        (("--until", "nan"), "must be after the first day"),
        (("--until", "soon"), "write it as 2024-04-01"),
        (("--recorded-since", "2024-12-01"), "no result would be recorded"),
        (("--until", "1", "--recorded-since", "2024-06-01"), "no result would be recorded"),
        (("--missing", "150%"), "no share from 0 to 1"),
        (("--missing", "some"), "no share from 0 to 1"),
        (("--duplicated", "nan"), "no share from 0 to 1"),
    ],
)
def test_wrong_input_is_refused_with_a_remedy_and_nothing_is_written(
    options: tuple[str, ...], said: str, tiny: Path, tmp_path: Path
) -> None:
    result = call(tiny, "-o", tmp_path / "x", *options)
    assert result.exit_code == 2
    assert said in " ".join(result.stderr.replace("│", " ").split())
    assert not (tmp_path / "x").exists()


def test_until_takes_a_day_or_months(tiny: Path, tmp_path: Path) -> None:
    for until in ("2024-05-15", "1.5"):
        out = tmp_path / until
        assert call(tiny, "-o", out, "--until", until, "--style", "plain").exit_code == 0
        leads = rows_of(contents(out)["leads.csv"])
        latest = max(datetime.fromisoformat(row["created"]) for row in leads).date()
        ends = json.loads(contents(out)["export.json"])["until"]
        assert latest <= date.fromisoformat(ends) <= date(2024, 5, 16)
        assert (date.fromisoformat(ends) - latest).days <= 7
    log = rows_of(contents(tmp_path / "2024-05-15")["event_log/events.csv"])
    assert max(row["timestamp"] for row in log) < "2024-05-16"


def test_holes_are_in_the_crm_files_and_never_in_the_logs(tiny: Path, tmp_path: Path) -> None:
    torn = ("--recorded-since", "2024-06-01", "--missing", "50%", "--dates-only")
    assert call(tiny, "-o", tmp_path / "torn", *torn).exit_code == 0
    assert call(tiny, "-o", tmp_path / "whole").exit_code == 0
    one, two = contents(tmp_path / "torn"), contents(tmp_path / "whole")
    for name in ("events.csv", "events.xes", "events.ocel.json"):
        assert one[f"{LOGS}/{name}"] == two[f"{LOGS}/{name}"]
    fewer = rows_of(one["opportunities.csv"])
    assert len(fewer) < len(rows_of(two["opportunities.csv"]))
    assert all(row["Close Date"] == "" or row["Close Date"] >= "2024-06-01" for row in fewer)
    assert "Holes made on purpose" in one["README.txt"].decode()


def test_japanese_files_open_in_a_japanese_spreadsheet(tiny: Path, tmp_path: Path) -> None:
    out = tmp_path / "exported"
    assert call(tiny, "-o", out, "--lang", "ja").exit_code == 0
    content = contents(out)["opportunities.csv"]
    assert content.startswith(b"\xef\xbb\xbf")
    stages = {row["Stage"] for row in rows_of(content)}
    assert {"受注", "失注"} & stages
    assert stages <= {"アポ獲得", "受注", "失注", *(f"商談{n}回目" for n in range(1, 4))}


def test_dates_that_begin_in_another_month_than_the_seasons_are_pointed_out(
    tiny: Path, tmp_path: Path
) -> None:
    result = call(tiny, "-o", tmp_path / "a", "--starts", "2023-10-02", "--log", "none")
    assert "market.start_month" in result.stderr
    result = call(tiny, "-o", tmp_path / "b", "--starts", "2023-04-03", "--log", "none")
    assert "market.start_month" not in result.stderr


def test_a_disk_that_refuses_leaves_the_earlier_export_whole(
    journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    choices = Choices(STARTS)
    export(known_at(journal, 20.0), tmp_path / "x", choices, ["themodel"], "1")
    before = contents(tmp_path / "x")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("simulator.disk._write", full)
    with pytest.raises(OutputError, match="No space left"):
        export(known_at(journal, 40.0), tmp_path / "x", choices, ["themodel"], "1")
    assert contents(tmp_path / "x") == before
