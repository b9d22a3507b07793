"""What the sections of a report share: the evidence, links to definitions, and the numbers shown.

Every picture comes with the tables behind it, and every metric that is named leads to its
definition; whatever is shown is kept for the data of the page.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from markupsafe import Markup, escape

from simulator.experiment import Results
from simulator.experiment.comparison import Comparison
from simulator.languages.messages import say
from simulator.metrics import METRICS
from simulator.presentation.files import digest
from simulator.presentation.pictures.tables import tables_of
from simulator.presentation.report_parts import (
    Block,
    Cell,
    Choice,
    Column,
    Folded,
    Pair,
    Part,
    Picture,
    Section,
    Switched,
    Table,
    Words,
    clean,
)
from simulator.presentation.views.shapes import Evidence, Shape, as_json
from simulator.scenario import LoadedScenario

_DIGITS = 6
"""Of the numbers behind pictures."""
FINE = 9
"""Digits of metrics: more than any luck or rounding of a page."""


@dataclass(slots=True)
class Making:
    """A report in the making.

    Attributes
    ----------
    evidence : Evidence
    shown : dict of str to None
        Metrics that are named on the page, in the order of their first showing.
    pictures : dict of str to list
        By section, what its pictures show.
    cells : int
        Of all maps that have been drawn.
    digests : dict of str to str
        Of scenarios, by name, as far as they were asked for.
    """

    evidence: Evidence
    shown: dict[str, None] = field(default_factory=dict)
    pictures: dict[str, list[Any]] = field(default_factory=dict)
    cells: int = 0
    digests: dict[str, str] = field(default_factory=dict)

    @property
    def results(self) -> tuple[Results, ...]:
        """Of each scenario, the reference first."""
        return self.evidence.results

    @property
    def names(self) -> tuple[str, ...]:
        """Of the scenarios, the reference first."""
        return tuple(each.name for each in self.evidence.results)

    @property
    def others(self) -> tuple[str, ...]:
        """Of the scenarios but the reference."""
        return self.names[1:]

    @property
    def last(self) -> LoadedScenario:
        """The scenario that the report is about."""
        return self.evidence.scenarios[-1]

    @property
    def comparison(self) -> Comparison:
        """Of all scenarios with the first; to be asked for only where there are several."""
        if self.evidence.comparison is None:
            raise ValueError("one scenario is compared with nothing")
        return self.evidence.comparison

    @property
    def currency(self) -> str:
        """Of every amount."""
        return self.evidence.scenarios[0].scenario.currency

    def digest(self, loaded: LoadedScenario) -> str:
        """Return the SHA-256 of everything that is in force in a scenario."""
        if loaded.name not in self.digests:
            self.digests[loaded.name] = digest(loaded.scenario)
        return self.digests[loaded.name]

    def takes(self, cells: int, most: int, always: bool) -> bool:
        """Take room for a map, if there is any.

        Parameters
        ----------
        cells : int
            Of the map.
        most : int
            Of all maps up to this one.
        always : bool
            Whether it is drawn in any case.
        """
        if not always and self.cells + cells > most:
            return False
        self.cells += cells
        return True

    # -------------------------------------------------------------- links

    def link(self, metric: str, words: str = "") -> Markup:
        """Return a link to the definition of a metric.

        Parameters
        ----------
        metric : str
        words : str
            What is read; its label if not given.
        """
        self.shown[metric] = None
        text = clean(words or METRICS[metric].label)
        return Markup('<a href="#{}">{}</a>').format(anchor(metric), text)

    def linked(self, table: Table) -> Table:
        """Return a table in which the labels of metrics lead to their definitions."""
        by_label = {metric.label: name for name, metric in METRICS.items()}

        def text_of(text: str | Markup) -> str | Markup:
            if isinstance(text, Markup):
                return text
            label = text if text in by_label else text.rpartition(" (")[0]
            return self.link(by_label[label], text) if label in by_label else text

        columns = tuple(Column(text_of(each.heading), each.look) for each in table.columns)
        rows = tuple(
            tuple(replace(cell, text=text_of(cell.text)) for cell in row) for row in table.rows
        )
        return replace(table, columns=columns, rows=rows)

    # -------------------------------------------------------------- pictures

    def picture(
        self, section: str, shape: Shape, svg: Markup, caption: str | Markup,
        key: tuple[tuple[str, str], ...] = (),
    ) -> tuple[Part, ...]:  # fmt: skip
        """Return a picture, and folded under it the tables of what it shows.

        Parameters
        ----------
        section : str
            Where it stands.
        shape : Shape
            What it shows.
        svg : Markup
        caption : str or Markup
        key : tuple of (str, str)
            Of its lines: class and words.
        """
        self.pictures.setdefault(section, []).append(
            {"kind": type(shape).__name__.lower(), **short(as_json(shape))}
        )
        # Their exact numbers are in the data already.
        tables = tuple(replace(self.linked(each), of_picture=True) for each in tables_of(shape))
        return (Picture(svg, caption, key), Folded(say("The numbers as a table"), tables))


def short(value: Any, digits: int = _DIGITS) -> Any:
    """Return plain values with their numbers to so many digits, by default those of pictures.

    Parameters
    ----------
    value : Any
        As JSON has them.
    digits : int
    """
    if isinstance(value, dict):
        return {key: short(each, digits) for key, each in value.items()}
    if isinstance(value, list):
        return [short(each, digits) for each in value]
    if not isinstance(value, float):
        return value
    rounded = float(f"{value:.{digits}g}")
    return int(rounded) if rounded.is_integer() else rounded


def anchor(metric: str) -> str:
    """Return the place of a metric's definition on the page."""
    return f"metric-{metric}"


