"""What a run was made of is found again from what its CRM shows, within the intervals stated.

One search takes some ten seconds, so a hundred of them are a study (docs/round_trip.py) and not a
test. Here three whole searches are made through files, and for a hundred histories the last step
of a search: by the same rule and with the same errors, from slopes taken once.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

sys.path.insert(0, str(Path(__file__).parents[1] / "docs"))

from round_trip import (
    CASES,
    INQUIRIES,
    NUMBERS,
    SEED,
    STARTS,
    TRUNCATED,
    block,
    company,
    estimates_of,
    lines_of,
    through_files,
)

from simulator.calibration.estimates import Estimate, keyed, onto
from simulator.calibration.estimating.arrivals import fit_arrivals
from simulator.calibration.estimating.conversion import Conversions, convert, widened
from simulator.calibration.estimating.customers import fit_churn, fit_deals
from simulator.calibration.estimating.losses import fit_losses
from simulator.calibration.exporting.crm_files import STYLES
from simulator.calibration.fitting import calibrate
from simulator.calibration.funnel_fit import (
    HISTORIES,
    Plan,
    figures,
    ordered,
    plan_of,
    scatter_of,
    told_of,
)
from simulator.calibration.matching import Weighing, errors_of_figures, slopes_at, valued
from simulator.calibration.records import NONE, LossReason, Outcome, Records
from simulator.calibration.twin import Twin
from simulator.calibration.witnessed import records_of
from simulator.engine import run
from simulator.experiment.departments import lasting
from simulator.experiment.execution import Execution, execute
from simulator.scenario.changing import value_of
from simulator.scenario.schema import Scenario

Floats = NDArray[np.float64]

REPETITIONS = 100
RUNS = 16
"""Behind what runs show near the truth."""
AGES = {"whole": 430.0, "cut": 200.0, "open": 430.0, "truncated": 430.0}
"""To which conversion is told, business days."""
LIMIT = float(stats.norm.ppf(0.975))
LEAST_HELD = int(stats.binom.ppf(1e-4, REPETITIONS, 0.95))
"""Fewer hits than this in a hundred happen to an honest interval once in ten thousand times."""

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
    """What one history tells: what there is to be met in each case, and what the whole tells."""

    plans: Mapping[str, Plan]
    conversions: Conversions
    estimates: Mapping[str, Estimate]
    recorded_since: float


def told_of_run(scenario: Scenario, name: str, seed: int, number: int) -> Told:
    whole = records_of(run(scenario, seed, number, name), STARTS)
    plans: dict[str, Plan] = {}
    conversions: dict[str, Conversions] = {}
    for case, age in AGES.items():
        seen = seen_as(case, whole, number)
        told = convert(seen, since=0.0, horizon=age, use_older=True, detail=False)
        # As `calibrate` does: the search begins at the default company.
        plans[case] = plan_of(seen, told, Scenario(), 0.0, use_older=True)
        conversions[case] = told
    arrivals, deals, churn = fit_arrivals(whole), fit_deals(whole), fit_churn(whole)
    assert arrivals is not None
    assert churn is not None
    single = (
        arrivals.dispersion, deals.median, deals.p90, fit_losses(whole).recorded, churn.at_one_year
    )  # fmt: skip
    estimates = [*arrivals.per_day, *churn.bands, *(each for each in single if each is not None)]
    since = conversions["truncated"].recorded_since
    return Told(plans, conversions["whole"], keyed(estimates), since)


@pytest.fixture(scope="module")
def truth() -> Scenario:
    return company()


@pytest.fixture(scope="module")
def told(truth: Scenario) -> list[Told]:
    jobs = [("truth", number) for number in range(REPETITIONS)]
    done = execute({"truth": truth}, jobs, SEED + 1, told_of_run, 2)
    return [done.runs[job] for job in jobs]


# ------------------------------------------------------------------ through files


def agree(imported: Floats, witnessed: Floats) -> None:
    """The same instants of working time, to the minute."""
    assert np.isfinite(imported).sum() == np.isfinite(witnessed).sum()
    minute = 1.0 / (9 * 60)
    np.testing.assert_allclose(np.sort(imported), np.sort(witnessed), atol=minute)


@pytest.mark.parametrize(("case", "style"), list(zip(CASES, STYLES, strict=True)))
def test_what_is_imported_of_an_exported_run_is_what_the_run_shows(
    case: str, style: str, truth: Scenario
) -> None:
    journal = run(truth, SEED, 0, "truth")
    imported = through_files(journal, replace(CASES[case], style=style))  # type: ignore[arg-type]
    found, whole = imported.records, records_of(journal, STARTS)
    seen = seen_as(case, whole, 0)
    assert imported.unusable == ()
    assert found.time == seen.time
    agree(found.leads.created, seen.leads.created)
    agree(found.leads.converted, seen.leads.converted)
    agree(found.leads.won, seen.leads.won)
    for name in seen.channels:
        mine = found.leads.channel == found.channels.index(name)
        agree(found.leads.created[mine],
              seen.leads.created[seen.leads.channel == seen.channels.index(name)])  # fmt: skip
    agree(found.opportunities.opened, seen.opportunities.opened)
    won, truly = (each.outcome == Outcome.WON for each in (found.opportunities, seen.opportunities))
    agree(found.opportunities.closed[won], seen.opportunities.closed[truly])
    np.testing.assert_allclose(
        np.sort(found.opportunities.amount[won]) / 12.0,
        np.sort(seen.opportunities.amount[truly]), atol=1.0,
    )  # fmt: skip
    assert (found.opportunities.lead >= 0).sum() == (seen.opportunities.lead >= 0).sum()
    if case == "open":
        # Which of the lost ones nobody closed is luck; all others are there.
        lost, all_lost = found.opportunities, whole.opportunities
        closed = lost.closed[lost.outcome == Outcome.LOST]
        every = all_lost.closed[all_lost.outcome == Outcome.LOST]
        nearest = np.abs(closed[:, None] - every[None, :]).min(axis=1)
        assert nearest.max() < 1.0 / (9 * 60)
        assert stats.binomtest(len(closed), len(every), 0.3).pvalue > 1e-4
        assert (lost.outcome == Outcome.OPEN).mean() > 0.5
    else:
        agree(found.opportunities.closed, seen.opportunities.closed)
        for outcome in Outcome:
            assert (found.opportunities.outcome == outcome).sum() == (
                seen.opportunities.outcome == outcome
            ).sum()
        for reason in LossReason:
            assert (found.opportunities.reason == reason).sum() == (
                seen.opportunities.reason == reason
            ).sum()


@pytest.mark.parametrize("case", ["whole", "open", "truncated"])
def test_a_search_through_files_finds_what_the_run_was_made_of(case: str, truth: Scenario) -> None:
    imported = through_files(run(truth, SEED, 1, "truth"), CASES[case])
    found = calibrate(imported.records, seed=1, workers=2)
    stated = dict(estimates_of(found))
    assert set(NUMBERS) <= set(stated)
    assert {f"market.channels.{name}.leads_per_day" for name in INQUIRIES} <= set(stated)
    lines = lines_of(truth, [stated])
    missed = [line for line in lines if not line.held]
    # Of so many honest intervals more miss once in a thousand times.
    assert len(missed) <= stats.binom.ppf(0.999, len(lines), 0.05), missed
    for line in missed:
        told = stated[line.path]
        away = onto(line.truth, told.scale) - onto(told.value, told.scale)
        assert abs(away) < 4.5 * told.error, line
    text = block({case: lines})
    assert all(f"`{path}`" in text for path in stated)
    assert f"{len(lines) - len(missed)} of {len(lines)}" in text


# ------------------------------------------------------------------ what needs no run


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
    value = float(value_of(truth, path))
    found = [each.estimates[key] for each in told]
    assert sum(each.low <= value <= each.high for each in found) >= LEAST_HELD


def hits(found: list[Estimate]) -> int:
    """How often the interval of one history holds the mean of all, on the estimates' scale."""
    scale = found[0].scale
    mean = float(np.mean([onto(each.value, scale) for each in found]))
    return sum(onto(e.low, scale) <= mean <= onto(e.high, scale) for e in found)


