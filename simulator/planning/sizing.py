"""How many people in each team: the cheapest plan that keeps a promise, or the best for a budget.

The first guess comes from formulas (:mod:`simulator.planning.offered_load`), the search runs on the
whole numbers around it with the same luck for all plans (:mod:`simulator.planning.cheapest`,
:mod:`simulator.planning.frontier`), and what is promised of its end is measured in fresh
replications that the search has not seen: who picks the best of many has been lucky.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd
from scipy.special import ndtr

from simulator.errors import Problem, ScenarioError
from simulator.experiment.departments import lasting
from simulator.experiment.execution import Execution, Workers, execution_of
from simulator.experiment.figures import Figure
from simulator.experiment.quantities import better, main_metric
from simulator.experiment.readiness import Scenarios, prepared
from simulator.experiment.statistics import Estimate, Floats
from simulator.planning.cheapest import CheapestPlan, Choice, Rules
from simulator.planning.frontier import RUNS as FRONTIER_RUNS
from simulator.planning.frontier import Frontier
from simulator.planning.headcount import Headcount, Plan, headcount_of
from simulator.planning.offered_load.analytic import square_root_plan
from simulator.planning.outcomes import (
    COLUMNS,
    NOTHING,
    TODAY_RUNS,
    figures_table,
    gain_of,
    mean_of,
    share_of,
)
from simulator.planning.plan_reading.plan_files import with_plan
from simulator.planning.sizing_result import Alternative, Question, Sizing, Status, figure_text
from simulator.planning.targets import (
    Target,
    all_met,
    check_together,
    has_limit,
    read_goal,
    read_target,
    team_of,
)
from simulator.planning.trials import FRESH_FROM, Trials
from simulator.scenario.schema import Scenario

FRESH_RUNS = 300
_MARGINAL_RUNS = 60
_MOST_ROUNDS = 3  # times that fresh luck may send the search back
_NEAR = 0.02  # share of the cost within which dearer plans are near ties
_FEW_DOUBTS = 0.05  # chance to be good from which on a cheaper plan is a near tie
_MOST_ALTERNATIVES = 8
_MOST_LEVELS = 3  # people fewer and more that are looked at for a service level


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for.

    Attributes
    ----------
    targets : tuple of Target
        What must be kept.
    goal : Figure or None
    stated : tuple of Target
        Targets of the goal itself: not a condition, but how often they are met is told.
    """

    targets: tuple[Target, ...]
    goal: Figure | None
    stated: tuple[Target, ...] = field(default=())


def wish_of(
    company: Scenario, target: Sequence[str], also: Sequence[str], question: Question
) -> Wish:
    """Read what is asked for.

    Raises
    ------
    ScenarioError
        If something cannot be read, or contradicts something else.
    """
    if not target:
        raise ScenarioError([Problem("--target", "", "", "say what to reach: final_arr>=1.2e9")])
    further = [read_target(text, company, "--also") for text in also]
    if question == "cheapest":
        bare = [text for text in target if not has_limit(text)]
        if bare:
            rule = "needs a limit (>= or <=), or a --budget or --frontier to make the best of it"
            raise ScenarioError([Problem("--target", "", text, rule) for text in bare])
        wanted = (*(read_target(text, company) for text in target), *further)
        check_together(wanted)
        return Wish(wanted, None)
    if len(target) > 1:
        rule = "with a budget there is one --target to make the most of; put the others in --also"
        raise ScenarioError([Problem("--target", "", target[1], rule)])
    check_together(further)
    if not has_limit(target[0]):
        return Wish(tuple(further), read_goal(target[0], company))
    stated = read_target(target[0], company)
    goal = stated.figures[-1]
    if better(goal[0]) == 0:
        rule = "has no better direction, so that no plan is the best one"
        raise ScenarioError([Problem("--target", "", target[0], rule)])
    return Wish(tuple(further), goal, (stated,))


