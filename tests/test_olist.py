"""The real funnel: its figures as the files hold them, as one run shows them, and side by side."""

from __future__ import annotations

import math
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from simulator.errors import ScenarioError
from simulator.metrics.observed import (
    CALENDAR_DAYS,
    COMPARED,
    FORMS,
    compare,
    figure,
    observe,
    observed_problems,
)
from simulator.organization.journal import LOADED_SLOT, SLOTS, Facts, Journal, JournalWriter, Kind
from simulator.organization.simulation import run
from simulator.scenario import LoadedScenario, load_scenario, unsourced
from simulator.scenario.schema import Observed

Leads = Sequence[tuple[int, float, float | None]]

FILES = Path(__file__).parents[2] / "shared" / "data" / "olist"
REPLICATIONS = 6


@pytest.fixture(scope="module")
def olist() -> LoadedScenario:
    return load_scenario(Path(__file__).parents[1] / "scenarios" / "olist.yaml")


# ------------------------------------------------------------------ a journal by hand


def journal(
    leads: Leads,
    horizon: float = 240.0,
    channels: tuple[str, ...] = ("web", "social"),
) -> Journal:
    """One row per inquiry: slot, business day of arrival, business day of the contract."""
    writer = JournalWriter()
    rows: list[tuple[float, Kind, int]] = []
    for sequence, (slot, arrived, won) in enumerate(leads):
        number = SLOTS * sequence + slot
        rows.append((arrived, Kind.ARRIVED, number))
        if won is not None:
            rows.append((won, Kind.WON, number))
    for time, kind, number in sorted(rows):
        writer.emit(time, kind, number)
    names = (*channels, *[""] * (LOADED_SLOT - len(channels)), "parked", "open", "customers")
    facts = Facts("by hand", 1, 0, horizon, 0.0, "JPY", True, 0.8, 1.0, 2.0, 10.0, names)
    return writer.finish(facts)


def one(identifier: str, leads: Leads, **more: Any) -> float:
    return observe(journal(leads, **more), [identifier])[identifier]


def test_a_business_day_is_a_little_more_than_one_and_a_half_calendar_days() -> None:
    assert pytest.approx(365.0) == 240.0 * CALENDAR_DAYS


def test_an_inquiry_counts_in_the_month_in_which_it_came() -> None:
    leads = [(0, 0.0, None), (0, 19.9, None), (1, 20.0, None), (0, 20.1, None)]
    assert one("leads_in_month_1", leads) == 3.0  # a month includes its last instant
    assert one("leads_in_month_2", leads) == 1.0
    assert one("leads_in_month_3", leads) == 0.0


def test_conversion_is_the_share_that_signed() -> None:
    leads = [(0, 1.0, 5.0), (0, 2.0, None), (1, 3.0, 4.0), (1, 4.0, None), (1, 25.0, None)]
    assert one("conversion", leads) == pytest.approx(2 / 5)
    assert one("conversion.web", leads) == pytest.approx(1 / 2)
    assert one("conversion.social", leads) == pytest.approx(1 / 3)
    assert one("conversion_of_month_1", leads) == pytest.approx(2 / 4)
    assert one("conversion_of_month_2", leads) == 0.0


def test_months_after_the_at_sign_leave_other_inquiries_out() -> None:
    leads = [(0, 1.0, 5.0), (1, 25.0, None), (1, 30.0, 31.0), (0, 45.0, None)]
    assert one("conversion@1-1", leads) == 1.0
    assert one("conversion@1-2", leads) == pytest.approx(2 / 3)
    assert one("conversion.social@2-2", leads) == pytest.approx(1 / 2)


def test_days_to_win_are_calendar_days_of_those_who_signed() -> None:
    leads = [(0, 0.0, 240.0), (0, 0.0, 120.0), (1, 0.0, 24.0), (1, 0.0, None)]
    assert one("days_to_win_p50", leads) == pytest.approx(182.5)
    assert one("days_to_win_p1", leads) == pytest.approx(36.5, rel=0.1)


