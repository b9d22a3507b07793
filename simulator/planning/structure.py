"""How a company should be put together: other structures at the same cost.

Inside sales against field sales, generalists against specialists, teams split by channel, RevOps
instead of reps: each is a company of its own, for which the best headcount is looked for at the
same budget, by the same rules and with the same luck (:mod:`simulator.planning.frontier`). The
best headcount of one structure is also tried with every other one, so that none is behind only
because its search saw less. What the chosen plans come to is measured in fresh replications, the
same for all, against the company as it is with its own best headcount.

What a structure does not cost here: introducing it. Nobody is trained or loses time when teams
are pooled, split or joined by RevOps. A generalist who does both parts of a sale still hands
information over to the next part, as colleagues would, and a separate group knows no more about
its buyers than a common team does. So pooling and splitting differ in who waits for whom alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from simulator.errors import Problem, ScenarioError
from simulator.experiment.departments import lasting
from simulator.experiment.differences import gaps, tied_with_best, told_among
from simulator.experiment.execution import Execution, Workers, execution_of
from simulator.experiment.figures import Figure
from simulator.experiment.quantities import main_metric
from simulator.experiment.readiness import Scenarios, prepared
from simulator.experiment.statistics import Estimate, Floats
from simulator.languages.languages import spoken
from simulator.languages.messages import say
from simulator.metrics.team_labels import team_label
from simulator.planning.cheapest import Rules
from simulator.planning.frontier import Frontier
from simulator.planning.headcount import Plan, people_of
from simulator.planning.plan_reading.plan_files import with_plan
from simulator.planning.sizing import check_numbers
from simulator.planning.sizing_names import clauses, side_by_side
from simulator.planning.structure_options import (
    AS_IT_IS,
    QUESTIONS,
    REPS,
    Variant,
    checked_questions,
    checked_splits,
    reference_of,
    variants_of,
)
from simulator.planning.structure_result import (
    FLOW_COLUMNS,
    OPTIONS,
    RATIOS,
    Best,
    Structure,
)
from simulator.planning.targets import Target, Values, check_together, read_goal, read_target
from simulator.planning.trials import FRESH_FROM, Trials

FLOWS = tuple(f"{team}.{name}" for team in REPS for name in ("utilization", "queue", "abandonment"))
"""What the runs show of why one structure does better than another."""
_FURTHER_LOOKS = 2  # at what is near the best plan of another structure
_LOOKS = 8
_LOOKS_FOR_GROUPS = 2  # more, for the size of each group
_MOST_ON_A_SIDE = 4  # divisions between inside and field sales with more, and with fewer
_ROUNDING = 1e-9
_PROFIT: Figure = ("profit", 0)


def structure(
    scenario: Scenarios,
    *,
    goal: str | None = None,
    also: Sequence[str] = (),
    confidence: float = 0.9,
    budget: float | None = None,
    questions: Sequence[str] = QUESTIONS,
    splits: Mapping[str, Sequence[str]] | None = None,
    costs: Mapping[str, float] | None = None,
    fresh: int = 200,
    seed: int = 1,
    workers: Workers = 1,
    on_progress: Callable[[int, int], None] | None = None,
) -> Structure:
    """Compare structures of a company at the same cost.

    Parameters
    ----------
    scenario : Scenario, LoadedScenario, str or path
    goal : str, optional
        What is to become as good as can be, such as ``final_arr`` or ``wins@12``; final MRR, or
        revenue where sales are one-off, if not given.
    also : sequence of str
        What every plan must keep besides, such as ``logo_churn<=20%``.
    confidence : float
        Probability with which a run must keep that.
    budget : float, optional
        Currency per year for everybody; what the company costs today if not given.
    questions : sequence of {"ratio", "generalists", "split", "revops"}
    splits : mapping of str to sequence of str, optional
        Teams that are split, and the channels that a separate group serves. Without: inside sales
        and field sales, with the best-fitting channels apart that bring nearest to half of the
        work.
    costs : mapping of str to float, optional
        Currency per person and year, where it is not pay x loading + tools.
    fresh : int
        Replications, which no search has seen, in which every chosen plan is measured.
    seed : int
    workers : int or Execution
    on_progress : callable, optional
        Told how many plans were tried, and how many runs made.

    Returns
    -------
    Structure
        After Ctrl-C of the options finished so far.

    Raises
    ------
    ScenarioError
        If something asked for cannot be read or does not exist, or the budget is below the cost
        of the smallest company.
    KeyboardInterrupt
        After Ctrl-C before anything was finished.
    """
    loaded = prepared(scenario)
    # A structure is about people who are there from the start.
    company = with_plan(loaded.scenario, ())
    asked = checked_questions(questions, splits or {})
    apart = checked_splits(company, splits or {})
    check_numbers(company, confidence, budget, fresh)
    targets = tuple(read_target(text, company, "--also") for text in also)
    check_together(targets)
    figure = read_goal(goal, company) if goal else (main_metric(company), 0)
    reference = reference_of(company, costs)
    money = _checked_budget(reference, budget, asked)
    variants, left_out = variants_of(company, asked, apart, money, costs)
    if "ratio" in asked and not divides(reference):
        left_out.append("Left out: the ratio; one of inside sales and field sales has nobody.")
    with lasting(execution_of(workers)) as how:
        study = _Study(
            reference, variants, figure, targets, confidence, money, fresh, seed, how, on_progress
        )
        study.run(asked)
    best, options = study.options()
    best_ratio, ratio = study.ratio()
    if study.interrupted and not len(options) and not len(ratio):
        raise KeyboardInterrupt
    return Structure(
        name=loaded.name,
        company=company,
        questions=asked,
        goal=figure,
        targets=targets,
        confidence=confidence,
        budget=money,
        options=options,
        ratio=ratio,
        flows=study.flows(),
        best=best,
        best_ratio=best_ratio,
        left_out=tuple(left_out),
        evaluations=study.evaluations,
        runs=study.runs,
        fresh=fresh,
        seed=seed,
        interrupted=study.interrupted,
    )


def _checked_budget(reference: Variant, budget: float | None, asked: Sequence[str]) -> float:
    headcount = reference.headcount
    today = headcount.cost(reference.near(reference.people(_today(reference))))
    if budget is None:
        # A split team has at least two people, also if it has fewer today.
        return max(today, headcount.cost(_today(reference)))
    currency, problems = reference.company.currency, []
    least = headcount.cost(headcount.low)
    if budget < least:
        rule = f"is less than the smallest company costs: {least:,.0f} {currency} a year"
        problems = [Problem("--budget", "", f"{budget:,.0f}", rule)]
    elif "ratio" in asked and divides(reference):
        fewest = list(_today(reference))
        for team in REPS:
            at = reference.sized.index(team)
            fewest[at] = headcount.low[at]
        least = headcount.cost(tuple(fewest))
        if budget < least:
            rule = (
                "leaves nobody to divide between inside and field sales if all others stay: the"
                f" question ratio needs {least:,.0f} {currency} a year"
            )
            problems = [Problem("--budget", "", f"{budget:,.0f}", rule)]
    if problems:
        raise ScenarioError(problems)
    return budget


def _today(variant: Variant) -> Plan:
    return tuple(people_of(variant.company, team) for team in variant.sized)


class _Study:
    """The search for the best plan of every structure, and what these plans come to."""

    def __init__(
        self,
        reference: Variant,
        variants: Sequence[Variant],
        goal: Figure,
        targets: tuple[Target, ...],
        confidence: float,
        budget: float,
        fresh: int,
        seed: int,
        how: Execution,
        tell: Callable[[int, int], None] | None,
    ) -> None:
        self.reference, self.goal, self.targets = reference, goal, targets
        self.variants = {each.option: each for each in (reference, *variants)}
        self.budget, self.interrupted = budget * (1.0 + _ROUNDING), False
        self.numbers = range(FRESH_FROM, FRESH_FROM + fresh)
        self._tell = tell
        rules = Rules(confidence=confidence)
        flows: list[Figure] = [(metric, 0) for metric in FLOWS]
        self._searched: dict[str, Trials] = {}
        self._measured: dict[str, Trials] = {}
        self._frontiers: dict[str, Frontier] = {}
        for name, each in self.variants.items():
            trials = Trials(each.scenario, targets, [goal], seed, how, self._told)
            self._searched[name] = trials
            self._frontiers[name] = Frontier(
                each.headcount, trials, goal, rules, each.near(reference.people(_today(reference)))
            )
            self._measured[name] = Trials(
                each.scenario, targets, [goal, _PROFIT, *flows], seed, how, self._told
            )
        self._divided = Trials(reference.scenario, (), [goal], seed, how, self._told)
        self.divisions: list[Plan] = []
        self.chosen: dict[str, Plan | None] = {}

    @property
    def evaluations(self) -> int:
        """Plans that were tried."""
        return sum(map(len, self._searched.values())) + len(self._divided)

    @property
    def runs(self) -> int:
        """Runs of the search and of the measuring."""
        every = (*self._searched.values(), *self._measured.values(), self._divided)
        return sum(trials.runs for trials in every)

    def _told(self, _plans: int, _runs: int) -> None:
        if self._tell is not None:
            self._tell(self.evaluations, self.runs)

    def run(self, asked: Sequence[str]) -> None:
        """Search and measure, one structure after the other, until all are done or Ctrl-C."""
        try:
            if "ratio" in asked and divides(self.reference):
                self.divisions = divisions_of(self.reference, self.budget)
                self._divided.try_out(self.divisions, self.numbers)
            if set(asked) - {"ratio"}:
                for name in self.variants:
                    self._search(name)
                    self._measure(name)
                self._exchange()
        except KeyboardInterrupt:
            self.interrupted = True

    # --- the search -------------------------------------------------------------------------

    def _search(self, name: str) -> None:
        variant = self.variants[name]
        today = self.reference.people(_today(self.reference))
        looks = _LOOKS + _LOOKS_FOR_GROUPS * (len(variant.headcount.teams) - len(variant.sized))
        self._refine(name, variant.near(today), looks)

    def _refine(self, name: str, start: Plan, looks: int) -> None:
        frontier = self._frontiers[name]
        frontier.refine(start, self.budget, looks)
        if frontier.interrupted:
            raise KeyboardInterrupt

    def _measure(self, name: str) -> None:
        plan = self._frontiers[name].best(self.budget)
        if plan is not None:
            self._measured[name].try_out([plan], self.numbers)
        # Only what is finished is told.
        self.chosen[name] = plan

    def _exchange(self) -> None:
        """Try the best headcount of each structure with every other one."""
        found = {
            name: self.variants[name].people(plan)
            for name, plan in self.chosen.items()
            if plan is not None
        }
        for name, variant in self.variants.items():
            for other, people in found.items():
                if other != name:
                    self._refine(name, variant.near(people), looks=0)
            best = self._frontiers[name].best(self.budget)
            if best is not None and best != self.chosen[name]:
                self._refine(name, best, _FURTHER_LOOKS)
                self._measure(name)

    # --- what came out ----------------------------------------------------------------------

    def _known(self) -> Iterator[tuple[Variant, Plan, Values]]:
        """Yield every structure that was measured, its plan, and its figures."""
        for name, plan in self.chosen.items():
            if plan is not None:
                yield self.variants[name], plan, self._values(name, plan)

    def _values(self, name: str, plan: Plan) -> Values:
        return self._measured[name].values(plan, self.numbers)

    def options(self) -> tuple[Best, pd.DataFrame]:
        """Return which option is best, and the table of all of them."""
        known = {variant.option: values for variant, _, values in self._known()}
        before = known.get(AS_IT_IS)
        others = [name for name in known if name != AS_IT_IS]
        told: dict[str, bool] = {}
        if before is not None and others:
            goals = [gaps(before[self.goal], known[name][self.goal]) for name in others]
            told = dict(zip(others, map(bool, told_among(np.array(goals).T)), strict=True))
        rows = []
        for name, plan in self.chosen.items():
            variant = self.variants[name]
            row: dict[str, Any] = {
                "question": variant.question, "option": name, "words": variant.words,
                "told": told.get(name, False), "n": 0,
            }  # fmt: skip
            if plan is not None:
                row |= {**variant.people(plan), "groups": _groups_text(variant, plan),
                        "cost": variant.headcount.cost(plan), "n": len(self.numbers)}  # fmt: skip
                row |= _estimate_columns("mean", "", known[name][self.goal])
                if self.targets:
                    met = self._measured[name].met(plan, self.numbers)
                    row["probability"] = float(met.mean())
                if before is not None and name != AS_IT_IS:
                    row |= _gap_columns("difference", "difference_", before, known[name], self.goal)
                    row |= _gap_columns("profit_difference", "profit_", before, known[name],
                                        _PROFIT)  # fmt: skip
            rows.append(row)
        table = pd.DataFrame(rows, columns=list(OPTIONS))
        return self._best({name: values[self.goal] for name, values in known.items()}), table

    def ratio(self) -> tuple[Best, pd.DataFrame]:
        """Return the best division between inside and field sales, and the table of them."""
        done = [
            plan
            for plan in self.divisions
            if plan in self._divided and set(self.numbers) <= set(self._divided.numbers(plan))
        ]
        table = pd.DataFrame(columns=list(RATIOS))
        usual = usual_division(self.reference, self.divisions)
        if usual not in done:
            return Best("", ()), table
        values = {plan: self._divided.values(plan, self.numbers)[self.goal] for plan in done}
        others = [plan for plan in done if plan != usual]
        told: dict[Plan, bool] = {}
        if others:
            each = np.array([gaps(values[usual], values[plan]) for plan in others]).T
            told = dict(zip(others, map(bool, told_among(each)), strict=True))
        rows = []
        for plan in done:
            inside, field = self._reps(plan)
            row: dict[str, Any] = {
                "inside_sales": inside, "field_sales": field, "ratio": inside / field,
                "cost": self.reference.headcount.cost(plan), "today": plan == usual,
                **_estimate_columns("mean", "", values[plan]),
                "told": told.get(plan, False), "n": len(self.numbers),
            }  # fmt: skip
            if plan != usual:
                row |= _estimate_columns(
                    "difference", "difference_", gaps(values[usual], values[plan])
                )
            rows.append(row)
        named = {"{}:{}".format(*self._reps(plan)): values[plan] for plan in done}
        return self._best(named), pd.DataFrame(rows, columns=list(RATIOS))

    def _reps(self, plan: Plan) -> tuple[int, int]:
        people = self.reference.people(plan)
        return people["inside_sales"], people["field_sales"]

    def _best(self, values: Mapping[str, Floats]) -> Best:
        known = {name: each for name, each in values.items() if np.isfinite(each).all()}
        if len(known) < 2:
            return Best(next(iter(known), ""), ())
        name, _, tied = tied_with_best(known, self.goal[0])
        return Best(name, tuple(tied))

    def flows(self) -> pd.DataFrame:
        """Return what the runs show of why an option does better or worse."""
        known = {variant.option: values for variant, _, values in self._known()}
        before = known.pop(AS_IT_IS, None)
        if before is None:
            known = {}
        rows = []
        for name, after in known.items():
            assert before is not None
            each = [gaps(before[metric, 0], after[metric, 0]) for metric in FLOWS]
            told = told_among(np.array(each).T)
            for metric, gap, sure in zip(FLOWS, each, told, strict=True):
                rows.append({
                    "option": name, "metric": metric,
                    "mean": Estimate.of(after[metric, 0]).mean,
                    "reference": Estimate.of(before[metric, 0]).mean,
                    **_estimate_columns("difference", "", gap), "told": bool(sure),
                })  # fmt: skip
        return pd.DataFrame(rows, columns=list(FLOW_COLUMNS))


def divides(reference: Variant) -> bool:
    """Tell whether a company has both inside and field sales."""
    return set(REPS) <= set(reference.sized)


def divisions_of(reference: Variant, budget: float) -> list[Plan]:
    """Return how money may be divided between inside and field sales, all others as today.

    Divisions that leave money for one more person are left out.

    Parameters
    ----------
    reference : Variant
        With both teams.
    budget : float
        Currency per year, for everybody.

    Returns
    -------
    list of tuple of int
        Of the teams that are sized; by rising inside sales.
    """
    headcount, today = reference.headcount, _today(reference)
    inside, field = (reference.sized.index(team) for team in REPS)

    def filled(plan: list[int], team: int) -> int:
        """Return the most people that a team can have."""
        cost, n = headcount.costs[team], plan[team]
        left = budget - headcount.cost(tuple(plan))
        # Without a cost there is no end but the usual one.
        return min(n + int(left // cost), _most(team)) if cost > 0.0 else _most(team)

    def _most(team: int) -> int:
        return max(headcount.high[team], today[team], _MOST_ON_A_SIDE) * 4

    left = budget - headcount.cost(today)
    found = {today} if 0.0 <= left < min(headcount.costs[inside], headcount.costs[field]) else set()
    plan = list(today)
    plan[field], plan[inside] = headcount.low[field], headcount.low[inside]
    for n in range(headcount.low[inside], filled(plan, inside) + 1):
        each = list(plan)
        each[inside] = n
        each[field] = filled(each, field)
        each[inside] = filled(each, inside)
        found.add(tuple(each))
    order = sorted(found, key=lambda each: (each[inside], -each[field]))
    middle = order.index(usual_division(reference, order))
    step = max(1, today[inside] // (2 * _MOST_ON_A_SIDE))
    first = middle % step
    near = order[first::step]
    at = near.index(order[middle])
    return near[max(0, at - _MOST_ON_A_SIDE) : at + _MOST_ON_A_SIDE + 1]


def usual_division(reference: Variant, divisions: Sequence[Plan]) -> Plan:
    """Return the division that is nearest to today's ratio; an empty one if there is none."""
    inside, field = ([*reference.sized, *REPS].index(team) for team in REPS)
    today = _today(reference)
    if not divisions:
        return ()
    ratio = np.log(today[inside] / today[field])
    return min(
        divisions, key=lambda each: (each != today, abs(np.log(each[inside] / each[field]) - ratio))
    )


def _groups_text(variant: Variant, plan: Plan) -> str:
    people, sizes = variant.people(plan), variant.group_people(plan)
    return clauses([
        say("{team}: {n} of {people} for {channels}", team=_named(group.team),
            n=sizes[group.team], people=people[group.team],
            channels=side_by_side(group.channels))
        for group in variant.groups
    ])  # fmt: skip


def _named(team: str) -> str:
    return team_label(team) if spoken() == "ja" else team


def _estimate_columns(name: str, ends: str, values: Floats) -> dict[str, float | None]:
    estimate = Estimate.of(values)
    return {name: estimate.mean, f"{ends}low": estimate.low, f"{ends}high": estimate.high}


def _gap_columns(
    name: str, ends: str, before: Values, after: Values, figure: Figure
) -> dict[str, float | None]:
    return _estimate_columns(name, ends, gaps(before[figure], after[figure]))
