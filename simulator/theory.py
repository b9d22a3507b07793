"""Queueing formulas that the simulator must reproduce when its laws are exponential.

Formulas only, no simulation and nothing of the organization. Rates are per unit of time and
times in that unit, whichever it is (per business day and business days here). Arrivals are
Poisson, service times and patience exponential, the order first come, first served.

Sources: D. Gross, J. F. Shortle, J. M. Thompson & C. M. Harris, "Fundamentals of Queueing
Theory", 4th ed., Wiley 2008 (below: Gross); A. Mandelbaum & S. Zeltyn, "The Palm/Erlang-A
queue, with applications to call centers", Technion 2005 (below: Mandelbaum & Zeltyn);
S. Halfin & W. Whitt, "Heavy-traffic limits for queues with many exponential servers",
Operations Research 29 (1981) 567-588.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

_NEGLIGIBLE = 1e-18
_SAFE = 1e-200


@dataclass(frozen=True, slots=True)
class Queue:
    """The steady state of an M/M/c queue."""

    arrival_rate: float
    """Arrivals per unit of time."""
    service_rate: float
    """Services per unit of time of one server that is busy."""
    servers: int
    """The number of servers."""
    probability_of_waiting: float
    """Share of arrivals that find every server busy."""

    @property
    def utilization(self) -> float:
        """Share of the servers' time that is busy."""
        return self.arrival_rate / (self.servers * self.service_rate)

    @property
    def mean_wait(self) -> float:
        """Mean time from arrival to the start of service, over all arrivals."""
        return self.probability_of_waiting / self._spare_rate

    @property
    def mean_time_in_system(self) -> float:
        """Mean time from arrival to the end of service."""
        return self.mean_wait + 1.0 / self.service_rate

    @property
    def mean_queue(self) -> float:
        """Mean number that waits."""
        return number_in_system(self.arrival_rate, self.mean_wait)

    @property
    def mean_in_system(self) -> float:
        """Mean number that waits or is served."""
        return number_in_system(self.arrival_rate, self.mean_time_in_system)

    def wait_tail(self, time: float) -> float:
        """Return the probability of waiting longer than a time.

        Parameters
        ----------
        time : float
            A wait, >= 0.

        Returns
        -------
        float
            P(W > time) (Gross, chapter 2).

        Raises
        ------
        ValueError
            If the time is negative or not a number.
        """
        if not time >= 0.0:
            raise ValueError(f"time must not be negative, not {time}")
        return self.probability_of_waiting * math.exp(-self._spare_rate * time)

    def wait_quantile(self, probability: float) -> float:
        """Return the wait that is not exceeded with a probability.

        Parameters
        ----------
        probability : float
            0 <= probability < 1.

        Returns
        -------
        float
            The smallest t with P(W <= t) >= probability; 0 up to the share that does not wait.

        Raises
        ------
        ValueError
            If the probability is out of range.
        """
        if not 0.0 <= probability < 1.0:
            raise ValueError(f"probability must be in [0, 1), not {probability}")
        if self.probability_of_waiting <= 1.0 - probability:
            return 0.0
        return math.log(self.probability_of_waiting / (1.0 - probability)) / self._spare_rate

    @property
    def _spare_rate(self) -> float:
        return self.servers * self.service_rate - self.arrival_rate


