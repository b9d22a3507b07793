"""Pictures of plans: what money buys, how often a promise is kept, and service against revenue."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from simulator.experiment.quantities import Scale, better, main_metric
from simulator.experiment.statistics import Estimate
from simulator.languages.messages import say
from simulator.metrics.definitions import METRICS
from simulator.metrics.units import with_unit
from simulator.planning.sizing_frontier import halves, per_million, today_beside
from simulator.planning.sizing_names import (
    a_year,
    capital,
    figure_name,
    percent,
    points,
    side_by_side,
    team_label,
    team_words,
    values_scale,
)
from simulator.planning.sizing_result import Sizing
from simulator.planning.sizing_steps import GAIN, marginal_bounds
from simulator.planning.targets import Target
from simulator.presentation.chart_style import (
    LIMIT,
    OTHER,
    PLAN,
    begun,
    interval_row,
    settle,
    styled,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Row = Mapping[str, Any]

_DARK = "#003e63"
_MOST_LABELS = 5


def charts(result: Sizing) -> dict[str, Figure]:
    """Draw everything that a result has to show.

    Parameters
    ----------
    result : Sizing

    Returns
    -------
    dict of str to Figure
        By the name of the file that each is written to, without its ending.
    """
    found: dict[str, Figure] = {}
    if len(result.frontier) and result.goal is not None:
        found["frontier"] = frontier_chart(result)
    if result.targets and math.isfinite(result.chance.mean):
        found["probability"] = probability_chart(result)
    levels = list(map(str, result.levels["target"].unique())) if len(result.levels) else []
    for number, text in enumerate(levels, start=1):
        name = "service_level" if len(levels) == 1 else f"service_level_{number}"
        found[name] = service_chart(result, text)
    return found


# ------------------------------------------------------------------ what money buys


def frontier_chart(result: Sizing) -> Figure:
    """Draw the best outcome for every amount of money, with today's company beside it.

    Parameters
    ----------
    result : Sizing
        With a goal and a frontier.
    """
    assert result.goal is not None
    metric = result.goal[0]
    table, currency = result.frontier, result.company.currency
    today = today_beside(result)
    scale = values_scale(metric, currency, [*table["mean"], *([today.mean] if today else [])])
    money = Scale.of("cost", currency, [*table["cost"], result.today_cost])
    cost = table["cost"].to_numpy(dtype=float) * money.factor
    mean, low, high = (
        table[name].to_numpy(dtype=float) * scale.factor for name in ("mean", "low", "high")
    )
    with styled():
        teams = "/".join(team_words(team) for team in result.headcount.teams)
        figure = begun(
            8.4, 4.8, _frontier_title(result),
            say(
                "Labels: {teams}. Band: 95 % interval of the mean, by the luck of the search; seed"
                " {seed}.",
                teams=teams, seed=result.seed,
            ),
        )  # fmt: skip
        axes = figure.subplots()
        known = np.isfinite(low) & np.isfinite(high)
        axes.fill_between(cost, low, high, where=known, step="post", color=PLAN, alpha=0.18,
                          linewidth=0)  # fmt: skip
        axes.plot(cost, mean, color=PLAN, linewidth=1.8, drawstyle="steps-post")
        axes.plot(cost, mean, "o", color=PLAN, markersize=3.5)
        _label_rungs(axes, table, cost, mean, result)
        if today is not None:
            _label_today(axes, result.today_cost * money.factor, today, scale.factor)
        if result.budget is not None:
            axes.axvline(result.budget * money.factor, color=LIMIT, linewidth=1.2, linestyle="--")
            axes.annotate(
                say("budget¦planning"), (result.budget * money.factor, 0.02),
                xycoords=("data", "axes fraction"), xytext=(-4, 0), textcoords="offset points",
                color=LIMIT, ha="right", fontsize=9,
            )  # fmt: skip
        axes.margins(x=0.06, y=0.14)
        axes.set_xlabel(say("cost, {unit} a year", unit=money.unit))
        axes.set_ylabel(_with_unit(figure_name(result.goal), scale))
        settle(figure)
    return figure


def _frontier_title(result: Sizing) -> str:
    assert result.goal is not None
    name = figure_name(result.goal)
    found = halves(result)
    if found is not None:
        lower, upper = per_million(result, found[1], found[2])
        return say(
            "{figure}: {lower} up to {middle}, {upper} above",
            figure=capital(name), lower=lower, middle=a_year(result.company, found[0]),
            upper=upper,
        )  # fmt: skip
    if len(result.frontier) < 2:
        return say("One plan is on the frontier of {figure}", figure=name)
    return say("What money buys of {figure}", figure=name)


def _label_rungs(axes: Axes, table: Any, cost: Any, mean: Any, result: Sizing) -> None:
    """Write the people of a few rungs to them, on the side where the line does not go."""
    count = len(table)
    chosen = sorted({round(i * (count - 1) / (_MOST_LABELS - 1)) for i in range(_MOST_LABELS)})
    rises = better(result.main[0]) >= 0
    for i in chosen if count > 1 else [0]:
        plan = "/".join(str(int(table[team].iloc[i])) for team in result.headcount.teams)
        if math.isfinite(mean[i]):
            axes.annotate(
                plan, (cost[i], mean[i]), xytext=(3, -9 if rises else 9),
                textcoords="offset points", color=_DARK, fontsize=8.5,
                ha="left" if i < count - 1 or count == 1 else "center",
                va="top" if rises else "bottom",
            )  # fmt: skip


def _label_today(axes: Axes, cost: float, today: Estimate, factor: float) -> None:
    value = today.mean * factor
    if today.low is not None and today.high is not None:
        axes.plot([cost, cost], [today.low * factor, today.high * factor], color=OTHER,
                  linewidth=4.0, alpha=0.35, solid_capstyle="butt")  # fmt: skip
    axes.plot([cost], [value], "D", color=OTHER, markersize=6)
    axes.annotate(
        say("the company as it is"), (cost, value), xytext=(-8, 6), textcoords="offset points",
        color=OTHER, fontsize=9, va="bottom", ha="right",
    )  # fmt: skip


# ------------------------------------------------------------------ how often the promise is kept


def probability_chart(result: Sizing) -> Figure:
    """Draw how often the targets are met: as it is, by the plan, with one person more or fewer.

    Parameters
    ----------
    result : Sizing
        With targets, measured in fresh replications.
    """
    rows = [
        (say("the company as it is"), result.today_chance, OTHER),
        (say("the plan¦planning"), result.chance, PLAN),
        *((label, chance, OTHER) for label, chance in _neighbors(result)),
    ]
    asked = result.confidence if result.goal is None else None
    with styled():
        figure = begun(
            8.4, 1.5 + 0.3 * len(rows) + 0.5, _probability_title(result),
            say(
                "Bars: 95 % intervals; of plans with one person more or fewer, of their difference"
                " to the plan with the same luck."
            ),
        )  # fmt: skip
        axes = figure.subplots()
        for at, (_, chance, color) in enumerate(rows):
            interval_row(axes, at, chance, color)
            axes.annotate(
                percent(chance.mean) if math.isfinite(chance.mean) else say("unknown"),
                (1.03, at), xycoords=("axes fraction", "data"), va="center", fontsize=9,
                color=color, fontweight="bold" if color == PLAN else "normal",
            )  # fmt: skip
        axes.set_yticks(range(len(rows)), [label for label, _, _ in rows])
        chance_axis(axes, len(rows), asked)
        settle(figure)
    return figure


def chance_axis(axes: Axes, rows: int, asked: float | None) -> None:
    """Draw the axis of probabilities below rows that have one each, and what was asked for."""
    axes.set_ylim(rows - 0.4, -0.6)
    axes.set_xlim(-0.02, 1.02)
    axes.set_xticks(np.linspace(0.0, 1.0, 6), [with_unit(f"{p}", "%") for p in range(0, 101, 20)])
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.set_xlabel(say("probability of meeting all targets"))
    if asked is not None:
        axes.axvline(asked, color=LIMIT, linewidth=1.2, linestyle="--", zorder=0)
        axes.annotate(
            say("asked for: {asked}", asked=percent(asked)), (asked, 1.0),
            xycoords=("data", "axes fraction"), xytext=(-4, 2), textcoords="offset points",
            color=LIMIT, ha="right", va="bottom", fontsize=9,
        )  # fmt: skip


def _neighbors(result: Sizing) -> Iterator[tuple[str, Estimate]]:
    if GAIN not in result.marginal:
        return
    for row in result.marginal.to_dict("records"):
        each: Row = {str(k): v for k, v in row.items()}
        low, high = marginal_bounds(each, GAIN)
        plan = result.chance.mean
        ends = [
            None if end is None else min(max(plan + end, 0.0), 1.0) for end in (low, high)
        ]  # fmt: skip
        mean = min(max(plan + float(each[GAIN]), 0.0), 1.0)
        name = say(
            "one more in {team}" if each["change"] > 0 else "one fewer in {team}",
            team=team_words(each["team"]),
        )
        yield name, Estimate(mean, ends[0], ends[1], 2)


def _probability_title(result: Sizing) -> str:
    chance = result.chance
    shown = percent(chance.mean)
    if chance.low is not None and chance.high is not None:
        shown = say(
            "{chance} ({low} to {high})",
            chance=shown, low=points(chance.low), high=points(chance.high),
        )  # fmt: skip
    told = (
        say("The plan meets its target with {chance}", chance=shown)
        if len(result.targets) == 1
        else say("The plan meets its targets with {chance}", chance=shown)
    )
    if not math.isfinite(result.today_chance.mean):
        return told
    return say(
        "{plan}; as it is, the company does with {today}",
        plan=told, today=percent(result.today_chance.mean),
    )  # fmt: skip


# ------------------------------------------------------------------ service and revenue


def service_chart(result: Sizing, text: str) -> Figure:
    """Draw a team's service and the company's revenue by the people in the team, side by side.

    Parameters
    ----------
    result : Sizing
    text : str
        Of the target, as in the table of levels.
    """
    rows = result.levels[result.levels["target"] == text]
    target = next(each for each in result.targets if each.text == text)
    team, currency = str(rows["team"].iloc[0]), result.company.currency
    main = main_metric(result.company)
    scale = values_scale(target.metric, currency, rows["value"])
    outcome = values_scale(main, currency, rows["outcome"])
    people = rows["people"].to_numpy(dtype=float)
    with styled():
        figure = begun(
            8.4, 4.0, _service_title(result, target, rows),
            say(
                "All other teams as in the plan. Bars: 95 % intervals of the mean, all with the"
                " same luck, so that differences are surer; seed {seed}.",
                seed=result.seed,
            ),
        )  # fmt: skip
        left, right = figure.subplots(1, 2)
        _points(left, people, _ends(rows, "value", scale), result.plan[team])
        left.axhline(target.limit * scale.factor, color=LIMIT, linewidth=1.2, linestyle="--")
        left.annotate(
            say(
                "at least {limit}" if target.at_least else "at most {limit}",
                limit=scale.amount(target.limit),
            ),
            (1.0, target.limit * scale.factor), xycoords=("axes fraction", "data"),
            xytext=(0, 3), textcoords="offset points", ha="right", color=LIMIT, fontsize=9,
        )  # fmt: skip
        if not (rows["value"] < 0.0).any():
            left.set_ylim(bottom=0.0)
        left.set_title(_with_unit(METRICS[target.metric].label, scale), loc="left", fontsize=10)
        _points(right, people, _ends(rows, "outcome", outcome), result.plan[team])
        right.set_title(_with_unit(METRICS[main].label, outcome), loc="left", fontsize=10)
        for axes in (left, right):
            axes.set_xticks(people, [f"{n:.0f}" for n in people])
            axes.set_xlabel(say("people in {team}", team=team_words(team)))
            axes.margins(x=0.08, y=0.12)
        settle(figure)
    return figure


def _ends(rows: Any, name: str, scale: Scale) -> tuple[Any, Any, Any]:
    mean, low, high = (
        rows[column].to_numpy(dtype=float) * scale.factor
        for column in (name, f"{name}_low", f"{name}_high")
    )
    return mean, low, high


def _points(axes: Axes, people: Any, ends: tuple[Any, Any, Any], chosen: int) -> None:
    mean, low, high = ends
    axes.plot(people, mean, color=OTHER, linewidth=1.0, alpha=0.6)
    for n, value, bottom, top in zip(people, mean, low, high, strict=True):
        color = PLAN if n == chosen else OTHER
        if math.isfinite(bottom) and math.isfinite(top):
            axes.plot([n, n], [bottom, top], color=color, linewidth=4.0, alpha=0.35,
                      solid_capstyle="butt")  # fmt: skip
        if math.isfinite(value):
            axes.plot([n], [value], "o", color=color, markersize=6, clip_on=False)
        if n == chosen and math.isfinite(value):
            axes.annotate(
                say("the plan¦planning"),
                (n, value),
                xytext=(7, 7),
                textcoords="offset points",
                color=color,
                fontsize=9,
                fontweight="bold",
            )


def _service_title(result: Sizing, target: Target, rows: Any) -> str:
    team = str(rows["team"].iloc[0])
    # A label that begins with the team would name it twice.
    label = METRICS[target.metric].label.removeprefix(f"{team_label(team)}: ")
    scale = values_scale(target.metric, result.company.currency, rows["value"])
    now = result.plan[team]
    values = {int(row["people"]): float(row["value"]) for row in rows.to_dict("records")}
    told: dict[str, object] = {"service": capital(label), "team": team_words(team)}
    said = []
    for n in (now, now - 1):
        if math.isfinite(values.get(n, math.nan)):
            said.append(
                say(
                    "{value} with {n} people" if n == now else "{value} with {n}",
                    value=scale.amount(values[n]), n=n,
                )
            )  # fmt: skip
    if not said:
        return say("{service} in {team}: missing in every run", **told)
    return say("{service}, in {team}: {values}", **told, values=side_by_side(said))


def _with_unit(name: str, scale: Scale) -> str:
    return say("{name}, {unit}", name=name, unit=scale.unit) if scale.unit else name
