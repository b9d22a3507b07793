"""Intervals cover what they promise, and tests call differences no more often than they say.

Coverage is measured on laws whose means are known: 400 repetitions of an experiment, each with
its own luck. A nominal 95 % interval must cover in 92 to 98 % of them.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from simulator.experiment.statistics import (
    Estimate,
    Floats,
    bca,
    estimates,
    holm,
    jeffreys,
    paired_p,
    relative_difference,
    share_better,
    variance_reduction,
)

REPETITIONS = 400
SIZES = (10, 20)
MISSING = float("nan")


def test_a_value_that_is_too_long_to_be_seen_leaves_nothing_to_say() -> None:
    assert Estimate.of([1.0, 2.0, MISSING]).n == 2
    assert Estimate.of([1.0, 2.0, MISSING]).mean == 1.5
    for values in ([1.0, 2.0, math.inf], [1.0, math.inf, MISSING], [math.inf] * 3):
        found = Estimate.of(values)
        assert math.isnan(found.mean)
        assert (found.low, found.high) == (None, None)
        assert found.n == sum(map(math.isfinite, values))
    many = [*range(20), math.inf]
    assert math.isnan(bca(many).mean)
    assert math.isnan(paired_p(many))
    assert math.isnan(relative_difference(range(1, 22), many).mean)


def test_columns_that_are_known_are_not_touched_by_one_that_is_not() -> None:
    mean, low, high, n = estimates(np.array([[1.0, 1.0], [3.0, math.inf], [5.0, 2.0]]))
    assert mean[0] == 3.0
    assert low[0] < 3.0 < high[0]
    assert np.isnan([mean[1], low[1], high[1]]).all()
    assert n.tolist() == [3.0, 2.0]


def coverage(interval: Callable[[int], Estimate], truth: float) -> float:
    found = [interval(repetition) for repetition in range(REPETITIONS)]
    assert all(one.low is not None and one.high is not None for one in found)
    return sum(one.low <= truth <= one.high for one in found) / REPETITIONS


def within_promise(share: float) -> bool:
    return 0.92 <= share <= 0.98


def pairs(rng: np.random.Generator, n: int) -> tuple[Floats, Floats]:
    """Two companies with the same luck: the other has 15 % less and some luck of its own."""
    reference = rng.normal(100.0, 20.0, n)
    return reference, 0.8 * reference + 5.0 + rng.normal(0.0, 10.0, n)


# ------------------------------------------------------------------ coverage


@pytest.mark.parametrize("n", SIZES)
def test_students_interval_of_a_mean_covers_it(n: int) -> None:
    rng = np.random.default_rng(n)
    runs = rng.normal(50.0, 10.0, (REPETITIONS, n))
    assert within_promise(coverage(lambda i: Estimate.of(runs[i]), 50.0))


@pytest.mark.parametrize("n", SIZES)
def test_students_interval_of_a_paired_difference_covers_it(n: int) -> None:
    rng = np.random.default_rng(100 + n)
    runs = [pairs(rng, n) for _ in range(REPETITIONS)]
    assert within_promise(coverage(lambda i: Estimate.of(runs[i][1] - runs[i][0]), -15.0))


@pytest.mark.parametrize("n", SIZES)
def test_the_bootstrap_interval_of_a_relative_difference_covers_it(n: int) -> None:
    rng = np.random.default_rng(200 + n)
    runs = [pairs(rng, n) for _ in range(REPETITIONS)]
    assert within_promise(coverage(lambda i: relative_difference(*runs[i]), -0.15))


@pytest.mark.parametrize("n", SIZES)
def test_the_bootstrap_interval_of_a_runs_ratio_covers_its_mean(n: int) -> None:
    # A win rate: so many of this run's decisions, whose number varies from run to run.
    rng = np.random.default_rng(300 + n)
    decided = 1 + rng.poisson(30.0, (REPETITIONS, n))
    rates = rng.binomial(decided, 0.25) / decided
    assert within_promise(coverage(lambda i: bca(rates[i]), 0.25))


@pytest.mark.parametrize("n", SIZES)
def test_the_bootstrap_interval_of_a_runs_quantile_covers_its_mean(n: int) -> None:
    # The 90 % quantile of 50 skewed waits of each run; its mean from 200,000 runs.
    rng = np.random.default_rng(400 + n)

    def quantiles(runs: int) -> Floats:
        return np.quantile(rng.lognormal(0.0, 1.0, (runs, 50)), 0.9, axis=1)

    truth = float(np.mean([quantiles(20_000).mean() for _ in range(10)]))
    waits = quantiles(REPETITIONS * n).reshape(REPETITIONS, n)
    assert within_promise(coverage(lambda i: bca(waits[i]), truth))


@pytest.mark.parametrize("n", SIZES)
def test_the_interval_of_the_share_in_which_one_is_better_covers_it(n: int) -> None:
    rng = np.random.default_rng(500 + n)
    gains = rng.normal(0.5, 1.0, (REPETITIONS, n))
    truth = float(stats.norm.cdf(0.5))

    def interval(repetition: int) -> Estimate:
        found = share_better(np.zeros(n), gains[repetition], "higher")
        assert found is not None
        return found

    assert within_promise(coverage(interval, truth))


@pytest.mark.parametrize("n", [3, 5, 7])
def test_the_interval_of_a_relative_difference_of_few_pairs_covers_it(n: int) -> None:
    # Where the bootstrap would miss too often, and Student's t takes its place.
    rng = np.random.default_rng(600 + n)
    runs = [pairs(rng, n) for _ in range(REPETITIONS)]
    # Three pairs can leave it open whether the reference is 0 at all: nothing is said then.
    found = [relative_difference(*one) for one in runs]
    said = [one for one in found if one.low is not None and one.high is not None]
    assert len(said) > 0.95 * REPETITIONS
    assert within_promise(sum(one.low <= -0.15 <= one.high for one in said) / len(said))


def test_plain_percentiles_would_not_keep_the_promise() -> None:
    # Without the correction for few replications the same bootstrap covers too little: the
    # tests above can tell.
    rng = np.random.default_rng(7)
    runs = rng.normal(0.0, 1.0, (REPETITIONS, 10))
    resamples = rng.integers(0, 10, (999, 10))
    covered = 0
    for run in runs:
        low, high = np.quantile(run[resamples].mean(axis=1), (0.025, 0.975))
        covered += low <= 0.0 <= high
    assert not within_promise(covered / REPETITIONS)


# ------------------------------------------------------------------ calling differences


def test_a_company_against_itself_under_other_seeds_differs_in_about_5_percent() -> None:
    rng = np.random.default_rng(8)
    first, second = rng.lognormal(3.0, 0.3, (2, REPETITIONS, 20))
    differences = second - first
    p = np.array([paired_p(each) for each in differences])
    _, low, high, _ = estimates(differences.T)
    called = int((p <= 0.05).sum())
    assert called == int(((low > 0.0) | (high < 0.0)).sum())
    # 99.9 % of what 5 % of 400 can come to.
    assert stats.binom.ppf(0.0005, REPETITIONS, 0.05) <= called
    assert called <= stats.binom.ppf(0.9995, REPETITIONS, 0.05)


def test_a_company_against_itself_under_the_same_seed_never_differs() -> None:
    values = np.random.default_rng(9).lognormal(3.0, 0.3, 20)
    assert paired_p(values - values) == 1.0
    assert relative_difference(values, values) == Estimate(0.0, 0.0, 0.0, 20)
    assert Estimate.of(values - values) == Estimate(0.0, 0.0, 0.0, 20)
    even = share_better(values, values, "higher")
    assert even is not None
    assert even.mean == 0.5


def test_several_companies_like_the_reference_are_seldom_called_different_at_all() -> None:
    # Three others each time: without the correction one of them differs in about 12 %.
    rng = np.random.default_rng(10)
    runs = rng.normal(0.0, 1.0, (REPETITIONS, 4, 15))
    p = np.array([[paired_p(run[i] - run[0]) for i in (1, 2, 3)] for run in runs])
    adjusted = np.array([holm(each) for each in p])
    assert (adjusted.min(axis=1) <= 0.05).mean() <= stats.binom.ppf(0.999, 400, 0.05) / 400
    assert (p.min(axis=1) <= 0.05).mean() > 0.08


# ------------------------------------------------------------------ by hand, and against SciPy


def test_the_paired_p_value_is_scipys() -> None:
    differences = np.random.default_rng(11).normal(0.4, 1.0, 12)
    assert paired_p(differences) == pytest.approx(stats.ttest_1samp(differences, 0.0).pvalue)
    with_gap = np.append(differences, MISSING)
    assert paired_p(with_gap) == paired_p(differences)


@pytest.mark.parametrize(
    ("differences", "p"), [([0.0, 0.0, 0.0], 1.0), ([0.1, 0.1, 0.1], 0.0), ([-3.0] * 5, 0.0)]
)
def test_differences_that_never_vary_leave_no_doubt(differences: list[float], p: float) -> None:
    assert paired_p(differences) == p


@pytest.mark.parametrize("differences", [[], [4.0], [4.0, MISSING]])
def test_there_is_no_p_value_from_fewer_than_two(differences: list[float]) -> None:
    assert math.isnan(paired_p(differences))


def test_holm_by_hand() -> None:
    # Smallest times 3, next times 2, last times 1, never falling, never above 1.
    assert holm([0.03, 0.01, 0.02]) == pytest.approx([0.04, 0.03, 0.04])
    assert holm([0.9, 0.6]) == pytest.approx([1.0, 1.0])
    assert holm([]).tolist() == []


def test_a_missing_p_value_is_no_question() -> None:
    adjusted = holm([0.02, MISSING, 0.03])
    assert adjusted[[0, 2]] == pytest.approx([0.04, 0.04])
    assert math.isnan(adjusted[1])


def test_the_variance_reduction_is_what_pairing_saves() -> None:
    rng = np.random.default_rng(12)
    luck = rng.normal(0.0, 3.0, 200_000)
    first, second = (luck + rng.normal(0.0, 1.0, len(luck)) for _ in range(2))
    # (10 + 10) / 2, a standard error of 0.3 %.
    assert variance_reduction(first, second) == pytest.approx(10.0, rel=0.015)


def test_the_variance_reduction_of_what_never_varies() -> None:
    varied = np.array([1.0, 4.0, 2.0])
    assert variance_reduction(varied, varied + 5.0) == math.inf
    assert math.isnan(variance_reduction(np.ones(3), np.full(3, 2.0)))
    assert math.isnan(variance_reduction([1.0], [2.0]))


def test_the_better_one_is_the_one_with_the_good_direction_and_ties_count_half() -> None:
    reference, other = np.array([1.0, 2.0, 3.0, 4.0]), np.array([2.0, 2.0, 5.0, 1.0])
    higher, lower = (share_better(reference, other, way) for way in ("higher", "lower"))
    assert higher is not None
    assert lower is not None
    assert (higher.mean, lower.mean) == (0.625, 0.375)
    assert (higher.low, higher.high) == pytest.approx(stats.beta.interval(0.95, 3.0, 2.0))
    assert share_better(reference, other, "neither") is None


@pytest.mark.parametrize(("share", "n"), [(MISSING, 0), (MISSING, 5), (1.0, 1)])
def test_a_share_of_fewer_than_two_or_of_nothing_has_no_interval(share: float, n: int) -> None:
    found = jeffreys(share, n)
    assert (found.low, found.high, found.n) == (None, None, n)
    assert found.mean == pytest.approx(share, nan_ok=True)


def test_a_share_of_always_or_never_still_has_an_interval() -> None:
    always = share_better(np.zeros(10), np.ones(10), "higher")
    never = share_better(np.zeros(10), np.ones(10), "lower")
    assert always is not None
    assert never is not None
    assert (always.mean, always.high, never.mean, never.low) == (1.0, 1.0, 0.0, 0.0)
    assert always.low is not None
    assert 0.7 < always.low < 0.85
    assert never.high == pytest.approx(1.0 - always.low)


def test_the_relative_difference_keeps_the_sign_of_the_difference_when_the_reference_loses() -> (
    None
):
    reference = np.array([-10.0, -11.0, -9.0, -10.0])
    assert relative_difference(reference, reference + 5.0).mean == pytest.approx(0.5)


@pytest.mark.parametrize(
    "reference", [[0.0] * 10, [-1.0, 1.0] * 5, [3.0, -2.0, 1.0, -1.5, 0.5, 0.2, -0.4, 1.0]]
)
def test_nothing_is_relative_to_what_may_be_zero(reference: list[float]) -> None:
    found = relative_difference(reference, np.add(reference, 1.0))
    assert math.isnan(found.mean)
    assert (found.low, found.high) == (None, None)


def test_a_difference_in_proportion_to_the_reference_has_no_doubt() -> None:
    reference = np.random.default_rng(13).lognormal(0.0, 1.0, 12)
    found = relative_difference(reference, 1.1 * reference)
    assert found.low == found.high == pytest.approx(0.1)


@pytest.mark.parametrize("value", [0.0, 0.1, -7.0])
def test_values_that_are_all_the_same_are_known_exactly(value: float) -> None:
    found = bca([value] * 10)
    assert (found.mean, found.low, found.high) == pytest.approx((value, value, value))


def test_one_value_has_no_interval_and_none_has_no_mean() -> None:
    assert bca([4.0, MISSING]) == Estimate(4.0, None, None, 1)
    assert relative_difference([4.0], [5.0]) == Estimate(0.25, None, None, 1)
    assert relative_difference([0.0], [5.0]).low is None
    nothing = bca([MISSING, MISSING])
    assert math.isnan(nothing.mean)
    assert (nothing.low, nothing.high, nothing.n) == (None, None, 0)


@pytest.mark.parametrize("n", [5, 600])
def test_the_bootstrap_gives_way_to_students_t_where_it_is_worse_or_no_better(n: int) -> None:
    values = np.random.default_rng(14).normal(0.0, 1.0, n)
    mean, t = bca(values), Estimate.of(values)
    assert (mean.mean, mean.low, mean.high) == pytest.approx((t.mean, t.low, t.high))


@pytest.mark.parametrize("values", [[0.0] * 9 + [1.0], [0.0, 1.0] * 4, [0.0] * 499 + [1.0]])
def test_values_of_which_most_are_alike_have_bounds(values: list[float]) -> None:
    found = bca(values)
    assert found.low is not None
    assert found.high is not None
    assert found.low < found.mean < found.high


def test_the_same_values_give_the_same_interval_and_gaps_are_left_out() -> None:
    values = np.random.default_rng(15).lognormal(0.0, 1.0, 12)
    assert bca(values) == bca(values)
    assert bca(np.insert(values, 3, MISSING)) == bca(values)


def test_the_bootstrap_interval_leans_with_a_skewed_number() -> None:
    values = np.random.default_rng(16).lognormal(0.0, 1.0, 20)
    found = bca(values)
    assert found.low is not None
    assert found.high is not None
    assert found.high - found.mean > 1.3 * (found.mean - found.low)
