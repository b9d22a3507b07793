"""The constraint of a company: what one more and one fewer person in each team would change.

Each team gets one person more, then one fewer, with the same luck as the company as it is.
Everybody who is there at the start is at full speed, so an added person is, too; the n-th person
of a team is the same in every arm, and so is everybody else who is there at the start. Whoever
quits is replaced as the scenario says, and replacements ramp up.

What is claimed of a metric holds after Holm's correction over the teams. The constraint is picked
after looking, so that others are worse is claimed only after Holm's correction over all pairs of
teams. Effects by month are counted from the start, since that is when the person comes; months are
told one by one. What an added person does to the departments holds after Holm's correction over
all departments and measures.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from simulator.experiment import bottleneck_words
from simulator.experiment.differences import gaps, tied_with, told_among
from simulator.experiment.execution import Job, Outcome, Workers, execute, run_and_measure
from simulator.experiment.quantities import (
    Scale,
    adds_up,
    as_json,
    better,
    checked_metrics,
    estimate_of,
    main_metric,
)
from simulator.experiment.readiness import Scenarios, prepared
from simulator.experiment.statistics import Estimate, Floats, estimates
from simulator.experiment.wording import team_said
from simulator.languages.messages import say
from simulator.metrics.definitions import METRICS, TEAMS
from simulator.organization.journal import MONTHS_PER_YEAR
from simulator.scenario.changing import changed
from simulator.scenario.schema import Scenario

STAFF = ("revops", "enablement")
"""Teams that serve the others; looked at only where there are any."""
MORE, FEWER = 1, -1
BESIDE = ("utilization", "queue", "abandonment")
"""What is looked at in every department when a person is added to one."""
TABLES = ("effects", "over_time", "flow", "beside")
"""Names of the tables of a result."""

_AS_IT_IS = "as it is"
_MILLION = 1e6


@dataclass(frozen=True, slots=True)
class Bottleneck:
    """What one more and one fewer person in each team would change.

    Attributes
    ----------
    name : str
        Of the scenario.
    scenario : Scenario
    metric : str
        What the constraint is of.
    metrics : tuple of str
        Every metric that was looked at: `metric`, contracts won, final MRR (revenue where sales
        are one-off), profit, and what else was asked for.
    seed : int
    asked : int
        Number of replications asked for.
    numbers : tuple of int
        The replications that finished in every arm.
    interrupted : bool
    people : dict of str to int
        People at the start by team.
    costs : dict of str to float
        What one person costs over the run; see :func:`cost_of`.
    effects : DataFrame
        ``team``, ``change`` (+1 or -1), ``metric``; ``mean``, ``low``, ``high``, ``n`` of the
        paired difference to the company as it is; ``told``: whether it can be told from zero
        among all teams (Holm); ``per_million``, ``per_million_low``, ``per_million_high``: the
        effect per million of `costs`, missing where a person costs nothing.
    over_time : DataFrame
        Of one more person: ``metric`` (contracts won, and `metric` if it is known by month),
        ``month``, ``team``, ``mean``, ``low``, ``high``, ``n`` of the effect by the end of that
        month: what happens in months is added up from the start, a state is taken as it is.
        ``told``: whether it can be told from zero among all teams of the month (Holm).
        ``limits``: the told team with the best effect, and every told team that cannot be told
        from that one (Holm over all pairs of teams of the month).
    flow : DataFrame
        The company as it is, means: ``month``, ``team``, ``utilization``, ``wait_p50``,
        ``abandonment``.
    beside : DataFrame
        What one more person in ``team`` does in ``department``: ``measure`` (utilization, queue,
        abandonment), ``mean``, ``low``, ``high``, ``n`` of the paired difference; ``told``:
        whether it can be told from zero among all departments and measures of the team (Holm).
    constraint : str or None
        The team whose added person betters `metric` most, if that can be told.
    ties : tuple of str
        Teams whose added person cannot be told from that one (Holm over all pairs of teams).
    """

    name: str
    scenario: Scenario
    metric: str
    metrics: tuple[str, ...]
    seed: int
    asked: int
    numbers: tuple[int, ...]
    interrupted: bool
    people: dict[str, int]
    costs: dict[str, float]
    effects: pd.DataFrame
    over_time: pd.DataFrame
    flow: pd.DataFrame
    beside: pd.DataFrame
    constraint: str | None
    ties: tuple[str, ...]

    def effect(self, team: str, change: int = MORE, metric: str | None = None) -> Estimate | None:
        """Return the effect of one person more or fewer; None where nobody can be taken away."""
        table = self.effects
        rows = table[
            (table["team"] == team)
            & (table["change"] == change)
            & (table["metric"] == (metric or self.metric))
        ]
        return estimate_of(rows.iloc[0]) if len(rows) else None

    def scale(self, metric: str | None = None) -> Scale:
        """Return the scale in which all effects on a metric (the main one) are written."""
        name = metric or self.metric
        sizes = self.effects.loc[self.effects["metric"] == name, "mean"]
        return Scale.of(name, self.scenario.currency, sizes)

    def spells(self, metric: str) -> list[tuple[int, int, tuple[str, ...]]]:
        """Return which teams limit a metric by the end of which months, from first to last.

        Several teams cannot be told apart; without any, none can be told from zero.
        """
        rows = self.over_time[self.over_time["metric"] == metric]
        found: list[tuple[int, int, tuple[str, ...]]] = []
        for month, each in rows.groupby("month"):
            teams = tuple(str(team) for team in each.loc[each["limits"], "team"])
            number = int(str(month))
            if found and found[-1][2] == teams:
                found[-1] = (found[-1][0], number, teams)
            else:
                found.append((number, number, teams))
        return found

    def verdict(self) -> list[str]:
        """Say in sentences what is known, and never more than the intervals do."""
        effects, beside = (table.to_dict(orient="records") for table in (self.effects, self.beside))
        scales = {metric: self.scale(metric) for metric in self.metrics}
        more = [row for row in effects if row["change"] == MORE]
        spells = self.spells(self.metric)
        return [
            *bottleneck_words.of_constraint(
                self.metric, self.constraint, self.ties, more, scales[self.metric]
            ),
            *(bottleneck_words.of_time(self.metric, spells) if self.constraint else ()),
            *bottleneck_words.of_harm(more, beside, scales),
            *bottleneck_words.of_profit(more),
        ]

    def summary(self) -> str:
        """Return verdict and effects as plain text of at most 30 lines."""
        lines = [repr(self), *self.verdict(), ""]
        for metric in self.metrics:
            scale = self.scale(metric)
            for team in self.costs:
                effect = self.effect(team, MORE, metric)
                if effect is not None:
                    what = say(
                        "{label}, +1 {team}", label=METRICS[metric].label, team=team_said(team)
                    )
                    amount = scale.amount(effect.mean)
                    lines.append(f"  {what:<44} {amount:>14}   {scale.span(effect)}".rstrip())
        return "\n".join(lines if len(lines) <= 30 else [*lines[:29], say("... (see .effects)")])

    def __repr__(self) -> str:
        """Say what was asked and which team it is."""
        return (
            f"<Bottleneck of {self.name} by {self.metric}: {self.constraint or 'none can be told'};"
            f" {len(self.numbers)} replications, seed {self.seed}>"
        )

    def as_json(self) -> dict[str, Any]:
        """Return the result as one object."""
        return {
            "scenario": self.name,
            "metric": self.metric,
            "currency": self.scenario.currency,
            "teams": {
                team: {
                    "people": self.people[team],
                    "cost": cost,
                    "plus_one": self._json_of(team, MORE),
                    "minus_one": self._json_of(team, FEWER),
                }
                for team, cost in self.costs.items()
            },
            "constraint": self.constraint,
            "ties": list(self.ties),
            "limits": {
                metric: [
                    {"from_month": first, "to_month": last, "teams": list(teams)}
                    for first, last, teams in self.spells(metric)
                ]
                for metric in self.over_time["metric"].unique()
            },
            "verdict": self.verdict(),
            "replications": len(self.numbers),
            "seed": self.seed,
        }

    def _json_of(self, team: str, change: int) -> dict[str, Any] | None:
        table = self.effects
        rows = table[(table["team"] == team) & (table["change"] == change)]
        return {
            row["metric"]: {**as_json(estimate_of(row)), "told": row["told"]}
            for row in rows.to_dict(orient="records")
        } or None

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the tables by the name of the file that they are written to."""
        return {name: getattr(self, name) for name in TABLES}


