"""People go on long leave, come back, and are neither paid nor replaced meanwhile."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pytest
from conftest import Changes, changed_scenario
from test_parity import assert_same

from simulator.metrics import identities, measure
from simulator.metrics.streaming import Tally, placed_rows
from simulator.metrics.unstreamed import STREAMED
from simulator.organization import addresses as at
from simulator.organization.draws import make_key, uniform
from simulator.organization.journal import (
    DAYS_PER_MONTH,
    DEPARTMENTS,
    HireCause,
    Journal,
    Kind,
    LeaveCause,
    Team,
)
from simulator.organization.simulation import run
from simulator.scenario.schema import Scenario

NAMES = [team.name.lower() for team in Team]
YEAR = 12.0 * DAYS_PER_MONTH
FAR = 1e9


def of_all(**values: object) -> Changes:
    """The same settings in all six teams."""
    return {f"teams.{name}.{key}": value for name in NAMES for key, value in values.items()}


def idle(people: int, months: float, **values: object) -> Scenario:
    """Six teams of people who have nothing to do, so that whoever leaves leaves at once."""
    changes = {
        "market.channels": {},
        "start.loaded": False,
        "horizon.months": months,
        "horizon.warm_up_months": 0.0,
        **of_all(**({"people": people, "attrition_per_year": 0.0} | values)),
    }
    return changed_scenario(Scenario(), changes)


@dataclass(frozen=True)
class Spell:
    """Time of a person in a team."""

    person: int
    team: int
    start: float
    hired: HireCause
    pay: float
    skill: float
    end: float = FAR
    left: LeaveCause | None = None


def spells_of(journal: Journal) -> dict[int, list[Spell]]:
    """Everybody's spells in order; a row that does not fit the one before is an error."""
    found: dict[int, list[Spell]] = {}
    for i in journal.where(Kind.HIRED, Kind.LEFT).tolist():
        person, team, time = int(journal.person[i]), int(journal.team[i]), float(journal.time[i])
        mine = found.setdefault(person, [])
        if journal.kind[i] == Kind.HIRED:
            assert not mine or mine[-1].left is not None, "hired twice"
            cause = HireCause(int(journal.code[i]))
            mine.append(Spell(person, team, time, cause, journal.a[i], journal.b[i]))
        else:
            last = mine[-1]
            assert last.left is None, "left twice"
            assert last.team == team, "left a team without having been in it"
            cause_left = LeaveCause(int(journal.code[i]))
            mine[-1] = Spell(
                person, team, last.start, last.hired, last.pay, last.skill, time, cause_left
            )
    return found


def pairs(journal: Journal) -> list[tuple[Spell, Spell]]:
    """Every spell that ended in a long leave, with the one after it."""
    return [
        (one, other)
        for mine in spells_of(journal).values()
        for one, other in pairwise(mine)
        if one.left == LeaveCause.LEAVE
    ]


def count(journal: Journal, kind: Kind, code: int) -> int:
    return int(((journal.kind == kind) & (journal.code == code)).sum())


# ------------------------------------------------------------------ switched off


def test_without_leave_its_length_changes_nothing(small: Scenario) -> None:
    restless = of_all(attrition_per_year=0.6)
    plain = changed_scenario(small, {**restless, "rotation.every_days": 9.0})
    rows = run(plain, 4).to_bytes()
    assert run(changed_scenario(plain, of_all(leave_days=3.0)), 4).to_bytes() == rows
    # The least of chances is none when it is spread over the days.
    assert run(changed_scenario(plain, of_all(leave_per_year=5e-324)), 4).to_bytes() == rows


