"""Conversion and its pace from records that are partly open, partly unrecorded; and real files."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from simulator.calibration.estimates import keyed, of_kind
from simulator.calibration.estimating.conversion import (
    HAZARD_DAYS,
    Conversions,
    convert,
    wins_recorded_since,
)
from simulator.calibration.estimating.spans import spans, told_to
from simulator.calibration.records import (
    Leads,
    Opportunities,
    Outcome,
    Records,
    nothing,
)
from simulator.calibration.working_time import WorkingTime

Floats = NDArray[np.float64]
DATA = Path(__file__).parents[2] / "shared" / "data"
NAN = math.nan
REPETITIONS = 150
TOLERANCE = 3.0 * math.sqrt(0.95 * 0.05 / REPETITIONS)


def records(
    leads: Leads | None = None,
    deals: Opportunities | None = None,
    until: float = 200.0,
    channels: tuple[str, ...] = ("web", "social"),
) -> Records:
    none = nothing()
    leads = none[0] if leads is None else leads
    return Records(
        WorkingTime(date(2024, 1, 1)), until, until, channels, (), 0, 0, leads,
        none[1] if deals is None else deals, *none[2:],
        np.zeros(len(leads), dtype=np.int64), np.ones(len(leads), dtype=np.int64),
        False, "", "",
    )  # fmt: skip


def leads_of(
    created: Floats, won: Floats, channel: NDArray[np.int64] | None = None,
    converted: Floats | None = None,
) -> Leads:  # fmt: skip
    n, unknown = len(created), np.full(len(created), NAN)
    return Leads(
        created, np.zeros(n, dtype=np.int64) if channel is None else channel,
        np.full(n, -1), unknown if converted is None else converted, won, unknown,
    )  # fmt: skip


def deals_of(opened: Floats, closed: Floats, outcome: NDArray[np.int64]) -> Opportunities:
    n, nobody = len(opened), np.full(len(opened), -1)
    return Opportunities(
        nobody, np.zeros(n, dtype=np.int64), nobody, opened, closed, outcome,
        np.full(n, NAN), nobody, nobody, np.zeros(n, dtype=np.bool_),
    )  # fmt: skip


def company(rng: np.random.Generator, n: int = 1200, until: float = 200.0) -> Records:
    """Leads over 200 days; 30 % of one channel and 10 % of the other sign after 12 days."""
    created = rng.uniform(0.0, until, n)
    channel = (rng.random(n) < 0.5).astype(np.int64)
    signs = rng.random(n) < np.where(channel == 0, 0.3, 0.1)
    won = np.where(signs, created + rng.exponential(12.0, n), np.inf)
    converted = np.where(rng.random(n) < 0.5, created + rng.exponential(3.0, n), np.inf)
    converted = np.minimum(converted, won)
    won, converted = (np.where(each <= until, each, NAN) for each in (won, converted))
    return records(leads_of(created, won, channel, converted), until=until)


def signed_by(age: float, share: float = 0.2) -> float:
    return share * (1.0 - math.exp(-age / 12.0))


def without_wins_before(told: Records, day: float) -> Records:
    """The same files of a system that recorded wins only from a day on."""
    won = np.where(told.leads.won < day, NAN, told.leads.won)
    converted = np.where(told.leads.converted < day, NAN, told.leads.converted)
    return replace(told, leads=replace(told.leads, won=won, converted=converted))


def named(found: Conversions) -> dict[str, float]:
    return {one.key: one.value for one in found}


# ------------------------------------------------------------------ when recording began


def test_wins_that_begin_late_are_found() -> None:
    told = wins_recorded_since(without_wins_before(company(np.random.default_rng(1)), 90.0))
    assert told.truncated
    assert 90.0 <= told.wins_since < 95.0
    assert "No win is on file before 2024-05-1" in told.words


def test_complete_files_are_not_taken_for_truncated() -> None:
    rng = np.random.default_rng(2)
    found = [wins_recorded_since(company(rng, 300)) for _ in range(200)]
    # One in a thousand would be.
    assert sum(one.truncated for one in found) <= 2
    assert all(one.wins_since == -math.inf for one in found if not one.truncated)


def test_few_early_inquiries_do_not_prove_that_wins_went_unrecorded() -> None:
    created = np.concatenate(([0.0, 1.0, 2.0], np.linspace(60.0, 150.0, 300)))
    won = np.where(np.arange(303) % 5 == 4, created + 10.0, NAN)
    assert not wins_recorded_since(records(leads_of(created, won))).truncated


def test_without_a_win_or_a_case_nothing_is_claimed() -> None:
    for told in (records(), records(leads_of(np.arange(50.0), np.full(50, NAN)))):
        assert not wins_recorded_since(told).truncated
        found = convert(told)
        assert found.lead_to_win is None
        assert tuple(found) == ()


def test_opportunities_that_begin_late_are_found_where_there_are_no_leads() -> None:
    rng = np.random.default_rng(3)
    opened = rng.uniform(0.0, 200.0, 600)
    closed = opened + rng.exponential(10.0, 600)
    kept = (closed > 80.0) & (closed <= 200.0) | (closed > 200.0)
    closed = np.where(closed <= 200.0, closed, NAN)
    outcome = np.where(np.isnan(closed), 0, np.where(rng.random(600) < 0.4, 1, 2))
    told = records(deals=deals_of(opened[kept], closed[kept], outcome[kept]))
    # Those closed before are not on file at all: the early ones all are survivors.
    assert wins_recorded_since(told).truncated


# ------------------------------------------------------------------ conversion


def test_every_key_is_there_and_told_to_the_horizon() -> None:
    found = convert(company(np.random.default_rng(4)))
    keys = keyed(found)
    assert {"lead_to_win", "lead_to_win.web", "lead_to_win.social"} <= set(keys)
    assert {f"days_to_win.p{p}" for p in (10, 25, 50, 75, 90)} <= set(keys)
    assert {"lead_to_opportunity", "lead_to_opportunity.web", "late_win_share"} <= set(keys)
    assert {"days_to_opportunity.p50", "win_hazard.1", "win_hazard.5"} <= set(keys)
    for one in found:
        assert one.low <= one.value <= one.high, one.key
    assert found.horizon == pytest.approx(180.0, abs=3.0)
    assert keys["days_to_win.p90"].high <= found.horizon


def test_the_stated_horizon_is_kept() -> None:
    told = company(np.random.default_rng(4))
    assert convert(told, horizon=25.0).horizon == 25.0
    assert convert(told, horizon=25.0).late_share is None


def test_the_age_told_to_is_one_that_enough_cases_have_reached() -> None:
    assert told_to(np.arange(1000.0)) == 900.0
    assert told_to(np.arange(40.0)) == 20.0
    assert told_to(np.array([7.0])) == 7.0
    assert told_to(np.empty(0)) == 0.0


def test_without_open_cases_shares_are_counted_and_days_are_quantiles() -> None:
    created = np.zeros(100)
    won = np.where(np.arange(100) < 40, np.arange(100) + 1.0, NAN)
    found = keyed(convert(records(leads_of(created, won)), horizon=100.0))
    assert found["lead_to_win"].value == pytest.approx(0.40)
    assert found["days_to_win.p50"].value == 20.0
    assert found["days_to_win.p90"].value == 36.0
    assert found["win_hazard.1"].value == pytest.approx(0.20)
    assert found["win_hazard.2"].value == pytest.approx(20 / 80)
    late = keyed(convert(records(leads_of(created, won * 2.0)), horizon=100.0))
    assert late["late_win_share"].value == pytest.approx(10 / 40)


def test_what_came_before_recording_does_not_count_as_never_won() -> None:
    told = company(np.random.default_rng(5), 8000)
    cut = without_wins_before(told, 90.0)
    found = convert(cut, horizon=40.0)
    naive = convert(cut, recorded_since=-math.inf, horizon=40.0)
    assert found.lead_to_win is not None
    assert naive.lead_to_win is not None
    assert found.lead_to_win.low <= signed_by(40.0) <= found.lead_to_win.high
    assert naive.lead_to_win.high < signed_by(40.0)
    assert found.findings[0].kind == "left_truncation"
    assert found.recorded_since == pytest.approx(90.0, abs=2.0)


def test_a_run_is_read_as_files_that_begin_late_are() -> None:
    told = company(np.random.default_rng(6))
    cut = without_wins_before(told, 90.0)
    for older in (False, True):
        one, other = (
            convert(each, recorded_since=90.0, horizon=100.0, use_older=older)
            for each in (told, cut)
        )
        assert named(one) == named(other)


def test_a_search_may_leave_out_the_details_and_gets_the_same_numbers() -> None:
    told = company(np.random.default_rng(7))
    whole, bare = convert(told), convert(told, detail=False)
    assert named(whole) == named(bare)
    assert (len(bare.cohorts), bare.findings) == (0, ())


def test_only_the_recent_regime_counts_and_older_cases_inform_late_ages_alone() -> None:
    rng = np.random.default_rng(8)
    created = rng.uniform(0.0, 200.0, 20_000)
    recent = created >= 150.0
    # Before day 150 nobody signed early; everybody's late hazard is the same.
    early = recent & (rng.random(20_000) < 0.2)
    late = ~early & (rng.random(20_000) < 0.1)
    won = np.where(early, created + 5.0, np.where(late, created + 80.0, np.inf))
    told = records(leads_of(created, np.where(won <= 200.0, won, NAN)))
    alone = convert(told, since=150.0, recorded_since=-math.inf)
    assert alone.lead_to_win is not None
    assert alone.horizon < 50.0
    assert alone.lead_to_win.value == pytest.approx(0.2, abs=0.015)
    found = convert(told, since=150.0, recorded_since=-math.inf, use_older=True, horizon=100.0)
    assert found.lead_to_win is not None
    assert found.lead_to_win.value == pytest.approx(0.2 + 0.8 * 0.1, abs=0.015)
    words = [one.words for one in of_kind(found.findings, "assumption")]
    assert len(words) == 1
    assert "older cases inform ages above 4" in words[0]
    assert not list(of_kind(alone.findings, "assumption"))


def test_a_channel_without_a_win_gets_an_upper_bound() -> None:
    told = company(np.random.default_rng(9), 400)
    channel = told.leads.channel.copy()
    channel[np.flatnonzero(np.isnan(told.leads.won))[:30]] = 2
    told = replace(
        told, channels=("web", "social", "fairs"), leads=replace(told.leads, channel=channel)
    )
    found = convert(told)
    one = keyed(found)["lead_to_win.fairs"]
    assert (one.value, one.low, one.n) == (0.0, 0.0, 30)
    assert 0.05 < one.high < 0.3
    few = [each.words for each in of_kind(found.findings, "few_cases")]
    assert len(few) == 1
    assert "fairs" in few[0]


def test_a_channel_too_young_for_the_horizon_is_drawn_out_as_all_are() -> None:
    rng = np.random.default_rng(10)
    inside = 0
    for _ in range(40):
        told = company(rng, 3000)
        channel = np.where(told.leads.created > 180.0, 2, told.leads.channel)
        told = replace(
            told, channels=("web", "social", "new"), leads=replace(told.leads, channel=channel)
        )
        one = keyed(convert(told, -math.inf, -math.inf, 100.0, detail=False))["lead_to_win.new"]
        assert "drawn out" in one.method
        inside += one.low <= signed_by(100.0) <= one.high
    # Three standard errors below 95 % of 40.
    assert inside >= 34


def test_losses_compete_with_wins() -> None:
    # Every fourth is won after 10 days, the others are lost after 5: nobody is left to be won.
    opened = np.repeat(np.arange(50.0), 4)
    win = np.arange(200) % 4 == 0
    told = records(deals=deals_of(opened, opened + np.where(win, 10.0, 5.0), np.where(win, 1, 2)))
    found = convert(told, horizon=20.0)
    keys = keyed(found)
    assert keys["opportunity_to_win"].value == pytest.approx(0.25)
    assert keys["opportunity_to_win.web"].value == pytest.approx(0.25)
    assert keys["days_in_sales.p50"].value == 10.0
    assert keys["days_to_loss.p50"].value == 5.0
    assert "lead_to_win" not in keys


def test_what_the_files_do_not_tell_is_said() -> None:
    created = np.arange(100.0)
    won = np.where(created < 60.0, created + 9.0, NAN)
    signed = np.flatnonzero(np.isfinite(won))
    deals = deals_of(np.full(60, NAN), won[signed], np.full(60, int(Outcome.WON)))
    found = convert(records(leads_of(created, won), deals))
    words = " ".join(one.words for one in of_kind(found.findings, "not_identifiable"))
    for part in ("No lost opportunity", "60 of 60 opportunities were opened", "became opp"):
        assert part in words
    assert found.lead_to_opportunity is None
    assert found.opportunity_to_win is None
    assert found.days_to_loss == ()


def test_a_win_before_its_inquiry_is_told_but_an_hour_of_the_same_day_is_not() -> None:
    created = np.full(50, 20.5)
    won = np.where(np.arange(50) < 20, 30.0, NAN)
    won[0], won[1] = 15.0, 20.3
    found = convert(records(leads_of(created, won)), recorded_since=-math.inf, horizon=50.0)
    words = [one.words for one in of_kind(found.findings, "negative_duration")]
    assert len(words) == 1
    assert "Wins dated before their inquiry came: 1." in words[0]
    assert found.lead_to_win is not None
    assert found.lead_to_win.value == pytest.approx(20 / 50)
    spent = spans(records(leads_of(created, won)), "lead_to_win")
    assert int((spent.exit < 0.0).sum()) == 1


def test_cohorts_hold_every_case_and_know_which_are_complete() -> None:
    told = without_wins_before(company(np.random.default_rng(12), 4000), 90.0)
    found = convert(told)
    table = found.cohorts
    assert table["cases"].sum() == 4000
    assert table["won"].sum() == np.isfinite(told.leads.won).sum()
    assert table["month"].tolist() == sorted(table["month"])
    assert table["month"].iloc[0] == "2024-01"
    complete = table[table["complete"]]
    assert 3 <= len(complete) < len(table)
    assert table.loc[~table["complete"], "conversion"].isna().all()
    assert (complete["low"] < complete["conversion"]).all()
    assert (complete["followed_days"] <= found.horizon).all()


def test_the_conversion_of_a_cohort_is_told_to_the_age_that_it_has_reached() -> None:
    rng = np.random.default_rng(14)
    inside = []
    for _ in range(20):
        table = convert(company(rng, 2000), recorded_since=-math.inf).cohorts
        truth = np.array([signed_by(age) for age in table["followed_days"]])
        inside.append((table["low"] <= truth) & (truth <= table["high"]))
    share = float(np.mean(np.concatenate(inside)))
    assert share >= 0.95 - 3.0 * math.sqrt(0.95 * 0.05 / 200)


def test_fits_get_cases_that_ended_otherwise_as_never_ending() -> None:
    opened = np.array([0.0, 10.0, 20.0, 30.0])
    closed = np.array([5.0, 22.0, NAN, 20.0])
    told = records(deals=deals_of(opened, closed, np.array([1, 2, 0, 2])), until=100.0)
    entry, exits, event = spans(told, "opportunity_to_win").for_fit()
    assert exits.tolist() == [5.0, 90.0, 80.0, 70.0]
    assert event.tolist() == [1, 0, 0, 0]
    assert entry.tolist() == [0.0] * 4


# ------------------------------------------------------------------ intervals


def told_often(use_older: bool) -> list[Conversions]:
    rng = np.random.default_rng(13)
    runs = []
    for _ in range(REPETITIONS):
        # Followed for 20 to 40 days only, so that many are open; recorded from day 25 on.
        told = without_wins_before(company(rng, 900, until=60.0), 25.0)
        runs.append(
            convert(told, recorded_since=25.0, horizon=30.0, use_older=use_older, detail=False)
        )
    return runs


@pytest.mark.parametrize("use_older", [False, True])
def test_intervals_cover_with_open_cases_and_truncated_history(use_older: bool) -> None:
    runs = [keyed(one) for one in told_often(use_older)]
    median = -12.0 * math.log1p(-0.5 * (1.0 - math.exp(-30.0 / 12.0)))
    # The chance within the first month, and in what is left of the horizon after it.
    truths = {
        "lead_to_win": signed_by(30.0),
        "lead_to_win.web": signed_by(30.0, 0.3),
        "lead_to_win.social": signed_by(30.0, 0.1),
        "days_to_win.p50": median,
        "win_hazard.1": signed_by(HAZARD_DAYS),
    }
    for key, truth in truths.items():
        found = [one[key] for one in runs if key in one]
        assert len(found) > 0.95 * REPETITIONS
        share = sum(one.low <= truth <= one.high for one in found) / len(found)
        assert 0.95 - TOLERANCE <= share <= 0.999, key


# ------------------------------------------------------------------ real files


def stamps(column: pd.Series) -> NDArray[np.datetime64]:
    return column.to_numpy().astype("datetime64[s]")


@pytest.fixture(scope="module")
def olist() -> Records:
    if not (DATA / "olist").exists():
        pytest.skip("the real funnel's files are not here")
    leads = pd.read_csv(
        DATA / "olist" / "olist_marketing_qualified_leads_dataset.csv",
        parse_dates=["first_contact_date"],
    )
    deals = pd.read_csv(DATA / "olist" / "olist_closed_deals_dataset.csv", parse_dates=["won_date"])
    table = leads.merge(deals[["mql_id", "won_date"]], on="mql_id", how="left")
    origin = table["origin"].fillna("not_recorded").astype("category")
    clock = WorkingTime(date(2017, 6, 1))
    created = clock.days(stamps(table["first_contact_date"]), True)
    won = clock.days(stamps(table["won_date"]))
    end = clock.days(np.array(["2018-11-15"], dtype="datetime64[s]"))
    of_origin = origin.cat.codes.to_numpy().astype(np.int64)
    told = records(
        leads_of(created, won, of_origin), until=float(end[0]),
        channels=tuple(str(name) for name in origin.cat.categories),
    )  # fmt: skip
    return replace(told, time=clock, dated_only=True)


def test_the_real_files_hide_wins_before_december_2017(olist: Records) -> None:
    told = wins_recorded_since(olist)
    assert told.truncated
    assert "No win is on file before 2017-12-05" in told.words


def test_the_real_funnel_converts_as_its_readme_says(olist: Records) -> None:
    since = float(olist.time.days(np.array(["2018-01-01"], dtype="datetime64[s]"))[0])
    found = convert(olist, since=since)
    keys = keyed(found)
    # 13.0 % had signed by the end; by the age that a tenth could reach it is a little more.
    assert 0.130 < keys["lead_to_win"].value < 0.138
    order = ["unknown", "paid_search", "organic_search", "referral", "social", "email"]
    shares = [keys[f"lead_to_win.{name}"].value for name in order]
    assert shares == sorted(shares, reverse=True)
    # 12.9 calendar days at the median, at 240 business days to 365.
    assert keys["days_to_win.p50"].low <= 12.9 * 240 / 365 <= keys["days_to_win.p50"].high
    hazards = [keys[f"win_hazard.{k}"].value for k in (1, 2, 3)]
    assert hazards == sorted(hazards, reverse=True)
    assert 0.08 < hazards[0] < 0.10
    negative = [one.words for one in of_kind(found.findings, "negative_duration")]
    assert len(negative) == 1
    assert "came: 1." in negative[0]
    assert found.cohorts.set_index("month").loc["2018-01", "cases"] == pytest.approx(1141, abs=20)


def test_older_leads_of_the_real_funnel_tell_of_later_ages_and_it_is_said(olist: Records) -> None:
    since = float(olist.time.days(np.array(["2018-01-01"], dtype="datetime64[s]"))[0])
    alone, found = (convert(olist, since=since, use_older=older) for older in (False, True))
    assert found.horizon > alone.horizon + 50.0
    assert alone.lead_to_win is not None
    assert found.lead_to_win is not None
    assert found.lead_to_win.value > alone.lead_to_win.value
    assert len(list(of_kind(found.findings, "assumption"))) == 1


def test_the_teaching_files_count_open_deals_as_open() -> None:
    path = DATA / "maven_crm" / "sales_pipeline.csv"
    if not path.exists():
        pytest.skip("the teaching data are not here")
    table = pd.read_csv(path, parse_dates=["engage_date", "close_date"])
    clock = WorkingTime(date(2016, 10, 1))
    outcome = table["deal_stage"].map({"Won": 1, "Lost": 2}).fillna(0).to_numpy().astype(np.int64)
    until = clock.days(np.array(["2018-01-01"], dtype="datetime64[s]"))
    deals = deals_of(
        clock.days(stamps(table["engage_date"]), True),
        clock.days(stamps(table["close_date"]), True),
        outcome,
    )
    told = replace(records(deals=deals, until=float(until[0])), time=clock, dated_only=True)
    found = convert(told)
    keys = keyed(found)
    closed_alone = (outcome == 1).sum() / (outcome > 0).sum()
    assert keys["opportunity_to_win"].high < closed_alone
    assert keys["days_to_loss.p50"].value < keys["days_in_sales.p50"].value
    assert "500 of 8,800" in " ".join(one.words for one in found.findings)
    assert "No win is on file before 2017-03-01" in found.findings[0].words
