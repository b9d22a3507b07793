"""People, deals, churn, losses and signs of recycling come back as they were put in."""

from __future__ import annotations

import math
from dataclasses import fields, replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from simulator.calibration.estimates import Estimate, of_kind
from simulator.calibration.estimating.customers import fit_churn, fit_deals
from simulator.calibration.estimating.losses import fit_losses
from simulator.calibration.estimating.people import fit_people
from simulator.calibration.estimating.recycling import fit_returns, second_wave
from simulator.calibration.estimating.spread import spread_between
from simulator.calibration.records import (
    Act,
    Activities,
    Contracts,
    Flags,
    Floats,
    Integers,
    Leads,
    LossReason,
    Opportunities,
    Outcome,
    Records,
    nothing,
)
from simulator.calibration.witnessed import records_of
from simulator.calibration.working_time import WorkingTime
from simulator.organization.simulation import run
from simulator.scenario import load_scenario

TIME = WorkingTime(date(2022, 1, 3))
UNTIL = 480.0
REPETITIONS = 120


def records(
    leads: Leads | None = None,
    deals: Opportunities | None = None,
    acts: Activities | None = None,
    contracts: Contracts | None = None,
    amounts: str = "monthly",
    until: float = UNTIL,
) -> Records:
    none = nothing()
    leads = none[0] if leads is None else leads
    ones = np.ones(len(leads), dtype=np.int64)
    return Records(
        TIME, until, until, ("web",), (), 0, 0, leads,
        none[1] if deals is None else deals, none[2],
        none[3] if acts is None else acts, none[4] if contracts is None else contracts,
        ones, ones, False, "JPY", amounts,
    )  # fmt: skip


def deals_of(
    opened: Floats,
    closed: Floats,
    outcome: Integers,
    owner: Integers | None = None,
    lead: Integers | None = None,
    amount: Floats | None = None,
    reason: Integers | None = None,
    reopened: Flags | None = None,
) -> Opportunities:
    count = len(opened)
    nobody = np.full(count, -1)
    return Opportunities(
        nobody if lead is None else lead,
        np.zeros(count, np.int64),
        nobody if owner is None else owner,
        opened,
        closed,
        outcome,
        np.full(count, np.nan) if amount is None else amount,
        nobody if reason is None else reason,
        nobody,
        np.zeros(count, np.bool_) if reopened is None else reopened,
    )


def closed_deals(outcome: Integers, **more: object) -> Opportunities:
    times = np.linspace(1.0, UNTIL - 1.0, len(outcome))
    base = deals_of(times - 1.0, times, outcome)
    return replace(base, **more)  # type: ignore[arg-type]


def leads_of(created: Floats, owner: Integers | None = None) -> Leads:
    never = np.full(len(created), np.nan)
    nobody = np.full(len(created), -1)
    zeros = np.zeros(len(created), np.int64)
    return Leads(created, zeros, nobody if owner is None else owner, never, never, never)


def holds(estimate: Estimate | None, truth: float) -> bool:
    assert estimate is not None
    return estimate.low <= truth <= estimate.high


def enough(covered: int, n: int = REPETITIONS) -> bool:
    """Whether coverage is not below 95 % by more than chance explains."""
    return covered >= stats.binom.ppf(0.005, n, 0.95)


# ------------------------------------------------------------------ people


def sellers(rng: np.random.Generator, people: int, spread: float, each: float = 2.0) -> Records:
    """Every seller opens `each` opportunities a month, of which half sign at once."""
    rates = each / 20.0 * np.exp(spread * rng.normal(size=people))
    counts = rng.poisson(rates * UNTIL)
    owner = np.repeat(np.arange(people), counts)
    opened = rng.uniform(0.0, UNTIL, counts.sum())
    outcome = np.where(rng.random(len(opened)) < 0.5, Outcome.WON, Outcome.LOST)
    return records(deals=deals_of(opened, opened, outcome, owner))


@pytest.mark.parametrize("spread", [0.0, 0.3, 0.8])
def test_the_spread_between_people_is_recovered_at_the_nominal_rate(spread: float) -> None:
    rng = np.random.default_rng([1, int(10 * spread)])
    covered = 0
    values = []
    for _ in range(REPETITIONS):
        months = rng.uniform(4.0, 20.0, 15)
        counts = rng.poisson(1.5 * months * np.exp(spread * rng.normal(size=15)))
        found = spread_between("spread", counts.astype(np.float64), months)
        assert found is not None
        covered += found.low <= spread <= found.high
        values.append(found.value)
    assert enough(covered)
    assert np.median(values) == pytest.approx(spread, abs=0.1)


