"""What a department is after: its own number, the common one, and its people's sense of the job.

A department of weight w maximizes

    (1 - w) x own KPI + w x shared KPI - norm x sum of ((decision - usual) / range) squared

with every KPI in proportion to its size where everybody decides as usual. The last term is what
straying from the professional norm costs the people who do it (Holmstrom & Milgrom 1991: effort
in a task has a private cost). Nothing here says what any of it does to the company: that comes
out of runs.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel

from simulator.errors import Problem, ScenarioError
from simulator.experiment.games import Decision, Player, Profile
from simulator.experiment.quantities import main_metric
from simulator.metrics.definitions import METRICS, TEAMS
from simulator.metrics.unstreamed import NOT_STREAMED, STREAMED
from simulator.scenario.behavior import Decisions
from simulator.scenario.outline import nearest
from simulator.scenario.schema import Scenario

How = Literal["more", "less", "fewer late"]
"""How a metric counts: the more the better, the less the better, or the share that is not late."""

NORM = 0.3
"""Strength of the professional norm: an assumption (trust M); 0.1 to 1 are as plausible."""
STEPS_IN_RANGE = 12
"""Smaller steps of a decision are not searched: nobody could tell them apart in a company."""


@dataclass(frozen=True, slots=True)
class Part:
    """A metric of a KPI.

    Attributes
    ----------
    metric : str
    how : {"more", "less", "fewer late"}
    share : float
        Of the KPI.
    """

    metric: str
    how: How = "more"
    share: float = 1.0


Kpi = tuple[Part, ...]

OWN: Mapping[str, Kpi] = {
    "marketing": (Part("mql_count"),),
    "inside_sales": (Part("sql_count"),),
    "field_sales": (Part("bookings"),),
    # S3: to stop customers leaving, and to handle the questions and claims of the day.
    "customer_success": (
        Part("logo_churn", "less", 0.5),
        Part("claims_late_share", "fewer late", 0.5),
    ),
}
"""What each department is measured on by itself (S3)."""


def kpi_of(metric: str, option: str) -> Kpi:
    """Return a KPI of one metric, counted in its better direction.

    Parameters
    ----------
    metric : str
    option : str
        How it was asked for, for the error.

    Raises
    ------
    ScenarioError
        If there is no such metric, or it cannot be a KPI.
    """
    if metric in NOT_STREAMED:
        rule = f"cannot be searched with: {NOT_STREAMED[metric]}"
        raise ScenarioError([Problem(option, "", metric, rule)])
    if metric not in METRICS:
        rule = f"is no metric{nearest(metric, METRICS)}; docs/metrics.md lists all"
        raise ScenarioError([Problem(option, "", metric, rule)])
    if METRICS[metric].better == "neither":
        rule = "has no better direction, so nobody can be measured on it; name another metric"
        raise ScenarioError([Problem(option, "", metric, rule)])
    if metric in ("claims_late_share", "onboarding_late_share"):
        return (Part(metric, "fewer late"),)
    return (Part(metric, "more" if METRICS[metric].better == "higher" else "less"),)


# ------------------------------------------------------------------ what is decided


@dataclass(frozen=True, slots=True)
class Lever:
    """A decision of a department.

    Attributes
    ----------
    path : str
        Below ``decisions``: ``field_sales.promise``.
    low, high : float
        What it may be, agreements included.
    usual : float
        The professional norm: what the default company's people hold to be right.
    scale : float
        Width of the range without agreements: what a departure from the norm is measured by.
    """

    path: str
    low: float
    high: float
    usual: float
    scale: float

    @property
    def department(self) -> str:
        """Whose decision it is."""
        return self.path.partition(".")[0]

    @property
    def name(self) -> str:
        """The decision without its department."""
        return self.path.partition(".")[2]

    @property
    def is_fixed(self) -> bool:
        """Whether an agreement leaves nothing to decide."""
        return not self.low < self.high


@dataclass(frozen=True, slots=True)
class Range:
    """Where a decision may lie, as stated: ``field_sales.promise=0..0.5``."""

    path: str
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Agreement:
    """What departments have agreed on: ``inside_sales.booking_cutoff>=0.2``.

    Of a decision it narrows the range. Of a metric (a service level, such as
    ``claims_late_share<=0.2``) the department whose number it is loses from its KPI, in proportion,
    what the metric lies beyond it, ten times over.
    """

    path: str
    sign: Literal[">=", "<="]
    value: float

    def __str__(self) -> str:
        return f"{self.path}{self.sign}{self.value:g}"


PENALTY = 10.0
"""Weight of a broken service level in a department's objective."""


