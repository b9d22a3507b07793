"""Does calibration find what a run was made of? Runs become CRM files, and files a scenario again.

    python docs/round_trip.py                        100 repetitions of each case (two hours)
    python docs/round_trip.py --repetitions 10       a look at it (ten minutes)
    python docs/round_trip.py --case whole --workers 2 --out round_trip.md

Prints a Markdown block: how often the 95 % interval of each number that the scenario file states
held the number that the run was made of.

The company is no company of the examples. What no file tells is the default company's in it, as
calibration takes it to be: it cannot find what it says nobody can. What it finds is not the
default's, and the search begins at the default.
"""

from __future__ import annotations

import argparse
import math
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
from scipy import stats

from simulator.calibration.estimates import Estimate
from simulator.calibration.exporting.crm_export import MAPPING, Choices, export
from simulator.calibration.exporting.crm_holes import Holes
from simulator.calibration.fitting import Calibrated, calibrate
from simulator.calibration.importing.imported import Imported, import_files
from simulator.calibration.importing.mapping_file import load_mapping
from simulator.calibration.importing.reading import read_sheets
from simulator.engine import run
from simulator.experiment.execution import Execution, execute
from simulator.organization.journal import Journal
from simulator.scenario.changing import changed, value_of
from simulator.scenario.schema import Scenario

STARTS = date(2024, 4, 1)
SEED = 20_240
NUMBERS = {
    "work.field_sales.win_intercept": -0.9,
    "work.inside_sales.agrees_intercept": 0.8,
    "work.field_sales.thinking.median": 12.0,
    "work.field_sales.thinking.p90": 30.0,
    "recycling.remembered": 0.4,
    # Weighed by inquiries their mean is 0: a level common to all is no channel's.
    "market.channels.website.fit_mean": 0.4,
    "market.channels.referral.fit_mean": 1.1,
    "market.channels.webinar.fit_mean": 0.0,
    "market.channels.advertising.fit_mean": -0.58,
}
"""What only runs can tell."""
INQUIRIES = {"website": 9.0, "referral": 2.0, "webinar": 7.0, "advertising": 10.0}
"""A business day."""
ASSUMED = {
    **{f"market.channels.{name}.reach": 0.45 for name in Scenario().market.channels},
    "market.channels.advertising.price_rises": False,
    # In no file: as many people as calibration takes for so many inquiries and contracts.
    "teams.marketing.people": 4,
    "teams.customer_success.people": 12,
    # Nobody is overloaded.
    "teams.inside_sales.people": 8,
    "teams.field_sales.people": 13,
}
"""Where the default company is not what calibration takes for granted."""
TRUNCATED = 200.0
"""Business day before which no result is on file, where history is truncated."""
CASES = {
    "whole": Choices(STARTS, logs=()),
    "cut": Choices(STARTS, logs=(), until=240.0),
    "open": Choices(STARTS, logs=(), holes=Holes(unclosed=0.7)),
    "truncated": Choices(STARTS, logs=(), holes=Holes(recorded_since=TRUNCATED)),
}
TOLD = {
    "whole": "two years, complete",
    "cut": "one year, its pipeline open",
    "open": "two years, more than half of all deals never closed",
    "truncated": f"two years, no result on file before business day {TRUNCATED:.0f}",
}


def company() -> Scenario:
    """Return the company whose runs are calibrated."""
    rates = {f"market.channels.{name}.leads_per_day": rate for name, rate in INQUIRIES.items()}
    return changed(Scenario(), {**NUMBERS, **rates, **ASSUMED})


def through_files(journal: Journal, choices: Choices) -> Imported:
    """Export a run as CRM files, and import these."""
    with tempfile.TemporaryDirectory() as there:
        folder = Path(there) / "exported"
        export(journal, folder, choices, ["round_trip.py"], "")
        sheets = [sheet for file in sorted(folder.glob("*.csv")) for sheet in read_sheets(file)]
        return import_files(sheets, load_mapping(folder / MAPPING, sheets))


