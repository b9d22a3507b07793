"""One sentence, sometimes two, for every kind of row that concerns a buyer."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from simulator.organization.journal import (
    LOADED_SLOT,
    NONE,
    ChurnCause,
    ClaimCause,
    Facts,
    Kind,
    Meeting,
    Obstacle,
    Origin,
    Qualification,
    Reason,
    Screening,
    Status,
    Team,
    TrustCause,
    Work,
)
from simulator.presentation.figures import (
    HOURS_PER_DAY,
    lasting,
    moment,
    money,
    number,
    roughly,
    words,
)

TRUTH = "truth"
BUYER = "the buyer"
_FINAL = "at the end"


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a journal, as its sentences need it."""

    time: float
    kind: Kind
    person: int
    team: int
    code: int
    a: float
    b: float
    c: float
    facts: Facts

    @property
    def here(self) -> str:
        """Return the department of the row."""
        return department(self.team)

    @property
    def somebody(self) -> str:
        """Return who did it."""
        return "nobody" if self.person == NONE else f"person {self.person}"

    def amount(self, value: float) -> str:
        """Write a contract's worth."""
        money_now = money(value, self.facts.currency)
        return f"{money_now} a month" if self.facts.subscription else money_now


Told = Iterator[tuple[str, str]]
"""Who and what, for each sentence of a row."""


def department(team: int) -> str:
    """Write a department's name."""
    return words(Team(team).name).capitalize() if team != NONE else "nobody"


def health_text(rows: Sequence[Row]) -> str:
    """Tell monthly health readings together."""
    first, last = rows[0], rows[-1]
    text = f"health {number(first.a, 0)} of 100"
    if len(rows) > 1:
        text = (
            f"health {number(first.a, 0)} to {number(last.a, 0)} of 100 over {len(rows)} monthly"
            " readings"
        )
    return f"{text}, paying {last.amount(last.b)}"


def _fit(value: float) -> str:
    level = "about average"
    if abs(value) >= 0.5:
        level = "good" if value > 0.0 else "poor"
    if abs(value) >= 1.5:
        level = f"very {level}"
    return f"{level} fit ({value:+.2f} standard deviations)"


def _arrived(row: Row) -> Told:
    slot = row.code
    if slot >= LOADED_SLOT:
        yield BUYER, f"is there when the run begins ({row.facts.channels[slot]})"
    else:
        yield BUYER, f"sends an inquiry through {row.facts.channels[slot]}"
    yield TRUTH, f"{_fit(row.a)}; worth {row.amount(row.b)} if it buys"


def _obstacle(row: Row) -> Told:
    if row.code == Obstacle.NONE:
        text = "nothing keeps it from buying"
    else:
        text = f"cannot buy yet: {words(Obstacle(row.code).name.lower())}, until {moment(row.a)}"
    yield TRUTH, f"{text}; buys elsewhere after {moment(row.b)}"


_VISITS = {
    Work.SCREENING: "screens the inquiry",
    Work.NURTURING: "looks at it again",
    Work.CALLING: "calls",
    Work.RECONTACTING: "calls the returning buyer",
    Work.MEETING: "meets it",
    Work.ONBOARDING: "onboards it",
    Work.CLAIM: "answers its claim",
    Work.REVIEW: "reviews the account with it",
}


def _visit(row: Row) -> Told:
    waited = row.b - row.a
    wait = f"after a wait of {lasting(waited)}" if waited > 0.0 else "at once"
    facing = lasting(row.c / HOURS_PER_DAY)
    yield (
        row.here,
        f"{row.somebody} {_VISITS[Work(row.code)]} {wait}; takes {lasting(row.time - row.b)},"
        f" {facing} of work for the buyer",
    )


def _abandoned(row: Row) -> Told:
    yield (
        BUYER,
        (
            f"leaves the queue of {row.here.lower()} ({words(Work(row.code).name.lower())})"
            f" unserved after {lasting(row.time - row.a)}"
        ),
    )


def _screened(row: Row) -> Told:
    outcome = {
        Screening.MQL: "passed on as an MQL",
        Screening.NURTURED: "not ready, rests until marketing looks again",
        Screening.DROPPED: "dropped",
    }[Screening(row.code)]
    sign = "reaches" if row.a >= row.b else "is below"
    yield row.here, f"score {row.a:.2f} {sign} the cutoff of {row.b:.2f}: {outcome}"