def defined(metric: str) -> Markup:
    """Return the label of a metric as the place that links lead to."""
    return place_of(metric, METRICS[metric].label)


def place_of(name: str, label: str) -> Markup:
    """Return a label as the place that links to the definition of a name lead to."""
    return Markup('<span id="{}" tabindex="-1">{}</span>').format(anchor(name), label)


def sentence(text: str, **values: str | Markup) -> Markup:
    """Say a sentence in which some values are links.

    Parameters
    ----------
    text : str
        Said already, with the values as ``{name}``.
    **values : str or Markup
        Escaped unless they are links.
    """
    return Markup(escape(text)).format(**{key: _clean(value) for key, value in values.items()})


def _clean(value: str | Markup) -> str | Markup:
    return value if isinstance(value, Markup) else clean(value)


def named_metrics(making: Making, metrics: Sequence[str]) -> tuple[Part, ...]:
    """Lead to the definitions of the metrics that a picture names."""
    links = Markup(say(", ¦between links")).join(making.link(metric) for metric in metrics)
    return (Words(sentence(say("Definitions: {links}."), links=links), "note unprinted"),)


def of_each(
    identity: str, question: str, names: Sequence[str], parts: Sequence[tuple[Part, ...]],
    first: int = -1,
) -> tuple[Part, ...]:  # fmt: skip
    """Return parts of several scenarios, of which one is shown; those of one alone as they are.

    Parameters
    ----------
    identity : str
        Of the switch, its own on the page.
    question : str
    names : sequence of str
    parts : sequence of tuple of Part
        As many.
    first : int
        Whose are shown at first.
    """
    if len(names) == 1:
        return parts[0]
    chosen = first % len(names)
    choices = tuple(Choice(name, place == chosen) for place, name in enumerate(names))
    panes = tuple(((place,), each) for place, each in enumerate(parts))
    return (Switched(identity, ((question, choices),), panes),)


# ------------------------------------------------------------------ the numbers of a page


def tables_of_sections(sections: Sequence[Section]) -> dict[str, list[dict[str, Any]]]:
    """Return every table of every section but those behind pictures, whose numbers are theirs."""
    return {
        section.id: [
            _table(each) for part in section.parts for each in _tables(part) if not each.of_picture
        ]
        for section in sections
    }


def _tables(part: Part) -> Iterator[Table]:
    if isinstance(part, Table):
        yield part
    inside: tuple[Part, ...] = ()
    if isinstance(part, (Folded, Block)):
        inside = part.parts
    elif isinstance(part, Pair):
        inside = (*part.left, *part.right)
    elif isinstance(part, Switched):
        inside = tuple(each for _, parts in part.panes for each in parts)
    for each in inside:
        yield from _tables(each)


def _table(table: Table) -> dict[str, Any]:
    return {
        "caption": table.caption,
        "columns": [plain(column.heading) for column in table.columns],
        "rows": [[cell_value(cell) for cell in row] for row in table.rows],
    }


def cell_value(cell: Cell) -> float | str | None:
    """Return what a cell says: its number as it is, or its text."""
    return plain(cell.text) if cell.exact is None else finite(cell.exact)


def plain(text: str | Markup) -> str:
    """Return a text without the marks of a page."""
    return str(text.striptags()) if isinstance(text, Markup) else clean(text)


def finite(value: Any) -> Any:
    """Return plain values without what JSON has no word for: that is missing, None."""
    if isinstance(value, Mapping):
        return {str(key): finite(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [finite(each) for each in value]
    value = value.item() if hasattr(value, "item") else value
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
