"""Time per event and peak memory of both engines, beside a bare SimPy queueing network.

The default company, and companies 10 and 100 times larger in buyers and people, run in turn, every
run in a process of its own: with the SimPy reference; with the compiled engine, to a journal
("journal"), to rows that are read as they come and not kept ("rows"), and to all metrics that can
be added up meanwhile ("measured"); and then a bare network: a stock SimPy environment, one process
per person, a ``Store`` per department, jobs that go on or come back, and exactly as many events. It
knows no buyers, decisions or journal: it only queues. At the first size, each round
ends with the same network as C and Numba run it (``network.py``).

Times are of the processor, not of the wall clock. Each ratio is the median over the rounds, with
the least and the largest, because machines have moods; only ratios within one run of this script
mean anything. An event is one of the reference for all engines: the compiled one writes the same
rows, which is checked, but has fewer steps on the way. Its time holds everything from the scenario
on, without compilation; that of the reference only the passing of time. Where both are counted from
the scenario to the finished journal, the output says so.

    python benchmarks/engine.py [--sizes 1 10] [--months 24] [--repeat 5] [--json]
    python benchmarks/engine.py --sizes 100 --months 24 --engines compiled
    python benchmarks/engine.py --start-up [--repeat 5] [--json]

The last one measures the start alone: wall time of a fresh Python process that imports the compiled
engine, loads its code from the cache and runs the company for a month, and of a pool of two.
"""

from __future__ import annotations

import argparse
import gc
import hashlib
import json
import math
import multiprocessing
import platform
import random
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Iterable
from importlib import metadata
from itertools import repeat
from pathlib import Path
from typing import Any

import numpy as np
import simpy

from simulator.engine import has_compiled
from simulator.organization.journal import COLUMNS, Journal, Kind
from simulator.organization.simulation import Organization, facts_of
from simulator.scenario.schema import Horizon, Scenario

TEAMS = ("marketing", "inside_sales", "field_sales", "customer_success")
ENGINES = ("simpy", "compiled", "bare")
USES = ("journal", "rows", "measured")
"""What is made of a run of the compiled engine."""
KINDS = max(Kind) + 1  # a row's kind counts from 1 on
MOST_RUNS = 9  # of the compiled engine in one process,
MOST_SECONDS = 2.0  # unless they take longer than this
POOL = 2

Spread = dict[str, float]


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


# --- memory ----------------------------------------------------------------------------------


def peak_mb() -> float:
    """Return the most memory this process has had so far, or since :func:`forget_peak`."""
    # Not getrusage where there is a choice: a child begins with its parent's peak there.
    return _memory_mb("VmHWM")


def forget_peak() -> float:
    """Let the peak begin anew, so that imports do not hide what a run takes; return what is held.

    Where the system cannot forget, the peak so far is returned instead, and what a run takes
    beyond it is too little by whatever the imports had freed again.
    """
    gc.collect()
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return peak_mb()
    return _memory_mb("VmRSS")


def _memory_mb(field: str) -> float:
    try:
        status = Path("/proc/self/status").read_text()
        return int(status.split(f"{field}:", 1)[1].split(None, 1)[0]) / 1024.0
    except (OSError, IndexError):
        unit = 2**20 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def _fits(megabytes: float) -> bool:
    """Whether so much memory is left on this machine; where it does not tell, it is."""
    try:
        told = Path("/proc/meminfo").read_text()
        free = int(told.split("MemAvailable:", 1)[1].split(None, 1)[0]) / 1024.0
    except (OSError, IndexError):
        return True
    return megabytes < 0.8 * free


# --- what is timed, each in a process of its own ---------------------------------------------


