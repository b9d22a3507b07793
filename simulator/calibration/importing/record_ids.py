"""Ids as CRMs write them: in two lengths, with letters whose case matters, or not at all."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from simulator.calibration.importing.cell_text import is_missing, plain
from simulator.calibration.importing.cleaning import Table, Texts
from simulator.calibration.records import NONE, Flags, Integers

SHORT, LONG = 15, 18
"""Letters of a Salesforce id; the longer form ends with three that only repeat the case."""

_CASED = re.compile(
    rf"(?=[A-Za-z]*[0-9])(?=[0-9]*[A-Za-z])[A-Za-z0-9]{{{SHORT}}}(?:[A-Za-z0-9]{{{LONG - SHORT}}})?"
)
_NAMING = (
    "id", "lead_id", "opportunity_id", "opportunity_name", "name", "email", "domain", "account",
)  # fmt: skip


def keeps_case(text: str) -> bool:
    """Tell whether a text looks like an id of which capital and small letters differ."""
    return _CASED.fullmatch(text) is not None


def without_missing_marks(table: Table) -> None:
    """Empty the cells that write ``-`` or ``n/a`` where an id, a name or an address should be."""
    for role in _NAMING:
        if table.has(role):
            codes, words = pd.factorize(table.texts(role))
            gone = [is_missing(plain(word)) for word in words]
            if any(gone):
                shown = np.array(
                    ["" if g else word for g, word in zip(gone, words, strict=True)], dtype=object
                )
                table.cells[role] = shown[codes]


def position_of(wanted: Texts, names: Texts, usable: Flags) -> Integers:
    """Return where each text stands among names, -1 if nowhere; of equal names the first counts.

    A Salesforce id in its form of 15 letters is that of 18 which begins with the same 15.
    """
    at = np.flatnonzero(usable & (names != ""))
    unique = at[~pd.Series(names[at]).duplicated().to_numpy()]
    found = _looked_up(wanted, names[unique])
    rest = np.flatnonzero(found < 0)
    forms, words = pd.factorize(wanted[rest])
    short = np.array([_short(word) for word in words], dtype=object)
    if any(short):
        theirs = np.array([_short(name) for name in names[unique]], dtype=object)
        ours = np.flatnonzero(theirs != "")
        first = ours[~pd.Series(theirs[ours]).duplicated().to_numpy()]
        # Two ids of one length are different whatever they begin with.
        again = np.append(first, NONE)[_looked_up(short, theirs[first])]
        lengths = np.array([len(name) for name in names[unique]] + [0], dtype=np.int64)
        other = np.array([len(word) for word in words], dtype=np.int64) != lengths[again]
        found[rest] = np.where(other, again, NONE)[forms]
    return np.append(unique, NONE)[found]


def _looked_up(wanted: Texts, names: Texts) -> Integers:
    index = pd.Index(names, dtype=object)
    return index.get_indexer(pd.Index(wanted, dtype=object)).astype(np.int64)


def _short(text: str) -> str:
    """Return the form of 15 letters; "" if the text does not look like such an id."""
    return text[:SHORT] if keeps_case(text) else ""