def test_people_with_thousands_of_cases_are_told_apart_as_well() -> None:
    rng = np.random.default_rng(2)
    counts = rng.poisson(20_000.0 * np.exp(0.25 * rng.normal(size=40))).astype(np.float64)
    found = spread_between("spread", counts, np.ones(40))
    assert found is not None
    assert found.low < 0.25 < found.high
    assert found.low > 0.1


def test_a_spread_needs_three_people() -> None:
    assert spread_between("spread", np.array([50.0, 5.0]), np.ones(2)) is None


def test_wins_per_person_are_recovered_and_whoever_left_is_not_at_work() -> None:
    rng = np.random.default_rng(3)
    covered = 0
    for _ in range(REPETITIONS):
        seen = sellers(rng, 12, 0.0)
        team = fit_people(seen, 0.0, UNTIL).field_sales
        assert team is not None
        assert team.recorded == 12
        covered += holds(team.reached, 1.0)
    # Only who had three cases within three months counts, those who lately had none do not.
    assert covered >= 0.88 * REPETITIONS
    deals = seen.opportunities
    gone = (deals.owner < 5) & (deals.opened > UNTIL - 100.0)
    left = fit_people(replace(seen, opportunities=deals[~gone]), 0.0, UNTIL).field_sales
    assert left is not None
    assert left.recorded == 12
    assert left.active.high <= 7.0
    assert left.active.low <= left.active.value <= left.active.high


def test_who_came_late_is_counted_from_then_on() -> None:
    opened = np.concatenate([np.arange(5.0, 480.0, 10.0), np.arange(385.0, 480.0, 10.0)])
    owner = np.repeat([0, 1], [48, 10])
    outcome = np.full(len(opened), int(Outcome.WON))
    team = fit_people(records(deals=deals_of(opened, opened, outcome, owner)), 0.0, UNTIL)
    assert team.field_sales is not None
    assert team.field_sales.opened is not None
    # Each is followed from its first one on, without that: 47 in 23.75 months, 9 in 4.75.
    assert team.field_sales.opened.value == pytest.approx((47 + 9) / (23.75 + 4.75))


def test_a_queue_among_people_is_flagged_and_kept_out() -> None:
    seen = sellers(np.random.default_rng(4), 8, 0.2)
    queue = np.linspace(1.0, UNTIL, 10_000)
    deals = seen.opportunities
    both = {
        each.name: np.concatenate([getattr(deals, each.name), getattr(more, each.name)])
        for more in (
            deals_of(queue, queue, np.full(10_000, int(Outcome.LOST)), np.full(10_000, 8)),
        )
        for each in fields(deals)
    }
    found = fit_people(replace(seen, opportunities=Opportunities(**both)), 0.0, UNTIL)
    (flagged,) = of_kind(found.findings, "one_owner")
    assert "10000" in flagged.words
    without = fit_people(seen, 0.0, UNTIL)
    assert not list(of_kind(without.findings, "one_owner"))
    assert found.field_sales is not None
    assert without.field_sales is not None
    assert found.field_sales.reached == without.field_sales.reached


def test_owners_known_only_of_what_succeeded_are_no_measure_of_inside_sales() -> None:
    rng = np.random.default_rng(5)
    created = np.sort(rng.uniform(0.0, UNTIL, 1000))
    won = np.where(rng.random(1000) < 0.2, created + 5.0, np.nan)
    owner = np.where(np.isnan(won), -1, rng.integers(0, 4, 1000))
    found = fit_people(records(leads=replace(leads_of(created, owner), won=won)), 0.0, UNTIL)
    assert found.inside_sales is not None
    (words,) = [each.words for each in of_kind(found.findings, "not_identifiable")]
    assert "succeeded" in words


def test_where_nobody_owns_anything_nobody_is_counted() -> None:
    found = fit_people(records(leads=leads_of(np.arange(50.0))), 0.0, UNTIL)
    assert found.inside_sales is None
    assert any(of_kind(found.findings, "not_identifiable"))
    assert fit_people(records(), 0.0, UNTIL).findings == ()