def run_model(factor: int, months: float) -> dict[str, Any]:
    """Run the company once with the reference."""
    scenario = larger(Scenario(), factor, months)
    before = forget_peak()
    opened = time.process_time()
    organization = Organization(scenario, seed=1, replication=0)
    organization.open()
    begun = time.process_time()
    organization.run()
    ended = time.process_time()
    seconds = ended - begun
    rows = len(organization.writer)
    alive = len(organization.buyers)
    peak = peak_mb()
    in_mb = rows * 72 / 2**20
    finished: dict[str, Any] = {}
    if _fits(in_mb):
        finishing = time.process_time()
        journal = organization.writer.finish(facts_of(scenario, 1, 0))
        finishing = time.process_time() - finishing
        finished = {
            # From the scenario to the journal, as `simulator.organization.simulation.run` goes.
            "whole_seconds": ended - opened + finishing,
            "kinds": np.bincount(journal.kind, minlength=KINDS).tolist(),
            "digest": digest(journal),
        }
    return {
        "seconds": seconds,
        # Every event has a number, and what is not due before the horizon gets none.
        "events": int(next(organization.env._eid)),
        "rows": rows,
        **finished,
        "buyers": organization.buyers_entered,
        "alive": alive,
        "peak_mb": peak,
        "above_start_mb": peak - before,
        "journal_mb": in_mb,
        "bytes_per_alive_buyer": (peak - before - in_mb) * 2**20 / max(alive, 1),
    }


def run_compiled(
    use: str, factor: int, months: float, most_runs: int = MOST_RUNS
) -> dict[str, Any]:
    """Run the company a few times with the compiled engine, whose code is loaded before.

    One run of a small company is over before the clock has ticked often; the median of a few is
    taken. The peak of memory is that of the first alone.
    """
    from simulator.compiled import engine
    from simulator.metrics.streaming import streamed_totals
    from simulator.metrics.tallying import NOTE

    work: dict[str, Callable[[Scenario], Any]] = {
        "journal": lambda scenario: engine.run(scenario, 1, 0),
        "rows": lambda scenario: read(engine.rows_as_they_come(scenario, 1, 0)),
        "measured": lambda scenario: streamed_totals(scenario, 1, 0),
    }
    one = work[use]
    engine.prepare()
    # Of a small company: it leaves no memory behind in which a large one could hide.
    one(Scenario(horizon=Horizon(months=1.0)))
    scenario = larger(Scenario(), factor, months)
    before = forget_peak()
    times: list[float] = []
    result: Any = None
    peak = 0.0
    while len(times) < most_runs and sum(times) < MOST_SECONDS:
        result = None
        gc.collect()  # no run pays for what another left behind
        begun = time.process_time()
        result = one(scenario)
        times.append(time.process_time() - begun)
        peak = peak or peak_mb()
    functions: list[Any] = [engine._ADVANCE.compiled]
    functions += [NOTE.compiled] if use == "measured" else []
    seen: dict[str, Any] = {}
    if use == "journal":
        kinds = np.bincount(result.kind, minlength=KINDS).tolist()
        seen = {"rows": len(result), "kinds": kinds, "digest": digest(result)}
    elif use == "rows":
        seen = result
    return {
        **seen,
        "seconds": statistics.median(times),
        "first_seconds": times[0],  # nothing of this size is in the processor's caches yet
        "least_seconds": min(times),
        "runs": len(times),
        "peak_mb": peak,
        "above_start_mb": peak - before,
        # Not in the times, but the compiler's memory is then in what is held at the start.
        "compiled_here": sum(sum(each.stats.cache_misses.values()) for each in functions),
    }


def read(chunks: Iterable[Any]) -> dict[str, Any]:
    """Read every row once, as the least that a reader does: count kinds and places of buyers."""
    kinds = np.zeros(KINDS, np.int64)
    most = -1
    for rows in chunks:
        kinds += np.bincount(rows["kind"], minlength=KINDS)
        most = max(most, int(rows["place"].max(initial=-1)))
    # The place of a buyer that can do nothing more is given to another.
    return {"rows": int(kinds.sum()), "kinds": kinds.tolist(), "most_alive": most + 1}


