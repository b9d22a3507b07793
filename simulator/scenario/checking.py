"""Validation: what pydantic finds wrong, said in plain words at the line that set it."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Collection
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from simulator.errors import Problem
from simulator.scenario import outline
from simulator.scenario.layering import Tree
from simulator.scenario.scalars import shorten
from simulator.scenario.strict_yaml import MOST_PROBLEMS, KeyPath, Position, dotted

OVERRIDE = "--set"

_ABOUT_A_PART = ("value_error", "assertion_error", "missing", "union_tag_invalid",
                 "union_tag_not_found")  # fmt: skip
_NUMBER = re.compile(r"[-+]?[0-9]+([.,][0-9]+)*")
_PERCENT = re.compile(r"[-+]?([0-9]+(\.[0-9]+)?)\s*[%％]")


def validate(
    model: type[BaseModel], tree: Tree, broken: set[KeyPath], file: str
) -> tuple[BaseModel | None, list[Problem]]:
    """Check merged values against the models.

    Parameters
    ----------
    model : type of BaseModel
        The root model.
    tree : Tree
        The merged values and who set them.
    broken : set of KeyPath
        Values that were refused already; they are not reported a second time.
    file : str
        The scenario's own name, for problems without a better place.

    Returns
    -------
    tuple
        The scenario (None if there are problems), and the problems.
    """
    try:
        # JSON mode is strict about types and yet takes a list where the model has a tuple.
        return model.model_validate_json(json.dumps(tree.values)), []
    except ValidationError as error:
        details = error.errors(include_url=False)
    found = [_located(model, tree, detail) for detail in details]
    mu_sigma = {p[:-1] for d, p in found if _is_mu_or_sigma(tree, d, p)}
    around = {path[:length] for path in broken for length in range(len(path))}
    problems: list[Problem] = []
    for detail, path in found:
        if _already_reported(detail, path, broken, around):
            continue
        if len(problems) == MOST_PROBLEMS:
            # Looking for the nearest name takes a while; nobody reads the thousandth.
            problems.append(Problem("", "", "", "… and more problems of this kind"))
            break
        if detail["type"] == "missing" and isinstance(path[-1], int):
            # A list that is too short: one problem of the list, not one per missing item.
            path = path[:-1]
            if any(problem.key == dotted(path) for problem in problems):
                continue
            slot = outline.slot_at(model, path, tree.values)
            items = outline.value_at(tree.values, path)
            rule, value = _length_rule(slot, items), shorten(items)
        elif path[:-1] in mu_sigma:
            if path[-1] not in ("mu", "sigma") or detail["type"] != "extra_forbidden":
                continue
            path = path[:-1]
            rule, value = _mu_sigma_rule(outline.value_at(tree.values, path)), ""
        else:
            rule, value = _rule(model, tree, detail, path)
        at = _position(tree, detail, path, file)
        problems.append(Problem(str(at), dotted(path), value, rule))
    return None, problems


def _located(
    model: type[BaseModel], tree: Tree, detail: ErrorDetails
) -> tuple[ErrorDetails, KeyPath]:
    """Turn pydantic's location, which also names union members, into a path of keys."""
    path: KeyPath = ()
    value: Any = tree.values
    location = detail["loc"]
    for index, part in enumerate(location):
        last = index == len(location) - 1
        inside = outline.child(value, part)
        present = (isinstance(value, dict) and part in value) or inside is not None
        if present or (last and detail["type"] == "missing"):
            path, value = (*path, part), inside
    return detail, path


def _already_reported(
    detail: ErrorDetails, path: KeyPath, broken: Collection[KeyPath], around: Collection[KeyPath]
) -> bool:
    inside = any(path[:length] in broken for length in range(len(path) + 1))
    return inside or (detail["type"].startswith(_ABOUT_A_PART) and path in around)


