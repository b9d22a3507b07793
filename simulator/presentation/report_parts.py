"""What a page is made of: sections of sentences, pictures, tables and lists, and how numbers look.

A page is composed of these in Python and laid out by a template, which escapes every text in them.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from markupsafe import Markup

from simulator.calibration.estimates import Estimate
from simulator.experiment.wording import paragraph
from simulator.languages.languages import spoken
from simulator.languages.messages import say
from simulator.metrics.units import money_unit
from simulator.presentation.figures import MISSING, number

Look = Literal["text", "number", "strip", "code", "wide"]


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a table.

    Attributes
    ----------
    text : str or Markup
    exact : float or None
        The number as it is, where the text rounds it.
    flag : str
        "good", "bad" or "": how it is set off, besides what it says.
    under : str
        Smaller words under it.
    """

    text: str | Markup
    exact: float | None = None
    flag: str = ""
    under: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its heading (or a scale), and how its cells are set."""

    heading: str | Markup
    look: Look = "text"


@dataclass(frozen=True, slots=True)
class Table:
    """A table with headers; the first cell of each row is the row's header.

    Attributes
    ----------
    caption : str
    columns : tuple of Column
    rows : tuple of tuple of Cell
    note : str
        What holds of all rows, below the caption.
    of_picture : bool
        Whether it lists what a picture shows.
    stacked : bool
        Whether on paper and on a telephone each row is a paragraph of its own, in which every
        cell is named.
    """

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""
    of_picture: bool = False
    stacked: bool = False
    kind: str = "table"


@dataclass(frozen=True, slots=True)
class Words:
    """A paragraph: "plain", "note", "lead" or "warning"."""

    text: str | Markup
    look: str = "plain"
    kind: str = "words"


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture with what is to be said under it, and a key of its lines (class, words).

    A wide one is a history: on a narrow screen it is scrolled, and begins at its recent end.
    """

    svg: Markup
    caption: str | Markup
    key: tuple[tuple[str, str], ...] = ()
    wide: bool = False
    kind: str = "picture"


@dataclass(frozen=True, slots=True)
class Listing:
    """A list of sentences, or of (term, sentence)."""

    items: tuple[tuple[str, str | Markup], ...]
    numbered: bool = False
    kind: str = "listing"


@dataclass(frozen=True, slots=True)
class Folded:
    """Parts that are shown when asked for."""

    summary: str
    parts: tuple[Part, ...]
    kind: str = "folded"


@dataclass(frozen=True, slots=True)
class Block:
    """Parts under a heading of their own."""

    heading: str
    parts: tuple[Part, ...]
    kind: str = "block"


@dataclass(frozen=True, slots=True)
class Pair:
    """Parts side by side where there is room."""

    left: tuple[Part, ...]
    right: tuple[Part, ...]
    kind: str = "pair"


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several things to choose: its words, and whether it is chosen at first."""

    words: str
    first: bool = False


@dataclass(frozen=True, slots=True)
class Switched:
    """Parts of which those are shown that a reader chooses, by one question or two.

    Attributes
    ----------
    id : str
        Its own on the page.
    questions : tuple of (str, tuple of Choice)
        What is chosen, and among what.
    panes : tuple of (tuple of int, tuple of Part)
        The place of the choice in each question, and what is shown then.
    """

    id: str
    questions: tuple[tuple[str, tuple[Choice, ...]], ...]
    panes: tuple[tuple[tuple[int, ...], tuple[Part, ...]], ...]
    kind: str = "switched"


@dataclass(frozen=True, slots=True)
class Stage:
    """A place that a script of the page draws on, with what is said where no script runs."""

    id: str
    label: str
    words: str
    kind: str = "stage"


@dataclass(frozen=True, slots=True)
class Inlay:
    """What was made elsewhere for the inside of a page: buttons, sliders."""

    html: Markup
    kind: str = "inlay"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a chain.

    Attributes
    ----------
    where : str
        Who takes it.
    what : str or Markup
    change : str
        The figure, short.
    told : str
        How sure it is.
    look : str
        "good", "bad" or "".
    words : str
        The look in a word.
    """

    where: str
    what: str | Markup
    change: str
    told: str
    look: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True)
class Chain:
    """Steps one after the other, with arrows between them."""

    label: str
    steps: tuple[Step, ...]
    kind: str = "chain"


Part = Table | Words | Picture | Listing | Folded | Block | Pair | Switched | Stage | Inlay | Chain


@dataclass(frozen=True, slots=True)
class Section:
    """One section of the page."""

    id: str
    heading: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Tile:
    """One figure at the top: large, with what it is and how sure; "good", "bad" or ""."""

    value: Cell
    what: str | Markup
    note: str | Markup = ""
    look: str = ""


# ------------------------------------------------------------------ how numbers look

