"""The questions: what is asked, and what a good and a dangerous organization answers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, get_args

from simulator.errors import ScenarioError
from simulator.languages.languages import Both
from simulator.scenario.strict_yaml import read_file

Answer = Literal["good", "partly", "dangerous", "unknown"]
ANSWERS: tuple[Answer, ...] = get_args(Answer)
GOOD, PARTLY, DANGEROUS, UNKNOWN = ANSWERS

_FILE = Path(__file__).with_name("questions.yaml")
_TEXTS = ("title", "ask", "good", "partly", "dangerous", "means", "remedy")


@dataclass(frozen=True, slots=True)
class Question:
    """One question with its answers, each in both languages.

    Attributes
    ----------
    id : str
        Its name in files of answers.
    number : int
        From 1, in the order of asking.
    article : str
        Which of the two articles it is from.
    title : Both
        What it is about, in a few words.
    ask : Both
        The question.
    good, partly, dangerous : Both
        What is answered; good and dangerous are the article's own words.
    means : Both
        What the article says the dangerous answer comes down to.
    remedy : Both
        What to do to get from the dangerous answer to the good one.
    """

    id: str
    number: int
    article: str
    title: Both
    ask: Both
    good: Both
    partly: Both
    dangerous: Both
    means: Both
    remedy: Both

    def answer(self, which: Answer) -> Both:
        """Return the words of an answer."""
        found: Both = DONT_KNOW if which == UNKNOWN else getattr(self, which)
        return found


DONT_KNOW = Both("I don't know.", "分かりません")


@lru_cache(maxsize=1)
def questions() -> dict[str, Question]:
    """Return the questions by their ids, in the order of asking.

    Raises
    ------
    ScenarioError
        If the file of the package is damaged.
    """
    document = read_file(_FILE, _FILE.name)
    if document.problems:
        raise ScenarioError(document.problems)
    stated: dict[str, dict[str, Any]] = document.value
    return {
        name: Question(
            id=name,
            number=number,
            article=texts["article"],
            **{part: Both(texts[part]["en"], texts[part]["ja"]) for part in _TEXTS},
        )
        for number, (name, texts) in enumerate(stated.items(), start=1)
    }
