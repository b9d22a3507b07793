"""What a scenario may say about the work of each department and the handoffs between them."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import model_validator

from simulator.scenario.fields import (
    Constant,
    Exponential,
    Law,
    Lognormal,
    Part,
    Uniform,
    choice,
    law,
    quantity,
    share,
)

_TRADE = "trade experience"


class MarketingWork(Part):
    """Screening inquiries; nurturing what is not ready."""

    screening: Law = law(
        Lognormal(law="lognormal", unit="hours", median=0.15, p90=0.45),
        "Work on one inquiry.", source=_TRADE, trust="M",
    )  # fmt: skip
    nurturing: Law = law(
        Lognormal(law="lognormal", unit="hours", median=0.15, p90=0.4),
        "Work to nurture and look again.", source=_TRADE, trust="M",
    )  # fmt: skip
    nurture_wait: Law = law(
        Exponential(law="exponential", unit="days", mean=40.0),
        "Rest between two looks.", source=_TRADE, trust="M",
    )  # fmt: skip
    nurture_rounds: int = quantity(
        2, "looks", "Further looks before an inquiry is dropped.",
        source=_TRADE, trust="M", ge=0, le=50
    )  # fmt: skip
    score_noise: float = quantity(
        1.5, "standard deviations of fit", "Error of marketing's score (the mean of several looks"
        " errs less).", source="acceptance of MQLs 5-44 % (Gartner, Omegapoint)", trust="C", ge=0.0,
        le=20.0,
    )  # fmt: skip


class InsideSalesWork(Part):
    """Reaching buyers, discovery talks, booking meetings."""

    attempt: Law = law(
        Lognormal(law="lognormal", unit="hours", median=0.085, p90=0.18),
        "One contact attempt with its preparation.", source="40-50 dials a day (wsf-is)", trust="C",
    )  # fmt: skip
    talk: Law = law(
        Lognormal(law="lognormal", unit="hours", median=0.6, p90=1.2),
        "A discovery talk of full depth.", source=_TRADE, trust="M",
    )  # fmt: skip
    retry: Law = law(
        Exponential(law="exponential", unit="days", mean=2.0),
        "Time until the next attempt.", source=_TRADE, trust="M",
    )  # fmt: skip
    max_attempts: int = quantity(
        6, "attempts", "Attempts before a buyer counts as not reachable.",
        source="Velocify: 93 % of those who convert are reached by call 6", trust="B", ge=1, le=100,
    )  # fmt: skip
    recontact_reach: float = share(
        0.18,
        "Chance of reaching a recycled buyer against that of a fresh inquiry.",
        source="Gong 2024: 5.4-13.3 % a cold dial, against 45 % for a hot inquiry",
        trust="C",
        span=(0.12, 0.30),
    )
    discovery_noise: float = quantity(
        0.9, "standard deviations of fit", "Error of the impression after a talk of full depth.",
        source="between marketing's and field sales' error", trust="M", ge=0.0, le=20.0,
    )  # fmt: skip
    agrees_intercept: float = quantity(
        0.6, "log odds", "A reached buyer of average fit without obstacle agrees to a meeting.",
        source="assumption of the default company", trust="M", ge=-50.0, le=50.0,
    )  # fmt: skip
    agrees_fit: float = quantity(
        0.8, "log odds per standard deviation", "Better fit, readier to meet.", source=_TRADE,
        trust="M", ge=0.0, le=20.0,
    )  # fmt: skip
    agrees_obstacle: float = quantity(
        1.2, "log odds", "An obstacle makes it less ready to meet.",
        source=_TRADE, trust="M", ge=0.0,
        le=50.0,
    )  # fmt: skip
    queue_rule: Literal["oldest_first", "newest_first"] = choice(
        "oldest_first", "Which new lead is called next."
    )


class FieldSalesWork(Part):
    """Meetings until the buyer decides."""

    meetings: int = quantity(
        3, "meetings", "Meetings before a buyer decides.", source=_TRADE, trust="M", ge=1, le=50
    )
    meeting: Law = law(
        Lognormal(law="lognormal", unit="hours", median=2.0, p90=3.5),
        "One meeting with preparation and proposal work.", source=_TRADE, trust="M",
    )  # fmt: skip
    extra_meeting: float = quantity(
        0.6, "share of a meeting",
        "Length of the extra talk when it must ask what was told before.",
        source="S3: explain from zero", trust="M", ge=0.0, le=5.0,
    )  # fmt: skip
    thinking: Law = law(
        Lognormal(law="lognormal", unit="days", median=16.0, p90=42.0),
        "The buyer's time between two meetings.",
        source="trade experience: two to three weeks between meetings", trust="M",
    )  # fmt: skip
    meeting_noise: float = quantity(
        0.5, "standard deviations of fit", "Error of the impression after a first meeting.",
        source=_TRADE, trust="M", ge=0.0, le=20.0,
    )  # fmt: skip
    win_intercept: float = quantity(
        -1.2, "log odds", "Chance that a buyer of average fit, full trust and no obstacle signs.",
        source="prototype of the model", trust="M", ge=-50.0, le=50.0,
    )  # fmt: skip
    win_fit: float = quantity(
        1.2, "log odds per standard deviation", "Better fit, likelier to sign.",
        source="prototype of the model", trust="M", ge=0.0, le=20.0,
    )  # fmt: skip
    win_trust: float = quantity(
        2.0, "log odds per unit of trust", "Lost trust, less likely to sign.",
        source="prototype of the model", trust="M", ge=0.0, le=50.0,
    )  # fmt: skip
    win_promise: float = quantity(
        1.0, "log odds per unit of promise",
        "Promising more than will be delivered wins contracts.",
        source="S3; Kim et al. 2019", trust="M", ge=0.0, le=20.0,
    )  # fmt: skip
    win_effort: float = quantity(
        1.5, "log odds per unit of effort", "Full effort against none.",
        source="Oliva & Sterman 2001: corners cut under load", trust="M", ge=0.0, le=20.0,
    )  # fmt: skip
    win_obstacle: float = quantity(
        2.5, "log odds", "An obstacle that has not cleared.", source="prototype of the model",
        trust="M", ge=0.0, le=50.0,
    )  # fmt: skip
    comfortable_load: float = quantity(
        20.0, "open opportunities per person", "Up to here a person gives every opportunity full"
        " effort.", source="15-30 open opportunities per AE, trade knowledge", trust="M", gt=0.0,
        span=(15.0, 30.0),
    )  # fmt: skip
    quota_per_month: float = quantity(
        330_000.0, "currency per month, per person and month",
        "Bookings that one person is to bring.", source="about 3 average contracts a month",
        trust="M", gt=0.0,
    )  # fmt: skip


class CustomerSuccessWork(Part):
    """Onboarding, claims, reviews."""

    onboarding: Law = law(
        Lognormal(law="lognormal", unit="hours", median=7.0, p90=14.0),
        "Work to onboard a customer of whom everything is known.", source=_TRADE, trust="M",
    )  # fmt: skip
    onboarding_missing: float = quantity(
        0.6, "factor per share missing", "More onboarding work when all information was lost.",
        source=_TRADE, trust="M", ge=0.0, le=20.0,
    )  # fmt: skip
    onboarding_due: float = quantity(
        10.0, "business days", "An onboarding finished later than this after the contract is late.",
        source=_TRADE, trust="M",
        gt=0.0,
    )  # fmt: skip
    claim: Law = law(
        Lognormal(law="lognormal", unit="hours", median=1.0, p90=2.6),
        "Answering one claim.", source=_TRADE, trust="M",
    )  # fmt: skip
    claim_due: float = quantity(
        2.0,
        "business days",
        "An answer that takes longer is late.",
        source=_TRADE,
        trust="M",
        gt=0.0,
    )
    claims_per_month: float = quantity(
        0.18, "claims per customer and month", "Rate of claims of a satisfied customer.",
        source=_TRADE, trust="M", ge=0.0, le=100.0,
    )  # fmt: skip
    claims_gap: float = quantity(
        2.0, "factor per unit of gap", "Claims grow with the expectation gap.",
        source="S3", trust="M",
        ge=0.0, le=50.0,
    )  # fmt: skip
    review: Law = law(
        Lognormal(law="lognormal", unit="hours", median=1.5, p90=3.0),
        "A proactive review with its preparation.", source=_TRADE, trust="M",
    )  # fmt: skip
    review_every: float = quantity(
        60.0, "business days", "A customer is due for a review this long after the last contact.",
        source="quarterly reviews", trust="M", gt=0.0,
    )  # fmt: skip


class Churn(Part):
    """Leaving: a monthly hazard that falls with tenure."""

    contract_months: int = quantity(
        1, "months", "Contract term: customers leave at its end (1: monthly contracts).",
        source="small-business SaaS", trust="M", ge=1, le=120,
    )  # fmt: skip
    early_exit: float = quantity(
        0.001, "share per month", "Customers that leave inside a longer term.",
        source="IBM Telco sample: 0.1 % a month in year one of annual contracts", trust="B", ge=0.0,
        le=1.0,
    )  # fmt: skip
    monthly_at_one_year: float = quantity(
        0.011, "hazard per month", "Hazard of a well-served average customer after a year.",
        source="assumption; small-business SaaS churns more, large-account SaaS less",
        trust="M", ge=0.0, le=10.0,
    )  # fmt: skip
    tenure_shape: float = quantity(
        0.7, "Weibull shape", "Below 1: the hazard falls with tenure.", source="catchjs, calc",
        trust="calc", ge=0.2, le=3.0,
    )  # fmt: skip
    fit: float = quantity(
        0.45, "log hazard per standard deviation", "Better fit stays longer.",
        source="Fader & Hardie: heterogeneity",
        trust="M", ge=0.0, le=20.0,
    )  # fmt: skip
    gap: float = quantity(
        1.2, "log hazard per unit of gap", "Broken expectations.", source="S3; Kim et al. 2019",
        trust="M", ge=0.0, le=20.0,
    )  # fmt: skip
    late_onboarding: float = quantity(
        0.4, "log hazard", "Onboarding twice as late as due or later.",
        source="assumed hazard ratio 0.5-1.0",  # of those served in time: 0 to log 2
        trust="M", ge=0.0, le=20.0, span=(0.0, 0.69),
    )  # fmt: skip
    neglect: float = quantity(
        0.5, "log hazard", "A year without any contact.", source="S3", trust="M", ge=0.0, le=20.0
    )  # fmt: skip
    trust: float = quantity(
        1.0, "log hazard per unit of lost trust", "A customer who feels deceived.", source="S3",
        trust="M", ge=0.0, le=20.0,
    )  # fmt: skip
    gap_memory_days: float = quantity(
        180.0, "business days", "Time scale on which an expectation gap is forgotten.",
        source=_TRADE,
        trust="M", gt=0.0,
    )  # fmt: skip


class Expansion(Part):
    """Growing and shrinking contracts."""

    intercept: float = quantity(
        -2.5, "log odds", "An average customer expands at a review.",
        source="assumption of the default company",
        trust="M", ge=-50.0, le=50.0,
    )  # fmt: skip
    fit: float = quantity(
        0.6, "log odds per standard deviation", "Better fit expands.",
        source=_TRADE, trust="M", ge=0.0,
        le=20.0,
    )  # fmt: skip
    health: float = quantity(
        0.03, "log odds per health point above 50", "Healthy customers expand.", source=_TRADE,
        trust="M", ge=0.0, le=1.0,
    )  # fmt: skip
    low: float = quantity(
        0.10, "share of MRR", "Smallest expansion.", source=_TRADE, trust="M", ge=0.0, le=10.0
    )
    high: float = quantity(
        0.40, "share of MRR", "Largest expansion.", source=_TRADE, trust="M", ge=0.0, le=10.0
    )
    contraction_per_month: float = quantity(
        0.002, "share per month", "Customers of health 50 that shrink their contract by as much.",
        source="assumption of the default company", trust="M", ge=0.0, le=1.0,
    )  # fmt: skip

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.high < self.low:
            raise ValueError(f"high ({self.high:g}) must not be below low ({self.low:g})")
        return self


class HealthWeights(Part):
    """What the health score is made of; the weights add up to 1."""

    usage: float = share(0.4, "Weight of usage.", source="design choice", trust="M")
    claims: float = share(
        0.2, "Weight of open claims and open promises.", source="design choice", trust="M"
    )
    onboarding: float = share(
        0.2, "Weight of timely onboarding.", source="design choice", trust="M"
    )
    contact: float = share(0.2, "Weight of recent contact.", source="design choice", trust="M")

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        total = self.usage + self.claims + self.onboarding + self.contact
        if abs(total - 1.0) > 1e-9:
            raise ValueError(f"the health weights add up to {total:g}; they must add up to 1")
        return self


class Handoffs(Part):
    """The baton: how what is known moves to the next stage."""

    medium: Literal["spoken", "written", "one_system"] = choice(
        "written",
        "How the baton is passed: word of mouth and chat, written notes in several tools,"
        " or one shared system.", source="S0, S3",
    )  # fmt: skip
    keeps_spoken: float = share(
        0.48,
        "Share kept when it is only spoken about.",
        source="Bhabra 2007, medical handover",
        trust="A",
    )
    keeps_written: float = share(
        0.97, "Share of what was recorded that arrives in writing.", source="Bhabra 2007", trust="A"
    )
    keeps_one_system: float = share(
        0.99, "Share of what was recorded that is seen in one system.",
        source="Bhabra 2007, printed 0.998",
        trust="A",
    )  # fmt: skip
    recording: Law = law(
        Constant(law="constant", unit="hours", value=0.45),
        "Time to record everything that was learned before a handoff.", source=_TRADE, trust="M",
    )  # fmt: skip
    one_system_saves: float = share(
        0.3, "Recording time that one integrated system saves.",
        source="admin time saved 30-50 %, S3",
        trust="D",
        span=(0.3, 0.5),
    )  # fmt: skip
    tool_cost_per_person: float = quantity(
        15_000.0, "currency per person and month", "Licences.", source=_TRADE, trust="M", ge=0.0
    )


class Recycling(Part):
    """How lost and parked buyers come back (S3: the strength of THE MODEL)."""

    mode: Literal["systematic", "discretionary", "none"] = choice(
        "discretionary", "An owner, a queue and time; spare time; or never.", source="S3",
    )  # fmt: skip
    remembered: float = share(
        0.3, "Without a system, share of parked buyers that anybody thinks of again.",
        source="S3's danger answer", trust="M",
    )  # fmt: skip
    untimed: Law = law(
        Exponential(law="exponential", unit="days", mean=120.0),
        "When a buyer without a recorded reason is tried again.", source=_TRADE, trust="M",
    )  # fmt: skip
    timed_delay: Law = law(
        Exponential(law="exponential", unit="days", mean=5.0),
        "Delay of the call after the obstacle's recorded clearing.", source=_TRADE, trust="M",
    )  # fmt: skip
    max_passes: int = quantity(
        4, "passes", "A buyer is recycled at most this often.",
        source="bank telemarketing: yield falls by touch",
        trust="B", ge=0, le=100,
    )  # fmt: skip
    win_back_wait: Law = law(
        Uniform(law="uniform", unit="days", low=80.0, high=240.0),
        "When a customer who left is approached again.", source=_TRADE, trust="M",
    )  # fmt: skip
