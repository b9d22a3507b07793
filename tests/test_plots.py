"""Charts for slides: what stands on them can be read, whatever is drawn."""

from __future__ import annotations

import logging
import math
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from itertools import combinations, pairwise

import matplotlib as mpl
import numpy as np
import pytest
from conftest import Change
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.text import Text

from simulator import METRICS, Scenario, ScenarioError, compare, load_scenario, plots, replicate
from simulator.experiment.comparison import Comparison
from simulator.experiment.findings import Finding
from simulator.experiment.quantities import Scale
from simulator.experiment.readiness import prepared
from simulator.languages.languages import LANGUAGES, Language, speaking
from simulator.plots.bars import Pairs, draw_bars, draw_pairs, draw_tornado, draw_waterfall
from simulator.plots.blame import draw_blame
from simulator.plots.catalogue import CHARTS, check_possible, checked_charts, drawn, main_series
from simulator.plots.grids import draw_heat, draw_triangle
from simulator.plots.lines import draw_course, draw_panels
from simulator.plots.sankey import draw_flow, laid, sizes_of
from simulator.plots.slide import COLORS, SIZE, Sheet, begin, ink_of, spread
from simulator.plots.titles import (
    exact,
    of_bands,
    of_bars,
    of_blame,
    of_course,
    of_difference,
    of_heat,
    of_tornado,
)
from simulator.presentation.chart_style import BLUE, GREEN, VERMILION, as_png, as_svg, styled
from simulator.presentation.pictures.heat_map import heat_map
from simulator.presentation.views.flows import flow as flow_view
from simulator.presentation.views.shapes import (
    Band,
    Bar,
    Bars,
    Blame,
    Course,
    Dashboard,
    Evidence,
    Flow,
    Heat,
    HeatRow,
    Link,
    Node,
    Reading,
    Spoke,
    Step,
    Tornado,
    Triangle,
    Waterfall,
)

HOSTILE = "<script>alert(1)</script> $x^2_3$ \\frac{1}{2} & a_company_of_a_very_long_name_indeed"
JAPANESE = "営業部門が別々の指標で評価される場合の日本語シナリオ名（長い）"
MONEY = Scale(1e-6, 1, "M JPY")
TEAMS = ("marketing", "inside_sales", "field_sales", "customer_success")
TITLE = "What was found in some words, with 12.3 M JPY in month 24 and 45 % of all customers left"
NOTE = "20 replications, seed 1. Bands: 95 % intervals of the mean."


# ------------------------------------------------------------------ hand-made shapes


def names(count: int) -> list[str]:
    return [(HOSTILE, JAPANESE, "shared", "base")[place % 4] + (f" {place}" if place > 3 else "")
            for place in range(count)]  # fmt: skip


def a_course(
    scenarios: int = 2, months: int = 24, flat: bool = False, missing: bool = False,
    interval: bool = True,
) -> Course:  # fmt: skip
    bands = []
    at = np.arange(1.0, months + 1.0)
    nothing = np.full(months, math.nan)
    for place, name in enumerate(names(scenarios)):
        mean = (
            np.full(months, 20e6) if flat else 1e6 * np.linspace(20.0, 40.0 + 0.1 * place, months)
        )
        if missing:
            mean[:: 2 + place] = math.nan
        if missing and place == 1:
            mean = nothing.copy()
        wide = np.zeros(months) if flat else 0.05 * mean
        ends = (mean - wide, mean + wide, mean - 2.0 * wide, mean + 2.0 * wide)
        bands.append(Band(name, at, mean, *(ends if interval else (nothing,) * 4)))
    return Course("mrr", "MRR", "", "month", MONEY, tuple(bands))


def a_flow(part: float = 1.0, place_name: str = "") -> Flow:
    sizes = {
        ("inquiries", "marketing"): 2000.0, ("marketing", "inside_sales"): 1300.0,
        ("marketing", "gone"): 700.0, ("inside_sales", "field_sales"): 700.0,
        ("inside_sales", "gone"): 250.0, ("inside_sales", "marketing"): 350.0 * part,
        ("field_sales", "customer_success"): 280.0, ("field_sales", "marketing"): 150.0 * part,
        ("field_sales", "inside_sales"): 120.0 * part, ("customer_success", "former"): 40.0,
        ("marketing", "marketing"): 100.0 * part,
    }  # fmt: skip
    columns = {"inquiries": 0, "marketing": 1, "inside_sales": 2, "field_sales": 3,
               "customer_success": 4, "former": 5, "gone": 5}  # fmt: skip
    nodes = []
    for name, column in columns.items():
        went = sum(size for (source, _), size in sizes.items() if source == name)
        came = sum(size for (_, target), size in sizes.items() if target == name)
        came = max(came, went)
        team = name if name in TEAMS else ""
        nodes.append(Node(name, place_name or name, column, team, came, went, came - went))
    links = [
        Link(a, b, "back" if columns[b] <= columns[a] else
             "lost" if b in ("gone", "former") else "onward", size)
        for (a, b), size in sizes.items() if size > 0.0
    ]  # fmt: skip
    return Flow(HOSTILE, "buyers", tuple(nodes), tuple(links), Scale(1.0, 0, ""), (1, 24))


