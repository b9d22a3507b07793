"""Runs of a drafted organization, seen as its files would show them.

Very large organizations are simulated at a fraction of their size: fewer inquiries and as many
fewer people. What a buyer lives through is about the same, since the load of a team is.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from simulator.calibration.estimating.customers import fit_churn
from simulator.calibration.records import NONE, Leads, Opportunities, Records, nothing
from simulator.calibration.witnessed import records_of
from simulator.calibration.writing import Stated
from simulator.engine import run
from simulator.experiment.execution import Execution, execute
from simulator.scenario.changing import changed
from simulator.scenario.provenance import plain
from simulator.scenario.schema import Scenario

MOST_LEADS = 12_000
"""Inquiries of one run; a larger organization is simulated at a fraction of its size."""
SURPLUS = 4.0
"""As many times the files' inquiries are simulated, within `RUNS`."""
RUNS = (4, 24)
CHURN_RUNS = 4
"""Runs that tell which part of the churn on file is nobody's fault."""

_NO_CONTRACT = nothing()[4]
_NO_ACT = nothing()[3]


def funnel_of_run(scenario: Scenario, name: str, seed: int, replication: int) -> Records:
    """Run once and keep inquiries and opportunities, without calls, meetings and contracts."""
    seen = records_of(run(scenario, seed, replication, name))
    return replace(seen, activities=_NO_ACT, contracts=_NO_CONTRACT)


def churn_of_run(scenario: Scenario, name: str, seed: int, replication: int) -> tuple[float, float]:
    """Run once and return the hazard of leaving at one year and its shape, as files would show it.

    NaN where too few leave to tell.
    """
    told = fit_churn(records_of(run(scenario, seed, replication, name)))
    if told is None or told.at_one_year is None or told.shape is None:
        return math.nan, math.nan
    return told.at_one_year.value, told.shape.value


def pooled(runs: Sequence[Records]) -> Records:
    """Put runs of one organization together as if they were parts of one."""
    offsets = np.cumsum([0, *(len(each.leads) for each in runs)])

    def joined(part: str, name: str) -> Any:
        return np.concatenate([getattr(getattr(each, part), name) for each in runs])

    lead = np.concatenate(
        [
            np.where(each.opportunities.lead >= 0, each.opportunities.lead + offset, NONE)
            for each, offset in zip(runs, offsets, strict=False)
        ]
    )
    deals = {name: joined("opportunities", name) for name in Opportunities.__slots__}
    deals["lead"] = lead
    return replace(
        runs[0],
        leads=Leads(*(joined("leads", name) for name in Leads.__slots__)),
        opportunities=Opportunities(**deals),
        leads_weekday=np.concatenate([each.leads_weekday for each in runs]),
        leads_month=np.concatenate([each.leads_month for each in runs]),
    )


@dataclass(frozen=True, slots=True)
class Twin:
    """A drafted organization that can be run with some of its numbers changed.

    Attributes
    ----------
    draft : Scenario
        At the size at which it is simulated.
    fraction : float
        Of its true size.
    seed : int
    numbers : tuple of int
        Replications behind every look.
    how : Execution
    """

    draft: Scenario
    fraction: float
    seed: int
    numbers: tuple[int, ...]
    how: Execution

    def with_stated(self, stated: Sequence[Stated]) -> Twin:
        """Return the same organization with values changed."""
        if not stated:
            return self
        return replace(self, draft=changed(self.draft, {each.path: each.value for each in stated}))

    def gross_churn(self, values: Mapping[str, Any]) -> tuple[float, float] | None:
        """Return the hazard at one year and the shape that runs show, with some numbers changed.

        None where too few leave in the runs to tell.
        """
        scenario = changed(self.draft, values)
        jobs = [("twin", number) for number in self.numbers[:CHURN_RUNS]]
        done = execute({"twin": scenario}, jobs, self.seed, churn_of_run, self.how)
        shown = np.array([done.runs[job] for job in jobs])
        shown = shown[np.isfinite(shown).all(axis=1)]
        if not len(shown):
            return None
        hazard, shape = shown.mean(axis=0)
        return float(hazard), float(shape)

    def look(self, values: Mapping[str, Any], runs: int | None = None) -> Records:
        """Run it with these numbers, by path, and return what files would show of all runs.

        So many runs are made as are stated, else those of `numbers`.
        """
        return pooled(self._run(values, self.numbers if runs is None else range(runs)))

    def histories(self, values: Mapping[str, Any], count: int) -> list[Records]:
        """Run it with these numbers, and return what files would show of each run alone."""
        return self._run(values, tuple(range(count)))

    def _run(self, values: Mapping[str, Any], numbers: Sequence[int]) -> list[Records]:
        scenario = changed(self.draft, values)
        jobs = [("twin", number) for number in numbers]
        done = execute({"twin": scenario}, jobs, self.seed, funnel_of_run, self.how)
        if done.interrupted:
            raise KeyboardInterrupt
        return [done.runs[job] for job in jobs]


def twin_of(draft: Scenario, leads: int, seed: int, how: Execution) -> Twin:
    """Return an organization at the size at which it is simulated.

    Parameters
    ----------
    draft : Scenario
    leads : int
        Cases in the files.
    seed : int
    how : Execution
    """
    a_day = sum(channel.leads_per_day for channel in draft.market.channels.values())
    in_a_run = max(a_day * draft.horizon.months * 20.0, 1.0)
    fraction = min(1.0, MOST_LEADS / in_a_run)
    wanted = math.ceil(SURPLUS * leads / (in_a_run * fraction))
    runs = min(max(wanted, RUNS[0]), RUNS[1] if fraction == 1.0 else 2 * RUNS[0])
    small = draft if fraction == 1.0 else smaller(draft, fraction)
    return Twin(small, fraction, seed, tuple(range(runs)), how)


def smaller(scenario: Scenario, fraction: float) -> Scenario:
    """Return an organization of a fraction of the size: inquiries, people, and what it starts with.

    Teams are rounded to whole people, at least one where there was one; the hours that people
    have for buyers make up for the rounding.
    """
    tree = plain(scenario)
    changes: dict[str, Any] = {}
    for name, channel in tree["market"]["channels"].items():
        changes[f"market.channels.{name}.leads_per_day"] = channel["leads_per_day"] * fraction
    for name, team in tree["teams"].items():
        people = team["people"]
        if people:
            kept = max(round(people * fraction), 1)
            changes[f"teams.{name}.people"] = kept
            hours = team["hours_per_day"] * people * fraction / kept
            changes[f"teams.{name}.hours_per_day"] = min(hours, 24.0)
    for name in ("customers", "opportunities", "parked"):
        changes[f"start.{name}"] = round(tree["start"][name] * fraction)
    return changed(scenario, changes)
