"""Searches of equilibria find the exact answers of games that are solved on paper.

The games go through the same code as simulated companies: payoffs come as arrays of replications
that share their luck.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import ArrayLike

from simulator.experiment.best_response import Effort, best_response, equilibria, optimum
from simulator.experiment.games import (
    Decision,
    Lattice,
    Payoffs,
    Player,
    Profile,
    Remembered,
    noise,
    spread_starts,
)
from simulator.experiment.line_search import Line
from simulator.experiment.searches import Round
from simulator.experiment.statistics import Floats

Rule = Callable[[Profile], Sequence[float]]
REPLICATIONS = 3


class Exact:
    """Payoffs by a rule, all replications the same; counts what is asked."""

    def __init__(self, rule: Rule, interrupted_after: int | None = None) -> None:
        self.rule = rule
        self.asked: list[Profile] = []
        self.calls = 0
        self.interrupted_after = interrupted_after

    def __call__(self, profiles: Sequence[Profile], /) -> Floats:
        if self.calls == self.interrupted_after:
            raise KeyboardInterrupt
        self.calls += 1
        self.asked += profiles
        rows = np.array([self.rule(each) for each in profiles], dtype=np.float64)
        return np.repeat(rows[:, :, None], REPLICATIONS, axis=2)


class Noisy:
    """Payoffs by a rule, with luck common to all profiles and some of every profile's own."""

    def __init__(self, rule: Rule, seed: int, own: float) -> None:
        self.rule, self.seed, self.own = rule, seed, own

    def __call__(self, profiles: Sequence[Profile], /) -> Floats:
        common = np.random.default_rng(self.seed).normal(0.0, 5.0, 20)
        found = []
        for profile in profiles:
            address = [self.seed, *(round(value * 1e6) for value in profile)]
            exact = np.asarray(self.rule(profile), dtype=np.float64)[:, None]
            own = np.random.default_rng(address).normal(0.0, self.own, (len(exact), 20))
            found.append(exact + common + own)
        return np.array(found)


def game(
    *names: str, low: float = 0.0, high: float = 1.0, step: float | None = None
) -> list[Player]:
    """Players with one decision each."""
    return [Player(name, (Decision("x", low, high, step),)) for name in names]


def means(payoffs: Payoffs, profile: Profile) -> Floats:
    found: Floats = payoffs([profile])[0].mean(axis=1)
    return found


# ------------------------------------------------------------------ Cournot


DEMAND, SLOPE, COST = 13.0, 2.0, 1.0  # price = DEMAND - SLOPE * quantity
MONOPOLY = (DEMAND - COST) ** 2 / (4.0 * SLOPE)
STEP = 0.05  # (a - c) / (b (n + 1)) is a multiple of it for n up to 5


def cournot(profile: Profile) -> Sequence[float]:
    price = DEMAND - SLOPE * sum(profile)
    return [quantity * (price - COST) for quantity in profile]


def firms(n: int) -> list[Player]:
    return game(*(f"firm {i}" for i in range(n)), high=6.0, step=STEP)


def assert_same(found: ArrayLike, truth: ArrayLike, within: float) -> None:
    assert np.abs(np.subtract(found, truth)).max() <= within * (1.0 + 1e-9)


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5])
def test_firms_end_where_cournot_says(n: int) -> None:
    quantity = (DEMAND - COST) / (SLOPE * (n + 1))
    for start in ((0.0,) * n, (6.0,) * n, *spread_starts(firms(n), 2)):
        payoffs = Exact(cournot)
        search = best_response(firms(n), payoffs, start)
        assert search.status == "equilibrium"
        assert_same(search.profile, [quantity] * n, STEP)
        assert search.evaluations == len(payoffs.asked) == len(set(payoffs.asked))
        assert search.evaluations <= 65 * n
        largest = search.largest_gain()
        assert largest is not None
        assert largest.gain.mean <= 1e-9


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5])
def test_selfish_firms_lose_what_the_price_of_anarchy_says(n: int) -> None:
    selfish = best_response(firms(n), Exact(cournot), (1.0,) * n)
    joint = optimum(firms(n), Exact(cournot), [(1.0,) * n])
    assert joint.status == "equilibrium"
    assert_same([sum(joint.profile)], [(DEMAND - COST) / (2.0 * SLOPE)], STEP)
    # What the joint quantity is off by costs its square.
    assert_same([joint.payoffs[0].mean], [MONOPOLY], SLOPE * STEP**2)
    total = sum(each.mean for each in selfish.payoffs)
    share = 4.0 * n / (n + 1.0) ** 2
    assert_same([total], [MONOPOLY * share], (DEMAND - COST) * n * STEP)
    assert total / joint.payoffs[0].mean == pytest.approx(share, abs=0.02)


