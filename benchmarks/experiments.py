"""What experiments cost beyond their runs, what two processes gain, and what pairing saves.

*Overhead*: processor time of ``replicate`` against that of the same runs by hand, in turn, in one
process; the part of measuring is shown beside it. *Processes*: wall time with one and two of them,
their start included. *Pairing*: variance of an unpaired difference of final MRR over that of a
paired one. Only ratios within one run of this script mean anything; the machine should be idle.

    python benchmarks/experiments.py [--months 24] [--replications 20] [--repeat 5] [--json]
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from typing import Any

from simulator.experiment import replicate
from simulator.experiment.comparison import compare
from simulator.metrics import measure
from simulator.organization.simulation import run
from simulator.scenario import load_scenario
from simulator.scenario.changing import changed
from simulator.scenario.schema import Scenario


def spread(values: list[float], digits: int) -> dict[str, float]:
    """Median, least and largest."""
    return {
        "median": round(statistics.median(values), digits),
        "least": round(min(values), digits),
        "largest": round(max(values), digits),
    }


def overhead(scenario: Scenario, replications: int, repeat: int) -> dict[str, Any]:
    """Compare replicate with a plain loop over the same runs."""
    beyond, measuring = [], []
    for _ in range(repeat):
        engine = measures = 0.0
        for number in range(replications):
            begun = time.process_time()
            journal = run(scenario, 1, number, "base")
            ended = time.process_time()
            measure(journal)
            measures += time.process_time() - ended
            engine += ended - begun
        begun = time.process_time()
        replicate(scenario, "base", 1, replications)
        whole = time.process_time() - begun
        beyond.append((whole - engine - measures) / engine)
        measuring.append(measures / engine)
    return {"beyond_runs": spread(beyond, 4), "measuring": spread(measuring, 4)}


def processes(scenario: Scenario, replications: int, repeat: int) -> dict[str, float]:
    """Wall time of one process over that of two."""
    ratios = []
    for _ in range(repeat):
        seconds = []
        for workers in (1, 2):
            begun = time.perf_counter()
            replicate(scenario, "base", 1, replications, workers=workers)
            seconds.append(time.perf_counter() - begun)
        ratios.append(seconds[0] / seconds[1])
    return spread(ratios, 2)


def pairing(months: float, replications: int) -> float:
    """Variance reduction of the difference of final MRR, divisional against shared."""
    names = [
        load_scenario(name, [f"horizon.months={months:g}"]) for name in ("shared", "divisional")
    ]
    metrics = compare(*names, replications=replications, workers=2).metrics
    row = metrics[(metrics["metric"] == "mrr_end") & (metrics["scenario"] == "divisional")]
    return round(float(row["variance_reduction"].iloc[0]), 1)


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--months", type=float, default=24.0)
    parser.add_argument("--replications", type=int, default=20)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    scenario = changed(Scenario(), {"horizon.months": options.months})
    found: dict[str, Any] = {
        "overhead": overhead(scenario, options.replications, options.repeat),
        "two_processes": processes(scenario, options.replications, options.repeat),
        "variance_reduction": pairing(options.months, options.replications),
    }
    if options.json:
        print(json.dumps(found))
        return
    for name, value in found.items():
        print(f"{name}: {value}")


if __name__ == "__main__":
    main()
