"""Where buyers go: every buyer that came to a place went on or is still there."""

from __future__ import annotations

import csv
import hashlib
import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conftest import changed_scenario
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simulator.engine import run
from simulator.errors import ScenarioError
from simulator.experiment.execution import Outcome, run_and_measure
from simulator.experiment.replications import Results, replicate
from simulator.experiment.store import RunFolder, Study
from simulator.metrics import measure
from simulator.metrics.periods import Periods
from simulator.metrics.rows import Book
from simulator.metrics.transitions import PLACES, STATUS_OF, Place, moves, transitions
from simulator.organization.journal import (
    LOADED_SLOT,
    SLOTS,
    Facts,
    Journal,
    JournalWriter,
    Kind,
    Origin,
    Qualification,
    Reason,
    Screening,
    Status,
    Team,
    Work,
)
from simulator.presentation.files import write_results
from simulator.scenario import load_scenario, shipped_scenarios
from simulator.scenario.schema import Scenario

SHIPPED = list(shipped_scenarios())
PASSES_THROUGH = [place for place in Place if place in STATUS_OF]


def journal_of(scenario: Scenario, months: float, warm_up: float, seed: int = 3) -> Journal:
    changes = {"horizon.months": months, "horizon.warm_up_months": warm_up}
    return run(changed_scenario(scenario, changes), seed, 0)


def table_of(journal: Journal) -> pd.DataFrame:
    return pd.DataFrame(transitions(Book(journal), Periods.of(journal.facts)))


def status_of(journal: Journal) -> dict[int, tuple[int, float]]:
    """Status and MRR of every buyer at the horizon."""
    rows = journal.where(Kind.STATUS)
    return {
        int(journal.buyer[row]): (int(journal.code[row]), float(journal.a[row])) for row in rows
    }


def total(table: pd.DataFrame, column: str = "buyers", **place: str) -> float:
    chosen = np.ones(len(table), dtype=np.bool_)
    for key, value in place.items():
        chosen &= (table[key] == value).to_numpy()
    return float(table[column][chosen].sum())


def assert_balanced(journal: Journal) -> None:
    """Hold the table against the status rows: place by place, buyers and MRR."""
    table, status = table_of(journal), status_of(journal)
    for place in PASSES_THROUGH:
        name = place.name.lower()
        inside = total(table, to_place=name) - total(table, from_place=name)
        stated = sum(code == STATUS_OF[place] for code, _ in status.values())
        assert inside == stated, name
    if journal.facts.subscription:
        customers = "customer_success"
        inside = total(table, "amount", to_place=customers)
        inside -= total(table, "amount", from_place=customers)
        paid = sum(mrr for code, mrr in status.values() if code == Status.CUSTOMER)
        assert inside == pytest.approx(paid, abs=1e-6)


# ------------------------------------------------------------------ all scenarios


@pytest.mark.parametrize("warm_up", [0.0, 1.3])
@pytest.mark.parametrize("name", SHIPPED)
def test_every_buyer_of_a_shipped_scenario_ends_where_its_status_says(
    name: str, warm_up: float
) -> None:
    journal = journal_of(load_scenario(shipped_scenarios()[name]).scenario, 2.5, warm_up)
    assert_balanced(journal)
    book, status = Book(journal), status_of(journal)
    every = moves(book)
    ends = {
        int(book.buyers[buyer]): int(place)
        for buyer, place in zip(every.buyer, every.after, strict=True)
    }
    assert ends.keys() == status.keys()
    for buyer, place in ends.items():
        assert STATUS_OF[Place(place)] == status[buyer][0], buyer
    # Times of a buyer never go back, and it leaves from where it was.
    same = every.buyer[1:] == every.buyer[:-1]
    assert (np.diff(every.time)[same] >= 0.0).all()
    assert (every.before[1:][same] == every.after[:-1][same]).all()


