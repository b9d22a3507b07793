"""What we don't know, carried into results: how much of the spread of a result is ignorance, how
much luck.

Every number whose file states an estimate is drawn K times from it, and each draw is run with R
kinds of luck of its own. Beside them stand their twins, runs at the stated values with the very
same luck: what a run and its twin have in common is luck, and is taken out before draws are
compared.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from simulator.errors import Problem, ScenarioError
from simulator.experiment.comparison import HEADLINES
from simulator.experiment.execution import Task, Workers, execute, run_streamed, run_totals
from simulator.experiment.parameter_draws import correlations, draw
from simulator.experiment.quantities import main_metric
from simulator.experiment.readiness import Scenarios, prepared
from simulator.experiment.replications import Results, Totals, replication_numbers
from simulator.experiment.variance_split import (
    DRAWS_A_NUMBER,
    Floats,
    Split,
    means_without_twins,
    split,
    weights,
)
from simulator.metrics.definitions import METRICS
from simulator.scenario import LoadedScenario
from simulator.scenario.fitted import Fit
from simulator.scenario.loading import fits
from simulator.scenario.schema import Scenario
from simulator.scenario.strict_yaml import KeyPath, dotted

RUNS_A_DRAW = 2
TABLES = (
    "input_uncertainty",
    "input_uncertainty_numbers",
    "input_uncertainty_draws",
    "input_uncertainty_runs",
)
"""Names of the tables."""
_NUMBERS = "metric path share share_low share_high slope rank_correlation p told how draws"
_ALPHA = 0.05

How = Literal["shares", "rank correlations", "too few draws"]
Runs = Mapping[int, Mapping[str, float]]

# An interval does not reach where its number cannot be.
_MAY_BE_NEGATIVE = frozenset(
    {"profit", "net_revenue_churn", "magic_number", "payback", "pipeline_coverage", "ltv",
     "ltv_realized"}
)  # fmt: skip
_MAY_EXCEED_ONE = frozenset({"nrr", "quota_attainment"})


@dataclass(frozen=True, slots=True)
class InputUncertainty:
    """A result's spread, split into what we don't know and luck.

    Attributes
    ----------
    name : str
        Of the scenario.
    scenario : Scenario
        At the stated values.
    seed : int
    asked : int
        Parameter draws asked for.
    draws : tuple of int
        Those all of whose runs are finished, rising.
    runs_a_draw : int
    interrupted : bool
    fits : dict of str to Fit
        What was drawn, by dotted path.
    drawn_again : int
        Numbers drawn anew because they broke a rule of the scenario together, over all draws.
    metrics : dict of str to Split
        By metric.
    stated : dict of str to float
        Mean of the same number of runs at the stated values; NaN is missing, or infinite in one.
    numbers : DataFrame
        Which unknown number matters, for the headline metrics: ``metric``, ``path``, ``share``
        with ``share_low`` and ``share_high`` (of the variance of a single run, what would go if
        this number alone became known), ``slope`` (change by one standard error),
        ``rank_correlation``, ``p`` (adjusted by Holm within a metric), ``told``, ``how`` ("shares",
        "rank correlations" if there are fewer than 10 draws a number, or "too few draws") and
        ``draws``.
    values : DataFrame
        ``draw``, ``path``, ``value``, and ``score``, the same as a standard normal error.
    runs : DataFrame
        ``draw``, ``replication``, ``metric``, ``value``.
    """

    name: str
    scenario: Scenario
    seed: int
    asked: int
    draws: tuple[int, ...]
    runs_a_draw: int
    interrupted: bool
    fits: dict[str, Fit]
    drawn_again: int
    metrics: dict[str, Split]
    stated: dict[str, float]
    numbers: pd.DataFrame
    values: pd.DataFrame
    runs: pd.DataFrame

    def as_json(self) -> dict[str, Any]:
        """Return it as one object of plain values; None is missing."""
        return {
            "draws": len(self.draws),
            "draws_asked": self.asked,
            "runs_a_draw": self.runs_a_draw,
            "interrupted": self.interrupted,
            "drawn_again": self.drawn_again,
            "estimates": {
                path: {name: value for name, value in asdict(fit).items() if name != "where"}
                for path, fit in self.fits.items()
            },
            "metrics": {
                metric: {
                    "stated": _known(self.stated[metric]),
                    **{name: _known(value) for name, value in asdict(each).items()},
                    "unit": METRICS[metric].unit.replace("currency", self.scenario.currency),
                }
                for metric, each in self.metrics.items()
            },
            "numbers": [
                {str(name): _known(value) for name, value in row.items()}
                for row in self.numbers.to_dict(orient="records")
            ],
        }

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return its tables by file name without ending."""
        splits = [
            {"metric": metric, "stated": self.stated[metric], **asdict(each),
             "unit": METRICS[metric].unit.replace("currency", self.scenario.currency)}
            for metric, each in self.metrics.items()
        ]  # fmt: skip
        tables = (pd.DataFrame(splits), self.numbers, self.values, self.runs)
        return dict(zip(TABLES, tables, strict=True))


