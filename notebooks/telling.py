"""What notebooks say with: sentences and tables made from results, and runs that are quick.

Notebooks state no number that was typed: sentences take theirs from results, by these functions.
What they say themselves follows the language that is spoken.
"""

from __future__ import annotations

import html
import re
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
from simulator.languages.languages import Both, spoken
from simulator.languages.messages import say
from simulator.metrics.units import with_unit
from simulator.presentation.chart_style import as_png, styled
from simulator.presentation.figures import figure as level_of
from simulator.scenario import LoadedScenario

SEED = 1
"""Of every run in these notebooks that names no other."""
_POINTS_SHOWN = 90  # of a screen, to an inch

_DIFFERENCE = Both("difference (95 % interval)", "差（95%区間）")
_BEYOND_LUCK = Both("beyond luck?", "偶然を超えるか")
_YES, _NO = Both("yes", "はい"), Both("no", "いいえ")
_RESTS_ON = Both(
    "In brackets: 95 % intervals. {replications} replications, seed {seed}.",
    "かっこ内は95%区間。反復{replications}回、乱数の種{seed}。",
)


def tell(*sentences: str) -> None:
    """Show sentences as a paragraph: with blanks between them, in Japanese with none."""
    if spoken() == "ja":
        display(Markdown(_in_a_sentence("".join(sentences))))
    else:
        display(Markdown(" ".join(sentences)))


def _in_a_sentence(text: str) -> str:
    """Write intervals in full-width brackets, and what is bold so that no neighbor undoes it.

    Markdown takes ``**`` for bold only where blanks or punctuation are beside it the right way
    round, which Japanese text does not have.
    """
    wide = re.sub(r" \(([^()（）]*～[^()（）]*)\)", r"（\1）", text)
    return re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", wide)


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
    # English says what is counted before the number; Japanese wants its counter after it.
    counted = METRICS[metric].unit == "buyers" and spoken() == "en"
    amount = mean if counted else with_unit(mean, unit)
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
    text = say("{number} %", number=f"{100.0 * estimate.mean:+.1f}")
    if estimate.low is None or estimate.high is None:
        return text
    low, high = (f"{100.0 * end:.1f}" for end in (estimate.low, estimate.high))
    return f"{text} ({say('{low} to {high}', low=low, high=high)})"


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
        verdict = (_YES if row["differs"] else _NO)(spoken())
        rows.append([_label(metric), *means, change(metric, gap, currency), verdict])
    heads = (each(spoken()) for each in (_DIFFERENCE, _BEYOND_LUCK))
    headings = ["", comparison.reference, name, *heads]
    table(headings, rows, _rests_on(len(comparison.numbers), comparison.seed))


def _label(metric: str) -> str:
    return METRICS[metric].label


def _rests_on(replications: int, seed: int) -> str:
    return _RESTS_ON(spoken(), replications=replications, seed=seed)