def test_shipped_scenarios_are_of_both_kinds() -> None:
    kinds = {load_scenario(path).scenario.sale for path in shipped_scenarios().values()}
    assert kinds == {"subscription", "one_off"}


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    months=st.floats(0.0, 4.0),
    share=st.floats(0.0, 1.0),
    mode=st.sampled_from(["systematic", "discretionary", "none"]),
    sale=st.sampled_from(["subscription", "one_off"]),
    rounds=st.integers(0, 3),
    customers=st.integers(0, 60),
    seed=st.integers(0, 1000),
)
def test_any_company_balances(
    small: Scenario,
    months: float,
    share: float,
    mode: str,
    sale: str,
    rounds: int,
    customers: int,
    seed: int,
) -> None:
    soon = {"law": "exponential", "unit": "days", "mean": 10.0}  # so that loops close in time
    scenario = changed_scenario(
        small,
        {
            "sale": sale,
            "recycling.mode": mode,
            "recycling.untimed": soon,
            "recycling.win_back_wait": soon,
            "work.marketing.nurture_wait": soon,
            "work.marketing.nurture_rounds": rounds,
            "start.customers": customers,
        },
    )
    assert_balanced(journal_of(scenario, months, share * months, seed))


# ------------------------------------------------------------------ against other numbers


@pytest.fixture(scope="module")
def busy() -> Journal:
    return journal_of(load_scenario("divisional").scenario, 14.0, 2.0)


@pytest.mark.parametrize(
    ("way", "metric", "column"),
    [
        ([("marketing", "inside_sales")], "mql_count", "buyers"),
        ([("inside_sales", "field_sales")], "sql_count", "buyers"),
        ([("field_sales", "customer_success")], "wins", "buyers"),
        ([("field_sales", "customer_success")], "bookings", "amount"),
        ([("customer_success", "former")], "customer_success.lost", "buyers"),
        ([("customer_success", "former")], "mrr_churned", "amount"),
        ([("expansion", "customer_success")], "mrr_expansion", "amount"),
        ([("customer_success", "contraction")], "mrr_contraction", "amount"),
        ([("inquiries", "marketing")], "inquiries", "buyers"),
        (
            [
                ("parked", "marketing"),
                ("parked", "inside_sales"),
                ("former", "inside_sales"),
            ],
            "recycled_buyers",
            "buyers",
        ),
    ],
)
def test_moves_are_the_numbers_of_the_registry_month_by_month(
    busy: Journal, way: list[tuple[str, str]], metric: str, column: str
) -> None:
    table, found = table_of(busy), measure(busy)
    monthly = found.monthly[found.monthly["metric"] == metric].set_index("period")["value"]
    moved = pd.Series(0.0, index=monthly.index)
    for source, target in way:
        rows = table[(table["from_place"] == source) & (table["to_place"] == target)]
        moved = moved.add(rows.set_index("period")[column], fill_value=0.0)
    assert moved[3:].to_numpy() == pytest.approx(monthly[3:].to_numpy(), abs=1e-6)
    assert (moved[:2] == 0.0).all()  # the warm-up is not counted
    assert moved.sum() == pytest.approx(found.totals[metric], abs=1e-6)
    assert moved.sum() > 0.0


def test_whoever_is_there_after_the_warm_up_comes_from_the_start(busy: Journal) -> None:
    table = table_of(busy)
    until = run(
        changed_scenario(load_scenario("divisional").scenario, {"horizon.months": 2.0}), 3, 0
    )
    earlier = status_of(until)
    start = table[table["from_place"] == "start"]
    assert set(start["period"]) == {0}
    for place in PASSES_THROUGH:
        stated = sum(code == STATUS_OF[place] for code, _ in earlier.values())
        assert total(start, to_place=place.name.lower()) == stated, place
    assert set(table["period"][table["from_place"] != "start"]) == set(range(3, 15))


# ------------------------------------------------------------------ by hand


