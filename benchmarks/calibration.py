"""Wall time and memory to import and fit a large CRM export.

    python benchmarks/calibration.py [--rows 1000000] [--workers 2]

Makes one file of opportunities (10 columns, ISO dates, 5 sources, 900 owners, a fifth of the last
year still open), and times every step from the file to the scenario in a process of its own, so
that the peak of memory is that of the whole. The reference in the same run is pandas' own
`read_csv` of the file, all cells as text.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

LIMITS = {"seconds": 120.0, "gigabytes": 4.0}
_BEGIN, _END = np.datetime64("2023-01-02"), np.datetime64("2025-09-30")
_SOURCES = np.array(["Web", "Referral", "Event", "Partner", "Ads"])
_REASONS = np.array(["Price", "Competitor", "Timing"])


def make(path: Path, rows: int) -> None:
    """Write an export of made-up opportunities."""
    rng = np.random.default_rng(1)
    created = _BEGIN + rng.integers(0, 1000, rows).astype("timedelta64[D]")
    is_won = rng.random(rows) < 0.25
    days = np.exp(rng.normal(3.4, 0.8, rows)) * np.where(is_won, 1.0, 0.7)
    closed = created + days.astype("timedelta64[D]")
    is_open = closed > _END
    stage = np.where(is_open, "Negotiation", np.where(is_won, "Closed Won", "Closed Lost"))
    told = (stage == "Closed Lost") & (rng.random(rows) < 0.5)
    pd.DataFrame(
        {
            "Opportunity ID": [f"006{i:012d}" for i in range(rows)],
            "Opportunity Name": [f"Deal {i}" for i in range(rows)],
            "Account Name": [f"Account {i % 200_000}" for i in range(rows)],
            "Opportunity Owner": [f"Owner {i}" for i in rng.integers(0, 900, rows)],
            "Stage": stage,
            "Amount": np.exp(rng.normal(13.5, 0.9, rows)).astype(np.int64),
            "Close Date": np.where(is_open, "", np.datetime_as_string(closed)),
            "Created Date": np.datetime_as_string(created),
            "Lead Source": _SOURCES[rng.integers(0, len(_SOURCES), rows)],
            "Loss Reason": np.where(told, _REASONS[rng.integers(0, len(_REASONS), rows)], ""),
        }
    ).to_csv(path, index=False)


def fit(path: Path, workers: int) -> dict[str, float]:
    """Go from the file to the scenario; return seconds by step, and the peak in gigabytes."""
    from dataclasses import replace

    from simulator.calibration.fitting import calibrate, tell
    from simulator.calibration.importing.guessing import guess
    from simulator.calibration.importing.imported import import_files
    from simulator.calibration.importing.reading import read_sheets
    from simulator.calibration.publishing import scenario_file

    found: dict[str, float] = {}
    begun = time.perf_counter()

    def done(step: str) -> None:
        nonlocal begun
        now = time.perf_counter()
        found[step], begun = now - begun, now

    sheets = read_sheets(path)
    done("read")
    mapping = replace(guess(sheets), amounts="annual")
    done("guess")
    records = import_files(sheets, mapping).records
    del sheets
    done("import")
    tell(records)
    done("estimate")
    result = calibrate(records, workers=workers)
    done("estimate again, and match by runs")
    scenario_file(result, [path.name], "")
    done("write")
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    found["gigabytes"] = (own + workers * children) * _UNIT / 1e9
    return found


_UNIT = 1 if sys.platform == "darwin" else 1024


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--fit", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.fit is not None:
        print(json.dumps(fit(asked.fit, asked.workers)))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "opportunities.csv"
        make(path, asked.rows)
        begun = time.perf_counter()
        pd.read_csv(path, dtype=str, keep_default_na=False)
        reference = time.perf_counter() - begun
        command = [sys.executable, __file__, "--fit", str(path), "--workers", str(asked.workers)]
        told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    found = json.loads(told)
    memory = found.pop("gigabytes")
    print(f"{asked.rows:,} opportunities; reference: pandas reads the file in {reference:.1f} s")
    for step, seconds in found.items():
        print(f"  {step:36s} {seconds:6.1f} s  {seconds / reference:6.1f} x the reference")
    whole = sum(found.values()) - found["estimate"]
    print(
        f"  {'from the file to the scenario':36s} {whole:6.1f} s  (limit {LIMITS['seconds']:.0f})"
    )
    print(
        f"  peak of memory, workers included     {memory:6.2f} GB (limit {LIMITS['gigabytes']:.0f})"
    )
    met = whole <= LIMITS["seconds"] and memory <= LIMITS["gigabytes"]
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
