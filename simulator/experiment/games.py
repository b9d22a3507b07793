"""Games whose payoffs come from runs: who decides what, and what a choice of everything pays.

Nothing here knows what is decided. A payoff is one value per replication, and the same
replication has the same luck whatever is decided, so that choices are compared in pairs.

Decisions are real numbers, but a difference smaller than a decision's step does not matter: the
values that are looked at lie on a lattice of steps, which makes a search finite and lets it
remember what it has asked before. The value at which a search starts is a point of its own among
them, so that what nobody changes stays exactly what it was.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from simulator.experiment.statistics import CONFIDENCE, Floats

Profile = tuple[float, ...]
"""A value for every decision of every player, in the order of the players."""
Place = tuple[int, ...]
"""A profile by the numbers of its lattice points."""

STEPS = 64
"""Smallest steps in a range, if nothing else is said."""
_DUST = 1e-6  # of a step: no difference, whatever made it
_ROUNDING = 1e-12  # of the size of the payoffs: what adding up in another order may change


@dataclass(frozen=True, slots=True)
class Decision:
    """A number that a player chooses.

    Attributes
    ----------
    name : str
    low, high : float
        Its range, both ends included.
    step : float, optional
        The smallest difference that matters; a 64th of the range if not given.
    whole : bool
        Only whole numbers make sense.

    Raises
    ------
    ValueError
        If the range is empty or the step does not fit it.
    """

    name: str
    low: float
    high: float
    step: float | None = None
    whole: bool = False

    def __post_init__(self) -> None:
        if not (math.isfinite(self.low) and math.isfinite(self.high) and self.low < self.high):
            raise ValueError(f"{self.name}: low must be below high, not {self.low} and {self.high}")
        if self.step is not None and not 0.0 < self.step <= self.high - self.low:
            raise ValueError(
                f"{self.name}: the step must be above 0 and at most the range, not {self.step}"
            )
        if self.whole and not all(float(each).is_integer() for each in self._given()):
            raise ValueError(f"{self.name}: low, high and step must be whole numbers, as it is")

    def _given(self) -> tuple[float, ...]:
        return (self.low, self.high) if self.step is None else (self.low, self.high, self.step)

    @property
    def resolution(self) -> float:
        """The smallest difference that matters."""
        if self.step is not None:
            return self.step
        part = (self.high - self.low) / STEPS
        return float(max(1, round(part))) if self.whole else part

    @property
    def last(self) -> int:
        """Number of the highest lattice point; the lowest is 0."""
        # A little less, so that 0.3 / 0.1 is 3 steps and not 4.
        return math.ceil((self.high - self.low) / self.resolution - _DUST)

    def value(self, number: int) -> float:
        """Return the value at a lattice point."""
        if number in (0, self.last):
            return self.high if number else self.low
        # Without the dust of 0.1 + 2 * 0.1 = 0.30000000000000004.
        digits = 15 - math.ceil(math.log10(max(abs(self.low), abs(self.high))))
        return round(self.low + number * self.resolution, digits)


@dataclass(frozen=True, slots=True)
class Player:
    """Somebody who decides.

    Attributes
    ----------
    name : str
    decisions : tuple of Decision
    """

    name: str
    decisions: tuple[Decision, ...]


class Payoffs(Protocol):
    """What profiles pay, from runs."""

    def __call__(self, profiles: Sequence[Profile], /) -> NDArray[np.float64]:
        """Return what each profile pays to each player in each replication.

        Parameters
        ----------
        profiles : sequence of tuple of float

        Returns
        -------
        ndarray of float64, shape (profiles, players, replications)
            The same replications, with the same luck, for every profile and at every call.
        """


class Remembered:
    """Payoffs that are asked for only once; share one to share what searches have learned.

    Parameters
    ----------
    payoffs : Payoffs
    """

    def __init__(self, payoffs: Payoffs) -> None:
        self._payoffs = payoffs
        self._known: dict[Profile, Floats] = {}

    @property
    def evaluations(self) -> int:
        """Number of profiles that have been evaluated."""
        return len(self._known)

    def __call__(self, profiles: Sequence[Profile], /) -> NDArray[np.float64]:
        """Return what each profile pays to each player in each replication."""
        self.ask(profiles)
        return np.array([self._known[each] for each in profiles])

    def ask(self, profiles: Sequence[Profile]) -> None:
        """Evaluate what is not yet known, all at once.

        Raises
        ------
        ValueError
            If the answer has another shape than it should, or is not finite.
        """
        missing = [each for each in dict.fromkeys(profiles) if each not in self._known]
        if not missing:
            return
        found = np.asarray(self._payoffs(missing), dtype=np.float64)
        if found.ndim != 3 or found.shape[0] != len(missing) or 0 in found.shape:
            raise ValueError(
                f"payoffs of {len(missing)} profiles must have the shape (profiles, players,"
                f" replications), not {found.shape}"
            )
        shape = next((each.shape for each in self._known.values()), found.shape[1:])
        if found.shape[1:] != shape:
            raise ValueError(
                f"payoffs must always be of as many players and replications: first {shape},"
                f" now {found.shape[1:]}"
            )
        if not np.isfinite(found).all():
            raise ValueError("payoffs must be finite: one is missing or infinite")
        self._known.update(zip(missing, found, strict=True))

    def of(self, profile: Profile) -> Floats:
        """Return what a profile pays; shape (players, replications). It must be known."""
        return self._known[profile]

    def __contains__(self, profile: Profile) -> bool:
        return profile in self._known

    def __iter__(self) -> Iterator[Profile]:
        return iter(self._known)


def remembered(payoffs: Payoffs) -> Remembered:
    """Return payoffs with a memory; their own, if they have one."""
    return payoffs if isinstance(payoffs, Remembered) else Remembered(payoffs)


def noise(
    before: Floats, after: Floats, comparisons: int = 1, confidence: float = CONFIDENCE
) -> float:
    """Return how large a mean difference has to be to be told from luck.

    Student's t of the paired differences, two-sided, corrected for how many were
    compared (Bonferroni): the best of many is the luckiest, too. Differences that do not vary, or
    a single replication, leave only the last digits of the payoffs.

    Parameters
    ----------
    before, after : ndarray of float64, shape (replications,)
        Paired by their place.
    comparisons : int
        Among how many differences this one is the largest.
    confidence : float
        How seldom luck alone may make a difference as large.
    """
    rounding = _ROUNDING * float(max(np.abs(before).max(), np.abs(after).max()))
    n = len(before)
    if n < 2:
        return rounding
    error = float((after - before).std(ddof=1)) / math.sqrt(n)
    tail = (1.0 - confidence) / 2.0 / max(1, comparisons)
    return max(rounding, float(stdtrit(n - 1, 1.0 - tail)) * error)


class Lattice:
    """The values that a search looks at.

    Parameters
    ----------
    decisions : sequence of (player's name, Decision)
    start : tuple of float

    Attributes
    ----------
    last : tuple of int
        Number of the highest point of each decision.
    start : tuple of int

    Raises
    ------
    ValueError
        If the start does not fit the decisions.
    """

    def __init__(self, decisions: Sequence[tuple[str, Decision]], start: Profile) -> None:
        if len(start) != len(decisions):
            raise ValueError(f"the start has {len(start)} values for {len(decisions)} decisions")
        for (player, each), value in zip(decisions, start, strict=True):
            if not each.low <= value <= each.high:
                raise ValueError(
                    f"the start of {player}.{each.name} is {value}, outside {each.low}"
                    f" to {each.high}"
                )
            if each.whole and not float(value).is_integer():
                raise ValueError(f"the start of {player}.{each.name} is {value}, no whole number")
        self._decisions = [each for _, each in decisions]
        self._values = [float(value) for value in start]
        places = list(zip(self._decisions, self._values, strict=True))
        # How many lattice points lie below the start, and whether it is one itself.
        self.start: Place = tuple(
            math.ceil((value - each.low) / each.resolution - _DUST) for each, value in places
        )
        self._regular = [
            abs(each.value(number) - value) <= _DUST * each.resolution
            for (each, value), number in zip(places, self.start, strict=True)
        ]
        self.last: Place = tuple(
            each.last + (not regular)
            for each, regular in zip(self._decisions, self._regular, strict=True)
        )

    def value(self, at: int, number: int) -> float:
        """Return the value at a point of a decision."""
        if number == self.start[at]:
            return self._values[at]
        above = number > self.start[at] and not self._regular[at]
        return self._decisions[at].value(number - above)

    def profile(self, place: Place) -> Profile:
        """Return the values at a place."""
        return tuple(self.value(at, number) for at, number in enumerate(place))

    def clipped(self, place: Sequence[int]) -> Place:
        """Return the place next to one that may lie outside."""
        return tuple(min(max(0, k), last) for k, last in zip(place, self.last, strict=True))


def decisions_of(players: Sequence[Player]) -> list[tuple[str, Decision]]:
    """Return every decision with the name of its player, in order.

    Raises
    ------
    ValueError
        If there is nobody, nothing to decide, or a name occurs twice.
    """
    if not players:
        raise ValueError("a game needs at least one player")
    _once([each.name for each in players], "players")
    for player in players:
        if not player.decisions:
            raise ValueError(f"{player.name} has nothing to decide")
        _once([each.name for each in player.decisions], f"decisions of {player.name}")
    return [(player.name, each) for player in players for each in player.decisions]


def _once(names: Sequence[str], what: str) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"two {what} have the same name: {', '.join(twice)}")


def spread_starts(players: Sequence[Player], number: int) -> tuple[Profile, ...]:
    """Return starts that fill the ranges evenly; the first is the middle of everything.

    They lie on an additive lattice of the generalized golden ratio (Roberts 2018), which leaves
    nothing to chance and stays even wherever it ends.

    Parameters
    ----------
    players : sequence of Player
    number : int
    """
    decisions = [each for _, each in decisions_of(players)]
    ratio = 2.0
    for _ in range(64):  # the root of x ** (d + 1) = x + 1
        ratio = (1.0 + ratio) ** (1.0 / (len(decisions) + 1))
    shares = [
        [(0.5 + k * ratio ** -(at + 1)) % 1.0 for at in range(len(decisions))]
        for k in range(number)
    ]
    return tuple(
        tuple(
            each.value(round(share * each.last)) for each, share in zip(decisions, row, strict=True)
        )
        for row in shares
    )
