"""A scenario: everything that describes one organization, its buyers and its measures.

The defaults are the default company; ``scenarios/base.yaml`` and the small files beside it
say what differs. See :mod:`simulator.scenario.fields` for how a number is described.
"""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from simulator.scenario.behavior import (
    AiAssistance,
    CounterForces,
    Decisions,
    Definitions,
    Kpi,
    Mechanisms,
    Recovery,
    Support,
)
from simulator.scenario.fields import Part, block, choice, quantity
from simulator.scenario.market import Market, SaleKind, Start
from simulator.scenario.practice import (
    Churn,
    CustomerSuccessWork,
    Expansion,
    FieldSalesWork,
    Handoffs,
    HealthWeights,
    InsideSalesWork,
    MarketingWork,
    Recycling,
)
from simulator.scenario.staff import HiringStep, Rotation, Teams, split_problem


class Horizon(Part):
    """How long the run lasts."""

    months: float = quantity(
        24.0, "months of 20 business days", "Length of the run.",
        source="planning horizon", trust="M",
        ge=0.0, le=600.0,
    )  # fmt: skip
    warm_up_months: float = quantity(
        0.0, "months", "Left out of rates (a loaded start needs none).",
        source="planning horizon", trust="M",
        ge=0.0, le=600.0,
    )  # fmt: skip

    @model_validator(mode="after")
    def _inside(self) -> Self:
        if self.warm_up_months > 0.0 and self.warm_up_months >= self.months:
            raise ValueError(
                f"warm_up_months ({self.warm_up_months:g}) must be below months ({self.months:g})"
            )
        return self


class Work(Part):
    """The work of the four departments."""

    marketing: MarketingWork = block(MarketingWork, "Marketing.")
    inside_sales: InsideSalesWork = block(InsideSalesWork, "Inside sales.")
    field_sales: FieldSalesWork = block(FieldSalesWork, "Field sales.")
    customer_success: CustomerSuccessWork = block(CustomerSuccessWork, "Customer success.")


class Observed(Part):
    """A figure observed in the real organization, to hold against the simulated one."""

    metric: str = choice(..., "Which figure: an id that `themodel run` knows to compare.")
    value: float = Field(description="Observed value.", json_schema_extra={"unit": "as the metric"})
    low: float | None = Field(
        default=None,
        description="Lower end of the 95 % interval of what was observed.",
        json_schema_extra={"unit": "as the metric"},
    )
    high: float | None = Field(
        default=None,
        description="Upper end of the same.",
        json_schema_extra={"unit": "as the metric"},
    )
    fitted: bool = choice(
        False,
        "Whether numbers of the scenario were chosen to meet it: then agreement proves nothing.",
    )
    source: str = choice(..., "Where it was observed.")

    @model_validator(mode="after")
    def _inside_its_interval(self) -> Self:
        if self.low is not None and self.low > self.value:
            raise ValueError(f"low ({self.low:g}) must not be above value ({self.value:g})")
        if self.high is not None and self.high < self.value:
            raise ValueError(f"high ({self.high:g}) must not be below value ({self.value:g})")
        return self


class Scenario(Part):
    """One organization."""

    question: str = choice("", "The question that this scenario answers.")
    stands_for: str = choice("", "The passage of the articles, or the data, that it stands for.")
    currency: str = choice("JPY", "Currency of every amount.")
    sale: SaleKind = choice("subscription", "Subscription, or one-off sale.", source="S3")
    horizon: Horizon = block(Horizon, "Length of the run.")
    gross_margin: float = quantity(
        0.75,
        "share of revenue",
        "Gross margin.",
        source="SaaS, trade knowledge",
        trust="M",
        ge=0.0,
        le=1.0,
    )
    start: Start = block(Start, "What the company begins with.")
    market: Market = block(Market, "The buyers.")
    teams: Teams = block(Teams, "The people.")
    hiring: tuple[HiringStep, ...] = Field(
        default=(), description="Planned changes of team size by date."
    )
    rotation: Rotation = block(Rotation, "Job rotation.")
    work: Work = block(Work, "The work of the departments.")
    handoffs: Handoffs = block(Handoffs, "The baton.")
    recycling: Recycling = block(Recycling, "The recycle loop.")
    churn: Churn = block(Churn, "Leaving.")
    expansion: Expansion = block(Expansion, "Growing and shrinking.")
    health: HealthWeights = block(HealthWeights, "Health score.")
    definitions: Definitions = block(Definitions, "Definitions and feedback.")
    support: Support = block(Support, "RevOps and enablement staff.")
    ai: AiAssistance = block(AiAssistance, "AI assistance.")
    recovery: Recovery = block(Recovery, "Person-dependent recovery.")
    kpi: Kpi = block(Kpi, "What departments are measured on.")
    decisions: Decisions = block(Decisions, "What departments do.")
    mechanisms: Mechanisms = block(Mechanisms, "Causal links, switchable.")
    counter_forces: CounterForces = block(CounterForces, "What can make sharing lose.")
    observed: tuple[Observed, ...] = Field(
        default=(), description="Figures of the real organization to compare with."
    )
    not_identifiable: tuple[str, ...] = Field(
        default=(),
        description="What the data behind this scenario cannot tell; shown with results.",
    )

    @model_validator(mode="after")
    def _teams_split_by_channels(self) -> Self:
        wrong = split_problem(self.teams, self.market.channels)
        if wrong:
            raise ValueError(wrong)
        return self

    @model_validator(mode="after")
    def _mix_names_channels(self) -> Self:
        unknown = sorted(set(self.decisions.marketing.channel_mix) - set(self.market.channels))
        if unknown:
            raise ValueError(
                f"decisions.marketing.channel_mix names {', '.join(unknown)}, which market.channels"
                f" does not have; known: {', '.join(self.market.channels)}"
            )
        if any(v < 0.0 for v in self.decisions.marketing.channel_mix.values()):
            raise ValueError("decisions.marketing.channel_mix: factors must not be negative")
        return self
