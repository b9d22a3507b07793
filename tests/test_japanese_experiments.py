"""The analyses in Japanese: what a reader sees is Japanese, what a program reads stays as it is."""

from __future__ import annotations

import re
from contextvars import copy_context
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any, get_args

import pytest
from typer.testing import CliRunner, Result

from simulator.cli import app
from simulator.experiment import Estimate
from simulator.experiment.attribution import Attribution, attribute
from simulator.experiment.attribution_words import factor_said, of_gap
from simulator.experiment.bottleneck_words import of_constraint, of_harm, of_time
from simulator.experiment.factors import (
    DEPARTMENTS,
    HANDOFFS,
    NO_MECHANISM,
    REST,
    By,
    differing,
    game_of,
)
from simulator.experiment.findings import BESIDE, Finding, Kind, Ranking, verdict
from simulator.experiment.quantities import Scale
from simulator.languages.languages import LANGUAGES, Language, speaking
from simulator.scenario import load_scenario
from simulator.scenario.behavior import Mechanisms

TINY = """\
question: 小さな会社はどうなるか。
horizon: {months: 2}
start: {customers: 10, opportunities: 5, parked: 5}
market: {channels: {website: {leads_per_day: 2}}}
teams:
  marketing: {people: 1}
  inside_sales: {people: 1}
  field_sales: {people: 1}
  customer_success: {people: 1}
"""
EAGER = (
    "extends: tiny.yaml\ndecisions: {field_sales: {promise: 0.9}, marketing: {mql_cutoff: -1}}\n"
)
QUICK = (
    *("--trajectories", "2", "--top", "1", "--sobol", "4", "--points", "4"),
    *("--set", "horizon.months=1"),
)
COMMANDS = {
    "compare": (["compare", "tiny.yaml", "eager.yaml"], "95%区間"),
    "compare all": (["compare", "tiny.yaml", "eager.yaml", "--all"], "95%区間"),
    "compare three": (["compare", "tiny.yaml", "eager.yaml", "tiny.yaml"], "との比較では、"),
    "bottleneck": (["bottleneck", "tiny.yaml"], "1人増やす・減らすと変わること"),
    "attribute": (["attribute", "tiny.yaml", "eager.yaml"], "差の合計"),
    "attribute handoffs": (
        ["attribute", "tiny.yaml", "eager.yaml", "--by", "handoffs"],
        "マーケティングからインサイドセールスへ",
    ),
    "sensitivity": (["sensitivity", "tiny.yaml", *QUICK], "前提を1つずつ"),
    "sensitivity of a lead": (
        ["sensitivity", "tiny.yaml", "--versus", "eager.yaml", *QUICK],
        "が優れている点の数",
    ),
}
FORGOTTEN = re.compile(r"(?:\b[a-z]{3,}\b[ ,;:]+){3,}[a-z]{3,}\b", re.IGNORECASE)
KINDS: tuple[Kind, ...] = get_args(Kind)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("scenarios")
    (place / "tiny.yaml").write_text(TINY, encoding="utf-8")
    (place / "eager.yaml").write_text(EAGER, encoding="utf-8")
    return place


def typed(folder: Path, *words: str) -> Result:
    """Give a command; the language that it speaks ends with it."""
    there = [str(folder / word) if word.endswith(".yaml") else word for word in words]
    return copy_context().run(CliRunner().invoke, app, there)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_speaks_japanese(folder: Path, name: str) -> None:
    command, heading = COMMANDS[name]
    words = [*command, "--replications", "2", "--workers", "1"]
    japanese = typed(folder, *words, "--lang", "ja")
    assert japanese.exit_code == 0, japanese.output
    assert heading in japanese.output
    assert len(re.findall("[ぁ-ん]", japanese.output)) > 100
    assert not [line for line in japanese.output.splitlines() if FORGOTTEN.search(line)]


@pytest.mark.parametrize("name", ["compare", "bottleneck", "attribute"])
def test_it_speaks_english_again_afterwards(folder: Path, name: str) -> None:
    command, heading = COMMANDS[name]
    words = [*command, "--replications", "2", "--workers", "1"]
    typed(folder, *words, "--lang", "ja")
    english = typed(folder, *words, "--lang", "en")
    assert english.exit_code == 0
    assert heading not in english.output
    assert not re.search("[ぁ-んァ-ヶ]", english.output)


