"""Customer success: onboarding, claims, reviews; renewals, growth and leaving.

It sees usage as a health score, decides how much of its time goes to reviews and expansion even
while claims wait, and is measured on churn and claims handled (or, shared, on NRR).
"""

from __future__ import annotations

import math
from collections import deque

from simulator.organization import addresses as at
from simulator.organization import judgment
from simulator.organization.buyer import Buyer
from simulator.organization.journal import (
    DAYS_PER_MONTH,
    ClaimCause,
    Kind,
    Status,
    Team,
    TrustCause,
    Work,
)
from simulator.organization.team import Department, Item, Person, Timed, take_out

ABANDONED = int(Kind.ABANDONED)
HANDED_OVER = int(Kind.HANDED_OVER)
ONBOARDED = int(Kind.ONBOARDED)
CLAIMED = int(Kind.CLAIMED)
ANSWERED = int(Kind.ANSWERED)
REVIEWED = int(Kind.REVIEWED)
EXPANDED = int(Kind.EXPANDED)
CONTRACTED = int(Kind.CONTRACTED)
CHURNED = int(Kind.CHURNED)
HEALTH = int(Kind.HEALTH)
ONBOARDING = int(Work.ONBOARDING)
CLAIM = int(Work.CLAIM)
REVIEW = int(Work.REVIEW)
CUSTOMER = int(Status.CUSTOMER)
DELIVERED = int(Status.DELIVERED)
_FORGETS = 0.98
AT_RISK = 70.0  # health points below which a churn warning may come
CLAIMS_JUMP_DAYS = 20.0  # at strength 1 a claim is served before onboardings a month older


