"""The decisions, laws and draws of the reference, compiled from its own source.

Nothing is written twice: what a department concludes, what a buyer does and every random number
come from ``judgment.py``, ``distributions.py`` and ``draws.py``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from simulator.compiled.jit import compiled, compiled_from
from simulator.organization import distributions, draws, judgment

if TYPE_CHECKING:
    from simulator.organization.distributions import normal_quantile, quantile, time_of
    from simulator.organization.draws import uniform
    from simulator.organization.judgment import (
        added,
        agrees_chance,
        averaged_noise,
        between,
        chance_of_winning,
        churn_hazard,
        drifted,
        effort_under_load,
        expectation_gap,
        expected_fit,
        faded,
        health_points,
        impression_noise,
        interest,
        kept_information,
        largest_part,
        lateness,
        learned_noise,
        less_lost,
        logistic,
        neglect_of,
        obstacle_seen_chance,
        poisson_count,
        pursued_chance,
        shrinking_chance,
        talk_length,
        tenure_factor,
    )

__all__ = [
    "added", "agrees_chance", "averaged_noise", "between", "chance_of_winning", "churn_hazard",
    "draw", "drifted", "effort_under_load", "expectation_gap", "expected_fit", "faded",
    "health_points", "impression_noise", "interest", "kept_information", "largest_part",
    "lateness", "learned_noise", "less_lost", "logistic", "neglect_of", "normal_quantile",
    "obstacle_seen_chance", "poisson_count", "pursued_chance", "quantile", "shrinking_chance",
    "talk_length", "tenure_factor", "time_of", "uniform",
]  # fmt: skip

if not TYPE_CHECKING:
    globals().update(
        compiled_from(
            judgment,
            (
                "added", "logistic", "between", "interest", "expected_fit", "averaged_noise",
                "learned_noise", "impression_noise", "talk_length", "obstacle_seen_chance",
                "chance_of_winning", "agrees_chance", "effort_under_load", "kept_information",
                "less_lost", "pursued_chance", "drifted", "expectation_gap", "faded",
                "health_points", "lateness", "neglect_of", "tenure_factor", "churn_hazard",
                "shrinking_chance", "largest_part", "poisson_count",
            ),
            {},
        )
    )  # fmt: skip
    globals().update(compiled_from(draws, ("uniform",), {}))
    globals().update(
        compiled_from(
            distributions,
            ("normal_quantile", "quantile", "time_of"),
            {"LawKind": distributions.LawKind, "_BELOW_ONE": distributions._BELOW_ONE},
        )
    )


@compiled
def draw(key: int, who: int, decision: int, attempt: int) -> float:
    """Return the number at an address; all four as unsigned, which is what `uniform` wants."""
    address = np.uint64(key), np.uint64(who), np.uint64(decision), np.uint64(attempt)
    return uniform(*address)  # type: ignore[arg-type]
