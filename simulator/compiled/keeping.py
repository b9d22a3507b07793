"""Compiled code kept on disk, so that only the first session waits for it.

numba looks at the file of a function alone to tell whether what it kept is still good, not at the
files of the functions that it calls. So what is kept lies in a folder that is named for everything
it was made from, and is looked for nowhere else.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Generic, TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True)
class Kept(Generic[F]):
    """A compiled function and where it is kept.

    Attributes
    ----------
    function : callable
        What is compiled.
    packages : tuple of str
        Packages of this program that it and everything it calls come from.
    before : callable, optional
        Called before it is compiled anew.
    """

    function: F
    packages: tuple[str, ...]
    before: Callable[[], None] | None = None

    @cached_property
    def compiled(self) -> F:
        """The function, loaded or else compiled when it is called."""
        kept = _can_be_written(self.folder)
        if self.before is not None and not self.is_there:
            self.before()
        stated = numba.config.CACHE_DIR
        try:
            numba.config.CACHE_DIR = str(self.folder)  # read when a function is declared
            return cast(F, numba.njit(error_model="numpy", cache=kept)(self.function))
        finally:
            numba.config.CACHE_DIR = stated

    @property
    def is_there(self) -> bool:
        """Whether an earlier session has left it where this one finds it."""
        return any(self.folder.rglob("*.nbi"))

    @cached_property
    def folder(self) -> Path:
        """Where it is kept: another source or place of it, Python or numba, another folder."""
        home = Path(__file__).parents[1]
        # numba itself keeps code apart by where its source lies.
        digest = hashlib.sha256(f"{numba.__version__} {sys.version} {home}".encode())
        for package in self.packages:
            for file in sorted((home / package).glob("*.py")):
                digest.update(f"{package}/{file.name}".encode() + file.read_bytes())
        name = f"{self.function.__name__.strip('_')}-{digest.hexdigest()[:16]}"
        return _caches() / "themodel" / name


def _caches() -> Path:
    """Where programs of this user keep what they can make again."""
    stated = os.environ.get("NUMBA_CACHE_DIR") or os.environ.get("XDG_CACHE_HOME")
    if stated:
        return Path(stated)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home()))
    return Path.home() / ("Library/Caches" if sys.platform == "darwin" else ".cache")


def _can_be_written(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(folder, os.W_OK)
