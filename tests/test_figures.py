"""A few figures of a run are those of the whole run, however they are got."""

from __future__ import annotations

import math
import pickle
from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial

import numpy as np
import pytest
from test_metrics import FACTS, company

from simulator import METRICS, Scenario, load_scenario, measure, run
from simulator.engine import COMPILED, SIMPY, EngineName, using
from simulator.experiment import figures
from simulator.experiment.execution import execute
from simulator.experiment.figures import Figure, run_figures
from simulator.metrics import Measures
from simulator.metrics.partial import measure_some
from simulator.metrics.periods import Periods
from simulator.metrics.rows import Book
from simulator.metrics.unstreamed import NOT_STREAMED, STREAMED
from simulator.organization.journal import NONE, Journal, JournalWriter, Kind
from simulator.scenario.schema import Horizon

RUNS = (
    ("base", 6.0, 0.0),
    ("divisional", 8.0, 2.5),
    ("one_off_sales", 6.0, 1.0),
    ("hiring_plan", 6.37, 0.0),
    ("job_rotation", 14.5, 1.7),
)
"""Scenario, months, months of warm-up: with unfinished months, and long enough for retention."""


@cache
def scenario(name: str, months: float, warm_up: float) -> Scenario:
    values = load_scenario(name).scenario.model_dump()
    values["horizon"] |= {"months": months, "warm_up_months": warm_up}
    return Scenario.model_validate(values)


@cache
def journal_of(name: str, months: float, warm_up: float) -> Journal:
    return run(scenario(name, months, warm_up), 11, 3)


def without_rows(months: float) -> Journal:
    return JournalWriter().finish(replace(FACTS, horizon_days=20.0 * months))


def every_figure(measures: Measures) -> dict[Figure, float]:
    """Everything that `measure` says of a metric, by figure."""
    found: dict[Figure, float] = {(name, 0): value for name, value in measures.totals.items()}
    rows = zip(*(measures.monthly[name] for name in ("metric", "period", "value")), strict=True)
    return found | {(str(metric), int(month)): float(value) for metric, month, value in rows}


def identical(found: dict[Figure, float], expected: dict[Figure, float]) -> bool:
    values, wanted = np.array(list(found.values())), np.array(list(expected.values()))
    return list(found) == list(expected) and np.array_equal(values, wanted, equal_nan=True)


JOURNALS: dict[str, Callable[[], Journal]] = {
    **{name: partial(journal_of, name, *rest) for name, *rest in RUNS},
    "by hand": lambda: company().journal(),
    "without rows": partial(without_rows, 2.0),
    "without time": partial(without_rows, 0.0),
}

of_a_journal = pytest.mark.parametrize("name", JOURNALS)


