"""``themodel plot``: pictures in a folder, whole or not at all."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pytest
from small_companies import small_company
from test_cli import call

from simulator.experiment import execution
from simulator.plots.catalogue import CHARTS

SMALL = small_company(3, "How does a small company do?")
PUSHY = """\
question: What if field sales promises more than it can keep?
extends: small.yaml
decisions:
  field_sales: {promise: 0.9}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "small.yaml").write_text(SMALL, encoding="utf-8")
    (tmp_path / "pushy.yaml").write_text(PUSHY, encoding="utf-8")
    (tmp_path / "once.yaml").write_text("extends: small.yaml\nsale: one_off\n", encoding="utf-8")
    return tmp_path


def test_every_chart_that_applies_is_drawn_and_the_others_are_told(folder: Path) -> None:
    out = folder / "pictures"
    done = call("plot", folder / "small.yaml", folder / "pushy.yaml", "-o", out,
                "--replications", 2, "--workers", 1)  # fmt: skip
    assert done.exit_code == 0, done.output
    made = {path.name for path in out.iterdir()}
    assert {"courses.png", "flow-small.png", "flow-pushy.png", "heat-pushy.png"} <= made
    for path in out.iterdir():
        content = path.read_bytes()
        assert content.startswith(b"\x89PNG\r\n\x1a\n")
        width, height = (int.from_bytes(content[at : at + 4], "big") for at in (16, 20))
        assert width / height == pytest.approx(16 / 9, rel=0.01)
        assert path.name in done.stdout
    for name in ("attribution", "bottleneck", "tornado", "incentives"):
        assert f"{name}: needs its analysis: run themodel" in done.stderr
    assert {name.partition("-")[0].removesuffix(".png") for name in made} == set(CHARTS) - {
        "attribution", "bottleneck", "tornado", "incentives",
    }  # fmt: skip


def test_named_charts_alone_are_drawn_in_the_format_and_language_asked_for(folder: Path) -> None:
    out = folder / "pictures"
    arguments = ("plot", folder / "small.yaml", "-o", out, "--chart", "courses", "--chart", "flow",
                 "--format", "svg", "--replications", 1, "--workers", 1, "--width", 9,
                 "--height", 5)  # fmt: skip
    english = call(*arguments)
    assert english.exit_code == 0, english.output
    first = {path.name: path.read_bytes() for path in out.iterdir()}
    assert set(first) == {"courses.svg", "flow-small.svg"}
    assert all(b"<text" not in content for content in first.values())
    assert b'width="648pt" height="360pt"' in first["courses.svg"]
    again = call(*arguments)
    assert {path.name: path.read_bytes() for path in out.iterdir()} == first
    assert again.stdout == english.stdout
    japanese = call(*arguments, "--lang", "ja")
    assert "MRR（売り切りでは売上高）の月次推移" in japanese.stdout
    assert all(path.read_bytes() != first[path.name] for path in out.iterdir())


def test_an_analysis_is_drawn_from_its_folder(folder: Path) -> None:
    small, found = folder / "small.yaml", folder / "found"
    done = call("bottleneck", small, "--replications", 2, "--workers", 1, "--out", found)
    assert done.exit_code == 0, done.output
    out = folder / "pictures"
    done = call("plot", small, "-o", out, "--from", found, "--chart", "bottleneck",
                "--replications", 1, "--workers", 1)  # fmt: skip
    assert done.exit_code == 0, done.output
    assert [path.name for path in out.iterdir()] == ["bottleneck.png"]