def digest(journal: Journal) -> str:
    """Return what is the same for two journals only if their rows are.

    Equal as numbers, as the tests of parity ask: NaN is NaN whatever its bits.
    """
    total = hashlib.sha256()
    for name in COLUMNS:
        column = getattr(journal, name)
        if column.dtype.kind == "f":
            column = np.where(np.isnan(column), np.nan, column + 0.0)  # + 0.0: no negative zero
        else:
            column = column.astype(np.int64)
        total.update(np.ascontiguousarray(column).data)
    return total.hexdigest()


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


def run_skeleton(seed: int) -> dict[str, Any]:
    """Run the network of ``network.py`` in C and in Numba, checked against queueing theory."""
    import network

    table, missing = network.measure(["c", "numba"], network.TRANSITIONS, 3, seed)
    times = {row["implementation"]: row["us_per_transition"]["median"] for row in table}
    return {"us_per_transition": times, "missing": missing}


def ready() -> dict[str, Any]:
    """Compile the engine if no earlier session has, and tell where its code is kept."""
    from simulator.compiled import engine
    from simulator.metrics.streaming import streamed_totals
    from simulator.metrics.tallying import NOTE

    if not (engine.is_kept() and NOTE.is_there):
        print("compiling first; this takes half a minute", file=sys.stderr, flush=True)
    streamed_totals(Scenario(horizon=Horizon(months=1.0)), 1, 0)
    return {"folders": [str(engine._ADVANCE.folder), str(NOTE.folder)]}


