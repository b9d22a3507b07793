"""Recycling: returning a lost or parked buyer to marketing or inside sales.

With its true reason on file the re-contact is timed to the obstacle's clearing; otherwise it
happens at random, or never.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from simulator.organization import addresses as at
from simulator.organization.buyer import Buyer, hindered
from simulator.organization.journal import Kind, Reason, Status, Team
from simulator.organization.team import Person, Timed

if TYPE_CHECKING:
    from simulator.organization.simulation import Organization

LOST = int(Kind.LOST)
PARKED = int(Kind.PARKED)
RECYCLED = int(Kind.RECYCLED)
GONE = int(Kind.GONE)

_OBSTACLES = (Reason.NO_BUDGET, Reason.WRONG_TIMING, Reason.WITH_COMPETITOR)
_BACK_TO_MARKETING = (
    Reason.UNREACHED,
    Reason.NOT_PURSUED,
    Reason.TURNED_AWAY,
    Reason.BAD_FIT,
)


class RecycleLoop:
    """The loop of the circular model, or what is left of it."""

    def __init__(self, organization: Organization) -> None:
        self.org = organization
        s = organization.scenario.recycling
        self._mode = s.mode
        self._remembered = 1.0 if s.mode == "systematic" else s.remembered
        self._untimed = organization.days_law(s.untimed)
        self._timed_delay = organization.days_law(s.timed_delay)
        self._win_back = organization.days_law(s.win_back_wait)
        self._max_passes = s.max_passes
        ai = organization.scenario.ai.inside_sales
        self._guesses = ai.insight if ai.active else 0.0

    def lost(
        self,
        buyer: Buyer,
        where: Team,
        person: Person | None,
        reason: Reason,
        recorded: bool,
        now: float,
    ) -> None:
        """Book the end of a pass without contract, and decide whether the buyer comes back.

        Parameters
        ----------
        buyer : Buyer
        where : Team
            The department in which the pass ended.
        person : Person or None
            Who saw it end (None: nobody, it left by itself).
        reason : Reason
            The true reason.
        recorded : bool
            Whether the true reason went on file.
        now : float
            Business day.
        """
        on_file = reason if recorded else Reason.UNKNOWN
        number = -1 if person is None else person.number
        self.org.writer.emit(
            now, LOST, buyer.number, number, where, reason, float(on_file), buyer.deal
        )
        if reason == Reason.BOUGHT_ELSEWHERE and recorded:
            on_file = Reason.WITH_COMPETITOR  # that contract will be up some day
        if (
            self._mode == "none"
            or buyer.passes >= self._max_passes
            or reason == Reason.CONTACT_LOST
            or on_file == Reason.BAD_FIT  # known not to fit: nobody calls again
            or where == Team.MARKETING  # looked at often enough
        ):
            self._gone(buyer, where, reason, now)
            return
        self._park_lost(buyer, reason, on_file, now)

    def _park_lost(self, buyer: Buyer, reason: Reason, on_file: Reason, now: float) -> None:
        route = Team.MARKETING if reason in _BACK_TO_MARKETING else Team.INSIDE_SALES
        timed = on_file in _OBSTACLES
        if not timed and self._guesses > 0.0:  # AI infers the right moment from past contacts
            timed = self.org.truth.draw(buyer, at.AI_GUESS) < self._guesses
        if timed and hindered(buyer, now):
            returns = buyer.clears_at + self._timed_delay.quantile(
                self.org.truth.draw(buyer, at.RETURN_TIME)
            )
        else:
            returns = now + self._untimed.quantile(self.org.truth.draw(buyer, at.RETURN_TIME))
        self.park(buyer, route, on_file, reason, returns, Status.PARKED, now)

    def take_existing(self, buyer: Buyer, recorded_share: float) -> None:
        """Take a buyer that was lost before the start."""
        now = self.org.env.now
        if self._mode == "none":
            self.org.set_status(buyer, Status.GONE, now)
            return
        reason = Reason.NO_DECISION
        if hindered(buyer, now):
            reason = Reason(buyer.obstacle)
        recorded = self.org.truth.draw(buyer, at.RECORDED) < recorded_share
        self._park_lost(buyer, reason, reason if recorded else Reason.UNKNOWN, now)

    def left(self, buyer: Buyer, now: float) -> None:
        """Book a customer that churned as a win-back case."""
        reason = Reason.LEFT_AS_CUSTOMER
        if self._mode == "none" or buyer.passes >= self._max_passes:
            self.org.set_status(buyer, Status.FORMER_CUSTOMER, now)
            return
        returns = now + self._win_back.quantile(self.org.truth.draw(buyer, at.RETURN_TIME))
        self.park(buyer, Team.INSIDE_SALES, reason, reason, returns, Status.FORMER_CUSTOMER, now)

    def park(
        self,
        buyer: Buyer,
        route: Team,
        on_file: Reason,
        reason: Reason,
        returns: float,
        status: Status,
        now: float,
    ) -> None:
        """Put the buyer into the pool; somebody brings it back, or nobody thinks of it."""
        remembered = self.org.truth.draw(buyer, at.REMEMBERED) < self._remembered
        buyer.loss_on_file = int(on_file)
        self.org.set_status(buyer, status, now)
        planned = returns if remembered else math.inf
        self.org.writer.emit(now, PARKED, buyer.number, -1, route, on_file, planned, float(reason))
        if remembered:
            self.org.after(returns - now, self._return, (buyer, route))

    def _return(self, event: Timed) -> None:
        buyer, route = event.value
        now = self.org.env.now
        buyer.passes += 1
        self.org.writer.emit(
            now, RECYCLED, buyer.number, -1, route, buyer.loss_on_file, float(buyer.passes)
        )
        if route == Team.MARKETING:
            buyer.rounds = 0
            self.org.marketing.look_again(buyer, now)
        else:
            self.org.inside_sales.receive_recycled(buyer, now)

    def _gone(self, buyer: Buyer, where: Team, reason: Reason, now: float) -> None:
        self.org.set_status(buyer, Status.GONE, now)
        self.org.writer.emit(now, GONE, buyer.number, -1, where, reason)
