"""What the scenario models allow at a path: its type, its description, its neighbors.

Errors, overrides, the list of numbers and the JSON Schema all ask the same question, "what
stands at ``teams.field_sales.people``?", and answer it from the pydantic fields.
"""

from __future__ import annotations

import difflib
import types
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined, to_jsonable_python

from simulator.scenario.strict_yaml import KeyPath, dotted


@dataclass(frozen=True, slots=True)
class Slot:
    """A place in the models: the type that belongs there and the fields that describe it."""

    annotation: Any
    described_by: tuple[FieldInfo, ...] = ()
    held_span: tuple[float, float] | None = None  # stated by the block that it stands in

    @property
    def meaning(self) -> str:
        """The description of the innermost field that has one."""
        return next((f.description for f in self.described_by if f.description), "")

    def extra(self, name: str) -> str:
        """Return unit, source or trust, from the innermost field that states it."""
        for info in self.described_by:
            if isinstance(info.json_schema_extra, dict) and info.json_schema_extra.get(name):
                return str(info.json_schema_extra[name])
        return ""

    @property
    def span(self) -> tuple[float, float] | None:
        """The range that the evidence gives for the default, if it gives one."""
        if self.held_span is not None:
            return self.held_span
        for info in self.described_by:
            stated = info.json_schema_extra
            if isinstance(stated, dict) and isinstance(stated.get("span"), list):
                return _pair(stated["span"])
        return None


def bare(annotation: Any) -> Any:
    """Take Annotated and ``| None`` off a type."""
    while True:
        origin = get_origin(annotation)
        if origin is Annotated:
            annotation = get_args(annotation)[0]
        elif origin in (Union, types.UnionType):
            kept = [a for a in get_args(annotation) if a is not type(None)]
            if len(kept) > 1 or len(kept) == len(get_args(annotation)):
                return annotation
            annotation = kept[0]
        else:
            return annotation


