"""How inquiries come: how many a day from where, how unevenly, and since when.

Counts are taken per weekday of the calendar (a weekend's inquiries belong to the Monday that
follows, as everywhere on the clock). What is estimated is what the model draws from: a rate per
channel, weights of weekdays and months, and the variance over the mean of daily counts about
them. Only the recent regime is used.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy import stats

from simulator.calibration.estimates import CONFIDENCE, Estimate, Finding
from simulator.calibration.estimating.intervals import rate
from simulator.calibration.estimating.regimes import WEEK, Change, changes_of, weekday_numbers
from simulator.calibration.records import Floats, Integers, Records
from simulator.calibration.working_time import BUSINESS_DAYS_A_WEEKDAY, WorkingTime
from simulator.languages.messages import marked, say

MONTH, YEAR = 20.0, 240.0
"""Business days."""
FEW_CASES = 50
"""With fewer, a reader is warned."""

_LEVEL = 0.05
_UPPER = (1.0 + CONFIDENCE) / 2.0
_LEAST_WEEKS = 8  # for a trend, or the noise of weeks
_LEAST_CASES = 20  # for a trend
_STEEPEST = 5.0  # of the logarithm per month: nothing that is known so badly is a trend
_LEAST_DAYS = 20  # for weekdays, or the noise of days
_FLAT_WEEK, _FLAT_YEAR = (1.0,) * WEEK, (1.0,) * 12


@dataclass(frozen=True, slots=True)
class Arrivals:
    """How inquiries come.

    Attributes
    ----------
    of : str
        "leads", or "opportunities" where no leads are on file.
    since, until : float
        The recent regime, in business days: all below is about it.
    changes : tuple of Change
        Every change of regime, the last one at `since`.
    per_day : tuple of Estimate
        One per channel, in their order (``leads_per_day.CHANNEL``), per business day.
    total : Estimate
        ``leads_per_day``, of all channels.
    now : Estimate
        ``leads_per_day.now``: at the end, by the trend; the total where there is no trend.
    dispersion : Estimate or None
        Variance over mean of daily counts about weekday, month and trend; at least 1. None with
        fewer than 20 weekdays.
    weekly_dispersion : Estimate or None
        The same of weekly counts, which is larger where busy days come in a row. None with fewer
        than 8 weeks.
    law : str
        "Poisson" or "over-dispersed".
    weekday : tuple of 5 float
        Relative weights of Monday to Friday, of mean 1.
    month : tuple of 12 float
        Relative weights of January to December, of mean 1.
    trend : Estimate or None
        Share per month. None with fewer than 8 weeks or 20
        inquiries.
    findings : tuple of Finding
    """

    of: str
    since: float
    until: float
    changes: tuple[Change, ...]
    per_day: tuple[Estimate, ...]
    total: Estimate
    now: Estimate
    dispersion: Estimate | None
    weekly_dispersion: Estimate | None
    law: str
    weekday: tuple[float, ...]
    month: tuple[float, ...]
    trend: Estimate | None
    findings: tuple[Finding, ...]


def fit_arrivals(records: Records) -> Arrivals | None:
    """Estimate how inquiries come.

    Parameters
    ----------
    records : Records

    Returns
    -------
    Arrivals or None
        None where nothing that came is dated.
    """
    of, times, channel = _flow(records)
    if not len(times):
        return None
    until = _end(records, times)
    start = float(weekday_numbers(times.min(keepdims=True))[0]) * BUSINESS_DAYS_A_WEEKDAY
    what = say("inquiries" if of == "leads" else "opportunities")
    changes = _changes(records, times, channel, start, until, what)
    since = changes[-1].at if changes else start
    recent = times >= since - 1e-6
    times, channel = times[recent], channel[recent]
    findings = [Finding("regime_change", _used(change, changes)) for change in changes]
    if len(times) < FEW_CASES:
        findings.append(
            Finding(
                "few_cases",
                say("Only {n} {what} are on file for the rates.", n=len(times), what=what),
            )
        )
    days = _Days.of(records.time, times, channel, len(records.channels), since, until)
    month, said = _months(days)
    findings += said
    trend, slope = _trend(days, month, len(times))
    pattern = _weekdays(days, days.level(month, slope))
    findings += [] if pattern.words == "" else [Finding("assumption", pattern.words)]
    noise = _noise(days, pattern, len(times))
    weekly = _weekly_noise(days, month, slope, len(times))
    law = _law(days, pattern, month, slope)
    findings += _doubts(noise, weekly, trend, law, days, what)
    findings += _channels(records, times, channel, since, until)
    exposure = until - since
    held = np.bincount(channel[channel >= 0], minlength=len(records.channels))
    per_day = tuple(
        _rate(f"leads_per_day.{name}", int(held[k]), days.of_channels[:, k], exposure)
        for k, name in enumerate(records.channels)
    )
    total = _rate("leads_per_day", len(times), days.counts, exposure)
    return Arrivals(
        of, since, until, changes, per_day, total, _now(total, trend, exposure),
        noise, weekly, law, pattern.weights, month, trend, tuple(findings),
    )  # fmt: skip


def _flow(records: Records) -> tuple[str, Floats, Integers]:
    """What came, when, and from where: leads, or opportunities where there are none."""
    leads, deals = records.leads, records.opportunities
    if len(leads):
        of, times, channel = "leads", leads.created, leads.channel
    else:
        of, times, channel = "opportunities", deals.opened, deals.channel
    seen = times <= records.leads_until
    return of, times[seen], channel[seen]


def _end(records: Records, times: Floats) -> float:
    """End of what was recorded; where only days are known, of the day."""
    until = records.leads_until
    if records.dated_only or until <= times.max():
        return float(weekday_numbers(np.array([until]))[0] + 1) * BUSINESS_DAYS_A_WEEKDAY
    return until


def _changes(
    records: Records, times: Floats, channel: Integers, start: float, until: float, what: str
) -> tuple[Change, ...]:
    """Changes of regime; what comes back every year is a season, where three years show it."""
    changes = changes_of(times, start, until, records.time, what)
    if len(changes) > 1 and until - start >= 3.0 * YEAR - WEEK:
        month, _ = _months(_Days.of(records.time, times, 0 * channel, 1, start, until))
        without = changes_of(times, start, until, records.time, what, month=month)
        if len(without) < len(changes):
            return without
    return changes


def _used(change: Change, changes: tuple[Change, ...]) -> str:
    return say(
        "{change}: a change of regime. Only what came since is used." if change is changes[-1]
        else "{change}: a change of regime.", change=change.words,
    )  # fmt: skip


# ------------------------------------------------------------------ counts


class _Days(NamedTuple):
    """Counts of each whole weekday of the recent regime.

    `number` counts weekdays since the clock's beginning, `month` months since January 1970;
    `counts` (days,) is of all channels, `of_channels` (days, channels) of each.
    """

    number: Integers
    month: Integers
    first_weekday: int
    counts: Integers
    of_channels: Integers

    @classmethod
    def of(
        cls, time: WorkingTime, times: Floats, channel: Integers, channels: int,
        since: float, until: float,
    ) -> _Days:  # fmt: skip
        first, end = (int(each) for each in weekday_numbers(np.array([since, until])))
        end = max(end, first + 1)
        number = np.arange(first, end)
        day = weekday_numbers(times) - first
        seen = (day >= 0) & (day < len(number))
        counts = np.bincount(day[seen], minlength=len(number))
        known = seen & (channel >= 0)
        flat = day[known] * max(channels, 1) + channel[known]
        table = np.bincount(flat, minlength=len(number) * max(channels, 1))
        middle = time.stamps(number.astype(np.float64) * BUSINESS_DAYS_A_WEEKDAY + 0.1)
        return cls(
            number,
            middle.astype("datetime64[M]").astype(np.int64),
            time.origin.weekday() if time.origin.weekday() < WEEK else 0,
            counts,
            table.reshape(len(number), -1),
        )

    @property
    def place(self) -> Floats:
        """Time in months about the middle."""
        off = self.number.astype(np.float64) - float(self.number.mean())
        return off * (BUSINESS_DAYS_A_WEEKDAY / MONTH)

    @property
    def short(self) -> bool:
        """Whether two years are not seen (but for a few days)."""
        return len(self.number) * BUSINESS_DAYS_A_WEEKDAY < 2.0 * YEAR - WEEK

    def level(self, month: tuple[float, ...], slope: float) -> Floats:
        """Relative level of each day by month and trend, of mean 1."""
        found = np.asarray(month)[self.month % 12] * np.exp(slope * self.place)
        return np.asarray(found / found.mean(), dtype=np.float64)


def _by_week(values: Floats | Integers) -> Floats:
    """Sums of whole weeks, counted back from the end, along the first axis."""
    weeks = len(values) // WEEK
    kept = values[len(values) - weeks * WEEK :].astype(np.float64)
    return np.asarray(kept.reshape(weeks, WEEK, *kept.shape[1:]).sum(axis=1))


def _rate(key: str, count: int, days: Integers, exposure: float) -> Estimate:
    """A rate, with the noise of weeks, whatever they follow; of days where there are few weeks."""
    weeks = _by_week(days)
    if len(weeks) < _LEAST_WEEKS:
        weeks = days.astype(np.float64)
    mean = float(weeks.mean())
    wide = float(weeks.var(ddof=1)) / mean if mean > 0.0 and len(weeks) > 1 else 1.0
    free = len(weeks) - 1.0 if wide > 1.0 else math.inf
    return rate(key, count, exposure, "inquiries per business day", wide, free)


# ------------------------------------------------------------------ months and trend


def _log_linear(design: Floats, counts: Floats, exposure: Floats) -> tuple[Floats, Floats, float]:
    """Fit a Poisson regression: coefficients, their covariance but for the noise, the noise.

    The noise is Pearson's: mean square of (count - fit) / sqrt(fit), at least 1.
    """
    found: Floats = np.zeros(design.shape[1])
    working = np.log((counts + 0.5) / exposure)
    weight = counts + 0.5
    for _ in range(50):
        information = design.T @ (design * weight[:, None])
        step = np.asarray(np.linalg.solve(information, design.T @ (weight * working)), np.float64)
        done = bool(np.max(np.abs(step - found)) < 1e-10)
        found = step
        line = np.clip(design @ found, -50.0, 50.0)
        weight = np.maximum(exposure * np.exp(line), 1e-10)
        working = line + (counts - weight) / weight
        if done:
            break
    free = max(len(counts) - design.shape[1], 1)
    pearson = float(((counts - weight) ** 2 / weight).sum()) / free
    covariance = np.asarray(np.linalg.inv(design.T @ (design * weight[:, None])), np.float64)
    return found, covariance, max(pearson, 1.0)


def _deviance(design: Floats, found: Floats, counts: Floats, exposure: Floats) -> float:
    fit = exposure * np.exp(design @ found)
    logs = np.log(np.where(counts > 0.0, counts, 1.0) / fit)
    return float(
        2.0 * np.where(counts > 0.0, counts * logs, 0.0).sum() - 2.0 * (counts - fit).sum()
    )


def _months(days: _Days) -> tuple[tuple[float, ...], list[Finding]]:
    """Weights of the calendar's months, where two years or more show a pattern."""
    if days.short:
        return _FLAT_YEAR, []
    cells, place = np.unique(days.month, return_inverse=True)
    counts = np.bincount(place, weights=days.counts).astype(np.float64)
    exposure = np.bincount(place).astype(np.float64)
    of_month = np.bincount(cells % 12, weights=counts, minlength=12)
    if of_month.min() <= 0.0:
        return _FLAT_YEAR, [
            Finding("not_identifiable", say("A calendar month without any inquiry in two years or"
                    " more: no pattern of months is estimated."))
        ]  # fmt: skip
    time = (cells - cells.mean())[:, None].astype(np.float64)
    season = np.hstack([(cells % 12)[:, None] == np.arange(12), time]).astype(np.float64)
    flat = np.hstack([np.ones_like(time), time])
    with_season, _, noise = _log_linear(season, counts, exposure)
    without, _, _ = _log_linear(flat, counts, exposure)
    gained = _deviance(flat, without, counts, exposure)
    gained -= _deviance(season, with_season, counts, exposure)
    free = len(cells) - season.shape[1]
    if free < 1 or stats.f.sf(gained / 11.0 / noise, 11, free) >= _LEVEL:
        return _FLAT_YEAR, []
    weights = np.exp(with_season[:12])
    return tuple(float(each) for each in weights / weights.mean()), []


