"""How the sentences of the analyses are put together, and what they call teams and metrics."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from simulator.languages.languages import spoken
from simulator.languages.messages import listed, marked, say
from simulator.metrics.definitions import METRICS, TEAMS
from simulator.metrics.team_labels import team_label

_STAFF = {"revops": marked("revops"), "enablement": marked("enablement")}


def paragraph(sentences: Iterable[str]) -> str:
    """Put sentences behind each other: Japanese has no space between them.

    Parameters
    ----------
    sentences : iterable of str
    """
    return ("" if spoken() == "ja" else " ").join(sentences)


def alternatives(items: Sequence[str]) -> str:
    """Write a list of which one holds: ``a, b or c``.

    Parameters
    ----------
    items : sequence of str
        At least one.
    """
    *most, last = items
    if spoken() == "ja" and most:
        return listed(["、".join(most), last], "or")
    return listed(items, "or")


def team_said(team: str) -> str:
    """Name a team within a sentence.

    Parameters
    ----------
    team : str
        Of the company or of its staff.
    """
    if team in _STAFF:
        return say(_STAFF[team])
    if spoken() == "ja" and team in TEAMS:
        return team_label(team)
    return team.replace("_", " ")


def metric_said(metric: str) -> str:
    """Name a metric within a sentence: with a small letter, unless it is an abbreviation.

    Parameters
    ----------
    metric : str
        In the registry.
    """
    label = METRICS[metric].label
    return label if label[1:2].isupper() else label[:1].lower() + label[1:]
