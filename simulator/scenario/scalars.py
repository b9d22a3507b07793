"""Single values: which unquoted texts are numbers, which are refused, and how they are written.

YAML 1.1 turns ``no`` into false, ``12:30`` into 750 and ``012`` into 10 without a word. A
scenario is a list of numbers that people argue about, so here each such reading is an error
that says what to write instead.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

LONGEST_NUMBER = 40


def shorten(value: Any, limit: int = 60) -> str:
    """Write a value on one line, shortened."""
    text = compact(value)
    text = " ".join("".join(c if c.isprintable() else " " for c in text[: 4 * limit]).split())
    return text if len(text) <= limit else text[: limit - 1] + "…"


def compact(value: Any) -> str:
    """Write a value as it would stand in a YAML file, on one line."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return decimal_text(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {compact(item)}" for key, item in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(compact(item) for item in value) + "]"
    return "" if value is None else str(value)


def decimal_text(number: float) -> str:
    """Write a float in plain decimals, with as many digits as it takes to read it back equal."""
    text = format(Decimal(repr(number)), "f")
    return text if "." in text else text + ".0"


_WORDS = {"yes": "true", "on": "true", "y": "true", "no": "false", "off": "false", "n": "false"}
_SWITCH = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_NOTHING = {"", "~", "null", "Null", "NULL"}
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_DECIMAL = re.compile(r"[-+]?((0|[1-9][0-9]*)\.[0-9]*|\.[0-9]+)")
_LEADING_ZERO = re.compile(r"[-+]?0[0-9]+(\.[0-9]*)?")
_BASED = re.compile(r"[-+]?0([xX][0-9a-fA-F_]+|[oO][0-7_]+|[bB][01_]+)")
_UNDERSCORED = re.compile(r"[-+]?[0-9][0-9_]*(\.[0-9_]*)?")
_EXPONENT = re.compile(r"[-+]?([0-9][0-9_]*\.?[0-9_]*|\.[0-9_]+)[eE][-+]?[0-9]+")
_NOT_FINITE = re.compile(r"[-+]?\.?(inf|nan|infinity)", re.IGNORECASE)
_BASE_60 = re.compile(r"[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt ].*)?")


def plain_value(text: str) -> tuple[Any, str]:
    """Read an unquoted scalar.

    Returns
    -------
    tuple
        The value, and the rule that it breaks (empty if none; the value is then the text).
    """
    if text in _SWITCH:
        return _SWITCH[text], ""
    if text in _NOTHING:
        return None, "has no value: give one or delete the key"
    if _INTEGER.fullmatch(text) or _DECIMAL.fullmatch(text):
        if len(text) > LONGEST_NUMBER:
            return text, f"a number has at most {LONGEST_NUMBER} digits"
        return (int(text) if _INTEGER.fullmatch(text) else float(text)), ""
    return text, _surprise(text)


def _surprise(text: str) -> str:
    """Say why an unquoted text would be read differently by different YAML readers."""
    if text.lower() in _WORDS:
        return (
            f"YAML 1.1 reads an unquoted {text} as {_WORDS[text.lower()]}: write true or false"
            " (or quote it if text is meant)"
        )
    if _NOT_FINITE.fullmatch(text):
        return "must be a finite number"
    if _DATE.fullmatch(text):
        return "an unquoted date is read as a date object: quote it"
    if len(text) > LONGEST_NUMBER:
        return ""
    if _LEADING_ZERO.fullmatch(text):
        sign = "-" if text[0] == "-" else ""
        digits = text.lstrip("+-").lstrip("0")
        digits = digits if digits[:1].isdigit() else "0" + digits
        return (
            f"a leading zero is read as octal by some: write {sign}{digits}"
            " (or quote it if text is meant)"
        )
    if _BASED.fullmatch(text) and any(c.isalnum() for c in text.lstrip("+-")[2:]):
        return f"write the decimal number {int(text.replace('_', ''), 0)}"
    if "_" in text and _UNDERSCORED.fullmatch(text):
        return f"write {text.replace('_', '')} without underscores"
    if _EXPONENT.fullmatch(text):
        return f"YAML 1.1 reads {text} as text: write {_without_exponent(text)}"
    if _BASE_60.fullmatch(text):
        return "YAML 1.1 reads this as a number in base 60: write a decimal number or quote it"
    return ""


def _without_exponent(text: str) -> str:
    """Write 1e-3 as 0.001; extreme exponents are described, not spelled out."""
    number = Decimal(text.replace("_", ""))
    # Decimal's adjusted exponent: 1e400 would otherwise print 400 digits.
    if abs(number.adjusted()) > 15:
        return "it in plain decimals"
    return format(number, "f")
