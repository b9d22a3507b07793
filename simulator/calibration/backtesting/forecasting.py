"""From simulated histories to a forecast: of what is open, and of what comes later.

The simulated company starts empty and lives through the recent regime. A forecast of the real
one starts from the cases that were really open: each of them goes on as a simulated case did
that came over the same channel, had got as far at the same age, and was not won by then. That
old cases are those which are hard to win comes out by itself. Cases that come later are those of
the simulated company itself.

What this leaves out: the real pipeline takes no time of the simulated people. Where capacity is
short and the pipeline unusually full or empty, the forecast of the first weeks does not know it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from simulator.calibration.backtesting.cases import (
    STAGES,
    Cases,
    Passes,
    Told,
    Unit,
    Wins,
    cases_of,
)
from simulator.calibration.backtesting.uneven_weeks import past_edges
from simulator.calibration.records import NONE, Records
from simulator.calibration.witnessed import records_of
from simulator.engine import run
from simulator.organization.journal import DAYS_PER_MONTH, LOADED_SLOT
from simulator.scenario.schema import Horizon, Scenario

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]

MOST_HISTORIES = 4
"""So many runs of one draw are pooled where few of their cases match."""
ENOUGH, FEWEST = 30, 5
"""Matching cases that make more runs unnecessary, and that are drawn from at all."""

_LACKING = 0.02  # share of the open cases that may lack `ENOUGH`
_EXACT_AGES, _STEP = 60.0, 5.0  # ages are matched to the day, later ones to the week
_ROOM = 60.0  # business days of arrivals that reach the oldest age, at least
_LONGEST = 1200.0
_NEXT_HISTORY = 10_000  # replications of the same draw are so far apart


@dataclass(frozen=True, slots=True)
class Open:
    """Real cases that are open when the forecast is made.

    Attributes
    ----------
    created : ndarray of float64, (n,)
        Business days; for cases that are yet to come, later than the forecast is made.
    channel : ndarray of int64, (n,)
        As the simulated company numbers them; -1: it has no such channel.
    stage : ndarray of int64, (n,)
        See :meth:`Told.stages`.
    """

    created: Floats
    channel: Integers
    stage: Integers

    def __len__(self) -> int:
        return len(self.created)


@dataclass(frozen=True, slots=True)
class Matched:
    """How open cases found their like.

    Attributes
    ----------
    cases : int
    other_stage : int
        Matched by channel and age alone.
    other_channel : int
        Matched by age alone.
    too_old : int
        Older than any simulated case that is followed to the end: matched with the oldest.
    unmatched : int
        Nothing was like them; they are taken as never won.
    """

    cases: int
    other_stage: int
    other_channel: int
    too_old: int
    unmatched: int


@dataclass(frozen=True, slots=True)
class Member:
    """One forecast.

    Attributes
    ----------
    wins : Wins
        After the forecast was made, in business days of the files.
    past : ndarray of float64, (weeks,)
        Wins of the simulated company in the whole weeks before.
    matched : Matched
    """

    wins: Wins
    past: Floats
    matched: Matched


@dataclass(frozen=True, slots=True)
class Starting:
    """Where a forecast starts, and how far it goes: the same for all members.

    Attributes
    ----------
    cases : Open
        Open ones; and those to come, if they are given.
    told : Told
    unit : str
    since, at, leads_until, until : float
        Begin of the simulated company, time of the forecast, end of arrivals, end: business days
        of the files.
    wins_from : float
        Before this the files record no win. A case that is older may have been won unseen, as
        some of its simulated like were.
    arrivals : bool
        Whether later cases are simulated (else they are given).
    """

    cases: Open
    told: Told
    unit: Unit
    since: float
    at: float
    leads_until: float
    until: float
    wins_from: float
    arrivals: bool

    @property
    def span(self) -> float:
        """Length of the forecast."""
        return self.until - self.at

    @property
    def horizon(self) -> float:
        """Length of a history that follows cases of every open case's age to the end."""
        oldest = max(self.at - float(self.cases.created.min(initial=self.at)), 0.0)
        wanted = min(oldest + self.span + _ROOM, _LONGEST)
        return max(self.until - self.since, wanted, self.span + _ROOM)

    def forecast(self, history: Callable[[int], Cases], rng: np.random.Generator) -> Member:
        """Make one member.

        Parameters
        ----------
        history : callable
            From the number of a run (0, 1, …) of the member's draw to its cases, business days
            since the run's beginning, followed for `horizon` days.
        rng : Generator
        """
        first = self.told.hide(history(0))
        past = np.histogram(first.won + self.since, past_edges(self.since, self.at))[0]
        wins, matched = _Matching(self, first, history).drawn(rng)
        if self.arrivals:
            came = first.created + self.since
            later = (came > self.at) & (came <= self.leads_until)
            new = Wins(came[later], first.won[later] + self.since)
            wins = Wins(np.append(wins.created, new.created), np.append(wins.won, new.won))
        return Member(wins.within(self.at, self.until), past.astype(np.float64), matched)


