"""Nothing crashes, and everything still adds up, however strange the company."""

from __future__ import annotations

import math

import numpy as np
import pytest
from conftest import Change, Changes

from simulator.metrics import identities, measure
from simulator.organization.journal import (
    DEPARTMENTS,
    LOADED_SLOT,
    SLOTS,
    Journal,
    Kind,
    LeaveCause,
    Obstacle,
    Origin,
    Reason,
    Status,
    Team,
    Work,
)
from simulator.organization.simulation import run
from simulator.scenario.schema import Scenario

NAMES = [team.name.lower() for team in DEPARTMENTS]
NO_LEADS: Changes = {"market.channels": {}}
EMPTY: Changes = {"start.loaded": False}
NO_PEOPLE: Changes = {f"teams.{name}.people": 0 for name in NAMES}
NO_OBSTACLES: Changes = {
    "market.obstacles.no_budget": 0.0,
    "market.obstacles.wrong_timing": 0.0,
    "market.obstacles.with_competitor": 0.0,
    "market.window_mean_days": 1e9,
}


def balanced(scenario: Scenario, seed: int = 21) -> Journal:
    journal = run(scenario, seed)
    assert identities(journal) == []
    measure(journal)
    return journal


def count(journal: Journal, kind: Kind, code: int | None = None) -> int:
    rows = journal.kind == kind
    return int((rows if code is None else rows & (journal.code == code)).sum())


def waiting(journal: Journal, team: Team) -> int:
    rows = journal.where(Kind.UNFINISHED)
    return int(((journal.team[rows] == team) & np.isnan(journal.b[rows])).sum())