def a_heat(months: int = 24, missing: bool = False) -> Heat:
    luck = np.random.default_rng(7)
    rows = []
    for team in TEAMS:
        for aspect in ("wait", "conversion", "churn"):
            worse = np.clip(luck.normal(0.2, 0.5, months), -1.0, 1.0)
            if missing:
                worse[::2] = math.nan
            label = f"{aspect} of {HOSTILE}"
            rows.append(HeatRow(team, aspect, "mrr", label, worse, worse, worse,  # type: ignore[arg-type]
                                np.abs(worse) > 0.6, Scale(1.0, 1, "days")))  # fmt: skip
    return Heat(HOSTILE, JAPANESE, tuple(range(1, months + 1)), tuple(rows))


def a_triangle(months: int = 24, flat: bool = False, missing: bool = False) -> Triangle:
    share = np.full((months, months), math.nan)
    for row in range(months):
        for age in range(months - row):
            share[row, age] = 1.0 if flat else 0.98**age
    if missing:
        share[1::2] = math.nan
    ages = tuple(range(months))
    return Triangle(HOSTILE, "logo_retention", "Retention", ages, ages, share,
                    np.linspace(0.0, 40.0, months))  # fmt: skip


def some_bars(count: int = 6, flat: bool = False, interval: bool = True) -> Bars:
    luck = np.random.default_rng(3)
    bars = []
    for place in range(count):
        value = 0.0 if flat else float(luck.normal(-2e6, 4e6))
        value = math.nan if place == 3 else value
        wide = 0.0 if flat else 1e6
        ends = (value - wide, value + wide) if interval else (math.nan, math.nan)
        label = (HOSTILE, JAPANESE, "Field sales")[place % 3]
        bars.append(Bar(f"b{place}", label, TEAMS[place % 4], value, *ends, place % 2 == 0,
                        "the constraint" if place == 1 else ""))  # fmt: skip
    total = Bar("gap", "Whole gap", "", -9e6, -12e6, -6e6, True, "")
    return Bars("What turns a into b", "mrr_end", "MRR at end", tuple(bars), total, MONEY)


def a_waterfall(missing: bool = False, flat: bool = False) -> Waterfall:
    steps = [("start", "level", 50e6), ("new", "change", 42e6), ("won back", "change", 0.0),
             ("expansion", "change", 21e6), ("contraction", "change", -0.3e6),
             ("churn", "change", -19e6), ("end", "level", 93.7e6)]  # fmt: skip
    return Waterfall(HOSTILE, tuple(
        Step(name, f"{name} {HOSTILE if place == 2 else ''}", kind,  # type: ignore[arg-type]
             math.nan if missing and place in (1, 6) else 0.0 if flat else value,
             math.nan, math.nan)
        for place, (name, kind, value) in enumerate(steps)
    ), MONEY)  # fmt: skip


def a_tornado(count: int = 8, flat: bool = False, missing: bool = False) -> Tornado:
    spokes = tuple(
        Spoke(f"k{place}", (HOSTILE, "Field sales: promise")[place % 2], "× 0.5", "1,234.5",
              10e6 if flat else 10e6 - (count - place) * 2e6 * (-1) ** place,
              math.nan if missing and place == 0 else 10e6 if flat else
              10e6 + (count - place) * 0.7e6, place < 3, "", "")
        for place in range(count)
    )  # fmt: skip
    return Tornado("mrr_end", "MRR at end, a minus b", 10e6, spokes, 0.9, "", MONEY)


def a_blame(readings: int = 5) -> Blame:
    def reading(place: int) -> Reading:
        verdict = ("better", "worse", "alike", "open")[place % 4]
        label = (HOSTILE, "Lead time", "失注した商談の数と理由")[place % 3]
        return Reading("mrr", label, 41e6, math.nan if place == 2 else 30e6, 1.0, 0.0, 2.0,
                       verdict, place == 0, MONEY)  # type: ignore[arg-type]  # fmt: skip

    each = tuple(reading(place) for place in range(readings))
    boards = tuple(Dashboard(team, HOSTILE, each) for team in TEAMS)
    return Blame(HOSTILE, "shared", boards, each * 2, each)


