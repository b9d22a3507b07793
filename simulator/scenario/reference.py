"""Everything that a scenario may say as a page: docs/scenario.md."""

from __future__ import annotations

import math
import types
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from simulator.scenario import outline
from simulator.scenario.fields import Law
from simulator.scenario.outline import Slot
from simulator.scenario.schema import Scenario

_HEAD = """# Scenario files

Every key that a scenario may have: what it means, its unit, what the default company says, what is
allowed, and where the default is from. Made from the models in `simulator/scenario/` by
`scenario_markdown()`; a test keeps it current. The same is in `scenarios/scenario.schema.json` for
editors, and `themodel explain SCENARIO` shows what is in force in one of them.

## How a file is read

A scenario is a YAML file. It says only what differs from the files it `extends`; what none of them
says is as in the default company of this page.

```yaml
# yaml-language-server: $schema=scenario.schema.json
question: "Would three more people in field sales pay off for us?"
extends: base.yaml                  # a shipped scenario, or a file beside this one; or a list

teams:
  field_sales: {people: 11}         # everything else about teams stays as it is
work:
  inside_sales:
    attempt: {law: lognormal, unit: hours, median: 0.1, p90: 0.25}

sources:                            # each number you set: where from, how far to trust it
  teams.field_sales.people: {source: plan of the sales director, trust: M}
```

- Files are laid one over the other, ancestors first; `--set teams.field_sales.people=11` is last.
- Blocks are merged key by key. A law or a list replaces the former one as a whole. A file that
  extends nothing and names `market.channels` names all channels.
- `question` and `stands_for` are not inherited.
- Unknown keys, wrong types and values outside their limits are reported with line and remedy, all
  at once: `themodel check FILE`.
- Two more keys stand at the top of a file: `extends` (a name, or a list of names), and `sources`
  (by key or block: `source`, `trust`, and if known `range: [low, high]` and `estimate`); see
  [the scenarios that are shipped](../scenarios/README.md#your-own).

Trust: A peer-reviewed or official; B primary data with a stated sample; C secondary; D unsourced;
M common knowledge of the trade; calc computed from cited figures. "Evidence" is the range in which
the source puts the default: how unsure it is, no limit. "Chosen in" is the range in which a
department is thought to choose a decision. In paths, NAME is a name of your own, N a place in a
list, from 0. Days are business days, 20 a month.
"""

_NAME, _NUMBER = "NAME", "N"
"""Parts of a path that stand for a name of the user's, and for a place in a list."""
_LAWS = """
## Laws

A duration that varies is a law with a unit of its own, `hours` of work or business `days` of
waiting: `{law: lognormal, unit: hours, median: 0.2, p90: 0.6}`.

| law | meaning | parameters |
|---|---|---|
"""


@dataclass(frozen=True, slots=True)
class _Key:
    """A key that holds no block."""

    path: str
    slot: Slot
    default: Any


@dataclass(frozen=True, slots=True)
class _Block:
    """Keys that stand together."""

    path: str
    meaning: str
    keys: tuple[_Key, ...]


def scenario_markdown() -> str:
    """Render the models of a scenario as docs/scenario.md."""
    blocks = list(_blocks())
    tops: dict[str, str] = {}
    for block in blocks[1:]:
        tops.setdefault(block.path.partition(".")[0], block.path)
    links = ", ".join(f"[`{top}`](#{_anchor(path)})" for top, path in tops.items())
    lines = [_HEAD, f"Blocks: [the top](#the-top), {links}; [laws](#laws).", "", "## The top", ""]
    for block in blocks:
        if block.path:
            level = "##" if "." not in block.path else "###"
            inside = [each.path for each in blocks if each.path.startswith(f"{block.path}.")]
            below = ", ".join(f"[`{path}`](#{_anchor(path)})" for path in inside)
            meaning = f"{_cell(block.meaning)} Inside: {below}." if below else _cell(block.meaning)
            lines += ["", f"{level} {block.path}", "", meaning, ""]
        if block.keys:
            lines += [
                "| key | meaning | value | unit | default | allowed | source of the default |",
                "|---|---|---|---|---|---|---|",
                *(_row(key, block.path) for key in block.keys),
            ]
        if block.path == f"market.channels.{_NAME}":
            lines += _default_channels()
    lines += [_LAWS.rstrip("\n"), *_law_rows()]
    return "\n".join(lines).replace("\n\n\n", "\n\n") + "\n"


