"""How a scenario states a number: value, unit, range, meaning, source and trust in one place.

Checks, ``themodel explain``, the JSON Schema and the scenario reference are all made
from what stands here, so a number is described exactly once.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Trust = Literal["A", "B", "C", "D", "M", "calc"]
"""A peer-reviewed or official; B primary data with a stated sample; C secondary;
D unsourced; M common knowledge of the trade; calc computed from cited figures."""

Span = tuple[float, float]
"""Lowest and highest value that the evidence allows; of a law: factors on its times."""


class Part(BaseModel):
    """A frozen, strict piece of a scenario: unknown keys are rejected, nothing is coerced."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


def quantity(
    default: Any,
    unit: str,
    meaning: str,
    *,
    source: str,
    trust: Trust,
    ge: float | None = None,
    gt: float | None = None,
    le: float | None = None,
    lt: float | None = None,
    span: Span | None = None,
    chosen: Span | None = None,
) -> Any:
    """Declare a number of a scenario.

    Parameters
    ----------
    default : Any
        The value of the default company.
    unit : str
        Its unit, as `themodel explain` prints it ("share" for a probability in 0..1).
    meaning : str
        One sentence for a reader who knows sales and not this code.
    source : str
        Where the default comes from.
    trust : Trust
        How far to trust it.
    ge, gt, le, lt : float, optional
        The limits that the value must stay in.
    span : (low, high), optional
        The range in which the evidence puts the default; how unsure it is, no limit.
    chosen : (low, high), optional
        Of a decision: the range in which a department chooses it.
    """
    return Field(
        default=default,
        description=meaning,
        ge=ge,
        gt=gt,
        le=le,
        lt=lt,
        json_schema_extra={
            "unit": unit,
            "source": source,
            "trust": trust,
            **_stated("span", span),
            **_stated("chosen", chosen),
        },
    )


def _stated(name: str, span: Span | None) -> dict[str, Any]:
    return {} if span is None else {name: list(span)}


def share(
    default: float,
    meaning: str,
    *,
    source: str,
    trust: Trust,
    span: Span | None = None,
    chosen: Span | None = None,
) -> Any:
    """Declare a probability or proportion in 0..1."""
    return quantity(
        default, "share", meaning, source=source, trust=trust, ge=0.0, le=1.0, span=span,
        chosen=chosen,
    )  # fmt: skip


def choice(default: Any, meaning: str, *, source: str = "design choice") -> Any:
    """Declare a setting that is no number: a switch, a name, one of a few words."""
    return Field(default=default, description=meaning, json_schema_extra={"source": source})


def block(kind: type[Any], meaning: str, spans: dict[str, Span] | None = None) -> Any:
    """Declare a nested block whose own defaults describe the default company.

    Parameters
    ----------
    kind : type
        The block, or what makes its defaults.
    meaning : str
    spans : dict of str to (low, high), optional
        Ranges of the evidence for numbers of this block alone: several blocks are of one kind.
    """
    extra: dict[str, Any] = {"spans": {name: list(span) for name, span in (spans or {}).items()}}
    return Field(
        default_factory=kind, description=meaning, json_schema_extra=extra if spans else None
    )


TimeUnit = Literal["hours", "days"]
Positive = Annotated[float, Field(gt=0.0)]


class Constant(Part):
    """Always the same value."""

    law: Literal["constant"]
    unit: TimeUnit
    value: Annotated[float, Field(ge=0.0)]


class Exponential(Part):
    """Memoryless, by its mean."""

    law: Literal["exponential"]
    unit: TimeUnit
    mean: Positive


class Lognormal(Part):
    """Lognormal, by its median and 90th percentile (never by bare mu and sigma)."""

    law: Literal["lognormal"]
    unit: TimeUnit
    median: Positive
    p90: Positive

    @model_validator(mode="after")
    def _ordered(self) -> Lognormal:
        if self.p90 <= self.median:
            raise ValueError(f"p90 ({self.p90:g}) must be greater than median ({self.median:g})")
        return self


class Weibull(Part):
    """Weibull, by its mean and shape (shape below 1: the hazard falls with age)."""

    law: Literal["weibull"]
    unit: TimeUnit
    mean: Positive
    shape: Annotated[float, Field(ge=0.2, le=20.0)]


class Uniform(Part):
    """Every value between low and high equally likely."""

    law: Literal["uniform"]
    unit: TimeUnit
    low: Annotated[float, Field(ge=0.0)]
    high: Positive

    @model_validator(mode="after")
    def _ordered(self) -> Uniform:
        if self.high <= self.low:
            raise ValueError(f"high ({self.high:g}) must be greater than low ({self.low:g})")
        return self


Law = Annotated[Constant | Exponential | Lognormal | Weibull | Uniform, Field(discriminator="law")]
"""A law for a duration; its ``unit`` is hours of work or business days of waiting."""


def law(default: BaseModel, meaning: str, *, source: str, trust: Trust) -> Any:
    """Declare a duration that varies: a law with its own unit."""
    unit = str(getattr(default, "unit", ""))
    return Field(
        default=default,
        description=meaning,
        json_schema_extra={"unit": unit, "source": source, "trust": trust},
    )
