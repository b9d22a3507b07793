"""Marketing: inquiries come in, are screened, nurtured, and passed on as MQLs.

It sees a noisy score, decides a cutoff and where its budget goes, and is measured on how many
MQLs it passes and what they cost (or, shared, on what becomes of them).
"""

from __future__ import annotations

from collections import deque

from simulator.organization import addresses as at
from simulator.organization import judgment
from simulator.organization.buyer import Buyer
from simulator.organization.journal import NAN, Kind, Reason, Screening, Status, Team, Work
from simulator.organization.team import Department, Item, Person, Timed, take_out

SCREENED = int(Kind.SCREENED)
SCREENING = int(Work.SCREENING)
NURTURING = int(Work.NURTURING)
MQL = int(Screening.MQL)
NURTURED = int(Screening.NURTURED)
DROPPED = int(Screening.DROPPED)
IN_MARKETING = int(Status.IN_MARKETING)
RESTING = int(Status.NURTURED)
TURNED_AWAY = int(Reason.TURNED_AWAY)


class Marketing(Department):
    """Stage 1."""

    team = Team.MARKETING

    def open(self) -> None:
        """Read the scenario once, so that work in progress only looks at numbers."""
        org = self.org
        work = org.scenario.work.marketing
        self.inquiries: deque[Item] = deque()
        self.returning: deque[Item] = deque()
        self._screening = org.hours_law(work.screening).inverse()
        self._nurturing = org.hours_law(work.nurturing).inverse()
        self._nurture_wait = org.days_law(work.nurture_wait).inverse()
        self._rounds = work.nurture_rounds
        self._noise = work.score_noise
        self._ai = org.assistance(org.scenario.ai.marketing)

    # --- what comes in --------------------------------------------------------------------

    def receive(self, buyer: Buyer, now: float) -> None:
        """Take a new inquiry."""
        self._queue(self.inquiries, (buyer, SCREENING, now, 0))

    def look_again(self, buyer: Buyer, now: float) -> None:
        """Take a nurtured or recycled buyer for another look."""
        self._queue(self.returning, (buyer, NURTURING, now, 0))

    def _queue(self, line: deque[Item], item: Item) -> None:
        item[0].status = IN_MARKETING
        if not self.wake_for(item):
            line.append(item)

    def waiting(self) -> list[Item]:
        """Return all inquiries and returning buyers that wait."""
        return [*self.inquiries, *self.returning]

    # --- the work -------------------------------------------------------------------------

    def pick(self, person: Person) -> Item | None:
        """New inquiries first, then those that rested."""
        for line in (self.inquiries, self.returning):
            place = self.first_for(person, line)
            if place >= 0:
                return take_out(line, place)
        return None

    def begin(self, person: Person, item: Item, now: float) -> None:
        """Look at an inquiry."""
        buyer = item[0]
        time = self._screening if item[1] == SCREENING else self._nurturing
        hours = time(self.truth.draw(buyer, at.SCREENING_TIME))
        person.admin = 0.0
        wrong = False
        if self._ai is not None:
            hours *= self._ai.time_factor(person.ramping(now))
            person.admin, wrong = self._ai.output(self.truth.draw(buyer, at.AI_MARKETING))
        person.facing = hours
        person.outcome = wrong

    def finish(self, person: Person, item: Item, now: float) -> None:
        """Pass the inquiry on, let it rest, or drop it."""
        buyer = item[0]
        org = self.org
        noise = self.learned_noise()
        # An AI error looks at nothing that is true of the buyer.
        seen = 0.0 if person.outcome else buyer.fit
        buyer.score_sum += seen + noise * self.truth.normal(buyer, at.SCORE)
        buyer.looks += 1
        score = buyer.score_sum / buyer.looks
        cutoff = org.policy.mql_cutoff
        org.definitions.marketing_saw(score)
        if score >= cutoff:
            self._report(now, buyer, person, MQL, score, cutoff)
            if item[1] == NURTURING:
                buyer.interest_from = now  # it has just answered to marketing again
            buyer.rounds = 0
            org.inside_sales.receive(buyer, now)
        elif buyer.rounds < self._rounds:
            buyer.rounds += 1
            self._report(now, buyer, person, NURTURED, score, cutoff)
            buyer.status = RESTING
            rest = self._nurture_wait(self.truth.draw(buyer, at.NURTURE_WAIT))
            org.after(rest, self._rested, buyer)
        else:
            self._report(now, buyer, person, DROPPED, score, cutoff)
            org.recycling.lost(buyer, self.team, person, TURNED_AWAY, False, now)

    def _rested(self, event: Timed) -> None:
        self.look_again(event.value, self.env.now)

    def learned_noise(self) -> float:
        """Error of one look: shrinks with every outcome that comes back from field sales."""
        d = self.org.definitions
        noise = judgment.learned_noise(self._noise, d.learnable, d.fed_back, d.half_at)
        return noise if self._ai is None else noise * (1.0 - self._ai.insight)

    def _report(
        self, now: float, buyer: Buyer, person: Person, what: int, score: float, cutoff: float
    ) -> None:
        self.put((now, SCREENED, buyer.number, person.number, self.team, what, score, cutoff, NAN))
