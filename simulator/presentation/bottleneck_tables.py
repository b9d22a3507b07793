"""Where the constraint of a company is, as tables: what a person more would change, and when."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd
from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Column
from rich.text import Text

from simulator.experiment.bottleneck import FEWER, MORE, Bottleneck
from simulator.experiment.quantities import Scale, adds_up, estimate_of
from simulator.experiment.wording import team_said
from simulator.languages.languages import spoken
from simulator.languages.messages import say
from simulator.metrics.definitions import METRICS, TEAMS
from simulator.metrics.team_labels import team_label
from simulator.metrics.units import money_unit
from simulator.presentation.figures import MISSING, lasting, percent
from simulator.presentation.flowing import Flowing
from simulator.presentation.tables import grid, interrupted, right, titled

_MOST_ROWS = 8  # of months; more are shown by quarters
_QUARTER = 3


def story(result: Bottleneck) -> list[RenderableType]:
    """Tell where the constraint is, what it is worth to widen it, and when it limits.

    Parameters
    ----------
    result : Bottleneck
    """
    first, *others = result.verdict()
    content: list[RenderableType] = [Flowing(first, style="bold"), *map(Flowing, others), Text("")]
    content.append(_effects(result))
    if len(result.numbers) > 1:
        content += [_over_time(result, str(m)) for m in result.over_time["metric"].unique()]
    content.append(_flow(result))
    return content


def closing(result: Bottleneck, version: str) -> str:
    """Say on what the figures rest."""
    runs = len(result.numbers)
    arms = 1 + len(result.effects[["team", "change"]].drop_duplicates())
    basis = say(
        "{arms} companies x {runs} replication of {months} months, paired by luck; seed {seed};"
        " themodel {version}."
        if runs == 1
        else "{arms} companies x {runs} replications of {months} months, paired by luck; seed"
        " {seed}; themodel {version}.",
        arms=arms,
        runs=runs,
        months=f"{result.scenario.horizon.months:g}",
        seed=result.seed,
        version=version,
    )
    lines = [basis]
    if runs == 1:
        lines.append(say("One replication: means without intervals."))
    return interrupted(result, lines)


def _effects(result: Bottleneck) -> RenderableType:
    single = len(result.numbers) == 1
    currency = result.scenario.currency
    table = grid(
        "", right(say("+1 person")), right(say("95 % interval")),
        right(say("per {money} of cost", money=money_unit(currency, millions=True))),
        right(say("-1 person")), right(say("95 % interval")),
    )  # fmt: skip
    for metric in result.metrics:
        if table.row_count:
            table.add_row()
        scale = result.scale(metric)
        label = METRICS[metric].label
        if scale.unit:
            label = say("{label}, {unit}", label=label, unit=scale.unit)
        table.add_row(Text(label, style="bold"))
        for team in result.costs:
            more, fewer = (result.effect(team, change, metric) for change in (MORE, FEWER))
            if more is None:
                continue
            table.add_row(
                Padding(_team(team), (0, 0, 0, 2)),
                scale.number(more.mean),
                scale.span(more),
                _per_million(result, team, metric),
                MISSING if fewer is None else scale.number(fewer.mean),
                say("nobody there") if fewer is None else scale.span(fewer),
            )
    if single:
        del table.columns[5], table.columns[2]
    costs = say(", ¦between costs").join(
        say(
            "{team} {cost}¦what a person costs",
            team=team_said(team),
            cost=Scale.of("cost", currency, (cost,)).amount(cost),
        )
        for team, cost in result.costs.items()
    )
    note = say(
        "An added person is there from the first day, at full speed like everybody at the start."
        " One person costs over the run, pay with its loading and tools: {costs}."
        " Each interval stands alone; the sentences above hold for all teams together (Holm).",
        costs=costs,
    )
    title = say("What one person more or fewer changes")
    return titled(title, table, Flowing(note, style="dim"))


def _per_million(result: Bottleneck, team: str, metric: str) -> str:
    rows = result.effects[(result.effects["metric"] == metric) & (result.effects["change"] == MORE)]
    scale = Scale.of(metric, result.scenario.currency, rows["per_million"])
    value = float(rows.loc[rows["team"] == team, "per_million"].iloc[0])
    return scale.amount(value) if math.isfinite(value) else MISSING


# ------------------------------------------------------------------ when


def _over_time(result: Bottleneck, metric: str) -> RenderableType:
    rows = result.over_time[result.over_time["metric"] == metric]
    scale = Scale.of(metric, result.scenario.currency, rows["mean"])
    teams = list(result.costs)
    table = grid(say("by month"), *(right(_team(team)) for team in teams), say("limits¦the metric"))
    for _, last in _spans(int(rows["month"].max())):
        month = {str(row["team"]): row for _, row in rows[rows["month"] == last].iterrows()}
        limiting = [_team(team) for team in teams if month[team]["limits"]]
        cells = [_with_margin(scale, month[team]) for team in teams]
        table.add_row(str(last), *cells, _or(limiting) or MISSING)
    label = METRICS[metric].label
    title = say("Which team limits {label} when", label=label)
    if scale.unit:
        label = say("{label} ({unit})", label=label, unit=scale.unit)
    note = say(
        "{label}, added up from the start: effect of one more in each team and half the width of"
        " its 95 % interval. limits: the best effect that can be told from zero, or those that"
        " cannot be told from it; months are told one by one, and one in twenty may err."
        if adds_up(METRICS[metric])
        else "{label}, as it stands then: effect of one more in each team and half the width of"
        " its 95 % interval. limits: the best effect that can be told from zero, or those that"
        " cannot be told from it; months are told one by one, and one in twenty may err.",
        label=label,
    )
    return titled(title, table, Flowing(note, style="dim"))


def _or(teams: Sequence[str]) -> str:
    """Name teams of which any may be meant: one to a line where names are wide."""
    return ("\n" if spoken() == "ja" else " or ").join(teams)


def _with_margin(scale: Scale, row: Any) -> str:
    effect = estimate_of(row)
    if effect.low is None or effect.high is None:
        return scale.number(effect.mean)
    return f"{scale.number(effect.mean)} ± {scale.number((effect.high - effect.low) / 2.0)}"


def _flow(result: Bottleneck) -> RenderableType:
    table = grid(
        say("months¦column"),
        *(Column(team_label(team), no_wrap=True) for team in TEAMS),
    )
    for first, last in _spans(int(result.flow["month"].max())):
        months = result.flow[result.flow["month"].between(first, last)]
        cells = [_busy(months[months["team"] == team]) for team in TEAMS]
        span = str(last) if first == last else say("{low} to {high}", low=first, high=last)
        table.add_row(span, *cells)
    note = say(
        "share of time at work on buyers; median wait in working time; share of waits that end"
        " because the buyer gave up (means of the months)"
    )
    title = say("The company as it is: busy, wait, gave up")
    return titled(title, table, Flowing(note, style="dim"))


def _busy(months: pd.DataFrame) -> str:
    means = months[["utilization", "wait_p50", "abandonment"]].mean()
    wait = lasting(float(means["wait_p50"])).replace(say("days"), say("d¦days, short"))
    return f"{percent(means['utilization'])}, {wait}, {percent(means['abandonment'])}"


def _spans(months: int) -> Iterator[tuple[int, int]]:
    """Return single months, or quarters if there are many; the last one may be shorter."""
    step = 1 if months <= _MOST_ROWS else _QUARTER
    for first in range(1, months + 1, step):
        yield first, min(first + step - 1, months)


def _team(team: str) -> str:
    if team in TEAMS:
        return team_label(team)
    name = team_said(team)
    return name if spoken() == "ja" else name.capitalize()
