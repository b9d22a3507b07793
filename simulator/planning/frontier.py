"""The efficient frontier: what is the best that each amount of money can reach.

A ladder of budgets is climbed from the smallest company up. On each rung the plans near the best
affordable one are looked at that promise most by a Gaussian process (expected improvement:
D. R. Jones, M. Schonlau & W. J. Welch, "Efficient global optimization of expensive black-box
functions", Journal of Global Optimization 13 (1998) 455-492). Rungs depend on the company alone
and all plans are run with the same luck, equally often. So what is looked at for a larger budget
includes what is looked at for a smaller one, and more money never has a worse best outcome.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from scipy.special import ndtr

from simulator.experiment.differences import told_among
from simulator.experiment.figures import Figure
from simulator.experiment.quantities import better
from simulator.experiment.statistics import Estimate, Floats
from simulator.metrics.definitions import METRICS
from simulator.planning.cheapest import Rules, expected_gain, plan_of
from simulator.planning.headcount import Headcount, Plan, Points
from simulator.planning.surrogate import Surrogate
from simulator.planning.trials import Trials

RUNS = 30
"""Of every plan."""
_COARSE, _FINE = 1.12, 1.025  # steps of the ladder, below and above half of today's cost
_HALF = 0.5
_REACH = 2  # people by which a team may differ from the best plan of the rung below
_AT_ONCE = 4
_LOOKS = 3  # on one rung
_FEWEST = 2  # plans for each team before a process is fitted to them
_LEAST = 0.02  # expected gain in standard errors that is worth a look


@dataclass(frozen=True, slots=True)
class Rung:
    """What an amount of money can reach.

    Attributes
    ----------
    plan : tuple of int
    cost : float
        Currency per year.
    outcome : Estimate
        Mean of the goal, by the luck of the search.
    """

    plan: Plan
    cost: float
    outcome: Estimate


class Frontier:
    """The climb.

    Parameters
    ----------
    headcount : Headcount
    trials : Trials
        Its targets are what plans must keep; there may be none.
    goal : Figure
        What is to become as good as can be.
    rules : Rules
    guess : tuple of int
        A company in proportion: on each rung it is also tried as large as can be afforded.
    further : sequence of tuple of int
        Plans that are tried as soon as they can be afforded, such as today's company.
    """

    def __init__(
        self,
        headcount: Headcount,
        trials: Trials,
        goal: Figure,
        rules: Rules,
        guess: Plan,
        further: Sequence[Plan] = (),
    ) -> None:
        self._headcount = headcount
        self._trials = trials
        self._goal = goal
        self._sign = better(goal[0])
        self._rules = rules
        self._guess = guess
        self._further = further
        self.interrupted = False

    def climb(self, budget: float) -> None:
        """Climb the ladder up to the first rung that is not below a budget.

        Parameters
        ----------
        budget : float
            Currency per year; at least the cost of the smallest company.

        Raises
        ------
        KeyboardInterrupt
            After Ctrl-C before anything was tried.
        """
        try:
            self._try_out([self._headcount.low])
            for level in self._levels(budget):
                self._look_around(level, _LOOKS)
        except KeyboardInterrupt:
            if not len(self._trials):
                raise
            self.interrupted = True

    def refine(self, start: Plan, budget: float, looks: int = 8) -> None:
        """Look for the best plan near one, at a single budget and without a ladder.

        Parameters
        ----------
        start : tuple of int
            It may cost more than the budget: people are then taken away until it does not.
        budget : float
            Currency per year.
        looks : int
            At most so often are a few plans tried.

        Raises
        ------
        KeyboardInterrupt
            After Ctrl-C before anything was tried.
        """
        try:
            self._try_out([self._affordable(start, budget)])
            self._look_around(budget, looks)
        except KeyboardInterrupt:
            if not len(self._trials):
                raise
            self.interrupted = True

    def _affordable(self, start: Plan, budget: float) -> Plan:
        """Take people away, from the largest teams first, until a plan is within a budget."""
        plan = list(self._headcount.within(start))
        while self._headcount.cost(tuple(plan)) > budget:
            room = [n - low for n, low in zip(plan, self._headcount.low, strict=True)]
            if max(room) <= 0:
                break
            plan[int(np.argmax(room))] -= 1
        return tuple(plan)

    def best(self, budget: float) -> Plan | None:
        """Return the best plan within a budget; None if none that was tried keeps its targets."""
        affordable = [
            plan for plan in self._known()
            if self._headcount.cost(plan) <= budget and self._keeps(plan)
            and self._mean(plan) > -np.inf
        ]  # fmt: skip
        cost = self._headcount.cost
        return max(affordable, key=lambda plan: (self._mean(plan), -cost(plan)), default=None)

    def is_missing(self) -> bool:
        """Tell whether the goal is missing in some run of every plan, so that none can be best."""
        return all(self._mean(plan) == -np.inf for plan in self._known())

    def rungs(self, budget: float) -> list[Rung]:
        """Return the plans of which no cheaper one does as well, by rising cost."""
        found: list[Rung] = []
        order = sorted(self._known(), key=lambda plan: (self._headcount.cost(plan), plan))
        for plan in order:
            cost = self._headcount.cost(plan)
            if cost > budget or not self._keeps(plan) or self._mean(plan) == -np.inf:
                continue
            if not found or self._mean(plan) > self._mean(found[-1].plan):
                found.append(Rung(plan, cost, Estimate.of(self.outcomes(plan))))
        return found

    def contenders(self, budget: float, plan: Plan) -> list[Plan]:
        """Return the plans within a budget that cannot be told from the best one, best first."""
        others = [
            other for other in self._known()
            if other != plan and self._headcount.cost(other) <= budget and self._keeps(other)
            and self._mean(other) > -np.inf
        ]  # fmt: skip
        if not others:
            return []
        gaps = np.array([self.outcomes(plan) - self.outcomes(other) for other in others]).T
        told = told_among(gaps)
        alike = [(-self._mean(other), other) for other, sure in zip(others, told, strict=True)
                 if not sure]  # fmt: skip
        return [other for _, other in sorted(alike)]

    def correct(self, budget: float, plan: Plan) -> float:
        """Return the probability that no tried plan is better by more than the zone (Bonferroni).

        The zone is the share `cost_zone` of the outcome.
        """
        mine = self.outcomes(plan) * self._sign
        zone = self._rules.cost_zone * abs(float(np.nanmean(mine)))
        doubt = 0.0
        for other in self._known():
            if other == plan or self._headcount.cost(other) > budget or not self._keeps(other):
                continue
            if self._mean(other) == -np.inf:
                continue  # missing in some run: worse than any
            gap = mine - self.outcomes(other) * self._sign
            error = float(gap.std(ddof=1)) / len(gap) ** 0.5 if len(gap) > 1 else np.inf
            if error > 0.0:
                doubt += float(ndtr(-(float(gap.mean()) + zone) / error))
        return max(0.0, 1.0 - doubt)

    def outcomes(self, plan: Plan) -> Floats:
        """Return the goal in each run of a plan, shape (RUNS,)."""
        return self._trials.values(plan, range(RUNS))[self._goal]

    # --- the ladder -------------------------------------------------------------------------

    def _levels(self, budget: float) -> Iterator[float]:
        """Yield the budgets of the rungs; where they end alone depends on the budget."""
        level = self._headcount.cost(self._headcount.low)
        half = _HALF * self._headcount.cost(self._headcount.today)
        most = min(budget, self._headcount.cost(self._headcount.high))
        if level <= 0.0:
            level = max(half, 1.0) / 100.0
        yield level
        while level < most:
            level *= _COARSE if level < half else _FINE
            yield level

    def _known(self) -> list[Plan]:
        return [plan for plan in self._trials.plans if self._trials.count(plan) >= RUNS]

    def _mean(self, plan: Plan) -> float:
        """Mean of the goal, the higher the better; what is missing is worst."""
        values = self.outcomes(plan)
        return -np.inf if not np.isfinite(values).all() else self._sign * float(values.mean())

    def _keeps(self, plan: Plan) -> bool:
        if not self._trials.targets:
            return True
        met = self._trials.met(plan, range(RUNS))
        return float(met.mean()) >= self._rules.confidence

    def _try_out(self, plans: list[Plan]) -> None:
        self._trials.try_out(plans, range(RUNS))

    def _look(self, level: float) -> bool:
        """Try the affordable plans that promise most; False if none promises enough."""
        # While no plan keeps its targets, the one that comes nearest leads the way.
        start = self.best(level) or self._nearest(level)
        points = self._points(start, level)
        if not len(points):
            return False
        known = self._known()
        if len(known) < _FEWEST * len(start):
            # Too few for a process: what is near the guess first, and of that the dearest.
            apart = np.abs(points - np.array(self._scaled(level))).sum(axis=1)
            order = np.lexsort((-self._headcount.prices(points), apart))[:_AT_ONCE]
            self._try_out([plan_of(points[i]) for i in order])
            return True
        shown = np.array([self._shown(plan) for plan in known])
        spread = np.array([self.outcomes(plan).std(ddof=1) for plan in known])
        # Luck that all plans share makes none of them better.
        errors = np.nan_to_num(spread, nan=1.0) / (2.0 * RUNS**0.5)
        surrogate = Surrogate(np.array(known), shown, np.maximum(errors, 1e-12))
        mean, deviation = surrogate(points)
        gains = expected_gain(mean, deviation, self._shown(start))
        order = np.argsort(-gains, kind="stable")[:_AT_ONCE]
        least = _LEAST * float(np.median(errors))
        chosen = [plan_of(points[i]) for i in order if gains[i] > least]
        self._try_out(chosen)
        return bool(chosen)

    def _look_around(self, level: float, looks: int) -> None:
        """Look for the best affordable plan; end where no single step is better."""
        if looks:
            affordable = [each for each in self._further if self._headcount.cost(each) <= level]
            self._try_out([self._scaled(level), *affordable])
        for _ in range(looks):
            if not self._look(level):
                break
        while looks:
            before = self.best(level) or self._nearest(level)
            self._try_out(self._steps(before, level))
            if (self.best(level) or self._nearest(level)) == before:
                return

    def _scaled(self, level: float) -> Plan:
        """Return the guess, as large as a budget affords."""
        for share in np.arange(3.0, 0.0, -0.05):
            plan = self._headcount.within([share * n for n in self._guess])
            if self._headcount.cost(plan) <= level * (1.0 + 1e-12):
                return plan
        return self._headcount.low

    def _steps(self, plan: Plan, level: float) -> list[Plan]:
        """Return the affordable plans with one more or one fewer person in one team."""
        steps = [
            (*plan[:k], n + change, *plan[k + 1 :])
            for k, n in enumerate(plan)
            for change in (1, -1)
            if self._headcount.low[k] <= n + change <= self._headcount.high[k]
        ]
        return [each for each in steps if self._headcount.cost(each) <= level * (1.0 + 1e-12)]

    def _shown(self, plan: Plan) -> float:
        """Mean of the goal, less a penalty for each run in which the plan misses its targets."""
        values = self.outcomes(plan) * self._sign
        known = values[np.isfinite(values)]
        if not len(known):
            return self._worst()
        # A run in which it is missing counts as the worst that any plan has shown.
        missing = 1.0 - len(known) / len(values)
        mean = (1.0 - missing) * float(known.mean()) + missing * self._worst()
        if not self._trials.targets:
            return mean
        met = float(self._trials.met(plan, range(RUNS)).mean())
        lacking = max(0.0, self._rules.confidence - met)
        scale = float(known.std()) if len(known) else 1.0
        return mean - lacking * 10.0 * max(scale, 1e-12)

    def _worst(self) -> float:
        """Return the worst that any run has shown; 0 if none has shown anything."""
        shown = np.concatenate([self.outcomes(plan) * self._sign for plan in self._known()])
        shown = shown[np.isfinite(shown)]
        return float(shown.min()) if len(shown) else 0.0

    def _nearest(self, level: float) -> Plan:
        affordable = [p for p in self._known() if self._headcount.cost(p) <= level * (1.0 + 1e-12)]
        return max(affordable, key=self._shown)

    def _points(self, start: Plan, level: float) -> Points:
        ranges = [
            range(max(low, n - _REACH), min(high, n + _REACH) + 1)
            for n, low, high in zip(start, self._headcount.low, self._headcount.high, strict=True)
        ]
        points = np.array(list(product(*ranges)), dtype=np.int64)
        points = points[self._headcount.prices(points) <= level * (1.0 + 1e-12)]
        tried = set(self._trials.plans)
        return points[[plan_of(point) not in tried for point in points]]


def goal_text(goal: Figure) -> str:
    """Say what a goal is."""
    metric, month = goal
    label = METRICS[metric].label
    return f"{label} in month {month}" if month else label