def test_what_a_chart_lacks_can_be_made_as_it_is_told(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    setting = ("--seed", 7, "--set", "horizon.months=2")
    done = call("plot", "small.yaml", "pushy.yaml", "-o", "pictures", *setting, "--replications", 1,
                "--workers", 1)  # fmt: skip
    assert done.exit_code == 0, done.output
    same = "--seed 7 --set horizon.months=2 --out DIR"
    told = {
        line.partition(": ")[0]: line.partition("run ")[2].partition(", then")[0]
        for line in done.stderr.splitlines() if "needs its analysis" in line
    }  # fmt: skip
    assert told == {
        "attribution": f"themodel attribute small.yaml pushy.yaml {same}",
        "bottleneck": f"themodel bottleneck pushy.yaml {same}",
        "tornado": f"themodel sensitivity small.yaml --versus pushy.yaml {same}",
        "incentives": f"themodel incentives pushy.yaml {same}",
    }
    words = shlex.split(told["bottleneck"].replace("DIR", "found"))[1:]
    made = call(*words, "--replications", 2, "--workers", 1)
    assert made.exit_code == 0, made.output
    done = call("plot", "small.yaml", "pushy.yaml", "-o", "pictures", *setting, "--replications", 1,
                "--workers", 1, "--from", "found", "--chart", "bottleneck")  # fmt: skip
    assert done.exit_code == 0, done.output
    done = call("plot", "small.yaml", "pushy.yaml", "--chart", "tornado", *setting)
    assert done.exit_code == 2
    assert told["tornado"] in done.stderr


def test_ctrl_c_draws_what_is_finished_and_says_so(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done_runs: list[Any] = []
    do = execution._do

    def interrupted(*what: Any) -> Any:
        if len(done_runs) == 2:
            raise KeyboardInterrupt
        done_runs.append(what)
        return do(*what)

    monkeypatch.setattr(execution, "_do", interrupted)
    done = call("plot", folder / "small.yaml", "-o", folder / "pictures", "--chart", "courses",
                "--replications", 4, "--workers", 1, "--lang", "ja")  # fmt: skip
    assert done.exit_code == 130
    assert "反復4回のうち2回で中断しました" in done.stderr
    assert [path.name for path in (folder / "pictures").iterdir()] == ["courses.png"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("small.yaml", "--chart", "flwo"), "flow"),
        (("small.yaml", "--chart", "heat"), "needs two scenarios or more"),
        (("small.yaml", "--chart", "attribution"), "add --from DIR"),
        (("small.yaml", "--format", "gif"), "neither png nor svg"),
        (("small.yaml", "--width", "1"), "--width"),
        (("nowhere.yaml",), "nowhere"),
        (("small.yaml", "--from", "nothing_here"), "nothing_here"),
        (("small.yaml", "-o", "small.yaml"), "is a file"),
    ],
)
def test_wrong_input_is_told_before_anything_is_written(
    folder: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], said: str
) -> None:
    monkeypatch.chdir(folder)
    before = sorted(path.name for path in folder.iterdir())
    done = call("plot", *arguments, "--workers", 1)
    assert done.exit_code == 2
    assert said in done.output
    assert sorted(path.name for path in folder.iterdir()) == before


def test_a_named_chart_that_cannot_be_drawn_ends_with_a_finding(folder: Path) -> None:
    out = folder / "pictures"
    done = call("plot", folder / "once.yaml", "-o", out, "--chart", "bridge", "--chart", "courses",
                "--replications", 1, "--workers", 1)  # fmt: skip
    assert done.exit_code == 1
    assert "bridge: needs a company that sells subscriptions" in done.stderr
    assert [path.name for path in out.iterdir()] == ["courses.png"]


def test_a_full_disk_leaves_nothing_half_written(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from simulator import disk

    written = disk._write

    def full(path: Path, content: bytes) -> None:
        if "flow" in path.name:
            raise OSError(28, "No space left on device")
        written(path, content)

    monkeypatch.setattr(disk, "_write", full)
    out = folder / "pictures"
    done = call("plot", folder / "small.yaml", "-o", out, "--chart", "courses", "--chart", "flow",
                "--replications", 1, "--workers", 1)  # fmt: skip
    assert done.exit_code == 2
    assert "No space left" in done.output
    assert list(out.iterdir()) == []


def test_help_names_every_chart() -> None:
    done = call("plot", "--help")
    assert done.exit_code == 0
    assert all(name in done.stdout for name in CHARTS)
