"""People: hours, ramp, skill, leaving; and how a free person picks work.

A person is a SimPy process that takes the next piece of work from its team's queue, spends the
time it needs, and acts on the result. A :class:`Department` says which piece is next
(:meth:`~Department.pick`), how long it takes (:meth:`~Department.begin`) and what follows
(:meth:`~Department.finish`).
"""

from __future__ import annotations

import math
from collections import OrderedDict, deque
from collections.abc import Generator, Iterable
from typing import TYPE_CHECKING, Any, Protocol

from simpy import Event

from simulator.organization.buyer import Buyer
from simulator.organization.journal import SLOTS, Kind, LeaveCause, Team

if TYPE_CHECKING:
    from simulator.organization.simulation import Organization

VISIT = int(Kind.VISIT)
UNFINISHED = int(Kind.UNFINISHED)

Item = tuple[Buyer, int, float, int]
"""A piece of work that waits: buyer, what to do (``Work``), queued at, ticket of the buyer."""


class Timed(Protocol):
    """An event that carries what it is about."""

    @property
    def value(self) -> Any:
        """What the timeout is about."""


class Person:
    """Somebody who works."""

    __slots__ = (
        "admin", "away_since", "cross_trained", "facing", "follow_ups", "group", "helping", "home",
        "item", "joining", "leave_cause", "next_group", "next_home", "number", "outcome", "owned",
        "ramp_days", "ramp_from", "ramp_start", "reserved", "rotated", "skill", "started", "strong",
        "team", "wake", "worked",
    )  # fmt: skip

    def __init__(self, number: int, home: Department, skill: float) -> None:
        self.number = number
        self.home = home
        self.team = home.team
        self.skill = skill
        self.ramp_from = -math.inf
        self.ramp_days = 0.0
        self.ramp_start = 1.0
        self.strong = False
        self.cross_trained = False
        self.rotated = False
        self.leave_cause = -1
        self.joining = 0  # how many have joined a department before
        self.away_since = math.nan  # when a long leave began
        self.next_home: Department | None = None
        # which group of a split team: 1 serves the channels of the split alone, 0 all others
        self.group = 0
        self.next_group = 0
        self.wake: Event | None = None
        # the piece of work in hand
        self.item: Item | None = None
        self.helping: Department = home
        self.started = math.nan
        self.facing = 0.0
        self.admin = 0.0
        self.outcome: Any = None
        # how much of the time went to reserved kinds of work, and to all
        self.reserved = 0.0
        self.worked = 0.0
        # field sales: its open opportunities, and those of them that wait for the next meeting
        self.owned: dict[int, Buyer] = {}
        self.follow_ups: deque[Item] = deque()

    def speed(self, now: float) -> float:
        """Work done per hour against somebody experienced of median skill."""
        ramped = now - self.ramp_from
        if ramped >= self.ramp_days:
            return self.skill
        return self.skill * (self.ramp_start + (1.0 - self.ramp_start) * ramped / self.ramp_days)

    def ramping(self, now: float) -> bool:
        """Whether the person is still learning the job."""
        return now - self.ramp_from < self.ramp_days


