"""The life of a buyer is told whole, in words, with the truth marked apart."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest

from simulator.errors import ScenarioError
from simulator.organization.journal import (
    NONE,
    ChurnCause,
    ClaimCause,
    Facts,
    Journal,
    JournalWriter,
    Kind,
    Meeting,
    Obstacle,
    Origin,
    Qualification,
    Reason,
    Screening,
    Status,
    Team,
    TrustCause,
    Work,
)
from simulator.organization.simulation import run
from simulator.presentation import story
from simulator.presentation.figures import moment
from simulator.presentation.sentences import TELLERS
from simulator.presentation.story_rows import TRUTH
from simulator.scenario import Scenario

FACTS = Facts(
    scenario="told",
    seed=1,
    replication=0,
    horizon_days=60.0,
    warm_up_days=0.0,
    currency="JPY",
    subscription=True,
    gross_margin=0.7,
    quota_per_month=1.0,
    claim_due_days=2.0,
    onboarding_due_days=10.0,
    channels=("website", *[""] * 12, "parked earlier", "open at start", "customers at start"),
)


@pytest.fixture(scope="module")
def journal() -> Journal:
    scenario = Scenario()
    months = scenario.horizon.model_copy(update={"months": 8.0, "warm_up_months": 0.0})
    return run(scenario.model_copy(update={"horizon": months}), 1, 0, "base")


def written(*rows: dict[str, float]) -> Journal:
    writer = JournalWriter()
    for row in rows:
        writer.emit(**{"buyer": 0, **row})  # type: ignore[arg-type]
    return writer.finish(FACTS)


def text(journal: Journal, buyer: int) -> str:
    return "\n".join(f"{line.who}: {line.text}" for line in story.tell(journal, buyer))


def test_every_kind_of_row_that_concerns_buyers_has_its_sentence() -> None:
    assert set(TELLERS) == set(Kind) - story.NO_BUYER


def test_the_kinds_without_a_sentence_never_name_a_buyer(journal: Journal) -> None:
    rows = journal.where(*story.NO_BUYER)
    assert len(rows)
    assert (journal.buyer[rows] == NONE).all()


def test_every_row_of_a_real_run_is_told_without_gaps(journal: Journal) -> None:
    buyers = np.unique(journal.buyer[journal.buyer != NONE])
    for buyer in buyers[:: max(1, len(buyers) // 300)].tolist():
        told = text(journal, buyer)
        assert told
        assert not re.search(r"\bnan\b|\binf\b|\bNone\b|person -", told), told


CODES = [
    (Kind.OBSTACLE, Obstacle),
    (Kind.VISIT, Work),
    (Kind.ABANDONED, Work),
    (Kind.SCREENED, Screening),
    (Kind.QUALIFIED, Qualification),
    (Kind.MET, Meeting),
    (Kind.WON, Origin),
    (Kind.LOST, Reason),
    (Kind.TRUST, TrustCause),
    (Kind.PARKED, Reason),
    (Kind.RECYCLED, Reason),
    (Kind.GONE, Reason),
    (Kind.CLAIMED, ClaimCause),
    (Kind.CHURNED, ChurnCause),
    (Kind.UNFINISHED, Work),
    (Kind.STATUS, Status),
]


@pytest.mark.parametrize(("kind", "codes"), CODES)
def test_every_code_of_every_kind_can_be_told(kind: Kind, codes: type) -> None:
    for code in codes:  # type: ignore[attr-defined]
        journal = written(
            {"time": 1.0, "kind": kind, "person": 8, "team": 1, "code": code,
             "a": 0.5, "b": 0.6, "c": 0.7}
        )  # fmt: skip
        assert len(text(journal, 0)) > 10


def test_times_are_told_as_month_and_day_with_the_last_instant_on_the_last_day() -> None:
    journal = written(
        {"time": 51.9, "kind": Kind.EXPANDED, "a": 1.0, "b": 2.0},
        {"time": 60.0, "kind": Kind.STATUS, "code": Status.CUSTOMER, "a": 2.0},
    )
    assert [moment(line.day) for line in story.tell(journal, 0)] == [
        "month 3, day 12",
        "month 3, day 20",
    ]


def test_the_true_reason_of_a_loss_is_marked_apart_from_the_recorded_one() -> None:
    lost = {"time": 1.0, "kind": Kind.LOST, "team": Team.FIELD_SALES, "code": Reason.NO_BUDGET}
    hidden = story.tell(written({**lost, "a": Reason.UNKNOWN, "b": 5.0}), 0)
    assert [(line.who, line.text) for line in hidden] == [
        ("Field sales", "lost; no reason is recorded"),
        ("truth", "the true reason: no budget"),
    ]
    seen = story.tell(written({**lost, "a": Reason.NO_BUDGET, "b": 5.0}), 0)
    assert [line.text for line in seen] == ["lost; recorded reason: no budget"]


def test_what_departments_cannot_know_is_told_as_truth_only(journal: Journal) -> None:
    buyer = story.choose(journal, "first-won")
    for line in story.tell(journal, buyer):
        if "standard deviations" in line.text or "trust falls" in line.text:
            assert line.who == TRUTH


def test_monthly_health_is_told_together_until_something_happens() -> None:
    health = {"kind": Kind.HEALTH, "team": Team.CUSTOMER_SUCCESS, "b": 5.0, "c": 20.0}
    journal = written(
        {"time": 20.0, "a": 80.0, **health},
        {"time": 40.0, "a": 60.0, **health},
        {"time": 41.0, "kind": Kind.CHURNED, "code": ChurnCause.BASE, "a": 5.0, "b": 41.0},
    )
    told = [line.text for line in story.tell(journal, 0)]
    assert told[0] == "health 80 to 60 of 100 over 2 monthly readings, paying 5 JPY a month"
    assert told[1].startswith("leaves after 41.0 days")


def test_a_buyer_that_nobody_remembers_is_told_as_such() -> None:
    journal = written(
        {"time": 1.0, "kind": Kind.PARKED, "team": 1, "code": 0, "a": math.inf, "b": 1.0}
    )
    assert "truth: nobody will think of it again" in text(journal, 0)


def test_an_unknown_buyer_is_refused_with_numbers_near_it(journal: Journal) -> None:
    with pytest.raises(ScenarioError) as error:
        story.choose(journal, "10000000")
    said = str(error.value)
    assert "no such buyer in this run; near it: " in said
    assert "16 x its place in its channel" in said
    assert "first-won" in said
    near = re.findall(r"near it: ([0-9]+)", said)
    assert story.choose(journal, near[0]) == int(near[0])


@pytest.mark.parametrize("wish", ["x", "-1", "", "1.5", "１", "9" * 30, "first"])
def test_what_can_be_no_buyer_is_refused_before_a_run(wish: str) -> None:
    with pytest.raises(ScenarioError, match="must be a buyer's number"):
        story.check_wish(wish)


@pytest.mark.parametrize("wish", story.CHOICES)
def test_conveniences_find_what_they_say(journal: Journal, wish: str) -> None:
    buyer = story.choose(journal, wish)
    told = text(journal, buyer)
    assert {"first-won": "signs:", "first-lost": "lost;", "most-recycled": "brings it back"}[
        wish
    ] in told


@pytest.mark.parametrize("wish", story.CHOICES)
def test_conveniences_that_find_nobody_say_so(wish: str) -> None:
    journal = written({"time": 0.0, "kind": Kind.ARRIVED, "a": 0.0, "b": 1.0})
    with pytest.raises(ScenarioError, match="no buyer of this run is"):
        story.choose(journal, wish)
