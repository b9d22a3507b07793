"""Find the decisions of the scenarios that are about measures, and write them into their files.

    python scenarios/derive.py            write them (3 minutes on 2 processors)
    python scenarios/derive.py --check    exit 1 and name the first file that is out of date

What a department does in these scenarios follows from what it is measured on: it is what
``themodel incentives`` finds, over a coarse grid. Each file says so with the command that gives
its decisions again. Whatever else stands in a file is left as it is.
"""

from __future__ import annotations

import re
import sys
from concurrent.futures import Executor
from pathlib import Path

import yaml

from simulator.disk import write_files
from simulator.experiment.execution import Execution
from simulator.experiment.incentives import decisions_of
from simulator.experiment.provenance_of_decisions import nested
from simulator.experiment.workers import local_pool
from simulator.scenario import load_scenario
from simulator.scenario.schema import Scenario

FOLDER = Path(__file__).resolve().parent
# Those that extend another one of them come after it.
DERIVED = (
    "shared", "divisional", "marketing_divisional", "inside_sales_divisional",
    "field_sales_divisional", "customer_success_divisional",
)  # fmt: skip
SEED, REPLICATIONS, STEPS = 1, 16, 8
_BLOCK = re.compile(r"^decisions:.*\n(?:(?:[ #].*)?\n)*?(?=^\S|\Z)", re.MULTILINE)
_SOURCE = re.compile(r"^  decisions[.\w]*:.*\n(?:    .*\n)*", re.MULTILINE)


def command(name: str) -> str:
    """Return what to type for the decisions of a scenario."""
    return (
        f"themodel incentives {name} --seed {SEED} --replications {REPLICATIONS} --steps {STEPS}"
        " --starts 1 --no-doses"
    )


def derived(name: str, how: Execution | int = 1) -> dict[str, float]:
    """Return what departments do under the measures of a shipped scenario.

    Parameters
    ----------
    name : str
    how : Execution or int

    Raises
    ------
    SystemExit
        If the search ends in no equilibrium.
    """
    scenario = load_scenario(name).scenario
    # Only its measures count: decisions that the file states now must not act on themselves.
    neutral = scenario.model_copy(update={"decisions": Scenario().decisions})
    search, decisions = decisions_of(
        neutral, seed=SEED, replications=REPLICATIONS, steps=STEPS, workers=how
    )
    if search.status != "equilibrium":
        raise SystemExit(f"{name}: the search ended in no equilibrium: {search.status}")
    return decisions


def written(text: str, name: str, decisions: dict[str, float]) -> str:
    """Return a file with these decisions and where they are from."""
    block = yaml.safe_dump({"decisions": nested(decisions)}, sort_keys=False)
    source = (
        "  decisions:\n    source: >-\n"
        "      found, not stated: what departments do that are measured so;\n"
        f"      {command(name)}\n    trust: calc\n"
    )
    text, blocks = _BLOCK.subn(lambda _: block + "\n", text, count=1)
    text, sources = _SOURCE.subn(lambda _: source, text, count=1)
    if not (blocks and sources):
        raise SystemExit(f"{name}: no decisions, or no source of them, to write over")
    return text


def main() -> None:
    """Write the files, or check them."""
    check = "--check" in sys.argv[1:]
    with local_pool(2) as pool:
        for name in DERIVED:
            _renew(name, check, pool)


def _renew(name: str, check: bool, pool: Executor) -> None:
    path = FOLDER / f"{name}.yaml"
    before = path.read_text(encoding="utf-8")
    after = written(before, name, derived(name, Execution(executor=pool)))
    if before == after:
        print(f"{path.name}: current")
    elif check:
        raise SystemExit(f"{path.name}: out of date; python scenarios/derive.py renews it")
    else:
        write_files(FOLDER, {path.name: after.encode()})
        print(f"{path.name}: renewed")


if __name__ == "__main__":
    main()
