"""Scenarios against a reference: differences, verdicts, departures, losses, refusals."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Callable, Mapping, Sequence
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import typer
from rich.console import Console
from scipy import stats
from typer.testing import CliRunner, Result

from simulator.commands.compare import compare as compare_command
from simulator.commands.terminal import Commands
from simulator.errors import ScenarioError
from simulator.experiment import Execution
from simulator.experiment.comparison import (
    Comparison,
    compare,
    compare_runs,
    distinct,
    with_share_intervals,
)
from simulator.experiment.departures import (
    ALL,
    WATCHED,
    departures,
    loss_differences,
    monthly_differences,
)
from simulator.experiment.differences import (
    BOOTSTRAP,
    PAIRED_T,
    gaps,
    is_skewed,
    metric_differences,
    p_values,
    pairing_gain,
    tied_with_best,
)
from simulator.experiment.execution import run_and_measure
from simulator.experiment.findings import Finding, Kind, Ranking, verdict
from simulator.experiment.statistics import holm
from simulator.metrics import METRICS, Measures
from simulator.metrics.definitions import TEAMS
from simulator.presentation.comparison_tables import closing, story
from simulator.scenario import LoadedScenario, load_scenario

TINY = """\
question: How does a tiny company do?
horizon: {months: 2}
start: {customers: 10, opportunities: 5, parked: 5}
market: {channels: {website: {leads_per_day: 2}}}
teams:
  marketing: {people: 1}
  inside_sales: {people: 1}
  field_sales: {people: 1}
  customer_success: {people: 1}
