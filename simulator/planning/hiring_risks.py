"""What a hiring plan hangs on, in sentences: late starts, full teams, bad luck, one more person."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from scipy.special import stdtrit

from simulator.experiment.quantities import Scale
from simulator.experiment.statistics import Estimate
from simulator.languages.messages import listed, marked, say
from simulator.metrics.units import with_unit
from simulator.planning.sizing_names import (
    clauses,
    figure_name,
    interval,
    percent,
    points,
    side_by_side,
    target_text,
    team_words,
)
from simulator.planning.table_rows import Row, rows_of

if TYPE_CHECKING:
    from simulator.planning.hiring_result import Hiring


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
        return [
            say("That the start being a month later lowers the probability cannot be told.")
            if len(groups) == 1
            else say(
                "That any one start being a month later lowers the probability cannot be told."
            )
        ]
    told.sort(key=lambda row: row["slip_change"])
    said = []
    for row in told[:_MOST_SLIPS]:
        size, ends = _points_and_ends(row, "slip_change", "slip_low", "slip_high")
        said.append(
            say(
                "one start in {team} (month {month}) by {points} ({interval})",
                team=team_words(row["team"]), month=int(row["month"]), points=size, interval=ends,
            )
        )  # fmt: skip
    rest = len(told) - len(said)
    if rest:
        return [
            say("A month's delay lowers the probability: {starts}; {n} more in the table.",
                starts=clauses(said), n=rest)
        ]  # fmt: skip
    return [say("A month's delay lowers the probability: {starts}.", starts=clauses(said))]


# ------------------------------------------------------------------ where it breaks


def broken(result: Hiring) -> list[str]:
    """Say in which month a target by month is first met too seldom."""
    if not len(result.by_month):
        return []
    rows = rows_of(result.by_month)
    sure = [row for row in rows if _bound(row["high"]) < result.confidence]
    if result.broken_month is None:
        return [say("In each of the months asked for, its target alone is met often enough.")]
    first = min(
        (row for row in rows if row["month"] == result.broken_month),
        key=lambda row: row["probability"],
    )
    told: dict[str, object] = {
        "month": result.broken_month, "chance": briefly(_chance(result, first)),
        "met": _month_target(result, str(first["target"]), int(first["month"])),
    }  # fmt: skip
    if _bound(first["high"]) < result.confidence:
        return [say("It breaks first in month {month}: {met} with {chance}.", **told)]
    if sure:
        return [
            say(
                "It breaks first in month {month}: {met} with {chance}; beyond doubt from month"
                " {beyond} on.",
                **told, beyond=min(int(row["month"]) for row in sure),
            )
        ]  # fmt: skip
    return [
        say(
            "It breaks first in month {month}: {met} with {chance}, which the interval does not"
            " tell from what was asked for.",
            **told,
        )
    ]


def _month_target(result: Hiring, text: str, month: int) -> str:
    """Write a target of one month as one says it."""
    for target in result.targets:
        if month in target.months and replace(target, months=(month,)).text == text:
            said = target_text(replace(target, months=()), result.company.currency)
            return say("{target} is met then", target=said)
    return say("{target} is met", target=text)


def load(result: Hiring) -> list[str]:
    """Say where load first exceeds what ramped people can do."""
    if not len(result.capacity):
        return []
    first = result.breaks
    if first is None:
        return [
            say("In no month does any team have more work than it can do in over half of the runs.")
        ]
    average = (
        say(
            "{needed} people at full speed would be needed, {there} are there on average",
            needed=f"{first.load:.1f}", there=f"{first.ramped:.1f}",
        )
        if first.load > first.ramped
        else say("on average they just suffice")
    )  # fmt: skip
    months = result.capacity[result.capacity["team"] == first.team]
    short = int((months["share_short"] > 0.5).sum())
    told: dict[str, object] = {
        "month": first.month, "team": team_words(first.team), "share": percent(first.share_short),
        "average": average,
    }  # fmt: skip
    if short > 1:
        return [
            say(
                "Load first exceeds capacity in month {month} in {team}: in {share} of the runs the"
                " month brings more work than its people can do ({average}); so it is in {short} of"
                " {months} months.",
                **told, short=short, months=len(months),
            )
        ]  # fmt: skip
    return [
        say(
            "Load first exceeds capacity in month {month} in {team}: in {share} of the runs the"
            " month brings more work than its people can do ({average}).",
            **told,
        )
    ]


def relief(result: Hiring) -> list[str]:
    """Say whose extra person would mend most, and whether that can be told."""
    rows = rows_of(result.relief)
    if not rows:
        return []
    names = ("gain", "gain_low", "gain_high")
    helping = told_rows(result, rows, *names, 1)
    lines = []
    if helping:
        lines.append(_most_mending(result, rows, helping, names))
    else:
        lines.append(
            say("That one more person in any one team would raise the probability cannot be told.")
        )
    harming = told_rows(result, rows, *names, -1)
    if harming:
        said = [
            say("in {team} by {points}", team=team_words(row["team"]),
                points=_points_and_ends(row, *names)[0])
            for row in harming
        ]  # fmt: skip
        lines.append(say("One more person lowers it {teams}.", teams=listed(said)))
    return lines


def _most_mending(
    result: Hiring, rows: Sequence[Row], helping: Sequence[Row], names: tuple[str, str, str]
) -> str:
    best = max(helping, key=lambda row: row["gain"])
    size, ends = _points_and_ends(best, *names)
    scale = Scale.of("cost", result.company.currency, [best["cost"]])
    alike = [
        team_words(row["team"])
        for row in helping
        if row is not best and _widened(result, row, *names, len(rows))[1]
        >= _widened(result, best, *names, len(rows))[0]
    ]  # fmt: skip
    told: dict[str, object] = {
        "team": team_words(best["team"]), "month": int(best["month"]), "points": size,
        "interval": ends, "chance": percent(best["probability"]),
        "cost": scale.amount(best["cost"]),
    }  # fmt: skip
    if alike:
        return say(
            "One more person in {team} from month {month} on would raise the probability most: by"
            " {points} ({interval}) to {chance}, for {cost} over the run; whether one in {others}"
            " would do more cannot be told.",
            **told, others=listed(alike, "or"),
        )  # fmt: skip
    return say(
        "One more person in {team} from month {month} on would raise the probability most: by"
        " {points} ({interval}) to {chance}, for {cost} over the run.",
        **told,
    )


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
        lines.append(_worst(result, min(hurting, key=lambda row: row["change"]), names))
    else:
        lines.append(
            say(
                "That any of the misfortunes tried lowers the probability cannot be told"
                " ({stresses}).",
                stresses=_names(rows),
            )
        )
    if result.status != "met":
        return lines
    asked = result.confidence
    holds = [row for row in rows if _bound(row["low"]) >= asked]
    open_ = [row for row in rows if _bound(row["low"]) < asked <= _bound(row["high"])]
    lost = [row for row in rows if _bound(row["high"]) < asked]
    parts = [
        say(text, stresses=_names(some), asked=percent(asked))
        for text, some in (
            (marked("kept under: {stresses}"), holds),
            (marked("perhaps kept (the interval holds {asked}): {stresses}"), open_),
            (marked("not kept: {stresses}"), lost),
        )
        if some
    ]
    told = say("The promise of {asked} is {parts}.", asked=percent(asked), parts=clauses(parts))
    return [*lines, told]


def _worst(result: Hiring, row: Row, names: tuple[str, str, str]) -> str:
    """Say what hurts most, and what it does to the main figure as far as that can be told."""
    size, ends = _points_and_ends(row, *names)
    told: dict[str, object] = {
        "stress": say(str(row["words"])), "points": size, "interval": ends,
        "chance": briefly(_chance(result, row)),
    }  # fmt: skip
    low, high = _bound(row["difference_low"]), _bound(row["difference_high"])
    if not (math.isfinite(low) and math.isfinite(high)) or low <= 0.0 <= high:
        return say(
            "Of what may go wrong most is lost if {stress}: the probability falls by {points}"
            " ({interval}) to {chance}.",
            **told,
        )
    scale = Scale.of(result.main[0], result.company.currency, [row["difference"]])
    return say(
        "Of what may go wrong most is lost if {stress}: the probability falls by {points}"
        " ({interval}) to {chance}, and {figure} rises by {amount} ({ends})."
        if low > 0.0
        else "Of what may go wrong most is lost if {stress}: the probability falls by {points}"
        " ({interval}) to {chance}, and {figure} falls by {amount} ({ends}).",
        **told, figure=figure_name(result.main), amount=scale.amount(abs(row["difference"])),
        ends=interval(scale, *sorted((abs(low), abs(high)))),
    )  # fmt: skip


def _names(rows: Iterable[Row]) -> str:
    return side_by_side([say(str(row["stress"])) for row in rows])


def quota(result: Hiring) -> list[str]:
    """Say how much of its quota field sales books at the end."""
    if not len(result.capacity):
        return []
    rows = result.capacity[result.capacity["team"] == "field_sales"]
    rows = rows[rows["attainment_mean"].map(math.isfinite)].tail(_END)
    if not len(rows):
        return []
    first, last = int(rows["month"].iloc[0]), int(rows["month"].iloc[-1])
    lowest, highest = rows["attainment_p10"].iloc[-1], rows["attainment_p90"].iloc[-1]
    told: dict[str, object] = {
        "share": with_unit(f"{100.0 * float(rows['attainment_mean'].mean()):.0f}", "%"),
        "last": last, "low": f"{100.0 * lowest:.0f}",
        "high": with_unit(f"{100.0 * highest:.0f}", "%"),
    }  # fmt: skip
    if first == last:
        return [
            say(
                "Field sales books {share} of its quota in month {last} on average; in month {last}"
                " alone it is {low} to {high} in eight of ten runs.",
                **told,
            )
        ]
    return [
        say(
            "Field sales books {share} of its quota in months {first} to {last} on average; in"
            " month {last} alone it is {low} to {high} in eight of ten runs.",
            **told, first=first,
        )
    ]  # fmt: skip


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
    return say(
        "{chance} ({low} to {high})",
        chance=percent(chance.mean), low=points(chance.low), high=points(chance.high),
    )  # fmt: skip


def _points_and_ends(row: Row, mean: str, low: str, high: str) -> tuple[str, str]:
    ends = sorted(abs(_bound(row[name])) for name in (low, high))
    size = 100.0 * abs(_bound(row[mean]))
    written = f"{size:.0f}" if size >= 1.0 else f"{size:.1f}"
    first, last = (f"{100.0 * end:.0f}" for end in ends)
    return (
        say("{n} point" if written == "1" else "{n} points", n=written),
        say("{low} to {high}", low=first, high=last),
    )
