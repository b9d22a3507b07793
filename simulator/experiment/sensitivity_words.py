"""What a sensitivity analysis allows one to say, no more than its intervals claim."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from simulator.experiment.assumption_labels import assumption_label
from simulator.experiment.quantities import Scale, size_of, told
from simulator.experiment.statistics import Estimate
from simulator.experiment.wording import paragraph
from simulator.languages.messages import listed, marked, say
from simulator.metrics.definitions import METRICS
from simulator.metrics.units import with_unit

if TYPE_CHECKING:
    from simulator.experiment.sensitivity import Sensitivity, Survival

# Over the whole space; each is said of the one that leads at the stated values.
_SURVIVALS = {
    "survives": marked(
        "The verdict survives wrong assumptions: {leader} beats {other} in {label} at {ahead} of"
        " {points} points drawn over the whole ranges of all of them at once ({share})."
    ),
    "likely": marked(
        "The verdict depends on the assumptions, but is more likely right than wrong: {leader}"
        " beats {other} in {label} at {ahead} of {points} points drawn over the whole ranges of"
        " all of them at once ({share})."
    ),
    "open": marked(
        "The verdict depends on the assumptions, either may be ahead: {leader} beats {other} in"
        " {label} at {ahead} of {points} points drawn over the whole ranges of all of them at once"
        " ({share})."
    ),
    "fails": marked(
        "The verdict does not survive wrong assumptions: {leader} beats {other} in {label} at only"
        " {ahead} of {points} points drawn over the whole ranges of all of them at once ({share})."
    ),
    "none": marked(
        "There is no verdict that could survive, at the stated values luck leaves it open:"
        " {leader} beats {other} in {label} at {ahead} of {points} points drawn over the whole"
        " ranges of all assumptions at once ({share})."
    ),
}
TIMES = "times as stated"
"""The unit of a law, which is varied by a factor on its times."""
SURVIVES = 0.75
"""A verdict survives if it can be told to hold in more than this share of the space."""
_EVEN = 0.5
_FLIPS = {
    "flips": marked("Alone, {ends} flips the lead."),
    "may flip": marked("Alone, {ends} may flip the lead."),
}
_PHASES = {
    "the rest of the screening": marked("the rest of the screening"),
    "the sample of the space": marked("the sample of the space"),
    "the tornado": marked("the tornado"),
    "the shares of the variance": marked("the shares of the variance"),
}
_MOST_NAMED = 3
_MOST_LINES = 8


def findings(result: Sensitivity) -> list[str]:
    """Say what came out, the answer first; of a single scenario it is one sentence.

    Parameters
    ----------
    result : Sensitivity
    """
    if result.versus is None:
        return [_level(result)]
    if result.survival is None:
        return [at_stated_values(result)]
    found = result.survival
    return [_survives(result, found), at_stated_values(result), *_decisive(result, found.leader),
            *alone(result)]  # fmt: skip


def _survives(result: Sensitivity, found: Survival) -> str:
    low, high = (found.share if end is None else end for end in (found.low, found.high))
    if not told(result.baseline):
        kind = "none"
    elif found.low is None:
        kind = "open"  # one point tells nothing
    elif low > SURVIVES:
        kind = "survives"
    else:
        kind = "likely" if low > _EVEN else "fails" if high < _EVEN else "open"
    return say(
        _SURVIVALS[kind],
        leader=found.leader,
        other=found.other,
        label=result.label,
        ahead=f"{found.ahead:g}",
        points=found.points,
        share=_share(found.share, found.low, found.high),
    )


def _decisive(result: Sensitivity, leader: str) -> list[str]:
    """Say by which assumption's halves the answer differs, or that luck may make any differ."""
    halves: dict[str, dict[str, Mapping[str, Any]]] = {}
    for row in rows_of(result.halves):
        halves.setdefault(row["path"], {})[row["half"]] = row
    pairs = [(each["lower"], each["upper"]) for each in halves.values() if len(each) > 1]
    if not pairs:
        return []
    pairs.sort(key=lambda pair: -abs(pair[0]["share"] - pair[1]["share"]))
    sure = [_halves(pair, leader) for pair in pairs if pair[0]["told"]][:_MOST_NAMED]
    if sure:
        return [say("What decides most is {assumptions}.", assumptions=listed(sure))]
    return [
        say(
            "No single assumption can be told to decide this; the largest difference, which may be"
            " luck, is made by {assumption}.",
            assumption=_halves(pairs[0], leader),
        )
    ]


