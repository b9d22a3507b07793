"""What a comparison allows one to say, first as facts and then in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from simulator.experiment.differences import SIGNIFICANT
from simulator.experiment.quantities import Scale
from simulator.experiment.statistics import holm
from simulator.languages.messages import listed

Kind = Literal["more", "less", "open", "same", "single", "missing"]

# How a sentence about the main figure begins, what it is called in it, and its own name.
_MAIN = {
    "mrr_end": ("ends with", "MRR", "final MRR"),
    "revenue": ("takes in", "revenue", "revenue"),
}
_BESIDE = {"profit": "contribution (gross margin less cost)", "logo_churn": "customer churn"}
_TOLD = ("more", "less")
BESIDE = tuple(_BESIDE)
"""Metrics that a verdict mentions besides the main one, if they differ."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What can be said of one metric of one scenario against the reference.

    Attributes
    ----------
    scenario, reference, metric : str
    kind : {"more", "less", "open", "same", "single", "missing"}
        Whether the scenario has more or less of it beyond luck; ``open`` if that cannot be told;
        ``same`` if all replications are alike; ``single`` if there is one replication only;
        ``missing`` if the metric is in no pair.
    difference : float
        Scenario minus reference, mean over pairs, in the unit of the metric.
    low, high : float or None
        Its 95 % interval.
    relative : float or None
        Difference / size of the reference's mean.
    n : int
        Number of pairs.
    p : float
        Of there being no difference, with Holm's correction over the scenarios; NaN with fewer
        than two pairs.
    """

    scenario: str
    reference: str
    metric: str
    kind: Kind
    difference: float
    low: float | None
    high: float | None
    relative: float | None
    n: int
    p: float


@dataclass(frozen=True, slots=True)
class Ranking:
    """Which of several scenarios is best in the main metric.

    Attributes
    ----------
    metric : str
    best : str
        The scenario with the best mean.
    mean : float
        Its mean.
    alike : tuple of str
        Scenarios that cannot be told from it, with Holm's correction over all pairs of scenarios
        (all, since the best was picked after looking).
    """

    metric: str
    best: str
    mean: float
    alike: tuple[str, ...]


def verdict(
    main: Sequence[Finding], beside: Sequence[Finding], ranking: Ranking | None, currency: str
) -> str:
    """Say in a few sentences what was found, and nothing beyond the intervals.

    Parameters
    ----------
    main : sequence of Finding
        The main metric, one for each scenario but the reference.
    beside : sequence of Finding
        Other metrics; only those that differ are mentioned, and only of a single scenario. What
        is claimed of it then holds with Holm's correction over the main metric and these.
    ranking : Ranking or None
        With three scenarios or more.
    currency : str
    """
    if len(main) == 1:
        first = _sentence(main[0], currency)
        # The main question is asked first and alone; what stands beside it is corrected.
        called = [one for one in _told_together(beside) if one.kind in _TOLD]
        second = " and ".join(_beside(one, currency) for one in called)
        return f"{first} Its {second}." if second else first
    return f"{_order(main, ranking, currency)} Against {main[0].reference}: " + (
        "; ".join(f"{one.scenario} {_clause(one, currency)}" for one in main) + "."
    )


def _told_together(findings: Sequence[Finding]) -> list[Finding]:
    """Leave open what Holm's correction over all of them takes back."""
    return [
        replace(one, kind="open") if one.kind in _TOLD and not p <= SIGNIFICANT else one
        for one, p in zip(findings, holm([one.p for one in findings]), strict=True)
    ]


def _sentence(one: Finding, currency: str) -> str:
    begins, what, name = _MAIN[one.metric]
    if one.kind == "missing":
        return f"{name[0].upper()}{name[1:]} of {one.scenario} and {one.reference} is missing."
    if one.kind == "same":
        return f"{one.scenario} {begins} exactly as much {what} as {one.reference}{_runs(one)}."
    size = _figures(one, currency)
    if one.kind == "single":
        return (
            f"{one.scenario} {begins} {size.difference} {size.direction} {what} than"
            f" {one.reference} in one replication; whether that is more than luck cannot be told"
            " from one replication."
        )
    if one.kind == "open" and _always_the_same(one):
        return (
            f"{one.scenario} {begins} {size.difference} {size.direction} {what} than"
            f" {one.reference} in each of {one.n} paired replications; whether that is more than"
            " luck cannot be told from so few."
        )
    if one.kind == "open":
        return (
            f"No difference in {name} between {one.scenario} and {one.reference} can be"
            f" told: it lies between {size.both_sides}{_runs(one)}."
        )
    return (
        f"{one.scenario} {begins} {size.difference} {size.direction} {what} than {one.reference}"
        f" (95 % interval {size.interval} {size.direction}{size.relative}){_runs(one)}."
    )


