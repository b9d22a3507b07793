"""What pictures show is what was measured: held against the tables by hand, and at extremes."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from conftest import changed_scenario
from scipy import stats

from simulator.errors import ScenarioError
from simulator.experiment.attribution import attribute
from simulator.experiment.bottleneck import bottleneck
from simulator.experiment.comparison import Comparison, compare
from simulator.experiment.incentives import incentives
from simulator.experiment.replications import Results, replicate
from simulator.experiment.sensitivity import sensitivity
from simulator.languages.languages import speaking
from simulator.metrics.definitions import METRICS, TEAMS
from simulator.presentation import files
from simulator.presentation.report_making import Making
from simulator.presentation.report_top import tiles
from simulator.presentation.views.analyses import (
    attribution_bars,
    bottleneck_bars,
    incentives_bars,
    tornado,
    zero_is_near,
)
from simulator.presentation.views.bridges import waterfall
from simulator.presentation.views.courses import course, outer, possible, queues
from simulator.presentation.views.dashboards import blame
from simulator.presentation.views.degradation import heat
from simulator.presentation.views.flows import flow
from simulator.presentation.views.retention import (
    of_won,
    rests_on,
    retention,
    triangle,
    what_counts,
)
from simulator.presentation.views.shapes import (
    Analysis,
    Blame,
    Evidence,
    Flow,
    HeatRow,
    Reading,
    as_json,
)
from simulator.scenario import LoadedScenario, load_scenario
from simulator.scenario.schema import Scenario


def of_months(small: Scenario, months: float, **changes: Any) -> Scenario:
    named = {key.replace("__", "."): value for key, value in changes.items()}
    return changed_scenario(small, {"horizon.months": months, **named})


@pytest.fixture(scope="module")
def half_year(small: Scenario) -> Results:
    return replicate(small, "small", seed=2, replications=5)


@pytest.fixture(scope="module")
def one_off(small: Scenario) -> Results:
    return replicate(of_months(small, 5.0, sale="one_off"), "one-off", seed=2, replications=3)


@pytest.fixture(scope="module")
def single(small: Scenario) -> Results:
    return replicate(of_months(small, 3.0), "single", seed=2, replications=1)


@pytest.fixture(scope="module")
def regimes() -> tuple[LoadedScenario, LoadedScenario]:
    return load_scenario("shared"), load_scenario("divisional")


@pytest.fixture(scope="module")
def compared(regimes: tuple[LoadedScenario, LoadedScenario]) -> Comparison:
    return compare(*regimes, seed=1, replications=8)


# ------------------------------------------------------------------ flows


def assert_balanced(found: Flow) -> None:
    known = {node.id for node in found.nodes}
    assert {end for link in found.links for end in (link.source, link.target)} <= known
    for node in found.nodes:
        came = sum(link.size for link in found.links if link.target == node.id)
        went = sum(link.size for link in found.links if link.source == node.id)
        assert node.went == pytest.approx(went)
        if node.id in ("inquiries", "start", "expansion"):
            assert node.came == node.went
        else:
            assert node.came == pytest.approx(came)
        assert node.came == pytest.approx(node.went + node.inside)
        assert node.inside >= 0.0
    assert all(link.size > 0.0 for link in found.links)


@pytest.mark.parametrize("measure", ["buyers", "mrr"])
@pytest.mark.parametrize("name", ["divisional", "olist", "no_recycling", "one_off_sales"])
@pytest.mark.parametrize("warm_up", [0.0, 1.5])
def test_flows_balance_at_every_place(name: str, warm_up: float, measure: Any) -> None:
    changes = {"horizon.months": 4.0, "horizon.warm_up_months": warm_up}
    scenario = changed_scenario(load_scenario(name).scenario, changes)
    results = replicate(scenario, name, seed=4, replications=2)
    assert_balanced(flow(results, measure))


def test_those_inside_are_the_statuses_of_the_runs(half_year: Results) -> None:
    inside = {node.id: node.inside for node in flow(half_year, "buyers").nodes}
    for place, status in (
        ("marketing", "in_marketing"),
        ("nurture", "nurtured"),
        ("inside_sales", "in_inside_sales"),
        ("field_sales", "in_field_sales"),
        ("customer_success", "customer"),
        ("parked", "parked"),
        ("former", "former_customer"),
        ("gone", "gone"),
    ):
        assert inside.get(place, 0.0) == pytest.approx(half_year.statuses[status].mean), place


def test_customers_at_the_end_pay_the_mrr_at_the_end(half_year: Results) -> None:
    found = flow(half_year, "mrr")
    (customers,) = (node for node in found.nodes if node.id == "customer_success")
    assert customers.inside == pytest.approx(half_year.totals["mrr_end"].mean)
    links = {(link.source, link.target): link.size for link in found.links}
    assert links["expansion", "customer_success"] == pytest.approx(
        half_year.totals["mrr_expansion"].mean
    )
    assert links["field_sales", "customer_success"] == pytest.approx(
        half_year.totals["bookings"].mean
    )


def test_sizes_are_means_of_the_runs(half_year: Results) -> None:
    found = {(link.source, link.target): link.size for link in flow(half_year, "buyers").links}
    of_runs = [one.totals["mql_count"] for one in half_year.measures]
    assert found["marketing", "inside_sales"] == pytest.approx(np.mean(of_runs))


def test_loops_go_back_and_losses_are_losses(half_year: Results) -> None:
    kinds = {(link.source, link.target): link.kind for link in flow(half_year, "buyers").links}
    assert kinds["nurture", "marketing"] == "back"
    assert kinds["parked", "inside_sales"] == "back"
    assert kinds["parked", "marketing"] == "back"
    assert kinds["inside_sales", "parked"] == "lost"
    assert kinds["marketing", "gone"] == "lost"
    assert kinds["customer_success", "former"] == "lost"
    assert kinds["inquiries", "marketing"] == "onward"
    assert kinds["start", "parked"] == "onward"
    columns = {node.id: node.column for node in flow(half_year, "buyers").nodes}
    for (source, target), kind in kinds.items():
        assert (columns[target] < columns[source]) == (kind == "back")


def test_a_former_customer_that_comes_back_at_another_size_is_revalued(half_year: Results) -> None:
    table = half_year.transitions
    row = table.iloc[0].copy()
    rows = [row.copy(), row.copy()]
    for each, (source, target) in zip(
        rows, (("former", "contraction"), ("customer_success", "contraction")), strict=True
    ):
        each["from_place"], each["to_place"], each["amount"] = source, target, 5.0
    found = flow(replace(half_year, transitions=pd.DataFrame(rows)), "mrr")
    notes = {link.source: link.note for link in found.links}
    assert notes["former"].startswith("revaluation")
    assert notes["customer_success"] == ""


def test_one_off_sales_are_delivered_and_nobody_expands(one_off: Results) -> None:
    found = flow(one_off, "mrr")
    places = {node.id for node in found.nodes}
    assert "delivered" in places
    assert not places & {"former", "expansion", "contraction"}
    sold = sum(link.size for link in found.links if link.target == "customer_success")
    assert sold == pytest.approx(one_off.totals["bookings"].mean)


def test_what_was_over_before_counting_began_is_left_out(small: Scenario) -> None:
    late = of_months(small, 4.0, horizon__warm_up_months=3.5)
    found = flow(replicate(late, "late", seed=2, replications=2), "buyers")
    assert ("start", "gone") not in {(link.source, link.target) for link in found.links}
    assert found.months == (4, 4)
    assert_balanced(found)


def test_the_departments_are_there_even_if_nobody_comes(small: Scenario) -> None:
    closed = of_months(
        small,
        1.0,
        start__loaded=False,
        **{f"market__channels__{name}__leads_per_day": 0.0 for name in small.market.channels},
    )
    found = flow(replicate(closed, "closed", seed=2, replications=1), "mrr")
    assert [node.id for node in found.nodes] == list(TEAMS)
    assert not found.links
    assert_balanced(found)


def test_places_are_named_in_the_language_that_is_spoken(half_year: Results) -> None:
    with speaking("ja"):
        labels = {node.id: node.label for node in flow(half_year, "buyers").nodes}
        unit = flow(half_year, "mrr").scale.unit
    assert labels["former"] == "元顧客"
    assert labels["marketing"] == "マーケティング"
    assert unit == "百万円"
    assert all(not label.isascii() for label in labels.values())


# ------------------------------------------------------------------ heat


def row_of(comparison: Comparison, scenario: str, metric: str) -> HeatRow:
    (row,) = (each for each in heat(comparison, scenario).rows if each.metric == metric)
    return row


def test_heat_is_the_comparison_by_month(compared: Comparison) -> None:
    row = row_of(compared, "divisional", "field_sales.wait_mean")
    table = compared.monthly[compared.monthly["metric"] == "field_sales.wait_mean"]
    assert row.values.tolist() == table["mean"].tolist()
    assert row.reference.tolist() == table["reference"].tolist()
    assert row.told.tolist() == table["departs"].tolist()
    size = np.median(np.maximum(table["mean"], table["reference"]))
    worse = np.clip((table["mean"] - table["reference"]) / size, -1.0, 1.0)  # longer is worse
    assert row.worse == pytest.approx(worse.to_numpy(), rel=1e-9)
    assert row.told.any()
    assert (row.worse[row.told] > 0.0).all()


def test_less_of_what_is_better_is_worse(compared: Comparison) -> None:
    row = row_of(compared, "divisional", "win_rate")
    lower = row.values < row.reference
    assert lower.any()
    assert (row.worse[lower] > 0.0).all()
    assert (np.abs(row.worse[np.isfinite(row.worse)]) <= 1.0).all()


def test_every_department_has_a_wait_and_customers_their_churn(compared: Comparison) -> None:
    found = heat(compared, "divisional")
    assert {row.team for row in found.rows if row.aspect == "wait"} == set(TEAMS)
    assert [row.metric for row in found.rows if row.aspect == "churn"] == ["logo_churn"]
    order = [TEAMS.index(row.team) for row in found.rows]
    assert order == sorted(order)
    assert found.months == tuple(range(1, 25))
    assert all(len(row.values) == len(found.months) for row in found.rows)


def with_series(
    compared: Comparison, metric: str, reference: list[float], mean: list[float]
) -> Comparison:
    """A comparison in which one series is what a test says."""
    monthly = compared.monthly.copy()
    at = monthly.index[monthly["metric"] == metric]
    monthly.loc[at, "reference"] = reference
    monthly.loc[at, "mean"] = mean
    monthly.loc[at, "difference"] = np.array(mean) - np.array(reference)
    monthly.loc[at, "departs"] = False
    return replace(compared, monthly=monthly)


def test_the_size_of_a_row_is_not_that_of_its_largest_month(compared: Comparison) -> None:
    mean = [2.0] * 23 + [2000.0]
    changed = with_series(compared, "field_sales.wait_mean", [1.0] * 24, mean)
    worse = row_of(changed, "divisional", "field_sales.wait_mean").worse
    assert worse.tolist() == [0.5] * 23 + [1.0]


def test_missing_months_stay_missing(compared: Comparison) -> None:
    mean = [math.nan, 2.0] * 12
    changed = with_series(compared, "field_sales.wait_mean", [1.0] * 24, mean)
    worse = row_of(changed, "divisional", "field_sales.wait_mean").worse
    assert np.isnan(worse[::2]).all()
    assert (worse[1::2] == 0.5).all()


def test_a_row_of_mostly_zeros_has_the_size_of_what_is_not(compared: Comparison) -> None:
    mean = [0.0] * 20 + [0.2] * 4
    changed = with_series(compared, "field_sales.abandonment", [0.0] * 24, mean)
    worse = row_of(changed, "divisional", "field_sales.abandonment").worse
    assert worse.tolist() == [0.0] * 20 + [1.0] * 4


@pytest.mark.parametrize("value", [0.0, math.nan])
def test_a_row_in_which_nothing_happens_is_left_out(compared: Comparison, value: float) -> None:
    changed = with_series(compared, "field_sales.abandonment", [value] * 24, [value] * 24)
    shown = {row.metric for row in heat(changed, "divisional").rows}
    assert "field_sales.abandonment" not in shown


def named(name: str, scenario: Scenario) -> LoadedScenario:
    return replace(load_scenario("base"), scenario=scenario, name=name)


def test_the_same_company_is_alike_in_every_month(small: Scenario) -> None:
    twice = [named("a", of_months(small, 3.0)), named("b", of_months(small, 3.0))]
    found = heat(compare(*twice, replications=2), "b")
    for row in found.rows:
        known = np.isfinite(row.values)
        assert (row.worse[known] == 0.0).all()
        assert np.isnan(row.worse[~known]).all()
        assert not row.told.any()


@pytest.mark.parametrize(("months", "replications"), [(1.5, 1), (60.0, 2)])
def test_short_and_long_comparisons_have_their_months(
    small: Scenario, months: float, replications: int
) -> None:
    short = of_months(small, months)
    other = changed_scenario(short, {"decisions.marketing.mql_cutoff": -1.5})
    found = heat(compare(named("a", short), named("b", other), replications=replications), "b")
    assert found.months == tuple(range(1, math.ceil(months) + 1))
    assert found.rows
    assert found.tested == (replications > 1)
    if replications == 1:
        assert not any(row.told.any() for row in found.rows)


def test_a_scenario_that_was_not_compared_is_refused_with_those_that_were(
    compared: Comparison, regimes: tuple[LoadedScenario, LoadedScenario]
) -> None:
    for view in (heat, lambda found, name: blame(found, regimes, name)):
        with pytest.raises(ScenarioError, match="these are: divisional"):
            view(compared, "shared")


# ------------------------------------------------------------------ courses


def test_a_course_ends_where_months_were_not_followed_for_long_enough(half_year: Results) -> None:
    band = course([half_year], "lead_time").bands[0]
    known = np.isfinite(band.mean)
    assert known[0]
    assert not known[-2:].any()
    assert np.isnan(band.outer_high[~known]).all()
    # What is counted as it happens is known to the end.
    assert np.isfinite(course([half_year], "wins").bands[0].mean).all()


def test_single_runs_that_are_too_long_to_be_seen_have_no_range() -> None:
    values = np.tile(np.arange(12.0)[:, None], 3)
    values[3, 1], values[3, 2] = math.inf, math.nan
    low, high = outer(values)
    assert np.isfinite([low[0], high[0], low[2], high[2]]).all()
    assert np.isnan([low[1], high[1]]).all()


def values_of(results: Results, metric: str) -> np.ndarray[Any, Any]:
    return np.array(
        [
            one.monthly[one.monthly["metric"] == metric]["value"].to_numpy()
            for one in results.measures
        ]
    )


def test_a_course_has_mean_interval_and_single_runs(half_year: Results) -> None:
    found = course([half_year], "wins")
    (band,) = found.bands
    values = values_of(half_year, "wins")
    assert band.at.tolist() == [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
    assert band.mean == pytest.approx(values.mean(axis=0))
    half = stats.t.ppf(0.975, 4) * values.std(axis=0, ddof=1) / math.sqrt(5)
    assert band.high - band.mean == pytest.approx(half)
    assert (found.label, found.team, found.scale.unit) == (
        "Contracts won",
        "field_sales",
        "buyers",
    )


def test_where_most_runs_lie_is_said_only_of_ten_runs_or_more(half_year: Results) -> None:
    (band,) = course([half_year], "wins").bands
    assert np.isnan(band.outer_low).all()
    assert np.isnan(band.outer_high).all()
    values = np.arange(33.0).reshape(11, 3) ** 2
    values[:2, 1] = math.nan
    low, high = outer(values)
    assert low[[0, 2]] == pytest.approx(np.percentile(values[:, [0, 2]], 10, axis=0))
    assert high[[0, 2]] == pytest.approx(np.percentile(values[:, [0, 2]], 90, axis=0))
    assert np.isnan([low[1], high[1]]).all()  # known in nine runs only


def test_a_course_of_shares_is_in_percent(half_year: Results) -> None:
    assert course([half_year], "win_rate").scale.unit == "%"
    assert course([half_year], "win_rate").scale.factor == 100.0


def test_one_run_has_a_mean_alone(single: Results) -> None:
    (band,) = course([single], "mrr").bands
    assert np.isfinite(band.mean).all()
    for values in (band.low, band.high, band.outer_low, band.outer_high):
        assert np.isnan(values).all()


def test_missing_months_of_a_course_stay_missing(one_off: Results) -> None:
    (band,) = course([one_off], "logo_churn").bands
    assert np.isnan(band.mean).all()
    assert np.isnan(band.outer_low).all()


def test_equal_runs_have_no_width(half_year: Results) -> None:
    same = Results.of(
        half_year.scenario,
        "same",
        2,
        3,
        {number: _outcome(half_year.measures[0]) for number in range(3)},
    )
    (band,) = course([same], "mrr").bands
    for values in (band.low, band.high):
        assert values == pytest.approx(band.mean, rel=1e-12)


def _outcome(measures: Any) -> Any:
    from simulator.experiment.execution import Outcome

    return Outcome(measures, {})


def test_several_scenarios_have_a_band_each(half_year: Results, single: Results) -> None:
    found = course([half_year, single], "mrr")
    assert [band.scenario for band in found.bands] == ["small", "single"]
    assert [len(band.at) for band in found.bands] == [6, 3]


def test_there_is_a_queue_of_each_team(half_year: Results) -> None:
    found = queues([half_year])
    assert [each.team for each in found] == list(TEAMS)
    for each in found:
        assert each.metric == f"{each.team}.queue"
        assert each.bands[0].mean == pytest.approx(values_of(half_year, each.metric).mean(axis=0))


@pytest.mark.parametrize(
    ("metric", "said"), [("wint", "did you mean"), ("trust", "is not given by month")]
)
def test_what_has_no_months_is_refused(half_year: Results, metric: str, said: str) -> None:
    with pytest.raises(ScenarioError, match=said):
        course([half_year], metric)


# ------------------------------------------------------------------ bridge


def test_the_steps_of_a_bridge_add_up(half_year: Results) -> None:
    found = waterfall(half_year)
    assert found is not None
    first, *changes, last = found.steps
    assert (first.id, last.id) == ("mrr_start", "mrr_end")
    assert first.value + sum(step.value for step in changes) == pytest.approx(last.value)
    assert {step.kind for step in changes} == {"change"}
    churned = next(step for step in changes if step.id == "mrr_churned")
    estimate = half_year.totals["mrr_churned"]
    assert churned.value == -estimate.mean
    assert estimate.low is not None
    assert churned.high == -estimate.low
    assert all(step.low <= step.value <= step.high for step in found.steps)


def test_one_run_has_a_bridge_without_intervals(single: Results) -> None:
    found = waterfall(single)
    assert found is not None
    assert all(math.isnan(step.low) and math.isnan(step.high) for step in found.steps)


def test_one_off_sales_have_no_bridge_and_no_retention(one_off: Results) -> None:
    assert waterfall(one_off) is None
    assert retention([one_off]) is None
    assert triangle(one_off, "logo_retention") is None


# ------------------------------------------------------------------ retention


def cohort_table(rows: list[tuple[int, int, float, int]]) -> pd.DataFrame:
    names = ["cohort", "age", "value", "n"]
    table = pd.DataFrame(rows, columns=names)
    return table.assign(kind="contract", metric="logo_retention", weight=table["n"].astype(float))


def with_cohorts(results: Results, *tables: pd.DataFrame) -> Results:
    measures = tuple(replace(results.measures[0], cohorts=table) for table in tables)
    return replace(results, measures=measures, numbers=tuple(range(len(measures))))


def test_cohorts_are_pooled_by_age_as_far_as_they_were_seen(half_year: Results) -> None:
    first = cohort_table(
        [
            (0, 0, 1.0, 100), (0, 1, 0.1, 100), (0, 2, 0.1, 100),  # at the start: left out
            (1, 0, 1.0, 30), (1, 1, 0.9, 30), (1, 2, 0.5, 30),
            (2, 0, 1.0, 10), (2, 1, 0.5, 10),
        ]
    )  # fmt: skip
    second = cohort_table([(1, 0, 1.0, 20), (1, 1, 0.81, 20), (1, 2, 0.7, 20)])
    found = retention([with_cohorts(half_year, first, second)])
    assert found is not None
    (band,) = found.bands
    assert band.at.tolist() == [0.0, 1.0, 2.0]
    # Run 1: age 1 from both cohorts, (27 + 5) / 40; age 2 from the older one alone.
    assert band.mean == pytest.approx([1.0, (0.8 + 0.81) / 2.0, (0.5 + 0.7) / 2.0])
    half = stats.t.ppf(0.975, 1) * np.std([0.8, 0.81], ddof=1) / math.sqrt(2)
    assert band.high[1] - band.mean[1] == pytest.approx(half)
    assert band.mean[1] - band.low[1] == pytest.approx(half)
    # Of two runs as far apart as at age 2 the interval would leave 0 to 1: it ends there.
    assert (band.low[2], band.high[2]) == (0.0, 1.0)


def test_the_triangle_pools_runs_and_leaves_out_what_was_not_seen(half_year: Results) -> None:
    first = cohort_table([(0, 0, 1.0, 100), (1, 0, 1.0, 30), (1, 1, 0.9, 30), (3, 0, 1.0, 6)])
    second = cohort_table([(0, 0, 1.0, 100), (1, 0, 1.0, 10), (1, 1, 0.5, 10)])
    found = triangle(with_cohorts(half_year, first, second), "logo_retention")
    assert found is not None
    assert found.cohorts == (0, 1, 3)
    assert found.ages == (0, 1)
    assert found.n.tolist() == [100.0, 20.0, 3.0]
    np.testing.assert_allclose(
        found.share, [[1.0, math.nan], [1.0, (27.0 + 5.0) / 40.0], [1.0, math.nan]]
    )


def test_shares_of_mrr_are_pooled_by_the_mrr_that_they_are_of(half_year: Results) -> None:
    rows = cohort_table([(1, 0, 1.0, 10), (1, 1, 0.5, 10), (2, 0, 1.0, 10), (2, 1, 1.0, 10)])
    table = rows.assign(metric="revenue_retention", weight=[900.0, 900.0, 100.0, 100.0])
    again = table.assign(weight=100.0)
    one = retention([with_cohorts(half_year, table)], "revenue_retention")
    assert one is not None
    assert one.bands[0].mean == pytest.approx([1.0, (450.0 + 100.0) / 1000.0])
    both = triangle(with_cohorts(half_year, table, again.assign(value=1.0)), "revenue_retention")
    assert both is not None
    assert both.share[0, 1] == pytest.approx((450.0 + 100.0) / 1000.0)
    assert both.n.tolist() == [10.0, 10.0]


def test_the_share_of_mrr_of_all_customers_won_is_that_of_their_sum(half_year: Results) -> None:
    found = retention([half_year], "revenue_retention")
    assert found is not None
    runs = []
    for one in half_year.measures:
        rows = one.cohorts[one.cohorts["metric"] == "revenue_retention"]
        rows = rows[(rows["cohort"] > 0) & (rows["age"] == 2) & rows["value"].notna()]
        runs.append((rows["value"] * rows["weight"]).sum() / rows["weight"].sum())
        assert (rows["weight"] > rows["n"]).all()  # amounts of money, not customers
    assert found.bands[0].mean[2] == pytest.approx(np.mean(runs))


def test_customers_at_the_start_can_be_left_out_of_the_triangle(half_year: Results) -> None:
    rows = [(0, 0, 1.0, 100), (0, 1, 0.9, 100), (0, 2, 0.8, 100), (1, 0, 1.0, 30), (1, 1, 0.9, 30)]
    every = triangle(with_cohorts(half_year, cohort_table(rows)), "logo_retention")
    assert every is not None
    found = of_won(every)
    assert found is not None
    assert (found.cohorts, found.ages, found.n.tolist()) == ((1,), (0, 1), [30.0])
    assert found.share.tolist() == [[1.0, 0.9]]
    alone = triangle(with_cohorts(half_year, cohort_table(rows[:3])), "logo_retention")
    assert alone is not None
    assert of_won(alone) is None


def test_it_is_said_on_how_many_customers_a_curve_of_retention_rests(half_year: Results) -> None:
    first = cohort_table([(0, 0, 1.0, 100), (1, 0, 1.0, 30), (1, 1, 0.9, 30), (2, 0, 1.0, 10)])
    second = cohort_table([(1, 0, 1.0, 10), (1, 1, 0.5, 10)])
    results = with_cohorts(half_year, first, second)
    assert rests_on(results) == (25.0, 1, 20.0)
    general, own = what_counts([results])
    assert "may rise" in general
    assert own == "small: 25 customers at age 0, 20 at age 1 (mean of a run)."


@pytest.mark.parametrize("metric", ["logo_retention", "revenue_retention"])
def test_retention_of_a_run_is_that_of_its_customers(half_year: Results, metric: str) -> None:
    found, table = retention([half_year], metric), triangle(half_year, metric)
    assert found is not None
    assert table is not None
    (band,) = found.bands
    assert band.mean[0] == 1.0
    assert table.share[:, 0] == pytest.approx(np.ones(len(table.cohorts)))
    if metric == "logo_retention":
        assert ((table.share <= 1.0) | np.isnan(table.share)).all()
        # Cells below the diagonal of the horizon were never seen.
        for cohort, row in zip(table.cohorts, table.share, strict=True):
            assert np.isnan(row[max(6 - cohort, 0) + 1 :]).all()


def test_retention_of_another_metric_is_refused(half_year: Results) -> None:
    for view in (lambda: retention([half_year], "wins"), lambda: triangle(half_year, "wins")):
        with pytest.raises(ScenarioError, match="these are: logo_retention, revenue_retention"):
            view()


# ------------------------------------------------------------------ blame


def reading(found: Blame, metric: str) -> Reading:
    readings = [
        *(each for board in found.dashboards for each in board.readings),
        *found.lived,
        *found.company,
    ]
    return next(each for each in readings if each.metric == metric)


def readings_of(found: Blame) -> list[Reading]:
    boards = [each for board in found.dashboards for each in board.readings]
    return [*boards, *found.lived, *found.company]


def test_readings_are_the_comparison(
    compared: Comparison, regimes: tuple[LoadedScenario, LoadedScenario]
) -> None:
    found = blame(compared, regimes, "divisional")
    table = compared.metrics.set_index("metric")
    for board in found.dashboards:
        assert 3 <= len(board.readings) <= 5
        for each in (*board.readings, *found.lived, *found.company):
            row = table.loc[each.metric]
            assert (each.value, each.reference) == (row["mean"], row["reference"])
            assert (each.low, each.high) == (row["low"], row["high"])
            sign = (each.low > 0.0) - (each.high < 0.0)
            way = {"higher": 1, "lower": -1, "neither": 0}[METRICS[each.metric].better]
            # A correction may take a verdict back, and never makes one.
            alike = "alike" if each.low == each.high == 0.0 else "open"
            assert each.verdict in ("open", {1: "better", -1: "worse", 0: alike}[sign * way])


def test_verdicts_are_corrected_for_all_figures_of_the_picture_but_the_main_one(
    compared: Comparison, regimes: tuple[LoadedScenario, LoadedScenario]
) -> None:
    first = blame(compared, regimes, "divisional")
    shown = {each.metric for each in readings_of(first)}
    assert len(shown) > 20
    table = compared.metrics.copy()
    inside = table["metric"].isin(shown)
    table.loc[inside, ["difference", "low", "high"]] = [1.0, 0.5, 1.5]
    table.loc[inside, ["p", "p_holm"]] = 0.03  # each alone would be told
    corrected = blame(replace(compared, metrics=table), regimes, "divisional")
    verdicts = {each.metric: each.verdict for each in readings_of(corrected)}
    assert verdicts.pop("mrr_end") == "better"
    assert set(verdicts.values()) == {"open"}
    table.loc[inside, ["p", "p_holm"]] = 1e-6
    plain = blame(replace(compared, metrics=table), regimes, "divisional")
    assert {each.verdict for each in readings_of(plain)} == {"better", "worse"}


def test_alike_is_what_is_the_same_in_every_pair_and_nothing_else(
    compared: Comparison, regimes: tuple[LoadedScenario, LoadedScenario]
) -> None:
    table = compared.metrics.copy()
    wins, rate = table["metric"] == "wins", table["metric"] == "win_rate"
    table.loc[wins, ["difference", "low", "high", "p"]] = [0.0, 0.0, 0.0, 1.0]
    table.loc[rate, ["difference", "low", "high", "p"]] = [0.0, -0.1, 0.1, 1.0]
    found = blame(replace(compared, metrics=table), regimes, "divisional")
    assert reading(found, "wins").verdict == "alike"
    assert reading(found, "win_rate").verdict == "open"


def test_departments_look_good_on_their_own_numbers_while_the_company_loses(
    compared: Comparison, regimes: tuple[LoadedScenario, LoadedScenario]
) -> None:
    found = blame(compared, regimes, "divisional")
    assert reading(found, "mql_count").verdict == "better"
    assert reading(found, "sql_count").verdict == "better"
    assert reading(found, "mrr_end").verdict == "worse"
    assert any(each.verdict == "worse" for each in found.lived)


def test_a_department_is_measured_on_what_its_weight_says(
    compared: Comparison, regimes: tuple[LoadedScenario, LoadedScenario]
) -> None:
    own = blame(compared, regimes, "divisional").dashboards[0]
    assert own.measure == "MQLs"
    assert [each.metric for each in own.readings if each.counts] == ["mql_count"]
    shared, divisional = regimes
    half = replace(
        divisional,
        scenario=changed_scenario(
            divisional.scenario, {"kpi.marketing": 0.25, "kpi.inside_sales": 1.0}
        ),
    )
    marketing, inside, *_ = blame(compared, (shared, half), "divisional").dashboards
    assert marketing.measure == "75 % MQLs, 25 % MRR at end, shared by all departments"
    assert {each.metric for each in marketing.readings if each.counts} == {"mql_count", "mrr_end"}
    assert inside.measure == "MRR at end, shared by all departments"
    assert {each.metric for each in inside.readings if each.counts} == {"mrr_end"}
    assert "sql_count" in {each.metric for each in inside.readings}


def test_the_same_company_is_alike_everywhere_and_one_pair_tells_nothing(small: Scenario) -> None:
    short = of_months(small, 2.0)
    other = changed_scenario(short, {"decisions.marketing.mql_cutoff": -1.5})
    same = [named("a", short), named("b", short)]
    apart = [named("a", short), named("b", other)]
    everything = readings_of(blame(compare(*same, replications=3), same, "b"))
    assert {each.verdict for each in everything} == {"alike"}
    once = readings_of(blame(compare(*apart, replications=1), apart, "b"))
    assert {each.verdict for each in once} == {"alike", "open"}
    for each in once:
        assert not each.tested
        assert (each.verdict == "alike") == (each.difference == 0.0)


def test_one_off_sales_are_blamed_without_what_they_do_not_have(small: Scenario) -> None:
    pair = [
        named("a", of_months(small, 3.0, sale="one_off")),
        named("b", of_months(small, 3.0, sale="one_off", decisions__marketing__mql_cutoff=-1.5)),
    ]
    found = blame(compare(*pair, replications=2), pair, "b")
    metrics = {each.metric for board in found.dashboards for each in board.readings}
    assert "logo_churn" not in metrics
    assert found.company[0].metric == "revenue"


# ------------------------------------------------------------------ analyses


@pytest.fixture(scope="module")
def analyses(small: Scenario) -> dict[str, Analysis]:
    """Every analysis, small, as it comes fresh."""
    short = of_months(small, 1.0)
    a = named("=a", short)
    b = named(
        "<script>",
        changed_scenario(
            short,
            {"decisions.marketing.mql_cutoff": -1.5, "decisions.field_sales.promise": 0.9},
        ),
    )
    found: dict[str, Any] = {
        "attribute": attribute(a, b, metric=["mrr_end", "win_rate"], replications=3),
        "bottleneck": bottleneck(a, replications=3),
        "sensitivity": sensitivity(a, b, trajectories=2, top=1, sobol=4, points=4, replications=2),
        "incentives": incentives(a, starts=1, steps=2, doses=False, replications=2, fresh=3),
    }
    return {
        command: Analysis(
            command,
            {**json.loads(files.json_text(each.as_json())), "version": "0", "command": [command]},
            dict(each.tables()),
        )
        for command, each in found.items()
    }


@pytest.fixture(scope="module")
def from_folders(
    analyses: dict[str, Analysis], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Analysis]:
    """The same, written to folders and read back."""
    found = {}
    for command, each in analyses.items():
        folder = tmp_path_factory.mktemp(command)
        files.write_tables(each.tables, folder, command, each.said)
        said = json.loads((folder / f"{command}.json").read_text())
        tables = {file.stem: pd.read_csv(file) for file in folder.glob("*.csv")}
        found[command] = Analysis(command, said, tables)
    return found


VIEWS: dict[str, Callable[[Analysis], Any]] = {
    "attribute": attribution_bars,
    "bottleneck": bottleneck_bars,
    "sensitivity": tornado,
    "incentives": incentives_bars,
}


@pytest.mark.parametrize("command", list(VIEWS))
def test_an_analysis_looks_the_same_fresh_and_from_its_folder(
    analyses: dict[str, Analysis], from_folders: dict[str, Analysis], command: str
) -> None:
    fresh, read = (as_json(VIEWS[command](each[command])) for each in (analyses, from_folders))
    assert fresh == read
    json.dumps(fresh, allow_nan=False)


def test_shares_of_the_gap_add_up(analyses: dict[str, Analysis]) -> None:
    first, second = attribution_bars(analyses["attribute"])
    assert (first.metric, second.metric) == ("mrr_end", "win_rate")
    shares = analyses["attribute"].tables["shares"]
    for found in (first, second):
        assert found.total is not None
        assert sum(bar.value for bar in found.bars) == pytest.approx(found.total.value)
        rows = shares[shares["metric"] == found.metric]
        assert [bar.told for bar in found.bars] == rows["told"].tolist()
    labels = {bar.id: bar.label for bar in first.bars}
    assert labels["field_sales"] == "Field sales"


def test_one_more_person_in_each_team_has_a_bar(analyses: dict[str, Analysis]) -> None:
    analysis = analyses["bottleneck"]
    found = bottleneck_bars(analysis)
    assert [bar.team for bar in found.bars] == list(TEAMS)
    assert found.total is None
    for bar in found.bars:
        effect = analysis.said["teams"][bar.team]["plus_one"]["mrr_end"]
        assert (bar.value, bar.low, bar.told) == (effect["mean"], effect["low"], effect["told"])


def test_the_constraint_and_its_ties_are_noted(analyses: dict[str, Analysis]) -> None:
    analysis = analyses["bottleneck"]
    said = {**analysis.said, "constraint": "field_sales", "ties": ["marketing"]}
    notes = {bar.id: bar.note for bar in bottleneck_bars(replace(analysis, said=said)).bars}
    assert notes["field_sales"] == "the constraint"
    assert notes["marketing"] == "cannot be told from the constraint"
    assert notes["inside_sales"] == ""


def test_the_tornado_has_both_ends_of_each_assumption(analyses: dict[str, Analysis]) -> None:
    analysis = analyses["sensitivity"]
    found = tornado(analysis)
    table = analysis.tables["tornado"]
    units = analysis.tables["assumptions"].set_index("path")["unit"]
    assert [spoke.key for spoke in found.spokes] == list(dict.fromkeys(table["path"]))
    for spoke in found.spokes:
        rows = table[table["path"] == spoke.key].set_index("end")
        assert (spoke.at_low, spoke.at_high) == (
            rows.loc["low", "outcome"],
            rows.loc["high", "outcome"],
        )
        assert spoke.low_input
        assert spoke.low_input.endswith(" %") == units[spoke.key].startswith("share")
        assert spoke.trust
    assert found.at_default == analysis.said["baseline"]["mean"]
    assert found.survives == analysis.said["survival"]["share"]
    assert found.verdict == analysis.said["verdict"][0]
    # As the verdict of a comparison: the other scenario minus the reference.
    assert found.label == "MRR at end, <script> minus =a"


def test_an_end_beyond_what_was_seen_says_so_and_has_no_result(
    analyses: dict[str, Analysis],
) -> None:
    analysis = analyses["sensitivity"]
    table = analysis.tables["tornado"].copy()
    which = table.index[table["end"] == "high"][0]
    table.loc[which, ["outcome", "change", "change_low", "change_high"]] = math.nan
    table.loc[which, "verdict"] = "beyond"
    found = tornado(replace(analysis, tables={**analysis.tables, "tornado": table}))
    spoke = next(each for each in found.spokes if each.key == table["path"][which])
    assert math.isnan(spoke.at_high)
    assert spoke.high_input.endswith(" (longer than seen)")
    assert not spoke.low_input.endswith(")")


def test_a_tornado_without_another_scenario_asks_for_no_survival(
    analyses: dict[str, Analysis],
) -> None:
    analysis = analyses["sensitivity"]
    alone = replace(analysis, said={**analysis.said, "versus": None, "survival": None})
    found = tornado(alone)
    assert math.isnan(found.survives)
    assert found.label == "MRR at end"


@pytest.mark.parametrize(
    ("ends", "of_two", "of_one"),
    [((1.0, 9.0), True, False), ((-2.0, 9.0), True, True), ((8.0, 9.0), False, False)],
)
def test_zero_is_shown_of_one_company_only_if_results_fall_below_it(
    analyses: dict[str, Analysis], ends: tuple[float, float], of_two: bool, of_one: bool
) -> None:
    found = tornado(analyses["sensitivity"])
    spoke = replace(found.spokes[0], at_low=ends[0], at_high=ends[1])
    pair = replace(found, at_default=8.5, spokes=(spoke,), survives=0.7)
    assert zero_is_near(pair) == of_two
    assert zero_is_near(replace(pair, survives=math.nan)) == of_one


def test_incentives_show_what_is_lost_against_together(analyses: dict[str, Analysis]) -> None:
    analysis = analyses["incentives"]
    found = incentives_bars(analysis)
    prices = analysis.said["price_of_silos"]
    assert found.bars[0].id == analysis.said["shared"]
    for bar in found.bars:
        assert bar.value == pytest.approx(prices[bar.id]["ratio"] - 1.0)
        assert bar.low <= bar.value <= bar.high
    left_out = set(prices) - {bar.id for bar in found.bars}
    assert all(prices[metric]["ratio"] is None for metric in left_out)


def test_interrupted_incentives_have_no_bars(analyses: dict[str, Analysis]) -> None:
    analysis = analyses["incentives"]
    said = {key: value for key, value in analysis.said.items() if key != "price_of_silos"}
    assert incentives_bars(replace(analysis, said=said)).bars == ()


def test_amounts_are_in_the_currency_that_an_analysis_says(analyses: dict[str, Analysis]) -> None:
    analysis = analyses["bottleneck"]
    said = {**analysis.said, "currency": "USD"}
    assert bottleneck_bars(replace(analysis, said=said)).scale.unit.endswith("USD")
    assert bottleneck_bars(analysis).scale.unit.endswith("JPY")


# ------------------------------------------------------------------ what all shapes have


def test_every_shape_is_plain_json(
    half_year: Results, compared: Comparison, regimes: tuple[LoadedScenario, LoadedScenario]
) -> None:
    shapes = (
        flow(half_year, "buyers"),
        flow(half_year, "mrr"),
        course([half_year], "cpa"),
        *queues([half_year]),
        waterfall(half_year),
        retention([half_year]),
        triangle(half_year, "revenue_retention"),
        heat(compared, "divisional"),
        blame(compared, regimes, "divisional"),
    )
    for shape in shapes:
        assert shape is not None
        assert is_dataclass(shape)
        plain = json.loads(json.dumps(as_json(shape), allow_nan=False))
        assert set(plain) == {each.name for each in fields(shape)}


# ------------------------------------------------------------------ tiles


def tile_notes(compared: Comparison, p: float) -> dict[str, str]:
    """What tiles say where the main metric, profit and wins have this p-value each alone."""
    table = compared.metrics.copy()
    for metric, (difference, low, high), chance in (
        ("profit", (-1e6, -2e6, -1e5), p),
        ("logo_churn", (0.01, -0.01, 0.03), 0.5),
        ("wins", (-9.0, -17.0, -1.0), p),
        ("mrr_end", (-1e6, -2e6, -1e5), p),
    ):
        at = table["metric"] == metric
        table.loc[at, ["difference", "low", "high"]] = [difference, low, high]
        table.loc[at, ["p", "p_holm"]] = chance
        table.loc[at, "differs"] = chance <= 0.05 and low * high > 0.0
    regimes = (load_scenario("shared"), load_scenario("divisional"))
    results = tuple(replicate(each, replications=1) for each in regimes)
    named = replace(compared, metrics=table)
    making = Making(Evidence(regimes, results, named, {}))
    shown = ("mrr_end", "profit", "wins", "logo_churn")
    assert "contribution" not in named.verdict or p < 0.025
    return {metric: str(tile.note) for metric, tile in zip(shown, tiles(making), strict=True)}


def test_a_tile_claims_no_more_than_the_verdict(compared: Comparison) -> None:
    corrected = tile_notes(compared, 0.04)
    assert "worse, more than luck" in corrected["mrr_end"]  # asked first and alone
    assert "cannot be told from luck" in corrected["profit"]
    assert "cannot be told from luck" in corrected["wins"]
    clear = tile_notes(compared, 1e-4)
    assert "worse, more than luck" in clear["profit"]
    assert "worse, more than luck" in clear["wins"]


def test_intervals_are_cut_at_what_cannot_be() -> None:
    low, high = np.array([-3.0, np.nan, 0.5]), np.array([4.0, np.nan, 1.3])
    for metric in ("field_sales.queue", "revenue_retention"):
        cut, kept = possible(metric, low, high)
        np.testing.assert_array_equal(cut, [0.0, np.nan, 0.5])
        np.testing.assert_array_equal(kept, high)
    np.testing.assert_array_equal(possible("logo_retention", low, high)[1], [1.0, np.nan, 1.0])
    np.testing.assert_array_equal(possible("net_revenue_churn", low, high)[0], low)
