"""How long a report takes beyond its runs, and how large it is.

    python benchmarks/report.py                                 shared and divisional, 20 runs each
    python benchmarks/report.py base --replications 5 --lang ja

The page is made five times and the median is told, with the least and the largest; the runs of
the same session stand beside it, so that a slow machine is seen to be one. Ends with 1 if the page
takes 20 seconds or more, or is 3 MB or larger.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

from simulator.commands.evidence import gather
from simulator.commands.report import journeys
from simulator.languages.languages import LANGUAGES, speaking
from simulator.presentation.report import MOST_BYTES, Asked, report
from simulator.presentation.views.shapes import Evidence

MOST_SECONDS = 20.0
ROUNDS = 5


def timed(do: Callable[[], Any]) -> tuple[float, Any]:
    """Return how long something takes, and what it gives."""
    start = time.perf_counter()
    result = do()
    return time.perf_counter() - start, result


def page_of(evidence: Evidence, names: list[str]) -> bytes:
    """Make the page with everything on it that the command puts there."""
    moving = journeys(evidence, 1, None, [])
    asked = Asked(tuple(names), ("--seed", "1"), "themodel report")
    return report(evidence, asked, version="benchmark", journeys=moving).html.encode()


def main() -> int:
    """Measure, and say whether the page keeps its promise."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("scenarios", nargs="*", default=["shared", "divisional"])
    parser.add_argument("--replications", type=int, default=20)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--lang", choices=LANGUAGES, default="en")
    given = parser.parse_args()
    with speaking(given.lang):
        runs, evidence = timed(
            lambda: gather(given.scenarios, replications=given.replications, workers=given.workers)
        )
        made = [timed(lambda: page_of(evidence, given.scenarios)) for _ in range(ROUNDS)]
    seconds = sorted(each for each, _ in made)
    middle, size = statistics.median(seconds), len(made[-1][1])
    print(f"{', '.join(given.scenarios)}; {given.replications} replications; {given.lang}")
    print(f"runs        {runs:8.2f} s  ({given.workers} process(es))")
    print(f"page        {middle:8.2f} s  ({seconds[0]:.2f} to {seconds[-1]:.2f})")
    print(f"page / runs {middle / runs:8.2f}")
    print(f"size        {size / 1e6:8.2f} MB")
    return int(middle >= MOST_SECONDS or size >= MOST_BYTES)


if __name__ == "__main__":
    sys.exit(main())
