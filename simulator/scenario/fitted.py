"""What data told of a number: the ``estimate`` of its entry in ``sources``, strictly checked."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from pydantic import BaseModel

from simulator.errors import Problem
from simulator.scenario import outline
from simulator.scenario.checking import bounds
from simulator.scenario.scalars import shorten
from simulator.scenario.strict_yaml import Document, KeyPath, dotted

Scale = Literal["linear", "log", "logit"]
"""On which scale the error of an estimate is about normal."""

SCALES: tuple[Scale, ...] = get_args(Scale)
_NEEDED = ("low", "high", "cases", "method")
_WORDS = (*_NEEDED, "scale", "group", "correlation")
_ONE_NUMBER = (
    "is stated for one number at a time: name its whole key; of a law, one of its parameters"
    " (work.field_sales.thinking.median)"
)


@dataclass(frozen=True, slots=True)
class Fit:
    """What data told of one number.

    Attributes
    ----------
    low, high : float
        Its 95 % interval; the value itself stands in the scenario, between them.
    cases : int
        Cases behind it.
    method : str
        How it was estimated, in a few words.
    scale : {"linear", "log", "logit"}
        On which its error is about normal.
    group : str
        Numbers of one group were estimated together; empty: apart from all others.
    correlation : float
        Between -1 and 1: two of a group are correlated by the geometric mean of the sizes that
        both state, negatively if their signs differ.
    where : str
        ``file:line:column``.
    """

    low: float
    high: float
    cases: int
    method: str
    scale: Scale = "linear"
    group: str = ""
    correlation: float = 0.0
    where: str = ""


def onto(value: float, scale: Scale) -> float:
    """Put a value on a scale; what lies at or beyond its end is infinite."""
    if scale == "log":
        return math.log(value) if value > 0.0 else -math.inf
    if scale == "logit":
        if value <= 0.0:
            return -math.inf
        return math.inf if value >= 1.0 else math.log(value) - math.log1p(-value)
    return value


def back(value: float, scale: Scale) -> float:
    """Take a value off a scale again."""
    if scale == "log":
        return math.exp(min(value, 700.0))
    if scale == "logit":
        small = math.exp(-min(abs(value), 700.0))
        return 1.0 / (1.0 + small) if value >= 0.0 else small / (1.0 + small)
    return value


# ------------------------------------------------------------------ checks


def is_single(value: Any) -> bool:
    """Tell whether a value is one number."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def outside(slot: outline.Slot | None, low: float, high: float) -> str:
    """Say what a number may be if an interval reaches beyond it, else nothing."""
    floor_kind, floor, ceiling_kind, ceiling = bounds(slot) if slot else ("", None, "", None)
    below = floor is not None and (low < floor or (floor_kind == "gt" and low == floor))
    above = ceiling is not None and (high > ceiling or (ceiling_kind == "lt" and high == ceiling))
    words = {"ge": "at least", "gt": "above", "le": "at most", "lt": "below"}
    allowed = " and ".join(
        f"{words[kind]} {end:g}" for kind, end in ((floor_kind, floor), (ceiling_kind, ceiling))
        if end is not None
    )  # fmt: skip
    return f"must lie in what the value may be: {allowed}" if below or above else ""


def read_fit(
    document: Document, key: str, stated: Any, path: KeyPath | None, model: type[BaseModel]
) -> tuple[Fit | None, list[Problem]]:
    """Read and check the estimate in an entry of ``sources``.

    Parameters
    ----------
    document : Document
        The file.
    key : str
        Of the entry.
    stated : Any
        The estimate.
    path : KeyPath or None
        Where the value stands in the file; None if it does not set it, which is said elsewhere.
    model : type of BaseModel
        The root model, which knows the limits of each number.

    Returns
    -------
    fit : Fit or None
    problems : list of Problem
    """
    at: KeyPath = ("sources", key, "estimate")
    if at in document.broken:
        return None, []
    if not isinstance(stated, dict):
        rule = "must say {low: …, high: …, cases: …, method: …, scale: linear, log or logit}"
        return None, [_problem(document, at, stated, rule)]
    problems = list(_wrong_words(document, at, stated))
    if not problems and path is not None:
        problems = list(_wrong_interval(document, at, stated, path, model))
    if problems or any((*at, word) in document.broken for word in stated):
        return None, problems
    numbers = {word: float(stated[word]) for word in ("low", "high")}
    return Fit(
        **numbers,
        cases=stated["cases"],
        method=stated["method"].strip(),
        scale=stated.get("scale", "linear"),
        group=stated.get("group", ""),
        correlation=float(stated.get("correlation", 0.0)),
        where=str(document.places[at].key),
    ), []


