"""The stock of customers over a run: how many there are, what they ask for, and who leaves.

Flows are arrays of customers per day by class of buyer; the stock is followed month by month.
"""

from __future__ import annotations

import math

import numpy as np

from simulator.organization import judgment
from simulator.organization.intake import BEFORE
from simulator.organization.journal import DAYS_PER_MONTH
from simulator.planning.offered_load.returning import Window
from simulator.planning.offered_load.workload import Floats, Workload, hours_of
from simulator.scenario.schema import Scenario

_TENURES = (np.arange(8) + 0.5) / 8.0
"""Quantiles of tenure at which those of the start are followed."""


class CustomerBase:
    """Customers, won and from the start.

    Parameters
    ----------
    scenario : Scenario
    window : Window
        The measured time.
    fit : ndarray, shape (classes,)
        Of each class of buyer.
    at_start : ndarray, shape (classes,)
        Customers at the start, by class.
    gap, trust : float
        Expectation gap of new customers, and what is left of their trust.
    """

    def __init__(
        self,
        scenario: Scenario,
        window: Window,
        fit: Floats,
        at_start: Floats,
        gap: float,
        trust: float,
    ) -> None:
        self._scenario = scenario
        self._window = window
        self._fit = fit
        self._at_start = at_start
        self._gap = gap
        self._trust = trust
        ai = scenario.ai.customer_success
        self._saved = 1.0 - ai.time_saved * ai.active
        self._check = ai.check_hours * ai.checked * ai.active

    def serve(self, wins: Floats, missing: float, chase: float, done: Workload) -> Floats:
        """Onboard, answer and review.

        Parameters
        ----------
        wins : ndarray, shape (classes,)
            Customers won per day.
        missing : float
            Share of what field sales knew that does not arrive.
        chase : float
            Office hours to ask around for it, per customer.
        done : Workload
            To which the work is added.

        Returns
        -------
        ndarray, shape (classes,)
            Customers that leave per day.
        """
        work = self._scenario.work.customer_success
        longer = 1.0 + work.onboarding_missing * missing
        done.add(float(wins.sum()), hours_of(work.onboarding) * longer * self._saved, chase)
        if self._scenario.sale == "one_off":
            return np.zeros(len(self._fit))
        return self._won(wins, done) + self._brought_along(done)

    def _won(self, wins: Floats, done: Workload) -> Floats:
        """Follow those won: one cohort a month, each as old as the time since."""
        days = self._window.months()
        hazard = self._hazard(days, self._gap, self._trust)
        shares = self._window.after(days) * DAYS_PER_MONTH
        customers = wins[:, np.newaxis] * _staying(hazard) * shares
        # The first review comes later than reviews are apart: by half of that in the mean.
        reviewed = np.where(days < self._reviews(0.0)[1] / 2.0, 0.0, 1.0)
        self._answer(customers, self._faded(self._gap, days), reviewed, done)
        return np.asarray((customers * hazard).sum(axis=1) / DAYS_PER_MONTH)

    def _brought_along(self, done: Workload) -> Floats:
        """Follow those of the start, each with a tenure of its own."""
        churn = np.zeros(len(self._fit))
        if not self._at_start.any():
            return churn
        days = self._window.months()
        half = DAYS_PER_MONTH / 2.0
        measured = self._window.after(days - half) - self._window.after(days + half)
        gap = judgment.expectation_gap(BEFORE.field_sales.promise, 0.0)
        mean = self._scenario.start.tenure_mean_days
        for tenure in -mean * np.log1p(-_TENURES):
            hazard = self._hazard(days + tenure, gap, 1.0)
            there = self._at_start[:, np.newaxis] / len(_TENURES) * _staying(hazard)
            customers = there * measured
            self._answer(customers, self._faded(gap, days + tenure), np.ones_like(days), done)
            churn += (customers * hazard).sum(axis=1) / DAYS_PER_MONTH
        return churn

    def _faded(self, gap: float, days: Floats) -> Floats:
        return gap * np.exp(-days / self._scenario.churn.gap_memory_days)

    def _hazard(self, days: Floats, gap: float, trust: float) -> Floats:
        """Return the hazard of leaving per month, by class and tenure."""
        churn = self._scenario.churn
        neglect = judgment.neglect_of(self._reviews(0.0)[1] / 2.0)
        tenure = np.maximum(days / DAYS_PER_MONTH, 0.5) / 12.0
        base = churn.monthly_at_one_year * tenure ** (churn.tenure_shape - 1.0)
        reasons = (
            -churn.fit * self._fit[:, np.newaxis] + churn.gap * self._faded(gap, days)
            + churn.neglect * neglect + churn.trust * (1.0 - trust)
        )  # fmt: skip
        early = churn.early_exit * (1.0 - 1.0 / churn.contract_months)
        return np.asarray(base * np.exp(np.minimum(reasons, 10.0)) + early)

    def _answer(self, customers: Floats, gap: Floats, reviewed: Floats, done: Workload) -> None:
        """Answer and review this mean number of customers, by class and month."""
        work = self._scenario.work.customer_success
        claims = work.claims_per_month / DAYS_PER_MONTH * (1.0 + work.claims_gap * gap)
        many = customers.sum(axis=0)
        done.add(float(many @ claims), hours_of(work.claim) * self._saved)
        rates = np.array([self._reviews(float(rate))[0] for rate in claims])
        hours = hours_of(work.review) * self._saved
        done.add(float(many @ (rates * reviewed)), hours, self._check)

    def _reviews(self, claims: float) -> tuple[float, float]:
        """Return reviews per day and customer, and the longest time without contact, in days.

        A review is due at the first monthly look at least so long after the last contact; a claim
        is a contact, too, and comes in the middle of a month in the mean.
        """
        every = self._scenario.work.customer_success.review_every
        after_review = DAYS_PER_MONTH * (math.floor(every / DAYS_PER_MONTH) + 1.0)
        after_claim = every + DAYS_PER_MONTH / 2.0
        if claims * after_review < 1e-9:
            return 1.0 / after_review, after_review
        calm, quiet = math.exp(-claims * after_review), math.exp(-claims * after_claim)
        reviews = quiet / (1.0 - calm + quiet)  # share of contacts that are reviews
        between = (reviews * (1.0 - calm) + (1.0 - reviews) * (1.0 - quiet)) / claims
        return reviews / between, after_review


def _staying(hazard: Floats) -> Floats:
    """Return the share that is still there in the middle of each month."""
    return np.asarray(np.exp(hazard / 2.0 - np.cumsum(hazard, axis=1)))
