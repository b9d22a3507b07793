"""What structures do at the same cost, in sentences: never more than the intervals allow."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from simulator.experiment.quantities import Scale, better
from simulator.languages.messages import listed, marked, say
from simulator.metrics.definitions import METRICS
from simulator.metrics.units import with_unit
from simulator.planning.sizing_names import (
    a_year,
    figure_name,
    interval,
    people,
    percent,
    target_text,
    team_words,
    values_scale,
)
from simulator.planning.structure_options import AS_IT_IS
from simulator.planning.table_rows import Row, rows_of

if TYPE_CHECKING:
    from simulator.planning.structure_result import Structure


LIMITS = marked(
    "What this leaves out: a generalist who does both parts of a sale still hands information over"
    " between them, a separate group knows no more of its buyers than a common team, and nothing"
    " is lost or paid for while teams are pooled, split or joined by RevOps."
)
_MOST_FLOWS = 3
_SPENT = 0.97  # share of the budget from which on costs count as equal without a word


def verdict(result: Structure) -> list[str]:
    """Say in sentences what is known.

    Parameters
    ----------
    result : Structure

    Returns
    -------
    list of str
        Which option does best, what cannot be told from it, each of the others, the ratio of
        inside to field sales, and what is left out.
    """
    rows = option_rows(result)
    lines = []
    if result.interrupted:
        lines.append(
            say("Stopped after {runs} run: only what was finished is told." if result.runs == 1
                else "Stopped after {runs} runs: only what was finished is told.",
                runs=f"{result.runs:,}")
        )  # fmt: skip
    if rows:
        lines += _opening(result, rows) + _each(result, rows)
    lines += _ratio(result)
    return [*lines, *result.left_out, say(LIMITS)]


def option_rows(result: Structure) -> list[Row]:
    """Return the rows of the options."""
    return rows_of(result.options)


# ------------------------------------------------------------------ the options


def _opening(result: Structure, rows: Sequence[Row]) -> list[str]:
    """Say which structure does best, and by how much."""
    reference, others = rows[0], [row for row in rows[1:] if _known(row)]
    money = a_year(result.company, result.budget)
    if not _known(reference):
        return [
            say("For no more than {money} {nothing}: there is nothing to hold other structures"
                " against.", money=money, nothing=_nothing(result, reference)),
            *(_value(result, row) for row in others),
        ]  # fmt: skip
    if not others:
        return [_level_within(result, reference, money)]
    level = _level(result, reference)
    ahead = [row for row in others if told_better(result, row) > 0]
    if not ahead:
        behind = all(told_better(result, row) < 0 for row in others)
        return [
            say("For no more than {money} every other structure does worse than the company as it"
                " is."
                if behind else
                "For no more than {money} no other structure can be told to do better than the"
                " company as it is.", money=money),
            level,
        ]  # fmt: skip
    best = max(ahead, key=lambda row: row["mean"] * better(result.goal[0]))
    lines = [_best(result, best, money), level]
    if best["option"] == result.best.name:
        alike = [
            row["words"] for row in others
            if row["option"] in result.best.tied and row["option"] != AS_IT_IS
        ]  # fmt: skip
        if alike:
            lines.append(say("It cannot be told from {others}.", others=listed(alike, "or")))
    return lines


def _level(result: Structure, row: Row) -> str:
    """Say what the company as it is reaches."""
    return say(
        "There the company as it is, with the best headcount found ({people}), reaches {figure} of"
        " {amount} on average ({interval}).", **_reached(result, row)
    )  # fmt: skip


def _level_within(result: Structure, row: Row, money: str) -> str:
    """Say the same where there is nothing else to say."""
    return say(
        "For no more than {money} the company as it is, with the best headcount found ({people}),"
        " reaches {figure} of {amount} on average ({interval}).",
        money=money, **_reached(result, row)
    )  # fmt: skip


def _reached(result: Structure, row: Row) -> dict[str, str]:
    scale = values_scale(result.goal[0], result.company.currency, [row["mean"]])
    return {
        "people": people(_departments(row)),
        "figure": figure_name(result.goal),
        "amount": scale.amount(row["mean"]),
        "interval": interval(scale, row["low"], row["high"]),
    }


def _best(result: Structure, row: Row, money: str) -> str:
    """Say what the best structure brings."""
    scale, size, ends = _gap(result, row)
    return say(
        "For no more than {money}, {structure} raises {figure} by {size} ({interval}) against the"
        " company as it is, each with the best headcount found ({people})."
        if row["difference"] > 0.0 else
        "For no more than {money}, {structure} lowers {figure} by {size} ({interval}) against the"
        " company as it is, each with the best headcount found ({people}).",
        money=money, structure=row["words"], figure=figure_name(result.goal),
        size=scale.amount(size), interval=interval(scale, *ends),
        people=people(_departments(row)),
    )  # fmt: skip


def _each(result: Structure, rows: Sequence[Row]) -> list[str]:
    """Say of each other structure how it stands to the company as it is, and what shows why."""
    if not _known(rows[0]):
        return []
    others = rows[1:]
    ahead = [row for row in others if _known(row) and told_better(result, row) > 0]
    first = max(ahead, key=lambda row: row["mean"] * better(result.goal[0]), default=None)
    lines = _why(result, first) if first is not None else []
    unclear = []
    for row in others:
        if not _known(row):
            lines.append(say("{nothing}.", nothing=_capital(_nothing(result, row))))
        elif not told_better(result, row):
            unclear.append(row)
        elif row is not first:
            lines.append(_difference(result, row))
            if row is _plainest(result, others, row["question"], first):
                lines += _why(result, row)
    if unclear:
        said = listed([_with_span(result, row) for row in unclear])
        lines.append(
            say("Cannot be told from the company as it is: {structures}.", structures=said)
        )
    return lines


def _plainest(
    result: Structure, rows: Sequence[Row], question: str, first: Row | None
) -> Row | None:
    """Return the row of a question that differs most: what shows why is said of that one."""
    if first is not None and first["question"] == question:
        return None
    told = [
        row
        for row in rows
        if row["question"] == question and _known(row) and told_better(result, row)
    ]
    return max(told, key=lambda row: abs(row["difference"]), default=None)


def told_better(result: Structure, row: Row) -> int:
    """Return 1 if an option is told to do better, -1 worse, 0 if that cannot be told."""
    low, high = row["difference_low"], row["difference_high"]
    if not row["told"] or low is None or high is None:
        return 0
    return (int(low > 0.0) - int(high < 0.0)) * better(result.goal[0])


def _known(row: Row) -> bool:
    return bool(row["n"]) and math.isfinite(row["mean"])


def _departments(row: Row) -> dict[str, int]:
    """Return the people of a plan; staff teams only where they have any."""
    sized = ("marketing", "inside_sales", "field_sales", "customer_success")
    staff = ("revops", "enablement")
    return {t: int(row[t]) for t in (*sized, *staff) if t in sized or row[t]}


def _nothing(result: Structure, row: Row) -> str:
    """Say why nothing is known of an option."""
    if row["n"] or not result.targets:
        return say("no run of {structure} has any {figure}",
                   structure=row["words"], figure=figure_name(result.goal))  # fmt: skip
    return say("no plan that was tried of {structure} keeps {targets}",
               structure=row["words"], targets=_targets(result))  # fmt: skip


def _targets(result: Structure) -> str:
    return listed([target_text(each, result.company.currency) for each in result.targets])


def _value(result: Structure, row: Row) -> str:
    reached = _reached(result, row)
    return say(
        "{structure}: {figure} of {amount} on average ({interval}).",
        structure=_capital(row["words"]),
        figure=reached["figure"], amount=reached["amount"], interval=reached["interval"],
    )  # fmt: skip


def _gap(result: Structure, row: Row) -> tuple[Scale, float, list[float]]:
    """Return how a difference is written, its size, and its bounds as sizes."""
    low, high = row["difference_low"], row["difference_high"]
    scale = Scale.of(result.goal[0], result.company.currency, [low, high])
    return scale, abs(row["difference"]), sorted((abs(low), abs(high)))


def _difference(result: Structure, row: Row) -> str:
    """Say how an option differs, and what it costs if whole people leave much money over."""
    scale, size, ends = _gap(result, row)
    is_more = row["difference"] > 0.0
    said = {
        "structure": _capital(row["words"]), "figure": figure_name(result.goal),
        "size": scale.amount(size), "interval": interval(scale, *ends),
    }  # fmt: skip
    if row["cost"] >= _SPENT * result.budget:
        return say(
            "{structure}: {size} more {figure} than as it is ({interval})."
            if is_more
            else "{structure}: {size} less {figure} than as it is ({interval}).",
            **said,
        )
    return say(
        "{structure}: {size} more {figure} than as it is ({interval}), and costs {cost}: whole"
        " people leave the rest over."
        if is_more else
        "{structure}: {size} less {figure} than as it is ({interval}), and costs {cost}: whole"
        " people leave the rest over.",
        cost=a_year(result.company, row["cost"]), **said,
    )  # fmt: skip


def _with_span(result: Structure, row: Row) -> str:
    """Name an option with the interval of its difference."""
    low, high = row["difference_low"], row["difference_high"]
    if low is None or high is None or not math.isfinite(low):
        return say("{structure} (no interval)", structure=row["words"])
    scale = Scale.of(result.goal[0], result.company.currency, [low, high])
    span = with_unit(interval(scale, low, high), scale.unit)
    return say("{structure} (difference {interval})", structure=row["words"], interval=span)


def _why(result: Structure, row: Row) -> list[str]:
    """Say what else changed in the same runs, as far as that is told."""
    table = result.flows
    own = table[(table["option"] == row["option"]) & table["told"].astype(bool)]
    told = rows_of(own)
    told.sort(key=_weight, reverse=True)
    said = [text for each in told[:_MOST_FLOWS] if (text := _flow_text(each))]
    return [say("In the same runs {changes}.", changes=listed(said))] if said else []


def _weight(flow: Row) -> float:
    """Return how large a change is, so that figures of all kinds can be put in order."""
    size = max(abs(float(flow["mean"])), abs(float(flow["reference"])))
    change = abs(float(flow["difference"]))
    return change / max(size, 1.0)  # shares as they are, queues in proportion


def _flow_text(flow: Row) -> str:
    team, _, kind = str(flow["metric"]).partition(".")
    after, before = float(flow["mean"]), float(flow["reference"])
    whose = team_words(team)
    if kind == "queue":
        now, then = (f"{value:,.1f}" for value in (after, before))
        text = marked("{now} buyers wait for {team} at a time instead of {then}")
    else:
        now, then = percent(after), percent(before)
        text = (
            marked("{team} is busy with buyers {now} of the time instead of {then}")
            if kind == "utilization" else
            marked("{now} of the waits for {team} end because the buyer gives up instead of {then}")
        )  # fmt: skip
    # What is told may still be too small to be seen in the digits shown.
    return say(text, now=now, then=then, team=whose) if now != then else ""


# ------------------------------------------------------------------ the ratio


def ratio_rows(result: Structure) -> list[Row]:
    """Return the rows of the divisions between inside and field sales."""
    return rows_of(result.ratio)


def _ratio(result: Structure) -> list[str]:
    rows = ratio_rows(result)
    usual = next((row for row in rows if row["today"]), None)
    if usual is None or len(rows) < 2:
        return []
    named = {division_name(row): row for row in rows}
    ahead = [row for row in rows if told_better(result, row) > 0]
    if ahead:
        lines = [_better_ratio(result, max(
            ahead, key=lambda row: row["mean"] * better(result.goal[0])), usual)]  # fmt: skip
    else:
        lines = [
            say("Inside to field sales, all others as today: no other division of the same money"
                " can be told to do better than {division}, which is that of today's ratio.",
                division=_division(usual))
        ]  # fmt: skip
    alike = [named[each] for each in result.best_ratio.tied if each in named]
    if alike and result.best_ratio.name in named:
        first = named[result.best_ratio.name]
        ratios = sorted(row["ratio"] for row in [first, *alike])
        lines.append(
            say("The best mean is that of {division}; {n} division cannot be told from it, with"
                " ratios from {low} to {high} together."
                if len(alike) == 1 else
                "The best mean is that of {division}; {n} divisions cannot be told from it, with"
                " ratios from {low} to {high} together.",
                division=_division(first), n=f"{len(alike):,}", low=f"{ratios[0]:.2f}",
                high=f"{ratios[-1]:.2f}")
        )  # fmt: skip
    worse = [row for row in rows if told_better(result, row) < 0]
    if worse:
        said = listed([division_name(row) for row in worse])
        usual_name = division_name(usual)
        lines.append(say("Told to be worse than {usual}: {others}.", usual=usual_name, others=said))
    return lines


def _better_ratio(result: Structure, best: Row, usual: Row) -> str:
    """Say which division does better than today's, and by how much."""
    scale, size, ends = _gap(result, best)
    return say(
        "Inside to field sales, all others as today: {division} does better than {usual}, today's"
        " ratio, for no more money; {figure} is {size} more ({interval})."
        if best["difference"] > 0.0 else
        "Inside to field sales, all others as today: {division} does better than {usual}, today's"
        " ratio, for no more money; {figure} is {size} less ({interval}).",
        division=_division(best), usual=_division(usual), figure=figure_name(result.goal),
        size=scale.amount(size), interval=interval(scale, *ends),
    )  # fmt: skip


def division_name(row: Row) -> str:
    """Write a division as people in inside sales to people in field sales."""
    return f"{row['inside_sales']}:{row['field_sales']}"


def _division(row: Row) -> str:
    ratio = f"{row['ratio']:.2f}"
    return say("{division} (a ratio of {ratio})", division=division_name(row), ratio=ratio)


def goal_heading(result: Structure) -> str:
    """Return the label of the goal, for headings."""
    metric, month = result.goal
    label = METRICS[metric].label
    return say("{figure} in month {month}", figure=label, month=month) if month else label


_OPTIONS = {AS_IT_IS: marked("as it is¦structure"), "split by channel": marked("split by channel")}


def option_shown(option: str) -> str:
    """Write the name of an option as it stands in a table.

    Parameters
    ----------
    option : str
        As in the column of that name.
    """
    if option in _OPTIONS:
        return _capital(say(_OPTIONS[option]))
    kind, _, size = option.partition(" ")
    if kind == "generalists":
        return say("Generalists {share}", share=with_unit(size.removesuffix(" %"), "%"))
    return _capital(option)


def _capital(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"
