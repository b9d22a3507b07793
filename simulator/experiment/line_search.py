"""Where a mean is highest along a line of points, from as few of them as it takes.

A parabola through the best point and its neighbors says where to look next; where it misses, the
gap is halved. The search ends at neighboring points, or before, where differences between points
can no longer be told from luck: what lies between two points that cannot be told apart cannot,
either.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence


class Line:
    """Points from 0 to `last`, of which one is the present one.

    Parameters
    ----------
    here : int
        The present point.
    last : int
    means : callable
        Evaluates points, all at once.
    told : callable
        Whether the second of two evaluated points is better than the first beyond luck.
    """

    def __init__(
        self,
        here: int,
        last: int,
        means: Callable[[Sequence[int]], Sequence[float]],
        told: Callable[[int, int], bool],
    ) -> None:
        self._here = here
        self._last = last
        self._evaluate = means
        self._better = told
        self._means: dict[int, float] = {}

    @property
    def best(self) -> int:
        """Where the mean is highest; of several, next to the present point."""
        return max(sorted(self._means), key=lambda k: (self._means[k], -abs(k - self._here)))

    @property
    def tried(self) -> list[int]:
        """The points that were evaluated, ascending."""
        return sorted(self._means)

    def ask(self, points: Sequence[int]) -> None:
        """Evaluate points and the present one, all at once; those outside do not count."""
        asked = sorted({self._here, *points})
        new = [k for k in asked if 0 <= k <= self._last and k not in self._means]
        if new:
            self._means.update(zip(new, self._evaluate(new), strict=True))

    def gap(self) -> int:
        """Return how far the best point is from the farther of its neighbors."""
        return max((abs(k - self.best) for k in self._neighbors()), default=1)

    def widen(self, reach: int) -> None:
        """Look around the present point, and farther where that is better."""
        here = self._here
        # Without a point on either side what lies there would never be looked at.
        self.ask([max(0, here - reach), min(here + reach, self._last)])
        # Half a range at a stride is enough to come anywhere soon.
        while self.best != here and self.best in (min(self._means), max(self._means)):
            reach = min(2 * reach, max(1, self._last // 2))
            side = 1 if self.best > here else -1
            before = len(self._means)
            self.ask([min(max(0, self.best + side * reach), self._last)])
            if len(self._means) == before:
                return  # at the end of the range

    def refine(self) -> None:
        """Look closer around the best point until steps or differences are the smallest."""
        halve = False
        while (gap := self.gap()) > 1 and self._told():
            center = self._vertex()
            reach = gap // 2 if halve else max(1, gap // 4)
            low, high = self._bracket()
            self.ask([k for k in (center - reach, center, center + reach) if low < k < high])
            # A parabola that misses leaves one side as wide as it was.
            halve = self.gap() > gap // 2

    def _neighbors(self) -> list[int]:
        order = self.tried
        at = order.index(self.best)
        return order[max(0, at - 1) : at] + order[at + 1 : at + 2]

    def _bracket(self) -> tuple[int, int]:
        """Return the points between which the best one lies; beyond the range at its ends."""
        near = self._neighbors()
        return (
            next((k for k in near if k < self.best), -1),
            next((k for k in near if k > self.best), self._last + 1),
        )

    def _told(self) -> bool:
        """Whether the best point can be told from a neighbor."""
        return any(self._better(k, self.best) for k in self._neighbors())

    def _vertex(self) -> int:
        """Return the point next to the top of the parabola through the best and its neighbors."""
        best, near = self.best, self._neighbors()
        if len(near) < 2:
            return best
        low, high = near
        left = (best - low) * (self._means[best] - self._means[high])
        right = (high - best) * (self._means[best] - self._means[low])
        if left + right <= 0.0:
            return best
        top = best - ((best - low) * left - (high - best) * right) / (left + right) / 2.0
        return min(max(low + 1, round(top)), high - 1)
