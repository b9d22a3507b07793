"""One seed, one story: nothing but what the organization does differs between scenarios."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
from conftest import Change, Changes

from simulator.experiment import Execution, replicate
from simulator.metrics import identities, measure
from simulator.organization import draws, policy, staffing
from simulator.organization.buyer import Buyer, Truth
from simulator.organization.journal import LOADED_SLOT, SLOTS, Journal, Kind, Team
from simulator.organization.simulation import run
from simulator.scenario.behavior import Mechanisms
from simulator.scenario.schema import Scenario

Address = tuple[int, int, int]

DEPARTMENTS = ("marketing", "inside_sales", "field_sales", "customer_success")

DIVISIONAL: Changes = {
    "decisions.marketing.mql_cutoff": -1.5,
    "decisions.inside_sales.booking_cutoff": 0.0,
    "decisions.inside_sales.discovery_depth": 0.1,
    "decisions.inside_sales.recycle_share": 0.0,
    "decisions.inside_sales.recording": 0.0,
    "decisions.field_sales.walk_away_cutoff": 0.0,
    "decisions.field_sales.promise": 0.9,
    "decisions.field_sales.recording": 0.0,
    "decisions.field_sales.record_loss_reason": 0.0,
    "decisions.customer_success.proactive_share": 0.0,
}


@contextmanager
def noted_draws(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[Address, float]]:
    """Note every random number that buyers and people ask for, by its address.

    However the engine gets at a number, it must be the one at that address.
    """
    noted: dict[Address, float] = {}
    original = Truth.draw

    def draw(truth: Truth, buyer: Buyer, decision: int) -> float:
        attempt = buyer.asked[decision]
        value = original(truth, buyer, decision)
        assert value == draws.uniform(truth._key, buyer.number, decision, attempt)
        noted[buyer.number, decision, attempt] = value
        return value

    def uniform(key: int, who: int, decision: int, attempt: int) -> float:
        value = draws.uniform(key, who, decision, attempt)
        noted[who, decision, attempt] = value
        return value

    with monkeypatch.context() as patch:
        patch.setattr(Truth, "draw", draw)
        for module in (staffing, policy):
            patch.setattr(module, "uniform", uniform)
        yield noted
    assert len(noted) > 1000, "the engine asks somewhere else"


def truths(journal: Journal) -> dict[int, tuple[Any, ...]]:
    """What is true of every buyer when it arrives."""
    found: dict[int, tuple[Any, ...]] = {}
    for row in journal.where(Kind.ARRIVED).tolist():
        buyer = int(journal.buyer[row])
        # The row after it is the buyer's obstacle.
        assert journal.kind[row + 1] == Kind.OBSTACLE
        assert journal.buyer[row + 1] == buyer
        found[buyer] = (
            float(journal.time[row]),
            int(journal.code[row]),
            float(journal.a[row]),
            float(journal.b[row]),
            int(journal.code[row + 1]),
            float(journal.a[row + 1]),
            float(journal.b[row + 1]),
        )
    return found


def same_where_both(first: dict[Any, Any], second: dict[Any, Any]) -> int:
    """Assert equality of what both hold, and return how much that is."""
    common = first.keys() & second.keys()
    assert {key for key in common if first[key] != second[key]} == set()
    return len(common)


def test_the_same_arguments_give_the_same_journal_byte_for_byte(small: Scenario) -> None:
    first, again = run(small, 3, 4), run(small, 3, 4)
    assert first.to_bytes() == again.to_bytes()
    assert run(small, 4, 4).to_bytes() != first.to_bytes()
    assert run(small, 3, 5).to_bytes() != first.to_bytes()


def test_the_order_of_hashes_in_a_process_changes_nothing() -> None:
    program = (
        "import hashlib; from simulator.organization.simulation import run;"
        "from simulator.scenario.schema import Horizon, Scenario;"
        "journal = run(Scenario(horizon=Horizon(months=0.5)), 9, 2);"
        "print(len(journal), hashlib.sha256(journal.to_bytes()).hexdigest())"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "4242")
    }
    (only,) = said
    assert int(only.split()[0]) > 1000


def test_a_replication_alone_is_the_same_as_among_many(small: Scenario, changed: Change) -> None:
    scenario = changed(small, {"horizon.months": 1.0})
    among = [hashlib.sha256(run(scenario, 6, r).to_bytes()).digest() for r in range(4)]
    assert len(set(among)) == 4
    assert hashlib.sha256(run(scenario, 6, 2).to_bytes()).digest() == among[2]


def test_replications_measured_together_are_those_measured_alone(
    small: Scenario, changed: Change
) -> None:
    scenario = changed(small, {"horizon.months": 1.0})
    with ThreadPoolExecutor(2) as executor:
        together = replicate(scenario, seed=6, replications=3, workers=Execution(executor=executor))
    for replication in range(3):
        alone = measure(run(scenario, 6, replication)).totals
        np.testing.assert_equal(together.measures[replication].totals, alone)


def test_measuring_and_tracing_change_nothing(small: Scenario) -> None:
    journal = run(small, 8)
    before = journal.to_bytes()
    measure(journal)
    identities(journal)
    for buyer in (0, 1, 16):
        list(journal.of_buyer(buyer))
    assert journal.to_bytes() == before
    assert run(small, 8).to_bytes() == before


def test_two_runs_at_once_do_not_disturb_each_other(small: Scenario, changed: Change) -> None:
    scenario = changed(small, {"horizon.months": 1.0})
    alone = [run(scenario, 6, r).to_bytes() for r in range(2)]
    with ThreadPoolExecutor(2) as executor:
        at_once = list(executor.map(lambda r: run(scenario, 6, r).to_bytes(), range(2)))
    assert at_once == alone


@pytest.mark.parametrize("more", ["start.parked", "start.opportunities", "start.customers"])
def test_one_extra_buyer_leaves_every_other_buyer_and_all_luck_untouched(
    small: Scenario, changed: Change, monkeypatch: pytest.MonkeyPatch, more: str
) -> None:
    name = more.rpartition(".")[2]
    extra = changed(small, {more: getattr(small.start, name) + 1})
    with noted_draws(monkeypatch) as luck:
        without = truths(run(small, 12))
    with noted_draws(monkeypatch) as luck_with:
        with_it = truths(run(extra, 12))
    (added,) = with_it.keys() - without.keys()
    slot = LOADED_SLOT + ("parked", "opportunities", "customers").index(name)
    assert added == SLOTS * getattr(small.start, name) + slot
    assert without.keys() <= with_it.keys()
    assert same_where_both(without, with_it) == len(without)
    assert same_where_both(luck, luck_with) > 0.9 * len(luck)


def test_one_extra_inquiry_leaves_every_other_buyer_and_all_luck_untouched(
    small: Scenario, changed: Change, monkeypatch: pytest.MonkeyPatch
) -> None:
    # An over-dispersed market is lively as a whole: its size sets how much days differ. And what
    # a loaded company begins with follows from its channels. Neither is about single buyers.
    alone = changed(small, {"market.arrivals.dispersion": 1.0, "start.loaded": False})
    channel = {**alone.market.channels["website"].model_dump(), "leads_per_day": 0.02}
    more = changed(alone, {"market.channels.neighbor": channel})
    with noted_draws(monkeypatch) as luck:
        without = truths(run(alone, 12))
    with noted_draws(monkeypatch) as luck_with:
        with_it = truths(run(more, 12))
    added = with_it.keys() - without.keys()
    assert 1 <= len(added) <= 5
    assert {buyer % SLOTS for buyer in added} == {len(alone.market.channels)}
    assert same_where_both(without, with_it) == len(without)
    assert same_where_both(luck, luck_with) > 0.9 * len(luck)


def test_in_a_lively_market_an_extra_channel_moves_days_but_no_buyers_nature(
    small: Scenario, changed: Change
) -> None:
    channel = {**small.market.channels["website"].model_dump(), "leads_per_day": 0.5}
    empty = changed(small, {"start.loaded": False})
    more = changed(empty, {"market.channels.neighbor": channel})
    nature = [
        {buyer: (one[1], one[2], one[3], one[4]) for buyer, one in truths(run(s, 12)).items()}
        for s in (empty, more)
    ]
    assert same_where_both(*nature) > 500


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("decisions.customer_success.proactive_share", 0.9),
        ("decisions.customer_success.proactive_share", 0.0),
    ],
)
def test_a_decision_in_customer_success_leaves_everybody_before_it_untouched(
    small: Scenario,
    changed: Change,
    monkeypatch: pytest.MonkeyPatch,
    path: str,
    value: float,
) -> None:
    # Without win-back, nothing that customer success does comes back to the others.
    one_way = changed(small, {"recycling.mode": "none"})
    with noted_draws(monkeypatch) as luck:
        before = run(one_way, 12)
    with noted_draws(monkeypatch) as luck_after:
        after = run(changed(one_way, {path: value}), 12)
    assert after.to_bytes() != before.to_bytes()
    assert same_where_both(truths(before), truths(after)) == len(truths(before))
    assert same_where_both(luck, luck_after) > 0.9 * len(luck)
    earlier = (Team.MARKETING, Team.INSIDE_SALES, Team.FIELD_SALES)
    for team in earlier:
        columns = [
            [getattr(journal, name)[journal.team == team] for name in ("time", "kind", "a", "b")]
            for journal in (before, after)
        ]
        assert len(columns[0][0]) > 100
        for first, second in zip(*columns, strict=True):
            np.testing.assert_array_equal(first, second)


def test_every_buyer_is_the_same_whatever_the_organization_decides(
    small: Scenario, changed: Change, monkeypatch: pytest.MonkeyPatch
) -> None:
    divisional = changed(small, {**DIVISIONAL, **{f"kpi.{name}": 0.0 for name in DEPARTMENTS}})
    shared = changed(small, {f"kpi.{name}": 1.0 for name in DEPARTMENTS})
    with noted_draws(monkeypatch) as luck:
        first = run(divisional, 13)
    with noted_draws(monkeypatch) as luck_shared:
        second = run(shared, 13)
    assert truths(first) == truths(second)
    assert same_where_both(luck, luck_shared) > 0.3 * len(luck)
    assert (np.bincount(first.kind) != np.bincount(second.kind)).sum() > 10


@pytest.mark.parametrize("name", list(Mechanisms.model_fields))
def test_a_mechanism_switched_off_leaves_every_buyer_the_same(
    small: Scenario, changed: Change, name: str
) -> None:
    shorter = changed(small, {"horizon.months": 1.0})
    off = changed(shorter, {f"mechanisms.{name}.active": False})
    assert truths(run(shorter, 14)) == truths(run(off, 14))


def test_the_same_person_joins_whoever_leaves(small: Scenario, changed: Change) -> None:
    def skills(scenario: Scenario) -> dict[int, float]:
        journal = run(scenario, 15)
        rows = journal.where(Kind.HIRED)
        return dict(zip(journal.person[rows].tolist(), journal.b[rows].tolist(), strict=True))

    usual = skills(small)
    crowded = skills(changed(small, {"teams.field_sales.people": 6, "start.parked": 10}))
    restless = skills(changed(small, {"teams.field_sales.attrition_per_year": 0.9}))
    assert len(crowded) > len(usual)
    assert same_where_both(usual, crowded) == len(usual)
    assert same_where_both(usual, restless) >= 7


def test_attempts_are_numbered_without_gaps(
    small: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A gap would mean that a number was drawn and thrown away, so that stories could shift."""
    with noted_draws(monkeypatch) as luck:
        run(small, 12)
    attempts: dict[tuple[int, int], list[int]] = {}
    for who, decision, attempt in luck:
        if who < 1 << 38:
            attempts.setdefault((who, decision), []).append(attempt)
    assert all(max(asked) == len(asked) - 1 for asked in attempts.values())
