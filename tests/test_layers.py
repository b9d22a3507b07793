"""The house keeps its order: imports go down only, and modules keep to one idea."""

from __future__ import annotations

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import simulator

ROOT = Path(simulator.__file__).parent
MOST_LINES = 400  # of code: docstrings, comments and blank lines do not count

# Lowest first; what stands on one line may not import each other unless of one package.
LAYERS = (
    ("errors", "version"),
    ("disk", "cells", "languages"),
    (
        "scenario",
        "theory",
        "erlang_staffing",
        "organization.draws",
        "organization.distributions",
    ),
    ("organization",),
    ("compiled",),
    ("engine",),
    ("metrics",),
    (
        "experiment",
        "calibration",
        "diagnosis",
        "planning",
        "reductions",
        "verification",
        "plausibility",
    ),
    ("presentation",),
    ("plots",),
    ("commands",),
    ("cli", "__main__"),
)
# Within a line only these may use each other, downwards.
WITHIN = {
    ("erlang_staffing", "theory"),
    ("verification", "reductions"),
    ("verification", "experiment"),
    ("plausibility", "experiment"),
    ("calibration", "experiment"),
    ("diagnosis", "experiment"),
    ("planning", "experiment"),
    # Plans come as the same kinds of files as exports.
    ("planning", "calibration"),
    ("__main__", "cli"),
    # A law as a scenario states it is what distributions compile.
    ("organization.distributions", "scenario"),
    ("organization.distributions", "organization.draws"),
}
NAMES_OF_NOTHING = {"utils", "util", "helpers", "common", "core", "base", "manager", "misc"}


def modules() -> dict[str, Path]:
    found = {}
    for path in sorted(ROOT.rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found[name] = path
    return found


MODULES = modules()


def imports_of(name: str, path: Path, everything: bool = False) -> set[str]:
    """Modules of the package that a module imports when it runs (or also for types only)."""
    found: set[str] = set()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    skipped: set[ast.AST] = set()
    for node in ast.walk(tree):
        is_check = isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        if is_check and not everything:
            skipped.update(ast.walk(node))
    for node in ast.walk(tree):
        if node in skipped:
            continue
        if isinstance(node, ast.Import):
            named = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name} imports relatively"
            source = node.module or ""
            named = [f"{source}.{alias.name}" for alias in node.names]
        else:
            continue
        for one in named:
            if one.split(".")[0] != "simulator":
                continue
            inner = one.removeprefix("simulator").removeprefix(".")
            while inner not in MODULES:
                inner = inner.rpartition(".")[0]
            if inner:
                found.add(inner)
    return found


def place_of(name: str) -> tuple[int, str]:
    """The layer of a module, and the name by which the list calls it."""
    for at, layer in enumerate(LAYERS):
        for member in layer:
            if member == name:
                return at, member
    package = name.split(".")[0]
    for at, layer in enumerate(LAYERS):
        if package in layer:
            return at, package
    raise AssertionError(f"{name} stands on no layer: put it into the list, or elsewhere")


@pytest.mark.parametrize("name", [name for name in MODULES if name])
def test_imports_go_down_the_list_only(name: str) -> None:
    at, here = place_of(name)
    wrong = []
    for other in imports_of(name, MODULES[name], everything=True):
        below, there = place_of(other)
        if below < at or there == here or (here, there) in WITHIN:
            continue
        wrong.append(other)
    assert wrong == []


def test_no_module_waits_for_itself() -> None:
    # A package's own __init__ is imported before its modules, so it counts by what it imports.
    graph = {name: imports_of(name, path) - {name} for name, path in MODULES.items() if name}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"import cycle: {' <- '.join(error.args[1])}")


def test_no_module_is_named_for_nothing() -> None:
    named = {name.rpartition(".")[2] for name in MODULES}
    assert named & NAMES_OF_NOTHING == set()


@pytest.mark.parametrize("name", [name for name in MODULES if name])
def test_no_module_is_longer_than_one_idea(name: str) -> None:
    lines = lines_of_code(MODULES[name].read_text(encoding="utf-8"))
    assert lines <= MOST_LINES, f"{lines} lines of code: this wants a better idea"


def lines_of_code(text: str) -> int:
    described: set[int] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            described.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return sum(
        1
        for number, line in enumerate(text.splitlines(), start=1)
        if number not in described and line.strip() and not line.lstrip().startswith("#")
    )


def test_only_code_is_counted_as_code() -> None:
    assert lines_of_code('"""Say.\n\nMore.\n"""\n\n# why\nx = 1  # here\n\ny = 2\n') == 2


@pytest.mark.parametrize(
    "forbidden", ["random", "secrets", "numpy.random", "time", "datetime", "os", "uuid"]
)
def test_chance_and_clocks_come_from_nowhere_but_the_draws(forbidden: str) -> None:
    guilty = []
    for name, path in MODULES.items():
        if not name.startswith(("organization", "compiled")) or name == "compiled.keeping":
            continue  # the last one keeps compiled code on disk, which needs folders
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                named = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                named = [node.module or ""]
            elif isinstance(node, ast.Attribute):
                named = [ast.unparse(node).replace("np.", "numpy.", 1)]
            else:
                continue
            if any(one == forbidden or one.startswith(forbidden + ".") for one in named):
                guilty.append(name)
    assert guilty == []
