"""Cells become instants; what could be two dates is asked for, never guessed.

Every cell is read by itself. Only where day and month cannot be told apart (03/04/2024) do the
other cells of the column decide: one that can only be read in one order settles it for all. If
none can, the user is asked. Nothing here depends on the language of the machine.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

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
from simulator.errors import Problem, ScenarioError

DateOrder = Literal["year_first", "month_first", "day_first"]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]

FIRST_YEAR, LAST_YEAR = 1900, 2199
"""A year outside is a slip of the pen."""


class AmbiguousDates(Ambiguous):
    """Dates that could be two things; the user has to say which."""


class MixedOrders(AmbiguousDates):
    """Some dates can only be day first, others only month first."""


@dataclass(frozen=True, slots=True)
class Dates:
    """The instants of a column.

    Attributes
    ----------
    stamps : ndarray of datetime64[s], (n,)
        Local time in the zone asked for; NaT where missing or bad.
    dated_only : ndarray of bool, (n,)
        Only the day is known.
    bad : ndarray of bool, (n,)
        Something is written that is no date.
    order : str
        In which cells like 03/04/2024 were read; "year_first" where there are none.
    evidence : str
        Why so.
    zoned : ndarray of bool, (n,)
        The cell stated an offset from UTC and was converted.
    """

    stamps: NDArray[np.datetime64]
    dated_only: Flags
    bad: Flags
    order: DateOrder
    evidence: str
    zoned: Flags


class _Form(IntEnum):
    """How far a cell tells its date by itself."""

    MISSING = 0
    BAD = 1
    WHOLE = 2  # year, month, day
    LOOSE = 3  # two numbers of two digits, and the year
    SHORT = 4  # three numbers of two digits
    SHORT_NAMED = 5  # year of two digits, month, day
    NUMBER = 6


_NO_TIME = -1
_NO_OFFSET = -(10**6)
_FORM, _A, _B, _C, _SECONDS, _OFFSET = range(6)
_DAY = 86_400
_MANY = 10  # cells at midnight, all of them, are days without an hour
_SERIALS = (20_000.0, 80_000.0)  # Excel's days: 1954 to 2119
_SECONDS_RANGE = (3.0e8, 4.2e9)  # since 1970: 1979 to 2103

_MONTHS = {
    name: number
    for number, names in enumerate(
        ("jan january", "feb february", "mar march", "apr april", "may", "jun june", "jul july",
         "aug august", "sep sept september", "oct october", "nov november", "dec december"),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
_MONTH = "(" + "|".join(sorted(_MONTHS, key=len, reverse=True)) + r")\.?"
_NTH = "(?:st|nd|rd|th)?"
_ERAS = {"令和": 2018, "r": 2018, "平成": 1988, "h": 1988, "昭和": 1925, "s": 1925}

_CLOCK = re.compile(
    r"(?:[\sT,]+|(?<=[日)]))"
    r"(?P<before>午前|午後|[ap]\.?m\.?\s)?\s*"
    r"(?:(?P<h>\d{1,2}):(?P<m>\d{1,2})(?::(?P<s>\d{1,2})(?:[.,]\d{1,9})?)?"
    r"|(?P<hj>\d{1,2})時(?:(?P<mj>\d{1,2})分(?:(?P<sj>\d{1,2})秒)?)?"
    r"|(?P<hp>\d{1,2})(?=\s*[ap]\.?m))"
    r"\s*(?P<after>[ap]\.?m\b\.?)?"
    r"\s*(?P<zone>Z|JST|(?:UTC|GMT)?\s?[+-]\d{1,2}(?::?\d{2})?|UTC|GMT)?"
    r"(?:\s*\([A-Za-z ]{1,40}\))?$",
    re.IGNORECASE | re.ASCII,
)
_WEEKDAY = re.compile(
    r"^(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?,?\s+|\s*\([月火水木金土日](?:曜日?)?\)\s*"
    r"|\s*[月火水木金土日]曜日?\s*",
    re.IGNORECASE,
)


# ------------------------------------------------------------------ columns


def read_dates(cells: pd.Series[str], order: DateOrder | None, zone: str) -> Dates:
    """Read a column of dates.

    Parameters
    ----------
    cells : Series of str
        Its index holds the numbers of the rows, for messages.
    order : {"year_first", "month_first", "day_first"}, optional
        How 03/04/2024 is to be read. If stated it is kept to: a cell that contradicts it is bad,
        and years of two digits are read as 20xx. If not, the column must tell.
    zone : str
        IANA name of the time zone into which cells with an offset are converted, such as
        ``Asia/Tokyo``; a cell without an offset is local already.

    Returns
    -------
    Dates

    Raises
    ------
    AmbiguousDates
        If no order is stated and no cell tells it, or most years have two digits.
    MixedOrders
        If no order is stated and cells contradict each other.
    ScenarioError
        If there is no such time zone.
    """
    _check_zone(zone)
    codes, texts = different(cells)
    table, numbers = _understood([plain(text) for text in texts])
    forms = table[:, _FORM]
    evidence = _count_days(table, numbers, codes)
    if evidence:
        found: DateOrder = order or "year_first"
    else:
        found, evidence = _settle(cells, codes, table, order)
    _apply(table, found, order is not None)
    whole = forms == _Form.WHOLE
    whole &= _possible(table[:, _A], table[:, _B], table[:, _C])
    bad = ~whole & (forms != _Form.MISSING)
    timed = whole & (table[:, _SECONDS] != _NO_TIME)
    counted = np.bincount(codes, minlength=len(texts))
    if counted[timed].sum() >= _MANY and not table[timed, _SECONDS].any():
        timed[:] = False
        evidence += "; all times are midnight, so they count as days without an hour"
    stamps, zoned = _instants(table, whole, timed, zone)
    dated_only = whole & ~timed
    return Dates(stamps[codes], dated_only[codes], bad[codes], found, evidence, zoned[codes])


def _check_zone(zone: str) -> None:
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        rule = "no such time zone; use an IANA name such as Asia/Tokyo or Europe/Berlin"
        raise ScenarioError([Problem("time zone", "", zone, rule)]) from error


def _count_days(table: Integers, numbers: NDArray[np.float64], codes: Integers) -> str:
    """Read a column that is nothing but numbers, in place; return how, or "" if it is none."""
    forms = table[:, _FORM]
    is_number = forms == _Form.NUMBER
    if not is_number.any():
        return ""
    evidence = ""
    if (is_number | (forms == _Form.MISSING)).all():
        values = numbers[is_number]
        for unit, scale in (("seconds", 1.0), ("milliseconds", 1e-3)):
            if _within(values * scale, _SECONDS_RANGE):
                seconds = np.floor(values * scale).astype(np.int64)
                evidence = f"all cells are numbers: read as {unit} since 1970 (UTC)"
                break
        else:
            if _within(values, _SERIALS):
                seconds = np.rint(values * _DAY).astype(np.int64) - 25_569 * _DAY
                evidence = "all cells are numbers: read as days as Excel counts them"
    if not evidence:
        table[is_number, _FORM] = _Form.BAD
        return ""
    whole_days = not (values * scale % _DAY).any()
    days = (seconds // _DAY).astype("datetime64[D]")
    months = days.astype("datetime64[M]")
    table[is_number, _FORM] = _Form.WHOLE
    table[is_number, _A] = days.astype("datetime64[Y]").astype(np.int64) + 1970
    table[is_number, _B] = months.astype(np.int64) % 12 + 1
    table[is_number, _C] = (days - months.astype("datetime64[D]")).astype(np.int64) + 1
    excel = "Excel" in evidence
    of_day = seconds % _DAY
    timed = (of_day != 0) if excel else np.full(len(seconds), not whole_days)
    table[is_number, _SECONDS] = np.where(timed, of_day, _NO_TIME)
    table[is_number, _OFFSET] = np.where(timed & (not excel), 0, _NO_OFFSET)
    return evidence


def _within(values: NDArray[np.float64], bounds: tuple[float, float]) -> bool:
    return bool(((values >= bounds[0]) & (values < bounds[1])).all())


def _settle(
    cells: pd.Series[str], codes: Integers, table: Integers, order: DateOrder | None
) -> tuple[DateOrder, str]:
    """Return in which order cells like 03/04/2024 are read, and why."""
    forms = table[:, _FORM]
    if order is not None:
        return order, "stated"
    counted = np.bincount(codes, minlength=len(table))
    short = (forms == _Form.SHORT) | (forms == _Form.SHORT_NAMED)
    if counted[short].sum() > counted[(forms == _Form.WHOLE) | (forms == _Form.LOOSE)].sum():
        raise AmbiguousDates(
            "years of two digits; state the order of day, month and year in the mapping file "
            "(they are then read as 20xx), or export with years of four digits",
            example(cells, codes, short),
        )
    loose = forms == _Form.LOOSE
    if not loose.any():
        return "year_first", "every date has its year first or names its month"
    first, second, year = table[:, _A], table[:, _B], table[:, _C]
    by_day = loose & _possible(year, second, first)
    by_month = loose & _possible(year, first, second)
    only_day, only_month = by_day & ~by_month, by_month & ~by_day
    either = by_day & by_month & (first != second)
    if only_day.any() and only_month.any():
        days, months = int(counted[only_day].sum()), int(counted[only_month].sum())
        raise MixedOrders(
            f"{days} dates can only be day first and {months} only month first; state the order "
            "in the mapping file (the others are then reported and left out), or mend the file",
            example(cells, codes, only_day, 2) + example(cells, codes, only_month, 2),
        )
    settled: tuple[tuple[DateOrder, str, Flags], ...] = (
        ("day_first", "day first", only_day),
        ("month_first", "month first", only_month),
    )
    for found, said, proof in settled:
        if proof.any():
            row, text = example(cells, codes, proof, 1)[0]
            return found, f'"{text}" in row {row} can only be {said}'
    if either.any():
        raise AmbiguousDates(
            "could be day first or month first, and so could every date of this column; state "
            "the order in the mapping file",
            example(cells, codes, either),
        )
    return "year_first", "day and month are the same in every date that does not tell them apart"


def _apply(table: Integers, order: DateOrder, stated: bool) -> None:
    """Make whole dates of the loose ones, in place."""
    forms = table[:, _FORM]
    loose = forms == _Form.LOOSE
    if order == "year_first":
        # Nothing tells such dates apart but day and month being the same.
        loose &= table[:, _A] == table[:, _B]
    _turn(table, loose, (_C, _A, _B) if order == "month_first" else (_C, _B, _A))
    if not stated:
        return
    short = forms == _Form.SHORT
    turns = {"year_first": (_A, _B, _C), "month_first": (_C, _A, _B), "day_first": (_C, _B, _A)}
    _turn(table, short, turns[order])
    short |= forms == _Form.SHORT_NAMED
    table[short, _A] += 2000
    table[short, _FORM] = _Form.WHOLE


def _turn(table: Integers, chosen: Flags, columns: tuple[int, int, int]) -> None:
    table[chosen, _A : _C + 1] = table[chosen][:, list(columns)]
    table[chosen, _FORM] = _Form.WHOLE


def _possible(year: Integers, month: Integers, day: Integers) -> Flags:
    """Tell which dates are in the calendar, and in a plausible year."""
    lengths = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
    named = (month >= 1) & (month <= 12)
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    last = lengths[np.where(named, month, 0)] + ((month == 2) & leap)
    found: Flags = named & (day >= 1) & (day <= last)
    return found & (year >= FIRST_YEAR) & (year <= LAST_YEAR)


def _instants(
    table: Integers, whole: Flags, timed: Flags, zone: str
) -> tuple[NDArray[np.datetime64], Flags]:
    """Return local instants, and which were converted from an offset."""
    year, month, day = (np.where(whole, table[:, at], 1) for at in (_A, _B, _C))
    months = ((year - 1970) * 12 + month - 1).astype("datetime64[M]")
    stamps = (months.astype("datetime64[D]") + (day - 1)).astype("datetime64[s]")
    stamps += np.where(timed, table[:, _SECONDS], 0).astype("timedelta64[s]")
    zoned = timed & (table[:, _OFFSET] != _NO_OFFSET)
    if zoned.any():
        world = stamps[zoned] - table[zoned, _OFFSET].astype("timedelta64[s]")
        local = pd.DatetimeIndex(world).tz_localize("UTC").tz_convert(zone).tz_localize(None)
        stamps[zoned] = local.to_numpy().astype("datetime64[s]")
    stamps[~whole] = np.datetime64("NaT")
    return stamps, zoned


# ------------------------------------------------------------------ cells


def _understood(texts: list[str]) -> tuple[Integers, NDArray[np.float64]]:
    """Read every different cell: form, three numbers, second of the day, offset; and numbers."""
    table = np.empty((len(texts), 6), dtype=np.int64)
    table[:] = (_Form.BAD, 0, 0, 0, _NO_TIME, _NO_OFFSET)
    numbers = np.full(len(texts), np.nan)
    done = _read_iso(texts, table)
    never = done & ~table[:, _A : _C + 1].any(axis=1)  # 0000-00-00
    table[never, _FORM] = _Form.MISSING
    days: dict[str, tuple[_Form, int, int, int]] = {}
    times: dict[str, tuple[int, int] | None] = {}
    for at in np.flatnonzero(~done):
        text = texts[at]
        if is_missing(text):
            table[at, _FORM] = _Form.MISSING
            continue
        if len(text) > MOST_LETTERS:
            continue
        clock = _CLOCK.search(text)
        time: tuple[int, int] | None = (_NO_TIME, _NO_OFFSET)
        if clock is not None:
            said = clock[0]
            if said not in times:
                times[said] = _time(clock)
            time = times[said]
            text = text[: clock.start()]
        if text not in days:
            days[text] = _day(text)
        form = days[text]
        if time is None or (form[0] == _Form.NUMBER and clock is not None):
            continue
        table[at] = (*form, *time)
        if form[0] == _Form.NUMBER:
            numbers[at] = float(text)
    return table, numbers


# Where the digits stand in ISO 8601 as machines write it, by length.
_ISO = {
    10: "9999-99-99",
    16: "9999-99-99T99:99",
    19: "9999-99-99T99:99:99",
    20: "9999-99-99T99:99:99Z",
    23: "9999-99-99T99:99:99.999",
    24: "9999-99-99T99:99:99.999Z",
    25: "9999-99-99T99:99:99+99:99",
    28: "9999-99-99T99:99:99.999+9999",
}
_ALLOWED = {"-": "-/", "T": "T ", "+": "+-", ":": ":", "Z": "Z", ".": "."}


def _read_iso(texts: list[str], table: Integers) -> Flags:
    """Read at once what is ISO 8601, for that is most of a large file; return what was."""
    done = np.zeros(len(texts), dtype=np.bool_)
    lengths = np.fromiter(map(len, texts), np.int64, len(texts))
    plainly = np.fromiter(map(str.isascii, texts), np.bool_, len(texts))
    for length, form in _ISO.items():
        at = np.flatnonzero((lengths == length) & plainly)
        if not len(at):
            continue
        joined = "".join([texts[place] for place in at.tolist()]).encode("ascii")
        # One row per place, so that looking at a place is fast.
        letters = np.ascontiguousarray(np.frombuffer(joined, dtype=np.uint8).reshape(-1, length).T)
        fits = np.ones(len(at), dtype=np.bool_)
        for place, sign in enumerate(form):
            here = letters[place]
            if sign == "9":
                fits &= (here >= 48) & (here <= 57)
            else:
                fits &= (here == ord(_ALLOWED[sign][0])) | (here == ord(_ALLOWED[sign][-1]))
        fits &= letters[4] == letters[7]
        at, letters = at[fits], letters[:, fits]

        def number(start: int, stop: int, letters: NDArray[np.uint8] = letters) -> Integers:
            found = np.zeros(letters.shape[1], dtype=np.int64)
            for place in range(start, stop):
                found = found * 10 + (letters[place] - 48)
            return found

        table[at, _FORM] = _Form.WHOLE
        for part, (start, stop) in ((_A, (0, 4)), (_B, (5, 7)), (_C, (8, 10))):
            table[at, part] = number(start, stop)
        if length > 10:
            second = number(17, 19) if length > 16 else np.zeros(len(at), dtype=np.int64)
            hour, minute = number(11, 13), number(14, 16)
            table[at, _SECONDS] = hour * 3600 + minute * 60 + second
            wrong = (hour > 23) | (minute > 59) | (second > 59)
            if form.endswith("Z"):
                table[at, _OFFSET] = 0
            elif "+" in form:
                plus = form.index("+")
                hours, minutes = number(plus + 1, plus + 3), number(length - 2, length)
                offset = hours * 3600 + minutes * 60
                table[at, _OFFSET] = np.where(letters[plus] == ord("-"), -offset, offset)
                wrong |= (hours > 15) | (minutes > 59)
            at = at[~wrong]  # the rest is looked at one by one
        done[at] = True
    table[~done] = (_Form.BAD, 0, 0, 0, _NO_TIME, _NO_OFFSET)
    return done


def _time(clock: re.Match[str]) -> tuple[int, int] | None:
    """Return the second of the day and the offset from UTC in seconds; None: no such time."""
    hour = int(clock["h"] or clock["hj"] or clock["hp"])
    minute = int(clock["m"] or clock["mj"] or 0)
    second = int(clock["s"] or clock["sj"] or 0)
    half = (clock["before"] or clock["after"] or "").lower()
    if half and clock["before"] and clock["after"]:
        return None
    if half:
        if hour > 12:
            return None
        hour = hour % 12 + 12 * (half.startswith("p") or half == "午後")
    if minute > 59 or second > 59 or (hour, minute, second) > (24, 0, 0):
        return None
    seconds = hour * 3600 + minute * 60 + second
    said = (clock["zone"] or "").upper().replace(" ", "").replace(":", "")
    if not said:
        return seconds, _NO_OFFSET
    said = said.removeprefix("UTC").removeprefix("GMT")
    if said in ("", "Z"):
        return seconds, 0
    if said == "JST":
        return seconds, 9 * 3600
    digits = said[1:]
    hours, minutes = (int(digits), 0) if len(digits) <= 2 else (int(digits[:-2]), int(digits[-2:]))
    if hours > 15 or minutes > 59:
        return None
    return seconds, (hours * 3600 + minutes * 60) * (-1 if said[0] == "-" else 1)


def _numbers(*order: int) -> Callable[[re.Match[str]], tuple[int, ...]]:
    return lambda found: tuple(int(found[at]) for at in order)


def _named(year: int, month: int, day: int) -> Callable[[re.Match[str]], tuple[int, ...]]:
    return lambda found: (int(found[year]), _MONTHS[found[month].lower()], int(found[day]))


def _era(found: re.Match[str]) -> tuple[int, ...]:
    year = 1 if found[2] == "元" else int(found[2])
    return _ERAS[found[1].lower()] + year, int(found[3]), int(found[4])


_DAY_FORMS: tuple[tuple[re.Pattern[str], _Form, Callable[[re.Match[str]], tuple[int, ...]]], ...]
_DAY_FORMS = tuple(
    (re.compile(form, re.IGNORECASE | re.ASCII), kind, read)
    for form, kind, read in (
        (r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})", _Form.WHOLE, _numbers(1, 3, 4)),
        (r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4})", _Form.LOOSE, _numbers(1, 3, 4)),
        (r"(\d{4})\s*年\s*(\d{1,2})\s*月\s*(\d{1,2})\s*日", _Form.WHOLE, _numbers(1, 2, 3)),
        (r"(\d{4})(\d\d)(\d\d)", _Form.WHOLE, _numbers(1, 2, 3)),
        (rf"{_MONTH}[\s-]*(\d{{1,2}}){_NTH}[\s,-]+(\d{{4}})", _Form.WHOLE, _named(3, 1, 2)),
        (rf"(\d{{1,2}}){_NTH}[\s./,-]*{_MONTH}[\s./,-]*(\d{{4}})", _Form.WHOLE, _named(3, 2, 1)),
        (rf"(\d{{4}})[\s./,-]*{_MONTH}[\s./,-]*(\d{{1,2}})", _Form.WHOLE, _named(1, 2, 3)),
        (r"(令和|平成|昭和|[RHS])\s?(\d{1,2}|元)[年./-](\d{1,2})[月./-](\d{1,2})日?",
         _Form.WHOLE, _era),
        (r"(\d{1,2})([-/.])(\d{1,2})\2(\d{2})", _Form.SHORT, _numbers(1, 3, 4)),
        (rf"{_MONTH}[\s-]*(\d{{1,2}}){_NTH}[\s,-]+'?(\d\d)", _Form.SHORT_NAMED, _named(3, 1, 2)),
        (rf"(\d{{1,2}}){_NTH}[\s./,-]*{_MONTH}[\s./,-]*'?(\d\d)", _Form.SHORT_NAMED,
         _named(3, 2, 1)),
        (r"\d{1,14}(?:\.\d{1,12})?", _Form.NUMBER, lambda _: (0, 0, 0)),
    )
)  # fmt: skip


def _day(text: str) -> tuple[_Form, int, int, int]:
    """Return the form of the part before the time, and its three numbers."""
    text = _WEEKDAY.sub("", text).strip().rstrip(",").strip()
    for form, kind, read in _DAY_FORMS:
        if (found := form.fullmatch(text)) is not None:
            first, second, third = read(found)
            return kind, first, second, third
    return _Form.BAD, 0, 0, 0
