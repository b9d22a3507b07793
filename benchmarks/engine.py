"""Time per event and peak memory of the engine, beside a bare SimPy queueing network.

The default company, and companies 10 and 100 times larger in buyers and people, run in processes
of their own. After each run of a company comes one of a bare network: a stock SimPy environment,
one process per person, a ``Store`` per department, jobs that go on or come back, and exactly as
many events. It knows no buyers, decisions or journal: it only queues. Times are of the processor,
not of the wall clock; the ratio is the median over such pairs, because machines have moods. Only
ratios within one run of this script mean anything.

    python benchmarks/engine.py [--sizes 1 10] [--months 24] [--repeat 5] [--json]
"""

from __future__ import annotations

import argparse
import json
import math
import multiprocessing
import random
import resource
import statistics
import time
from collections.abc import Callable, Generator
from itertools import repeat
from typing import Any

import simpy

from simulator.organization.simulation import Organization
from simulator.scenario.schema import Scenario

TEAMS = ("marketing", "inside_sales", "field_sales", "customer_success")


def larger(scenario: Scenario, factor: int, months: float) -> Scenario:
    """Return the company with so many times the buyers and people."""
    channels = {
        name: channel.model_copy(update={"leads_per_day": channel.leads_per_day * factor})
        for name, channel in scenario.market.channels.items()
    }
    teams = {
        name: getattr(scenario.teams, name).model_copy(
            update={"people": getattr(scenario.teams, name).people * factor}
        )
        for name in TEAMS
    }
    start = scenario.start
    loaded = {
        name: getattr(start, name) * factor for name in ("customers", "opportunities", "parked")
    }
    return scenario.model_copy(
        update={
            "market": scenario.market.model_copy(update={"channels": channels}),
            "teams": scenario.teams.model_copy(update=teams),
            "start": start.model_copy(update=loaded),
            "horizon": scenario.horizon.model_copy(update={"months": months}),
        }
    )


def peak_mb() -> float:
    """Return the most memory this process has had so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0


def run_model(factor: int, months: float) -> dict[str, float]:
    """Run the company once."""
    scenario = larger(Scenario(), factor, months)
    before = peak_mb()
    organization = Organization(scenario, seed=1, replication=0)
    organization.open()
    begun = time.process_time()
    organization.run()
    seconds = time.process_time() - begun
    rows = len(organization.writer)
    alive = len(organization.buyers)
    peak = peak_mb()
    journal = rows * 72 / 2**20
    return {
        "seconds": seconds,
        # Every event has a number, and what is not due before the horizon gets none.
        "events": int(next(organization.env._eid)),
        "rows": rows,
        "buyers": organization.buyers_entered,
        "alive": alive,
        "peak_mb": peak,
        "journal_mb": journal,
        "bytes_per_alive_buyer": (peak - before - journal) * 2**20 / max(alive, 1),
    }


def run_bare(factor: int, events: int) -> dict[str, float]:
    """Run four stations with feedback, one process per person, for so many events."""
    env = simpy.Environment()
    chance = random.Random(1)
    people = [3 * factor, 6 * factor, 8 * factor, 7 * factor]
    queues = [simpy.Store(env) for _ in people]

    def person(stage: int) -> Generator[Any, Any, None]:
        queue = queues[stage]
        while True:
            job = yield queue.get()
            yield env.timeout(chance.expovariate(1.0))
            to = stage + 1 if chance.random() < 0.7 else 1
            if to < len(queues):
                queues[to].put(job)

    def arrivals() -> Generator[Any, Any, None]:
        job = 0
        # With what comes back, the second station is busy 85 % of the time, the others less:
        # its visits per job are 1 / (1 - 0.3 - 0.3 * 0.7 - 0.3 * 0.7 ** 2).
        rate = 0.85 * people[1] * (1.0 - 0.3 * (1.0 + 0.7 + 0.49))
        while True:
            yield env.timeout(chance.expovariate(rate))
            job += 1
            queues[0].put(job)

    for stage, count in enumerate(people):
        for _ in range(count):
            env.process(person(stage))
    env.process(arrivals())
    step = env.step  # what env.run() calls for each event
    begun = time.process_time()
    for _ in repeat(None, events):
        step()
    return {"seconds": time.process_time() - begun, "events": events, "peak_mb": peak_mb()}


def _in_child(function: Callable[..., dict[str, float]], args: tuple[Any, ...]) -> dict[str, float]:
    """Run in a fresh process, so that peak memory belongs to this run alone."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(function, args)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1, 10, 100])
    parser.add_argument("--months", type=float, default=24.0)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    table = []
    for factor in options.sizes:
        # A large company is run once: it is long enough to average over the machine's moods.
        pairs = []
        for _ in range(options.repeat if factor < 100 else 1):
            model = _in_child(run_model, (factor, options.months))
            bare = _in_child(run_bare, (factor, int(model["events"])))
            pairs.append((model, bare))
        events = pairs[0][0]["events"]
        ratios = sorted(model["seconds"] / bare["seconds"] for model, bare in pairs)
        seconds = statistics.median(model["seconds"] for model, _ in pairs)
        bare_seconds = statistics.median(bare["seconds"] for _, bare in pairs)
        model, bare = pairs[0]
        table.append(
            {
                "size": factor,
                "buyers": model["buyers"],
                "events": events,
                "rows": model["rows"],
                "seconds": round(seconds, 2),
                "events_per_second": round(events / seconds),
                "us_per_event": round(1e6 * seconds / events, 2),
                "bare_us_per_event": round(1e6 * bare_seconds / events, 2),
                "ratio_to_bare": round(statistics.median(ratios), 2),
                "ratio_spread": [round(ratios[0], 2), round(ratios[-1], 2)],
                "ms_per_buyer": round(1e3 * seconds / model["buyers"], 3),
                "peak_mb": round(model["peak_mb"]),
                "journal_mb": round(model["journal_mb"]),
                "buyers_alive": model["alive"],
                "bytes_per_alive_buyer": round(model["bytes_per_alive_buyer"]),
                "bare_peak_mb": round(bare["peak_mb"]),
            }
        )
        if not options.json:
            for name, value in table[-1].items():
                print(f"{name:>20}: {value}")
            print(flush=True)
    if len(table) > 1:
        slope = statistics.linear_regression(
            [math.log(float(row["buyers"])) for row in table],
            [math.log(float(row["seconds"])) for row in table],
        ).slope
        if options.json:
            print(json.dumps({"sizes": table, "time_exponent_in_buyers": round(slope, 3)}))
        else:
            print(f"time grows with buyers to the power {slope:.2f} (1 is linear)")
    elif options.json:
        print(json.dumps({"sizes": table}))


if __name__ == "__main__":
    main()