def bottleneck(
    scenario: Scenarios,
    *,
    metric: str | Sequence[str] | None = None,
    seed: int = 1,
    replications: int = 20,
    workers: Workers = 1,
) -> Bottleneck:
    """Find the constraint of a company by adding and taking away one person in each team.

    Parameters
    ----------
    scenario : Scenario, LoadedScenario, str or path
    metric : str or sequence of str, optional
        What the constraint is of, and more metrics to look at; final MRR if not given (revenue
        where sales are one-off).
    seed : int
    replications : int
    workers : int or Execution

    Returns
    -------
    Bottleneck

    Raises
    ------
    ScenarioError
        If the scenario or a metric cannot be used.
    KeyboardInterrupt
        After Ctrl-C before a replication has finished in every arm.
    ReplicationError, ValueError
        As :func:`~simulator.experiment.execution.execute`.
    """
    loaded = prepared(scenario)
    company = loaded.scenario
    main = main_metric(company)
    asked = [metric] if isinstance(metric, str) else list(metric or (main,))
    metrics = checked_metrics([*asked, "wins", main, "profit"], directed=asked[:1])
    arms = _arms(company)
    scenarios = {_name(arm): each for arm, each in arms.items()}
    jobs: list[Job] = [(name, n) for n in range(replications) for name in scenarios]
    done = execute(scenarios, jobs, seed, run_and_measure, workers)
    numbers = tuple(
        n for n in range(replications) if all((name, n) in done.runs for name in scenarios)
    )
    if not numbers:
        raise KeyboardInterrupt
    measured = _Measured(done.runs, numbers)
    costs = {team: cost_of(company, team) for team in _teams(company)}
    effects = _effects(measured, arms, metrics, costs)
    timed = tuple(dict.fromkeys(m for m in (metrics[0], "wins") if METRICS[m].monthly))
    constraint, ties = _constraint(effects, measured, metrics[0])
    return Bottleneck(
        name=loaded.name,
        scenario=company,
        metric=metrics[0],
        metrics=metrics,
        seed=seed,
        asked=replications,
        numbers=numbers,
        interrupted=done.interrupted,
        people={team: getattr(company.teams, team).people for team in costs},
        costs=costs,
        effects=effects,
        over_time=_over_time(measured, tuple(costs), timed),
        flow=_flow(measured),
        beside=_beside(measured, tuple(costs)),
        constraint=constraint,
        ties=ties,
    )


