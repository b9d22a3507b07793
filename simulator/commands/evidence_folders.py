"""What analyses wrote with ``--out``, read again: only what belongs to these scenarios."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simulator.commands.answers import typed
from simulator.errors import Problem, ScenarioError
from simulator.languages.languages import LANGUAGES
from simulator.presentation.analysis_commands import ANALYSES, Typed
from simulator.version import version

if TYPE_CHECKING:
    import pandas as pd

    from simulator.presentation.views.shapes import Analysis
    from simulator.scenario import LoadedScenario

MOST_BYTES = 64 * 2**20  # of one file
_OPTION = "--from"


@dataclass(frozen=True, slots=True)
class _Columns:
    """What a table must have to be shown."""

    words: tuple[str, ...]
    numbers: tuple[str, ...] = ()


_TABLES: Mapping[str, Mapping[str, _Columns]] = {
    "attribute": {
        "gaps": _Columns(("metric",), ("mean", "low", "high")),
        "shares": _Columns(("metric", "factor", "told"), ("mean", "low", "high")),
    },
    "bottleneck": {"effects": _Columns(("team", "metric"), ("change", "mean", "low", "high"))},
    "sensitivity": {
        "assumptions": _Columns(("path", "unit", "source", "trust")),
        "tornado": _Columns(("path", "end"), ("value", "outcome", "change_low", "change_high")),
    },
    "incentives": {},
}


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
    known = {each.name: each for each in scenarios}
    asked = _Asked(known, typed_of(names, changes, seed), tuple(changes), seed)
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


def typed_of(names: Sequence[str], changes: Sequence[str], seed: int) -> Typed:
    """Return what analyses of the same must be given.

    Parameters
    ----------
    names : sequence of str
        As typed.
    changes : sequence of str
        As given with ``--set``.
    seed : int
    """
    _, _, *options = typed("", options={"--seed": seed}, changes=changes)
    return Typed(tuple(names), tuple(options))


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the analyses must be of."""

    scenarios: Mapping[str, LoadedScenario]
    typed: Typed
    changes: tuple[str, ...]
    seed: int

    @property
    def reference(self) -> str:
        """The name of the first scenario."""
        return next(iter(self.scenarios))

    @property
    def last(self) -> str:
        """The name of the last one."""
        return list(self.scenarios)[-1]

    def command(self, command: str, said: Mapping[str, Any] | None = None) -> list[str]:
        """Return what makes the analysis of these scenarios: of the one that was said, or last."""
        names = list(self.scenarios)
        about = None if said is None else said.get("b")
        return self.typed.analysis(command, names.index(about) if about in names[1:] else -1)


def _read_folder(folder: Path, asked: _Asked) -> Iterator[tuple[str, Analysis]]:
    from simulator.presentation.views.shapes import Analysis

    if not folder.is_dir():
        rule = "is no folder; name one that an analysis wrote with --out"
        raise ScenarioError([Problem(_OPTION, "", str(folder), rule)])
    there = [command for command in ANALYSES if (folder / f"{command}.json").is_file()]
    if not there:
        lacking = ", ".join(f"{command}.json" for command in ANALYSES)
        first = asked.command("attribute" if len(asked.scenarios) > 1 else "bottleneck")
        rule = f"holds no {lacking}; make one: {_line(first, folder)}"
        raise ScenarioError([Problem(_OPTION, "", str(folder), rule)])
    for command in there:
        said = _said(folder, command, asked)
        key = _key(command, said, asked)
        analysis = Analysis(command, said, _tables(folder, command, said, asked))
        _check_shown(folder, analysis, asked)
        yield key, analysis


