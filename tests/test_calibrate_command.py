"""What the command ``calibrate`` takes, writes, says and refuses."""

from __future__ import annotations

import csv
import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from test_cli import call

from simulator.calibration.exporting.crm_export import Choices, export
from simulator.engine import run
from simulator.scenario import load_scenario
from simulator.scenario.changing import changed
from simulator.scenario.loading import fits

YEAR = 12.0


@pytest.fixture(scope="session")
def exported(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Files of a year of the default company, as its CRM would give them out."""
    folder = tmp_path_factory.mktemp("exported")
    scenario = changed(load_scenario("base").scenario, {"horizon.months": YEAR})
    export(run(scenario, 3, 0, "base"), folder, Choices(date(2024, 4, 1), logs=()), (), "0")
    return sorted(path for path in folder.glob("*.csv"))


@pytest.fixture(scope="session")
def made(exported: list[Path], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    """A folder with everything that a calibration leaves, and what it printed as JSON."""
    folder = tmp_path_factory.mktemp("made")
    answer = call(
        "calibrate", *map(str, exported), "-o", str(folder / "mine.yaml"), "--amounts", "annual",
        "--report", str(folder / "fit.html"), "--workers", "1", "--json",
    )  # fmt: skip
    assert answer.exit_code == 0, answer.stderr
    return folder, json.loads(answer.stdout)


# ------------------------------------------------------------------ what is written


def test_a_calibration_leaves_a_scenario_a_mapping_a_list_of_rows_and_the_past_retold(
    made: tuple[Path, Any],
) -> None:
    folder, _ = made
    assert {path.name for path in folder.iterdir()} == {
        "mine.yaml", "mine_mapping.yaml", "mine_unusable.csv", "mine_retold.yaml", "fit.html",
    }  # fmt: skip


def test_the_scenario_loads_and_every_fitted_number_carries_its_interval(
    made: tuple[Path, Any],
) -> None:
    folder, said = made
    loaded = load_scenario(str(folder / "mine.yaml"))
    told = {".".join(map(str, path)): fit for path, fit in fits(loaded).items()}
    numbers = {path: each for path, each in said["numbers"].items() if "low" in each}
    assert set(told) == set(numbers)
    assert len(told) >= 15
    for path, fit in told.items():
        assert fit.low <= numbers[path]["value"] <= fit.high
        assert fit.cases == numbers[path]["cases"]
        assert fit.method


def test_what_runs_told_was_told_together(made: tuple[Path, Any]) -> None:
    folder, _ = made
    loaded = load_scenario(str(folder / "mine.yaml"))
    told = {".".join(map(str, path)): fit for path, fit in fits(loaded).items()}
    together = [path for path, fit in told.items() if fit.group]
    assert "work.field_sales.win_intercept" in together
    assert "market.arrivals.dispersion" not in together


def test_the_true_numbers_of_the_company_that_was_exported_are_found_again(
    made: tuple[Path, Any],
) -> None:
    # One history, 21 intervals of 95 %: one outside is expected, four would be a fault.
    _, said = made
    truth = {
        "market.channels.website.leads_per_day": 8.0,
        "market.channels.referral.leads_per_day": 2.0,
        "market.channels.webinar.leads_per_day": 6.0,
        "market.channels.advertising.leads_per_day": 10.0,
        "market.arrivals.dispersion": 1.6,
        "market.deal.median": 70_000.0,
        "market.deal.p90": 200_000.0,
        "work.field_sales.win_intercept": -1.2,
        "work.inside_sales.agrees_intercept": 0.6,
        "work.field_sales.thinking.median": 16.0,
        "work.field_sales.thinking.p90": 42.0,
        "recycling.remembered": 0.3,
    }
    outside = {
        path: (value, said["numbers"][path])
        for path, value in truth.items()
        if not said["numbers"][path]["low"] <= value <= said["numbers"][path]["high"]
    }
    assert len(outside) <= 2, outside


def test_people_come_from_the_owners_on_file_and_nobody_is_named(
    made: tuple[Path, Any],
) -> None:
    folder, said = made
    assert 5 <= said["numbers"]["teams.inside_sales.people"]["value"] <= 7
    assert 6 <= said["numbers"]["teams.field_sales.people"]["value"] <= 9
    for name in ("mine.yaml", "mine_retold.yaml", "mine_unusable.csv", "fit.html"):
        text = (folder / name).read_text(encoding="utf-8")
        assert not re.search(r"[\w.]+@[\w.]+\.\w+", text), name


def test_the_meetings_on_file_tell_how_many_a_sale_takes(made: tuple[Path, Any]) -> None:
    _, said = made
    assert said["numbers"]["work.field_sales.meetings"]["value"] == 3


def test_what_the_files_cannot_tell_is_listed_and_not_fitted(made: tuple[Path, Any]) -> None:
    folder, said = made
    words = " ".join(said["not_identifiable"])
    assert "capacity" in words
    assert "spending and pay" in words
    stated = yaml.safe_load((folder / "mine.yaml").read_text(encoding="utf-8"))
    assert stated["not_identifiable"] == said["not_identifiable"]
    assert not [path for path in said["numbers"] if path.startswith("expansion")]


def test_the_past_retold_shows_what_was_observed_beside_what_is_simulated(
    made: tuple[Path, Any],
) -> None:
    folder, _ = made
    answer = call("run", str(folder / "mine_retold.yaml"), "--replications", "8", "--workers", "1")
    assert answer.exit_code == 0, answer.stderr
    assert "Observed against simulated" in answer.stdout
    table = answer.stdout.partition("Observed against simulated")[2].partition("Flow")[0]
    words = re.findall(r" (yes|no)\b", table)
    assert len(words) >= 20
    assert words.count("yes") >= 0.85 * len(words)


def test_input_uncertainty_is_carried_into_results(made: tuple[Path, Any]) -> None:
    folder, _ = made
    answer = call(
        "run", str(folder / "mine.yaml"), "--input-uncertainty", "--replications", "8",
        "--set", "horizon.months=3", "--workers", "1",
    )  # fmt: skip
    assert answer.exit_code == 0, answer.stderr
    assert "luck" in answer.stdout


def test_the_mapping_that_was_written_gives_the_same_scenario_again(
    made: tuple[Path, Any], exported: list[Path], tmp_path: Path
) -> None:
    folder, said = made
    answer = call(
        "calibrate", *map(str, exported), "--mapping", str(folder / "mine_mapping.yaml"),
        "-o", str(tmp_path / "again.yaml"), "--workers", "1", "--json",
    )  # fmt: skip
    assert answer.exit_code == 0, answer.stderr
    assert json.loads(answer.stdout)["numbers"] == said["numbers"]


# ------------------------------------------------------------------ what is asked and refused


def test_what_an_amount_means_is_asked_never_guessed(exported: list[Path], tmp_path: Path) -> None:
    out = tmp_path / "mine.yaml"
    answer = call("calibrate", *map(str, exported), "-o", str(out))
    assert answer.exit_code == 2
    assert "amounts" in answer.stderr
    assert "--amounts" in answer.stderr
    assert not out.exists()
    # The guess is there to be corrected.
    assert 'amounts: "ask"' in (tmp_path / "mine_mapping.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["-o", "mine.txt"], "ends in .yaml"),
        (["-o", "mine.yaml", "--report", "fit.pdf"], "ends in .html"),
        (["-o", "mine.yaml", "--until", "31.3.2024"], "year-month-day"),
        (["-o", "mine.yaml", "--amounts", "weekly"], "neither monthly, annual nor total"),
        (["-o", "mine.yaml", "--amounts", "annual", "--leads", "all"], "neither inquiries nor"),
        (["-o", "nowhere/mine.yaml", "--mapping", "none.yaml"], "none.yaml"),
    ],
)
def test_wrong_options_are_refused_with_their_rule(
    arguments: list[str], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "deals.csv").write_text(
        "Opportunity ID,Stage,Created Date,Close Date,Amount\n"
        "1,Closed Won,2024-01-02,2024-02-03,5\n"
    )
    monkeypatch.chdir(tmp_path)
    answer = call("calibrate", "deals.csv", *arguments)
    assert answer.exit_code == 2
    assert words in answer.stderr
    assert not list(tmp_path.rglob("mine*"))


def test_files_that_are_there_are_not_written_over(
    made: tuple[Path, Any], exported: list[Path], tmp_path: Path
) -> None:
    out = tmp_path / "mine.yaml"
    out.write_text("mine")
    answer = call("calibrate", *map(str, exported), "-o", str(out), "--amounts", "annual")
    assert answer.exit_code == 2
    assert "--overwrite" in answer.stderr
    assert out.read_text() == "mine"


def rows(stage: str, count: int, closed: str = "2024-03-01") -> str:
    lines = ["Opportunity ID,Stage,Created Date,Close Date,Lead Source"]
    for i in range(count):
        lines.append(f"{i},{stage},2024-01-{i % 28 + 1:02d},{closed},Web")
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (rows("Closed Won", 1), "Fewer than 30 wins"),
        (rows("Closed Lost", 60), "Fewer than 30 wins"),
        (rows("Closed Won", 60), "no losses"),
    ],
    ids=["one row", "none won", "all won"],
)
def test_files_that_tell_little_give_the_default_company_and_say_so(
    text: str, words: str, tmp_path: Path
) -> None:
    (tmp_path / "deals.csv").write_text(text)
    out = tmp_path / "mine.yaml"
    answer = call("calibrate", str(tmp_path / "deals.csv"), "-o", str(out), "--workers", "1")
    assert answer.exit_code == 0, answer.stderr
    load_scenario(str(out))
    said = " ".join(answer.stdout.split())
    assert words in said or "lost" in said


def test_a_file_too_much_of_which_is_unusable_stops_unless_it_is_allowed(tmp_path: Path) -> None:
    text = rows("Closed Won", 40)
    for i in range(20):
        text += f"bad{i},Negotiation,soon,,Web\n"
    (tmp_path / "deals.csv").write_text(text)
    out = tmp_path / "mine.yaml"
    arguments = ["calibrate", str(tmp_path / "deals.csv"), "-o", str(out), "--workers", "1"]
    answer = call(*arguments)
    assert answer.exit_code == 2
    assert "20 of 60 rows" in answer.stderr
    answer = call(*arguments, "--most-unusable", "0.5", "--overwrite")
    assert answer.exit_code == 0, answer.stderr
    with (tmp_path / "mine_unusable.csv").open(newline="") as file:
        listed = list(csv.DictReader(file))
    assert len(listed) == 20
    assert listed[0]["row"] == "42"
    assert listed[0]["column"] == "Created Date"


def test_names_from_the_files_do_no_harm_where_they_are_written(tmp_path: Path) -> None:
    lines = ["Opportunity ID,Stage,Created Date,Close Date,Lead Source,Opportunity Owner"]
    for i in range(50):
        source = "<script>alert(1)</script>" if i % 2 else '"=HYPERLINK(""http://x"")"'
        lines.append(f"{i},Closed Lost,2024-01-{i % 28 + 1:02d},2024-03-01,{source},a@b.example")
    lines.append("99,Closed Lost,=1+1,2024-03-01,Web,Eve Example")
    (tmp_path / "deals.csv").write_text("\n".join(lines) + "\n")
    out, page = tmp_path / "mine.yaml", tmp_path / "fit.html"
    answer = call(
        "calibrate", str(tmp_path / "deals.csv"), "-o", str(out), "--report", str(page),
        "--workers", "1",
    )  # fmt: skip
    assert answer.exit_code == 0, answer.stderr
    load_scenario(str(out))
    assert "<script>alert" not in page.read_text(encoding="utf-8")
    written = [path.read_text(encoding="utf-8") for path in tmp_path.glob("mine*")]
    assert not any("example" in text for text in written if "mapping" not in text[:200])
    with (tmp_path / "mine_unusable.csv").open(newline="") as file:
        assert all(not cell.startswith("=") for row in csv.reader(file) for cell in row)
