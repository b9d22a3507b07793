"""Field sales: about three meetings per opportunity, then the buyer decides.

A person owns its opportunities; between meetings the buyer thinks. It sees fit and obstacles
after a first meeting, decides when to walk away, how much to promise, how much it hands over and
whether it writes down why a deal was lost; it is measured on bookings (or, shared, on how long
what it sold stays).
"""

from __future__ import annotations

import math
from collections import deque

from simulator.organization import addresses as at
from simulator.organization import judgment
from simulator.organization.buyer import Buyer, hindered
from simulator.organization.journal import (
    SLOTS,
    Kind,
    Meeting,
    Origin,
    Reason,
    Status,
    Team,
    Work,
)
from simulator.organization.team import Department, Item, Person, Timed, take_out

MET = int(Kind.MET)
WON = int(Kind.WON)
ABANDONED = int(Kind.ABANDONED)
HANDED_OVER = int(Kind.HANDED_OVER)
MEETING = int(Work.MEETING)
IN_FIELD_SALES = int(Status.IN_FIELD_SALES)
CONTINUES = int(Meeting.CONTINUES)
ASKED_AGAIN = int(Meeting.ASKED_AGAIN)
WALKED_AWAY = int(Meeting.WALKED_AWAY)
DECIDED = int(Meeting.DECIDED)