def some_pairs(
    count: int, runs: int = 20, flat: bool = False, missing: bool = False
) -> list[Pairs]:
    luck = np.random.default_rng(5)
    found = []
    for place, name in enumerate(names(count)):
        each = np.zeros(runs) if flat else luck.normal((-1) ** place * 9e6, 4e6, runs)
        if missing:
            each[::2] = math.nan
        if missing and place == 0:
            each[:] = math.nan
        mean = float(np.nanmean(each)) if np.isfinite(each).any() else math.nan
        wide = 0.0 if flat else 2e6
        ends = (mean - wide, mean + wide) if runs > 1 else (math.nan, math.nan)
        found.append(Pairs(name, each, mean, *ends))
    return found


Draw = Callable[[tuple[float, float]], Sheet]


def drawing(draw: Callable[..., Sheet], *what: object) -> Draw:
    return lambda size: draw(*what, TITLE, NOTE, size)


CASES: dict[str, Draw] = {
    **{
        f"course of {count} over {months} months": drawing(draw_course, a_course(count, months))
        for count in (1, 2, 10) for months in (1, 24, 60)
    },
    "course with missing months": drawing(draw_course, a_course(3, missing=True)),
    "course without variance": drawing(draw_course, a_course(3, flat=True)),
    "course of one replication": drawing(draw_course, a_course(3, interval=False)),
    **{
        f"panels of {count} over {months} months": drawing(
            draw_panels, [a_course(count, months)] * 4, [*names(3), "Marketing (buyers)"]
        )
        for count in (1, 3, 10) for months in (24, 60)
    },
    "flow": drawing(draw_flow, a_flow()),
    "flow without loops": drawing(draw_flow, a_flow(0.0)),
    "flow with wide loops": drawing(draw_flow, a_flow(5.0)),
    "flow of hostile names": drawing(draw_flow, a_flow(1.0, HOSTILE)),
    "flow of Japanese names": drawing(draw_flow, a_flow(1.0, JAPANESE)),
    **{f"heat of {months} months": drawing(draw_heat, a_heat(months)) for months in (1, 24, 60)},
    "heat with missing months": drawing(draw_heat, a_heat(24, missing=True)),
    "heat of nothing": drawing(draw_heat, Heat("a", "b", (), ())),
    **{f"triangle of {n} months": drawing(draw_triangle, a_triangle(n)) for n in (1, 24, 60)},
    "triangle without variance": drawing(draw_triangle, a_triangle(12, flat=True)),
    "triangle with missing months": drawing(draw_triangle, a_triangle(24, missing=True)),
    **{f"{count} bars": drawing(draw_bars, [some_bars(count)]) for count in (1, 6, 16)},
    "bars of three metrics": drawing(draw_bars, [some_bars(4)] * 3),
    "bars without variance": drawing(draw_bars, [some_bars(5, flat=True)]),
    "bars of one replication": drawing(draw_bars, [some_bars(5, interval=False)]),
    "waterfall": drawing(draw_waterfall, a_waterfall()),
    "waterfall with missing steps": drawing(draw_waterfall, a_waterfall(missing=True)),
    "waterfall of nothing": drawing(draw_waterfall, a_waterfall(flat=True)),
    **{f"tornado of {count}": drawing(draw_tornado, a_tornado(count)) for count in (0, 1, 8, 20)},
    "tornado without variance": drawing(draw_tornado, a_tornado(5, flat=True)),
    "tornado with missing ends": drawing(draw_tornado, a_tornado(5, missing=True)),
    **{f"blame of {count}": drawing(draw_blame, a_blame(count)) for count in (1, 5, 8)},
    **{
        f"pairs of {count}": drawing(draw_pairs, some_pairs(count), MONEY, "MRR at end", 1)
        for count in (1, 2, 9)
    },
    "pairs of one replication": drawing(draw_pairs, some_pairs(2, 1), MONEY, "MRR at end", 1),
    "pairs without variance": drawing(
        draw_pairs, some_pairs(2, flat=True), MONEY, "MRR at end", 1
    ),
    "pairs with missing runs": drawing(
        draw_pairs, some_pairs(2, missing=True), MONEY, "MRR at end", 1
    ),
}  # fmt: skip


# ------------------------------------------------------------------ what can be read


def texts_of(figure: Figure) -> list[Text]:
    """Every text that is seen, the title first."""
    FigureCanvasAgg(figure).draw()
    found = list(figure.axes[0].texts)
    for axes in figure.axes[1:]:
        assert not axes.texts
        for axis in (axes.xaxis, axes.yaxis):
            # Of the ticks, those within the axes.
            found += [tick.label1 for tick in axis._update_ticks()]  # type: ignore[attr-defined]
            found += [axis.label]
    return [text for text in found if text.get_visible() and text.get_text().strip()]


