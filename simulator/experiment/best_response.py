"""Where selfish players end up, and what they could reach together: search by best responses.

Each player in turn, given what the others do, moves to what pays it best; a round in which nobody
moves is an equilibrium. All comparisons are of profiles with the same luck, and nobody moves
unless its gain can be told from luck, so that a search ends where luck begins to decide.

The first round looks at the whole ranges. Later ones look around the present values, at first as
far as a decision moved last. When nobody moves any more, a closing round looks at the whole
ranges again, and at pairs of decisions of a player together; only if that moves nobody, either,
it is an equilibrium. A search has chosen its end by the luck of its replications. How much
somebody could still gain is therefore picked with that luck, but measured with other luck.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, count, product

import numpy as np

from simulator.experiment.games import (
    Decision,
    Lattice,
    Payoffs,
    Place,
    Player,
    Profile,
    Remembered,
    decisions_of,
    noise,
    remembered,
)
from simulator.experiment.line_search import Line
from simulator.experiment.searches import (
    SAME,
    WIDE,
    Equilibria,
    Evidence,
    Move,
    Round,
    Scope,
    Search,
    Status,
    grouped,
)
from simulator.experiment.statistics import CONFIDENCE, Estimate, Floats

_MOST_PASSES = 20  # of one player over its decisions in one turn


@dataclass(frozen=True, slots=True)
class Effort:
    """How thoroughly is searched.

    Attributes
    ----------
    grid : int
        Points over the range of a decision, ends included, in the first round.
    check_grid : int
        The same in closing rounds.
    combined : int
        Most combinations of two decisions of a player that are tried in a closing round: a step
        of both, and both at an end of their ranges.
    most_rounds : int
        After so many rounds the search gives up.
    tolerance : float
        Gains up to this are not worth a move, even if they can be told from luck.
    confidence : float
        How surely a gain must be told from luck before somebody moves. Less than 95 % follows
        weaker evidence: fewer gains are missed, and more moves are for nothing. What the end is
        worth is measured with other luck in any case.
    """

    grid: int = 5
    check_grid: int = 9
    combined: int = 24
    most_rounds: int = 20
    tolerance: float = 0.0
    confidence: float = CONFIDENCE

    def __post_init__(self) -> None:
        least = {"grid": 3, "check_grid": 3, "combined": 0, "most_rounds": 1, "tolerance": 0.0}
        for name, low in least.items():
            if not getattr(self, name) >= low:
                raise ValueError(f"{name} must be at least {low}, not {getattr(self, name)}")
        if not 0.0 < self.confidence < 1.0:
            raise ValueError(f"confidence must be between 0 and 1, not {self.confidence}")


def best_response(
    players: Sequence[Player],
    payoffs: Payoffs,
    start: Profile,
    *,
    effort: Effort | None = None,
    order: Sequence[str] | None = None,
    check: Payoffs | None = None,
    on_round: Callable[[Round], None] | None = None,
) -> Search:
    """Let each player in turn move to what pays it best until nobody moves.

    Parameters
    ----------
    players : sequence of Player
    payoffs : Payoffs
        A :class:`~simulator.experiment.games.Remembered` keeps what is learned for later searches.
    start : tuple of float
    effort : Effort, optional
    order : sequence of str, optional
        Names of the players in the order in which they move.
    check : Payoffs, optional
        The same payoffs with other luck, to measure what could be gained at the end.
    on_round : callable, optional
        Called after each round.

    Returns
    -------
    Search
        After Ctrl-C as far as it came.

    Raises
    ------
    ValueError
        If players, start, order or payoffs do not fit together.
    """
    hunt = _Hunt(players, remembered(payoffs), start, effort or Effort(), order, on_round)
    hunt.run()
    return hunt.result(check)


def optimum(
    players: Sequence[Player],
    payoffs_of_all: Payoffs,
    starts: Sequence[Profile],
    *,
    effort: Effort | None = None,
    check: Payoffs | None = None,
    on_round: Callable[[Round], None] | None = None,
) -> Search:
    """Search what everybody would do together if one objective counted.

    All decisions belong to one player; see :func:`best_response`.

    Parameters
    ----------
    players : sequence of Player
    payoffs_of_all : Payoffs
        The objective; if it has several columns, their sum.
    starts : sequence of tuple of float
        At least one; the best end counts.
    effort, check, on_round
        As for :func:`best_response`.

    Returns
    -------
    Search
        From the best start, with the evaluations of all. Its only player is called ``all``, its
        decisions ``player.decision``.

    Raises
    ------
    ValueError
        As :func:`best_response`.
    """
    everything = tuple(
        replace(each, name=f"{player}.{each.name}") for player, each in decisions_of(players)
    )
    if not starts:
        raise ValueError("a search needs at least one start")
    known = Remembered(_Sum(payoffs_of_all))
    hunts: list[_Hunt] = []
    for start in starts:
        alone = [Player("all", everything)]
        hunts.append(_Hunt(alone, known, start, effort or Effort(), None, on_round))
        hunts[-1].run()
        if hunts[-1].status == "interrupted":
            break
    best = max(hunts, key=lambda each: each.worth())
    found = best.result(None if check is None else _Sum(check), since=0)
    return replace(found, status="interrupted") if hunts[-1].status == "interrupted" else found


def equilibria(
    players: Sequence[Player],
    payoffs: Payoffs,
    starts: Sequence[Profile],
    *,
    effort: Effort | None = None,
    order: Sequence[str] | None = None,
    check: Payoffs | None = None,
    on_round: Callable[[Round], None] | None = None,
) -> Equilibria:
    """Search equilibria from several starts, and tell which are the same.

    Parameters
    ----------
    players : sequence of Player
    payoffs : Payoffs
    starts : sequence of tuple of float
        See :func:`~simulator.experiment.games.spread_starts`.
    effort, order, check, on_round
        As for :func:`best_response`.

    Returns
    -------
    Equilibria

    Raises
    ------
    ValueError
        As :func:`best_response`.
    """
    if not starts:
        raise ValueError("a search needs at least one start")
    known = remembered(payoffs)
    fresh = None if check is None else remembered(check)
    before = known.evaluations
    searches: list[Search] = []
    for start in starts:
        searches.append(
            best_response(
                players,
                known,
                start,
                effort=effort,
                order=order,
                check=fresh,
                on_round=on_round,
            )
        )
        if searches[-1].status == "interrupted":
            break
    return Equilibria(
        searches=tuple(searches),
        groups=grouped(searches),
        evaluations=known.evaluations - before,
        interrupted=searches[-1].status == "interrupted",
    )


class _Sum:
    """The sum of the columns of payoffs as the only one."""

    def __init__(self, payoffs: Payoffs) -> None:
        self._payoffs = payoffs

    def __call__(self, profiles: Sequence[Profile], /) -> Floats:
        found = np.asarray(self._payoffs(profiles), dtype=np.float64)
        return found.sum(axis=1, keepdims=True) if found.ndim == 3 else found


class _Hunt:
    """A search on its way."""

    def __init__(
        self,
        players: Sequence[Player],
        known: Remembered,
        start: Profile,
        effort: Effort,
        order: Sequence[str] | None,
        on_round: Callable[[Round], None] | None,
    ) -> None:
        self._decisions: list[tuple[str, Decision]] = decisions_of(players)
        names = [each.name for each in players]
        if order is not None and sorted(order) != sorted(names):
            raise ValueError(
                f"the order must name every player once: {', '.join(names)}, not {', '.join(order)}"
            )
        self._players = tuple(players)
        self._turns = [names.index(name) for name in order or names]
        self._own = [
            [at for at, (name, _) in enumerate(self._decisions) if name == player]
            for player in names
        ]
        self._known = known
        self._since = known.evaluations
        self._effort = effort
        self._on_round = on_round
        self._lattice = Lattice(self._decisions, start)
        self._start = self._lattice.profile(self._lattice.start)
        self._place: Place = self._lattice.start
        self._reach = [max(1, last // (effort.grid - 1)) for last in self._lattice.last]
        self._gap = list(self._reach)
        self._idle: set[int] = set()
        self._settled = False
        self._rounds: list[Round] = []
        self._cycle: tuple[Profile, ...] = ()
        self.status: Status = "not converged"

    # -------------------------------------------------------------- payoffs

    def _ask(self, places: Sequence[Place]) -> None:
        """Evaluate places that are not known yet, all at once."""
        self._known.ask([self._lattice.profile(each) for each in places])

    def _pays(self, player: int, place: Place) -> Floats:
        """Return the payoff of a player at a known place in every replication."""
        found: Floats = self._all_pay(place)[player]
        return found

    def _all_pay(self, place: Place) -> Floats:
        """Return the payoffs of all at a known place."""
        found = self._known.of(self._lattice.profile(place))
        if len(found) != len(self._players):
            raise ValueError(f"payoffs are of {len(found)} players, not {len(self._players)}")
        return found

    def _better(self, player: int, here: Place, there: Place, comparisons: int = 1) -> bool:
        """Whether another known place pays a player more, beyond luck and tolerance."""
        before, after = self._pays(player, here), self._pays(player, there)
        least = max(
            self._effort.tolerance, noise(before, after, comparisons, self._effort.confidence)
        )
        return float((after - before).mean()) > least

    # -------------------------------------------------------------- rounds

    def run(self) -> None:
        """Go from round to round until it is known how it ends, or until Ctrl-C."""
        try:
            self.status = self._run()
        except KeyboardInterrupt:
            self.status = "interrupted"

    def _run(self) -> Status:
        scope: Scope = "whole"
        ends = [self._place]
        for number in count(1):
            # A closing round may come on top: it only makes sure.
            if number > self._effort.most_rounds + (scope == "closing"):
                break
            if not self._round(number, scope):
                if scope == "closing":
                    return "equilibrium"
                scope = "closing"
                continue
            scope = "near"
            if self._place not in ends:
                ends.append(self._place)
                continue
            circle = ends[ends.index(self._place) :]
            if not self._within_resolution(circle):
                self._cycle = tuple(self._lattice.profile(each) for each in circle)
                return "cycle"
            # It goes round and round one point between the lattice's.
            middle = np.rint(np.mean(circle, axis=0)).astype(int)
            self._place = tuple(int(each) for each in middle)
            self._settled, scope, ends = True, "closing", [self._place]
        return "not converged"

    def _round(self, number: int, scope: Scope) -> bool:
        """Give every player its turn; return whether somebody moved."""
        moves: list[Move] = []
        try:
            for player in self._turns:
                before = self._place
                try:
                    self._turn(player, scope)
                finally:
                    if self._settled and self._within_resolution([before, self._place]):
                        self._place = before
                    if self._place != before:
                        moves.append(self._move(player, before))
            self._settled = self._settled and not moves
        finally:
            found = Round(
                number,
                scope,
                tuple(moves),
                self._lattice.profile(self._place),
                self._known.evaluations - self._since,
            )
            self._rounds.append(found)
        if self._on_round is not None:
            self._on_round(found)
        return bool(moves)

    def _move(self, player: int, before: Place) -> Move:
        old, new = (self._lattice.profile(each) for each in (before, self._place))
        own = self._own[player]
        gain = self._pays(player, self._place) - self._pays(player, before)
        return Move(
            self._players[player].name,
            tuple(old[at] for at in own),
            tuple(new[at] for at in own),
            Estimate.of(gain),
        )

    def _within_resolution(self, places: Sequence[Place]) -> bool:
        """Whether places differ by no more than what luck and lattice leave open."""
        return all(
            max(values) - min(values) <= min(SAME * gap, last // WIDE)
            for values, gap, last in zip(
                zip(*places, strict=True), self._gap, self._lattice.last, strict=True
            )
        )

    # -------------------------------------------------------------- the turn of a player

    def _turn(self, player: int, scope: Scope) -> None:
        """Move to what pays a player best, as far as can be told."""
        moved = self._pass(player, scope)
        if len(self._own[player]) == 1:
            return
        # After a move there will be another closing round, which is when a leap is due.
        leaps = scope == "closing" and not moved
        for _ in range(_MOST_PASSES):
            if not moved and not (leaps and self._leap(player)):
                return
            moved = self._pass(player, "near")

    def _pass(self, player: int, scope: Scope) -> bool:
        """Search along each decision of a player, and then along what that changed."""
        origin = self._place
        for at in self._own[player]:
            if scope != "near" or at not in self._idle:
                self._along(player, at, scope)
        if sum(one != other for one, other in zip(origin, self._place, strict=True)) > 1:
            self._stride(player, origin)
        return self._place != origin

    def _along(self, player: int, at: int, scope: Scope) -> None:
        """Move to what pays best along one decision."""
        origin = self._place

        def place(k: int) -> Place:
            return (*origin[:at], k, *origin[at + 1 :])

        def means(points: Sequence[int]) -> list[float]:
            self._ask([place(k) for k in points])
            return [float(self._pays(player, place(k)).mean()) for k in points]

        def told(one: int, other: int) -> bool:
            return self._better(player, place(one), place(other))

        here, last = origin[at], self._lattice.last[at]
        line = Line(here, last, means, told)
        if scope == "near":
            line.widen(self._reach[at])
        else:
            line.ask(self._grid(at, scope))
            if all(
                np.array_equal(self._all_pay(origin), self._all_pay(place(k))) for k in line.tried
            ):
                self._idle.add(at)
                return
            self._idle.discard(at)
        if scope != "closing" or line.best != here:
            line.refine()
        # Of many points the best is the luckiest, too. Nearby a lucky move costs little, while
        # one that is missed leaves a player where it does not want to be.
        compared = 1 if scope == "near" else len(line.tried) - 1
        moved = self._better(player, origin, place(line.best), compared)
        if moved:
            self._place = place(line.best)
        if moved or scope != "closing":
            self._gap[at] = line.gap()
            self._reach[at] = max(line.gap(), abs(self._place[at] - here) // 2)

    def _grid(self, at: int, scope: Scope) -> list[int]:
        """Points over the whole range of a decision."""
        last = self._lattice.last[at]
        points = self._effort.check_grid if scope == "closing" else self._effort.grid
        return sorted({round(last * each / (points - 1)) for each in range(points)})

    def _stride(self, player: int, origin: Place) -> None:
        """Go on in the direction from an origin as long as it pays (Hooke and Jeeves 1961)."""
        direction = np.subtract(self._place, origin)
        while True:
            there = self._lattice.clipped([int(k) for k in self._place + direction])
            if there == self._place:
                return
            self._ask([there])
            if not self._better(player, self._place, there):
                return
            self._place = there
            direction = 2 * direction

    def _leap(self, player: int) -> bool:
        """Move to the best combination of two decisions, and on in its direction."""
        places = self._combined(player)
        if not places:
            return False
        self._ask([self._place, *places])
        origin = self._place
        best = max(places, key=lambda each: float(self._pays(player, each).mean()))
        if not self._better(player, origin, best, len(places)):
            return False
        self._place = best
        self._stride(player, origin)
        return True

    def _combined(self, player: int) -> list[Place]:
        """Places where two decisions of a player differ: by a step each, or at their ends."""
        near: dict[Place, None] = {}
        far: dict[Place, None] = {}
        here = self._place
        active = [at for at in self._own[player] if at not in self._idle]
        for one, other in combinations(active, 2):
            for signs in product((-1, 1), repeat=2):
                place = list(here)
                for at, sign in zip((one, other), signs, strict=True):
                    place[at] += sign * self._gap[at]
                near[self._lattice.clipped(place)] = None
                for at, sign in zip((one, other), signs, strict=True):
                    place[at] = self._lattice.last[at] if sign > 0 else 0
                far[tuple(place)] = None
        found = [each for each in {**near, **far} if each != here]
        most = self._effort.combined
        if len(found) <= most:
            return found
        # Evenly from all of them, so that no decision is left out.
        return [found[k * len(found) // most] for k in range(most)]

    def _survey(self) -> None:
        """Evaluate what a closing round looks at if nobody moves in it."""
        places = [self._place]
        for at in range(len(self._decisions)):
            places += [
                (*self._place[:at], k, *self._place[at + 1 :]) for k in self._grid(at, "closing")
            ]
        for player in range(len(self._players)):
            places += self._combined(player)
        self._ask(places)

    # -------------------------------------------------------------- the end

    def worth(self) -> float:
        """Return the first player's mean payoff where it stands; -inf if that is not known."""
        if self._lattice.profile(self._place) not in self._known:
            return -np.inf
        return float(self._pays(0, self._place).mean())

    def result(self, check: Payoffs | None, since: int | None = None) -> Search:
        """Say where it has come, and what could be gained there."""
        fresh: Remembered | None = None
        before = 0
        end = self._lattice.profile(self._place)
        evidence = Evidence(self._known, end, self._decisions, self._own)
        if self.status != "interrupted":
            try:
                self._survey()
                evidence = Evidence(self._known, end, self._decisions, self._own)
                if check is not None:
                    asked = remembered(check)
                    before = asked.evaluations
                    asked.ask([end, *evidence.picked()])
                    fresh = asked
            except KeyboardInterrupt:
                self.status = "interrupted"
        return Search(
            players=self._players,
            start=self._start,
            profile=end,
            status=self.status,
            rounds=tuple(self._rounds),
            cycle=self._cycle,
            evaluations=self._known.evaluations - (self._since if since is None else since),
            fresh_evaluations=0 if fresh is None else fresh.evaluations - before,
            payoffs=evidence.payoffs(fresh or self._known),
            deviations=evidence.deviations(fresh or self._known),
            curves=evidence.curves(),
            inert=tuple(evidence.names(at) for at in sorted(evidence.inert)),
            resolution=tuple(
                gap * each.resolution
                for gap, (_, each) in zip(self._gap, self._decisions, strict=True)
            ),
        )
