"""What if an assumption is wrong: ranges, designs, and figures whose answers are known."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from simulator.errors import ScenarioError
from simulator.experiment import probing, screening, sensitivity_words
from simulator.experiment import sensitivity as study
from simulator.experiment.assumption_labels import assumption_label
from simulator.experiment.assumptions import Assumption, Space, settings, space_of
from simulator.experiment.probing import Plan
from simulator.experiment.screening import (
    effects_of,
    p_of_shares,
    paired_samples,
    shares_of,
    through_change,
    trajectory,
)
from simulator.experiment.sensitivity import LUCK, Sensitivity, Survival, sensitivity
from simulator.experiment.statistics import Estimate
from simulator.languages.languages import Language, speaking
from simulator.presentation import sensitivity_tables
from simulator.scenario import load_scenario, numbers, shipped_scenarios
from simulator.scenario.changing import changed, value_of
from simulator.scenario.schema import Scenario

X1, X2, X3 = "churn.gap", "churn.trust", "churn.neglect"
Outcome = Callable[[Scenario, int], float]
NOWHERE = np.zeros(3, dtype=bool)


def assumption(space: Space, path: str) -> Assumption:
    return next(one for one in space.varied if one.path == path)


def where(scenario: Scenario, path: str) -> float:
    """The position of an assumption of the shared scenario: 0 low, 1 high."""
    one = assumption(SHARED, path)
    return float((value_of(scenario, path) - one.low) / (one.high - one.low))


SHARED = space_of(load_scenario("shared"))


@pytest.fixture
def faked(monkeypatch: pytest.MonkeyPatch) -> Callable[[Sequence[str], Outcome], None]:
    """Put a function in the place of the engine, and leave only some assumptions to vary."""

    def put(paths: Sequence[str], outcome: Outcome) -> None:
        def totals(scenario: Scenario, name: str, seed: int, replication: int) -> dict[str, float]:
            return {"mrr_end": outcome(scenario, replication)}

        def few(*loaded: Any) -> Space:
            space = space_of(*loaded)
            return replace(space, varied=tuple(assumption(space, path) for path in paths))

        monkeypatch.setattr(probing, "run_totals", totals)
        monkeypatch.setattr(study, "space_of", few)

    return put


def noise(replication: int) -> float:
    return float(np.random.default_rng(replication).normal())


def row(table: Any, column: str, value: str) -> dict[str, Any]:
    return dict(table[table[column] == value].iloc[0])


# ------------------------------------------------------------------ ranges


@pytest.mark.parametrize("name", list(shipped_scenarios()))
def test_every_point_of_the_space_of_a_shipped_scenario_is_a_scenario(name: str) -> None:
    loaded = load_scenario(name)
    space = space_of(loaded).varied
    rng = np.random.default_rng(5)
    size = len(space)
    # Ends that could meet stand side by side in the list: one high, the next low.
    every_other = np.arange(size) % 2.0
    corners = [np.zeros(size), np.ones(size), every_other, 1.0 - every_other]
    for position in [*corners, *rng.random((2, size))]:
        at = [one.settled(float(p)) for one, p in zip(space, position, strict=True)]
        changed(loaded.scenario, settings(space, at))  # raises if a rule is broken
    assert size > 150


def test_every_point_of_a_common_space_is_a_scenario_of_both() -> None:
    names = ["olist", "shared", "volume_marketing", "person_dependent"]
    rng = np.random.default_rng(6)
    for first, second in pairwise(names):
        both = [load_scenario(first), load_scenario(second)]
        space = space_of(*both).varied
        known = [{n.path for n in numbers(each)} for each in both]
        for position in [np.zeros(len(space)), np.ones(len(space)), rng.random(len(space))]:
            at = [one.settled(float(p)) for one, p in zip(space, position, strict=True)]
            said = settings(space, at)
            for each, paths in zip(both, known, strict=True):
                changed(each.scenario, {p: v for p, v in said.items() if p in paths})


def test_a_range_holds_the_stated_value_between_its_ends() -> None:
    for one in SHARED.varied:
        assert one.low <= one.value <= one.high, one
        assert one.low < one.high, one


@pytest.mark.parametrize(
    ("path", "low", "high", "stated"),
    [
        ("market.interest.k", 0.2, 1.0, True),
        ("counter_forces.free_riding.phi", 0.0, 0.3, True),
        ("teams.inside_sales.attrition_per_year", 0.30, 0.34, True),
        ("teams.customer_success.attrition_per_year", 0.15, 0.25, True),
        ("teams.field_sales.loading", 1.2, 1.4, True),
        ("work.marketing.score_noise", 1.125, 1.875, False),  # C: 25 %
        ("work.field_sales.win_effort", 0.75, 2.25, False),  # M: 50 %
        ("work.inside_sales.talk", 0.5, 1.5, False),  # a law: factors
        ("recycling.remembered", 0.15 / 0.85, 0.45 / 1.15, False),  # M: odds 3/7 by 50 %
        ("work.field_sales.win_intercept", -1.7, -0.7, False),  # log odds
        ("start.customers", 260, 780, False),
        ("work.field_sales.meetings", 2, 4, False),
        ("market.deal.p90", math.sqrt(70000.0 * 200000.0), 300000.0, False),
    ],
)
def test_a_range_is_the_stated_one_or_follows_the_rule(
    path: str, low: float, high: float, stated: bool
) -> None:
    one = assumption(SHARED, path)
    assert (one.low, one.high, one.stated) == (pytest.approx(low), pytest.approx(high), stated)


def test_trusted_numbers_and_choices_are_not_varied_and_unsure_ones_are_all_accounted_for() -> None:
    varied = {one.path for one in SHARED.varied}
    left_out = {one.path: one.why for one in SHARED.left_out}
    for number in numbers(load_scenario("shared")):
        if number.is_number and number.trust in ("C", "D", "M", ""):
            assert (number.path in varied) != (number.path in left_out), number.path
        else:
            assert number.path not in varied | set(left_out), number.path
    # What a search has found is no assumption; what a scenario states is a choice.
    assert "decisions.field_sales.promise" not in varied | set(left_out)
    assert "decisions.field_sales.promise" in {
        one.path for one in space_of(load_scenario("base")).left_out
    }
    assert left_out["teams.field_sales.people"] == "chosen by the organization"
    assert left_out["market.ad_cost_growth_per_year"] == "0 and no stated range"


def test_how_long_leave_lasts_is_an_assumption_only_where_there_is_leave() -> None:
    path = "teams.field_sales.leave_days"
    left_out = {one.path: one.why for one in SHARED.left_out}
    assert left_out[path] == "without use while leave_per_year is 0"
    space = space_of(load_scenario("shared", ["teams.field_sales.leave_per_year=0.1"]))
    varied = {one.path: one for one in space.varied}
    assert (varied[path].low, varied[path].high) == (60.0, 180.0)
    assert "teams.marketing.leave_days" not in varied


def test_a_number_set_by_hand_is_unsure_and_keeps_no_range_of_the_default() -> None:
    space = space_of(load_scenario("base", ["market.interest.k=0.8"]))
    one = assumption(space, "market.interest.k")
    assert (one.low, one.high, one.stated) == (pytest.approx(0.4), pytest.approx(1.2), False)


def test_what_two_scenarios_differ_in_is_compared_and_not_varied(tmp_path: Path) -> None:
    path = tmp_path / "other.yaml"
    path.write_text(
        "extends: shared.yaml\nwork: {field_sales: {win_fit: 1.0}}\n"
        "market: {channels: {fair: {leads_per_day: 3.0}}}\n",
        encoding="utf-8",
    )
    space = space_of(load_scenario("shared"), load_scenario(path))
    assert space.compared == ("work.field_sales.win_fit",)
    varied = {one.path for one in space.varied}
    assert "work.field_sales.win_fit" not in varied
    # A channel that only one of them has is an assumption of that one.
    assert "market.channels.fair.leads_per_day" in varied


def test_each_whole_number_of_a_range_gets_an_equal_share_of_it() -> None:
    meetings = assumption(SHARED, "work.field_sales.meetings")
    found = [meetings.setting(meetings.settled(p)) for p in np.linspace(0.0, 1.0, 3001)]
    assert {type(value) for value in found} == {int}
    counts = np.bincount(found)[2:]
    assert counts == pytest.approx([1000, 1000, 1000], abs=2)


def test_a_law_is_varied_by_one_factor_on_all_its_times() -> None:
    one = assumption(SHARED, "recycling.untimed")
    assert one.setting(1.0) == {"law": "exponential", "unit": "days", "mean": 180.0}
    claim = assumption(SHARED, "work.customer_success.claim").setting(0.0)
    assert (claim["median"], claim["p90"], claim["unit"]) == (0.5, 1.3, "hours")


# ------------------------------------------------------------------ ranges in files


def test_a_file_states_the_range_of_its_number(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(
        "extends: base.yaml\nwork: {field_sales: {win_fit: 1.0, thinking: "
        "{law: exponential, unit: days, mean: 9}}}\nsources:\n"
        "  work.field_sales.win_fit: {source: us, trust: C, range: [0.9, 1.4]}\n"
        "  work.field_sales.thinking: {source: us, trust: C, range: [0.8, 1.1]}\n",
        encoding="utf-8",
    )
    loaded = load_scenario(path)
    known = {number.path: number for number in numbers(loaded)}
    assert known["work.field_sales.win_fit"].span == (0.9, 1.4)
    space = space_of(loaded)
    fit, thinking = (
        assumption(space, f"work.field_sales.{name}") for name in ("win_fit", "thinking")
    )
    assert (fit.low, fit.high, fit.stated) == (0.9, 1.4, True)
    assert thinking.setting(0.0)["mean"] == pytest.approx(7.2)


@pytest.mark.parametrize(
    ("stated", "rule"),
    [
        ("kpi.marketing: {source: x, trust: M, range: [0.6, 0.9]}", "must contain the value, 0.5"),
        ("kpi.marketing: {source: x, trust: M, range: [0.1, 1.9]}", "at most 1"),
        ("kpi.marketing: {source: x, trust: M, range: [0.9, 0.1]}", "low must be below high"),
        ("kpi.marketing: {source: x, trust: M, range: 0.1}", "must be [low, high]"),
        ("kpi.marketing: {source: x, trust: M, range: [a, 1]}", "must be [low, high]"),
        ("kpi: {source: x, trust: M, range: [0.1, 0.9]}", "one number or law at a time"),
        ("recycling.untimed: {source: x, trust: M, range: [100, 140]}", "factors on its times"),
    ],
)
def test_a_wrong_range_is_refused_with_its_rule(tmp_path: Path, stated: str, rule: str) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(
        "extends: base.yaml\nkpi: {marketing: 0.5}\n"
        "recycling: {untimed: {law: exponential, unit: days, mean: 120}}\n"
        f"sources:\n  {stated}\n",
        encoding="utf-8",
    )
    with pytest.raises(ScenarioError) as refused:
        load_scenario(path)
    assert [rule in str(problem) for problem in refused.value.problems] == [True]
    assert refused.value.problems[0].where.startswith(f"{path}:5")


# ------------------------------------------------------------------ designs and estimators


def test_a_walk_moves_each_assumption_once_by_two_thirds() -> None:
    walk = trajectory(9, np.array([0, 2, 5, 8]), np.random.default_rng(1))
    assert walk.points.shape == (5, 9)
    assert sorted(walk.moved) == [0, 2, 5, 8]
    steps = np.diff(walk.points, axis=0)
    assert np.abs(steps).max(axis=1) == pytest.approx([2 / 3] * 4)
    assert (steps != 0.0).sum() == 4
    assert walk.points.min() >= 0.0
    assert walk.points.max() <= 1.0


def test_effects_that_cancel_have_no_mean_but_a_size() -> None:
    found = effects_of(np.array([[1.0, 3.0, np.nan], [-1.0, 3.0, np.nan]]), NOWHERE)
    assert found.mu[:2] == pytest.approx([0.0, 3.0])
    assert found.mu_star[:2] == pytest.approx([1.0, 3.0])
    assert found.sigma[:2] == pytest.approx([math.sqrt(2.0), 0.0])
    assert list(found.n) == [2.0, 2.0, 0.0]
    assert np.isnan(found.mu_star[2])
    assert np.isnan(found.sigma[2])


def test_an_effect_beyond_what_was_seen_is_the_strongest_and_has_no_mean() -> None:
    # The second leads there; of the third one step was not seen, for the second had led there.
    effects = np.array([[9.0, -np.inf, np.inf], [9.0, 2.0, 1.0], [9.0, 2.0, -3.0]])
    found = effects_of(effects, np.array([False, True, False]))
    assert list(found.mu_star) == [9.0, np.inf, 2.0]
    for each in (found.mu, found.low, found.high, found.sigma):
        assert list(np.isnan(each)) == [False, True, True]


def test_outcomes_beyond_what_was_seen_are_infinite_whichever_scenario_they_are_of() -> None:
    pairs = np.array([[1.0, np.inf], [np.inf, 1.0], [np.inf, np.inf], [1.0, 3.0], [np.nan, 1.0]])
    found = probing.differences(pairs)
    assert list(found[:4]) == [np.inf, np.inf, np.inf, 2.0]
    assert np.isnan(found[4])
    assert list(probing.differences(pairs[1:2, :1])) == [np.inf]


def test_shares_of_the_variance_are_not_those_of_the_rows_that_went_fast() -> None:
    rng = np.random.default_rng(2)
    f_a, f_b, f_ab = rng.normal(size=32), rng.normal(size=32), rng.normal(size=(2, 32))
    f_ab[1, 3] = np.inf
    assert shares_of(f_a, f_b, f_ab, rng) is None


@pytest.mark.parametrize(("better", "ahead"), [("lower", 3.0), ("higher", 2.0)])
def test_what_is_longer_than_what_was_seen_is_longer_than_what_was(
    better: Any, ahead: float
) -> None:
    # Of the other and of the leader: slower, faster, equal, both not seen, missing, slower.
    pairs = np.array([[np.inf, 5.0], [4.0, np.inf], [2.0, 2.0], [np.inf, np.inf], [np.nan, 1.0],
                      [6.0, 3.0]])  # fmt: skip
    found = Survival.of("a", "b", pairs, better)
    assert (found.points, found.ahead, found.share) == (5, ahead, ahead / 5.0)
    assert found.low is not None
    assert Survival.of("a", "b", pairs[4:5], better).points == 0


@pytest.mark.parametrize(("few", "many"), [((3.5, 8), (7.0, 9)), ((0.5, 1), (5.0, 8))])
def test_halves_are_tested_alike_whichever_scenario_is_asked_for(
    few: tuple[float, int], many: tuple[float, int]
) -> None:
    behind = [(of - ahead, of) for ahead, of in (few, many)]
    assert p_of_shares(few, many) == pytest.approx(p_of_shares(behind[0], behind[1]), rel=1e-12)
    assert p_of_shares((3.5, 8), (7.0, 9)) == p_of_shares((3.0, 7), (7.0, 9))


def test_bootstrap_intervals_belong_to_the_estimates_of_scipy() -> None:
    rng = np.random.default_rng(2)
    f_a, f_b, f_ab = rng.normal(size=32), rng.normal(size=32), rng.normal(size=(3, 32))
    first, again = (shares_of(f_a, f_b, f_ab, np.random.default_rng(3)) for _ in range(2))
    assert first is not None
    assert again is not None
    assert np.array_equal(first.first_low, again.first_low)
    assert (first.first_low < first.first).all()
    assert (first.first < first.first_high).all()
    assert (first.total_low < first.total).all()
    assert (first.total < first.total_high).all()


def test_rows_with_a_missing_outcome_are_left_out_of_the_shares() -> None:
    rng = np.random.default_rng(2)
    f_a, f_b, f_ab = rng.normal(size=32), rng.normal(size=32), rng.normal(size=(2, 32))
    f_ab[1, 3] = np.nan
    found = shares_of(f_a, f_b, f_ab, rng)
    assert found is not None
    assert found.n == 16
    assert np.isfinite(found.total).all()
    assert shares_of(np.full(32, np.nan), f_b, f_ab, rng) is None


def test_the_two_samples_of_saltelli_are_spread_and_not_the_same() -> None:
    a, b = paired_samples(64, 3, np.random.default_rng(1))
    # Standard error of a mean of 64 numbers in 0..1: 0.036; of a correlation: 0.125.
    assert a.mean(axis=0) == pytest.approx([0.5] * 3, abs=4 * 0.036)
    assert np.abs(np.corrcoef(a.T, b.T)[:3, 3:]).max() < 4 * 0.125


def test_intervals_of_shares_cover_the_true_shares(monkeypatch: Any) -> None:
    # Six factors of different weight and luck of the same variance, as probing runs them.
    monkeypatch.setattr(screening, "_RESAMPLES", 199)
    weights = np.arange(6.0, 0.0, -1.0)
    true = np.append(weights**2 / (2.0 * np.sum(weights**2)), 0.5)
    covered = []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        a, b = paired_samples(32, 6, rng)
        luck_a, luck_b = rng.normal(size=(2, 32))

        def outcome(x: Any, luck: Any) -> Any:
            return x @ weights * math.sqrt(12.0 / np.sum(weights**2)) + luck

        mixed = [outcome(np.where(np.arange(6) == i, b, a), luck_a) for i in range(6)]
        mixed.append(outcome(a, luck_b))
        found = shares_of(outcome(a, luck_a), outcome(b, luck_b), np.array(mixed), rng)
        assert found is not None
        covered.append((found.total_low <= true) & (true <= found.total_high))
    # 92 % over many repetitions; a few factors of one repetition are missed together, so that the
    # standard error is that of about 40 times 3 independent ones: 0.025.
    assert 0.92 - 4 * 0.025 < np.mean(covered) <= 1.0


# ------------------------------------------------------------------ known answers


def test_a_linear_outcome_has_the_same_effect_everywhere(faked: Any) -> None:
    faked([X1, X2, X3], lambda s, _: 5.0 * where(s, X1) - 2.0 * where(s, X2))
    found = sensitivity("shared", trajectories=4, sobol=4, points=5, replications=2)
    assert list(found.screening["path"]) == [X1, X2]
    assert list(found.screening["mu"]) == pytest.approx([5.0, -2.0])
    assert list(found.screening["mu_star"]) == pytest.approx([5.0, 2.0])
    assert list(found.screening["sigma"]) == pytest.approx([0.0, 0.0], abs=1e-9)
    assert list(found.screening["n"]) == [4, 4]
    ends = found.tornado.set_index(["path", "end"])["change"]
    assert ends[X1, "low"] == pytest.approx(-2.5)
    assert ends[X1, "high"] == pytest.approx(2.5)
    assert ends[X2, "high"] == pytest.approx(-1.0)


def test_what_changes_nothing_is_without_effect_and_not_run_again(faked: Any) -> None:
    seen = []

    def outcome(scenario: Scenario, replication: int) -> float:
        seen.append(replication)
        return where(scenario, X1)

    faked([X1, X2, X3], outcome)
    found = sensitivity("shared", trajectories=3, sobol=4, points=5, replications=2, stated=2)
    status = found.assumptions.set_index("path")["status"]
    assert (status[X1], status[X2], status[X3]) == ("varied", "without effect", "without effect")
    # 2 stated; 2 walks of 4 points; 1 walk of 2; 5 points; 2 ends twice; A, B and two mixed.
    assert found.runs == len(seen) == 2 + 8 + 2 + 5 + 4 + 4 * 4
    assert list(found.sample.columns) == ["point", "outcome", "of_a", X1]


def test_shares_of_the_variance_of_ishigamis_function_are_found(faked: Any) -> None:
    def ishigami(scenario: Scenario, _: int) -> float:
        x, y, z = (math.pi * (2.0 * where(scenario, path) - 1.0) for path in (X1, X2, X3))
        return math.sin(x) + 7.0 * math.sin(y) ** 2 + 0.1 * z**4 * math.sin(x)

    faked([X1, X2, X3], ishigami)
    found = sensitivity("shared", trajectories=4, sobol=256, points=4, replications=1).variance
    first = {X1: 0.3139, X2: 0.4424, X3: 0.0, LUCK: 0.0}
    total = {X1: 0.5576, X2: 0.4424, X3: 0.2437, LUCK: 0.0}
    assert len(found) == 4
    for each in sensitivity_words.rows_of(found):
        if each["factor"] == LUCK:
            assert (each["first"], each["total"]) == pytest.approx((0.0, 0.0), abs=1e-12)
            continue
        for kind, known in (("first", first), ("total", total)):
            low, high = each[f"{kind}_low"], each[f"{kind}_high"]
            error = (high - low) / (2.0 * 1.96)
            assert each[kind] == pytest.approx(known[each["factor"]], abs=3.5 * error), (each, kind)
            assert high - low < 0.6


def test_the_share_of_luck_is_told_honestly(faked: Any) -> None:
    # The assumption has variance 1/12 x 12 = 1, luck 1: half each.
    faked([X1], lambda s, replication: math.sqrt(12.0) * where(s, X1) + noise(replication))
    found = sensitivity("shared", trajectories=4, sobol=256, points=4, replications=1).variance
    # Standard errors over 150 repetitions: 0.06 at most of the first, 0.04 of the total.
    for factor in (X1, LUCK):
        each = row(found, "factor", factor)
        assert each["first"] == pytest.approx(0.5, abs=3.5 * 0.06)
        assert each["total"] == pytest.approx(0.5, abs=3.5 * 0.04)
        assert each["total_high"] - each["total_low"] < 0.3


def lead(of: Outcome) -> Outcome:
    """The second scenario, shared, has the outcome; the first, the reference, has none."""
    return lambda s, replication: of(s, replication) if s.kpi.marketing == 1.0 else 0.0


def test_survival_is_the_share_of_the_space_in_which_the_first_is_ahead(faked: Any) -> None:
    # Ahead where x + y > 1/2: 7/8 of the square; 3/4 of the lower half of x, all of the upper.
    faked([X1, X2], lead(lambda s, _: where(s, X1) + where(s, X2) - 0.5))
    found = sensitivity("divisional", "shared", trajectories=2, sobol=4, points=256, replications=6)
    assert found.survival is not None
    assert found.survival.points == 256
    assert found.survival.low < 0.875 < found.survival.high
    halves = found.halves.set_index(["path", "half"])
    lower, upper = halves.loc[(X1, "lower")], halves.loc[(X1, "upper")]
    assert lower["share_low"] < 0.75 < lower["share_high"]
    assert upper["share"] == 1.0
    assert found.verdict.startswith(
        "The verdict survives wrong assumptions: shared beats divisional in MRR at end at 2"
    )
    assert "None of the 2 strongest assumptions flips the lead alone." in found.verdict
    assert found.compared[0] == "kpi.marketing"


def test_a_lead_that_none_flips_alone_but_many_do_is_said_to_be_lost_by_them(faked: Any) -> None:
    # Behind only where both have left the middle to the same side: nearly half of the square.
    def outcome(s: Scenario, _: int) -> float:
        return -1.0 if (where(s, X1) - 0.5) * (where(s, X2) - 0.5) > 1e-3 else 1.0

    faked([X1, X2], lead(outcome))
    found = sensitivity("divisional", "shared", trajectories=2, sobol=4, points=64, replications=6)
    assert found.survival is not None
    lost = f"{64 - found.survival.ahead:g}"
    assert (
        "None of the 2 strongest assumptions flips the lead alone. Many small changes together, and"
        f" luck, do: the lead is lost at {lost} of 64 points."
    ) in " ".join(found.verdict.split())


@pytest.mark.parametrize(("share", "low", "high", "few"), [
    (0.2, 0.1, 0.4, False), (-0.004, -0.1, 0.4, False), (-0.09, -0.29, 0.08, True),
    (0.25, -0.23, 1.21, True), (0.25, None, None, False),
])  # fmt: skip
def test_shares_of_the_variance_that_cannot_be_so_are_said_to_rest_on_too_few_rows(
    faked: Any, share: float, low: float | None, high: float | None, few: bool
) -> None:
    faked([X1], lead(lambda s, _: where(s, X1)))
    found = sensitivity("divisional", "shared", trajectories=2, sobol=4, points=4, replications=2)
    figures = {f"{kind}{end}": value for kind in ("first", "total")
               for end, value in (("", share), ("_low", low), ("_high", high))}  # fmt: skip
    shown = replace(found, variance=found.variance.assign(**figures))
    console = Console(width=100, record=True, file=io.StringIO())
    for each in sensitivity_tables.story(shown):
        console.print(each)
    said = " ".join(console.export_text().split())
    assert ("too few rows to split the variance" in said) == few


def test_a_lower_metric_is_ahead_when_it_is_lower(faked: Any, monkeypatch: Any) -> None:
    faked([X1], lambda s, _: 0.0)
    lower = lead(lambda s, _: -1.0 - where(s, X1))
    monkeypatch.setattr(probing, "run_totals", lambda s, n, e, r: {"logo_churn": lower(s, r)})
    found = sensitivity(
        "divisional", "shared", metric="logo_churn", trajectories=2, sobol=4, points=8,
        replications=6,
    )  # fmt: skip
    assert found.survival is not None
    assert found.survival.share == 1.0
    assert "At the stated values shared beats divisional" in found.summary()


def test_an_end_flips_only_if_its_interval_excludes_zero(faked: Any) -> None:
    # At the stated values (middle of both ranges) ahead by 1, at the low ends behind.
    def outcome(scenario: Scenario, replication: int) -> float:
        sure = min(where(scenario, X1) - 0.5, 0.0) * 8.0
        open_ = min(where(scenario, X2) - 0.5, 0.0) * (3.0 + 20.0 * (replication % 2))
        return 1.0 + sure + open_ + 0.01 * noise(replication)

    faked([X1, X2], lead(outcome))
    found = sensitivity("divisional", "shared", trajectories=2, sobol=4, points=8, replications=4)
    verdicts = found.tornado.set_index(["path", "end"])["verdict"]
    assert verdicts[X1, "low"] == "flips"
    assert verdicts[X2, "low"] == "may flip"
    assert verdicts[X1, "high"] == verdicts[X2, "high"] == ""
    assert "At 1 of" not in found.verdict
    assert (
        "Alone, “Churn: what broken expectations cost” at 0.6 flips the lead."
        " Alone, “Churn: what lost trust costs” at 0.5 may flip the lead."
    ) in found.verdict


def test_an_end_at_which_the_lead_may_be_luck_is_open(faked: Any) -> None:
    def outcome(scenario: Scenario, replication: int) -> float:
        low = where(scenario, X1) < 0.1
        return 1.0 + 0.01 * noise(replication) + (3.0 * (replication % 2) - 1.0 if low else 0.0)

    faked([X1], lead(outcome))
    found = sensitivity("divisional", "shared", trajectories=2, sobol=4, points=8, replications=4)
    assert list(found.tornado["verdict"]) == ["open", ""]
    assert "At 1 of the 2 ends of their ranges the lead is within luck." in found.verdict


def test_a_flip_is_one_of_the_lead_at_the_stated_values(faked: Any) -> None:
    faked([X1], lead(lambda s, luck: where(s, X1) - 0.9 + 0.001 * noise(luck)))
    found = sensitivity("divisional", "shared", trajectories=2, sobol=4, points=8, replications=4)
    assert found.survival is not None
    assert (found.survival.leader, found.survival.other) == ("divisional", "shared")
    assert found.survival.share == 1.0 - np.mean(found.sample["outcome"] > 0.0)
    assert "At the stated values divisional beats shared" in found.verdict
    assert "Alone, “Churn: what broken expectations cost” at 1.8 flips the lead." in found.verdict


def test_without_a_lead_at_the_stated_values_nothing_flips(faked: Any) -> None:
    faked([X1], lead(lambda s, replication: noise(replication) + 0.1 * where(s, X1)))
    found = sensitivity("divisional", "shared", trajectories=2, sobol=4, points=8, replications=4)
    assert set(found.tornado["verdict"]) == {""}
    assert found.verdict.startswith("There is no verdict that could survive")
    assert "divisional and shared cannot be told apart in MRR at end: shared minus" in found.verdict
    assert "There is no lead that an assumption alone could flip." in found.verdict


def test_points_without_the_metric_are_dropped_and_counted(faked: Any) -> None:
    faked([X1], lead(lambda s, _: math.nan if where(s, X1) > 0.75 else 1.0 + where(s, X1)))
    found = sensitivity("divisional", "shared", trajectories=2, sobol=4, points=16, replications=2)
    assert found.dropped == 4
    assert found.survival is not None
    assert found.survival.points == 12
    assert "4 points without MRR at end were left out" in found.summary()


def said(found: Sensitivity) -> str:
    paper = Console(file=io.StringIO(), width=200)
    for each in sensitivity_tables.story(found):
        paper.print(each)
    assert isinstance(paper.file, io.StringIO)
    return paper.file.getvalue() + sensitivity_words.closing(found)


def endless(scenario: Scenario, luck: int) -> float:
    """Beyond what was seen at the upper end of X1; X2 has a large effect that is seen."""
    if where(scenario, X1) > 0.8:
        return math.inf
    return 10.0 + where(scenario, X1) + 100.0 * where(scenario, X2) + 0.1 * noise(luck)


def test_an_assumption_that_leads_beyond_what_was_seen_comes_first_in_words(faked: Any) -> None:
    faked([X1, X2], endless)
    found = sensitivity("shared", trajectories=6, sobol=8, points=40, replications=3)
    assert list(found.screening["path"]) == [X1, X2]
    assert np.isinf(found.screening["mu_star"][0])
    assert found.screening.loc[0, ["mu", "mu_low", "mu_high", "sigma"]].isna().all()
    # What another assumption has led beyond is no effect of this one; but its mean is not known.
    assert found.screening.loc[1, "mu_star"] == pytest.approx(100.0)
    assert math.isnan(found.screening.loc[1, "mu"])
    tornado = found.tornado.set_index(["path", "end"])
    assert list(dict.fromkeys(found.tornado["path"])) == [X1, X2]
    assert tornado.loc[(X1, "high"), "verdict"] == "beyond"
    assert np.isnan(tornado.loc[(X1, "high"), "outcome"])
    assert tornado.loc[(X1, "low"), "change"] == pytest.approx(-0.5)
    assert found.variance.empty
    assert (found.dropped, found.beyond) == (0, 0)
    assert np.isinf(found.sample["outcome"]).sum() == 8
    assert " to longer than what was seen in nine of ten of 40 points" in found.verdict
    assert "it moves most with “Churn: what broken expectations cost”" in found.verdict
    for text in (said(found), found.summary()):
        assert "longer than seen" in text
        assert "Shares of the variance are not known" in text
    json.dumps(found.as_json(), allow_nan=False)
    with speaking("ja"):
        assert "長すぎて測れず" in said(found)


def test_a_sample_most_of_which_was_not_seen_has_no_bounds(faked: Any) -> None:
    faked([X1], lambda s, luck: math.inf if where(s, X1) > 0.025 else 1.0)
    found = sensitivity("shared", trajectories=2, sobol=4, points=40, replications=2, stated=3)
    assert found.beyond == 3
    assert found.verdict.startswith(
        "MRR at end of shared is not known at the stated values (longer than what was seen in 3 of"
        " 3 runs), and longer than what was seen at 39 of 40 points of the assumption space"
    )
    assert "longer than seen" in said(found)


def test_ends_at_which_the_lead_is_not_known_are_said_and_not_counted_as_holding(
    faked: Any,
) -> None:
    faked([X1, X2], lead(endless))
    found = sensitivity("divisional", "shared", trajectories=4, sobol=8, points=40, replications=3)
    assert "beats divisional in MRR at end at 40 of 40 points" in found.verdict  # inf is more
    assert (
        "Alone, none of the 2 strongest assumptions flips the lead at the 3 ends of their ranges at"
        " which it is known. At 1 of the 4 ends of their ranges it is not known who leads: MRR at"
        " end is longer than what was seen in a run."
    ) in found.verdict
    assert found.dropped == 0
    assert found.halves["points"].sum() == 2 * 40
    assert "longer than seen: than what was seen in a run there" in said(found)
    faked(
        [X1, X2],
        lead(lambda s, luck: math.nan if math.isinf(endless(s, luck)) else 3.0 + noise(luck)),
    )
    missing = sensitivity("divisional", "shared", trajectories=4, sobol=8, points=40,
                          replications=3)  # fmt: skip
    assert set(missing.tornado["verdict"]) <= {"missing", ""} | {"open"}


def test_a_lead_that_is_not_known_at_the_stated_values_is_not_called_luck(faked: Any) -> None:
    faked([X1], lead(lambda s, luck: math.inf if luck % 2 else 1.0 + where(s, X1)))
    found = sensitivity("divisional", "shared", trajectories=2, sobol=4, points=8, stated=6)
    assert (found.beyond, found.baseline.n) == (3, 3)
    assert found.verdict.startswith(
        "There is no verdict that could survive, at the stated values it is not known who leads:"
    )
    assert (
        "it is not known which of divisional and shared leads in MRR at end: it is longer than what"
        " was seen in 3 of 6 pairs of runs."
    ) in found.verdict
    assert "Whether an assumption alone flips the lead is not known" in found.verdict
    assert "luck leaves it open" not in found.verdict
    said(found)


def test_an_outcome_is_that_of_the_second_scenario_minus_that_of_the_first(faked: Any) -> None:
    faked([X1], lead(lambda s, luck: 1.0 + where(s, X1) + 0.1 * noise(luck)))
    plan = {"trajectories": 2, "sobol": 4, "points": 8, "replications": 4}
    found = sensitivity("divisional", "shared", **plan)
    mirrored = sensitivity("shared", "divisional", **plan)
    assert found.baseline.mean == pytest.approx(1.5, abs=0.1)
    assert mirrored.baseline.mean == pytest.approx(-found.baseline.mean)
    ends = found.tornado.set_index("end")["outcome"]
    assert ends["low"] == pytest.approx(1.0, abs=0.1)
    assert ends["high"] == pytest.approx(2.0, abs=0.1)
    # Who leads, and where, is the same whichever is the reference.
    assert mirrored.survival == found.survival
    assert mirrored.halves.equals(found.halves)
    assert mirrored.verdict == found.verdict


def test_the_lead_at_the_stated_values_is_judged_by_more_runs_than_an_end(faked: Any) -> None:
    # Of four runs the lead is within luck, of 40 it is not.
    faked([X1], lead(lambda s, luck: where(s, X1) + 2.0 * noise(luck) + 0.5))
    plan = {"trajectories": 2, "sobol": 4, "points": 4, "replications": 4}
    few, more = (sensitivity("divisional", "shared", stated=n, **plan) for n in (4, 40))
    assert "cannot be told apart" in few.verdict
    assert "At the stated values shared beats divisional" in more.verdict
    assert (few.baseline.n, more.baseline.n) == (4, 40)
    # Luck is that of all runs at the stated values; the change alone is that of the few.
    for end in (few, more):
        table = end.tornado
        assert list(table["outcome"]) == pytest.approx(list(end.baseline.mean + table["change"]))
        assert list(table["change"]) == pytest.approx([-0.5, 0.5])


def test_the_mean_after_a_change_is_covered_by_its_interval() -> None:
    # Luck of variance 1 that both share, and 0.25 that they do not.
    covered, widths = [], []
    for seed in range(400):
        rng = np.random.default_rng(seed)
        base = rng.normal(size=20)
        changed_ = base[:5] + 3.0 + 0.5 * rng.normal(size=5)
        found = through_change(base, changed_)
        assert found.low is not None
        assert found.high is not None
        assert found.n == 5
        covered.append(found.low < 3.0 < found.high)
        alone = Estimate.of(changed_)
        widths.append((found.high - found.low, (alone.high or 0.0) - (alone.low or 0.0)))
    # The standard error of a share of 95 % in 400 repetitions is 1.1 %.
    assert 0.95 - 4 * 0.011 < np.mean(covered) <= 1.0
    through, direct = np.mean(widths, axis=0)
    assert through < 0.75 * direct


def test_the_mean_after_a_change_of_all_runs_is_that_of_the_runs_themselves() -> None:
    rng = np.random.default_rng(3)
    base, after = rng.normal(size=(2, 9))
    found, known = through_change(base, after), Estimate.of(after)
    assert (found.mean, found.low, found.high, found.n) == pytest.approx(
        (known.mean, known.low, known.high, known.n)
    )
    after[2] = np.nan
    assert through_change(base, after).n == 8
    after[2] = np.inf
    assert through_change(base, after).n == 0
    assert np.isnan(through_change(base, after).mean)
    assert through_change(base, after[:1]).low is None


@pytest.mark.parametrize(
    ("ahead_from", "begins"),
    [
        (0.0, "The verdict survives wrong assumptions: shared"),
        (0.35, "The verdict depends on the assumptions, but is more likely right than wrong: sha"),
        (0.48, "The verdict depends on the assumptions, either may be ahead: shared"),
    ],
)
def test_what_becomes_of_a_verdict_is_said_as_far_as_its_interval_allows(
    faked: Any, ahead_from: float, begins: str
) -> None:
    faked([X1], lead(lambda s, luck: where(s, X1) - ahead_from + 1e-4 * noise(luck)))
    found = sensitivity("divisional", "shared", trajectories=2, sobol=4, points=64)
    assert found.verdict.startswith(begins)


def test_a_verdict_that_holds_in_less_than_half_of_the_space_does_not_survive(faked: Any) -> None:
    # Both must be at least in the middle, where they are stated: a quarter of the square.
    def outcome(scenario: Scenario, luck: int) -> float:
        far = min(where(scenario, X1), where(scenario, X2)) - 0.49
        return far + 1e-4 * noise(luck)

    faked([X1, X2], lead(outcome))
    found = sensitivity("divisional", "shared", trajectories=2, sobol=4, points=64)
    assert found.verdict.startswith("The verdict does not survive wrong assumptions: shared beats")
    assert set(found.tornado["verdict"]) == {"flips", ""}


def test_an_assumption_decides_if_its_halves_differ_beyond_luck(faked: Any) -> None:
    faked([X1, X2], lead(lambda s, luck: where(s, X1) - 0.4 + 0.02 * where(s, X2)))
    found = sensitivity("divisional", "shared", trajectories=2, sobol=4, points=64)
    told = found.halves.groupby("path")["told"].all()
    assert (told[X1], told[X2]) == (True, False)
    assert "What decides most is “Churn: what broken expectations cost” (shared is ahead at " in (
        found.verdict
    )
    assert "“Churn: what lost trust costs” (" not in found.verdict
    faked([X1, X2], lead(lambda s, luck: noise(luck) + 1.0 + 0.1 * where(s, X1)))
    found = sensitivity("divisional", "shared", trajectories=2, sobol=4, points=64)
    assert not found.halves["told"].any()
    assert "No single assumption can be told to decide this" in found.verdict


# ------------------------------------------------------------------ labels


@pytest.mark.parametrize("language", ["en", "ja"])
def test_every_assumption_of_every_shipped_scenario_has_a_label(language: Language) -> None:
    with speaking(language):
        for name in shipped_scenarios():
            labels = {}
            for one in space_of(load_scenario(name)).varied:
                label = assumption_label(one.path)
                words = one.path.replace(".", " ").replace("_", " ")
                assert label.replace(":", "") != words, one.path
                assert 0 < len(label) <= 60, label
                assert label.isascii() == (language == "en"), label
                labels[one.path] = label
            assert len(set(labels.values())) == len(labels), "two assumptions of one label"


def test_a_label_names_the_channel_team_or_mechanism_that_it_is_about() -> None:
    paths = [
        "market.channels.trade_fair.reach", "teams.revops.loading",
        "mechanisms.lead_volume.strength",
    ]  # fmt: skip
    assert [assumption_label(path) for path in paths] == [
        "Channel trade fair: chance that a call gets through",
        "RevOps: employer's cost over pay",
        "Strength of a mechanism: lead volume",
    ]
    with speaking("ja"):
        assert assumption_label(paths[2]) == "メカニズムの強さ：リード数の追求"
    assert assumption_label("some_block.new_number") == "some block: new number"


# ------------------------------------------------------------------ interrupted, refused, told


@pytest.mark.parametrize(
    ("at", "missing"),
    [
        (10, ["the rest of the screening", "the sample of the space"]),
        (13, ["the sample of the space", "the tornado"]),
        (20, ["the tornado", "the shares of the variance"]),
        (40, ["the shares of the variance"]),
    ],
)
def test_ctrl_c_shows_the_analyses_that_were_finished(
    faked: Any, at: int, missing: list[str]
) -> None:
    calls = iter(range(10_000))

    def outcome(scenario: Scenario, replication: int) -> float:
        if next(calls) == at:
            raise KeyboardInterrupt
        return where(scenario, X1) + 2.0 * where(scenario, X2)

    faked([X1, X2], outcome)
    # 2 stated and 2 x 3 points of walks, 3 of a walk, 8 points, 8 ends, 5 x 4 rows.
    found = sensitivity("shared", trajectories=3, sobol=4, points=8, replications=2, stated=2)
    assert list(found.missing)[: len(missing)] == missing
    assert list(found.screening["path"]) == [X2, X1]
    assert "Interrupted: without" in found.summary()


def test_ctrl_c_before_anything_is_finished_is_passed_on(faked: Any) -> None:
    def outcome(scenario: Scenario, replication: int) -> float:
        raise KeyboardInterrupt

    faked([X1], outcome)
    with pytest.raises(KeyboardInterrupt):
        sensitivity("shared")


@pytest.mark.parametrize(
    ("names", "asked", "expected"),
    [
        (("shared",), {"metric": "mrr_ende"}, "did you mean mrr_end?"),
        (("shared",), {"sobol": 100}, "must be a power of two: 64 or 128"),
        (("shared",), {"trajectories": 1}, "must be at least 2"),
        (("shared", "divisional"), {"metric": "mrr_start"}, "neither higher nor lower"),
        (("shared", "shared"), {}, "say the same"),
        (("shared", "olist"), {}, "horizon.months"),
    ],
)
def test_a_question_without_an_answer_is_refused(
    names: tuple[str, ...], asked: dict[str, Any], expected: str
) -> None:
    with pytest.raises(ScenarioError) as refused:
        sensitivity(*names, **asked)
    assert expected in str(refused.value)


def test_two_currencies_are_not_subtracted() -> None:
    with pytest.raises(ScenarioError, match="currency"):
        sensitivity("shared", load_scenario("divisional", ["currency=EUR"]))


def test_the_number_of_runs_is_known_beforehand(faked: Any) -> None:
    faked([X1, X2], lead(lambda s, luck: where(s, X1) * where(s, X2) + where(s, X1) + noise(luck)))
    plan = {"trajectories": 3, "top": 1, "sobol": 8, "points": 7, "replications": 2, "stated": 5}
    found = sensitivity("shared", "divisional", **plan)
    assert found.runs == study.planned_runs("shared", "divisional", **plan)
    # Each run at an end is paired with one at the stated values.
    more = {**plan, "replications": 6}
    assert study.planned_runs("shared", "divisional", **more) - found.runs == 2 * (1 + 4 * 4)
    # 174 of 187 assumptions with an effect, as the README's study might have.
    assert Plan().first_runs(187, 2) + Plan().later_runs(174, 2) == 2 * (
        20 + 2 * 188 + 2 * 175 + 100 + 80 + 32 * 9
    )


def test_a_result_is_told_in_a_few_lines_and_written_whole(faked: Any) -> None:
    faked([X1, X2], lead(lambda s, replication: 2e6 * where(s, X1) + 1e5 * noise(replication)))
    found = sensitivity("divisional", "shared", trajectories=2, sobol=4, points=16, replications=3)
    assert isinstance(found, Sensitivity)
    assert len(found.summary().splitlines()) <= 30
    assert "divisional versus shared" in repr(found)
    told = json.loads(json.dumps(found.as_json(), allow_nan=False))
    assert told["survival"]["share"] == 1.0
    assert (told["survival"]["leader"], told["survival"]["other"]) == ("shared", "divisional")
    assert {"verdict", "baseline", "screening", "tornado", "variance", "halves"} <= set(told)
    assert set(found.tables()) == set(study.TABLES)
    paper = Console(file=io.StringIO(), width=100)
    for each in sensitivity_tables.story(found):
        paper.print(each)
    assert isinstance(paper.file, io.StringIO)
    lines = paper.file.getvalue().splitlines()
    assert lines[0].startswith("The verdict survives wrong assumptions: shared beats divisional")
    assert any("M JPY" in line for line in lines)


def test_every_table_tells_stated_ranges_from_those_by_rule(faked: Any) -> None:
    stated = "market.interest.k"
    faked([X1, stated], lead(lambda s, luck: where(s, X1) + where(s, stated) + noise(luck)))
    found = sensitivity("shared", "divisional", trajectories=2, sobol=4, points=8, replications=2)
    for name in ("assumptions", "screening", "tornado", "halves", "variance"):
        table = found.tables()[name]
        ranges = table.set_index("factor" if name == "variance" else "path")["range"]
        assert set(np.atleast_1d(ranges[stated])) == {"stated"}, name
        assert set(np.atleast_1d(ranges[X1])) == {"by rule"}, name


def test_the_same_seed_gives_the_same_figures_of_the_engine(monkeypatch: Any) -> None:
    short = [
        "horizon.months=0.5", "start.customers=10", "start.opportunities=5", "start.parked=10",
    ]  # fmt: skip
    loaded = load_scenario("shared", short), load_scenario("divisional", short)
    paths = ["market.deal.median", "work.inside_sales.talk", "ai.marketing.insight"]

    def few(*each: Any) -> Space:
        space = space_of(*each)
        return replace(space, varied=tuple(assumption(space, path) for path in paths))

    monkeypatch.setattr(study, "space_of", few)
    first, again = (
        sensitivity(
            *loaded,
            metric="sql_count",
            trajectories=2,
            top=1,
            sobol=4,
            points=2,
            replications=1,
            stated=2,
        )
        for _ in range(2)
    )
    status = first.assumptions.set_index("path")["status"]
    assert status["work.inside_sales.talk"] == "varied"
    assert status["ai.marketing.insight"] == "without effect"
    for name, table in first.tables().items():
        assert table.equals(again.tables()[name]), name