def _problem(document: Document, path: KeyPath, value: Any, rule: str) -> Problem:
    place = document.places[path]
    return Problem(str(place.value), dotted(path), shorten(value), rule)


def _wrong_words(document: Document, at: KeyPath, stated: dict[str, Any]) -> Iterator[Problem]:
    """Yield what is wrong with single keys."""
    place = document.places[at].key
    for word in stated:
        if word not in _WORDS:
            key = document.places[(*at, word)].key
            # YAML 1.1 reads a plain n as false, so that it cannot be the word for their number.
            near = " (write cases)" if word == "n" else outline.nearest(word, _WORDS)
            yield Problem(str(key), f"{dotted(at)}.{word}", "", f"unknown key{near}")
    for word in _NEEDED:
        if word not in stated:
            yield Problem(str(place), f"{dotted(at)}.{word}", "", "is missing")
    for one, other in (("group", "correlation"), ("correlation", "group")):
        if one in stated and other not in stated:
            rule = "is missing: a group is of correlated estimates, so both are stated or none"
            yield Problem(str(place), f"{dotted(at)}.{other}", "", rule)
    for word in _WORDS:
        if word in stated and (*at, word) not in document.broken:
            rule = _word_rule(word, stated[word])
            if rule:
                yield _problem(document, (*at, word), stated[word], rule)


def _word_rule(word: str, value: Any) -> str:
    if word in ("method", "group"):
        return "" if isinstance(value, str) and value.strip() else "must be text"
    if word == "scale":
        near = outline.nearest(value, SCALES) if isinstance(value, str) else ""
        return "" if value in SCALES else f"must be one of {', '.join(SCALES)}{near}"
    if not is_single(value):
        return "must be a number"
    if word == "cases":
        whole = isinstance(value, int) and value >= 1
        return "" if whole else "must be a whole number of cases, at least 1"
    if word == "correlation" and not (-1.0 < value < 1.0 and value != 0.0):
        return "must lie between -1 and 1, and not be 0"
    return ""


def _wrong_interval(
    document: Document, at: KeyPath, stated: dict[str, Any], path: KeyPath, model: type[BaseModel]
) -> Iterator[Problem]:
    """Yield what is wrong with the interval of a value."""
    value = outline.value_at(document.value, path)
    if path in document.broken or (*at, "low") in document.broken:
        return
    if not is_single(value) or any(isinstance(part, int) for part in path):
        yield _problem(document, at, "", _ONE_NUMBER)
        return
    if (*at, "high") in document.broken:
        return
    low, high, scale = stated["low"], stated["high"], stated.get("scale", "linear")
    interval = f"[{shorten(low)}, {shorten(high)}]"
    if low > high:
        yield _problem(document, (*at, "low"), low, f"low must not be above high, {high:g}")
    elif not low <= value <= high:
        yield _problem(document, at, interval, f"must contain the value, {value:g}")
    elif scale == "log" and low <= 0.0:
        rule = "on a log scale all of the interval must be above 0 (or scale: linear)"
        yield _problem(document, (*at, "low"), low, rule)
    elif scale == "logit" and not 0.0 < low <= high < 1.0:
        rule = "on a logit scale all of the interval must be above 0 and below 1 (or scale: linear)"
        yield _problem(document, at, interval, rule)
    else:
        rule = outside(outline.slot_at(model, path, document.value), low, high)
        if rule:
            yield _problem(document, at, interval, rule)


def lonely_groups(document: Document, fits: Mapping[str, Fit]) -> Iterator[Problem]:
    """Yield the groups of a file that have one member: a misspelled name correlates nothing."""
    members = Counter(fit.group for fit in fits.values() if fit.group)
    for key, fit in fits.items():
        if members[fit.group] == 1:
            near = outline.nearest(fit.group, [name for name in members if name != fit.group])
            rule = f"no other estimate of this file is of this group{near}"
            yield _problem(document, ("sources", key, "estimate", "group"), fit.group, rule)