def assert_readable(figure: Figure) -> None:
    """No text leaves the slide, and none covers another."""
    texts = texts_of(figure)
    boxes = [text.get_window_extent() for text in texts]
    width, top = figure.bbox.width, figure.bbox.height
    for text, box in zip(texts, boxes, strict=True):
        inside = box.x0 >= -1 and box.y0 >= -1 and box.x1 <= width + 1 and box.y1 <= top + 1
        assert inside, f"{text.get_text()!r} leaves the slide: {box}"
    ends = np.array([[box.x0, box.y0, box.x1, box.y1] for box in boxes])
    low = np.maximum(ends[:, None, :2], ends[None, :, :2])
    across, up = np.moveaxis(np.minimum(ends[:, None, 2:], ends[None, :, 2:]) - low, -1, 0)
    height = ends[:, 3] - ends[:, 1]
    # Boxes of letters are a little larger than what is inked.
    allowed = 0.25 * np.minimum(height[:, None], height[None, :])
    covered = np.argwhere(np.triu((across > 1.0) & (up > allowed), 1))
    said = [(texts[a].get_text(), texts[b].get_text()) for a, b in covered]
    assert not said, f"these cover each other: {said}"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("case", CASES)
def test_every_label_is_on_the_slide_and_covers_no_other(case: str, language: Language) -> None:
    with speaking(language), styled():
        figure = CASES[case](SIZE).slide
        assert_readable(figure)


@pytest.mark.parametrize("case", ["course of 10 over 60 months", "flow", "heat of 24 months",
                                  "blame of 5", "8", "tornado of 8"])  # fmt: skip
@pytest.mark.parametrize("size", [(9.0, 5.0), (6.4, 4.8), (20.0, 7.5)])
def test_other_sizes_are_as_legible(case: str, size: tuple[float, float]) -> None:
    with styled():
        figure = CASES["6 bars" if case == "8" else case](size).slide
        assert_readable(figure)
        assert tuple(figure.get_size_inches()) == pytest.approx(size)


@pytest.mark.parametrize("case", CASES)
def test_no_letter_is_a_box_and_no_font_is_missed(
    case: str, caplog: pytest.LogCaptureFixture
) -> None:
    # Warnings are errors: matplotlib warns of a glyph that no font has, and logs missing fonts.
    for language in LANGUAGES:
        with speaking(language), styled(), caplog.at_level(logging.WARNING, "matplotlib"):
            CASES[case](SIZE).slide.draw_without_rendering()
    assert caplog.records == []


def test_letters_that_no_font_has_are_no_reason_to_fail() -> None:
    with styled():
        figure = begin("\U0001f680 ꙮ", "\U0001f680", SIZE).slide
    assert as_png(figure).startswith(b"\x89PNG")


# ------------------------------------------------------------------ of real results


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    return compare("shared", "divisional", replications=3, seed=4)


@pytest.fixture(scope="module")
def evidence(comparison: Comparison) -> Evidence:
    loaded = tuple(load_scenario(name) for name in ("shared", "divisional"))
    results = tuple(replicate(each, replications=3, seed=4) for each in loaded)
    return Evidence(loaded, results, comparison, {})


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_charts_of_two_scenarios_are_legible(evidence: Evidence, language: Language) -> None:
    with speaking(language):
        figures, missing = drawn(evidence)
        assert {name.partition("-")[0] for name in figures} | {
            each.name for each in missing
        } == set(CHARTS)
        assert {each.name for each in missing} == {
            "attribution", "bottleneck", "tornado", "incentives",
        }  # fmt: skip
        for figure in figures.values():
            with styled():
                assert_readable(figure)
            # The same once more is the same picture.
        again, _ = drawn(evidence, ["flow", "heat"])
        for name, figure in again.items():
            assert as_svg(figure) == as_svg(figures[name])
            assert as_png(figure) == as_png(figures[name])


def test_one_replication_of_one_scenario_is_drawn_without_intervals() -> None:
    loaded = load_scenario("base")
    alone = Evidence((loaded,), (replicate(loaded, replications=1),), None, {})
    figures, missing = drawn(alone)
    assert {"heat", "dashboards", "difference"} <= {each.name for each in missing}
    for figure in figures.values():
        assert_readable(figure)
        said = " ".join(text.get_text() for text in texts_of(figure))
        assert "1 replication, seed 1" in said
        assert "95 %" not in said


def test_titles_say_what_was_found_in_numbers_of_the_data(evidence: Evidence) -> None:
    shared, divisional = evidence.results
    title = texts_of(plots.courses(shared, divisional))[0].get_text().replace("\n", " ")
    month = shared.monthly[shared.monthly["metric"] == "mrr"]
    last = month.iloc[-1]
    scale = Scale.of("mrr", "JPY", [last["mean"]])
    assert f"month {last['period']:g}" in title
    assert any(f"{last['mean'] / 1e6:.{places}f} M JPY with shared" in title for places in (0, 1))
    assert scale.unit in title


