"""What departments are measured on, what they decide, and which causal links are switched on."""

from __future__ import annotations

from pydantic import Field

from simulator.scenario.fields import Part, block, choice, quantity, share

_ARTICLES = "S0, S3; stated practice of the default company"


class Kpi(Part):
    """Weight of the shared KPI in each department's measure: 0 its own only, 1 shared only."""

    marketing: float = share(
        0.3, "MQL count, CPA (0) to opportunity rate, LTV (1).", source=_ARTICLES, trust="M"
    )
    inside_sales: float = share(
        0.3, "Appointments, activities (0) to opportunity rate, win contribution (1).",
        source=_ARTICLES, trust="M"
    )  # fmt: skip
    field_sales: float = share(
        0.3,
        "Bookings, lead time (0) to retention of what it sold (1).",
        source=_ARTICLES,
        trust="M",
    )
    customer_success: float = share(
        0.3, "Claims, churn (0) to NRR, expansion (1).", source=_ARTICLES, trust="M"
    )


class MarketingDecisions(Part):
    """What marketing decides."""

    mql_cutoff: float = quantity(
        -0.2, "score, standard deviations of fit", "Lowest score that is passed on as an MQL.",
        source=_ARTICLES, trust="M", ge=-10.0, le=10.0, chosen=(-1.5, 1.5),
    )  # fmt: skip
    channel_mix: dict[str, float] = Field(
        default_factory=dict,
        description="Factor on the base budget per channel (missing: 1); budgets are rescaled so"
        " that total spend stays what the channels state.",
        json_schema_extra={"unit": "factor", "source": _ARTICLES, "trust": "M"},
    )


class InsideSalesDecisions(Part):
    """What inside sales decides."""

    booking_cutoff: float = share(
        0.10,
        "Lowest estimated chance of winning that is passed on as an SQL.",
        source=_ARTICLES,
        trust="M",
        chosen=(0.0, 0.4),
    )
    discovery_depth: float = share(
        0.6, "Depth of the discovery talk.", source=_ARTICLES, trust="M", chosen=(0.0, 1.0)
    )
    recycle_share: float = share(
        0.15, "Share of the calling time reserved for recycled buyers (systematic recycling).",
        source=_ARTICLES, trust="M", chosen=(0.0, 0.6),
    )  # fmt: skip
    recording: float = share(
        0.5,
        "Share of what it learned that it records.",
        source=_ARTICLES,
        trust="M",
        chosen=(0.0, 1.0),
    )


class FieldSalesDecisions(Part):
    """What field sales decides."""

    walk_away_cutoff: float = share(
        0.06, "Estimated chance below which it gives an opportunity up after the first meeting.",
        source=_ARTICLES, trust="M", chosen=(0.0, 0.3),
    )  # fmt: skip
    promise: float = share(
        0.3,
        "How far it promises beyond what will be delivered.",
        source=_ARTICLES,
        trust="M",
        chosen=(0.0, 1.0),
    )
    recording: float = share(
        0.5,
        "Share of what it learned that it records and hands over.",
        source=_ARTICLES,
        trust="M",
        chosen=(0.0, 1.0),
    )
    record_loss_reason: float = share(
        0.4,
        "Share of losses whose true reason it records.",
        source="Clozd: up to 85 % wrong",
        trust="C",
        chosen=(0.0, 1.0),
    )


class CustomerSuccessDecisions(Part):
    """What customer success decides."""

    proactive_share: float = share(
        0.25,
        "Share of its time for reviews and expansion even while claims wait.",
        source=_ARTICLES,
        trust="M",
        chosen=(0.0, 0.8),
    )


class Decisions(Part):
    """What each department does; the defaults are the neutral values of the mechanisms."""

    marketing: MarketingDecisions = block(MarketingDecisions, "Marketing.")
    inside_sales: InsideSalesDecisions = block(InsideSalesDecisions, "Inside sales.")
    field_sales: FieldSalesDecisions = block(FieldSalesDecisions, "Field sales.")
    customer_success: CustomerSuccessDecisions = block(
        CustomerSuccessDecisions, "Customer success."
    )