def estimates_of(calibrated: Calibrated) -> Iterator[tuple[str, Estimate]]:
    """Go through every number that the scenario file states as estimated, by path."""
    for each in calibrated.ahead.stated:
        if each.estimate is not None:
            yield each.path, each.estimate
        for parameter, estimate in each.within:
            yield f"{each.path}.{parameter}", estimate


def repetition(scenario: Scenario, name: str, seed: int, number: int) -> dict[str, Estimate]:
    """Run once, export, import, calibrate; what the scenario file states, by path.

    Parameters
    ----------
    scenario : Scenario
    name : str
        Of the case.
    seed, number : int
    """
    imported = through_files(run(scenario, seed, number, name), CASES[name])
    return dict(estimates_of(calibrate(imported.records, seed=number)))


@dataclass(frozen=True, slots=True)
class Line:
    """How one number fared.

    Attributes
    ----------
    path : str
    truth : float
    held : int
        Repetitions whose interval held it.
    of : int
        Repetitions that stated it.
    mean : float
        Mean estimate.
    half : float
        Mean half width of the interval.
    """

    path: str
    truth: float
    held: int
    of: int
    mean: float
    half: float


def lines_of(truth: Scenario, found: Sequence[dict[str, Estimate]]) -> list[Line]:
    """Count how often intervals held the truth.

    Parameters
    ----------
    truth : Scenario
    found : sequence of dict
        Of :func:`repetition`.
    """
    lines = []
    for path in dict.fromkeys(path for each in found for path in each):
        told = [each[path] for each in found if path in each]
        value = float(value_of(truth, path))
        held = sum(each.low <= value <= each.high for each in told)
        mean = float(np.mean([each.value for each in told]))
        half = float(np.mean([(each.high - each.low) / 2.0 for each in told]))
        lines.append(Line(path, value, held, len(told), mean, half))
    return lines


def block(cases: dict[str, list[Line]]) -> str:
    """Return the Markdown block."""
    found = []
    for name, lines in cases.items():
        held, of = sum(each.held for each in lines), sum(each.of for each in lines)
        most = max(each.of for each in lines)
        least = int(stats.binom.ppf(0.005, most, 0.95))
        found += [
            f"**{TOLD[name].capitalize()}**: the 95 % intervals of {len(lines)} numbers in {most}"
            f" repetitions held the truth in {held:,} of {of:,} ({held / of:.1%}). Chance alone"
            f" gives a single number at least {least} of {most} in 99 of 100.",
            "",
            "| number | truth | held | mean estimate | mean half width |",
            "|---|---:|---:|---:|---:|",
            *(
                f"| `{each.path}` | {each.truth:g} | {each.held} of {each.of} |"
                f" {_three(each.mean)} | {_three(each.half)} |"
                for each in lines
            ),
            "",
        ]
    return "\n".join(found)


def _three(value: float) -> str:
    """Three significant digits, without an exponent."""
    if value == 0.0:
        return "0"
    return f"{value:,.{max(2 - math.floor(math.log10(abs(value))), 0)}f}"


def _tell(finished: int, of: int) -> None:
    print(f"{finished} of {of} calibrations", file=sys.stderr, flush=True)


def main(arguments: Sequence[str] | None = None) -> None:
    """Do the study and print it."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--repetitions", type=int, default=100, help="of each case")
    parser.add_argument("--case", choices=[*CASES], action="append", help="default: all")
    parser.add_argument("--workers", type=int, default=2, help="processes")
    parser.add_argument("--out", type=Path, help="file for the block, besides the terminal")
    chosen = parser.parse_args(arguments)
    names = chosen.case or [*CASES]
    truth = company()
    jobs = [(name, number) for number in range(chosen.repetitions) for name in names]
    how = Execution(chosen.workers, on_progress=_tell)
    done = execute(dict.fromkeys(names, truth), jobs, SEED, repetition, how)
    text = block(
        {
            name: lines_of(truth, [done.runs[job] for job in done.runs if job[0] == name])
            for name in names
        }
    )
    print(text)
    if chosen.out is not None:
        chosen.out.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
