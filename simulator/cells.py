"""Texts that are safe in a spreadsheet, wherever they come from."""

from __future__ import annotations

RISKY = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What begins with one of these, a spreadsheet program may run as a formula."""


def harmless(text: str) -> str:
    """Return a cell that no spreadsheet program takes for a formula (OWASP, CSV injection).

    A lone carriage return would end the row unquoted, and begin a new cell: it becomes a line
    feed, which is quoted.
    """
    safe = text.replace("\r\n", "\n").replace("\r", "\n")
    return f"'{safe}" if safe.startswith(RISKY) else safe
