"""How long sizing takes, and what an exhaustive search says instead.

    python benchmarks/sizing.py                time the default company (2 processes)
    python benchmarks/sizing.py --loads        hold the formulas of the first guess against runs
    python benchmarks/sizing.py --exhaustive   run every plan of three small companies 2,000 times
                                               and write tests/exhaustive_sizing.json (an hour)

Times are told beside the runs of the same session alone, one after the other on one processor:
what is above 1 processor's worth of runs is the search itself.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from itertools import product
from pathlib import Path
from typing import Any

from simulator.experiment.execution import Execution, prepare_streaming, run_streamed
from simulator.planning.capacity import run_capacity
from simulator.planning.headcount import headcount_of, people_of
from simulator.planning.offered_load.analytic import loads
from simulator.planning.outcomes import TODAY_RUNS
from simulator.planning.sizing import size
from simulator.planning.targets import read_target
from simulator.planning.trials import Trials
from simulator.scenario import load_scenario
from simulator.scenario.changing import changed

EXHAUSTIVE = Path(__file__).parent.parent / "tests" / "exhaustive_sizing.json"
SEED, REPLICATIONS, CHECKED = 20261126, 2000, 100
TARGET = "final_arr>=1.2e9"


def small(
    months: float,
    leads: float,
    customers: int,
    opportunities: int,
    teams: list[str],
    targets: list[str],
    most: int,
) -> dict[str, Any]:  # fmt: skip
    """Describe a small company and what it must reach."""
    return {
        "changes": {
            "horizon.months": months,
            "start.customers": customers,
            "start.opportunities": opportunities,
            "start.parked": 50,
            **{f"teams.{team}.people": 2 for team in ("marketing", "inside_sales", "field_sales",
                                                      "customer_success")},
            "market.channels": {
                "website": {"leads_per_day": leads, "fit_mean": 0.2, "spend_per_month": 200000.0}
            },
        },
        "teams": teams,
        "targets": targets,
        "most": most,
    }  # fmt: skip


LOADED = (
    "base", "shared", "divisional", "systematic_recycling", "no_recycling", "volume_marketing",
    "one_off_sales",
)  # fmt: skip
FOUR = ["marketing", "inside_sales", "field_sales", "customer_success"]
COMPANIES = {
    "a few customers": small(6.0, 6.0, 60, 15, FOUR, ["mrr_end>=6.9e6"], 3),
    "busy service": small(
        6.0, 12.0, 200, 30, FOUR[1:], ["mrr_end>=21.0e6", "claims_late_share<=0.2"], 4
    ),
    "a year": small(12.0, 4.0, 60, 15, FOUR[1:], ["wins>=35", "onboarding_late_share<=0.1"], 4),
}


def exhaustive(workers: int) -> dict[str, Any]:
    """Run every plan of every small company; count how often all targets are met."""
    found: dict[str, Any] = {}
    for name, each in COMPANIES.items():
        company = changed(load_scenario("base").scenario, each["changes"])
        headcount = headcount_of(
            company, teams=each["teams"], at_most=dict.fromkeys(each["teams"], each["most"])
        )
        targets = [read_target(text, company) for text in each["targets"]]
        plans = list(product(*(range(1, each["most"] + 1) for _ in each["teams"])))
        counts = []
        for k, plan in enumerate(plans):
            trials = Trials(headcount.scenario, targets, (), SEED, Execution(workers))
            trials.try_out([plan], range(REPLICATIONS))
            met = trials.met(plan)
            counts.append([list(plan), int(met.sum()), int(met[:CHECKED].sum())])
            if k % 16 == 0:
                print(f"{name}: {k + 1} of {len(plans)} plans", flush=True)
        found[name] = {**each, "plans": counts}
    return {
        "made_by": "python benchmarks/sizing.py --exhaustive", "seed": SEED,
        "replications": REPLICATIONS, "checked": CHECKED, "companies": found,
    }  # fmt: skip


def loads_table() -> str:
    """Return formula / run of the people kept busy, where nobody waits, as Markdown."""
    rows = ["| scenario | marketing | inside sales | field sales | customer success |",
            "|---|---|---|---|---|"]  # fmt: skip
    for name in LOADED:
        scenario = load_scenario(name).scenario
        crowd = {team: 3 * people_of(scenario, team) for team in FOUR}
        plenty = changed(scenario, {f"teams.{team}.people": n for team, n in crowd.items()})
        runs = [run_capacity(plenty, name, 5, number) for number in range(5)]
        expected = loads(scenario)
        cells = []
        for team in FOUR:
            busy = sum(float(months[f"{team}.busy"].mean()) for months in runs) / len(runs)
            cells.append(f"{expected[team].people / busy:.2f}")
        rows.append(f"| `{name}` | {' | '.join(cells)} |")
    return "\n".join(rows)


def timed(workers: int) -> None:
    """Time the sizing of the default company."""
    prepare_streaming()
    base = load_scenario("base").scenario
    begun = time.perf_counter()
    for number in range(30):
        run_streamed(base, "base", 1, number)
    alone = (time.perf_counter() - begun) / 30.0
    for seed in (1, 2, 3):
        begun = time.perf_counter()
        result = size("base", TARGET, seed=seed, workers=workers)
        took = time.perf_counter() - begun
        runs = result.runs + result.fresh + TODAY_RUNS
        print(
            f"seed {seed}: {took:5.1f} s, {result.evaluations} plans, {runs} runs with the fresh"
            f" ones; {took / result.evaluations:.2f} s a plan;"
            f" {took * workers / (runs * alone):.2f} x the runs alone"
            f" ({1000.0 * alone:.1f} ms each); {result.status}: {result.plan}",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--exhaustive", action="store_true")
    parser.add_argument("--loads", action="store_true")
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    if options.loads:
        print(loads_table())
        return
    if not options.exhaustive:
        timed(options.workers)
        return
    text = json.dumps(exhaustive(options.workers), separators=(",", ":"))
    kept = EXHAUSTIVE.with_suffix(f".{os.getpid()}.tmp")
    kept.write_text(text.replace("],[[", "],\n[[") + "\n", encoding="utf-8")
    kept.replace(EXHAUSTIVE)


if __name__ == "__main__":
    main()
