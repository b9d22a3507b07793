"""How long a company that starts empty takes to settle, for questions about its steady state.

Two kinds of questions need two kinds of starts:

- *Planning* ("what will next year bring?") begins with the company as it is: customers, open
  opportunities and parked buyers (``start.loaded: true``). Nothing is left out; the way from here
  to there is the answer.
- *Steady state* ("what would this organization do in the long run?") must not depend on the start.
  The run begins empty (``start.loaded: false``), is long, and its first part is left out
  (``horizon.warm_up_months``). How much is found here.

The length is MSER-5 (White 1997, Simulation 69; Franklin & White 2008, Winter Simulation
Conference) on daily series averaged over replications in batches of five days: what is left out
is what makes the mean of the rest most precise. If that is more than half of the run, no steady
state was found. Welch's moving average (1983) shows the same to the eye.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from simulator.engine import run
from simulator.errors import Problem, ScenarioError
from simulator.experiment.execution import Workers, execute
from simulator.experiment.readiness import Scenarios, prepared
from simulator.languages.messages import listed, marked, say
from simulator.metrics.periods import Periods
from simulator.metrics.rows import Book
from simulator.organization.journal import (
    DAYS_PER_MONTH,
    DEPARTMENTS,
    Kind,
    Qualification,
    Screening,
)
from simulator.scenario.schema import Scenario

Floats = NDArray[np.float64]

BATCH_DAYS = 5
WINDOW_DAYS = 20
TABLES = ("series", "daily")
_FEWEST_BATCHES = 24  # half a year of 20-day months
_LAST_BATCHES = 5  # too few to judge a mean by (Hoad, Robinson & Davies 2010, section 3.2)

SERIES: dict[str, str] = {
    "marketing.work": marked("open work of marketing"),
    "inside_sales.work": marked("open work of inside sales"),
    "field_sales.work": marked("open work of field sales"),
    "customer_success.work": marked("open work of customer success"),
    "mql_count": marked("MQLs a day"),
    "sql_count": marked("opportunities created a day"),
    "wins": marked("contracts won a day"),
    "customers": marked("customers"),
}
"""The daily series and what they are called; ``say`` puts it into the reader's language."""


