"""Writes a calibrated organization as a scenario file that a person can read.

Every number that data told carries its interval beside it as a comment, and in ``sources`` what
told it: interval, cases, method. What was filled in from the default company says so, with the
default's own source and trust.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from simulator.calibration.estimates import Estimate
from simulator.languages.messages import say

_WIDTH = 96
_UNQUOTED = frozenset("abcdefghijklmnopqrstuvwxyz_0123456789")


@dataclass(frozen=True, slots=True)
class Stated:
    """One value of the scenario, and why it is what it is.

    Attributes
    ----------
    path : str
        Dotted path of its key.
    value : Any
        A number, a word, a law or a list as plain values.
    source : str
    trust : str
        B: told by the organization's own files; otherwise as the default has it.
    estimate : Estimate or None
        What told it, where it was estimated.
    within : tuple of (str, Estimate)
        Estimates of parameters inside the value, by the rest of their path.
    """

    path: str
    value: Any
    source: str
    trust: str
    estimate: Estimate | None = None
    within: tuple[tuple[str, Estimate], ...] = ()


def rounded(value: float, digits: int = 4) -> float:
    """Round to significant digits: more would claim what no file tells."""
    return float(f"{value:.{digits}g}")


def scenario_text(
    head: Sequence[str],
    question: str,
    stands_for: str,
    stated: Sequence[Stated],
    not_identifiable: Sequence[str],
    observed: Sequence[Mapping[str, Any]] = (),
    together: Mapping[str, Mapping[str, Any]] | None = None,
    extends: str = "",
    further: Mapping[str, Mapping[str, Any]] | None = None,
) -> str:
    """Return the file.

    Parameters
    ----------
    head : sequence of str
        Lines of the comment at the top.
    question, stands_for : str
    stated : sequence of Stated
    not_identifiable : sequence of str
    observed : sequence of mapping
        Entries of the block of that name, in plain values.
    together : mapping, optional
        For paths of numbers that were estimated together: their group and correlation.
    extends : str
        File that it extends; empty: none.
    further : mapping, optional
        More entries of ``sources``: source and trust by path.
    """
    together = together or {}
    # File names may hold line breaks: a comment is one line.
    lines = [f"# {' '.join(line.split())}".rstrip() for line in head]
    lines += _text("question", question) + _text("stands_for", stands_for)
    lines += _text("extends", extends)
    tree: dict[str, Any] = {}
    notes: dict[str, str] = {}
    for each in stated:
        *before, last = each.path.split(".")
        holder = tree
        for key in before:
            holder = holder.setdefault(key, {})
        holder[last] = _Leaf(each.value)
        notes[each.path] = _beside(each)
    lines += _block(tree, "", 0, notes)
    if not_identifiable:
        lines += ["", f"# {say('What the files cannot tell: never fitted, only filled in.')}"]
        lines += ["not_identifiable:"] + [f"  - {_scalar(each)}" for each in not_identifiable]
    if observed:
        lines += ["", "observed:"]
        for entry in observed:
            pairs = ", ".join(f"{key}: {_scalar(value)}" for key, value in entry.items())
            lines.append(f"  - {{{pairs}}}")
    heading = say("estimate: 95 % interval of what the files told, cases behind it, method.")
    lines += ["", f"# {heading}", "sources:"]
    for each in stated:
        lines.append(f"  {_key(each.path)}:")
        lines += _source(each.source, each.trust, each.estimate, together.get(each.path))
        for inside, estimate in each.within:
            path = f"{each.path}.{inside}"
            lines.append(f"  {_key(path)}:")
            lines += _source(each.source, each.trust, estimate, together.get(path))
    for path, entry in (further or {}).items():
        lines.append(f"  {_key(path)}:")
        lines += _source(entry["source"], entry["trust"], None)
    return "\n".join(lines) + "\n"


@dataclass(frozen=True, slots=True)
class _Leaf:
    value: Any


def _block(tree: Mapping[str, Any], path: str, depth: int, notes: Mapping[str, str]) -> list[str]:
    lines: list[str] = []
    for key, value in tree.items():
        here = f"{path}.{key}" if path else key
        indent = "  " * depth
        if depth == 0:
            lines.append("")
        if isinstance(value, _Leaf):
            note = notes.get(here, "")
            text = f"{indent}{_key(key)}: {_flow(value.value)}"
            lines.append(f"{text} # {note}" if note else text)
        else:
            lines.append(f"{indent}{_key(key)}:")
            lines += _block(value, here, depth + 1, notes)
    return lines


def _beside(each: Stated) -> str:
    """Return what stands beside a value."""
    parts = []
    if each.estimate is not None:
        parts.append(interval_words(each.estimate))
    parts += [f"{name} {interval_words(estimate)}" for name, estimate in each.within]
    return "; ".join(parts)


def interval_words(estimate: Estimate) -> str:
    """Return the interval and the cases of an estimate: ``16.2 to 18.6 (n = 1,736)``."""
    return say(
        "{low} to {high} (n = {n})", low=f"{rounded(estimate.low, 3):g}",
        high=f"{rounded(estimate.high, 3):g}", n=f"{estimate.n:,}",
    )  # fmt: skip


def _source(
    source: str, trust: str, estimate: Estimate | None, together: Mapping[str, Any] | None = None
) -> list[str]:
    lines = [f"    source: {_scalar(source)}", f"    trust: {trust}"]
    if estimate is not None:
        told = {
            "low": float(estimate.low),
            "high": float(estimate.high),
            "cases": estimate.n,
            "method": estimate.method,
            "scale": estimate.scale,
            **({} if together is None else together),
        }
        pairs = ", ".join(f"{key}: {_scalar(value)}" for key, value in told.items())
        lines.append(f"    estimate: {{{pairs}}}")
    return lines


def _flow(value: Any) -> str:
    """Return a value on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_key(k)}: {_flow(v)}" for k, v in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_flow(each) for each in value) + "]"
    return _scalar(value)


def _scalar(value: Any) -> str:
    """Return a single value as YAML writes it; text is always quoted, so that nothing in it acts.
    """  # fmt: skip
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        # 1e+06 without a point is text to YAML 1.1.
        text = repr(value)
        return text if "e" not in text or "." in text else text.replace("e", ".0e")
    if isinstance(value, int):
        return str(value)
    dumped = yaml.safe_dump(str(value), default_style='"', allow_unicode=True, width=2**16)
    return dumped.strip()


def _key(key: str) -> str:
    return key if set(key) <= _UNQUOTED | {"."} and key[:1].isalpha() else _scalar(key)


def _text(key: str, text: str) -> list[str]:
    return [f"{key}: {_scalar(text)}"] if text else []
