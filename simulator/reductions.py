"""Organizations so simple that mathematics knows what they do.

Each is the default company with everything switched off, by scenario settings alone, that the
formulas of :mod:`simulator.theory` do not know: what is left runs on the very same engine.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from simulator import theory
from simulator.languages.languages import spoken
from simulator.languages.messages import say
from simulator.metrics.team_labels import team_label
from simulator.organization.distributions import normal_quantile
from simulator.organization.journal import DAYS_PER_MONTH, DEPARTMENTS, Team
from simulator.scenario.behavior import (
    Coordination,
    CounterForces,
    Decisions,
    FieldSalesDecisions,
    FreeRiding,
    InsideSalesDecisions,
    Kpi,
    LateOutcomes,
    MarketingDecisions,
    Mechanism,
    Mechanisms,
    RotationCost,
)
from simulator.scenario.fields import Constant, Exponential
from simulator.scenario.market import Arrivals, Channel, Interest, Market, Obstacles, Start
from simulator.scenario.practice import (
    CustomerSuccessWork,
    FieldSalesWork,
    InsideSalesWork,
    MarketingWork,
    Recycling,
)
from simulator.scenario.schema import Horizon, Scenario, Work
from simulator.scenario.staff import TeamPlan, Teams

_GROSS = "Gross et al. 2008, chapter 2"
_ERLANG_A = "Mandelbaum & Zeltyn 2005, section 3"
_JACKSON = "Jackson 1957"
_DAY_HOURS = 8.0
_NEVER = 1e9


@dataclass(frozen=True, slots=True)
class Claim:
    """What a reduced organization must come to: a figure of one team, and its value."""

    name: str
    team: Team
    figure: str
    expected: float
    source: str


@dataclass(frozen=True, slots=True)
class Experiment:
    """A reduced organization and everything that is known about it."""

    scenario: Scenario
    claims: tuple[Claim, ...]


# --- the organizations --------------------------------------------------------------------


def experiments(size: float = 1.0) -> tuple[Experiment, ...]:
    """Return the reduced organizations and what is claimed of each.

    Parameters
    ----------
    size : float
        Length of the runs against the usual one.
    """
    return (
        _screening_alone(10.0, 0.06, 1, 480.0 * size),
        _screening_alone(10.0, 0.21, 3, 560.0 * size),
        _meetings_alone(10.0, 0.5, 4, 1.0, 350.0 * size),
        _network(10.0, 560.0 * size),
    )


def words(team: Team) -> str:
    """Return a team's name as one writes it."""
    name = team.name.lower()
    return team_label(name) if spoken() == "ja" else name.replace("_", " ")


# --- what they are made of ----------------------------------------------------------------


def _exponential(days: float) -> Exponential:
    return Exponential(law="exponential", unit="hours", mean=days * _DAY_HOURS)


def _rest(days: float) -> Exponential:
    return Exponential(law="exponential", unit="days", mean=days)


_NO_TIME = Constant(law="constant", unit="hours", value=0.0)


def _people(count: int) -> TeamPlan:
    """People who are all alike, stay, and work for buyers all day."""
    return TeamPlan(
        people=count, buyer_share=1.0, ramp_days=0.0, skill_spread=0.0, attrition_per_year=0.0
    )


def _reduced(
    rate: float,
    months: tuple[float, float],
    teams: tuple[int, int, int, int],
    work: Work,
    decisions: Decisions,
    recycling: Recycling,
    reach: float = 1.0,
    patience: float = _NEVER,
) -> Scenario:
    """Take from the default company everything that the formulas do not know.

    Parameters
    ----------
    rate : float
        Inquiries per day, Poisson.
    months : tuple of float
        Warm-up, and measured time after it.
    teams : tuple of int
        People in each department.
    work, decisions, recycling : Part
        What is left of the company.
    reach, patience : float
        Of the buyers, who are all alike, never hindered and always in the market.
    """
    channel = Channel(leads_per_day=rate, fit_mean=0.0, spend_per_month=0.0, reach=reach)
    off = Mechanism(active=False)
    people = [_people(count) for count in teams]
    return Scenario(
        sale="one_off",  # no claims, no churn: a customer is onboarded and leaves
        horizon=Horizon(months=months[0] + months[1], warm_up_months=months[0]),
        start=Start(loaded=False),
        market=Market(
            channels={"all": channel},
            arrivals=Arrivals(dispersion=1.0, weekday=(1.0,) * 5),
            fit_sd=0.0,
            obstacles=Obstacles(no_budget=0.0, wrong_timing=0.0, with_competitor=0.0),
            window_mean_days=_NEVER,
            interest=Interest(k=0.0),
            patience_mean_days=patience,
            contact_decay_per_month=0.0,
        ),
        teams=Teams(
            marketing=people[0],
            inside_sales=people[1],
            field_sales=people[2],
            customer_success=people[3],
        ),
        work=work,
        recycling=recycling,
        kpi=Kpi(marketing=0.0, inside_sales=0.0, field_sales=0.0, customer_success=0.0),
        decisions=decisions,
        # Switches that hold a decision at its neutral value stay on, so that it can be stated.
        mechanisms=Mechanisms(
            cooling_interest=off,
            source_stigma=off,
            lost_information=off,
            fire_fighting=off,
            drifting_definitions=off,
        ),
        counter_forces=CounterForces(
            free_riding=FreeRiding(active=False),
            late_outcomes=LateOutcomes(active=False),
            coordination=Coordination(active=False),
            rotation_cost=RotationCost(active=False),
        ),
    )