class Mechanism(Part):
    """One causal link."""

    active: bool = choice(
        True, "Off: its effect is nulled, its decision held at the neutral value."
    )
    strength: float = quantity(
        1.0, "factor", "Size of the effect; 0 is the same as off.",
        source="1 is the model as described",
        trust="M", ge=0.0, le=3.0,
    )  # fmt: skip


class Mechanisms(Part):
    """The ten causal links of silo damage, each with its own switch."""

    lead_volume: Mechanism = block(Mechanism, "1. Marketing's count rises as its cutoff falls.")
    cooling_interest: Mechanism = block(
        Mechanism, "2. Longer queues, later calls to good leads too."
    )
    source_stigma: Mechanism = block(
        Mechanism, "3. Inside sales stops pursuing sources that yield little."
    )
    appointment_volume: Mechanism = block(
        Mechanism, "4. Inside sales books whoever agrees to meet."
    )
    spread_effort: Mechanism = block(
        Mechanism, "5. Field sales spreads its hours over more opportunities."
    )
    overpromising: Mechanism = block(Mechanism, "6. More promises: more wins, claims and churn.")
    lost_information: Mechanism = block(
        Mechanism, "7. Recording costs the recorder and helps the next."
    )
    lost_reasons: Mechanism = block(Mechanism, "8. Unrecorded loss reasons: mistimed re-contacts.")
    fire_fighting: Mechanism = block(Mechanism, "9. Claims first: onboarding and reviews starve.")
    drifting_definitions: Mechanism = block(
        Mechanism, "10. Own definitions, no feedback: thresholds drift."
    )


class FreeRiding(Part):
    """Effort falls when everybody owns a result."""

    active: bool = choice(True, "Whether this force acts.")
    phi: float = share(
        0.12,
        "Loss of effort at a fully shared measure.",
        source="Corgnet et al. 2013",
        trust="M",
        span=(0.0, 0.3),
    )
    peer_monitoring: float = share(
        0.3,
        "Share of that loss which colleagues' watching restores.",
        source="Corgnet et al. 2013",
        trust="M",
    )


class LateOutcomes(Part):
    """Shared outcomes arrive late and noisy, so decisions taken by them err."""

    active: bool = choice(True, "Whether this force acts.")
    error: float = quantity(
        0.12, "share of the decision's range", "Standard deviation of a quarter's error at a fully"
        " shared measure.",
        source="assumption; wins after about 84 days, LTV after a year", trust="M",
        ge=0.0, le=1.0,
    )  # fmt: skip


class Coordination(Part):
    """Sharing a measure takes meetings."""

    active: bool = choice(True, "Whether this force acts.")
    hours_per_week: float = quantity(
        1.0, "hours per person and week", "Coordination at a fully shared measure, off the time for"
        " buyers.", source=_ARTICLES, trust="M", ge=0.0, le=40.0,
    )  # fmt: skip


class StrictGates(Part):
    """A cutoff is a cutoff, even when field sales has nothing to do."""

    active: bool = choice(
        True, "Off: the booking cutoff is waived while a field-sales person is idle."
    )


class RotationCost(Part):
    """Rotation costs specialization."""

    active: bool = choice(True, "Off: somebody who rotates works at full speed at once.")


class CounterForces(Part):
    """Forces that can make shared measures lose."""

    free_riding: FreeRiding = block(FreeRiding, "Less effort.")
    late_outcomes: LateOutcomes = block(LateOutcomes, "Errors from late and noisy outcomes.")
    coordination: Coordination = block(Coordination, "Hours for coordination.")
    strict_gates: StrictGates = block(StrictGates, "Idle field sales behind strict gates.")
    rotation_cost: RotationCost = block(RotationCost, "Ramp after rotation.")


