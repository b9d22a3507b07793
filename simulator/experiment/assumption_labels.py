"""What assumptions are called: a few words for each, in place of its key in the files.

The key says where a number stands and how to change it; its meaning, in the schema, says exactly
what it is. A label is what a chart has room for, and what a leader reads.
"""

from __future__ import annotations

from simulator.experiment.attribution_words import factor_said
from simulator.languages.messages import marked, say
from simulator.metrics.definitions import TEAMS
from simulator.metrics.team_labels import team_label

_STAFF = {"revops": marked("RevOps¦team"), "enablement": marked("Enablement¦team")}
# By path; ``*`` stands for what may have any of several names: a channel, a team, a mechanism.
_LABELS = {
    "gross_margin": marked("Gross margin"),
    "market.ad_cost_growth_per_year": marked("Advertising prices: yearly rise"),
    "market.channels.*.leads_per_day": marked("Channel {name}: inquiries a day"),
    "market.channels.*.fit_mean": marked("Channel {name}: how well its buyers fit"),
    "market.channels.*.reach": marked("Channel {name}: chance that a call gets through"),
    "market.channels.*.spend_elasticity": marked("Channel {name}: what more budget brings"),
    "market.channels.*.spend_per_month": marked("Channel {name}: budget a month"),
    "market.contact_decay_per_month": marked("Contact data: share out of date after a month"),
    "market.deal.median": marked("Price of a contract: median"),
    "market.deal.p90": marked("Price of a contract: the largest tenth begins here"),
    "market.deal.one_off_months": marked("One-off price, in months of a subscription"),
    "market.interest.k": marked("Buyers' interest: how steeply it cools"),
    "market.interest.tau_hours": marked("Buyers' interest: hours until it cools"),
    "market.obstacles.contract_mean_days": marked("Competitor's contract: days until it ends"),
    "market.obstacles.no_budget": marked("Share of buyers without a budget"),
    "market.obstacles.timing_mean_days": marked("Wrong timing: days until it is right"),
    "market.obstacles.with_competitor": marked("Share of buyers bound to a competitor"),
    "market.obstacles.wrong_timing": marked("Share of buyers for whom it is too early"),
    "market.patience_mean_days": marked("Buyers' patience: days of silence they bear"),
    "market.trust.ai_error": marked("Trust lost by an error of AI"),
    "market.trust.broken_promise": marked("Trust lost by a broken promise"),
    "market.trust.late_answer": marked("Trust lost by a late answer"),
    "market.trust.re_explained": marked("Trust lost by having to explain again"),
    "market.window_mean_days": marked("Buyers in the market: days until they buy elsewhere"),
    "mechanisms.*.strength": marked("Strength of a mechanism: {name}"),
    "counter_forces.coordination.hours_per_week": marked("Sharing: hours of coordination a week"),
    "counter_forces.free_riding.peer_monitoring": marked(
        "Free riding: how much colleagues' eyes restore"
    ),
    "counter_forces.free_riding.phi": marked("Free riding: effort lost when a result is shared"),
    "counter_forces.late_outcomes.error": marked("Sharing: error by outcomes that come late"),
    "definitions.drift": marked("Definitions: how fast departments drift apart"),
    "definitions.feedback": marked("Feedback: share of outcomes that come back"),
    "definitions.learnable": marked("Feedback: error of scores it can remove"),
    "definitions.learning_outcomes": marked("Feedback: outcomes until half is learned"),
    "definitions.shared": marked("Definitions: how far they are shared"),
    "teams.*.attrition_per_year": marked("{name}: people who quit in a year"),
    "teams.*.buyer_share": marked("{name}: share of the day for buyers"),
    "teams.*.cross_trained_speed": marked("{name}: speed of cross-trained people"),
    "teams.*.loading": marked("{name}: employer's cost over pay"),
    "teams.*.pay_per_year": marked("{name}: yearly pay"),
    "teams.*.ramp_days": marked("{name}: days until a new hire is up to speed"),
    "teams.*.ramp_start": marked("{name}: speed of a new hire on day one"),
    "teams.*.skill_spread": marked("{name}: how far people's speeds differ"),
    "teams.*.time_to_fill_days": marked("{name}: days until a leaver is replaced"),
    "teams.*.hours_per_day": marked("{name}: working hours a day"),
    "teams.*.leave_per_year": marked("{name}: people who go on long leave in a year"),
    "teams.*.leave_days": marked("{name}: days that a long leave lasts"),
    "work.marketing.screening": marked("Marketing: hours to look at an inquiry"),
    "work.marketing.score_noise": marked("Marketing: error of its score"),
    "work.marketing.nurturing": marked("Marketing: hours to nurture a lead"),
    "work.marketing.nurture_wait": marked("Marketing: rest between two looks at a lead"),
    "work.inside_sales.attempt": marked("Inside sales: hours of a contact attempt"),
    "work.inside_sales.retry": marked("Inside sales: time until the next attempt"),
    "work.inside_sales.max_attempts": marked("Inside sales: attempts before giving up"),
    "work.inside_sales.talk": marked("Inside sales: hours of a discovery talk"),
    "work.inside_sales.discovery_noise": marked("Inside sales: error of its impression"),
    "work.inside_sales.agrees_intercept": marked("Inside sales: buyers ready to meet"),
    "work.inside_sales.agrees_fit": marked("Inside sales: how much fit decides a meeting"),
    "work.inside_sales.agrees_obstacle": marked(
        "Inside sales: how much obstacles hinder a meeting"
    ),
    "work.inside_sales.recontact_reach": marked("Inside sales: reach of recycled buyers"),
    "work.field_sales.meeting": marked("Field sales: hours of a meeting"),
    "work.field_sales.meetings": marked("Field sales: meetings until a buyer decides"),
    "work.field_sales.thinking": marked("Field sales: buyer's time between meetings"),
    "work.field_sales.extra_meeting": marked("Field sales: length of asking all again"),
    "work.field_sales.meeting_noise": marked("Field sales: error of its impression"),
    "work.field_sales.comfortable_load": marked("Field sales: deals a person can handle well"),
    "work.field_sales.win_intercept": marked("Field sales: chance of an average deal"),
    "work.field_sales.win_fit": marked("Field sales: how much fit decides a deal"),
    "work.field_sales.win_effort": marked("Field sales: how much effort decides a deal"),
    "work.field_sales.win_promise": marked("Field sales: what overpromising wins"),
    "work.field_sales.win_trust": marked("Field sales: how much trust decides a deal"),
    "work.field_sales.win_obstacle": marked("Field sales: how much obstacles cost a deal"),
    "work.customer_success.onboarding": marked("Customer success: hours of an onboarding"),
    "work.customer_success.onboarding_due": marked(
        "Customer success: days until onboarding is late"
    ),
    "work.customer_success.onboarding_missing": marked(
        "Customer success: extra work without information"
    ),
    "work.customer_success.review": marked("Customer success: hours of a review"),
    "work.customer_success.claim": marked("Customer success: hours to answer a claim"),
    "work.customer_success.claim_due": marked("Customer success: days until an answer is late"),
    "work.customer_success.claims_per_month": marked("Customer success: claims a month"),
    "work.customer_success.claims_gap": marked(
        "Customer success: more claims by broken expectations"
    ),
    "recycling.max_passes": marked("Recycling: times that a buyer comes back at most"),
    "recycling.remembered": marked("Recycling: share that somebody remembers"),
    "recycling.timed_delay": marked("Recycling: delay after the obstacle is gone"),
    "recycling.untimed": marked("Recycling: wait where no reason is on file"),
    "handoffs.recording": marked("Handoffs: hours to record everything"),
    "handoffs.one_system_saves": marked("Handoffs: recording time one system saves"),
    "handoffs.tool_cost_per_person": marked("Handoffs: licences per person"),
    "handoffs.keeps_spoken": marked("Handoffs: share kept when only spoken"),
    "handoffs.keeps_written": marked("Handoffs: share kept in writing"),
    "handoffs.keeps_one_system": marked("Handoffs: share kept in one system"),
    "churn.monthly_at_one_year": marked("Churn: rate of a well-served customer"),
    "churn.early_exit": marked("Churn: leaving inside a longer term"),
    "churn.tenure_shape": marked("Churn: how fast it falls with tenure"),
    "churn.fit": marked("Churn: how much fit keeps a customer"),
    "churn.gap": marked("Churn: what broken expectations cost"),
    "churn.gap_memory_days": marked("Churn: days until a broken expectation is forgotten"),
    "churn.late_onboarding": marked("Churn: what a late onboarding costs"),
    "churn.neglect": marked("Churn: what a year without contact costs"),
    "churn.trust": marked("Churn: what lost trust costs"),
    "expansion.intercept": marked("Expansion: chance at a review"),
    "expansion.fit": marked("Expansion: how much fit helps"),
    "expansion.health": marked("Expansion: how much health helps"),
    "expansion.low": marked("Expansion: smallest"),
    "expansion.high": marked("Expansion: largest"),
    "expansion.contraction_per_month": marked("Contraction: share of customers a month"),
    "support.enablement_discovery": marked("Enablement: error of impressions it removes"),
    "support.enablement_ramp": marked("Enablement: ramp time it saves"),
    "support.revops_definition": marked("RevOps: how far it makes definitions shared"),
    "support.revops_feedback": marked("RevOps: how far it brings outcomes back"),
    "support.revops_handoff": marked("RevOps: losses at handoffs it removes"),
    "support.span": marked("Staff: people that one of them serves"),
    "rotation.understanding": marked("Rotation: loss at a handoff it avoids"),
    "recovery.recovers": marked("Asking around: share of lost information found"),
    "recovery.extra_hours": marked("Asking around: hours to recover everything"),
    "ai.*.accuracy": marked("AI in {name}: share of outputs that are right"),
    "ai.*.check_hours": marked("AI in {name}: hours to check an output"),
    "ai.*.insight": marked("AI in {name}: what it sees that people miss"),
    "ai.*.time_saved": marked("AI in {name}: working time it saves"),
    "ai.*.novice_bonus": marked("AI in {name}: more time it saves new hires"),
    "market.arrivals.dispersion": marked("Inquiries: how irregularly they come"),
    "market.fit_sd": marked("Buyers' fit: how far buyers differ"),
    "start.customers": marked("At the start: customers"),
    "start.opportunities": marked("At the start: open opportunities"),
    "start.parked": marked("At the start: buyers waiting for recycling"),
    "start.customer_fit_mean": marked("At the start: how well customers fit"),
    "start.tenure_mean_days": marked("At the start: how long customers have stayed"),
}  # fmt: skip


def assumption_label(path: str) -> str:
    """Name an assumption in a few words; what has no label is called by its key, in words.

    Parameters
    ----------
    path : str
        Dotted path of its key.
    """
    found = _found(path)
    if found is None:
        return path.replace(".", ": ", 1).replace(".", " ").replace("_", " ")
    text, name = found
    return say(text, name=_said(name)) if name else say(text)


def _found(path: str) -> tuple[str, str] | None:
    """Return the text for a path, and the name that it leaves open."""
    if path in _LABELS:
        return _LABELS[path], ""
    parts = path.split(".")
    for place, part in enumerate(parts):
        pattern = ".".join([*parts[:place], "*", *parts[place + 1 :]])
        if pattern in _LABELS:
            return _LABELS[pattern], part
    return None


def _said(name: str) -> str:
    if name in _STAFF:
        return say(_STAFF[name])
    if name in TEAMS:
        return team_label(name)
    return factor_said(name)
