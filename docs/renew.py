"""Renew every number and picture in README and docs, or check that they are current.

    python docs/renew.py              write them, without the studies (4 minutes)
    python docs/renew.py --studies    write the studies, too (about 25 minutes on 2 processors)
    python docs/renew.py --check      exit 1 and name the first difference if one is out of date
    python docs/renew.py --worked     write the worked example alone, with its studies (5 minutes)
    python docs/renew.py --worked --olist FOLDER
                                      and what is told of the Olist files
    python docs/renew.py docs/olist.md
                                      write one page

A block between ``<!-- output: themodel … -->`` and ``<!-- end -->`` is what that command prints;
``| lines 3-20`` keeps some of it. A block that begins with ``<!-- study 0123abcd: themodel … -->``
takes too long to be made for every check: it carries a fingerprint of the scenarios and of one run
of each, and is out of date when these have changed. Pictures are only made when writing; what they
show lies beside them as numbers, and a check makes these anew.

Blocks that begin with ``<!-- worked: `` and ``<!-- worked study 0123abcd: `` are made in a folder
of their own in which the steps of the worked example (`STEPS`) have been done; ``file NAME`` shows
what they left there, ``| from these words until those`` keeps some lines. A calibration is a search
on floating point, so that another processor may end a little beside: in a check its numbers may
differ by 3 %. Blocks that begin with ``<!-- olist: `` are about files that are not part of the
project: they are made only where these are given, and never checked.
"""

from __future__ import annotations

import argparse
import atexit
import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PAGES = (
    "README.md", "README.ja.md", "docs/report.md", "docs/model.md", "docs/olist.md",
    "docs/experiments.md", "docs/incentives.md", "docs/calibration.md", "docs/sizing.md",
    "docs/reporting_checklist.md",
)  # fmt: skip
STEPS = (
    "export-crm base -o exported",
    "calibrate exported/*.csv --mapping exported/mapping.yaml -o my_company.yaml",
)
"""Of the worked example: from a company whose truth is known to its scenario."""
STUDIED = ("base", "shared", "divisional")
REPLICATIONS = 10
"""Of what the default company is held against; pictures rest on as many as the report has."""
_OUTPUT = re.compile(
    r"<!-- output: themodel (?P<command>[^|\n]*?)(?: \| lines (?P<first>\d+)-(?P<last>\d+))? -->\n"
    r".*?<!-- end -->",
    re.DOTALL,
)
_STUDY = re.compile(
    r"<!-- study (?P<fingerprint>\w+): themodel (?P<command>[^|\n]*?)"
    r"(?: \| lines (?P<first>\d+)-(?P<last>\d+))? -->\n.*?<!-- end -->",
    re.DOTALL,
)
_WORKED = re.compile(
    r"<!-- (?P<kind>worked|worked study (?P<fingerprint>\w+)|olist): "
    r"(?:themodel (?P<command>[^|\n]*?)|file (?P<file>\S+?))"
    r"(?: \| from (?P<begin>[^|\n]+?) until (?P<stop>[^|\n]+?))? -->\n.*?<!-- end -->",
    re.DOTALL,
)
_OBSERVED = re.compile(r"<!-- observed -->\n.*?<!-- end -->", re.DOTALL)
_RANGES = re.compile(r"<!-- published ranges -->\n.*?<!-- end -->", re.DOTALL)


@lru_cache
def printed(command: str, where: Path = ROOT) -> str:
    """Return what a command of the product prints (without terminal, 100 columns)."""
    words: list[str] = []
    for word in command.split():
        found = sorted(str(path.relative_to(where)) for path in where.glob(word) if "*" in word)
        words += found or [word]
    done = subprocess.run(
        [sys.executable, "-m", "simulator", *words],
        cwd=where,
        capture_output=True,
        text=True,
        env={
            **os.environ, "COLUMNS": "100", "NO_COLOR": "1", "PYTHONIOENCODING": "utf-8",
            "PYTHONPATH": str(ROOT),
        },
        check=False,
    )  # fmt: skip
    if done.returncode not in (0, 1) or not done.stdout:
        raise SystemExit(f"themodel {command} ended with {done.returncode}:\n{done.stderr}")
    return "\n".join(line.rstrip() for line in done.stdout.splitlines())