def test_the_step_decides_how_exact_the_answer_is() -> None:
    for step in (0.5, 0.01, 0.0001):
        search = best_response(game("one", high=7.0, step=step), Exact(cournot), (0.0,))
        assert_same(search.profile, [3.0], step)
        assert search.resolution == (step,)
    assert search.evaluations < 40  # 70,000 points


# ------------------------------------------------------------------ one stage harms the next

HARM = 0.5


def stages(weight: float) -> Rule:
    """Stage 2 suffers from what stage 1 does; both count the joint result with a weight."""

    def rule(profile: Profile) -> Sequence[float]:
        x, y = profile
        own = (x - x**2 / 2.0, y - y**2 / 2.0 - HARM * x * y)
        return [(1.0 - weight) * each + weight * sum(own) for each in own]

    return rule


@pytest.mark.parametrize("weight", [0.0, 0.25, 0.5, 0.75, 1.0])
def test_a_weight_on_the_joint_result_moves_the_equilibrium_as_on_paper(weight: float) -> None:
    step = 0.001
    search = best_response(
        game("first", "second", high=2.0, step=step), Exact(stages(weight)), (0.3, 1.7)
    )
    # Stage 2 answers y = 1 - e x; stage 1 x = 1 - w e y.
    x = (1.0 - weight * HARM) / (1.0 - weight * HARM**2)
    assert search.status == "equilibrium"
    assert_same(search.profile, [x, 1.0 - HARM * x], step)


def test_with_full_weight_the_equilibrium_is_the_joint_optimum() -> None:
    players = game("first", "second", high=2.0, step=0.001)
    selfish = best_response(players, Exact(stages(0.0)), (0.0, 0.0))
    shared = best_response(players, Exact(stages(1.0)), (0.0, 0.0))
    joint = optimum(players, Exact(stages(0.0)), [(0.0, 0.0), (2.0, 2.0)])
    assert_same(joint.profile, [1.0 / (1.0 + HARM)] * 2, 0.001)
    assert_same(shared.profile, joint.profile, 0.001)
    # (1 + (1 - e)^2) / 2 against 1 / (1 + e).
    worst = sum(each.mean for each in selfish.payoffs)
    assert worst == pytest.approx((1.0 + (1.0 - HARM) ** 2) / 2.0, abs=1e-3)
    assert joint.payoffs[0].mean == pytest.approx(1.0 / (1.0 + HARM), abs=1e-5)
    assert joint.values() == {
        ("all", "first.x"): joint.profile[0],
        ("all", "second.x"): joint.profile[1],
    }


# ------------------------------------------------------------------ several decisions


def ridge(steepness: float, top: tuple[float, float]) -> Rule:
    """A hill that falls slowly along one diagonal, steeply across it."""

    def rule(profile: Profile) -> Sequence[float]:
        x, y = profile[0] - top[0], profile[1] - top[1]
        return [-((x + y) ** 2) - steepness * (x - y) ** 2]

    return rule


@pytest.mark.parametrize("steepness", [1.0, 10.0, 100.0, 1000.0])
@pytest.mark.parametrize("start", [(0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0)])
def test_a_player_finds_the_top_of_a_ridge(steepness: float, start: Profile) -> None:
    player = Player("one", (Decision("x", 0.0, 1.0), Decision("y", 0.0, 1.0)))
    search = best_response([player], Exact(ridge(steepness, (0.65, 0.45))), start)
    assert search.status == "equilibrium"
    assert_same(search.profile, [0.65, 0.45], 1.0 / 64.0)
    assert search.evaluations <= 120
    assert {each.combined for each in search.deviations} == {False, True}