def test_a_title_speaks_of_the_last_month_that_is_known_of_all() -> None:
    at, nothing = np.arange(1.0, 5.0), np.full(4, np.nan)
    means = {"a": [1.0, 2.0, 3.0, 4.0], "b": [5.0, 6.0, np.nan, np.nan]}
    bands = tuple(Band(name, at, np.array(each), *[nothing] * 4) for name, each in means.items())
    scale = Scale.of("claim_answer_days", "JPY", [6.0])
    found = Course("claim_answer_days", "Answer", "", "month", scale, bands)
    assert of_course(found) == "Answer in month 2: 2.00 days with a, 6.00 days with b"
    apart = replace(found, bands=(replace(bands[0], mean=np.array([np.nan] * 3 + [1.0])), bands[1]))
    assert of_course(apart) == "Answer"


def test_the_difference_is_the_one_of_the_comparison(comparison: Comparison) -> None:
    figure = plots.difference(comparison)
    found = comparison.finding("divisional", "mrr_end")
    said = " ".join(text.get_text() for text in texts_of(figure))
    scale = Scale.of("mrr_end", "JPY", [found.difference, found.low or 0.0, found.high or 0.0])
    assert scale.number(found.difference) in said


def colors_of(figure: Figure) -> list[str]:
    """Colours of everything that is filled, in the order of drawing."""
    return [
        mpl.colors.to_hex(color)
        for each in figure.axes[0].collections for color in each.get_facecolor()
    ]  # fmt: skip


def test_a_tornado_has_the_colours_of_pages_and_says_which_end_is_which() -> None:
    spoke = Spoke("k", "promise", "low", "high", 6e6, 14e6, True, "", "")
    with styled():
        figure = draw_tornado(Tornado("mrr_end", "MRR", 10e6, (spoke,), 0.9, "", MONEY),
                              TITLE, NOTE, SIZE).slide  # fmt: skip
    said = [text.get_text() for text in texts_of(figure)]
    assert said.index("low end of the assumption") < said.index("high end of the assumption")
    assert colors_of(figure) == [BLUE, VERMILION] * 2  # key, then the spoke


def test_the_more_customers_are_left_the_darker_is_a_cell() -> None:
    for months, foot in (
        (12, "cells: % of the customers still there"), (60, "the more of the customers are"),
    ):  # fmt: skip
        with styled():
            figure = draw_triangle(a_triangle(months), TITLE, NOTE, SIZE).slide
        cells = [each for each in figure.axes[0].patches if isinstance(each, Rectangle)]
        first = [sum(each.get_facecolor()[:3]) for each in cells[:months]]
        assert first == sorted(first)  # ages from left to right: ever paler
        assert first[0] < first[-1]
        assert any(foot in text.get_text() for text in texts_of(figure))


def test_the_triangle_of_money_says_that_it_shows_money() -> None:
    for months, foot in ((12, "cells: % of the MRR still there"), (60, "the more of the MRR is")):
        with styled():
            shape = replace(a_triangle(months), metric="revenue_retention")
            figure = draw_triangle(shape, TITLE, NOTE, SIZE).slide
        assert any(foot in text.get_text() for text in texts_of(figure))


def test_where_most_runs_lie_is_drawn_of_three_scenarios_too() -> None:
    for count, bands in ((1, 2), (3, 6), (4, 0)):
        with styled():
            figure = draw_course(a_course(count), TITLE, NOTE, SIZE).slide
        assert len(figure.axes[1].collections) == bands, count


def test_bands_are_said_to_be_what_they_are() -> None:
    assert of_bands(3, 1) == of_bands(4, 20) == ""
    assert "80 %" not in of_bands(1, 9)
    assert "80 %" in of_bands(1, 10)
    assert "80 %" in of_bands(3, 10)


def test_steps_of_a_waterfall_have_their_intervals() -> None:
    plain = a_waterfall()
    with_ends = replace(
        plain, steps=tuple(replace(step, low=step.value - 1e6, high=step.value + 2e6)
                           for step in plain.steps)
    )  # fmt: skip
    with styled():
        few, more = (draw_waterfall(each, TITLE, NOTE, SIZE).slide.axes[0].lines
                     for each in (plain, with_ends))  # fmt: skip
    whiskers = [line for line in more if line.get_xdata()[0] == line.get_xdata()[1]]
    assert len(more) - len(few) == len(whiskers) == len(plain.steps)
    heights = [float(np.ptp(line.get_ydata())) for line in whiskers]
    assert max(heights) == pytest.approx(min(heights))  # each 3 M JPY
    assert min(heights) > 0.0


