"""Workbooks (.xlsx) become rows of text, read as a stream and within bounds.

A workbook is a zip archive of XML parts (ECMA-376, part 1, chapter 18). Only the parts that matter
are read, one cell at a time, so that no workbook can fill the memory whatever it claims to hold.
Formulas are not evaluated: the value stored beside them is taken. A part with a document type is
refused, for there XML hides its bombs. Dates are numbers with a format; the formats that East
Asian spreadsheet programs use without writing them down are known too (section 18.8.30).
"""

from __future__ import annotations

import lzma
import posixpath
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Literal
from xml.parsers import expat

from simulator.calibration.importing.file_kinds import refused
from simulator.errors import ScenarioError
from simulator.languages.messages import say
from simulator.scenario.scalars import shorten

MOST_PACKED = 300_000_000
MOST_UNPACKED = 2_000_000_000
"""Bytes of all parts together, unpacked."""
MOST_TEXTS = 10_000_000
"""Different texts of a workbook."""
MOST_SHEET_ROWS = 1_048_576

_PIECE = 1 << 16
_MOST_WAITING = 1 << 18  # bytes of one tag: no sound part comes near
_MOST_OF_A_FORMAT = 255  # characters; spreadsheet programs allow no more
_SAVE_AGAIN = "open it in the spreadsheet program and save it again as .xlsx or CSV UTF-8"

Shape = Literal["number", "day", "instant", "time"]
Attributes = dict[str, str]

# Formats that need no definition, by number.
_DAYS = {*range(14, 18), *range(27, 32), *range(34, 37), *range(50, 59)}
_TIMES = {*range(18, 22), 32, 33, *range(45, 48)}
_INSTANTS = {22}
_BUILT_IN: dict[int, Shape] = {
    **dict.fromkeys(_DAYS, "day"),
    **dict.fromkeys(_TIMES, "time"),
    **dict.fromkeys(_INSTANTS, "instant"),
}
_LITERALS = re.compile(r'"[^"]*"|\\.|[_*].|\[(?![hms]+\])[^\]]*\]', re.IGNORECASE)
_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")
_EMPTY: list[str] = []
_FIRST_DAY, _FIRST_DAY_1904 = datetime(1899, 12, 30), datetime(1904, 1, 1)
_LAST_SERIAL = 2_958_466.0  # the first day of year 10000


@dataclass(frozen=True, slots=True)
class Tab:
    """One visible sheet of a workbook.

    Attributes
    ----------
    name : str
    rows : callable
        Reads the sheet: its rows from row 1 on, as text, up to the last cell that is not empty.
    notes : list of str
        Filled while the rows are read.
    """

    name: str
    rows: Callable[[], Iterator[list[str]]]
    notes: list[str]