@dataclass(frozen=True, slots=True)
class ImpatientQueue:
    """The steady state of an M/M/c+M queue (Erlang A)."""

    arrival_rate: float
    """Arrivals per unit of time."""
    service_rate: float
    """Services per unit of time of one server that is busy."""
    servers: int
    """The number of servers."""
    abandonment_rate: float
    """One over the mean patience."""
    probability_of_waiting: float
    """Share of arrivals that find every server busy."""
    mean_queue: float
    """Mean number that waits."""
    mean_busy: float
    """Mean number of busy servers."""

    @property
    def probability_of_abandonment(self) -> float:
        """Share of arrivals that leave without service."""
        return self.abandonment_rate * self.mean_queue / self.arrival_rate

    @property
    def mean_wait(self) -> float:
        """Mean time in the queue over all arrivals, those that leave it included."""
        return self.mean_queue / self.arrival_rate

    @property
    def utilization(self) -> float:
        """Share of the servers' time that is busy."""
        return self.mean_busy / self.servers

    @property
    def mean_in_system(self) -> float:
        """Mean number that waits or is served."""
        return self.mean_queue + self.mean_busy

    def wait_tail(self, time: float) -> float:
        """Return the probability of being in the queue for longer than a time.

        Parameters
        ----------
        time : float
            A wait, >= 0.

        Returns
        -------
        float
            P(W > time), over all arrivals, where the wait W ends with service or with giving
            up: the offered wait is longer, and so is the patience (Mandelbaum & Zeltyn,
            section 4).

        Raises
        ------
        ValueError
            If the time is negative or not a number.
        """
        return self.offered_wait_tail(time) * math.exp(-self.abandonment_rate * time)

    def offered_wait_tail(self, time: float) -> float:
        """Return the probability that somebody of endless patience would wait longer than a time.

        Parameters
        ----------
        time : float
            A wait, >= 0.

        Returns
        -------
        float
            P(V > time) of the offered (virtual) wait V.

        Raises
        ------
        ValueError
            If the time is negative or not a number.

        Notes
        -----
        The density of V at ``x > 0`` is proportional to
        ``exp(lambda * (1 - exp(-theta * x)) / theta - c * mu * x)`` (F. Baccelli & G. Hebuterne,
        "On queues with impatient customers", Performance '81, 159-179; Mandelbaum & Zeltyn,
        section 4.7). With ``y = lambda * exp(-theta * x) / theta`` for x it becomes a gamma
        density, so that P(V > t | V > 0) is the ratio of the lower incomplete gamma functions of
        ``a = c * mu / theta`` at ``y(t)`` and ``y(0)``; where these are too small for a floating
        point number, the ratio of their power series.
        """
        if not time >= 0.0:
            raise ValueError(f"time must not be negative, not {time}")
        rate, most = self.abandonment_rate, self.servers * self.service_rate
        if rate == 0.0:
            spare = most - self.arrival_rate
            return self.probability_of_waiting * math.exp(-spare * time)
        shape, now = most / rate, self.arrival_rate / rate
        then = now * math.exp(-rate * time)
        below = float(special.gammainc(shape, now))
        if below > _SAFE:
            kept = float(special.gammainc(shape, then)) / below
        else:
            kept = math.exp(now - then - most * time) * _series(shape, then) / _series(shape, now)
        return self.probability_of_waiting * min(kept, 1.0)


@dataclass(frozen=True, slots=True)
class Network:
    """The steady state of an open Jackson network."""

    arrival_rates: tuple[float, ...]
    """Arrivals per unit of time at each station, from outside and from other stations."""
    stations: tuple[Queue, ...]
    """Each station, which behaves as an M/M/c queue of its own."""
    mean_in_system: float
    """Mean number in the network."""
    mean_time_in_system: float
    """Mean time from entering the network to leaving it."""


def number_in_system(arrival_rate: float, mean_time: float) -> float:
    """Return the mean number present, by Little's law L = lambda W.

    J. D. C. Little, "A proof for the queuing formula L = lambda W", Operations Research 9
    (1961) 383-387. It holds for any law and any order of service.

    Parameters
    ----------
    arrival_rate : float
        Arrivals per unit of time, >= 0.
    mean_time : float
        Mean time that each stays, >= 0.

    Returns
    -------
    float
        The mean number present.

    Raises
    ------
    ValueError
        If either is negative or not a number.
    """
    if not arrival_rate >= 0.0:
        raise ValueError(f"arrival_rate must not be negative, not {arrival_rate}")
    if not mean_time >= 0.0:
        raise ValueError(f"mean_time must not be negative, not {mean_time}")
    return arrival_rate * mean_time