def _position(tree: Tree, detail: ErrorDetails, path: KeyPath, file: str) -> Position:
    """Find the line to mend: the value, the unknown key, or the mapping that lacks a key."""
    kind = detail["type"]
    if kind.startswith(("value_error", "assertion_error")):
        inside = [p for q, p in tree.places.items() if q[: len(path)] == path]
        if any(place.value.file == OVERRIDE for place in inside):
            return Position(OVERRIDE)
        own = tree.places.get(path)
        if path and (own is None or not own.value.line):
            stated = [place.key for place in inside if place.value.line]
            if stated:
                return stated[0]
    exact = path
    while path:
        place = tree.places.get(path)
        if place is not None and (place.value.line or place.value.file == OVERRIDE):
            at_value = path == exact and kind != "extra_forbidden"
            return place.value if at_value and not isinstance(
                outline.value_at(tree.values, path), dict
            ) else place.key  # fmt: skip
        path = path[:-1]
    return Position(file, 1, 1)


# ------------------------------------------------------------------ rules in plain words


def _rule(
    model: type[BaseModel], tree: Tree, detail: ErrorDetails, path: KeyPath
) -> tuple[str, str]:
    """Return the rule in plain words, and the value as it is shown beside it."""
    value = outline.value_at(tree.values, path)
    holder = outline.value_at(tree.values, path[:-1])
    slot = outline.slot_at(model, path, tree.values)
    kind = detail["type"]
    context = detail.get("ctx", {})
    if kind in ("value_error", "assertion_error"):
        return str(context.get("error", detail["msg"])), ""
    if kind == "extra_forbidden":
        parent = outline.slot_at(model, path[:-1], tree.values)
        return "unknown key" + outline.key_hint(model, parent, holder, path), ""
    if kind == "missing":
        return _missing_rule(slot, path, holder), ""
    shown = shorten(value)
    if slot is not None:
        laws = outline.laws_of(slot.annotation)
        if laws:
            return _law_rule(slot, laws, value), shown
        if "equal" in kind or kind in ("greater_than", "less_than"):
            return _range_rule(slot), shown
        return _type_rule(kind, slot, value, detail["msg"]), shown
    return detail["msg"], shown


def _missing_rule(slot: outline.Slot | None, path: KeyPath, holder: Any) -> str:
    if path[-1] == "unit":
        words = outline.literal_words(slot.annotation) if slot else []
        written = " or ".join(f"unit: {word}" for word in words) or "a unit"
        return f"states no unit: add {written}"
    meaning = f" ({slot.meaning.rstrip('.')})" if slot and slot.meaning else ""
    if isinstance(holder, dict) and "law" in holder:
        article = "an" if str(holder["law"]).startswith("e") else "a"
        return f"is missing: {article} {holder['law']} law needs {path[-1]}{meaning}"
    return f"is missing: state {path[-1]}{meaning}"


_EXAMPLES = {
    "constant": "{law: constant, value: 2, unit: hours}",
    "exponential": "{law: exponential, mean: 2, unit: hours}",
    "lognormal": "{law: lognormal, median: 2, p90: 6, unit: hours}",
    "weibull": "{law: weibull, mean: 2, shape: 0.8, unit: hours}",
    "uniform": "{law: uniform, low: 1, high: 3, unit: hours}",
}


def _law_rule(slot: outline.Slot, laws: dict[str, Any], value: Any) -> str:
    names = ", ".join(laws)
    unit = slot.extra("unit") or "hours"
    if isinstance(value, dict) and "law" in value:
        near = outline.nearest(str(value["law"]), laws)
        return f"law {shorten(value['law'], 20)} is not known{near}; laws: {names}"
    if isinstance(value, dict):
        return f"states no law: add law: and one of {names}; a law is always given whole"
    numbers = [n for n in value if _is_number(n)] if isinstance(value, list) else []
    if len(numbers) == 2 and 0 < min(numbers) < max(numbers):
        example = "{" + f"law: lognormal, median: {min(numbers)}, p90: {max(numbers)}, unit: {unit}"
        return f"bare numbers do not say which law: write for instance {example}}}"
    if _is_number(value):
        return (
            "a bare number does not say which law: write {law: constant, value: "
            f"{value}, unit: {unit}}} or another law ({names})"
        )
    example = _EXAMPLES["lognormal"].replace("hours", unit)
    return f"must be a law: write for instance {example}; laws: {names}"


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_mu_or_sigma(tree: Tree, detail: ErrorDetails, path: KeyPath) -> bool:
    if detail["type"] != "extra_forbidden" or path[-1] not in ("mu", "sigma"):
        return False
    holder = outline.value_at(tree.values, path[:-1])
    return isinstance(holder, dict) and holder.get("law") == "lognormal"


