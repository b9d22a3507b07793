"""How much room words take in a picture, and how they are made to fit.

A picture in a page is drawn before anybody knows the reader's fonts: widths are estimates, on the
generous side, for the usual sans-serif faces of either script.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence

from simulator.presentation.report_parts import clean

SIZE = 13.0
"""Of ordinary words in a picture, in its own units."""
SMALL = 11.5
"""Of numbers on axes and of remarks."""

MORE = "…"
_THIN, _SLIM = frozenset("il.,:;'|!jIt "), frozenset('fr()[]{}/-*\\"')
_NEVER_FIRST = frozenset(
    "、。，．・：；？！）」』】〕”’ーぁぃぅぇぉっゃゅょァィゥェォッャュョ々％)]}%,."
)
_NEVER_LAST = frozenset("（「『【〔“‘([{")


def width_of(text: str, size: float = SIZE, strong: bool = False) -> float:
    """Return about how wide a line of text is."""
    return size * sum(_part(each, strong) for each in text)


def _part(sign: str, strong: bool) -> float:
    """Return the width of a sign by its height; bold letters are wider, but not wide signs."""
    wide = unicodedata.east_asian_width(sign) in ("W", "F")
    return _plain_part(sign) * (1.13 if strong and not wide else 1.0)


def _plain_part(sign: str) -> float:
    if unicodedata.combining(sign):
        return 0.0
    if unicodedata.east_asian_width(sign) in ("W", "F"):
        return 1.0
    if not sign.isascii():
        return 0.75
    if sign in _THIN:
        return 0.33
    if sign in _SLIM:
        return 0.42
    if sign in "mwMW@%<>=+":
        return 0.9
    return 0.7 if sign.isupper() else 0.64 if sign.isdigit() else 0.6


def fitted(text: str, room: float, size: float = SIZE, strong: bool = False) -> str:
    """Return as much of a text as there is room for, with … where something was left out."""
    text = " ".join(clean(text).split())
    if width_of(text, size, strong) <= room:
        return text
    left, kept = room - width_of(MORE, size, strong), ""
    for sign in text:
        left -= size * _part(sign, strong)
        if left < 0.0:
            break
        kept += sign
    return kept.rstrip() + MORE


def lines_of(
    text: str, room: float, most: int = 2, size: float = SIZE, strong: bool = False
) -> list[str]:
    """Break a text into lines: at spaces, and between the signs of scripts that have none.

    Parameters
    ----------
    text : str
    room : float
        Width of a line.
    most : int
        Number of lines; what does not fit is left out and marked.
    size : float
    strong : bool
        Whether it is bold.
    """
    pieces = _pieces(" ".join(clean(text).split()))
    lines: list[str] = []
    line = ""
    for place, piece in enumerate(pieces):
        longer = line + piece
        if not line.strip() or width_of(longer.rstrip(), size, strong) <= room:
            line = longer
            continue
        if len(lines) == most - 1:
            line += "".join(pieces[place:])
            break
        lines.append(line.rstrip())
        line = piece.lstrip()
    return [fitted(each, room, size, strong) for each in [*lines, line.rstrip()] if each]


def _pieces(text: str) -> list[str]:
    """Cut a text where a line may end: after spaces, and between wide signs."""
    found: list[str] = []
    for sign in text:
        wide = unicodedata.east_asian_width(sign) in ("W", "F") and sign not in _NEVER_FIRST
        ended = found and (found[-1][-1] == " " and sign != " ")
        after_wide = found and unicodedata.east_asian_width(found[-1][-1]) in ("W", "F")
        apart = wide or (after_wide and sign not in _NEVER_FIRST and sign != " ")
        joined = found and (_katakana(found[-1][-1], sign) or found[-1][-1] in _NEVER_LAST)
        if not found or ended or (apart and not joined):
            found.append(sign)
        else:
            found[-1] += sign
    return found


def _katakana(before: str, sign: str) -> bool:
    """Whether both belong to one loanword."""
    return all("\u30a1" <= each <= "\u30fa" or each == "ー" for each in (before, sign))


def spread(wanted: Sequence[float], apart: float, low: float, high: float) -> list[float]:
    """Move places as little as it takes to stand apart between two ends, in their order.

    Parameters
    ----------
    wanted : sequence of float
    apart : float
        Least distance; made smaller only if there is no room for all.
    low, high : float

    Returns
    -------
    list of float
        In the order of `wanted`.
    """
    if not wanted:
        return []
    order = sorted(range(len(wanted)), key=lambda place: (wanted[place], place))
    room = (high - low) / max(len(wanted) - 1, 1)
    step = min(apart, room)
    # Groups that touch are laid around the mean of what their members want.
    groups: list[list[float]] = []
    for rank, place in enumerate(order):
        groups.append([wanted[place] - rank * step, 1.0])
        while len(groups) > 1 and groups[-2][0] >= groups[-1][0]:
            last, before = groups.pop(), groups.pop()
            count = last[1] + before[1]
            groups.append([(last[0] * last[1] + before[0] * before[1]) / count, count])
    starts = [start for start, count in groups for _ in range(int(count))]
    most = high - step * (len(wanted) - 1)
    found = [0.0] * len(wanted)
    for rank, place in enumerate(order):
        found[place] = min(max(starts[rank], low), most) + rank * step
    return found


def known(values: Sequence[float]) -> list[float]:
    """Return the values that are numbers."""
    return [float(value) for value in values if math.isfinite(value)]
