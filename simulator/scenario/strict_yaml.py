"""YAML text into plain values, with the place of each, and every surprise refused.

The values are built straight from the parser's events: no object is ever constructed, aliases
are never expanded, and the work is bounded by the size of the file. Which unquoted texts are
numbers, and which are refused, stands in :mod:`simulator.scenario.scalars`.
"""

from __future__ import annotations

import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import yaml

from simulator.errors import Problem
from simulator.scenario.scalars import plain_value, shorten

MOST_BYTES = 1_000_000
MOST_VALUES = 20_000
DEEPEST = 20
MOST_PROBLEMS = 100

KeyPath = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a file, counted from 1; line 0 means that there is no line to name."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file

    @property
    def short(self) -> str:
        """``file:line``, or the bare name where there is no line."""
        return f"{self.file}:{self.line}" if self.line else self.file


@dataclass(frozen=True, slots=True)
class Place:
    """Where a key stands and where its value starts (the same for an item of a list)."""

    key: Position
    value: Position


@dataclass(slots=True)
class Document:
    """What one YAML text says.

    Attributes
    ----------
    file : str
        The name shown to the user.
    value : Any
        Plain dicts, lists, text, numbers and switches.
    places : dict
        The place of every key and item, by its path.
    problems : list of Problem
        Everything refused while reading.
    broken : set of KeyPath
        Paths whose value was refused; its text is kept, so that the other checks can go on.
    readable : bool
        False if reading stopped early and the values are incomplete.
    """

    file: str
    value: Any = None
    places: dict[KeyPath, Place] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    broken: set[KeyPath] = field(default_factory=set)
    readable: bool = True


def dotted(path: KeyPath) -> str:
    """Write a path as users write it: ``market.channels.paid``."""
    return ".".join(str(part) for part in path)


# ------------------------------------------------------------------ files and texts


def read_file(path: Path, shown: str) -> Document:
    """Read one scenario file, whatever it holds.

    Parameters
    ----------
    path : Path
        The file.
    shown : str
        The name by which problems call it.

    Returns
    -------
    Document
        Its values and places, or the problems that stopped reading.
    """
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            return _unreadable(shown, "is a folder: name a scenario file in it")
        if not stat.S_ISREG(status.st_mode):
            # A pipe or a device reports size 0 and may never end.
            return _unreadable(shown, "is not a regular file")
        if status.st_size > MOST_BYTES:
            return _unreadable(
                shown,
                f"has {status.st_size:,} bytes; a scenario has at most {MOST_BYTES:,}:"
                " is this the right file?",
            )
        with path.open("rb") as stream:
            data = stream.read(MOST_BYTES + 1)
    except FileNotFoundError:
        return _unreadable(shown, "no such file")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        return _unreadable(shown, f"cannot be read: {reason}")
    if len(data) > MOST_BYTES:
        return _unreadable(shown, f"has more than {MOST_BYTES:,} bytes: is this the right file?")
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return _unreadable(shown, "is UTF-16: save it as UTF-8")
    if b"\0" in data:
        return _unreadable(shown, "is a binary file, not YAML text")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return _unreadable(f"{shown}:{line}", "is not UTF-8 text: save it as UTF-8")
    document = read_text(text, shown)
    if document.readable and not isinstance(document.value, dict) and not document.problems:
        kind = "a list" if isinstance(document.value, list) else "a single value"
        document.problems.append(
            Problem(f"{shown}:1:1", "", "", f"holds {kind}: write keys and values (key: value)")
        )
    if not isinstance(document.value, dict):
        document.value = {}
        document.readable = False
    return document


def _unreadable(shown: str, rule: str) -> Document:
    return Document(shown, {}, problems=[Problem(shown, "", "", rule)], readable=False)


def read_text(text: str, shown: str) -> Document:
    """Read a YAML text of one document with any value at its top.

    Parameters
    ----------
    text : str
        The YAML text.
    shown : str
        The name by which problems call it.
    """
    reader = _Reader(shown)
    try:
        reader.read(text)
    except _StopReadingError as stop:
        reader.refuse(stop.mark, stop.path, "", stop.rule)
        reader.document.readable = False
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        reader.document.problems.append(
            Problem(f"{shown}:{line}", "", "", "holds a control character: delete it")
        )
        reader.document.readable = False
    except yaml.MarkedYAMLError as error:
        reader.refuse(error.problem_mark or error.context_mark, (), "", _syntax_rule(error))
        reader.document.readable = False
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        # PyYAML passes on chr()'s and int()'s complaints about absurd escapes and directives.
        reader.document.problems.append(
            Problem(shown, "", "", f"cannot be read as YAML: {shorten(error)}")
        )
        reader.document.readable = False
    _limit(reader.document.problems)
    return reader.document


