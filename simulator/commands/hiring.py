"""``themodel hiring``: who must start when to keep a promise, or what a plan keeps and breaks."""

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
    from simulator.planning.hiring_result import Hiring
    from simulator.scenario import LoadedScenario

Target = Annotated[list[str] | None, target_option()]
Check = Annotated[
    bool,
    typer.Option("--check", help="Check the scenario's own hiring plan instead of making one."),
]
PlanFile = Annotated[
    Path | None,
    typer.Option(
        "--plan",
        metavar="FILE",
        help="Check the plan of this CSV or XLSX file: people by team and month, as --out writes"
        " it.",
    ),
]
SheetName = Annotated[
    str | None,
    typer.Option(
        "--sheet", metavar="NAME", help="Sheet of the workbook.  [default: the one with a plan]"
    ),
]
Teams = Annotated[list[str] | None, teams_option("Which teams may hire")]
OutFolder = Annotated[
    Path | None,
    folder_option(
        "tables as CSV, the answer as JSON, the plan as CSV, scenario and workbook, and pictures"
    ),
]

WORKBOOK, PLAN, SCENARIO = "plan.xlsx", "hiring_plan.csv", "hiring.yaml"
PICTURES = ("capacity", "by_month", "stress")


def hiring(
    scenario: Name,
    target: Target = None,
    also: Also = None,
    confidence: Confidence = "90%",
    check: Check = False,
    plan: PlanFile = None,
    sheet: SheetName = None,
    team: Teams = None,
    most: Most = None,
    cost: Cost = None,
    fresh: Fresh = 300,
    seed: Seed = 1,
    changes: Changes = None,
    workers: Workers = None,
    engine: Engine = None,
    dask: Dask = None,
    out: OutFolder = None,
    as_json: AsJson = False,
) -> None:
    """Find who must start when, or where a hiring plan breaks.

    Makes the plan with the fewest hires, each as late as can be, that still meets every --target
    and --also, all in the same run, with the --confidence asked for. Hires that the scenario
    states are taken as decided. Time to fill a place, ramp, people who quit and their
    replacements are those of the scenario; nobody is let go. With --check (the scenario's own
    plan) or --plan (a file's) it makes none, but says whether the plan keeps the promise and
    where it breaks first. Both say what one more person would mend and what a late start, more
    people who quit or a slower ramp would do. What is promised is measured in fresh runs.

    Takes minutes; Ctrl-C ends it and shows what is known. Ends with 1 if the plan does not keep
    the promise, or none can.

    \b
    Examples:
      themodel hiring base --target "final_arr>=1.2e9"
      themodel hiring base --target "arr@12>=1.1e9" --target "arr@24>=1.3e9" --out plan
      themodel hiring base --target "final_arr>=1.2e9" --also "inside_sales.wait_p90<=0.5"
      themodel hiring base --target "wins>=250" --team field_sales --max field_sales=12
      themodel hiring hiring_plan --check --target "arr@9-12>=1.05e9" --confidence 80%
      themodel hiring base --plan plan/plan.xlsx --sheet Plan --target "final_arr>=1.2e9"

    \b
    A plan as a file, one row for each team and month of the run, or one column for each team:
      team,month,people                    month,inside_sales,field_sales
      field_sales,1,8                      1,6,8
      field_sales,2,9                      2,6,9
    """  # fmt: skip
    from simulator.experiment.readiness import load_ready

    loaded = load_ready(scenario, changes or ())
    asked = _asked(
        loaded, target or (), also or (), confidence, check, plan, sheet, team or (), most or (),
        cost or (), fresh,
    )  # fmt: skip

    from simulator.planning import hiring as planning
    from simulator.planning.hiring_result import TABLES
    from simulator.presentation import explanation, hiring_tables

    if out is not None:
        check_folder(out, "hiring", TABLES, PICTURES, WORKBOOK, PLAN, SCENARIO)
    with watched() as watch, executing(workers, dask, engine) as how:
        result = planning.plan_hiring(
            loaded, asked.targets, also=asked.also, confidence=asked.confidence, check=check,
            plan=plan, sheet=sheet, teams=asked.teams, at_most=asked.most, costs=asked.costs,
            fresh=fresh, seed=seed, workers=how,
            on_progress=watch.search,
        )  # fmt: skip
    options: dict[str, object] = {
        "--target": target, "--also": also, "--confidence": confidence, "--plan": plan,
        "--sheet": sheet, "--team": team, "--max": most, "--cost": cost, "--fresh": fresh,
        "--seed": seed,
    }  # fmt: skip
    again = typed("hiring", scenario, options=options, changes=changes or ())
    again += ["--check"] if check else []
    content = explanation.framed(
        loaded, *hiring_tables.story(result), hiring_tables.closing(result, version())
    )
    beside = _files(result, loaded, out, again) if out is not None else None
    give(Told(result), content, out, as_json, again, beside=beside)
    if result.interrupted:
        tell(say("interrupted: this is what is known so far"))
        raise typer.Exit(INTERRUPTED)
    if result.status != "met":
        raise typer.Exit(FINDING)


