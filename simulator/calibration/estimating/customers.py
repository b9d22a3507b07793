"""What customers pay and when they leave.

Leaving is fitted in the form in which the model has it: once a month a customer leaves or stays,
with a hazard that is a power of its tenure. Customers of whom only the later life is on file are
followed from there on, those who are still there to the end of what is known.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy import optimize, stats

from simulator.calibration.estimates import CONFIDENCE, Estimate, Finding
from simulator.calibration.estimating.intervals import quantile, rate, ratio, share
from simulator.calibration.records import Floats, Integers, Outcome, Records
from simulator.calibration.spoken_days import day_said
from simulator.languages.messages import say

MONTH = 20.0
BANDS = ((1, 3), (4, 6), (7, 12), (13, 24), (25, 36), (37, 10_000))
"""First and last month of tenure of each band of the churn table."""
FEW_CASES = 30

_NORMAL = float(stats.norm.ppf((1.0 + CONFIDENCE) / 2.0))
_FEWEST_LEFT = 10  # for a hazard that changes with tenure
_LONGEST = 1200  # months
# Distance between a sample and its own lognormal law, 5 % point (Stephens 1974, case 3).
_FAR = 0.895
_TERMS = (36, 24, 12, 6, 3)


@dataclass(frozen=True, slots=True)
class Deals:
    """What a contract brings.

    Attributes
    ----------
    median, p90 : Estimate or None
        ``market.deal.median`` and ``market.deal.p90``, per month; ``deal.total_median`` and
        ``deal.total_p90`` where the files hold totals. None without two amounts above 0.
    lognormal : bool or None
        Whether the amounts may come from the lognormal law that the model draws from.
    findings : tuple of Finding
    """

    median: Estimate | None
    p90: Estimate | None
    lognormal: bool | None
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Churn:
    """When customers leave.

    Attributes
    ----------
    bands : tuple of Estimate
        ``churn.month_A_B``: hazard per month in months A to B of tenure, all reasons together.
    at_one_year : Estimate or None
        ``churn.gross_at_one_year``. The model's ``churn.monthly_at_one_year`` is that of a
        well-served average customer, before late onboarding, broken promises and neglect add to
        it: lower.
    shape : Estimate or None
        ``churn.tenure_shape``; None with few who left.
    contract_months : int or None
        Term, where most leave at multiples of one.
    customers : int
        At the end.
    tenure : Estimate or None
        ``start.tenure_mean_days``, of them.
    findings : tuple of Finding
    """

    bands: tuple[Estimate, ...]
    at_one_year: Estimate | None
    shape: Estimate | None
    contract_months: int | None
    customers: int
    tenure: Estimate | None
    findings: tuple[Finding, ...]


# ------------------------------------------------------------------ amounts


def fit_deals(records: Records, since: float = -math.inf) -> Deals:
    """Estimate what a contract brings.

    Parameters
    ----------
    records : Records
        Won opportunities; contracts where those have no amounts.
    since : float
        Only contracts won after this business day.
    """
    deals, contracts = records.opportunities, records.contracts
    won = (deals.outcome == Outcome.WON) & ~(deals.closed <= since)
    found, source = deals.amount[won], say("won opportunities")
    if not (found > 0.0).any():
        found, source = contracts.amount[~(contracts.start <= since)], say("contracts")
    amounts = found[found > 0.0]
    findings = []
    if not len(amounts):
        return Deals(None, None, None, (
            Finding("not_identifiable", say("No contract has an amount: deal size is not known.")),
        ))  # fmt: skip
    missing = len(found) - len(amounts)
    if missing:
        findings.append(
            Finding("dropped", say("{count} of {all} {what} have no amount above 0 and do not"
                    " count for deal size.", count=missing, all=len(found), what=source))
        )  # fmt: skip
    if len(amounts) < FEW_CASES:
        few = say("Deal size comes from only {count} {what}.", count=len(amounts), what=source)
        findings.append(Finding("few_cases", few))
    prefix, unit = "market.deal.", f"{records.currency or 'currency'} per month"
    if records.amounts == "annual":
        amounts = amounts / 12.0
    elif records.amounts != "monthly":
        prefix, unit = "deal.total_", records.currency or "currency"
        findings.append(
            Finding("not_identifiable", say("The amounts are totals: what a contract brings a month"
                    " cannot be told without its length."))
        )  # fmt: skip
    like = _is_lognormal(amounts)
    if like is False:
        findings.append(
            Finding("no_law_fits", say("Amounts are not lognormal: simulated ones have the same"
                    " median and 90th percentile, but not the same prices in between."))
        )  # fmt: skip
    return Deals(
        quantile(prefix + "median", amounts, 0.5, unit),
        quantile(prefix + "p90", amounts, 0.9, unit),
        like,
        tuple(findings),
    )


def _is_lognormal(amounts: Floats) -> bool | None:
    """Whether the logarithms may be normal (Lilliefors' test); None with few amounts."""
    n = len(amounts)
    if n < FEW_CASES:
        return None
    logs = np.sort(np.log(amounts))
    spread = float(logs.std(ddof=1))
    if spread <= 1e-12:
        return False
    law = stats.norm.cdf((logs - logs.mean()) / spread)
    places = np.arange(n)
    distance = float(max(np.max(law - places / n), np.max((places + 1) / n - law)))
    return distance * (math.sqrt(n) - 0.01 + 0.85 / math.sqrt(n)) < _FAR


# ------------------------------------------------------------------ leaving


class _Table(NamedTuple):
    """Customers who could leave at each month of tenure, and who did; place 0 is month 1."""

    at_risk: Integers
    left: Integers

    @property
    def months(self) -> Floats:
        return np.arange(1.0, len(self.left) + 1.0)


def fit_churn(records: Records) -> Churn | None:
    """Estimate when customers leave.

    Parameters
    ----------
    records : Records

    Returns
    -------
    Churn or None
        None without contracts.
    """
    contracts, until = records.contracts, records.until
    sound = (contracts.start <= until) & ~(contracts.end < contracts.start)
    if not sound.any():
        return None
    findings = []
    wrong = int((contracts.end < contracts.start).sum())
    if wrong:
        findings.append(
            Finding(
                "negative_duration",
                say("{count} contracts end before they begin: not used.", count=wrong),
            )
        )
    start = contracts.start[sound]
    end = np.where(contracts.end[sound] <= until, contracts.end[sound], np.nan)
    runs = np.isnan(end)
    begins = _recorded_since(start, end, records, findings)
    table = _table(start, end, until, begins)
    left = int(table.left.sum())
    tenure = until - start[runs]
    now = int(runs.sum())
    mean = ratio(
        "start.tenure_mean_days", tenure, np.ones(now), "business days", now,
        say("mean of those who are customers at the end"),
    )  # fmt: skip
    if left < _FEWEST_LEFT:
        findings.append(
            Finding("few_cases", say("Only {count} customers are seen to leave: how the hazard"
                    " changes with tenure is not identifiable.", count=left))
        )  # fmt: skip
    term = _term(end[~runs] - start[~runs], findings)
    at_one_year, shape = _hazard(table)
    if at_one_year is not None:
        findings.append(
            Finding("assumption", say("The fitted churn is of all customers and for all reasons."
                    " The model's churn.monthly_at_one_year is that of a well-served average"
                    " customer and has to be lower; how much is not identifiable from these"
                    " files."))
        )  # fmt: skip
    return Churn(_bands(table), at_one_year, shape, term, now, mean, tuple(findings))


def _recorded_since(start: Floats, end: Floats, records: Records, findings: list[Finding]) -> float:
    """From when on leaving is on file; customers from before are followed from there.

    Files that a system was filled with when it began hold only those who were still there: they
    show no end for a long time and then many. The beginning is where the first end is, if so long
    a time without one is next to impossible at the rate of leaving since.
    """
    ends = np.sort(end[~np.isnan(end)])
    if len(ends) < _FEWEST_LEFT:
        return -math.inf
    first = float(ends[0])
    stop = np.where(np.isnan(end), records.until, end)
    later = float(np.maximum(stop - np.maximum(start, first), 0.0).sum())
    before = float(np.maximum(np.minimum(stop, first) - start, 0.0).sum())
    expected = (len(ends) - 1) / later * before if later > 0.0 else 0.0
    # Young customers leave sooner, so the true number would be larger still.
    if expected < 10.0:
        return -math.inf
    day = records.time.stamps(np.array([first]))[0].astype("datetime64[D]").item()
    findings.append(
        Finding("left_truncation", say("No customer is recorded to leave before {day},"
                " where about {expected} should have: who left earlier is not on file."
                " Customers from before are followed from that day on.", day=day_said(day),
                expected=f"{expected:.0f}"))
    )  # fmt: skip
    return first


def _table(start: Floats, end: Floats, until: float, begins: float) -> _Table:
    """Count at each monthly anniversary who could leave and who did."""
    left = ~np.isnan(end)
    stop = np.where(left, end, until)
    # A customer leaves at the anniversary nearest to its end, at the first one at the earliest.
    exact = (stop - start) / MONTH
    last = np.where(left, np.maximum(np.round(exact), 1.0), np.floor(exact + 1e-9))
    last = np.minimum(last, _LONGEST).astype(np.int64)
    entered = np.maximum((begins - start) / MONTH, 0.0)
    # It is at risk of every anniversary after it was first seen. Whose end was the first of all
    # is not: by it the beginning was told.
    first = np.where(entered > 0.0, np.floor(np.minimum(entered + 0.5, _LONGEST)) + 1.0, 1.0)
    first = first.astype(np.int64)
    seen = (last >= first) & (stop > begins)
    size = max(int(last[seen].max()), 1) if seen.any() else 1
    joins = np.bincount(first[seen] - 1, minlength=size + 1)
    leaves = np.bincount(last[seen], minlength=size + 1)
    at_risk = np.cumsum(joins - leaves)[:size]
    return _Table(at_risk, np.bincount(last[seen & left] - 1, minlength=size)[:size])


def _bands(table: _Table) -> tuple[Estimate, ...]:
    """Hazard per month by bands of tenure."""
    found = []
    for first, last in BANDS:
        at_risk = int(table.at_risk[first - 1 : last].sum())
        if not at_risk:
            continue
        left = int(table.left[first - 1 : last].sum())
        chance = share("", left, at_risk)
        hazard = [-math.log1p(-min(p, 0.999)) for p in (chance.value, chance.low, chance.high)]
        name = f"{first}_{last}" if last < BANDS[-1][1] else f"{first}_on"
        found.append(
            Estimate(f"churn.month_{name}", hazard[0], hazard[1], hazard[2], at_risk,
                     "hazard per month",
                     say("{left} left in {months} customer-months, Wilson", left=left,
                         months=at_risk), "log")
        )  # fmt: skip
    return tuple(found)


def _hazard(table: _Table) -> tuple[Estimate | None, Estimate | None]:
    """Fit hazard (tenure / 12 months) ** (shape - 1), as the model has it."""
    left, at_risk = int(table.left.sum()), int(table.at_risk.sum())
    if not at_risk:
        return None, None
    unit, key = "hazard per month", "churn.gross_at_one_year"
    if left < _FEWEST_LEFT:
        return rate(key, left, float(at_risk), unit, method=say("one hazard at every tenure")), None
    logs = np.log(table.months / 12.0)
    stayed = table.at_risk - table.left

    def cost(at: Floats) -> float:
        hazard = np.exp(np.clip(at[0] + (at[1] - 1.0) * logs, -50.0, 5.0))
        leaving = np.log(-np.expm1(-hazard))
        return -float((table.left * leaving).sum() - (stayed * hazard).sum())

    found = optimize.minimize(
        cost, np.array([math.log(left / at_risk), 1.0]), method="Nelder-Mead",
        options={"xatol": 1e-6, "fatol": 1e-6, "maxiter": 2000},
    )  # fmt: skip
    level, shape = (float(each) for each in found.x)
    errors = _errors(cost, found.x)
    if errors is None or not 0.05 < shape < 10.0:
        return rate(key, left, float(at_risk), unit, method=say("one hazard at every tenure")), None
    method = say("monthly chances, a power of tenure; delayed entry, right censoring")
    half, wide = (_NORMAL * float(each) for each in errors)
    return (
        Estimate(key, math.exp(level), math.exp(level - half), math.exp(level + half), left, unit,
                 method, "log"),
        Estimate("churn.tenure_shape", shape, max(shape - wide, 0.0),
                 shape + wide, left, "Weibull shape", method),
    )  # fmt: skip


def _errors(cost: Callable[[Floats], float], at: Floats) -> Floats | None:
    """Standard errors from the curvature of a cost of two numbers at its least."""
    step = 1e-3
    curved = np.empty((2, 2))
    for i in range(2):
        for j in range(2):
            a, b = np.eye(2)[i] * step, np.eye(2)[j] * step
            curved[i, j] = cost(at + a + b) - cost(at + a - b) - cost(at - a + b) + cost(at - a - b)
    curved /= 4.0 * step * step
    if not np.isfinite(curved).all() or np.linalg.eigvalsh(curved).min() <= 0.0:
        return None
    return np.asarray(np.sqrt(np.diag(np.linalg.inv(curved))), dtype=np.float64)


def _term(lengths: Floats, findings: list[Finding]) -> int | None:
    """The term of contracts, where most end at multiples of one."""
    if len(lengths) < FEW_CASES:
        return None
    months = lengths / MONTH
    for term in _TERMS:
        nearest = np.round(months / term)
        part = float(((np.abs(months - nearest * term) <= 0.5) & (nearest >= 1)).mean())
        if part >= 0.8:
            findings.append(
                Finding("assumption", say("{share} % of contracts that ended did so at a"
                        " multiple of {months} months: taken as their term.",
                        share=f"{100 * part:.0f}", months=term))
            )  # fmt: skip
            return term
    return None
