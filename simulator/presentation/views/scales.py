"""How values of a picture are written: all of one series alike."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from simulator.experiment.quantities import Scale
from simulator.metrics.definitions import METRICS
from simulator.metrics.units import unit_shown


def level_scale(metric: str, currency: str, sizes: Iterable[float]) -> Scale:
    """Choose a scale for values of a metric (not for differences: 5 % and not 5 % points).

    Parameters
    ----------
    metric : str
        Of the registry.
    currency : str
        Of the scenario.
    sizes : iterable of float
        The values; the largest gets about three digits.
    """
    scale = Scale.of(metric, currency, sizes)
    return replace(scale, unit=unit_shown(METRICS[metric].unit, currency, scale.factor < 1.0))


def share_scale() -> Scale:
    """Return the scale of shares of customers: whole %, as a picture has no room for more."""
    return Scale(100.0, 0, "%")
