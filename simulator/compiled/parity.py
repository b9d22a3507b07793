"""Where two journals that should be the same part ways, told so that one can look for the cause."""

from __future__ import annotations

import numpy as np

from simulator.organization.journal import COLUMNS, Journal, Kind

_BEFORE = 4  # rows of context


def first_difference(reference: Journal, other: Journal) -> str | None:
    """Tell the first row in which a journal is not that of the reference.

    Parameters
    ----------
    reference, other : Journal
        Of the same scenario, seed and replication.

    Returns
    -------
    str or None
        Some rows before it, the two rows, and what the buyer had lived through; None if all rows
        are the same to the last bit.
    """
    length = min(len(reference), len(other))
    differs = np.zeros(length, dtype=np.bool_)
    for name in COLUMNS:
        one, two = getattr(reference, name)[:length], getattr(other, name)[:length]
        differs |= (one != two) & ~((one != one) & (two != two))
    if not differs.any():
        if len(reference) == len(other):
            return None
        longer = "reference" if len(reference) > len(other) else "other engine"
        journal = reference if len(reference) > len(other) else other
        return (
            f"the first {length:,} rows are the same, then one journal ends and the {longer} goes"
            f" on with\n  {_told(journal, length)}"
        )
    row = int(np.argmax(differs))
    lines = [f"row {row:,} of {len(reference):,} is the first that differs"]
    lines += [f"  before        {_told(reference, i)}" for i in range(max(0, row - _BEFORE), row)]
    lines += [
        f"  reference     {_told(reference, row)}",
        f"  other engine  {_told(other, row)}",
    ]
    for who, journal in (("reference", reference), ("other engine", other)):
        buyer = int(journal.buyer[row])
        if buyer >= 0:
            earlier = [i for i in journal.of_buyer(buyer) if i < row][-_BEFORE:]
            lines.append(f"  buyer {buyer} of the {who} had lived through")
            lines += [f"    {_told(journal, i)}" for i in earlier]
    return "\n".join(lines)


def _told(journal: Journal, row: int) -> str:
    values = {name: getattr(journal, name)[row].item() for name in COLUMNS}
    kind = Kind(values.pop("kind")).name
    time = values.pop("time")
    said = ", ".join(f"{name} {value!r}" for name, value in values.items() if value == value)
    return f"day {time!r} {kind}: {said}"
