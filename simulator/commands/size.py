"""``themodel size``: how many people each team needs to keep a promise, or for a budget."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from simulator.commands.answers import give, typed
from simulator.commands.execution import executing
from simulator.commands.options import (
    AsJson,
    Changes,
    Dask,
    Engine,
    Name,
    Seed,
    Workers,
    folder_option,
)
from simulator.commands.planning import (
    PEOPLE,
    PRICE,
    Also,
    Confidence,
    Cost,
    Fresh,
    Most,
    Told,
    by_team,
    check_folder,
    number,
    problems_of,
    share_in,
    target_option,
    teams_option,
    watched,
    whole,
)
from simulator.commands.terminal import FINDING, INTERRUPTED, tell
from simulator.errors import Problem, ScenarioError
from simulator.languages.messages import say
from simulator.version import version

if TYPE_CHECKING:
    from simulator.planning.sizing_result import Question, Sizing
    from simulator.scenario import LoadedScenario

Target = Annotated[
    list[str] | None,
    target_option(" With --budget or --frontier a METRIC alone: make the most of it."),
]
Budget = Annotated[
    float | None,
    typer.Option(metavar="X", help="Currency a year for everybody: find the best for it."),
]
Frontier = Annotated[
    bool,
    typer.Option(
        "--frontier",
        help="The best for every amount of money, up to --budget (without it: half as much again"
        " as today).",
    ),
]
Least = Annotated[
    list[str] | None,
    typer.Option("--min", metavar="TEAM=N", help="At least so many people; may be repeated."),
]
Teams = Annotated[list[str] | None, teams_option("Which teams are sized")]
Zone = Annotated[
    str,
    typer.Option(
        metavar="SHARE",
        help="Indifference zone of the probability: what comes so near may be taken for good.",
    ),
]
OutFolder = Annotated[
    Path | None, folder_option("tables as CSV, the answer as JSON, a workbook and pictures")
]

WORKBOOK = "plan.xlsx"
_MOST_ZONE = 0.2


def size(
    scenario: Name,
    target: Target = None,
    also: Also = None,
    confidence: Confidence = "90%",
    budget: Budget = None,
    frontier: Frontier = False,
    least: Least = None,
    most: Most = None,
    cost: Cost = None,
    team: Teams = None,
    zone: Zone = "3%",
    fresh: Fresh = 300,
    seed: Seed = 1,
    changes: Changes = None,
    workers: Workers = None,
    engine: Engine = None,
    dask: Dask = None,
    out: OutFolder = None,
    as_json: AsJson = False,
) -> None:
    """Find how many people each team needs.

    Without a budget: the cheapest plan that meets every --target and --also, all in the same run,
    with the --confidence asked for. With --budget: the plan that makes the most of one metric for
    the money. With --frontier: the best for every amount of money. Then what one person more or
    fewer would change, which plans are about as good, and, for targets of a team's own service
    (a wait, say), service and revenue side by side. What is promised is measured in fresh runs.

    Everybody in a plan is there and at full speed from the first day. Takes minutes; Ctrl-C ends
    it and shows the best so far. Ends with 1 if the targets are out of reach.

    \b
    Examples:
      themodel size base --target "final_arr>=1.2e9"
      themodel size base --target "final_arr>=1.2e9" --also "inside_sales.wait_p90<=0.5"
      themodel size base --target "final_arr@12>=9e8" --confidence 80% --max field_sales=10
      themodel size base --target final_arr --budget 280e6 --out plan
      themodel size base --target profit --frontier --team field_sales --team inside_sales
      themodel size base --target "wins>=250" --cost field_sales=15e6 --min revops=1
    """  # fmt: skip
    from simulator.experiment.readiness import load_ready

    loaded = load_ready(scenario, changes or ())
    asked = _asked(
        loaded, target or (), also or (), confidence, budget, frontier, least or (), most or (),
        cost or (), team or (), zone, fresh,
    )  # fmt: skip

    from simulator.planning import sizing
    from simulator.planning.cheapest import Rules
    from simulator.planning.sizing_result import TABLES
    from simulator.presentation import explanation, sizing_tables

    if out is not None:
        check_folder(out, "size", TABLES, _pictures(asked), WORKBOOK)
    with watched() as watch, executing(workers, dask, engine) as how:
        result = sizing.size(
            loaded, asked.targets, also=asked.also, confidence=asked.confidence, budget=budget,
            frontier=frontier, teams=asked.teams, at_least=asked.least, at_most=asked.most,
            costs=asked.costs, rules=Rules(zone=asked.zone), fresh=fresh, seed=seed,
            workers=how, on_progress=watch.search,
        )  # fmt: skip
    options: dict[str, object] = {
        "--target": target, "--also": also, "--confidence": confidence, "--budget": budget,
        "--min": least, "--max": most, "--cost": cost, "--team": team, "--zone": zone,
        "--fresh": fresh, "--seed": seed,
    }  # fmt: skip
    again = typed("size", scenario, options=options, changes=changes or ())
    again += ["--frontier"] if frontier else []
    content = explanation.framed(
        loaded, *sizing_tables.story(result), sizing_tables.closing(result, version())
    )
    beside = _files(result, shlex.join(again)) if out is not None else None
    give(Told(result), content, out, as_json, again, beside=beside)
    if result.interrupted:
        tell(
            say(
                "interrupted after {plans} plans; this is the best of them so far",
                plans=f"{result.evaluations:,}",
            )
        )
        raise typer.Exit(INTERRUPTED)
    if result.status in ("unreachable", "missed"):
        raise typer.Exit(FINDING)


# ------------------------------------------------------------------ what is asked


@dataclass(frozen=True)
class _Asked:
    """What the options tell, once it is known to make sense."""

    targets: tuple[str, ...]
    also: tuple[str, ...]
    confidence: float
    zone: float
    least: dict[str, int]
    most: dict[str, int]
    costs: dict[str, float]
    teams: tuple[str, ...]


def _asked(
    loaded: LoadedScenario,
    targets: Sequence[str],
    also: Sequence[str],
    confidence: str,
    budget: float | None,
    frontier: bool,
    least: Sequence[str],
    most: Sequence[str],
    costs: Sequence[str],
    teams: Sequence[str],
    zone: str,
    fresh: int,
) -> _Asked:
    """Read the options; everything wrong with them is said at once."""
    from simulator.planning.headcount import headcount_of
    from simulator.planning.sizing import check_numbers, wish_of

    problems: list[Problem] = []
    share = share_in("--confidence", confidence, problems)
    width = share_in("--zone", zone, problems)
    if width is not None and not 0.0 < width <= _MOST_ZONE:
        rule = f"must be above 0 and at most {_MOST_ZONE:.0%}: more would promise nothing"
        problems.append(Problem("--zone", "", zone, rule))
    low = by_team("--min", least, whole, PEOPLE, problems)
    high = by_team("--max", most, whole, PEOPLE, problems)
    prices = by_team("--cost", costs, number, PRICE, problems)
    company = loaded.scenario
    question: Question = "frontier" if frontier else "cheapest" if budget is None else "budget"
    checks: list[Callable[[], object]] = [
        lambda: check_numbers(company, 0.9 if share is None else share, budget, fresh),
        lambda: wish_of(company, targets, also, question),
        lambda: headcount_of(company, teams=teams, at_least=low, at_most=high, costs=prices),
    ]
    for check in checks:
        problems += problems_of(check)
    if problems:
        raise ScenarioError(problems)
    assert share is not None
    assert width is not None
    return _Asked(
        tuple(targets), tuple(also), share, width, low, high, prices, tuple(teams)
    )  # fmt: skip


# ------------------------------------------------------------------ files


def _pictures(asked: _Asked) -> list[str]:
    """Name all pictures that there may be."""
    count = len(asked.targets) + len(asked.also)
    levels = [f"service_level_{n}" for n in range(1, count + 1)]
    return ["frontier", "probability", "service_level", *levels]


def _files(result: Sizing, command: str) -> Mapping[str, bytes]:
    """Make the workbook and the pictures."""
    from simulator.presentation.chart_style import file_pairs
    from simulator.presentation.planning_charts import charts
    from simulator.presentation.sizing_workbook import workbook

    return {
        WORKBOOK: workbook(result, version(), command),
        **dict(file_pairs(charts(result))),
    }
