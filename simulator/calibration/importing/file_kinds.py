"""What a file is by its bytes, whatever its name says, and in which letters it is written."""

from __future__ import annotations

import codecs
import hashlib
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Literal

from simulator.errors import Problem, ScenarioError
from simulator.languages.messages import say

MOST_BYTES = 1_000_000_000
"""No larger file is opened."""
ENCODINGS = (
    "utf-8", "utf-16", "cp932", "shift_jis", "euc_jp", "iso2022_jp", "cp1252", "latin-1", "cp1250",
    "cp1251", "gb18030", "big5", "euc_kr",
)  # fmt: skip
"""Encodings that can be asked for."""

_HEAD = 65_536
_PIECE = 1 << 20
_ENOUGH = 1 << 20  # bytes of evidence for telling Japanese from Western letters
_AS_CSV = "export it again as CSV (UTF-8) or save it as .xlsx"
_ZIP = b"PK\x03\x04"
_SIGNATURES = (
    (b"%PDF", "a PDF document", f"a table is needed: {_AS_CSV}"),
    (b"\x89PNG", "a PNG picture", f"a table is needed: {_AS_CSV}"),
    (b"\xff\xd8\xff", "a JPEG picture", f"a table is needed: {_AS_CSV}"),
    (b"GIF8", "a GIF picture", f"a table is needed: {_AS_CSV}"),
    (b"PK\x05\x06", "an empty zip archive", f"a table is needed: {_AS_CSV}"),
    (b"\x1f\x8b", "a gzip archive", "unpack it first"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", "unpack it first"),
    (b"Rar!", "a RAR archive", "unpack it first"),
    (b"BZh", "a bzip2 archive", "unpack it first"),
    (b"\xfd7zXZ", "an xz archive", "unpack it first"),
    (b"PAR1", "a Parquet file", f"a table is needed: {_AS_CSV}"),
    (b"SQLite format 3", "a database", f"a table is needed: {_AS_CSV}"),
    (b"{\\rtf", "a text document (RTF)", f"a table is needed: {_AS_CSV}"),
    (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        "an old .xls workbook, or a workbook with a password",
        "open it in the spreadsheet program; take the password off (File > Info > Protect Workbook)"
        " and save it as .xlsx or CSV UTF-8",
    ),
)
_HTML = re.compile(r"\s*(?:<!--.*?-->\s*)?<(?:!doctype\s+html|html|head|body|meta|table|script)\b",
                   re.IGNORECASE | re.DOTALL)  # fmt: skip
_XML = re.compile(r"\s*<(?:\?xml|!doctype|[a-z][\w:.-]*[\s>])", re.IGNORECASE)
_JSON = re.compile(r'\s*(?:\{\s*["}]|\[\s*(?:[\[{"]|\]\s*$))')

# Half-width kana are Western capitals at the same time: two in a row are no proof (AÇÃO).
_KANA = re.compile("[\u3041-\u30fa]{2,}|[\uff66-\uff9f]{3,}")
_ALONE = re.compile(
    "(?<![^\x00-\x7f])(?:(?<=[A-Za-z])[^\x00-\x7f](?![^\x00-\x7f])|[^\x00-\x7f](?=[A-Za-z]))"
)
_OTHER_LETTERS = re.compile("[^\x00-\x7f]")


def refused(where: str, value: str, rule: str) -> ScenarioError:
    """Make the error that says what is wrong with one place of a file."""
    return ScenarioError([Problem(where, "", value, rule)])


def kind_of(path: Path) -> Literal["text", "workbook"]:
    """Tell a text table from a workbook, and refuse everything else by what it is.

    Parameters
    ----------
    path : Path

    Raises
    ------
    ScenarioError
        If the file cannot be read, is too large, empty, or of another kind: the message names
        the kind and the remedy.
    """
    file = path.name
    try:
        there = path.stat()
        if stat.S_ISDIR(there.st_mode):
            raise refused(file, "", "is a folder; name the CSV or XLSX files in it")
        if not stat.S_ISREG(there.st_mode):
            raise refused(file, "", "is no ordinary file; name a CSV or XLSX file")
        if there.st_size > MOST_BYTES:
            raise refused(
                file,
                f"{there.st_size / 1e9:.1f} GB",
                f"files may have at most {MOST_BYTES / 1e9:.0f} GB; export fewer columns or a "
                "shorter period, or split the file by rows and give all parts",
            )
        with path.open("rb") as stream:
            head = stream.read(_HEAD)
    except OSError as error:
        raise refused(file, "", f"cannot be read: {error.strerror or error}") from error
    if not head.strip(b"\x00 \t\r\n\xef\xbb\xbf\xff\xfe"):
        raise refused(file, "", "is empty; a row of headings and rows of cells are needed")
    if head.startswith(_ZIP):
        return "workbook"
    for signature, what, remedy in _SIGNATURES:
        if head.startswith(signature):
            raise refused(file, "", f"is {what}; {remedy}")
    _refuse_marked_up(file, head)
    return "text"


def _refuse_marked_up(file: str, head: bytes) -> None:
    """Refuse text that is not a table."""
    wide = head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    if b"\x00" in head and not wide:
        raise refused(file, "", f"is no text table: it has binary contents (NUL); {_AS_CSV}")
    text = head.decode("utf-16" if wide else "utf-8-sig", errors="replace")
    if _HTML.match(text):
        raise refused(
            file,
            "",
            "is a web page (HTML), whatever its name says; some CRMs export their .xls so: "
            "choose CSV (UTF-8) there, or open it in the spreadsheet program and save as .xlsx",
        )
    if _XML.match(text):
        raise refused(file, "", f"is an XML file; a table is needed: {_AS_CSV}")
    if _JSON.match(text):
        raise refused(file, "", f"is a JSON file; a table is needed: {_AS_CSV}")


# ------------------------------------------------------------------ letters


@dataclass(frozen=True, slots=True)
class Letters:
    """How the letters of a text file are to be read.

    Attributes
    ----------
    encoding : str
        Python's name for it.
    broken : bool
        Some letters are not sound: they are read as U+FFFD.
    notes : tuple of str
        What the user should know about the choice.
    """

    encoding: str
    broken: bool = False
    notes: tuple[str, ...] = ()


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file."""
    found = hashlib.sha256()
    for piece in _pieces(path):
        found.update(piece)
    return found.hexdigest()


def letters_of(path: Path, asked: str | None = None) -> Letters:
    """Find out how a text file is encoded, by decoding all of it.

    UTF-8 and UTF-16 are told by their mark or by decoding; what is neither is taken for Japanese
    (CP932) if it decodes as such and looks like Japanese, else for Western European (CP1252),
    with a note.

    Parameters
    ----------
    path : Path
    asked : str, optional
        One of `ENCODINGS`; then only whether the file really decodes is looked at.

    Raises
    ------
    ScenarioError
        If it cannot be decoded, or has binary contents.
    """
    file = path.name
    with path.open("rb") as stream:
        mark = stream.read(4)
    if asked is not None:
        if asked not in ENCODINGS:
            raise refused(file, asked, f"unknown encoding; one of {', '.join(ENCODINGS)}")
        encoding = "utf-8-sig" if asked == "utf-8" else asked
        if (trouble := _trouble(path, encoding)) is not None:
            raise refused(f"{file}:{trouble[0]}", asked, f"is not in this encoding: {trouble[1]}")
        return Letters(encoding)
    if mark.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        if (trouble := _trouble(path, "utf-16")) is not None:
            raise refused(f"{file}:{trouble[0]}", "", f"is no sound UTF-16 text: {trouble[1]}; "
                          "export it again as CSV (UTF-8)")  # fmt: skip
        return Letters("utf-16")
    encoding = "utf-8-sig" if mark.startswith(codecs.BOM_UTF8) else "utf-8"
    trouble = _trouble(path, encoding)
    if trouble is None:
        return Letters(encoding)
    broken, other = _broken_letters(path)
    if encoding == "utf-8-sig" or broken * 10 <= other:
        return Letters(encoding, True, (
            say("{count} letters are broken, the first in line {line}; they are read as {mark}",
                count=broken, line=trouble[0], mark="\ufffd"),
        ))  # fmt: skip
    sample = _sample(path)
    if _trouble(path, "cp932") is None and looks_japanese(sample):
        return Letters("cp932")
    if _trouble(path, "cp1252") is None:
        return Letters("cp1252", notes=(
            say("not UTF-8 and not Japanese: read as Western European (cp1252); "
                "if letters look wrong, save the file as UTF-8 and give it again"),
        ))  # fmt: skip
    raise refused(
        f"{file}:{trouble[0]}",
        "",
        "is in no known encoding (UTF-8, UTF-16, CP932, CP1252); save the file as UTF-8: open it "
        "in the spreadsheet program and save it as CSV UTF-8, or export it again so",
    )


def looks_japanese(sample: bytes) -> bool:
    """Tell whether bytes that decode as CP932 are Japanese rather than Western European.

    Many Western texts decode as CP932 too: an accented letter and the letter after it make a
    rare character. Such characters stand alone within a word, or are of the second level (lead
    bytes from 0x98); Japanese is mostly kana and characters of the first level.
    """
    text = sample.decode("cp932", errors="ignore")
    letters = _OTHER_LETTERS.findall(text)
    if not letters:
        return False
    if _KANA.search(text):
        kana = sum(len(run) for run in _KANA.findall(text))
        if kana * 5 >= len(letters):
            return True
    alone = len(_ALONE.findall(text))
    usual = sum(0x81 <= letter.encode("cp932")[0] <= 0x97 for letter in letters)
    return usual * 2 >= len(letters) and alone * 2 < len(letters)


def _trouble(path: Path, encoding: str) -> tuple[int, str] | None:
    """Return the line (from 1) and the reason where decoding fails."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    line = 1
    try:
        for piece in _pieces(path):
            text = decoder.decode(piece)
            if "\x00" in text:
                at = line + text[: text.index("\x00")].count("\n")
                raise refused(
                    f"{path.name}:{at}", "", "is no text table: it has binary contents (NUL)"
                )
            line += text.count("\n")
        decoder.decode(b"", final=True)
    except UnicodeError as error:
        if isinstance(error, UnicodeDecodeError):
            before = error.object[: error.start]
            return line + before.count(b"\n"), error.reason
        return line, str(error)
    return None


def _broken_letters(path: Path) -> tuple[int, int]:
    """Count what is no UTF-8, and the letters beyond ASCII that are."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    broken = other = 0
    for piece in chain(_pieces(path), (b"",)):
        text = decoder.decode(piece, final=not piece)
        wrong = text.count("\ufffd")
        broken += wrong
        other += len(_OTHER_LETTERS.findall(text)) - wrong
    return broken, other


def _sample(path: Path) -> bytes:
    """Return the lines that are not plain ASCII, up to a bound."""
    found: list[bytes] = []
    size = 0
    with path.open("rb") as stream:
        while size < _ENOUGH and (line := stream.readline(_PIECE)):
            if not line.isascii():
                found.append(line)
                size += len(line)
    return b"".join(found)


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        while piece := stream.read(_PIECE):
            yield piece
