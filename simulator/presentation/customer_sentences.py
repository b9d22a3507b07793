"""Sentences for the rows of customers: onboarding, claims, reviews, what they pay, leaving."""

from __future__ import annotations

from simulator.languages.messages import marked, say
from simulator.organization.journal import ChurnCause, ClaimCause, Team
from simulator.presentation.figures import lasting, number, roughly, words
from simulator.presentation.story_rows import BUYER, TRUTH, Row, Told, department, health_text


def customer(row: Row) -> Told:
    """Tell of a customer that was there when the run began."""
    yield (
        BUYER,
        say(
            "has been a customer for {time}, paying {amount}",
            time=lasting(row.b),
            amount=row.amount(row.a),
        ),
    )


def onboarded(row: Row) -> Told:
    """Tell of an onboarding that was finished."""
    yield (
        row.here,
        say(
            "onboarded {time} after the contract, late"
            if row.a > row.facts.onboarding_due_days
            else "onboarded {time} after the contract",
            time=lasting(row.a),
        ),
    )
    yield TRUTH, say("{share} of what field sales knew was at hand", share=roughly(row.b))


_CLAIMS = {
    ClaimCause.USE: marked("complains about using the product"),
    ClaimCause.BROKEN_PROMISE: marked("complains about a promise that was not kept"),
    ClaimCause.LOST_INFORMATION: marked("complains about what it had told before"),
}


def claimed(row: Row) -> Told:
    """Tell of a claim."""
    yield BUYER, say(_CLAIMS[ClaimCause(row.code)])
    yield TRUTH, say("the gap between promised and delivered is {gap}", gap=number(row.a, 2))


def answered(row: Row) -> Told:
    """Tell of an answer to a claim."""
    yield (
        row.here,
        say(
            "the claim is answered late, after {time}"
            if row.code == 1
            else "the claim is answered in time, after {time}",
            time=lasting(row.a),
        ),
    )


def reviewed(row: Row) -> Told:
    """Tell of a review."""
    yield (
        row.here,
        say(
            "finds health at {health} of 100, {time} after the last contact",
            health=number(row.b, 0),
            time=lasting(row.a),
        ),
    )


def expanded(row: Row) -> Told:
    """Tell of a contract that grew."""
    more, now = row.amount(row.a), row.amount(row.b)
    yield BUYER, say("buys more: {more} on top, {now} now", more=more, now=now)


def contracted(row: Row) -> Told:
    """Tell of a contract that shrank."""
    less, now = row.amount(row.a), row.amount(row.b)
    yield BUYER, say("cuts back by {less}, {now} now", less=less, now=now)


def churned(row: Row) -> Told:
    """Tell of a customer that left."""
    yield (
        BUYER,
        say(
            "leaves after {time} as a customer: {amount} lost",
            time=lasting(row.b),
            amount=row.amount(row.a),
        ),
    )
    yield (
        TRUTH,
        say("what weighed most: {cause}", cause=words(ChurnCause(row.code).name.lower())),
    )


def health(row: Row) -> Told:
    """Tell of one reading of health."""
    yield department(Team.CUSTOMER_SUCCESS), health_text([row])
