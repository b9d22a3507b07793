"""What we don't know, carried into results: estimates in files, draws, the split, the command."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pandas as pd
import pytest
from rich.console import Console
from test_cli import call, table

from simulator.errors import ScenarioError
from simulator.experiment import execution, input_uncertainty
from simulator.experiment.execution import Execution
from simulator.experiment.input_uncertainty import (
    InputUncertainty,
    checked_draws,
    run_under_uncertainty,
)
from simulator.experiment.parameter_draws import correlations, draw, drawn
from simulator.experiment.variance_split import BEYOND, means_without_twins, split, weights
from simulator.languages.languages import Language, speaking
from simulator.presentation import input_uncertainty_tables
from simulator.scenario import LoadedScenario, Scenario, json_schema, load_scenario, numbers
from simulator.scenario import unsourced as without_source
from simulator.scenario.fitted import SCALES, Fit, back, onto
from simulator.scenario.loading import fits
from simulator.scenario.strict_yaml import KeyPath, dotted

SMALL = """\
question: How does a small company do?
horizon: {months: 2}
start: {customers: 20, opportunities: 5, parked: 10}
market:
  channels:
    website: {leads_per_day: 3.0, reach: 0.5}
teams:
  marketing: {people: 1}
  inside_sales: {people: 1}
  field_sales: {people: 2}
  customer_success: {people: 1}
work:
  field_sales:
    thinking: {law: lognormal, unit: days, median: 6.0, p90: 20.0}
"""
SOURCES = """\
sources:
  market.channels.website.leads_per_day:
    source: our CRM
    trust: B
    estimate: {low: 2.5, high: 3.8, cases: 120, method: Poisson, scale: log}
  market.channels.website.reach:
    source: our CRM
    trust: B
    estimate: {low: 0.3, high: 0.65, cases: 40, method: Wilson, scale: logit}
  work.field_sales.thinking.median:
    source: our CRM
    trust: B
    estimate: {low: 5.0, high: 7.2, cases: 300, method: censored lognormal, scale: log}
  work.field_sales.thinking.p90:
    source: deal history
    trust: C
    estimate: {low: 15.0, high: 26.0, cases: 300, method: censored lognormal, scale: log}
