"""The report: every number is in its data, every metric defined, nothing from scenarios harms."""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
import math
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from small_companies import small_company
from test_cli import call

from simulator.commands import evidence as gathering
from simulator.commands.evidence import gather
from simulator.commands.evidence_folders import read_folders
from simulator.engine import run
from simulator.errors import Problem, ReplicationError, ScenarioError
from simulator.experiment import execution
from simulator.languages.languages import Language, speaking
from simulator.metrics import METRICS
from simulator.presentation import report_making
from simulator.presentation.pictures.journey import flow_data
from simulator.presentation.pictures.tables import tables_of
from simulator.presentation.report import (
    MOST_BYTES,
    Asked,
    Page,
    _embedded,
    first_words,
    report,
)
from simulator.presentation.report_making import finite, short
from simulator.presentation.report_parts import Table
from simulator.presentation.report_sources import AREAS
from simulator.presentation.views.shapes import Analysis, Evidence, Shape
from simulator.scenario import Scenario, effective_yaml, load_scenario

SMALL = small_company(4, "How does a small company do?")
PUSHY = """\
question: What if field sales promises more <b>than</b> it can keep?
extends: small.yaml
kpi: {field_sales: 0.0}
decisions:
  field_sales: {promise: 0.9}
"""
ONE_OFF = "extends: small.yaml\nsale: one_off\n"
EVIL = "<script>alert(1)</script>"
ASKED = Asked(("a.yaml", "b.yaml"), ("--seed", "1"), "themodel report 'a b.yaml' -o r.html")
ALWAYS = ["verdict", "flow", "organization"]
COMPARED = ["degradation", "blame"]
RUNS = ["queues", "courses", "bridge", "retention"]
END = ["assumptions", "definitions", "again"]
VOID = {"meta", "br", "wbr", "hr", "img", "input", "link"}


# ------------------------------------------------------------------ made once


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("scenarios")
    for name, text in (("small", SMALL), ("pushy", PUSHY), ("one_off", ONE_OFF)):
        (made / f"{name}.yaml").write_text(text)
    return made


def evidence_of(folder: Path, *names: str, replications: int = 3, **options: Any) -> Evidence:
    files = [str(folder / f"{name}.yaml") for name in names]
    return gather(files, replications=replications, workers=1, **options)


def page_of(evidence: Evidence, **options: Any) -> Page:
    return report(evidence, ASKED, version="9.9.9", **options)


def journeys_of(evidence: Evidence) -> dict[str, Any]:
    return {
        each.name: flow_data(run(each.scenario, 1, 0, each.name)) for each in evidence.scenarios
    }