STRANGE: dict[str, Changes] = {
    "no channels": NO_LEADS,
    "no channels, nothing at the start": {**NO_LEADS, **EMPTY},
    "no people": NO_PEOPLE,
    "nobody and nothing": {**NO_LEADS, **EMPTY, **NO_PEOPLE},
    "every work takes no time": {
        f"work.{path}": {"law": "constant", "unit": "hours", "value": 0.0}
        for path in (
            "marketing.screening", "marketing.nurturing", "inside_sales.attempt",
            "inside_sales.talk", "field_sales.meeting", "customer_success.onboarding",
            "customer_success.claim", "customer_success.review",
        )
    },
    "no waiting between two tries": {
        f"work.{path}": {"law": "constant", "unit": "days", "value": 0.0}
        for path in ("marketing.nurture_wait", "inside_sales.retry", "field_sales.thinking")
    },
    "no patience": {"market.patience_mean_days": 1e-9},
    "buying windows of an instant": {"market.window_mean_days": 0.5},
    "one-off sales": {"sale": "one_off"},
    "win-back at once": {
        "recycling.mode": "systematic", "recycling.max_passes": 100,
        "recycling.win_back_wait": {"law": "constant", "unit": "days", "value": 0.0},
        "churn.monthly_at_one_year": 2.0,
    },
    "yearly contracts": {"churn.contract_months": 12, "churn.monthly_at_one_year": 0.5},
    "everybody leaves at the first end of month": {"churn.monthly_at_one_year": 10.0},
    "rotation every day": {"rotation.every_days": 1.0},
    "rotation many times a day": {"rotation.every_days": 0.05, "horizon.months": 0.5},
    "rotation of people who are alone": {
        "rotation.every_days": 5.0, **{f"teams.{name}.people": 1 for name in NAMES},
    },
    "everybody trained for the next stage": {
        f"teams.{name}.cross_trained": 1.0 for name in NAMES
    },
    "cross-trained neighbors of an empty stage": {
        **{f"teams.{name}.cross_trained": 1.0 for name in NAMES},
        "teams.field_sales.people": 0, "teams.customer_success.people": 0,
    },
    "cross-training, rotation and leaving together": {
        **{f"teams.{name}.cross_trained": 1.0 for name in NAMES},
        **{f"teams.{name}.attrition_per_year": 0.95 for name in NAMES},
        **{f"teams.{name}.time_to_fill_days": 1.0 for name in NAMES},
        "rotation.every_days": 3.0,
    },
    "everybody goes on leave, for longer than the run": {
        f"teams.{name}.{key}": value
        for name in NAMES
        for key, value in (("leave_per_year", 0.999999), ("leave_days", 1e9))
    },
    "cross-training, rotation, leave and leaving together": {
        **{f"teams.{name}.cross_trained": 1.0 for name in NAMES},
        **{f"teams.{name}.attrition_per_year": 0.95 for name in NAMES},
        **{f"teams.{name}.time_to_fill_days": 1.0 for name in NAMES},
        **{f"teams.{name}.leave_per_year": 0.99 for name in NAMES},
        **{f"teams.{name}.leave_days": 2.0 for name in NAMES},
        "teams.revops.people": 3, "teams.revops.leave_per_year": 0.99,
        "rotation.every_days": 3.0,
    },
    "spoken handoffs": {"handoffs.medium": "spoken"},
    "one system": {"handoffs.medium": "one_system"},
    "handoffs that keep nothing": {"handoffs.medium": "spoken", "handoffs.keeps_spoken": 0.0},
    "AI that is always wrong and never checked": {
        f"ai.{name}.{key}": value
        for name in NAMES
        for key, value in (("active", True), ("accuracy", 0.0), ("checked", 0.0))
    },
    "AI that does everything": {
        f"ai.{name}.{key}": value
        for name in NAMES
        for key, value in (
            ("active", True), ("accuracy", 1.0), ("time_saved", 1.0), ("insight", 1.0)
        )
    },
    "staff and nobody to serve": {**NO_PEOPLE, "teams.revops.people": 3},
    "staff for all": {
        "teams.revops.people": 5, "teams.enablement.people": 5,
        "teams.revops.attrition_per_year": 0.9, "teams.revops.time_to_fill_days": 0.0,
    },
    "more leave than there are": {
        "hiring": (
            {"team": "field_sales", "day": 5.0, "people": 3},
            {"team": "field_sales", "day": 10.0, "people": -100},
            {"team": "field_sales", "day": 20.0, "people": 2},
            {"team": "marketing", "day": 0.0, "people": -1},
            {"team": "revops", "day": 3.0, "people": 2},
            {"team": "revops", "day": 4.0, "people": -5},
        )
    },
    "hired and let go at one instant": {
        "hiring": (
            {"team": "inside_sales", "day": 5.0, "people": 3},
            {"team": "inside_sales", "day": 5.0, "people": -3},
        )
    },
    "nobody is ever called back": {"recycling.max_passes": 0},
    "no recycling": {"recycling.mode": "none"},
    "called back for ever": {
        "recycling.mode": "systematic", "recycling.max_passes": 100,
        "recycling.untimed": {"law": "constant", "unit": "days", "value": 0.0},
        "work.field_sales.win_intercept": -50.0, "horizon.months": 1.0,
    },
    "a hundredth of a month": {"horizon.months": 0.01},
    "a third of a month": {"horizon.months": 0.3},
    "a month and a half, warm-up of half a month": {
        "horizon.months": 1.5, "horizon.warm_up_months": 0.5,
    },
    "all alike": {"market.fit_sd": 0.0, "market.deal.median": 50000.0, "market.deal.p90": 50000.0},
    "tiny deals": {"market.deal.median": 0.1, "market.deal.p90": 0.2},
    "everything forgotten": {"market.contact_decay_per_month": 1.0},
    "market in one month of the year": {"market.arrivals.month": (1.0, *(0.0,) * 11)},
    "fiscal years that end in one month": {
        "market.obstacles.fiscal_year_end": (*(0.0,) * 11, 1.0), "market.obstacles.no_budget": 0.6,
    },
    "very over-dispersed days": {"market.arrivals.dispersion": 50.0},
    "very strong mechanisms": {},
    "strong people only": {"recovery.strong_share": 1.0, "handoffs.medium": "spoken"},
    "advertising prices explode": {"market.ad_cost_growth_per_year": 10.0},
    "nobody wants the newest first": {"work.inside_sales.queue_rule": "newest_first"},
    "whole days of reviews": {"decisions.customer_success.proactive_share": 1.0},
    "whole days of recycled buyers": {
        "decisions.inside_sales.recycle_share": 1.0, "recycling.mode": "systematic",
    },
}  # fmt: skip


@pytest.mark.parametrize("name", STRANGE)
def test_a_strange_company_runs_and_balances(small: Scenario, changed: Change, name: str) -> None:
    changes = {"horizon.months": 3.0, **STRANGE[name]}
    if name == "very strong mechanisms":
        changes |= {
            f"mechanisms.{one}.strength": 3.0 for one in type(small.mechanisms).model_fields
        }
    journal = balanced(changed(small, changes))
    assert not np.isnan(journal.time).any()


