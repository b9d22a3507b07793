"""The shipped scenarios: complete, explained, consistent, and with effects as the articles say.

Every claim of direction compares pairs of short runs with the same buyers and the same luck.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from simulator.metrics import METRICS, Measures, measure
from simulator.organization.journal import (
    HireCause,
    Journal,
    Kind,
    LeaveCause,
    Qualification,
    Team,
    TrustCause,
)
from simulator.organization.simulation import run
from simulator.scenario import (
    LoadedScenario,
    Scenario,
    diff,
    load_scenario,
    scenario_folder,
    shipped_scenarios,
    unsourced,
)

NAMES = (
    "base", "divisional", "shared", "marketing_divisional", "inside_sales_divisional",
    "field_sales_divisional", "customer_success_divisional", "no_recycling",
    "discretionary_recycling", "systematic_recycling", "volume_marketing", "appointment_chasing",
    "overselling", "analog_handoffs", "one_system", "no_loss_reasons", "revops", "enablement",
    "ai_assisted", "ai_unchecked", "job_rotation", "person_dependent", "firefighting_success",
    "rising_ad_cost", "one_off_sales", "hiring_plan", "olist",
)  # fmt: skip
DEPARTMENTS = ("marketing", "inside_sales", "field_sales", "customer_success")
MONTHS, REPLICATIONS, SEED = 3, 3, 7

Values = NDArray[np.float64]


@cache
def loaded(name: str) -> LoadedScenario:
    return load_scenario(shipped_scenarios()[name])


@cache
def journals(name: str, *overrides: str) -> tuple[Journal, ...]:
    """Short runs with decisions as stated: late outcomes make them err by the quarter."""
    short = [f"horizon.months={MONTHS}", "counter_forces.late_outcomes.active=false"]
    scenario = load_scenario(name, [*short, *overrides]).scenario
    return tuple(run(scenario, SEED, replication) for replication in range(REPLICATIONS))


@cache
def measures(name: str) -> tuple[Measures, ...]:
    return tuple(measure(journal) for journal in journals(name))


def totals(name: str, metric: str) -> Values:
    return np.array([m.totals[metric] for m in measures(name)])


def count(journal: Journal, kind: Kind, code: int) -> int:
    return int(np.count_nonzero(journal.code[journal.where(kind)] == code))


def each(statistic: Callable[[Journal], float], name: str) -> Values:
    return np.array([statistic(journal) for journal in journals(name)])


def true_fit(journal: Journal, rows: NDArray[np.intp]) -> Values:
    """The true fit of the buyers that these rows concern."""
    arrived = journal.where(Kind.ARRIVED)
    fit = dict(zip(journal.buyer[arrived].tolist(), journal.a[arrived].tolist(), strict=True))
    return np.array([fit[buyer] for buyer in journal.buyer[rows].tolist()])


def moves(more: Values, less: Values) -> bool:
    """Whether paired values differ in this direction by more than two standard errors."""
    difference = more - less
    error = difference.std(ddof=1) / math.sqrt(len(difference))
    return bool(difference.mean() > 2.0 * error)


# --- complete and explained -------------------------------------------------------------------


def test_every_scenario_that_was_asked_for_is_shipped() -> None:
    assert sorted(shipped_scenarios()) == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_scenario_says_which_question_it_answers_and_what_it_stands_for(name: str) -> None:
    scenario = loaded(name).scenario
    assert scenario.question.endswith("?")
    assert scenario.stands_for
    if name != "olist":  # that one stands for data
        assert "S0" in scenario.stands_for or "S3" in scenario.stands_for
        assert "「" in scenario.stands_for


@pytest.mark.parametrize("name", NAMES)
def test_every_number_that_a_scenario_sets_has_a_source(name: str) -> None:
    assert unsourced(loaded(name)) == []
    assert loaded(name).notes == ()


@pytest.mark.parametrize("name", NAMES)
def test_a_scenario_offers_completion_to_editors(name: str) -> None:
    text = loaded(name).path.read_text(encoding="utf-8")
    if name != "olist":
        assert text.startswith("# yaml-language-server: $schema=scenario.schema.json\nquestion:")


@pytest.mark.parametrize("name", NAMES)
def test_the_guide_to_the_scenarios_lists_this_one(name: str) -> None:
    guide = (scenario_folder() / "README.md").read_text(encoding="utf-8")
    assert f"| `{name}` |" in guide


def test_the_example_in_the_guide_loads_as_it_stands(tmp_path: Path) -> None:
    guide = (scenario_folder() / "README.md").read_text(encoding="utf-8")
    example = tmp_path / "our_company.yaml"
    example.write_text(guide.split("```yaml\n")[1].split("```")[0], encoding="utf-8")
    ours = load_scenario(example)
    assert ours.notes == ()
    assert ours.scenario.teams.field_sales.people == 11


def test_no_two_scenarios_ask_the_same_question() -> None:
    questions = [loaded(name).scenario.question for name in NAMES]
    assert len(set(questions)) == len(questions)


def test_the_base_scenario_is_the_default_company() -> None:
    base = loaded("base").scenario.model_copy(update={"question": "", "stands_for": ""})
    assert base == Scenario()


# --- consistent -------------------------------------------------------------------------------


def test_divisional_and_shared_differ_only_in_measures_and_decisions() -> None:
    paths = {d.path.split(".")[0] for d in diff(loaded("divisional"), loaded("shared"))}
    assert paths == {"kpi", "decisions"}


@pytest.mark.parametrize("team", DEPARTMENTS)
def test_with_one_divisional_department_only_that_one_differs_from_shared(team: str) -> None:
    alone = loaded(f"{team}_divisional")
    # What is decided follows from the measures, in all departments.
    changed = {d.path for d in diff(alone, loaded("shared"))}
    assert {path for path in changed if not path.startswith("decisions.")} == {f"kpi.{team}"}
    assert any(path.startswith("decisions.") for path in changed)
    assert getattr(alone.scenario.kpi, team) == 0.0


@pytest.mark.parametrize("name", [name for name in NAMES if name != "olist"])
def test_a_scenario_runs(name: str) -> None:
    for journal in journals(name):
        assert journal.facts.horizon_days == 20.0 * MONTHS
        assert len(journal.where(Kind.WON)) > 0


def test_the_real_funnel_runs() -> None:
    scenario = load_scenario("olist", ["horizon.months=2"]).scenario
    assert len(run(scenario, SEED).where(Kind.WON)) > 0


# --- effects as the articles say --------------------------------------------------------------

MORE, LESS = 1.0, -1.0
CLAIMS = (
    # scenario, against, metric, direction
    ("divisional", "shared", "mql_count", MORE),
    ("divisional", "shared", "sql_count", MORE),
    ("divisional", "shared", "re_explanations", MORE),
    ("marketing_divisional", "shared", "mql_count", MORE),
    ("marketing_divisional", "shared", "opportunity_rate", LESS),
    ("field_sales_divisional", "shared", "wins", MORE),
    ("systematic_recycling", "discretionary_recycling", "recycled_opportunities", MORE),
    ("volume_marketing", "base", "mql_count", MORE),
    ("volume_marketing", "base", "reach_rate", LESS),
    ("volume_marketing", "base", "opportunity_rate", LESS),
    ("appointment_chasing", "base", "sql_count", MORE),
    ("appointment_chasing", "base", "win_rate", LESS),
    ("analog_handoffs", "base", "re_explanations", MORE),
    ("one_system", "base", "re_explanations", LESS),
    ("one_system", "analog_handoffs", "re_explanations", LESS),
    ("no_loss_reasons", "base", "loss_reasons_true_share", LESS),
    ("revops", "base", "re_explanations", LESS),
    ("ai_unchecked", "ai_assisted", "trust", LESS),
    ("rising_ad_cost", "base", "inquiries", LESS),
    ("rising_ad_cost", "base", "cpa", MORE),
)


@pytest.mark.parametrize(
    ("name", "against", "metric", "sign"),
    CLAIMS,
    ids=[f"{a} has {'more' if s > 0 else 'less'} {m} than {b}" for a, b, m, s in CLAIMS],
)
def test_a_practice_has_the_effect_the_articles_describe(
    name: str, against: str, metric: str, sign: float
) -> None:
    assert metric in METRICS
    here, there = totals(name, metric), totals(against, metric)
    assert moves(sign * here, sign * there), f"{here} against {there}"


@cache
def new_companies(name: str) -> tuple[Measures, ...]:
    """Nine months from nothing: all customers were sold to under the scenario's own practice."""
    changes = (
        "start.loaded=false", "horizon.months=9", "counter_forces.late_outcomes.active=false",
    )  # fmt: skip
    scenario = load_scenario(name, changes).scenario
    return tuple(measure(run(scenario, SEED, replication)) for replication in range(REPLICATIONS))