@pytest.fixture(scope="module")
def full(folder: Path) -> Evidence:
    """Everything that a report can be made from."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gathering, "SENSITIVITY", {
            "trajectories": 2, "top": 1, "sobol": 4, "points": 2, "replications": 2,
        })  # fmt: skip
        patch.setattr(gathering, "INCENTIVES", {
            "starts": 1, "steps": 2, "replications": 2, "fresh": 2,
        })  # fmt: skip
        return evidence_of(folder, "small", "pushy", full=True)


@pytest.fixture(scope="module")
def page(full: Evidence) -> Page:
    return page_of(full, journeys=journeys_of(full))


@pytest.fixture(scope="module")
def two(full: Evidence) -> Evidence:
    return replace(full, analyses={})


# ------------------------------------------------------------------ reading it as a browser does


@dataclass
class Element:
    """One element: its attributes, where it stands, and the text in it."""

    tag: str
    attributes: dict[str, str]
    inside: tuple[str, ...]
    text: str = ""


@dataclass
class Read(HTMLParser):
    """Reads a page and insists that every element is closed where it belongs."""

    html: str
    elements: list[Element] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[Element] = []
        self.feed(self.html)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = Element(
            tag, {name: value or "" for name, value in attrs}, tuple(e.tag for e in self.open)
        )
        self.elements.append(found)
        if tag not in VOID:
            self.open.append(found)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        inside = tuple(each.tag for each in self.open)
        assert "svg" in inside, f"{tag} is closed as only shapes may be"
        found = Element(tag, {name: value or "" for name, value in attrs}, inside)
        self.elements.append(found)

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open[-1].tag == tag, f"</{tag}> closes {self.open[-1].tag}"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        for each in self.open:
            each.text += data

    def all(self, tag: str) -> list[Element]:
        return [each for each in self.elements if each.tag == tag]

    def ids(self) -> list[str]:
        return [each.attributes["id"] for each in self.elements if "id" in each.attributes]

    def sections(self) -> list[str]:
        return [
            each.attributes["id"] for each in self.all("section") if "id" in each.attributes
        ]  # fmt: skip

    def section(self, name: str) -> str:
        (found,) = (each for each in self.all("section") if each.attributes.get("id") == name)
        return " ".join(found.text.split())


@pytest.fixture(scope="module")
def read(page: Page) -> Read:
    return Read(page.html)


def numbers_in(value: Any) -> Iterator[float]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from numbers_in(each)
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield float(value)


# ------------------------------------------------------------------ what is on it


def test_every_section_is_there_in_the_order_of_reading(read: Read) -> None:
    assert read.sections() == [
        *ALWAYS, *COMPARED, "attribution", *RUNS, "bottleneck", "sensitivity", "incentives",
        "journey", *END,
    ]  # fmt: skip


def test_one_scenario_is_compared_with_nothing(folder: Path) -> None:
    read = Read(page_of(evidence_of(folder, "small")).html)
    assert read.sections() == [*ALWAYS, *RUNS, *END, "further"]
    assert "After 4 months small has an MRR of" in read.section("verdict")
    assert "attribute" not in read.section("further")


def test_missing_analyses_are_offered_with_the_command(two: Evidence) -> None:
    read = Read(page_of(two).html)
    assert read.sections() == [*ALWAYS, *COMPARED, *RUNS, *END, "further"]
    offered = [
        shlex.split(each.text) for each in read.all("p")
        if each.attributes.get("class") == "command" and "--out" in each.text
    ]  # fmt: skip
    assert [words[1] for words in offered] == [
        "attribute", "bottleneck", "sensitivity", "incentives",
    ]  # fmt: skip
    assert all(words[-4:-2] == ["--seed", "1"] for words in offered)
    assert offered[2][2:5] == ["a.yaml", "--versus", "b.yaml"]


def test_an_analysis_that_could_not_be_made_says_why(two: Evidence) -> None:
    read = Read(page_of(two, refused={"bottleneck": "nobody <works> here"}).html)
    assert "It could not be made: nobody <works> here" in read.section("further")


def test_one_off_sales_have_no_bridge(folder: Path) -> None:
    read = Read(page_of(evidence_of(folder, "one_off")).html)
    assert "bridge" not in read.sections()
    assert "takes in a revenue of" in read.section("verdict")


def test_three_scenarios_have_a_tile_each_and_are_switched(folder: Path) -> None:
    evidence = evidence_of(folder, "small", "pushy", "small", replications=2)
    assert [each.name for each in evidence.scenarios] == ["small", "pushy", "small#2"]
    read = Read(page_of(evidence).html)
    tiles = [each for each in read.all("span") if each.attributes.get("class") == "what"]
    assert [each.text.partition(":")[0] for each in tiles] == [
        "pushy against small", "small#2 against small",
    ]  # fmt: skip
    names = [each.text.strip() for each in read.all("label") if "fieldset" in each.inside]
    assert names.count("pushy") >= 2


def test_scenarios_that_are_the_same_are_said_to_be(folder: Path) -> None:
    read = Read(page_of(evidence_of(folder, "small", "small")).html)
    assert "exactly" in read.section("verdict")


def test_one_replication_has_no_interval_and_says_so(folder: Path) -> None:
    read = Read(page_of(evidence_of(folder, "small", "pushy", replications=1)).html)
    assert "One replication tells nothing about luck" in read.section("verdict")


def test_the_verdict_is_that_of_the_comparison(two: Evidence) -> None:
    assert two.comparison is not None
    read = Read(page_of(two).html)
    said = " ".join(
        each.text for each in read.all("p") if each.attributes.get("class") in ("verdict", "beside")
    )
    assert said == two.comparison.verdict


def test_differences_between_organizations_are_marked(read: Read) -> None:
    marked = [
        each.text.split()[0] for each in read.all("td")
        if "differs" in each.attributes.get("class", "").split()
    ]  # fmt: skip
    assert marked == ["0", "90"]


# ------------------------------------------------------------------ numbers and definitions


def test_every_number_of_the_page_is_in_its_data(page: Page, read: Read) -> None:
    known = set(numbers_in(page.data))
    shown = [float(each.attributes["value"]) for each in read.all("data")]
    assert len(shown) > 300
    assert [value for value in shown if value not in known] == []


def test_every_number_behind_a_picture_is_in_the_data_of_the_picture(
    two: Evidence, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed: list[list[float]] = []

    def tables(shape: Shape) -> tuple[Table, ...]:
        found = tables_of(shape)
        listed.append([
            cell.exact for table in found for row in table.rows for cell in row
            if cell.exact is not None
        ])  # fmt: skip
        return found

    monkeypatch.setattr(report_making, "tables_of", tables)
    data = page_of(two).data
    pictures = {id(each): each for found in data["pictures"].values() for each in found}
    known = [set(numbers_in(each)) for each in pictures.values()]
    assert len(listed) == len(known) > 15
    for numbers in listed:
        rounded = {short(each) for each in numbers}
        assert any(rounded <= each for each in known), sorted(rounded)[:5]


def test_the_data_in_the_page_are_those_that_are_returned(page: Page, read: Read) -> None:
    (element,) = (each for each in read.all("script") if each.attributes.get("id") == "data")
    assert json.loads(element.text) == page.data
    json.dumps(page.data, allow_nan=False)


def test_what_is_missing_is_null() -> None:
    assert finite({"a": [math.nan, 1.0, math.inf], "b": (2,)}) == {"a": [None, 1.0, None],
                                                                  "b": [2]}  # fmt: skip


def test_the_figures_are_those_of_the_runs(two: Evidence, page: Page) -> None:
    for results, said in zip(two.results, page.data["scenarios"], strict=True):
        for metric, estimate in results.totals.items():
            mean = said["metrics"][metric]["mean"]
            known = math.isfinite(estimate.mean)
            assert mean == (pytest.approx(estimate.mean, rel=1e-8) if known else None)


def test_every_link_leads_to_a_place_and_no_place_has_two_names(read: Read) -> None:
    ids = read.ids()
    assert len(ids) == len(set(ids))
    links = [each.attributes["href"] for each in read.all("a")]
    assert links
    assert {each for each in links if each.removeprefix("#") not in ids} == set()


def test_every_metric_that_a_table_names_leads_to_its_definition(read: Read) -> None:
    labels = {metric.label for metric in METRICS.values()}
    linked = {each.text for each in read.all("a") if each.attributes["href"].startswith("#metric-")}
    named = {
        each.text.strip() for each in read.all("th")
        if each.text.strip() in labels and "section" in each.inside
    }  # fmt: skip
    defined = {
        each.text for each in read.all("span")
        if each.attributes.get("id", "").startswith("metric-")
    }  # fmt: skip
    assert named - linked - defined == set()
    assert len(defined) > 20


def test_every_metric_shown_in_a_picture_is_defined(page: Page, read: Read) -> None:
    def metrics_in(value: Any) -> Iterator[str]:
        if isinstance(value, dict):
            if isinstance(value.get("metric"), str):
                yield value["metric"]
            value = list(value.values())
        if isinstance(value, list):
            for each in value:
                yield from metrics_in(each)

    shown = set(metrics_in(page.data["pictures"])) & set(METRICS)
    assert len(shown) > 15
    assert {each for each in shown if f"metric-{each}" not in read.ids()} == set()


def test_a_definition_says_formula_rule_unit_and_direction(read: Read) -> None:
    said = read.section("definitions")
    metric = METRICS["logo_churn"]
    for text in (metric.label, metric.formula, metric.rule, "%/month", "lower"):
        assert text in said


def test_every_picture_has_the_table_behind_it(page: Page, read: Read) -> None:
    figures = len(read.all("figure"))
    folded = [each for each in read.all("summary") if each.text == "The numbers as a table"]
    assert figures == len(folded) == sum(map(len, page.data["pictures"].values()))


def test_the_report_can_be_made_again(page: Page, read: Read, full: Evidence) -> None:
    said = read.section("again")
    assert ASKED.command in said
    assert "themodel 9.9.9" in said
    for each in page.data["scenarios"]:
        assert re.fullmatch("[0-9a-f]{64}", each["sha256"])
        assert each["sha256"] in said


def test_the_same_evidence_gives_the_same_page(two: Evidence) -> None:
    assert page_of(two).html == page_of(two).html


def test_assumptions_come_with_source_and_trust(read: Read) -> None:
    said = read.section("assumptions")
    assert "Bhabra 2007" in said
    assert "peer-reviewed" in said


# ------------------------------------------------------------------ for everybody


def test_headings_do_not_skip_a_level(read: Read) -> None:
    levels = [int(each.tag[1]) for each in read.elements if re.fullmatch("h[1-6]", each.tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    steps = itertools.pairwise(levels)
    assert [pair for pair in steps if pair[1] > pair[0] + 1] == []


def test_landmarks_language_and_labels_are_there(read: Read) -> None:
    assert read.all("html")[0].attributes["lang"] == "en"
    for tag in ("header", "nav", "main", "footer"):
        assert len([each for each in read.all(tag) if "section" not in each.inside]) == 1
    assert read.all("a")[0].attributes == {"class": "skip", "href": "#main"}
    for svg in read.all("svg"):
        drawn = svg.attributes.get("role") == "img" and svg.attributes.get("aria-label")
        assert drawn or svg.attributes.get("aria-hidden") == "true"


def test_the_page_is_small_enough_for_an_email(page: Page) -> None:
    assert len(page.html.encode()) < MOST_BYTES


@pytest.mark.parametrize("months", [1, 60])
def test_short_and_long_runs_have_a_page(folder: Path, months: int) -> None:
    changes = [f"horizon.months={months}"]
    evidence = evidence_of(folder, "small", "pushy", replications=2, changes=changes)
    page = page_of(evidence)
    assert len(page.html.encode()) < MOST_BYTES
    assert Read(page.html).sections()[-1] == "further"


def test_ten_scenarios_have_a_page(folder: Path) -> None:
    evidence = evidence_of(folder, *["small"] * 5, *["pushy"] * 5, replications=2)
    page = page_of(evidence)
    assert len(page.html.encode()) < MOST_BYTES
    read = Read(page.html)
    assert len([e for e in read.all("span") if e.attributes.get("class") == "what"]) == 9


# ------------------------------------------------------------------ Japanese


def test_the_page_is_japanese_where_japanese_is_spoken(full: Evidence) -> None:
    with speaking("ja"):
        read = Read(page_of(full, journeys=journeys_of(full)).html)
    assert read.all("html")[0].attributes["lang"] == "ja"
    japanese = re.compile("[\u3040-\u30ff\u4e00-\u9fff]")
    headings = [each.text for each in read.elements if each.tag in ("h2", "h3", "h4", "summary")]
    names = {"small", "pushy"}
    english = [each for each in headings if not japanese.search(each) and each not in names]
    assert [each for each in english if not re.match(r"[a-z_]+\(", each)] == []


def test_no_english_sentence_is_left_on_the_japanese_page(two: Evidence) -> None:
    with speaking("ja"):
        read = Read(page_of(two).html)
    left = re.compile(r"(?:\b[A-Za-z]{3,}\b[ ,]+){4,}")
    found = [
        each.text
        for tag in ("p", "figcaption", "th", "td", "caption", "summary", "h2", "h3", "text")
        for each in read.all(tag)
        if left.search(each.text) and each.attributes.get("class") != "command"
        and "How does a small company do" not in each.text
        and "What if field sales promises" not in each.text
    ]  # fmt: skip
    assert found == []


# ------------------------------------------------------------------ no harm


@pytest.fixture(scope="module")
def evil(two: Evidence) -> Read:
    scenarios = tuple(
        replace(each, name=name) for each, name in zip(two.scenarios, ("small", EVIL), strict=True)
    )
    results = tuple(
        replace(each, name=name) for each, name in zip(two.results, ("small", EVIL), strict=True)
    )
    from simulator.experiment.comparison import compare_runs

    comparison = compare_runs(
        {each.name: each for each in scenarios},
        {each.name: dict(zip(each.numbers, each.measures, strict=True)) for each in results},
        1, 3,
    )  # fmt: skip
    evidence = Evidence(scenarios, results, comparison, {})
    return Read(page_of(evidence, journeys=journeys_of(evidence)).html)


def test_a_name_that_is_a_script_is_a_name(evil: Read) -> None:
    scripts = [each.attributes for each in evil.all("script")]
    assert scripts == [{"type": "application/json", "id": "data"}, {"type": "module"}]
    assert EVIL in evil.section("verdict")
    assert EVIL not in evil.html


def test_no_attribute_runs_anything_and_nothing_is_fetched(evil: Read) -> None:
    for each in evil.elements:
        assert not [name for name in each.attributes if name.startswith("on")]
        assert each.tag not in ("iframe", "object", "embed", "link", "img", "base", "form")
        assert not each.attributes.get("href", "#").startswith(("http", "javascript", "data:"))
        assert "src" not in each.attributes
    assert "url(" not in evil.all("style")[0].text
    assert "@import" not in evil.all("style")[0].text


def test_only_the_script_of_the_page_may_run(page: Page, read: Read) -> None:
    (policy,) = (
        each.attributes["content"] for each in read.all("meta")
        if each.attributes.get("http-equiv") == "Content-Security-Policy"
    )  # fmt: skip
    (code,) = (each.text for each in read.all("script") if each.attributes["type"] == "module")
    digest = base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy


# ------------------------------------------------------------------ the command


def test_the_command_writes_the_page_and_prints_its_data(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    done = call("report", folder / "small.yaml", folder / "pushy.yaml", "--replications", 2,
                "--workers", 1, "--seed", 5, "-o", file, "--json")  # fmt: skip
    assert done.exit_code == 0, done.stderr
    data = json.loads(done.stdout)
    read = Read(file.read_text(encoding="utf-8"))
    (element,) = (each for each in read.all("script") if each.attributes.get("id") == "data")
    assert json.loads(element.text) == data
    assert (data["seed"], data["replications"]) == (5, 2)
    words = shlex.split(data["command"])
    assert words[:2] == ["themodel", "report"]
    assert words[words.index("--seed") + 1] == "5"
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]


@pytest.mark.parametrize(
    ("name", "rule"), [("page.htm", "must end in .html"), ("there.html", "is a folder")]
)
def test_what_is_no_page_is_refused_before_any_run(
    folder: Path, tmp_path: Path, name: str, rule: str
) -> None:
    (tmp_path / "there.html").mkdir()
    done = call("report", folder / "small.yaml", "-o", tmp_path / name)
    assert done.exit_code == 2
    assert rule in done.stderr


def test_a_place_where_nothing_can_be_written_is_refused_before_any_run(
    folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("x")
    done = call("report", folder / "small.yaml", "-o", tmp_path / "file" / "page.html")
    assert done.exit_code == 2
    assert "file" in done.stderr


def test_a_folder_that_is_not_there_is_not_made_for_a_page(folder: Path, tmp_path: Path) -> None:
    done = call("report", folder / "small.yaml", "-o", tmp_path / "none" / "here" / "page.html")
    assert done.exit_code == 2
    assert f"there is no folder {tmp_path / 'none' / 'here'}; make it first" in done.stderr
    assert not (tmp_path / "none").exists()


def test_a_folder_that_takes_no_files_is_said_to(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from simulator import disk

    def no_place(path: Path, content: bytes) -> None:
        raise FileNotFoundError(2, "No such file or directory")

    monkeypatch.setattr(disk, "_write", no_place)
    done = call("report", folder / "small.yaml", "-o", tmp_path / "page.html")
    assert done.exit_code == 2
    assert f"{tmp_path}: nothing can be written in this folder; name another one" in done.stderr
    assert "No such file" not in done.stderr


def test_a_disk_that_fills_up_leaves_the_page_that_was_there(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from simulator import disk

    file = tmp_path / "page.html"
    file.write_text("before")
    write = disk._write

    def full_disk(path: Path, content: bytes) -> None:
        if len(content) > 100:
            raise OSError(28, "No space left on device")
        write(path, content)

    monkeypatch.setattr(disk, "_write", full_disk)
    done = call("report", folder / "small.yaml", "--replications", 1, "-o", file)
    assert done.exit_code == 2
    assert "No space left" in done.stderr
    assert file.read_text() == "before"
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]


def test_after_ctrl_c_the_page_rests_on_what_is_finished(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "page.html"
    done_runs: list[Any] = []
    do = execution._do

    def interrupted(*what: Any) -> Any:
        if len(done_runs) == 5:
            raise KeyboardInterrupt
        done_runs.append(what)
        return do(*what)

    monkeypatch.setattr(execution, "_do", interrupted)
    done = call("report", folder / "small.yaml", folder / "pushy.yaml", "--replications", 4,
                "--workers", 1, "--full", "-o", file, "--json")  # fmt: skip
    assert done.exit_code == 130
    assert "interrupted after 2 of 4 replications" in done.stderr
    assert "written to" in done.stderr
    read = Read(file.read_text(encoding="utf-8"))
    assert "2 of 4 replications were finished" in read.section("verdict")
    assert "bottleneck" not in read.sections()
    words = shlex.split(json.loads(done.stdout)["command"])
    assert words[words.index("--replications") + 1] == "2"
    assert "--full" not in words


def interrupt(*what: object) -> Analysis:
    raise KeyboardInterrupt


def test_ctrl_c_in_an_analysis_writes_the_page_and_says_so(
    folder: Path, full: Evidence, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "page.html"
    monkeypatch.setattr(gathering, "_bottleneck", lambda *what: full.analyses["bottleneck"])
    monkeypatch.setattr(gathering, "_attribute", interrupt)
    done = call("report", folder / "small.yaml", folder / "pushy.yaml", "--replications", 1,
                "--workers", 1, "--full", "-o", file)  # fmt: skip
    assert done.exit_code == 130
    assert "interrupted in attribute: the page has what was finished before" in done.stderr
    read = Read(file.read_text(encoding="utf-8"))
    assert "bottleneck" in read.sections()
    assert "It could not be made: interrupted" in read.section("further")


def test_ctrl_c_that_leaves_an_analysis_unfinished_ends_those_after_it(
    folder: Path, full: Evidence, monkeypatch: pytest.MonkeyPatch
) -> None:
    half = full.analyses["bottleneck"]
    half = replace(half, said={**half.said, "interrupted": True})
    monkeypatch.setattr(gathering, "_bottleneck", lambda *what: half)
    monkeypatch.setattr(gathering, "_attribute", lambda *what: pytest.fail("it goes on"))
    told: list[str] = []
    evidence = evidence_of(
        folder, "small", "pushy", replications=1, full=True, interrupted=told.append
    )
    assert list(evidence.analyses) == ["bottleneck"]
    assert told == ["bottleneck"]


def test_a_run_that_fails_in_an_analysis_leaves_the_others(
    folder: Path, full: Evidence, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*what: object) -> Analysis:
        raise ReplicationError(3, 1, "pushy", MemoryError("no room"))

    def give(command: str) -> Any:
        return lambda *what: full.analyses[command]

    monkeypatch.setattr(gathering, "_bottleneck", fail)
    for command in ("attribute", "sensitivity", "incentives"):
        monkeypatch.setattr(gathering, f"_{command}", give(command))
    file = tmp_path / "page.html"
    done = call("report", folder / "small.yaml", folder / "pushy.yaml", "--replications", 1,
                "--workers", 1, "--full", "-o", file)  # fmt: skip
    assert done.exit_code == 0
    read = Read(file.read_text(encoding="utf-8"))
    assert "replication 3 with seed 1 failed: MemoryError: no room" in read.section("further")
    assert {"attribution", "sensitivity", "incentives"} <= set(read.sections())


def test_a_page_can_do_without_buyers_on_their_way(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from simulator.commands import report as command

    def fail(*what: object) -> None:
        raise ValueError("nobody comes")

    monkeypatch.setattr(command, "_within", fail)
    file = tmp_path / "page.html"
    done = call("report", folder / "small.yaml", "--replications", 1, "--workers", 1, "-o", file)
    assert done.exit_code == 0
    assert "Buyers on their way: small: replication 0 with seed 1 failed" in done.stderr
    assert "journey" not in Read(file.read_text(encoding="utf-8")).sections()


def test_buyers_on_their_way_take_no_more_than_they_may(folder: Path) -> None:
    from simulator.commands.report import _within

    scenario = load_scenario(folder / "small.yaml", ["horizon.months=24"]).scenario
    journal = run(scenario, 1, 0, "small")
    everybody = flow_data(journal)
    most = len(json.dumps(everybody, separators=(",", ":"))) // 2
    data = _within(journal, most)
    assert 0.8 * most < len(json.dumps(data, separators=(",", ":"))) < 1.05 * most
    assert data["counts"] == everybody["counts"]
    assert _within(journal, 10 * most) == everybody


@pytest.mark.parametrize("language", ["en", "ja"])
def test_three_companies_over_five_years_fit_an_email(
    language: Language, tmp_path: Path
) -> None:  # fmt: skip
    file = tmp_path / "page.html"
    done = call("report", "shared", "divisional", "base", "--set", "horizon.months=60",
                "--replications", 2, "--workers", 1, "--lang", language, "-o", file)  # fmt: skip
    assert done.exit_code == 0
    assert file.stat().st_size < MOST_BYTES
    assert "MB" not in done.stderr
    read = Read(file.read_text(encoding="utf-8"))
    assert {"degradation", "retention", "journey"} <= set(read.sections())


def test_a_page_that_is_too_large_is_told(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from simulator.presentation import report as pages

    monkeypatch.setattr(pages, "MOST_BYTES", 100_000)
    file = tmp_path / "page.html"
    done = call("report", folder / "small.yaml", "--replications", 1, "--workers", 1, "-o", file)
    assert done.exit_code == 0
    assert "more than the 0.1 MB that can be sent by e-mail" in done.stderr


def test_the_command_that_makes_the_page_again_names_no_place_on_this_machine(
    folder: Path, kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    done = call("report", "small.yaml", "pushy.yaml", "--from", kept, "--replications", 1,
                "--workers", 1, "--lang", "ja", "-o", tmp_path / "page.html", "--json")  # fmt: skip
    assert done.exit_code == 0, done.stderr
    assert shlex.split(json.loads(done.stdout)["command"]) == [
        "themodel", "report", "small.yaml", "pushy.yaml", "--replications", "1", "--seed", "1",
        "--lang", "ja", "--from", kept.name, "-o", "page.html",
    ]  # fmt: skip


def test_units_of_assumptions_are_japanese_on_a_japanese_page(two: Evidence) -> None:
    with speaking("ja"):
        read = Read(page_of(two).html)
    said = read.section("assumptions")
    assert "時間/人・週" in said
    assert "hours per person and week" not in said
    assert not re.search("[0-9] [ぁ-んァ-ヶ一-龠]+/", said)


@pytest.mark.parametrize("command", ["report", "plot"])
def test_the_help_states_how_it_ends(command: str) -> None:
    text = " ".join(call(command, "--help").stdout.split())
    assert "Ends with 0 when" in text
    assert "2 on wrong input. After Ctrl-C it" in text
    assert "ends with 130" in text


def test_the_first_screen_can_be_known_without_the_page(two: Evidence) -> None:
    data = page_of(two).data
    shown = ("verdict", "if_assumptions_vary", "tiles")
    assert first_words(two) == {key: data[key] for key in shown}


def test_the_scenarios_of_a_page_are_written_out_once(
    two: Evidence, monkeypatch: pytest.MonkeyPatch
) -> None:
    from simulator.presentation import files

    written: list[object] = []
    write = effective_yaml

    def counted(scenario: Any) -> str:
        written.append(scenario)
        return write(scenario)

    monkeypatch.setattr(files, "effective_yaml", counted)
    page_of(two)
    assert len(written) == 2


def test_the_data_cannot_end_their_element_and_are_in_their_own_letters() -> None:
    said = {"name": "</script>&\u2028\u2029\ud800", "team": "営業"}
    text = _embedded(said)
    assert json.loads(text) == said
    assert "営業" in text
    assert not re.search("[<>&\u2028\u2029]", text)
    text.encode()


def test_the_help_states_how_fine_the_analyses_are() -> None:
    text = " ".join(call("report", "--help").stdout.split())
    plan = gathering.SENSITIVITY
    assert f"{gathering.MOST_RUNS_OF_ANALYSES} replications" in text
    assert (
        f"{plan['trajectories']} walks, {plan['top']} assumptions, samples of {plan['sobol']},"
        f" {plan['points']} points, {plan['replications']} runs"
    ) in text
    plan = gathering.INCENTIVES
    assert (
        f"{plan['starts']} start, {plan['steps']} steps, {plan['replications']} and"
        f" {plan['fresh']} runs"
    ) in text


# ------------------------------------------------------------------ analyses of their own


@pytest.fixture(scope="module")
def kept(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of an attribution."""
    out = tmp_path_factory.mktemp("analyses") / "attribution"
    done = call("attribute", folder / "small.yaml", folder / "pushy.yaml", "--replications", 2,
                "--workers", 1, "--out", out)  # fmt: skip
    assert done.exit_code == 0, done.stderr
    return out


