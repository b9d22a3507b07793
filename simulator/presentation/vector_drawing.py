"""Small pictures as SVG inside a page: lines, bars and marks whose colours the page decides.

Text stays text, so that it can be searched, read aloud, and set in the reader's own fonts in any
script. Nothing here holds a colour or a font: shapes carry the name of a class, and the page says
how it looks on a light screen, on a dark one and on paper.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
from markupsafe import Markup, escape
from numpy.typing import NDArray

from simulator.presentation.report_parts import clean

Floats = NDArray[np.float64]
Bend = Callable[[float], float]
"""What an axis does to a value before it is placed: nothing, a root or a logarithm."""

MOST_POINTS = 400
"""Of a curve: no screen shows more steps."""

_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
_NEAR = (1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)
_LEAST = 1e-9


def straight(value: float) -> float:
    """Bend nothing."""
    return value


def root(value: float) -> float:
    """Give early ages more room, and 0 a place."""
    return math.sqrt(max(value, 0.0))


def logarithm(value: float) -> float:
    """Give equal ratios equal room."""
    return math.log(max(value, _LEAST))


class Axis:
    """Places values between two pixels.

    Parameters
    ----------
    low, high : float
        Values at the ends; made apart where they are equal.
    start, end : float
        Pixels at the ends.
    bend : callable
    """

    def __init__(
        self, low: float, high: float, start: float, end: float, bend: Bend = straight
    ) -> None:
        high = high if high > low else low + 1.0
        self.low, self.high, self.start, self.end, self._bend = low, high, start, end, bend
        self._from, self._wide = bend(low), bend(high) - bend(low)

    def __call__(self, value: float) -> float:
        """Return the pixel of a value; of one beyond the ends, the end."""
        part = (self._bend(value) - self._from) / self._wide
        return self.start + min(max(part, 0.0), 1.0) * (self.end - self.start)

    def back(self, count: int) -> list[float]:
        """Return values at evenly spaced pixels, for a smooth line."""
        inverse: dict[Bend, Bend] = {root: lambda x: x * x, logarithm: math.exp}
        undo = inverse.get(self._bend, straight)
        return [undo(self._from + self._wide * i / (count - 1)) for i in range(count)]


def round_up(value: float) -> float:
    """Return a round number that is not below a positive value."""
    if value <= 0.0:
        return 1.0
    size = 10.0 ** math.floor(math.log10(value))
    return next(step * size for step in _STEPS if step * size >= value * (1.0 - 1e-9))


def ticks(low: float, high: float, most: int = 5) -> list[float]:
    """Return round values from low to high, about evenly spaced."""
    if high <= low:
        return [low]
    step = round_up((high - low) / most)
    first = math.ceil(low / step - 1e-9)
    count = math.floor((high - first * step) / step + 1e-9) + 1
    return [(first + i) * step for i in range(max(count, 1))]


def root_ticks(high: float) -> list[float]:
    """Return round values for an axis of roots: closer together where it is wide."""
    found = [0.0]
    for part in (0.02, 0.1, 0.25, 0.5, 0.75, 1.0):
        value = _rounded(part * high)
        if value > found[-1] and value <= high:
            found.append(value)
    return found


def log_ticks(low: float, high: float) -> list[float]:
    """Return 1, 10, 100 and so on, with 2 and 5 in between where there is room."""
    first, last = (math.floor(math.log10(each)) for each in (low, high))
    factors = (1.0, 2.0, 5.0) if last - first <= 1 else (1.0, 3.0) if last - first == 2 else (1.0,)
    values = (factor * 10.0**power for power in range(first, last + 1) for factor in factors)
    return [each for each in values if low <= each <= high]


def _rounded(value: float) -> float:
    if value <= 0.0:
        return 0.0
    size = 10.0 ** math.floor(math.log10(value))
    return min((step * size for step in _NEAR), key=lambda each: abs(each - value))


class Drawing:
    """A picture in the making.

    Parameters
    ----------
    width, height : int
        In the picture's own units; about pixels.
    label : str
        What a screen reader says in its place; empty: it is only an ornament of numbers that
        stand beside it as text.
    look : str
        Class of the picture.
    """

    def __init__(self, width: float, height: float, label: str = "", look: str = "chart") -> None:
        self.width, self.height = width, height
        self._label, self._look = label, look
        self._parts: list[str] = []

    def line(self, x1: float, y1: float, x2: float, y2: float, look: str) -> None:
        """Draw a straight line."""
        at = f'x1="{_px(x1)}" y1="{_px(y1)}" x2="{_px(x2)}" y2="{_px(y2)}"'
        self._parts.append(f'<line class="{look}" {at}/>')

    def bar(
        self, x: float, y: float, width: float, height: float, look: str,
        tip: str = "", data: Mapping[str, object] | None = None,
    ) -> None:  # fmt: skip
        """Draw a filled rectangle; of no height or width: nothing.

        Parameters
        ----------
        x, y, width, height : float
        look : str
        tip : str
            What is told when a reader points at it.
        data : mapping of str to object, optional
            Put on it as ``data-…``, for scripts.
        """
        if width > 0.0 and height > 0.0:
            at = f'x="{_px(x)}" y="{_px(y)}" width="{_px(width)}" height="{_px(height)}"'
            self._parts.append(_element("rect", f'class="{look}" {at}', tip, data))

    def cell(
        self, x: float, y: float, width: float, height: float, look: str, tip: str = ""
    ) -> None:
        """Draw a filled rectangle as one of thousands, in as few letters as it takes.

        Parameters
        ----------
        x, y, width, height : float
        look : str
            "" in a group that looks alike.
        tip : str
            What is told when a reader points at it, besides what the group tells.
        """
        wide = _px(width)
        looks = f'class="{look}" ' if look else ""
        at = f'd="M{_px(x)} {_px(y)}h{wide}v{_px(height)}h-{wide}z"'
        self._parts.append(_element("path", f"{looks}{at}", tip, None))

    def path(
        self, way: str, look: str, tip: str = "", data: Mapping[str, object] | None = None,
        wide: float | None = None,
    ) -> None:  # fmt: skip
        """Draw along a way in the language of SVG paths, as wide as given; see :func:`way`."""
        width = "" if wide is None else f' stroke-width="{_px(wide)}"'
        self._parts.append(_element("path", f'class="{look}" d="{way}"{width}', tip, data))

    def begin(self, look: str, tip: str = "", data: Mapping[str, object] | None = None) -> None:
        """Begin a group; everything until ``end`` belongs to it.

        What is in a group of the class "marks" answers to pointer and keys, each with its own tip
        below that of the group.
        """
        told = f"<title>{_said(tip)}</title>" if tip else ""
        self._parts.append(f'<g class="{look}"{_noted(data)}>{told}')

    def end(self) -> None:
        """End the group that was begun last."""
        self._parts.append("</g>")

    def dot(self, x: float, y: float, radius: float, look: str) -> None:
        """Draw a circle."""
        looks = f'class="{look}" ' if look else ""
        at = f'cx="{_px(x)}" cy="{_px(y)}" r="{_px(radius)}"'
        self._parts.append(f"<circle {looks}{at}/>")

    def diamond(self, x: float, y: float, size: float, look: str) -> None:
        """Draw a square on its point."""
        corners = ((x, y - size), (x + size, y), (x, y + size), (x - size, y))
        self.outline(corners, look, closed=True)

    def outline(
        self, points: Iterable[tuple[float, float]], look: str, closed: bool = False
    ) -> None:
        """Draw a line through points, or the surface inside."""
        way = " ".join(f"{_px(x)},{_px(y)}" for x, y in points)
        kind = "polygon" if closed else "polyline"
        if way:
            self._parts.append(f'<{kind} class="{look}" points="{way}"/>')

    def curve(self, points: Sequence[tuple[float, float]], look: str, closed: bool = False) -> None:
        """Draw a line through many points, or the surface inside, in few letters."""
        self._parts.append(f'<path class="{look}" d="{through(points)}{"z" if closed else ""}"/>')

    def text(self, x: float, y: float, text: str, look: str = "tick", anchor: str = "") -> None:
        """Write text; `anchor` is "middle" or "end", otherwise it starts at x."""
        where = f' text-anchor="{anchor}"' if anchor else ""
        looks = f'class="{look}" ' if look else ""
        at = f'{looks}x="{_px(x)}" y="{_px(y)}"{where}'
        self._parts.append(f"<text {at}>{_said(text)}</text>")

    def svg(self) -> Markup:
        """Return the picture for a page."""
        size = f'viewBox="0 0 {_px(self.width)} {_px(self.height)}"'
        if self._label:
            said = f'role="img" aria-label="{_said(self._label)}"'
        else:
            fixed = f'width="{_px(self.width)}" height="{_px(self.height)}"'
            said = f'aria-hidden="true" focusable="false" {fixed}'
        inside = "".join(self._parts)
        return Markup(f'<svg class="{self._look}" {size} {said}>{inside}</svg>')


def steps(x: Sequence[float], y: Sequence[float], end: float) -> list[tuple[float, float]]:
    """Return the corners of a line that keeps each height until the next place."""
    found: list[tuple[float, float]] = []
    for i, (left, height) in enumerate(zip(x, y, strict=True)):
        right = x[i + 1] if i + 1 < len(x) else end
        found += [(left, height), (right, height)]
    return found


def thinned(values: Floats, most: int = MOST_POINTS) -> NDArray[np.int64]:
    """Return positions of at most so many rising values, about evenly spread over their range."""
    if len(values) <= most:
        return np.arange(len(values))
    wanted = np.linspace(values[0], values[-1], most - 1)
    places = np.searchsorted(values, wanted, side="right") - 1
    return np.unique(np.append(places, len(values) - 1))


def way(*pieces: str | float) -> str:
    """Write a way of an SVG path: letters and numbers, these to a tenth of a pixel."""
    text = ""
    for piece in pieces:
        word = piece if isinstance(piece, str) else _px(piece)
        # A letter or a sign parts two numbers as well as a space does.
        apart = text and text[-1].isdigit() and word[0].isdigit()
        text += f" {word}" if apart else word
    return text


def through(points: Sequence[tuple[float, float]]) -> str:
    """Write the way through points, each from the one before it, to a tenth of a pixel."""
    if not points:
        return ""
    tenths = np.rint(10.0 * np.asarray(points, dtype=np.float64)).astype(np.int64)
    first, moves = tenths[0], np.diff(tenths, axis=0)
    pieces: list[str | float] = ["M", first[0] / 10.0, first[1] / 10.0]
    if len(moves):
        pieces += ["l", *(moves / 10.0).ravel().tolist()]
    return way(*pieces)


def _element(kind: str, inside: str, tip: str, data: Mapping[str, object] | None) -> str:
    told = f"><title>{_said(tip)}</title></{kind}>" if tip else "/>"
    return f"<{kind} {inside}{_noted(data)}{told}"


def _noted(data: Mapping[str, object] | None) -> str:
    return "".join(
        f' data-{name}="{_said(str(value))}"' for name, value in (data or {}).items()
    )  # fmt: skip


def _said(text: str) -> Markup:
    return escape(clean(text))


def _px(value: float) -> str:
    text = f"{value:.1f}"
    return text[:-2] if text.endswith(".0") else text