def size(
    scenario: Scenarios,
    target: str | Sequence[str],
    *,
    also: Sequence[str] = (),
    confidence: float = 0.9,
    budget: float | None = None,
    frontier: bool = False,
    teams: Sequence[str] = (),
    at_least: Mapping[str, int] | None = None,
    at_most: Mapping[str, int] | None = None,
    costs: Mapping[str, float] | None = None,
    rules: Rules | None = None,
    fresh: int = FRESH_RUNS,
    seed: int = 1,
    workers: Workers = 1,
    on_progress: Callable[[int, int], None] | None = None,
) -> Sizing:
    """Find how many people each team needs.

    Parameters
    ----------
    scenario : Scenario, LoadedScenario, str or path
    target : str or sequence of str
        What must be reached, such as ``final_arr>=1.2e9``; with a budget, what is to become as
        good as can be, such as ``final_arr``.
    also : sequence of str
        What must be reached besides.
    confidence : float
        Probability with which a run must meet all targets.
    budget : float, optional
        Currency per year for everybody: find the best outcome instead of the least cost.
    frontier : bool
        Find the best outcome for every amount of money up to the budget (without one: half as
        much again as today).
    teams, at_least, at_most, costs
        As :func:`~simulator.planning.headcount.headcount_of`.
    rules : Rules, optional
        How sure, how close, how long; its confidence is replaced by `confidence`.
    fresh : int
        Replications, which the search has not seen, in which the plan is measured.
    seed : int
    workers : int or Execution
    on_progress : callable, optional
        Told how many plans were tried, and how many runs made.

    Returns
    -------
    Sizing
        After Ctrl-C the best so far.

    Raises
    ------
    ScenarioError
        If something asked for cannot be used.
    KeyboardInterrupt
        After Ctrl-C before any plan was tried.
    """
    loaded = prepared(scenario)
    company = with_plan(loaded.scenario, ())
    question: Question = "frontier" if frontier else "cheapest" if budget is None else "budget"
    check_numbers(company, confidence, budget, fresh)
    wish = wish_of(company, [target] if isinstance(target, str) else target, also, question)
    headcount = headcount_of(company, teams=teams, at_least=at_least, at_most=at_most, costs=costs)
    if budget is not None and budget < headcount.cost(headcount.low):
        rule = (
            f"is less than the smallest company costs: {headcount.cost(headcount.low):,.0f}"
            f" {company.currency} a year"
        )
        raise ScenarioError([Problem("--budget", "", f"{budget:,.0f}", rule)])
    with lasting(execution_of(workers)) as how:
        asked = _Asked(
            loaded.name, company, question, wish, confidence, budget, headcount,
            replace(rules or Rules(), confidence=confidence), fresh, seed, how, on_progress,
        )  # fmt: skip
        found = asked.by_budget() if wish.goal else asked.by_promise()
        return replace(found, left_out=len(loaded.scenario.hiring))


def check_numbers(company: Scenario, confidence: float, budget: float | None, fresh: int) -> None:
    """Refuse numbers out of range.

    Raises
    ------
    ScenarioError
        With every one of them.
    """
    problems = []
    if not 0.5 <= confidence <= 0.99:
        rule = "must be 0.5 to 0.99: more would take thousands of runs, less is no promise"
        problems.append(Problem("--confidence", "", f"{confidence:g}", rule))
    if budget is not None and not 0.0 < budget < float("inf"):
        rule = "must be above 0 and finite, in currency per year"
        problems.append(Problem("--budget", "", f"{budget:g}", rule))
    if fresh < 20:
        problems.append(Problem("--fresh", "", str(fresh), "must be 20 or more"))
    if company.horizon.months <= 0.0:
        rule = "nothing happens in a run of no length; nobody can be sized by it"
        problems.append(Problem("scenario", "horizon.months", "0", rule))
    if problems:
        raise ScenarioError(problems)


