"""What the command ``incentives`` takes, says, shows and refuses."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.cells import cell_len
from rich.console import Console
from small_companies import small_company
from test_cli import call
from test_japanese_commands import english_left

from simulator.commands import incentives as command
from simulator.experiment import incentives as analysis
from simulator.experiment import incentives_frames as frames
from simulator.experiment import incentives_phrases as phrases
from simulator.experiment import price_of_silos
from simulator.experiment.games import Profile
from simulator.experiment.incentives_words import verdict
from simulator.experiment.objectives import Agreement, levers, objectives_of, players_of, usual_of
from simulator.experiment.price_of_silos import (
    ALL,
    EQUILIBRIUM,
    OPTIMUM,
    STATED,
    TABLES,
    USUAL,
    Case,
    Effect,
    Incentives,
)
from simulator.experiment.searches import (
    Curve,
    Deviation,
    Equilibria,
    Group,
    Move,
    Round,
    Search,
)
from simulator.experiment.statistics import Estimate
from simulator.languages.languages import speaking
from simulator.metrics.definitions import TEAMS
from simulator.metrics.unstreamed import STREAMED
from simulator.presentation.incentives_tables import closing, story
from simulator.scenario.schema import Scenario

SCENARIO = Scenario()
LEVERS = levers(SCENARIO)
USUALLY = usual_of(LEVERS)
FRESH = 12
WOBBLE = np.linspace(-1.0, 1.0, FRESH)
OTHER_WOBBLE = np.array([1.0, -1.0] * (FRESH // 2))


# ------------------------------------------------------------------ a result made by hand


def decided(changes: Mapping[str, float] | None = None) -> Profile:
    values = {lever.path: lever.usual for lever in LEVERS} | dict(changes or {})
    return tuple(values[lever.path] for lever in LEVERS)


SELFISH = decided({"marketing.mql_cutoff": -1.5, "field_sales.promise": 0.7})


def totals(own_luck: float = 0.0, **means: float) -> dict[str, Any]:
    """Metrics of twelve replications that share their luck; some have luck of their own, too."""
    found = {}
    for metric in STREAMED:
        mean = means.get(metric, 1.0)
        found[metric] = mean * (1.0 + 0.01 * WOBBLE + own_luck * OTHER_WOBBLE)
    return found


def search(
    profile: Profile = SELFISH, status: Any = "equilibrium", gain: float = -0.01, **others: Any
) -> Search:
    """A search whose best change is a promise of 0.8; its gain is known to within 0.005."""
    worth = Estimate(gain, gain - 0.005, gain + 0.005, FRESH)
    deviation = Deviation("field_sales", False, {"promise": 0.8}, worth, worth)
    curve = Curve("marketing", "mql_cutoff", (-1.5, 0.0, 1.5), (1.3, 1.0, 0.3), (0.01, 0.01, 0.01),
                  (0.0, -0.3, -1.0), (0.0, 0.01, 0.01))  # fmt: skip
    rounds = (Round(1, "whole", (), profile, 10), Round(2, "closing", (), profile, 20))
    found = Search(
        players=players_of(LEVERS), start=USUALLY, profile=profile, status=status, rounds=rounds,
        cycle=(profile, USUALLY) if status == "cycle" else (), evaluations=20,
        fresh_evaluations=2, payoffs=(), deviations=(deviation,), curves=(curve,), inert=(),
        resolution=tuple(0.03 for _ in profile),
    )  # fmt: skip
    return dataclasses.replace(found, **others)


def case(name: str, profile: Profile = USUALLY, found: Search | None = None, weight: float = 0.0,
         own_luck: float = 0.0, **means: float) -> Case:  # fmt: skip
    weights = tuple(weight for _ in TEAMS)
    return Case(name, weights, profile, totals(own_luck, **means), found, LEVERS)


def together(searches: Sequence[Search]) -> Equilibria:
    rest = tuple(at for at, each in enumerate(searches) if each.status == "equilibrium")
    groups = (Group(searches[rest[0]].profile, rest),) if rest else ()
    stopped = searches[-1].status == "interrupted"
    return Equilibria(tuple(searches), groups, 20, stopped)


def result(
    *, searches: Sequence[Search] = (), more: Sequence[Case] = (), **others: Any
) -> Incentives:
    """Departments end with 90 M JPY, together they would with 100 M."""
    found = list(searches) or [search()]
    at_best = search(USUALLY)
    cases = [
        case(EQUILIBRIUM, SELFISH, found[0], mrr_end=90e6, profit=700e6, logo_churn=0.012,
             cost=500e6),
        case(STATED, mrr_end=95e6, profit=750e6, logo_churn=0.011, cost=500e6),
        case(USUAL, mrr_end=99e6, profit=790e6, logo_churn=0.010, cost=500e6),
        case(OPTIMUM, USUALLY, at_best, 1.0, mrr_end=100e6, profit=800e6, logo_churn=0.010,
             cost=500e6),
        *more,
    ]  # fmt: skip
    by_path = {lever.path: lever for lever in LEVERS}
    effects = (
        Effect(by_path["marketing.mql_cutoff"], -1.5, Estimate(0.35, 0.34, 0.36, FRESH),
               Estimate(-0.03, -0.042, -0.018, FRESH)),
        Effect(by_path["field_sales.promise"], 0.7, Estimate(0.10, 0.08, 0.12, FRESH),
               Estimate(-0.01, -0.03, 0.01, FRESH)),
    )  # fmt: skip
    made = Incentives(
        name="made by hand", scenario=SCENARIO, weights=dict.fromkeys(TEAMS, 0.0), levers=LEVERS,
        objectives=objectives_of(SCENARIO, None, {}, 0.3, ()), scales={}, seed=1, searched=8,
        fresh=FRESH, equilibria=together(found), cases={each.name: each for each in cases},
        effects=effects, doses=(), remedies=(), agreed=(), evaluations=100, runs=450,
        interrupted=False, stopped_at="",
    )  # fmt: skip
    return dataclasses.replace(made, **others)


def with_doses(levels: Mapping[float, float], alone: Mapping[str, float] | None = None,
               own_luck: float = 0.001, status: Any = "equilibrium") -> Incentives:  # fmt: skip
    doses, more = [], []
    for who, weight, level in [
        *((ALL, weight, level) for weight, level in levels.items()),
        *((team, 1.0, level) for team, level in (alone or {}).items()),
    ]:
        name = f"{who} {weight:g}"
        doses.append((who, weight, name))
        # Luck of its own in turn, so that no two differ by the same in every replication.
        luck = own_luck * (1.0 + 0.1 * len(doses))
        found = search(status=status)
        more.append(case(name, SELFISH, found, weight, luck, mrr_end=level, cost=500e6))
    return result(more=more, doses=tuple(doses))


def with_remedies(own_luck: float = 0.001) -> Incentives:
    kinds = (("shared KPI", 98e6, 500e6), ("agreed definition", 90e6, 500e6), ("RevOps", 94e6,
             520e6), ("shared KPI + RevOps", 99e6, 520e6))  # fmt: skip
    more = [
        case(name, SELFISH, search(), 0.0, own_luck * (1.0 + at), mrr_end=level, cost=cost)
        for at, (name, level, cost) in enumerate(kinds)
    ]
    remedies = tuple((tuple(name.split(" + ")), name) for name, _, _ in kinds)
    return result(more=more, remedies=remedies)


def said(made: Incentives) -> str:
    return " ".join(verdict(made))


def printed(made: Incentives) -> list[str]:
    paper = Console(width=100, file=io.StringIO(), markup=False)
    with paper.capture() as capture:
        for each in story(made):
            paper.print(each)
    return capture.get().splitlines()


# ------------------------------------------------------------------ words


def test_the_headline_is_the_price_of_silos() -> None:
    first = verdict(result())[0]
    assert first.startswith("Measured as they are, departments end with 10 % (")
    assert (
        "less MRR at end than the same people would reach together: 90 against 100 M JPY" in first
    )
    assert "contribution is 13 %" in first
    assert "customer churn is 20 %" in first
    assert "higher" in first


def test_no_price_is_claimed_that_may_be_luck() -> None:
    made = result()
    cases = dict(made.cases)
    cases[OPTIMUM] = case(OPTIMUM, USUALLY, search(USUALLY), 1.0, 0.3, mrr_end=91e6, profit=700e6)
    first = verdict(dataclasses.replace(made, cases=cases))[0]
    assert "cannot be told" in first
    assert "less MRR" not in first
    assert "no difference can be told" in first


def test_an_optimum_that_the_search_has_missed_is_owned_up_to() -> None:
    made = result()
    short = search(
        USUALLY,
        deviations=(
            Deviation("all", False, {"customer_success.proactive_share": 0.4},
                      Estimate(0.024, 0.014, 0.034, FRESH), Estimate(0.02, 0.0, 0.04, 8)),
        ),
    )  # fmt: skip
    cases = dict(made.cases)
    cases[OPTIMUM] = dataclasses.replace(cases[OPTIMUM], search=short)
    text = said(dataclasses.replace(made, cases=cases))
    assert "better still than what was found: Customer success with time for reviews 40 %" in text
    assert "may be better still" not in said(made)


def test_each_decision_is_said_with_what_it_brings() -> None:
    lines = verdict(result())
    marketing = next(line for line in lines if line.startswith("Marketing"))
    assert marketing == (
        "Marketing passes on weaker inquiries, lowering its cutoff for MQLs from -0.20 to -1.50,"
        " the lowest it may choose: that brings it 35 % (34 to 36) more MQLs, and the company"
        " 3.0 % (1.8 to 4.2) less MRR at end."
    )
    sales = next(line for line in lines if line.startswith("Field sales"))
    assert "from 30 % to 70 %: that brings it 10 % (8 to 12) more bookings" in sales
    assert "what it does to the company's MRR at end cannot be told" in sales
    assert "Customer success decides as usual in everything." in lines


def test_rest_is_claimed_only_where_nobody_is_told_to_gain() -> None:
    at_rest = said(result())
    assert "nobody can be told to gain by deciding otherwise alone" in at_rest
    assert "Field sales with promises beyond delivery 80 %, is worth -1.0 % (-1.5 to -0.5)" in (
        at_rest
    )
    not_quite = said(result(searches=[search(gain=0.05)]))
    assert "not quite at it" in not_quite
    assert "would still gain 5.0 % (4.5 to 5.5)" in not_quite
    assert "nobody can be told" not in not_quite


def test_a_cycle_is_called_one() -> None:
    text = said(result(searches=[search(status="cycle")]))
    assert "do not come to rest: from 1 of 1 starts they go in a circle of 2 constellations" in text
    assert "nobody can be told to gain" not in text
    assert "at which nobody needs to stay" in text


def test_a_search_that_gave_up_is_called_so() -> None:
    text = said(result(searches=[search(status="not converged")]))
    assert "gave up after 2 rounds" in text
    assert "nobody can be told to gain" not in text


def test_different_ends_are_told_with_their_differences() -> None:
    other = decided({"marketing.mql_cutoff": -1.5, "field_sales.promise": 0.1})
    found = [search(), search(other)]
    ends = Equilibria(
        tuple(found), (Group(SELFISH, (0,)), Group(other, (1,))), 40, interrupted=False
    )
    second = case(f"{EQUILIBRIUM} 2", other, found[1], 0.0, 0.2, mrr_end=90e6)
    text = said(result(searches=found, more=[second], equilibria=ends))
    assert "from 2 different places and came to 2 different ends" in text
    assert "Field sales: promises beyond delivery (70 % or 10 %)" in text
    assert "in MRR at end they cannot be told apart" in text


def test_an_interruption_in_the_search_says_how_far_it_is() -> None:
    stopped = search(status="interrupted", gain=0.2)
    made = result(
        searches=[stopped], cases={}, effects=(), interrupted=True,
        stopped_at="searching what departments would do",
    )  # fmt: skip
    lines = verdict(made)
    assert lines[0] == "What departments would do was not found out to the end."
    assert "Interrupted while searching what departments would do" in lines[1]
    assert "would gain 20 % (20 to 20)" in lines[2]
    assert any("Where the search stands" in each for each in printed(made))
    move = Move("field_sales", (0.3,), (0.5,), Estimate(0.08, 0.06, 0.10, 8))
    early = search(
        status="interrupted", deviations=(), curves=(),
        rounds=(Round(1, "whole", (move,), SELFISH, 5),),
    )  # fmt: skip
    assert "Field sales gained 8.0 % (6.0 to 10.0)" in said(
        dataclasses.replace(made, equilibria=together([early]))
    )
    assert "nothing was compared yet" in said(
        dataclasses.replace(made, equilibria=together([dataclasses.replace(early, rounds=())]))
    )


def test_an_interruption_before_the_optimum_claims_no_price() -> None:
    made = result(interrupted=True, stopped_at="searching what one planner would do")
    cases = {name: each for name, each in made.cases.items() if name != OPTIMUM}
    lines = verdict(dataclasses.replace(made, cases=cases, effects=()))
    assert "MRR at end of 90.0 M JPY" in lines[0]
    assert "was not found out" in lines[0]
    assert "what that brings was not measured" in " ".join(lines)


def test_a_threshold_is_the_largest_step_that_can_be_told() -> None:
    made = with_doses({0.0: 90e6, 0.25: 90e6, 0.5: 90e6, 0.75: 97e6, 1.0: 99e6}, own_luck=0.002)
    text = said(made)
    assert "More sharing does most from 0.5 to 0.75: 7.8 % (" in text
    assert "Below 0.5 no step can be told" in text
    assert "0.25, 0.5, 0.75 and 1 of the shared measure, the same for all, 1 does best" in text


def test_sharing_too_much_is_told_or_left_open() -> None:
    too_much = said(with_doses({0.0: 90e6, 0.5: 98e6, 1.0: 94e6}))
    assert "Sharing everything is too much: at weight 0.5 the company has 4.3 % (" in too_much
    assert "More sharing makes it worse from 0.5 to 1, 4.1 % (" in too_much
    perhaps = said(with_doses({0.0: 90e6, 0.5: 98e6, 1.0: 97.9e6}, own_luck=0.05))
    assert "cannot be told from" in perhaps
    assert "Whether sharing everything is too much cannot be told" in perhaps
    assert "Sharing everything is too much:" not in perhaps
    assert "No step from one weight to the next can be told" in said(
        with_doses({0.0: 90e6, 0.5: 90.1e6, 1.0: 89.9e6}, own_luck=0.05)
    )


def test_whose_weight_to_raise_first_is_the_best_that_can_be_told() -> None:
    levels = {0.0: 90e6, 1.0: 99e6}
    text = said(with_doses(levels, {"marketing": 95e6, "inside_sales": 91.5e6,
                                    "field_sales": 88e6}))  # fmt: skip
    assert "Raise the weight of Marketing first: alone, from 0 to 1, it brings the company" in text
    assert "5.6 % (" in text
    assert "Alone, more sharing by Field sales makes it worse." in text
    close = said(with_doses(levels, {"marketing": 95e6, "inside_sales": 95e6}, own_luck=0.01))
    assert ", which cannot be told from " in close
    none = said(with_doses(levels, {"marketing": 90.1e6}, own_luck=0.05))
    assert "Which department should share more first cannot be told" in none


def test_weights_at_which_nobody_rests_are_named() -> None:
    text = said(with_doses({0.0: 90e6, 1.0: 99e6}, status="cycle"))
    assert "At weight 0 for all together and weight 1 for all together the departments did" in text


def test_remedies_are_told_by_what_they_win_back_and_cost() -> None:
    made = with_remedies()
    text = said(made)
    assert (
        "Of the MRR at end that is lost to silos, remedies win back: shared KPI + RevOps 90 %"
        in text
    )
    assert "what agreed definition brings cannot be told from nothing" in text
    assert "For each M JPY of extra cost over the run MRR at end rises by 0.45 M JPY" in text
    assert "cost nothing more that could be told" in text
    found = {each.case: each for each in frames.remedies(made)}
    assert found["shared KPI"].recovered.mean == pytest.approx(0.8)
    assert found["RevOps"].per_cost.mean == pytest.approx(0.2)
    assert math.isnan(found["shared KPI"].per_cost.mean)
    assert (found["agreed definition"].told, found["shared KPI"].costs) == (0, 0)


def test_nothing_is_won_back_where_no_gap_can_be_told() -> None:
    made = with_remedies()
    cases = dict(made.cases)
    cases[OPTIMUM] = case(OPTIMUM, USUALLY, search(USUALLY), 1.0, 0.3, mrr_end=91e6)
    text = said(dataclasses.replace(made, cases=cases))
    assert "how much of a loss they win back cannot be told" in text.lower()
    assert "9.00 M JPY" in text


def test_words_know_no_jargon() -> None:
    text = " ".join(
        [said(result()), said(with_doses({0.0: 90e6, 1.0: 99e6})), said(with_remedies())]
    ).lower()
    for word in ("nash", "equilibrium", "best response", "holm", "nan", "_"):
        assert word not in text


def test_names_of_cases_are_those_of_the_result() -> None:
    for name in ("ALL", "EQUILIBRIUM", "OPTIMUM", "STATED", "USUAL"):
        assert getattr(frames, name) == getattr(price_of_silos, name)


def test_every_decision_with_a_range_has_words() -> None:
    assert {lever.path for lever in LEVERS} <= set(phrases.DECISIONS)
    assert phrases.doing("marketing.channel_mix.web_site", 1.0, 0.5) == (
        "Marketing spends less on web site, lowering the factor on its budget from 1.00 to 0.50"
    )


# ------------------------------------------------------------------ tables


@pytest.mark.parametrize(
    "made",
    [
        result(),
        with_doses({0.0: 90e6, 0.5: 91e6, 1.0: 99e6}, {"marketing": 95e6}),
        with_remedies(),
        result(searches=[search(status="interrupted")], cases={}, effects=(), interrupted=True),
    ],
    ids=["plain", "doses", "remedies", "interrupted"],
)
def test_tables_and_object_are_whole_whatever_was_done(made: Incentives) -> None:
    tables = made.tables()
    assert tuple(tables) == TABLES
    assert all(len(table.columns) > 5 for table in tables.values())
    found = json.loads(json.dumps(made.as_json(), allow_nan=False))
    assert {"scenario", "seed", "weights", "norm", "equilibrium", "optimum", "price_of_silos",
            "doses", "remedies", "interrupted", "stopped_at"} <= set(found)  # fmt: skip
    assert max(map(len, printed(made))) <= 100
    assert "seed 1" in closing(made, "1.0")


@pytest.mark.parametrize(
    "made",
    [
        result(),
        with_doses({0.0: 90e6, 0.5: 98e6, 1.0: 94e6}, {"marketing": 95e6, "field_sales": 85e6}),
        with_doses({0.0: 90e6, 0.5: 90.1e6, 1.0: 90e6}, own_luck=0.05, status="cycle"),
        with_remedies(),
        with_remedies(own_luck=0.3),
        result(searches=[search(status="interrupted")], cases={}, effects=(), interrupted=True,
               stopped_at="途中"),
    ],
    ids=["plain", "doses", "doses and luck", "remedies", "remedies and luck", "interrupted"],
)  # fmt: skip
def test_everything_is_told_in_japanese_too(made: Incentives) -> None:
    english = verdict(made)
    with speaking("ja"):
        japanese, lines = verdict(made), printed(made)
    assert len(japanese) == len(english)
    assert all(each.endswith("。") for each in japanese)
    assert not english_left("\n".join([*japanese, *lines]))
    assert max(map(cell_len, lines)) <= 100


def test_every_decision_is_told_in_japanese_whichever_way_it_moves() -> None:
    with speaking("ja"):
        for path in (*phrases.DECISIONS, "marketing.channel_mix.website"):
            said = {phrases.doing(path, 0.4, value) for value in (0.1, 0.8)}
            assert len(said) == 2
            assert all(each.endswith("ます") for each in said), path
            assert not english_left("\n".join(said))


def test_the_object_holds_the_price_and_the_evidence() -> None:
    found = with_remedies().as_json()
    assert found["price_of_silos"]["mrr_end"]["ratio"] == pytest.approx(0.9)
    assert found["equilibrium"]["decisions"]["marketing.mql_cutoff"] == -1.5
    assert found["equilibrium"]["largest_gain"]["changes"] == {"promise": 0.8}
    assert found["equilibrium"]["largest_gain"]["mean"] == -0.01
    assert found["remedies"][0]["recovered"]["mean"] == pytest.approx(0.8)


def test_a_binding_agreement_is_said() -> None:
    agreed = (Agreement("marketing.mql_cutoff", ">=", -0.5),)
    narrowed = levers(SCENARIO, (), agreed)
    made = result(levers=narrowed, agreed=agreed, effects=())
    cases = {
        name: dataclasses.replace(
            each, levers=narrowed, profile=(max(each.profile[0], -0.5), *each.profile[1:])
        )
        for name, each in made.cases.items()
    }
    assert "from -0.20 to -0.50, the lowest that is agreed" in said(
        dataclasses.replace(made, cases=cases)
    )


# ------------------------------------------------------------------ wrong input


@pytest.mark.parametrize(
    ("typed", "parts"),
    [
        (["--weight", "marketig=1"], ["--weight", "marketig", "did you mean marketing?"]),
        (["--weight", "marketing"], ["--weight", "DEPARTMENT=W"]),
        (["--weight", "marketing=1.5"], ["--weight", "marketing", "1.5", "0 (own"]),
        (["--weight", "marketing=much"], ["--weight", "much", "no number"]),
        (["--weight", "marketing=nan"], ["--weight", "nan"]),
        (["--weight", "marketing=1", "--weight", "marketing=0"], ["stated twice"]),
        (["--weights", "-0.1"], ["--weights", "-0.1"]),
        (["--range", "field_sales.promise=0-1"], ["--range", "PATH=LOW..HIGH"]),
        (["--range", "field_sales.promise=0..x"], ["--range", "two numbers"]),
        (["--range", "field_sales.promis=0..1"], ["--range", "did you mean field_sales.promise?"]),
        (["--range", "field_sales.promise=1..0"], ["--range", "low end must be below"]),
        (["--range", "field_sales.promise=0..2"], ["--range", "does not allow 2"]),
        (["--agree", "inside_sales.booking_cutof>=0.2"],
         ["--agree", "did you mean inside_sales.booking_cutoff?"]),
        (["--agree", "inside_sales.booking_cutoff>=0.9"], ["--agree", "leaves nothing"]),
        (["--agree", "inside_sales.booking_cutoff=0.2"], ["--agree", "PATH>=NUMBER"]),
        (["--agree", "inside_sales.booking_cutoff>=high"], ["--agree", "PATH>=NUMBER"]),
        (["--agree", "marketing.channel_mix.website>=1"], ["--agree", "state one with --range"]),
        (["--shared", "revenu"], ["--shared", "did you mean revenue?"]),
        (["--shared", "lead_time"], ["--shared", "cannot be searched with"]),
        (["--shared", "mrr_start"], ["--shared", "no better direction"]),
        (["--own", "sales=wins"], ["--own", "sales", "is no department"]),
        (["--own", "marketing=fame"], ["--own", "marketing", "is no metric"]),
        (["--norm", "-1"], ["--norm", "0 or more"]),
        (["--norm", "nan"], ["--norm", "0 or more"]),
        (["--write", "nowhere/at/all.yaml"], ["--write", "no folder"]),
        (["--write", "found.txt"], ["--write", ".yaml"]),
        (["--set", "horizon.months=6", "--shared", "nrr", "--replications", "2", "--workers", "1"],
         ["nrr", "6 months", "longer horizon.months"]),
    ],
)  # fmt: skip
def test_wrong_input_is_refused_with_what_to_do(typed: list[str], parts: list[str]) -> None:
    found = call("incentives", "divisional", *typed)
    assert found.exit_code == 2, found.output
    assert found.stdout == ""
    for part in parts:
        assert part in found.stderr
    assert "Traceback" not in found.stderr


def test_everything_wrong_is_said_at_once() -> None:
    found = call(
        "incentives", "divisional", "--weight", "sales=1", "--weights", 2, "--norm", -1, "--range",
        "x=0..1", "--agree", "y>=1", "--shared", "z", "--own", "marketing=q",
    )  # fmt: skip
    assert found.exit_code == 2
    for option in ("weight", "weights", "norm", "range", "agree", "shared", "own"):
        assert f"--{option}:" in found.stderr


def test_numbers_of_runs_have_limits() -> None:
    for option in ("--replications", "--fresh", "--starts"):
        assert call("incentives", "divisional", option, 0).exit_code == 2


def test_a_target_that_cannot_be_written_is_found_out_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: Any, **__: Any) -> Incentives:
        raise AssertionError("searched before it was known where to write")

    monkeypatch.setattr(analysis, "incentives", never)
    file = tmp_path / "file"
    file.write_text("here already")
    for option in (["--out", file], ["--out", file / "deeper"], ["--write", tmp_path]):
        found = call("incentives", "divisional", *option)
        assert found.exit_code == 2, found.output
        assert str(tmp_path) in found.stderr


# ------------------------------------------------------------------ how it ends


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Let the analysis give a result that was made by hand; say what it was asked."""

    def give(made: Incentives) -> dict[str, Any]:
        asked: dict[str, Any] = {}

        def analyze(_: Any, **options: Any) -> Incentives:
            asked.update(options)
            return made

        monkeypatch.setattr(analysis, "incentives", analyze)
        return asked

    return give


