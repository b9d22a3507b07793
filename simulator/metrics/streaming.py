"""The metrics of a run from its rows as they come, without keeping them.

A :class:`Tally` gives what :func:`~simulator.metrics.measure.measure` gives in ``totals``, except
what needs every duration (:data:`~simulator.metrics.unstreamed.NOT_STREAMED`). Its memory grows
with the buyers that can still do something, with people and with months, never with rows.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.compiled.engine import rows_as_they_come
from simulator.metrics.definitions import TEAMS
from simulator.metrics.flow import HOURS_PER_DAY
from simulator.metrics.periods import Floats, Periods
from simulator.metrics.revenue import MRR_METRICS, QUARTER_DAYS, YEAR_DAYS
from simulator.metrics.tallying import NOTE, TEAMS_ROOM, Limits
from simulator.metrics.unstreamed import STREAMED
from simulator.organization.journal import (
    COLUMNS,
    DAYS_PER_MONTH,
    MONTHS_PER_YEAR,
    NONE,
    PLACED_ROW,
    Facts,
    Journal,
    Team,
)
from simulator.organization.simulation import facts_of
from simulator.scenario.schema import Scenario


def streamed_totals(scenario: Scenario, seed: int, replication: int) -> dict[str, float]:
    """Run once with the compiled engine and give its metrics, without keeping its journal.

    Parameters
    ----------
    scenario, seed, replication
        As for :func:`simulator.engine.run`.

    Returns
    -------
    dict of str to float
        Every metric of STREAMED over the measured period; NaN is missing.
    """
    tally = Tally(facts_of(scenario, seed, replication))
    for rows in rows_as_they_come(scenario, seed, replication):
        tally.note(rows)
    return tally.totals()


def placed_rows(journal: Journal) -> NDArray[np.void]:
    """Write a finished journal as rows that say where each buyer is held.

    Parameters
    ----------
    journal : Journal

    Returns
    -------
    ndarray of PLACED_ROW
        No place is used twice: buyers are numbered from 0, by rising buyer number.
    """
    rows = np.zeros(len(journal), PLACED_ROW)
    for name in COLUMNS:
        rows[name] = getattr(journal, name)
    rows["place"] = NONE
    known = journal.buyer >= 0
    rows["place"][known] = np.unique(journal.buyer[known], return_inverse=True)[1]
    return rows


def _record(floats: str, per_team: str = "", integers: str = "", small: str = "") -> np.dtype[Any]:
    """Lay out a record from the names of its fields."""
    return np.dtype(
        [(name, np.float64) for name in floats.split()]
        + [(name, np.float64, (TEAMS_ROOM,)) for name in per_team.split()]
        + [(name, np.int64) for name in integers.split()]
        + [(name, np.int8) for name in small.split()],
        align=True,
    )


_RUNNING = _record(
    "inquiries mqls attempts reached booked booked_again wins won_amount wins_from_pool wins_back"
    " won_back_amount lost_amount losses true_losses returns health readings claims"
    " advertising_marketing advertising tools expansion contraction churned churned_amount"
    " customers customers_moment mrr mrr_moment opportunities opportunities_moment pipeline"
    " pay pay_moment selling_pay selling_pay_moment",
    per_team="finished lost staff staff_moment",
)
"""Sums over all rows so far. Of a level there is also the moment, its changes times their times:
the level's integral from the start is level x time - moment."""

_SETTLED = _record(
    "mqls_counted mqls_booked arrivals_counted arrivals_won returns_decided returns_booked"
    " facing_hours onboardings_counted onboardings_late claims_counted claims_late"
    " won_buyers asked_again known_buyers trust paying_buyers"
    " opening_mrr lowest_mrr closing_mrr contracts oldest_contract",
    per_team="queue busy waits_ended gave_up",
    integers="next_mark",
)
"""Sums over cases whose beginning or end is asked to lie in the measured period."""

_BUYER = _record(
    "arrived deal won_at trust returned contract onboarded churned mrr opening lowest in_pipeline",
    integers="number re_explained",
    small="status mql booked won known worked booked_again contract_won left stage paying",
)
"""What must be known of a buyer that can still do something; NaN and -1: not (yet)."""

_PERSON = _record(
    "start end pay start_before end_before field_days sold", integers="team team_before sells"
)
"""A person's present spell in a team, the one before, and what field sales has had of it."""


def _blank_buyer() -> NDArray[np.void]:
    """Return the record of a buyer of whom nothing is known, in an array of one."""
    blank = np.zeros(1, _BUYER)
    for name in ("arrived", "deal", "won_at", "returned", "contract", "onboarded", "churned"):
        blank[name] = np.nan
    blank["opening"] = blank["lowest"] = np.nan
    blank["trust"] = 1.0
    blank["number"] = blank["status"] = -1
    return blank