def test_until_the_first_leave_begins_everything_is_as_it_was(small: Scenario) -> None:
    # It draws no random number of anybody else, and puts nothing else into another order.
    moving = changed_scenario(small, {**of_all(attrition_per_year=0.6), "rotation.every_days": 9.0})
    without = run(moving, 8)
    journal = run(changed_scenario(moving, of_all(leave_per_year=0.05)), 8)
    leaves = journal.where(Kind.LEFT)
    first = leaves[journal.code[leaves] == LeaveCause.LEAVE][0]
    assert first > 3000
    # Field sales has released its opportunities just before.
    same = int(np.searchsorted(journal.time, journal.time[first], side="left"))
    for column in ("time", "kind", "buyer", "person", "team", "code", "a", "b", "c"):
        expected = getattr(without, column)[:same]
        np.testing.assert_array_equal(getattr(journal, column)[:same], expected)
    assert journal.to_bytes() != without.to_bytes()


# ------------------------------------------------------------------ going and coming back


def test_a_person_on_leave_comes_back_to_its_team_as_the_same_person() -> None:
    journal = assert_same(idle(5, 24.0, leave_per_year=0.5, leave_days=37.5), 3, 0)
    there = pairs(journal)
    assert {one.team for one, _ in there} == set(Team)
    for one, other in there:
        assert other.hired == HireCause.RETURN
        assert other.start - one.end == pytest.approx(37.5, abs=1e-9)
        assert (other.team, other.pay, other.skill) == (one.team, one.pay, one.skill)
    assert max(len(mine) for mine in spells_of(journal).values()) >= 3  # more than once
    # Nobody stands in.
    assert count(journal, Kind.HIRED, HireCause.REPLACEMENT) == 0
    assert len(spells_of(journal)) == 5 * len(Team)
    # Who is away at the end is the only one who has not come back.
    for mine in spells_of(journal).values():
        if mine[-1].left is not None:
            assert mine[-1].end + 37.5 > journal.facts.horizon_days - 1e-9


def test_leave_begins_at_the_stated_rate_for_those_who_are_there() -> None:
    people, days, chance = 300, 45.0, 0.3
    scenario = idle(people, 24.0, leave_per_year=chance, leave_days=days)
    journal = assert_same(scenario, 11, 0)
    horizon = journal.facts.horizon_days
    rate = -math.log1p(-chance) / YEAR
    spells = spells_of(journal)
    present = sum(min(s.end, horizon) - s.start for mine in spells.values() for s in mine)
    begun = count(journal, Kind.LEFT, LeaveCause.LEAVE)
    # As many as a Poisson number of this mean: its standard error is the root of it.
    assert begun == pytest.approx(rate * present, abs=4.0 * math.sqrt(rate * present))
    # The share of people who are there falls from 1 by p'(t) = -r p(t) + r p(t - d).
    step = 0.05
    back = round(days / step)
    there = np.ones(round(horizon / step) + 1)
    for i in range(1, len(there)):
        returning = there[i - 1 - back] if i > back else 0.0
        there[i] = there[i - 1] + step * rate * (returning - there[i - 1])
    expected = 1.0 - there.mean()
    each = np.array(
        [1.0 - sum(min(s.end, horizon) - s.start for s in mine) / horizon
         for mine in spells.values()]
    )  # fmt: skip
    error = each.std(ddof=1) / math.sqrt(len(each))
    assert each.mean() == pytest.approx(expected, abs=4.0 * error)
    assert expected > 10.0 * error  # the test could tell it from none


def test_a_person_has_the_same_leave_in_every_scenario(small: Scenario) -> None:
    leave = of_all(leave_per_year=0.6, leave_days=20.0, attrition_per_year=0.0)
    alone = run(idle(3, 9.0, leave_per_year=0.6, leave_days=20.0), 5)
    busy = run(changed_scenario(small, {**leave, **of_all(people=3), "horizon.months": 9.0}), 5)
    horizon = alone.facts.horizon_days
    began = 0
    for person, mine in spells_of(busy).items():
        expected = spells_of(alone)[person][0]
        if expected.left is None:
            assert mine[0].left is None
        elif expected.end < horizon - 5.0:  # in a busy company the work in hand comes first
            assert expected.end <= mine[0].end < expected.end + 5.0
            began += 1
    assert began > 5


