"""Wall time until the compiled engine has run a small company, in processes begun for it.

Its own script, and light to import, because a process that begins imports the script it was begun
by: what `engine.py` needs itself would be counted as well.

    python benchmarks/start_up.py [--workers 2]

prints as JSON what `python benchmarks/engine.py --start-up` adds up and shows.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from typing import Any

MONTHS = 1.0


def first_run(since: float | None = None) -> dict[str, Any]:
    """Import the engine, load its code and run a company, each for the first time in a process.

    What has passed since the moment given is told as well; it may be one of another process.
    """
    before = 0.0 if since is None else time.time() - since
    begun = time.perf_counter()
    from simulator.compiled import engine
    from simulator.scenario.schema import Horizon, Scenario

    imported = time.perf_counter()
    engine.prepare()  # a run of no time at all: what it takes is the loading
    loaded = time.perf_counter()
    engine.run(Scenario(horizon=Horizon(months=MONTHS)))
    ran = time.perf_counter()
    # numba itself counts what it found and what it had to compile.
    loader: Any = engine._ADVANCE.compiled
    stats = loader.stats
    return {
        "process": os.getpid(),
        "before": before,
        "import": imported - begun,
        "load": loaded - imported,
        "run": ran - loaded,
        "found": sum(stats.cache_hits.values()),
        "compiled": sum(stats.cache_misses.values()),
    }


def pool_of(workers: int) -> list[dict[str, Any]]:
    """Do the same once in each process of the pool that experiments use."""
    since = time.time()  # processes agree on it, which they need not on a counter
    from simulator.experiment.workers import local_pool

    with local_pool(workers) as pool:
        # A worker that is still importing takes no second one: each gets one.
        futures = [pool.submit(first_run, since) for _ in range(workers)]
        return [future.result() for future in futures]


def main() -> None:
    """Print what every process took."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--workers", type=int, default=0, help="0: in this process, without a pool")
    workers = parser.parse_args().workers
    print(json.dumps(pool_of(workers) if workers > 0 else [first_run()]))


if __name__ == "__main__":
    main()
