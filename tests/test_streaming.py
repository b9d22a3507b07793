"""Metrics from rows as they come are those from the whole journal."""

from __future__ import annotations

import math
import pickle
from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from heapq import heappop, heappush

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from test_metrics import FACTS

from simulator import METRICS, Scenario, load_scenario, measure, run
from simulator.metrics.streaming import Tally, placed_rows
from simulator.metrics.unstreamed import NOT_STREAMED, STREAMED
from simulator.organization.journal import (
    LOADED_SLOT,
    NAN,
    NONE,
    PLACED_ROW,
    Facts,
    Journal,
    JournalWriter,
    Kind,
    Origin,
    Qualification,
    Reason,
    Screening,
    Status,
    Work,
)

Rows = NDArray[np.void]

RUNS = (
    ("base", 6.0, 0.0),
    ("divisional", 8.0, 2.5),
    ("systematic_recycling", 14.0, 0.0),
    ("one_off_sales", 6.0, 1.0),
    ("hiring_plan", 6.37, 0.0),
    ("person_dependent", 7.0, 3.0),
    ("job_rotation", 14.5, 1.7),
)
"""Scenario, months, months of warm-up; two of them long enough for retention."""

a_run = pytest.mark.parametrize(("name", "months", "warm_up"), RUNS, ids=[run[0] for run in RUNS])


@cache
def journal_of(name: str, months: float, warm_up: float) -> Journal:
    values = load_scenario(name).scenario.model_dump()
    values["horizon"] |= {"months": months, "warm_up_months": warm_up}
    return run(Scenario.model_validate(values), 11, 3)


@cache
def measured(name: str, months: float, warm_up: float) -> dict[str, float]:
    return measure(journal_of(name, months, warm_up)).totals


def journal(facts: Facts, rows: Iterable[tuple[float, ...]]) -> Journal:
    """Rows with their last columns left out, in any order."""
    writer = JournalWriter()
    for row in sorted(rows, key=lambda row: row[0]):
        writer.emit(*row)  # type: ignore[arg-type]
    return writer.finish(facts)


def tallied(facts: Facts, *chunks: Rows) -> dict[str, float]:
    tally = Tally(facts)
    for rows in chunks:
        tally.note(rows)
    return tally.totals()


def same(found: dict[str, float], expected: dict[str, float]) -> bool:
    whole = {name: expected[name] for name in STREAMED}
    return found == pytest.approx(whole, rel=1e-9, abs=1e-9, nan_ok=True)


def reused(rows: Rows, subscription: bool) -> Rows:
    """Let places be used again as the compiled engine does, without the rows it leaves out."""
    rows = rows.copy()
    place_of: dict[int, int] = {}
    free: list[int] = []
    over: set[int] = set()
    kept = np.ones(len(rows), dtype=np.bool_)
    for i, (buyer, kind, a) in enumerate(
        zip(rows["buyer"].tolist(), rows["kind"].tolist(), rows["a"].tolist(), strict=True)
    ):
        if buyer == NONE:
            continue
        if buyer not in place_of:
            place_of[buyer] = heappop(free) if free else len(set(place_of.values()))
        rows["place"][i] = place_of[buyer]
        kept[i] = kind != Kind.STATUS or buyer not in over
        ends = (
            kind == Kind.GONE
            or (kind == Kind.PARKED and a == math.inf)
            or (kind == Kind.ONBOARDED and not subscription)
        )
        if ends and buyer not in over:
            over.add(buyer)
            heappush(free, place_of[buyer])
    return rows[kept]


# --- the registry -------------------------------------------------------------------------


def test_every_metric_is_either_streamed_or_said_not_to_be() -> None:
    assert [name for name in METRICS if name in STREAMED or name in NOT_STREAMED] == list(METRICS)
    assert set(STREAMED).isdisjoint(NOT_STREAMED)
    assert len(STREAMED) + len(NOT_STREAMED) == len(METRICS)


def test_what_is_not_streamed_is_a_mean_or_quantile_of_durations() -> None:
    assert {METRICS[name].unit for name in NOT_STREAMED} == {"business days"}
    assert all(reason.endswith(".") for reason in NOT_STREAMED.values())


def test_totals_come_in_the_order_of_the_registry() -> None:
    assert tuple(Tally(FACTS).totals()) == STREAMED


