"""The real funnel from the end of March 2018 on, as a scenario tells it that was fitted to all of
it: what the way from simulated histories to a forecast is worth, apart from any calibration."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simulator.calibration.backtesting.backtest import backtest
from simulator.calibration.backtesting.backtest_result import MODEL, Backtest
from simulator.calibration.backtesting.baselines import BASELINES
from simulator.calibration.importing.guessing import guess
from simulator.calibration.importing.imported import import_files
from simulator.calibration.importing.reading import read_sheets
from simulator.calibration.records import Records
from simulator.experiment import Execution
from simulator.scenario import load_scenario
from simulator.scenario.schema import Scenario

FILES = Path(__file__).parents[2] / "shared" / "data" / "olist"
NAMES = ("olist_marketing_qualified_leads_dataset.csv", "olist_closed_deals_dataset.csv")
LAST_DAY = date(2018, 3, 31)


@dataclass(frozen=True)
class Shipped:
    """The scenario that the whole of the files was fitted to, with the arrivals of the quarter.

    It knows how leads are won later on, and so is no forecast: it shows what the way from
    histories to a forecast is worth, apart from any fit.
    """

    since: float
    scenario: Scenario

    @classmethod
    def of(cls, known: Records, **how: Any) -> Shipped:
        scenario = load_scenario("olist").scenario
        since = float(known.time.days(np.array(["2018-01-01"], dtype="datetime64[s]"))[0])
        recent = known.leads.channel[known.leads.created >= since]
        days = known.until - since
        channels = {
            name: channel.model_copy(
                update={"leads_per_day": float((recent == known.channels.index(name)).sum()) / days}
            )
            for name, channel in scenario.market.channels.items()
        }
        arrivals = scenario.market.arrivals.model_copy(update={"month": (1.0,) * 12})
        market = scenario.market.model_copy(update={"channels": channels, "arrivals": arrivals})
        return cls(since, scenario.model_copy(update={"market": market}))

    def drawn(self, seed: int, k: int) -> Scenario:
        return self.scenario


@pytest.fixture(scope="module")
def records() -> Records:
    if not FILES.is_dir():
        pytest.skip("the Olist files are not part of the project and not beside it")
    sheets = [sheet for name in NAMES for sheet in read_sheets(FILES / name)]
    return import_files(sheets, guess(sheets)).records


@pytest.fixture(scope="module")
def found(records: Records) -> Backtest:
    how = Execution(2)
    return backtest(records, LAST_DAY, calibrate=Shipped.of, members=30, workers=how)


def month(found: Backtest, cohort: str) -> dict[Any, Any]:
    return found.cohorts.set_index("cohort").loc[cohort].to_dict()


def test_what_happened_is_what_the_files_say(found: Backtest) -> None:
    assert len(found.frame.weeks) == 32  # 2 April to 11 November 2018
    april, may = month(found, "2018-04"), month(found, "2018-05")
    # Saturday, 31 March, belongs to the Monday that follows.
    assert april["cases"] + may["cases"] == 1352 + 1303 + 10
    assert (april["actual"], may["actual"]) == (183.0, 130.0)
    assert month(found, "2018-02")["actual"] == 149.0
    assert found.cohorts["actual"].sum() <= 842


def test_with_late_wins_known_eighty_percent_bands_hold_most_weeks(found: Backtest) -> None:
    assert found.held(0.8) >= 0.7


def test_with_late_wins_known_no_baseline_is_closer(found: Backtest) -> None:
    assert found.worse < 0.0
    assert found.failures(0.7, 0.05) == []


def test_final_wins_of_months_and_days_to_win_are_closer_than_any_baseline(
    found: Backtest,
) -> None:
    for quantity in ("cohorts", "times"):
        scores = {name: found.scores[quantity, name].crps for name in (MODEL, *BASELINES)}
        assert min(scores, key=lambda name: scores[name]) == MODEL, scores


def test_what_limits_the_forecast_is_said(found: Backtest) -> None:
    notes = " ".join(found.notes())
    assert "No lead is on file after 2018-05-31" in notes
    assert "vary more from week to week" in notes
    assert "one piece of evidence" in notes


def test_files_that_date_no_opportunity_are_matched_by_channel_and_age(found: Backtest) -> None:
    assert found.conditions.unit == "lead"
    for each in found.conditions.matched:
        assert each.cases > 4500
        assert each.unmatched == each.other_stage == 0
        assert each.other_channel < 0.02 * each.cases
