"""The figures on file beside a calibrated scenario, by the rule that reads runs as well.

A scenario that looks ahead cannot be held against the past. A second one, which extends it, starts
where the recent regime starts, ends where the files end, and states what was observed: running it
prints both side by side (:mod:`simulator.metrics.observed` has the rule).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from scipy import stats

from simulator.calibration.estimates import CONFIDENCE
from simulator.calibration.fitting import Calibrated
from simulator.calibration.writing import rounded
from simulator.languages.messages import say
from simulator.metrics.observed import CALENDAR_DAYS, Inquiries, figures_of
from simulator.organization.journal import DAYS_PER_MONTH

_PERCENTS = (10, 25, 50, 75, 90)
_MOST_HAZARDS = 10
_FEWEST_WINS = 20


def begins(calibrated: Calibrated) -> float:
    """Return when the past that is retold begins: its wins have to be on file."""
    return max(calibrated.since, calibrated.told.conversions.recorded_since)


def observed(calibrated: Calibrated) -> list[dict[str, Any]]:
    """Return the ``observed`` block: inquiries, conversion by channel, days to contract.

    Parameters
    ----------
    calibrated : Calibrated

    Returns
    -------
    list of dict
        Empty where no inquiries with wins are on file.
    """
    records, since = calibrated.records, begins(calibrated)
    leads = records.leads
    full = int((records.leads_until - since) / DAYS_PER_MONTH + 1e-9)
    # The last month of inquiries may be a part of one: it tells how they are won, not how many.
    months = math.ceil((records.leads_until - since) / DAYS_PER_MONTH - 1e-9)
    months = min(months, int((records.until - since) / DAYS_PER_MONTH + 1e-9))
    if months < 1 or np.count_nonzero(np.isfinite(leads.won)) < _FEWEST_WINS:
        return []
    recent = leads[leads.created >= since]
    # Months of the run include their last instant and not their first.
    month = np.maximum(np.ceil((recent.created - since) / DAYS_PER_MONTH), 1.0).astype(np.int64)
    inquiries = Inquiries(
        recent.channel,
        month,
        np.maximum(recent.won - recent.created, 0.0) * CALENDAR_DAYS,
        (records.until - recent.created) * CALENDAR_DAYS,
    )
    cohort = inquiries[month <= months]
    fitted = _fitted(calibrated)
    horizon = records.until - since
    entries = []
    for metric, low, high, words in _figures(cohort, records.channels, months, full):
        value = figures_of(inquiries, records.channels, horizon, [metric])[metric]
        if math.isnan(value):
            continue
        entry: dict[str, Any] = {"metric": metric, "value": rounded(value)}
        if not math.isnan(low):
            entry["low"] = min(rounded(low), entry["value"])
            entry["high"] = max(rounded(high), entry["value"])
        name = metric.partition("@")[0]
        entry["fitted"] = name in fitted or name.startswith("leads_in_month")
        entry["source"] = words
        entries.append(entry)
    return entries


def _fitted(calibrated: Calibrated) -> set[str]:
    """Figures that numbers were chosen to meet: agreement there proves nothing."""
    if calibrated.matched is None:
        return set()
    found = {"conversion"}
    for target in calibrated.matched.targets:
        name = target.key
        found.add(name.replace("lead_to_win", "conversion").replace("days_to_win.", "days_to_win_"))
    return found


def _figures(
    cohort: Inquiries, channels: tuple[str, ...], months: int, full: int
) -> Iterator[tuple[str, float, float, str]]:
    """Which figures, each with its interval and what it is computed from."""
    for number in range(1, min(full, months) + 1):
        words = say("inquiries of month {number}", number=number)
        yield f"leads_in_month_{number}", math.nan, math.nan, words
    at = f"@1-{months}"
    signed, count = len(cohort.won), len(cohort.days)
    words = say("{signed} of {count} inquiries", signed=f"{signed:,}", count=f"{count:,}")
    yield f"conversion{at}", *_wilson(signed, count), words
    for number, name in enumerate(channels):
        mine = cohort[cohort.channel == number]
        if len(mine.days):
            words = say(
                "{signed} of {count} inquiries of {channel}", signed=f"{len(mine.won):,}",
                count=f"{len(mine.days):,}", channel=name,
            )  # fmt: skip
            yield f"conversion.{name}{at}", *_wilson(len(mine.won), len(mine.days)), words
    won = np.sort(cohort.won)
    if len(won) < _FEWEST_WINS:
        return
    words = say("{count} contracts", count=f"{len(won):,}")
    for percent in _PERCENTS:
        yield f"days_to_win_p{percent}{at}", *_order(won, percent / 100.0), words
    late = int((won > 180.0).sum())
    yield f"late_win_share{at}", *_wilson(late, len(won)), words


def _wilson(part: int, whole: int) -> tuple[float, float]:
    found = stats.binomtest(part, whole).proportion_ci(CONFIDENCE, method="wilson")
    return float(found.low), float(found.high)


def _order(sample: np.ndarray[Any, np.dtype[np.float64]], share: float) -> tuple[float, float]:
    """Interval of a quantile from order statistics (binomial)."""
    n = len(sample)
    low, high = stats.binom.interval(CONFIDENCE, n, share)
    at = (max(int(low) - 1, 0), min(int(high), n - 1))
    return float(sample[at[0]]), float(sample[at[1]])
