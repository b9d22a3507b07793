"""Where one person more or fewer than a plan matters most, and of what that can be told."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from scipy.special import stdtrit

from simulator.experiment.figures import Figure
from simulator.experiment.quantities import Scale, better
from simulator.languages.messages import listed, marked, say
from simulator.planning.sizing_names import a_year, figure_column, figure_name, interval, team_words
from simulator.planning.table_rows import Row, rows_of
from simulator.planning.targets import Target

if TYPE_CHECKING:
    from simulator.planning.sizing_result import Sizing


GAIN = "gain"
"""Column of the marginal table: what a change does to the probability of keeping the promise."""
_DEGREES = 30  # of freedom; fewer than the runs that stand behind the table: a little too wide


def constraint(result: Sizing) -> list[str]:
    """Say which last person carries most per money, and which further one adds most.

    Parameters
    ----------
    result : Sizing
    """
    column = marginal_column(result)
    if column is None:
        return []
    lines = _of_column(result, column)
    text = figure_column(result.main)
    # Chances take many runs to tell; what they are of may tell already.
    if column == GAIN and text in result.marginal and not told_steps(result, GAIN, None, -1.0):
        lines += _of_column(result, text)
    return lines


def _of_column(result: Sizing, column: str) -> list[str]:
    sign = 1.0 if column == GAIN else float(better(column.partition("@")[0]))
    lines = []
    fewer = told_steps(result, column, -1, -sign)
    measured = _measured(column)
    if fewer:
        lines.append(
            _of_best(
                result, fewer, column,
                marked("Per money most hangs on the last person in {team}: without that one"
                       " {change}, which saves {money}."),
                marked("Per money most hangs on the last person in {team}: without that one"
                       " {change}, which saves {money}; it cannot be told apart from {others}."),
            )
        )  # fmt: skip
    else:
        lines.append(
            say("That any one person fewer would worsen {figure} cannot be told.", figure=measured)
        )
    more = told_steps(result, column, 1, sign)
    if more:
        lines.append(
            _of_best(
                result, more, column,
                marked("The further person who adds most per money is one in {team}: {change}, for"
                       " {money}."),
                marked("The further person who adds most per money is one in {team}: {change}, for"
                       " {money}; it cannot be told apart from {others}."),
            )
        )  # fmt: skip
    else:
        lines.append(
            say("That any one further person would better {figure} cannot be told.",
                figure=measured)
        )  # fmt: skip
    return lines + _harm(result, column, sign)


def _of_best(result: Sizing, rows: Sequence[Row], column: str, alone: str, with_others: str) -> str:
    """Say which of some steps does most per money, and which others may do as much."""
    first = max(rows, key=lambda row: _per_money(row, column))
    told: dict[str, object] = {
        "team": team_words(first["team"]), "change": _moved(result, first, column),
        "money": a_year(result.company, abs(first["cost"])),
    }  # fmt: skip
    alike = _not_apart(rows, first, column)
    return say(with_others, **told, others=listed(alike)) if alike else say(alone, **told)


def _harm(result: Sizing, column: str, sign: float) -> list[str]:
    """Name every further person who makes it worse."""
    harmful = told_steps(result, column, 1, -sign)
    if not harmful:
        return []
    said = []
    for row in harmful:
        amount, ends = _size_and_ends(result, row, column)
        said.append(
            say(
                "in {team} it rises by {amount} ({interval})"
                if row[column] > 0.0
                else "in {team} it falls by {amount} ({interval})",
                team=team_words(row["team"]), amount=amount, interval=ends,
            )
        )  # fmt: skip
    return [
        say("One more makes {figure} worse: {teams}.", figure=_measured(column),
            teams=listed(said))
    ]  # fmt: skip


def marginal_column(result: Sizing) -> str | None:
    """Return the column of the marginal table that tells most of the question asked."""
    table = result.marginal
    if not len(table):
        return None
    told = GAIN in table and bool((table[GAIN] != 0.0).any())
    if result.goal is None and told:
        return GAIN
    target = binding_target(result) if result.status == "unreachable" else None
    figure = target.figures[-1] if target is not None else result.main
    text = figure_column(figure)
    if text in table and better(figure[0]) != 0:
        return text
    return GAIN if told else None


def told_steps(result: Sizing, column: str, change: int | None, sign: float) -> list[Row]:
    """Return the steps whose effect has this sign beyond luck, all steps together (Bonferroni).

    Parameters
    ----------
    result : Sizing
    column : str
        Of the marginal table.
    change : {1, -1} or None
        Of people; None is both.
    sign : float
        Above 0: what rises; below: what falls.
    """
    table = result.marginal
    if column not in table or not sign:
        return []
    rows: list[Row] = rows_of(table)
    asked = [row for row in rows if change is None or row["change"] == change]
    found = []
    for row in asked:
        low, high = _widened(row, column, len(asked))
        if (low > 0.0 and sign > 0.0) or (high < 0.0 and sign < 0.0):
            found.append(row)
    return found


def _widened(row: Row, column: str, many: int) -> tuple[float, float]:
    """Return an interval that holds for many of them together."""
    low, high = marginal_bounds(row, column)
    if low is None or high is None:
        return math.nan, math.nan
    widening = stdtrit(_DEGREES, 1.0 - 0.025 / max(many, 1)) / stdtrit(_DEGREES, 0.975)
    middle, half = (low + high) / 2.0, (high - low) / 2.0 * float(widening)
    return middle - half, middle + half


def marginal_bounds(row: Row, column: str) -> tuple[float | None, float | None]:
    """Return the bounds of an effect in a row of the marginal table."""
    join = "_" if column == GAIN else " "
    ends = (row.get(f"{column}{join}low"), row.get(f"{column}{join}high"))
    low, high = (None if end is None or not math.isfinite(end) else float(end) for end in ends)
    return low, high


def _per_money(row: Row, column: str) -> float:
    cost = abs(float(row["cost"]))
    return abs(float(row[column])) / cost if cost > 0.0 else math.inf


def _not_apart(rows: Sequence[Row], first: Row, column: str) -> list[str]:
    """Name the other steps whose effect per money may be as large."""
    alike = []
    least = min(abs(end) for end in _widened(first, column, len(rows) + 1))
    cost = abs(float(first["cost"]))
    for row in rows:
        most = max(abs(end) for end in _widened(row, column, len(rows) + 1))
        own = abs(float(row["cost"]))
        if row is not first and (own <= 0.0 or cost <= 0.0 or most / own >= least / cost):
            alike.append(team_words(row["team"]))
    return alike


def _measured(column: str) -> str:
    if column == GAIN:
        return say("the probability")
    metric, _, month = column.partition("@")
    return figure_name((metric, int(month or 0)))


def _moved(result: Sizing, row: Row, column: str) -> str:
    amount, ends = _size_and_ends(result, row, column)
    return say(
        "{figure} rises by {amount} ({interval})"
        if row[column] > 0.0
        else "{figure} falls by {amount} ({interval})",
        figure=_measured(column), amount=amount, interval=ends,
    )  # fmt: skip


def _size_and_ends(result: Sizing, row: Row, column: str) -> tuple[str, str]:
    """Write how large an effect is, and its interval, both without a sign."""
    low, high = marginal_bounds(row, column)
    assert low is not None
    assert high is not None
    size, ends = abs(float(row[column])), sorted((abs(low), abs(high)))
    if column == GAIN:
        first, last = (f"{100.0 * end:.0f}" for end in ends)
        return (
            say("{n} points", n=f"{100.0 * size:.0f}"),
            say("{low} to {high}", low=first, high=last),
        )
    scale = Scale.of(column.partition("@")[0], result.company.currency, [size])
    return scale.amount(size), interval(scale, *ends)


def binding_target(result: Sizing) -> Target | None:
    """Return the target that is met least often; None where nothing is known of any."""
    known = [
        (each.mean, target)
        for target in result.targets
        if (each := result.by_target.get(target.text)) is not None and math.isfinite(each.mean)
    ]
    return min(known, key=lambda pair: pair[0])[1] if known else None


def figure_row(result: Sizing, figure: Figure) -> Row | None:
    """Return what is known of a figure; None if nothing is."""
    metric, month = figure
    table = result.figures
    if not len(table):
        return None
    rows = table[(table["metric"] == metric) & (table["month"] == month)].to_dict("records")
    return {str(k): v for k, v in rows[0].items()} if rows else None
