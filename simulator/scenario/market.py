"""What a scenario may say about buyers: where they come from and what is true of them."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from simulator.scenario.fields import Part, block, choice, quantity, share

Month = Annotated[float, Field(ge=0.0)]

_CHANNEL = "default company: trade experience, relative yields after Implisit 2014"


class Channel(Part):
    """One source of inquiries."""

    leads_per_day: float = quantity(
        1.0, "inquiries per business day", "Mean inquiries per day at the base budget.",
        source=_CHANNEL, trust="M", ge=0.0,
    )  # fmt: skip
    fit_mean: float = quantity(
        0.0, "standard deviations", "Mean fit of this channel's buyers (0 = average market).",
        source=_CHANNEL, trust="M", ge=-5.0, le=5.0,
    )  # fmt: skip
    spend_per_month: float = quantity(
        0.0, "currency per month", "Advertising budget of the channel.",
        source="malnage 2023, cost per lead in Japan x leads", trust="C", ge=0.0,
    )  # fmt: skip
    spend_elasticity: float = quantity(
        0.6, "exponent", "Inquiries grow with budget to this power (below 1: diminishing returns).",
        source="diminishing returns", trust="M", ge=0.0, le=1.0, span=(0.3, 0.9),
    )  # fmt: skip
    reach: float = share(
        0.45, "Chance that one contact attempt reaches a buyer whose interest is fresh.",
        source="contact curve of SalesUp 2025 over several attempts; Japan reach 15-20 % cold",
        trust="C",
    )  # fmt: skip
    price_rises: bool = choice(
        False, "Whether market.ad_cost_growth_per_year applies to this channel."
    )


class Arrivals(Part):
    """How inquiries spread over the days."""

    dispersion: float = quantity(
        1.6, "variance / mean", "Over-dispersion of daily counts (1 = Poisson).",
        source="Olist funnel 2018 shows 2.8 at 45 a day; damped for a smaller stream", trust="B",
        ge=1.0, le=50.0,
    )  # fmt: skip
    weekday: tuple[Month, Month, Month, Month, Month] = quantity(
        (1.05, 1.05, 1.05, 1.0, 0.85), "relative weight",
        "Weight of Monday to Friday (weekend inquiries belong to Monday); only ratios matter.",
        source="Olist funnel 2018, weekdays", trust="B",
    )  # fmt: skip
    month: tuple[
        Month, Month, Month, Month, Month, Month, Month, Month, Month, Month, Month, Month
    ] = quantity(
        (1.0,) * 12, "relative weight",
        "Weight of January to December; only ratios matter.",
        source="no seasonality assumed", trust="M",
    )  # fmt: skip

    @model_validator(mode="after")
    def _some_day_counts(self) -> Self:
        if sum(self.weekday) <= 0.0 or sum(self.month) <= 0.0:
            raise ValueError("weekday and month need at least one weight above 0")
        return self


class Obstacles(Part):
    """What keeps buyers from buying now (the rest have no obstacle), and when it clears."""

    no_budget: float = share(
        0.15, "Share of buyers without a budget this fiscal year.",
        source="firstsales loss mix, halved between budget and timing", trust="D",
    )  # fmt: skip
    wrong_timing: float = share(
        0.20,
        "Share of buyers for whom it is not the time.",
        source="firstsales loss mix",
        trust="D",
    )
    with_competitor: float = share(
        0.20, "Share of buyers under contract with a competitor.", source="firstsales loss mix",
        trust="D",
    )  # fmt: skip
    timing_mean_days: float = quantity(
        100.0, "business days", "Mean time until the timing is right (exponential).",
        source="S3: months to years", trust="M", gt=0.0,
    )  # fmt: skip
    contract_mean_days: float = quantity(
        336.0, "business days", "Mean time until a competitor's contract is up (exponential).",
        source="Pacific Crest 2015-16: contracts of 1.3 to 1.5 years", trust="B", gt=0.0,
    )  # fmt: skip
    fiscal_year_end: tuple[
        Month, Month, Month, Month, Month, Month, Month, Month, Month, Month, Month, Month
    ] = quantity(
        (5.0, 7.0, 19.0, 5.0, 8.0, 9.0, 7.0, 9.0, 10.8, 4.0, 5.0, 10.2),
        "relative weight", "Weight of fiscal years ending in January to December.",
        source="National Tax Agency FY2017 for March, September, December; the rest spread",
        trust="A",
    )  # fmt: skip

    @model_validator(mode="after")
    def _a_mix(self) -> Self:
        total = self.no_budget + self.wrong_timing + self.with_competitor
        if total > 1.0 + 1e-9:
            raise ValueError(
                "no_budget + wrong_timing + with_competitor are shares of all buyers and add up "
                f"to {total:g}; they must not exceed 1 (what remains has no obstacle)"
            )
        if sum(self.fiscal_year_end) <= 0.0:
            raise ValueError("fiscal_year_end needs at least one month with a weight above 0")
        return self


class Deal(Part):
    """What a buyer is worth if it buys."""

    median: float = quantity(
        70000.0, "currency per month", "Median monthly recurring revenue of a contract.",
        source="default company: small-business SaaS in Japan", trust="M", gt=0.0,
    )  # fmt: skip
    p90: float = quantity(
        200000.0, "currency per month", "90th percentile of the same (lognormal).",
        source="default company", trust="M", gt=0.0,
    )  # fmt: skip
    one_off_months: float = quantity(
        24.0, "months", "Price of a one-off sale, in months of the subscription it replaces.",
        source="default company", trust="M", gt=0.0,
    )  # fmt: skip

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.p90 < self.median:
            raise ValueError(f"p90 ({self.p90:g}) must not be below median ({self.median:g})")
        return self


class Interest(Part):
    """A new inquiry is hot and cools: chance of reaching it x (1 + t / tau) ^ -k."""

    tau_hours: float = quantity(
        1.0, "working hours", "Time scale of cooling.",
        source="fit to SalesUp 2025, 10,000 leads", trust="C", gt=0.0,
    )  # fmt: skip
    k: float = quantity(
        0.55, "exponent", "Speed of cooling (0 = never cools; 0.2 mostly selection, 1.0 extreme).",
        source="fit to SalesUp 2025, 10,000 leads", trust="C", ge=0.0, le=3.0, span=(0.2, 1.0),
    )  # fmt: skip


class Trust(Part):
    """What costs a buyer's trust (it starts at 1 and never falls below 0)."""

    re_explained: float = share(
        0.10, "Lost each time the buyer must explain itself again.", source="S3", trust="M"
    )
    broken_promise: float = share(
        0.20, "Lost each time a promise is taken back.", source="S3", trust="M"
    )
    late_answer: float = share(
        0.05, "Lost each time a claim is answered late.", source="S3", trust="M"
    )
    ai_error: float = share(
        0.08, "Lost each time an unchecked AI error reaches the buyer.", source="S3", trust="M"
    )