def _attempted(row: Row) -> Told:
    result = "reached" if row.code == 1 else "no answer"
    yield row.here, f"attempt {number(row.b, 0)}: {result}"
    yield TRUTH, f"the chance of reaching it was {roughly(row.a)}"


def _not_pursued(row: Row) -> Told:
    channel = row.facts.channels[row.code]
    yield (
        row.here,
        f"does not pursue it: {channel} is believed to yield {roughly(row.a)}"
        f" (everything above {roughly(row.b)} is pursued)",
    )


def _qualified(row: Row) -> Told:
    outcome = {
        Qualification.BOOKED: "a meeting is booked",
        Qualification.TURNED_AWAY: "turned away",
        Qualification.DECLINED: "the buyer does not want a meeting",
        Qualification.PARKED: "an obstacle is found: not now",
    }[Qualification(row.code)]
    yield (
        row.here,
        f"talks with it: estimated chance of winning {roughly(row.a)}, cutoff {roughly(row.b)};"
        f" {outcome}",
    )


def _met(row: Row) -> Told:
    outcome = {
        Meeting.CONTINUES: "the buyer thinks it over",
        Meeting.ASKED_AGAIN: "part of it went to what inside sales had been told already",
        Meeting.WALKED_AWAY: "field sales walks away",
        Meeting.DECIDED: "the buyer decides",
    }[Meeting(row.code)]
    yield (
        row.here,
        f"meeting {number(row.b, 0)}, with {roughly(row.c)} of full effort: estimated chance"
        f" {roughly(row.a)}; {outcome}",
    )


def _won(row: Row) -> Told:
    how = {
        Origin.FIRST_PASS: "on its first pass",
        Origin.RECYCLED: "after having been brought back",
        Origin.WON_BACK: "as a former customer won back",
    }[Origin(row.code)]
    since = f", {lasting(row.c)} after the first meeting" if math.isfinite(row.c) else ""
    yield BUYER, f"signs: {row.amount(row.a)}, {how}{since}"
    yield TRUTH, f"{roughly(row.b)} more was promised than will be delivered"


def _lost(row: Row) -> Told:
    on_file = Reason(int(row.a)) if math.isfinite(row.a) else Reason.UNKNOWN
    noted = "no reason is recorded"
    if on_file != Reason.UNKNOWN:
        noted = f"recorded reason: {words(on_file.name.lower())}"
    yield row.here, f"lost; {noted}"
    if on_file != Reason(row.code):
        yield TRUTH, f"the true reason: {words(Reason(row.code).name.lower())}"


def _handed_over(row: Row) -> Told:
    yield row.here, f"takes over; {roughly(row.b)} of what was learned had been recorded"
    yield TRUTH, f"{roughly(row.a)} of what was known arrives"


def _re_explained(row: Row) -> Told:
    yield BUYER, f"must explain itself again to {row.here.lower()}: {roughly(row.a)} was missing"


def _trust(row: Row) -> Told:
    cause = {
        TrustCause.RE_EXPLAINED: "it had to explain itself again",
        TrustCause.BROKEN_PROMISE: "a promise is taken back",
        TrustCause.LATE_ANSWER: "the answer came late",
        TrustCause.AI_ERROR: "an unchecked AI error reached it",
    }[TrustCause(row.code)]
    yield TRUTH, f"trust falls from {roughly(row.b)} to {roughly(row.a)}: {cause}"


def _parked(row: Row) -> Told:
    on_file = words(Reason(row.code).name.lower())
    yield row.here, f"the buyer goes into the recycling pool; on file: {on_file}"
    if math.isfinite(row.a):
        yield TRUTH, f"will be brought back in {moment(row.a)}"
    else:
        yield TRUTH, "nobody will think of it again"


def _recycled(row: Row) -> Told:
    on_file = words(Reason(row.code).name.lower())
    times = number(row.a, 0)
    yield row.here, f"brings it back (return {times}); on file: {on_file}"


def _gone(row: Row) -> Told:
    yield row.here, f"will not come back: {words(Reason(row.code).name.lower())}"


