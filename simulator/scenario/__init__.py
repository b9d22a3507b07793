"""What a scenario may say, and how it is read.

``schema`` holds the models (with ``market``, ``staff``, ``practice`` and ``behavior``),
``fields`` how a number is described, ``loading`` how files become a scenario. Behind
``loading`` stand ``strict_yaml`` and ``scalars`` (text to plain values), ``layering`` (files
that extend files), ``overriding`` (``--set``), ``checking`` (every error in plain words),
``provenance`` (where each number comes from), ``outline`` (what the models know at a path) and
``json_schema`` (for editors).
"""

from simulator.scenario.loading import (
    LoadedScenario,
    diff,
    effective_yaml,
    find,
    json_schema,
    load_scenario,
    numbers,
    scenario_folder,
    shipped_scenarios,
    unsourced,
    write_json_schema,
)
from simulator.scenario.overriding import Override
from simulator.scenario.provenance import Difference, Number
from simulator.scenario.schema import Scenario

__all__ = [
    "Difference",
    "LoadedScenario",
    "Number",
    "Override",
    "Scenario",
    "diff",
    "effective_yaml",
    "find",
    "json_schema",
    "load_scenario",
    "numbers",
    "scenario_folder",
    "shipped_scenarios",
    "unsourced",
    "write_json_schema",
]