@dataclass(frozen=True, slots=True)
class WarmUp:
    """When each series of a company has settled.

    Attributes
    ----------
    name : str
        Of the scenario.
    seed, asked : int
        Number of replications asked for.
    numbers : tuple of int
        The replications that finished, rising.
    loaded : bool
        True if the company began with customers and open work.
    months : float
        Length of the runs.
    series : DataFrame
        ``series``, ``label``, ``truncation_day`` (leave out up to here; NaN if not settled),
        ``settled``, ``mean`` (of the days after; of the second half if not settled).
    daily : DataFrame
        ``series``, ``day`` (from 1), ``mean`` over replications, ``moving_average`` (Welch's;
        NaN near the end).
    """

    name: str
    seed: int
    asked: int
    numbers: tuple[int, ...]
    loaded: bool
    months: float
    series: pd.DataFrame
    daily: pd.DataFrame

    @property
    def interrupted(self) -> bool:
        """True if it was stopped before all replications were finished."""
        return len(self.numbers) < self.asked

    @property
    def settled(self) -> bool:
        """True if every series has settled."""
        return bool(self.series["settled"].all())

    @property
    def warm_up_months(self) -> float:
        """What to leave out so that every series has settled, in months; NaN if one has not."""
        if not self.settled:
            return math.nan
        return float(self.series["truncation_day"].max()) / DAYS_PER_MONTH

    def verdict(self) -> str:
        """Say in a sentence what to leave out."""
        if self.settled:
            return say(
                "Leave out the first {months} months: --set horizon.warm_up_months={months}.",
                months=f"{self.warm_up_months:g}",
            )
        moving = self.series.loc[~self.series["settled"], "series"]
        return say(
            "No steady state within {months} months; still moving in the second half:"
            " {names}. Take a longer run, or ask a planning question.",
            months=f"{self.months:g}",
            names=listed([say(SERIES[name]) for name in moving]),
        )

    def advice(self) -> str:
        """Say when a warm-up is the right thing at all."""
        if self.loaded:
            return say(
                "This company begins loaded, for planning questions: there nothing is left out,"
                " because the way from here to there is the answer. For its steady state, begin"
                " empty: --set start.loaded=false."
            )
        return say(
            "This company begins empty, for questions about its steady state: leave out the"
            " warm-up. For planning questions begin with what is there instead"
            " (start.loaded: true) and leave out nothing."
        )

    def summary(self) -> str:
        """Tell it in plain text."""
        lines = [f"{self.name}: {self.verdict()}"]
        for row in self.series.to_dict(orient="records"):
            lines.append(
                say(
                    "  {series}: settled after day {day}; then {mean}"
                    if row["settled"]
                    else "  {series}: not settled; then {mean}",
                    series=say(SERIES[row["series"]]),
                    day=f"{row['truncation_day']:.0f}",
                    mean=f"{row['mean']:.3g}",
                )
            )
        runs = say(
            "{runs} replication; seed {seed}."
            if len(self.numbers) == 1
            else "{runs} replications; seed {seed}.",
            runs=len(self.numbers),
            seed=self.seed,
        )
        lines += [self.advice(), runs]
        return "\n".join(lines)

    def __repr__(self) -> str:
        return (
            f"WarmUp({self.name!r}, {len(self.numbers)} replications, seed {self.seed}:"
            f" {self.verdict()})"
        )

    def as_json(self) -> dict[str, Any]:
        """Return what was found; what is missing is None."""
        return {
            "scenario": self.name,
            "seed": self.seed,
            "replications": len(self.numbers),
            "interrupted": self.interrupted,
            "loaded": self.loaded,
            "months": self.months,
            "warm_up_months": self.warm_up_months if self.settled else None,
            "series": {
                row["series"]: {
                    "truncation_day": row["truncation_day"] if row["settled"] else None,
                    "settled": row["settled"],
                    "mean": row["mean"],
                }
                for row in self.series.to_dict(orient="records")
            },
            "verdict": self.verdict(),
        }

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the tables by the names of their files."""
        return dict(zip(TABLES, (self.series, self.daily), strict=True))


def warm_up(
    scenario: Scenarios, *, seed: int = 1, replications: int = 10, workers: Workers = 1
) -> WarmUp:
    """Find out how long a company takes to settle.

    Parameters
    ----------
    scenario : Scenario, LoadedScenario, str or path
        A file, or the name of a shipped scenario. Its own warm-up is not left out here.
    seed : int
        Of the experiment, 0 <= seed < 2**63.
    replications : int
        Number of runs; their daily series are averaged.
    workers : int or Execution
        Number of local processes (1: in this process), or in detail how runs are done.

    Raises
    ------
    ScenarioError
        If the scenario cannot be loaded, or its run is too short to tell.
    ReplicationError
        If a run fails.
    KeyboardInterrupt
        After Ctrl-C before the first replication has finished.
    ValueError
        If a number is out of range.
    """
    ready = prepared(scenario)
    months = ready.scenario.horizon.months
    days = math.floor(months * DAYS_PER_MONTH / BATCH_DAYS) * BATCH_DAYS
    if days < _FEWEST_BATCHES * BATCH_DAYS:
        least = _FEWEST_BATCHES * BATCH_DAYS / DAYS_PER_MONTH
        rule = f"a warm-up is looked for in runs of {least:g} months or more"
        raise ScenarioError([Problem(str(ready.path), "horizon.months", f"{months:g}", rule)])
    done = execute(
        {ready.name: ready.scenario},
        [(ready.name, number) for number in range(replications)],
        seed,
        daily_series,
        workers,
    )
    runs = list(done.runs.values())
    mean = np.mean([one.to_numpy(dtype=np.float64) for one in runs], axis=0)[:days]
    means = dict(zip(map(str, runs[0].columns), mean.T, strict=True))
    return WarmUp(
        ready.name,
        seed,
        replications,
        tuple(number for _, number in done.runs),
        ready.scenario.start.loaded,
        months,
        pd.DataFrame([_judged(key, values) for key, values in means.items()]),
        pd.concat([_daily(key, values) for key, values in means.items()], ignore_index=True),
    )


def daily_series(scenario: Scenario, name: str, seed: int, replication: int) -> pd.DataFrame:
    """Run once and count day by day; what a worker does.

    Returns
    -------
    DataFrame
        One row per whole day, one column for each of :data:`SERIES`: work of each department
        waiting or under way on average over the day, what happened that day, and customers at
        its end. One-off sales have no customers to settle.
    """
    book = Book(run(scenario, seed, replication, name))
    horizon = book.facts.horizon_days
    edges = np.arange(math.floor(horizon) + 1.0)
    days = Periods(edges[:-1], edges[1:])
    visit, gave_up = book.rows(Kind.VISIT), book.rows(Kind.ABANDONED)
    open_ = book.rows(Kind.UNFINISHED)
    team = np.concatenate((visit.team, gave_up.team, open_.team))
    since = np.concatenate((visit.a, gave_up.a, open_.a))
    until = np.concatenate((visit.time, gave_up.time, np.full(len(open_), horizon)))
    found = {
        f"{each.name.lower()}.work": days.presence(since[team == each], until[team == each])
        for each in DEPARTMENTS
    }
    screened, qualified = book.rows(Kind.SCREENED), book.rows(Kind.QUALIFIED)
    found["mql_count"] = days.sum(screened.time[screened.code == Screening.MQL])
    found["sql_count"] = days.sum(qualified.time[qualified.code == Qualification.BOOKED])
    found["wins"] = days.sum(book.rows(Kind.WON).time)
    if book.facts.subscription:
        customers = book.rows(Kind.CUSTOMER, Kind.WON, Kind.CHURNED)
        heads = np.where(customers.kind == Kind.CHURNED, -1.0, 1.0)
        found["customers"] = days.level(customers.time, heads)
    return pd.DataFrame(found)


def mser(series: Floats, batch: int = BATCH_DAYS) -> int | None:
    """Find where to cut off the start of a series so that the mean of the rest is most precise.

    Parameters
    ----------
    series : ndarray of float64, shape (times,)
    batch : int
        Number of values averaged into one before looking; an unfinished batch is left out.

    Returns
    -------
    int or None
        Number of values to leave out; None if it is more than half of them, which means that the
        series has not settled.
    """
    count = len(series) // batch
    means = series[: count * batch].reshape(count, batch).mean(axis=1)
    means = means - means.mean()
    # Sums over each tail, longest first.
    left = np.arange(count, 0, -1)
    total, squares = np.cumsum(means[::-1])[::-1], np.cumsum(means[::-1] ** 2)[::-1]
    error = (squares - total**2 / left) / left.astype(np.float64) ** 2
    # Squares of what hardly varies cancel: below this they are rounding, and 0.
    error[error * left <= 1e-12 * float(squares[0])] = 0.0
    best = int(np.argmin(error[: max(count - _LAST_BATCHES, 1)]))
    return None if 2 * best > count else best * batch


def welch(series: Floats, window: int = WINDOW_DAYS) -> Floats:
    """Average each value with those around it, so that the eye sees where it settles.

    Parameters
    ----------
    series : ndarray of float64, shape (times,)
    window : int
        Welch's w: so many to each side; near the start as many as there are before.

    Returns
    -------
    ndarray of float64, shape (times,)
        NaN for the last ``window`` values, which have too few after them.
    """
    place = np.arange(max(len(series) - window, 0))
    reach = np.minimum(place, window)
    sums = np.concatenate(([0.0], np.cumsum(series)))
    averages = np.full(len(series), np.nan)
    averages[place] = (sums[place + reach + 1] - sums[place - reach]) / (2 * reach + 1)
    return averages


def _judged(key: str, mean: Floats) -> dict[str, Any]:
    cut = mser(mean)
    return {
        "series": key,
        "label": SERIES[key],
        "truncation_day": math.nan if cut is None else float(cut),
        "settled": cut is not None,
        "mean": float(mean[len(mean) // 2 if cut is None else cut :].mean()),
    }


def _daily(key: str, mean: Floats) -> pd.DataFrame:
    day = np.arange(1, len(mean) + 1)
    return pd.DataFrame({"series": key, "day": day, "mean": mean, "moving_average": welch(mean)})
