"""A first guess of headcount from formulas alone: how much work comes, and how long it takes.

Buyers flow through the four departments and the recycle loop like water: every stage passes on
the share that it passes on in the mean, as in the traffic equations of a Jackson network
(:func:`simulator.theory.jackson_network`), and nobody ever waits for a colleague. Buyers are not
all alike, so the equations are solved for every source and a set of fits at once, and for each of
the four things that may hinder a buyer; passes through the loop are followed one by one, because
a scenario limits their number. What comes out are means over the measured time of a run, from
the company as it is at the start.

Left out or simplified: any wait for people, and what follows from it (buyers that cool or go cold
in a queue, effort spread thin, late onboarding); learning on the job and differences of speed;
quarterly errors of decisions; leave, split teams, rotation, cross-training, and AI beyond the time
that it saves and takes to check. Every delay counts as exponential with its own mean. A buyer that
comes back to marketing is taken to have passed at the first look before.
"""

from __future__ import annotations

from dataclasses import dataclass

from simulator.organization.journal import DEPARTMENTS
from simulator.planning.offered_load.traffic import Traffic
from simulator.scenario.schema import Scenario
from simulator.theory import square_root_staffing

_NEGLIGIBLE = 1e-9
"""Pieces of work per day that never come: chances are never quite 0."""


@dataclass(frozen=True, slots=True)
class Load:
    """The work of one department."""

    team: str
    """``marketing``, ``inside_sales``, ``field_sales`` or ``customer_success``."""
    work_per_day: float
    """Pieces of work that come per business day: looks, calls, meetings; onboardings, claims
    and reviews."""
    hours_per_piece: float
    """Hours of a person of usual speed for one of them, facing buyers or not."""
    people: float
    """People busy in the mean if nobody ever had to wait (the offered load)."""


def loads(scenario: Scenario) -> dict[str, Load]:
    """Return the work that comes to each department.

    Parameters
    ----------
    scenario : Scenario
        Its numbers as they are; how many people work where does not matter, but for the share of
        them that support staff can serve.

    Returns
    -------
    dict of str to Load
        By department, in the order of the stages.
    """
    traffic = Traffic(scenario)
    found = {}
    for team in DEPARTMENTS:
        name, work, desk = team.name.lower(), traffic.work[team], traffic.org.departments[team]
        hours = (work.facing + work.office) / work.pieces if work.pieces > 0.0 else 0.0
        # Facing buyers only a part of the day can be worked, in the office all of it.
        busy = work.facing / desk.hours_per_day + work.office / desk.admin_hours_per_day
        found[name] = Load(name, work.pieces, hours, busy)
    return found


def square_root_plan(scenario: Scenario, beta: float = 0.5) -> dict[str, int]:
    """Return a first guess of headcount: the load, and some square roots of it to spare.

    Parameters
    ----------
    scenario : Scenario
        Whose work is to be done.
    beta : float
        Square roots of the load on top of it (:func:`simulator.theory.square_root_staffing`).

    Returns
    -------
    dict of str to int
        People by team: departments after Halfin & Whitt (1981), at least 1 where there is any
        work; RevOps and enablement, whose work no buyer brings, as they are.

    Raises
    ------
    ValueError
        If beta is not finite.
    """
    plan: dict[str, int] = {}
    for name, load in loads(scenario).items():
        if load.work_per_day < _NEGLIGIBLE:
            plan[name] = 0
        elif load.people > 0.0:
            plan[name] = square_root_staffing(load.people, beta)
        else:  # somebody must be there for work that takes no time, too
            plan[name] = 1
    teams = scenario.teams
    return plan | {"revops": teams.revops.people, "enablement": teams.enablement.people}
