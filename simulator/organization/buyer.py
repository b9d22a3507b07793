"""The truth about one account; no department sees it directly."""

from __future__ import annotations

import math
from array import array
from bisect import bisect_left
from itertools import accumulate

from simulator.organization import addresses as at
from simulator.organization import judgment
from simulator.organization.distributions import lognormal_parameters, normal_quantile
from simulator.organization.draws import uniform
from simulator.organization.journal import DAYS_PER_MONTH, NAN, Obstacle, Reason, Status
from simulator.organization.luck import ON_PAGE, PLACE, Pages
from simulator.scenario.schema import Scenario

_BLANK = bytes(2 * at.BUYER_DECISIONS)
# Plain numbers, because looking up a member of an enumeration costs ten times as much.
_NO_OBSTACLE = int(Obstacle.NONE)
_WRONG_TIMING = int(Obstacle.WRONG_TIMING)
_WITH_COMPETITOR = int(Obstacle.WITH_COMPETITOR)
_IN_MARKETING = int(Status.IN_MARKETING)
_UNKNOWN = int(Reason.UNKNOWN)
_NEVER = math.inf

# Where the numbers are that make a buyer what it is.
_FIT, _DEAL, _OBSTACLE = PLACE[at.FIT], PLACE[at.DEAL], PLACE[at.OBSTACLE]


class Buyer:
    """One account, from first inquiry to leaving. Holds what is true, and what is on file."""

    __slots__ = (
        "asked", "attempts", "channel", "churn_hazard", "claims_open", "clears_at", "closes_at",
        "contact_checked_at", "deal", "effort", "fit", "gap", "interest_from", "kept",
        "last_contact", "looks", "loss_on_file", "meetings", "met_at", "mrr", "number", "obstacle",
        "onboarded", "owner", "page", "passes", "promise", "review_due", "rounds", "score_sum",
        "status", "ticket", "trust", "valid_contact", "won_at",
    )  # fmt: skip

    page: array[float] | None
    """Its first random numbers, while it is new or a customer; see ``luck``."""

    def __init__(self, number: int, channel: int, fit: float, deal: float, now: float) -> None:
        self.number = number
        self.channel = channel
        self.fit = fit
        self.deal = deal
        self.asked = array("H", _BLANK)
        self.page = None
        self.obstacle = _NO_OBSTACLE
        self.clears_at = now
        self.closes_at = _NEVER
        self.trust = 1.0
        self.status = _IN_MARKETING
        # on file
        self.interest_from = now
        self.contact_checked_at = now
        self.valid_contact = True
        self.score_sum = 0.0
        self.looks = 0
        self.rounds = 0
        self.attempts = 0
        self.passes = 0
        self.loss_on_file = _UNKNOWN
        # as an opportunity
        self.owner = -1
        self.ticket = 0
        self.meetings = 0
        self.met_at = NAN
        self.effort = 0.0
        self.kept = 1.0
        self.promise = 0.0
        # as a customer
        self.mrr = 0.0
        self.won_at = NAN
        self.onboarded = NAN
        self.gap = 0.0
        self.last_contact = now
        self.claims_open = 0
        self.churn_hazard = 0.0
        self.review_due = False


