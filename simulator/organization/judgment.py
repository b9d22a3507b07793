"""What people conclude from what they see, and what buyers do: pure functions on plain numbers.

No randomness, no clock, no objects: the same numbers in give the same number out, so that another
engine can use these very functions. Equations and sources: ``docs/model.md``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence


def added(values: Sequence[float]) -> float:
    """Add numbers up from left to right.

    Python's own ``sum`` corrects the rounding of floats from version 3.12 on: the same run would
    then differ in the last bits between versions, and between engines.
    """
    total = 0.0
    for each in values:
        total += each
    return total


def logistic(x: float) -> float:
    """Turn log odds into a chance (safe for any finite x)."""
    if x >= 0.0:
        return 1.0 / (1.0 + math.exp(-x))
    e = math.exp(x)
    return e / (1.0 + e)


def between(x: float, low: float, high: float) -> float:
    """Hold x inside [low, high]."""
    return low if x < low else high if x > high else x


def held(stated: float, neutral: float, strength: float) -> float:
    """Return a decision under a mechanism's strength: 0 holds it at neutral, 1 as stated."""
    return neutral + strength * (stated - neutral)


def interest(hours: float, tau_hours: float, k: float) -> float:
    """Return how hot an inquiry still is after so many working hours: (1 + t / tau) ** -k."""
    if k == 0.0 or hours <= 0.0:
        return 1.0
    return math.exp(-k * math.log1p(hours / tau_hours))


def expected_fit(signal: float, noise: float, spread: float) -> float:
    """Return the best guess of fit from a noisy signal (normal prior of mean 0 and this spread)."""
    prior = spread * spread
    if prior == 0.0:
        return 0.0
    return signal * prior / (prior + noise * noise)


def averaged_noise(noise: float, looks: int) -> float:
    """Return the error of the mean of several looks."""
    return noise / math.sqrt(looks)


def learned_noise(noise: float, learnable: float, outcomes: float, half_at: float) -> float:
    """Return scoring error after so many fed-back outcomes: half of the learnable at `half_at`."""
    return noise * (1.0 - learnable * outcomes / (outcomes + half_at))


def impression_noise(noise: float, depth: float) -> float:
    """Return the error of inside sales' impression: 1 x at full depth, 2 x with no depth."""
    return noise * (2.0 - depth)


def talk_length(depth: float) -> float:
    """Return the length of a talk against one of full depth: a shallow one takes 40 %."""
    return 0.4 + 0.6 * depth


def obstacle_seen_chance(depth: float) -> float:
    """Return the chance that a talk brings an obstacle to light."""
    return 0.3 + 0.65 * depth


def chance_of_winning(
    fit: float,
    trust: float,
    promise: float,
    effort: float,
    obstacle: bool,
    intercept: float,
    by_fit: float,
    by_trust: float,
    by_promise: float,
    by_effort: float,
    by_obstacle: float,
) -> float:
    """Return the chance that a buyer signs (or, with a guessed fit, what a seller believes)."""
    x = intercept + by_fit * fit - by_trust * (1.0 - trust) + by_promise * promise
    x -= by_effort * (1.0 - effort)
    if obstacle:
        x -= by_obstacle
    return logistic(x)


def agrees_chance(
    fit: float, trust: float, obstacle: bool, intercept: float, by_fit: float, by_obstacle: float
) -> float:
    """Return the chance that a reached buyer agrees to a meeting (lost trust counts as fit)."""
    x = intercept + by_fit * (fit - (1.0 - trust))
    if obstacle:
        x -= by_obstacle
    return logistic(x)


def effort_under_load(open_opportunities: float, comfortable: float, strength: float) -> float:
    """Return effort per opportunity: full up to the comfortable load, then shared out."""
    if strength == 0.0 or open_opportunities <= comfortable:
        return 1.0
    return math.exp(strength * math.log(comfortable / open_opportunities))


def kept_information(
    recorded: float, keeps_recorded: float, keeps_spoken: float, written: bool
) -> float:
    """Return the share of what was learned that survives a handoff.

    What was recorded arrives by the medium, the rest only by word of mouth.
    """
    if not written:
        return keeps_spoken
    return recorded * keeps_recorded + (1.0 - recorded) * keeps_spoken


