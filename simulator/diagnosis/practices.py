"""What each answer says about the organization, as values of a scenario with their sources.

Numbers that follow from what departments are measured on are not invented: a dangerous answer
takes the decisions found for departments that are all measured apart (``divisional.yaml``), a good
one those found for a common measure (``shared.yaml``), and a middle one those of the default
company, three tenths of whose measures are shared. Where one department is measured apart among
others that are not, the search found milder decisions (``*_divisional.yaml``); the range of a
number reaches to these. Practices take the value of the shipped scenario that stands for the
passage.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from simulator.diagnosis.questions import UNKNOWN, Answer
from simulator.metrics.definitions import TEAMS
from simulator.scenario.changing import value_of
from simulator.scenario.loading import load_scenario
from simulator.scenario.schema import Scenario

Value = float | int | str
_FOUND = ("shared", "divisional")  # whose decisions are found, not stated


@dataclass(frozen=True, slots=True)
class Setting:
    """One value that an answer gives to a key of the scenario.

    Attributes
    ----------
    path : str
        Dotted path of the key.
    value : float, int or str
    source : str
        Where the value is from.
    span : (low, high) or None
        Between what the value may well lie.
    yields : bool
        It follows from what a department is measured on, and gives way to an answer about the
        very practice.
    """

    path: str
    value: Value
    source: str
    span: tuple[float, float] | None = None
    yields: bool = False


_Maker = Callable[[Scenario], Setting]


@dataclass(frozen=True, slots=True)
class Practice:
    """What the answers to a question mean.

    Attributes
    ----------
    good, partly, dangerous : tuple of callable
        From the company to a setting.
    """

    good: tuple[_Maker, ...]
    partly: tuple[_Maker, ...]
    dangerous: tuple[_Maker, ...]


def settings(question: str, answer: Answer, company: Scenario) -> tuple[Setting, ...]:
    """Return what an answer means for a company.

    Parameters
    ----------
    question : str
        Its id.
    answer : {"good", "partly", "dangerous", "unknown"}
        Of an unknown one nothing follows.
    company : Scenario
        Its size decides how many people some practices take.
    """
    if answer == UNKNOWN:
        return ()
    makers: tuple[_Maker, ...] = getattr(PRACTICES[question], answer)
    return tuple(make(company) for make in makers)


# ------------------------------------------------------------------ where values are from


@lru_cache(maxsize=16)
def _shipped(name: str) -> Scenario:
    return load_scenario(name).scenario


def _as_in(
    scenario: str, path: str, *, milder: str = "", why: str = "", yields: bool = False
) -> _Maker:
    """Take the value that a shipped scenario has; `milder` names one at the end of the range."""

    def make(company: Scenario) -> Setting:
        value = value_of(_shipped(scenario), path)
        found = path.startswith("decisions.") and scenario in _FOUND
        source = f"as in {scenario}.yaml" + (", found by themodel incentives" if found else "")
        span = None
        if milder:
            end = value_of(_shipped(milder), path)
            if end != value:
                span = (float(min(value, end)), float(max(value, end)))
                source += f"; {end:g} in {milder}.yaml"
        return Setting(path, value, f"{source}{'; ' + why if why else ''}", span, yields)

    return make


def _stated(path: str, value: Value, why: str, span: tuple[float, float] | None = None) -> _Maker:
    return lambda company: Setting(path, value, why, span)


def _revops(share: float, why: str) -> _Maker:
    """Staff a share of what it takes to serve everybody: a whole number of people."""

    def make(company: Scenario) -> Setting:
        everybody = sum(getattr(company.teams, team).people for team in TEAMS)
        full = max(math.ceil(everybody / company.support.span - 1e-9), 1)
        people = math.floor(share * full)
        source = f"{why}; one serves {company.support.span:g} (support.span), there are {everybody}"
        return Setting("teams.revops.people", people, source)

    return make


def _wearing_out(team: str, share: float) -> _Maker:
    """Raise attrition toward that of person_dependent.yaml; never below the company's own."""
    path = f"teams.{team}.attrition_per_year"

    def make(company: Scenario) -> Setting:
        usual, worn = value_of(_shipped("base"), path), value_of(_shipped("person_dependent"), path)
        raised = round(usual + share * (worn - usual), 4)
        own = value_of(company, path)
        why = "as in person_dependent.yaml" if share == 1.0 else "halfway to person_dependent.yaml"
        if own > raised:
            return Setting(path, own, "of the company that the answers were applied to")
        return Setting(path, raised, f"{why}: covering for others wears out")

    return make


