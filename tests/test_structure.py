"""Structures at the same cost: who takes whose work, which teams are split, what RevOps brings."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from conftest import Changes, changed_scenario

from simulator.errors import ScenarioError
from simulator.experiment.execution import Execution
from simulator.experiment.figures import run_figures
from simulator.planning import frontier, structure_words
from simulator.planning import structure as module
from simulator.planning.headcount import ALL_TEAMS, headcount_of
from simulator.planning.structure import divisions_of, structure, usual_division
from simulator.planning.structure_options import (
    REPS,
    Group,
    best_fitting,
    checked_questions,
    checked_splits,
    reference_of,
    variants_of,
)
from simulator.planning.structure_result import OPTIONS, TABLES, Structure
from simulator.planning.trials import FRESH_FROM
from simulator.scenario.schema import Scenario

PEOPLE = {"marketing": 1, "inside_sales": 2, "field_sales": 2, "customer_success": 2}
FRESH = 40
NO_EFFECT: Changes = {
    "support.revops_handoff": 0.0,
    "support.revops_definition": 0.0,
    "support.revops_feedback": 0.0,
}


@pytest.fixture(scope="module")
def company() -> Scenario:
    """A quarter of the default company, for a year."""
    usual = Scenario()
    quarter = {
        f"market.channels.{name}.leads_per_day": channel.leads_per_day / 4.0
        for name, channel in usual.market.channels.items()
    }
    loaded = {"start.customers": 130, "start.opportunities": 22, "start.parked": 150}
    people = {f"teams.{team}.people": n for team, n in PEOPLE.items()}
    return changed_scenario(usual, {**quarter, **people, **loaded, "horizon.months": 12.0})


@pytest.fixture(scope="module", autouse=True)
def short_search() -> Iterator[None]:
    """Look at few plans, a few times each: what is promised is measured afterwards anyway."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(frontier, "RUNS", 6)
        patch.setattr(module, "_LOOKS", 2)
        yield


@pytest.fixture(scope="module")
def everything(company: Scenario) -> Structure:
    small = changed_scenario(company, {"horizon.months": 6.0})
    return structure(small, fresh=20, budget=95e6)


def option(result: Structure, name: str) -> dict[str, Any]:
    rows = result.options[result.options["option"] == name].to_dict("records")
    assert len(rows) == 1
    return {str(k): v for k, v in rows[0].items()}


# ------------------------------------------------------------------ differences that must be there


def test_pooling_helps_where_one_team_drowns_and_the_other_has_time(company: Scenario) -> None:
    # One person more in field sales costs more than the one too many in inside sales.
    lopsided = changed_scenario(company, {
        "teams.inside_sales.people": 3, "teams.field_sales.people": 1,
        "teams.inside_sales.cross_trained_speed": 1.0,
        "teams.field_sales.cross_trained_speed": 1.0,
        "teams.inside_sales.pay_per_year": 2e6, "teams.field_sales.pay_per_year": 30e6,
        "teams.marketing.pay_per_year": 1e6, "teams.customer_success.pay_per_year": 1e6,
    })  # fmt: skip
    result = structure(lopsided, questions=["generalists"], fresh=FRESH)
    pooled = option(result, "generalists 100 %")
    assert pooled["told"]
    assert pooled["difference_low"] > 0.0
    assert structure_words.told_better(result, pooled) == 1
    flows = result.flows[result.flows["option"] == "generalists 100 %"].set_index("metric")
    assert flows["high"]["field_sales.queue"] < 0.0
    first, *others = result.verdict()
    assert "of inside and field sales trained for both teams' work raises MRR" in first
    assert any(line.startswith("In the same runs") for line in others)
    assert (result.options["cost"] <= result.budget * (1.0 + 1e-9)).all()


