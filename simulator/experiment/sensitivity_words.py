"""What a sensitivity analysis allows one to say, no more than its intervals claim."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from simulator.experiment.quantities import Scale, told
from simulator.experiment.statistics import Estimate
from simulator.experiment.wording import paragraph
from simulator.languages.messages import listed, marked, say
from simulator.metrics.definitions import METRICS
from simulator.metrics.units import with_unit

if TYPE_CHECKING:
    from simulator.experiment.sensitivity import Sensitivity

_FLIPS = {
    "flips": marked("the lead flips if {ends}"),
    "may flip": marked("the lead may flip if {ends}"),
}
_PHASES = {
    "the rest of the screening": marked("the rest of the screening"),
    "the sample of the space": marked("the sample of the space"),
    "the tornado": marked("the tornado"),
    "the shares of the variance": marked("the shares of the variance"),
}
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
    # The other one is named if it leads at the stated values: a flip is a flip of its lead.
    behind = told(result.baseline) * direction(result.metric) < 0
    return say(
        "{name} beats {versus} in {label} at {ahead} of {points} points of the assumption space"
        " ({share}), while at the stated values {versus} leads; {flips}."
        if behind
        else "{name} beats {versus} in {label} at {ahead} of {points} points of the assumption"
        " space ({share}); {flips}.",
        name=result.name,
        versus=result.versus,
        label=result.label,
        ahead=f"{found.ahead:g}",
        points=found.points,
        share=_share(found.share, found.low, found.high),
        flips=flips(result),
    )


def _level(result: Sensitivity) -> str:
    scale = result.scale()
    clauses = [
        say(
            "{label} of {name} is {amount} at the stated values{interval}",
            label=result.label,
            name=result.name,
            amount=scale.amount(result.baseline.mean),
            interval=_interval(scale, result.baseline),
        )
    ]
    known = result.sample["outcome"].dropna()
    if len(known):
        low, high = (scale.number(float(known.quantile(at))) for at in (0.05, 0.95))
        clauses[0] = say(
            "{clause}, and {low} to {high} in nine of ten of {points} points of the assumption"
            " space",
            clause=clauses[0],
            low=low,
            high=high,
            points=len(known),
        )
    strongest = list(result.screening["path"][result.screening["mu_star"] > 0.0][:_MOST_NAMED])
    if strongest:
        paths = listed(strongest)
        clauses.append(say("in the screening it moves most with {paths}", paths=paths))
    return say("{clauses}.¦of a level", clauses=say("; ¦between findings").join(clauses))


def at_stated_values(result: Sensitivity) -> str:
    """Say which of two scenarios leads at the stated values.

    Parameters
    ----------
    result : Sensitivity
        With a second scenario.
    """
    scale, lead = result.scale(), result.baseline
    ahead = told(lead) * direction(result.metric)
    pairs = say("{n} pair of runs" if lead.n == 1 else "{n} pairs of runs", n=lead.n)
    if not ahead:
        return say(
            "At the stated values {name} and {versus} cannot be told apart in {label}: difference"
            " {amount}{interval}.",
            name=result.name,
            versus=result.versus,
            label=result.label,
            amount=scale.amount(lead.mean),
            interval=_interval(scale, lead, pairs),
        )
    first, second = (result.name, result.versus) if ahead > 0 else (result.versus, result.name)
    if lead.mean < 0.0 and lead.low is not None and lead.high is not None:
        lead = Estimate(-lead.mean, -lead.high, -lead.low, lead.n)
    return say(
        "At the stated values {first} beats {second} in {label} by {amount}{interval}.",
        first=first,
        second=second,
        label=result.label,
        amount=scale.amount(lead.mean),
        interval=_interval(scale, lead, pairs),
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
        return say("no assumption was tested alone")
    if not told(result.baseline):
        return say("at the stated values they cannot be told apart, so there is no lead to flip")
    found = []
    for kind, sentence in _FLIPS.items():
        rows = result.tornado[result.tornado["verdict"] == kind]
        ends = [
            say("{path} is {value}", path=row["path"], value=amount(row["value"]))
            for row in rows_of(rows)
        ]
        if len(ends) > _MOST_NAMED:
            more = say("at {count} more ends", count=len(ends) - _MOST_NAMED)
            ends = [*ends[:_MOST_NAMED], more]
        if ends:
            found.append(say(sentence, ends=say(" or ¦between ends").join(ends)))
    if not found:
        found = [
            say("none of the {tested} strongest assumptions flips the lead alone", tested=tested)
        ]
    unsure = int((result.tornado["verdict"] == "open").sum())
    if unsure:
        found.append(
            say(
                "at {unsure} of the {ends} ends the lead is within luck",
                unsure=unsure,
                ends=len(result.tornado),
            )
        )
    return say("; ¦between findings").join(found)


def closing(result: Sensitivity) -> str:
    """Say what the figures rest on, and what is missing.

    Parameters
    ----------
    result : Sensitivity
    """
    counts = result.assumptions["status"].value_counts()
    lines = [
        say(
            "{varied} assumptions varied, {inert} without effect here; {runs} runs; seed {seed}.",
            varied=counts.get("varied", 0),
            inert=counts.get("without effect", 0),
            runs=f"{result.runs:,}",
            seed=result.seed,
        )
    ]
    if result.missing:
        phases = listed([say(_PHASES[phase]) for phase in result.missing])
        lines.insert(0, say("Interrupted: without {phases}.", phases=phases))
    if result.dropped:
        lines.append(
            say(
                "{points} points without {label} were left out.",
                points=result.dropped,
                label=result.label,
            )
        )
    return paragraph(lines)


def summary(result: Sensitivity) -> str:
    """Say what came out, in plain text of at most 30 lines.

    Parameters
    ----------
    result : Sensitivity
    """
    scale = result.scale()
    lines = [verdict(result)]
    if result.survival is not None:
        lines += [at_stated_values(result), say(LUCK_NOTE)]
    lines += ["", say("Screening (mean effect of going through the range, 95 % interval):")]
    for row in rows_of(result.screening.head(_MOST_LINES)):
        effect = Estimate(row["mu"], row["mu_low"], row["mu_high"], row["n"])
        figure = f"{scale.amount(effect.mean)}{_interval(scale, effect)}"
        lines.append(f"  {say('{label}: {figure}', label=row['path'], figure=figure)}")
    if len(result.variance):
        lines.append(
            say("Share of the variance, with interactions, all others at their stated values:")
        )
        for row in rows_of(result.variance.head(_MOST_LINES)):
            low, high = row["total_low"], row["total_high"]
            figure = f"{row['total']:.2f}"
            if low is not None and high is not None:
                span = say("{low} to {high}", low=f"{low:.2f}", high=f"{high:.2f}")
                figure = say("{number} ({span})", number=figure, span=span)
            lines.append(f"  {say('{label}: {figure}', label=factor_said(row), figure=figure)}")
    return "\n".join([*lines, closing(result)])


LUCK_NOTE = marked(
    "Each point is one pair of runs with luck of its own: its share counts bad luck as well as"
    " wrong assumptions."
)


def factor_said(row: Mapping[str, Any]) -> str:
    """Name what takes a share of the variance: an assumption by its path, or luck.

    Parameters
    ----------
    row : mapping
        Of the table of the variance.
    """
    return say("luck") if row["factor"] == "luck" else str(row["factor"])


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
    if span and more:
        return say(" (95 % interval {span}, {pairs})", span=span, pairs=more)
    if span:
        return say(" (95 % interval {span})", span=span)
    return say(" ({pairs})", pairs=more) if more else ""


def _share(share: float, low: float | None, high: float | None) -> str:
    said = with_unit(f"{100.0 * share:.0f}", "%")
    if low is None or high is None:
        return said
    return say(
        "{share}, 95 % interval {low} to {high} %",
        share=said,
        low=f"{100.0 * low:.0f}",
        high=f"{100.0 * high:.0f}",
    )