def _mu_sigma_rule(value: dict[str, Any]) -> str:
    rule = "mu and sigma carry no unit: state a lognormal by median and p90"
    mu, sigma = value.get("mu"), value.get("sigma")
    if not (isinstance(mu, (int, float)) and isinstance(sigma, (int, float))):
        return f"{rule} (median = exp(mu), p90 = exp(mu + 1.2816 sigma))"
    if abs(mu) < 50 and 0 < sigma < 20:
        median, p90 = math.exp(mu), math.exp(mu + 1.2815515655446004 * sigma)
        return f"{rule} (median: {median:.4g}, p90: {p90:.4g})"
    return rule


def bounds(slot: outline.Slot) -> tuple[str, Any, str, Any]:
    """Return the range of a number: ("gt" or "ge", low, "lt" or "le", high)."""
    low_kind, low, high_kind, high = "", None, "", None
    for item in slot.described_by[0].metadata if slot.described_by else ():
        for name in ("gt", "ge"):
            if getattr(item, name, None) is not None:
                low_kind, low = name, getattr(item, name)
        for name in ("lt", "le"):
            if getattr(item, name, None) is not None:
                high_kind, high = name, getattr(item, name)
    return low_kind, low, high_kind, high


def _range_rule(slot: outline.Slot) -> str:
    low_kind, low, high_kind, high = bounds(slot)
    above = f"above {low:g}" if low_kind == "gt" else f"at least {low:g}" if low_kind else ""
    below = f"below {high:g}" if high_kind == "lt" else f"at most {high:g}" if high_kind else ""
    if low_kind == "ge" and high_kind == "le":
        above, below = f"between {low:g} and {high:g}", ""
    unit = slot.extra("unit")
    told = f" (unit: {unit})" if unit else ""
    return "must be " + " and ".join(part for part in (above, below) if part) + told


def _kind_of(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "a switch (true or false)"
    if isinstance(value, str):
        return "text"
    if isinstance(value, dict):
        return "a mapping"
    return "a list" if isinstance(value, list) else "a number"


def _type_rule(kind: str, slot: outline.Slot, value: Any, said: str) -> str:
    words = outline.literal_words(slot.annotation)
    if words:
        near = outline.nearest(value, words) if isinstance(value, str) else ""
        return f"must be one of {', '.join(words)}{near}"
    got = f", got {_kind_of(value)}"
    if kind.startswith("int") and isinstance(value, float):
        return "must be a whole number"
    if kind.startswith(("int", "float", "decimal")):
        whole = "a whole number" if kind.startswith("int") else "a number"
        return f"must be {whole}{got}" + _number_hint(value)
    if kind.startswith("finite"):
        return "must be a finite number"
    if kind.startswith("bool"):
        return f"must be true or false{got}"
    if kind.startswith("string_type"):
        return f"must be text{got}" + (" (quote it)" if _kind_of(value) != "a mapping" else "")
    if kind.startswith(("model", "dict")):
        known = outline.known_keys(slot, value)
        keys = f" with keys such as {', '.join(known[:4])}" if known else ""
        return f"must be a mapping{keys}{got}"
    if kind in ("tuple_type", "list_type"):
        return f"must be a list{got}"
    if kind in ("too_short", "too_long"):
        return _length_rule(slot, value)
    return said[:1].lower() + said[1:]


def _length_rule(slot: outline.Slot | None, value: Any) -> str:
    wanted = len(get_args(outline.bare(slot.annotation))) if slot else 0
    return f"must be a list of {wanted} values, got {len(value)}"


def _number_hint(value: Any) -> str:
    if not isinstance(value, str):
        return ""
    text = value.strip()
    percent = _PERCENT.fullmatch(text)
    if percent:
        return f" (write {round(float(percent[1]) / 100, 12):.12g})"
    if re.fullmatch(r"[-+]?[0-9]+(\.[0-9]+)?", text):
        return " (take the quotes off)"
    if _NUMBER.fullmatch(text):
        return " (write 1000.5, with a point for decimals and nothing between thousands)"
    return ""