def _clause(one: Finding, currency: str) -> str:
    if one.kind == "missing":
        return "not comparable"
    if one.kind == "same":
        return "exactly the same"
    size = _figures(one, currency)
    if one.kind == "single":
        return f"{size.difference} {size.direction} in one replication"
    if one.kind == "open" and _always_the_same(one):
        return f"{size.difference} {size.direction} in each pair, too few to tell it from luck"
    if one.kind == "open":
        # Holm's correction may take back what one interval alone would say.
        alone = "alone " if _excludes_zero(one) else ""
        return f"not to be told apart ({alone}between {size.both_sides})"
    return f"{size.difference} {size.direction} ({size.interval} {size.direction}{size.relative})"


def _beside(one: Finding, currency: str) -> str:
    size = _figures(one, currency)
    direction = "higher" if one.kind == "more" else "lower"
    return f"{_BESIDE[one.metric]} is {size.difference} {direction} ({size.interval} {direction})"


def _order(main: Sequence[Finding], ranking: Ranking | None, currency: str) -> str:
    begins, what, name = _MAIN[main[0].metric]
    if all(one.kind == "same" for one in main):
        return f"All {len(main) + 1} have exactly the same {name}."
    if ranking is None:
        return f"Which has the best {name} cannot be told."
    mean = Scale.of(ranking.metric, currency, (ranking.mean,)).amount(ranking.mean)
    pairs = max(one.n for one in main)
    if len(ranking.alike) == len(main):
        return (
            f"Which of the {len(main) + 1} {begins} the most {what} cannot be told (highest mean:"
            f" {ranking.best}, {mean}), over {pairs} paired replications."
        )
    if ranking.alike:
        return (
            f"Highest mean {name}: {ranking.best} ({mean}), over {pairs} paired replications; not"
            f" to be told apart from it: {listed(ranking.alike)}."
        )
    return (
        f"{ranking.best} {begins} the most {what} ({mean}), over {pairs} paired replications; more"
        " than luck against each of the others."
    )


def _excludes_zero(one: Finding) -> bool:
    return one.low is not None and one.high is not None and one.low * one.high > 0.0


def _always_the_same(one: Finding) -> bool:
    """Tell whether all pairs differ by one amount: no interval, and no proof with a few pairs."""
    return _excludes_zero(one) and one.low == one.high


def _runs(one: Finding) -> str:
    return f", over {one.n} paired replication{'s' if one.n != 1 else ''}"


# ------------------------------------------------------------------ figures in sentences


@dataclass(frozen=True, slots=True)
class _Figures:
    """A difference as it stands in a sentence."""

    difference: str
    direction: str
    interval: str
    both_sides: str
    relative: str


def _figures(one: Finding, currency: str) -> _Figures:
    low, high = (0.0, 0.0) if one.low is None or one.high is None else (one.low, one.high)
    scale = Scale.of(one.metric, currency, (one.difference, low, high))
    near, far = sorted((abs(low), abs(high)))

    def size(value: float) -> str:
        amount = scale.amount(abs(value))
        return amount.replace("% points", "percentage points").replace("points/", "points a ")

    def side(value: float) -> str:
        return f"{size(value)} {_more_or_less(value)}"

    return _Figures(
        difference=size(one.difference),
        direction=_more_or_less(one.difference),
        interval=f"{scale.number(near)} to {scale.number(far)}",
        both_sides=f"{side(low)} and {side(high)}",
        relative="" if one.relative is None else f"; {100.0 * one.relative:+,.0f} %",
    )


def _more_or_less(value: float) -> str:
    return "less" if value < 0.0 else "more"
