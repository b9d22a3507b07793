"""Small companies and the means to change them, for tests that run the engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import pytest

from simulator.languages.languages import speak
from simulator.organization.journal import Journal
from simulator.organization.simulation import run
from simulator.scenario.behavior import CounterForces, Mechanisms
from simulator.scenario.schema import Scenario

Changes = Mapping[str, Any]
Change = Callable[[Scenario, Changes], Scenario]
Paired = Callable[..., "np.ndarray[Any, np.dtype[np.float64]]"]


def changed_scenario(scenario: Scenario, changes: Changes) -> Scenario:
    """A validated copy with values at dotted paths replaced."""
    values = scenario.model_dump()
    for path, value in changes.items():
        *parents, name = path.split(".")
        place = values
        for parent in parents:
            place = place[parent]
        if name not in place and parents[-1] not in ("channels", "channel_mix"):
            raise KeyError(f"no setting is called {path}")
        place[name] = value
    return Scenario.model_validate(values)


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    """Speak English in every test that asks for nothing else: a command told otherwise stays so."""
    speak("en")
    yield
    speak("en")


@pytest.fixture(scope="session")
def changed() -> Change:
    return changed_scenario


@pytest.fixture(scope="session")
def small() -> Scenario:
    """A quarter of the default company, for half a year."""
    scenario = Scenario()
    quarter = {
        f"market.channels.{name}.leads_per_day": channel.leads_per_day / 4.0
        for name, channel in scenario.market.channels.items()
    }
    people = {"marketing": 1, "inside_sales": 2, "field_sales": 2, "customer_success": 2}
    return changed_scenario(
        scenario,
        {
            **quarter,
            **{f"teams.{team}.people": count for team, count in people.items()},
            "start.customers": 130,
            "start.opportunities": 22,
            "start.parked": 150,
            "horizon.months": 6.0,
        },
    )


@pytest.fixture(scope="session")
def without_mechanisms() -> Changes:
    """Turn all ten mechanisms off."""
    return {f"mechanisms.{name}.active": False for name in Mechanisms.model_fields}


@pytest.fixture(scope="session")
def without_counter_forces() -> Changes:
    """Turn all counter-forces off."""
    return {f"counter_forces.{name}.active": False for name in CounterForces.model_fields}


@pytest.fixture(scope="session")
def paired() -> Paired:
    """Paired differences of figures, second scenario minus first, one row per figure."""

    def differences(
        first: Scenario,
        second: Scenario,
        *figures: Callable[[Journal], float],
        replications: int = 5,
    ) -> np.ndarray[Any, np.dtype[np.float64]]:
        found = np.empty((len(figures), replications))
        for replication in range(replications):
            before, after = run(first, 7, replication), run(second, 7, replication)
            found[:, replication] = [figure(after) - figure(before) for figure in figures]
        return found

    return differences
