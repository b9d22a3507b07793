"""How many convert, and after how long, where some are still open and some were never recorded.

Files often begin in the middle: inquiries are on file from one day on, wins only from a later one.
`wins_recorded_since` finds that day by a test, `convert` keeps what came before from counting as
"never signed". The same function reads a company's files and simulated runs, so that the two can
be held against each other.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import NamedTuple

import numpy as np
import pandas as pd

from simulator.calibration.estimates import Estimate, Finding, back, onto
from simulator.calibration.estimating.spans import Spans, Transition, spans, told_to
from simulator.calibration.estimating.survival import (
    ENDED,
    OTHERWISE,
    Curve,
    bounds,
    chance_within,
    days_by,
    followed_cases,
    incidence,
    share_ended,
    share_later,
)
from simulator.calibration.records import Floats, Outcome, Records
from simulator.languages.messages import marked, say

PERCENTILES = (10, 25, 50, 75, 90)
LATE = 60.0
"""A win is late after so many business days: a quarter."""
HAZARD_DAYS = 20.0
"""Width of an age of `Conversions.hazards`: a month of the clock."""

_MOST_HAZARDS = 36
_CHANCE = 0.001  # so rarely would files that recorded every win be taken for truncated ones
_FEWEST_WINS = 10  # below that, a channel's or a file's wins say little
_FEWEST_FOLLOWED = 5
_KAPLAN_MEIER = marked("Kaplan-Meier, Jeffreys on the effective number")
_AALEN_JOHANSEN = marked("Aalen-Johansen (competing: lost), Jeffreys on the effective number")

COHORT_COLUMNS = (
    "month", "cases", "won", "followed_days", "conversion", "low", "high", "complete",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Recording:
    """From when on wins were recorded.

    Attributes
    ----------
    wins_since : float
        Business days; minus infinity where nothing speaks against "from the beginning".
    truncated : bool
    words : str
    """

    wins_since: float
    truncated: bool
    words: str


def wins_recorded_since(records: Records) -> Recording:
    """Find out whether wins were recorded only from some day on.

    Parameters
    ----------
    records : Records

    Returns
    -------
    Recording
        Truncated where, at the pace of the cases that came after the first recorded win, the
        chance of no win before it is below 1 in 1000.

    Notes
    -----
    With the cumulative hazard H of the later cases, cases of ages a at the first win would have
    had no win with chance exp(-sum H(a)). Files that are complete give a uniform number there, so
    that one in a thousand of them is taken for truncated.
    """
    transition: Transition = (
        "lead_to_win" if np.isfinite(records.leads.won).any() else "opportunity_to_win"
    )
    cases = spans(records, transition)
    won_at = (cases.created + cases.exit)[cases.event == ENDED]
    if not len(won_at):
        return Recording(-math.inf, False, say("No win is on file."))
    first = float(won_at.min())
    waited = (first - cases.created)[cases.created < first]
    later = cases[cases.created >= first]
    if int((later.event == ENDED).sum()) >= _FEWEST_WINS:
        pace = later.curve()
    else:
        pace = incidence(np.maximum(first - cases.created, 0.0), cases.exit, cases.event)
    expected = float(-np.log1p(-np.minimum(pace.shares(waited), 1.0 - 1e-12)).sum())
    word = say("inquiries" if transition == "lead_to_win" else "opportunities")
    if math.exp(-expected) >= _CHANCE:
        words = say("Wins are on file from the beginning, as far as seen.")
        return Recording(-math.inf, False, words)
    day = records.time.stamps(np.array([first]))[0].astype("datetime64[D]")
    return Recording(
        first,
        True,
        say(
            "No win is on file before {day}, though {count} {what} had come by then, of which"
            " about {expected} would have been won at the later pace (chance of none: below 1 in"
            " {many}): wins were not recorded until then, and the earlier {what} do"
            " not count as never won.",
            day=day,
            count=f"{len(waited):,}",
            what=word,
            expected=f"{expected:,.0f}",
            many=round(1.0 / _CHANCE),
        ),
    )


@dataclass(frozen=True, slots=True)
class Conversions:
    """What the records tell of conversion and of the time that it takes.

    Attributes
    ----------
    horizon : float
        Age in business days up to which everything here is told.
    lead_to_win, lead_to_opportunity, opportunity_to_win : Estimate or None
        Share that has got there by the horizon; ``opportunity_to_win`` with losses as the
        competing end. None where the files do not tell it.
    lead_to_win_by_channel, lead_to_opportunity_by_channel, opportunity_to_win_by_channel : tuple
        Keys end in the channel's name.
    days_to_win, days_to_opportunity, days_in_sales, days_to_loss : tuple of Estimate
        ``….p10`` to ``….p90``: business days from lead to first win, from lead to first
        opportunity, from opened to won, from opened to lost, among those that get there by the
        horizon.
    late_share : Estimate or None
        Share of the leads' wins that come after `LATE` business days.
    hazards : tuple of Estimate
        ``win_hazard.1`` is the chance that a lead is won within its first `HAZARD_DAYS` business
        days, ``win_hazard.2`` in the next as many if it was not won before, and so on.
    cohorts : DataFrame
        By calendar month of creation (leads where their wins are on file, else opportunities):
        month, cases, won so far, followed_days (the age to which its conversion is told),
        conversion, low, high, complete (all its wins were recorded; else conversion is NaN).
    findings : tuple of Finding
    recorded_since : float
        From when on wins count as recorded; minus infinity: from the beginning.
    """

    horizon: float
    lead_to_win: Estimate | None
    lead_to_win_by_channel: tuple[Estimate, ...]
    lead_to_opportunity: Estimate | None
    lead_to_opportunity_by_channel: tuple[Estimate, ...]
    opportunity_to_win: Estimate | None
    opportunity_to_win_by_channel: tuple[Estimate, ...]
    days_to_win: tuple[Estimate, ...]
    days_to_opportunity: tuple[Estimate, ...]
    days_in_sales: tuple[Estimate, ...]
    days_to_loss: tuple[Estimate, ...]
    late_share: Estimate | None
    hazards: tuple[Estimate, ...]
    cohorts: pd.DataFrame
    findings: tuple[Finding, ...]
    recorded_since: float

    def __iter__(self) -> Iterator[Estimate]:
        """Go through every estimate."""
        for one in (self.lead_to_win, self.lead_to_opportunity, self.opportunity_to_win):
            if one is not None:
                yield one
        yield from self.lead_to_win_by_channel
        yield from self.lead_to_opportunity_by_channel
        yield from self.opportunity_to_win_by_channel
        for days in (self.days_to_win, self.days_to_opportunity, self.days_in_sales):
            yield from days
        yield from self.days_to_loss
        if self.late_share is not None:
            yield self.late_share
        yield from self.hazards


def widened(told: Conversions, errors: Mapping[str, float]) -> Conversions:
    """Widen intervals that were made as if cases were independent of each other.

    They are not: all meet the same people, queues and quarters.

    Parameters
    ----------
    told : Conversions
    errors : mapping of str to float
        Standard errors on the estimates' scales, by key, as whole histories differ; where one is
        smaller than the estimate's own, or missing, the interval stays.
    """

    def wider(each: Estimate) -> Estimate:
        by = errors.get(each.key, 0.0) / each.error if each.error > 0.0 else 1.0
        if not by > 1.0 or not math.isfinite(by):
            return each
        at = onto(each.value, each.scale)
        low, high = (
            back(at + by * (onto(bound, each.scale) - at), each.scale)
            for bound in (each.low, each.high)
        )
        words = say("{method}; as histories differ", method=each.method)
        return replace(each, low=low, high=high, method=words)

    changes: dict[str, object] = {}
    for one in fields(told):
        value = getattr(told, one.name)
        if isinstance(value, Estimate):
            changes[one.name] = wider(value)
        elif isinstance(value, tuple) and all(isinstance(each, Estimate) for each in value):
            changes[one.name] = tuple(wider(each) for each in value)
    return replace(told, **changes)  # type: ignore[arg-type]


class _Told(NamedTuple):
    """One transition, told to the horizon."""

    cases: Spans
    curve: Curve
    whole: Estimate | None
    by_channel: tuple[Estimate, ...]
    words: tuple[Finding, ...]


def convert(
    records: Records,
    since: float = -math.inf,
    recorded_since: float | None = None,
    horizon: float | None = None,
    use_older: bool = False,
    detail: bool = True,
) -> Conversions:
    """Tell conversion and durations.

    Parameters
    ----------
    records : Records
        Of files, or of a simulated run.
    since : float
        Only cases that began from then on count: the recent regime.
    recorded_since : float, optional
        From when on wins were recorded; earlier ones are not looked at. Found by
        `wins_recorded_since` unless stated; minus infinity: from the beginning.
    horizon : float, optional
        Age in business days up to which is told; unless stated, the age to which a tenth of the
        cases, and 20, could be followed. State the one that the files gave for simulated runs.
    use_older : bool
        Let older cases inform ages that the recent ones are too young for. They are of another
        regime, or were not recorded from their start, so they never speak for young ages of the
        recent ones. A finding says so.
    detail : bool
        Without it no cohorts and no findings are made: for the many runs of a search.

    Returns
    -------
    Conversions
    """
    findings: list[Finding] = []
    if recorded_since is None:
        recording = wins_recorded_since(records)
        recorded_since = recording.wins_since
        if recording.truncated:
            findings.append(Finding("left_truncation", recording.words))

    def read(transition: Transition) -> Spans:
        return spans(records, transition, since, recorded_since, use_older)

    signing, selling = read("lead_to_win"), read("opportunity_to_win")
    main = signing if len(signing) else selling
    if horizon is None:
        horizon = told_to(main.followed)

    sign = _told(signing, horizon, records.channels, _KAPLAN_MEIER)
    meet = None
    # Without a single dated opening "nobody became an opportunity" would be a fable.
    if np.isfinite(records.leads.converted).any():
        meet = _told(read("lead_to_opportunity"), horizon, records.channels, _KAPLAN_MEIER)
    losses = None
    if (selling.event == OTHERWISE).any():
        losses = incidence(selling.entry, selling.exit, selling.event, (OTHERWISE,))
    method = _KAPLAN_MEIER if losses is None else _AALEN_JOHANSEN
    sell = _told(selling, horizon, records.channels, method)
    if detail:
        findings += _about(records, signing, selling, horizon)
        findings += [*sign.words, *(() if len(signing) else sell.words)]
    hazards: list[Estimate | None] = []
    if sign.whole is not None:
        steps = min(int(horizon / HAZARD_DAYS), _MOST_HAZARDS)
        hazards = [
            chance_within(f"win_hazard.{k + 1}", sign.curve, HAZARD_DAYS * k, HAZARD_DAYS * (k + 1))
            for k in range(steps)
        ]
    cohorts = _empty()
    if detail:
        shown = sign if sign.whole is not None else sell
        known = spans(records, shown.cases.transition, -math.inf, recorded_since, use_older=True)
        cohorts = _cohorts(records, known, horizon)
    return Conversions(
        horizon,
        sign.whole,
        sign.by_channel,
        meet.whole if meet else None,
        meet.by_channel if meet else (),
        sell.whole,
        sell.by_channel,
        _days("days_to_win", sign.curve, horizon),
        _days("days_to_opportunity", meet.curve, horizon) if meet else (),
        _days("days_in_sales", sell.curve, horizon),
        _days("days_to_loss", losses, horizon) if losses else (),
        share_later("late_win_share", sign.curve, LATE, horizon) if sign.whole else None,
        tuple(each for each in hazards if each is not None),
        cohorts,
        tuple(findings),
        recorded_since,
    )


def _told(cases: Spans, horizon: float, channels: tuple[str, ...], method: str) -> _Told:
    """Estimate one transition for all cases, and by channel."""
    method = say(method)
    curve = cases.curve()
    # Nothing at all ended: the files do not tell this transition rather than "never".
    if not bool((cases.event == ENDED).any()):
        return _Told(cases, curve, None, (), ())
    whole = share_ended(cases.transition, curve, horizon, method)
    found, few = [], []
    for number, name in enumerate(channels):
        mine = cases[cases.channel == number]
        if not len(mine):
            continue
        own = mine.curve()
        told = _of_channel(f"{cases.transition}.{name}", mine, own, curve, horizon, method)
        if told is not None:
            found.append(told)
            if own.wins(horizon) < _FEWEST_WINS:
                few.append(name)
    words: tuple[Finding, ...] = ()
    if few:
        sentence = say(
            "Fewer than {fewest} wins are on file of {channels}: the intervals there are wide.",
            fewest=_FEWEST_WINS, channels=", ".join(few),
        )  # fmt: skip
        words = (Finding("few_cases", sentence),)
    return _Told(cases, curve, whole, tuple(found), words)


def _of_channel(
    key: str, cases: Spans, own: Curve, all_cases: Curve, horizon: float, method: str
) -> Estimate | None:
    """Estimate a channel's share; where it is too young for the horizon, drawn out as all are."""
    if np.count_nonzero(cases.followed >= horizon) >= min(_FEWEST_FOLLOWED, len(cases)):
        return share_ended(key, own, horizon, method)
    age = min(told_to(cases.followed), horizon)
    so_far, final = all_cases.at(age), all_cases.at(horizon)
    if so_far <= 0.0:
        return share_ended(key, own, horizon, method)
    factor = final / so_far
    value = own.at(age)
    low, high = bounds(value, own.error_at(age), followed_cases(own, 0.0, age))
    value, low, high = (min(x * factor, x + (1.0 - x) / 2.0) for x in (value, low, high))
    words = say(
        "{method}; to {age} business days, then drawn out as all channels together",
        method=method, age=f"{age:.0f}",
    )  # fmt: skip
    return Estimate(key, value, low, high, own.cases, "share", words, "logit")


