"""Experiments: many runs of an organization, and what can be concluded from them."""

from simulator.experiment.replications import Estimate, ReplicationError, Results, replicate

__all__ = ["Estimate", "ReplicationError", "Results", "replicate"]
