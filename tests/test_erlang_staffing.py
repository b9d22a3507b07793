"""Numbers of servers against published ones, brute force over all of them, and reason."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import integrate, linalg, stats

from simulator.erlang_staffing import (
    servers_against_abandonment,
    servers_for_mean_wait,
    servers_to_answer,
    servers_to_answer_impatient,
)
from simulator.theory import mmc, mmc_with_abandonment


@pytest.mark.parametrize(
    ("arrivals", "service", "share", "within", "published"),
    [
        # calls a second, seconds of work, share answered, within seconds
        # The README of the Ruby gem erlang_c_calculator 0.1.1, after G. Koole, "Call Center
        # Mathematics": 3 erlangs.
        (0.01, 300.0, 0.80, 20.0, 6),
        # The CRAN package ErlangC 0.1.0, its README: 100 calls in half an hour of 3 minutes each.
        (100.0 / 1800.0, 180.0, 0.80, 20.0, 14),
        # Jones the Net, "Erlang uplift" (jonesthenet.com): 250 calls an hour of 330 seconds,
        # where the load alone says 22.9.
        (250.0 / 3600.0, 330.0, 0.80, 30.0, 28),
    ],
)
def test_call_centers_need_the_published_agents(
    arrivals: float, service: float, share: float, within: float, published: int
) -> None:
    assert servers_to_answer(arrivals, 1.0 / service, share, within) == published


def test_fourteen_agents_answer_the_published_share_in_the_published_time() -> None:
    # The package ErlangC again: 0.1741319 wait, 0.88835 are served in time, 7.83593701177724 s on
    # average.
    queue = mmc(100.0 / 1800.0, 1.0 / 180.0, 14)
    assert round(queue.probability_of_waiting, 7) == 0.1741319
    assert round(1.0 - queue.wait_tail(20.0), 5) == 0.88835
    assert queue.mean_wait == pytest.approx(7.83593701177724, rel=1e-12)
    assert servers_for_mean_wait(100.0 / 1800.0, 1.0 / 180.0, 7.84) == 14
    assert servers_for_mean_wait(100.0 / 1800.0, 1.0 / 180.0, 7.83) == 15


def test_fifty_agents_keep_abandonment_where_it_was_published() -> None:
    # Garnett, Mandelbaum & Reiman 2002: 48 calls a minute, service 1 minute, patience 2; with 50
    # agents 3.1 % give up, rounded. Patient customers would wait 20.8 seconds in the mean.
    assert servers_against_abandonment(48.0, 1.0, 0.5, 0.0315) == 50
    assert servers_for_mean_wait(48.0, 1.0, 20.85 / 60.0) == 50


def test_as_patient_as_service_is_long_the_number_present_is_poisson() -> None:
    # Mandelbaum & Zeltyn 2005: with equal rates it is that of M/M/infinity.
    for load in (0.7, 5.0, 37.0, 400.0):
        for share in (0.5, 0.8, 0.99):
            needed = servers_to_answer_impatient(load, 1.0, 1.0, share, 0.0)
            waits = stats.poisson.sf(np.arange(int(3 * load) + 20) - 1, load)
            assert needed == max(1, int(np.argmax(waits <= 1.0 - share)))


# --- brute force --------------------------------------------------------------------------


def _present(arrivals: float, deaths: NDArray[np.float64]) -> NDArray[np.float64]:
    """Stationary distribution of a truncated birth-death process, as a system of equations."""
    size = len(deaths) + 1
    generator = np.diag(np.full(size - 1, arrivals), 1) + np.diag(deaths, -1)
    generator -= np.diag(generator.sum(axis=1))
    # One balance equation is redundant; the sum of the probabilities takes its place.
    system = generator.T.copy()
    system[-1] = 1.0
    right = np.zeros(size)
    right[-1] = 1.0
    found: NDArray[np.float64] = np.linalg.solve(system, right)
    return found


def _brute_force(
    arrivals: float, rate: float, servers: int, giving_up: float, time: float, most: int = 100
) -> tuple[float, float, float]:
    """P(W > time), mean wait and P(abandon) from the equations of Markov chains alone.

    The wait of a customer that finds all busy is followed customer by customer: those ahead of it
    are served or give up, until it is its turn; it stays in the queue while it has not given up.
    """
    ahead = np.arange(1, most + 1)
    deaths = np.minimum(ahead, servers) * rate + np.maximum(ahead - servers, 0) * giving_up
    states = _present(arrivals, deaths)
    finds = states[servers:]  # by finding so many in the queue, all servers busy
    places = np.arange(len(finds))
    leaving = servers * rate + places * giving_up
    moves = -np.diag(leaving + giving_up) + np.diag(leaving[1:], -1)
    stays = finds @ linalg.expm(moves * time) if time > 0.0 else finds
    waiting = float(finds @ places)
    return float(stays.sum()), waiting / arrivals, giving_up * waiting / arrivals


@pytest.mark.parametrize("load", [0.3, 1.0, 2.5, 7.0])
@pytest.mark.parametrize("share", [0.3, 0.8, 0.95])
def test_patient_customers_need_what_brute_force_finds(load: float, share: float) -> None:
    rate, time = 2.0, 0.2

    def tail_and_mean(servers: int) -> tuple[float, float]:
        tail, mean, _ = _brute_force(load * rate, rate, servers, 0.0, time, 200)
        return tail, mean

    steady = math.floor(load) + 1
    found = {servers: tail_and_mean(servers) for servers in range(steady, steady + 12)}
    by_share = next(c for c in found if found[c][0] <= 1.0 - share)
    assert servers_to_answer(load * rate, rate, share, time) == by_share
    by_wait = next(c for c in found if found[c][1] <= (1.0 - share) / rate)
    assert servers_for_mean_wait(load * rate, rate, (1.0 - share) / rate) == by_wait


@pytest.mark.parametrize("load", [0.3, 2.0, 6.5])
@pytest.mark.parametrize("giving_up", [0.2, 2.0, 9.0])
def test_impatient_customers_need_what_brute_force_finds(load: float, giving_up: float) -> None:
    rate, time = 2.0, 0.1
    arrivals = load * rate
    found = {
        servers: _brute_force(arrivals, rate, servers, giving_up, time) for servers in range(1, 22)
    }
    for share in (0.02, 0.1, 0.4):
        by_share = next(c for c in found if found[c][2] <= share)
        assert servers_against_abandonment(arrivals, rate, giving_up, share) == by_share
        by_wait = next(c for c in found if found[c][0] <= share)
        assert servers_to_answer_impatient(arrivals, rate, giving_up, 1.0 - share, time) == by_wait


# --- the wait of impatient customers ------------------------------------------------------


@pytest.mark.parametrize("load", [0.4, 3.0, 8.0])
@pytest.mark.parametrize("giving_up", [0.1, 1.0, 6.0])
@pytest.mark.parametrize("servers", [1, 4, 9])
def test_the_tail_of_the_wait_is_that_of_the_chain(
    load: float, giving_up: float, servers: int
) -> None:
    queue = mmc_with_abandonment(load, 1.0, servers, giving_up)
    for time in (0.0, 0.05, 0.4, 2.0):
        tail, _, _ = _brute_force(load, 1.0, servers, giving_up, time, 120)
        assert queue.wait_tail(time) == pytest.approx(tail, rel=1e-6, abs=1e-12)


@pytest.mark.parametrize(
    ("arrivals", "servers", "giving_up"),
    [(48.0, 50, 0.5), (900.0, 1000, 0.01), (1100.0, 1000, 0.5), (5.0, 100, 0.02), (3.0, 9, 1e-4)],
)
def test_the_tail_of_the_wait_adds_up_to_the_mean_wait(
    arrivals: float, servers: int, giving_up: float
) -> None:
    queue = mmc_with_abandonment(arrivals, 1.0, servers, giving_up)
    scale = queue.mean_wait / queue.probability_of_waiting
    area, _ = integrate.quad(
        lambda x: queue.wait_tail(x * scale) / queue.probability_of_waiting, 0.0, 60.0, limit=500,
        epsabs=1e-11, epsrel=1e-11,
    )  # fmt: skip
    assert area == pytest.approx(1.0, rel=1e-7)


def test_the_tail_is_the_same_by_either_way_of_computing_it() -> None:
    # Of 40 servers against a load of 5 the incomplete gamma function underflows; of 7 it does not.
    for servers in (7, 40):
        queue = mmc_with_abandonment(5.0, 1.0, servers, 0.02)
        for time in (0.01, 0.1):
            density = integrate.quad(
                lambda x, c=servers: math.exp(5.0 * -math.expm1(-0.02 * x) / 0.02 - c * x),
                time, time + 60.0 / servers, epsabs=0.0, epsrel=1e-11,
            )[0]  # fmt: skip
            whole = integrate.quad(
                lambda x, c=servers: math.exp(5.0 * -math.expm1(-0.02 * x) / 0.02 - c * x),
                0.0, 60.0 / servers, epsabs=0.0, epsrel=1e-11,
            )[0]  # fmt: skip
            share = queue.offered_wait_tail(time) / queue.probability_of_waiting
            assert share == pytest.approx(density / whole, rel=1e-9)


def test_a_queue_played_through_waits_as_the_formula_says() -> None:
    # First come, first served, customer by customer: the offered wait is the time until the first
    # server is free of all that came before and did not give up.
    arrivals, servers, giving_up, time = 5.0, 4, 0.8, 0.3
    runs, each = 40, 4000
    luck = np.random.default_rng(3)
    tails = np.empty(runs)
    for run in range(runs):
        came = np.cumsum(luck.exponential(1.0 / arrivals, each))
        work, patience = luck.exponential(1.0, each), luck.exponential(1.0 / giving_up, each)
        free = np.zeros(servers)
        waited = np.empty(each)
        for customer in range(each):
            first = int(np.argmin(free))
            offered = max(free[first] - came[customer], 0.0)
            waited[customer] = min(offered, patience[customer])
            if offered <= patience[customer]:
                free[first] = came[customer] + offered + work[customer]
        tails[run] = np.mean(waited[200:] > time)
    error = float(np.std(tails, ddof=1)) / math.sqrt(runs)
    assert error < 0.01
    expected = mmc_with_abandonment(arrivals, 1.0, servers, giving_up).wait_tail(time)
    assert abs(float(np.mean(tails)) - expected) < 3.5 * error


def test_endless_patience_waits_as_erlang_c_says() -> None:
    patient, endless = mmc(3.0, 1.0, 5), mmc_with_abandonment(3.0, 1.0, 5, 0.0)
    nearly = mmc_with_abandonment(3.0, 1.0, 5, 1e-7)
    for time in (0.0, 0.3, 4.0):
        assert endless.wait_tail(time) == pytest.approx(patient.wait_tail(time), rel=1e-12)
        assert nearly.wait_tail(time) == pytest.approx(patient.wait_tail(time), rel=1e-4)


def test_nobody_waits_a_negative_time() -> None:
    queue = mmc_with_abandonment(3.0, 1.0, 5, 1.0)
    for time in (-1.0, math.nan):
        with pytest.raises(ValueError, match="time"):
            queue.wait_tail(time)


# --- reason -------------------------------------------------------------------------------

RATES = st.floats(0.05, 120.0)
SHARES = st.floats(0.01, 0.99)
TIMES = st.floats(0.001, 3.0)


@given(RATES, RATES, SHARES, SHARES, TIMES)
@settings(deadline=None)
def test_more_arrivals_and_stricter_targets_never_need_fewer(
    one: float, other: float, share: float, stricter: float, within: float
) -> None:
    few, many = sorted((one, other))
    low, high = sorted((share, stricter))
    needed = servers_to_answer(few, 1.0, low, within)
    assert needed <= servers_to_answer(many, 1.0, low, within)
    assert needed <= servers_to_answer(few, 1.0, high, within)
    assert needed <= servers_to_answer(few, 1.0, low, within / 2.0)
    needed = servers_for_mean_wait(few, 1.0, within)
    assert needed <= servers_for_mean_wait(many, 1.0, within)
    assert needed <= servers_for_mean_wait(few, 1.0, within / 2.0)


@given(RATES, RATES, SHARES, SHARES, TIMES, st.floats(0.02, 20.0))
@settings(deadline=None)
def test_the_same_holds_for_the_impatient(
    one: float, other: float, share: float, stricter: float, within: float, giving_up: float
) -> None:
    few, many = sorted((one, other))
    low, high = sorted((share, stricter))
    needed = servers_against_abandonment(few, 1.0, giving_up, high)
    assert needed <= servers_against_abandonment(many, 1.0, giving_up, high)
    assert needed <= servers_against_abandonment(few, 1.0, giving_up, low)
    needed = servers_to_answer_impatient(few, 1.0, giving_up, low, within)
    assert needed <= servers_to_answer_impatient(many, 1.0, giving_up, low, within)
    assert needed <= servers_to_answer_impatient(few, 1.0, giving_up, high, within)
    # Who gives up is out of the way of the others.
    assert needed <= servers_to_answer(few, 1.0, low, within)


@given(RATES, SHARES, TIMES, st.floats(0.02, 20.0))
@settings(deadline=None)
def test_the_number_is_enough_and_one_less_is_not(
    arrivals: float, share: float, within: float, giving_up: float
) -> None:
    needed = servers_to_answer(arrivals, 1.0, share, within)
    assert mmc(arrivals, 1.0, needed).wait_quantile(share) <= within * (1.0 + 1e-9)
    if needed - 1 > arrivals:
        assert mmc(arrivals, 1.0, needed - 1).wait_quantile(share) >= within * (1.0 - 1e-9)
    needed = servers_to_answer_impatient(arrivals, 1.0, giving_up, share, within)
    queue = mmc_with_abandonment(arrivals, 1.0, needed, giving_up)
    assert queue.wait_tail(within) <= 1.0 - share
    if needed > 1:
        queue = mmc_with_abandonment(arrivals, 1.0, needed - 1, giving_up)
        assert queue.wait_tail(within) > 1.0 - share


def test_large_teams_need_the_square_root_more_than_the_load() -> None:
    # Halfin & Whitt 1981: with beta = 1 about 22.3 % wait.
    for load in (100.0, 1000.0, 10000.0):
        needed = servers_to_answer(load, 1.0, 1.0 - 0.2234, 0.0)
        assert (needed - load) / math.sqrt(load) == pytest.approx(
            1.0, abs=1.0 / math.sqrt(load) + 0.02
        )


def test_a_load_that_rounds_to_whole_servers_has_an_answer() -> None:
    assert servers_to_answer(0.3, 0.1, 0.0, 0.0) in (3, 4)
    assert servers_for_mean_wait(0.3, 0.1, 1e3) == 4


@pytest.mark.parametrize(
    "call",
    [
        lambda: servers_to_answer(0.0, 1.0, 0.8, 1.0),
        lambda: servers_to_answer(math.inf, 1.0, 0.8, 1.0),
        lambda: servers_to_answer(1.0, 0.0, 0.8, 1.0),
        lambda: servers_to_answer(1.0, 1.0, 1.0, 1.0),
        lambda: servers_to_answer(1.0, 1.0, -0.1, 1.0),
        lambda: servers_to_answer(1.0, 1.0, math.nan, 1.0),
        lambda: servers_to_answer(1.0, 1.0, 0.8, -1.0),
        lambda: servers_to_answer(1.0, 1.0, 0.8, math.nan),
        lambda: servers_for_mean_wait(1.0, 1.0, 0.0),
        lambda: servers_for_mean_wait(1.0, 1.0, math.inf),
        lambda: servers_for_mean_wait(-1.0, 1.0, 1.0),
        lambda: servers_against_abandonment(1.0, 1.0, 0.0, 0.1),
        lambda: servers_against_abandonment(1.0, 1.0, 1.0, 0.0),
        lambda: servers_against_abandonment(1.0, 1.0, 1.0, 1.0),
        lambda: servers_to_answer_impatient(1.0, 1.0, -1.0, 0.8, 1.0),
        lambda: servers_to_answer_impatient(1.0, 1.0, 1.0, 1.0, 1.0),
        lambda: servers_to_answer_impatient(1.0, 1.0, 1.0, 0.8, math.inf),
    ],
)
def test_impossible_values_are_refused(call: Callable[[], int]) -> None:
    with pytest.raises(ValueError, match="must be"):
        call()
