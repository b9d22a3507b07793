"""Wires the four departments together and runs the clock.

The engine is a function: (scenario, seed, replication) -> journal. Everything that a run needs
is in its arguments; nothing is global.
"""

from __future__ import annotations

from array import array
from itertools import pairwise

from simulator.organization import draws, judgment
from simulator.organization.baton import Baton
from simulator.organization.buyer import Buyer, Truth
from simulator.organization.clock import Clock, uncollected
from simulator.organization.customer_success import CustomerSuccess
from simulator.organization.distributions import (
    CompiledLaw,
    compile_law,
)
from simulator.organization.field_sales import FieldSales
from simulator.organization.inside_sales import InsideSales
from simulator.organization.intake import Intake
from simulator.organization.journal import (
    DAYS_PER_MONTH,
    LOADED_SLOT,
    NAN,
    Cost,
    Facts,
    Journal,
    JournalWriter,
    Kind,
    Team,
    TrustCause,
)
from simulator.organization.marketing import Marketing
from simulator.organization.policy import Definitions, Policy
from simulator.organization.recycling import RecycleLoop
from simulator.organization.staffing import Staffing
from simulator.organization.team import UNFINISHED, Department, Person, Timed
from simulator.scenario.behavior import Assistance
from simulator.scenario.fields import Law
from simulator.scenario.schema import Scenario
from simulator.scenario.staff import TeamPlan

_HOURS = 8.0
_WEEK = 5

OBSTACLE = int(Kind.OBSTACLE)
TRUST = int(Kind.TRUST)
STATUS = int(Kind.STATUS)


def run(scenario: Scenario, seed: int = 1, replication: int = 0, name: str = "") -> Journal:
    """Run one organization once.

    Parameters
    ----------
    scenario : Scenario
        The organization.
    seed : int
        Seed of the experiment, 0 <= seed < 2**63.
    replication : int
        Number of the run, 0 <= replication < 2**31.
    name : str
        Name of the scenario, for the journal's facts.

    Returns
    -------
    Journal
        The same rows, byte for byte, for the same arguments.

    Raises
    ------
    ValueError
        If seed or replication is out of range.
    """
    organization = Organization(scenario, seed, replication)
    organization.open()
    organization.run()
    return organization.writer.finish(facts_of(scenario, seed, replication, name))


def facts_of(scenario: Scenario, seed: int, replication: int, name: str = "") -> Facts:
    """Return what a reader of a run's rows must know besides them.

    Parameters
    ----------
    scenario, seed, replication, name
        As for :func:`run`.
    """
    market = scenario.market
    names = (*market.channels, *[""] * (LOADED_SLOT - len(market.channels)))
    cs = scenario.work.customer_success
    return Facts(
        scenario=name,
        seed=seed,
        replication=replication,
        horizon_days=scenario.horizon.months * DAYS_PER_MONTH,
        warm_up_days=scenario.horizon.warm_up_months * DAYS_PER_MONTH,
        currency=scenario.currency,
        subscription=scenario.sale == "subscription",
        gross_margin=scenario.gross_margin,
        quota_per_month=scenario.work.field_sales.quota_per_month,
        claim_due_days=cs.claim_due,
        onboarding_due_days=cs.onboarding_due,
        channels=(*names, "parked earlier", "open at start", "customers at start"),
    )


class AssistanceInUse:
    """AI assistance of one department at work."""

    def __init__(self, stated: Assistance) -> None:
        self._saves = stated.time_saved
        self._novice = stated.novice_bonus
        self.insight = stated.insight
        self._accuracy = stated.accuracy
        self._checked = stated.checked
        self._check_hours = stated.check_hours

    def time_factor(self, ramping: bool) -> float:
        """Working time against that without assistance; novices save more."""
        return 1.0 - min(self._saves + (self._novice if ramping else 0.0), 0.95)

    def output(self, u: float) -> tuple[float, bool]:
        """One output: hours to check it (on average), and whether an error gets through."""
        slips = (1.0 - self._accuracy) * (1.0 - self._checked)
        return self._check_hours * self._checked, u < slips