def test_nobody_on_leave_works_and_the_work_in_hand_is_finished_first(small: Scenario) -> None:
    away = changed_scenario(small, of_all(leave_per_year=0.95, leave_days=15.0))
    journal = assert_same(away, 6, 0)
    assert identities(journal) == []
    spells = spells_of(journal)
    visits = journal.where(Kind.VISIT)
    ends: dict[int, set[float]] = {}
    for i in visits.tolist():
        person, start, end = int(journal.person[i]), journal.b[i], journal.time[i]
        assert any(s.start <= start and end <= s.end for s in spells[person])
        ends.setdefault(person, set()).add(float(end))
    left = [s for mine in spells.values() for s in mine if s.left == LeaveCause.LEAVE]
    finished = [s for s in left if s.end in ends.get(s.person, ())]
    assert 0 < len(finished) < len(left)


def test_opportunities_of_who_goes_on_leave_pass_to_colleagues(small: Scenario) -> None:
    away = {
        "teams.field_sales.leave_per_year": 0.9,
        "teams.field_sales.people": 4,
        **of_all(attrition_per_year=0.0),
    }
    passed_on = 0
    for seed in range(4):
        journal = run(changed_scenario(small, away), seed)
        left = journal.where(Kind.LEFT)
        assert (journal.code[left] == LeaveCause.LEAVE).all()
        handed = journal.where(Kind.HANDED_OVER)
        handed = handed[journal.team[handed] == Team.FIELD_SALES]
        met = journal.where(Kind.MET)
        for row in left.tolist():
            who, time = journal.person[row], journal.time[row]
            for buyer in journal.buyer[handed[(journal.time[handed] == time) & (handed < row)]]:
                later = met[(journal.buyer[met] == buyer) & (met > row)]
                passed_on += bool(len(later)) and bool(journal.person[later[0]] != who)
    assert passed_on > 10


def test_a_ramp_rests_during_leave_and_goes_on_afterwards() -> None:
    step = {"team": "field_sales", "day": 5.0, "people": 200}
    scenario = changed_scenario(
        idle(0, 18.0, leave_per_year=0.8, leave_days=25.0, ramp_days=60.0), {"hiring": (step,)}
    )
    journal = assert_same(scenario, 9, 0)
    ramped = journal.where(Kind.RAMPED)
    assert len(set(journal.person[ramped].tolist())) == len(ramped) == 200  # each once
    interrupted = 0
    for row in ramped.tolist():
        time = journal.time[row]
        mine = [s for s in spells_of(journal)[int(journal.person[row])] if s.start < time]
        interrupted += len(mine) > 1
        worked = sum(min(s.end, time) - s.start for s in mine)
        assert worked == pytest.approx(60.0, abs=1e-6)
    assert 40 < interrupted < 160


# ------------------------------------------------------------------ with other changes of staff


def quits_at(scenario: Scenario, seed: int, spell: Spell) -> float:
    """When a person who joined then quits, by its own random number."""
    chance = getattr(scenario.teams, Team(spell.team).name.lower()).attrition_per_year
    u = uniform(make_key(seed, 0), at.PERSON_BASE + spell.person, at.QUITS, 0)
    return spell.start - math.log1p(-u) / (-math.log1p(-chance) / YEAR)


@pytest.mark.parametrize("replaces", [True, False])
def test_who_quits_while_away_stays_away_and_is_replaced_from_then_on(replaces: bool) -> None:
    scenario = idle(
        20, 15.0, leave_per_year=0.8, leave_days=50.0, attrition_per_year=0.7,
        time_to_fill_days=7.0, replace_leavers=replaces,
    )  # fmt: skip
    journal = assert_same(scenario, 12, 0)
    horizon = journal.facts.horizon_days
    spells = spells_of(journal)
    replaced = [
        s.start - 7.0 for mine in spells.values() for s in mine
        if s.hired == HireCause.REPLACEMENT
    ]  # fmt: skip
    quits = []
    while_away = 0
    for mine in spells.values():
        at_time = quits_at(scenario, 12, mine[0])
        if at_time > horizon:
            continue
        quits.append(at_time)
        last = mine[-1]
        if last.left == LeaveCause.LEAVE:
            while_away += 1
            assert last.end < at_time <= last.end + 50.0
        else:
            assert last.left == LeaveCause.QUIT
            assert last.end == pytest.approx(at_time, abs=1e-9)
    assert while_away > 10
    due = sorted(time for time in quits if time + 7.0 <= horizon)
    assert sorted(replaced) == pytest.approx(due if replaces else [], abs=1e-6)


