"""Hiring plans start as late as their promise allows, and say what breaks them."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
import pytest

from simulator.errors import ScenarioError
from simulator.experiment.execution import Execution
from simulator.planning.headcount import ALL_TEAMS, headcount_of
from simulator.planning.hiring import plan_hiring
from simulator.planning.hiring_result import Hiring
from simulator.planning.hiring_told import earliest_month, with_starts
from simulator.planning.plan_reading.plan_files import first_day, months_of, with_plan
from simulator.planning.stresses import stresses_of
from simulator.planning.targets import read_target
from simulator.planning.trials import Trials
from simulator.scenario import load_scenario
from simulator.scenario.changing import changed
from simulator.scenario.schema import Scenario
from simulator.scenario.staff import HiringStep

TARGET = "wins>=30"
FIRM = 400


@pytest.fixture(scope="module")
def company() -> Scenario:
    """A small company that has too few people for what it wants."""
    teams = ("marketing", "inside_sales", "field_sales", "customer_success")
    return changed(
        load_scenario("base").scenario,
        {
            "horizon.months": 12.0,
            "start.customers": 60,
            "start.opportunities": 15,
            "start.parked": 50,
            **{f"teams.{team}.people": 1 for team in teams},
            **{f"teams.{team}.time_to_fill_days": 20.0 for team in teams},
            "market.channels": {
                "website": {"leads_per_day": 5.0, "fit_mean": 0.2, "spend_per_month": 200000.0}
            },
        },
    )


@pytest.fixture(scope="module")
def made(company: Scenario) -> Hiring:
    return plan_hiring(company, TARGET, fresh=200, seed=2)


def starts_of(made: Hiring) -> tuple[list[str], tuple[int, ...]]:
    return list(made.hires["team"]), tuple(int(month) for month in made.hires["month"])


def test_a_made_plan_keeps_its_promise(company: Scenario, made: Hiring) -> None:
    assert made.status == "met"
    assert made.made
    assert len(made.hires) >= 1
    assert made.chance.mean >= 0.87
    assert made.today_chance.mean < made.chance.mean
    trials = Trials(lambda _: made.planned, made.targets, (), 77, Execution())
    trials.try_out([(0,)], range(300))
    share = float(trials.met((0,)).mean())
    assert share >= 0.9 - 0.03 - 3.0 * math.sqrt(0.9 * 0.1 / 300)


def test_every_start_is_the_latest_that_keeps_the_promise(company: Scenario, made: Hiring) -> None:
    teams, starts = starts_of(made)
    trials = Trials(
        lambda plan: with_starts(company, teams, plan), made.targets, (), made.seed, Execution()
    )
    trials.try_out([starts], range(FIRM))
    assert trials.met(starts).mean() >= 0.9
    for i in range(len(starts)):
        later = (*starts[:i], starts[i] + 1, *starts[i + 1 :])
        trials.try_out([later], range(FIRM))
        assert trials.met(later).mean() < 0.9


def test_nobody_starts_before_a_place_can_be_filled(company: Scenario, made: Hiring) -> None:
    for team, month in zip(*starts_of(made), strict=True):
        assert earliest_month(company, team) == 2 <= month <= months_of(company)
    rows = made.hires
    assert (rows["day"] == (rows["month"] - 1) * 20.0).all()
    assert (rows["open_by"] == rows["day"] - 20.0).all()
    assert (rows["ramped_by"] > rows["day"]).all()


def test_what_a_month_later_changes_is_told_for_every_hire(made: Hiring) -> None:
    slips = made.hires["slip"] - made.hires["slip_change"]
    # All of them against the plan in the same replications.
    assert slips.to_numpy() == pytest.approx(slips.iloc[0])
    assert abs(slips.iloc[0] - made.chance.mean) < 0.05
    assert (made.hires["slip_low"] <= made.hires["slip_change"]).all()
    assert (made.hires["slip_change"] <= made.hires["slip_high"]).all()


def test_the_cost_is_that_of_the_months_that_people_are_there(
    company: Scenario, made: Hiring
) -> None:
    extra = sum(
        made.costs[team] / 12.0 * (12 - month + 1)
        for team, month in zip(*starts_of(made), strict=True)
    )
    assert made.cost == pytest.approx(made.cost_today + extra)
    today = headcount_of(company)
    assert made.cost_today == pytest.approx(today.cost(today.today))


def test_planned_headcounts_rise_by_the_hires(company: Scenario, made: Hiring) -> None:
    for team in ALL_TEAMS[:4]:
        hired = int((made.hires["team"] == team).sum())
        assert made.headcounts[team][0] == 1
        assert made.headcounts[team][-1] == 1 + hired


def test_capacity_and_stress_are_told_for_every_month_and_danger(made: Hiring) -> None:
    assert set(made.capacity["month"]) == set(range(1, 13))
    assert {"marketing", "inside_sales", "field_sales", "customer_success"} <= set(
        made.capacity["team"]
    )
    stress = made.stress.set_index("stress")
    assert set(stress.index) == {
        "hiring slips", "attrition doubles", "places stay empty", "slow ramp", "fewer inquiries",
    }  # fmt: skip
    assert (stress["change"] <= 0.02).all()
    assert stress.loc["fewer inquiries", "difference"] < 0.0


def test_the_plan_can_be_checked_and_says_the_same(company: Scenario, made: Hiring) -> None:
    checked = plan_hiring(made.planned, TARGET, check=True, fresh=200, seed=2)
    assert not checked.made
    assert checked.chance == made.chance
    assert checked.today_chance == made.today_chance
    assert checked.headcounts == made.headcounts
    assert checked.status == ("met" if made.chance.mean >= 0.9 else "missed")
    pd.testing.assert_frame_equal(checked.capacity, made.capacity)


def test_a_check_says_in_which_month_a_target_is_first_missed(company: Scenario) -> None:
    checked = plan_hiring(
        company, ["mrr@3-12>=6.4e6", "wins>=1"], check=True, fresh=60, seed=2
    )  # fmt: skip
    months = checked.by_month.set_index("month")["probability"]
    missed = [int(month) for month, share in months.items() if share < 0.9]
    assert checked.broken_month == (missed[0] if missed else None)
    assert list(months.index) == list(range(3, 13))
    assert len(checked.relief) >= 4
    assert checked.hires.empty


def test_where_nobody_is_needed_nobody_is_hired(company: Scenario) -> None:
    easy = plan_hiring(company, "wins>=1", fresh=20)
    assert easy.status == "met"
    assert easy.hires.empty
    assert easy.planned.hiring == ()
    assert easy.cost == easy.cost_today


def test_decided_hires_stay_and_new_ones_come_to_them(company: Scenario) -> None:
    decided = HiringStep(team="field_sales", day=first_day(3), people=1)
    planned = with_plan(company, [decided])
    found = plan_hiring(planned, "wins>=12", fresh=20)
    assert found.planned.hiring[0] == decided
    assert found.hires.empty or not found.hires["day"].isna().any()


def test_people_who_start_together_are_one_step(company: Scenario) -> None:
    planned = with_starts(company, ["field_sales", "inside_sales", "field_sales"], (4, 4, 4))
    assert [(step.team, step.day, step.people) for step in planned.hiring] == [
        ("inside_sales", 60.0, 1), ("field_sales", 60.0, 2),
    ]  # fmt: skip


def test_stress_leaves_the_plan_and_changes_one_thing(company: Scenario) -> None:
    planned = with_starts(company, ["field_sales"], (4,))
    by_name = {each.name: each.scenario for each in stresses_of(company, planned)}
    assert by_name["hiring slips"].hiring[0].day == 80.0
    assert by_name["attrition doubles"].teams.marketing.attrition_per_year == 0.3
    assert by_name["attrition doubles"].hiring == planned.hiring
    assert by_name["slow ramp"].teams.field_sales.ramp_days == 150.0
    leads = by_name["fewer inquiries"].market.channels["website"].leads_per_day
    assert leads == pytest.approx(4.0)
    assert "hiring slips" not in {each.name for each in stresses_of(company, company)}


def test_an_interruption_gives_the_plan_so_far(company: Scenario) -> None:
    def stop(plans: int, runs: int) -> None:
        if plans > 20:
            raise KeyboardInterrupt

    found = plan_hiring(company, TARGET, fresh=20, on_progress=stop)
    assert found.interrupted
    assert found.status == "interrupted"
    found.as_json()
    found.verdict()


@pytest.mark.parametrize(
    ("changes", "options", "says"),
    [
        ({"horizon.months": 3.0}, {}, "too short for hires"),
        ({}, {"target": "wins@13>=2"}, "after its end"),
        ({}, {"costs": {"field_sales": -1.0}}, "must be 0 or more"),
        ({}, {"at_most": {"field_sales": 0}}, "lets nobody go"),
        ({}, {"target": []}, "say what to reach"),
    ],
)
def test_what_cannot_be_planned_is_refused(
    company: Scenario, changes: dict[str, Any], options: dict[str, Any], says: str
) -> None:
    asked = {"target": TARGET, "fresh": 20, **options}
    with pytest.raises(ScenarioError) as error:
        plan_hiring(changed(company, changes), **asked)
    assert says in "\n".join(map(str, error.value.problems))


def test_read_targets_are_those_of_the_plan(made: Hiring, company: Scenario) -> None:
    assert made.targets == (read_target(TARGET, company),)
    assert list(made.by_target) == [TARGET]