def test_only_the_first_contract_of_a_buyer_counts() -> None:
    writer = JournalWriter()
    for time, kind in (
        (1.0, Kind.ARRIVED),
        (25.0, Kind.WON),
        (60.0, Kind.CHURNED),
        (200.0, Kind.WON),
    ):
        writer.emit(time, kind, 0)
    found = observe(writer.finish(journal([]).facts), ["days_to_win_p50", "conversion"])
    assert found == {"days_to_win_p50": pytest.approx(24.0 * CALENDAR_DAYS), "conversion": 1.0}


def test_a_win_is_late_after_more_than_180_calendar_days() -> None:
    day = 1.0 / CALENDAR_DAYS
    leads = [(0, 0.0, 179.0 * day), (0, 0.0, 181.0 * day), (0, 0.0, None), (1, 0.0, 200.0 * day)]
    assert one("late_win_share", leads) == pytest.approx(2 / 3)


def test_the_hazard_counts_only_whom_the_run_follows_through_the_whole_month_of_age() -> None:
    day = 1.0 / CALENDAR_DAYS
    leads = [
        (0, 0.0, 10.0 * day),  # signs in month 1 of age
        (0, 0.0, 40.0 * day),  # signs in month 2
        (0, 0.0, None),
        (0, 50.0 * day, None),  # followed for 50 of 100 days: no whole second month
        (0, 50.0 * day, 95.0 * day),  # its win in month 2 does not count, either
    ]
    horizon = 100.0 * day
    assert one("win_hazard_month_1", leads, horizon=horizon) == pytest.approx(1 / 5)
    assert one("win_hazard_month_2", leads, horizon=horizon) == pytest.approx(1 / 2)
    assert one("win_hazard_month_3", leads, horizon=horizon) == 0.0
    assert math.isnan(one("win_hazard_month_4", leads, horizon=horizon))


def test_what_the_company_starts_with_is_no_inquiry() -> None:
    leads = [(LOADED_SLOT, 0.0, 3.0), (LOADED_SLOT + 1, 0.0, 4.0), (0, 1.0, None)]
    assert one("leads_in_month_1", leads) == 1.0
    assert one("conversion", leads) == 0.0
    assert math.isnan(one("days_to_win_p50", leads))


def test_nothing_to_count_is_missing_and_never_zero() -> None:
    for identifier in ("conversion", "conversion.web", "days_to_win_p50", "late_win_share"):
        assert math.isnan(one(identifier, []))


def test_months_that_the_run_does_not_reach_are_missing() -> None:
    assert math.isnan(one("leads_in_month_2", [(0, 1.0, None)], horizon=39.0))
    assert math.isnan(one("conversion@1-2", [(0, 1.0, 2.0)], horizon=39.0))
    assert one("conversion@1-2", [(0, 1.0, 2.0)], horizon=40.0) == 1.0