def test_no_leads_and_an_empty_start_leave_only_people(small: Scenario, changed: Change) -> None:
    journal = balanced(changed(small, {**NO_LEADS, **EMPTY}))
    assert set(np.unique(journal.kind).tolist()) <= {
        Kind.HIRED, Kind.RAMPED, Kind.LEFT, Kind.SPENT, Kind.THRESHOLD,
    }  # fmt: skip
    assert not (journal.buyer >= 0).any()


def test_leads_of_rate_zero_are_no_leads(small: Scenario, changed: Change) -> None:
    none = {f"market.channels.{name}.leads_per_day": 0.0 for name in small.market.channels}
    assert count(balanced(changed(small, {**none, **EMPTY})), Kind.ARRIVED) == 0


def test_one_lead_goes_its_way_alone(small: Scenario, changed: Change) -> None:
    only = changed(
        small,
        {
            **EMPTY,
            "market.channels": {
                "letter": {**small.market.channels["website"].model_dump(), "leads_per_day": 0.01}
            },
        },
    )
    lone = [run(only, seed) for seed in range(30)]
    journals = [journal for journal in lone if count(journal, Kind.ARRIVED) == 1]
    assert journals
    for journal in journals:
        assert identities(journal) == []
        assert set(journal.buyer[journal.buyer >= 0].tolist()) == {0}
        assert count(journal, Kind.STATUS) == 1
        visits = journal.where(Kind.VISIT)
        # Nobody is before it in any queue, and somebody is always free.
        np.testing.assert_array_equal(journal.a[visits], journal.b[visits])


@pytest.mark.parametrize("team", DEPARTMENTS, ids=NAMES)
def test_without_people_in_a_stage_its_queue_grows_and_the_rest_goes_on(
    small: Scenario, changed: Change, team: Team
) -> None:
    empty = {f"teams.{team.name.lower()}.people": 0, "market.patience_mean_days": 1e6}
    short = balanced(changed(small, {**empty, "horizon.months": 1.0}))
    long = balanced(changed(small, {**empty, "horizon.months": 3.0}))
    assert waiting(long, team) > waiting(short, team) > 10
    visits = long.where(Kind.VISIT)
    assert not (long.team[visits] == team).any()
    others = set(DEPARTMENTS) - {team}
    assert {Team(t) for t in np.unique(long.team[visits]).tolist()} >= others - {Team.MARKETING}
    stage = measure(long).stages[team.name.lower()]
    assert math.isnan(stage["utilization"]) or stage["utilization"] == 0.0
    assert stage["throughput"] == 0.0
    assert stage["queue"] > 0.0


def test_a_hundred_times_the_leads_drown_marketing_and_nothing_else(
    small: Scenario, changed: Change
) -> None:
    flood = {
        f"market.channels.{name}.leads_per_day": 100.0 * channel.leads_per_day
        for name, channel in small.market.channels.items()
    }
    journal = balanced(changed(small, {**flood, "horizon.months": 0.5}))
    usual = balanced(changed(small, {"horizon.months": 0.5}))
    came, come_usually = (
        int((one.buyer[one.where(Kind.ARRIVED)] % SLOTS < LOADED_SLOT).sum())
        for one in (journal, usual)
    )
    assert came > 50 * come_usually > 50
    assert waiting(journal, Team.MARKETING) > 1000
    assert measure(journal).totals["marketing.utilization"] > 0.98


def test_when_everybody_leaves_and_nobody_is_replaced_work_stops(
    small: Scenario, changed: Change
) -> None:
    leaving: Changes = {
        **{f"teams.{name}.attrition_per_year": 0.999999 for name in NAMES},
        **{f"teams.{name}.replace_leavers": False for name in NAMES},
        "horizon.months": 12.0,
    }
    journal = balanced(changed(small, leaving))
    quits = count(journal, Kind.LEFT, LeaveCause.QUIT)
    assert quits == count(journal, Kind.HIRED) == 7
    last = journal.time[journal.where(Kind.LEFT)].max()
    assert (journal.time[journal.where(Kind.VISIT)] <= last).all()
    assert all(waiting(journal, team) > 0 for team in DEPARTMENTS if team != Team.FIELD_SALES)


