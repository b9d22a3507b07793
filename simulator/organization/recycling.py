"""Recycling: returning a lost or parked buyer to marketing or inside sales.

With its true reason on file the re-contact is timed to the obstacle's clearing; otherwise it
happens at random, or never.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from simulator.organization import addresses as at
from simulator.organization.buyer import Buyer, hindered
from simulator.organization.journal import NAN, Kind, Reason, Status, Team
from simulator.organization.team import Person, Timed

if TYPE_CHECKING:
    from simulator.organization.simulation import Organization

LOST = int(Kind.LOST)
PARKED = int(Kind.PARKED)
RECYCLED = int(Kind.RECYCLED)
GONE = int(Kind.GONE)
GONE_FOR_GOOD = int(Status.GONE)
LOST_AND_PARKED = int(Status.PARKED)
FORMER_CUSTOMER = int(Status.FORMER_CUSTOMER)
MARKETING = int(Team.MARKETING)
INSIDE_SALES = int(Team.INSIDE_SALES)
UNKNOWN = int(Reason.UNKNOWN)
WITH_COMPETITOR = int(Reason.WITH_COMPETITOR)
BAD_FIT = int(Reason.BAD_FIT)
NO_DECISION = int(Reason.NO_DECISION)
BOUGHT_ELSEWHERE = int(Reason.BOUGHT_ELSEWHERE)
CONTACT_LOST = int(Reason.CONTACT_LOST)
LEFT_AS_CUSTOMER = int(Reason.LEFT_AS_CUSTOMER)

_OBSTACLES = frozenset((Reason.NO_BUDGET, Reason.WRONG_TIMING, Reason.WITH_COMPETITOR))
_BACK_TO_MARKETING = frozenset(
    (Reason.UNREACHED, Reason.NOT_PURSUED, Reason.TURNED_AWAY, Reason.BAD_FIT)
)


class RecycleLoop:
    """The loop of the circular model, or what is left of it."""

    def __init__(self, organization: Organization) -> None:
        self.org = organization
        self._put = organization.writer.put
        self._draw = organization.truth.draw
        s = organization.scenario.recycling
        self._comes_back = s.mode != "none"
        self._remembered = 1.0 if s.mode == "systematic" else s.remembered
        self._untimed = organization.days_law(s.untimed).inverse()
        self._timed_delay = organization.days_law(s.timed_delay).inverse()
        self._win_back = organization.days_law(s.win_back_wait).inverse()
        self._max_passes = s.max_passes
        ai = organization.scenario.ai.inside_sales
        self._guesses = ai.insight if ai.active else 0.0

    def lost(
        self,
        buyer: Buyer,
        where: int,
        person: Person | None,
        reason: int,
        recorded: bool,
        now: float,
    ) -> None:
        """Book the end of a pass without contract, and decide whether the buyer comes back.

        Parameters
        ----------
        buyer : Buyer
        where : int
            The department (``Team``) in which the pass ended.
        person : Person or None
            Who saw it end (None: nobody, it left by itself).
        reason : int
            The true reason (``Reason``).
        recorded : bool
            Whether the true reason went on file.
        now : float
            Business day.
        """
        on_file = reason if recorded else UNKNOWN
        number = -1 if person is None else person.number
        self._put((now, LOST, buyer.number, number, where, reason, on_file, buyer.deal, NAN))
        if reason == BOUGHT_ELSEWHERE and recorded:
            on_file = WITH_COMPETITOR  # that contract will be up some day
        if (
            not self._comes_back
            or buyer.passes >= self._max_passes
            or reason == CONTACT_LOST
            or on_file == BAD_FIT  # known not to fit: nobody calls again
            or where == MARKETING  # looked at often enough
        ):
            self._gone(buyer, where, reason, now)
            return
        self._park_lost(buyer, reason, on_file, now)

    def _park_lost(self, buyer: Buyer, reason: int, on_file: int, now: float) -> None:
        draw = self._draw
        route = MARKETING if reason in _BACK_TO_MARKETING else INSIDE_SALES
        timed = on_file in _OBSTACLES
        if not timed and self._guesses > 0.0:  # AI infers the right moment from past contacts
            timed = draw(buyer, at.AI_GUESS) < self._guesses
        u = draw(buyer, at.RETURN_TIME)
        if timed and hindered(buyer, now):
            returns = buyer.clears_at + self._timed_delay(u)
        else:
            returns = now + self._untimed(u)
        self.park(buyer, route, on_file, reason, returns, LOST_AND_PARKED, now)

    def take_existing(self, buyer: Buyer, recorded_share: float) -> None:
        """Take a buyer that was lost before the start."""
        now = self.org.env.now
        if not self._comes_back:
            self.org.settle(buyer, GONE_FOR_GOOD)
            return
        # An obstacle is also a reason, of the same number.
        reason = buyer.obstacle if hindered(buyer, now) else NO_DECISION
        recorded = self._draw(buyer, at.RECORDED) < recorded_share
        self._park_lost(buyer, reason, reason if recorded else UNKNOWN, now)

    def left(self, buyer: Buyer, now: float) -> None:
        """Book a customer that churned as a win-back case."""
        reason = LEFT_AS_CUSTOMER
        if not self._comes_back or buyer.passes >= self._max_passes:
            buyer.status = FORMER_CUSTOMER
            return
        returns = now + self._win_back(self._draw(buyer, at.RETURN_TIME))
        self.park(buyer, INSIDE_SALES, reason, reason, returns, FORMER_CUSTOMER, now)

    def park(
        self,
        buyer: Buyer,
        route: int,
        on_file: int,
        reason: int,
        returns: float,
        status: int,
        now: float,
    ) -> None:
        """Put the buyer into the pool; somebody brings it back, or nobody thinks of it."""
        remembered = self._draw(buyer, at.REMEMBERED) < self._remembered
        buyer.loss_on_file = on_file
        buyer.status = status
        buyer.page = None  # few come back, and those rarely ask what is left on it
        planned = returns if remembered else math.inf
        self._put((now, PARKED, buyer.number, -1, route, on_file, planned, reason, NAN))
        if remembered:
            self.org.after(returns - now, self._return, (buyer, route))

    def _return(self, event: Timed) -> None:
        buyer, route = event.value
        now = self.org.env.now
        buyer.passes += 1
        self.org.writer.emit(
            now, RECYCLED, buyer.number, -1, route, buyer.loss_on_file, float(buyer.passes)
        )
        if route == MARKETING:
            buyer.rounds = 0
            self.org.marketing.look_again(buyer, now)
        else:
            self.org.inside_sales.receive_recycled(buyer, now)

    def _gone(self, buyer: Buyer, where: int, reason: int, now: float) -> None:
        self.org.settle(buyer, GONE_FOR_GOOD)
        self.org.writer.emit(now, GONE, buyer.number, -1, where, reason)