def test_who_has_quit_and_still_finishes_its_work_goes_on_no_leave(small: Scenario) -> None:
    # A piece of work takes weeks here: many who have quit would go on leave before it is done.
    long = {"law": "constant", "unit": "hours", "value": 100.0}
    changes = {
        **of_all(leave_per_year=0.999, leave_days=3.0, attrition_per_year=0.95, people=5),
        **of_all(replace_leavers=False),
        "work.marketing.screening": long,
        "work.customer_success.onboarding": long,
        "market.obstacles.no_budget": 0.0,
    }
    scenario = changed_scenario(small, changes)
    tempted = 0
    for seed in range(6):
        journal = assert_same(scenario, seed, 0)
        for person, mine in spells_of(journal).items():
            quits, last = quits_at(scenario, seed, mine[0]), mine[-1]
            assert last.start <= quits + 1e-9
            if last.end > quits and last.end < FAR:
                assert last.left == LeaveCause.QUIT
                u = uniform(
                    make_key(seed, 0), at.PERSON_BASE + person, at.GOES_ON_LEAVE, len(mine) - 1
                )
                leaves = last.start - math.log1p(-u) / (-math.log1p(-0.999) / YEAR)
                tempted += quits < leaves < last.end
    assert tempted > 3


@pytest.mark.parametrize("people", [3, 100])
def test_a_planned_reduction_takes_only_people_who_are_there(people: int) -> None:
    plan = tuple({"team": name, "day": 60.0, "people": -people} for name in NAMES)
    scenario = changed_scenario(idle(8, 9.0, leave_per_year=0.9, leave_days=30.0), {"hiring": plan})
    journal = assert_same(scenario, 14, 0)
    spells = spells_of(journal)
    missing = 0
    for team in Team:
        mine = [s for each in spells.values() for s in each if s.team == team]
        there = [s for s in mine if s.start < 60.0 <= s.end]
        leaving = [s for s in mine if s.left == LeaveCause.PLAN]
        assert {s.end for s in leaving} == {60.0}
        assert len(leaving) == min(people, len(there))
        missing += 8 - len(there)
    # Whoever was away comes back after the reduction.
    back = [s for each in spells.values() for s in each if 60.0 < s.start < 90.0]
    assert {s.hired for s in back} == {HireCause.RETURN}
    assert len(back) >= missing > 5