def models_of(annotation: Any) -> list[type[BaseModel]]:
    """Return the models that a value of this type may be."""
    annotation = bare(annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    if get_origin(annotation) in (Union, types.UnionType):
        return [m for member in get_args(annotation) for m in models_of(member)]
    return []


def laws_of(annotation: Any) -> dict[str, type[BaseModel]]:
    """Return the laws that may stand here, by name (empty if this is no place for a law)."""
    found: dict[str, type[BaseModel]] = {}
    for model in models_of(annotation):
        if "law" in model.model_fields:
            for name in get_args(bare(model.model_fields["law"].annotation)):
                found[str(name)] = model
    return found


def model_for(annotation: Any, value: Any) -> type[BaseModel] | None:
    """Return the model that a value is meant for; a law is chosen by its name."""
    models = models_of(annotation)
    laws = laws_of(annotation)
    if laws and isinstance(value, Mapping):
        return laws.get(str(value.get("law")))
    return models[0] if len(models) == 1 else None


def is_map(annotation: Any) -> bool:
    """Tell whether the keys here are the user's own names (such as channels)."""
    return get_origin(bare(annotation)) is dict


def step(slot: Slot, key: str | int, value: Any = None) -> Slot | None:
    """Go one key or index down.

    Parameters
    ----------
    slot : Slot
        Where to start.
    key : str or int
        The key or index.
    value : Any
        The value at `slot`, which decides between laws.

    Returns
    -------
    Slot or None
        None if the models know no such key.
    """
    annotation = bare(slot.annotation)
    origin = get_origin(annotation)
    inner: Any = None
    if origin is dict and isinstance(key, str):
        inner = get_args(annotation)[1]
    elif origin in (tuple, list) and isinstance(key, int):
        items = get_args(annotation)
        fixed = origin is tuple and not (len(items) == 2 and items[1] is Ellipsis)
        if fixed and key >= len(items):
            return None
        inner = items[key] if fixed else items[0]
    if inner is not None:
        infos = [m for m in getattr(inner, "__metadata__", ()) if isinstance(m, FieldInfo)]
        return Slot(inner, (*infos, *slot.described_by))
    model = model_for(annotation, value)
    if model is None or key not in model.model_fields:
        return None
    info = model.model_fields[str(key)]
    # The parameters of a law are described by the field that holds the law.
    outer = slot.described_by if "law" in model.model_fields else ()
    return Slot(info.annotation, (info, *outer), _held_span(slot, str(key)))


def _held_span(slot: Slot, key: str) -> tuple[float, float] | None:
    for info in slot.described_by:
        stated = info.json_schema_extra
        spans = stated.get("spans") if isinstance(stated, dict) else None
        if isinstance(spans, dict) and key in spans:
            return _pair(spans[key])
    return None


def _pair(values: Any) -> tuple[float, float]:
    low, high = values
    return float(low), float(high)


def slot_at(model: type[BaseModel], path: KeyPath, values: Any) -> Slot | None:
    """Return what stands at a path, or None if the models know no such path."""
    slot: Slot | None = Slot(model)
    for key in path:
        if slot is None:
            return None
        slot = step(slot, key, values)
        values = child(values, key)
    return slot


def child(values: Any, key: str | int) -> Any:
    """Return the value under a key or index, None where there is none."""
    if isinstance(values, Mapping) and isinstance(key, str):
        return values.get(key)
    if isinstance(values, (list, tuple)) and isinstance(key, int) and 0 <= key < len(values):
        return values[key]
    return None


def value_at(values: Any, path: KeyPath) -> Any:
    """Return the value at a path, None where there is none."""
    for key in path:
        values = child(values, key)
    return values


def known_keys(slot: Slot | None, value: Any) -> list[str]:
    """Return the keys that may stand in a mapping."""
    if slot is None:
        return []
    if is_map(slot.annotation):
        return list(value) if isinstance(value, Mapping) else []
    model = model_for(slot.annotation, value)
    return list(model.model_fields) if model else []


def default_values(model: type[BaseModel]) -> dict[str, Any]:
    """Return the default company as plain values; fields without a default are left out."""
    values: dict[str, Any] = {}
    for name, info in model.model_fields.items():
        default = info.get_default(call_default_factory=True, validated_data={})
        if default is not PydanticUndefined and default is not None:
            values[name] = to_jsonable_python(default)
    return values


def all_paths(values: Any, path: KeyPath = ()) -> Iterator[tuple[KeyPath, Any]]:
    """Walk through every mapping, list and value below a value."""
    items: Iterable[tuple[str | int, Any]] = ()
    if isinstance(values, Mapping):
        items = values.items()
    elif isinstance(values, (list, tuple)):
        items = enumerate(values)
    for key, value in items:
        yield (*path, key), value
        yield from all_paths(value, (*path, key))


def schema_paths(model: type[BaseModel], path: KeyPath = ()) -> Iterator[KeyPath]:
    """Walk through every key that the models know; ``*`` stands for a name of the user's."""
    for name, info in model.model_fields.items():
        here = (*path, name)
        yield here
        annotation, inside = bare(info.annotation), here
        if get_origin(annotation) is dict:
            annotation, inside = get_args(annotation)[1], (*here, "*")
        elif get_origin(annotation) in (tuple, list) and get_args(annotation):
            annotation, inside = get_args(annotation)[0], (*here, "0")
        # A law's parameters have the same names everywhere: no help to find a key.
        if len(path) < 20 and not laws_of(annotation):
            for part in models_of(annotation):
                yield from schema_paths(part, inside)


def nearest(word: str, known: Iterable[str]) -> str:
    """Write `` (did you mean x?)`` for the nearest known word, or nothing."""
    by_lower = {name.lower(): name for name in known}
    close = difflib.get_close_matches(word.lower()[:80], by_lower, n=1, cutoff=0.6)
    return f" (did you mean {by_lower[close[0]]}?)" if close else ""


def key_hint(model: type[BaseModel], slot: Slot | None, value: Any, path: KeyPath) -> str:
    """Say what an unknown key may have been meant to be.

    Parameters
    ----------
    model : type of BaseModel
        The root model.
    slot : Slot or None
        What the key stands in.
    value : Any
        The mapping that holds the key.
    path : KeyPath
        The whole path; its last part is the unknown key.
    """
    word = str(path[-1])
    known = known_keys(slot, value)
    hint = nearest(word, [name for name in known if name != word])
    if hint:
        return hint
    elsewhere = [dotted(p) for p in schema_paths(model) if p[-1] == word]
    if "." in word:
        elsewhere = [dotted(p) for p in schema_paths(model) if dotted(p) == word]
        if elsewhere:
            return " (nest the keys: one level per line, not with dots)"
    if elsewhere:
        more = f" and {len(elsewhere) - 3} more" if len(elsewhere) > 3 else ""
        return f" (did you mean {', '.join(elsewhere[:3])}{more}?)"
    if known:
        listed = ", ".join(known[:12]) + (", …" if len(known) > 12 else "")
        return f" (known here: {listed})"
    return ""


def literal_words(annotation: Any) -> list[str]:
    """Return the words that may stand here (empty if any text may)."""
    annotation = bare(annotation)
    return [str(word) for word in get_args(annotation)] if get_origin(annotation) is Literal else []
