"""Whether buyers come back: reopened opportunities, second ones, and late second waves of wins.

A second wave is a surplus of late wins over what the first wave's law lets expect. The first wave
is fitted on young inquiries alone, with a share that never signs; each law that fits it about as
well as the best is carried on to the later ages, and all of them have to fall short.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, stats
from scipy.special import expit

from simulator.calibration.estimates import Estimate, Finding
from simulator.calibration.estimating.intervals import quantile, share
from simulator.calibration.records import Floats, Integers, Outcome, Records
from simulator.calibration.working_time import BUSINESS_DAYS_A_WEEKDAY
from simulator.languages.messages import say

FEWEST_WINS = 50
SURE = 0.01
"""A second wave is named below this probability of chance."""
_EARLY = 0.8  # of wins are the first wave, on whose ages it is fitted
_LATE = 2.0  # times as old is late
_BINS = 40
_ABOUT_AS_GOOD = 6.0  # difference of AIC
_DRAWS = 400


@dataclass(frozen=True, slots=True)
class SecondWave:
    """Late wins against what the first wave lets expect.

    Attributes
    ----------
    early, late : float
        Business days of age: the first wave is fitted up to the one, wins are late from the other.
    seen : int
        Late wins.
    expected : float
        By the law of which most are expected.
    p : float
        Probability of as many by chance, largest of all laws that fit the first wave.
    law : str
    """

    early: float
    late: float
    seen: int
    expected: float
    p: float
    law: str


@dataclass(frozen=True, slots=True)
class Returns:
    """Signs of recycling.

    Attributes
    ----------
    reopened : Estimate or None
        ``recycling.reopened``: share of opportunities that left a closed stage again.
    returned : Estimate or None
        ``recycling.returned``: share of lost opportunities with a lead on file whose lead had
        another one later. So far: a loss of yesterday has had no time.
    gap : Estimate or None
        ``recycling.gap_days``: median of business days from the loss to the next one.
    wave : SecondWave or None
        None where wins are too few or not seen for long enough.
    findings : tuple of Finding
    """

    reopened: Estimate | None
    returned: Estimate | None
    gap: Estimate | None
    wave: SecondWave | None
    findings: tuple[Finding, ...]


def fit_returns(records: Records, since: float = -math.inf) -> Returns:
    """Look for buyers that came back.

    Parameters
    ----------
    records : Records
    since : float
        Only inquiries that came after this business day count for the second wave. A wide window
        shows more of it.
    """
    deals = records.opportunities
    findings = []
    reopened = None
    again = int(deals.reopened.sum())
    if again:
        reopened = share("recycling.reopened", again, len(deals))
        findings.append(
            Finding("recycling", say("{count} of {all} opportunities were opened again after"
                    " they had been closed.", count=again, all=len(deals)))
        )  # fmt: skip
    returned, gap = _second_ones(records)
    if returned is not None and gap is not None:
        findings.append(
            Finding("recycling", say("{share} % of lost opportunities were followed"
                    " by another one of the same lead, half of them within {days} business days.",
                    share=f"{100 * returned.value:.1f}", days=f"{gap.value:.0f}"))
        )  # fmt: skip
    wave = second_wave(*_ages(records, since))
    if wave is not None and wave.p < SURE:
        findings.append(
            Finding("recycling", say("{seen} wins came more than {late} business days"
                    " after the inquiry; the first wave ({law}) lets expect at most"
                    " {expected} (p = {p}): a second wave, as recycled buyers make it.",
                    seen=wave.seen, late=f"{wave.late:.0f}", law=say(wave.law),
                    expected=f"{wave.expected:.0f}", p=f"{wave.p:.2g}"))
        )  # fmt: skip
    return Returns(reopened, returned, gap, wave, tuple(findings))


def _second_ones(records: Records) -> tuple[Estimate | None, Estimate | None]:
    """Share of losses that another opportunity of the lead followed, and after how long."""
    deals = records.opportunities
    begun = np.where(np.isnan(deals.opened), deals.closed, deals.opened)
    known = (deals.lead >= 0) & ~np.isnan(begun)
    lead, begun = deals.lead[known], begun[known]
    closed, lost = deals.closed[known], deals.outcome[known] == Outcome.LOST
    if not lost.any():
        return None, None
    order = np.lexsort((begun, lead))
    lead, begun, closed, lost = lead[order], begun[order], closed[order], lost[order]
    followed = lost[:-1] & (lead[1:] == lead[:-1]) & (begun[1:] >= closed[:-1])
    count = int(followed.sum())
    if not count:
        return None, None
    # A next one on the very day of the loss still took some time.
    gaps = np.maximum((begun[1:] - closed[:-1])[followed], 0.1)
    return (
        share("recycling.returned", count, int(lost.sum())),
        quantile("recycling.gap_days", gaps, 0.5, "business days"),
    )


# ------------------------------------------------------------------ the second wave


def _ages(records: Records, since: float) -> tuple[Floats, Floats, Floats]:
    """Age at the first win (NaN: none), age from which wins are on file, age at the end."""
    leads, deals = records.leads, records.opportunities
    if len(leads) and not np.isnan(leads.won).all():
        came, won = leads.created, leads.won
    else:
        came, won = deals.opened, np.where(deals.outcome == Outcome.WON, deals.closed, np.nan)
    chosen = (came > since) & (came <= records.until) & ~(won < came)
    came, won = came[chosen], won[chosen]
    # Before the first win on file none may have been recorded.
    first = float(np.nanmin(won)) if np.isfinite(won).any() else math.inf
    return won - came, np.maximum(first - came, 0.0), records.until - came


class _Table(NamedTuple):
    """Inquiries at risk of a win in each interval of age, and wins in it."""

    at_risk: Integers
    won: Integers


def second_wave(won: Floats, entered: Floats, followed: Floats) -> SecondWave | None:
    """Hold late wins against what the first wave lets expect.

    Parameters
    ----------
    won : ndarray of float64, (n,)
        Age of each inquiry at its win, in business days; NaN: none so far.
    entered : ndarray of float64, (n,)
        Age from which on a win would be on file.
    followed : ndarray of float64, (n,)
        Age at the end of what is known.

    Returns
    -------
    SecondWave or None
    """
    ages = won[won <= followed]
    if len(ages) < FEWEST_WINS:
        return None
    early = float(np.quantile(ages, _EARLY))
    # Not finer than a weekday: files with dates alone know no less.
    width = max(early / _BINS, BUSINESS_DAYS_A_WEEKDAY)
    bins = math.ceil(early / width)
    table = _life_table(won, entered, followed, width)
    late = math.ceil(_LATE * early / width)
    if bins < 5 or late >= len(table.won) or table.at_risk[late:].sum() == 0:
        return None
    seen = int(table.won[late:].sum())
    fits = [_fit(name, law, table, width, bins, late) for name, law in _LAWS.items()]
    best = min(fit.aic for fit in fits)
    good = [fit for fit in fits if fit.aic <= best + _ABOUT_AS_GOOD]
    chances = [float(np.mean(stats.poisson.sf(seen - 1, fit.expected))) for fit in good]
    least_sure = int(np.argmax(chances))
    most = good[least_sure]
    return SecondWave(
        bins * width, late * width, seen, float(most.expected[0]), chances[least_sure], most.name
    )


def _life_table(won: Floats, entered: Floats, followed: Floats, width: float) -> _Table:
    """Count by intervals of age; an inquiry counts in those that are seen from end to end."""
    first = np.ceil(np.maximum(entered, 0.0) / width - 1e-9).astype(np.int64)
    last = np.floor(followed / width + 1e-9).astype(np.int64)  # the first that is not seen whole
    has = won <= followed
    at = np.where(has, np.floor(np.where(has, won, 0.0) / width), -1).astype(np.int64)
    event = has & (at >= first) & (at < last)
    leaves = np.where(has & (at < last), at + 1, last)
    there = leaves > first
    size = int(leaves[there].max()) if there.any() else 0
    joined = np.bincount(first[there], minlength=size + 1)
    left = np.bincount(leaves[there], minlength=size + 1)
    return _Table(np.cumsum(joined - left)[:size], np.bincount(at[event], minlength=size)[:size])


Law = Callable[[Floats, float, float], NDArray[np.float64]]


def _lognormal(age: Floats, scale: float, shape: float) -> Floats:
    with np.errstate(divide="ignore"):
        return np.asarray(stats.norm.cdf((np.log(age) - scale) / shape), dtype=np.float64)


def _weibull(age: Floats, scale: float, shape: float) -> Floats:
    return np.asarray(-np.expm1(-((age / math.exp(scale)) ** (1.0 / shape))), dtype=np.float64)


def _loglogistic(age: Floats, scale: float, shape: float) -> Floats:
    with np.errstate(divide="ignore"):
        return np.asarray(expit((np.log(age) - scale) / shape), dtype=np.float64)


_LAWS: dict[str, Law] = {
    "lognormal": _lognormal, "Weibull": _weibull, "log-logistic": _loglogistic,
}  # fmt: skip


class _Fit(NamedTuple):
    """A law of the first wave; `expected` late wins, first at its best, then as it may be."""

    name: str
    aic: float
    expected: Floats


def _fit(name: str, law: Law, table: _Table, width: float, bins: int, late: int) -> _Fit:
    edges: Floats = np.arange(len(table.won) + 1, dtype=np.float64) * width
    at_risk, won = table.at_risk[:bins], table.won[:bins]

    def hazards(at: Floats, ages: Floats) -> Floats:
        signs = float(expit(at[0]))
        part = signs * law(ages, float(at[1]), math.exp(min(float(at[2]), 5.0)))
        found = np.diff(part) / np.maximum(1.0 - part[:-1], 1e-12)
        return np.clip(found, 1e-12, 1.0 - 1e-9)

    def cost(at: Floats) -> float:
        found = hazards(at, edges[: bins + 1])
        # A weak prior on the share that signs: without it many laws fit with everybody signing
        # after centuries, and late wins could never be told from those.
        prior = 0.5 * ((at[0] - ever) / 1.5) ** 2
        stayed = (at_risk - won) * np.log1p(-found)
        return float(prior - (won * np.log(found)).sum() - stayed.sum())

    hazard = np.divide(won, at_risk, out=np.zeros(bins), where=at_risk > 0)
    share_early = float(np.clip(-np.expm1(-hazard.sum()), 1e-4, 0.95))
    ever = math.log(share_early / (1.0 - share_early)) + 0.3
    middle = math.log(max(float(edges[bins]) / 4.0, width))
    tries = [
        optimize.minimize(
            cost, np.array([ever, middle, spread]), method="Nelder-Mead",
            options={"maxiter": 3000, "xatol": 1e-5, "fatol": 1e-7},
        )
        for spread in (-0.7, 0.3)
    ]  # fmt: skip
    best = min(tries, key=lambda found: float(found.fun))
    draws = _as_may_be(cost, np.asarray(best.x, dtype=np.float64))
    expected = np.array([float((table.at_risk * hazards(at, edges))[late:].sum()) for at in draws])
    return _Fit(name, 2.0 * float(best.fun), expected)


def _as_may_be(cost: Callable[[Floats], float], best: Floats) -> Floats:
    """The best parameters and draws about them, after the curvature there."""
    size, step = len(best), 1e-3
    curved = np.empty((size, size))
    unit = np.eye(size) * step
    for i in range(size):
        for j in range(size):
            a, b = unit[i], unit[j]
            curved[i, j] = (
                cost(best + a + b) - cost(best + a - b) - cost(best - a + b) + cost(best - a - b)
            ) / (4.0 * step * step)
    values, vectors = np.linalg.eigh((curved + curved.T) / 2.0)
    wide = 1.0 / np.sqrt(np.maximum(values, 0.25))
    rng = np.random.default_rng(0)
    draws = best + (rng.normal(size=(_DRAWS, size)) * wide) @ vectors.T
    return np.vstack([best, draws])