def _limit(problems: list[Problem]) -> None:
    """Keep a screenful: a file of noise would otherwise report each of its characters."""
    more = len(problems) - MOST_PROBLEMS
    if more > 0:
        problems[MOST_PROBLEMS:] = [Problem("", "", "", f"… and {more} more problems")]


def _syntax_rule(error: yaml.MarkedYAMLError) -> str:
    said = str(error.problem or error.context or "syntax error")
    hint = ""
    if "'\\t'" in said:
        hint = ": indent with spaces, not tabs"
    elif "mapping values are not allowed" in said:
        hint = ": quote a text that holds a colon, and check the indentation"
    elif "expected <block end>" in said or "could not find expected ':'" in said:
        hint = ": check the indentation and the colon after the key"
    elif "cannot start any token" in said:
        hint = ": quote a text that starts with it"
    elif "while parsing a flow" in str(error.context):
        hint = ": check the closing bracket"
    return f"cannot be read as YAML: {said}{hint}"


class _Mark(Protocol):
    """Where PyYAML stands, counted from 0."""

    @property
    def line(self) -> int: ...
    @property
    def column(self) -> int: ...


class _StopReadingError(Exception):
    """A limit was passed: what follows is not read."""

    def __init__(self, mark: _Mark | None, path: KeyPath, rule: str) -> None:
        self.mark = mark
        self.path = path
        self.rule = rule


@dataclass(slots=True)
class _Frame:
    """An open mapping or list."""

    path: KeyPath
    value: dict[str, Any] | list[Any]
    discarded: bool
    is_key: bool = False
    key: str | None = None
    key_at: Position | None = None
    skip: bool = False
    seen: dict[str, int] = field(default_factory=dict)


