"""An event log as files: CSV, XES (IEEE 1849-2016) and OCEL 2.0 JSON.

The clock of a run knows no time zone: its instants are written as UTC. Logs are made piece by
piece, so that one of millions of events needs no memory for its text.
"""

from __future__ import annotations

import contextlib
import csv
import io
import os
import re
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import Literal
from xml.sax.saxutils import quoteattr

from simulator.calibration.exporting.event_log import EventLog, told, whole
from simulator.calibration.exporting.ocel_json import ocel_pieces
from simulator.cells import harmless
from simulator.errors import OutputError

Format = Literal["csv", "xes", "ocel"]
FORMATS: tuple[Format, ...] = ("csv", "xes", "ocel")
FILES: Mapping[Format, str] = {"csv": "events.csv", "xes": "events.xes", "ocel": "events.ocel.json"}

_PIECE = 1 << 16  # characters, about, that are written at once
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


# ------------------------------------------------------------------ CSV


def csv_pieces(log: EventLog) -> Iterator[str]:
    """Write a log as CSV: one row per event; case_id, activity, timestamp, resource come first."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(
        ("case_id", "activity", "timestamp", "resource", "opportunity_id", "contract_id",
         "amount", "recorded_reason", "channel")
    )  # fmt: skip
    channels = {buyer: harmless(name) for buyer, name in log.channels.items()}
    for buyer, activity, stamp, resource, deal, contract, amount, reason in told(log):
        writer.writerow(
            (f"A-{buyer}", activity, f"{stamp}Z", resource, deal, contract, whole(amount),
             reason, channels[buyer])
        )  # fmt: skip
        if stream.tell() > _PIECE:
            yield stream.getvalue()
            stream.seek(0)
            stream.truncate()
    yield stream.getvalue()


# ------------------------------------------------------------------ XES


def xes_pieces(log: EventLog) -> Iterator[str]:
    """Write a log as XES: one trace per buyer."""
    yield (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<log xes.version="1849.2016" xes.features="" xmlns="http://www.xes-standard.org/">\n'
        ' <extension name="Concept" prefix="concept"'
        ' uri="http://www.xes-standard.org/concept.xesext"/>\n'
        ' <extension name="Time" prefix="time" uri="http://www.xes-standard.org/time.xesext"/>\n'
        ' <extension name="Organizational" prefix="org"'
        ' uri="http://www.xes-standard.org/org.xesext"/>\n'
        ' <global scope="trace">\n  <string key="concept:name" value="unknown"/>\n </global>\n'
        ' <global scope="event">\n  <string key="concept:name" value="unknown"/>\n'
        '  <date key="time:timestamp" value="1970-01-01T00:00:00.000+00:00"/>\n </global>\n'
        ' <classifier name="Activity" scope="event" keys="concept:name"/>\n'
        ' <classifier name="Resource" scope="event" keys="org:resource"/>\n'
        f" {_string('concept:name', log.name)}\n"
    )
    piece: list[str] = []
    for buyer, events in groupby(told(log), key=lambda row: row[0]):
        piece.append(f" <trace>\n  {_string('concept:name', f'A-{buyer}')}\n")
        if log.channels[buyer]:
            piece.append(f"  {_string('channel', log.channels[buyer])}\n")
        for _, activity, stamp, resource, deal, contract, amount, reason in events:
            piece.append(
                f"  <event>\n   {_string('concept:name', activity)}\n"
                f'   <date key="time:timestamp" value="{stamp}.000+00:00"/>\n'
            )
            for key, value in (
                ("org:resource", resource), ("opportunity", deal), ("contract", contract),
                ("reason", reason),
            ):  # fmt: skip
                if value:
                    piece.append(f"   {_string(key, value)}\n")
            if amount == amount:
                piece.append(f'   <int key="amount" value="{round(amount)}"/>\n')
            piece.append("  </event>\n")
        piece.append(" </trace>\n")
        if len(piece) > _PIECE // 50:
            yield "".join(piece)
            piece.clear()
    yield "".join(piece) + "</log>\n"


def _string(key: str, value: str) -> str:
    """Write an attribute; what XML cannot hold is replaced."""
    return f'<string key="{key}" value={quoteattr(_NO_XML.sub(chr(0xFFFD), value))}/>'


# ------------------------------------------------------------------ files

WRITERS: Mapping[Format, Callable[[EventLog], Iterator[str]]] = {
    "csv": csv_pieces,
    "xes": xes_pieces,
    "ocel": ocel_pieces,
}
"""How a log is written in each format."""


@contextlib.contextmanager
def staged(folder: Path, files: Mapping[str, Iterable[str]]) -> Iterator[None]:
    """Write long files piece by piece, and put them in place once the block has succeeded.

    Parameters
    ----------
    folder : Path
        Made if it is not there.
    files : mapping of str to iterable of str
        Pieces of text, by file name.

    Raises
    ------
    OutputError
        If they cannot be written; what was there before is intact.
    """
    temporary: dict[str, Path] = {}
    try:
        try:
            if files:
                folder.mkdir(parents=True, exist_ok=True)
            for name, pieces in files.items():
                temporary[name] = folder / f".{name}.{os.getpid()}.{secrets.token_hex(4)}.tmp"
                _write(temporary[name], pieces)
        except OSError as error:
            raise _refused(folder, error) from error
        yield
        try:
            for name, path in temporary.items():
                path.replace(folder / name)
        except OSError as error:
            raise _refused(folder, error) from error
    finally:
        for path in temporary.values():
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)


def _write(path: Path, pieces: Iterable[str]) -> None:
    with path.open("x", encoding="utf-8", errors="replace", newline="") as stream:
        for piece in pieces:
            stream.write(piece)
        stream.flush()
        os.fsync(stream.fileno())


def _refused(folder: Path, error: OSError) -> OutputError:
    reason = error.strerror or str(error)
    return OutputError(f"{folder}: results cannot be written: {reason}; earlier results are intact")