def _trend(days: _Days, month: tuple[float, ...], n: int) -> tuple[Estimate | None, float]:
    """Growth per month as a share, and its logarithm for what is made from it."""
    counts = _by_week(days.counts)
    if len(counts) < _LEAST_WEEKS or counts.sum() < _LEAST_CASES:
        return None, 0.0
    place = _by_week(days.place) / WEEK
    level = _by_week(np.asarray(month)[days.month % 12])
    design = np.stack([np.ones_like(place), place], axis=1)
    found, covariance, noise = _log_linear(design, counts, level)
    slope = float(found[1])
    half = float(stats.t.ppf(_UPPER, len(counts) - 2)) * math.sqrt(noise * float(covariance[1, 1]))
    if abs(slope) + half > _STEEPEST:
        return None, 0.0
    value, low, high = (math.expm1(each) for each in (slope, slope - half, slope + half))
    method = say(
        "log-linear in {n} weekly counts, variance {times} times the mean", n=len(counts),
        times=f"{noise:.1f}",
    )  # fmt: skip
    return Estimate("trend", value, low, high, n, "share per month", method), slope


def _now(total: Estimate, trend: Estimate | None, exposure: float) -> Estimate:
    """The rate at the end: by the trend where one is seen, else the mean."""
    key, method = "leads_per_day.now", total.method
    factor, error = 1.0, total.error
    if trend is not None and trend.low * trend.high > 0.0:
        months = exposure / MONTH
        slope = math.log1p(trend.value)
        # Mean of exp over the window against its end.
        whole = slope * months
        factor = whole / -math.expm1(-whole) if abs(whole) > 1e-9 else 1.0
        width = (math.log1p(trend.high) - math.log1p(trend.low)) / 2.0
        error = math.hypot(error, width / float(stats.norm.ppf(_UPPER)) * months / 2.0)
        method = say("mean of the regime carried to its end along the trend")
    if not math.isfinite(error):
        return Estimate(key, total.value, total.low, total.high, total.n, total.unit, method, "log")
    value, wide = total.value * factor, math.exp(float(stats.norm.ppf(_UPPER)) * error)
    # One steady flow in twenty shows a trend by chance: the mean stays inside the interval.
    low, high = min(value / wide, total.low), max(value * wide, total.high)
    return Estimate(key, value, low, high, total.n, total.unit, method, "log")


