"""Under which conditions a backtest was made, and what its reader must know of them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from simulator.calibration.backtesting.cases import Unit
from simulator.calibration.backtesting.forecasting import Matched
from simulator.calibration.backtesting.tallies import Frame, day_of
from simulator.calibration.backtesting.uneven_weeks import Unevenness
from simulator.calibration.working_time import WorkingTime
from simulator.languages.languages import spoken
from simulator.languages.messages import marked, say
from simulator.metrics.units import with_unit

_MOMENT = 1e-6  # business days
_MATCHED_ON = {
    "other_stage": marked("{share} on channel and age alone"),
    "other_channel": marked("{share} on age alone"),
    "too_old": marked("{share} on the oldest age that runs reach"),
    "unmatched": marked("{share} on nothing, and so never won"),
}


@dataclass(frozen=True, slots=True)
class Conditions:
    """Under which conditions a backtest was made.

    Attributes
    ----------
    train_until : datetime.date
    time : WorkingTime
        Of the files.
    since : float
        Begin of the regime that was calibrated, business days.
    unit : str
        What a case is: "lead" or "opportunity".
    members, asked : int
        Members that finished, and that were asked for.
    seed : int
    given_leads : bool
        Whether later cases were taken as known.
    matched : tuple of Matched
        How the open cases of each member found their like.
    uneven : Unevenness
        How much more uneven past weeks were than simulated ones; it is in the forecast.
    """

    train_until: date
    time: WorkingTime
    since: float
    unit: Unit
    members: int
    asked: int
    seed: int
    given_leads: bool
    matched: tuple[Matched, ...]
    uneven: Unevenness

    def day(self, when: float) -> date:
        """Return the day that begins with a time of the files, or that it is in."""
        return day_of(self.time, when + _MOMENT)

    def last_day(self, when: float) -> date:
        """Return the day that ends with a time of the files, or that it is in."""
        return day_of(self.time, when - _MOMENT)


def notes_of(known: Conditions, frame: Frame) -> Iterator[str]:
    """Say what a reader must know to judge a backtest.

    Parameters
    ----------
    known : Conditions
    frame : Frame
    """
    leads = known.unit == "lead"
    if known.given_leads:
        yield say(
            "When the later leads came, and over which channels, was given: this tests conversion"
            " and delay alone."
            if leads else
            "When the later opportunities came, and over which channels, was given: this tests"
            " conversion and delay alone."
        )  # fmt: skip
    if frame.leads_until < frame.week_edges[-1]:
        yield say(
            "No lead is on file after {day}: from then on only those that had come by then can be"
            " won, in the files as in every forecast."
            if leads else
            "No opportunity is on file after {day}: from then on only those that had come by then"
            " can be won, in the files as in every forecast.",
            day=known.last_day(frame.leads_until),
        )  # fmt: skip
    if sum(each.cases for each in known.matched):
        yield _matching(known.matched, leads)
    yield from _unevenness(known)
    yield say(
        "The real pipeline takes no time of the simulated people: where they are short of it, an"
        " unusually full pipeline does not slow the forecast."
    )
    yield say(
        "All weeks follow one date and share their luck: one backtest is one piece of evidence, and"
        " another date can come out differently."
    )
    if known.members < known.asked:
        yield say("Interrupted after {members} of {asked} members.",
                  members=known.members, asked=known.asked)  # fmt: skip


def _matching(matched: Sequence[Matched], leads: bool) -> str:
    """Say how the open cases found their like."""
    cases = sum(each.cases for each in matched)
    shares = {name: sum(getattr(each, name) for each in matched) / cases for name in _MATCHED_ON}
    some = [
        say(text, share=percent(shares[name]))
        for name, text in _MATCHED_ON.items()
        if shares[name] > 0.0
    ]
    n = f"{matched[0].cases:,}"
    if not some:
        return say(
            "{n} real leads went on as simulated ones of the same channel, stage and age did."
            if leads else
            "{n} real opportunities went on as simulated ones of the same channel, stage and age"
            " did.", n=n,
        )  # fmt: skip
    return say(
        "{n} real leads went on as simulated ones of the same channel, stage and age did; of them"
        " matched {some}."
        if leads else
        "{n} real opportunities went on as simulated ones of the same channel, stage and age did;"
        " of them matched {some}.",
        n=n, some=("、" if spoken() == "ja" else ", ").join(some),
    )  # fmt: skip


def _unevenness(known: Conditions) -> Iterator[str]:
    """Say how past weeks differ from simulated ones."""
    uneven = known.uneven
    if uneven.squared > 0.0:
        yield say(
            "Wins of the {weeks} weeks before the date vary more from week to week than simulated"
            " ones, by {share} of their mean; the bands of weeks are that much wider.",
            weeks=uneven.weeks, share=percent(uneven.squared**0.5),
        )  # fmt: skip
    if not uneven.fits:
        yield say(
            "In these {weeks} weeks {wins} were won of what came since {day}; the simulated company"
            " won {low} to {high} (95 % band). It does not describe the past: expect no good"
            " forecast.",
            weeks=uneven.weeks, wins=f"{uneven.wins:,.0f}", day=known.day(known.since),
            low=f"{uneven.low:,.0f}", high=f"{uneven.high:,.0f}",
        )  # fmt: skip


def percent(share: float | None) -> str:
    """Write a share as %."""
    if share is None or not math.isfinite(share):
        return "-"
    digits = 0 if abs(share) >= 0.0995 or share == 0.0 else 1
    return with_unit(f"{100.0 * share:.{digits}f}", "%")