def levers(
    scenario: Scenario, ranges: Sequence[Range] = (), agreed: Sequence[Agreement] = ()
) -> tuple[Lever, ...]:
    """Return the decisions of all departments with the ranges that they choose from.

    Parameters
    ----------
    scenario : Scenario
    ranges : sequence of Range
        Instead of those that the schema states, or for decisions without one.
    agreed : sequence of Agreement
        Those of decisions narrow ranges; others are left out here.

    Raises
    ------
    ScenarioError
        If a path is unknown, a range is empty or beyond what a scenario may say, or agreements
        leave nothing.
    """
    found: dict[str, Lever] = {}
    problems: list[Problem] = []
    usual = Decisions()
    for department in TEAMS:
        part: BaseModel = getattr(usual, department)
        for name, field in type(part).model_fields.items():
            stated = field.json_schema_extra
            if isinstance(stated, dict) and isinstance(stated.get("chosen"), list):
                low, high = (float(each) for each in stated["chosen"])  # type: ignore[union-attr,arg-type]
                path = f"{department}.{name}"
                found[path] = Lever(path, low, high, getattr(part, name), high - low)
    mixes = {f"marketing.channel_mix.{name}": 1.0 for name in scenario.market.channels}
    for each in ranges:
        known = {**{path: lever.usual for path, lever in found.items()}, **mixes}
        rule = _range_rule(each, known, usual)
        if rule:
            problems.append(Problem("--range", each.path, f"{each.low:g}..{each.high:g}", rule))
            continue
        found[each.path] = Lever(
            each.path, each.low, each.high, known[each.path], each.high - each.low
        )
    for agreement in agreed:
        if agreement.path in STREAMED:
            continue
        lever = found.get(agreement.path)
        if lever is None:
            near = nearest(agreement.path, [*found, *STREAMED])
            rule = f"is neither a decision with a range nor a metric{near}"
            if agreement.path in mixes:
                rule = "has no range: state one with --range"
            elif agreement.path in NOT_STREAMED:
                rule = f"cannot be searched with: {NOT_STREAMED[agreement.path]}"
            problems.append(Problem("--agree", agreement.path, str(agreement), rule))
            continue
        low, high = lever.low, lever.high
        if agreement.sign == ">=":
            low = max(low, agreement.value)
        else:
            high = min(high, agreement.value)
        if low > high:
            rule = f"leaves nothing of the range {lever.low:g} to {lever.high:g}"
            problems.append(Problem("--agree", agreement.path, str(agreement), rule))
            continue
        found[agreement.path] = Lever(lever.path, low, high, lever.usual, lever.scale)
    if problems:
        raise ScenarioError(problems)
    order = {team: place for place, team in enumerate(TEAMS)}
    return tuple(sorted(found.values(), key=lambda lever: order[lever.department]))


def _range_rule(each: Range, known: Mapping[str, float], usual: Decisions) -> str | None:
    if each.path not in known:
        return f"is no decision{nearest(each.path, known)}"
    if not (math.isfinite(each.low) and math.isfinite(each.high) and each.low < each.high):
        return "the low end must be below the high end"
    department, _, name = each.path.partition(".")
    if name.startswith("channel_mix."):
        return None if each.low >= 0.0 else "a budget cannot be negative"
    for value in (each.low, each.high):
        part: BaseModel = getattr(usual, department)
        try:
            type(part).model_validate({name: value})
        except ValueError:
            return f"a scenario does not allow {value:g}; see themodel explain base"
    return None