# ------------------------------------------------------------------ blocks


def _blocks() -> Iterator[_Block]:
    """Walk through the blocks of a scenario, each with the keys that it holds itself."""
    yield from _block_of(Scenario, (), Slot(Scenario), Scenario())


def _block_of(
    model: type[BaseModel], path: tuple[str, ...], slot: Slot, value: Any
) -> Iterator[_Block]:
    keys: list[_Key] = []
    inside: list[tuple[type[BaseModel], tuple[str, ...], Slot, Any]] = []
    for name, info in model.model_fields.items():
        here, below = (*path, name), outline.step(slot, name)
        assert below is not None, here
        default = getattr(value, name) if value is not None else _default(info)
        part, where, of_it = _part(below, here, default)
        if where != here or part is None:
            keys.append(_Key(".".join(here), below, default))
        if part is not None:
            inside.append((outline.models_of(part.annotation)[0], where, part, of_it))
    yield _Block(".".join(path), slot.meaning, tuple(keys))
    for one, where, below, of_it in inside:
        yield from _block_of(one, where, below, of_it)


def _part(
    slot: Slot, path: tuple[str, ...], default: Any
) -> tuple[Slot | None, tuple[str, ...], Any]:
    """Return the block that a key holds, where its keys stand, and its default."""
    member: tuple[str, str | int] | None = None
    if outline.is_map(slot.annotation):
        member = (_NAME, _NAME)
    elif get_origin(outline.bare(slot.annotation)) in (tuple, list):
        member = (_NUMBER, 0)
    if member is not None:
        shown, key = member
        inner = outline.step(slot, key)
        assert inner is not None, path
        slot, path, default = inner, (*path, shown), None
    holds = len(outline.models_of(slot.annotation)) == 1 and not outline.laws_of(slot.annotation)
    return (slot if holds else None), path, default


def _default(info: FieldInfo) -> Any:
    return info.get_default(call_default_factory=True, validated_data={})


# ------------------------------------------------------------------ rows


def _row(key: _Key, block: str) -> str:
    name = key.path.removeprefix(f"{block}.") if block else key.path
    cells = (
        f"`{name}`", _cell(key.slot.meaning), _kind(key.slot.annotation), key.slot.extra("unit"),
        _written(key.default), _allowed(key.slot), _source(key.slot),
    )  # fmt: skip
    return f"| {' | '.join(cells)} |"


def _kind(annotation: Any) -> str:
    """Say what kind of value a key takes."""
    bare = outline.bare(annotation)
    if outline.laws_of(bare):
        return "[law](#laws)"
    if outline.is_map(bare):
        return f"{_kind(get_args(bare)[1])} by name"
    if get_origin(bare) in (tuple, list):
        items = [each for each in get_args(bare) if each is not Ellipsis]
        fixed = Ellipsis not in get_args(bare) and get_origin(bare) is tuple
        return f"{len(items) if fixed else 'list of'} {_kind(items[0])}s"
    if get_origin(bare) in (Union, types.UnionType):
        return " or ".join(_kind(each) for each in get_args(bare))
    if get_origin(bare) is Literal:
        return "word"
    if isinstance(bare, type) and issubclass(bare, BaseModel):
        return "block"
    return {bool: "true or false", int: "whole number", float: "number", str: "text"}[bare]


