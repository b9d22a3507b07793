"""Scores of forecasts against closed forms, and intervals against their promises."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from simulator.calibration.backtesting.scoring import (
    BANDS,
    band,
    coverage,
    fair_crps,
    mean_of_neighbors,
    quantiles,
    score,
)


def crps_of_normal(mean: float, spread: float, actual: float) -> float:
    """Gneiting & Raftery (2007), equation 21, with the sign turned."""
    z = (actual - mean) / spread
    inner = z * (2.0 * stats.norm.cdf(z) - 1.0) + 2.0 * stats.norm.pdf(z) - 1.0 / math.sqrt(math.pi)
    return spread * float(inner)


@pytest.mark.parametrize("actual", [-3.0, 0.0, 0.7, 5.0])
def test_the_score_of_a_normal_ensemble_is_that_of_the_normal_law(actual: float) -> None:
    members = stats.norm.ppf((np.arange(20_000) + 0.5) / 20_000, loc=1.0, scale=2.0)
    found = fair_crps(members[:, None], np.array([actual]))[0]
    assert found == pytest.approx(crps_of_normal(1.0, 2.0, actual), abs=2e-3)


def test_the_score_of_one_sure_number_is_its_absolute_error() -> None:
    found = fair_crps(np.full((7, 3), 4.0), np.array([4.0, 1.0, 9.5]))
    assert found.tolist() == [0.0, 3.0, 5.5]


def test_the_score_is_the_sum_over_all_pairs() -> None:
    members, actual = np.array([3.0, 8.0, 1.0, 8.0]), 5.0
    pairs = [abs(a - b) for i, a in enumerate(members) for j, b in enumerate(members) if i != j]
    by_hand = np.mean(np.abs(members - actual)) - 0.5 * np.mean(pairs)
    assert fair_crps(members[:, None], np.array([actual]))[0] == pytest.approx(by_hand)


@pytest.mark.parametrize("members", [2, 3, 10])
def test_few_members_do_not_make_the_score_worse_on_average(members: int) -> None:
    rng = np.random.default_rng(5)
    n = 200_000
    found = fair_crps(rng.normal(1.0, 2.0, (members, n)), np.full(n, 2.5))
    error = found.std() / math.sqrt(n)
    assert abs(found.mean() - crps_of_normal(1.0, 2.0, 2.5)) < 4.0 * error


def test_one_member_has_no_fair_score() -> None:
    with pytest.raises(ValueError, match="two members"):
        fair_crps(np.zeros((1, 3)), np.zeros(3))


def test_a_truth_like_the_members_falls_into_a_band_as_often_as_it_says() -> None:
    rng = np.random.default_rng(6)
    n = 20_000
    for share in BANDS:
        found = coverage(rng.normal(size=(99, n)), rng.normal(size=n), share)
        assert abs(found.held.mean - share) < 4.0 * math.sqrt(share * (1.0 - share) / n)
        assert found.held.low is not None
        assert found.held.low < share < (found.held.high or 0.0)


def test_small_counts_are_held_more_often_and_the_expected_share_says_so() -> None:
    rng = np.random.default_rng(7)
    n = 20_000
    found = coverage(
        rng.poisson(2.0, (99, n)).astype(float), rng.poisson(2.0, n).astype(float), 0.5
    )
    assert found.held.mean > 0.6
    assert found.expected == pytest.approx(found.held.mean, abs=0.015)


def test_bands_of_few_members_end_at_the_outermost() -> None:
    low, high = band(np.arange(20.0)[:, None], 0.95)
    assert (low[0], high[0]) == (0.0, 19.0)


def test_what_is_missing_is_left_out_and_never_scored_as_zero() -> None:
    ensemble = np.array([[1.0, 2.0, np.nan], [3.0, 2.0, 1.0]])
    found = score(ensemble, np.array([2.0, np.nan, 1.0]))
    assert found.n == 1
    assert found.bias == 0.0
    assert found.error == 0.0
    assert np.isnan(found.each).tolist() == [False, True, True]
    nothing = score(ensemble, np.full(3, np.nan))
    assert nothing.n == 0
    assert math.isnan(nothing.crps)


def test_bias_is_above_zero_where_too_much_was_expected() -> None:
    found = score(np.array([[4.0, 6.0], [6.0, 8.0]]), np.array([3.0, 3.0]))
    assert found.bias == 3.0
    assert found.error == 3.0


def test_the_mean_of_a_series_whose_neighbors_are_alike_keeps_its_interval() -> None:
    rng = np.random.default_rng(8)
    weeks, repeats, kept = 60, 1500, 0.4
    held = naive = 0
    for _ in range(repeats):
        noise = rng.normal(size=weeks + 50)
        series = np.empty(weeks + 50)
        series[0] = noise[0]
        for i in range(1, len(noise)):
            series[i] = kept * series[i - 1] + noise[i]
        series = series[50:]
        found = mean_of_neighbors(series)
        held += (found.low or 0.0) <= 0.0 <= (found.high or 0.0)
        half = stats.t.ppf(0.975, weeks - 1) * series.std(ddof=1) / math.sqrt(weeks)
        naive += abs(series.mean()) <= half
    # An interval that took weeks for independent would hold four times in five.
    assert naive / repeats < 0.85
    assert 0.90 < held / repeats < 0.98


def test_white_noise_gets_the_interval_that_it_should() -> None:
    rng = np.random.default_rng(9)
    repeats = 3000
    held = 0
    for _ in range(repeats):
        found = mean_of_neighbors(rng.normal(size=32))
        held += (found.low or 0.0) <= 0.0 <= (found.high or 0.0)
    assert abs(held / repeats - 0.95) < 0.03


def test_one_week_has_a_mean_and_no_interval() -> None:
    found = mean_of_neighbors(np.array([np.nan, 2.0]))
    assert (found.mean, found.low, found.high, found.n) == (2.0, None, None, 1)
    assert math.isnan(mean_of_neighbors(np.empty(0)).mean)


def test_quantiles_of_nothing_are_missing() -> None:
    assert np.isnan(quantiles(np.empty(0), (0.5, 0.9))).all()
    assert quantiles(np.array([1.0, 3.0]), (0.5,)).tolist() == [2.0]
