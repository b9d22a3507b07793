"""The real funnel, calibrated: what must be found in it, and what a forecast of it is worth."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from simulator.calibration.backtesting.backtest import backtest
from simulator.calibration.backtesting.backtest_result import Backtest
from simulator.calibration.fitting import Calibrated, calibrate, day_of
from simulator.calibration.importing.guessing import guess
from simulator.calibration.importing.imported import Imported, import_files
from simulator.calibration.importing.reading import read_sheets
from simulator.calibration.retelling import observed
from simulator.engine import run
from simulator.metrics.observed import observe
from simulator.scenario.changing import changed

FILES = Path(__file__).parents[2] / "shared" / "data" / "olist"
NAMES = ("olist_marketing_qualified_leads_dataset.csv", "olist_closed_deals_dataset.csv")

pytestmark = pytest.mark.skipif(
    not all((FILES / name).is_file() for name in NAMES),
    reason="the files of the real funnel are not here (their licence keeps them out)",
)


@pytest.fixture(scope="module")
def files() -> Imported:
    sheets = [sheet for name in NAMES for sheet in read_sheets(FILES / name)]
    return import_files(sheets, guess(sheets))


@pytest.fixture(scope="module")
def found(files: Imported) -> Calibrated:
    return calibrate(files.records, workers=2, qualified=True)


def words(found: Calibrated, kind: str) -> str:
    return " ".join(each.words for each in found.findings if each.kind == kind)


def test_the_change_of_regime_in_january_2018_is_named_and_the_recent_one_used(
    found: Calibrated,
) -> None:
    assert "January 2018" in words(found, "regime_change")
    assert abs((day_of(found.records, found.since) - date(2018, 1, 3)).days) <= 5


def test_that_wins_were_recorded_from_december_2017_on_is_told(found: Calibrated) -> None:
    assert "2017-12-05" in words(found, "left_truncation")


def test_the_win_before_its_inquiry_is_told(found: Calibrated) -> None:
    assert "1" in words(found, "negative_duration")


def test_what_is_in_no_file_is_said_not_to_be_identifiable(found: Calibrated) -> None:
    said = " ".join(found.not_identifiable)
    for what in ("lost leads", "effort", "capacity", "churn"):
        assert what in said


def test_runs_show_the_figures_that_numbers_were_found_by(found: Calibrated) -> None:
    matched = found.matched
    assert matched is not None
    misses = (matched.reached - [each.value for each in matched.targets]) / matched.errors
    assert np.abs(misses).max() < 2.0


def test_runs_show_conversion_by_channel_and_days_to_contract_within_their_intervals(
    found: Calibrated,
) -> None:
    entries = [
        each
        for each in observed(found)
        if each["metric"].startswith(("conversion", "days_to_win")) and each["fitted"]
    ]
    length = (found.records.until - found.since) / 20.0
    company = changed(found.scenario, {"horizon.months": length})
    shown = [
        observe(run(company, 4, number), [each["metric"] for each in entries])
        for number in range(12)
    ]
    outside = []
    for each in entries:
        simulated = float(np.mean([seen[each["metric"]] for seen in shown]))
        if not each["low"] <= simulated <= each["high"]:
            outside.append((each["metric"], simulated, each["low"], each["high"]))
    assert len(entries) >= 15
    # Of intervals of 95 % one in twenty may miss.
    assert len(outside) <= 1, outside


def test_a_draw_is_another_company_that_the_files_allow_and_the_same_again(
    found: Calibrated,
) -> None:
    one, same, other = found.drawn(1, 0), found.drawn(1, 0), found.drawn(1, 1)
    assert one == same
    assert one != other
    assert found.matched is not None
    numbers = [found.drawn(1, k).work.field_sales.thinking.median for k in range(40)]  # type: ignore[union-attr]
    told = found.matched.estimates(dict.fromkeys(found.records.channels, 1), "")
    thinking = told["work.field_sales.thinking.median"]
    inside = sum(thinking.low <= number <= thinking.high for number in numbers)
    assert inside >= 32  # of 40, 38 expected


@pytest.fixture(scope="module")
def forecast(files: Imported) -> Backtest:
    def fit(known: object, **how: object) -> Calibrated:
        return calibrate(known, qualified=True, **how)  # type: ignore[arg-type]

    return backtest(files.records, date(2018, 3, 31), calibrate=fit, members=80, seed=1, workers=2)


def test_a_forecast_from_march_holds_its_bands_and_is_no_worse_than_plain_ones(
    forecast: Backtest,
) -> None:
    # The bands of 80 % hold at least 70 % of the weeks; the CRPS is at most 5 % above the best
    # baseline's.
    assert forecast.failures(0.7, 0.05) == []


def test_what_the_numbers_on_file_leave_open_shows_in_a_scale(found: Calibrated) -> None:
    assert found.matched is not None
    remembered = found.matched.estimates({}, "")["recycling.remembered"]
    assert 0.0 < remembered.low < remembered.value < remembered.high < 1.0