# --- against the whole journal --------------------------------------------------------------


@a_run
def test_totals_are_those_of_the_journal(name: str, months: float, warm_up: float) -> None:
    written = journal_of(name, months, warm_up)
    found = tallied(written.facts, placed_rows(written))
    assert same(found, measured(name, months, warm_up))
    for metric in ("inquiries", "mql_count", "sql_count", "wins", "customers", "bookings"):
        assert found[metric] == measured(name, months, warm_up)[metric]


def test_the_runs_cover_retention_and_its_absence() -> None:
    retention = [math.isnan(measured(*one)["nrr"]) for one in RUNS]
    assert retention == [months - warm_up < 12.0 for _, months, warm_up in RUNS]


@a_run
def test_places_used_again_change_nothing(name: str, months: float, warm_up: float) -> None:
    written = journal_of(name, months, warm_up)
    rows = reused(placed_rows(written), written.facts.subscription)
    ends = written.kind[written.kind == Kind.STATUS]
    if name != "systematic_recycling":  # few are ever given up there in so short a time
        assert int(rows["place"].max()) < 0.8 * len(ends)
    assert len(rows) < len(written)
    assert same(tallied(written.facts, rows), measured(name, months, warm_up))


@settings(deadline=None, max_examples=20)
@given(st.lists(st.integers(0, 60_000), max_size=30), st.booleans())
def test_how_the_rows_are_cut_makes_no_difference(cuts: list[int], again: bool) -> None:
    written = journal_of("base", 6.0, 0.0)
    rows = placed_rows(written)
    rows = reused(rows, True) if again else rows
    whole = tallied(written.facts, rows)
    chunks = np.split(rows, sorted(min(cut, len(rows)) for cut in cuts))
    assert tallied(written.facts, *chunks) == pytest.approx(whole, rel=0.0, abs=0.0, nan_ok=True)


def test_one_row_at_a_time_is_a_way_to_cut() -> None:
    written = journal_of("one_off_sales", 6.0, 1.0)
    rows = placed_rows(written)[:3000]
    found = tallied(written.facts, *np.split(rows, len(rows)))
    assert found == pytest.approx(tallied(written.facts, rows), rel=0.0, abs=0.0, nan_ok=True)


def test_asking_for_totals_on_the_way_changes_nothing() -> None:
    written = journal_of("base", 6.0, 0.0)
    rows = placed_rows(written)
    tally = Tally(written.facts)
    tally.note(rows[:20_000])
    first = tally.totals()
    assert tally.totals() == pytest.approx(first, rel=0.0, abs=0.0, nan_ok=True)
    tally.note(rows[20_000:])
    assert same(tally.totals(), measured("base", 6.0, 0.0))


def test_rows_that_must_not_be_written_to_are_read() -> None:
    written = journal_of("base", 6.0, 0.0)
    rows = placed_rows(written)
    rows.flags.writeable = False
    assert same(tallied(written.facts, rows), measured("base", 6.0, 0.0))


@pytest.mark.parametrize("subscription", [True, False])
@pytest.mark.parametrize("warm_up", [0.0, 20.0, 90.0])
@pytest.mark.parametrize("horizon", [0.0, 7.3, 40.0, 240.0])
def test_a_run_without_rows_is_measured(horizon: float, warm_up: float, subscription: bool) -> None:
    facts = replace(FACTS, horizon_days=horizon, warm_up_days=warm_up, subscription=subscription)
    assert same(tallied(facts), measure(journal(facts, ())).totals)


def test_a_company_that_opens_and_closes_at_once_is_measured() -> None:
    written = journal_of("base", 0.0, 0.0)
    assert len(written) > 0
    assert same(tallied(written.facts, placed_rows(written)), measured("base", 0.0, 0.0))


def test_what_happens_as_the_twelve_months_begin_is_part_of_the_opening() -> None:
    facts = replace(FACTS, horizon_days=250.0, warm_up_days=10.0)
    written = journal(
        facts,
        (
            (0.0, Kind.CUSTOMER, 16, -1, -1, 0, 100.0, 0.0),
            (10.0, Kind.CONTRACTED, 16, -1, 3, 0, 20.0, 80.0),
            (250.0, Kind.EXPANDED, 16, -1, 3, 0, 40.0, 120.0),
        ),
    )
    found = tallied(facts, placed_rows(written))
    assert (found["grr"], found["nrr"]) == (1.0, 1.5)
    assert same(found, measure(written).totals)