def copied(kept: Path, tmp_path: Path, **said: Any) -> Path:
    """Return a copy of the folder that says something else."""
    made = tmp_path / "copy"
    made.mkdir()
    for file in kept.iterdir():
        if file.is_file():
            (made / file.name).write_bytes(file.read_bytes())
    text = json.loads((made / "attribute.json").read_text())
    (made / "attribute.json").write_text(json.dumps({**text, **said}))
    return made


def test_a_folder_of_an_analysis_becomes_a_section(folder: Path, kept: Path) -> None:
    evidence = evidence_of(folder, "small", "pushy", folders=[kept])
    assert set(evidence.analyses) == {"attribute"}
    read = Read(page_of(evidence).html)
    assert "attribution" in read.sections()
    for sentence in evidence.analyses["attribute"].said["verdict"]:
        assert sentence in read.section("attribution")


def test_what_is_read_is_what_was_found(folder: Path, kept: Path) -> None:
    from simulator.experiment.attribution import attribute

    found = attribute(folder / "small.yaml", folder / "pushy.yaml", replications=2)
    read = evidence_of(folder, "small", "pushy", folders=[kept]).analyses["attribute"]
    assert read.said["shares"] == found.as_json()["shares"]
    shares = read.tables["shares"]
    assert shares["mean"].tolist() == found.shares["mean"].tolist()
    assert shares["factor"].tolist() == found.shares["factor"].tolist()
    assert shares["told"].tolist() == found.shares["told"].tolist()