"""
LEADS: KeyPath = ("market", "channels", "website", "leads_per_day")
REACH: KeyPath = ("market", "channels", "website", "reach")
MEDIAN: KeyPath = ("work", "field_sales", "thinking", "median")
P90: KeyPath = ("work", "field_sales", "thinking", "p90")

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(text: str = SMALL + SOURCES, name: str = "mine.yaml") -> Path:
        (tmp_path / name).write_text(text, encoding="utf-8")
        return tmp_path / name

    return written


@pytest.fixture(scope="module")
def mine(tmp_path_factory: pytest.TempPathFactory) -> LoadedScenario:
    path = tmp_path_factory.mktemp("scenarios") / "mine.yaml"
    path.write_text(SMALL + SOURCES, encoding="utf-8")
    return load_scenario(path)


def fit(low: float, high: float, scale: Any = "linear", **more: Any) -> Fit:
    return Fit(low, high, 50, "m", scale, **more)


# ------------------------------------------------------------------ estimates in files


def test_a_file_says_what_data_told_of_a_number_and_of_a_parameter_of_a_law(
    mine: LoadedScenario,
) -> None:
    found = fits(mine)
    assert set(found) == {LEADS, REACH, MEDIAN, P90}
    reach = found[REACH]
    assert (reach.low, reach.high, reach.cases, reach.scale) == (0.3, 0.65, 40, "logit")
    assert reach.where.endswith("mine.yaml:23:5")
    thinking = next(n for n in numbers(mine) if n.path == "work.field_sales.thinking")
    assert [path for path, _ in thinking.fits] == [dotted(MEDIAN), dotted(P90)]
    # Both parameters have a source, so the law has both, and the lesser trust.
    assert (thinking.source, thinking.trust) == ("our CRM; deal history", "C")
    assert thinking not in without_source(mine)


def test_what_is_changed_later_is_no_longer_what_was_estimated(write: Write) -> None:
    write()
    child = write("extends: mine.yaml\nmarket: {channels: {website: {reach: 0.7}}}\n", "child.yaml")
    assert set(fits(load_scenario(child))) == {LEADS, MEDIAN, P90}
    known = load_scenario(child, ["work.field_sales.thinking.p90=30"])
    assert set(fits(known)) == {LEADS, MEDIAN}


WRONG = [
    ("{low: 0.6, high: 0.7, cases: 9, method: m}", 18, "must contain the value, 0.5"),
    ("{low: 0.7, high: 0.3, cases: 9, method: m}", 18, "low must not be above high, 0.3"),
    ("{low: -0.1, high: 0.7, cases: 9, method: m}", 18, "at least 0 and at most 1"),
    ("{low: 0.0, high: 0.7, cases: 9, method: m, scale: log}", 18, "must be above 0"),
    ("{low: 0.1, high: 1.0, cases: 9, method: m, scale: logit}", 18, "above 0 and below 1"),
    ("{low: 0.1, high: 0.7, cases: 9, method: m, scale: logt}", 18, "(did you mean logit?)"),
    ("{low: 0.1, high: 0.7, cases: 0, method: m}", 18, "a whole number of cases, at least 1"),
    ("{low: 0.1, high: 0.7, cases: 9.5, method: m}", 18, "a whole number of cases, at least 1"),
    ("{low: 0.1, high: 0.7, method: m}", 18, "estimate.cases: is missing"),
    ("{low: 0.1, high: 0.7, \"n\": 9, cases: 9, method: m}", 18, "unknown key (write cases)"),
    ("{low: 0.1, hihg: 0.7, high: 0.7, cases: 9, method: m}", 18, "(did you mean high?)"),
    ("{low: x, high: 0.7, cases: 9, method: m}", 18, "must be a number"),
    ("{low: true, high: 0.7, cases: 9, method: m}", 18, "must be a number"),
    ("{low: 0.1, high: 0.7, cases: 9, method: 3}", 18, "must be text"),
    ("[0.1, 0.7]", 18, "must say {low: …, high: …, cases: …"),
    ("{low: 0.1, high: 0.7, cases: 9, method: m, group: g}", 18, "correlation: is missing"),
    (
        "{low: 0.1, high: 0.7, cases: 9, method: m, group: g, correlation: 1}", 18,
        "between -1 and 1",
    ),
    (
        "{low: 0.1, high: 0.7, cases: 9, method: m, group: g, correlation: 0.5}", 18,
        "no other estimate of this file is of this group",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("stated", "line", "rule"), WRONG)
def test_a_wrong_estimate_is_refused_at_its_line(
    write: Write, stated: str, line: int, rule: str
) -> None:
    path = write(
        SMALL + "sources:\n"
        "  market.channels.website.reach:\n"
        "    source: us\n"
        f"    trust: B\n    estimate: {stated}\n"
    )
    with pytest.raises(ScenarioError) as refused:
        load_scenario(path)
    assert [rule in str(problem) for problem in refused.value.problems] == [True]
    assert refused.value.problems[0].where.startswith(f"{path}:{line + 1}:")
    assert call("check", path).exit_code == 2


@pytest.mark.parametrize(
    ("key", "rule"),
    [
        ("work.field_sales.thinking", "one number at a time"),
        ("market.channels.website", "one number at a time"),
        ("market.channels.website.reech", "(did you mean market.channels.website.reach?)"),
        ("work.field_sales.thinking.medium", "does not set (did you mean"),
        ("hiring.0.day", "one number at a time"),
    ],
)
def test_an_estimate_of_what_is_no_single_number_is_refused(
    write: Write, key: str, rule: str
) -> None:
    stated = "{source: us, trust: B, estimate: {low: 0.1, high: 99, cases: 9, method: m}}"
    hiring = "hiring: [{team: marketing, day: 20, people: 2}]\n"
    path = write(f"{SMALL}{hiring}sources:\n  {key}: {stated}\n")
    with pytest.raises(ScenarioError) as refused:
        load_scenario(path)
    assert any(rule in str(problem) for problem in refused.value.problems)


def test_explain_and_the_schema_show_estimates(write: Write) -> None:
    path = write()
    text = " ".join(call("explain", path).stdout.split())
    assert "95 % interval 0.3 to 0.65; 40 cases:" in text
    found = json.loads(call("explain", path, "--json").stdout)
    thinking = next(n for n in found["numbers"] if n["path"] == "work.field_sales.thinking")
    told = thinking["estimates"]["work.field_sales.thinking.p90"]
    assert (told["low"], told["high"], told["cases"], told["scale"]) == (15.0, 26.0, 300, "log")
    check = jsonschema.Draft7Validator(json_schema())
    stated: dict[str, Any] = {"low": 1, "high": 2, "cases": 3, "method": "m", "scale": "log"}
    entry = {"source": "x", "trust": "B", "estimate": stated}
    assert check.is_valid({"sources": {"gross_margin": entry}})
    for wrong in ({"scale": "lin"}, {"cases": 0}, {"group": "g"}, {"hihg": 3}):
        refused = {**entry, "estimate": {**stated, **wrong}}
        assert not check.is_valid({"sources": {"gross_margin": refused}})


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("value", [1e-300, 1e-9, 0.3, 0.999999])
def test_a_scale_leads_there_and_back(scale: Any, value: float) -> None:
    assert back(onto(value, scale), scale) == pytest.approx(value, rel=1e-9)


# ------------------------------------------------------------------ draws


def draws_of(scenario: Scenario, stated: dict[KeyPath, Fit], count: int) -> dict[KeyPath, Any]:
    made = [draw(scenario, stated, 5, k) for k in range(count)]
    return {path: np.array([each.values[path] for each in made]) for path in stated}


def test_draws_have_the_value_in_the_middle_and_the_interval_at_its_ends(
    mine: LoadedScenario,
) -> None:
    count = 1000
    found = draws_of(mine.scenario, fits(mine), count)
    values = {LEADS: 3.0, REACH: 0.5, MEDIAN: 6.0, P90: 20.0}
    for path, each in fits(mine).items():
        for end, level in ((each.low, 0.025), (values[path], 0.5), (each.high, 0.975)):
            # Four standard errors of a share of independent draws.
            share = float((found[path] < end).mean())
            assert abs(share - level) < 4.0 * math.sqrt(level * (1.0 - level) / count), path
    drawn_once = drawn(mine.scenario, fits(mine), 5, 0)
    assert drawn_once.market.channels["website"].reach == found[REACH][0]
    assert drawn_once.market.channels["website"].fit_mean == (
        mine.scenario.market.channels["website"].fit_mean
    )


def test_the_same_draw_of_two_scenarios_is_paired(mine: LoadedScenario) -> None:
    other_values = mine.scenario.model_dump(mode="json", exclude_none=True)
    other_values["market"]["channels"]["website"]["reach"] = 0.2
    other = Scenario.model_validate_json(json.dumps(other_values))
    few = {REACH: fit(0.15, 0.3), LEADS: fits(mine)[LEADS]}
    for k in range(5):
        one, two = draw(mine.scenario, fits(mine), 9, k), draw(other, few, 9, k)
        assert {path: one.scores[path] for path in few} == two.scores
        assert one.values[LEADS] == two.values[LEADS]
        assert one.scores != draw(mine.scenario, fits(mine), 10, k).scores
    firsts = {draw(mine.scenario, fits(mine), 9, k).scores[REACH] for k in range(50)}
    assert len(firsts) == 50


@pytest.mark.parametrize(
    ("value", "stated"),
    [
        (0.0, fit(0.0, 0.03)),
        (0.001, fit(0.0, 0.2)),
        (1.0, fit(0.9, 1.0)),
        (0.9999, fit(0.7, 0.99999, "logit")),
        (1e-6, fit(1e-9, 1e-3, "log")),
        (0.5, fit(0.0, 1.0)),
    ],
)
def test_a_share_near_0_or_1_stays_a_share(mine: LoadedScenario, value: float, stated: Fit) -> None:
    values = mine.scenario.model_dump(mode="json", exclude_none=True)
    values["market"]["channels"]["website"]["reach"] = value
    scenario = Scenario.model_validate_json(json.dumps(values))
    found = draws_of(scenario, {REACH: stated}, 400)[REACH]
    assert found.min() >= 0.0
    assert found.max() <= 1.0
    assert found.std() > 0.0
    # The value is the median even at an end, where half of the draws are the value itself.
    below, above = float((found < value).mean()), float((found > value).mean())
    assert max(below, above) < 0.5 + 4.0 * 0.5 / math.sqrt(400) + 0.02


def test_what_must_be_above_0_is_and_whole_numbers_stay_whole(mine: LoadedScenario) -> None:
    people: KeyPath = ("start", "customers")
    wide = {("market", "deal", "median"): fit(1.0, 400_000.0), people: fit(0, 60)}
    found = draws_of(mine.scenario, wide, 400)
    assert found["market", "deal", "median"].min() > 0.0
    assert {type(each) for each in found[people].tolist()} == {int}
    assert found[people].min() >= 0
    assert len(set(found[people].tolist())) > 20


def test_numbers_that_break_a_rule_together_are_drawn_anew(mine: LoadedScenario) -> None:
    crossing = {MEDIAN: fit(3.0, 15.0, "log"), P90: fit(10.0, 40.0, "log"), REACH: fit(0.3, 0.7)}
    made = [draw(mine.scenario, crossing, 1, k) for k in range(300)]
    assert all(each.values[P90] > each.values[MEDIAN] for each in made)
    again = [each for each in made if each.again]
    assert again
    assert all(each.again == 2 for each in again)  # the number that stands elsewhere keeps its draw


def test_numbers_that_break_a_rule_every_time_are_refused_with_the_reason(
    mine: LoadedScenario,
) -> None:
    health: dict[KeyPath, Fit] = {("health", "usage"): fit(0.3, 0.5, where="mine.yaml:7:5")}
    with pytest.raises(ScenarioError, match="must add up to 1") as refused:
        draw(mine.scenario, health, 1, 0)
    assert str(refused.value).startswith("mine.yaml:7:5: health.usage")
    assert "Remedy" in str(refused.value)


@pytest.mark.parametrize(("one", "other", "expected"), [(0.8, 0.8, 0.8), (0.9, -0.4, -0.6)])
def test_a_group_is_correlated_as_stated(
    mine: LoadedScenario, one: float, other: float, expected: float
) -> None:
    stated = {
        MEDIAN: fit(5.5, 6.5, group="g", correlation=one),
        P90: fit(18.0, 22.0, group="g", correlation=other),
        REACH: fit(0.4, 0.6),
    }
    count = 1000
    made = [draw(mine.scenario, stated, 2, k).scores for k in range(count)]
    scores = np.array([[each[path] for path in stated] for each in made])
    found = np.corrcoef(scores.T)
    np.testing.assert_allclose(correlations(stated)[0], [1.0, expected, 0.0], atol=1e-12)
    # Four standard errors of a correlation.
    assert abs(found[0, 1] - expected) < 4.0 * (1.0 - expected**2) / math.sqrt(count)
    assert abs(found[0, 2]) < 4.0 / math.sqrt(count)


# ------------------------------------------------------------------ the split


def effects(
    draws: int, runs: int, unknown: float, luck: float, rng: np.random.Generator
) -> tuple[Any, Any]:
    """Runs with known variances, and twins that have nine tenths of the same luck."""
    shared = rng.standard_normal((draws, runs))
    own = rng.standard_normal((draws, runs))
    told = 0.9 * shared + math.sqrt(0.19) * own
    values = 5.0 + unknown**0.5 * rng.standard_normal((draws, 1)) + luck**0.5 * told
    return values, 5.0 + luck**0.5 * shared


@pytest.mark.parametrize("with_twins", [True, False])
@pytest.mark.parametrize(("unknown", "luck"), [(4.0, 1.0), (0.5, 2.0), (0.0, 1.0)])
def test_known_variances_are_recovered(unknown: float, luck: float, with_twins: bool) -> None:
    draws, runs = 4000, 2
    values, twins = effects(draws, runs, unknown, luck, np.random.default_rng(1))
    found = split(values, twins if with_twins else None)
    noise = luck * (0.19 if with_twins else 1.0)
    # Standard errors of mean squares: their size times sqrt(2 / degrees of freedom).
    between = (runs * unknown + noise) * math.sqrt(2.0 / (draws - 1))
    within = noise * math.sqrt(2.0 / (draws * (runs - 1)))
    assert abs(found.unknown - unknown) < 4.0 * math.hypot(between, within) / runs
    assert abs(found.luck - luck) < 4.0 * luck * math.sqrt(2.0 / draws)
    assert found.share == pytest.approx(found.unknown / (found.unknown + found.luck))
    assert found.share_low <= found.share <= found.share_high
    spread = found.future_high - found.future_low
    assert spread == pytest.approx(2.0 * 1.96 * math.sqrt(unknown + luck), rel=0.05)
    assert found.twins == pytest.approx(0.81 if with_twins else 0.0, abs=0.03)


def test_twins_of_other_luck_are_of_no_use_and_do_no_harm() -> None:
    rng = np.random.default_rng(2)
    values, _ = effects(4000, 2, 1.0, 1.0, rng)
    found = split(values, rng.standard_normal(values.shape))
    assert abs(found.unknown - 1.0) < 4.0 * math.hypot(3.0, 1.0) * math.sqrt(2.0 / 4000) / 2.0
    assert found.twins < 0.01


@pytest.mark.parametrize("unknown", [0.1, 1.0])
def test_intervals_cover_what_they_claim_over_repetitions(unknown: float) -> None:
    rng = np.random.default_rng(3)
    repetitions = 250
    hits = dict.fromkeys(("mean", "future", "share", "error"), 0)
    for _ in range(repetitions):
        values, twins = effects(20, 2, unknown, 1.0, rng)
        found = split(values, twins)
        truth = 5.0 + unknown**0.5 * rng.standard_normal()
        future = truth + rng.standard_normal()
        hits["mean"] += found.mean_low <= truth <= found.mean_high
        hits["future"] += found.future_low <= future <= found.future_high
        hits["share"] += found.share_low <= unknown / (unknown + 1.0) <= found.share_high
        hits["error"] += abs(found.mean - 5.0) <= found.error
    # Four standard errors of 95 %, and for the share what a jackknife of 20 draws may miss.
    least = 0.95 - 4.0 * math.sqrt(0.95 * 0.05 / repetitions)
    for what, count in hits.items():
        assert count / repetitions > (least - 0.03 if what == "share" else least), what


def test_draws_that_differ_less_than_luck_give_0_and_say_so() -> None:
    values = np.array([[1.0, 3.0], [3.1, 1.0], [1.0, 3.0], [2.9, 1.0]])
    found = split(values)
    assert (found.unknown, found.share, found.below_zero) == (0.0, 0.0, True)
    assert found.share_low == 0.0
    assert found.luck > 0.0


def test_what_never_varies_has_no_share_and_what_luck_does_not_move_has_1() -> None:
    never = split(np.full((5, 2), 0.1 + 0.2))
    assert math.isnan(never.share)
    assert (never.mean_low, never.future_high) == (never.mean, never.mean)
    sure = split(np.array([[1.0, 1.0], [2.0, 2.0], [4.0, 4.0]]))
    assert (sure.share, sure.share_low, sure.share_high, sure.luck) == (1.0, 1.0, 1.0, 0.0)
    assert sure.mean_low < 1.0
    assert sure.future_high == sure.mean_high


def test_a_missing_run_leaves_out_its_draw() -> None:
    values, twins = effects(12, 3, 1.0, 1.0, np.random.default_rng(4))
    holes = values.copy()
    holes[2, 1] = math.nan
    assert split(holes, twins) == split(np.delete(values, 2, 0), np.delete(twins, 2, 0))
    assert np.isnan(means_without_twins(holes, twins)).nonzero()[0].tolist() == [2]
    one = split(values[:1])
    assert one.draws == 1
    assert math.isnan(one.mean_low)
    assert split(np.full((4, 2), math.nan)).draws == 0


def test_a_run_beyond_what_was_seen_leaves_nothing_known_of_any_draw() -> None:
    values, twins = effects(12, 3, 1.0, 1.0, np.random.default_rng(4))
    values[2, 1] = math.inf
    found = split(values, twins)
    assert (found.reason, found.draws, found.below_zero) == (BEYOND, 11, False)
    numbers_of = {name: getattr(found, name) for name in ("mean", "unknown", "luck", "share")}
    assert all(map(math.isnan, numbers_of.values())), numbers_of
    assert np.isnan(means_without_twins(values, twins)).all()
    assert weights(np.ones((12, 1)), values.mean(axis=1), np.eye(1)) is None
    # A twin that was not seen says nothing of luck, and is not used.
    usual, twins[0, 0] = np.where(np.isinf(values), 5.0, values), math.inf
    assert split(usual, twins) == split(usual)


@pytest.mark.parametrize("language", ["en", "ja"])
def test_a_time_that_was_not_seen_is_said_not_to_be_known(
    monkeypatch: pytest.MonkeyPatch, write: Write, language: Language
) -> None:
    def slow(scenario: Scenario, name: str, seed: int, replication: int) -> dict[str, float]:
        found = known_task(scenario, name, seed, replication)
        beyond = math.inf if replication == 3 else found["wins"]
        return {**found, "mrr_end": beyond, "lead_time": beyond}

    monkeypatch.setattr(input_uncertainty, "run_totals", slow)
    found = run_under_uncertainty(write(SMALL + SOURCES), "", 3, 40)
    assert math.isnan(found.stated["lead_time"])
    assert found.metrics["lead_time"].reason == BEYOND
    assert found.metrics["profit"].reason == ""
    assert not found.numbers.set_index("metric").loc["mrr_end", "told"].any()
    json.dumps(found.as_json(), allow_nan=False)
    paper = Console(file=io.StringIO(), width=200)
    with speaking(language):
        for each in input_uncertainty_tables.story(found):
            paper.print(each)
    assert isinstance(paper.file, io.StringIO)
    text = paper.file.getvalue()
    said = (
        ["How much of the variance of MRR at end is luck is not known", "so that nothing is known"]
        if language == "en"
        else ["偶然かは分かりません", "平均が分からないため"]
    )
    assert [each in text for each in said] == [True, True], text
    assert "is the same in every run" not in text
    assert "None: they make no difference" not in text


def test_one_number_that_does_all_has_all_of_the_share_and_is_told() -> None:
    rng = np.random.default_rng(5)
    scores = rng.standard_normal((200, 3))
    outcome = 3.0 * scores[:, 1] + rng.standard_normal(200)
    found = weights(scores, outcome, np.eye(3))
    assert found is not None
    error = 1.0 / math.sqrt(200)
    assert abs(found.slope[1] - 3.0) < 4.0 * error
    assert abs(found.variance[1] - 9.0) < 4.0 * 6.0 * error
    assert found.low[1] <= 9.0 <= found.high[1]
    assert found.p[1] < 1e-6
    assert found.low[[0, 2]].tolist() == [0.0, 0.0]
    assert found.adjusted_r2 == pytest.approx(0.9, abs=0.05)


def test_of_correlated_numbers_only_what_is_a_numbers_own_counts() -> None:
    rng = np.random.default_rng(6)
    together = np.array([[1.0, 0.8], [0.8, 1.0]])
    scores = rng.multivariate_normal([0.0, 0.0], together, 2000)
    found = weights(scores, scores[:, 0], together)
    assert found is not None
    # Its variance is 1, of which the other number tells 0.64 as well.
    assert found.variance == pytest.approx([0.36, 0.0], abs=0.01)


def test_few_draws_rank_and_fewer_say_nothing() -> None:
    rng = np.random.default_rng(7)
    scores = rng.standard_normal((12, 3))
    found = weights(scores, np.exp(scores[:, 2]), np.eye(3))
    assert found is not None
    assert np.isnan(found.variance).all()
    assert found.correlation[2] == pytest.approx(1.0)
    assert found.p.argmin() == 2
    assert weights(scores[:9], scores[:9, 0], np.eye(3)) is None
    assert weights(scores, np.full(12, 0.3), np.eye(3)) is None


# ------------------------------------------------------------------ runs of a known task


def known_task(scenario: Scenario, name: str, seed: int, replication: int) -> dict[str, float]:
    """Wins as a known function of two numbers of the scenario and of the run's luck."""
    rng = np.random.default_rng([seed, replication])
    website = scenario.market.channels["website"]
    score = (onto(website.reach, "logit") - onto(0.5, "logit")) / _WIDTH
    wins = 100.0 + 4.0 * score + 3.0 * rng.standard_normal()
    return {"mrr_end": wins, "wins": wins, "profit": -wins, "logo_churn": math.nan}


