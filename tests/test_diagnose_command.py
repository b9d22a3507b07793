"""``themodel diagnose``, used as a leader would: asked, from a file, interrupted, in Japanese."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len
from test_cli import RUNNER, call, run
from test_experiment_commands import SMALL
from typer.testing import Result

from simulator import cli
from simulator.commands import diagnose as command
from simulator.diagnosis.answers import FACTS, read_answers
from simulator.diagnosis.questions import questions
from simulator.experiment.execution import execute
from simulator.scenario import load_scenario

FEW = ("--replications", 2, "--workers", 1)
JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
ALL = len(questions())


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def small(tmp_path: Path) -> Path:
    file = tmp_path / "small.yaml"
    file.write_text(SMALL)
    return file


@pytest.fixture
def answers(tmp_path: Path) -> Path:
    file = tmp_path / "answers.yaml"
    file.write_text("answers: {handover: dangerous, sql_definition: partly, losses: good}\n")
    return file


def asked(typed: str, *arguments: object) -> Result:
    return RUNNER.invoke(cli.app, ["diagnose", *map(str, arguments)], input=typed)


def lines(*typed: str) -> str:
    return "".join(f"{each}\n" for each in typed)


# ------------------------------------------------------------------ asked in the terminal


def test_every_question_is_asked_and_answered_by_one_key(small: Path, tmp_path: Path) -> None:
    kept, mine = tmp_path / "kept.yaml", tmp_path / "mine.yaml"
    typed = lines(*["3"] * ALL, "2", *[""] * (len(FACTS) - 1))
    result = asked(
        typed, "--scenario", small, *FEW, "--save-answers", kept, "--out", mine, "--lang", "en"
    )
    assert result.exit_code == 0, result.output
    for question in questions().values():
        assert f"Question {question.number} of {ALL}" in result.stderr
    assert "Question" not in result.stdout
    found = read_answers(kept)
    assert set(found.by_question.values()) == {"dangerous"}
    assert found.facts == {"marketing_people": 2.0}
    loaded = load_scenario(mine)
    assert loaded.scenario.teams.marketing.people == 2
    assert loaded.scenario.handoffs.medium == "spoken"
    assert call("check", mine).exit_code == 0
    again = call("diagnose", "--answers", kept, "--scenario", small, *FEW)
    assert again.stdout == result.stdout


def test_one_can_go_back_and_mistyping_is_told(small: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept.yaml"
    typed = lines(
        "b", "1", "x", "b", "2", "4",  # nothing before the first; the first answer is changed
        *["4"] * (ALL - 2), "b", "1",  # back from the facts to the last question
        "12.5", "1,234", "b", "3", *[""] * (len(FACTS) - 1),
    )  # fmt: skip
    result = asked(typed, "--scenario", small, *FEW, "--save-answers", kept)
    assert result.exit_code == 0, result.output
    assert "this is the first question" in result.stderr
    assert "press 1, 2, 3, 4, or b to go back" in result.stderr
    assert "answered before: 1" in result.stderr
    assert "must be a whole number from 1 to 10,000" in result.stderr
    found = read_answers(kept)
    first, second, *_, last = found.by_question.values()
    assert (first, second, last) == ("partly", "unknown", "good")
    assert found.facts == {"marketing_people": 3.0}


def test_keys_of_a_japanese_keyboard_are_understood(small: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept.yaml"
    typed = lines(*["３"] * 2, "ｂ", *["１"] * (ALL - 1), *["２"], *[""] * (len(FACTS) - 1))
    result = asked(typed, "--scenario", small, *FEW, "--lang", "ja", "--save-answers", kept)
    assert result.exit_code == 0, result.output
    assert f"質問 1 / {ALL}" in result.stderr
    found = read_answers(kept)
    assert list(found.by_question.values()) == ["dangerous", *["good"] * (ALL - 1)]
    assert found.facts == {"marketing_people": 2.0}
    assert "  handover: 良い" in kept.read_text(encoding="utf-8")


def test_input_that_ends_early_says_how_to_answer_otherwise(tmp_path: Path) -> None:
    result = asked(lines("1", "2"), "--out", tmp_path / "mine.yaml")
    assert result.exit_code == 2
    assert f"the input ended at question 3 of {ALL}" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_no_answer_is_called_good_or_dangerous_while_asking(small: Path) -> None:
    typed = lines(*["4"] * ALL, *[""] * len(FACTS))
    result = asked(typed, "--scenario", small, *FEW)
    assert not re.search(r"\b(good|dangerous)\b:", result.stderr)
    assert "I don't know." in result.stderr


# ------------------------------------------------------------------ from a file


def test_a_written_file_of_questions_can_be_filled_in(tmp_path: Path, small: Path) -> None:
    for language, word in (("en", "dangerous"), ("ja", "危険")):
        file = tmp_path / f"{language}.yaml"
        result = call(
            "diagnose", "--write-questions", file, "--lang", language, "--scenario", small
        )
        assert (result.exit_code, result.stdout) == (0, "")
        text = file.read_text(encoding="utf-8")
        for question in questions().values():
            assert question.ask(language) in text  # type: ignore[arg-type]
            assert question.dangerous(language) in text  # type: ignore[arg-type]
        unknown = {"en": "unknown", "ja": "不明"}[language]
        file.write_text(text.replace(f"handover: {unknown}", f"handover: {word}"), "utf-8")
        found = json.loads(
            call("diagnose", "--answers", file, "--scenario", small, *FEW, "--json").stdout
        )
        assert found["answers"]["handover"] == "dangerous"
        assert [each["question"] for each in found["remedies"]] == ["handover"]


def test_json_is_one_object_with_everything(answers: Path, small: Path) -> None:
    result = call("diagnose", "--answers", answers, "--scenario", small, *FEW, "--json")
    found = json.loads(result.stdout)
    assert {
        "scenario", "metric", "currency", "answers", "facts", "organization", "healthy_twin", "gap",
        "remedies", "tied_with_best", "together_less_sum", "mechanisms", "unknown", "replications",
        "seed", "language", "verdict", "version",
    } == set(found)  # fmt: skip
    assert (found["scenario"], found["replications"], found["seed"]) == ("small", 2, 1)
    assert set(found["gap"]) == {"mrr_end", "profit", "logo_churn", "wins"}
    assert {each["question"] for each in found["remedies"]} == {"handover", "sql_definition"}
    assert len(found["unknown"]) == ALL - 3
    information = next(m for m in found["mechanisms"] if m["mechanism"] == "lost_information")
    assert information["switched_on_by"] == ["handover"]


@pytest.mark.parametrize("language", ["en", "ja"])
def test_what_is_printed_is_in_one_language_and_fits(
    language: str, answers: Path, small: Path
) -> None:
    result = call("diagnose", "--answers", answers, "--scenario", small, *FEW, "--lang", language)
    assert result.exit_code == 0, result.output
    printed = result.stdout.splitlines()
    assert max(map(cell_len, printed)) <= 100
    if language == "en":
        assert not JAPANESE.search(result.stdout)
        headings = [
            "This organization and its healthy twin", "What each remedy changes",
            "Through which mechanisms the answers act", "What you do not know", "Your answers",
            "Before you act", "based on small, paired by luck",
        ]  # fmt: skip
    else:
        # What is left in English: names that are English in Japan, too.
        words = set(re.findall(r"[A-Za-z]{2,}", result.stdout))
        assert words <= {
            "MRR", "SQL", "RevOps", "PDCA", "CS", "themodel", "sensitivity", "out", "small", "KPI",
            "NRR", "Holm", "replications",
        }  # fmt: skip
        headings = [
            "この組織と健全な組織", "改善策ごとの効果", "回答がどのメカニズムを通じて効いているか",
            "分からないと答えた質問", "\n回答\n", "使う前に", "smallを基に",
        ]  # fmt: skip
    places = [result.stdout.rindex(heading) for heading in headings]
    assert places == sorted(places)


def test_japanese_columns_stand_below_each_other(answers: Path, small: Path) -> None:
    out = call("diagnose", "--answers", answers, "--scenario", small, *FEW, "--lang", "ja").stdout
    start = out.index("この組織と健全な組織")
    table = out[start:].split("\n\n")[0].splitlines()[2:]
    # The second column is flush right: its numbers end in the same cell.
    numbers = [re.match(r"(\s*\S+\s+)(-?[\d,.]+)", row) for row in table]
    assert len({cell_len(found[0]) for found in numbers if found}) == 1
    assert all(numbers)


def test_the_language_follows_the_locale(
    answers: Path, small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANG", "ja_JP.UTF-8")
    words = ("diagnose", "--answers", answers, "--scenario", small, *FEW)
    assert "健全な組織" in call(*words).stdout
    assert "healthy twin" in call(*words, "--lang", "en").stdout
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    assert "healthy twin" in call(*words).stdout


def test_any_number_of_workers_gives_the_same_answer(answers: Path, small: Path) -> None:
    words = ("diagnose", "--answers", answers, "--scenario", small, "--replications", 2, "--json")
    alone, shared = (call(*words, "--workers", n) for n in (1, 2))
    assert alone.exit_code == 0
    assert alone.stdout == shared.stdout


# ------------------------------------------------------------------ wrong input


def test_a_wrong_file_is_refused_with_every_mistake(tmp_path: Path) -> None:
    file = tmp_path / "wrong.yaml"
    file.write_text("answers:\n  handovr: good\n  moves: bad\nfacts:\n  months: 0\n")
    english = call("diagnose", "--answers", file)
    japanese = call("diagnose", "--answers", file, "--lang", "ja")
    for result in (english, japanese):
        assert result.exit_code == 2
        for line in (2, 3, 5):
            assert f"wrong.yaml:{line}:" in result.stderr
    assert "did you mean handover?" in english.stderr
    assert "もしかして: handover" in japanese.stderr


def test_what_is_there_is_never_written_over_unless_told(
    answers: Path, small: Path, tmp_path: Path
) -> None:
    mine = tmp_path / "mine.yaml"
    mine.write_text("precious")
    words = ("diagnose", "--answers", answers, "--scenario", small, *FEW, "--out", mine)
    refused = call(*words)
    assert refused.exit_code == 2
    assert "is there already; --overwrite writes over it" in refused.stderr
    assert mine.read_text() == "precious"
    assert "上書き" in call(*words, "--lang", "ja").stderr
    assert call(*words, "--overwrite").exit_code == 0
    assert load_scenario(mine).scenario.handoffs.medium == "spoken"


def test_targets_that_cannot_be_written_are_refused_before_anything_is_asked(
    small: Path, tmp_path: Path
) -> None:
    for target, rule in (
        (tmp_path, "is a folder"),
        (tmp_path / "mine.txt", "must end in .yaml"),
        (tmp_path / "no" / "mine.yaml", "there is no folder"),
        (small, "is also the file of --scenario"),
    ):
        result = asked("", "--scenario", small, "--out", target, "--overwrite")
        assert result.exit_code == 2
        assert rule in result.stderr
        assert "Question" not in result.stderr
    both = tmp_path / "both.yaml"
    result = asked("", "--out", both, "--save-answers", both)
    assert "is also the file of --out" in result.stderr
    result = asked("", "--write-questions", both, "--out", tmp_path / "mine.yaml")
    assert "leave out --out" in result.stderr
    assert sorted(each.name for each in tmp_path.iterdir()) == ["small.yaml"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--scenario", "bse"), "did you mean base?"),
        (("--lang", "fr"), "known are en, ja"),
        (("--answers", "nowhere.yaml"), "no such file"),
    ],
)
def test_other_wrong_words_are_refused(arguments: tuple[str, ...], said: str) -> None:
    result = call("diagnose", *arguments)
    assert result.exit_code == 2
    assert said in " ".join(result.output.replace("│", " ").split())


# ------------------------------------------------------------------ interrupted


def test_ctrl_c_while_asking_keeps_nothing(tmp_path: Path) -> None:
    environment = {**os.environ, "LANG": "C.UTF-8", "PYTHONIOENCODING": "utf-8"}
    process = subprocess.Popen(
        [
            sys.executable, "-m", "simulator", "diagnose",
            "--out", str(tmp_path / "a.yaml"), "--save-answers", str(tmp_path / "b.yaml"),
        ],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment,
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stderr is not None
    process.stdin.write(b"1\n2\n")
    process.stdin.flush()
    seen = b""
    while b"Question 3 of" not in seen:
        byte = process.stderr.read(1)
        assert byte, seen.decode()
        seen += byte
    time.sleep(0.3)  # until it waits for the third answer
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert out == b""
    assert b"nothing was finished, nothing was written" in err
    assert b"Traceback" not in err
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_before_the_first_run_leaves_the_files_whole(
    answers: Path, small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("simulator.diagnosis.diagnosis.execute", stopped)
    mine = tmp_path / "mine.yaml"
    words = ("diagnose", "--answers", answers, "--scenario", small, *FEW, "--out", mine)
    result = call(*words, "--lang", "ja")
    assert result.exit_code == 130
    assert "最初の計算が終わる前に中断しました" in result.stderr
    assert load_scenario(mine).scenario.handoffs.medium == "spoken"


def test_ctrl_c_during_the_runs_shows_what_is_finished(
    answers: Path, small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real: Callable[..., Any] = execute

    def stopped(*arguments: Any) -> Any:
        done = real(*arguments)
        kept = {job: result for job, result in done.runs.items() if job[1] < 2}
        return replace(done, runs=kept, interrupted=True)

    monkeypatch.setattr("simulator.diagnosis.diagnosis.execute", stopped)
    words = ("diagnose", "--answers", answers, "--scenario", small, "--workers", 1)
    result = call(*words, "--replications", 3)
    assert result.exit_code == 130
    assert "Interrupted after 2 of 3 replications." in result.stdout
    assert "interrupted after 2 of 3 replications" in result.stderr


def test_help_says_what_it_is_in_both_languages() -> None:
    status, out, err = run("diagnose", "--help")
    assert (status, err) == (0, "")
    assert "Find what your organization forgoes" in out
    assert "診断" in out
    assert command.diagnose.__doc__