def players_of(chosen: Sequence[Lever], steps: int = STEPS_IN_RANGE) -> tuple[Player, ...]:
    """Return the departments that have something to decide, with their decisions.

    Parameters
    ----------
    chosen : sequence of Lever
    steps : int
        In the range of each decision.
    """
    found = []
    for department in TEAMS:
        decisions = tuple(
            Decision(lever.name, lever.low, lever.high, (lever.high - lever.low) / steps)
            for lever in chosen
            if lever.department == department and not lever.is_fixed
        )
        if decisions:
            found.append(Player(department, decisions))
    return tuple(found)


def decided(
    scenario: Scenario, chosen: Sequence[Lever], profile: Profile, weights: Mapping[str, float]
) -> Scenario:
    """Return the scenario with these decisions and KPI weights.

    Parameters
    ----------
    scenario : Scenario
    chosen : sequence of Lever
        In the order of their departments; those that are fixed have no value in the profile.
    profile : tuple of float
    weights : mapping of str to float
        By department.
    """
    values = iter(profile)
    parts: dict[str, dict[str, Any]] = {team: {} for team in TEAMS}
    mix = dict(scenario.decisions.marketing.channel_mix)
    for lever in chosen:
        value = lever.low if lever.is_fixed else next(values)
        if lever.name.startswith("channel_mix."):
            mix[lever.name.partition(".")[2]] = value
        else:
            parts[lever.department][lever.name] = value
    if mix:
        parts["marketing"]["channel_mix"] = mix
    # Everything here lies in ranges that were checked: a copy needs no second check.
    decisions = scenario.decisions.model_copy(
        update={
            team: getattr(scenario.decisions, team).model_copy(update=update)
            for team, update in parts.items()
        }
    )
    kpi = scenario.kpi.model_copy(update=dict(weights))
    return scenario.model_copy(update={"decisions": decisions, "kpi": kpi})


def stated_in(scenario: Scenario, chosen: Sequence[Lever]) -> Profile:
    """Return the decisions that a scenario states, as near as their ranges allow."""
    found = []
    for lever in chosen:
        if lever.is_fixed:
            continue
        part = getattr(scenario.decisions, lever.department)
        if lever.name.startswith("channel_mix."):
            value = part.channel_mix.get(lever.name.partition(".")[2], 1.0)
        else:
            value = getattr(part, lever.name)
        found.append(min(max(value, lever.low), lever.high))
    return tuple(found)


def usual_of(chosen: Sequence[Lever]) -> Profile:
    """Return the professional norm, as near as ranges and agreements allow."""
    return tuple(
        min(max(lever.usual, lever.low), lever.high) for lever in chosen if not lever.is_fixed
    )


# ------------------------------------------------------------------ what it pays


