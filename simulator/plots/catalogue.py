"""Which charts there are, what each shows and needs, and how all that apply are drawn."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from matplotlib.figure import Figure

from simulator.errors import Problem, ScenarioError
from simulator.experiment.replications import Results
from simulator.languages.messages import marked, say
from simulator.plots import charts
from simulator.plots.slide import SIZE
from simulator.presentation.analysis_commands import Typed
from simulator.presentation.views.shapes import Evidence
from simulator.scenario.outline import nearest

Size = tuple[float, float]
Drawn = Iterator[tuple[str, Figure]]
Needs = Literal["scenario", "two scenarios", "subscription", "analysis"]
_LONGEST_NAME = 60


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart that can be asked for by its name.

    Attributes
    ----------
    shows : str
        What it shows, in English; `say` has it in Japanese.
    needs : {"scenario", "two scenarios", "subscription", "analysis"}
    draw : callable
        Draws it for everything in the evidence that it can be drawn for; yields what it is about
        (a scenario, or "") and the figure.
    command : str
        The analysis that it needs, if any.
    """

    shows: str
    needs: Needs
    draw: Callable[[Evidence, Size], Drawn]
    command: str = ""


@dataclass(frozen=True, slots=True)
class Undrawn:
    """A chart that could not be drawn.

    Attributes
    ----------
    name : str
    why : str
        With the remedy.
    """

    name: str
    why: str


def _each(draw: Callable[[Results, Size], Figure]) -> Callable[[Evidence, Size], Drawn]:
    """Draw a chart of every scenario."""

    def drawn(evidence: Evidence, size: Size) -> Drawn:
        for results in evidence.results:
            yield results.name, draw(results, size)

    return drawn


def _other(
    draw: Callable[[Evidence, str, Size], Figure],
) -> Callable[[Evidence, Size], Drawn]:
    """Draw a chart of every scenario that is compared with the reference."""

    def drawn(evidence: Evidence, size: Size) -> Drawn:
        for results in evidence.results[1:]:
            yield results.name, draw(evidence, results.name, size)

    return drawn


def _analysis(
    command: str, draw: Callable[..., Figure]
) -> Callable[[Evidence, Size], Drawn]:  # fmt: skip
    """Draw a chart of every analysis of a kind."""

    def drawn(evidence: Evidence, size: Size) -> Drawn:
        for key, analysis in evidence.analyses.items():
            if analysis.command == command:
                yield key.partition(" of ")[2], draw(analysis, size=size)

    return drawn


def _courses(evidence: Evidence, size: Size) -> Drawn:
    yield "", charts.courses(*evidence.results, metric=main_series(evidence), size=size)


def main_series(evidence: Evidence) -> str:
    """Return what a company is after, month by month: MRR, or revenue of one-off sales."""
    return "mrr" if evidence.scenarios[0].scenario.sale == "subscription" else "revenue"


def _heat(evidence: Evidence, scenario: str, size: Size) -> Figure:
    assert evidence.comparison is not None
    return charts.heat(evidence.comparison, scenario, size)


def _dashboards(evidence: Evidence, scenario: str, size: Size) -> Figure:
    assert evidence.comparison is not None
    return charts.dashboards(evidence.comparison, evidence.scenarios, scenario, size)


def _difference(evidence: Evidence, size: Size) -> Drawn:
    assert evidence.comparison is not None
    yield "", charts.difference(evidence.comparison, size=size)


_NEEDS_TWO = marked("needs two scenarios or more: name another one after the first")

CHARTS: Mapping[str, Chart] = {
    "courses": Chart(
        marked("MRR, or revenue of one-off sales, over months, one line to a scenario"),
        "scenario", _courses,
    ),
    "flow": Chart(
        marked("the way of buyers, with the ways back as loops"), "scenario",
        _each(lambda results, size: charts.flow(results, "buyers", size)),
    ),
    "flow_mrr": Chart(
        marked("the same as wide as the MRR that they would bring"), "scenario",
        _each(lambda results, size: charts.flow(results, "mrr", size)),
    ),
    "heat": Chart(
        marked("where and when a scenario is worse than the reference"), "two scenarios",
        _other(_heat),
    ),
    "queues": Chart(
        marked("how many buyers wait for each team, over months"), "scenario",
        lambda evidence, size: iter([("", charts.queues(*evidence.results, size=size))]),
    ),
    "bridge": Chart(
        marked("from the MRR at the start to the MRR at the end"), "subscription",
        _each(lambda results, size: charts.bridge(results, size)),
    ),
    "retention": Chart(
        marked("what share of customers is left by age of the contract"), "subscription",
        lambda evidence, size: iter([("", charts.retention(*evidence.results, size=size))]),
    ),
    "triangle": Chart(
        marked("what share of each month's customers is left at each age"), "subscription",
        _each(lambda results, size: charts.triangle(results, size=size)),
    ),
    "dashboards": Chart(
        marked("what each department's dashboard shows, and what the customer lived through"),
        "two scenarios", _other(_dashboards),
    ),
    "difference": Chart(
        marked("differences from the reference, run by run"), "two scenarios", _difference
    ),
    "attribution": Chart(
        marked("what of the gap belongs to what"), "analysis",
        _analysis("attribute", charts.attribution), "attribute",
    ),
    "bottleneck": Chart(
        marked("what one more person in each team would change"),
        "analysis", _analysis("bottleneck", charts.bottleneck),
        "bottleneck",
    ),
    "tornado": Chart(
        marked("how far the result moves with each assumption"),
        "analysis", _analysis("sensitivity", charts.tornado),
        "sensitivity",
    ),
    "incentives": Chart(
        marked("what measures make of decisions"), "analysis",
        _analysis("incentives", charts.incentives), "incentives",
    ),
}  # fmt: skip
"""Every chart by its name."""


