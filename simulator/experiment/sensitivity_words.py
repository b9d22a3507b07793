"""What a sensitivity analysis allows one to say, no more than its intervals claim."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
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
    "unknown": marked(
        "There is no verdict that could survive, at the stated values it is not known who leads:"
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
_BEYOND_ENDS = marked(
    "At {count} of the {ends} ends of their ranges it is not known who leads: {label} is longer"
    " than what was seen in a run."
)
_MISSING_ENDS = marked(
    "At {count} of the {ends} ends of their ranges it is not known who leads: {label} is missing."
)
BEYOND = marked("longer than seen")
"""Instead of the figures of an assumption that makes a time longer than what was seen."""
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
    if not math.isfinite(result.baseline.mean):
        kind = "unknown"
    elif not told(result.baseline):
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
    clauses = [_over_the_space(result, _at_stated(result))]
    strongest = moving(result)[:_MOST_NAMED]
    if strongest:
        names = listed([say("“{name}”", name=assumption_label(path)) for path in strongest])
        clauses.append(say("in the screening it moves most with {assumptions}", assumptions=names))
    return say("{clauses}.¦of a level", clauses=say("; ¦between findings").join(clauses))


def _at_stated(result: Sensitivity) -> str:
    scale, level = result.scale(), result.baseline
    if math.isfinite(level.mean):
        return say(
            "{label} of {name} is {amount} at the stated values{interval}",
            label=result.label,
            name=result.name,
            amount=scale.amount(level.mean),
            interval=_interval(scale, level),
        )
    return say(
        "{label} of {name} is not known at the stated values (longer than what was seen in {beyond}"
        " of {n} runs)"
        if result.beyond
        else "{label} of {name} is missing in every run at the stated values",
        label=result.label,
        name=result.name,
        beyond=result.beyond,
        n=result.beyond + level.n,
    )


def _over_the_space(result: Sensitivity, clause: str) -> str:
    """Add to a clause where the result lies in nine of ten points."""
    known = np.sort(result.sample["outcome"].dropna().to_numpy())
    if not len(known):
        return clause
    seen = known[np.isfinite(known)]
    at = [end * (len(known) - 1) for end in (0.05, 0.95)]
    low, high = (
        # Between two points, unless one of them is longer than what was seen.
        float(np.interp(each, np.arange(len(seen)), seen)) if each <= len(seen) - 1 else math.inf
        for each in at
    )
    scale = result.scale()
    figures = {"clause": clause, "low": scale.number(low), "points": len(known)}
    if math.isinf(low):
        return say(
            "{clause}, and longer than what was seen at {beyond} of {points} points of the"
            " assumption space",
            beyond=len(known) - len(seen),
            **figures,
        )
    if math.isinf(high):
        return say(
            "{clause}, and {low} to longer than what was seen in nine of ten of {points} points of"
            " the assumption space",
            **figures,
        )
    return say(
        "{clause}, and {low} to {high} in nine of ten of {points} points of the assumption space",
        high=scale.number(high),
        **figures,
    )


def at_stated_values(result: Sensitivity) -> str:
    """Say which of two scenarios leads at the stated values.

    Parameters
    ----------
    result : Sensitivity
        With a second scenario.
    """
    scale, lead = result.scale(), result.baseline
    if not math.isfinite(lead.mean):
        return say(
            "At the stated values it is not known which of {name} and {versus} leads in {label}: it"
            " is longer than what was seen in {beyond} of {n} pairs of runs."
            if result.beyond
            else "At the stated values {label} of {name} and {versus} cannot be compared: it is"
            " missing in every pair of runs.",
            name=result.name,
            versus=result.versus,
            label=result.label,
            beyond=result.beyond,
            n=result.beyond + lead.n,
        )
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
    if not math.isfinite(result.baseline.mean):
        return [say("Whether an assumption alone flips the lead is not known, as the lead is not.")]
    if not told(result.baseline):
        return [say("There is no lead that an assumption alone could flip.")]
    ends_of = result.tornado["verdict"].value_counts()
    beyond, missing, unsure = (int(ends_of.get(k, 0)) for k in ("beyond", "missing", "open"))
    known = len(result.tornado) - beyond - missing
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
    if not found and known == len(result.tornado):
        found = [
            say("None of the {tested} strongest assumptions flips the lead alone.", tested=tested),
            *_together(result),
        ]
    elif not found and known:
        found = [
            say(
                "Alone, none of the {tested} strongest assumptions flips the lead at the {known}"
                " ends of their ranges at which it is known.",
                tested=tested,
                known=known,
            )
        ]
    for count, sentence in ((beyond, _BEYOND_ENDS), (missing, _MISSING_ENDS)):
        if count:
            ends_there = len(result.tornado)
            found.append(say(sentence, count=count, ends=ends_there, label=result.label))
    if unsure:
        found.append(
            say(
                "At {unsure} of the {ends} ends of their ranges the lead is within luck.",
                unsure=unsure,
                ends=len(result.tornado),
            )
        )
    return found


def _together(result: Sensitivity) -> list[str]:
    """Say that a lead which no assumption flips alone is lost by many at once."""
    found = result.survival
    if found is None or found.low is None or found.low > SURVIVES:
        return []
    return [
        say(
            "Many small changes together, and luck, do: the lead is lost at {lost} of {points}"
            " points.",
            lost=f"{found.points - found.ahead:g}",
            points=found.points,
        )
    ]


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
    if not result.missing and not len(result.variance) and moving(result):
        lines.append(
            say(
                "Shares of the variance are not known: {label} is longer than what was seen in one"
                " of the runs for them, or missing in too many.",
                label=result.label,
            )
        )
    if result.dropped:
        lines.append(
            say(
                "{points} points without {label} were left out.",
                points=result.dropped,
                label=result.label,
            )
        )
    return paragraph(lines)


def moving(result: Sensitivity) -> list[str]:
    """Return the assumptions that move the metric in the screening, the strongest first.

    Parameters
    ----------
    result : Sensitivity
    """
    return list(result.screening["path"][result.screening["mu_star"] > 0.0])


def beyond_of(result: Sensitivity) -> set[str]:
    """Return the assumptions that make the metric longer than what was seen in the screening.

    Parameters
    ----------
    result : Sensitivity
    """
    return set(result.screening["path"][np.isinf(result.screening["mu_star"])])


def effect_said(row: Mapping[str, Any], beyond: set[str], written: Callable[[float], str]) -> str:
    """Write the mean effect of an assumption, or say that it was not seen.

    Parameters
    ----------
    row : mapping
        Of the table of the screening.
    beyond : set of str
        From :func:`beyond_of`.
    written : callable
        How a number is written.
    """
    if row["path"] in beyond:
        return say(BEYOND)
    return say("not known¦effect") if row["mu"] is None else written(row["mu"])


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
    beyond = beyond_of(result)
    for row in rows_of(result.screening.head(_MOST_LINES)):
        mean = math.nan if row["mu"] is None else row["mu"]
        effect = Estimate(mean, row["mu_low"], row["mu_high"], row["n"])
        figure = f"{effect_said(row, beyond, scale.amount)}{_interval(scale, effect)}"
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
