"""Pictures of a hiring plan: people against work, the promise by month, and what breaks it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from simulator.experiment.statistics import Estimate
from simulator.experiment.wording import paragraph
from simulator.languages.messages import say
from simulator.metrics.units import with_unit
from simulator.planning.hiring_result import Hiring
from simulator.planning.sizing_names import percent, points, target_text, team_label
from simulator.planning.table_rows import Row, rows_of
from simulator.presentation.chart_style import (
    LIMIT,
    OTHER,
    PLAN,
    begun,
    interval_row,
    settle,
    styled,
)
from simulator.presentation.planning_charts import chance_axis

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_LINES = (PLAN, "#009e73", "#cc79a7", "#e69f00", OTHER)
"""Of several targets: told apart by the colour-blind, too."""
_DASHES = ("-", "--", "-.", ":")
_MOST_TARGETS = 5
_SHORT = 0.5
"""A team is short in a month if it is in more than this share of the runs."""
_MOST_TICKS = 12
_MOST_DOTS = 24
_LONGEST_NAME = 46
_LEGEND = 0.35  # inches


def charts(result: Hiring) -> dict[str, Figure]:
    """Draw everything that a hiring plan has to show.

    Parameters
    ----------
    result : Hiring

    Returns
    -------
    dict of str to Figure
        By the name of the file that each is written to, without its ending.
    """
    found: dict[str, Figure] = {}
    if _teams_at_work(result):
        found["capacity"] = capacity_chart(result)
    if len(result.by_month) or len(_attained(result)):
        found["by_month"] = months_chart(result)
    if len(result.stress) and math.isfinite(result.chance.mean):
        found["stress"] = stress_chart(result)
    return found


# ------------------------------------------------------------------ people against work


def capacity_chart(result: Hiring) -> Figure:
    """Draw for each team the people at full speed against the work, month by month.

    Parameters
    ----------
    result : Hiring
        With a table of capacity.
    """
    teams = _teams_at_work(result)
    columns = min(2, len(teams))
    rows = math.ceil(len(teams) / columns)
    with styled():
        width, height = 9.4 if columns == 2 else 8.4, 1.5 + 2.5 * rows
        figure = begun(
            width, height, _capacity_title(result),
            say(
                "In people. Bands: 10 % to 90 % quantile of the runs. Shaded months: load exceeds"
                " capacity in over half of the runs. Seed {seed}.",
                seed=result.seed,
            ),
        )  # fmt: skip
        grid = figure.subplots(rows, columns, squeeze=False, sharex=True)
        panels = list(grid.ravel())
        for axes, team in zip(panels, teams, strict=False):
            _capacity_panel(axes, result.capacity[result.capacity["team"] == team])
            axes.set_title(team_label(team), loc="left", fontsize=10)
        for axes in panels[len(teams) :]:
            axes.set_visible(False)
        for column in grid.T:
            shown = [axes for axes in column if axes.get_visible()]
            shown[-1].set_xlabel(say("month¦axis"))
            shown[-1].tick_params(labelbottom=True)
        _legend_below(figure, panels[0], height)
        settle(figure)
    return figure


def _legend_below(figure: Figure, axes: Axes, height: float) -> None:
    """Explain the lines of all panels once, between them and the note."""
    free = 0.05 + _LEGEND / height
    figure.get_layout_engine().set(rect=(0.0, free, 1.0, 1.0 - free))  # type: ignore[union-attr, call-arg]
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(
        handles, labels, loc="lower left", bbox_to_anchor=(0.0, 0.015 + 0.15 / height),
        ncols=len(labels), frameon=False, fontsize=9,
    ).set_in_layout(False)  # fmt: skip


def _teams_at_work(result: Hiring) -> list[str]:
    """Return the teams that have work of their own, in the order of the work."""
    if not len(result.capacity):
        return []
    known = result.capacity[np.isfinite(result.capacity["load_mean"].to_numpy(dtype=float))]
    return list(dict.fromkeys(map(str, known["team"])))


def _capacity_panel(axes: Axes, rows: pd.DataFrame) -> None:
    months = rows["month"].to_numpy(dtype=float)
    edges = np.append(months - 0.5, months[-1] + 0.5)
    for month, share in zip(months, rows["share_short"].to_numpy(dtype=float), strict=True):
        if share > _SHORT:
            axes.axvspan(month - 0.5, month + 0.5, color=LIMIT, alpha=0.10, linewidth=0)
    _band(axes, months, rows, "ramped", PLAN)
    axes.stairs(
        rows["planned"].to_numpy(dtype=float), edges, baseline=None, color=OTHER, linewidth=1.1,
        linestyle=":", label=say("planned, nobody quits"),
    )  # fmt: skip
    _line(axes, months, rows["ramped_mean"], PLAN, "-", say("at full speed"))
    _line(axes, months, rows["load_mean"], LIMIT, "--", say("load¦planning"))
    axes.set_ylim(bottom=0.0)
    axes.set_xlim(edges[0], edges[-1])
    _month_ticks(axes, int(months[-1]))


def _band(axes: Axes, months: Any, rows: pd.DataFrame, what: str, color: str) -> None:
    low, high = (rows[f"{what}_{end}"].to_numpy(dtype=float) for end in ("p10", "p90"))
    axes.fill_between(
        months, low, high, where=np.isfinite(low) & np.isfinite(high), color=color, alpha=0.18,
        linewidth=0,
    )  # fmt: skip


def _line(axes: Axes, months: Any, values: pd.Series, color: str, dash: str, label: str) -> None:
    """Draw a line; with points where months are few or missing: one may stand alone."""
    known = values.to_numpy(dtype=float)
    dotted = len(months) <= _MOST_DOTS or not np.isfinite(known).all()
    axes.plot(
        months, known, color=color, linewidth=1.8, linestyle=dash, label=label,
        marker="o" if dotted else "", markersize=3.5 if len(months) <= _MOST_TICKS else 2.0,
    )  # fmt: skip


def _month_ticks(axes: Axes, last: int) -> None:
    """Name months at round distances."""
    step = next(each for each in (1, 2, 3, 6, 12, 24, 60, last) if last / each <= _MOST_TICKS)
    ticks = list(range(1, last + 1)) if step == 1 else list(range(step, last + 1, step))
    axes.set_xticks(ticks, [str(month) for month in ticks])


def _capacity_title(result: Hiring) -> str:
    broken = result.breaks
    if broken is None:
        return say("No team has more work than it can do in over half of the runs")
    return say(
        "{team} is short first, in month {month}: {share} of the runs bring more work than its"
        " people can do",
        team=team_label(broken.team), month=broken.month, share=percent(broken.share_short),
    )  # fmt: skip


# ------------------------------------------------------------------ the promise, month by month


def months_chart(result: Hiring) -> Figure:
    """Draw how probable targets by month are, and how much of its quota field sales books.

    Parameters
    ----------
    result : Hiring
        With targets by month or a table of capacity.
    """
    attained = _attained(result)
    panels = int(bool(len(result.by_month))) + int(bool(len(attained)))
    with styled():
        figure = begun(
            8.4, 1.2 + 2.7 * panels, _months_title(result),
            _months_note(result, bool(len(attained))),
        )  # fmt: skip
        grid = list(figure.subplots(panels, 1, squeeze=False).ravel())
        if len(result.by_month):
            _chance_panel(grid[0], result)
        if len(attained):
            _attainment_panel(grid[-1], attained)
        last = max(len(each) for each in result.headcounts.values())
        for axes in grid:
            axes.set_xlim(0.5, last + 0.5)
            _month_ticks(axes, last)
        grid[-1].set_xlabel(say("month¦axis"))
        settle(figure)
    return figure


def _months_note(result: Hiring, attained: bool) -> str:
    parts = [say("Bars: 95 % intervals; each month by itself.")] if len(result.by_month) else []
    if attained:
        parts.append(say("Quota of everybody employed; band: 10 % to 90 % quantile of the runs."))
    return paragraph([*parts, say("Seed {seed}.", seed=result.seed)])


def _attained(result: Hiring) -> pd.DataFrame:
    if not len(result.capacity):
        return result.capacity
    rows = result.capacity[result.capacity["team"] == "field_sales"]
    known = np.isfinite(rows["attainment_mean"].to_numpy(dtype=float))
    return rows if known.any() else rows[known]


def _chance_panel(axes: Axes, result: Hiring) -> None:
    drawn = list(_by_target(result))[:_MOST_TARGETS]
    width = 0.5 / max(len(drawn), 1)
    for at, (name, rows) in enumerate(drawn):
        color, dash = _LINES[at % len(_LINES)], _DASHES[at % len(_DASHES)]
        shift = (at - (len(drawn) - 1) / 2.0) * width  # so that intervals do not hide each other
        months = np.array([float(row["month"]) for row in rows]) + shift
        shares = [float(row["probability"]) for row in rows]
        for month, row in zip(months, rows, strict=True):
            low, high = row["low"], row["high"]
            if low is not None and high is not None and math.isfinite(low + high):
                axes.plot([month, month], [low, high], color=color, linewidth=4.0, alpha=0.3,
                          solid_capstyle="butt")  # fmt: skip
        axes.plot(months, shares, color=color, linewidth=1.2, linestyle=dash, marker="o",
                  markersize=5, label=name)  # fmt: skip
    _asked_for(axes, result.confidence)
    axes.set_ylim(-0.03, 1.03)
    axes.set_yticks(np.linspace(0.0, 1.0, 5), [with_unit(f"{p}", "%") for p in range(0, 101, 25)])
    axes.set_title(say("Probability that the target of the month is met"), loc="left", fontsize=10)
    if len(drawn) > 1:
        axes.legend(loc="best", frameon=False, fontsize=8.5)


def _asked_for(axes: Axes, confidence: float) -> None:
    axes.axhline(confidence, color=LIMIT, linewidth=1.2, linestyle="--", zorder=0)
    axes.annotate(
        say("asked for: {asked}", asked=percent(confidence)), (0.0, confidence),
        xycoords=("axes fraction", "data"), xytext=(4, -3), textcoords="offset points",
        color=LIMIT, ha="left", va="top", fontsize=9,
    )  # fmt: skip


def _by_target(result: Hiring) -> Iterator[tuple[str, Sequence[Row]]]:
    rows = {(str(row["target"]), int(row["month"])): row for row in rows_of(result.by_month)}
    for target in result.targets:
        mine = [
            row for month in target.months
            if (row := rows.get((replace(target, months=(month,)).text, month))) is not None
        ]  # fmt: skip
        if mine:
            name = target_text(replace(target, months=()), result.company.currency)
            yield name if len(name) <= _LONGEST_NAME else target.text, mine


def _attainment_panel(axes: Axes, rows: pd.DataFrame) -> None:
    months = rows["month"].to_numpy(dtype=float)
    _band(axes, months, rows, "attainment", PLAN)
    _line(axes, months, rows["attainment_mean"], PLAN, "-", "")
    axes.axhline(1.0, color=OTHER, linewidth=1.0, linestyle=":")
    axes.annotate(
        say("quota¦planning"), (1.0, 1.0), xycoords=("axes fraction", "data"), xytext=(-2, 2),
        textcoords="offset points", ha="right", color=OTHER, fontsize=9,
    )  # fmt: skip
    axes.set_ylim(bottom=0.0)
    axes.yaxis.set_major_formatter(lambda value, _: with_unit(f"{100.0 * value:.0f}", "%"))
    axes.set_title(say("Quota attainment in field sales"), loc="left", fontsize=10)


def _months_title(result: Hiring) -> str:
    if not len(result.by_month):
        attained = _attained(result)
        known = attained[np.isfinite(attained["attainment_mean"].to_numpy(dtype=float))].iloc[-1]
        return say(
            "Field sales books {share} of its quota in month {month} on average",
            share=with_unit(f"{100.0 * float(known['attainment_mean']):.0f}", "%"),
            month=int(known["month"]),
        )
    asked = percent(result.confidence)
    if result.broken_month is None:
        return say("In each of its months a target is met with {asked} or more", asked=asked)
    return say(
        "In month {month} a target is first met less often than the {asked} asked for",
        month=result.broken_month, asked=asked,
    )  # fmt: skip


# ------------------------------------------------------------------ what breaks it


def stress_chart(result: Hiring) -> Figure:
    """Draw how probable the promise is with the plan, without it, and if it goes worse.

    Parameters
    ----------
    result : Hiring
        With a table of stress.
    """
    drawn = [(say("the plan¦planning"), result.chance, PLAN)]
    if result.company.hiring != result.planned.hiring and math.isfinite(result.today_chance.mean):
        drawn.append((say("without it¦planning"), result.today_chance, OTHER))
    names = [say(str(row["stress"])) for row in rows_of(result.stress)]
    words = [
        say("{stress}: {words}", stress=name, words=say(str(row["words"])))
        for name, row in zip(names, rows_of(result.stress), strict=True)
    ]
    drawn += [
        (name, _chance(row), OTHER) for name, row in zip(names, rows_of(result.stress), strict=True)
    ]
    with styled():
        figure = begun(
            8.4, 1.7 + 0.34 * len(drawn), _stress_title(result),
            say("Bars: 95 % intervals, {fresh} fresh replications with the same luck.",
                fresh=result.fresh),
        )  # fmt: skip
        axes = figure.subplots()
        for at, (_, chance, color) in enumerate(drawn):
            interval_row(axes, at, chance, color)
            axes.annotate(
                percent(chance.mean) if math.isfinite(chance.mean) else say("unknown"),
                (1.03, at), xycoords=("axes fraction", "data"), va="center", fontsize=9,
                color=color, fontweight="normal" if at else "bold",
            )  # fmt: skip
        first = [label for label, _, _ in drawn[: len(drawn) - len(words)]]
        axes.set_yticks(range(len(drawn)), [*first, *words])
        axes.tick_params(axis="y", labelsize=9)
        chance_axis(axes, len(drawn), result.confidence)
        settle(figure)
    return figure


def _chance(row: Row) -> Estimate:
    low, high = (math.nan if row[end] is None else float(row[end]) for end in ("low", "high"))
    known = math.isfinite(low) and math.isfinite(high)
    return Estimate(
        float(row["probability"]), low if known else None, high if known else None, 2
    )  # fmt: skip


def _stress_title(result: Hiring) -> str:
    chance = result.chance
    told = (
        say(
            "The plan keeps the promise with {chance} ({low} to {high})",
            chance=percent(chance.mean), low=points(chance.low), high=points(chance.high),
        )
        if chance.low is not None and chance.high is not None
        else say("The plan keeps the promise with {chance}", chance=percent(chance.mean))
    )  # fmt: skip
    known = [row for row in rows_of(result.stress) if math.isfinite(row["probability"])]
    if not known:
        return told
    worst = min(known, key=lambda row: row["probability"])
    return say(
        "{plan}; at worst, {stress}, with {chance}",
        plan=told, stress=say(str(worst["stress"])), chance=percent(worst["probability"]),
    )  # fmt: skip
