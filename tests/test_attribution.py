"""Attribution: games computed by hand, what must hold of any game, and organizations."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Callable
from itertools import permutations
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console
from scipy.special import stdtrit

from simulator.commands.attribute import _factors as read_factors
from simulator.errors import ScenarioError
from simulator.experiment import attribution, factors, shapley
from simulator.experiment.attribution import Attribution, attribute, ratio_interval
from simulator.experiment.execution import Execution
from simulator.experiment.statistics import Estimate, Floats, paired_p
from simulator.metrics import METRICS
from simulator.presentation import attribution_tables
from simulator.scenario import LoadedScenario, load_scenario
from simulator.scenario.changing import changed
from simulator.scenario.schema import Scenario

# A worth for each set of letters: a = marketing, b = inside sales, c = field sales.
WORTH = {"": 0.0, "a": 1.0, "b": 2.0, "c": 0.0, "ab": 6.0, "ac": 3.0, "bc": 4.0, "abc": 12.0}
KEYS = ("kpi.marketing", "kpi.inside_sales", "kpi.field_sales", "kpi.customer_success")

Game = Callable[[str, int], float]


def at(name: str, scenario: Scenario) -> LoadedScenario:
    return LoadedScenario(scenario, load_scenario("base").path, name)


def task_of(game: Game) -> Callable[[Scenario, str, int, int], dict[str, float]]:
    """A fake organization: each department whose KPI weight is 1 is in the coalition."""

    def task(scenario: Scenario, name: str, seed: int, replication: int) -> dict[str, float]:
        kpi = scenario.kpi
        weights = (kpi.marketing, kpi.inside_sales, kpi.field_sales, kpi.customer_success)
        members = "".join(letter for letter, w in zip("abcd", weights, strict=True) if w == 1.0)
        members += "e" if scenario.gross_margin == 1.0 else ""
        worth = game(members, replication)
        return dict.fromkeys(METRICS, worth) | {"wins": -worth}

    return task


def play(game: Game, letters: str, replications: int = 3, **options: Any) -> Attribution:
    none: dict[str, Any] = {**dict.fromkeys(KEYS, 0.0), "gross_margin": 0.0}
    everyone = dict.fromkeys([*KEYS, "gross_margin"][: len(letters)], 1.0)
    a = changed(Scenario(), none)
    return attribute(
        at("a", a), at("b", changed(a, everyone)), replications=replications,
        task=task_of(game), **options,
    )  # fmt: skip


def by_hand(members: str, replication: int) -> float:
    return WORTH[members] * (1.0 + replication)


# ------------------------------------------------------------------ games


def test_shares_are_those_of_a_game_computed_by_hand() -> None:
    found = play(by_hand, "abc")
    # Averages over the six orders, and over the scales 1, 2 and 3 of the replications.
    wanted = {"marketing": 25 / 6 * 2, "inside_sales": 31 / 6 * 2, "field_sales": 16 / 6 * 2}
    shares = {name: share.mean for name, share in found.shares_of().items()}
    assert shares == pytest.approx({**wanted, "customer_success": 0.0})
    assert found.gap().mean == pytest.approx(24.0)
    assert found.runs == 3 * 8


def test_intervals_of_shares_are_those_of_the_replications() -> None:
    wanted = Estimate.of([25 / 6, 25 / 3, 25 / 2])
    found = play(by_hand, "abc").shares_of()["marketing"]
    assert (found.low, found.high) == pytest.approx((wanted.low, wanted.high))


def test_the_interaction_is_that_computed_by_hand() -> None:
    found = play(by_hand, "abc")
    table = found.interactions.set_index(["first", "second"])["mean"] / 2.0
    # The mean of v(ab)-v(a)-v(b) = 3 and v(abc)-v(ac)-v(bc)+v(c) = 5, and so on.
    assert table["marketing", "inside_sales"] == pytest.approx(4.0)
    assert table["marketing", "field_sales"] == pytest.approx((2.0 + 4.0) / 2)
    assert table["inside_sales", "field_sales"] == pytest.approx((2.0 + 4.0) / 2)


def test_a_third_factor_carries_half_of_the_interaction_of_two() -> None:
    def three(members: str, replication: int) -> float:
        return float({"a", "b", "c"} <= set(members))

    pairs = play(three, "abcd").interactions.set_index(["first", "second"])["mean"]
    # Of the sets of the other two, {c} weighs 1/6 and {c, d} 1/3.
    assert pairs["marketing", "inside_sales"] == pytest.approx(0.5)
    assert pairs["marketing", "customer_success"] == pytest.approx(0.0)


def test_a_product_of_two_acts_only_together() -> None:
    def product(members: str, replication: int) -> float:
        return 6.0 * ("a" in members) * ("b" in members) + 0.1 * replication

    found = play(product, "abc", replications=7)
    pairs = found.interactions.set_index(["first", "second"])
    assert pairs.loc[("marketing", "inside_sales"), "mean"] == pytest.approx(6.0)
    assert bool(pairs.loc[("marketing", "inside_sales"), "told"])
    assert pairs.loc[("marketing", "field_sales"), "mean"] == pytest.approx(0.0)
    effects = found.effects.set_index(["factor", "given", "state"])["mean"]
    assert effects["marketing", "inside_sales", "a"] == pytest.approx(0.0)
    assert effects["marketing", "inside_sales", "b"] == pytest.approx(6.0)
    assert any("while inside sales is as in a" in line for line in found.verdict())


def _worths(players: int) -> st.SearchStrategy[list[float]]:
    value = st.floats(-100.0, 100.0)
    return st.lists(value, min_size=2**players, max_size=2**players)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 5).flatmap(_worths))
def test_shares_add_up_and_are_averages_over_orders(worth: list[float]) -> None:
    values = np.array(worth)
    found = shapley.shares(values)
    assert found.sum() == pytest.approx(values[-1] - values[0], abs=1e-9)
    players = len(found)
    every = list(permutations(range(players)))
    table = {c: np.array(v) for c, v in enumerate(worth)}
    assert found == pytest.approx(shapley.sampled_shares(table, every), abs=1e-9)


@settings(max_examples=40, deadline=None)
@given(_worths(3), st.floats(-10.0, 10.0))
def test_a_dummy_gets_what_it_brings_and_twins_get_the_same(
    worth: list[float], brought: float
) -> None:
    with_dummy = np.array([worth[c & 7] + brought * (c >> 3) for c in range(16)])
    found = shapley.shares(with_dummy)
    assert found[3] == pytest.approx(brought, abs=1e-9)
    assert all(
        pair.interaction == pytest.approx(0.0, abs=1e-9)
        for pair in shapley.pair_effects(with_dummy)
        if 3 in (pair.first, pair.second)
    )
    # Players 0 and 1 are twins if it only matters how many of them are there.
    twins = np.array([worth[(c & 1) + (c >> 1 & 1) + (c & 4)] for c in range(8)])
    shares = shapley.shares(twins)
    assert shares[0] == pytest.approx(shares[1], abs=1e-9)


@settings(max_examples=40, deadline=None)
@given(_worths(4))
def test_an_interaction_is_the_same_from_both_sides(worth: list[float]) -> None:
    for pair in shapley.pair_effects(np.array(worth)):
        other = pair.second_with - pair.second_without
        assert pair.interaction == pytest.approx(other, abs=1e-9)


def noisy(members: str, replication: int) -> float:
    luck = np.random.default_rng([7, replication]).normal(size=32)
    place = sum(1 << "abcde".index(letter) for letter in members)
    return float(len(members) ** 2 + 5.0 * ("a" in members) * ("e" in members) + luck[place])


def test_sampled_orders_agree_with_all_combinations(monkeypatch: pytest.MonkeyPatch) -> None:
    factor = {"factors": {name: [key] for name, key in zip("abcd", KEYS, strict=True)}}
    exact = play(noisy, "abcde", replications=200, **factor)
    monkeypatch.setattr(attribution, "MOST_EXACT", 0)
    sampled = play(noisy, "abcde", replications=200, **factor)
    assert sampled.method == "sampled orders"
    assert sampled.interactions.empty
    assert list(exact.shares_of()) == [*"abcd", factors.REST]
    for name, share in sampled.shares_of().items():
        assert share.low is not None
        error = (share.mean - share.low) / float(stdtrit(199, 0.975))
        # The exact shares have the same luck but for the sampling of orders.
        assert abs(share.mean - exact.shares_of()[name].mean) < 3.5 * error
        assert error > 0.0
    assert sampled.gap() == exact.gap()
    assert sampled.runs == len(
        {(n, c) for n in range(200) for c in shapley.visited(shapley.order_pair(5, 1, n))}
    )


def test_shares_add_up_to_the_gap_in_every_replication(monkeypatch: pytest.MonkeyPatch) -> None:
    for most in (6, 0):
        monkeypatch.setattr(attribution, "MOST_EXACT", most)
        found = play(noisy, "abcde", replications=5)
        sums = found.replications.groupby(["replication", "metric"])["value"].sum()
        for number in range(5):
            gap = noisy("abcde", number) - noisy("", number)
            assert sums[number, "mrr_end"] == pytest.approx(gap, abs=1e-9)


# ------------------------------------------------------------------ what is said


def test_a_gap_that_may_be_nothing_comes_first_and_has_no_percentages() -> None:
    def swinging(members: str, replication: int) -> float:
        return 5e6 * ("a" in members) * (-1) ** replication + 1e6 * ("b" in members)

    found = play(swinging, "abc", replications=8)
    first, *others = found.verdict()
    assert "cannot be told" in first
    assert not any("%," in line for line in others)
    assert found.shares["relative"].isna().all()
    assert any("inside sales raises it by 1.00 M JPY" in line for line in others)


def test_words_name_amount_percentage_and_interval() -> None:
    found = play(lambda members, r: -1e6 * (2 + 0.01 * r) * len(members), "ab", replications=3)
    first, second, *_ = found.verdict()
    assert first.startswith("MRR at end is 4.02 M JPY lower in b than in a (95 % interval ")
    assert "2.01 M JPY (50 %, 95 % interval 50 to 50 %) belongs to marketing" in second


def test_one_replication_has_shares_without_intervals() -> None:
    found = play(by_hand, "abc", replications=1)
    share = found.as_json()["shares"]["marketing"]
    assert share == {"mean": pytest.approx(25 / 6), "low": None, "high": None, "told": False}
    assert "no interval" in found.verdict()[0]


def with_p(p: float, seed: int, n: int = 10) -> Floats:
    """Draw paired differences whose t test gives just this p-value, of a positive mean."""
    luck = np.random.default_rng(seed).normal(size=n)
    values: Floats = (luck - luck.mean()) / luck.std(ddof=1) - float(stdtrit(n - 1, p / 2)) / n**0.5
    assert paired_p(values) == pytest.approx(p)
    return values


def test_a_share_is_told_among_all_factors_and_not_by_its_own_interval() -> None:
    brought = {letter: with_p(0.03, seed) for seed, letter in enumerate("abcd")}

    def lucky(members: str, replication: int) -> float:
        return 1e6 * float(sum(brought[letter][replication] for letter in members))

    among_four, alone = play(lucky, "abcd", replications=10), play(lucky, "a", replications=10)
    assert (among_four.shares["low"] > 0.0).all()
    assert not among_four.shares["told"].any()
    assert not any(line.startswith("Of this") for line in among_four.verdict())
    assert "cannot be told" in among_four.verdict()[-1]
    assert not among_four.as_json()["shares"]["marketing"]["told"]
    # Departments that are the same in both are no questions.
    assert alone.shares.set_index("factor")["told"].to_dict() == {
        "marketing": True, "inside_sales": False, "field_sales": False, "customer_success": False,
    }  # fmt: skip
    assert "belongs to marketing" in alone.verdict()[1]
    assert alone.verdict()[1].startswith("Of this")


def test_a_few_equal_counts_and_rounding_tell_nothing() -> None:
    def one_more(members: str, replication: int) -> float:
        return float(len(members))

    few, many = (play(one_more, "ab", metric="wins", replications=n) for n in (2, 8))
    assert not few.shares["told"].any()
    assert not few.interactions["told"].any()
    assert few.shares["relative"].isna().all()
    assert "in each of 2 replications, too few to rule out luck" in few.verdict()[0]
    assert many.shares.set_index("factor").loc[["marketing", "inside_sales"], "told"].all()

    rounding = {"": 0.0, "a": 2e-7, "b": 1e-7, "ab": 4e-7}

    def rounded(members: str, replication: int) -> float:
        return 3e9 + rounding[members] * (10.0 + replication)

    found = play(rounded, "ab", replications=8)
    assert (found.replications["value"] != 0.0).any()
    assert not found.shares["told"].any()
    assert not found.interactions["told"].any()


def test_every_metric_comes_from_the_same_runs() -> None:
    found = play(by_hand, "abc", metric=["mrr_end", "wins"])
    assert found.runs == 3 * 8
    both = found.as_json()
    assert both["gap"]["mean"] == -both["metrics"]["wins"]["gap"]["mean"]
    assert {"metric", "gap", "shares", "interactions", "replications", "seed"} <= set(both)


def test_a_metric_that_is_missing_is_said_to_be() -> None:
    found = play(lambda members, r: math.nan, "abc")
    assert "missing" in found.verdict()[0]
    assert found.as_json()["gap"] == {"mean": None, "low": None, "high": None}


@pytest.mark.parametrize("most_exact", [6, 0])
@pytest.mark.parametrize("endless", [("ab",), ("", "abc"), ("a", "ab", "abc")])
def test_nothing_of_a_gap_longer_than_what_was_seen_is_attributed_to_the_fast_replications(
    monkeypatch: pytest.MonkeyPatch, most_exact: int, endless: tuple[str, ...]
) -> None:
    monkeypatch.setattr(attribution, "MOST_EXACT", most_exact)
    orders = ([0, 1, 2], [2, 1, 0])  # they pass through every combination of `endless`
    monkeypatch.setattr(shapley, "order_pair", lambda players, seed, number: orders)

    def slow(members: str, replication: int) -> float:
        return (
            math.inf if replication == 1 and members in endless else by_hand(members, replication)
        )

    found = play(slow, "abc", replications=7)
    assert (math.isnan(found.gap().mean), found.gap().n) == (True, 6)
    for table in (found.shares, found.interactions, found.effects):
        assert table["mean"].isna().all()
        assert table["low"].isna().all()
    assert not found.shares["told"].any()
    assert not found.interactions["told"].any()
    assert found.shares["relative"].isna().all()
    values = found.replications.set_index("replication")["value"]
    assert np.isinf(values[1]).all()
    assert np.isfinite(values.drop(1)).all()
    assert found.verdict() == [
        "How far MRR at end of b is from that of a is not known: in 1 of 7 replications it is"
        " longer than what was seen, at least in one combination of factors. There is nothing to"
        " attribute."
    ]
    json.dumps(found.as_json(), allow_nan=False)
    paper = Console(file=io.StringIO(), width=100)
    for each in attribution_tables.story(found):
        paper.print(each)


def test_a_mechanism_game_knows_no_share_where_both_scenarios_are_longer_than_what_was_seen() -> (
    None
):
    def endless(scenario: Scenario, name: str, seed: int, replication: int) -> dict[str, float]:
        if replication == 2 and scenario.mechanisms.overpromising.active:
            return dict.fromkeys(METRICS, math.inf)
        return switched(scenario, name, seed, replication)

    off = {
        f"mechanisms.{name}.active": False
        for name in type(Scenario().mechanisms).model_fields
        if name not in ("overpromising", "lost_information")
    }
    a = changed(Scenario(), {**off, "kpi.marketing": 0.0})
    b = changed(a, {"kpi.marketing": 1.0})
    found = attribute(at("a", a), at("b", b), by="mechanisms", replications=3, task=endless)
    assert found.shares["mean"].isna().all()
    assert "in 1 of 3 replications it is longer than what was seen" in found.verdict()[0]


def test_a_ratio_with_an_infinite_value_is_not_known() -> None:
    part, whole = np.arange(1.0, 9.0), np.arange(11.0, 19.0)
    assert not np.isnan(ratio_interval(part, whole)).any()
    endless = np.append(whole[:-1], np.inf)
    assert np.isnan(ratio_interval(part, endless)).all()
    assert np.isnan(ratio_interval(endless, whole)).all()


def test_the_percentage_interval_holds_the_ratios_that_cannot_be_told_apart() -> None:
    rng = np.random.default_rng(3)
    whole = rng.normal(10.0, 2.0, 12)
    part = 0.4 * whole + rng.normal(0.0, 1.0, 12)
    _, low, high = ratio_interval(part, whole)
    for bound in (low, high):
        difference = Estimate.of(part - bound * whole)
        ends = (abs(difference.low or 0.0), abs(difference.high or 0.0))
        assert min(ends) == pytest.approx(0.0, abs=1e-9)
    assert ratio_interval(0.25 * whole, whole) == pytest.approx((0.25, 0.25, 0.25))


# ------------------------------------------------------------------ factors


def test_departments_cover_their_regimes_and_the_rest_is_named() -> None:
    a = at("a", Scenario())
    values = {"kpi.marketing": 0.9, "decisions.field_sales.promise": 0.8, "gross_margin": 0.5}
    found = factors.sort(
        factors.differing(a, at("b", changed(a.scenario, values))), factors.DEPARTMENTS
    )
    assert {f.name: [d.key for d in f.differences] for f in found} == {
        "marketing": ["kpi.marketing"],
        "inside_sales": [],
        "field_sales": ["decisions.field_sales.promise"],
        "customer_success": [],
        factors.REST: ["gross_margin"],
    }


def test_every_path_of_the_known_factors_exists() -> None:
    for known in (factors.DEPARTMENTS, factors.HANDOFFS):
        stated = {name: list(paths) for name, paths in known.items()}
        base, other = load_scenario("shared"), load_scenario("analog_handoffs")
        found = factors.differing(base, other)
        factors.game_of(base, other, "departments", stated, found)


def test_the_most_exact_path_wins() -> None:
    a = at("a", Scenario())
    b = at("b", changed(a.scenario, {"decisions.field_sales.promise": 0.8}))
    paths = {"all": ["decisions"], "promises": ["decisions.field_sales.promise"]}
    whole, promises = factors.sort(factors.differing(a, b), paths)
    assert not whole.differences
    assert len(promises.differences) == 1


def test_a_channel_of_one_scenario_alone_comes_and_goes_with_its_factor() -> None:
    a = at("a", Scenario())
    channel = next(iter(a.scenario.market.channels.values()))
    more = {"market.channels.fair": channel.model_dump(mode="json"), "gross_margin": 0.5}
    b = at("b", changed(a.scenario, more))
    for first, second in ((a, b), (b, a)):
        found = factors.differing(first, second)
        game = factors.game_of(first, second, "departments", {"fair": ["market"]}, found)
        (between,) = game.scenarios(1)
        assert between.market == second.scenario.market
        assert between.gross_margin == first.scenario.gross_margin
        assert game.scenarios(3) == [second.scenario]


@pytest.mark.parametrize(
    ("stated", "said"),
    [
        ({"promises": ["decisions.field_sales.promize"]}, "did you mean"),
        ({"one": ["kpi"], "two": ["kpi"]}, "already in factor one"),
        ({"empty": []}, "names no path"),
        ({factors.REST: ["kpi"]}, "is no name"),
        # Else x and y as in B would be the run of the factor "x and y", and its share wrong.
        ({"x and y": ["kpi"]}, "neither a comma nor the word and"),
        ({"and y": ["kpi"]}, "neither a comma nor the word and"),
        ({"x, y": ["kpi"]}, "neither a comma nor the word and"),
        ({"median": ["work.marketing.screening.median"]}, "changes as a whole"),
    ],
)
def test_factors_that_cannot_be_used_are_refused(stated: dict[str, list[str]], said: str) -> None:
    a = Scenario()
    law = {"law": "lognormal", "unit": "hours", "median": 0.2, "p90": 0.5}
    b = changed(a, {"kpi.marketing": 0.9, "work.marketing.screening": law})
    with pytest.raises(ScenarioError, match=said):
        attribute(at("a", a), at("b", b), factors=stated, task=task_of(by_hand))


def test_a_combination_that_is_no_scenario_asks_for_one_factor() -> None:
    a = Scenario()
    b = changed(a, {"health.usage": 0.2, "health.claims": 0.4})
    apart = {"usage": ["health.usage"], "claims": ["health.claims"]}
    with pytest.raises(ScenarioError, match="into one factor"):
        attribute(at("a", a), at("b", b), factors=apart, task=task_of(by_hand))


def test_what_cannot_be_paired_or_does_not_differ_is_refused() -> None:
    a = at("a", Scenario())
    longer = at("b", changed(a.scenario, {"horizon.months": 12.0}))
    with pytest.raises(ScenarioError, match=r"horizon\.months"):
        attribute(a, longer, task=task_of(by_hand))
    with pytest.raises(ScenarioError, match="no gap"):
        attribute(a, at("b", a.scenario), task=task_of(by_hand))
    with pytest.raises(ScenarioError, match="did you mean mrr_end"):
        attribute(a, longer, metric="mrr_ends", task=task_of(by_hand))


def test_factors_are_read_as_they_are_typed() -> None:
    assert read_factors(["one=kpi, decisions", "two=teams"]) == {
        "one": ["kpi", "decisions"],
        "two": ["teams"],
    }
    for wrong in (["kpi"], ["=kpi"], ["one=kpi", "one=teams"]):
        with pytest.raises(ScenarioError):
            read_factors(wrong)


# ------------------------------------------------------------------ mechanisms


def switched(scenario: Scenario, name: str, seed: int, replication: int) -> dict[str, float]:
    """Overselling costs 8 times the promise, twice that with lost information; kpi costs 3."""
    on = scenario.mechanisms
    factor = (1.0 + on.lost_information.active) * on.overpromising.active
    worth = -8.0 * scenario.decisions.field_sales.promise * factor - 3.0 * scenario.kpi.marketing
    return dict.fromkeys(METRICS, worth * (1.0 + 0.01 * replication))


def test_mechanisms_share_the_gap_with_what_needs_none() -> None:
    off = {
        f"mechanisms.{name}.active": False
        for name in type(Scenario().mechanisms).model_fields
        if name not in ("overpromising", "lost_information", "lead_volume")
    }
    a = changed(Scenario(), {**off, "decisions.field_sales.promise": 0.0, "kpi.marketing": 0.0})
    b = changed(a, {"decisions.field_sales.promise": 0.5, "kpi.marketing": 1.0})
    found = attribute(at("a", a), at("b", b), by="mechanisms", replications=3, task=switched)
    shares = {name: share.mean / 1.01 for name, share in found.shares_of().items()}
    assert shares[factors.NO_MECHANISM] == pytest.approx(-3.0)
    assert shares["overpromising"] == pytest.approx(-6.0)  # 4 alone, and half of what both add
    assert shares["lost_information"] == pytest.approx(-2.0)
    assert shares["lead_volume"] == shares["fire_fighting"] == 0.0
    assert found.gap().mean / 1.01 == pytest.approx(-11.0)
    assert found.runs == 3 * 2 * 8  # those that are off in both are not run
    assert not found.shares.set_index("factor").loc["fire_fighting", "differs"]


# ------------------------------------------------------------------ organizations


def test_the_whole_gap_belongs_to_the_only_factor_that_acts(small: Scenario) -> None:
    quiet = {
        "horizon.months": 2.0,
        "counter_forces.free_riding.active": False,
        "counter_forces.late_outcomes.active": False,
        "counter_forces.coordination.active": False,
    }
    a = changed(small, quiet)
    # Measures act through the counter-forces alone, and these are off.
    b = changed(a, {"decisions.field_sales.promise": 1.0, "kpi.customer_success": 1.0})
    found = attribute(at("a", a), at("b", b), metric="wins", replications=3)
    shares = found.shares_of()
    assert found.gap().mean > 0.0
    assert shares["field_sales"] == found.gap()
    assert shares["customer_success"] == Estimate(0.0, 0.0, 0.0, 3)
    assert shares["marketing"].mean == 0.0
    assert found.runs == 3 * 4  # departments without a difference are not run


def test_only_whole_replications_count_after_an_interruption() -> None:
    def stop(done: int, total: int) -> None:
        assert total == 3 * 8
        if done == 19:
            raise KeyboardInterrupt

    found = play(by_hand, "abc", workers=Execution(on_progress=stop))
    assert found.interrupted
    assert found.numbers == (0, 1)

    def stop_early(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        play(by_hand, "abc", workers=Execution(on_progress=stop_early))


def test_summary_and_tables_are_short_and_complete() -> None:
    found = play(by_hand, "abc", metric=["mrr_end", "wins"])
    assert len(found.summary().splitlines()) <= 30
    assert "mrr_end, b minus a" in repr(found)
    assert tuple(found.tables()) == attribution.TABLES
    assert all(isinstance(table, pd.DataFrame) for table in found.tables().values())
