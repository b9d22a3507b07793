"""Laws of durations with what maximum likelihood needs of them.

The parameters of a law stand in one array in which every number is allowed (logarithms, logits),
so that a search needs no walls; `Law.told` gives them their usual names. The formulas are those of
scipy.stats, written out because a search asks for them tens of thousands of times.

With a cure fraction (Boag 1949, J. R. Stat. Soc. B 11, 15) a share of the cases never ends, and
the law is that of the others.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy import optimize, special

from simulator.calibration.records import Floats
from simulator.languages.messages import marked, say

WITH_CURE = " with cure"
_NAMES = (
    marked("exponential"), marked("gamma"), marked("Weibull"), marked("lognormal"),
    marked("log-logistic"), marked("two lognormals"),
)  # fmt: skip
"""What a law's name ends in when a share of the cases never ends."""

_LOG_ROOT = 0.5 * math.log(2.0 * math.pi)
_SPREAD = (math.log(0.02), math.log(8.0))
_SHAPE = (math.log(0.05), math.log(50.0))
_LOGIT = (-9.0, 9.0)
_FAR = 8.0  # a median lies at most so many logarithms beyond the seen durations


class Ages(NamedTuple):
    """Ages with their logarithms (that of 0 being very low)."""

    plain: Floats
    logs: Floats

    @classmethod
    def of(cls, values: Floats) -> Ages:
        """Take the logarithms once, for many looks."""
        return cls(values, np.log(np.maximum(values, 1e-300)))


class Shape(NamedTuple):
    """What starting points are made from.

    Attributes
    ----------
    logs, weights : ndarray of float64, (n,)
        Logarithms of the durations that ended, and how many each stands for.
    mean_exposure : float
        Time under observation per end.
    share : float
        Share that had ended when observation stopped.
    """

    logs: Floats
    weights: Floats
    mean_exposure: float
    share: float

    def middle(self, chosen: Floats | None = None) -> tuple[float, float]:
        """Mean and deviation of the logarithms, of all or with other weights."""
        weights = self.weights if chosen is None else chosen
        total = float(weights.sum())
        if total <= 0.0:
            return float(self.logs.mean()), 1.0
        mean = float(weights @ self.logs) / total
        return mean, max(math.sqrt(float(weights @ (self.logs - mean) ** 2) / total), 0.05)


@dataclass(frozen=True, slots=True)
class Law:
    """One family of laws.

    Attributes
    ----------
    name : str
    free : int
        How many parameters.
    log_density : callable
        (parameters, ages) to the logarithm of the density.
    survival : callable
        (parameters, ages) to the share that has not ended.
    quantile : callable
        (parameters, level) to the age by which a share of those that end has ended.
    told : callable
        Parameters by their usual names.
    starts : callable
        Where a search may begin.
    limits : callable
        Within what it must stay.
    cure : bool
        The last parameter is the logit of the share that ends at all.
    """

    name: str
    free: int
    log_density: Callable[[Floats, Ages], Floats]
    survival: Callable[[Floats, Ages], Floats]
    quantile: Callable[[Floats, float], float]
    told: Callable[[Floats], dict[str, float]]
    starts: Callable[[Shape], list[list[float]]]
    limits: Callable[[Shape], list[tuple[float, float]]]
    cure: bool = False


def _place(shape: Shape) -> tuple[float, float]:
    return float(shape.logs.min()) - _FAR, float(shape.logs.max()) + _FAR


def _beginnings(shape: Shape) -> list[tuple[float, float]]:
    """Middle and spread of the logarithms: as seen, and as if most were yet to come."""
    mean, spread = shape.middle()
    if shape.share > 0.9:
        return [(mean, spread)]
    return [(mean, spread), (mean + 2.5 * spread, 2.0 * spread)]


# ------------------------------------------------------------------ exponential


def _exponential() -> Law:
    return Law(
        "exponential",
        1,
        lambda p, a: -p[0] - a.plain * math.exp(-p[0]),
        lambda p, a: np.exp(-a.plain * math.exp(-p[0])),
        lambda p, q: -math.exp(p[0]) * math.log1p(-q),
        lambda p: {"mean": math.exp(p[0])},
        lambda s: [[math.log(s.mean_exposure)], [s.middle()[0] + 0.5]],
        lambda s: [_place(s)],
    )


# ------------------------------------------------------------------ gamma


