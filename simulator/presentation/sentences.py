"""One sentence, sometimes two, for every kind of row that concerns a buyer."""

from __future__ import annotations

import math
from collections.abc import Callable

from simulator.languages.messages import marked, say
from simulator.organization.journal import (
    LOADED_SLOT,
    Kind,
    Meeting,
    Obstacle,
    Origin,
    Qualification,
    Reason,
    Screening,
    Status,
    TrustCause,
    Work,
)
from simulator.presentation import customer_sentences
from simulator.presentation.figures import (
    HOURS_PER_DAY,
    lasting,
    moment,
    number,
    roughly,
    words,
)
from simulator.presentation.story_rows import (
    BUYER,
    TRUTH,
    Row,
    Told,
    channel_said,
)


def _fit(value: float) -> str:
    text = marked("about average fit ({value} standard deviations)")
    if value >= 1.5:
        text = marked("very good fit ({value} standard deviations)")
    elif value <= -1.5:
        text = marked("very poor fit ({value} standard deviations)")
    elif value >= 0.5:
        text = marked("good fit ({value} standard deviations)")
    elif value <= -0.5:
        text = marked("poor fit ({value} standard deviations)")
    return say(text, value=f"{value:+.2f}")


def _arrived(row: Row) -> Told:
    channel = channel_said(row.facts, row.code)
    if row.code >= LOADED_SLOT:
        yield BUYER, say("is there when the run begins ({channel})", channel=channel)
    else:
        yield BUYER, say("sends an inquiry through {channel}", channel=channel)
    yield (
        TRUTH,
        say("{fit}; worth {amount} if it buys", fit=_fit(row.a), amount=row.amount(row.b)),
    )


def _obstacle(row: Row) -> Told:
    yield (
        TRUTH,
        say(
            "nothing keeps it from buying; buys elsewhere after {gone}"
            if row.code == Obstacle.NONE
            else "cannot buy yet: {obstacle}, until {cleared}; buys elsewhere after {gone}",
            obstacle=words(Obstacle(row.code).name.lower()),
            cleared=moment(row.a),
            gone=moment(row.b),
        ),
    )


_VISITS = {
    Work.SCREENING: marked(
        "{somebody} screens the inquiry {when}; takes {time}, {facing} of work for the buyer"
    ),
    Work.NURTURING: marked(
        "{somebody} looks at it again {when}; takes {time}, {facing} of work for the buyer"
    ),
    Work.CALLING: marked("{somebody} calls {when}; takes {time}, {facing} of work for the buyer"),
    Work.RECONTACTING: marked(
        "{somebody} calls the returning buyer {when}; takes {time}, {facing} of work for the buyer"
    ),
    Work.MEETING: marked(
        "{somebody} meets it {when}; takes {time}, {facing} of work for the buyer"
    ),
    Work.ONBOARDING: marked(
        "{somebody} onboards it {when}; takes {time}, {facing} of work for the buyer"
    ),
    Work.CLAIM: marked(
        "{somebody} answers its claim {when}; takes {time}, {facing} of work for the buyer"
    ),
    Work.REVIEW: marked(
        "{somebody} reviews the account with it {when}; takes {time}, {facing} of work for the"
        " buyer"
    ),
}


def _visit(row: Row) -> Told:
    waited = row.b - row.a
    when = say("after a wait of {time}" if waited > 0.0 else "at once", time=lasting(waited))
    yield (
        row.here,
        say(
            _VISITS[Work(row.code)],
            somebody=row.somebody,
            when=when,
            time=lasting(row.time - row.b),
            facing=lasting(row.c / HOURS_PER_DAY),
        ),
    )


def _abandoned(row: Row) -> Told:
    yield (
        BUYER,
        say(
            "leaves the queue of {team} ({work}) unserved after {time}",
            team=row.inside,
            work=words(Work(row.code).name.lower()),
            time=lasting(row.time - row.a),
        ),
    )


_SCREENED = {
    Screening.MQL: marked("passed on as an MQL"),
    Screening.NURTURED: marked("not ready, rests until marketing looks again"),
    Screening.DROPPED: marked("dropped"),
}


def _screened(row: Row) -> Told:
    yield (
        row.here,
        say(
            "score {score} reaches the cutoff then in force, {cutoff}: {outcome}"
            if row.a >= row.b
            else "score {score} is below the cutoff then in force, {cutoff}: {outcome}",
            score=f"{row.a:.2f}",
            cutoff=f"{row.b:.2f}",
            outcome=say(_SCREENED[Screening(row.code)]),
        ),
    )


def _attempted(row: Row) -> Told:
    yield (
        row.here,
        say(
            "attempt {number}: reached" if row.code == 1 else "attempt {number}: no answer",
            number=number(row.b, 0),
        ),
    )
    yield TRUTH, say("the chance of reaching it was {chance}", chance=roughly(row.a))


def _not_pursued(row: Row) -> Told:
    yield (
        row.here,
        say(
            "does not pursue it: {channel} is believed to yield {believed}"
            " (everything above {lowest} is pursued)",
            channel=row.facts.channels[row.code],
            believed=roughly(row.a),
            lowest=roughly(row.b),
        ),
    )


_QUALIFIED = {
    Qualification.BOOKED: marked("a meeting is booked"),
    Qualification.TURNED_AWAY: marked("turned away"),
    Qualification.DECLINED: marked("the buyer does not want a meeting"),
    Qualification.PARKED: marked("an obstacle is found: not now"),
}


def _qualified(row: Row) -> Told:
    yield (
        row.here,
        say(
            "talks with it: estimated chance of winning {chance}, cutoff then in force {cutoff};"
            " {outcome}",
            chance=roughly(row.a),
            cutoff=roughly(row.b),
            outcome=say(_QUALIFIED[Qualification(row.code)]),
        ),
    )