def refusal(folder: Path, analyses: Path, *names: str, **options: Any) -> str:
    files = [str(folder / f"{name}.yaml") for name in names]
    words = [word for key, value in options.items() for word in (f"--{key}", str(value))]
    done = call("report", *files, "--from", analyses, "--replications", 1, *words,
                "-o", analyses.parent / "never.html")  # fmt: skip
    assert done.exit_code == 2, done.stdout
    assert not (analyses.parent / "never.html").exists()
    assert str(analyses) in done.stderr
    return str(done.stderr)


def test_a_folder_of_another_version_says_how_to_make_it_again(
    folder: Path, kept: Path, tmp_path: Path
) -> None:
    made = copied(kept, tmp_path, version="0.0.1")
    said = refusal(folder, made, "small", "pushy")
    assert "was written by version 0.0.1" in said
    again = json.loads((kept / "attribute.json").read_text())["command"]
    assert shlex.join([*again, "--out", str(made)]) in said


def test_a_folder_of_another_seed_or_other_changes_is_refused(
    folder: Path, kept: Path, tmp_path: Path
) -> None:
    made = copied(kept, tmp_path)
    assert "has seed 1, not 2" in refusal(folder, made, "small", "pushy", seed=2)
    said = refusal(folder, made, "small", "pushy", set="gross_margin=0.5")
    assert "was made with no --set" in said
    assert "--set gross_margin=0.5" in said


