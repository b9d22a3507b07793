"""People and work month by month, against numbers that a reader can count by hand."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cache

import numpy as np
import pandas as pd
import pytest
from conftest import changed_scenario
from numpy.typing import ArrayLike

from simulator.engine import run
from simulator.experiment.execution import execute
from simulator.metrics import measure
from simulator.metrics.definitions import TEAMS
from simulator.metrics.flow import labor
from simulator.metrics.rows import Book
from simulator.organization.journal import (
    HireCause,
    Journal,
    JournalWriter,
    Kind,
    LeaveCause,
    Team,
    Work,
)
from simulator.organization.simulation import facts_of
from simulator.planning.capacity import (
    QUANTITIES,
    Break,
    capacity_of,
    capacity_table,
    first_break,
    run_capacity,
)
from simulator.planning.plan_reading.plan_files import with_plan
from simulator.planning.ramps import ramps
from simulator.scenario import load_scenario
from simulator.scenario.schema import Scenario
from simulator.scenario.staff import HiringStep

MK, IS, FS, CS = Team.MARKETING, Team.INSIDE_SALES, Team.FIELD_SALES, Team.CUSTOMER_SUCCESS

TWO_MONTHS = changed_scenario(
    Scenario(),
    {
        "horizon.months": 2.0,
        "teams.field_sales.ramp_days": 40.0,
        "teams.field_sales.ramp_start": 0.5,
        "teams.inside_sales.ramp_days": 0.0,
        "work.field_sales.quota_per_month": 100.0,
    },
)


class Rows:
    """Rows of a journal written by hand, in the order of time."""

    def __init__(self, scenario: Scenario = TWO_MONTHS) -> None:
        self.scenario = scenario
        self.writer = JournalWriter()

    def hired(
        self, time: float, person: int, team: Team, cause: HireCause, pay: float = 200.0
    ) -> Rows:
        self.writer.emit(time, Kind.HIRED, -1, person, team, cause, pay, 1.0, 0.5)
        return self

    def left(self, time: float, person: int, team: Team, cause: LeaveCause) -> Rows:
        self.writer.emit(time, Kind.LEFT, -1, person, team, cause)
        return self

    def ramped(self, time: float, person: int, team: Team) -> Rows:
        self.writer.emit(time, Kind.RAMPED, -1, person, team)
        return self

    def visit(
        self, queued: float, start: float, end: float, person: int, team: Team,
        work: Work = Work.MEETING,
    ) -> Rows:  # fmt: skip
        self.writer.emit(end, Kind.VISIT, 16, person, team, work, queued, start, 1.0)
        return self

    def gave_up(self, queued: float, time: float, team: Team, work: Work = Work.MEETING) -> Rows:
        self.writer.emit(time, Kind.ABANDONED, 32, -1, team, work, queued)
        return self

    def waits(self, queued: float, team: Team, work: Work = Work.MEETING) -> Rows:
        horizon = self.scenario.horizon.months * 20.0
        self.writer.emit(horizon, Kind.UNFINISHED, 48, -1, team, work, queued)
        return self

    def journal(self) -> Journal:
        return self.writer.finish(facts_of(self.scenario, 1, 0))

    def capacity(self) -> dict[str, list[float]]:
        found = capacity_of(self.journal(), self.scenario)
        return {name: values.tolist() for name, values in found.items()}


# ------------------------------------------------------------------ people


def test_a_hire_on_the_tenth_day_is_half_a_person_in_that_month() -> None:
    rows = Rows().hired(0.0, 1, IS, HireCause.AT_START).hired(10.0, 9, IS, HireCause.PLAN)
    found = rows.capacity()
    assert found["inside_sales.staffed"] == [1.5, 2.0]
    assert found["inside_sales.ramped"] == [1.5, 2.0]  # no ramp here
    assert found["inside_sales.pay"] == [300.0, 400.0]
    assert found["inside_sales.hires"] == [1.0, 0.0]


def test_a_hire_planned_for_a_month_counts_in_it_and_so_does_who_leaves_at_the_horizon() -> None:
    rows = Rows().hired(0.0, 1, IS, HireCause.AT_START).hired(20.0, 9, IS, HireCause.REPLACEMENT)
    rows.left(20.0, 1, IS, LeaveCause.QUIT).left(40.0, 9, IS, LeaveCause.PLAN)
    found = rows.capacity()
    assert found["inside_sales.hires"] == [0.0, 1.0]
    assert found["inside_sales.leavers"] == [0.0, 2.0]
    assert found["inside_sales.staffed"] == [1.0, 1.0]


def test_a_new_hire_ramps_evenly_and_who_is_there_at_the_start_does_not() -> None:
    rows = Rows().hired(0.0, 2, FS, HireCause.AT_START).hired(0.0, 10, FS, HireCause.PLAN)
    found = rows.capacity()
    # 0.5 at first, 0.75 after 20 of 40 days, 1 after 40.
    assert found["field_sales.ramped"] == pytest.approx([1.0 + 0.625, 1.0 + 0.875])
    assert found["field_sales.staffed"] == [2.0, 2.0]


def test_the_row_of_the_end_of_a_ramp_tells_how_long_it_was() -> None:
    rows = Rows().hired(0.0, 10, FS, HireCause.PLAN).ramped(10.0, 10, FS)
    found = rows.capacity()
    assert found["field_sales.ramped"] == pytest.approx([(10 * 0.75 + 10) / 20, 1.0])


def test_who_leaves_while_learning_is_counted_as_long_as_there() -> None:
    rows = Rows().hired(0.0, 10, FS, HireCause.PLAN).left(20.0, 10, FS, LeaveCause.QUIT)
    found = rows.capacity()
    assert found["field_sales.ramped"] == pytest.approx([0.625, 0.0])


def test_enablement_staff_shortens_the_ramp() -> None:
    scenario = changed_scenario(
        TWO_MONTHS,
        {"support.enablement_ramp": 0.5, "support.span": 1.0, "teams.enablement.people": 1},
    )
    rows = Rows(scenario).hired(0.0, 5, Team.ENABLEMENT, HireCause.AT_START)
    rows.hired(0.0, 2, FS, HireCause.AT_START).hired(0.0, 10, FS, HireCause.PLAN)
    found = rows.capacity()
    # Full coverage when the second came: 20 days instead of 40.
    assert found["field_sales.ramped"] == pytest.approx([1.0 + 0.75, 2.0])
    assert found["enablement.staffed"] == found["enablement.ramped"] == [1.0, 1.0]
    assert np.isnan(found["enablement.load"] + found["enablement.busy"]).all()


def test_who_comes_back_from_leave_goes_on_where_the_ramp_was_left() -> None:
    rows = Rows().hired(0.0, 10, FS, HireCause.PLAN).left(10.0, 10, FS, LeaveCause.LEAVE)
    rows.hired(20.0, 10, FS, HireCause.RETURN)
    found = rows.capacity()
    # 0.5 to 0.625 before, 0.625 to 0.875 after.
    assert found["field_sales.staffed"] == [0.5, 1.0]
    assert found["field_sales.ramped"] == pytest.approx([0.5 * 0.5625, 0.75])
    assert found["field_sales.hires"] == [1.0, 0.0]
    assert found["field_sales.leavers"] == [0.0, 0.0]


def test_who_comes_back_ramped_is_at_full_speed() -> None:
    rows = Rows().hired(0.0, 2, FS, HireCause.AT_START).left(10.0, 2, FS, LeaveCause.LEAVE)
    rows.hired(20.0, 2, FS, HireCause.RETURN)
    assert rows.capacity()["field_sales.ramped"] == [0.5, 1.0]


# ------------------------------------------------------------------ work


def test_a_person_at_work_half_the_month_is_half_a_person_busy() -> None:
    rows = Rows().hired(0.0, 2, FS, HireCause.AT_START).visit(3.0, 5.0, 15.0, 2, FS)
    found = rows.capacity()
    assert found["field_sales.busy"] == found["field_sales.load"] == [0.5, 0.0]
    assert found["field_sales.queue"] == [0.1, 0.0]


def test_work_that_waits_at_the_end_of_a_month_is_load_of_that_month() -> None:
    rows = Rows().hired(0.0, 2, FS, HireCause.AT_START)
    rows.visit(0.0, 0.0, 10.0, 2, FS).visit(5.0, 10.0, 20.0, 2, FS)
    rows.visit(12.0, 20.0, 30.0, 2, FS).visit(14.0, 30.0, 40.0, 2, FS)
    found = rows.capacity()
    assert found["field_sales.busy"] == [1.0, 1.0]
    # At the end of the first month one still waits (the other has just begun), then none: the
    # queue of the start holds what came at the very start, but was served at once.
    assert found["field_sales.load"] == pytest.approx([1.5, 0.5])


def test_who_waits_at_the_horizon_and_who_gave_up_are_not_done() -> None:
    rows = Rows().hired(0.0, 2, FS, HireCause.AT_START).visit(0.0, 0.0, 10.0, 2, FS)
    rows.gave_up(1.0, 19.0, FS).visit(20.0, 20.0, 24.0, 2, FS).waits(30.0, FS)
    found = rows.capacity()
    assert found["field_sales.load"] == pytest.approx([0.5 + 0.5, 0.2 + 0.2])


def test_each_kind_of_waiting_work_counts_with_its_own_time() -> None:
    rows = Rows().hired(0.0, 3, CS, HireCause.AT_START)
    rows.visit(0.0, 0.0, 8.0, 3, CS, Work.ONBOARDING).visit(8.0, 8.0, 9.0, 3, CS, Work.REVIEW)
    rows.waits(10.0, CS, Work.REVIEW)
    found = rows.capacity()
    assert found["customer_success.load"] == pytest.approx([9 / 20 + 1 / 20, 0.0])


def test_without_a_finished_piece_in_the_month_that_of_the_run_tells_the_time() -> None:
    rows = Rows().hired(0.0, 2, FS, HireCause.AT_START).visit(0.0, 0.0, 10.0, 2, FS)
    rows.waits(30.0, FS)
    assert rows.capacity()["field_sales.load"] == pytest.approx([0.5, 0.5])


def test_load_is_never_below_nothing() -> None:
    rows = Rows().hired(0.0, 2, FS, HireCause.AT_START)
    for number in range(4):
        rows.visit(1.0, 16.0 + number * 6.0, 22.0 + number * 6.0, 2, FS)
    found = rows.capacity()
    assert min(found["field_sales.load"]) >= 0.0
    rows = Rows().hired(0.0, 2, FS, HireCause.AT_START).hired(0.0, 10, FS, HireCause.AT_START)
    rows.visit(1.0, 1.0, 19.0, 2, FS).visit(1.0, 39.0, 40.0, 2, FS).visit(1.0, 39.0, 40.0, 10, FS)
    # The second month begins with two in the queue that take a day each, and works off both.
    assert rows.capacity()["field_sales.load"][1] == pytest.approx(0.0)


def test_work_of_a_new_hire_counts_with_the_speed_at_which_it_was_begun() -> None:
    rows = Rows().hired(0.0, 10, FS, HireCause.PLAN).visit(0.0, 0.0, 10.0, 10, FS)
    found = rows.capacity()
    assert found["field_sales.busy"] == [0.5, 0.0]
    assert found["field_sales.load"] == pytest.approx([0.25, 0.0])


def test_attainment_is_bookings_over_the_quota_of_who_is_there() -> None:
    rows = Rows().hired(0.0, 2, FS, HireCause.AT_START).hired(10.0, 10, FS, HireCause.AT_START)
    rows.writer.emit(15.0, Kind.WON, 16, 2, FS, 0, 75.0, 0.0, 1.0)
    found = rows.capacity()
    assert found["field_sales.bookings"] == [75.0, 0.0]
    assert found["field_sales.quota"] == [150.0, 200.0]
    table = capacity_table([capacity_of(rows.journal(), TWO_MONTHS)], TWO_MONTHS)
    sellers = table[table["team"] == "field_sales"]
    assert sellers["attainment_mean"].tolist() == [0.5, 0.0]
    assert table.loc[table["team"] != "field_sales", "attainment_mean"].isna().all()


# ------------------------------------------------------------------ real runs


@cache
def shipped(name: str) -> Scenario:
    return changed_scenario(load_scenario(name).scenario, {"horizon.months": 6.0})


@cache
def busy_house() -> Scenario:
    """Hires, quits, long leaves, rotation and enablement staff, in half a year and a bit."""
    return changed_scenario(
        Scenario(),
        {
            "horizon.months": 6.5,
            "rotation.every_days": 15.0,
            "counter_forces.rotation_cost.active": True,
            "support.enablement_ramp": 0.4,
            "support.span": 12.0,
            "teams.enablement.people": 1,
            **{f"teams.{team}.attrition_per_year": 0.6 for team in TEAMS},
            **{f"teams.{team}.leave_per_year": 0.5 for team in TEAMS},
            **{f"teams.{team}.leave_days": 25.0 for team in TEAMS},
            **{f"teams.{team}.time_to_fill_days": 10.0 for team in TEAMS},
            **{f"teams.{team}.ramp_days": 30.0 for team in TEAMS},
            "hiring": (
                {"team": "field_sales", "day": 20.0, "people": 3},
                {"team": "enablement", "day": 50.0, "people": 1},
                {"team": "inside_sales", "day": 60.0, "people": -2},
            ),
        },
    )


CASES = ["base", "hiring_plan", "busy house"]


def scenario_of(case: str) -> Scenario:
    return busy_house() if case == "busy house" else shipped(case)


@pytest.mark.parametrize("case", CASES)
def test_months_agree_with_the_metrics_of_the_same_run(case: str) -> None:
    scenario = scenario_of(case)
    for replication in range(2):
        journal = run(scenario, 5, replication)
        found = capacity_of(journal, scenario)
        monthly = measure(journal).monthly.pivot(index="period", columns="metric", values="value")
        for team in TEAMS:
            utilization = monthly[f"{team}.utilization"].to_numpy()
            busy = utilization * found[f"{team}.staffed"]
            np.testing.assert_allclose(found[f"{team}.busy"], busy, atol=1e-9)
            queue = monthly[f"{team}.queue"].to_numpy()
            np.testing.assert_allclose(found[f"{team}.queue"], queue, atol=1e-9)
        pay = sum(values for name, values in found.items() if name.endswith(".pay"))
        np.testing.assert_allclose(pay, monthly["cost_pay"].to_numpy(), rtol=1e-12)
        attainment = found["field_sales.bookings"] / found["field_sales.quota"]
        np.testing.assert_allclose(attainment, monthly["quota_attainment"].to_numpy(), rtol=1e-12)


@pytest.mark.parametrize("case", CASES)
def test_people_agree_with_the_table_of_people(case: str) -> None:
    scenario = scenario_of(case)
    journal = run(scenario, 6, 0)
    found = capacity_of(journal, scenario)
    people = measure(journal).people
    days = np.minimum(20.0, journal.facts.horizon_days - 20.0 * np.arange(7))
    days = days[days > 0.0]
    for team in TEAMS:
        employed = people.loc[people["team"] == team, "employed_days"].sum()
        assert float(found[f"{team}.staffed"] @ days) == pytest.approx(employed)
        assert (found[f"{team}.ramped"] <= found[f"{team}.staffed"] + 1e-12).all()


def slow_ramped(journal: Journal, scenario: Scenario) -> dict[str, np.ndarray]:
    """The same by following every person from row to row, and adding up small steps of time."""
    step = 0.01
    ends = scenario.horizon.months * 20.0
    grid = np.arange(0.5 * step, ends, step)
    month = (grid // 20.0).astype(int)
    speed = {team: np.zeros(len(grid)) for team in Team}
    state: dict[int, list[float]] = {}
    present: dict[int, tuple[Team, float]] = {}
    away: dict[int, float] = {}
    heads, staff, coverage = 0, 0, 0.0
    rows = journal.where(Kind.HIRED, Kind.LEFT)

    def close(person: int, until: float) -> None:
        team, since = present.pop(person)
        begun, days, first = state[person]
        inside = (grid > since) & (grid <= until)
        passed = (grid[inside] - begun) / days if days else np.ones(inside.sum())
        speed[team][inside] += np.minimum(first + (1.0 - first) * passed, 1.0)

    for at in rows.tolist():
        time, person, team = (
            float(journal.time[at]),
            int(journal.person[at]),
            Team(journal.team[at]),
        )
        plan = getattr(scenario.teams, team.name.lower())
        code, is_department = int(journal.code[at]), team <= Team.CUSTOMER_SUCCESS
        if journal.kind[at] == Kind.LEFT:
            close(person, time)
            heads, staff = heads - is_department, staff - (team == Team.ENABLEMENT)
            if code == LeaveCause.LEAVE:
                away[person] = time
            if code == LeaveCause.ROTATION:
                continue  # the other team is joined before coverage is looked at
        else:
            present[person] = team, time
            days = plan.ramp_days * (1.0 - scenario.support.enablement_ramp * coverage)
            if code == HireCause.RETURN:
                if time > away[person] and state[person][0] + state[person][1] > away[person]:
                    state[person][0] += time - away[person]
            elif code == HireCause.AT_START or not is_department:
                state[person] = [-math.inf, 0.0, 1.0]
            else:
                state[person] = [time, days, plan.ramp_start]
            heads, staff = heads + is_department, staff + (team == Team.ENABLEMENT)
        coverage = min(1.0, staff * scenario.support.span / heads) if heads else 0.0
    for person in list(present):
        close(person, ends)
    length = np.bincount(month)
    return {
        team.name.lower(): np.bincount(month, values) / length for team, values in speed.items()
    }


@pytest.mark.parametrize("case", CASES)
def test_ramped_people_agree_with_following_each_from_row_to_row(case: str) -> None:
    scenario = scenario_of(case)
    for replication in range(2):
        journal = run(scenario, 7, replication)
        found = capacity_of(journal, scenario)
        for team, expected in slow_ramped(journal, scenario).items():
            if f"{team}.ramped" in found:
                # A step is cut where somebody comes or goes: half a step each, of at least 10 days.
                changes = np.count_nonzero(
                    np.isin(journal.kind, (Kind.HIRED, Kind.LEFT))
                    & (journal.team == Team[team.upper()])
                )
                most = changes * 0.01 / 2.0 / 10.0
                np.testing.assert_allclose(found[f"{team}.ramped"], expected, atol=most)


def test_the_rows_of_ended_ramps_are_as_long_as_the_scenario_says() -> None:
    scenario = busy_house()
    ends = 0
    for replication in range(4):
        journal = run(scenario, 8, replication)
        without = journal.kind != Kind.RAMPED
        blind = Journal(
            journal.facts,
            *(
                getattr(journal, name)[without]
                for name in ("time", "kind", "buyer", "person", "team", "code", "a", "b", "c")
            ),
        )
        told, guessed = Book(journal), Book(blind)
        read = ramps(told, labor(told).spells, scenario)
        expected = ramps(guessed, labor(guessed).spells, scenario)
        np.testing.assert_allclose(read.days, expected.days, atol=1e-9)
        ends += int((journal.kind == Kind.RAMPED).sum())
    assert ends > 20
    assert len(np.unique(expected.days.round(6))) > 3  # with coverage they differ


def test_the_busy_house_has_people_who_come_back() -> None:
    journal = run(busy_house(), 7, 0)
    hired = journal.where(Kind.HIRED)
    assert set(journal.code[hired].tolist()) == set(map(int, HireCause))


def test_it_is_a_task_for_many_runs() -> None:
    scenario = changed_scenario(Scenario(), {"horizon.months": 1.5})
    jobs = [("base", replication) for replication in range(3)]
    here = execute({"base": scenario}, jobs, 3, run_capacity).runs
    there = execute({"base": scenario}, jobs, 3, run_capacity, workers=2).runs
    for job in jobs:
        assert list(here[job]) == list(there[job])
        for name, values in here[job].items():
            assert values.shape == (2,)
            np.testing.assert_array_equal(values, there[job][name])


def test_a_run_without_time_has_no_months() -> None:
    scenario = changed_scenario(Scenario(), {"horizon.months": 0.0})
    found = run_capacity(scenario, "", 1, 0)
    assert {values.shape for values in found.values()} == {(0,)}
    table = capacity_table([found], scenario)
    assert table.empty
    assert first_break(table) is None


# ------------------------------------------------------------------ many runs


def flat(**values: list[float]) -> dict[str, ArrayLike]:
    """One run in which every team has one person at full speed and nothing to do."""
    run_: dict[str, ArrayLike] = {
        f"{team}.{what}": [1.0 if what in ("staffed", "ramped") else 0.0] * 2
        for team in TEAMS
        for what in QUANTITIES
    }
    run_ |= {"field_sales.bookings": [1.0, 2.0], "field_sales.quota": [2.0, 0.0]}
    return run_ | {name.replace("__", "."): value for name, value in values.items()}


def row(table: pd.DataFrame, month: int, team: str) -> Mapping[str, float]:
    (found,) = table[(table["month"] == month) & (table["team"] == team)].to_dict("records")
    return {str(name): value for name, value in found.items()}


def test_the_table_shows_mean_and_quantiles_over_runs() -> None:
    runs = [flat(marketing__load=[load, 0.0]) for load in (0.0, 0.5, 1.0, 1.5, 2.0)]
    scenario = with_plan(TWO_MONTHS, [HiringStep(team="marketing", day=20.0, people=2)])
    table = capacity_table(runs, scenario)
    found = row(table, 1, "marketing")
    assert (found["planned"], row(table, 2, "marketing")["planned"]) == (3, 5)
    assert found["load_mean"] == pytest.approx(1.0)
    assert (found["load_p10"], found["load_p90"]) == pytest.approx((0.2, 1.8))
    assert found["share_short"] == pytest.approx(0.4)  # as many as there are is not too few
    assert table["month"].tolist() == [1] * 4 + [2] * 4
    sellers = row(table, 1, "field_sales")
    assert sellers["attainment_mean"] == pytest.approx(0.5)
    assert math.isnan(row(table, 2, "field_sales")["attainment_mean"])  # nobody has a quota


def test_the_first_break_is_the_earliest_and_of_several_the_surest() -> None:
    short, fine = [2.0, 2.0], [0.0, 2.0]
    runs = [
        flat(marketing__load=short, field_sales__load=short, inside_sales__load=fine),
        flat(marketing__load=short, field_sales__load=short, inside_sales__load=fine),
        flat(marketing__load=fine, field_sales__load=short, inside_sales__load=fine),
    ]
    table = capacity_table(runs, TWO_MONTHS)
    assert first_break(table) == Break(1, "field_sales", 1.0, 2.0, 1.0)
    assert first_break(table, share=1.0) is None
    later = first_break(table, from_month=2)
    assert later is not None
    assert (later.month, later.team) == (2, "marketing")  # all are as sure: in order of the work
    half = capacity_table([flat(marketing__load=short), flat()], TWO_MONTHS)
    assert first_break(half) is None  # not more than half


def test_a_table_of_no_runs_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one run"):
        capacity_table([], TWO_MONTHS)


def test_too_few_people_break_first_where_they_are_too_few() -> None:
    scenario = changed_scenario(shipped("base"), {"teams.inside_sales.people": 2})
    runs = [run_capacity(scenario, "", 9, number) for number in range(4)]
    found = first_break(capacity_table(runs, scenario))
    assert found is not None
    assert (found.month, found.team) == (1, "inside_sales")
    assert found.load > found.ramped
    enough = [run_capacity(shipped("base"), "", 9, number) for number in range(4)]
    table = capacity_table(enough, shipped("base"))
    assert (table.loc[table["team"] == "inside_sales", "share_short"] < 0.5).all()
