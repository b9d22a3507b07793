"""What is known of incentives, first as facts and then as tidy tables and plain values.

Facts say what can be told: of all that is asked at a time, with Holm's correction.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.special import stdtr, stdtrit

from simulator.experiment import differences
from simulator.experiment.differences import SIGNIFICANT, gaps, p_values, told_among
from simulator.experiment.quantities import as_json as estimate_json
from simulator.experiment.quantities import better, main_metric
from simulator.experiment.statistics import CONFIDENCE, Estimate, Floats, holm, relative_difference
from simulator.metrics.definitions import TEAMS

if TYPE_CHECKING:
    from simulator.experiment.price_of_silos import Case, Incentives
    from simulator.experiment.searches import Deviation, Search

# Names of cases as in price_of_silos, which imports this module.
ALL = "all together"
EQUILIBRIUM, OPTIMUM, STATED, USUAL = "equilibrium", "optimum", "as stated", "as usual"

_BESIDE = ("profit", "logo_churn", "wins", "win_rate", "cost")


def _bounded(*names: str) -> tuple[str, ...]:
    return tuple(f"{name}{end}" for name in names for end in ("", "_low", "_high"))


_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "cases": ("case", "metric", "mean", "low", "high", "n"),
    "decisions": ("case", "decision", "value", "usual", "low", "high", "at_end"),
    "effects": ("decision", "value", "usual", *_bounded("own"), "own_told",
                *_bounded("shared"), "shared_told"),
    "curves": ("player", "decision", "value", "mean", "error", "gain", "gain_error"),
    "deviations": ("player", "changes", *_bounded("gain"), "gain_told", *_bounded("picked_by")),
    "doses": ("who", "weight", "status", "metric", "mean", "low", "high"),
    "remedies": ("remedy", "status", *_bounded("gain"), "gain_told",
                 *_bounded("recovered", "extra_cost"), "extra_cost_told",
                 *_bounded("gain_per_cost")),
}  # fmt: skip
_ROUNDING = 1e-12


# ------------------------------------------------------------------ what can be told


@dataclass(frozen=True, slots=True)
class Apart:
    """How far a case lies from another one in a metric.

    Attributes
    ----------
    metric : str
    relative, difference : Estimate
        In proportion to the other one (NaN where that has no meaning), and in the metric's unit.
    told : int
        Sign of the difference if it can be told, else 0.
    """

    metric: str
    relative: Estimate
    difference: Estimate
    told: int


@dataclass(frozen=True, slots=True)
class Step:
    """What more weight of the shared KPI does to its metric.

    Attributes
    ----------
    who : str
        "all together" or a department.
    before, after : float
        Weights.
    case : str
        With the weight after it.
    apart : Apart
    """

    who: str
    before: float
    after: float
    case: str
    apart: Apart


@dataclass(frozen=True, slots=True)
class Remedy:
    """What a remedy brings, against the equilibrium without it.

    Attributes
    ----------
    parts : tuple of str
    case : str
    gain : Estimate
        Improvement of the shared KPI's metric, in its unit; below 0: worse.
    told : int
        Sign of the gain if it can be told among all remedies, else 0.
    recovered : Estimate
        Share of the gap between equilibrium and optimum; NaN where no gap can be told.
    extra_cost : Estimate
    costs : int
        Sign of the extra cost if it can be told among all remedies, else 0.
    per_cost : Estimate
        Gain per unit of extra cost; NaN where no extra cost can be told.
    """

    parts: tuple[str, ...]
    case: str
    gain: Estimate
    told: int
    recovered: Estimate
    extra_cost: Estimate
    costs: int
    per_cost: Estimate


def told_signs(estimates: Sequence[Estimate]) -> list[int]:
    """Return the signs of those numbers that differ from 0 for having asked of all (Holm), else 0.

    Parameters
    ----------
    estimates : sequence of Estimate
        With intervals by Student's t.
    """
    adjusted = holm([_p(each) for each in estimates])
    return [
        int(np.sign(each.mean)) if p <= SIGNIFICANT else 0
        for each, p in zip(estimates, adjusted, strict=True)
    ]


def _p(estimate: Estimate) -> float:
    """Two-sided p-value of Student's t test that is behind an interval."""
    if estimate.low is None or estimate.high is None or not math.isfinite(estimate.mean):
        return math.nan
    freedom = estimate.n - 1
    half = (estimate.high - estimate.low) / 2.0
    if half <= _ROUNDING * abs(estimate.mean):
        # As p_values: a few numbers that are all the same tell nothing.
        return 1.0 if estimate.mean == 0.0 else float(0.5**freedom)
    error = half / float(stdtrit(freedom, 0.5 + CONFIDENCE / 2.0))
    return 2.0 * float(stdtr(freedom, -abs(estimate.mean) / error))