def _gamma_log_density(p: Floats, a: Ages) -> Floats:
    shape = math.exp(p[0])
    logs: Floats = a.logs + p[0] - p[1]
    powers: Floats = np.exp(np.minimum(logs, 700.0))
    found: Floats = logs * shape - powers - a.logs - math.lgamma(shape)
    return found


def _gamma_survival(p: Floats, a: Ages) -> Floats:
    left = special.gammaincc(math.exp(p[0]), a.plain * math.exp(p[0] - p[1]))
    return np.asarray(left, dtype=np.float64)


def _gamma() -> Law:
    return Law(
        "gamma",
        2,
        _gamma_log_density,
        _gamma_survival,
        lambda p, q: float(special.gammaincinv(math.exp(p[0]), q)) * math.exp(p[1] - p[0]),
        lambda p: {"shape": math.exp(p[0]), "scale": math.exp(p[1] - p[0])},
        lambda s: [[math.log(min(max(d**-2, 0.1), 30.0)), m + d**2 / 3.0]
                   for m, d in _beginnings(s)],
        lambda s: [_SHAPE, _place(s)],
    )  # fmt: skip


# ------------------------------------------------------------------ Weibull


def _weibull_log_density(p: Floats, a: Ages) -> Floats:
    rate = math.exp(p[0])
    z = rate * (a.logs - p[1])
    found: Floats = p[0] - a.logs + z - np.exp(np.minimum(z, 700.0))
    return found


def _weibull() -> Law:
    return Law(
        "Weibull",
        2,
        _weibull_log_density,
        lambda p, a: np.exp(-np.exp(np.minimum(math.exp(p[0]) * (a.logs - p[1]), 700.0))),
        lambda p, q: math.exp(p[1]) * (-math.log1p(-q)) ** math.exp(-p[0]),
        lambda p: {"shape": math.exp(p[0]), "scale": math.exp(p[1])},
        lambda s: [[math.log(1.28 / d), m + 0.577 * d / 1.28] for m, d in _beginnings(s)],
        lambda s: [_SHAPE, _place(s)],
    )


# ------------------------------------------------------------------ lognormal


def _lognormal_log_density(p: Floats, a: Ages) -> Floats:
    z = (a.logs - p[0]) * math.exp(-p[1])
    found: Floats = -0.5 * z * z - _LOG_ROOT - p[1] - a.logs
    return found


def _lognormal_survival(p: Floats, a: Ages) -> Floats:
    found: Floats = special.ndtr((p[0] - a.logs) * math.exp(-p[1]))
    return found


def _lognormal() -> Law:
    return Law(
        "lognormal",
        2,
        _lognormal_log_density,
        _lognormal_survival,
        lambda p, q: math.exp(p[0] + math.exp(p[1]) * float(special.ndtri(q))),
        lambda p: {"median": math.exp(p[0]), "sigma": math.exp(p[1])},
        lambda s: [[m, math.log(d)] for m, d in _beginnings(s)],
        lambda s: [_place(s), _SPREAD],
    )


# ------------------------------------------------------------------ log-logistic


def _log_logistic_log_density(p: Floats, a: Ages) -> Floats:
    z = math.exp(p[1]) * (a.logs - p[0])
    found: Floats = p[1] - a.logs + z - 2.0 * np.logaddexp(0.0, z)
    return found


def _log_logistic() -> Law:
    return Law(
        "log-logistic",
        2,
        _log_logistic_log_density,
        lambda p, a: special.expit(-math.exp(p[1]) * (a.logs - p[0])),
        lambda p, q: math.exp(p[0] + math.exp(-p[1]) * float(special.logit(q))),
        lambda p: {"median": math.exp(p[0]), "shape": math.exp(p[1])},
        lambda s: [[m, math.log(1.8 / d)] for m, d in _beginnings(s)],
        lambda s: [_place(s), _SHAPE],
    )


# ------------------------------------------------------------------ two lognormals


def _two(p: Floats) -> tuple[float, Floats, Floats]:
    """Share of the first, and both, the first being the quicker."""
    share, one, other = float(special.expit(p[0])), p[1:3], p[3:5]
    return (share, one, other) if p[1] <= p[3] else (1.0 - share, other, one)


def _two_log_density(p: Floats, a: Ages) -> Floats:
    found: Floats = np.logaddexp(
        -np.logaddexp(0.0, -p[0]) + _lognormal_log_density(p[1:3], a),
        -np.logaddexp(0.0, p[0]) + _lognormal_log_density(p[3:5], a),
    )
    return found


