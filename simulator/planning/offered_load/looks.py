"""Marketing's looks at a buyer: when the mean of several noisy scores passes a cutoff."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import special

from simulator.planning.offered_load.workload import Floats

_STEP = 0.2
"""Of the grid on which the sum of errors is followed, in standard errors of a look."""
_WIDTH = 6.0
"""How far the grid reaches, in standard errors of the sum."""


@dataclass(frozen=True, slots=True)
class Looks:
    """What becomes of those who come, look by look.

    Attributes
    ----------
    passed : list of ndarray, each of shape (classes,)
        Share that passes at this look.
    held : list of ndarray
        Share with which this look is held: those who did not pass before.
    scored : list of ndarray
        Sum of the scores that it shows.
    """

    passed: list[Floats]
    held: list[Floats]
    scored: list[Floats]


def looks(fit: Floats, cutoff: float, noise: float, rounds: int, again: bool) -> Looks:
    """Follow the mean score of each class until it passes the cutoff.

    Parameters
    ----------
    fit : ndarray, shape (classes,)
        What a score without error would show.
    cutoff : float
        Lowest mean score that passes.
    noise : float
        Error of one look, a standard deviation.
    rounds : int
        Further looks at those that do not pass.
    again : bool
        Whether they have passed before (at the first look), and come back.

    Returns
    -------
    Looks
        For at most ``1 + rounds`` looks.

    Notes
    -----
    The sum of the errors so far is a random walk that ends where the mean score passes; its
    density is followed on a grid by convolution with the normal law.
    """
    noise = max(noise, 1e-9)
    bar = (cutoff - fit) / noise
    far = _WIDTH * math.sqrt(rounds + 2.0)
    grid = np.arange(-far, far + _STEP, _STEP)
    bell = _STEP * np.exp(-0.5 * grid**2) / math.sqrt(2.0 * math.pi)
    apart = grid[:, np.newaxis] - grid
    moves = _STEP * np.exp(-0.5 * apart**2) / math.sqrt(2.0 * math.pi)

    def below(look: int) -> Floats:
        """Return how much of each cell of the grid does not pass."""
        edge = (look * bar)[:, np.newaxis] - grid + _STEP / 2.0
        return np.asarray(np.clip(edge / _STEP, 0.0, 1.0))

    seen = Looks([], [], [])
    if again:
        walk = bell * (1.0 - below(1))
        total = walk.sum(axis=1, keepdims=True)
        walk = np.divide(walk, total, out=np.zeros_like(walk), where=total > 1e-12)
    else:
        seen.passed.append(special.ndtr(-bar))
        seen.held.append(np.ones_like(fit))
        seen.scored.append(fit.copy())
        walk = bell * below(1)
        rounds -= 1
    for look in range(2, rounds + 3):
        through = special.ndtr(grid - (look * bar)[:, np.newaxis])
        held = walk.sum(axis=1)
        seen.passed.append((walk * through).sum(axis=1))
        seen.held.append(held)
        seen.scored.append(fit * held + noise * (walk @ grid) / look)
        walk = (walk @ moves) * below(look)
    return seen
