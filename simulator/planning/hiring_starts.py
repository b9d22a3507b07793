"""Who starts when, in sentences: plans as one says them, places to open, and full speed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from simulator.languages.languages import spoken
from simulator.languages.messages import listed, marked, say
from simulator.organization.journal import DAYS_PER_MONTH
from simulator.planning.sizing_names import capital, side_by_side, team_words
from simulator.planning.table_rows import rows_of

if TYPE_CHECKING:
    from simulator.planning.hiring_result import Hiring

_MOST_STARTS = 8
"""More than so many starts are told team by team; the table has each."""
_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
            "eleven", "twelve")  # fmt: skip


def starts_said(result: Hiring) -> str:
    """Say who must start by when."""
    starts = _starts(result.hires)
    if len(starts) > _MOST_STARTS:
        return listed(_by_team(starts))
    groups: dict[int, list[tuple[str, int]]] = {}
    for team, month, n in starts:
        groups.setdefault(month, []).append((team, n))
    parts: list[str] = []
    before = ""
    for month, people in groups.items():
        names: list[str] = []
        for team, n in people:
            alone = len(people) == 1 and team == before
            names.append(_who(team, n, not parts and not names, alone))
            before = team
        parts.append(say("{people} by month {month}", people=listed(names), month=month))
    *most, last = parts
    if not most:
        return last
    return say("{starts}, and {last}", starts=side_by_side(most), last=last)


def _who(team: str, n: int, first: bool, alone: bool) -> str:
    """Say how many start in a team; `alone` if it is the team that was spoken of before."""
    if first:
        text = marked("{number} more people in {team}")
        if n == 1:
            text = marked("{number} more person in {team}")
    elif alone:
        return say("{number}¦people", number=_number(n))
    else:
        text = marked("{number} in {team}")
    return say(text, number=_number(n), team=team_words(team))


def _starts(hires: Any) -> list[tuple[str, int, int]]:
    """Return team, month and number of people of each start, in order."""
    found: dict[tuple[str, int], int] = {}
    for row in rows_of(hires):
        key = str(row["team"]), int(row["month"])
        found[key] = found.get(key, 0) + int(row["people"])
    return [(team, month, n) for (team, month), n in found.items()]


def _by_team(starts: Sequence[tuple[str, int, int]]) -> list[str]:
    teams = dict.fromkeys(team for team, _, _ in starts)
    parts = []
    for team in teams:
        months = [month for name, month, _ in starts if name == team]
        n = sum(people for name, _, people in starts if name == team)
        who = {"people": _more(n), "team": team_words(team)}
        parts.append(
            say("{people} in {team} by month {month}", **who, month=months[0])
            if months[0] == months[-1]
            else say("{people} in {team} between months {first} and {last}", **who,
                     first=months[0], last=months[-1])
        )  # fmt: skip
    return parts


def _more(n: int) -> str:
    return say("{number} more person" if n == 1 else "{number} more people", number=_number(n))


def plan_said(result: Hiring) -> str:
    """Name a plan that was given."""
    starts = _starts(result.hires)
    if not starts:
        return say("the company without hires")
    come = sum(n for _, _, n in starts if n > 0)
    go = -sum(n for _, _, n in starts if n < 0)
    people = [_more(come)] * bool(come)
    people += [say("{number} fewer", number=_number(go))] * bool(go)
    first, last = starts[0][1], starts[-1][1]
    if first == last:
        return say("the plan of {people} in month {month}", people=listed(people), month=first)
    return say(
        "the plan of {people} between months {first} and {last}",
        people=listed(people), first=first, last=last,
    )  # fmt: skip


def places(result: Hiring) -> list[str]:
    """Say when places must be opened so that they are filled in time."""
    rows = [row for row in rows_of(result.hires) if row["people"] > 0]
    if not rows:
        return []
    first = min(rows, key=lambda row: row["open_by"])
    lines = []
    late = [row for row in rows if row["open_by"] < 0.0]
    if late:
        n = sum(int(row["people"]) for row in late)
        lines.append(
            say(
                "{number} place should have been opened before the run began, the first (in {team})"
                " {days} before the start."
                if n == 1
                else "{number} places should have been opened before the run began, the first (in"
                " {team}) {days} before the start.",
                number=capital(_number(n)), team=team_words(first["team"]),
                days=_days(-first["open_by"]),
            )
        )  # fmt: skip
    open_later = [row for row in rows if row["open_by"] >= 0.0]
    if open_later:
        next_one = min(open_later, key=lambda row: row["open_by"])
        last = max(open_later, key=lambda row: row["open_by"])
        begin = say("The next place") if late else say("The first place")
        if len(open_later) == 1 and not late:
            begin = say("The place")
        told: dict[str, object] = {
            "which": begin, "team": team_words(next_one["team"]),
            "day": _moment(next_one["open_by"]),
            "days": _days(next_one["day"] - next_one["open_by"]),
        }  # fmt: skip
        if last["open_by"] > next_one["open_by"]:
            line = say(
                "{which} to open is that in {team}, by {day}: finding somebody takes {days} there;"
                " the last, in {other}, by {until}.",
                **told, other=team_words(last["team"]), until=_moment(last["open_by"]),
            )  # fmt: skip
        else:
            line = say(
                "{which} to open is that in {team}, by {day}: finding somebody takes {days} there.",
                **told,
            )
        lines.append(line)
    return lines


def full_speed(result: Hiring) -> list[str]:
    """Say when everybody who was hired is at full speed."""
    rows = [row for row in rows_of(result.hires) if row["people"] > 0]
    if not rows:
        return []
    horizon = result.planned.horizon.months * DAYS_PER_MONTH
    unripe = sum(int(row["people"]) for row in rows if row["ramped_by"] > horizon)
    last = max(row["ramped_by"] for row in rows)
    everybody = sum(int(row["people"]) for row in rows)
    if unripe == everybody:
        return [say("Nobody who is hired is at full speed yet when the run ends.")]
    if not unripe:
        return [
            say(
                "That person is at full speed from {day} on."
                if everybody == 1
                else "All of them are at full speed from {day} on.",
                day=_moment(last),
            )
        ]
    return [
        say(
            "{number} of them is not yet at full speed when the run ends."
            if unripe == 1
            else "{number} of them are not yet at full speed when the run ends.",
            number=capital(_number(unripe)),
        )
    ]


# ------------------------------------------------------------------ words


def _number(n: int) -> str:
    """Write a number; a small one as a word where words are written so."""
    return _NUMBERS[n] if spoken() == "en" and 0 <= n < len(_NUMBERS) else f"{n:,}"


def _days(days: float) -> str:
    size = f"{days:.0f}" if abs(days - round(days)) < 0.05 else f"{days:.1f}"
    return say("{n} business day" if size == "1" else "{n} business days", n=size)


def _moment(day: float) -> str:
    """Write a business day of the run with its month."""
    return say(
        "business day {day} (month {month})",
        day=f"{day:.0f}", month=int(day // DAYS_PER_MONTH) + 1,
    )  # fmt: skip
