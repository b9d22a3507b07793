"""What becomes of buyers: conversion, durations, losses, returns, claims, trust."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from simulator.metrics.flow import HOURS_PER_DAY, Labor
from simulator.metrics.periods import Floats, Periods, ratio
from simulator.metrics.revenue import deal_sizes, spent
from simulator.metrics.rows import (
    Book,
    Flags,
    Opportunities,
    Rows,
    contracts,
    returns,
)
from simulator.metrics.survival import CENSORED, COMPETING, ENDED, Incidence, incidence
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
    Work,
)

IN_PROCESS = (Status.IN_MARKETING, Status.IN_INSIDE_SALES, Status.IN_FIELD_SALES)
"""Statuses of buyers on whom a department has still to decide."""


def durations(
    periods: Periods,
    start: Floats,
    end: Floats,
    how: NDArray[np.integer],
    read: Callable[[Incidence], float],
) -> Floats:
    """One number per period from the durations of the cases that began in it."""
    order = np.argsort(start, kind="stable")
    length, how = (end - start)[order], how[order]
    return np.array(
        [read(incidence(length[part], how[part])) for part in periods.slices(start[order])]
    )


def _median_given_end(found: Incidence) -> float:
    return found.conditional_quantile(0.5)


def _p90_given_end(found: Incidence) -> float:
    return found.conditional_quantile(0.9)


def _median(found: Incidence) -> float:
    return found.quantile(0.5)


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


def inside_sales(book: Book, periods: Periods, work: Labor) -> dict[str, Floats]:
    """Attempts, opportunities and what comes back from the recycling pool."""
    attempts = book.rows(Kind.ATTEMPTED)
    booked = _booked(book)
    employed = work.employed(periods, Team.INSIDE_SALES)
    tried, created = periods.sum(attempts.time), periods.sum(booked.time)
    back = returns(book)
    status = _status(book)[back.buyer]
    open_ = back.last & np.isin(status, (Status.IN_MARKETING, Status.IN_INSIDE_SALES))
    decided = back.reached | (back.worked & ~open_)
    return {
        "activities": ratio(tried, employed),
        "reach_rate": ratio(periods.sum(attempts.time[attempts.code == 1]), tried),
        "sql_count": created,
        "reactivation_rate": ratio(
            periods.sum_by(back.time, back.reached), periods.sum_by(back.time, decided)
        ),
        "meetings_per_inside_sales_person": ratio(created, employed / DAYS_PER_MONTH),
        "recycled_buyers": periods.sum(np.sort(back.time)),
        "recycled_opportunities": periods.sum(booked.time[booked.c == 1.0]),
    }


def field_sales(
    book: Book, periods: Periods, work: Labor, pipeline: Opportunities
) -> dict[str, Floats]:
    """Wins, win rates, lead times and the load of field sales."""
    won, lost = book.rows(Kind.WON), book.rows(Kind.LOST)
    lost = lost[lost.team == Team.FIELD_SALES]
    wins, losses = periods.sum(won.time), periods.sum(lost.time)
    amount = periods.sum(won.time, won.a)
    lost_amount = periods.sum(lost.time, np.nan_to_num(lost.b))
    horizon = book.facts.horizon_days
    end = np.where(np.isnan(pipeline.decided), horizon, pipeline.decided)
    how = np.where(np.isnan(pipeline.decided), CENSORED, np.where(pipeline.won, ENDED, COMPETING))
    met = ~np.isnan(pipeline.met)
    lead = (periods, pipeline.met[met], end[met], how[met])
    employed = work.employed(periods, Team.FIELD_SALES)
    present = periods.presence(np.minimum(pipeline.opened, end), end)
    recycled, won_back = won.code == Origin.RECYCLED, won.code == Origin.WON_BACK
    return {
        "wins": wins,
        "win_rate": ratio(wins, wins + losses),
        "win_rate_amount": ratio(amount, amount + lost_amount),
        "lead_time": durations(*lead, _median_given_end),
        "lead_time_p90": durations(*lead, _p90_given_end),
        "wins_per_field_sales_person": ratio(wins, employed / DAYS_PER_MONTH),
        "open_opportunities_per_field_sales_person": ratio(present, employed),
        "quota_reached_share": _quota_reached(book, periods, work),
        "recycled_win_share": ratio(periods.sum(won.time[recycled]), wins),
        "won_back_share": ratio(periods.sum(won.time[won_back]), wins),
    }


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


def customer_success(
    book: Book, periods: Periods, work: Labor, customer_months: Floats
) -> dict[str, Floats]:
    """Health, onboarding, claims and the load of customer success."""
    facts, horizon = book.facts, book.facts.horizon_days
    health, claimed, answered = (
        book.rows(kind) for kind in (Kind.HEALTH, Kind.CLAIMED, Kind.ANSWERED)
    )
    life = contracts(book)
    won = life.won
    start = life.start[won]
    done = ~np.isnan(life.onboarded[won])
    gone = np.where(np.isnan(life.churned[won]), horizon, life.churned[won])
    end = np.where(done, life.onboarded[won], gone)
    onboarding = np.where(done, ENDED, CENSORED)
    due = facts.onboarding_due_days
    late = end - start > due

    open_ = book.rows(Kind.UNFINISHED)
    since = open_.a[open_.code == Work.CLAIM]  # unanswered: waiting, or being answered now
    until = np.full(len(since), horizon)
    claim_start = np.concatenate((answered.time - answered.a, since))
    claim_end = np.concatenate((answered.time, until))
    is_answered = np.arange(len(claim_start)) < len(answered)
    claim_late = np.concatenate((answered.code == 1, until - since > facts.claim_due_days))
    employed = work.employed(periods, Team.CUSTOMER_SUCCESS)
    return {
        "health_score": ratio(periods.sum(health.time, health.a), periods.sum(health.time)),
        "accounts_per_customer_success_person": ratio(customer_months * DAYS_PER_MONTH, employed),
        "onboarding_days": durations(periods, start, end, onboarding, _median),
        "onboarding_late_share": ratio(
            periods.sum_by(start, late), periods.sum_by(start, done | late)
        ),
        "claims_per_customer": ratio(periods.sum(claimed.time), customer_months),
        "claim_answer_days": durations(
            periods, claim_start, claim_end, np.where(is_answered, ENDED, CENSORED), _median
        ),
        "claims_late_share": ratio(
            periods.sum_by(claim_start, claim_late),
            periods.sum_by(claim_start, is_answered | claim_late),
        ),
    }


def shared(book: Book, periods: Periods, work: Labor) -> dict[str, Floats]:
    """What all departments together do to a buyer."""
    horizon = book.facts.horizon_days
    arrived, won, booked = book.rows(Kind.ARRIVED), book.rows(Kind.WON), _booked(book)
    lost, asked = book.rows(Kind.LOST), book.rows(Kind.RE_EXPLAINED)
    start = book.first_of(arrived, arrived.time)
    came = ~np.isnan(start)
    gone = book.rows(Kind.GONE)
    left = book.first_of(gone, gone.time)
    values: dict[str, Floats] = {}
    for name, goal in (("inquiry_to_opportunity", booked), ("inquiry_to_contract", won)):
        reached = book.first_of(goal, goal.time)
        how = np.where(~np.isnan(reached), ENDED, np.where(~np.isnan(left), COMPETING, CENSORED))
        end = np.where(how == ENDED, reached, np.where(how == COMPETING, left, horizon))
        cases = (periods, start[came], end[came], how[came])
        values[name] = durations(*cases, _median_given_end)
        values[f"{name}_p90"] = durations(*cases, _p90_given_end)

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


def funnel(
    book: Book,
    periods: Periods,
    work: Labor,
    pipeline: Opportunities,
    customer_months: Floats,
) -> dict[str, Floats]:
    """Every metric of this module, per period."""
    return {
        **marketing(book, periods),
        **inside_sales(book, periods, work),
        **field_sales(book, periods, work, pipeline),
        **customer_success(book, periods, work, customer_months),
        **shared(book, periods, work),
    }


def _names(names: type[Team] | type[Reason], codes: NDArray[np.integer]) -> NDArray[np.generic]:
    return np.array([names(code).name.lower() for code in codes.tolist()], dtype=object)
