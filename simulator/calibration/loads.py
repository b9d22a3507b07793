"""People enough for the work: what no CRM tells, made consistent with what it does.

Files show who closed how much, never how long it took or how busy anybody was. An organization
whose people could not have done what the files show would be a contradiction, so where the default
company's working times would overload a team, they are shortened until its people can do the work.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from simulator.calibration.estimates import Finding
from simulator.calibration.twin import Twin
from simulator.calibration.writing import Stated, rounded
from simulator.experiment.execution import execute, run_streamed
from simulator.languages.messages import marked, say
from simulator.scenario.changing import changed, value_of
from simulator.scenario.schema import Scenario

MOST_BUSY = 0.88
"""A team busier than this share of its time makes buyers wait long."""
AT_EASE = 0.75
"""A team whose people are not on file is busy up to here: buyers hardly wait for it."""
HOPELESS = 0.96
"""A team busier than this could not have done the work: nothing else can be found before."""
USUAL = 0.6
"""So busy is a team taken to be whose working times are shortened: nobody waits long for it."""
_TRIES = 5
_SOURCE = marked(
    "working time is not in the files: shortened from the default so that the people on file can"
    " do what the files show"
)
# Customer success' work shows in no funnel: whatever its load, files do not contradict it.
_LAWS: dict[str, tuple[str, ...]] = {
    "marketing": ("work.marketing.screening", "work.marketing.nurturing"),
    "inside_sales": ("work.inside_sales.attempt", "work.inside_sales.talk"),
    "field_sales": ("work.field_sales.meeting",),
}
_NAMES = {
    "marketing": marked("Marketing"),
    "inside_sales": marked("Inside sales"),
    "field_sales": marked("Field sales"),
}
_DEFAULT = Scenario()
_TIMES = ("value", "mean", "median", "p90", "low", "high")


def bearable(twin: Twin, values: Mapping[str, Any], at_most: Mapping[str, float]) -> list[Stated]:
    """Shorten working times where runs show that nobody could have kept up.

    Parameters
    ----------
    twin : Twin
    values : mapping
        Numbers with which it is run, by path.
    at_most : mapping of str to float
        So busy each team may be.

    Returns
    -------
    list of Stated
        The laws changed.
    """
    shorter = dict.fromkeys(_LAWS, 1.0)
    changes: dict[str, Any] = {}
    for _ in range(_TRIES):
        busy = _busy(twin, {**values, **changes})
        crowded = [team for team in _LAWS if busy[team] > at_most[team]]
        if not crowded:
            break
        for team in crowded:
            shorter[team] *= USUAL / busy[team]
            changes.update(_shortened(twin.draft, team, shorter[team]))
    return [Stated(path, law, say(_SOURCE), "M") for path, law in changes.items()]


def shortened(stated: Iterable[Stated]) -> list[Finding]:
    """Say which teams' working times had to be shortened, and to what part of the default's.

    Parameters
    ----------
    stated : iterable of Stated
        Of the finished draft.
    """
    laws = {each.path: each.value for each in stated if each.source == say(_SOURCE)}
    said = []
    for team, paths in _LAWS.items():
        path = paths[0]
        if path not in laws:
            continue
        usual = value_of(_DEFAULT, path)
        time = next(name for name in _TIMES if name in usual)
        said.append(
            Finding(
                "assumption",
                say(
                    "{team} with the default company's working times could hardly do the work"
                    " on file: they are taken as {share} % of those. Capacity is not identifiable.",
                    team=say(_NAMES[team]),
                    share=f"{100.0 * laws[path][time] / usual[time]:.0f}",
                ),
            )
        )
    return said


def _busy(twin: Twin, values: Mapping[str, Any]) -> dict[str, float]:
    """Share of its time that each team works, mean of a few runs."""
    scenario = changed(twin.draft, values)
    jobs = [("twin", number) for number in twin.numbers[:4]]
    done = execute({"twin": scenario}, jobs, twin.seed, run_streamed, twin.how)
    return {
        team: float(np.nan_to_num(np.mean([done.runs[job][f"{team}.utilization"] for job in jobs])))
        for team in _LAWS
    }


def _shortened(draft: Scenario, team: str, factor: float) -> dict[str, Any]:
    found = {}
    for path in _LAWS[team]:
        law = dict(value_of(draft, path))
        for name in set(law) & set(_TIMES):
            law[name] = rounded(law[name] * factor)
        found[path] = law
    return found