def test_options_arrive_as_what_they_mean(given: Any) -> None:
    asked = given(result())
    found = call(
        "incentives", "divisional", "--weights", 0.5, "--weight", "marketing=1", "--own",
        "field_sales=wins", "--range", "marketing.channel_mix.website=0.5..2", "--range",
        "marketing.mql_cutoff=-1..1", "--agree", "inside_sales.booking_cutoff >= 0.2", "--agree",
        "claims_late_share<=0.3", "--shared", "profit", "--norm", 1, "--no-doses", "--remedies",
    )  # fmt: skip
    assert found.exit_code == 0, found.output
    assert asked["weights"] == dict.fromkeys(TEAMS, 0.5) | {"marketing": 1.0}
    assert asked["own"] == {"field_sales": "wins"}
    assert [(each.path, each.low, each.high) for each in asked["ranges"]] == [
        ("marketing.channel_mix.website", 0.5, 2.0), ("marketing.mql_cutoff", -1.0, 1.0)
    ]  # fmt: skip
    assert list(map(str, asked["agree"])) == [
        "inside_sales.booking_cutoff>=0.2", "claims_late_share<=0.3"
    ]  # fmt: skip
    assert (asked["shared"], asked["norm"], asked["doses"], asked["remedies"]) == (
        "profit", 1.0, False, True,
    )  # fmt: skip


