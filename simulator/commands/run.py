"""``themodel run``: many runs of one scenario."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from simulator.commands.answers import give, made_from, stopped, tell_interrupted, typed
from simulator.commands.execution import WORKBOOK, execution, open_store
from simulator.commands.options import (
    AsJson,
    AtMost,
    Changes,
    Dask,
    Engine,
    Name,
    Out,
    PreciseMetrics,
    Precision,
    ReplicationsOrAuto,
    Resume,
    Seed,
    Workers,
)
from simulator.commands.precision import (
    asked_precision,
    in_json,
    stop_unless_met,
    words_typed,
)
from simulator.commands.terminal import show, tell
from simulator.errors import OutputError, Problem, ScenarioError
from simulator.languages.messages import say
from simulator.version import version

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import RenderableType

    from simulator.engine import EngineName
    from simulator.experiment.input_uncertainty import InputUncertainty
    from simulator.experiment.replications import Results, Totals
    from simulator.experiment.store import RunFolder
    from simulator.scenario import LoadedScenario

OnlyTotals = Annotated[
    bool,
    typer.Option("--totals", help="Totals alone, measured as rows come: for very large companies."),
]

WithInputUncertainty = Annotated[
    bool,
    typer.Option(
        "--input-uncertainty",
        help="Also draw every number with an estimate anew, and split what comes out into what we"
        " don't know and luck: twice the runs.",
    ),
]
RunsADraw = Annotated[
    int | None,
    typer.Option(
        help="With --input-uncertainty: runs of each parameter draw, so that there are"
        " --replications / this many draws.  [default: 2]",
        min=2,
        max=1000,
    ),
]


def run(
    scenario: Name,
    replications: ReplicationsOrAuto = 20,
    precision: Precision = None,
    precise_metric: PreciseMetrics = None,
    at_most: AtMost = None,
    seed: Seed = 1,
    changes: Changes = None,
    workers: Workers = None,
    engine: Engine = None,
    dask: Dask = None,
    out: Out = None,
    resume: Resume = False,
    totals: OnlyTotals = False,
    input_uncertainty: WithInputUncertainty = False,
    runs_a_draw: RunsADraw = None,
    as_json: AsJson = False,
) -> None:
    """Run a scenario and show where buyers, time and money go.

    Prints means over all replications with 95 % intervals: by department, how busy and how
    slow each team is, where buyers were lost and why, and what became of recurring revenue.
    Ctrl-C ends early and reports the replications that are finished; with --out, --resume
    continues from there, also after a power cut, and with more replications; beside the tables
    that folder has a workbook of the results, workbook.xlsx. For very large
    companies --totals measures rows as they come and keeps none of them.

    With --input-uncertainty as many runs follow in which numbers are drawn from the estimates
    that the scenario's sources state: how far results may be off for want of knowledge, and how
    far by luck alone.

    \b
    Examples:
      themodel run base
      themodel run base --replications 50 --seed 7 --out results
      themodel run base --replications 90 --seed 7 --out results --resume
      themodel run base --replications auto --precision 5%
      themodel run base --set decisions.field_sales.promise=0.8
      themodel run base --json > base.json
      themodel run large.yaml --totals --replications 4
      themodel run my_company.yaml --input-uncertainty --replications 80
    """  # fmt: skip
    from simulator.experiment.readiness import load_ready

    loaded = load_ready(scenario, changes or ())
    asked = asked_precision(replications, precision, precise_metric, at_most)
    how = _How(seed, workers, dask, engine, resume)
    drawing = _drawing(loaded, asked, replications, runs_a_draw, input_uncertainty)

    if totals:
        _only_totals(loaded, scenario, replications, asked, drawing, changes, how, out, as_json)
        return

    from simulator.experiment import replicate
    from simulator.experiment.precision import replicate_until
    from simulator.presentation import explanation, files, results_workbook, tables

    store = how.store(loaded, out, [*files.TABLES, *_tables(drawing)])
    label = say("{scenario}: replications", scenario=loaded.name)
    with execution(label, workers, dask, store, None, engine) as runs:
        if asked is None:
            results, reached = replicate(loaded, "", seed, replications, workers=runs), None
        else:
            results, reached = replicate_until(loaded, "", seed, **asked, workers=runs)
    uncertain = how.under_uncertainty(loaded, results, drawing, store)
    failure: OutputError | None = None
    if out is not None:
        counts = {**words_typed(replications, asked), "--seed": seed}
        again = [*typed("run", scenario, options=counts, changes=changes or ()), *_words(drawing)]
        try:
            book = results_workbook.workbook(results, loaded, version(), again)
            files.write_results(results, out, version(), again, {WORKBOOK: book})
            if uncertain is not None:
                made = made_from({loaded.name: loaded.scenario})
                about = {**uncertain.as_json(), **made, "version": version(), "command": again}
                files.write_tables(uncertain.tables(), out, "input_uncertainty", about)
        except OutputError as error:
            failure = error  # a long run is worth showing even if it cannot be kept
    if as_json:
        further = {**in_json(reached), **_further(uncertain)}
        typer.echo(files.as_json_text(results, version(), further))
    else:
        show([*explanation.changes(loaded), *tables.results_story(results), *_story(uncertain)])
        show([tables.prose(tables.closing(results, version())), *explanation.notes(loaded)])
        show([tables.prose(reached.words())] if reached is not None else [])
    cut_off = stopped(results) or _cut_off(drawing, uncertain)
    if cut_off:
        tell_interrupted(cut_off, out)
    if failure is not None:
        raise failure
    if out is not None:
        tell(say("written to {place}", place=out))
    stop_unless_met(reached)


def _only_totals(
    loaded: LoadedScenario,
    scenario: str,
    replications: int,
    asked: dict[str, Any] | None,
    drawing: _Drawing | None,
    changes: list[str] | None,
    how: _How,
    out: Path | None,
    as_json: bool,
) -> None:
    """Run without journals, and give what can be had so."""
    if asked is not None:
        rule = "needs a number of replications: --replications auto looks at whole results"
        raise ScenarioError([Problem("--totals", "", "", rule)])

    from simulator.experiment.replications import replicate_totals
    from simulator.presentation import explanation, results_workbook, tables

    store = how.store(loaded, out, ["totals", *_tables(drawing)])
    label = say("{scenario}: replications", scenario=loaded.name)
    with execution(label, how.workers, how.dask, store, None, how.engine) as runs:
        result = replicate_totals(loaded, "", how.seed, replications, workers=runs)
    uncertain = how.under_uncertainty(loaded, result, drawing, store)
    content = explanation.framed(
        loaded,
        *tables.totals_story(result),
        *_story(uncertain),
        tables.prose(tables.closing(result, version())),
    )
    options = {"--replications": replications, "--seed": how.seed}
    again = [*typed("run", scenario, options=options, changes=changes or ()), "--totals"]
    again += _words(drawing)
    answer = result if uncertain is None else _Both(result, uncertain)
    cut_off = stopped(result) or _cut_off(drawing, uncertain)
    beside = None
    if out is not None:
        beside = {WORKBOOK: results_workbook.workbook(result, loaded, version(), again)}
    give(
        answer, content, out, as_json, again, cut_off, beside=beside,
        scenarios={loaded.name: loaded.scenario},
    )  # fmt: skip


# ------------------------------------------------------------------ what we don't know


@dataclass(frozen=True, slots=True)
class _Drawing:
    """How numbers are drawn anew."""

    draws: int
    runs_a_draw: int


@dataclass(frozen=True, slots=True)
class _How:
    """How runs are done, as typed."""

    seed: int
    workers: int | None
    dask: str | None
    engine: EngineName | None
    resume: bool

    def store(
        self, loaded: LoadedScenario, out: Path | None, tables: Iterable[str]
    ) -> RunFolder | None:
        """Return where finished runs are kept, if anywhere."""
        ready = {loaded.name: loaded.scenario}
        return open_store(out, self.resume, "run", ready, self.seed, tables)

    def under_uncertainty(
        self,
        loaded: LoadedScenario,
        results: Results | Totals,
        drawing: _Drawing | None,
        store: RunFolder | None,
    ) -> InputUncertainty | None:
        """Run with numbers drawn anew, if that was asked and Ctrl-C did not end it before."""
        if drawing is None or results.interrupted:
            return None
        from simulator.experiment.input_uncertainty import run_under_uncertainty

        label = say("{scenario}: parameter draws", scenario=loaded.name)
        try:
            with execution(label, self.workers, self.dask, store, None, self.engine) as runs:
                return run_under_uncertainty(
                    loaded, "", self.seed, drawing.draws * drawing.runs_a_draw,
                    runs_a_draw=drawing.runs_a_draw, beside=results, workers=runs,
                )  # fmt: skip
        except KeyboardInterrupt:  # before the first of these was finished
            return None


def _drawing(
    loaded: LoadedScenario,
    asked: dict[str, Any] | None,
    replications: int,
    runs_a_draw: int | None,
    wanted: bool,
) -> _Drawing | None:
    """Check what was typed about numbers drawn anew, before anything is run."""
    if not wanted:
        if runs_a_draw is not None:
            rule = "needs --input-uncertainty"
            raise ScenarioError([Problem("--runs-a-draw", "", str(runs_a_draw), rule)])
        return None
    if asked is not None:
        rule = "needs a number of replications: they are dealt out over parameter draws"
        raise ScenarioError([Problem("--input-uncertainty", "", "", rule)])
    from simulator.experiment.input_uncertainty import (
        RUNS_A_DRAW,
        checked_draws,
        unknown_numbers,
    )

    runs = RUNS_A_DRAW if runs_a_draw is None else runs_a_draw
    unknown_numbers(loaded)
    return _Drawing(checked_draws(replications, runs), runs)


@dataclass(frozen=True, slots=True)
class _Both:
    """Totals, and what we don't know beside luck."""

    totals: Totals
    uncertain: InputUncertainty

    def as_json(self) -> dict[str, Any]:
        """Return both as one object."""
        return {**self.totals.as_json(), **_further(self.uncertain)}

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the tables of both."""
        return {**self.totals.tables(), **self.uncertain.tables()}


def _tables(drawing: _Drawing | None) -> tuple[str, ...]:
    if drawing is None:
        return ()
    from simulator.experiment.input_uncertainty import TABLES

    return TABLES


def _words(drawing: _Drawing | None) -> list[str]:
    """Return what to type for the same draws again."""
    if drawing is None:
        return []
    return ["--input-uncertainty", "--runs-a-draw", str(drawing.runs_a_draw)]


def _story(uncertain: InputUncertainty | None) -> Iterable[RenderableType]:
    if uncertain is None:
        return ()
    from simulator.presentation import input_uncertainty_tables

    return input_uncertainty_tables.story(uncertain)


def _further(uncertain: InputUncertainty | None) -> dict[str, Any]:
    return {} if uncertain is None else {"input_uncertainty": uncertain.as_json()}


def _cut_off(drawing: _Drawing | None, uncertain: InputUncertainty | None) -> str:
    """Say after how many parameter draws it was interrupted; nothing if it was not."""
    if drawing is None or (uncertain is not None and not uncertain.interrupted):
        return ""
    done = 0 if uncertain is None else len(uncertain.draws)
    return say("{done} of {asked} parameter draws", done=done, asked=drawing.draws)