def run_under_uncertainty(
    scenario: Scenarios,
    name: str = "",
    seed: int = 1,
    replications: int = 20,
    *,
    runs_a_draw: int = RUNS_A_DRAW,
    beside: Results | Totals | None = None,
    workers: Workers = 1,
) -> InputUncertainty:
    """Run a scenario with its unknown numbers drawn anew, and split the spread of results.

    Parameters
    ----------
    scenario : Scenario, LoadedScenario, str or path
        Its files state estimates (``sources``, ``estimate``).
    name : str
        For the results; without it that of the file.
    seed : int
        Of the experiment, 0 <= seed < 2**63: of parameters and luck.
    replications : int
        Runs with drawn numbers: ``replications / runs_a_draw`` draws. Run r of draw k has the
        luck of replication ``k * runs_a_draw + r``.
    runs_a_draw : int
        At least 2.
    beside : Results or Totals, optional
        Of the same scenario, seed and replications at the stated values; without it they are run
        too. With Totals only what can be measured without a journal is given.
    workers : int or Execution

    Returns
    -------
    InputUncertainty
        After Ctrl-C from the draws all of whose runs are finished.

    Raises
    ------
    ScenarioError
        If no number in force has an estimate, or the numbers of runs do not fit.
    ReplicationError
        If a run fails.
    KeyboardInterrupt
        After Ctrl-C before the first run has finished.
    ValueError
        If `beside` is of another scenario or seed.
    """
    ready = prepared(scenario)
    unknown = unknown_numbers(ready)
    draws = checked_draws(replications, runs_a_draw)
    name = name or ready.name
    if beside is not None and (beside.seed != seed or beside.scenario != ready.scenario):
        raise ValueError("runs at the stated values are of another scenario or seed")
    stated, to_run = _stated_runs(beside, replications)
    task: Task[dict[str, float]] = run_streamed if isinstance(beside, Totals) else run_totals
    made = [draw(ready.scenario, unknown, seed, k) for k in range(draws)]
    scenarios = {name: ready.scenario}
    scenarios |= {f"{name}#{k}": each.scenario for k, each in enumerate(made)}
    jobs = [(name, number) for number in to_run]
    jobs += [(f"{name}#{k}", k * runs_a_draw + r) for k in range(draws) for r in range(runs_a_draw)]
    done = execute(scenarios, jobs, seed, task, workers)
    stated = {**stated, **{number: run for (who, number), run in done.runs.items() if who == name}}
    found = {number: run for (who, number), run in done.runs.items() if who != name}
    whole = tuple(
        k for k in range(draws) if all(k * runs_a_draw + r in found for r in range(runs_a_draw))
    )
    rows = [(k, k * runs_a_draw + r) for k in whole for r in range(runs_a_draw)]
    metrics = list(next(iter(found.values()))) if found else []
    shape = (len(whole), runs_a_draw)
    values = {m: np.array([found[n][m] for _, n in rows]).reshape(shape) for m in metrics}
    at_stated = {
        m: np.array([stated[n][m] if n in stated else math.nan for _, n in rows]).reshape(shape)
        for m in metrics
    }
    splits = {m: _within_limits(m, split(each, at_stated[m])) for m, each in values.items()}
    scores = np.array([[made[k].scores[path] for path in unknown] for k in whole])
    return InputUncertainty(
        name, ready.scenario, seed, draws, whole, runs_a_draw, done.interrupted,
        {dotted(path): fit for path, fit in unknown.items()},
        sum(made[k].again for k in whole),
        splits,
        {m: _mean(each) for m, each in at_stated.items()},
        _numbers(ready.scenario, unknown, scores, values, at_stated, splits),
        pd.DataFrame(
            [
                (k, dotted(path), float(made[k].values[path]), made[k].scores[path])
                for k in whole
                for path in unknown
            ],
            columns=["draw", "path", "value", "score"],
        ),
        pd.DataFrame(
            [(k, n, m, found[n][m]) for k, n in rows for m in metrics],
            columns=["draw", "replication", "metric", "value"],
        ),
    )  # fmt: skip


