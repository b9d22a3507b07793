"""What the runs themselves show: the flow, where it degrades, queues, revenue, customers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from simulator.experiment.departures import COMPANY
from simulator.languages.messages import listed, say
from simulator.metrics import METRICS
from simulator.metrics.team_labels import team_label
from simulator.presentation.pictures.controls import month_slider, scenario_buttons
from simulator.presentation.pictures.dashboards import blame_picture
from simulator.presentation.pictures.heat_map import heat_map
from simulator.presentation.pictures.lines import course_chart
from simulator.presentation.pictures.sankey import biggest, sankey
from simulator.presentation.pictures.triangle import triangle_chart
from simulator.presentation.pictures.waterfall import waterfall_chart
from simulator.presentation.report_making import Making, named_metrics, of_each
from simulator.presentation.report_parts import (
    Block,
    Choice,
    Inlay,
    Pair,
    Part,
    Section,
    Switched,
    Words,
)
from simulator.presentation.views.bridges import waterfall
from simulator.presentation.views.courses import course, queues
from simulator.presentation.views.dashboards import blame
from simulator.presentation.views.degradation import heat
from simulator.presentation.views.flows import flow
from simulator.presentation.views.retention import retention, triangle
from simulator.presentation.views.shapes import Course, Floats

MOST_CELLS = 2500
"""Of maps and triangles of one kind on a page: each cell takes a third of a kilobyte."""
_MEASURES: tuple[Literal["buyers", "mrr"], ...] = ("buyers", "mrr")
_COURSES = ("wins", "logo_churn", "speed_to_lead", "claim_answer_days", "profit")


def run_sections(making: Making) -> list[Section]:
    """Return the sections that need the runs alone, in the order of reading."""
    found = [flow_section(making)]
    if making.others:
        found += [heat_section(making), blame_section(making)]
    found += [queues_section(making), courses_section(making)]
    found += [each for each in (bridge_section(making), retention_section(making)) if each]
    return found


def flow_section(making: Making) -> Section:
    """Return the flow of buyers, by number and by revenue, of every scenario."""
    names = making.names
    flows = {measure: [flow(each, measure) for each in making.results] for measure in _MEASURES}
    panes = []
    for place, name in enumerate(names):
        for kind, measure in enumerate(_MEASURES):
            shape = flows[measure][place]
            picture = sankey(shape, max(map(biggest, flows[measure])))
            first, last = shape.months
            caption = say(
                "{name}: mean of {runs} runs, months {first} to {last}. Blue goes onward, grey is"
                " lost, orange loops come back. What came into a box went on or is still in it.",
                name=name, runs=len(making.results[place].numbers), first=first, last=last,
            )  # fmt: skip
            panes.append(((place, kind), making.picture("flow", shape, picture, caption)))
    scenarios = tuple(Choice(name, place == len(names) - 1) for place, name in enumerate(names))
    one_off = making.last.scenario.sale == "one_off"
    widths = (
        Choice(say("Buyers¦report"), True),
        Choice(say("Price¦report" if one_off else "MRR¦report")),
    )
    questions = ((say("Scenario¦report"), scenarios), (say("Width¦report"), widths))
    switch = Switched("flow-switch", questions, tuple(panes))
    return Section("flow", say("Where buyers go"), (switch,))


def heat_section(making: Making) -> Section:
    """Return where and when each scenario departs from the reference."""
    parts: list[tuple[Part, ...]] = []
    names: list[str] = []
    room = MOST_CELLS
    for name in reversed(making.others):
        shape = heat(making.comparison, name)
        room -= len(shape.rows) * len(shape.months)
        if names and room < 0:
            break
        names.insert(0, name)
        caption = say(
            "{name} against {reference}, month by month: orange is worse, blue is better, by the"
            " size of the row. A dot: more than luck, over the months of its row.",
            name=name, reference=making.names[0],
        )  # fmt: skip
        rows = making.picture("degradation", shape, heat_map(shape), caption)
        named = dict.fromkeys(each.metric for each in shape.rows)
        inside = (_departed(making, name), *rows, *named_metrics(making, list(named)))
        parts.insert(0, inside)
    left = left_out(making.others, names)
    switched = (*of_each("heat-switch", say("Scenario¦report"), names, parts), *left)
    slider = Inlay(month_slider(1, max(round(making.comparison.months), 1)))
    return Section("degradation", say("Where it degrades, and when"), (slider, *switched))


def _departed(making: Making, name: str) -> Words:
    """Say in which month each department departs from the reference beyond luck."""
    table = making.comparison.departures
    rows = table[table["scenario"] == name]
    if not rows["tested"].any():
        return Words(say("When it departs cannot be told from one replication.¦report"))
    first = rows.dropna(subset="department_month").drop_duplicates("department")
    if first.empty:
        return Words(say("No department can be told to depart in any month.¦report"))
    said = [
        say("{team} in month {month}", team=_department(str(team)), month=f"{month:g}")
        for team, month in zip(first["department"], first["department_month"], strict=True)
    ]
    return Words(say(
        "{name} departs from {reference} beyond luck, over all series of a department, first:"
        " {list}.",
        name=name, reference=making.names[0], list=listed(said),
    ))  # fmt: skip


def _department(team: str) -> str:
    return say("the company¦department") if team == COMPANY else team_label(team)


def blame_section(making: Making) -> Section:
    """Return what each department's dashboard shows beside what the customer lived through."""
    parts = []
    for name in making.others:
        shape = blame(making.comparison, making.evidence.scenarios, name)
        readings = [
            *(each for board in shape.dashboards for each in board.readings),
            *shape.lived, *shape.company,
        ]  # fmt: skip
        named = list(dict.fromkeys(each.metric for each in readings))
        caption = say(
            "{name} against {reference}, each figure by the direction that it calls better. What a"
            " department is measured on is set in bold.",
            name=name, reference=making.names[0],
        )  # fmt: skip
        inside = (
            *making.picture("blame", shape, blame_picture(shape), caption),
            *named_metrics(making, named),
        )
        parts.append((Block(name, inside),))
    lead = Words(say(
        "Left: what each department sees on its own dashboard. Right: what became of the customer"
        " and of the company."
    ))  # fmt: skip
    switched = of_each("blame-switch", say("Scenario¦report"), making.others, parts)
    return Section("blame", say("Who looks good, and what the customer lived through"),
                   (lead, *switched))  # fmt: skip


