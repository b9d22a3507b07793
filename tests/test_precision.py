"""Replications until figures are as precise as asked: the rule, its promise and its end."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from conftest import Change
from numpy.typing import NDArray

from simulator.errors import ScenarioError
from simulator.experiment import Estimate, Execution, precision
from simulator.experiment.execution import execute
from simulator.experiment.precision import (
    Precision,
    relative_half_widths,
    replicate_until,
    stopping_number,
    until,
)
from simulator.scenario.schema import Scenario

Floats = NDArray[np.float64]

REPETITIONS = 400
MISSING = float("nan")


def drawn_from(values: Floats) -> Callable[[int, int], tuple[Floats, Floats]]:
    """Replications whose values are known beforehand."""
    return lambda first, end: (values[first:end], values[first:end])


# ------------------------------------------------------------------ its promise


def test_the_interval_at_the_end_covers_the_means_and_is_as_narrow_as_asked() -> None:
    rng = np.random.default_rng(1)
    means, spreads = np.array([100.0, 5.0]), np.array([12.0, 0.9])
    covered = np.zeros(2)
    counts = []
    for _ in range(REPETITIONS):
        values = means + spreads * rng.normal(size=(400, 2))
        found = until(drawn_from(values), ("a", "b"), precision=0.05, at_most=400)
        assert found.met
        for column in range(2):
            one = Estimate.of(values[: found.replications, column])
            assert one.low is not None
            assert one.high is not None
            half = (one.high - one.low) / 2.0
            assert half <= 0.05 * one.mean
            assert half / one.mean == pytest.approx(list(found.reached.values())[column])
            covered[column] += one.low <= means[column] <= one.high
        counts.append(found.replications)
    assert np.all((covered / REPETITIONS >= 0.92) & (covered / REPETITIONS <= 0.98))
    # The wider of the two decides: (1.96 x 0.18 / 0.05)^2 is 50, and five more are looked at.
    assert 45 < np.mean(counts) < 65


def test_the_interval_of_a_skewed_number_covers_its_mean_too() -> None:
    rng = np.random.default_rng(2)
    truth = math.exp(0.3**2 / 2.0)
    covered = 0
    for _ in range(REPETITIONS):
        values = rng.lognormal(0.0, 0.3, (500, 1))
        found = until(drawn_from(values), ("wait",), precision=0.1)
        one = Estimate.of(values[: found.replications, 0])
        assert found.met
        assert one.low is not None
        assert one.high is not None
        covered += one.low <= truth <= one.high
    assert 0.92 <= covered / REPETITIONS <= 0.98


def test_a_difference_is_asked_for_in_proportion_to_the_reference() -> None:
    # The difference itself is small and may be 0: a share of it could not be asked for.
    rng = np.random.default_rng(3)
    reference = 100.0 + 10.0 * rng.normal(size=(300, 1))
    difference = 0.5 + 8.0 * rng.normal(size=(300, 1))

    def draw(first: int, end: int) -> tuple[Floats, Floats]:
        return difference[first:end], reference[first:end]

    found = until(draw, ("b against a",), precision=0.02, at_most=300)
    assert found.met
    half = Estimate.of(difference[: found.replications, 0])
    assert half.high is not None
    share = (half.high - half.mean) / reference[: found.replications].mean()
    assert found.reached["b against a"] == pytest.approx(share)


# ------------------------------------------------------------------ the rule


def test_the_half_width_is_that_of_students_interval_after_each_replication() -> None:
    values = np.random.default_rng(4).normal(1e9, 3e5, (12, 2))
    values[3, 1] = MISSING
    found = relative_half_widths(values, values)
    for count in range(1, 13):
        for column in range(2):
            one = Estimate.of(values[:count, column])
            width = found[count - 1, column]
            if one.high is None:
                assert math.isinf(width)
            else:
                assert width == pytest.approx((one.high - one.mean) / one.mean)


def test_it_looks_at_five_more_and_starts_again_when_they_disagree() -> None:
    fine, wide = [0.01], [0.2]
    assert stopping_number(np.array([fine] * 15), 0.05) == 15
    assert stopping_number(np.array([fine] * 14), 0.05) is None
    assert stopping_number(np.array([fine] * 12 + [wide] + [fine] * 6), 0.05) == 19
    assert stopping_number(np.array([wide] * 20), 0.05) is None


def test_above_a_hundred_it_looks_at_five_percent_more() -> None:
    reached = np.array([[0.2]] * 199 + [[0.01]] * 20)
    assert stopping_number(reached, 0.05) == 210


def test_every_metric_must_be_precise() -> None:
    one, other = [[0.01]] * 40, [[0.2]] * 20 + [[0.01]] * 20
    assert stopping_number(np.hstack((one, other)), 0.05) == 26


def test_how_many_come_at_a_time_does_not_matter() -> None:
    values = 10.0 + np.random.default_rng(5).normal(0.0, 3.0, (500, 1))
    asked: list[int] = []

    def draw(first: int, end: int) -> tuple[Floats, Floats]:
        asked.append(end)
        return values[first:end], values[first:end]

    found = until(draw, ("a",), precision=0.05)
    every = relative_half_widths(values, values)
    assert found.replications == stopping_number(every, 0.05)
    assert found.replications < asked[-1] <= 500
    assert found.reached["a"] == every[found.replications - 1, 0]
    assert len(asked) <= 6  # not a round for every five


# ------------------------------------------------------------------ its end


def test_what_cannot_be_reached_ends_and_is_said() -> None:
    values = np.random.default_rng(6).normal(10.0, 20.0, (100, 1))
    found = until(drawn_from(values), ("wins",), precision=0.01, at_most=100)
    assert (found.met, found.replications) == (False, 100)
    needed = 100 * (found.reached["wins"] / 0.01) ** 2
    words = found.words()
    assert words.startswith("NOT precise to 1 % as asked, after 100 replications: Contracts won")
    said = float(words.split("(about ")[1].split(" would")[0].replace(",", ""))
    assert said == pytest.approx(needed, rel=0.05)


def test_a_metric_whose_mean_is_zero_ends_and_is_said() -> None:
    values = np.tile([[1.0], [-1.0]], (25, 1))
    found = until(drawn_from(values), ("profit",), at_most=50)
    assert (found.met, found.replications) == (False, 50)
    assert "has mean 0" in found.words()


def test_a_metric_that_is_always_zero_is_not_called_precise() -> None:
    alone = until(drawn_from(np.zeros((50, 1))), ("wins",), at_most=50)
    assert (alone.met, alone.replications) == (False, 50)
    values = np.random.default_rng(7).normal(10.0, 1.0, (50, 2))
    values[:, 1] = 0.0
    found = until(drawn_from(values), ("wins", "expansion"), precision=0.1)
    assert (found.met, found.replications) == (True, 15)
    assert "Upsell and cross-sell (MRR) is 0 or missing in every run here" in found.words()


def test_a_metric_without_values_does_not_hold_up_the_others_and_is_said() -> None:
    values = np.random.default_rng(7).normal(10.0, 1.0, (50, 2))
    values[:, 1] = MISSING
    found = until(drawn_from(values), ("wins", "nrr"), precision=0.1)
    assert found.met
    assert found.replications == 15
    assert "Net revenue retention (NRR) is 0 or missing in every run here" in found.words()


def test_a_metric_that_was_too_long_to_be_seen_in_one_run_is_never_precise() -> None:
    values = np.random.default_rng(8).normal(10.0, 0.1, (40, 1))
    assert until(drawn_from(values), ("claim_answer_days",), precision=0.1, at_most=40).met
    values[3] = math.inf
    found = until(drawn_from(values), ("claim_answer_days",), precision=0.1, at_most=40)
    assert (found.met, found.replications) == (False, 40)
    assert "longer than what was seen in a run" in found.words()


def test_metrics_without_any_values_are_never_precise() -> None:
    found = until(drawn_from(np.full((30, 1), MISSING)), ("nrr",), at_most=30)
    assert (found.met, found.replications) == (False, 30)
    assert found.words().startswith("NOT precise")


def test_after_an_interruption_what_is_finished_is_judged() -> None:
    values = np.random.default_rng(8).normal(10.0, 5.0, (500, 1))

    def draw(first: int, end: int) -> tuple[Floats, Floats]:
        if first:
            raise KeyboardInterrupt
        return values[first:end], values[first:end]

    found = until(draw, ("wins",), precision=0.01)
    assert (found.met, found.interrupted, found.replications) == (False, True, 15)
    assert "after 15 replications (interrupted)" in found.words()


def test_an_interruption_before_anything_is_finished_is_one() -> None:
    def draw(first: int, end: int) -> tuple[Floats, Floats]:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        until(draw, ("wins",))


@pytest.mark.parametrize(
    "wrong", [{"precision": 0.0}, {"precision": math.nan}, {"precision": -0.1}, {"at_most": 9}]
)
def test_numbers_without_sense_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"precision must|must be allowed"):
        until(drawn_from(np.zeros((50, 1))), ("wins",), **wrong)


def test_words_name_the_least_precise_when_it_is_reached() -> None:
    found = Precision(0.05, {"wins": 0.031, "mrr_end": 0.0467}, 1234, 5000, False)
    assert found.words() == (
        "Precise to 5 % as asked, after 1,234 replications: the least precise is MRR at end,"
        " within 4.67 % of its mean."
    )


# ------------------------------------------------------------------ with the engine


@pytest.fixture(scope="module")
def tiny(small: Scenario, changed: Change) -> Scenario:
    return changed(small, {"horizon.months": 0.5})


def test_runs_go_on_until_figures_are_precise(tiny: Scenario) -> None:
    told: list[tuple[int, int]] = []
    execution = Execution(on_progress=lambda done, total: told.append((done, total)))
    results, found = replicate_until(
        tiny, "tiny", 3, 0.05, ("mrr_end",), at_most=60, workers=execution
    )
    assert found.met
    assert results.numbers == tuple(range(found.replications))
    assert not results.interrupted
    mrr = results.totals["mrr_end"]
    assert mrr.high is not None
    assert (mrr.high - mrr.mean) / mrr.mean == pytest.approx(found.reached["mrr_end"])
    done = [each for each, _ in told]
    assert done == list(range(1, len(told) + 1))
    assert all(each <= total <= 60 for each, total in told)


def test_unknown_metrics_are_answered_with_the_nearest(tiny: Scenario) -> None:
    with pytest.raises(ScenarioError, match="mrr_end"):
        replicate_until(tiny, metrics=("mrr_ende",))


def test_an_interrupted_round_keeps_the_runs_that_are_finished(
    tiny: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(scenarios: Any, jobs: Any, seed: int, task: Any, workers: Any) -> Any:
        if jobs[0][1]:
            raise KeyboardInterrupt
        return execute(scenarios, jobs, seed, task, workers)

    monkeypatch.setattr(precision, "execute", stopped)
    results, found = replicate_until(tiny, "tiny", 3, 1e-6, ("profit",))
    assert (found.interrupted, found.met) == (True, False)
    assert results.interrupted
    assert results.numbers == tuple(range(15))
