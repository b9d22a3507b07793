"""Which language a reader reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Literal, get_args

Language = Literal["en", "ja"]
LANGUAGES: tuple[Language, ...] = get_args(Language)

_VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")  # the first one that is set decides
_SPOKEN: ContextVar[Language] = ContextVar("spoken", default="en")


def spoken() -> Language:
    """Return the language in which sentences are said now; English unless one was chosen."""
    return _SPOKEN.get()


def speak(language: Language) -> None:
    """Say every sentence from now on in a language: what a command does once, at its start."""
    _SPOKEN.set(language)


@contextmanager
def speaking(language: Language) -> Iterator[None]:
    """Say sentences in a language while this lasts.

    Parameters
    ----------
    language : {"en", "ja"}
    """
    token = _SPOKEN.set(language)
    try:
        yield
    finally:
        _SPOKEN.reset(token)


def of_locale(environment: Mapping[str, str]) -> Language:
    """Return the language of a terminal: Japanese if its locale says so, otherwise English.

    Parameters
    ----------
    environment : mapping of str to str
        Variables of the process.
    """
    stated = next((environment[name] for name in _VARIABLES if environment.get(name)), "")
    return "ja" if stated.lower().startswith("ja") else "en"


@dataclass(frozen=True, slots=True)
class Both:
    """A text in English and Japanese, where the two stand side by side."""

    en: str
    ja: str

    def __call__(self, language: Language, /, **values: object) -> str:
        """Return the text in a language, with the values in their places."""
        text = self.en if language == "en" else self.ja
        return text.format(**values) if values else text
