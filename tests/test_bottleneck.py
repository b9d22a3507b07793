"""The constraint of a company: against theory where there is one, and what is said of it."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from scipy.special import stdtrit

from simulator.errors import ScenarioError
from simulator.experiment import bottleneck as analysis
from simulator.experiment import bottleneck_words
from simulator.experiment.bottleneck import Bottleneck, bottleneck, cost_of
from simulator.experiment.differences import told_among
from simulator.experiment.execution import Execution
from simulator.experiment.quantities import Scale, told
from simulator.experiment.statistics import Estimate, Floats, paired_p
from simulator.metrics.definitions import TEAMS
from simulator.reductions import experiments
from simulator.scenario.changing import changed
from simulator.scenario.schema import Scenario

RUNS = 6
SERVICE_DAYS = 0.5
DAYS = 40.0
WINS = 0.5  # chance of every opportunity


@pytest.fixture(scope="module")
def tandem() -> Scenario:
    """The four departments in a row, all laws exponential; field sales cannot keep up.

    Its people serve two opportunities a day each and nearly seven come (18 x 0.55 x 0.7): two
    people are too few, and so are three. Nobody gives up, nobody comes back.
    """
    network = experiments()[-1].scenario
    meeting = {"law": "exponential", "unit": "hours", "mean": 8.0 * SERVICE_DAYS}
    return changed(
        network,
        {
            "horizon.months": 3.0,
            "horizon.warm_up_months": 1.0,
            "recycling.mode": "none",
            "market.channels.all.leads_per_day": 18.0,
            "teams.marketing.people": 4,
            "teams.field_sales.people": 2,
            "teams.customer_success.people": 2,
            "work.field_sales.meeting": meeting,
        },
    )


@pytest.fixture(scope="module")
def found(tandem: Scenario) -> Bottleneck:
    return bottleneck(tandem, metric=["wins", "field_sales.throughput"], replications=RUNS, seed=5)


def error_of(effect: Estimate) -> float:
    assert effect.low is not None
    return (effect.mean - effect.low) / float(stdtrit(RUNS - 1, 0.975))


# ------------------------------------------------------------------ theory


@pytest.mark.parametrize("change", [1, -1])
def test_a_person_more_or_fewer_at_the_saturated_stage_is_worth_the_service_rate(
    found: Bottleneck, change: int
) -> None:
    done = found.effect("field_sales", change, "field_sales.throughput")
    wins = found.effect("field_sales", change, "wins")
    assert done is not None
    assert wins is not None
    assert abs(done.mean - change / SERVICE_DAYS) < 3.5 * error_of(done)
    assert abs(wins.mean - change * WINS * DAYS / SERVICE_DAYS) < 3.5 * error_of(wins)
    # Sharp enough to tell this from nothing, and from half of it.
    assert error_of(done) < 0.1 / SERVICE_DAYS


@pytest.mark.parametrize("team", [team for team in TEAMS if team != "field_sales"])
def test_a_person_more_elsewhere_does_nothing(found: Bottleneck, team: str) -> None:
    for metric in ("field_sales.throughput", "wins"):
        effect = found.effect(team, 1, metric)
        assert effect is not None
        assert abs(effect.mean) <= 3.5 * error_of(effect)


def test_the_saturated_stage_is_the_constraint(found: Bottleneck) -> None:
    assert found.constraint == "field_sales"
    assert found.ties == ()
    first = found.verdict()[0]
    assert first.startswith("The constraint is field sales: one more person raises contracts won")
    assert first.endswith("more than one more anywhere else.")
    assert found.as_json()["constraint"] == "field_sales"


def test_it_limits_in_every_month_after_the_queue_has_formed(found: Bottleneck) -> None:
    rows = found.over_time[(found.over_time["metric"] == "wins") & found.over_time["limits"]]
    assert set(rows["team"]) == {"field_sales"}
    assert {2, 3} <= set(rows["month"])
    by_then = rows.set_index("month")["mean"]
    assert by_then.is_monotonic_increasing  # added up from the start


def test_one_more_upstream_of_the_constraint_does_not_pay(found: Bottleneck) -> None:
    row = found.effects.set_index(["team", "change", "metric"]).loc[("marketing", 1, "profit")]
    assert row["mean"] < 0.0
    assert row["told"]
    assert row["per_million"] == pytest.approx(row["mean"] / (found.costs["marketing"] / 1e6))


# ------------------------------------------------------------------ what is run and counted


def test_one_person_costs_pay_with_loading_and_tools_over_the_run() -> None:
    scenario = Scenario()
    plan = scenario.teams.field_sales
    assert plan.pay_per_year == 9_500_000.0
    assert cost_of(scenario, "field_sales") == pytest.approx(
        24.0 * (9_500_000.0 * 1.3 / 12.0 + 15_000.0)
    )


def test_nobody_is_taken_from_an_empty_team_and_staff_counts_where_there_is_some(
    small: Scenario,
) -> None:
    scenario = changed(
        small,
        {
            "horizon.months": 1.0,
            "teams.customer_success.people": 0,
            "teams.revops.people": 1,
        },
    )
    result = bottleneck(scenario, replications=2)
    teams = result.as_json()["teams"]
    assert list(teams) == [*TEAMS, "revops"]
    assert teams["customer_success"]["minus_one"] is None
    assert result.effect("customer_success", -1) is None
    assert set(teams["revops"]["plus_one"]) == set(result.metrics)
    assert {"mean", "low", "high"} <= set(teams["marketing"]["plus_one"]["wins"])
    assert result.people["customer_success"] == 0
    assert len(result.summary().splitlines()) <= 30
    assert tuple(result.tables()) == analysis.TABLES


def test_one_replication_names_no_constraint(small: Scenario) -> None:
    result = bottleneck(changed(small, {"horizon.months": 1.0}), replications=1)
    assert result.constraint is None
    assert "one replication" in result.verdict()[0]
    assert len(result.verdict()) == 1
    assert result.as_json()["teams"]["marketing"]["plus_one"]["wins"]["low"] is None


def test_only_whole_replications_count_after_an_interruption(small: Scenario) -> None:
    def stop(done: int, total: int) -> None:
        assert total == 3 * 9
        if done == 20:
            raise KeyboardInterrupt

    tiny = changed(small, {"horizon.months": 0.5})
    result = bottleneck(tiny, replications=3, workers=Execution(on_progress=stop))
    assert result.interrupted
    assert result.numbers == (0, 1)


def test_metrics_that_cannot_be_used_are_refused(small: Scenario) -> None:
    with pytest.raises(ScenarioError, match="did you mean wins"):
        bottleneck(small, metric="wons")
    with pytest.raises(ScenarioError, match="no better direction"):
        bottleneck(small, metric="field_sales.utilization")


# ------------------------------------------------------------------ what is said


class _Fake(analysis._Measured):
    """Effects that are stated instead of measured: per replication, or replications by months."""

    def __init__(self, effects: dict[str, Any]) -> None:
        self.effects = {team: np.array(each) for team, each in effects.items()}

    def effect(self, arm: analysis.Arm, metric: str) -> Floats:
        assert arm is not None
        return self.effects[arm[0]]

    monthly_effect = effect


def _with_p(p: float, seed: int, n: int = 10) -> Floats:
    """Draw paired differences whose t test gives just this p-value, of a positive mean."""
    luck = np.random.default_rng(seed).normal(size=n)
    values: Floats = (luck - luck.mean()) / luck.std(ddof=1) - float(stdtrit(n - 1, p / 2)) / n**0.5
    assert paired_p(values) == pytest.approx(p)
    return values


def _constraint_of(metric: str, effects: dict[str, Any]) -> tuple[str | None, Any]:
    measured = _Fake(effects)
    arms: Any = {(team, 1): None for team in effects}
    table = analysis._effects(measured, arms, [metric], dict.fromkeys(effects, 1e6))
    return analysis._constraint(table, measured, metric)


FLAT = [1.0, -1.0, 0.5, -0.5]


def test_teams_that_cannot_be_told_apart_are_named() -> None:
    effects = {
        "marketing": FLAT,
        "inside_sales": [10.0, 11.0, 9.0, 10.0],
        "field_sales": [11.0, 10.0, 10.0, 9.5],
    }
    assert _constraint_of("wins", effects) == ("field_sales", ("inside_sales",))


def test_where_lower_is_better_the_constraint_lowers() -> None:
    effects = {
        "marketing": [0.02, 0.021, 0.02, 0.019],
        "field_sales": [-0.01, -0.011, -0.01, -0.01],
    }
    assert _constraint_of("logo_churn", effects) == ("field_sales", ())
    assert _constraint_of("wins", effects) == ("marketing", ())


def test_luck_alone_is_no_constraint() -> None:
    assert _constraint_of("wins", dict.fromkeys(TEAMS, FLAT)) == (None, ())


def test_a_few_equal_counts_and_rounding_are_no_constraint() -> None:
    assert _constraint_of("wins", {"marketing": FLAT[:2], "field_sales": [1.0, 1.0]})[0] is None
    assert _constraint_of("wins", {"marketing": [0.0] * 8, "field_sales": [1.0] * 8})[0]
    # Only the last digits of the same amounts differ, and always to one side.
    before = [3e9 + 1e3 * n for n in range(8)]
    runs: Any = {
        (name, n): SimpleNamespace(measures=SimpleNamespace(totals={"mrr_end": value}))
        for name, shift in (("as it is", 0.0), ("+1 marketing", 1e-6))
        for n, value in enumerate(np.array(before) + shift * np.arange(5, 13))
    }
    effect = analysis._Measured(runs, range(8)).effect(("marketing", 1), "mrr_end")
    assert (effect == 0.0).all()


def test_a_few_equal_numbers_are_told_by_the_sign_test() -> None:
    assert [told(Estimate(-3.0, -3.0, -3.0, n)) for n in (2, 5, 6)] == [0, 0, -1]
    assert told(Estimate.of([0.1 + 0.2, 0.3, 0.3])) == 0  # equal but for rounding
    assert told(Estimate.of([3.0, 3.1, 2.9])) == 1
    for n in (5, 6):
        assert told_among(np.full((n, 1), 3.0)) == [n == 6]
    assert not told_among(np.full((6, 2), 3.0)).any()  # asked of two
    assert not told_among(np.full((6, 1), np.nan)).any()


def test_ties_are_told_among_all_pairs_since_the_best_was_picked_after_looking() -> None:
    others = [10.0 + 0.5 * _with_p(0.9, seed) for seed in range(3)]
    ahead = 2.0 * _with_p(0.012, 9)
    best = others[0] + ahead
    effects = {
        "marketing": others[0],
        "inside_sales": best - ahead[[*range(1, 10), 0]],
        "field_sales": best,
        "customer_success": best - ahead[[*range(2, 10), 0, 1]],
    }
    apart = [paired_p(best - each) for team, each in effects.items() if team != "field_sales"]
    assert 3.0 * max(apart) < 0.05 < 6.0 * min(apart)
    assert _constraint_of("wins", effects) == (
        "field_sales",
        ("marketing", "inside_sales", "customer_success"),
    )


def test_what_is_missing_is_not_told_apart() -> None:
    effects = {"marketing": [math.nan] * 4, "field_sales": [10.0, 11.0, 9.0, 10.0]}
    assert _constraint_of("wins", effects) == ("field_sales", ("marketing",))


def test_a_month_is_limited_by_all_teams_that_cannot_be_told_from_the_best() -> None:
    luck = np.array([*FLAT, *FLAT[::-1]])
    nothing, unsure = 0.1 + luck, 20.0 + 100.0 * luck  # neither can be told from zero
    slow, fast = 10.0 + luck, 10.1 + luck[[1, 0, 3, 2, 5, 4, 7, 6]]
    months = {
        "marketing": [nothing, nothing, unsure, nothing],
        "inside_sales": [nothing, slow, slow, slow],
        "field_sales": [nothing, fast, fast, 2.0 * fast],
    }
    measured = _Fake({team: np.array(each).T for team, each in months.items()})
    table = analysis._over_time(measured, tuple(months), ["wins"])
    limits = table[table["limits"]].groupby("month")["team"].agg(list).to_dict()
    both = ["inside_sales", "field_sales"]
    assert limits == {2: both, 3: both, 4: ["field_sales"]}
    assert table.loc[table["team"] == "inside_sales", "told"].tolist() == [False, True, True, True]
    result: Any = SimpleNamespace(over_time=table)
    spells = Bottleneck.spells(result, "wins")
    assert spells == [(1, 1, ()), (2, 3, tuple(both)), (4, 4, ("field_sales",))]
    assert bottleneck_words.of_time("wins", spells) == [
        "Counted from the start, by the end of month 2 to 3 contracts won is limited by inside"
        " sales or field sales (which cannot be told apart); by the end of month 4 by field sales."
    ]
    assert bottleneck_words.of_time("wins", spells[:1]) == []
    (state,) = bottleneck_words.of_time("mrr_end", spells[2:])
    assert state.startswith("By the end of month 4 ")
    assert state.endswith(" is limited by field sales.")


def test_what_happens_beside_is_told_among_all_departments_and_measures() -> None:
    class Beside(analysis._Measured):
        def __init__(self, p: float) -> None:
            self.p = p

        def effect(self, arm: analysis.Arm, metric: str) -> Floats:
            return _with_p(self.p if metric == "field_sales.queue" else 0.9, 3)

    more = [_row("inside_sales", "wins", -4.0, -6.0, -2.0)]
    scales = {"wins": Scale.of("wins", "JPY", [4.0])}
    for p, lines in ((0.03, 1), (0.001, 2)):
        table = analysis._beside(Beside(p), ["inside_sales"])
        rows = table.to_dict(orient="records")
        queue = next(row for row in rows if (row["low"] or 0.0) > 0.0)
        assert (queue["department"], queue["measure"]) == ("field_sales", "queue")
        assert queue["told"] == (lines == 2)
        assert len(bottleneck_words.of_harm(more, rows, scales)) == lines


def _row(team: str, metric: str, mean: float, low: float, high: float) -> dict[str, Any]:
    told = low > 0.0 or high < 0.0
    return {
        "team": team, "change": 1, "metric": metric, "mean": mean, "low": low, "high": high,
        "n": 8, "told": told,
    }  # fmt: skip


def test_an_added_person_who_makes_it_worse_is_named_with_what_happens_downstream() -> None:
    more = [_row("inside_sales", "wins", -4.0, -6.0, -2.0), _row("marketing", "wins", 1, -1, 3)]
    beside = [
        {"department": department, "measure": measure, **_row("inside_sales", "", *figures)}
        for department, measure, *figures in (
            ("field_sales", "abandonment", 0.02, 0.01, 0.03),
            ("field_sales", "queue", 1.0, -1.0, 3.0),
            ("marketing", "queue", 5.0, 4.0, 6.0),
        )
    ]
    scales = {"wins": Scale.of("wins", "JPY", [4.0])}
    worse, downstream = bottleneck_words.of_harm(more, beside, scales)
    assert worse == (
        "One more in inside sales makes it worse: it lowers contracts won by 4.00 (95 % interval"
        " 2.00 to 6.00)."
    )
    assert "field sales loses 2.00 % points more of its waits" in downstream
    assert "queue" not in downstream  # cannot be told, or is upstream
    (nothing,) = bottleneck_words.of_harm(more[1:], beside, scales)
    assert nothing.startswith("Nowhere")


def test_a_missing_effect_is_never_a_number(found: Bottleneck) -> None:
    # Sales are one-off: there is no recurring revenue to limit.
    assert "mrr_end" not in found.metrics
    assert "revenue" in found.metrics
    assert all(math.isfinite(value) for value in found.effects["mean"])
