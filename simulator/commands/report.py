"""``themodel report``: everything about one or several scenarios as one page."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from simulator.commands.answers import typed
from simulator.commands.evidence import gather
from simulator.commands.options import AsJson, Dask, Engine, Replications, Seed, Workers
from simulator.commands.terminal import tell
from simulator.errors import OutputError, Problem, ScenarioError
from simulator.languages.messages import say
from simulator.version import version

if TYPE_CHECKING:
    from simulator.engine import EngineName
    from simulator.presentation.views.shapes import Evidence

Shown = Annotated[
    list[str],
    typer.Argument(
        metavar="SCENARIO...",
        help="Files, or names of shipped scenarios: the first is the reference.",
    ),
]
Output = Annotated[
    Path, typer.Option("-o", "--output", metavar="FILE", help="The page; must end in .html.")
]
Full = Annotated[
    bool,
    typer.Option(
        "--full", help="Also run the analyses: constraint, attribution, sensitivity, incentives."
    ),
]
From = Annotated[
    list[Path] | None,
    typer.Option(
        "--from",
        metavar="DIR",
        help="Show what attribute, bottleneck, sensitivity or incentives wrote with --out;"
        " may be repeated.",
    ),
]
EveryChange = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="KEY.PATH=VALUE", help="Change one value in all scenarios; repeatable."
    ),
]


def report(
    scenarios: Shown,
    output: Output = Path("report.html"),
    full: Full = False,
    folders: From = None,
    replications: Replications = 20,
    seed: Seed = 1,
    changes: EveryChange = None,
    workers: Workers = None,
    engine: Engine = None,
    dask: Dask = None,
    as_json: AsJson = False,
) -> None:
    """Write everything about one or several scenarios as one page to look at.

    One file that needs nothing else: it opens from an e-mail, prints on A4, and carries a table
    behind every chart, the definition of every metric, the source of every number, and the command
    that makes it again. All scenarios run with the same luck; the first is the reference.

    With --full the constraint of the last scenario, what of the gap belongs to whom (both by up to
    10 replications), the sensitivity to assumptions (2 walks, 4 assumptions, samples of 8, 40
    points, 4 runs) and what departments would do (1 start, 6 steps, 4 and 12 runs) are found too,
    the quickest first; that takes minutes. Finer analyses of their own are shown by --from. Ctrl-C
    writes what is finished.

    \b
    Examples:
      themodel report shared divisional
      themodel report shared divisional --full -o divisional.html --lang ja
      themodel attribute shared divisional --out attribute
      themodel report shared divisional --from attribute -o divisional.html
    """  # fmt: skip
    _check_output(output)

    from simulator.presentation.report import Asked
    from simulator.presentation.report import report as page_of

    refused: dict[str, str] = {}

    def on_refusal(command: str, why: str) -> None:
        refused[command] = why
        tell(f"{command}: {why}")

    evidence = gather(
        scenarios, changes=changes or (), replications=replications, seed=seed, workers=workers,
        dask=dask, engine=engine, folders=folders or (), full=full, refused=on_refusal,
    )  # fmt: skip
    options = {"--replications": replications, "--seed": seed, "--from": folders}
    again = typed("report", *scenarios, options=options, changes=changes or ())
    again += [*(["--full"] if full else []), "-o", output.name]
    wanted = typed("", options={"--seed": seed}, changes=changes or ())[2:]
    page = page_of(
        evidence,
        Asked(tuple(scenarios), tuple(wanted), shlex.join(again)),
        version=version(),
        journeys=_journeys(evidence, seed, engine),
        refused=refused,
    )
    failure = _written(output, page.html)
    if as_json:
        from simulator.presentation import files

        typer.echo(files.json_text(page.data))
    first = evidence.results[0]
    if first.interrupted:
        done = say("{done} of {asked} replications", done=len(first.numbers), asked=first.asked)
        tell(say("interrupted after {after}", after=done))
    if failure is not None:
        raise failure
    tell(say("written to {place}", place=output))


def _check_output(output: Path) -> None:
    """Find out before minutes of runs whether the page can be written."""
    from simulator import disk

    if output.is_dir():
        raise ScenarioError([Problem("-o", "", str(output), "is a folder; name a file")])
    if output.suffix != ".html":
        raise ScenarioError([Problem("-o", "", str(output), "must end in .html")])
    disk.check_folder(output.parent, [output.name])


def _written(output: Path, html: str) -> OutputError | None:
    """Write the page whole or not at all; return what went wrong."""
    from simulator import disk

    try:
        disk.write_files(output.parent, {output.name: html.encode()})
    except OutputError as error:
        return error  # long runs are worth printing as JSON even if they cannot be kept
    return None


def _journeys(evidence: Evidence, seed: int, engine: EngineName | None) -> dict[str, Any]:
    """Follow the buyers of one run of the reference and of the last scenario."""
    from simulator.engine import run, using
    from simulator.presentation.pictures.journey import flow_data

    found = {}
    for loaded in dict.fromkeys((0, len(evidence.scenarios) - 1)):
        scenario = evidence.scenarios[loaded]
        with using(engine):
            found[scenario.name] = flow_data(run(scenario.scenario, seed, 0, scenario.name))
    return found