class Truth:
    """Makes buyers: what is true of each follows from its address alone."""

    def __init__(self, scenario: Scenario, key: int) -> None:
        market = scenario.market
        self._key = key
        self.pages = Pages(key)
        self._fit_sd = market.fit_sd
        self._start_month = market.start_month
        factor = market.deal.one_off_months if scenario.sale == "one_off" else 1.0
        if market.deal.p90 > market.deal.median:
            self.mu, self.sigma = lognormal_parameters(market.deal.median, market.deal.p90)
        else:
            self.mu, self.sigma = math.log(market.deal.median), 0.0
        self.mu += math.log(factor)
        o = market.obstacles
        self.obstacle_bounds = tuple(accumulate((o.no_budget, o.wrong_timing, o.with_competitor)))
        self._timing_mean = o.timing_mean_days
        self._contract_mean = o.contract_mean_days
        total = judgment.added(o.fiscal_year_end)
        self.year_end_bounds = tuple(accumulate(w / total for w in o.fiscal_year_end))
        self._window_mean = market.window_mean_days

    def draw(self, buyer: Buyer, decision: int) -> float:
        """Return the buyer's next uniform number for this decision."""
        asked = buyer.asked
        attempt = asked[decision]
        asked[decision] = (attempt + 1) & 0xFFFF
        if attempt < ON_PAGE[decision] and (page := buyer.page):
            return page[PLACE[decision] + attempt]
        return uniform(self._key, buyer.number, decision, attempt)

    def normal(self, buyer: Buyer, decision: int) -> float:
        """Return the buyer's next standard normal number for this decision."""
        return normal_quantile(self.draw(buyer, decision))

    def make(self, number: int, slot: int, fit_mean: float, now: float) -> Buyer:
        """Make a buyer with its fit, deal size, obstacle and buying window.

        Parameters
        ----------
        number : int
            Its number: 16 x sequence + slot.
        slot : int
            Channel slot (or one of the loaded slots).
        fit_mean : float
            Mean fit of where it comes from, in standard deviations.
        now : float
            Business day on which its story begins.
        """
        page = self.pages.page_of(number)
        fit = fit_mean + self._fit_sd * normal_quantile(page[_FIT])
        z = normal_quantile(page[_DEAL])
        # Whole units of money: bridges then add up to the cent.
        deal = float(max(1, round(math.exp(self.mu + self.sigma * z))))
        buyer = Buyer(number, slot, fit, deal, now)
        buyer.page = page
        buyer.obstacle = 1 + bisect_left(self.obstacle_bounds, page[_OBSTACLE])
        if buyer.obstacle > _WITH_COMPETITOR:
            buyer.obstacle = _NO_OBSTACLE
        buyer.clears_at = now + self._clearing(buyer, now)
        buyer.closes_at = buyer.clears_at + self._window(buyer)
        return buyer

    def _window(self, buyer: Buyer) -> float:
        return -self._window_mean * math.log1p(-self.draw(buyer, at.WINDOW))

    def _clearing(self, buyer: Buyer, now: float) -> float:
        """Days until the obstacle clears."""
        if buyer.obstacle == _NO_OBSTACLE:
            return 0.0
        u = self.draw(buyer, at.CLEARING)
        if buyer.obstacle == _WRONG_TIMING:
            return -self._timing_mean * math.log1p(-u)
        if buyer.obstacle == _WITH_COMPETITOR:
            return -self._contract_mean * math.log1p(-u)
        # No budget: until the first day after the buyer's fiscal year ends. Every buyer has one
        # fiscal year, so its draw is always the first one at this address.
        last_month = bisect_left(
            self.year_end_bounds, uniform(self._key, buyer.number, at.FISCAL_YEAR, 0)
        )
        month_now = math.floor(now / DAYS_PER_MONTH)
        calendar = (self._start_month - 1 + month_now) % 12
        ahead = (last_month - calendar) % 12 + 1
        return (month_now + ahead) * DAYS_PER_MONTH - now

    def catch_up(self, buyer: Buyer, now: float) -> bool:
        """Bring the buyer's own story up to now; True if it has bought elsewhere meanwhile.

        A buyer whose window closed is under contract with a competitor; that contract runs out
        some day, too, and a new window opens.
        """
        if now <= buyer.closes_at:
            return False
        while now > buyer.closes_at:
            buyer.obstacle = _WITH_COMPETITOR
            buyer.clears_at = buyer.closes_at + self._clearing(buyer, buyer.closes_at)
            buyer.closes_at = buyer.clears_at + self._window(buyer)
        return True


def hindered(buyer: Buyer, now: float) -> bool:
    """Whether an obstacle keeps the buyer from buying now."""
    return buyer.obstacle != 0 and now < buyer.clears_at
