"""Plans tried out: their runs, the same replications for all, and what these say.

All plans are run with common luck, so that differences between them are the plans' own. A few
plans are run often and most of them seldom: what the few runs of one had of good or bad luck is
known from a plan that has had the same luck and many more (a control variate).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_ndtr, ndtri_exp
from scipy.stats import beta

from simulator.experiment.execution import Execution, execute
from simulator.experiment.figures import Figure, run_figures
from simulator.experiment.statistics import Floats
from simulator.planning.targets import Target, all_met, figures_of
from simulator.scenario.schema import Scenario

Plan = tuple[int, ...]

FARTHEST = 5.0
"""Standard deviations on the good side beyond which it does not matter how far."""
_HOPELESS = -300.0  # on the other side it does: that is the way up
FRESH_FROM = 1_000_000
"""Number of the first replication of those that no search sees."""
COUNTED = 60
"""From so many runs on, chances are counted; below, they are judged by how far runs are off."""
_PRIOR_RUNS = 10.0  # how much the usual spread weighs against that of a plan's own runs
_FEWEST_TOLD = 3  # runs for a standard deviation
_MORE_RUNS = 1.5  # times as many runs make a plan one from which luck is known


@dataclass(frozen=True, slots=True)
class Standing:
    """How a plan stands to its targets.

    Attributes
    ----------
    score : float
        How many standard deviations its runs are on the good side, all targets together: the
        standard normal quantile of the chance to meet them.
    error : float
        Standard error of the score.
    nearness : float
        The score if runs of all plans spread alike: better for telling which of two plans far
        from their targets is nearer, for a plan whose luck is wild is not.
    runs : int
    met : int
        In how many of them all targets were met.
    counted : float
        What so many runs are worth, with what is known of their luck from a plan with more.
    counted_met : float
        Of these, how many would be expected to meet all targets.
    """

    score: float
    error: float
    nearness: float
    runs: int
    met: int
    counted: float
    counted_met: float

    def chance_above(self, probability: float) -> float:
        """Return how probable it is that the plan meets its targets more often than that.

        Parameters
        ----------
        probability : float
            Of meeting all targets, above 0 and below 1.
        """
        if self.runs >= COUNTED:
            # Jeffreys' prior.
            missed = self.counted - self.counted_met
            return float(beta.sf(probability, self.counted_met + 0.5, missed + 0.5))
        limit = float(ndtri_exp(np.log(probability)))
        return float(np.exp(log_ndtr((self.score - limit) / self.error)))

    @property
    def probability(self) -> float:
        """Chance of meeting all targets, as far as it is known."""
        if self.runs >= COUNTED:
            return (self.counted_met + 0.5) / (self.counted + 1.0)
        return float(np.exp(log_ndtr(self.score)))


class Trials:
    """The runs of all plans that were tried.

    Parameters
    ----------
    company : callable
        Makes the scenario of a plan.
    targets : sequence of Target
    further : sequence of Figure
        What else must be known of each run.
    seed : int
    how : Execution
        Best one that lasts: many small batches will come.
    on_progress : callable, optional
        Told after each batch how many plans and runs there were so far.
    """

    def __init__(
        self,
        company: Callable[[Plan], Scenario],
        targets: Sequence[Target],
        further: Sequence[Figure],
        seed: int,
        how: Execution,
        on_progress: Callable[[int, int], None] | None = None,
    ) -> None:
        self.targets = tuple(targets)
        self.figures = figures_of(targets, further)
        self.seed = seed
        self._company = company
        self._how = how
        self._tell = on_progress
        self._runs: dict[Plan, dict[int, dict[Figure, float]]] = {}
        self._scenarios: dict[Plan, Scenario] = {}

    def __len__(self) -> int:
        return len(self._runs)

    def __contains__(self, plan: Plan) -> bool:
        return plan in self._runs

    @property
    def plans(self) -> list[Plan]:
        """Every plan that was tried, in the order in which they were."""
        return list(self._runs)

    @property
    def runs(self) -> int:
        """Number of runs so far."""
        return sum(map(len, self._runs.values()))

    def never_shown(self) -> list[str]:
        """Return the metrics of targets that are not known in any run so far."""
        asked = {figure for target in self.targets for figure in target.figures}
        return sorted({
            metric for metric, month in asked
            if not any(np.isfinite(each[metric, month]) for runs in self._runs.values()
                   for each in runs.values())
        })  # fmt: skip

    def take(self, plan: Plan, other: Trials) -> None:
        """Take over another collection's runs of a plan."""
        self._runs.setdefault(plan, {}).update(other._runs[plan])

    def try_more(self, plan: Plan, more: int) -> None:
        """Run a plan in more of the common replications, from 0 on."""
        done = sum(number < FRESH_FROM for number in self._runs.get(plan, ()))
        self.try_out([plan], range(done + more))

    def count(self, plan: Plan) -> int:
        """Return how many runs of a plan there are."""
        return len(self._runs.get(plan, ()))

    def try_out(self, plans: Iterable[Plan], numbers: Sequence[int]) -> None:
        """Run plans in these replications, as far as that has not been done.

        Raises
        ------
        KeyboardInterrupt
            After Ctrl-C; what was finished is kept.
        """
        asked = list(dict.fromkeys(plans))
        jobs, scenarios = [], {}
        for plan in asked:
            name = " ".join(map(str, plan))
            missing = [n for n in numbers if n not in self._runs.get(plan, ())]
            if missing:
                scenarios[name] = self.scenario(plan)
                jobs += [(name, n) for n in missing]
        if not jobs:
            return
        named = {" ".join(map(str, plan)): plan for plan in asked}
        task = partial(run_figures, figures=self.figures)
        done = execute(scenarios, jobs, self.seed, task, self._how)
        for (name, number), figures in done.runs.items():
            self._runs.setdefault(named[name], {})[number] = figures
        if self._tell is not None:
            self._tell(len(self), self.runs)
        if done.interrupted:
            raise KeyboardInterrupt

    def scenario(self, plan: Plan) -> Scenario:
        """Return the scenario of a plan."""
        if plan not in self._scenarios:
            self._scenarios[plan] = self._company(plan)
        return self._scenarios[plan]

    def values(self, plan: Plan, numbers: Iterable[int] | None = None) -> Mapping[Figure, Floats]:
        """Return the figures of a plan's runs, by rising number of the replication.

        Parameters
        ----------
        plan : tuple of int
        numbers : iterable of int, optional
            Only these replications.
        """
        runs = self._runs[plan]
        order = sorted(runs if numbers is None else set(numbers) & set(runs))
        return {
            figure: np.array([runs[n][figure] for n in order], dtype=np.float64)
            for figure in self.figures
        }

    def numbers(self, plan: Plan) -> list[int]:
        """Return the replications in which a plan was run, ascending."""
        return sorted(self._runs[plan])

    def met(self, plan: Plan, numbers: Iterable[int] | None = None) -> NDArray[np.bool_]:
        """Tell in which runs of a plan all targets were met."""
        return all_met(self.targets, self.values(plan, numbers))

    # --- how plans stand --------------------------------------------------------------------

    def standings(self) -> dict[Plan, Standing]:
        """Return how every plan stands to its targets, in the order in which they were tried."""
        plans = self.plans
        margins = [self._margins(plan) for plan in plans]
        usual = _usual_spread(margins)
        most = max(range(len(plans)), key=lambda i: self.count(plans[i]))
        control = _Control(
            {n: i for i, n in enumerate(self.numbers(plans[most]))},
            margins[most],
            self.met(plans[most]).astype(np.float64)[None, :],
        )
        return {
            plan: self._standing(plan, own, usual, control)
            for plan, own in zip(plans, margins, strict=True)
        }

    def _margins(self, plan: Plan) -> Floats:
        """Margins of a plan's runs, shape (targets, runs); a missing one is as bad as they get."""
        values = self.values(plan)
        margins = np.array([target.margin(values) for target in self.targets])
        for row in margins:
            missing = ~np.isfinite(row)
            if missing.any():
                known = row[~missing]
                row[missing] = min(0.0, known.min() if len(known) else 0.0) - 1.0
        return margins

    def _standing(self, plan: Plan, margins: Floats, usual: Floats, control: _Control) -> Standing:
        runs = margins.shape[1]
        own = margins.var(axis=1, ddof=1) if runs >= _FEWEST_TOLD else usual
        weight = runs - 1.0 if runs >= _FEWEST_TOLD else 0.0
        spread = (weight * own + _PRIOR_RUNS * usual) / (weight + _PRIOR_RUNS)
        kept = self.met(plan).astype(np.float64)
        mean, variance = margins.mean(axis=1), spread / runs
        counted, share = float(runs), float(kept.mean())
        shared = [control.at[n] for n in self.numbers(plan) if n in control.at]
        if len(shared) == runs >= _FEWEST_TOLD and control.margins.shape[1] >= _MORE_RUNS * runs:
            mean, variance = _less_luck(
                margins, control.margins[:, shared], control.margins, spread
            )
            # Jeffreys' prior, so that a share of 0 or 1 has a spread, too.
            prior = (kept.sum() + 0.5) / (runs + 1.0)
            usual_share = np.array([prior * (1.0 - prior)])
            means, variances = _less_luck(
                kept[None, :], control.met[:, shared], control.met, usual_share
            )
            share = float(np.clip(means[0], 0.0, 1.0))
            counted = float(usual_share[0] / variances[0])
        scores = np.clip(mean / np.sqrt(spread), _HOPELESS, FARTHEST)
        # Of the standardized mean; the second part is for the spread being estimated, too.
        errors = np.sqrt(variance / spread + scores**2 / (2.0 * (weight + _PRIOR_RUNS)))
        worst = float(errors[int(np.argmin(scores))])
        near = np.clip(mean / np.sqrt(usual), _HOPELESS, FARTHEST)
        return Standing(
            score=_together(scores), error=max(worst, 1e-3), nearness=_together(near), runs=runs,
            met=int(kept.sum()), counted=counted, counted_met=counted * share,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Control:
    """The plan with most runs: where each replication stands, its margins, and what it met."""

    at: dict[int, int]
    margins: Floats
    met: Floats


def _together(scores: Floats) -> float:
    """Return the score of meeting all targets, as if they were independent.

    Enough to know where to look; what is promised is counted in runs.
    """
    return float(np.clip(ndtri_exp(log_ndtr(scores).sum()), _HOPELESS, FARTHEST))


def _usual_spread(margins: Sequence[Floats]) -> Floats:
    """Median variance of each target's margins over plans; tiny where nothing ever varies."""
    spreads = [each.var(axis=1, ddof=1) for each in margins if each.shape[1] >= _FEWEST_TOLD]
    if not spreads:
        return np.ones(margins[0].shape[0])
    usual: Floats = np.median(np.array(spreads), axis=0)
    return np.maximum(usual, 1e-12)


def _less_luck(
    margins: Floats, same_luck: Floats, control: Floats, spread: Floats
) -> tuple[Floats, Floats]:
    """Correct means for the luck that a plan with more runs shows these replications to have had.

    Returns the means and their variances. The coefficient is the regression on the control,
    drawn towards the ratio of the spreads where runs are few.
    """
    runs = margins.shape[1]
    theirs = np.maximum(control.var(axis=1, ddof=1), 1e-12)
    both = (
        (margins - margins.mean(axis=1, keepdims=True))
        * (same_luck - same_luck.mean(axis=1, keepdims=True))
    ).sum(axis=1)
    alone = np.sqrt(margins.var(axis=1) * same_luck.var(axis=1) * runs**2 + 1e-24)
    correlation = np.clip(
        (both / alone * runs + 0.7 * _PRIOR_RUNS) / (runs + _PRIOR_RUNS), 0.0, 0.99
    )
    slope = correlation * np.sqrt(spread / theirs)
    mean = margins.mean(axis=1) - slope * (same_luck.mean(axis=1) - control.mean(axis=1))
    # Of the correction that was made, with the correlation that these runs show.
    gained = 2.0 * correlation * np.clip(both / alone, -1.0, 1.0) - correlation**2
    variance = spread * ((1.0 - gained) / runs + gained / control.shape[1])
    return mean, variance
