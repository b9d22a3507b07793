"""Does the engine do what mathematics says it must, where mathematics has an answer?

The very engine that runs a company is reduced through nothing but scenario settings to systems
with known formulas (:mod:`simulator.theory`), and its figures are held against them; and in the
default company, where no formula helps, the laws that hold in any queue are checked to the last
digit. ``themodel verify`` prints the result.

A statistical check passes if the mean over independent replications lies within so many
standard errors of the expected value that all such checks together raise a false alarm once in
a hundred seeds, and only if the standard error is small enough for a pass to mean something.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from simulator import theory
from simulator.engine import run
from simulator.languages.messages import say
from simulator.metrics import identities, measure
from simulator.metrics.flow import Labor, Waits, labor, waits
from simulator.metrics.periods import Periods
from simulator.metrics.rows import Book
from simulator.organization.journal import DEPARTMENTS, Journal, Team
from simulator.reductions import Claim, Experiment, experiments, words
from simulator.scenario.schema import Horizon, Scenario

_LITTLE = "Little 1961"
_BOOKS = "double-entry: what came in is somewhere"

FALSE_ALARM = 0.01
"""Chance that any of the statistical checks fails though the engine is right."""
PRECISION = 0.05
"""Largest standard error, as a share of the expected value, with which a check has power."""
REPLICATIONS = 24

Progress = Callable[[int, int], None]
"""Called with the runs finished and the runs in all."""


@dataclass(frozen=True, slots=True)
class Check:
    """One figure of the engine held against what it must be."""

    name: str
    """What is compared, in words."""
    expected: float
    """What the formula says, or the law demands."""
    simulated: float
    """What the engine does: the mean over replications."""
    standard_error: float
    """Of ``simulated``, from the spread between replications; 0 for an identity."""
    tolerance: float
    """Largest difference that passes."""
    passed: bool
    """Whether the difference is within the tolerance, and the precision enough to tell."""
    source: str
    """Where the formula comes from."""

    @property
    def z(self) -> float:
        """Difference in standard errors (0 for an identity that holds)."""
        if self.standard_error > 0.0:
            return (self.simulated - self.expected) / self.standard_error
        return 0.0 if self.passed else math.inf


# --- what a run shows ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Seen:
    """What one run shows of its queues, in the time after the warm-up."""

    period: Periods
    lower: float
    days: float
    stays: Waits
    labor: Labor

    @classmethod
    def of(cls, journal: Journal) -> _Seen:
        book = Book(journal)
        facts = journal.facts
        period = Periods(np.array([facts.warm_up_days]), np.array([facts.horizon_days]))
        days = facts.horizon_days - facts.warm_up_days
        return cls(period, facts.warm_up_days, days, waits(book), labor(book))

    def figure(self, what: str, team: Team) -> float:
        """Return one figure of a team, by the name a :class:`Claim` calls it."""
        here = self.stays.team == team
        start, end = self.stays.start[here], self.stays.end[here]
        queue = float(self.period.presence(start, end)[0]) / self.days
        theirs = self.labor.of(team)
        begun, done = self.labor.start[theirs], self.labor.end[theirs]
        busy = float(self.period.presence(begun, done)[0]) / self.days
        came = start > self.lower
        match what:
            case "queue":
                return queue
            case "present":
                return queue + busy
            case "utilization":
                return busy / (float(self.labor.employed(self.period, team)[0]) / self.days)
            case "visits":
                return float(np.count_nonzero(done > self.lower)) / self.days
            case "waits":
                return float(np.mean(end[came] > start[came]))
            case "wait":
                return float(np.mean(end[came] - start[came]))
            case "gives_up":
                gone = self.stays.ended[here] & ~self.stays.served[here]
                return float(np.mean(gone[came]))
        raise ValueError(f"no figure is called {what}")


def held_against(
    claim: Claim, seen: Sequence[float], limit: float, precision: float = PRECISION
) -> Check:
    """Hold the mean over replications against what a claim says.

    Parameters
    ----------
    claim : Claim
        What the figure must be.
    seen : sequence of float
        The figure in each replication.
    limit : float
        Largest difference that passes, in standard errors.
    precision : float
        Largest standard error that passes, as a share of the expected value: a check that would
        let a wrong engine pass is no check.
    """
    mean = float(np.mean(seen))
    error = float(np.std(seen, ddof=1)) / math.sqrt(len(seen))
    tolerance = limit * error
    passed = abs(mean - claim.expected) <= tolerance and error <= precision * claim.expected
    return Check(claim.name, claim.expected, mean, error, tolerance, passed, claim.source)


def replicate(
    experiment: Experiment, seed: int, replications: int, finished: Callable[[], None] | None = None
) -> list[list[float]]:
    """Return the figures of an experiment's claims, claim by claim, one per replication."""
    figures: list[list[float]] = [[] for _ in experiment.claims]
    for replication in range(replications):
        seen = _Seen.of(run(experiment.scenario, seed, replication))
        for values, claim in zip(figures, experiment.claims, strict=True):
            values.append(seen.figure(claim.figure, claim.team))
        if finished is not None:
            finished()
    return figures