# --- places ---------------------------------------------------------------------------------


def test_a_finished_journal_has_a_place_for_every_buyer() -> None:
    written = journal_of("base", 6.0, 0.0)
    rows = placed_rows(written)
    assert rows.dtype == PLACED_ROW
    assert ((rows["place"] == NONE) == (rows["buyer"] == NONE)).all()
    buyers = np.unique(written.buyer[written.buyer >= 0])
    assert (buyers[rows["place"][rows["place"] >= 0]] == rows["buyer"][rows["place"] >= 0]).all()
    for name in ("time", "kind", "person", "team", "code"):
        assert (rows[name] == getattr(written, name)).all()
    assert np.array_equal(rows["c"], written.c, equal_nan=True)


def test_rows_about_who_had_a_place_before_do_not_concern_who_has_it_now() -> None:
    left, came = 16 * 3 + LOADED_SLOT + 2, 32
    written = journal(
        FACTS,
        (
            (0.0, Kind.HIRED, -1, 3, 3, 0, 100.0, 1.0, 0.3),
            (0.0, Kind.ARRIVED, left, -1, -1, 15, 0.0, 50.0),
            (0.0, Kind.CUSTOMER, left, -1, -1, 0, 50.0, 100.0),
            (3.0, Kind.CLAIMED, left, -1, 3, 0, 0.0),
            (4.0, Kind.TRUST, left, -1, -1, 0, 0.25, 1.0),
            (5.0, Kind.CHURNED, left, -1, 3, 0, 50.0, 105.0),
            (5.0, Kind.PARKED, left, -1, 1, Reason.LEFT_AS_CUSTOMER, math.inf, 12.0),
            (6.0, Kind.ARRIVED, came, -1, -1, 0, 0.0, 70.0),
            (7.0, Kind.RECYCLED, came, -1, 1, 0, 1.0),
            (8.0, Kind.VISIT, left, 3, 3, Work.CLAIM, 3.0, 7.0, 2.0),
            (8.0, Kind.ANSWERED, left, 3, 3, 1, 5.0),
            (9.0, Kind.ABANDONED, left, -1, 3, Work.REVIEW, 4.0),
            (40.0, Kind.UNFINISHED, left, -1, 3, Work.CLAIM, 4.5, NAN),
            (40.0, Kind.STATUS, left, -1, -1, Status.FORMER_CUSTOMER, 0.0),
            (40.0, Kind.STATUS, came, -1, -1, Status.PARKED, 0.0),
        ),
    )
    rows = reused(placed_rows(written), True)
    assert set(rows["place"].tolist()) == {NONE, 0}
    found = tallied(FACTS, rows)
    assert same(found, measure(written).totals)
    assert (found["customer_success.throughput"], found["claims_late_share"]) == (1 / 40, 1.0)
    assert (found["trust"], math.isnan(found["reactivation_rate"])) == (0.25, True)


