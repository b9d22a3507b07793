"""Which numbers of a scenario the funnel in the files can tell, and by which figures.

Three kinds of files, three sets of numbers:

- inquiries, and opportunities that were won *or lost*: fit by channel, readiness to meet,
  readiness to sign, thinking time, and how many lost buyers are remembered;
- inquiries, and wins alone: the same without the readiness to meet, which the files cannot tell
  from the readiness to sign;
- opportunities alone: readiness to sign by channel, and thinking time.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.calibration.estimates import Estimate, Scale, keyed, onto
from simulator.calibration.estimating.conversion import Conversions, convert
from simulator.calibration.matching import Knob, Matched, Target, match, target_of
from simulator.calibration.records import Outcome, Records
from simulator.calibration.twin import Twin
from simulator.scenario.changing import value_of
from simulator.scenario.schema import Scenario

CLOSER = 2
"""As many times the runs are made near the place, to tell numbers and slopes better."""
HISTORIES = 32
"""So many single histories tell how much figures vary."""
FEWEST = 30
"""Wins below which nothing is matched: too few to tell one number from another."""
QUICK = 25.0
_LONG = 3650.0

_FIT = "market.channels.{}.fit_mean"
AGREES = "work.inside_sales.agrees_intercept"
SIGNS = "work.field_sales.win_intercept"
THINKING = "work.field_sales.thinking"
THINKS = f"{THINKING}.median"
THINKS_LONG = f"{THINKING}.p90"
REMEMBERS = "recycling.remembered"


@dataclass(frozen=True, slots=True)
class Plan:
    """What is moved, and what is to be met.

    Attributes
    ----------
    knobs : tuple of Knob
    targets : tuple of Target
    counts : dict of str to int
        Cases of each channel.
    horizon : float
        Age in business days up to which conversion is told, on both sides.
    recorded_since : float
        Business day of a run before which its wins are not looked at, since the files do not have
        them either; minus infinity: from the beginning.
    use_older : bool
        As in :func:`simulator.calibration.estimating.conversion.convert`.
    """

    knobs: tuple[Knob, ...]
    targets: tuple[Target, ...]
    counts: dict[str, int]
    horizon: float
    recorded_since: float = -math.inf
    use_older: bool = False

    @property
    def cases(self) -> int:
        """Cases of all channels."""
        return sum(self.counts.values())

    @property
    def weights(self) -> dict[str, float]:
        """Share of each channel in the cases."""
        return {name: count / max(self.cases, 1) for name, count in self.counts.items()}


def plan_of(
    records: Records, told: Conversions, draft: Scenario, since: float, use_older: bool = False
) -> Plan:
    """Choose what to move and what to meet.

    Parameters
    ----------
    records : Records
    told : Conversions
        What the files tell.
    draft : Scenario
        Gives the numbers at which the search begins.
    since : float
        Business day from which on cases count; runs begin then.
    use_older : bool
        Whether older cases informed `told`.
    """
    has_leads = len(records.leads) > 0
    has_losses = bool((records.opportunities.outcome == Outcome.LOST).any())
    of_channel = told.lead_to_win_by_channel if has_leads else told.opportunity_to_win_by_channel
    stem = "lead_to_win" if has_leads else "opportunity_to_win"
    cases = records.leads if has_leads else records.opportunities
    came = cases.created if has_leads else records.opportunities.opened  # type: ignore[union-attr]
    channel = cases.channel[(came >= since) & (cases.channel >= 0)]
    counts = np.bincount(channel, minlength=len(records.channels))
    known = keyed(of_channel)

    knobs: list[Knob] = []
    targets: list[Target] = []
    for number, name in enumerate(records.channels):
        found = known.get(f"{stem}.{name}")
        if found is None or not counts[number]:
            continue
        targets.append(target_of(found, name))
        if np.count_nonzero(counts) > 1:  # the average of all is no knob
            knobs.append(Knob(_FIT.format(name), "linear", 0.0, 0.3, 2.0, -5.0, 5.0, name))
    of_channels = {name: int(counts[i]) for i, name in enumerate(records.channels)}

    def add(path: str, scale: Scale, step: float, spread: float, low: float, high: float) -> None:
        start = float(value_of(draft, path))
        knobs.append(Knob(path, scale, start, step, spread, low, high))

    # Wide steps: what a few runs show has noise, of which narrow ones would make steep slopes.
    add(SIGNS, "linear", 0.5, 3.0, -20.0, 20.0)
    if has_leads and has_losses and told.lead_to_opportunity is not None:
        known = keyed(told.lead_to_opportunity_by_channel)
        for name in of_channels:
            found = known.get(f"lead_to_opportunity.{name}")
            if found is not None and of_channels[name]:
                targets.append(target_of(found, name))
        add(AGREES, "linear", 0.5, 3.0, -20.0, 20.0)
    selling = bool(told.days_in_sales)
    for each in told.days_in_sales if selling else told.days_to_win:
        percent = float(each.key.rpartition(".p")[2])
        # The fastest tenth hangs on hours, which most files do not give.
        if percent >= QUICK or not records.dated_only:
            targets.append(target_of(each, least_error=0.02, percent=percent))
    add(THINKS, "log", 0.25, 1.5, 0.05, 500.0)
    add(THINKS_LONG, "log", 0.25, 1.5, 0.05, 500.0)
    if has_leads and told.days_to_win:
        if selling:
            late = told.days_to_win[-1]
            targets.append(target_of(late, least_error=0.02))
        add(REMEMBERS, "logit", 1.0, 2.0, 0.0, 1.0)
    began_late = math.isfinite(since) and told.recorded_since > since
    recorded_since = told.recorded_since - since if began_late else -math.inf
    return Plan(tuple(knobs), tuple(targets), of_channels, told.horizon, recorded_since, use_older)


@dataclass(frozen=True, slots=True)
class Found:
    """What runs told.

    Attributes
    ----------
    matched : Matched
    scatter : dict of str to float
        Standard error of each estimate of :func:`.estimating.conversion.convert`, on its
        scale, as histories of the files' size differ.
    """

    matched: Matched
    scatter: dict[str, float]


def find(
    plan: Plan,
    twin: Twin,
    on_step: Callable[[int, float], None] | None = None,
    begin: Matched | None = None,
) -> Found:
    """Move the numbers until runs show what the files show.

    Parameters
    ----------
    plan : Plan
    twin : Twin
    on_step : callable, optional
        See :func:`simulator.calibration.matching.match`.
    begin : Matched, optional
        An earlier search, to go on from.
    """

    def shown(values: Mapping[str, float], runs: int) -> NDArray[np.float64]:
        return figures(twin.look(ordered(values), runs), plan)

    scatter: dict[str, float] = {}

    def varied(values: Mapping[str, float]) -> tuple[NDArray[np.float64], float]:
        histories = twin.histories(ordered(values), HISTORIES)
        told = [told_of(each, plan) for each in histories]
        size = float(np.mean([_cases(each) for each in histories])) / plan.cases
        scatter.update(scatter_of(told, size))
        return np.array([_figures(each, plan) for each in told]), size

    runs = len(twin.numbers)
    matched = match(
        plan.knobs, plan.targets, shown, varied, plan.weights, (runs, CLOSER * runs), on_step,
        None if begin is None else begin.at,
    )  # fmt: skip
    return Found(matched, scatter)


def looks(plan: Plan) -> int:
    """Return about how many looks at runs a search takes."""
    common = sum(not knob.channel for knob in plan.knobs)
    return 2 * (common + 2) + 8


def _cases(records: Records) -> int:
    return len(records.leads) or len(records.opportunities)


def figures(seen: Records, plan: Plan) -> NDArray[np.float64]:
    """Return what runs show of each target, on its scale."""
    return _figures(told_of(seen, plan), plan)


def told_of(seen: Records, plan: Plan) -> dict[str, Estimate]:
    """Read runs as the files were read."""
    return keyed(
        convert(seen, 0.0, plan.recorded_since, plan.horizon, plan.use_older, detail=False)
    )


def _figures(told: Mapping[str, Estimate], plan: Plan) -> NDArray[np.float64]:
    return np.array([_placed(told.get(target.key), target) for target in plan.targets])


def scatter_of(told: Sequence[Mapping[str, Estimate]], size: float) -> dict[str, float]:
    """Return how much estimates differ between histories, in those of the files' size."""
    found = {}
    for key in told[0]:
        if not all(key in each for each in told):
            continue
        values = np.array([onto(each[key].value, each[key].scale) for each in told])
        if np.isfinite(values).all():
            found[key] = float(values.std(ddof=1)) * math.sqrt(size)
    return found


def _placed(found: Estimate | None, target: Target) -> float:
    """Put a simulated figure on its scale; one that nobody reached is far off, not infinite."""
    if found is None:
        return {"log": float(np.log(_LONG)), "logit": -9.0, "linear": 0.0}[target.scale]
    if target.scale == "logit":
        least = 0.5 / (found.n + 1.0)
        return onto(min(max(found.value, least), 1.0 - least), "logit")
    return onto(found.value, target.scale)


def ordered(values: Mapping[str, float]) -> dict[str, float]:
    """Hold the longer thinking time above the usual one, as a law must have it."""
    held = dict(values)
    if THINKS_LONG in held and THINKS in held:
        held[THINKS_LONG] = max(held[THINKS_LONG], held[THINKS] * 1.02)
    return held
