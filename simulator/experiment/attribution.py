"""What of the gap between two scenarios belongs to what: shares that add up, and interactions.

The keys in which two scenarios differ are put into factors. Combinations take some factors from
B and the rest from A; each replication plays them with the same luck. A factor's share is the
change that it brings when it goes from A to B, averaged over all orders in which the factors may
do so (Shapley value). See :mod:`~simulator.experiment.factors` and
:mod:`~simulator.experiment.shapley`.

Of a metric, the gap is one question, told by its interval. What is said of shares holds after
Holm's correction over the factors that differ, and of interactions over the pairs.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from simulator.experiment import attribution_words, shapley
from simulator.experiment.comparison import distinct
from simulator.experiment.differences import told_among
from simulator.experiment.execution import Job, Task, Workers, execute, run_totals
from simulator.experiment.factors import (
    NO_MECHANISM,
    By,
    Factor,
    Game,
    Switches,
    differing,
    game_of,
)
from simulator.experiment.quantities import Scale, as_json, checked_metrics, estimate_of, told
from simulator.experiment.readiness import Scenarios, prepared
from simulator.experiment.statistics import CONFIDENCE, Estimate, Floats, estimates
from simulator.languages.languages import spoken
from simulator.languages.messages import say
from simulator.scenario.scalars import compact
from simulator.scenario.schema import Scenario

MOST_EXACT = 6
"""Up to so many factors all combinations are run; above, orders are sampled."""
TABLES = ("gaps", "shares", "interactions", "effects", "differences", "replications")
"""Names of the tables of a result."""


@dataclass(frozen=True, slots=True)
class Attribution:
    """The gap between two scenarios, and what of it belongs to what.

    Attributes
    ----------
    a, b : str
        Names of the scenarios; every gap is B minus A.
    currency : str
    by : str
        "departments", "handoffs", "mechanisms", or "factors" if they were named by the user.
    metrics : tuple of str
        As asked for, the main one first.
    seed : int
    asked : int
        Number of replications asked for.
    numbers : tuple of int
        The replications that finished.
    runs : int
        Number of runs behind the result.
    method : str
        "all combinations" or "sampled orders".
    interrupted : bool
    gaps : DataFrame
        ``metric``; mean of ``a`` and of ``b``; ``mean``, ``low``, ``high``, ``n`` of the gap.
    shares : DataFrame
        ``metric``, ``factor``, ``mean``, ``low``, ``high``, ``n``; ``told``: whether it can be
        told from zero among all factors of the metric that differ (Holm); ``relative`` to the gap
        with ``relative_low``, ``relative_high`` (Fieller 1954), missing where the gap cannot be
        told from zero; ``differs``: False of a factor that is the same in both.
    interactions : DataFrame
        ``metric``, ``first``, ``second``, ``mean``, ``low``, ``high``, ``n``; ``told``: whether
        it can be told from zero among all pairs of the metric (Holm). Empty with sampled orders.
    effects : DataFrame
        What is behind the interactions: ``metric``, ``factor``, ``given`` (the other factor),
        ``state`` of the other ("a" or "b"; a mechanism is "off" or "on"), ``mean``, ``low``,
        ``high``, ``n``.
    differences : DataFrame
        ``factor``, ``key``, ``a``, ``b``. Empty for mechanisms.
    replications : DataFrame
        ``replication``, ``metric``, ``factor``, ``value``: of each replication the shares, which
        add up to its gap. Infinite where the metric is longer than what was seen in one of its
        combinations: then nothing is known of the gap, and no estimate is given.
    """

    a: str
    b: str
    currency: str
    by: str
    metrics: tuple[str, ...]
    seed: int
    asked: int
    numbers: tuple[int, ...]
    runs: int
    method: str
    interrupted: bool
    gaps: pd.DataFrame
    shares: pd.DataFrame
    interactions: pd.DataFrame
    effects: pd.DataFrame
    differences: pd.DataFrame
    replications: pd.DataFrame

    def gap(self, metric: str | None = None) -> Estimate:
        """Return the gap of a metric (of the main one)."""
        return estimate_of(self._rows(self.gaps, metric).iloc[0])

    def shares_of(self, metric: str | None = None) -> dict[str, Estimate]:
        """Return what belongs to each factor of the gap of a metric (of the main one)."""
        rows = self._rows(self.shares, metric)
        return {str(row["factor"]): estimate_of(row) for _, row in rows.iterrows()}

    def scale(self, metric: str | None = None) -> Scale:
        """Return the scale in which everything about a metric (the main one) is written."""
        sizes = [self.gap(metric).mean, *(each.mean for each in self.shares_of(metric).values())]
        return Scale.of(metric or self.metrics[0], self.currency, sizes)

    def verdict(self, metric: str | None = None) -> list[str]:
        """Say in sentences what is known, and never more than the intervals do."""
        name = metric or self.metrics[0]
        shares, pairs, effects = (
            self._rows(table, name).to_dict(orient="records")
            for table in (self.shares, self.interactions, self.effects)
        )
        gap, scale = self.gap(name), self.scale(name)
        return [
            *attribution_words.of_gap(name, (self.a, self.b), gap, scale, self._beyond(name)),
            *attribution_words.of_shares(gap, shares, scale),
            *attribution_words.of_pairs(self.states, pairs, effects, scale),
        ]

    @property
    def states(self) -> tuple[str, str]:
        """How to say that a factor is not changed, and that it is."""
        if self.by == "mechanisms":
            return say("off¦a mechanism"), say("on¦a mechanism")
        return say("as in {scenario}", scenario=self.a), say("as in {scenario}", scenario=self.b)

    def summary(self) -> str:
        """Return verdict and shares as plain text of at most 30 lines."""
        lines = [repr(self)]
        for metric in self.metrics:
            scale = self.scale(metric)
            lines += ["", *self.verdict(metric)]
            for factor, share in self.shares_of(metric).items():
                amount = scale.amount(share.mean)
                name = attribution_words.factor_said(factor) if spoken() == "ja" else factor
                lines.append(f"  {name:<32} {amount:>16}   {scale.span(share)}".rstrip())
        return "\n".join(lines if len(lines) <= 30 else [*lines[:29], say("... (see .shares)")])

    def __repr__(self) -> str:
        gap, scale = self.gap(), self.scale()
        return (
            f"<Attribution of {self.metrics[0]}, {self.b} minus {self.a}:"
            f" {scale.amount(gap.mean)} ({scale.span(gap) or 'no interval'});"
            f" {len(self.shares_of())} shares, {len(self.numbers)} replications,"
            f" seed {self.seed}>"
        )

    def as_json(self) -> dict[str, Any]:
        """Return the result as one object."""
        first, *others = self.metrics
        return {
            "a": self.a,
            "b": self.b,
            "by": self.by,
            "currency": self.currency,
            **self._json_of(first),
            "replications": len(self.numbers),
            "seed": self.seed,
            "method": self.method,
            "runs": self.runs,
            "metrics": {metric: self._json_of(metric) for metric in others},
        }

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the tables by the name of the file that they are written to."""
        return {name: getattr(self, name) for name in TABLES}

    def _json_of(self, metric: str) -> dict[str, Any]:
        return {
            "metric": metric,
            "gap": as_json(self.gap(metric)),
            "shares": {
                row["factor"]: {**as_json(estimate_of(row)), "told": row["told"]}
                for row in self._rows(self.shares, metric).to_dict(orient="records")
            },
            "interactions": [
                {
                    "factors": [row["first"], row["second"]],
                    **as_json(estimate_of(row)),
                    "told": row["told"],
                }
                for row in self._rows(self.interactions, metric).to_dict(orient="records")
            ],
            "verdict": self.verdict(metric),
        }

    def _beyond(self, metric: str) -> int:
        """Count the replications in which a metric is longer than what was seen."""
        rows = self._rows(self.replications, metric)
        return int(rows["replication"][np.isinf(rows["value"])].nunique())

    def _rows(self, table: pd.DataFrame, metric: str | None) -> pd.DataFrame:
        return table[table["metric"] == (metric or self.metrics[0])]