def apart(result: Incentives, questions: Sequence[tuple[str, str, str]]) -> list[Apart]:
    """Compare cases in pairs; what is told is told among all that are asked.

    Parameters
    ----------
    result : Incentives
    questions : sequence of (metric, case, case that it is compared with)
    """
    if not questions:
        return []
    pairs = [
        (result.cases[reference].totals[metric], result.cases[case].totals[metric])
        for metric, case, reference in questions
    ]
    differences = [gaps(before, after) for before, after in pairs]
    told = told_among(np.array(differences).T)
    found = []
    for (metric, _, _), (before, after), gap, is_told in zip(
        questions, pairs, differences, told, strict=True
    ):
        difference = Estimate.of(gap)
        relative = relative_difference(before, after)
        sign = int(np.sign(difference.mean)) if is_told else 0
        # A bootstrap interval and Student's p may disagree: then nothing is claimed.
        if relative.low is not None and relative.high is not None:
            sign *= int(relative.low > 0.0 or relative.high < 0.0)
        found.append(Apart(metric, relative, difference, sign))
    return found


def steps(result: Incentives) -> list[Step]:
    """Return what happens between neighboring weights of all together."""
    doses = sorted((weight, case) for who, weight, case in result.doses if who == ALL)
    return _steps(result, [(ALL, *one, *other) for one, other in itertools.pairwise(doses)])


def alone(result: Incentives) -> list[Step]:
    """Return what more weight of a single department does, against the equilibrium."""
    weights = result.weights
    return _steps(result, [
        (who, weights[who], EQUILIBRIUM, weight, case)
        for who, weight, case in result.doses
        if who != ALL and weight > weights[who]
    ])  # fmt: skip


def _steps(result: Incentives, asked: Sequence[tuple[str, float, str, float, str]]) -> list[Step]:
    metric = result.shared_metric
    found = apart(result, [(metric, case, reference) for _, _, reference, _, case in asked])
    return [
        Step(who, before, after, case, each)
        for (who, before, _, after, case), each in zip(asked, found, strict=True)
    ]


def best_of(
    result: Incentives, cases: Sequence[str], best: str | None = None
) -> tuple[str, list[str]]:
    """Return the case with the best shared KPI (or a given one), and those not told from it."""
    metric = result.shared_metric
    values = {each: result.cases[each].totals[metric] for each in cases}
    found = best or differences.tied_with_best(values, metric)[0]
    return found, differences.tied_with(found, values)


def remedies(result: Incentives) -> list[Remedy]:
    """Return what each remedy brings and costs."""
    if not result.remedies:
        return []
    here = result.cases[EQUILIBRIUM].totals
    metric, sign = result.shared_metric, better(result.shared_metric)
    gained = [
        sign * gaps(here[metric], result.cases[case].totals[metric]) for _, case in result.remedies
    ]
    extra = [gaps(here["cost"], result.cases[case].totals["cost"]) for _, case in result.remedies]
    told, costs = (_signs(each) for each in (gained, extra))
    gap = None
    if OPTIMUM in result.cases:
        gap = sign * gaps(here[metric], result.cases[OPTIMUM].totals[metric])
    return [
        Remedy(
            parts, case, Estimate.of(gained[at]), told[at], _share(gap, gained[at]),
            Estimate.of(extra[at]), costs[at],
            _share(extra[at] if costs[at] > 0 else None, gained[at]),
        )
        for at, (parts, case) in enumerate(result.remedies)
    ]  # fmt: skip


def _signs(differences: Sequence[Floats]) -> list[int]:
    told = told_among(np.array(differences).T)
    return [
        int(is_told) * int(np.sign(np.nanmean(each)))
        for each, is_told in zip(differences, told, strict=True)
    ]


