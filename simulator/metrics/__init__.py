"""Metrics: what each one means, and how the rows of a run become them."""

from simulator.metrics.conservation import identities
from simulator.metrics.definitions import METRICS, Metric, registry_markdown
from simulator.metrics.measure import Measures, measure

__all__ = ["METRICS", "Measures", "Metric", "identities", "measure", "registry_markdown"]
