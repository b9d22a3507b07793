"""The command: what it prints, what it writes, and how it refuses."""

from __future__ import annotations

import csv
import errno
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from test_replications import TINY
from typer.testing import CliRunner, Result

from simulator import cli, disk
from simulator.errors import OutputError
from simulator.experiment.replications import Estimate
from simulator.metrics import METRICS
from simulator.plausibility import Plausible, PublishedRange
from simulator.presentation import files
from simulator.presentation.figures import figure, lasting, moment, number

RUNNER = CliRunner()


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    file = tmp_path / "tiny.yaml"
    file.write_text(TINY)
    return file


def call(*arguments: object) -> Result:
    return RUNNER.invoke(cli.app, [str(each) for each in arguments])


def start(*arguments: object, **options: Any) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "simulator", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


def run(*arguments: object, **options: Any) -> tuple[int, str, str]:
    process = start(*arguments, **options)
    out, err = process.communicate(timeout=120)
    return process.returncode, out, err


def table(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8-sig") as stream:
        return list(csv.DictReader(stream))


def quick(tiny: Path, *arguments: object) -> Sequence[object]:
    return ("run", tiny, "--replications", 2, "--workers", 1, *arguments)


# ------------------------------------------------------------------ run


def test_run_shows_what_a_leader_asks_for_in_order(tiny: Path) -> None:
    result = call(*quick(tiny))
    assert result.exit_code == 0, result.output
    headings = [
        "How does a tiny company do?", "Marketing", "Inside sales", "Field sales",
        "Customer success", "Company", "Flow: how busy", "Where buyers were lost",
        "Where buyers are at the end", "Monthly recurring revenue", "2 replications of 3 months",
    ]  # fmt: skip
    places = [result.stdout.index(heading) for heading in headings]
    assert places == sorted(places)
    for metric in METRICS.values():
        if metric.department == "field_sales":
            assert metric.label_en in result.stdout
    assert "95 % interval" in result.stdout
    assert "seed 1" in result.stdout


def test_run_says_that_one_replication_has_no_interval(tiny: Path) -> None:
    result = call("run", tiny, "--replications", 1)
    assert "One replication: means without an interval." in " ".join(result.stdout.split())


def test_a_pipe_gets_lines_of_at_most_100_columns_without_colors(tiny: Path) -> None:
    environment = {**os.environ, "COLUMNS": "30", "LC_ALL": "C", "LANG": "C"}
    status, out, _ = run(*quick(tiny), env=environment)
    assert status == 0
    assert "\x1b" not in out
    assert out == "\n".join(line.rstrip() for line in out.split("\n"))
    assert 60 < max(map(len, out.splitlines())) <= 100


def test_a_terminal_that_only_knows_ascii_is_no_reason_to_fail(tmp_path: Path) -> None:
    file = tmp_path / "日本.yaml"
    file.write_text(TINY.replace("How does", "どう does").replace("website", "検索 広告"))
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    status, out, err = run("trace", file, "--buyer", "0", env=environment)
    assert (status, err) == (0, "")
    assert "sends an inquiry through" in out


def test_names_from_a_file_are_printed_as_they_are(tmp_path: Path) -> None:
    file = tmp_path / "[bold]x.yaml"
    file.write_text(TINY.replace("How does", "'[red]What[/red] :smile: [/]").replace("?", "?'"))
    result = call(*quick(file))
    assert result.exit_code == 0, result.output
    assert "[red]What[/red] :smile: [/]" in result.stdout
    assert "[bold]x" in result.stdout


def test_json_is_one_object_and_nothing_else(tiny: Path) -> None:
    status, out, err = run(*quick(tiny, "--json"))
    assert (status, err) == (0, "")
    found = json.loads(out, parse_constant=lambda word: pytest.fail(f"{word} is not JSON"))
    assert found["scenario"] == "tiny"
    assert (found["seed"], found["replications"]) == (1, 2)
    assert found["version"]
    assert set(found["metrics"]) == set(METRICS)
    for estimate in found["metrics"].values():
        assert set(estimate) == {"mean", "low", "high", "unit", "n"}
    assert found["metrics"]["grr"] == {
        "mean": None, "low": None, "high": None, "unit": "share", "n": 0
    }  # fmt: skip
    assert found["metrics"]["mrr"]["unit"] == "JPY"
    assert set(found["stages"]) == {
        "marketing", "inside_sales", "field_sales", "customer_success"
    }  # fmt: skip
    for stage in found["stages"].values():
        assert {"utilization", "queue", "wait_p50", "wait_p90", "throughput"} <= set(stage)
    assert {"stage", "true_reason", "recorded_reason", "buyers", "amount"} == set(
        found["losses"][0]
    )


def test_the_figures_do_not_depend_on_the_number_of_workers(tiny: Path) -> None:
    one = call("run", tiny, "--replications", 3, "--workers", 1, "--json")
    two = call("run", tiny, "--replications", 3, "--workers", 2, "--json")
    assert json.loads(one.stdout) == json.loads(two.stdout)


def test_set_changes_one_value_and_says_so(tiny: Path) -> None:
    result = call(*quick(tiny, "--set", "horizon.months=2"))
    assert result.stdout.count("--set horizon.months: 3 -> 2") == 1
    assert "2 replications of 2 months" in result.stdout


def test_a_one_off_sale_has_no_recurring_revenue_to_show(tiny: Path) -> None:
    result = call(*quick(tiny, "--set", "sale=one_off"))
    assert result.exit_code == 0, result.output
    assert "Monthly recurring revenue" not in result.stdout


def test_a_run_without_length_shows_empty_tables(tiny: Path) -> None:
    result = call(*quick(tiny, "--set", "horizon.months=0", "--set", "start.loaded=false"))
    assert result.exit_code == 0, result.output
    assert "Nobody was lost." in result.stdout


def test_a_real_organizations_figures_stand_beside_the_simulated_ones(tmp_path: Path) -> None:
    file = tmp_path / "real.yaml"
    file.write_text(
        TINY + "observed:\n  - {metric: conversion, value: 0.1, source: a count}\n"
        "not_identifiable: [why they signed]\n"
    )
    result = call(*quick(file))
    assert result.exit_code == 0, result.output
    assert "Observed against simulated" in result.stdout
    assert "why they signed" in result.stdout
    found = json.loads(call(*quick(file, "--json")).stdout)
    assert found["observed"][0]["observed"] == 0.1
    assert found["not_identifiable"] == ["why they signed"]


def test_an_unknown_observed_figure_is_refused_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "real.yaml"
    file.write_text(TINY + "observed:\n  - {metric: conversions, value: 0.1, source: a count}\n")
    for command in ("run", "check"):
        result = call(command, file)
        assert result.exit_code == 2
        assert ":18:14: observed[0].metric: conversions:" in result.stderr


# ------------------------------------------------------------------ Ctrl-C


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="needs a terminal to watch")
def test_ctrl_c_in_the_middle_reports_what_is_finished(tiny: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    screen, terminal = os.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "simulator", "run", tiny, "--replications", "9999", "--workers",
         "2", "--json", "--out", out],
        stdout=subprocess.PIPE, stderr=terminal, text=True, start_new_session=True,
        # What is started in the background is deaf to Ctrl-C; a command in a terminal is not.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )  # fmt: skip
    os.close(terminal)
    shown = ""
    until = time.monotonic() + 100.0
    while not re.search(r" [2-9][0-9]*/9999", shown) and time.monotonic() < until:
        shown += os.read(screen, 4096).decode()
    # As from a terminal, the signal goes to the command and to all its workers.
    os.killpg(process.pid, signal.SIGINT)
    reader = threading.Thread(target=lambda: received.append(_rest(screen)))
    received: list[str] = []
    reader.start()
    stdout, _ = process.communicate(timeout=60)
    reader.join()
    stderr = received[0]
    os.close(screen)
    assert process.returncode == 0, stderr
    found = json.loads(stdout)
    assert 2 <= found["replications"] < 9999
    assert found["interrupted"] is True
    assert f"interrupted after {found['replications']} of 9999 replications" in stderr
    assert "Traceback" not in stderr
    made = json.loads((out / "run.json").read_text())
    assert len(made["replications"]) == found["replications"]
    assert {row["replication"] for row in table(out / "totals.csv")} == {
        str(r) for r in made["replications"]
    }