class _Reader:
    """Builds a document from YAML events with an explicit stack, never by recursion."""

    def __init__(self, shown: str) -> None:
        self.document = Document(shown)
        self.stack: list[_Frame] = []
        self.count = 0

    def read(self, text: str) -> None:
        documents = 0
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise _StopReadingError(
                        event.start_mark, (), "holds several documents (---): keep one per file"
                    )
            elif isinstance(event, yaml.NodeEvent):
                self._node(event)
            elif isinstance(event, yaml.CollectionEndEvent):
                self._close()
        value = self.document.value
        if value is None and not self.document.problems:
            self.document.problems.append(
                Problem(self.document.file, "", "", "is empty: write keys and values (key: value)")
            )

    def position(self, mark: _Mark | None) -> Position:
        if mark is None:
            return Position(self.document.file)
        return Position(self.document.file, mark.line + 1, mark.column + 1)

    def report(self, mark: _Mark | None, path: KeyPath, value: str, rule: str) -> None:
        """Note a problem that leaves the value at the path usable."""
        where = str(self.position(mark))
        self.document.problems.append(Problem(where, dotted(path), shorten(value), rule))

    def refuse(self, mark: _Mark | None, path: KeyPath, value: str, rule: str) -> None:
        """Note a problem with the value at the path: later checks must not judge it again."""
        self.report(mark, path, value, rule)
        self.document.broken.add(path)

    def _node(self, event: yaml.NodeEvent) -> None:
        self.count += 1
        frame = self.stack[-1] if self.stack else None
        path = self._path(frame)
        if self.count > MOST_VALUES:
            raise _StopReadingError(
                event.start_mark, path, f"a scenario has at most {MOST_VALUES:,} values"
            )
        if frame is not None and isinstance(frame.value, dict) and frame.key is None:
            self._key(frame, event)
            return
        self._refuse_markup(event, path)
        if isinstance(event, yaml.ScalarEvent):
            self._attach(frame, self._scalar(event, path), path, event)
        elif isinstance(event, yaml.CollectionStartEvent):
            self._open(frame, event, path)
        else:
            self._attach(frame, None, path, event)

    def _path(self, frame: _Frame | None) -> KeyPath:
        if frame is None:
            return ()
        if isinstance(frame.value, list):
            return (*frame.path, len(frame.value))
        return frame.path if frame.key is None else (*frame.path, frame.key)

    def _refuse_markup(self, event: yaml.NodeEvent, path: KeyPath) -> None:
        if isinstance(event, yaml.AliasEvent):
            rule = "aliases are refused: write the value out, or put it in a file to extend"
            self.refuse(event.start_mark, path, f"*{event.anchor}", rule)
            return
        if event.anchor is not None:
            rule = "anchors are refused: delete it"
            self.refuse(event.start_mark, path, f"&{event.anchor}", rule)
        tag = getattr(event, "tag", None)
        if tag is not None:
            self.refuse(event.start_mark, path, str(tag), "tags are refused: delete it")

    def _scalar(self, event: yaml.ScalarEvent, path: KeyPath) -> Any:
        text: str = event.value
        if any("\ud800" <= character <= "\udfff" for character in text):
            self.refuse(event.start_mark, path, "", "holds half a character (\\ud8xx): delete it")
            return ""
        if event.style is not None:
            return text
        value, rule = plain_value(text)
        if rule:
            self.refuse(event.start_mark, path, text, rule)
        return value

    def _open(self, frame: _Frame | None, event: yaml.CollectionStartEvent, path: KeyPath) -> None:
        if len(self.stack) >= DEEPEST:
            raise _StopReadingError(event.start_mark, path, f"is nested deeper than {DEEPEST}")
        value: dict[str, Any] | list[Any] = {} if isinstance(event, yaml.MappingStartEvent) else []
        discarded = frame is not None and (frame.discarded or frame.skip)
        self._attach(frame, value, path, event)
        self.stack.append(_Frame(path, value, discarded))

    def _close(self) -> None:
        if self.stack.pop().is_key:
            # A mapping or list as a key was refused; its value is read only to be checked.
            parent = self.stack[-1]
            parent.key, parent.skip = "?", True

    def _attach(
        self, frame: _Frame | None, value: Any, path: KeyPath, event: yaml.NodeEvent
    ) -> None:
        at = self.position(event.start_mark)
        if frame is None:
            self.document.value = value
            self.document.places[path] = Place(at, at)
            return
        kept = not (frame.discarded or frame.skip)
        key_at = frame.key_at or at
        if isinstance(frame.value, list):
            frame.value.append(value)
            key_at = at
        else:
            if kept and frame.key is not None:
                frame.value[frame.key] = value
            frame.key, frame.skip = None, False
        if kept:
            self.document.places[path] = Place(key_at, at)

    def _key(self, frame: _Frame, event: yaml.NodeEvent) -> None:
        frame.key_at = self.position(event.start_mark)
        if isinstance(event, yaml.CollectionStartEvent):
            self.report(event.start_mark, frame.path, "", "a key must be text")
            if len(self.stack) >= DEEPEST:
                raise _StopReadingError(
                    event.start_mark, frame.path, f"is nested deeper than {DEEPEST}"
                )
            value: dict[str, Any] | list[Any] = (
                {} if isinstance(event, yaml.MappingStartEvent) else []
            )
            self.stack.append(_Frame(frame.path, value, True, is_key=True))
            return
        if not isinstance(event, yaml.ScalarEvent):
            self._refuse_markup(event, (*frame.path, "*"))
            frame.key, frame.skip = "*", True
            return
        text: str = event.value
        path = (*frame.path, text)
        self._refuse_markup(event, path)
        frame.key = text
        if event.style is None and text == "<<":
            rule = "merge keys are refused: write the keys out, or use extends"
            self.report(event.start_mark, path, "", rule)
            frame.skip = True
            return
        self._check_key_text(event, path)
        if text in frame.seen:
            line = event.start_mark.line + 1 if event.start_mark else 0
            rule = f"the key stands twice, in lines {frame.seen[text]} and {line}: keep one"
            self.report(event.start_mark, path, "", rule)
            frame.skip = True
        else:
            frame.seen[text] = event.start_mark.line + 1 if event.start_mark else 0

    def _check_key_text(self, event: yaml.ScalarEvent, path: KeyPath) -> None:
        text: str = event.value
        if any("\ud800" <= character <= "\udfff" for character in text):
            self.report(event.start_mark, path[:-1], "", "a key holds half a character (\\ud8xx)")
            self.stack[-1].key, self.stack[-1].skip = "?", True
            return
        if event.style is not None:
            return
        value, rule = plain_value(text)
        if value is None:
            self.report(event.start_mark, path[:-1], "", "a key is missing before the colon")
        elif rule:
            told = f'YAML 1.1 does not read this key as text: quote it ("{text}")'
            self.refuse(event.start_mark, path, text, told)
        elif not isinstance(value, str):
            self.refuse(event.start_mark, path, text, f'a key must be text: quote it ("{text}")')
