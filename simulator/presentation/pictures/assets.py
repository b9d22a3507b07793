"""Scripts and styles for the inside of a page, which then needs nothing from elsewhere."""

from __future__ import annotations

import re
from functools import cache
from importlib import resources

_EXPORTED = re.compile(r"^export\s+(?=(?:async\s+)?function\b|const\b|let\b|class\b)", re.MULTILINE)
_CLOSING = re.compile(r"</(?=script|style)", re.IGNORECASE)


def script(*names: str) -> str:
    """Return modules as one script for the inside of ``<script type="module">``.

    Parameters
    ----------
    *names : str
        Of files in ``presentation/static``: "charts.js", "flow.js".
    """
    return "\n".join(_CLOSING.sub(r"<\\/", _EXPORTED.sub("", _read(name))) for name in names)


def style(*names: str) -> str:
    """Return style sheets as one, for the inside of ``<style>``.

    Parameters
    ----------
    *names : str
        Of files in ``presentation/static``: "charts.css".
    """
    return "\n".join(_read(name) for name in names)


@cache
def _read(name: str) -> str:
    folder = resources.files("simulator.presentation").joinpath("static")
    return folder.joinpath(name).read_text(encoding="utf-8")
