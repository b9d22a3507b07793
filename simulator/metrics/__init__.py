"""Metrics: what each one means, and how the rows of a run become them."""

from simulator.metrics.conservation import identities
from simulator.metrics.definitions import METRICS, Metric
from simulator.metrics.measure import Measures, measure
from simulator.metrics.reference import registry_markdown

__all__ = ["METRICS", "Measures", "Metric", "identities", "measure", "registry_markdown"]
