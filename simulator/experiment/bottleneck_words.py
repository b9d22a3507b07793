"""What a search for the constraint allows one to say: only what is told among all teams."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from simulator.experiment.quantities import Scale, adds_up, better, estimate_of, size_of, told_sign
from simulator.experiment.statistics import Estimate
from simulator.experiment.wording import alternatives, metric_said, paragraph, team_said
from simulator.languages.messages import listed, marked, say
from simulator.metrics.definitions import METRICS, TEAMS

Rows = Sequence[Mapping[Any, Any]]

_RISES = {
    "utilization": marked("{department} is busier by {amount} % points"),
    "queue": marked("{department} has {amount} more waiting in its queue"),
    "abandonment": marked(
        "{department} loses {amount} % points more of its waits to buyers who give up"
    ),
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
    rows = [row for row in more if row["metric"] == metric]
    if all(row["low"] is None or row["n"] < 2 for row in rows):
        if all(row["n"] == 0 for row in rows):
            return [
                say(
                    "No constraint can be told: {label} is missing in every replication.",
                    label=METRICS[metric].label,
                )
            ]
        return [say("No constraint can be told: one replication gives means without intervals.")]
    if constraint is None:
        row = max(rows, key=lambda row: row["mean"] * better(metric))
        return [
            say(
                "No constraint can be told in {n} replications: no team's added person betters"
                " {label} beyond luck.",
                n=row["n"],
                label=metric_said(metric),
            ),
            say(
                "The best effect is that of {team}: {effect}; more replications may tell.",
                team=team_said(row["team"]),
                effect=_with_interval(estimate_of(row), scale, signed=True),
            ),
        ]
    row = next(row for row in rows if row["team"] == constraint)
    effect = estimate_of(row)
    figures = {
        "team": team_said(constraint),
        "label": metric_said(metric),
        "effect": _with_interval(effect, scale),
    }
    raises = effect.mean >= 0.0
    if not ties:
        return [
            say(
                "The constraint is {team}: one more person raises {label} by {effect}, more than"
                " one more anywhere else."
                if raises
                else "The constraint is {team}: one more person lowers {label} by {effect}, more"
                " than one more anywhere else.",
                **figures,
            )
        ]
    return [
        say(
            "The constraint is {team}: one more person raises {label} by {effect}."
            if raises
            else "The constraint is {team}: one more person lowers {label} by {effect}.",
            **figures,
        ),
        say(
            "It cannot be told apart from {teams}.",
            teams=listed([team_said(team) for team in ties]),
        ),
    ]


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
            span = say("{low} to {high}", low=first, high=last)
            months.setdefault(tuple(teams), []).append(f"{first}" if first == last else span)
    if not months:
        return []
    clauses = say("; ¦between months").join(
        _limited(metric, teams, listed(each), begins=not place)
        for place, (teams, each) in enumerate(months.items())
    )
    if adds_up(METRICS[metric]):
        return [say("Counted from the start, {clauses}.", clauses=clauses)]
    return [say("{clauses}.¦of months", clauses=clauses[:1].upper() + clauses[1:])]


def _limited(metric: str, teams: Sequence[str], months: str, begins: bool) -> str:
    """Say of some months which teams limit the metric; it is named where a sentence begins."""
    figures = {
        "months": months,
        "teams": alternatives([team_said(team) for team in teams]),
        "label": metric_said(metric),
    }
    if len(teams) > 1:
        return say(
            "by the end of month {months} {label} is limited by {teams} (which cannot be told"
            " apart)"
            if begins
            else "by the end of month {months} by {teams} (which cannot be told apart)",
            **figures,
        )
    return say(
        "by the end of month {months} {label} is limited by {teams}"
        if begins
        else "by the end of month {months} by {teams}",
        **figures,
    )


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
        return [say("Nowhere can one more person be told to make results worse.")] if known else []
    lines = []
    for team in dict.fromkeys(row["team"] for row in harmful):
        effects = [_harm(row, scales[row["metric"]]) for row in harmful if row["team"] == team]
        lines.append(
            say(
                "One more in {team} makes it worse: it {effects}.",
                team=team_said(team),
                effects=listed(effects),
            )
        )
        lines += _downstream(team, beside)
    return lines


def _harm(row: Mapping[Any, Any], scale: Scale) -> str:
    effect = estimate_of(row)
    return say(
        "raises {label} by {effect}" if effect.mean >= 0.0 else "lowers {label} by {effect}",
        label=metric_said(row["metric"]),
        effect=_with_interval(effect, scale),
    )


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
        told_as[told_sign(row)].append(team_said(row["team"]))
    pays, costs, unsure = (listed(each) if each else "" for each in told_as.values())
    lines = []
    if pays and costs:
        lines.append(
            say(
                "Within the run one more person pays for itself in {pays} and costs more than it"
                " earns in {costs}.",
                pays=pays,
                costs=costs,
            )
        )
    elif pays:
        lines.append(say("Within the run one more person pays for itself in {teams}.", teams=pays))
    elif costs:
        lines.append(
            say("Within the run one more person costs more than it earns in {teams}.", teams=costs)
        )
    if unsure:
        lines.append(say("Whether it pays for itself cannot be told of {teams}.", teams=unsure))
    return [paragraph(lines)]


def _downstream(team: str, beside: Rows) -> list[str]:
    """Say what goes up in the departments after a team, of all that can be told."""
    after = TEAMS[TEAMS.index(team) + 1 :] if team in TEAMS else TEAMS
    found = []
    for row in beside:
        if row["team"] == team and row["department"] in after and told_sign(row) > 0:
            factor = 1.0 if row["measure"] == "queue" else 100.0
            amount = f"{row['mean'] * factor:,.2f}"
            department = team_said(row["department"])
            found.append(say(_RISES[row["measure"]], department=department, amount=amount))
    return [say("At the same time {changes}.", changes=listed(found))] if found else []


def _with_interval(effect: Estimate, scale: Scale, signed: bool = False) -> str:
    size = effect if signed else size_of(effect)
    return say(
        "{number} (95 % interval {span})", number=scale.amount(size.mean), span=scale.span(size)
    )
