"""What time does to buyers on average: hindrances come and go, and some buyers come back.

Everything here is a flow of buyers per day, an array by class of buyer and by what hinders it.
Every delay counts as exponential with its own mean.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from simulator.organization.distributions import compile_law
from simulator.organization.journal import DAYS_PER_MONTH
from simulator.planning.offered_load.workload import Floats
from simulator.scenario.schema import Scenario

STATES = 4
"""What may hinder a buyer: nothing, its budget, the timing, a competitor's contract."""
YEAR = 12.0 * DAYS_PER_MONTH


@dataclass(slots=True)
class Returning:
    """Buyers on their way back, per day, by class of buyer and hindrance."""

    to_marketing: Floats
    to_inside_sales: Floats
    reachable: Floats
    """Those of `to_inside_sales` whose contact data is still right."""


class Window:
    """The measured time of a run, and what falls into it."""

    def __init__(self, scenario: Scenario) -> None:
        # A run of no length has no means; it is taken to last for a month.
        self.end = (scenario.horizon.months or 1.0) * DAYS_PER_MONTH
        self.start = scenario.horizon.warm_up_months * DAYS_PER_MONTH
        self.days = self.end - self.start

    def reached(self, delay: float) -> float:
        """Return the share of a steady flow, begun at the start, that comes after a mean delay."""
        if delay <= 0.0:
            return 1.0
        early, late = math.exp(-self.start / delay), math.exp(-self.end / delay)
        return max(0.0, 1.0 - delay * (early - late) / self.days)

    def later(self, before: float, delay: float) -> float:
        """Return the share of what comes after one mean delay that also comes after a longer."""
        reached = self.reached(before)
        return self.reached(delay) / reached if reached > 0.0 else 0.0

    def per_day(self, delay: float) -> float:
        """Return the share per day of what is there at the start and comes after a mean delay."""
        if delay <= 0.0:
            return 1.0 / self.days if self.start == 0.0 else 0.0
        return (math.exp(-self.start / delay) - math.exp(-self.end / delay)) / self.days

    def months(self) -> Floats:
        """Return the middle of each month from the start to the end of the run, in days."""
        count = math.ceil(self.end / DAYS_PER_MONTH)
        return DAYS_PER_MONTH * (np.arange(count, dtype=np.float64) + 0.5)

    def after(self, day: Floats) -> Floats:
        """Return the share of the measured time after each day."""
        left = self.end - np.clip(day, self.start, self.end)
        return np.asarray(left / self.days, dtype=np.float64)


class Hindrances:
    """How what hinders buyers comes and goes, as a Markov chain."""

    def __init__(self, scenario: Scenario) -> None:
        market = scenario.market
        o = market.obstacles
        # A fiscal year ends six months from now in the mean, whichever month it ends in.
        self.clearing = np.array([0.0, YEAR / 2.0, o.timing_mean_days, o.contract_mean_days])
        self._moves = np.zeros((STATES, STATES))
        self._moves[1:, 0] = 1.0 / self.clearing[1:]
        self._moves[0, 3] = 1.0 / market.window_mean_days
        self._moves -= np.diag(self._moves.sum(axis=1))
        self._unbought = self._moves.copy()
        self._unbought[0, 3] = 0.0
        self.at_first = np.array(
            [0.0, o.no_budget, o.wrong_timing, o.with_competitor], dtype=np.float64
        )
        self.at_first[0] = max(0.0, 1.0 - self.at_first.sum())

    def after(self, rates: Floats, delay: float) -> Floats:
        """Return the same buyers after an exponential delay of this mean."""
        return np.asarray(rates @ np.linalg.inv(np.eye(STATES) - delay * self._moves))

    def waiting(self, rates: Floats, delay: float) -> Floats:
        """Return those of them that have not bought elsewhere meanwhile."""
        return np.asarray(rates @ np.linalg.inv(np.eye(STATES) - delay * self._unbought))


class Loop:
    """The recycle loop and its clocks."""

    def __init__(self, scenario: Scenario) -> None:
        self.recycling = scenario.recycling
        self.window = Window(scenario)
        self.hindrances = Hindrances(scenario)
        self._stays_right = 1.0 - scenario.market.contact_decay_per_month

    @property
    def remembered(self) -> float:
        """Share of those who may come back that anybody thinks of again."""
        return 1.0 if self.recycling.mode == "systematic" else self.recycling.remembered

    def valid(self, delay: float) -> float:
        """Return the chance that contact data is right after a delay of this mean."""
        if self._stays_right <= 0.0:
            return 0.0
        return 1.0 / (1.0 - delay / DAYS_PER_MONTH * math.log(self._stays_right))


class Lost:
    """Passes that ended without contract, and when the buyers come back."""

    def __init__(self, loop: Loop, classes: int) -> None:
        self._loop = loop
        shape = (classes, STATES)
        self._to_marketing = np.zeros(shape)
        self._to_inside_sales = np.zeros(shape)
        self._timed = np.zeros(shape)

    def turned_away(self, unhindered: Floats) -> None:
        """Book buyers without hindrance that were not good enough (first column only)."""
        self._to_marketing[:, :1] += unhindered

    def given_up(self, buyers: Floats) -> None:
        """Book buyers that nobody talked to."""
        self._to_marketing += buyers

    def unhindered(self, buyers: Floats) -> None:
        """Book those of them that nothing hinders and that decided otherwise."""
        self._to_inside_sales[:, 0] += buyers[:, 0]

    def hindered(self, buyers: Floats, recorded: float) -> None:
        """Book those of them that something hinders, so much of it on file."""
        self._timed[:, 1:] += recorded * buyers[:, 1:]
        self._to_inside_sales[:, 1:] += (1.0 - recorded) * buyers[:, 1:]

    def bought(self, buyers: Floats, recorded: float) -> None:
        """Book buyers that bought elsewhere."""
        self._to_inside_sales[:, 0] += buyers[:, 0]
        self.hindered(buyers, recorded)

    def returning(self, passes: int, share: Callable[[float], float] | None = None) -> Returning:
        """Return who comes back, per day.

        Parameters
        ----------
        passes : int
            How often they had come back before.
        share : callable, optional
            The share per day of them that comes after a mean delay.
        """
        loop = self._loop
        recycling = loop.recycling
        nobody = np.zeros_like(self._timed)
        if recycling.mode == "none" or passes >= recycling.max_passes:
            return Returning(nobody, nobody, nobody)
        falls = loop.window.reached if share is None else share
        untimed = compile_law(recycling.untimed).mean
        delay = compile_law(recycling.timed_delay).mean
        some = loop.remembered
        clears = np.zeros_like(self._timed)
        valid = np.zeros_like(self._timed)
        for state in range(1, STATES):
            wait = float(loop.hindrances.clearing[state]) + delay
            came = some * falls(wait) * self._timed[:, state]
            clears[:, 0] += came
            valid[:, 0] += came * loop.valid(wait)
        clears, valid = (loop.hindrances.after(one, delay) for one in (clears, valid))
        later = some * falls(untimed) * loop.hindrances.after(self._to_inside_sales, untimed)
        looks = some * falls(untimed) * loop.hindrances.after(self._to_marketing, untimed)
        return Returning(looks, later + clears, later * loop.valid(untimed) + valid)