def planned_runs(a: Scenarios, b: Scenarios, replications: int) -> int:
    """Return how many runs :func:`attribute` will take to attribute a gap to departments.

    Parameters
    ----------
    a, b : str, path, LoadedScenario or Scenario
    replications : int

    Raises
    ------
    ScenarioError
        As :func:`attribute` does.
    """
    first, second = distinct([prepared(a), prepared(b)]).values()
    game = game_of(first, second, "departments", None, differing(first, second))
    return len(_jobs(game, _Plan(len(game.players), 1, range(replications)))[1])


def attribute(
    a: Scenarios,
    b: Scenarios,
    *,
    metric: str | Sequence[str] = "mrr_end",
    by: By = "departments",
    factors: Mapping[str, Sequence[str]] | None = None,
    seed: int = 1,
    replications: int = 10,
    workers: Workers = 1,
    task: Task[dict[str, float]] = run_totals,
) -> Attribution:
    """Attribute the gap between two scenarios (B minus A) to factors.

    With n factors a replication takes 2**n runs up to n = 6; above, one random order of the
    factors and its reverse are played, 2n runs. Mechanisms take twice as many, for their game is
    another one: the value of some mechanisms is the gap that there is when they alone are active
    in both scenarios, and what is left with none of them is a share of its own.

    Parameters
    ----------
    a, b : Scenario, LoadedScenario, str or path
    metric : str or sequence of str
        Of the registry; all come from the same runs.
    by : {"departments", "handoffs", "mechanisms"}
        Which factors: see :mod:`~simulator.experiment.factors`.
    factors : mapping of str to sequence of str, optional
        Instead of `by`: name to dotted paths; a path covers all below it.
    seed : int
    replications : int
    workers : int or Execution
    task : callable
        What gives the metrics of one run: the simulator, unless something else is studied.

    Returns
    -------
    Attribution

    Raises
    ------
    ScenarioError
        If the scenarios cannot be paired or do not differ, if a metric or path is unknown, or if
        a combination is no valid scenario.
    KeyboardInterrupt
        After Ctrl-C before a replication has all its combinations.
    ReplicationError, ValueError
        As :func:`~simulator.experiment.execution.execute`.
    """
    metrics = checked_metrics([metric] if isinstance(metric, str) else metric)
    first, second = (
        replace(each, name=name) for name, each in distinct([prepared(a), prepared(b)]).items()
    )
    found = differing(first, second)
    game = game_of(first, second, by, factors, found)
    if replications < 1:
        raise ValueError(f"at least one replication, not {replications}")
    plan = _Plan(len(game.players), seed, range(replications))
    scenarios, jobs = _jobs(game, plan)
    done = execute(scenarios, jobs, seed, task, workers)
    totals = {job: np.array([run[name] for name in metrics]) for job, run in done.runs.items()}
    values = {
        number: each
        for number, coalitions in plan.coalitions.items()
        if (each := _values(game, coalitions, number, totals)) is not None
    }
    if not values:
        raise KeyboardInterrupt
    result = _Split(game, plan, values, metrics, _sizes(totals))
    return Attribution(
        a=first.name,
        b=second.name,
        currency=first.scenario.currency,
        by="factors" if factors is not None else by,
        metrics=metrics,
        seed=seed,
        asked=replications,
        numbers=tuple(values),
        runs=len(set(jobs)),
        method="all combinations" if plan.exact else "sampled orders",
        interrupted=done.interrupted,
        gaps=result.gaps(_levels(first.name, totals, values), _levels(second.name, totals, values)),
        shares=result.share_table(),
        interactions=result.interactions(),
        effects=result.effects(),
        differences=_difference_table(game.players),
        replications=result.by_replication(),
    )