def _blank_person() -> NDArray[np.void]:
    """Return the record of a person that is in no team, in an array of one."""
    blank = np.zeros(1, _PERSON)
    blank["start"] = blank["start_before"] = np.inf  # no work begins later
    blank["end"] = blank["end_before"] = -np.inf
    return blank


class Tally:
    """Adds up the rows of one run, chunk by chunk.

    Parameters
    ----------
    facts : Facts
        Of the run; the horizon, the warm-up and what counts as late are needed from the start.
    """

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        periods = Periods.of(facts)
        lower, upper = float(periods.lower[-1]), float(periods.upper[-1])
        self._limits = Limits(
            lower,
            upper,
            facts.horizon_days,
            upper - YEAR_DAYS if upper - YEAR_DAYS >= lower else np.inf,
            facts.onboarding_due_days,
            facts.claim_due_days,
        )
        # Months, from the end of the warm-up on; quarters; and calendar quarters wholly measured.
        self._starts = np.maximum(periods.lower[:-1], lower)
        self._month_days = np.maximum(periods.upper[:-1] - self._starts, 0.0)
        first, last = np.ceil(lower / QUARTER_DAYS), np.floor(upper / QUARTER_DAYS)
        self._quarters = np.arange(first * QUARTER_DAYS, upper, QUARTER_DAYS)
        self._edges = np.arange(first, max(last, first) + 1.0) * QUARTER_DAYS
        times = np.concatenate(([lower, upper], self._starts, self._quarters, self._edges))
        # An edge after the end is one of no quarter.
        self._times: Floats = np.unique(times[times <= upper])
        self._marks = np.zeros(len(self._times), _RUNNING)
        self._running = np.zeros(1, _RUNNING)
        self._sums = np.zeros(1, _SETTLED)
        ages = int((upper - lower) // DAYS_PER_MONTH) + 3
        self._paid, self._leaving = np.zeros(ages), np.zeros(ages)
        self._nobody = _blank_buyer()
        self._buyers = np.repeat(self._nobody, 1024)
        self._people = np.repeat(_blank_person(), 64)

    def note(self, rows: NDArray[np.void]) -> None:
        """Add rows to the tally.

        Parameters
        ----------
        rows : ndarray of PLACED_ROW
            The rows that follow those of the call before. How a run is cut into chunks makes no
            difference.
        """
        rows = np.require(rows, PLACED_ROW, ["C", "A", "W"])
        done = self._read(rows, 0, False, self._sums)
        while done < len(rows):
            person, place = int(rows["person"][done]), int(rows["place"][done])
            self._buyers = _grown(self._buyers, place, self._nobody)
            self._people = _grown(self._people, person, _blank_person())
            done = self._read(rows, done, False, self._sums)

    def _read(
        self, rows: NDArray[np.void], begin: int, closing: bool, sums: NDArray[np.void]
    ) -> int:
        return NOTE.compiled(
            rows, begin, closing, self._limits, self._times, self._marks, self._running, sums,
            self._paid, self._leaving, self._buyers, self._people, self._nobody,
        )  # fmt: skip

    def totals(self) -> dict[str, float]:
        """Return every metric of :data:`STREAMED` over the measured period.

        Returns
        -------
        dict of str to float
            NaN means missing, as in :func:`~simulator.metrics.measure.measure`. If the run is not
            over yet, its rows so far are taken for all.
        """
        sums = self._sums.copy()
        self._read(np.zeros(0, PLACED_ROW), 0, True, sums)
        marks = self._marks.copy()
        marks[int(sums["next_mark"][0]) :] = self._running[0]
        history = _History(self._times, marks, self._limits)
        settled = {name: sums[name][0] for name in sums.dtype.names or ()}
        values = {
            **self._funnel(history, settled),
            **self._customers(history, settled),
            **self._money(history, settled),
            **self._flow(history, settled),
        }
        if not self._facts.subscription:
            values.update(dict.fromkeys(MRR_METRICS, np.nan))
        return {name: float(values[name]) for name in STREAMED}

    # --- the metrics, by subject ------------------------------------------------------------

    def _funnel(self, history: _History, settled: dict[str, Any]) -> dict[str, Any]:
        """From the inquiry to the contract."""
        flow = history.flow
        days = history.integral("staff")
        quota = self._facts.quota_per_month
        wins, losses = flow("wins"), flow("lost")[Team.FIELD_SALES]
        amount = flow("won_amount")
        callers, sellers = days[Team.INSIDE_SALES], days[Team.FIELD_SALES]
        heads = history.level("staff", self._quarters)[:, Team.FIELD_SALES]
        # At the start of a quarter nothing is booked in it yet.
        remaining = np.maximum(3.0 * quota * heads, 0.0).sum()
        return {
            "inquiries": flow("inquiries"),
            "mql_count": flow("mqls"),
            "cpa": _ratio(flow("advertising_marketing"), flow("mqls")),
            "opportunity_rate": _ratio(settled["mqls_booked"], settled["mqls_counted"]),
            "contract_rate": _ratio(settled["arrivals_won"], settled["arrivals_counted"]),
            "activities": _ratio(flow("attempts"), callers),
            "reach_rate": _ratio(flow("reached"), flow("attempts")),
            "sql_count": flow("booked"),
            "reactivation_rate": _ratio(settled["returns_booked"], settled["returns_decided"]),
            "meetings_per_inside_sales_person": _ratio(flow("booked"), callers / DAYS_PER_MONTH),
            "recycled_buyers": flow("returns"),
            "recycled_opportunities": flow("booked_again"),
            "wins": wins,
            "win_rate": _ratio(wins, wins + losses),
            "win_rate_amount": _ratio(amount, amount + flow("lost_amount")),
            "wins_per_field_sales_person": _ratio(wins, sellers / DAYS_PER_MONTH),
            "open_opportunities_per_field_sales_person": _ratio(
                history.integral("opportunities"), sellers
            ),
            "quota_reached_share": self._quota_reached(),
            "recycled_win_share": _ratio(flow("wins_from_pool"), wins),
            "won_back_share": _ratio(flow("wins_back"), wins),
            "loss_reasons_true_share": _ratio(flow("true_losses"), flow("losses")),
            "quota_attainment": _ratio(amount, quota * sellers / DAYS_PER_MONTH),
            "pipeline_coverage": _ratio(history.level("pipeline", self._quarters).sum(), remaining),
            "facing_share": _ratio(settled["facing_hours"], HOURS_PER_DAY * (callers + sellers)),
        }

    def _quota_reached(self) -> float:
        """Share of field-sales people at quota."""
        people = self._people[self._people["sells"] > 0]
        lower, upper, *_ = self._limits
        now = (people["end"] == np.inf) & (people["team"] == Team.FIELD_SALES)
        employed = people["field_days"].copy()
        employed[now] += upper - np.clip(people["start"][now], lower, upper)
        quota = self._facts.quota_per_month * employed / DAYS_PER_MONTH
        counted = (employed >= DAYS_PER_MONTH) & (quota > 0.0)
        reached = np.count_nonzero(people["sold"][counted] >= quota[counted])
        return _ratio(reached, np.count_nonzero(counted))

    def _customers(self, history: _History, settled: dict[str, Any]) -> dict[str, Any]:
        """After the contract."""
        flow = history.flow
        months = history.integral("customers") / DAYS_PER_MONTH
        helpers = history.integral("staff")[Team.CUSTOMER_SUCCESS]
        return {
            "health_score": _ratio(flow("health"), flow("readings")),
            "accounts_per_customer_success_person": _ratio(months * DAYS_PER_MONTH, helpers),
            "onboarding_late_share": _ratio(
                settled["onboardings_late"], settled["onboardings_counted"]
            ),
            "claims_per_customer": _ratio(flow("claims"), months),
            "claims_late_share": _ratio(settled["claims_late"], settled["claims_counted"]),
            "re_explanations": _ratio(settled["asked_again"], settled["won_buyers"]),
            "trust": _ratio(settled["trust"], settled["known_buyers"]),
            "customers": history.end("customers"),
            "new_customers": flow("wins") - flow("wins_back"),
        }

    def _money(self, history: _History, settled: dict[str, Any]) -> dict[str, Any]:
        """Everything with the unit of money in it, and retention."""
        facts, flow = self._facts, history.flow
        bookings, mrr = flow("won_amount"), history.end("mrr")
        expansion, shrunk, left = (
            flow(name) for name in ("expansion", "contraction", "churned_amount")
        )
        starting = self._starting(history, "mrr")
        revenue = history.integral("mrr") / DAYS_PER_MONTH if facts.subscription else bookings
        months = history.integral("customers") / DAYS_PER_MONTH
        pay, advertising, tools = (
            history.integral("pay"),
            flow("advertising"),
            flow("tools"),
        )
        cost = pay + advertising + tools
        cac = _ratio(
            history.integral("selling_pay") + advertising, flow("wins") - flow("wins_back")
        )
        margin = facts.gross_margin * _ratio(revenue, months)
        gross_churn = _ratio(shrunk + left, starting)
        opening = settled["opening_mrr"] if settled["opening_mrr"] > 0.0 else np.nan
        if not np.isfinite(self._limits.year_from):
            opening = np.nan
        realized = (
            self._realized(settled)
            if facts.subscription
            else _ratio(bookings, settled["paying_buyers"])
        )
        return {
            "mrr": mrr,
            "arr": MONTHS_PER_YEAR * mrr,
            "mrr_start": history.start("mrr"),
            "mrr_new": bookings - flow("won_back_amount"),
            "mrr_reactivated": flow("won_back_amount"),
            "mrr_expansion": expansion,
            "mrr_contraction": shrunk,
            "mrr_churned": left,
            "mrr_end": mrr,
            "expansion": expansion,
            "bookings": bookings,
            "logo_churn": _ratio(flow("churned"), self._starting(history, "customers")),
            "gross_revenue_churn": gross_churn,
            "net_revenue_churn": _ratio(shrunk + left - expansion, starting),
            "grr": _ratio(settled["lowest_mrr"], opening),
            "nrr": _ratio(settled["closing_mrr"], opening),
            "revenue": revenue,
            "cost_pay": pay,
            "cost_advertising": advertising,
            "cost_tools": tools,
            "cost": cost,
            "profit": facts.gross_margin * revenue - cost,
            "cac": cac,
            "ltv": _ratio(margin, gross_churn),
            "ltv_realized": facts.gross_margin * realized,
            "payback": _ratio(cac, margin),
            "magic_number": self._magic_number(history),
        }

    def _starting(self, history: _History, name: str) -> float:
        """Level at each month's start times the month's length, summed, in months."""
        level = history.level(name, self._starts)
        return float(np.sum(level * self._month_days)) / DAYS_PER_MONTH

    def _realized(self, settled: dict[str, Any]) -> float:
        """Mean MRR paid per customer won, summed over months of age."""
        if settled["contracts"] == 0.0:
            return np.nan
        ages = int(settled["oldest_contract"]) + 1
        watched = settled["contracts"] - np.cumsum(self._leaving)[:ages]
        return float(np.sum(np.cumsum(self._paid)[:ages] / watched))

    def _magic_number(self, history: _History) -> float:
        """Growth of quarterly recurring revenue, annualized, per cost of the quarter before."""
        if len(self._edges) < 3:
            return np.nan
        revenue = np.diff(history.so_far("mrr", self._edges)) / DAYS_PER_MONTH
        cost = history.so_far("selling_pay", self._edges)
        cost = np.diff(cost + history.level("advertising", self._edges))
        return _ratio(4.0 * np.diff(revenue).sum(), cost[:-1].sum())

    def _flow(self, history: _History, settled: dict[str, Any]) -> dict[str, Any]:
        """How busy each department is, how long its queue, and what gets through."""
        days = self._limits.upper - self._limits.lower
        staff = history.integral("staff")
        finished, lost = history.flow("finished"), history.flow("lost")
        values: dict[str, Any] = {}
        for name in TEAMS:
            team = Team[name.upper()]
            churned = history.flow("churned") if team == Team.CUSTOMER_SUCCESS else 0.0
            values |= {
                f"{name}.utilization": _ratio(settled["busy"][team], staff[team]),
                f"{name}.queue": _ratio(settled["queue"][team], days),
                f"{name}.throughput": _ratio(finished[team], days),
                f"{name}.abandonment": _ratio(
                    settled["gave_up"][team], settled["waits_ended"][team]
                ),
                f"{name}.lost": lost[team] + churned,
            }
        return values


class _History:
    """The running sums at the marks in time."""

    def __init__(self, times: Floats, marks: NDArray[np.void], limits: Limits) -> None:
        self._times = times
        self._marks = marks
        self._period = np.array([limits.lower, limits.upper])

    def level(self, name: str, at: Floats) -> Any:
        """Sum up to and including each mark."""
        return self._marks[name][np.searchsorted(self._times, at)]

    def so_far(self, name: str, at: Floats) -> Any:
        """Integral of a level from the first row to each mark."""
        level, moment = self.level(name, at), self.level(f"{name}_moment", at)
        return (level.T * at).T - moment  # a level may be one per team

    def start(self, name: str) -> Any:
        """Sum up to the start of the measured period."""
        return self.level(name, self._period)[0]

    def end(self, name: str) -> Any:
        """Sum up to the end of the measured period."""
        return self.level(name, self._period)[1]

    def flow(self, name: str) -> Any:
        """Sum over the measured period."""
        before, after = self.level(name, self._period)
        return after - before

    def integral(self, name: str) -> Any:
        """Integral of a level over the measured period."""
        before, after = self.so_far(name, self._period)
        return after - before


_MORE = 4096


def _ratio(numerator: Any, denominator: Any) -> float:
    """Divide; a zero denominator gives NaN (missing)."""
    return float(numerator / denominator) if denominator != 0.0 else np.nan


def _grown(records: NDArray[np.void], needed: int, blank: NDArray[np.void]) -> NDArray[np.void]:
    """Return an array with room for a record of the given number, at least doubled if short."""
    if needed < len(records):
        return records
    # Growing copies everything: not for a handful.
    more = max(len(records), needed + 1 - len(records), _MORE)
    return np.concatenate((records, np.repeat(blank, more)))
