"""As many replications as an asked precision takes: the sequential half-width rule.

Hoad, Robinson & Davies (2010), Automated selection of the number of replications for a discrete-
event simulation, Journal of the Operational Research Society 61, 1632-1644. Replications are
added until the half-width of the 95 % interval is at most the asked share of the mean, for every
metric at once, and stays so while some more are looked at (5, or 5 % above 100). Those are part of
the result.

The paper starts to look at 3 replications. Then a few that agree by chance can end it: over 4000
repetitions of Normal(1, 0.1) asked for 10 %, the interval covered the mean in 93.5 % of cases.
Starting at 10 it covered in 94.6 %, which is what is done here.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from simulator.experiment.comparison import Comparison, compare_runs, distinct
from simulator.experiment.execution import (
    Execution,
    Job,
    Outcome,
    Workers,
    execute,
    execution_of,
    run_and_measure,
)
from simulator.experiment.quantities import checked_metrics
from simulator.experiment.readiness import Scenarios, prepared
from simulator.experiment.replications import Results
from simulator.experiment.statistics import CONFIDENCE
from simulator.experiment.wording import paragraph
from simulator.languages.messages import listed, say
from simulator.metrics.definitions import METRICS
from simulator.scenario import Scenario

Floats = NDArray[np.float64]
Draw = Callable[[int, int], tuple[Floats, Floats]]
"""Gives, for the replications from the first number to before the second, the values whose mean
is asked for and the values whose mean says how large they are; (replications, metrics) each.
Fewer rows than asked for mean that it was stopped."""

HEADLINE = ("mrr_end", "wins", "logo_churn")
"""What must be precise unless asked otherwise. Profit is not among them: it may be near 0, of
which no share can be asked."""
FEWEST = 10
LOOK_AHEAD = 5
_UNCHANGED_UP_TO = 100


@dataclass(frozen=True, slots=True)
class Precision:
    """How precise figures are, and whether that is what was asked.

    Attributes
    ----------
    asked : float
        Largest half-width of a 95 % interval as a share of the mean.
    reached : dict of str to float
        The same for each metric as it came out; NaN for one that was 0 or missing in every run,
        infinite for one whose mean is 0 although it varies, or which is longer than what was
        seen in a run.
    replications : int
        How many the figures rest on.
    at_most : int
        How many were allowed.
    interrupted : bool
        True if it was stopped before.
    """

    asked: float
    reached: dict[str, float]
    replications: int
    at_most: int
    interrupted: bool

    @property
    def met(self) -> bool:
        """True if every metric that could be measured is as precise as asked."""
        known = [each for each in self.reached.values() if not math.isnan(each)]
        enough = self.replications >= FEWEST
        return enough and bool(known) and all(each <= self.asked for each in known)

    def words(self) -> str:
        """Say in a sentence or two whether the asked precision is reached, and where not."""
        runs = say(
            "{runs} replication" if self.replications == 1 else "{runs} replications",
            runs=f"{self.replications:,}",
        )
        if self.interrupted:
            runs = say("{runs} (interrupted)", runs=runs)
        asked = _percent(self.asked)
        sized = {name: each for name, each in self.reached.items() if not math.isnan(each)}
        said = []
        if self.met:
            widest = max(sized, key=lambda name: sized[name])
            said.append(
                say(
                    "Precise to {asked} as asked, after {runs}: the least precise is {metric},"
                    " within {share} of its mean.",
                    asked=asked,
                    runs=runs,
                    metric=_label(widest),
                    share=_percent(sized[widest]),
                )
            )
        else:
            reasons = [self._distance(n, each) for n, each in sized.items() if each > self.asked]
            said.append(
                say(
                    "NOT precise to {asked} as asked, after {runs}: {reasons}."
                    if reasons
                    else "NOT precise to {asked} as asked, after {runs}.",
                    asked=asked,
                    runs=runs,
                    reasons=listed(reasons) if reasons else "",
                )
            )
        absent = [_label(name) for name, each in self.reached.items() if math.isnan(each)]
        if absent:
            said.append(
                say(
                    "{metrics} is 0 or missing in every run here and did not count."
                    if len(absent) == 1
                    else "{metrics} are 0 or missing in every run here and did not count.",
                    metrics=listed(absent),
                )
            )
        return paragraph(said)

    def _distance(self, name: str, reached: float) -> str:
        metric = _label(name)
        if math.isinf(reached):
            return say(
                "{metric} has mean 0, or is longer than what was seen in a run, so that no share"
                " can be asked",
                metric=metric,
            )
        # The half-width falls with the square root of the number of replications.
        needed = self.replications * (reached / self.asked) ** 2
        digits = max(len(str(int(needed))) - 2, 0)
        return say(
            "{metric} is within {share} (about {needed} would be needed)",
            metric=metric,
            share=_percent(reached),
            needed=f"{round(needed, -digits):,.0f}",
        )


def until(
    draw: Draw, names: Sequence[str], *, precision: float = 0.05, at_most: int = 500
) -> Precision:
    """Ask for replications until all metrics are precise enough.

    The answer depends on the values alone, never on how many were asked for at a time: it is for
    the caller to leave out what was drawn beyond :attr:`Precision.replications`.

    Parameters
    ----------
    draw : callable
        Gives the values of the next replications: see :data:`Draw`.
    names : sequence of str
        Of the metrics, one for each column.
    precision : float
        Largest half-width of a 95 % interval as a share of the mean, above 0.
    at_most : int
        Number of replications after which it ends in any case.

    Raises
    ------
    KeyboardInterrupt
        After Ctrl-C before the first replication has finished.
    ValueError
        If a number is out of range.
    """
    if not 0.0 < precision < math.inf:
        raise ValueError(f"precision must be above 0, not {precision:g}")
    if at_most < FEWEST:
        raise ValueError(f"at least {FEWEST} replications must be allowed, not {at_most}")
    values, sizes = np.empty((0, len(names))), np.empty((0, len(names)))
    interrupted = False
    upper = min(FEWEST + LOOK_AHEAD, at_most)
    while True:
        try:
            more, of = draw(len(values), upper)
        except KeyboardInterrupt:
            if not len(values):
                raise
            more, of = values[:0], sizes[:0]
        values, sizes = np.concatenate((values, more)), np.concatenate((sizes, of))
        reached = relative_half_widths(values, sizes)
        stop = stopping_number(reached, precision)
        interrupted = len(values) < upper and stop is None
        if stop is not None or interrupted or upper >= at_most:
            count = len(values) if stop is None else stop
            last = dict(zip(names, reached[count - 1].tolist(), strict=True))
            return Precision(precision, last, count, at_most, interrupted)
        upper = min(_next(reached[-1], precision, upper), at_most)


def relative_half_widths(values: Floats, sizes: Floats) -> Floats:
    """Half-width of the 95 % interval in proportion to a mean, after each replication.

    Parameters
    ----------
    values : ndarray of float64, shape (replications, metrics)
        Whose mean is estimated; NaN is missing, infinite longer than what was seen.
    sizes : ndarray of float64, shape (replications, metrics)
        Whose mean it is set in proportion to: the same values, or those of a reference.

    Returns
    -------
    ndarray of float64, shape (replications, metrics)
        NaN where nothing is known yet; infinite where nothing can be said of it (a single value,
        a mean of 0, or from an infinite value on); 0 where nothing varies; NaN also where every
        value was 0 so far.
    """
    known = np.isfinite(values) & np.isfinite(sizes)
    n = np.cumsum(known, axis=0).astype(np.float64)
    # Measured from a value of its own, squares of large numbers lose no digits.
    first = np.argmax(known, axis=0)
    origin = np.where(known.any(axis=0), values[first, np.arange(values.shape[1])], 0.0)
    shifted = np.where(known, values - origin, 0.0)
    total, squares = np.cumsum(shifted, axis=0), np.cumsum(shifted**2, axis=0)
    size = np.abs(np.cumsum(np.where(known, sizes, 0.0), axis=0))
    relative = np.full(values.shape, np.nan)
    relative[n > 0.0] = np.inf
    several = n > 1.0
    n, total, squares, size = n[several], total[several], squares[several], size[several]
    variance = np.maximum(squares - total**2 / n, 0.0) / (n - 1.0)
    half = stdtrit(n - 1.0, 0.5 + CONFIDENCE / 2.0) * np.sqrt(variance / n)
    share = np.full(len(n), np.inf)
    np.divide(half, size / n, out=share, where=size > 0.0)
    # A number that was 0 so far may be one that is rarely anything else.
    relative[several] = np.where((half == 0.0) & (size > 0.0), 0.0, share)
    relative[several] = np.where((half == 0.0) & (size == 0.0), np.nan, relative[several])
    beyond = np.isinf(values) | np.isinf(sizes)
    relative[np.logical_or.accumulate(beyond, axis=0)] = np.inf
    return relative


def stopping_number(reached: Floats, precision: float) -> int | None:
    """Return after how many replications the rule stops, or None if it goes on.

    Parameters
    ----------
    reached : ndarray of float64, shape (replications, metrics)
        See :func:`relative_half_widths`. A metric that has had no value in the first replications
        does not hold the others up; one of them must have had one.
    precision : float
    """
    absent = np.isnan(reached)
    fine = np.all((reached <= precision) | absent, axis=1)
    enough = (fine & ~np.all(absent, axis=1)).tolist()
    since: int | None = None
    for count in range(FEWEST, len(reached) + 1):
        if not enough[count - 1]:
            since = None
            continue
        since = count if since is None else since
        if count - since >= math.ceil(LOOK_AHEAD * max(since / _UNCHANGED_UP_TO, 1.0)):
            return count
    return None


def _next(reached: Floats, precision: float, count: int) -> int:
    """Guess how many replications will do; never more than twice as many as there are."""
    known = reached[~np.isnan(reached)]
    needed = count * (float(known.max(initial=0.0)) / precision) ** 2
    ahead = math.ceil(LOOK_AHEAD * max(count / _UNCHANGED_UP_TO, 1.0))
    return int(min(max(needed, float(count)) + ahead, 2.0 * count))


def replicate_until(
    scenario: Scenarios,
    name: str = "",
    seed: int = 1,
    precision: float = 0.05,
    metrics: Iterable[str] = HEADLINE,
    *,
    at_most: int = 500,
    workers: Workers = 1,
) -> tuple[Results, Precision]:
    """Run a scenario as often as it takes, and measure each run.

    Parameters
    ----------
    scenario : Scenario, LoadedScenario, str or path
        What to run; a file, or the name of a shipped scenario.
    name : str
        For the results; without it that of the file.
    seed : int
        Of the experiment, 0 <= seed < 2**63.
    precision : float
        Largest half-width of a 95 % interval as a share of the mean, above 0.
    metrics : iterable of str
        Which metrics must be as precise.
    at_most : int
        Number of replications after which it ends in any case.
    workers : int or Execution
        Number of local processes (1: in this process), or in detail how runs are done. With a
        store, what was run before is not run again.

    Returns
    -------
    tuple of Results and Precision
        The same for any workers. After Ctrl-C those of the replications finished until then.

    Raises
    ------
    ScenarioError
        If the scenario cannot be loaded, or a metric is unknown.
    ReplicationError
        If a run fails.
    KeyboardInterrupt
        After Ctrl-C before the first replication has finished.
    ValueError
        If a number is out of range.
    """
    ready = prepared(scenario)
    name = name or ready.name
    wanted = {name: checked_metrics(metrics)}
    rounds = _Rounds({name: ready.scenario}, wanted, seed, execution_of(workers))
    found = until(rounds.draw, rounds.columns, precision=precision, at_most=at_most)
    kept = rounds.first(found.replications)[name]
    asked = at_most if found.interrupted else len(kept)
    return Results.of(ready.scenario, name, seed, asked, kept), found


def compare_until(
    *scenarios: Scenarios,
    seed: int = 1,
    precision: float = 0.05,
    metrics: Iterable[str] = HEADLINE,
    at_most: int = 500,
    workers: Workers = 1,
) -> tuple[Comparison, Precision]:
    """Compare scenarios with the first, in as many pairs of replications as it takes.

    Parameters
    ----------
    *scenarios : LoadedScenario, Scenario, str or path
        At least two; the first is the reference.
    precision : float
        Largest half-width of the 95 % interval of a difference as a share of the reference's
        mean, above 0.
    seed, metrics, at_most, workers
        As for :func:`replicate_until`.

    Returns
    -------
    tuple of Comparison and Precision
        The same for any workers. After Ctrl-C those of the pairs finished until then.

    Raises
    ------
    ScenarioError, ReplicationError, KeyboardInterrupt, ValueError
        As :func:`replicate_until` and :func:`~simulator.experiment.comparison.compare`.
    """
    loaded = distinct([prepared(each) for each in scenarios])
    asked = checked_metrics(metrics)
    wanted = dict.fromkeys(list(loaded)[1:], asked)
    ready = {name: each.scenario for name, each in loaded.items()}
    rounds = _Rounds(ready, wanted, seed, execution_of(workers))
    found = until(rounds.draw, rounds.columns, precision=precision, at_most=at_most)
    measures = {
        name: {number: outcome.measures for number, outcome in each.items()}
        for name, each in rounds.first(found.replications).items()
    }
    counted = at_most if found.interrupted else found.replications
    return compare_runs(loaded, measures, seed, counted), found


class _Rounds:
    """Runs in rounds: of one scenario, or of several in pairs with the first.

    Parameters
    ----------
    scenarios : mapping of str to Scenario
    wanted : mapping of str to sequence of str
        The metrics that must be precise: of the only scenario, or of each that is held against
        the first.
    seed : int
    how : Execution
    """

    def __init__(
        self,
        scenarios: Mapping[str, Scenario],
        wanted: Mapping[str, Sequence[str]],
        seed: int,
        how: Execution,
    ) -> None:
        self._scenarios, self._wanted, self._seed, self._how = scenarios, wanted, seed, how
        self._runs: dict[Job, Outcome] = {}

    @property
    def columns(self) -> list[str]:
        """What the columns of the values are called."""
        several = len(self._wanted) > 1
        return [
            say("{metric} of {scenario}", metric=_label(metric), scenario=name)
            if several
            else metric
            for name, metrics in self._wanted.items()
            for metric in metrics
        ]

    def draw(self, first: int, end: int) -> tuple[Floats, Floats]:
        """Run the replications from the first number to before the second; see :data:`Draw`."""
        jobs = [(name, number) for number in range(first, end) for name in self._scenarios]
        how = _counting(self._how, first * len(self._scenarios))
        self._runs |= execute(self._scenarios, jobs, self._seed, run_and_measure, how).runs
        numbers = [number for number in self._complete() if number >= first]
        if not numbers and not first:
            raise KeyboardInterrupt  # not one pair was finished
        reference = next(iter(self._scenarios))
        values, sizes = [], []
        for name, metrics in self._wanted.items():
            for metric in metrics:
                size = self._totals(reference, numbers, metric)
                sizes.append(size)
                own = self._totals(name, numbers, metric)
                values.append(size if name == reference else own - size)
        return np.column_stack(values), np.column_stack(sizes)

    def first(self, count: int) -> dict[str, dict[int, Outcome]]:
        """Return the first replications that are finished in every scenario."""
        numbers = self._complete()[:count]
        return {
            name: {number: self._runs[name, number] for number in numbers}
            for name in self._scenarios
        }

    def _complete(self) -> list[int]:
        finished = Counter(number for _, number in self._runs)
        return sorted(number for number, n in finished.items() if n == len(self._scenarios))

    def _totals(self, name: str, numbers: Sequence[int], metric: str) -> Floats:
        return np.array([self._runs[name, number].measures.totals[metric] for number in numbers])


def _counting(how: Execution, before: int) -> Execution:
    """Count the replications of earlier rounds as done, too."""
    tell = how.on_progress
    if tell is None:
        return how
    return replace(how, on_progress=lambda done, total: tell(before + done, before + total))


def _label(name: str) -> str:
    return METRICS[name].label if name in METRICS else name


def _percent(share: float) -> str:
    return say("{number} %", number=f"{100.0 * share:.3g}")
