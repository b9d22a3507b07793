"""Run the notebooks and keep what they show: ``python notebooks/renew.py [NAME...]``.

The source of a notebook is its ``.py`` file (cells in the percent format of jupytext); the
``.ipynb`` beside it is made here, with outputs, for readers who run nothing. Nothing in it changes
when nothing has changed: cells are numbered, times and machines are not kept. Each notebook is
there in English (``NN_name``) and in Japanese (``NN_name.ja``).
"""

from __future__ import annotations

import argparse
import re
import sys
import unicodedata
from pathlib import Path
from typing import Any

import jupytext
import nbformat
from nbclient import NotebookClient

FOLDER = Path(__file__).resolve().parent
_SECONDS_A_CELL = 110
_KEPT_METADATA = ("jupytext", "kernelspec")
_JAPANESE = ".ja"
_BEGINS_ANEW = re.compile(r"\s*([-*+] |\d+\. |[#|<>]|```|$)")
_ENDS_HERE = re.compile(r"\s*([#|<]|```|$)|.*  $")


def sources() -> list[Path]:
    """Return the sources in their order, each in English and then in Japanese."""
    return sorted(FOLDER.glob("[0-9][0-9]_*.py"), key=lambda source: source.stem)


def is_japanese(source: Path) -> bool:
    """Tell whether a source is the Japanese one of its notebook."""
    return source.stem.endswith(_JAPANESE)


def in_japanese(source: Path) -> Path:
    """Return where the Japanese notebook of an English source is written."""
    return source.with_name(f"{source.stem}{_JAPANESE}.py")


def read(source: Path) -> Any:
    """Return the notebook of a source, without outputs."""
    notebook = jupytext.read(source)
    for number, cell in enumerate(notebook.cells, start=1):
        cell["id"] = f"cell-{number:02}"
        if is_japanese(source) and cell["cell_type"] == "markdown":
            cell["source"] = without_line_breaks(cell["source"])
    return notebook


def without_line_breaks(text: str) -> str:
    """Join the lines of Japanese paragraphs: a browser would show each break as a blank."""
    lines: list[str] = []
    is_code = False
    for line in text.split("\n"):
        goes_on = bool(lines) and not (_BEGINS_ANEW.match(line) or _ENDS_HERE.match(lines[-1]))
        if goes_on and not is_code and (_is_wide(lines[-1][-1]) or _is_wide(line.strip()[0])):
            lines[-1] += line.strip()
        else:
            lines.append(line)
        is_code ^= line.lstrip().startswith("```")
    return "\n".join(lines)


def _is_wide(letter: str) -> bool:
    return unicodedata.east_asian_width(letter) in "WFA"


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
