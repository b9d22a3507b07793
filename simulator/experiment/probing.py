"""The runs of a sensitivity analysis, phase by phase; no figures are made here.

All chance of a design comes from the seed; a run has the luck of its replication number. Within
a comparison both scenarios have the same luck at every point, and what counts is the difference.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.errors import Problem, ScenarioError
from simulator.experiment.assumptions import Assumption, settings
from simulator.experiment.differences import gaps
from simulator.experiment.execution import Execution, execute, run_totals
from simulator.experiment.screening import (
    Floats,
    Trajectory,
    paired_samples,
    spread_points,
    trajectory,
)
from simulator.metrics.definitions import METRICS
from simulator.scenario import LoadedScenario, numbers
from simulator.scenario.changing import changed

FIRST = 2
"""Trajectories after which an assumption that changed nothing is no longer moved."""
ALONE = 10
"""How many assumptions are tested alone, at both ends of their ranges."""
_SCREEN, _SAMPLE, _VARIANCE = 1, 2, 3  # one stream of chance for each design

Point = tuple[Mapping[str, Any], int]
"""What the scenario says differently, and the number of the replication."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is run.

    Attributes
    ----------
    trajectories : int
        Walks of the screening, at least 2.
    top : int
        Assumptions whose share of the variance is estimated.
    sobol : int
        Rows of each of its two samples, a power of two, at least 4.
    points : int
        Points of the sample of the whole space.
    replications : int
        Runs of each assumption at each end of its range.
    stated : int
        Runs at the stated values: what a lead is judged by there. No fewer than `replications`
        are done, since each run at an end is paired with one of them.
    """

    trajectories: int = 4
    top: int = 6
    sobol: int = 32
    points: int = 100
    replications: int = 4
    stated: int = 20

    def checked(self) -> Plan:
        """Return it, or say what is wrong with it.

        Raises
        ------
        ScenarioError
            With every problem.
        """
        least = {"trajectories": FIRST, "top": 1, "sobol": 4, "points": 1, "replications": 1,
                 "stated": 1}  # fmt: skip
        problems = [
            Problem(f"--{name}", "", str(getattr(self, name)), f"must be at least {low}")
            for name, low in least.items()
            if getattr(self, name) < low
        ]
        if not problems and self.sobol & (self.sobol - 1):
            power = self.sobol.bit_length()
            rule = f"must be a power of two: {2 ** (power - 1)} or {2**power}"
            problems = [Problem("--sobol", "", str(self.sobol), rule)]
        if problems:
            raise ScenarioError(problems)
        return self

    @property
    def at_stated(self) -> int:
        """The number of runs at the stated values."""
        return max(self.stated, self.replications)

    def first_runs(self, assumptions: int, scenarios: int) -> int:
        """Return the number of runs before it is known which assumptions have an effect."""
        return scenarios * (self.at_stated + FIRST * (assumptions + 1))

    def later_runs(self, active: int, scenarios: int) -> int:
        """Return the number of runs after that, for so many assumptions with an effect."""
        alone, top = min(ALONE, active), min(self.top, active)
        walks = (self.trajectories - FIRST) * (active + 1)
        # A, B, one sample for each assumption, and one for luck.
        variance = self.sobol * (top + 3) if top else 0
        sample = self.points if active else 0
        return scenarios * (walks + sample + 2 * alone * self.replications + variance)

    def most_runs(self, assumptions: int, scenarios: int) -> int:
        """Return the number of runs if every assumption has an effect."""
        return self.first_runs(assumptions, scenarios) + self.later_runs(assumptions, scenarios)


class Interrupted(Exception):  # noqa: N818  (no error: what was finished is shown)
    """Ctrl-C came in a phase; those before it are finished."""


class Probing:
    """Runs one scenario, or two in pairs, at points of their assumption space.

    Parameters
    ----------
    scenarios : sequence of LoadedScenario
        One, or two: then an outcome is that of the second minus that of the first, the reference.
    metric : str
    seed : int
    how : Execution
    """

    def __init__(
        self, scenarios: Sequence[LoadedScenario], metric: str, seed: int, how: Execution
    ) -> None:
        self._scenarios = [(each, {n.path for n in numbers(each)}) for each in scenarios]
        self.metric = metric
        self._seed = seed
        self._how = how
        self.finished = 0
        self.total = 0

    def run(self, phase: str, points: Sequence[Point]) -> list[list[dict[str, float]]]:
        """Run both scenarios at each point; every metric of each run, first scenario first.

        Raises
        ------
        Interrupted
            After Ctrl-C.
        """
        jobs, scenarios = [], {}
        for number, (said, replication) in enumerate(points):
            for each, known in self._scenarios:
                name = f"{each.name}, {phase} {number}"
                own = {path: value for path, value in said.items() if path in known}
                scenarios[name] = changed(each.scenario, own) if own else each.scenario
                jobs.append((name, replication))
        before, tell = self.finished, self._how.on_progress

        def on_progress(done: int, of: int) -> None:
            self.finished = before + done
            if tell is not None:
                tell(self.finished, max(self.total, before + of))

        how = replace(self._how, on_progress=on_progress)
        try:
            found = execute(scenarios, jobs, self._seed, run_totals, how)
        except KeyboardInterrupt:
            raise Interrupted from None
        if found.interrupted:
            raise Interrupted
        totals = [found.runs[job] for job in jobs]
        step = len(self._scenarios)
        return [totals[at : at + step] for at in range(0, len(totals), step)]

    def chance(self, design: int, number: int = 0) -> np.random.Generator:
        """Return the chance of a design: the same whatever else is run."""
        return np.random.default_rng([self._seed, design, number])

    def outcomes(self, totals: Sequence[Sequence[Mapping[str, float]]]) -> Floats:
        """Return the metric at each point: of the first scenario, or second minus first."""
        return differences(self.single(totals))

    def single(self, totals: Sequence[Sequence[Mapping[str, float]]]) -> Floats:
        """Return the metric of each scenario at each point, shape (points, scenarios)."""
        return np.array([[each[self.metric] for each in pair] for pair in totals])


def differences(metrics: Floats) -> Floats:
    """Return outcomes: a metric of one scenario, or of the second of two minus the first.

    Parameters
    ----------
    metrics : ndarray, shape (points, scenarios)

    Returns
    -------
    ndarray, shape (points,)
        NaN where a metric is missing; infinite where one is longer than what was seen.
    """
    return gaps(metrics[:, 0], metrics[:, 1]) if metrics.shape[1] == 2 else metrics[:, 0]


def settled(assumptions: Sequence[Assumption], positions: Floats) -> Floats:
    """Put positions, shape (points, assumptions), where the assumptions can stand."""
    return np.array(
        [
            [one.settled(float(at)) for one, at in zip(assumptions, row, strict=True)]
            for row in positions
        ]
    )


# ------------------------------------------------------------------ screening


@dataclass(frozen=True, slots=True)
class Screened:
    """What the screening found.

    Attributes
    ----------
    effects : ndarray, shape (trajectories, assumptions)
        Elementary effects; NaN where an assumption was not moved or an outcome is missing,
        infinite where one is longer than what was seen.
    beyond : ndarray of bool, shape (assumptions,)
        Those of which a step leads beyond what was seen, or back. It is no doing of an assumption
        that another one has led there before.
    inert : ndarray of bool, shape (assumptions,)
        Those that left the metric and all work and waiting bit for bit as they were: what only
        changes what people cost has no effect on what they sell.
    """

    effects: Floats
    beyond: NDArray[np.bool_]
    inert: NDArray[np.bool_]


def first_screening(
    probing: Probing, assumptions: Sequence[Assumption], stated: int
) -> tuple[Floats, Screened]:
    """Run at the stated values, and the first walks through all assumptions.

    Parameters
    ----------
    probing : Probing
    assumptions : sequence of Assumption
    stated : int
        Runs at the stated values.

    Returns
    -------
    baseline : ndarray, shape (stated,)
        Outcomes at the stated values.
    screened : Screened
    """
    size = len(assumptions)
    walks = [_walk(probing, assumptions, number, np.arange(size)) for number in range(FIRST)]
    points = [
        point for number, walk in enumerate(walks) for point in _points(assumptions, walk, number)
    ]
    # Last, so that more of them leave the names of all others, and what is kept of them, as it is.
    at_stated: list[Point] = [({}, number) for number in range(stated)]
    totals = probing.run("first screening", [*points, *at_stated])
    baseline = probing.outcomes(totals[len(points) :])
    effects, inert = np.full((FIRST, size), np.nan), np.ones(size, dtype=bool)
    beyond = np.zeros(size, dtype=bool)
    for number, walk in enumerate(walks):
        begin = number * (size + 1)
        part = totals[begin : begin + size + 1]
        outcomes = probing.outcomes(part)
        effects[number] = _effects(outcomes, walk, size)
        beyond |= _leads_beyond(outcomes, walk, size)
        for step, which in enumerate(walk.moved):
            inert[which] &= all(
                _same(before, after, probing.metric)
                for before, after in zip(part[step], part[step + 1], strict=True)
            )
    return baseline, Screened(effects, beyond, inert)


def further_screening(
    probing: Probing, assumptions: Sequence[Assumption], trajectories: int, before: Screened
) -> Screened:
    """Add the remaining walks, through the assumptions that have an effect."""
    moved = np.flatnonzero(~before.inert)
    numbers_left = range(FIRST, trajectories)
    if not len(moved) or not numbers_left:
        return before
    walks = [_walk(probing, assumptions, number, moved) for number in numbers_left]
    points = [
        point
        for number, walk in zip(numbers_left, walks, strict=True)
        for point in _points(assumptions, walk, number)
    ]
    outcomes = probing.outcomes(probing.run("screening", points)).reshape(len(walks), -1)
    rows, beyond = [], before.beyond.copy()
    for part, walk in zip(outcomes, walks, strict=True):
        rows.append(_effects(part, walk, len(assumptions)))
        beyond |= _leads_beyond(part, walk, len(assumptions))
    return Screened(np.vstack([before.effects, *rows]), beyond, before.inert)


def _walk(
    probing: Probing, assumptions: Sequence[Assumption], number: int, moved: NDArray[np.int64]
) -> Trajectory:
    rng = probing.chance(_SCREEN, number)
    drawn = trajectory(len(assumptions), moved, rng)
    return Trajectory(settled(assumptions, drawn.points), drawn.moved)


def _points(assumptions: Sequence[Assumption], walk: Trajectory, number: int) -> list[Point]:
    return [(settings(assumptions, row), number) for row in walk.points]


def _effects(outcomes: Floats, walk: Trajectory, size: int) -> Floats:
    found = np.full(size, np.nan)
    steps = np.arange(len(walk.moved))
    moved = walk.points[steps + 1, walk.moved] - walk.points[steps, walk.moved]
    found[walk.moved] = gaps(outcomes[:-1], outcomes[1:]) / moved
    return found


def _leads_beyond(outcomes: Floats, walk: Trajectory, size: int) -> NDArray[np.bool_]:
    found = np.zeros(size, dtype=bool)
    seen, unseen = np.isfinite(outcomes), np.isinf(outcomes)
    found[walk.moved] = (seen[:-1] & unseen[1:]) | (unseen[:-1] & seen[1:])
    return found


def _same(before: Mapping[str, float], after: Mapping[str, float], metric: str) -> bool:
    kept = [name for name in before if name == metric or METRICS[name].department == "flow"]
    one, other = (np.array([each[name] for name in kept]) for each in (before, after))
    return np.array_equal(one, other, equal_nan=True)


# ------------------------------------------------------------------ the other phases


def sample(
    probing: Probing, assumptions: Sequence[Assumption], points: int
) -> tuple[Floats, Floats]:
    """Run at points spread over the whole space, each with luck of its own.

    Returns
    -------
    positions : ndarray, shape (points, assumptions)
    metrics : ndarray, shape (points, scenarios)
    """
    drawn = spread_points(points, len(assumptions), probing.chance(_SAMPLE))
    positions = settled(assumptions, drawn)
    rows = [(settings(assumptions, row), number) for number, row in enumerate(positions)]
    return positions, probing.single(probing.run("point", rows))


def ends(probing: Probing, assumptions: Sequence[Assumption], replications: int) -> Floats:
    """Run each assumption alone at both ends of its range.

    Returns
    -------
    ndarray, shape (assumptions, 2, replications)
        Outcomes; low end first.
    """
    points: list[Point] = [
        ({one.path: one.setting(position)}, number)
        for one in assumptions
        for position in (0.0, 1.0)
        for number in range(replications)
    ]
    outcomes = probing.outcomes(probing.run("end", points))
    return outcomes.reshape(len(assumptions), 2, replications)


def variance(
    probing: Probing, assumptions: Sequence[Assumption], n: int
) -> tuple[Floats, Floats, Floats]:
    """Run Saltelli's design over some assumptions, with luck as one more factor.

    Row j of A has the luck of replication j, row j of B that of replication n + j.

    Returns
    -------
    f_a, f_b : ndarray, shape (n,)
    f_ab : ndarray, shape (assumptions + 1, n)
        The last row is that of luck.
    """
    drawn = paired_samples(n, len(assumptions), probing.chance(_VARIANCE))
    a, b = (settled(assumptions, each) for each in drawn)
    mixed = []
    for which in range(len(assumptions)):
        one = a.copy()
        one[:, which] = b[:, which]
        mixed.append(one)
    blocks = [(a, 0), (b, n), *((one, 0) for one in mixed), (a, n)]
    points: list[Point] = [
        (settings(assumptions, row), first + number)
        for block, first in blocks
        for number, row in enumerate(block)
    ]
    outcomes = probing.outcomes(probing.run("variance", points)).reshape(len(blocks), n)
    return outcomes[0], outcomes[1], outcomes[2:]
