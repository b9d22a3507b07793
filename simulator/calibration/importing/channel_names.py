"""Names of channels, made of whatever text a CRM holds as the source of a lead."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

import numpy as np

from simulator.calibration.records import Floats, Integers
from simulator.scenario.scalars import plain_value

NOT_RECORDED = "not_recorded"
OTHER = "other"
MASKED = "an_address"
MOST_CHANNELS = 13
"""A scenario holds no more."""

MANY_ROWS, SELDOM = 25, 2
"""Among so many rows a source that so few have is taken for a remark."""

_LONGEST = 40
_ADDRESS = re.compile(r"[^\s@<>,;]+@[^\s@<>,;]+")


# 090-1234-5678, +81 90 1234 5678, (03) 1234 5678 and (555) 123-4567; a time follows no number.
_TELEPHONE = re.compile(
    r"(?<![\w./])(?:\+|\(?[0０])[\d()\-. \u2010-\u2015\u2212\uff0d\u30fc\u3000（）]*\d(?![\w:/])"
    r"|(?<![\w./])\(?\d{3}\)?[-. ]{1,2}\d{3}[-. ]\d{4}(?![\w:/])"
)
_DIGITS = range(10, 16)
"""Of a telephone number: a date has fewer."""


def mask_addresses(text: str) -> str:
    """Write an ellipsis where a text holds an e-mail address or a telephone number."""
    return _TELEPHONE.sub(_masked, _ADDRESS.sub("…", text))


def _masked(found: re.Match[str]) -> str:
    return "…" if sum(c.isdigit() for c in found[0]) in _DIGITS else found[0]


def tells_who(text: str) -> bool:
    """Tell whether a text holds an e-mail address or a telephone number."""
    return "@" in text or mask_addresses(text) != text


def channel_name(source: str) -> str:
    """Make the name of a channel: letters, digits and underscores that YAML reads as text.

    Parameters
    ----------
    source : str
        As the file has it; empty: nobody recorded it.

    Returns
    -------
    str
        Never an e-mail address or a telephone number: those all become `MASKED`.
    """
    if tells_who(source):
        return MASKED
    text = unicodedata.normalize("NFKC", source).casefold()
    kept = "".join(c if unicodedata.category(c)[0] in "LN" else "_" for c in text)
    name = "_".join(part for part in kept.split("_") if part)[:_LONGEST].rstrip("_")
    if not name:
        return NOT_RECORDED
    value, rule = plain_value(name)
    # A key that YAML takes for a number or a switch would need quotes wherever it stands.
    return name if isinstance(value, str) and not rule else f"source_{name}"


def largest(names: Mapping[str, float]) -> tuple[list[str], list[str]]:
    """Choose the channels that a scenario can hold.

    Parameters
    ----------
    names : mapping of str to float
        How many rows each has.

    Returns
    -------
    kept, merged : list of str
        Largest first. Where there are too many, the smallest are merged into `OTHER`, which
        `kept` then holds; what nobody recorded stays by itself.
    """
    order = sorted(names, key=lambda name: (-names[name], name))
    if len(order) <= MOST_CHANNELS:
        return order, []
    ranked = [name for name in order if name not in (OTHER, NOT_RECORDED)]
    apart = [NOT_RECORDED] if NOT_RECORDED in names else []
    room = MOST_CHANNELS - 1 - len(apart)
    merged = ranked[room:] + ([OTHER] if OTHER in names else [])
    kept = sorted(ranked[:room] + apart, key=lambda name: (-names[name], name))
    return [*kept, OTHER], merged


def rare(sizes: Mapping[str, float]) -> set[str]:
    """Return channels that are probably remarks: written once or twice among many rows.

    Such a text may name anybody, as in ``introduced by Bob Ray``.

    Parameters
    ----------
    sizes : mapping of str to float
        How many rows have each.
    """
    if sum(size for name, size in sizes.items() if name != NOT_RECORDED) < MANY_ROWS:
        return set()
    apart = (NOT_RECORDED, OTHER, MASKED)
    return {name for name, size in sizes.items() if size <= SELDOM and name not in apart}


def counted(codes: Integers, names: list[str]) -> dict[str, float]:
    """Count how often each name occurs; those that do not occur are left out."""
    counts: Floats = np.bincount(codes[codes >= 0], minlength=len(names)).astype(np.float64)
    return {name: float(count) for name, count in zip(names, counts, strict=True) if count}
