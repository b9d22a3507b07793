"""What the runs themselves show: the flow, where it degrades, queues, revenue, customers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

import numpy as np
from markupsafe import Markup

from simulator.experiment.wording import paragraph
from simulator.languages.messages import listed, say
from simulator.metrics import METRICS
from simulator.metrics.team_labels import team_label
from simulator.presentation.pictures.controls import month_slider, scenario_buttons
from simulator.presentation.pictures.dashboards import blame_picture
from simulator.presentation.pictures.heat_map import heat_map
from simulator.presentation.pictures.lines import (
    MOST_BANDS,
    course_chart,
    gaps_said,
    has_outer,
)
from simulator.presentation.pictures.sankey import sankeys
from simulator.presentation.pictures.triangle import triangle_chart
from simulator.presentation.pictures.waterfall import waterfall_chart
from simulator.presentation.report_making import Making, named_metrics, of_each, sentence
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
from simulator.presentation.report_points import (
    service_and_churn,
    where_it_degrades,
    who_looks_good,
)
from simulator.presentation.report_way import said_of_few_runs, told_only_alone
from simulator.presentation.views.bridges import waterfall
from simulator.presentation.views.courses import course, queues
from simulator.presentation.views.dashboards import blame
from simulator.presentation.views.degradation import heat
from simulator.presentation.views.flows import flow
from simulator.presentation.views.retention import of_won, retention, triangle, what_counts
from simulator.presentation.views.shapes import Course, Floats

MOST_CELLS = 4300
"""Of all maps and triangles of a page together: each cell takes a sixth of a kilobyte."""
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
    pictures = dict(zip(_MEASURES, sankeys([flows[each] for each in _MEASURES]), strict=True))
    panes = []
    for place, name in enumerate(names):
        for kind, measure in enumerate(_MEASURES):
            shape = flows[measure][place]
            picture = pictures[measure][place]
            first, last = shape.months
            caption = say(
                "{name}: one run, months {first} to {last}. Blue goes onward, grey is lost, orange"
                " loops come back. What came into a box went on or is still in it."
                if len(making.results[place].numbers) == 1 else
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
    printed = Words(say(
        "Printed in the width that was chosen on the screen; each scenario below the other."
        if making.others else "Printed in the width that was chosen on the screen."
    ), "note printed")  # fmt: skip
    return Section("flow", say("Where buyers go"), (switch, printed))


def heat_section(making: Making) -> Section:
    """Return where and when each scenario departs from the reference."""
    parts: list[tuple[Part, ...]] = []
    names: list[str] = []
    named: dict[str, None] = {}
    kept, last = 2 * _cells_of_triangle(making), 1
    for name in reversed(making.others):
        shape = heat(making.comparison, name)
        last = max(last, *shape.months)
        if not making.takes(len(shape.rows) * len(shape.months), MOST_CELLS - kept, not names):
            break
        names.insert(0, name)
        caption = say(
            "{name} against {reference}, month by month: orange is worse, blue is better, by the"
            " size of the row. A dot: more than luck, over the months of its row; the sentence"
            " above asks for more, over all months of all series of a department."
            if shape.tested else
            "{name} against {reference}, month by month: orange is worse, blue is better, by the"
            " size of the row. Not tested: one run tells nothing from luck.",
            name=name, reference=making.names[0],
        )  # fmt: skip
        rows = making.picture("degradation", shape, heat_map(shape), caption)
        named |= dict.fromkeys(each.metric for each in shape.rows)
        point = Words(where_it_degrades(making.comparison, name))
        parts.insert(0, (point, *rows))
    switched = (
        *of_each("heat-switch", say("Scenario¦report"), names, parts),
        *left_out(making.others, names),
        *named_metrics(making, list(named)),
    )
    slider = Inlay(month_slider(1, last))
    return Section("degradation", say("Where it degrades, and when"), (slider, *switched))


def blame_section(making: Making) -> Section:
    """Return what each department's dashboard shows beside what the customer lived through."""
    parts = []
    named: dict[str, None] = {}
    for name in making.others:
        shape = blame(making.comparison, making.evidence.scenarios, name)
        readings = [
            *(each for board in shape.dashboards for each in board.readings),
            *shape.lived, *shape.company,
        ]  # fmt: skip
        named |= dict.fromkeys(each.metric for each in readings)
        caption = say(
            "{name} against {reference}. Of some figures more is better, of others less: each light"
            " goes by what is better of its own. What a department is measured on is set in bold.",
            name=name, reference=making.names[0],
        )  # fmt: skip
        alone = told_only_alone(making, shape)
        inside = (
            Words(who_looks_good(shape, making.currency), "lead"),
            *([Words(said_of_few_runs(making, alone), "warning")] if alone else []),
            *making.picture("blame", shape, blame_picture(shape), caption),
            *([Words(opposite)] if (opposite := service_and_churn(shape)) else []),
        )
        parts.append((Block(name, inside),))
    lead = Words(say(
        "First what each department sees on its own dashboard, then what became of the customer"
        " and of the company."
    ))  # fmt: skip
    switched = of_each("blame-switch", say("Scenario¦report"), making.others, parts)
    end = (Words(_corrected(making), "note"), *named_metrics(making, list(named)))
    return Section("blame", say("Who looks good, and what the customer lived through"),
                   (lead, *switched, *end))  # fmt: skip


