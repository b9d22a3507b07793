"""The report in a browser: nothing is complained about, nothing is asked for, everything is there.

Chromium is spoken to over its debugging pipe (file descriptors 3 and 4), so that its console and
its requests are seen as they happen.
"""

from __future__ import annotations

import json
import os
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from test_cli import call

CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome")
     if (path := shutil.which(name))),
    None,
)  # fmt: skip
# Chromium listens on 3 and answers on 4: the given ends become these.
PLUMB = """
import os, sys
ends = [os.dup2(int(end), 100 + place)
        for place, end in enumerate(sys.argv[1:3])]
os.dup2(ends[0], 3)
os.dup2(ends[1], 4)
os.execv(sys.argv[3], sys.argv[3:])
"""
PATIENCE = 60.0  # seconds for an answer, on a busy machine
SECTIONS = [
    "verdict", "flow", "organization", "degradation", "blame", "queues", "courses", "bridge",
    "retention", "journey", "assumptions", "definitions", "again", "further",
]  # fmt: skip

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on the PATH")


class Browser:
    """A page in a headless Chromium, and everything it says."""

    def __init__(self, home: Path) -> None:
        down, up = os.pipe(), os.pipe()
        assert CHROMIUM is not None
        self._process = subprocess.Popen(
            [sys.executable, "-c", PLUMB, str(down[0]), str(up[1]),
             CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
             "--no-first-run", "--disable-background-networking", "--disable-component-update",
             f"--user-data-dir={home}", "--remote-debugging-pipe", "about:blank"],
            pass_fds=(down[0], up[1]), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        os.close(down[0])
        os.close(up[1])
        self._writing, self._reading = down[1], up[0]
        self._buffer, self._number = b"", 0
        self.events: list[dict[str, Any]] = []
        target = next(
            each["targetId"] for each in self.ask("Target.getTargets")["targetInfos"]
            if each["type"] == "page"
        )  # fmt: skip
        attached = self.ask("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.ask(f"{domain}.enable")

    _session: str | None = None

    def ask(self, method: str, **parameters: Any) -> Any:
        """Send a command and return its result; events that come meanwhile are kept."""
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._writing, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == self._number:
                assert "error" not in answer, answer
                return answer["result"]
            self.events.append(answer)

    def open(self, page: Path, width: int = 1440, height: int = 900) -> None:
        """Load a page and wait until it and its script are done."""
        self.events.clear()
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=height,
                 deviceScaleFactor=1, mobile=width < 600)  # fmt: skip
        self.ask("Page.navigate", url=page.as_uri())
        while not any(each.get("method") == "Page.loadEventFired" for each in self.events):
            self.events.append(self._next())
        self.evaluate("new Promise(done => requestAnimationFrame(() => setTimeout(done, 200)))")

    def evaluate(self, expression: str) -> Any:
        """Return the value of an expression on the page."""
        found = self.ask("Runtime.evaluate", expression=expression, awaitPromise=True,
                         returnByValue=True)  # fmt: skip
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    def said(self) -> list[dict[str, Any]]:
        """Return what came to the console."""
        methods = ("Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded")
        return [each for each in self.events if each.get("method") in methods]

    def requests(self) -> list[str]:
        """Return the addresses that were asked for."""
        return [
            each["params"]["request"]["url"] for each in self.events
            if each.get("method") == "Network.requestWillBeSent"
        ]  # fmt: skip

    def close(self) -> None:
        """End the browser."""
        self._process.terminate()
        self._process.wait(PATIENCE)
        os.close(self._writing)
        os.close(self._reading)

    def _next(self) -> dict[str, Any]:
        until = time.monotonic() + PATIENCE
        while b"\0" not in self._buffer:
            left = until - time.monotonic()
            ready = select.select([self._reading], [], [], max(left, 0.0))[0]
            assert ready, "the browser says nothing"
            self._buffer += os.read(self._reading, 1 << 16)
        text, _, self._buffer = self._buffer.partition(b"\0")
        message: dict[str, Any] = json.loads(text)
        return message


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    opened = Browser(tmp_path_factory.mktemp("browser"))
    yield opened
    opened.close()


@pytest.fixture(scope="module", params=["en", "ja"])
def page(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("report") / f"{request.param}.html"
    done = call("report", "shared", "divisional", "--replications", 3, "--workers", 1,
                "-o", file, "--lang", request.param)  # fmt: skip
    assert done.exit_code == 0, done.stderr
    return file


def test_the_browser_has_nothing_to_complain_about_and_asks_for_nothing(
    browser: Browser, page: Path
) -> None:
    browser.open(page)
    assert browser.said() == []
    assert browser.requests() == [page.as_uri()]
    assert browser.evaluate("document.documentElement.lang") == page.stem


def test_all_sections_are_there_and_say_something(browser: Browser, page: Path) -> None:
    browser.open(page)
    found = browser.evaluate("[...document.querySelectorAll('main > section')].map(e => e.id)")
    assert found == SECTIONS
    empty = browser.evaluate(
        "[...document.querySelectorAll('main > section')].filter(e => e.innerText.length < 40)"
        ".map(e => e.id)"
    )
    assert empty == []


def test_the_script_runs_and_buyers_move(browser: Browser, page: Path) -> None:
    browser.open(page)
    assert browser.evaluate("document.querySelectorAll('.flow-player svg').length") == 2
    assert browser.evaluate("document.querySelectorAll('.controls[hidden]').length") == 0
    before = "document.querySelector('.flow-player output').textContent"
    first = browser.evaluate(before)
    browser.evaluate(
        "{const s = document.querySelector('.flow-player input[type=range]');"
        "s.value = '6.5'; s.dispatchEvent(new Event('input'))}"
    )
    assert browser.evaluate(before) != first
    assert "7" in browser.evaluate(before)
    assert browser.said() == []


def test_the_flow_is_switched_by_scenario_and_by_width(browser: Browser, page: Path) -> None:
    browser.open(page)
    shown = (
        "[...document.querySelectorAll('#flow-switch > .pane')]"
        ".filter(e => e.offsetParent).map(e => e.dataset.ask0 + e.dataset.ask1)"
    )
    assert browser.evaluate(shown) == ["10"]
    browser.evaluate("document.querySelector('input[name=flow-switch-0][value=\"0\"]').click()")
    assert browser.evaluate(shown) == ["00"]
    browser.evaluate("document.querySelector('input[name=flow-switch-1][value=\"1\"]').click()")
    assert browser.evaluate(shown) == ["01"]


def test_a_metric_is_one_click_from_its_definition(browser: Browser, page: Path) -> None:
    browser.open(page)
    browser.evaluate("document.querySelector('.tiles a').click()")
    target = browser.evaluate("document.querySelector(':target').closest('section').id")
    assert target == "definitions"


@pytest.mark.parametrize("width", [390, 1440])
def test_nothing_is_wider_than_the_screen(browser: Browser, page: Path, width: int) -> None:
    browser.open(page, width)
    assert browser.evaluate("document.documentElement.scrollWidth") <= width


def test_the_verdict_is_on_the_first_screen(browser: Browser, page: Path) -> None:
    browser.open(page)
    bottom = "document.querySelector('.tiles').getBoundingClientRect().bottom"
    assert 0 < browser.evaluate(bottom) < 600
