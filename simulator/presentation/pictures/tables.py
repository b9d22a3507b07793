"""The table behind every picture: the same numbers, written, and exact for machines."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from simulator.experiment.quantities import Scale
from simulator.languages.messages import marked, say
from simulator.metrics.team_labels import team_label
from simulator.presentation.figures import MISSING
from simulator.presentation.pictures.dashboards import verdict_of
from simulator.presentation.pictures.lines import has_outer
from simulator.presentation.report_parts import Cell, Column, Table, percent
from simulator.presentation.views.shapes import (
    Bar,
    Bars,
    Blame,
    Course,
    Flow,
    Heat,
    Reading,
    Shape,
    Spoke,
    Tornado,
    Triangle,
    Waterfall,
)

_KINDS = {"onward": marked("onward¦link"), "lost": marked("lost¦link"), "back": marked("back¦link")}


def tables_of(shape: Shape) -> tuple[Table, ...]:
    """Return the tables behind a picture.

    Parameters
    ----------
    shape : Shape
        Anything that a picture shows.
    """
    match shape:
        case Flow():
            return _places(shape), _links(shape)
        case Heat():
            return (_heat(shape),)
        case Course():
            return (_course(shape),)
        case Waterfall():
            return (_waterfall(shape),)
        case Triangle():
            return (_triangle(shape),)
        case Bars():
            return (_bars(shape),)
        case Blame():
            return (_blame(shape),)
        case Tornado():
            return (_tornado(shape),)


def _cell(value: float, scale: Scale) -> Cell:
    return Cell(scale.number(value), float(value) if math.isfinite(value) else None)


def _span(low: float, high: float, scale: Scale) -> Cell:
    if not (math.isfinite(low) and math.isfinite(high)):
        return Cell(MISSING)
    return Cell(say("{low} to {high}", low=scale.number(low), high=scale.number(high)))


def _numbers(*headings: str) -> list[Column]:
    return [Column(heading, "number") for heading in headings]


def _in_unit(scale: Scale) -> str:
    return say("In {unit}.", unit=scale.unit) if scale.unit else ""


def _with_unit(label: str, scale: Scale) -> str:
    return say("{label} ({unit})¦picture", label=label, unit=scale.unit) if scale.unit else label


def _yes_no(told: bool, tested: bool) -> Cell:
    if not tested and not told:
        return Cell(say("not tested¦picture"))
    return Cell(say("yes¦beyond luck") if told else say("no¦beyond luck"))


def _places(flow: Flow) -> Table:
    columns = [Column(say("place¦flow"))]
    columns += _numbers(say("came¦flow"), say("went on¦flow"), say("still there¦flow"))
    rows = [
        (Cell(node.label), *(_cell(each, flow.scale)
                             for each in (node.came, node.went, node.inside)))
        for node in flow.nodes
    ]  # fmt: skip
    caption = say("{scenario}: places, with those that were there at the start",
                  scenario=flow.scenario)  # fmt: skip
    return Table(caption, tuple(columns), tuple(rows), _in_unit(flow.scale))


def _links(flow: Flow) -> Table:
    names = {node.id: node.label for node in flow.nodes}
    columns = [Column(say("from¦flow")), Column(say("to¦flow")), Column(say("way¦flow"))]
    columns += _numbers(say("size¦flow"))
    rows = [
        (Cell(names[link.source]), Cell(names[link.target]),
         Cell(link.note or say(_KINDS[link.kind])), _cell(link.size, flow.scale))
        for link in flow.links
    ]  # fmt: skip
    caption = say("{scenario}: ways between places", scenario=flow.scenario)
    return Table(caption, tuple(columns), tuple(rows), _in_unit(flow.scale))


def _heat(heat: Heat) -> Table:
    columns = [
        Column(say("department¦picture")),
        Column(say("series¦picture")),
        Column(say("scenario¦picture")),
    ]
    columns += _numbers(*(say("month {month}¦column", month=month) for month in heat.months))
    rows = []
    for row in heat.rows:
        label = _with_unit(row.label, row.scale)
        for name, values in ((heat.scenario, row.values), (heat.reference, row.reference)):
            cells = [_cell(float(value), row.scale) for value in values]
            if name == heat.scenario:
                cells = [
                    _flagged(cell, float(worse), bool(told))
                    for cell, worse, told in zip(cells, row.worse, row.told, strict=True)
                ]
            rows.append((Cell(team_label(row.team)), Cell(label), Cell(name), *cells))
    caption = say("{scenario} against {reference} by month", scenario=heat.scenario,
                  reference=heat.reference)  # fmt: skip
    note = say(
        "An asterisk marks what differs beyond luck." if heat.tested
        else "Not tested: one run tells nothing from luck."
    )  # fmt: skip
    return Table(caption, tuple(columns), tuple(rows), note)


def _flagged(cell: Cell, worse: float, told: bool) -> Cell:
    if not told:
        return cell
    return Cell(f"{cell.text}*", cell.exact, "bad" if worse > 0.0 else "good")


def _course(course: Course) -> Table:
    columns = [Column(course.axis)]
    outer = has_outer(course)
    for band in course.bands:
        columns += _numbers(
            band.scenario,
            say("95 % interval of {name}¦picture", name=band.scenario),
        )
        if outer:
            columns += _numbers(say("80 % of runs of {name}¦picture", name=band.scenario))
    places = sorted({float(at) for band in course.bands for at in band.at})
    rows = []
    for place in places:
        row = [Cell(f"{place:g}", place)]
        for band in course.bands:
            here = np.flatnonzero(band.at == place)
            if not len(here):
                row += [Cell(MISSING)] * (3 if outer else 2)
                continue
            i = int(here[0])
            row += [
                _cell(float(band.mean[i]), course.scale),
                _span(float(band.low[i]), float(band.high[i]), course.scale),
            ]
            if outer:
                row.append(_span(float(band.outer_low[i]), float(band.outer_high[i]), course.scale))
        rows.append(tuple(row))
    caption = course.label
    # The label of a metric of one team begins with the team.
    if course.team and "." not in course.metric:
        caption = say("{team}: {label}¦picture", team=team_label(course.team), label=course.label)
    return Table(caption, tuple(columns), tuple(rows), _in_unit(course.scale))


def _waterfall(waterfall: Waterfall) -> Table:
    columns = [Column(say("step¦waterfall"))]
    columns += _numbers(say("amount¦waterfall"), say("95 % interval"))
    rows = [
        (Cell(step.label), _cell(step.value, waterfall.scale),
         _span(step.low, step.high, waterfall.scale))
        for step in waterfall.steps
    ]  # fmt: skip
    caption = say("{scenario}: from the MRR at the start to that at the end",
                  scenario=waterfall.scenario)  # fmt: skip
    return Table(caption, tuple(columns), tuple(rows), _in_unit(waterfall.scale))


def _triangle(triangle: Triangle) -> Table:
    columns = [Column(say("contract in month¦triangle"))]
    columns += _numbers(say("customers¦triangle"), *(f"{age:g}" for age in triangle.ages))
    rows = []
    for place, cohort in enumerate(triangle.cohorts):
        count = float(triangle.n[place])
        shares = [float(share) for share in triangle.share[place]]
        known = math.isfinite(count)
        rows.append((
            Cell(str(cohort) if cohort else say("at the start¦cohort"), float(cohort)),
            Cell(f"{count:,.1f}" if known else MISSING, count if known else None),
            *(Cell(percent(share), share if math.isfinite(share) else None) for share in shares),
        ))  # fmt: skip
    caption = say("{scenario}: {label} by months since the contract",
                  scenario=triangle.scenario, label=triangle.label)  # fmt: skip
    return Table(caption, tuple(columns), tuple(rows))


def _bars(bars: Bars) -> Table:
    noted = any(bar.note for bar in bars.bars)
    columns = [Column(say("what¦bars"))]
    columns += _numbers(bars.label, say("95 % interval"))
    columns.append(Column(say(
        "own 95 % interval excludes 0¦column" if bars.alone else "beyond luck¦column"
    )))  # fmt: skip
    columns += [Column(say("note¦column"), "wide")] if noted else []

    def row(bar: Bar) -> tuple[Cell, ...]:
        cells = (Cell(bar.label), _cell(bar.value, bars.scale),
                 _span(bar.low, bar.high, bars.scale), _yes_no(bar.told, bar.tested))  # fmt: skip
        return (*cells, Cell(bar.note)) if noted else cells

    shown: Sequence[Bar] = (*bars.bars, *([bars.total] if bars.total is not None else []))
    return Table(bars.title, tuple(columns), tuple(row(bar) for bar in shown),
                 _in_unit(bars.scale))  # fmt: skip


def _blame(blame: Blame) -> Table:
    columns = [Column(say("whose¦dashboard")), Column(say("figure¦column"))]
    columns += _numbers(blame.scenario, blame.reference, say("difference¦column"),
                        say("95 % interval"))  # fmt: skip
    columns.append(Column(say("verdict¦column")))

    def row(whose: str, reading: Reading) -> tuple[Cell, ...]:
        scale = reading.scale
        label = _with_unit(reading.label, scale)
        flag = {"better": "good", "worse": "bad"}.get(reading.verdict, "")
        return (
            Cell(whose), Cell(label, under=say("the measure¦dashboard") if reading.counts else ""),
            _cell(reading.value, scale), _cell(reading.reference, scale),
            _cell(reading.difference, scale), _span(reading.low, reading.high, scale),
            Cell(verdict_of(reading), flag=flag),
        )  # fmt: skip

    groups = [(team_label(each.team), each.readings) for each in blame.dashboards]
    groups += [(say("Customer¦dashboard"), blame.lived), (say("Company¦dashboard"), blame.company)]
    rows = tuple(row(whose, reading) for whose, readings in groups for reading in readings)
    caption = say("{scenario} against {reference}, dashboard by dashboard",
                  scenario=blame.scenario, reference=blame.reference)  # fmt: skip
    return Table(caption, tuple(columns), rows)


def _tornado(tornado: Tornado) -> Table:
    columns = [Column(say("assumption¦column")), Column(say("path¦column"), "code")]
    columns += _numbers(say("low end¦column"), say("result there¦low"), say("high end¦column"),
                        say("result there¦high"))  # fmt: skip
    columns += [Column(say(text)) for text in _LAST]

    def row(spoke: Spoke) -> tuple[Cell, ...]:
        return (
            Cell(spoke.label), Cell(spoke.key),
            Cell(spoke.low_input), _cell(spoke.at_low, tornado.scale),
            Cell(spoke.high_input), _cell(spoke.at_high, tornado.scale),
            _yes_no(spoke.told, tornado.tested), Cell(spoke.source or MISSING),
            Cell(spoke.trust or MISSING),
        )  # fmt: skip

    stated = tornado.scale.amount(tornado.at_default)
    note = say("As stated: {amount}.", amount=stated)
    return Table(
        say("{label} by assumption", label=tornado.label), tuple(columns),
        tuple(row(spoke) for spoke in tornado.spokes), note,
    )  # fmt: skip


_LAST = (
    marked("change beyond luck?¦column"), marked("source¦column"), marked("trust¦column"),
)  # fmt: skip