_WIDTH = onto(0.65, "logit") / 1.959964


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(input_uncertainty, "run_totals", known_task)


@pytest.mark.usefixtures("known")
def test_a_known_task_is_split_as_it_was_made(write: Write) -> None:
    path = write(SMALL + SOURCES.replace("low: 0.3,", "low: 0.35,"))
    found = run_under_uncertainty(path, "", 3, 600)
    assert (found.asked, found.draws) == (300, tuple(range(300)))
    wins = found.metrics["wins"]
    # All luck is common, so only the draws themselves scatter: sqrt(2 / 299) of the variance.
    assert abs(wins.unknown - 16.0) < 4.0 * 16.0 * math.sqrt(2.0 / 299)
    assert abs(wins.luck - 9.0) < 4.0 * 9.0 * math.sqrt(2.0 / 300)
    assert wins.twins == pytest.approx(1.0)
    assert math.isnan(found.metrics["logo_churn"].mean)
    assert found.metrics["profit"].mean == pytest.approx(-wins.mean)
    best = found.numbers[found.numbers["metric"] == "wins"].set_index("path")
    assert set(best["how"]) == {"shares"}
    assert best["told"].to_dict() == {
        dotted(path): path == REACH for path in (LEADS, REACH, MEDIAN, P90)
    }
    share = float(best["share"].loc[dotted(REACH)])
    assert share == pytest.approx(wins.share, abs=0.05)
    json.dumps(found.as_json(), allow_nan=False)