@pytest.mark.parametrize("name", ["compare", "bottleneck", "attribute"])
def test_one_replication_gives_no_interval_in_japanese(folder: Path, name: str) -> None:
    command, _ = COMMANDS[name]
    words = [*command, "--replications", "1", "--workers", "1", "--lang", "ja"]
    japanese = typed(folder, *words)
    assert japanese.exit_code == 0
    assert "判断できません" in "".join(japanese.output.split())
    assert not [line for line in japanese.output.splitlines() if FORGOTTEN.search(line)]


# ------------------------------------------------------------------ verdicts

BOUNDS = {"more": (1e6, 3e6), "less": (-3e6, -1e6), "open": (-1e6, 5e6), "same": (0.0, 0.0)}


def found(metric: str, kind: Kind, scenario: str = "b", difference: float = 2e6) -> Finding:
    low, high = BOUNDS.get(kind, (None, None))
    size = {"less": -abs(difference), "same": 0.0}.get(kind, difference)
    n = {"single": 1, "missing": 0}.get(kind, 8)
    p = 0.001 if kind in ("more", "less") else float("nan")
    return Finding(scenario, "a", metric, kind, size, low, high, 0.1, n, p)


@pytest.mark.parametrize("metric", ["mrr_end", "revenue"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_verdict_never_says_more_in_japanese_than_its_interval(metric: str, kind: Kind) -> None:
    with speaking("ja"):
        text = verdict([found(metric, kind)], [], None, "JPY")
    assert not re.search("[a-z]{3,}", text)
    assert text.endswith("。")
    claims = "上回ります" in text or "下回ります" in text
    assert claims == (kind in ("more", "less"))
    assert ("95%区間" in text) == (kind in ("more", "less", "open"))
    if kind == "open":
        assert "差があるとは言えません" in text
        assert "-1.00百万円～+5.00百万円" in text
    if kind == "single":
        assert "判断できません" in text


def test_one_amount_in_a_few_pairs_is_no_proof_in_japanese_either() -> None:
    alike = replace(found("mrr_end", "open"), low=2e6, high=2e6, n=3)
    with speaking("ja"):
        text = verdict([alike], [], None, "JPY")
    assert "判断できません" in text
    assert "上回ります" not in text


@pytest.mark.parametrize(("metric", "kind"), [*product(BESIDE, ("more", "less"))])
def test_what_differs_besides_is_a_sentence_of_its_own(metric: str, kind: Kind) -> None:
    size = 2e6 if metric == "profit" else 0.02
    beside = replace(found(metric, kind, difference=size), low=size / 2.0, high=size * 2.0)
    with speaking("ja"):
        text = verdict([found("mrr_end", "less")], [beside], None, "JPY")
    assert text.count("。") == 2
    assert "。また、" in text
    higher = ("上回ります", "高く") if kind == "more" else ("下回ります", "低く")
    assert any(word in text.partition("また、")[2] for word in higher)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("alike", [(), ("b",), ("b", "c")])
def test_several_scenarios_are_ranked_in_japanese(kind: Kind, alike: tuple[str, ...]) -> None:
    best = Ranking("mrr_end", "a", 9.7e7, alike)
    with speaking("ja"):
        findings = [found("mrr_end", kind), found("mrr_end", "open", "c")]
        text = verdict(findings, [], best, "JPY")
        unranked = verdict(findings, [], None, "JPY")
    assert "aとの比較では、b" in text
    assert ("偶然を超えています" in text) == (not alike)
    assert ("判断できません（平均が最も多いのは" in text) == (len(alike) == 2)
    assert "どのシナリオの期末MRRが最も多いかは判断できません" in unranked
    assert not re.search("[a-z]{3,}", text + unranked)


def test_what_holm_takes_back_is_no_difference_in_japanese() -> None:
    taken = replace(found("mrr_end", "open"), low=1e6, high=3e6)
    with speaking("ja"):
        text = verdict([taken, found("mrr_end", "same", "c")], [], None, "JPY")
    assert "bは差があるとは言えません（単独で見た95%区間は" in text
    assert "cはまったく同じです" in text


def effect(team: str, metric: str, mean: float, told: bool = True) -> dict[str, Any]:
    low, high = (mean - 1.0, mean + 1.0) if told else (mean - 9.0, mean + 9.0)
    return {"team": team, "metric": metric, "mean": mean, "low": low, "high": high, "n": 8,
            "told": told}  # fmt: skip


def test_a_constraint_is_claimed_only_where_it_is_told() -> None:
    scale = Scale.of("wins", "JPY", [4.0])
    told, untold = effect("field_sales", "wins", 4.0), effect("marketing", "wins", 2.0, False)
    with speaking("ja"):
        alone = of_constraint("wins", "field_sales", (), [told, untold], scale)
        tied = of_constraint("wins", "field_sales", ("marketing", "revops"), [told], scale)
        nobody = of_constraint("wins", None, (), [untold], scale)
        months = of_time("wins", [(1, 2, ("marketing", "field_sales")), (3, 3, ("marketing",))])
        harm = of_harm([effect("marketing", "wins", -4.0)], [], {"wins": scale})
    assert alone[0].startswith("ボトルネックはフィールドセールスです。1人増やすと受注数が4.00")
    assert tied[1] == "ただし、マーケティング、RevOpsに1人増やす場合との差があるとは言えません。"
    assert "判断できません" in nobody[0]
    assert months[0].startswith(
        "開始からの累計では、1～2か月目の末の時点で受注数を制約しているのは"
    )
    assert "マーケティングまたはフィールドセールスです" in months[0]
    assert harm == [
        "マーケティングを1人増やすと、かえって悪くなります："
        "受注数が4.00（95%区間：3.00～5.00）減少。"
    ]


@pytest.mark.parametrize(
    ("gap", "said"),
    [
        (Estimate(2e6, 1e6, 3e6, 8), "上回ります"),
        (Estimate(-2e6, -3e6, -1e6, 8), "下回ります"),
        (Estimate(2e6, -1e6, 3e6, 8), "差があるとは言えません"),
        (Estimate(2e6, 2e6, 2e6, 3), "偶然を否定できません"),
        (Estimate(2e6, None, None, 1), "判断できません"),
        (Estimate(float("nan"), None, None, 0), "分けられません"),
    ],
)
def test_a_gap_is_told_in_japanese_as_far_as_it_is_known(gap: Estimate, said: str) -> None:
    with speaking("ja"):
        (text,) = of_gap("mrr_end", ("a", "b"), gap, Scale.of("mrr_end", "JPY", [2e6]))
    assert said in text
    assert ("ります（95%区間" in text) == (said in ("上回ります", "下回ります"))


def test_every_factor_that_nobody_named_has_a_japanese_name() -> None:
    known = [*DEPARTMENTS, *HANDOFFS, *Mechanisms.model_fields, REST, NO_MECHANISM]
    with speaking("ja"):
        assert [name for name in known if re.search("[a-z]{2,}", factor_said(name))] == []
        assert factor_said("my own_factor") == "my own factor"
    assert [factor_said(name) for name in known] == [name.replace("_", " ") for name in known]


# ------------------------------------------------------------------ what programs read


def test_names_of_runs_and_tables_do_not_follow_the_language(folder: Path) -> None:
    a, b = (load_scenario(folder / f"{name}.yaml") for name in ("tiny", "eager"))
    kinds: tuple[By, ...] = ("departments", "mechanisms")
    names: dict[Language, list[Any]] = {}
    results: dict[Language, Attribution] = {}
    for language in LANGUAGES:
        with speaking(language):
            games = [game_of(a, b, by, None, differing(a, b)) for by in kinds]
            names[language] = [
                game.runs(each) for game in games for each in range(1 << len(game.players))
            ]
            results[language] = attribute(a, b, replications=1)
    assert names["en"] == names["ja"]
    english, japanese = results["en"], results["ja"]
    for name, table in english.tables().items():
        assert table.equals(japanese.tables()[name]), name
    with speaking("ja"):
        answer = japanese.as_json()
    wanted = english.as_json()
    assert answer.pop("verdict") != wanted.pop("verdict")
    assert answer == wanted
