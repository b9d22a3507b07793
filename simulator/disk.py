"""Files that are whole or not there, whatever happens while they are written."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable
from pathlib import Path

from simulator.errors import OutputError


def check_folder(folder: Path, names: Iterable[str]) -> None:
    """Find out before a long run whether results can be written; leaves nothing behind.

    Parameters
    ----------
    folder : Path
        Where results will go; it need not exist yet.
    names : iterable of str
        Of the files that will be written.

    Raises
    ------
    OutputError
        If they cannot.
    """
    try:
        if folder.exists() and not folder.is_dir():
            raise OutputError(f"{folder}: is a file; --out takes a folder")
        for name in names:
            if (folder / name).is_dir():
                raise OutputError(f"{folder / name}: is a folder; results need this name")
        there = folder
        while not there.exists() and there != there.parent:
            there = there.parent
        if not there.is_dir():
            raise OutputError(f"{there}: is a file; --out cannot make a folder in it")
        _check_writable(there)
    except OutputError:
        raise
    except (OSError, ValueError) as error:
        raise _refused(folder, error) from error


def _check_writable(folder: Path) -> None:
    # Only writing tells: permissions lie on read-only disks and to the administrator.
    probe = _temporary(folder / "probe")
    try:
        try:
            _write(probe, b"probe")
        finally:
            probe.unlink(missing_ok=True)
    except OSError as error:
        rule = "nothing can be written in this folder; name another one"
        # Some places that take no files call it "no such file": that would lead astray.
        why = "" if isinstance(error, FileNotFoundError) else f" ({error.strerror})"
        raise OutputError(f"{folder}: {rule}{why}") from error


def write_files(folder: Path, contents: dict[str, bytes]) -> None:
    """Write files so that all are there whole, or none has changed.

    Parameters
    ----------
    folder : Path
    contents : dict of str to bytes
        By file name; the last one is put in place last.
    """
    temporary: dict[str, Path] = {}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in contents.items():
            temporary[name] = _temporary(folder / name)
            _write(temporary[name], content)
        for name, path in temporary.items():
            path.replace(folder / name)
        _flush_folder(folder)
    except (OSError, ValueError) as error:
        raise _refused(folder, error) from error
    finally:
        for path in temporary.values():
            _forget(path)


def _temporary(path: Path) -> Path:
    return path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}.tmp")


def _write(path: Path, content: bytes) -> None:
    # Not tempfile: its files are private to the user whatever the umask says.
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    with os.fdopen(handle, "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())


def _forget(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError:
        return  # the disk that failed before fails again; the first error is the one to report


def _flush_folder(folder: Path) -> None:
    """Make the renames survive a power cut, where the system can."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _refused(folder: Path, error: Exception) -> OutputError:
    reason = getattr(error, "strerror", None) or str(error)
    return OutputError(f"{folder}: results cannot be written: {reason}; earlier results are intact")
