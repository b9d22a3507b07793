"""Files that extend files: one tree of values that remembers who set what.

The default company lies at the bottom; the files follow, every parent before its children;
``--set`` comes last. Mappings merge key by key; lists, single values and laws replace.
"""

from __future__ import annotations

import copy
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from simulator.errors import Problem, ScenarioError
from simulator.scenario import outline
from simulator.scenario.scalars import shorten
from simulator.scenario.strict_yaml import Document, KeyPath, Place, Position, dotted, read_file

MOST_GENERATIONS = 10
DEFAULT = Place(Position("default"), Position("default"))
FILE_KEYS = ("extends", "sources")
NOT_INHERITED = ("question", "stands_for")


@dataclass(slots=True)
class Layer:
    """One file of a scenario.

    Attributes
    ----------
    path : Path
        The file.
    document : Document
        What it says.
    parents : list of Layer
        The files that it extends, in order.
    ancestors : set of str
        The names of all files below it.
    """

    path: Path
    document: Document
    parents: list[Layer] = field(default_factory=list)
    ancestors: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Tree:
    """Merged values, and the place that set each of them."""

    values: dict[str, Any]
    places: dict[KeyPath, Place]


def is_law(value: Any) -> bool:
    """Tell whether a value is a law, which is always replaced as a whole."""
    return isinstance(value, Mapping) and "law" in value


def shown_name(path: Path, shipped: Path) -> str:
    """Name a file as briefly as the user would, without the machine's folders."""
    real = Path(os.path.realpath(path))
    for folder, prefix in (
        (Path(os.path.realpath(Path.cwd())), ""),
        (Path(os.path.realpath(shipped)), "scenarios/"),
    ):
        if real.is_relative_to(folder):
            return prefix + real.relative_to(folder).as_posix()
    return str(path)


class Family:
    """Reads a file and all that it extends."""

    def __init__(self, shipped: Path, find: Callable[[str], str]) -> None:
        """Remember where shipped scenarios are and how to suggest a nearer name."""
        self.shipped = shipped
        self.suggest = find
        self.problems: list[Problem] = []
        self.layers: dict[str, Layer] = {}
        self.order: list[Layer] = []

    def read(self, path: Path) -> Layer:
        """Read a file and its ancestors; `order` then lists parents before children."""
        return self._read(path, [])

    def _read(self, path: Path, chain: list[str]) -> Layer:
        real = os.path.realpath(path)
        shown = shown_name(path, self.shipped)
        document = read_file(path, shown)
        layer = Layer(path, document)
        self.layers[real] = layer
        self.problems += document.problems
        for name, at in self._names(document):
            parent = self._parent(layer, name, at, [*chain, shown])
            if parent is not None:
                layer.parents.append(parent)
                layer.ancestors |= {parent.document.file} | parent.ancestors
        self.order.append(layer)
        return layer

    def _names(self, document: Document) -> list[tuple[str, Position]]:
        """Take the names of the parents out of a file."""
        stated = document.value.pop("extends", None)
        names = stated if isinstance(stated, list) else [stated]
        found = []
        for index, name in enumerate(names):
            path: KeyPath = ("extends", index) if isinstance(stated, list) else ("extends",)
            if path not in document.places or path in document.broken:
                continue
            at = document.places[path].value
            if isinstance(name, str) and name.strip():
                found.append((name, at))
            else:
                rule = "must be the name of a scenario file, or a list of such names"
                self._refuse(at, name, rule)
        return found

    def _refuse(self, at: Position, name: Any, rule: str) -> None:
        self.problems.append(Problem(str(at), "extends", shorten(name), rule))

    def _parent(self, layer: Layer, name: str, at: Position, chain: list[str]) -> Layer | None:
        path = self._locate(layer.path, name)
        if path is None:
            hint = self.suggest(name)
            rule = f"no such file beside {chain[-1]} nor among the shipped scenarios{hint}"
            self._refuse(at, name, rule)
            return None
        shown = shown_name(path, self.shipped)
        if shown in chain:
            circle = " → ".join([*chain[chain.index(shown) :], shown])
            self._refuse(at, name, f"extends goes in a circle: {circle}")
            return None
        if len(chain) > MOST_GENERATIONS:
            whole = " → ".join([*chain, shown])
            self._refuse(at, name, f"extends is deeper than {MOST_GENERATIONS} files: {whole}")
            return None
        known = self.layers.get(os.path.realpath(path))
        return known if known is not None else self._read(path, chain)

    def _locate(self, child: Path, name: str) -> Path | None:
        names = [name] if Path(name).suffix in (".yaml", ".yml") else [name, f"{name}.yaml"]
        itself = None
        for folder in (child.parent, self.shipped):
            for candidate in (folder / n for n in names):
                try:
                    found = candidate.is_file()
                except (OSError, ValueError):
                    continue
                if found and os.path.realpath(candidate) == os.path.realpath(child):
                    # My own base.yaml may extend the shipped base.
                    itself = candidate
                elif found:
                    return candidate
        return itself