def _in_child(function: Callable[..., dict[str, Any]], *args: Any) -> dict[str, Any]:
    """Run in a fresh process, so that peak memory belongs to this run alone."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(function, args)


# --- rounds and what follows from them -------------------------------------------------------


def rounds_of(
    factor: int, months: float, engines: list[str], count: int, with_skeleton: bool
) -> list[dict[str, dict[str, Any]]]:
    """Run everything in turn, so many times over; what is compared ran within seconds."""
    rounds = []
    for number in range(count):
        done: dict[str, dict[str, Any]] = {}
        if "simpy" in engines:
            done["simpy"] = _in_child(run_model, factor, months)
        if "compiled" in engines:
            for use in ("rows", "measured", "journal"):
                # A journal takes its rows, and the columns made of them, in memory.
                if use == "journal" and not _fits(2 * 72 * done["rows"]["rows"] / 2**20):
                    continue
                done[use] = _in_child(run_compiled, use, factor, months)
        _check_same(done)
        if "bare" in engines:
            done["bare"] = _in_child(run_bare, factor, int(done["simpy"]["events"]))
        if with_skeleton:
            done["skeleton"] = _in_child(run_skeleton, number + 1)
        rounds.append(done)
    return rounds


def _check_same(done: dict[str, dict[str, Any]]) -> None:
    """Raise unless all engines wrote the same rows: only then do their times mean the same work."""
    for field in ("kinds", "digest"):
        found = {name: result[field] for name, result in done.items() if field in result}
        if len({str(value) for value in found.values()}) > 1:
            raise RuntimeError(f"not the same rows ({field}): {', '.join(found)}")


def spread(values: Iterable[float], digits: int) -> Spread:
    """Median, least and largest."""
    listed = list(values)
    return {
        "median": round(statistics.median(listed), digits),
        "least": round(min(listed), digits),
        "largest": round(max(listed), digits),
    }


def summary(
    factor: int, months: float, rounds: list[dict[str, dict[str, Any]]], longer: dict[str, Any]
) -> dict[str, Any]:
    """Return the row of one size."""
    first = rounds[0]
    row: dict[str, Any] = {"size": factor, "months": months, "rounds": len(rounds)}
    if "simpy" in first:
        row |= _summary_of_reference(rounds)
    elif "rows" in first:
        row |= {
            "buyers": first["rows"]["kinds"][Kind.STATUS],  # every buyer ends with one such row
            "rows": first["rows"]["rows"],
        }
    if "bare" in first:
        row |= _summary_of_bare(rounds)
    uses = [use for use in USES if use in first]
    if uses:
        row["compiled"] = {use: _summary_of_use(use, rounds) for use in uses}
        row["most_alive"] = first["rows"]["most_alive"]
    if "whole_seconds" in first.get("simpy", {}) and "journal" in first:
        row["ratio_scenario_to_journal"] = spread(
            (each["simpy"]["whole_seconds"] / each["journal"]["seconds"] for each in rounds), 1
        )
    if longer:
        row["measured_longer"] = longer
    return row


def _summary_of_reference(rounds: list[dict[str, dict[str, Any]]]) -> dict[str, Any]:
    model = rounds[0]["simpy"]
    events = model["events"]
    seconds = statistics.median(each["simpy"]["seconds"] for each in rounds)
    return {
        "buyers": model["buyers"],
        "events": events,
        "rows": model["rows"],
        "seconds": round(seconds, 2),
        "seconds_spread": spread((each["simpy"]["seconds"] for each in rounds), 4),
        "events_per_second": round(events / seconds),
        "us_per_event": round(1e6 * seconds / events, 2),
        "ms_per_buyer": round(1e3 * seconds / model["buyers"], 3),
        "peak_mb": round(model["peak_mb"]),
        "above_start_mb": round(model["above_start_mb"]),
        "journal_mb": round(model["journal_mb"]),
        "buyers_alive": model["alive"],
        "bytes_per_alive_buyer": round(model["bytes_per_alive_buyer"]),
    }


def _summary_of_bare(rounds: list[dict[str, dict[str, Any]]]) -> dict[str, Any]:
    bare = rounds[0]["bare"]
    seconds = spread((each["bare"]["seconds"] for each in rounds), 4)
    ratios = spread((each["simpy"]["seconds"] / each["bare"]["seconds"] for each in rounds), 2)
    return {
        "bare_seconds_spread": seconds,
        "bare_us_per_event": round(1e6 * seconds["median"] / bare["events"], 2),
        "ratio_to_bare": ratios["median"],
        "ratio_spread": [ratios["least"], ratios["largest"]],
        "bare_peak_mb": round(bare["peak_mb"]),
    }


def _summary_of_use(use: str, rounds: list[dict[str, dict[str, Any]]]) -> dict[str, Any]:
    results = [each[use] for each in rounds]
    row: dict[str, Any] = {
        "seconds": spread((result["seconds"] for result in results), 4),
        "first_seconds": spread((result["first_seconds"] for result in results), 4),
        "least_seconds": round(min(result["least_seconds"] for result in results), 4),
        "runs_a_round": results[0]["runs"],
        "us_per_row": round(
            1e6 * statistics.median(r["seconds"] for r in results) / rounds[0]["rows"]["rows"], 4
        ),
        "peak_mb": round(max(result["peak_mb"] for result in results), 1),
        "above_start_mb": round(max(result["above_start_mb"] for result in results), 1),
        "compiled_here": any(result["compiled_here"] for result in results),
    }
    if "simpy" in rounds[0]:
        events = rounds[0]["simpy"]["events"]
        row["us_per_event"] = spread((1e6 * r["seconds"] / events for r in results), 4)
        row["reference_to_this"] = spread(
            (each["simpy"]["seconds"] / each[use]["seconds"] for each in rounds), 1
        )
    if "bare" in rounds[0]:
        row["this_to_bare"] = spread(
            (each[use]["seconds"] / each["bare"]["seconds"] for each in rounds), 4
        )
    return row


def twice_as_long(factor: int, months: float) -> dict[str, Any]:
    """Return the memory of a measured run of twice the months: only finished buyers are more."""
    measured = _in_child(run_compiled, "measured", factor, 2.0 * months, 1)
    rows = _in_child(run_compiled, "rows", factor, 2.0 * months, 1)
    return {
        "months": 2.0 * months,
        "seconds": round(measured["seconds"], 4),
        "peak_mb": round(measured["peak_mb"], 1),
        "above_start_mb": round(measured["above_start_mb"], 1),
        "buyers": rows["kinds"][Kind.STATUS],
        "most_alive": rows["most_alive"],
    }


def skeletons(rounds: list[dict[str, dict[str, Any]]]) -> dict[str, Any]:
    """Return the times of the network in C and Numba."""
    found = [each["skeleton"] for each in rounds]
    names = found[0]["us_per_transition"]
    return {
        "us_per_transition": {
            name: spread((each["us_per_transition"][name] for each in found), 4) for name in names
        },
        "missing": found[0]["missing"],
    }


def time_exponents(table: list[dict[str, Any]]) -> dict[str, float]:
    """Return the power of the number of buyers that time grows with; 1 is linear."""
    exponents = {}
    for name, path in (
        ("time_exponent_in_buyers", ("seconds",)),
        ("compiled_time_exponent_in_buyers", ("compiled", "measured", "seconds", "median")),
    ):
        points = []
        for row in table:
            value: Any = row
            for key in path:
                value = value.get(key, {})
            if value:
                points.append((math.log(row["buyers"]), math.log(value)))
        if len(points) > 1:
            slope = statistics.linear_regression(*zip(*points, strict=True)).slope
            exponents[name] = round(slope, 3)
    return exponents


# --- starting up -----------------------------------------------------------------------------


def start_up(count: int) -> dict[str, Any]:
    """Return wall times of fresh processes and pools, and whether any of them compiled."""
    folders = [Path(folder) for folder in _in_child(ready)["folders"]]
    before = _files(folders)
    report: dict[str, Any] = {"rounds": count}
    found: dict[str, list[tuple[float, list[dict[str, Any]]]]] = {"one": [], "pool": []}
    script = str(Path(__file__).with_name("start_up.py"))
    for _ in range(count):
        for name, workers in (("one", 0), ("pool", POOL)):
            command = [sys.executable, script, "--workers", str(workers)]
            begun = time.perf_counter()
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            found[name].append((time.perf_counter() - begun, json.loads(done.stdout)))
    for name, runs in found.items():
        # Of a pool, the slowest process: its parts, beside the time until all is over.
        slowest = [max(each, key=_sum_of_parts) for _, each in runs]
        processes = [process for _, each in runs for process in each]
        report[name] = {
            "processes": min(len({process["process"] for process in each}) for _, each in runs),
            "wall_seconds": spread((wall for wall, _ in runs), 3),
            "import_seconds": spread((each["import"] for each in slowest), 3),
            "load_seconds": spread((each["load"] for each in slowest), 3),
            "run_seconds": spread((each["run"] for each in slowest), 4),
            "before_seconds": spread((each["before"] for each in slowest), 3),
            "rest_seconds": spread(
                (w - _sum_of_parts(each) for (w, _), each in zip(runs, slowest, strict=True)), 3
            ),
            "found_in_cache": sum(process["found"] for process in processes),
            "compiled": sum(process["compiled"] for process in processes),
        }
    report["new_cache_files"] = len(_files(folders) - before)
    return report


def _sum_of_parts(process: dict[str, Any]) -> float:
    return float(sum(process[part] for part in ("before", "import", "load", "run")))


def _files(folders: list[Path]) -> set[tuple[str, int]]:
    """Return the files in the cache and when they were written: one written anew is a new one."""
    return {
        (str(file), file.stat().st_mtime_ns)
        for folder in folders
        for file in folder.rglob("*")
        if file.is_file()
    }


# --- print -----------------------------------------------------------------------------------


def machine() -> dict[str, str]:
    """Return the versions that the times depend on."""
    versions = {"python": platform.python_version()}
    for package in ("numba", "numpy", "simpy"):
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return versions


def _told(values: Spread | None, digits: int) -> str:
    if values is None:
        return "-"
    median, least, largest = (f"{values[key]:.{digits}f}" for key in values)
    # Of one round there is no spread to tell.
    return median if values["least"] == values["largest"] else f"{median} ({least}-{largest})"


def _scaled(values: Spread, by: float) -> Spread:
    return {key: value * by for key, value in values.items()}


def print_size(row: dict[str, Any]) -> None:
    """Print one size: a line per engine, then what needs words."""
    counted = f"{row['buyers']:,} buyers, {row['rows']:,} rows"
    if "events" in row:
        counted += f", {row['events']:,} events"
    print(f"size {row['size']}, {row['months']:g} months: {counted}; rounds: {row['rounds']}")
    wide, narrow = 22, 21
    print(
        f"{'':<20}{'seconds':>{wide}}{'µs per event':>{wide}}{'reference / this':>{narrow}}"
        f"{'this / bare':>{wide}}{'peak MB':>9}{'above start':>12}"
    )

    def line(
        name: str, seconds: Spread, times: Spread | None, faster: Spread | None,
        to_bare: tuple[Spread | None, int], peak: float, above: float | None,
    ) -> None:  # fmt: skip
        print(
            f"{name:<20}{_told(seconds, 3):>{wide}}{_told(times, 3):>{wide}}"
            f"{_told(faster, 1):>{narrow}}{_told(*to_bare):>{wide}}{peak:>9.0f}"
            + ("" if above is None else f"{above:>12.1f}")
        )

    per_event = 1e6 / row["events"] if "events" in row else 0.0
    if "seconds_spread" in row:
        seconds = row["seconds_spread"]
        ratio = None
        if "ratio_to_bare" in row:
            least, largest = row["ratio_spread"]
            ratio = {"median": row["ratio_to_bare"], "least": least, "largest": largest}
        line("SimPy reference", seconds, _scaled(seconds, per_event), None, (ratio, 2),
             row["peak_mb"], row["above_start_mb"])  # fmt: skip
    for use, values in row.get("compiled", {}).items():
        line(f"compiled, {use}", values["seconds"], values.get("us_per_event"),
             values.get("reference_to_this"), (values.get("this_to_bare"), 3),
             values["peak_mb"], values["above_start_mb"])  # fmt: skip
    if "bare_seconds_spread" in row:
        seconds = row["bare_seconds_spread"]
        line("bare SimPy", seconds, _scaled(seconds, per_event), None, (None, 0),
             row["bare_peak_mb"], None)  # fmt: skip
    for told in _words(row):
        print(told)
    print(flush=True)


def _words(row: dict[str, Any]) -> list[str]:
    """Say what the table of a size has no column for."""
    words = []
    if "ratio_scenario_to_journal" in row:
        ratio = _told(row["ratio_scenario_to_journal"], 1)
        words.append(f"from scenario to finished journal, reference / compiled: {ratio}")
    compiled = row.get("compiled", {})
    if compiled:
        first = ", ".join(
            f"{use} {values['first_seconds']['median']:.3f}" for use, values in compiled.items()
        )
        runs = "/".join(str(values["runs_a_round"]) for values in compiled.values())
        words.append(f"compiled: medians of {runs} runs; the first of a process took {first} s")
        if "journal" not in compiled:
            words.append("no journal: it would not fit into the memory that is free")
        if any(values["compiled_here"] for values in compiled.values()):
            words.append(
                "the cache did not serve: memory at the start holds the compiler's as well"
            )
    if "measured_longer" in row:
        longer, measured = row["measured_longer"], compiled["measured"]
        words.append(
            f"measured, {row['months']:g} -> {longer['months']:g} months: peak"
            f" {measured['peak_mb']:.0f} -> {longer['peak_mb']:.0f} MB, above start"
            f" {measured['above_start_mb']:.1f} -> {longer['above_start_mb']:.1f} MB; buyers"
            f" {row['buyers']:,} -> {longer['buyers']:,}, most alive at once"
            f" {row['most_alive']:,} -> {longer['most_alive']:,}"
        )
    if "bytes_per_alive_buyer" in row:
        words.append(
            f"reference: {row['ms_per_buyer']} ms per buyer, journal {row['journal_mb']} MB,"
            f" {row['buyers_alive']:,} buyers alive, {row['bytes_per_alive_buyer']:,} bytes each"
        )
    return words


def print_skeletons(found: dict[str, Any]) -> None:
    """Print what the least is that an event loop takes here."""
    times = ", ".join(
        f"{name} {_told(values, 3)} µs" for name, values in found["us_per_transition"].items()
    )
    if times:
        print(f"skeleton, per transition: {times}")
    for name, reason in found["missing"].items():
        print(f"skeleton in {name} is left out: {reason}")
    print(
        "(a four-stage queueing network with no decisions and no rows, checked against theory; a"
        " transition is a service that ended, 1.2 events of the skeleton's)"
    )


def print_start_up(report: dict[str, Any]) -> None:
    """Print where the time until a first run goes."""
    print(f"wall seconds until a month has run, fresh processes, warm cache; {report['rounds']}x")
    for name in ("one", "pool"):
        values = report[name]
        title = "one process" if name == "one" else f"pool of {values['processes']} processes"
        parts = ", ".join(
            f"{part} {_told(values[f'{part}_seconds'], 3)}"
            for part in ("before", "import", "load", "run")
            if (name, part) != ("one", "before")
        )
        print(f"{title}: {_told(values['wall_seconds'], 2)}")
        print(f"    {parts}, Python and the rest {_told(values['rest_seconds'], 3)}")
        if name == "pool":
            print("    (before: importing and opening the pool, up to the first line of a task)")
        print(f"    from the cache {values['found_in_cache']}, compiled {values['compiled']}")
    print(f"new cache files: {report['new_cache_files']}")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=[1, 10, 100])
    parser.add_argument("--months", type=float, default=24.0)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--engines", choices=ENGINES, nargs="+", default=list(ENGINES))
    parser.add_argument("--start-up", action="store_true", help="measure only the start")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    engines = list(options.engines)
    if options.repeat < 1 or min(options.sizes) < 1 or options.months <= 0.0:
        parser.error("at least one repeat, sizes from 1 on, and some months")
    if "bare" in engines and "simpy" not in engines:
        parser.error("bare needs simpy, which counts the events that it runs")
    if not has_compiled() and ("compiled" in engines or options.start_up):
        if options.start_up or engines == ["compiled"]:
            parser.error("the compiled engine needs numba, which is not installed")
        engines.remove("compiled")
        print("without the compiled engine: numba is not installed", file=sys.stderr)
    report: dict[str, Any] = {"versions": machine()}
    if not options.json:
        print(", ".join(f"{name} {version}" for name, version in report["versions"].items()))
    if options.start_up:
        report["start_up"] = start_up(options.repeat)
        if options.json:
            print(json.dumps(report))
        else:
            print_start_up(report["start_up"])
        return
    if "compiled" in engines:
        _in_child(ready)
    table: list[dict[str, Any]] = []
    for factor in options.sizes:
        # A large company is run once: it is long enough to average over the machine's moods.
        count = options.repeat if factor < 100 else 1
        # Runs by itself say nothing of other engines, so there is nothing to set beside.
        with_skeleton = not table and len(engines) > 1
        rounds = rounds_of(factor, options.months, engines, count, with_skeleton)
        longer = {}
        if "compiled" in engines and factor < 100:
            longer = twice_as_long(factor, options.months)
        table.append(summary(factor, options.months, rounds, longer))
        if with_skeleton:
            report["skeleton"] = skeletons(rounds)
        if not options.json:
            print_size(table[-1])
    report["sizes"] = table
    report |= time_exponents(table)
    if options.json:
        print(json.dumps(report))
        return
    if "skeleton" in report:
        print_skeletons(report["skeleton"])
    for name in ("time_exponent_in_buyers", "compiled_time_exponent_in_buyers"):
        if name in report:
            who = "of the compiled engine, measured," if "compiled" in name else "of the reference"
            print(f"time {who} grows with buyers to the power {report[name]:.2f} (1 is linear)")


if __name__ == "__main__":
    main()