def test_open_work_calls_and_meetings_are_counted_per_person() -> None:
    count = 400
    opened = np.linspace(1.0, UNTIL, count)
    is_open = np.arange(count) % 4 == 0
    outcome = np.where(is_open, Outcome.OPEN, Outcome.WON)
    closed = np.where(is_open, np.nan, opened)
    deals = deals_of(opened, closed, outcome, np.arange(count) % 5, lead=np.arange(count))
    won = np.flatnonzero(~is_open)
    held = np.where(np.arange(len(won)) % 10 < 7, 3, 4)
    which = np.repeat(won, held)
    calls = np.repeat(np.arange(count), 2)
    acts = Activities(
        np.concatenate([np.linspace(0.1, UNTIL, len(which)), np.repeat(opened, 2)]),
        np.repeat([Act.MEETING, Act.CALL], [len(which), len(calls)]).astype(np.int64),
        np.concatenate([which, calls]),  # the meetings name the lead alone
        np.full(len(which) + len(calls), -1),
        np.concatenate([np.full(len(which), -1), np.tile([0, 1], count)]),
    )
    seen = records(leads_of(opened, np.arange(count) % 2), deals, acts)
    found = fit_people(seen, 0.0, UNTIL)
    assert found.field_sales is not None
    assert found.field_sales.workload is not None
    assert found.field_sales.workload.value == 20.0
    assert found.meetings is not None
    assert found.meetings.value == 3.0
    assert "most often 3 (70 %)" in found.meetings.method
    assert found.attempts is not None
    assert found.attempts.value == 2.0
    assert found.answered is not None
    assert found.answered.value == 0.5
    assert found.inside_sales is not None
    assert found.inside_sales.effort is not None
    assert found.inside_sales.effort.value == pytest.approx(100.0 / 60.0 / 2.0, rel=0.03)


# ------------------------------------------------------------------ deals


@pytest.mark.parametrize("count", [12, 300])
def test_the_size_of_deals_is_recovered_at_the_nominal_rate(count: int) -> None:
    rng = np.random.default_rng([6, count])
    median = p90 = like = 0
    outcome = np.full(count, int(Outcome.WON))
    for _ in range(REPETITIONS):
        amount = 70_000.0 * np.exp(0.8 * rng.normal(size=count))
        found = fit_deals(records(deals=closed_deals(outcome, amount=12.0 * amount),
                                  amounts="annual"))  # fmt: skip
        median += holds(found.median, 70_000.0)
        p90 += holds(found.p90, 70_000.0 * math.exp(0.8 * float(stats.norm.ppf(0.9))))
        like += found.lognormal is not False
    assert enough(median)
    assert enough(p90)
    assert enough(like)


def test_list_prices_are_no_lognormal_law() -> None:
    amount = np.tile([10_000.0, 30_000.0, 100_000.0], 40)
    outcome = np.full(120, int(Outcome.WON))
    found = fit_deals(records(deals=closed_deals(outcome, amount=amount)))
    assert found.lognormal is False
    assert any(of_kind(found.findings, "no_law_fits"))
    same = fit_deals(records(deals=closed_deals(outcome, amount=np.full(120, 5.0))))
    assert same.median is not None
    assert (same.median.low, same.median.high) == (5.0, 5.0)


def test_totals_are_not_passed_off_as_monthly() -> None:
    outcome = np.full(40, int(Outcome.WON))
    seen = records(deals=closed_deals(outcome, amount=np.linspace(1.0, 9.0, 40)), amounts="total")
    found = fit_deals(seen)
    assert found.median is not None
    assert found.median.key == "deal.total_median"
    assert any(of_kind(found.findings, "not_identifiable"))


def test_amounts_of_nothing_are_dropped_and_told_and_contracts_stand_in() -> None:
    outcome = np.full(40, int(Outcome.WON))
    amount = np.where(np.arange(40) < 5, 0.0, 7.0)
    found = fit_deals(records(deals=closed_deals(outcome, amount=amount)))
    assert found.median is not None
    assert found.median.n == 35
    (words,) = [each.words for each in of_kind(found.findings, "dropped")]
    assert words.startswith("5 of 40")
    contracts = Contracts(np.arange(40.0), np.full(40, np.nan), np.full(40, 3.0))
    other = fit_deals(records(deals=closed_deals(outcome), contracts=contracts))
    assert other.median is not None
    assert other.median.value == 3.0
    assert fit_deals(records()).median is None


# ------------------------------------------------------------------ churn


def customers(
    rng: np.random.Generator, count: int, at_one_year: float, shape: float, earlier: float
) -> Records:
    """Customers that leave at monthly anniversaries; who left before the files began is unseen."""
    start = rng.uniform(-earlier, UNTIL, count)
    months = np.arange(1.0, 241.0)
    hazard = at_one_year * (months / 12.0) ** (shape - 1.0)
    stays = np.exp(-np.cumsum(hazard))
    length = 20.0 * (1.0 + np.searchsorted(-stays, -rng.random(count)))
    end = np.where(start + length <= UNTIL, start + length, np.nan)
    seen = ~(end < 0.0)
    return records(contracts=Contracts(start[seen], end[seen], np.ones(int(seen.sum()))))


