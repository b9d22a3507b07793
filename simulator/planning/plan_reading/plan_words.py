"""How files of plans name teams, months, people and hires, in English and Japanese.

Words are compared by their letters and digits alone: case, width, blanks and underscores make no
difference.
"""

from __future__ import annotations

import re
from typing import Literal, get_args

from simulator.calibration.importing.cell_text import is_missing, plain
from simulator.calibration.importing.headings import plain as letters
from simulator.metrics.team_labels import TEAM_LABELS
from simulator.scenario.staff import TeamName

Role = Literal["team", "month", "people", "hires", "unread"]
"""What a column of a plan holds; "unread": what plans carry and a run has no use for."""

TEAM_NAMES: tuple[TeamName, ...] = get_args(TeamName)
MOST_PEOPLE = 100_000

_TEAMS: dict[TeamName, str] = {
    "marketing": "mk, mktg, mkt, マーケ, マーケチーム",
    "inside_sales": "is, sdr, bdr, インサイド, 内勤営業",
    "field_sales": "fs, ae, フィールド, 外勤営業, 外勤",
    "customer_success": "cs, csm, サクセス, カスタマーサクセスマネージャー",
    "revops": "revenue operations, revenue ops, レベニューオペレーション,"
    "レベニューオペレーションズ, レブオプス",
    "enablement": "sales enablement, イネーブルメント, セールスイネーブルメント,"
    "営業イネーブルメント",
}
_ENDINGS = ("people", "headcount", "team", "人数", "人員", "チーム", "部門", "部", "課")
"""May follow the name of a team: "Inside sales headcount", "マーケティング部"."""

_ROLES: dict[Role, str] = {
    "team": "team, teams, department, チーム, 部署, 部門, 部署名, 部門名, チーム名",
    "month": "month, months, month of the run, 月, 経過月, 月数, か月目, ヶ月目,"
    "何か月目, 何ヶ月目",
    "people": "people, headcount, head count, headcounts, hc, 人数, 人員, 人員数, 在籍, 在籍人数,"
    "在籍数, 要員, 要員数, 計画人数",
    "hires": "hires, hire, hiring, new hires, change, changes, net change, 採用, 採用数, 採用人数,"
    "増減, 増減数, 入社, 入社数, 入社人数",
    "unread": "total, totals, sum, 合計, 計, 総計, 総数, note, notes, comment, comments, remark,"
    "remarks, 備考, メモ, コメント, 注記",
}  # fmt: skip


def _table(listed: dict[Role, str]) -> dict[str, Role]:
    return {letters(word): role for role, words in listed.items() for word in words.split(",")}


_ROLE_OF = _table(_ROLES)
_TEAM_OF: dict[str, TeamName] = {
    letters(word): team
    for team in TEAM_NAMES
    for word in (team, *TEAM_LABELS.get(team, ()), *_TEAMS[team].split(","))
}
KNOWN_TEAMS = (*TEAM_NAMES, *(label for labels in TEAM_LABELS.values() for label in labels))
"""Names of teams among which the nearest to an unknown one is sought."""

_WHOLE = re.compile(r"([+-]?)(\d{1,9}|\d{1,3}(?:,\d{3}){1,2})(?:\.0+)?\s*(?:人|名)?")
_NEGATIVE = re.compile("^[▲△]\\s*")
_NUMBER_OF_MONTH = re.compile(
    r"(?P<bare>[+-]?\d{1,9})(?:\.0+)?|(?:month|m)[ _.]?(?P<named>\d{1,9})"
    r"|(?P<counted>\d{1,9})\s*[かカヵヶケ箇]?月目",
    re.IGNORECASE,
)


def role_of(heading: str) -> Role | None:
    """Return what a column of this heading holds, None if the words for it are unknown."""
    return _ROLE_OF.get(letters(heading))


def team_of(text: str) -> TeamName | None:
    """Return the team that a heading or a cell names, None if there is none of this name."""
    found = letters(text)
    if found in _TEAM_OF:
        return _TEAM_OF[found]
    for ending in _ENDINGS:
        shorter = found.removesuffix(ending)
        if shorter != found and shorter in _TEAM_OF:
            return _TEAM_OF[shorter]
    return None


def month_of(text: str) -> int | None:
    """Return the number of a month, None if the text is none; it may be below 1.

    Parameters
    ----------
    text : str
        ``3``, ``M3``, ``month 3`` or ``3か月目``; a month of the calendar (``3月``) has no number.
    """
    match = _NUMBER_OF_MONTH.fullmatch(plain(text))
    return int(next(part for part in match.groups() if part is not None)) if match else None


def whole_of(text: str) -> int | None:
    """Return a whole number of people, None if the text is none.

    Parameters
    ----------
    text : str
        ``6``, ``-2``, ``▲2``, ``1,200``, ``6.0`` or ``6人``.
    """
    match = _WHOLE.fullmatch(_NEGATIVE.sub("-", plain(text)))
    return int(match[1] + match[2].replace(",", "")) if match else None


def is_blank(text: str) -> bool:
    """Tell whether a cell says nothing."""
    return is_missing(plain(text))