_MET = {
    Meeting.CONTINUES: marked("the buyer thinks it over"),
    Meeting.ASKED_AGAIN: marked("part of it went to what inside sales had been told already"),
    Meeting.WALKED_AWAY: marked("field sales walks away"),
    Meeting.DECIDED: marked("the buyer decides"),
}


def _met(row: Row) -> Told:
    yield (
        row.here,
        say(
            "meeting {number}, with {effort} of full effort: estimated chance {chance}; {outcome}",
            number=number(row.b, 0),
            effort=roughly(row.c),
            chance=roughly(row.a),
            outcome=say(_MET[Meeting(row.code)]),
        ),
    )


_ORIGINS = {
    Origin.FIRST_PASS: marked("on its first pass"),
    Origin.RECYCLED: marked("after having been brought back"),
    Origin.WON_BACK: marked("as a former customer won back"),
}


def _won(row: Row) -> Told:
    yield (
        BUYER,
        say(
            "signs: {amount}, {how}, {time} after the first meeting"
            if math.isfinite(row.c)
            else "signs: {amount}, {how}",
            amount=row.amount(row.a),
            how=say(_ORIGINS[Origin(row.code)]),
            time=lasting(row.c),
        ),
    )
    yield TRUTH, say("{share} more was promised than will be delivered", share=roughly(row.b))


def _lost(row: Row) -> Told:
    on_file = Reason(int(row.a)) if math.isfinite(row.a) else Reason.UNKNOWN
    yield (
        row.here,
        say(
            "lost; no reason is recorded"
            if on_file == Reason.UNKNOWN
            else "lost; recorded reason: {reason}",
            reason=words(on_file.name.lower()),
        ),
    )
    if on_file != Reason(row.code):
        yield TRUTH, say("the true reason: {reason}", reason=words(Reason(row.code).name.lower()))


def _handed_over(row: Row) -> Told:
    recorded = roughly(row.b)
    yield (
        row.here,
        say("takes over; {share} of what was learned had been recorded", share=recorded),
    )
    yield TRUTH, say("{share} of what was known arrives", share=roughly(row.a))


def _re_explained(row: Row) -> Told:
    yield (
        BUYER,
        say(
            "must explain itself again to {team}: {share} was missing",
            team=row.inside,
            share=roughly(row.a),
        ),
    )


_DISTRUST = {
    TrustCause.RE_EXPLAINED: marked("it had to explain itself again"),
    TrustCause.BROKEN_PROMISE: marked("a promise is taken back"),
    TrustCause.LATE_ANSWER: marked("the answer came late"),
    TrustCause.AI_ERROR: marked("an unchecked AI error reached it"),
}


def _trust(row: Row) -> Told:
    yield (
        TRUTH,
        say(
            "trust falls from {before} to {now}: {cause}",
            before=roughly(row.b),
            now=roughly(row.a),
            cause=say(_DISTRUST[TrustCause(row.code)]),
        ),
    )


def _parked(row: Row) -> Told:
    yield (
        row.here,
        say(
            "the buyer goes into the recycling pool; on file: {reason}",
            reason=words(Reason(row.code).name.lower()),
        ),
    )
    yield (
        TRUTH,
        say(
            "will be brought back in {moment}"
            if math.isfinite(row.a)
            else "nobody will think of it again",
            moment=moment(row.a),
        ),
    )


def _recycled(row: Row) -> Told:
    yield (
        row.here,
        say(
            "brings it back (return {times}); on file: {reason}",
            times=number(row.a, 0),
            reason=words(Reason(row.code).name.lower()),
        ),
    )


def _gone(row: Row) -> Told:
    reason = words(Reason(row.code).name.lower())
    yield row.here, say("will not come back: {reason}", reason=reason)


def _unfinished(row: Row) -> Told:
    waits = math.isnan(row.b)
    yield (
        row.here,
        say(
            "at the end: it still waits for {work}, for {time} now"
            if waits
            else "at the end: {somebody} is busy with {work}, for {time} now",
            somebody=row.somebody,
            work=words(Work(row.code).name.lower()),
            time=lasting(row.time - (row.a if waits else row.b)),
        ),
    )


_ENDS = {
    Status.IN_MARKETING: marked("at the end: it is with marketing"),
    Status.NURTURED: marked("at the end: it rests until marketing looks again"),
    Status.IN_INSIDE_SALES: marked("at the end: it is with inside sales"),
    Status.IN_FIELD_SALES: marked("at the end: it is an open opportunity"),
    Status.PARKED: marked("at the end: it is in the recycling pool"),
    Status.CUSTOMER: marked("at the end: it is a customer, paying {amount}"),
    Status.FORMER_CUSTOMER: marked("at the end: it is a former customer"),
    Status.DELIVERED: marked("at the end: it has bought and been served"),
    Status.GONE: marked("at the end: it is gone for good"),
}


def _status(row: Row) -> Told:
    yield BUYER, say(_ENDS[Status(row.code)], amount=row.amount(row.a))


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
    Kind.CUSTOMER: customer_sentences.customer,
    Kind.ONBOARDED: customer_sentences.onboarded,
    Kind.CLAIMED: customer_sentences.claimed,
    Kind.ANSWERED: customer_sentences.answered,
    Kind.REVIEWED: customer_sentences.reviewed,
    Kind.EXPANDED: customer_sentences.expanded,
    Kind.CONTRACTED: customer_sentences.contracted,
    Kind.CHURNED: customer_sentences.churned,
    Kind.HEALTH: customer_sentences.health,
    Kind.UNFINISHED: _unfinished,
    Kind.STATUS: _status,
}
"""The sentences of every kind of row that concerns a buyer."""
