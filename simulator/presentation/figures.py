"""How a number is shown: shares as %, large amounts in millions, short waits in hours."""

from __future__ import annotations

import math
from typing import Any

from simulator.experiment import Estimate
from simulator.languages.languages import spoken
from simulator.languages.messages import marked, say
from simulator.metrics.team_labels import TEAM_LABELS, team_label
from simulator.metrics.units import money_unit, unit_shown, with_unit
from simulator.organization.journal import DAYS_PER_MONTH

MISSING = "-"
HOURS_PER_DAY = 8.0
_MILLION = 1e6


def known(value: float | None) -> float | None:
    """Return the value, or None where it is missing (NaN and infinity have no place in JSON)."""
    return None if value is None or not math.isfinite(value) else float(value)


def figure(estimate: Estimate, unit: str, currency: str) -> tuple[str, str, str]:
    """Write an estimate as mean, interval and unit, all three in the same scale.

    Parameters
    ----------
    estimate : Estimate
    unit : str
        As in the registry of metrics.
    currency : str
        Of the scenario.
    """
    mean = known(estimate.mean)
    if mean is None:
        return MISSING, "", unit_shown(unit, currency)
    factor = 1.0
    if unit.startswith("share"):
        factor = 100.0
    elif unit.startswith("currency") and abs(mean) >= _MILLION:
        factor = 1.0 / _MILLION
    decimals = _decimals(abs(mean) * factor)
    if factor == 100.0:
        decimals = min(max(decimals, 1), 2)
    elif unit == "buyers":
        decimals = min(decimals, 1)
    elif unit.startswith("currency") and factor == 1.0:
        decimals = 0
    interval = ""
    if estimate.low is not None and estimate.high is not None:
        low, high = (number(bound * factor, decimals) for bound in (estimate.low, estimate.high))
        interval = say("{low} to {high}", low=low, high=high)
    return number(mean * factor, decimals), interval, unit_shown(unit, currency, factor < 1.0)


def number(value: float, decimals: int | None = None) -> str:
    """Write a number with thousands separators; never a negative zero."""
    if not math.isfinite(value):
        return MISSING
    places = _decimals(abs(value)) if decimals is None else decimals
    rounded = round(value, places) + 0.0
    return f"{rounded:,.{places}f}"


def _decimals(size: float) -> int:
    """About three digits."""
    if size >= 100.0 or size == 0.0:
        return 0
    return 1 if size >= 10.0 else 2


def percent(share: float | None) -> str:
    """Write a share of 0..1 as %."""
    if share is None or not math.isfinite(share):
        return MISSING
    return say("{number} %", number=number(100.0 * share, 1))


def roughly(share: float) -> str:
    """Write a share as %, as one would say it."""
    if not math.isfinite(share):
        return MISSING
    size = abs(100.0 * share)
    return say("{number} %", number=number(100.0 * share, 0 if size >= 9.5 or size == 0.0 else 1))


def money(amount: float, currency: str) -> str:
    """Write an amount with its currency."""
    if not math.isfinite(amount):
        return MISSING
    if abs(amount) >= _MILLION:
        return with_unit(number(amount / _MILLION), money_unit(currency, millions=True))
    return with_unit(number(amount, 0), money_unit(currency))


def lasting(days: float) -> str:
    """Write a duration given in business days: in minutes, working hours or days."""
    if not math.isfinite(days):
        return MISSING
    hours = days * HOURS_PER_DAY
    if abs(hours) < 1.0:
        return say("{number} min", number=number(hours * 60.0, 0))
    if abs(days) < 1.0:
        return say("{number} h", number=number(hours, 1))
    return say("{number} days", number=number(days, 1))


def moment(day: float) -> str:
    """Write a time of a run as month and day, counted from 1."""
    if not math.isfinite(day):
        return say("never")
    if day < 0.0:
        return say("{number} days before the start", number=number(-day, 0))
    month = int(day // DAYS_PER_MONTH)
    within = int(day - month * DAYS_PER_MONTH) + 1
    return say("month {month}, day {day}", month=month + 1, day=within)


_NAMES = {
    # Why a pass of a buyer ended; what keeps it from buying.
    "unknown": marked("unknown"),
    "no_budget": marked("no budget"),
    "wrong_timing": marked("wrong timing"),
    "with_competitor": marked("with competitor"),
    "bad_fit": marked("bad fit"),
    "no_decision": marked("no decision"),
    "unreached": marked("unreached"),
    "not_pursued": marked("not pursued"),
    "turned_away": marked("turned away"),
    "went_cold": marked("went cold"),
    "bought_elsewhere": marked("bought elsewhere"),
    "contact_lost": marked("contact lost"),
    "left_as_customer": marked("left as customer"),
    # Why a customer left.
    "base": marked("base¦cause of leaving"),
    "expectation_gap": marked("expectation gap"),
    "late_onboarding": marked("late onboarding"),
    "neglect": marked("neglect"),
    "lost_trust": marked("lost trust"),
    # What somebody is busy with.
    "screening": marked("screening"),
    "nurturing": marked("nurturing"),
    "calling": marked("calling"),
    "recontacting": marked("recontacting"),
    "meeting": marked("meeting"),
    "onboarding": marked("onboarding"),
    "claim": marked("claim"),
    "review": marked("review"),
}


def words(name: str) -> str:
    """Write an identifier as words: a department, a reason, a cause, a kind of work."""
    if name in TEAM_LABELS and spoken() == "ja":
        return team_label(name)
    return say(_NAMES[name]) if name in _NAMES else name.replace("_", " ")


def written(value: Any) -> str:
    """Write a value of a scenario as a file would have it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:,.10g}".replace(",", "_") if abs(value) < 1e4 else number(value)
    return f"{value:,}" if isinstance(value, int) else str(value)
