"""Notebooks and their sources say the same, and show what they say.

That they run is tested by pytest itself: it collects ``notebooks/*.ipynb`` (nbmake).
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "notebooks"
SOURCES = sorted(FOLDER.glob("[0-9][0-9]_*.py"))
_MOST_BYTES = 1_500_000

sys.path.insert(0, str(FOLDER))

import renew  # noqa: E402


def test_there_are_seven() -> None:
    assert [source.stem[:2] for source in SOURCES] == [f"0{number}" for number in range(1, 8)]


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.stem)
def test_a_notebook_has_the_cells_of_its_source(source: Path) -> None:
    kept = json.loads(source.with_suffix(".ipynb").read_text(encoding="utf-8"))
    cells = [(cell["cell_type"], "".join(cell["source"])) for cell in kept["cells"]]
    made = [(cell["cell_type"], cell["source"]) for cell in renew.read(source).cells]
    assert cells == made, "run: python notebooks/renew.py"


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.stem)
def test_a_notebook_shows_its_outputs_and_no_machine(source: Path) -> None:
    path = source.with_suffix(".ipynb")
    text = path.read_text(encoding="utf-8")
    assert path.stat().st_size < _MOST_BYTES
    assert not re.search(r"/(home|root|work|tmp|Users)/", text)
    code = [cell for cell in json.loads(text)["cells"] if cell["cell_type"] == "code"]
    assert all(cell["execution_count"] for cell in code)
    outputs = [output for cell in code for output in cell["outputs"]]
    assert any("image/png" in output.get("data", {}) for output in outputs)
    assert not [each for each in outputs if each["output_type"] == "error"]
    assert not [each for each in outputs if each.get("name") == "stderr"]
