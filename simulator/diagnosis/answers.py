"""What was answered, and the file that it may stand in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from simulator.diagnosis.questions import (
    ANSWERS,
    DANGEROUS,
    GOOD,
    PARTLY,
    UNKNOWN,
    Answer,
    Question,
    questions,
)
from simulator.errors import Problem, ScenarioError
from simulator.languages.languages import Both, Language
from simulator.scenario.outline import nearest
from simulator.scenario.scalars import compact, shorten
from simulator.scenario.strict_yaml import Document, KeyPath, dotted, read_file

WORDS: Mapping[Answer, Both] = MappingProxyType(
    {
        GOOD: Both("good", "良い"),
        PARTLY: Both("partly", "一部"),
        DANGEROUS: Both("dangerous", "危険"),
        UNKNOWN: Both("unknown", "不明"),
    }
)
"""How each answer is written in files and tables; a file may use either language."""

_BY_WORD: dict[str, Answer] = {
    word: answer for answer, both in WORDS.items() for word in (both.en, both.ja)
}


@dataclass(frozen=True, slots=True)
class Fact:
    """A number that a leader knows without a system.

    Attributes
    ----------
    id : str
        Its name in files of answers.
    ask : Both
        What is asked.
    whole : bool
        Whether it is a whole number.
    low, high : float
        Between what it may lie, both ends included.
    """

    id: str
    ask: Both
    whole: bool
    low: float
    high: float


FACTS: Mapping[str, Fact] = MappingProxyType(
    {
        fact.id: fact
        for fact in (
            Fact(
                "marketing_people",
                Both("People in marketing", "マーケティングの人数"),
                True, 1, 10_000,
            ),
            Fact(
                "inside_sales_people",
                Both("People in inside sales", "インサイドセールスの人数"),
                True, 1, 10_000,
            ),
            Fact(
                "field_sales_people",
                Both("People in field sales", "フィールドセールスの人数"),
                True, 1, 10_000,
            ),
            Fact(
                "customer_success_people",
                Both("People in customer success", "カスタマーサクセスの人数"),
                True, 1, 10_000,
            ),
            Fact(
                "inquiries_per_day",
                Both("Inquiries per business day", "1営業日あたりの問い合わせ件数"),
                False, 0.1, 10_000,
            ),
            Fact("customers", Both("Customers today", "現在の顧客数"), True, 0, 1_000_000),
            Fact(
                "deal_size",
                Both(
                    "Usual contract (median), {currency} a month",
                    "標準的な契約の月額(中央値、{currency})",
                ),
                False, 1, 1e12,
            ),
            Fact("months", Both("Months to look ahead", "見通す月数"), True, 1, 120),
        )
    }
)  # fmt: skip
"""The facts that may be stated, by their ids; whatever is not stated stays as in the scenario."""


@dataclass(frozen=True, slots=True)
class Answers:
    """What a leader says about the organization.

    Attributes
    ----------
    by_question : mapping of str to Answer
        One for every question.
    facts : mapping of str to float
        Those that were stated.
    """

    by_question: Mapping[str, Answer]
    facts: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def of(cls, given: Mapping[str, Answer], facts: Mapping[str, float] | None = None) -> Answers:
        """Complete what was answered: what was not stays unknown."""
        return cls({name: given.get(name, UNKNOWN) for name in questions()}, dict(facts or {}))

    def with_answer(self, question: str, answer: Answer) -> Answers:
        """Return the same answers but for one."""
        return Answers({**self.by_question, question: answer}, self.facts)

    def healthy(self) -> Answers:
        """Return the same with the good answer to every question that was answered."""
        return Answers(
            {q: a if a == UNKNOWN else GOOD for q, a in self.by_question.items()}, self.facts
        )

    def those(self, *answers: Answer) -> tuple[Question, ...]:
        """Return the questions that were answered so, in the order of asking."""
        return tuple(q for q in questions().values() if self.by_question[q.id] in answers)


# ------------------------------------------------------------------ reading

_SECTIONS = ("answers", "facts")
_MAPPING = Both("must be a mapping: key: value", "「キー: 値」の形で書いてください")
_UNKNOWN_SECTION = Both(
    "unknown key{near}; a file of answers has answers and facts",
    "知らないキーです{near}。回答ファイルには answers と facts だけを書きます",
)
_UNKNOWN_QUESTION = Both(
    "no question has this name{near}; --write-questions FILE writes a file with all of them",
    "この名前の質問はありません{near}。--write-questions FILE で全質問のファイルを書き出せます",
)
_UNKNOWN_FACT = Both("no fact has this name{near}; facts: {known}",
                     "この名前の項目はありません{near}。使える項目: {known}")  # fmt: skip
_ANSWER = Both("must be one of {known}{near}", "{known} のいずれかを書いてください{near}")
_NUMBER = Both(
    "must be a number from {low} to {high}", "{low} から {high} までの数を書いてください"
)
_WHOLE = Both(
    "must be a whole number from {low} to {high}", "{low} から {high} までの整数を書いてください"
)
_NOTHING = Both(
    "holds no answers: write answers: and below it lines such as recycling: good",
    "回答がありません。answers: の下に「recycling: 良い」のように書いてください",
)
_NEAR = Both(" (did you mean {word}?)", "(もしかして: {word})")


def read_answers(path: Path, language: Language = "en") -> Answers:
    """Read a file of answers.

    Parameters
    ----------
    path : Path
    language : {"en", "ja"}
        Of what is said about mistakes (those of YAML itself are said in English).

    Returns
    -------
    Answers
        Questions that the file does not answer are unknown.

    Raises
    ------
    ScenarioError
        With every mistake found, each with its line.
    """
    document = read_file(path, str(path))
    if not document.readable or not isinstance(document.value, dict):
        raise ScenarioError(document.problems)
    reader = _Reader(document, language)
    answers = reader.answers()
    problems = [*document.problems, *reader.problems]
    if problems:
        raise ScenarioError(sorted(dict.fromkeys(problems), key=_place))
    return answers


def _place(problem: Problem) -> tuple[int, int]:
    parts = problem.where.rsplit(":", 2)
    numbers = [int(part) if part.isdecimal() else 0 for part in parts[1:]]
    return (numbers[0], numbers[1]) if len(numbers) == 2 else (0, 0)


class _Reader:
    """Checks what a file says; notes every mistake."""

    def __init__(self, document: Document, language: Language) -> None:
        self.document = document
        self.language = language
        self.problems: list[Problem] = []

    def answers(self) -> Answers:
        value = self.document.value
        for key in value:
            if key not in _SECTIONS:
                near = self._near(key, _SECTIONS)
                self._refuse((key,), "", _UNKNOWN_SECTION, at_key=True, near=near)
        given: dict[str, Answer] = {}
        facts: dict[str, float] = {}
        for name, stated in self._section("answers"):
            answer = self._answer(name, stated)
            if answer is not None:
                given[name] = answer
        for name, stated in self._section("facts"):
            number = self._fact(name, stated)
            if number is not None:
                facts[name] = number
        if "answers" not in value and "facts" not in value and not self.problems:
            self.problems.append(Problem(self.document.file, "", "", _NOTHING(self.language)))
        return Answers.of(given, facts)

    def _section(self, name: str) -> Iterator[tuple[str, Any]]:
        stated = self.document.value.get(name)
        if stated is None or (name,) in self.document.broken:
            return
        if not isinstance(stated, dict):
            self._refuse((name,), stated, _MAPPING)
            return
        for key, value in stated.items():
            if (name, key) not in self.document.broken:
                yield key, value

    def _answer(self, name: str, stated: Any) -> Answer | None:
        path = ("answers", name)
        if name not in questions():
            near = self._near(name, questions())
            self._refuse(path, "", _UNKNOWN_QUESTION, at_key=True, near=near)
            return None
        if isinstance(stated, str) and stated in _BY_WORD:
            return _BY_WORD[stated]
        known = ", ".join(WORDS[answer](self.language) for answer in ANSWERS)
        near = self._near(stated, _BY_WORD) if isinstance(stated, str) else ""
        self._refuse(path, stated, _ANSWER, known=known, near=near)
        return None

    def _fact(self, name: str, stated: Any) -> float | None:
        path = ("facts", name)
        if name not in FACTS:
            near, known = self._near(name, FACTS), ", ".join(FACTS)
            self._refuse(path, "", _UNKNOWN_FACT, at_key=True, near=near, known=known)
            return None
        rule = fact_rule(FACTS[name], stated, self.language)
        if rule:
            self._refuse_as(path, stated, rule)
            return None
        return float(stated)

    def _near(self, word: str, known: Any) -> str:
        hint = nearest(word, known)
        found = hint.partition("did you mean ")[2].rstrip("?)")
        return _NEAR(self.language, word=found) if found else ""

    def _refuse(
        self, path: KeyPath, value: Any, rule: Both, at_key: bool = False, **values: object
    ) -> None:
        said = rule(self.language, **values) if values else rule(self.language)
        self._refuse_as(path, value, said, at_key)

    def _refuse_as(self, path: KeyPath, value: Any, rule: str, at_key: bool = False) -> None:
        place = self.document.places[path]
        where = place.key if at_key else place.value
        self.problems.append(Problem(str(where), dotted(path), shorten(value), rule))


def fact_rule(fact: Fact, value: object, language: Language) -> str:
    """Say what is wrong with the value of a fact; nothing if it can be used.

    Parameters
    ----------
    fact : Fact
    value : object
        Whatever was given for it.
    language : {"en", "ja"}
    """
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    fits = is_number and fact.low <= float(value) <= fact.high  # type: ignore[arg-type]
    if fits and (not fact.whole or float(value).is_integer()):  # type: ignore[arg-type]
        return ""
    rule = _WHOLE if fact.whole else _NUMBER
    return rule(language, low=f"{fact.low:,g}", high=f"{fact.high:,.0f}")


# ------------------------------------------------------------------ writing

_HEAD = Both(
    "Answer each question by one word: good, partly, dangerous or unknown (it may be left out).\n"
    "Then: themodel diagnose --answers {name}",
    "各質問に 良い・一部・危険・不明 のいずれかを書いてください(省略は「不明」と同じです)。\n"
    "その後: themodel diagnose --answers {name}",
)
_FACTS_HEAD = Both(
    "Optional facts: take the # away and write your number. Without it the scenario's stays.",
    "任意の項目: 行頭の # を外して数を書いてください。書かなければシナリオの値のままです。",
)


def answers_text(
    answers: Answers, language: Language, name: str, usual: Mapping[str, float], currency: str
) -> str:
    """Return answers as a file that :func:`read_answers` reads, with the questions as comments.

    Parameters
    ----------
    answers : Answers
        Those of nobody are all unknown: a file to fill in.
    language : {"en", "ja"}
    name : str
        Of the file, for what to type.
    usual : mapping of str to float
        Facts of the scenario, shown where none is stated.
    currency : str
    """
    lines = [f"# {line}" for line in _HEAD(language, name=shorten(name)).splitlines()]
    lines += ["", "answers:"]
    for question in questions().values():
        lines += ["", f"  # {question.number}. {question.ask(language)} [{question.article}]"]
        for answer in (GOOD, PARTLY, DANGEROUS):
            words = question.answer(answer)(language)
            lines.append(f"  #   {WORDS[answer](language)}: {words}")
        lines.append(f"  {question.id}: {WORDS[answers.by_question[question.id]](language)}")
    lines += ["", f"# {_FACTS_HEAD(language)}"]
    lines.append("facts:" if answers.facts else "#facts:")
    for fact in FACTS.values():
        stated = answers.facts.get(fact.id)
        mark = "  " if stated is not None else "#  "
        ask = fact.ask(language, currency=currency)
        shown = fact_text(fact, usual[fact.id] if stated is None else stated)
        lines.append(f"{mark}{fact.id}: {shown}  # {ask}")
    return "\n".join(lines) + "\n"


def fact_text(fact: Fact, value: float) -> str:
    """Write a fact so that it reads back as the same number."""
    return str(int(value)) if fact.whole or float(value).is_integer() else compact(float(value))
