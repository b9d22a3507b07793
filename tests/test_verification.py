"""The real engine, reduced by scenario settings, against queueing theory."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from simulator.organization.journal import Team
from simulator.organization.simulation import run
from simulator.reductions import Claim, Experiment, experiments
from simulator.scenario.schema import Horizon, Scenario
from simulator.verification import (
    Check,
    held_against,
    laws_of_any_queue,
    limit_for,
    replicate,
    verify,
)

REPLICATIONS = 12
# A third of the length and half the replications of `themodel verify`: 2.4 times its error.
SHORT = 0.35
PRECISION = 0.08
NAMES = ("M/M/1", "M/M/3", "M/M/4+M", "network with recycle loop")


def failing(experiment: Experiment, seed: int = 1) -> list[str]:
    figures = replicate(experiment, seed, REPLICATIONS)
    limit = limit_for(len(experiment.claims), REPLICATIONS)
    checks = [
        held_against(claim, seen, limit, PRECISION)
        for claim, seen in zip(experiment.claims, figures, strict=True)
    ]
    return [
        f"{check.name}: expected {check.expected:.4g}, simulated {check.simulated:.4g} "
        f"± {check.standard_error:.2g} (z = {check.z:.1f})"
        for check in checks
        if not check.passed
    ]


@pytest.mark.parametrize("which", range(len(NAMES)), ids=NAMES)
def test_the_reduced_engine_does_what_the_formulas_say(which: int) -> None:
    experiment = experiments(SHORT)[which]
    assert experiment.claims[0].name.startswith(NAMES[which])
    assert failing(experiment) == []


@pytest.mark.parametrize(
    ("which", "path", "factor"),
    [(0, "screening", 1.1), (2, "patience", 1.5)],
    ids=["service a tenth slower", "buyers half as patient again"],
)
def test_an_engine_that_is_a_little_wrong_is_found_out(
    which: int, path: str, factor: float
) -> None:
    experiment = experiments(SHORT)[which]
    scenario = experiment.scenario
    if path == "screening":
        marketing = scenario.work.marketing
        slower = marketing.screening.model_copy(update={"mean": 0.48 * factor})
        work = scenario.work.model_copy(
            update={"marketing": marketing.model_copy(update={"screening": slower})}
        )
        wrong = scenario.model_copy(update={"work": work})
    else:
        patience = scenario.market.patience_mean_days * factor
        market = scenario.market.model_copy(update={"patience_mean_days": patience})
        wrong = scenario.model_copy(update={"market": market})
    found = failing(replace(experiment, scenario=wrong))
    assert any("mean wait" in one for one in found)


def test_the_default_company_obeys_littles_law_at_every_queue_and_balances_its_books() -> None:
    journal = run(Scenario(horizon=Horizon(months=4.0)), 3)
    checks = list(laws_of_any_queue(journal))
    assert [check.name for check in checks if not check.passed] == []
    assert sum("mean queue is" in check.name for check in checks) == 4
    assert all(check.expected > 0.0 for check in checks[:4])


def test_a_figure_that_is_right_but_too_uncertain_does_not_pass() -> None:
    claim = Claim("anything", Team.MARKETING, "queue", 1.0, "")
    assert held_against(claim, [0.99, 1.0, 1.01], limit=4.0).passed
    assert not held_against(claim, [0.5, 1.0, 1.5], limit=4.0).passed


def test_a_figure_that_is_certain_but_wrong_does_not_pass() -> None:
    claim = Claim("anything", Team.MARKETING, "queue", 1.1, "")
    check = held_against(claim, [0.99, 1.0, 1.01], limit=4.0)
    assert not check.passed
    assert check.z == pytest.approx(-10.0 * math.sqrt(3.0))
    assert check.tolerance == pytest.approx(4.0 * check.standard_error)


def test_a_check_without_error_is_either_held_or_infinitely_wrong() -> None:
    assert Check("", 1.0, 1.0, 0.0, 0.0, True, "").z == 0.0
    assert Check("", 1.0, 2.0, 0.0, 0.0, False, "").z == math.inf


def test_the_more_claims_share_the_false_alarms_the_wider_each_limit() -> None:
    # Student's t with 24 - 1 degrees of freedom leaves 0.5 % above 2.807 (any table).
    assert limit_for(1, 24) == pytest.approx(2.807, abs=5e-4)
    assert limit_for(40, 24) > limit_for(1, 24)


def test_verify_reports_its_progress_and_every_claim_in_a_fixed_order() -> None:
    told: list[tuple[int, int]] = []
    checks = verify(2, lambda done, total: told.append((done, total)), replications=2, size=0.02)
    assert told == [(n, 9) for n in range(1, 10)]
    names = [claim.name for experiment in experiments() for claim in experiment.claims]
    assert [check.name for check in checks][: len(names)] == names
    assert len(checks) == len(names) + 5


def test_one_replication_has_no_standard_error_and_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 2"):
        verify(replications=1)
