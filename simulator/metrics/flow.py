"""Teams: how busy, how long the queue, how long the wait, what gets through and what gives up."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.metrics.periods import Floats, Periods, ratio
from simulator.metrics.rows import Book, Flags, Integers, Spells, spells
from simulator.metrics.survival import CENSORED, ENDED, Incidence, durations, median, p90
from simulator.organization.journal import (
    DAYS_PER_MONTH,
    DEPARTMENTS,
    Kind,
    Qualification,
    Team,
)

HOURS_PER_DAY = 8.0


@dataclass(frozen=True, slots=True)
class Waits:
    """Every stay in a queue, sorted by when it began.

    Attributes
    ----------
    team, work : ndarray of int
        Whose queue, and what for.
    buyer : ndarray of int64
        Who waits: the position in :attr:`Book.buyers`.
    start, end : ndarray of float64
        ``end`` is the horizon for those still waiting.
    ended, served : ndarray of bool
        Ended: served or given up.
    """

    team: NDArray[np.int8]
    work: NDArray[np.int32]
    buyer: Integers
    start: Floats
    end: Floats
    ended: Flags
    served: Flags

    def __getitem__(self, chosen: Flags) -> Waits:
        return Waits(
            self.team[chosen],
            self.work[chosen],
            self.buyer[chosen],
            self.start[chosen],
            self.end[chosen],
            self.ended[chosen],
            self.served[chosen],
        )


def waits(book: Book, team: Team | None = None) -> Waits:
    """Collect all stays in queues (or in that of one team): served, abandoned and unfinished."""
    every = (book.rows(kind) for kind in (Kind.VISIT, Kind.ABANDONED, Kind.UNFINISHED))
    visit, gave_up, open_ = (rows if team is None else rows[rows.team == team] for rows in every)
    in_service = ~np.isnan(open_.b)
    start = np.concatenate((visit.a, gave_up.a, open_.a))
    horizon = book.facts.horizon_days
    end = np.concatenate((visit.b, gave_up.time, np.where(in_service, open_.b, horizon)))
    served = np.concatenate(
        (np.ones(len(visit), dtype=np.bool_), np.zeros(len(gave_up), dtype=np.bool_), in_service)
    )
    ended = served.copy()
    ended[len(visit) : len(visit) + len(gave_up)] = True
    order = np.argsort(start, kind="stable")
    return Waits(
        np.concatenate((visit.team, gave_up.team, open_.team))[order],
        np.concatenate((visit.code, gave_up.code, open_.code))[order],
        np.concatenate((visit.buyer, gave_up.buyer, open_.buyer))[order],
        start[order],
        end[order],
        ended[order],
        served[order],
    )


@dataclass(frozen=True, slots=True)
class Labor:
    """Who worked when, for whom; the basis of everything "per person".

    Attributes
    ----------
    spells : Spells
    spell : ndarray of int64
        The spell during which each piece of work began; -1 if by nobody employed.
    start, end, hours : ndarray of float64
        Of each piece of work; ``hours`` are customer-facing ones.
    """

    spells: Spells
    spell: Integers
    start: Floats
    end: Floats
    hours: Floats

    def employed(self, periods: Periods, *teams: Team) -> Floats:
        """Person-days employed in any of the teams."""
        chosen = np.isin(self.spells.team, teams)
        ends = np.minimum(self.spells.end[chosen], periods.upper.max(initial=0.0))
        return periods.presence(np.minimum(self.spells.start[chosen], ends), ends)

    def pay(self, periods: Periods, *teams: Team) -> Floats:
        """Pay of the teams (of everybody if none is named)."""
        chosen = np.isin(self.spells.team, teams or list(Team))
        ends = np.minimum(self.spells.end[chosen], periods.upper.max(initial=0.0))
        starts = np.minimum(self.spells.start[chosen], ends)
        per_day = self.spells.pay_per_month[chosen] / DAYS_PER_MONTH
        return periods.presence(starts, ends, per_day)

    def of(self, *teams: Team) -> Flags:
        """Which pieces of work were done by people of the teams, from whichever queue."""
        if not len(self.spells.person):
            return np.zeros(len(self.spell), dtype=np.bool_)
        return (self.spell >= 0) & np.isin(self.spells.team[self.spell], teams)


def labor(book: Book) -> Labor:
    """Assign every piece of work to the spell of the person who did it."""
    visit, open_ = book.rows(Kind.VISIT), book.rows(Kind.UNFINISHED)
    open_ = open_[~np.isnan(open_.b)]
    start = np.concatenate((visit.b, open_.b))
    employment = spells(book)
    return Labor(
        employment,
        employment.at(np.concatenate((visit.person, open_.person)), start),
        start,
        np.concatenate((visit.time, np.full(len(open_), book.facts.horizon_days))),
        np.concatenate((np.nan_to_num(visit.c), np.zeros(len(open_)))),
    )


def team_flow(book: Book, periods: Periods, work: Labor) -> dict[str, Floats]:
    """Utilization, queue, wait, throughput, abandonment and losses of each department."""
    every = waits(book)
    values: dict[str, Floats] = {}
    for team in DEPARTMENTS:
        stays = every[every.team == team]
        values |= wait_times(periods, stays, team) | passage(book, periods, work, stays, team)
    return values


def wait_times(periods: Periods, stays: Waits, team: Team) -> dict[str, Floats]:
    """How long a department's waits last, by when they began."""
    how = np.where(stays.ended, ENDED, CENSORED)
    name = team.name.lower()
    return durations(
        periods,
        stays.start,
        stays.end,
        how,
        {
            f"{name}.wait_mean": Incidence.restricted_mean,
            f"{name}.wait_p50": median,
            f"{name}.wait_p90": p90,
        },
    )