def by_hand() -> Journal:
    """One buyer rests, is parked, comes back, buys, grows, leaves and comes back once more."""
    writer = JournalWriter()
    emit, buyer = writer.emit, 16
    marketing, inside, field = Team.MARKETING, Team.INSIDE_SALES, Team.FIELD_SALES
    emit(1.0, Kind.ARRIVED, buyer, code=0, a=0.0, b=100.0)
    emit(2.0, Kind.VISIT, buyer, 1, marketing, Work.SCREENING, 1.0, 1.5, 1.0)
    emit(2.0, Kind.SCREENED, buyer, 1, marketing, Screening.NURTURED, 0.0, 1.0)
    emit(23.0, Kind.VISIT, buyer, 1, marketing, Work.NURTURING, 20.0, 22.0, 1.0)  # waited from 20
    emit(23.0, Kind.SCREENED, buyer, 1, marketing, Screening.MQL, 1.0, 1.0)
    emit(25.0, Kind.LOST, buyer, 2, inside, Reason.UNREACHED, 0.0, 100.0)
    emit(25.0, Kind.PARKED, buyer, team=marketing, code=Reason.UNREACHED, a=30.0, b=6.0)
    emit(30.0, Kind.RECYCLED, buyer, team=marketing, code=Reason.UNREACHED, a=1.0)
    emit(31.0, Kind.VISIT, buyer, 1, marketing, Work.NURTURING, 30.0, 30.5, 1.0)
    emit(31.0, Kind.SCREENED, buyer, 1, marketing, Screening.MQL, 1.0, 1.0)
    emit(40.0, Kind.QUALIFIED, buyer, 2, inside, Qualification.BOOKED, 0.5, 0.1, 1.0)
    emit(41.0, Kind.WON, buyer, 3, field, Origin.RECYCLED, 100.0, 0.0, 1.0)
    emit(45.0, Kind.EXPANDED, buyer, a=40.0, b=140.0)
    emit(50.0, Kind.CONTRACTED, buyer, a=10.0, b=130.0)
    emit(55.0, Kind.CHURNED, buyer, code=0, a=130.0, b=14.0)
    emit(55.0, Kind.PARKED, buyer, team=inside, code=Reason.LEFT_AS_CUSTOMER, a=59.0, b=12.0)
    emit(59.0, Kind.RECYCLED, buyer, team=inside, code=Reason.LEFT_AS_CUSTOMER, a=2.0)
    emit(60.0, Kind.UNFINISHED, buyer, team=inside, code=Work.RECONTACTING, a=59.0)
    emit(60.0, Kind.STATUS, buyer, code=Status.IN_INSIDE_SALES, a=0.0)
    return writer.finish(
        Facts("by hand", 1, 0, 60.0, 0.0, "JPY", True, 0.8, 100.0, 2.0, 10.0, ("web",))
    )


def rows_of(journal: Journal) -> set[tuple[str, str, int, int, float]]:
    table = table_of(journal)
    columns = ["from_place", "to_place", "period", "buyers", "amount"]
    return set(table[columns].itertuples(index=False, name=None))


def test_a_life_is_told_move_by_move() -> None:
    assert rows_of(by_hand()) == {
        ("inquiries", "marketing", 1, 1, 100.0),
        ("marketing", "nurture", 1, 1, 100.0),
        ("nurture", "marketing", 1, 1, 100.0),  # when it queued again: day 20 is month 1
        ("marketing", "inside_sales", 2, 2, 200.0),
        ("inside_sales", "parked", 2, 1, 100.0),
        ("parked", "marketing", 2, 1, 100.0),
        ("inside_sales", "field_sales", 2, 1, 100.0),
        ("field_sales", "customer_success", 3, 1, 100.0),
        ("expansion", "customer_success", 3, 0, 40.0),
        ("customer_success", "contraction", 3, 0, 10.0),
        ("customer_success", "former", 3, 1, 130.0),
        ("former", "contraction", 3, 0, 30.0),  # back to what it would buy for
        ("former", "inside_sales", 3, 1, 100.0),
    }


def test_counting_begins_after_the_warm_up_with_what_is_there() -> None:
    journal = by_hand()
    late = replace(journal, facts=replace(journal.facts, warm_up_days=47.0))
    assert rows_of(late) == {
        ("start", "customer_success", 0, 1, 140.0),
        ("customer_success", "contraction", 3, 0, 10.0),
        ("customer_success", "former", 3, 1, 130.0),
        ("former", "contraction", 3, 0, 30.0),
        ("former", "inside_sales", 3, 1, 100.0),
    }


def test_who_was_parked_earlier_and_is_never_called_again_is_gone() -> None:
    writer = JournalWriter()
    buyer = SLOTS + LOADED_SLOT
    writer.emit(0.0, Kind.ARRIVED, buyer, code=LOADED_SLOT, a=0.0, b=50.0)
    writer.emit(30.0, Kind.STATUS, buyer, code=Status.GONE, a=0.0)
    journal = writer.finish(by_hand().facts)
    assert rows_of(journal) == {("start", "gone", 0, 1, 50.0)}


