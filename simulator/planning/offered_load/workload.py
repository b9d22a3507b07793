"""Work per day, and the hours that it takes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulator.organization.distributions import compile_law
from simulator.scenario.fields import Law

Floats = NDArray[np.float64]

DAY_HOURS = 8.0
"""Hours of a business day, on whatever clock a law is stated."""


@dataclass(slots=True)
class Workload:
    """Pieces of work per day, and the hours that they take."""

    pieces: float = 0.0
    facing: float = 0.0
    office: float = 0.0

    def add(self, pieces: float, facing: float, office: float = 0.0) -> None:
        """Add pieces of these hours each."""
        self.pieces += pieces
        self.facing += pieces * facing
        self.office += pieces * office


def hours_of(law: Law) -> float:
    """Return the mean of a law of work, in hours."""
    return compile_law(law).mean * DAY_HOURS