# ------------------------------------------------------------------ what is run


class _Plan:
    """Which coalitions each replication plays."""

    def __init__(self, players: int, seed: int, replications: Sequence[int]) -> None:
        self.exact = players <= MOST_EXACT
        self.orders = {
            number: () if self.exact else shapley.order_pair(players, seed, number)
            for number in replications
        }
        self.coalitions = {
            number: list(range(1 << players)) if self.exact else shapley.visited(orders)
            for number, orders in self.orders.items()
        }


def _jobs(game: Game, plan: _Plan) -> tuple[dict[str, Scenario], list[Job]]:
    """Return scenarios by name, and the runs: whole replications first, for Ctrl-C."""
    scenarios: dict[str, Scenario] = {}
    jobs: list[Job] = []
    for number, coalitions in plan.coalitions.items():
        for coalition in coalitions:
            names = [name for name, _ in game.runs(coalition)]
            if any(name not in scenarios for name in names):
                scenarios.update(zip(names, game.scenarios(coalition), strict=True))
            jobs += [(name, number) for name in names]
    return scenarios, jobs


def _values(
    game: Game, coalitions: Sequence[int], number: int, totals: Mapping[Job, Floats]
) -> dict[int, Floats] | None:
    """Return the value of each coalition in one replication; None if a run is not finished.

    Infinite where one of its runs is.
    """
    found = {}
    for coalition in coalitions:
        runs = game.runs(coalition)
        if any((name, number) not in totals for name, _ in runs):
            return None
        parts = np.array([sign * totals[name, number] for name, sign in runs])
        beyond = np.isinf(parts)
        sums = np.where(beyond, 0.0, parts).sum(axis=0)
        found[coalition] = np.where(beyond.any(axis=0), np.inf, sums)
    return found


