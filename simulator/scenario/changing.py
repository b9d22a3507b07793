"""A changed copy of a scenario, for experiments that vary it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from simulator.errors import Problem, ScenarioError
from simulator.scenario.provenance import plain
from simulator.scenario.scalars import shorten
from simulator.scenario.schema import Scenario
from simulator.scenario.strict_yaml import dotted


def changed(scenario: Scenario, values: Mapping[str, Any]) -> Scenario:
    """Return a checked copy of a scenario with some of its values replaced.

    Parameters
    ----------
    scenario : Scenario
        It stays what it is.
    values : mapping of str to Any
        Dotted path, as `themodel explain` prints it, to the new value: a number, a switch, a
        word, a law or a whole block as plain values. None takes an optional key away.

    Returns
    -------
    Scenario

    Raises
    ------
    ScenarioError
        If a path leads nowhere or the result breaks a rule.
    """
    tree = plain(scenario)
    for path, value in values.items():
        holder, last = _holder(tree, path)
        if isinstance(holder, list):
            holder[int(last)] = value
        elif value is None:
            holder.pop(last, None)
        else:
            holder[last] = value
    try:
        # JSON mode is strict about types and yet takes a list where the model has a tuple.
        return Scenario.model_validate_json(json.dumps(tree))
    except ValidationError as error:
        raise ScenarioError(
            [
                Problem(
                    "changed scenario", dotted(each["loc"]), shorten(each["input"]), each["msg"]
                )
                for each in error.errors(include_url=False)
            ]
        ) from error


def value_of(scenario: Scenario, path: str) -> Any:
    """Return the plain value at a dotted path; None if there is none.

    Parameters
    ----------
    scenario : Scenario
    path : str
        As for :func:`changed`.

    Raises
    ------
    ScenarioError
        If a key before the last one does not exist.
    """
    holder, last = _holder(plain(scenario), path)
    if isinstance(holder, list):
        return holder[int(last)]
    return holder.get(last)


def _holder(tree: dict[str, Any], path: str) -> tuple[dict[str, Any] | list[Any], str]:
    """Return what holds the last key of a path; a list is held by its numbers from 0."""
    *before, last = path.split(".")
    holder: Any = tree
    for key in before:
        if isinstance(holder, list) and key.isdecimal() and int(key) < len(holder):
            holder = holder[int(key)]
        else:
            holder = holder.get(key) if isinstance(holder, dict) else None
    fits = last.isdecimal() and int(last) < len(holder) if isinstance(holder, list) else True
    if not isinstance(holder, (dict, list)) or not fits:
        raise ScenarioError([Problem("changed scenario", path, "", "no such key")])
    return holder, last
