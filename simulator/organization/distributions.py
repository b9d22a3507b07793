"""Laws with mean, variance and quantile; every value is the quantile of one uniform number.

One number in, one value out (inversion), so a value keeps its rank when a scenario changes
the law: a buyer that is slow to decide stays slow, and comparisons stay paired.

`normal_quantile` and `quantile` are scalar functions of numbers alone and use only ``exp``,
``log``, ``log1p``, ``sqrt`` and ``pow``, so that they can be compiled as they are.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from simulator.scenario.fields import Constant, Exponential, Law, Lognormal, Uniform, Weibull

_BELOW_ONE: Final = 1.0 - 2.0**-53


class LawKind(IntEnum):
    """The laws that `quantile` knows, with the meaning of their two parameters."""

    CONSTANT = 0
    """a: the value; b unused."""
    EXPONENTIAL = 1
    """a: the mean; b unused."""
    LOGNORMAL = 2
    """a: the mean of the logarithm (mu); b: its standard deviation (sigma)."""
    WEIBULL = 3
    """a: the scale; b: the shape."""
    UNIFORM = 4
    """a: the lowest value; b: the highest."""


def normal_quantile(u: float) -> float:
    """Return the quantile of the standard normal law.

    Parameters
    ----------
    u : float
        A probability, 0 < u < 1 (not checked; `draws.uniform` never returns 0 or 1).

    Returns
    -------
    float
        z with P(Z <= z) = u; relative error about 1e-15.

    Notes
    -----
    Algorithm AS 241, PPND16: M. J. Wichura, "The percentage points of the normal
    distribution", Applied Statistics 37 (1988) 477-484.
    """
    q = u - 0.5
    if -0.425 <= q <= 0.425:
        r = 0.180625 - q * q
        above = 2.5090809287301226727e3 * r + 3.3430575583588128105e4
        above = above * r + 6.7265770927008700853e4
        above = above * r + 4.5921953931549871457e4
        above = above * r + 1.3731693765509461125e4
        above = above * r + 1.9715909503065514427e3
        above = above * r + 1.3314166789178437745e2
        above = above * r + 3.3871328727963666080e0
        below = 5.2264952788528545610e3 * r + 2.8729085735721942674e4
        below = below * r + 3.9307895800092710610e4
        below = below * r + 2.1213794301586595867e4
        below = below * r + 5.3941960214247511077e3
        below = below * r + 6.8718700749205790830e2
        below = below * r + 4.2313330701600911252e1
        below = below * r + 1.0
        return q * above / below
    r = math.sqrt(-math.log(u if q < 0.0 else 1.0 - u))
    if r <= 5.0:
        r -= 1.6
        above = 7.74545014278341407640e-4 * r + 2.27238449892691845833e-2
        above = above * r + 2.41780725177450611770e-1
        above = above * r + 1.27045825245236838258e0
        above = above * r + 3.64784832476320460504e0
        above = above * r + 5.76949722146069140550e0
        above = above * r + 4.63033784615654529590e0
        above = above * r + 1.42343711074968357734e0
        below = 1.05075007164441684324e-9 * r + 5.47593808499534494600e-4
        below = below * r + 1.51986665636164571966e-2
        below = below * r + 1.48103976427480074590e-1
        below = below * r + 6.89767334985100004550e-1
        below = below * r + 1.67638483018380384940e0
        below = below * r + 2.05319162663775882187e0
        below = below * r + 1.0
    else:
        r -= 5.0
        above = 2.01033439929228813265e-7 * r + 2.71155556874348757815e-5
        above = above * r + 1.24266094738807843860e-3
        above = above * r + 2.65321895265761230930e-2
        above = above * r + 2.96560571828504891230e-1
        above = above * r + 1.78482653991729133580e0
        above = above * r + 5.46378491116411436990e0
        above = above * r + 6.65790464350110377720e0
        below = 2.04426310338993978564e-15 * r + 1.42151175831644588870e-7
        below = below * r + 1.84631831751005468180e-5
        below = below * r + 7.86869131145613259100e-4
        below = below * r + 1.48753612908506148525e-2
        below = below * r + 1.36929880922735805310e-1
        below = below * r + 5.99832206555887937690e-1
        below = below * r + 1.0
    z = above / below
    return -z if q < 0.0 else z


def quantile(kind: int, a: float, b: float, u: float) -> float:
    """Return the quantile of a law.

    Parameters
    ----------
    kind : int
        Which law: a `LawKind`.
    a, b : float
        Its parameters, as `LawKind` says.
    u : float
        A probability, 0 < u < 1 (not checked).

    Returns
    -------
    float
        x with P(X <= x) = u, in the unit of the parameters.

    Raises
    ------
    ValueError
        If there is no such law.
    """
    if kind == LawKind.LOGNORMAL:
        return math.exp(a + b * normal_quantile(u))
    if kind == LawKind.EXPONENTIAL:
        return -a * math.log1p(-u)
    if kind == LawKind.WEIBULL:
        return a * math.pow(-math.log1p(-u), 1.0 / b)
    if kind == LawKind.UNIFORM:
        return a + (b - a) * u
    if kind == LawKind.CONSTANT:
        return a
    raise ValueError("no such law")


@dataclass(frozen=True, slots=True)
class CompiledLaw:
    """A law reduced to what `quantile` needs; for durations in business days."""

    kind: LawKind
    a: float
    b: float = 0.0

    def quantile(self, u: float) -> float:
        """Return x with P(X <= x) = u, for 0 < u < 1."""
        return quantile(self.kind, self.a, self.b, u)

    def inverse(self) -> Callable[[float], float]:
        """Return the quantile as a function of u alone, for the hot path.

        Its formulas are those of the function `quantile`, to the bit; which one applies is
        decided here, once, and not for every value.
        """
        a, b = self.a, self.b
        match self.kind:
            case LawKind.LOGNORMAL:
                exp = math.exp
                return lambda u: exp(a + b * normal_quantile(u))
            case LawKind.EXPONENTIAL:
                log1p = math.log1p
                return lambda u: -a * log1p(-u)
            case LawKind.UNIFORM:
                return lambda u: a + (b - a) * u
            case LawKind.CONSTANT:
                return lambda u: a
            case LawKind.WEIBULL:
                return self.quantile

    @property
    def mean(self) -> float:
        """The expectation."""
        match self.kind:
            case LawKind.CONSTANT | LawKind.EXPONENTIAL:
                return self.a
            case LawKind.LOGNORMAL:
                return math.exp(self.a + self.b * self.b / 2.0)
            case LawKind.WEIBULL:
                return self.a * math.gamma(1.0 + 1.0 / self.b)
            case LawKind.UNIFORM:
                return (self.a + self.b) / 2.0

    @property
    def variance(self) -> float:
        """The expected squared distance from the mean."""
        match self.kind:
            case LawKind.CONSTANT:
                return 0.0
            case LawKind.EXPONENTIAL:
                return self.a * self.a
            case LawKind.LOGNORMAL:
                return math.expm1(self.b * self.b) * math.exp(2.0 * self.a + self.b * self.b)
            case LawKind.WEIBULL:
                second_moment = self.a * self.a * math.gamma(1.0 + 2.0 / self.b)
                return second_moment - self.mean * self.mean
            case LawKind.UNIFORM:
                return (self.b - self.a) ** 2 / 12.0

    def scaled(self, factor: float) -> CompiledLaw:
        """Return the law of `factor` times the value.

        Parameters
        ----------
        factor : float
            What every value is multiplied by; finite, >= 0. Zero gives the constant zero.

        Returns
        -------
        CompiledLaw
            A law of the same kind, unless the factor is zero.

        Raises
        ------
        ValueError
            If the factor is negative or not finite.
        """
        if not 0.0 <= factor < math.inf:
            raise ValueError(f"factor must be finite and not negative, not {factor}")
        if factor == 0.0:
            return CompiledLaw(LawKind.CONSTANT, 0.0)
        match self.kind:
            case LawKind.CONSTANT | LawKind.EXPONENTIAL:
                return CompiledLaw(self.kind, factor * self.a)
            case LawKind.LOGNORMAL:
                return CompiledLaw(self.kind, self.a + math.log(factor), self.b)
            case LawKind.WEIBULL:
                return CompiledLaw(self.kind, factor * self.a, self.b)
            case LawKind.UNIFORM:
                return CompiledLaw(self.kind, factor * self.a, factor * self.b)


def compile_law(law: Law, hours_per_day: float = 8.0) -> CompiledLaw:
    """Return a law of a scenario with its parameters worked out, in business days.

    Parameters
    ----------
    law : Law
        The law as the scenario states it, in hours or days.
    hours_per_day : float
        Working hours of a business day.

    Returns
    -------
    CompiledLaw
        The same law of business days, whatever the unit it was stated in.

    Raises
    ------
    ValueError
        If hours_per_day is not positive and finite.
    """
    if not 0.0 < hours_per_day < math.inf:
        raise ValueError(f"hours_per_day must be positive and finite, not {hours_per_day}")
    # Divided by, not multiplied with 1 / hours_per_day: 4 hours are half a day to the last bit.
    unit = hours_per_day if law.unit == "hours" else 1.0
    match law:
        case Constant():
            return CompiledLaw(LawKind.CONSTANT, law.value / unit)
        case Exponential():
            return CompiledLaw(LawKind.EXPONENTIAL, law.mean / unit)
        case Lognormal():
            mu, sigma = lognormal_parameters(law.median / unit, law.p90 / unit)
            return CompiledLaw(LawKind.LOGNORMAL, mu, sigma)
        case Weibull():
            scale = law.mean / unit / math.gamma(1.0 + 1.0 / law.shape)
            return CompiledLaw(LawKind.WEIBULL, scale, law.shape)
        case Uniform():
            return CompiledLaw(LawKind.UNIFORM, law.low / unit, law.high / unit)


def lognormal_parameters(median: float, p90: float) -> tuple[float, float]:
    """Return the parameters of the lognormal law with this median and 90th percentile.

    Parameters
    ----------
    median : float
        Half of the values are below; > 0, any unit.
    p90 : float
        Nine tenths of the values are below; > median, same unit.

    Returns
    -------
    mu, sigma : float
        Mean and standard deviation of the logarithm of the value.

    Raises
    ------
    ValueError
        Unless 0 < median < p90 < infinity.
    """
    if not 0.0 < median < p90 < math.inf:
        raise ValueError(f"0 < median < p90 does not hold for median {median} and p90 {p90}")
    return math.log(median), math.log(p90 / median) / normal_quantile(0.9)


def gamma_quantiles(mean: float, variance: float, u: ArrayLike) -> NDArray[np.float64]:
    """Return quantiles of the gamma law with this mean and variance.

    Used for the multiplier of a day's arrivals only (mean 1: a negative binomial number of
    arrivals), never in the hot path.

    Parameters
    ----------
    mean : float
        The expectation; > 0.
    variance : float
        The variance; >= 0, in the squared unit of the mean. Zero gives the mean itself.
    u : array_like of float
        Probabilities, 0 < u < 1.

    Returns
    -------
    array of float64
        One value for each probability, of the shape of `u`.

    Raises
    ------
    ValueError
        If the mean is not positive, the variance negative, or either not finite.
    """
    if not 0.0 < mean < math.inf:
        raise ValueError(f"mean must be positive and finite, not {mean}")
    if not 0.0 <= variance < math.inf:
        raise ValueError(f"variance must be finite and not negative, not {variance}")
    probabilities = np.asarray(u, dtype=np.float64)
    if variance == 0.0:
        return np.full(probabilities.shape, mean)
    standardized = special.gammaincinv(mean * mean / variance, probabilities)
    return np.asarray(standardized * (variance / mean), dtype=np.float64)


def time_of(cumulative: float, upto: Sequence[float], intensities: Sequence[float]) -> float:
    """Return the first time at which this many arrivals are expected.

    Parameters
    ----------
    cumulative : float
        In arrivals, >= 0 (not checked).
    upto : sequence of float
        Arrivals expected up to each midnight, from 0 on: one more than there are days.
    intensities : sequence of float
        Arrivals expected on each day.

    Returns
    -------
    float
        As :meth:`PiecewiseCumulative.time_of` says.
    """
    days = len(intensities)
    if cumulative > upto[days]:
        return math.inf
    low = 0
    high = days + 1
    while low < high:  # the first midnight that is not before it
        middle = (low + high) // 2
        if upto[middle] < cumulative:
            low = middle + 1
        else:
            high = middle
    day = low - 1
    if day < 0:
        return 0.0
    within = (cumulative - upto[day]) / intensities[day]
    # The last number before the next midnight: one unit in the 53rd place below a power of two
    # or above, written so that it means the same when compiled.
    return min(day + within, (day + 1) * _BELOW_ONE)


class PiecewiseCumulative:
    """Expected arrivals up to a time, when the rate changes from day to day, and its inverse.

    The times at which a Poisson process of rate one passes the cumulative intensity are the
    arrivals of the non-homogeneous process (E. Cinlar, "Introduction to Stochastic
    Processes", 1975, chapter 4): add up exponential gaps of mean one, and take `time_of`
    each sum.

    Parameters
    ----------
    intensities : array_like of float
        Expected arrivals per day, one for each day from day 0; finite, >= 0.

    Raises
    ------
    ValueError
        If intensities is not a one-dimensional array of finite numbers >= 0.
    """

    __slots__ = ("_intensities", "_upto")

    def __init__(self, intensities: ArrayLike) -> None:
        daily = np.asarray(intensities, dtype=np.float64)
        if daily.ndim != 1:
            raise ValueError(f"intensities must have one dimension, not {daily.ndim}")
        if not np.all(np.isfinite(daily)) or np.any(daily < 0.0):
            raise ValueError("intensities must be finite and not negative")
        # Lists, because they are read one number at a time.
        self._intensities: list[float] = daily.tolist()
        self._upto: list[float] = [0.0, *np.cumsum(daily).tolist()]

    @property
    def days(self) -> int:
        """The number of days."""
        return len(self._intensities)

    @property
    def total(self) -> float:
        """The expected arrivals over all days."""
        return self._upto[-1]

    def cumulative_at(self, time: float) -> float:
        """Return the expected arrivals from day 0 up to a time.

        Parameters
        ----------
        time : float
            In days, >= 0; beyond the last day nothing arrives.

        Returns
        -------
        float
            The cumulative intensity, in arrivals.

        Raises
        ------
        ValueError
            If the time is negative or not a number.
        """
        if not time >= 0.0:
            raise ValueError(f"time must not be negative, not {time}")
        if time >= self.days:
            return self.total
        day = int(time)
        reached = self._upto[day] + (time - day) * self._intensities[day]
        return min(reached, self._upto[day + 1])

    def time_of(self, cumulative: float) -> float:
        """Return the first time at which this many arrivals are expected.

        Parameters
        ----------
        cumulative : float
            In arrivals, >= 0.

        Returns
        -------
        float
            In days, linear within a day; infinite if the days end before. For a cumulative
            above 0 its whole part is a day with arrivals, so an arrival that ends a day is
            put just before midnight.

        Raises
        ------
        ValueError
            If cumulative is negative or not a number.
        """
        if not cumulative >= 0.0:
            raise ValueError(f"cumulative must not be negative, not {cumulative}")
        return time_of(cumulative, self._upto, self._intensities)

    def arrays(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return what `time_of` needs: arrivals expected up to each midnight, and each day's."""
        return np.array(self._upto), np.array(self._intensities)
