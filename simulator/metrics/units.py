"""Units as a reader sees them; code and files keep those of the registry."""

from __future__ import annotations

from simulator.languages.languages import spoken
from simulator.languages.messages import marked, say

_KINDS = {
    "business days": marked("days"),
    "share": "%",
    "ratio": marked("ratio"),
    "buyers": marked("buyers"),
    "months": marked("months"),
    "points": marked("points"),
}
_PER = {
    "month": marked("month"),
    "day": marked("day"),
    "person": marked("person"),
    "customer": marked("customer"),
    "MQL": marked("MQL"),
}


def unit_in(unit: str, currency: str) -> str:
    """Name the currency in a unit of the registry."""
    return unit.replace("currency", currency)


def unit_shown(unit: str, currency: str, millions: bool = False) -> str:
    """Write the unit of a value: ``M JPY/month``, ``百万円/月``.

    Parameters
    ----------
    unit : str
        As in the registry of metrics.
    currency : str
        Of the scenario.
    millions : bool
        Whether amounts of money are in millions.
    """
    kind, rest = _parts(unit)
    shown = money_unit(currency, millions) if kind == "currency" else say(_KINDS.get(kind, kind))
    return _joined(shown, rest)


def unit_of_difference(unit: str, currency: str, millions: bool = False) -> str:
    """Write the unit of a difference: shares differ by % points, buyers and ratios by a number.

    Parameters
    ----------
    unit, currency, millions
        As for :func:`unit_shown`.
    """
    kind, rest = _parts(unit)
    if kind in ("buyers", "ratio"):
        return _joined("", rest)
    if kind == "share":
        return _joined(say("% points"), rest)
    return unit_shown(unit, currency, millions)


def with_unit(number: str, unit: str) -> str:
    """Write a number and its unit: in Japanese without a space, but before Latin letters."""
    if not unit:
        return number
    tight = spoken() == "ja" and not (unit[0].isascii() and unit[0].isalpha())
    return f"{number}{unit}" if tight else f"{number} {unit}"


def _parts(unit: str) -> tuple[str, str]:
    if unit.startswith("per "):
        return "", unit.removeprefix("per ")
    kind, _, rest = unit.partition(" per ")
    return kind, rest


def _joined(shown: str, rest: str) -> str:
    return f"{shown}/{say(_PER.get(rest, rest))}" if rest else shown


def money_unit(currency: str, millions: bool = False) -> str:
    """Write what amounts of money are in: ``M JPY``, ``百万円``."""
    name = say("JPY") if currency == "JPY" else currency
    return say("M {currency}", currency=name) if millions else name