_KPI_PARTLY = "the default company: three tenths of every measure are shared"
_HALF = "assumption: half of the good answer"
_TRAINED = tuple(f"teams.{team}.cross_trained" for team in TEAMS[:3])
_WORN = ("inside_sales", "field_sales", "customer_success")
_IS, _FS, _CS = (f"decisions.{team}" for team in _WORN)
_MQL = "decisions.marketing.mql_cutoff"

# ------------------------------------------------------------------ what answers mean

PRACTICES: dict[str, Practice] = {
    "recycling": Practice(
        good=(
            _as_in("systematic_recycling", "recycling.mode"),
            _as_in("systematic_recycling", f"{_IS}.recycle_share"),
        ),
        partly=(
            _as_in("systematic_recycling", "recycling.mode"),
            _stated(f"{_IS}.recycle_share", 0.0, "no time is reserved", (0.0, 0.15)),
        ),
        dangerous=(
            _as_in("discretionary_recycling", "recycling.mode"),
            _as_in("discretionary_recycling", "recycling.remembered"),
        ),
    ),
    "sql_definition": Practice(
        good=(
            _stated("definitions.shared", 0.8, "as full RevOps: support.revops_definition"),
            _as_in("shared", f"{_IS}.booking_cutoff"),
        ),
        partly=(
            _stated("definitions.shared", 0.4, _HALF),
            _stated(f"{_IS}.booking_cutoff", 0.05, _HALF, (0.01, 0.1)),
        ),
        dangerous=(
            _as_in("appointment_chasing", "definitions.shared"),
            _as_in("appointment_chasing", f"{_IS}.booking_cutoff"),
        ),
    ),
    "inside_sales_measure": Practice(
        good=(
            _as_in("shared", "kpi.inside_sales"),
            _as_in("shared", f"{_IS}.discovery_depth"),
            _as_in("shared", f"{_IS}.booking_cutoff", yields=True),
            _as_in("shared", f"{_IS}.recording", yields=True),
        ),
        partly=(
            _as_in("base", "kpi.inside_sales", why=_KPI_PARTLY),
            _as_in("base", f"{_IS}.discovery_depth"),
            _as_in("base", f"{_IS}.booking_cutoff", yields=True),
            _as_in("base", f"{_IS}.recording", yields=True),
        ),
        dangerous=(
            _as_in("divisional", "kpi.inside_sales"),
            _as_in("divisional", f"{_IS}.discovery_depth", milder="inside_sales_divisional"),
            _as_in("divisional", f"{_IS}.booking_cutoff", yields=True),
            _as_in("divisional", f"{_IS}.recording", milder="inside_sales_divisional", yields=True),
        ),
    ),
    "customer_success_measure": Practice(
        good=(
            _as_in("shared", "kpi.customer_success"),
            _as_in("shared", f"{_CS}.proactive_share"),
        ),
        partly=(
            _as_in("base", "kpi.customer_success", why=_KPI_PARTLY),
            _as_in("base", f"{_CS}.proactive_share"),
        ),
        dangerous=(
            _as_in("divisional", "kpi.customer_success"),
            _as_in("divisional", f"{_CS}.proactive_share", milder="customer_success_divisional"),
        ),
    ),
    "moves": Practice(
        good=(
            _stated(
                "rotation.every_days",
                120.0,
                "S3, several people: eight in two years; job_rotation.yaml has 40",
                (40.0, 240.0),
            ),
        ),
        partly=(
            _stated("rotation.every_days", 240.0, "single cases: half as often", (120.0, 480.0)),
        ),
        dangerous=(_stated("rotation.every_days", 0.0, "S3: hardly ever"),),
    ),
    "revops": Practice(
        good=(_revops(1.0, "as in revops.yaml"),),
        partly=(_revops(0.5, "half of revops.yaml"),),
        dangerous=(_revops(0.0, "S3: players only"),),
    ),
    "leads_pursued": Practice(
        good=(_as_in("shared", _MQL),),
        partly=(_as_in("base", _MQL),),
        dangerous=(_as_in("divisional", _MQL),),
    ),
    "customer_knowledge": Practice(
        good=(_as_in("one_system", f"{_FS}.recording"),),
        partly=(_as_in("base", f"{_FS}.recording"),),
        dangerous=(
            _stated(
                f"{_FS}.recording",
                0.15,
                "as in appointment_chasing.yaml",
                (0.0, 0.375),
            ),
        ),
    ),
    "targets": Practice(
        good=(
            _as_in("shared", "kpi.marketing"),
            _as_in("shared", "kpi.field_sales"),
            _as_in("shared", _MQL, yields=True),
            _as_in("shared", f"{_FS}.walk_away_cutoff"),
            _as_in("shared", f"{_FS}.promise"),
        ),
        partly=(
            _as_in("base", "kpi.marketing", why=_KPI_PARTLY),
            _as_in("base", "kpi.field_sales", why=_KPI_PARTLY),
            _as_in("base", _MQL, yields=True),
            _as_in("base", f"{_FS}.walk_away_cutoff"),
            _as_in("base", f"{_FS}.promise"),
        ),
        dangerous=(
            _as_in("divisional", "kpi.marketing"),
            _as_in("divisional", "kpi.field_sales"),
            _as_in("divisional", _MQL, yields=True),
            _as_in("divisional", f"{_FS}.walk_away_cutoff", milder="field_sales_divisional"),
            _as_in("divisional", f"{_FS}.promise", milder="overselling"),
        ),
    ),
    "handover": Practice(
        good=(
            _as_in("one_system", "handoffs.medium"),
            _as_in("one_system", f"{_IS}.recording"),
            _as_in("one_system", f"{_FS}.recording", yields=True),
        ),
        partly=(
            _as_in("base", "handoffs.medium"),
            _as_in("base", f"{_IS}.recording"),
            _as_in("base", f"{_FS}.recording", yields=True),
        ),
        dangerous=(_as_in("analog_handoffs", "handoffs.medium"),),
    ),
    "losses": Practice(
        good=(_as_in("systematic_recycling", f"{_FS}.record_loss_reason"),),
        partly=(_as_in("base", f"{_FS}.record_loss_reason"),),
        dangerous=(_as_in("no_loss_reasons", f"{_FS}.record_loss_reason"),),
    ),
    "pdca": Practice(
        good=(_stated("definitions.feedback", 0.8, "as full RevOps: support.revops_feedback"),),
        partly=(_stated("definitions.feedback", 0.4, _HALF),),
        dangerous=(_stated("definitions.feedback", 0.0, "S0: PDCA does not turn"),),
    ),
    "recovery": Practice(
        good=(_stated("recovery.strong_share", 0.0, "S3: results come from the system"),),
        partly=(
            _stated("recovery.strong_share", 0.15, "halfway to person_dependent.yaml", (0.0, 0.3)),
            *(_wearing_out(team, 0.5) for team in _WORN),
        ),
        dangerous=(
            _as_in("person_dependent", "recovery.strong_share"),
            *(_wearing_out(team, 1.0) for team in _WORN),
        ),
    ),
    "careers": Practice(
        good=tuple(_as_in("job_rotation", path) for path in _TRAINED),
        partly=tuple(_stated(path, 0.1, _HALF) for path in _TRAINED),
        dangerous=tuple(_stated(path, 0.0, "S0: they know one phase only") for path in _TRAINED),
    ),
}
"""What the answers to each question mean, by its id."""