# ------------------------------------------------------------------ weekdays and noise


class _Pattern(NamedTuple):
    """Weights of weekdays, the mean count they give each day, and what to tell."""

    weights: tuple[float, ...]
    fit: Floats
    parameters: int
    words: str


def _shares(days: _Days, grid: str) -> Floats:
    """Which share of each weekday lies in which day of the week, (days, 5).

    The calendar's week has five weekdays; the week of a simulated run has five business days of
    the clock, which are a little longer.
    """
    if grid == "calendar":
        weekday = (days.number + days.first_weekday) % WEEK
        return np.asarray(weekday[:, None] == np.arange(WEEK), dtype=np.float64)
    begin = days.number * BUSINESS_DAYS_A_WEEKDAY
    day = np.floor(begin)
    inside = np.minimum(day + 1.0 - begin, BUSINESS_DAYS_A_WEEKDAY) / BUSINESS_DAYS_A_WEEKDAY
    found = np.zeros((len(begin), WEEK))
    rows = np.arange(len(begin))
    np.add.at(found, (rows, day.astype(np.int64) % WEEK), inside)
    np.add.at(found, (rows, (day.astype(np.int64) + 1) % WEEK), 1.0 - inside)
    return found


def _weekdays(days: _Days, level: Floats) -> _Pattern:
    """Weights of weekdays on the week that fits best, flat if none is seen."""
    counts = days.counts.astype(np.float64)
    flat = level * counts.sum() / level.sum()
    unseen = _Pattern(_FLAT_WEEK, flat, 1, "")
    if len(counts) < _LEAST_DAYS:
        return unseen._replace(words=say("Too few weeks for a pattern of weekdays: flat is used."))
    best, least = unseen, float(((counts - flat) ** 2 / level).sum())
    without = least
    for grid in ("calendar", "clock"):
        shares = _shares(days, grid)
        means = np.linalg.solve(shares.T @ (shares * level[:, None]), shares.T @ counts)
        means = np.maximum(means, 0.0)
        fit = level * (shares @ means)
        squares = float(((counts - fit) ** 2 / level).sum())
        if squares < least and means.sum() > 0.0:
            weights = tuple(float(each) for each in means / means.mean())
            best, least = _Pattern(weights, fit, WEEK, ""), squares
    free = len(counts) - WEEK
    if least <= 0.0:
        return best
    # Two weeks were tried, so each has to convince twice as much.
    p = 2.0 * float(stats.f.sf((without - least) / (WEEK - 1) / (least / free), WEEK - 1, free))
    if p >= _LEVEL:
        return unseen._replace(
            words=say(
                "No pattern of weekdays is seen (p = {p}): flat is used.", p=f"{min(p, 1.0):.2f}"
            )
        )
    return best