def a_folder() -> Path:
    """Return a new folder that goes when this ends."""
    folder = Path(tempfile.mkdtemp(prefix="themodel-docs-")).resolve()
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


@lru_cache
def worked() -> Path:
    """Return a folder in which the steps of the worked example have been done."""
    folder = a_folder()
    for step in STEPS:
        printed(step, folder)
    return folder


@lru_cache
def with_olist(files: Path) -> Path:
    """Return a folder that holds nothing but the Olist files."""
    folder = a_folder()
    for path in sorted(files.glob("olist_*.csv")):
        shutil.copyfile(path, folder / path.name)
    return folder


@lru_cache
def fingerprint() -> str:
    """Return what changes when scenarios or engine change what the studies are about."""
    from simulator.experiment.execution import run_totals
    from simulator.scenario import effective_yaml, find, load_scenario

    digest = hashlib.sha256()
    for name in STUDIED:
        scenario = load_scenario(find(name)).scenario
        digest.update(effective_yaml(scenario).encode())
        digest.update(json.dumps(run_totals(scenario, name, 1, 0)).encode())
    return digest.hexdigest()[:8]


def _with_study(match: re.Match[str]) -> str:
    head = match.group(0).split("\n", 1)[0].replace(match["fingerprint"], fingerprint(), 1)
    return _with_output(match, head)


def _with_output(match: re.Match[str], head: str = "") -> str:
    text = printed(match["command"])
    head = head or match.group(0).split("\n", 1)[0]
    if match["first"]:
        lines = text.splitlines()[int(match["first"]) - 1 : int(match["last"])]
        text = "\n".join(lines)
    return f"{head}\n\n```text\n{text.rstrip()}\n```\n\n<!-- end -->"


def _part(text: str, begin: str | None, stop: str | None) -> str:
    """Keep the lines from one that begins with some words to one that begins with others."""
    if begin is None or stop is None:
        return text
    lines = text.splitlines()
    at = [i for i, line in enumerate(lines) if line.strip().startswith(begin)]
    if not at:
        raise SystemExit(f'no line begins with "{begin}" in:\n{text}')
    ends = [i for i in range(at[0] + 1, len(lines)) if lines[i].strip().startswith(stop)]
    return "\n".join(lines[at[0] : ends[0] if ends else len(lines)])


def alike(old: str, new: str) -> bool:
    """Whether two texts have the same words, and numbers that differ by little."""
    number = r"\d[\d,]*(?:\.\d+)?(?:e[+-]?\d+)?"
    if re.sub(number, "0", old).split() != re.sub(number, "0", new).split():
        return False
    pairs = zip(re.findall(number, old), re.findall(number, new), strict=True)
    values = ((float(a.replace(",", "")), float(b.replace(",", ""))) for a, b in pairs)
    return all(abs(a - b) <= 0.03 * max(abs(a), abs(b), 1.0) for a, b in values)


def _worked_block(check: bool, studies: bool, olist: Path | None) -> Callable[[re.Match[str]], str]:
    """Return what makes a block of the worked example anew, or leaves it as it is."""

    def made(match: re.Match[str]) -> str:
        old, kind = match.group(0), match["kind"]
        if kind == "olist" and (olist is None or check):
            return old
        if match["fingerprint"] and not studies:
            return old
        folder = with_olist(olist) if kind == "olist" and olist is not None else worked()
        if match["file"]:
            text = (folder / match["file"]).read_text(encoding="utf-8")
        else:
            text = printed(match["command"], folder)
        text = _part(text, match["begin"], match["stop"]).strip("\n")
        head = old.split("\n", 1)[0]
        if match["fingerprint"]:
            head = head.replace(match["fingerprint"], fingerprint(), 1)
        language = "yaml" if (match["file"] or "").endswith(".yaml") else "text"
        new = f"{head}\n\n```{language}\n{text.rstrip()}\n```\n\n<!-- end -->"
        return old if check and alike(old, new) else new

    return made


