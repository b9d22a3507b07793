"""Inside sales: calls MQLs and recycled buyers, talks, and books meetings for field sales.

It sees fit through a talk, decides how good a chance must be to book it, how deep to ask, how
much of its day goes to recycled buyers and how much it writes down; it is measured on
appointments (or, shared, on what they are worth).
"""

from __future__ import annotations

from collections import deque

from simulator.organization import addresses as at
from simulator.organization import judgment
from simulator.organization.buyer import Buyer, hindered
from simulator.organization.journal import (
    DAYS_PER_MONTH,
    NAN,
    SLOTS,
    Kind,
    Qualification,
    Reason,
    Status,
    Team,
    Work,
)
from simulator.organization.team import Department, Item, Person, Timed, take_out
from simulator.scenario.market import Market

ATTEMPTED = int(Kind.ATTEMPTED)
QUALIFIED = int(Kind.QUALIFIED)
NOT_PURSUED = int(Kind.NOT_PURSUED)
CALLING = int(Work.CALLING)
RECONTACTING = int(Work.RECONTACTING)
IN_INSIDE_SALES = int(Status.IN_INSIDE_SALES)
BOOKED = int(Qualification.BOOKED)
TURNED_AWAY = int(Qualification.TURNED_AWAY)
DECLINED = int(Qualification.DECLINED)
NOT_NOW = int(Qualification.PARKED)
_FORGETS = 0.98  # the share of time for recycled buyers is kept over the last 50 or so calls


def reach_by_slot(market: Market) -> list[float]:
    """Return the chance of reaching a fresh buyer of each slot; of loaded ones the average."""
    reach = [channel.reach for channel in market.channels.values()]
    usual = judgment.added(reach) / len(reach) if reach else 0.0
    return [*reach, *[usual] * (SLOTS - len(reach))]