def test_no_ridge_across_three_players_holds_a_joint_optimum_back() -> None:
    top = np.array([0.3, 0.8, 0.55, 0.4])
    rng = np.random.default_rng(7)
    turn, _ = np.linalg.qr(rng.normal(size=(4, 4)))
    curved = turn @ np.diag([1.0, 3.0, 10.0, 30.0]) @ turn.T
    players = [
        Player("a", (Decision("x", 0.0, 1.0), Decision("y", 0.0, 1.0))),
        *game("b", "c"),
    ]

    def rule(profile: Profile) -> Sequence[float]:
        off = np.asarray(profile) - top
        return [-float(off @ curved @ off)]

    search = optimum(players, Exact(rule), [(0.5,) * 4])
    assert search.status == "equilibrium"
    # Steps of two decisions at once do not follow a ridge across four to its very top.
    assert_same(search.profile, top, 2.0 / 64.0)
    assert search.evaluations <= 300


def test_the_best_of_several_tops_is_the_optimum() -> None:
    def rule(profile: Profile) -> Sequence[float]:
        x = profile[0]
        return [max(1.0 - 400.0 * (x - 0.2) ** 2, 2.0 - 4000.0 * (x - 0.94) ** 2)]

    players = game("one", step=0.01)
    low = optimum(players, Exact(rule), [(0.2,)])
    both = optimum(players, Exact(rule), [(0.2,), (0.95,)])
    assert (low.profile, both.profile) == ((0.2,), (0.94,))
    assert both.evaluations > low.evaluations


def test_a_jump_to_a_far_corner_is_found_before_anything_is_called_an_equilibrium() -> None:
    def rule(profile: Profile) -> Sequence[float]:
        x, y = profile
        # The corner pays only once the other has moved, which is after the first look at it.
        return [-((x - 0.3) ** 2) + (2.0 * y if x > 0.99 else 0.0), -((y - 1.0) ** 2)]

    search = best_response(game("one", "other"), Exact(rule), (0.0, 0.0))
    assert search.status == "equilibrium"
    assert search.profile == (1.0, 1.0)
    assert [each.scope for each in search.rounds if each.moves] == ["whole", "closing"]


def test_two_decisions_that_pay_only_together_are_found_together() -> None:
    def rule(profile: Profile) -> Sequence[float]:
        x, y = profile
        return [5.0 if x == y == 1.0 else -x - y]

    player = Player("one", (Decision("x", 0.0, 1.0), Decision("y", 0.0, 1.0)))
    assert best_response([player], Exact(rule), (0.5, 0.5)).profile == (1.0, 1.0)
    # Without combinations nobody would see it.
    alone = Effort(combined=0)
    assert best_response([player], Exact(rule), (0.5, 0.5), effort=alone).profile == (0.0, 0.0)


def test_whole_decisions_stay_whole() -> None:
    players = [Player("one", (Decision("people", 1.0, 40.0, whole=True),))]
    search = best_response(players, Exact(lambda p: [-((p[0] - 17.4) ** 2)]), (3.0,))
    assert search.profile == (17.0,)


# ------------------------------------------------------------------ cycles and several equilibria


def test_pursuit_and_flight_is_a_cycle() -> None:
    def rule(profile: Profile) -> Sequence[float]:
        distance = (profile[0] - profile[1]) ** 2
        return [-distance, distance]

    search = best_response(game("hunter", "prey"), Exact(rule), (0.0, 0.0))
    assert search.status == "cycle"
    assert search.cycle[0] == search.profile
    assert {(0.0, 1.0), (1.0, 0.0)} == set(search.cycle)
    largest = search.largest_gain()
    assert largest is not None
    assert largest.gain.mean == pytest.approx(1.0)


def test_matching_pennies_is_a_cycle_though_it_is_one_step_wide() -> None:
    players = [Player(name, (Decision("side", 0.0, 1.0, whole=True),)) for name in ("even", "odd")]

    def rule(profile: Profile) -> Sequence[float]:
        same = 1.0 if profile[0] == profile[1] else -1.0
        return [same, -same]

    assert best_response(players, Exact(rule), (0.0, 0.0)).status == "cycle"