@pytest.mark.usefixtures("known")
def test_a_run_of_a_draw_has_the_luck_of_its_number(write: Write) -> None:
    found = run_under_uncertainty(write(), "", 3, 12, runs_a_draw=3)
    wins = found.runs[found.runs["metric"] == "wins"]
    assert wins["draw"].tolist() == [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3]
    assert wins["replication"].tolist() == list(range(12))
    loaded = load_scenario(write())
    scenario = drawn(loaded.scenario, fits(loaded), 3, 1)
    assert wins["value"].iloc[4] == known_task(scenario, "", 3, 4)["wins"]


def test_wrong_numbers_of_runs_are_refused_with_the_next_right_one() -> None:
    assert checked_draws(20) == 10
    for replications, runs, remedy in ((7, 2, "write 8"), (2, 2, "write 4"), (9, 5, "write 10")):
        with pytest.raises(ScenarioError, match=remedy):
            checked_draws(replications, runs)
    with pytest.raises(ScenarioError, match="must be at least 2"):
        checked_draws(20, 1)


def test_a_scenario_made_in_code_states_no_estimates() -> None:
    with pytest.raises(ScenarioError, match="states no estimate"):
        run_under_uncertainty(Scenario())


# ------------------------------------------------------------------ the command

FEW = ("--replications", 8, "--workers", 1)