@pytest.mark.parametrize("metric", ["claims_per_customer", "logo_churn"])
@pytest.mark.parametrize(
    ("name", "against"),
    [("divisional", "shared"), ("field_sales_divisional", "shared"), ("overselling", "base")],
)
def test_who_promises_more_than_will_be_delivered_has_more_claims_and_loses_more_customers(
    name: str, against: str, metric: str
) -> None:
    here = np.array([m.totals[metric] for m in new_companies(name)])
    there = np.array([m.totals[metric] for m in new_companies(against)])
    assert moves(here, there), f"{here} against {there}"


@pytest.mark.parametrize(
    ("name", "against"),
    [
        ("divisional", "shared"),
        ("customer_success_divisional", "shared"),
        ("firefighting_success", "base"),
    ],
)
def test_a_busy_success_team_that_answers_claims_first_reviews_fewer_customers(
    name: str, against: str
) -> None:
    """With time to spare it reviews customers anyway: mechanism 9 needs a busy team."""
    busy = "teams.customer_success.people=3"

    def reviews(name: str) -> Values:
        return np.array([float(len(j.where(Kind.REVIEWED))) for j in journals(name, busy)])

    assert moves(reviews(against), reviews(name))


BOOKED_MORE_EASILY = (
    ("divisional", "shared"),
    ("inside_sales_divisional", "shared"),
    ("appointment_chasing", "base"),
)