def _share(whole: Floats | None, part: Floats) -> Estimate:
    """Estimate the mean of one number in proportion to that of another that is above 0."""
    is_told = whole is not None and p_values(whole[:, None])[0] <= SIGNIFICANT
    if whole is None or not is_told or not float(np.nanmean(whole)) > 0.0:
        return Estimate(math.nan, None, None, int(np.isfinite(part).sum()))
    less = relative_difference(whole, part)
    low, high = (None if bound is None else 1.0 + bound for bound in (less.low, less.high))
    return Estimate(1.0 + less.mean, low, high, less.n)


def changes_of(deviation: Deviation) -> str:
    """Write what somebody would change."""
    return ", ".join(f"{name}={value:g}" for name, value in deviation.changes.items())


def status_of(case: Case) -> str:
    """Return how the search of a case ended; empty if it was stated."""
    return case.search.status if case.search else ""


def at_end(value: float, low: float, high: float) -> str:
    """Say at which end of its range a decision is, if at any."""
    return "low" if value <= low else "high" if value >= high else ""


def told_effects(result: Incentives) -> list[tuple[int, int]]:
    """Return of every effect the signs of own and shared KPI that are told among all of them."""
    signs = told_signs([each for effect in result.effects for each in (effect.own, effect.shared)])
    return list(zip(signs[::2], signs[1::2], strict=True))


# ------------------------------------------------------------------ tables


def metrics_of(result: Incentives) -> tuple[str, ...]:
    """Return the metrics that are reported: the shared KPI first."""
    names = (result.shared_metric, main_metric(result.scenario), *_BESIDE)
    return tuple(dict.fromkeys([*names, *result.objectives.metrics()]))


def tables(result: Incentives) -> dict[str, pd.DataFrame]:
    """Return everything as tidy tables; those of what was not done are empty.

    Parameters
    ----------
    result : Incentives
    """
    rows = {
        "cases": _cases(result),
        "decisions": _decisions(result),
        "effects": _effects(result),
        "curves": _curves(result),
        "deviations": _deviations(result),
        "doses": _doses(result),
        "remedies": map(_remedy(result), remedies(result)),
    }
    columns = dict(_COLUMNS)
    columns["doses"] += tuple(lever.path for lever in result.levers)
    return {
        name: pd.DataFrame(list(each), columns=list(columns[name])) for name, each in rows.items()
    }


def _bounds(estimate: Estimate) -> tuple[float, float, float]:
    low, high = (math.nan if each is None else each for each in (estimate.low, estimate.high))
    return estimate.mean, low, high


def _cases(result: Incentives) -> Iterator[tuple[Any, ...]]:
    for name, case in result.cases.items():
        for metric in metrics_of(result):
            estimate = case.estimate(metric)
            yield name, metric, *_bounds(estimate), estimate.n


def _decisions(result: Incentives) -> Iterator[tuple[Any, ...]]:
    for name, case in result.cases.items():
        decided = case.decisions()
        for lever in case.levers:
            value = decided[lever.path]
            ends = lever.low, lever.high
            yield name, lever.path, value, lever.usual, *ends, at_end(value, *ends)


def _effects(result: Incentives) -> Iterator[tuple[Any, ...]]:
    for effect, (own, shared) in zip(result.effects, told_effects(result), strict=True):
        lever = effect.lever
        yield (
            lever.path, effect.value, lever.usual, *_bounds(effect.own), own,
            *_bounds(effect.shared), shared,
        )  # fmt: skip


def search_of(result: Incentives) -> Search | None:
    """Return the search that led to the equilibrium, or the last one that was begun."""
    if EQUILIBRIUM in result.cases:
        return result.cases[EQUILIBRIUM].search
    return result.equilibria.searches[-1] if result.equilibria else None


def _curves(result: Incentives) -> Iterator[tuple[Any, ...]]:
    search = search_of(result)
    for each in search.curves if search else ():
        numbers = (each.values, each.means, each.errors, each.gains, each.gain_errors)
        for row in zip(*numbers, strict=True):
            yield each.player, each.decision, *row


