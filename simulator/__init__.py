"""A discrete-event simulator of a four-stage sales organization.

>>> from simulator import compare
>>> comparison = compare("shared", "divisional", replications=2)
>>> comparison.reference
'shared'

What takes a scenario takes the name of a shipped one, a file, or what `load_scenario` returns.

- one organization: `load_scenario`, `Scenario`, `run` (one journal), `measure` (its metrics),
  `replicate` (many runs, to `Results`), `replicate_until` (as many as a precision needs),
  `warm_up`
- questions: `compare`, `compare_until`, `bottleneck`, `attribute`, `sensitivity`, `incentives`
- plans: `size` (how many people), `plan_hiring` (who must start when), `structure` (how to put a
  company together)
- how runs are done: `Execution`
- what the numbers mean and whether they hold: `METRICS`, `identities`, `verify`
- errors: `ScenarioError`
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simulator.engine import run
    from simulator.errors import ScenarioError
    from simulator.experiment.attribution import attribute
    from simulator.experiment.bottleneck import bottleneck
    from simulator.experiment.comparison import compare
    from simulator.experiment.execution import Execution
    from simulator.experiment.incentives import incentives
    from simulator.experiment.precision import compare_until, replicate_until
    from simulator.experiment.replications import Results, replicate
    from simulator.experiment.sensitivity import sensitivity
    from simulator.experiment.warm_up import warm_up
    from simulator.metrics import METRICS, identities, measure
    from simulator.planning.hiring import plan_hiring
    from simulator.planning.sizing import size
    from simulator.planning.structure import structure
    from simulator.scenario import load_scenario
    from simulator.scenario.schema import Scenario
    from simulator.verification import verify

__all__ = [
    "METRICS",
    "Execution",
    "Results",
    "Scenario",
    "ScenarioError",
    "attribute",
    "bottleneck",
    "compare",
    "compare_until",
    "identities",
    "incentives",
    "load_scenario",
    "measure",
    "plan_hiring",
    "replicate",
    "replicate_until",
    "run",
    "sensitivity",
    "size",
    "structure",
    "verify",
    "warm_up",
]

_HOMES = {
    "METRICS": "simulator.metrics",
    "Execution": "simulator.experiment.execution",
    "Results": "simulator.experiment.replications",
    "Scenario": "simulator.scenario.schema",
    "ScenarioError": "simulator.errors",
    "attribute": "simulator.experiment.attribution",
    "bottleneck": "simulator.experiment.bottleneck",
    "compare": "simulator.experiment.comparison",
    "compare_until": "simulator.experiment.precision",
    "identities": "simulator.metrics",
    "incentives": "simulator.experiment.incentives",
    "load_scenario": "simulator.scenario",
    "measure": "simulator.metrics",
    "plan_hiring": "simulator.planning.hiring",
    "replicate": "simulator.experiment.replications",
    "replicate_until": "simulator.experiment.precision",
    "run": "simulator.engine",
    "sensitivity": "simulator.experiment.sensitivity",
    "size": "simulator.planning.sizing",
    "structure": "simulator.planning.structure",
    "verify": "simulator.verification",
    "warm_up": "simulator.experiment.warm_up",
}


def __getattr__(name: str) -> Any:
    # Loaded when first asked for: `themodel --help` must not wait for pandas and SciPy.
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'simulator' has no attribute '{name}'")
