"""What to type for an analysis of the scenarios that somebody looks at."""

from __future__ import annotations

from dataclasses import dataclass

from simulator.languages.messages import say

ANALYSES = ("attribute", "bottleneck", "sensitivity", "incentives")
"""The commands whose answers a report and charts can show."""


@dataclass(frozen=True, slots=True)
class Typed:
    """What was typed for a report or for charts.

    Attributes
    ----------
    names : tuple of str
        The scenarios as typed, the reference first.
    options : tuple of str
        What analyses must be given, too, so that they are of the same: the seed and ``--set``.
    """

    names: tuple[str, ...]
    options: tuple[str, ...] = ()

    def analysis(self, command: str, place: int = -1) -> list[str]:
        """Return what to type for an analysis, without the folder that it is written to.

        Parameters
        ----------
        command : str
            One of `ANALYSES`.
        place : int
            Of the scenario that is looked at; the last one if not given.
        """
        first, other = self.names[0], self.names[place]
        words = {
            "attribute": [first, other],
            "bottleneck": [other],
            "sensitivity": [first, *(["--versus", other] if len(self.names) > 1 else [])],
            "incentives": [other],
        }[command]
        return ["themodel", command, *words, *self.options]


def named(key: str) -> str:
    """Name an analysis by its command and, if there are several, by the scenario it is of.

    Parameters
    ----------
    key : str
        The command, or "<command> of <scenario>".
    """
    command, of, scenario = key.partition(" of ")
    return say("{command} of {scenario}", command=command, scenario=scenario) if of else command
