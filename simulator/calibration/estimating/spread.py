"""How much people differ beyond chance, from how much each of them brought about.

Every person's count is Poisson about its own rate, and the rates are lognormal: the model's own
assumption about people. The common rate is integrated out, so that few people do not make the
spread look smaller than it is.
"""

from __future__ import annotations

import numpy as np
from scipy import stats
from scipy.special import logsumexp

from simulator.calibration.estimates import CONFIDENCE, Estimate
from simulator.calibration.records import Floats
from simulator.languages.messages import say

# Grid of a person's own log rate: this far from the middle, in steps of this size.
_REACH, _STEP = 10.0, 0.03
_KNOWN = 1000.0
_SPREADS = np.linspace(0.0, 2.0, 61)
_LEVELS = 31
_MOST = 200
"""Of more people than this, this many are taken, evenly spaced by their rate."""


def spread_between(key: str, counts: Floats, exposure: Floats) -> Estimate | None:
    """Estimate the standard deviation between people of the logarithm of their rates.

    Parameters
    ----------
    key : str
    counts : ndarray of float64, (people,)
    exposure : ndarray of float64, (people,)
        Time over which each was seen; above 0.

    Returns
    -------
    Estimate or None
        With the interval of a likelihood ratio, 0 included where chance alone may explain the
        differences. None with fewer than three people or fewer than ten cases.
    """
    people, total = len(counts), float(counts.sum())
    if people < 3 or total < 10.0:
        return None
    n = int(total)
    if people > _MOST:
        order = np.argsort(counts / exposure)
        chosen = order[np.linspace(0, people - 1, _MOST).astype(np.int64)]
        counts, exposure = counts[chosen], exposure[chosen]
    likelihood = _likelihood(counts, exposure)
    best = int(np.argmax(likelihood))
    # By Student's t in place of the normal: the level was estimated from as many people.
    drop = 0.5 * float(stats.t.ppf((1.0 + CONFIDENCE) / 2.0, len(counts) - 1)) ** 2
    inside = np.flatnonzero(likelihood >= likelihood[best] - drop)
    first, last = int(inside[0]), int(inside[-1])
    low = _crossing(likelihood, likelihood[best] - drop, first, -1)
    high = _crossing(likelihood, likelihood[best] - drop, last, 1)
    return Estimate(
        key, float(_SPREADS[best]), low, high, n, "log standard deviation",
        say("Poisson counts about lognormal rates of {people} people, likelihood ratio",
            people=people),
    )  # fmt: skip


def _likelihood(counts: Floats, exposure: Floats) -> Floats:
    """Log likelihood of each spread in `_SPREADS`, the common level integrated out."""
    # Beyond a thousand cases a person's rate is known better than the grid is fine.
    less = np.minimum(_KNOWN / np.maximum(counts, 1.0), 1.0)
    counts, exposure = counts * less, exposure * less
    rates = np.log((counts + 0.5) / exposure)
    middle = float(np.mean(rates))
    grid = np.arange(middle - _REACH, middle + _REACH, _STEP)
    of_person = counts[:, None] * grid - exposure[:, None] * np.exp(grid)
    of_person = np.exp(of_person - of_person.max(axis=1, keepdims=True))
    wide = float(np.std(rates)) + 1.0 / np.sqrt(counts.sum() + 1.0)
    levels = middle + np.linspace(-5.0, 5.0, _LEVELS) * wide / np.sqrt(len(counts))
    found = np.empty(len(_SPREADS))
    for i, spread in enumerate(_SPREADS):
        # Narrower than the grid is as good as no spread at all.
        off = (grid[:, None] - levels) / max(spread, 0.6 * _STEP)
        weights = np.exp(-0.5 * off * off)
        mixed = of_person @ (weights / weights.sum(axis=0))
        found[i] = float(logsumexp(np.log(np.maximum(mixed, 1e-300)).sum(axis=0)))
    return found


def _crossing(likelihood: Floats, level: float, at: int, step: int) -> float:
    """The spread between two of the grid at which the likelihood falls to a level."""
    outside = at + step
    if not 0 <= outside < len(likelihood):
        return float(_SPREADS[at])
    part = (likelihood[at] - level) / (likelihood[at] - likelihood[outside])
    return float(_SPREADS[at] + part * (_SPREADS[outside] - _SPREADS[at]))