def _allowed(slot: Slot) -> str:
    """Say which values are allowed, and which the evidence and a choice put it in."""
    words = outline.literal_words(slot.annotation)
    told = [", ".join(f"`{word}`" for word in words)] if words else []
    told += [_limits(slot)]
    if slot.span is not None:
        told.append(f"evidence {slot.span[0]:g} to {slot.span[1]:g}")
    chosen = _stated(slot, "chosen")
    if isinstance(chosen, list):
        told.append(f"chosen in {chosen[0]:g} to {chosen[1]:g}")
    return "; ".join(each for each in told if each)


def _limits(slot: Slot) -> str:
    """Write the limits of a number: of a list or map, those of each member."""
    found: dict[type, float] = {}
    for rule in _rules(slot):
        for kind, name in ((Ge, "ge"), (Gt, "gt"), (Le, "le"), (Lt, "lt")):
            if isinstance(rule, kind):
                found[kind] = float(getattr(rule, name))
    low = found.get(Ge, found.get(Gt, -math.inf))
    high = found.get(Le, found.get(Lt, math.inf))
    if Ge in found and Le in found:
        return f"{low:,.10g} to {high:,.10g}"
    signs = ((Ge, "at least"), (Gt, "above"), (Le, "at most"), (Lt, "below"))
    return ", ".join(f"{word} {found[kind]:,.10g}" for kind, word in signs if kind in found)


def _rules(slot: Slot) -> Iterator[object]:
    for info in slot.described_by:
        yield from info.metadata
    yield from _inner_rules(slot.annotation)


def _inner_rules(annotation: Any) -> Iterator[object]:
    if get_origin(annotation) is Annotated:
        for each in get_args(annotation)[1:]:
            yield from each.metadata if isinstance(each, FieldInfo) else (each,)
    if not outline.laws_of(annotation):
        for inner in get_args(annotation):
            if not isinstance(inner, (str, int, float)):
                yield from _inner_rules(inner)


def _stated(slot: Slot, name: str) -> Any:
    for info in slot.described_by:
        if isinstance(info.json_schema_extra, dict) and name in info.json_schema_extra:
            return info.json_schema_extra[name]
    return None


def _source(slot: Slot) -> str:
    source, trust = slot.extra("source"), slot.extra("trust")
    return _cell(f"{source} ({trust})" if source and trust else source)


def _written(value: Any) -> str:
    """Write a default as a file would have it."""
    if value is PydanticUndefined:
        return "required"
    if value is None:
        return "none"
    if isinstance(value, BaseModel):
        value = value.model_dump(mode="json", exclude_none=True)
    if isinstance(value, (tuple, list)):
        value = [each.model_dump(mode="json") if isinstance(each, BaseModel) else each
                 for each in value]  # fmt: skip
    if value in ("", [], {}):
        return "none"
    if isinstance(value, dict) and "law" in value:
        inside = ", ".join(f"{k}: {_plain(v)}" for k, v in value.items())
        return f"`{{{inside}}}`"
    if isinstance(value, dict):
        return ", ".join(f"`{name}`" for name in value)
    return f"`{_plain(value)}`"


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return f"{value:.10g}"
    if isinstance(value, list):
        return f"[{', '.join(map(_plain, value))}]"
    return str(value)


def _default_channels() -> list[str]:
    """Return the channels of the default company."""
    channels = Scenario().market.channels
    names = list(next(iter(channels.values())).model_dump())
    heads = ("default company", *(f"`{name}`" for name in names))
    return [
        "",
        f"| {' | '.join(heads)} |",
        "|---" * len(heads) + "|",
        *(
            f"| `{name}` | {' | '.join(_plain(getattr(channel, each)) for each in names)} |"
            for name, channel in channels.items()
        ),
    ]


def _law_rows() -> Iterator[str]:
    for name, law in outline.laws_of(Law).items():
        own = [
            f"`{key}` ({_limits(Slot(info.annotation, (info,)))})"
            for key, info in law.model_fields.items()
            if key not in ("law", "unit")
        ]
        yield f"| `{name}` | {_cell((law.__doc__ or '').strip())} | {', '.join(own)} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _anchor(heading: str) -> str:
    """Return what GitHub calls the anchor of a heading."""
    return heading.lower().replace(".", "").replace(" ", "-")