def published_table() -> str:
    """Return the table of published ranges beside the default company, as Markdown."""
    from simulator.plausibility import hold_against_published

    rows = [
        "| metric | published | simulated | unit | source | trust |",
        "|---|---|---|---|---|---|",
    ]
    for each in hold_against_published(seed=1, replications=REPLICATIONS, workers=2):
        p, s = each.published, each.simulated
        mark = "" if each.passed else " **outside**"
        rows.append(
            f"| `{p.metric}` | {p.low:g} – {p.high:g} | {s.mean:.3g}"
            f" ({s.low:.3g} to {s.high:.3g}){mark} | {p.unit} | {p.source} | {p.trust} |"
        )
    return "\n".join(rows)


def observed_table() -> str:
    """Return the real funnel's figures beside the simulated ones, as Markdown."""
    from simulator.experiment.replications import replicate
    from simulator.scenario import find, load_scenario

    scenario = load_scenario(find("olist")).scenario
    comparison = replicate(scenario, "olist", 1, 20, workers=2).comparison
    assert comparison is not None
    rows = [
        "| figure | observed | its 95 % interval | simulated | 95 % of single runs"
        " | inside | kind |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in comparison.to_dict(orient="records"):
        factor, unit = (100.0, " %") if row["unit"] == "share" else (1.0, "")

        def told(name: str, factor: float = factor, row: dict[str, Any] = row) -> str:
            value = factor * float(row[name])
            return f"{value:,.0f}" if abs(value) >= 1000.0 else f"{value:.3g}"

        known = row["observed_low"] == row["observed_low"]
        interval = f"{told('observed_low')} to {told('observed_high')}{unit}" if known else ""
        inside = "yes" if row["inside"] == "yes" else "**no**"
        kind = "fitted" if row["fitted"] else "predicted"
        rows.append(
            f"| {row['label']} | {told('observed')}{unit} | {interval} | {told('simulated')}{unit}"
            f" | {told('prediction_low')} to {told('prediction_high')}{unit} | {inside} | {kind} |"
        )
    return "\n".join(rows)


def old_studies(page: str) -> list[str]:
    """Return the commands of the studies on a page whose scenarios or engine have changed."""
    text = (ROOT / page).read_text(encoding="utf-8")
    found = [*_STUDY.finditer(text), *_WORKED.finditer(text)]
    return [
        match["command"]
        for match in found
        if match["fingerprint"] and match["fingerprint"] != fingerprint()
    ]


def renewed_example(page: str, olist: Path | None) -> str:
    """Return a page with the blocks of the worked example renewed, and no others."""
    text = (ROOT / page).read_text(encoding="utf-8")
    return _WORKED.sub(_worked_block(False, True, olist), text)


def renewed(page: str, check: bool, studies: bool, olist: Path | None = None) -> str:
    """Return a page with every block renewed (all but the slow ones, to check it)."""
    text = (ROOT / page).read_text(encoding="utf-8")
    text = _WORKED.sub(_worked_block(check, studies, olist), text)
    if studies:
        text = _STUDY.sub(_with_study, text)
    text = _OUTPUT.sub(_with_output, text)
    if _RANGES.search(text):
        table = published_table()
        text = _RANGES.sub(
            lambda _: (
                f"<!-- published ranges -->\n\n{table}\n\n"
                f"Means and 95 % intervals over {REPLICATIONS} replications, seed 1.\n\n"
                "<!-- end -->"
            ),
            text,
        )
    if _OBSERVED.search(text) and not check:
        table = observed_table()
        text = _OBSERVED.sub(lambda _: f"<!-- observed -->\n\n{table}\n\n<!-- end -->", text)
    return text


PICTURES = ROOT / "docs" / "pictures"
NUMBERS = PICTURES / "numbers.json"
"""What the pictures show, so that a check can tell whether they are current."""
_SIZE = (9.6, 5.4)  # inches
_DIGITS = 4
_COLORS = 128
_RUNS = 20


@lru_cache
def seen() -> Any:
    """Return the runs that all pictures show, made once."""
    from simulator.commands.evidence import gather

    return gather(("shared", "divisional", "base"), replications=_RUNS, workers=2)


@lru_cache
def drawn() -> tuple[dict[Path, Callable[[], Any]], str]:
    """Return what draws each picture, and the numbers that they show as JSON."""
    from simulator import plots
    from simulator.presentation.views.courses import course
    from simulator.presentation.views.dashboards import blame
    from simulator.presentation.views.degradation import heat
    from simulator.presentation.views.flows import flow
    from simulator.presentation.views.retention import retention
    from simulator.presentation.views.shapes import as_json

    found = seen()
    shared, divisional, base = found.results
    comparison = found.comparison
    assert comparison is not None
    # Each with what it shows; in the README the default company lies between the other two.
    made = {
        ROOT / "docs" / "mrr.png": (
            lambda: plots.courses(shared, divisional, base, size=(9.0, 4.6)),
            course(found.results, "mrr"),
        ),
        PICTURES / "flow_shared.png": (
            lambda: plots.flow(shared, size=_SIZE), flow(shared, "buyers"),
        ),
        PICTURES / "flow_divisional.png": (
            lambda: plots.flow(divisional, size=_SIZE), flow(divisional, "buyers"),
        ),
        PICTURES / "heat.png": (
            lambda: plots.heat(comparison, "divisional", size=_SIZE),
            heat(comparison, "divisional"),
        ),
        PICTURES / "dashboards.png": (
            lambda: plots.dashboards(comparison, found.scenarios, "divisional", size=_SIZE),
            blame(comparison, found.scenarios, "divisional"),
        ),
        PICTURES / "retention.png": (
            lambda: plots.retention(shared, divisional, size=_SIZE),
            retention((shared, divisional)),
        ),
    }  # fmt: skip
    numbers = {path.name: _rounded(as_json(shape)) for path, (_, shape) in made.items()}
    numbers.update({path.name: first_screen(language) for language, path in SCREENS.items()})
    text = json.dumps(numbers, ensure_ascii=False, indent=1, allow_nan=False)
    return {path: draw for path, (draw, _) in made.items()}, f"{text}\n"


SCREENS = {"en": PICTURES / "report.png", "ja": PICTURES / "report_ja.png"}
"""Pictures of the first screen of the report, by its language."""
_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_WINDOW = (1440, 1205)  # so high that the whole flow is seen


def first_screen(language: Any) -> dict[str, Any]:
    """Return what the first screen of a report of divisional against shared says."""
    from simulator.experiment.comparison import compare_runs
    from simulator.languages.languages import speaking
    from simulator.presentation.report import first_words
    from simulator.presentation.views.shapes import Evidence

    scenarios, results = seen().scenarios[:2], seen().results[:2]
    measures = {each.name: dict(zip(each.numbers, each.measures, strict=True)) for each in results}
    named = {each.name: each for each in scenarios}
    pair = compare_runs(named, measures, results[0].seed, results[0].asked)
    with speaking(language):
        words: dict[str, Any] = _rounded(first_words(Evidence(scenarios, results, pair, {})))
    return words


def page(language: str) -> Path:
    """Make a report of divisional against shared, and return where it is."""
    folder = a_folder()
    command = f"report shared divisional --replications {_RUNS} -o report.html --lang {language}"
    printed(f"{command} --json", folder)
    return folder / "report.html"


def photograph() -> None:
    """Take pictures of the report in a browser without a window, if there is one."""
    browser = next((found for each in _BROWSERS if (found := shutil.which(each))), None)
    if browser is None:
        print(f"none of {', '.join(_BROWSERS)}: the pictures of the report stay as they are")
        return
    for language, path in SCREENS.items():
        where = page(language)
        taken = where.with_suffix(".png")
        width, height = _WINDOW
        subprocess.run(
            [
                browser, "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
                f"--window-size={width},{height}", f"--screenshot={taken}", where.as_uri(),
            ],
            check=True, capture_output=True, timeout=120,
        )  # fmt: skip
        path.write_bytes(_in_few_colors(taken.read_bytes()))
        print(f"took {path.relative_to(ROOT)}")


def _rounded(value: Any) -> Any:
    """Keep of each number as many digits as can be seen."""
    if isinstance(value, dict):
        return {name: _rounded(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_rounded(each) for each in value]
    if isinstance(value, float):
        return 0.0 if abs(value) < 1e-9 else float(f"{value:.{_DIGITS}g}")
    return value


def draw() -> None:
    """Draw the pictures of README and docs, and write down the numbers that they show."""
    from simulator.presentation.chart_style import as_png

    pictures, numbers = drawn()
    PICTURES.mkdir(exist_ok=True)
    for path, made in pictures.items():
        path.write_bytes(_in_few_colors(as_png(made())))
    photograph()
    NUMBERS.write_text(numbers, encoding="utf-8")
    print(f"drew {', '.join(str(path.relative_to(ROOT)) for path in pictures)}")


def _in_few_colors(png: bytes) -> bytes:
    """Make a picture a third as large: as many colours as an eye tells apart in it."""
    from PIL import Image

    stream = io.BytesIO()
    with Image.open(io.BytesIO(png)) as picture:
        few = picture.convert("RGB").quantize(_COLORS)
        few.save(stream, "PNG", optimize=True)
    return stream.getvalue()


def pictures_are_current() -> bool:
    """Say whether the pictures are there and show what would be drawn now."""
    pictures, numbers = drawn()
    wanted = (*pictures, *SCREENS.values(), NUMBERS)
    missing = [path for path in wanted if not path.exists()]
    for path in missing:
        print(f"{path.relative_to(ROOT)}: missing; run: python docs/renew.py")
    if missing:
        return False
    old, new = json.loads(NUMBERS.read_text(encoding="utf-8")), json.loads(numbers)
    for name in {**old, **new}:
        if not alike(json.dumps(old.get(name)), json.dumps(new.get(name))):
            print(f"docs: {name} is out of date; run: python docs/renew.py")
            return False
    return True


def main(arguments: list[str]) -> int:
    """Write or check pages."""
    assert __doc__ is not None
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "pages", nargs="*", metavar="PAGE", help="these alone, without the pictures"
    )
    parser.add_argument("--studies", action="store_true")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--worked", action="store_true")
    parser.add_argument("--olist", type=Path, metavar="FOLDER", help="the Olist files")
    asked = parser.parse_args(arguments)
    if asked.check and asked.worked:
        parser.error("--worked writes; --check looks at everything")
    unknown = sorted(set(asked.pages) - set(PAGES))
    if unknown:
        parser.error(f"no such page: {', '.join(unknown)}; there are {', '.join(PAGES)}")
    check, studies = asked.check, asked.studies or asked.worked
    for page in asked.pages or PAGES:
        path = ROOT / page
        if not path.exists():
            continue
        old = path.read_text(encoding="utf-8")
        if asked.worked:
            new = renewed_example(page, asked.olist)
        else:
            new = renewed(page, check, studies, asked.olist)
        for command in [] if studies else old_studies(page):
            print(f"{page}: out of date, run python docs/renew.py --studies: themodel {command}")
            if check:
                return 1
        if old == new:
            continue
        if check:
            differing = zip(old.splitlines(), new.splitlines(), strict=False)
            for number, (a, b) in enumerate(differing, start=1):
                if a != b:
                    print(f"{page}:{number}: out of date; run: python docs/renew.py\n- {a}\n+ {b}")
                    break
            return 1
        part = path.with_name(path.name + ".part")
        part.write_text(new, encoding="utf-8")
        part.replace(path)
        print(f"renewed {page}")
    if asked.pages or asked.worked:
        return 0
    if check:
        return 0 if pictures_are_current() else 1
    draw()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
