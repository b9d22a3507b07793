"""``themodel attribute``: what of the gap between two scenarios belongs to what."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from simulator.commands.answers import give, stopped, typed
from simulator.commands.execution import execution, open_store
from simulator.commands.options import (
    AsJson,
    Changes,
    Dask,
    Engine,
    Out,
    Replications,
    Resume,
    Seed,
    Workers,
)
from simulator.errors import Problem, ScenarioError
from simulator.languages.messages import say
from simulator.version import version


class By(StrEnum):
    """The ways of sorting differences into factors."""

    departments = "departments"
    handoffs = "handoffs"
    mechanisms = "mechanisms"


Metrics = Annotated[
    list[str] | None,
    typer.Option("--metric", metavar="ID", help="Whose gap; may be repeated.  [default: mrr_end]"),
]


def attribute(
    a: Annotated[str, typer.Argument(metavar="A", help="The scenario to start from.")],
    b: Annotated[str, typer.Argument(metavar="B", help="The one whose gap is explained.")],
    by: Annotated[
        By | None,
        typer.Option(help="What the gap is split by.  [default: departments]"),
    ] = None,
    factor: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=PATH,PATH",
            help="Instead of --by: keys that change together, with all below them; repeat it.",
        ),
    ] = None,
    metric: Metrics = None,
    replications: Replications = 10,
    seed: Seed = 1,
    changes: Changes = None,
    workers: Workers = None,
    engine: Engine = None,
    dask: Dask = None,
    out: Out = None,
    resume: Resume = False,
    as_json: AsJson = False,
) -> None:
    """Say what of the gap between A and B belongs to which department, handoff or mechanism.

    Runs the combinations between A and B (some factors as in A, the others as in B) with the
    same buyers and luck, and splits the gap into shares that add up to it exactly. Four factors
    take 16 runs per replication, six take 64; of more, orders are sampled. --set changes both.

    \b
    Examples:
      themodel attribute shared divisional
      themodel attribute shared divisional --by mechanisms --metric mrr_end --metric logo_churn
      themodel attribute shared divisional --factor "promises=decisions.field_sales.promise"
    """  # fmt: skip
    from simulator.experiment.readiness import load_ready

    factors = _factors(factor or ())
    if factors and by is not None:
        rule = "names its own factors: leave out --by or --factor"
        raise ScenarioError([Problem("--factor", "", "", rule)])
    first, second = (load_ready(name, changes or ()) for name in (a, b))

    from simulator.experiment import attribution as analysis
    from simulator.experiment.comparison import distinct
    from simulator.presentation import attribution_tables, explanation
    from simulator.presentation.flowing import Flowing

    both = {name: each.scenario for name, each in distinct([first, second]).items()}
    store = open_store(out, resume, "attribute", both, seed, analysis.TABLES)
    what = say("{a} to {b}: runs¦of progress", a=first.name, b=second.name)
    with execution(what, workers, dask, store, None, engine) as how:
        result = analysis.attribute(
            first,
            second,
            metric=metric or "mrr_end",
            by=by.value if by is not None else "departments",
            factors=factors or None,
            seed=seed,
            replications=replications,
            workers=how,
        )
    content = [
        *explanation.changes(first),
        *attribution_tables.story(result),
        Flowing(attribution_tables.closing(result, version())),
        *explanation.notes(first),
        *explanation.notes(second),
    ]
    options = {
        "--by": by.value if by is not None else None,
        "--factor": factor,
        "--metric": metric,
        "--replications": replications,
        "--seed": seed,
    }
    again = typed("attribute", a, b, options=options, changes=changes or ())
    give(result, content, out, as_json, again, stopped(result), scenarios=both)


def _factors(stated: list[str] | tuple[str, ...]) -> dict[str, list[str]]:
    """Read NAME=PATH,PATH."""
    found: dict[str, list[str]] = {}
    problems = []
    for text in stated:
        name, equals, paths = text.partition("=")
        name = name.strip()
        if not equals or not name:
            problems.append(Problem("--factor", "", text, "must be NAME=PATH,PATH"))
        elif name in found:
            problems.append(Problem("--factor", "", name, "is named twice"))
        else:
            found[name] = [path.strip() for path in paths.split(",") if path.strip()]
    if problems:
        raise ScenarioError(problems)
    return found