def queues_section(making: Making) -> Section:
    """Return the queue of each team over the months."""
    parts: list[Part] = [Words(say(
        "Lines: means of the runs. Dark bands: 95 % interval of the mean. Light bands: 80 % of"
        " single runs lie there."
    ), "note"), *_buttons(making)]  # fmt: skip
    parts += _pairs([
        Block(team_label(shape.team), _course(making, "queues", shape, small=True))
        for shape in queues(making.results)
    ])  # fmt: skip
    return Section("queues", say("Who waits where"), tuple(parts))


def _buttons(making: Making) -> tuple[Part, ...]:
    """Return buttons that hide the lines of a scenario, where there are several."""
    return (Inlay(scenario_buttons(making.names)),) if making.others else ()


def _course(making: Making, section: str, shape: Course, small: bool = False) -> tuple[Part, ...]:
    caption = making.link(shape.metric) if shape.metric in METRICS else shape.label
    return making.picture(section, shape, course_chart(shape, small), caption)


def _pairs(blocks: Sequence[Part]) -> list[Part]:
    """Put parts side by side, two by two."""
    return [
        Pair((blocks[place],), tuple(blocks[place + 1 : place + 2]))
        for place in range(0, len(blocks), 2)
    ]


def courses_section(making: Making) -> Section:
    """Return recurring revenue and other key figures over the months."""
    one_off = making.last.scenario.sale == "one_off"
    wanted = ("revenue" if one_off else "mrr", *_COURSES)
    parts: list[Part] = [*_buttons(making)]
    small: list[Part] = []
    for metric in wanted:
        if metric not in METRICS or not METRICS[metric].monthly:
            continue
        shape = course(making.results, metric)
        if any(_has_values(band.mean) for band in shape.bands):
            first = len(parts) <= 1 and not small
            block = Block(METRICS[metric].label, _course(making, "courses", shape, not first))
            (parts if first else small).append(block)
    parts += _pairs(small)
    return Section("courses", say("Revenue and key figures month by month"), tuple(parts))


def _has_values(values: Floats) -> bool:
    return bool(np.isfinite(values).any())


def bridge_section(making: Making) -> Section | None:
    """Return what became of the recurring revenue; None of one-off sales."""
    parts = []
    for results in making.results:
        shape = waterfall(results)
        if shape is None:
            return None
        caption = say(
            "{name}: from the MRR at the start to the MRR at the end. The changes add up.",
            name=results.name,
        )
        inside = making.picture("bridge", shape, waterfall_chart(shape), caption)
        named = [step.id for step in shape.steps if step.id in METRICS]
        parts.append((*inside, *(named_metrics(making, named) if named else ())))
    switched = of_each("bridge-switch", say("Scenario¦report"), making.names, parts)
    return Section("bridge", say("What became of the MRR"), switched)


def retention_section(making: Making) -> Section | None:
    """Return how long customers stay, as curves and as triangles; None where nobody is one."""
    parts: list[Part] = []
    for metric in ("logo_retention", "revenue_retention"):
        curve = retention(making.results, metric)
        if curve is None:
            continue
        inside = list(making.picture("retention", curve, course_chart(curve), curve.label))
        inside += _triangles(making, metric)
        parts.append(Block(curve.label, tuple(inside)))
    if not parts:
        return None
    return Section("retention", say("How long customers stay"), tuple(parts))


def _triangles(making: Making, metric: str) -> tuple[Part, ...]:
    names: list[str] = []
    parts: list[tuple[Part, ...]] = []
    room = MOST_CELLS
    for results in reversed(making.results):
        shape = triangle(results, metric)
        if shape is None:
            continue
        room -= int(np.isfinite(shape.share).sum())
        if names and room < 0:
            break
        caption = say(
            "{name}: each row is a month of contract, each column an age in months.",
            name=results.name,
        )
        names.insert(0, results.name)
        parts.insert(0, making.picture("retention", shape, triangle_chart(shape), caption))
    if not names:
        return ()
    switched = of_each(f"triangle-{metric}", say("Scenario¦report"), names, parts)
    return (*switched, *left_out(making.names, names))


def left_out(every: Sequence[str], shown: Sequence[str]) -> tuple[Part, ...]:
    """Say of which scenarios there is no picture, for want of room."""
    missing = [name for name in every if name not in shown]
    if not missing:
        return ()
    said = say(
        "Not drawn here, to keep the page small enough for an e-mail: {names}. A report of fewer"
        " scenarios draws them.",
        names=listed(missing),
    )
    return (Words(said, "note"),)
