"""What a section of a report comes to in a sentence: never stronger than what was told."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any, Literal

import pytest
from test_report import PUSHY, SMALL, evidence_of

from simulator.experiment.comparison import Comparison
from simulator.experiment.quantities import Scale
from simulator.plots.titles import of_heat
from simulator.presentation import report_way
from simulator.presentation.report_making import Making
from simulator.presentation.report_parts import Block, Chain, Words
from simulator.presentation.report_points import (
    service_and_churn,
    where_it_degrades,
    who_looks_good,
)
from simulator.presentation.report_way import buyers_way, said_of_few_runs, told_only_alone
from simulator.presentation.views import dashboards
from simulator.presentation.views.degradation import heat, onsets
from simulator.presentation.views.shapes import Blame, Dashboard, Evidence, Reading

Verdict = Literal["better", "worse", "alike", "open"]


def reading(metric: str, verdict: Verdict, counts: bool = True, gap: float = -2e6) -> Reading:
    return Reading(
        metric, metric, 10e6 + gap, 10e6, gap, gap - 1e6, gap + 1e6, verdict, counts,
        Scale(1e-6, 1, "M JPY"),
    )  # fmt: skip


def blame_of(*verdicts: Verdict, main: Verdict = "worse", gap: float = -2e6) -> Blame:
    boards = tuple(
        Dashboard(str(place), "", (reading("wins", each), reading("win_rate", "worse", False)))
        for place, each in enumerate(verdicts)
    )
    return Blame("b", "a", boards, (), (reading("mrr_end", main, gap=gap),))


@pytest.mark.parametrize(
    ("verdicts", "said"),
    [
        (("better", "open", "alike", "open"), "None of the 4 departments shows anything worse"),
        (("better", "open", "worse", "open"), "3 of 4 departments show nothing worse"),
        (("worse", "worse", "worse", "open"), "1 of 4 departments shows nothing worse"),
        (("worse",) * 4, "All 4 departments show something worse"),
    ],
)
def test_departments_are_counted_by_what_they_are_measured_on(
    verdicts: tuple[Verdict, ...], said: str
) -> None:
    sentence = who_looks_good(blame_of(*verdicts), "JPY")
    assert sentence.startswith(said)
    assert sentence.endswith("and MRR at end is 2.00 M JPY lower (95 % interval 1.00 to 3.00).")


def test_what_is_not_told_of_the_company_is_not_said() -> None:
    open_ = who_looks_good(blame_of("open", main="open"), "JPY")
    assert "whether MRR at end differs cannot be told from luck" in open_
    assert "lower" not in open_
    assert "is exactly the same" in who_looks_good(blame_of("open", main="alike"), "JPY")
    assert "2.00 M JPY higher" in who_looks_good(blame_of("open", main="better", gap=2e6), "JPY")


def test_one_run_says_that_nothing_can_be_told() -> None:
    def untested(one: Reading) -> Reading:
        return replace(one, low=math.nan, high=math.nan, verdict="open")

    shape = blame_of("open")
    board = replace(
        shape.dashboards[0], readings=tuple(map(untested, shape.dashboards[0].readings))
    )
    shape = replace(shape, dashboards=(board,), company=tuple(map(untested, shape.company)))
    assert who_looks_good(shape, "JPY").startswith("One run:")


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Evidence:
    folder = tmp_path_factory.mktemp("scenarios")
    (folder / "small.yaml").write_text(SMALL)
    (folder / "pushy.yaml").write_text(PUSHY)
    return evidence_of(folder, "small", "pushy", replications=3)


def test_where_it_degrades_names_the_worse_before_the_different(two: Evidence) -> None:
    comparison = two.comparison
    assert comparison is not None
    # All series of field sales gain in month 1; its win rate is worse in month 3.
    table = comparison.monthly.copy()
    table["p"] = 1.0
    wait = (table["metric"] == "field_sales.wait_mean") & (table["period"] == 1)
    rate = (table["metric"] == "win_rate") & (table["period"] == 3)
    table.loc[wait, ["difference", "p"]] = [-1.0, 1e-9]
    table.loc[rate, ["difference", "p"]] = [-0.1, 1e-9]
    said = where_it_degrades(replace(comparison, monthly=table), "pushy")
    worse, none, differing = said.split(". ")
    assert worse == "pushy is worse than small beyond luck first: Field sales in month 3 " \
        "(Win rate (count))"  # fmt: skip
    assert none.startswith("In no single month told to be worse: Marketing, Inside sales")
    assert differing.endswith("first: Field sales in month 1.")


def with_departures(two: Evidence, **found: tuple[int, float]) -> Comparison:
    """A comparison in which nothing departs but these series: month and difference of each."""
    comparison = two.comparison
    assert comparison is not None
    table = comparison.monthly.copy()
    table["p"], table["departs"] = 1.0, False
    for metric, (month, difference) in found.items():
        at = (table["metric"] == metric.replace("__", ".")) & (table["period"] == month)
        table.loc[at, ["difference", "p"]] = [difference, 1e-9]
        table.loc[at, "departs"] = True
    return replace(comparison, monthly=table)


def test_less_throughput_alone_is_no_deterioration(two: Evidence) -> None:
    less = with_departures(two, marketing__throughput=(2, -5.0), mql_count=(2, -5.0))
    said = where_it_degrades(less, "pushy")
    assert "worse than" not in said
    assert "In no single month told to be worse: Marketing" in said
    assert "first: Marketing in month 2" in said
    later = with_departures(
        two, marketing__throughput=(2, -5.0), marketing__wait_mean=(4, 1.0)
    )  # fmt: skip
    assert [(each.team, each.month) for each in onsets(later, "pushy")] == [("marketing", 4)]


def test_slide_and_page_name_the_same_first_month(two: Evidence) -> None:
    found = with_departures(
        two, field_sales__throughput=(1, -5.0), win_rate=(3, -0.1), opportunity_rate=(4, -0.1),
        mrr=(2, -1e6),
    )  # fmt: skip
    page, slide = where_it_degrades(found, "pushy"), of_heat(heat(found, "pushy"))
    assert "Field sales in month 3 (Win rate (count))" in page
    assert "Inside sales in month 4" in page
    assert "the company in month 2 (MRR)" in page
    assert "first in Field sales, from month 3: Win rate (count)" in slide
    assert "in the last three months in " in slide


def test_a_slide_on_which_no_department_is_worse_says_so(two: Evidence) -> None:
    slide = of_heat(heat(with_departures(two, mrr=(2, -1e6)), "pushy"))
    assert slide.startswith("pushy against small: no department can be told to be worse")


def test_where_nothing_departs_nothing_is_named(two: Evidence) -> None:
    comparison = two.comparison
    assert comparison is not None
    quiet = replace(comparison, monthly=comparison.monthly.assign(p=1.0))
    said = where_it_degrades(quiet, "pushy")
    assert said == "No department can be told to depart in any month."
    once = replace(comparison, monthly=comparison.monthly.assign(p=math.nan))
    assert "one replication" in where_it_degrades(once, "pushy")


def chain_of(two: Evidence, monkeypatch: pytest.MonkeyPatch, **verdicts: Any) -> Any:
    real = dashboards.blame

    def told(one: Reading) -> Reading:
        verdict = verdicts.get(one.metric, "open")
        return replace(one, verdict=verdict)

    def marked(*given: Any) -> Blame:
        shape = real(*given)
        boards = tuple(
            replace(each, readings=tuple(map(told, each.readings))) for each in shape.dashboards
        )
        return replace(
            shape, dashboards=boards, lived=tuple(map(told, shape.lived)),
            company=tuple(map(told, shape.company)),
        )  # fmt: skip

    monkeypatch.setattr(report_way, "blame", marked)
    return buyers_way(Making(two))


def test_the_way_has_only_what_is_told_in_the_order_of_the_buyer(
    two: Evidence, monkeypatch: pytest.MonkeyPatch
) -> None:
    (block,) = chain_of(two, monkeypatch, mrr_end="worse", win_rate="worse", mql_count="better")
    assert isinstance(block, Block)
    (chain,) = (each for each in block.parts if isinstance(each, Chain))
    assert [(step.where, step.look) for step in chain.steps] == [
        ("Marketing", "good"), ("Field sales", "bad"), ("Company", "bad"),
    ]  # fmt: skip
    assert all("95 % interval" in step.told for step in chain.steps)


def test_nothing_told_has_no_way(two: Evidence, monkeypatch: pytest.MonkeyPatch) -> None:
    assert chain_of(two, monkeypatch) == ()
    assert chain_of(two, monkeypatch, mrr_end="worse") == ()


def test_the_way_says_whose_it_is(two: Evidence, monkeypatch: pytest.MonkeyPatch) -> None:
    (block,) = chain_of(two, monkeypatch, mrr_end="worse", win_rate="worse")
    assert block.heading == "What changes along the buyer's way: pushy against small"


def test_what_is_told_at_the_top_and_not_among_all_figures_is_named(
    two: Evidence, monkeypatch: pytest.MonkeyPatch
) -> None:
    top = {"logo_churn", "profit", "mrr_end"}
    monkeypatch.setattr(report_way, "told_at_the_top", lambda _: top)
    making = Making(two)
    shape = Blame(
        "pushy", "small", (Dashboard("field_sales", "", (reading("wins", "open"),)),),
        (reading("logo_churn", "open"),),
        (reading("mrr_end", "worse"), reading("profit", "open"), reading("profit", "open")),
    )  # fmt: skip
    alone = told_only_alone(making, shape)
    assert alone == ("logo_churn", "profit")  # wins are open at the top, too; the end is told
    said = said_of_few_runs(making, alone)
    assert said.startswith("With 3 runs Customer churn and Contribution can each be told")
    assert "--replications" in said
    monkeypatch.setattr(report_way, "told_at_the_top", lambda _: set())
    assert told_only_alone(making, shape) == ()
    # The chain leaves out the customers who leave, and says why.
    monkeypatch.setattr(report_way, "told_at_the_top", lambda _: top)
    (block,) = chain_of(two, monkeypatch, mrr_end="worse", win_rate="worse")
    (note,) = (each for each in block.parts if isinstance(each, Words) and "With 3" in each.text)
    assert "Customer churn can be told from luck by itself" in note.text


@pytest.mark.parametrize(
    ("onboarding", "claims", "churn", "said"),
    [
        ("worse", "open", "better", "Service is worse (onboarding_late_share), and yet fewer"),
        ("better", "better", "worse", "Service is better (onboarding_late_share and claims_late_"),
        ("worse", "worse", "worse", ""),
        ("worse", "better", "better", ""),  # no one way of service
        ("worse", "worse", "open", ""),
        ("open", "open", "better", ""),
    ],
)
def test_service_and_churn_that_go_opposite_ways_are_explained(
    onboarding: Verdict, claims: Verdict, churn: Verdict, said: str
) -> None:
    lived = (
        reading("onboarding_late_share", onboarding), reading("claims_late_share", claims),
        reading("trust", "worse"), reading("logo_churn", churn),
    )  # fmt: skip
    found = service_and_churn(replace(blame_of("open"), lived=lived))
    assert found.startswith(said)
    assert bool(found) == bool(said)