# ------------------------------------------------------------------ what is asked


@dataclass(frozen=True)
class _Asked:
    """What the options tell, once it is known to make sense."""

    targets: tuple[str, ...]
    also: tuple[str, ...]
    confidence: float
    teams: tuple[str, ...]
    most: dict[str, int]
    costs: dict[str, float]


def _asked(
    loaded: LoadedScenario,
    targets: Sequence[str],
    also: Sequence[str],
    confidence: str,
    check: bool,
    plan: Path | None,
    sheet: str | None,
    teams: Sequence[str],
    most: Sequence[str],
    costs: Sequence[str],
    fresh: int,
) -> _Asked:
    """Read the options; everything wrong with them is said at once."""
    from simulator.planning.headcount import headcount_of
    from simulator.planning.plan_reading.plan_files import read_plan
    from simulator.planning.sizing import check_numbers
    from simulator.planning.targets import check_together, read_target

    company = loaded.scenario
    problems = _contradictions(check, plan, sheet, teams, most)
    share = share_in("--confidence", confidence, problems)
    high = by_team("--max", most, whole, PEOPLE, problems)
    prices = by_team("--cost", costs, number, PRICE, problems)
    if not targets:
        rule = 'say what to reach, such as --target "final_arr>=1.2e9"'
        problems.append(Problem("--target", "", "", rule))
    written = [(text, "--target") for text in targets] + [(text, "--also") for text in also]
    read = []
    for text, option in written:
        try:
            read.append(read_target(text, company, option))
        except ScenarioError as error:
            problems += error.problems
    checks: list[Callable[[], object]] = [
        lambda: check_numbers(company, 0.9 if share is None else share, None, fresh),
        lambda: check_together(read),
        lambda: headcount_of(company, teams=teams, at_most=high, costs=prices),
    ]
    if plan is not None:
        checks.append(lambda: read_plan(plan, company, sheet))
    for one in checks:
        problems += problems_of(one)
    if problems:
        raise ScenarioError(problems)
    assert share is not None
    return _Asked(tuple(targets), tuple(also), share, tuple(teams), high, prices)


def _contradictions(
    check: bool, plan: Path | None, sheet: str | None, teams: Sequence[str], most: Sequence[str]
) -> list[Problem]:
    """Say which options do not go together."""
    problems = []
    if check and plan is not None:
        rule = "checks the scenario's own plan, --plan that of a file: leave out one of them"
        problems.append(Problem("--check", "", "", rule))
    if sheet is not None and plan is None:
        rule = "names a sheet of a workbook: name the workbook with --plan FILE"
        problems.append(Problem("--sheet", "", sheet, rule))
    if check or plan is not None:
        problems += [
            Problem(option, "", text, "limits a plan that is made; one that is checked is as it is")
            for option, texts in (("--team", teams), ("--max", most))
            for text in texts
        ]
    return problems


# ------------------------------------------------------------------ files


def _files(
    result: Hiring, loaded: LoadedScenario, out: Path, again: Sequence[str]
) -> Mapping[str, bytes]:
    """Make the plan to be read again, the scenario, the workbook and the pictures."""
    from simulator.planning.hiring_scenario import scenario_text
    from simulator.planning.plan_reading.plan_files import plan_rows
    from simulator.presentation.chart_style import file_pairs
    from simulator.presentation.hiring_charts import charts
    from simulator.presentation.hiring_workbook import workbook

    rows = plan_rows(result.headcounts)
    return {
        PLAN: "".join(f"{','.join(row)}\n" for row in rows).encode(),
        SCENARIO: scenario_text(result, loaded, out, again, version()).encode(),
        WORKBOOK: workbook(result, version(), shlex.join(again)),
        **dict(file_pairs(charts(result))),
    }
