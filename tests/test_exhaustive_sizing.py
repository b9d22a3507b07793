"""Sizing ends where a search of every plan does: 2,000 runs of each, made once and kept on file."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from simulator.experiment.execution import Execution
from simulator.planning.cheapest import Rules
from simulator.planning.headcount import headcount_of
from simulator.planning.sizing import size
from simulator.planning.targets import read_target
from simulator.planning.trials import Trials
from simulator.scenario import load_scenario
from simulator.scenario.changing import changed
from simulator.scenario.schema import Scenario

EXHAUSTIVE = json.loads(
    (Path(__file__).parent / "exhaustive_sizing.json").read_text(encoding="utf-8")
)
COMPANIES: dict[str, Any] = EXHAUSTIVE["companies"]
SEEDS = 20
CONFIDENCE = 0.9
RULES = Rules()


def company_of(name: str) -> Scenario:
    return changed(load_scenario("base").scenario, COMPANIES[name]["changes"])


def limits_of(name: str) -> dict[str, int]:
    each = COMPANIES[name]
    return dict.fromkeys(each["teams"], int(each["most"]))


@pytest.mark.parametrize("name", list(COMPANIES))
def test_the_exhaustive_search_on_file_is_of_this_company(name: str) -> None:
    company, each = company_of(name), COMPANIES[name]
    headcount = headcount_of(company, teams=each["teams"], at_most=limits_of(name))
    targets = [read_target(text, company) for text in each["targets"]]
    trials = Trials(headcount.scenario, targets, (), EXHAUSTIVE["seed"], Execution())
    plans = each["plans"]
    assert len(plans) == math.prod(limits_of(name).values())
    for plan, met, first in plans[:: len(plans) // 3]:
        trials.try_out([tuple(plan)], range(EXHAUSTIVE["checked"]))
        assert int(trials.met(tuple(plan)).sum()) == first
        assert first <= met <= EXHAUSTIVE["replications"]


@pytest.mark.parametrize("name", list(COMPANIES))
def test_the_search_ends_where_the_exhaustive_search_does_or_within_the_zone(name: str) -> None:
    company, each = company_of(name), COMPANIES[name]
    headcount = headcount_of(company, teams=each["teams"], at_most=limits_of(name))
    known = {tuple(plan): met / EXHAUSTIVE["replications"] for plan, met, _ in each["plans"]}
    cost = headcount.cost
    best = min((plan for plan, p in known.items() if p >= CONFIDENCE), key=cost)
    surely = [plan for plan, p in known.items() if p >= CONFIDENCE + RULES.zone]
    dearest = min(map(cost, surely), default=math.inf) * (1.0 + RULES.cost_zone)
    # The exhaustive search is not exact, either.
    error = math.sqrt(CONFIDENCE * (1.0 - CONFIDENCE) / EXHAUSTIVE["replications"])
    right, wrong = 0, []
    for seed in range(1, SEEDS + 1):
        found = size(
            company, each["targets"], teams=each["teams"], at_most=limits_of(name), seed=seed,
            fresh=200,
        )  # fmt: skip
        plan = tuple(found.plan[team] for team in each["teams"])
        promised = known[plan] >= CONFIDENCE - RULES.zone - 2.0 * error
        same = plan == best or (promised and cost(plan) <= dearest)
        right += found.status == "met" and same
        if not same:
            wrong.append((seed, plan, known[plan], cost(plan) / cost(best)))
        assert found.evaluations <= len(known)
    assert right >= SEEDS - 1, wrong