def test_a_circle_around_a_point_between_lattice_points_is_an_equilibrium() -> None:
    # In steps: the first wants 32.3 + 0.45 (y - 32), the second 32.6 - 0.45 (x - 32).
    def rule(profile: Profile) -> Sequence[float]:
        x, y = (64.0 * each - 32.0 for each in profile)
        return [-((x - 0.3 - 0.45 * y) ** 2), -((y - 0.6 + 0.45 * x) ** 2)]

    search = best_response(game("one", "other"), Exact(rule), (0.5, 0.5))
    truth = np.linalg.solve([[1.0, -0.45], [0.45, 1.0]], [0.3, 0.6])
    assert search.status == "equilibrium"
    assert search.rounds[-1].scope == "closing"
    assert_same(search.profile, (truth + 32.0) / 64.0, 1.0 / 64.0)


def coordination(profile: Profile) -> Sequence[float]:
    """Everybody wants a bit more of what the others do than they: all or nothing."""
    return [-((x - y * y * (3.0 - 2.0 * y)) ** 2) for x, y in (profile, profile[::-1])]


def test_both_equilibria_of_a_coordination_game_are_found_and_grouped() -> None:
    starts = [(0.1, 0.3), (1.0, 0.8), (0.0, 0.2), (0.9, 0.7)]
    found = equilibria(game("one", "other"), Exact(coordination), starts)
    assert not found.interrupted
    assert [each.members for each in found.groups] == [(0, 2), (1, 3)]
    assert_same(found.groups[0].profile, (0.0, 0.0), 1.0 / 64.0)
    assert_same(found.groups[1].profile, (1.0, 1.0), 1.0 / 64.0)
    # What one search has learned the others do not ask again.
    assert found.evaluations == sum(each.evaluations for each in found.searches)


def test_an_end_that_is_no_equilibrium_is_in_no_group() -> None:
    found = equilibria(
        firms(3), Exact(cournot), [(0.0,) * 3, (6.0,) * 3], effort=Effort(most_rounds=1)
    )
    assert [each.status for each in found.searches] == ["not converged"] * 2
    assert found.groups == ()


# ------------------------------------------------------------------ luck


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_noisy_firms_end_near_cournot_and_nobody_can_gain_more_than_luck(seed: int) -> None:
    own = 0.3
    check = Noisy(cournot, 1000 + seed, own)
    search = best_response(firms(3), Noisy(cournot, seed, own), (0.5,) * 3, check=check)
    assert search.status == "equilibrium"
    assert_same(search.profile, [1.5] * 3, 0.5)
    assert search.evaluations <= 120
    assert search.fresh_evaluations == 4
    # Three standard errors of a difference: what a search with this luck can overlook.
    overlooked = 3.0 * own * (2.0 / 20.0) ** 0.5
    for deviation in search.deviations:
        low, mean = deviation.gain.low, deviation.gain.mean
        assert low is not None
        assert low <= 0.0 or mean <= overlooked


def test_who_could_gain_is_told_when_the_search_stops_early() -> None:
    players = firms(3)
    once = Effort(most_rounds=1)
    check = Noisy(cournot, 8, 0.05)
    search = best_response(players, Noisy(cournot, 7, 0.05), (0.5,) * 3, effort=once, check=check)
    assert search.status == "not converged"
    assert len(search.rounds) == 1
    largest = search.largest_gain()
    assert largest is not None
    assert largest.player == "firm 0"
    assert largest.gain.low is not None
    assert largest.gain.low > 0.5
    # What the deviation truly pays lies in its interval.
    changed = (largest.changes["x"], *search.profile[1:])
    truth = cournot(changed)[0] - cournot(search.profile)[0]
    assert largest.gain.high is not None
    assert largest.gain.low <= truth <= largest.gain.high


def test_gains_are_measured_by_other_luck_than_they_were_picked_by() -> None:
    # Nothing has an effect but luck: the best of many looks good, and is worth nothing.
    def nothing(profile: Profile) -> Sequence[float]:
        return [0.0]

    picked, measured = [], []
    for seed in range(20):
        search = best_response(
            game("one"),
            Noisy(nothing, seed, 1.0),
            (0.5,),
            check=Noisy(nothing, 500 + seed, 1.0),
        )
        (deviation,) = search.deviations
        picked.append(deviation.picked_by.mean)
        measured.append(deviation.gain.mean)
    assert np.mean(picked) > 0.15
    assert abs(np.mean(measured)) < 3.0 * (0.1 / 20.0) ** 0.5