def asked(path: Path, *more: object) -> Any:
    return call("run", path, *FEW, "--input-uncertainty", *more)


def test_the_option_adds_a_table_and_changes_nothing_else(write: Write, tmp_path: Path) -> None:
    path = write()
    plain, more = call("run", path, *FEW, "--out", tmp_path / "a"), asked(path)
    assert more.exit_code == 0, more.stderr
    before, _, after = more.stdout.partition("What we don't know, and luck\n")
    at = plain.stdout.index("8 replications of 2 months")
    assert before == plain.stdout[:at]
    assert after.endswith("\n\n" + plain.stdout[at:])
    assert "4 parameter draws x 2 runs = 8 runs" in after
    assert "--replications 20 ranks them, 80 gives shares" in " ".join(after.split())
    assert max(map(len, more.stdout.splitlines())) <= 100
    plain_json = json.loads(call("run", path, *FEW, "--json").stdout)
    both = json.loads(asked(path, "--json", "--out", tmp_path / "b").stdout)
    added = both.pop("input_uncertainty")
    assert both == plain_json
    assert (added["draws"], added["runs_a_draw"], added["interrupted"]) == (4, 2, False)
    assert set(added["estimates"]) == {dotted(p) for p in (LEADS, REACH, MEDIAN, P90)}
    for file in (tmp_path / "a").glob("*.csv"):
        assert file.read_bytes() == (tmp_path / "b" / file.name).read_bytes()
    rows = {row["metric"]: row for row in table(tmp_path / "b" / "input_uncertainty.csv")}
    assert float(rows["wins"]["mean"]) == pytest.approx(added["metrics"]["wins"]["mean"])
    assert len(table(tmp_path / "b" / "input_uncertainty_draws.csv")) == 4 * 4
    repeat = json.loads((tmp_path / "b" / "input_uncertainty.json").read_text())["command"]
    assert repeat[-3:] == ["--input-uncertainty", "--runs-a-draw", "2"]