def less_lost(kept: float, saved: float) -> float:
    """Return the share kept when somebody saves this share of what would be lost."""
    return 1.0 - (1.0 - kept) * (1.0 - saved)


def pursued_chance(
    believed_yield: float, usual_yield: float, strength: float, visible: float
) -> float:
    """Return the chance that inside sales pursues a lead of a source with this reputation.

    Sources at half the usual yield or better are pursued; below, fewer and fewer. Where leads
    can be told apart by their own quality (shared definitions), the source's name counts less.
    """
    if usual_yield <= 0.0:
        return 1.0
    ratio = 2.0 * believed_yield / usual_yield
    if ratio >= 1.0:
        return 1.0
    return 1.0 - between(strength * (1.0 - visible), 0.0, 1.0) * (1.0 - ratio)


def drifted(cutoff: float, seen: float, agreed: float, pull: float) -> float:
    """Return a cutoff that follows what a department sees locally, away from what was agreed."""
    return cutoff + pull * (seen - agreed)


def expectation_gap(promise: float, missing: float) -> float:
    """Return the gap at contract: the promise, doubled if nobody handed it over."""
    return promise * (1.0 + missing)


def faded(gap: float, days: float, memory_days: float) -> float:
    """Return what is left of an expectation gap after some days."""
    if gap == 0.0:
        return 0.0
    return gap * math.exp(-days / memory_days)


def health_points(
    fit: float,
    gap: float,
    open_claims: int,
    late: float,
    neglect: float,
    w_usage: float,
    w_claims: float,
    w_onboarding: float,
    w_contact: float,
) -> float:
    """Return the health score, 0 to 100, from usage, claims, onboarding and contact."""
    usage = logistic(1.0 + fit - gap)
    calm = 1.0 / (1.0 + gap + open_claims)
    return 100.0 * (
        w_usage * usage
        + w_claims * calm
        + w_onboarding * (1.0 - late)
        + w_contact * (1.0 - neglect)
    )


def lateness(days: float, due_days: float) -> float:
    """Return 0 up to the due day, 1 at twice that or later."""
    return between(days / due_days - 1.0, 0.0, 1.0)


def neglect_of(days_since_contact: float) -> float:
    """Return 0 right after a contact, 1 after a year of 240 business days without any."""
    return between(days_since_contact / 240.0, 0.0, 1.0)


def churn_hazard(
    at_one_year: float,
    months: float,
    shape: float,
    fit: float,
    gap: float,
    late: float,
    neglect: float,
    trust: float,
) -> float:
    """Return the hazard of leaving, per month, at this tenure and for these parts of its log."""
    reasons = fit + gap + late + neglect + trust
    return at_one_year * tenure_factor(months, shape) * math.exp(min(reasons, 10.0))


def shrinking_chance(usual: float, health: float) -> float:
    """Return the chance per month that a customer of this health shrinks its contract."""
    return usual * math.exp((50.0 - health) / 25.0)


def tenure_factor(months: float, shape: float) -> float:
    """Return the churn hazard at a tenure against that at one year (Weibull; flat before half
    a month, where it would be infinite)."""
    return math.exp((shape - 1.0) * math.log(max(months, 0.5) / 12.0))


def largest_part(fit: float, gap: float, late: float, neglect: float, trust: float) -> int:
    """Return which part of the log hazard is largest: 0 none above 0.1, 1 fit, 2 gap, 3 late,
    4 neglect, 5 trust (the values of ``ChurnCause``)."""
    best = 0.1
    cause = 0
    if fit > best:
        best = fit
        cause = 1
    if gap > best:
        best = gap
        cause = 2
    if late > best:
        best = late
        cause = 3
    if neglect > best:
        best = neglect
        cause = 4
    if trust > best:
        cause = 5
    return cause


def poisson_count(u: float, mean: float) -> int:
    """Return the Poisson quantile of u (by adding up probabilities; means stay small here)."""
    p = math.exp(-mean)
    total = p
    k = 0
    while u > total and k < 1000:
        k += 1
        p *= mean / k
        total += p
    return k
