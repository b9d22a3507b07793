"""How far cases of a search for incentives lie apart, in words."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from simulator.experiment.incentives_frames import EQUILIBRIUM, OPTIMUM, Apart
from simulator.experiment.incentives_phrases import (
    IN_TIME,
    in_brackets,
    levels_of,
    metric_name,
    percent,
)
from simulator.experiment.quantities import Scale, size_of
from simulator.experiment.statistics import Estimate
from simulator.languages.messages import listed, say
from simulator.metrics.definitions import METRICS

if TYPE_CHECKING:
    from simulator.experiment.objectives import Kpi
    from simulator.experiment.price_of_silos import Incentives


def level(result: Incentives, metric: str, case: str) -> str:
    """Write what a metric is in a case, with its name."""
    found = result.cases[case].estimate(metric)
    scale = levels_of(metric, result.scenario.currency, [found.mean])
    return say("{metric} of {amount} ({interval})", metric=metric_name(metric),
               amount=scale.amount(found.mean), interval=scale.span(found))  # fmt: skip


def both_levels(result: Incentives, metric: str) -> str:
    """Write what a metric is as departments decide, and together."""
    means = [result.cases[case].estimate(metric).mean for case in (EQUILIBRIUM, OPTIMUM)]
    scale = levels_of(metric, result.scenario.currency, means)
    return say("{one} against {other}", one=scale.number(means[0]), other=scale.amount(means[1]))


def more_or_less(result: Incentives, gap: Apart) -> str:
    """Write a difference as how much more or less."""
    is_more = gap.difference.mean > 0.0
    return _more(gap.metric, size_apart(result, gap), is_more)


def _more(metric: str, size: str, is_more: bool) -> str:
    unit, name = METRICS[metric].unit, metric_name(metric)
    if unit.startswith(("share", "ratio")):
        return say("{size} higher {metric}" if is_more else "{size} lower {metric}",
                   size=size, metric=name)  # fmt: skip
    return _more_of(metric, size, is_more)


def _more_of(metric: str, size: str, is_more: bool) -> str:
    name = metric_name(metric)
    if is_more:
        return say("{size} more {metric}", size=size, metric=name)
    counts = METRICS[metric].unit == "buyers"
    return say("{size} fewer {metric}" if counts else "{size} less {metric}",
               size=size, metric=name)  # fmt: skip


def higher_or_lower(result: Incentives, gap: Apart) -> str:
    """Write a difference as a clause."""
    return say(
        "{metric} is {size} higher" if gap.difference.mean > 0.0 else "{metric} is {size} lower",
        metric=metric_name(gap.metric), size=size_apart(result, gap),
    )  # fmt: skip


def size_apart(result: Incentives, gap: Apart, signed: bool = False) -> str:
    """Write the size of a difference: in %, or in the metric's unit where % have no meaning."""
    if math.isfinite(gap.relative.mean):
        return percent(gap.relative, signed)
    size = gap.difference if signed else size_of(gap.difference)
    return amount(result, gap.metric, size)


def amount(result: Incentives, metric: str, size: Estimate) -> str:
    """Write an amount of a metric with its interval."""
    scale = Scale.of(metric, result.scenario.currency, [size.mean])
    return in_brackets(scale.amount(size.mean), scale.span(size))


def of_kpi(kpi: Kpi, change: Estimate) -> str:
    """Write the change of a measure, in proportion to its usual size, as how much more or less.

    Parameters
    ----------
    kpi : tuple of Part
    change : Estimate
        Above 0: better.
    """
    size, is_better = percent(change), change.mean >= 0.0
    if len(kpi) > 1:
        names = listed([metric_name(part.metric) for part in kpi])
        return say("{size} better figures of {names} taken together" if is_better
                   else "{size} worse figures of {names} taken together",
                   size=size, names=names)  # fmt: skip
    part = kpi[0]
    if part.how == "fewer late":
        return say("{size} more {done}" if is_better else "{size} fewer {done}",
                   size=size, done=say(IN_TIME[part.metric]))  # fmt: skip
    return _more_of(part.metric, size, is_better == (part.how == "more"))
