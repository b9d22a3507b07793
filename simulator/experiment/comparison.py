"""Scenarios against a reference: how much, how sure, where, and what was changed.

The same replication of two scenarios has the same luck, so that differences are taken pair by
pair: what is left of luck in them is what the scenarios make of it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from simulator.errors import Problem, ScenarioError
from simulator.experiment.departures import (
    COMPANY,
    departures,
    loss_differences,
    monthly_differences,
)
from simulator.experiment.differences import metric_differences, tied_with_best
from simulator.experiment.execution import Workers, execute, run_and_measure
from simulator.experiment.findings import BESIDE, Finding, Kind, Ranking, verdict
from simulator.experiment.quantities import Scale, main_metric
from simulator.experiment.readiness import Scenarios, prepared
from simulator.experiment.statistics import Estimate, jeffreys
from simulator.experiment.wording import team_said
from simulator.languages.messages import say
from simulator.metrics import METRICS, Measures
from simulator.metrics.definitions import TEAMS
from simulator.scenario import LoadedScenario, diff, numbers

HEADLINES = ("mrr_end", "revenue", "profit", "wins", "logo_churn")
"""Metrics shown first."""

TABLES = (
    "comparison",
    "changes",
    "departures",
    "departures_monthly",
    "losses",
    "comparison_runs",
)
"""Names of the tables of a comparison."""
_MOST_LINES = 30  # of a summary
_NOT_IN_JSON = ("label", "better")


@dataclass(frozen=True, slots=True)
class Comparison:
    """What several scenarios do differently from the first of them.

    Differences are scenario minus reference, means over pairs. Intervals are 95 % intervals; with
    one replication there are none (missing).

    Attributes
    ----------
    names : tuple of str
        The reference first; a name that comes twice is numbered.
    seed : int
    asked : int
        Number of replications asked for.
    numbers : tuple of int
        Replications that finished in every scenario.
    months, warm_up_months : float
        Length of the runs, and what is left out of rates and flows.
    currency : str
    main : str
        The metric on which the verdict rests.
    metrics : DataFrame
        One row per scenario and metric: ``scenario``, ``metric``, ``label``, ``unit``,
        ``better``, ``mean``, ``reference``, ``difference``, ``low``, ``high``, ``relative``
        (difference / size of the reference's mean; missing where that may be 0),
        ``relative_low``, ``relative_high``, ``p_better`` (share of pairs in which the scenario
        is better, ties half; missing where neither direction is), ``p_better_low``,
        ``p_better_high`` (its interval, Jeffreys'), ``p`` (paired t), ``p_holm``
        (over the scenarios), ``differs`` (the interval excludes 0 and p_holm <= 5 %),
        ``variance_reduction`` (by pairing), ``variance_reduction_low``,
        ``variance_reduction_high``, ``method`` (of the interval), ``n`` (pairs in which
        neither is missing).
    changes : DataFrame
        Inputs that differ: ``scenario``, ``department`` (or "company"), ``key``, ``reference``,
        ``value``, ``unit``.
    monthly, departures, losses : DataFrame
        As of :mod:`simulator.experiment.departures`, with ``scenario`` before.
    runs : DataFrame
        Every number behind it: ``scenario``, ``replication``, ``metric``, ``value``.
    ranking : Ranking or None
        With three scenarios and two replications or more.
    """

    names: tuple[str, ...]
    seed: int
    asked: int
    numbers: tuple[int, ...]
    months: float
    warm_up_months: float
    currency: str
    main: str
    metrics: pd.DataFrame
    changes: pd.DataFrame
    monthly: pd.DataFrame
    departures: pd.DataFrame
    losses: pd.DataFrame
    runs: pd.DataFrame
    ranking: Ranking | None

    @property
    def reference(self) -> str:
        """Name of the scenario that the others are held against."""
        return self.names[0]

    @property
    def interrupted(self) -> bool:
        """Whether it was stopped before all replications were finished."""
        return len(self.numbers) < self.asked

    @property
    def verdict(self) -> str:
        """What was found, in words."""
        others = self.names[1:]
        return verdict(
            [self.finding(name, self.main) for name in others],
            [self.finding(name, metric) for name in others for metric in BESIDE],
            self.ranking,
            self.currency,
        )

    def finding(self, scenario: str, metric: str) -> Finding:
        """Return what can be said of one metric of one scenario."""
        rows = self.metrics[
            (self.metrics["scenario"] == scenario) & (self.metrics["metric"] == metric)
        ]
        row = rows.iloc[0]
        return Finding(
            scenario=scenario,
            reference=self.reference,
            metric=metric,
            kind=_kind(row),
            difference=float(row["difference"]),
            low=_known(row["low"]),
            high=_known(row["high"]),
            relative=_known(row["relative"]),
            n=int(row["n"]),
            p=float(row["p_holm"]),
        )

    def headlines(self) -> tuple[str, ...]:
        """Return the metrics to show first: those of the headlines that are not missing."""
        there = self.metrics[self.metrics["n"] > 0]["metric"]
        other_main = {"mrr_end", "revenue"} - {self.main}
        return tuple(m for m in HEADLINES if m in set(there) and m not in other_main)

    def as_json(self) -> dict[str, Any]:
        """Return everything but months and single runs as one object; missing is None."""
        return {
            "reference": self.reference,
            "scenarios": {
                name: {
                    "metrics": {
                        str(row.pop("metric")): row
                        for row in _records(self._of(self.metrics, name), _NOT_IN_JSON)
                    },
                    **{
                        key: _records(self._of(table, name))
                        for key, table in (
                            ("changes", self.changes),
                            ("departures", self.departures),
                            ("losses", self.losses),
                        )
                    },
                }
                for name in self.names[1:]
            },
            "verdict": self.verdict,
            "replications": len(self.numbers),
            "seed": self.seed,
            "asked": self.asked,
            "interrupted": self.interrupted,
            "currency": self.currency,
            "main": self.main,
            "best": None
            if self.ranking is None
            else {"scenario": self.ranking.best, "alike": list(self.ranking.alike)},
        }

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return every table by the name of its file, without the ending."""
        parts = (
            self.metrics,
            self.changes,
            self.departures,
            self.monthly,
            self.losses,
            self.runs,
        )
        return dict(zip(TABLES, parts, strict=True))

    def summary(self) -> str:
        """Return the verdict, the main figures and the first departures as plain text."""
        lines = [self.verdict]
        for name in self.names[1:]:
            title = say("{scenario} against {reference}", scenario=name, reference=self.reference)
            lines += ["", title]
            for metric in self.headlines():
                said = say(
                    "{label}: {figure}",
                    label=METRICS[metric].label,
                    figure=self._said(name, metric),
                )
                lines.append(f"  {said}")
            lines.append(f"  {self._first_departures(name)}")
        count = len(self.numbers)
        end = say(
            "{count} paired replication; seed {seed}."
            if count == 1
            else "{count} paired replications; seed {seed}.",
            count=count,
            seed=self.seed,
        )
        ends = ["", end]
        room = _MOST_LINES - len(ends)
        if len(lines) > room:
            lines = [*lines[: room - 1], say("(The rest is in .metrics and .departures.)")]
        return "\n".join(lines + ends)

    def __repr__(self) -> str:
        """Say what was compared and what came out."""
        others = ", ".join(self.names[1:])
        return (
            f"<Comparison of {others} against {self.reference}: {len(self.numbers)} paired"
            f" replications, seed {self.seed}>\n{self.verdict}"
        )

    def _first_departures(self, name: str) -> str:
        rows = self._of(self.departures, name)
        if not rows["tested"].any():
            return say("When it departs cannot be told from one replication.")
        departed = rows.dropna(subset="department_month").drop_duplicates("department")
        if departed.empty:
            return say("No department can be told to depart in any month.")
        months = zip(departed["department"], departed["department_month"], strict=True)
        where = say(", ¦between departments").join(
            say("{team} {month}¦first month", team=_department(team), month=month)
            for team, month in months
        )
        return say(
            "First month beyond noise, over all of a department's series: {departments}",
            departments=where,
        )

    def _of(self, table: pd.DataFrame, name: str) -> pd.DataFrame:
        return table[table["scenario"] == name].drop(columns="scenario")

    def _said(self, name: str, metric: str) -> str:
        one = self.finding(name, metric)
        estimate = Estimate(one.difference, one.low, one.high, one.n)
        bounds = [each for each in (one.low, one.high) if each is not None]
        scale = Scale.of(metric, self.currency, (one.difference, *bounds))
        amount = scale.amount(one.difference)
        if not bounds:
            return amount
        return say("{amount} ({span})", amount=amount, span=scale.span(estimate))


# ------------------------------------------------------------------ running


def compare(
    *scenarios: Scenarios, seed: int = 1, replications: int = 20, workers: Workers = 1
) -> Comparison:
    """Run scenarios with the same luck and compare each with the first.

    Parameters
    ----------
    *scenarios : LoadedScenario, Scenario, str or path
        At least two; the first is the reference.
    seed : int
        Of the experiment, 0 <= seed < 2**63.
    replications : int
        How many pairs.
    workers : int or Execution
        How runs are done.

    Returns
    -------
    Comparison
        After Ctrl-C that of the replications which are finished in every scenario.

    Raises
    ------
    ScenarioError
        If there are fewer than two, or they cannot be paired.
    ReplicationError
        If a run fails.
    KeyboardInterrupt
        After Ctrl-C before one replication was finished in every scenario.
    """
    loaded = distinct([prepared(each) for each in scenarios])
    # Pair by pair, so that whatever is finished after Ctrl-C can be compared.
    jobs = [(name, number) for number in range(replications) for name in loaded]
    ready = {name: each.scenario for name, each in loaded.items()}
    finished = execute(ready, jobs, seed, run_and_measure, workers)
    measures: dict[str, dict[int, Measures]] = {name: {} for name in loaded}
    for (name, number), outcome in finished.runs.items():
        measures[name][number] = outcome.measures
    if not set.intersection(*(set(each) for each in measures.values())):
        raise KeyboardInterrupt
    return compare_runs(loaded, measures, seed, replications)


def distinct(scenarios: Sequence[LoadedScenario]) -> dict[str, LoadedScenario]:
    """Name scenarios apart, and refuse those that cannot be compared pair by pair.

    Parameters
    ----------
    scenarios : sequence of LoadedScenario
        The reference first.

    Returns
    -------
    dict of str to LoadedScenario
        The second of a name is called ``name#2``.

    Raises
    ------
    ScenarioError
        If there are fewer than two, or one differs from the reference in what must be the same.
    """
    if len(scenarios) < 2:
        rule = "takes two scenarios or more: the first is the reference"
        raise ScenarioError([Problem("compare", "", "", rule)])
    problems = [problem for other in scenarios[1:] for problem in _unpaired(scenarios[0], other)]
    if problems:
        raise ScenarioError(problems)
    named: dict[str, LoadedScenario] = {}
    for each in scenarios:
        name, count = each.name, 1
        while name in named:
            count += 1
            name = f"{each.name}#{count}"
        named[name] = each
    return named


def _unpaired(reference: LoadedScenario, other: LoadedScenario) -> list[Problem]:
    ours, theirs = reference.scenario, other.scenario
    months = "replications are paired month by month"
    rules: tuple[tuple[str, object, object, str], ...] = (
        ("horizon.months", ours.horizon.months, theirs.horizon.months, months),
        (
            "horizon.warm_up_months",
            ours.horizon.warm_up_months,
            theirs.horizon.warm_up_months,
            months,
        ),
        ("currency", ours.currency, theirs.currency, "amounts are subtracted"),
        ("sale", ours.sale, theirs.sale, "subscription and one-off sale have other figures"),
    )
    return [
        Problem(
            str(other.path) if other.path.name else other.name,
            key,
            _plain(value),
            f"differs from {reference.name} ({_plain(wanted)}): {why}; make them the same",
        )
        for key, wanted, value, why in rules
        if wanted != value
    ]


def _plain(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


# ------------------------------------------------------------------ comparing


def compare_runs(
    scenarios: Mapping[str, LoadedScenario],
    measures: Mapping[str, Mapping[int, Measures]],
    seed: int,
    asked: int,
) -> Comparison:
    """Compare scenarios that have been run.

    Parameters
    ----------
    scenarios : mapping of str to LoadedScenario
        From :func:`distinct`, the reference first.
    measures : mapping of str to mapping of int to Measures
        What each of their replications gave; those that not all have are left out.
    seed : int
        Of the runs.
    asked : int
        Number of replications asked for.
    """
    names = tuple(scenarios)
    shared = tuple(sorted(set.intersection(*(set(measures[name]) for name in names))))
    runs = {name: [measures[name][number] for number in shared] for name in names}
    first = scenarios[names[0]].scenario
    horizon, main = first.horizon, main_metric(first)
    reference, others = runs[names[0]], names[1:]
    monthly = {
        name: monthly_differences(runs[name], reference, horizon.warm_up_months) for name in others
    }
    return Comparison(
        names=names,
        seed=seed,
        asked=asked,
        numbers=shared,
        months=horizon.months,
        warm_up_months=horizon.warm_up_months,
        currency=first.currency,
        main=main,
        metrics=with_share_intervals(
            metric_differences({name: [one.totals for one in runs[name]] for name in names})
        ),
        changes=pd.concat(
            [_changes(name, scenarios[names[0]], scenarios[name]) for name in others],
            ignore_index=True,
        ),
        monthly=_stacked(monthly),
        departures=_stacked({name: departures(table) for name, table in monthly.items()}),
        losses=_stacked({name: loss_differences(runs[name], reference) for name in others}),
        runs=_runs(runs, shared),
        ranking=_ranking(runs, main),
    )


def with_share_intervals(metrics: pd.DataFrame) -> pd.DataFrame:
    """Put the bounds of the share of better pairs beside it.

    Parameters
    ----------
    metrics : DataFrame
        From :func:`~simulator.experiment.differences.metric_differences`.

    Returns
    -------
    DataFrame
        With ``p_better_low`` and ``p_better_high`` after ``p_better``; missing where the share
        is, and with fewer than two pairs.
    """
    found = [
        jeffreys(float(share), int(n))
        for share, n in zip(metrics["p_better"], metrics["n"], strict=True)
    ]
    table, place = metrics.copy(), list(metrics.columns).index("p_better") + 1
    table.insert(place, "p_better_low", np.array([one.low for one in found], dtype=np.float64))
    table.insert(
        place + 1, "p_better_high", np.array([one.high for one in found], dtype=np.float64)
    )
    return table


def _stacked(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    for name, table in tables.items():
        table.insert(0, "scenario", name)
    return pd.concat(tables.values(), ignore_index=True)


def _changes(name: str, reference: LoadedScenario, scenario: LoadedScenario) -> pd.DataFrame:
    units = {one.path: one.unit for each in (reference, scenario) for one in numbers(each)}
    rows = [
        {
            "scenario": name,
            "department": next((key for key in one.path.split(".") if key in TEAMS), COMPANY),
            "key": one.path,
            "reference": one.a,
            "value": one.b,
            "unit": units[one.path],
        }
        for one in diff(reference, scenario)
    ]
    columns = ["scenario", "department", "key", "reference", "value", "unit"]
    # Objects: a switch must not become a number because the others are numbers.
    return pd.DataFrame(rows, columns=columns, dtype=object)


def _runs(runs: Mapping[str, Sequence[Measures]], shared: Sequence[int]) -> pd.DataFrame:
    return pd.concat(
        [
            pd.DataFrame(
                {
                    "scenario": name,
                    "replication": number,
                    "metric": list(one.totals),
                    "value": list(one.totals.values()),
                }
            )
            for name, each in runs.items()
            for number, one in zip(shared, each, strict=True)
        ],
        ignore_index=True,
    )


def _ranking(runs: Mapping[str, Sequence[Measures]], metric: str) -> Ranking | None:
    values = {name: np.array([one.totals[metric] for one in each]) for name, each in runs.items()}
    every = np.array(list(values.values()))
    counted = np.isfinite(every).all(axis=0)
    # The replications that are left would be those in which all went fast.
    if len(values) < 3 or counted.sum() < 2 or np.isinf(every).any():
        return None
    best, mean, alike = tied_with_best(
        {name: each[counted] for name, each in values.items()}, metric
    )
    return Ranking(metric, best, mean, tuple(alike))


def _department(name: str) -> str:
    return say("company¦as a department") if name == COMPANY else team_said(name)


def _kind(row: pd.Series) -> Kind:
    if row["n"] == 0:
        return "missing"
    if row["n"] == 1:
        return "same" if row["difference"] == 0.0 else "single"
    if row["difference"] == 0.0 and row["low"] == row["high"]:
        return "same"
    if not row["differs"]:
        return "open"
    return "less" if row["difference"] < 0.0 else "more"


def _known(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _records(table: pd.DataFrame, without: Sequence[str] = ()) -> list[dict[str, Any]]:
    rows = table.drop(columns=list(without)).to_dict(orient="records")
    return [{str(key): _in_json(value) for key, value in row.items()} for row in rows]


def _in_json(value: Any) -> Any:
    value = value.item() if hasattr(value, "item") else value
    if value is None or value is pd.NA:
        return None
    return _known(value) if isinstance(value, float) else value