def test_revops_without_an_effect_does_not_pay_for_the_people_it_takes_the_place_of(
    company: Scenario,
) -> None:
    useless = changed_scenario(company, NO_EFFECT)
    result = structure(useless, questions=["revops"], fresh=FRESH)
    assert result.options["option"].tolist() == ["as it is", "RevOps 1", "RevOps 2"]
    assert result.options["revops"].tolist() == [0, 1, 2]
    two = option(result, "RevOps 2")
    assert two["told"]
    assert two["difference_high"] < 0.0
    assert (result.options["cost"] <= result.budget * (1.0 + 1e-9)).all()
    today = headcount_of(useless)
    assert result.budget == pytest.approx(today.cost(today.today))
    assert not any("raises" in line for line in result.verdict())


def test_free_revops_without_an_effect_changes_nothing(company: Scenario) -> None:
    useless = changed_scenario(company, {**NO_EFFECT, "horizon.months": 3.0})
    result = structure(useless, questions=["revops"], costs={"revops": 0.0}, fresh=20)
    one = option(result, "RevOps 1")
    # The same plans with the same luck: not even the last digit differs.
    assert one["difference"] == 0.0
    assert not one["told"]
    assert "Cannot be told from the company as it is" in " ".join(result.verdict())


# ------------------------------------------------------------------ all questions together


def test_every_option_stays_within_the_budget(everything: Structure) -> None:
    assert (everything.options["cost"] <= everything.budget * (1.0 + 1e-9)).all()
    assert (everything.ratio["cost"] <= everything.budget * (1.0 + 1e-9)).all()
    assert everything.options["option"].tolist() == [
        "as it is", "generalists 50 %", "generalists 100 %", "split by channel", "RevOps 1",
        "RevOps 2",
    ]  # fmt: skip
    assert everything.questions == ("ratio", "generalists", "split", "revops")


def test_figures_are_those_of_the_plan_in_fresh_replications(everything: Structure) -> None:
    values = []
    for name in ("as it is", "RevOps 1"):
        row = option(everything, name)
        people = {f"teams.{team}.people": int(row[team]) for team in ALL_TEAMS}
        told = changed_scenario(everything.company, people)
        numbers = range(FRESH_FROM, FRESH_FROM + everything.fresh)
        figures = (everything.goal,)
        values.append(np.array([
            run_figures(told, "again", everything.seed, n, figures)[everything.goal]
            for n in numbers
        ]))  # fmt: skip
        assert row["mean"] == pytest.approx(values[-1].mean())
    assert option(everything, "RevOps 1")["difference"] == pytest.approx(
        (values[1] - values[0]).mean()
    )


def test_what_is_told_has_an_interval_on_one_side_of_zero(everything: Structure) -> None:
    for table in (everything.options, everything.ratio):
        for row in table[table["told"].astype(bool)].to_dict("records"):
            assert row["difference_low"] > 0.0 or row["difference_high"] < 0.0


def test_every_structure_tries_the_best_headcount_of_every_other(company: Scenario) -> None:
    short = changed_scenario(company, {"horizon.months": 2.0})
    reference = reference_of(short)
    budget = reference.headcount.cost(reference.headcount.today)
    variants, _ = variants_of(short, ["generalists"], {}, budget)
    study = module._Study(
        reference, variants, ("wins", 0), (), 0.9, budget, 20, 1, Execution(), None
    )
    study.run(["generalists"])
    assert set(study.chosen) == {"as it is", "generalists 50 %", "generalists 100 %"}
    for trials in study._searched.values():
        for plan in study.chosen.values():
            assert plan is not None
            assert plan in trials
    for name, plan in study.chosen.items():
        assert plan == study._frontiers[name].best(budget)


def test_the_verdict_names_every_option_and_the_limits(everything: Structure) -> None:
    said = " ".join(everything.verdict())
    for words in everything.options["words"].iloc[1:]:
        assert words in said or f"{words[:1].upper()}{words[1:]}" in said
    assert said.endswith(structure_words.LIMITS)
    assert "Inside to field sales" in said


