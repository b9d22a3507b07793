"""How amounts are written in both languages."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from simulator.experiment.quantities import Scale, size_of
from simulator.experiment.statistics import Estimate
from simulator.languages.languages import Language
from simulator.metrics.definitions import METRICS

_JAPANESE = {"% points/month": "ポイント/月", "days": "日", "buyers": "件"}


@dataclass(frozen=True, slots=True)
class Amounts:
    """Everything about one metric, in one scale.

    Attributes
    ----------
    metric : str
    language : {"en", "ja"}
    scale : Scale
    currency : str
    """

    metric: str
    language: Language
    scale: Scale
    currency: str

    @classmethod
    def of(cls, metric: str, language: Language, currency: str, sizes: Iterable[float]) -> Amounts:
        """Choose the scale for differences of these sizes."""
        return cls(metric, language, Scale.of(metric, currency, sizes), currency)

    @property
    def label(self) -> str:
        """The metric's name."""
        metric = METRICS[self.metric]
        return metric.label if self.language == "en" else metric.label_ja

    @property
    def unit(self) -> str:
        """The unit of a difference; empty for counts in English."""
        unit = self.scale.unit
        if self.language == "en":
            return unit
        if METRICS[self.metric].unit == "buyers":
            return "件"
        money = {"JPY": "円"}.get(self.currency, self.currency)
        millions = f"M {self.currency}"
        if unit.startswith(millions):
            return f"百万{money}{unit.removeprefix(millions)}"
        return _JAPANESE.get(unit, unit.replace(self.currency, money))

    @property
    def level_unit(self) -> str:
        """The unit of a level: a share is not in points."""
        if METRICS[self.metric].unit.startswith("share"):
            return "%/month" if self.language == "en" else "%/月"
        return self.unit

    def number(self, value: float) -> str:
        """Write a value without its unit."""
        return self.scale.number(value)

    def signed(self, value: float) -> str:
        """Write a difference with its sign."""
        text = self.number(value)
        rounded_to_nothing = not text.strip("-0.,")
        return text if value <= 0.0 or rounded_to_nothing else f"+{text}"

    def span(self, estimate: Estimate) -> str:
        """Write an interval without its unit; nothing if there is none."""
        if estimate.low is None or estimate.high is None:
            return ""
        joint = " to " if self.language == "en" else "〜"
        return f"{self.number(estimate.low)}{joint}{self.number(estimate.high)}"

    def size(self, estimate: Estimate) -> str:
        """Write how large a difference is, whichever its sign: amount, unit, interval."""
        one = size_of(estimate)
        span = self.span(one)
        if self.language == "en":
            text = f"{self.number(one.mean)} {self.unit}".rstrip()
            return f"{text} ({span})" if span else text
        text = f"{self.number(one.mean)}{self.unit}"
        return f"{text}(95%区間 {span})" if span else text

    def gain(self, estimate: Estimate) -> str:
        """Write a difference with its sign, unit and interval."""
        joint = " " if self.language == "en" else ""
        text = f"{self.signed(estimate.mean)}{joint}{self.unit}".rstrip()
        return f"{text} ({self.span(estimate)})" if self.span(estimate) else text

    def level(self, value: float) -> str:
        """Write a level with its unit."""
        joint = " " if self.language == "en" else ""
        return f"{self.number(value)}{joint}{self.level_unit}".rstrip()