def test_memory_does_not_grow_with_buyers_that_are_gone() -> None:
    cycle = np.zeros(4, PLACED_ROW)
    cycle["kind"] = (Kind.ARRIVED, Kind.SCREENED, Kind.LOST, Kind.GONE)
    cycle["code"] = (0, Screening.DROPPED, Reason.TURNED_AWAY, Reason.TURNED_AWAY)
    cycle["person"] = NONE
    rows = np.tile(cycle, 25_000)
    rows["time"] = np.linspace(0.01, 40.0, len(rows))
    rows["buyer"] = 16 * (np.arange(len(rows)) // 4)
    tally = Tally(FACTS)
    tally.note(rows[:400])
    size = len(pickle.dumps(tally))
    tally.note(rows[400:])
    assert len(pickle.dumps(tally)) == size
    totals = tally.totals()
    assert (totals["inquiries"], totals["marketing.lost"], totals["contract_rate"]) == (
        25_000,
        25_000,
        0.0,
    )


def test_numbers_of_places_and_people_may_be_large() -> None:
    row = np.zeros(2, PLACED_ROW)
    row["kind"], row["team"], row["a"] = (Kind.HIRED, Kind.ARRIVED), 2, 100.0
    row["person"], row["place"], row["buyer"] = (70_000, NONE), (NONE, 90_000), (NONE, 16)
    row["time"] = 0.0, 1.0
    totals = tallied(FACTS, row)
    assert (totals["inquiries"], totals["cost_pay"]) == (1, 200)


# --- against rows that no company would write -------------------------------------------------

_BUYERS = (16, 32, 48, 16 * 5 + LOADED_SLOT + 1, 16 * 6 + LOADED_SLOT + 2)
_KINDS = sorted(set(Kind) - {Kind.ARRIVED, Kind.HIRED, Kind.LEFT})
# Few kinds and buyers at a time, so that rows meet others that matter to them.
_SUBJECTS = (
    [Kind.WON, Kind.ONBOARDED, Kind.CHURNED, Kind.RE_EXPLAINED],
    [Kind.CUSTOMER, Kind.WON, Kind.EXPANDED, Kind.CONTRACTED, Kind.CHURNED],
    [Kind.QUALIFIED, Kind.MET, Kind.WON, Kind.LOST, Kind.STATUS],
    [Kind.RECYCLED, Kind.VISIT, Kind.QUALIFIED, Kind.WON, Kind.STATUS],
    _KINDS,
)


@st.composite
def a_journal(draw: st.DrawFn) -> Journal:
    """Rows of all kinds at quarters of days (their sums are exact), in no sensible order."""
    horizon = draw(st.sampled_from([10.0, 50.0, 130.0, 240.0, 250.5, 480.0]))
    facts = replace(
        FACTS,
        horizon_days=horizon,
        warm_up_days=draw(st.sampled_from([0.0, 3.0, 20.0, 30.5, 60.0, 500.0])),
        subscription=draw(st.booleans()),
    )
    share = st.integers(0, 8).map(lambda eighths: eighths / 8.0)

    def until(time: float) -> float:
        return math.floor(4.0 * time * draw(share)) / 4.0

    rows: list[tuple[float, ...]] = [
        # Deal sizes are known from the arrival on.
        (0.0, Kind.ARRIVED, buyer, -1, -1, 0, 0.0, float(draw(st.integers(1, 90))))
        for buyer in _BUYERS
    ]
    for person in range(3):  # in two teams, one after the other
        first, left, second = sorted(until(horizon) for _ in range(3))
        for time, kind in ((first, Kind.HIRED), (left, Kind.LEFT), (second, Kind.HIRED)):
            team = draw(st.integers(0, 5))
            rows.append((time, kind, -1, person, team, 0, 100.0, 1.0, 0.3))
    kinds = draw(st.sampled_from(_SUBJECTS))
    buyers = draw(st.sampled_from([_BUYERS[:1], _BUYERS]))
    for kind in draw(st.lists(st.sampled_from(kinds), max_size=40)):
        time = horizon if kind in (Kind.STATUS, Kind.UNFINISHED) else until(horizon)
        code = draw(st.integers(0, 3))
        began = until(time)
        a, b, c = (float(draw(st.integers(0, 50))) for _ in range(3))
        if kind == Kind.UNFINISHED:
            code = draw(st.sampled_from([Work.MEETING, Work.CLAIM]))
        if kind in (Kind.VISIT, Kind.UNFINISHED):
            a, b = until(began), began
        elif kind in (Kind.ABANDONED, Kind.ANSWERED):
            a = began
        elif kind == Kind.QUALIFIED:
            code, c = Qualification.BOOKED, float(draw(st.booleans()))
        elif kind == Kind.WON:
            code = draw(st.sampled_from(list(Origin)))
        elif kind == Kind.STATUS:
            code = draw(st.sampled_from(list(Status)))
        person = draw(st.integers(-1, 3))
        if kind == Kind.UNFINISHED and person == NONE:
            b = NAN
        buyer = NONE if kind == Kind.SPENT else draw(st.sampled_from(buyers))
        rows.append((time, kind, buyer, person, draw(st.integers(0, 3)), code, a, b, c))
    return journal(facts, rows)


@settings(deadline=None, max_examples=200)
@given(a_journal())
def test_even_rows_in_no_sensible_order_are_counted_as_in_the_journal(written: Journal) -> None:
    assert same(tallied(written.facts, placed_rows(written)), measure(written).totals)
