"""Which metrics can be had from rows as they come, and why the others cannot."""

from __future__ import annotations

from simulator.metrics.definitions import METRICS, RESPONSES, TEAMS

_COMPETING = (
    "A quantile among competing ends (Aalen-Johansen) weighs each duration by all those that were "
    "still running at its length, so every duration has to be kept."
)
_CENSORED = (
    "A quantile of censored durations (Kaplan-Meier) depends on the order of all of them, so "
    "every duration has to be kept."
)
_MEAN = (
    "A mean of censored durations (Kaplan-Meier) weighs each one by all those that were still "
    "running at its length, so every duration has to be kept."
)

NOT_STREAMED: dict[str, str] = {
    **dict.fromkeys(("lead_time", "lead_time_p90"), _COMPETING),
    **dict.fromkeys(("onboarding_days", "claim_answer_days"), _CENSORED),
    **dict.fromkeys(RESPONSES, _CENSORED),
    **dict.fromkeys(("inquiry_to_opportunity", "inquiry_to_opportunity_p90"), _COMPETING),
    **dict.fromkeys(("inquiry_to_contract", "inquiry_to_contract_p90"), _COMPETING),
    **{
        f"{team}.{name}": reason
        for team in TEAMS
        for name, reason in (
            ("wait_mean", _MEAN),
            ("wait_p50", _CENSORED),
            ("wait_p90", _CENSORED),
        )
    },
}
"""Metric that needs every duration of a run -> why."""

STREAMED: tuple[str, ...] = tuple(name for name in METRICS if name not in NOT_STREAMED)
"""The metrics that a :class:`~simulator.metrics.streaming.Tally` gives."""
