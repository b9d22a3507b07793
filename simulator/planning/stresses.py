"""What may go wrong with a hiring plan: the same plan in worse luck than it was made for."""

from __future__ import annotations

from dataclasses import dataclass

from simulator.languages.messages import marked
from simulator.organization.journal import DAYS_PER_MONTH
from simulator.planning.headcount import ALL_TEAMS
from simulator.planning.plan_reading.plan_files import with_plan
from simulator.scenario.changing import changed
from simulator.scenario.schema import Scenario

_HIGHEST = 0.95  # an attrition of 1 would mean that everybody leaves at once
_FEWER = 0.8


@dataclass(frozen=True, slots=True)
class Stress:
    """A plan in worse circumstances.

    Attributes
    ----------
    name : str
    words : str
        What is worse; both in English, as files have it: say them to a reader.
    scenario : Scenario
    """

    name: str
    words: str
    scenario: Scenario


def stresses_of(company: Scenario, planned: Scenario) -> tuple[Stress, ...]:
    """Return the circumstances in which a plan is tried out.

    Parameters
    ----------
    company : Scenario
        Without the plan.
    planned : Scenario
        With it.
    """
    found = []
    if any(step.people > 0 for step in planned.hiring):
        late = tuple(
            step.model_copy(update={"day": step.day + DAYS_PER_MONTH}) if step.people > 0 else step
            for step in planned.hiring
        )
        words = marked("every hire starts a month later")
        found.append(Stress(marked("hiring slips"), words, with_plan(planned, late)))
    teams = {team: getattr(planned.teams, team) for team in ALL_TEAMS}
    quits = {
        f"teams.{team}.attrition_per_year": max(
            min(2.0 * plan.attrition_per_year, _HIGHEST), plan.attrition_per_year
        )
        for team, plan in teams.items()
    }
    fills = {
        f"teams.{team}.time_to_fill_days": 2.0 * p.time_to_fill_days for team, p in teams.items()
    }
    ramps = {f"teams.{team}.ramp_days": 1.5 * plan.ramp_days for team, plan in teams.items()}
    leads = {
        f"market.channels.{name}.leads_per_day": _FEWER * channel.leads_per_day
        for name, channel in planned.market.channels.items()
    }
    for name, words, values in (
        (marked("attrition doubles"),
         marked("twice as many people quit in a year (95 % at most)"), quits),
        (marked("places stay empty"), marked("filling a leaver's place takes twice as long"),
         fills),
        (marked("slow ramp"), marked("new people take half as long again to reach full speed"),
         ramps),
        (marked("fewer inquiries"), marked("a fifth fewer inquiries come"), leads),
    ):  # fmt: skip
        found.append(Stress(name, words, changed(planned, dict(values))))
    return tuple(found)