def _noise(days: _Days, pattern: _Pattern, n: int) -> Estimate | None:
    """Variance of daily counts over their mean, from each day and the next one.

    A busy day's neighbor is counted in, because a day of the clock is a little longer than a
    weekday and lies in two of them: variance and twice the covariance of neighbors together are
    those of whole days on either clock.
    """
    size, mean = len(days.counts), float(pattern.fit.mean())
    if size < _LEAST_DAYS or mean <= 0.0:
        return None
    off = days.counts - pattern.fit
    total = float((off * off).sum() + 2.0 * (off[1:] * off[:-1]).sum())
    found = total / mean / (size - pattern.parameters)
    value = max(found, 1.0)
    # Relative variance of the sum of squares and of products of a gamma-mixed Poisson count.
    excess = 6.0 * (value - 1.0) / mean + 1.0 / (mean * value)
    free = 2.0 * size / (6.0 + excess)
    low, high = (
        max(value * free / float(stats.chi2.ppf(q, free)), 1.0) for q in (_UPPER, 1 - _UPPER)
    )
    return Estimate(
        "dispersion", value, low, high, n, "variance / mean",
        say("variance and neighbors' covariance of {n} daily counts about weekday, month and trend",
            n=size),
        "log",
    )  # fmt: skip


def _weekly_noise(
    days: _Days, month: tuple[float, ...], slope: float, n: int
) -> Estimate | None:  # fmt: skip
    """The same of whole weeks."""
    counts = _by_week(days.counts)
    size = len(counts)
    if size < _LEAST_WEEKS or counts.sum() <= 0.0:
        return None
    level = _by_week(days.level(month, slope))
    fit = level * counts.sum() / level.sum()
    free = size - 2
    found = max(float(((counts - fit) ** 2 / fit).sum()) / free, 1.0)
    low, high = (
        max(found * free / float(stats.chi2.ppf(q, free)), 1.0) for q in (_UPPER, 1 - _UPPER)
    )
    return Estimate(
        "dispersion.weekly", found, low, high, n, "variance / mean",
        say("variance of {n} weekly counts about month and trend", n=size), "log",
    )  # fmt: skip


