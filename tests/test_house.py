"""The house is clean: style, types, and pages that say what the commands print."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("what", [("check", "."), ("format", "--check", ".")])
def test_ruff_finds_nothing(what: tuple[str, ...]) -> None:
    done = _run("-m", "ruff", *what)
    assert done.returncode == 0, done.stdout + done.stderr


def test_strict_types_hold() -> None:
    done = _run("-m", "mypy")
    assert done.returncode == 0, done.stdout + done.stderr


def test_readme_and_docs_show_what_the_commands_print_now() -> None:
    done = _run("docs/renew.py", "--check")
    assert done.returncode == 0, done.stdout + done.stderr
