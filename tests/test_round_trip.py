"""What a run was made of is found again from what its CRM shows, within the intervals stated.

One search takes some ten seconds, so a hundred of them are a study (docs/round_trip.py) and not a
test. Here three whole searches are made through files, and for a hundred histories the last step
of a search: by the same rule and with the same errors, from slopes taken once.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

sys.path.insert(0, str(Path(__file__).parents[1] / "docs"))

from round_trip import (
    CASES,
    NUMBERS,
    STARTS,
    TRUNCATED,
    block,
    company,
    estimates_of,
    lines_of,
    through_files,
)

from simulator.calibration import funnel_fit
from simulator.calibration.arrivals import fit_arrivals
from simulator.calibration.conversion import convert
from simulator.calibration.customers import fit_churn, fit_deals
from simulator.calibration.estimates import Estimate, back, keyed, onto
from simulator.calibration.fitting import calibrate
from simulator.calibration.funnel_fit import HISTORIES, Plan, figures, ordered, plan_of
from simulator.calibration.losses import fit_losses
from simulator.calibration.matching import Weighing, errors_of_figures, slopes_at, valued
from simulator.calibration.records import NONE, Outcome, Records
from simulator.calibration.twin import Twin
from simulator.calibration.witnessed import records_of
from simulator.engine import run
from simulator.experiment.execution import Execution, execute
from simulator.scenario.changing import value_of
from simulator.scenario.schema import Scenario

Floats = NDArray[np.float64]

SEED = 4_321
REPETITIONS = 100
RUNS = 16
"""Behind what runs show near the truth."""
AGES = {"whole": 430.0, "cut": 200.0, "open": 430.0, "truncated": 430.0}
"""To which conversion is told, business days."""
LEAST_HELD = int(stats.binom.ppf(1e-4, REPETITIONS, 0.95))
"""Fewer hits than this in a hundred happen to an honest interval once in ten thousand."""


# ------------------------------------------------------------------ histories with holes


def with_open_deals(records: Records, number: int) -> Records:
    """Of lost deals seven tenths were never closed."""
    deals = records.opportunities
    luck = np.random.default_rng([SEED, number]).random(len(deals))
    forgotten = (deals.outcome == Outcome.LOST) & (luck < 0.7)
    return replace(
        records,
        opportunities=replace(
            deals,
            closed=np.where(forgotten, np.nan, deals.closed),
            outcome=np.where(forgotten, Outcome.OPEN, deals.outcome),
            reason=np.where(forgotten, NONE, deals.reason),
        ),
    )


def without_early_results(records: Records, day: float = TRUNCATED) -> Records:
    """What was won or lost before a day is not on file; its inquiry is."""
    deals = records.opportunities[~(records.opportunities.closed < day)]
    mine = deals.lead >= 0
    won = mine & (deals.outcome == Outcome.WON)
    converted, signed = (np.full(len(records.leads), np.nan) for _ in range(2))
    np.fmin.at(converted, deals.lead[mine], deals.opened[mine])
    np.fmin.at(signed, deals.lead[won], deals.closed[won])
    return replace(
        records,
        leads=replace(records.leads, converted=converted, won=signed),
        opportunities=deals,
    )


def seen_as(case: str, records: Records, number: int) -> Records:
    if case == "cut":
        return records.known_at(240.0)
    if case == "open":
        return with_open_deals(records, number)
    return without_early_results(records) if case == "truncated" else records


@dataclass(frozen=True)
class Told:
    """What one history tells: what there is to be met in each case, and estimates of the whole."""

    plans: Mapping[str, Plan]
    estimates: Mapping[str, Estimate]
    recorded_since: float


def told_of_run(scenario: Scenario, name: str, seed: int, number: int) -> Told:
    whole = records_of(run(scenario, seed, number, name), STARTS)
    plans, since = {}, -np.inf
    conversions = {}
    for case, age in AGES.items():
        seen = seen_as(case, whole, number)
        told = convert(seen, since=0.0, horizon=age, use_older=True, detail=False)
        # As `calibrate` does: the search begins at the default company.
        plans[case] = plan_of(seen, told, Scenario(), 0.0, use_older=True)
        conversions[case] = told
        since = told.recorded_since if case == "truncated" else since
    arrivals, deals, churn = fit_arrivals(whole), fit_deals(whole), fit_churn(whole)
    assert arrivals is not None
    assert churn is not None
    single = (
        arrivals.dispersion, deals.median, deals.p90, fit_losses(whole).recorded, churn.at_one_year
    )  # fmt: skip
    estimates = [*arrivals.per_day, *churn.bands, *conversions["whole"]]
    estimates += [each for each in single if each is not None]
    return Told(plans, keyed(estimates), since)


@pytest.fixture(scope="module")
def truth() -> Scenario:
    return company()


@pytest.fixture(scope="module")
def told(truth: Scenario) -> list[Told]:
    jobs = [("truth", number) for number in range(REPETITIONS)]
    done = execute({"truth": truth}, jobs, SEED, told_of_run, 2)
    return [done.runs[job] for job in jobs]


# ------------------------------------------------------------------ what needs no run


def held(estimates: list[Estimate], truth: float) -> int:
    return sum(each.low <= truth <= each.high for each in estimates)


@pytest.mark.parametrize(
    ("key", "path"),
    [
        *(
            (f"leads_per_day.{name}", f"market.channels.{name}.leads_per_day")
            for name in Scenario().market.channels
        ),
        ("dispersion", "market.arrivals.dispersion"),
        ("market.deal.median", "market.deal.median"),
        ("market.deal.p90", "market.deal.p90"),
        (
            "decisions.field_sales.record_loss_reason",
            "decisions.field_sales.record_loss_reason",
        ),
    ],
)
def test_what_files_tell_at_once_is_what_the_run_was_made_of(
    key: str, path: str, truth: Scenario, told: list[Told]
) -> None:
    found = [each.estimates[key] for each in told]
    assert held(found, float(value_of(truth, path))) >= LEAST_HELD


@pytest.mark.parametrize(
    "key",
    [
        "churn.month_1_3", "churn.month_4_6", "churn.month_7_12", "churn.month_13_24",
        "churn.gross_at_one_year", "lead_to_win.referral", "lead_to_opportunity.referral",
        "days_to_win.p90",
    ],
)  # fmt: skip
def test_what_is_mostly_the_buyers_own_luck_is_within_its_interval(
    key: str, told: list[Told]
) -> None:
    found = [each.estimates[key] for each in told]
    # The mean of all the others is the truth but for a tenth of a history's own scatter.
    total = sum(each.value for each in found)
    hits = sum(
        each.low <= (total - each.value) / (REPETITIONS - 1) <= each.high for each in found
    )
    assert hits >= LEAST_HELD


def test_a_beginning_of_recording_is_found_to_the_day(told: list[Told]) -> None:
    found = np.array([each.recorded_since for each in told])
    # The first win on file: one and a quarter a day are won.
    assert np.all((found >= TRUNCATED) & (found < TRUNCATED + 10.0))


# ------------------------------------------------------------------ what only runs tell


@dataclass(frozen=True)
class Near:
    """What runs near the truth show of one case."""

    plan: Plan
    at: Floats
    reached: Floats
    slopes: Floats
    histories: Floats
    size: float


@pytest.fixture(scope="module")
def near(truth: Scenario, told: list[Told]) -> Callable[[str], Near]:
    """Runs are made once; each case reads them as it reads its files."""
    twin = Twin(truth, 1.0, SEED + 1, tuple(range(RUNS)), Execution(2))
    looks: dict[tuple[tuple[str, float], ...], Records] = {}
    singles: list[Records] = []

    def look(values: Mapping[str, float]) -> Records:
        key = tuple(ordered(values).items())
        if key not in looks:
            looks[key] = twin.look(dict(key))
        return looks[key]

    def found(case: str) -> Near:
        plan = told[0].plans[case]
        if case == "truncated":
            plan = replace(plan, recorded_since=TRUNCATED)
        drafted = twin_draft(twin, case)
        at = np.array([onto(float(value_of(truth, k.path)), k.scale) for k in plan.knobs])
        if not singles:
            singles.extend(twin.histories({}, HISTORIES))

        def shown(place: Floats) -> Floats:
            return figures(drafted(look(valued(plan.knobs, place))), plan)

        reached = shown(at)
        rule = Weighing(plan.knobs, plan.targets, plan.weights)
        slopes = slopes_at(rule, shown, at, reached)
        rows = np.array([figures(drafted(each), plan) for each in singles])
        cases = float(np.mean([len(drafted(each).leads) for each in singles]))
        return Near(plan, at, reached, slopes, rows, cases)

    return found


def twin_draft(twin: Twin, case: str) -> Callable[[Records], Records]:
    """A twin of files of one year is run for the age told to and a margin, as files are."""
    if case == "cut":
        return lambda records: records.known_at(AGES["cut"] + 60.0)
    return lambda records: records


def one_step(near: Near, plan: Plan) -> tuple[Floats, Floats]:
    """Return where the last step of a search leads, and the standard errors stated there."""
    figures_err = errors_of_figures(plan.targets, near.histories, near.size / plan.cases, RUNS)
    errors = np.sqrt(np.diag(figures_err))
    rule = Weighing(plan.knobs, plan.targets, plan.weights, errors)
    at = near.at + rule.move(near.at, near.reached, near.slopes)
    return at, np.sqrt(np.diag(rule.covariance(near.slopes, figures_err)))


@pytest.mark.parametrize("case", list(CASES))
def test_numbers_that_only_runs_tell_are_held_by_their_intervals_at_the_nominal_rate(
    case: str, told: list[Told], near: Callable[[str], Near]
) -> None:
    there = near(case)
    assert {each.path for each in there.plan.knobs} == set(NUMBERS)
    steps = [one_step(there, each.plans[case]) for each in told]
    off = np.array([(at - there.at) / errors for at, errors in steps])
    hits = np.abs(off) < stats.norm.ppf(0.975)
    print(case, dict(zip((k.path for k in there.plan.knobs), hits.sum(axis=0))), hits.mean(), off.mean(0).round(2), off.std(0).round(2))
    assert hits.sum(axis=0).min() >= LEAST_HELD


def test_a_single_history_scatters_more_than_its_own_intervals_say(
    told: list[Told], near: Callable[[str], Near]
) -> None:
    there = near("whole")
    values = np.array([[each.value for each in one.plans["whole"].targets] for one in told])
    own = np.array([[each.error for each in one.plans["whole"].targets] for one in told])
    full = np.array(
        [
            np.sqrt(np.diag(errors_of_figures(
                one.plans["whole"].targets, there.histories,
                there.size / one.plans["whole"].cases, RUNS,
            )))
            for one in told
        ]
    )  # fmt: skip
    off = np.abs(values - there.reached)
    limit = stats.norm.ppf(0.975)
    print((off < limit * own).mean(0), (off < limit * full).mean(0))
    assert (off < limit * own).mean() < 0.9
    assert (off < limit * full).mean() > 0.93