@pytest.mark.parametrize(
    "made",
    [result(), with_doses({0.0: 90e6, 0.5: 91e6, 1.0: 99e6}, {"customer_success": 95e6}),
     with_remedies()],
)  # fmt: skip
def test_what_is_printed_fits_a_page_of_100_columns(given: Any, made: Incentives) -> None:
    given(made)
    found = call("incentives", "divisional")
    assert found.exit_code == 0, found.output
    assert max(map(len, found.stdout.splitlines())) <= 100
    assert "nan" not in found.stdout.lower().split()
    assert "What departments would do" in found.stdout


@pytest.mark.parametrize("status", ["cycle", "not converged"])
def test_no_rest_is_a_finding(given: Any, status: str, tmp_path: Path) -> None:
    given(result(searches=[search(status=status)]))
    file = tmp_path / "found.yaml"
    found = call("incentives", "divisional", "--write", file)
    assert found.exit_code == 1
    assert "did not come to rest" in found.stderr
    assert not file.exists()


def test_an_interruption_shows_what_is_there(given: Any) -> None:
    given(result(interrupted=True, stopped_at="searching with all together 0.5"))
    found = call("incentives", "divisional")
    assert found.exit_code == 130
    assert "Interrupted while searching with all together 0.5" in found.stdout
    assert "interrupted while searching with all together 0.5" in found.stderr
    assert "10 %" in found.stdout