def _deviations(result: Incentives) -> Iterator[tuple[Any, ...]]:
    search = search_of(result)
    found = search.deviations if search else ()
    for each, told in zip(found, told_signs([each.gain for each in found]), strict=True):
        yield (
            each.player, changes_of(each), *_bounds(each.gain), told, *_bounds(each.picked_by)
        )  # fmt: skip


def _doses(result: Incentives) -> Iterator[tuple[Any, ...]]:
    for who, weight, name in result.doses:
        case = result.cases[name]
        decided = [case.decisions()[lever.path] for lever in result.levers]
        for metric in metrics_of(result):
            numbers = _bounds(case.estimate(metric))
            yield who, weight, status_of(case), metric, *numbers, *decided


def _remedy(result: Incentives) -> Any:
    def row(each: Remedy) -> tuple[Any, ...]:
        return (
            each.case, status_of(result.cases[each.case]), *_bounds(each.gain), each.told,
            *_bounds(each.recovered), *_bounds(each.extra_cost), each.costs,
            *_bounds(each.per_cost),
        )  # fmt: skip

    return row


# ------------------------------------------------------------------ one object


def as_json(result: Incentives) -> dict[str, Any]:
    """Return everything as one object of plain values; None is missing.

    Parameters
    ----------
    result : Incentives
    """
    search = search_of(result)
    gain = search.largest_gain() if search else None
    searches = result.equilibria.searches if result.equilibria else ()
    metrics = metrics_of(result)
    both = EQUILIBRIUM in result.cases and OPTIMUM in result.cases
    return {
        "scenario": result.name,
        "seed": result.seed,
        "currency": result.scenario.currency,
        "replications": {"search": result.searched, "fresh": result.fresh},
        "evaluations": result.evaluations,
        "runs": result.runs,
        "weights": dict(result.weights),
        "norm": result.objectives.norm,
        "shared": result.shared_metric,
        "own": {
            team: [part.metric for part in result.objectives.own[team]] for team in TEAMS
        },
        "agreed": [str(each) for each in result.agreed],
        "verdict": result.verdict(),
        "equilibrium": {
            **_case(result, EQUILIBRIUM, metrics),
            "status": search.status if search else None,
            "starts": len(searches),
            "ends": [each.status for each in searches],
            "different_ends": len(result.equilibria.groups) if result.equilibria else 0,
            "largest_gain": None if gain is None else {
                "department": gain.player,
                "changes": dict(gain.changes),
                **estimate_json(gain.gain),
            },
        },
        "optimum": _case(result, OPTIMUM, metrics),
        "price_of_silos": _prices(result, metrics) if both else {},
        "cases": {name: _case(result, name, metrics) for name in result.cases},
        "doses": [
            {"who": who, "weight": weight, **_case(result, name, metrics)}
            for who, weight, name in result.doses
        ],
        "remedies": [
            {
                "remedy": list(each.parts),
                "recovered": _plain(each.recovered),
                "gain": {**_plain(each.gain), "told": bool(each.told)},
                "extra_cost": {**_plain(each.extra_cost), "told": bool(each.costs)},
                "gain_per_cost": _plain(each.per_cost),
                **_case(result, each.case, metrics),
            }
            for each in remedies(result)
        ],
        "interrupted": result.interrupted,
        "stopped_at": result.stopped_at,
    }  # fmt: skip


def _case(result: Incentives, name: str, metrics: Iterable[str]) -> dict[str, Any]:
    if name not in result.cases:
        return {"decisions": {}, "metrics": {}}
    case = result.cases[name]
    return {
        "decisions": case.decisions(),
        "status": status_of(case) or None,
        "metrics": {metric: _plain(case.estimate(metric)) for metric in metrics},
    }


def _prices(result: Incentives, metrics: Iterable[str]) -> dict[str, Any]:
    found = {}
    for metric in metrics:
        less = _plain(result.price(metric))
        names = {"ratio": "mean", "low": "low", "high": "high"}
        values = {name: less[of] for name, of in names.items()}
        found[metric] = {
            name: None if value is None else 1.0 + value for name, value in values.items()
        }
    return found


def _plain(estimate: Estimate) -> dict[str, float | None]:
    return {
        name: value if value is not None and math.isfinite(value) else None
        for name, value in estimate_json(estimate).items()
    }