# ------------------------------------------------------------------ through which mechanisms

GOVERNS: dict[str, tuple[str, ...]] = {
    "lead_volume": (_MQL,),
    "cooling_interest": (),
    "source_stigma": ("definitions.shared", "teams.revops.people"),
    "appointment_volume": (f"{_IS}.booking_cutoff", f"{_IS}.discovery_depth"),
    "spread_effort": (f"{_FS}.walk_away_cutoff",),
    "overpromising": (f"{_FS}.promise",),
    "lost_information": (
        "handoffs.medium", f"{_IS}.recording", f"{_FS}.recording", "teams.revops.people",
        "rotation.every_days", "recovery.strong_share",
    ),
    "lost_reasons": (f"{_FS}.record_loss_reason", f"{_IS}.recycle_share"),
    "fire_fighting": (f"{_CS}.proactive_share",),
    "drifting_definitions": (
        "definitions.shared", "definitions.feedback", "teams.revops.people",
    ),
}  # fmt: skip
"""Mechanism -> keys that change nothing (or, of staff, nothing but this and costs) without it."""

FEEDS: dict[str, tuple[str, ...]] = {
    _MQL: ("cooling_interest", "source_stigma"),
    f"{_IS}.booking_cutoff": ("spread_effort",),
    f"{_IS}.discovery_depth": ("spread_effort",),
    f"{_FS}.promise": ("fire_fighting",),
    f"{_FS}.recording": ("fire_fighting",),
    "handoffs.medium": ("fire_fighting",),
    f"{_FS}.record_loss_reason": ("drifting_definitions",),
}
"""Key -> mechanisms that it makes work harder further down: queues, claims, lost feedback."""