def test_luck_alone_seldom_moves_a_player() -> None:
    starts = [
        best_response(game("one"), Noisy(lambda _: [0.0], seed, 1.0), (0.5,)) for seed in range(40)
    ]
    moved = sum(search.profile != (0.5,) for search in starts)
    assert moved <= 6


def test_a_search_does_not_look_closer_than_luck_lets_it() -> None:
    loud = best_response(firms(2), Noisy(cournot, 3, 1.0), (0.5, 0.5))
    quiet = best_response(firms(2), Noisy(cournot, 3, 0.001), (0.5, 0.5))
    assert max(quiet.resolution) == STEP
    assert min(loud.resolution) > STEP
    assert loud.evaluations < quiet.evaluations


def test_noise_is_students_quantile_of_the_paired_differences() -> None:
    before, after = np.array([1.0, 2.0, 3.0, 4.0]), np.array([2.0, 2.0, 5.0, 5.0])
    error = np.std([1.0, 0.0, 2.0, 1.0], ddof=1) / 2.0
    assert noise(before, after) == pytest.approx(3.182446 * error, rel=1e-6)
    assert noise(before, after, 5) == pytest.approx(5.840909 * error, rel=1e-6)
    assert noise(before, before + 1.0) < 1e-11
    assert noise(before[:1], after[:1]) < 1e-11


def test_gains_below_the_tolerance_are_not_worth_a_move() -> None:
    def rule(profile: Profile) -> Sequence[float]:
        return [-((profile[0] - 0.5) ** 2)]

    stays = best_response(game("one"), Exact(rule), (0.3,), effort=Effort(tolerance=0.05))
    moves = best_response(game("one"), Exact(rule), (0.3,), effort=Effort(tolerance=0.03))
    assert stays.profile == (0.3,)
    assert_same(moves.profile, (0.5,), 0.1)


# ------------------------------------------------------------------ evidence


def test_a_decision_without_any_effect_is_reported_and_stays() -> None:
    players = [
        Player("one", (Decision("x", 0.0, 1.0), Decision("nothing", 0.0, 1.0))),
        *game("other"),
    ]

    def rule(profile: Profile) -> Sequence[float]:
        x, _, y = profile
        return [-((x - 0.25) ** 2) - y, -((y - x) ** 2)]

    start = (0.9, 0.1, 0.9)
    payoffs = Exact(rule)
    search = best_response(players, payoffs, start)
    assert search.inert == (("one", "nothing"),)
    # It is looked at over its range at first and in the end, and nowhere between.
    assert sum(each[1] != 0.1 for each in payoffs.asked) == 5 + 9
    assert search.profile[1] == 0.1
    assert_same(search.profile, (0.25, 0.1, 0.25), 1.0 / 64.0)
    assert all("nothing" not in each.changes for each in search.deviations)
    found = equilibria(players, Exact(rule), [start, (0.1, 0.8, 0.1)])
    assert [each.members for each in found.groups] == [(0, 1)]


def test_a_decision_that_affects_only_others_is_not_inert_but_stays() -> None:
    def rule(profile: Profile) -> Sequence[float]:
        x, y = profile
        return [-((y - 0.5) ** 2), -((y - x) ** 2)]

    search = best_response(game("one", "other"), Exact(rule), (0.3, 0.9))
    assert search.inert == ()
    assert search.profile[0] == 0.3
    assert_same(search.profile, (0.3, 0.3), 1.0 / 64.0)