class Department:
    """A team, its queue, and the rules by which it works. The four departments build on it."""

    team: Team

    def __init__(self, organization: Organization) -> None:
        self.org = organization
        self.env = organization.env
        self.truth = organization.truth
        self.emit = organization.writer.emit
        self.put = organization.writer.put
        self.people: list[Person] = []
        # Who has nothing to do, longest first: own people, and cross-trained neighbors. (The
        # first of a plain dict is slow to find after many first ones have been taken out.)
        self.idle: OrderedDict[int, Person] = OrderedDict()
        self.helpers: OrderedDict[int, Person] = OrderedDict()
        plan = getattr(organization.scenario.teams, self.team.name.lower())
        weight = getattr(organization.scenario.kpi, self.team.name.lower(), 0.0)
        self.hours_per_day = organization.hours_for_buyers(plan, weight)
        self.admin_hours_per_day = plan.hours_per_day
        self.cross_speed = plan.cross_trained_speed
        # The neighbor whose work the cross-trained take.
        self.neighbor: Department | None = None
        # Of a split team: which group serves the buyers of each channel; how many were stated.
        self.groups = groups_by_slot(plan.split.channels, organization.scenario.market.channels)
        self.stated = (plan.people - plan.split.people, plan.split.people)

    def open(self) -> None:
        """Read the scenario once, so that work in progress only looks at numbers."""

    # --- what each department fills in ----------------------------------------------------

    def pick(self, person: Person) -> Item | None:
        """Return the next piece of work for this person, or None if there is none."""
        raise RuntimeError("a department says how it picks work")

    def begin(self, person: Person, item: Item, now: float) -> None:
        """Set ``person.facing`` and ``person.admin`` (hours) and what will come of it."""
        raise RuntimeError("a department says how it works")

    def finish(self, person: Person, item: Item, now: float) -> None:
        """Act on the result."""
        raise RuntimeError("a department says what follows from its work")

    def waiting(self) -> list[Item]:
        """Return everything that waits, for the books at the horizon."""
        raise RuntimeError("a department knows its queue")

    def joined(self, person: Person) -> None:
        """Welcome a person (field sales: it can own opportunities)."""

    def released(self, person: Person) -> None:
        """Take back what a person who leaves had in hand (field sales: its opportunities)."""

    def is_over(self, item: Item) -> bool:
        """Say whether a piece of work has become pointless while it waited."""
        return False

    # --- who takes what -------------------------------------------------------------------

    def serves(self, person: Person, buyer: Buyer) -> bool:
        """Whether the person takes work of this buyer: helpers from next door take any."""
        groups = self.groups
        return groups is None or groups[buyer.channel] == person.group or person.home is not self

    def first_for(self, person: Person, line: deque[Item]) -> int:
        """Return the place in a line of the first piece of work for this person; -1: none."""
        groups = self.groups if person.home is self else None
        group = person.group
        found = -1
        over: list[int] = []
        for place, item in enumerate(line):
            if groups is None or groups[item[0].channel] == group:
                if not self.is_over(item):
                    found = place - len(over)
                    break
                over.append(place)
        for place in reversed(over):
            del line[place]
        return found

    def group_to_join(self) -> int:
        """Return the group that stays smaller, against its stated size, with one more person."""
        if self.groups is None:
            return 0
        rest, separate = self.stated
        there = sum(person.group for person in self.people)
        elsewhere = len(self.people) - there
        return int((there + 1) * rest < (elsewhere + 1) * separate)

    def first_idle(self, buyer: Buyer) -> Person | None:
        """Return who has been idle longest of those of the team who serve this buyer."""
        if self.groups is None:
            return next(iter(self.idle.values()), None)
        return next((each for each in self.idle.values() if self.serves(each, buyer)), None)

    # --- the loop of a person -------------------------------------------------------------

    def wake_for(self, item: Item) -> bool:
        """Give the item to who has been idle longest; False if everybody is busy."""
        person = self.first_idle(item[0]) or next(iter(self.helpers.values()), None)
        if person is None:
            return False
        self.hand(person, item)
        return True

    def hand(self, person: Person, item: Item) -> None:
        """Give an idle person this piece of work."""
        person.helping = self
        self._wake(person, item)

    def _wake(self, person: Person, item: Item | None) -> None:
        wake = person.wake
        assert wake is not None
        person.wake = None
        home = person.home
        del home.idle[person.number]
        if person.cross_trained and home.neighbor is not None:
            home.neighbor.helpers.pop(person.number, None)
        wake.succeed(item)

    def work(self, person: Person) -> Generator[Event, Any, None]:
        """Take work, do it, act on it, until the person leaves this team."""
        env = self.env
        put = self.put
        number = person.number
        helps = self.neighbor if person.cross_trained else None
        while person.leave_cause < 0:
            item = self.pick(person)
            person.helping = desk = self
            if item is None and helps is not None:
                item = helps.pick(person)
                person.helping = desk = helps
            if item is None:
                person.wake = wake = Event(env)
                self.idle[number] = person
                if helps is not None:
                    helps.helpers[number] = person
                item = yield wake
                if item is None:  # woken to leave
                    continue
                desk = person.helping
            person.item = item
            person.started = started = env.now
            desk.begin(person, item, started)
            speed = person.speed(started)
            if desk is not self:
                speed *= self.cross_speed
            yield env.pause(
                person.facing / (desk.hours_per_day * speed)
                + person.admin / self.admin_hours_per_day
            )
            now = env.now
            put((now, VISIT, item[0].number, number, desk.team, item[1], item[2], started,
                 person.facing))  # fmt: skip
            person.item = None
            desk.finish(person, item, now)
        self.org.staffing.left(person)

    def dismiss(self, person: Person, cause: LeaveCause) -> None:
        """Have the person leave: at once if idle, else after the work in hand."""
        person.leave_cause = int(cause)
        if person.wake is not None:
            self._wake(person, None)


def take_out(line: deque[Item], place: int) -> Item:
    """Take a piece of work out of a line."""
    item = line[place]
    del line[place]
    return item


def groups_by_slot(separate: tuple[str, ...], channels: Iterable[str]) -> tuple[int, ...] | None:
    """Return the group that serves the buyers of each slot; None: the team is not split.

    Parameters
    ----------
    separate : tuple of str
        Channels whose buyers a separate group serves.
    channels : iterable of str
        All channels of the market, in the order of their slots.
    """
    if not separate:
        return None
    listed = [int(name in separate) for name in channels]
    return (*listed, *[0] * (SLOTS - len(listed)))  # who was loaded came from no channel


def drop_person(people: list[Person], person: Person) -> None:
    """Take a person off a list (people are compared by identity)."""
    for i, other in enumerate(people):
        if other is person:
            del people[i]
            return