def _levels(name: str, totals: Mapping[Job, Floats], numbers: Mapping[int, Any]) -> Floats:
    return np.array([totals[name, number] for number in numbers])


def _sizes(totals: Mapping[Job, Floats]) -> Floats:
    """Return the largest number of each metric in any run."""
    numbers = np.array(list(totals.values()))
    found: Floats = np.where(np.isfinite(numbers), np.abs(numbers), 0.0).max(axis=0)
    return found


# ------------------------------------------------------------------ what comes out


class _Split:
    """Shares and interactions per replication, and their estimates."""

    def __init__(
        self,
        game: Game,
        plan: _Plan,
        values: Mapping[int, Mapping[int, Floats]],
        metrics: tuple[str, ...],
        sizes: Floats,
    ) -> None:
        self._game = game
        self._sizes = sizes
        self._metrics = metrics
        self._numbers = tuple(values)
        self._pairs: list[shapley.PairEffects] = []
        everybody = (1 << len(game.players)) - 1
        # What is longer than what was seen in one combination is not known in the replication.
        self._beyond = np.array(
            [np.isinf(list(each.values())).any(axis=0) for each in values.values()]
        )
        values = {
            number: {c: np.where(np.isinf(worth), np.nan, worth) for c, worth in each.items()}
            for number, each in values.items()
        }
        none = np.array([each[0] for each in values.values()])
        # Shape of everything: replications x metrics (x factors).
        self._gap = np.array([each[everybody] for each in values.values()]) - none
        if plan.exact:
            # The values of all coalitions, in order, as the last axis.
            worth = np.array(
                [[each[c] for c in range(everybody + 1)] for each in values.values()]
            ).transpose(0, 2, 1)
            shares = shapley.shares(worth)
            self._pairs = shapley.pair_effects(worth)
        else:
            shares = np.array(
                [shapley.sampled_shares(each, plan.orders[n]) for n, each in values.items()]
            )
        self._factors = [factor.name for factor in game.players]
        if isinstance(game, Switches):
            self._gap = self._gap + none
            self._factors.append(NO_MECHANISM)
            shares = np.concatenate([shares, none[..., None]], axis=-1)
        self._factors += game.idle
        idle = np.zeros((*self._gap.shape, len(game.idle)))
        self._shares = np.concatenate([shares, idle], axis=-1)
        # A metric that is missing in one combination is missing in the whole replication.
        missing = np.isnan(self._shares).any(axis=-1)
        self._shares[missing] = self._gap[missing] = np.nan
        self._shares[self._beyond] = self._gap[self._beyond] = np.inf

    def gaps(self, a: Floats, b: Floats) -> pd.DataFrame:
        table = pd.DataFrame({"metric": self._metrics})
        table["a"], table["b"] = estimates(a)[0], estimates(b)[0]
        return table.assign(**_columns(self._gap))

    def share_table(self) -> pd.DataFrame:
        rows = []
        for place, metric in enumerate(self._metrics):
            gap = self._gap[:, place]
            known = told(Estimate.of(gap)) != 0
            values = self._shares[:, place].T
            # Nobody asks of a factor that is the same in both.
            asked = [
                np.full_like(share, np.nan) if factor in self._game.idle else share
                for factor, share in zip(self._factors, values, strict=True)
            ]
            sure = self._told(asked, place)
            for factor, share, is_told in zip(self._factors, values, sure, strict=True):
                relative, low, high = ratio_interval(share, gap) if known else (math.nan,) * 3
                rows.append(
                    {
                        "metric": metric,
                        "factor": factor,
                        **_row(share),
                        "told": is_told,
                        "relative": relative,
                        "relative_low": low,
                        "relative_high": high,
                        "differs": factor not in self._game.idle,
                    }
                )
        return pd.DataFrame(rows)

    def interactions(self) -> pd.DataFrame:
        rows = []
        for place, metric in enumerate(self._metrics):
            values = [self._seen(pair.interaction, place) for pair in self._pairs]
            sure = self._told(values, place)
            for pair, each, is_told in zip(self._pairs, values, sure, strict=True):
                names = {"first": self._factors[pair.first], "second": self._factors[pair.second]}
                rows.append({"metric": metric, **names, **_row(each), "told": is_told})
        return pd.DataFrame(
            rows, columns=["metric", "first", "second", "mean", "low", "high", "n", "told"]
        )

    def _seen(self, values: Floats, place: int) -> Floats:
        """Return a number of each replication, infinite where a metric is not known."""
        return np.where(self._beyond[:, place], np.inf, values[:, place])

    def _told(self, values: Sequence[Floats], place: int) -> list[bool]:
        """Tell which numbers of a metric differ from zero, for having asked of all of them."""
        return [bool(each) for each in told_among(np.array(values).T, self._sizes[place])]

    def effects(self) -> pd.DataFrame:
        rows = []
        for place, metric in enumerate(self._metrics):
            for pair in self._pairs:
                first, second = self._factors[pair.first], self._factors[pair.second]
                for factor, given, changes in (
                    (first, second, (pair.first_without, pair.first_with)),
                    (second, first, (pair.second_without, pair.second_with)),
                ):
                    for state, change in zip(self._game.states, changes, strict=True):
                        what = {"factor": factor, "given": given, "state": state}
                        rows.append({"metric": metric, **what, **_row(self._seen(change, place))})
        return pd.DataFrame(
            rows, columns=["metric", "factor", "given", "state", "mean", "low", "high", "n"]
        )

    def by_replication(self) -> pd.DataFrame:
        runs, metrics, factors = self._shares.shape
        return pd.DataFrame(
            {
                "replication": np.repeat(self._numbers, metrics * factors),
                "metric": np.tile(np.repeat(np.array(self._metrics, object), factors), runs),
                "factor": np.tile(np.array(self._factors, object), runs * metrics),
                "value": self._shares.ravel(),
            }
        )


