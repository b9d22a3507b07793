"""``themodel report``: everything about one or several scenarios as one page."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from simulator.commands.answers import stopped, typed
from simulator.commands.evidence import gather, tell_refusal
from simulator.commands.evidence_folders import typed_of
from simulator.commands.options import (
    AsJson,
    Compared,
    Dask,
    Engine,
    EveryChange,
    Replications,
    Seed,
    Workers,
    analyses_option,
)
from simulator.commands.terminal import INTERRUPTED, tell
from simulator.errors import OutputError, Problem, ScenarioError
from simulator.languages.languages import spoken
from simulator.languages.messages import say
from simulator.presentation.analysis_commands import named
from simulator.version import version

if TYPE_CHECKING:
    from simulator.engine import EngineName
    from simulator.organization.journal import Journal
    from simulator.presentation.views.shapes import Evidence

MOST_BYTES_OF_JOURNEYS = 160_000
"""Of all buyers on their way that a page shows together."""

Output = Annotated[
    Path, typer.Option("-o", "--output", metavar="FILE", help="The page; must end in .html.")
]
Full = Annotated[
    bool,
    typer.Option(
        "--full", help="Also run the analyses: constraint, attribution, sensitivity, incentives."
    ),
]
From = Annotated[list[Path] | None, analyses_option("Show")]


def report(
    scenarios: Compared,
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
    the quickest first; that takes minutes. Finer analyses of their own are shown by --from.

    Ends with 0 when the page is written, 1 if a run failed, 2 on wrong input. After Ctrl-C it
    writes a page of what is finished, says so, and ends with 130.

    \b
    Examples:
      themodel report shared divisional
      themodel report shared divisional --full -o divisional.html --lang ja
      themodel attribute shared divisional --out attribute
      themodel report shared divisional --from attribute -o divisional.html
    """  # fmt: skip
    _check_output(output)

    from simulator.presentation.report import MOST_BYTES, Asked
    from simulator.presentation.report import report as page_of

    refused: dict[str, str] = {}
    cut_off: list[str] = []

    def on_refusal(key: str, why: str) -> None:
        refused[key] = why
        tell_refusal(key, why)

    evidence = gather(
        scenarios, changes=changes or (), replications=replications, seed=seed, workers=workers,
        dask=dask, engine=engine, folders=folders or (), full=full, refused=on_refusal,
        interrupted=lambda key: cut_off.append(_in(named(key))),
    )  # fmt: skip
    first = evidence.results[0]
    if first.interrupted:
        cut_off.append(say("interrupted after {after}", after=stopped(first)))
    on_their_way = {} if cut_off else journeys(evidence, seed, engine, cut_off)
    # What was finished is what can be had again.
    again = typed(
        "report", *scenarios, changes=changes or (),
        options={
            "--replications": len(first.numbers), "--seed": seed, "--lang": spoken(),
            "--from": [each.resolve().name for each in folders or ()],
        },
    )  # fmt: skip
    again += [*(["--full"] if full and not first.interrupted else []), "-o", output.name]
    of_same = typed_of(scenarios, changes or (), seed)
    page = page_of(
        evidence,
        Asked(of_same.names, of_same.options, shlex.join(again)),
        version=version(),
        journeys=on_their_way,
        refused=refused,
    )
    content = page.html.encode()
    failure = _written(output, content)
    if as_json:
        from simulator.presentation import files

        typer.echo(files.json_text(page.data))
    for sentence in cut_off:
        tell(sentence)
    if failure is not None:
        raise failure
    tell(say("written to {place}", place=output))
    if len(content) >= MOST_BYTES:
        size, most = (f"{each / 1e6:.1f}" for each in (len(content), MOST_BYTES))
        tell(say(
            "it has {size} MB, more than the {most} MB that can be sent by e-mail everywhere: fewer"
            " scenarios or months make it smaller",
            size=size, most=most,
        ))  # fmt: skip
    if cut_off:
        raise typer.Exit(INTERRUPTED)


def _in(what: str) -> str:
    """Say what Ctrl-C ended."""
    return say("interrupted in {what}: the page has what was finished before", what=what)


def _check_output(output: Path) -> None:
    """Find out before minutes of runs whether the page can be written."""
    from simulator import disk

    if output.is_dir():
        raise ScenarioError([Problem("-o", "", str(output), "is a folder; name a file")])
    if output.suffix != ".html":
        raise ScenarioError([Problem("-o", "", str(output), "must end in .html")])
    if not output.parent.is_dir():
        rule = f"there is no folder {output.parent}; make it first"
        raise ScenarioError([Problem("-o", "", str(output), rule)])
    disk.check_folder(output.parent, [output.name])


def _written(output: Path, content: bytes) -> OutputError | None:
    """Write the page whole or not at all; return what went wrong."""
    from simulator import disk

    try:
        disk.write_files(output.parent, {output.name: content})
    except OutputError as error:
        return error  # long runs are worth printing as JSON even if they cannot be kept
    return None


def journeys(
    evidence: Evidence, seed: int, engine: EngineName | None, cut_off: list[str]
) -> dict[str, Any]:
    """Follow the buyers of one run of the reference and of the last scenario.

    The page can do without: a run that fails is told, and Ctrl-C is added to what was cut off.

    Parameters
    ----------
    evidence : Evidence
    seed : int
    engine : str or None
    cut_off : list of str
        What Ctrl-C ended, in words.
    """
    from simulator.engine import run, using
    from simulator.errors import ReplicationError

    found: dict[str, Any] = {}
    shown = {each.name: each for each in (evidence.scenarios[0], evidence.scenarios[-1])}
    for name, loaded in shown.items():
        try:
            with using(engine):
                journal = run(loaded.scenario, seed, 0, name)
            found[name] = _within(journal, MOST_BYTES_OF_JOURNEYS // len(shown))
        except KeyboardInterrupt:
            cut_off.append(_in(say("Buyers on their way")))
            break
        except Exception as error:  # whatever it is, the page has all the rest
            why = str(ReplicationError(0, seed, name, error))
            tell(say("{analysis}: {why}", analysis=say("Buyers on their way"), why=why))
    return found


def _within(journal: Journal, most: int) -> dict[str, Any]:
    """Return as many buyers on their way as so many bytes hold."""
    import json

    from simulator.presentation.pictures.journey import flow_data

    def size(value: object) -> int:
        return len(json.dumps(value, separators=(",", ":")))

    data = flow_data(journal)
    moves, rest = size(data["moves"]), size({**data, "moves": []})
    if moves + rest <= most:
        return data
    return flow_data(journal, max(int(data["shown"] * (most - rest) / moves), 1))
