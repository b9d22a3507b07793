"""What a sensitivity analysis allows one to say, no more than its intervals claim."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pandas as pd

from simulator.experiment.quantities import Scale, told
from simulator.experiment.statistics import Estimate
from simulator.languages.messages import listed
from simulator.metrics.definitions import METRICS

if TYPE_CHECKING:
    from simulator.experiment.sensitivity import Sensitivity

_MOST_NAMED = 3
_MOST_LINES = 8


def verdict(result: Sensitivity) -> str:
    """Say in a sentence what came out.

    Parameters
    ----------
    result : Sensitivity
    """
    if result.versus is None:
        return _level(result)
    found = result.survival
    if found is None:
        return at_stated_values(result)
    return (
        f"{result.name} beats {result.versus} in {result.label} at {found.ahead:g} of"
        f" {found.points} points of the assumption space"
        f" ({_share(found.share, found.low, found.high)})"
        f"{_stated_leader(result)}; {flips(result)}."
    )


def _stated_leader(result: Sensitivity) -> str:
    """Name the other one if it leads at the stated values: a flip is a flip of its lead."""
    behind = told(result.baseline) * direction(result.metric) < 0
    return f", while at the stated values {result.versus} leads" if behind else ""


def _level(result: Sensitivity) -> str:
    scale = result.scale()
    said = f"{result.label} of {result.name} is {scale.amount(result.baseline.mean)}"
    said += f" at the stated values{_interval(scale, result.baseline)}"
    known = result.sample["outcome"].dropna()
    if len(known):
        low, high = (scale.number(float(known.quantile(at))) for at in (0.05, 0.95))
        said += (
            f", and {low} to {high} in nine of ten of {len(known)} points of the assumption space"
        )
    strongest = list(result.screening["path"][result.screening["mu_star"] > 0.0][:_MOST_NAMED])
    if strongest:
        said += f"; in the screening it moves most with {listed(strongest)}"
    return said + "."


def at_stated_values(result: Sensitivity) -> str:
    """Say which of two scenarios leads at the stated values.

    Parameters
    ----------
    result : Sensitivity
        With a second scenario.
    """
    scale, lead = result.scale(), result.baseline
    ahead = told(lead) * direction(result.metric)
    pairs = f"{lead.n} pair{'s' if lead.n != 1 else ''} of runs"
    if not ahead:
        return (
            f"At the stated values {result.name} and {result.versus} cannot be told apart in"
            f" {result.label}: difference {scale.amount(lead.mean)}{_interval(scale, lead, pairs)}."
        )
    first, second = (result.name, result.versus) if ahead > 0 else (result.versus, result.name)
    if lead.mean < 0.0 and lead.low is not None and lead.high is not None:
        lead = Estimate(-lead.mean, -lead.high, -lead.low, lead.n)
    return (
        f"At the stated values {first} beats {second} in {result.label} by"
        f" {scale.amount(lead.mean)}{_interval(scale, lead, pairs)}."
    )


def flips(result: Sensitivity) -> str:
    """Say which assumptions turn the lead at the stated values when they alone are at an end.

    Parameters
    ----------
    result : Sensitivity
        With a second scenario.
    """
    tested = result.tornado["path"].nunique()
    if not tested:
        return "no assumption was tested alone"
    if not told(result.baseline):
        return "at the stated values they cannot be told apart, so there is no lead to flip"
    found = []
    for kind in ("flips", "may flip"):
        rows = result.tornado[result.tornado["verdict"] == kind]
        ends = [f"{row['path']} is {amount(row['value'])}" for row in rows_of(rows)]
        if len(ends) > _MOST_NAMED:
            ends = [*ends[:_MOST_NAMED], f"at {len(ends) - _MOST_NAMED} more ends"]
        if ends:
            found.append(f"the lead {kind} if {' or '.join(ends)}")
    if not found:
        found = [f"none of the {tested} strongest assumptions flips the lead alone"]
    unsure = int((result.tornado["verdict"] == "open").sum())
    if unsure:
        found.append(f"at {unsure} of the {len(result.tornado)} ends the lead is within luck")
    return "; ".join(found)


def closing(result: Sensitivity) -> str:
    """Say what the figures rest on, and what is missing.

    Parameters
    ----------
    result : Sensitivity
    """
    counts = result.assumptions["status"].value_counts()
    line = (
        f"{counts.get('varied', 0)} assumptions varied, {counts.get('without effect', 0)}"
        f" without effect here; {result.runs:,} runs; seed {result.seed}."
    )
    if result.missing:
        line = f"Interrupted: without {listed(result.missing)}. {line}"
    if result.dropped:
        line += f" {result.dropped} points without {result.label} were left out."
    return line


def summary(result: Sensitivity) -> str:
    """Say what came out, in plain text of at most 30 lines.

    Parameters
    ----------
    result : Sensitivity
    """
    scale = result.scale()
    lines = [verdict(result)]
    if result.survival is not None:
        lines += [at_stated_values(result), LUCK_NOTE]
    lines += ["", "Screening (mean effect of going through the range, 95 % interval):"]
    for row in rows_of(result.screening.head(_MOST_LINES)):
        effect = Estimate(row["mu"], row["mu_low"], row["mu_high"], row["n"])
        lines.append(f"  {row['path']}: {scale.amount(effect.mean)}{_interval(scale, effect)}")
    if len(result.variance):
        lines.append("Share of the variance, with interactions, all others at their stated values:")
        for row in rows_of(result.variance.head(_MOST_LINES)):
            low, high = row["total_low"], row["total_high"]
            bounds = "" if low is None or high is None else f" ({low:.2f} to {high:.2f})"
            lines.append(f"  {row['factor']}: {row['total']:.2f}{bounds}")
    return "\n".join([*lines, closing(result)])


LUCK_NOTE = (
    "Each point is one pair of runs with luck of its own: its share counts bad luck as well as"
    " wrong assumptions."
)


def direction(metric: str) -> int:
    """Return 1 if more of a metric is better (or neither), -1 if less is.

    Parameters
    ----------
    metric : str
    """
    return -1 if METRICS[metric].better == "lower" else 1


def amount(value: float) -> str:
    """Write the value of an assumption, short.

    Parameters
    ----------
    value : float
    """
    return f"{value:,.3g}" if abs(value) < 1e3 else f"{value:,.0f}"


def rows_of(table: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Give the rows of a table as plain values; what is missing is None.

    Parameters
    ----------
    table : DataFrame
    """
    for row in table.to_dict(orient="records"):
        yield {
            str(name): None if isinstance(value, float) and not math.isfinite(value) else value
            for name, value in row.items()
        }


def _interval(scale: Scale, estimate: Estimate, more: str = "") -> str:
    span = scale.span(estimate)
    parts = [*([f"95 % interval {span}"] if span else []), *([more] if more else [])]
    return f" ({', '.join(parts)})" if parts else ""


def _share(share: float, low: float | None, high: float | None) -> str:
    said = f"{100.0 * share:.0f} %"
    if low is None or high is None:
        return said
    return f"{said}, 95 % interval {100.0 * low:.0f} to {100.0 * high:.0f} %"
