"""Cooperative games: what of the value of all players belongs to each, and to pairs of them.

A coalition is a whole number: player i is in it if its bit ``1 << i`` is set. Sources: Shapley
1953; Grabisch & Roubens 1999 (interaction index); Castro, Gómez & Tejada 2009 (sampled orders).

Values are finite, or NaN where one is missing: whoever has infinite ones knows no share.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PairEffects:
    """How two players act on each other's contribution.

    Attributes
    ----------
    first, second : int
        The players.
    first_without, first_with : ndarray of float64
        Average contribution of the first without and with the second present.
    second_without, second_with : ndarray of float64
        The same for the second.
    """

    first: int
    second: int
    first_without: Floats
    first_with: Floats
    second_without: Floats
    second_with: Floats

    @property
    def interaction(self) -> Floats:
        """The Shapley interaction index; the same seen from both players."""
        return self.first_with - self.first_without


def shares(values: Floats) -> Floats:
    """Return the Shapley value of each player from the value of every coalition.

    Parameters
    ----------
    values : ndarray of float64, shape (..., 2**n)
        In the order of the coalitions' numbers.

    Returns
    -------
    ndarray of float64, shape (..., n)
        They add up to the value of all players minus that of none.
    """
    players = _players(values)
    found = np.zeros((*values.shape[:-1], players))
    for player in range(players):
        others = _coalitions(players, 1 << player)
        for coalition in others:
            gained = values[..., coalition | 1 << player] - values[..., coalition]
            found[..., player] += gained / (players * comb(players - 1, coalition.bit_count()))
    return found


def pair_effects(values: Floats) -> list[PairEffects]:
    """Return the effects of all pairs of players on each other.

    Parameters
    ----------
    values : ndarray of float64, shape (..., 2**n)
        In the order of the coalitions' numbers.

    Returns
    -------
    list of PairEffects
        With arrays of the shape of `values` without its last axis.
    """
    players = _players(values)
    found = []
    for first, second in combinations(range(players), 2):
        one, two = 1 << first, 1 << second
        parts = np.zeros((4, *values.shape[:-1]))
        for coalition in _coalitions(players, one | two):
            none, only_one, only_two, both = (
                values[..., coalition | more] for more in (0, one, two, one | two)
            )
            weight = 1.0 / ((players - 1) * comb(players - 2, coalition.bit_count()))
            for place, gained in enumerate(
                (only_one - none, both - only_two, only_two - none, both - only_one)
            ):
                parts[place] += weight * gained
        found.append(PairEffects(first, second, *parts))
    return found


def order_pair(players: int, seed: int, replication: int) -> tuple[list[int], list[int]]:
    """Draw an order of the players, and return it with its reverse.

    Parameters
    ----------
    players : int
    seed, replication : int
        The same two give the same order.
    """
    order = [int(p) for p in np.random.default_rng([seed, replication]).permutation(players)]
    return order, order[::-1]


def visited(orders: Sequence[Sequence[int]]) -> list[int]:
    """Return the coalitions that the orders pass through, each once."""
    found = dict.fromkeys([0])
    for order in orders:
        coalition = 0
        for player in order:
            coalition |= 1 << player
            found[coalition] = None
    return list(found)


def sampled_shares(values: Mapping[int, Floats], orders: Sequence[Sequence[int]]) -> Floats:
    """Return the mean contribution of each player over some orders.

    Parameters
    ----------
    values : mapping of int to ndarray of float64
        By coalition, for all that the orders pass through.
    orders : sequence of sequence of int

    Returns
    -------
    ndarray of float64, shape (..., n)
        Unbiased for the Shapley values if the orders are drawn; they add up as those do.
    """
    found = np.zeros((*values[0].shape, len(orders[0])))
    for order in orders:
        coalition = 0
        for player in order:
            joined = coalition | 1 << player
            found[..., player] += (values[joined] - values[coalition]) / len(orders)
            coalition = joined
    return found


def _players(values: Floats) -> int:
    return int(values.shape[-1] - 1).bit_length()


def _coalitions(players: int, without: int) -> list[int]:
    return [each for each in range(1 << players) if not each & without]
