"""The departments of a company as players: what their decisions pay, from runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from simulator.engine import named, using
from simulator.experiment.execution import Execution, execute, prepare_streaming, run_streamed
from simulator.experiment.games import Player, Profile, Remembered
from simulator.experiment.objectives import STEPS_IN_RANGE, Lever, Objectives, decided, players_of
from simulator.experiment.price_of_silos import Totals, Weights
from simulator.experiment.workers import local_pool
from simulator.metrics.definitions import TEAMS
from simulator.metrics.unstreamed import STREAMED
from simulator.scenario.schema import Scenario


@dataclass(frozen=True)
class Game:
    """Who decides what, in which company, for which pay.

    Attributes
    ----------
    company : Scenario
    weights : tuple of float
        Of the shared KPI, in the order of TEAMS.
    levers : tuple of Lever
    objectives : Objectives
    together : bool
        One planner decides everything, for the shared KPI less everybody's strain.
    steps : int
        In the range of each decision.
    """

    company: Scenario
    weights: Weights
    levers: tuple[Lever, ...]
    objectives: Objectives
    together: bool = False
    steps: int = STEPS_IN_RANGE

    def players(self) -> tuple[Player, ...]:
        """Return the departments that have something to decide."""
        return players_of(self.levers, self.steps)

    def by_department(self) -> dict[str, float]:
        """Return the weights by department."""
        return dict(zip(TEAMS, self.weights, strict=True))

    def decided(self, profile: Profile) -> Scenario:
        """Return the company with these decisions."""
        return decided(self.company, self.levers, profile, self.by_department())


class Runs:
    """Runs companies, and remembers how many.

    Parameters
    ----------
    seed : int
    how : Execution
        Best with an executor: a search asks for many small batches.

    Attributes
    ----------
    companies : int
        How many have been run.
    runs : int
        How many runs that took.
    scales : dict of str to float
        Usual size of every metric that somebody's pay depends on; to be set before payoffs.
    """

    def __init__(self, seed: int, how: Execution) -> None:
        self.seed = seed
        self._how = how
        self.companies = 0
        self.runs = 0
        self.scales: Mapping[str, float] = {}

    def totals(self, companies: Sequence[Scenario], numbers: Sequence[int]) -> list[Totals]:
        """Run companies, all at once.

        Parameters
        ----------
        companies : sequence of Scenario
        numbers : sequence of int
            Replications.

        Raises
        ------
        KeyboardInterrupt
            After Ctrl-C.
        """
        scenarios = {f"company {i}": each for i, each in enumerate(companies)}
        jobs = [(name, number) for name in scenarios for number in numbers]
        done = execute(scenarios, jobs, self.seed, run_streamed, self._how)
        if done.interrupted:
            raise KeyboardInterrupt
        self.companies += len(companies)
        self.runs += len(jobs)
        return [
            {
                metric: np.array([done.runs[name, number][metric] for number in numbers])
                for metric in STREAMED
            }
            for name in scenarios
        ]

    def payoffs(self, game: Game, numbers: Sequence[int], averaged: bool = False) -> Remembered:
        """Return what profiles of a game pay in these replications.

        Parameters
        ----------
        game : Game
        numbers : sequence of int
        averaged : bool
            Only the mean: a search then takes whatever is best on average. Who moves only for a
            gain that can be told stays where the search began; for a planner silos would then
            look cheap.
        """
        return Remembered(self._payoffs(game, numbers, averaged))

    def _payoffs(
        self, game: Game, numbers: Sequence[int], averaged: bool
    ) -> Callable[[Sequence[Profile]], NDArray[np.float64]]:
        weights = game.by_department()

        def pays(profiles: Sequence[Profile], /) -> NDArray[np.float64]:
            runs = self.totals([game.decided(profile) for profile in profiles], numbers)
            found = []
            for profile, totals in zip(profiles, runs, strict=True):
                terms = (totals, self.scales)
                if game.together:
                    pay = game.objectives.potential(*terms, game.levers, profile)
                else:
                    pay = game.objectives.payoffs(*terms, weights, game.levers, profile)
                found.append(pay.mean(axis=1, keepdims=True) if averaged else pay)
            return np.array(found)

        return pays


@contextmanager
def lasting(how: Execution) -> Iterator[Execution]:
    """Keep one pool of processes for all the many small batches of a search.

    Parameters
    ----------
    how : Execution
    """
    if how.executor is not None or how.workers == 1:
        yield replace(how, on_progress=None)
        return
    with using(how.engine or named()):
        prepare_streaming()
    with local_pool(how.workers) as pool:
        yield replace(how, executor=pool, on_progress=None)
