"""Laws of durations, fitted to cases that are partly open or were seen late.

Exponential, gamma, Weibull, lognormal and log-logistic, and two lognormals, each also with a cure
fraction (a share never ends). The law is chosen by AIC among those that pass a test of fit; where
none does, the empirical law is kept and the reader is told.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from simulator.calibration.estimates import CONFIDENCE, Estimate, Finding, back
from simulator.calibration.estimating.goodness_of_fit import p_value
from simulator.calibration.estimating.laws import LAWS, Ages, Law, law_said
from simulator.calibration.estimating.likelihood import Maximum, Sample, day_of, maximize, sample_of
from simulator.calibration.estimating.survival import CENSORED, ENDED, LEAST_DAYS, Curve, incidence
from simulator.calibration.records import Floats
from simulator.languages.messages import say

LEVEL = 0.01
"""A law with a smaller p-value does not fit."""
NEAR = 0.01
"""A curve that is nowhere further off fits whatever the test says: with very many cases a test
sees differences that do not matter."""
FEWEST_EVENTS = 5
"""With fewer ends no law is fitted."""

_PER_PARAMETER, _PER_PARAMETER_OF_MANY, _MANY = 4, 10, 5
_ABOUT_THE_SAME = 10.0  # difference of AIC
_GROSS = 1.63  # Kolmogorov's and Smirnov's bound at 1 %
_WIDEST = 20.0  # on the scale of an interval: finite even where the data say nothing
_NORMAL = float(stats.norm.ppf((1.0 + CONFIDENCE) / 2.0))


@dataclass(frozen=True, slots=True)
class LawFit:
    """One law, fitted.

    Attributes
    ----------
    law : str
        Its name, one of :data:`simulator.calibration.estimating.laws.LAWS`.
    parameters : dict of str to float
        By their usual names; times in the unit of the durations. ``share`` in laws with a cure
        fraction is the share that ends at all.
    aic, log_likelihood : float
    distance : float
        Greatest distance between the law's and the nonparametric curve, as a part of the share
        that ended within the observation (like Kolmogorov and Smirnov's).
    p_value : float
        Of the chi-squared test of :mod:`.estimating.goodness_of_fit`; NaN: too few to
        test.
    fits : bool
        p-value at least `LEVEL`, or distance at most `NEAR`; where it is too few to test, the
        distance is below Kolmogorov's and Smirnov's bound.
    median, p90 : Estimate
        Of those that end at all; intervals by observed information (delta method, log scale).
    cure : Estimate or None
        Share that never ends.
    place : tuple of float
        Parameters as the law computes with them.
    """

    law: str
    parameters: dict[str, float]
    aic: float
    log_likelihood: float
    distance: float
    p_value: float
    fits: bool
    median: Estimate
    p90: Estimate
    cure: Estimate | None
    place: tuple[float, ...]

    def ended(self, ages: Floats) -> Floats:
        """Return the share of all cases that has ended by each age."""
        found: Floats = 1.0 - LAWS[self.law].survival(np.array(self.place), Ages.of(ages))
        return found

    def quantile(self, level: float) -> float:
        """Return the age by which a share of those that end at all has ended."""
        return LAWS[self.law].quantile(np.array(self.place), level)


@dataclass(frozen=True, slots=True)
class Durations:
    """A transition's durations, and what laws say of them.

    Attributes
    ----------
    name : str
    n : int
        Cases that were under observation.
    censored : int
        Those of them that had not ended when last seen.
    negative : int
        Cases that end before they begin: a fault of the data, left out.
    fits : tuple of LawFit
        By AIC, lowest first.
    best : LawFit or None
        That of the lowest AIC which fits; a little higher if the lowest puts most durations beyond
        what could be seen. None: keep the empirical law.
    empirical : Curve
    findings : tuple of Finding
    """

    name: str
    n: int
    censored: int
    negative: int
    fits: tuple[LawFit, ...]
    best: LawFit | None
    empirical: Curve
    findings: tuple[Finding, ...]


def fit_durations(
    name: str,
    entry: Floats | float,
    exit: Floats,  # noqa: A002
    event: NDArray[np.integer],
    whole_days: bool = False,
    laws: Sequence[str] = tuple(LAWS),
) -> Durations:
    """Fit every law by maximum likelihood.

    Parameters
    ----------
    name : str
        Key of the transition, e.g. ``lead_to_win``.
    entry : ndarray of float64, (n,), or float
        Age at which each case came under observation; 0 or less: from its start.
    exit : ndarray of float64, (n,)
        Age at which it ended or was last seen open; NaN is left out.
    event : ndarray of int, (n,)
        0: open when last seen, 1: ended. For a case that ended in another way give 0 and the age
        up to which it could be followed (:meth:`.estimating.spans.Spans.for_fit`): the
        share that never ends in this way is then the cure fraction.
    whole_days : bool
        Durations were recorded in whole days (integers, or weekdays in business days).
    laws : sequence of str
        Which laws to try. One is fitted only where there are 4 ends to a parameter, two lognormals
        only with 10.

    Returns
    -------
    Durations

    Raises
    ------
    ValueError
        If an event is neither 0 nor 1.
    """
    if len(event) and not np.isin(event, (CENSORED, ENDED)).all():
        raise ValueError("event must be 0 or 1: give 0 and the follow-up for another end")
    begins = np.maximum(np.broadcast_to(np.asarray(entry, dtype=np.float64), exit.shape), 0.0)
    backwards = exit < 0.0
    seen = (exit >= 0.0) & ((begins <= 0.0) | (exit > begins))
    begins, exits, events = begins[seen], exit[seen], event[seen]
    negative, n = int(np.count_nonzero(backwards)), len(exits)
    ended = int(np.count_nonzero(events))
    curve = incidence(begins, exits, events)
    findings = []
    if negative:
        words = say(
            "{name}: durations below zero: {count}. They are left out of the laws.",
            name=say(name), count=f"{negative:,}",
        )  # fmt: skip
        findings.append(Finding("negative_duration", words))
    if ended < FEWEST_EVENTS:
        words = say(
            "{name}: {ended} of {n} cases have ended, too few for a law of durations.",
            name=say(name), ended=f"{ended:,}", n=f"{n:,}",
        )  # fmt: skip
        findings.append(Finding("few_cases", words))
        return Durations(name, n, n - ended, negative, (), None, curve, tuple(findings))

    sample = sample_of(begins, exits, events, whole_days)
    share = min(max(curve.at(curve.last), 1e-6), 1.0)
    fits = []
    for each in laws:
        law = LAWS[each]
        if not _enough(law, sample):
            continue
        maximum = maximize(law, sample, share)
        if maximum is not None:
            half = day_of(exits) / 2.0 if whole_days else 0.0
            fits.append(_told(name, maximum, sample, curve, half))
    ranked = tuple(sorted(fits, key=lambda one: one.aic))
    best = _chosen(ranked, curve.last)
    findings += _about(name, ranked, best, curve, ended)
    return Durations(name, n, n - ended, negative, ranked, best, curve, tuple(findings))


def _enough(law: Law, sample: Sample) -> bool:
    """Whether there are ends, and different ones, to tell the parameters by."""
    each = _PER_PARAMETER_OF_MANY if law.free >= _MANY else _PER_PARAMETER
    if law.free > 1 and sample.events < each * law.free:
        return False
    return sample.values > min(law.free, 4)


def _chosen(ranked: tuple[LawFit, ...], last: float) -> LawFit | None:
    """Choose the law of the lowest AIC that fits.

    Cases that never end look to a law without a cure fraction like ones that end in some hundred
    years. Where a law of about the same AIC has its median within what could be seen, that one is
    taken.
    """
    fitting = [one for one in ranked if one.fits]
    if not fitting:
        return None
    near = [one for one in fitting if one.aic <= fitting[0].aic + _ABOUT_THE_SAME]
    return next((one for one in near if one.median.value <= last), fitting[0])


def _told(name: str, fit: Maximum, sample: Sample, curve: Curve, half: float) -> LawFit:
    law, place = fit.law, fit.place
    ended = round(sample.events)
    whole = curve.at(curve.last)
    ages = curve.times[curve.events > 0.0]
    fitted = 1.0 - law.survival(place, Ages.of(ages + half))
    reached = curve.shares(ages)
    apart = np.abs(reached - fitted)
    if half == 0.0:
        # Just before a step of the curve the law may be further off than at its top.
        apart = np.maximum(apart, np.abs(np.concatenate(([0.0], reached[:-1])) - fitted))
    distance = float(apart.max()) / whole
    p = p_value(fit, sample)
    told = law.told(place)
    cure = None
    if law.cure:
        never = 1.0 - told["share"]
        error = min(_NORMAL * math.sqrt(fit.covariance[-1, -1]), _WIDEST)
        middle = -float(place[-1])
        cure = Estimate(
            f"{name}.never", never, back(middle - error, "logit"), back(middle + error, "logit"),
            ended, "share", say("maximum likelihood, {law}", law=law_said(law.name)), "logit",
        )  # fmt: skip
    return LawFit(
        law.name,
        told,
        2.0 * law.free - 2.0 * fit.log_likelihood,
        fit.log_likelihood,
        distance,
        p,
        _accepted(p, distance, sample.events),
        _quantile(f"{name}.median", fit, 0.5, ended),
        _quantile(f"{name}.p90", fit, 0.9, ended),
        cure,
        tuple(float(one) for one in place),
    )


def _accepted(p: float, distance: float, ended: float) -> bool:
    if math.isnan(p):
        # Too few ends, or too few different ones for cells: then only a gross miss counts.
        return distance <= _GROSS / math.sqrt(ended)
    return p >= LEVEL or distance <= NEAR


def _quantile(key: str, fit: Maximum, level: float, ended: int) -> Estimate:
    """Estimate a quantile of those that end at all, with its interval by the delta method."""

    def log_quantile(place: Floats) -> float:
        return math.log(max(fit.law.quantile(place, level), 1e-300))

    value = log_quantile(fit.place)
    slope = np.empty(len(fit.place))
    for i in range(len(slope)):
        move = np.zeros(len(slope))
        move[i] = 1e-4
        slope[i] = (log_quantile(fit.place + move) - log_quantile(fit.place - move)) / 2e-4
    half = min(_NORMAL * fit.error_of(slope), _WIDEST)
    method = say("maximum likelihood, {law}", law=law_said(fit.law.name))
    low, high = back(value - half, "log"), back(value + half, "log")
    return Estimate(key, back(value, "log"), low, high, ended, "business days", method, "log")


def _about(
    name: str, ranked: tuple[LawFit, ...], best: LawFit | None, curve: Curve, ended: int
) -> list[Finding]:
    found = []
    if not ranked:
        words = say(
            "{name}: all durations are too alike or too few ({n}) for a law.", name=say(name),
            n=f"{ended:,}",
        )  # fmt: skip
        found.append(Finding("few_cases", words))
    elif best is None:
        first = ranked[0]
        chance = say("below 0.001") if first.p_value < 0.001 else f"{first.p_value:.3f}"
        found.append(
            Finding(
                "no_law_fits",
                say(
                    "{name}: no standard law fits the {n} durations; the nearest, {law},"
                    " misses them by up to {distance} (p {p}). The empirical law is kept.",
                    name=say(name),
                    n=f"{ended:,}",
                    law=law_said(first.law),
                    distance=f"{first.distance:.0%}",
                    p=chance,
                ),
            )
        )
    elif math.isnan(best.p_value):
        words = say(
            "{name}: {n} durations are too few to tell whether a law fits.", name=say(name),
            n=f"{ended:,}",
        )  # fmt: skip
        found.append(Finding("few_cases", words))
    if best is not None and best.p90.value > max(curve.last, LEAST_DAYS):
        found.append(
            Finding(
                "assumption",
                say(
                    "{name}: by the fitted law ({law}) a tenth of the durations is longer than"
                    " the longest one that could be seen ({days} business days).",
                    name=say(name),
                    law=law_said(best.law),
                    days=f"{curve.last:.0f}",
                ),
            )
        )
    return found
