"""Cells become amounts; what could be two amounts is asked for, never guessed.

A point or comma with exactly three digits behind it (1.234) may separate thousands or decimals.
Cells that tell (1.234,50 or 12,5 or 1,234,567) decide for the column. If none does, a comma
separates thousands, as spreadsheets write; a point is asked for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from simulator.calibration.importing.cell_text import (
    MOST_LETTERS,
    Ambiguous,
    different,
    example,
    is_missing,
    plain,
)

Decimal = Literal[".", ","]


class AmbiguousAmounts(Ambiguous):
    """Amounts that could be two things; the user has to say which."""


@dataclass(frozen=True, slots=True)
class Amounts:
    """The amounts of a column.

    Attributes
    ----------
    values : ndarray of float64, (n,)
        In units of the currency (not thousands or 万); NaN where missing or bad.
    bad : ndarray of bool, (n,)
        Something is written that is no amount.
    currency : str
        ISO 4217 code of the only currency named, "" if none or several; ¥ counts as JPY and $ as
        USD.
    mixed : tuple of str
        The currencies, most frequent first, if there are several.
    """

    values: NDArray[np.float64]
    bad: NDArray[np.bool_]
    currency: str
    mixed: tuple[str, ...]


_CODES = (  # noqa: SIM905 - a list of forty strings is no easier to read
    "JPY USD EUR GBP CNY KRW INR CHF AUD CAD NZD SGD HKD TWD THB IDR MYR PHP VND BRL MXN ARS CLP "
    "COP PEN ZAR NGN KES EGP AED SAR ILS TRY RUB UAH PLN CZK HUF RON BGN SEK NOK DKK ISK PKR BDT"
).split()
_SIGNS = {
    "¥": "JPY", "円": "JPY", "yen": "JPY", "us$": "USD", "$": "USD", "ドル": "USD", "米ドル": "USD",
    "€": "EUR", "ユーロ": "EUR", "£": "GBP", "₩": "KRW", "₹": "INR", "元": "CNY", "a$": "AUD",
    "c$": "CAD", "ca$": "CAD", "au$": "AUD", "nz$": "NZD", "hk$": "HKD", "nt$": "TWD", "s$": "SGD",
    "r$": "BRL", "mx$": "MXN", "฿": "THB", "₫": "VND", "₺": "TRY", "₽": "RUB", "₴": "UAH",
    "zł": "PLN", "cn¥": "CNY", "jp¥": "JPY",
    **{code.lower(): code for code in _CODES},
}  # fmt: skip
_EAST = ("千", "万", "億", "兆")  # 1億2000万: such units follow each other
_UNITS = {
    "": 1.0, "k": 1e3, "m": 1e6, "mn": 1e6, "mm": 1e6, "mio": 1e6, "b": 1e9, "bn": 1e9,
    "million": 1e6, "billion": 1e9, "thousand": 1e3, "千": 1e3, "万": 1e4, "十万": 1e5,
    "百万": 1e6, "千万": 1e7, "億": 1e8, "十億": 1e9, "百億": 1e10, "千億": 1e11, "兆": 1e12,
}  # fmt: skip
_MOST = 1e18

_SIGN = "|".join(re.escape(sign) for sign in sorted(_SIGNS, key=len, reverse=True))
_UNIT = "|".join(re.escape(unit) for unit in sorted(_UNITS, key=len, reverse=True) if unit)
_NUMBER = r"(?:[0-9][0-9.,' ]*|[.,][0-9]+)"
_AMOUNT = re.compile(
    rf"(?P<open>\()?\s*(?P<minus>[-+▲△])?\s*(?P<before>{_SIGN})?\s*(?P<inner>[-+▲△])?\s*"
    rf"(?P<number>{_NUMBER})(?P<power>e[-+]?[0-9]{{1,2}})?"
    rf"\s*(?P<unit>{_UNIT})?\.?(?:\s*(?P<rest>{_NUMBER})\s*(?P<smaller>万|千))?"
    rf"\s*(?P<after>{_SIGN})?\s*(?P<behind>-)?\s*(?P<close>\))?\s*(?P<last>{_SIGN})?",
    re.IGNORECASE,
)
_POWER = re.compile("[0-9]e[-+]?[0-9]", re.IGNORECASE)
_NINES = str.maketrans("12345678", "99999999")  # zeros stay: 0.123 tells what 1.234 does not
_PLAIN = re.compile(r"[0-9]{1,18}(?:\.(?:[0-9]{1,2}|[0-9]{4,12}))?")

_GROUPS = {
    sign: re.compile(rf"[0-9]{{1,3}}(?:{re.escape(sign)}[0-9]{{3}})+") for sign in (".", ",", "'")
} | {" ": re.compile("[0-9]{1,3}(?: [0-9]{3})+")}
_INDIAN = re.compile("[0-9]{1,2}(?:,[0-9]{2})+,[0-9]{3}")
_EITHER = re.compile("[1-9][0-9]{0,2}[.,][0-9]{3}")


@dataclass(frozen=True, slots=True)
class _Shape:
    """Where the number of a cell stands, and what the rest of the cell makes of it.

    Cells that differ in their digits only have the same shape, so a million cells have few.

    Attributes
    ----------
    parts : tuple of (slice, float)
        The number, and the one after 億 or 万 where there is one, each with its scale.
    currency : str
    tells : str
        What separates its decimals: see `decimal_of`.
    """

    parts: tuple[tuple[slice, float], ...]
    currency: str
    tells: str


def read_amounts(cells: pd.Series[str], decimal: Decimal | None = None) -> Amounts:
    """Read a column of amounts.

    Parameters
    ----------
    cells : Series of str
        Its index holds the numbers of the rows, for messages.
    decimal : {".", ","}, optional
        What separates decimals; a cell that contradicts it is bad. If not given, the column must
        tell.

    Returns
    -------
    Amounts

    Raises
    ------
    AmbiguousAmounts
        If cells could be read in two ways and nothing in the column settles it.
    """
    codes, texts = different(cells)
    values = np.full(len(texts), np.nan)
    bad = np.zeros(len(texts), dtype=np.bool_)
    shapes: dict[str, _Shape | None] = {}
    members: dict[str, list[int]] = {}
    points = False
    for at, text in enumerate(texts):
        if _PLAIN.fullmatch(text) and (decimal != "," or "." not in text):
            points |= "." in text
            values[at] = float(text)
            continue
        texts[at] = text = plain(text)
        if is_missing(text):
            continue
        key = text if _POWER.search(text) else text.translate(_NINES)
        if key not in shapes:
            shapes[key] = _shape(text)
            members[key] = []
        members[key].append(at)
    known = {key: shape for key, shape in shapes.items() if shape is not None}
    either = np.zeros(len(texts), dtype=np.bool_)
    for key, shape in known.items():
        either[members[key]] = shape.tells == "?"
    told = {shape.tells for shape in known.values()} | ({"."} if points else set())
    usual = decimal or _settle(cells, codes, texts, either, told - {"", "?"})
    for key, shape in known.items():
        sign = shape.tells if not decimal and shape.tells in (".", ",") else usual
        values[members[key]] = _values([texts[at] for at in members[key]], shape, sign)
    for places in members.values():
        bad[places] = np.isnan(values[places])
    counted = np.where(bad, 0, np.bincount(codes, minlength=len(texts)))
    counts: dict[str, int] = {}
    for key, shape in known.items():
        if shape.currency and (more := int(counted[members[key]].sum())):
            counts[shape.currency] = counts.get(shape.currency, 0) + more
    named = tuple(sorted(counts, key=lambda name: (-counts[name], name)))
    return Amounts(
        values[codes],
        bad[codes],
        named[0] if len(named) == 1 else "",
        named if len(named) > 1 else (),
    )


def currency_code(text: str) -> str:
    """Return the ISO 4217 code of a currency however it is written; "" for a missing one."""
    word = plain(text)
    return "" if is_missing(word) else _SIGNS.get(word.lower(), word.upper())


def decimal_of(number: str) -> str:
    """Return what separates the decimals of a number, as far as it tells.

    Parameters
    ----------
    number : str
        Digits with points, commas, apostrophes and spaces.

    Returns
    -------
    str
        "." or ","; "" if it has neither sign; "?" if it could be either.
    """
    points, commas = number.count("."), number.count(",")
    if points and commas:
        return "." if number.rindex(".") > number.rindex(",") else ","
    if not points and not commas:
        return ""
    here, other = (".", ",") if points else (",", ".")
    if points + commas > 1:
        return other
    return "?" if _EITHER.fullmatch(number) else here


def _settle(
    cells: pd.Series[str],
    codes: NDArray[np.int64],
    texts: list[str],
    either: NDArray[np.bool_],
    told: set[str],
) -> Decimal:
    """Return what separates decimals in cells that do not tell by themselves."""
    if not either.any() or told == {"."}:
        return "."
    if told == {","}:
        return ","
    if not told and not any("." in texts[at] for at in np.flatnonzero(either).tolist()):
        return "."
    rule = (
        "some cells of this column have a point for decimals, and others a comma"
        if told
        else "the point may separate thousands or decimals, and no cell of this column tells"
    )
    raise AmbiguousAmounts(
        f"{rule}; state the decimal sign in the mapping file", example(cells, codes, either)
    )


def _shape(text: str) -> _Shape | None:
    """Separate number, unit, sign and currency; None if it is no amount."""
    if len(text) > MOST_LETTERS or (found := _AMOUNT.fullmatch(text)) is None:
        return None
    signs = [sign for sign in (found["before"], found["after"], found["last"]) if sign]
    currencies = {_SIGNS[sign.lower()] for sign in signs}
    if len(currencies) > 1 and any("$" in sign for sign in signs):
        currencies.discard("USD")  # $ 5 CAD
    if len(currencies) > 1 and "¥" in signs:
        currencies.discard("JPY")  # ¥5 CNY
    if len(currencies) > 1 or (found["open"] is None) != (found["close"] is None):
        return None
    number = found["number"].rstrip()
    # ¥1,000- and 1.000,- : the dash only closes the amount, so that nothing can be added. $500- is
    # how accountants write a negative amount.
    yen = found["before"] is not None and _SIGNS[found["before"].lower()] == "JPY"
    closes = yen or number.endswith((".", ","))
    minuses = [found["minus"], found["inner"], found["open"], None if closes else found["behind"]]
    if sum(sign is not None for sign in minuses) > 1:
        return None
    side = -1.0 if any(sign not in (None, "+") for sign in minuses) else 1.0
    scale = _UNITS[(found["unit"] or "").lower()]
    tells = decimal_of(number)
    if found["power"]:
        scale *= 10.0 ** int(found["power"][1:])
        if tells == "?":
            tells = "." if "." in number else ","  # nobody separates thousands in 1.234E+06
    parts = [(slice(found.start("number"), found.start("number") + len(number)), side * scale)]
    if found["rest"]:
        smaller = _UNITS[found["smaller"] or ""]
        if found["unit"] not in _EAST or smaller >= scale:
            return None
        parts.append((slice(found.start("rest"), found.end("rest")), side * smaller))
    return _Shape(tuple(parts), next(iter(currencies), ""), tells)


def _values(texts: list[str], shape: _Shape, decimal: str) -> NDArray[np.float64]:
    """Return the amounts of cells of one shape."""
    found = np.zeros(len(texts))
    for place, scale in shape.parts:
        thousands = _thousands(texts[0][place].strip(), decimal)
        if thousands is None:
            return np.full(len(texts), np.nan)
        numbers = [text[place].replace(thousands, "").replace(decimal, ".") for text in texts]
        found += np.array([float(number) for number in numbers]) * scale
    found[np.abs(found) > _MOST] = np.nan
    return found


def _thousands(number: str, decimal: str) -> str | None:
    """Return what separates thousands; None where the signs do not stand where they must."""
    whole, _, part = number.partition(decimal)
    if part and not part.isdigit():
        return None
    if whole.isdigit() or not whole:
        return "'"  # which does not occur: nothing is taken away
    signs = [sign for sign in _GROUPS if sign in whole]
    if len(signs) != 1:
        return None
    grouped = _GROUPS[signs[0]].fullmatch(whole) or _INDIAN.fullmatch(whole)
    return signs[0] if grouped else None
