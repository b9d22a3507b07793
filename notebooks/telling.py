"""What notebooks say with: sentences and tables made from results, and runs that are quick.

Notebooks state no number that was typed: sentences take theirs from results, by these functions.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache, wraps
from typing import Any

import pandas as pd
from IPython.display import HTML, Image, Markdown, display
from matplotlib.figure import Figure

from simulator import METRICS, Results, load_scenario, replicate
from simulator.experiment.comparison import Comparison, compare_runs
from simulator.experiment.quantities import Scale
from simulator.experiment.replications import replicate_totals
from simulator.experiment.statistics import Estimate
from simulator.languages.languages import spoken
from simulator.presentation.chart_style import as_png, styled
from simulator.presentation.figures import figure as level_of
from simulator.scenario import LoadedScenario

SEED = 1
"""Of every run in these notebooks that names no other."""
_POINTS_SHOWN = 90  # of a screen, to an inch


def tell(*sentences: str) -> None:
    """Show sentences as a paragraph."""
    display(Markdown(" ".join(sentences)))


def table(
    headings: Sequence[str], rows: Iterable[Sequence[object]], note: str = "", words: int = 1
) -> None:
    """Show rows under headings: columns of words to the left, of numbers to the right.

    Parameters
    ----------
    headings : sequence of str
    rows : iterable of sequence
        Of texts and numbers that are already written.
    note : str
        What the table rests on.
    words : int
        How many columns, from the left, are words.
    """
    sides = [":--"] * words + ["--:"] * (len(headings) - words)
    lines = [headings, sides, *rows]
    text = "\n".join("| " + " | ".join(_cell(each) for each in line) + " |" for line in lines)
    display(Markdown(f"{text}\n\n{note}" if note else text))


def folded(
    title: str, headings: Sequence[str], rows: Iterable[Sequence[object]], note: str = ""
) -> None:
    """Show a table that opens when its title is clicked, for solutions."""
    head = "".join(f"<th>{html.escape(each)}</th>" for each in headings)
    body = "".join(
        "<tr>" + "".join(f"<td>{html.escape(str(each))}</td>" for each in row) + "</tr>"
        for row in rows
    )
    display(
        HTML(
            f"<details><summary>{html.escape(title)}</summary><table><thead><tr>{head}</tr></thead>"
            f"<tbody>{body}</tbody></table><p>{html.escape(note)}</p></details>"
        )
    )


def _cell(value: object) -> str:
    return str(value).replace("|", "\\|").replace("\n", " ")


def picture(width: float, height: float, columns: int = 1) -> Callable[..., Callable[..., Image]]:
    """Make of a function that draws on axes one that returns a picture, styled as the charts.

    Parameters
    ----------
    width, height : float
        In inches.
    columns : int
        How many axes beside each other; with more than one the function gets all of them.
    """

    def made(draw: Callable[..., None]) -> Callable[..., Image]:
        @wraps(draw)
        def drawn(*values: Any, **named: Any) -> Image:
            with styled():
                figure = Figure(figsize=(width, height), dpi=150, layout="constrained")
                draw(figure.subplots(1, columns), *values, **named)
                return Image(data=as_png(figure), width=round(width * _POINTS_SHOWN))

        return drawn

    return made


# ------------------------------------------------------------------ runs


@cache
def quick(
    scenario: str, *settings: str, replications: int = 20, seed: int = SEED
) -> pd.DataFrame:  # fmt: skip
    """Run a scenario and keep its totals alone: five times as quick as ``simulator.replicate``.

    Parameters
    ----------
    scenario : str
        A name or a file.
    *settings : str
        ``key.path=value`` each, as after ``--set``.
    replications : int
    seed : int

    Returns
    -------
    DataFrame
        One row a replication, one column a metric. The same row of two scenarios has the same
        luck, so that frames may be subtracted. Median times are missing: they need every duration.
    """
    loaded = load_scenario(scenario, settings)
    done = replicate_totals(loaded, seed=seed, replications=replications)
    return pd.DataFrame.from_dict(done.runs, orient="index")


def variant(name: str, scenario: str, *settings: str) -> LoadedScenario:
    """Return a scenario with settings, ``key.path=value`` each, under a name of its own."""
    return replace(load_scenario(scenario, settings), name=name)


def together(
    *scenarios: LoadedScenario, replications: int = 20, seed: int = SEED
) -> tuple[Comparison, list[Results]]:
    """Run scenarios with the same luck; return their comparison, and the results of each."""
    results = [replicate(each, seed=seed, replications=replications) for each in scenarios]
    measures = {each.name: dict(zip(each.numbers, each.measures, strict=True)) for each in results}
    loaded = {each.name: each for each in scenarios}
    return compare_runs(loaded, measures, seed, replications), results


def interval(values: pd.Series) -> Estimate:
    """Estimate the mean of one value a replication, with its 95 % interval (Student's t)."""
    return Estimate.of(values.to_numpy(dtype=float))


def interval_of(comparison: Comparison, metric: str, scenario: str = "") -> Estimate:
    """Return the difference of a metric from the reference, with its 95 % interval."""
    finding = comparison.finding(scenario or comparison.names[1], metric)
    return Estimate(finding.difference, finding.low, finding.high, finding.n)


def is_told(estimate: Estimate) -> bool:
    """Tell whether an interval excludes zero: the effect is beyond luck."""
    low, high = estimate.low, estimate.high
    return low is not None and high is not None and (low > 0.0 or high < 0.0)


# ------------------------------------------------------------------ numbers


def level(metric: str, estimate: Estimate, currency: str = "JPY") -> str:
    """Write a level of a metric with unit and interval."""
    mean, span, unit = level_of(estimate, METRICS[metric].unit, currency)
    unit = "" if unit == "buyers" else unit
    amount = f"{mean} {unit}".strip() if unit != "%" else f"{mean} %"
    return f"{amount} ({span})" if span else amount


def change(metric: str, estimate: Estimate, currency: str = "JPY") -> str:
    """Write a difference of a metric with sign, unit and interval."""
    sizes = [size for size in (estimate.mean, estimate.low, estimate.high) if size is not None]
    scale = Scale.of(metric, currency, sizes)
    written = scale.amount(estimate.mean)
    sign = "+" if estimate.mean > 0.0 and written.strip("0.") else ""
    span = scale.span(estimate)
    return f"{sign}{written} ({span})" if span else f"{sign}{written}"


def percent(estimate: Estimate) -> str:
    """Write a share of 1 with its interval, as %."""
    text = f"{100.0 * estimate.mean:+.1f} %"
    if estimate.low is None or estimate.high is None:
        return text
    return f"{text} ({100.0 * estimate.low:.1f} to {100.0 * estimate.high:.1f})"


# ------------------------------------------------------------------ tables


def levels(results: Mapping[str, Results] | Results, metrics: Sequence[str]) -> None:
    """Show metrics of one organization, or of several side by side."""
    every = {results.name: results} if isinstance(results, Results) else dict(results)
    first = next(iter(every.values()))
    rows = [
        [
            _label(metric),
            *(level(metric, each.totals[metric], first.scenario.currency)
              for each in every.values()),
        ]
        for metric in metrics
    ]  # fmt: skip
    table(["", *every], rows, _rests_on(len(first.numbers), first.seed))


def differences(comparison: Comparison, metrics: Sequence[str], scenario: str = "") -> None:
    """Show what a scenario does differently from the reference, metric by metric."""
    name = scenario or comparison.names[1]
    of_it = comparison.metrics[comparison.metrics["scenario"] == name].set_index("metric")
    rows: list[list[Any]] = []
    for metric in metrics:
        row: Any = of_it.loc[metric]
        n, currency = int(row["n"]), comparison.currency
        gap = interval_of(comparison, metric, name)
        means = [level(metric, Estimate(float(row[which]), None, None, n), currency)
                 for which in ("reference", "mean")]  # fmt: skip
        verdict = "yes" if row["differs"] else "no"
        rows.append([_label(metric), *means, change(metric, gap, currency), verdict])
    headings = ["", comparison.reference, name, "difference (95 % interval)", "beyond luck?"]
    table(headings, rows, _rests_on(len(comparison.numbers), comparison.seed))


def _label(metric: str) -> str:
    return METRICS[metric].label


def _rests_on(replications: int, seed: int) -> str:
    if spoken() == "ja":
        return f"かっこ内は95%区間。反復{replications}回、乱数の種{seed}。"
    return f"In brackets: 95 % intervals. {replications} replications, seed {seed}."
