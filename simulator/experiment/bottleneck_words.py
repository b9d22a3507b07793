"""What a search for the constraint allows one to say: only what is told among all teams."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from simulator.experiment.quantities import Scale, adds_up, better, estimate_of, size_of, told_sign
from simulator.experiment.statistics import Estimate
from simulator.languages.messages import listed
from simulator.metrics.definitions import METRICS, TEAMS

Rows = Sequence[Mapping[Any, Any]]

_RISES = {
    "utilization": "is busier by {} % points",
    "queue": "has {} more waiting in its queue",
    "abandonment": "loses {} % points more of its waits to buyers who give up",
}


def of_constraint(
    metric: str, constraint: str | None, ties: Sequence[str], more: Rows, scale: Scale
) -> list[str]:
    """Say which team is the constraint.

    Parameters
    ----------
    metric : str
    constraint : str or None
    ties : sequence of str
    more : sequence of mapping
        Rows of the table of effects, of one more person.
    scale : Scale
        Of the metric.
    """
    label = METRICS[metric].label
    rows = [row for row in more if row["metric"] == metric]
    if all(row["low"] is None or row["n"] < 2 for row in rows):
        missing = all(row["n"] == 0 for row in rows)
        reason = (
            f"{label} is missing in every replication"
            if missing
            else "one replication gives means without intervals"
        )
        return [f"No constraint can be told: {reason}."]
    if constraint is None:
        row = max(rows, key=lambda row: row["mean"] * better(metric))
        return [
            f"No constraint can be told in {row['n']} replications: no team's added person betters"
            f" {_small(label)} beyond luck.",
            f"The best effect is that of {words(row['team'])}:"
            f" {_with_interval(estimate_of(row), scale, signed=True)}; more replications may tell.",
        ]
    row = next(row for row in rows if row["team"] == constraint)
    effect = estimate_of(row)
    text = (
        f"The constraint is {words(constraint)}: one more person {_moves(effect)} {_small(label)}"
        f" by {_with_interval(effect, scale)}"
    )
    if not ties:
        return [f"{text}, more than one more anywhere else."]
    return [f"{text}.", f"It cannot be told apart from {listed([words(t) for t in ties])}."]


def of_time(metric: str, spells: Sequence[tuple[int, int, Sequence[str]]]) -> list[str]:
    """Say which teams limit the metric when; nothing of months in which none can be told.

    Parameters
    ----------
    metric : str
    spells : sequence of (first month, last month, teams)
        Several teams cannot be told apart.
    """
    months: dict[tuple[str, ...], list[str]] = {}
    for first, last, teams in spells:
        if teams:
            span = f"{first}" if first == last else f"{first} to {last}"
            months.setdefault(tuple(teams), []).append(span)
    if not months:
        return []
    parts: list[str] = []
    for teams, each in months.items():
        apart = " (which cannot be told apart)" if len(teams) > 1 else ""
        names = listed([words(team) for team in teams], "or")
        limited = "" if parts else f" {_small(METRICS[metric].label)} is limited"
        parts.append(f"by the end of month {listed(each)}{limited} by {names}{apart}")
    text = "; ".join(parts)
    if adds_up(METRICS[metric]):
        return [f"Counted from the start, {text}."]
    return [f"{text[:1].upper()}{text[1:]}."]


def of_harm(more: Rows, beside: Rows, scales: Mapping[str, Scale]) -> list[str]:
    """Name every added person who makes something worse, and what happens downstream with it.

    Parameters
    ----------
    more, beside : sequence of mapping
        Rows of the tables of effects (of one more person) and of what happens beside them.
    scales : mapping of str to Scale
        By metric.
    """
    harmful = [
        row
        for row in more
        if row["metric"] != "profit" and told_sign(row) * better(row["metric"]) < 0
    ]
    if not harmful:
        known = any(row["n"] > 1 for row in more)
        return ["Nowhere can one more person be told to make results worse."] if known else []
    lines = []
    for team in dict.fromkeys(row["team"] for row in harmful):
        effects = [
            f"{_moves(estimate_of(row))} {_small(METRICS[row['metric']].label)} by"
            f" {_with_interval(estimate_of(row), scales[row['metric']])}"
            for row in harmful
            if row["team"] == team
        ]
        lines.append(f"One more in {words(team)} makes it worse: it {listed(effects)}.")
        lines += _downstream(team, beside)
    return lines


def of_profit(more: Rows) -> list[str]:
    """Say where an added person pays within the run.

    Parameters
    ----------
    more : sequence of mapping
        Rows of the table of effects, of one more person.
    """
    rows = [row for row in more if row["metric"] == "profit" and row["n"] > 1]
    if not rows:
        return []
    told_as: dict[int, list[str]] = {1: [], -1: [], 0: []}
    for row in rows:
        told_as[told_sign(row)].append(words(row["team"]))
    parts = [
        f"{said} {listed(told_as[sign])}"
        for sign, said in ((1, "pays for itself in"), (-1, "costs more than it earns in"))
        if told_as[sign]
    ]
    lines = [f"Within the run one more person {' and '.join(parts)}."] if parts else []
    if told_as[0]:
        lines.append(f"Whether it pays for itself cannot be told of {listed(told_as[0])}.")
    return [" ".join(lines)]


def words(team: str) -> str:
    """Write a team's name within a sentence."""
    return team.replace("_", " ")


def _downstream(team: str, beside: Rows) -> list[str]:
    """Say what goes up in the departments after a team, of all that can be told."""
    after = TEAMS[TEAMS.index(team) + 1 :] if team in TEAMS else TEAMS
    found = []
    for row in beside:
        if row["team"] == team and row["department"] in after and told_sign(row) > 0:
            factor = 1.0 if row["measure"] == "queue" else 100.0
            amount = f"{row['mean'] * factor:,.2f}"
            found.append(f"{words(row['department'])} {_RISES[row['measure']].format(amount)}")
    return [f"At the same time {listed(found)}."] if found else []


def _moves(effect: Estimate) -> str:
    return "raises" if effect.mean >= 0.0 else "lowers"


def _with_interval(effect: Estimate, scale: Scale, signed: bool = False) -> str:
    size = effect if signed else size_of(effect)
    return f"{scale.amount(size.mean)} (95 % interval {scale.span(size)})"


def _small(label: str) -> str:
    """Begin a label with a small letter, unless it is an abbreviation."""
    return label if label[1:2].isupper() else label[:1].lower() + label[1:]