def _halves(pair: tuple[Mapping[str, Any], Mapping[str, Any]], leader: str) -> str:
    lower, upper = pair
    return say(
        "“{assumption}” ({leader} is ahead at {low} of {lows} points in the lower half of its"
        " range, at {high} of {highs} in the upper)",
        leader=leader,
        assumption=assumption_label(lower["path"]),
        low=f"{lower['ahead']:g}",
        lows=lower["points"],
        high=f"{upper['ahead']:g}",
        highs=upper["points"],
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
    strongest = result.screening["path"][result.screening["mu_star"] > 0.0][:_MOST_NAMED]
    if len(strongest):
        names = listed([say("“{name}”", name=assumption_label(path)) for path in strongest])
        clauses.append(say("in the screening it moves most with {assumptions}", assumptions=names))
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
            "At the stated values {name} and {versus} cannot be told apart in {label}: {versus}"
            " minus {name} is {amount}{interval}.",
            name=result.name,
            versus=result.versus,
            label=result.label,
            amount=scale.amount(lead.mean),
            interval=_interval(scale, lead, pairs),
        )
    first, second = (result.versus, result.name) if ahead > 0 else (result.name, result.versus)
    lead = size_of(lead)
    return say(
        "At the stated values {first} beats {second} in {label} by {amount}{interval}.",
        first=first,
        second=second,
        label=result.label,
        amount=scale.amount(lead.mean),
        interval=_interval(scale, lead, pairs),
    )


def alone(result: Sensitivity) -> list[str]:
    """Say which assumptions turn the lead at the stated values when they alone are at an end.

    Parameters
    ----------
    result : Sensitivity
        With a second scenario.
    """
    tested = result.tornado["path"].nunique()
    if not tested:
        return [say("No assumption was tested alone.")]
    if not told(result.baseline):
        return [say("There is no lead that an assumption alone could flip.")]
    found = []
    laws = laws_of(result)
    for kind, sentence in _FLIPS.items():
        ends = [
            say(
                "“{assumption}” at {value}",
                assumption=assumption_label(row["path"]),
                value=amount(row["value"], row["path"] in laws),
            )
            for row in rows_of(result.tornado[result.tornado["verdict"] == kind])
        ]
        if len(ends) > _MOST_NAMED:
            more = say("one of {count} more ends", count=len(ends) - _MOST_NAMED)
            ends = [*ends[:_MOST_NAMED], more]
        if ends:
            found.append(say(sentence, ends=say(" or ¦between ends").join(ends)))
    if not found:
        found = [
            say("None of the {tested} strongest assumptions flips the lead alone.", tested=tested)
        ]
    unsure = int((result.tornado["verdict"] == "open").sum())
    if unsure:
        found.append(
            say(
                "At {unsure} of the {ends} ends of their ranges the lead is within luck.",
                unsure=unsure,
                ends=len(result.tornado),
            )
        )
    return found


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
    lines = findings(result)
    if result.survival is not None:
        lines.append(say(LUCK_NOTE))
    lines += ["", say("Screening (mean effect of going through the range, 95 % interval):")]
    for row in rows_of(result.screening.head(_MOST_LINES)):
        effect = Estimate(row["mu"], row["mu_low"], row["mu_high"], row["n"])
        figure = f"{scale.amount(effect.mean)}{_interval(scale, effect)}"
        lines.append(
            f"  {say('{label}: {figure}', label=assumption_label(row['path']), figure=figure)}"
        )
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
    """Name what takes a share of the variance: an assumption, or luck.

    Parameters
    ----------
    row : mapping
        Of the table of the variance.
    """
    return say("luck") if row["factor"] == "luck" else assumption_label(str(row["factor"]))


def direction(metric: str) -> int:
    """Return 1 if more of a metric is better (or neither), -1 if less is.

    Parameters
    ----------
    metric : str
    """
    return -1 if METRICS[metric].better == "lower" else 1


def laws_of(result: Sensitivity) -> set[str]:
    """Return the paths of the laws, whose values are factors on their times.

    Parameters
    ----------
    result : Sensitivity
    """
    return set(result.assumptions["path"][result.assumptions["unit"] == TIMES])


def amount(value: float, law: bool = False) -> str:
    """Write the value of an assumption, short; of a law as the factor that it is.

    Parameters
    ----------
    value : float
    law : bool
    """
    written = f"{value:,.3g}" if abs(value) < 1e3 else f"{value:,.0f}"
    return f"× {written}" if law else written


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
