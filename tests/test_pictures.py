"""Pictures for pages stay legible, escaped and within their frame, whatever they are given."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from markupsafe import Markup

from simulator.errors import ScenarioError
from simulator.experiment.quantities import Scale
from simulator.languages.languages import speaking
from simulator.metrics import METRICS
from simulator.organization.journal import Journal, Kind, Status
from simulator.organization.simulation import run
from simulator.presentation.pictures.bars import bars_chart
from simulator.presentation.pictures.controls import month_slider, scenario_buttons
from simulator.presentation.pictures.dashboards import blame_picture
from simulator.presentation.pictures.heat_map import heat_map, step_of
from simulator.presentation.pictures.journey import MOST_MOVES, flow_data
from simulator.presentation.pictures.lettering import (
    SIZE,
    SMALL,
    fitted,
    lines_of,
    spread,
    width_of,
)
from simulator.presentation.pictures.lines import (
    course_chart,
    gaps_said,
    month_ticks,
    rounded_ends,
)
from simulator.presentation.pictures.sankey import SIZES, laid_on_page, sankey, sankeys
from simulator.presentation.pictures.sankey_curves import numbered
from simulator.presentation.pictures.sankey_layout import Box, Ribbon, biggest
from simulator.presentation.pictures.tables import tables_of
from simulator.presentation.pictures.tornado import directions, tornado_chart
from simulator.presentation.pictures.triangle import triangle_chart
from simulator.presentation.pictures.waterfall import waterfall_chart
from simulator.presentation.vector_drawing import through
from simulator.presentation.views.shapes import (
    Band,
    Bar,
    Bars,
    Blame,
    Course,
    Dashboard,
    Flow,
    Heat,
    HeatRow,
    Link,
    Node,
    Reading,
    Shape,
    Spoke,
    Step,
    Tornado,
    Triangle,
    Waterfall,
)
from simulator.scenario.schema import Scenario

NAN = math.nan
PLAIN = Scale(1.0, 1, "")
MONEY = Scale(1e-6, 1, "M JPY")
SIDES = {"low-side", "high-side"}
ATTACK = "<script>alert(1)</script>"
LONG = "a scenario whose name goes on and on until nobody can read it any more, and further"
JAPANESE = "カスタマーサクセスだけが部門KPIで評価されているとても長い名前のシナリオ"
NAMES = (
    "divisional", ATTACK, LONG, JAPANESE, "=HYPERLINK(\"x\")", "a&b", "\x07bell", "x", "y", "z",
)  # fmt: skip


# ------------------------------------------------------------------ shapes to draw


def flow_of(name: str = "divisional", factor: float = 1.0) -> Flow:
    """Nine places with loops over one and over several columns, and ends in two columns."""
    start = {"field": 60.0, "customers": 400.0, "pool": 300.0}
    links = [
        Link(source, target, kind, factor * size)  # type: ignore[arg-type]
        for source, target, kind, size in (
            ("market", "marketing", "onward", 4200), ("marketing", "inside", "onward", 2900),
            ("marketing", "nurture", "onward", 700), ("inside", "field", "onward", 760),
            ("field", "customers", "onward", 210), ("marketing", "gone", "lost", 900),
            ("inside", "pool", "lost", 1100), ("inside", "gone", "lost", 420),
            ("field", "pool", "lost", 330), ("customers", "former", "lost", 130),
            ("nurture", "marketing", "back", 600), ("pool", "inside", "back", 520),
            ("pool", "marketing", "back", 160), ("former", "inside", "back", 9),
        )
    ]  # fmt: skip
    columns = {
        "market": 0, "marketing": 1, "inside": 2, "nurture": 2, "field": 3, "customers": 4,
        "pool": 3, "gone": 5, "former": 5,
    }  # fmt: skip
    labels = {"inside": JAPANESE, "pool": "Lost or turned away, may come back", "former": ATTACK}
    nodes = []
    for id_, column in columns.items():
        came = sum(link.size for link in links if link.target == id_) + factor * start.get(id_, 0)
        went = sum(link.size for link in links if link.source == id_)
        came = max(came, went)
        nodes.append(Node(id_, labels.get(id_, id_), column, "", came, went, came - went))
    return Flow(name, "buyers", tuple(nodes), tuple(links), Scale(1.0, 0, ""), (1, 18))


def course_of(count: int, months: int, missing: bool = False, flat: bool = False) -> Course:
    random = np.random.default_rng(7)
    bands = []
    for place in range(count):
        mean = np.full(months, 5.0) if flat else 40.0 + np.cumsum(random.normal(0.3, 1.0, months))
        if missing:
            mean[random.random(months) < 0.4] = NAN
            if place == 1:
                mean[:] = NAN
        half = np.zeros(months) if flat else np.full(months, 2.0)
        at = np.arange(1.0, months + 1.0)
        bands.append(
            Band(NAMES[place], at, mean, mean - half, mean + half, mean - 2 * half, mean + 2 * half)
        )
    return Course("mrr", "MRR", "field_sales", "month", PLAIN, tuple(bands))


def heat_of(months: int, name: str = "divisional") -> Heat:
    random = np.random.default_rng(3)
    rows = []
    for team in ("marketing", "inside_sales", "field_sales", '=HYPERLINK("x")'):
        worse = random.uniform(-1.0, 1.0, months)
        worse[random.random(months) < 0.2] = NAN
        told = np.abs(np.nan_to_num(worse)) > 0.5
        values = 3.0 + worse
        rows.append(
            HeatRow(team, "wait", "wait", LONG, values, np.full(months, 3.0), worse, told, PLAIN)
        )
    return Heat(name, "shared", tuple(range(1, months + 1)), tuple(rows))


def waterfall_of(*values: float) -> Waterfall:
    kinds = ["level", *["change"] * (len(values) - 2), "level"]
    steps = (
        Step(f"s{i}", LONG if i == 1 else f"step {i}", kind, value, 0.9 * value, 1.1 * value)  # type: ignore[arg-type]
        for i, (kind, value) in enumerate(zip(kinds, values, strict=True))
    )
    return Waterfall(ATTACK, tuple(steps), MONEY)


def triangle_of(months: int, value: Callable[[int, int], float]) -> Triangle:
    share = np.array([
        [value(row, age) if row + age <= months else NAN for age in range(months)]
        for row in range(months)
    ])  # fmt: skip
    places = tuple(range(months))
    count = np.full(months, 20.0)
    return Triangle(LONG, "logo_retention", "Logo retention", places, places, share, count)


def bars_of(*values: float) -> Bars:
    bars = tuple(
        Bar(f"b{i}", LONG if i % 2 else JAPANESE, "", value, value - 1e6, value + 1e6,
            abs(value) > 1e6, ATTACK if i == 0 else "")
        for i, value in enumerate(values)
    )  # fmt: skip
    total = Bar("total", "all", "", float(np.nansum(values)), NAN, NAN, True, "")
    return Bars("Whose KPI costs what", "mrr_end", "MRR at the end", bars, total, MONEY)


def tornado_of(default: float, *ends: tuple[float, float]) -> Tornado:
    spokes = tuple(
        Spoke(f"behavior.{i}", LONG if i else ATTACK, "0.5 and then some more", "180 days", low,
              high, bool(i % 2), "a paper", "low")
        for i, (low, high) in enumerate(ends)
    )  # fmt: skip
    return Tornado("mrr_end", "MRR", default, spokes, NAN, "It survives.", MONEY)


def blame_of(value: float = 3.0) -> Blame:
    def reading(verdict: str, counts: bool = False) -> Reading:
        return Reading("wait", ATTACK, value, 2.0, 1.0, 0.5, 1.5, verdict, counts, PLAIN)  # type: ignore[arg-type]

    readings = (reading("better", True), reading("alike"), reading("worse"), reading("open"))
    teams = ("marketing", "inside_sales", "field_sales", "customer_success")
    dashboards = tuple(Dashboard(team, LONG, readings) for team in teams)
    return Blame("divisional", "shared", dashboards, (reading("worse"),), (reading("worse"),))


def everything() -> dict[str, tuple[Shape, Callable[[Any], Markup]]]:
    """Every picture, of what is ordinary and of what is hard to draw."""
    return {
        "flow": (flow_of(), sankey),
        "flow of very much": (flow_of(factor=1e9), sankey),
        "flow of nothing": (flow_of(factor=0.0), sankey),
        "flow with the unknown": (
            replace(flow_of(), nodes=tuple(
                replace(node, came=NAN, went=NAN, inside=NAN) for node in flow_of().nodes)), sankey,
        ),
        "flow of one place": (replace(flow_of(), nodes=flow_of().nodes[:1], links=()), sankey),
        "heat of two months": (heat_of(2), heat_map),
        "heat of five years": (heat_of(60, LONG), heat_map),
        "heat of nothing": (Heat("a", "b", (), ()), heat_map),
        "one scenario": (course_of(1, 18), course_chart),
        "three scenarios": (course_of(3, 18), course_chart),
        "ten scenarios of five years": (course_of(10, 60), course_chart),
        "ten small ones": (course_of(10, 60), lambda shape: course_chart(shape, small=True)),
        "missing values": (course_of(3, 24, missing=True), course_chart),
        "many missing values": (course_of(10, 24, missing=True), course_chart),
        "zero variance": (course_of(2, 12, flat=True), course_chart),
        "one month": (course_of(2, 1), course_chart),
        "no scenario": (course_of(0, 1), course_chart),
        "bridge": (waterfall_of(50e6, 20e6, -30e6, 4e6, 44e6), waterfall_chart),
        "bridge below zero": (waterfall_of(-5e6, -20e6, 3e6, -22e6), waterfall_chart),
        "bridge of nothing": (waterfall_of(0.0, 0.0, 0.0), waterfall_chart),
        "bridge of the unknown": (waterfall_of(NAN, 1e6, NAN, NAN), waterfall_chart),
        "cohorts": (triangle_of(12, lambda row, age: 0.97**age), triangle_chart),
        "cohorts of five years": (triangle_of(60, lambda row, age: 1.01**age), triangle_chart),
        "cohorts that all stay": (triangle_of(6, lambda row, age: 1.0), triangle_chart),
        "cohorts never seen": (triangle_of(6, lambda row, age: NAN), triangle_chart),
        "bars": (bars_of(-4e6, 0.5e6, 2e6), bars_chart),
        "bars of nothing": (bars_of(0.0, 0.0), bars_chart),
        "bars of the unknown": (bars_of(NAN, NAN), bars_chart),
        "bar alone": (replace(bars_of(3e6), total=None), bars_chart),
        "tornado": (tornado_of(-6e6, (-9e6, -2e6), (-7e6, -5e6), (-6.5e6, NAN)), tornado_chart),
        "tornado on one side": (tornado_of(5e6, (6e6, 9e6), (5e6, 5e6)), tornado_chart),
        "tornado of the unknown": (tornado_of(NAN, (NAN, NAN)), tornado_chart),
        "blame": (blame_of(), blame_picture),
        "blame of the unknown": (blame_of(NAN), blame_picture),
    }  # fmt: skip


SHAPES = everything()


@pytest.fixture(params=["en", "ja"])
def language(request: pytest.FixtureRequest) -> Iterator[str]:
    with speaking(request.param):
        yield request.param


def parsed(markup: Markup) -> ElementTree.Element:
    return ElementTree.fromstring(str(markup))


# ------------------------------------------------------------------ what holds of all


@pytest.mark.parametrize("name", SHAPES)
def test_a_picture_is_sound_and_holds_no_foreign_markup(name: str, language: str) -> None:
    shape, draw = SHAPES[name]
    markup = draw(shape)
    tree = parsed(markup)
    tags = {element.tag for element in tree.iter()}
    assert "script" not in tags
    assert "<script" not in markup
    for element in tree.iter():
        for key, value in element.attrib.items():
            assert not key.startswith("on")
            if not key.startswith(("aria-", "data-")):
                assert not re.search(r"\b(nan|inf)\b", value.lower()), (element.tag, key, value)


def _letters(element: ElementTree.Element) -> float:
    small = {"tick", "axis-name", "size"}
    return SMALL if small & set(element.get("class", "").split()) else SIZE


@pytest.mark.parametrize("name", [each for each in SHAPES if not each.startswith("blame")])
def test_all_words_stay_inside_the_picture(name: str, language: str) -> None:
    shape, draw = SHAPES[name]
    tree = parsed(draw(shape))
    _, _, width, height = (float(each) for each in tree.attrib["viewBox"].split())
    for element in tree.iter("text"):
        words, x, y = element.text or "", float(element.attrib["x"]), float(element.attrib["y"])
        long = width_of(words, _letters(element))
        start = {"end": x - long, "middle": x - long / 2.0}.get(element.get("text-anchor", ""), x)
        assert start >= -1.0, words
        assert start + long <= width + 1.0, words
        assert 8.0 <= y <= height, words


@pytest.mark.parametrize("name", SHAPES)
def test_the_same_numbers_stand_in_a_table(name: str, language: str) -> None:
    shape, _ = SHAPES[name]
    tables = tables_of(shape)
    assert tables
    for table in tables:
        assert all(len(row) == len(table.columns) for row in table.rows), table.caption
        for row in table.rows:
            for cell in row:
                assert cell.exact is None or math.isfinite(cell.exact)
                assert "nan" not in str(cell.text).lower()


def _exact(shape: Shape) -> set[float]:
    return {
        cell.exact for table in tables_of(shape) for row in table.rows for cell in row
        if cell.exact is not None
    }  # fmt: skip


def test_tables_hold_the_raw_numbers() -> None:
    course = course_of(2, 6)
    assert {float(value) for band in course.bands for value in band.mean} <= _exact(course)
    flow = flow_of()
    assert {link.size for link in flow.links} <= _exact(flow)
    assert {node.inside for node in flow.nodes} <= _exact(flow)
    bridge = waterfall_of(50e6, 20e6, 70e6)
    assert {50e6, 20e6, 70e6} <= _exact(bridge)


# ------------------------------------------------------------------ flows


def test_flows_are_as_wide_as_they_are_many() -> None:
    layout = laid_on_page(flow_of())
    shown = {(each.link.source, each.link.target): each for each in layout.ribbons}
    large, half = shown["market", "marketing"], shown["inside", "field"]
    assert large.width / half.width == pytest.approx(4200 / 760)
    assert shown["former", "inside"].thin


def test_what_goes_back_is_drawn_as_a_loop_over_the_top_and_in_again_on_the_left() -> None:
    layout = laid_on_page(flow_of())
    boxes = {box.node.id: box for box in layout.boxes}
    loops = [each for each in layout.ribbons if each.link.kind == "back"]
    assert len(loops) == 4
    for loop in loops:
        source, target = boxes[loop.link.source], boxes[loop.link.target]
        assert loop.start[0] == source.right
        assert loop.end[0] == target.x
        assert loop.turns[0] > source.right
        assert loop.turns[1] < target.x
        assert loop.lane + loop.width / 2.0 < min(box.y for box in layout.boxes)
    tree = parsed(sankey(flow_of()))
    assert len([each for each in tree.iter("path") if each.get("class") == "loop"]) == 4
    assert len([each for each in tree.iter("polygon") if each.get("class") == "head"]) == 4


def test_loops_keep_apart() -> None:
    loops = [each for each in laid_on_page(flow_of()).ribbons if each.looped]
    for place, one in enumerate(loops):
        for other in loops[place + 1 :]:
            touch = (one.width + other.width) / 2.0
            assert abs(one.lane - other.lane) >= touch
            assert abs(one.turns[0] - other.turns[0]) >= touch
            assert abs(one.turns[1] - other.turns[1]) >= touch


def test_ribbons_meet_the_edges_of_their_boxes_without_overlap() -> None:
    layout = laid_on_page(flow_of())
    boxes = {box.node.id: box for box in layout.boxes}
    for id_, box in boxes.items():
        for ends in (
            [(y, each.width) for each in layout.ribbons
             for id_of, (x, y) in ((each.link.source, each.start), (each.link.target, each.end))
             if id_of == id_ and x == edge]
            for edge in (box.x, box.right)
        ):  # fmt: skip
            edges = sorted((y - wide / 2.0, y + wide / 2.0) for y, wide in ends)
            assert all(a[1] <= b[0] + 1e-6 for a, b in pairwise(edges))
            assert not edges or edges[0][0] >= box.y
            assert not edges or edges[-1][1] <= box.y + box.height + 1e-6


def test_boxes_do_not_overlap_and_hold_their_words(language: str) -> None:
    layout = laid_on_page(flow_of())
    for place, one in enumerate(layout.boxes):
        for other in layout.boxes[place + 1 :]:
            apart = (
                one.right <= other.x or other.right <= one.x
                or one.bottom <= other.y or other.bottom <= one.y
            )  # fmt: skip
            assert apart, (one.node.id, other.node.id)
    for group in parsed(sankey(flow_of())).iter("g"):
        if "node" not in group.get("class", "").split():
            continue
        (box,) = [each for each in group.iter("rect") if each.get("class") == "box"]
        left, top = float(box.attrib["x"]), float(box.attrib["y"])
        for words in group.iter("text"):
            assert float(words.attrib["x"]) + width_of(words.text or "", 12.0) <= left + SIZES.box
            assert top < float(words.attrib["y"]) < top + float(box.attrib["height"])


def test_numbers_on_ribbons_do_not_meet() -> None:
    words = [each for each in parsed(sankey(flow_of())).iter("text") if each.get("class") == "size"]
    assert len(words) >= 8
    places = []
    for each in words:
        half = width_of(each.text or "", SMALL) / 2.0
        x, y = float(each.attrib["x"]), float(each.attrib["y"])
        places.append((x - half, y - 8.0, x + half, y + 2.0))
    for place, one in enumerate(places):
        for other in places[place + 1 :]:
            assert (
                one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
            )


def test_several_flows_can_be_drawn_in_one_scale() -> None:
    small, large = flow_of("a"), flow_of("b", factor=2.0)
    most = max(biggest(small), biggest(large))

    def first(flow: Flow) -> float:
        return laid_on_page(flow, most).ribbons[0].width

    assert first(large) / first(small) == pytest.approx(2.0)


def test_columns_stay_where_they_are_when_scenario_and_measure_are_switched() -> None:
    loops_only = replace(flow_of("c"), links=flow_of("c").links[-4:])
    drawn = sankeys([[flow_of("a"), flow_of("b", factor=2.0)], [loops_only]])
    trees = [parsed(each) for group in drawn for each in group]
    assert len({tree.attrib["viewBox"].split()[2] for tree in trees}) == 1
    columns = [{each.attrib["x"] for each in tree.iter("rect") if each.get("class") == "box"}
               for tree in trees]  # fmt: skip
    assert columns[0] == columns[1] == columns[2]
    alone = {parsed(sankey(each)).attrib["viewBox"].split()[2] for each in (flow_of(), loops_only)}
    assert len(alone) == 2


def meets(x: float, y: float, room: tuple[float, float], box: Box) -> bool:
    across = abs(x - (box.x + box.right) / 2.0) < (room[0] + box.width) / 2.0
    return across and abs(y - (box.y + box.bottom) / 2.0) < (room[1] + box.height) / 2.0


def test_numbers_stand_on_their_own_ribbon_and_on_no_box() -> None:
    layout = laid_on_page(flow_of())
    room = (30.0, 12.0)
    found = numbered(layout, lambda ribbon: room)
    assert len(found) >= 12
    for ribbon, (x, y) in found:
        assert not any(meets(x, y, room, box) for box in layout.boxes)
        if ribbon.looped:
            assert y == ribbon.lane
            assert ribbon.turns[1] < x < ribbon.turns[0]
        else:
            low, high = sorted((ribbon.start[1], ribbon.end[1]))
            assert ribbon.start[0] < x < ribbon.end[0]
            assert low <= y <= high


def test_a_wide_ribbon_that_passes_where_loops_turn_carries_its_number() -> None:
    """Inside sales hands over hundreds beside a loop that turns between it and field sales."""
    wide = replace(flow_of(), links=tuple(
        replace(link, size=2600.0) if link.source == "nurture" else link
        for link in flow_of().links))  # fmt: skip
    layout = laid_on_page(wide)

    def room(ribbon: Ribbon) -> tuple[float, float]:
        return width_of("1,234", SMALL) + 3.0, 16.0

    numbers = {(ribbon.link.source, ribbon.link.target) for ribbon, _ in numbered(layout, room)}
    assert ("inside", "field") in numbers


def test_where_buyers_are_lost_stands_below_what_their_ribbons_would_run_behind() -> None:
    nodes = sorted(flow_of().nodes, key=lambda node: node.id == "gone")
    layout = laid_on_page(replace(flow_of(), nodes=tuple(nodes)))
    boxes = {box.node.id: box for box in layout.boxes}
    # Most of those who are gone come from marketing and inside sales, past the columns between.
    assert boxes["gone"].y >= max(boxes[each].bottom for each in ("nurture", "field", "customers"))
    # Former customers come from the column before: they stand beside it.
    assert boxes["former"].y < boxes["customers"].bottom


def test_nothing_that_turns_beside_a_box_leaves_the_picture() -> None:
    flow = flow_of()
    hooked = replace(flow, links=(*flow.links, Link("former", "gone", "lost", 50.0)))
    for shown in (flow, hooked):
        layout = laid_on_page(shown)
        for ribbon in layout.ribbons:
            if ribbon.looped:
                assert ribbon.turns[1] - ribbon.width / 2.0 > 0.0
                assert ribbon.turns[0] + ribbon.width / 2.0 < layout.width
            if ribbon.hooked:
                (edge, _), (end, _) = ribbon.start, ribbon.end
                beyond = min((box.x for box in layout.boxes if box.x > edge), default=layout.width)
                assert edge == end
                assert edge + SIZES.reach(ribbon.width) <= beyond
    assert sum(ribbon.hooked for ribbon in laid_on_page(hooked).ribbons) == 2


def test_arrowheads_of_loops_have_room_above_each_other() -> None:
    for box in laid_on_page(flow_of()).boxes:
        heads = sorted(
            (each.end[1] - (each.width + SIZES.wings) / 2.0,
             each.end[1] + (each.width + SIZES.wings) / 2.0)
            for each in laid_on_page(flow_of()).ribbons
            if each.looped and each.link.target == box.node.id
        )  # fmt: skip
        assert all(one[1] <= other[0] + 1e-6 for one, other in pairwise(heads))
        assert not heads or heads[0][0] >= box.y


# ------------------------------------------------------------------ lines


@pytest.mark.parametrize("small", [False, True])
@pytest.mark.parametrize("name", ["ten scenarios of five years", "many missing values"])
def test_names_at_the_ends_of_lines_do_not_overlap(name: str, small: bool) -> None:
    tree = parsed(course_chart(SHAPES[name][0], small))  # type: ignore[arg-type]
    heights = sorted(
        float(words.attrib["y"]) for group in tree.iter("g") for words in group.iter("text")
    )
    assert len(heights) == 10
    assert min(np.diff(heights)) >= SIZE


def test_every_scenario_can_be_told_from_the_others_and_hidden() -> None:
    tree = parsed(course_chart(course_of(10, 12)))
    lines = [each for each in tree.iter("g") if each.find("path[@class='line']") is not None]
    assert [each.get("data-scenario") for each in lines] == [str(i) for i in range(10)]
    assert len({each.get("class") for each in lines}) == 10


def test_bands_are_drawn_of_a_few_scenarios_only() -> None:
    assert str(course_chart(course_of(3, 12))).count('class="inner-band"') == 3
    assert "inner-band" not in course_chart(course_of(4, 12))


def test_a_gap_in_the_values_is_a_gap_in_the_line() -> None:
    course = course_of(1, 5)
    band = course.bands[0]
    mean = band.mean.copy()
    mean[2] = NAN
    tree = parsed(course_chart(replace(course, bands=(replace(band, mean=mean),))))
    lines = [each for each in tree.iter("path") if each.get("class") == "line"]
    assert [len(points_of(each.attrib["d"])) for each in lines] == [2, 2]


def points_of(way: str) -> list[tuple[float, float]]:
    """Read the points of a way of which each begins where the one before it ends."""
    numbers = [float(each) for each in re.findall(r"-?[\d.]+", way)]
    moves = np.array(numbers).reshape(-1, 2)
    return [(float(x), float(y)) for x, y in np.cumsum(moves, axis=0)]


def test_a_way_through_many_points_does_not_drift() -> None:
    random = np.random.default_rng(1)
    points = [(float(x), float(y)) for x, y in 1000.0 * random.random((500, 2))]
    assert np.abs(np.array(points_of(through(points))) - points).max() <= 0.05 + 1e-6


def with_band(**parts: Any) -> Course:
    course = course_of(1, 6)
    return replace(course, bands=(replace(course.bands[0], **parts),))


def test_months_alone_are_drawn_as_thin_marks() -> None:
    course = course_of(1, 6)
    known = np.array([1.0, NAN, 1.0, 1.0, NAN, NAN])
    band = course.bands[0]
    gaps = with_band(
        mean=band.mean * known, outer_low=band.outer_low * known, outer_high=band.outer_high * known
    )
    tree = parsed(course_chart(gaps))
    assert len([each for each in tree.iter("circle") if each.get("class") == "point"]) == 1
    assert len([each for each in tree.iter("line") if each.get("class") == "outer-band-line"]) == 1
    (band_,) = (each for each in tree.iter("path") if each.get("class") == "outer-band")
    assert len(points_of(band_.attrib["d"].rstrip("z"))) == 4


def test_a_chart_says_what_a_gap_means_where_there_is_one() -> None:
    whole = course_of(1, 6)
    mean = whole.bands[0].mean
    late, hole = mean.copy(), mean.copy()
    late[-2:], hole[2] = NAN, NAN
    follows = next(name for name, each in METRICS.items() if each.followed and each.monthly)
    soon = (
        "Where a line has a gap or ends early, at least one run ended too soon to see how long it"
        " takes, or there was no case."
    )
    gap = "Where a line has a gap or ends early, no run has a value."
    light = "Where a light band has a gap or ends early, fewer than ten runs have a value."
    assert gaps_said(whole) == ()
    assert gaps_said(with_band(mean=hole)) == (gap,)
    assert gaps_said(with_band(mean=late)) == (gap,)
    for mean_ in (late, hole):
        assert gaps_said(replace(with_band(mean=mean_), metric=follows)) == (soon,)
    assert gaps_said(with_band(outer_low=np.where(np.isfinite(hole), mean, NAN))) == (light,)
    assert gaps_said(with_band(mean=np.full(6, NAN))) == ()


def test_a_line_that_ends_early_is_named_where_it_ends() -> None:
    course = course_of(1, 6)
    mean = course.bands[0].mean.copy()
    mean[3:] = NAN
    tree = parsed(course_chart(with_band(mean=mean)))
    (line,) = (each for each in tree.iter("path") if each.get("class") == "line")
    (thread,) = (each for each in tree.iter("polyline") if each.get("class") == "thread early")
    x, y = map(float, thread.attrib["points"].split()[0].split(","))
    end = points_of(line.attrib["d"])[-1]
    assert x - end[0] == pytest.approx(2.0, abs=0.2)
    assert y == pytest.approx(end[1], abs=0.2)


def test_each_month_tells_all_its_values() -> None:
    tree = parsed(course_chart(course_of(2, 3)))
    (columns,) = (each for each in tree.iter("g") if each.get("class") == "marks columns")
    assert columns.get("data-each") == "1 2 3"
    assert len(columns) == 3
    title = columns[0].find("title")
    assert title is not None
    assert title.text is not None
    assert [line.split(":")[0] for line in title.text.split("\n")] == [
        "month", "divisional", ATTACK
    ]  # fmt: skip


def test_an_axis_never_promises_values_below_zero_that_cannot_be() -> None:
    course = course_of(1, 4)
    band = replace(course.bands[0], mean=np.full(4, 2.0), low=np.full(4, -5.0),
                   outer_low=np.zeros(4))  # fmt: skip
    assert ">-" not in course_chart(replace(course, bands=(band,)))
    negative = replace(band, outer_low=np.full(4, -3.0))
    assert ">-" in course_chart(replace(course, bands=(negative,)))


@pytest.mark.parametrize(
    ("low", "high", "ends"),
    [(40.0, 60.0, (40.0, 60.0)), (5.0, 60.0, (0.0, 60.0)), (-60.0, -5.0, (-60.0, 0.0))],
)
def test_an_axis_begins_at_zero_where_that_is_near(
    low: float, high: float, ends: tuple[float, float]
) -> None:
    assert rounded_ends(low, high) == ends


@pytest.mark.parametrize(("months", "most"), [(1, 7), (18, 14), (60, 14), (60, 2)])
def test_months_are_thinned(months: int, most: int) -> None:
    named = month_ticks(1, months, most)
    assert 1 <= len(named) <= most + 1
    assert all(1 <= month <= months for month in named)


# ------------------------------------------------------------------ heat, cohorts and bars


def test_colours_of_the_heat_map_part_in_the_middle() -> None:
    assert step_of(0.0) == 0
    assert [step_of(each) for each in (-1.0, -0.1, 0.1, 1.0)] == [-4, -1, 1, 4]


def test_a_heat_map_says_by_more_than_colour_what_is_beyond_luck_and_what_is_missing() -> None:
    heat = heat_of(24)
    markup = str(heat_map(heat))
    told = sum(int(row.told.sum()) for row in heat.rows)
    missing = sum(int(np.isnan(row.worse).sum()) for row in heat.rows)
    assert told > 0
    assert missing > 0
    # One more of each in the key.
    assert markup.count("<circle") == told + 1
    assert markup.count('class="hatch"') == missing + 1


def test_bars_of_a_bridge_hang_on_each_other() -> None:
    tree = parsed(waterfall_chart(waterfall_of(50e6, 20e6, -30e6, 40e6)))
    bars = [each for each in tree.iter("rect") if "mark" in each.get("class", "")]
    top = [float(each.attrib["y"]) for each in bars]
    bottom = [float(each.attrib["y"]) + float(each.attrib["height"]) for each in bars]
    assert bottom[1] == pytest.approx(top[0], abs=0.2)
    assert top[2] == pytest.approx(top[1], abs=0.2)
    assert top[3] == pytest.approx(bottom[2], abs=0.2)
    looks = [each.attrib["class"].split()[-1] for each in bars]
    assert looks == ["level", "up", "down", "level"]


def test_bars_within_luck_are_hollow() -> None:
    tree = parsed(bars_chart(bars_of(-4e6, 0.5e6)))
    bars = [each.attrib["class"] for each in tree.iter("rect")]
    assert bars == ["mark down", "mark up hollow", "mark level"]


def test_a_light_says_its_verdict_in_a_word_a_sign_and_a_colour() -> None:
    tree = parsed(blame_picture(blame_of()))
    items = list(tree.iter("li"))
    assert len(items) == 4 * 4 + 2
    first = items[0]
    light = first.find("svg")
    assert light is not None
    assert light.get("class") == "light better"
    assert "better" in "".join(first.itertext())
    signs = {
        path.attrib["d"] for item in items[:4] for path in item.iter("path")
    }  # fmt: skip
    assert len(signs) == 4
    words = ["".join(item.itertext()) for item in items[:4]]
    assert "exactly the same" in words[1]
    assert "cannot be told from luck" in words[3]


def untested(reading: Reading) -> Reading:
    return replace(reading, low=NAN, high=NAN, verdict="open")


def test_of_one_run_nothing_is_said_of_luck(language: str) -> None:
    blame = blame_of()
    boards = tuple(
        replace(board, readings=tuple(map(untested, board.readings))) for board in blame.dashboards
    )
    bars = bars_of(-4e6, 0.5e6)
    alone = tuple(replace(bar, low=NAN, high=NAN, told=False) for bar in bars.bars)
    heat = heat_of(12)
    rows = tuple(replace(row, told=np.zeros(12, dtype=np.bool_)) for row in heat.rows)
    tornado = tornado_of(5e6, (6e6, 9e6))
    shapes: list[tuple[Shape, Callable[[Any], Markup]]] = [
        (replace(blame, dashboards=boards, lived=(), company=()), blame_picture),
        (replace(bars, bars=alone, total=None), bars_chart),
        (replace(heat, rows=rows, tested=False), heat_map),
        (replace(tornado, tested=False), tornado_chart),
    ]
    for shape, draw in shapes:
        written = str(draw(shape)) + " ".join(
            f"{table.note} {[cell.text for row in table.rows for cell in row]}"
            for table in tables_of(shape)
        )
        for claim in ("within luck", "beyond luck", "cannot be told", "95 % interval does",
                      "偶然の範囲内", "偶然を超える"):  # fmt: skip
            assert claim not in written, (type(shape), claim)
        assert ("検定なし" if language == "ja" else "not tested") in written.lower()


def test_what_is_told_by_its_own_interval_says_so() -> None:
    bars = replace(bars_of(-4e6, 0.5e6), alone=True)
    markup = str(bars_chart(bars))
    assert "its own 95 % interval does not exclude 0" in markup
    assert "luck" not in markup
    headings = [column.heading for table in tables_of(bars) for column in table.columns]
    assert "own 95 % interval excludes 0" in headings
    assert "beyond luck" not in headings


def test_a_hollow_bar_of_a_tornado_is_a_change_that_may_be_luck() -> None:
    tornado = tornado_of(5e6, (6e6, 9e6))
    assert "the change from the stated value may be luck" in str(tornado_chart(tornado))
    (table,) = tables_of(tornado)
    assert "change beyond luck?" in [column.heading for column in table.columns]


@pytest.mark.parametrize(("low", "high", "sides"), [
    (-1.0, 2.0, (-1, 1)), (2.0, -1.0, (1, -1)), (1.0, 2.0, (1, 1)), (-1.0, -2.0, (-1, -1)),
    (0.0, 2.0, (-1, 1)), (0.0, -2.0, (1, -1)), (-2.0, 0.0, (-1, 1)), (2.0, 0.0, (1, -1)),
    (0.0, 0.0, (-1, 1)), (NAN, 2.0, (-1, 1)), (NAN, -2.0, (1, -1)), (NAN, NAN, (-1, 1)),
])  # fmt: skip
def test_an_end_that_changes_nothing_goes_where_the_other_does_not(
    low: float, high: float, sides: tuple[int, int]
) -> None:
    assert directions(low, high) == sides


@pytest.mark.parametrize("ends", [(6e6, 9e6), (9e6, 6e6), (4e6, 1e6), (1e6, 4e6)])
def test_ends_on_one_side_stand_below_each_other_each_with_its_setting_at_its_own_end(
    ends: tuple[float, float],
) -> None:
    spoke = Spoke("a.b", "an assumption", "its low", "its high", *ends, True, "", "")
    tornado = Tornado("mrr_end", "MRR", 5e6, (spoke,), NAN, "", MONEY)
    tree = parsed(tornado_chart(tornado))
    low, high = [each for each in tree.iter("rect") if each.get("class") in SIDES][:2]
    assert float(low.attrib["y"]) + float(low.attrib["height"]) <= float(high.attrib["y"])
    for bar, words in ((low, "its low"), (high, "its high")):
        (text,) = (each for each in tree.iter("text") if each.text == words)
        left, top, wide, tall = (float(bar.attrib[k]) for k in ("x", "y", "width", "height"))
        at = float(text.attrib["x"])
        assert at == pytest.approx(left - 5.0 if ends[0] < 5e6 else left + wide + 5.0, abs=0.2)
        assert top < float(text.attrib["y"]) <= top + tall
        assert "backed" in text.attrib["class"]


def test_a_tornado_says_which_colour_is_which_end() -> None:
    tree = parsed(tornado_chart(tornado_of(5e6, (6e6, 9e6))))
    words = [each.text for each in tree.iter("text")]
    looks = [each.get("class") for each in tree.iter("rect")]
    assert words.index("low end of the assumption") < words.index("high end of the assumption")
    assert looks[-2:] == ["low-side", "high-side"]


def test_a_revaluation_is_no_loss() -> None:
    flow = flow_of()
    note = "revaluation: for a test"
    links = (replace(flow.links[8], note=note), *flow.links[9:])
    shown = replace(flow, links=links)
    titles = [each.text or "" for each in parsed(sankey(shown)).iter("title")]
    (told,) = (each for each in titles if note in each)
    assert "lost" not in told
    table = tables_of(shown)[1]
    assert table.rows[0][2].text == note


def test_no_line_stands_at_the_bottom_of_an_axis_that_does_not_begin_at_zero() -> None:
    def baselines(low: float) -> int:
        course = course_of(1, 4)
        mean = np.linspace(low, 100.0, 4)
        band = replace(course.bands[0], mean=mean, low=mean, high=mean, outer_low=mean,
                       outer_high=mean)  # fmt: skip
        tree = parsed(course_chart(replace(course, bands=(band,))))
        lines = [each for each in tree.iter("line") if each.get("class") == "axis"]
        return sum(each.attrib["y1"] == each.attrib["y2"] for each in lines)

    assert baselines(48.0) == 1  # the least of the means is less than half of the largest
    assert baselines(52.0) == 0


def test_lines_far_from_zero_part_although_a_band_reaches_lower() -> None:
    course = course_of(1, 4)
    mean = np.linspace(52.0, 97.0, 4)
    band = replace(course.bands[0], mean=mean, low=mean - 1.0, high=mean + 1.0,
                   outer_low=mean - 3.0, outer_high=mean + 6.0)  # fmt: skip
    tree = parsed(course_chart(replace(course, bands=(band,))))
    texts = [each.text for each in tree.iter("text")]
    assert "40" in texts
    assert "0" not in texts


def test_a_course_of_few_runs_has_no_column_for_most_of_them() -> None:
    course = course_of(2, 6)
    nothing = np.full(6, NAN)
    few = tuple(replace(band, outer_low=nothing, outer_high=nothing) for band in course.bands)
    assert len(tables_of(course)[0].columns) == 7
    assert len(tables_of(replace(course, bands=few))[0].columns) == 5


# ------------------------------------------------------------------ letters


def test_words_are_cut_only_where_there_is_no_room() -> None:
    assert fitted("short", 100.0) == "short"
    cut = fitted(LONG, 100.0)
    assert cut.endswith("…")
    assert width_of(cut) <= 100.0


def test_lines_break_at_spaces_and_between_japanese_signs() -> None:
    assert lines_of("one two three", width_of("one two "), 3) == ["one two", "three"]
    broken = lines_of("失注した見込み顧客（再アプローチ待ち）", 8 * SIZE, 5)
    assert "".join(broken) == "失注した見込み顧客（再アプローチ待ち）"
    assert not any(line[0] in "）ーッ" or line[-1] == "（" for line in broken)
    assert "アプローチ" in "|".join(broken), "a loanword stays whole"


@pytest.mark.parametrize("wanted", [[5.0] * 6, [0.0, 1.0, 2.0, 90.0], [100.0, 99.0, 0.0], [3.0]])
def test_places_are_moved_apart_in_their_order(wanted: Sequence[float]) -> None:
    found = spread(wanted, 10.0, 0.0, 100.0)
    order = sorted(range(len(wanted)), key=lambda place: wanted[place])
    placed = [found[place] for place in order]
    assert all(b - a >= 10.0 - 1e-9 for a, b in pairwise(placed))
    assert min(found) >= 0.0
    assert max(found) <= 100.0


# ------------------------------------------------------------------ controls


def test_controls_are_hidden_until_a_script_works_them_and_escape_names() -> None:
    for markup in (
        scenario_buttons([ATTACK, "b"]), month_slider(1, 18),
    ):  # fmt: skip
        tree = ElementTree.fromstring(
            re.sub(r"<input ([^>]*)>", r"<input \1/>", str(markup))
            .replace(" hidden", ' hidden=""').replace(" checked", ' checked=""')
            .replace("data-months ", 'data-months="" ')
        )  # fmt: skip
        assert tree.get("hidden") == ""
        assert "<script" not in markup


# ------------------------------------------------------------------ buyers on their way


@pytest.fixture(scope="module")
def journal(small: Scenario) -> Journal:
    return run(small, seed=5, name="small")


def test_the_way_of_the_sample_is_whole_and_small(journal: Journal) -> None:
    data = flow_data(journal, most=200)
    assert data["shown"] == 200 < data["of"]
    assert len(json.dumps(data, separators=(",", ":"))) < 300_000
    at: dict[int, int] = {}
    days = [move[0] for move in data["moves"]]
    assert days == sorted(days)
    for _, buyer, origin, place in data["moves"]:
        assert 0 <= buyer < 200
        assert at.get(buyer, -1) == origin != place
        at[buyer] = place
    assert len(at) == 200


def test_the_way_back_is_in_it(journal: Journal) -> None:
    data = flow_data(journal)
    ids = [place["id"] for place in data["places"]]
    ways = {(ids[origin], ids[to]) for _, _, origin, to in data["moves"] if origin >= 0}
    assert ("pool", "inside_sales") in ways
    assert ("inside_sales", "field_sales") in ways


def test_counts_are_of_all_buyers_and_end_where_the_run_ends(journal: Journal) -> None:
    data = flow_data(journal, most=10)
    last = dict(zip([place["id"] for place in data["places"]], data["counts"][-1], strict=True))
    status = journal.code[journal.where(Kind.STATUS)]

    def counted(*wanted: Status) -> int:
        return int(np.isin(status, wanted).sum())

    assert last["marketing"] == counted(Status.IN_MARKETING, Status.NURTURED)
    assert last["inside_sales"] == counted(Status.IN_INSIDE_SALES)
    assert last["field_sales"] == counted(Status.IN_FIELD_SALES)
    assert last["customer_success"] == counted(Status.CUSTOMER)
    assert last["pool"] == counted(Status.PARKED, Status.FORMER_CUSTOMER)
    assert last["gone"] == counted(Status.GONE)
    assert sum(last.values()) == data["of"]


def test_a_long_run_stays_small_and_says_what_it_shows(journal: Journal) -> None:
    data = flow_data(journal, most=10**9)
    assert len(data["moves"]) <= MOST_MOVES
    assert data["shown"] <= data["of"]
    if data["shown"] < data["of"]:
        assert f"{data['shown']:,}" in data["labels"]["note"]


def test_a_sample_of_nobody_is_refused(journal: Journal) -> None:
    with pytest.raises(ScenarioError, match="from 1 on"):
        flow_data(journal, most=0)


@pytest.mark.parametrize(
    ("metric", "of_what"),
    [
        ("logo_retention", "of the customers still there"),
        ("revenue_retention", "of the MRR still there"),
    ],
)
def test_a_triangle_says_what_its_shares_are_shares_of(metric: str, of_what: str) -> None:
    shape = replace(triangle_of(12, lambda row, age: 0.97**age), metric=metric)
    words = [each.text for each in parsed(triangle_chart(shape)).iter("text")]
    assert words[-1] == of_what


def test_a_hollow_bar_whose_line_misses_zero_is_explained() -> None:
    bars = bars_of(-4e6, 0.5e6)
    hollow = replace(bars.bars[0], low=-5e6, high=-3e6, told=False)
    markup = str(bars_chart(replace(bars, bars=(hollow, *bars.bars[1:]))))
    assert "All bars are judged at once, so that one may be hollow though its line" in markup