class _Matching:
    """Draws for each open case a simulated one that is like it."""

    def __init__(self, start: Starting, first: Cases, history: Callable[[int], Cases]) -> None:
        self._start = start
        self._histories = [first]
        self._history = history
        ages = np.maximum(start.at - start.cases.created, 0.0)
        most = start.horizon - start.span - _ROOM
        self._too_old = int(np.count_nonzero(ages > most + 1e-6))
        steps = np.where(
            ages < _EXACT_AGES,
            np.floor(ages),
            _EXACT_AGES + _STEP * np.floor((ages - _EXACT_AGES) / _STEP),
        )
        steps = np.minimum(steps, max(most, 0.0))
        self._steps, self._of_step = np.unique(steps, return_inverse=True)
        total = np.bincount(self._of_step, weights=ages, minlength=len(self._steps))
        count = np.bincount(self._of_step, minlength=len(self._steps))
        self._ages = np.minimum(total / np.maximum(count, 1), max(most, 0.0))

    def drawn(self, rng: np.random.Generator) -> tuple[Wins, Matched]:
        """Draw the wins of the open cases, and of those to come that are given."""
        cases = self._start.cases
        if not len(cases):
            return Wins(np.empty(0), np.empty(0)), Matched(0, 0, 0, 0, 0)
        while True:
            ahead, matched, lacking = self._from(_pooled(self._histories), rng)
            if len(self._histories) == MOST_HISTORIES or lacking <= _LACKING * len(cases):
                break
            self._histories.append(self._start.told.hide(self._history(len(self._histories))))
        won = np.maximum(cases.created, self._start.at) + ahead
        found = np.isfinite(won)
        return Wins(cases.created[found], won[found]), matched

    def _from(self, pool: Cases, rng: np.random.Generator) -> tuple[Floats, Matched, int]:
        """Draw how long each case still takes, and count those with fewer than `ENOUGH` like it."""
        cases = self._start.cases
        ahead = np.full(len(cases), np.nan)
        lacking = other_stage = other_channel = unmatched = 0
        for at, (age, like) in enumerate(self._by_age(pool)):
            mine = np.flatnonzero(self._of_step == at)
            remaining = pool.won - pool.created - age
            remaining[remaining <= 0.0] = np.nan  # was won unseen, and will not be again
            for group, of_all, of_channel, same in self._groups(mine, pool, age, like):
                lacking += len(group) if len(same) < ENOUGH else 0
                if len(same) >= FEWEST:
                    chosen = same
                elif len(of_channel) >= FEWEST:
                    chosen, other_stage = of_channel, other_stage + len(group)
                elif len(of_all):
                    chosen, other_channel = of_all, other_channel + len(group)
                else:
                    unmatched += len(group)
                    continue
                ahead[group] = remaining[rng.choice(chosen, len(group))]
        counts = Matched(len(cases), other_stage, other_channel, self._too_old, unmatched)
        return ahead, counts, lacking

    def _by_age(self, pool: Cases) -> Iterator[tuple[float, Flags]]:
        """Ages of the open cases; which simulated cases were open at that age, as files see it."""
        start = self._start
        followed = start.horizon - start.span - pool.created
        won, lost = pool.won - pool.created, pool.lost - pool.created
        for age in self._ages.tolist():
            seen = won <= age
            if not start.told.openings:
                # Won before wins were recorded: still open, for all that the files tell.
                seen &= won > age - (start.at - start.wins_from)
            yield age, (age <= followed) & ~seen & ~(lost <= age)

    def _groups(
        self, mine: Integers, pool: Cases, age: float, like: Flags
    ) -> Iterator[tuple[Integers, Integers, Integers, Integers]]:
        """Open cases of one age by channel and stage, with their like, more and more narrowly."""
        cases = self._start.cases
        stage = self._start.told.stages(pool, pool.created + age)
        of_all = np.flatnonzero(like)
        key = cases.channel[mine] * STAGES + cases.stage[mine]
        order = np.argsort(key, kind="stable")
        cuts = np.flatnonzero(np.diff(key[order])) + 1
        by_channel: dict[int, Integers] = {}
        for group in np.split(mine[order], cuts):
            channel = int(cases.channel[group[0]])
            if channel not in by_channel:
                by_channel[channel] = of_all[pool.channel[of_all] == channel]
            of_channel = by_channel[channel]
            yield group, of_all, of_channel, of_channel[stage[of_channel] == cases.stage[group[0]]]


