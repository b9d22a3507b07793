"""The compiled engine as a function: (scenario, seed, replication) to the reference's journal."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from simulator.compiled import company
from simulator.compiled.jit import compile_all
from simulator.compiled.keeping import Kept
from simulator.compiled.layout import (
    BUYER,
    DUE,
    EVENT,
    ITEM,
    LINE,
    NOBODY,
    PERSON,
    PERSONAL,
    SETTLED,
    SLICE,
    STATE,
    Records,
    World,
)
from simulator.compiled.memory import bind
from simulator.compiled.parameters import busy_per_day, parameters
from simulator.organization.journal import COLUMNS, PLACED_ROW, Journal
from simulator.organization.simulation import facts_of
from simulator.scenario.schema import Scenario

_ROWS = 1 << 14  # a chunk of rows that is read at once stays in the processor's cache
_ROWS_A_BUYER = 24  # of a journal, roughly
_MOST_ROWS = 1 << 20
_MOST_SLICES = 1 << 22
_PER_SLICE = 2.0  # events that a slice of the calendar holds on average
_ADVANCE = Kept(company.advance, ("compiled", "organization"), before=compile_all)


def run(scenario: Scenario, seed: int = 1, replication: int = 0, name: str = "") -> Journal:
    """Run one organization once.

    Parameters
    ----------
    scenario : Scenario
        The organization.
    seed : int
        Seed of the experiment, 0 <= seed < 2**63.
    replication : int
        Number of the run, 0 <= replication < 2**31.
    name : str
        Name of the scenario, for the journal's facts.

    Returns
    -------
    Journal
        Row for row that of :func:`simulator.organization.simulation.run`.

    Raises
    ------
    ValueError
        If seed or replication is out of range.
    """
    parts = list(_chunks(_world(scenario, seed, replication, keeps_journal=True)))
    columns = (np.concatenate([part[column] for part in parts]) for column in COLUMNS)
    return Journal(facts_of(scenario, seed, replication, name), *columns)


def rows_as_they_come(scenario: Scenario, seed: int = 1, replication: int = 0) -> Iterator[Records]:
    """Run once and yield the rows in chunks, keeping none: memory is that of living buyers.

    Parameters
    ----------
    scenario, seed, replication
        As for :func:`run`.

    Yields
    ------
    array of PLACED_ROW
        The rows of the journal in order, except that the STATUS row of a buyer that can do nothing
        more comes when that is certain and not at the horizon. The array is overwritten when the
        next chunk is asked for.

    Raises
    ------
    ValueError
        If seed or replication is out of range.
    """
    yield from _chunks(_world(scenario, seed, replication, keeps_journal=False))


def prepare() -> None:
    """Compile the engine, or load it from the cache, before it is needed."""
    from simulator.scenario.schema import Horizon

    run(Scenario(horizon=Horizon(months=0.0)))


def is_kept() -> bool:
    """Whether an earlier session has left the compiled engine where this one finds it."""
    return _ADVANCE.is_there


# --- a run --------------------------------------------------------------------------------------


def _world(scenario: Scenario, seed: int, replication: int, keeps_journal: bool) -> World:
    """Make what a run works on; whatever is too short is made longer when it is full."""
    p, laws, steps, upto, daily = parameters(scenario, seed, replication, keeps_journal)
    start, horizon = scenario.start, float(p["horizon"][0])
    loaded = start.customers + start.opportunities + start.parked if start.loaded else 0
    people = int(p["people"].sum())
    s = np.zeros(1, STATE)
    s["slice"] = -1
    for name in STATE.names or ():
        if name.endswith(("_free", "_first", "_last")):
            s[name] = NOBODY
    thin = 2.0 ** np.ceil(np.log2(max(busy_per_day(scenario) / _PER_SLICE, 1.0)))
    while thin > 1.0 and thin * (horizon + 1.0) > _MOST_SLICES:
        thin /= 2.0
    p["slices"] = thin
    expected = int(upto[:, -1].sum()) if keeps_journal else 0
    events = 2 * loaded + 4 * people + len(steps) + 2 * company.EVENTS_AN_EVENT
    rows = min(_ROWS_A_BUYER * expected, _MOST_ROWS) if keeps_journal else _ROWS
    return World(
        p=p,
        s=s,
        buyers=np.zeros(loaded + expected + 1024, BUYER),
        people=np.zeros(2 * people + 16, PERSON),
        items=np.zeros(loaded // 4 + 1024, ITEM),
        lines=_empty_lines(PERSONAL + 2 * people + 16),
        events=np.zeros(events, EVENT),
        heap=np.zeros(events, DUE),
        slices=np.full(int(horizon * thin) + 1, NOBODY, np.int32).view(SLICE),
        settled=np.zeros(loaded + expected + 1024 if keeps_journal else 1, SETTLED),
        rows=np.empty(max(rows, company.ROWS_AN_EVENT + 4 * people), PLACED_ROW),
        laws=laws,
        steps=steps,
        upto=upto,
        daily=daily,
    )


def _empty_lines(count: int) -> Records:
    lines = np.zeros(count, LINE)
    lines["first"] = lines["last"] = NOBODY
    return lines


def _longer(records: Records, least: int = 0) -> Records:
    """Return the same records with as much room again."""
    more = np.zeros(max(2 * len(records), least), records.dtype)
    more[: len(records)] = records
    return more


def _chunks(w: World) -> Iterator[Records]:
    """Let the run go on to its end; yield rows whenever there is no room for more."""
    advance = _ADVANCE.compiled
    s = w.s
    bound, state = w, bind(w)
    while True:
        if w is not bound:
            bound, state = w, bind(w)
        short = advance(state)
        used = int(s["rows_used"][0])
        if short in (company.OVER, company.SHORT_OF_ROWS):
            yield w.rows[:used]
            s["rows_used"] = 0
            if short == company.OVER:
                return
            room = len(w.rows) if used else 2 * len(w.rows)
            if w.p["keeps_journal"][0] or not used:
                w = w._replace(rows=np.empty(room, PLACED_ROW))
        elif short == company.SHORT_OF_BUYERS:
            w = w._replace(buyers=_longer(w.buyers), settled=_longer(w.settled))
        elif short == company.SHORT_OF_ITEMS:
            w = w._replace(items=_longer(w.items))
        elif short == company.SHORT_OF_EVENTS:
            least = sum(int(s[name][0]) for name in ("events_held", "people_used"))
            least += company.EVENTS_AN_EVENT + 4 * int(w.p["biggest_step"][0])
            w = w._replace(events=_longer(w.events, least), heap=_longer(w.heap, least))
        elif short == company.OVERRUN:
            raise RuntimeError(
                "one event took more room than the compiled engine foresees; please report the"
                " scenario, and run it with --engine simpy"
            )
        elif short == company.SHORT_OF_PEOPLE:
            least = int(s["people_used"][0]) + int(w.p["biggest_step"][0]) + 1
            people = _longer(w.people, least)
            lines = _empty_lines(PERSONAL + len(people))
            lines[: len(w.lines)] = w.lines
            w = w._replace(people=people, lines=lines)
