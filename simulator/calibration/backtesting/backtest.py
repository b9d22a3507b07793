"""Would the forecast have been right? Calibrate on the past, forecast, and hold it against truth.

The past is what the same files would have shown at a date. What the calibration makes of it is
simulated forward many times, each time with parameters drawn from what the data leave open, and
starts from the cases that were open (:mod:`.backtesting.forecasting`). Beside it stand
three plain baselines that know the same (:mod:`simulator.calibration.backtesting.baselines`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from simulator.calibration.backtesting.backtest_result import MODEL, Backtest
from simulator.calibration.backtesting.baselines import BASELINES, Past
from simulator.calibration.backtesting.cases import (
    ANY_STAGE,
    NO_OPPORTUNITY,
    Cases,
    Wins,
    cases_of,
    unit_of,
)
from simulator.calibration.backtesting.conditions import Conditions
from simulator.calibration.backtesting.forecasting import Forecasting, Member, Open, Starting
from simulator.calibration.backtesting.tallies import Ensemble, Frame, day_of, moment_after
from simulator.calibration.backtesting.uneven_weeks import Unevenness, past_edges
from simulator.calibration.estimating.conversion import wins_recorded_since
from simulator.calibration.records import Records
from simulator.errors import Problem, ScenarioError
from simulator.experiment.execution import Progress, Workers, execute, execution_of
from simulator.scenario.schema import Scenario

Flags = NDArray[np.bool_]

FEWEST_WINS, FEWEST_WEEKS = 20, 4
FEWEST_MEMBERS, MOST_MEMBERS = 20, 10_000

_OPTION = "--train-until"


class Calibrated(Protocol):
    """What a calibration gives, as far as a forecast needs it."""

    @property
    def since(self) -> float:
        """When the recent regime began: business days of the records."""

    def drawn(self, seed: int, k: int, /) -> Scenario:
        """Return the organization of that regime, starting empty when it began.

        What the fit does not know is drawn: the same for the same numbers.
        """


class Calibrate(Protocol):
    """From records to a scenario."""

    def __call__(
        self, records: Records, /, *, seed: int, workers: Workers, on_progress: Progress | None
    ) -> Calibrated:
        """Calibrate."""


Simulate = Callable[[Calibrated, Forecasting, int, int, Workers], list[Member]]
"""From (calibrated, what a member does, members, seed, workers) to the members that finished."""


def backtest(
    records: Records,
    train_until: date,
    *,
    calibrate: Calibrate,
    members: int = 100,
    seed: int = 1,
    workers: Workers = 1,
    given_leads: bool = False,
    on_progress: Progress | None = None,
    simulate: Simulate | None = None,
) -> Backtest:
    """Forecast what came after a date from what was known then, and score it.

    Parameters
    ----------
    records : Records
        All that the files show.
    train_until : datetime.date
        Last day that the forecast may know.
    calibrate : callable
        See `Calibrate`; it is given what was known at the date.
    members : int
        Size of the ensembles.
    seed : int
        Everything follows from it.
    workers : int or Execution
    given_leads : bool
        Take as known when later cases came, and over which channels: the score is then that of
        conversion and delay alone.
    on_progress : callable, optional
        Told how far the calibration is.
    simulate : callable, optional
        Makes the members; without it the engine does.

    Returns
    -------
    Backtest

    Raises
    ------
    ScenarioError
        If the date leaves too little on one of its sides, or a number is out of range.
    KeyboardInterrupt
        After Ctrl-C before enough members were finished to say anything.
    """
    if not FEWEST_MEMBERS <= members <= MOST_MEMBERS:
        rule = f"must be {FEWEST_MEMBERS} to {MOST_MEMBERS:,}"
        raise ScenarioError([Problem("--members", "", str(members), rule)])
    at = _moment(records, train_until)
    unit = unit_of(records)
    truth, train = cases_of(records, unit), records.known_at(at)
    known = cases_of(train, unit)
    frame = _frame(records, train_until, known)

    # A calibration counts its looks at runs, not the runs.
    quiet = replace(execution_of(workers), on_progress=None)
    calibrated = calibrate(train, seed=seed, workers=quiet, on_progress=on_progress)
    later = (truth.created > at) & (truth.created <= frame.leads_until)
    # What was not recorded is no evidence: not for the baselines either.
    since = max(calibrated.since, wins_recorded_since(train).wins_since)
    past = Past.of(train, unit, since, frame, truth.created[later] if given_leads else None)
    start = _starting(past, truth, later if given_leads else None, calibrated.since)
    task = Forecasting(start, records.channels)
    done = (simulate or with_engine)(calibrated, task, members, seed, workers)
    if len(done) < FEWEST_MEMBERS:
        raise KeyboardInterrupt
    uneven = _unevenness(past, done, calibrated.since)
    rng = np.random.default_rng([seed, 3])
    spread = [uneven.spread(each.wins, frame, rng) for each in done]
    ensembles = {MODEL: Ensemble.of(frame, spread)}
    for number, (name, forecast) in enumerate(BASELINES.items()):
        rng = np.random.default_rng([seed, 2, number])
        ensembles[name] = Ensemble.of(frame, forecast(past, members, rng))
    return Backtest.of(
        Conditions(
            train_until=train_until,
            time=records.time,
            since=calibrated.since,
            unit=unit,
            members=len(done),
            asked=members,
            seed=seed,
            given_leads=given_leads,
            matched=tuple(each.matched for each in done),
            uneven=uneven,
        ),
        frame,
        ensembles,
        truth,
    )


def with_engine(
    calibrated: Calibrated, task: Forecasting, members: int, seed: int, workers: Workers
) -> list[Member]:
    """Make members by simulated histories.

    Parameters
    ----------
    calibrated : Calibrated
    task : Forecasting
    members, seed : int
    workers : int or Execution

    Returns
    -------
    list of Member
        In order; after Ctrl-C those that were finished.
    """
    scenarios = {f"draw {k}": calibrated.drawn(seed, k) for k in range(members)}
    jobs = [(name, k) for k, name in enumerate(scenarios)]
    return list(execute(scenarios, jobs, seed, task, workers).runs.values())


# ------------------------------------------------------------------ where it starts


def _moment(records: Records, train_until: date) -> float:
    """Return the time of the forecast."""
    begins = day_of(records.time, 0.0)
    ends = day_of(records.time, records.until - 1e-6)
    if not begins <= train_until < ends:
        rule = f"lies outside the files, which tell about {begins} to {ends}: choose a day between"
        raise ScenarioError([Problem(_OPTION, "", str(train_until), rule)])
    return moment_after(records.time, train_until)


def _frame(records: Records, train_until: date, known: Cases) -> Frame:
    """Cut the time, once it is sure that enough lies before the date and after."""
    problems = []
    wins = len(Wins.of(known))
    if wins < FEWEST_WINS:
        rule = (
            f"only {wins} wins lie before it and {FEWEST_WINS} are needed to learn from:"
            " choose a later day"
        )
        problems.append(Problem(_OPTION, "", str(train_until), rule))
    frame = Frame.between(
        records.time, train_until, records.until, records.leads_until,
        float(known.created.min(initial=records.until)),
    )  # fmt: skip
    if len(frame.weeks) < FEWEST_WEEKS:
        rule = (
            f"leaves {len(frame.weeks)} whole weeks to hold a forecast against, and {FEWEST_WEEKS}"
            " are needed: choose an earlier day"
        )
        problems.append(Problem(_OPTION, "", str(train_until), rule))
    if problems:
        raise ScenarioError(problems)
    return frame


def _unevenness(past: Past, members: list[Member], begins: float) -> Unevenness:
    """Hold the weeks before the date against those of the simulated company."""
    # That company began with the regime: what came earlier is not in it.
    won = past.cases.won[past.cases.created >= begins]
    edges = past_edges(begins, past.frame.at)
    seen = edges[:-1] >= past.since - 1e-6  # weeks in which wins were recorded
    actual = np.histogram(won, edges)[0].astype(np.float64)
    return Unevenness.of(actual[seen], np.array([each.past for each in members])[:, seen])


def _starting(past: Past, truth: Cases, later: Flags | None, begins: float) -> Starting:
    """Put together the open cases, and those to come if they are given."""
    frame, cases, told = past.frame, past.cases, past.told
    still = cases.open_at(frame.at)
    created, channel = cases.created[still], cases.channel[still]
    stage = told.stages(cases, frame.at)[still]
    if later is not None:
        fresh = NO_OPPORTUNITY if told.openings and cases.unit == "lead" else ANY_STAGE
        created = np.append(created, truth.created[later])
        channel = np.append(channel, truth.channel[later])
        stage = np.append(stage, np.full(int(later.sum()), fresh))
    return Starting(
        cases=Open(created, channel, stage),
        told=told,
        unit=cases.unit,
        since=begins,
        at=frame.at,
        leads_until=min(frame.leads_until, frame.until),
        until=frame.until,
        wins_from=float(np.nanmin(cases.won)),
        arrivals=later is None,
    )
