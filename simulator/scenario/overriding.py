"""``--set key.path=value``: changes of one key from the command line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from simulator.errors import Problem
from simulator.scenario import outline
from simulator.scenario.checking import OVERRIDE
from simulator.scenario.layering import Tree
from simulator.scenario.scalars import compact, shorten
from simulator.scenario.strict_yaml import KeyPath, Place, Position, dotted, read_text

_AT = Position(OVERRIDE)


@dataclass(frozen=True, slots=True)
class Override:
    """One change that was applied.

    Attributes
    ----------
    key : str
        Dotted path of the key.
    old, new : str
        The value before and after, as YAML on one line.
    where : str
        Always ``--set``.
    """

    key: str
    old: str
    new: str
    where: str = OVERRIDE


def apply(
    model: type[BaseModel], tree: Tree, stated: Sequence[str]
) -> tuple[tuple[Override, ...], list[Problem]]:
    """Change the merged values in place.

    Parameters
    ----------
    model : type of BaseModel
        The root model.
    tree : Tree
        The merged values of the files.
    stated : sequence of str
        ``key.path=value`` each; the value follows the same rules as in a file.

    Returns
    -------
    tuple
        What was changed, and what was refused.
    """
    problems: list[Problem] = []
    wanted: dict[KeyPath, tuple[str, Any]] = {}
    for text in stated:
        key, equals, value_text = text.partition("=")
        key = key.strip()
        if not equals or not key:
            problems.append(Problem(OVERRIDE, "", shorten(text), "write key.path=value"))
            continue
        path = _path(tree, key)
        clash = next((p for p in wanted if p[: len(path)] == path or path[: len(p)] == p), None)
        if clash is not None:
            rule = f"conflicts with {OVERRIDE} {dotted(clash)}={wanted[clash][0]}: keep one"
            problems.append(Problem(OVERRIDE, key, shorten(value_text), rule))
            continue
        unknown = _unknown(model, tree, path)
        if unknown is not None:
            problems.append(Problem(OVERRIDE, key, "", unknown))
        value, refused = _value(key, value_text)
        problems += refused
        if unknown is None and not refused:
            wanted[path] = (value_text.strip(), value)
    done = []
    for path, (_, value) in wanted.items():
        old = _old_value(model, tree, path)
        _assign(tree, path, value)
        done.append(Override(dotted(path), compact(old), compact(value)))
    return tuple(done), problems


def _path(tree: Tree, key: str) -> KeyPath:
    """Split a dotted key; a number is an index where the values hold a list."""
    path: KeyPath = ()
    value: Any = tree.values
    for part in key.split("."):
        known: str | int = part
        if isinstance(value, list) and part.isdecimal() and len(part) < 7:
            known = int(part)
        path, value = (*path, known), outline.child(value, known)
    return path


def _unknown(model: type[BaseModel], tree: Tree, path: KeyPath) -> str | None:
    """Say what is wrong with a path that the scenario does not have."""
    if path[0] in ("extends", "sources"):
        return "belongs into a file"
    slot: outline.Slot | None = outline.Slot(model)
    value: Any = tree.values
    for index, key in enumerate(path):
        assert slot is not None
        here = path[: index + 1]
        if isinstance(value, list) and not (isinstance(key, int) and key < len(value)):
            return f"unknown key: {dotted(path[:index])} is a list of {len(value)} (count from 0)"
        below = outline.step(slot, key, value)
        absent = outline.is_map(slot.annotation) and outline.child(value, key) is None
        if absent or below is None:
            # A misspelled name must not found a new channel: --set changes what is there.
            hint = outline.key_hint(model, slot, value, here)
            return "unknown key" + hint if len(here) == len(path) else (
                f"unknown key {dotted(here)}{hint}"
            )  # fmt: skip
        slot, value = below, outline.child(value, key)
    return None


def _value(key: str, text: str) -> tuple[Any, list[Problem]]:
    document = read_text(text, OVERRIDE)
    refused = [Problem(OVERRIDE, key, p.value or shorten(text), p.rule) for p in document.problems]
    if not text.strip():
        refused = [Problem(OVERRIDE, key, "", "has no value: write key.path=value")]
    return document.value, refused


def _old_value(model: type[BaseModel], tree: Tree, path: KeyPath) -> Any:
    """Return the value in force before, also where only the models state it."""
    if path in tree.places:
        return outline.value_at(tree.values, path)
    holder = outline.slot_at(model, path[:-1], tree.values)
    part = holder and outline.model_for(holder.annotation, outline.value_at(tree.values, path[:-1]))
    defaults = outline.default_values(part) if part else {}
    return defaults.get(str(path[-1]))


def _assign(tree: Tree, path: KeyPath, value: Any) -> None:
    holder: Any = tree.values
    for index, key in enumerate(path[:-1]):
        inside = outline.child(holder, key)
        if not isinstance(inside, (dict, list)):
            inside = {}
            holder[key] = inside
            tree.places[path[: index + 1]] = Place(_AT, _AT)
        holder = inside
    old = outline.child(holder, path[-1])
    merges = isinstance(old, dict) and isinstance(value, dict)
    if merges and "law" not in {**old, **value}:
        for key, item in value.items():
            _assign(tree, (*path, key), item)
        return
    for inner, _ in [(path, None), *outline.all_paths(old, path)]:
        tree.places.pop(inner, None)
    holder[path[-1]] = value
    for inner, _ in [(path, None), *outline.all_paths(value, path)]:
        tree.places[inner] = Place(_AT, _AT)
