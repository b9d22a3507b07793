"""Which language a leader reads, and texts that exist in both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

Language = Literal["en", "ja"]
LANGUAGES: tuple[Language, ...] = get_args(Language)

_VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")  # the first one that is set decides


@dataclass(frozen=True, slots=True)
class Both:
    """A text in English and Japanese."""

    en: str
    ja: str

    def __call__(self, language: Language, /, **values: object) -> str:
        """Return the text in a language, with the values in their places."""
        text = self.en if language == "en" else self.ja
        return text.format(**values) if values else text


def of_locale(environment: Mapping[str, str]) -> Language:
    """Return the language of a terminal: Japanese if its locale says so, otherwise English.

    Parameters
    ----------
    environment : mapping of str to str
        Variables of the process.
    """
    stated = next((environment[name] for name in _VARIABLES if environment.get(name)), "")
    return "ja" if stated.lower().startswith("ja") else "en"


def listed(items: list[str], language: Language) -> str:
    """Write a list as one says it."""
    if language == "ja":
        return "、".join(items)
    *most, last = items
    return f"{', '.join(most)} and {last}" if most else last
