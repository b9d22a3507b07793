"""The scripts and styles of pages: sound, free of the report, and working in a real browser."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import simulator
from simulator.experiment.quantities import Scale
from simulator.organization.simulation import run
from simulator.presentation.pictures.assets import script, style
from simulator.presentation.pictures.controls import month_slider, scenario_buttons
from simulator.presentation.pictures.journey import flow_data
from simulator.presentation.pictures.lines import course_chart
from simulator.presentation.views.shapes import Band, Course
from simulator.scenario.schema import Scenario

STATIC = Path(simulator.__file__).parent / "presentation" / "static"
PICTURES = Path(simulator.__file__).parent / "presentation" / "pictures"
MODULES = sorted(STATIC.glob("*.js"))
NODE = shutil.which("node")
BROWSER = next(
    (
        found
        for name in ("chromium", "chromium-browser", "google-chrome", "chrome")
        if (found := shutil.which(name))
    ),
    None,
)

needs_node = pytest.mark.skipif(NODE is None, reason="node is not installed")
needs_browser = pytest.mark.skipif(BROWSER is None, reason="no Chromium is installed")


# ------------------------------------------------------------------ as text


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_a_module_needs_nothing_from_elsewhere_and_runs_no_text(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    code = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    code = re.sub(r"(?<!:)//.*", "", code)
    for forbidden in (
        r"^\s*import\b", r"\beval\b", r"new Function", "innerHTML", "outerHTML",
        "insertAdjacentHTML", r"document\.write", r"\bfetch\b", "XMLHttpRequest", "localStorage",
    ):  # fmt: skip
        assert not re.search(forbidden, code, re.MULTILINE), forbidden
    addresses = set(re.findall(r"https?://[^\"'\s]+", code))
    assert addresses <= {"http://www.w3.org/2000/svg"}, "a name of SVG, not an address"


def test_names_of_the_modules_do_not_meet() -> None:
    seen: dict[str, str] = {}
    for path in MODULES:
        text = path.read_text(encoding="utf-8")
        names = re.findall(r"^(?:export )?(?:function|const|let|class) (\w+)", text, re.MULTILINE)
        for name in names:
            assert name not in seen, f"{path.name} and {seen.get(name)} both have {name}"
            seen[name] = path.name
    assert {"mountCharts", "mountFlow"} <= set(seen)


@needs_node
def test_the_modules_are_sound_alone_and_as_one_script(tmp_path: Path) -> None:
    together = tmp_path / "together.mjs"
    together.write_text(script(*(path.name for path in MODULES)), encoding="utf-8")
    for path in [*MODULES, together]:
        alone = tmp_path / f"{path.stem}_alone.mjs"
        alone.write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
        done = subprocess.run(
            [str(NODE), "--check", str(alone)], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr


def test_a_script_for_a_page_exports_nothing_and_cannot_end_its_element() -> None:
    together = script("charts.js", "flow.js")
    assert not re.search(r"^export\b", together, re.MULTILINE)
    assert "function mountCharts" in together
    assert "function mountFlow" in together
    assert "</script" not in together.lower()


def _variables(text: str) -> set[str]:
    return set(re.findall(r"(--[\w-]+)\s*:", text))


def test_every_colour_has_a_value_for_light_dark_and_paper() -> None:
    text = style("charts.css")
    blocks = re.findall(r":root \{(.*?)\}", text, re.DOTALL)
    assert len(blocks) == 3
    light, dark, paper = (_variables(block) for block in blocks)
    assert light == dark == paper
    used = set(re.findall(r"var\((--[\w-]+)\)", text))
    assert used - light - {"--series", "--dash"} == set()


def test_every_class_that_pictures_draw_has_a_look() -> None:
    """A class without a rule would be drawn in black."""
    text = style("charts.css")
    styled = set(re.findall(r"\.([a-z][\w-]*)", text))
    drawn: set[str] = set()
    for path in PICTURES.glob("*.py"):
        code = path.read_text(encoding="utf-8")
        for words in re.findall(r'class="([^"{}]+)"', code):
            drawn |= set(words.split())
        for words in re.findall(r'"(mark [a-z ]+)[{"]', code):
            drawn |= set(words.split())
    assert len(drawn) > 15
    # These only group or name things; of "q" the number follows.
    assert drawn - styled - {"months", "toggles", "spoke", "q"} == set()


# ------------------------------------------------------------------ in a browser


def course() -> Course:
    at = np.arange(1.0, 7.0)
    bands = []
    for place, name in enumerate(("one", "<b>two</b>")):
        mean = at + 10.0 * place
        bands.append(Band(name, at, mean, mean - 1.0, mean + 1.0, mean - 2.0, mean + 2.0))
    return Course("mrr", "MRR", "", "month", Scale(1.0, 0, ""), tuple(bands))


def page(body: str, steps: str, head: str = "") -> str:
    """A page that does steps and writes what came of it, or what went wrong, into its title."""
    return (
        "<!DOCTYPE html><html><head><meta charset=utf-8>"
        f"<style>{style('charts.css')}</style>{head}</head><body>{body}"
        f'<script type="module">{script("charts.js", "flow.js")}\n'
        "const found = {};\n"
        f"try {{ {steps} }} catch (error) {{ found.error = String(error.stack); }}\n"
        "const out = document.createElement('pre'); out.id = 'found';\n"
        "out.textContent = JSON.stringify(found); document.body.append(out);\n"
        "</script></body></html>"
    )


def seen_in_browser(tmp_path: Path, text: str, *options: str) -> dict[str, Any]:
    path = tmp_path / "page.html"
    path.write_text(text, encoding="utf-8")
    done = subprocess.run(
        [
            str(BROWSER), "--headless=new", "--no-sandbox", "--disable-gpu", "--dump-dom",
            f"--user-data-dir={tmp_path / 'profile'}", "--virtual-time-budget=3000", *options,
            path.as_uri(),
        ],
        capture_output=True, text=True, timeout=120, check=False, encoding="utf-8",
    )  # fmt: skip
    written = re.search(r'<pre id="found">(.*?)</pre>', done.stdout, re.DOTALL)
    assert written, done.stdout[-2000:] + done.stderr[-2000:]
    plain = written[1].replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    found: dict[str, Any] = json.loads(plain)
    assert "error" not in found, found["error"]
    return found


@needs_browser
def test_charts_answer_to_keys_buttons_and_months(tmp_path: Path) -> None:
    body = str(
        scenario_buttons(["one", "<b>two</b>"]) + month_slider(1, 6) + course_chart(course())
    )
    steps = """
      mountCharts(document);
      const svg = document.querySelector("svg.chart");
      const press = (key) =>
        svg.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
      const tip = document.querySelector(".chart-tip");
      const voice = document.querySelector(".chart-said");
      found.hidden = document.querySelectorAll(".controls[hidden]").length;
      found.titles = svg.querySelectorAll(".marks title").length;
      found.focus = svg.tabIndex;
      press("ArrowRight"); found.first = tip.textContent; found.said = voice.textContent;
      press("ArrowRight"); found.second = tip.textContent;
      press("End"); found.last = tip.textContent;
      press("Escape"); found.gone = tip.hidden;
      const button = document.querySelectorAll("button[data-toggle]")[1];
      button.click();
      found.pressed = button.getAttribute("aria-pressed");
      found.unseen = svg.querySelectorAll(".unseen").length;
      press("Home"); found.without = tip.textContent;
      button.click();
      found.seenAgain = svg.querySelectorAll(".unseen").length;
      const slider = document.querySelector("input[data-months]");
      found.none = slider.value;
      slider.value = "4"; slider.dispatchEvent(new Event("input"));
      const columns = [...svg.querySelectorAll(".columns > path")];
      found.now = columns.flatMap((each, at) => each.classList.contains("now") ? [at + 1] : []);
      found.words = document.querySelector("output").textContent;
      const box = columns[2].getBoundingClientRect();
      columns[2].dispatchEvent(new PointerEvent("pointermove",
        { bubbles: true, clientX: box.left + 2, clientY: box.top + 2 }));
      found.pointed = tip.textContent;
      found.shown = !tip.hidden;
      found.foreign = document.querySelectorAll(".chart-tip b").length;
    """
    found = seen_in_browser(tmp_path, page(body, steps))
    assert found["hidden"] == 0
    assert found["titles"] == 0, "the browser's own tip would lie over ours"
    assert found["focus"] == 0
    assert found["first"].split("\n")[0] == "month: 1"
    assert found["first"].split("\n")[2].startswith("<b>two</b>: 11")
    assert found["said"] == found["first"]
    assert found["second"].startswith("month: 2")
    assert found["last"].startswith("month: 6")
    assert found["gone"] is True
    assert found["pressed"] == "false"
    assert found["unseen"] == 2, "its line and its name"
    assert len(found["without"].split("\n")) == 2
    assert found["seenAgain"] == 0
    assert found["none"] == "0"
    assert found["now"] == [4]
    assert found["words"] == "month 4"
    assert found["pointed"].startswith("month: 3")
    assert found["shown"] is True
    assert found["foreign"] == 0


@needs_browser
def test_without_scripts_everything_is_visible_but_controls(tmp_path: Path) -> None:
    body = str(scenario_buttons(["one", "two"]) + course_chart(course()))
    body += '<p data-view="measure:mrr" id="mrr">b</p>'
    steps = """
      found.unseen = document.querySelectorAll(".unseen").length;
      found.controls = getComputedStyle(document.querySelector(".controls")).display;
      found.view = getComputedStyle(document.getElementById("mrr")).display;
      found.titles = document.querySelectorAll("svg .marks title").length;
    """
    found = seen_in_browser(tmp_path, page(body, steps))
    assert found == {"unseen": 0, "controls": "none", "view": "block", "titles": 6}


FLOW_STEPS = """
      const data = JSON.parse(document.getElementById("data").textContent);
      const player = mountFlow(document.getElementById("here"), data);
      const counts = () =>
        [...document.querySelectorAll("text.count")].map((each) => each.textContent);
      player.pause();
      player.seek(0); found.start = counts();
      player.seek(1e9); found.end = counts();
      found.month = document.querySelector("output").textContent;
      player.seek(40.5);
      found.dots = document.querySelectorAll("circle.buyer:not([visibility])").length;
      found.places = [...document.querySelectorAll("rect.place")].length;
      found.back = document.querySelectorAll("path.way.back").length;
      const button = document.querySelector("button");
      found.play = button.textContent;
      button.click(); found.pause = button.textContent;
      button.click(); found.again = button.textContent;
      const slider = document.querySelector("input[type=range]");
      slider.value = "2"; slider.dispatchEvent(new Event("input"));
      found.slid = document.querySelector("output").textContent;
