"""A few metrics of one run, without computing the others.

What is computed together stands in the modules of the subjects; here it is only looked up which
of their parts gives a metric, and what that part needs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property, partial

from simulator.metrics import funnel, responses, revenue
from simulator.metrics.definitions import METRICS
from simulator.metrics.flow import Labor, labor, passage, wait_times, waits
from simulator.metrics.periods import Floats, Periods
from simulator.metrics.rows import Book, Opportunities, opportunities
from simulator.organization.journal import DEPARTMENTS, Journal, Team

Figure = tuple[str, int]
"""A metric of the registry and a month from 1 (0: over the measured period, as `totals`)."""


def measure_some(journal: Journal, figures: Iterable[Figure]) -> dict[Figure, float]:
    """Compute some metrics of some periods from the rows of one run.

    Parameters
    ----------
    journal : Journal
    figures : iterable of (metric, month)

    Returns
    -------
    dict of (metric, month) to float
        The same numbers as `measure` gives, in the order asked for; NaN is missing.

    Raises
    ------
    KeyError
        If there is no such metric.
    ValueError
        If the run has no such month, or the metric no monthly values.
    """
    asked = tuple(dict.fromkeys(figures))
    for metric, month in asked:
        if month and not METRICS[metric].monthly:
            raise ValueError(f"{metric} has no monthly values")
    months = sorted({month for _, month in asked if month})
    opened = _Opened(journal, months, len(months) < len({month for _, month in asked}))
    values: dict[str, Floats] = {}
    for metric, _ in asked:
        if metric not in values:
            values |= _PART_OF[metric](opened)
    place = {month: i for i, month in enumerate(months)} | {0: -1}
    return {(metric, month): float(values[metric][place[month]]) for metric, month in asked}


class _Opened:
    """A journal, the periods asked for, and what several parts need, made when first needed.

    Attributes
    ----------
    book : Book
    periods : Periods
        The months asked for, then the measured period, which sums over quarters begin with.
    began : Periods
        The same without a measured period that nobody asks for: sorting its durations costs
        more than everything of a month.
    """

    def __init__(self, journal: Journal, months: list[int], measured: bool) -> None:
        self.periods = Periods.some(journal.facts, months)
        self.began = self.periods if measured else self.periods.months
        self.book = Book(journal)

    @cached_property
    def work(self) -> Labor:
        return labor(self.book)

    @cached_property
    def pipeline(self) -> Opportunities:
        return opportunities(self.book)


_Part = Callable[[_Opened], dict[str, Floats]]


def _waits(team: Team, o: _Opened) -> dict[str, Floats]:
    return wait_times(o.began, waits(o.book, team), team)


def _passage(team: Team, o: _Opened) -> dict[str, Floats]:
    return passage(o.book, o.periods, o.work, waits(o.book, team), team)


_PARTS: tuple[tuple[_Part, str], ...] = (
    (lambda o: funnel.marketing(o.book, o.periods),
     "inquiries mql_count cpa opportunity_rate contract_rate"),
    (lambda o: funnel.calls(o.book, o.periods, o.work),
     "activities reach_rate sql_count meetings_per_inside_sales_person recycled_opportunities"),
    (lambda o: funnel.brought_back(o.book, o.periods), "reactivation_rate recycled_buyers"),
    (lambda o: funnel.deals(o.book, o.periods, o.work),
     "wins win_rate win_rate_amount wins_per_field_sales_person quota_reached_share"
     " recycled_win_share won_back_share"),
    (lambda o: funnel.lead_times(o.book, o.began, o.pipeline), "lead_time lead_time_p90"),
    (lambda o: funnel.deal_load(o.book, o.periods, o.work, o.pipeline),
     "open_opportunities_per_field_sales_person"),
    (lambda o: funnel.accounts(o.book, o.periods, o.work),
     "health_score accounts_per_customer_success_person claims_per_customer"),
    (lambda o: responses.late_shares(o.book, o.periods),
     "onboarding_late_share claims_late_share"),
    (lambda o: responses.lead_responses(o.book, o.began), "speed_to_lead speed_to_lead_p90"),
    (lambda o: responses.onboarding_responses(o.book, o.began),
     "onboarding_start_days onboarding_start_days_p90"),
    (lambda o: responses.onboarding_times(o.book, o.began), "onboarding_days"),
    (lambda o: responses.claim_times(o.book, o.began), "claim_answer_days claim_answer_days_p90"),
    (lambda o: funnel.inquiry_times(o.book, o.began),
     "inquiry_to_opportunity inquiry_to_opportunity_p90 inquiry_to_contract"
     " inquiry_to_contract_p90"),
    (lambda o: funnel.shared(o.book, o.periods, o.work),
     "loss_reasons_true_share re_explanations trust facing_share"),
    (lambda o: revenue.quota(o.book, o.periods, o.work, o.pipeline),
     "quota_attainment pipeline_coverage"),
    *((partial(_waits, team), " ".join(f"{team.name.lower()}.wait_{name}"
                                       for name in ("mean", "p50", "p90")))
      for team in DEPARTMENTS),
    *((partial(_passage, team), " ".join(f"{team.name.lower()}.{name}"
                                         for name in ("utilization", "queue", "throughput",
                                                      "abandonment", "lost")))
      for team in DEPARTMENTS),
)  # fmt: skip
"""What is computed together, and the metrics that it gives."""


def _money(o: _Opened) -> dict[str, Floats]:
    return revenue.money(o.book, o.periods, o.work)


# Everything else has the unit of money in it, or is made of what has.
_PART_OF: dict[str, _Part] = dict.fromkeys(METRICS, _money) | {
    metric: part for part, metrics in _PARTS for metric in metrics.split()
}
