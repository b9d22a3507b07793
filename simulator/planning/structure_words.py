"""What structures do at the same cost, in sentences: never more than the intervals allow."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from simulator.experiment.quantities import Scale, better
from simulator.languages.messages import listed
from simulator.metrics.definitions import METRICS
from simulator.planning.sizing_names import (
    a_year,
    counted,
    figure_name,
    interval,
    people,
    percent,
    target_text,
    team_words,
    values_scale,
)
from simulator.planning.structure_options import AS_IT_IS

if TYPE_CHECKING:
    from simulator.planning.structure_result import Structure

Row = Mapping[str, Any]

LIMITS = (
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
        runs = counted(result.runs, "run")
        lines.append(f"Stopped after {runs}: only what was finished is told.")
    if rows:
        lines += _opening(result, rows) + _each(result, rows)
    lines += _ratio(result)
    return [*lines, *result.left_out, LIMITS]


def option_rows(result: Structure) -> list[Row]:
    """Return the rows of the options."""
    return [{str(k): v for k, v in row.items()} for row in result.options.to_dict("records")]


# ------------------------------------------------------------------ the options


def _opening(result: Structure, rows: Sequence[Row]) -> list[str]:
    """Say which structure does best, and by how much."""
    reference, others = rows[0], [row for row in rows[1:] if _known(row)]
    money = f"For no more than {a_year(result.company, result.budget)}"
    name = figure_name(result.goal)
    if not _known(reference):
        return [
            f"{money} {_nothing(result, reference)}: there is nothing to hold other structures"
            " against.",
            *(_value(result, row) for row in others),
        ]
    scale = values_scale(result.goal[0], result.company.currency, [reference["mean"]])
    level = (
        f"the company as it is, with the best headcount found ({people(_departments(reference))}),"
        f" reaches {name} of {scale.amount(reference['mean'])} on average"
        f" ({interval(scale, reference['low'], reference['high'])})"
    )
    if not others:
        return [f"{money} {level}."]
    ahead = [row for row in others if told_better(result, row) > 0]
    if not ahead:
        behind = all(told_better(result, row) < 0 for row in others)
        which = (
            "every other structure does worse than the company as it is"
            if behind
            else "no other structure can be told to do better than the company as it is"
        )
        return [f"{money} {which}.", f"There {level}."]
    best = max(ahead, key=lambda row: row["mean"] * better(result.goal[0]))
    lines = [
        f"{money}, {best['words']} {_moves(result, best)} against the company as it is, each with"
        f" the best headcount found ({people(_departments(best))}).",
        f"There {level}.",
    ]
    if best["option"] == result.best.name:
        alike = [
            row["words"] for row in others
            if row["option"] in result.best.tied and row["option"] != AS_IT_IS
        ]  # fmt: skip
        if alike:
            lines.append(f"It cannot be told from {listed(alike, 'or')}.")
    return lines


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
            lines.append(f"{_capital(_nothing(result, row))}.")
        elif not told_better(result, row):
            unclear.append(row)
        elif row is not first:
            lines.append(f"{_capital(row['words'])}: {_difference(result, row)}.")
            if row is _plainest(result, others, row["question"], first):
                lines += _why(result, row)
    if unclear:
        said = [f"{row['words']} ({_span(result, row)})" for row in unclear]
        lines.append(f"Cannot be told from the company as it is: {listed(said)}.")
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
        return f"no run of {row['words']} has any {figure_name(result.goal)}"
    return f"no plan that was tried of {row['words']} keeps {_targets(result)}"


def _targets(result: Structure) -> str:
    return listed([target_text(each, result.company.currency) for each in result.targets])


def _value(result: Structure, row: Row) -> str:
    scale = values_scale(result.goal[0], result.company.currency, [row["mean"]])
    return (
        f"{_capital(row['words'])}: {figure_name(result.goal)} of {scale.amount(row['mean'])}"
        f" on average ({interval(scale, row['low'], row['high'])})."
    )


def _gap(result: Structure, row: Row) -> tuple[Scale, float, list[float]]:
    """Return how a difference is written, its size, and its bounds as sizes."""
    low, high = row["difference_low"], row["difference_high"]
    scale = Scale.of(result.goal[0], result.company.currency, [low, high])
    return scale, abs(row["difference"]), sorted((abs(low), abs(high)))


def _moves(result: Structure, row: Row) -> str:
    scale, size, ends = _gap(result, row)
    verb = "raises" if row["difference"] > 0.0 else "lowers"
    return f"{verb} {figure_name(result.goal)} by {scale.amount(size)} ({interval(scale, *ends)})"


def _difference(result: Structure, row: Row) -> str:
    scale, size, ends = _gap(result, row)
    word = "more" if row["difference"] > 0.0 else "less"
    return (
        f"{scale.amount(size)} {word} {figure_name(result.goal)} than as it is"
        f" ({interval(scale, *ends)}){_unspent(result, row)}"
    )


def _unspent(result: Structure, row: Row) -> str:
    """Say what a plan costs if whole people leave much of the budget over."""
    if row["cost"] >= _SPENT * result.budget:
        return ""
    return f", and costs {a_year(result.company, row['cost'])}: whole people leave the rest over"


def _span(result: Structure, row: Row) -> str:
    low, high = row["difference_low"], row["difference_high"]
    if low is None or high is None or not math.isfinite(low):
        return "no interval"
    scale = Scale.of(result.goal[0], result.company.currency, [low, high])
    return f"difference {interval(scale, low, high)} {scale.unit}".rstrip()


def _why(result: Structure, row: Row) -> list[str]:
    """Say what else changed in the same runs, as far as that is told."""
    table = result.flows
    own = table[(table["option"] == row["option"]) & table["told"].astype(bool)]
    told = [{str(k): v for k, v in each.items()} for each in own.to_dict("records")]
    told.sort(key=_weight, reverse=True)
    said = [text for each in told[:_MOST_FLOWS] if (text := _flow_text(each))]
    return [f"In the same runs {listed(said)}."] if said else []


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
        text = f"{now} buyers wait for {whose} at a time instead of {then}"
    else:
        now, then = percent(after), percent(before)
        text = (
            f"{whose} is busy with buyers {now} of the time instead of {then}"
            if kind == "utilization"
            else f"{now} of the waits for {whose} end because the buyer gives up instead of {then}"
        )
    # What is told may still be too small to be seen in the digits shown.
    return text if now != then else ""


# ------------------------------------------------------------------ the ratio


def ratio_rows(result: Structure) -> list[Row]:
    """Return the rows of the divisions between inside and field sales."""
    return [{str(k): v for k, v in row.items()} for row in result.ratio.to_dict("records")]


def _ratio(result: Structure) -> list[str]:
    rows = ratio_rows(result)
    usual = next((row for row in rows if row["today"]), None)
    if usual is None or len(rows) < 2:
        return []
    name = figure_name(result.goal)
    named = {division_name(row): row for row in rows}
    ahead = [row for row in rows if told_better(result, row) > 0]
    if not ahead:
        lines = [
            "Inside to field sales, all others as today: no other division of the same money can"
            f" be told to do better than {_division(usual)}, which is that of today's ratio."
        ]
    else:
        best = max(ahead, key=lambda row: row["mean"] * better(result.goal[0]))
        scale, size, ends = _gap(result, best)
        word = "more" if best["difference"] > 0.0 else "less"
        lines = [
            f"Inside to field sales, all others as today: {_division(best)} does better than"
            f" {_division(usual)}, today's ratio, for no more money; {name} is"
            f" {scale.amount(size)} {word} ({interval(scale, *ends)})."
        ]
    alike = [named[each] for each in result.best_ratio.tied if each in named]
    if alike and result.best_ratio.name in named:
        first = named[result.best_ratio.name]
        ratios = sorted(row["ratio"] for row in [first, *alike])
        lines.append(
            f"The best mean is that of {_division(first)}; {counted(len(alike), 'division')} cannot"
            f" be told from it, with ratios from {ratios[0]:.2f} to {ratios[-1]:.2f} together."
        )
    worse = [row for row in rows if told_better(result, row) < 0]
    if worse:
        said = listed([division_name(row) for row in worse])
        lines.append(f"Told to be worse than {division_name(usual)}: {said}.")
    return lines


def division_name(row: Row) -> str:
    """Write a division as people in inside sales to people in field sales."""
    return f"{row['inside_sales']}:{row['field_sales']}"


def _division(row: Row) -> str:
    return f"{division_name(row)} (a ratio of {row['ratio']:.2f})"


def goal_heading(result: Structure) -> str:
    """Return the label of the goal, for headings."""
    metric, month = result.goal
    label = METRICS[metric].label
    return f"{label} in month {month}" if month else label


def _capital(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"
