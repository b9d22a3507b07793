"""Text that flows into lines, Japanese included.

Rich breaks lines at spaces, of which Japanese has few: a sentence with a number in it would be torn
at the number. Here a line may also end between two wide characters, but neither before a closing
mark nor after an opening one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.text import Text

_OPENING = "([{「『（【“〈"
_CLOSING = ")]}」』）】”〉、。,.・:;?!%ー〜々：；？！％～"
_PIECES = re.compile(r"\s+|[\x21-\x7e]+|[^\x00-\x7f]")
_IS_PLAIN = re.compile(r"[\x21-\x7e]+")


@dataclass(frozen=True, slots=True)
class Flowing:
    """A text, broken into lines when its width is known.

    Attributes
    ----------
    text : str
    style : str
    """

    text: str
    style: str = ""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the lines."""
        yield Text("\n".join(lines_of(self.text, options.max_width)), style=self.style)

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        """Say how narrow and how wide it may be."""
        widths = [cell_len(piece) for piece in _glued(self.text)] or [0]
        widest = min(cell_len(self.text), options.max_width)
        return Measurement(min(max(widths), widest), widest)


def lines_of(text: str, width: int) -> list[str]:
    """Break a text into lines of at most a width; one piece that is wider is cut.

    Parameters
    ----------
    text : str
    width : int
        In cells: a Japanese character takes two.
    """
    lines = [""]
    for piece in _glued(text):
        room = width - cell_len(lines[-1])
        if cell_len(piece.rstrip()) <= room:
            lines[-1] += piece
            continue
        rest = piece.lstrip() if not lines[-1] or piece.isspace() else piece
        if lines[-1]:
            lines[-1] = lines[-1].rstrip()
            lines.append("")
            rest = rest.lstrip()
        while cell_len(rest) > max(width, 2):
            cut = _longest(rest, max(width, 2))
            lines[-1] = rest[:cut]
            lines.append("")
            rest = rest[cut:]
        lines[-1] += rest
    return [line.rstrip() for line in lines]


def _glued(text: str) -> list[str]:
    """Return the pieces between which a line may end."""
    pieces: list[str] = []
    for found in _PIECES.findall(text):
        before = pieces[-1] if pieces else ""
        opened = before[-1:] in tuple(_OPENING)
        closes = found[0] in _CLOSING
        # What is not Japanese keeps to its neighbor unless a space stands between.
        narrow = bool(_IS_PLAIN.fullmatch(found)) and before[-1:].isascii() and before[-1:] != ""
        spaced = before[-1:].isspace()
        if before and not spaced and not found.isspace() and (opened or closes or narrow):
            pieces[-1] += found
        else:
            pieces.append(found)
    return pieces


def _longest(text: str, width: int) -> int:
    """Return how many characters fit, at least one."""
    used = 0
    for place, character in enumerate(text):
        used += cell_len(character)
        if used > width:
            return max(place, 1)
    return len(text)