# ------------------------------------------------------------------ identifiers


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        ("conversion.socail", "social"),
        ("conversions", "conversion"),
        ("leeds_in_month_2", "leads_in_month_2"),
        ("days_to_win_p0", "1 to 99"),
        ("days_to_win_50", "days_to_win_p50"),
        ("win_hazard_month_0", "1 to 600"),
        ("late_win_shares@1-5", "late_win_share"),
        ("conversion@5-1", "A <= B"),
        ("leads_in_month_2@1-5", "drop"),
        ("late_win_share.web", "late_win_share"),
        ("", "known"),
    ],
)
def test_a_misspelled_figure_is_refused_with_the_nearest_known(wrong: str, hint: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        observe(journal([]), ["conversion", wrong])
    assert len(caught.value.problems) == 1
    assert hint in caught.value.problems[0].rule


def test_all_misspelled_figures_are_reported_at_once() -> None:
    entries = [Observed(metric=m, value=1.0, source="x") for m in ("convrsion", "conversion", "x")]
    found = observed_problems(entries, ["web"])
    assert [problem.key for problem in found] == ["observed[0].metric", "observed[2].metric"]


def test_every_documented_form_is_understood() -> None:
    for form in FORMS:
        example = form.replace("CHANNEL", "web")
        example = example[:-1] + "7" if example[-1] in "KN" else example
        found = figure(example, ["web"])
        assert not isinstance(found, str), found
        assert found.label
        assert found.unit


# ------------------------------------------------------------------ side by side


def test_one_real_history_is_held_against_the_spread_of_single_runs() -> None:
    entry = Observed(metric="conversion", value=0.14, low=0.10, high=0.18, source="x")
    runs = [{"conversion": v} for v in (0.08, 0.10, 0.12, 0.14)]
    row = compare([entry], runs).iloc[0]
    spread = float(np.std([0.08, 0.10, 0.12, 0.14], ddof=1)) * stats.t.ppf(0.975, 3)
    assert row["simulated"] == pytest.approx(0.11)
    assert row["mean_high"] == pytest.approx(0.11 + spread / 2.0)
    assert row["prediction_high"] == pytest.approx(0.11 + spread * math.sqrt(1.25))
    assert row["prediction_low"] == pytest.approx(max(0.0, 0.11 - spread * math.sqrt(1.25)))
    assert row["inside"] == "yes"
    assert (row["observed_low"], row["observed_high"], row["n"]) == (0.10, 0.18, 4)


def test_the_comparison_says_when_it_cannot_say() -> None:
    entries = [
        Observed(metric="conversion", value=0.5, source="x"),
        Observed(metric="days_to_win_p50", value=10.0, source="x"),
    ]
    table = compare(entries, [{"conversion": 0.4, "days_to_win_p50": math.nan}])
    assert list(table.columns) == COMPARED
    assert list(table["inside"]) == ["unknown", "unknown"]
    assert list(table["n"]) == [1, 0]
    assert list(compare([], [{"conversion": 0.4}]).columns) == COMPARED


def test_a_figure_far_from_every_run_is_outside() -> None:
    entry = Observed(metric="days_to_win_p50@1-5", value=30.0, source="x")
    table = compare([entry], [{"days_to_win_p50@1-5": v} for v in (12.0, 13.0, 14.0)])
    assert list(table["inside"]) == ["no"]
    assert list(table["unit"]) == ["calendar days"]


# ------------------------------------------------------------------ the scenario


def test_the_scenario_states_where_every_number_comes_from(olist: LoadedScenario) -> None:
    assert unsourced(olist) == []
    assert olist.notes == ()


def test_the_scenario_says_what_the_data_cannot_tell(olist: LoadedScenario) -> None:
    text = " ".join(olist.scenario.not_identifiable)
    for word in ("losses", "effort", "capacity", "churn", "deal values", "meetings"):
        assert word in text


def test_its_observed_figures_are_known(olist: LoadedScenario) -> None:
    assert observed_problems(olist.scenario.observed, list(olist.scenario.market.channels)) == []


def leads_of_2018() -> pd.DataFrame:
    if not FILES.is_dir():
        pytest.skip("the Olist files are not part of the project and not beside it")
    leads = pd.read_csv(
        FILES / "olist_marketing_qualified_leads_dataset.csv", parse_dates=["first_contact_date"]
    )
    deals = pd.read_csv(FILES / "olist_closed_deals_dataset.csv", parse_dates=["won_date"])
    table = leads.merge(deals[["mql_id", "won_date"]], on="mql_id", how="left", validate="1:1")
    table["channel"] = table["origin"].fillna("not_recorded")
    table["month"] = table["first_contact_date"].dt.month
    table["days"] = (table["won_date"] - table["first_contact_date"]).dt.total_seconds() / 86400.0
    end = deals["won_date"].max().normalize() + pd.Timedelta(days=1)
    table["followed"] = (end - table["first_contact_date"]).dt.total_seconds() / 86400.0
    return table[table["first_contact_date"] >= "2018-01-01"]


def counted(table: pd.DataFrame, entry: Observed, channels: list[str]) -> float:
    """The figure from the files, by the rule that `observe` applies to a journal."""
    wanted = figure(entry.metric, channels)
    assert not isinstance(wanted, str)
    if wanted.channel:
        table = table[table["channel"] == wanted.channel]
    if wanted.name in ("leads_in_month", "conversion_of_month"):
        table = table[table["month"] == wanted.number]
    if wanted.name == "leads_in_month":
        return float(len(table))
    if wanted.name.startswith("conversion"):
        return float(table["days"].notna().mean())
    if wanted.name == "win_hazard_month":
        low, high = 30.0 * (wanted.number - 1), 30.0 * wanted.number
        days = table["days"].clip(lower=0.0)  # one contract is dated before its inquiry
        at_risk = table[~(days < low) & (table["followed"] >= high)]
        return float((at_risk["days"] < high).mean())
    won = table.loc[table["days"] >= 0.0, "days"]
    if wanted.name == "late_win_share":
        return float((won > 180.0).mean())
    return float(won.quantile(wanted.number / 100.0))


def test_the_observed_figures_are_those_of_the_files(olist: LoadedScenario) -> None:
    table = leads_of_2018()
    channels = list(olist.scenario.market.channels)
    assert sorted(channels) == sorted(table["channel"].unique())
    for entry in olist.scenario.observed:
        digits = 0.0051 if entry.metric.startswith("days") else 0.000051
        assert counted(table, entry, channels) == pytest.approx(entry.value, abs=digits), entry


def test_channel_rates_and_weights_are_those_of_the_files(olist: LoadedScenario) -> None:
    table = leads_of_2018()
    for name, channel in olist.scenario.market.channels.items():
        assert channel.leads_per_day == pytest.approx((table["channel"] == name).sum() / 100.0)
    months = table.groupby("month").size()
    weights = olist.scenario.market.arrivals.month[:5]
    assert weights == pytest.approx(tuple(months / months.mean()), abs=0.001)


def _figures(task: tuple[LoadedScenario, int]) -> dict[str, float]:
    loaded, replication = task
    journal_ = run(loaded.scenario, 1, replication)
    return observe(journal_, [entry.metric for entry in loaded.scenario.observed])


@pytest.fixture(scope="module")
def comparison(olist: LoadedScenario) -> pd.DataFrame:
    plain = LoadedScenario(olist.scenario, olist.path, olist.name)
    with ProcessPoolExecutor(max_workers=2) as workers:
        runs = list(workers.map(_figures, [(plain, r) for r in range(REPLICATIONS)]))
    return compare(olist.scenario.observed, runs).set_index("metric")


def misses(table: pd.DataFrame) -> set[str]:
    return set(table.index[table["inside"] != "yes"])


# docs/olist.md says why: May's inquiries signed more rarely than any other month's, and the
# fastest tenth of real contracts is a little faster than the model's.
KNOWN_MISSES = {"conversion_of_month_5", "days_to_win_p10@1-5"}


def test_the_real_funnel_could_be_one_of_the_runs(comparison: pd.DataFrame) -> None:
    assert (comparison["n"] == REPLICATIONS).all()
    assert misses(comparison) <= KNOWN_MISSES


def test_what_was_not_fitted_is_met_as_well(comparison: pd.DataFrame) -> None:
    predicted = comparison[~comparison["fitted"]]
    tail = ["late_win_share@1-5", "days_to_win_p95@1-5"]
    tail += [f"win_hazard_month_{k}@1-5" for k in range(3, 11)]
    assert set(tail) <= set(predicted.index)
    assert misses(predicted.loc[tail]) == set()


def test_fitted_conversions_are_close_and_not_only_inside(comparison: pd.DataFrame) -> None:
    for name in ("organic_search", "paid_search", "social", "unknown"):
        row = comparison.loc[f"conversion.{name}@1-5"]
        assert row["simulated"] == pytest.approx(row["observed"], rel=0.1), name


def test_without_recycling_the_real_tail_could_not_be_one_of_the_runs() -> None:
    changed = load_scenario(
        Path(__file__).parents[1] / "scenarios" / "olist.yaml", ["recycling.mode=none"]
    )
    plain = LoadedScenario(changed.scenario, changed.path, changed.name)
    with ProcessPoolExecutor(max_workers=2) as workers:
        runs = list(workers.map(_figures, [(plain, r) for r in range(3)]))
    table = compare(changed.scenario.observed, runs).set_index("metric")
    assert {"late_win_share@1-5", "days_to_win_p90@1-5", "days_to_win_p75@1-5"} <= misses(table)
