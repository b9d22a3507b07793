"""Many runs: the same figures wherever and in whatever order they are made."""

from __future__ import annotations

import math
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from statistics import stdev
from typing import Any

import numpy as np
import pandas as pd
import pytest

from simulator.errors import ReplicationError
from simulator.experiment import (
    Estimate,
    Execution,
    Results,
    execution,
    replicate,
    replications,
    statistics,
)
from simulator.metrics import METRICS
from simulator.scenario import Scenario, load_scenario

TINY = """\
question: How does a tiny company do?
horizon:
  months: 3
start:
  customers: 20
  opportunities: 5
  parked: 10
market:
  channels:
    website:
      leads_per_day: 3
teams:
  marketing: {people: 1}
  inside_sales: {people: 1}
  field_sales: {people: 2}
  customer_success: {people: 1}
"""


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Scenario:
    file = tmp_path_factory.mktemp("scenario") / "tiny.yaml"
    file.write_text(TINY)
    return load_scenario(file).scenario


@pytest.fixture(scope="module")
def four(tiny: Scenario) -> Results:
    return replicate(tiny, "tiny", seed=1, replications=4)


def same(a: Results, b: Results) -> None:
    assert a.numbers == b.numbers
    for one, two in zip(a.measures, b.measures, strict=True):
        np.testing.assert_equal(one.totals, two.totals)
        assert one.statuses == two.statuses
        for table in ("monthly", "cohorts", "losses", "bridge", "people", "recycling"):
            pd.testing.assert_frame_equal(getattr(one, table), getattr(two, table))
    np.testing.assert_equal(
        {k: (e.mean, e.low, e.high, e.n) for k, e in a.totals.items()},
        {k: (e.mean, e.low, e.high, e.n) for k, e in b.totals.items()},
    )
    pd.testing.assert_frame_equal(a.losses, b.losses)
    pd.testing.assert_frame_equal(a.monthly, b.monthly)


class LastFirst(Executor):
    """Does nothing until everything is submitted, then works from the end."""

    def __init__(self, expected: int) -> None:
        self.waiting: list[tuple[Future[Any], Any, Any]] = []
        self.expected = expected

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        self.waiting.append((future, fn, args))
        if len(self.waiting) == self.expected:
            for each, work, with_these in reversed(self.waiting):
                each.set_result(work(*with_these))
        return future


def test_two_worker_processes_give_the_same_figures_as_one(tiny: Scenario, four: Results) -> None:
    same(four, replicate(tiny, "tiny", 1, 4, workers=2))


def test_the_order_in_which_replications_end_changes_nothing(tiny: Scenario, four: Results) -> None:
    same(four, replicate(tiny, "tiny", 1, 4, workers=Execution(executor=LastFirst(expected=4))))


def test_any_executor_of_concurrent_futures_will_do(tiny: Scenario, four: Results) -> None:
    with ThreadPoolExecutor(2) as executor:
        same(four, replicate(tiny, "tiny", 1, 4, workers=Execution(executor=executor)))


def test_replication_r_alone_equals_replication_r_among_many(tiny: Scenario, four: Results) -> None:
    alone = replicate(tiny, "tiny", 1, [2])
    assert alone.numbers == (2,)
    np.testing.assert_equal(alone.measures[0].totals, four.measures[2].totals)
    pd.testing.assert_frame_equal(alone.measures[0].losses, four.measures[2].losses)


def test_different_replications_and_different_seeds_have_different_luck(
    tiny: Scenario, four: Results
) -> None:
    bookings = {one.totals["bookings"] for one in four.measures}
    other = replicate(tiny, "tiny", 2, 1)
    assert len(bookings | {other.measures[0].totals["bookings"]}) == 5


def test_the_interval_is_students_t_of_the_mean() -> None:
    values = [3.0, 5.0, 4.0, 8.0]
    found = Estimate.of(values)
    half = 3.182446305284263 * stdev(values) / 2.0  # t(0.975, 3)
    assert found.n == 4
    assert found.mean == pytest.approx(5.0)
    assert found.low == pytest.approx(5.0 - half)
    assert found.high == pytest.approx(5.0 + half)


def test_missing_values_are_left_out_and_counted() -> None:
    found = Estimate.of([math.nan, 2.0, 4.0, math.nan])
    assert (found.mean, found.n) == (3.0, 2)
    nothing = Estimate.of([math.nan, math.nan])
    assert math.isnan(nothing.mean)
    assert (nothing.low, nothing.high, nothing.n) == (None, None, 0)


def test_one_replication_has_a_mean_and_no_interval(tiny: Scenario) -> None:
    one = replicate(tiny, "tiny", 1, 1).totals["wins"]
    assert math.isfinite(one.mean)
    assert (one.low, one.high, one.n) == (None, None, 1)