def test_of_one_run_a_title_claims_nothing() -> None:
    def untested(readings: tuple[Reading, ...]) -> tuple[Reading, ...]:
        return tuple(replace(each, low=math.nan, high=math.nan, verdict="open")
                     for each in readings)  # fmt: skip

    blame = a_blame(5)
    boards = tuple(replace(each, readings=untested(each.readings)) for each in blame.dashboards)
    once = replace(blame, dashboards=boards, lived=untested(blame.lived),
                   company=untested(blame.company))  # fmt: skip
    assert "in one run, nothing can be told" in of_blame(once)
    assert "can be told" in of_blame(blame)
    heat = replace(a_heat(12), tested=False)
    assert "in one run, nothing can be told" in of_heat(heat)
    bars = some_bars(2, interval=False)
    none = replace(bars, bars=tuple(replace(each, told=False) for each in bars.bars))
    assert "in one run, nothing can be told" in of_bars(none)


@pytest.mark.parametrize(("language", "claim", "caution"), [
    ("en", "lower by 9.6 M JPY in one run, which tells nothing from luck",
     "Not tested: one run tells nothing from luck."),
    ("ja", "9.6 M JPY低いが、1回の実行では偶然と区別できない", "検定なし"),
])  # fmt: skip
def test_a_difference_of_one_run_is_said_to_tell_nothing(
    comparison: Comparison, language: Language, claim: str, caution: str
) -> None:
    single = Finding("divisional", "shared", "mrr_end", "single", -9.58e6, None, None, -0.1, 1,
                     math.nan)  # fmt: skip
    runs = comparison.runs[comparison.runs["replication"] == comparison.numbers[0]]
    with speaking(language):
        assert claim in of_difference(single, MONEY, "MRR", told=False)
        figure = plots.difference(replace(comparison, numbers=comparison.numbers[:1], runs=runs))
    assert caution in " ".join(text.get_text().replace("\n", " ") for text in texts_of(figure))


SURVIVAL = {"leader": "shared", "other": "divisional", "ahead": 17.0, "points": 40, "share": 0.425}
VERDICT = "The verdict does not survive wrong assumptions: shared beats divisional at 17 of 40."


def test_the_title_of_a_tornado_is_of_worlds_and_its_foot_says_it_exactly() -> None:
    found = replace(a_tornado(2), verdict=VERDICT)
    said = {"survival": SURVIVAL, "language": "en"}
    assert of_tornado(found, said) == "shared leads in 17 of 40 plausible worlds"
    assert exact(found, said) == VERDICT
    alone = of_tornado(replace(found, verdict="MRR is 10."), {"survival": None})
    assert "most: 6.0 M JPY to 11.4 M JPY" in alone


def test_a_tornado_speaks_the_readers_language_whichever_the_analysis_was_kept_in() -> None:
    found = replace(a_tornado(2), verdict=VERDICT)
    said = {"survival": SURVIVAL, "language": "en"}
    with speaking("ja"):
        assert of_tornado(found, said) == "ありうる40通りの前提のうち17通りで、sharedが優位"
        assert "40点のうち17点（42%）" in exact(found, said)
        assert exact(found, {**said, "survival": None}) == ""


@pytest.mark.parametrize("ends", [(6e6, 9e6), (9e6, 6e6), (4e6, 1e6), (1e6, 4e6)])
def test_on_slides_too_each_end_of_an_assumption_has_a_bar_and_a_label_of_its_own(
    ends: tuple[float, float],
) -> None:
    spoke = Spoke("k", "promise", "low", "high", *ends, True, "", "")
    with styled():
        figure = draw_tornado(Tornado("mrr_end", "MRR", 5e6, (spoke,), 0.9, "", MONEY),
                              TITLE, NOTE, SIZE).slide  # fmt: skip
    low, high = (each.get_paths()[0].get_extents() for each in figure.axes[0].collections[2:4])
    assert low.y0 > high.y1
    for bar, setting in ((low, "low"), (high, "high")):
        (words,) = (each for each in texts_of(figure) if each.get_text().endswith(f"at {setting}"))
        x, y = words.get_position()
        left = ends[0] < 5e6
        assert 0.0 < (bar.x0 - x if left else x - bar.x1) < 0.2
        assert bar.y0 - 0.05 < y < bar.y1
        assert words.get_ha() == ("right" if left else "left")
        assert words.get_bbox_patch() is not None  # over the dashed line


def test_dashboards_have_the_colours_of_pages_and_whole_labels() -> None:
    long = "Field sales: wait until somebody at last has the time for a meeting, mean"
    reading = replace(a_blame(1).dashboards[0].readings[0], label=long)
    blame = replace(a_blame(5), lived=(reading,) * 8, company=(reading,),
                    dashboards=tuple(Dashboard(t, "", (reading,)) for t in TEAMS))  # fmt: skip
    with styled():
        figure = draw_blame(blame, TITLE, NOTE, SIZE).slide
    said = [each.get_text().replace("\n", " ") for each in texts_of(figure)]
    written = " ".join(said)
    assert long in written
    assert "…" not in written
    inks = {each.get_text(): mpl.colors.to_hex(each.get_color()) for each in texts_of(figure)}
    assert inks["▲"] == ink_of(BLUE)
    assert GREEN not in inks.values()


