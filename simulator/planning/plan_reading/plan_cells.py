"""Which number a plan gives for which team and month, or everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from simulator.calibration.importing.reading import unique_headings
from simulator.errors import Problem, ScenarioError
from simulator.languages.messages import say
from simulator.planning.plan_reading.plan_sheets import PlanSheet, form_of
from simulator.planning.plan_reading.plan_words import (
    KNOWN_TEAMS,
    MOST_PEOPLE,
    Role,
    is_blank,
    month_of,
    role_of,
    team_of,
    whole_of,
)
from simulator.planning.sizing_names import side_by_side
from simulator.scenario.outline import nearest
from simulator.scenario.scalars import shorten
from simulator.scenario.staff import TeamName

_MONTHS = (
    "months are numbers from 1, the start of the run, such as 1, M1, month 1 or 1か月目, not those"
    " of the calendar"
)
_FORMS = (
    "a plan has the columns team, month and people (or hires); or month and one column per team;"
    " or team and one column per month; the headings must stand in the first row"
)
_NUMBERS: tuple[Role, ...] = ("people", "hires")
_Written = tuple[int, str, str]
"""A cell: row, column, text."""
_Label = tuple[int | None, str, str]
"""The same of what names a row or a column; without a row it is a heading."""
_FROM_TODAY = "for changes head the column hires instead of people"


@dataclass(frozen=True, slots=True)
class Cell:
    """One number of a plan.

    Attributes
    ----------
    team : str
    month : int
        From 1.
    number : int
        People of the month, or how many start in it (negative: leave).
    row : int
        As a spreadsheet numbers it.
    column : str
        Its heading.
    text : str
        As it is written.
    """

    team: TeamName
    month: int
    number: int
    row: int
    column: str
    text: str


@dataclass(frozen=True, slots=True)
class PlanCells:
    """All numbers of a plan.

    Attributes
    ----------
    file : str
    cells : tuple of Cell
        At most one of each team and month; those of headcounts without gaps.
    are_hires : bool
        They count who starts (or leaves), not who is there.
    notes : tuple of str
    """

    file: str
    cells: tuple[Cell, ...]
    are_hires: bool
    notes: tuple[str, ...]

    def problem(self, cell: Cell, rule: str) -> Problem:
        """Say that a number breaks a rule."""
        return Problem(
            f"{self.file}: row {cell.row}", shorten(cell.column), shorten(cell.text), rule
        )


def plan_cells(sheet: PlanSheet, months: int) -> PlanCells:
    """Find out what the numbers of a plan mean.

    Parameters
    ----------
    sheet : PlanSheet
    months : int
        Of the run.

    Raises
    ------
    ScenarioError
        With everything that is wrong: unknown teams and months, gaps, what stands there twice,
        what is no number of people.
    """
    form = form_of(sheet.headings)
    reading = _Reading(sheet, months)
    if form is None:
        shown = ", ".join(unique_headings(sheet.headings))
        raise ScenarioError([Problem(f"{sheet.file}: headings", "", shorten(shown), _FORMS)])
    for row in sheet.uneven:
        rule = f"has more or fewer cells than the {len(sheet.headings)} headings; mend the row"
        reading.tell(row, "", "", rule)
    if form == "long":
        reading.read_long()
    else:
        reading.read_wide(a_row_is_a_month=form == "row per month")
    if not reading.cells and not reading.problems:
        reading.problems.append(
            Problem(sheet.file, "", "", "no cell of the plan has a number; write people per month")
        )
    if reading.problems:
        raise ScenarioError(reading.problems)
    unread = []
    if reading.unread:
        names = side_by_side([shorten(name) for name in reading.unread])
        unread.append(say("columns not read: {columns}", columns=names))
    return PlanCells(
        sheet.file,
        tuple(reading.cells),
        reading.are_hires,
        (*sheet.notes, *unread, *reading.notes),
    )


class _Reading:
    """Gathers the numbers of a plan, and what is wrong with it."""

    def __init__(self, sheet: PlanSheet, months: int) -> None:
        self.sheet = sheet
        self.months = months
        self.names = unique_headings(sheet.headings)
        self.are_hires = False
        self.cells: list[Cell] = []
        self.problems: list[Problem] = []
        self.notes: list[str] = []
        self.unread: list[str] = []

    def tell(self, row: int | None, column: str, value: str, rule: str) -> None:
        """Put a problem on the list; without a row it is one of the headings."""
        where = f"{self.sheet.file}: " + ("headings" if row is None else f"row {row}")
        self.problems.append(Problem(where, shorten(column), shorten(value), rule))

    # --- a row per team and month -------------------------------------------------------------

    def read_long(self) -> None:
        """Read the form with a row per team and month."""
        found = self._columns()
        if found is None:
            return
        team_at, month_at, number_at = found
        places: dict[TeamName, dict[int, tuple[int | None, str]]] = {}
        in_doubt: set[TeamName | None] = set()  # teams of which a month cannot be read
        of_nobody: list[int] = []  # months of teams that cannot be read
        for row, cells in self.sheet.rows:
            team = self._team(row, self.names[team_at], cells[team_at])
            month = self._month(row, self.names[month_at], cells[month_at])
            written = row, self.names[number_at], cells[number_at]
            if team is not None and month is not None:
                mine = places.setdefault(team, {})
                if month in mine:
                    self.tell(row, self.names[month_at], cells[month_at],
                              f"{team} has month {month} in row {mine[month][0]} already; keep one"
                              " of the two rows")  # fmt: skip
                else:
                    mine[month] = row, self.names[month_at]
                    self._keep(team, month, written)
                continue
            self._number(*written)
            if month is None:
                in_doubt.add(team)
            else:
                of_nobody.append(month)
        if self.are_hires or None in in_doubt:
            return  # a month without hires needs no row
        for team, mine in places.items():
            if team not in in_doubt:
                self._tell_gaps(mine, of_nobody, f" of {team}", "add its row")

    def _columns(self) -> tuple[int, int, int] | None:
        """Return where team, month and number stand; None if that is not clear."""
        found: dict[Role, list[int]] = {}
        for at, heading in enumerate(self.sheet.headings):
            found.setdefault(role_of(heading) or "unread", []).append(at)
        self.unread = [self.names[at] for at in found.pop("unread", [])]
        clear = True
        for role, columns in found.items():
            if len(columns) > 1:
                listed = ", ".join(self.names[at] for at in columns)
                self.tell(None, "", listed, f"several columns hold the {role}; keep one of them")
                clear = False
        if "people" in found and "hires" in found:
            listed = ", ".join(self.names[found[role][0]] for role in _NUMBERS)
            self.tell(None, "", listed,
                      "both people and hires are given, and one may contradict the other; delete"
                      " one of the two columns")  # fmt: skip
            clear = False
        if not clear:
            return None
        self.are_hires = "hires" in found
        number = found["hires" if self.are_hires else "people"][0]
        return found["team"][0], found["month"][0], number

    # --- a row per month or per team ------------------------------------------------------------

    def read_wide(self, a_row_is_a_month: bool) -> None:
        """Read a table of headcounts whose rows are months and columns teams, or the reverse."""
        headings = self.sheet.headings
        label: Role = "month" if a_row_is_a_month else "team"
        at = next((i for i, heading in enumerate(headings) if role_of(heading) == label), 0)
        unread = {i for i, heading in enumerate(headings) if role_of(heading) == "unread"} - {at}
        self.unread = [self.names[i] for i in sorted(unread)]
        columns = [i for i in range(len(headings)) if i != at and i not in unread]
        rows = [each for each in self.sheet.rows if role_of(each[1][at]) != "unread"]
        if len(rows) < len(self.sheet.rows):
            self.notes.append(say("rows not read: those of totals and notes"))
        down = [(row, self.names[at], cells[at]) for row, cells in rows]
        across = [(None, self.names[i], headings[i]) for i in columns]
        table = [[(row, self.names[i], cells[i]) for i in columns] for row, cells in rows]
        if a_row_is_a_month:
            months, teams = self._months(down, "row"), self._teams(across)
            table = [[line[i] for line in table] for i in range(len(columns))]
        else:
            teams, months = self._teams(down), self._months(across, "column")
        for team, line in zip(teams, table, strict=True):
            self._read_line(team, months, line)

    def _read_line(
        self, team: TeamName | None, months: Sequence[int | None], line: Sequence[_Written]
    ) -> None:
        """Take the numbers of a team; what is blank before and after them says nothing."""
        placed: list[tuple[int, _Written]] = []
        for month, written in zip(months, line, strict=True):
            if team is not None and month is not None:
                placed.append((month, written))
            elif not is_blank(written[2]):
                self._number(*written)
        placed.sort()
        filled = [at for at, (_, (_, _, text)) in enumerate(placed) if not is_blank(text)]
        if team is None:
            return
        if not filled:
            self.notes.append(say("{team}: all its cells are blank, so it has no plan", team=team))
            return
        for month, written in placed[filled[0] : filled[-1] + 1]:
            self._keep(team, month, written)

    def _teams(self, labels: Iterable[_Label]) -> list[TeamName | None]:
        """Read the teams of a table; None for those that cannot be read or stand there twice."""
        found: list[TeamName | None] = []
        for label in labels:
            team = self._team(*label)
            if team is not None and team in found:
                self.tell(*label, f"{team} is given twice; keep one of the two")
                team = None
            found.append(team)
        return found

    def _months(self, labels: Sequence[_Label], what: str) -> list[int | None]:
        """Read the months of a table, each in a row or a column (`what`); None as for teams."""
        found: list[int | None] = []
        places: dict[int, tuple[int | None, str]] = {}
        unknown = False
        for label in labels:
            month = self._month(*label)
            unknown |= month is None
            if month is not None and month in places:
                self.tell(*label, f"month {month} is given twice; keep one of the two")
                month = None
            elif month is not None:
                places[month] = label[:2]
            found.append(month)
        if not unknown:  # one that cannot be read may be the one that is missed
            self._tell_gaps(places, (), "", f"add its {what}")
        return found

    # --- words and numbers ----------------------------------------------------------------------

    def _tell_gaps(
        self,
        places: Mapping[int, tuple[int | None, str]],
        elsewhere: Iterable[int],
        whose: str,
        remedy: str,
    ) -> None:
        """Tell which months are missing between the first and the last one.

        Parameters
        ----------
        places : mapping of int to (int or None, str)
            Row and column in which each month stands.
        elsewhere : iterable of int
            Months that are not missed: they stand where it cannot be told whose they are.
        whose, remedy : str
            For the message.
        """
        if self.sheet.uneven:
            return  # it may stand in a row that cannot be read
        there = sorted(places)
        known = {*there, *elsewhere}
        for last, month in pairwise(there):
            missing = [each for each in range(last + 1, month) if each not in known]
            if missing:
                one = len(missing) == 1
                what = f"month {missing[0]}" if one else f"months {missing[0]} to {missing[-1]}"
                self.tell(
                    *places[month],
                    str(month),
                    f"{what}{whose} missing between {last} and {month}; {remedy}:"
                    " a plan of headcounts has every month",
                )

    def _team(self, row: int | None, column: str, text: str) -> TeamName | None:
        team = team_of(text)
        if team is not None:
            return team
        if is_blank(text):
            self.tell(row, column, "", "names no team; write one such as inside_sales")
            return None
        known = ", ".join(KNOWN_TEAMS[:6])
        self.tell(row, column, text,
                  f"no such team{nearest(text, KNOWN_TEAMS)}; known: {known}; delete what is none"
                  )  # fmt: skip
        return None

    def _month(self, row: int | None, column: str, text: str) -> int | None:
        month = month_of(text)
        if month is None:
            self.tell(row, column, text, f"is no month; {_MONTHS}")
            return None
        if month < 1:
            self.tell(row, column, text, "months count from 1, the start of the run")
            return None
        if month > self.months:
            self.tell(row, column, text,
                      f"the run ends with month {self.months}; lengthen horizon.months to at least"
                      f" {month}, or leave the month out")  # fmt: skip
            return None
        return month

    def _number(self, row: int, column: str, text: str) -> int | None:
        """Read how many; None, with a problem, if the cell does not say it."""
        number = whole_of(text)
        if is_blank(text):
            said = "0 if nobody starts or leaves" if self.are_hires else "0 if nobody is there"
            self.tell(row, column, text, f"is blank; write a number of people, {said}")
        elif number is None:
            self.tell(row, column, text, "is no whole number of people; write one such as 6")
        elif number < 0 and not self.are_hires:
            self.tell(row, column, text, f"a headcount is 0 or more; {_FROM_TODAY}")
        elif abs(number) > MOST_PEOPLE:
            self.tell(row, column, text, f"a team has at most {MOST_PEOPLE:,} people")
        else:
            return number
        return None

    def _keep(self, team: TeamName, month: int, written: _Written) -> None:
        number = self._number(*written)
        if number is not None:
            self.cells.append(Cell(team, month, number, *written))
