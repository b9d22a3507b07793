"""What came in is somewhere, and money adds up, whatever happens."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from conftest import Change, Changes
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simulator.metrics import identities, measure
from simulator.organization.journal import (
    COLUMNS,
    DEPARTMENTS,
    Cost,
    Journal,
    Kind,
    Status,
    Team,
)
from simulator.organization.simulation import Organization, run
from simulator.scenario.behavior import Mechanisms
from simulator.scenario.loading import load_scenario, shipped_scenarios
from simulator.scenario.schema import Scenario

MOST_MONTHS = 6.0
SHIPPED = ["the defaults", *shipped_scenarios()]


def books(journal: Journal) -> tuple[dict[int, float], Counter[int]]:
    """Every customer's MRR and the number of buyers that came, read row by row."""
    mrr: dict[int, float] = {}
    came: Counter[int] = Counter()
    rows = zip(journal.kind.tolist(), journal.buyer.tolist(), journal.a.tolist(), strict=True)
    for kind, buyer, amount in rows:
        match kind:
            case Kind.ARRIVED:
                came[buyer] += 1
            case Kind.CUSTOMER | Kind.WON:
                assert buyer not in mrr, "sold to a customer"
                mrr[buyer] = amount
            case Kind.EXPANDED:
                mrr[buyer] += amount
            case Kind.CONTRACTED:
                mrr[buyer] -= amount
            case Kind.CHURNED:
                assert mrr.pop(buyer) == amount, "left with another MRR than it had"
    return mrr, came


def must_balance(journal: Journal) -> None:
    assert identities(journal) == []
    mrr, came = books(journal)
    assert set(came.values()) <= {1}
    rows = journal.where(Kind.STATUS)
    where = dict(zip(journal.buyer[rows].tolist(), journal.code[rows].tolist(), strict=True))
    assert len(where) == len(rows) == len(came)
    assert set(where) == set(came)
    measures = measure(journal)
    assert sum(measures.statuses.values()) == len(came)
    if journal.facts.subscription:
        assert {b for b, status in where.items() if status == Status.CUSTOMER} == set(mrr)
        bridge = measures.bridge
        if len(bridge):
            # Whole amounts of money: equal, not nearly equal.
            assert int(bridge["mrr_end"].iloc[-1]) == sum(mrr.values())


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_scenario_balances_its_books(name: str) -> None:
    scenario = Scenario() if name == "the defaults" else load_scenario(name).scenario
    horizon = scenario.horizon
    months = min(horizon.months, MOST_MONTHS)
    warm_up = min(horizon.warm_up_months, months / 2.0)
    shorter = horizon.model_copy(update={"months": months, "warm_up_months": warm_up})
    must_balance(run(scenario.model_copy(update={"horizon": shorter}), 11))


def without_row(journal: Journal, row: int) -> Journal:
    columns: dict[str, Any] = {name: np.delete(getattr(journal, name), row) for name in COLUMNS}
    return replace(journal, **columns)


@pytest.mark.parametrize(
    "kind",
    [
        Kind.STATUS, Kind.ARRIVED, Kind.WON, Kind.EXPANDED, Kind.CHURNED, Kind.HIRED,
        Kind.CUSTOMER,
    ],
)  # fmt: skip
def test_a_row_that_goes_missing_is_noticed(small: Scenario, kind: Kind) -> None:
    journal = run(small, 1)
    rows = journal.where(kind)
    # A hire is missed only if that person works: the first of customer success surely does.
    row = rows[journal.team[rows] == Team.CUSTOMER_SUCCESS][0] if kind == Kind.HIRED else rows[-1]
    assert identities(without_row(journal, int(row))) != []


@pytest.mark.parametrize(
    "changes",
    [
        {},
        # Owners leave, and what waited for them waits for others.
        {
            "teams.field_sales.people": 2, "rotation.every_days": 4.0, "horizon.months": 4.0,
            "work.inside_sales.agrees_intercept": 2.0, "market.patience_mean_days": 60.0,
        },
    ],
    ids=["as it is", "with people who change places"],
)  # fmt: skip
def test_the_queue_that_the_journal_implies_is_the_queue_that_was_there(
    small: Scenario, changed: Change, changes: Changes
) -> None:
    scenario = changed(small, changes)
    organization = Organization(scenario, 5, 0)
    organization.open()
    seen: list[tuple[float, int, int]] = []

    def look() -> Any:
        while True:
            # At odd moments, so that nothing else happens at the same time.
            yield organization.env.timeout(math.pi / 3.0)
            for desk in organization.departments:
                seen.append((organization.env.now, int(desk.team), len(desk.waiting())))

    organization.env.process(look())
    organization.run()
    # Somebody looking on changes nothing.
    journal = run(scenario, 5)
    looked_at = organization.writer.finish(journal.facts)
    assert looked_at.to_bytes() == journal.to_bytes()

    visits, gave_up = journal.where(Kind.VISIT), journal.where(Kind.ABANDONED)
    rest = journal.where(Kind.UNFINISHED)
    team = np.concatenate([journal.team[rows] for rows in (visits, gave_up, rest)])
    start = np.concatenate([journal.a[rows] for rows in (visits, gave_up, rest)])
    end = np.concatenate(
        [journal.b[visits], journal.time[gave_up], np.nan_to_num(journal.b[rest], nan=np.inf)]
    )
    total = 0
    for now, who, waiting in seen:
        assert np.count_nonzero((team == who) & (start < now) & (end > now)) == waiting
        total += waiting
    assert total > 100


