"""A hiring plan written down as a scenario that says where it is from."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from simulator.planning.hiring_result import Hiring
from simulator.scenario import LoadedScenario, effective_yaml
from simulator.scenario.loading import shipped_scenarios


def scenario_text(
    result: Hiring, loaded: LoadedScenario, folder: Path, typed: Sequence[str], version: str
) -> str:
    """Write the company with the plan as YAML, to be run and compared.

    It extends the file of the company. Where ``--set`` changed that, it is written whole: a file
    cannot extend what nobody wrote down.

    Parameters
    ----------
    result : Hiring
    loaded : LoadedScenario
        What was planned for.
    folder : Path
        Where the text will lie.
    typed : sequence of str
        What to type for the same answer again.
    version : str
        Of the program.
    """
    said = f"{' '.join(typed)}; themodel {version}"
    if loaded.overrides:
        head = " ".join(f"Hiring plan of: {said}".split())
        return f"# {head}\n{effective_yaml(result.planned)}"
    source = (
        {"source": f"made, not stated: {said}", "trust": "calc"}
        if result.made
        else {"source": f"stated plan, checked: {said}", "trust": "M"}
    )
    content: dict[str, Any] = {
        "extends": _extends(folder, loaded),
        "hiring": [step.model_dump() for step in result.steps],
        "sources": {"hiring": source},
    }
    return yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=100)


def _extends(folder: Path, loaded: LoadedScenario) -> str:
    """How the new file names the old one: shipped ones by name, others from where it lies."""
    if loaded.path in shipped_scenarios().values():
        return loaded.path.name
    return os.path.relpath(loaded.path.resolve(), folder.resolve())
