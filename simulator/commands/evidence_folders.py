"""What analyses wrote with ``--out``, read again: only what belongs to these scenarios."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simulator.errors import Problem, ScenarioError
from simulator.version import version

if TYPE_CHECKING:
    import pandas as pd

    from simulator.presentation.views.shapes import Analysis
    from simulator.scenario import LoadedScenario

COMMANDS = ("attribute", "bottleneck", "sensitivity", "incentives")
"""Whose folders can be read."""
MOST_BYTES = 64 * 2**20  # of one file
_OPTION = "--from"


def read_folders(
    folders: Sequence[Path],
    scenarios: Sequence[LoadedScenario],
    names: Sequence[str],
    changes: Sequence[str],
    seed: int,
) -> dict[str, Analysis]:
    """Read the analyses in folders.

    Parameters
    ----------
    folders : sequence of Path
    scenarios : sequence of LoadedScenario
        The reference first; analyses of others are refused.
    names : sequence of str
        As typed, for the remedies.
    changes : sequence of str
        As given with ``--set``.
    seed : int

    Returns
    -------
    dict of str to Analysis
        By command; attributions of the gap to another than the last scenario by
        "attribute of <scenario>".

    Raises
    ------
    ScenarioError
        With everything that is wrong with any folder, and the command that makes it again.
    """
    asked = _Asked(tuple(scenarios), tuple(names), tuple(changes), seed)
    found: dict[str, Analysis] = {}
    problems: list[Problem] = []
    for folder in folders:
        try:
            for key, analysis in _read_folder(folder, asked):
                if key in found:
                    rule = f"a second {key}: name one folder"
                    problems.append(Problem(_OPTION, "", str(folder), rule))
                found.setdefault(key, analysis)
        except ScenarioError as error:
            problems += error.problems
    if problems:
        raise ScenarioError(problems)
    return found


class _Asked:
    """What the analyses must be of."""

    def __init__(
        self,
        scenarios: tuple[LoadedScenario, ...],
        names: tuple[str, ...],
        changes: tuple[str, ...],
        seed: int,
    ) -> None:
        self.scenarios = {each.name: each for each in scenarios}
        self.names = names
        self.changes = changes
        self.seed = seed

    @property
    def reference(self) -> str:
        """The name of the first scenario."""
        return next(iter(self.scenarios))

    @property
    def last(self) -> str:
        """The name of the last one."""
        return list(self.scenarios)[-1]

    def command(self, command: str) -> list[str]:
        """Return what makes the analysis of these scenarios."""
        first, last = self.names[0], self.names[-1]
        words = {
            "attribute": ["attribute", first, last],
            "bottleneck": ["bottleneck", last],
            "sensitivity": ["sensitivity", first, *(["--versus", last] if first != last else [])],
            "incentives": ["incentives", last],
        }[command]
        sets = [word for each in self.changes for word in ("--set", each)]
        return ["themodel", *words, "--seed", str(self.seed), *sets]


def _read_folder(folder: Path, asked: _Asked) -> Iterator[tuple[str, Analysis]]:
    from simulator.presentation.views.shapes import Analysis

    if not folder.is_dir():
        rule = "is no folder; name one that an analysis wrote with --out"
        raise ScenarioError([Problem(_OPTION, "", str(folder), rule)])
    there = [command for command in COMMANDS if (folder / f"{command}.json").is_file()]
    if not there:
        lacking = ", ".join(f"{command}.json" for command in COMMANDS)
        first = asked.command("attribute" if len(asked.names) > 1 else "bottleneck")
        rule = f"holds no {lacking}; make one: {_line(first, folder)}"
        raise ScenarioError([Problem(_OPTION, "", str(folder), rule)])
    for command in there:
        said = _said(folder, command, asked)
        key = _key(command, said, asked)
        yield key, Analysis(command, said, _tables(folder, command, said, asked))


def _said(folder: Path, command: str, asked: _Asked) -> dict[str, Any]:
    """Read what an analysis said, and refuse it if it is of something else."""
    file = folder / f"{command}.json"
    fresh = _line(asked.command(command), folder)
    try:
        said = json.loads(_text(file))
        typed = said["command"]
        if not isinstance(said, dict) or not all(isinstance(each, str) for each in typed):
            raise ValueError("it is not what an analysis writes")
        made = said["version"]
        again = _line(typed, folder)
        changes = tuple(value for word, value in pairwise(typed) if word == "--set")
        of = _names_of(command, said)
        seed, _, _ = said["seed"], said["verdict"], said["currency"]
        written = [str(name) for name in said["files"]]
        if any(Path(name).name != name for name in written):
            raise ValueError("its files lie elsewhere")
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        what = (
            str(error) if isinstance(error, (OSError, ValueError)) else "it lacks what it must say"
        )
        raise _refused(
            folder, f"{file.name} cannot be used: {what}; make it again: {fresh}"
        ) from error
    if made != version():
        raise _refused(
            folder, f"was written by version {made}, this is {version()}; make it again: {again}"
        )
    known = asked.scenarios
    strange = [name for name in of if name not in known]
    if command == "attribute" and not strange and of[0] != asked.reference:
        strange = [of[0]]
    if strange:
        raise _refused(
            folder,
            f"{command} is of {' and '.join(of)}, not of {' and '.join(known)}; make it: {fresh}",
        )
    if seed != asked.seed:
        raise _refused(folder, f"{command} has seed {seed}, not {asked.seed}; make it: {fresh}")
    if changes != asked.changes:
        said_there = " ".join(f"--set {each}" for each in changes) or "no --set"
        raise _refused(folder, f"{command} was made with {said_there}; make it: {fresh}")
    if _is_of_others(folder, command, of, known):
        raise _refused(
            folder, f"{command}: a scenario has been changed since; make it again: {again}"
        )
    missing = [name for name in written if not (folder / name).is_file()]
    if missing:
        raise _refused(folder, f"lacks {', '.join(missing)}; make it again: {again}")
    return dict(said)


def _names_of(command: str, said: Mapping[str, Any]) -> list[str]:
    if command == "attribute":
        return [said["a"], said["b"]]
    versus = said["versus"] if command == "sensitivity" else None
    return [said["scenario"], *([versus] if versus is not None else [])]


def _is_of_others(
    folder: Path, command: str, of: Sequence[str], known: Mapping[str, LoadedScenario]
) -> bool:
    """Tell whether a scenario of that name said something else when the folder was written."""
    file = folder / "study.json"
    if not file.is_file():  # incentives keeps no runs
        return False
    from simulator.scenario.provenance import plain

    try:
        study = json.loads(_text(file))
        if study["command"] != command:
            return False
        then = study["scenarios"]
        return any(then[name] != json.loads(json.dumps(plain(known[name].scenario))) for name in of)
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return True


def _key(command: str, said: Mapping[str, Any], asked: _Asked) -> str:
    if command == "attribute" and said["b"] != asked.last:
        return f"attribute of {said['b']}"
    return command


def _tables(
    folder: Path, command: str, said: Mapping[str, Any], asked: _Asked
) -> dict[str, pd.DataFrame]:
    import pandas as pd

    found = {}
    for name in said["files"]:
        file = folder / str(name)
        if file.suffix != ".csv":
            continue
        try:
            if file.stat().st_size > MOST_BYTES:
                raise ValueError(f"it is larger than {MOST_BYTES // 2**20} MB")
            # "NA" and "none" are names like any other.
            table = pd.read_csv(file, keep_default_na=False, na_values=[""], encoding="utf-8-sig")
        except (OSError, ValueError) as error:
            rule = f"{file.name} cannot be read: {error}; make it again: "
            raise _refused(folder, rule + _line(asked.command(command), folder)) from error
        found[file.stem] = table.apply(_unguarded)
    return found


def _unguarded(column: pd.Series[Any]) -> pd.Series[Any]:
    """Take away the sign that keeps spreadsheets from running a text as a formula."""
    from simulator.cells import RISKY

    return column.map(
        lambda value: (
            value[1:]
            if isinstance(value, str) and value.startswith("'") and value[1:].startswith(RISKY)
            else value
        )
    )


def _text(file: Path) -> str:
    with file.open("rb") as stream:
        content = stream.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise ValueError(f"it is larger than {MOST_BYTES // 2**20} MB")
    return content.decode("ascii")


def _line(command: Sequence[str], folder: Path) -> str:
    return shlex.join([*command, "--out", str(folder)])


def _refused(folder: Path, rule: str) -> ScenarioError:
    return ScenarioError([Problem(_OPTION, "", str(folder), rule)])
