"""Numbers found by moving them until runs show the figures, in worlds where the answer is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from simulator.calibration.estimates import Estimate, Scale
from simulator.calibration.matching import (
    ENOUGH,
    Knob,
    Matched,
    Target,
    Weighing,
    correlations,
    errors_of_figures,
    match,
    target_of,
)

Floats = NDArray[np.float64]

LOOSE = 1e6  # a spread that holds nothing
MANY = 10**9  # runs that show figures without noise


def knob(path: str, channel: str = "", **more: float | str) -> Knob:
    own = {"scale": "linear", "start": 0.0, "step": 0.5, "spread": LOOSE, "low": -50.0,
           "high": 50.0, **more}  # fmt: skip
    return Knob(path=path, channel=channel, **own)  # type: ignore[arg-type]


def target(
    key: str, value: float, error: float = 0.1, channel: str = "", percent: float = 0.0
) -> Target:
    return Target(key, "linear", value, error, channel, percent)


def scattered(covariance: Floats, seed: int = 1) -> Floats:
    """Forty histories whose sample covariance is exactly this."""
    rows = np.random.default_rng(seed).standard_normal((40, len(covariance)))
    rows -= rows.mean(axis=0)
    own = np.linalg.cholesky(np.atleast_2d(np.cov(rows, rowvar=False)))
    return np.asarray(rows @ np.linalg.inv(own).T @ np.linalg.cholesky(covariance).T)


class World:
    """Figures that depend on numbers through a matrix, and a curvature if there is one."""

    def __init__(
        self, knobs: Sequence[Knob], slopes: Floats, covariance: Floats, bent: float = 0.0
    ) -> None:
        self.knobs, self.slopes, self.covariance, self.bent = knobs, slopes, covariance, bent
        self.looks = self.runs = 0

    def figures(self, at: Floats) -> Floats:
        plain = self.slopes @ at
        return np.asarray(plain + self.bent * plain**2)

    def shown(self, values: Mapping[str, float], runs: int) -> Floats:
        self.looks += 1
        self.runs += runs
        return self.figures(np.array([values[each.path] for each in self.knobs]))

    def varied(self, values: Mapping[str, float]) -> tuple[Floats, float]:
        return scattered(self.covariance), 1.0

    def match(self, targets: Sequence[Target], runs: int = MANY, **more: object) -> Matched:
        both = (runs, runs)
        return match(self.knobs, targets, self.shown, self.varied, {}, both, **more)  # type: ignore[arg-type]


THREE = np.array([[1.0, 0.4], [0.2, -1.5], [0.7, 0.9]])
TRUTH = np.array([0.8, -0.6])


def two_numbers(covariance: Floats | None = None, bent: float = 0.0) -> World:
    known = np.diag([0.01, 0.04, 0.01]) if covariance is None else covariance
    return World([knob("a"), knob("b")], THREE, known, bent)


def met(world: World, truth: Floats, errors: Sequence[float] = (0.1, 0.2, 0.1)) -> list[Target]:
    values = world.figures(truth)
    return [target(f"t{i}", v, e) for i, (v, e) in enumerate(zip(values, errors, strict=True))]


# ------------------------------------------------------------------ the numbers


def test_where_figures_depend_on_numbers_in_a_straight_line_they_are_found_exactly() -> None:
    world = two_numbers()
    found = world.match(met(world, TRUTH))
    np.testing.assert_allclose(found.at, TRUTH, atol=1e-8)
    np.testing.assert_allclose(found.reached, world.figures(TRUTH), atol=1e-8)
    assert found.distance == pytest.approx(0.0, abs=1e-12)
    assert found.values() == pytest.approx({"a": 0.8, "b": -0.6})


def test_figures_that_contradict_each_other_are_met_as_least_squares_would() -> None:
    world = two_numbers()
    values = np.array([1.0, 2.0, -1.0])
    targets = [target(f"t{i}", v, e) for i, (v, e) in enumerate(zip(values, (0.1, 0.2, 0.1)))]  # noqa: B905
    found = world.match(targets)
    weigh = np.diag([1.0 / 0.1, 1.0 / 0.2, 1.0 / 0.1])
    expected, left, *_ = np.linalg.lstsq(weigh @ THREE, weigh @ values, rcond=None)
    np.testing.assert_allclose(found.at, expected, atol=1e-6)
    assert found.distance == pytest.approx(float(left[0]), rel=1e-6)


def test_errors_are_those_of_least_squares_where_figures_err_as_assumed() -> None:
    world = two_numbers()
    found = world.match(met(world, TRUTH))
    expected = np.linalg.inv(THREE.T @ np.diag([100.0, 25.0, 100.0]) @ THREE)
    np.testing.assert_allclose(found.covariance, expected, rtol=1e-6)
    np.testing.assert_allclose(found.errors, [0.1, 0.2, 0.1], rtol=1e-6)


def test_the_runs_own_noise_counts() -> None:
    world = two_numbers()
    sure, rough = (world.match(met(world, TRUTH), runs) for runs in (MANY, 4))
    np.testing.assert_allclose(rough.covariance, sure.covariance * 1.25, rtol=1e-6)


def test_intervals_are_honest_where_figures_err_together() -> None:
    """Buyers of one company share its luck: the covariance of histories is full."""
    together = 0.01 * (0.4 * np.eye(3) + 0.6)
    world = two_numbers(together)
    found = world.match(met(world, TRUTH, (0.01, 0.01, 0.01)))
    errors = np.sqrt(np.diag(together))
    draws = np.random.default_rng(3).multivariate_normal(world.figures(TRUTH), together, 4000)
    moved = []
    for draw in draws:
        own = [replace(each, value=v) for each, v in zip(met(world, TRUTH), draw, strict=True)]
        rule = Weighing(world.knobs, own, {}, errors)
        moved.append(TRUTH + rule.move(TRUTH, world.figures(TRUTH), THREE))
    scatter = np.cov(np.array(moved), rowvar=False)
    # Standard error of a variance from 4,000 normal draws: sqrt(2 / 4000) of it.
    size = np.sqrt(np.outer(np.diag(scatter), np.diag(scatter)))
    assert np.all(np.abs(scatter - found.covariance) < 4.0 * np.sqrt(2.0 / 4000.0) * size)
    independent = np.linalg.inv(THREE.T @ np.diag(1.0 / errors**2) @ THREE)
    assert np.any(np.abs(scatter - independent) > 4.0 * np.sqrt(2.0 / 4000.0) * size)


def test_a_curved_world_is_followed_without_new_slopes_at_every_step() -> None:
    world = two_numbers(bent=0.15)
    distances: list[float] = []
    found = world.match(met(world, TRUTH), on_step=lambda calls, far: distances.append(far))
    # The search ends where the next step would gain less than `ENOUGH`.
    assert found.distance < ENOUGH
    np.testing.assert_allclose(found.at, TRUTH, atol=3.0 * np.sqrt(np.diag(found.covariance)).max())
    assert distances[-1] < distances[0]
    slopes = 2 * len(world.knobs)
    assert world.looks == 2 + slopes + len(distances)
    assert found.runs == world.runs + 40  # and the histories
    # A search that could not learn from its steps would need new slopes for them.
    assert found.steps >= 2


def test_a_step_that_leads_away_is_shortened() -> None:
    knobs = [knob("a", step=2.0, low=-100.0, high=100.0)]

    def cliff(values: Mapping[str, float], runs: int) -> Floats:
        return np.array([float(np.exp(values["a"]))])

    def varied(values: Mapping[str, float]) -> tuple[Floats, float]:
        return scattered(np.array([[1e-4]])), 1.0

    far: list[float] = []
    targets = [target("t", float(np.exp(3.0)), 0.01)]
    found = match(knobs, targets, cliff, varied, {}, (1, 1), lambda calls, d: far.append(d),
                  np.array([1.0]))  # fmt: skip
    start = ((np.exp(1.0) - np.exp(3.0)) / 0.01) ** 2
    assert found.distance < 1e-3 * start
    # No place is kept that is worse than the one before.
    assert min(far) == pytest.approx(far[-1], rel=0.5)


def test_the_same_search_gives_the_same_numbers() -> None:
    first, second = (world.match(met(world, TRUTH)) for world in (two_numbers(), two_numbers()))
    assert first.values() == second.values()
    np.testing.assert_array_equal(first.covariance, second.covariance)
    draws = [first.drawn(np.random.default_rng(5)) for _ in range(2)]
    assert draws[0] == draws[1] != first.drawn(np.random.default_rng(6))


def test_a_search_can_go_on_from_an_earlier_one() -> None:
    world = two_numbers(bent=0.15)
    found = world.match(met(world, TRUTH))
    looks = world.looks
    again = world.match(met(world, TRUTH), begin=found.at)
    assert world.looks - looks < looks
    assert again.distance <= found.distance + ENOUGH


# ------------------------------------------------------------------ what holds numbers


def test_a_number_that_no_figure_tells_stays_at_its_default_as_unsure_as_before() -> None:
    knobs = [knob("a"), knob("flat", start=1.0, spread=0.7)]
    world = World(knobs, np.array([[1.0, 0.0], [2.0, 0.0]]), np.diag([0.01, 0.01]))
    found = world.match([target("t0", 0.5), target("t1", 1.0)])
    assert found.at[1] == pytest.approx(1.0, abs=1e-9)
    assert np.sqrt(found.covariance[1, 1]) == pytest.approx(0.7, rel=1e-6)
    low, high = (getattr(found.estimates({}, "x")["flat"], end) for end in ("low", "high"))
    assert (low, high) == pytest.approx((1.0 - 1.96 * 0.7, 1.0 + 1.96 * 0.7), rel=1e-6)


def test_of_two_numbers_that_do_the_same_neither_runs_away() -> None:
    knobs = [knob("a", spread=1.0), knob("b", spread=1.0)]
    world = World(knobs, np.array([[1.0, 1.0], [1.0, 1.0]]), np.diag([1e-4, 1e-4]))
    found = world.match([target("t0", 2.0, 0.01), target("t1", 2.0, 0.01)])
    np.testing.assert_allclose(found.at, [1.0, 1.0], atol=1e-3)
    # Their sum is known well, their difference not at all.
    assert np.array([1.0, 1.0]) @ found.covariance @ np.array([1.0, 1.0]) < 0.001
    assert np.array([1.0, -1.0]) @ found.covariance @ np.array([1.0, -1.0]) == pytest.approx(2.0)


def channels(levels: Sequence[float]) -> tuple[World, list[Target], dict[str, float]]:
    """Three channels with a figure each, and one number common to all that acts on them too."""
    names = ("x", "y", "z")
    knobs = [*(knob(f"fit.{name}", name, spread=2.0) for name in names), knob("common")]
    slopes = np.hstack([np.eye(3), np.ones((3, 1))])
    world = World(knobs, slopes, 1e-4 * np.eye(3))
    targets = [target(f"t.{n}", v, 0.01, n) for n, v in zip(names, levels, strict=True)]
    return world, targets, {"x": 0.5, "y": 0.3, "z": 0.2}


def test_a_level_common_to_all_channels_belongs_to_the_common_number() -> None:
    world, targets, weights = channels([1.3, 0.9, 0.4])
    found = match(world.knobs, targets, world.shown, world.varied, weights, (MANY, MANY))
    mean = 0.5 * 1.3 + 0.3 * 0.9 + 0.2 * 0.4
    expected = [1.3 - mean, 0.9 - mean, 0.4 - mean, mean]
    np.testing.assert_allclose(found.at, expected, atol=2e-3)
    fits = [0.5, 0.3, 0.2] @ found.at[:3]
    assert fits == pytest.approx(0.0, abs=1e-4)


def test_one_channel_alone_needs_no_number_of_its_own() -> None:
    world = World([knob("common")], np.array([[1.5]]), np.array([[0.01]]))
    found = match(world.knobs, [target("t.x", 0.9, 0.1, "x")], world.shown, world.varied,
                  {"x": 1.0}, (MANY, MANY))  # fmt: skip
    assert found.at == pytest.approx([0.6])
    assert found.covariance[0, 0] == pytest.approx((0.1 / 1.5) ** 2, rel=1e-6)


def test_what_channels_do_to_common_figures_is_learned_on_the_way() -> None:
    """Channels are tried all at once, so a common figure tells nothing of each at first."""
    truth = np.array([0.2, -0.1, -0.35, 0.0])
    world, targets, weights = channels(truth[:3].tolist())
    world.slopes = np.vstack([world.slopes, [0.3, -0.2, 0.1, 2.0]])
    world.covariance = 1e-4 * np.eye(4)
    targets.append(target("common", float(world.slopes[3] @ truth), 0.01))
    found = match(world.knobs, targets, world.shown, world.varied, weights, (MANY, MANY))
    assert found.distance < ENOUGH
    errors = np.sqrt(np.diag(found.covariance))
    assert np.all(np.abs(found.at - truth) < errors)


@pytest.mark.parametrize(("scale", "high", "beyond"), [("linear", 1.0, 2.0), ("log", 3.0, 1.5)])
def test_a_number_is_held_inside_what_it_may_be(scale: Scale, high: float, beyond: float) -> None:
    start = 0.0 if scale == "linear" else 1.0
    low = -1.0 if scale == "linear" else 0.2
    held = knob("a", scale=scale, start=start, low=low, high=high)
    world = World([held], np.array([[1.0]]), np.array([[0.01]]))
    shift = float(np.exp(beyond)) if scale == "log" else beyond
    found = world.match([target("t", shift)])
    estimate = found.estimates({}, "x")["a"]
    assert found.values()["a"] == estimate.value == pytest.approx(high)
    assert low <= estimate.low <= estimate.high <= high + 1e-12
    drawn = [found.drawn(np.random.default_rng(k))["a"] for k in range(20)]
    assert all(low <= each <= high + 1e-12 for each in drawn)


def test_numbers_drawn_scatter_as_their_errors_say() -> None:
    world = two_numbers(0.01 * (0.4 * np.eye(3) + 0.6))
    found = world.match(met(world, TRUTH))
    rng = np.random.default_rng(2)
    drawn = np.array([list(found.drawn(rng).values()) for _ in range(4000)])
    size = np.sqrt(np.outer(np.diag(found.covariance), np.diag(found.covariance)))
    off = np.cov(drawn, rowvar=False) - found.covariance
    assert np.all(np.abs(off) < 4.0 * np.sqrt(2.0 / 4000.0) * size)


def test_cases_are_those_of_the_channel_or_of_all() -> None:
    world, targets, weights = channels([0.1, 0.0, -0.2])
    found = match(world.knobs, targets, world.shown, world.varied, weights, (4, 4))
    told = found.estimates({"x": 50, "y": 30, "z": 20}, "indirect inference")
    assert [each.n for each in told.values()] == [50, 30, 20, 100]
    assert {each.method for each in told.values()} == {"indirect inference"}


def test_errors_with_one_common_cause_are_told_by_one_size_each() -> None:
    loading = np.array([0.9, -0.7, 0.5, 0.6])
    correlation = np.outer(loading, loading)
    np.fill_diagonal(correlation, 1.0)
    errors = np.array([2.0, 0.1, 0.5, 1.0])
    knobs = tuple(knob(name) for name in "abcd")
    nothing = np.zeros(0)
    found = Matched(knobs, np.zeros(4), correlation * np.outer(errors, errors), (), nothing,
                    nothing, 0.0, 0, 0).shared()  # fmt: skip
    sizes = np.array(list(found.values()))
    expected = np.sign(loading) * loading**2
    np.testing.assert_allclose(sizes * np.sign(sizes[0]), expected, atol=1e-6)


# ------------------------------------------------------------------ the figures


def test_quantiles_of_one_sample_err_together_as_samples_show() -> None:
    percents = (10, 50, 90)
    targets = [target(f"days.p{p}", 1.0, percent=p) for p in percents]
    rng = np.random.default_rng(7)
    samples = rng.exponential(size=(3000, 1000))
    seen = np.corrcoef(np.quantile(samples, [p / 100.0 for p in percents], axis=1))
    # The error of a correlation r from n pairs is (1 - r^2) / sqrt(n).
    assert np.all(np.abs(correlations(targets) - seen) < 4.0 / np.sqrt(3000.0))
    np.testing.assert_array_equal(correlations(targets[::-1]), correlations(targets)[::-1, ::-1])


def test_quantiles_of_different_things_do_not_err_together() -> None:
    targets = [
        target("days_to_win.p50", 1.0, percent=50),
        target("days_in_sales.p50", 1.0, percent=50),
        target("days_in_sales.p90", 1.0, percent=90),
        target("days_in_sales", 1.0),
    ]
    expected = np.eye(4)
    expected[1, 2] = expected[2, 1] = np.sqrt(0.5 * 0.1 / (0.9 * 0.5))
    np.testing.assert_allclose(correlations(targets), expected)


def test_figures_err_as_histories_vary_and_never_less_than_the_files_say() -> None:
    targets = [target("a", 0.0, 0.05), target("b", 0.0, 0.3)]
    histories = scattered(np.array([[0.04, 0.01], [0.01, 0.01]]))
    same = errors_of_figures(targets, histories, 1.0, MANY)
    np.testing.assert_allclose(same, [[0.04, 0.01], [0.01, 0.09]], rtol=1e-6)
    # Histories of twice the files' cases vary half as much as the files.
    twice = errors_of_figures(targets, histories, 2.0, MANY)
    np.testing.assert_allclose(twice, [[0.08, 0.02], [0.02, 0.09]], rtol=1e-6)
    # Two runs show the mean of two such histories.
    few = errors_of_figures(targets, histories, 1.0, 2)
    np.testing.assert_allclose(few, [[0.06, 0.015], [0.015, 0.095]], rtol=1e-6)


def test_a_share_of_none_or_all_has_a_place_on_its_scale() -> None:
    none = target_of(Estimate("x", 0.0, 0.0, 0.116, 30, "share", "m", "logit"), "web")
    every = target_of(Estimate("x", 1.0, 0.884, 1.0, 30, "share", "m", "logit"))
    assert none.value == pytest.approx(np.log(0.5 / 31.0 / (1.0 - 0.5 / 31.0)))
    assert every.value == pytest.approx(-none.value)
    assert np.isfinite([none.error, every.error]).all()
    assert none.error == pytest.approx(every.error)
    assert none.channel == "web"


def test_no_figure_is_taken_to_be_surer_than_the_least_error() -> None:
    sure = Estimate("days.p50", 30.0, 30.0, 30.0, 9, "business days", "m", "log")
    assert target_of(sure, least_error=0.02, percent=50.0).error == 0.02
    wide = replace(sure, low=30.0 * np.exp(-0.5), high=30.0 * np.exp(0.5))
    assert target_of(wide, least_error=0.02).error == pytest.approx(1.0 / 3.92)
