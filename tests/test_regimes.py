"""Changes of regime are found where they are, and not in noise, weeks, holidays or slow trends."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from scipy import stats

from simulator.calibration.estimating.regimes import LEAST_WEEKS, Change, changes_of
from simulator.calibration.records import Floats
from simulator.calibration.working_time import BUSINESS_DAYS_A_WEEKDAY, WorkingTime

TIME = WorkingTime(date(2022, 1, 3))
WEEKDAYS = np.array([1.4, 1.1, 1.0, 0.9, 0.6])
REPETITIONS = 100


def flow(
    rng: np.random.Generator, level: Floats, excess: float = 0.0
) -> tuple[Floats, float, float]:
    """Times that come at a level per weekday, more unevenly than by chance."""
    days = len(level)
    mean = level * WEEKDAYS[np.arange(days) % 5]
    if excess:
        mean = mean * rng.gamma(1.0 / excess, excess, days)
    counts = rng.poisson(mean)
    times = (np.repeat(np.arange(days), counts) + 0.5) * BUSINESS_DAYS_A_WEEKDAY
    return rng.permutation(times), 0.0, days * BUSINESS_DAYS_A_WEEKDAY


def found(rng: np.random.Generator, level: Floats, excess: float = 0.0) -> tuple[Change, ...]:
    return changes_of(*flow(rng, level, excess), TIME)


def at_most(promised: float) -> int:
    """So many of the repetitions may do what one in `promised` ... of them should."""
    return int(stats.binom.ppf(0.99, REPETITIONS, promised))


@pytest.mark.parametrize("weeks", [16, 52, 130])
@pytest.mark.parametrize(("mean", "excess"), [(1.0, 0.0), (5.0, 0.3), (50.0, 0.04)])
def test_a_steady_flow_is_left_whole(weeks: int, mean: float, excess: float) -> None:
    rng = np.random.default_rng([weeks, int(mean)])
    level = np.full(5 * weeks, mean)
    fired = sum(bool(found(rng, level, excess)) for _ in range(REPETITIONS))
    assert fired <= at_most(0.05)


@pytest.mark.parametrize("monthly", [-0.03, 0.03, 0.06])
def test_a_slow_trend_is_no_change(monthly: float) -> None:
    rng = np.random.default_rng(2)
    level = 25.0 * np.exp(monthly * np.arange(5 * 104) / 21.75)
    fired = sum(bool(found(rng, level, 0.02)) for _ in range(REPETITIONS))
    assert fired <= at_most(0.05)


def test_a_quiet_week_at_the_turn_of_the_year_is_no_regime() -> None:
    rng = np.random.default_rng(3)
    level = np.full(5 * 52, 25.0)
    level[5 * 30 : 5 * 31] = 4.0
    fired = sum(bool(found(rng, level, 0.02)) for _ in range(REPETITIONS))
    assert fired <= at_most(0.05)


def test_a_doubled_flow_is_found_about_where_it_doubled_and_named() -> None:
    rng = np.random.default_rng(4)
    level = np.full(5 * 60, 10.0)
    level[5 * 37 + 2 :] *= 2.0
    truth = (5 * 37 + 2) * BUSINESS_DAYS_A_WEEKDAY
    near = 0
    for _ in range(REPETITIONS):
        changes = found(rng, level, 0.1)
        near += any(abs(each.at - truth) <= 10.0 for each in changes)
        if len(changes) == 1:
            assert 1.5 < changes[0].after / changes[0].before < 2.7
            assert any(month in changes[0].words for month in ("August", "September", "October"))
            assert "2022" in changes[0].words
    assert near >= 90


def test_two_changes_are_both_found_with_the_rates_between_them() -> None:
    rng = np.random.default_rng(5)
    level = np.repeat([20.0, 60.0, 25.0], 5 * 20)
    first, second = found(rng, level, 0.02)
    assert first.after == second.before
    rates = np.array([first.before, first.after, second.after]) * BUSINESS_DAYS_A_WEEKDAY
    assert rates == pytest.approx([20.0, 60.0, 25.0], rel=0.15)


def test_two_regimes_need_two_times_their_shortest_length() -> None:
    rng = np.random.default_rng(6)
    level = np.repeat([5.0, 100.0], [5 * LEAST_WEEKS - 5, 5 * LEAST_WEEKS])
    assert found(rng, level) == ()
    level = np.repeat([5.0, 100.0], 5 * LEAST_WEEKS)
    assert len(found(rng, level)) == 1


def test_several_flows_together_need_more_to_be_called_changed() -> None:
    rng = np.random.default_rng(7)
    level = np.repeat([10.0, 13.0], 5 * 26)
    seen = [flow(rng, level) for _ in range(REPETITIONS)]
    alone = sum(bool(changes_of(*each, TIME)) for each in seen)
    among = sum(bool(changes_of(*each, TIME, comparisons=1000)) for each in seen)
    assert among < alone


def test_nothing_came_and_nothing_changed() -> None:
    assert changes_of(np.empty(0), 0.0, 400.0, TIME) == ()
    assert changes_of(np.array([3.0]), 0.0, 0.0, TIME) == ()
