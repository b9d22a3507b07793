"""What a hiring plan hangs on, in sentences: late starts, full teams, bad luck, one more person."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from scipy.special import stdtrit

from simulator.experiment.quantities import Scale
from simulator.experiment.statistics import Estimate
from simulator.languages.messages import listed
from simulator.planning.sizing_names import (
    figure_name,
    interval,
    percent,
    points,
    target_text,
    team_words,
)

if TYPE_CHECKING:
    from simulator.planning.hiring_result import Hiring

Row = Mapping[str, Any]

_MOST_SLIPS = 3
_FEWEST_PAIRS = 6
"""Runs that must have turned, so that luck cannot have done it: 2 x 0.5^6 is below 5 %."""
_END = 3  # months over which quota attainment at the end is told


# ------------------------------------------------------------------ what a month's delay does


def slips(result: Hiring) -> list[str]:
    """Say which single start must not slip, as far as the intervals tell."""
    groups: dict[tuple[str, int], Row] = {}
    for row in rows_of(result.hires):
        if math.isfinite(_bound(row["slip_change"])):
            groups.setdefault((str(row["team"]), int(row["month"])), row)
    if not groups:
        return []
    told = told_rows(result, list(groups.values()), "slip_change", "slip_low", "slip_high", -1)
    if not told:
        only = "the start" if len(groups) == 1 else "any one start"
        return [f"That {only} being a month later lowers the probability cannot be told."]
    told.sort(key=lambda row: row["slip_change"])
    said = []
    for row in told[:_MOST_SLIPS]:
        size, ends = _points_and_ends(row, "slip_change", "slip_low", "slip_high")
        said.append(
            f"one start in {team_words(row['team'])} (month {int(row['month'])}) by {size} ({ends})"
        )
    rest = len(told) - len(said)
    more = f"; {rest} more in the table" if rest else ""
    return [f"A month's delay lowers the probability: {'; '.join(said)}{more}."]


# ------------------------------------------------------------------ where it breaks


def broken(result: Hiring) -> list[str]:
    """Say in which month a target by month is first met too seldom."""
    if not len(result.by_month):
        return []
    rows = rows_of(result.by_month)
    sure = [row for row in rows if _bound(row["high"]) < result.confidence]
    if result.broken_month is None:
        return ["In each of the months asked for, its target alone is met often enough."]
    first = min(
        (row for row in rows if row["month"] == result.broken_month),
        key=lambda row: row["probability"],
    )
    text = _month_target(result, str(first["target"]), int(first["month"]))
    chance = briefly(_chance(result, first))
    sentence = f"It breaks first in month {result.broken_month}: {text} with {chance}"
    if _bound(first["high"]) >= result.confidence:
        beyond = min((int(row["month"]) for row in sure), default=None)
        sentence += (
            f"; beyond doubt from month {beyond} on"
            if beyond is not None
            else ", which the interval does not tell from what was asked for"
        )
    return [f"{sentence}."]


def _month_target(result: Hiring, text: str, month: int) -> str:
    """Write a target of one month as one says it."""
    for target in result.targets:
        if month in target.months and replace(target, months=(month,)).text == text:
            said = target_text(replace(target, months=()), result.company.currency)
            return f"{said} is met then"
    return f"{text} is met"


def load(result: Hiring) -> list[str]:
    """Say where load first exceeds what ramped people can do."""
    if not len(result.capacity):
        return []
    first = result.breaks
    if first is None:
        return ["In no month does any team have more work than it can do in over half of the runs."]
    on_average = (
        f"{first.load:.1f} people at full speed would be needed, {first.ramped:.1f} are there on"
        " average"
        if first.load > first.ramped
        else "on average they just suffice"
    )
    sentence = (
        f"Load first exceeds capacity in month {first.month} in {team_words(first.team)}: in"
        f" {percent(first.share_short)} of the runs the month brings more work than its people"
        f" can do ({on_average})"
    )
    months = result.capacity[result.capacity["team"] == first.team]
    short = int((months["share_short"] > 0.5).sum())
    if short > 1:
        sentence += f"; so it is in {short} of {len(months)} months"
    return [f"{sentence}."]


def relief(result: Hiring) -> list[str]:
    """Say whose extra person would mend most, and whether that can be told."""
    rows = rows_of(result.relief)
    if not rows:
        return []
    names = ("gain", "gain_low", "gain_high")
    helping = told_rows(result, rows, *names, 1)
    lines = []
    if helping:
        best = max(helping, key=lambda row: row["gain"])
        size, ends = _points_and_ends(best, *names)
        scale = Scale.of("cost", result.company.currency, [best["cost"]])
        alike = [
            team_words(row["team"])
            for row in helping
            if row is not best and _widened(result, row, *names, len(rows))[1]
            >= _widened(result, best, *names, len(rows))[0]
        ]  # fmt: skip
        apart = f"; whether one in {listed(alike, 'or')} would do more cannot be told" if alike \
            else ""  # fmt: skip
        lines.append(
            f"One more person in {team_words(best['team'])} from month {int(best['month'])} on"
            f" would raise the probability most: by {size} ({ends}) to"
            f" {percent(best['probability'])},"
            f" for {scale.amount(best['cost'])} over the run{apart}."
        )
    else:
        lines.append(
            "That one more person in any one team would raise the probability cannot be told."
        )
    harming = told_rows(result, rows, *names, -1)
    if harming:
        said = [
            f"in {team_words(row['team'])} by {_points_and_ends(row, *names)[0]}" for row in harming
        ]
        lines.append(f"One more person lowers it {listed(said)}.")
    return lines


# ------------------------------------------------------------------ what may go wrong


def stress(result: Hiring) -> list[str]:
    """Say which misfortune hurts most, and which the plan endures."""
    rows = [row for row in rows_of(result.stress) if math.isfinite(row["probability"])]
    if not rows:
        return []
    names = ("change", "change_low", "change_high")
    hurting = told_rows(result, rows, *names, -1)
    lines = []
    if hurting:
        worst = min(hurting, key=lambda row: row["change"])
        size, ends = _points_and_ends(worst, *names)
        lines.append(
            f"Of what may go wrong most is lost if {worst['words']}: the probability falls by"
            f" {size} ({ends}) to {briefly(_chance(result, worst))}{_main_loss(result, worst)}."
        )
    else:
        lines.append(
            "That any of the misfortunes tried lowers the probability cannot be told"
            f" ({_names(rows)})."
        )
    if result.status != "met":
        return lines
    asked = result.confidence
    holds = [row for row in rows if _bound(row["low"]) >= asked]
    open_ = [row for row in rows if _bound(row["low"]) < asked <= _bound(row["high"])]
    lost = [row for row in rows if _bound(row["high"]) < asked]
    parts = [f"kept under: {_names(holds)}"] * bool(holds)
    parts += [f"perhaps kept (the interval holds {percent(asked)}): {_names(open_)}"] * bool(open_)
    parts += [f"not kept: {_names(lost)}"] * bool(lost)
    return [*lines, f"The promise of {percent(asked)} is {'; '.join(parts)}."]


def _main_loss(result: Hiring, row: Row) -> str:
    low, high = _bound(row["difference_low"]), _bound(row["difference_high"])
    if not (math.isfinite(low) and math.isfinite(high)) or low <= 0.0 <= high:
        return ""
    scale = Scale.of(result.main[0], result.company.currency, [row["difference"]])
    ends = sorted((abs(low), abs(high)))
    moved = "rises" if low > 0.0 else "falls"
    return (
        f", and {figure_name(result.main)} {moved} by {scale.amount(abs(row['difference']))}"
        f" ({interval(scale, *ends)})"
    )


def _names(rows: Iterable[Row]) -> str:
    return ", ".join(str(row["stress"]) for row in rows)


def quota(result: Hiring) -> list[str]:
    """Say how much of its quota field sales books at the end."""
    if not len(result.capacity):
        return []
    rows = result.capacity[result.capacity["team"] == "field_sales"]
    rows = rows[rows["attainment_mean"].map(math.isfinite)].tail(_END)
    if not len(rows):
        return []
    first, last = int(rows["month"].iloc[0]), int(rows["month"].iloc[-1])
    when = f"month {last}" if first == last else f"months {first} to {last}"
    lowest, highest = rows["attainment_p10"].iloc[-1], rows["attainment_p90"].iloc[-1]
    return [
        f"Field sales books {100.0 * float(rows['attainment_mean'].mean()):.0f} % of its quota in"
        f" {when} on average; in month {last} alone it is {100.0 * lowest:.0f} to"
        f" {100.0 * highest:.0f} % in eight of ten runs."
    ]


# ------------------------------------------------------------------ what can be told


def told_rows(
    result: Hiring, rows: Sequence[Row], mean: str, low: str, high: str, sign: int
) -> list[Row]:
    """Return the changes of the probability that luck does not explain, all rows together.

    Parameters
    ----------
    result : Hiring
    rows : sequence of mapping
        As many questions are asked at once (Bonferroni).
    mean, low, high : str
        Columns of the paired change and its 95 % interval.
    sign : {1, -1}
        Rises or falls.
    """
    found = []
    for row in rows:
        lower, upper = _widened(result, row, mean, low, high, len(rows))
        turned = abs(_bound(row[mean])) * result.variant_runs
        beyond = lower > 0.0 if sign > 0 else upper < 0.0
        if beyond and turned > _FEWEST_PAIRS - 0.5:
            found.append(row)
    return found


def _widened(
    result: Hiring, row: Row, mean: str, low: str, high: str, many: int
) -> tuple[float, float]:
    """Return an interval that holds for many changes together."""
    degrees = max(result.variant_runs - 1, 1)
    wider = float(stdtrit(degrees, 1.0 - 0.025 / max(many, 1)) / stdtrit(degrees, 0.975))
    half = (_bound(row[high]) - _bound(row[low])) / 2.0 * wider
    return _bound(row[mean]) - half, _bound(row[mean]) + half


def _bound(value: float | None) -> float:
    return math.nan if value is None else float(value)


def _chance(result: Hiring, row: Row) -> Estimate:
    low, high = _bound(row["low"]), _bound(row["high"])
    known = math.isfinite(low) and math.isfinite(high)
    return Estimate(
        float(row["probability"]),
        low if known else None,
        high if known else None,
        result.variant_runs,
    )  # fmt: skip


def briefly(chance: Estimate) -> str:
    """Write a probability with its interval; what it rests on has been said."""
    if chance.low is None or chance.high is None:
        return percent(chance.mean)
    return f"{percent(chance.mean)} ({points(chance.low)} to {points(chance.high)})"


def _points_and_ends(row: Row, mean: str, low: str, high: str) -> tuple[str, str]:
    ends = sorted(abs(_bound(row[name])) for name in (low, high))
    size = 100.0 * abs(_bound(row[mean]))
    written = f"{size:.0f}" if size >= 1.0 else f"{size:.1f}"
    word = "point" if written == "1" else "points"
    return f"{written} {word}", " to ".join(f"{100.0 * end:.0f}" for end in ends)


def rows_of(table: Any) -> list[Row]:
    """Return the rows of a table by the names of their columns."""
    return [{str(k): v for k, v in row.items()} for row in table.to_dict("records")]
