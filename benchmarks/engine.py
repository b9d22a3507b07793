"""Time per event and peak memory of the engine, beside a bare SimPy queueing network.

The default company, and companies 10 and 100 times larger in buyers and people, run in processes
of their own; so does a bare network with one SimPy process per person and the same number of
events, which does nothing but queue. Only ratios within one run of this script mean anything.

    python benchmarks/engine.py [--sizes 1 10] [--months 24] [--repeat 3] [--json]
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


def events_of(env: simpy.Environment) -> int:
    """Return how many events an environment has scheduled so far."""
    return int(next(env._eid))


def run_model(factor: int, months: float) -> dict[str, float]:
    """Run the company once."""
    organization = Organization(larger(Scenario(), factor, months), seed=1, replication=0)
    organization.open()
    begun = time.perf_counter()
    organization.run()
    seconds = time.perf_counter() - begun
    rows = len(organization.writer)
    return {
        "seconds": seconds,
        "events": events_of(organization.env),
        "rows": rows,
        "buyers": organization.buyers_entered,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0,
    }


def run_bare(factor: int, events: float) -> dict[str, float]:
    """Run four stations with feedback, one process per person, for about as many events."""
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
        rate = 0.8 * people[0]
        while True:
            yield env.timeout(chance.expovariate(rate))
            job += 1
            queues[0].put(job)

    for stage, count in enumerate(people):
        for _ in range(count):
            env.process(person(stage))
    env.process(arrivals())
    begun = time.perf_counter()
    seen = 0
    step = env.step
    # run() with a horizon would need a guess at the event rate; steps in blocks cost the same.
    horizon = 1.0
    while seen < events:
        env.run(until=horizon)
        horizon += max(events / 400.0 / (12.0 * factor), 1e-3)
        seen = events_of(env)
    del step
    return {
        "seconds": time.perf_counter() - begun,
        "events": float(seen),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0,
    }


def _in_child(function: Callable[..., dict[str, float]], args: tuple[Any, ...]) -> dict[str, float]:
    """Run in a fresh process, so that peak memory belongs to this run alone."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(function, args)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1, 10, 100])
    parser.add_argument("--months", type=float, default=24.0)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    table = []
    for factor in options.sizes:
        # A large company is run once: it is long enough to average over the machine's noise.
        repeat = options.repeat if factor < 100 else 1
        pairs = []
        for _ in range(repeat):
            model = _in_child(run_model, (factor, options.months))
            bare = _in_child(run_bare, (factor, model["events"]))
            ratio = (model["seconds"] / model["events"]) / (bare["seconds"] / bare["events"])
            pairs.append((ratio, model, bare))
        ratio, model, bare = sorted(pairs, key=lambda p: p[0])[len(pairs) // 2]
        table.append(
            {
                "size": factor,
                "buyers": model["buyers"],
                "events": model["events"],
                "rows": model["rows"],
                "seconds": round(model["seconds"], 2),
                "events_per_second": round(model["events"] / model["seconds"]),
                "us_per_event": round(1e6 * model["seconds"] / model["events"], 2),
                "bare_us_per_event": round(1e6 * bare["seconds"] / bare["events"], 2),
                "ratio_to_bare": round(ratio, 2),
                "ratio_spread": [
                    round(min(p[0] for p in pairs), 2),
                    round(max(p[0] for p in pairs), 2),
                ],
                "ms_per_buyer": round(1e3 * model["seconds"] / model["buyers"], 3),
                "peak_mb": round(model["peak_mb"]),
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
