"""What `from simulator import …` offers: all of it is there, and the README's lines run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import simulator

README = Path(__file__).resolve().parent.parent / "README.md"


@pytest.mark.parametrize("name", simulator.__all__)
def test_every_public_name_is_there_and_described(name: str) -> None:
    assert getattr(simulator, name).__doc__
    assert f"`{name}`" in (simulator.__doc__ or "")


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'comparison'"):
        _ = simulator.comparison


def test_the_five_lines_of_the_readme_run(capsys: pytest.CaptureFixture[str]) -> None:
    (block,) = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    lines = [line for line in block.splitlines() if line]
    assert len(lines) <= 5
    # The whole takes two minutes; one short pair of runs uses the same names and columns.
    quick = block.replace("replications=20, workers=2", "replications=1")
    assert quick != block
    exec(compile(quick, str(README), "exec"), {})
    assert "divisional" in capsys.readouterr().out
