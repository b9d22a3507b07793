"""Asking the questions one after the other, with a way back."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Protocol

from simulator.diagnosis.answers import FACTS, Answers, Fact, fact_rule
from simulator.diagnosis.questions import ANSWERS, Answer, Question, questions
from simulator.errors import Problem, ScenarioError
from simulator.languages.languages import Both, Language

_BACK = ("b", "back", "戻る")
_THOUSANDS = re.compile(r"[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?")
_PRESS = Both(
    "press {keys}, or b to go back", "{keys} のいずれか、または b(戻る)を入力してください"
)
_FIRST = Both("this is the first question", "これが最初の質問です")
_ENDED = Both(
    "the input ended at question {number} of {all}: answer in a terminal, or in a file"
    " (--write-questions FILE, then --answers FILE)",
    "{all}問中の質問{number}で入力が終わりました。端末で回答するか、ファイルで回答してください"
    "(--write-questions FILE の後 --answers FILE)",
)


class Desk(Protocol):
    """Where questions are shown and answers are typed."""

    def show_question(self, question: Question, before: int | None) -> None:
        """Show a question, its answers and the key of the answer given before."""

    def show_facts(self) -> None:
        """Say that facts follow."""

    def read(self, prompt: str) -> str:
        """Return the next line that was typed.

        Raises
        ------
        EOFError
            If there will be none.
        """

    def refuse(self, rule: str) -> None:
        """Say what is wrong with what was typed."""


def interview(
    desk: Desk,
    usual: Mapping[str, float],
    ask_fact: Callable[[Fact, float], str],
    language: Language,
) -> Answers:
    """Ask every question and fact, and return what was answered.

    Parameters
    ----------
    desk : Desk
    usual : mapping of str to float
        Facts of the scenario, which stay unless something else is typed.
    ask_fact : callable
        From a fact and its present value to what is asked.
    language : {"en", "ja"}

    Raises
    ------
    ScenarioError
        If the input ends before the last question is answered.
    KeyboardInterrupt
        After Ctrl-C; nothing is kept.
    """
    given: dict[str, Answer] = {}
    facts: dict[str, float] = {}
    asked = list(questions().values())
    wanted = list(FACTS.values())
    at = 0
    while at < len(asked) + len(wanted):
        try:
            if at < len(asked):
                moved = _ask_question(desk, asked[at], given, language)
            else:
                if at == len(asked):
                    desk.show_facts()
                moved = _ask_fact(desk, wanted[at - len(asked)], facts, usual, ask_fact, language)
        except EOFError:
            if at >= len(asked):
                break  # facts are optional
            rule = _ENDED(language, number=at + 1, all=len(asked))
            raise ScenarioError([Problem("diagnose", "", "", rule)]) from None
        if at + moved < 0:
            desk.refuse(_FIRST(language))
        at = max(at + moved, 0)
    return Answers.of(given, facts)


def _ask_question(
    desk: Desk, question: Question, given: dict[str, Answer], language: Language
) -> int:
    """Ask until it is answered; return how many steps to go on (or back)."""
    before = given.get(question.id)
    desk.show_question(question, None if before is None else ANSWERS.index(before) + 1)
    keys = [str(number) for number in range(1, len(ANSWERS) + 1)]
    while True:
        typed = _plain(desk.read(f"[1-{len(ANSWERS)}, b] "))
        if typed in _BACK:
            return -1
        if typed in keys:
            given[question.id] = ANSWERS[keys.index(typed)]
            return 1
        desk.refuse(_PRESS(language, keys=", ".join(keys)))


def _ask_fact(
    desk: Desk,
    fact: Fact,
    facts: dict[str, float],
    usual: Mapping[str, float],
    ask_fact: Callable[[Fact, float], str],
    language: Language,
) -> int:
    while True:
        typed = _plain(desk.read(ask_fact(fact, facts.get(fact.id, usual[fact.id]))))
        if typed in _BACK:
            return -1
        if not typed:
            return 1
        number = _number(typed)
        rule = fact_rule(fact, number, language)
        if not rule and number is not None:
            facts[fact.id] = number
            return 1
        desk.refuse(rule)


def _plain(typed: str) -> str:
    """Take full-width keys, which Japanese keyboards type, for plain ones."""
    return unicodedata.normalize("NFKC", typed).strip().lower()


def _number(typed: str) -> float | None:
    text = typed.replace(",", "") if _THOUSANDS.fullmatch(typed) else typed
    try:
        return float(text) if re.fullmatch(r"[0-9]+(\.[0-9]*)?|\.[0-9]+", text) else None
    except ValueError:
        return None