@pytest.mark.parametrize(
    "key",
    ["churn.month_1_3", "churn.month_4_6", "churn.month_7_12", "churn.month_13_24",
     "churn.gross_at_one_year"],
)  # fmt: skip
def test_when_customers_leave_is_told_within_its_interval(key: str, told: list[Told]) -> None:
    assert hits([each.estimates[key] for each in told]) >= LEAST_HELD


def test_a_beginning_of_recording_is_found_to_the_day(told: list[Told]) -> None:
    found = np.array([each.recorded_since for each in told])
    # The first win on file: more than one a day is won.
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
    cases: float
    scatter: Mapping[str, float]


@pytest.fixture(scope="module")
def near(truth: Scenario, told: list[Told]) -> Mapping[str, Near]:
    """Runs are made once; each case reads them as it reads its files."""
    looks: dict[tuple[tuple[str, float], ...], Records] = {}
    found = {}
    with lasting(Execution(2)) as how:
        twin = Twin(truth, 1.0, SEED + 2, tuple(range(RUNS)), how)
        singles = twin.histories({}, HISTORIES)
        for case in CASES:
            plan = told[0].plans[case]
            if case == "truncated":
                plan = replace(plan, recorded_since=TRUNCATED)
            # Runs behind files of a year go on for the age told to and three months.
            ends = AGES["cut"] + 60.0 if case == "cut" else np.inf

            def shown(place: Floats, plan: Plan = plan, ends: float = ends) -> Floats:
                values = ordered(valued(plan.knobs, place))
                key = tuple(sorted(values.items()))
                if key not in looks:
                    looks[key] = twin.look(values)
                return figures(looks[key].known_at(ends), plan)

            at = np.array([onto(float(value_of(truth, k.path)), k.scale) for k in plan.knobs])
            reached = shown(at)
            rule = Weighing(plan.knobs, plan.targets, plan.weights)
            slopes = slopes_at(rule, shown, at, reached)
            seen = [each.known_at(ends) for each in singles]
            rows = np.array([figures(each, plan) for each in seen])
            cases = float(np.mean([len(each.leads) for each in seen]))
            scatter = scatter_of([told_of(each, plan) for each in seen], cases / plan.cases)
            found[case] = Near(plan, at, reached, slopes, rows, cases, scatter)
    return found


