"""Commands speak Japanese: the same ending as in English, and no English sentence left over."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from simulator import plausibility, verification
from simulator.cli import app
from simulator.languages.languages import speaking
from simulator.plausibility import hold_against_published
from simulator.verification import verify

SHORT = ("--set", "horizon.months=7", "--workers", "1")
"""Long enough for every table, short enough for a test."""

FEW = (
    "--starts", "1", "--steps", "2", "--replications", "2", "--fresh", "3",
    "--set", "horizon.months=2",
)  # fmt: skip
"""What makes a search for incentives short."""

FOR_A_BUDGET = (
    "--target", "arr", "--budget", "240e6", "--team", "field_sales", "--max", "field_sales=9",
    "--fresh", "20", "--set", "horizon.months=2", "--workers", "1",
)  # fmt: skip
TO_CHECK = (
    "--check", "--target", "arr@2-4>=1e8", "--fresh", "20", "--set", "horizon.months=4",
    "--workers", "1",
)  # fmt: skip
"""What makes the planning of people short."""

NO_SENTENCE = re.compile(
    r"""https?://\S+ | (?:[~.]?[\w.-]*/)+[\w.*-]*   # addresses, paths
    | --?[a-z][\w-]*(?:[= ][\w.%/-]+)?              # options with their values
    | \b\w*[_./=][\w./=]*\b                         # identifiers, keys, files
    | \b[A-Z]\w*\b | \b\w*\d\w*\b                   # names, abbreviations, what holds a digit
    """,
    re.VERBOSE,
)
"""What may be written in Latin letters."""
ENGLISH = re.compile(r"(?:\b[a-z]{2,}\b[\s,;:'()-]+){3,}\b[a-z]{2,}\b")
JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")


def english_left(text: str) -> list[str]:
    """Lines in which four English words or more follow each other, names and options apart."""
    return [line for line in text.splitlines() if ENGLISH.search(NO_SENTENCE.sub("0", line))]


def told(*arguments: str, language: str = "ja") -> Result:
    """What a command says in a language."""
    with speaking("en"):  # the language that a command speaks must not outlast it
        return CliRunner().invoke(app, [*arguments, "--lang", language])


COMMANDS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "run": (
        ("run", "base", "--replications", "2", *SHORT),
        ("カスタマーサクセス", "95%区間", "仕事の流れ", "どこで、なぜ失ったか", "乱数の種1"),
    ),
    "run, totals": (
        ("run", "base", "--replications", "2", "--totals", *SHORT),
        ("仕事の流れ", "記録を残さず逐次集計しました"),
    ),
    "run, auto": (
        ("run", "base", "--replications", "auto", "--precision", "90%", "--at-most", "10", *SHORT),
        ("指定の精度90%",),
    ),
    "run, one-off sale": (
        ("run", "one_off_sales", "--replications", "1", *SHORT),
        ("終了時点の見込み顧客・顧客の状態", "納品済み"),
    ),
    "run against observed figures": (
        ("run", "olist", "--replications", "2", "--workers", "1"),
        ("実測とシミュレーションの比較", "契約率：social", "分からないこと"),
    ),
    "explain": (("explain", "base"), ("信頼度", "設定箇所と出典", "既定の会社")),
    "explain, every source": (("explain", "olist"), ("ファイルには選別済み", "件/営業日")),
    "explain, difference": (
        ("explain", "shared", "--diff", "divisional"),
        ("sharedとdivisionalの違い", "単位"),
    ),
    "explain, no difference": (("explain", "base", "--diff", "base"), ("同じです",)),
    "trace": (
        ("trace", "base", "--buyer", "first-won"),
        ("顧客側", "真実", "インサイドセールス", "商談", "担当者"),
    ),
    "trace, most recycled": (
        ("trace", "base", "--buyer", "most-recycled"),
        ("リサイクル待ち", "掘り起こし"),
    ),
    "warm-up": (
        ("warm-up", "base", "--replications", "2", *SHORT),
        ("各系列が落ち着く時期", "除く期間", "1日あたりMQL数"),
    ),
    "incentives": (
        ("incentives", "divisional", *FEW, "--no-doses", "--remedies", "--workers", "1"),
        ("全体最適", "部門最適の代償", "各部門の選択", "改善策の効果", "乱数の種1"),
    ),
    "size": (
        ("size", "base", *FOR_A_BUDGET),
        ("見つかった最良の案", "費用ごとの最良の案", "計画より1人増減した場合", "検証用の反復20回"),
    ),
    "hiring": (
        ("hiring", "hiring_plan", *TO_CHECK),
        ("約束を守れます", "誰がいつ入社するか", "人員と仕事量", "計画より悪くなった場合"),
    ),
    "list": (("list",), ("シナリオ", "問い", "売上はどうなるのか")),
    "check": (("check", "base", "shared"), ("問題ありません", "出典があります")),
}
"""By what is asked: the command, and what must be in its answer."""


@pytest.mark.parametrize("what", COMMANDS)
def test_a_command_answers_in_japanese(what: str) -> None:
    command, words = COMMANDS[what]
    result = told(*command)
    assert result.exit_code == told(*command, language="en").exit_code
    for word in words:
        assert word in result.stdout, word
    assert not english_left(result.output)


def test_verify_answers_in_japanese(monkeypatch: pytest.MonkeyPatch) -> None:
    # Few and short runs say the same sentences; whether all checks hold is asked elsewhere.
    monkeypatch.setattr(verification, "verify", partial(verify, replications=2, size=0.1))
    few = partial(hold_against_published, replications=2)
    monkeypatch.setattr(plausibility, "hold_against_published", few)
    result = told("verify")
    assert result.exit_code == told("verify", language="en").exit_code
    for word in (
        "検証項目",
        "理論値",
        "リサイクルのある網、マーケティング",
        "公表値",
        "成立しました",
    ):
        assert word in result.stdout
    assert not english_left(result.output)


def test_what_is_told_beside_a_result_is_japanese(tmp_path: Path) -> None:
    result = told("run", "base", "--replications", "1", *SHORT, "--out", str(tmp_path / "kept"))
    assert result.exit_code == 0
    assert "書き出しました" in result.stderr
    assert "written" not in result.stderr


def test_an_export_and_its_calibration_are_told_in_japanese(tmp_path: Path) -> None:
    exported, out = tmp_path / "exported", tmp_path / "own.yaml"
    result = told(
        "export-crm", "base", "-o", str(exported), "--log", "none", "--missing", "5%",
        "--starts", "2024-05-01", "--set", "horizon.months=5",
    )  # fmt: skip
    assert result.exit_code == 0
    assert "日付は5月から始まります" in result.stderr
    assert "わざと作った欠け" in (exported / "README.txt").read_text(encoding="utf-8")
    assert not english_left(result.output)
    result = told(
        "calibrate", *map(str, sorted(exported.glob("*.csv"))), "--mapping",
        str(exported / "mapping.yaml"), "-o", str(out), "--report", str(out.with_suffix(".html")),
        "--workers", "1",
    )  # fmt: skip
    assert result.exit_code == 0
    for word in ("ファイルの読み方", "ファイルから分かったこと", "知っておくべきこと", "間接推定"):
        assert word in result.stdout, word
    assert "列の意味を" in result.stderr
    assert not english_left(result.output)
    for name in ("own.yaml", "own_retold.yaml"):
        assert not english_left((tmp_path / name).read_text(encoding="utf-8")), name
    assert (tmp_path / "own_unusable.csv").read_text(encoding="utf-8").startswith("\ufeff")
    mapping = (tmp_path / "own_mapping.yaml").read_text(encoding="utf-8")
    assert mapping.startswith("# ファイルの読み方です。")
    page = out.with_suffix(".html").read_text(encoding="utf-8")
    assert '<html lang="ja">' in page
    assert "2024年5月1日" in page
    said = re.sub(r"<style.*?</style>|<code>.*?</code>", "", page, flags=re.DOTALL)
    assert not english_left("\n".join(re.findall(r">([^<>]+)<", said)))
    result = told("explain", str(out))
    assert result.exit_code == 0
    assert not english_left(result.output)


def test_knowledge_and_luck_are_told_in_japanese(tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text(
        "extends: base\n"
        "market: {window_mean_days: 130.0, patience_mean_days: 21.0}\n"
        "sources:\n"
        "  market.window_mean_days: {source: 自社, trust: B, estimate:"
        " {low: 100.0, high: 170.0, cases: 50, method: 平均, scale: log}}\n"
        "  market.patience_mean_days: {source: 自社, trust: B, estimate:"
        " {low: 15.0, high: 30.0, cases: 40, method: 平均, scale: log}}\n",
        encoding="utf-8",
    )
    result = told("run", str(own), "--input-uncertainty", "--replications", "8", *SHORT)
    assert result.exit_code == 0
    for word in ("分からないことと、偶然", "どの知識不足が最も響くか", "パラメータ抽出4組"):
        assert word in result.stdout
    assert not english_left(result.output)
    result = told("explain", str(own))
    assert "95%区間100～170、50件：平均（対数）" in "".join(_cells(result.stdout))


def _cells(text: str) -> Iterator[str]:
    """Lines as if they had not been broken."""
    for line in text.splitlines():
        yield line[62:].strip()


def test_an_english_sentence_would_be_found() -> None:
    assert english_left("売上は\nthe rest is luck, which no data takes away\n")
    assert english_left("値 20 pieces of work waiting on average です")
    assert not english_left("themodel run base --replications 20 --seed 1 --out results")
    assert not english_left("teams.marketing.people  base.yaml:18  default")


def test_every_line_of_english_is_plain_of_japanese() -> None:
    for command, _ in (COMMANDS["list"], COMMANDS["check"]):
        assert not JAPANESE.search(told(*command, language="en").output)
