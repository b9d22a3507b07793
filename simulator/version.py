"""Which program this is: its version, and a fingerprint of the code that makes its numbers."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib import metadata
from pathlib import Path

# What shows results may change without changing one of them.
_MAKES_NUMBERS = ("scenario", "organization", "compiled", "metrics", "experiment")


def version() -> str:
    """Return the version of the installed program."""
    try:
        return metadata.version("themodel")
    except metadata.PackageNotFoundError:
        return "from an uninstalled folder"


@cache
def fingerprint() -> str:
    """Return the version and a digest of the code that makes numbers.

    Two programs of one fingerprint give the same numbers for the same scenario and seed; the
    version alone stays the same while the code is being changed.
    """
    digest = hashlib.sha256()
    home = Path(__file__).parent
    for package in _MAKES_NUMBERS:
        for path in sorted((home / package).glob("*.py"), key=lambda each: each.name):
            # A checkout on another system may end lines differently.
            code = path.read_bytes().replace(b"\r\n", b"\n")
            digest.update(f"{package}/{path.name} {len(code)}\n".encode() + code)
    return f"{version()}+{digest.hexdigest()[:12]}"
