"""Rows of tables by the names of their columns, for whoever tells or writes one at a time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Row = Mapping[str, Any]


def rows_of(table: Any) -> list[Row]:
    """Return the rows of a table by the names of their columns."""
    return [{str(k): v for k, v in row.items()} for row in table.to_dict("records")]
