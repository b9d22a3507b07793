"""What two scenarios differ in, sorted into factors, and the scenarios between the two."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from simulator.errors import Problem, ScenarioError
from simulator.languages.messages import listed
from simulator.metrics.definitions import TEAMS
from simulator.scenario import LoadedScenario, Scenario
from simulator.scenario.behavior import Mechanism, Mechanisms
from simulator.scenario.changing import changed
from simulator.scenario.outline import nearest, schema_paths, slot_at
from simulator.scenario.provenance import plain
from simulator.scenario.strict_yaml import dotted

By = Literal["departments", "handoffs", "mechanisms"]
"""The ways of sorting that are known by name."""

REST = "everything else"
NO_MECHANISM = "without any mechanism"
"""The share of what is left of a gap when no mechanism is active."""

DEPARTMENTS = {team: (f"kpi.{team}", f"decisions.{team}") for team in TEAMS}
"""A department's regime: what it is measured on, and what it decides."""

HANDOFFS = {
    # Which inquiries are passed on, and whether both sides mean the same by an MQL.
    "marketing to inside sales": ("decisions.marketing", "definitions"),
    # Which buyers are passed on, how much was asked, and how much of it is written down.
    "inside sales to field sales": (
        "decisions.inside_sales.booking_cutoff",
        "decisions.inside_sales.discovery_depth",
        "decisions.inside_sales.recording",
    ),
    # What was promised, and how much of what is known is handed over.
    "field sales to customer success": (
        "decisions.field_sales.promise",
        "decisions.field_sales.recording",
    ),
    # Whether the reason of a loss is recorded, and who has time to come back to it.
    "losses to recycling": (
        "decisions.field_sales.record_loss_reason",
        "decisions.inside_sales.recycle_share",
        "recycling",
    ),
    # By what all of that is passed: talk, notes, one system.
    "medium of all handoffs": ("handoffs",),
}
"""Which keys belong to which handoff. Measures, people and work are none: everything else."""

_SILENT = ("question", "stands_for", "observed", "not_identifiable")  # no run depends on them


@dataclass(frozen=True, slots=True)
class KeyDifference:
    """A key in which two scenarios differ.

    Attributes
    ----------
    key : str
        Dotted path. A law or a list is one value.
    a, b : Any
        Plain values; None where a scenario does not have the key.
    """

    key: str
    a: Any
    b: Any


@dataclass(frozen=True, slots=True)
class Factor:
    """A block of keys that change together, and those of them in which the scenarios differ."""

    name: str
    differences: tuple[KeyDifference, ...]


class Blend:
    """The game of keys: A with some factors as in B.

    The value of a combination is the metric of one scenario, so the gap is that of all factors
    minus that of none.
    """

    states = ("a", "b")

    def __init__(self, a: LoadedScenario, b: LoadedScenario, factors: Sequence[Factor]) -> None:
        self.players = tuple(factor for factor in factors if factor.differences)
        self.idle = tuple(factor.name for factor in factors if not factor.differences)
        self._a, self._b = a, b

    def runs(self, coalition: int) -> list[tuple[str, float]]:
        """Return the names of the scenarios that make a combination's value, and their signs."""
        taken = [f.name for i, f in enumerate(self.players) if coalition >> i & 1]
        if not taken:
            return [(self._a.name, 1.0)]
        if len(taken) == len(self.players):
            return [(self._b.name, 1.0)]
        # Names of runs are kept in files: they do not follow the reader's language.
        names = listed(taken, language="en")
        return [(f"{self._a.name} with {names} as in {self._b.name}", 1.0)]

    def scenarios(self, coalition: int) -> list[Scenario]:
        """Build them, in the same order."""
        if coalition in (0, (1 << len(self.players)) - 1):
            return [(self._b if coalition else self._a).scenario]
        values = {
            difference.key: difference.b
            for i, factor in enumerate(self.players)
            if coalition >> i & 1
            for difference in factor.differences
        }
        try:
            return [changed(self._a.scenario, values)]
        except ScenarioError as error:
            (name, _), *_ = self.runs(coalition)
            raise ScenarioError(
                [
                    Problem(
                        name, each.key, each.value,
                        f"{each.rule}; this combination is needed: put what belongs together"
                        " into one factor (--factor NAME=path,path)",
                    )
                    for each in error.problems
                ]
            ) from error  # fmt: skip


class Switches:
    """The game of mechanisms: some alone are active, in both scenarios.

    The value of a combination is the gap that is left then, so the value of none is the gap that
    needs no mechanism.
    """

    states = ("off", "on")

    def __init__(self, a: LoadedScenario, b: LoadedScenario) -> None:
        names = tuple(Mechanisms.model_fields)
        acting = [
            name
            for name in names
            if any(_acts(getattr(each.scenario.mechanisms, name)) for each in (a, b))
        ]
        self.players = tuple(Factor(name, ()) for name in acting)
        self.idle = tuple(name for name in names if name not in acting)
        self._both = (b, a)

    def runs(self, coalition: int) -> list[tuple[str, float]]:
        """Return the names of the scenarios that make a combination's value, and their signs."""
        on = [f.name for i, f in enumerate(self.players) if coalition >> i & 1]
        if len(on) == len(self.players):
            suffix = ""
        else:
            names = listed(on, language="en") if on else ""
            suffix = f" with {names} alone" if on else f" {NO_MECHANISM}"
        return [(each.name + suffix, sign) for each, sign in zip(self._both, (1, -1), strict=True)]

    def scenarios(self, coalition: int) -> list[Scenario]:
        """Build them, in the same order."""
        off = {
            f"mechanisms.{factor.name}.active": False
            for i, factor in enumerate(self.players)
            if not coalition >> i & 1
        }
        return [changed(each.scenario, off) for each in self._both]


