"""What becomes of records on their way to an organization, case by case."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest

from simulator.calibration import drafting
from simulator.calibration.fitting import Calibrated, calibrate
from simulator.calibration.publishing import scenario_file
from simulator.calibration.records import (
    NONE,
    Leads,
    Opportunities,
    Outcome,
    Records,
    nothing,
)
from simulator.calibration.witnessed import records_of
from simulator.calibration.working_time import WorkingTime, weekday_of
from simulator.engine import run

NAN = np.nan
DAYS = 480.0


def company(seed: int, per_day: float = 8.0, share: float = 0.25, **how: Any) -> Records:
    """Files of two channels: the second one's opportunities are won three times as often."""
    rng = np.random.default_rng(seed)
    rate = how.get("rate", lambda t: np.ones_like(t))
    came = np.sort(rng.uniform(0.0, DAYS, rng.poisson(per_day * DAYS)))
    came = came[rng.random(len(came)) < rate(came)]
    count = len(came)
    channel = rng.integers(0, 2, count)
    becomes = rng.random(count) < share
    opened = came + rng.exponential(5.0, count)
    wins = rng.random(count) < np.where(channel == 0, 0.15, 0.45)
    closed = opened + np.exp(rng.normal(3.4, 0.6, count))
    there = becomes & (opened <= DAYS)
    is_open = closed > DAYS
    outcome = np.where(is_open, Outcome.OPEN, np.where(wins, Outcome.WON, Outcome.LOST))[there]
    lead = np.flatnonzero(there)
    deals = Opportunities(
        lead=lead,
        channel=channel[there],
        owner=rng.integers(0, 6, len(lead)),
        opened=opened[there],
        closed=np.where(is_open, NAN, closed)[there],
        outcome=outcome.astype(np.int64),
        amount=np.full(len(lead), NAN),
        reason=np.where(outcome == Outcome.LOST, 0, NONE),
        stage=np.full(len(lead), NONE),
        reopened=np.zeros(len(lead), dtype=np.bool_),
    )
    won = np.full(count, NAN)
    signed = outcome == Outcome.WON
    won[lead[signed]] = deals.closed[signed]
    time = WorkingTime(date(2023, 1, 2))
    stamps = time.stamps(came)
    _, _, moves, activities, contracts = nothing()
    return Records(
        time=time, until=DAYS, leads_until=DAYS, channels=("a", "b"), stages=(),
        inside_sales=0, field_sales=6,
        leads=Leads(
            came, channel, np.full(count, NONE), np.where(there, opened, NAN), won,
            np.full(count, NAN),
        ),
        opportunities=deals, moves=moves, activities=activities, contracts=contracts,
        leads_weekday=weekday_of(stamps),
        leads_month=stamps.astype("datetime64[M]").astype(np.int64) % 12 + 1,
        dated_only=False, currency="EUR", amounts="",
    )  # fmt: skip


def without_leads(records: Records) -> Records:
    leads, *_ = nothing()
    deals = records.opportunities
    return replace(
        records, leads=leads, leads_weekday=leads.owner, leads_month=leads.owner,
        opportunities=replace(deals, lead=np.full(len(deals), NONE)),
    )  # fmt: skip


@pytest.fixture(scope="module")
def of_deals() -> Calibrated:
    return calibrate(without_leads(company(5)))


def opened_a_day(found: Calibrated, runs: int = 4) -> list[float]:
    """Opportunities a day of each channel, in runs of what was found."""
    seen = [records_of(run(found.scenario, 9, number)) for number in range(runs)]
    return [
        float(
            np.mean(
                [
                    ((each.opportunities.channel == k) & (each.opportunities.lead >= 0)).sum()
                    / each.until
                    for each in seen
                ]
            )
        )
        for k in range(2)
    ]


def test_opportunities_alone_give_a_company_that_opens_as_many(of_deals: Calibrated) -> None:
    deals = of_deals.records.opportunities
    for k, shown in enumerate(opened_a_day(of_deals)):
        on_file = float((deals.channel == k).sum()) / DAYS
        error = np.sqrt(on_file / DAYS)
        # A run is as noisy as the files, and takes a while to fill.
        assert abs(shown - on_file) < 5.0 * error


def test_people_are_enough_for_the_inquiries_that_opportunities_take(
    of_deals: Calibrated,
) -> None:
    inquiries = sum(c.leads_per_day for c in of_deals.scenario.market.channels.values())
    assert inquiries > 5.0  # two opportunities a day take several times as many inquiries
    assert of_deals.scenario.teams.inside_sales.people >= 6.0 * inquiries / 26.0 - 1e-9