def _law(days: _Days, pattern: _Pattern, month: tuple[float, ...], slope: float) -> str:
    """Whether chance alone explains how daily and weekly counts scatter."""
    level = _by_week(days.level(month, slope))
    weeks = _by_week(days.counts)
    tries = [(days.counts.astype(np.float64), pattern.fit, pattern.parameters)]
    if len(weeks) >= _LEAST_WEEKS:
        tries.append((weeks, level * weeks.sum() / level.sum(), 2))
    least = 1.0
    for counts, fit, parameters in tries:
        free = len(counts) - parameters
        if free >= 1 and fit.min() > 0.0:
            square = float(((counts - fit) ** 2 / fit).sum())
            least = min(least, len(tries) * float(stats.chi2.sf(square, free)))
    return marked("over-dispersed") if least < _LEVEL else marked("Poisson")


# ------------------------------------------------------------------ what to tell


def _doubts(
    noise: Estimate | None,
    weekly: Estimate | None,
    trend: Estimate | None,
    law: str,
    days: _Days,
    what: str,
) -> list[Finding]:
    """What the reader should know of noise and trend."""
    found = []
    if law == "over-dispersed" and noise is not None:
        found.append(
            Finding("over_dispersed", say("Daily counts vary {times} times as much as chance"
                    " alone would make them: they are drawn over-dispersed.",
                    times=f"{noise.value:.1f}"))
        )  # fmt: skip
    if noise is not None and weekly is not None and weekly.low > noise.high:
        found.append(
            Finding("over_dispersed", say("Weekly counts vary {weekly} times as much as"
                    " chance would make them, daily ones only {daily} times: busy weeks"
                    " follow each other, which the model's independent days do not show.",
                    weekly=f"{weekly.value:.1f}", daily=f"{noise.value:.1f}"))
        )  # fmt: skip
    if trend is not None and trend.low * trend.high > 0.0:
        found.append(
            Finding("trend", say("Within the recent regime {what} change by {change}"
                    " % a month (95 % interval {low} to {high}):"
                    " the mean rate is behind the level at the end.", what=what,
                    change=f"{100 * trend.value:+.1f}", low=f"{100 * trend.low:+.1f}",
                    high=f"{100 * trend.high:+.1f}"))
        )  # fmt: skip
    if days.short:
        found.append(
            Finding("not_identifiable", say("The recent regime is shorter than two years: a"
                    " pattern of calendar months cannot be told from a trend; none is assumed."))
        )  # fmt: skip
    return found


def _channels(
    records: Records, times: Floats, channel: Integers, since: float, until: float
) -> list[Finding]:
    """Changes within single channels, of which the totals show nothing."""
    found = []
    count = len(records.channels)
    order = np.argsort(channel, kind="stable")
    ends = np.searchsorted(channel[order], np.arange(count + 1))
    for k, name in enumerate(records.channels if count > 1 else ()):
        mine = times[order[ends[k] : ends[k + 1]]]
        what = say("inquiries of the channel {channel}", channel=name)
        for change in changes_of(mine, since, until, records.time, what, comparisons=count):
            words = say("{change}; its rate is the mean over both.", change=change.words)
            found.append(Finding("regime_change", words))
    return found
