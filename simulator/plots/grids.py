"""Months beside each other as cells: where a scenario departs, and how long customers stay."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import groupby

from matplotlib.patches import Rectangle

from simulator.languages.messages import say
from simulator.metrics.team_labels import team_label
from simulator.plots.slide import SMALL, TINY, Box, Sheet, begin, mixed, without_team
from simulator.presentation.chart_style import BLUE, GREY, INK, VERMILION
from simulator.presentation.pictures.lines import month_ticks
from simulator.presentation.views.shapes import Heat, HeatRow, Triangle

_MOST_NUMBERED = 26
"""Columns up to which the cells of a triangle carry numbers."""
_TALLEST_CELL = 0.5
_DEEP = 0.55
"""From this depth of colour on letters are white."""
_LEAST_SHARE = 0.08
"""Palest colour of a value that is not alike."""


def draw_heat(heat: Heat, title: str, note: str, size: tuple[float, float]) -> Sheet:
    """Draw each series of a department by month: orange where worse than the reference.

    Parameters
    ----------
    heat : Heat
    title, note : str
    size : pair of float
        Inches.
    """
    sheet = begin(title, note, size)
    foot = 2.2 * sheet.line(SMALL)
    groups = [(team, list(rows)) for team, rows in groupby(heat.rows, key=lambda row: row.team)]
    key = 1.5 * sheet.line(SMALL)
    _heat_key(sheet, heat.tested)
    box = sheet.area.inside(bottom=foot, top=key)
    gap = 0.12 * sheet.scale
    rows = max(len(heat.rows), 1)
    height = min(
        (box.height - gap * (len(groups) - 1)) / rows, _TALLEST_CELL * sheet.scale
    )  # fmt: skip
    letters = min(SMALL, SMALL * height / sheet.line(SMALL))
    teams = [sheet.broken(team_label(team), letters, 1.9 * sheet.scale, 2, True)
             for team, _ in groups]  # fmt: skip
    wide = sheet.widest([line for team in teams for line in team.split("\n")], letters, True)
    labels = [without_team(row.label, row.team) for row in heat.rows]
    named = min(sheet.widest(labels, letters), 0.3 * box.width)
    cells = box.inside(left=wide + named + 0.35 * sheet.scale)
    top = box.top
    for (_, members), team in zip(groups, teams, strict=True):
        high = min(sheet.line(letters) * (team.count("\n") + 1), height * len(members))
        most = max(int(height * len(members) / sheet.line(letters)), 1)
        words = "\n".join(team.split("\n")[:most])
        sheet.write(box.left, top - max(high, height) / 2.0, words, letters, INK, bold=True)
        for row in members:
            label = sheet.broken(without_team(row.label, row.team), letters, named, 1)
            sheet.write(cells.left - 0.12 * sheet.scale, top - height / 2.0, label, letters, INK,
                        "right")  # fmt: skip
            _heat_row(sheet, Box(cells.left, top - height, cells.right, top), row)
            top -= height
        top -= gap
    _columns(sheet, Box(cells.left, top + gap, cells.right, box.top), heat.months, say("month"))
    return sheet


def _heat_row(sheet: Sheet, box: Box, row: HeatRow) -> None:
    wide = box.width / max(len(row.worse), 1)
    for place, worse in enumerate(row.worse):
        color = _heat_color(float(worse))
        left = box.left + place * wide
        sheet.paper.add_patch(
            Rectangle(
                (left, box.bottom), wide, box.height, facecolor=color, edgecolor="white",
                linewidth=min(0.8 * sheet.scale, 8.0 * wide),
                hatch="" if math.isfinite(worse) else "///",
            )
        )  # fmt: skip
    told = [place for place, each in enumerate(row.told) if each]
    radius = min(0.22 * wide, 0.16 * box.height)
    sheet.paper.scatter(
        [box.left + (place + 0.5) * wide for place in told],
        [(box.bottom + box.top) / 2.0] * len(told), s=(2.0 * radius * 72.0) ** 2, color=INK,
        linewidths=0, zorder=4,
    )  # fmt: skip


def _heat_color(worse: float) -> str:
    if not math.isfinite(worse):
        return "#f2f4f6"
    share = min(abs(worse), 1.0)
    if share == 0.0:
        return "#eceff2"
    return mixed(VERMILION if worse > 0.0 else BLUE, _LEAST_SHARE + (1.0 - _LEAST_SHARE) * share)


def _heat_key(sheet: Sheet, tested: bool) -> None:
    """Say what the colours mean, at the top."""
    x, y = sheet.area.left, sheet.area.top - sheet.line(SMALL) / 2.0
    side = sheet.inches(SMALL)
    for worse, words in (
        (0.8, say("worse than the reference")), (-0.8, say("better than the reference")),
        (0.0, say("alike")), (math.nan, say("not known¦heat")),
    ):  # fmt: skip
        sheet.paper.add_patch(
            Rectangle(
                (x, y - side / 2.0), side, side, facecolor=_heat_color(worse), edgecolor="white",
                linewidth=0.8 * sheet.scale, hatch="" if math.isfinite(worse) else "///",
            )
        )  # fmt: skip
        sheet.write(x + 1.4 * side, y, words, SMALL, GREY)
        x += 1.4 * side + sheet.width(words, SMALL) + 0.3 * sheet.scale
    if not tested:
        sheet.write(x, y, say("not tested: one run"), SMALL, GREY)
        return
    sheet.paper.scatter([x], [y], s=(0.45 * side * 72.0) ** 2, color=INK, linewidths=0)
    sheet.write(x + 0.5 * side, y, say("differs beyond luck"), SMALL, GREY)


def _columns(sheet: Sheet, box: Box, months: Sequence[int], name: str) -> None:
    """Name columns at round distances under cells, and what they are."""
    if not months:
        return
    wide = box.width / len(months)
    widest = sheet.width("0" * len(str(months[-1])), SMALL) * 1.7
    most = min(max(int(box.width / widest), 2), 25)
    y = box.bottom - 0.08 * sheet.scale
    for tick in month_ticks(months[0], months[-1], most):
        place = tick - months[0]
        sheet.write(box.left + (place + 0.5) * wide, y, f"{tick:g}", SMALL, INK, "center", "top")
    sheet.write((box.left + box.right) / 2.0, y - sheet.line(SMALL), name, SMALL, GREY, "center",
                "top")  # fmt: skip


# ------------------------------------------------------------------ cohorts


def draw_triangle(triangle: Triangle, title: str, note: str, size: tuple[float, float]) -> Sheet:
    """Draw the share of each month's customers that is left at each age; the more, the darker.

    Parameters
    ----------
    triangle : Triangle
    title, note : str
    size : pair of float
        Inches.
    """
    sheet = begin(title, note, size)
    rows, columns = max(len(triangle.cohorts), 1), max(len(triangle.ages), 1)
    box = sheet.area.inside(bottom=2.2 * sheet.line(SMALL), top=1.3 * sheet.line(SMALL))
    sheet.write(sheet.area.left, sheet.area.top,
                sheet.broken(say("Contract in month, and how many customers"), SMALL,
                             sheet.area.width, 1), SMALL, GREY, up="top")  # fmt: skip
    height = min(box.height / rows, _TALLEST_CELL * sheet.scale)
    letters = min(SMALL, max(SMALL * height / sheet.line(SMALL), 0.8 * SMALL))
    every = max(math.ceil(sheet.line(letters) / height - 0.01), 1)
    names = [_cohort(cohort, n) for cohort, n in
             zip(triangle.cohorts, triangle.n, strict=True)]  # fmt: skip
    named = sheet.widest(names, letters) + 0.15 * sheet.scale
    cells = box.inside(left=named, bottom=box.height - rows * height)
    wide = cells.width / columns
    known = triangle.share[~(triangle.share != triangle.share)]
    low = float(known.min()) if len(known) else 0.0
    high = float(known.max()) if len(known) else 1.0
    figures = min(
        TINY, letters, TINY * 0.86 * wide / max(sheet.width("100", TINY), 1e-9)
    )  # fmt: skip
    numbered = columns <= _MOST_NUMBERED and figures >= 0.6 * TINY
    for row, name in enumerate(names):
        middle = cells.top - (row + 0.5) * height
        if row % every == 0:
            sheet.write(cells.left - 0.1 * sheet.scale, middle, name, letters, INK, "right")
        for column, share in enumerate(triangle.share[row]):
            if not math.isfinite(share):
                continue
            left = cells.left + column * wide
            dark = (share - low) / (high - low) if high > low else 0.5
            color = mixed(BLUE, 0.05 + 0.95 * dark)
            sheet.paper.add_patch(
                Rectangle((left, middle - height / 2.0), wide, height, facecolor=color,
                          edgecolor="white", linewidth=min(0.6 * sheet.scale, 6.0 * wide))
            )  # fmt: skip
            if numbered:
                sheet.write(left + wide / 2.0, middle, f"{100.0 * share:.0f}", figures,
                            "white" if dark > _DEEP else INK, "center")  # fmt: skip
    customers = triangle.metric == "logo_retention"
    foot = say(
        ("months since the contract; cells: % of the customers still there, the darker the more"
         if customers else
         "months since the contract; cells: % of the MRR still there, the darker the more")
        if numbered else
        ("months since the contract; the darker, the more of the customers are still there"
         if customers else
         "months since the contract; the darker, the more of the MRR is still there")
    )  # fmt: skip
    _columns(sheet, cells, triangle.ages, foot)
    return sheet


def _cohort(cohort: int, n: float) -> str:
    count = f"{n:,.0f}" if n >= 9.95 or not math.isfinite(n) else f"{n:,.1f}"
    if cohort == 0:
        return say("at the start ({count})", count=count)
    return say("month {month} ({count})", month=cohort, count=count)