Game = Blend | Switches


def game_of(
    a: LoadedScenario,
    b: LoadedScenario,
    by: By,
    factors: Mapping[str, Sequence[str]] | None,
    found: Sequence[KeyDifference],
) -> Game:
    """Return the game that is played between two scenarios.

    Parameters
    ----------
    a, b : LoadedScenario
    by : {"departments", "handoffs", "mechanisms"}
    factors : mapping of str to sequence of str or None
        Name to paths, instead of `by`.
    found : sequence of KeyDifference
        What the two differ in.

    Raises
    ------
    ScenarioError
        If a path or a name cannot be used (a name holds neither a comma nor the word "and"), or
        there is no such `by`.
    """
    if factors is None and by == "mechanisms":
        return Switches(a, b)
    if factors is not None:
        _check(factors, a, b, found)
        return Blend(a, b, sort(found, factors))
    known: dict[str, Mapping[str, Sequence[str]]] = {
        "departments": DEPARTMENTS,
        "handoffs": HANDOFFS,
    }
    if by not in known:
        near = nearest(by, (*known, "mechanisms"))
        rule = f"must be one of departments, handoffs, mechanisms{near}"
        raise ScenarioError([Problem("--by", "", str(by), rule)])
    return Blend(a, b, sort(found, known[by]))


def differing(a: LoadedScenario, b: LoadedScenario) -> list[KeyDifference]:
    """List the keys in which two scenarios differ, without what no run depends on.

    Raises
    ------
    ScenarioError
        If there are none.
    """
    found = [
        each
        for each in _differences(plain(a.scenario), plain(b.scenario), "")
        if each.key.split(".")[0] not in _SILENT
    ]
    if not found:
        rule = f"says the same as {a.name}: there is no gap to attribute"
        raise ScenarioError([Problem(b.name, "", "", rule)])
    return found


def _differences(a: Any, b: Any, key: str) -> list[KeyDifference]:
    if a == b:
        return []
    blocks = isinstance(a, dict) and isinstance(b, dict) and "law" not in a and "law" not in b
    # A user's own name with a dot in it has no dotted path: then the whole map is one value.
    if not blocks or any("." in name for name in (*a, *b)):
        return [KeyDifference(key, a, b)]
    found = []
    for name in [*a, *(name for name in b if name not in a)]:
        found += _differences(a.get(name), b.get(name), f"{key}.{name}" if key else name)
    return found


def sort(found: Sequence[KeyDifference], factors: Mapping[str, Sequence[str]]) -> list[Factor]:
    """Put each differing key into the factor that covers it, the most exact path first.

    Parameters
    ----------
    found : sequence of KeyDifference
    factors : mapping of str to sequence of str
        Name to paths; a path covers all below it.

    Returns
    -------
    list of Factor
        In the order given; what no factor covers comes last, as "everything else", if any.
    """
    members: dict[str, list[KeyDifference]] = {name: [] for name in factors}
    for each in found:
        covering = [
            (len(path), name)
            for name, paths in factors.items()
            for path in paths
            if _covers(path, each.key)
        ]
        name = max(covering)[1] if covering else REST
        members.setdefault(name, []).append(each)
    return [Factor(name, tuple(each)) for name, each in members.items()]


def _covers(path: str, key: str) -> bool:
    return key == path or key.startswith(f"{path}.")


def _check(
    factors: Mapping[str, Sequence[str]],
    a: LoadedScenario,
    b: LoadedScenario,
    found: Sequence[KeyDifference],
) -> None:
    problems = []
    owner: dict[str, str] = {}
    if not factors:
        problems.append(Problem("--factor", "", "", "at least one factor is needed"))
    for name, paths in factors.items():
        if name in (REST, ""):
            problems.append(Problem("--factor", "", name, "is no name for a factor"))
        if "," in name or "and" in name.split():
            # Runs are named by the list of their factors: two lists must never read the same.
            rule = "may hold neither a comma nor the word and; join its words by a hyphen"
            problems.append(Problem("--factor", "", name, rule))
        if not paths:
            problems.append(Problem("--factor", name, "", "names no path"))
        for path in paths:
            rule = _wrong_path(path, a, b, found)
            if not rule and path in owner:
                rule = f"is already in factor {owner[path]}"
            if rule:
                problems.append(Problem("--factor", name, path, rule))
            owner.setdefault(path, name)
    if problems:
        raise ScenarioError(problems)


def _wrong_path(
    path: str, a: LoadedScenario, b: LoadedScenario, found: Sequence[KeyDifference]
) -> str:
    parts = tuple(path.split("."))
    if all(slot_at(Scenario, parts, plain(each.scenario)) is None for each in (a, b)):
        near = nearest(path, [dotted(known) for known in schema_paths(Scenario)])
        return f"is no key of a scenario{near}; themodel explain lists all"
    whole = [each.key for each in found if path.startswith(f"{each.key}.")]
    return f"is a part of {whole[0]}, which changes as a whole" if whole else ""


def _acts(mechanism: Mechanism) -> bool:
    return mechanism.active and mechanism.strength > 0.0
