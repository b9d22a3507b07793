"""What notebooks say with: sentences and tables made from results, and runs that are quick.

Notebooks state no number that was typed: sentences take theirs from results, by these functions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

import pandas as pd
from IPython.display import Markdown, display

from simulator import METRICS, Results, load_scenario
from simulator.experiment.comparison import Comparison
from simulator.experiment.quantities import Scale
from simulator.experiment.replications import replicate_totals
from simulator.experiment.statistics import Estimate
from simulator.languages.languages import spoken
from simulator.presentation.figures import figure

SEED = 1
"""Of every run in these notebooks that names no other."""


def tell(*sentences: str) -> None:
    """Show sentences as a paragraph."""
    display(Markdown(" ".join(sentences)))


def table(headings: Sequence[str], rows: Iterable[Sequence[object]], note: str = "") -> None:
    """Show rows under headings; the first column is to the left, all others to the right.

    Parameters
    ----------
    headings : sequence of str
    rows : iterable of sequence
        Of texts and numbers that are already written.
    note : str
        What the table rests on.
    """
    lines = [headings, [":--", *["--:"] * (len(headings) - 1)], *rows]
    text = "\n".join("| " + " | ".join(_cell(each) for each in line) + " |" for line in lines)
    display(Markdown(f"{text}\n\n{note}" if note else text))


def _cell(value: object) -> str:
    return str(value).replace("|", "\\|").replace("\n", " ")


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


def interval(values: pd.Series) -> Estimate:
    """Estimate the mean of one value a replication, with its 95 % interval (Student's t)."""
    return Estimate.of(values.to_numpy(dtype=float))


def is_told(estimate: Estimate) -> bool:
    """Tell whether an interval excludes zero: the effect is beyond luck."""
    low, high = estimate.low, estimate.high
    return low is not None and high is not None and (low > 0.0 or high < 0.0)


# ------------------------------------------------------------------ numbers


def level(metric: str, estimate: Estimate, currency: str = "JPY") -> str:
    """Write a level of a metric with unit and interval."""
    mean, span, unit = figure(estimate, METRICS[metric].unit, currency)
    unit = "" if unit == "buyers" else unit
    amount = f"{mean} {unit}".strip() if unit != "%" else f"{mean} %"
    return f"{amount} ({span})" if span else amount


def change(metric: str, estimate: Estimate, currency: str = "JPY") -> str:
    """Write a difference of a metric with sign, unit and interval."""
    sizes = [size for size in (estimate.mean, estimate.low, estimate.high) if size is not None]
    scale = Scale.of(metric, currency, sizes)
    sign = "+" if scale.number(estimate.mean)[0] not in "-0" or _is_small(scale, estimate) else ""
    amount = scale.amount(estimate.mean)
    span = scale.span(estimate)
    return f"{sign}{amount} ({span})" if span else f"{sign}{amount}"


def _is_small(scale: Scale, estimate: Estimate) -> bool:
    written = scale.number(estimate.mean)
    return written.startswith("0") and written.strip("0.") != "" and estimate.mean > 0.0


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
        row = of_it.loc[metric]
        n, currency = int(row["n"]), comparison.currency
        gap = Estimate(float(row["difference"]), float(row["low"]), float(row["high"]), n)
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
