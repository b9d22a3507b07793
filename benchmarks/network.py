"""One queueing network in C, Numba, plain Python, SimPy and Ciw: how fast can an event loop be?

Four stages with feedback and no decision of the sales model: what it costs only to keep the
events in order, the lines moving and the numbers random. C shows the least a compiled loop can
cost on this machine, and what the project's own engines spend beyond that is the price of their
decisions; SimPy and Ciw show where the common tools stand.

A transition is a service that ended. It takes C and Numba 1.2 events, as one in five events is an
arrival, and SimPy more than three, as it makes events also of waiting and of being served.

Every program simulates the same routing until the same number of services have ended, and every
one is checked against queueing theory before its time is printed: nobody should compare the speed
of a wrong program. C, Numba and plain Python draw the same random numbers in the same order, and
must agree to the last event. Times are of the processor, not of the wall clock, without
compilation; repeats go round all programs in turn, and each ratio to C is the median over the
rounds, because machines have moods.

    python benchmarks/network.py [--transitions 384000] [--repeat 5] [--only c numba] [--json]
"""

from __future__ import annotations

import argparse
import ctypes
import functools
import gc
import json
import math
import os
import platform
import random
import shutil
import statistics
import subprocess
import tempfile
import time
from collections import deque
from collections.abc import Callable, Generator
from dataclasses import dataclass
from heapq import heappop, heappush
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import simpy

try:
    from numba import njit
except ImportError:  # everything else here works without
    njit = None

TRANSITIONS = 384_000
MOST_JOBS = 1 << 16  # inside at once; a stable network never comes near it
# Of one run of TRANSITIONS: the relative standard deviation of the mean number inside, measured
# over 400 seeds. That of the mean time inside is 0.017, and shrinks likewise with longer runs.
DEVIATION = 0.019
TOLERANCE = 0.05


class UnavailableError(RuntimeError):
    """What a program needs is not on this machine; the message says what."""


@dataclass(frozen=True)
class Network:
    """Stages in a row; the work of each takes one unit of time on average.

    After a stage a job goes on with the probability ``on``; after the last this means out, done.
    Of those that do not go on, the share ``again`` starts over at the second stage and the rest
    leave; at the first stage all of them leave.
    """

    servers: tuple[int, ...] = (3, 6, 8, 7)
    on: float = 0.7
    again: float = 0.9
    busiest: float = 0.85

    @property
    def back(self) -> tuple[float, ...]:
        """Return, per stage, the probability to go on or back: one draw decides on both."""
        again = self.on + (1.0 - self.on) * self.again
        return (self.on, *[again] * (len(self.servers) - 1))

    @property
    def routing(self) -> np.ndarray:
        """Return the probability to go from each stage to each; what lacks to 1 is out."""
        stages = len(self.servers)
        matrix = np.zeros((stages, stages))
        for stage, back in enumerate(self.back):
            if stage + 1 < stages:
                matrix[stage, stage + 1] = self.on
            matrix[stage, 1] += back - self.on
        return matrix

    @property
    def visits(self) -> np.ndarray:
        """Return how often a job comes to each stage: the traffic equations for one arrival."""
        arrivals = np.zeros(len(self.servers))
        arrivals[0] = 1.0
        return np.linalg.solve(np.eye(len(self.servers)) - self.routing.T, arrivals)

    @property
    def arrival_rate(self) -> float:
        """Return the arrivals per unit of time that load the busiest stage as wanted."""
        return float(self.busiest * np.min(np.array(self.servers) / self.visits))

    @property
    def load(self) -> list[float]:
        """Return how busy each stage is."""
        return (self.arrival_rate * self.visits / np.array(self.servers)).tolist()

    @property
    def throughput(self) -> float:
        """Return the services that end per unit of time."""
        return float(self.arrival_rate * self.visits.sum())

    @property
    def mean_number(self) -> float:
        """Return how many jobs are inside on average.

        By Jackson's theorem each stage is M/M/c on its own, feedback or not; how many wait there
        follows from Erlang's C formula, which the recursion for his B formula gives.
        """
        total = 0.0
        for count, load in zip(self.servers, self.load, strict=True):
            offered = count * load
            blocked = 1.0
            for busy in range(1, count + 1):
                blocked = offered * blocked / (busy + offered * blocked)
            waits = blocked / (1.0 - load * (1.0 - blocked))
            total += offered + waits * load / (1.0 - load)
        return total

    @property
    def mean_time(self) -> float:
        """Return how long a job is inside on average, by Little's law."""
        return self.mean_number / self.arrival_rate


