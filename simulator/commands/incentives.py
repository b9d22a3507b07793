"""``themodel incentives``: what departments would do under their measures, and what that costs."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from simulator.commands.answers import give, typed
from simulator.commands.options import (
    AnswerFolder,
    AsJson,
    Changes,
    Engine,
    Name,
    Seed,
    Workers,
)
from simulator.commands.terminal import FINDING, INTERRUPTED, processors, tell
from simulator.errors import Problem, ScenarioError
from simulator.languages.messages import say
from simulator.version import version

if TYPE_CHECKING:
    from simulator.experiment.objectives import Agreement, Range
    from simulator.experiment.price_of_silos import Incentives
    from simulator.scenario import LoadedScenario

Weight = Annotated[
    list[str] | None,
    typer.Option(
        "--weight",
        metavar="DEPARTMENT=W",
        help="Weight of the shared measure, 0 (own only) to 1 (shared only); may be repeated.",
    ),
]
Weights = Annotated[
    float | None,
    typer.Option("--weights", metavar="W", help="The same for all departments."),
]
Norm = Annotated[
    float,
    typer.Option(
        metavar="STRENGTH",
        help="What straying from the professional norm costs people; 0: nothing.",
    ),
]
Shared = Annotated[
    str | None,
    typer.Option(
        metavar="METRIC", help="Shared measure.  [default: mrr_end; one-off sales: revenue]"
    ),
]
Own = Annotated[
    list[str] | None,
    typer.Option("--own", metavar="DEPARTMENT=METRIC", help="Its own measure; may be repeated."),
]
Ranges = Annotated[
    list[str] | None,
    typer.Option(
        "--range", metavar="PATH=LOW..HIGH", help="What a decision may be; may be repeated."
    ),
]
Agree = Annotated[
    list[str] | None,
    typer.Option(
        "--agree",
        metavar='"PATH>=X"',
        help="What departments agree on: a decision or a service level; >= or <=; may be repeated.",
    ),
]
Starts = Annotated[int, typer.Option(help="From how many places it is searched.", min=1, max=100)]
Steps = Annotated[
    int, typer.Option(help="How finely: steps in the range of a decision.", min=1, max=1000)
]
Doses = Annotated[
    bool,
    typer.Option("--doses/--no-doses", help="Also for other weights, together and one by one."),
]
Remedies = Annotated[
    bool,
    typer.Option("--remedies", help="Also with a shared measure, an agreed definition and RevOps."),
]
Searching = Annotated[
    int, typer.Option(help="How many runs a choice is searched by.", min=2, max=1000)
]
Fresh = Annotated[
    int, typer.Option(help="How many other runs the outcome is measured by.", min=2, max=1000)
]
Write = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="Write what they would do as a scenario that extends this one."
    ),
]
_AGREEMENT = re.compile(r"\s*(?P<path>[^<>=]+?)\s*(?P<sign>>=|<=)\s*(?P<value>[^<>=]+?)\s*")


def incentives(
    scenario: Name,
    weight: Weight = None,
    weights: Weights = None,
    norm: Norm = 0.3,
    shared: Shared = None,
    own: Own = None,
    ranges: Ranges = None,
    agree: Agree = None,
    starts: Starts = 2,
    steps: Steps = 12,
    doses: Doses = True,
    remedies: Remedies = False,
    replications: Searching = 8,
    fresh: Fresh = 24,
    seed: Seed = 1,
    changes: Changes = None,
    workers: Workers = None,
    engine: Engine = None,
    out: AnswerFolder = None,
    write: Write = None,
    as_json: AsJson = False,
) -> None:
    """Find what departments would do under their measures, and what that costs.

    Each department has a weight between its own measure (0) and a shared one (1), and does what
    pays it best, given what the others do, until nobody gains by a change. What the same people
    could reach together is searched, too: what lies between the two is the price of silos. Then
    the weights are varied, all together and one department at a time; with --remedies, a shared
    measure, an agreed definition and RevOps are tried, each alone and together. Decisions that
    the scenario states are only one place to begin at.

    A full analysis takes minutes; --no-doses, --starts 1 and fewer runs make it quick. Ctrl-C ends
    it and shows what is known. Ends with 1 if departments do not come to rest.

    \b
    Examples:
      themodel incentives divisional
      themodel incentives divisional --weight marketing=1 --no-doses
      themodel incentives divisional --weights 0.5 --norm 1 --shared profit
      themodel incentives divisional --remedies --agree "inside_sales.booking_cutoff>=0.25"
      themodel incentives base --own marketing=opportunity_rate --range field_sales.promise=0..0.5
      themodel incentives divisional --no-doses --write mine/would_do.yaml
    """  # fmt: skip
    from simulator.experiment.readiness import load_ready

    loaded = load_ready(scenario, changes or ())
    asked = _asked(
        loaded, weights, weight or (), norm, shared, own or (), ranges or (), agree or ()
    )
    _check_targets(out, write, bool(changes))

    from simulator.engine import prepare
    from simulator.experiment import Execution
    from simulator.experiment.incentives import incentives as analysis
    from simulator.presentation import explanation, incentives_tables
    from simulator.presentation.flowing import Flowing

    prepare(engine, tell)
    # No bar: nobody knows beforehand how many companies a search will try. Each step says a line.
    how = Execution(workers or processors(), on_trouble=tell, engine=engine)
    result = analysis(
        loaded, weights=asked.weights, shared=shared, own=asked.own, norm=norm,
        ranges=asked.ranges, agree=asked.agreed, starts=starts, steps=steps, doses=doses,
        remedies=remedies, seed=seed, replications=replications, fresh=fresh, workers=how,
        tell=tell,
    )  # fmt: skip
    content = explanation.framed(
        loaded,
        *incentives_tables.story(result),
        Flowing(incentives_tables.closing(result, version())),
    )
    options: dict[str, object] = {
        "--weights": weights, "--weight": weight, "--norm": norm, "--shared": shared, "--own": own,
        "--range": ranges, "--agree": agree, "--starts": starts, "--steps": steps,
        "--replications": replications, "--fresh": fresh, "--seed": seed,
    }  # fmt: skip
    again = typed("incentives", scenario, options=options, changes=changes or ())
    again += [*([] if doses else ["--no-doses"]), *(["--remedies"] if remedies else [])]
    give(result, content, out, as_json, again, scenarios={loaded.name: loaded.scenario})
    if write is not None:
        _write(write, result, loaded, again)
    if result.interrupted:
        step = result.stopped_at
        tell(say("interrupted while {step}; what came before is complete", step=step))
        raise typer.Exit(INTERRUPTED)
    if not _is_at_rest(result):
        raise typer.Exit(FINDING)


def _is_at_rest(result: Incentives) -> bool:
    return result.equilibria is not None and bool(result.equilibria.groups)


# ------------------------------------------------------------------ what is asked


@dataclass(frozen=True)
class _Asked:
    """What the options tell, once it is known to make sense."""

    weights: dict[str, float]
    own: dict[str, str]
    ranges: tuple[Range, ...]
    agreed: tuple[Agreement, ...]


def _asked(
    loaded: LoadedScenario,
    weights: float | None,
    weight: Sequence[str],
    norm: float,
    shared: str | None,
    own: Sequence[str],
    ranges: Sequence[str],
    agree: Sequence[str],
) -> _Asked:
    """Read the options; everything wrong with them is said at once."""
    from simulator.experiment import objectives

    problems: list[Problem] = []
    by_team = _weights(weights, weight, problems)
    measures = _by_department("--own", own, "METRIC", problems)
    chosen, agreed = _ranges(ranges, problems), _agreements(agree, problems)
    company = loaded.scenario
    checks: list[Callable[[], object]] = [
        lambda: objectives.objectives_of(company, None, {}, norm, ()),
        lambda: objectives.levers(company, chosen, agreed),
    ]
    if shared is not None:
        checks.append(lambda: objectives.kpi_of(shared, "--shared"))
    for check in checks:
        problems += _problems(check)
    for team, metric in measures.items():
        found = _problems(partial(objectives.kpi_of, metric, "--own"))
        problems += [replace(each, key=team) for each in found]
    if problems:
        raise ScenarioError(problems)
    return _Asked(by_team, measures, chosen, agreed)


def _problems(check: Callable[[], object]) -> list[Problem]:
    try:
        check()
    except ScenarioError as error:
        return error.problems
    return []


def _weights(
    same: float | None, stated: Sequence[str], problems: list[Problem]
) -> dict[str, float]:
    from simulator.metrics.definitions import TEAMS

    rule = "must be 0 (own measure only) to 1 (shared measure only)"
    found: dict[str, float] = {}
    if same is not None:
        if not 0.0 <= same <= 1.0:
            problems.append(Problem("--weights", "", f"{same:g}", rule))
        found = dict.fromkeys(TEAMS, same)
    for team, text in _by_department("--weight", stated, "W", problems).items():
        value = _number(text)
        if value is None or not 0.0 <= value <= 1.0:
            said = f"is no number; it {rule}" if value is None else rule
            problems.append(Problem("--weight", team, text, said))
            continue
        found[team] = value
    return found


def _by_department(
    option: str, stated: Sequence[str], what: str, problems: list[Problem]
) -> dict[str, str]:
    """Read DEPARTMENT=VALUE."""
    from simulator.metrics.definitions import TEAMS
    from simulator.scenario.outline import nearest

    found: dict[str, str] = {}
    for text in stated:
        team, equals, value = (part.strip() for part in text.partition("="))
        if not equals or not team or not value:
            problems.append(Problem(option, "", text, f"must be DEPARTMENT={what}"))
        elif team not in TEAMS:
            rule = f"is no department{nearest(team, TEAMS)}; there are {', '.join(TEAMS)}"
            problems.append(Problem(option, "", team, rule))
        elif team in found:
            problems.append(Problem(option, "", team, "is stated twice"))
        else:
            found[team] = value
    return found


def _ranges(stated: Sequence[str], problems: list[Problem]) -> tuple[Range, ...]:
    """Read PATH=LOW..HIGH."""
    from simulator.experiment.objectives import Range

    found: dict[str, Range] = {}
    for text in stated:
        path, equals, ends = (part.strip() for part in text.partition("="))
        first, dots, last = ends.partition("..")
        low, high = _number(first), _number(last)
        if not equals or not path or not dots or low is None or high is None:
            rule = "must be PATH=LOW..HIGH with two numbers: field_sales.promise=0..0.5"
            problems.append(Problem("--range", "", text, rule))
        elif path in found:
            problems.append(Problem("--range", path, text, "is stated twice"))
        else:
            found[path] = Range(path, low, high)
    return tuple(found.values())


def _agreements(stated: Sequence[str], problems: list[Problem]) -> tuple[Agreement, ...]:
    """Read PATH>=X and PATH<=X."""
    from simulator.experiment.objectives import Agreement

    found = []
    for text in stated:
        parts = _AGREEMENT.fullmatch(text)
        value = _number(parts["value"]) if parts else None
        if parts is None or value is None:
            rule = 'must be "PATH>=NUMBER" or "PATH<=NUMBER": "inside_sales.booking_cutoff>=0.2"'
            problems.append(Problem("--agree", "", text, rule))
            continue
        found.append(Agreement(parts["path"], ">=" if parts["sign"] == ">=" else "<=", value))
    return tuple(found)


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


# ------------------------------------------------------------------ files


def _check_targets(out: Path | None, write: Path | None, changed: bool) -> None:
    """Find out before minutes of search whether its results can be written."""
    if out is None and write is None:
        return
    from simulator import disk
    from simulator.experiment.price_of_silos import TABLES

    if out is not None:
        disk.check_folder(out, [*(f"{name}.csv" for name in TABLES), "incentives.json"])
    if write is None:
        return
    if changed:
        rule = "would leave out what --set changes: put that into a file, and search its decisions"
        raise ScenarioError([Problem("--write", "", str(write), rule)])
    if write.exists() and not write.is_dir():
        rule = "is there already; nothing is written over: name another file"
        raise ScenarioError([Problem("--write", "", str(write), rule)])
    if write.is_dir():
        raise ScenarioError([Problem("--write", "", str(write), "is a folder; name a file")])
    if write.suffix not in (".yaml", ".yml"):
        raise ScenarioError([Problem("--write", "", str(write), "must end in .yaml")])
    if not write.parent.is_dir():
        rule = f"there is no folder {write.parent}; make it first"
        raise ScenarioError([Problem("--write", "", str(write), rule)])
    disk.check_folder(write.parent, [write.name])


def _write(file: Path, result: Incentives, loaded: LoadedScenario, again: Sequence[str]) -> None:
    from simulator.experiment.price_of_silos import EQUILIBRIUM
    from simulator.experiment.provenance_of_decisions import write_decisions

    if EQUILIBRIUM not in result.cases or not _is_at_rest(result):
        tell(say("not written to {file}: the departments did not come to rest", file=file))
        return
    write_decisions(file, result, loaded, again)
    tell(say("written to {place}", place=file))