def cost_of(scenario: Scenario, team: str) -> float:
    """Return what one person of a team costs over the run.

    (pay_per_year / 12 x loading + tool_cost_per_person) x horizon in months: somebody who is
    there all the time. A place that is empty until it is filled again costs less.

    Parameters
    ----------
    scenario : Scenario
    team : str
    """
    plan = getattr(scenario.teams, team)
    monthly = plan.pay_per_year / MONTHS_PER_YEAR * plan.loading
    return float((monthly + scenario.handoffs.tool_cost_per_person) * scenario.horizon.months)


# ------------------------------------------------------------------ what is run

Arm = tuple[str, int] | None
"""Team and change; None is the company as it is."""


def _teams(scenario: Scenario) -> list[str]:
    return [*TEAMS, *(team for team in STAFF if getattr(scenario.teams, team).people)]


def planned_runs(scenario: Scenarios, replications: int) -> int:
    """Return how many runs :func:`bottleneck` will take.

    Parameters
    ----------
    scenario : str, path, LoadedScenario or Scenario
    replications : int

    Raises
    ------
    ScenarioError
        If the scenario cannot be used.
    """
    return replications * len(_arms(prepared(scenario).scenario))


def _arms(scenario: Scenario) -> dict[Arm, Scenario]:
    arms: dict[Arm, Scenario] = {None: scenario}
    for team in _teams(scenario):
        people = getattr(scenario.teams, team).people
        for change in (MORE, FEWER):
            if people + change >= 0:
                key = f"teams.{team}.people"
                arms[team, change] = changed(scenario, {key: people + change})
    return arms


def _name(arm: Arm) -> str:
    return _AS_IT_IS if arm is None else f"{arm[1]:+d} {arm[0].replace('_', ' ')}"


class _Measured:
    """What the runs gave, by arm and replication."""

    def __init__(self, runs: dict[Job, Outcome], numbers: Sequence[int]) -> None:
        self._runs = runs
        self._numbers = numbers

    def totals(self, arm: Arm, metric: str) -> Floats:
        """Return one value per replication."""
        name = _name(arm)
        return np.array([self._runs[name, n].measures.totals[metric] for n in self._numbers])

    def monthly(self, arm: Arm, metric: str) -> Floats:
        """Return one row per replication, one column per month."""
        found = []
        for n in self._numbers:
            table = self._runs[_name(arm), n].measures.monthly
            found.append(table.loc[table["metric"] == metric, "value"].to_numpy(np.float64))
        return np.array(found)

    def effect(self, arm: Arm, metric: str) -> Floats:
        """Return the paired difference to the company as it is, per replication."""
        return gaps(self.totals(None, metric), self.totals(arm, metric))

    def monthly_effect(self, arm: Arm, metric: str) -> Floats:
        """Return the same by the end of each month, one column per month."""
        apart = gaps(self.monthly(None, metric), self.monthly(arm, metric))
        return apart.cumsum(axis=1) if adds_up(METRICS[metric]) else apart


