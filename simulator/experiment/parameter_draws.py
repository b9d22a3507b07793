"""Parameters drawn from what data told of them.

Draw k of a number is addressed by (seed, k, path): the same draw of two scenarios puts the same
number at the same place of its interval, so that comparisons stay paired. On its scale an error
is normal to either side of the value, by the width of its interval to that side: the value is the
median of the draws, and the ends of the interval are their 2.5 % and 97.5 % points. What a number
may not be is cut off (a truncated normal); numbers that together break a rule of the scenario (a
90th percentile below its median) are drawn anew together, until they keep it. Numbers are
independent unless their estimates name a group.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError
from scipy.special import ndtr, ndtri

from simulator.errors import Problem, ScenarioError
from simulator.experiment.statistics import CONFIDENCE
from simulator.scenario.checking import bounds
from simulator.scenario.fitted import Fit, back, onto
from simulator.scenario.outline import slot_at, value_at
from simulator.scenario.provenance import plain
from simulator.scenario.schema import Scenario
from simulator.scenario.strict_yaml import KeyPath, dotted

MOST_ATTEMPTS = 200
_QUANTILE = float(ndtri(0.5 + CONFIDENCE / 2.0))


@dataclass(frozen=True, slots=True)
class Draw:
    """One draw of all unknown numbers of a scenario.

    Attributes
    ----------
    scenario : Scenario
    values : dict of KeyPath to float
        What was drawn.
    scores : dict of KeyPath to float
        The same as standard normal errors.
    again : int
        How many numbers were drawn anew because they broke a rule together.
    """

    scenario: Scenario
    values: dict[KeyPath, float]
    scores: dict[KeyPath, float]
    again: int


def drawn(scenario: Scenario, fits: Mapping[KeyPath, Fit], seed: int, k: int) -> Scenario:
    """Return a scenario with its unknown numbers drawn; see :func:`draw`."""
    return draw(scenario, fits, seed, k).scenario


def draw(scenario: Scenario, fits: Mapping[KeyPath, Fit], seed: int, k: int) -> Draw:
    """Draw the unknown numbers of a scenario once.

    Parameters
    ----------
    scenario : Scenario
        With the values that were estimated.
    fits : mapping of KeyPath to Fit
        As :func:`simulator.scenario.loading.fits` returns them.
    seed : int
        Of the experiment.
    k : int
        Which draw, 0 or more.

    Raises
    ------
    ScenarioError
        If numbers break a rule of the scenario together in 200 draws.
    """
    tree = plain(scenario)
    stated = {path: value_at(tree, path) for path in fits}
    limits = {path: _limits(path, tree) for path in fits}
    attempts = dict.fromkeys(fits, 0)
    scores: dict[KeyPath, float] = {}
    values: dict[KeyPath, float] = {}
    again: set[KeyPath] = set()
    fresh = list(fits)
    while True:
        for path in fresh:
            scores[path] = _score(seed, k, path, fits[path], attempts[path])
            values[path] = _at(stated[path], fits[path], scores[path], limits[path])
            value_at(tree, path[:-1])[path[-1]] = values[path]
        try:
            made = Scenario.model_validate_json(json.dumps(tree))
        except ValidationError as error:
            fresh = _broken(tree, error, fits)
            again.update(fresh)
            for path in fresh:
                attempts[path] += 1
                if attempts[path] >= MOST_ATTEMPTS:
                    raise _refusal(fresh, fits, error) from error
            continue
        return Draw(made, values, scores, len(again))


def correlations(fits: Mapping[KeyPath, Fit]) -> NDArray[np.float64]:
    """Return the correlations of the scores, as they are drawn; shape (numbers, numbers)."""
    groups = [fit.group for fit in fits.values()]
    loads = np.array([_load(fit) for fit in fits.values()])
    together = np.array([[one == other and one != "" for other in groups] for one in groups])
    found = np.where(together, np.outer(loads, loads), 0.0)
    np.fill_diagonal(found, 1.0)
    return found


# ------------------------------------------------------------------ one number


def _load(fit: Fit) -> float:
    """How much of its score a number has from its group."""
    return math.copysign(math.sqrt(abs(fit.correlation)), fit.correlation)


def _score(seed: int, k: int, path: KeyPath, fit: Fit, attempt: int) -> float:
    own = _normal(seed, k, ["number", *path], attempt)
    if not fit.group:
        return own
    load = _load(fit)
    shared = _normal(seed, k, ["group", fit.group], attempt)
    return load * shared + math.sqrt(1.0 - load * load) * own


def _normal(seed: int, k: int, what: Sequence[str | int], attempt: int) -> float:
    """Return the standard normal number at an address."""
    address = json.dumps(["what we do not know", seed, k, what, attempt])
    digits = int.from_bytes(hashlib.sha256(address.encode()).digest()[:8], "big") >> 12
    return float(ndtri((digits + 0.5) * 2.0**-52))


@dataclass(frozen=True, slots=True)
class _Limits:
    """What a number may be."""

    low: float
    high: float
    above_low: bool  # low itself is not allowed
    below_high: bool
    whole: bool


def _limits(path: KeyPath, tree: Any) -> _Limits:
    slot = slot_at(Scenario, path, tree)
    low_kind, low, high_kind, high = bounds(slot) if slot else ("", None, "", None)
    return _Limits(
        -math.inf if low is None else float(low),
        math.inf if high is None else float(high),
        low_kind == "gt",
        high_kind == "lt",
        isinstance(value_at(tree, path), int),
    )


def _at(value: float, fit: Fit, score: float, limits: _Limits) -> float:
    """Return the number whose error is so many standard errors."""
    middle, low, high = (onto(each, fit.scale) for each in (value, fit.low, fit.high))
    down, up = (middle - low) / _QUANTILE, (high - middle) / _QUANTILE
    lowest = (onto(limits.low, fit.scale) - middle) / down if down > 0.0 else -math.inf
    highest = (onto(limits.high, fit.scale) - middle) / up if up > 0.0 else math.inf
    if lowest > -math.inf or highest < math.inf:
        under, over = float(ndtr(lowest)), float(ndtr(highest))
        score = float(ndtri(under + float(ndtr(score)) * (over - under)))
    # An end is met by rounding, or by a score of infinity.
    score = min(max(score, lowest), highest)
    found = back(middle + (score * down if score < 0.0 else score * up), fit.scale)
    if limits.whole:
        least = math.floor(limits.low) + 1 if limits.above_low else limits.low
        most = math.ceil(limits.high) - 1 if limits.below_high else limits.high
        return int(min(max(round(found), least), most))
    if limits.above_low and found <= limits.low:
        return math.nextafter(limits.low, math.inf)
    if limits.below_high and found >= limits.high:
        return math.nextafter(limits.high, -math.inf)
    return min(max(found, limits.low), limits.high)


# ------------------------------------------------------------------ numbers together


def _broken(tree: Any, error: ValidationError, fits: Mapping[KeyPath, Fit]) -> list[KeyPath]:
    """Return the numbers that stand where a rule is broken."""
    found: dict[KeyPath, None] = {}
    for each in error.errors(include_url=False):
        place: KeyPath = each["loc"]
        # The name of a law is part of pydantic's location, but no key.
        while place and value_at(tree, place) is None:
            place = place[:-1]
        found |= dict.fromkeys(path for path in fits if path[: len(place)] == place)
    return list(found)


def _refusal(
    paths: Sequence[KeyPath], fits: Mapping[KeyPath, Fit], error: ValidationError
) -> ScenarioError:
    said = error.errors(include_url=False)[0]["msg"].removeprefix("Value error, ")
    rule = (
        f"drawn {MOST_ATTEMPTS} times from their estimates, these numbers broke a rule every time"
        f" ({said}). Remedy: narrower intervals, or leave out the estimate of one of them"
    )
    names = ", ".join(dotted(path) for path in paths)
    return ScenarioError([Problem(fits[paths[0]].where, names, "", rule)])