class FieldSales(Department):
    """Stage 3."""

    team = Team.FIELD_SALES

    def open(self) -> None:
        """Read the scenario once."""
        org = self.org
        s = org.scenario
        work = s.work.field_sales
        self.new: deque[Item] = deque()
        self.by_number: dict[int, Person] = {}
        self._meetings = work.meetings
        self._meeting = org.hours_law(work.meeting).inverse()
        self._extra = work.extra_meeting
        thinking = org.days_law(work.thinking)
        self._thinking = thinking.inverse()
        self._usual_thinking = thinking.mean
        self._noise = work.meeting_noise
        self._patience = s.market.patience_mean_days
        spread = s.mechanisms.spread_effort
        self._spread = spread.strength if spread.active else 0.0
        self._comfortable = work.comfortable_load
        self._ai = org.assistance(s.ai.field_sales)

    # --- what comes in --------------------------------------------------------------------

    def receive(self, buyer: Buyer, kept: float, now: float) -> None:
        """Take an SQL from inside sales, with what is left of what it told them."""
        buyer.meetings = 0
        buyer.effort = 0.0
        buyer.kept = kept
        buyer.owner = -1
        self.emit(
            now,
            HANDED_OVER,
            buyer.number,
            -1,
            self.team,
            0,
            kept,
            self.org.policy.inside_sales_recording,
        )
        buyer.status = IN_FIELD_SALES
        self._queue(buyer, now)

    def _queue(self, buyer: Buyer, now: float) -> None:
        """Queue the next meeting: with the owner, or with whoever is free first."""
        item = (buyer, MEETING, now, buyer.ticket)
        owner = self.by_number.get(buyer.owner)
        if owner is None:
            if self.wake_for(item):
                return
            self.new.append(item)
        else:
            if owner.wake is not None:
                self.hand(owner, item)
                return
            owner.follow_ups.append(item)
        patience = -self._patience * math.log1p(-self.truth.draw(buyer, at.PATIENCE))
        self.org.after(patience, self._went_cold, item)

    def _orphaned(self, buyer: Buyer, now: float) -> None:
        """The owner has left; a colleague takes over what was written down."""
        buyer.owner = -1
        buyer.kept = self.org.baton.kept(None, self.org.policy.field_sales_recording)
        self.emit(now, HANDED_OVER, buyer.number, -1, self.team, 0, buyer.kept,
                  self.org.policy.field_sales_recording)  # fmt: skip

    def _went_cold(self, event: Timed) -> None:
        buyer, _, queued, ticket = event.value
        if buyer.ticket != ticket:
            return  # it was met in time
        now = self.env.now
        self.emit(now, ABANDONED, buyer.number, -1, self.team, MEETING, queued)
        self._close(buyer, None, Reason.WENT_COLD, now)

    def waiting(self) -> list[Item]:
        """Return all opportunities that wait for a meeting."""
        lines = [self.new, *(person.follow_ups for person in self.people)]
        return [item for line in lines for item in line if item[0].ticket == item[3]]

    def released(self, person: Person) -> None:
        """A person leaves: what waited for it waits for anybody."""
        del self.by_number[person.number]
        now = self.env.now
        for buyer in person.owned.values():
            self._orphaned(buyer, now)
        person.owned.clear()
        for item in person.follow_ups:
            if item[0].ticket == item[3] and not self.wake_for(item):
                self.new.append(item)
        person.follow_ups.clear()

    def joined(self, person: Person) -> None:
        """Somebody new can own opportunities."""
        self.by_number[person.number] = person

    def take_existing(self, buyer: Buyer, kept: float, progress: float) -> None:
        """Take an opportunity that the company starts with, some of its meetings already held."""
        now = self.env.now
        buyer.status = IN_FIELD_SALES
        held = int(progress * self._meetings)
        people = [person for person in self.people if self.serves(person, buyer)]
        if held == 0 or not people:
            buyer.kept = kept
            self._queue(buyer, now)
            return
        owner = people[buyer.number // SLOTS % len(people)]
        buyer.owner = owner.number
        owner.owned[buyer.number] = buyer
        buyer.meetings = held
        buyer.effort = float(held)
        buyer.met_at = now - held * self._usual_thinking
        wait = self._thinking(self.truth.draw(buyer, at.THINKING))
        self.org.after(wait, self._thought, buyer)

    # --- the work -------------------------------------------------------------------------

    def pick(self, person: Person) -> Item | None:
        """Whatever has waited longest: who spreads starts new ones before finishing old ones.

        With effort kept together (mechanism off), own opportunities come first.
        """
        mine, new = person.follow_ups, self.new
        own, fresh = self.first_for(person, mine), self.first_for(person, new)
        if own >= 0 and (fresh < 0 or self._spread == 0.0 or mine[own][2] <= new[fresh][2]):
            return take_out(mine, own)
        return take_out(new, fresh) if fresh >= 0 else None

    def is_over(self, item: Item) -> bool:
        """Whether the opportunity has gone cold meanwhile."""
        return item[0].ticket != item[3]

    def begin(self, person: Person, item: Item, now: float) -> None:
        """Meet."""
        buyer = item[0]
        org, truth = self.org, self.truth
        buyer.ticket += 1  # met: no longer going cold
        # A helper from inside sales meets, but does not come to own.
        if buyer.owner != person.number and person.home is self:
            buyer.owner = person.number
            person.owned[buyer.number] = buyer
        if buyer.meetings == 0:
            buyer.met_at = now
        effort = judgment.effort_under_load(len(person.owned), self._comfortable, self._spread)
        if self._ai is not None:  # proposals from what has won before
            effort = judgment.less_lost(effort, self._ai.insight)
        length = 1.0
        person.admin = 0.0
        missing, chase = org.baton.missing(person, buyer.kept)
        asked = missing > 0.0 and truth.draw(buyer, at.ASKED_AGAIN) < missing
        if asked:
            length += self._extra
        person.admin += chase
        wrong = False
        hours = self._meeting(truth.draw(buyer, at.MEETING_TIME)) * length
        if self._ai is not None:
            hours *= self._ai.time_factor(person.ramping(now))
            checking, wrong = self._ai.output(truth.draw(buyer, at.AI_FIELD_SALES))
            person.admin += checking
        last = buyer.meetings + 1 >= self._meetings
        if last:
            person.admin += org.baton.recording_hours(org.policy.field_sales_recording)
        person.facing = hours
        person.outcome = (effort, asked, missing, wrong)

    def finish(self, person: Person, item: Item, now: float) -> None:
        """Go on, walk away, or hear the buyer's decision."""
        buyer = item[0]
        org, truth = self.org, self.truth
        effort, asked, missing, wrong = person.outcome
        buyer.meetings += 1
        buyer.effort += effort
        buyer.kept = 1.0  # now field sales knows
        if asked:
            org.baton.told_again(buyer, self.team, missing, now)
        noise = judgment.averaged_noise(self._noise, buyer.meetings)
        signal = buyer.fit + noise * truth.normal(buyer, at.FIRST_IMPRESSION)
        elsewhere = org.caught_up(buyer, now)
        blocked = hindered(buyer, now)
        estimate = org.believed_chance(signal, noise, blocked)
        result = CONTINUES
        if elsewhere or buyer.meetings >= self._meetings:
            result = DECIDED
        elif estimate < org.policy.walk_away_cutoff:
            result = WALKED_AWAY
        elif asked:
            result = ASKED_AGAIN
        self.put((now, MET, buyer.number, person.number, self.team, result, estimate,
                  buyer.meetings, effort))  # fmt: skip
        if elsewhere:
            self._close(buyer, person, Reason.BOUGHT_ELSEWHERE, now)
        elif result == WALKED_AWAY:
            reason = buyer.obstacle if blocked else Reason.TURNED_AWAY
            self._close(buyer, person, reason, now)
        elif result == DECIDED:
            self._decide(buyer, person, blocked, wrong, now)
        else:
            wait = self._thinking(truth.draw(buyer, at.THINKING))
            org.after(wait, self._thought, buyer)

    def _thought(self, event: Timed) -> None:
        self._queue(event.value, self.env.now)

    def _decide(self, buyer: Buyer, person: Person, blocked: bool, wrong: bool, now: float) -> None:
        """The buyer signs or not."""
        org = self.org
        promise = org.policy.promise
        effort = buyer.effort / buyer.meetings
        u = self.truth.draw(buyer, at.SIGNS)
        if u < org.chance_of_winning(buyer.fit, buyer.trust, promise, effort, blocked):
            # An AI error in the proposal promises what is not there, and wins nothing by it.
            buyer.promise = 1.0 if wrong else promise
            origin = Origin.FIRST_PASS if buyer.passes == 0 else Origin.RECYCLED
            if not math.isnan(buyer.won_at):  # it was a customer before
                origin = Origin.WON_BACK
            self.emit(now, WON, buyer.number, person.number, self.team, origin, buyer.deal,
                      promise, now - buyer.met_at)  # fmt: skip
            self._left_hands(buyer)
            org.definitions.outcome(True)
            kept = org.baton.kept(person, org.policy.field_sales_recording)
            org.customer_success.receive(buyer, kept, now)
            return
        reason = int(Reason.NO_DECISION)
        if blocked:
            reason = buyer.obstacle  # an obstacle is also a reason, of the same number
        elif buyer.fit < 0.0 and u < org.chance_of_winning(
            1.0, buyer.trust, promise, effort, False
        ):
            reason = Reason.BAD_FIT  # worse than the market; with a good fit it would have signed
        self._close(buyer, person, reason, now)

    def _close(self, buyer: Buyer, person: Person | None, reason: int, now: float) -> None:
        """Book a lost opportunity."""
        self._left_hands(buyer)
        recorded = self.truth.draw(buyer, at.RECORDED) < self.org.policy.record_loss_reason
        self.org.definitions.outcome(recorded)
        self.org.recycling.lost(buyer, self.team, person, reason, recorded, now)

    def _left_hands(self, buyer: Buyer) -> None:
        buyer.ticket += 1
        owner = self.by_number.get(buyer.owner)
        if owner is not None:
            owner.owned.pop(buyer.number, None)
        buyer.owner = -1
