"""Finds the numbers of a scenario that no file shows, so that its runs show what the files show.

Files tell how many inquiries sign and after how long. A scenario says why: how well buyers fit,
how ready they are to meet and to sign, how long they think. What links the two is a run, so these
numbers are found by indirect inference (Gouriéroux, Monfort and Renault 1993): the same estimator
is applied to the files and to simulated runs, and the numbers are moved until both tell the same.
Steps are Gauss-Newton steps on common random numbers; each figure weighs by its standard error.

How sure the figures are is asked of runs, too. Intervals made from one history count its buyers
as independent of each other, and they are not: they meet the same people, queues and quarters.
Runs of the organization that was found differ from each other by all of it, so their covariance
is that of the figures, and the numbers' own errors follow from it by the derivatives.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import lsq_linear

from simulator.calibration.estimates import Estimate, Scale, back, onto

Floats = NDArray[np.float64]

MOST_STEPS = 6
"""In each of two rounds."""
ENOUGH = 0.1
"""A step that would lower the weighted distance by less ends a round."""


@dataclass(frozen=True, slots=True)
class Knob:
    """One number of the scenario that is to be found.

    Attributes
    ----------
    path : str
        Dotted path of its key.
    scale : str
        On which it is moved.
    start : float
        Where the search begins: the default.
    step : float
        Size of the trial step for derivatives, on the scale.
    spread : float
        How far from the start it may well be, on the scale: a weak prior that holds still what
        the files hardly tell.
    low, high : float
        What it may be, off the scale.
    channel : str
        The channel that it belongs to; empty: it acts on all.
    """

    path: str
    scale: Scale
    start: float
    step: float
    spread: float
    low: float
    high: float
    channel: str = ""


@dataclass(frozen=True, slots=True)
class Target:
    """One figure to be met.

    Attributes
    ----------
    key : str
        Key of the estimate.
    scale : str
    value : float
        Of the files, on the scale.
    error : float
        Its standard error, on the scale.
    channel : str
        The only channel that acts on it; empty: all do.
    percent : float
        Of a quantile; quantiles of one sample err together. 0: no quantile.
    """

    key: str
    scale: Scale
    value: float
    error: float
    channel: str = ""
    percent: float = 0.0


def target_of(
    estimate: Estimate, channel: str = "", least_error: float = 0.01, percent: float = 0.0
) -> Target:
    """Make a target of what files told.

    Parameters
    ----------
    estimate : Estimate
        Its value may sit at the edge of what is possible (none of 30 signed): half a case is then
        put to either side, so that it has a place on its scale.
    channel : str
    least_error : float
        On the scale: no figure is taken to be surer than this.
    percent : float
        Of a quantile, 0 < percent < 100.
    """
    value, scale = estimate.value, estimate.scale
    low, high = estimate.low, estimate.high
    if scale == "logit":
        least = 0.5 / (estimate.n + 1.0)
        value, low, high = (min(max(x, least), 1.0 - least) for x in (value, low, high))
    width = onto(high, scale) - onto(low, scale)
    return Target(
        estimate.key, scale, onto(value, scale), max(width / 3.92, least_error), channel, percent
    )


def correlations(targets: Sequence[Target]) -> Floats:
    """Return how the errors of figures hang together.

    Notes
    -----
    Quantiles of one sample at p < q correlate as sqrt(p (1 - q) / (q (1 - p))) (the limit for
    large samples); all other figures are taken as independent of each other.
    """
    found = np.eye(len(targets))
    for i, one in enumerate(targets):
        for j, other in enumerate(targets):
            same = one.key.partition(".")[0] == other.key.partition(".")[0]
            if same and 0.0 < one.percent < other.percent:
                p, q = one.percent / 100.0, other.percent / 100.0
                found[i, j] = found[j, i] = np.sqrt(p * (1.0 - q) / (q * (1.0 - p)))
    return found


@dataclass(frozen=True, slots=True)
class Matched:
    """The numbers found.

    Attributes
    ----------
    knobs : tuple of Knob
    at : ndarray of float64, (k,)
        The numbers, on their scales.
    covariance : ndarray of float64, (k, k)
        Of their errors, on their scales.
    targets : tuple of Target
    reached : ndarray of float64, (t,)
        What runs with these numbers show, on the targets' scales.
    errors : ndarray of float64, (t,)
        Standard errors of the figures, as single histories differ.
    distance : float
        Sum of squared misses, in standard errors.
    steps : int
    runs : int
        How many runs the search took.
    """

    knobs: tuple[Knob, ...]
    at: Floats
    covariance: Floats
    targets: tuple[Target, ...]
    reached: Floats
    errors: Floats
    distance: float
    steps: int
    runs: int

    def values(self, at: Floats | None = None) -> dict[str, float]:
        """Return the numbers by path; those of another place on the scales if one is given."""
        return valued(self.knobs, self.at if at is None else at)

    def drawn(self, rng: np.random.Generator) -> dict[str, float]:
        """Return numbers that the files could as well have come from."""
        return self.values(rng.multivariate_normal(self.at, self.covariance, method="eigh"))

    def shared(self) -> dict[str, float]:
        """Return by path how the numbers' errors hang together, as nearly as one cause can say it.

        Two correlate by the geometric mean of the sizes, negatively where the signs differ: the
        one-factor model nearest to their correlations (principal axis).
        """
        # Channels balance each other by construction, which is no cause in common.
        common = [j for j, knob in enumerate(self.knobs) if not knob.channel]
        covariance = self.covariance[np.ix_(common, common)]
        errors = np.sqrt(np.diag(covariance))
        correlation = covariance / np.outer(errors, errors)
        weight = np.full(len(errors), 0.5)
        for _ in range(_AXIS_STEPS):
            reduced = correlation - np.diag(1.0 - weight)
            values, vectors = np.linalg.eigh(reduced)
            loading = vectors[:, -1] * np.sqrt(max(values[-1], 0.0))
            weight = np.minimum(loading**2, _MOST_SHARED)
        sizes = np.sign(loading) * weight
        return {self.knobs[j].path: float(x) for j, x in zip(common, sizes, strict=True)}

    def estimates(self, counts: Mapping[str, int], method: str) -> dict[str, Estimate]:
        """Return every number with its interval, by path.

        Parameters
        ----------
        counts : mapping of str to int
            Cases of each channel; a number that belongs to none rests on all of them.
        method : str
        """
        all_cases = sum(counts.values())
        found = {}
        errors = np.sqrt(np.diag(self.covariance)) * 1.96
        for knob, at, error in zip(self.knobs, self.at, errors, strict=True):
            value, low, high = (_off(knob, x) for x in (at, at - error, at + error))
            found[knob.path] = Estimate(
                knob.path,
                value,
                low,
                high,
                counts.get(knob.channel, all_cases),
                "",
                method,
                knob.scale,
            )
        return found


def valued(knobs: Sequence[Knob], at: Floats) -> dict[str, float]:
    """Return the numbers at a place on the scales, by path, held to what they may be."""
    return {knob.path: _off(knob, x) for knob, x in zip(knobs, at, strict=True)}


def _off(knob: Knob, x: float) -> float:
    return min(max(back(float(x), knob.scale), knob.low), knob.high)


Shown = Callable[[Mapping[str, float], int], Floats]
"""So many runs with these numbers (by path), and what all show together: one value per target, on
its scale."""
Varied = Callable[[Mapping[str, float]], tuple[Floats, float]]
"""The same of each history alone: one row per history, and its size in those of the files."""


def match(
    knobs: Sequence[Knob],
    targets: Sequence[Target],
    shown: Shown,
    varied: Varied,
    weights: Mapping[str, float],
    runs: tuple[int, int],
    on_step: Callable[[int, float], None] | None = None,
    begin: Floats | None = None,
) -> Matched:
    """Move the knobs until runs show the targets.

    Parameters
    ----------
    knobs : sequence of Knob
    targets : sequence of Target
    shown : callable
        What runs show; the same numbers must give the same values.
    varied : callable
        How much single histories differ.
    weights : mapping of str to float
        Share of each channel in all inquiries. The mean of knobs that belong to channels is held
        where it starts: a level common to all belongs to the other knobs.
    runs : tuple of 2 int
        Runs that show the figures, first on the way and then near the place.
    on_step : callable, optional
        Called with the number of calls so far and the distance.
    begin : ndarray of float64, optional
        Where the search begins, on the knobs' scales; unless stated, where they start.

    Returns
    -------
    Matched
    """
    search = _Search(tuple(knobs), tuple(targets), shown, varied, weights, on_step)
    return search.run(runs, begin)


class Weighing:
    """What counts how much: the rule of every step, and of the numbers' errors.

    Parameters
    ----------
    knobs : sequence of Knob
    targets : sequence of Target
    weights : mapping of str to float
        Share of each channel in all inquiries.
    errors : ndarray of float64, (t,), optional
        Standard errors of the figures, on their scales; unless stated, those of the targets.
    """

    def __init__(
        self,
        knobs: Sequence[Knob],
        targets: Sequence[Target],
        weights: Mapping[str, float],
        errors: Floats | None = None,
    ) -> None:
        self.knobs, self.targets = tuple(knobs), tuple(targets)
        self.start = np.array([onto(knob.start, knob.scale) for knob in knobs])
        self.value = np.array([target.value for target in targets])
        self._spread = np.array([knob.spread for knob in knobs])
        weight = np.array([weights.get(knob.channel, 0.0) for knob in knobs])
        self.weight = weight / max(float(weight.sum()), 1e-12)
        if errors is None:
            errors = np.array([target.error for target in targets])
        # Turns misses into units in which they are independent and of size 1.
        both = correlations(targets) * np.outer(errors, errors)
        self._whiten = np.linalg.inv(np.linalg.cholesky(both))

    def misses(self, reached: Floats) -> float:
        """Return the sum of squared misses, in standard errors."""
        found = self._whiten @ (reached - self.value)
        return float(found @ found)

    def distance(self, at: Floats, reached: Floats) -> float:
        """Return what a search makes small: squared misses, strays from the start, the mean."""
        rows = self._rows(at, reached)
        return float(rows @ rows)

    def move(self, at: Floats, reached: Floats, slopes: Floats) -> Floats:
        """Return the step that would make the distance least if slopes held.

        Parameters
        ----------
        at : ndarray of float64, (k,)
            The numbers, on their scales.
        reached : ndarray of float64, (t,)
            What runs show there.
        slopes : ndarray of float64, (t, k)
            See :func:`slopes_at`.
        """
        # Slopes hold nearby only.
        most = _FARTHEST * np.array([knob.step for knob in self.knobs])
        best = lsq_linear(self._design(slopes), -self._rows(at, reached), (-most, most))
        return np.asarray(best.x, dtype=np.float64)

    def covariance(self, slopes: Floats, figures: Floats) -> Floats:
        """Return errors of the numbers: what errs in the figures, through the step it causes.

        Parameters
        ----------
        slopes : ndarray of float64, (t, k)
        figures : ndarray of float64, (t, t)
            Covariance of the figures; see :func:`errors_of_figures`.
        """
        design = self._design(slopes)
        bread = np.linalg.inv(design.T @ design)
        step = bread @ slopes.T @ self._whiten.T @ self._whiten
        # The pull toward the start errs by its spread.
        pull = bread @ np.diag(1.0 / self._spread**2) @ bread.T
        return np.asarray(step @ figures @ step.T + pull, dtype=np.float64)

    def _rows(self, at: Floats, reached: Floats) -> Floats:
        pull = (at - self.start) / self._spread
        mean = self.weight @ (at - self.start) / _PINNED
        return np.concatenate([self._whiten @ (reached - self.value), pull, [mean]])

    def _design(self, slopes: Floats) -> Floats:
        return np.vstack(
            [self._whiten @ slopes, np.diag(1.0 / self._spread), self.weight / _PINNED]
        )


def slopes_at(
    rule: Weighing, look: Callable[[Floats], Floats], at: Floats, reached: Floats
) -> Floats:
    """Return derivatives of every figure by every knob; those of channels are tried at once.

    Parameters
    ----------
    rule : Weighing
    look : callable
        What runs show with the knobs at a place on their scales.
    at, reached : ndarray of float64
        The place, and what runs show there.

    Returns
    -------
    ndarray of float64, (t, k)
    """
    slopes = np.zeros((len(rule.targets), len(rule.knobs)))
    own = np.array([bool(knob.channel) for knob in rule.knobs])
    steps = np.array([knob.step for knob in rule.knobs])
    if own.any():
        # Some go up and some down, so that the whole stays as busy as it was: a channel's own
        # figures then move with its own buyers, and common ones stay about where they were.
        ways = _balanced(rule.weight) * own
        change = look(at + ways * steps) - reached
        for j in np.flatnonzero(own):
            for i, target in enumerate(rule.targets):
                if target.channel == rule.knobs[j].channel:
                    slopes[i, j] = change[i] / (ways[j] * steps[j])
    for j in np.flatnonzero(~own):
        trial = at.copy()
        trial[j] += steps[j]
        slopes[:, j] = (look(trial) - reached) / steps[j]
    return slopes


def errors_of_figures(
    targets: Sequence[Target], histories: Floats, size: float, runs_each: int
) -> Floats:
    """Return how figures of files and of runs together err.

    Parameters
    ----------
    targets : sequence of Target
    histories : ndarray of float64, (h, t)
        Figures of single histories.
    size : float
        Cases of one history, in those of the files: larger ones vary less than the files do.
    runs_each : int
        Runs that show the figures: they are some of many, so what they show errs, too.

    Returns
    -------
    ndarray of float64, (t, t)
        Covariance: as histories vary, and of no figure less than the files themselves say.
    """
    one = np.atleast_2d(np.cov(histories, rowvar=False))
    own = np.array([target.error for target in targets])
    short = np.maximum(own**2 - np.diag(one) * size, 0.0)
    return np.asarray(one * (size + 1.0 / runs_each) + np.diag(short), dtype=np.float64)


class _Search:
    def __init__(
        self,
        knobs: tuple[Knob, ...],
        targets: tuple[Target, ...],
        shown: Shown,
        varied: Varied,
        weights: Mapping[str, float],
        on_step: Callable[[int, float], None] | None,
    ) -> None:
        self.knobs, self.targets, self._weights = knobs, targets, weights
        self._shown, self._varied, self._on_step = shown, varied, on_step
        self._rule = Weighing(knobs, targets, weights)
        self._runs_each = 0
        self.calls = self.runs = 0

    def run(self, runs: tuple[int, int], begin: Floats | None) -> Matched:
        self._runs_each = runs[0]
        at = self._rule.start.copy() if begin is None else begin.copy()
        reached = self._look(at)
        slopes = slopes_at(self._rule, self._look, at, reached)
        at, reached, steps = self._descend(at, reached, slopes)
        # Near the place, histories tell how sure the figures are, and slopes hold to the end.
        # The numbers' errors hang on these slopes, so more runs tell them.
        histories, size = self._varied(valued(self.knobs, at))
        self._runs_each = runs[1]
        figures = errors_of_figures(self.targets, histories, size, self._runs_each)
        errors = np.sqrt(np.diag(figures))
        self._rule = Weighing(self.knobs, self.targets, self._weights, errors)
        reached = self._look(at)
        slopes = slopes_at(self._rule, self._look, at, reached)
        at, reached, more = self._descend(at, reached, slopes)
        at = np.array([onto(_off(k, x), k.scale) for k, x in zip(self.knobs, at, strict=True)])
        return Matched(
            self.knobs, at, self._rule.covariance(slopes, figures), self.targets, reached, errors,
            self._rule.misses(reached), steps + more, self.runs + len(histories),
        )  # fmt: skip

    def _descend(self, at: Floats, reached: Floats, slopes: Floats) -> tuple[Floats, Floats, int]:
        """Take steps until the next would gain nothing."""
        rule, taken = self._rule, 0
        distance = rule.distance(at, reached)
        while taken < MOST_STEPS:
            move = rule.move(at, reached, slopes)
            expected = distance - rule.distance(at + move, reached + slopes @ move)
            if expected < ENOUGH:
                break
            trial, tried, far = self._try(at, move, distance)
            if far >= distance:
                break
            # Broyden: what this step taught about the slopes.
            went = trial - at
            slopes = slopes + np.outer(tried - reached - slopes @ went, went) / (went @ went)
            gain = distance - far
            at, reached, distance = trial, tried, far
            taken += 1
            if gain < ENOUGH:
                break
        return at, reached, taken

    def _look(self, at: Floats) -> Floats:
        self.calls += 1
        self.runs += self._runs_each
        return self._shown(valued(self.knobs, at), self._runs_each)

    def _try(self, at: Floats, move: Floats, distance: float) -> tuple[Floats, Floats, float]:
        """Take a step, or a shorter one where it leads away."""
        for shorter in (1.0, 0.4, 0.15):
            trial = at + shorter * move
            tried = self._look(trial)
            far = self._rule.distance(trial, tried)
            if self._on_step is not None:
                self._on_step(self.calls, far)
            if far < distance:
                break
        return trial, tried, far


def _balanced(weights: Floats) -> Floats:
    """Return +1 or -1 for each weight, so that what goes up weighs about what goes down."""
    ways = np.zeros(len(weights))
    surplus = 0.0
    for j in np.argsort(-weights, kind="stable"):
        ways[j] = -1.0 if surplus > 0.0 else 1.0
        surplus += ways[j] * weights[j]
    return ways


_AXIS_STEPS = 50
_MOST_SHARED = 0.95
_FARTHEST = 3.0  # in trial steps: how far a step may go
_PINNED = 0.01  # the mean of the channels' knobs stays within this of its start
