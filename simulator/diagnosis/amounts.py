"""How amounts are written in both languages."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from simulator.experiment.quantities import Scale, size_of
from simulator.experiment.statistics import Estimate
from simulator.languages.languages import Language, speaking
from simulator.metrics.definitions import METRICS
from simulator.metrics.units import unit_of_difference, unit_shown


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
        return metric.label_en if self.language == "en" else metric.label_ja

    @property
    def unit(self) -> str:
        """The unit of a difference; empty for counts in English."""
        unit, millions = METRICS[self.metric].unit, self.scale.factor < 1.0
        with speaking(self.language):
            if unit == "buyers" and self.language == "ja":
                return unit_shown(unit, self.currency)
            return unit_of_difference(unit, self.currency, millions)

    @property
    def level_unit(self) -> str:
        """The unit of a level: a share is not in points."""
        unit = METRICS[self.metric].unit
        if not unit.startswith("share"):
            return self.unit
        with speaking(self.language):
            return unit_shown(unit, self.currency)

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
        with speaking(self.language):
            return self.scale.span(estimate)

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