def ratio_interval(part: Floats, whole: Floats) -> tuple[float, float, float]:
    """Return the ratio of two means of paired values with its 95 % interval (Fieller 1954).

    Missing (NaN) if the whole cannot be told from zero: then no finite interval exists. And if a
    value is infinite: then the mean is not known.
    """
    nothing = (math.nan, math.nan, math.nan)
    if np.isinf(part).any() or np.isinf(whole).any():
        return nothing
    known = np.isfinite(part) & np.isfinite(whole)
    n = int(known.sum())
    if n < 2:
        return nothing
    x, y = part[known], whole[known]
    top, bottom = float(x.mean()), float(y.mean())
    spread = np.cov(x, y) / n
    t2 = float(stdtrit(n - 1.0, 0.5 + CONFIDENCE / 2.0)) ** 2
    # The ratios r for which the mean of x - r y cannot be told from zero: a r^2 - 2 b r + c <= 0.
    a = bottom**2 - t2 * float(spread[1, 1])
    b = top * bottom - t2 * float(spread[0, 1])
    c = top**2 - t2 * float(spread[0, 0])
    if a <= 0.0:
        return nothing
    half = math.sqrt(max(b * b - a * c, 0.0))
    return top / bottom, (b - half) / a, (b + half) / a


def _difference_table(factors: Sequence[Factor]) -> pd.DataFrame:
    rows = [
        {"factor": factor.name, "key": each.key, "a": _written(each.a), "b": _written(each.b)}
        for factor in factors
        for each in factor.differences
    ]
    return pd.DataFrame(rows, columns=["factor", "key", "a", "b"], dtype=object)


def _written(value: Any) -> Any:
    """Write laws, lists and blocks on one line."""
    return compact(value) if isinstance(value, (dict, list)) else value


def _columns(values: Floats) -> dict[str, Floats]:
    mean, low, high, n = estimates(values)
    return {"mean": mean, "low": low, "high": high, "n": n.astype(np.int64)}


def _row(values: Floats) -> dict[str, float | int | None]:
    one = Estimate.of(values)
    return {"mean": one.mean, "low": one.low, "high": one.high, "n": one.n}
