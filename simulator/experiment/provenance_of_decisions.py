"""Decisions that were found, written down as a scenario that says where they are from."""

from __future__ import annotations

import datetime
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from simulator.disk import write_files
from simulator.experiment.price_of_silos import EQUILIBRIUM, Incentives
from simulator.metrics.definitions import TEAMS
from simulator.scenario import LoadedScenario
from simulator.scenario.loading import shipped_scenarios
from simulator.version import version

DIGITS = 4
"""After the point: a search looks at some steps of a range, so that no more is known."""


def write_decisions(
    path: Path, result: Incentives, loaded: LoadedScenario, typed: Sequence[str]
) -> None:
    """Write a scenario that extends the given one with the decisions of the equilibrium.

    Parameters
    ----------
    path : Path
        It is whole or not there, whatever happens.
    result : Incentives
    loaded : LoadedScenario
        What the decisions were found for.
    typed : sequence of str
        What to type for the same answer again.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    text = scenario_text(
        _extends(path, loaded),
        result.weights,
        result.cases[EQUILIBRIUM].decisions(),
        f"{' '.join(typed)}; themodel {version()}; {datetime.date.today().isoformat()}",
    )
    write_files(path.parent, {path.name: text.encode()})


def scenario_text(
    extends: str, weights: Mapping[str, float], decisions: Mapping[str, float], source: str
) -> str:
    """Return the scenario as YAML.

    Parameters
    ----------
    extends : str
        Name of the file that it changes.
    weights : mapping of str to float
        Of the shared KPI, by department.
    decisions : mapping of str to float
        By path below ``decisions``.
    source : str
        Command, seed, version and date.
    """
    content: dict[str, Any] = {
        "extends": extends,
        "kpi": {team: float(weights[team]) for team in TEAMS},
        "decisions": nested(decisions),
        "sources": {
            "kpi": {"source": "the measures for which the decisions were found", "trust": "M"},
            "decisions": {"source": f"found, not stated: {source}", "trust": "calc"},
        },
    }
    return yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=100)


def nested(decisions: Mapping[str, float]) -> dict[str, Any]:
    """Return decisions by path as the block of a scenario, rounded to what is known of them."""
    tree: dict[str, Any] = {}
    for path, value in decisions.items():
        *parents, name = path.split(".")
        place = tree
        for parent in parents:
            place = place.setdefault(parent, {})
        place[name] = float(round(value, DIGITS))
    return tree


def _extends(path: Path, loaded: LoadedScenario) -> str:
    """How the new file names the old one: shipped ones by name, others from where it lies."""
    if loaded.path in shipped_scenarios().values():
        return loaded.path.name
    return os.path.relpath(loaded.path.resolve(), path.resolve().parent)