@pytest.mark.parametrize("earlier", [0.0, 600.0])
def test_churn_is_recovered_at_the_nominal_rate_also_where_early_leavers_are_unseen(
    earlier: float,
) -> None:
    rng = np.random.default_rng([7, int(earlier)])
    level = shape = first = 0
    for _ in range(REPETITIONS):
        found = fit_churn(customers(rng, 1200, 0.02, 0.7, earlier))
        assert found is not None
        level += holds(found.at_one_year, 0.02)
        shape += holds(found.shape, 0.7)
        band = next(each for each in found.bands if each.key == "churn.month_7_12")
        truth = 0.02 * float(np.mean((np.arange(7.0, 13.0) / 12.0) ** -0.3))
        first += holds(band, truth)
        assert any(of_kind(found.findings, "left_truncation")) == (earlier > 0.0)
    assert enough(level)
    assert enough(shape)
    assert enough(first)


def test_counting_early_customers_from_their_start_would_have_been_wrong() -> None:
    seen = customers(np.random.default_rng(8), 20_000, 0.02, 0.7, 600.0)
    found = fit_churn(seen)
    assert found is not None
    assert found.at_one_year is not None
    stop = np.where(np.isnan(seen.contracts.end), UNTIL, seen.contracts.end)
    naive = float((~np.isnan(seen.contracts.end)).sum()) / (
        (stop - seen.contracts.start).sum() / 20
    )
    assert naive < 0.8 * 0.02
    assert found.at_one_year.value == pytest.approx(0.02, rel=0.1)


def test_few_who_left_tell_a_rate_but_no_shape() -> None:
    start = np.linspace(0.0, 400.0, 100)
    end = np.where(np.arange(100) < 4, start + 40.0, np.nan)
    found = fit_churn(records(contracts=Contracts(start, end, np.ones(100))))
    assert found is not None
    assert found.shape is None
    assert found.at_one_year is not None
    assert any(of_kind(found.findings, "few_cases"))
    assert found.customers == 96
    assert found.tenure is not None
    assert found.tenure.value == pytest.approx(float((UNTIL - start[4:]).mean()))


def test_a_term_of_a_year_is_seen_and_ends_before_starts_are_not_used() -> None:
    rng = np.random.default_rng(9)
    start = rng.uniform(0.0, 100.0, 300)
    end = start + 240.0
    end[:3] = start[:3] - 5.0
    found = fit_churn(records(contracts=Contracts(start, end, np.ones(300))))
    assert found is not None
    assert found.contract_months == 12
    (words,) = [each.words for each in of_kind(found.findings, "negative_duration")]
    assert words.startswith("3 contracts")
    assert fit_churn(records()) is None


def test_all_left_and_none_left_do_not_fail() -> None:
    start = np.linspace(0.0, 100.0, 50)
    gone = fit_churn(records(contracts=Contracts(start, start + 20.0, np.ones(50))))
    assert gone is not None
    assert gone.customers == 0
    assert gone.tenure is None
    kept = fit_churn(records(contracts=Contracts(start, np.full(50, np.nan), np.ones(50))))
    assert kept is not None
    assert kept.at_one_year is not None
    assert (kept.at_one_year.value, kept.at_one_year.low) == (0.0, 0.0)
    assert kept.at_one_year.high > 0.0


# ------------------------------------------------------------------ losses and returns


def test_reasons_are_shared_among_those_recorded_and_the_rest_is_told() -> None:
    reason = np.repeat(
        [LossReason.UNKNOWN, LossReason.NO_BUDGET, LossReason.BAD_FIT], [60, 30, 10]
    ).astype(np.int64)
    outcome = np.full(100, int(Outcome.LOST))
    found = fit_losses(records(deals=closed_deals(outcome, reason=reason)))
    assert found.count == 100
    assert found.recorded is not None
    assert found.recorded.value == 0.4
    shares = {each.key: each.value for each in found.reasons}
    assert shares["loss_reason.no_budget"] == 0.75
    assert shares["loss_reason.bad_fit"] == 0.25
    assert sum(shares.values()) == pytest.approx(1.0)
    assert any("at most" in each.words for each in of_kind(found.findings, "assumption"))


def test_without_losses_or_reasons_that_is_said() -> None:
    won = fit_losses(records(deals=closed_deals(np.full(20, int(Outcome.WON)))))
    assert (won.count, won.recorded) == (0, None)
    lost = np.full(40, int(Outcome.LOST))
    silent = fit_losses(records(deals=closed_deals(lost, reason=np.zeros(40, np.int64))))
    assert silent.recorded is None
    for found in (won, silent):
        assert any(of_kind(found.findings, "not_identifiable"))