@dataclass(frozen=True, slots=True)
class Workbook:
    """What a workbook holds.

    Attributes
    ----------
    tabs : tuple of Tab
        Its visible sheets, in order.
    notes : tuple of str
        What the user should know about the rest.
    """

    tabs: tuple[Tab, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Opened:
    """An archive, and how its cells are to be understood."""

    file: str
    archive: zipfile.ZipFile
    most_columns: int
    most_letters: int
    texts: list[str] = field(default_factory=list)
    shapes: list[Shape] = field(default_factory=list)
    first_day: datetime = _FIRST_DAY


@contextmanager
def open_workbook(path: Path, most_columns: int, most_letters: int) -> Iterator[Workbook]:
    """Open a workbook to read its sheets one after the other.

    Parameters
    ----------
    path : Path
        A zip archive, by its first bytes.
    most_columns : int
        No cell may stand further to the right.
    most_letters : int
        Of a cell.

    Raises
    ------
    ScenarioError
        If it is another kind of archive, has macros or a password, is damaged, or unpacks to
        more than `MOST_UNPACKED`; also while rows are read.
    """
    file = path.name
    with _sound(file):
        size = path.stat().st_size
        if size > MOST_PACKED:
            shown = f"{size / 1e6:,.0f} MB"
            raise refused(file, shown, f"workbooks may have at most {MOST_PACKED / 1e6:.0f} MB; "
                          "save each sheet as CSV (UTF-8)")  # fmt: skip
        archive = zipfile.ZipFile(path)
    with archive:
        with _sound(file):
            _refuse_others(file, archive)
            opened, found = _contents(_Opened(file, archive, most_columns, most_letters))
        hidden = [name for name, _, state in found if state != "visible"]
        if len(hidden) == len(found):
            raise refused(file, "", "has no visible sheet of cells; unhide the one to be read")
        words = say("hidden sheets were not read: {sheets}", sheets=", ".join(map(shorten, hidden)))
        notes = (words,) * bool(hidden)
        tabs = tuple(_tab(opened, name, part) for name, part, state in found if state == "visible")
        yield Workbook(tabs, notes)


def _tab(opened: _Opened, name: str, part: str) -> Tab:
    notes: list[str] = []
    return Tab(name, lambda: _rows(opened, name, part, notes), notes)


@contextmanager
def _sound(file: str) -> Iterator[None]:
    """Say in plain words that a workbook is damaged."""
    try:
        yield
    except ScenarioError:
        raise
    except (
        zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, OSError,
        expat.ExpatError, LookupError, ValueError, NotImplementedError, RuntimeError,
    ) as error:  # fmt: skip
        said = shorten(str(error)) or type(error).__name__
        raise refused(file, "", f"is no sound workbook ({said}); {_SAVE_AGAIN}") from error


def _refuse_others(file: str, archive: zipfile.ZipFile) -> None:
    """Refuse archives that are no plain workbook, before any part of them is unpacked."""
    parts = archive.infolist()
    names = {part.filename.lower() for part in parts}
    if any(part.flag_bits & 1 for part in parts):
        raise refused(file, "", "is protected by a password; take it off and save the file again")
    if "xl/workbook.bin" in names:
        raise refused(file, "", "is a binary workbook (.xlsb); save it as .xlsx or CSV UTF-8")
    if "[content_types].xml" not in names or not any(name.startswith("xl/") for name in names):
        whole = {name.partition("/")[0] for name in names}
        what = "a Word document" if "word" in whole else "a presentation" if "ppt" in whole else ""
        if "content.xml" in names and "mimetype" in names:
            what = "an OpenDocument file"
        if what:
            raise refused(file, "", f"is {what}; a table is needed: save it as .xlsx or CSV UTF-8")
        raise refused(file, "", "is a zip archive; unpack it and name the CSV or XLSX files in it")
    size = sum(part.file_size for part in parts)
    if size > MOST_UNPACKED:
        raise refused(file, f"{size / 1e9:,.1f} GB unpacked", "at most "
                      f"{MOST_UNPACKED / 1e9:.0f} GB; save the sheets as CSV (UTF-8)")  # fmt: skip
    macros = any("vbaproject" in name or "xl/macrosheets/" in name for name in names)
    kinds: list[str] = []
    _read(_Opened(file, archive, 0, 0), "[Content_Types].xml",
          lambda name, attributes: kinds.append(attributes.get("ContentType", "")))  # fmt: skip
    if macros or any("macroEnabled" in kind for kind in kinds):
        raise refused(
            file, "", "is a workbook with macros (.xlsm); save it as .xlsx (without macros) or CSV"
        )


# ------------------------------------------------------------------ parts


def _stream(
    opened: _Opened,
    part: str,
    start: Callable[[str, Attributes], object],
    end: Callable[[str], object] | None = None,
    text: Callable[[str], object] | None = None,
) -> Iterator[None]:
    """Parse a part; the consumer is asked after every piece, so that it can hand on what came."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text

    def refuse(*_: object) -> None:
        raise refused(opened.file, part, f"has an XML document type; {_SAVE_AGAIN}")

    parser.StartDoctypeDeclHandler = refuse
    fed = 0
    with opened.archive.open(part) as stream:
        while piece := stream.read(_PIECE):
            parser.Parse(piece, False)
            fed += len(piece)
            if fed - parser.CurrentByteIndex > _MOST_WAITING:
                raise ValueError(f"a tag without end in {part}")
            yield
    parser.Parse(b"", True)
    yield


def _read(opened: _Opened, part: str, start: Callable[[str, Attributes], object]) -> None:
    """Parse a part at once, for the attributes of its elements."""
    for _ in _stream(opened, part, lambda name, given: start(name.rpartition(":")[2], given)):
        pass


def _links(opened: _Opened, part: str) -> dict[str, tuple[str, str]]:
    """Return what a part refers to: kind and part, by number."""
    folder, name = posixpath.split(part)
    found: dict[str, tuple[str, str]] = {}

    def start(tag: str, given: Attributes) -> None:
        if tag == "Relationship" and given.get("TargetMode") != "External":
            target = posixpath.normpath(posixpath.join("/", folder, given["Target"]))
            found[given["Id"]] = given["Type"].rpartition("/")[2], target.lstrip("/")

    _read(opened, posixpath.join(folder, "_rels", f"{name}.rels"), start)
    return found


def _contents(opened: _Opened) -> tuple[_Opened, list[tuple[str, str, str]]]:
    """Return how cells are to be understood; and name, part and state of every sheet."""
    main = [part for kind, part in _links(opened, "").values() if kind == "officeDocument"]
    links = _links(opened, main[0])
    sheets: list[tuple[str, str, str]] = []
    first_days: list[datetime] = []

    def start(tag: str, given: Attributes) -> None:
        if tag == "workbookPr" and given.get("date1904") in ("1", "true"):
            first_days.append(_FIRST_DAY_1904)
        if tag == "sheet":
            link = next(value for key, value in given.items() if key.rpartition(":")[2] == "id")
            kind, part = links[link]
            if kind == "worksheet":
                sheets.append((given["name"], part, given.get("state", "visible")))

    _read(opened, main[0], start)
    parts = dict(links.values())
    texts = _texts(opened, parts["sharedStrings"]) if "sharedStrings" in parts else []
    shapes = _shapes(opened, parts["styles"]) if "styles" in parts else []
    first_day = first_days[0] if first_days else _FIRST_DAY
    return (
        _Opened(opened.file, opened.archive, opened.most_columns, opened.most_letters,
                texts, shapes, first_day),
        sheets,
    )  # fmt: skip


def _shapes(opened: _Opened, part: str) -> list[Shape]:
    """Return what the format of each cell style makes of a number."""
    formats = dict(_BUILT_IN)
    found: list[Shape] = []
    of_cells = False

    def start(tag: str, given: Attributes) -> None:
        nonlocal of_cells
        if tag == "numFmt" and "formatCode" in given:
            formats[int(given["numFmtId"])] = shape_of(given["formatCode"])
        elif tag in ("cellXfs", "cellStyleXfs", "cellStyles", "dxfs"):
            of_cells = tag == "cellXfs"
        elif tag == "xf" and of_cells:
            found.append(formats.get(int(given.get("numFmtId", "0")), "number"))

    _read(opened, part, start)
    return found


def shape_of(code: str) -> Shape:
    """Tell what a number format shows: a number, a day, an instant or a time.

    Parameters
    ----------
    code : str
        As a workbook states it, such as ``yyyy"年"m"月"d"日"``.
    """
    plain = _LITERALS.sub("", code[:_MOST_OF_A_FORMAT].partition(";")[0]).lower()
    if "general" in plain or re.search("[0#?]", re.sub(r"s\.0+", "s", plain)):
        return "number"
    clock = re.search("[hs]", plain) is not None
    day = re.search("[ydge]", plain) is not None or ("m" in plain and not clock)
    if day:
        return "instant" if clock else "day"
    return "time" if clock or "m" in plain else "number"


class _Text:
    """Gathers the text of a rich text; how it is pronounced does not belong to it."""

    def __init__(self, most_letters: int) -> None:
        self.most_letters = most_letters
        self.pieces: list[str] = []
        self.letters = 0
        self.inside = False

    def begin(self) -> None:
        self.pieces, self.letters = [], 0

    def add(self, piece: str) -> None:
        if self.inside:
            self.letters += len(piece)
            if self.letters > self.most_letters:
                raise ValueError(f"a cell has more than {self.most_letters:,} characters")
            self.pieces.append(piece)


def _texts(opened: _Opened, part: str) -> list[str]:
    """Return the table of texts to which cells refer."""
    found: list[str] = []
    text = _Text(opened.most_letters)
    spoken = False

    def start(name: str, _: Attributes) -> None:
        nonlocal spoken
        tag = name.rpartition(":")[2]
        if tag == "si":
            text.begin()
        elif tag == "rPh":
            spoken = True
        elif tag == "t":
            text.inside = not spoken

    def end(name: str) -> None:
        nonlocal spoken
        tag = name.rpartition(":")[2]
        if tag == "si":
            found.append(_unescaped("".join(text.pieces)).strip())
            if len(found) > MOST_TEXTS:
                raise ValueError(f"more than {MOST_TEXTS:,} texts")
        elif tag == "rPh":
            spoken = False
        elif tag == "t":
            text.inside = False

    for _ in _stream(opened, part, start, end, text.add):
        pass
    return found


def _unescaped(text: str) -> str:
    """Undo how workbooks write characters that XML cannot hold: ``_x000D_``."""
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text


# ------------------------------------------------------------------ cells


def _rows(opened: _Opened, name: str, part: str, notes: list[str]) -> Iterator[list[str]]:
    with _sound(f"{opened.file} [{shorten(name)}]"):
        gatherer = _Gatherer(opened, f"{opened.file} [{shorten(name)}]")
        for _ in _stream(opened, part, gatherer.start, gatherer.end, gatherer.text.add):
            ready, gatherer.ready = gatherer.ready, []
            yield from ready
        if gatherer.empty_formulas:
            notes.append(
                say(
                    "{count} formulas have no stored value and count as empty; open it in the"
                    " spreadsheet program and save it again as .xlsx or CSV UTF-8 to have them"
                    " stored",
                    count=gatherer.empty_formulas,
                )
            )


class _Gatherer:
    """Turns the elements of a sheet into rows of text."""

    def __init__(self, opened: _Opened, where: str) -> None:
        self.opened = opened
        self.where = where
        self.ready: list[list[str]] = []
        self.empty_formulas = 0
        self.text = _Text(opened.most_letters)
        self._number = 0  # of the last row
        self._row: list[str] = []
        self._column = -1
        self._columns: dict[str, int] = {}
        self._dates: dict[tuple[str, str], str] = {}
        self._kind = "n"
        self._style = ""
        self._spoken = self._formula = False

    def start(self, name: str, given: Attributes) -> None:
        """Take the beginning of an element."""
        tag = name.rpartition(":")[2] if ":" in name else name
        if tag == "c":
            self._kind = given.get("t", "n")
            self._style = given.get("s", "")
            self._column = self._column_of(given["r"]) if "r" in given else self._column + 1
            self._formula = False
            self.text.begin()
        elif tag == "v" or tag == "t":
            self.text.inside = not self._spoken
        elif tag == "row":
            number = int(given.get("r", self._number + 1))
            if not self._number < number <= MOST_SHEET_ROWS:
                raise ValueError(f"row {number} follows row {self._number}")
            self.ready.extend(_EMPTY for _ in range(self._number + 1, number))
            self._number, self._row, self._column = number, [], -1
        elif tag == "f":
            self._formula = True
        elif tag == "rPh":
            self._spoken = True

    def end(self, name: str) -> None:
        """Take the end of an element."""
        tag = name.rpartition(":")[2] if ":" in name else name
        if tag == "v" or tag == "t":
            self.text.inside = False
        elif tag == "c":
            written = "".join(self.text.pieces)
            if written:
                self._put(self._understood(written))
            elif self._formula and self._kind != "str":
                self.empty_formulas += 1
        elif tag == "row":
            self.ready.append(self._row)
        elif tag == "rPh":
            self._spoken = False

    def _put(self, cell: str) -> None:
        if not cell:
            return
        if self._column >= self.opened.most_columns:
            raise refused(
                f"{self.where}: row {self._number}",
                "",
                f"has a cell beyond column {self.opened.most_columns:,}, the last one allowed; "
                "delete the columns that are not needed",
            )
        gap = self._column - len(self._row)
        if gap > 0:
            self._row.extend([""] * gap)
        elif gap < 0:
            raise ValueError(f"the cells of row {self._number} are not in order")
        self._row.append(cell)

    def _column_of(self, reference: str) -> int:
        """Return the position of a column, from 0: that of ``AB12`` is 27."""
        letters = reference.rstrip("0123456789")
        found = self._columns.get(letters)
        if found is None:
            found = 0
            if not (letters.isascii() and letters.isalpha() and len(letters) <= 3):
                raise ValueError(f"no cell is called {reference[:20]}")
            for letter in letters.upper():
                found = found * 26 + ord(letter) - 64
            self._columns[letters] = found = found - 1
        return found

    def _understood(self, written: str) -> str:
        kind = self._kind
        if kind == "s":
            return self.opened.texts[int(written)]
        if kind == "n":
            shape = self.opened.shapes[int(self._style)] if self._style else "number"
            if shape == "number":
                return plain_number(written)
            key = (self._style, written)
            if key not in self._dates:
                self._dates[key] = _moment(written, shape, self.opened.first_day)
            return self._dates[key]
        if kind == "b":
            return "TRUE" if written.strip() == "1" else "FALSE"
        return _unescaped(written).strip()


def plain_number(written: str) -> str:
    """Write a stored number as a person would: 15 digits as spreadsheets show, no exponent."""
    if written.isdigit():
        return written
    text = f"{float(written):.15g}"
    return format(Decimal(text), "f") if "e" in text else text


def _moment(written: str, shape: Shape, first_day: datetime) -> str:
    """Write a stored day number as ISO 8601, to the second."""
    serial = float(written)
    if not 0.0 <= serial < _LAST_SERIAL:
        return plain_number(written)
    seconds = round(serial * 86_400.0)
    if shape == "time" or serial < 1.0:
        hours, rest = divmod(seconds, 3_600)
        return f"{hours:02d}:{rest // 60:02d}:{rest % 60:02d}"
    # Spreadsheet programs count a 29 February 1900 that never was.
    before = first_day == _FIRST_DAY and serial < 60.0
    moment = first_day + timedelta(days=int(before), seconds=seconds)
    if shape == "day" and not seconds % 86_400:
        return moment.date().isoformat()
    return moment.isoformat(timespec="seconds")