class Organization:
    """The company while it runs: clock, departments, and what they share."""

    def __init__(self, scenario: Scenario, seed: int, replication: int) -> None:
        self.scenario = scenario
        self.key = draws.make_key(seed, replication)
        self.horizon = scenario.horizon.months * DAYS_PER_MONTH
        self.env = Clock(self.horizon)
        self.after = self.env.later
        self.writer = JournalWriter()
        self.truth = Truth(scenario, self.key)
        self.people: dict[int, Person] = {}
        self.buyers: dict[int, Buyer] = {}
        self._settled = array("q")
        self._settled_as = array("b")
        work = scenario.work.field_sales
        self.win = (
            work.win_intercept, work.win_fit, work.win_trust, work.win_promise, work.win_effort,
            work.win_obstacle,
        )  # fmt: skip
        self._fit_sd = scenario.market.fit_sd
        self.usual_chance = judgment.logistic(work.win_intercept)
        t = scenario.market.trust
        self.trust_costs = {
            TrustCause.RE_EXPLAINED: t.re_explained,
            TrustCause.BROKEN_PROMISE: t.broken_promise,
            TrustCause.LATE_ANSWER: t.late_answer,
            TrustCause.AI_ERROR: t.ai_error,
        }
        self.staffing = Staffing(self)
        self.definitions = Definitions(self)
        self.policy = Policy(self)
        self.baton = Baton(self)
        self.recycling = RecycleLoop(self)
        self.marketing = Marketing(self)
        self.inside_sales = InsideSales(self)
        self.field_sales = FieldSales(self)
        self.customer_success = CustomerSuccess(self)
        self.departments: tuple[Department, ...] = (
            self.marketing, self.inside_sales, self.field_sales, self.customer_success,
        )  # fmt: skip
        for desk, following in pairwise(self.departments):
            if self._trained_for(desk) == "next":
                desk.neighbor = following
            if self._trained_for(following) == "previous":
                following.neighbor = desk

    def _trained_for(self, desk: Department) -> str:
        plan: TeamPlan = getattr(self.scenario.teams, desk.team.name.lower())
        return plan.cross_trained_for

    # --- what departments need from the house ---------------------------------------------

    def hours_law(self, law: Law) -> CompiledLaw:
        """Return a law of work, in hours."""
        return compile_law(law).scaled(_HOURS)

    def days_law(self, law: Law) -> CompiledLaw:
        """Return a law of waiting, in business days."""
        return compile_law(law)

    def assistance(self, stated: Assistance) -> AssistanceInUse | None:
        """Return a department's AI assistance, or None."""
        return AssistanceInUse(stated) if stated.active else None

    def hours_for_buyers(self, plan: TeamPlan, weight: float) -> float:
        """Return hours per day that one person of a team has for buyers.

        Parameters
        ----------
        plan : TeamPlan
        weight : float
            Weight of the shared KPI in the department's measure, 0..1: free-riding and
            coordination grow with it.
        """
        forces = self.scenario.counter_forces
        hours = plan.hours_per_day * plan.buyer_share
        if forces.free_riding.active:
            hours *= 1.0 - forces.free_riding.phi * weight * (
                1.0 - forces.free_riding.peer_monitoring
            )
        if forces.coordination.active:
            hours -= forces.coordination.hours_per_week / _WEEK * weight * plan.buyer_share
        return max(hours, 0.05 * plan.hours_per_day * plan.buyer_share)

    def chance_of_winning(
        self, fit: float, trust: float, promise: float, effort: float, blocked: bool
    ) -> float:
        """Return the chance that a buyer signs."""
        return judgment.chance_of_winning(fit, trust, promise, effort, blocked, *self.win)

    def believed_chance(self, signal: float, noise: float, blocked: bool) -> float:
        """Return the chance of winning that a department believes in, from a signal of fit."""
        guess = judgment.expected_fit(signal, noise, self._fit_sd)
        return judgment.chance_of_winning(guess, 1.0, 0.0, 1.0, blocked, *self.win)

    def caught_up(self, buyer: Buyer, now: float) -> bool:
        """Bring the buyer's own story up to now; True if it has bought elsewhere meanwhile."""
        if not self.truth.catch_up(buyer, now):
            return False
        self.writer.put((now, OBSTACLE, buyer.number, -1, -1, buyer.obstacle, buyer.clears_at,
                         buyer.closes_at, NAN))  # fmt: skip
        return True

    def lose_trust(self, buyer: Buyer, cause: TrustCause, now: float) -> None:
        """Take trust from a buyer."""
        old = buyer.trust
        buyer.trust = max(0.0, old - self.trust_costs[cause])
        self.writer.emit(now, TRUST, buyer.number, -1, -1, cause, buyer.trust, old)

    def settle(self, buyer: Buyer, status: int) -> None:
        """Put on file, and forget, who has been delivered to or is gone for good."""
        self._settled.append(buyer.number)
        self._settled_as.append(status)
        self.buyers.pop(buyer.number, None)

    # --- the run --------------------------------------------------------------------------

    def open(self) -> None:
        """Open the company: people, decisions, what it starts with, and the market."""
        for desk in self.departments:
            desk.open()
        self.staffing.open()
        self.policy.renew(0.0, (0.0, self.usual_chance))
        intake = Intake(self)
        if self.scenario.start.loaded:
            intake.load()
        self.after(DAYS_PER_MONTH, self._month, None)
        intake.open_market()
        self._paid_until = 0.0

    @property
    def buyers_entered(self) -> int:
        """How many buyers have come in so far, those brought along at the start included."""
        return len(self.buyers) + len(self._settled)

    def run(self) -> None:
        """Let time pass until the horizon, then close the books."""
        if self.horizon > 0.0:
            with uncollected():
                for _ in self.env.days():
                    self.writer.file()
        self._close_books()

    def _month(self, event: Timed) -> None:
        """A month ends: pay for advertising, think about the rules."""
        now = self.env.now
        self._pay(now)
        self.policy.renew(now, self.definitions.month_seen())
        self.after(DAYS_PER_MONTH, self._month, None)

    def _pay(self, now: float) -> None:
        """Pay for advertising and tools since the last time."""
        months = (now - self._paid_until) / DAYS_PER_MONTH
        self._paid_until = now
        emit = self.writer.emit
        for slot, channel in enumerate(self.scenario.market.channels.values()):
            amount = channel.spend_per_month * self.policy.channel_factor[slot] * months
            if amount > 0.0:
                emit(now, Kind.SPENT, -1, -1, Team.MARKETING, Cost.ADVERTISING, amount, slot)
        price = self.scenario.handoffs.tool_cost_per_person * months
        for team in Team:
            amount = price * self.staffing.head_count(team)
            if amount > 0.0:
                emit(now, Kind.SPENT, -1, -1, team, Cost.TOOLS, amount)

    # --- the end --------------------------------------------------------------------------

    def _close_books(self) -> None:
        """Report what is unfinished, and where every buyer is."""
        now = self.horizon
        emit = self.writer.emit
        self._pay(now)
        for desk in self.departments:
            for buyer, what, queued, _ in desk.waiting():
                emit(now, UNFINISHED, buyer.number, -1, desk.team, what, queued)
            for person in desk.people:
                if person.item is not None:
                    buyer, what, queued, _ = person.item
                    emit(now, UNFINISHED, buyer.number, person.number, person.helping.team, what,
                         queued, person.started)  # fmt: skip
        for number, status in zip(self._settled, self._settled_as, strict=True):
            emit(now, STATUS, number, -1, -1, status, 0.0)
        for number, buyer in self.buyers.items():
            emit(now, STATUS, number, -1, -1, buyer.status, buyer.mrr)
