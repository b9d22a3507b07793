"""How inquiries come: rates, noise, weekdays and trend come back as they were put in."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from simulator.calibration.estimates import Estimate, of_kind
from simulator.calibration.estimating.arrivals import Arrivals, fit_arrivals
from simulator.calibration.estimating.intervals import quantile, rate, ratio, share
from simulator.calibration.records import Floats, Integers, Leads, Records, nothing
from simulator.calibration.working_time import BUSINESS_DAYS_A_WEEKDAY, WorkingTime, weekday_of
from simulator.organization.simulation import run
from simulator.scenario import load_scenario

FILES = Path(__file__).parents[2] / "shared" / "data" / "olist"
TIME = WorkingTime(date(2022, 1, 3))
WEEK = np.array([1.3, 1.1, 1.0, 0.9, 0.7])
FLAT = np.ones(5)
SHARES = (0.6, 0.3, 0.1)
REPETITIONS = 120


def records(
    times: Floats, channel: Integers, until: float, channels: tuple[str, ...], dated: bool = False
) -> Records:
    _, deals, moves, activities, contracts = nothing()
    count = len(times)
    never, nobody = np.full(count, np.nan), np.full(count, -1)
    leads = Leads(times, channel, nobody, never, never, never)
    months = np.ones(count, dtype=np.int64)
    return Records(
        TIME, until, until, channels, (), 0, 0, leads, deals, moves, activities, contracts,
        months, months, dated, "JPY", "monthly",
    )  # fmt: skip


def market(
    rng: np.random.Generator,
    days: int,
    mean: float,
    dispersion: float = 1.0,
    week: Floats = FLAT,
    monthly: float = 0.0,
    length: float = 1.0,
) -> Records:
    """Inquiries as the model draws them, on days of a length in business days."""
    day = np.arange(days)
    level = mean * length * week[day % 5] * np.exp(monthly * day * length / 20.0)
    if dispersion > 1.0:
        excess = (dispersion - 1.0) / (mean * length)
        level = level * rng.gamma(1.0 / excess, excess, days)
    counts = rng.poisson(level)
    times = (np.repeat(day, counts) + rng.random(counts.sum())) * length
    channel = rng.choice(3, size=len(times), p=SHARES)
    return records(times, channel, days * length, ("web", "fair", "friends"))


def fitted(found: Records) -> Arrivals:
    arrivals = fit_arrivals(found)
    assert arrivals is not None
    return arrivals


def holds(estimate: Estimate | None, truth: float) -> bool:
    assert estimate is not None
    return estimate.low <= truth <= estimate.high


def enough(covered: int, n: int = REPETITIONS, nominal: float = 0.95) -> bool:
    """Whether coverage is not below the nominal one by more than chance explains."""
    return covered >= stats.binom.ppf(0.005, n, nominal)


# ------------------------------------------------------------------ plain intervals


@pytest.mark.parametrize("mean", [1.0, 4.0, 30.0])
def test_the_interval_of_a_count_covers_its_rate(mean: float) -> None:
    counts = np.random.default_rng(1).poisson(mean, 1000)
    covered = sum(holds(rate("r", int(count), 2.0, ""), mean / 2.0) for count in counts)
    # Counts are whole numbers: about a rate the coverage swings a little around 95 %.
    assert 920 <= covered <= 985


@pytest.mark.parametrize("n", [20, 200])
def test_the_interval_of_a_share_covers_it(n: int) -> None:
    parts = np.random.default_rng(2).binomial(n, 0.1, 1000)
    covered = sum(holds(share("s", int(part), n), 0.1) for part in parts)
    assert 920 <= covered <= 985


def test_no_case_and_every_case_keep_intervals_of_some_width() -> None:
    none, every = share("s", 0, 20), share("s", 20, 20)
    assert (none.low, every.high) == (0.0, 1.0)
    assert none.high == pytest.approx(1.0 - every.low)
    assert 0.1 < none.high < 0.2
    empty = rate("r", 0, 10.0, "")
    assert (empty.value, empty.low) == (0.0, 0.0)
    assert 0.2 < empty.high < 0.4


@pytest.mark.parametrize(("n", "at"), [(8, 0.5), (15, 0.9), (200, 0.5), (200, 0.9)])
def test_the_interval_of_a_quantile_covers_it(n: int, at: float) -> None:
    rng = np.random.default_rng([n, 3])
    truth = math.exp(float(stats.norm.ppf(at)))
    covered = sum(
        holds(quantile("q", np.exp(rng.normal(size=n)), at, ""), truth) for _ in range(400)
    )
    assert enough(covered, 400)
    assert covered <= 398


def test_a_quantile_needs_two_values_and_a_ratio_two_units() -> None:
    assert quantile("q", np.array([3.0]), 0.5, "") is None
    assert ratio("r", np.array([3.0]), np.array([1.0]), "", 3, "") is None
    assert ratio("r", np.zeros(4), np.ones(4), "", 0, "") is None


def test_the_interval_of_a_ratio_covers_where_units_differ() -> None:
    rng = np.random.default_rng(4)
    covered = 0
    for _ in range(400):
        size = rng.uniform(2.0, 6.0, 25)
        counts = rng.poisson(size * 3.0 * rng.gamma(10.0, 0.1, 25)).astype(np.float64)
        covered += holds(ratio("r", counts, size, "", 1, ""), 3.0)
    assert enough(covered, 400, 0.94)


# ------------------------------------------------------------------ the model's own flow


@pytest.mark.parametrize(
    ("days", "mean", "dispersion", "length"),
    [
        (240, 26.0, 1.6, 1.0),
        (240, 26.0, 1.6, BUSINESS_DAYS_A_WEEKDAY),
        (120, 4.0, 1.5, BUSINESS_DAYS_A_WEEKDAY),
        (480, 40.0, 3.0, 1.0),
    ],
)
def test_rates_and_noise_are_recovered_at_the_nominal_rate(
    days: int, mean: float, dispersion: float, length: float
) -> None:
    # On days of the clock, which a calendar's weekdays cut across, as well as on weekdays.
    rng = np.random.default_rng([days, int(10 * length)])
    total = channels = noise = now = 0
    for _ in range(REPETITIONS):
        found = fitted(market(rng, days, mean, dispersion, length=length))
        total += holds(found.total, mean)
        now += holds(found.now, mean)
        channels += sum(
            holds(each, mean * part) for each, part in zip(found.per_day, SHARES, strict=True)
        )
        noise += holds(found.dispersion, dispersion)
    assert enough(total)
    assert enough(now)
    assert enough(channels, 3 * REPETITIONS)
    assert enough(noise)


def test_an_even_flow_is_called_poisson_and_an_uneven_one_not() -> None:
    rng = np.random.default_rng(6)
    calm = [fitted(market(rng, 240, 8.0)) for _ in range(60)]
    # Days and weeks are tested, after a pattern of weekdays was tried: a little above 5 %.
    assert sum(each.law != "Poisson" for each in calm) <= stats.binom.ppf(0.995, 60, 0.08)
    wild = [fitted(market(rng, 240, 8.0, 2.5)) for _ in range(20)]
    assert all(each.law == "over-dispersed" for each in wild)
    assert all(any(of_kind(each.findings, "over_dispersed")) for each in wild)


@pytest.mark.parametrize("length", [1.0, BUSINESS_DAYS_A_WEEKDAY])
def test_a_pattern_of_weekdays_is_found_on_either_week(length: float) -> None:
    found = fitted(market(np.random.default_rng(7), 480, 26.0, 1.6, WEEK, length=length))
    assert found.weekday == pytest.approx(tuple(WEEK), abs=0.08)
    assert sum(found.weekday) == pytest.approx(5.0)
    assert found.dispersion is not None
    assert found.dispersion.low < 1.6 < found.dispersion.high


def test_where_no_pattern_of_weekdays_is_seen_flat_is_used_and_said() -> None:
    rng = np.random.default_rng(8)
    seen = [fitted(market(rng, 240, 10.0, 1.5)) for _ in range(60)]
    flat = [each for each in seen if each.weekday == (1.0,) * 5]
    assert len(flat) >= stats.binom.ppf(0.005, 60, 0.95)
    assert any("weekdays" in each.words for each in of_kind(flat[0].findings, "assumption"))


def test_weekend_inquiries_belong_to_monday() -> None:
    days = np.arange("2022-01-03", "2022-07-04", dtype="datetime64[D]").astype("datetime64[s]")
    times = TIME.days(np.repeat(days, 10), True)
    until = float(TIME.days(np.array(["2022-07-04T00:00"], dtype="datetime64[s]"))[0])
    found = fitted(
        replace(records(times, np.zeros(len(times), np.int64), until, ("web",)), dated_only=True)
    )
    assert found.weekday == pytest.approx((15.0 / 7.0, *[5.0 / 7.0] * 4), rel=0.03)


@pytest.mark.parametrize("monthly", [0.0, 0.02])
def test_a_trend_is_recovered_at_the_nominal_rate(monthly: float) -> None:
    rng = np.random.default_rng([9, int(100 * monthly)])
    covered = level = named = 0
    for _ in range(REPETITIONS):
        found = fitted(market(rng, 240, 20.0, 2.0, monthly=monthly))
        covered += holds(found.trend, math.expm1(monthly))
        level += holds(found.now, 20.0 * math.exp(monthly * 12.0))
        named += any(of_kind(found.findings, "trend"))
    assert enough(covered)
    if monthly:
        assert named >= 0.9 * REPETITIONS
        assert level >= 0.9 * REPETITIONS  # the mean is kept in where the trend is not seen
    else:
        assert named <= stats.binom.ppf(0.995, REPETITIONS, 0.05)


def test_months_are_weighed_only_where_two_years_show_a_pattern() -> None:
    rng = np.random.default_rng(10)
    times = market(rng, 960, 40.0, 1.5).leads.created
    month = TIME.stamps(times).astype("datetime64[M]").astype(np.int64) % 12
    kept = times[(month != 7) | (rng.random(len(times)) < 0.5)]  # half of August stays away
    everywhere = np.zeros(len(kept), np.int64)
    found = fitted(records(kept, everywhere, 960.0, ("web",)))
    assert int(np.argmin(found.month)) == 7
    assert found.month[7] / np.mean(found.month) == pytest.approx(0.5 / (11.5 / 12.0), abs=0.08)
    first = kept < 300.0
    short = fitted(records(kept[first], everywhere[first], 300.0, ("web",)))
    assert short.month == (1.0,) * 12
    assert any("months" in each.words for each in of_kind(short.findings, "not_identifiable"))


def test_a_channel_that_changed_alone_is_named() -> None:
    rng = np.random.default_rng(11)
    early, late = rng.uniform(0.0, 120.0, 2400), rng.uniform(120.0, 240.0, 2400)
    times = np.concatenate([early, late])
    channel = np.concatenate([rng.random(2400) < 0.5, rng.random(2400) < 0.1]).astype(np.int64)
    found = fitted(records(times, channel, 240.0, ("web", "fair")))
    assert found.changes == ()
    words = [each.words for each in of_kind(found.findings, "regime_change")]
    assert any("channel fair" in each for each in words)


def test_opportunities_stand_in_where_no_lead_is_on_file() -> None:
    full = market(np.random.default_rng(12), 240, 5.0)
    _, deals, *_ = nothing()
    count = len(full.leads)
    nobody, never = np.full(count, -1), np.full(count, np.nan)
    deals = replace(
        deals, lead=nobody, channel=full.leads.channel, owner=nobody, opened=full.leads.created,
        closed=never, outcome=np.zeros(count, np.int64), amount=never, reason=nobody,
        stage=nobody, reopened=np.zeros(count, np.bool_),
    )  # fmt: skip
    found = fitted(replace(full, leads=nothing()[0], opportunities=deals))
    assert found.of == "opportunities"
    assert found.total == fitted(full).total


def test_nothing_and_next_to_nothing_do_not_fail() -> None:
    empty = np.empty(0)
    assert fit_arrivals(records(empty, empty.astype(np.int64), 50.0, ("web",))) is None
    for count in (1, 2, 5):
        times = np.linspace(3.0, 40.0, count)
        found = fitted(records(times, np.zeros(count, np.int64), 50.0, ("web", "fair")))
        assert found.total.low < found.total.value < found.total.high
        assert found.per_day[1].value == 0.0
        assert any(of_kind(found.findings, "few_cases"))


def test_a_simulated_run_gives_its_own_rates_back() -> None:
    from simulator.calibration.witnessed import records_of

    scenario = load_scenario(Path(__file__).parents[1] / "scenarios" / "shared.yaml").scenario
    found = fitted(records_of(run(scenario, seed=3)))
    channels = scenario.market.channels
    assert found.law == "over-dispersed"
    assert holds(found.dispersion, scenario.market.arrivals.dispersion)
    # One run is one draw: of four intervals one may miss, but by no more than its width.
    for each, channel in zip(found.per_day, channels.values(), strict=True):
        assert each.value == pytest.approx(channel.leads_per_day, abs=each.high - each.low)


# ------------------------------------------------------------------ the real funnel


@pytest.mark.skipif(not FILES.exists(), reason=f"the real funnel's files are not in {FILES}")
def test_the_real_funnels_new_regime_weekdays_and_noise_are_seen() -> None:
    table = pd.read_csv(
        FILES / "olist_marketing_qualified_leads_dataset.csv", parse_dates=["first_contact_date"]
    )
    stamps = table["first_contact_date"].to_numpy()
    time = WorkingTime(date(2017, 6, 1))
    codes, names = pd.factorize(table["origin"].fillna("not recorded"))
    created = time.days(stamps, True)
    base = records(created, codes.astype(np.int64), float(created.max()), tuple(names), dated=True)
    found = fitted(replace(base, time=time, leads_weekday=weekday_of(stamps)))
    last = found.changes[-1]
    assert "January 2018" in last.words
    assert 250.0 < 20.0 * last.before < 400.0
    assert 1100.0 < 20.0 * last.after < 1350.0
    assert found.since == last.at
    assert found.total.n == int((created >= last.at).sum())
    assert found.weekday[0] > 1.5  # the weekend's come on Monday
    assert found.weekday[4] < 0.8
    assert found.law == "over-dispersed"
    assert found.dispersion is not None
    assert found.dispersion.low > 1.5
    assert found.dispersion.high < 8.0