_PERCENT = "\u00a0%"  # the sign stays on the line of its number, and in Japanese close to it
_CODE = 3  # letters of a currency
_TURNS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def clean(text: str) -> str:
    """Return text without what no page may hold: controls, lone halves of characters.

    Marks that turn the direction of writing are taken out too: in the name of a channel they could
    make a page seem to say something else.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        each for each in text
        if each in "\n\t" or (unicodedata.category(each) not in ("Cc", "Cs")
                              and each not in _TURNS)
    )  # fmt: skip


def significant(value: float, digits: int = 3) -> str:
    """Write a number with so many digits, never as a power of ten."""
    if not math.isfinite(value):
        return MISSING
    if value == 0.0:
        return "0"
    size = math.floor(math.log10(abs(float(f"{value:.{digits}g}"))))
    return number(value, min(max(digits - 1 - size, 0), 8))


def percent(value: float, decimals: int = 1) -> str:
    """Write a share of 0..1 as %."""
    if not math.isfinite(value):
        return MISSING
    return f"{number(100.0 * value, decimals)}{_percent_sign()}"


def _percent_sign() -> str:
    return "%" if spoken() == "ja" else _PERCENT


def is_share(unit: str) -> bool:
    """Whether a unit is shown as %."""
    return unit.startswith(("share", "hazard"))


def _decimals(estimate: Estimate) -> int:
    """As many decimals of % as the interval makes sense of."""
    half = 50.0 * (estimate.high - estimate.low)
    return 0 if half >= 10.0 else 1 if half >= 0.3 else 2


def written(estimate: Estimate, digits: int = 3) -> tuple[str, str, str]:
    """Write value, low and high of an estimate alike, shares as %."""
    numbers = (estimate.value, estimate.low, estimate.high)
    if is_share(estimate.unit):
        places = _decimals(estimate)
        value, low, high = (percent(each, places) for each in numbers)
    elif all(float(each).is_integer() for each in numbers):
        value, low, high = (number(each, 0) for each in numbers)
    else:
        value, low, high = (significant(each, digits) for each in numbers)
    return value, low, high


def interval(estimate: Estimate, digits: int = 3) -> str:
    """Write an interval: ``13.5 to 15.6 %``."""
    _, low, high = written(estimate, digits)
    if is_share(estimate.unit):
        low = low.removesuffix(_percent_sign())
    return say("{low} to {high}", low=low, high=high)


def value_cell(estimate: Estimate, digits: int = 3) -> Cell:
    """Return the cell of an estimate's value."""
    return Cell(written(estimate, digits)[0], estimate.value)


def interval_cell(estimate: Estimate, digits: int = 3) -> Cell:
    """Return the cell of an estimate's interval; empty where it says nothing."""
    return Cell(interval(estimate, digits))


def count_cell(count: int) -> Cell:
    """Return the cell of a count."""
    return Cell(f"{count:,}", float(count))


def unit_words(unit: str) -> str:
    """Write a unit; that of a share is in the number already."""
    return unit.removeprefix("share").removeprefix("hazard").strip() if is_share(unit) else unit


def unit_said(unit: str) -> str:
    """Say a unit; one of money names its currency."""
    currency, per, _ = unit.partition(" per month")
    if len(currency) == _CODE and currency.isupper():
        name = money_unit(currency)
        return say("{currency} per month", currency=name) if per else name
    return say(unit)


def estimates_table(
    caption: str, named: Sequence[tuple[str, Estimate]], strips: Sequence[Markup] = (),
    scale: Markup | None = None,
) -> Table:  # fmt: skip
    """Return a table of estimates, with a picture of each interval where some are given."""
    estimates = [each for _, each in named]
    columns = [Column(say("figure¦column")), Column(say("estimate¦column"), "number")]
    columns.append(Column(say("95 % interval"), "number"))
    if strips:
        columns.append(Column(scale or "", "strip"))
    unit, method = common_unit(estimates), common_method(estimates)
    columns += [] if unit is not None else [Column(say("unit"))]
    columns.append(Column(say("cases"), "number"))
    columns += [] if method is not None else [Column(say("method"), "wide")]
    rows = []
    for place, (name, each) in enumerate(named):
        row = [Cell(name), value_cell(each), interval_cell(each)]
        row += [Cell(strips[place])] if strips else []
        row += [] if unit is not None else [Cell(unit_said(unit_words(each.unit)))]
        row.append(count_cell(each.n))
        row += [] if method is not None else [Cell(each.method)]
        rows.append(tuple(row))
    return Table(caption, tuple(columns), tuple(rows), note_of(unit, method))


def common_unit(estimates: Sequence[Estimate]) -> str | None:
    """Return the unit in words if all estimates have the same: no column is needed then."""
    units = {unit_words(each.unit) for each in estimates}
    return units.pop() if len(units) == 1 else None


def common_method(estimates: Sequence[Estimate]) -> str | None:
    """Return the method if all estimates were found by the same."""
    methods = {each.method for each in estimates}
    return methods.pop() if len(methods) == 1 else None


def note_of(unit: str | None, method: str | None) -> str:
    """Say what unit and method all rows of a table have, where it is one."""
    # What is shown as % needs no unit; its caption says of what.
    said = []
    if unit and not unit.startswith(("per ", "of ")):
        said.append(say("In {unit}.", unit=unit_said(unit)))
    said += [say("Method: {method}.", method=method)] if method else []
    return paragraph(said)