def test_the_verdict_claims_nothing_that_is_not_told(everything: Structure) -> None:
    quiet = everything.options.assign(told=False)
    ratio = everything.ratio.assign(told=False)
    silent = replace(everything, options=quiet, ratio=ratio)
    said = " ".join(silent.verdict())
    assert "no other structure can be told to do better" in said
    assert "no other division of the same money can be told to do better" in said
    for claim in ("raises", "lowers", "than as it is", "Told to be worse", "In the same runs"):
        assert claim not in said


def test_the_result_goes_into_json_and_tables(everything: Structure) -> None:
    said = json.loads(json.dumps(everything.as_json(), allow_nan=False))
    assert [row["option"] for row in said["options"]] == everything.options["option"].tolist()
    assert said["goal"] == "mrr_end"
    assert set(everything.tables()) == set(TABLES)
    assert list(everything.options) == list(OPTIONS)
    assert "Structure of scenario" in repr(everything)


# ------------------------------------------------------------------ the ratio


def test_divisions_leave_no_money_for_one_more_person(company: Scenario) -> None:
    reference = reference_of(company)
    people = reference.headcount
    at = [reference.sized.index(team) for team in REPS]
    for budget in (people.cost(people.today), 110e6, 150e6):
        divisions = divisions_of(reference, budget)
        assert divisions
        for plan in divisions:
            left = budget - people.cost(plan)
            assert 0.0 <= left < min(people.costs[k] for k in at)
            others = [n for k, n in enumerate(plan) if k not in at]
            assert others == [n for k, n in enumerate(people.today) if k not in at]
        assert len({tuple(plan) for plan in divisions}) == len(divisions)


def test_todays_division_is_what_others_are_compared_with_at_todays_cost(
    company: Scenario,
) -> None:
    reference = reference_of(company)
    today = reference.headcount.today
    divisions = divisions_of(reference, reference.headcount.cost(today))
    assert usual_division(reference, divisions) == today
    assert usual_division(reference, []) == ()


def test_a_larger_budget_is_compared_at_the_ratio_nearest_to_todays(company: Scenario) -> None:
    reference = reference_of(company)
    divisions = divisions_of(reference, 150e6)
    usual = reference.people(usual_division(reference, divisions))
    ratios = [
        math.log(reference.people(each)["inside_sales"] / reference.people(each)["field_sales"])
        for each in divisions
    ]
    # Today there are as many in the one as in the other.
    nearest = min(map(abs, ratios))
    assert abs(math.log(usual["inside_sales"] / usual["field_sales"])) == nearest


def test_only_the_ratio_needs_no_search(company: Scenario) -> None:
    short = changed_scenario(company, {"horizon.months": 2.0})
    result = structure(short, questions=["ratio"], fresh=20, budget=110e6)
    assert not len(result.options)
    assert result.runs == 20 * len(result.ratio)
    assert int(result.ratio["today"].sum()) == 1
    usual = result.ratio[result.ratio["today"]].iloc[0]
    assert pd.isna(usual["difference"])
    gaps = [row for row in result.ratio.to_dict("records") if not row["today"]]
    assert gaps
    for row in gaps:
        assert row["difference"] == pytest.approx(row["mean"] - usual["mean"])


def test_a_company_without_field_sales_has_no_ratio(company: Scenario) -> None:
    alone = changed_scenario(company, {"teams.field_sales.people": 0, "horizon.months": 1.0})
    result = structure(alone, questions=["ratio"], fresh=20)
    assert not len(result.ratio)
    assert "the ratio" in result.left_out[0]


# ------------------------------------------------------------------ which structures