def test_where_most_contracts_have_no_inquiry_opportunities_alone_are_used() -> None:
    made = company(6)
    deals = made.opportunities
    strange = np.arange(len(deals)) % 10 < 7
    won = made.leads.won.copy()
    won[deals.lead[strange]] = NAN
    mixed = replace(
        made,
        leads=replace(made.leads, won=won),
        opportunities=replace(deals, lead=np.where(strange, NONE, deals.lead)),
    )
    found = calibrate(mixed)
    assert found.told.arrivals.of == "opportunities"
    assert any("belong to no inquiry" in each.words for each in found.findings)


def test_a_few_contracts_without_an_inquiry_are_told() -> None:
    made = company(6)
    deals = made.opportunities
    strange = np.arange(len(deals)) % 10 < 2
    won = made.leads.won.copy()
    won[deals.lead[strange]] = NAN
    mixed = replace(
        made,
        leads=replace(made.leads, won=won),
        opportunities=replace(deals, lead=np.where(strange, NONE, deals.lead)),
    )
    found = calibrate(mixed)
    assert found.told.arrivals.of == "leads"
    assert any("sells that much less" in each.words for each in found.findings)


def test_more_inquiries_of_late_do_not_throw_away_how_they_are_sold() -> None:
    # The flow doubles 40 days before the end: too few wins since to tell anything.
    made = company(7, per_day=16.0, rate=lambda t: np.where(t < DAYS - 40.0, 0.4, 1.0))
    found = calibrate(made)
    assert found.told.arrivals.changes
    assert found.matched is not None
    assert any("as if only their number had changed" in each.words for each in found.findings)
    told = found.told.conversions.lead_to_win
    assert told is not None
    assert told.low < 0.25 * 0.3 < told.high


def test_a_scenario_that_looks_ahead_begins_where_the_trend_stands() -> None:
    made = company(8, per_day=16.0, rate=lambda t: np.exp(0.03 * (t - DAYS) / 20.0))
    found = calibrate(made)
    assert found.told.arrivals.trend is not None
    assert found.told.arrivals.trend.low > 0.0
    then = sum(c.leads_per_day for c in found.scenario.market.channels.values())
    ahead = sum(c.leads_per_day for c in found.ahead.scenario.market.channels.values())
    assert ahead / then == pytest.approx(
        found.told.arrivals.now.value / found.told.arrivals.total.value, rel=1e-3
    )
    assert abs(ahead - 16.0) < 16.0 * 0.15


def test_who_is_back_or_signed_is_not_parked() -> None:
    made = company(9)
    deals = made.opportunities
    lost = np.flatnonzero(deals.outcome == Outcome.LOST)
    open_now = np.flatnonzero(deals.outcome == Outcome.OPEN)
    before = {each.path: each.value for each in drafting.of_start(made, DAYS)}
    # One open opportunity turns out to be a lost buyer who came back.
    lead = deals.lead.copy()
    lead[open_now[0]] = deals.lead[lost[0]]
    back = replace(made, opportunities=replace(deals, lead=lead))
    after = {each.path: each.value for each in drafting.of_start(back, DAYS)}
    assert after["start.parked"] == before["start.parked"] - 1
    assert after["start.opportunities"] == before["start.opportunities"]


def test_customers_without_contracts_on_file_are_an_assumption() -> None:
    made = company(9)
    stated = {each.path: each for each in drafting.of_start(made, DAYS)}
    wins = int((made.opportunities.outcome == Outcome.WON).sum())
    assert stated["start.customers"].value == wins
    assert stated["start.customers"].trust == drafting.ASSUMED


def test_a_run_begins_in_the_nearest_month_of_the_calendar() -> None:
    made = company(9)
    ends = float(made.time.days(np.array(["2024-01-30T12:00"], dtype="datetime64[s]"))[0])
    assert drafting.start_month(made, ends).value == 2


def test_busy_weeks_are_busy_for_all_channels(of_deals: Calibrated) -> None:
    arrivals = of_deals.told.arrivals
    errors = np.array([each.value * each.error for each in arrivals.per_day])
    shared = drafting.common_noise(arrivals)
    together = shared * errors.sum() ** 2 + (1.0 - shared) * (errors**2).sum()
    total = (arrivals.total.value * arrivals.total.error) ** 2
    assert together == pytest.approx(max(total, float((errors**2).sum())), rel=1e-6)


def test_line_breaks_in_a_file_name_add_no_key_to_the_scenario(of_deals: Calibrated) -> None:
    text = scenario_file(of_deals, ["ev\nil: x #.csv"], "themodel calibrate 'ev\nil'")
    assert not [line for line in text.splitlines() if line.startswith("il")]
