"""Forecasts of the past: worlds whose truth is known, baselines by hand, the engine, and errors."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import typer
from numpy.typing import NDArray
from test_cli import table
from test_japanese_commands import english_left
from typer.testing import CliRunner, Result

from simulator import engine
from simulator.calibration.backtesting import backtest as backtesting
from simulator.calibration.backtesting.backtest import Calibrated, backtest
from simulator.calibration.backtesting.backtest_result import (
    MODEL,
    QUANTITIES,
    TABLES,
    Against,
    Backtest,
)
from simulator.calibration.backtesting.baselines import (
    BASELINES,
    LABELS,
    DelayCurve,
    Past,
    delay_curve,
    last_rate,
    stage_sum,
)
from simulator.calibration.backtesting.cases import (
    ANY_STAGE,
    LOST_OPPORTUNITY,
    NO_OPPORTUNITY,
    OPEN_OPPORTUNITY,
    Cases,
    Passes,
    Told,
    Wins,
    cases_of,
    unit_of,
)
from simulator.calibration.backtesting.forecasting import Forecasting, Member, Open, Starting
from simulator.calibration.backtesting.scoring import score
from simulator.calibration.backtesting.tallies import (
    BUSINESS_DAYS_A_WEEK,
    Ensemble,
    Frame,
    moment_after,
)
from simulator.calibration.backtesting.uneven_weeks import MOST_UNEVEN, Unevenness, past_edges
from simulator.calibration.records import Leads, Moves, Opportunities, Outcome, Records, nothing
from simulator.calibration.witnessed import records_of
from simulator.calibration.working_time import WorkingTime
from simulator.commands import backtest as command
from simulator.commands.terminal import Commands
from simulator.errors import ScenarioError
from simulator.experiment import Execution
from simulator.languages.languages import LANGUAGES, speaking
from simulator.presentation import backtest_tables
from simulator.scenario.schema import Scenario

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

WEEK = BUSINESS_DAYS_A_WEEK
MONDAY = date(2024, 1, 1)
TIME = WorkingTime(MONDAY)
NAN = math.nan


# ------------------------------------------------------------------ records by hand


def records(
    created: Any,
    won: Any,
    *,
    channel: Any = None,
    until: float = 40 * WEEK,
    leads_until: float | None = None,
    deals: Opportunities | None = None,
    moves: Moves | None = None,
    converted: Any = None,
    closed: Any = None,
) -> Records:
    """Leads, and what is given besides; opportunities are not on file unless given."""
    came, signed = (np.asarray(each, dtype=np.float64) for each in (created, won))
    n = len(came)
    no_leads, no_deals, no_moves, activities, contracts = nothing()
    blank = np.full(n, NAN)
    slots = np.zeros(n, np.int64) if channel is None else np.asarray(channel, dtype=np.int64)
    leads = Leads(
        came,
        slots,
        np.full(n, -1),
        blank if converted is None else np.asarray(converted, dtype=np.float64),
        signed,
        blank if closed is None else np.asarray(closed, dtype=np.float64),
    )
    return Records(
        time=TIME,
        until=until,
        leads_until=until if leads_until is None else leads_until,
        channels=("web", "fair", "mail"),
        stages=("first", "second"),
        inside_sales=0,
        field_sales=0,
        leads=leads if n else no_leads,
        opportunities=no_deals if deals is None else deals,
        moves=no_moves if moves is None else moves,
        activities=activities,
        contracts=contracts,
        leads_weekday=np.zeros(n, np.int64),
        leads_month=np.ones(n, np.int64),
        dated_only=False,
        currency="",
        amounts="",
    )


def deals(lead: Any, opened: Any, closed: Any, outcome: Any, stage: Any = None) -> Opportunities:
    n = len(lead)
    return Opportunities(
        np.asarray(lead, np.int64),
        np.zeros(n, np.int64),
        np.full(n, -1),
        np.asarray(opened, np.float64),
        np.asarray(closed, np.float64),
        np.asarray(outcome, np.int64),
        np.full(n, NAN),
        np.full(n, -1),
        np.full(n, -1) if stage is None else np.asarray(stage, np.int64),
        np.zeros(n, np.bool_),
    )


def past_of(known: Records, weeks: float = 8.0, ahead: float = 10.0, since: float = 0.0) -> Past:
    """What is known after some weeks, and a frame of some more."""
    day = date.fromordinal(MONDAY.toordinal() + round(7 * weeks) - 1)
    at = moment_after(TIME, day)
    until = at + ahead * WEEK
    frame = Frame.between(TIME, day, until, min(known.leads_until, until), 0.0)
    return Past.of(known.known_at(at), unit_of(known), since, frame)


# ------------------------------------------------------------------ time


def test_weeks_are_whole_calendar_weeks_after_the_date() -> None:
    frame = Frame.between(TIME, date(2024, 3, 27), 20.5 * WEEK, 20.5 * WEEK, 0.0)  # a Wednesday
    assert [str(each) for each in frame.weeks[:2]] == ["2024-04-01", "2024-04-08"]
    assert frame.weeks[-1] == date(2024, 5, 13)  # the week of 20 May is not over
    assert frame.week_edges[0] == pytest.approx(13 * WEEK)
    assert len(frame.week_edges) == len(frame.weeks) + 1
    assert frame.months[0] == date(2024, 1, 1)
    assert frame.months[-1] == date(2024, 5, 1)


@pytest.mark.parametrize("day", [29, 30, 31])
def test_a_weekend_belongs_to_the_monday_that_follows(day: int) -> None:
    frame = Frame.between(TIME, date(2024, 3, day), 20 * WEEK, 20 * WEEK, 0.0)
    assert frame.weeks[0] == date(2024, 4, 1)
    saturday = TIME.days(np.array(["2024-03-30T11:00"], dtype="datetime64[s]"))[0]
    # Nothing that the weekend brings is known before it is over: it counts as later.
    assert saturday > frame.at
    assert frame.tally(Wins(np.array([0.0]), np.array([saturday]))).weekly[0] == 1.0


def test_nothing_of_the_next_day_is_known() -> None:
    at = moment_after(TIME, date(2024, 3, 27))
    stamps = np.array(["2024-03-27T17:59", "2024-03-28T00:10"], dtype="datetime64[s]")
    seen, not_seen = TIME.days(stamps)
    assert seen <= at < not_seen


def test_cohorts_of_many_years_are_cut_to_the_last_twelve_before_the_date() -> None:
    frame = Frame.between(TIME, date(2027, 6, 30), 920.0, 920.0, 0.0)
    assert frame.months[0] == date(2026, 7, 1)


def test_a_tally_counts_weeks_months_and_days() -> None:
    frame = Frame.between(TIME, date(2024, 3, 31), 20 * WEEK, 20 * WEEK, 0.0)
    came = np.array([0.0, 0.0, 13.5 * WEEK])
    won = np.array([5 * WEEK, 13.1 * WEEK, 14.5 * WEEK])
    found = frame.tally(Wins(came, won))
    assert found.weekly.tolist() == [1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0]  # the first is over
    assert found.cohorts.tolist() == [1.0, 0.0, 0.0, 1.0, 0.0]
    assert found.times[:4] == pytest.approx([7.0] * 4)  # one week, of those that came later
    assert found.times[4:] == pytest.approx([13.1 * 7] * 4)


# ------------------------------------------------------------------ cases


def test_a_case_is_a_lead_unless_most_opportunities_have_none() -> None:
    some = deals([0, -1, -1], [1.0, 2.0, 3.0], [NAN] * 3, [0] * 3)
    assert unit_of(records([0.0], [NAN])) == "lead"
    assert unit_of(records([0.0], [NAN], deals=some)) == "opportunity"
    assert unit_of(records([], [], deals=some)) == "opportunity"


def test_opportunities_end_when_they_are_lost_and_leads_do_not() -> None:
    some = deals([-1] * 4, [1.0, 2.0, 3.0, NAN], [4.0, 1.0, NAN, 5.0], [1, 2, 0, 1])
    found = cases_of(records([], [], deals=some), "opportunity")
    assert found.created.tolist() == [1.0, 2.0, 3.0]  # one does not say when it was opened
    assert found.won[0] == 4.0
    assert found.lost[1] == 2.0  # closed before it was opened: as old as its opening
    assert found.open_at(3.5).tolist() == [True, False, True]
    lead = deals([0], [1.0], [2.0], [2])
    assert cases_of(records([0.0], [NAN], deals=lead), "lead").open_at(3.0).tolist() == [True]


def test_a_lead_has_come_as_far_as_its_opportunities_say() -> None:
    some = deals([0, 1, 1, 2], [5.0, 3.0, 20.0, 4.0], [NAN, 8.0, NAN, 9.0], [0, 2, 0, 2])
    made = records([0.0] * 4, [NAN] * 4, deals=some)
    told, cases = Told.by(made), cases_of(made, "lead")
    expected = {
        2.0: [NO_OPPORTUNITY] * 4,
        6.0: [OPEN_OPPORTUNITY] * 3 + [NO_OPPORTUNITY],
        12.0: [OPEN_OPPORTUNITY, LOST_OPPORTUNITY, LOST_OPPORTUNITY, NO_OPPORTUNITY],
        25.0: [OPEN_OPPORTUNITY, OPEN_OPPORTUNITY, LOST_OPPORTUNITY, NO_OPPORTUNITY],
    }
    for when, stages in expected.items():
        assert told.stages(cases, when).tolist() == stages


def test_a_run_must_not_tell_what_the_files_do_not() -> None:
    wins_only = deals([0], [NAN], [9.0], [1])
    told = Told.by(records([0.0], [9.0], deals=wins_only))
    assert (told.openings, told.losses) == (False, False)
    rich = cases_of(records([0.0], [NAN], deals=deals([0], [1.0], [2.0], [2])), "lead")
    assert told.stages(rich, 5.0).tolist() == [ANY_STAGE]
    without_losses = Told(openings=True, losses=False)
    assert without_losses.stages(without_losses.hide(rich), 5.0).tolist() == [OPEN_OPPORTUNITY]


# ------------------------------------------------------------------ baselines by hand


def mean_of(members: list[Wins], counted: Callable[[Wins], Any]) -> tuple[Any, Any]:
    """Mean over members, and its standard error."""
    values = np.array([counted(each) for each in members], dtype=np.float64)
    return values.mean(axis=0), values.std(axis=0) / math.sqrt(len(values))


def test_the_last_rate_goes_on_until_its_leads_would_come_too_late() -> None:
    # Three wins in each of eight weeks, each two weeks after its lead.
    won = np.repeat((np.arange(8) + 0.5) * WEEK, 3)
    made = records(won - 2.0 * WEEK, won, leads_until=11.0 * WEEK)
    past = past_of(made)
    members = last_rate(past, 4000, np.random.default_rng(1))
    mean, error = mean_of(members, lambda each: past.frame.tally(each).weekly)
    # Leads end 3 weeks after the date; wins two weeks later, and not before.
    expected = np.array([3.0] * 5 + [0.0] * 5)
    assert np.all(np.abs(mean - expected) <= 4.0 * error)
    # 24 wins are uncertain by 24: a week's 3 vary as 3 (Poisson) and by 9/24 (the rate).
    first = np.array([past.frame.tally(each).weekly[0] for each in members])
    assert first.var() == pytest.approx(3.0 + 9.0 / 24.0, rel=4.0 * math.sqrt(2.0 / 4000))


def test_the_last_rate_looks_no_further_back_than_the_regime() -> None:
    won = np.array([0.5, 1.5, 2.5, 6.5, 7.5]) * WEEK
    past = past_of(records(won - 0.1, won), since=6.0 * WEEK)
    mean, error = mean_of(last_rate(past, 4000, np.random.default_rng(1)), len)
    assert abs(mean - 10.0) <= 4.0 * error  # two wins in two weeks, ten weeks ahead


def test_the_delay_curve_counts_days_at_risk_by_age() -> None:
    cases = Cases(
        "lead",
        np.array([0.0, 0.0, 10.0, -30.0]),
        np.array([3.5, NAN, 12.0, NAN]),
        np.array([NAN, 8.0, NAN, NAN]),
        np.zeros(4, np.int64),
        Passes(np.empty(0, np.int64), np.empty(0), np.empty(0)),
    )
    curve = DelayCurve.of(cases, since=0.0, at=20.0)
    # Fewer than five wins: a single step. 3.5 + 8 + 2, and the old one from the date on: 20.
    assert curve.edges.tolist() == [0.0, np.inf]
    assert curve.exposure.tolist() == [33.5]
    assert (curve.wins.tolist(), curve.losses.tolist()) == ([2], [1])


def test_the_delay_curve_has_days_then_weeks_and_ends_with_the_last_wins() -> None:
    ages = np.array([0.5, 1.5, 1.6, 12.0, 30.0, 90.0, 91.0, 92.0, 93.0, 120.0])
    cases = Cases(
        "lead", np.zeros(10), ages, np.full(10, NAN), np.zeros(10, np.int64),
        Passes(np.empty(0, np.int64), np.empty(0), np.empty(0)),
    )  # fmt: skip
    curve = DelayCurve.of(cases, since=0.0, at=200.0)
    assert curve.edges[:4].tolist() == [0.0, 1.0, 2.0, 3.0]
    assert curve.edges[11] == pytest.approx(10.0 + WEEK)
    assert curve.edges[-2] <= 90.0
    assert curve.wins[-1] >= 5
    assert curve.wins.sum() == 10
    assert curve.exposure.sum() == pytest.approx(ages.sum())
    assert curve.exposure[1] == pytest.approx(0.5 + 0.6 + 7.0)


def test_the_delay_curve_forecasts_what_an_actuary_would() -> None:
    # Of 200 leads that came at once 100 are won, evenly over 40 days; the hazard is known.
    rng = np.random.default_rng(3)
    rate = 0.02
    ages = rng.exponential(1.0 / rate, 4000)
    made = records(np.zeros(4000), np.where(ages < 200.0, ages, NAN), leads_until=0.5)
    past = past_of(made, weeks=8.0, ahead=10.0)
    at = past.frame.at
    members = delay_curve(past, 400, np.random.default_rng(2))
    mean, error = mean_of(members, len)
    there = int((ages > at).sum())
    known = int((ages <= at).sum())
    # The curve is learned: its rate is uncertain by its count of wins.
    expected = there * (1.0 - math.exp(-rate * 10.0 * WEEK))
    tolerance = 4.0 * math.hypot(error, expected / math.sqrt(known))
    assert abs(mean - expected) < tolerance


def test_later_leads_come_at_the_last_rate_and_as_unevenly() -> None:
    made = records(np.repeat((np.arange(8) + 0.5) * WEEK, [2, 18] * 4), np.full(80, NAN))
    past = past_of(made)
    rng = np.random.default_rng(4)
    counts = np.array([len(past.arrivals(rng)) for _ in range(4000)])
    assert abs(counts.mean() - 100.0) < 4.0 * counts.std() / math.sqrt(4000)
    spread = np.array([2, 18] * 4).var(ddof=1) / 10.0
    # Ten weeks of their own, and the level of eight weeks that they are scaled from.
    expected = 100.0 * spread + 10.0**2 * 80.0 * spread / 8.0**2
    assert counts.var() == pytest.approx(expected, rel=0.12)
    later = past_of(replace(made, leads_until=8.0 * WEEK))
    assert len(later.arrivals(rng)) == 0


def test_the_stage_sum_gives_each_deal_the_share_of_its_stage() -> None:
    # 30 opportunities went through the second stage, 24 of them were won ten days later; of 30
    # that only saw the first stage 3 were won. 8 are open in the second stage, 6 in the first.
    outcome = [1] * 24 + [2] * 6 + [1] * 3 + [2] * 27 + [0] * 14
    second = np.array([True] * 30 + [False] * 30 + [True] * 8 + [False] * 6)
    n = len(outcome)
    opened = np.zeros(n)
    closed = np.where(np.array(outcome) > 0, 15.0, NAN)
    moves = Moves(
        np.concatenate([np.arange(n), np.flatnonzero(second)]),
        np.concatenate([np.zeros(n), np.full(int(second.sum()), 5.0)]),
        np.concatenate([np.zeros(n, np.int64), np.ones(int(second.sum()), np.int64)]),
    )
    order = np.lexsort((moves.time, moves.opportunity))
    moves = Moves(moves.opportunity[order], moves.time[order], moves.stage[order])
    made = records(
        [], [], moves=moves, leads_until=5.0,
        deals=deals([-1] * n, opened, closed, outcome, np.where(second, 1, 0)),
    )  # fmt: skip
    past = past_of(made)
    members = stage_sum(past, 6000, np.random.default_rng(5))
    mean, error = mean_of(members, len)
    # The first stage was entered by all 60, of which 27 were won (Jeffreys' means).
    expected = 8.0 * 24.5 / 31.0 + 6.0 * 27.5 / 61.0
    assert abs(mean - expected) < 4.0 * error
    delays = np.unique(np.concatenate([each.won for each in members]) - past.frame.at)
    assert delays.round(6).tolist() == [10.0, 15.0]  # ten days from the second stage, 15 from both


def test_without_opportunities_on_file_every_open_lead_is_one_stage() -> None:
    won = np.concatenate([np.full(20, 6.0), np.full(80, NAN)])
    past = past_of(records(np.zeros(100), won, leads_until=1.0))
    mean, error = mean_of(stage_sum(past, 6000, np.random.default_rng(6)), len)
    assert abs(mean - 80.0 * 20.5 / 101.0) < 4.0 * error


def test_a_lead_whose_opportunities_are_lost_is_expected_to_bring_nothing() -> None:
    outcome = [1] * 20 + [2] * 20
    closed = [5.0] * 40
    made = records(
        np.zeros(50), [5.0] * 20 + [NAN] * 30, leads_until=1.0,
        deals=deals(range(40), [2.0] * 40, closed, outcome),
    )  # fmt: skip
    past = past_of(made)
    mean, error = mean_of(stage_sum(past, 6000, np.random.default_rng(6)), len)
    # Ten leads have no opportunity yet; of the 50 that came 20 were won.
    assert abs(mean - 10.0 * 20.5 / 51.0) < 4.0 * error


def test_every_baseline_has_a_name() -> None:
    assert list(BASELINES) == list(LABELS)


# ------------------------------------------------------------------ uneven weeks


def uneven(squared: float) -> Unevenness:
    return Unevenness(squared, 20, 600.0, 500.0, 700.0)


def test_weeks_no_more_uneven_than_simulated_change_nothing() -> None:
    rng = np.random.default_rng(10)
    simulated = rng.poisson(30.0, (200, 20)).astype(float)
    found = Unevenness.of(simulated[0].round(), simulated)
    assert found.squared < 0.02
    frame = Frame.between(TIME, date(2024, 3, 31), 40 * WEEK, 40 * WEEK, 0.0)
    wins = Wins(np.zeros(50), np.linspace(60.0, 180.0, 50))
    same = uneven(0.0).spread(wins, frame, rng)
    assert same.won.tolist() == wins.won.tolist()


def test_uneven_weeks_are_measured_and_carried_forward_and_nothing_is_lost() -> None:
    rng = np.random.default_rng(11)
    mean, squared = 200.0, 0.04
    weeks = 4000
    levels = rng.gamma(1.0 / squared, squared, weeks)
    found = Unevenness.of(
        rng.poisson(mean * levels).astype(float), rng.poisson(mean, (50, weeks)).astype(float)
    )
    assert found.squared == pytest.approx(squared, rel=0.15)
    frame = Frame.between(TIME, date(2024, 3, 31), 113 * WEEK, 113 * WEEK, 0.0)
    counts = []
    for _ in range(60):
        n = rng.poisson(mean * 100)
        won = frame.week_edges[0] + rng.random(n) * 100 * WEEK
        spread = uneven(squared).spread(Wins(np.zeros(n), won), frame, rng)
        counts.append(frame.tally(spread).weekly)
        assert counts[-1].sum() == n
    variance = np.var(np.array(counts)[:, 1:-1])
    assert variance == pytest.approx(mean + squared * mean**2, rel=0.08)


def test_a_case_is_not_won_before_it_comes() -> None:
    frame = Frame.between(TIME, date(2024, 3, 31), 40 * WEEK, 40 * WEEK, 0.0)
    rng = np.random.default_rng(12)
    created = np.sort(rng.uniform(frame.at, 40 * WEEK, 500))
    found = uneven(0.2).spread(Wins(created, created + 0.1), frame, rng)
    assert (found.won >= found.created).all()


def test_what_parameters_leave_open_hides_no_unevenness() -> None:
    rng = np.random.default_rng(15)
    weeks, squared = 3000, 0.04
    levels = rng.uniform(0.5, 2.0, (60, 1))
    simulated = rng.poisson(100.0 * levels * np.ones(weeks)).astype(float)
    actual = rng.poisson(130.0 * rng.gamma(1.0 / squared, squared, weeks)).astype(float)
    assert Unevenness.of(actual, simulated).squared == pytest.approx(squared, rel=0.15)


def test_a_scenario_that_does_not_fit_the_past_is_said_so() -> None:
    rng = np.random.default_rng(14)
    simulated = rng.poisson(10.0, (60, 20)).astype(float)
    assert Unevenness.of(rng.poisson(10.0, 20).astype(float), simulated).fits
    far = Unevenness.of(np.full(20, 90.0), simulated)
    assert not far.fits
    assert far.squared < 0.01  # too many, but evenly
    wild = Unevenness.of(np.tile([0.0, 20.0], 10), simulated)
    assert wild.squared == MOST_UNEVEN
    assert not wild.fits


def test_few_weeks_tell_nothing_about_unevenness() -> None:
    rng = np.random.default_rng(13)
    wild = np.array([0.0, 90.0, 0.0, 90.0])
    assert Unevenness.of(wild, rng.poisson(45.0, (30, 4)).astype(float)).squared == 0.0
    assert Unevenness.of(np.empty(0), np.empty((30, 0))).squared == 0.0
    assert len(past_edges(0.0, 3.9 * WEEK)) == 4
    assert past_edges(0.0, 3.9 * WEEK)[-1] == pytest.approx(3.9 * WEEK)


# ------------------------------------------------------------------ a world whose truth is known


@dataclass(frozen=True)
class World:
    """Leads come evenly over three channels; some are won, soon or late."""

    rate: float = 9.0
    conversion: tuple[float, ...] = (0.5, 0.25, 0.1)
    soon: float = 8.0
    late: float = 60.0

    def leads(self, days: float, rng: np.random.Generator) -> tuple[Floats, Floats, Integers]:
        """When they come, after how long they are won (NaN: never), and channels."""
        n = rng.poisson(self.rate * days)
        channel = rng.integers(0, 3, n)
        wins = rng.random(n) < np.array(self.conversion)[channel]
        scale = np.where(rng.random(n) < 0.7, self.soon, self.late)
        delay = np.where(wins, rng.exponential(scale), NAN)
        return np.sort(rng.random(n) * days), delay, channel

    def records(self, rng: np.random.Generator, until: float, leads_until: float) -> Records:
        """What files would show."""
        created, delay, channel = self.leads(leads_until, rng)
        won = np.where(created + delay <= until, created + delay, NAN)
        return records(created, won, channel=channel, until=until, leads_until=leads_until)

    def cases(self, rng: np.random.Generator, days: float) -> Cases:
        """A history of this world."""
        created, delay, channel = self.leads(days, rng)
        won = np.where(created + delay <= days, created + delay, NAN)
        none = Passes(np.empty(0, np.int64), np.empty(0), np.empty(0))
        return Cases("lead", created, won, np.full(len(created), NAN), channel, none)


@dataclass(frozen=True)
class Known:
    """A calibration that found what it was told."""

    since: float = 0.0
    scenario: Scenario | None = None

    def drawn(self, seed: int, k: int) -> Scenario:
        return self.scenario or Scenario()


def knowing(world: World) -> Callable[..., list[Member]]:
    """Simulate a world instead of an organization."""

    def simulate(
        calibrated: Calibrated, task: Forecasting, members: int, seed: int, workers: Any
    ) -> list[Member]:
        found = []
        for k in range(members):
            rng = np.random.default_rng([seed, k])
            found.append(
                task.start.forecast(lambda number: world.cases(rng, task.start.horizon), rng)  # noqa: B023
            )
        return found

    return simulate


def of_world(
    truth: World, believed: World, seed: int, members: int = 39, weeks: int = 20, **more: Any
) -> Backtest:
    made = truth.records(np.random.default_rng([9, seed]), 40.5 * WEEK, 32.0 * WEEK)
    day = date.fromordinal(MONDAY.toordinal() + 7 * weeks - 1)
    return backtest(
        made, day, calibrate=lambda known, **how: Known(), members=members, seed=seed,
        simulate=knowing(believed), **more,
    )  # fmt: skip


@pytest.fixture(scope="module")
def many() -> list[Backtest]:
    """Backtests of one world by a model that knows it."""
    return [of_world(World(), World(), seed) for seed in range(16)]


def test_bands_of_a_model_that_knows_the_world_hold_what_they_say(many: list[Backtest]) -> None:
    for position, share in enumerate((0.5, 0.8, 0.95)):
        scores = [each.scores["weekly", MODEL] for each in many]
        n = sum(each.n for each in scores)
        held = sum(each.coverages[position].held.mean * each.n for each in scores) / n
        expected = float(np.mean([each.coverages[position].expected for each in scores]))
        error = math.sqrt(share * (1.0 - share) / n)
        # Unevenness that chance shows in the past makes bands a little wider, never narrower.
        assert -3.5 * error < held - expected < 3.5 * error + 0.03


def test_final_wins_of_months_and_days_to_win_are_held_as_well(many: list[Backtest]) -> None:
    for quantity in ("cohorts", "times"):
        scores = [each.scores[quantity, MODEL] for each in many]
        held = np.array([each.coverages[1].held.mean for each in scores])
        expected = np.mean([each.coverages[1].expected for each in scores])
        error = held.std(ddof=1) / math.sqrt(len(held))
        assert abs(held.mean() - expected) < 3.5 * error
        bias = np.array([each.bias for each in scores])
        assert abs(bias.mean()) < 3.5 * bias.std(ddof=1) / math.sqrt(len(bias))


def test_a_model_that_knows_the_world_is_not_beaten_by_baselines(many: list[Backtest]) -> None:
    for name in BASELINES:
        gains = np.array(
            [each.scores["weekly", name].crps - each.scores["weekly", MODEL].crps for each in many]
        )
        assert gains.mean() > -2.0 * gains.std(ddof=1) / math.sqrt(len(gains))
    beaten = [each for one in many for each in one.against if each.better == "baseline"]
    assert len(beaten) <= 0.1 * 3 * len(many)


def test_another_seed_gives_other_luck_and_the_same_seed_the_same(many: list[Backtest]) -> None:
    made = World().records(np.random.default_rng([9, 1]), 40.5 * WEEK, 32.0 * WEEK)
    arguments: dict[str, Any] = {
        "calibrate": lambda known, **how: Known(), "members": 39, "simulate": knowing(World())
    }  # fmt: skip
    again = backtest(made, date(2024, 5, 19), seed=1, **arguments)
    assert again.as_json() == many[1].as_json()
    other = backtest(made, date(2024, 5, 19), seed=2, **arguments)
    assert other.weekly["actual"].tolist() == again.weekly["actual"].tolist()
    for column in ("median", *BASELINES):
        assert other.weekly[column].tolist() != again.weekly[column].tolist()


@pytest.fixture(scope="module")
def wrong_world() -> Backtest:
    """A forecast by a model that believes in far too many wins."""
    return of_world(World(), World(conversion=(0.95, 0.9, 0.9)), 1)


def test_a_baseline_that_must_win_does_and_the_words_say_so(wrong_world: Backtest) -> None:
    wrong = wrong_world
    found = {each.baseline: each.better for each in wrong.against}
    assert found["delay_curve"] == "baseline"
    words = " ".join(wrong.verdict())
    assert "A baseline wins: conversion x delay curve." in words
    assert wrong.worse > 0.5
    assert "does not describe the past" in " ".join(wrong.notes())
    assert wrong.scores["weekly", MODEL].bias > 5.0
    assert "a baseline" in words.split("In final wins")[1]
    assert len(wrong.failures(0.7, 0.05)) == 2
    assert wrong.failures(None, None) == []
    assert wrong.failures(0.0, 1000.0) == []


def test_scores_that_differ_by_luck_cannot_be_told_apart() -> None:
    rng = np.random.default_rng(14)
    actual = rng.poisson(20.0, 30).astype(float)
    one, other = (score(rng.poisson(20.0, (60, 30)).astype(float), actual) for _ in range(2))
    found = Against.of("last_rate", one, other)
    assert found.better == "cannot be told apart"
    assert "do not settle it" in found.words()


def test_given_leads_leave_their_number_out_of_the_forecast() -> None:
    growing = World(rate=9.0)
    truth = World(rate=9.0).records(np.random.default_rng(15), 40.5 * WEEK, 32.0 * WEEK)
    later = truth.leads.created > 20 * WEEK
    # After the date every second lead stays away.
    kept = ~later | (np.arange(len(later)) % 2 == 0)
    thinned = replace(
        truth,
        leads=truth.leads[kept],
        leads_weekday=truth.leads_weekday[kept],
        leads_month=truth.leads_month[kept],
    )
    day = date.fromordinal(MONDAY.toordinal() + 7 * 20 - 1)
    arguments: dict[str, Any] = {
        "calibrate": lambda known, **how: Known(), "members": 30, "simulate": knowing(growing)
    }  # fmt: skip
    forecast = backtest(thinned, day, **arguments)
    given = backtest(thinned, day, given_leads=True, **arguments)
    assert forecast.scores["weekly", MODEL].bias > 1.5
    assert abs(given.scores["weekly", MODEL].bias) < 1.0
    assert any("was given" in each for each in given.notes())
    assert given.scores["weekly", "delay_curve"].bias < 1.0


def test_leads_that_are_recorded_no_more_are_counted_on_neither_side(many: list[Backtest]) -> None:
    one = many[0]
    assert any("No lead is on file after" in each for each in one.notes())
    assert one.conditions.uneven.fits
    assert not one.weekly["new_cases"].iloc[-1]
    last = one.weekly.iloc[-4:]
    assert last["median"].mean() < 0.5 * one.weekly.iloc[:4]["median"].mean()


# ------------------------------------------------------------------ matching


def start_with(cases: Open, told: Told, **more: Any) -> Starting:
    values: dict[str, Any] = {
        "cases": cases, "told": told, "unit": "lead", "since": 0.0, "at": 100.0,
        "leads_until": 100.0, "until": 150.0, "wins_from": 0.0, "arrivals": False,
    }  # fmt: skip
    return Starting(**{**values, **more})


def history_of(
    won_age: Any, channel: Any = None, opened_age: Any = None, lost_age: Any = None
) -> Callable[[int], Cases]:
    """Simulated leads that all come at the beginning."""
    ages = np.asarray(won_age, dtype=np.float64)
    n = len(ages)
    opened = np.full(n, NAN) if opened_age is None else np.asarray(opened_age, np.float64)
    lost = np.full(n, NAN) if lost_age is None else np.asarray(lost_age, np.float64)
    has = np.isfinite(opened)
    slots = np.zeros(n, np.int64) if channel is None else np.asarray(channel, np.int64)
    passes = Passes(np.flatnonzero(has), opened[has], lost[has])
    made = Cases("lead", np.zeros(n), ages, np.full(n, NAN), slots, passes)
    return lambda number: made


WINS_ONLY = Told(openings=False, losses=False)
ALL_TOLD = Told(openings=True, losses=True)


def opened(n: int, age: float, stage: int = ANY_STAGE, channel: int = 0) -> Open:
    return Open(np.full(n, 100.0 - age), np.full(n, channel), np.full(n, stage))


def test_an_open_lead_goes_on_as_simulated_ones_that_were_not_won_by_its_age() -> None:
    # Won at age 10 (too early to be like it), at 35, or never.
    history = history_of([10.0] * 50 + [35.0] * 30 + [NAN] * 70)
    start = start_with(opened(2000, 20.0), WINS_ONLY)
    member = start.forecast(history, np.random.default_rng(1))
    assert set(member.wins.won.round(6)) == {115.0}
    share = 0.3
    assert abs(len(member.wins) / 2000 - share) < 4.0 * math.sqrt(share * (1 - share) / 2000)
    assert member.matched.other_channel == 0


def test_stage_and_channel_are_matched_where_files_tell_them() -> None:
    # Of two channels, with and without an opportunity, each is won after its own time.
    history = history_of(
        np.repeat([30.0, 40.0, 50.0, NAN], 40), np.repeat([0, 1, 0, 1], 40),
        np.repeat([5.0, 5.0, NAN, NAN], 40),
    )  # fmt: skip
    for stage, channel, won in (
        (OPEN_OPPORTUNITY, 0, 110.0), (OPEN_OPPORTUNITY, 1, 120.0), (NO_OPPORTUNITY, 0, 130.0),
    ):  # fmt: skip
        start = start_with(opened(20, 20.0, stage, channel), ALL_TOLD)
        member = start.forecast(history, np.random.default_rng(1))
        assert set(member.wins.won) == {won}
        assert member.matched.other_stage == member.matched.other_channel == 0


def test_a_lost_opportunity_is_another_stage_than_an_open_one() -> None:
    history = history_of(
        np.repeat([30.0, 45.0], 40), None, np.full(80, 5.0), np.repeat([NAN, 10.0], 40)
    )
    start = start_with(opened(20, 20.0, LOST_OPPORTUNITY), ALL_TOLD)
    assert set(start.forecast(history, np.random.default_rng(1)).wins.won) == {125.0}


def test_where_nothing_is_like_a_case_stage_and_then_channel_are_given_up_and_counted() -> None:
    history = history_of(np.full(80, 40.0), np.zeros(80))
    stage = start_with(opened(10, 20.0, OPEN_OPPORTUNITY), ALL_TOLD)
    matched = stage.forecast(history, np.random.default_rng(1)).matched
    assert (matched.other_stage, matched.other_channel) == (10, 0)
    channel = start_with(opened(10, 20.0, OPEN_OPPORTUNITY, -1), ALL_TOLD)
    found = channel.forecast(history, np.random.default_rng(1))
    assert (found.matched.other_stage, found.matched.other_channel) == (0, 10)
    assert len(found.wins) == 10
    nothing_left = channel.forecast(history_of(np.full(80, 3.0)), np.random.default_rng(1))
    assert nothing_left.matched.unmatched == 10
    assert len(nothing_left.wins) == 0


def test_more_runs_are_pooled_only_where_few_match() -> None:
    asked: list[int] = []

    def few(number: int) -> Cases:
        asked.append(number)
        return history_of([40.0] * 12)(number)

    start_with(opened(10, 20.0), WINS_ONLY).forecast(few, np.random.default_rng(1))
    assert asked == [0, 1, 2]  # 36 are enough
    asked.clear()
    enough = history_of([40.0] * 40)

    def many_match(number: int) -> Cases:
        asked.append(number)
        return enough(number)

    start_with(opened(10, 20.0), WINS_ONLY).forecast(many_match, np.random.default_rng(1))
    assert asked == [0]


def test_leads_older_than_the_record_of_wins_may_have_been_won_unseen() -> None:
    # Wins are recorded from day 80 on; a lead of age 50 could be won unseen until age 30.
    history = history_of([10.0] * 60 + [60.0] * 30 + [40.0] * 500)
    start = start_with(opened(3000, 50.0), WINS_ONLY, wins_from=80.0)
    member = start.forecast(history, np.random.default_rng(1))
    share = 30.0 / 90.0
    assert abs(len(member.wins) / 3000 - share) < 4.0 * math.sqrt(share * (1 - share) / 3000)


def test_histories_are_long_enough_to_follow_the_oldest_case() -> None:
    start = start_with(opened(1, 90.0), WINS_ONLY, until=180.0)
    assert start.horizon >= 90.0 + 80.0
    ancient = start_with(opened(5, 5000.0), WINS_ONLY)
    assert ancient.horizon == 1200.0
    late = history_of(np.full(40, 1120.0))
    found = ancient.forecast(late, np.random.default_rng(1))
    assert found.matched.too_old == 5
    assert len(found.wins) == 5  # as the oldest that are followed


# ------------------------------------------------------------------ with the engine


@pytest.fixture(scope="module")
def company(small: Scenario, changed: Any) -> Scenario:
    return changed(small, {"start.loaded": False, "horizon.months": 15.0})  # type: ignore[no-any-return]


DAY = date(2024, 12, 27)


@pytest.fixture(scope="module")
def seen(company: Scenario) -> Records:
    return records_of(engine.run(company, 3, 0))


def of_company(seen: Records, company: Scenario, **more: Any) -> Backtest:
    how = {"members": 24, "workers": 1, **more}
    return backtest(seen, DAY, calibrate=lambda known, **_: Known(0.0, company), **how)


@pytest.fixture(scope="module")
def simulated(seen: Records, company: Scenario) -> Backtest:
    return of_company(seen, company)


def test_a_run_is_forecast_by_the_scenario_that_made_it(simulated: Backtest) -> None:
    weekly = simulated.scores["weekly", MODEL]
    n = weekly.n
    assert n >= 12
    assert weekly.coverages[1].held.mean > 0.8 - 3.0 * math.sqrt(0.16 / n)
    assert simulated.worse < 0.25
    assert [each.better for each in simulated.against].count("baseline") == 0
    matched = simulated.conditions.matched[0]
    assert matched.cases > 50
    assert matched.unmatched == 0
    assert matched.other_channel < 0.1 * matched.cases


def test_the_same_seed_gives_the_same_forecast_on_any_number_of_processes(
    seen: Records, company: Scenario, simulated: Backtest
) -> None:
    again = of_company(seen, company, workers=Execution(2))
    assert again.as_json() == simulated.as_json()


def test_the_calibration_is_given_nothing_of_what_came_later(seen: Records) -> None:
    given: list[Records] = []

    def calibrate(known: Records, **how: Any) -> Known:
        given.append(known)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        backtest(seen, DAY, calibrate=calibrate)
    at = moment_after(seen.time, DAY)
    known = given[0]
    for times in (
        known.leads.created, known.leads.won, known.leads.converted,
        known.opportunities.opened, known.opportunities.closed, known.activities.time,
        known.contracts.start, known.contracts.end,
    ):  # fmt: skip
        assert len(times)
        assert not (times > at).any()
    assert known.until == at


def test_opportunities_without_leads_are_forecast_as_opportunities(
    seen: Records, company: Scenario
) -> None:
    no_leads, *_ = nothing()
    gone = replace(
        seen,
        leads=no_leads,
        leads_weekday=np.empty(0, np.int64),
        leads_month=np.empty(0, np.int64),
        opportunities=replace(seen.opportunities, lead=np.full(len(seen.opportunities), -1)),
    )
    found = of_company(gone, company)
    assert found.conditions.unit == "opportunity"
    weekly = found.scores["weekly", MODEL]
    assert weekly.coverages[1].held.mean > 0.8 - 3.0 * math.sqrt(0.16 / weekly.n)
    assert abs(weekly.bias) < 0.5 * found.weekly["actual"].mean()


# ------------------------------------------------------------------ errors


def refused(made: Records, day: date, **more: Any) -> str:
    with pytest.raises(ScenarioError) as caught:
        backtest(made, day, calibrate=lambda known, **how: Known(), **more)
    return "\n".join(str(each) for each in caught.value.problems)


def test_a_date_that_the_files_do_not_tell_about_is_refused() -> None:
    made = World().records(np.random.default_rng(1), 40 * WEEK, 40 * WEEK)
    for day in (date(2023, 12, 31), date(2024, 10, 7), date(2030, 1, 1)):
        said = refused(made, day)
        assert "--train-until" in said
        assert str(day) in said
        assert "2024-01-01 to 2024-10-04" in said


def test_too_little_on_either_side_is_refused_with_its_count() -> None:
    made = World().records(np.random.default_rng(1), 40 * WEEK, 40 * WEEK)
    assert "wins lie before it and 20 are needed" in refused(made, date(2024, 1, 5))
    assert "3 whole weeks" in refused(made, date(2024, 9, 15))
    short = World().records(np.random.default_rng(1), 3 * WEEK, 3 * WEEK)
    both = refused(short, date(2024, 1, 8))
    assert "20 are needed" in both
    assert "4 are needed" in both


def test_a_forecast_of_few_members_is_refused() -> None:
    made = World().records(np.random.default_rng(1), 40 * WEEK, 40 * WEEK)
    assert "--members" in refused(made, date(2024, 6, 1), members=19)


def test_files_in_which_nobody_signs_are_refused() -> None:
    made = records(np.linspace(0.0, 150.0, 400), np.full(400, NAN))
    assert "only 0 wins" in refused(made, date(2024, 6, 1))


def test_an_interrupted_forecast_says_so_or_ends() -> None:
    def interrupted(count: int) -> Callable[..., list[Member]]:
        return lambda calibrated, task, members, seed, workers: knowing(World())(
            calibrated, task, count, seed, workers
        )

    made = World().records(np.random.default_rng(1), 40 * WEEK, 40 * WEEK)
    arguments: dict[str, Any] = {"calibrate": lambda known, **how: Known(), "members": 60}
    found = backtest(made, date(2024, 6, 1), simulate=interrupted(25), **arguments)
    assert any("25 of 60" in each for each in found.notes())
    with pytest.raises(KeyboardInterrupt):
        backtest(made, date(2024, 6, 1), simulate=interrupted(5), **arguments)


# ------------------------------------------------------------------ what is shown


def test_the_object_is_plain_json_and_holds_every_table(simulated: Backtest) -> None:
    text = json.dumps(simulated.as_json(), allow_nan=False)
    found = json.loads(text)
    assert set(TABLES) <= set(found)
    assert len(found["weekly"]) == len(simulated.frame.weeks)
    assert {row["quantity"] for row in found["scores"]} == set(QUANTITIES)
    assert {row["forecaster"] for row in found["scores"]} == {MODEL, *BASELINES}
    assert found["train_until"] == str(DAY)


def test_the_tables_add_up(simulated: Backtest, seen: Records) -> None:
    cohorts, weekly = simulated.cohorts, simulated.weekly
    signed = cohorts["actual"] - cohorts["won_before"]
    assert (signed >= 0.0).all()
    whole = seen.leads.won[(seen.leads.won > simulated.frame.at)]
    assert signed.sum() == len(whole)
    edges = simulated.frame.week_edges
    assert weekly["actual"].sum() == ((whole >= edges[0]) & (whole < edges[-1])).sum()
    for each in (weekly, cohorts):
        for inner, outer in ((50, 80), (80, 95)):
            assert (each[f"low_{outer}"] <= each[f"low_{inner}"]).all()
            assert (each[f"high_{outer}"] >= each[f"high_{inner}"]).all()


def test_an_ensemble_has_one_row_a_member() -> None:
    frame = Frame.between(TIME, date(2024, 3, 31), 20 * WEEK, 20 * WEEK, 0.0)
    none = Wins(np.empty(0), np.empty(0))
    found = Ensemble.of(frame, [none, none])
    assert found.weekly.shape == (2, 7)
    assert np.isnan(found.times).all()


def test_the_picture_is_the_same_for_the_same_result(simulated: Backtest) -> None:
    drawn = backtest_tables.picture(simulated)
    assert drawn.startswith(b"\x89PNG")
    assert drawn == backtest_tables.picture(simulated)


@pytest.fixture
def wired(monkeypatch: pytest.MonkeyPatch, seen: Records, company: Scenario) -> None:
    """The command with the importer and the fit replaced by what they would find."""
    fitting = SimpleNamespace(calibrate=lambda known, **how: Known(0.0, company))
    monkeypatch.setitem(sys.modules, "simulator.calibration.fitting", fitting)
    monkeypatch.setattr(command, "read", lambda *given: ([], None))
    found = SimpleNamespace(records=seen, counts=())
    monkeypatch.setattr(command, "imported", lambda *given: found)


FEW = ("--members", 24, "--workers", 1)
APP = typer.Typer(cls=Commands, pretty_exceptions_enable=False)
APP.callback()(lambda: None)
APP.command()(command.backtest)


def call(*arguments: object) -> Result:
    return CliRunner().invoke(APP, [str(each) for each in arguments])


@pytest.mark.usefixtures("wired")
def test_the_command_tells_the_verdict_first_and_writes_what_it_tells(tmp_path: Path) -> None:
    result = call("backtest", "leads.csv", "--train-until", DAY, *FEW, "--out", tmp_path)
    assert result.exit_code == 0, result.output
    parts = ("Forecast of", "The 80 % bands held", "Scores", "Wins a week", "Final wins by",
             "Days to win", "What to know", "24 members")  # fmt: skip
    places = [result.stdout.index(each) for each in parts]
    assert places == sorted(places)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        [*(f"{name}.csv" for name in TABLES), "backtest.json", backtest_tables.PICTURE]
    )
    assert len(table(tmp_path / "weekly.csv")) >= 12
    made = json.loads((tmp_path / "backtest.json").read_text())
    assert made["command"][:5] == ["themodel", "backtest", "leads.csv", "--train-until", str(DAY)]


@pytest.mark.usefixtures("wired")
def test_the_command_prints_one_object_and_ends_with_a_finding_only_if_asked(
    monkeypatch: pytest.MonkeyPatch, wrong_world: Backtest
) -> None:
    monkeypatch.setattr(backtesting, "backtest", lambda *given, **how: wrong_world)
    words = ("backtest", "leads.csv", "--train-until", DAY, *FEW, "--json")
    plain = call(*words)
    assert plain.exit_code == 0  # a baseline wins, and nothing else was asked
    assert json.loads(plain.stdout)["members"] == 39
    strict = call(*words, "--require-coverage", 0.99, "--require-crps", 0.05)
    assert strict.exit_code == 1
    assert "99 % are required" in strict.stderr
    assert "5.0 % are allowed" in strict.stderr
    easy = call(*words, "--require-coverage", 0, "--require-crps", 50)
    assert easy.exit_code == 0


@pytest.mark.usefixtures("wired")
def test_the_command_answers_in_japanese_too(tmp_path: Path) -> None:
    with speaking("ja"):
        result = call(
            "backtest", "leads.csv", "--train-until", DAY, *FEW, "--out", tmp_path, "--lang", "ja"
        )
    assert result.exit_code == 0, result.output
    for word in ("時点の予測と", "80%帯には", "予測の成績", "週ごとの受注数", "知っておくべきこと"):
        assert word in result.stdout
    assert not english_left(result.output)
    assert "week" in table(tmp_path / "weekly.csv")[0]


def test_every_judgement_is_told_in_japanese_too(
    wrong_world: Backtest, simulated: Backtest
) -> None:
    with speaking("ja"):
        for each in (wrong_world, simulated):
            said = [*each.verdict(), *each.notes()]
            assert all(line.endswith("。") for line in said)
            assert not english_left("\n".join([*said, *each.failures(0.99, 0.0)]))
    spoken_pictures = set()
    for language in LANGUAGES:
        with speaking(language):
            spoken_pictures.add(backtest_tables.picture(simulated))
    assert len(spoken_pictures) == len(LANGUAGES)


@pytest.mark.usefixtures("wired")
@pytest.mark.parametrize("wrong", ["31.12.2024", "2024-13-01", "12/27/2024", "yesterday", ""])
def test_a_day_is_asked_for_in_one_way_only(wrong: str) -> None:
    result = call("backtest", "leads.csv", "--train-until", wrong, *FEW)
    assert result.exit_code == 2
    assert "--train-until" in result.stderr
    assert "2024-03-31" in result.stderr


def test_outcomes_are_numbered_as_the_records_say() -> None:
    assert (Outcome.OPEN, Outcome.WON, Outcome.LOST) == (0, 1, 2)