def test_generalists_take_each_others_work(company: Scenario) -> None:
    variants, left_out = variants_of(company, ["generalists"], {}, 1e9)
    assert left_out == []
    teams = variants[1].company.teams
    assert (teams.inside_sales.cross_trained, teams.inside_sales.cross_trained_for) == (1.0, "next")
    assert (teams.field_sales.cross_trained, teams.field_sales.cross_trained_for) == (
        1.0, "previous",
    )  # fmt: skip
    pooled = variants[1].company
    again, _ = variants_of(pooled, ["generalists"], {}, 1e9)
    assert [each.option for each in again] == ["generalists 50 %"]


def test_the_best_fitting_channels_are_set_apart(company: Scenario) -> None:
    (split,), left_out = variants_of(company, ["split"], {}, 1e9)
    assert left_out == []
    fits = {name: channel.fit_mean for name, channel in company.market.channels.items()}
    assert [group.team for group in split.groups] == ["inside_sales", "field_sales"]
    for group in split.groups:
        rest = [name for name in fits if name not in group.channels]
        assert min(fits[name] for name in group.channels) > max(fits[name] for name in rest)
        assert 0.0 < group.share < 1.0


def test_as_much_work_as_can_be_half_of_it_goes_to_the_best_fitting(company: Scenario) -> None:
    channels = list(company.market.channels)
    order = sorted(channels, key=lambda name: -company.market.channels[name].fit_mean)
    parts = dict(zip(order, (0.1, 0.15, 0.3, 0.4), strict=True))
    found = best_fitting(company, {"inside_sales": parts, "field_sales": parts})
    assert set(found) == set(order[:3])


def test_a_split_team_keeps_somebody_in_both_groups(company: Scenario) -> None:
    (split,), _ = variants_of(company, ["split"], {}, 1e9)
    low, high = split.headcount.low, split.headcount.high
    for places in ((0, 0), (1, 1), (2, 2), (0, 2)):
        for team in (low[: len(split.sized)], (3, 7, 9, 2), high[: len(split.sized)]):
            plan = (*team, *places)
            scenario = split.scenario(plan)
            for name in REPS:
                team_plan = getattr(scenario.teams, name)
                assert 1 <= team_plan.split.people < team_plan.people
                assert team_plan.split.channels == split.groups[0].channels


def test_sizes_of_a_group_around_its_share_are_tried() -> None:
    group = Group("inside_sales", ("referral",), 0.4, step=1)
    assert [group.people(10, place) for place in range(3)] == [3, 4, 5]
    assert [group.people(2, place) for place in range(3)] == [1, 1, 1]
    assert Group("inside_sales", ("referral",), 0.4).people(10) == 4


def test_groups_cost_nothing(company: Scenario) -> None:
    (split,), _ = variants_of(company, ["split"], {}, 1e9)
    plan = split.near(PEOPLE)
    assert split.headcount.cost(plan) == pytest.approx(
        reference_of(company).headcount.cost(tuple(PEOPLE.values()))
    )


def test_a_company_that_is_split_already_stays_so(company: Scenario) -> None:
    stated = {"people": 1, "channels": ("referral",)}
    own = changed_scenario(company, {"teams.inside_sales.split": stated})
    reference = reference_of(own)
    assert reference.headcount.low[reference.sized.index("inside_sales")] == 2
    grown = reference.scenario((1, 6, 2, 2))
    assert grown.teams.inside_sales.split.people == 3
    assert reference.scenario(reference.headcount.today) == own


def test_what_costs_more_than_the_budget_is_left_out(company: Scenario) -> None:
    least = reference_of(company).headcount
    variants, left_out = variants_of(company, ["revops"], {}, least.cost(least.low) + 12e6)
    assert [each.option for each in variants] == ["RevOps 1"]
    assert "2 people in RevOps" in left_out[0]


def test_one_person_cannot_be_split(company: Scenario) -> None:
    alone = changed_scenario(company, {"teams.inside_sales.people": 1})
    variants, left_out = variants_of(alone, ["split"], {}, 1e9)
    assert [group.team for group in variants[0].groups] == ["field_sales"]
    assert "inside sales" in left_out[0]
    with pytest.raises(ScenarioError, match="needs two"):
        checked_splits(alone, {"inside_sales": ["referral"]})


