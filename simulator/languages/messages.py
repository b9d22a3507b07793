"""The message catalogue: what is said in English, and the same in Japanese.

The English sentence is its own key, as in gettext: code reads as what it says, and what has no
translation is said in English. The Japanese sentences lie in ``japanese/*.json``, one file to a
subject; a test finds sentences that lack one, and those that nobody says.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources

from simulator.languages.languages import Language, spoken

SENSE = "¦"
"""Ends an English text; what follows tells two senses of it apart and is not shown."""


def say(text: str, /, **values: object) -> str:
    """Say a sentence in the reader's language.

    Parameters
    ----------
    text : str
        In English, with values as ``{name}``; words after ``¦`` only tell two senses apart.
    **values : object
        What to put into the places, as it should look.

    Returns
    -------
    str
        In the language that is spoken; in English where the catalogue lacks it.
    """
    found = japanese().get(text) if spoken() == "ja" else None
    pattern = text.partition(SENSE)[0] if found is None else found
    return pattern.format(**values) if values else pattern


def marked(text: str) -> str:
    """Mark a text that is said elsewhere, with ``say``, for the catalogue; it comes back as it is.

    Parameters
    ----------
    text : str
    """
    return text


def listed(items: Sequence[str], joint: str = "and", language: Language | None = None) -> str:
    """Write a list as one says it: ``a, b and c``.

    Parameters
    ----------
    items : sequence of str
        At least one.
    joint : {"and", "or"}
    language : {"en", "ja"}, optional
        The one that is spoken, unless another is given.
    """
    if (language or spoken()) == "ja":
        return "、".join(items) if joint == "and" else "または".join(items)
    *most, last = items
    return f"{', '.join(most)} {joint} {last}" if most else last


@cache
def japanese() -> Mapping[str, str]:
    """Return every Japanese sentence by the English one."""
    found: dict[str, str] = {}
    folder = resources.files("simulator.languages").joinpath("japanese")
    for file in sorted(folder.iterdir(), key=lambda each: each.name):
        if file.name.endswith(".json"):
            found.update(json.loads(file.read_text(encoding="utf-8")))
    return found