NETWORK = Network()


@dataclass(frozen=True)
class Result:
    """What a program simulated, and the processor time it took."""

    completions: int
    end: float
    mean_number: float
    mean_time: float
    seconds: float


# --- C ---------------------------------------------------------------------------------------


@functools.cache
def _compiled_c() -> tuple[Callable[..., int], float]:
    """Return the function in network.c, and the seconds it took to compile.

    The seconds are of the wall clock: the compiler is a process of its own.
    """
    wanted = os.environ.get("CC", "")
    compiler = next(
        (path for name in (wanted, "cc", "gcc", "clang") if (path := shutil.which(name))), None
    )
    if compiler is None:
        raise UnavailableError("there is no C compiler here (cc, gcc, clang, or what CC names)")
    source = Path(__file__).with_name("network.c")
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "network.so"
        # Without contraction there is no fused multiply-add on any machine, and Numba, which
        # does not fuse either, gets the same last digits.
        options = ["-std=c11", "-O2", "-ffp-contract=off", "-shared", "-fPIC"]
        begun = time.perf_counter()
        done = subprocess.run(
            [compiler, *options, "-o", str(target), str(source), "-lm"],
            capture_output=True,
            text=True,
            check=False,
        )
        seconds = time.perf_counter() - begun
        if done.returncode:
            raise UnavailableError(f"{compiler} does not compile network.c: {done.stderr.strip()}")
        # Once loaded, the library needs its file no more.
        function = ctypes.CDLL(str(target)).network_run
    function.restype = ctypes.c_int
    function.argtypes = [
        ctypes.c_int64,
        ctypes.c_uint64,
        ctypes.c_int32,
        ctypes.POINTER(ctypes.c_int64),
        ctypes.c_double,
        ctypes.c_double,
        ctypes.POINTER(ctypes.c_double),
        ctypes.c_int32,
        ctypes.POINTER(ctypes.c_double),
    ]
    return function, seconds


def run_c(transitions: int, seed: int, network: Network = NETWORK) -> Result:
    """Run network.c: a binary heap over arrays, compiled with -O2."""
    function, _ = _compiled_c()
    stages = len(network.servers)
    servers = (ctypes.c_int64 * stages)(*network.servers)
    back = (ctypes.c_double * stages)(*network.back)
    result = (ctypes.c_double * 5)()
    rate = network.arrival_rate
    begun = time.process_time()
    status = function(transitions, seed, stages, servers, rate, network.on, back, MOST_JOBS, result)
    seconds = time.process_time() - begun
    if status:
        raise RuntimeError({1: "no memory", 2: "too many jobs at once"}[status])
    return _compiled_result(result, seconds)


def _compiled_result(values: Any, seconds: float) -> Result:
    """Make means of the sums that the C and Numba programs return."""
    end, area, stayed, left, completions = (float(value) for value in values)
    return Result(int(completions), end, area / end, stayed / max(left, 1.0), seconds)


# --- Numba -----------------------------------------------------------------------------------
#
# Line by line what network.c does, so that the times compare compilers, not programs.

# Numba makes a float of an unsigned and a signed integer together: every constant is unsigned.
_STEP = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)
_30, _27, _31, _11 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11)


