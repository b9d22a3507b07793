"""Queueing formulas against published values, closed forms and each other's limits."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from simulator.theory import (
    erlang_b,
    erlang_c,
    halfin_whitt_waiting,
    jackson_network,
    mm1,
    mmc,
    mmc_with_abandonment,
    number_in_system,
    square_root_staffing,
)


def _birth_death(births: float, deaths: list[float]) -> list[float]:
    """Solve the balance equations of a truncated birth-death process as a linear system."""
    size = len(deaths) + 1
    generator = np.zeros((size, size))
    for state, death in enumerate(deaths):
        generator[state, state + 1] = births
        generator[state + 1, state] = death
    generator -= np.diag(generator.sum(axis=1))
    # One balance equation is redundant; the sum of the probabilities takes its place.
    system = generator.T.copy()
    system[-1] = 1.0
    right = np.zeros(size)
    right[-1] = 1.0
    solution: list[float] = np.linalg.solve(system, right).tolist()
    return solution


@given(st.floats(0.01, 100.0), st.floats(0.01, 0.99))
def test_one_server_follows_the_closed_forms_of_mm1(service_rate: float, busy: float) -> None:
    arrival_rate = busy * service_rate
    queue = mm1(arrival_rate, service_rate)
    assert queue.utilization == pytest.approx(busy, rel=1e-12)
    assert queue.probability_of_waiting == pytest.approx(busy, rel=1e-12)
    assert queue.mean_in_system == pytest.approx(busy / (1.0 - busy), rel=1e-9)
    assert queue.mean_queue == pytest.approx(busy**2 / (1.0 - busy), rel=1e-9)
    assert queue.mean_time_in_system == pytest.approx(1.0 / (service_rate - arrival_rate), rel=1e-9)


def test_the_eye_clinic_of_gross_and_harris_has_its_published_queue() -> None:
    # Gross et al. (2008), chapter 2, the eye clinic: 6 patients an hour, 3 doctors, 20
    # minutes each; p0 = 1/9, so 8/9 wait in the mean, 8/54 of an hour each.
    clinic = mmc(6.0, 3.0, 3)
    assert clinic.probability_of_waiting == pytest.approx(4.0 / 9.0, rel=1e-14)
    assert clinic.mean_queue == pytest.approx(8.0 / 9.0, rel=1e-14)
    assert clinic.mean_wait == pytest.approx(8.0 / 54.0, rel=1e-14)
    assert clinic.mean_in_system == pytest.approx(26.0 / 9.0, rel=1e-14)


def test_fifty_agents_have_the_published_waits_with_and_without_abandonment() -> None:
    # O. Garnett, A. Mandelbaum & M. Reiman, "Designing a call center with impatient
    # customers", Manufacturing & Service Operations Management 4 (2002) 208-227, the
    # introductory comparison: 50 agents, 48 calls a minute, service 1 minute, patience 2.
    patient = mmc(48.0, 1.0, 50)
    assert round(60.0 * patient.mean_wait, 1) == 20.8
    assert round(60.0 * patient.wait_quantile(0.9), 1) == 58.1
    assert round(patient.mean_queue) == 17
    assert round(patient.utilization, 2) == 0.96
    impatient = mmc_with_abandonment(48.0, 1.0, 50, 0.5)
    assert round(impatient.probability_of_abandonment, 3) == 0.031
    assert round(60.0 * impatient.mean_wait, 1) == 3.7
    assert round(impatient.mean_queue) == 3
    assert round(impatient.utilization, 2) == 0.93


@pytest.mark.parametrize(("load", "servers"), [(0.5, 1), (2.0, 3), (7.5, 5), (40.0, 50)])
def test_erlang_b_is_its_defining_ratio(load: float, servers: int) -> None:
    terms = [load**n / math.factorial(n) for n in range(servers + 1)]
    assert erlang_b(load, servers) == pytest.approx(terms[-1] / sum(terms), rel=1e-12)


def test_erlang_b_at_its_borders() -> None:
    assert erlang_b(3.0, 0) == 1.0
    assert erlang_b(0.0, 0) == 1.0
    assert erlang_b(0.0, 4) == 0.0
    assert erlang_b(1e6, 1) == pytest.approx(1.0, abs=1e-5)
    # A sum of factorials would overflow here.
    assert 0.0 < erlang_b(1000.0, 1050) < 0.01


@pytest.mark.parametrize(("load", "servers"), [(0.5, 1), (2.0, 3), (4.5, 5), (40.0, 50)])
def test_erlang_c_is_its_defining_ratio(load: float, servers: int) -> None:
    below = sum(load**n / math.factorial(n) for n in range(servers))
    waiting = load**servers / math.factorial(servers) * servers / (servers - load)
    assert erlang_c(load, servers) == pytest.approx(waiting / (below + waiting), rel=1e-12)


@given(st.floats(0.1, 0.98), st.integers(1, 40), st.floats(0.1, 10.0))
def test_the_tail_of_the_wait_agrees_with_its_mean_and_quantiles(
    busy: float, servers: int, service_rate: float
) -> None:
    queue = mmc(busy * servers * service_rate, service_rate, servers)
    assert queue.wait_tail(0.0) == queue.probability_of_waiting
    # The mean is the area under the tail, which is exponential.
    rate = -math.log(queue.wait_tail(1.0 / service_rate) / queue.wait_tail(0.0)) * service_rate
    assert queue.mean_wait == pytest.approx(queue.wait_tail(0.0) / rate, rel=1e-6)
    for probability in (0.0, 0.5, 0.9, 0.999):
        wait = queue.wait_quantile(probability)
        if wait > 0.0:
            assert queue.wait_tail(wait) == pytest.approx(1.0 - probability, rel=1e-9)
        else:
            assert queue.probability_of_waiting <= 1.0 - probability


def test_an_idle_queue_makes_nobody_wait() -> None:
    queue = mmc(0.0, 2.0, 3)
    assert queue.mean_wait == 0.0
    assert queue.mean_in_system == 0.0
    assert queue.wait_quantile(0.99) == 0.0
    assert queue.mean_time_in_system == 0.5


@pytest.mark.parametrize(
    ("arrival_rate", "service_rate", "servers"),
    [
        (3.0, 1.0, 3),
        (4.0, 1.0, 3),
        (-1.0, 1.0, 3),
        (1.0, 0.0, 3),
        (1.0, 1.0, 0),
        (math.nan, 1.0, 3),
        (1.0, math.inf, 3),
    ],
)
def test_a_queue_without_steady_state_or_sense_is_refused(
    arrival_rate: float, service_rate: float, servers: int
) -> None:
    with pytest.raises(ValueError, match=r"steady state|must"):
        mmc(arrival_rate, service_rate, servers)


@pytest.mark.parametrize("probability", [-0.1, 1.0, math.nan])
def test_a_wait_quantile_outside_of_its_range_is_refused(probability: float) -> None:
    with pytest.raises(ValueError, match="probability"):
        mm1(0.5, 1.0).wait_quantile(probability)


def test_the_tail_of_a_negative_wait_is_refused() -> None:
    with pytest.raises(ValueError, match="time"):
        mm1(0.5, 1.0).wait_tail(-1.0)


@pytest.mark.parametrize(
    ("arrival_rate", "service_rate", "servers", "abandonment_rate"),
    [(2.0, 1.0, 3, 0.5), (9.0, 1.0, 3, 0.7), (0.4, 2.0, 1, 5.0), (30.0, 0.5, 20, 0.25)],
)
def test_erlang_a_solves_its_balance_equations(
    arrival_rate: float, service_rate: float, servers: int, abandonment_rate: float
) -> None:
    deaths = [
        min(n, servers) * service_rate + max(n - servers, 0) * abandonment_rate
        for n in range(1, 301)
    ]
    shares = _birth_death(arrival_rate, deaths)
    queue = mmc_with_abandonment(arrival_rate, service_rate, servers, abandonment_rate)
    waiting = math.fsum(shares[servers:])
    mean_queue = math.fsum(p * max(n - servers, 0) for n, p in enumerate(shares))
    busy = math.fsum(p * min(n, servers) for n, p in enumerate(shares))
    assert queue.probability_of_waiting == pytest.approx(waiting, rel=1e-10)
    assert queue.mean_queue == pytest.approx(mean_queue, rel=1e-10)
    assert queue.utilization == pytest.approx(busy / servers, rel=1e-10)
    assert queue.mean_in_system == pytest.approx(mean_queue + busy, rel=1e-10)
    assert queue.probability_of_abandonment == pytest.approx(
        1.0 - busy * service_rate / arrival_rate, rel=1e-8
    )


@given(st.floats(0.1, 80.0), st.floats(0.1, 10.0), st.integers(1, 60))
def test_with_patience_as_long_as_service_the_number_present_is_poisson(
    load: float, service_rate: float, servers: int
) -> None:
    # Then every one present leaves at the same rate, served or not: M/M/infinity.
    queue = mmc_with_abandonment(load * service_rate, service_rate, servers, service_rate)
    assert queue.mean_in_system == pytest.approx(load, rel=1e-12)
    expected = float(stats.poisson.sf(servers - 1, load))
    assert queue.probability_of_waiting == pytest.approx(expected, rel=1e-9, abs=1e-300)


@given(st.floats(0.1, 200.0), st.floats(0.1, 10.0), st.integers(1, 60), st.floats(0.01, 100.0))
def test_under_erlang_a_what_arrives_is_served_or_abandons(
    arrival_rate: float, service_rate: float, servers: int, abandonment_rate: float
) -> None:
    queue = mmc_with_abandonment(arrival_rate, service_rate, servers, abandonment_rate)
    served = queue.mean_busy * service_rate / arrival_rate
    assert served + queue.probability_of_abandonment == pytest.approx(1.0, rel=1e-10)
    assert queue.mean_queue == pytest.approx(
        number_in_system(arrival_rate, queue.mean_wait), rel=1e-12
    )


def test_erlang_a_becomes_erlang_c_when_nobody_loses_patience() -> None:
    endless = mmc(9.0, 1.0, 10)
    for rate, tolerance in ((1e-3, 0.05), (1e-5, 5e-4), (1e-7, 5e-6), (0.0, 1e-14)):
        patient = mmc_with_abandonment(9.0, 1.0, 10, rate)
        assert patient.mean_wait == pytest.approx(endless.mean_wait, rel=tolerance)
        assert patient.probability_of_waiting == pytest.approx(
            endless.probability_of_waiting, rel=tolerance
        )
        assert patient.utilization == pytest.approx(endless.utilization, rel=tolerance)
        assert patient.probability_of_abandonment == pytest.approx(
            rate * patient.mean_wait, rel=1e-12
        )


@pytest.mark.parametrize(("load", "servers"), [(0.5, 1), (9.0, 10), (40.0, 30), (3.0, 30)])
def test_erlang_a_becomes_erlang_b_when_nobody_has_patience(load: float, servers: int) -> None:
    queue = mmc_with_abandonment(load, 1.0, servers, 1e9)
    blocking = erlang_b(load, servers)
    assert queue.probability_of_abandonment == pytest.approx(blocking, rel=1e-6)
    assert queue.probability_of_waiting == pytest.approx(blocking, rel=1e-6)


def test_an_overloaded_queue_loses_what_it_cannot_serve_however_long_the_patience() -> None:
    queue = mmc_with_abandonment(15.0, 1.0, 10, 1e-6)
    assert queue.probability_of_waiting == pytest.approx(1.0)
    assert queue.utilization == pytest.approx(1.0)
    assert queue.probability_of_abandonment == pytest.approx(1.0 / 3.0, rel=1e-9)
    # Fluid limit: as many wait as abandon at the surplus rate.
    assert queue.mean_queue == pytest.approx(5.0e6, rel=1e-5)


@pytest.mark.parametrize(
    ("arrival_rate", "service_rate", "servers", "abandonment_rate"),
    [
        (0.0, 1.0, 1, 1.0),
        (-1.0, 1.0, 1, 1.0),
        (1.0, 0.0, 1, 1.0),
        (1.0, 1.0, 0, 1.0),
        (1.0, 1.0, 1, -1.0),
        (1.0, 1.0, 1, math.inf),
        (2.0, 1.0, 1, 0.0),
    ],
)
def test_an_impatient_queue_without_sense_is_refused(
    arrival_rate: float, service_rate: float, servers: int, abandonment_rate: float
) -> None:
    with pytest.raises(ValueError, match=r"must|steady state"):
        mmc_with_abandonment(arrival_rate, service_rate, servers, abandonment_rate)


def test_two_stations_with_feedback_by_hand() -> None:
    # 1 a day enters station 0; all go on to station 1; a quarter returns to 0, the rest
    # leaves. So rate = 1 + rate / 4 = 4/3 at both. Station 0 is M/M/1 with rate 2: busy 2/3,
    # 2 present. Station 1 is M/M/2 with rate 4/3 each: load 1, waiting 1/3, queue 1/3.
    network = jackson_network([1.0, 0.0], [[0.0, 1.0], [0.25, 0.0]], [2.0, 4.0 / 3.0], [1, 2])
    assert network.arrival_rates == pytest.approx((4.0 / 3.0, 4.0 / 3.0), rel=1e-14)
    first, second = network.stations
    assert first.mean_in_system == pytest.approx(2.0, rel=1e-12)
    assert second.probability_of_waiting == pytest.approx(1.0 / 3.0, rel=1e-12)
    assert second.mean_in_system == pytest.approx(4.0 / 3.0, rel=1e-12)
    assert network.mean_in_system == pytest.approx(10.0 / 3.0, rel=1e-12)
    assert network.mean_time_in_system == pytest.approx(10.0 / 3.0, rel=1e-12)


def test_routing_is_read_from_row_to_column() -> None:
    network = jackson_network(
        [1.0, 0.0, 0.0],
        [[0.0, 0.5, 0.2], [0.0, 0.0, 0.0], [0.0, 0.0, 0.5]],
        [9.0, 9.0, 9.0],
        [1, 1, 1],
    )
    assert network.arrival_rates == pytest.approx((1.0, 0.5, 0.4), rel=1e-14)


def test_the_time_in_a_tandem_is_the_sum_of_the_times_in_its_stations() -> None:
    network = jackson_network([0.5, 0.0], [[0.0, 1.0], [0.0, 0.0]], [1.0, 2.0], [1, 1])
    total = sum(queue.mean_time_in_system for queue in network.stations)
    assert network.mean_time_in_system == pytest.approx(total, rel=1e-12)


def test_a_station_that_nobody_visits_stays_empty() -> None:
    network = jackson_network([0.5, 0.0], [[0.0, 0.0], [0.0, 0.0]], [1.0, 2.0], [1, 1])
    assert network.stations[1].mean_in_system == 0.0


OPEN = [[0.0, 1.0], [0.25, 0.0]]


@pytest.mark.parametrize(
    ("external", "routing", "rates", "servers", "reason"),
    [
        ([1.0, 0.0], OPEN, [1.0, 9.0], [1, 1], "station 0.*steady state"),
        ([1.0, 0.0], OPEN, [9.0, 1.0], [1, 1], "station 1.*steady state"),
        ([1.0, 0.0], [[0.0, 1.0], [1.0, 0.0]], [9.0, 9.0], [1, 1], "never be left"),
        ([1.0, 0.0], [[0.0, 0.0], [0.0, 1.0]], [9.0, 9.0], [1, 1], "never be left"),
        ([1.0, 0.0], [[0.6, 0.6], [0.0, 0.0]], [9.0, 9.0], [1, 1], "more than 1"),
        ([1.0, 0.0], [[-0.1, 0.6], [0.0, 0.0]], [9.0, 9.0], [1, 1], "negative"),
        ([1.0, 0.0], [[math.nan, 0.6], [0.0, 0.0]], [9.0, 9.0], [1, 1], "negative"),
        ([-1.0, 2.0], OPEN, [9.0, 9.0], [1, 1], "external_rates"),
        ([0.0, 0.0], OPEN, [9.0, 9.0], [1, 1], "external_rates"),
        ([[1.0, 0.0]], OPEN, [9.0, 9.0], [1, 1], "dimension"),
        ([1.0], OPEN, [9.0], [1], "shape"),
        ([1.0, 0.0], OPEN, [9.0], [1, 1], "shape"),
        ([1.0, 0.0], OPEN, [9.0, 9.0], [1.0, 1.5], "integers"),
        ([1.0, 0.0], OPEN, [9.0, 0.0], [1, 1], "station 1.*service_rate"),
        ([1.0, 0.0], OPEN, [9.0, 9.0], [1, 0], "station 1.*servers"),
    ],
)
def test_a_network_that_is_not_open_stable_and_well_formed_is_refused(
    external: list[float],
    routing: list[list[float]],
    rates: list[float],
    servers: list[int],
    reason: str,
) -> None:
    with pytest.raises(ValueError, match=reason):
        jackson_network(external, routing, rates, servers)


def test_littles_law_multiplies_rate_and_time() -> None:
    assert number_in_system(12.0, 0.25) == 3.0
    for wrong in ((-1.0, 1.0), (1.0, -1.0), (math.nan, 1.0), (1.0, math.nan)):
        with pytest.raises(ValueError, match="must not be negative"):
            number_in_system(*wrong)


def test_square_root_staffing_by_hand() -> None:
    assert square_root_staffing(100.0, 1.0) == 110
    assert square_root_staffing(100.0, 0.51) == 106
    assert square_root_staffing(100.0, -0.5) == 95
    assert square_root_staffing(0.25, -9.0) == 1
    for wrong in ((0.0, 1.0), (math.inf, 1.0), (1.0, math.nan)):
        with pytest.raises(ValueError, match="must be"):
            square_root_staffing(*wrong)


@pytest.mark.parametrize("beta", [0.2, 0.5, 1.0, 2.0])
def test_erlang_c_of_a_large_team_approaches_the_limit_of_halfin_and_whitt(beta: float) -> None:
    errors = []
    for load in (1e2, 1e4, 1e6):
        servers = square_root_staffing(load, beta)
        exact = erlang_c(load, servers)
        # Whole servers move beta a little; the limit is taken at the beta that results.
        limit = halfin_whitt_waiting((servers - load) / math.sqrt(load))
        errors.append(abs(exact - limit))
    assert errors[0] > errors[1] > errors[2]
    assert errors[2] < 1e-3


def test_the_limit_of_halfin_and_whitt_is_its_formula_and_starts_at_one() -> None:
    for beta in (0.1, 0.5, 1.0, 3.0):
        ratio = float(stats.norm.cdf(beta) / stats.norm.pdf(beta))
        assert halfin_whitt_waiting(beta) == pytest.approx(1.0 / (1.0 + beta * ratio), rel=1e-12)
    assert halfin_whitt_waiting(1e-9) == pytest.approx(1.0)
    with pytest.raises(ValueError, match="beta"):
        halfin_whitt_waiting(0.0)