@of_a_journal
def test_each_figure_alone_is_the_one_of_the_whole_measure(name: str) -> None:
    journal = JOURNALS[name]()
    measures = measure(journal)
    months = len(measures.bridge)
    for figure, value in every_figure(measures).items():
        if figure[1] in (0, 1, months // 2, months):
            assert identical(measure_some(journal, [figure]), {figure: value}), figure


@of_a_journal
def test_all_figures_at_once_are_those_of_the_whole_measure(name: str) -> None:
    journal = JOURNALS[name]()
    expected = every_figure(measure(journal))
    assert identical(measure_some(journal, expected), expected)


def test_figures_of_several_months_come_back_in_the_order_asked_for() -> None:
    journal = journal_of("divisional", 8.0, 2.5)
    expected = every_figure(measure(journal))
    asked = [("arr", 7), ("inside_sales.wait_p90", 2), ("arr", 0), ("lead_time", 7), ("arr", 1)]
    assert identical(measure_some(journal, asked), {each: expected[each] for each in asked})


def test_no_figure_is_measured_of_a_month_that_the_run_does_not_have() -> None:
    journal = journal_of("hiring_plan", 6.37, 0.0)
    assert not math.isnan(measure_some(journal, [("arr", 7)])[("arr", 7)])  # the unfinished one
    for month in (8, -1):
        with pytest.raises(ValueError, match=f"months 1 to 7, not {month}"):
            measure_some(journal, [("arr", month)])


def test_a_metric_without_monthly_values_is_refused_for_a_month() -> None:
    for metric in (name for name in METRICS if not METRICS[name].monthly):
        with pytest.raises(ValueError, match=f"{metric} has no monthly values"):
            measure_some(journal_of("base", 6.0, 0.0), [(metric, 1)])


def test_an_unknown_metric_is_refused_whichever_way_it_is_asked_for() -> None:
    for figure in (("happiness", 0), ("happiness", 1)):
        with pytest.raises(KeyError, match="happiness"):
            run_figures(Scenario(horizon=Horizon(months=1.0)), "", 1, 0, (figure,))


# --- the run -------------------------------------------------------------------------------


def test_figures_of_a_run_are_those_of_its_journal() -> None:
    chosen = scenario("divisional", 8.0, 2.5)
    expected = every_figure(measure(journal_of("divisional", 8.0, 2.5)))
    asked = tuple(each for each in expected if each[1] == 8 or each[0] in NOT_STREAMED)
    found = run_figures(chosen, "x", 11, 3, asked)
    assert identical(found, {each: expected[each] for each in asked})


@pytest.mark.parametrize("engine", [COMPILED, SIMPY])
def test_figures_of_the_measured_period_agree_however_they_are_got(
    engine: EngineName,
) -> None:
    chosen = scenario("divisional", 8.0, 2.5)
    expected = every_figure(measure(journal_of("divisional", 8.0, 2.5)))
    asked = tuple((name, 0) for name in STREAMED)
    with using(engine):
        found = run_figures(chosen, "x", 11, 3, asked)
    wanted = {each: expected[each] for each in asked}
    assert found == pytest.approx(wanted, rel=1e-9, abs=1e-9, nan_ok=True)


def test_no_journal_is_kept_for_what_can_be_had_without(monkeypatch: pytest.MonkeyPatch) -> None:
    runs: list[int] = []

    def run_once(scenario: Scenario, seed: int, replication: int, name: str) -> Journal:
        runs.append(replication)
        return company().journal()

    monkeypatch.setattr(figures, "run", run_once)
    monkeypatch.setattr(figures, "run_streamed", lambda *_: dict.fromkeys(STREAMED, 1.0))
    assert run_figures(Scenario(), "", 1, 0, (("arr", 0), ("wins", 0))) == {
        ("arr", 0): 1.0,
        ("wins", 0): 1.0,
    }
    assert not runs
    for figure in (("arr", 1), ("lead_time", 0)):
        run_figures(Scenario(), "", 1, 0, (figure,))
    assert runs == [0, 0]


def test_a_worker_process_can_be_sent_the_figures_that_it_is_to_keep() -> None:
    task = partial(run_figures, figures=(("arr", 6), ("inside_sales.wait_p90", 0)))
    chosen = {"base": scenario("base", 6.0, 0.0)}
    jobs = [("base", 0), ("base", 1)]
    here = execute(chosen, jobs, 11, pickle.loads(pickle.dumps(task))).runs
    assert execute(chosen, jobs, 11, task, workers=2).runs == here
    assert len({found[("arr", 6)] for found in here.values()}) == 2


# --- what it rests on ----------------------------------------------------------------------


def test_chosen_months_are_those_of_the_run_and_the_measured_period_comes_last() -> None:
    facts = journal_of("divisional", 8.0, 2.5).facts
    some = Periods.some(facts, [3, 8])
    assert list(zip(some.lower.tolist(), some.upper.tolist(), strict=True)) == [
        (40.0, 60.0),
        (140.0, 160.0),
        (50.0, 160.0),
    ]
    assert some.months.upper.tolist() == [60.0, 160.0]


@pytest.mark.parametrize("numbers", [(3, 5, 3, NONE, 9), (7, 10**12, 7, NONE, 2), (NONE,), ()])
def test_buyers_are_numbered_by_position_however_far_apart_they_are(
    numbers: tuple[int, ...],
) -> None:
    writer = JournalWriter()
    for number in numbers:
        writer.emit(0.0, Kind.GONE, buyer=number)
    book = Book(writer.finish(FACTS))
    known = sorted({number for number in numbers if number != NONE})
    assert book.buyers.tolist() == known
    expected = [known.index(number) if number != NONE else NONE for number in numbers]
    assert book.rows(Kind.GONE).buyer.tolist() == expected
