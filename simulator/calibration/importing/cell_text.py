"""What a cell says before it is a date or an amount: plain letters, or nothing."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

MISSING = frozenset(
    {
        "", "-", "--", "---", "–", "—", "ー", "―", "n/a", "#n/a", "na", "n.a.", "null", "(null)",
        "none", "(none)", "nan", "nat", "(blank)", "(empty)", "\\n", "0000-00-00",
        "0000-00-00 00:00:00", "なし", "無し", "未定", "未設定", "該当なし",
    }
)  # fmt: skip
"""How files write that there is nothing, in small letters."""
MOST_LETTERS = 60
"""No date and no amount is longer."""

Examples = tuple[tuple[int, str], ...]

_PLAIN = str.maketrans(
    {
        **{chr(0xFF01 + at): chr(0x21 + at) for at in range(94)},  # full-width letters and digits
        **dict.fromkeys("\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008"
                        "\u2009\u200a\u202f\u205f\u3000\t\r\n", " "),
        **dict.fromkeys("\u200b\u200c\u200d\u200e\u200f\u2060\u202a\u202c\ufeff", None),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212\uff70", "-"),
        **dict.fromkeys("\u2018\u2019\u02bc", "'"),
        "\uffe5": "\u00a5", "\uffe0": "\u00a2", "\uffe1": "\u00a3", "\uffe6": "\u20a9",
    }
)  # fmt: skip


class Ambiguous(ValueError):  # noqa: N818 - it is a question, not a failure
    """What is written could be two things; the user has to say which.

    Attributes
    ----------
    rule : str
        What is ambiguous, and the remedy.
    examples : tuple of (int, str)
        Number of the row, and the cell.
    """

    def __init__(self, rule: str, examples: Examples) -> None:
        self.rule = rule
        self.examples = examples
        shown = ", ".join(f'"{text}" in row {row}' for row, text in examples)
        super().__init__(f"{shown}: {rule}")


def plain(text: str) -> str:
    """Write full-width letters, odd spaces and dashes as plain ones, without spaces around."""
    if text.isascii():
        return text.strip()
    return text.translate(_PLAIN).strip()


def is_missing(text: str) -> bool:
    """Tell whether a cell says that there is nothing."""
    return text.strip().lower() in MISSING


def different(cells: pd.Series[str]) -> tuple[NDArray[np.int64], list[str]]:
    """Return every different text once, and which of them each cell has.

    Parameters
    ----------
    cells : Series of str
        A missing value counts as "".

    Returns
    -------
    (ndarray of int64, list of str)
    """
    codes, found = pd.factorize(cells.to_numpy(dtype=object), use_na_sentinel=True)
    texts = [str(text) for text in found]
    if (codes < 0).any():
        codes = np.where(codes < 0, len(texts), codes)
        texts.append("")
    return codes.astype(np.int64), texts


def example(
    cells: pd.Series[str], codes: NDArray[np.int64], chosen: NDArray[np.bool_], most: int = 3
) -> tuple[tuple[int, str], ...]:
    """Return the first cells with one of some texts: number of the row, and the text.

    Parameters
    ----------
    cells : Series of str
        Its index holds the numbers of the rows.
    codes : ndarray of int64
        Which text each cell has.
    chosen : ndarray of bool
        The texts that are looked for.
    most : int
    """
    found: list[tuple[int, str]] = []
    seen: set[int] = set()
    for at in np.flatnonzero(chosen[codes]).tolist():
        if codes[at] not in seen:
            seen.add(int(codes[at]))
            found.append((int(cells.index[at]), str(cells.iloc[at]).strip()))
        if len(found) == most:
            break
    return tuple(found)
