"""Experiments: many runs of an organization, and what can be concluded from them."""

from simulator.experiment.execution import Execution
from simulator.experiment.replications import Results, replicate
from simulator.experiment.statistics import Estimate

__all__ = ["Estimate", "Execution", "Results", "replicate"]
