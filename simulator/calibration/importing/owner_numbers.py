"""People become numbers; who they are stays in the files."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from simulator.calibration.estimates import Finding
from simulator.calibration.importing.cleaning import Table, Texts
from simulator.calibration.importing.record_ids import LONG, SHORT, keeps_case
from simulator.calibration.importing.stage_names import is_nobody
from simulator.calibration.records import NONE, Integers
from simulator.languages.messages import say

MOST_ROWS = 10_000
MOST_SHARE = 0.5
LEAST_OWNERS = 8
LEAST_ROWS = 500
"""Of fewer owners, or of fewer rows, one may well have half of everything: a star seller."""


def same_people(owners: Table) -> dict[str, str]:
    """Return the id of each name in a file of owners, so that both mean the same person."""
    if not (owners.has("id") and owners.has("name")):
        return {}
    names, ids = owners.texts("name"), owners.texts("id")
    found: dict[str, str] = {}
    twice: set[str] = set()
    for name, key in zip(map(_folded, names), map(_folded, ids), strict=True):
        if name and key and found.setdefault(name, key) != key:
            twice.add(name)  # two people of one name are told apart by their ids only
    return {name: key for name, key in found.items() if name not in twice}


def _folded(text: str) -> str:
    found = unicodedata.normalize("NFKC", text).strip()
    # Capital and small letters of an id are different letters.
    return found if keeps_case(found) else found.casefold()


def _in_one_form(keys: list[str], others: Iterable[str]) -> list[str]:
    """Write ids of 18 letters as those of 15, where these occur too."""
    short = {key for key in (*keys, *others) if len(key) == SHORT and keeps_case(key)}
    return [
        key[:SHORT] if len(key) == LONG and keeps_case(key) and key[:SHORT] in short else key
        for key in keys
    ]


def numbered(
    columns: Sequence[Texts], aliases: dict[str, str], team: str
) -> tuple[list[Integers], int, list[Finding]]:
    """Number the owners that occur in columns, in order of first appearance.

    Parameters
    ----------
    columns : sequence of ndarray of str
        Of the rows that are used.
    aliases : dict of str to str
        See `same_people`.
    team : str
        For findings.

    Returns
    -------
    numbers : list of ndarray of int64
        One per column; -1: nobody.
    count : int
        Of people.
    findings : list of Finding
        Owners with more rows than a person can have: they are not counted as people.
    """
    sizes = [len(column) for column in columns]
    codes, words = pd.factorize(np.concatenate([*columns, np.empty(0, dtype=object)]))
    keys = [_folded(word) for word in words]
    keys = ["" if is_nobody(key) else aliases.get(key, key) for key in keys]
    keys = _in_one_form(keys, aliases.values())
    person = {key: at for at, key in enumerate(dict.fromkeys(key for key in keys if key))}
    number = np.array([*(person.get(key, NONE) for key in keys), NONE], dtype=np.int64)[codes]
    rows = np.bincount(number[number >= 0], minlength=len(person))
    machines = rows >= MOST_ROWS
    if len(person) >= LEAST_OWNERS:
        machines |= (rows > MOST_SHARE * rows.sum()) & (rows >= LEAST_ROWS)
    findings = [
        Finding(
            "one_owner",
            say(
                "One of {people} {team} owners has {count} of {rows} rows: probably a program or a"
                " waiting line, so it is not counted as a person.",
                people=len(person),
                team=say(team),
                count=f"{count:,}",
                rows=f"{rows.sum():,}",
            ),
        )
        for count in rows[machines].tolist()
    ]
    renumbered = np.append(np.where(machines, NONE, np.cumsum(~machines) - 1), NONE)[number]
    parts = np.split(renumbered, np.cumsum(sizes)[:-1]) if sizes else []
    return [part.astype(np.int64) for part in parts], int((~machines).sum()), findings