def _compile(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile with Numba, if there is Numba."""
    return function if njit is None else njit(function)


@_compile
def _uniform(state: Any) -> float:
    """Return the number that splitmix64 draws with its counter at ``state``."""
    z = state
    z = (z ^ (z >> _30)) * _FIRST
    z = (z ^ (z >> _27)) * _SECOND
    z ^= z >> _31
    return float(z >> _11) * 2.0**-53


@_compile
def _exponential(state: Any) -> float:
    return -math.log(1.0 - _uniform(state))


@_compile
def _push(due: np.ndarray, who: np.ndarray, size: int, moment: float, job: int) -> None:
    at = size
    while at > 0:
        parent = (at - 1) // 2
        if due[parent] <= moment:
            break
        due[at] = due[parent]
        who[at] = who[parent]
        at = parent
    due[at] = moment
    who[at] = job


@_compile
def _pop(due: np.ndarray, who: np.ndarray, size: int) -> None:
    """Take the first of ``size + 1`` events off; the caller has read it already."""
    moment = due[size]
    job = who[size]
    at = 0
    while True:
        child = 2 * at + 1
        if child >= size:
            break
        if child + 1 < size and due[child + 1] < due[child]:
            child += 1
        if moment <= due[child]:
            break
        due[at] = due[child]
        who[at] = who[child]
        at = child
    due[at] = moment
    who[at] = job


@_compile
def _numba_run(
    transitions: int,
    seed: Any,
    servers: np.ndarray,
    rate: float,
    on: float,
    back: np.ndarray,
    most_jobs: int,
) -> tuple[float, float, float, float, float]:
    stages = len(servers)
    state = seed
    now = area = stayed = 0.0
    completions = left = inside = made = 0
    unused = -1
    events = 1 + servers.sum()
    due = np.empty(events)
    who = np.empty(events, np.int32)
    entered = np.empty(most_jobs)
    stage_of = np.empty(most_jobs, np.int32)
    behind = np.empty(most_jobs, np.int32)
    first = np.full(stages, -1, np.int32)
    last = np.full(stages, -1, np.int32)
    idle = servers.copy()

    state += _STEP
    _push(due, who, 0, _exponential(state) / rate, -1)
    size = 1
    while completions < transitions:
        job = who[0]
        to = 0
        area += inside * (due[0] - now)
        now = due[0]
        size -= 1
        _pop(due, who, size)
        if job == -1:
            state += _STEP
            _push(due, who, size, now + _exponential(state) / rate, -1)
            size += 1
            if unused != -1:
                job = unused
                unused = behind[job]
            elif made < most_jobs:
                job = made
                made += 1
            else:
                raise RuntimeError("too many jobs at once")
            entered[job] = now
            inside += 1
        else:
            stage = stage_of[job]
            completions += 1
            # First the server takes the next in line: who comes back stands at the end.
            following = first[stage]
            if following != -1:
                first[stage] = behind[following]
                state += _STEP
                _push(due, who, size, now + _exponential(state), following)
                size += 1
            else:
                idle[stage] += 1
            state += _STEP
            u = _uniform(state)
            to = stage + 1 if u < on else 1 if u < back[stage] else stages
            if to == stages:
                stayed += now - entered[job]
                left += 1
                inside -= 1
                behind[job] = unused
                unused = job
                continue
        stage_of[job] = to
        if idle[to] > 0:
            idle[to] -= 1
            state += _STEP
            _push(due, who, size, now + _exponential(state), job)
            size += 1
        else:
            behind[job] = -1
            if first[to] == -1:
                first[to] = job
            else:
                behind[last[to]] = job
            last[to] = job
    return now, area, stayed, float(left), float(completions)


def run_numba(transitions: int, seed: int, network: Network = NETWORK) -> Result:
    """Run the program of network.c as Numba compiles it; the first call compiles."""
    _compile_numba()
    servers = np.array(network.servers, np.int64)
    back = np.array(network.back)
    rate = network.arrival_rate
    start = np.uint64(seed)
    begun = time.process_time()
    values = _numba_run(transitions, start, servers, rate, network.on, back, MOST_JOBS)
    return _compiled_result(values, time.process_time() - begun)


@functools.cache
def _compile_numba() -> float:
    """Let Numba compile by a run of one transition, and return the seconds of the wall clock."""
    if njit is None:
        raise UnavailableError("Numba is not installed (pip install numba)")
    begun = time.perf_counter()
    _numba_run(1, np.uint64(0), np.ones(2, np.int64), 1.0, 0.5, np.ones(2), 1000)
    return time.perf_counter() - begun


# --- plain Python ----------------------------------------------------------------------------


def splitmix64(seed: int) -> Callable[[], float]:
    """Return a function that draws what the compiled programs draw."""
    mask = (1 << 64) - 1
    state = seed & mask

    def uniform() -> float:
        nonlocal state
        state = (state + 0x9E3779B97F4A7C15) & mask
        z = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & mask
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
        return ((z ^ (z >> 31)) >> 11) * 2.0**-53

    return uniform


def _run_heapq(
    transitions: int, uniform: Callable[[], float], network: Network = NETWORK
) -> Result:
    """Run with heapq and deques; a job is but the moment it came.

    An event is a moment, a stage and a job, where the stage -1 means an arrival.
    """
    log = math.log
    rate, on, back = network.arrival_rate, network.on, network.back
    stages = len(network.servers)
    idle = list(network.servers)
    lines: list[deque[float]] = [deque() for _ in idle]
    now = area = stayed = 0.0
    completions = left = inside = 0
    begun = time.process_time()
    events = [(-log(1.0 - uniform()) / rate, -1, 0.0)]
    while completions < transitions:
        moment, stage, entered = heappop(events)
        area += inside * (moment - now)
        now = moment
        if stage < 0:
            heappush(events, (now - log(1.0 - uniform()) / rate, -1, 0.0))
            entered = now
            inside += 1
            to = 0
        else:
            completions += 1
            # First the server takes the next in line: who comes back stands at the end.
            if lines[stage]:
                following = lines[stage].popleft()
                heappush(events, (now - log(1.0 - uniform()), stage, following))
            else:
                idle[stage] += 1
            u = uniform()
            to = stage + 1 if u < on else 1 if u < back[stage] else stages
            if to == stages:
                stayed += now - entered
                left += 1
                inside -= 1
                continue
        if idle[to]:
            idle[to] -= 1
            heappush(events, (now - log(1.0 - uniform()), to, entered))
        else:
            lines[to].append(entered)
    seconds = time.process_time() - begun
    return Result(completions, now, area / now, stayed / max(left, 1), seconds)


def run_python(transitions: int, seed: int, network: Network = NETWORK) -> Result:
    """Run plain Python with the random numbers of C and Numba, to compare event by event."""
    return _run_heapq(transitions, splitmix64(seed), network)


def run_python_random(transitions: int, seed: int, network: Network = NETWORK) -> Result:
    """Run plain Python with its own random numbers.

    Multiplying 64-bit integers is slow in Python, and nobody would do so but to compare events;
    this is the time to set beside SimPy, which draws from the same ``random``.
    """
    return _run_heapq(transitions, random.Random(seed).random, network)


# --- SimPy -----------------------------------------------------------------------------------


class Count:
    """Who is inside and since when, and the event that ends a SimPy run."""

    def __init__(self, env: simpy.Environment, transitions: int) -> None:
        self.env = env
        self.transitions = transitions
        self.enough = env.event()
        self.completions = self.left = self.inside = 0
        self.area = self.stayed = self.since = 0.0

    def enter(self) -> float:
        """Count one more inside, and return when that was."""
        now = self.env.now
        self.area += self.inside * (now - self.since)
        self.since = now
        self.inside += 1
        return now

    def leave(self, entered: float) -> None:
        """Count one less inside."""
        now = self.env.now
        self.area += self.inside * (now - self.since)
        self.since = now
        self.inside -= 1
        self.left += 1
        self.stayed += now - entered

    def complete(self) -> None:
        """Count a service that ended, and end the run if it was the last one wanted."""
        self.completions += 1
        if self.completions == self.transitions:
            self.enough.succeed()

    def result(self) -> Result:
        """Run, and return what was counted."""
        begun = time.process_time()
        self.env.run(until=self.enough)
        seconds = time.process_time() - begun
        end = self.env.now
        area = self.area + self.inside * (end - self.since)
        mean_time = self.stayed / max(self.left, 1)
        return Result(self.completions, end, area / end, mean_time, seconds)


def run_simpy_store(transitions: int, seed: int, network: Network = NETWORK) -> Result:
    """Run SimPy with a process per person and a ``Store`` per stage, where the jobs wait."""
    env = simpy.Environment()
    chance = random.Random(seed)
    count = Count(env, transitions)
    rate, on, back = network.arrival_rate, network.on, network.back
    queues = [simpy.Store(env) for _ in network.servers]
    stages = len(queues)

    def person(stage: int) -> Generator[Any, Any, None]:
        queue = queues[stage]
        while True:
            entered = yield queue.get()
            yield env.timeout(chance.expovariate(1.0))
            count.complete()
            u = chance.random()
            to = stage + 1 if u < on else 1 if u < back[stage] else stages
            if to < stages:
                queues[to].put(entered)
            else:
                count.leave(entered)

    def arrivals() -> Generator[Any, Any, None]:
        while True:
            yield env.timeout(chance.expovariate(rate))
            queues[0].put(count.enter())

    for stage, people in enumerate(network.servers):
        for _ in range(people):
            env.process(person(stage))
    env.process(arrivals())
    return count.result()


def run_simpy_resource(transitions: int, seed: int, network: Network = NETWORK) -> Result:
    """Run SimPy with a process per buyer and a ``Resource`` per stage, as its manual teaches."""
    env = simpy.Environment()
    chance = random.Random(seed)
    count = Count(env, transitions)
    rate, on, back = network.arrival_rate, network.on, network.back
    teams = [simpy.Resource(env, people) for people in network.servers]
    stages = len(teams)

    def buyer() -> Generator[Any, Any, None]:
        entered = count.enter()
        stage = 0
        while stage < stages:
            with teams[stage].request() as turn:
                yield turn
                yield env.timeout(chance.expovariate(1.0))
            count.complete()
            u = chance.random()
            stage = stage + 1 if u < on else 1 if u < back[stage] else stages
        count.leave(entered)

    def arrivals() -> Generator[Any, Any, None]:
        while True:
            yield env.timeout(chance.expovariate(rate))
            env.process(buyer())

    env.process(arrivals())
    return count.result()


# --- Ciw -------------------------------------------------------------------------------------


def run_ciw(transitions: int, seed: int, network: Network = NETWORK) -> Result:
    """Run Ciw for the time in which so many services end on average.

    Ciw ends at a moment or after a number of customers, not of services, so that it simulates
    slightly more or less than was asked for.
    """
    try:
        import ciw
    except ImportError:
        raise UnavailableError("Ciw is not installed (pip install ciw)") from None
    stages = len(network.servers)
    plan = ciw.create_network(
        arrival_distributions=[ciw.dists.Exponential(network.arrival_rate), *[None] * (stages - 1)],
        service_distributions=[ciw.dists.Exponential(1.0) for _ in network.servers],
        number_of_servers=list(network.servers),
        routing=network.routing.tolist(),
    )
    end = transitions / network.throughput
    ciw.seed(seed)
    simulation = ciw.Simulation(plan)
    begun = time.process_time()
    simulation.simulate_until_max_time(end)
    seconds = time.process_time() - begun
    # A person has one record per service that ended; the first tells when the person came.
    out = [person.data_records for person in simulation.nodes[-1].all_individuals]
    times = [records[-1].exit_date - records[0].arrival_date for records in out]
    area = sum(times)
    completions = sum(len(records) for records in out)
    for station in simulation.transitive_nodes:
        for person in station.all_individuals:
            records = person.data_records
            completions += len(records)
            area += end - (records[0].arrival_date if records else person.arrival_date)
    return Result(completions, end, area / end, statistics.fmean(times), seconds)


# --- all together ----------------------------------------------------------------------------

Program = Callable[[int, int], Result]

PROGRAMS: dict[str, Program] = {
    "c": run_c,
    "numba": run_numba,
    "python": run_python,
    "python-random": run_python_random,
    "simpy-store": run_simpy_store,
    "simpy-resource": run_simpy_resource,
    "ciw": run_ciw,
}
COMPILERS: dict[str, Callable[[], float]] = {
    "c": lambda: _compiled_c()[1],
    "numba": _compile_numba,
}
SAME_DRAWS = ("c", "numba", "python")


def check_same(results: dict[str, Result]) -> None:
    """Raise unless all programs that draw the same numbers had the same events."""
    same = [name for name in SAME_DRAWS if name in results]
    for name in same[1:]:
        first, other = results[same[0]], results[name]
        if first.completions != other.completions or not all(
            math.isclose(getattr(first, field), getattr(other, field), rel_tol=1e-9)
            for field in ("end", "mean_number", "mean_time")
        ):
            raise RuntimeError(f"{same[0]} and {name} differ: {first}, {other}")


def check_theory(name: str, results: list[Result], transitions: int) -> dict[str, float]:
    """Return how far off theory the mean over the runs is, each as a part of the value.

    Raise if one is further off than chance allows: five percent, or five standard deviations
    where the runs are too short or too few for that. (Short runs see now and then a line of a
    length that long runs average out, and would fail too often with fewer.)
    """
    share = transitions * len(results) / TRANSITIONS
    allowed = max(TOLERANCE, 5.0 * DEVIATION / math.sqrt(share))
    off = {
        "throughput": statistics.fmean(run.completions / run.end for run in results)
        / NETWORK.throughput
        - 1.0,
        "mean_number": statistics.fmean(run.mean_number for run in results) / NETWORK.mean_number
        - 1.0,
        "mean_time": statistics.fmean(run.mean_time for run in results) / NETWORK.mean_time - 1.0,
    }
    for quantity, value in off.items():
        if not abs(value) <= allowed:  # also if it is not a number
            raise RuntimeError(
                f"{name}: {quantity} is {value:+.1%} off theory, chance allows {allowed:.1%}"
            )
    return off


def _spread(values: list[float]) -> dict[str, float]:
    """Return median, least and largest."""
    return {"median": statistics.median(values), "min": min(values), "max": max(values)}


def _versions() -> dict[str, str]:
    """Return the versions that the times depend on."""
    versions = {"python": platform.python_version()}
    for package in ("numba", "numpy", "simpy", "ciw"):
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return versions


def measure(
    names: list[str], transitions: int, repeats: int, seed: int
) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """Return a row per program, and why the programs that are not there are missing."""
    compilation: dict[str, float] = {}
    missing: dict[str, str] = {}
    for name in names:
        try:
            if name in COMPILERS:
                compilation[name] = COMPILERS[name]()
            PROGRAMS[name](min(transitions, 1000), seed)  # imports, caches, first memory
        except UnavailableError as error:
            missing[name] = str(error)
    runs: dict[str, list[Result]] = {name: [] for name in names if name not in missing}
    for number in range(repeats):
        for name, results in runs.items():
            gc.collect()  # nobody pays for what another left behind
            results.append(PROGRAMS[name](transitions, seed + number))
        check_same({name: results[-1] for name, results in runs.items()})
    table = []
    for name, results in runs.items():
        each = [1e6 * run.seconds / run.completions for run in results]
        row: dict[str, Any] = {
            "implementation": name,
            "seconds": _spread([run.seconds for run in results]),
            "transitions": statistics.median(run.completions for run in results),
            "us_per_transition": _spread(each),
        }
        if "c" in runs:
            least = [1e6 * run.seconds / run.completions for run in runs["c"]]
            row["ratio_to_c"] = _spread([a / b for a, b in zip(each, least, strict=True)])
        if name in compilation:
            row["compilation_seconds"] = compilation[name]
        row["off_theory"] = check_theory(name, results, transitions)
        table.append(row)
    return table, missing


def _text(spread: dict[str, float] | None, digits: int) -> str:
    if spread is None:
        return "-"
    median, least, largest = (f"{spread[key]:.{digits}f}" for key in ("median", "min", "max"))
    return f"{median} ({least}-{largest})"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--transitions", type=int, default=TRANSITIONS)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", nargs="+", choices=PROGRAMS, default=list(PROGRAMS))
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if options.transitions < 1000 or options.repeat < 1 or options.seed < 0:
        parser.error("at least 1000 transitions, one repeat, and no negative seed")
    table, missing = measure(
        list(dict.fromkeys(options.only)), options.transitions, options.repeat, options.seed
    )
    if options.json:
        report = {
            "transitions": options.transitions,
            "repeats": options.repeat,
            "seed": options.seed,
            "network": {
                "servers": NETWORK.servers,
                "load": NETWORK.load,
                "arrival_rate": NETWORK.arrival_rate,
                "throughput": NETWORK.throughput,
                "mean_number": NETWORK.mean_number,
                "mean_time": NETWORK.mean_time,
            },
            "versions": _versions(),
            "programs": table,
            "missing": missing,
        }
        print(json.dumps(report))
        return
    loads = ", ".join(f"{load:.0%}" for load in NETWORK.load)
    print(f"servers {NETWORK.servers}, busy {loads}; medians (least-largest) of {options.repeat}")
    print(
        f"{'implementation':<15} {'seconds':>22} {'transitions':>12} "
        f"{'µs per transition':>22} {'ratio to C':>22} {'number, time off':>17}"
    )
    for row in table:
        off = row["off_theory"]
        print(
            f"{row['implementation']:<15} {_text(row['seconds'], 3):>22} "
            f"{row['transitions']:>12,.0f} {_text(row['us_per_transition'], 3):>22} "
            f"{_text(row.get('ratio_to_c'), 2):>22} "
            f"{off['mean_number']:>+9.1%} {off['mean_time']:>+7.1%}"
        )
    for row in table:
        if "compilation_seconds" in row:
            seconds = row["compilation_seconds"]
            print(f"compiling {row['implementation']} took {seconds:.2f} s, not counted above")
    for name, reason in missing.items():
        print(f"{name} is left out: {reason}")


if __name__ == "__main__":
    main()
