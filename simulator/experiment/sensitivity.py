"""What if an assumption is wrong? How a result, or a verdict between two, depends on each.

First every assumption is screened (Morris), then shares of the variance are estimated for those
that matter most (Sobol', with luck as one more factor), these are tested alone at both ends of
their ranges (tornado), and points spread over the space of all assumptions that have any effect
tell where a result lies, or in what share of the space the lead of one scenario over another
holds.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from simulator.errors import Problem, ScenarioError
from simulator.experiment import probing
from simulator.experiment import sensitivity_words as words
from simulator.experiment.assumptions import Assumption, Space, space_of
from simulator.experiment.comparison import distinct
from simulator.experiment.differences import gaps
from simulator.experiment.execution import Workers, execution_of
from simulator.experiment.probing import Interrupted, Plan, Probing, Screened
from simulator.experiment.quantities import Scale, as_json, checked_metrics, told
from simulator.experiment.readiness import Scenarios, prepared
from simulator.experiment.screening import (
    Floats,
    effects_of,
    p_of_shares,
    shares_of,
    through_change,
)
from simulator.experiment.statistics import CONFIDENCE, Estimate, holm, jeffreys
from simulator.experiment.wording import paragraph
from simulator.metrics.definitions import METRICS, Better
from simulator.scenario import LoadedScenario, diff

LUCK = "luck"
_BOOTSTRAP = 9  # stream of chance of the intervals

_COLUMNS = {
    "assumptions": "path status value low high unit range trust source why",
    "screening": "path value low high unit range mu mu_low mu_high mu_star sigma n",
    "variance": "factor range first first_low first_high total total_low total_high n",
    "tornado": "path range end value outcome outcome_low outcome_high change change_low"
    " change_high n verdict",
    "halves": "path range half low high points ahead share share_low share_high told",
}
TABLES = (*_COLUMNS, "sample")
"""Names of the tables of a result."""


@dataclass(frozen=True, slots=True)
class Survival:
    """How often the lead of one scenario over the other holds.

    Attributes
    ----------
    leader : str
        The scenario that leads at the stated values; where none can be told to, the second one.
    other : str
    ahead : float
        Number of points at which it leads; a tie counts half. What is longer than what was seen
        is longer than what was seen of the other; if it is so in both, that is a tie.
    points : int
        All points at which the metric exists in both.
    share : float
    low, high : float or None
        95 % interval of the share (Jeffreys); None for a single point.
    """

    leader: str
    other: str
    ahead: float
    points: int
    share: float
    low: float | None
    high: float | None

    @classmethod
    def of(cls, leader: str, other: str, metrics: Floats, better: Better) -> Survival:
        """Count; metrics of the other one and of the leader, shape (points, 2)."""
        behind, ahead = metrics[~np.isnan(metrics).any(axis=1)].T
        if better == "lower":
            behind, ahead = ahead, behind
        # By their order, for infinite values cannot be subtracted.
        wins = float((ahead > behind).sum()) + 0.5 * float((ahead == behind).sum())
        points = len(ahead)
        found = jeffreys(wins / points if points else math.nan, points)
        return cls(leader, other, wins, points, found.mean, found.low, found.high)


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """How a metric of a scenario, or its lead over another, depends on the assumptions.

    With `versus`, every outcome is the difference: metric of `versus` minus metric of `name`, the
    reference, at equal luck. A law is varied by a factor on its times; its values, low and high
    are factors.

    Attributes
    ----------
    name : str
    versus : str or None
    metric, currency : str
    seed : int
    plan : Plan
        What was asked for.
    runs : int
        Runs that were done.
    missing : tuple of str
        Analyses that Ctrl-C cut off; empty if all are there.
    baseline : Estimate
        Outcome at the stated values.
    beyond : int
        Runs (pairs) at the stated values in which the metric is longer than what was seen; with
        any the baseline is not known.
    survival : Survival or None
        With `versus`: over the sample of the whole space.
    dropped : int
        Points of that sample at which the metric is missing.
    compared : tuple of str
        Keys in which the two scenarios differ.
    assumptions : DataFrame
        ``path``, ``status`` (varied, without effect, not varied, compared), ``value``, ``low``,
        ``high``, ``unit``, ``range`` (stated or by rule), ``trust``, ``source``, ``why``.
    screening : DataFrame
        Varied ones, strongest first: ``path``, ``value``, ``low``, ``high``, ``unit``, ``range``,
        ``mu`` (mean effect of going through the range) with ``mu_low`` and ``mu_high``,
        ``mu_star`` (of the effects that were seen; infinite, and first, where one makes the metric
        longer than what was seen), ``sigma``, ``n`` (effects that were seen). Mean and spread are
        missing where an effect was not seen.
    variance : DataFrame
        ``factor`` (a path, or "luck"), ``range``, ``first`` and ``total`` (shares of the
        variance) with their bounds, ``n`` (rows). Empty if the metric is longer than what was seen
        in a run, or missing in too many.
    tornado : DataFrame
        Widest first: ``path``, ``range``, ``end`` (low or high), ``value`` there, ``outcome`` and
        ``change`` from the baseline with their bounds, ``n`` (replications), ``verdict``: flips
        (the other leads), may flip (it leads, but that may be luck), open (the lead may be luck),
        beyond (the metric is longer than what was seen in a run there, so that no outcome is
        known), missing (no run there has the metric), or empty. Each end is judged alone, by its
        own 95 % interval, not for having asked of all of them. The outcome is the baseline, of all
        runs at the stated values, plus the change
        (:func:`~simulator.experiment.screening.through_change`).
    halves : DataFrame
        With `versus`: ``path``, ``range``, ``half`` (lower or upper), ``low``, ``high`` of that
        half, ``points``, ``ahead`` (of them with the leader ahead), ``share`` with its bounds,
        ``told`` (whether the halves differ beyond luck: Fisher's exact test, Holm over all).
    sample : DataFrame
        One row a point: ``point`` (also its replication), ``outcome``, the metric of each
        scenario (``of_a``, ``of_b``), then one column for each varied assumption.
    """

    name: str
    versus: str | None
    metric: str
    currency: str
    seed: int
    plan: Plan
    runs: int
    missing: tuple[str, ...]
    baseline: Estimate
    beyond: int
    survival: Survival | None
    dropped: int
    compared: tuple[str, ...]
    assumptions: pd.DataFrame = field(repr=False)
    screening: pd.DataFrame = field(repr=False)
    variance: pd.DataFrame = field(repr=False)
    tornado: pd.DataFrame = field(repr=False)
    halves: pd.DataFrame = field(repr=False)
    sample: pd.DataFrame = field(repr=False)

    def __repr__(self) -> str:
        against = f" versus {self.versus}" if self.versus else ""
        return (
            f"<Sensitivity of {self.metric} of {self.name}{against}: {len(self.screening)}"
            f" assumptions, {self.runs} runs, seed {self.seed}: {words.findings(self)[0]}>"
        )

    @property
    def label(self) -> str:
        """The metric as a reader sees it."""
        return METRICS[self.metric].label

    def scale(self) -> Scale:
        """One way of writing all outcomes."""
        seen = [*self.tornado["outcome"], *self.sample["outcome"], self.baseline.mean]
        return Scale.of(self.metric, self.currency, seen)

    @property
    def verdict(self) -> str:
        """What came out, in sentences; no more than the intervals allow."""
        return paragraph(words.findings(self))

    def summary(self) -> str:
        """Say what came out, in plain text of at most 30 lines."""
        return words.summary(self)

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return every table by the name of its file."""
        return {name: getattr(self, name) for name in TABLES}

    def as_json(self) -> dict[str, Any]:
        """Return everything but the sample as one object; what is missing is None."""
        survival = self.survival
        return {
            "scenario": self.name,
            "versus": self.versus,
            "metric": self.metric,
            "currency": self.currency,
            "verdict": words.findings(self),
            "baseline": as_json(self.baseline),
            "survival": None
            if survival is None
            else {
                name: getattr(survival, name)
                for name in ("leader", "other", "ahead", "points", "share", "low", "high")
            },
            "compared": list(self.compared),
            **{name: list(words.rows_of(getattr(self, name))) for name in _COLUMNS},
            "dropped": self.dropped,
            "missing": list(self.missing),
            "runs": self.runs,
            "seed": self.seed,
        }


def planned_runs(
    scenario: Scenarios,
    versus: Scenarios | None = None,
    *,
    metric: str = "mrr_end",
    **plan: int,
) -> int:
    """Return the most runs that a plan can take, and refuse it if it cannot be.

    Parameters
    ----------
    scenario, versus, metric
        As for :func:`sensitivity`.
    **plan : int
        Its numbers of runs.

    Raises
    ------
    ScenarioError
        As :func:`sensitivity` does.
    """
    checked = Plan(**plan).checked()
    scenarios, space = _scenarios(scenario, versus, metric)
    return checked.most_runs(len(space.varied), len(scenarios))


def sensitivity(
    scenario: Scenarios,
    versus: Scenarios | None = None,
    *,
    metric: str = "mrr_end",
    seed: int = 1,
    trajectories: int = 4,
    top: int = 6,
    sobol: int = 32,
    points: int = 100,
    replications: int = 4,
    stated: int = 20,
    workers: Workers = 1,
) -> Sensitivity:
    """Vary every assumption of trust C or worse and see what becomes of a metric.

    Parameters
    ----------
    scenario : str, path, LoadedScenario or Scenario
    versus : same, optional
        Another scenario: then the question is whether the lead of one over the other holds; the
        first is the reference.
    metric : str
        An id of the registry.
    seed : int
    trajectories : int
        Walks of the screening, at least 2.
    top : int
        How many assumptions get a share of the variance.
    sobol : int
        Rows of each sample for these shares; a power of two, at least 4.
    points : int
        Points of the sample of the whole space.
    replications : int
        Runs (pairs) at each end of the tornado.
    stated : int
        Runs (pairs) at the stated values, which say whether there is a lead; at least
        `replications` are done.
    workers : int or Execution

    Returns
    -------
    Sensitivity
        After Ctrl-C what was finished until then; see ``missing``.

    Raises
    ------
    ScenarioError
        For an unknown metric, plans that cannot be, or scenarios that cannot be paired.
    KeyboardInterrupt
        After Ctrl-C before the first screening was finished.
    """
    plan = Plan(trajectories, top, sobol, points, replications, stated).checked()
    both, space = _scenarios(scenario, versus, metric)
    runs = Probing(both, metric, seed, execution_of(workers))
    return _Study(runs, plan, space, both, metric, seed).result()


def _scenarios(
    scenario: Scenarios, versus: Scenarios | None, metric: str
) -> tuple[list[LoadedScenario], Space]:
    """Return what is run, and what is varied in it."""
    checked_metrics([metric])
    both = [prepared(scenario)]
    if versus is not None:
        named = distinct([*both, prepared(versus)])
        both = [replace(each, name=name) for name, each in named.items()]
        _check_verdict(both[0], both[1], metric)
    space = space_of(*both)
    if not space.varied:
        rule = "has no number of trust C or worse that could be varied"
        raise ScenarioError([Problem(both[0].name, "", "", rule)])
    return both, space


def _check_verdict(a: LoadedScenario, b: LoadedScenario, metric: str) -> None:
    """Refuse a question that has no verdict which could survive."""
    if METRICS[metric].better == "neither":
        rule = "is better neither higher nor lower: choose another metric to compare by"
        raise ScenarioError([Problem("--metric", "", metric, rule)])
    if not diff(a, b):
        rule = "say the same: there is no verdict to test"
        raise ScenarioError([Problem(f"{a.name} and {b.name}", "", "", rule)])


# ------------------------------------------------------------------ the study


class _Study:
    """From runs to tables, phase by phase."""

    def __init__(
        self,
        runs: Probing,
        plan: Plan,
        space: Space,
        scenarios: Sequence[LoadedScenario],
        metric: str,
        seed: int,
    ) -> None:
        self._runs, self._plan, self._space = runs, plan, space
        self._scenarios, self._metric, self._seed = scenarios, metric, seed
        self._missing: list[str] = []

    def result(self) -> Sensitivity:
        """Run everything; after Ctrl-C what is finished."""
        runs, plan, every = self._runs, self._plan, self._space.varied
        runs.total = plan.most_runs(len(every), len(self._scenarios))
        try:
            stated, screened = probing.first_screening(runs, every, plan.at_stated)
        except Interrupted:
            raise KeyboardInterrupt from None
        active = [one for one, inert in zip(every, screened.inert, strict=True) if not inert]
        runs.total = runs.finished + plan.later_runs(len(active), len(self._scenarios))
        screening = self._screening(screened)
        points = np.empty((0, len(active)))
        metrics = np.empty((0, len(self._scenarios)))
        tornado, variance = self._empty("tornado"), self._empty("variance")
        phases = ["the rest of the screening", "the sample of the space", "the tornado",
                  "the shares of the variance"]  # fmt: skip
        try:
            if active:
                screened = probing.further_screening(runs, every, plan.trajectories, screened)
                screening = self._screening(screened)
                phases.pop(0)
                points, metrics = probing.sample(runs, active, plan.points)
                phases.pop(0)
                strongest = self._strongest(screening)
                if strongest:
                    tornado = self._tornado(stated, strongest[: probing.ALONE])
                    phases.pop(0)
                    variance = self._variance(strongest[: plan.top])
            phases = []
        except Interrupted:
            pass
        return self._put_together(
            stated, screened, screening, active, points, metrics, tornado, variance, tuple(phases)
        )

    def _put_together(
        self,
        stated: Floats,
        screened: Screened,
        screening: pd.DataFrame,
        active: Sequence[Assumption],
        points: Floats,
        metrics: Floats,
        tornado: pd.DataFrame,
        variance: pd.DataFrame,
        missing: tuple[str, ...],
    ) -> Sensitivity:
        names = [each.name for each in self._scenarios]
        pair = len(names) == 2
        outcomes = probing.differences(metrics)
        known = ~np.isnan(outcomes)
        survival, halves = None, self._empty("halves")
        if pair and known.any():
            counting = self._counting(Estimate.of(stated))
            survival = counting(metrics[known])
            strongest = self._strongest(screening)[: probing.ALONE]
            halves = self._halves(strongest, active, points[known], metrics[known], counting)
        return Sensitivity(
            name=names[0],
            versus=names[1] if pair else None,
            metric=self._metric,
            currency=self._scenarios[0].scenario.currency,
            seed=self._seed,
            plan=self._plan,
            runs=self._runs.finished,
            missing=missing,
            baseline=Estimate.of(stated),
            beyond=int(np.isinf(stated).sum()),
            survival=survival,
            dropped=int((~known).sum()),
            compared=self._space.compared,
            assumptions=self._assumptions(screened),
            screening=screening,
            variance=variance,
            tornado=tornado,
            halves=halves,
            sample=_sample(active, points, metrics, outcomes),
        )

    @staticmethod
    def _empty(table: str) -> pd.DataFrame:
        return pd.DataFrame(columns=_COLUMNS[table].split())

    def _assumptions(self, screened: Screened) -> pd.DataFrame:
        rows: list[dict[str, Any]] = []
        for one, inert in zip(self._space.varied, screened.inert, strict=True):
            status = "without effect" if inert else "varied"
            rows.append({**_range(one), "status": status, "trust": one.trust, "source": one.source})
        for other in self._space.left_out:
            rows.append({"path": other.path, "status": "not varied", "unit": other.unit,
                         "trust": other.trust, "why": f"{other.why} ({other.value})"})  # fmt: skip
        rows += [{"path": path, "status": "compared"} for path in self._space.compared]
        nothing = dict.fromkeys(("unit", "range", "trust", "source", "why"), "")
        return pd.DataFrame(
            [nothing | row for row in rows], columns=_COLUMNS["assumptions"].split()
        )

    def _screening(self, screened: Screened) -> pd.DataFrame:
        found = effects_of(screened.effects, screened.beyond)
        table = pd.DataFrame([_range(one) for one in self._space.varied])
        for name, values in (
            ("mu", found.mu), ("mu_low", found.low), ("mu_high", found.high),
            ("mu_star", found.mu_star), ("sigma", found.sigma),
        ):  # fmt: skip
            table[name] = values
        table["n"] = found.n.astype(np.int64)
        table = table[~screened.inert][_COLUMNS["screening"].split()]
        return table.sort_values("mu_star", ascending=False, kind="stable", ignore_index=True)

    def _strongest(self, screening: pd.DataFrame) -> list[Assumption]:
        by_path = {one.path: one for one in self._space.varied}
        return [by_path[path] for path in screening["path"][screening["mu_star"] > 0.0]]

    def _tornado(self, stated: Floats, strongest: Sequence[Assumption]) -> pd.DataFrame:
        found = probing.ends(self._runs, strongest, self._plan.replications)
        side = told(Estimate.of(stated)) if len(self._scenarios) == 2 else 0
        rows = []
        beyond = np.isinf(found).any(axis=2)
        means = np.where(beyond, np.inf, found.mean(axis=2))
        swings = np.abs(gaps(means[:, 0], means[:, 1]))
        order = np.argsort(-np.nan_to_num(swings, posinf=np.inf), kind="stable")
        for one, both in ((strongest[which], found[which]) for which in order):
            for end, position, outcomes in zip(("low", "high"), (0.0, 1.0), both, strict=True):
                outcome = through_change(stated, outcomes)
                change = Estimate.of(gaps(stated[: len(outcomes)], outcomes))
                verdict = ""
                if np.isinf(outcomes).any():
                    verdict = "beyond"
                elif outcome.mean * side < 0.0:
                    verdict = "flips" if told(outcome) else "may flip"
                elif side and not outcome.n:
                    verdict = "missing"
                elif side and not told(outcome):
                    verdict = "open"
                rows.append(
                    (one.path, _basis(one), end, one.at(position), *_bounds(outcome),
                     *_bounds(change), outcome.n, verdict)
                )  # fmt: skip
        return pd.DataFrame(rows, columns=_COLUMNS["tornado"].split())

    def _variance(self, strongest: Sequence[Assumption]) -> pd.DataFrame:
        parts = probing.variance(self._runs, strongest, self._plan.sobol)
        found = shares_of(*parts, self._runs.chance(_BOOTSTRAP))
        if found is None:
            return self._empty("variance")
        table = pd.DataFrame({"factor": [*(one.path for one in strongest), LUCK]})
        table["range"] = [*map(_basis, strongest), ""]
        for name in _COLUMNS["variance"].split()[2:]:
            table[name] = getattr(found, name)
        return table.sort_values("total", ascending=False, kind="stable", ignore_index=True)

    def _counting(self, lead: Estimate) -> Callable[[Floats], Survival]:
        """Return what counts the points at which the lead at the stated values holds."""
        first, second = (each.name for each in self._scenarios)
        better = METRICS[self._metric].better
        if told(lead) * words.direction(self._metric) < 0:
            return lambda metrics: Survival.of(first, second, metrics[:, ::-1], better)
        return lambda metrics: Survival.of(second, first, metrics, better)

    def _halves(
        self,
        strongest: Sequence[Assumption],
        active: Sequence[Assumption],
        points: Floats,
        metrics: Floats,
        counting: Callable[[Floats], Survival],
    ) -> pd.DataFrame:
        place = {one.path: number for number, one in enumerate(active)}
        rows = []
        for one in strongest:
            upper = points[:, place[one.path]] >= 0.5
            middle = one.at(0.5)
            for half, inside, ends in (
                ("lower", ~upper, (one.low, middle)), ("upper", upper, (middle, one.high)),
            ):  # fmt: skip
                if inside.any():
                    count = counting(metrics[inside])
                    rows.append((one.path, _basis(one), half, *ends, count.points, count.ahead,
                                 count.share, count.low, count.high, False))  # fmt: skip
        return _tested(pd.DataFrame(rows, columns=_COLUMNS["halves"].split()))


def _tested(halves: pd.DataFrame) -> pd.DataFrame:
    """Tell which assumptions have halves that differ beyond luck."""
    paths = list(dict.fromkeys(halves["path"]))
    sure = holm([
        p_of_shares(*((float(row["ahead"]), int(row["points"])) for row in words.rows_of(both)))
        if len(both) == 2 else math.nan
        for both in (halves[halves["path"] == path] for path in paths)
    ]) <= 1.0 - CONFIDENCE  # fmt: skip
    told_of = dict(zip(paths, sure, strict=True))
    return halves.assign(told=[bool(told_of[path]) for path in halves["path"]])


def _sample(
    active: Sequence[Assumption], points: Floats, metrics: Floats, outcomes: Floats
) -> pd.DataFrame:
    columns: dict[str, Any] = {"point": np.arange(len(points)), "outcome": outcomes}
    for name, values in zip(("of_a", "of_b"), metrics.T, strict=False):
        columns[name] = values
    for one, positions in zip(active, points.T, strict=True):
        columns[one.path] = [one.at(float(at)) for at in positions]
    return pd.DataFrame(columns)


def _range(one: Assumption) -> dict[str, Any]:
    return {
        "path": one.path, "value": one.value, "low": one.low, "high": one.high,
        "unit": one.unit if one.law is None else words.TIMES,
        "range": _basis(one),
    }  # fmt: skip


def _basis(one: Assumption) -> str:
    return "stated" if one.stated else "by rule"


def _bounds(estimate: Estimate) -> tuple[float, float, float]:
    low, high = (math.nan if end is None else end for end in (estimate.low, estimate.high))
    return estimate.mean, low, high