def _pooled(histories: list[Cases]) -> Cases:
    """Cases of several runs of one draw as one table."""
    if len(histories) == 1:
        return histories[0]
    before = np.cumsum([0, *(len(each) for each in histories[:-1])])
    passes = Passes(
        np.concatenate([h.passes.case + b for h, b in zip(histories, before, strict=True)]),
        np.concatenate([h.passes.opened for h in histories]),
        np.concatenate([h.passes.lost for h in histories]),
    )
    created, won, lost = (
        np.concatenate([getattr(h, name) for h in histories]) for name in ("created", "won", "lost")
    )
    channel = np.concatenate([h.channel for h in histories])
    return Cases(histories[0].unit, created, won, lost, channel, passes)


# ------------------------------------------------------------------ with the engine


@dataclass(frozen=True, slots=True)
class Forecasting:
    """What a worker does for one member: a task of :func:`simulator.experiment.execution.execute`.

    Attributes
    ----------
    start : Starting
        Its channels are those of `channels`.
    channels : tuple of str
        Names by which the open cases' channels are numbered.
    """

    start: Starting
    channels: tuple[str, ...]

    def __call__(self, scenario: Scenario, name: str, seed: int, replication: int) -> Member:
        """Simulate what one draw of the parameters makes of the pipeline."""
        months = self.start.horizon / DAYS_PER_MONTH
        horizon = Horizon(months=months, warm_up_months=0.0)
        followed = scenario.model_copy(update={"horizon": horizon})

        def history(number: int) -> Cases:
            journal = run(followed, seed, replication + number * _NEXT_HISTORY, name)
            seen = records_of(journal)
            return replace(cases_of(seen, self.start.unit), channel=self._numbered(seen))

        rng = np.random.default_rng([seed, replication, 1])
        return self.start.forecast(history, rng)

    def _numbered(self, seen: Records) -> Integers:
        """Channels of a run's cases, numbered as those of the open cases."""
        number = np.full(LOADED_SLOT + 1, NONE, dtype=np.int64)
        for slot, channel in enumerate(seen.channels):
            if channel in self.channels:
                number[slot] = self.channels.index(channel)
        if self.start.unit == "lead":
            return number[seen.leads.channel]
        return number[seen.opportunities.channel[np.isfinite(seen.opportunities.opened)]]
