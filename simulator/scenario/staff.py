"""What a scenario may say about people: teams, hiring, rotation."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, Self

from pydantic import model_validator

from simulator.languages.messages import say
from simulator.scenario.fields import Part, block, choice, quantity, share
from simulator.scenario.outline import nearest

TeamName = Literal[
    "marketing", "inside_sales", "field_sales", "customer_success", "revops", "enablement"
]


SPLIT_TEAMS = ("marketing", "inside_sales", "field_sales", "customer_success")
"""Teams that work for one buyer at a time, and so can be split by where buyers come from."""


class Split(Part):
    """A separate group of a team, for the buyers of some channels alone."""

    people: int = quantity(
        0, "people", "How many of the team's people at the start form a separate group; hires after"
        " that join so that the two groups stay in this proportion, replacements where one left.",
        source="stated plan", trust="M", ge=0, le=100_000,
    )  # fmt: skip
    channels: tuple[str, ...] = choice(
        (),
        "Channels whose buyers only this group serves, and it no others; none: one team.",
    )


class TeamPlan(Part):
    """One team of individual people."""

    people: int = quantity(
        0, "people", "People at the start.", source="default company", trust="M", ge=0, le=100_000
    )
    hours_per_day: float = quantity(
        8.0, "hours", "Working hours of a person per business day.", source="clock of the model",
        trust="calc", gt=0.0, le=24.0,
    )  # fmt: skip
    buyer_share: float = quantity(
        0.5, "share", "Share of the day left for buyers after internal meetings and office work;"
        " recording and coordination still come off it.",
        source="assumption; what then faces customers is an output",
        trust="M", gt=0.0, le=1.0,
    )  # fmt: skip
    ramp_days: float = quantity(
        64.0, "business days", "Time until a new hire works at full speed (linear).",
        source="Bridge Group 2018, 2024", trust="C", ge=0.0,
    )  # fmt: skip
    ramp_start: float = quantity(
        0.3, "share", "Speed of a new hire on the first day.", source="trade experience", trust="M",
        gt=0.0, le=1.0,
    )  # fmt: skip
    skill_spread: float = quantity(
        0.2, "log standard deviation", "Spread of speed between people (lognormal, median 1).",
        source="trade experience", trust="M", ge=0.0, le=1.5, span=(0.0, 0.4),
    )  # fmt: skip
    attrition_per_year: float = quantity(
        0.25, "share per year", "Chance that a person quits within a year.",
        source="Bridge Group, CSO Insights", trust="C", ge=0.0, lt=1.0,
    )  # fmt: skip
    replace_leavers: bool = choice(True, "Whether somebody who quits is replaced.")
    time_to_fill_days: float = quantity(
        45.0, "business days", "Time from a person's leaving to the start of the replacement.",
        source="trade experience, about two months", trust="M", ge=0.0,
    )  # fmt: skip
    leave_per_year: float = quantity(
        0.0, "share per year", "Chance that a person begins a long leave (parental leave, illness)"
        " within a year; nobody stands in.",
        source="company's own records", trust="M", ge=0.0, lt=1.0,
    )  # fmt: skip
    leave_days: float = quantity(
        120.0, "business days", "Time that a long leave lasts; pay rests meanwhile.",
        source="company's own records", trust="M", gt=0.0,
    )  # fmt: skip
    pay_per_year: float = quantity(
        7_000_000.0, "currency per person and year", "Yearly pay of one person.",
        source="saas-career, upper market in Japan", trust="C", ge=0.0,
    )  # fmt: skip
    loading: float = quantity(
        1.3, "factor", "Employer's cost over pay.",
        source="trade experience", trust="M", ge=1.0, le=5.0, span=(1.2, 1.4),
    )  # fmt: skip
    cross_trained: float = share(
        0.0, "Share of the team that also takes work of a neighboring department when it has none.",
        source="S0: cross-phase training", trust="M",
    )  # fmt: skip
    cross_trained_for: Literal["next", "previous"] = choice(
        "next",
        "Which neighbor's work the cross-trained take: the next department's or the one before.",
        source="S0: cross-phase training",
    )
    cross_trained_speed: float = quantity(
        0.7, "factor", "Speed of a cross-trained person in the other department's work.",
        source="S0: cross-phase training", trust="M", gt=0.0, le=2.0,
    )  # fmt: skip
    split: Split = block(Split, "Two groups, by the channels that buyers come from.")

    @model_validator(mode="after")
    def _split_adds_up(self) -> Self:
        split = self.split
        if split.people > self.people:
            raise ValueError(
                f"split.people ({split.people}) must not be above people ({self.people}): the"
                " group is part of the team"
            )
        if split.people and not split.channels:
            raise ValueError("split.people forms a group: state its split.channels, too")
        return self


def _marketing() -> TeamPlan:
    return TeamPlan(people=3, buyer_share=0.6, attrition_per_year=0.15, pay_per_year=7_500_000.0)


def _inside_sales() -> TeamPlan:
    return TeamPlan(people=6, ramp_days=64.0, attrition_per_year=0.32, pay_per_year=6_500_000.0)


def _field_sales() -> TeamPlan:
    return TeamPlan(people=8, ramp_days=100.0, attrition_per_year=0.28, pay_per_year=9_500_000.0)


def _customer_success() -> TeamPlan:
    return TeamPlan(people=7, ramp_days=70.0, attrition_per_year=0.20, pay_per_year=7_500_000.0)


def _staff() -> TeamPlan:
    return TeamPlan(people=0, attrition_per_year=0.15, pay_per_year=9_000_000.0)


class Teams(Part):
    """Everybody."""

    marketing: TeamPlan = block(_marketing, "Stage 1: inquiries to MQL.")  # type: ignore[arg-type]
    # Attrition after Bridge Group and CSO Insights, pay after saas-career: ranges by department.
    inside_sales: TeamPlan = block(
        _inside_sales,  # type: ignore[arg-type]
        "Stage 2: MQL to SQL.",
        spans={"attrition_per_year": (0.30, 0.34), "pay_per_year": (6_000_000.0, 8_500_000.0)},
    )
    field_sales: TeamPlan = block(
        _field_sales,  # type: ignore[arg-type]
        "Stage 3: SQL to contract.",
        spans={"attrition_per_year": (0.26, 0.34), "pay_per_year": (8_000_000.0, 16_000_000.0)},
    )
    customer_success: TeamPlan = block(
        _customer_success,  # type: ignore[arg-type]
        "Stage 4: contract to renewal and expansion.",
        spans={"attrition_per_year": (0.15, 0.25), "pay_per_year": (7_000_000.0, 12_000_000.0)},
    )
    revops: TeamPlan = block(_staff, "Revenue operations staff; serves all.")  # type: ignore[arg-type]
    enablement: TeamPlan = block(_staff, "Sales enablement staff; serves all.")  # type: ignore[arg-type]


def split_problem(teams: Teams, channels: Iterable[str]) -> str:
    """Say what is wrong with how teams are split by channel, or nothing.

    Parameters
    ----------
    teams : Teams
    channels : iterable of str
        The channels of the market.
    """
    known = list(channels)
    for team in Teams.model_fields:
        stated = getattr(teams, team).split.channels
        where = f"teams.{team}.split.channels"
        if stated and team not in SPLIT_TEAMS:
            return f"{where}: {team} serves departments, not buyers; split one of " + ", ".join(
                SPLIT_TEAMS
            )
        for name in stated:
            if name not in known:
                return (
                    f"{where} names {name}, which market.channels does not have"
                    f"{nearest(name, known)}; known: {', '.join(known)}"
                )
        if stated and set(stated) == set(known):
            return f"{where} names every channel: leave one out, or the split"
    return ""


def groups_of_nobody(teams: Teams) -> list[str]:
    """Say which groups of split teams start with nobody, so that their buyers wait."""
    told = []
    for team in SPLIT_TEAMS:
        plan: TeamPlan = getattr(teams, team)
        split = plan.split
        if split.channels and split.people in (0, plan.people):
            told.append(
                say(
                    "teams.{team}.split leaves nobody of {people} people for buyers from"
                    " {channels}: they wait until somebody is hired or a cross-trained neighbor"
                    " has time"
                    if split.people == 0
                    else "teams.{team}.split leaves nobody of {people} people for all but those"
                    " from {channels}: they wait until somebody is hired or a cross-trained"
                    " neighbor has time",
                    team=team,
                    people=plan.people,
                    channels=", ".join(split.channels),
                )
            )
    return told


class HiringStep(Part):
    """A planned change of a team's size."""

    team: TeamName = choice(..., "Which team.")
    day: float = quantity(
        ..., "business days from the start", "When they start (or leave).",
        source="stated plan", trust="M", ge=0.0,
    )  # fmt: skip
    people: int = quantity(
        ..., "people", "How many join; negative: how many leave.", source="stated plan", trust="M",
        ge=-100_000, le=100_000,
    )  # fmt: skip


class Rotation(Part):
    """Job rotation between neighboring departments (S0)."""

    every_days: float = quantity(
        0.0, "business days", "A pair changes places this often; 0: no rotation.",
        source="S0: job rotation", trust="M", ge=0.0,
    )  # fmt: skip
    understanding: float = share(
        0.3, "Share of what a handoff would lose that somebody keeps who has worked next door.",
        source="S0: a view of the whole", trust="M",
    )  # fmt: skip
