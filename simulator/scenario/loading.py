"""From the name of a scenario to a checked, frozen one that knows where each number is from.

Everything wrong with a scenario is reported at once, in :class:`~simulator.errors.ScenarioError`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import yaml
from pydantic import BaseModel

from simulator.errors import Problem, ScenarioError
from simulator.languages.messages import marked, say
from simulator.scenario import json_schema as schema_files
from simulator.scenario import outline, overriding, provenance
from simulator.scenario.checking import OVERRIDE, validate
from simulator.scenario.fitted import Fit
from simulator.scenario.layering import Family, conflicts, merge, raise_if
from simulator.scenario.overriding import Override
from simulator.scenario.provenance import Difference, Number, SourceNote
from simulator.scenario.scalars import decimal_text, plain_value, shorten
from simulator.scenario.schema import Scenario
from simulator.scenario.staff import groups_of_nobody
from simulator.scenario.strict_yaml import KeyPath, Place


@dataclass(frozen=True)
class LoadedScenario:
    """A scenario and its history.

    Attributes
    ----------
    scenario : Scenario
        What is in force.
    path : Path
        The file.
    name : str
        The file's name without folder and ending.
    overrides : tuple of Override
        What ``--set`` changed, old to new.
    files : tuple of str
        The files that it was made from, ancestors first.
    places, sources : mapping
        Who set what, and where each file has its numbers from.
    """

    scenario: Scenario
    path: Path
    name: str
    overrides: tuple[Override, ...] = ()
    files: tuple[str, ...] = ()
    places: Mapping[KeyPath, Place] = field(default_factory=dict, repr=False, compare=False)
    sources: Mapping[str, Mapping[str, SourceNote]] = field(
        default_factory=dict, repr=False, compare=False
    )

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of results should know, in the language that is spoken; no errors."""
        return _notes(self)


# ------------------------------------------------------------------ finding


def scenario_folder() -> Path:
    """Return the folder of the shipped scenarios, in a checkout or an installed package."""
    package = Path(__file__).resolve().parents[1]
    installed = package / "scenarios"
    return installed if installed.is_dir() else package.parent / "scenarios"


def shipped_scenarios() -> dict[str, Path]:
    """Return the shipped scenarios by name; ``base`` first, the others by alphabet."""
    files = sorted(scenario_folder().glob("*.yaml"), key=lambda p: (p.stem != "base", p.stem))
    return {path.stem: path for path in files}


def find(name_or_path: str | os.PathLike[str]) -> Path:
    """Find a scenario by path, or by the name of a shipped one.

    Parameters
    ----------
    name_or_path : str or path
        ``my/company.yaml``, ``base``, ``base.yaml`` or ``scenarios/base.yaml``.

    Returns
    -------
    Path
        The file (or whatever stands at the path: loading says what is wrong with it).

    Raises
    ------
    ScenarioError
        If there is neither; the nearest names are given.
    """
    path = Path(name_or_path)
    try:
        beside = path.with_name(path.name + ".yaml") if path.name and not path.suffix else path
        shipped = shipped_scenarios()
        # A folder `base` must not hide the shipped scenario of that name.
        if path.is_file():
            return path
        if beside.is_file():
            return beside
        as_shipped = path.parent in (Path(), Path("scenarios")) and path.suffix in ("", ".yaml")
        if as_shipped and path.stem in shipped:
            return shipped[path.stem]
        if path.exists():
            return path
        rule = f"no such file, and no shipped scenario of that name{suggestion(str(path))}"
    except (OSError, ValueError) as error:
        rule = f"is no name of a file: {getattr(error, 'strerror', None) or error}"
    raise ScenarioError([Problem(shorten(str(name_or_path)), "", "", rule)])


def suggestion(name: str) -> str:
    """Name the scenarios nearest to a misspelled one."""
    near = {Path(name).parent / p.name for p in _yaml_files_beside(Path(name))}
    known = [*shipped_scenarios(), *(str(path) for path in near)]
    hint = outline.nearest(name, known) or outline.nearest(Path(name).stem, known)
    shipped = ", ".join(shipped_scenarios())
    return hint or (f" (shipped: {shipped})" if shipped else "")


def _yaml_files_beside(path: Path) -> list[Path]:
    try:
        return sorted(path.parent.glob("*.y*ml"))[:1000]
    except (OSError, ValueError):
        return []


# ------------------------------------------------------------------ loading