def _days(key: str, curve: Curve, horizon: float) -> tuple[Estimate, ...]:
    found = (days_by(f"{key}.p{p}", curve, p / 100.0, horizon) for p in PERCENTILES)
    return tuple(each for each in found if each is not None)


def _about(records: Records, signing: Spans, selling: Spans, horizon: float) -> list[Finding]:
    """Say what a reader of the numbers must know."""
    found = []
    kinds = (
        (
            signing,
            marked(
                "Wins dated before their inquiry came: {count}. They count, as if at once, and are"
                " left out of the laws of durations."
            ),
        ),
        (
            selling,
            marked(
                "Ends dated before their opportunity was opened: {count}. They count, as if at"
                " once, and are left out of the laws of durations."
            ),
        ),
    )
    for cases, words in kinds:
        if cases.negative:
            found.append(
                Finding(
                    "negative_duration",
                    say(words, count=f"{cases.negative:,}"),
                )
            )
        late = cases.entry > 0.0
        if late.any():
            begins = float(cases.entry[late].min())
            found.append(
                Finding(
                    "assumption",
                    say(
                        "{count} older cases inform ages above {age} business days"
                        " (told up to {horizon}), at which few or none of the recent ones could be"
                        " followed: as if late wins had not changed since.",
                        count=f"{int(late.sum()):,}",
                        age=f"{begins:.0f}",
                        horizon=f"{horizon:.0f}",
                    ),
                )
            )
    deals = records.opportunities
    dated = np.isfinite(deals.opened)
    if len(deals) and not (deals.outcome == Outcome.LOST).any():
        found.append(
            Finding(
                "not_identifiable",
                say("No lost opportunity is on file: when and why is unknown."),
            )
        )
    if len(deals) and not dated.all():
        number = int(np.count_nonzero(~dated))
        found.append(
            Finding(
                "not_identifiable",
                say(
                    "When {count} of {all} opportunities were opened is not on file: they"
                    " tell nothing about the time from opening to closing.",
                    count=f"{number:,}",
                    all=f"{len(deals):,}",
                ),
            )
        )
    if len(records.leads) and not np.isfinite(records.leads.converted).any():
        found.append(
            Finding("not_identifiable", say("When inquiries became opportunities is not on file."))
        )
    return found