def test_curves_show_the_payoff_over_the_whole_range() -> None:
    search = best_response(firms(2), Noisy(cournot, 5, 0.3), (0.5, 0.5))
    for at, curve in enumerate(search.curves):
        assert (curve.player, curve.decision) == (f"firm {at}", "x")
        assert (curve.values[0], curve.values[-1]) == (0.0, 6.0)
        assert list(curve.values) == sorted(curve.values)
        here = curve.values.index(search.profile[at])
        assert (curve.gains[here], curve.gain_errors[here]) == (0.0, 0.0)
        for value, gain, error in zip(curve.values, curve.gains, curve.gain_errors, strict=True):
            changed = list(search.profile)
            changed[at] = value
            truth = cournot(tuple(changed))[at] - cournot(search.profile)[at]
            assert abs(gain - truth) <= 4.0 * error
        # All profiles share most of their luck, so that differences are surer than payoffs.
        assert min(curve.errors) > 3.0 * max(curve.gain_errors)


def test_rounds_tell_who_moved_and_what_it_paid() -> None:
    told: list[Round] = []
    search = best_response(firms(2), Exact(cournot), (0.0, 0.0), on_round=told.append)
    assert tuple(told) == search.rounds
    assert [each.number for each in told] == list(range(1, len(told) + 1))
    first = told[0].moves[0]
    assert (first.player, first.before, first.after) == ("firm 0", (0.0,), (3.0,))
    assert first.gain.mean == pytest.approx(MONOPOLY)
    assert told[-1].moves == ()
    assert told[-1].evaluations == search.evaluations


def test_the_order_says_who_moves_first() -> None:
    search = best_response(firms(2), Exact(cournot), (0.0, 0.0), order=["firm 1", "firm 0"])
    assert [each.player for each in search.rounds[0].moves] == ["firm 1", "firm 0"]
    assert search.rounds[0].moves[0].after == (3.0,)


# ------------------------------------------------------------------ interruption, determinism


def test_an_interrupted_search_keeps_what_it_has() -> None:
    whole = Exact(cournot)
    full = best_response(firms(3), whole, (0.0,) * 3)
    for calls in range(whole.calls):
        search = best_response(firms(3), Exact(cournot, calls), (0.0,) * 3)
        assert search.status == "interrupted"
        assert search.evaluations <= full.evaluations
        reached = [each.profile for each in search.rounds]
        assert search.profile == (reached[-1] if reached else (0.0,) * 3)
        assert (search.payoffs == ()) == (calls == 0)
    early = best_response(firms(3), Exact(cournot, 6), (0.0,) * 3)
    largest = early.largest_gain()
    assert largest is not None
    assert largest.picked_by.mean == pytest.approx(
        max(
            cournot((*early.profile[:at], value, *early.profile[at + 1 :]))[at]
            - cournot(early.profile)[at]
            for at, curve in enumerate(early.curves)
            for value in curve.values
            if value != early.profile[at]
        )
    )


def test_an_interruption_ends_a_series_of_searches() -> None:
    starts = [(0.0,) * 2, (6.0,) * 2]
    first = Exact(cournot)
    best_response(firms(2), first, starts[0])
    found = equilibria(firms(2), Exact(cournot, first.calls + 2), starts)
    assert found.interrupted
    assert [each.status for each in found.searches] == ["equilibrium", "interrupted"]
    assert [each.members for each in found.groups] == [(0,)]
    joint = optimum(firms(2), Exact(cournot, 3), starts)
    assert joint.status == "interrupted"
    assert joint.payoffs[0].mean > 0.0


def test_an_interrupted_check_leaves_the_gains_by_the_luck_of_the_search() -> None:
    search = best_response(firms(2), Exact(cournot), (0.0, 0.0), check=Exact(cournot, 0))
    assert search.status == "interrupted"
    assert search.fresh_evaluations == 0
    assert all(each.gain == each.picked_by for each in search.deviations)
    assert len(search.deviations) == 2


def test_the_same_question_has_the_same_answer() -> None:
    def once() -> object:
        return equilibria(
            firms(2),
            Noisy(cournot, 4, 0.3),
            spread_starts(firms(2), 3),
            check=Noisy(cournot, 5, 0.3),
        )

    assert once() == once()


def test_a_shared_memory_asks_nothing_twice() -> None:
    payoffs = Exact(cournot)
    shared = Remembered(payoffs)
    first = best_response(firms(2), shared, (0.0, 0.0))
    again = best_response(firms(2), shared, (0.0, 0.0))
    assert first.evaluations == len(payoffs.asked) > 0
    assert again.evaluations == 0
    assert again.profile == first.profile


