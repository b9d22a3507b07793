"""Figures that a real funnel's files can show, read from a journal in the same way.

The files of a real organization tell when an inquiry came, from where, and when it signed:
little else. These figures use no more than that, so that one rule makes the observed and the
simulated number. `observe` works on one run (in a worker process, say) and returns a handful of
numbers; `compare` sets those of many runs against what was observed.

An identifier is a name, for some a channel or a number in it, and for some the months in which
the inquiries came: ``conversion.social@1-5`` is the share of inquiries of the channel ``social``
from the first five months that had signed by the end of the run. Times are calendar days here,
because that is what files hold; the clock's business days are turned into them at 365 : 240.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from simulator.errors import Problem, ScenarioError
from simulator.languages.messages import marked, say
from simulator.organization.journal import (
    DAYS_PER_MONTH,
    LOADED_SLOT,
    MONTHS_PER_YEAR,
    SLOTS,
    Journal,
    Kind,
)
from simulator.scenario.outline import nearest
from simulator.scenario.schema import Observed

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

CALENDAR_DAYS = 365.0 / (MONTHS_PER_YEAR * DAYS_PER_MONTH)
"""Calendar days in one business day of the clock."""
LATE_DAYS = 180.0
"""A win after more calendar days than this is late."""
AGE_DAYS = 30.0
"""Calendar days of one month of age in `win_hazard_month_k`."""

_LARGEST = 600
_LABELS = {
    "leads_in_month": marked("inquiries in month {number}"),
    "conversion": marked("signed"),
    "conversion_of_month": marked("signed, inquiries of month {number}"),
    "days_to_win": marked("days to contract, p{number}"),
    "late_win_share": marked("contracts after day {late}"),
    "win_hazard_month": marked("signed in days {first} to {last} if open"),
}


@dataclass(frozen=True, slots=True)
class Inquiries:
    """The inquiries of one run, or of files, one entry each.

    Attributes
    ----------
    channel : ndarray of int64
    month : ndarray of int64
        Month of the run in which it came, from 1.
    days : ndarray of float64
        Calendar days from inquiry to first contract; NaN if it has not signed.
    followed : ndarray of float64
        Calendar days from inquiry to the end of the run.
    """

    channel: NDArray[np.int64]
    month: NDArray[np.int64]
    days: Floats
    followed: Floats

    def __getitem__(self, chosen: Flags) -> Inquiries:
        return Inquiries(
            self.channel[chosen], self.month[chosen], self.days[chosen], self.followed[chosen]
        )

    @property
    def won(self) -> Floats:
        """Calendar days to win of those that signed."""
        return self.days[~np.isnan(self.days)]


def _read(journal: Journal) -> Inquiries:
    rows = journal.where(Kind.ARRIVED)
    # What a loaded company starts with came before the files begin.
    rows = rows[journal.buyer[rows] % SLOTS < LOADED_SLOT]
    buyers, arrived = journal.buyer[rows], journal.time[rows]
    order = np.argsort(buyers)
    buyers, arrived = buyers[order], arrived[order]
    won = np.full(len(buyers), np.nan)
    wins = journal.where(Kind.WON)
    wins = wins[journal.buyer[wins] % SLOTS < LOADED_SLOT][::-1]  # the first win is written last
    won[np.searchsorted(buyers, journal.buyer[wins])] = journal.time[wins]
    # As everywhere in the metrics, a month includes its last instant and not its first.
    month = np.maximum(np.ceil(arrived / DAYS_PER_MONTH), 1.0).astype(np.int64)
    return Inquiries(
        buyers % SLOTS,
        month,
        (won - arrived) * CALENDAR_DAYS,
        (journal.facts.horizon_days - arrived) * CALENDAR_DAYS,
    )


# ------------------------------------------------------------------ identifiers


@dataclass(frozen=True, slots=True)
class Figure:
    """An identifier, taken apart.

    Attributes
    ----------
    name : str
        One of `FORMS`, without its placeholder.
    number : int
        Month of the run, month of age, or percent; 0 where the name has none.
    channel : str
        Empty for all channels.
    months : tuple of int or None
        First and last month of the inquiries that count; None for all.
    """

    name: str
    number: int = 0
    channel: str = ""
    months: tuple[int, int] | None = None

    @property
    def unit(self) -> str:
        """The unit of the figure."""
        if self.name == "leads_in_month":
            return "buyers"
        return "calendar days" if self.name == "days_to_win" else "share"

    @property
    def label(self) -> str:
        """The figure in words."""
        if self.months is None:
            return self.label_of_all
        first, last = self.months
        return say(
            "{figure} (months {first}-{last})", figure=self.label_of_all, first=first, last=last
        )

    @property
    def label_of_all(self) -> str:
        """The figure in words, without the months of its inquiries."""
        text = _LABELS[self.name]
        if self.name == "days_to_win" and self.number == 50:
            text = marked("days to contract, median")
        ends = (f"{AGE_DAYS * (self.number + end):g}" for end in (-1, 0))
        places = {"number": self.number, "late": f"{LATE_DAYS:g}"}
        words = say(text, **places, **dict(zip(("first", "last"), ends, strict=True)))
        if not self.channel:
            return words
        return say("{figure}, {channel}", figure=words, channel=self.channel)


FORMS: Mapping[str, str] = {
    "leads_in_month_K": "inquiries that came in month K of the run (K = 1, 2, …)",
    "conversion": "share of inquiries that had signed by the end of the run",
    "conversion.CHANNEL": "the same for one channel",
    "conversion_of_month_K": "the same for the inquiries of month K",
    "days_to_win_pN": "calendar days from inquiry to first contract: N % of those who signed by"
    " the end of the run took no longer (N = 1 … 99)",
    "late_win_share": f"share of wins more than {LATE_DAYS:g} calendar days after the inquiry",
    "win_hazard_month_K": f"of the inquiries not signed {AGE_DAYS:g} (K - 1) calendar days after"
    f" they came, and followed for {AGE_DAYS:g} more, the share that signed within those",
}
"""Every form of identifier. All but those of one month may end in ``@A-B``: only inquiries of
months A to B of the run."""

_FORM = re.compile(
    r"(?P<name>[a-z_]+?)(?:_month_(?P<month>[0-9]+)|_p(?P<percent>[0-9]+))?"
    r"(?:\.(?P<channel>[^@]+))?(?:@(?P<first>[0-9]+)-(?P<last>[0-9]+))?"
)
_BY_MONTH = ("leads_in", "conversion_of", "win_hazard")


def figure(identifier: str, channels: Sequence[str]) -> Figure | str:
    """Take an identifier apart.

    Parameters
    ----------
    identifier : str
        One of the `FORMS`.
    channels : sequence of str
        The names of the scenario's channels.

    Returns
    -------
    Figure or str
        A text says what is wrong with the identifier.
    """
    match = _FORM.fullmatch(identifier)
    if match is None:
        return f"unknown figure{_near(identifier, channels)}"
    name, channel = match["name"], match["channel"] or ""
    if match["month"] is not None:
        by_month = name in _BY_MONTH
        name, number = f"{name}_month", int(match["month"])
        allowed, known = _LARGEST, by_month
    elif match["percent"] is not None:
        number, allowed, known = int(match["percent"]), 99, name == "days_to_win"
    else:
        number, allowed, known = 0, 0, name in ("conversion", "late_win_share")
    if not known or (channel and name != "conversion"):
        return f"unknown figure{_near(identifier, channels)}"
    if allowed and not 1 <= number <= allowed:
        return f"the number in its name must be 1 to {allowed}"
    if channel and channel not in channels:
        return f"names a channel that market.channels does not have{nearest(channel, channels)}"
    months = None
    if match["first"] is not None:
        months = (int(match["first"]), int(match["last"]))
        if name in ("leads_in_month", "conversion_of_month"):
            return "is about one month already: drop what follows the @"
        if not 1 <= months[0] <= months[1] <= _LARGEST:
            return "needs months @A-B with 1 <= A <= B"
    return Figure(name, number, channel, months)


def _near(identifier: str, channels: Sequence[str]) -> str:
    """Name the nearest identifier; numbers and months are taken from the misspelled one."""
    stem, at, months = identifier.partition("@")
    digits = re.search(r"[0-9]+", stem)
    number = digits.group() if digits else "1"
    known = [
        form.removesuffix("K").removesuffix("N") + (number if form[-1] in "KN" else "")
        for form in FORMS
        if "CHANNEL" not in form
    ]
    known += [f"conversion.{name}" for name in channels]
    hint = nearest(stem, known)
    if not hint:
        return f"; known: {', '.join(FORMS)}"
    return hint if not at else f"{hint}, then @{months}"


def observed_problems(observed: Iterable[Observed], channels: Sequence[str]) -> list[Problem]:
    """List the observed figures of a scenario that are not known.

    Parameters
    ----------
    observed : iterable of Observed
        The scenario's `observed` block.
    channels : sequence of str
        The names of its channels.
    """
    return [
        Problem("", f"observed[{i}].metric", entry.metric, found)
        for i, entry in enumerate(observed)
        if isinstance(found := figure(entry.metric, channels), str)
    ]


# ------------------------------------------------------------------ one run


def _share(part: int, whole: int) -> float:
    return part / whole if whole else math.nan


def _leads_in_month(leads: Inquiries, wanted: Figure) -> float:
    return float(np.count_nonzero(leads.month == wanted.number))


def _conversion(leads: Inquiries, wanted: Figure) -> float:
    return _share(len(leads.won), len(leads.days))


def _days_to_win(leads: Inquiries, wanted: Figure) -> float:
    won = leads.won
    return float(np.quantile(won, wanted.number / 100.0)) if len(won) else math.nan


def _late_win_share(leads: Inquiries, wanted: Figure) -> float:
    won = leads.won
    return _share(int(np.count_nonzero(won > LATE_DAYS)), len(won))


def _win_hazard_month(leads: Inquiries, wanted: Figure) -> float:
    begins, ends = AGE_DAYS * (wanted.number - 1), AGE_DAYS * wanted.number
    # Only who could be seen through the whole month: else its wins would count and the others
    # of its age would not.
    at_risk = ~(leads.days < begins) & (leads.followed >= ends)
    signed = at_risk & (leads.days < ends)
    return _share(int(np.count_nonzero(signed)), int(np.count_nonzero(at_risk)))


_COMPUTE: Mapping[str, Callable[[Inquiries, Figure], float]] = {
    "leads_in_month": _leads_in_month,
    "conversion": _conversion,
    "conversion_of_month": _conversion,
    "days_to_win": _days_to_win,
    "late_win_share": _late_win_share,
    "win_hazard_month": _win_hazard_month,
}


def observe(journal: Journal, ids: Iterable[str]) -> dict[str, float]:
    """Read figures from one run as one would read them from an organization's files.

    Parameters
    ----------
    journal : Journal
        A finished run.
    ids : iterable of str
        Which figures: see `FORMS`.

    Returns
    -------
    dict of str to float
        By identifier. NaN where nothing was there to count, or where the run ended before the
        months in question did.

    Raises
    ------
    ScenarioError
        If identifiers are not known; with every one of them and the nearest known.
    """
    channels = [name for name in journal.facts.channels[:LOADED_SLOT] if name]
    return figures_of(_read(journal), channels, journal.facts.horizon_days, ids)


def figures_of(
    inquiries: Inquiries, channels: Sequence[str], horizon_days: float, ids: Iterable[str]
) -> dict[str, float]:
    """Read figures from inquiries, wherever these come from.

    Parameters
    ----------
    inquiries : Inquiries
    channels : sequence of str
        What the numbers of channels stand for.
    horizon_days : float
        Business days from the start of month 1 to the end of what is known.
    ids : iterable of str
        Which figures: see `FORMS`.

    Returns
    -------
    dict of str to float
        As for `observe`.

    Raises
    ------
    ScenarioError
        As for `observe`.
    """
    wanted: dict[str, Figure] = {}
    problems = []
    for identifier in ids:
        found = figure(identifier, channels)
        if isinstance(found, str):
            problems.append(Problem("observed", "metric", identifier, found))
        else:
            wanted[identifier] = found
    if problems:
        raise ScenarioError(problems)
    return {
        identifier: _one(inquiries, channels, horizon_days, each)
        for identifier, each in wanted.items()
    }


def _one(leads: Inquiries, channels: Sequence[str], horizon_days: float, wanted: Figure) -> float:
    chosen = np.ones(len(leads.days), dtype=np.bool_)
    last = 0
    if wanted.channel:
        chosen &= leads.channel == channels.index(wanted.channel)
    if wanted.name in ("leads_in_month", "conversion_of_month"):
        chosen &= leads.month == wanted.number
        last = wanted.number
    elif wanted.months is not None:
        chosen &= (leads.month >= wanted.months[0]) & (leads.month <= wanted.months[1])
        last = wanted.months[1]
    if last * DAYS_PER_MONTH > horizon_days:
        return math.nan
    return _COMPUTE[wanted.name](leads[chosen], wanted)


# ------------------------------------------------------------------ many runs


def compare(
    observed: Iterable[Observed],
    replications: Sequence[Mapping[str, float]],
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Hold observed figures against those of many runs.

    Parameters
    ----------
    observed : iterable of Observed
        The scenario's `observed` block.
    replications : sequence of mapping
        What `observe` returned, one mapping per run.
    confidence : float
        Of both intervals, 0 < confidence < 1.

    Returns
    -------
    DataFrame
        One row per observed figure: metric, label, unit, observed, observed_low, observed_high
        (NaN if not stated), fitted, simulated (the mean), mean_low, mean_high, prediction_low,
        prediction_high, inside ("yes", "no", or "unknown" below two runs), n.

    Notes
    -----
    One real history is one draw, so it is held against the prediction interval, in which one
    further run would fall: mean ± t s √(1 + 1/n) (Student's t with n - 1 degrees of freedom,
    cut at what is possible). The interval of the mean only says how well n runs know the mean;
    even a perfect model's real history lies outside it as a rule.
    """
    rows = []
    for entry in observed:
        values = np.asarray([r.get(entry.metric, math.nan) for r in replications], dtype=np.float64)
        values = values[~np.isnan(values)]
        n = len(values)
        mean = float(values.mean()) if n else math.nan
        found = figure(entry.metric, [entry.metric.partition(".")[2].partition("@")[0]])
        share = isinstance(found, Figure) and found.unit == "share"
        certain = further = math.nan
        if n > 1:
            spread = float(values.std(ddof=1)) * float(stats.t.ppf((1.0 + confidence) / 2.0, n - 1))
            certain, further = spread / math.sqrt(n), spread * math.sqrt(1.0 + 1.0 / n)
        top = 1.0 if share else math.inf
        low, high = _cut(mean - further, top), _cut(mean + further, top)
        rows.append(
            {
                "metric": entry.metric,
                "label": found.label if isinstance(found, Figure) else entry.metric,
                "unit": found.unit if isinstance(found, Figure) else "",
                "observed": entry.value,
                "observed_low": math.nan if entry.low is None else entry.low,
                "observed_high": math.nan if entry.high is None else entry.high,
                "fitted": entry.fitted,
                "simulated": mean,
                "mean_low": _cut(mean - certain, top),
                "mean_high": _cut(mean + certain, top),
                "prediction_low": low,
                "prediction_high": high,
                "inside": "unknown" if n < 2 else "yes" if low <= entry.value <= high else "no",
                "n": n,
            }
        )
    return pd.DataFrame(rows, columns=COMPARED)


def _cut(value: float, top: float) -> float:
    """Hold the end of an interval to what is possible (no figure here is negative)."""
    return value if math.isnan(value) else min(max(value, 0.0), top)


COMPARED = [
    "metric", "label", "unit", "observed", "observed_low", "observed_high", "fitted", "simulated",
    "mean_low", "mean_high", "prediction_low", "prediction_high", "inside", "n",
]  # fmt: skip
"""The columns of `compare`."""