def test_a_folder_of_other_scenarios_is_refused(folder: Path, kept: Path, tmp_path: Path) -> None:
    made = copied(kept, tmp_path)
    assert "is of small and pushy" in refusal(folder, made, "small")
    assert "is of small and pushy" in refusal(folder, made, "pushy", "small")


def test_a_folder_of_scenarios_that_were_changed_since_is_refused(
    folder: Path, kept: Path, tmp_path: Path
) -> None:
    made, other = copied(kept, tmp_path), tmp_path / "later"
    other.mkdir()
    (other / "small.yaml").write_text(SMALL.replace("customers: 20", "customers: 21"))
    (other / "pushy.yaml").write_text(PUSHY)
    assert "has been changed since" in refusal(other, made, "small", "pushy")


def test_a_folder_without_its_files_is_refused(folder: Path, kept: Path, tmp_path: Path) -> None:
    made = copied(kept, tmp_path)
    (made / "shares.csv").unlink()
    assert "lacks shares.csv" in refusal(folder, made, "small", "pushy")
    (made / "attribute.json").write_text("{")
    assert "attribute.json cannot be used" in refusal(folder, made, "small", "pushy")
    (made / "attribute.json").unlink()
    assert "holds no attribute.json" in refusal(folder, made, "small", "pushy")
    assert "is no folder" in refusal(folder, tmp_path / "nowhere", "small", "pushy")