def _said(folder: Path, command: str, asked: _Asked) -> dict[str, Any]:
    """Read what an analysis said, and refuse it if it is of something else."""
    file = folder / f"{command}.json"
    fresh = _line(asked.command(command), folder)
    try:
        said = json.loads(_text(file))
        words = said["command"]
        if not isinstance(said, dict) or not all(isinstance(each, str) for each in words):
            raise ValueError("it is not what an analysis writes")
        made = said["version"]
        fresh, again = _line(asked.command(command, said), folder), _line(words, folder)
        changes = tuple(value for word, value in pairwise(words) if word == "--set")
        of = _names_of(command, said)
        if not all(isinstance(each, str) for each in of):
            raise ValueError("it does not name its scenarios")
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
    if len(of) > 1 and not strange and of[0] != asked.reference:
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
    _check_unchanged(folder, command, said, [known[name] for name in of], again)
    missing = [name for name in written if not (folder / name).is_file()]
    if missing:
        raise _refused(folder, f"lacks {', '.join(missing)}; make it again: {again}")
    return dict(said)


def _names_of(command: str, said: Mapping[str, Any]) -> list[str]:
    if command == "attribute":
        return [said["a"], said["b"]]
    versus = said["versus"] if command == "sensitivity" else None
    return [said["scenario"], *([versus] if versus is not None else [])]


def _check_unchanged(
    folder: Path, command: str, said: Mapping[str, Any], of: Sequence[LoadedScenario], again: str
) -> None:
    """Refuse an analysis if a scenario of that name said something else when it was made."""
    from simulator.presentation.files import digest

    then, language = said.get("scenarios_sha256"), said.get("language")
    if (
        not isinstance(then, dict)
        or any(each.name not in then for each in of)
        or language not in LANGUAGES
    ):
        raise _refused(
            folder,
            f"{command} was made by an older version, which did not keep what its scenarios said;"
            f" make it again: {again}",
        )
    changed = [each.name for each in of if then[each.name] != digest(each.scenario)]
    if changed:
        raise _refused(
            folder,
            f"{command}: {' and '.join(changed)} has been changed since; make it again: {again}",
        )


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
            raise _refused(folder, rule + _line(asked.command(command, said), folder)) from error
        found[file.stem] = table.apply(_unguarded)
    return found


def _check_shown(folder: Path, analysis: Analysis, asked: _Asked) -> None:
    """Refuse an analysis that lacks what a page or a chart shows of it."""
    from simulator.presentation.report import runs_of
    from simulator.presentation.views import analyses

    lacking = list(_lacking(analysis))
    if not lacking:
        show = {
            "attribute": analyses.attribution_bars, "bottleneck": analyses.bottleneck_bars,
            "sensitivity": analyses.tornado, "incentives": analyses.incentives_bars,
        }[analysis.command]  # fmt: skip
        try:
            verdict = analysis.said["verdict"]
            if not verdict or not isinstance(verdict, list):
                raise ValueError("it says nothing")
            show(analysis)
            runs_of(analysis.command, analysis.said)
        except (ValueError, KeyError, TypeError, AttributeError, IndexError):
            lacking.append("what it says is not what an analysis writes")
    if lacking:
        again = _line(asked.command(analysis.command, analysis.said), folder)
        raise _refused(
            folder,
            f"{analysis.command} cannot be shown: {'; '.join(lacking)}; make it again: {again}",
        )


def _lacking(analysis: Analysis) -> Iterator[str]:
    """Say which tables are not there, and which columns are not what they must be."""
    import pandas as pd

    for name, columns in _TABLES[analysis.command].items():
        table = analysis.tables.get(name)
        if table is None:
            yield f"it lacks {name}.csv"
            continue
        missing = [each for each in (*columns.words, *columns.numbers) if each not in table]
        if missing:
            yield f"{name}.csv lacks {', '.join(missing)}"
            continue
        texts = [each for each in columns.numbers if not pd.api.types.is_numeric_dtype(table[each])]
        # A table without rows has no numbers, and a column of it no kind.
        if texts and len(table):
            yield f"{name}.csv has other than numbers in {', '.join(texts)}"


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