def test_who_comes_back_from_leave_is_no_newcomer() -> None:
    # The plan lets go who joined last, and leave does not put anybody at the end of that line.
    steps = tuple(
        {"team": name, "day": day, "people": people}
        for name in NAMES
        for day, people in ((10.0, 1), (100.0, -1))
    )
    scenario = changed_scenario(
        idle(4, 6.0, leave_per_year=0.9, leave_days=12.0), {"hiring": steps}
    )
    kept = 0
    for seed in range(6):
        journal = assert_same(scenario, seed, 0)
        spells = spells_of(journal)
        for team in Team:
            mine = {n: each for n, each in spells.items() if each[0].team == team}
            there = [n for n, each in mine.items() if any(s.start < 100 <= s.end for s in each)]
            gone = [n for n, each in mine.items() if each[-1].left == LeaveCause.PLAN]
            assert gone == [max(there, key=lambda n: n // 8)]
            came = {n: max(s.start for s in mine[n] if s.start < 100.0) for n in there}
            kept += max(came, key=lambda n: came[n]) != gone[0]
    assert kept > 10  # often somebody else had come back later than the newest joined


def test_leave_meets_rotation_quits_and_plans(small: Scenario) -> None:
    steps = tuple(
        {"team": name, "day": day, "people": people}
        for name in NAMES
        for day, people in ((15.0, 2), (40.0, -2), (70.0, 1))
    )
    changes = {
        **of_all(
            leave_per_year=0.95, leave_days=6.0, attrition_per_year=0.8, time_to_fill_days=3.0,
            people=3,
        ),
        **{f"teams.{team.name.lower()}.cross_trained": 0.5 for team in DEPARTMENTS},
        "rotation.every_days": 2.0,
        "hiring": steps,
    }  # fmt: skip
    causes: set[tuple[LeaveCause, HireCause]] = set()
    for seed in range(4):
        scenario = changed_scenario(small, changes)
        journal = assert_same(scenario, seed, 0)
        assert identities(journal) == []
        for mine in spells_of(journal).values():
            # Who has quit is gone for good, though the work in hand comes first.
            assert mine[-1].start <= quits_at(scenario, seed, mine[0]) + 1e-9
            for one, other in pairwise(mine):
                assert one.left is not None
                causes.add((one.left, other.hired))
                assert (one.left == LeaveCause.LEAVE) == (other.hired == HireCause.RETURN)
                if one.left == LeaveCause.LEAVE:
                    assert one.team == other.team
    assert causes == {
        (LeaveCause.LEAVE, HireCause.RETURN),
        (LeaveCause.ROTATION, HireCause.ROTATION),
    }


@pytest.mark.parametrize("days", [1e-9, 0.01, 1000.0])
def test_leave_of_any_length_keeps_the_books(small: Scenario, days: float) -> None:
    everybody = of_all(leave_per_year=1.0 - 1e-12, leave_days=days)
    journal = assert_same(changed_scenario(small, everybody), 1, 0)
    assert identities(journal) == []
    measure(journal)
    assert count(journal, Kind.LEFT, LeaveCause.LEAVE) >= 5
    assert (count(journal, Kind.HIRED, HireCause.RETURN) == 0) == (days == 1000.0)


# ------------------------------------------------------------------ pay and figures


def test_pay_rests_during_leave() -> None:
    journal = run(idle(6, 24.0, leave_per_year=0.5, leave_days=40.0), 7)
    horizon = journal.facts.horizon_days
    earned = sum(
        (min(s.end, horizon) - s.start) * s.pay / DAYS_PER_MONTH
        for mine in spells_of(journal).values()
        for s in mine
    )
    assert count(journal, Kind.LEFT, LeaveCause.LEAVE) > 20
    totals = measure(journal).totals
    assert totals["cost_pay"] == pytest.approx(earned)
    without = measure(run(idle(6, 24.0), 7)).totals["cost_pay"]
    assert totals["cost_pay"] < 0.99 * without


def test_figures_of_rows_as_they_come_are_those_of_the_journal(small: Scenario) -> None:
    changes = {
        **of_all(leave_per_year=0.9, leave_days=18.0, attrition_per_year=0.5, people=3),
        "rotation.every_days": 12.0,
        "horizon.months": 14.5,
        "horizon.warm_up_months": 1.5,
    }
    journal = run(changed_scenario(small, changes), 3)
    assert count(journal, Kind.HIRED, HireCause.RETURN) > 20
    tally = Tally(journal.facts)
    tally.note(placed_rows(journal))
    expected = measure(journal).totals
    assert tally.totals() == pytest.approx(
        {name: expected[name] for name in STREAMED}, rel=1e-9, abs=1e-9, nan_ok=True
    )


def test_leave_costs_capacity(small: Scenario) -> None:
    calm = changed_scenario(small, of_all(attrition_per_year=0.0))
    away = changed_scenario(calm, of_all(leave_per_year=0.9))
    visits = [
        np.array([len(run(each, 1, r).where(Kind.VISIT)) for r in range(6)])
        for each in (calm, away)
    ]
    fewer = visits[0] - visits[1]
    error = fewer.std(ddof=1) / math.sqrt(len(fewer))
    assert fewer.mean() > 3.0 * error
