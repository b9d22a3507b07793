"""``themodel structure``: how a company should be put together, at equal cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated

import typer

from simulator.commands.answers import give, typed
from simulator.commands.execution import executing
from simulator.commands.options import (
    AnswerFolder,
    AsJson,
    Changes,
    Dask,
    Engine,
    Name,
    Seed,
    Workers,
)
from simulator.commands.planning import Also, Cost, by_team, check_folder, number, share_in, watched
from simulator.commands.terminal import INTERRUPTED, tell
from simulator.errors import Problem, ScenarioError
from simulator.languages.messages import say
from simulator.version import version

Question = Annotated[
    list[str] | None,
    typer.Option(
        "--question",
        metavar="NAME",
        help="ratio, generalists, split or revops; may be repeated.  [default: all]",
    ),
]
Split = Annotated[
    list[str] | None,
    typer.Option(
        "--split",
        metavar="TEAM=CHANNEL,...",
        help="A team to split, and the channels of its separate group; may be repeated."
        "  [default: inside and field sales, the best-fitting channels apart]",
    ),
]
Goal = Annotated[
    str | None,
    typer.Option(
        "--target",
        metavar="METRIC",
        help="What to make the most of, such as final_arr or wins@12.  [default: mrr_end; one-off"
        " sales: revenue]",
    ),
]
Confidence = Annotated[
    str, typer.Option(metavar="SHARE", help="How probable it must be that --also is met.")
]
Budget = Annotated[
    float | None,
    typer.Option(
        metavar="X", help="Currency a year for everybody.  [default: what the company costs today]"
    ),
]
Fresh = Annotated[
    int, typer.Option(help="In how many runs, which no search has seen, each is measured.")
]


def structure(
    scenario: Name,
    question: Question = None,
    split: Split = None,
    target: Goal = None,
    also: Also = None,
    confidence: Confidence = "90%",
    budget: Budget = None,
    cost: Cost = None,
    fresh: Fresh = 200,
    seed: Seed = 1,
    changes: Changes = None,
    workers: Workers = None,
    engine: Engine = None,
    dask: Dask = None,
    out: AnswerFolder = None,
    as_json: AsJson = False,
) -> None:
    """Compare ways to put a company together, at equal cost.

    ratio: how to divide money between inside and field sales. generalists: half or all of both
    trained for each other's work. split: teams in two groups, by channel. revops: nobody, one or
    two in RevOps, paid by fewer people elsewhere. For each the best headcount within the budget
    is looked for; the best ones are measured in fresh runs, all with the same luck, against the
    company as it is with its own best headcount.

    Takes minutes; Ctrl-C ends it and shows what is finished.

    \b
    Examples:
      themodel structure base
      themodel structure base --question generalists --question revops
      themodel structure base --split inside_sales=referral,webinar --out structures
      themodel structure base --target final_arr --budget 280e6 --also "logo_churn<=20%"
      themodel structure base --question ratio --cost field_sales=15e6
    """  # fmt: skip
    from simulator.experiment.readiness import load_ready

    loaded = load_ready(scenario, changes or ())
    problems: list[Problem] = []
    share = share_in("--confidence", confidence, problems)
    form = "X, currency a year: field_sales=15e6"
    prices = by_team("--cost", cost or (), number, form, problems)
    splits = _splits(split or (), problems)
    if problems:
        raise ScenarioError(problems)
    assert share is not None

    from simulator.planning import structure as planning
    from simulator.planning.structure_options import QUESTIONS
    from simulator.planning.structure_result import TABLES
    from simulator.presentation import explanation, structure_tables
    from simulator.presentation.flowing import Flowing

    if out is not None:
        check_folder(out, "structure", TABLES)
    with watched() as watch, executing(workers, dask, engine) as how:
        result = planning.structure(
            loaded, goal=target, also=also or (), confidence=share, budget=budget,
            questions=question or QUESTIONS, splits=splits, costs=prices, fresh=fresh, seed=seed,
            workers=how, on_progress=watch.search,
        )  # fmt: skip
    content = explanation.framed(
        loaded,
        *structure_tables.story(result),
        Flowing(structure_tables.closing(result, version())),
    )
    options: dict[str, object] = {
        "--question": question, "--split": split, "--target": target, "--also": also,
        "--confidence": confidence, "--budget": budget, "--cost": cost, "--fresh": fresh,
        "--seed": seed,
    }  # fmt: skip
    again = typed("structure", scenario, options=options, changes=changes or ())
    give(result, content, out, as_json, again)
    if result.interrupted:
        runs = f"{result.runs:,}"
        tell(say("interrupted after {runs} runs; this is what was finished", runs=runs))
        raise typer.Exit(INTERRUPTED)


def _splits(stated: Sequence[str], problems: list[Problem]) -> Mapping[str, tuple[str, ...]]:
    """Read TEAM=CHANNEL,CHANNEL."""
    found: dict[str, tuple[str, ...]] = {}
    for text in stated:
        team, _, said = (part.strip() for part in text.partition("="))
        channels = tuple(name.strip() for name in said.split(",") if name.strip())
        if not team or not channels:
            rule = "must be TEAM=CHANNEL,CHANNEL: inside_sales=referral,webinar"
            problems.append(Problem("--split", "", text, rule))
        elif team in found:
            problems.append(Problem("--split", team, said, "is stated twice"))
        else:
            found[team] = channels
    return found
