"""The cheapest plan that keeps a promise: where to look next, and when it is known.

Costs are known, chances are not. The search alternates between two moves. It tries the plan that
promises to save most: what it saves against the cheapest good plan so far, times how probable it
is to be good by a Gaussian process (:mod:`simulator.planning.surrogate`): expected improvement
with an uncertain constraint (M. Schonlau, W. J. Welch & D. R. Jones, "Global versus local search
in constrained optimization of computer models", IMS Lecture Notes 34 (1998) 11-25). Once nothing
promises to save more than the indifference zone, it spends runs where the answer is most in doubt:
on the chosen plan if that may not be good enough, and on cheaper ones that may be good after all.
That is ranking and selection by the most starving plan (C.-H. Chen & L. H. Lee, "Stochastic
Simulation Optimization: An Optimal Computing Budget Allocation", World Scientific 2011) with the
zones of feasibility of S. Andradottir & S.-H. Kim, "Fully sequential procedures for comparing
constrained systems via simulation", Naval Research Logistics 57 (2010) 403-421: what comes within
`zone` of the promised probability may be taken for good or not, either is right.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from scipy.special import ndtr, ndtri

from simulator.experiment.statistics import Floats
from simulator.planning.headcount import Headcount, Plan, Points
from simulator.planning.surrogate import Surrogate
from simulator.planning.trials import COUNTED, Standing, Trials

_FIRST_RUNS = 10
_AT_ONCE = 4  # plans tried between two looks
_REACH = 3  # people by which a team may differ from a plan that was tried
_MOST_POINTS = 30_000
_LEAST_MORE, _SHARE_MORE = 20, 0.35  # runs added to a plan in doubt
_RUNS_OF_THE_BEST = 200
_WORTH = 0.01  # expected saving, as a share of the cost
_GIVES_UP = 60  # plans tried without a good one
_LEAST_NEARER = 0.02  # standard deviations
_IN_SIGHT = 6.0  # standard deviations below the best score; what is farther is all the same


@dataclass(frozen=True, slots=True)
class Rules:
    """How sure, how close, and how long.

    Attributes
    ----------
    confidence : float
        Probability with which a run must meet all targets.
    zone : float
        Indifference zone of that probability.
    cost_zone : float
        Indifference zone of the cost, as a share of it.
    correct : float
        Probability of a correct selection that is enough.
    most_plans, most_runs : int
        Where the search ends in any case.
    most_runs_of_a_plan : int
    """

    confidence: float = 0.9
    zone: float = 0.03
    cost_zone: float = 0.005
    correct: float = 0.95
    most_plans: int = 250
    most_runs: int = 4000
    most_runs_of_a_plan: int = 1000


@dataclass(frozen=True, slots=True)
class Choice:
    """Where a search has come.

    Attributes
    ----------
    plan : tuple of int
        The cheapest plan that keeps the promise; of none does, the one that comes nearest.
    good : bool
        Whether it keeps the promise, as far as the search knows.
    correct : float
        Probability that it does, but for the zone, and that no cheaper plan that was tried does
        with the zone to spare (Bonferroni). If it does not: probability that it indeed does not.
    interrupted : bool
    """

    plan: Plan
    good: bool
    correct: float
    interrupted: bool


class CheapestPlan:
    """A search of the cheapest plan that keeps a promise.

    Parameters
    ----------
    headcount : Headcount
    trials : Trials
    rules : Rules
    """

    def __init__(self, headcount: Headcount, trials: Trials, rules: Rules) -> None:
        self._headcount = headcount
        self._trials = trials
        self._rules = rules
        self._limit = float(ndtri(rules.confidence))
        self._fit: Floats | None = None

    def search(self, start: Plan) -> Choice:
        """Search from a first guess.

        Parameters
        ----------
        start : tuple of int

        Returns
        -------
        Choice
            After Ctrl-C the best so far.

        Raises
        ------
        KeyboardInterrupt
            After Ctrl-C before anything was tried.
        """
        try:
            self._try_out(self._first(start))
            while True:
                while self._look():
                    pass
                if not self._decide():
                    return self.choice()
        except KeyboardInterrupt:
            if not len(self._trials):
                raise
            return self.choice(interrupted=True)

    def again(self) -> Choice:
        """Go on after more has become known of the chosen plan."""
        try:
            while self._decide() or self._look():
                pass
        except KeyboardInterrupt:
            return self.choice(interrupted=True)
        return self.choice()

    def choice(self, interrupted: bool = False) -> Choice:
        """Return where the search has come."""
        standings = self._trials.standings()
        plan = self.best(standings)
        good = self._is_good(standings[plan])
        if good:
            correct = max(0.0, 1.0 - sum(self._doubts(plan, standings).values()))
        else:
            correct = 1.0 - standings[plan].chance_above(self._rules.confidence)
        return Choice(plan, good, correct, interrupted)

    def best(self, standings: dict[Plan, Standing]) -> Plan:
        """Return the cheapest good plan, or without one that which comes nearest to being good."""
        cost = self._headcount.cost
        good = [plan for plan, each in standings.items() if self._is_good(each)]
        if good:
            return min(good, key=lambda plan: (cost(plan), -standings[plan].score))
        return max(standings, key=lambda plan: (round(standings[plan].nearness, 1), -cost(plan)))

    def _is_good(self, standing: Standing) -> bool:
        return standing.chance_above(self._rules.confidence) >= 0.5

    # --- where to look ----------------------------------------------------------------------

    def _first(self, start: Plan) -> list[Plan]:
        """Return the guess, more and less of everybody, and one more and one less of each."""
        guess = np.array(start)
        # The largest company there may be, unless that is out of all proportion.
        large = self._headcount.within([4 * n + 10 for n in start])
        first = [start, large, *(
            self._headcount.within(list(guess * factor)) for factor in (0.6, 0.8, 1.25, 1.6)
        )]  # fmt: skip
        for team in range(len(start)):
            for step in (-1, 1):
                first.append(self._headcount.within([
                    n + step * max(1, round(0.2 * n)) * (k == team) for k, n in enumerate(start)
                ]))  # fmt: skip
        return list(dict.fromkeys(first))

    def _try_out(self, plans: Iterable[Plan]) -> None:
        self._trials.try_out(plans, range(_FIRST_RUNS))

    def _look(self) -> bool:
        """Try the plans that promise most; False if none promises enough."""
        trials, rules = self._trials, self._rules
        if len(trials) >= rules.most_plans or trials.runs >= rules.most_runs:
            return False
        standings = trials.standings()
        best = self.best(standings)
        good = self._is_good(standings[best])
        if not good and len(trials) >= _GIVES_UP:
            return False
        points = self._points(best, standings)
        if not len(points):
            return False
        promises = self._promises(points, best, good, standings)
        order = np.argsort(-promises, kind="stable")[:_AT_ONCE]
        # What saves less than the zone of the cost, or hardly comes nearer, is not worth it.
        least = self._headcount.zone(best, rules.cost_zone) if good else _LEAST_NEARER
        chosen = [plan_of(points[i]) for i in order if promises[i] > least]
        self._try_out(chosen)
        return bool(chosen)

    def _points(self, best: Plan, standings: dict[Plan, Standing]) -> Points:
        """Return the plans near the best one, and near others close to being good, not tried."""
        ranges = []
        for n, low, high in zip(best, self._headcount.low, self._headcount.high, strict=True):
            reach = max(_REACH, round(0.3 * n))
            ranges.append(range(max(low, n - reach), min(high, n + reach) + 1))
        while np.prod([float(len(each)) for each in ranges]) > _MOST_POINTS:
            widest = max(range(len(ranges)), key=lambda k: len(ranges[k]))
            ranges[widest] = range(ranges[widest].start + 1, ranges[widest].stop - 1)
        points = np.array(list(product(*ranges)), dtype=np.int64)
        tried = set(standings)
        return points[[plan_of(point) not in tried for point in points]]

    def _promises(
        self, points: Points, best: Plan, good: bool, standings: dict[Plan, Standing]
    ) -> Floats:
        """Return what each point promises: money if there is a good plan, else to come nearer."""
        each = list(standings.values())
        reached = standings[best].nearness
        shown = np.array([one.score if good else one.nearness for one in each])
        surrogate = Surrogate(
            np.array(list(standings)),
            np.maximum(shown, (self._limit if good else reached) - _IN_SIGHT),
            np.array([one.error if good else one.runs**-0.5 for one in each]),
            self._fit,
        )
        self._fit = surrogate.parameters
        mean, deviation = surrogate(points)
        if not good:
            return expected_gain(mean, deviation, reached)
        probably_good = ndtr((mean - self._limit) / deviation)
        saved = self._headcount.cost(best) - self._headcount.prices(points)
        promises: Floats = np.maximum(saved, 0.0) * probably_good
        return promises

    # --- what is in doubt -------------------------------------------------------------------

    def _decide(self) -> bool:
        """Add runs where the choice is in doubt; False if it is not, or the runs are used up."""
        trials, rules = self._trials, self._rules
        standings = trials.standings()
        plan = self.best(standings)
        if trials.runs >= rules.most_runs:
            return False
        if trials.count(plan) < COUNTED:
            # A few runs may all have been unlucky, and with them those of every other plan.
            trials.try_out([plan], range(COUNTED))
            return True
        if not self._is_good(standings[plan]):
            return self._still_possible(plan, standings[plan])
        if trials.count(plan) < _RUNS_OF_THE_BEST:
            # From it, the luck of all others is known better, too.
            trials.try_out([plan], range(_RUNS_OF_THE_BEST))
            return True
        fewer = [each for each in self._one_fewer(plan) if each not in trials]
        if fewer:
            self._try_out(fewer)
            return True
        if worth := self._worth_a_look(plan, standings):
            trials.try_more(worth, _LEAST_MORE)
            return True
        doubts = self._doubts(plan, standings)
        if sum(doubts.values()) <= 1.0 - rules.correct:
            return False
        open_ = [each for each in doubts if trials.count(each) < rules.most_runs_of_a_plan]
        worst = sorted(open_, key=lambda each: -doubts[each])[:2]
        worst = [each for each in worst if doubts[each] > 0.0]
        for each in worst:
            runs = trials.count(each)
            more = min(
                max(_LEAST_MORE, round(_SHARE_MORE * runs)), rules.most_runs_of_a_plan - runs
            )
            trials.try_more(each, more)
        return bool(worst)

    def _one_fewer(self, plan: Plan) -> list[Plan]:
        """Return the plans with one person fewer in one team, within the limits."""
        return [
            (*plan[:k], n - 1, *plan[k + 1 :])
            for k, (n, low) in enumerate(zip(plan, self._headcount.low, strict=True))
            if n > low
        ]

    def _worth_a_look(self, plan: Plan, standings: dict[Plan, Standing]) -> Plan | None:
        """Return the plan that is expected to save most, if it is much and its runs are few.

        Within the zone either answer is right, but not equally cheap.
        """
        cost, mine = self._headcount.cost, self._headcount.cost(plan)
        saves = {
            other: (1.0 - cost(other) / mine) * each.chance_above(self._rules.confidence)
            for other, each in standings.items()
            if cost(other) < mine and each.runs < _RUNS_OF_THE_BEST
        }
        best = max(saves, key=lambda other: saves[other], default=None)
        return best if best is not None and saves[best] > _WORTH else None

    def _still_possible(self, plan: Plan, standing: Standing) -> bool:
        """Add runs to a plan that may be good in spite of what is known; False if it can't be."""
        trials, rules = self._trials, self._rules
        possible = standing.chance_above(rules.confidence) > (1.0 - rules.correct) / 2.0
        if not possible or standing.runs >= rules.most_runs_of_a_plan:
            return False
        more = max(_LEAST_MORE, round(_SHARE_MORE * standing.runs))
        trials.try_more(plan, min(more, rules.most_runs_of_a_plan - standing.runs))
        return True

    def _doubts(self, plan: Plan, standings: dict[Plan, Standing]) -> dict[Plan, float]:
        """Return the probability that each plan speaks against the choice."""
        rules, cost = self._rules, self._headcount.cost
        enough = cost(plan) - self._headcount.zone(plan, rules.cost_zone)
        surely = min(rules.confidence + rules.zone, 0.5 + rules.confidence / 2.0)
        doubts = {
            other: each.chance_above(surely)
            for other, each in standings.items()
            if cost(other) < enough
        }
        doubts[plan] = 1.0 - standings[plan].chance_above(rules.confidence - rules.zone)
        return doubts


def expected_gain(mean: Floats, deviation: Floats, reached: float) -> Floats:
    """Return by how much normal variables are expected to exceed what was reached."""
    z = (mean - reached) / deviation
    density = np.exp(-0.5 * z**2) / np.sqrt(2.0 * np.pi)
    gain: Floats = deviation * (z * ndtr(z) + density)
    return np.maximum(gain, 0.0)


def plan_of(point: Sequence[int] | Points) -> Plan:
    """Return a point as a plan."""
    return tuple(int(n) for n in point)