def one_step(near: Near, plan: Plan) -> tuple[Floats, Floats]:
    """Return where the last step of a search leads, and the standard errors stated there."""
    of_figures = errors_of_figures(plan.targets, near.histories, near.cases / plan.cases, RUNS)
    rule = Weighing(plan.knobs, plan.targets, plan.weights, np.sqrt(np.diag(of_figures)))
    at = near.at + rule.move(near.at, near.reached, near.slopes)
    return at, np.sqrt(np.diag(rule.covariance(near.slopes, of_figures)))


@pytest.mark.parametrize("case", list(CASES))
def test_numbers_that_only_runs_tell_are_held_by_their_intervals_at_the_nominal_rate(
    case: str, told: list[Told], near: Mapping[str, Near]
) -> None:
    there = near[case]
    assert {each.path for each in there.plan.knobs} == set(NUMBERS)
    steps = [one_step(there, each.plans[case]) for each in told]
    off = np.array([(at - there.at) / errors for at, errors in steps])
    held = np.abs(off) < LIMIT
    assert held.sum(axis=0).min() >= LEAST_HELD
    # Numbers of one history err together: each history counts as one.
    error = 0.05 / np.sqrt(REPETITIONS) + float(held.mean(axis=1).std()) / np.sqrt(REPETITIONS)
    assert abs(held.mean() - 0.95) < 3.0 * error
    # Neither too narrow nor too wide: the mean square of a standardized error is 1.
    assert 0.8 < np.sqrt((off**2).mean()) < 1.2


def test_conversion_is_as_unsure_as_histories_differ_and_then_holds(
    told: list[Told], near: Mapping[str, Near]
) -> None:
    """Cases of one company are not independent: their own intervals are too narrow."""
    own = [keyed(each.conversions) for each in told]
    wide = [keyed(widened(each.conversions, near["whole"].scatter)) for each in told]
    keys = [
        key for key in own[0]
        if not key.startswith("win_hazard") and all(key in each for each in own)
    ]  # fmt: skip
    assert len(keys) >= 30
    narrow = {key: hits([each[key] for each in own]) for key in keys}
    honest = {key: hits([each[key] for each in wide]) for key in keys}
    assert sum(count < LEAST_HELD for count in narrow.values()) >= 5
    assert {key: count for key, count in honest.items() if count < LEAST_HELD} == {}


def test_intervals_are_widened_on_their_scale_and_never_narrowed(told: list[Told]) -> None:
    before = told[0].conversions
    assert before.lead_to_win is not None
    error = before.lead_to_win.error
    same = widened(before, {"lead_to_win": 0.5 * error})
    assert same == replace(before, cohorts=same.cohorts)
    after = widened(before, {"lead_to_win": 2.0 * error}).lead_to_win
    assert after is not None
    assert after.error == pytest.approx(2.0 * error)
    assert (after.value, after.n) == (before.lead_to_win.value, before.lead_to_win.n)
    assert after.method.endswith("as histories differ")