def erlang_b(load: float, servers: int) -> float:
    """Return the share of arrivals that M/M/c/c turns away.

    Parameters
    ----------
    load : float
        Offered load, arrival rate over service rate, in servers; >= 0.
    servers : int
        >= 0.

    Returns
    -------
    float
        The blocking probability, by the recursion over servers (Gross, chapter 2), which
        neither overflows nor cancels.

    Raises
    ------
    ValueError
        If the load or the number of servers is out of range.
    """
    check_not_negative("load", load)
    if servers < 0:
        raise ValueError(f"servers must not be negative, not {servers}")
    if load == 0.0:
        return 0.0 if servers else 1.0
    blocking = 1.0
    for busy in range(1, servers + 1):
        blocking = load * blocking / (busy + load * blocking)
    return blocking


def erlang_c(load: float, servers: int) -> float:
    """Return the share of arrivals that M/M/c makes wait.

    Parameters
    ----------
    load : float
        Offered load, arrival rate over service rate, in servers; 0 <= load < servers.
    servers : int
        >= 1.

    Returns
    -------
    float
        The probability of waiting (Gross, chapter 2), from the blocking probability.

    Raises
    ------
    ValueError
        If the load is out of range, above all if the queue would grow without bound.
    """
    if servers < 1:
        raise ValueError(f"servers must be at least 1, not {servers}")
    if load >= servers:
        raise ValueError(f"a load of {load} on {servers} servers has no steady state")
    blocking = erlang_b(load, servers)
    return servers * blocking / (servers - load * (1.0 - blocking))


def mm1(arrival_rate: float, service_rate: float) -> Queue:
    """Return the steady state of M/M/1 (Gross, chapter 2).

    Parameters
    ----------
    arrival_rate : float
        Arrivals per unit of time, 0 <= arrival_rate < service_rate.
    service_rate : float
        Services per unit of time of a busy server.

    Returns
    -------
    Queue
        The steady state.

    Raises
    ------
    ValueError
        If a rate is out of range or there is no steady state.
    """
    return mmc(arrival_rate, service_rate, 1)


def mmc(arrival_rate: float, service_rate: float, servers: int) -> Queue:
    """Return the steady state of M/M/c, also called Erlang C (Gross, chapter 2).

    Parameters
    ----------
    arrival_rate : float
        Arrivals per unit of time, 0 <= arrival_rate < servers * service_rate.
    service_rate : float
        Services per unit of time of a busy server, > 0.
    servers : int
        >= 1.

    Returns
    -------
    Queue
        The steady state.

    Raises
    ------
    ValueError
        If an argument is out of range or there is no steady state.
    """
    _check_rates(arrival_rate, service_rate)
    waiting = erlang_c(arrival_rate / service_rate, servers)
    return Queue(arrival_rate, service_rate, servers, waiting)


