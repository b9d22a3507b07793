"""A run of which a few figures are kept, got in the cheapest way that gives them."""

from __future__ import annotations

from simulator.engine import run
from simulator.experiment.execution import run_streamed
from simulator.metrics.partial import Figure, measure_some
from simulator.metrics.unstreamed import STREAMED
from simulator.scenario.schema import Scenario

__all__ = ["Figure", "run_figures"]


def run_figures(
    scenario: Scenario, name: str, seed: int, replication: int, figures: tuple[Figure, ...]
) -> dict[Figure, float]:
    """Run once and keep the figures asked for; NaN is missing.

    A task for :func:`~simulator.experiment.execution.execute` once the figures are given
    (``functools.partial(run_figures, figures=...)``).

    Parameters
    ----------
    scenario, name, seed, replication
        As for :func:`simulator.engine.run`.
    figures : tuple of (metric, month)

    Returns
    -------
    dict of (metric, month) to float
        In the order asked for.

    Raises
    ------
    KeyError
        If there is no such metric.
    ValueError
        If the run has no such month, or the metric no monthly values.
    """
    if all(month == 0 and metric in STREAMED for metric, month in figures):
        totals = run_streamed(scenario, name, seed, replication)
        return {(metric, month): totals[metric] for metric, month in figures}
    return measure_some(run(scenario, seed, replication, name), figures)