def test_workers_and_engine_do_not_change_the_split(mine: LoadedScenario) -> None:
    ways = (Execution(), Execution(workers=2, engine="simpy"))
    one, other = (run_under_uncertainty(mine, "", 4, 4, workers=each) for each in ways)
    assert one.as_json() == other.as_json()
    pd.testing.assert_frame_equal(one.runs, other.runs)


def test_totals_are_split_too(write: Write) -> None:
    path = write()
    whole = json.loads(asked(path, "--json").stdout)["input_uncertainty"]["metrics"]
    found = asked(path, "--totals", "--json")
    assert found.exit_code == 0, found.stderr
    metrics = json.loads(found.stdout)["input_uncertainty"]["metrics"]
    assert "lead_time" in set(whole) - set(metrics)
    assert metrics["wins"]["mean"] == pytest.approx(whole["wins"]["mean"])
    assert metrics["wins"]["share"] == pytest.approx(whole["wins"]["share"])
    shown = asked(path, "--totals").stdout
    assert "What we don't know, and luck" in shown


@pytest.mark.parametrize(("after", "left"), [(3, None), (8, 0), (13, 2)])
def test_interrupted_runs_are_kept_and_resumed_to_the_same_figures(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: int, left: int | None
) -> None:
    path, out = write(), ("--out", tmp_path / "out")
    whole = asked(path, "--json").stdout
    keep = execution._Runs._keep
    done = 0

    def interrupted(self: Any, job: Any, result: Any) -> None:
        nonlocal done
        if done == after:
            raise KeyboardInterrupt
        done += 1
        keep(self, job, result)

    monkeypatch.setattr(execution._Runs, "_keep", interrupted)
    stopped = asked(path, *out)
    monkeypatch.setattr(execution._Runs, "_keep", keep)
    said = f"{left} of 4 parameter draws" if left is not None else "3 of 8 replications"
    assert f"interrupted after {said}; --resume does the rest" in stopped.stderr
    resumed = asked(path, *out, "--resume", "--json")
    assert resumed.exit_code == 0, resumed.stderr
    assert resumed.stdout == whole