def limit_for(claims: int, replications: int) -> float:
    """Return how many standard errors pass if so many claims share the false alarms."""
    return float(stats.t.isf(FALSE_ALARM / claims / 2.0, replications - 1))


def _identity(name: str, expected: float, simulated: float, source: str) -> Check:
    tolerance = 1e-9 * max(1.0, abs(expected))
    passed = abs(simulated - expected) <= tolerance
    return Check(name, expected, simulated, 0.0, tolerance, passed, source)


def laws_of_any_queue(journal: Journal) -> Iterator[Check]:
    """Little's law at every queue, and the books, of one run as it is."""
    facts, stages = journal.facts, measure(journal).stages
    every = waits(Book(journal))
    for team in DEPARTMENTS:
        here = every.team == team
        came = int(np.count_nonzero(here))
        if came == 0:
            continue
        rate = came / facts.horizon_days
        wait = float(np.mean(every.end[here] - every.start[here]))
        company = say("default company, {team}", team=words(team))
        yield _identity(
            f"{company}: {say('mean queue is arrivals per day x mean wait')}",
            theory.number_in_system(rate, wait),
            stages[team.name.lower()]["queue"],
            _LITTLE,
        )
    broken = float(len(identities(journal)))
    name = f"{say('default company¦check')}: {say('books that do not balance')}"
    yield _identity(name, 0.0, broken, _BOOKS)


# --- all of it ----------------------------------------------------------------------------


def verify(
    seed: int = 1,
    on_progress: Progress | None = None,
    replications: int = REPLICATIONS,
    size: float = 1.0,
) -> list[Check]:
    """Hold the engine against theory.

    Parameters
    ----------
    seed : int
        Of all runs.
    on_progress : callable, optional
        Called after each run with the runs finished and the runs in all.
    replications : int
        Independent runs of each reduced organization, at least 2.
    size : float
        Length of the runs against the usual one; a shorter one finds less.

    Returns
    -------
    list of Check
        In a fixed order; the engine is trusted if all passed.
    """
    if replications < 2:
        raise ValueError(f"replications must be at least 2, not {replications}")
    reduced = experiments(size)
    total = len(reduced) * replications + 1
    done = 0

    def finished() -> None:
        nonlocal done
        done += 1
        if on_progress is not None:
            on_progress(done, total)

    limit = limit_for(sum(len(experiment.claims) for experiment in reduced), replications)
    checks: list[Check] = []
    for experiment in reduced:
        figures = replicate(experiment, seed, replications, finished)
        checks += [
            held_against(claim, values, limit)
            for claim, values in zip(experiment.claims, figures, strict=True)
        ]
    default = Scenario(horizon=Horizon(months=12.0))
    checks += laws_of_any_queue(run(default, seed, 0, "default"))
    finished()
    return checks