def test_when_everybody_leaves_and_is_replaced_work_goes_on(
    small: Scenario, changed: Change
) -> None:
    restless: Changes = {
        **{f"teams.{name}.attrition_per_year": 0.99 for name in NAMES},
        **{f"teams.{name}.time_to_fill_days": 0.0 for name in NAMES},
    }
    journal = balanced(changed(small, restless))
    hired = journal.where(Kind.HIRED)
    assert len(hired) == 7 + count(journal, Kind.LEFT, LeaveCause.QUIT) > 14
    assert journal.time[journal.where(Kind.VISIT)].max() > 119.0


def test_a_run_of_no_length_opens_and_closes_the_books(small: Scenario, changed: Change) -> None:
    journal = balanced(changed(small, {"horizon.months": 0.0}))
    assert set(journal.time.tolist()) == {0.0}
    start = small.start
    assert count(journal, Kind.CUSTOMER) == start.customers
    assert count(journal, Kind.STATUS) == start.customers + start.opportunities + start.parked
    assert count(journal, Kind.VISIT) == 0
    assert journal.facts.horizon_days == 0.0


def test_when_every_buyer_has_an_obstacle_that_never_clears_nobody_buys_for_long(
    small: Scenario, changed: Change
) -> None:
    hindered: Changes = {
        "market.obstacles.no_budget": 0.0,
        "market.obstacles.wrong_timing": 1.0,
        "market.obstacles.with_competitor": 0.0,
        "market.obstacles.timing_mean_days": 1e9,
        "work.field_sales.win_obstacle": 50.0,
        **EMPTY,
    }
    journal = balanced(changed(small, hindered))
    obstacles = journal.where(Kind.OBSTACLE)
    assert set(journal.code[obstacles].tolist()) == {Obstacle.WRONG_TIMING}
    assert count(journal, Kind.WON) == 0
    assert count(journal, Kind.LOST, Reason.WRONG_TIMING) > 50


def test_when_nobody_signs_everything_is_lost(small: Scenario, changed: Change) -> None:
    journal = balanced(changed(small, {"work.field_sales.win_intercept": -50.0}))
    assert count(journal, Kind.WON) == 0
    # Believing that nothing can be won, inside sales books nobody: only what was open is lost.
    assert count(journal, Kind.LOST) > 100


def test_when_everybody_signs_every_decision_is_a_contract(
    small: Scenario, changed: Change
) -> None:
    sure: Changes = {
        "work.field_sales.win_intercept": 50.0, "work.field_sales.win_fit": 0.0,
        "work.field_sales.win_obstacle": 0.0, "work.field_sales.win_effort": 0.0,
        **NO_OBSTACLES, "churn.monthly_at_one_year": 0.0,
    }  # fmt: skip
    journal = balanced(changed(small, sure))
    lost = journal.where(Kind.LOST)
    reasons = set(journal.code[lost][journal.team[lost] == Team.FIELD_SALES].tolist())
    assert reasons <= {Reason.WENT_COLD}
    assert count(journal, Kind.WON) > 20


def test_a_one_off_sale_has_no_recurring_revenue_and_no_churn(
    small: Scenario, changed: Change
) -> None:
    journal = balanced(changed(small, {"sale": "one_off"}))
    for kind in (Kind.CUSTOMER, Kind.CHURNED, Kind.EXPANDED, Kind.CONTRACTED, Kind.CLAIMED):
        assert count(journal, kind) == 0
    assert count(journal, Kind.WON) > 5
    assert count(journal, Kind.ONBOARDED) > 0
    delivered = count(journal, Kind.STATUS, Status.DELIVERED)
    assert delivered == count(journal, Kind.ONBOARDED) + small.start.customers
    assert (journal.a[journal.where(Kind.STATUS)] == 0.0).all()


def test_a_price_of_a_one_off_sale_is_the_subscription_it_replaces(
    small: Scenario, changed: Change
) -> None:
    subscribed, once = (
        run(changed(small, {"sale": sale, "horizon.months": 0.2}), 3)
        for sale in ("subscription", "one_off")
    )
    prices = [journal.b[journal.where(Kind.ARRIVED)] for journal in (subscribed, once)]
    assert prices[1] == pytest.approx(prices[0] * small.market.deal.one_off_months, abs=13.0)