@pytest.mark.parametrize(("name", "against"), BOOKED_MORE_EASILY)
def test_who_chases_appointments_books_a_larger_share_of_talks(name: str, against: str) -> None:
    def booked(journal: Journal) -> float:
        talks = journal.where(Kind.QUALIFIED)
        return float(np.mean(journal.code[talks] == Qualification.BOOKED))

    assert moves(each(booked, name), each(booked, against))


@pytest.mark.parametrize(("name", "against"), BOOKED_MORE_EASILY)
def test_who_chases_appointments_passes_on_smaller_chances(name: str, against: str) -> None:
    def at_first_meeting(journal: Journal) -> float:
        """The chance of winning as field sales sees it when it first meets the buyer."""
        met = journal.where(Kind.MET)
        return float(journal.a[met][journal.b[met] == 1.0].mean())

    assert moves(each(at_first_meeting, against), each(at_first_meeting, name))


def test_strong_people_spare_buyers_what_the_handoff_lost() -> None:
    def asked_again(journal: Journal) -> float:
        return len(journal.where(Kind.RE_EXPLAINED)) / len(journal.where(Kind.HANDED_OVER))

    assert moves(each(asked_again, "analog_handoffs"), each(asked_again, "person_dependent"))


def test_without_recycling_nobody_comes_back() -> None:
    for run_measures in measures("no_recycling"):
        assert run_measures.totals["recycled_buyers"] == 0.0
        assert run_measures.totals["recycled_win_share"] == 0.0
    assert all(m.totals["recycled_buyers"] > 0.0 for m in measures("base"))


def test_without_loss_reasons_fewer_buyers_have_a_date_to_come_back() -> None:
    def timed(name: str) -> Values:
        reasons = ("no_budget", "wrong_timing", "with_competitor")
        return np.array(
            [
                float(m.recycling.set_index("recorded_reason").loc[list(reasons), "parked"].sum())
                for m in measures(name)
            ]
        )

    assert moves(timed("base"), timed("no_loss_reasons"))


def test_enablement_sharpens_the_impression_of_inside_sales() -> None:
    def sharpness(journal: Journal) -> float:
        """How well the believed chance of winning follows true fit."""
        judged = journal.where(Kind.QUALIFIED)
        believed = np.log(journal.a[judged] / (1.0 - journal.a[judged]))
        return float(np.corrcoef(true_fit(journal, judged), believed)[0, 1])

    assert moves(each(sharpness, "enablement"), each(sharpness, "base"))


def test_ai_assistance_saves_customer_facing_time_per_screened_inquiry() -> None:
    def hours(journal: Journal) -> float:
        visits = journal.where(Kind.VISIT)
        return float(journal.c[visits][journal.team[visits] == Team.MARKETING].mean())

    assert moves(each(hours, "base"), each(hours, "ai_assisted"))


def test_errors_of_ai_get_through_when_nobody_checks() -> None:
    def errors(name: str) -> Values:
        return np.array([float(count(j, Kind.TRUST, TrustCause.AI_ERROR)) for j in journals(name)])

    assert errors("base").sum() == 0.0
    assert moves(errors("ai_unchecked"), errors("ai_assisted"))


def test_people_change_departments_only_where_there_is_rotation() -> None:
    for journal in journals("job_rotation"):
        assert count(journal, Kind.LEFT, LeaveCause.ROTATION) >= 2  # two people change places
    for journal in journals("base"):
        assert count(journal, Kind.LEFT, LeaveCause.ROTATION) == 0


def test_people_join_as_planned() -> None:
    scenario = load_scenario("hiring_plan", ["horizon.months=4"]).scenario
    journal = run(scenario, SEED)
    assert count(journal, Kind.HIRED, HireCause.PLAN) == 4  # success people come later


def test_who_sells_once_has_revenue_but_nothing_to_renew() -> None:
    for journal, run_measures in zip(
        journals("one_off_sales"), measures("one_off_sales"), strict=True
    ):
        assert len(journal.where(Kind.CHURNED, Kind.EXPANDED)) == 0
        assert not run_measures.totals["mrr_end"] > 0.0
        assert run_measures.totals["revenue"] > 0.0
