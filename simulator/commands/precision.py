"""``--replications auto``: as many as an asked precision takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator.commands.options import AUTO
from simulator.commands.terminal import FINDING, stop
from simulator.errors import Problem, ScenarioError
from simulator.languages.messages import say

if TYPE_CHECKING:
    from simulator.experiment.precision import Precision

_DEFAULT, _AT_MOST = 0.05, 500


def asked_precision(
    replications: int, precision: float | None, metrics: list[str] | None, at_most: int | None
) -> dict[str, Any] | None:
    """Return what was asked of the precision, or None where the number is given.

    Parameters
    ----------
    replications, precision, metrics, at_most
        As given with ``--replications``, ``--precision``, ``--precise-metric``, ``--at-most``.

    Raises
    ------
    ScenarioError
        If precision is asked of a given number of replications, or of an unknown metric.
    """
    if replications != AUTO:
        given = {"--precision": precision, "--precise-metric": metrics, "--at-most": at_most}
        problems = [
            Problem(option, "", str(value), "needs --replications auto")
            for option, value in given.items()
            if value
        ]
        if problems:
            raise ScenarioError(problems)
        return None
    from simulator.experiment.precision import HEADLINE
    from simulator.experiment.quantities import checked_metrics

    return {
        "precision": precision or _DEFAULT,
        "metrics": checked_metrics(metrics or HEADLINE),
        "at_most": at_most or _AT_MOST,
    }


def words_typed(replications: int, asked: dict[str, Any] | None) -> dict[str, object]:
    """Return the options to type for the same number of replications again."""
    if asked is None:
        return {"--replications": replications}
    return {
        "--replications": "auto",
        "--precision": asked["precision"],
        "--precise-metric": asked["metrics"],
        "--at-most": asked["at_most"],
    }


def in_json(reached: Precision | None) -> dict[str, Any]:
    """Return what to add to an object: nothing where no precision was asked."""
    if reached is None:
        return {}
    return {
        "precision": {
            "asked": reached.asked,
            "met": reached.met,
            "reached": {
                name: each if abs(each) < float("inf") else None
                for name, each in reached.reached.items()
            },
            "replications": reached.replications,
            "at_most": reached.at_most,
        }
    }


def stop_unless_met(reached: Precision | None) -> None:
    """End with a finding if a precision was asked and is not reached (Ctrl-C is none)."""
    if reached is not None and not reached.met and not reached.interrupted:
        stop(FINDING, say("the asked precision is not reached"))