def test_starts_are_spread_evenly_over_the_ranges() -> None:
    players = game("one", "other", low=-1.0, high=3.0)
    starts = np.array(spread_starts(players, 64))
    assert starts[0] == pytest.approx([1.0, 1.0])
    for column in starts.T:
        assert np.histogram(column, bins=8, range=(-1.0, 3.0))[0].min() >= 5
    assert len({tuple(row) for row in starts}) == 64


@given(
    st.floats(0.0, 1.0),
    st.floats(0.02, 1.0),
    st.sampled_from([(0.0, 1.0), (-3.0, 0.1), (1e6, 1e6 + 1.0)]),
)
def test_a_lattice_has_the_start_and_both_ends_and_no_gap_wider_than_a_step(
    share: float, part: float, ends: tuple[float, float]
) -> None:
    low, high = ends
    step = part * (high - low)
    start = min(low + share * (high - low), high)
    lattice = Lattice([("one", Decision("x", low, high, step))], (start,))
    points = [lattice.value(0, number) for number in range(lattice.last[0] + 1)]
    assert points == sorted(set(points))
    assert points[0] == pytest.approx(low, abs=1e-6 * step)
    assert points[-1] == pytest.approx(high, abs=1e-6 * step)
    assert points[lattice.start[0]] == start
    assert max(np.diff(points)) <= step * (1.0 + 1e-5)


def test_a_present_value_between_two_steps_stays_what_it_is() -> None:
    search = best_response(game("one", step=0.25), Exact(lambda p: [-((p[0] - 0.1) ** 2)]), (0.1,))
    assert search.profile == (0.1,)
    assert search.curves[0].values == (0.0, 0.1, 0.25, 0.5, 0.75, 1.0)


# ------------------------------------------------------------------ bad input


def test_bad_players_are_told_in_a_sentence() -> None:
    payoffs = Exact(lambda profile: [0.0] * len(profile))
    with pytest.raises(ValueError, match=r"^x: low must be below high, not 1.0 and 1.0$"):
        Decision("x", 1.0, 1.0)
    with pytest.raises(ValueError, match="low must be below high"):
        Decision("x", 0.0, float("nan"))
    with pytest.raises(ValueError, match=r"above 0 and at most the range, not 2\.0$"):
        Decision("x", 0.0, 1.0, 2.0)
    with pytest.raises(ValueError, match="must be whole numbers"):
        Decision("x", 0.0, 1.5, whole=True)
    with pytest.raises(ValueError, match="at least one player"):
        best_response([], payoffs, ())
    with pytest.raises(ValueError, match="two players have the same name: one"):
        best_response(game("one", "one"), payoffs, (0.0, 0.0))
    twice = (Decision("x", 0.0, 1.0), Decision("x", 0.0, 1.0))
    with pytest.raises(ValueError, match="two decisions of one have the same name: x"):
        best_response([Player("one", twice)], payoffs, (0.0, 0.0))
    with pytest.raises(ValueError, match="one has nothing to decide"):
        best_response([Player("one", ())], payoffs, ())
    assert payoffs.calls == 0


def test_a_bad_start_is_told_in_a_sentence() -> None:
    payoffs = Exact(cournot)
    with pytest.raises(ValueError, match=r"start of one.x is 1.5, outside 0.0 to 1.0"):
        best_response(game("one"), payoffs, (1.5,))
    with pytest.raises(ValueError, match="the start has 2 values for 1 decisions"):
        best_response(game("one"), payoffs, (0.5, 0.5))
    whole = [Player("one", (Decision("x", 0.0, 9.0, whole=True),))]
    with pytest.raises(ValueError, match="no whole number"):
        best_response(whole, payoffs, (0.5,))
    for search in (equilibria, optimum):
        with pytest.raises(ValueError, match="at least one start"):
            search(game("one"), payoffs, [])
    with pytest.raises(ValueError, match="every player once: one, other, not one, one"):
        best_response(game("one", "other"), payoffs, (0.0, 0.0), order=["one", "one"])
    with pytest.raises(ValueError, match="grid must be at least 3, not 2"):
        Effort(grid=2)
    assert payoffs.calls == 0