def test_kept_runs_of_other_estimates_are_not_taken(write: Write, tmp_path: Path) -> None:
    out = ("--out", tmp_path / "out")
    asked(write(), *out)
    changed = write(SMALL + SOURCES.replace("low: 0.3,", "low: 0.1,"))
    resumed = json.loads(asked(changed, *out, "--resume", "--json").stdout)
    assert resumed == json.loads(asked(changed, "--json").stdout)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (("--input-uncertainty", "--replications", "7"), "multiple of 2"),
        (("--input-uncertainty", "--replications", "auto"), "a number of replications"),
        (("--runs-a-draw", "3"), "needs --input-uncertainty"),
    ],
)
def test_wrong_options_end_with_2_before_anything_is_run(
    write: Write, typed: tuple[str, ...], said: str
) -> None:
    result = call("run", write(), *typed)
    assert result.exit_code == 2
    assert said in result.stderr


def test_a_scenario_without_estimates_is_refused_with_the_remedy(write: Write) -> None:
    path = write(SMALL)
    result = asked(path)
    assert result.exit_code == 2
    assert "states no estimate" in result.stderr
    assert "themodel calibrate" in result.stderr
    known = ["work.field_sales.thinking={law: constant, unit: days, value: 5}"]
    known += [f"{dotted(path)}=0.6" for path in (LEADS, REACH)]
    settings = [word for each in known for word in ("--set", each)]
    assert asked(write(), *settings).exit_code == 2


def test_few_finished_draws_say_that_there_is_nothing_to_tell(mine: LoadedScenario) -> None:
    from simulator.presentation import input_uncertainty_tables

    def interrupted(done: int) -> InputUncertainty:
        calls = iter(range(done))

        def task(*what: Any) -> dict[str, float]:
            if next(calls, None) is None:
                raise KeyboardInterrupt
            return known_task(*what)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(input_uncertainty, "run_totals", task)
            return run_under_uncertainty(mine, "", 1, 8)

    # Eight runs at the stated values come first.
    for done, whole in ((8, 0), (11, 1)):
        found = interrupted(done)
        assert (len(found.draws), found.interrupted) == (whole, True)
        assert len(list(input_uncertainty_tables.story(found))) == 1
        json.dumps(found.as_json(), allow_nan=False)