def _screening_alone(rate: float, service_days: float, people: int, days: float) -> Experiment:
    """Marketing alone, which passes nobody on: M/M/c."""
    scenario = _reduced(
        rate,
        _months(days),
        (people, 0, 0, 0),
        Work(
            marketing=MarketingWork(
                screening=_exponential(service_days), nurture_rounds=0, score_noise=0.0
            )
        ),
        Decisions(marketing=MarketingDecisions(mql_cutoff=10.0)),
        Recycling(mode="none"),
    )
    queue = theory.mmc(rate, 1.0 / service_days, people)
    name = say("M/M/{people}, load {load}", people=people, load=f"{queue.utilization:.0%}")
    return Experiment(scenario, _claims(name, Team.MARKETING, queue, _GROSS))


def _meetings_alone(
    rate: float, service_days: float, people: int, patience: float, days: float
) -> Experiment:
    """Field sales alone, fed by departments that take no time: M/M/c+M (Erlang A)."""
    scenario = _reduced(
        rate,
        _months(days),
        (1, 1, people, 0),
        Work(
            marketing=MarketingWork(screening=_NO_TIME, score_noise=0.0),
            inside_sales=InsideSalesWork(
                attempt=_NO_TIME, talk=_NO_TIME, agrees_intercept=50.0, discovery_noise=0.0
            ),
            field_sales=_one_meeting(service_days, win_chance=0.0),
        ),
        _open_gates(mql_cutoff=-10.0),
        Recycling(mode="none"),
        patience=patience,
    )
    queue = theory.mmc_with_abandonment(rate, 1.0 / service_days, people, 1.0 / patience)
    load = f"{rate * service_days / people:.0%}"
    name = say("M/M/{people}+M, load {load}", people=people, load=load)
    claims = _claims(name, Team.FIELD_SALES, queue, _ERLANG_A)
    left = queue.probability_of_abandonment
    given_up = _about(name, say("share that gives up"))
    share = Claim(given_up, Team.FIELD_SALES, "gives_up", left, _ERLANG_A)
    return Experiment(scenario, (*claims, share))


def _network(rate: float, days: float) -> Experiment:
    """All four departments with constant routing and the recycle loop: a Jackson network.

    Retries, rests and thinking are delays without a queue, which change no station's law. Work
    on new and on recycled buyers has one law and the same outcomes, so it does not matter which
    goes first.
    """
    passes, reached, agrees, wins = 0.55, 0.6, 0.7, 0.5
    people = (2, 2, 2, 1)
    service = (0.12, 0.045, 0.11, 0.11)
    scenario = _reduced(
        rate,
        _months(days),
        people,
        Work(
            marketing=MarketingWork(
                screening=_exponential(service[0]), nurture_rounds=0, score_noise=1.0
            ),
            inside_sales=InsideSalesWork(
                attempt=_exponential(service[1]), talk=_NO_TIME, retry=_rest(0.5),
                max_attempts=100, recontact_reach=1.0, agrees_intercept=_log_odds(agrees),
                discovery_noise=0.0,
            ),
            field_sales=_one_meeting(service[2], wins),
            customer_success=CustomerSuccessWork(onboarding=_exponential(service[3])),
        ),
        _open_gates(mql_cutoff=-normal_quantile(passes)),
        Recycling(mode="systematic", untimed=_rest(1.0), max_passes=100),
        reach=reached,
    )  # fmt: skip
    returns = 1.0 - reached + reached * (1.0 - agrees)
    routing = [
        [0.0, passes, 0.0, 0.0],
        [0.0, returns, reached * agrees, 0.0],
        [0.0, 1.0 - wins, 0.0, wins],
        [0.0, 0.0, 0.0, 0.0],
    ]
    network = theory.jackson_network([rate, 0.0, 0.0, 0.0], routing, [1.0 / s for s in service],
                                     people)  # fmt: skip
    claims: list[Claim] = []
    for team, queue in zip(DEPARTMENTS, network.stations, strict=True):
        name = say("network with recycle loop, {team}", team=words(team))
        claims += _claims(name, team, queue, _JACKSON)
        visits = _about(name, say("visits per day"))
        through = Claim(visits, team, "visits", queue.arrival_rate, _JACKSON)
        claims.append(through)
    return Experiment(scenario, tuple(claims))


def _months(days: float) -> tuple[float, float]:
    """Warm-up and measured time; a warm-up of an eighth forgets the empty start."""
    return days / 8.0 / DAYS_PER_MONTH, days / DAYS_PER_MONTH


def _one_meeting(service_days: float, win_chance: float) -> FieldSalesWork:
    return FieldSalesWork(
        meetings=1, meeting=_exponential(service_days), meeting_noise=0.0, win_promise=0.0,
        win_intercept=_log_odds(win_chance), comfortable_load=_NEVER,
    )  # fmt: skip


def _open_gates(mql_cutoff: float) -> Decisions:
    return Decisions(
        marketing=MarketingDecisions(mql_cutoff=mql_cutoff),
        inside_sales=InsideSalesDecisions(booking_cutoff=0.0, recycle_share=0.0),
        field_sales=FieldSalesDecisions(walk_away_cutoff=0.0, promise=0.0),
    )


def _log_odds(chance: float) -> float:
    return -50.0 if chance == 0.0 else math.log(chance / (1.0 - chance))


def _claims(
    name: str, team: Team, queue: theory.Queue | theory.ImpatientQueue, source: str
) -> tuple[Claim, ...]:
    told = (
        (say("utilization"), "utilization", queue.utilization),
        (say("share that waits"), "waits", queue.probability_of_waiting),
        (say("mean wait, days"), "wait", queue.mean_wait),
        (say("mean queue"), "queue", queue.mean_queue),
        (say("mean number present"), "present", queue.mean_in_system),
    )
    return tuple(Claim(_about(name, what), team, figure, value, source)
                 for what, figure, value in told)  # fmt: skip


def _about(queue: str, what: str) -> str:
    return say("{queue}: {what}", queue=queue, what=what)