def test_where_nothing_is_worse_a_title_says_only_what_can_be_told() -> None:
    blame = a_blame(1)
    title = of_blame(replace(blame, lived=(), company=()))
    assert "can be told to be worse off" in title
    assert "4 of 4 departments see nothing worse that can be told" in title


def test_one_off_sales_are_shown_by_their_revenue(small: Scenario, changed: Change) -> None:
    loaded = prepared(changed(small, {"sale": "one_off"}))
    evidence = Evidence((loaded,), (), None, {})
    assert main_series(evidence) == "revenue"
    assert "revenue" in CHARTS["courses"].shows


def test_what_is_missing_has_the_same_name_on_slides_and_pages() -> None:
    heat = a_heat(24, missing=True)
    with styled():
        slide = [text.get_text() for text in texts_of(draw_heat(heat, TITLE, NOTE, SIZE).slide)]
    assert "not known" in slide
    assert ">not known<" in heat_map(heat)


def test_the_loops_of_a_flow_are_orange_in_picture_and_words(evidence: Evidence) -> None:
    said = " ".join(text.get_text() for text in texts_of(plots.flow(evidence.results[0])))
    assert "orange: back" in said
    assert "red" not in said.split()


def test_no_line_stands_under_an_axis_that_does_not_begin_at_zero() -> None:
    for low, seen in ((0.9, False), (0.1, True)):
        at = np.arange(1.0, 4.0)
        mean = np.linspace(low, 1.0, 3)
        course = Course("mrr", "MRR", "", "month", Scale(1.0, 1, ""),
                        (Band("a", at, *([mean] * 5)),))  # fmt: skip
        with styled():
            figure = draw_course(course, TITLE, NOTE, SIZE).slide
        assert figure.axes[1].spines["bottom"].get_visible() == seen


def test_dots_are_the_paired_differences(comparison: Comparison) -> None:
    figure = plots.difference(comparison, "wins")
    runs = comparison.runs[comparison.runs["metric"] == "wins"]
    table = runs.pivot_table(index="replication", columns="scenario", values="value")
    expected = sorted(table["divisional"] - table["shared"])
    offsets = figure.axes[0].collections[0].get_offsets()
    at = np.sort(np.asarray(offsets)[:, 0])
    # Places on paper are proportional to the differences.
    assert np.corrcoef(at, expected)[0, 1] == pytest.approx(1.0)


def test_drawing_changes_no_setting_of_other_charts(evidence: Evidence) -> None:
    before = dict(mpl.rcParams)
    plots.courses(*evidence.results)
    with speaking("ja"):
        as_svg(plots.queues(*evidence.results))
    assert dict(mpl.rcParams) == before


