"""The compiled engine is the reference, row for row."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import changed_scenario
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simulator.compiled import engine
from simulator.compiled.parity import first_difference
from simulator.organization.journal import COLUMNS, Journal, Kind
from simulator.organization.simulation import run
from simulator.scenario import load_scenario
from simulator.scenario.schema import Scenario
from simulator.scenario.staff import SPLIT_TEAMS

SHIPPED = sorted(path.stem for path in (Path(__file__).parents[1] / "scenarios").glob("*.yaml"))


def assert_same(scenario: Scenario, seed: int, replication: int) -> Journal:
    """Hold the engines against each other; a difference is told as a story."""
    expected = run(scenario, seed, replication)
    found = engine.run(scenario, seed, replication)
    story = first_difference(expected, found)
    assert story is None, story
    assert found.to_bytes() == expected.to_bytes()
    assert found.facts == expected.facts
    for column in COLUMNS:
        assert getattr(found, column).dtype == getattr(expected, column).dtype
    return found


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_scenario_gives_the_same_rows(name: str) -> None:
    scenario = load_scenario(name).scenario
    shorter = {"horizon.months": 5.0, "horizon.warm_up_months": 0.0}
    for seed, replication in ((1, 0), (2026, 3)):
        assert len(assert_same(changed_scenario(scenario, shorter), seed, replication)) > 1000


@pytest.mark.parametrize("name", ["base", "divisional", "shared", "one_off_sales"])
def test_a_whole_run_gives_the_same_rows(name: str) -> None:
    assert_same(load_scenario(name).scenario, 7, 1)


def test_a_run_of_no_length_and_one_of_a_part_of_a_day_give_the_same_rows() -> None:
    for months in (0.0, 0.001, 0.0125, 0.05, 1.0 / 3.0, 1.025):
        assert_same(changed_scenario(Scenario(), {"horizon.months": months}), 1, 0)


def test_a_company_without_people_or_buyers_gives_the_same_rows(small: Scenario) -> None:
    nobody = {f"teams.{team}.people": 0 for team in Scenario().teams.model_dump()}
    assert_same(changed_scenario(small, nobody), 1, 0)
    silent = {f"market.channels.{name}.leads_per_day": 0.0 for name in small.market.channels}
    assert_same(changed_scenario(small, {**silent, "start.loaded": False}), 1, 0)
    assert_same(changed_scenario(small, {"market.channels": {}}), 1, 0)


def test_arrays_grow_while_the_clock_stands_still(small: Scenario) -> None:
    # Hundreds are hired in one moment, and every customer complains dozens of times a month.
    step = {"team": "field_sales", "day": 3.0, "people": 900}
    leave = {"team": "field_sales", "day": 9.0, "people": -700}
    changes = {
        "hiring": (step, leave),
        "work.customer_success.claims_per_month": 60.0,
        "horizon.months": 2.0,
    }
    assert_same(changed_scenario(small, changes), 1, 0)


shares = st.floats(0.0, 1.0)
maybe = st.booleans()
STRENGTHS = st.sampled_from([0.0, 0.4, 1.0, 1.0, 2.0])


def _law(draw: Any, unit: str, low: float, high: float) -> dict[str, Any]:
    scale = draw(st.floats(low, high))
    kind = draw(st.sampled_from(["constant", "exponential", "lognormal", "weibull", "uniform"]))
    numbers: dict[str, dict[str, float]] = {
        "constant": {"value": scale},
        "exponential": {"mean": scale},
        "lognormal": {"median": scale, "p90": scale * draw(st.floats(1.1, 4.0))},
        "weibull": {"mean": scale, "shape": draw(st.floats(0.4, 3.0))},
        "uniform": {"low": scale / 2.0, "high": scale * 2.0},
    }
    return {"law": kind, "unit": unit, **numbers[kind]}


def _split(draw: Any, people: int, channels: list[str]) -> dict[str, Any]:
    separate = st.lists(st.sampled_from(channels), min_size=1, max_size=len(channels) - 1)
    return {"people": draw(st.integers(0, people)), "channels": tuple(sorted(set(draw(separate))))}


@st.composite
def organizations(draw: Any) -> Scenario:
    """Any organization: every mechanism, lever, law, team change and horizon."""
    values = Scenario().model_dump()
    for mechanism in values["mechanisms"].values():
        mechanism["active"] = draw(maybe)
        mechanism["strength"] = draw(STRENGTHS)
    for force in values["counter_forces"].values():
        force["active"] = draw(maybe)
    values["counter_forces"]["late_outcomes"]["error"] = draw(st.floats(0.0, 0.5))
    values["kpi"] = {name: draw(shares) for name in values["kpi"]}
    for desk in values["decisions"].values():
        for name, value in desk.items():
            if isinstance(value, float):
                desk[name] = draw(st.floats(-1.5, 1.5) if name == "mql_cutoff" else shares)
    if draw(maybe):
        values["decisions"]["marketing"]["channel_mix"] = {"webinar": draw(st.floats(0.0, 3.0))}
    for desk in values["ai"].values():
        desk.update(active=draw(maybe), insight=draw(shares), accuracy=draw(shares),
                    checked=draw(shares))  # fmt: skip
    for name, team in values["teams"].items():
        most = 3 if name in ("revops", "enablement") else 6
        team.update(
            people=draw(st.integers(0, most)),
            attrition_per_year=draw(st.sampled_from([0.0, 0.3, 0.95])),
            time_to_fill_days=draw(st.floats(0.0, 30.0)),
            leave_per_year=draw(st.sampled_from([0.0, 0.3, 0.99])),
            leave_days=draw(st.sampled_from([0.5, 5.0, 40.0])),
            replace_leavers=draw(maybe),
            cross_trained=draw(st.sampled_from([0.0, 0.5, 1.0])),
            cross_trained_for=draw(st.sampled_from(["next", "previous"])),
            skill_spread=draw(st.floats(0.0, 0.5)),
            ramp_days=draw(st.sampled_from([0.0, 7.5, 60.0])),
        )
        if name in SPLIT_TEAMS and draw(maybe):
            team["split"] = _split(draw, team["people"], sorted(values["market"]["channels"]))
    months = draw(st.sampled_from([0.3, 1.0, 2.5, 4.0]))
    values["horizon"] = {"months": months, "warm_up_months": 0.0}
    teams = st.sampled_from(sorted(values["teams"]))
    values["hiring"] = tuple(
        {
            "team": draw(teams),
            "day": draw(st.sampled_from([0.0, 1.0, 10.0, 20.0, 33.3])),
            "people": draw(st.integers(-4, 4)),
        }
        for _ in range(draw(st.integers(0, 4)))
    )
    values["rotation"]["every_days"] = draw(st.sampled_from([0.0, 3.0, 20.0]))
    values["recovery"]["strong_share"] = draw(st.sampled_from([0.0, 0.5]))
    values["sale"] = draw(st.sampled_from(["subscription", "one_off"]))
    values["handoffs"]["medium"] = draw(st.sampled_from(["spoken", "written", "one_system"]))
    values["recycling"]["mode"] = draw(st.sampled_from(["systematic", "discretionary", "none"]))
    values["recycling"]["max_passes"] = draw(st.integers(0, 3))
    values["recycling"]["untimed"] = _law(draw, "days", 1.0, 40.0)
    values["recycling"]["win_back_wait"] = _law(draw, "days", 1.0, 20.0)
    calls = values["work"]["inside_sales"]
    calls["queue_rule"] = draw(st.sampled_from(["oldest_first", "newest_first"]))
    calls["max_attempts"] = draw(st.integers(1, 4))
    calls["talk"] = _law(draw, "hours", 0.1, 2.0)
    values["work"]["marketing"]["nurture_rounds"] = draw(st.integers(0, 2))
    values["work"]["marketing"]["nurture_wait"] = _law(draw, "days", 1.0, 20.0)
    values["work"]["field_sales"]["meetings"] = draw(st.integers(1, 4))
    values["work"]["field_sales"]["thinking"] = _law(draw, "days", 0.5, 10.0)
    values["work"]["customer_success"]["claims_per_month"] = draw(st.floats(0.0, 2.0))
    values["work"]["customer_success"]["onboarding"] = _law(draw, "hours", 1.0, 10.0)
    values["churn"].update(
        contract_months=draw(st.integers(1, 3)), monthly_at_one_year=draw(st.floats(0.0, 0.5))
    )
    values["market"]["arrivals"]["dispersion"] = draw(st.sampled_from([1.0, 1.6, 9.0]))
    values["market"]["ad_cost_growth_per_year"] = draw(st.sampled_from([0.0, 0.5]))
    values["market"]["window_mean_days"] = draw(st.sampled_from([5.0, 160.0]))
    values["market"]["patience_mean_days"] = draw(st.sampled_from([2.0, 25.0]))
    values["market"]["start_month"] = draw(st.integers(1, 12))
    values["definitions"].update(shared=draw(shares), feedback=draw(shares), drift=draw(shares))
    values["start"].update(
        loaded=draw(maybe), customers=draw(st.integers(0, 60)),
        opportunities=draw(st.integers(0, 30)), parked=draw(st.integers(0, 60)),
    )  # fmt: skip
    return Scenario.model_validate(values)


@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(organizations(), st.integers(0, 2**63 - 1), st.integers(0, 2**31 - 1))
def test_any_organization_gives_the_same_rows(
    scenario: Scenario, seed: int, replication: int
) -> None:
    assert_same(scenario, seed, replication)


def test_rows_that_are_not_kept_are_those_of_the_journal(small: Scenario) -> None:
    for name, scenario in {
        "small": small,
        "one-off": changed_scenario(small, {"sale": "one_off", "horizon.months": 3.0}),
        "none": changed_scenario(small, {"recycling.mode": "none", "horizon.months": 3.0}),
    }.items():
        kept = engine.run(scenario, 5, 2)
        come = np.concatenate([rows.copy() for rows in engine.rows_as_they_come(scenario, 5, 2)])
        there = kept.kind != Kind.STATUS
        passing = come[come["kind"] != Kind.STATUS]
        assert len(passing) == there.sum(), name
        for column in COLUMNS:
            np.testing.assert_array_equal(passing[column], getattr(kept, column)[there], name)
        # Every buyer is reported once, with the same status, only earlier.
        statuses = come[come["kind"] == Kind.STATUS]
        assert dict(zip(statuses["buyer"], statuses["code"], strict=True)) == dict(
            zip(kept.buyer[~there], kept.code[~there], strict=True)
        )
        assert len(statuses) == (~there).sum()


def test_one_event_may_report_more_than_a_chunk_holds(
    small: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody in customer success finds that hundreds have left while their claims waited."""
    monkeypatch.setattr(engine, "_ROWS", 100)
    changes = {
        "teams.customer_success.people": 0,
        "hiring": ({"team": "customer_success", "day": 50.0, "people": 1},),
        "work.customer_success.claims_per_month": 2.0,
        "churn.monthly_at_one_year": 9.0,
        "churn.contract_months": 2,  # a month to complain in, then they leave
        "start.customers": 600,
        "horizon.months": 3.0,
    }
    crowded = changed_scenario(small, changes)
    kept = engine.run(crowded, 1, 0)
    gave_up = kept.time[(kept.kind == Kind.ABANDONED) & (kept.team == 3)]
    assert np.unique(gave_up, return_counts=True)[1].max() > 300
    come = np.concatenate([rows.copy() for rows in engine.rows_as_they_come(crowded, 1, 0)])
    there = kept.kind != Kind.STATUS
    passing = come[come["kind"] != Kind.STATUS]
    for column in COLUMNS:
        np.testing.assert_array_equal(passing[column], getattr(kept, column)[there])
    assert_same(crowded, 1, 0)