def _rest(screen: int) -> str:
    """Read a terminal until nobody writes to it any more."""
    shown = b""
    while True:
        try:
            more = os.read(screen, 4096)
        except OSError:  # this is how Linux says it
            more = b""
        if not more:
            return shown.decode(errors="replace")
        shown += more


def test_ctrl_c_before_anything_is_finished_ends_with_130_and_writes_nothing(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from simulator.experiment import replications

    def interrupted(*what: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(replications, "run_and_measure", interrupted)
    result = call(*quick(tiny, "--out", tmp_path / "out"))
    assert result.exit_code == 130
    assert result.stdout == ""
    assert not (tmp_path / "out").exists()


def test_a_failed_replication_is_one_line_and_ends_with_1(
    tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from simulator.experiment import replications

    def broken(*what: object) -> None:
        raise RuntimeError("the engine is out of order")

    monkeypatch.setattr(replications, "run_and_measure", broken)
    result = call(*quick(tiny, "--seed", 9))
    assert result.exit_code == 1
    assert result.stderr == (
        "tiny: replication 0 with seed 9 failed: RuntimeError: the engine is out of order\n"
    )


# ------------------------------------------------------------------ --out


def test_out_writes_long_tables_with_units(tiny: Path, tmp_path: Path) -> None:
    out = tmp_path / "a" / "b"
    assert call(*quick(tiny, "--out", out)).exit_code == 0
    for name in ("totals.csv", "monthly.csv"):
        rows = table(out / name)
        assert list(rows[0]) == ["scenario", "replication", "period", "metric", "value", "unit"]
    for path in out.glob("*.csv"):
        rows = table(path)
        assert rows, path
        assert all(row["unit"] for row in rows), path
    totals = table(out / "totals.csv")
    assert {row["metric"] for row in totals} == set(METRICS)
    assert {row["replication"] for row in totals} == {"0", "1"}
    assert not list(out.glob(".*"))
    made = json.loads((out / "run.json").read_text())
    assert made["command"][:2] == ["themodel", "run"]
    assert str(out) not in (out / "run.json").read_text()
    again = call(*quick(out / "scenario.yaml", "--json"))
    assert json.loads(again.stdout)["metrics"] == json.loads(
        call(*quick(tiny, "--json")).stdout
    )["metrics"]  # fmt: skip


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def test_out_twice_writes_the_same_bytes(tiny: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    call(*quick(tiny, "--out", out))
    first = content(out)
    for path in out.glob("*.csv"):
        path.unlink()
    assert call(*quick(tiny, "--out", out, "--resume")).exit_code == 0
    assert content(out) == first


def test_written_files_can_be_read_by_whom_the_user_lets(tiny: Path, tmp_path: Path) -> None:
    call(*quick(tiny, "--out", tmp_path / "out"))
    (tmp_path / "plain").write_text("")
    expected = (tmp_path / "plain").stat().st_mode
    assert (tmp_path / "out" / "totals.csv").stat().st_mode == expected


@pytest.mark.parametrize("place", ["file", "file/below", "taken"])
def test_an_out_that_cannot_be_written_is_refused_before_the_run(
    tiny: Path, tmp_path: Path, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import simulator.experiment

    (tmp_path / "file").write_text("mine")
    (tmp_path / "taken" / "totals.csv").mkdir(parents=True)
    monkeypatch.setattr(simulator.experiment, "replicate", lambda *a, **k: pytest.fail("it ran"))
    result = call(*quick(tiny, "--out", tmp_path / place))
    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 1
    assert (tmp_path / "file").read_text() == "mine"


def test_a_read_only_folder_is_refused_before_the_run(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.open

    def read_only(path: Any, flags: int, *rest: Any, **more: Any) -> int:
        if flags & os.O_CREAT and str(path).startswith(str(tmp_path)):
            raise OSError(errno.EROFS, os.strerror(errno.EROFS))
        return real(path, flags, *rest, **more)

    monkeypatch.setattr(os, "open", read_only)
    result = call(*quick(tiny, "--out", tmp_path / "out"))
    assert result.exit_code == 2
    assert "Read-only file system" in result.stderr
    assert result.stdout == ""


def test_a_disk_that_fills_up_in_the_middle_leaves_earlier_results_intact(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    call(*quick(tiny, "--out", out))
    before = content(out)
    real, calls = os.fsync, []

    def full(handle: int) -> None:
        calls.append(handle)
        if len(calls) == 6:  # the folder's probe, the third run and some tables are through
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(handle)

    monkeypatch.setattr(os, "fsync", full)
    result = call("run", tiny, "--replications", 3, "--workers", 1, "--out", out, "--resume")
    assert result.exit_code == 2
    assert "No space left on device; earlier results are intact" in result.stderr
    assert "Traceback" not in result.output
    assert content(out) == before
    # The run itself is worth showing.
    assert "Marketing" in result.stdout


def test_cells_that_a_spreadsheet_would_execute_are_made_harmless(tmp_path: Path) -> None:
    file = tmp_path / "=cmd.yaml"
    file.write_text(TINY)
    assert call(*quick(file, "--out", tmp_path / "out")).exit_code == 0
    assert table(tmp_path / "out" / "totals.csv")[0]["scenario"] == "'=cmd"
    for text in ("=1+1", "+1", "-1", "@x", "\tx", "\nx"):
        assert files._cell(text) == f"'{text}"
    # A lone carriage return would begin a row of its own.
    assert files._cell("x\r=1+1") == "x\n=1+1"
    assert files._cell("\rx") == "'\nx"
    assert files._cell(-1.5) == "-1.5"
    assert files._cell(-3) == "-3"
    assert files._cell(float("nan")) == ""


def test_numbers_in_files_are_exact() -> None:
    assert float(files._cell(0.1 + 0.2)) == 0.1 + 0.2
    assert files._cell(1234567.0) == "1234567"


def test_a_failed_write_is_an_output_error(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("")
    with pytest.raises(OutputError, match="results cannot be written"):
        disk.write_files(tmp_path / "x", {"a": b"1"})


# ------------------------------------------------------------------ wrong input


@pytest.mark.parametrize(
    "arguments",
    [
        ["run", "no_such_scenario"],
        ["run", "{tiny}", "--set", "horizon.mnths=3"],
        ["run", "{tiny}", "--set", "horizon.months"],
        ["run", "{tiny}", "--seed", "-1"],
        ["run", "{tiny}", "--seed", str(2**63)],
        ["run", "{tiny}", "--replications", "0"],
        ["run", "{tiny}", "--replications", "many"],
        ["run", "{tiny}", "--workers", "0"],
        ["run", "{tiny}", "--no-such-option"],
        ["run"],
        ["explain", "no_such_scenario"],
        ["explain", "{tiny}", "--diff", "no_such_scenario"],
        ["trace", "{tiny}", "--buyer", "nobody"],
        ["trace", "{tiny}", "--buyer", "1"],
        ["trace", "{tiny}", "--buyer", "0", "--replication", "-1"],
        ["check", "no_such_scenario"],
        ["no_such_command"],
    ],
)
def test_wrong_input_ends_with_2_on_one_screen_and_writes_nothing(
    tiny: Path, tmp_path: Path, arguments: list[str]
) -> None:
    arguments = [each.replace("{tiny}", str(tiny)) for each in arguments]
    if arguments[0] == "run" and len(arguments) > 1:
        arguments += ["--out", str(tmp_path / "out")]
    result = call(*arguments)
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert 1 <= len(result.stderr.splitlines()) <= 24
    assert "Traceback" not in result.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["tiny.yaml"]


def test_check_lists_every_error_of_every_file_with_line_and_column(
    tiny: Path, tmp_path: Path
) -> None:
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text("horizon:\n  mnths: 3\ngross_margin: 1.5\n")
    result = call("check", tiny, wrong, "nowhere")
    assert result.exit_code == 2
    assert f"{tiny}: ok, " in result.stdout
    assert "without a source" in result.stdout
    assert "wrong.yaml:2:3: horizon.mnths:" in result.stderr
    assert "did you mean months?" in result.stderr
    assert "wrong.yaml:3:15: gross_margin: 1.5:" in result.stderr
    assert "nowhere: no such file" in result.stderr


def test_check_of_good_files_ends_with_0(tiny: Path) -> None:
    assert call("check", tiny).exit_code == 0


# ------------------------------------------------------------------ the other commands


def test_explain_shows_every_number_with_unit_source_trust_and_place(tiny: Path) -> None:
    from simulator.scenario import load_scenario, numbers

    result = call("explain", tiny)
    assert result.exit_code == 0
    assert max(map(len, result.stdout.splitlines())) <= 100
    assert "tiny.yaml:3; no source stated" in result.stdout
    found = json.loads(call("explain", tiny, "--json").stdout)
    assert found["scenario"] == "tiny"
    assert len(found["numbers"]) == len(numbers(load_scenario(tiny)))
    assert set(found["numbers"][0]) == {
        "path", "value", "unit", "meaning", "source", "trust", "range", "where"
    }  # fmt: skip


def test_explain_diff_shows_only_what_differs(tiny: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.yaml"
    other.write_text(TINY.replace("months: 3", "months: 5"))
    result = call("explain", tiny, "--diff", other)
    assert result.exit_code == 0
    rows = [line.split() for line in result.stdout.splitlines()]
    assert ["horizon"] in rows
    assert [row[:3] for row in rows if row[:1] == ["months"]] == [["months", "3", "5"]]
    assert "gross_margin" not in result.stdout
    found = json.loads(call("explain", tiny, "--diff", other, "--json").stdout)
    assert [
        (each["path"], each["value"], each["other"]) for each in found["differences"]
    ] == [("horizon.months", 3.0, 5.0)]  # fmt: skip
    assert "say the same" in call("explain", tiny, "--diff", tiny).stdout


def test_trace_tells_a_story_with_times_and_truth_marked(tiny: Path) -> None:
    result = call("trace", tiny, "--buyer", "0", "--replication", 1)
    assert result.exit_code == 0, result.output
    assert "Buyer 0 (website) of tiny, seed 1, replication 1" in result.stdout
    assert "month 1, day 1" in result.stdout
    assert "truth" in result.stdout


def test_list_shows_the_shipped_scenarios_with_their_questions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from simulator.scenario import loading

    (tmp_path / "base.yaml").write_text(TINY)
    (tmp_path / "broken.yaml").write_text("horizon: 3\n")
    monkeypatch.setattr(loading, "scenario_folder", lambda: tmp_path)
    result = call("list")
    assert result.exit_code == 0
    assert "How does a tiny company do?" in result.stdout
    assert "cannot be read: see themodel check broken" in result.stdout


def _one_published(inside: bool) -> Callable[..., list[Plausible]]:
    published = PublishedRange("win_rate", 0.1, 0.3, "share", "somebody 2024", "C")
    simulated = Estimate(0.2 if inside else 0.4, 0.19, 0.41, 10)
    return lambda *_, **__: [Plausible(published, simulated)]


def test_verify_ends_with_1_if_the_default_company_leaves_a_published_range(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from types import SimpleNamespace

    module = SimpleNamespace(verify=lambda seed, on_progress: [])
    monkeypatch.setitem(sys.modules, "simulator.verification", module)
    monkeypatch.setattr("simulator.plausibility.hold_against_published", _one_published(False))
    result = call("verify")
    assert result.exit_code == 1
    assert "OUTSIDE" in result.stdout


@pytest.mark.parametrize(("passed", "status"), [(True, 0), (False, 1)])
def test_verify_prints_the_table_and_ends_with_1_if_a_check_fails(
    passed: bool, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    from types import SimpleNamespace

    check = SimpleNamespace(
        name="M/M/1 mean wait", expected=1.0, simulated=1.01, standard_error=0.02,
        tolerance=0.07, passed=passed,
    )  # fmt: skip
    module = SimpleNamespace(verify=lambda seed, on_progress: [check])
    monkeypatch.setitem(sys.modules, "simulator.verification", module)
    monkeypatch.setattr("simulator.plausibility.hold_against_published", _one_published(True))
    result = call("verify")
    assert result.exit_code == status
    assert "M/M/1 mean wait" in result.stdout
    assert ("holds" if passed else "FAILS") in result.stdout


def test_schema_is_a_json_schema() -> None:
    assert json.loads(call("schema").stdout)["$schema"].startswith("http://json-schema.org/")


def test_version_and_help_and_nothing_at_all_end_with_0() -> None:
    assert call("--version").stdout.startswith("themodel ")
    assert call("--version").exit_code == 0
    nothing = call()
    assert nothing.exit_code == 0
    assert nothing.stdout == call("--help").stdout


COMMANDS = ["run", "check", "explain", "trace", "verify", "list", "schema"]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_teaches_with_an_example(command: str) -> None:
    text = call(command, "--help").stdout
    assert f"  themodel {command}" in text.partition("Example")[2]
    assert f"  {command}  " in call("--help").stdout


def test_help_does_not_wait_for_heavy_imports() -> None:
    code = (
        "import sys; from simulator.cli import app; from typer.testing import CliRunner\n"
        "CliRunner().invoke(app, ['--help'])\n"
        "print(sorted({'numpy', 'scipy', 'pandas', 'pydantic', 'simpy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_a_reader_that_goes_away_is_no_error(tiny: Path) -> None:
    process = start(*quick(tiny))
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    stderr = process.stderr.read()
    process.wait(timeout=60)
    process.stderr.close()
    assert "Traceback" not in stderr


# ------------------------------------------------------------------ figures


@pytest.mark.parametrize(
    ("days", "text"),
    [(0.0, "0 min"), (0.01, "5 min"), (0.5, "4.0 h"), (3.25, "3.2 days"), (float("nan"), "-")],
)
def test_short_waits_are_told_in_minutes_and_hours(days: float, text: str) -> None:
    assert lasting(days) == text


def test_figures_keep_mean_and_interval_in_one_scale() -> None:
    from simulator.experiment import Estimate

    money = Estimate(35_080_430.0, 33_900_000.0, 36_000_000.0, 20)
    assert figure(money, "currency per month", "JPY") == ("35.1", "33.9 to 36.0", "M JPY/month")
    share = Estimate(0.0094, 0.0081, 0.0107, 20)
    assert figure(share, "share per month", "JPY") == ("0.94", "0.81 to 1.07", "%/month")
    missing = Estimate(float("nan"), None, None, 0)
    assert figure(missing, "share", "JPY") == ("-", "", "%")


def test_a_number_is_never_a_negative_zero() -> None:
    assert number(-0.0001, 1) == "0.0"


def test_moments_count_months_and_days_from_1() -> None:
    assert moment(0.0) == "month 1, day 1"
    assert moment(39.99) == "month 2, day 20"
    assert moment(-3.0) == "3 days before the start"
    assert moment(float("inf")) == "never"