def _two_survival(p: Floats, a: Ages) -> Floats:
    share = float(special.expit(p[0]))
    one, other = _lognormal_survival(p[1:3], a), _lognormal_survival(p[3:5], a)
    return share * one + (1.0 - share) * other


def _two_quantile(p: Floats, level: float) -> float:
    z = float(special.ndtri(level))
    ends = sorted(p[i] + math.exp(p[i + 1]) * z for i in (1, 3))
    if ends[1] - ends[0] < 1e-9:
        return math.exp(ends[0])

    def above(log_age: float) -> float:
        ages = Ages(np.array([math.exp(log_age)]), np.array([log_age]))
        return float(_two_survival(p, ages)[0]) - (1.0 - level)

    return math.exp(float(optimize.brentq(above, ends[0] - 1e-6, ends[1] + 1e-6, xtol=1e-10)))


def _two_told(p: Floats) -> dict[str, float]:
    share, one, other = _two(p)
    return {
        "share_first": share,
        "median_first": math.exp(one[0]),
        "sigma_first": math.exp(one[1]),
        "median_second": math.exp(other[0]),
        "sigma_second": math.exp(other[1]),
    }


def _two_starts(shape: Shape) -> list[list[float]]:
    order = np.argsort(shape.logs)
    passed = np.cumsum(shape.weights[order]) / shape.weights.sum()
    found = []
    for level in (0.4, 0.8):
        border = shape.logs[order][int(np.searchsorted(passed, level))]
        low = shape.middle(np.where(shape.logs <= border, shape.weights, 0.0))
        high = shape.middle(np.where(shape.logs > border, shape.weights, 0.0))
        share = math.log(level / (1.0 - level))
        found.append([share, low[0], math.log(low[1]), high[0], math.log(high[1])])
    return found


def _two_lognormals() -> Law:
    return Law(
        "two lognormals",
        5,
        _two_log_density,
        _two_survival,
        _two_quantile,
        _two_told,
        _two_starts,
        lambda s: [_LOGIT, _place(s), _SPREAD, _place(s), _SPREAD],
    )


# ------------------------------------------------------------------ with a cure fraction


def with_cure(law: Law) -> Law:
    """Return the law of which only a share ends at all."""

    def log_density(p: Floats, a: Ages) -> Floats:
        found: Floats = law.log_density(p[:-1], a) - np.logaddexp(0.0, -p[-1])
        return found

    def survival(p: Floats, a: Ages) -> Floats:
        share = float(special.expit(p[-1]))
        return (1.0 - share) + share * law.survival(p[:-1], a)

    def starts(shape: Shape) -> list[list[float]]:
        share = min(max(shape.share, 0.005), 0.995)
        # From the plain law as seen: whoever has not ended is taken for never ending.
        seen = law.starts(shape._replace(share=1.0, mean_exposure=math.exp(shape.middle()[0])))
        return [[*one, math.log(share / (1.0 - share)) + 0.1] for one in seen]

    return Law(
        law.name + WITH_CURE,
        law.free + 1,
        log_density,
        survival,
        lambda p, q: law.quantile(p[:-1], q),
        lambda p: {**law.told(p[:-1]), "share": float(special.expit(p[-1]))},
        starts,
        lambda s: [*law.limits(s), _LOGIT],
        True,
    )


_PLAIN: Sequence[Law] = (
    _exponential(), _gamma(), _weibull(), _lognormal(), _log_logistic(), _two_lognormals(),
)  # fmt: skip

PARAMETERS = {
    "mean": marked("mean¦of a law"),
    "shape": marked("shape¦of a law"),
    "scale": marked("scale¦of a law"),
    "median": marked("median¦of a law"),
    "sigma": marked("sigma"),
    "share": marked("share¦of a law"),
    "share_first": marked("share first"),
    "median_first": marked("median first"),
    "sigma_first": marked("sigma first"),
    "median_second": marked("median second"),
    "sigma_second": marked("sigma second"),
}
"""What a reader is told of the parameters of laws, by their names."""


def law_said(name: str) -> str:
    """Say the name of a law."""
    if name.endswith(WITH_CURE):
        return say("{law} with cure", law=say(name.removesuffix(WITH_CURE)))
    return say(name)


LAWS: Mapping[str, Law] = {law.name: law for plain in _PLAIN for law in (plain, with_cure(plain))}
"""Every law by its name."""