def test_a_run_without_buyers_has_an_empty_table_with_its_columns() -> None:
    journal = JournalWriter().finish(by_hand().facts)
    table = table_of(journal)
    assert list(table.columns) == ["from_place", "to_place", "period", "buyers", "amount"]
    assert table.empty
    none = replace(journal, facts=replace(journal.facts, horizon_days=0.0))
    assert table_of(none).empty


# ------------------------------------------------------------------ means, files, folders


def test_means_count_a_move_that_does_not_occur_as_nothing(small: Scenario) -> None:
    short = changed_scenario(small, {"horizon.months": 1.5})
    results = replicate(short, "small", seed=5, replications=3)
    keys = ["from_place", "to_place", "period"]
    every = pd.concat([one.transitions for one in results.measures])
    for column in ("buyers", "amount"):
        summed = every.groupby(keys)[column].sum() / 3.0
        found = results.transitions.set_index(keys)[column]
        assert len(found) == len(summed)
        assert found.to_dict() == pytest.approx(summed.to_dict())
    seldom = every.groupby(keys).size()
    assert seldom.min() < 3  # otherwise this test would show nothing
    order = [PLACES.index(place) for place in results.transitions["from_place"]]
    assert order == sorted(order)


def test_the_folder_of_results_lists_every_move(small: Scenario, tmp_path: Path) -> None:
    short = changed_scenario(small, {"horizon.months": 1.5})
    results = replicate(short, "=small", seed=5, replications=2)
    write_results(results, tmp_path, "0", ["themodel"])
    with (tmp_path / "transitions.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    for run_number, one in enumerate(results.measures):
        for metric, unit in (("buyers", "buyers"), ("amount", "JPY per month")):
            chosen = [
                row
                for row in rows
                if row["metric"] == metric and int(row["replication"]) == run_number
            ]
            assert sum(float(row["value"]) for row in chosen) == pytest.approx(
                float(one.transitions[metric].sum())
            )
            assert {row["unit"] for row in chosen} == {unit}
    assert {row["scenario"] for row in rows} == {"'=small"}
    assert "transitions.csv" in json.loads((tmp_path / "run.json").read_text())["files"]


@pytest.fixture(scope="module")
def outcome(small: Scenario) -> tuple[Scenario, Outcome]:
    short = changed_scenario(small, {"horizon.months": 1.5})
    return short, run_and_measure(short, "small", 7, 0)


def test_moves_come_back_from_a_folder_of_runs(
    outcome: tuple[Scenario, Outcome], tmp_path: Path
) -> None:
    scenario, kept = outcome
    study = Study("run", 7, {"small": scenario})
    RunFolder.open(tmp_path, study).keep(run_and_measure, scenario, "small", 0, kept)
    back = RunFolder.open(tmp_path, study, resume=True).get(run_and_measure, scenario, "small", 0)
    assert back is not None
    pd.testing.assert_frame_equal(
        back.measures.transitions, kept.measures.transitions, check_exact=True
    )
    again = Results.of(scenario, "small", 7, 1, {0: back})
    assert again.transitions["buyers"].sum() == kept.measures.transitions["buyers"].sum()


def test_a_kept_run_without_moves_is_refused_with_a_remedy(
    outcome: tuple[Scenario, Outcome], tmp_path: Path
) -> None:
    scenario, kept = outcome
    study = Study("run", 7, {"small": scenario})
    RunFolder.open(tmp_path, study).keep(run_and_measure, scenario, "small", 0, kept)
    (file,) = tmp_path.glob("runs/*/*/0.json")
    run_there = json.loads(file.read_text())["run"]
    del run_there["result"]["Outcome"]["measures"]["Measures"]["transitions"]
    body = json.dumps(run_there, separators=(",", ":"))
    checksum = hashlib.sha256(body.encode()).hexdigest()
    file.write_text(f'{{"sha256": "{checksum}", "run": {body}}}\n')
    with pytest.raises(ScenarioError, match="take it away to have it run again"):
        RunFolder.open(tmp_path, study, resume=True).get(run_and_measure, scenario, "small", 0)


def test_amounts_are_never_negative_or_missing(busy: Journal) -> None:
    table = table_of(busy)
    assert (table["amount"] >= 0.0).all()
    assert (table["buyers"] >= 0).all()
    assert not any(math.isnan(each) for each in table["amount"])
