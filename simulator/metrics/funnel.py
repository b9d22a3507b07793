"""What becomes of buyers: conversion, durations, losses, returns, claims, trust."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simulator.metrics.flow import HOURS_PER_DAY, Labor
from simulator.metrics.periods import Floats, Periods, ratio
from simulator.metrics.revenue import customer_months, deal_sizes, spent
from simulator.metrics.rows import (
    Book,
    Flags,
    Opportunities,
    Rows,
    returns,
)
from simulator.metrics.survival import (
    CENSORED,
    COMPETING,
    ENDED,
    durations,
)
from simulator.organization.journal import (
    DAYS_PER_MONTH,
    Cost,
    Kind,
    Origin,
    Qualification,
    Reason,
    Screening,
    Status,
    Team,
)

IN_PROCESS = (Status.IN_MARKETING, Status.IN_INSIDE_SALES, Status.IN_FIELD_SALES)
"""Statuses of buyers on whom a department has still to decide."""


def _status(book: Book) -> Floats:
    rows = book.rows(Kind.STATUS)
    return book.last_of(rows, rows.code.astype(np.float64))


def _booked(book: Book) -> Rows:
    rows = book.rows(Kind.QUALIFIED)
    return rows[rows.code == Qualification.BOOKED]


def conversion(book: Book) -> dict[str, tuple[Floats, Flags, Flags]]:
    """Per arrival rate: arrival time, denominator and numerator of every buyer that arrived."""
    arrived, screened = book.rows(Kind.ARRIVED), book.rows(Kind.SCREENED)
    at = book.first_of(arrived, arrived.time)
    came = ~np.isnan(at)
    status = _status(book)
    mql = book.among(screened[screened.code == Screening.MQL])
    booked, won = book.among(_booked(book)), book.among(book.rows(Kind.WON))
    undecided = status == Status.IN_INSIDE_SALES
    reached = mql & booked
    in_process = np.isin(status, IN_PROCESS)
    return {
        "opportunity_rate": (at[came], (mql & (booked | ~undecided))[came], reached[came]),
        "contract_rate": (at[came], (won | ~in_process)[came], won[came]),
    }


def marketing(book: Book, periods: Periods) -> dict[str, Floats]:
    """Inquiries, MQLs, what they cost and what became of them."""
    arrived, screened = book.rows(Kind.ARRIVED), book.rows(Kind.SCREENED)
    mqls = periods.sum(screened.time[screened.code == Screening.MQL])
    advertising = spent(book, periods, Cost.ADVERTISING, Team.MARKETING)
    values = {
        "inquiries": periods.sum(arrived.time),
        "mql_count": mqls,
        "cpa": ratio(advertising, mqls),
    }
    for name, (at, counted, reached) in conversion(book).items():
        values[name] = ratio(periods.sum_by(at, reached), periods.sum_by(at, counted))
    return values


def calls(book: Book, periods: Periods, work: Labor) -> dict[str, Floats]:
    """Attempts of inside sales, and the opportunities that it creates."""
    attempts = book.rows(Kind.ATTEMPTED)
    booked = _booked(book)
    employed = work.employed(periods, Team.INSIDE_SALES)
    tried, created = periods.sum(attempts.time), periods.sum(booked.time)
    return {
        "activities": ratio(tried, employed),
        "reach_rate": ratio(periods.sum(attempts.time[attempts.code == 1]), tried),
        "sql_count": created,
        "meetings_per_inside_sales_person": ratio(created, employed / DAYS_PER_MONTH),
        "recycled_opportunities": periods.sum(booked.time[booked.c == 1.0]),
    }


def brought_back(book: Book, periods: Periods) -> dict[str, Floats]:
    """What comes back from the recycling pool."""
    back = returns(book)
    status = _status(book)[back.buyer]
    open_ = back.last & np.isin(status, (Status.IN_MARKETING, Status.IN_INSIDE_SALES))
    decided = back.reached | (back.worked & ~open_)
    return {
        "reactivation_rate": ratio(
            periods.sum_by(back.time, back.reached), periods.sum_by(back.time, decided)
        ),
        "recycled_buyers": periods.sum(np.sort(back.time)),
    }


def deals(book: Book, periods: Periods, work: Labor) -> dict[str, Floats]:
    """Wins and win rates of field sales."""
    won, lost = book.rows(Kind.WON), book.rows(Kind.LOST)
    lost = lost[lost.team == Team.FIELD_SALES]
    wins, losses = periods.sum(won.time), periods.sum(lost.time)
    amount = periods.sum(won.time, won.a)
    lost_amount = periods.sum(lost.time, np.nan_to_num(lost.b))
    employed = work.employed(periods, Team.FIELD_SALES)
    recycled, won_back = won.code == Origin.RECYCLED, won.code == Origin.WON_BACK
    return {
        "wins": wins,
        "win_rate": ratio(wins, wins + losses),
        "win_rate_amount": ratio(amount, amount + lost_amount),
        "wins_per_field_sales_person": ratio(wins, employed / DAYS_PER_MONTH),
        "quota_reached_share": _quota_reached(book, periods, work),
        "recycled_win_share": ratio(periods.sum(won.time[recycled]), wins),
        "won_back_share": ratio(periods.sum(won.time[won_back]), wins),
    }


def lead_times(book: Book, periods: Periods, pipeline: Opportunities) -> dict[str, Floats]:
    """How long opportunities take from the first meeting to the contract."""
    met = ~np.isnan(pipeline.met)
    decided, won = pipeline.decided[met], pipeline.won[met]
    open_ = np.isnan(decided)
    return durations(
        periods,
        pipeline.met[met],
        np.where(open_, book.facts.horizon_days, decided),
        np.where(open_, CENSORED, np.where(won, ENDED, COMPETING)),
        {},
        {"lead_time": 0.5, "lead_time_p90": 0.9},
        book.facts.horizon_days,
    )


def deal_load(
    book: Book, periods: Periods, work: Labor, pipeline: Opportunities
) -> dict[str, Floats]:
    """How many opportunities a field-sales person has open."""
    end = np.where(np.isnan(pipeline.decided), book.facts.horizon_days, pipeline.decided)
    present = periods.presence(np.minimum(pipeline.opened, end), end)
    employed = work.employed(periods, Team.FIELD_SALES)
    return {"open_opportunities_per_field_sales_person": ratio(present, employed)}


def _quota_reached(book: Book, periods: Periods, work: Labor) -> Floats:
    """Share of field-sales people at quota over the measured period (no monthly values)."""
    lower, upper = periods.lower[-1], periods.upper[-1]
    who = work.spells
    sells = who.team == Team.FIELD_SALES
    person, at = np.unique(who.person[sells], return_inverse=True)
    days = np.clip(who.end[sells], lower, upper) - np.clip(who.start[sells], lower, upper)
    employed = np.bincount(at, days, minlength=len(person))
    won = book.rows(Kind.WON)
    won = won[(won.time > lower) & (won.time <= upper) & np.isin(won.person, person)]
    sold = np.bincount(np.searchsorted(person, won.person), won.a, minlength=len(person))
    quota = book.facts.quota_per_month * employed / DAYS_PER_MONTH
    counted = (employed >= DAYS_PER_MONTH) & (quota > 0.0)
    values = periods.nothing
    values[-1] = ratio(np.sum(sold[counted] >= quota[counted]), np.sum(counted))[()]
    return values


def accounts(book: Book, periods: Periods, work: Labor) -> dict[str, Floats]:
    """Health and claims of the customers, and the load of customer success."""
    health, claimed = book.rows(Kind.HEALTH), book.rows(Kind.CLAIMED)
    months = customer_months(book, periods)
    employed = work.employed(periods, Team.CUSTOMER_SUCCESS)
    return {
        "health_score": ratio(periods.sum(health.time, health.a), periods.sum(health.time)),
        "accounts_per_customer_success_person": ratio(months * DAYS_PER_MONTH, employed),
        "claims_per_customer": ratio(periods.sum(claimed.time), months),
    }


def inquiry_times(book: Book, periods: Periods) -> dict[str, Floats]:
    """How long it takes from an inquiry to the first opportunity and the first contract."""
    arrived, gone = book.rows(Kind.ARRIVED), book.rows(Kind.GONE)
    start = book.first_of(arrived, arrived.time)
    came, horizon = ~np.isnan(start), book.facts.horizon_days
    left = book.first_of(gone, gone.time)
    values: dict[str, Floats] = {}
    goals = (
        ("inquiry_to_opportunity", _booked(book)),
        ("inquiry_to_contract", book.rows(Kind.WON)),
    )
    for name, goal in goals:
        reached = book.first_of(goal, goal.time)
        how = np.where(~np.isnan(reached), ENDED, np.where(~np.isnan(left), COMPETING, CENSORED))
        until = np.where(how == COMPETING, left, horizon)
        end = np.where(how == ENDED, reached, until)
        levels = {name: 0.5, f"{name}_p90": 0.9}
        values |= durations(periods, start[came], end[came], how[came], {}, levels, horizon)
    return values


def shared(book: Book, periods: Periods, work: Labor) -> dict[str, Floats]:
    """What all departments together do to a buyer."""
    won, booked = book.rows(Kind.WON), _booked(book)
    lost, asked = book.rows(Kind.LOST), book.rows(Kind.RE_EXPLAINED)
    values: dict[str, Floats] = {}
    true = periods.sum_by(lost.time, lost.code == lost.a)
    values["loss_reasons_true_share"] = ratio(true, periods.sum(lost.time))
    buyers = book.among(won)
    won_at = book.first_of(won, won.time)[buyers]
    times = np.bincount(asked.buyer, minlength=len(book.buyers))[buyers].astype(np.float64)
    values["re_explanations"] = ratio(
        periods.sum_by(won_at, times), periods.sum_by(won_at, np.ones(len(won_at)))
    )

    trust = book.rows(Kind.TRUST)
    known = buyers | book.among(booked) | book.among(book.rows(Kind.CUSTOMER))
    last = book.last_of(trust, trust.a)
    values["trust"] = periods.nothing
    values["trust"][-1] = ratio(np.where(np.isnan(last), 1.0, last)[known].sum(), known.sum())[()]

    sellers = (Team.INSIDE_SALES, Team.FIELD_SALES)
    theirs = work.of(*sellers)
    facing = periods.sum_by(work.end[theirs], work.hours[theirs])
    values["facing_share"] = ratio(facing, HOURS_PER_DAY * work.employed(periods, *sellers))
    return values


def losses(book: Book, periods: Periods) -> dict[str, NDArray[np.generic]]:
    """Losses of the measured period by stage, true and recorded reason."""
    rows = book.rows(Kind.LOST)
    rows = rows[(rows.time > periods.lower[-1]) & (rows.time <= periods.upper[-1])]
    size = np.where(np.isnan(rows.b), deal_sizes(book)[rows.buyer], rows.b)
    base = len(Reason)
    recorded = np.nan_to_num(rows.a).astype(np.int64)
    key = (rows.team.astype(np.int64) * base + rows.code) * base + recorded
    cells, at = np.unique(key, return_inverse=True)
    return {
        "stage": _names(Team, cells // base**2),
        "true_reason": _names(Reason, cells // base % base),
        "recorded_reason": _names(Reason, cells % base),
        "buyers": np.bincount(at, minlength=len(cells)),
        "amount": np.bincount(at, size, minlength=len(cells)),
    }


def recycling(book: Book, periods: Periods) -> dict[str, NDArray[np.generic]]:
    """By recorded reason, within the measured period: parked, came back, opportunities, won."""
    lower, upper = periods.lower[-1], periods.upper[-1]

    def count(reason: NDArray[np.integer], time: Floats) -> NDArray[np.int64]:
        inside = (time > lower) & (time <= upper)  # NaN (it did not happen) is not inside
        return np.bincount(reason[inside], minlength=len(Reason))

    parked, back = book.rows(Kind.PARKED), returns(book)
    return {
        "recorded_reason": _names(Reason, np.arange(len(Reason))),
        "parked": count(parked.code, parked.time),
        "came_back": count(back.reason, back.time),
        "opportunities": count(back.reason, back.reached_at),
        "won": count(back.reason, back.won_at),
    }


def statuses(book: Book) -> dict[str, int]:
    """Number of buyers by where they are at the horizon."""
    rows = book.rows(Kind.STATUS)
    counts = np.bincount(rows.code, minlength=len(Status)).tolist()
    return {status.name.lower(): counts[status] for status in Status}


def funnel(book: Book, periods: Periods, work: Labor, pipeline: Opportunities) -> dict[str, Floats]:
    """Every metric of this module, per period."""
    return {
        **marketing(book, periods),
        **calls(book, periods, work),
        **brought_back(book, periods),
        **deals(book, periods, work),
        **lead_times(book, periods, pipeline),
        **deal_load(book, periods, work, pipeline),
        **accounts(book, periods, work),
        **inquiry_times(book, periods),
        **shared(book, periods, work),
    }


def _names(names: type[Team] | type[Reason], codes: NDArray[np.integer]) -> NDArray[np.generic]:
    return np.array([names(code).name.lower() for code in codes.tolist()], dtype=object)