def test_a_lost_lead_that_came_back_is_counted_and_an_enlarged_customer_is_not() -> None:
    opened = np.array([10.0, 100.0, 20.0, 90.0, 30.0, 40.0])
    closed = np.array([50.0, 120.0, 60.0, np.nan, 70.0, 80.0])
    outcome = np.array([2, 1, 1, 0, 2, 2])
    deals = deals_of(opened, closed, outcome, lead=np.array([0, 0, 1, 1, 2, -1]))
    found = fit_returns(records(leads_of(np.zeros(3)), deals))
    assert found.returned is not None
    assert found.returned.value == 0.5  # of two losses with a lead
    assert found.gap is None  # a single one has no interval
    many = [
        replace(deals, lead=np.where(deals.lead >= 0, deals.lead + 3 * k, -1)) for k in range(10)
    ]
    joined = Opportunities(
        *(np.concatenate([getattr(each, f.name) for each in many]) for f in fields(deals))
    )
    found = fit_returns(records(leads_of(np.zeros(30)), joined))
    assert found.gap is not None
    assert found.gap.value == 50.0
    assert any(of_kind(found.findings, "recycling"))


def test_reopened_opportunities_are_a_sign() -> None:
    outcome = np.full(50, int(Outcome.LOST))
    deals = closed_deals(outcome, reopened=np.arange(50) < 4)
    found = fit_returns(records(deals=deals))
    assert found.reopened is not None
    assert found.reopened.value == 0.08


def wins(
    rng: np.random.Generator, ages: Floats, signs: float, back: float
) -> tuple[Floats, Floats, Floats]:
    """Ages at the win of inquiries of a year and a half; some who did not sign come back late."""
    count = len(ages)
    followed = UNTIL - rng.uniform(0.0, 360.0, count)
    won = np.where(rng.random(count) < signs, ages, np.inf)
    late = np.isinf(won) & (rng.random(count) < back)
    won = np.where(late, 100.0 + rng.exponential(120.0, count), won)
    return np.where(won <= followed, won, np.nan), np.zeros(count), followed


def test_one_wave_is_not_taken_for_two_whatever_its_law() -> None:
    rng = np.random.default_rng(10)
    called = 0
    for _ in range(8):
        for ages in (
            np.exp(2.3 + 1.2 * rng.normal(size=6000)),
            30.0 * rng.weibull(0.8, 6000),
            rng.gamma(3.0, 12.0, 6000),
            np.exp(2.7 + 0.6 * rng.logistic(size=6000)),
        ):
            wave = second_wave(*wins(rng, ages, 0.13, 0.0))
            called += wave is not None and wave.p < 0.01
    assert called <= stats.binom.ppf(0.99, 32, 0.02)


def test_a_second_wave_is_seen() -> None:
    rng = np.random.default_rng(11)
    seen = 0
    for _ in range(10):
        ages = np.exp(2.3 + rng.normal(size=8000))
        wave = second_wave(*wins(rng, ages, 0.13, 0.03))
        assert wave is not None
        seen += wave.p < 0.01
        assert wave.early < wave.late
    assert seen == 10


def test_a_second_wave_needs_wins_that_are_followed_for_long() -> None:
    rng = np.random.default_rng(12)
    won, entered, followed = wins(rng, np.full(300, 50.0), 0.1, 0.0)
    assert second_wave(won, entered, followed) is None
    ages = np.exp(3.0 + 0.3 * rng.normal(size=3000))
    assert second_wave(np.where(ages < 25.0, ages, np.nan), 0.0 * ages, np.full(3000, 25.0)) is None


# ------------------------------------------------------------------ a whole run


def test_a_simulated_run_gives_deals_churn_and_reasons_back() -> None:
    scenario = load_scenario(Path(__file__).parents[1] / "scenarios" / "shared.yaml").scenario
    seen = records_of(run(scenario, seed=3))
    deals = fit_deals(seen)
    assert deals.median is not None
    assert deals.median.value == pytest.approx(scenario.market.deal.median, rel=0.15)
    assert fit_people(seen, 0.0, seen.until).meetings is not None
    churn = fit_churn(seen)
    assert churn is not None
    assert any(of_kind(churn.findings, "left_truncation"))  # it starts with customers
    assert holds(churn.shape, scenario.churn.tenure_shape)
    losses = fit_losses(seen)
    assert holds(losses.recorded, scenario.decisions.field_sales.record_loss_reason)
    returns = fit_returns(seen)
    assert returns.returned is not None
    assert returns.wave is not None
    assert returns.wave.p < 0.01
