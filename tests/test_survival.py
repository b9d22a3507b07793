"""Shares by age with open and late-seen cases: by hand, against another library, by repetition."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from simulator.calibration.estimates import Estimate
from simulator.calibration.estimating.survival import (
    LEAST_DAYS,
    bounds,
    chance_within,
    days_by,
    incidence,
    incidence_on_file,
    share_ended,
    share_later,
)

Floats = NDArray[np.float64]
REPETITIONS = 400
# Three standard errors of the share of 400 intervals that cover, were each to do so at 95 %.
TOLERANCE = 3.0 * math.sqrt(0.95 * 0.05 / REPETITIONS)


def ages(*values: float) -> Floats:
    return np.array(values, dtype=np.float64)


def marks(*values: int) -> NDArray[np.int64]:
    return np.array(values, dtype=np.int64)


# ------------------------------------------------------------------ by hand


def test_kaplan_meier_by_hand() -> None:
    # At risk 5, 4 and 2 when one ends: 4/5 · 3/4 · 1/2 stay open.
    curve = incidence(0.0, ages(1, 2, 3, 4, 5), marks(1, 1, 0, 1, 0))
    assert curve.times.tolist() == [0.0, 1.0, 2.0, 4.0]
    assert curve.at_risk.tolist() == [5.0, 5.0, 4.0, 2.0]
    assert curve.incidence == pytest.approx([0.0, 0.2, 0.4, 0.7])
    greenwood = 0.3**2 * (1 / (5 * 4) + 1 / (4 * 3) + 1 / (2 * 1))
    assert curve.error[-1] ** 2 == pytest.approx(greenwood)


def test_aalen_johansen_by_hand() -> None:
    # Open before each age 1, 3/4 and 3/8; won at 1 (1/4) and at 4 (1/1 of the 3/8 left).
    curve = incidence(0.0, ages(1, 2, 3, 4), marks(1, 0, 2, 1))
    assert curve.incidence == pytest.approx([0.0, 1 / 4, 1 / 4, 1 / 4 + 3 / 8])
    other = incidence(0.0, ages(1, 2, 3, 4), marks(1, 0, 2, 1), kinds=(2,))
    assert other.at(10.0) == pytest.approx(3 / 8)


def test_a_case_seen_late_is_at_risk_only_from_then_on() -> None:
    # At 2 only the first is at risk; at 5 the second and the third.
    curve = incidence(ages(0, 3, 4), ages(2, 5, 6), marks(0, 1, 1))
    assert curve.at_risk.tolist() == [1.0, 2.0, 1.0]
    assert curve.at(5.0) == pytest.approx(0.5)


def test_a_case_that_ends_as_it_comes_under_observation_tells_nothing() -> None:
    curve = incidence(ages(0, 3), ages(4, 3), marks(1, 1))
    assert (curve.cases, curve.at(3.0), curve.at(4.0)) == (1, 0.0, 1.0)


def test_ends_at_once_count_and_the_curve_steps_at_zero() -> None:
    curve = incidence(0.0, ages(0, 0, 5, 5), marks(1, 0, 1, 0))
    assert curve.at(-0.1) == 0.0
    assert curve.at(0.0) == pytest.approx(0.25)
    assert curve.quantile(0.1, 10.0) == 0.0


def test_no_case_and_no_end_give_a_flat_curve() -> None:
    nothing = incidence(0.0, ages(), marks())
    assert (nothing.at(3.0), nothing.last, nothing.cases) == (0.0, 0.0, 0)
    assert math.isnan(nothing.quantile(0.5, 10.0))
    assert share_ended("k", nothing, 5.0, "m") is None
    open_ = incidence(0.0, ages(1, 2), marks(0, 0))
    assert (open_.at(3.0), open_.last) == (0.0, 2.0)
    assert days_by("k", open_, 0.5, 2.0) is None
    assert share_later("k", open_, 1.0, 2.0) is None


def test_missing_ages_are_left_out_and_negative_ones_count_as_at_once() -> None:
    curve = incidence(0.0, ages(math.nan, -2, 3, 3), marks(1, 1, 0, 1))
    assert curve.cases == 3
    assert curve.at(0.0) == pytest.approx(1 / 3)


# ------------------------------------------------------------------ against others


def rounded_cases(seed: int, n: int = 120) -> tuple[Floats, Floats, NDArray[np.int64]]:
    """Cases with many ties, of which half are open and a third was seen late."""
    rng = np.random.default_rng(seed)
    ends, left = np.ceil(rng.exponential(8.0, n)), np.ceil(rng.exponential(8.0, n))
    entry = np.where(rng.random(n) < 1 / 3, np.floor(rng.uniform(0.0, 6.0, n)), 0.0)
    kind = rng.integers(1, 3, n)
    return entry, np.minimum(ends, left), np.where(ends <= left, kind, 0)


@pytest.mark.parametrize("seed", range(5))
def test_shares_and_errors_are_those_of_scipy(seed: int) -> None:
    _, exits, event = rounded_cases(seed)
    event = np.minimum(event, 1)
    data = stats.CensoredData.right_censored(exits, event == 0)
    theirs = stats.ecdf(data)
    curve = incidence(0.0, exits, event)
    at = theirs.cdf.quantiles
    assert curve.shares(at) == pytest.approx(theirs.cdf.probabilities, abs=1e-12)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # undefined where everybody has ended
        below: Any = theirs.cdf.confidence_interval(0.95, method="linear").low
    low = below.probabilities
    inner = (low > 0.0) & (theirs.cdf.probabilities < 1.0)  # they cut at 0
    mine = np.array([curve.error_at(t) for t in at[inner]])
    error = (theirs.cdf.probabilities - low)[inner] / float(stats.norm.ppf(0.975))
    assert inner.any()
    assert mine == pytest.approx(error)


def brute_force(entry: Floats, exits: Floats, event: NDArray[np.int64], until: float) -> float:
    running, share = 1.0, 0.0
    for t in sorted({x for x, e in zip(exits, event, strict=True) if e and x <= until}):
        risk = [i for i in range(len(exits)) if (entry[i] < t or entry[i] <= 0.0) and exits[i] >= t]
        ended = [event[i] for i in risk if exits[i] == t and event[i]]
        if not risk:
            continue
        share += running * ended.count(1) / len(risk)
        running *= 1.0 - len(ended) / len(risk)
    return share


@pytest.mark.parametrize("seed", range(8))
def test_late_entry_and_competing_ends_agree_with_counting_case_by_case(seed: int) -> None:
    entry, exits, event = rounded_cases(seed)
    curve = incidence(entry, exits, event)
    for until in (1.0, 4.0, 9.0, 30.0):
        assert curve.at(until) == pytest.approx(brute_force(entry, exits, event, until))


def test_the_kinds_of_end_and_the_open_share_add_up_to_all_cases() -> None:
    entry, exits, event = rounded_cases(3)
    one, other = (incidence(entry, exits, event, kinds=(k,)) for k in (1, 2))
    either = incidence(entry, exits, event, kinds=(1, 2))
    assert one.incidence + other.incidence == pytest.approx(either.incidence)


def test_without_open_cases_the_error_is_that_of_a_counted_share() -> None:
    rng = np.random.default_rng(5)
    exits, event = rng.exponential(5.0, 300), rng.integers(1, 3, 300)
    curve = incidence(0.0, exits, event)
    for t in (1.0, 5.0, 100.0):
        share = float(((exits <= t) & (event == 1)).mean())
        assert curve.at(t) == pytest.approx(share)
        assert curve.error_at(t) == pytest.approx(math.sqrt(share * (1.0 - share) / 300))


def test_the_error_of_a_part_of_the_curve_is_what_repetitions_show() -> None:
    rng = np.random.default_rng(6)
    shares, errors = [], []
    for _ in range(REPETITIONS):
        ends, left = rng.exponential(10.0, 200), rng.uniform(0.0, 40.0, 200)
        event = np.where(ends <= left, rng.integers(1, 3, 200), 0)
        share, error = incidence(0.0, np.minimum(ends, left), event).part(6.0, 30.0)
        shares.append(share)
        errors.append(error)
    # A standard deviation of 400 values is itself unsure by 3.5 %.
    assert np.mean(errors) == pytest.approx(np.std(shares), rel=0.11)


# ------------------------------------------------------------------ ends that nobody recorded


def unrecorded(rng: np.random.Generator, n: int) -> dict[str, Floats]:
    """Cases over 100 days, ends recorded from day 40 on; 60 % end, after 10 days on average."""
    created = rng.uniform(0.0, 100.0, n)
    ends = np.where(rng.random(n) < 0.6, rng.exponential(10.0, n), np.inf)
    unseen = np.maximum(40.0 - created, 0.0)
    seen = (ends > unseen) & (created + ends <= 100.0)
    followed = 100.0 - created
    return {
        "entry": unseen,
        "exit": np.where(seen, ends, followed),
        "event": seen.astype(np.int64),
        "followed": followed,
        "unseen": unseen,
    }


def test_cases_whose_end_was_not_recorded_do_not_count_as_open() -> None:
    cases = unrecorded(np.random.default_rng(7), 60_000)
    right = incidence_on_file(**cases)  # type: ignore[arg-type]
    plain = incidence(cases["entry"], cases["exit"], cases["event"].astype(np.int64))
    for t in (5.0, 20.0, 50.0):
        truth = 0.6 * (1.0 - math.exp(-t / 10.0))
        assert abs(right.at(t) - truth) < 3.5 * right.error_at(t)
    # Late entry alone takes the gone for open, and finds too few ends.
    assert plain.at(50.0) < 0.6 - 5.0 * plain.error_at(50.0)


def test_where_every_end_was_recorded_nothing_is_made_up() -> None:
    _, exits, event = rounded_cases(1)
    event, none = np.minimum(event, 1), np.zeros(len(exits))
    whole = incidence_on_file(none, exits, event, exits + 5.0, none)
    assert whole.incidence == pytest.approx(incidence(0.0, exits, event).incidence)


# ------------------------------------------------------------------ intervals


def test_intervals_of_shares_stay_inside_and_none_gives_an_upper_bound() -> None:
    low, high = bounds(0.0, 0.0, 30.0)
    # Jeffreys: 30 cases without an end leave room for about 8 %.
    assert low == 0.0
    assert high == pytest.approx(stats.beta.ppf(0.975, 0.5, 30.5))
    low, high = bounds(1.0, 0.0, 30.0)
    assert high == 1.0
    assert 0.9 < low < 1.0
    for value, error in ((0.001, 0.01), (0.5, 0.4), (0.999, 0.01)):
        low, high = bounds(value, error, 3.0)
        assert 0.0 < low < value < high < 1.0


def test_an_uncensored_share_has_the_interval_of_counted_cases() -> None:
    exits = np.repeat([3.0, 50.0], [30, 70])
    curve = incidence(0.0, exits, np.repeat([1, 0], [30, 70]))
    found = share_ended("k", curve, 10.0, "m")
    assert found is not None
    assert found.low == pytest.approx(stats.beta.ppf(0.025, 30.5, 70.5))
    assert found.high == pytest.approx(stats.beta.ppf(0.975, 30.5, 70.5))


def test_where_few_ended_the_interval_of_an_age_is_open_to_what_could_be() -> None:
    curve = incidence(0.0, ages(4, 9, 60, 60), marks(1, 1, 0, 0))
    found = days_by("k", curve, 0.5, 50.0)
    assert found is not None
    assert (found.low, found.value, found.high) == (LEAST_DAYS, 4.0, 50.0)


def test_a_chance_within_an_age_is_ends_over_open_cases() -> None:
    exits = np.concatenate((np.full(20, 5.0), np.full(8, 25.0), np.full(72, 60.0)))
    curve = incidence(0.0, exits, np.repeat([1, 1, 0], [20, 8, 72]))
    first, second = (chance_within("k", curve, a, a + 20.0) for a in (0.0, 20.0))
    third, after = (chance_within("k", curve, a, a + 20.0) for a in (40.0, 80.0))
    assert first is not None
    assert second is not None
    assert third is not None
    assert [first.value, second.value] == pytest.approx([0.2, 0.1])
    assert (third.value, third.low) == (0.0, 0.0)
    assert 0.0 < third.high < 0.06
    assert after is None


Drawn = tuple[Floats, Floats, NDArray[np.int64]]


def half_open(rng: np.random.Generator, n: int) -> Drawn:
    """Half end, after 10 days on average; half of these are still open when last seen."""
    ends = np.where(rng.random(n) < 0.5, rng.exponential(10.0, n), np.inf)
    left = rng.uniform(0.0, 21.0, n)
    return np.zeros(n), np.minimum(ends, left), (ends <= left).astype(np.int64)


def seen_late(rng: np.random.Generator, n: int) -> Drawn:
    """The same, but a third of the cases is on file only if it was still open at some age."""
    entry, exits, event = half_open(rng, 2 * n)
    entry = np.where(rng.random(2 * n) < 1 / 3, rng.uniform(0.0, 6.0, 2 * n), entry)
    kept = (entry <= 0.0) | (exits > entry)
    return entry[kept], exits[kept], event[kept]


def competing(rng: np.random.Generator, n: int) -> Drawn:
    """Half end in the way in question, the others in another after 5 days on average."""
    mine = rng.random(n) < 0.5
    ends = np.where(mine, rng.exponential(10.0, n), rng.exponential(5.0, n))
    left = rng.uniform(0.0, 21.0, n)
    return np.zeros(n), np.minimum(ends, left), np.where(ends <= left, np.where(mine, 1, 2), 0)


def coverage(
    draw: Callable[[np.random.Generator, int], Drawn],
    n: int,
    tell: Callable[[Drawn], Estimate | None],
    truth: float,
) -> float:
    rng = np.random.default_rng(11)
    found = [tell(draw(rng, n)) for _ in range(REPETITIONS)]
    known = [one for one in found if one is not None]
    assert len(known) > 0.9 * REPETITIONS
    return sum(one.low <= truth <= one.high for one in known) / len(known)


@pytest.mark.parametrize("draw", [half_open, seen_late, competing])
@pytest.mark.parametrize("n", [40, 150])
def test_intervals_of_shares_cover_at_the_nominal_rate(
    draw: Callable[[np.random.Generator, int], Drawn], n: int
) -> None:
    truth = 0.5 * (1.0 - math.exp(-1.5))
    share = coverage(draw, n, lambda c: share_ended("k", incidence(*c), 15.0, "m"), truth)
    assert abs(share - 0.95) <= TOLERANCE


@pytest.mark.parametrize("draw", [half_open, seen_late, competing])
@pytest.mark.parametrize("level", [0.25, 0.5, 0.9])
def test_intervals_of_ages_cover_at_the_nominal_rate(
    draw: Callable[[np.random.Generator, int], Drawn], level: float
) -> None:
    # Among those that end within 15 days.
    truth = -10.0 * math.log1p(-level * (1.0 - math.exp(-1.5)))
    share = coverage(draw, 150, lambda c: days_by("k", incidence(*c), level, 15.0), truth)
    # Few ends cannot be cut at exactly 95 %: a little too wide is allowed.
    assert 0.95 - TOLERANCE <= share <= 0.99


def test_intervals_of_late_shares_cover_at_the_nominal_rate() -> None:
    truth = 1.0 - (1.0 - math.exp(-1.0)) / (1.0 - math.exp(-1.5))
    share = coverage(half_open, 150, lambda c: share_later("k", incidence(*c), 10.0, 15.0), truth)
    assert abs(share - 0.95) <= TOLERANCE


def test_intervals_of_rare_ends_cover_at_the_nominal_rate() -> None:
    def rare(rng: np.random.Generator, n: int) -> Drawn:
        ends = np.where(rng.random(n) < 0.04, rng.exponential(10.0, n), np.inf)
        left = rng.uniform(5.0, 30.0, n)
        return np.zeros(n), np.minimum(ends, left), (ends <= left).astype(np.int64)

    truth = 0.04 * (1.0 - math.exp(-2.0))
    share = coverage(rare, 80, lambda c: share_ended("k", incidence(*c), 20.0, "m"), truth)
    assert 0.95 - TOLERANCE <= share <= 0.99