@dataclass(frozen=True, slots=True)
class Objectives:
    """How a department's pay is made up.

    Attributes
    ----------
    own : mapping of str to Kpi
        By department.
    shared : Kpi
    norm : float
        Strength of the professional norm.
    agreed : tuple of Agreement
        Service levels; those of decisions are in the ranges already.
    """

    own: Mapping[str, Kpi]
    shared: Kpi
    norm: float
    agreed: tuple[Agreement, ...] = ()

    def metrics(self) -> tuple[str, ...]:
        """Return every metric of a KPI."""
        kpis = [*self.own.values(), self.shared]
        return tuple(dict.fromkeys(part.metric for kpi in kpis for part in kpi))

    def payoffs(
        self,
        totals: Mapping[str, NDArray[np.float64]],
        scales: Mapping[str, float],
        weights: Mapping[str, float],
        chosen: Sequence[Lever],
        profile: Profile,
    ) -> NDArray[np.float64]:
        """Return what each department that decides gets, one row a department.

        Parameters
        ----------
        totals : mapping of str to ndarray, shape (replications,)
            Metrics of the runs of this profile.
        scales : mapping of str to float
            Size of each metric where everybody decides as usual.
        weights : mapping of str to float
            Of the shared KPI, by department.
        chosen : sequence of Lever
        profile : tuple of float

        Returns
        -------
        ndarray of float64, shape (departments, replications)
        """
        strain = strains(chosen, profile)
        common = level_of(self.shared, totals, scales)
        rows = []
        for player in players_of(chosen):
            w = weights[player.name]
            pay = (1.0 - w) * level_of(self.own[player.name], totals, scales) + w * common
            pay = pay - self.norm * strain[player.name]
            for each in self.agreed:
                if holder_of(each.path) == player.name:
                    pay = pay - PENALTY * _beyond(each, totals[each.path])
            rows.append(pay)
        return np.array(rows)

    def potential(
        self,
        totals: Mapping[str, NDArray[np.float64]],
        scales: Mapping[str, float],
        chosen: Sequence[Lever],
        profile: Profile,
    ) -> NDArray[np.float64]:
        """Return what one planner would maximize: the shared KPI less everybody's strain.

        Where all weights are 1 and nothing depends on them but pay, its maximum is an equilibrium:
        what pays a department there pays the planner just as much.
        """
        common = level_of(self.shared, totals, scales)
        pay = common - self.norm * math.fsum(strains(chosen, profile).values())
        for each in self.agreed:
            pay = pay - PENALTY * _beyond(each, totals[each.path])
        return np.array([pay])


def strains(chosen: Sequence[Lever], profile: Profile) -> dict[str, float]:
    """Return how far each department strays from its norm: squares in shares of ranges."""
    found = dict.fromkeys(TEAMS, 0.0)
    values = iter(profile)
    for lever in chosen:
        value = lever.low if lever.is_fixed else next(values)
        found[lever.department] += ((value - lever.usual) / lever.scale) ** 2
    return found


def level_of(
    kpi: Kpi, totals: Mapping[str, NDArray[np.float64]], scales: Mapping[str, float]
) -> NDArray[np.float64]:
    """Return a KPI in proportion to its usual size, one value a replication.

    What is missing in a run (a win rate without an opportunity) counts as nothing achieved, or,
    where less is better, as usual.
    """
    level = np.zeros(len(totals[kpi[0].metric]))
    for part in kpi:
        value = totals[part.metric]
        if part.how == "fewer late":
            value = 1.0 - value
        value = np.where(
            np.isfinite(value), value, scales[part.metric] if part.how == "less" else 0.0
        )
        sign = -1.0 if part.how == "less" else 1.0
        level = level + part.share * sign * value / scales[part.metric]
    return level


def _beyond(agreement: Agreement, value: NDArray[np.float64]) -> NDArray[np.float64]:
    """How far a service level is missed, in proportion to it."""
    sign = 1.0 if agreement.sign == "<=" else -1.0
    size = abs(agreement.value) or 1.0
    missed: NDArray[np.float64] = np.maximum(sign * (value - agreement.value) / size, 0.0)
    return np.where(np.isfinite(missed), missed, 0.0)


def holder_of(metric: str) -> str:
    """Return the department that answers for a metric; field sales for what belongs to nobody."""
    department = metric.partition(".")[0] if "." in metric else METRICS[metric].department
    return department if department in TEAMS else "field_sales"


