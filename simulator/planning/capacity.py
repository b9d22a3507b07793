"""What a run shows month by month of people and work, and when a plan breaks.

Everything comes from the journal. Work is told in people: how many would have to be at work all
month. Load and ramped capacity count people at full speed, so that both can be compared: what a
new hire does takes longer, and counts with the speed at which it was begun.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from simulator.engine import run
from simulator.metrics.flow import Labor, Waits, labor, waits
from simulator.metrics.periods import Floats, Periods, ratio, running_level
from simulator.metrics.rows import Book, Rows
from simulator.organization.journal import (
    DAYS_PER_MONTH,
    DEPARTMENTS,
    HireCause,
    Journal,
    Kind,
    LeaveCause,
    Team,
)
from simulator.planning.plan_reading.plan_files import planned_headcounts, teams_of
from simulator.planning.ramps import Ramps, ramps
from simulator.scenario.schema import Scenario

QUANTITIES = ("staffed", "ramped", "busy", "load", "queue", "pay")
"""What every team has month by month; staff that serves all has no work of its own (NaN)."""

_SAME = 1e-9  # people: a full month of work and a full month of people differ by rounding
_LOW, _HIGH = 0.1, 0.9


def run_capacity(
    scenario: Scenario, name: str, seed: int, replication: int
) -> dict[str, NDArray[np.float64]]:
    """Run once and measure people and work of every team in every month.

    A task for `simulator.experiment.execution.execute`.

    Parameters
    ----------
    scenario : Scenario
    name : str
        Of the scenario.
    seed, replication : int

    Returns
    -------
    dict of str to ndarray of float64, (months,)
        See `capacity_of`.
    """
    return capacity_of(run(scenario, seed, replication, name), scenario)


def capacity_of(journal: Journal, scenario: Scenario) -> dict[str, NDArray[np.float64]]:
    """Measure people and work of every team in every month.

    Parameters
    ----------
    journal : Journal
    scenario : Scenario
        That was run.

    Returns
    -------
    dict of str to ndarray of float64, (months,)
        By ``team.what``, for the four departments and for staff that has people or is hired:

        - ``staffed``: people employed, mean over the month.
        - ``ramped``: the same, each counted with its share of full speed (without skill).
        - ``busy``: working time of the team's people / length of the month, in people; divided by
          ``staffed`` it is the utilization.
        - ``load``: people at full speed that the work of the month would have needed. It is the
          working time, weighted with the speed of who worked, plus what was not done: for every
          kind of the team's work (queue at the end - queue at the start + those who gave up
          waiting) x mean time, also weighted, of the pieces finished in the month (in the run, if
          none was); all / length of the month. Never below 0. NaN for staff, as are ``busy`` and
          ``queue``.
        - ``queue``: pieces of work that wait, mean over the month.
        - ``pay``: cost of the team's people in the month, in the scenario's currency.
        - ``hires``, ``leavers``: people who come to and go from the company in the month, which
          here includes its first instant: a hire planned for month 2 counts there. Rotation and
          long leave count as neither, nor does who quits while on leave.

        Of field sales also ``bookings`` (in currency) and ``quota`` (of all who are employed, for
        the time that they are): attainment is bookings / quota.
    """
    book = Book(journal)
    every = Periods.of(journal.facts)
    months = every.months
    work = labor(book)
    speeds = ramps(book, work.spells, scenario)
    queues = waits(book)
    visits = book.rows(Kind.VISIT)
    values: dict[str, NDArray[np.float64]] = {}
    for team in (Team[name.upper()] for name in teams_of(scenario)):
        found = {
            "staffed": ratio(work.employed(months, team), months.days),
            "ramped": ratio(speeds.ramped(months, team), months.days),
            "busy": months.nothing,
            "load": months.nothing,
            "queue": months.nothing,
            "pay": work.pay(months, team),
            "hires": _counted(book, months, Kind.HIRED, team),
            "leavers": _counted(book, months, Kind.LEFT, team),
        }
        if team in DEPARTMENTS:
            found |= _work(team, months, work, speeds, queues, visits)
        values |= {f"{team.name.lower()}.{what}": value for what, value in found.items()}
    won = book.rows(Kind.WON)
    person_months = work.employed(months, Team.FIELD_SALES) / DAYS_PER_MONTH
    values["field_sales.bookings"] = months.sum(won.time, won.a)
    values["field_sales.quota"] = journal.facts.quota_per_month * person_months
    return values


def _work(
    team: Team, months: Periods, work: Labor, speeds: Ramps, queues: Waits, visits: Rows
) -> dict[str, Floats]:
    """Measure what a department did, and what it left undone."""
    theirs = work.of(team)
    start, end = work.start[theirs], work.end[theirs]
    done = months.presence(start, end, speeds.speed(work.spell[theirs], start))
    spell = work.spell[: len(visits)]  # finished work stands before the unfinished
    took = (visits.time - visits.b) * speeds.speed(spell, visits.b)
    finished = visits.team == team
    here = queues.team == team
    undone = np.zeros(len(months))
    usual = took[finished].mean() if finished.any() else 0.0
    for kind in np.unique(queues.work[here]).tolist():
        mine = finished & (visits.code == kind)
        fallback = took[mine].mean() if mine.any() else usual
        pace = ratio(months.sum(visits.time[mine], took[mine]), months.sum(visits.time[mine]))
        pieces = _undone(months, queues, here & (queues.work == kind))
        undone += pieces * np.where(np.isnan(pace), fallback, pace)
    return {
        "busy": ratio(months.presence(start, end), months.days),
        "load": np.maximum(ratio(done + undone, months.days), 0.0),
        "queue": ratio(months.presence(queues.start[here], queues.end[here]), months.days),
    }


def _undone(months: Periods, queues: Waits, chosen: NDArray[np.bool_]) -> Floats:
    """Count by how many pieces queues grew in each month, and how many gave up waiting."""
    came, ended, left = queues.start[chosen], queues.ended[chosen], queues.end[chosen]
    went = np.sort(left[ended])  # who still waits at the horizon has not left the queue
    growth = months.level(came) - months.level(went)
    growth -= running_level(came, None, months.lower) - running_level(went, None, months.lower)
    return growth + months.sum_by(left[ended], ~queues.served[chosen][ended])


_FROM_OUTSIDE = (HireCause.PLAN, HireCause.REPLACEMENT)
_FOR_GOOD = (LeaveCause.QUIT, LeaveCause.PLAN)


def _counted(book: Book, months: Periods, kind: Kind, team: Team) -> Floats:
    """Count who comes from outside, or leaves for good, in each month with its first instant."""
    causes = _FROM_OUTSIDE if kind == Kind.HIRED else _FOR_GOOD
    rows: Rows = book.rows(kind)
    rows = rows[(rows.team == team) & np.isin(rows.code, causes)]
    month = np.floor(rows.time / DAYS_PER_MONTH).astype(np.int64)
    month = np.minimum(month, len(months) - 1)  # at the horizon itself
    return np.bincount(month, minlength=len(months)).astype(np.float64)


# ------------------------------------------------------------------ many runs


def capacity_table(runs: Sequence[Mapping[str, ArrayLike]], scenario: Scenario) -> pd.DataFrame:
    """Put the months of many runs side by side.

    Parameters
    ----------
    runs : sequence of mapping
        What `run_capacity` gave for each replication of the scenario.
    scenario : Scenario
        That was run.

    Returns
    -------
    DataFrame
        One row per ``month`` (from 1) and ``team``: ``planned`` (people on the month's first day
        if nobody quits); ``x_mean``, ``x_p10`` and ``x_p90`` over the replications, where x is
        each of `QUANTITIES` and ``attainment`` (field sales alone); ``share_short``, the share of
        runs in which the load exceeds the ramped capacity. NaN is missing.

    Raises
    ------
    ValueError
        If there is no run.
    """
    if not runs:
        raise ValueError("at least one run is needed")
    planned = planned_headcounts(scenario)
    tables = [
        _of_team(team, levels, runs, None if team != "field_sales" else _attainment(runs))
        for team, levels in planned.items()
    ]
    table = pd.concat(tables, ignore_index=True)
    return table.sort_values("month", kind="stable", ignore_index=True)


def _of_team(
    team: str,
    planned: Sequence[int],
    runs: Sequence[Mapping[str, ArrayLike]],
    attainment: Floats | None,
) -> pd.DataFrame:
    """Summarize the runs of one team, a row per month."""
    months = len(planned)
    columns: dict[str, ArrayLike] = {
        "month": np.arange(1, months + 1),
        "team": np.full(months, team, dtype=object),
        "planned": np.array(planned, dtype=np.int64),
    }
    stacked = {what: _stacked(runs, f"{team}.{what}") for what in QUANTITIES}
    missing = np.full((len(runs), months), np.nan)
    stacked["attainment"] = missing if attainment is None else attainment
    for what, values in stacked.items():
        mean, low, high = _summary(values)
        columns |= {f"{what}_mean": mean, f"{what}_p10": low, f"{what}_p90": high}
    load, ramped = stacked["load"], stacked["ramped"]
    short = np.where(np.isnan(load), np.nan, load > ramped + _SAME)
    columns["share_short"] = short.mean(axis=0)
    return pd.DataFrame(columns)


def _stacked(runs: Sequence[Mapping[str, ArrayLike]], name: str) -> Floats:
    return np.array([np.asarray(each[name], dtype=np.float64) for each in runs])


def _attainment(runs: Sequence[Mapping[str, ArrayLike]]) -> Floats:
    return ratio(_stacked(runs, "field_sales.bookings"), _stacked(runs, "field_sales.quota"))


def _summary(values: Floats) -> tuple[Floats, Floats, Floats]:
    """Mean, 10 % and 90 % quantile of each column, over the runs that have a value."""
    found = np.full((3, values.shape[1]), np.nan)
    some = ~np.isnan(values).all(axis=0)
    found[0, some] = np.nanmean(values[:, some], axis=0)
    found[1:, some] = np.nanquantile(values[:, some], (_LOW, _HIGH), axis=0)
    return found[0], found[1], found[2]


@dataclass(frozen=True, slots=True)
class Break:
    """Where a plan first falls short.

    Attributes
    ----------
    month : int
        From 1.
    team : str
    share_short : float
        Of the runs.
    load, ramped : float
        Mean over all runs, in people at full speed.
    """

    month: int
    team: str
    share_short: float
    load: float
    ramped: float


def first_break(table: pd.DataFrame, share: float = 0.5, from_month: int = 1) -> Break | None:
    """Find the earliest month in which a team is short in more than a share of the runs.

    Parameters
    ----------
    table : DataFrame
        As `capacity_table` makes it.
    share : float
        It must be exceeded.
    from_month : int
        Earlier months do not count.

    Returns
    -------
    Break or None
        Of several teams in that month the one that is short in most runs; None if no team is.
    """
    breaks = table[(table["share_short"] > share) & (table["month"] >= from_month)]
    if breaks.empty:
        return None
    worst = breaks.sort_values(
        ["month", "share_short"], ascending=[True, False], kind="stable"
    ).iloc[0]
    return Break(
        int(worst["month"]),
        str(worst["team"]),
        float(worst["share_short"]),
        float(worst["load_mean"]),
        float(worst["ramped_mean"]),
    )