def test_an_event_that_takes_more_room_than_foreseen_spoils_the_run_and_nothing_else(
    small: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    make = engine._world

    def cramped(*args: Any, **how: Any) -> Any:
        world = make(*args, **how)
        return world._replace(events=world.events[:4], heap=world.heap[:4])

    monkeypatch.setattr(engine, "_world", cramped)
    with pytest.raises(RuntimeError, match="--engine simpy"):
        engine.run(small, 1, 0)  # opening the company takes more than 4 events


def test_a_plan_of_many_steps_fits(small: Scenario) -> None:
    step = {"team": "field_sales", "people": 1}
    many = tuple({**step, "day": 1.0 + day / 1000.0} for day in range(6000))
    assert_same(changed_scenario(small, {"hiring": many, "horizon.months": 0.5}), 1, 0)


def test_a_place_is_used_again_and_never_by_two_at_once(small: Scenario) -> None:
    holder: dict[int, int] = {}
    buyers = 0
    for rows in engine.rows_as_they_come(small, 1, 0):
        for kind, buyer, place in zip(
            rows["kind"].tolist(), rows["buyer"].tolist(), rows["place"].tolist(), strict=True
        ):
            if kind == Kind.ARRIVED:
                assert place not in holder
                holder[place] = buyer
                buyers += 1
            elif kind == Kind.STATUS:
                assert holder.pop(place) == buyer
    assert holder == {}
    assert place < buyers  # the last place in use is not one per buyer


def test_a_difference_is_told_as_a_story(small: Scenario) -> None:
    one = engine.run(changed_scenario(small, {"horizon.months": 1.0}), 1, 0)
    other = engine.run(
        changed_scenario(small, {"horizon.months": 1.0, "market.patience_mean_days": 2.0}), 1, 0
    )
    story = first_difference(one, other)
    assert story is not None
    assert "row" in story
    assert "reference" in story
    assert first_difference(one, one) is None
    shorter = Journal(one.facts, *(getattr(one, name)[:-1] for name in COLUMNS))
    assert "ends" in (first_difference(one, shorter) or "")


def test_seeds_out_of_range_are_refused() -> None:
    with pytest.raises(ValueError, match="seed"):
        engine.run(Scenario(), -1, 0)
    with pytest.raises(ValueError, match="replication"):
        engine.run(Scenario(), 1, 2**31)


def test_nan_stands_where_a_row_has_nothing_to_say(small: Scenario) -> None:
    journal = engine.run(changed_scenario(small, {"recycling.mode": "none"}), 1, 0)
    gone = journal.kind == Kind.GONE
    assert gone.any()
    assert all(math.isnan(value) for value in journal.a[gone])