def test_customers_who_left_can_be_won_back(small: Scenario, changed: Change) -> None:
    soon: Changes = {
        "recycling.mode": "systematic",
        "recycling.win_back_wait": {"law": "constant", "unit": "days", "value": 1.0},
        "churn.monthly_at_one_year": 0.3,
        "work.inside_sales.recontact_reach": 1.0,
        "work.field_sales.win_intercept": 4.0,
        "teams.inside_sales.people": 6,
        "teams.field_sales.people": 6,
    }
    journal = balanced(changed(small, soon))
    back = journal.where(Kind.WON)
    back = back[journal.code[back] == Origin.WON_BACK]
    assert len(back) > 10
    churned = journal.where(Kind.CHURNED)
    first = dict(
        zip(
            journal.buyer[churned][::-1].tolist(), journal.time[churned][::-1].tolist(), strict=True
        )
    )
    assert all(
        first[buyer] < time
        for buyer, time in zip(
            journal.buyer[back].tolist(), journal.time[back].tolist(), strict=True
        )
    )


def test_inside_a_contract_only_the_early_exit_leaves(small: Scenario, changed: Change) -> None:
    bound: Changes = {
        "churn.contract_months": 12,
        "churn.early_exit": 0.0,
        "churn.monthly_at_one_year": 5.0,
        "horizon.months": 14.0,
    }
    journal = balanced(changed(small, bound))
    churned = journal.where(Kind.CHURNED)
    assert len(churned) > 50
    years = journal.b[churned] / 240.0
    np.testing.assert_allclose(years, np.rint(years), atol=1e-9)


def test_rotation_moves_people_and_what_they_owned_to_others(
    small: Scenario, changed: Change
) -> None:
    journal = balanced(changed(small, {"rotation.every_days": 5.0}))
    moves = count(journal, Kind.LEFT, LeaveCause.ROTATION)
    assert moves > 20
    # Each who leaves a team by rotation joins another at the same moment.
    left = journal.where(Kind.LEFT)
    left = left[journal.code[left] == LeaveCause.ROTATION]
    np.testing.assert_array_equal(journal.kind[left + 1], Kind.HIRED)
    np.testing.assert_array_equal(journal.person[left + 1], journal.person[left])
    assert (journal.team[left + 1] != journal.team[left]).all()


def test_cross_trained_people_do_the_work_of_a_next_stage_without_people(
    small: Scenario, changed: Change
) -> None:
    helped = changed(
        small,
        {
            "teams.field_sales.people": 0,
            "teams.inside_sales.cross_trained": 1.0,
            "teams.inside_sales.people": 6,
        },
    )
    journal = balanced(helped)
    meetings = journal.where(Kind.VISIT)
    meetings = meetings[journal.code[meetings] == Work.MEETING]
    assert len(meetings) > 20
    assert (journal.person[meetings] % 8 == Team.INSIDE_SALES).all()
    alone = run(changed(helped, {"teams.inside_sales.cross_trained": 0.0}), 21)
    assert not (alone.code[alone.where(Kind.VISIT)] == Work.MEETING).any()


def test_a_hiring_plan_is_kept_to_the_day(small: Scenario, changed: Change) -> None:
    still = {f"teams.{name}.attrition_per_year": 0.0 for name in NAMES}
    plan = (
        {"team": "field_sales", "day": 5.0, "people": 3},
        {"team": "field_sales", "day": 30.0, "people": -100},
        {"team": "field_sales", "day": 50.0, "people": 1},
    )
    journal = balanced(changed(small, {**still, "hiring": plan}))
    theirs = journal.team == Team.FIELD_SALES
    hired = journal.time[(journal.kind == Kind.HIRED) & theirs]
    left = journal.time[(journal.kind == Kind.LEFT) & theirs]
    assert hired.tolist() == [0.0, 0.0, 5.0, 5.0, 5.0, 50.0]
    # Whoever is with a buyer finishes first.
    assert len(left) == 5
    assert ((left >= 30.0) & (left < 40.0)).all()


def test_nobody_is_called_back_more_often_than_allowed(small: Scenario, changed: Change) -> None:
    eager: Changes = {
        "recycling.mode": "systematic",
        "recycling.max_passes": 2,
        "recycling.untimed": {"law": "constant", "unit": "days", "value": 1.0},
    }
    journal = balanced(changed(small, eager))
    assert journal.a[journal.where(Kind.RECYCLED)].max() == 2.0
    none = balanced(changed(small, {**eager, "recycling.max_passes": 0, "start.parked": 0}))
    assert count(none, Kind.RECYCLED) == 0


@pytest.mark.parametrize(("seed", "replication"), [(-1, 0), (2**63, 0), (1, -1), (1, 2**31)])
def test_luck_out_of_range_is_refused(small: Scenario, seed: int, replication: int) -> None:
    with pytest.raises(ValueError, match="must be in"):
        run(small, seed, replication)
