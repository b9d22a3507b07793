"""What a scenario amounts to in numbers, taken from the reference's own reading of it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.compiled.layout import LAW, NOBODY, PARAMETERS, STEP, Record, Records
from simulator.organization import judgment
from simulator.organization.customer_success import CLAIMS_JUMP_DAYS
from simulator.organization.inside_sales import reach_by_slot
from simulator.organization.intake import BEFORE, inquiries_expected
from simulator.organization.journal import DAYS_PER_MONTH, DEPARTMENTS, SLOTS, Team, TrustCause
from simulator.organization.simulation import Organization
from simulator.scenario.behavior import Mechanism
from simulator.scenario.schema import Scenario

_YEAR_DAYS = 12.0 * DAYS_PER_MONTH


def parameters(
    scenario: Scenario, seed: int, replication: int, keeps_journal: bool
) -> tuple[Records, Records, Records, NDArray[np.float64], NDArray[np.float64]]:
    """Return everything that a run reads and never changes.

    Parameters
    ----------
    scenario, seed, replication
        As for :func:`simulator.organization.simulation.run`.
    keeps_journal : bool
        Whether all rows are kept; otherwise places of buyers that can do nothing more are used
        again.

    Returns
    -------
    p, laws, steps : array of PARAMETERS, of LAW, of STEP
    upto, daily : ndarray of float64, (channel, day)
        Inquiries expected up to each midnight, and on each day.

    Raises
    ------
    ValueError
        If seed or replication is out of range.
    """
    org = Organization(scenario, seed, replication)
    table = np.zeros(1, PARAMETERS)
    p: Record = table[0]
    p["key"] = org.key
    p["horizon"] = org.horizon
    p["keeps_journal"] = keeps_journal
    _buyers(p, scenario, org)
    _people(p, scenario, org)
    _work(p, scenario, org)
    _customers(p, scenario)
    _information(p, scenario, org)
    _decisions(p, scenario, org)
    upto, daily = _inquiries(p, scenario, org)
    return table, _laws(scenario, org), _steps(scenario), upto, daily


def _fill(p: Record, values: dict[str, Any]) -> None:
    for name, value in values.items():
        p[name] = value


def _strength(mechanism: Mechanism) -> float:
    return mechanism.strength if mechanism.active else 0.0


def _buyers(p: Record, s: Scenario, org: Organization) -> None:
    market, start, truth = s.market, s.start, org.truth
    channels = list(market.channels.values())
    _fill(p, {
        "channels": len(channels),
        "start_month": market.start_month,
        "fit_sd": market.fit_sd,
        "mu": truth.mu,
        "sigma": truth.sigma,
        "obstacle_bounds": truth.obstacle_bounds,
        "year_end_bounds": truth.year_end_bounds,
        "timing_mean": market.obstacles.timing_mean_days,
        "contract_mean": market.obstacles.contract_mean_days,
        "window_mean": market.window_mean_days,
        "tau_hours": market.interest.tau_hours,
        "k": market.interest.k * _strength(s.mechanisms.cooling_interest),
        "patience_mean": market.patience_mean_days,
        "valid_per_month": 1.0 - market.contact_decay_per_month,
        "trust_costs": [org.trust_costs[cause] for cause in TrustCause],
        "loaded": start.loaded,
        "customers": start.customers,
        "opportunities": start.opportunities,
        "parked": start.parked,
        "tenure_mean": start.tenure_mean_days,
        "customer_fit_mean": start.customer_fit_mean,
        "promise_before": BEFORE.field_sales.promise,
        "recording_before": BEFORE.inside_sales.recording,
        "reasons_before": BEFORE.field_sales.record_loss_reason,
        "subscription": s.sale == "subscription",
        "reach": reach_by_slot(market),
    })  # fmt: skip
    p["fit_mean"][: len(channels)] = [channel.fit_mean for channel in channels]


def _people(p: Record, s: Scenario, org: Organization) -> None:
    for team in Team:
        plan = getattr(s.teams, team.name.lower())
        for name, value in {
            "people": plan.people,
            "hours_per_day": plan.hours_per_day,
            "buyer_share": plan.buyer_share,
            "cross_speed": plan.cross_trained_speed,
            "cross_trained": plan.cross_trained,
            "ramp_days": plan.ramp_days,
            "ramp_start": plan.ramp_start,
            "skill_spread": plan.skill_spread,
            "quit_rate": _per_day(plan.attrition_per_year),
            "leave_rate": _per_day(plan.leave_per_year),
            "leave_days": plan.leave_days,
            "time_to_fill": plan.time_to_fill_days,
            "replaces": plan.replace_leavers,
            "monthly_pay": plan.pay_per_year / 12.0 * plan.loading,
        }.items():
            p[name][team] = value
    for team in DEPARTMENTS:
        desk = org.departments[team]
        p["hours_for_buyers"][team] = desk.hours_per_day
        p["neighbor"][team] = NOBODY if desk.neighbor is None else desk.neighbor.team
        p["split"][team] = desk.groups is not None
        p["split_people"][team] = desk.stated[1]
        p["group_by_slot"][SLOTS * team : SLOTS * (team + 1)] = desk.groups or [0] * SLOTS
        stated = getattr(s.ai, team.name.lower())
        p["ai"][team] = stated.active
        p["ai_saves"][team] = stated.time_saved
        p["ai_novice"][team] = stated.novice_bonus
        p["ai_insight"][team] = stated.insight
        p["ai_slips"][team] = (1.0 - stated.accuracy) * (1.0 - stated.checked)
        p["ai_check_hours"][team] = stated.check_hours * stated.checked
    _fill(p, {
        "biggest_step": max((abs(step.people) for step in s.hiring), default=0),
        "rotate_every": s.rotation.every_days,
        "rotation_costs": s.counter_forces.rotation_cost.active,
        "strong_share": s.recovery.strong_share,
        "span": s.support.span,
        "enablement_ramp": s.support.enablement_ramp,
        "enablement_discovery": s.support.enablement_discovery,
        "tool_price": s.handoffs.tool_cost_per_person,
    })  # fmt: skip


def _per_day(per_year: float) -> float:
    return -math.log1p(-per_year) / _YEAR_DAYS if per_year > 0.0 else 0.0


def _work(p: Record, s: Scenario, org: Organization) -> None:
    work = s.work
    calls, sales, success = work.inside_sales, work.field_sales, work.customer_success
    _fill(p, {
        "nurture_rounds": work.marketing.nurture_rounds,
        "score_noise": work.marketing.score_noise,
        "max_attempts": calls.max_attempts,
        "discovery_noise": calls.discovery_noise,
        "agrees_intercept": calls.agrees_intercept,
        "agrees_fit": calls.agrees_fit,
        "agrees_obstacle": calls.agrees_obstacle,
        "recontact_reach": calls.recontact_reach,
        "newest_first": calls.queue_rule == "newest_first",
        "systematic": s.recycling.mode == "systematic",
        "waives_gate": not s.counter_forces.strict_gates.active,
        "stigma": _strength(s.mechanisms.source_stigma),
        "meetings": sales.meetings,
        "extra_meeting": sales.extra_meeting,
        "usual_thinking": org.days_law(sales.thinking).mean,
        "meeting_noise": sales.meeting_noise,
        "spread": _strength(s.mechanisms.spread_effort),
        "comfortable_load": sales.comfortable_load,
        "usual_chance": org.usual_chance,
        "onboarding_missing": success.onboarding_missing,
        "onboarding_due": success.onboarding_due,
        "claim_due": success.claim_due,
        "claims_per_month": success.claims_per_month,
        "claims_gap": success.claims_gap,
        "claims_jump": CLAIMS_JUMP_DAYS * _strength(s.mechanisms.fire_fighting),
        "review_every": success.review_every,
        "comes_back": s.recycling.mode != "none",
        "remembered": 1.0 if s.recycling.mode == "systematic" else s.recycling.remembered,
        "max_passes": s.recycling.max_passes,
        "guesses": s.ai.inside_sales.insight if s.ai.inside_sales.active else 0.0,
    })  # fmt: skip
    for name, value in zip(
        ("intercept", "fit", "trust", "promise", "effort", "obstacle"), org.win, strict=True
    ):
        p[f"win_{name}"] = value


def _customers(p: Record, s: Scenario) -> None:
    churn, grows, health = s.churn, s.expansion, s.health
    _fill(p, {
        "contract_months": churn.contract_months,
        "early_exit": churn.early_exit,
        "monthly_at_one_year": churn.monthly_at_one_year,
        "tenure_shape": churn.tenure_shape,
        "churn_fit": churn.fit,
        "churn_gap": churn.gap,
        "churn_late": churn.late_onboarding,
        "churn_neglect": churn.neglect,
        "churn_trust": churn.trust,
        "gap_memory": churn.gap_memory_days,
        "expansion_intercept": grows.intercept,
        "expansion_fit": grows.fit,
        "expansion_health": grows.health,
        "expansion_low": grows.low,
        "expansion_high": grows.high,
        "contraction": grows.contraction_per_month,
        "h_usage": health.usage,
        "h_claims": health.claims,
        "h_onboarding": health.onboarding,
        "h_contact": health.contact,
    })  # fmt: skip


def _information(p: Record, s: Scenario, org: Organization) -> None:
    baton, definitions = org.baton, org.definitions
    _fill(p, {
        "handoff_lost": baton.lost,
        "written": baton.written,
        "keeps": baton.keeps,
        "spoken": baton.spoken,
        "recording_hours": baton.hours_for_everything,
        "understanding": baton.understanding,
        "recovers": baton.recovers,
        "recovery_hours": baton.recovery_hours,
        "revops_handoff": baton.revops_saves,
        "revops_definition": s.support.revops_definition,
        "revops_feedback": s.support.revops_feedback,
        "drift_strength": definitions.strength,
        "learnable": definitions.learnable,
        "half_at": definitions.half_at,
        "shared": s.definitions.shared,
        "feedback": s.definitions.feedback,
        "drift": s.definitions.drift,
    })  # fmt: skip


def _decisions(p: Record, s: Scenario, org: Organization) -> None:
    policy = org.policy
    p["decision_error"] = policy.error
    for i, (_, team, stated, span, low, high) in enumerate(policy.plan):
        p["stated"][i] = stated
        p["weight"][i] = policy.weights[team]
        p["range"][i] = span
        p["low"][i] = low
        p["high"][i] = high
    for slot, channel in enumerate(s.market.channels.values()):
        p["spend"][slot] = channel.spend_per_month * policy.channel_factor[slot]


def _inquiries(
    p: Record, s: Scenario, org: Organization
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    days = math.ceil(org.horizon)
    flows = inquiries_expected(s.market, org.policy.channel_factor, org.key, days)
    upto = np.zeros((max(len(flows), 1), days + 1))
    daily = np.zeros((max(len(flows), 1), days))
    for slot, flow in enumerate(flows):
        p["flows"][slot] = flow is not None
        if flow is not None:
            upto[slot], daily[slot] = flow.arrays()
    return upto, daily


def _laws(s: Scenario, org: Organization) -> Records:
    work, recycling = s.work, s.recycling
    # In the order of their numbers in ``layout``.
    laws = (
        org.hours_law(work.marketing.screening),
        org.hours_law(work.marketing.nurturing),
        org.days_law(work.marketing.nurture_wait),
        org.hours_law(work.inside_sales.attempt),
        org.hours_law(work.inside_sales.talk),
        org.days_law(work.inside_sales.retry),
        org.hours_law(work.field_sales.meeting),
        org.days_law(work.field_sales.thinking),
        org.hours_law(work.customer_success.onboarding),
        org.hours_law(work.customer_success.claim),
        org.hours_law(work.customer_success.review),
        org.days_law(recycling.untimed),
        org.days_law(recycling.timed_delay),
        org.days_law(recycling.win_back_wait),
    )
    table = np.zeros(len(laws), LAW)
    for i, law in enumerate(laws):
        table[i] = (int(law.kind), law.a, law.b)
    return table


def _steps(s: Scenario) -> Records:
    table = np.zeros(len(s.hiring), STEP)
    for i, step in enumerate(s.hiring):
        table[i] = (step.day, Team[step.team.upper()], step.people)
    return table


def busy_per_day(scenario: Scenario) -> float:
    """Return roughly how many events a day brings: how thin to cut the calendar."""
    market, start = scenario.market, scenario.start
    leads = judgment.added([channel.leads_per_day for channel in market.channels.values()])
    loaded = start.customers / DAYS_PER_MONTH if start.loaded else 0.0
    return 10.0 * leads + 2.0 * loaded