def _corrected(making: Making) -> str:
    """Say by what rule a light is better or worse."""
    if len(making.comparison.numbers) < 2:
        return say("Not tested: one run tells nothing from luck.")
    return say(
        "Better and worse hold for all figures of this picture together (Holm's correction);"
        " {main} alone is asked first and uncorrected, as in the verdict.",
        main=METRICS[making.comparison.main].label,
    )


def queues_section(making: Making) -> Section:
    """Return the queue of each team over the months."""
    shapes = queues(making.results)
    parts: list[Part] = [Words(_lines(making, shapes), "note"), *_buttons(making)]
    parts += _pairs([
        Block(team_label(shape.team), _course(making, "queues", shape, small=True))
        for shape in shapes
    ])  # fmt: skip
    return Section("queues", say("Who waits where"), tuple(parts))


def _lines(making: Making, shapes: Sequence[Course]) -> str:
    """Say what lines are and the bands around them, where there are any."""
    if min(len(each.numbers) for each in making.results) < 2:
        return say("Lines: one run.")
    if len(making.names) > MOST_BANDS:
        return say("Lines: means of the runs.")
    if not any(has_outer(shape) for shape in shapes):
        return say("Lines: means of the runs. Bands: 95 % interval of the mean.")
    return say(
        "Lines: means of the runs. Dark bands: 95 % interval of the mean. Light bands: 80 % of"
        " single runs lie there."
    )


def _buttons(making: Making) -> tuple[Part, ...]:
    """Return buttons that hide the lines of a scenario, where there are several."""
    return (Inlay(scenario_buttons(making.names)),) if making.others else ()


def _course(making: Making, section: str, shape: Course, small: bool = False) -> tuple[Part, ...]:
    caption = making.link(shape.metric) if shape.metric in METRICS else shape.label
    return making.picture(section, shape, course_chart(shape, small), _footed(caption, shape))


def _footed(caption: str | Markup, shape: Course) -> str | Markup:
    """Add what gaps in the lines mean, where there are any."""
    said = paragraph(gaps_said(shape))
    return sentence(say("{what}. {more}¦caption"), what=caption, more=said) if said else caption


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
    large: list[Part] = []
    small: list[Part] = []
    for metric in wanted:
        if metric not in METRICS or not METRICS[metric].monthly:
            continue
        shape = course(making.results, metric)
        if any(_has_values(band.mean) for band in shape.bands):
            block = Block(METRICS[metric].label, _course(making, "courses", shape, bool(large)))
            (small if large else large).append(block)
    parts = (*_buttons(making), *large, *_pairs(small))
    return Section("courses", say("Revenue and key figures month by month"), parts)


def _has_values(values: Floats) -> bool:
    return bool(np.isfinite(values).any())


def bridge_section(making: Making) -> Section | None:
    """Return what became of the recurring revenue; None of one-off sales."""
    parts = []
    named: dict[str, None] = {}
    for results in making.results:
        shape = waterfall(results)
        if shape is None:
            return None
        caption = say(
            "{name}: from the MRR at the start to the MRR at the end. The changes add up.",
            name=results.name,
        )
        parts.append(making.picture("bridge", shape, waterfall_chart(shape), caption))
        named |= dict.fromkeys(step.id for step in shape.steps if step.id in METRICS)
    switched = of_each("bridge-switch", say("Scenario¦report"), making.names, parts)
    end = named_metrics(making, list(named)) if named else ()
    return Section("bridge", say("What became of the MRR"), (*switched, *end))


def retention_section(making: Making) -> Section | None:
    """Return how long customers stay, as curves and as triangles; None where nobody is one."""
    parts: list[Part] = []
    for metric in ("logo_retention", "revenue_retention"):
        curve = retention(making.results, metric)
        if curve is None:
            continue
        caption = making.link(metric, curve.label)
        inside = list(making.picture(
            "retention", curve, course_chart(curve), _footed(caption, curve)
        ))  # fmt: skip
        inside.append(Words(paragraph(what_counts(making.results)), "note"))
        kept = _cells_of_triangle(making) if metric == "logo_retention" else 0
        inside += _triangles(making, metric, kept)
        parts.append(Block(curve.label, tuple(inside)))
    if not parts:
        return None
    return Section("retention", say("How long customers stay"), tuple(parts))


def _cells_of_triangle(making: Making) -> int:
    """Return how much room the triangle of one scenario takes at most; one is always shown."""
    months = math.ceil(making.last.scenario.horizon.months)
    return months * (months + 1) // 2 if making.last.scenario.sale == "subscription" else 0


def _triangles(making: Making, metric: str, kept: int) -> tuple[Part, ...]:
    names: list[str] = []
    parts: list[tuple[Part, ...]] = []
    for results in reversed(making.results):
        every = triangle(results, metric)
        shape = None if every is None else of_won(every)
        if shape is None:
            continue
        cells = int(np.isfinite(shape.share).sum())
        if not making.takes(cells, MOST_CELLS - kept, not names):
            break
        names.insert(0, results.name)
        picture = triangle_chart(shape)
        parts.insert(0, making.picture("retention", shape, picture, results.name))
    if not names:
        return ()
    how = Words(say(
        "Each row is a month of contract, each column an age in months. The darker, the more is"
        " still there. Customers at the start are left out: how old they are is not their age in"
        " the run."
    ), "note")  # fmt: skip
    switched = of_each(f"triangle-{metric}", say("Scenario¦report"), names, parts)
    return (*switched, how, *left_out(making.names, names))


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
