"""How many servers a target needs: the queueing formulas turned around.

Every function returns the least number of servers that meets a target in steady state. More
servers never make anybody wait longer, so the number is found by doubling and halving. Where the
target is met by one server, the answer is 1: somebody must be there.

Rates are per unit of time and times in that unit, as in :mod:`simulator.theory`.

Sources: Gross et al. 2008, chapter 2 (Erlang C) and Mandelbaum & Zeltyn 2005 (Erlang A), as in
:mod:`simulator.theory`; G. Koole, "Call Center Optimization", MG Books 2013, for the targets
that are usual.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from simulator.theory import check_not_negative, check_positive, mmc, mmc_with_abandonment


def servers_to_answer(arrival_rate: float, service_rate: float, share: float, within: float) -> int:
    """Return the servers that M/M/c needs to serve a share of arrivals in time.

    It is also the number that holds the quantile of the wait: the ``share`` quantile is at most
    ``within`` exactly if ``P(W <= within) >= share``.

    Parameters
    ----------
    arrival_rate : float
        Arrivals per unit of time, > 0.
    service_rate : float
        Services per unit of time of a busy server, > 0.
    share : float
        Share of arrivals, 0 <= share < 1 (that nobody waits cannot be had); 0 asks for a steady
        state only.
    within : float
        The wait that this share must not exceed, >= 0; with 0, the share that does not wait.

    Returns
    -------
    int
        The least c with P(W <= within) >= share (Gross, chapter 2; "80 % in 20 seconds" of call
        centers: Koole).

    Raises
    ------
    ValueError
        If an argument is out of range.
    """
    _check_rates(arrival_rate, service_rate)
    _check_promise(share, within)

    def is_met(servers: int) -> bool:
        return mmc(arrival_rate, service_rate, servers).wait_tail(within) <= 1.0 - share

    return _least(_fewest_steady(arrival_rate, service_rate), is_met)


def servers_for_mean_wait(arrival_rate: float, service_rate: float, wait: float) -> int:
    """Return the servers that M/M/c needs for a mean wait.

    Parameters
    ----------
    arrival_rate : float
        Arrivals per unit of time, > 0.
    service_rate : float
        Services per unit of time of a busy server, > 0.
    wait : float
        Mean time from arrival to the start of service over all arrivals, > 0.

    Returns
    -------
    int
        The least c with E(W) <= wait (Gross, chapter 2).

    Raises
    ------
    ValueError
        If an argument is out of range.
    """
    _check_rates(arrival_rate, service_rate)
    check_not_negative("wait", wait)
    if wait == 0.0:
        raise ValueError("wait must be positive: with a mean wait of 0 nobody ever waits")

    def is_met(servers: int) -> bool:
        return mmc(arrival_rate, service_rate, servers).mean_wait <= wait

    return _least(_fewest_steady(arrival_rate, service_rate), is_met)


def servers_against_abandonment(
    arrival_rate: float, service_rate: float, abandonment_rate: float, share: float
) -> int:
    """Return the servers that M/M/c+M needs so that few give up.

    Parameters
    ----------
    arrival_rate : float
        Arrivals per unit of time, > 0.
    service_rate : float
        Services per unit of time of a busy server, > 0.
    abandonment_rate : float
        One over the mean patience, > 0.
    share : float
        Share of arrivals that may leave without service, 0 < share < 1.

    Returns
    -------
    int
        The least c with P(abandon) <= share (Mandelbaum & Zeltyn, section 4.5). Below the
        offered load, too, there is a steady state.

    Raises
    ------
    ValueError
        If an argument is out of range.
    """
    _check_rates(arrival_rate, service_rate, abandonment_rate)
    if not 0.0 < share < 1.0:
        raise ValueError(f"share must be above 0 and below 1, not {share}")

    def is_met(servers: int) -> bool:
        queue = mmc_with_abandonment(arrival_rate, service_rate, servers, abandonment_rate)
        return queue.probability_of_abandonment <= share

    return _least(1, is_met)


def servers_to_answer_impatient(
    arrival_rate: float,
    service_rate: float,
    abandonment_rate: float,
    share: float,
    within: float,
) -> int:
    """Return the servers that M/M/c+M needs so that few are kept in the queue for long.

    Who gave up before the time was up has not waited longer: where patience is short, state a
    target for those who give up, too (:func:`servers_against_abandonment`), and take the larger
    number.

    Parameters
    ----------
    arrival_rate : float
        Arrivals per unit of time, > 0.
    service_rate : float
        Services per unit of time of a busy server, > 0.
    abandonment_rate : float
        One over the mean patience, > 0.
    share : float
        Share of arrivals whose wait is over in time, 0 <= share < 1.
    within : float
        The wait that this share must not exceed, >= 0.

    Returns
    -------
    int
        The least c with P(W > within) <= 1 - share, W being the time in the queue up to service
        or giving up (Mandelbaum & Zeltyn, section 4).

    Raises
    ------
    ValueError
        If an argument is out of range.
    """
    _check_rates(arrival_rate, service_rate, abandonment_rate)
    _check_promise(share, within)

    def is_met(servers: int) -> bool:
        queue = mmc_with_abandonment(arrival_rate, service_rate, servers, abandonment_rate)
        return queue.wait_tail(within) <= 1.0 - share

    return _least(1, is_met)


def _fewest_steady(arrival_rate: float, service_rate: float) -> int:
    """Return the fewest servers with which the queue of patient customers does not grow."""
    servers = math.floor(arrival_rate / service_rate) + 1
    while servers * service_rate <= arrival_rate:  # by rounding
        servers += 1
    return servers


def _least(fewest: int, is_met: Callable[[int], bool]) -> int:
    """Return the least number from `fewest` on that is enough, if all larger ones are, too."""
    if is_met(fewest):
        return fewest
    too_few, step = fewest, 1
    while not is_met(too_few + step):
        too_few += step
        step *= 2
    enough = too_few + step
    while enough - too_few > 1:
        middle = (too_few + enough) // 2
        if is_met(middle):
            enough = middle
        else:
            too_few = middle
    return enough


def _check_rates(arrival_rate: float, service_rate: float, abandonment_rate: float = 1.0) -> None:
    check_positive("arrival_rate", arrival_rate)
    check_positive("service_rate", service_rate)
    check_positive("abandonment_rate", abandonment_rate)


def _check_promise(share: float, within: float) -> None:
    """Refuse a share of waits that is no share, and a time that is no time."""
    if not 0.0 <= share < 1.0:
        raise ValueError(f"share must be in [0, 1), not {share}")
    check_not_negative("within", within)
