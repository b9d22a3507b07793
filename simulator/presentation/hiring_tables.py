"""A hiring plan as tables: who starts when, what that promises, where it strains and breaks."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd
from rich.console import RenderableType
from rich.table import Column
from rich.text import Text

from simulator.experiment.quantities import Scale
from simulator.experiment.statistics import Estimate
from simulator.languages.messages import say
from simulator.metrics.units import with_unit
from simulator.organization.journal import DAYS_PER_MONTH
from simulator.planning.hiring_costs import monthly_costs
from simulator.planning.hiring_result import Hiring
from simulator.planning.sizing_names import (
    capital,
    clauses,
    figure_name,
    percent,
    points,
    target_text,
    team_label,
    values_scale,
)
from simulator.planning.table_rows import Row, rows_of
from simulator.presentation.figures import MISSING, number
from simulator.presentation.flowing import Flowing
from simulator.presentation.tables import grid, right, titled

_MOST_ROWS = 12
"""More months than these are shown by quarter."""
_QUARTER = 3
_LARGE = 20
"""People of a team who are told without tenths."""


def story(result: Hiring) -> list[RenderableType]:
    """Tell a plan in the order in which a planner asks: who when, how sure, where it strains.

    Parameters
    ----------
    result : Hiring
    """
    first, *others = result.verdict()
    content: list[RenderableType] = [Flowing(first, "bold"), *map(Flowing, others), Text("")]
    if len(result.hires):
        content.append(_hires(result))
    if result.headcounts:
        content.append(_headcounts(result))
    if math.isfinite(result.chance.mean):
        content.append(_targets(result))
    if len(result.by_month):
        content += _by_month(result)
    if len(result.figures):
        content.append(_figures(result))
    if len(result.capacity):
        content += _capacities(result)
        content += _attainment(result)
    if len(result.stress):
        content.append(_stress(result))
    if len(result.relief):
        content.append(_relief(result))
    return [*content, *(Flowing(say("note: {note}", note=note), "dim") for note in result.notes)]


def closing(result: Hiring, version: str) -> str:
    """Say on what the figures rest."""
    told: dict[str, object] = {
        "months": f"{result.company.horizon.months:g}", "fresh": result.fresh,
        "few": result.variant_runs, "seed": result.seed, "version": version,
    }  # fmt: skip
    if result.made:
        line = say(
            "{plans} plan tried in {runs} runs, {months} months each, with the same luck; {fresh}"
            " fresh replications ({few} for each danger, later start and further person); seed"
            " {seed}; themodel {version}."
            if result.evaluations == 1
            else "{plans} plans tried in {runs} runs, {months} months each, with the same luck;"
            " {fresh} fresh replications ({few} for each danger, later start and further person);"
            " seed {seed}; themodel {version}.",
            **told, plans=f"{result.evaluations:,}", runs=f"{result.runs:,}",
        )  # fmt: skip
    else:
        line = say(
            "One plan checked, {months} months each, with the same luck; {fresh} fresh replications"
            " ({few} for each danger, later start and further person); seed {seed}; themodel"
            " {version}.",
            **told,
        )
    return say("Interrupted. {line}", line=line) if result.interrupted else line


# ------------------------------------------------------------------ who starts when


def _hires(result: Hiring) -> RenderableType:
    slips = any(_known(row["slip"]) for row in rows_of(result.hires))
    table = grid(
        Column("", no_wrap=True),
        *(
            _narrow(heading)
            for heading in (
                say("people¦planning"),
                say("start in month¦planning"),
                say("on day¦planning"),
                say("place open by day"),
                say("full speed from day"),
                *(
                    (say("a month later¦planning"), say("change¦probability"), say("95 % interval"))
                    if slips
                    else ()
                ),
            )
        ),
    )
    horizon = result.planned.horizon.months * DAYS_PER_MONTH
    for row in grouped(result):
        joins = row["people"] > 0
        late = row["ramped_by"] > horizon
        ripe = say("after the end¦planning") if late else number(row["ramped_by"], 0)
        cells = [
            team_label(row["team"]), f"{int(row['people']):+d}", f"{int(row['month'])}",
            number(row["day"], 0), number(row["open_by"], 0) if joins else MISSING,
            ripe if joins else MISSING,
        ]  # fmt: skip
        if slips:
            cells += [
                percent(row["slip"]), _in_points(row["slip_change"]),
                _points_span(row, "slip_low", "slip_high"),
            ]  # fmt: skip
        table.add_row(*cells)
    note = (
        say(
            "business days of the run, from 0; negative: before its start; a month later:"
            " probability of meeting all targets if one person of this row starts a month later,"
            " and its change in points, with the same luck"
        )
        if slips
        else say("business days of the run, from 0; negative: before its start")
    )
    return titled(say("Who starts when¦planning"), table, Flowing(note, "dim"))


def grouped(result: Hiring) -> list[Row]:
    """Return the rows of the hires, people of a team who start together in one of them."""
    found: dict[tuple[str, float], dict[str, Any]] = {}
    for row in rows_of(result.hires):
        key = str(row["team"]), float(row["day"])
        if key in found:
            found[key]["people"] += row["people"]
        else:
            found[key] = dict(row)
    return list(found.values())


def _headcounts(result: Hiring) -> RenderableType:
    teams = list(result.headcounts)
    costs = monthly_costs(result)
    months = len(result.headcounts[teams[0]])
    totals = [sum(costs[team][i] for team in teams) for i in range(months)]
    scale = Scale.of("cost", result.company.currency, totals)
    table = grid(
        _months_heading(months),
        *(_narrow(team_label(team)) for team in teams), right(say("all¦planning")),
        _narrow(say("cost a month, {unit}", unit=scale.unit)),
    )  # fmt: skip
    for first, last in spans(months):
        inside = range(first - 1, last)
        people = [_range([result.headcounts[team][i] for i in inside]) for team in teams]
        everybody = _range([sum(result.headcounts[t][i] for t in teams) for i in inside])
        mean = sum(totals[i] for i in inside) / len(inside)
        table.add_row(_span_text(first, last), *people, everybody, scale.number(mean))
    whole = Scale.of("cost", result.company.currency, [result.cost, result.cost_today])
    cost = whole.amount(result.cost)
    note = (
        say(
            "planned people on the first day of a month, if nobody quits; over the run {cost},"
            " without the plan {today}",
            cost=cost, today=whole.amount(result.cost_today),
        )
        if result.cost != result.cost_today
        else say(
            "planned people on the first day of a month, if nobody quits; over the run {cost}",
            cost=cost,
        )
    )  # fmt: skip
    return titled(say("People planned¦planning"), table, Flowing(note, "dim"))


def _months_heading(months: int) -> str:
    return say("months¦column") if months > _MOST_ROWS else say("month¦column")


def _range(values: Sequence[int]) -> str:
    ends = (values[0], values[-1])
    if ends[0] == ends[1]:
        ends = (min(values), max(values))
    return _span_text(*ends)


# ------------------------------------------------------------------ what it promises


def _targets(result: Hiring) -> RenderableType:
    table = grid(
        "",
        right(say("probability¦planning")),
        right(say("95 % interval")),
        right(say("without the plan¦planning")),
    )
    if len(result.targets) > 1:
        for target in result.targets:
            chance = result.by_target.get(target.text)
            if chance is not None:
                name = target_text(target, result.company.currency)
                table.add_row(Flowing(capital(name)), percent(chance.mean), _span(chance), "")
        name = say("All of them¦planning")
    else:
        name = capital(target_text(result.targets[0], result.company.currency))
    table.add_row(
        Flowing(name, "bold"), percent(result.chance.mean), _span(result.chance),
        percent(result.today_chance.mean),
    )  # fmt: skip
    note = say(
        "asked for: {asked}; {fresh} fresh replications",
        asked=percent(result.confidence), fresh=result.fresh,
    )  # fmt: skip
    return titled(say("How often the targets are met"), table, Flowing(note, "dim"))


def _by_month(result: Hiring) -> Iterator[RenderableType]:
    rows = {(str(row["target"]), int(row["month"])): row for row in rows_of(result.by_month)}
    for target in result.targets:
        mine = [
            row for month in target.months
            if (row := rows.get((replace(target, months=(month,)).text, month))) is not None
        ]  # fmt: skip
        if not mine:
            continue
        scale = values_scale(target.metric, result.company.currency, [row["mean"] for row in mine])
        table = grid(
            say("month¦column"), right(say("probability¦planning")), right(say("95 % interval")),
            right(say("mean¦planning")), "",
        )  # fmt: skip
        for row in mine:
            low = row["probability"] < result.confidence
            table.add_row(
                f"{int(row['month'])}", percent(row["probability"]), _span(_chance(row)),
                scale.amount(row["mean"]), say("too seldom¦planning") if low else "",
            )  # fmt: skip
        name = capital(target_text(replace(target, months=()), result.company.currency))
        note = say("each month by itself; the promise asks for all of them at once")
        yield titled(say("{target}, month by month", target=name), table, Flowing(note, "dim"))


def _figures(result: Hiring) -> RenderableType:
    asked = percent(result.confidence)
    table = grid(
        "", right(say("mean¦planning")), right(say("95 % interval")),
        right(say("in {share}", share=asked)), right(say("without¦planning")),
        right(say("difference¦planning")), right(say("95 % interval")),
        Column(say("unit"), no_wrap=True),
    )  # fmt: skip
    for row in rows_of(result.figures):
        metric = str(row["metric"])
        sizes = [float(row[name]) for name in ("mean", "today", "reached")]
        scale = values_scale(metric, result.company.currency, sizes)
        gap = _estimate(row, "difference", "difference_low", "difference_high")
        table.add_row(
            Flowing(capital(figure_name((metric, int(row["month"]))))), scale.number(row["mean"]),
            scale.span(_estimate(row, "mean", "low", "high")), scale.number(row["reached"]),
            scale.number(row["today"]), scale.number(gap.mean), scale.span(gap), scale.unit,
        )  # fmt: skip
    note = say(
        "in {share}: what so many of the runs reach or better; without: the company without the"
        " plan; difference: with the same luck",
        share=asked,
    )
    return titled(say("What the plan brings"), table, Flowing(note, "dim"))


# ------------------------------------------------------------------ where it strains


def _working_teams(result: Hiring) -> list[str]:
    """Return the teams that have work of their own."""
    known = result.capacity[result.capacity["load_mean"].map(_known)]
    return list(dict.fromkeys(map(str, known["team"])))


def _capacities(result: Hiring) -> Iterator[RenderableType]:
    months = int(result.capacity["month"].max())
    for team in _working_teams(result):
        title = say("{team}: people and work", team=team_label(team))
        yield titled(title, _capacity(result, team, months))
    note = (
        say(
            "In people, and in brackets from the 10 % to the 90 % quantile of the runs. At full"
            " speed: who is new counts for the share of full speed. Load: people at full speed that"
            " the month's work would need, with what was left undone. Waiting: pieces of work."
            " Short in: share of the runs in which load exceeds capacity; means of the months."
        )
        if months > _MOST_ROWS
        else say(
            "In people, and in brackets from the 10 % to the 90 % quantile of the runs. At full"
            " speed: who is new counts for the share of full speed. Load: people at full speed that"
            " the month's work would need, with what was left undone. Waiting: pieces of work."
            " Short in: share of the runs in which load exceeds capacity."
        )
    )
    yield Flowing(note, "dim")
    yield Text("")


def _capacity(result: Hiring, team: str, months: int) -> RenderableType:
    rows = result.capacity[result.capacity["team"] == team]
    table = grid(
        Column(_months_heading(months), no_wrap=True), right(say("planned¦planning")),
        right(say("employed¦planning")), right(say("at full speed¦planning")),
        right(say("load¦planning")), right(say("waiting¦planning")),
        right(say("short in¦planning")),
    )  # fmt: skip
    places = 1 if int(rows["planned"].max()) < _LARGE else 0
    for first, last in spans(months):
        part = rows[rows["month"].between(first, last)]
        table.add_row(
            _span_text(first, last), _range([int(n) for n in part["planned"]]),
            *(_banded(part, what, places) for what in ("staffed", "ramped", "load")),
            _mean(part, "queue_mean", places), percent(float(part["share_short"].mean())),
        )  # fmt: skip
    return table


def _mean(part: pd.DataFrame, name: str, places: int) -> str:
    value = float(part[name].mean())
    return number(value, places) if math.isfinite(value) else MISSING


def _banded(part: pd.DataFrame, what: str, places: int) -> str:
    mean, low, high = (_mean(part, f"{what}_{end}", places) for end in ("mean", "p10", "p90"))
    if MISSING in (low, high):
        return mean
    return say("{mean} ({low} to {high})", mean=mean, low=low, high=high)


def _attainment(result: Hiring) -> Iterator[RenderableType]:
    rows = result.capacity[result.capacity["team"] == "field_sales"]
    rows = rows[rows["attainment_mean"].map(_known)]
    if not len(rows):
        return
    months = int(result.capacity["month"].max())
    table = grid(
        _months_heading(months), right(say("quota attained¦planning")), right(say("10 to 90 %"))
    )
    for first, last in spans(months):
        part = rows[rows["month"].between(first, last)]
        if len(part):
            low, high = (100.0 * float(part[f"attainment_{p}"].mean()) for p in ("p10", "p90"))
            table.add_row(
                _span_text(first, last),
                with_unit(number(100.0 * float(part["attainment_mean"].mean()), 0), "%"),
                say("{low} to {high}", low=number(low, 0), high=with_unit(number(high, 0), "%")),
            )
    note = (
        say(
            "bookings of a month over the quota of everybody employed in it, whoever is new"
            " included; means of the months"
        )
        if months > _MOST_ROWS
        else say(
            "bookings of a month over the quota of everybody employed in it, whoever is new"
            " included"
        )
    )
    yield titled(say("Quota attainment in field sales"), table, Flowing(note, "dim"))


# ------------------------------------------------------------------ what may go wrong, what mends


def _stress(result: Hiring) -> RenderableType:
    metric = result.main[0]
    scale = Scale.of(metric, result.company.currency, result.stress["difference"])
    figure = figure_name(result.main)
    figure = say("{name}, {unit}", name=figure, unit=scale.unit) if scale.unit else figure
    table = grid(
        Column("", no_wrap=True), right(say("probability¦planning")), right(say("95 % interval")),
        right(say("change¦probability")), right(say("95 % interval")), _narrow(figure),
        right(say("95 % interval")),
    )  # fmt: skip
    for row in rows_of(result.stress):
        gap = _estimate(row, "difference", "difference_low", "difference_high")
        table.add_row(
            capital(say(str(row["stress"]))), percent(row["probability"]), _span(_chance(row)),
            _in_points(row["change"]), _points_span(row, "change_low", "change_high"),
            scale.number(gap.mean), scale.span(gap),
        )  # fmt: skip
    words = [
        say("{stress}: {words}", stress=say(str(row["stress"])), words=say(str(row["words"])))
        for row in rows_of(result.stress)
    ]
    note = say(
        "{stresses}. Changes in points and differences are against the plan, with the same luck;"
        " each interval stands alone, the sentences above hold for all together.",
        stresses=clauses(words),
    )
    return titled(say("If it goes worse than planned"), table, Flowing(note, "dim"))


def _relief(result: Hiring) -> RenderableType:
    cost = Scale.of("cost", result.company.currency, result.relief["cost"])
    table = grid(
        "", right(say("from month¦planning")), right(say("cost, {unit}", unit=cost.unit)),
        right(say("probability¦planning")), right(say("change¦probability")),
        right(say("95 % interval")),
    )  # fmt: skip
    for row in rows_of(result.relief):
        table.add_row(
            team_label(row["team"]), f"{int(row['month'])}", cost.number(row["cost"]),
            percent(row["probability"]), _in_points(row["gain"]),
            _points_span(row, "gain_low", "gain_high"),
        )  # fmt: skip
    note = say(
        "one more in one team as soon as somebody can start; cost over the run; change in points,"
        " with the same luck; each interval stands alone"
    )
    return titled(say("One more person¦planning"), table, Flowing(note, "dim"))


# ------------------------------------------------------------------ how things are shown


def spans(months: int) -> Iterator[tuple[int, int]]:
    """Return single months, or quarters if there are many; the last one may be shorter."""
    step = 1 if months <= _MOST_ROWS else _QUARTER
    for first in range(1, months + 1, step):
        yield first, min(first + step - 1, months)


def _narrow(heading: str) -> Column:
    """Return a column of numbers whose heading may take several lines."""
    return Column(Flowing(heading, "dim"), justify="right")


def _span_text(first: int, last: int) -> str:
    return f"{first}" if first == last else say("{low} to {high}", low=first, high=last)


def _known(value: Any) -> bool:
    return value is not None and math.isfinite(value)


def _estimate(row: Row, mean: str, low: str, high: str) -> Estimate:
    known = _known(row[low]) and _known(row[high])
    return Estimate(
        float(row[mean]), float(row[low]) if known else None, float(row[high]) if known else None, 2
    )


def _chance(row: Row) -> Estimate:
    return _estimate(row, "probability", "low", "high")


def _span(chance: Estimate) -> str:
    if chance.low is None or chance.high is None:
        return ""
    return say("{low} to {high}", low=points(chance.low), high=with_unit(points(chance.high), "%"))


def _in_points(change: float | None) -> str:
    return number(100.0 * change, 0) if change is not None and _known(change) else MISSING


def _points_span(row: Row, low: str, high: str) -> str:
    if not (_known(row[low]) and _known(row[high])):
        return ""
    return say("{low} to {high}", low=_in_points(row[low]), high=_in_points(row[high]))
