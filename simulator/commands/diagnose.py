"""``themodel diagnose``: what a leader without data knows, turned into a scenario and remedies."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from simulator.commands.execution import execution
from simulator.commands.options import AsJson, Engine, Overwrite, Replications, Seed, Workers
from simulator.commands.terminal import INTERRUPTED, console, show, stop, tell
from simulator.errors import Problem, ScenarioError
from simulator.languages.languages import Both, Language, spoken
from simulator.version import version

if TYPE_CHECKING:
    from rich.console import RenderableType

    from simulator.diagnosis.answers import Answers, Fact
    from simulator.diagnosis.diagnosis import Diagnosis
    from simulator.diagnosis.questions import Question
    from simulator.scenario import LoadedScenario


AnswersFile = Annotated[
    Path | None,
    typer.Option("--answers", metavar="FILE", help="Take the answers from this file: ask nothing."),
]
WriteQuestions = Annotated[
    Path | None,
    typer.Option(
        "--write-questions", metavar="FILE", help="Write a file to fill in for --answers, and end."
    ),
]
SaveAnswers = Annotated[
    Path | None,
    typer.Option(
        "--save-answers", metavar="FILE", help="Keep what was answered as a file for --answers."
    ),
]
Base = Annotated[
    str,
    typer.Option(
        "--scenario", metavar="SCENARIO",
        help="What the answers are applied to: a file, or a shipped scenario.",
    ),
]  # fmt: skip
OutFile = Annotated[
    Path | None,
    typer.Option("--out", metavar="FILE", help="Write the organization as a scenario."),
]
_NOTHING_KEPT = Both(
    "interrupted: nothing was finished, nothing was written",
    "中断しました。何も保存されていません",
)
_NOT_RUN = Both(
    "interrupted before the first runs were finished", "最初の計算が終わる前に中断しました"
)
_STOPPED = Both(
    "interrupted after {runs} of {asked} replications; what is shown rests on these",
    "{asked}回中{runs}回で中断しました。結果はこの{runs}回によるものです",
)
_WRITTEN = Both("written to {file}", "{file} に書き出しました")
_THERE = Both(
    "is there already; --overwrite writes over it", "既にあります。上書きするには --overwrite"
)
_FOLDER = Both("is a folder; name a file", "フォルダです。ファイル名を指定してください")
_SUFFIX = Both("must end in .yaml", "拡張子は .yaml にしてください")
_NO_FOLDER = Both(
    "there is no folder {folder}; make it first",
    "フォルダ {folder} がありません。先に作ってください",
)
_TWICE = Both(
    "is also the file of {other}: name another one",
    "{other} と同じファイルです。別の名前にしてください",
)
_ALONE = Both("writes a file and asks nothing: leave out {other}",
              "ファイルを書き出すだけです。{other} は指定できません")  # fmt: skip
_RUNS = Both("{name}: runs", "{name}: 計算")


def diagnose(
    answers: AnswersFile = None,
    write_questions: WriteQuestions = None,
    save_answers: SaveAnswers = None,
    scenario: Base = "base",
    out: OutFile = None,
    overwrite: Overwrite = False,
    replications: Replications = 20,
    seed: Seed = 1,
    workers: Workers = None,
    engine: Engine = None,
    as_json: AsJson = False,
) -> None:
    """Find what your organization forgoes and what would help, from 14 answers.

    For leaders without data: six questions that reveal an organization, and the signs of one that
    fails, each with the answer of a good company and of one to beware of. What you answer becomes
    a scenario; it is run beside its healthy twin (the same people, buyers and luck, with the good
    answers), and each remedy is tried alone.
    診断: 記事の逆質問に答えると、組織の姿と効く改善策がわかります(--lang ja)。

    Asked in the terminal unless --answers names a file. Ctrl-C ends with 130; while runs are
    done it shows what rests on those that are finished.

    \b
    Examples:
      themodel diagnose
      themodel diagnose --lang ja --out my_org.yaml --save-answers answers.yaml
      themodel diagnose --write-questions answers.yaml
      themodel diagnose --answers answers.yaml --replications 40 --json
      themodel diagnose --answers answers.yaml --scenario my_company.yaml
    """  # fmt: skip
    language = spoken()

    from simulator.diagnosis.answers import Answers, read_answers
    from simulator.experiment.readiness import load_ready

    given = {"--answers": answers, "--out": out, "--save-answers": save_answers}
    if write_questions is not None:
        _refuse_beside("--write-questions", write_questions, given, language)
    targets = {"--out": out, "--save-answers": save_answers, "--write-questions": write_questions}
    loaded = load_ready(scenario)
    sources = {"--scenario": loaded.path, "--answers": answers}
    _check_targets(targets, sources, overwrite, language)
    if write_questions is not None:
        _write(write_questions, _answers_text(Answers.of({}), write_questions, loaded, language))
        tell(_WRITTEN(language, file=write_questions))
        return
    try:
        found = _ask(loaded, language) if answers is None else read_answers(answers, language)
    except KeyboardInterrupt:
        stop(INTERRUPTED, "", _NOTHING_KEPT(language))

    from simulator.diagnosis.tailoring import scenario_text

    # Before the runs: answers are what took somebody's time.
    if save_answers is not None:
        _write(save_answers, _answers_text(found, save_answers, loaded, language))
        tell(_WRITTEN(language, file=save_answers))
    if out is not None:
        _write(out, scenario_text(found, loaded, language, out.parent))
        tell(_WRITTEN(language, file=out))

    from simulator.diagnosis.diagnosis import diagnose as analysis

    try:
        what = _RUNS(language, name=loaded.name)
        with execution(what, workers, None, None, None, engine) as how:
            result = analysis(found, loaded, seed=seed, replications=replications, workers=how)
    except KeyboardInterrupt:
        stop(INTERRUPTED, _NOT_RUN(language))
    _give(result, language, as_json)
    if result.interrupted:
        runs = len(result.numbers)
        stop(INTERRUPTED, _STOPPED(language, runs=runs, asked=result.asked))


def _give(result: Diagnosis, language: Language, as_json: bool) -> None:
    from simulator.diagnosis.verdict import verdict
    from simulator.presentation import diagnosis_tables
    from simulator.presentation.files import json_text

    if as_json:
        said = {
            **result.as_json(),
            "language": language,
            "verdict": verdict(result, language),
            "version": version(),
        }
        typer.echo(json_text(said))
        return
    show(diagnosis_tables.story(result, language))
    show([diagnosis_tables.closing(result, language, version())])


# ------------------------------------------------------------------ asking


def _ask(loaded: LoadedScenario, language: Language) -> Answers:
    from simulator.diagnosis.interview import interview
    from simulator.diagnosis.tailoring import usual_facts

    desk = _Terminal(language, loaded.scenario.currency)
    return interview(desk, usual_facts(loaded.scenario), desk.fact, language)


class _Terminal:
    """Asks on the error stream, so that results alone are on the other."""

    def __init__(self, language: Language, currency: str) -> None:
        from simulator.presentation import diagnosis_tables

        self._tables = diagnosis_tables
        self._language = language
        self._currency = currency
        self._paper = console(stderr=True)
        self._print([diagnosis_tables.introduction(language)])

    def show_question(self, question: Question, before: int | None) -> None:
        """Show a question and its answers."""
        from simulator.diagnosis.questions import ANSWERS

        options = [question.answer(each)(self._language) for each in ANSWERS]
        self._print(self._tables.question_page(question, options, before, self._language))

    def show_facts(self) -> None:
        """Say that facts follow."""
        self._print(self._tables.facts_introduction(self._language))

    def fact(self, fact: Fact, value: float) -> str:
        """Return what is asked, with the present value in brackets."""
        from simulator.diagnosis.answers import fact_text

        return f"{fact.ask(self._language, currency=self._currency)} [{fact_text(fact, value)}]: "

    def read(self, prompt: str) -> str:
        """Return the next line that was typed."""
        self._paper.print(prompt, end="")
        try:
            line = sys.stdin.readline()
        except UnicodeDecodeError:
            return "?"
        if not line:
            raise EOFError
        return line

    def refuse(self, rule: str) -> None:
        """Say what is wrong with what was typed."""
        self._print([rule])

    def _print(self, content: Iterable[RenderableType]) -> None:
        for each in content:
            self._paper.print(each)


# ------------------------------------------------------------------ files


def _refuse_beside(
    option: str, file: Path, others: dict[str, Path | None], language: Language
) -> None:
    problems = [
        Problem(option, "", str(file), _ALONE(language, other=other))
        for other, path in others.items()
        if path is not None
    ]
    if problems:
        raise ScenarioError(problems)


def _check_targets(
    targets: dict[str, Path | None],
    sources: dict[str, Path | None],
    overwrite: bool,
    language: Language,
) -> None:
    """Find out before anybody answers anything whether the files can be written."""
    from simulator import disk

    problems: list[Problem] = []
    taken = {path.resolve(): name for name, path in sources.items() if path is not None}
    for option, path in targets.items():
        if path is None:
            continue
        other = taken.setdefault(path.resolve(), option)
        rule = ""
        if path.is_dir():
            rule = _FOLDER(language)
        elif path.suffix not in (".yaml", ".yml"):
            rule = _SUFFIX(language)
        elif other != option:
            rule = _TWICE(language, other=other)
        elif path.exists() and not overwrite:
            rule = _THERE(language)
        elif not path.parent.is_dir():
            rule = _NO_FOLDER(language, folder=path.parent)
        if rule:
            problems.append(Problem(option, "", str(path), rule))
    if problems:
        raise ScenarioError(problems)
    for path in targets.values():
        if path is not None:
            disk.check_folder(path.parent, [path.name])


def _answers_text(answers: Answers, file: Path, loaded: LoadedScenario, language: Language) -> str:
    from simulator.diagnosis.answers import answers_text
    from simulator.diagnosis.tailoring import usual_facts

    company = loaded.scenario
    return answers_text(answers, language, file.name, usual_facts(company), company.currency)


def _write(path: Path, text: str) -> None:
    from simulator.disk import write_files

    write_files(path.parent, {path.name: text.encode()})