def test_the_interval_covers_the_true_mean_in_about_95_of_100_experiments() -> None:
    values = np.random.default_rng(7).normal(10.0, 2.0, size=(8, 4000))
    _, low, high, _ = statistics.estimates(values)
    covered = float(np.mean((low <= 10.0) & (high >= 10.0)))
    # Standard error of a share of 0.95 over 4,000 experiments: 0.0034.
    assert covered == pytest.approx(0.95, abs=4 * 0.0034)


def test_every_metric_and_every_table_is_averaged(four: Results) -> None:
    assert list(four.totals) == list(METRICS)
    buyers = sum(float(one.losses["buyers"].sum()) for one in four.measures) / 4
    assert float(four.losses["buyers"].sum()) == pytest.approx(buyers)
    assert four.bridge["mrr_end"].iloc[-1] == pytest.approx(four.totals["mrr_end"].mean)
    month = four.monthly[four.monthly["metric"] == "inquiries"]["mean"].sum()
    assert month == pytest.approx(four.totals["inquiries"].mean)
    everybody = sum(estimate.mean for estimate in four.statuses.values())
    assert everybody == pytest.approx(four.totals["inquiries"].mean + 35, abs=1.0)
    assert four.people["field_sales"].mean == pytest.approx(2.0, abs=0.5)


def test_a_run_without_length_has_results_without_figures(tiny: Scenario) -> None:
    empty = tiny.model_copy(update={"horizon": tiny.horizon.model_copy(update={"months": 0.0})})
    results = replicate(empty, "tiny", 1, 2)
    assert math.isnan(results.totals["win_rate"].mean)
    assert results.losses.empty
    assert math.isnan(results.people["marketing"].mean)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_replication_that_fails_is_named_with_its_seed(tiny: Scenario, workers: int) -> None:
    # Broken on purpose in a way that also breaks inside a worker process.
    broken = tiny.model_copy(update={"market": None})
    with pytest.raises(ReplicationError, match=r"tiny: replication [01] with seed 5 failed: Attr"):
        replicate(broken, "tiny", 5, 2, workers=workers)


def test_ctrl_c_keeps_the_finished_replications(tiny: Scenario, four: Results) -> None:
    def stop(done: int, total: int) -> None:
        assert total == 4
        if done == 2:
            raise KeyboardInterrupt

    results = replicate(tiny, "tiny", 1, 4, workers=Execution(on_progress=stop))
    assert results.interrupted
    assert (results.numbers, results.asked) == ((0, 1), 4)
    np.testing.assert_equal(results.measures[1].totals, four.measures[1].totals)
    assert not four.interrupted


def test_ctrl_c_with_worker_processes_keeps_the_finished_ones_and_ends_the_workers(
    tiny: Scenario,
) -> None:
    import multiprocessing

    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    results = replicate(tiny, "tiny", 1, 50, workers=Execution(2, on_progress=stop))
    assert results.interrupted
    assert 1 <= len(results.numbers) < 50
    assert not multiprocessing.active_children()


def test_more_replications_than_are_in_flight_at_once_are_all_done(
    tiny: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(execution, "_IN_FLIGHT", 2)
    with ThreadPoolExecutor(1) as executor:
        assert replicate(tiny, "tiny", 1, 5, workers=Execution(executor=executor)).numbers == (
            0,
            1,
            2,
            3,
            4,
        )


def test_ctrl_c_before_anything_is_finished_is_passed_on(
    tiny: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*what: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(replications, "run_and_measure", interrupted)
    with pytest.raises(KeyboardInterrupt):
        replicate(tiny, "tiny", 1, 3)


@pytest.mark.parametrize(
    ("arguments", "rule"),
    [
        ({"replications": 0}, "at least one replication"),
        ({"replications": [-1, 3]}, "numbered 0 or more"),
        ({"replications": 10**9}, "at most 10,000"),
        ({"seed": -1}, "seed must be"),
        ({"seed": 2**63}, "seed must be"),
        ({"workers": 0}, "at least one worker"),
    ],
)
def test_numbers_out_of_range_are_refused_in_words(
    tiny: Scenario, arguments: dict[str, Any], rule: str
) -> None:
    with pytest.raises(ValueError, match=rule):
        replicate(tiny, "tiny", **arguments)


def test_progress_is_told_after_each_replication(tiny: Scenario) -> None:
    told: list[tuple[int, int]] = []
    how = Execution(on_progress=lambda done, total: told.append((done, total)))
    replicate(tiny, "tiny", 1, 3, workers=how)
    assert told == [(1, 3), (2, 3), (3, 3)]