class Start(Part):
    """What the company has when the run begins."""

    loaded: bool = choice(True, "Begin with customers, open pipeline and parked buyers, or empty.")
    customers: int = quantity(
        520, "customers", "Paying customers at the start.",
        source="default company", trust="M", ge=0,
        le=10_000_000,
    )  # fmt: skip
    tenure_mean_days: float = quantity(
        360.0, "business days", "Mean time they have been customers (exponential).",
        source="default company, 18 months", trust="M", gt=0.0,
    )  # fmt: skip
    customer_fit_mean: float = quantity(
        0.6, "standard deviations", "Mean fit of those who stayed (selection).",
        source="selection by winning and staying", trust="M", ge=-5.0, le=5.0,
    )  # fmt: skip
    opportunities: int = quantity(
        90, "buyers", "Open opportunities at the start.", source="default company", trust="M", ge=0,
        le=10_000_000,
    )  # fmt: skip
    parked: int = quantity(
        600, "buyers", "Buyers lost or turned away earlier, in the recycling pool.",
        source="default company", trust="M", ge=0, le=10_000_000,
    )  # fmt: skip


def _default_channels() -> dict[str, Channel]:
    return {
        "website": Channel(leads_per_day=8.0, fit_mean=0.2, spend_per_month=500_000.0, reach=0.5),
        "referral": Channel(
            leads_per_day=2.0, fit_mean=0.9, spend_per_month=150_000.0, reach=0.7,
            spend_elasticity=0.3,
        ),
        "webinar": Channel(leads_per_day=6.0, fit_mean=0.0, spend_per_month=800_000.0, reach=0.45),
        "advertising": Channel(
            leads_per_day=10.0, fit_mean=-0.4, spend_per_month=1_500_000.0, reach=0.35,
            price_rises=True,
        ),
    }  # fmt: skip


class Market(Part):
    """The buyers: the truth that no department sees directly."""

    channels: dict[str, Channel] = Field(
        default_factory=_default_channels,
        description="Sources of inquiries, by name; at most 13. Their order is part of the identity"
        " of buyers: add new ones at the end.",
    )
    arrivals: Arrivals = block(Arrivals, "How inquiries spread over days and months.")
    start_month: int = quantity(
        4, "month 1..12", "Calendar month in which the run begins (fiscal years, seasons).",
        source="Japanese fiscal year", trust="M", ge=1, le=12,
    )  # fmt: skip
    ad_cost_growth_per_year: float = quantity(
        0.0, "share per year", "Yearly rise of advertising prices on channels where price_rises.",
        source="HubSpot in S3: about 60 % of marketers call rising cost a problem", trust="C",
        ge=-0.9, le=10.0,
    )  # fmt: skip
    fit_sd: float = quantity(
        1.0, "standard deviations", "Spread of fit within a channel.", source="scale of fit",
        trust="calc", ge=0.0, le=5.0,
    )  # fmt: skip
    deal: Deal = block(Deal, "Deal size.")
    obstacles: Obstacles = block(Obstacles, "Obstacles and their clearing.")
    window_mean_days: float = quantity(
        160.0, "business days", "Mean time a buyer without obstacle stays in the market, then it"
        " buys elsewhere (exponential).", source="about the length of a long cycle", trust="M",
        gt=0.0,
    )  # fmt: skip
    interest: Interest = block(Interest, "How an inquiry cools.")
    patience_mean_days: float = quantity(
        25.0, "business days", "Mean silence that an open opportunity tolerates (exponential).",
        source="about a month", trust="M", gt=0.0,
    )  # fmt: skip
    trust: Trust = block(Trust, "What costs trust.")
    contact_decay_per_month: float = share(
        0.021, "Share of contact data that goes stale each month.", source="MarketingSherpa",
        trust="C",
    )  # fmt: skip

    @model_validator(mode="after")
    def _slots(self) -> Self:
        if len(self.channels) > 13:
            raise ValueError(f"market.channels holds {len(self.channels)} channels; at most 13")
        return self


SaleKind = Literal["subscription", "one_off"]
