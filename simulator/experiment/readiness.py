"""A scenario that can be run and measured: what only the metrics know is checked, too."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from simulator.errors import Problem, ScenarioError
from simulator.scenario import LoadedScenario, Scenario, load_scenario

Scenarios = Scenario | LoadedScenario | str | os.PathLike[str]
"""What experiments take for a scenario: one made in code, a loaded one, a file or a name."""

_ENTRY = re.compile(r"observed\[([0-9]+)\]")


def load_ready(
    name_or_path: str | os.PathLike[str], overrides: Sequence[str] = ()
) -> LoadedScenario:
    """Load a scenario and check that its observed figures are ones that a run can show.

    Parameters
    ----------
    name_or_path : str or path
        A file, or the name of a shipped scenario.
    overrides : sequence of str
        ``key.path=value`` each.

    Raises
    ------
    ScenarioError
        With every problem found.
    """
    loaded = load_scenario(name_or_path, overrides)
    if loaded.scenario.observed:
        # Only scenarios of real organizations pay for this import.
        from simulator.metrics.observed import observed_problems

        found = observed_problems(loaded.scenario.observed, list(loaded.scenario.market.channels))
        if found:
            raise ScenarioError([_placed(loaded, problem) for problem in found])
    return loaded


def prepared(scenario: Scenarios) -> LoadedScenario:
    """Return a scenario that is ready to run, whatever it is given as.

    Parameters
    ----------
    scenario : Scenario, LoadedScenario, str or path
        One made in code has neither file nor history, and is called "scenario".

    Raises
    ------
    ScenarioError
        With every problem found.
    """
    if isinstance(scenario, LoadedScenario):
        return scenario
    if isinstance(scenario, Scenario):
        return LoadedScenario(scenario, Path(), "scenario")
    return load_ready(scenario)


def _placed(loaded: LoadedScenario, problem: Problem) -> Problem:
    """Add the line that set it."""
    entry = _ENTRY.match(problem.key)
    path = ("observed", int(entry[1]), "metric") if entry else ()
    place = loaded.places.get(path)
    return replace(problem, where=str(place.value) if place else str(loaded.path))
