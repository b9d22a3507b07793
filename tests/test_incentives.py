"""Behavior follows from measures: searched with the engine, on small companies."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from conftest import Change, Changes

from simulator.engine import using
from simulator.errors import ScenarioError
from simulator.experiment.execution import execute, run_streamed
from simulator.experiment.incentives import decisions_of, incentives
from simulator.experiment.objectives import (
    Agreement,
    Lever,
    Objectives,
    Part,
    Range,
    decided,
    frictionless,
    kpi_of,
    level_of,
    levers,
    objectives_of,
    players_of,
    scales_of,
    stated_in,
    strains,
    usual_of,
    weights_of,
)
from simulator.experiment.price_of_silos import EQUILIBRIUM, OPTIMUM, STATED, USUAL, Incentives
from simulator.experiment.provenance_of_decisions import scenario_text, write_decisions
from simulator.experiment.readiness import prepared
from simulator.metrics.definitions import TEAMS
from simulator.scenario import load_scenario
from simulator.scenario.behavior import Decisions
from simulator.scenario.schema import Scenario

ALONE = dict.fromkeys(TEAMS, 0.0)
TOGETHER = dict.fromkeys(TEAMS, 1.0)
SMALL: dict[str, Any] = {"starts": 1, "steps": 8, "doses": False, "replications": 4, "fresh": 6}


@pytest.fixture(scope="module")
def divided(small: Scenario) -> Incentives:
    """A small company, each department measured on its own number alone."""
    return incentives(small, weights=ALONE, **SMALL)


# ------------------------------------------------------------------ what must hold


def test_without_mechanisms_the_price_of_silos_is_one(
    small: Scenario, changed: Change, without_mechanisms: Changes
) -> None:
    idle = changed(small, {**without_mechanisms, "horizon.months": 2.0})
    found = incentives(idle, weights=ALONE, **SMALL)
    # Every decision is held, so that none of them does anything: nobody strays for nothing.
    assert found.equilibria is not None
    assert found.equilibria.searches[0].status == "equilibrium"
    assert found.cases[EQUILIBRIUM].profile == found.cases[USUAL].profile
    for metric in ("mrr_end", "profit", "logo_churn"):
        np.testing.assert_array_equal(
            found.cases[EQUILIBRIUM].totals[metric], found.cases[OPTIMUM].totals[metric]
        )
    assert found.price("mrr_end").mean == 0.0


def test_without_counter_forces_sharing_everything_reaches_the_optimum(
    small: Scenario, changed: Change, without_counter_forces: Changes
) -> None:
    free = changed(small, without_counter_forces)
    found = incentives(free, weights=TOGETHER, **SMALL)
    # What pays a department pays the planner: no department could do better for all, either.
    apart = found.difference("mrr_end", EQUILIBRIUM, OPTIMUM)
    assert apart.low is not None
    assert apart.high is not None
    spread = apart.high - apart.low
    assert apart.low - spread <= 0.0 <= apart.high + spread
    assert abs(found.price("mrr_end").mean) < 0.03


def test_own_numbers_pull_decisions_where_the_articles_say(divided: Incentives) -> None:
    decisions = divided.cases[EQUILIBRIUM].decisions()
    usual = {lever.path: lever.usual for lever in divided.levers}
    assert decisions["marketing.mql_cutoff"] < usual["marketing.mql_cutoff"] - 0.3
    assert decisions["inside_sales.booking_cutoff"] <= usual["inside_sales.booking_cutoff"]
    assert decisions["field_sales.promise"] > usual["field_sales.promise"]
    by_path = {effect.lever.path: effect for effect in divided.effects}
    own = by_path["marketing.mql_cutoff"].own
    assert own.low is not None
    assert own.low > 0.0  # beyond luck that did not choose it


def test_nobody_could_gain_much_alone_at_the_equilibrium(divided: Incentives) -> None:
    assert divided.equilibria is not None
    search = divided.equilibria.searches[0]
    assert search.status == "equilibrium"
    largest = search.largest_gain()
    assert largest is not None
    assert largest.gain.n == SMALL["fresh"]
    assert largest.gain.low is not None
    assert largest.gain.low < 0.05


def test_workers_do_not_matter(small: Scenario, changed: Change) -> None:
    quick = changed(small, {"horizon.months": 1.0})
    options = {**SMALL, "replications": 2, "fresh": 2, "steps": 4}
    one = incentives(quick, weights=ALONE, workers=1, **options)
    two = incentives(quick, weights=ALONE, workers=2, **options)
    assert one.cases.keys() == two.cases.keys()
    for name in one.cases:
        assert one.cases[name].profile == two.cases[name].profile
        for metric, values in one.cases[name].totals.items():
            np.testing.assert_array_equal(values, two.cases[name].totals[metric])
    assert one.equilibria == two.equilibria


def test_the_reference_engine_gives_the_same_totals(small: Scenario, changed: Change) -> None:
    quick = changed(small, {"horizon.months": 1.0})
    compiled = execute({"a": quick}, [("a", 0)], 1, run_streamed).runs["a", 0]
    with using("simpy"):
        reference = run_streamed(quick, "a", 1, 0)
    assert compiled.keys() == reference.keys()
    for metric, value in reference.items():
        assert compiled[metric] == pytest.approx(value, rel=1e-9, nan_ok=True), metric


def test_without_a_norm_decisions_run_into_the_corners(small: Scenario) -> None:
    bare = incentives(small, weights=ALONE, norm=0.0, **SMALL)
    decisions = bare.cases[EQUILIBRIUM].decisions()
    assert decisions["marketing.mql_cutoff"] == -1.5
    assert decisions["field_sales.promise"] > 0.8


def test_ctrl_c_keeps_what_was_found(small: Scenario, changed: Change) -> None:
    def stop(said: str) -> None:
        raise KeyboardInterrupt

    quick = changed(small, {"horizon.months": 1.0})
    found = incentives(quick, weights=ALONE, tell=stop, **{**SMALL, "replications": 2, "fresh": 2})
    assert found.interrupted
    assert found.stopped_at == "searching what departments would do"
    assert found.equilibria is not None
    assert found.equilibria.searches[0].largest_gain() is not None
    assert OPTIMUM not in found.cases


def test_doses_and_remedies_are_all_tried(small: Scenario, changed: Change) -> None:
    quick = changed(small, {"horizon.months": 1.0})
    options = {**SMALL, "replications": 2, "fresh": 2, "steps": 2, "doses": True}
    found = incentives(quick, weights=ALONE, remedies=True, **options)
    assert [(who, dose) for who, dose, _ in found.doses] == [
        *(("all together", dose) for dose in (0.0, 0.5, 0.75, 1.0)),
        *((team, 1.0) for team in TEAMS),
    ]
    assert len(found.remedies) == 7
    assert found.cases["all together 0"].profile == found.cases[EQUILIBRIUM].profile
    agreed = found.cases["agreed definition"].decisions()
    assert agreed["inside_sales.booking_cutoff"] >= 0.2
    # Two people for RevOps cost something, a shared KPI does not hire anybody.
    assert found.difference("cost", "RevOps", EQUILIBRIUM).mean > 0.9e6
    assert found.difference("cost_pay", "shared KPI", EQUILIBRIUM).mean == 0.0


def test_an_agreed_service_level_binds_the_department_that_holds_it(small: Scenario) -> None:
    slow = incentives(small, weights=TOGETHER, **SMALL)
    level = Agreement("claims_late_share", "<=", 0.05)
    held = incentives(small, weights=TOGETHER, agree=(level,), **SMALL)
    late = "claims_late_share"
    assert (
        held.cases[EQUILIBRIUM].estimate(late).mean <= slow.cases[EQUILIBRIUM].estimate(late).mean
    )


# ------------------------------------------------------------------ what departments are after


def test_a_kpi_is_counted_in_proportion_to_its_usual_size() -> None:
    totals = {"a": np.array([2.0, 4.0]), "b": np.array([0.1, 0.3]), "c": np.array([0.25, np.nan])}
    scales = {"a": 4.0, "b": 0.2, "c": 0.5}
    assert level_of((Part("a"),), totals, scales).tolist() == [0.5, 1.0]
    assert level_of((Part("b", "less"),), totals, scales).tolist() == pytest.approx([-0.5, -1.5])
    late = level_of((Part("c", "fewer late"),), totals, scales)
    assert late.tolist() == [1.5, 0.0]  # what is missing counts as nothing achieved
    both = level_of((Part("a", share=0.5), Part("b", "less", 0.5)), totals, scales)
    assert both.tolist() == pytest.approx([0.0, -0.25])


def test_pay_is_weighed_and_straying_costs_its_square() -> None:
    chosen = (Lever("marketing.mql_cutoff", -1.0, 1.0, 0.0, 2.0),)
    objectives = Objectives(
        {"marketing": (Part("mql_count"),)}, (Part("mrr_end"),), 0.4,
        (Agreement("cpa", "<=", 10.0),),
    )  # fmt: skip
    totals = {
        "mql_count": np.array([150.0]), "mrr_end": np.array([80.0]), "cpa": np.array([15.0])
    }  # fmt: skip
    scales = {"mql_count": 100.0, "mrr_end": 100.0, "cpa": 10.0}
    pay = objectives.payoffs(totals, scales, {"marketing": 0.25}, chosen, (-1.0,))
    # 0.75 x 1.5 + 0.25 x 0.8 - 0.4 x (1 / 2) ** 2, and ten times the half that cpa is beyond 10
    assert pay.tolist() == [[pytest.approx(1.125 + 0.2 - 0.1 - 5.0)]]
    joint = objectives.potential(totals, scales, chosen, (-1.0,))
    assert joint.tolist() == [[pytest.approx(0.8 - 0.1 - 5.0)]]
    assert strains(chosen, (0.5,))["marketing"] == pytest.approx(0.0625)


def test_decisions_go_where_they_belong_and_nowhere_else() -> None:
    scenario = load_scenario("base").scenario
    mix = Range("marketing.channel_mix.webinar", 0.0, 2.0)
    chosen = levers(scenario, (mix,))
    assert usual_of(chosen)[1] == 1.0
    profile = tuple(lever.low for lever in chosen)
    made = decided(scenario, chosen, profile, dict.fromkeys(TEAMS, 0.5))
    assert made.decisions.marketing.mql_cutoff == -1.5
    assert made.decisions.marketing.channel_mix == {"webinar": 0.0}
    assert made.decisions.field_sales.promise == 0.0
    assert made.kpi.inside_sales == 0.5
    assert stated_in(made, chosen) == profile
    back = decided(made, chosen, usual_of(chosen), scenario.kpi.model_dump())
    neutral = Decisions()
    assert back.decisions.field_sales == neutral.field_sales
    assert back.model_copy(update={"decisions": scenario.decisions}) == scenario
    # What a copy without checks has made would pass them, too.
    assert Scenario.model_validate(made.model_dump()) == made


def test_agreements_narrow_ranges_and_may_fix_a_decision() -> None:
    agreed = (
        Agreement("inside_sales.booking_cutoff", ">=", 0.2),
        Agreement("field_sales.promise", "<=", 0.0),
    )
    chosen = {lever.path: lever for lever in levers(Scenario(), (), agreed)}
    booking = chosen["inside_sales.booking_cutoff"]
    assert (booking.low, booking.high) == (0.2, 0.4)
    assert chosen["field_sales.promise"].is_fixed
    names = [
        each.name for player in players_of(tuple(chosen.values())) for each in player.decisions
    ]
    assert "promise" not in names
    made = decided(Scenario(), tuple(chosen.values()), usual_of(tuple(chosen.values())), ALONE)
    assert made.decisions.field_sales.promise == 0.0
    assert made.decisions.inside_sales.booking_cutoff == 0.2


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: weights_of(Scenario(), {"sales": 0.5}), "no department"),
        (lambda: weights_of(Scenario(), {"marketing": 1.5}), "must be 0"),
        (lambda: levers(Scenario(), (Range("field_sales.promis", 0.0, 1.0),)), "promise"),
        (lambda: levers(Scenario(), (Range("field_sales.promise", 0.5, 0.5),)), "below"),
        (lambda: levers(Scenario(), (Range("field_sales.promise", 0.0, 1.5),)), "does not allow"),
        (
            lambda: levers(Scenario(), (Range("marketing.channel_mix.webinar", -1.0, 1.0),)),
            "negative",
        ),
        (
            lambda: levers(Scenario(), (), (Agreement("field_sales.promise", ">=", 1.5),)),
            "leaves nothing",
        ),
        (lambda: levers(Scenario(), (), (Agreement("field_sales.price", "<=", 1.0),)), "neither"),
        (
            lambda: levers(
                Scenario(), (), (Agreement("marketing.channel_mix.webinar", "<=", 1.0),)
            ),
            "has no range",
        ),
        (lambda: levers(Scenario(), (), (Agreement("lead_time", "<=", 40.0),)), "every duration"),
        (lambda: kpi_of("mrr", "--shared") and kpi_of("mmr_end", "--shared"), "is no metric"),
        (lambda: kpi_of("lead_time", "--shared"), "every duration"),
        (lambda: kpi_of("recycled_win_share", "--shared"), "no better direction"),
        (lambda: objectives_of(Scenario(), None, {"sales": "wins"}, 0.3, ()), "no department"),
        (lambda: objectives_of(Scenario(), None, {}, -1.0, ()), "0 or more"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_with_its_reason(
    call: Callable[[], object], said: str
) -> None:
    with pytest.raises(ScenarioError, match=said):
        call()


def test_a_kpi_that_the_horizon_is_too_short_to_see_is_refused(
    small: Scenario, changed: Change
) -> None:
    with pytest.raises(ScenarioError, match=r"nrr.*missing within the horizon of 2 months"):
        incentives(changed(small, {"horizon.months": 2.0}), shared="nrr", **SMALL)
    objectives = objectives_of(small, None, {}, 0.3, ())
    nothing = {metric: np.zeros(2) for metric in objectives.metrics()}
    nothing["claims_late_share"] = np.ones(2)
    with pytest.raises(ScenarioError, match="is 0 within"):
        scales_of(objectives, nothing, 6.0)


def test_one_off_sales_are_measured_on_what_they_have(small: Scenario, changed: Change) -> None:
    sold = changed(small, {"sale": "one_off", "horizon.months": 2.0})
    found = incentives(sold, weights=ALONE, **{**SMALL, "replications": 2, "steps": 2})
    assert found.shared_metric == "revenue"
    assert found.objectives.own["customer_success"] == (
        Part("onboarding_late_share", "fewer late"),
    )


def test_the_planner_has_no_frictions_and_the_rest_as_it_is(small: Scenario) -> None:
    free = frictionless(small)
    forces = free.counter_forces
    assert not forces.free_riding.active
    assert not forces.late_outcomes.active
    assert not forces.coordination.active
    assert forces.strict_gates == small.counter_forces.strict_gates
    assert free.model_copy(update={"counter_forces": small.counter_forces}) == small


def test_numbers_of_runs_out_of_range_are_refused(small: Scenario) -> None:
    for options in ({"replications": 1}, {"fresh": 1}, {"starts": 0}, {"steps": 0}):
        with pytest.raises(ValueError, match=r"must be 2|at least one"):
            incentives(small, **{**SMALL, **options})


# ------------------------------------------------------------------ what is written


def test_written_decisions_can_be_loaded_and_say_where_they_are_from(
    tmp_path: Any, divided: Incentives, small: Scenario
) -> None:
    loaded = dataclasses.replace(prepared(load_scenario("base")), scenario=small)
    file = tmp_path / "found.yaml"
    write_decisions(file, divided, loaded, ["themodel", "incentives", "base", "--seed", "1"])
    found = load_scenario(file)
    kept = found.scenario.decisions
    decisions = divided.cases[EQUILIBRIUM].decisions()
    assert kept.marketing.mql_cutoff == pytest.approx(decisions["marketing.mql_cutoff"], abs=1e-4)
    assert kept.field_sales.promise == pytest.approx(decisions["field_sales.promise"], abs=1e-4)
    assert found.scenario.kpi.marketing == 0.0
    text = file.read_text(encoding="utf-8")
    assert "themodel incentives base --seed 1" in text
    assert "trust: calc" in text
    assert text.startswith("extends: base.yaml")


def test_a_name_from_outside_cannot_break_what_is_written() -> None:
    text = scenario_text(
        'a: "b\n#.yaml', ALONE, {"marketing.channel_mix.x: y": 0.5}, "themodel: {incentives} # x"
    )
    import yaml

    read = yaml.safe_load(text)
    assert read["extends"] == 'a: "b\n#.yaml'
    assert read["sources"]["decisions"]["source"].endswith("{incentives} # x")


def test_decisions_alone_are_those_of_the_whole_analysis(small: Scenario, changed: Change) -> None:
    quick = changed(small, {"horizon.months": 2.0, **{f"kpi.{team}": 0.0 for team in TEAMS}})
    search, decisions = decisions_of(quick, replications=3, steps=4)
    whole = incentives(quick, **{**SMALL, "replications": 3, "steps": 4})
    assert search.status == "equilibrium"
    assert decisions == whole.cases[EQUILIBRIUM].decisions()
    assert STATED in whole.cases
