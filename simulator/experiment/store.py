"""A folder that keeps finished runs, so that an interrupted experiment can go on.

::

    study.json                      what the runs are of: command, seed, program, scenarios
    runs/<task>/<digest>/<n>.json   replication n of one scenario, with a checksum

Everything is JSON: reading a folder from somebody else runs nothing.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from types import FunctionType
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from simulator.disk import write_files
from simulator.errors import Problem, ScenarioError
from simulator.experiment.execution import Outcome, Task
from simulator.metrics import Measures
from simulator.scenario.provenance import plain
from simulator.scenario.scalars import shorten
from simulator.scenario.schema import Scenario
from simulator.version import fingerprint

T = TypeVar("T")

MANIFEST = "study.json"
MOST_BYTES = 64 * 2**20  # of one file; a run of the default company has an eighth of a megabyte
_MOST_DIFFERENCES = 5
_CLASSES: dict[str, type[Any]] = {each.__name__: each for each in (Outcome, Measures)}
_DTYPES = frozenset({"float64", "int64", "bool", "object", "str"})
_HEAD = '{"sha256": "%s", "run": '
_MALFORMED = (ValueError, TypeError, KeyError, AttributeError, RecursionError, OverflowError)


@dataclass(frozen=True, slots=True)
class Study:
    """What all runs of one folder have in common.

    Attributes
    ----------
    command : str
        What was asked: "run", "compare".
    seed : int
        Of the experiment.
    scenarios : mapping of str to Scenario
        Those that were asked for, by name; what a study derives from them is no part of it.
    """

    command: str
    seed: int
    scenarios: Mapping[str, Scenario]


class RunFolder:
    """Keeps each finished run in a file of its own; made by :meth:`open`."""

    def __init__(self, folder: Path, study: Study, begun: bool) -> None:
        self._folder = folder
        self._study = study
        self._begun = begun
        self._digests: dict[int, tuple[Scenario, str]] = {}

    @classmethod
    def open(cls, folder: Path, study: Study, resume: bool = False) -> RunFolder:
        """Open a folder for a study; nothing is written before the first run is finished.

        Parameters
        ----------
        folder : Path
            It need not exist.
        study : Study
        resume : bool
            Take what an earlier session of the same study finished. Without such a session this
            is a start like any other.

        Raises
        ------
        ScenarioError
            If the folder holds another study, or this one and it is not to be resumed. The folder
            is left as it is.
        """
        file = folder / MANIFEST
        text = _text(file)
        if text is None:
            return cls(folder, study, begun=False)
        try:
            there = json.loads(text)
            found = list(_differences(there, _manifest(study)))
        except _MALFORMED as error:
            raise _unusable(file, "another folder, or take it away", error) from error
        if found:
            remedy = "another folder keeps both"
            raise ScenarioError([Problem(str(file), *each, remedy) for each in found])
        if not resume:
            rule = "holds finished runs of this study: --resume continues it, another folder starts"
            raise ScenarioError([Problem(str(folder), "", "", rule)])
        return cls(folder, study, begun=True)

    def get(self, task: Task[T], scenario: Scenario, name: str, replication: int) -> T | None:
        """Return what was kept for a run, or None.

        Parameters
        ----------
        task : callable
            What was done.
        scenario : Scenario
        name : str
            Of the scenario, in this study.
        replication : int

        Raises
        ------
        ScenarioError
            If the file is damaged or of another run; it is left as it is.
        """
        if not self._begun:
            return None
        identity = self._identity(task, scenario, name, replication)
        file = self._home(identity) / f"{replication}.json"
        text = _text(file)
        if text is None:
            return None
        try:
            body = text[len(_HEAD % _sha256("")) : -2]
            if text != _sealed(body):
                raise ValueError("its checksum does not fit")
            run = json.loads(body)
            if run["of"] != identity:
                raise ValueError("it is of another run than its name says")
            result: T = _decoded(run["result"])
        except _MALFORMED as error:
            raise _unusable(file, "take it away to have it run again", error) from error
        return result

    def keep(
        self, task: Task[T], scenario: Scenario, name: str, replication: int, result: T
    ) -> None:
        """Keep what a run gave: numbers, texts, tables, tuples, dicts by text, and outcomes.

        Parameters
        ----------
        task : callable
            What was done.
        scenario : Scenario
        name : str
            Of the scenario, in this study.
        replication : int
        result : object
            It comes back equal to the last bit.

        Raises
        ------
        OutputError
            If it cannot be written; what was kept before is intact.
        TypeError
            If the result is of another kind.
        """
        identity = self._identity(task, scenario, name, replication)
        body = _json({"of": identity, "result": _encoded(result)})
        if not self._begun:
            text = json.dumps(_manifest(self._study), indent=1)
            write_files(self._folder, {MANIFEST: text.encode()})
            self._begun = True
        write_files(self._home(identity), {f"{replication}.json": _sealed(body).encode()})

    def _identity(
        self, task: Task[T], scenario: Scenario, name: str, replication: int
    ) -> dict[str, Any]:
        if not isinstance(task, FunctionType):
            raise TypeError("only what a function gives can be kept: others hide what they do")
        # A task may well make use of the name: two names, two runs.
        return {
            "task": task.__name__,
            "name": name,
            "scenario": self._digest(scenario),
            "seed": self._study.seed,
            "version": fingerprint(),
            "replication": replication,
        }

    def _home(self, identity: Mapping[str, Any]) -> Path:
        what = _sha256(_json([identity["name"], identity["scenario"]]))
        return self._folder / "runs" / str(identity["task"]) / what[:16]

    def _digest(self, scenario: Scenario) -> str:
        # Kept with its scenario: a number of an object is given again once the object is gone.
        if id(scenario) not in self._digests:
            self._digests[id(scenario)] = (scenario, _sha256(_json(plain(scenario))))
        return self._digests[id(scenario)][1]


# ------------------------------------------------------------------ files


def _text(file: Path) -> str | None:
    """Read a file of ours; None if there is none."""
    try:
        if not file.exists():
            return None
        if not file.is_file():
            raise _unusable(file, "another folder", ValueError("it is no file"))
        with file.open("rb") as stream:
            content = stream.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise ValueError(f"it is larger than {MOST_BYTES // 2**20} MB")
        return content.decode("ascii")
    except ScenarioError:
        raise
    except (OSError, ValueError) as error:
        raise _unusable(file, "another folder, or take it away", error) from error


def _unusable(file: Path, remedy: str, error: BaseException) -> ScenarioError:
    said = f"{error}" if isinstance(error, (OSError, ValueError)) else type(error).__name__
    rule = f"cannot be used: {shorten(said)}; nothing was changed. Remedy: {remedy}"
    return ScenarioError([Problem(str(file), "", "", rule)])


def _sealed(body: str) -> str:
    """Put the checksum before the text that it is of, as one JSON object."""
    return f"{_HEAD % _sha256(body)}{body}}}\n"


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _json(content: Any) -> str:
    return json.dumps(content, sort_keys=False, allow_nan=False, separators=(",", ":"))


# ------------------------------------------------------------------ the study


def _manifest(study: Study) -> dict[str, Any]:
    scenarios = {name: plain(scenario) for name, scenario in study.scenarios.items()}
    return {
        "command": study.command,
        "seed": study.seed,
        "version": fingerprint(),
        "scenarios": json.loads(json.dumps(scenarios)),
    }


def _differences(there: Any, here: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield key and value of what another study has otherwise."""
    for key in ("command", "seed", "version"):
        if there[key] != here[key]:
            yield key, f"{shorten(there[key])} there, {here[key]} here"
    left, right = there["scenarios"], here["scenarios"]
    if left == right:
        return
    if set(left) != set(right):
        yield "scenarios", f"{shorten(', '.join(left))} there, {shorten(', '.join(right))} here"
        return
    values = {key: dict(_leaves(tree)) for key, tree in (("there", left), ("here", right))}
    keys = dict.fromkeys([*values["there"], *values["here"]])
    changed = [key for key in keys if values["there"].get(key) != values["here"].get(key)]
    for key in changed[:_MOST_DIFFERENCES]:
        was, is_now = (shorten(each[key]) if key in each else "nothing" for each in values.values())
        yield f"scenarios.{key}", f"{was} there, {is_now} here"
    if len(changed) > _MOST_DIFFERENCES:
        yield "scenarios", f"{len(changed) - _MOST_DIFFERENCES} more values differ"


