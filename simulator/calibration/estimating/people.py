"""Who works in sales now, how much each brings about, and how much people differ.

People are known only as owners of leads and opportunities. What they bring about is counted for
those who are still at work; how fast they could work, nobody's files say.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from simulator.calibration.estimates import Estimate, Finding
from simulator.calibration.estimating.intervals import quantile, rate, ratio
from simulator.calibration.estimating.spread import spread_between
from simulator.calibration.records import Act, Flags, Floats, Integers, Outcome, Records
from simulator.languages.messages import marked, say

MONTH = 20.0
RECENTLY = 60.0
"""Business days: three months."""
FEWEST = 3
"""Who had so many cases within the last three months is at work."""
ALMOST_ALL = 0.8
"""An owner with this share of all cases is hardly one person among others."""

_TIMES_OTHERS = 10.0  # nor is one with so many times the cases that the others have on average
_NOT_FEW = 50
_SETTLED = 60.0  # after so many business days a lead has had most of its calls


@dataclass(frozen=True, slots=True)
class Team:
    """The people of one department.

    Attributes
    ----------
    name : str
        "inside_sales" or "field_sales".
    recorded : int
        How many owners occur at all.
    active : Estimate
        ``people.TEAM``: at work now. Its range is not an interval: it is what other thresholds
        (twice as many cases; a single one) would give.
    opened, reached : Estimate or None
        ``opened.TEAM`` and ``converted.inside_sales`` or ``won.field_sales``: cases begun and
        cases that succeeded, per person at work and month.
    spread : Estimate or None
        ``spread.TEAM``: deviation between people of the logarithm of the latter's rate.
    workload : Estimate or None
        ``workload.field_sales``: open opportunities per person at work, at the end.
    effort : Estimate or None
        ``calls_per_day.inside_sales`` or ``meetings_per_day.field_sales``: per person at work.
    """

    name: str
    recorded: int
    active: Estimate
    opened: Estimate | None
    reached: Estimate | None
    spread: Estimate | None
    workload: Estimate | None
    effort: Estimate | None


@dataclass(frozen=True, slots=True)
class People:
    """Everybody, and what the activities say.

    Attributes
    ----------
    inside_sales, field_sales : Team or None
        None where no owner is recorded.
    attempts : Estimate or None
        ``calls_per_lead``, of leads that are old enough.
    answered : Estimate or None
        ``calls_answered``: share of calls that reached the buyer. A description only: early calls
        reach more often, so it is not the chance of a fresh buyer's first call.
    meetings : Estimate or None
        ``work.field_sales.meetings``: median number of meetings before a contract.
    findings : tuple of Finding
    """

    inside_sales: Team | None
    field_sales: Team | None
    attempts: Estimate | None
    answered: Estimate | None
    meetings: Estimate | None
    findings: tuple[Finding, ...]


class _Cases(NamedTuple):
    """Cases of one department: who owns each, when it began and when it succeeded (NaN: not)."""

    name: str
    what: str
    owner: Integers
    began: Floats
    succeeded: Floats
    is_open: Flags


def fit_people(records: Records, since: float, until: float) -> People:
    """Estimate who works and how much.

    Parameters
    ----------
    records : Records
    since, until : float
        The recent regime, in business days. Who is at work is seen from its last three months.

    Returns
    -------
    People
    """
    leads, deals = records.leads, records.opportunities
    handled = _Cases(
        "inside_sales", marked("leads"), leads.owner, leads.created,
        np.where(np.isnan(leads.converted), leads.won, leads.converted),
        np.zeros(len(leads), dtype=np.bool_),
    )  # fmt: skip
    sold = _Cases(
        "field_sales", "opportunities", deals.owner,
        np.where(np.isnan(deals.opened), deals.closed, deals.opened),
        np.where(deals.outcome == Outcome.WON, deals.closed, np.nan),
        deals.outcome == Outcome.OPEN,
    )  # fmt: skip
    findings: list[Finding] = []
    teams = []
    for cases, kind, people in (
        (handled, Act.CALL, records.inside_sales),
        (sold, Act.MEETING, records.field_sales),
    ):
        done = records.activities.time[records.activities.act == kind]
        teams.append(_team(cases, people, done, since, until, findings))
    return People(
        teams[0], teams[1], _attempts(records, since, until), _answered(records, since, until),
        _meetings(records), tuple(findings),
    )  # fmt: skip


# ------------------------------------------------------------------ one department


def _team(
    cases: _Cases, people: int, acts: Floats, since: float, until: float, findings: list[Finding]
) -> Team | None:
    owned = cases.owner >= 0
    if not owned.any():
        if len(cases.owner):
            findings.append(
                Finding("not_identifiable", say("No {what} carry an owner: how many people work"
                        " in {team}, and how they differ, is not known.", what=say(cases.what),
                        team=_words(cases.name)))
            )  # fmt: skip
        return None
    count = max(people, int(cases.owner.max()) + 1)
    findings += _who_is_missing(cases, owned)
    crowds = _crowds(cases, count, findings)
    recent = owned & _within(cases.began, until - RECENTLY, until)
    # Where a case is dated by its end alone, or success comes late, that shows work as well.
    recent |= owned & _within(cases.succeeded, until - RECENTLY, until)
    cases_now = np.bincount(cases.owner[recent], minlength=count)
    active = cases_now >= FEWEST
    at_work = int(active.sum())
    estimate = Estimate(
        f"people.{cases.name}", float(at_work), float((cases_now >= 2 * FEWEST).sum()),
        float((cases_now >= 1).sum()), int(recent.sum()), "people",
        say(
            "owners with {fewest} or more {what} in the last three months;"
            " range: {twice} or more to one",
            fewest=FEWEST, what=say(cases.what), twice=2 * FEWEST,
        ),
    )  # fmt: skip
    counted = active & ~crowds if (active & ~crowds).any() else active
    opened, reached, spread = _throughput(cases, counted, since, until)
    return Team(
        cases.name, int((np.bincount(cases.owner[owned], minlength=count) > 0).sum()), estimate,
        opened, reached, spread, _workload(cases, counted), _effort(cases, acts, at_work, since,
        until),
    )  # fmt: skip


_TEAMS = {"inside_sales": marked("inside sales"), "field_sales": marked("field sales")}


def _words(team: str) -> str:
    return say(_TEAMS[team])


def _within(times: Floats, since: float, until: float) -> Flags:
    return (times > since) & (times <= until)


def _who_is_missing(cases: _Cases, owned: Flags) -> list[Finding]:
    known = float(owned.mean())
    if known >= 0.9:
        return []
    only = bool(np.isfinite(cases.succeeded[owned]).all())
    words = say(
        "Only {share} % of the {what} carry an owner, those that succeeded: who worked the others"
        " is not known. People in {team} and their cases are counted too low."
        if only else
        "Only {share} % of the {what} carry an owner. People in {team} and their cases are counted"
        " too low.", share=f"{100 * known:.0f}", what=say(cases.what), team=_words(cases.name),
    )  # fmt: skip
    return [Finding("not_identifiable", words)]


def _crowds(cases: _Cases, count: int, findings: list[Finding]) -> Flags:
    """Owners that hold so much that they are a queue or an import rather than a person."""
    held = np.bincount(cases.owner[cases.owner >= 0], minlength=count)
    holders = held[held > 0]
    total = int(held.sum())
    others = (total - held) / max(len(holders) - 1, 1)
    many = held >= _NOT_FEW
    almost = many & (held >= ALMOST_ALL * total)
    far_more = many & (len(holders) > 2) & (held > _TIMES_OTHERS * others)
    found = almost | far_more
    where = _words(cases.name)
    for mine, each in zip(held[found], others[found], strict=True):
        words = say(
            "All {total} {what} of {team} carry one owner: probably a queue or an import and not a"
            " person. Nothing per person is taken from it where there are others."
            if len(holders) == 1 else
            "One owner in {team} holds {mine} of {total} {what} ({share} %; the others {each}"
            " each): probably a queue or an import and not a person. Nothing per person is taken"
            " from it where there are others.",
            team=where, mine=mine, total=total, what=say(cases.what),
            share=f"{100 * mine / total:.0f}", each=f"{each:.0f}",
        )  # fmt: skip
        findings.append(Finding("one_owner", words))
    return found


def _throughput(
    cases: _Cases, counted: Flags, since: float, until: float
) -> tuple[Estimate | None, Estimate | None, Estimate | None]:
    """Cases begun and cases that succeeded per person and month, and how people differ."""
    people = len(counted)
    first = np.full(people, np.inf)
    owned = cases.owner >= 0
    seen = np.fmin(cases.began, cases.succeeded)
    known = owned & np.isfinite(seen)
    np.minimum.at(first, cases.owner[known], seen[known])
    # Who came within the regime is counted from the first case on, without that case.
    begins = np.maximum(first, since)
    months = (until - begins) / MONTH
    chosen = np.flatnonzero(counted & (months >= 1.0))
    if not len(chosen):
        return None, None, None
    per = []
    for times in (cases.began, cases.succeeded):
        mine = owned & (times > np.where(owned, begins[np.maximum(cases.owner, 0)], np.inf))
        mine &= times <= until
        per.append(np.bincount(cases.owner[mine], minlength=people)[chosen].astype(np.float64))
    names = (
        f"opened.{cases.name}",
        f"{'won' if cases.name == 'field_sales' else 'converted'}.{cases.name}",
    )
    found = [_per_month(name, each, months[chosen]) for name, each in zip(names, per, strict=True)]
    spread = spread_between(f"spread.{cases.name}", per[1], months[chosen])
    return found[0], found[1], spread


def _per_month(key: str, counts: Floats, months: Floats) -> Estimate:
    unit = f"{key.partition('.')[0]} per person and month"
    total = int(counts.sum())
    method = say("{n} people at work, error between people", n=len(counts))
    found = ratio(key, counts, months, unit, total, method)
    by_chance = rate(key, total, float(months.sum()), unit, method=say("one Poisson rate"))
    # People cannot be surer than chance alone allows.
    return by_chance if found is None or found.error < by_chance.error else found


def _workload(cases: _Cases, counted: Flags) -> Estimate | None:
    """Open cases per person now."""
    if not cases.is_open.any():
        return None
    mine = cases.is_open & (cases.owner >= 0)
    held = np.bincount(cases.owner[mine], minlength=len(counted))[counted].astype(np.float64)
    return ratio(
        f"workload.{cases.name}", held, np.ones(len(held)), "open opportunities per person",
        int(held.sum()),
        say("open at the end, {n} people at work; also those nobody touches", n=len(held)),
    )  # fmt: skip


def _effort(
    cases: _Cases, acts: Floats, people: int, since: float, until: float
) -> Estimate | None:
    """Calls or meetings per person at work and business day, in the last three months."""
    begins = max(since, until - RECENTLY)
    mine = acts[_within(acts, begins, until)]
    if not len(mine) or not people or until - begins < 1.0:
        return None
    weeks = max(int((until - begins) / 5.0), 1)
    counts = np.bincount(
        np.minimum(((mine - begins) / (until - begins) * weeks).astype(np.int64), weeks - 1),
        minlength=weeks,
    )
    wide = float(counts.var(ddof=1) / counts.mean()) if weeks > 2 else 1.0
    kind = "calls" if cases.name == "inside_sales" else "meetings"
    return rate(
        f"{kind}_per_day.{cases.name}", len(mine), (until - begins) * people,
        f"{kind} per person and business day", wide, max(weeks - 1.0, 1.0),
        say(
            "all calls of the last three months over {people} people at work" if kind == "calls"
            else "all meetings of the last three months over {people} people at work",
            people=people,
        ),
    )  # fmt: skip


# ------------------------------------------------------------------ activities


def _attempts(records: Records, since: float, until: float) -> Estimate | None:
    """Calls per lead, of leads that have had time for theirs."""
    acts = records.activities
    called = (acts.act == Act.CALL) & (acts.lead >= 0)
    old = _within(records.leads.created, since, until - _SETTLED)
    if not called.any() or not old.any():
        return None
    calls = np.bincount(acts.lead[called], minlength=len(records.leads))[old].astype(np.float64)
    return ratio(
        "calls_per_lead", calls, np.ones(len(calls)), "calls per lead", len(calls),
        say("mean, of leads older than three months"),
    )  # fmt: skip


def _answered(records: Records, since: float, until: float) -> Estimate | None:
    """Share of calls that reached the buyer."""
    acts = records.activities
    told = (acts.act == Act.CALL) & (acts.reached >= 0) & _within(acts.time, since, until)
    if not told.any():
        return None
    # Calls to one lead are alike: the error is between leads; a call without one stands alone.
    lead = np.where(acts.lead[told] >= 0, acts.lead[told], -1 - np.arange(int(told.sum())))
    _, place = np.unique(lead, return_inverse=True)
    calls = np.bincount(place).astype(np.float64)
    answered = np.bincount(place, weights=acts.reached[told]).astype(np.float64)
    return ratio(
        "calls_answered", answered, calls, "share of calls", int(told.sum()),
        say("description: later calls reach less often, error between leads"),
    )  # fmt: skip


def _meetings(records: Records) -> Estimate | None:
    """Meetings before a contract."""
    acts, deals = records.activities, records.opportunities
    met = (acts.act == Act.MEETING) & ((acts.opportunity >= 0) | (acts.lead >= 0))
    if not met.any() or not len(deals):
        return None
    belongs = acts.opportunity[met]
    if len(records.leads):
        # A meeting with a lead that has one opportunity belongs to it.
        of_lead = deals.lead >= 0
        passes = np.bincount(deals.lead[of_lead], minlength=len(records.leads))
        only = np.full(len(records.leads), -1, dtype=np.int64)
        only[deals.lead[of_lead]] = np.flatnonzero(of_lead)
        only[passes != 1] = -1
        lead = acts.lead[met]
        through = np.where(lead >= 0, only[np.maximum(lead, 0)], -1)
        belongs = np.where(belongs >= 0, belongs, through)
    held = np.bincount(belongs[belongs >= 0], minlength=len(deals))
    signed = held[(deals.outcome == Outcome.WON) & (held > 0)]
    found = quantile("work.field_sales.meetings", signed.astype(np.float64), 0.5, "meetings")
    if found is None:
        return None
    usual = int(np.argmax(np.bincount(signed)))
    part = 100.0 * float((signed == usual).mean())
    return Estimate(
        found.key, found.value, found.low, found.high, found.n, found.unit,
        say("median of opportunities that signed and met at all; most often {usual} ({share} %)",
            usual=usual, share=f"{part:.0f}"),
        found.scale,
    )  # fmt: skip
