"""Metrics against numbers that a reader can count by hand."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conftest import changed_scenario
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from simulator.engine import run
from simulator.metrics import METRICS, identities, measure, registry_markdown
from simulator.metrics.definitions import TEAMS, Metric
from simulator.metrics.flow import waits
from simulator.metrics.periods import Periods, ratio
from simulator.metrics.responses import first_calls, onboarding_starts, onboardings
from simulator.metrics.rows import Book
from simulator.metrics.survival import (
    CENSORED,
    COMPETING,
    ENDED,
    Incidence,
    durations,
    incidence,
    median,
    p90,
)
from simulator.metrics.unstreamed import NOT_STREAMED
from simulator.organization.journal import (
    LOADED_SLOT,
    SLOTS,
    Cost,
    Facts,
    Journal,
    JournalWriter,
    Kind,
    Origin,
    Qualification,
    Reason,
    Screening,
    Status,
    Team,
    Work,
)
from simulator.scenario.schema import Scenario

NAN = math.nan
FACTS = Facts(
    scenario="by hand",
    seed=1,
    replication=0,
    horizon_days=40.0,
    warm_up_days=0.0,
    currency="JPY",
    subscription=True,
    gross_margin=0.8,
    quota_per_month=100.0,
    claim_due_days=2.0,
    onboarding_due_days=10.0,
    channels=("web",),
)


class Story:
    """Rows in any order; finished in the order of time."""

    def __init__(self, **facts: float | bool) -> None:
        self.facts = replace(FACTS, **facts)  # type: ignore[arg-type]
        self.rows: list[tuple[float, ...]] = []

    def __call__(
        self,
        time: float,
        kind: Kind,
        buyer: int = -1,
        person: int = -1,
        team: int = -1,
        code: int = 0,
        a: float = NAN,
        b: float = NAN,
        c: float = NAN,
    ) -> Story:
        self.rows.append((time, kind, buyer, person, team, code, a, b, c))
        return self

    def journal(self, in_order: bool = True) -> Journal:
        writer = JournalWriter()
        rows = sorted(self.rows, key=lambda row: row[0]) if in_order else self.rows
        for row in rows:
            writer.emit(*row)  # type: ignore[arg-type]
        return writer.finish(self.facts)

    def totals(self) -> dict[str, float]:
        return measure(self.journal()).totals

    def monthly(self, metric: str) -> list[float]:
        table = measure(self.journal()).monthly
        return table.loc[table["metric"] == metric, "value"].tolist()


def company() -> Story:
    """One buyer that wins, one that is lost, one customer from before; 40 days, no violation."""
    story = Story()
    brought = SLOTS + LOADED_SLOT + 2
    for person, team in enumerate((0, 1, 2, 3)):
        story(0.0, Kind.HIRED, -1, person, team, 0, 200.0, 1.0, 0.3)
    story(0.0, Kind.ARRIVED, brought, -1, -1, 15, 0.0, 50.0)
    story(0.0, Kind.CUSTOMER, brought, a=50.0, b=100.0)
    for buyer, at in ((16, 1.0), (32, 2.0)):
        story(at, Kind.ARRIVED, buyer, code=0, a=0.5, b=100.0)
        story(at + 2.0, Kind.VISIT, buyer, 0, 0, Work.SCREENING, at, at + 1.5, 2.0)
        story(at + 2.0, Kind.SCREENED, buyer, 0, 0, Screening.MQL, 1.0, 0.0)
        story(at + 4.0, Kind.VISIT, buyer, 1, 1, Work.CALLING, at + 2.0, at + 3.0, 4.0)
        story(at + 4.0, Kind.ATTEMPTED, buyer, 1, 1, 1, 0.4, 1.0)
        story(at + 4.0, Kind.QUALIFIED, buyer, 1, 1, Qualification.BOOKED, 0.3, 0.1, 0.0)
        story(at + 6.0, Kind.VISIT, buyer, 2, 2, Work.MEETING, at + 4.0, at + 5.0, 6.0)
        story(at + 6.0, Kind.MET, buyer, 2, 2, 0, 0.3, 1.0, 1.0)
        story(at + 16.0, Kind.VISIT, buyer, 2, 2, Work.MEETING, at + 14.0, at + 15.0, 6.0)
        story(at + 16.0, Kind.MET, buyer, 2, 2, 3, 0.3, 2.0, 1.0)
    story(17.0, Kind.WON, 16, 2, 2, Origin.FIRST_PASS, 120.0, 0.2, 10.0)
    story(18.0, Kind.LOST, 32, 2, 2, Reason.NO_BUDGET, float(Reason.UNKNOWN), 80.0)
    story(18.0, Kind.PARKED, 32, -1, 1, Reason.UNKNOWN, 90.0, float(Reason.NO_BUDGET))
    story(20.0, Kind.SPENT, -1, -1, 0, Cost.ADVERTISING, 300.0, 0.0)
    story(22.0, Kind.VISIT, 16, 3, 3, Work.ONBOARDING, 17.0, 20.0, 5.0)
    story(22.0, Kind.ONBOARDED, 16, 3, 3, 0, 5.0, 0.9)
    story(30.0, Kind.EXPANDED, 16, a=30.0, b=150.0)
    story(35.0, Kind.CONTRACTED, brought, a=10.0, b=40.0)
    for buyer, status, mrr in (
        (16, Status.CUSTOMER, 150.0),
        (32, Status.PARKED, 0.0),
        (brought, Status.CUSTOMER, 40.0),
    ):
        story(40.0, Kind.STATUS, buyer, code=status, a=mrr)
    return story


def without(story: Story, kind: Kind, buyer: int | None = None) -> Story:
    story.rows = [row for row in story.rows if not (row[1] == kind and buyer in (None, row[2]))]
    return story


def close(value: float, expected: float) -> bool:
    return value == pytest.approx(expected, nan_ok=True)


# --- the registry -------------------------------------------------------------------------


def test_every_total_is_in_the_registry_and_every_metric_has_a_total() -> None:
    assert set(measure(company().journal()).totals) == set(METRICS)


@pytest.mark.parametrize("metric", METRICS.values(), ids=lambda metric: metric.id)
def test_every_metric_is_fully_described(metric: Metric) -> None:
    texts = (
        metric.label_en,
        metric.label_ja,
        metric.formula,
        metric.numerator,
        metric.denominator,
        metric.rule,
        metric.unit,
        metric.source,
    )
    assert all(text.strip() for text in texts)
    assert metric.better in ("higher", "lower", "neither")
    assert metric.label_en.isascii()
    assert "|" not in "".join(texts)  # it would break the table of docs/metrics.md


def test_labels_are_unique_in_both_languages() -> None:
    for labels in (
        [m.label_en for m in METRICS.values()],
        [m.label_ja for m in METRICS.values()],
    ):
        assert len(labels) == len(set(labels))


def test_the_metric_reference_is_current() -> None:
    page = Path(__file__).parents[1] / "docs" / "metrics.md"
    assert page.read_text(encoding="utf-8") == registry_markdown()


def test_shares_stay_in_zero_to_one_and_every_metric_of_a_month_is_monthly() -> None:
    measures = measure(company().journal())
    for name, value in measures.totals.items():
        if METRICS[name].unit == "share" and name != "quota_attainment" and not math.isnan(value):
            assert 0.0 <= value <= 1.0 or name in ("nrr", "facing_share"), name
    monthly = {name for name, metric in METRICS.items() if metric.monthly}
    assert set(measures.monthly["metric"]) == monthly
    assert sorted(set(measures.monthly["period"])) == [1, 2]


# --- by hand ------------------------------------------------------------------------------


def test_the_small_company_is_measured_as_counted_by_hand() -> None:
    totals = company().totals()
    expected = {
        "inquiries": 2,
        "mql_count": 2,
        "cpa": 150.0,
        "opportunity_rate": 1.0,
        "contract_rate": 0.5,
        "activities": 2 / 40,
        "reach_rate": 1.0,
        "sql_count": 2,
        "reactivation_rate": NAN,
        "meetings_per_inside_sales_person": 1.0,
        "speed_to_lead": 1.0,
        "speed_to_lead_p90": 1.0,
        "bookings": 120,
        "wins": 1,
        "win_rate": 0.5,
        "win_rate_amount": 0.6,
        "lead_time": 10.0,
        "wins_per_field_sales_person": 0.5,
        "open_opportunities_per_field_sales_person": (12 + 12) / 40,
        "quota_attainment": 120 / 200,
        "quota_reached_share": 0.0,
        "logo_churn": 0.0,
        "gross_revenue_churn": 10 / (50 + 170),
        "net_revenue_churn": -20 / 220,
        "expansion": 30,
        "onboarding_start_days": 3.0,
        "onboarding_start_days_p90": 3.0,
        "onboarding_days": 5.0,
        "onboarding_late_share": 0.0,
        "accounts_per_customer_success_person": (40 + 23) / 40,
        "claims_per_customer": 0.0,
        "claim_answer_days": NAN,
        "claim_answer_days_p90": NAN,
        "inquiry_to_opportunity": 4.0,
        "inquiry_to_contract": 16.0,
        "customers": 2,
        "new_customers": 1,
        "loss_reasons_true_share": 0.0,
        "re_explanations": 0.0,
        "trust": 1.0,
        "facing_share": (2 * 4 + 4 * 6) / (8 * 80),
        "mrr": 190,
        "arr": 12 * 190,
        "mrr_start": 50,
        "mrr_new": 120,
        "mrr_expansion": 30,
        "mrr_contraction": 10,
        "mrr_churned": 0,
        "mrr_end": 190,
        "grr": NAN,
        "nrr": NAN,
        "revenue": (50 * 40 + 120 * 23 + 30 * 10 - 10 * 5) / 20,
        "cost_pay": 4 * 200 * 2,
        "cost_advertising": 300,
        "cost": 1900,
        "cac": 3 * 200 * 2 + 300,
        "ltv_realized": 0.8 * (120 + 150),
        "magic_number": NAN,
        "marketing.utilization": 1.0 / 40,
        "marketing.queue": 3.0 / 40,
        "marketing.wait_mean": 1.5,
        "field_sales.utilization": 4.0 / 40,
        "field_sales.wait_p50": 1.0,
        "field_sales.throughput": 4 / 40,
        "field_sales.abandonment": 0.0,
        "field_sales.lost": 1,
        "customer_success.wait_p90": 3.0,
    }
    assert {name: totals[name] for name in expected} == pytest.approx(expected, nan_ok=True)
    revenue, months = totals["revenue"], (40 + 23) / 20
    assert close(totals["profit"], 0.8 * revenue - 1900)
    assert close(totals["ltv"], 0.8 * revenue / months / totals["gross_revenue_churn"])
    assert close(totals["payback"], totals["cac"] / (0.8 * revenue / months))


def test_the_small_company_violates_no_identity() -> None:
    assert identities(company().journal()) == []


def test_tables_show_losses_statuses_people_recycling_and_cohorts() -> None:
    measures = measure(company().journal())
    assert measures.losses.to_dict("records") == [
        {
            "stage": "field_sales",
            "true_reason": "no_budget",
            "recorded_reason": "unknown",
            "buyers": 1,
            "amount": 80.0,
        }
    ]
    assert measures.statuses["customer"] == 2
    assert measures.statuses["parked"] == 1
    assert sum(measures.statuses.values()) == 3
    seller = measures.people.set_index("person").loc[2]
    assert (seller["team"], seller["meetings"], seller["wins"]) == ("field_sales", 4, 1)
    assert (seller["bookings"], seller["busy_days"], seller["cost"]) == (120, 4, 400)
    assert measures.people["end"].isna().all()
    recycling = measures.recycling.set_index("recorded_reason")
    assert recycling.loc["unknown", "parked"] == 1
    assert set(measures.stages) == set(TEAMS)
    assert measures.stages["marketing"]["wait_p50"] == 1.5
    arrivals = measures.cohorts.query("kind == 'arrival' and cohort == 1").set_index("metric")
    assert list(arrivals.loc["opportunity_rate", ["value", "n"]]) == [1.0, 2]
    assert list(arrivals.loc["contract_rate", ["value", "n"]]) == [0.5, 2]
    kept = measures.cohorts.query("metric == 'revenue_retention' and cohort == 1")
    assert kept[["age", "value", "n"]].to_numpy().tolist() == [[0, 1.0, 1], [1, 1.25, 1]]


def test_a_month_includes_its_last_instant_and_excludes_its_first() -> None:
    story = Story()
    for time in (0.0, 20.0, 20.5, 40.0):
        story(time, Kind.SPENT, -1, -1, 0, Cost.ADVERTISING, 1.0, 0.0)
    assert story.monthly("cost_advertising") == [1.0, 2.0]
    assert story.totals()["cost_advertising"] == 3.0


def test_the_warm_up_filters_flows_but_never_levels() -> None:
    story = company()
    story.facts = replace(story.facts, warm_up_days=20.0)
    totals = story.totals()
    assert totals["wins"] == 0
    assert math.isnan(totals["win_rate"])
    assert (totals["mrr_start"], totals["mrr_end"], totals["customers"]) == (170, 190, 2)
    assert close(totals["gross_revenue_churn"], 10 / 170)
    assert totals["cost_pay"] == 800


def test_an_unfinished_month_counts_with_the_part_that_has_passed() -> None:
    story = Story(horizon_days=30.0)
    for buyer in (16, 32):
        story(0.0, Kind.CUSTOMER, buyer, a=10.0, b=0.0)
    story(25.0, Kind.CHURNED, 16, a=10.0)
    assert story.monthly("logo_churn") == [0.0, 1.0]
    assert close(story.totals()["logo_churn"], 1 / 3)


def test_money_of_a_one_off_sale_is_its_price_and_mrr_is_missing() -> None:
    story = Story(subscription=False)
    story(5.0, Kind.WON, 16, 1, 2, Origin.FIRST_PASS, 500.0, 0.0, 1.0)
    story(6.0, Kind.WON, 32, 1, 2, Origin.FIRST_PASS, 300.0, 0.0, 1.0)
    measures = measure(story.journal())
    assert measures.totals["revenue"] == 800
    assert measures.totals["ltv_realized"] == 0.8 * 400
    assert all(math.isnan(measures.totals[name]) for name in ("mrr", "nrr", "ltv", "logo_churn"))
    assert measures.bridge["mrr_end"].tolist() == [0, 0]


# --- missing, empty, extreme ------------------------------------------------------------------


@pytest.mark.parametrize("subscription", [True, False])
@pytest.mark.parametrize(
    ("horizon", "warm_up"), [(0.0, 0.0), (0.0, 20.0), (7.5, 0.0), (40.0, 60.0), (500.0, 60.0)]
)
def test_a_run_without_rows_is_measured_without_a_warning(
    horizon: float, warm_up: float, subscription: bool
) -> None:
    story = Story(horizon_days=horizon, warm_up_days=warm_up, subscription=subscription)
    measures = measure(story.journal())
    assert set(measures.totals) == set(METRICS)
    assert all(value == 0.0 or math.isnan(value) for value in measures.totals.values())
    assert identities(story.journal()) == []
    assert len(measures.bridge) == math.ceil(horizon / 20.0)


def test_a_zero_horizon_still_has_its_levels() -> None:
    story = Story(horizon_days=0.0)
    story(0.0, Kind.HIRED, -1, 0, 2, 0, 200.0, 1.0, 0.3)
    story(0.0, Kind.ARRIVED, 31, code=15, a=0.0, b=50.0)
    story(0.0, Kind.CUSTOMER, 31, a=50.0, b=0.0)
    story(0.0, Kind.STATUS, 31, code=Status.CUSTOMER, a=50.0)
    totals = story.totals()
    assert (totals["mrr"], totals["mrr_start"], totals["customers"]) == (50, 50, 1)
    assert totals["cost"] == 0
    assert math.isnan(totals["logo_churn"])
    assert identities(story.journal()) == []


def test_every_ratio_without_a_denominator_is_missing_never_zero() -> None:
    totals = Story().totals()
    ratios = {name for name, metric in METRICS.items() if metric.denominator != "1"}
    ratios -= {f"{team}.throughput" for team in TEAMS}  # per business day: there are days
    assert all(math.isnan(totals[name]) for name in ratios), [
        name for name in ratios if not math.isnan(totals[name])
    ]


def test_a_ratio_over_zero_is_missing_element_by_element() -> None:
    assert ratio([1.0, 0.0], [0.0, 2.0]).tolist() == pytest.approx([NAN, 0.0], nan_ok=True)


def test_queue_and_wait_of_a_team_without_people_are_still_measured() -> None:
    story = Story()
    story(40.0, Kind.UNFINISHED, 16, -1, 1, Work.CALLING, 10.0, NAN)
    totals = story.totals()
    assert totals["inside_sales.queue"] == 30 / 40
    assert math.isnan(totals["inside_sales.utilization"])
    assert totals["inside_sales.wait_p50"] == math.inf  # longer than anything that was seen
    assert totals["inside_sales.wait_mean"] == 30.0


# --- censoring ----------------------------------------------------------------------------


@given(
    st.lists(
        st.tuples(st.integers(0, 12), st.sampled_from([CENSORED, ENDED])), min_size=1, max_size=60
    )
)
def test_kaplan_meier_agrees_with_scipy(cases: list[tuple[int, int]]) -> None:
    duration = np.array([float(time) for time, _ in cases])
    end = np.array([how for _, how in cases])
    found = incidence(duration, end)
    data = stats.CensoredData(duration[end == ENDED], right=duration[end == CENSORED])
    expected = stats.ecdf(data).cdf
    np.testing.assert_allclose(found.share, expected.evaluate(found.duration), atol=1e-12)


def test_without_cases_a_duration_is_missing_and_not_long() -> None:
    nothing = incidence(np.array([]), np.array([], dtype=np.int64))
    assert math.isnan(nothing.quantile(0.5))
    assert math.isnan(nothing.restricted_mean())


def test_what_could_be_seen_is_the_incidence_so_far_of_all_there_is() -> None:
    found = incidence(np.array([1.0, 2.0, 4.0, 9.0]), np.array([1, COMPETING, 1, CENSORED]))
    seen = found.seen_within(np.array([0.5, 1.0, 3.9, 4.0, 50.0]))
    assert seen.tolist() == [0.0, 0.5, 0.5, 1.0, 1.0]
    none = incidence(np.array([1.0, 2.0]), np.array([COMPETING, CENSORED]))
    assert np.isnan(none.seen_within(np.array([1.0]))).all()


def three_months(*lengths: float) -> dict[str, list[float]]:
    """One wait a day, as long as said in turn, over three months of 20 days."""
    start = np.arange(0.5, 60.0)
    end = start + np.resize(np.array(lengths), len(start))
    how = np.where(end <= 60.0, ENDED, CENSORED)
    periods = Periods(np.array([0.0, 20.0, 40.0, 0.0]), np.array([20.0, 40.0, 60.0, 60.0]))
    found = durations(
        periods, start, np.minimum(end, 60.0), how,
        {"median": median, "p90": p90, "mean": Incidence.restricted_mean},
        {"given": 0.9, "given half": 0.5}, 60.0,
    )  # fmt: skip
    return {name: values.tolist() for name, values in found.items()}


def test_a_month_that_was_not_followed_for_long_enough_is_not_known_rather_than_short() -> None:
    found = three_months(1.0, 19.0)
    # Of the last month's long waits none could end in time.
    assert found["given"] == [19.0, 19.0, math.inf, 19.0]
    assert found["given half"] == [1.0, 1.0, math.inf, 1.0]
    # A median that was reached needs no more; 90 % were never seen to end in the last month.
    assert found["median"] == [1.0, 1.0, 1.0, 1.0]
    assert found["p90"] == [19.0, 19.0, math.inf, 19.0]


def test_short_waits_are_known_to_the_last_month() -> None:
    found = three_months(0.1, 0.2)
    assert all(math.isfinite(each) for values in found.values() for each in values)


def test_a_mean_wait_goes_up_to_the_longest_that_was_seen_and_a_median_does_not() -> None:
    found = three_months(1000.0)
    assert found["mean"] == [59.5, 39.5, 19.5, 59.5]
    assert found["median"] == [math.inf] * 4
    # Whoever ends in this way takes so long: of nobody it is missing.
    assert all(math.isnan(each) for each in found["given"])


def test_a_quantile_of_a_month_that_is_given_is_that_of_months_that_were_followed_for_ever() -> (
    None
):
    """Exponential times of 20 days, ten cases a day, seen for 240 days: no fall at the end."""
    rng, days, mean = np.random.default_rng(7), 240.0, 20.0
    monthly = {0.5: [], 0.9: []}  # type: dict[float, list[list[float]]]
    lower = np.arange(0.0, days, 20.0)
    periods = Periods(np.append(lower, 0.0), np.append(lower + 20.0, days))
    for _ in range(40):
        start = np.sort(rng.uniform(0.0, days, 2400))
        end = start + rng.exponential(mean, len(start))
        how = np.where(end <= days, ENDED, CENSORED)
        levels = {"0.5": 0.5, "0.9": 0.9}
        found = durations(periods, start, np.minimum(end, days), how, {}, levels, days)
        for level, rows in monthly.items():
            rows.append(found[str(level)][:-1].tolist())
    for level, rows in monthly.items():
        values = np.array(rows)
        known = np.isfinite(values).all(axis=0)
        assert known[:4].all()
        assert not known[-2:].any()
        middle = values[:, known].mean(axis=0)
        error = values[:, known].std(axis=0, ddof=1) / math.sqrt(len(rows))
        truth = -mean * math.log(1.0 - level)
        # What is left of the fall is a fifth of that of a month that ends with the run.
        assert (np.abs(middle - truth) < 4.0 * error + 0.05 * truth).all()


def test_times_that_are_followed_are_those_that_need_every_duration() -> None:
    means = {f"{team}.wait_mean" for team in TEAMS}
    assert {name for name, each in METRICS.items() if each.followed} == set(NOT_STREAMED) - means


def test_competing_ends_share_the_incidence_by_hand() -> None:
    # At risk 4: one ends; at 2, of 3, one ends otherwise; at 3, of 2, one leaves; at 4, of 1, ends.
    found = incidence(np.array([1.0, 2.0, 3.0, 4.0]), np.array([1, COMPETING, CENSORED, ENDED]))
    assert found.share.tolist() == pytest.approx([0.25, 0.25, 0.25, 0.25 + 0.5])
    assert found.quantile(0.9) == math.inf  # never reached
    assert found.conditional_quantile(0.9) == 4.0
    assert found.conditional_quantile(1 / 3) == 1.0


def test_a_wait_that_goes_on_is_censored_and_one_given_up_has_ended() -> None:
    story = Story()
    story(12.0, Kind.VISIT, 16, 0, 1, Work.CALLING, 10.0, 11.0, 1.0)
    story(13.0, Kind.ABANDONED, 32, -1, 1, Work.CALLING, 10.0)
    story(40.0, Kind.UNFINISHED, 48, -1, 1, Work.CALLING, 38.0, NAN)
    story(40.0, Kind.UNFINISHED, 64, 0, 1, Work.CALLING, 34.0, 38.0)
    totals = story.totals()
    # Waits 1, 3, 4 ended, 2 censored: running 3/4 after 1, x 1/2 after 3, x 0 after 4.
    assert totals["inside_sales.wait_p50"] == 3.0
    assert totals["inside_sales.wait_p90"] == 4.0
    assert close(totals["inside_sales.wait_mean"], 1 + 0.75 * 2 + 0.375 * 1)
    assert close(totals["inside_sales.abandonment"], 1 / 3)
    assert close(totals["inside_sales.queue"], (1 + 3 + 2 + 4) / 40)


def test_open_opportunities_lengthen_the_lead_time_and_lost_ones_do_not_count_as_contracts() -> (
    None
):
    story = Story()
    for buyer, met, decided in ((16, 1.0, 3.0), (32, 1.0, 9.0), (48, 1.0, 2.0)):
        story(met - 0.5, Kind.QUALIFIED, buyer, 1, 1, Qualification.BOOKED, 0.5, 0.1, 0.0)
        story(met, Kind.MET, buyer, 2, 2, 0, 0.3, 1.0, 1.0)
        if buyer == 48:
            story(decided, Kind.LOST, buyer, 2, 2, Reason.BAD_FIT, float(Reason.BAD_FIT), 100.0)
        else:
            story(decided, Kind.WON, buyer, 2, 2, 0, 100.0, 0.0, decided - met)
    assert story.totals()["lead_time"] == 2.0
    # Open since 35: at risk until day 5, so each win weighs more after that.
    for buyer in (64, 80, 96):
        story(34.5, Kind.QUALIFIED, buyer, 1, 1, Qualification.BOOKED, 0.5, 0.1, 0.0)
        story(35.0, Kind.MET, buyer, 2, 2, 0, 0.3, 1.0, 1.0)
    assert story.totals()["lead_time"] == 8.0


def test_an_opportunity_from_before_the_run_is_one_even_if_its_booking_is_on_record() -> None:
    story = Story()
    story(0.0, Kind.HIRED, -1, 0, 2, 0, 1.0, 1.0, 0.3)
    story(0.0, Kind.ARRIVED, 16 + 14, code=14, a=0.0, b=90.0)
    story(0.0, Kind.QUALIFIED, 16 + 14, 1, 1, Qualification.BOOKED, 0.4, 0.1, 0.0)
    assert story.totals()["open_opportunities_per_field_sales_person"] == 1.0


def test_a_second_try_after_a_loss_is_another_opportunity() -> None:
    story = Story()
    story(1.0, Kind.MET, 16, 2, 2, 0, 0.3, 1.0, 1.0)
    story(5.0, Kind.LOST, 16, 2, 2, Reason.NO_DECISION, float(Reason.NO_DECISION), 100.0)
    story(30.0, Kind.MET, 16, 2, 2, 0, 0.3, 1.0, 1.0)
    story(32.0, Kind.WON, 16, 2, 2, Origin.RECYCLED, 100.0, 0.0, 2.0)
    totals = story.totals()
    assert (totals["lead_time"], totals["win_rate"]) == (2.0, 0.5)


def test_buyers_still_open_are_left_out_of_the_opportunity_rate() -> None:
    story = Story()
    for buyer, status in ((16, Status.PARKED), (32, Status.IN_INSIDE_SALES), (48, Status.GONE)):
        story(1.0, Kind.ARRIVED, buyer, a=0.0, b=1.0)
        story(2.0, Kind.SCREENED, buyer, 0, 0, Screening.MQL, 1.0, 0.0)
        story(40.0, Kind.STATUS, buyer, code=status, a=0.0)
    story(3.0, Kind.QUALIFIED, 16, 1, 1, Qualification.BOOKED, 0.5, 0.1, 0.0)
    assert story.totals()["opportunity_rate"] == 0.5


def test_an_overdue_claim_is_late_before_it_is_answered() -> None:
    story = Story()
    story(5.0, Kind.ANSWERED, 16, 0, 3, 0, 1.0)
    story(40.0, Kind.UNFINISHED, 16, -1, 3, Work.CLAIM, 30.0, NAN)
    story(40.0, Kind.UNFINISHED, 16, -1, 3, Work.CLAIM, 39.5, NAN)
    assert story.totals()["claims_late_share"] == 0.5


def test_an_overdue_onboarding_is_late_before_it_is_done_and_a_young_one_is_not_counted() -> None:
    story = Story()
    for buyer, at in ((16, 5.0), (32, 10.0), (48, 35.0)):
        story(at, Kind.WON, buyer, 0, 2, 0, 100.0, 0.0, 1.0)
    story(9.0, Kind.ONBOARDED, 16, 0, 3, 0, 4.0, 0.9)
    totals = story.totals()
    assert totals["onboarding_late_share"] == 0.5
    assert totals["onboarding_days"] == math.inf  # one of three: the median is not reached


def test_the_speed_to_lead_is_that_of_the_first_call_of_buyers_who_are_new() -> None:
    story = Story()
    for buyer, waited in ((16, 1.0), (32, 2.0), (48, 4.0)):
        story(7.0 + waited, Kind.VISIT, buyer, 0, 1, Work.CALLING, 5.0, 5.0 + waited, 4.0)
        story(25.0, Kind.VISIT, buyer, 0, 1, Work.CALLING, 15.0, 24.0, 4.0)  # not reached at first
        story(39.0, Kind.VISIT, buyer, 0, 1, Work.RECONTACTING, 30.0, 38.0, 4.0)
    totals = story.totals()
    assert (totals["speed_to_lead"], totals["speed_to_lead_p90"]) == (2.0, 4.0)
    story(40.0, Kind.UNFINISHED, 64, 0, 1, Work.CALLING, 37.0, 40.0)  # being called now
    story(40.0, Kind.UNFINISHED, 80, -1, 1, Work.CALLING, 39.0, NAN)  # waits for its first call
    story(40.0, Kind.UNFINISHED, 16, -1, 1, Work.CALLING, 20.0, NAN)  # had its first
    totals = story.totals()
    # 1, 2, 3, 4 ended, 1 censored: running 4/5 after 1, x 2/3 after 2, x 1/2 after 3, none after 4.
    assert (totals["speed_to_lead"], totals["speed_to_lead_p90"]) == (3.0, 4.0)
    assert story.monthly("speed_to_lead") == [2.0, 3.0]


def test_an_onboarding_begins_with_the_work_on_the_contract_that_it_is_about() -> None:
    story = Story()
    for buyer, waited in ((16, 2.0), (32, 6.0), (48, 7.0)):
        story(5.0, Kind.WON, buyer, 0, 2, 0, 100.0, 0.0, 1.0)
        begun = 5.0 + waited
        story(begun + 1.0, Kind.VISIT, buyer, 0, 3, Work.ONBOARDING, 5.0, begun, 4.0)
        story(begun + 1.0, Kind.ONBOARDED, buyer, 0, 3, 0, waited + 1.0, 0.9)
    totals = story.totals()
    assert (totals["onboarding_start_days"], totals["onboarding_start_days_p90"]) == (6.0, 7.0)
    # It left before anybody began, which is only found out later; then it is won back.
    story(5.0, Kind.WON, 64, 0, 2, 0, 100.0, 0.0, 1.0)
    story(8.0, Kind.CHURNED, 64, a=100.0)
    story(30.0, Kind.ABANDONED, 64, -1, 3, Work.ONBOARDING, 5.0)
    story(10.0, Kind.WON, 64, 0, 2, Origin.WON_BACK, 100.0, 0.0, 1.0)
    story(40.0, Kind.UNFINISHED, 64, 0, 3, Work.ONBOARDING, 10.0, 13.0)
    story(38.0, Kind.WON, 80, 0, 2, 0, 100.0, 0.0, 1.0)
    story(40.0, Kind.UNFINISHED, 80, -1, 3, Work.ONBOARDING, 38.0, NAN)
    totals = story.totals()
    # 2, 3, 6, 7 ended, 2 and 3 censored: 5/6 after 2, x 3/4 after 3, x 1/2 after 6, none after 7.
    assert (totals["onboarding_start_days"], totals["onboarding_start_days_p90"]) == (6.0, 7.0)


def test_the_slowest_tenth_of_claims_is_reached_when_nine_of_ten_are_answered() -> None:
    story = Story()
    for days in range(1, 11):
        story(20.0 + days, Kind.ANSWERED, 16 * days, 0, 3, 0, float(days))
    totals = story.totals()
    assert (totals["claim_answer_days"], totals["claim_answer_days_p90"]) == (5.0, 9.0)
    for buyer in (16, 32):
        story(40.0, Kind.UNFINISHED, buyer, -1, 3, Work.CLAIM, 30.5, NAN)
    assert story.totals()["claim_answer_days_p90"] == 10.0


def test_waits_for_a_first_call_and_an_onboarding_begin_with_the_mql_and_the_contract(
    small: Scenario,
) -> None:
    book = Book(run(small, 3, 0))
    screened, contract = book.rows(Kind.SCREENED), book.rows(Kind.WON)
    mql = screened[screened.code == Screening.MQL]
    calls = first_calls(waits(book, Team.INSIDE_SALES))
    assert len(calls.start) > 100
    assert set(calls.start.tolist()) <= set(mql.time.tolist())
    starts = onboarding_starts(book, waits(book, Team.CUSTOMER_SUCCESS))
    assert sorted(starts.start.tolist()) == sorted(contract.time.tolist())
    done = book.rows(Kind.ONBOARDED)
    assert starts.done.sum() >= len(done) > 20
    whole = onboardings(book)
    assert (starts.end <= whole.end).all()
    assert (starts.end[whole.done] < whole.end[whole.done]).all()


def test_lost_opportunities_are_a_competing_end_of_the_lead_time() -> None:
    story = Story()
    for buyer, days in ((16, 2.0), (32, 4.0), (48, 9.0)):
        story(1.0, Kind.MET, buyer, 2, 2, 0, 0.3, 1.0, 1.0)
        story(1.0 + days, Kind.WON, buyer, 2, 2, 0, 100.0, 0.0, days)
    for buyer in (64, 80, 96, 112, 128):
        story(1.0, Kind.MET, buyer, 2, 2, 0, 0.3, 1.0, 1.0)
        story(6.0, Kind.LOST, buyer, 2, 2, Reason.BAD_FIT, float(Reason.BAD_FIT), 100.0)
    # Had the lost ones been censored, the last win would weigh most and the median be 9.
    assert story.totals()["lead_time"] == 4.0


# --- retention, recycling, quota ----------------------------------------------------------


def year_of_customers() -> Story:
    """Opening MRR 400: one expands then leaves, one shrinks, one grows, one is won back."""
    story = Story(horizon_days=240.0)
    for buyer in (16, 32, 48, 64):
        story(0.0, Kind.CUSTOMER, buyer, a=100.0, b=0.0)
    story(30.0, Kind.EXPANDED, 16, a=50.0, b=150.0)
    story(90.0, Kind.CHURNED, 16, a=150.0)
    story(60.0, Kind.CONTRACTED, 32, a=20.0, b=80.0)
    story(70.0, Kind.EXPANDED, 48, a=40.0, b=140.0)
    story(80.0, Kind.CHURNED, 64, a=100.0)
    story(200.0, Kind.WON, 64, 0, 2, Origin.WON_BACK, 100.0, 0.0, 1.0)
    story(210.0, Kind.WON, 80, 0, 2, Origin.FIRST_PASS, 70.0, 0.0, 1.0)
    return story


def test_retention_follows_the_opening_customers_and_ignores_win_backs_and_new_ones() -> None:
    totals = year_of_customers().totals()
    assert close(totals["grr"], (80 + 100) / 400)
    assert close(totals["nrr"], (80 + 140) / 400)
    assert (totals["mrr_reactivated"], totals["mrr_new"], totals["new_customers"]) == (100, 70, 1)


def test_retention_needs_twelve_measured_months() -> None:
    story = year_of_customers()
    story.facts = replace(story.facts, warm_up_days=1.0)
    assert math.isnan(story.totals()["nrr"])
    assert close(story.monthly("nrr")[11], (80 + 140) / 400)
    assert all(math.isnan(value) for value in story.monthly("nrr")[:11])


def test_the_bridge_adds_up_exactly_every_month() -> None:
    bridge = measure(year_of_customers().journal()).bridge
    gains = bridge["mrr_new"] + bridge["mrr_reactivated"] + bridge["mrr_expansion"]
    losses = bridge["mrr_contraction"] + bridge["mrr_churned"]
    assert (bridge["mrr_start"] + gains - losses == bridge["mrr_end"]).all()
    assert (bridge["mrr_start"].iloc[1:].to_numpy() == bridge["mrr_end"].iloc[:-1]).all()
    assert pd.api.types.is_integer_dtype(bridge["mrr_end"])
    assert bridge["mrr_end"].iloc[-1] == 80 + 140 + 100 + 70


def test_recycled_buyers_are_followed_from_their_return_to_the_contract() -> None:
    story = Story()
    for buyer in (16, 32, 48):
        story(5.0, Kind.PARKED, buyer, -1, 1, Reason.NO_BUDGET, 10.0, 1.0)
        story(10.0, Kind.RECYCLED, buyer, -1, 1, Reason.NO_BUDGET, 1.0)
        story(40.0, Kind.STATUS, buyer, code=Status.PARKED, a=0.0)
    for buyer in (16, 32):
        story(12.0, Kind.VISIT, buyer, 0, 1, Work.RECONTACTING, 10.0, 11.0, 1.0)
    story(12.0, Kind.QUALIFIED, 16, 0, 1, Qualification.BOOKED, 0.4, 0.1, 1.0)
    story(12.0, Kind.QUALIFIED, 32, 0, 1, Qualification.BOOKED, 0.4, 0.1, 0.0)  # not a return
    story(20.0, Kind.WON, 16, 0, 2, Origin.RECYCLED, 100.0, 0.0, 5.0)
    measures = measure(story.journal())
    assert measures.totals["reactivation_rate"] == 0.5
    assert measures.totals["recycled_buyers"] == 3
    assert measures.totals["recycled_opportunities"] == 1
    assert measures.totals["recycled_win_share"] == 1.0
    row = measures.recycling.set_index("recorded_reason").loc["no_budget"]
    assert list(row) == [3, 3, 1, 1]


def test_only_the_latest_return_of_a_buyer_can_still_be_open() -> None:
    story = Story()
    for at in (5.0, 20.0):
        story(at, Kind.RECYCLED, 16, -1, 1, Reason.UNREACHED, 1.0)
        story(at + 2.0, Kind.VISIT, 16, 0, 1, Work.RECONTACTING, at, at + 1.0, 1.0)
    story(40.0, Kind.STATUS, 16, code=Status.IN_INSIDE_SALES, a=0.0)
    assert story.totals()["reactivation_rate"] == 0.0  # the first one failed, the second is open
    assert story.monthly("reactivation_rate") == pytest.approx([0.0, NAN], nan_ok=True)


def test_quota_is_asked_of_people_after_a_month_and_for_their_own_time() -> None:
    story = Story()
    for person, start in ((0, 0.0), (1, 15.0), (2, 30.0)):
        story(start, Kind.HIRED, -1, person, 2, 0, 1.0, 1.0, 0.3)
    for buyer, person, amount in ((16, 0, 199.0), (32, 1, 125.0), (48, 2, 1.0)):
        story(35.0, Kind.WON, buyer, person, 2, 0, amount, 0.0, 1.0)
    assert story.totals()["quota_reached_share"] == 0.5
    assert close(story.totals()["quota_attainment"], 325 / (100 * 75 / 20))


def test_pipeline_coverage_of_the_measured_period_starts_after_the_warm_up() -> None:
    story = Story(horizon_days=80.0, warm_up_days=40.0)
    story(0.0, Kind.HIRED, -1, 0, 2, 0, 1.0, 1.0, 0.3)
    story(50.0, Kind.ARRIVED, 16, a=0.0, b=90.0)
    story(55.0, Kind.QUALIFIED, 16, 1, 1, Qualification.BOOKED, 0.4, 0.1, 0.0)
    assert close(story.totals()["pipeline_coverage"], 90 / 300)


def test_pipeline_is_compared_with_what_is_left_of_the_quarters_quota() -> None:
    story = Story()
    story(0.0, Kind.HIRED, -1, 0, 2, 0, 1.0, 1.0, 0.3)
    for buyer, size in ((16 + 14, 90.0), (32, 120.0)):
        story(0.0, Kind.ARRIVED, buyer, code=buyer % 16, a=0.0, b=size)
    story(5.0, Kind.QUALIFIED, 32, 1, 1, Qualification.BOOKED, 0.4, 0.1, 0.0)
    story(6.0, Kind.WON, 16 + 14, 0, 2, 0, 90.0, 0.0, 1.0)
    # Day 0: 90 open against 3 x 100; day 20: 120 open against 300 - 90.
    assert story.monthly("pipeline_coverage") == pytest.approx([90 / 300, 120 / 210])
    assert close(story.totals()["pipeline_coverage"], 90 / 300)


def test_the_magic_number_relates_growth_to_the_cost_of_the_quarter_before() -> None:
    story = Story(horizon_days=120.0)
    story(0.0, Kind.CUSTOMER, 16, a=100.0, b=0.0)
    story(60.0, Kind.WON, 32, 0, 2, 0, 50.0, 0.0, 1.0)
    story(20.0, Kind.SPENT, -1, -1, 0, Cost.ADVERTISING, 300.0, 0.0)
    assert close(story.totals()["magic_number"], 4 * (450 - 300) / 300)
    assert close(story.monthly("magic_number")[5], 2.0)
    assert math.isnan(story.monthly("magic_number")[4])


def test_realized_value_counts_each_month_of_age_over_those_observed_that_long() -> None:
    story = Story(horizon_days=60.0)
    story(10.0, Kind.WON, 16, 0, 2, 0, 100.0, 0.0, 1.0)
    story(45.0, Kind.CHURNED, 16, a=100.0)
    story(50.0, Kind.WON, 32, 0, 2, 0, 200.0, 0.0, 1.0)
    # Age 0: (100 + 200) / 2; ages 1 and 2 only from the first, which left before age 2.
    assert close(story.totals()["ltv_realized"], 0.8 * (150 + 100 + 0))


def test_people_who_rotate_and_help_out_are_counted_where_they_belong() -> None:
    story = Story()
    story(0.0, Kind.HIRED, -1, 7, 1, 0, 100.0, 1.0, 0.3)
    story(20.0, Kind.LEFT, -1, 7, 1, 2)
    story(20.0, Kind.HIRED, -1, 7, 2, 3, 200.0, 1.0, 0.3)
    story(10.0, Kind.VISIT, 16, 7, 1, Work.CALLING, 0.0, 6.0, 8.0)
    story(30.0, Kind.VISIT, 16, 7, 1, Work.CALLING, 20.0, 22.0, 8.0)  # helps the old team
    measures = measure(story.journal())
    assert measures.totals["inside_sales.utilization"] == 4 / 20
    assert measures.totals["field_sales.utilization"] == 8 / 20
    assert measures.totals["inside_sales.throughput"] == 2 / 40
    assert measures.totals["field_sales.throughput"] == 0.0
    assert measures.people["busy_days"].tolist() == [4.0, 8.0]
    assert measures.people["cost"].tolist() == [100.0, 200.0]
    assert measures.people["team"].tolist() == ["inside_sales", "field_sales"]


def test_trust_and_re_explanations_concern_those_who_came_close() -> None:
    story = company()
    story(9.0, Kind.TRUST, 16, code=0, a=0.8, b=1.0)
    story(19.0, Kind.TRUST, 16, code=0, a=0.7, b=0.8)
    story(9.0, Kind.RE_EXPLAINED, 16, -1, 2, 0, 0.5)
    story(9.0, Kind.RE_EXPLAINED, 32, -1, 2, 0, 0.5)
    totals = story.totals()
    assert close(totals["trust"], (0.7 + 1.0 + 1.0) / 3)
    assert totals["re_explanations"] == 1.0


# --- against brute force ------------------------------------------------------------------

_time = st.integers(0, 160).map(lambda quarter: quarter / 4.0)


@settings(deadline=None)
@given(st.lists(st.tuples(_time, _time, st.booleans()), max_size=25), st.integers(0, 39))
def test_the_queue_is_the_time_average_of_its_length(
    stays: list[tuple[float, float, bool]], warm_up: int
) -> None:
    story = Story(warm_up_days=float(warm_up))
    pairs = [(min(pair), max(pair)) for *pair, _ in stays]
    for (came, went), (*_, served) in zip(pairs, stays, strict=True):
        if served:
            story(went, Kind.VISIT, 16, 0, 2, Work.MEETING, came, went, 0.0)
        else:
            story(went, Kind.ABANDONED, 16, -1, 2, Work.MEETING, came)
    middles = np.arange(warm_up, 40.0, 0.25) + 0.125
    length = sum((((came < middles) & (middles < went)) for came, went in pairs), 0 * middles)
    assert close(story.totals()["field_sales.queue"], float(np.mean(length)))


@given(
    st.lists(st.tuples(_time, _time, st.integers(1, 9)), max_size=20),
    st.floats(0.0, 40.0, allow_nan=False),
)
def test_weighted_presence_is_the_sum_of_clipped_intervals(
    stays: list[tuple[float, float, int]], warm_up: float
) -> None:
    periods = Periods.of(replace(FACTS, warm_up_days=warm_up))
    start = np.array([min(a, b) for a, b, _ in stays])
    end = np.array([max(a, b) for a, b, _ in stays])
    weight = np.array([float(w) for *_, w in stays])
    found = periods.presence(start, end, weight)
    for i, (lower, upper) in enumerate(zip(periods.lower, periods.upper, strict=True)):
        clipped = np.clip(end, lower, upper) - np.clip(start, lower, upper)
        assert found[i] == pytest.approx(float(np.sum(weight * clipped)), abs=1e-9)


# --- what identities() finds ------------------------------------------------------------------


def replaced(kind: Kind, **columns: float) -> Story:
    """The small company with some columns of the last row of a kind overwritten."""
    story = company()
    names = ("time", "kind", "buyer", "person", "team", "code", "a", "b", "c")
    at = max(i for i, row in enumerate(story.rows) if row[1] == kind)
    row = list(story.rows[at])
    for name, value in columns.items():
        row[names.index(name)] = value
    story.rows[at] = tuple(row)
    return story


@pytest.mark.parametrize(
    ("story", "violated"),
    [
        (without(company(), Kind.STATUS, 32), "a buyer that entered has no status"),
        (company()(40.0, Kind.STATUS, 32, code=Status.PARKED), "a buyer has several statuses"),
        (company()(9.0, Kind.TRUST, 99, a=0.5, b=1.0), "a buyer has rows but never entered"),
        (without(company(), Kind.STATUS, 16), "buyers in are not buyers out by status"),
        (company()(39.0, Kind.GONE, 16, -1, 2), "a buyer's status is not gone though it went"),
        (without(company(), Kind.LOST), "open opportunities are not"),
        (replaced(Kind.STATUS, code=Status.PARKED), "customers by their rows are not"),
        (
            company()(33.0, Kind.WON, 16, 2, 2, 0, 10.0, 0.0, 1.0),
            "a customer is won again without having left",
        ),
        (replaced(Kind.CONTRACTED, time=41.0), "a row is later than the horizon"),
        (replaced(Kind.VISIT, a=21.0), "a visit is not ordered"),
        (company()(5.0, Kind.ABANDONED, 16, -1, 1, 2, 6.0), "a buyer gave up before it queued"),
        (
            company()(40.0, Kind.UNFINISHED, 16, -1, 1, 2, 41.0),
            "an unfinished visit is not ordered",
        ),
        (
            company()(40.0, Kind.UNFINISHED, 16, 1, 1, 2, 39.0),
            "an unfinished visit has a person without a start",
        ),
        (replaced(Kind.EXPANDED, a=30.5), "an amount is not whole"),
        (replaced(Kind.STATUS, a=41.0), "MRR at the end is not the MRR of the customers"),
        (replaced(Kind.STATUS, a=41.0), "a customer's MRR is not what its changes make"),
        (replaced(Kind.EXPANDED, b=151.0), "an MRR after a change is not"),
        (
            company()(38.0, Kind.CHURNED, 16, a=140.0),
            "a customer left with another MRR than it had",
        ),
        (
            company()(9.0, Kind.VISIT, 16, 3, 1, Work.CALLING, 6.0, 8.5, 1.0),
            "a buyer is in two places at once before it buys",
        ),
        (company()(2.5, Kind.ABANDONED, 32, -1, 1, 2, 1.0), "a buyer queued before it arrived"),
        (replaced(Kind.VISIT, person=2, b=17.5), "a person is at two visits at once"),
        (replaced(Kind.VISIT, person=9), "a visit is by nobody employed then"),
        (replaced(Kind.VISIT, a=20.5), "the queue of customer_success is negative"),
        (
            company()(41.0, Kind.ABANDONED, 16, -1, 3, Work.CLAIM, 39.0),
            "Little's law fails at customer_success",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_planted_violation_is_named(story: Story, violated: str) -> None:
    assert any(found.startswith(violated) for found in identities(story.journal()))


def test_times_that_decrease_are_named() -> None:
    story = company()
    story.rows.sort(key=lambda row: row[0])
    story.rows[0], story.rows[-1] = story.rows[-1], story.rows[0]
    assert any(f.startswith("times decrease") for f in identities(story.journal(in_order=False)))


def test_a_team_that_has_left_before_the_measured_period_has_no_rates() -> None:
    """Person-days are differences of integrals: their rounding must not be somebody."""
    leave = [{"team": "inside_sales", "day": day, "people": -50} for day in (17.3, 25.0, 32.0)]
    gone = {
        "hiring": tuple(leave),
        "teams.inside_sales.people": 7,
        "teams.inside_sales.attrition_per_year": 0.999,
        "teams.inside_sales.time_to_fill_days": 3.3,
        "horizon": {"months": 4.0, "warm_up_months": 2.0},
    }
    # A measure of 64 people at work for each one employed, before this was mended.
    totals = measure(run(changed_scenario(Scenario(), gone), 2)).totals
    assert math.isnan(totals["activities"])
    assert math.isnan(totals["inside_sales.utilization"])
    assert math.isnan(totals["meetings_per_inside_sales_person"])