def test_files_hold_tables_answer_and_command(given: Any, tmp_path: Path) -> None:
    given(with_remedies())
    out = tmp_path / "out"
    found = call("incentives", "divisional", "--remedies", "--no-doses", "--out", out, "--json")
    assert found.exit_code == 0, found.output
    assert json.loads(found.stdout)["price_of_silos"]["mrr_end"]["ratio"] == pytest.approx(0.9)
    assert {path.stem for path in out.glob("*.csv")} == set(TABLES)
    with (out / "remedies.csv").open() as stream:
        assert next(csv.DictReader(stream))["remedy"] == "shared KPI"
    about = json.loads((out / "incentives.json").read_text())
    assert about["command"][:3] == ["themodel", "incentives", "divisional"]
    assert about["command"][-2:] == ["--no-doses", "--remedies"]


def test_decisions_are_written_as_a_scenario(given: Any, tmp_path: Path) -> None:
    given(result())
    file = tmp_path / "found.yaml"
    found = call("incentives", "divisional", "--write", file)
    assert found.exit_code == 0, found.output
    assert "mql_cutoff: -1.5" in file.read_text()
    assert f"written to {file}" in found.stderr
    assert call("check", file).exit_code == 0


def test_help_teaches() -> None:
    found = call("incentives", "--help")
    assert found.exit_code == 0
    assert "price of silos" in found.stdout
    assert found.stdout.count("themodel incentives") >= 4
    assert command.incentives.__doc__ is not None


# ------------------------------------------------------------------ from end to end

SMALL = small_company(2, "What would a small company do?", customers=100)


def test_a_small_company_from_end_to_end(tmp_path: Path) -> None:
    file = tmp_path / "small.yaml"
    file.write_text(SMALL)
    found = call(
        "incentives", file, "--weights", 0, "--replications", 2, "--fresh", 3, "--starts", 1,
        "--no-doses", "--workers", 1, "--json",
    )  # fmt: skip
    assert found.exit_code in (0, 1), found.output
    answer = json.loads(found.stdout)
    assert answer["scenario"] == "small"
    assert answer["equilibrium"]["starts"] == 1
    assert answer["weights"] == dict.fromkeys(TEAMS, 0.0)
    assert answer["verdict"]
    assert "start 1 of 1" in found.stderr
    assert set(answer["equilibrium"]["decisions"]) == {lever.path for lever in LEVERS}
