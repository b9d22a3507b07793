"""The charts: from results to figures, readable on a slide and in a notebook."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from simulator.errors import Problem, ScenarioError
from simulator.experiment.attribution import Attribution
from simulator.experiment.bottleneck import Bottleneck
from simulator.experiment.comparison import Comparison
from simulator.experiment.differences import gaps
from simulator.experiment.price_of_silos import Incentives
from simulator.experiment.quantities import Scale, better, checked_metrics
from simulator.experiment.replications import Results
from simulator.experiment.sensitivity import Sensitivity
from simulator.languages.messages import say
from simulator.metrics import METRICS
from simulator.metrics.team_labels import team_label
from simulator.plots import titles
from simulator.plots.bars import Pairs, draw_bars, draw_pairs, draw_tornado, draw_waterfall
from simulator.plots.blame import draw_blame
from simulator.plots.grids import draw_heat, draw_triangle
from simulator.plots.lines import draw_course, draw_panels
from simulator.plots.sankey import draw_flow
from simulator.plots.slide import SIZE
from simulator.presentation.chart_style import styled
from simulator.presentation.views import (
    analyses,
    bridges,
    degradation,
    flows,
)
from simulator.presentation.views import (
    courses as course_views,
)
from simulator.presentation.views import (
    dashboards as dashboard_views,
)
from simulator.presentation.views import (
    retention as retention_views,
)
from simulator.presentation.views.shapes import Analysis, Bars
from simulator.scenario import LoadedScenario

Size = tuple[float, float]
Retained = Literal["logo_retention", "revenue_retention"]


Found = Attribution | Bottleneck | Sensitivity | Incentives


# ------------------------------------------------------------------ one or several companies


def flow(
    results: Results, measure: Literal["buyers", "mrr"] = "buyers", size: Size = SIZE
) -> Figure:
    """Draw the way of buyers through a company, with the ways back as loops.

    Parameters
    ----------
    results : Results
        Of :func:`simulator.replicate`.
    measure : {"buyers", "mrr"}
        What the width of a ribbon is.
    size : pair of float
        Width and height in inches.
    """
    with styled():
        found = flows.flow(results, measure)
        first, last = found.months
        meaning = say("Widths: buyers, months {first} to {last}; orange: back to an earlier stage."
                      if measure == "buyers" else
                      "Widths: MRR, months {first} to {last}; orange: back to an earlier stage.",
                      first=first, last=last)  # fmt: skip
        note = _note(
            results, say("Means of the runs.") if len(results.numbers) > 1 else "", meaning,
            say("The narrowest ribbons are drawn wider than they are, to be seen."),
        )  # fmt: skip
        return draw_flow(found, titles.of_flow(found), note, size).slide


def courses(*results: Results, metric: str = "mrr", size: Size = SIZE) -> Figure:
    """Draw a metric over months, one line to a company.

    Parameters
    ----------
    *results : Results
        At least one.
    metric : str
        In the registry, measured by month.
    size : pair of float
        Width and height in inches.

    Raises
    ------
    ScenarioError
        If there is no such metric, or it is not measured by month.
    """
    _some(results)
    checked_metrics([metric])
    with styled():
        found = course_views.course(results, metric)
        note = _note(results[0], _bands(results))
        return draw_course(found, titles.of_course(found), note, size).slide


def queues(*results: Results, size: Size = SIZE) -> Figure:
    """Draw how many buyers wait for each team, over months.

    Parameters
    ----------
    *results : Results
        At least one.
    size : pair of float
        Width and height in inches.
    """
    _some(results)
    with styled():
        found = course_views.queues(results)
        headings = [f"{team_label(each.team)} ({each.scale.unit})" if each.scale.unit
                    else team_label(each.team) for each in found]  # fmt: skip
        note = _note(results[0], say("Average number of buyers that wait in a month."),
                     _bands(results))  # fmt: skip
        return draw_panels(found, headings, titles.of_queues(found), note, size).slide


def bridge(results: Results, size: Size = SIZE) -> Figure:
    """Draw how MRR came from its start to its end.

    Parameters
    ----------
    results : Results
        Of a company that sells subscriptions.
    size : pair of float
        Width and height in inches.

    Raises
    ------
    ScenarioError
        If sales are one-off.
    """
    with styled():
        found = bridges.waterfall(results)
        if found is None:
            raise _one_off(results.name)
        note = _note(results, titles.of_intervals(len(results.numbers)))
        return draw_waterfall(found, titles.of_waterfall(found), note, size).slide


def retention(*results: Results, metric: Retained = "logo_retention", size: Size = SIZE) -> Figure:
    """Draw what share of customers, or of their MRR, is left by age of the contract.

    Parameters
    ----------
    *results : Results
        At least one.
    metric : {"logo_retention", "revenue_retention"}
    size : pair of float
        Width and height in inches.

    Raises
    ------
    ScenarioError
        If there are none: sales are one-off, or nobody was won.
    """
    _some(results)
    with styled():
        found = retention_views.retention(results, metric)
        if found is None:
            raise _nobody(results[0].name)
        note = _note(results[0], _bands(results), *_counted(results))
        return draw_course(found, titles.of_retention(found), note, size).slide


def triangle(results: Results, metric: Retained = "logo_retention", size: Size = SIZE) -> Figure:
    """Draw what share of each month's customers, or of their MRR, is left at each age.

    Parameters
    ----------
    results : Results
    metric : {"logo_retention", "revenue_retention"}
    size : pair of float
        Width and height in inches.

    Raises
    ------
    ScenarioError
        If there are none: sales are one-off, or nobody was won.
    """
    with styled():
        every = retention_views.triangle(results, metric)
        found = None if every is None else retention_views.of_won(every)
        if found is None:
            raise _nobody(results.name)
        note = _note(results, say("Means of the runs.") if len(results.numbers) > 1 else "")
        return draw_triangle(found, titles.of_triangle(found), note, size).slide


# ------------------------------------------------------------------ against a reference


def heat(comparison: Comparison, scenario: str | None = None, size: Size = SIZE) -> Figure:
    """Draw where and when a company is worse than the reference, series by month.

    Parameters
    ----------
    comparison : Comparison
        Of :func:`simulator.compare`.
    scenario : str, optional
        Which of its scenarios; otherwise the first after the reference.
    size : pair of float
        Width and height in inches.
    """
    with styled():
        found = degradation.heat(comparison, _other(comparison, scenario))
        note = titles.runs_note(
            len(comparison.numbers), comparison.seed,
            say("Differences with the same luck; dots: beyond luck, corrected for all months of a"
                " series; the title, for all series of a department."
                if found.tested else "Not tested: one run tells nothing from luck."),
        )  # fmt: skip
        return draw_heat(found, titles.of_heat(found), note, size).slide


def dashboards(
    comparison: Comparison,
    scenarios: Sequence[LoadedScenario],
    scenario: str | None = None,
    size: Size = SIZE,
) -> Figure:
    """Draw what each department's dashboard shows, and what the customer lived through.

    Parameters
    ----------
    comparison : Comparison
        Of :func:`simulator.compare`.
    scenarios : sequence of LoadedScenario
        Those that were compared.
    scenario : str, optional
        Which of them; otherwise the first after the reference.
    size : pair of float
        Width and height in inches.
    """
    with styled():
        found = dashboard_views.blame(comparison, scenarios, _other(comparison, scenario))
        note = titles.runs_note(
            len(comparison.numbers), comparison.seed,
            say("▲ better, ▼ worse, = exactly the same, ? cannot be told from luck: against"
                " {reference}. Line at the left: what the department is measured on.",
                reference=found.reference),
            say("Better and worse hold for all figures together (Holm's correction); {main} alone"
                " is uncorrected, as in the verdict." if len(comparison.numbers) > 1 else
                "Not tested: one run tells nothing from luck.",
                main=METRICS[comparison.main].label),
        )  # fmt: skip
        return draw_blame(found, titles.of_blame(found), note, size).slide


def difference(
    comparison: Comparison, metric: str | None = None, size: Size = SIZE
) -> Figure:  # fmt: skip
    """Draw the differences from the reference run by run, and their means with intervals.

    Parameters
    ----------
    comparison : Comparison
        Of :func:`simulator.compare`.
    metric : str, optional
        In the registry; otherwise the one on which the verdict rests.
    size : pair of float
        Width and height in inches.

    Raises
    ------
    ScenarioError
        If there is no such metric.
    """
    name = checked_metrics([metric or comparison.main])[0]
    with styled():
        pairs = [_pairs(comparison, scenario, name) for scenario in comparison.names[1:]]
        sizes = [size_ for one in pairs for size_ in (one.mean, one.low, one.high)]
        scale = Scale.of(name, comparison.currency, sizes)
        found = [comparison.finding(each, name) for each in comparison.names[1:]]
        # Of several the one that lies farthest off.
        main = max(found, key=lambda each: np.nan_to_num(abs(each.difference), nan=-1.0))
        title = titles.of_difference(
            main, scale, METRICS[name].label, _differs(comparison, main.scenario, name)
        )
        note = titles.runs_note(
            len(comparison.numbers), comparison.seed,
            say("Dots: runs with the same luck, scenario minus {reference}.",
                reference=comparison.reference),
            say("Crosses: mean and its 95 % interval." if len(comparison.numbers) > 1 else
                "Not tested: one run tells nothing from luck."),
        )  # fmt: skip
        label = METRICS[name].label
        return draw_pairs(pairs, scale, label, better(name), title, note, size).slide


def _pairs(comparison: Comparison, scenario: str, metric: str) -> Pairs:
    runs = comparison.runs[comparison.runs["metric"] == metric]
    values = {
        name: runs[runs["scenario"] == name].set_index("replication")["value"]
        for name in (comparison.reference, scenario)
    }
    both = [values[name].loc[list(comparison.numbers)].to_numpy(dtype=float) for name in values]
    row = _row(comparison, scenario, metric)
    return Pairs(
        scenario, gaps(*both), float(row["difference"]), float(row["low"]), float(row["high"])
    )  # fmt: skip


def _row(comparison: Comparison, scenario: str, metric: str) -> pd.Series:
    table = comparison.metrics
    return table[(table["scenario"] == scenario) & (table["metric"] == metric)].iloc[0]


def _differs(comparison: Comparison, scenario: str, metric: str) -> bool:
    return bool(_row(comparison, scenario, metric)["differs"])


def _other(comparison: Comparison, scenario: str | None) -> str:
    others = comparison.names[1:]
    if scenario is None:
        return others[0]
    if scenario not in others:
        rule = f"is not compared with {comparison.reference}; there are {', '.join(others)}"
        raise ScenarioError([Problem("scenario", "", scenario, rule)])
    return scenario


# ------------------------------------------------------------------ analyses


def attribution(result: Attribution | Analysis, size: Size = SIZE) -> Figure:
    """Draw what of the gap between two companies belongs to what.

    Parameters
    ----------
    result : Attribution
        Of :func:`simulator.attribute`; or what ``themodel attribute`` wrote.
    size : pair of float
        Width and height in inches.
    """
    return _bars("attribute", result, analyses.attribution_bars, size)


def bottleneck(result: Bottleneck | Analysis, size: Size = SIZE) -> Figure:
    """Draw what one more person in each team would change.

    Parameters
    ----------
    result : Bottleneck
        Of :func:`simulator.bottleneck`; or what ``themodel bottleneck`` wrote.
    size : pair of float
        Width and height in inches.
    """
    return _bars("bottleneck", result, lambda each: [analyses.bottleneck_bars(each)], size)


def incentives(result: Incentives | Analysis, size: Size = SIZE) -> Figure:
    """Draw what measures make of decisions, and what that costs.

    Parameters
    ----------
    result : Incentives
        Of :func:`simulator.incentives`; or what ``themodel incentives`` wrote.
    size : pair of float
        Width and height in inches.
    """
    return _bars("incentives", result, lambda each: [analyses.incentives_bars(each)], size)


def tornado(result: Sensitivity | Analysis, size: Size = SIZE) -> Figure:
    """Draw how far a result moves with each assumption.

    Parameters
    ----------
    result : Sensitivity
        Of :func:`simulator.sensitivity`; or what ``themodel sensitivity`` wrote.
    size : pair of float
        Width and height in inches.
    """
    with styled():
        analysis = analysis_of("sensitivity", result)
        found = analyses.tornado(analysis)
        note = titles.analysis_note(
            analysis.said,
            say("Bars: the result at both ends of each assumption's range; pale: the change from"
                " the stated value may be luck." if found.tested else
                "Bars: the result at both ends of each assumption's range; not tested: one run."),
            say("Dashed: where the result changes its sign.")
            if analyses.zero_is_near(found) else "",
            titles.exact(found, analysis.said),
        )  # fmt: skip
        return draw_tornado(found, titles.of_tornado(found, analysis.said), note, size).slide


def analysis_of(command: str, result: Found | Analysis) -> Analysis:
    """Return what an analysis found as it would be read from its folder.

    Parameters
    ----------
    command : str
    result : Found or Analysis
    """
    if isinstance(result, Analysis):
        return result
    return Analysis(command, result.as_json(), dict(result.tables()))


def _bars(
    command: str,
    result: Found | Analysis,
    shown: Callable[[Analysis], Sequence[Bars]],
    size: Size,
) -> Figure:
    """Draw what an analysis found as bars; the title is of the first of several."""
    with styled():
        analysis = analysis_of(command, result)
        found = shown(analysis)
        return draw_bars(found, titles.of_bars(found[0]), _bars_note(analysis, found), size).slide


def _bars_note(analysis: Analysis, found: Sequence[Bars]) -> str:
    if not any(bar.tested for each in found for bar in each.bars):
        return titles.analysis_note(
            analysis.said, say("Not tested: one run tells nothing from luck.")
        )  # fmt: skip
    alone = any(each.alone for each in found)
    return titles.analysis_note(
        analysis.said, say("Lines: 95 % intervals of the mean."),
        say("Pale: its own 95 % interval does not exclude 0." if alone
            else "Pale: may be luck; all bars are judged at once, so that one may be pale though"
            " its line misses zero."),
    )  # fmt: skip


# ------------------------------------------------------------------ what charts rest on


def _note(results: Results, *more: str) -> str:
    return titles.runs_note(len(results.numbers), results.seed, *more)


def _bands(results: Sequence[Results]) -> str:
    return titles.of_bands(len(results), min(len(each.numbers) for each in results))


def _counted(results: Sequence[Results]) -> tuple[str, ...]:
    """Say what curves of retention rest on; of several companies there is no room for numbers."""
    said = retention_views.what_counts(results)
    return said if len(results) == 1 else said[:1]


def _some(results: Sequence[Results]) -> None:
    if not results:
        raise ScenarioError([Problem("plots", "", "", "takes the results of one run or more")])


def _one_off(name: str) -> ScenarioError:
    rule = "sells once and has no recurring revenue: a bridge needs sale: subscription"
    return ScenarioError([Problem(name, "sale", "one_off", rule)])


def _nobody(name: str) -> ScenarioError:
    rule = "has no customers to follow: sales are one-off, or nobody was won"
    return ScenarioError([Problem(name, "", "", rule)])