"""


@needs_browser
def test_buyers_travel_and_are_counted(small: Scenario, tmp_path: Path) -> None:
    data = flow_data(run(small, seed=5, name="small"))
    body = (
        '<div id="here"></div><script type="application/json" id="data">'
        f"{json.dumps(data)}</script>"
    )
    found = seen_in_browser(tmp_path, page(body, FLOW_STEPS))
    assert found["start"] == [f"{count:,}" for count in data["counts"][0]]
    assert found["end"] == [f"{count:,}" for count in data["counts"][-1]]
    assert found["month"] == "month 6"
    on_the_way = sum(
        1 for day, _, origin, _ in data["moves"]
        if 37.5 < day <= 40.5 and not (origin < 0 and day <= 0)
    )  # fmt: skip
    assert found["dots"] == on_the_way > 0
    assert found["places"] == 6
    assert found["back"] == 2
    assert [found["play"], found["pause"], found["again"]] == ["Play", "Pause", "Play"]
    assert found["slid"] == "month 3"


@needs_browser
@pytest.mark.parametrize("calm", [False, True])
def test_a_reader_who_wants_less_motion_is_not_moved(
    small: Scenario, tmp_path: Path, calm: bool
) -> None:
    data = flow_data(run(small, seed=5, name="small"), most=50)
    body = (
        '<div id="here"></div><script type="application/json" id="data">'
        f"{escape(json.dumps(data), quote=False)}</script>"
    )
    steps = """
      const data = JSON.parse(document.getElementById("data").textContent);
      mountFlow(document.getElementById("here"), data);
      await new Promise((done) => setTimeout(done, 1500));
      found.word = document.querySelector("button").textContent;
    """
    options = ["--force-prefers-reduced-motion"] if calm else []
    found = seen_in_browser(tmp_path, page(body, steps), *options)
    assert found["word"] == ("Play" if calm else "Pause")