def _customer(row: Row) -> Told:
    yield BUYER, f"has been a customer for {lasting(row.b)}, paying {row.amount(row.a)}"


def _onboarded(row: Row) -> Told:
    late = row.a > row.facts.onboarding_due_days
    yield row.here, f"onboarded {lasting(row.a)} after the contract{', late' if late else ''}"
    yield TRUTH, f"{roughly(row.b)} of what field sales knew was at hand"


def _claimed(row: Row) -> Told:
    about = {
        ClaimCause.USE: "about using the product",
        ClaimCause.BROKEN_PROMISE: "about a promise that was not kept",
        ClaimCause.LOST_INFORMATION: "about what it had told before",
    }[ClaimCause(row.code)]
    yield BUYER, f"complains {about}"
    yield TRUTH, f"the gap between promised and delivered is {number(row.a, 2)}"


def _answered(row: Row) -> Told:
    late = "late" if row.code == 1 else "in time"
    yield row.here, f"the claim is answered {late}, after {lasting(row.a)}"


def _reviewed(row: Row) -> Told:
    yield (
        row.here,
        f"finds health at {number(row.b, 0)} of 100, {lasting(row.a)} after the last contact",
    )


def _expanded(row: Row) -> Told:
    yield BUYER, f"buys more: {row.amount(row.a)} on top, {row.amount(row.b)} now"


def _contracted(row: Row) -> Told:
    yield BUYER, f"cuts back by {row.amount(row.a)}, {row.amount(row.b)} now"


def _churned(row: Row) -> Told:
    yield BUYER, f"leaves after {lasting(row.b)} as a customer: {row.amount(row.a)} lost"
    yield TRUTH, f"what weighed most: {words(ChurnCause(row.code).name.lower())}"


def _health(row: Row) -> Told:
    yield department(Team.CUSTOMER_SUCCESS), health_text([row])


def _unfinished(row: Row) -> Told:
    work = words(Work(row.code).name.lower())
    if math.isnan(row.b):
        text = f"it still waits for {work}, for {lasting(row.time - row.a)} now"
    else:
        text = f"{row.somebody} is busy with {work}, for {lasting(row.time - row.b)} now"
    yield row.here, f"{_FINAL}: {text}"


def _status(row: Row) -> Told:
    where = {
        Status.IN_MARKETING: "it is with marketing",
        Status.NURTURED: "it rests until marketing looks again",
        Status.IN_INSIDE_SALES: "it is with inside sales",
        Status.IN_FIELD_SALES: "it is an open opportunity",
        Status.PARKED: "it is in the recycling pool",
        Status.CUSTOMER: f"it is a customer, paying {row.amount(row.a)}",
        Status.FORMER_CUSTOMER: "it is a former customer",
        Status.DELIVERED: "it has bought and been served",
        Status.GONE: "it is gone for good",
    }[Status(row.code)]
    yield BUYER, f"{_FINAL}: {where}"


TELLERS: dict[Kind, Callable[[Row], Told]] = {
    Kind.ARRIVED: _arrived,
    Kind.OBSTACLE: _obstacle,
    Kind.VISIT: _visit,
    Kind.ABANDONED: _abandoned,
    Kind.SCREENED: _screened,
    Kind.ATTEMPTED: _attempted,
    Kind.NOT_PURSUED: _not_pursued,
    Kind.QUALIFIED: _qualified,
    Kind.MET: _met,
    Kind.WON: _won,
    Kind.LOST: _lost,
    Kind.HANDED_OVER: _handed_over,
    Kind.RE_EXPLAINED: _re_explained,
    Kind.TRUST: _trust,
    Kind.PARKED: _parked,
    Kind.RECYCLED: _recycled,
    Kind.GONE: _gone,
    Kind.CUSTOMER: _customer,
    Kind.ONBOARDED: _onboarded,
    Kind.CLAIMED: _claimed,
    Kind.ANSWERED: _answered,
    Kind.REVIEWED: _reviewed,
    Kind.EXPANDED: _expanded,
    Kind.CONTRACTED: _contracted,
    Kind.CHURNED: _churned,
    Kind.HEALTH: _health,
    Kind.UNFINISHED: _unfinished,
    Kind.STATUS: _status,
}
"""The sentences of every kind of row that concerns a buyer."""
