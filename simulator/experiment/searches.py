"""What a search of an equilibrium reports: its way, its end, and what could be gained there.

A search has chosen its end by the luck of its replications. How much somebody could still gain
there is therefore picked with that luck, but measured with other luck.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from simulator.experiment.games import Decision, Player, Profile, Remembered, decisions_of
from simulator.experiment.statistics import Estimate, Floats

Status = Literal["equilibrium", "cycle", "not converged", "interrupted"]
Scope = Literal["whole", "near", "closing"]
"""What a round looks at: the whole ranges, around the present values, or both to make sure."""

WIDE = 8
"""What is farther apart than this part of a range is not the same."""
SAME = 2
"""Steps: rounding to a lattice leaves the ends of searches so far apart."""


@dataclass(frozen=True, slots=True)
class Move:
    """What one player changed in one round.

    Attributes
    ----------
    player : str
    before, after : tuple of float
        The values of its decisions.
    gain : Estimate
        What the change paid the player at that time, by the luck that it was chosen by.
    """

    player: str
    before: Profile
    after: Profile
    gain: Estimate


@dataclass(frozen=True, slots=True)
class Round:
    """One turn of every player.

    Attributes
    ----------
    number : int
        From 1.
    scope : {"whole", "near", "closing"}
    moves : tuple of Move
        Of those who moved.
    profile : tuple of float
        After it.
    evaluations : int
        Distinct profiles evaluated since the search began.
    """

    number: int
    scope: Scope
    moves: tuple[Move, ...]
    profile: Profile
    evaluations: int


@dataclass(frozen=True, slots=True)
class Deviation:
    """The best that a player could do alone at the end, among all that was looked at.

    Attributes
    ----------
    player : str
    combined : bool
        Whether several decisions change at once; the best of both kinds is given.
    changes : dict of str to float
        What the decisions that change would become.
    gain : Estimate
        By other luck than that which it was picked by, where there is such; else as `picked_by`.
    picked_by : Estimate
        The gain by the luck of the search, flattered by the picking.
    """

    player: str
    combined: bool
    changes: dict[str, float]
    gain: Estimate
    picked_by: Estimate


@dataclass(frozen=True, slots=True)
class Curve:
    """What one decision pays its owner over its range, everything else as at the end.

    Attributes
    ----------
    player, decision : str
    values : tuple of float
        Ascending; the value at the end is among them.
    means, errors : tuple of float
        Of the payoff, and its standard errors; NaN with a single replication.
    gains, gain_errors : tuple of float
        Of the difference to the payoff at the end, paired.
    """

    player: str
    decision: str
    values: tuple[float, ...]
    means: tuple[float, ...]
    errors: tuple[float, ...]
    gains: tuple[float, ...]
    gain_errors: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Search:
    """Where a search has come.

    Attributes
    ----------
    players : tuple of Player
    start, profile : tuple of float
        Where it began, and where it ended.
    status : {"equilibrium", "cycle", "not converged", "interrupted"}
        An equilibrium is one to within `resolution`. Of a single player it is its optimum.
    rounds : tuple of Round
    cycle : tuple of tuple of float
        The profiles through which it went in a circle.
    evaluations : int
        Distinct profiles evaluated for it.
    fresh_evaluations : int
        The same with other luck, for the gains of `deviations`.
    payoffs : tuple of Estimate
        What the end pays each player, by other luck if there is such; none if it was interrupted
        before that was known.
    deviations : tuple of Deviation
        Of every player the best change of one decision, and of several at once.
    curves : tuple of Curve
        Of every decision.
    inert : tuple of (str, str)
        Player and decision, where nobody's payoff depends on it at all at the end; it was left
        where it was.
    resolution : tuple of float
        Of every decision: to what difference luck let the search look.
    """

    players: tuple[Player, ...]
    start: Profile
    profile: Profile
    status: Status
    rounds: tuple[Round, ...]
    cycle: tuple[Profile, ...]
    evaluations: int
    fresh_evaluations: int
    payoffs: tuple[Estimate, ...]
    deviations: tuple[Deviation, ...]
    curves: tuple[Curve, ...]
    inert: tuple[tuple[str, str], ...]
    resolution: tuple[float, ...]

    def largest_gain(self) -> Deviation | None:
        """Return the deviation that looked best to the search; None if none is known."""
        return max(self.deviations, key=lambda each: each.picked_by.mean, default=None)

    def values(self) -> dict[tuple[str, str], float]:
        """Return the values at the end by player and decision."""
        names = [(player, each.name) for player, each in decisions_of(self.players)]
        return dict(zip(names, self.profile, strict=True))


@dataclass(frozen=True, slots=True)
class Group:
    """Equilibria that are the same to within the resolution.

    Attributes
    ----------
    profile : tuple of float
        Of the first of them.
    members : tuple of int
        Numbers of the starts that lead there.
    """

    profile: Profile
    members: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Equilibria:
    """Where searches from several starts have come.

    Attributes
    ----------
    searches : tuple of Search
        In the order of the starts; fewer than those if interrupted.
    groups : tuple of Group
        The different equilibria, in the order in which they were found.
    evaluations : int
        Distinct profiles evaluated for all of them.
    interrupted : bool
    """

    searches: tuple[Search, ...]
    groups: tuple[Group, ...]
    evaluations: int
    interrupted: bool


def grouped(searches: Sequence[Search]) -> tuple[Group, ...]:
    """Put equilibria that are the same to within the resolution into groups."""
    groups: list[list[int]] = []
    for number, search in enumerate(searches):
        if search.status != "equilibrium":
            continue
        for group in groups:
            first = searches[group[0]]
            if _same(search, first):
                group.append(number)
                break
        else:
            groups.append([number])
    return tuple(Group(searches[each[0]].profile, tuple(each)) for each in groups)


def _same(one: Search, other: Search) -> bool:
    """Whether two searches have come to the same end, but for what nothing depends on."""
    values, others = one.values(), other.values()
    inert = set(one.inert) & set(other.inert)
    limits = SAME * np.maximum(one.resolution, other.resolution)
    ranges = [decision.high - decision.low for _, decision in decisions_of(one.players)]
    # Where nobody ever looked closely, an eighth of the range still makes a difference.
    return all(
        name in inert or abs(values[name] - others[name]) <= min(limit, width / WIDE)
        for name, limit, width in zip(values, limits, ranges, strict=True)
    )


class Evidence:
    """What is known around the end of a search: what deviations would pay there.

    Attributes
    ----------
    inert : set of int
        Decisions on which nobody's payoff depends.
    """

    def __init__(
        self,
        known: Remembered,
        end: Profile,
        decisions: Sequence[tuple[str, Decision]],
        own: Sequence[Sequence[int]],
    ) -> None:
        self._known = known
        self._end = end
        self._decisions = decisions
        self._own = own
        # Profiles in which only decisions of one player differ from the end, by those decisions.
        self._around: dict[tuple[int, ...], list[Profile]] = {}
        self.inert: set[int] = set()
        if end not in known:
            return
        players = [name for name, _ in decisions]
        for profile in known:
            differ = tuple(at for at, value in enumerate(profile) if value != end[at])
            if len({players[at] for at in differ}) == 1:
                self._around.setdefault(differ, []).append(profile)
        first = known.of(end)
        for at in range(len(decisions)):
            along = self._around.get((at,), ())
            if along and all(np.array_equal(first, known.of(each)) for each in along):
                self.inert.add(at)

    def names(self, at: int) -> tuple[str, str]:
        """Return player and decision."""
        player, decision = self._decisions[at]
        return player, decision.name

    def payoffs(self, measured: Remembered) -> tuple[Estimate, ...]:
        """Estimate what the end pays each player."""
        if self._end not in self._known:
            return ()
        return tuple(Estimate.of(each) for each in measured.of(self._end))

    def _best(self) -> list[tuple[int, tuple[int, ...], Profile]]:
        """Player, decisions that change, and profile of the best deviations of each kind."""
        found = []
        for player, own in enumerate(self._own):
            for combined in (False, True):
                choices = [
                    (differ, profile)
                    for differ, profiles in self._around.items()
                    if (len(differ) > 1) == combined and set(differ) <= set(own) - self.inert
                    for profile in profiles
                ]
                if choices:
                    pays = [float(self._known.of(each)[player].mean()) for _, each in choices]
                    found.append((player, *choices[int(np.argmax(pays))]))
        return found

    def picked(self) -> list[Profile]:
        """Return the profiles of the best deviations."""
        return [profile for _, _, profile in self._best()]

    def deviations(self, measured: Remembered) -> tuple[Deviation, ...]:
        """Return the best deviations with what they gain."""

        def gain(luck: Remembered, player: int, profile: Profile) -> Estimate:
            return Estimate.of(luck.of(profile)[player] - luck.of(self._end)[player])

        return tuple(
            Deviation(
                player=self._decisions[differ[0]][0],
                combined=len(differ) > 1,
                changes={self._decisions[at][1].name: profile[at] for at in differ},
                gain=gain(measured, player, profile),
                picked_by=gain(self._known, player, profile),
            )
            for player, differ, profile in self._best()
        )

    def curves(self) -> tuple[Curve, ...]:
        """Return what every decision pays its owner over its range."""
        return tuple(self._curve(player, at) for player, own in enumerate(self._own) for at in own)

    def _curve(self, player: int, at: int) -> Curve:
        along = self._around.get((at,), [])
        at_end = [self._end] if self._end in self._known else []
        profiles = sorted([*along, *at_end], key=lambda each: each[at])
        rows = [self._known.of(each)[player] for each in profiles]
        gains = [row - self._known.of(self._end)[player] for row in rows]
        return Curve(
            *self.names(at),
            values=tuple(each[at] for each in profiles),
            means=tuple(float(row.mean()) for row in rows),
            errors=tuple(_error(row) for row in rows),
            gains=tuple(float(row.mean()) for row in gains),
            gain_errors=tuple(_error(row) for row in gains),
        )


def _error(values: Floats) -> float:
    """Return the standard error of the mean; NaN of a single value."""
    n = len(values)
    return float(values.std(ddof=1)) / n**0.5 if n > 1 else float("nan")