class InsideSales(Department):
    """Stage 2."""

    team = Team.INSIDE_SALES

    def open(self) -> None:
        """Read the scenario once."""
        org = self.org
        s = org.scenario
        work = s.work.inside_sales
        self.calls: deque[Item] = deque()
        self.recycled: deque[Item] = deque()
        self._attempt = org.hours_law(work.attempt).inverse()
        self._talk = org.hours_law(work.talk).inverse()
        self._retry = org.days_law(work.retry).inverse()
        self._max_attempts = work.max_attempts
        self._newest_first = work.queue_rule == "newest_first"
        self._noise = work.discovery_noise
        self._enablement = s.support.enablement_discovery
        self._agrees = (work.agrees_intercept, work.agrees_fit, work.agrees_obstacle)
        self._tau = s.market.interest.tau_hours
        m = s.mechanisms
        cooling = m.cooling_interest
        self._k = s.market.interest.k * (cooling.strength if cooling.active else 0.0)
        self._stigma = m.source_stigma.strength if m.source_stigma.active else 0.0
        self._reach = reach_by_slot(s.market)
        self._recontact_reach = work.recontact_reach
        self._valid_per_month = 1.0 - s.market.contact_decay_per_month
        self._systematic = s.recycling.mode == "systematic"
        self._waives_gate = not s.counter_forces.strict_gates.active
        # What inside sales believes of each source: booked per worked lead, with the average of
        # all sources as a prior worth 20 leads, forgetting older ones.
        self._worked = [0.0] * SLOTS
        self._booked = [0.0] * SLOTS
        self._ai = org.assistance(s.ai.inside_sales)

    # --- what comes in --------------------------------------------------------------------

    def receive(self, buyer: Buyer, now: float) -> None:
        """Take an MQL from marketing, unless its source has too bad a name."""
        if self._stigma > 0.0:
            worked = judgment.added(self._worked)
            usual = judgment.added(self._booked) / worked if worked > 0.0 else 0.0
            believed = (self._booked[buyer.channel] + 20.0 * usual) / (
                self._worked[buyer.channel] + 20.0
            )
            chance = judgment.pursued_chance(
                believed, usual, self._stigma, self.org.definitions.shared
            )
            if chance < 1.0 and self.truth.draw(buyer, at.PURSUED) >= chance:
                self.emit(now, NOT_PURSUED, buyer.number, -1, self.team, buyer.channel, believed,
                          usual / 2.0)  # fmt: skip
                self.org.recycling.lost(buyer, self.team, None, Reason.NOT_PURSUED, False, now)
                return
        if buyer.passes > 0:
            self.receive_recycled(buyer, now)
        else:
            buyer.attempts = 0
            self._queue((buyer, CALLING, now, 0))

    def receive_recycled(self, buyer: Buyer, now: float) -> None:
        """Take a buyer that comes back."""
        buyer.attempts = 0
        months = (now - buyer.contact_checked_at) / DAYS_PER_MONTH
        chance = self._valid_per_month**months
        buyer.valid_contact = self.truth.draw(buyer, at.CONTACT_VALID) < chance
        self._queue((buyer, RECONTACTING, now, 0))

    def _queue(self, item: Item) -> None:
        item[0].status = IN_INSIDE_SALES
        if not self.wake_for(item):
            (self.calls if item[1] == CALLING else self.recycled).append(item)

    def waiting(self) -> list[Item]:
        """Return all buyers that wait for a call."""
        return [*self.calls, *self.recycled]

    # --- the work -------------------------------------------------------------------------

    def pick(self, person: Person) -> Item | None:
        """New leads, but a reserved share of the time for recycled buyers if that is the rule."""
        calls = self.calls
        call = self._newest_for(person) if self._newest_first else self.first_for(person, calls)
        again = self.first_for(person, self.recycled)
        if again >= 0 and (
            call < 0
            or (
                self._systematic and person.reserved < self.org.policy.recycle_share * person.worked
            )
        ):
            return take_out(self.recycled, again)
        return take_out(calls, call) if call >= 0 else None

    def _newest_for(self, person: Person) -> int:
        """Return the place of the newest lead for this person; -1: none."""
        place = len(self.calls) - 1
        while place >= 0 and not self.serves(person, self.calls[place][0]):
            place -= 1
        return place

    def begin(self, person: Person, item: Item, now: float) -> None:
        """Try to reach the buyer; if it answers, talk."""
        buyer, what, _, _ = item
        truth = self.truth
        hours = self._attempt(truth.draw(buyer, at.CALL_TIME))
        person.admin = 0.0
        chance = 0.0
        if buyer.valid_contact:
            chance = self._reach[buyer.channel]
            if what == CALLING:
                # Only a new inquiry is hot; it cools from the moment it was sent.
                waited = (now - buyer.interest_from) * 8.0
                chance *= judgment.interest(waited, self._tau, self._k)
            else:
                chance *= self._recontact_reach
        reached = truth.draw(buyer, at.REACHED) < chance
        wrong = False
        if reached:
            depth = self.org.policy.discovery_depth
            hours += self._talk(truth.draw(buyer, at.TALK_TIME)) * judgment.talk_length(depth)
            if self._ai is not None:
                hours *= self._ai.time_factor(person.ramping(now))
                person.admin, wrong = self._ai.output(truth.draw(buyer, at.AI_INSIDE_SALES))
            person.admin += self.org.baton.recording_hours(self.org.policy.inside_sales_recording)
        person.facing = hours
        person.outcome = (reached, chance, wrong)

    def finish(self, person: Person, item: Item, now: float) -> None:
        """Try again later, give up, or act on what the talk brought."""
        buyer, what, _, _ = item
        reached, chance, wrong = person.outcome
        took = now - person.started
        person.worked = _FORGETS * person.worked + took
        person.reserved = _FORGETS * person.reserved + (took if what == RECONTACTING else 0.0)
        buyer.attempts += 1
        self.put((now, ATTEMPTED, buyer.number, person.number, self.team, reached, chance,
                  buyer.attempts, NAN))  # fmt: skip
        if reached:
            buyer.contact_checked_at = now
            self._learn(buyer.channel, self._qualify(person, buyer, now, wrong))
        elif buyer.attempts < self._max_attempts:
            wait = self._retry(self.truth.draw(buyer, at.RETRY))
            self.org.after(wait, self._try_again, (buyer, what))
        else:
            self._learn(buyer.channel, False)
            reason = Reason.UNREACHED if buyer.valid_contact else Reason.CONTACT_LOST
            self.org.recycling.lost(buyer, self.team, person, reason, True, now)

    def _try_again(self, event: Timed) -> None:
        buyer, what = event.value
        self._queue((buyer, what, self.env.now, 0))

    def _qualify(self, person: Person, buyer: Buyer, now: float, wrong: bool) -> bool:
        """Judge the talk; True if a meeting was booked."""
        org, truth = self.org, self.truth
        elsewhere = org.caught_up(buyer, now)
        blocked = hindered(buyer, now)
        depth = org.policy.discovery_depth
        noise = judgment.impression_noise(self._noise, depth)
        noise *= 1.0 - self._enablement * org.staffing.enablement
        signal = buyer.fit + noise * truth.normal(buyer, at.IMPRESSION)
        u_seen = truth.draw(buyer, at.OBSTACLE_SEEN)
        u_agrees = truth.draw(buyer, at.AGREES)
        seen = blocked and (elsewhere or u_seen < judgment.obstacle_seen_chance(depth))
        estimate = org.believed_chance(signal, noise, seen)
        org.definitions.inside_sales_saw(estimate)
        cutoff = org.policy.booking_cutoff
        if self._waives_gate and org.field_sales.first_idle(buyer) is not None:
            cutoff = 0.0
        if estimate < cutoff:
            result = NOT_NOW if seen else TURNED_AWAY
        elif u_agrees < judgment.agrees_chance(buyer.fit, buyer.trust, blocked, *self._agrees):
            result = BOOKED
        else:
            result = DECLINED
        self.put((now, QUALIFIED, buyer.number, person.number, self.team, result, estimate, cutoff,
                  buyer.passes > 0))  # fmt: skip
        if result == BOOKED:
            kept = org.baton.kept(person, org.policy.inside_sales_recording)
            if wrong:
                kept = org.baton.lost
            org.field_sales.receive(buyer, kept, now)
            return True
        reason = int(Reason.NO_DECISION)
        if elsewhere:
            reason = Reason.BOUGHT_ELSEWHERE
        elif blocked:
            reason = buyer.obstacle  # an obstacle is also a reason, of the same number
        elif result == TURNED_AWAY:
            reason = Reason.TURNED_AWAY
        # An obstacle nobody noticed cannot be recorded.
        known = seen or not blocked
        recorded = known and truth.draw(buyer, at.RECORDED) < org.policy.inside_sales_recording
        org.recycling.lost(buyer, self.team, person, reason, recorded, now)
        return False

    def _learn(self, channel: int, booked: bool) -> None:
        self._worked[channel] = 0.995 * self._worked[channel] + 1.0
        self._booked[channel] = 0.995 * self._booked[channel] + booked