def test_drawing_imports_neither_pyplot_nor_the_package_that_changes_settings() -> None:
    code = (
        "import sys; from simulator import plots, replicate;"
        "plots.courses(replicate('base', replications=1));"
        "bad = {'matplotlib.pyplot', 'matplotlib_fontja'} & set(sys.modules); assert not bad, bad"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "findfont" not in done.stderr


def test_a_notebook_shows_a_chart_by_itself(evidence: Evidence) -> None:
    figure = plots.flow(evidence.results[0])
    assert figure._repr_png_().startswith(b"\x89PNG")  # type: ignore[attr-defined]


def test_names_of_scenarios_are_letters_and_nothing_else(evidence: Evidence) -> None:
    renamed = [replace(each, name=HOSTILE) for each in evidence.results]
    for draw in (plots.courses, plots.queues, plots.retention):
        figure = draw(*renamed)
        texts = texts_of(figure)
        assert any("<script>" in text.get_text() for text in texts)
        assert not any(text.get_parse_math() for text in texts)
        # Letters are outlines: nothing of the name is markup.
        assert b"<script" not in as_svg(figure)


def test_a_file_is_named_in_letters_that_every_disk_takes(evidence: Evidence) -> None:
    named = ("a/b", "a\\b", "../x", "..", "A/b")
    renamed = tuple(replace(evidence.results[0], name=name) for name in named)
    figures, _ = drawn(replace(evidence, results=renamed), ["triangle"])
    assert len(figures) == len(named) == len({name.casefold() for name in figures})
    assert not any(set(name) & set('/\\<>:"|?*') for name in figures)


# ------------------------------------------------------------------ wrong input


def test_an_unknown_chart_is_told_with_the_nearest_and_all() -> None:
    with pytest.raises(ScenarioError) as raised:
        checked_charts(["flwo", "heat"])
    (problem,) = raised.value.problems
    assert problem.value == "flwo"
    assert "flow" in problem.rule
    assert all(name in problem.rule for name in CHARTS)


def test_what_cannot_be_drawn_is_known_before_runs() -> None:
    with pytest.raises(ScenarioError) as raised:
        check_possible(["flow", "heat", "attribution"], 1, 0)
    assert [problem.value for problem in raised.value.problems] == ["heat", "attribution"]
    check_possible(["flow", "heat", "attribution"], 2, 1)


WITHOUT_MONTHS = next(name for name, each in METRICS.items() if not each.monthly)


@pytest.mark.parametrize("metric", ["mrrr", WITHOUT_MONTHS])
def test_a_metric_that_has_no_months_is_refused(metric: str, evidence: Evidence) -> None:
    with pytest.raises(ScenarioError):
        plots.courses(*evidence.results, metric=metric)


def test_a_scenario_that_is_not_compared_is_refused(comparison: Comparison) -> None:
    with pytest.raises(ScenarioError, match="shared"):
        plots.heat(comparison, "base")


def test_no_results_are_refused() -> None:
    for draw in (plots.courses, plots.queues, plots.retention):
        with pytest.raises(ScenarioError):
            draw()


def test_one_off_sales_have_no_bridge(small: Scenario, changed: Change) -> None:
    loaded = prepared(changed(small, {"sale": "one_off"}))
    results = replicate(loaded, replications=1)
    with pytest.raises(ScenarioError, match="subscription"):
        plots.bridge(results)
    evidence = Evidence((loaded,), (results,), None, {})
    figures, missing = drawn(evidence, ["bridge", "flow", "courses"])
    assert [each.name for each in missing] == ["bridge"]
    for figure in figures.values():
        assert_readable(figure)


# ------------------------------------------------------------------ parts


@pytest.mark.parametrize("color", COLORS)
def test_letters_in_a_color_stand_out_from_white(color: str) -> None:
    red, green, blue = mpl.colors.to_rgb(ink_of(color))
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (red, green, blue)
    ]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    assert 1.05 / (luminance + 0.05) >= 4.5  # WCAG 2.2, level AA


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(st.floats(-5, 15), st.floats(0.05, 0.6)), min_size=1, max_size=12)
)  # fmt: skip
def test_labels_are_spread_without_covering_each_other(wanted: list[tuple[float, float]]) -> None:
    middles, heights = [each for each, _ in wanted], [height for _, height in wanted]
    found = spread(middles, heights, 0.0, 10.0)
    order = sorted(range(len(found)), key=lambda place: found[place])
    for below, above in pairwise(order):
        room = (heights[below] + heights[above]) / 2.0
        assert found[above] - found[below] >= room - 1e-9
    for middle, height in zip(found, heights, strict=True):
        assert middle - height / 2.0 >= -1e-9
        assert middle + height / 2.0 <= 10.0 + 1e-9


def test_labels_that_are_apart_stay_where_they_are() -> None:
    assert spread([1.0, 5.0, 3.0], [1.0, 1.0, 1.0], 0.0, 10.0) == pytest.approx([1.0, 5.0, 3.0])


@pytest.mark.parametrize("measure", ["buyers", "mrr"])
def test_ribbons_are_as_wide_as_their_flow_and_loops_go_over_the_boxes(
    measure: str, evidence: Evidence
) -> None:
    shown = flow_view(evidence.results[0], measure)  # type: ignore[arg-type]
    with styled():
        sheet = begin(TITLE, NOTE, SIZE)
        sizes = sizes_of(sheet, shown)
        words = {node.id: ((node.label, True), ("1", False)) for node in shown.nodes}
        layout, fits = laid(sheet, shown, sizes, words, 11.0)
    assert fits
    assert len(layout.ribbons) == len([link for link in shown.links if link.size > 0.0])
    units = [ribbon.width / ribbon.link.size for ribbon in layout.ribbons if not ribbon.thin]
    assert max(units) == pytest.approx(min(units))
    top = min(box.y for box in layout.boxes)
    for ribbon in layout.ribbons:
        assert ribbon.looped == (ribbon.link.kind == "back")
        if ribbon.looped:
            assert ribbon.lane < top
            assert ribbon.turns[0] > ribbon.start[0]
            assert ribbon.turns[1] < ribbon.end[0]
    for one, other in combinations(layout.boxes, 2):
        across = one.right <= other.x or other.right <= one.x
        assert across or one.bottom <= other.y or other.bottom <= one.y
    assert layout.width <= sheet.area.width + 1e-6
    assert max(box.bottom for box in layout.boxes) <= sheet.area.height + 1e-6