def load_scenario(
    path: str | os.PathLike[str],
    overrides: Sequence[str] = (),
    *,
    model: type[BaseModel] = Scenario,
) -> LoadedScenario:
    """Load a scenario with all that it extends.

    Parameters
    ----------
    path : str or path
        A file, or the name of a shipped scenario.
    overrides : sequence of str
        ``key.path=value`` each, as after ``--set``.
    model : type of BaseModel
        Another root model, for tests of the loading itself.

    Returns
    -------
    LoadedScenario
        The scenario in force, and where each of its numbers was set.

    Raises
    ------
    ScenarioError
        With every problem found.
    """
    file = find(path)
    family = Family(scenario_folder(), suggestion)
    layer = family.read(file)
    problems = family.problems
    files = [each.document.file for each in reversed(family.order)]
    sources: dict[str, dict[str, SourceNote]] = {}
    for each in family.order:
        sources[each.document.file], found = provenance.take_sources(each, model)
        problems += found
    if not all(each.document.readable for each in family.order):
        # Half a file would be reported as full of missing keys.
        raise_if(problems, files)
    problems += conflicts(family.order)
    tree = merge(family.order, model)
    done, refused = overriding.apply(model, tree, overrides)
    broken = {path for each in family.order for path in each.document.broken}
    scenario, found = validate(model, tree, broken, layer.document.file)
    raise_if(problems + refused + found, files)
    return LoadedScenario(
        scenario=cast(Scenario, scenario),
        path=file,
        name=file.stem,
        overrides=done,
        files=tuple(reversed(files)),
        places=tree.places,
        sources=sources,
    )


def _notes(loaded: LoadedScenario) -> tuple[str, ...]:
    found = []
    missing = unsourced(loaded)
    if missing:
        listed = ", ".join(n.path for n in missing[:5]) + (", …" if len(missing) > 5 else "")
        text = marked("no source is stated for {count} number(s) set in files: {numbers}")
        found.append(say(text, count=len(missing), numbers=listed))
    if isinstance(loaded.scenario, Scenario):
        found += groups_of_nobody(loaded.scenario.teams)
    return tuple(found)


# ------------------------------------------------------------------ numbers


def numbers(loaded: LoadedScenario) -> list[Number]:
    """List every number and switch in force with unit, source, trust and where it was set."""
    return list(provenance.list_numbers(loaded.scenario, loaded.places, loaded.sources))


def fits(loaded: LoadedScenario) -> dict[KeyPath, Fit]:
    """Return what data told of each number in force, by its path.

    A number that a later file or ``--set`` has changed is not among them.
    """
    return provenance.fits_in_force(loaded.places, loaded.sources)


def unsourced(loaded: LoadedScenario) -> list[Number]:
    """List the numbers that files set without saying where they have them from."""
    return [
        number
        for number in numbers(loaded)
        if number.is_number and number.where not in ("default", OVERRIDE) and not number.source
    ]


def diff(a: LoadedScenario, b: LoadedScenario) -> list[Difference]:
    """List the values that differ between two scenarios, each with where it was set."""
    return provenance.compare(numbers(a), numbers(b))


# ------------------------------------------------------------------ writing


class _StrictDumper(yaml.SafeDumper):
    """Writes only what the strict reader takes: plain decimals, no aliases, quoted surprises."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _write_text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    value, rule = plain_value(text)
    style = "'" if rule or not isinstance(value, str) else None
    if any(not character.isprintable() for character in text):
        # Other styles fold unusual line breaks (U+0085, U+2028) into spaces.
        style = '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


def _write_float(dumper: yaml.SafeDumper, number: float) -> yaml.Node:
    return dumper.represent_scalar("tag:yaml.org,2002:float", decimal_text(number))


_StrictDumper.add_representer(str, _write_text)
_StrictDumper.add_representer(float, _write_float)


def effective_yaml(scenario: BaseModel) -> str:
    """Write a scenario whole, as YAML that loads again to an equal one.

    Parameters
    ----------
    scenario : Scenario
        The scenario in force.
    """
    return yaml.dump(
        provenance.plain(scenario),
        Dumper=_StrictDumper,
        sort_keys=False,
        allow_unicode=True,
        width=100,
    )


def json_schema(model: type[BaseModel] = Scenario) -> dict[str, Any]:
    """Return the JSON Schema (draft 7) of scenario files."""
    return schema_files.draft7(model)


def write_json_schema(path: str | os.PathLike[str]) -> None:
    """Write the JSON Schema of scenario files, for editors."""
    schema_files.write(json_schema(), Path(path))