class Assistance(Part):
    """AI assistance in one department."""

    active: bool = choice(False, "Whether it is used.")
    time_saved: float = share(
        0.13, "Working time saved for people of average tenure (+15 % output).",
        source="Brynjolfsson, Li, Raymond 2025", trust="A"
    )  # fmt: skip
    novice_bonus: float = share(
        0.10, "Further time saved for somebody still ramping (novices +30 %).",
        source="Brynjolfsson, Li, Raymond 2025", trust="A"
    )  # fmt: skip
    insight: float = share(
        0.25,
        "What it adds: share of marketing's error removed, of untimed re-contacts timed, of lost"
        " effort restored, of customers at risk noticed in a month.",
        source="assumption",
        trust="M",
        span=(0.0, 0.5),
    )
    accuracy: float = share(
        0.93,
        "Share of outputs that are right.",
        source="field errors 2-10 %, trade knowledge",
        trust="M",
        span=(0.90, 0.98),
    )
    checked: float = share(
        0.8, "Share of outputs that people check.", source="S3: verify, do not swallow", trust="M"
    )
    check_hours: float = quantity(
        0.05,
        "hours",
        "Time to check one output.",
        source="trade experience",
        trust="M",
        ge=0.0,
        le=8.0,
    )


class AiAssistance(Part):
    """Where AI assists: content, contact priority, proposals, churn warning."""

    marketing: Assistance = block(Assistance, "Content; an error scores an inquiry at random.")
    inside_sales: Assistance = block(
        Assistance, "Contact priority; an error hands over wrong facts."
    )
    field_sales: Assistance = block(Assistance, "Proposals; an error promises what is not there.")
    customer_success: Assistance = block(
        Assistance, "Churn warning; an error alarms the wrong customer."
    )


class Support(Part):
    """What RevOps and Sales Enablement staff do for the rest."""

    span: float = quantity(
        14.0, "people", "People of the four departments that one staff member serves fully.",
        source="trade experience",
        trust="M", gt=0.0,
    )  # fmt: skip
    revops_handoff: float = share(
        0.6,
        "Share of handoff losses that full RevOps coverage removes.",
        source="S0, S3",
        trust="M",
    )
    revops_definition: float = share(
        0.8, "Shared definitions under full RevOps coverage.", source="S3", trust="M"
    )
    revops_feedback: float = share(
        0.8, "Feedback under full RevOps coverage.", source="S3", trust="M"
    )
    enablement_ramp: float = share(
        0.35, "Share of ramp time that full enablement coverage saves.", source="S0", trust="M"
    )
    enablement_discovery: float = share(
        0.2,
        "Share of the error of inside sales' impression that full enablement removes.",
        source="S0",
        trust="M",
    )


class Recovery(Part):
    """Person-dependent recovery: a few strong people cover for the process, until they leave."""

    strong_share: float = share(
        0.0, "Share of people who run after lost information.", source="S0", trust="M"
    )
    recovers: float = share(
        0.8, "Share of missing information they recover by asking around.", source="S0", trust="M"
    )
    extra_hours: float = quantity(
        0.6,
        "hours",
        "Time to recover all of a buyer's information.",
        source="trade experience",
        trust="M",
        ge=0.0,
        le=40.0,
    )


class Definitions(Part):
    """Whether departments mean the same by MQL and SQL, and hear what became of them."""

    shared: float = share(
        0.2,
        "How far definitions are shared.",
        source="S0, S3; LeadSpot 2026: 31 % against 8 %",
        trust="C",
    )
    feedback: float = share(
        0.2, "Share of outcomes that reach those who passed the buyer on.", source="S3", trust="M"
    )
    drift: float = quantity(
        0.5,
        "share per month",
        "How far a department's cutoff follows what it sees locally.",
        source="S0",
        trust="M",
        ge=0.0,
        le=1.0,
    )
    learning_outcomes: float = quantity(
        150.0,
        "recorded outcomes",
        "Fed-back outcomes after which half of the learnable error is gone.",
        source="assumption",
        trust="M",
        gt=0.0,
    )
    learnable: float = share(
        0.5,
        "Share of the scoring error that feedback can remove.",
        source="Sabnis et al. 2013",
        trust="M",
    )