def passage(
    book: Book, periods: Periods, work: Labor, stays: Waits, team: Team
) -> dict[str, Floats]:
    """How busy a department is, how long its queue, what gets through and what is lost."""
    visits, lost = book.rows(Kind.VISIT), book.rows(Kind.LOST)
    theirs = work.of(team)
    busy = periods.presence(work.start[theirs], work.end[theirs])
    start, end, ended = stays.start, stays.end, stays.ended
    gave_up = periods.sum_by(end[ended], ~stays.served[ended])
    losses = periods.sum(lost.time[lost.team == team])
    if team == Team.CUSTOMER_SUCCESS:
        losses = losses + periods.sum(book.rows(Kind.CHURNED).time)
    name = team.name.lower()
    return {
        f"{name}.utilization": ratio(busy, work.employed(periods, team)),
        f"{name}.queue": ratio(periods.presence(start, end), periods.days),
        f"{name}.throughput": ratio(periods.sum(visits.time[visits.team == team]), periods.days),
        f"{name}.abandonment": ratio(gave_up, periods.sum(np.sort(end[ended]))),
        f"{name}.lost": losses,
    }


def people(book: Book, periods: Periods, work: Labor) -> dict[str, NDArray[np.generic]]:
    """One line per spell of a person in a team: what it did within the measured period."""
    who = work.spells
    count = len(who.person)
    lower, upper = periods.lower[-1], periods.upper[-1]

    def clip(time: Floats) -> Floats:
        return np.clip(time, lower, upper)

    def per_spell(spell: Integers, amounts: Floats | None = None) -> Floats:
        known = spell >= 0
        weights = None if amounts is None else amounts[known]
        return np.bincount(spell[known], weights, minlength=count).astype(np.float64)

    def of(kind: Kind, code: int | None = None) -> tuple[Integers, Floats]:
        rows = book.rows(kind)
        rows = rows[(rows.time > lower) & (rows.time <= upper)]
        rows = rows if code is None else rows[rows.code == code]
        return who.at(rows.person, rows.time), rows.a

    meetings, _ = of(Kind.MET)
    booked, _ = of(Kind.QUALIFIED, Qualification.BOOKED)
    wins, amounts = of(Kind.WON)
    inside = (work.end > lower) & (work.end <= upper)
    days = clip(who.end) - clip(who.start)
    return {
        "person": who.person,
        "team": np.array([Team(team).name.lower() for team in who.team.tolist()], dtype=object),
        "start": who.start,
        "end": np.where(who.end > book.facts.horizon_days, np.nan, who.end),
        "employed_days": days,
        "busy_days": per_spell(work.spell, clip(work.end) - clip(work.start)),
        "facing_hours": per_spell(work.spell[inside], work.hours[inside]),
        "meetings": per_spell(meetings),
        "opportunities": per_spell(booked),
        "wins": per_spell(wins),
        "bookings": per_spell(wins, amounts),
        "cost": days * who.pay_per_month / DAYS_PER_MONTH,
    }