def checked_charts(names: Sequence[str]) -> tuple[str, ...]:
    """Return the names without repetition if all of them are charts; all charts if none is given.

    Parameters
    ----------
    names : sequence of str

    Raises
    ------
    ScenarioError
        With every unknown name, the nearest known one, and all there are.
    """
    every = ", ".join(CHARTS)
    problems = [
        Problem("--chart", "", name, f"is no chart{nearest(name, CHARTS)}; there are {every}")
        for name in dict.fromkeys(names) if name not in CHARTS
    ]  # fmt: skip
    if problems:
        raise ScenarioError(problems)
    return tuple(dict.fromkeys(names)) or tuple(CHARTS)


def check_possible(
    names: Sequence[str], scenarios: int, folders: int, typed: Typed | None = None
) -> None:
    """Find out before minutes of runs that a chart cannot be drawn.

    Parameters
    ----------
    names : sequence of str
        Of charts that were asked for.
    scenarios, folders : int
        How many scenarios there will be, and how many folders of analyses.
    typed : Typed, optional
        What was typed, for the remedies.

    Raises
    ------
    ScenarioError
        With every chart that lacks something.
    """
    problems = []
    for name in names:
        chart = CHARTS[name]
        if chart.needs == "two scenarios" and scenarios < 2:
            problems.append(Problem("--chart", "", name, _NEEDS_TWO))
        elif chart.command and not folders:
            words = f"themodel {chart.command}"
            # An attribution of one scenario cannot be typed: it lacks the other one.
            if typed is not None and (scenarios > 1 or chart.command != "attribute"):
                words = shlex.join(typed.analysis(chart.command))
            rule = f"needs what {words} --out DIR writes: add --from DIR"
            problems.append(Problem("--chart", "", name, rule))
    if problems:
        raise ScenarioError(problems)


def why_not(name: str, evidence: Evidence, typed: Typed | None = None) -> str:
    """Say what a chart lacks, with the remedy; nothing if it can be drawn.

    Parameters
    ----------
    name : str
        Of a chart.
    evidence : Evidence
    typed : Typed, optional
        What was typed, so that the remedy can be; the names of the scenarios if not given.
    """
    chart, scenarios = CHARTS[name], evidence.scenarios
    if chart.needs == "two scenarios" and evidence.comparison is None:
        return say(_NEEDS_TWO)
    sale = scenarios[0].scenario.sale
    if chart.needs == "subscription" and sale != "subscription":
        return say("needs a company that sells subscriptions: sale is one_off")
    if chart.command and not any(
        each.command == chart.command for each in evidence.analyses.values()
    ):
        if chart.command == "attribute" and len(scenarios) < 2:
            return say("needs two scenarios or more, and themodel attribute A B --out DIR")
        typed = typed or Typed(tuple(each.name for each in scenarios))
        words = shlex.join([*typed.analysis(chart.command), "--out", "DIR"])
        return say("needs its analysis: run {typed}, then add --from DIR", typed=words)
    return ""


def drawn(
    evidence: Evidence,
    names: Sequence[str] = (),
    size: Size = SIZE,
    typed: Typed | None = None,
) -> tuple[dict[str, Figure], tuple[Undrawn, ...]]:
    """Draw every chart that applies, or those named.

    Parameters
    ----------
    evidence : Evidence
    names : sequence of str
        Of charts; all if none is given.
    size : pair of float
        Width and height in inches.
    typed : Typed, optional
        What was typed, for the remedies.

    Returns
    -------
    dict of str to Figure
        By the name of the file that each is written to, without its ending.
    tuple of Undrawn
        What could not be drawn, and why.

    Raises
    ------
    ScenarioError
        If there is no such chart.
    """
    figures: dict[str, Figure] = {}
    missing: list[Undrawn] = []
    for name in checked_charts(names):
        if lack := why_not(name, evidence, typed):
            missing.append(Undrawn(name, lack))
            continue
        try:
            for about, figure in CHARTS[name].draw(evidence, size):
                figures[_file_name(name, about, figures)] = figure
        except ScenarioError as error:
            missing.append(Undrawn(name, "; ".join(each.rule for each in error.problems)))
    return figures, tuple(missing)


def _file_name(chart: str, about: str, taken: Mapping[str, Figure]) -> str:
    """Name a file by its chart and scenario, in letters that every disk takes."""
    safe = "".join(each if each.isalnum() or each in "._#-" else "_" for each in about)
    name = f"{chart}-{safe[:_LONGEST_NAME]}" if safe else chart
    number = 2
    found = name
    while found.casefold() in {each.casefold() for each in taken}:
        found, number = f"{name}-{number}", number + 1
    return found
