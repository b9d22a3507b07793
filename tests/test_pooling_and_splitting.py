"""Generalists and specialists: who takes whose work, in both engines."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import Changes, changed_scenario
from numpy.typing import NDArray
from test_parity import assert_same

from simulator import theory
from simulator.compiled import engine
from simulator.errors import ScenarioError
from simulator.organization.journal import (
    LOADED_SLOT,
    SLOTS,
    HireCause,
    Journal,
    Kind,
    LeaveCause,
    Team,
    Work,
)
from simulator.organization.simulation import Organization
from simulator.reductions import experiments
from simulator.scenario import load_scenario
from simulator.scenario.schema import Scenario

TEAMS = ("marketing", "inside_sales", "field_sales", "customer_success")
CHANNELS = tuple(Scenario().market.channels)
GENERALISTS: Changes = {
    "teams.inside_sales.cross_trained": 1.0,
    "teams.field_sales.cross_trained": 1.0,
    "teams.field_sales.cross_trained_for": "previous",
}
UNSTEADY: Changes = {
    **{f"teams.{team}.attrition_per_year": 0.7 for team in TEAMS},
    **{f"teams.{team}.time_to_fill_days": 10.0 for team in TEAMS},
    "rotation.every_days": 7.0,
    "hiring": (
        {"team": "inside_sales", "day": 20.0, "people": 3},
        {"team": "field_sales", "day": 20.0, "people": -2},
        {"team": "customer_success", "day": 30.5, "people": 2},
    ),
}


def split(team: str, people: int, *channels: str) -> Changes:
    return {f"teams.{team}.split": {"people": people, "channels": channels}}


EVERYWHERE: Changes = {
    **split("marketing", 1, "advertising"),
    **split("inside_sales", 2, "referral", "webinar"),
    **split("field_sales", 3, "website"),
    **split("customer_success", 2, "referral", "advertising"),
}
SETTINGS: dict[str, Changes] = {
    "generalists": GENERALISTS,
    "the previous everywhere": {
        **{f"teams.{team}.cross_trained": 0.6 for team in TEAMS},
        **{f"teams.{team}.cross_trained_for": "previous" for team in TEAMS},
    },
    "generalists who come and go": {**GENERALISTS, **UNSTEADY},
    "split everywhere": EVERYWHERE,
    "split everywhere, newest first, effort kept together": {
        **EVERYWHERE,
        "work.inside_sales.queue_rule": "newest_first",
        "mechanisms.spread_effort.active": False,
        "counter_forces.strict_gates.active": False,
    },
    "split everywhere, people come and go": {**EVERYWHERE, **UNSTEADY},
    "split, with helpers from both sides": {
        **EVERYWHERE,
        **UNSTEADY,
        **{f"teams.{team}.cross_trained": 0.5 for team in TEAMS},
        "teams.field_sales.cross_trained_for": "previous",
        "teams.customer_success.cross_trained_for": "previous",
    },
    "a group of nobody, whose buyers neighbors serve": {
        **split("inside_sales", 0, "webinar"),
        **split("field_sales", 8, "webinar"),
        "teams.marketing.cross_trained": 1.0,
    },
}


@pytest.fixture(scope="module")
def base() -> Scenario:
    return changed_scenario(Scenario(), {"horizon.months": 5.0})


@pytest.mark.parametrize("name", SETTINGS)
def test_both_engines_give_the_same_rows(base: Scenario, name: str) -> None:
    journal = assert_same(changed_scenario(base, SETTINGS[name]), 3, 1)
    assert journal.to_bytes() != engine.run(base, 3, 1).to_bytes()


def test_rows_that_are_not_kept_are_those_of_the_journal(base: Scenario) -> None:
    scenario = changed_scenario(base, SETTINGS["split, with helpers from both sides"])
    kept = engine.run(scenario, 5, 2)
    come = np.concatenate([rows.copy() for rows in engine.rows_as_they_come(scenario, 5, 2)])
    passing = come[come["kind"] != Kind.STATUS]
    there = kept.kind != Kind.STATUS
    for column in ("time", "kind", "buyer", "person", "code"):
        np.testing.assert_array_equal(passing[column], getattr(kept, column)[there], column)


def test_what_cannot_matter_changes_nothing(base: Scenario) -> None:
    silent = changed_scenario(base, {"market.channels.webinar.leads_per_day": 0.0})
    before = engine.run(silent, 1, 0).to_bytes()
    without_effect: tuple[Changes, ...] = (
        # The first has no previous, the last no next department; nobody else is trained.
        {"teams.marketing.cross_trained": 1.0, "teams.marketing.cross_trained_for": "previous"},
        {"teams.customer_success.cross_trained": 1.0},
        {"teams.field_sales.cross_trained_for": "previous"},
        # A group of nobody, for buyers who never come.
        *(split(team, 0, "webinar") for team in TEAMS),
    )
    for changes in without_effect:
        assert engine.run(changed_scenario(silent, changes), 1, 0).to_bytes() == before, changes


# --- generalists ----------------------------------------------------------------------------

Intervals = list[tuple[float, float]]


def visits_of(journal: Journal) -> dict[int, list[int]]:
    """Rows of the visits of each person, in order of time."""
    found: dict[int, list[int]] = {}
    for row in journal.where(Kind.VISIT).tolist():
        found.setdefault(int(journal.person[row]), []).append(row)
    return found


@pytest.fixture(scope="module")
def pool(base: Scenario) -> Journal:
    """Inside and field sales as one pool of people who stay, with more calls than inside sales
    alone can make, and every buyer once."""
    changes = {
        **GENERALISTS,
        **{f"teams.{team}.attrition_per_year": 0.0 for team in TEAMS},
        "teams.inside_sales.people": 3,
        "recycling.mode": "none",
        "start.loaded": False,
    }
    return engine.run(changed_scenario(base, changes), 1, 0)


def test_idle_people_of_field_sales_answer_calls_and_hold_their_own_meetings(pool: Journal) -> None:
    visits = pool.where(Kind.VISIT)
    home = pool.person[visits] % 8
    calls = pool.code[visits] == Work.CALLING
    assert (pool.team[visits][calls] == Team.INSIDE_SALES).all()
    shares = [np.mean(home[calls] == team) for team in (Team.INSIDE_SALES, Team.FIELD_SALES)]
    assert min(shares) > 0.1
    assert sum(shares) == 1.0
    meetings = home[pool.code[visits] == Work.MEETING]
    assert (meetings == Team.INSIDE_SALES).any()
    assert np.mean(meetings == Team.FIELD_SALES) > 0.5


def test_no_call_waits_while_anybody_of_the_pool_is_idle(pool: Journal) -> None:
    idle: dict[int, Intervals] = {}
    for person, rows in visits_of(pool).items():
        if person % 8 in (Team.INSIDE_SALES, Team.FIELD_SALES):
            ends = [0.0, *pool.time[rows].tolist()]
            begins = [*pool.b[rows].tolist(), math.inf]
            idle[person] = [(a, b) for a, b in zip(ends, begins, strict=True) if a < b]
    assert len(idle) == 3 + 8
    waited = 0
    for row in pool.where(Kind.VISIT).tolist():
        queued, started = float(pool.a[row]), float(pool.b[row])
        # Only the last gap is open: somebody may be in the middle of a visit at the horizon.
        if pool.team[row] == Team.INSIDE_SALES and queued < started:
            waited += 1
            for person, gaps in idle.items():
                over = [b for a, b in gaps if a < started and queued < b and b < math.inf]
                assert not over, (person, queued, started)
    assert waited > 50


def test_who_helps_out_keeps_its_opportunities_and_does_own_follow_ups_first(pool: Journal) -> None:
    owner: dict[int, int] = {}
    helped_between = follow_ups = 0
    for person, rows in visits_of(pool).items():
        if person % 8 != Team.FIELD_SALES:
            continue
        last_started = -math.inf  # of a call
        for row in rows:
            if pool.team[row] == Team.INSIDE_SALES:
                last_started = float(pool.b[row])
                continue
            buyer = int(pool.buyer[row])
            # Every buyer passes once, so its owner is who held the first meeting.
            assert owner.setdefault(buyer, person) == person
            queued = float(pool.a[row])
            # No call was begun while an own follow-up waited.
            assert last_started <= queued or _new(pool, row)
            helped_between += last_started > -math.inf
            follow_ups += not _new(pool, row)
    assert follow_ups > 50
    assert helped_between > 50


def _new(journal: Journal, row: int) -> bool:
    """Whether a visit was the first meeting that anybody of field sales held with the buyer."""
    theirs = (
        (journal.kind[:row] == Kind.VISIT)
        & (journal.buyer[:row] == journal.buyer[row])
        & (journal.code[:row] == Work.MEETING)
        & (journal.person[:row] % 8 == Team.FIELD_SALES)
    )
    return not theirs.any()


# --- groups ---------------------------------------------------------------------------------


def separate(journal: Journal, rows: NDArray[np.intp], channels: tuple[str, ...]) -> Any:
    """Whether the buyers of these rows come from the channels of a split."""
    slots = [CHANNELS.index(name) for name in channels]
    return np.isin(journal.buyer[rows] % SLOTS, slots)


@pytest.mark.parametrize("team", TEAMS)
@pytest.mark.parametrize("unsteady", [False, True])
def test_nobody_ever_works_on_a_buyer_of_the_other_group(
    base: Scenario, team: str, unsteady: bool
) -> None:
    changes = {
        **{f"teams.{each}.attrition_per_year": 0.0 for each in TEAMS},
        **(UNSTEADY if unsteady else {}),
        **EVERYWHERE,
        "rotation.every_days": 0.0,  # who changes teams changes groups
    }
    stated = changes[f"teams.{team}.split"]
    journal = engine.run(changed_scenario(base, changes), 2, 0)
    visits = journal.where(Kind.VISIT)
    visits = visits[journal.team[visits] == Team[team.upper()]]
    apart = separate(journal, visits, stated["channels"])
    people = journal.person[visits]
    assert set(people[apart]).isdisjoint(people[~apart])
    assert apart.any()
    assert (~apart).any()
    if not unsteady:
        assert len(set(people[apart])) == stated["people"]
        total = getattr(base.teams, team).people
        assert len(set(people[~apart])) == total - stated["people"]
    # Loaded buyers came from no channel: they belong to the rest.
    loaded = journal.buyer[visits] % SLOTS >= LOADED_SLOT
    assert not (loaded & apart).any()
    if team != "marketing":
        assert loaded.any()


def test_opportunities_of_a_leaver_stay_in_its_group(base: Scenario) -> None:
    changes = {**split("field_sales", 3, "website", "referral"), **UNSTEADY}
    changes |= {"rotation.every_days": 0.0, "teams.field_sales.attrition_per_year": 0.9}
    journal = engine.run(changed_scenario(base, changes), 4, 0)
    handed = journal.where(Kind.HANDED_OVER)
    left = set(journal.time[journal.where(Kind.LEFT)].tolist())
    orphans = handed[
        (journal.team[handed] == Team.FIELD_SALES) & np.isin(journal.time[handed], list(left))
    ]
    assert len(orphans) > 10
    meetings = journal.where(Kind.VISIT)
    meetings = meetings[journal.code[meetings] == Work.MEETING]
    again = np.isin(journal.buyer[meetings], journal.buyer[orphans])
    assert again.sum() > 10
    apart = separate(journal, meetings, ("website", "referral"))
    assert set(journal.person[meetings[apart]]).isdisjoint(journal.person[meetings[~apart]])


def _groups(organization: Organization, team: Team) -> list[int]:
    people = organization.departments[team].people
    there = sum(person.group for person in people)
    return [len(people) - there, there]


@pytest.mark.parametrize(("people", "apart"), [(6, 2), (7, 0), (5, 5), (9, 4), (1, 1)])
def test_hires_keep_the_groups_in_their_stated_proportion(people: int, apart: int) -> None:
    changes = {"teams.inside_sales.people": people, **split("inside_sales", apart, "referral")}
    organization = Organization(changed_scenario(Scenario(), changes), 1, 0)
    organization.open()
    assert _groups(organization, Team.INSIDE_SALES) == [people - apart, apart]
    for hired in range(1, 2 * people + 1):
        organization.staffing.hire(Team.INSIDE_SALES, HireCause.PLAN)
        found = _groups(organization, Team.INSIDE_SALES)
        assert sum(found) == people + hired
        exact = [(people - apart) * sum(found) / people, apart * sum(found) / people]
        assert max(abs(a - b) for a, b in zip(found, exact, strict=True)) < 1.0
    assert _groups(organization, Team.INSIDE_SALES) == [3 * (people - apart), 3 * apart]


@pytest.mark.parametrize(("months", "groups"), [(1.0, [4, 2]), (3.0, [4, 3])])
def test_a_replacement_joins_the_group_that_has_lost_somebody(
    months: float, groups: list[int]
) -> None:
    changes = {
        **{f"teams.{team}.attrition_per_year": 0.0 for team in TEAMS},
        **split("inside_sales", 2, "referral"),
        "hiring": ({"team": "inside_sales", "day": 10.0, "people": 1},),
        "horizon.months": months,
    }
    organization = Organization(changed_scenario(Scenario(), changes), 1, 0)
    organization.open()
    leaver = next(p for p in organization.inside_sales.people if p.group == 1)
    leaver.home.dismiss(leaver, LeaveCause.QUIT)
    organization.run()
    # The planned hire comes where somebody is missing. The replacement comes after 45 days, to
    # the same group: by proportion it would have joined the others.
    assert _groups(organization, Team.INSIDE_SALES) == groups


def test_who_changes_places_takes_the_group_of_the_other() -> None:
    still = {f"teams.{team}.attrition_per_year": 0.0 for team in TEAMS}
    changes = {**still, **EVERYWHERE, "rotation.every_days": 7.0, "horizon.months": 2.0}
    organization = Organization(changed_scenario(Scenario(), changes), 6, 0)
    organization.open()
    before = {number: person.group for number, person in organization.people.items()}
    organization.run()
    people = organization.people.values()
    assert sum(person.group != before[person.number] for person in people) > 3
    assert all(person.next_home is None for person in people)  # everybody has arrived
    for name, team in zip(TEAMS, Team, strict=False):
        plan = getattr(organization.scenario.teams, name)
        assert _groups(organization, team) == [plan.people - plan.split.people, plan.split.people]


def test_buyers_of_a_group_of_nobody_wait(base: Scenario) -> None:
    waits = engine.run(changed_scenario(base, split("inside_sales", 0, "webinar")), 1, 0)
    calls = np.concatenate([waits.where(Kind.VISIT), waits.where(Kind.UNFINISHED)])
    calls = calls[waits.code[calls] == Work.CALLING]
    calls = calls[waits.team[calls] == Team.INSIDE_SALES]
    webinar = separate(waits, calls, ("webinar",))
    assert webinar.sum() > 50
    assert (waits.kind[calls[webinar]] == Kind.UNFINISHED).all()
    assert (waits.person[calls[webinar]] == -1).all()
    assert (waits.kind[calls[~webinar]] == Kind.VISIT).sum() > 500


def test_inside_sales_waives_its_gate_only_for_buyers_whose_group_is_idle(base: Scenario) -> None:
    changes = {
        "counter_forces.strict_gates.active": False,
        "decisions.inside_sales.booking_cutoff": 0.9,
        **split("field_sales", 0, "webinar"),
        "teams.field_sales.people": 40,
        "start.loaded": False,
    }
    journal = engine.run(changed_scenario(base, changes), 1, 0)
    talks = journal.where(Kind.QUALIFIED)
    webinar = separate(journal, talks, ("webinar",))
    assert webinar.sum() > 20
    # The cutoff in force stands in the row; nobody of the group is ever idle, for there is nobody.
    assert (journal.b[talks[webinar]] > 0.0).all()
    assert np.mean(journal.b[talks[~webinar]] == 0.0) > 0.9


# --- against mathematics --------------------------------------------------------------------


def test_two_halves_wait_as_two_queues_and_the_pool_as_one() -> None:
    """Screening alone with two equal channels: M/M/4 against two M/M/2 of half the arrivals."""
    rate, service, people, runs = 20.0, 0.16, 4, 12
    alone = experiments()[0].scenario
    channel = alone.market.channels["all"].model_dump()
    changes = {
        "market.channels": {name: {**channel, "leads_per_day": rate / 2.0} for name in "ab"},
        "work.marketing.screening": {"law": "exponential", "unit": "hours", "mean": 8.0 * service},
        "teams.marketing.people": people,
        "horizon": {"months": 12.0, "warm_up_months": 2.0},
    }
    pooled = changed_scenario(alone, changes)
    halves = changed_scenario(pooled, split("marketing", people // 2, "a"))
    means = {}
    for name, scenario, queue in (
        ("pooled", pooled, theory.mmc(rate, 1.0 / service, people)),
        ("halves", halves, theory.mmc(rate / 2.0, 1.0 / service, people // 2)),
    ):
        waits = np.array([_mean_waits(engine.run(scenario, 11, each)) for each in range(runs)])
        error = waits.std(axis=0, ddof=1) / math.sqrt(runs)
        # Student's t with 11 degrees of freedom: 3.5 is passed by chance once in 200.
        assert (np.abs(waits.mean(axis=0) - queue.mean_wait) < 3.5 * error).all(), name
        assert (error < 0.15 * queue.mean_wait).all()
        means[name] = waits.mean(axis=0)
    assert (means["halves"] > 1.5 * means["pooled"]).all()


def _mean_waits(journal: Journal) -> list[float]:
    """Mean wait of the buyers of either channel, after the warm-up."""
    visits = journal.where(Kind.VISIT)
    visits = visits[journal.a[visits] >= journal.facts.warm_up_days]
    waits = journal.b[visits] - journal.a[visits]
    return [float(waits[journal.buyer[visits] % SLOTS == slot].mean()) for slot in (0, 1)]


# --- what a scenario may say ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("stated", "rule"),
    [
        ("{people: 7, channels: [referral]}", "must not be above people (6)"),
        ("{people: 2}", "state its split.channels"),
        ("{people: 2, channels: [refferal]}", "did you mean referral?"),
        ("{people: 2, channels: [website, referral, webinar, advertising]}", "leave one out"),
        ("{people: -1, channels: [referral]}", "between 0 and 100000"),
    ],
)
def test_a_split_that_cannot_be_is_refused_with_the_remedy(
    tmp_path: Path, stated: str, rule: str
) -> None:
    file = tmp_path / "ours.yaml"
    file.write_text(f"extends: base\nteams:\n  inside_sales:\n    split: {stated}\n", "utf-8")
    with pytest.raises(ScenarioError, match=rule.replace("(", r"\(").replace(")", r"\)")) as raised:
        load_scenario(file)
    assert len(raised.value.problems) == 1


def test_teams_that_serve_departments_are_not_split(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="revops serves departments"):
        load_scenario("base", ["teams.revops.split={people: 0, channels: [referral]}"])


def test_a_split_is_written_as_a_planner_would(tmp_path: Path) -> None:
    file = tmp_path / "ours.yaml"
    file.write_text(
        "extends: base\nteams:\n  inside_sales:\n"
        "    split: {people: 2, channels: [referral, webinar]}\n",
        "utf-8",
    )
    loaded = load_scenario(file)
    assert loaded.scenario.teams.inside_sales.split.people == 2
    assert loaded.scenario.teams.inside_sales.split.channels == ("referral", "webinar")
    assert loaded.scenario.teams.field_sales.split.channels == ()


@pytest.mark.parametrize(("people", "whose"), [(0, "for buyers from referral"), (6, "for all but")])
def test_a_group_of_nobody_is_noted(people: int, whose: str) -> None:
    split_off = f"teams.inside_sales.split={{people: {people}, channels: [referral]}}"
    notes = load_scenario("base", [split_off]).notes
    assert any("teams.inside_sales.split leaves nobody" in note and whose in note for note in notes)
    assert load_scenario("base", [split_off.replace(f": {people},", ": 2,")]).notes == ()