def _leaves(tree: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    items: list[tuple[Any, Any]] = []
    if isinstance(tree, dict):
        items = list(tree.items())
    elif isinstance(tree, list):
        items = list(enumerate(tree))
    if not items:
        yield path, tree
    for key, value in items:
        yield from _leaves(value, f"{path}.{key}" if path else str(key))


# ------------------------------------------------------------------ results as JSON


def _encoded(value: Any) -> Any:
    """Return plain JSON; whatever JSON has no word for becomes an object with one key."""
    value = value.item() if isinstance(value, np.generic) else value
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else {"float": repr(value)}
    if isinstance(value, list):
        return [_encoded(each) for each in value]
    if isinstance(value, tuple):
        return {"tuple": [_encoded(each) for each in value]}
    if isinstance(value, pd.DataFrame):
        return {"table": _encoded_table(value)}
    if type(value) in _CLASSES.values():
        parts = {each.name: _encoded(getattr(value, each.name)) for each in fields(value)}
        return {type(value).__name__: parts}
    if isinstance(value, dict) and all(type(key) is str for key in value):
        return {"dict": {key: _encoded(each) for key, each in value.items()}}
    raise TypeError(f"a {type(value).__name__} cannot be kept")


def _encoded_table(table: pd.DataFrame) -> list[list[Any]]:
    columns = list(table.columns)
    if not all(type(each) is str for each in columns) or len(set(columns)) < len(columns):
        raise TypeError("only a table whose columns have names, each its own, can be kept")
    if not table.index.equals(pd.RangeIndex(len(table))):
        raise TypeError("only a table whose rows are numbered from 0 can be kept")
    return [[name, str(table[name].dtype), _encoded_column(table[name])] for name in columns]


def _encoded_column(column: pd.Series[Any]) -> list[Any]:
    if str(column.dtype) not in _DTYPES:
        raise TypeError(f"a column of {column.dtype} cannot be kept")
    values: list[Any] = column.tolist()
    if column.dtype in (np.dtype("int64"), np.dtype("bool")):
        return values
    if column.dtype == np.dtype("float64"):
        return [each if math.isfinite(each) else repr(each) for each in values]
    return [_encoded(each) for each in values]


def _decoded(value: Any) -> Any:
    if isinstance(value, list):
        return [_decoded(each) for each in value]
    if not isinstance(value, dict):
        return value
    ((kind, content),) = value.items()
    if kind == "float":
        return float(content)
    if kind == "tuple":
        return tuple(_decoded(each) for each in content)
    if kind == "table":
        return pd.DataFrame({name: _decoded_column(*rest) for name, *rest in content})
    if kind == "dict":
        return {key: _decoded(each) for key, each in content.items()}
    return _CLASSES[kind](**{key: _decoded(each) for key, each in content.items()})


def _decoded_column(dtype: str, values: list[Any]) -> pd.Series[Any]:
    if dtype not in _DTYPES:
        raise ValueError(f"no column can be of {dtype}")
    known = [float(each) for each in values] if dtype == "float64" else _decoded(values)
    return pd.Series(known, dtype=dtype)