"""
EAGER = "extends: tiny.yaml\ndecisions: {field_sales: {promise: 0.9}}\n"
GENERATOR = np.random.Generator
NOISE = 1.0


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("scenarios")
    (place / "tiny.yaml").write_text(TINY)
    (place / "eager.yaml").write_text(EAGER)
    return place


@pytest.fixture(scope="module")
def tiny(folder: Path) -> LoadedScenario:
    return load_scenario(folder / "tiny.yaml")


@pytest.fixture(scope="module")
def eager(folder: Path) -> LoadedScenario:
    return load_scenario(folder / "eager.yaml")


@pytest.fixture(scope="module")
def measured(tiny: LoadedScenario) -> Measures:
    """One real run, to be given other figures."""
    return run_and_measure(tiny.scenario, "tiny", 1, 0).measures


@pytest.fixture(scope="module")
def real(tiny: LoadedScenario, eager: LoadedScenario) -> Comparison:
    return compare(tiny, eager, tiny, replications=3)


def totals(metric: str, *columns: Sequence[float]) -> dict[str, list[dict[str, float]]]:
    """One metric of several scenarios, called a, b, c, ..."""
    return {
        name: [{metric: value} for value in column]
        for name, column in zip("abcdef", columns, strict=False)
    }


def difference(metric: str, *columns: Sequence[float]) -> dict[Any, Any]:
    return dict(metric_differences(totals(metric, *columns)).iloc[0])


# ------------------------------------------------------------------ ranking


def test_no_scenario_is_the_best_of_the_replications_in_which_all_were_fast(
    measured: Measures, tiny: LoadedScenario
) -> None:
    main = "mrr_end"

    def ranking(last: float) -> Ranking | None:
        values = {"a": [1.0, 2.0, 3.0], "b": [5.0, 6.0, 7.0], "c": [8.0, 9.0, last]}
        measures = {
            name: {
                number: dataclasses.replace(measured, totals={**measured.totals, main: value})
                for number, value in enumerate(each)
            }
            for name, each in values.items()
        }
        return compare_runs(dict.fromkeys(values, tiny), measures, 1, 3).ranking

    found = ranking(10.0)
    assert found is not None
    assert found.best == "c"
    missing = ranking(math.nan)
    assert missing is not None
    assert missing.mean == pytest.approx(8.5)
    assert ranking(math.inf) is None


# ------------------------------------------------------------------ differences


def test_differences_are_those_of_pairs_as_computed_by_hand() -> None:
    found = difference("wins", [10.0, 12.0, 14.0], [13.0, 13.0, 17.0])
    # Differences 3, 1, 3: mean 7/3, deviation sqrt(4/3), standard error 2/3, t 4.302653.
    assert found["difference"] == pytest.approx(7.0 / 3.0)
    assert found["low"] == pytest.approx(7.0 / 3.0 - 4.302653 * 2.0 / 3.0)
    assert found["high"] == pytest.approx(7.0 / 3.0 + 4.302653 * 2.0 / 3.0)
    assert (found["reference"], found["mean"]) == (12.0, pytest.approx(43.0 / 3.0))
    assert found["relative"] == pytest.approx(7.0 / 36.0)
    # t = 3.5 with two degrees of freedom.
    assert found["p"] == pytest.approx(1.0 - 3.5 / math.sqrt(2.0 + 3.5**2))
    assert not found["differs"]
    # Variances 4, 16/3 and of the difference 4/3.
    assert found["variance_reduction"] == pytest.approx(7.0)


def test_the_gain_of_pairing_has_an_interval_that_covers_it() -> None:
    rng = np.random.default_rng(5)
    covered = 0
    for _ in range(400):
        # Correlation 3/4 of equal variances: 2 / (2 - 2 * 3/4) = 4.
        one, two = rng.multivariate_normal([0.0, 0.0], [[1.0, 0.75], [0.75, 1.0]], 12).T
        found = pairing_gain(one, two)
        assert found.low is not None
        assert found.high is not None
        covered += found.low <= 4.0 <= found.high
    assert 0.92 <= covered / 400 <= 0.98
    assert pairing_gain(one, one).low is None


@pytest.mark.parametrize(("metric", "share"), [("wins", 0.625), ("logo_churn", 0.375)])
def test_less_is_better_where_the_metric_says_so(metric: str, share: float) -> None:
    found = difference(metric, [1.0, 1.0, 1.0, 1.0], [2.0, 2.0, 1.0, 0.5])
    assert found["p_better"] == share


def test_nobody_is_better_where_neither_direction_is() -> None:
    assert math.isnan(difference("mrr_start", [1.0, 2.0], [2.0, 3.0])["p_better"])


def test_pairs_with_a_missing_value_are_left_out_whole() -> None:
    nothing = math.nan
    found = difference("wins", [10.0, nothing, 30.0, 40.0], [11.0, 5.0, nothing, 43.0])
    assert (found["n"], found["reference"], found["mean"]) == (2, 25.0, 27.0)
    assert found["difference"] == 2.0


def test_ratios_and_quantiles_are_bootstrapped_and_counts_are_not() -> None:
    assert {name for name in ("win_rate", "lead_time", "lead_time_p90", "cac", "onboarding_days",
                              "field_sales.wait_p50", "field_sales.wait_p90")
            if not is_skewed(METRICS[name])} == set()  # fmt: skip
    assert {name for name in ("wins", "mrr_end", "profit", "customers", "field_sales.queue")
            if is_skewed(METRICS[name])} == set()  # fmt: skip
    rng = np.random.default_rng(4)
    a, b = rng.random(8), rng.random(8)
    assert difference("win_rate", a, b)["method"] == BOOTSTRAP
    assert difference("wins", a, b)["method"] == PAIRED_T
    assert difference("win_rate", a[:7], b[:7])["method"] == PAIRED_T


def test_rounding_is_no_difference() -> None:
    found = difference("profit", [0.3e9, 0.3e9, 0.3e9], [0.3e9 + 1e-7] * 3)
    assert (found["difference"], found["p"], found["differs"]) == (0.0, 1.0, False)


def test_the_same_difference_in_a_few_runs_may_be_luck() -> None:
    assert not difference("wins", [1.0, 2.0, 3.0], [2.0, 3.0, 4.0])["differs"]
    assert difference("wins", np.arange(8.0), np.arange(8.0) + 1.0)["differs"]
    np.testing.assert_allclose(p_values(np.full((3, 1), 2.0)), 0.25)


def test_holms_correction_is_over_the_scenarios() -> None:
    rng = np.random.default_rng(1)
    a = rng.normal(size=20)
    close = rng.normal(size=20)
    close *= 0.98 / close.std(ddof=1)
    shift = 2.3 / math.sqrt(20.0)  # p about 3 %
    b, c = a + close - close.mean() + shift, a - close + close.mean() + shift
    alone = metric_differences(totals("wins", a, b)).iloc[0]
    assert alone["p_holm"] == alone["p"] < 0.05
    assert alone["differs"]
    both = metric_differences(totals("wins", a, b, c))
    assert list(both["scenario"]) == ["b", "c"]
    np.testing.assert_allclose(both["p_holm"], 2.0 * both["p"])
    assert not both["differs"].any()


def test_other_luck_looks_like_a_difference_in_one_case_of_twenty() -> None:
    rng = np.random.default_rng(8)
    called = 0
    for _ in range(400):
        # Seven pairs: an eighth would have the relative difference bootstrapped, which takes time.
        called += bool(difference("wins", *rng.normal(100.0, 10.0, size=(2, 7)))["differs"])
    # Standard error of the share: 1.1 %.
    assert 0.017 < called / 400 < 0.083


def test_the_best_is_told_from_the_others_only_beyond_luck() -> None:
    rng = np.random.default_rng(3)
    luck = rng.normal(100.0, 10.0, 30)
    values = {
        "low": luck - 20.0 + rng.normal(0.0, 1.0, 30),
        "high": luck + rng.normal(0.0, 1.0, 30),
        "near": luck - 0.1 + rng.normal(0.0, 1.0, 30),
    }
    best, mean, alike = tied_with_best(values, "mrr_end")
    assert {best, *alike} == {"high", "near"}
    assert mean == values[best].mean()
    assert tied_with_best(values, "logo_churn")[0::2] == ("low", [])


# ------------------------------------------------------------------ words


def finding(
    kind: Kind,
    low: float | None,
    high: float | None,
    metric: str = "mrr_end",
    p: float | None = None,
) -> Finding:
    middle = -14.8e6 if low is None or high is None else (low + high) / 2.0
    if p is None:
        p = 1e-6 if kind in ("more", "less") else 0.3
    return Finding("b", "a", metric, kind, middle, low, high, middle / 100e6, 20, p)


def said(*main: Finding, beside: Sequence[Finding] = (), ranking: Ranking | None = None) -> str:
    return verdict(main, beside, ranking, "JPY")


def test_a_verdict_gives_the_difference_with_its_interval() -> None:
    assert said(finding("less", -18.1e6, -11.5e6)) == (
        "b ends with 14.8 M JPY less MRR than a (95 % interval 11.5 to 18.1 less; -15 %), over 20"
        " paired replications."
    )
    more = said(finding("more", 1e6, 3e6))
    assert "2.00 M JPY more MRR than a (95 % interval 1.00 to 3.00 more; +2 %)" in more


def test_a_verdict_does_not_say_more_than_its_interval() -> None:
    text = said(finding("open", -3.1e6, 1.2e6))
    assert text == (
        "No difference in final MRR between b and a can be told: it lies between 3.10 M JPY less"
        " and 1.20 M JPY more, over 20 paired replications."
    )


def test_one_replication_tells_nothing() -> None:
    text = said(finding("single", None, None))
    assert "cannot be told from one replication" in text
    assert "95 %" not in text


def test_what_does_not_differ_is_not_mentioned_beside() -> None:
    main = finding("less", -18.1e6, -11.5e6)
    churn = Finding("b", "a", "logo_churn", "more", 0.0014, 0.0010, 0.0018, 0.1, 20, 1e-6)
    profit = finding("open", -3e6, 4e6, "profit")
    text = said(main, beside=[profit, churn])
    assert text.endswith(
        "Its customer churn is 0.14 percentage points a month higher (0.10 to 0.18 higher)."
    )
    assert "contribution" not in text


def test_several_scenarios_are_ranked_with_those_that_cannot_be_told_apart() -> None:
    main = finding("less", -18.1e6, -11.5e6)
    other = dataclasses.replace(finding("open", -3.1e6, 1.2e6), scenario="c")
    ranking = Ranking("mrr_end", "a", 97.1e6, ("c",))
    assert said(main, other, ranking=ranking) == (
        "Highest mean final MRR: a (97.1 M JPY), over 20 paired replications; not to be told apart"
        " from it: c. Against a: b 14.8 M JPY less (11.5 to 18.1 less; -15 %); c not to be told"
        " apart (between 3.10 M JPY less and 1.20 M JPY more)."
    )


def test_only_a_best_one_told_from_all_others_has_the_most() -> None:
    main = finding("less", -18.1e6, -11.5e6)
    other = dataclasses.replace(main, scenario="c")
    alone = said(main, other, ranking=Ranking("mrr_end", "a", 97.1e6, ()))
    assert alone.startswith(
        "a ends with the most MRR (97.1 M JPY), over 20 paired replications; more than luck"
        " against each of the others."
    )
    assert "most" not in said(main, other, ranking=Ranking("mrr_end", "a", 97.1e6, ("c",)))


def test_the_same_difference_in_a_few_pairs_is_said_as_it_is() -> None:
    three = dataclasses.replace(finding("open", 5.0, 5.0, p=0.25), n=3)
    assert said(three) == (
        "b ends with 5 JPY more MRR than a in each of 3 paired replications; whether that is more"
        " than luck cannot be told from so few."
    )
    other = dataclasses.replace(finding("open", -3e6, 1e6), scenario="c")
    assert "b 5 JPY more in each pair, too few to tell it from luck; c not to be told" in said(
        three, other, ranking=Ranking("mrr_end", "b", 97.1e6, ("a", "c"))
    )


def test_what_a_verdict_says_besides_holds_for_both_metrics_together() -> None:
    main = finding("less", -18.1e6, -11.5e6)
    weak = finding("less", -9e6, -1e6, "profit", p=0.03)
    churn = dataclasses.replace(
        weak, metric="logo_churn", kind="open", difference=0.0, low=-0.001, high=0.001, p=0.9
    )
    # The smaller of two counts twice: 0.06 is more than 5 %.
    assert "Its" not in said(main, beside=[weak, churn])
    assert "Its contribution" in said(main, beside=[dataclasses.replace(weak, p=0.02), churn])
    # The main question is asked first; what stands beside it takes nothing from it.
    doubtful = finding("less", -18.1e6, -0.5e6, p=0.04)
    assert said(doubtful, beside=[weak, churn]).startswith("b ends with")


def test_what_holms_correction_takes_back_is_not_claimed() -> None:
    main = finding("less", -18.1e6, -11.5e6)
    other = dataclasses.replace(finding("open", -3.1e6, -0.2e6), scenario="c")
    assert said(main, other, ranking=Ranking("mrr_end", "a", 97.1e6, ("c",))).endswith(
        "c not to be told apart (alone between 3.10 M JPY less and 0.20 M JPY less)."
    )


def test_no_order_is_claimed_among_scenarios_that_cannot_be_told_apart() -> None:
    main = finding("open", -3e6, 1e6)
    other = dataclasses.replace(finding("same", 0.0, 0.0), scenario="c")
    text = said(main, other, ranking=Ranking("mrr_end", "b", 97.1e6, ("a", "c")))
    assert text.startswith(
        "Which of the 3 ends with the most MRR cannot be told (highest mean: b, 97.1 M JPY)"
    )
    same = dataclasses.replace(other, scenario="b")
    assert said(same, other, ranking=Ranking("mrr_end", "a", 97.1e6, ("b", "c"))).startswith(
        "All 3 have exactly the same final MRR."
    )


# ------------------------------------------------------------------ where


Monthly = Callable[[GENERATOR, Mapping[tuple[str, int], float]], Measures]


@pytest.fixture(scope="module")
def month_by_month(measured: Measures) -> Monthly:
    """Make runs whose watched metrics are noise around 10, shifted in some months."""
    names = list(dict.fromkeys(each.metric for each in WATCHED))

    def make(rng: GENERATOR, shifts: Mapping[tuple[str, int], float]) -> Measures:
        table = pd.DataFrame(
            {
                "period": np.tile(np.arange(1, 13), len(names)),
                "metric": np.repeat(np.array(names, dtype=object), 12),
                "value": rng.normal(10.0, NOISE, 12 * len(names)),
            }
        )
        for (metric, month), shift in shifts.items():
            table.loc[(table["metric"] == metric) & (table["period"] == month), "value"] += shift
        return dataclasses.replace(measured, monthly=table)

    return make


def row_of(table: pd.DataFrame, metric: str) -> Any:
    return table[table["metric"] == metric].iloc[0]


def runs(make: Monthly, seed: int, shifts: Mapping[tuple[str, int], float]) -> list[Measures]:
    rng = np.random.default_rng(seed)
    return [make(rng, shifts) for _ in range(12)]


def test_the_first_month_of_departure_is_the_first_beyond_noise(month_by_month: Monthly) -> None:
    worse_later = {("mrr", month): 20.0 if month < 7 else -20.0 for month in range(5, 13)}
    shifts = {("win_rate", month): -20.0 for month in (8, 9, 11)} | worse_later
    monthly = monthly_differences(runs(month_by_month, 2, shifts), runs(month_by_month, 1, {}), 0.0)
    found = departures(monthly)
    wins = row_of(found, "win_rate")
    assert (wins["first_month"], wins["worse_from"], wins["months"]) == (8, 8, 3)
    assert wins["direction"] == "worse"
    assert wins["low"] < wins["difference"] < wins["high"] < 0.0
    mrr = row_of(found, "mrr")
    assert (mrr["first_month"], mrr["direction"], mrr["worse_from"]) == (5, "better", 7)
    assert list(found["metric"]) == [each.metric for each in WATCHED]


def test_months_of_the_warm_up_are_not_looked_at(month_by_month: Monthly) -> None:
    shifts = {("win_rate", 2): 20.0, ("win_rate", 9): 20.0}
    before, after = runs(month_by_month, 1, {}), runs(month_by_month, 2, shifts)
    assert row_of(departures(monthly_differences(after, before)), "win_rate")["first_month"] == 2
    monthly = monthly_differences(after, before, warm_up_months=1.5)
    assert monthly["period"].min() == 3
    assert row_of(departures(monthly), "win_rate")["first_month"] == 9


def test_a_month_that_is_missing_is_not_tested(month_by_month: Monthly) -> None:
    shifts = {("win_rate", 3): math.nan, ("win_rate", 4): 20.0}
    before, after = runs(month_by_month, 1, {}), runs(month_by_month, 2, shifts)
    found = row_of(departures(monthly_differences(after, before)), "win_rate")
    assert (found["first_month"], found["tested"]) == (4, 11)
    single = departures(monthly_differences(after[:1], before[:1]))
    assert not single["tested"].any()
    assert single["first_month"].isna().all()


def test_noise_departs_in_one_series_of_twenty_at_most(month_by_month: Monthly) -> None:
    departing = sum(
        departures(
            monthly_differences(
                runs(month_by_month, 1000 + seed, {}), runs(month_by_month, 2000 + seed, {})
            )
        )["first_month"].notna().sum()
        for seed in range(16)
    )  # fmt: skip
    series = 16 * len(WATCHED)
    # 5 % at most, and three standard errors of a share of 5 %.
    assert departing / series < 0.05 + 3.0 * math.sqrt(0.05 * 0.95 / series)
    assert departing > 0  # a test that is never wrong does not look


def fabricated(p: Mapping[tuple[str, int], float]) -> pd.DataFrame:
    """Months of all series with no difference but where a p-value is given."""
    table = pd.DataFrame(
        [
            {
                "department": each.department, "aspect": each.aspect, "metric": each.metric,
                "period": month, "reference": 10.0, "mean": 9.0, "difference": -1.0,
                "low": -1.5, "high": -0.5, "n": 12, "p": p.get((each.metric, month), 1.0),
            }
            for each in WATCHED
            for month in range(1, 13)
        ]
    )  # fmt: skip
    table["p_holm"] = table.groupby("metric")["p"].transform(lambda each: holm(each))
    table["departs"] = table["p_holm"] <= 0.05
    return table


def test_a_department_departs_only_beyond_the_noise_of_all_its_series() -> None:
    # Field sales has 6 series of 12 months: 0.002 is enough for one series, and not among all.
    found = departures(
        fabricated({("wins", 3): 0.002, ("win_rate", 7): 1e-5, ("marketing.lost", 4): 0.002})
    )
    assert row_of(found, "wins")["first_month"] == 3
    field_sales = found[found["department"] == "field_sales"]
    assert list(field_sales["department_month"]) == [7] * 6
    assert row_of(found, "marketing.lost")["first_month"] == 4
    assert found[found["department"] == "marketing"]["department_month"].isna().all()


def test_noise_departs_in_one_department_of_twenty_at_most() -> None:
    rng = np.random.default_rng(21)
    keys = [(each.metric, month) for each in WATCHED for month in range(1, 13)]
    named = by_series = 0
    for _ in range(60):
        found = departures(fabricated(dict(zip(keys, rng.random(len(keys)), strict=True))))
        months = found.groupby("department")[["department_month", "first_month"]].min().notna()
        named += int(months["department_month"].sum())
        by_series += int(months["first_month"].sum())
    departments = 60 * (len(TEAMS) + 1)
    most = departments * 0.05 + 3.0 * math.sqrt(departments * 0.05 * 0.95)
    assert 0 < named < most
    assert by_series > most  # the test can tell: one series of several departs by luck


# ------------------------------------------------------------------ a whole comparison, made up


def made_up(others: int, monthly: pd.DataFrame) -> Comparison:
    """Scenarios b, c, ... against a, of four metrics, all with the same months."""
    rng = np.random.default_rng(22)
    names = ("a", *"bcdefgh"[:others])
    figures = {
        name: [
            {"mrr_end": 1e8 * x, "profit": 1e6 * x, "wins": 10.0 * x, "logo_churn": 0.01 * x}
            for x in rng.normal(1.0, 0.1, 7)
        ]
        for name in names
    }

    def stacked(table: pd.DataFrame) -> pd.DataFrame:
        parts = [table.assign(scenario=name) for name in names[1:]]
        return pd.concat(parts, ignore_index=True)

    columns = ["scenario", "department", "key", "reference", "value", "unit"]
    return Comparison(
        names=names, seed=5, asked=7, numbers=tuple(range(7)), months=12.0, warm_up_months=0.0,
        currency="JPY", main="mrr_end", metrics=with_share_intervals(metric_differences(figures)),
        changes=pd.DataFrame(columns=columns), monthly=stacked(monthly),
        departures=stacked(departures(monthly)),
        losses=pd.DataFrame(columns=["scenario", "recorded_reason"]),
        runs=pd.DataFrame(), ranking=None,
    )  # fmt: skip


def shown(result: Comparison) -> str:
    console = Console(width=100, record=True, file=StringIO())
    console.print(*story(result))
    return " ".join(console.export_text().split())


def test_a_summary_names_a_department_only_beyond_the_noise_of_all_its_series() -> None:
    one = made_up(1, fabricated({("wins", 3): 0.002, ("mrr", 7): 1e-5})).summary()
    assert "First month beyond noise, over all of a department's series: company 7\n" in one
    assert "field sales" not in one
    none = made_up(1, fabricated({("wins", 3): 0.002})).summary()
    assert "No department can be told to depart in any month." in none


def test_the_story_heads_each_department_with_its_month_and_says_the_rule() -> None:
    text = shown(made_up(1, fabricated({("wins", 3): 0.002, ("win_rate", 7): 1e-5})))
    assert "Field sales: departs in month 7" in text
    assert "Marketing: no departure can be told" in text
    assert "Holm's correction over all months of all its series" in text


@pytest.mark.parametrize("others", [1, 3, 4, 7])
def test_a_summary_of_many_scenarios_stays_short_and_keeps_its_last_line(others: int) -> None:
    lines = made_up(others, fabricated({})).summary().splitlines()
    assert len(lines) <= 30
    assert lines[-1] == "7 paired replications; seed 5."
    assert ("(The rest is in .metrics and .departures.)" in lines) == (others > 3)


def test_the_share_of_better_pairs_has_an_interval_in_the_table_and_in_json() -> None:
    figures = totals("wins", [1.0, 1.0, 1.0, 1.0], [2.0, 2.0, 3.0, 0.0])
    found = with_share_intervals(metric_differences(figures))
    place = list(found.columns).index("p_better")
    assert list(found.columns)[place + 1 : place + 3] == ["p_better_low", "p_better_high"]
    row = found.iloc[0]
    wanted = stats.beta.interval(0.95, 3.5, 1.5)
    assert (row["p_better_low"], row["p_better_high"]) == pytest.approx(wanted)
    in_json = made_up(1, fabricated({})).as_json()["scenarios"]["b"]["metrics"]["wins"]
    assert in_json["p_better_low"] < in_json["p_better"] < in_json["p_better_high"]
    neither = with_share_intervals(metric_differences(totals("mrr_start", [1.0, 2.0], [2.0, 3.0])))
    assert neither[["p_better_low", "p_better_high"]].isna().all(axis=None)


def test_every_department_is_watched_and_every_metric_is_there_by_month() -> None:
    aspects = {team: {w.aspect for w in WATCHED if w.department == team} for team in TEAMS}
    wanted = {"throughput", "wait", "abandonment", "conversion", "churn"}
    assert all(found == wanted for found in aspects.values())
    assert all(METRICS[each.metric].monthly for each in WATCHED)
    assert all(METRICS[each.metric].better != "neither" for each in WATCHED)


# ------------------------------------------------------------------ losses


def lossy(measured: Measures, *rows: tuple[str, str, str, int, float], left: float) -> Measures:
    columns = ["stage", "true_reason", "recorded_reason", "buyers", "amount"]
    other = {**measured.totals, "customer_success.lost": left, "mrr_churned": 100.0 * left}
    return dataclasses.replace(
        measured, losses=pd.DataFrame(list(rows), columns=columns), totals=other
    )


def test_a_loss_that_does_not_occur_counts_as_nothing(measured: Measures) -> None:
    cold = ("field_sales", "went_cold", "unknown", 4, 40.0)
    filed = ("field_sales", "went_cold", "went_cold", 2, 10.0)
    dropped = ("inside_sales", "unreached", "unreached", 3, 6.0)
    before = [lossy(measured, dropped, left=1.0), lossy(measured, left=1.0)]
    after = [lossy(measured, cold, filed, left=1.0), lossy(measured, cold, left=0.0)]
    found = loss_differences(after, before).set_index(["stage", "true_reason", "recorded_reason"])
    assert found.loc[("field_sales", "went_cold", "went_cold"), "buyers_difference"] == 1.0
    assert found.loc[("field_sales", "went_cold", ALL), "buyers"] == 5.0
    assert found.loc[("field_sales", ALL, ALL), "amount_difference"] == 45.0
    assert found.loc[("inside_sales", ALL, ALL), "buyers_difference"] == -1.5
    assert found.loc[("customer_success", ALL, ALL), "amount_difference"] == -50.0
    sizes = found["amount_difference"].abs()
    assert list(sizes) == sorted(sizes, reverse=True)


def test_losses_of_a_run_add_up_to_its_totals(real: Comparison) -> None:
    sums = real.losses[(real.losses["scenario"] == "eager") & (real.losses["true_reason"] == ALL)]
    for stage, buyers in zip(sums["stage"], sums["buyers"], strict=True):
        rows = real.metrics[
            (real.metrics["scenario"] == "eager") & (real.metrics["metric"] == f"{stage}.lost")
        ]
        assert buyers == pytest.approx(rows["mean"].iloc[0])


# ------------------------------------------------------------------ real scenarios


def test_a_scenario_does_not_differ_from_itself(real: Comparison) -> None:
    assert real.names == ("tiny", "eager", "tiny#2")
    same = real.metrics[real.metrics["scenario"] == "tiny#2"]
    assert len(same) == len(METRICS)
    assert not same["differs"].any()
    assert (same["difference"].dropna() == 0.0).all()
    assert real.departures[real.departures["scenario"] == "tiny#2"]["first_month"].isna().all()
    assert (real.losses[real.losses["scenario"] == "tiny#2"]["buyers_difference"] == 0.0).all()
    assert real.finding("tiny#2", "mrr_end").kind == "same"
    assert "tiny#2 exactly the same" in real.verdict


def test_a_scenario_and_itself_end_alike(tiny: LoadedScenario) -> None:
    alone = compare(tiny, tiny, replications=2)
    assert alone.verdict == (
        "tiny#2 ends with exactly as much MRR as tiny, over 2 paired replications."
    )


def test_changed_inputs_stand_with_their_department(real: Comparison) -> None:
    assert real.changes.to_dict(orient="records") == [
        {
            "scenario": "eager",
            "department": "field_sales",
            "key": "decisions.field_sales.promise",
            "reference": 0.3,
            "value": 0.9,
            "unit": "share",
        }
    ]


def test_tables_hold_every_single_run(real: Comparison, tiny: LoadedScenario) -> None:
    table = real.tables()["comparison_runs"]
    wanted = run_and_measure(tiny.scenario, "tiny", 1, 2).measures.totals["wins"]
    of = (table["scenario"] == "tiny") & (table["replication"] == 2) & (table["metric"] == "wins")
    assert list(table[of]["value"]) == [wanted]
    assert len(table) == 3 * 3 * len(METRICS)


def test_a_summary_and_a_repr_say_what_was_found(real: Comparison) -> None:
    summary = real.summary()
    assert summary.startswith(real.verdict)
    assert len(summary.splitlines()) <= 30
    assert "3 paired replications; seed 1" in summary
    assert "eager, tiny#2 against tiny" in repr(real)


def test_one_replication_gives_means_and_says_so(
    tiny: LoadedScenario, eager: LoadedScenario
) -> None:
    one = compare(tiny, eager, replications=1)
    assert one.metrics["low"].isna().all()
    assert not one.metrics["differs"].any()
    assert one.metrics["mean"].notna().any()
    assert one.finding("eager", "mrr_end").kind in ("single", "same")
    json.dumps(one.as_json(), allow_nan=False)


def test_only_pairs_that_are_whole_are_compared_after_an_interruption(
    tiny: LoadedScenario, eager: LoadedScenario
) -> None:
    def stop_after(runs_done: int) -> Execution:
        def count(done: int, total: int) -> None:
            if done == runs_done:
                raise KeyboardInterrupt

        return Execution(on_progress=count)

    found = compare(tiny, eager, replications=3, workers=stop_after(3))
    assert (found.numbers, found.asked, found.interrupted) == ((0,), 3, True)
    with pytest.raises(KeyboardInterrupt):
        compare(tiny, eager, replications=3, workers=stop_after(1))


def test_other_seeds_can_be_compared_too(tiny: LoadedScenario) -> None:
    measures = {
        name: {n: run_and_measure(tiny.scenario, name, seed, n).measures for n in range(2)}
        for name, seed in (("tiny", 1), ("tiny#2", 2))
    }
    found = compare_runs(distinct([tiny, tiny]), measures, 1, 2)
    assert found.finding("tiny#2", "mrr_end").difference != 0.0


def test_json_has_the_promised_shape(real: Comparison) -> None:
    found = json.loads(json.dumps(real.as_json(), allow_nan=False))
    assert found["reference"] == "tiny"
    assert set(found["scenarios"]) == {"eager", "tiny#2"}
    assert (found["replications"], found["seed"]) == (3, 1)
    assert isinstance(found["verdict"], str)
    metrics = found["scenarios"]["eager"]["metrics"]
    assert list(metrics) == list(METRICS)
    promised = {"mean", "reference", "difference", "low", "high", "p_better", "relative"}
    promised |= {"p_better_low", "p_better_high"}
    assert all(promised <= set(one) for one in metrics.values())
    assert metrics["grr"]["mean"] is None  # twelve months have not passed
    assert metrics["mrr_start"]["p_better"] is None
    assert found["scenarios"]["eager"]["changes"][0]["key"] == "decisions.field_sales.promise"


# ------------------------------------------------------------------ refusals


def test_what_cannot_be_paired_is_refused_with_every_reason(
    folder: Path, tiny: LoadedScenario
) -> None:
    other = load_scenario(
        folder / "tiny.yaml",
        ["horizon.months=3", "horizon.warm_up_months=1", "currency=EUR", "sale=one_off"],
    )
    with pytest.raises(ScenarioError) as refused:
        compare(tiny, other)
    said = [(problem.key, problem.value) for problem in refused.value.problems]
    assert said == [
        ("horizon.months", "3"),
        ("horizon.warm_up_months", "1"),
        ("currency", "EUR"),
        ("sale", "one_off"),
    ]
    assert "tiny (2): replications are paired month by month" in str(refused.value)


def test_one_scenario_has_nothing_to_be_compared_with(tiny: LoadedScenario) -> None:
    with pytest.raises(ScenarioError, match="two scenarios or more"):
        compare(tiny)


# ------------------------------------------------------------------ the command


def call(*arguments: object) -> Result:
    app = typer.Typer(cls=Commands)
    app.callback()(lambda: None)  # with one command alone it would have no name
    app.command()(compare_command)
    return CliRunner().invoke(app, ["compare", *map(str, arguments)])


def test_the_command_shows_verdict_figures_places_and_losses(folder: Path) -> None:
    result = call(
        folder / "tiny.yaml", folder / "eager.yaml", "--replications", 2, "--workers", 1,
        "--out", folder / "out",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    text = " ".join(result.output.split())
    for part in (
        "eager against tiny",
        "MRR at end",
        "changed: decisions.field_sales.promise 0.3 -> 0.9",
        "no input of its own was changed",
        "Where eager loses more buyers than tiny",
        "2 paired replications of 2 months of 20 business days; seed 1; themodel",
    ):
        assert part in text
    assert max(map(len, result.output.splitlines())) <= 100
    table = pd.read_csv(folder / "out" / "comparison.csv")
    assert list(table["metric"]) == list(METRICS)
    about = json.loads((folder / "out" / "compare.json").read_text())
    assert about["replications"] == 2


@pytest.mark.parametrize(("low", "high", "is_told"), [
    (2.0, 7.9, True), (0.3, 0.9, True), (0.9, 3.0, False), (1.5, 6.5, False),
    (math.nan, math.nan, False),
])  # fmt: skip
def test_what_pairing_was_worth_is_said_only_where_it_can_be_told(
    real: Comparison, low: float, high: float, is_told: bool
) -> None:
    metrics = real.metrics.assign(
        variance_reduction=3.0, variance_reduction_low=low, variance_reduction_high=high
    )
    said = closing(dataclasses.replace(real, metrics=metrics), "1.0")
    assert ("divides the variance of the difference in MRR at end by 3.0" in said) == is_told


def test_the_command_prints_one_object(folder: Path) -> None:
    result = call(
        folder / "tiny.yaml", folder / "eager.yaml", "--replications", 1, "--workers", 1, "--json",
        "--set", "horizon.months=1",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["replications"] == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--metric", "win_rat"], "did you mean win_rate?"),
        (["--set", "horizon.month=1"], "did you mean"),
    ],
)
def test_a_misspelled_word_is_answered_with_the_nearest(
    folder: Path, arguments: list[str], said: str
) -> None:
    result = call(folder / "tiny.yaml", folder / "eager.yaml", *arguments)
    assert result.exit_code == 2
    assert said in result.output


def test_one_name_alone_is_refused(folder: Path) -> None:
    result = call(folder / "tiny.yaml")
    assert result.exit_code == 2
    assert "two scenarios or more" in result.output


def test_gaps_keep_what_is_missing_missing_and_what_is_too_long_too_long() -> None:
    np.testing.assert_equal(
        gaps(
            np.array([1.0, math.nan, 3.0, math.inf, math.inf, math.inf]),
            np.array([2.0, 2.0, math.inf, 3.0, math.inf, math.nan]),
        ),
        [1.0, math.nan, math.inf, math.inf, math.inf, math.nan],
    )


def test_nothing_is_said_of_a_metric_that_is_longer_than_what_was_seen_in_one_run() -> None:
    """The others are those that went fast: their mean would look like a company that is better."""
    name = "claim_answer_days"
    before, after = [1.0, 2.0, 3.0, 2.0] * 3, [8.0, 9.0, 7.0, 8.0] * 3
    runs = {"a": [{name: each} for each in before], "b": [{name: each} for each in after]}
    assert metric_differences(runs)["differs"].item()
    runs["b"][5] = {name: math.inf}
    row = metric_differences(runs).iloc[0]
    assert not row["differs"]
    assert math.isnan(row["difference"])
    assert math.isnan(row["p"])
    runs["b"][5] = {name: math.nan}  # no claim at all in that run
    assert metric_differences(runs)["n"].item() == 11
    assert metric_differences(runs)["differs"].item()
