"""Buyers come in: from the market day by day, and with the company at the start."""

from __future__ import annotations

import math
from collections.abc import Generator
from itertools import count
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray
from simpy import Event

from simulator.organization import addresses as at
from simulator.organization import draws, judgment
from simulator.organization.buyer import Buyer
from simulator.organization.distributions import PiecewiseCumulative, gamma_quantiles
from simulator.organization.journal import (
    DAYS_PER_MONTH,
    LOADED_SLOT,
    NAN,
    SLOTS,
    Kind,
    Status,
)
from simulator.organization.luck import PLACE
from simulator.scenario.behavior import Decisions
from simulator.scenario.market import Market

if TYPE_CHECKING:
    from simulator.organization.simulation import Organization

ARRIVED = int(Kind.ARRIVED)
OBSTACLE = int(Kind.OBSTACLE)
CUSTOMER = int(Status.CUSTOMER)
DELIVERED = int(Status.DELIVERED)
_ARRIVAL = PLACE[at.ARRIVAL]
_WEEK = 5
BEFORE: Final = Decisions()
"""What was done before the run began: the neutral decisions in every scenario, so that two
organizations that start loaded start alike."""


def inquiries_expected(
    market: Market, budget_factors: list[float], key: int, days: int
) -> list[PiecewiseCumulative | None]:
    """Return the flow of inquiries of each channel, None where nobody comes.

    Parameters
    ----------
    market : Market
    budget_factors : list of float
        What each channel's budget is multiplied by.
    key : int
        Of the replication, from :func:`draws.make_key`.
    days : int
        How many days, from the start.
    """
    if days == 0:
        return [None] * len(market.channels)
    season = _season(market, key, days)
    growth = 1.0 + market.ad_cost_growth_per_year
    flows: list[PiecewiseCumulative | None] = []
    for channel, budget in zip(market.channels.values(), budget_factors, strict=True):
        rate = channel.leads_per_day * budget**channel.spend_elasticity * season
        if channel.price_rises:
            years = np.arange(days) / (12.0 * DAYS_PER_MONTH)
            rate = rate * growth ** (-channel.spend_elasticity * years)
        flows.append(PiecewiseCumulative(rate) if rate.sum() > 0.0 else None)
    return flows


def _season(market: Market, key: int, days: int) -> NDArray[np.float64]:
    """Level of the market on each day: weekday, month, and the day's own luck."""
    day = np.arange(days)
    weekday = np.asarray(market.arrivals.weekday)
    month = np.asarray(market.arrivals.month)
    calendar = (market.start_month - 1 + day // int(DAYS_PER_MONTH)) % 12
    level = (weekday / weekday.mean())[day % _WEEK] * (month / month.mean())[calendar]
    mean = judgment.added([channel.leads_per_day for channel in market.channels.values()])
    excess = market.arrivals.dispersion - 1.0
    if excess > 0.0 and mean > 0.0:
        u = draws.uniforms(key, at.COMPANY, at.DAY_LEVEL, day)
        level = level * gamma_quantiles(1.0, excess / mean, u)
    return np.asarray(level, dtype=np.float64)


class Intake:
    """Where buyers come from."""

    def __init__(self, organization: Organization) -> None:
        self.org = organization

    def open_market(self) -> None:
        """Let inquiries come in, channel by channel."""
        org = self.org
        channels = org.scenario.market.channels.values()
        flows = inquiries_expected(
            org.scenario.market, org.policy.channel_factor, org.key, math.ceil(org.horizon)
        )
        for slot, (channel, flow) in enumerate(zip(channels, flows, strict=True)):
            if flow is not None:
                org.env.process(self._inquiries(slot, channel.fit_mean, flow))

    def _inquiries(
        self, slot: int, fit_mean: float, intensity: PiecewiseCumulative
    ) -> Generator[Event, Any, None]:
        """Let the buyers of one channel come in, the n-th always being the same one."""
        env = self.org.env
        pages = self.org.truth.pages
        receive = self.org.marketing.receive
        expected = 0.0
        for number in count(slot, SLOTS):
            expected -= math.log1p(-pages.page_of(number)[_ARRIVAL])
            arrives = intensity.time_of(expected)
            if arrives >= self.org.horizon:
                return
            yield env.pause(max(arrives - env.now, 0.0))
            now = env.now
            receive(self._enter(number, slot, fit_mean, now), now)

    def _enter(self, number: int, slot: int, fit_mean: float, born: float) -> Buyer:
        buyer = self.org.truth.make(number, slot, fit_mean, born)
        self.org.buyers[number] = buyer
        now = self.org.env.now
        self.org.truth.catch_up(buyer, now)
        put = self.org.writer.put
        put((now, ARRIVED, number, -1, -1, slot, buyer.fit, buyer.deal, NAN))
        put((now, OBSTACLE, number, -1, -1, buyer.obstacle, buyer.clears_at, buyer.closes_at, NAN))
        return buyer

    def load(self) -> None:
        """Bring in what the company has at the start."""
        start = self.org.scenario.start
        for n in range(start.customers):
            self._load_customer(SLOTS * n + LOADED_SLOT + 2)
        for n in range(start.opportunities):
            self._load_opportunity(SLOTS * n + LOADED_SLOT + 1)
        for n in range(start.parked):
            self._load_parked(SLOTS * n + LOADED_SLOT)

    def _load_customer(self, number: int) -> None:
        start = self.org.scenario.start
        u = draws.uniform(self.org.key, number, at.TENURE, 0)
        tenure = -start.tenure_mean_days * math.log1p(-u)
        buyer = self._enter(number, LOADED_SLOT + 2, start.customer_fit_mean, -tenure)
        buyer.won_at = -tenure
        if self.org.scenario.sale == "one_off":
            self.org.settle(buyer, DELIVERED)
            return
        buyer.status = CUSTOMER
        buyer.onboarded = -tenure
        buyer.mrr = buyer.deal
        buyer.promise = BEFORE.field_sales.promise
        buyer.gap = judgment.expectation_gap(buyer.promise, 0.0)
        since_month = tenure % DAYS_PER_MONTH
        due = self.org.scenario.work.customer_success.review_every
        since_contact = min(tenure, due * draws.uniform(self.org.key, number, at.PROGRESS, 0))
        buyer.last_contact = -since_contact
        self.org.writer.emit(0.0, Kind.CUSTOMER, number, -1, -1, 0, buyer.mrr, tenure)
        self.org.customer_success.take_existing(buyer, DAYS_PER_MONTH - since_month)

    def _load_opportunity(self, number: int) -> None:
        u = draws.uniform(self.org.key, number, at.PROGRESS, 0)
        buyer = self._enter(
            number, LOADED_SLOT + 1, self.org.scenario.start.customer_fit_mean / 2.0, 0.0
        )
        # It has had its talk with inside sales; field sales sees it for the first time now,
        # or goes on thinking about an earlier meeting.
        kept = self.org.baton.kept(None, BEFORE.inside_sales.recording)
        self.org.field_sales.take_existing(buyer, kept, u)

    def _load_parked(self, number: int) -> None:
        year = 12.0 * DAYS_PER_MONTH
        u = draws.uniform(self.org.key, number, at.PROGRESS, 0)
        buyer = self._enter(
            number, LOADED_SLOT, self.org.scenario.start.customer_fit_mean / 4.0, -year * u
        )
        self.org.recycling.take_existing(buyer, BEFORE.field_sales.record_loss_reason)
