"""What a report or a chart is made from: the runs, and the analyses that there are."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from simulator.commands.answers import made_from, typed
from simulator.commands.evidence_folders import read_folders
from simulator.commands.execution import executing, execution
from simulator.commands.terminal import tell
from simulator.errors import Problem, ReplicationError, ScenarioError
from simulator.languages.messages import say
from simulator.presentation.analysis_commands import named
from simulator.version import version

if TYPE_CHECKING:
    import pandas as pd

    from simulator.engine import EngineName
    from simulator.presentation.views.shapes import Analysis, Evidence
    from simulator.scenario import LoadedScenario

MOST_RUNS_OF_ANALYSES = 10
"""By so many replications at most --full finds the constraint, and what a gap belongs to."""
SENSITIVITY = {"trajectories": 2, "top": 4, "sobol": 8, "points": 40, "replications": 4}
"""How --full varies the assumptions."""
INCENTIVES = {"starts": 1, "steps": 6, "replications": 4, "fresh": 12}
"""How --full searches what departments would do; without other weights and remedies."""


def gather(
    names: Sequence[str],
    *,
    changes: Sequence[str] = (),
    replications: int = 20,
    seed: int = 1,
    workers: int | None = None,
    dask: str | None = None,
    engine: EngineName | None = None,
    folders: Sequence[Path] = (),
    full: bool = False,
    refused: Callable[[str, str], None] | None = None,
    interrupted: Callable[[str], None] | None = None,
) -> Evidence:
    """Run scenarios with the same luck, and run or read analyses of them.

    Parameters
    ----------
    names : sequence of str
        Files or names of shipped scenarios, the reference first.
    changes : sequence of str
        As given with ``--set``.
    replications, seed : int
    workers, dask, engine
        As given with the options of these names.
    folders : sequence of Path
        As given with ``--from``: what analyses wrote with ``--out``.
    full : bool
        Whether analyses that are in no folder are run.
    refused : callable, optional
        Told the command of an analysis that could not be run, and why.
    interrupted : callable, optional
        Told the command of the analysis that Ctrl-C ended, if it did: none is run after it.

    Returns
    -------
    Evidence
        After Ctrl-C of what was finished until then: ``interrupted`` of the results says so.

    Raises
    ------
    ScenarioError
        With everything that is wrong with the scenarios, or with the folders.
    ReplicationError
        If a run fails.
    KeyboardInterrupt
        After Ctrl-C before one replication was finished in every scenario.
    """
    from simulator.experiment.comparison import distinct
    from simulator.presentation.views.shapes import Evidence

    loaded = load_all(names, changes)
    named = distinct(loaded) if len(loaded) > 1 else {loaded[0].name: loaded[0]}
    scenarios = tuple(replace(each, name=name) for name, each in named.items())
    how = _How(tuple(names), tuple(changes), replications, seed, workers, dask, engine)
    read = read_folders(folders, scenarios, names, changes, seed)
    evidence = _run(scenarios, how)
    if not full or any(each.interrupted for each in evidence.results):
        return replace(evidence, analyses=read)
    found = _analyses(scenarios, how, read, refused or tell_refusal, interrupted or _no_matter)
    return Evidence(evidence.scenarios, evidence.results, evidence.comparison, found)


def load_all(names: Sequence[str], changes: Sequence[str]) -> list[LoadedScenario]:
    """Load all scenarios, or say everything that is wrong with any of them.

    Parameters
    ----------
    names : sequence of str
    changes : sequence of str
        As given with ``--set``.
    """
    from simulator.experiment.readiness import load_ready

    found: list[LoadedScenario] = []
    problems: dict[Problem, None] = {}
    for name in names:
        try:
            found.append(load_ready(name, changes))
        except ScenarioError as error:
            problems.update(dict.fromkeys(error.problems))
    if problems:
        raise ScenarioError(list(problems))
    return found


# ------------------------------------------------------------------ the runs


@dataclass(frozen=True, slots=True)
class _How:
    """What was typed."""

    names: tuple[str, ...]
    changes: tuple[str, ...]
    replications: int
    seed: int
    workers: int | None
    dask: str | None
    engine: EngineName | None

    @property
    def some(self) -> int:
        """Replications of an analysis that runs many companies."""
        return min(self.replications, MOST_RUNS_OF_ANALYSES)

    @property
    def varying(self) -> dict[str, int]:
        """How the assumptions are varied: the stated values are judged by the runs of the page."""
        return {**SENSITIVITY, "stated": self.replications}

    def typed(self, command: str, names: Sequence[str], options: Mapping[str, object]) -> list[str]:
        """Return what to type for an analysis."""
        every = {**options, "--seed": self.seed}
        return typed(command, *names, options=every, changes=self.changes)


def _run(scenarios: tuple[LoadedScenario, ...], how: _How) -> Evidence:
    """Run every scenario once a replication, and compare them with the first."""
    from simulator.experiment import Results
    from simulator.experiment.comparison import compare_runs
    from simulator.experiment.execution import Outcome, execute, run_and_measure
    from simulator.presentation.views.shapes import Evidence

    named = {each.name: each for each in scenarios}
    ready = {name: each.scenario for name, each in named.items()}
    # Pair by pair, so that whatever is finished after Ctrl-C can be compared.
    jobs = [(name, number) for number in range(how.replications) for name in named]
    with execution(say("runs¦of progress"), how.workers, how.dask, None, None, how.engine) as runs:
        finished = execute(ready, jobs, how.seed, run_and_measure, runs)
    outcomes: dict[str, dict[int, Outcome]] = {name: {} for name in named}
    for (name, number), outcome in finished.runs.items():
        outcomes[name][number] = outcome
    shared = sorted(set.intersection(*(set(each) for each in outcomes.values())))
    if not shared:
        raise KeyboardInterrupt
    results = tuple(
        Results.of(
            ready[name], name, how.seed, how.replications,
            {number: outcomes[name][number] for number in shared},
        )
        for name in named
    )  # fmt: skip
    comparison = None
    if len(named) > 1:
        measures = {
            name: {number: each.measures for number, each in one.items()}
            for name, one in outcomes.items()
        }
        comparison = compare_runs(named, measures, how.seed, how.replications)
    return Evidence(scenarios, results, comparison, {})


# ------------------------------------------------------------------ the analyses


class _Answer(Protocol):
    """What an analysis gives."""

    def as_json(self) -> dict[str, Any]:
        """Return it as one object."""

    def tables(self) -> Mapping[str, pd.DataFrame]:
        """Return its tables by file name without ending."""


Run = Callable[[], "Analysis"]
Count = Callable[[], int | None]
"""Gives the number of runs, where it is known beforehand."""
_CUT_OFF = "interrupted"
"""Says of an analysis that Ctrl-C ended it, and that it rests on what was finished."""


def _analyses(
    scenarios: tuple[LoadedScenario, ...],
    how: _How,
    read: Mapping[str, Analysis],
    refused: Callable[[str, str], None],
    interrupted: Callable[[str], None],
) -> dict[str, Analysis]:
    """Run what was not read, the quickest first; what does not apply is said.

    The gap to each scenario is attributed; "attribute" is that of the last one, the others are
    "attribute of <scenario>". Ctrl-C ends the analysis that is running, and all after it.
    """
    found, left = dict(read), _plan(scenarios, how)
    for key, run, count in left:
        if key in found:
            continue
        try:
            tell(_coming(key, count()))
            found[key] = run()
            stop = bool(found[key].said.get(_CUT_OFF))
        except ScenarioError as error:
            refused(key, "; ".join(map(str, error.problems)))
            continue
        except ReplicationError as error:  # the runs that were finished are worth a page
            refused(key, str(error))
            continue
        except KeyboardInterrupt:
            stop = True
        if stop:
            interrupted(key)
            for each, _, _ in left:
                if each not in found:
                    refused(each, say("interrupted¦analysis"))
            break
    return found


def _plan(scenarios: tuple[LoadedScenario, ...], how: _How) -> list[tuple[str, Run, Count]]:
    """Return the analyses that there are, in the order of their cost."""
    from simulator.experiment import attribution, bottleneck, sensitivity
    from simulator.experiment.quantities import main_metric

    reference, last = scenarios[0], scenarios[-1]
    plan: list[tuple[str, Run, Count]] = [
        ("bottleneck", partial(_bottleneck, last, how),
         lambda: bottleneck.planned_runs(last, how.some)),
    ]  # fmt: skip
    for place, other in enumerate(scenarios[1:], start=1):
        key = "attribute" if other is last else f"attribute of {other.name}"
        plan.append((
            key, partial(_attribute, scenarios, place, how),
            partial(attribution.planned_runs, reference, other, how.some),
        ))  # fmt: skip
    versus, metric = None if last is reference else last, main_metric(reference.scenario)
    plan += [
        ("sensitivity", partial(_sensitivity, reference, last, how),
         lambda: sensitivity.planned_runs(reference, versus, metric=metric, **how.varying)),
        ("incentives", partial(_incentives, last, how), lambda: None),
    ]  # fmt: skip
    return plan


def _coming(key: str, runs: int | None) -> str:
    """Say what is about to run, and how long that will be, as far as it is known."""
    if runs is None:
        return say(
            "{analysis}: running; what is found decides how many runs it takes",
            analysis=named(key),
        )
    # Of assumptions, those without an effect are found out on the way.
    return say(
        "{analysis}: running, at most {runs} runs" if key == "sensitivity"
        else "{analysis}: running, {runs} runs",
        analysis=named(key), runs=f"{runs:,}",
    )  # fmt: skip


def _bottleneck(last: LoadedScenario, how: _How) -> Analysis:
    from simulator.experiment.bottleneck import bottleneck

    label = say("{scenario}: runs¦of progress", scenario=last.name)
    with execution(label, how.workers, how.dask, None, None, how.engine) as runs:
        result = bottleneck(last, seed=how.seed, replications=how.some, workers=runs)
    again = how.typed("bottleneck", how.names[-1:], {"--replications": how.some})
    return _analysis("bottleneck", result, again, (last,), result.interrupted)


def _attribute(scenarios: Sequence[LoadedScenario], place: int, how: _How) -> Analysis:
    from simulator.experiment.attribution import attribute
    from simulator.experiment.quantities import main_metric

    reference, other = scenarios[0], scenarios[place]
    metric = main_metric(reference.scenario)
    label = say("{a} to {b}: runs¦of progress", a=reference.name, b=other.name)
    with execution(label, how.workers, how.dask, None, None, how.engine) as runs:
        result = attribute(
            reference, other, metric=metric, seed=how.seed, replications=how.some, workers=runs
        )
    options = {"--metric": metric, "--replications": how.some}
    again = how.typed("attribute", (how.names[0], how.names[place]), options)
    return _analysis("attribute", result, again, (reference, other), result.interrupted)


def _sensitivity(reference: LoadedScenario, last: LoadedScenario, how: _How) -> Analysis:
    from simulator.experiment.quantities import main_metric
    from simulator.experiment.sensitivity import sensitivity

    versus = None if last is reference else last
    metric = main_metric(reference.scenario)
    with execution(say("runs¦of progress"), how.workers, how.dask, None, None, how.engine) as runs:
        result = sensitivity(
            reference, versus, metric=metric, seed=how.seed, workers=runs, **how.varying
        )
    options: dict[str, object] = {
        "--versus": None if versus is None else how.names[-1], "--metric": metric,
        **{f"--{name}": count for name, count in how.varying.items()},
    }  # fmt: skip
    again = how.typed("sensitivity", how.names[:1], options)
    of = (reference,) if versus is None else (reference, versus)
    return _analysis("sensitivity", result, again, of, bool(result.missing))


def _incentives(last: LoadedScenario, how: _How) -> Analysis:
    from simulator.experiment.incentives import incentives

    with executing(how.workers, how.dask, how.engine) as runs:
        result = incentives(
            last, starts=INCENTIVES["starts"], steps=INCENTIVES["steps"], doses=False,
            seed=how.seed, replications=INCENTIVES["replications"], fresh=INCENTIVES["fresh"],
            workers=runs, tell=tell,
        )  # fmt: skip
    options = {f"--{name}": count for name, count in INCENTIVES.items()}
    again = [*how.typed("incentives", how.names[-1:], options), "--no-doses"]
    return _analysis("incentives", result, again, (last,), result.interrupted)


def _analysis(
    command: str,
    result: _Answer,
    again: Sequence[str],
    of: Sequence[LoadedScenario],
    cut_off: bool,
) -> Analysis:
    """Keep what an analysis found as it would be read from its folder."""
    import json

    from simulator.presentation import files
    from simulator.presentation.views.shapes import Analysis

    made = made_from({each.name: each.scenario for each in of})
    said = {**result.as_json(), **made, "version": version(), "command": list(again)}
    if cut_off:
        said[_CUT_OFF] = True
    return Analysis(command, json.loads(files.json_text(said)), dict(result.tables()))


def tell_refusal(key: str, why: str) -> None:
    """Tell that an analysis could not be run, and why.

    Parameters
    ----------
    key : str
        Of the analysis.
    why : str
    """
    tell(say("{analysis}: {why}", analysis=named(key), why=why))


def _no_matter(key: str) -> None:
    """Do nothing: whoever does not ask is told by what was refused."""
