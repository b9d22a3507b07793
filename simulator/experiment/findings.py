"""What a comparison allows one to say, first as facts and then in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from simulator.experiment.differences import SIGNIFICANT
from simulator.experiment.quantities import Scale
from simulator.experiment.statistics import holm
from simulator.experiment.wording import paragraph
from simulator.languages.messages import listed, marked, say
from simulator.metrics.units import with_unit

Kind = Literal["more", "less", "open", "same", "single", "missing"]

# What is said of the main figure, by what is known of it: a sentence has no parts that another
# language could not put elsewhere.
_SENTENCES = {
    "mrr_end": {
        "missing": marked("Final MRR of {scenario} and {reference} is missing."),
        "same once": marked(
            "{scenario} ends with exactly as much MRR as {reference}, over {n} paired replication."
        ),
        "same": marked(
            "{scenario} ends with exactly as much MRR as {reference}, over {n} paired replications."
        ),
        "single more": marked(
            "{scenario} ends with {difference} more MRR than {reference} in one replication;"
            " whether that is more than luck cannot be told from one replication."
        ),
        "single less": marked(
            "{scenario} ends with {difference} less MRR than {reference} in one replication;"
            " whether that is more than luck cannot be told from one replication."
        ),
        "alike more": marked(
            "{scenario} ends with {difference} more MRR than {reference} in each of {n} paired"
            " replications; whether that is more than luck cannot be told from so few."
        ),
        "alike less": marked(
            "{scenario} ends with {difference} less MRR than {reference} in each of {n} paired"
            " replications; whether that is more than luck cannot be told from so few."
        ),
        "open": marked(
            "No difference in final MRR between {scenario} and {reference} can be told: it lies"
            " between {low} and {high}, over {n} paired replications."
        ),
        "more": marked(
            "{scenario} ends with {difference} more MRR than {reference} (95 % interval {interval}"
            " more), over {n} paired replications."
        ),
        "less": marked(
            "{scenario} ends with {difference} less MRR than {reference} (95 % interval {interval}"
            " less), over {n} paired replications."
        ),
        "more in %": marked(
            "{scenario} ends with {difference} more MRR than {reference} (95 % interval {interval}"
            " more; {relative}), over {n} paired replications."
        ),
        "less in %": marked(
            "{scenario} ends with {difference} less MRR than {reference} (95 % interval {interval}"
            " less; {relative}), over {n} paired replications."
        ),
        "all the same": marked("All {count} have exactly the same final MRR."),
        "no best": marked("Which has the best final MRR cannot be told."),
        "all tied": marked(
            "Which of the {count} ends with the most MRR cannot be told (highest mean: {best},"
            " {mean}), over {n} paired replications."
        ),
        "tied": marked(
            "Highest mean final MRR: {best} ({mean}), over {n} paired replications; not to be told"
            " apart from it: {alike}."
        ),
        "best": marked(
            "{best} ends with the most MRR ({mean}), over {n} paired replications; more than luck"
            " against each of the others."
        ),
    },
    "revenue": {
        "missing": marked("Revenue of {scenario} and {reference} is missing."),
        "same once": marked(
            "{scenario} takes in exactly as much revenue as {reference}, over {n} paired"
            " replication."
        ),
        "same": marked(
            "{scenario} takes in exactly as much revenue as {reference}, over {n} paired"
            " replications."
        ),
        "single more": marked(
            "{scenario} takes in {difference} more revenue than {reference} in one replication;"
            " whether that is more than luck cannot be told from one replication."
        ),
        "single less": marked(
            "{scenario} takes in {difference} less revenue than {reference} in one replication;"
            " whether that is more than luck cannot be told from one replication."
        ),
        "alike more": marked(
            "{scenario} takes in {difference} more revenue than {reference} in each of {n} paired"
            " replications; whether that is more than luck cannot be told from so few."
        ),
        "alike less": marked(
            "{scenario} takes in {difference} less revenue than {reference} in each of {n} paired"
            " replications; whether that is more than luck cannot be told from so few."
        ),
        "open": marked(
            "No difference in revenue between {scenario} and {reference} can be told: it lies"
            " between {low} and {high}, over {n} paired replications."
        ),
        "more": marked(
            "{scenario} takes in {difference} more revenue than {reference} (95 % interval"
            " {interval} more), over {n} paired replications."
        ),
        "less": marked(
            "{scenario} takes in {difference} less revenue than {reference} (95 % interval"
            " {interval} less), over {n} paired replications."
        ),
        "more in %": marked(
            "{scenario} takes in {difference} more revenue than {reference} (95 % interval"
            " {interval} more; {relative}), over {n} paired replications."
        ),
        "less in %": marked(
            "{scenario} takes in {difference} less revenue than {reference} (95 % interval"
            " {interval} less; {relative}), over {n} paired replications."
        ),
        "all the same": marked("All {count} have exactly the same revenue."),
        "no best": marked("Which has the best revenue cannot be told."),
        "all tied": marked(
            "Which of the {count} takes in the most revenue cannot be told (highest mean: {best},"
            " {mean}), over {n} paired replications."
        ),
        "tied": marked(
            "Highest mean revenue: {best} ({mean}), over {n} paired replications; not to be told"
            " apart from it: {alike}."
        ),
        "best": marked(
            "{best} takes in the most revenue ({mean}), over {n} paired replications; more than"
            " luck against each of the others."
        ),
    },
}
# The same of one scenario among several: a clause after the name of the reference.
_CLAUSES = {
    "missing": marked("{scenario} not comparable"),
    "same": marked("{scenario} exactly the same"),
    "single more": marked("{scenario} {difference} more in one replication"),
    "single less": marked("{scenario} {difference} less in one replication"),
    "alike more": marked("{scenario} {difference} more in each pair, too few to tell it from luck"),
    "alike less": marked("{scenario} {difference} less in each pair, too few to tell it from luck"),
    "open": marked("{scenario} not to be told apart (between {low} and {high})"),
    "open, but not alone": marked(
        "{scenario} not to be told apart (alone between {low} and {high})"
    ),
    "more": marked("{scenario} {difference} more ({interval} more)"),
    "less": marked("{scenario} {difference} less ({interval} less)"),
    "more in %": marked("{scenario} {difference} more ({interval} more; {relative})"),
    "less in %": marked("{scenario} {difference} less ({interval} less; {relative})"),
}
_BESIDE = {
    "profit": {
        "more": marked(
            "contribution (gross margin less cost) is {difference} higher ({interval} higher)"
        ),
        "less": marked(
            "contribution (gross margin less cost) is {difference} lower ({interval} lower)"
        ),
    },
    "logo_churn": {
        "more": marked("customer churn is {difference} higher ({interval} higher)"),
        "less": marked("customer churn is {difference} lower ({interval} lower)"),
    },
}
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
        # The main question is asked first and alone; what stands beside it is corrected.
        called = [one for one in told_together(beside) if one.kind in _TOLD]
        return paragraph([_sentence(main[0], currency), *_further(called, currency)])
    first, clauses = verdict_of_several(main, ranking, currency)
    against = say(
        "Against {reference}: {clauses}.",
        reference=main[0].reference,
        clauses=say("; ¦between scenarios").join(clauses),
    )
    return paragraph([first, against])


def verdict_of_several(
    main: Sequence[Finding], ranking: Ranking | None, currency: str
) -> tuple[str, tuple[str, ...]]:
    """Say which of several scenarios is best, and of each alone how it differs.

    Parameters
    ----------
    main, ranking, currency
        As for :func:`verdict`.

    Returns
    -------
    first : str
        A sentence.
    each : tuple of str
        A clause for each scenario but the reference.
    """
    return _order(main, ranking, currency), tuple(_clause(one, currency) for one in main)


def told_together(findings: Sequence[Finding]) -> list[Finding]:
    """Leave open what Holm's correction over all of them takes back.

    Parameters
    ----------
    findings : sequence of Finding
    """
    return [
        replace(one, kind="open") if one.kind in _TOLD and not p <= SIGNIFICANT else one
        for one, p in zip(findings, holm([one.p for one in findings]), strict=True)
    ]


def _sentence(one: Finding, currency: str) -> str:
    once = one.kind == "same" and one.n == 1
    pattern = _SENTENCES[one.metric]["same once" if once else _known_as(one)]
    return say(pattern, n=one.n, **_values(one, currency))


def _clause(one: Finding, currency: str) -> str:
    known = _known_as(one)
    if known == "open" and _excludes_zero(one):
        # Holm's correction may take back what one interval alone would say.
        known = "open, but not alone"
    return say(_CLAUSES[known], **_values(one, currency))


def _further(called: Sequence[Finding], currency: str) -> list[str]:
    """Say what else differs, in one sentence if anything does."""
    clauses = [say(_BESIDE[one.metric][one.kind], **_values(one, currency)) for one in called]
    if not clauses:
        return []
    if len(clauses) == 1:
        return [say("Its {clause}.", clause=clauses[0])]
    return [say("Its {first} and {second}.", first=clauses[0], second=clauses[1])]


def _known_as(one: Finding) -> str:
    """Return under which name the sentence for what is known stands."""
    direction = _more_or_less(one.difference)
    if one.kind == "single":
        return f"single {direction}"
    if one.kind == "open" and _always_the_same(one):
        return f"alike {direction}"
    if one.kind in _TOLD:
        return direction if one.relative is None else f"{direction} in %"
    return one.kind


def _order(main: Sequence[Finding], ranking: Ranking | None, currency: str) -> str:
    sentences, count = _SENTENCES[main[0].metric], len(main) + 1
    if all(one.kind == "same" for one in main):
        return say(sentences["all the same"], count=count)
    if ranking is None:
        return say(sentences["no best"])
    everybody = len(ranking.alike) == len(main)
    which = "all tied" if everybody else "tied" if ranking.alike else "best"
    return say(
        sentences[which],
        count=count,
        best=ranking.best,
        mean=Scale.of(ranking.metric, currency, (ranking.mean,)).amount(ranking.mean),
        n=max(one.n for one in main),
        alike=listed(ranking.alike) if ranking.alike else "",
    )


def _excludes_zero(one: Finding) -> bool:
    return one.low is not None and one.high is not None and one.low * one.high > 0.0


def _always_the_same(one: Finding) -> bool:
    """Tell whether all pairs differ by one amount: no interval, and no proof with a few pairs."""
    return _excludes_zero(one) and one.low == one.high


def _more_or_less(value: float) -> str:
    return "less" if value < 0.0 else "more"


# ------------------------------------------------------------------ figures in sentences


def _values(one: Finding, currency: str) -> dict[str, str]:
    """Return names and figures as they stand in sentences."""
    names = {"scenario": one.scenario, "reference": one.reference}
    if one.kind in ("missing", "same"):
        return names
    low, high = (0.0, 0.0) if one.low is None or one.high is None else (one.low, one.high)
    scale = Scale.of(one.metric, currency, (one.difference, low, high))
    near, far = sorted((abs(low), abs(high)))

    def size(value: float) -> str:
        amount = scale.amount(abs(value))
        return amount.replace("% points", "percentage points").replace("points/", "points a ")

    def side(value: float) -> str:
        less = value < 0.0
        return say("{amount} less" if less else "{amount} more", amount=size(value))

    share = 0.0 if one.relative is None else 100.0 * one.relative
    return {
        **names,
        "difference": size(one.difference),
        "interval": say("{low} to {high}", low=scale.number(near), high=scale.number(far)),
        "low": side(low),
        "high": side(high),
        "relative": with_unit(f"{share:+,.0f}", "%"),
    }