# ------------------------------------------------------------------ merging


def merge(order: list[Layer], model: type[BaseModel]) -> Tree:
    """Lay the files over the default company.

    A mapping whose keys are the user's own names (``market.channels``) is taken whole from a
    file that extends nothing: it describes its own company, not a change of the default one.

    Parameters
    ----------
    order : list of Layer
        Parents before children; the last one is the scenario itself.
    model : type of BaseModel
        The root model.
    """
    defaults = outline.default_values(model)
    tree = Tree(defaults, {path: DEFAULT for path, _ in outline.all_paths(defaults)})
    for layer in order:
        if not layer.parents:
            for path, value in outline.all_paths(layer.document.value):
                slot = outline.slot_at(model, path, layer.document.value)
                if slot and outline.is_map(slot.annotation) and isinstance(value, dict):
                    _forget_defaults(tree, path)
    for layer in order:
        above = {k: v for k, v in layer.document.value.items() if k not in FILE_KEYS}
        if layer is not order[-1]:
            above = {k: v for k, v in above.items() if k not in NOT_INHERITED}
        _overlay(tree, tree.values, above, layer.document.places, ())
    return tree


def _forget_defaults(tree: Tree, path: KeyPath) -> None:
    held = outline.value_at(tree.values, path)
    if isinstance(held, dict):
        for key in list(held):
            _drop_places(tree, held[key], (*path, key))
        held.clear()


def _overlay(
    tree: Tree,
    below: dict[str, Any],
    above: dict[str, Any],
    places: Mapping[KeyPath, Place],
    path: KeyPath,
) -> None:
    for key, value in above.items():
        here = (*path, key)
        old = below.get(key)
        if isinstance(value, dict) and isinstance(old, dict) and not (is_law(value) or is_law(old)):
            if here in places:
                tree.places[here] = places[here]
            _overlay(tree, old, value, places, here)
            continue
        _drop_places(tree, old, here)
        below[key] = copy.deepcopy(value)
        for inner, _ in [(here, value), *outline.all_paths(value, here)]:
            tree.places[inner] = places.get(inner, places.get(here, DEFAULT))


def _drop_places(tree: Tree, value: Any, path: KeyPath) -> None:
    tree.places.pop(path, None)
    for inner, _ in outline.all_paths(value, path):
        tree.places.pop(inner, None)


def conflicts(order: list[Layer]) -> list[Problem]:
    """Find what two parents set differently and no child of both decides.

    A file that extends another one overrides it, so a shared ancestor never conflicts.
    """
    setters: dict[KeyPath, list[tuple[Layer, Any]]] = {}
    for layer in order:
        for path, value in _leaves(layer.document.value):
            if path[0] not in (*FILE_KEYS, *NOT_INHERITED):
                setters.setdefault(path, []).append((layer, value))
    problems = []
    for path, found in setters.items():
        last = [
            (layer, value)
            for layer, value in found
            if not any(layer.document.file in other.ancestors for other, _ in found)
        ]
        if len(last) < 2 or _covered(path, last, order):
            continue
        (first, one), (second, two) = last[0], last[-1]
        differing = next(((la, v) for la, v in last[1:] if v != one), None)
        if differing is None:
            continue
        second, two = differing
        here = second.document.places[path].value
        there = first.document.places[path].value.short
        child = order[-1].document.file
        rule = (
            f"conflicts with {shorten(one, 30)} set in {there}, which {child} extends as well:"
            f" set the key in {child}"
        )
        problems.append(Problem(str(here), dotted(path), shorten(two), rule))
    return problems


def _covered(path: KeyPath, last: list[tuple[Layer, Any]], order: list[Layer]) -> bool:
    """Tell whether a child of all of them replaces a law or list around or below the key."""
    files = {layer.document.file for layer, _ in last}
    return any(files <= layer.ancestors and (path in layer.document.places) for layer in order)


def _leaves(value: Any, path: KeyPath = ()) -> Iterator[tuple[KeyPath, Any]]:
    """Walk through what replaces as a whole: single values, lists, laws."""
    if isinstance(value, dict) and not (path and is_law(value)):
        for key, item in value.items():
            yield from _leaves(item, (*path, key))
    else:
        yield path, value


def raise_if(problems: list[Problem], files: Sequence[str]) -> None:
    """Report all problems at once, file by file and line by line, each one only once.

    Parameters
    ----------
    problems : list of Problem
        Everything found; nothing happens if it is empty.
    files : sequence of str
        The files in the order in which to report them.
    """

    def place(problem: Problem) -> tuple[int, int, int]:
        file, line, column = [*problem.where.rsplit(":", 2), "", ""][:3]
        for rank, name in enumerate(files):
            if problem.where == name:
                return rank, 0, 0
            if file == name and line.isdecimal() and column.isdecimal():
                return rank, int(line), int(column)
        return len(files), 0, 0

    if problems:
        raise ScenarioError(sorted(dict.fromkeys(problems), key=place))
