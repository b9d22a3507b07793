"""A discrete-event simulator of a four-stage sales organization.

>>> from simulator import load_scenario, replicate
>>> results = replicate(load_scenario("base").scenario, replications=2)
>>> results.totals["mrr_end"].mean > 0
True

Public names: `load_scenario`, `Scenario`, `ScenarioError`, `run` (one journal), `measure` (its
metrics), `METRICS`, `identities`, `replicate`, `Results`, `verify`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simulator.errors import ScenarioError
    from simulator.experiment.replications import Results, replicate
    from simulator.metrics import METRICS, identities, measure
    from simulator.organization.simulation import run
    from simulator.scenario import load_scenario
    from simulator.scenario.schema import Scenario
    from simulator.verification import verify

__all__ = [
    "METRICS",
    "Results",
    "Scenario",
    "ScenarioError",
    "identities",
    "load_scenario",
    "measure",
    "replicate",
    "run",
    "verify",
]

_HOMES = {
    "METRICS": "simulator.metrics",
    "Results": "simulator.experiment.replications",
    "Scenario": "simulator.scenario.schema",
    "ScenarioError": "simulator.errors",
    "identities": "simulator.metrics",
    "load_scenario": "simulator.scenario",
    "measure": "simulator.metrics",
    "replicate": "simulator.experiment.replications",
    "run": "simulator.organization.simulation",
    "verify": "simulator.verification",
}


def __getattr__(name: str) -> Any:
    # Loaded when first asked for: `themodel --help` must not wait for pandas and SciPy.
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'simulator' has no attribute '{name}'")
