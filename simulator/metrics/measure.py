"""From the rows of a run to every metric: pure, and nothing but the rows is read.

The warm-up is a filter on rows by time, for rates and flows; levels see every row.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from simulator.metrics.definitions import METRICS, TEAMS
from simulator.metrics.flow import labor, people, team_flow
from simulator.metrics.funnel import conversion, funnel, losses, recycling, statuses
from simulator.metrics.periods import Floats, Periods, ratio
from simulator.metrics.responses import responses
from simulator.metrics.revenue import bridge, money, quota, retention_cohorts
from simulator.metrics.rows import Book, opportunities
from simulator.metrics.transitions import transitions
from simulator.organization.journal import Journal


@dataclass(frozen=True, slots=True)
class Measures:
    """Everything that is known about one run.

    Attributes
    ----------
    totals : dict of str to float
        Every metric of the registry over the measured period (after the warm-up): NaN is missing,
        infinite a time that is longer than what was seen.
    monthly : DataFrame
        ``period`` (month, from 1, warm-up included), ``metric``, ``value``.
    cohorts : DataFrame
        ``kind`` ("arrival" or "contract"), ``cohort`` (month; 0: customers at the start),
        ``age`` (months since the contract; 0 for arrivals, which are followed to the horizon),
        ``metric``, ``value``, ``n`` (denominator), ``weight`` (what the share is of: ``n``, or of
        the share of MRR the MRR at age 0).
    losses : DataFrame
        ``stage``, ``true_reason``, ``recorded_reason``, ``buyers``, ``amount``.
    stages : dict
        Team name -> its flow metrics without the team's prefix.
    statuses : dict
        Status name -> number of buyers at the horizon.
    bridge : DataFrame
        One row per month: ``period`` and the parts of the MRR bridge in whole currency units.
    people : DataFrame
        One row per spell of a person in a team, counted within the measured period.
    recycling : DataFrame
        By recorded reason: ``parked``, ``came_back``, ``opportunities``, ``won``.
    transitions : DataFrame
        Moves between places, as of :func:`simulator.metrics.transitions.transitions`:
        ``from_place``, ``to_place``, ``period`` (0: there when counting begins), ``buyers``,
        ``amount``.
    """

    totals: dict[str, float]
    monthly: pd.DataFrame
    cohorts: pd.DataFrame
    losses: pd.DataFrame
    stages: dict[str, dict[str, float]]
    statuses: dict[str, int]
    bridge: pd.DataFrame
    people: pd.DataFrame
    recycling: pd.DataFrame
    transitions: pd.DataFrame


def measure(journal: Journal) -> Measures:
    """Compute every metric of the registry from the rows of one run."""
    book = Book(journal)
    periods = Periods.of(journal.facts)
    work, pipeline = labor(book), opportunities(book)
    values = {
        **money(book, periods, work),
        **quota(book, periods, work, pipeline),
        **team_flow(book, periods, work),
        **funnel(book, periods, work, pipeline),
        **responses(book, periods),
    }
    totals = {name: float(values[name][-1]) for name in METRICS}
    return Measures(
        totals=totals,
        monthly=_monthly(values),
        cohorts=_cohorts(book, periods),
        losses=pd.DataFrame(losses(book, periods)),
        stages={
            team: {
                name.removeprefix(f"{team}."): value
                for name, value in totals.items()
                if name.startswith(f"{team}.")
            }
            for team in TEAMS
        },
        statuses=statuses(book),
        bridge=_bridge(book, periods),
        people=pd.DataFrame(people(book, periods, work)),
        recycling=pd.DataFrame(recycling(book, periods)),
        transitions=pd.DataFrame(transitions(book, periods)),
    )


def _monthly(values: dict[str, Floats]) -> pd.DataFrame:
    names = [name for name, metric in METRICS.items() if metric.monthly]
    months = len(next(iter(values.values()))) - 1
    return pd.DataFrame(
        {
            "period": np.tile(np.arange(1, months + 1), len(names)),
            "metric": np.repeat(np.array(names, dtype=object), months),
            "value": np.concatenate([values[name][:-1] for name in names]),
        }
    )


def _bridge(book: Book, periods: Periods) -> pd.DataFrame:
    months = len(periods) - 1
    parts = bridge(book, periods)
    if not book.facts.subscription:
        parts = {name: np.zeros(months + 1) for name in parts}
    whole = {name: np.rint(part[:months]).astype(np.int64) for name, part in parts.items()}
    return pd.DataFrame({"period": np.arange(1, months + 1), **whole})


def _cohorts(book: Book, periods: Periods) -> pd.DataFrame:
    months = periods.months
    number = np.arange(1, len(months) + 1)
    parts = []
    for name, (at, counted, reached) in conversion(book).items():
        n = months.sum_by(at, counted)
        value = ratio(months.sum_by(at, reached), n)
        parts.append(_cohort("arrival", number, np.zeros(len(months)), name, value, n, n))
    if book.facts.subscription:
        kept = retention_cohorts(book)
        parts += [
            _cohort("contract", kept["cohort"], kept["age"], name, kept[name], kept["n"], weight)
            for name, weight in (
                ("logo_retention", kept["n"]),
                ("revenue_retention", kept["opening"]),
            )
        ]
    columns = ("kind", "cohort", "age", "metric", "value", "n", "weight")
    return pd.DataFrame(
        {name: np.concatenate([part[i] for part in parts]) for i, name in enumerate(columns)}
    )


def _cohort(
    kind: str,
    cohort: np.ndarray,
    age: Floats,
    metric: str,
    value: Floats,
    n: Floats,
    weight: Floats,
) -> tuple[np.ndarray, ...]:
    return (
        np.full(len(value), kind, dtype=object),
        np.asarray(cohort).astype(np.int64),
        age.astype(np.int64),
        np.full(len(value), metric, dtype=object),
        value,
        n.astype(np.int64),
        weight.astype(np.float64),
    )