def scales_of(
    objectives: Objectives, totals: Mapping[str, NDArray[np.float64]], months: float
) -> dict[str, float]:
    """Return the usual size of every metric that somebody's pay depends on.

    Parameters
    ----------
    objectives : Objectives
    totals : mapping of str to ndarray, shape (replications,)
        Where everybody decides as usual.
    months : float
        Horizon, for the error.

    Raises
    ------
    ScenarioError
        If a metric is missing or 0 there: nobody can be measured on what cannot be seen.
    """
    late = {
        part.metric
        for kpi in [*objectives.own.values(), objectives.shared]
        for part in kpi
        if part.how == "fewer late"
    }
    scales: dict[str, float] = {}
    problems = []
    for metric in objectives.metrics():
        values = 1.0 - totals[metric] if metric in late else totals[metric]
        if np.isfinite(values).all() and values.mean() != 0.0:
            scales[metric] = abs(float(values.mean()))
            continue
        seen = "0" if np.isfinite(values).all() else "missing"
        rule = (
            f"is {seen} within the horizon of {months:g} months, so nobody can be measured on it:"
            " a longer horizon.months, or another KPI"
        )
        problems.append(Problem("KPI", metric, "", rule))
    if problems:
        raise ScenarioError(problems)
    return scales


# ------------------------------------------------------------------ what is asked for


DEFAULT_AGREEMENT = (Agreement("inside_sales.booking_cutoff", ">=", 0.2),)
"""A shared definition of the SQL (S3), if nothing else is said: only what is likely to be won."""


def weights_of(scenario: Scenario, stated: Mapping[str, float]) -> tuple[float, ...]:
    """Return the weight of the shared KPI of every department, in the order of TEAMS.

    Parameters
    ----------
    scenario : Scenario
        Its own weights are taken where nothing is stated.
    stated : mapping of str to float
        By department.

    Raises
    ------
    ScenarioError
        If a department is unknown or a weight is outside 0..1.
    """
    problems = [
        Problem("--weight", name, f"{value:g}", rule)
        for name, value in stated.items()
        for rule in (
            [f"no department is called so: {', '.join(TEAMS)}"] if name not in TEAMS else []
        )
        + (["must be 0 (own KPI only) to 1 (shared KPI only)"] if not 0.0 <= value <= 1.0 else [])
    ]
    if problems:
        raise ScenarioError(problems)
    return tuple(float(stated.get(team, getattr(scenario.kpi, team))) for team in TEAMS)


def objectives_of(
    scenario: Scenario,
    shared: str | None,
    own: Mapping[str, str],
    norm: float,
    agree: Sequence[Agreement],
) -> Objectives:
    """Return how pay is made up.

    Parameters
    ----------
    scenario : Scenario
    shared : str or None
        Metric of the shared KPI; final MRR (revenue of one-off sales) if not given.
    own : mapping of str to str
        Metric of a department's own KPI, instead of those of OWN.
    norm : float
    agree : sequence of Agreement

    Raises
    ------
    ScenarioError
        With everything that makes no sense.
    """
    problems = [
        Problem("--own", name, metric, f"no department is called so: {', '.join(TEAMS)}")
        for name, metric in own.items()
        if name not in TEAMS
    ]
    if not (math.isfinite(norm) and norm >= 0.0):
        problems.append(Problem("--norm", "", f"{norm:g}", "must be 0 or more"))
    if problems:
        raise ScenarioError(problems)
    kpis: dict[str, Kpi] = dict(OWN)
    if scenario.sale == "one_off":
        # Who is served once never leaves: onboarding is what customer success is there for.
        kpis["customer_success"] = kpi_of("onboarding_late_share", "KPI")
    kpis.update({name: kpi_of(metric, "--own") for name, metric in own.items()})
    common = kpi_of(shared or main_metric(scenario), "--shared")
    levels = tuple(each for each in agree if each.path in STREAMED)
    return Objectives(kpis, common, norm, levels)


def frictionless(scenario: Scenario) -> Scenario:
    """Return the company without what sharing a measure costs: nobody has to be paid to share.

    Parameters
    ----------
    scenario : Scenario
    """
    forces = scenario.counter_forces
    off = {
        name: getattr(forces, name).model_copy(update={"active": False})
        for name in ("free_riding", "late_outcomes", "coordination")
    }
    return scenario.model_copy(update={"counter_forces": forces.model_copy(update=off)})
