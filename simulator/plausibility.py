"""The default company's outputs held against published figures that are not its inputs.

A model whose inputs are plausible can still put out nonsense. None of the figures below is the
stated source of an input of the default company. They were looked at while those of its inputs
that are unverified (trust M) were chosen, so that they say "this can be a real company", not
"this predicts one".
"""

from __future__ import annotations

from dataclasses import dataclass

from simulator.experiment import Estimate
from simulator.experiment.execution import Workers
from simulator.experiment.replications import replicate
from simulator.languages.messages import marked
from simulator.organization.journal import DAYS_PER_MONTH
from simulator.scenario.fields import Trust
from simulator.scenario.schema import Scenario

_CALENDAR_DAYS_PER_MONTH = 365.25 / 12.0


@dataclass(frozen=True, slots=True)
class PublishedRange:
    """A published range of one output.

    Attributes
    ----------
    metric : str
        Id of the metric, as in the registry.
    low, high : float
        The range, in the unit named.
    unit : str
        Unit of the range.
    source : str
        Who published it, and how the range follows from it.
    trust : Trust
        How far to trust it.
    factor : float
        From the metric's own unit to the unit of the range.
    """

    metric: str
    low: float
    high: float
    unit: str
    source: str
    trust: Trust
    factor: float = 1.0


@dataclass(frozen=True, slots=True)
class Plausible:
    """One published range beside what the default company does."""

    published: PublishedRange
    simulated: Estimate

    @property
    def passed(self) -> bool:
        """Whether the simulated mean lies in the range."""
        return self.published.low <= self.simulated.mean <= self.published.high


_TO_CALENDAR_DAYS = _CALENDAR_DAYS_PER_MONTH / DAYS_PER_MONTH

PUBLISHED: tuple[PublishedRange, ...] = (
    PublishedRange(
        "win_rate", 0.15, 0.25, marked("share"),
        marked("Ebsta x Pavilion 2025: 19-21 %; lotoftools 2026: 22 %; a quarter either way"), "C",
    ),
    PublishedRange(
        "opportunity_rate", 0.20, 0.40, marked("share"),
        marked("DeciSense: lead to meeting 20-30 % in Japan, SaaS 30-40 %"), "C",
    ),
    PublishedRange(
        "meetings_per_inside_sales_person", 12.0, 25.0, marked("per month"),
        marked("marketbetter 2026: inbound 20-25, outbound 12-15"), "C",
    ),
    PublishedRange(
        "wins_per_field_sales_person", 1.9, 6.7, marked("per month"),
        marked("scalematters: 3.75 actual, 6.7 at best (one company); half the actual to the best"),
        "B",
    ),
    PublishedRange(
        "accounts_per_customer_success_person", 70.0, 140.0, marked("per person"),
        marked("ClientSuccess, about 600 companies: 104; a third either way"), "B",
    ),
    PublishedRange(
        "lead_time", 40.0, 84.0, marked("calendar days"),
        marked("Bridge Group 2017: median 60 days; imboard: quartiles 40 / 84 / 150"), "B",
        _TO_CALENDAR_DAYS,
    ),
    PublishedRange(
        "logo_churn", 0.002, 0.017, marked("share per month"),
        marked("Japanese listed SaaS companies 2020: 0.2-1.7 %"), "B",
    ),
    PublishedRange(
        "grr", 0.82, 0.94, marked("share"),
        marked("Benchmarkit 2024: median 88 %; six points either way"), "C",
    ),
    PublishedRange(
        "nrr", 0.95, 1.08, marked("share"),
        marked("Benchmarkit 2024: median 101 %, small companies 97 %, mid-size 108 %"), "C",
    ),
    PublishedRange(
        "payback", 6.0, 24.0, marked("months"),
        marked("Aleph x Benchmarkit 2026, 342 companies: quartiles 6 / 16 / 24 months"), "B",
    ),
    PublishedRange(
        "facing_share", 0.28, 0.40, marked("share"),
        marked("Salesforce State of Sales: 28-40 % of sales time; Japan 30 %"), "C",
    ),
    PublishedRange(
        "reactivation_rate", 0.08, 0.15, marked("share"),
        marked("pulserevops: 8-15 % of a reactivation campaign reopen"), "D",
    ),
    PublishedRange(
        "recycled_win_share", 0.08, 0.40, marked("share"),
        marked("Olist 2018: 8 % of wins come more than 180 days after first contact, the part of"
               " recycling that can be seen; no figure for the whole was found, the upper end is a"
               " guess"),
        "B",
    ),
)  # fmt: skip


def hold_against_published(
    seed: int = 1,
    replications: int = 10,
    workers: Workers = 1,
) -> list[Plausible]:
    """Run the default company and hold its outputs against the published ranges.

    Parameters
    ----------
    seed : int
        Of the experiment.
    replications : int
        How many runs to average over.
    workers : int or Execution
        How runs are done.

    Returns
    -------
    list of Plausible
        One for each of `PUBLISHED`, in its order and in the unit of the range.
    """
    results = replicate(Scenario(), "base", seed, replications, workers=workers)
    return [
        Plausible(
            each,
            Estimate.of([m.totals[each.metric] * each.factor for m in results.measures]),
        )
        for each in PUBLISHED
    ]
