"""How decisions, measures, amounts and cases of a search for incentives are spoken of."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from simulator.experiment.quantities import Scale, size_of
from simulator.experiment.statistics import Estimate
from simulator.experiment.wording import metric_said, team_said
from simulator.languages.languages import spoken
from simulator.languages.messages import listed, marked, say
from simulator.metrics.team_labels import TEAM_LABELS, team_label
from simulator.metrics.units import with_unit

_MILLION = 1e6


# ------------------------------------------------------------------ decisions


@dataclass(frozen=True, slots=True)
class Phrase:
    """How a decision is spoken of, in English as the catalogue has it.

    Attributes
    ----------
    name : str
        In tables.
    lower, higher : str
        What its department does when it lowers or raises it, a clause with the places ``team``,
        ``old`` and ``new``.
    kind : {"number", "share"}
        How its values are written.
    """

    name: str
    lower: str
    higher: str
    kind: Literal["number", "share"] = "share"


DECISIONS: Mapping[str, Phrase] = {
    "marketing.mql_cutoff": Phrase(
        marked("score needed for an MQL"),
        marked("{team} passes on weaker inquiries, lowering its cutoff for MQLs from {old} to"
               " {new}"),
        marked("{team} passes on only better inquiries, raising its cutoff for MQLs from {old} to"
               " {new}"),
        "number"),
    "inside_sales.booking_cutoff": Phrase(
        marked("chance needed to book"),
        marked("{team} books less likely buyers, lowering the chance of winning that it asks for"
               " from {old} to {new}"),
        marked("{team} books only likely buyers, raising the chance of winning that it asks for"
               " from {old} to {new}")),
    "inside_sales.discovery_depth": Phrase(
        marked("depth of first talks"),
        marked("{team} asks less in its first talks, lowering their depth from {old} to {new}"),
        marked("{team} asks more in its first talks, raising their depth from {old} to {new}")),
    "inside_sales.recycle_share": Phrase(
        marked("time for returning buyers"),
        marked("{team} keeps less time for buyers who come back, lowering its share from {old} to"
               " {new}"),
        marked("{team} keeps more time for buyers who come back, raising its share from {old} to"
               " {new}")),
    "inside_sales.recording": Phrase(
        marked("what it writes down"),
        marked("{team} writes down less of what it learned, lowering that share from {old} to"
               " {new}"),
        marked("{team} writes down more of what it learned, raising that share from {old} to"
               " {new}")),
    "field_sales.walk_away_cutoff": Phrase(
        marked("chance needed to go on"),
        marked("{team} gives up fewer weak opportunities, lowering the chance of winning needed to"
               " go on from {old} to {new}"),
        marked("{team} gives up more weak opportunities, raising the chance of winning needed to"
               " go on from {old} to {new}")),
    "field_sales.promise": Phrase(
        marked("promises beyond delivery"),
        marked("{team} promises less beyond what will be delivered, lowering that from {old} to"
               " {new}"),
        marked("{team} promises more beyond what will be delivered, raising that from {old} to"
               " {new}")),
    "field_sales.recording": Phrase(
        marked("what it hands over"),
        marked("{team} hands over less of what it learned, lowering that share from {old} to"
               " {new}"),
        marked("{team} hands over more of what it learned, raising that share from {old} to"
               " {new}")),
    "field_sales.record_loss_reason": Phrase(
        marked("true reasons of losses"),
        marked("{team} records the true reason of fewer losses, lowering their share from {old} to"
               " {new}"),
        marked("{team} records the true reason of more losses, raising their share from {old} to"
               " {new}")),
    "customer_success.proactive_share": Phrase(
        marked("time for reviews"),
        marked("{team} keeps less time free of claims for reviews and expansion, lowering its share"
               " from {old} to {new}"),
        marked("{team} keeps more time free of claims for reviews and expansion, raising its share"
               " from {old} to {new}")),
}  # fmt: skip
CHANNEL = Phrase(
    marked("budget of {channel}"),
    marked("{team} spends less on {channel}, lowering the factor on its budget from {old} to"
           " {new}"),
    marked("{team} spends more on {channel}, raising the factor on its budget from {old} to"
           " {new}"),
    "number",
)  # fmt: skip
"""For every channel; it has the place ``channel``, too."""


def phrase_of(path: str) -> Phrase:
    """Return how a decision is spoken of.

    Parameters
    ----------
    path : str
        Below ``decisions``.
    """
    return DECISIONS.get(path, CHANNEL)


def decision_name(path: str) -> str:
    """Write a decision as in tables."""
    return say(phrase_of(path).name, **_channel(path))


def doing(path: str, before: float, after: float) -> str:
    """Say what a department does when it changes a decision, as a clause.

    Parameters
    ----------
    path : str
        Below ``decisions``.
    before, after : float
    """
    phrase = phrase_of(path)
    return say(
        phrase.lower if after < before else phrase.higher,
        team=team_label(path.partition(".")[0]),
        old=value_of(path, before),
        new=value_of(path, after),
        **_channel(path),
    )


def _channel(path: str) -> dict[str, str]:
    """Return what only a phrase of a channel has a place for."""
    known = path in DECISIONS
    return {} if known else {"channel": path.rpartition(".")[2].replace("_", " ")}


def value_of(path: str, value: float) -> str:
    """Write the value of a decision."""
    if phrase_of(path).kind == "share":
        decimals = 1 if 0.0 < abs(value) < 0.0995 else 0
        return with_unit(f"{100.0 * value:.{decimals}f}", "%")
    return f"{value + 0.0:.2f}"


# ------------------------------------------------------------------ measures and amounts


AMOUNTS: Mapping[str, str] = {
    "mrr_end": marked("MRR at end"), "mql_count": marked("MQLs"), "sql_count": marked("SQLs"),
    "bookings": marked("bookings"), "profit": marked("contribution"),
    "logo_churn": marked("customer churn"), "claims_late_share": marked("claims answered late"),
    "onboarding_late_share": marked("onboardings done late"),
}  # fmt: skip
"""Names of metrics within a sentence, where their label would be too long."""
IN_TIME: Mapping[str, str] = {
    "claims_late_share": marked("claims answered in time"),
    "onboarding_late_share": marked("onboardings done in time"),
}
"""How the rest of a share that is late is called."""


def metric_name(metric: str) -> str:
    """Write a metric within a sentence."""
    if metric in AMOUNTS:
        return say(AMOUNTS[metric])
    return metric_said(metric)


def levels_of(metric: str, currency: str, sizes: Iterable[float]) -> Scale:
    """Return the scale of levels of a metric: shares are in %, not in % points."""
    scale = Scale.of(metric, currency, sizes)
    return Scale(scale.factor, scale.decimals, scale.unit.replace(say("% points"), "%"))


def percent(change: Estimate, signed: bool = False) -> str:
    """Write a proportion as % with its interval, as an amount unless its sign is to be seen."""
    size = change if signed else size_of(change)
    if not math.isfinite(size.mean):
        return "-"
    decimals = 0 if abs(size.mean) >= 0.0995 else 1

    def number(value: float) -> str:
        return f"{round(100.0 * value, decimals) + 0.0:.{decimals}f}"

    mean = with_unit(number(size.mean), "%")
    if size.low is None or size.high is None:
        return mean
    return in_brackets(mean, say("{low} to {high}", low=number(size.low), high=number(size.high)))


def in_brackets(size: str, span: str) -> str:
    """Write a size with its interval, if it has one."""
    return say("{size} ({span})", size=size, span=span) if span else size


def per_cost(metric: str, currency: str, gains: Sequence[Estimate]) -> list[tuple[str, str]]:
    """Write what a million of extra cost brings, all in one scale: sizes and their intervals.

    Parameters
    ----------
    metric : str
    currency : str
    gains : sequence of Estimate
        Of the metric per unit of currency.
    """
    scale = Scale.of(metric, currency, [_MILLION * each.mean for each in gains])
    many = Scale(_MILLION * scale.factor, scale.decimals, scale.unit)
    return [(many.amount(each.mean), many.span(each)) for each in gains]


# ------------------------------------------------------------------ teams, cases, searches


_PARTS: Mapping[str, str] = {
    "shared KPI": marked("shared KPI"),
    "agreed definition": marked("agreed definition"),
    "RevOps": marked("RevOps¦remedy"),
}
_BETWEEN = " + "
_STATUSES: Mapping[str, str] = {
    "equilibrium": marked("equilibrium¦search"),
    "cycle": marked("cycle¦search"),
    "not converged": marked("not converged¦search"),
    "interrupted": marked("interrupted¦search"),
}


def sharers(who: str) -> str:
    """Write who shares: a department, or all together."""
    return team_label(who) if who in TEAM_LABELS else say("all together")


def with_weight(who: str, weight: float) -> str:
    """Write who shares how much, as a search is called.

    Parameters
    ----------
    who : str
        A department, or ``all together``.
    weight : float
    """
    name = team_said(who) if who in TEAM_LABELS else say("all together")
    return say("{who} {weight}", who=name, weight=f"{weight:g}")


def remedy_name(case: str) -> str:
    """Write a combination of remedies.

    Parameters
    ----------
    case : str
        Its name: ``shared KPI + RevOps``.
    """
    return _BETWEEN.join(say(_PARTS.get(each, each)) for each in case.split(_BETWEEN))


def status_shown(status: str) -> str:
    """Write how a search ended."""
    return say(_STATUSES[status])


# ------------------------------------------------------------------ sentences


def sentence(*parts: str) -> str:
    """Close a sentence of clauses, each of which could stand alone."""
    if spoken() == "ja":
        return "".join(f"{each}。" for each in parts)
    text = clauses(parts)
    return f"{text[:1].upper()}{text[1:]}".removesuffix(".") + "."


def clauses(parts: Iterable[str]) -> str:
    """Write clauses with semicolons between."""
    return ("；" if spoken() == "ja" else "; ").join(parts)


def any_of(items: Sequence[str]) -> str:
    """Write things of which none can be told from another."""
    return listed(items, "and" if spoken() == "ja" else "or")


def side_by_side(items: Iterable[str]) -> str:
    """Write items with commas between, without "and"."""
    return ("、" if spoken() == "ja" else ", ").join(items)