def test_every_month_is_paid_for_the_last_one_too(small: Scenario, changed: Change) -> None:
    channels = small.market.channels.values()
    per_month = sum(channel.spend_per_month for channel in channels)
    for months in (0.3, 1.0, 2.0, 2.5):
        journal = run(changed(small, {"horizon.months": months}), 1)
        rows = journal.where(Kind.SPENT)
        rows = rows[journal.code[rows] == Cost.ADVERTISING]
        assert math.fsum(journal.a[rows]) == pytest.approx(per_month * months, rel=1e-12)


def test_no_warm_up_moves_a_row(small: Scenario, changed: Change) -> None:
    without = run(changed(small, {"horizon.months": 3.0}), 2)
    with_it = run(changed(small, {"horizon.months": 3.0, "horizon.warm_up_months": 1.0}), 2)
    assert with_it.to_bytes() == without.to_bytes()


def test_a_longer_run_begins_with_the_shorter_one(small: Scenario, changed: Change) -> None:
    short = run(changed(small, {"horizon.months": 2.0}), 3)
    long = run(changed(small, {"horizon.months": 3.0}), 3)
    closing = (Kind.STATUS, Kind.UNFINISHED, Kind.SPENT)
    # The books are closed at the horizon; until then the two are one story.
    kept = (short.time < 40.0) & ~np.isin(short.kind, closing)
    same = np.flatnonzero(kept)
    assert len(same) > 1000
    for name in COLUMNS:
        np.testing.assert_array_equal(getattr(short, name)[same], getattr(long, name)[same])


_SHARE = st.floats(0.0, 1.0)
_RANDOM = st.fixed_dictionaries(
    {
        "horizon.months": st.floats(0.1, 4.0),
        "sale": st.sampled_from(["subscription", "one_off"]),
        "start.loaded": st.booleans(),
        "market.arrivals.dispersion": st.floats(1.0, 4.0),
        "market.patience_mean_days": st.floats(0.5, 60.0),
        "market.window_mean_days": st.floats(1.0, 200.0),
        "market.contact_decay_per_month": _SHARE,
        **{f"teams.{Team(team).name.lower()}.people": st.integers(0, 4) for team in Team},
        **{f"teams.{Team(t).name.lower()}.cross_trained": _SHARE for t in DEPARTMENTS},
        "teams.field_sales.attrition_per_year": st.floats(0.0, 0.99),
        "teams.customer_success.time_to_fill_days": st.floats(0.0, 60.0),
        **{f"teams.{Team(t).name.lower()}.leave_per_year": st.floats(0.0, 0.99) for t in Team},
        **{f"teams.{Team(t).name.lower()}.leave_days": st.floats(0.1, 60.0) for t in DEPARTMENTS},
        "rotation.every_days": st.sampled_from([0.0, 0.5, 7.0]),
        "handoffs.medium": st.sampled_from(["spoken", "written", "one_system"]),
        "recycling.mode": st.sampled_from(["systematic", "discretionary", "none"]),
        "recycling.max_passes": st.integers(0, 5),
        "churn.contract_months": st.sampled_from([1, 3, 12]),
        "recovery.strong_share": _SHARE,
        "work.field_sales.meetings": st.integers(1, 4),
        "work.inside_sales.queue_rule": st.sampled_from(["oldest_first", "newest_first"]),
        "decisions.inside_sales.recycle_share": _SHARE,
        "decisions.field_sales.promise": _SHARE,
        "decisions.customer_success.proactive_share": _SHARE,
        **{f"ai.{Team(t).name.lower()}.active": st.booleans() for t in DEPARTMENTS},
        **{f"kpi.{Team(t).name.lower()}": _SHARE for t in DEPARTMENTS},
        **{f"mechanisms.{name}.strength": st.floats(0.0, 3.0) for name in Mechanisms.model_fields},
    }
)


@settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(changes=_RANDOM, seed=st.integers(0, 2**63 - 1))
def test_any_company_keeps_its_books(
    small: Scenario, changed: Change, changes: Changes, seed: int
) -> None:
    journal = run(changed(small, changes), seed)
    must_balance(journal)
    for team, stage in measure(journal).stages.items():
        waits = [stage[name] for name in ("wait_mean", "wait_p50", "wait_p90", "queue")]
        assert all(not wait < 0.0 for wait in waits), team
        assert not stage["utilization"] > 1.0 + 1e-9, team