@pytest.mark.parametrize(
    "text", ["[]", "null", "7", '{"command": 3}', '{"command": ["a"]}', "\xff"]
)
def test_a_file_that_is_no_analysis_is_refused(
    folder: Path, kept: Path, tmp_path: Path, text: str
) -> None:
    made = copied(kept, tmp_path)
    (made / "attribute.json").write_text(text, encoding="latin-1")
    assert "attribute.json cannot be used" in refusal(folder, made, "small", "pushy")


def test_analyses_look_the_same_when_they_are_read_again(
    full: Evidence, page: Page, folder: Path, tmp_path: Path
) -> None:
    from simulator.presentation import files

    for key, analysis in full.analyses.items():
        files.write_tables(analysis.tables, tmp_path / key, analysis.command, analysis.said)
    folders = [tmp_path / key for key in full.analyses]
    names = [str(folder / f"{each.name}.yaml") for each in full.scenarios]
    read = read_folders(folders, full.scenarios, names, (), 1)
    assert set(read) == set(full.analyses) == {
        "bottleneck", "attribute", "sensitivity", "incentives",
    }  # fmt: skip
    again = page_of(replace(full, analyses=read), journeys=journeys_of(full))
    for section in ("attribution", "bottleneck", "sensitivity", "incentives"):
        assert again.data["pictures"][section] == page.data["pictures"][section]
        assert Read(again.html).section(section) == Read(page.html).section(section)


