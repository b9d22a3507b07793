"""Run the notebooks and keep what they show: ``python notebooks/renew.py [NAME...]``.

The source of a notebook is its ``.py`` file (cells in the percent format of jupytext); the
``.ipynb`` beside it is made here, with outputs, for readers who run nothing. Nothing in it changes
when nothing has changed: cells are numbered, times and machines are not kept.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import jupytext
import nbformat
from nbclient import NotebookClient

FOLDER = Path(__file__).resolve().parent
_SECONDS_A_CELL = 110
_KEPT_METADATA = ("jupytext", "kernelspec")


def sources() -> list[Path]:
    """Return the sources in their order."""
    return sorted(FOLDER.glob("[0-9][0-9]_*.py"))


def read(source: Path) -> Any:
    """Return the notebook of a source, without outputs."""
    notebook = jupytext.read(source)
    for number, cell in enumerate(notebook.cells, start=1):
        cell["id"] = f"cell-{number:02}"
    return notebook


def executed(source: Path) -> Any:
    """Return the notebook of a source with what its cells show.

    Raises
    ------
    CellExecutionError
        If a cell fails.
    """
    notebook = read(source)
    client = NotebookClient(
        notebook,
        timeout=_SECONDS_A_CELL,
        kernel_name="python3",
        record_timing=False,
        resources={"metadata": {"path": str(FOLDER)}},
    )
    client.execute()
    notebook.metadata = {
        key: value for key, value in notebook.metadata.items() if key in _KEPT_METADATA
    }
    return notebook


def main(arguments: list[str]) -> int:
    """Run and write notebooks."""
    assert __doc__ is not None
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="such as 01_first_run; else all")
    asked = parser.parse_args(arguments).names
    known = {source.stem: source for source in sources()}
    unknown = sorted(set(asked) - set(known))
    if unknown:
        parser.error(f"no such notebook: {', '.join(unknown)}; there are {', '.join(known)}")
    for name in asked or known:
        target = known[name].with_suffix(".ipynb")
        part = target.with_name(target.name + ".part")
        nbformat.write(executed(known[name]), part)
        part.replace(target)
        print(f"renewed {target.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