@pytest.mark.parametrize(
    ("found", "sentence"),
    [
        (np.zeros((1, 2)), "must have the shape"),
        (np.zeros((9, 1, 1)), "must have the shape"),
        (np.zeros((1, 3, 2)), "payoffs are of 3 players, not 1"),
        (np.full((1, 1, 2), np.nan), "must be finite"),
    ],
)
def test_payoffs_of_another_shape_are_told(found: Floats, sentence: str) -> None:
    def payoffs(profiles: Sequence[Profile], /) -> Floats:
        return found if len(found) != 1 else np.repeat(found, len(profiles), axis=0)

    with pytest.raises(ValueError, match=sentence):
        best_response(game("one"), payoffs, (0.5,))


def test_replications_that_change_between_calls_are_told() -> None:
    calls = iter(range(2, 100))

    def payoffs(profiles: Sequence[Profile], /) -> Floats:
        return np.zeros((len(profiles), 1, next(calls)))

    asked = Remembered(payoffs)
    asked([(0.0,)])
    with pytest.raises(ValueError, match=r"first \(1, 2\), now \(1, 3\)"):
        asked([(1.0,)])


# ------------------------------------------------------------------ any game of a kind

MOST_PULL = 0.45  # with less than a half of its own curvature rounding adds less than a step


@st.composite
def contractions(draw: st.DrawFn) -> tuple[Floats, Floats]:
    """Answers x = pull @ x + wish (in units of the range) that come together."""
    n = draw(st.integers(1, 4))
    weight = st.floats(-1.0, 1.0)
    pull = np.array(
        draw(st.lists(st.lists(weight, min_size=n, max_size=n), min_size=n, max_size=n))
    )
    np.fill_diagonal(pull, 0.0)
    sums = np.abs(pull).sum(axis=1, keepdims=True)
    pull = pull * MOST_PULL / np.maximum(sums, 1.0)
    wish = np.array(draw(st.lists(st.floats(-0.5, 1.5), min_size=n, max_size=n)))
    return pull, wish


@settings(max_examples=100, deadline=None)
@given(contractions(), st.integers(0, 5), st.floats(0.0, 0.01))
def test_contracting_quadratic_games_end_where_the_equations_say(
    made: tuple[Floats, Floats], which: int, beside: float
) -> None:
    pull, wish = made
    n = len(wish)

    def rule(profile: Profile) -> Sequence[float]:
        x = np.asarray(profile)
        own = -((x - pull @ x - wish) ** 2)
        # What others do to a player without asking must not matter.
        return [float(each) for each in own + 3.0 * np.roll(x, 1) * (n > 1)]

    truth = np.full(n, 0.5)
    for _ in range(200):
        truth = np.clip(pull @ truth + wish, 0.0, 1.0)
    players = game(*(f"player {i}" for i in range(n)))
    # A start need not be a multiple of the step.
    start = tuple(max(0.0, each - beside) for each in spread_starts(players, 6)[which])
    search = best_response(players, Exact(rule), start)
    assert search.status == "equilibrium"
    assert_same(search.profile, truth, 1.0 / 64.0)


@given(
    st.integers(1, 3000),
    st.floats(-0.2, 1.2),
    st.floats(0.3, 4.0),
    st.floats(0.0, 1.0),
    st.booleans(),
)
def test_a_line_search_ends_at_the_top_of_any_hill(
    last: int, top: float, power: float, share: float, near: bool
) -> None:
    """Hills with one top, flat or pointed, wherever it lies; means that can always be told."""

    def mean(k: int) -> float:
        off = k / last - top
        return -float(abs(off) ** power) * (1.0 if off < 0.0 else 2.5)

    def means_of(points: Sequence[int]) -> list[float]:
        return [mean(k) for k in points]

    line = Line(round(share * last), last, means_of, lambda one, other: mean(other) > mean(one))
    if near:
        line.widen(max(1, last // 16))
    else:
        line.ask([round(last * each / 4) for each in range(5)])
    line.refine()
    assert mean(line.best) == max(means_of(range(last + 1)))
    assert len(line.tried) <= 60