def test_a_folder_whose_scenarios_cannot_be_known_is_refused(
    folder: Path, kept: Path, tmp_path: Path
) -> None:
    said = refusal(folder, copied(kept, tmp_path, scenarios_sha256=None), "small", "pushy")
    assert "was made by an older version" in said
    again = json.loads((kept / "attribute.json").read_text())["command"]
    assert shlex.join(again) in said


@pytest.mark.parametrize("command", ["attribute", "bottleneck", "sensitivity", "incentives"])
def test_a_changed_scenario_is_noticed_whatever_the_analysis(
    folder: Path, full: Evidence, tmp_path: Path, command: str
) -> None:
    from simulator.presentation import files

    analysis = full.analyses[command]
    files.write_tables(analysis.tables, tmp_path / command, command, analysis.said)
    changed = tuple(
        replace(
            each,
            scenario=load_scenario(folder / f"{each.name}.yaml", ["gross_margin=0.5"]).scenario,
        )
        for each in full.scenarios
    )
    with pytest.raises(ScenarioError, match="has been changed since"):
        read_folders([tmp_path / command], changed, ["small", "pushy"], (), 1)


@pytest.mark.parametrize(
    ("command", "file", "column"),
    [
        ("attribute", "shares", "factor"),
        ("attribute", "gaps", "mean"),
        ("bottleneck", "effects", "change"),
        ("sensitivity", "tornado", "outcome"),
        ("sensitivity", "assumptions", "unit"),
    ],
)
def test_a_folder_without_what_is_shown_is_refused_with_the_command(
    folder: Path, full: Evidence, tmp_path: Path, command: str, file: str, column: str
) -> None:
    from simulator.presentation import files

    analysis = full.analyses[command]
    names = ["small.yaml", "pushy.yaml"]
    whole = dict(analysis.tables)
    damaged = {
        f"{command} cannot be shown: it lacks .*{file}.csv": {
            name: table for name, table in whole.items() if name != file
        },
        f"{file}.csv lacks {column}": {**whole, file: whole[file].drop(columns=column)},
    }
    if column in ("mean", "change", "outcome"):
        said = f"{file}.csv has other than numbers in {column}"
        damaged[said] = {**whole, file: whole[file].assign(**{column: "many"})}
    for place, (said, tables) in enumerate(damaged.items()):
        there = tmp_path / str(place)
        files.write_tables(tables, there, command, analysis.said)
        with pytest.raises(ScenarioError, match=said) as refused:
            read_folders([there], full.scenarios, names, (), 1)
        assert f"themodel {command} " in str(refused.value)
        assert f"--seed 1 --out {there}" in str(refused.value)


def test_a_folder_without_tables_is_no_traceback(folder: Path, kept: Path, tmp_path: Path) -> None:
    said = refusal(folder, copied(kept, tmp_path, files=[]), "small", "pushy")
    assert "it lacks gaps.csv; it lacks shares.csv; make it again: themodel attribute" in said


@pytest.mark.parametrize(
    "damage", [{"verdict": []}, {"verdict": "a text"}, {"runs": "many"}, {"b": 3}]
)
def test_an_analysis_that_says_something_strange_is_refused(
    folder: Path, kept: Path, tmp_path: Path, damage: dict[str, Any]
) -> None:
    assert "make it" in refusal(folder, copied(kept, tmp_path, **damage), "small", "pushy")


def test_what_was_kept_in_another_language_is_marked_and_can_be_said_anew(
    two: Evidence, full: Evidence
) -> None:
    kept = full.analyses["attribute"]
    assert kept.said["language"] == "en"
    evidence = replace(two, analyses={"attribute": kept})
    with speaking("ja"):
        read = Read(page_of(evidence).html)
    foreign = [each.text for each in read.all("span") if each.attributes.get("lang") == "en"]
    assert foreign == list(kept.said["verdict"])
    again = shlex.join([*kept.said["command"], "--lang", "ja", "--out", "DIR"])
    assert again in read.section("attribution")
    assert not [each for each in Read(page_of(evidence).html).all("span")
                if "lang" in each.attributes]  # fmt: skip