class _Asked:
    """A sizing on its way."""

    def __init__(
        self,
        name: str,
        company: Scenario,
        question: Question,
        wish: Wish,
        confidence: float,
        budget: float | None,
        headcount: Headcount,
        rules: Rules,
        fresh: int,
        seed: int,
        how: Execution,
        tell: Callable[[int, int], None] | None,
    ) -> None:
        self.name, self.company, self.question, self.wish = name, company, question, wish
        self.confidence, self.budget, self.headcount = confidence, budget, headcount
        self.rules, self.fresh, self.seed = rules, fresh, seed
        main: Figure = (main_metric(company), 0)
        self.shown = tuple(dict.fromkeys([
            *([wish.goal] if wish.goal else []),
            *(f for each in (*wish.targets, *wish.stated) for f in (each.figures[-1],)),
            main, ("profit", 0),
        ]))  # fmt: skip
        further = [*self.shown, *(f for each in wish.stated for f in each.figures)]
        self._told = tell
        self.trials = Trials(headcount.scenario, wish.targets, further, seed, how, self._tell)
        told = (*wish.targets, *wish.stated)
        self.fresh_trials = Trials(headcount.scenario, told, further, seed, how, self._tell)

    def _tell(self, plans: int, runs: int) -> None:
        """Say how far it is: plans tried in the search, and runs of all kinds."""
        if self._told is not None:
            self._told(len(self.trials), self.trials.runs + self.fresh_trials.runs)

    # --- the two questions ------------------------------------------------------------------

    def by_promise(self) -> Sizing:
        """Find the cheapest plan that keeps the promise."""
        start = self._guess()
        search = CheapestPlan(self.headcount, self.trials, self.rules)
        choice = search.search(start)
        if not choice.good and (unknown := self.trials.never_shown()):
            rule = "is missing in every run of every plan: is the run long enough for it?"
            raise ScenarioError([Problem("--target", "", metric, rule) for metric in unknown])
        fresh_from, doubted = FRESH_FROM, False
        for rounds in range(_MOST_ROUNDS + 1):
            if choice.interrupted or not self._measure(choice.plan, fresh_from):
                break
            share = float(self.fresh_trials.met(choice.plan, self._numbers(fresh_from)).mean())
            # What was thought good must not be far below the promise, and the other way round.
            agrees = (
                share >= self.confidence - self.rules.zone
                if choice.good
                else share < self.confidence
            )
            if agrees:
                break
            if rounds == _MOST_ROUNDS:
                doubted = True
                break
            # Fresh luck disagrees: what it says is taken over, and the search goes on.
            self.trials.take(choice.plan, self.fresh_trials)
            choice = search.again()
            fresh_from += self.fresh
        status: Status = "unreachable" if not choice.good else "missed" if doubted else "met"
        return self._result(choice, "interrupted" if choice.interrupted else status, fresh_from,
                            self._near_ties(choice))  # fmt: skip

    def _guess(self) -> Plan:
        """Return what formulas say."""
        guess = square_root_plan(self.company)
        return self.headcount.within([guess.get(team, 0) for team in self.headcount.teams])

    def by_budget(self) -> Sizing:
        """Find the best plan for the money."""
        assert self.wish.goal is not None
        money = self.budget or 1.5 * self.headcount.cost(self.headcount.today)
        money = max(money, self.headcount.cost(self.headcount.low))
        frontier = Frontier(
            self.headcount, self.trials, self.wish.goal, self.rules, self._guess(),
            [self.headcount.within(self.headcount.today)],
        )  # fmt: skip
        frontier.climb(money)
        plan = frontier.best(money)
        if not frontier.interrupted and frontier.is_missing():
            rule = "is missing in some run of every plan: is the run long enough for it?"
            raise ScenarioError([Problem("--target", "", self.wish.goal[0], rule)])
        choice = Choice(
            plan or min(self.trials.plans, key=self.headcount.cost),
            plan is not None,
            frontier.correct(money, plan) if plan else 0.0,
            frontier.interrupted,
        )
        if not choice.interrupted:
            self._measure(choice.plan, FRESH_FROM)
        ties: list[Alternative] = []
        if plan is not None:
            mine = frontier.outcomes(plan)
            for other in frontier.contenders(money, plan)[:_MOST_ALTERNATIVES]:
                ahead = (frontier.outcomes(other) - mine) * better(self.wish.goal[0])
                ties.append(self._alternative(other, choice.plan, _chance_positive(ahead)))
        # Before one more and one fewer person are looked at, which no budget has asked for.
        rungs = frontier.rungs(money)
        status: Status = "best" if choice.good else "unreachable"
        result = self._result(choice, "interrupted" if choice.interrupted else status,
                              FRESH_FROM, ties)  # fmt: skip
        rows = [
            {"cost": rung.cost, **self.headcount.named(rung.plan), "mean": rung.outcome.mean,
             "low": rung.outcome.low, "high": rung.outcome.high,
             "probability": self._stated_probability(rung.plan)}
            for rung in rungs
        ]  # fmt: skip
        columns = ["cost", *self.headcount.teams, "mean", "low", "high", "probability"]
        return replace(result, frontier=pd.DataFrame(rows, columns=columns))

    def _stated_probability(self, plan: Plan) -> float:
        if not self.wish.stated:
            return float("nan")
        values = self.trials.values(plan, range(FRONTIER_RUNS))
        return float(self.wish.stated[0].met(values).mean())

    # --- what is told of the plan -----------------------------------------------------------

    def _numbers(self, fresh_from: int) -> range:
        return range(fresh_from, fresh_from + self.fresh)

    def _today_numbers(self, fresh_from: int) -> range:
        return self._numbers(fresh_from)[:TODAY_RUNS]

    def _measure(self, plan: Plan, fresh_from: int) -> bool:
        """Run a plan, and the company as it is, in fresh replications; False if interrupted."""
        try:
            self.fresh_trials.try_out([plan], self._numbers(fresh_from))
            self.fresh_trials.try_out([self.headcount.today], self._today_numbers(fresh_from))
        except KeyboardInterrupt:
            return False
        return True

    def _result(
        self, choice: Choice, status: Status, fresh_from: int, ties: Sequence[Alternative]
    ) -> Sizing:
        plan, stopped = choice.plan, choice.interrupted
        marginal, levels = pd.DataFrame(), pd.DataFrame()
        searched = (len(self.trials), self.trials.runs)
        numbers = [n for n in self._numbers(fresh_from) if self._has_fresh(plan, n)]
        if not stopped and len(numbers) < self.fresh:
            stopped = True
        if not stopped:
            try:
                marginal, levels = self._marginal(plan), self._levels(plan)
            except KeyboardInterrupt:
                stopped = True
        told = (*self.wish.targets, *self.wish.stated)
        by_target = {each.text: self._share(plan, numbers, [each]) for each in told}
        standings = self.trials.standings() if self.trials.targets else {}
        return Sizing(
            name=self.name,
            company=self.company,
            question=self.question,
            status="interrupted" if stopped else status,
            targets=told,
            goal=self.wish.goal,
            confidence=self.confidence,
            budget=self.budget,
            headcount=self.headcount,
            plan=self.headcount.named(plan),
            cost=self.headcount.cost(plan),
            chance=self._share(plan, numbers, told),
            by_target=by_target,
            figures=self._figures(plan, numbers),
            today_chance=self._share(self.headcount.today, numbers[:TODAY_RUNS], told),
            correct=choice.correct,
            rules=self.rules,
            alternatives=tuple(sorted(ties, key=lambda each: each.cost)),
            marginal=marginal,
            levels=levels,
            frontier=pd.DataFrame(),
            evaluated=pd.DataFrame([
                {**self.headcount.named(each), "cost": self.headcount.cost(each),
                 "runs": self.trials.count(each),
                 "probability": standings[each].probability if standings else float("nan")}
                for each in self.trials.plans[: searched[0]]
            ]),
            evaluations=searched[0],
            runs=searched[1],
            fresh=len(numbers),
            seed=self.seed,
            interrupted=stopped,
        )  # fmt: skip

    def _has_fresh(self, plan: Plan, number: int) -> bool:
        return plan in self.fresh_trials and number in set(self.fresh_trials.numbers(plan))

    def _share(self, plan: Plan, numbers: Sequence[int], told: Sequence[Target]) -> Estimate:
        if not told or not numbers or plan not in self.fresh_trials:
            return NOTHING
        return share_of(all_met(told, self.fresh_trials.values(plan, numbers)))

    def _figures(self, plan: Plan, numbers: Sequence[int]) -> pd.DataFrame:
        if not numbers:
            return pd.DataFrame(columns=list(COLUMNS))
        today, first = self.headcount.today, numbers[:TODAY_RUNS]
        same = all(self._has_fresh(today, n) for n in first)
        return figures_table(
            self.fresh_trials.values(plan, numbers),
            self.fresh_trials.values(today, first) if same else None,
            self.shown,
            self.confidence,
        )

    def _marginal(self, plan: Plan) -> pd.DataFrame:
        """What one more and one fewer person in each team would change."""
        numbers = range(_MARGINAL_RUNS)
        moves = []
        for k, team in enumerate(self.headcount.teams):
            for change in (-1, 1):
                people = plan[k] + change
                if people >= (self.headcount.low[k] if change < 0 else 0):
                    moves.append((k, team, change, (*plan[:k], people, *plan[k + 1 :])))
        self.trials.try_out([plan, *(each for *_, each in moves)], numbers)
        told = (*self.wish.targets, *self.wish.stated)
        before = self.trials.values(plan, numbers)
        rows = []
        for k, team, change, other in moves:
            after = self.trials.values(other, numbers)
            row: dict[str, Any] = {
                "team": team, "change": change, "people": other[k],
                "cost": change * self.headcount.costs[k],
                "runs": _MARGINAL_RUNS,
            }  # fmt: skip
            if told:
                met, was = all_met(told, after), all_met(told, before)
                gain = gain_of(met, was)
                row |= {"probability": float(met.mean()), "gain": gain.mean,
                        "gain_low": gain.low, "gain_high": gain.high}  # fmt: skip
            for figure in self.shown:
                text = figure_text(figure)
                gap = Estimate.of(after[figure] - before[figure])
                row |= {text: gap.mean, f"{text} low": gap.low, f"{text} high": gap.high}
            rows.append(row)
        return pd.DataFrame(rows)

    def _levels(self, plan: Plan) -> pd.DataFrame:
        """For targets of one team's own service, what other sizes of the team would give."""
        rows = []
        main: Figure = (main_metric(self.company), 0)
        numbers = range(_MARGINAL_RUNS)
        for target in (*self.wish.targets, *self.wish.stated):
            team = team_of(target.metric)
            if team not in self.headcount.teams:
                continue
            k = self.headcount.teams.index(team)
            least, most = self.headcount.low[k], self.headcount.high[k]
            sizes = range(max(least, plan[k] - _MOST_LEVELS), min(most, plan[k] + _MOST_LEVELS) + 1)
            plans = [(*plan[:k], n, *plan[k + 1 :]) for n in sizes]
            self.trials.try_out(plans, numbers)
            for n, other in zip(sizes, plans, strict=True):
                values = self.trials.values(other, numbers)
                level, outcome = (mean_of(f[0], values[f]) for f in (target.figures[-1], main))
                rows.append({
                    "team": team, "people": n, "target": target.text, "metric": target.metric,
                    "value": level.mean, "value_low": level.low, "value_high": level.high,
                    "probability": float(target.met(values).mean()),
                    "outcome": outcome.mean, "outcome_low": outcome.low,
                    "outcome_high": outcome.high, "cost": self.headcount.cost(other),
                })  # fmt: skip
        return pd.DataFrame(rows)

    def _near_ties(self, choice: Choice) -> list[Alternative]:
        """Return plans that may be as good: cheaper ones that may do, and little dearer ones."""
        if not choice.good:
            return []
        cost = self.headcount.cost(choice.plan)
        found = []
        for plan, standing in self.trials.standings().items():
            price = self.headcount.cost(plan)
            chance = standing.chance_above(self.confidence)
            near = chance >= 0.5 and price <= cost * (1.0 + _NEAR)
            if plan != choice.plan and ((price <= cost and chance >= _FEW_DOUBTS) or near):
                found.append(self._alternative(plan, choice.plan, chance, standing.probability))
        found.sort(key=lambda each: (abs(each.saves), -each.chance))
        return found[:_MOST_ALTERNATIVES]

    def _alternative(
        self, plan: Plan, chosen: Plan, chance: float, probability: float = float("nan")
    ) -> Alternative:
        cost, mine = self.headcount.cost(plan), self.headcount.cost(chosen)
        outcome = float("nan")
        if self.wish.goal:
            outcome = Estimate.of(self.trials.values(plan)[self.wish.goal]).mean
        return Alternative(
            self.headcount.named(plan), cost, 1.0 - cost / mine if mine else 0.0, probability,
            outcome, chance, self.trials.count(plan),
        )  # fmt: skip


def _chance_positive(gains: Floats) -> float:
    error = float(gains.std(ddof=1)) / len(gains) ** 0.5
    return float(ndtr(gains.mean() / error)) if error > 0.0 else float(gains.mean() > 0.0)