class CustomerSuccess(Department):
    """Stage 4."""

    team = Team.CUSTOMER_SUCCESS

    def open(self) -> None:
        """Read the scenario once."""
        org = self.org
        s = org.scenario
        work = s.work.customer_success
        self.claims: deque[Item] = deque()
        self.onboardings: deque[Item] = deque()
        self.reviews: deque[Item] = deque()
        self._onboarding = org.hours_law(work.onboarding).inverse()
        self._missing = work.onboarding_missing
        self._onboarding_due = work.onboarding_due
        self._claim = org.hours_law(work.claim).inverse()
        self._claim_due = work.claim_due
        self._claims = work.claims_per_month
        self._claims_gap = work.claims_gap
        self._review = org.hours_law(work.review).inverse()
        self._review_every = work.review_every
        self._churn = s.churn
        self._expansion = s.expansion
        h = s.health
        self._weights = (h.usage, h.claims, h.onboarding, h.contact)
        self._subscription = s.sale == "subscription"
        fire = s.mechanisms.fire_fighting
        self._claims_jump = CLAIMS_JUMP_DAYS * (fire.strength if fire.active else 0.0)
        self._ai = org.assistance(s.ai.customer_success)

    # --- what comes in --------------------------------------------------------------------

    def receive(self, buyer: Buyer, kept: float, now: float) -> None:
        """Take over a new customer from field sales."""
        self.emit(
            now,
            HANDED_OVER,
            buyer.number,
            -1,
            self.team,
            0,
            kept,
            self.org.policy.field_sales_recording,
        )
        buyer.status = CUSTOMER
        buyer.kept = kept
        buyer.gap = judgment.expectation_gap(buyer.promise, 1.0 - kept)
        buyer.won_at = now
        buyer.onboarded = math.nan
        buyer.last_contact = now
        buyer.claims_open = 0
        buyer.churn_hazard = 0.0
        buyer.review_due = False
        if self._subscription:
            buyer.mrr = buyer.deal
            buyer.page = self.truth.pages.page_of_customer(buyer.number)
            self.org.after(DAYS_PER_MONTH, self._month, (buyer, buyer.ticket))
        self._queue(self.onboardings, (buyer, ONBOARDING, now, buyer.ticket))

    def take_existing(self, buyer: Buyer, first_month: float) -> None:
        """Take a customer that the company starts with."""
        buyer.page = self.truth.pages.page_of_customer(buyer.number)
        # In the middle of a longer contract, some reason to leave has added up already.
        now = self.env.now
        months = int((now - buyer.won_at) / DAYS_PER_MONTH)
        into_term = months % self._churn.contract_months
        buyer.churn_hazard = into_term * self._hazard(buyer, now, self._reasons(buyer, now))
        self.org.after(first_month, self._month, (buyer, buyer.ticket))

    def _queue(self, line: deque[Item], item: Item) -> None:
        if not self.wake_for(item):
            line.append(item)

    def waiting(self) -> list[Item]:
        """Return all work that waits."""
        return [*self.claims, *self.onboardings, *self.reviews]

    # --- the work -------------------------------------------------------------------------

    def pick(self, person: Person) -> Item | None:
        """Claims and onboarding, but a share of the time for reviews whatever else waits."""
        claims, onboardings, reviews = self.claims, self.onboardings, self.reviews
        claim, new, review = (
            self.first_for(person, line) for line in (claims, onboardings, reviews)
        )
        if review >= 0 and (
            (claim < 0 and new < 0)
            or person.reserved < self.org.policy.proactive_share * person.worked
        ):
            return take_out(reviews, review)
        if claim >= 0 and (new < 0 or claims[claim][2] - self._claims_jump <= onboardings[new][2]):
            return take_out(claims, claim)
        return take_out(onboardings, new) if new >= 0 else None

    def is_over(self, item: Item) -> bool:
        """Whether the customer has left while its work waited; who looks finds out, and says so."""
        buyer, what, queued, ticket = item
        if ticket == buyer.ticket:
            return False
        self.emit(self.env.now, ABANDONED, buyer.number, -1, self.team, what, queued)
        return True

    def begin(self, person: Person, item: Item, now: float) -> None:
        """Onboard, answer, or review."""
        buyer, what, _, _ = item
        org, truth = self.org, self.truth
        person.admin = 0.0
        missing = 0.0
        asked = wrong = False
        if what == ONBOARDING:
            missing, person.admin = org.baton.missing(person, buyer.kept)
            asked = missing > 0.0 and truth.draw(buyer, at.TOLD_AGAIN) < missing
            hours = self._onboarding(truth.draw(buyer, at.ONBOARDING_TIME))
            hours *= 1.0 + self._missing * missing
        elif what == CLAIM:
            hours = self._claim(truth.draw(buyer, at.CLAIM_TIME))
        else:
            hours = self._review(truth.draw(buyer, at.REVIEW_TIME))
            if self._ai is not None:
                checking, wrong = self._ai.output(truth.draw(buyer, at.AI_CUSTOMER_SUCCESS))
                person.admin += checking
        if self._ai is not None:
            hours *= self._ai.time_factor(person.ramping(now))
        person.facing = hours
        person.outcome = (asked, missing, wrong)

    def finish(self, person: Person, item: Item, now: float) -> None:
        """What the customer has of it."""
        buyer, what, queued, ticket = item
        asked, missing, wrong = person.outcome
        took = now - person.started
        person.worked = _FORGETS * person.worked + took
        person.reserved = _FORGETS * person.reserved + (took if what == REVIEW else 0.0)
        waited = now - queued
        late = waited > self._claim_due
        if what == CLAIM:  # also of a customer that has left meanwhile: the work was done
            self.emit(now, ANSWERED, buyer.number, person.number, self.team, int(late), waited)
        if ticket != buyer.ticket:
            return
        since_contact = now - buyer.last_contact
        buyer.last_contact = now
        if what == ONBOARDING:
            buyer.onboarded = now
            self.emit(now, ONBOARDED, buyer.number, person.number, self.team, 0,
                      now - buyer.won_at, buyer.kept)  # fmt: skip
            if asked:
                self.org.baton.told_again(buyer, self.team, missing, now)
            if self.truth.draw(buyer, at.PROMISE_BROKEN) < buyer.promise:
                self.org.lose_trust(buyer, TrustCause.BROKEN_PROMISE, now)
            if not self._subscription:
                buyer.status = DELIVERED
                self.org.settle(buyer, DELIVERED)
        elif what == CLAIM:
            buyer.claims_open -= 1
            if late:
                self.org.lose_trust(buyer, TrustCause.LATE_ANSWER, now)
        else:
            buyer.review_due = False
            health = self._health(buyer, now)
            self.emit(now, REVIEWED, buyer.number, person.number, self.team, 0, since_contact,
                      health)  # fmt: skip
            if wrong:  # the churn warning was about somebody else; the customer only lost time
                self.org.lose_trust(buyer, TrustCause.AI_ERROR, now)
            else:
                self._grow(buyer, health, now)

    def _grow(self, buyer: Buyer, health: float, now: float) -> None:
        e = self._expansion
        chance = judgment.logistic(e.intercept + e.fit * buyer.fit + e.health * (health - 50.0))
        if self.truth.draw(buyer, at.EXPANDS) < chance:
            share = e.low + (e.high - e.low) * self.truth.draw(buyer, at.EXPANDS_BY)
            amount = float(round(buyer.mrr * share))
            if amount > 0.0:
                buyer.mrr += amount
                self.emit(now, EXPANDED, buyer.number, -1, self.team, 0, amount, buyer.mrr)

    # --- a month in the life of a customer ------------------------------------------------

    def _lateness(self, buyer: Buyer, now: float) -> float:
        """How late onboarding was, or is by now."""
        done = now if math.isnan(buyer.onboarded) else buyer.onboarded
        return judgment.lateness(done - buyer.won_at, self._onboarding_due)

    def _health(self, buyer: Buyer, now: float) -> float:
        gap = judgment.faded(buyer.gap, now - buyer.won_at, self._churn.gap_memory_days)
        return judgment.health_points(
            buyer.fit, gap, buyer.claims_open, self._lateness(buyer, now),
            judgment.neglect_of(now - buyer.last_contact), *self._weights,
        )  # fmt: skip

    def _reasons(self, buyer: Buyer, now: float) -> tuple[float, float, float, float, float]:
        """What adds to the log hazard of leaving: fit, gap, late onboarding, neglect, trust."""
        churn = self._churn
        gap = judgment.faded(buyer.gap, now - buyer.won_at, churn.gap_memory_days)
        return (
            -churn.fit * buyer.fit,
            churn.gap * gap,
            churn.late_onboarding * self._lateness(buyer, now),
            churn.neglect * judgment.neglect_of(now - buyer.last_contact),
            churn.trust * (1.0 - buyer.trust),
        )

    def _hazard(
        self, buyer: Buyer, now: float, reasons: tuple[float, float, float, float, float]
    ) -> float:
        """Hazard of leaving, per month, at this tenure and for these reasons."""
        churn = self._churn
        months = (now - buyer.won_at) / DAYS_PER_MONTH
        return judgment.churn_hazard(
            churn.monthly_at_one_year, months, churn.tenure_shape, *reasons
        )

    def _month(self, event: Timed) -> None:
        """Once a month: does it leave, shrink, complain; is a review due?"""
        buyer, ticket = event.value
        if ticket != buyer.ticket:
            return
        now = self.env.now
        truth, churn = self.truth, self._churn
        days = now - buyer.won_at
        reasons = self._reasons(buyer, now)
        buyer.churn_hazard += self._hazard(buyer, now, reasons)
        chance = churn.early_exit
        if round(days / DAYS_PER_MONTH) % churn.contract_months == 0:
            chance = -math.expm1(-buyer.churn_hazard)
            buyer.churn_hazard = 0.0
        if truth.draw(buyer, at.LEAVES) < chance:
            cause = judgment.largest_part(*reasons)
            self.emit(now, CHURNED, buyer.number, -1, self.team, cause, buyer.mrr, days)
            buyer.mrr = 0.0
            buyer.ticket += 1
            self.org.recycling.left(buyer, now)
            return
        health = self._health(buyer, now)
        self.put((now, HEALTH, buyer.number, -1, self.team, 0, health, buyer.mrr, days))
        e = self._expansion
        shrinks = judgment.shrinking_chance(e.contraction_per_month, health)
        if truth.draw(buyer, at.CONTRACTS) < shrinks:
            share = min(e.low + (e.high - e.low) * truth.draw(buyer, at.CONTRACTS_BY), 1.0)
            amount = min(float(round(buyer.mrr * share)), buyer.mrr - 1.0)
            if amount > 0.0:
                buyer.mrr -= amount
                self.emit(now, CONTRACTED, buyer.number, -1, self.team, 0, amount, buyer.mrr)
        self._complain(buyer, judgment.faded(buyer.gap, days, churn.gap_memory_days))
        due = now - buyer.last_contact >= self._review_every
        if self._ai is not None and health < AT_RISK:  # churn warning
            due = due or truth.draw(buyer, at.AI_WARNING) < self._ai.insight
        if due and not buyer.review_due and not math.isnan(buyer.onboarded):
            buyer.review_due = True
            self._queue(self.reviews, (buyer, REVIEW, now, ticket))
        self.org.after(DAYS_PER_MONTH, self._month, (buyer, ticket))

    def _complain(self, buyer: Buyer, gap: float) -> None:
        """Claims of the month to come, each at its own moment."""
        missing = 1.0 - buyer.kept if math.isnan(buyer.onboarded) else 0.0
        rate = self._claims * (1.0 + self._claims_gap * gap + missing)
        for _ in range(judgment.poisson_count(self.truth.draw(buyer, at.CLAIM_COUNT), rate)):
            u = self.truth.draw(buyer, at.CLAIM_CAUSE) * (1.0 + self._claims_gap * gap + missing)
            cause = ClaimCause.USE
            if u > 1.0 + missing:
                cause = ClaimCause.BROKEN_PROMISE
            elif u > 1.0:
                cause = ClaimCause.LOST_INFORMATION
            wait = DAYS_PER_MONTH * self.truth.draw(buyer, at.CLAIM_WHEN)
            self.org.after(wait, self._claims_now, (buyer, buyer.ticket, int(cause), gap))

    def _claims_now(self, event: Timed) -> None:
        buyer, ticket, cause, gap = event.value
        if ticket != buyer.ticket:
            return
        now = self.env.now
        buyer.claims_open += 1
        self.emit(now, CLAIMED, buyer.number, -1, self.team, cause, gap)
        self._queue(self.claims, (buyer, CLAIM, now, ticket))