def test_wrong_assumptions_are_asked_of_the_verdict_of_the_page(full: Evidence) -> None:
    assert full.comparison is not None
    said = full.analyses["sensitivity"].said
    verdict = full.comparison.as_json()["scenarios"]["pushy"]["metrics"]["mrr_end"]
    # The last scenario minus the reference, over the runs of the page.
    assert (said["scenario"], said["versus"]) == ("small", "pushy")
    found = {"mean": verdict["difference"], "low": verdict["low"], "high": verdict["high"]}
    assert said["baseline"] == pytest.approx(found)
    assert said["command"][said["command"].index("--stated") + 1] == "3"


def test_wrong_assumptions_of_another_reference_are_refused(
    folder: Path, full: Evidence, tmp_path: Path
) -> None:
    from simulator.presentation import files

    analysis = full.analyses["sensitivity"]
    files.write_tables(analysis.tables, tmp_path / "there", "sensitivity", analysis.said)
    mirrored = tuple(reversed(full.scenarios))
    with pytest.raises(ScenarioError, match="is of small and pushy, not of pushy and small"):
        read_folders([tmp_path / "there"], mirrored, ["pushy", "small"], (), 1)


def test_the_verdict_leads_to_what_wrong_assumptions_make_of_it(
    full: Evidence, page: Page, read: Read, two: Evidence
) -> None:
    found = full.analyses["sensitivity"].said["survival"]
    said = page.data["if_assumptions_vary"]
    assert f"{found['leader']} leads {found['other']} at {found['ahead']:g} of 2 settings" in said
    assert said in read.section("verdict")
    assert "#sensitivity" in [each.attributes.get("href") for each in read.all("a")
                              if each.text == "What if an assumption is wrong?"
                              and "p" in each.inside]  # fmt: skip
    assert page_of(two).data["if_assumptions_vary"] is None
    other = replace(full.analyses["sensitivity"],
                    said={**full.analyses["sensitivity"].said, "metric": "wins"})  # fmt: skip
    assert (
        first_words(replace(full, analyses={"sensitivity": other}))["if_assumptions_vary"] is None
    )


def test_every_area_of_a_scenario_has_a_name_for_readers() -> None:
    blocks = set(Scenario.model_fields) - {"question", "stands_for", "not_identifiable"}
    assert blocks == set(AREAS)


def test_the_letters_of_sources_are_explained(read: Read) -> None:
    assert "S0 and S3 are the two articles" in read.section("definitions")


def test_the_end_counts_the_runs_of_every_analysis(page: Page, full: Evidence) -> None:
    said = Read(page.html).section("again")
    for command in full.analyses:
        assert f"runs of {command}" in said
    tried = full.analyses["incentives"].said
    assert tried["runs"] > tried["evaluations"] > 1
    assert f"companies tried by incentives{tried['evaluations']}" in "".join(said.split("\n"))


def test_what_runs_is_told_with_its_number_of_runs(
    folder: Path, full: Evidence, monkeypatch: pytest.MonkeyPatch
) -> None:
    for command, analysis in full.analyses.items():
        monkeypatch.setattr(gathering, f"_{command}", lambda *what, found=analysis: found)
    told: list[str] = []
    monkeypatch.setattr(gathering, "tell", told.append)
    evidence_of(folder, "small", "pushy", full=True)
    assert told[0] == "bottleneck: running, 27 runs"  # nine companies, three replications
    assert told[1] == f"attribute: running, {full.analyses['attribute'].said['runs']} runs"
    assert told[2].startswith("sensitivity: running, at most ")
    assert told[3].startswith("incentives: running; what is found decides")


def test_two_folders_of_one_analysis_are_refused(folder: Path, kept: Path, tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="a second attribute: name one folder"):
        evidence_of(folder, "small", "pushy", folders=[kept, copied(kept, tmp_path)])


def test_an_analysis_that_does_not_apply_is_told_and_the_others_are_made(
    folder: Path, full: Evidence, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*what: object) -> Analysis:
        raise ScenarioError([Problem("here", "", "", "does not apply")])

    def give(command: str) -> Any:
        return lambda *what: full.analyses[command]

    monkeypatch.setattr(gathering, "_bottleneck", refuse)
    for command in ("attribute", "sensitivity", "incentives"):
        monkeypatch.setattr(gathering, f"_{command}", give(command))
    told: dict[str, str] = {}
    evidence = evidence_of(
        folder, "small", "pushy", replications=1, full=True, refused=told.__setitem__
    )
    assert list(evidence.analyses) == ["attribute", "sensitivity", "incentives"]
    assert told == {"bottleneck": "here: does not apply"}


def test_ctrl_c_in_an_analysis_keeps_those_before_it(
    folder: Path, full: Evidence, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gathering, "_bottleneck", lambda *what: full.analyses["bottleneck"])
    monkeypatch.setattr(gathering, "_attribute", interrupt)
    told: dict[str, str] = {}
    evidence = evidence_of(
        folder, "small", "pushy", replications=1, full=True, refused=told.__setitem__
    )
    assert list(evidence.analyses) == ["bottleneck"]
    assert told == dict.fromkeys(("attribute", "sensitivity", "incentives"), "interrupted")


def test_everything_can_be_asked_of_one_off_sales(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gathering, "SENSITIVITY", {
        "trajectories": 2, "top": 1, "sobol": 4, "points": 2, "replications": 1,
    })  # fmt: skip
    monkeypatch.setattr(gathering, "INCENTIVES", {
        "starts": 1, "steps": 1, "replications": 2, "fresh": 2,
    })  # fmt: skip
    evidence = evidence_of(folder, "one_off", replications=2, full=True)
    read = Read(page_of(evidence).html)
    assert read.sections() == [
        *ALWAYS, "queues", "courses", "bottleneck", "sensitivity", "incentives", *END,
    ]  # fmt: skip