# ------------------------------------------------------------------ cohorts


def _cohorts(records: Records, cases: Spans, horizon: float) -> pd.DataFrame:
    """Tell the conversion of the cases of each calendar month."""
    if not len(cases):
        return _empty()
    months = _months(records, cases.created)
    names, numbers = np.unique(months, return_inverse=True)
    order = np.argsort(numbers, kind="stable")
    edges = np.searchsorted(numbers[order], np.arange(len(names) + 1))
    columns: dict[str, list[object]] = {name: [] for name in COHORT_COLUMNS}
    for number, name in enumerate(names):
        chosen = order[edges[number] : edges[number + 1]]
        event, exits, followed = cases.event[chosen], cases.exit[chosen], cases.followed[chosen]
        complete = not (cases.entry[chosen] > 0.0).any()
        age = min(told_to(followed), horizon)
        row: tuple[object, ...] = (math.nan, math.nan, math.nan)
        if complete:
            curve = incidence(0.0, exits, event)
            value = curve.at(age)
            low, high = bounds(value, curve.error_at(age), followed_cases(curve, 0.0, age))
            row = (value, low, high)
        won = int(np.count_nonzero(event == ENDED))
        entries = (str(name), len(chosen), won, age, *row, complete)
        for column, entry in zip(COHORT_COLUMNS, entries, strict=True):
            columns[column].append(entry)
    return pd.DataFrame(columns)


def _empty() -> pd.DataFrame:
    return pd.DataFrame({name: [] for name in COHORT_COLUMNS})


def _months(records: Records, created: Floats) -> np.ndarray[tuple[int], np.dtype[np.datetime64]]:
    return records.time.stamps(created).astype("datetime64[M]")