def mmc_with_abandonment(
    arrival_rate: float, service_rate: float, servers: int, abandonment_rate: float
) -> ImpatientQueue:
    """Return the steady state of M/M/c+M, also called Erlang A.

    Parameters
    ----------
    arrival_rate : float
        Arrivals per unit of time, > 0.
    service_rate : float
        Services per unit of time of a busy server, > 0.
    servers : int
        >= 1.
    abandonment_rate : float
        One over the mean patience, >= 0; with 0, M/M/c.

    Returns
    -------
    ImpatientQueue
        The steady state; with an abandonment rate above 0 there always is one.

    Raises
    ------
    ValueError
        If an argument is out of range, or nobody abandons and there is no steady state.

    Notes
    -----
    The number present is a birth-death process: births `arrival_rate`, deaths
    ``min(n, c) * service_rate + max(n - c, 0) * abandonment_rate`` (Mandelbaum & Zeltyn,
    section 3). Its weights are summed outwards from the most likely state, whose weight is
    set to 1, so nothing overflows and all terms are positive. On either side the ratio of
    neighbors falls, so a geometric series bounds what is left out; the sums stop when that
    bound, first moment included, is below 1e-18 of what they came to. The cost is about
    ``10 * sqrt(arrival_rate / abandonment_rate)`` steps at most.
    """
    _check_rates(arrival_rate, service_rate)
    if arrival_rate == 0.0:
        raise ValueError("arrival_rate must be positive")
    if servers < 1:
        raise ValueError(f"servers must be at least 1, not {servers}")
    if not 0.0 <= abandonment_rate < math.inf:
        raise ValueError(f"abandonment_rate must be finite and not negative: {abandonment_rate}")
    load = arrival_rate / service_rate
    if abandonment_rate == 0.0:
        patient = mmc(arrival_rate, service_rate, servers)
        return ImpatientQueue(
            arrival_rate,
            service_rate,
            servers,
            0.0,
            patient.probability_of_waiting,
            patient.mean_queue,
            load,
        )

    def deaths(present: int) -> float:
        served = min(present, servers) * service_rate
        return served + max(present - servers, 0) * abandonment_rate

    if load <= servers:
        mode = int(load)
    else:
        mode = servers + int((arrival_rate - servers * service_rate) / abandonment_rate)

    total = waiting = queue = busy = 0.0

    def add(present: int, weight: float) -> None:
        nonlocal total, waiting, queue, busy
        total += weight
        busy += weight * min(present, servers)
        if present >= servers:
            waiting += weight
            queue += weight * (present - servers)

    add(mode, 1.0)
    present, weight = mode, 1.0
    while True:
        present += 1
        ratio = arrival_rate / deaths(present)
        weight *= ratio
        add(present, weight)
        rest = 1.0 - ratio
        # Against the queue, not the total, which dwarfs it when servers are plenty.
        left_out = weight * (present + 1.0 / rest) / rest if rest > 0.0 else math.inf
        if present > servers and left_out <= _NEGLIGIBLE * queue:
            break
    present, weight = mode, 1.0
    while present > 0:
        ratio = deaths(present) / arrival_rate
        present -= 1
        weight *= ratio
        add(present, weight)
        rest = 1.0 - ratio
        if rest > 0.0 and weight * (present + 1.0) / rest <= _NEGLIGIBLE * total:
            break
    return ImpatientQueue(
        arrival_rate,
        service_rate,
        servers,
        abandonment_rate,
        waiting / total,
        queue / total,
        busy / total,
    )


def jackson_network(
    external_rates: ArrayLike,
    routing: ArrayLike,
    service_rates: ArrayLike,
    servers: ArrayLike,
) -> Network:
    """Return the steady state of an open Jackson network.

    J. R. Jackson, "Networks of waiting lines", Operations Research 5 (1957) 518-521.

    Parameters
    ----------
    external_rates : array_like of float, shape (stations,)
        Arrivals from outside per unit of time, >= 0, at least one > 0.
    routing : array_like of float, shape (stations, stations)
        ``routing[i, j]`` is the probability of going from i to j; the rest of a row leaves.
    service_rates : array_like of float, shape (stations,)
        Services per unit of time of a busy server, > 0.
    servers : array_like of int, shape (stations,)
        >= 1.

    Returns
    -------
    Network
        Its arrival rates solve ``rates = external + rates @ routing``.

    Raises
    ------
    ValueError
        If shapes differ, a value is out of range, a row of the routing adds up to more than
        1, some station can never be left for good, or a station has no steady state.
    """
    external = np.asarray(external_rates, dtype=np.float64)
    transitions = np.asarray(routing, dtype=np.float64)
    rates = np.asarray(service_rates, dtype=np.float64)
    teams = np.asarray(servers)
    if external.ndim != 1:
        raise ValueError(f"external_rates must have one dimension, not {external.ndim}")
    stations = len(external)
    if transitions.shape != (stations, stations):
        raise ValueError(f"routing must have shape {(stations, stations)}")
    if rates.shape != (stations,) or teams.shape != (stations,):
        raise ValueError(f"service_rates and servers must have shape {(stations,)}")
    if not np.issubdtype(teams.dtype, np.integer):
        raise ValueError("servers must be integers")
    if not np.all(np.isfinite(external)) or np.any(external < 0.0) or not np.any(external > 0.0):
        raise ValueError("external_rates must be finite, not negative and not all zero")
    # Rows written as decimals may exceed 1 by rounding.
    if not np.all(transitions >= 0.0) or np.any(transitions.sum(axis=1) > 1.0 + 1e-12):
        raise ValueError("routing must not be negative, and no row may add up to more than 1")
    if not np.all(_can_leave(transitions)):
        raise ValueError("some stations can never be left for good: the network is not open")

    arrivals = np.linalg.solve(np.eye(stations) - transitions.T, external)
    # Rounding may leave a station that nobody reaches slightly below zero.
    arrivals = np.maximum(arrivals, 0.0)
    queues: list[Queue] = []
    for station in range(stations):
        try:
            queues.append(mmc(float(arrivals[station]), float(rates[station]), int(teams[station])))
        except ValueError as error:
            raise ValueError(f"station {station}: {error}") from error
    present = math.fsum(queue.mean_in_system for queue in queues)
    return Network(
        arrival_rates=tuple(arrivals.tolist()),
        stations=tuple(queues),
        mean_in_system=present,
        mean_time_in_system=present / float(external.sum()),
    )