# ------------------------------------------------------------------ what is refused


@pytest.mark.parametrize(
    ("splits", "rule"),
    [
        ({"inside_sale": ["referral"]}, "did you mean inside_sales"),
        ({"revops": ["referral"]}, "no team that can be split"),
        ({"inside_sales": ["refferal"]}, "did you mean referral"),
        ({"inside_sales": []}, "at least one channel"),
        (
            {"inside_sales": ["website", "referral", "webinar", "advertising"]},
            "at least one channel",
        ),
    ],
)
def test_splits_that_cannot_be_are_refused(
    company: Scenario, splits: dict[str, list[str]], rule: str
) -> None:
    with pytest.raises(ScenarioError, match=rule):
        structure(company, questions=["split"], splits=splits)


def test_questions_that_are_none_are_refused() -> None:
    with pytest.raises(ScenarioError, match="did you mean generalists"):
        checked_questions(["generalist"], {})
    with pytest.raises(ScenarioError, match="at least one"):
        checked_questions([], {})
    assert checked_questions(["revops"], {"inside_sales": ()}) == ("split", "revops")


def test_a_budget_below_the_smallest_company_is_refused(company: Scenario) -> None:
    with pytest.raises(ScenarioError, match="smallest company costs"):
        structure(company, budget=1e6)
    least = reference_of(company).headcount
    with pytest.raises(ScenarioError, match="question ratio needs"):
        structure(company, budget=least.cost(least.low) + 1.0)


# ------------------------------------------------------------------ conditions and interruption


def test_options_that_keep_no_condition_are_named(company: Scenario) -> None:
    short = changed_scenario(company, {"horizon.months": 2.0})
    result = structure(short, also=["wins>=100000"], questions=["revops"], fresh=20)
    assert result.options["mean"].isna().all()
    said = " ".join(result.verdict())
    assert "no plan that was tried of the company as it is keeps" in said
    json.dumps(result.as_json(), allow_nan=False)


def test_a_goal_that_no_run_has_is_said_to_be_missing(company: Scenario) -> None:
    nobody = changed_scenario(company, {"horizon.months": 0.2, "start.opportunities": 0})
    result = structure(nobody, goal="lead_time", questions=["generalists"], fresh=20)
    assert result.options["mean"].isna().all()
    assert "no run of the company as it is has any" in " ".join(result.verdict())


def test_conditions_are_measured_in_fresh_replications(company: Scenario) -> None:
    short = changed_scenario(company, {"horizon.months": 2.0})
    result = structure(short, also=["wins>=1"], questions=["generalists"], fresh=20)
    assert result.options["probability"].between(0.5, 1.0).all()


def test_after_an_interruption_what_is_finished_is_told(company: Scenario) -> None:
    short = changed_scenario(company, {"horizon.months": 2.0})
    batches = [0]
    full = structure(
        short, questions=["revops"], fresh=20, on_progress=lambda _, runs: batches.append(runs)
    )
    sizes = np.diff(batches).tolist()

    def stop(_plans: int, runs: int) -> None:
        # In the batch after the one in which the company as it is was measured.
        if runs > batches[sizes.index(20) + 1]:
            raise KeyboardInterrupt

    result = structure(short, questions=["revops"], fresh=20, on_progress=stop)
    assert result.interrupted
    assert result.options["option"].tolist() == ["as it is"]
    assert result.options["mean"].iloc[0] == pytest.approx(full.options["mean"].iloc[0])
    assert result.verdict()[0].startswith("Stopped after")


def test_an_interruption_before_anything_is_finished_ends_it(company: Scenario) -> None:
    def stop(_plans: int, _runs: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        structure(company, questions=["revops"], fresh=20, on_progress=stop)