# ------------------------------------------------------------------ what comes out


def _effects(
    measured: _Measured, arms: dict[Arm, Scenario], metrics: Sequence[str], costs: dict[str, float]
) -> pd.DataFrame:
    rows: list[dict[str, Any]] = []
    for metric in metrics:
        for change in (MORE, FEWER):
            found = [arm for arm in arms if arm is not None and arm[1] == change]
            values = [measured.effect(arm, metric) for arm in found]
            sure = told_among(np.array(values).T)
            for arm, each, told in zip(found, values, sure, strict=True):
                cost = costs[arm[0]] / _MILLION
                one = Estimate.of(each)
                bounds = (one.mean, one.low, one.high)
                per = [math.nan if b is None or cost <= 0.0 else b / cost for b in bounds]
                rows.append(
                    {
                        "team": arm[0],
                        "change": change,
                        "metric": metric,
                        "mean": one.mean,
                        "low": one.low,
                        "high": one.high,
                        "n": one.n,
                        "told": bool(told),
                        "per_million": per[0],
                        "per_million_low": per[1],
                        "per_million_high": per[2],
                    }
                )
    return pd.DataFrame(rows)


def _constraint(
    effects: pd.DataFrame, measured: _Measured, metric: str
) -> tuple[str | None, tuple[str, ...]]:
    """Return the team whose added person betters the metric most, and those like it."""
    rows = effects[(effects["metric"] == metric) & (effects["change"] == MORE)]
    gains = np.where(rows["told"], rows["mean"] * better(metric), 0.0)
    return _limiting(
        {str(team): measured.effect((team, MORE), metric) for team in rows["team"]}, gains
    )


def _limiting(effects: Mapping[str, Floats], gains: Floats) -> tuple[str | None, tuple[str, ...]]:
    """Return the team with the largest gain, 0 where it is not told, and those like it."""
    if not gains.max() > 0.0:
        return None, ()
    best = list(effects)[int(gains.argmax())]
    return best, tuple(tied_with(best, effects))


def _over_time(measured: _Measured, teams: Sequence[str], metrics: Sequence[str]) -> pd.DataFrame:
    columns = ["metric", "month", "team", "mean", "low", "high", "n", "told", "limits"]
    parts = []
    for metric in metrics:
        effects = np.array([measured.monthly_effect((team, MORE), metric) for team in teams])
        months = effects.shape[-1]
        found = np.array([estimates(each) for each in effects])  # teams x 4 x months
        mean, low, high, n = (found[:, place] for place in range(4))
        # Asked of all teams at once; months are told one by one.
        told = np.array([told_among(effects[:, :, month].T) for month in range(months)]).T
        gains = np.where(told, mean * better(metric), 0.0)
        limits = np.zeros_like(told)
        for month in range(months):
            by_then = dict(zip(teams, effects[:, :, month], strict=True))
            best, ties = _limiting(by_then, gains[:, month])
            limits[:, month] = [team in (best, *ties) for team in teams]
        limits &= gains > 0.0
        parts.append(
            pd.DataFrame(
                {
                    "metric": metric,
                    "month": np.repeat(np.arange(1, months + 1), len(teams)),
                    "team": np.tile(np.array(teams, dtype=object), months),
                    **{
                        name: values.T.ravel()
                        for name, values in (("mean", mean), ("low", low), ("high", high))
                    },
                    "n": n.T.ravel().astype(np.int64),
                    "told": told.T.ravel(),
                    "limits": limits.T.ravel(),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)[columns]


def _flow(measured: _Measured) -> pd.DataFrame:
    parts = []
    for team in TEAMS:
        columns = {
            name: estimates(measured.monthly(None, f"{team}.{name}"))[0]
            for name in ("utilization", "wait_p50", "abandonment")
        }
        months = np.arange(1, len(columns["utilization"]) + 1)
        parts.append(pd.DataFrame({"month": months, "team": team, **columns}))
    return pd.concat(parts, ignore_index=True).sort_values("month", kind="stable")


def _beside(measured: _Measured, teams: Sequence[str]) -> pd.DataFrame:
    rows = []
    places = [(department, name) for department in TEAMS for name in BESIDE]
    for team in teams:
        values = [measured.effect((team, MORE), f"{where}.{name}") for where, name in places]
        sure = told_among(np.array(values).T)
        for (department, name), each, told in zip(places, values, sure, strict=True):
            one = Estimate.of(each)
            rows.append(
                {
                    "team": team,
                    "department": department,
                    "measure": name,
                    "mean": one.mean,
                    "low": one.low,
                    "high": one.high,
                    "n": one.n,
                    "told": bool(told),
                }
            )
    return pd.DataFrame(rows)