def unknown_numbers(loaded: LoadedScenario) -> dict[KeyPath, Fit]:
    """Return the estimates of numbers in force that have any width.

    Raises
    ------
    ScenarioError
        If there are none.
    """
    found = {path: fit for path, fit in fits(loaded).items() if fit.low < fit.high}
    if found:
        return found
    rule = (
        "states no estimate of a number that is in force, so nothing is known of what is not"
        " known. Remedy: add to entries of its sources estimate: {low: …, high: …, cases: …,"
        " method: …} (95 % intervals), or let themodel calibrate write the scenario"
    )
    raise ScenarioError([Problem(str(loaded.path), "sources", "", rule)])


def checked_draws(replications: int, runs_a_draw: int = RUNS_A_DRAW) -> int:
    """Return the number of parameter draws.

    Raises
    ------
    ScenarioError
        If the runs cannot be dealt out: at least two draws of at least two runs.
    """
    if runs_a_draw < 2:
        rule = "must be at least 2: one run of a draw does not tell its luck from its numbers"
        raise ScenarioError([Problem("--runs-a-draw", "", str(runs_a_draw), rule)])
    if replications % runs_a_draw or replications < 2 * runs_a_draw:
        near = max(round(replications / runs_a_draw), 2) * runs_a_draw
        rule = (
            f"must be a multiple of {runs_a_draw}, at least {2 * runs_a_draw}, with"
            f" --input-uncertainty: so many runs are done of each parameter draw (write {near})"
        )
        raise ScenarioError([Problem("--replications", "", str(replications), rule)])
    return replications // runs_a_draw


def headlines(scenario: Scenario) -> tuple[str, ...]:
    """Return the metrics that are shown first, the main one before all."""
    one_off = scenario.sale != "subscription"
    left_out = {"mrr_end", "logo_churn"} if one_off else set()
    return tuple(dict.fromkeys(m for m in (main_metric(scenario), *HEADLINES) if m not in left_out))


# ------------------------------------------------------------------ the parts


def _stated_runs(beside: Results | Totals | None, replications: int) -> tuple[Runs, list[int]]:
    """Return the runs at the stated values that there are, and the numbers of those to be done."""
    if isinstance(beside, Totals):
        return beside.runs, []
    if beside is not None:
        runs = zip(beside.numbers, beside.measures, strict=True)
        return {number: each.totals for number, each in runs}, []
    return {}, replication_numbers(replications)


def _within_limits(metric: str, found: Split) -> Split:
    low = -math.inf if metric in _MAY_BE_NEGATIVE else 0.0
    is_part = METRICS[metric].unit == "share" and metric not in _MAY_EXCEED_ONE
    high = 1.0 if is_part and METRICS[metric].department != "flow" else math.inf
    ends = ("mean_low", "mean_high", "future_low", "future_high")
    kept = {end: float(np.clip(getattr(found, end), low, high)) for end in ends}
    return Split(**{**asdict(found), **kept})


def _numbers(
    scenario: Scenario,
    unknown: Mapping[KeyPath, Fit],
    scores: Floats,
    values: Mapping[str, Floats],
    stated: Mapping[str, Floats],
    splits: Mapping[str, Split],
) -> pd.DataFrame:
    """Tell which unknown number matters most, for the headline metrics."""
    rows: list[dict[str, Any]] = []
    together = correlations(unknown)
    for metric in headlines(scenario):
        if metric not in values or not len(scores):
            continue
        means = means_without_twins(values[metric], stated[metric])
        draws = int(np.isfinite(means).sum())
        found = weights(scores, means, together)
        total = splits[metric].unknown + splits[metric].luck
        how: How = "too few draws"
        if found is not None:
            enough = draws >= DRAWS_A_NUMBER * len(unknown)
            how = "shares" if enough else "rank correlations"
        for at, path in enumerate(unknown):
            row: dict[str, Any] = dict.fromkeys(_NUMBERS.split(), math.nan)
            row |= {"metric": metric, "path": dotted(path), "how": how, "draws": draws}
            row["told"] = False
            if found is not None:
                row |= {
                    "share": found.variance[at] / total,
                    "share_low": found.low[at] / total,
                    "share_high": min(found.high[at] / total, 1.0),
                    "slope": found.slope[at],
                    "rank_correlation": found.correlation[at],
                    "p": found.p[at],
                    "told": bool(found.p[at] <= _ALPHA),
                }
            rows.append(row)
    return pd.DataFrame(rows, columns=_NUMBERS.split())


def _mean(values: Floats) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) and not np.isinf(values).any() else math.nan


def _known(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value
