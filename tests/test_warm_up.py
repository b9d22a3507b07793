"""How long a company takes to settle: MSER-5, Welch's average, and what is said of them."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import typer
from conftest import Change
from numpy.typing import NDArray
from typer.testing import CliRunner, Result

from simulator.commands.terminal import Commands
from simulator.commands.warm_up import warm_up as warm_up_command
from simulator.errors import ScenarioError
from simulator.experiment.warm_up import SERIES, WarmUp, daily_series, mser, warm_up, welch
from simulator.metrics import measure
from simulator.organization.simulation import run
from simulator.presentation.warm_up_tables import picture, story
from simulator.scenario.schema import Scenario

Floats = NDArray[np.float64]


# ------------------------------------------------------------------ MSER


def by_definition(series: Floats, batch: int) -> list[float]:
    """Sum of squares around the mean of each tail, over the square of its length."""
    count = len(series) // batch
    means = [series[i * batch : (i + 1) * batch].mean() for i in range(count)]
    tails = [np.array(means[start:]) for start in range(count)]
    return [float(((tail - tail.mean()) ** 2).sum()) / len(tail) ** 2 for tail in tails]


def test_mser_by_hand() -> None:
    # Tails from 0: 10, 4, then 1, 3, 1, 3, ... whose mean is 2 and whose squares are 1 each.
    series = np.array([10.0, 4.0, *[1.0, 3.0] * 6])
    assert by_definition(series, 1)[2] == pytest.approx(12.0 / 12.0**2)
    # From 1: mean 28 / 13, squares 68 + 8 - 28^2 / 13 around it, over 13^2: 0.0929 > 0.0833.
    assert by_definition(series, 1)[1] == pytest.approx((76.0 - 28.0**2 / 13.0) / 169.0)
    assert mser(series, 1) == 2


def test_mser_is_the_smallest_by_definition() -> None:
    rng = np.random.default_rng(1)
    for _ in range(50):
        series = 1e6 + rng.normal(0.0, 1.0, 103) + 8.0 * np.exp(-np.arange(103) / 10.0)
        values = by_definition(series, 5)[:-5]
        best = int(np.argmin(values))
        assert mser(series) == (best * 5 if best <= 10 else None)


def test_a_step_is_cut_where_it_is() -> None:
    rng = np.random.default_rng(2)
    series = np.concatenate((np.zeros(60), np.full(240, 10.0))) + rng.normal(0.0, 0.5, 300)
    assert mser(series) == 60


def test_a_correlated_series_that_starts_far_away_is_cut_once_it_has_come_back() -> None:
    # AR(1) with coefficient 0.9 from 30 standard deviations off: back within 0.1 after 54 steps.
    rng = np.random.default_rng(3)
    cuts = []
    for _ in range(40):
        noise = rng.normal(0.0, math.sqrt(1.0 - 0.9**2), 1000)
        series = np.empty(1000)
        series[0] = 30.0
        for i in range(1, 1000):
            series[i] = 0.9 * series[i - 1] + noise[i]
        cuts.append(mser(series))
    known = [cut for cut in cuts if cut is not None]
    assert len(known) >= 38
    assert 20 <= np.median(known) <= 70


@pytest.mark.parametrize("value", [0.0, 0.1, 1e9])
def test_a_series_that_never_varies_has_settled_from_the_start(value: float) -> None:
    assert mser(np.full(200, value)) == 0


@pytest.mark.parametrize("origin", [0.0, 1e6])
def test_a_series_that_rises_all_the_time_has_not_settled(origin: float) -> None:
    rng = np.random.default_rng(4)
    assert mser(origin + np.arange(300.0) + rng.normal(0.0, 3.0, 300)) is None


def test_a_series_that_settles_in_its_second_half_has_not_been_seen_settled() -> None:
    rng = np.random.default_rng(5)
    late = np.concatenate((np.zeros(200), np.full(100, 10.0))) + rng.normal(0.0, 0.5, 300)
    assert mser(late) is None


# ------------------------------------------------------------------ Welch


def test_the_moving_average_by_hand() -> None:
    found = welch(np.array([1.0, 2.0, 6.0, 4.0, 5.0, 9.0]), 2)
    # 1; (1 + 2 + 6) / 3; five each; two are left without enough after them.
    assert found == pytest.approx([1.0, 3.0, 3.6, 5.2, math.nan, math.nan], nan_ok=True)


def test_the_moving_average_of_a_line_is_the_line() -> None:
    line = np.arange(100.0)
    assert welch(line)[:80] == pytest.approx(line[:80])


# ------------------------------------------------------------------ daily series


def test_daily_series_add_up_to_the_metrics(small: Scenario, changed: Change) -> None:
    scenario = changed(small, {"horizon.months": 3.0})
    daily = daily_series(scenario, "small", 1, 0)
    measures = measure(run(scenario, 1, 0))
    assert list(daily.columns) == list(SERIES)
    assert len(daily) == 60
    for name in ("mql_count", "sql_count", "wins"):
        assert daily[name].sum() == measures.totals[name] > 0.0
    monthly = measures.monthly[measures.monthly["metric"] == "customers"]["value"]
    assert daily["customers"].iloc[19::20].tolist() == monthly.tolist()
    for team in ("marketing", "inside_sales", "field_sales", "customer_success"):
        people = measures.people[measures.people["team"] == team]
        # Everybody works for one queue here: what is under way is who is busy.
        busy = people["busy_days"].sum() / 60.0
        assert daily[f"{team}.work"].mean() == pytest.approx(
            measures.totals[f"{team}.queue"] + busy
        )


def test_one_off_sales_have_no_customers_to_settle(small: Scenario, changed: Change) -> None:
    scenario = changed(small, {"horizon.months": 1.0, "sale": "one_off"})
    assert "customers" not in daily_series(scenario, "small", 1, 0)


# ------------------------------------------------------------------ the whole


@pytest.fixture(scope="module")
def empty(small: Scenario, changed: Change) -> Scenario:
    return changed(small, {"start.loaded": False, "horizon.months": 6.1})


@pytest.fixture(scope="module")
def found(empty: Scenario) -> WarmUp:
    return warm_up(empty, replications=2)


def test_a_company_that_starts_empty_is_still_growing_after_half_a_year(found: WarmUp) -> None:
    customers = found.series.set_index("series").loc["customers"]
    assert not customers["settled"]
    assert math.isnan(customers["truncation_day"])
    assert not found.settled
    assert math.isnan(found.warm_up_months)
    assert "customers" in found.verdict()
    assert found.verdict().startswith("No steady state within 6.1 months")


def test_series_are_means_over_replications_and_end_with_a_whole_batch(
    found: WarmUp, empty: Scenario
) -> None:
    wins = found.daily[found.daily["series"] == "wins"]
    runs = [daily_series(empty, "", 1, number)["wins"].to_numpy()[:120] for number in (0, 1)]
    assert wins["mean"].to_numpy() == pytest.approx((runs[0] + runs[1]) / 2.0)
    assert wins["day"].tolist() == list(range(1, 121))
    cut = mser(wins["mean"].to_numpy())
    row = found.series.set_index("series").loc["wins"]
    assert cut is not None
    assert row["truncation_day"] == cut
    assert row["mean"] == pytest.approx(wins["mean"].to_numpy()[cut:].mean())


def test_the_scenarios_own_warm_up_is_not_left_out(empty: Scenario, changed: Change) -> None:
    cut = changed(empty, {"horizon.warm_up_months": 2.0})
    pd.testing.assert_frame_equal(daily_series(cut, "", 1, 0), daily_series(empty, "", 1, 0))


def settled_result(loaded: bool = False, settled: bool = True) -> WarmUp:
    series = pd.DataFrame(
        {
            "series": ["wins", "customers"],
            "label": [SERIES["wins"], SERIES["customers"]],
            "truncation_day": [35.0, 110.0 if settled else math.nan],
            "settled": [True, settled],
            "mean": [1.0, 500.0],
        }
    )
    day = np.arange(1, 241)
    daily = pd.concat(
        [
            pd.DataFrame({"series": name, "day": day, "mean": level, "moving_average": level})
            for name, level in (("wins", 1.0), ("customers", 500.0))
        ]
    )
    return WarmUp("mine", 1, 10, tuple(range(10)), loaded, 12.0, series, daily)


def test_the_longest_warm_up_is_the_one_to_leave_out() -> None:
    result = settled_result()
    assert result.warm_up_months == 5.5
    assert "--set horizon.warm_up_months=5.5" in result.verdict()
    assert "planning" in result.advice()


def test_who_starts_loaded_is_told_that_nothing_is_left_out() -> None:
    assert "nothing is left out" in settled_result(loaded=True).advice()
    assert "--set start.loaded=false" in settled_result(loaded=True).advice()


def test_a_summary_is_short_and_says_it_all() -> None:
    summary = settled_result(settled=False).summary()
    assert summary.count("\n") < 30
    for said in ("not settled", "after day 35", "10 replications", "seed 1", "No steady state"):
        assert said in summary


def test_json_has_no_numbers_that_json_lacks(found: WarmUp) -> None:
    content = json.loads(json.dumps(found.as_json(), allow_nan=False))
    assert content["warm_up_months"] is None
    assert content["series"]["customers"]["truncation_day"] is None
    assert set(content["series"]) == set(SERIES)
    assert settled_result().as_json()["warm_up_months"] == 5.5


def test_a_run_that_is_too_short_is_refused_with_the_remedy(
    small: Scenario, changed: Change
) -> None:
    with pytest.raises(ScenarioError, match=r"horizon\.months.*6 months or more"):
        warm_up(changed(small, {"horizon.months": 5.9}), replications=1)


@pytest.mark.parametrize(("suffix", "begins"), [(".png", b"\x89PNG"), (".svg", b"<?xml")])
def test_a_picture_is_drawn_and_drawn_alike(suffix: str, begins: bytes) -> None:
    first = picture(settled_result(settled=False), suffix)
    assert first.startswith(begins)
    assert picture(settled_result(settled=False), suffix) == first


def test_the_table_begins_with_the_verdict() -> None:
    first, second, *_ = (str(each) for each in story(settled_result()))
    assert (first, second) == ("mine", settled_result().verdict())


# ------------------------------------------------------------------ the command


def typed(*words: str) -> Result:
    app = typer.Typer(cls=Commands)
    app.command("warm-up")(warm_up_command)
    app.command("other")(lambda: None)  # with one command alone its name would not be typed
    return CliRunner().invoke(app, ["warm-up", *words])


QUICK = (
    "base", "--replications", "1", "--workers", "1", "--set", "start.loaded=false",
    "--set", "horizon.months=6",
    *(f"--set=teams.{team}.people=1" for team in ("marketing", "inside_sales", "field_sales")),
    *(
        f"--set=market.channels.{channel}.leads_per_day=1"
        for channel in ("website", "webinar", "advertising")
    ),
)  # fmt: skip


def test_the_command_prints_a_verdict_and_writes_tables_and_picture(tmp_path: Path) -> None:
    plot, out = tmp_path / "welch.svg", tmp_path / "results"
    done = typed(*QUICK, "--plot", str(plot), "--out", str(out))
    assert done.exit_code == 0, done.output
    said = " ".join(done.stdout.split())
    for part in ("When each series has settled", "planning questions", "1 replication of 6 months"):
        assert part in said
    assert plot.read_bytes().startswith(b"<?xml")
    daily = pd.read_csv(out / "daily.csv")
    assert list(daily.columns) == ["series", "day", "mean", "moving_average"]
    assert set(daily["series"]) == set(pd.read_csv(out / "series.csv")["series"]) == set(SERIES)
    about = json.loads((out / "warm-up.json").read_text())
    assert about["command"][:3] == ["themodel", "warm-up", "base"]
    printed = typed(*QUICK, "--json")
    content = json.loads(printed.stdout)
    assert content["series"] == about["series"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("base", "--plot", "welch.gif"), "--plot: welch.gif: must end in .png or .svg"),
        (("base", "--set", "horizon.months=2"), "6 months or more"),
        (("bose",), "base"),
    ],
)
def test_wrong_input_ends_with_2_and_the_remedy(words: tuple[str, ...], said: str) -> None:
    done = typed(*words)
    assert done.exit_code == 2
    assert said in done.stderr
