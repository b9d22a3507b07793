"""An estimate, with what a reader must know to trust or doubt it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import stats

from simulator.languages.messages import marked

Scale = Literal["linear", "log", "logit"]
"""On which scale the interval is symmetric, and its error about normal."""

CONFIDENCE = 0.95

UNITS = (
    marked("inquiries per business day"), marked("variance / mean"), marked("business days"),
    marked("people"), marked("opened per person and month"), marked("won per person and month"),
    marked("converted per person and month"), marked("log standard deviation"),
    marked("open opportunities per person"), marked("calls per person and business day"),
    marked("meetings per person and business day"), marked("calls per lead"), marked("meetings"),
    marked("per month"), marked("of calls"), marked("currency per month"), marked("currency"),
    marked("Weibull shape"),
)  # fmt: skip
"""What estimates are in, as it is said; that of a share without the word."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """One number told by data.

    Attributes
    ----------
    key : str
        What it is, e.g. ``conversion.lead_to_win.website``.
    value : float
    low, high : float
        Interval of `CONFIDENCE`; equal to the value only where nothing is uncertain.
    n : int
        Cases behind it.
    unit : str
    method : str
        In a few words, e.g. "Kaplan-Meier, log-log interval".
    scale : str
        See `Scale`.
    """

    key: str
    value: float
    low: float
    high: float
    n: int
    unit: str
    method: str
    scale: Scale = "linear"

    @property
    def error(self) -> float:
        """Standard error on its scale, from the width of the interval."""
        width = onto(self.high, self.scale) - onto(self.low, self.scale)
        return width / (2.0 * float(stats.norm.ppf((1.0 + CONFIDENCE) / 2.0)))


def onto(value: float, scale: Scale) -> float:
    """Put a value on a scale."""
    if scale == "log":
        return math.log(value) if value > 0.0 else -math.inf
    if scale == "logit":
        if value <= 0.0:
            return -math.inf
        return math.inf if value >= 1.0 else math.log(value / (1.0 - value))
    return value


def back(value: float, scale: Scale) -> float:
    """Take a value off a scale again."""
    if scale == "log":
        return math.exp(min(value, 700.0))
    if scale == "logit":
        return float(1.0 / (1.0 + np.exp(-np.clip(value, -700.0, 700.0))))
    return value


FindingKind = Literal[
    "negative_duration", "left_truncation", "regime_change", "no_law_fits", "not_identifiable",
    "over_dispersed", "trend", "misfit", "recycling", "few_cases", "one_owner", "dropped",
    "assumption",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about the data that a reader must be told, in a sentence or two of their language.

    Attributes
    ----------
    kind : str
    words : str
        Holds no name, address, or other text from a cell of a person's.
    """

    kind: FindingKind
    words: str


def keyed(estimates: Iterable[Estimate]) -> dict[str, Estimate]:
    """Return estimates by their keys."""
    return {each.key: each for each in estimates}


def of_kind(findings: Iterable[Finding], kind: FindingKind) -> Iterator[Finding]:
    """Return the findings of one kind."""
    return (each for each in findings if each.kind == kind)