def square_root_staffing(load: float, beta: float) -> int:
    """Return the servers that a load needs at a quality of service.

    Parameters
    ----------
    load : float
        Offered load, arrival rate over service rate, in servers; > 0.
    beta : float
        How many square roots of the load to add to it; about 0 for a balance of quality and
        cost with abandonment, about 1 for one arrival in five to wait.

    Returns
    -------
    int
        ``load + beta * sqrt(load)``, rounded up, at least 1 (Halfin & Whitt).

    Raises
    ------
    ValueError
        If the load is not positive and finite, or beta not finite.
    """
    check_positive("load", load)
    if not math.isfinite(beta):
        raise ValueError(f"beta must be finite, not {beta}")
    return max(1, math.ceil(load + beta * math.sqrt(load)))


def halfin_whitt_waiting(beta: float) -> float:
    """Return the share of arrivals that a large M/M/c staffed by the square root makes wait.

    Parameters
    ----------
    beta : float
        ``(servers - load) / sqrt(load)``; > 0.

    Returns
    -------
    float
        The limit of the probability of waiting for large loads,
        ``1 / (1 + beta * Phi(beta) / phi(beta))`` (Halfin & Whitt).

    Raises
    ------
    ValueError
        If beta is not positive.
    """
    if not beta > 0.0:
        raise ValueError(f"beta must be positive, not {beta}")
    below = 0.5 * math.erfc(-beta / math.sqrt(2.0))
    density = math.exp(-0.5 * beta * beta) / math.sqrt(2.0 * math.pi)
    return density / (density + beta * below)


def check_positive(name: str, value: float) -> None:
    """Refuse an argument that is not above 0 or not finite."""
    if not 0.0 < value < math.inf:
        raise ValueError(f"{name} must be positive and finite, not {value}")


def check_not_negative(name: str, value: float) -> None:
    """Refuse an argument that is below 0 or not finite."""
    if not 0.0 <= value < math.inf:
        raise ValueError(f"{name} must be finite and not negative, not {value}")


def _check_rates(arrival_rate: float, service_rate: float) -> None:
    check_not_negative("arrival_rate", arrival_rate)
    check_positive("service_rate", service_rate)


def _series(shape: float, upto: float) -> float:
    """Return the lower incomplete gamma function over ``upto**shape * exp(-upto) / shape``."""
    total = term = 1.0
    step = shape
    while term > _NEGLIGIBLE * total:
        step += 1.0
        term *= upto / step
        total += term
    return total


def _can_leave(transitions: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which stations have a way out of the network."""
    leaves: NDArray[np.bool_] = transitions.sum(axis=1) < 1.0 - 1e-12
    for _ in range(len(transitions)):
        leaves = leaves | np.any((transitions > 0.0) & leaves[np.newaxis, :], axis=1)
    return leaves
