"""``themodel report``: everything about one organization, or several, as one page.

The page is a single file without network or outside file: it opens from an e-mail, on a telephone
and on paper. Its only script is allowed by its own digest; everything that comes from scenarios
is escaped. All numbers of the page are in it as data, too.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from simulator.languages.languages import spoken
from simulator.languages.messages import listed, say
from simulator.presentation.analysis_commands import named
from simulator.presentation.figures import known
from simulator.presentation.pictures.assets import script, style
from simulator.presentation.report_analyses import (
    analysis_sections,
    doubt,
    if_assumptions_vary,
    missing_section,
)
from simulator.presentation.report_making import (
    FINE,
    Making,
    cell_value,
    finite,
    plain,
    short,
    tables_of_sections,
)
from simulator.presentation.report_parts import (
    Block,
    Part,
    Section,
    Stage,
    Tile,
    Words,
    clean,
)
from simulator.presentation.report_runs import run_sections
from simulator.presentation.report_sources import (
    again_section,
    assumptions_section,
    definitions_section,
)
from simulator.presentation.report_top import (
    figures_table,
    organization_section,
    tiles,
    verdict_list,
    verdict_words,
)
from simulator.presentation.report_way import buyers_way, told_only_alone
from simulator.presentation.views.dashboards import blame
from simulator.presentation.views.shapes import Evidence

TEMPLATE = "report.html"
MOST_BYTES = 3_000_000
"""Of a page, so that it can be sent by e-mail."""
DATA = "data"
"""The id of the element that holds all numbers of a page."""

_HOME = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Page:
    """A report.

    Attributes
    ----------
    html : str
        Whole and in itself. The same input gives the same text.
    data : dict of str to Any
        Every number of it as plain values; None is missing.
    """

    html: str
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """What was typed for a report.

    Attributes
    ----------
    names : tuple of str
        The scenarios, as typed.
    options : tuple of str
        What analyses must be given, too: the seed and ``--set``.
    command : str
        What to type for the same page again.
    """

    names: tuple[str, ...]
    options: tuple[str, ...]
    command: str


def report(
    evidence: Evidence,
    asked: Asked,
    *,
    version: str,
    journeys: Mapping[str, Any] | None = None,
    refused: Mapping[str, str] | None = None,
) -> Page:
    """Return the page.

    Parameters
    ----------
    evidence : Evidence
    asked : Asked
    version : str
        Of the program.
    journeys : mapping of str to Any, optional
        By scenario the buyers of one run on their way, from
        :func:`~simulator.presentation.pictures.journey.flow_data`.
    refused : mapping of str to str, optional
        Why an analysis could not be made, by its command.
    """
    making = Making(evidence)
    way = buyers_way(making)
    sections = _sections(making, asked, version, journeys or {}, refused or {})
    verdict, beside = verdict_words(making)
    top = tiles(making)
    table = making.linked(figures_table(making))
    # Last, for it defines whatever the others have named.
    at = next(place for place, each in enumerate(sections) if each.id == "again")
    sections.insert(at, definitions_section(making))
    data = _data(making, asked, version, verdict, top, (table, *way), sections, journeys or {})
    code = _script()
    html = _template().render(
        title=_title(making),
        lead=_lead(making),
        verdict=verdict,
        beside=beside,
        tiles=top,
        figures=table,
        doubt=doubt(making),
        several=verdict_list(making),
        warnings=_warnings(making),
        way=way,
        sections=sections,
        most=len(making.names),
        data=Markup(_embedded(data)),
        styles=Markup(style("charts.css")),
        script=Markup(code),
        script_digest=_digest(code),
        end=say("Made by themodel {version}.", version=version),
        say=_words,
    )
    return Page(html, data)


def _sections(
    making: Making,
    asked: Asked,
    version: str,
    journeys: Mapping[str, Any],
    refused: Mapping[str, str],
) -> list[Section]:
    """Return the sections in the order of reading, without the definitions."""
    flow, *rest = run_sections(making)
    by_id = {each.id: each for each in [*rest, *analysis_sections(making)]}
    ranks = (
        "degradation", "blame", "attribution", "queues", "courses", "bridge", "retention",
        "bottleneck", "sensitivity", "incentives",
    )  # fmt: skip
    found = [flow, organization_section(making), *(by_id[name] for name in ranks if name in by_id)]
    if journeys:
        found.append(_journey_section(list(journeys)))
    found.append(assumptions_section(making))
    found.append(again_section(making, asked.command, version, _runs(making, len(journeys))))
    missing = missing_section(making, asked.names, asked.options, refused)
    return [*found, *([missing] if missing is not None else [])]


def _title(making: Making) -> str:
    if not making.others:
        return making.names[0]
    return say(
        "{others} against {reference}", others=listed(making.others), reference=making.names[0]
    )


def _lead(making: Making) -> str:
    first = making.results[0]
    if len(first.numbers) == 1:
        return say(
            "Simulated: {months} months, one run each with the same luck; seed {seed}."
            if making.others
            else "Simulated: {months} months, one run; seed {seed}.",
            months=f"{first.scenario.horizon.months:g}", seed=first.seed,
        )  # fmt: skip
    return say(
        "Simulated: {months} months, {runs} runs each with its own luck, which is the same for"
        " every scenario; seed {seed}."
        if making.others
        else "Simulated: {months} months, {runs} runs each with its own luck; seed {seed}.",
        months=f"{first.scenario.horizon.months:g}", runs=len(first.numbers), seed=first.seed,
    )  # fmt: skip


def _warnings(making: Making) -> list[Words]:
    found = []
    first = making.results[0]
    if first.interrupted:
        said = say(
            "It was interrupted: {done} of {asked} replications were finished, and this page"
            " rests on these.",
            done=len(first.numbers), asked=first.asked,
        )  # fmt: skip
        found.append(Words(said, "warning"))
    elif len(first.numbers) == 1:
        said = say("One replication tells nothing about luck: nothing here has an interval.")
        found.append(Words(said, "warning"))
    return found


def _journey_section(names: Sequence[str]) -> Section:
    words = say(
        "Without its script this page cannot move; the flow above shows the same buyers at rest."
    )
    parts: tuple[Part, ...] = (
        Words(say(
            "Every dot is a buyer of one run (the first replication), from the inquiry to the"
            " contract, out of the company, or back in a loop."
        )),
        *(
            Block(name, (Stage(f"journey-{place}", name, words),))
            for place, name in enumerate(names)
        ),
    )  # fmt: skip
    return Section("journey", say("Buyers on their way"), parts)


def _runs(making: Making, journals: int) -> dict[str, int]:
    """Count the runs behind the page."""
    runs = sum(len(each.numbers) for each in making.results)
    found = {say("runs of the scenarios"): runs}
    if journals:
        found[say("runs shown as buyers on their way")] = journals
    for key, analysis in making.evidence.analyses.items():
        count = runs_of(analysis.command, analysis.said)
        found[say("runs of {analysis}", analysis=named(key))] = count
        if analysis.command == "incentives":
            tried = int(analysis.said["evaluations"])
            found[say("companies tried by {analysis}", analysis=named(key))] = tried
    return found


def runs_of(command: str, said: Mapping[str, Any]) -> int:
    """Return how many runs an analysis took.

    Parameters
    ----------
    command : str
    said : mapping of str to Any
    """
    if command != "bottleneck":
        return int(said["runs"])
    arms = [team[change] for team in said["teams"].values()
            for change in ("plus_one", "minus_one")]  # fmt: skip
    return int(said["replications"]) * (1 + sum(arm is not None for arm in arms))


# ------------------------------------------------------------------ all numbers


def _data(
    making: Making,
    asked: Asked,
    version: str,
    verdict: str,
    top: Sequence[Tile],
    summing: tuple[Part, ...],
    sections: Sequence[Section],
    journeys: Mapping[str, Any],
) -> dict[str, Any]:
    first = making.results[0]
    summary = Section("verdict", "", summing)
    found = {
        "version": version,
        "command": asked.command,
        "language": spoken(),
        "seed": first.seed,
        "replications": len(first.numbers),
        "asked": first.asked,
        "interrupted": first.interrupted,
        "currency": making.currency,
        "months": first.scenario.horizon.months,
        **_first_words(verdict, if_assumptions_vary(making), top),
        "scenarios": [
            {
                "name": loaded.name,
                "sha256": making.digest(loaded),
                "metrics": {
                    metric: {
                        "mean": short(known(each.mean), FINE),
                        "low": short(known(each.low), FINE),
                        "high": short(known(each.high), FINE),
                        "n": each.n,
                    }
                    for metric, each in results.totals.items()
                },
            }
            for loaded, results in zip(making.evidence.scenarios, making.results, strict=True)
        ],
        "comparison": _compared(making),
        "told_only_alone": {name: _told_only_alone(making, name) for name in making.others},
        "analyses": {key: dict(each.said) for key, each in making.evidence.analyses.items()},
        "pictures": making.pictures,
        "tables": tables_of_sections([summary, *sections]),
        "journeys": [{"scenario": name, "flow": each} for name, each in journeys.items()],
    }
    plain_values: dict[str, Any] = finite(found)
    return plain_values


def _told_only_alone(making: Making, name: str) -> list[str]:
    shape = blame(making.comparison, making.evidence.scenarios, name)
    return list(told_only_alone(making, shape))


_NOT_ON_THE_PAGE = ("variance_reduction", "p_better")
_OF_DEPARTURES = ("department", "aspect", "metric", "department_month", "first_month", "worse_from",
                  "months", "direction")  # fmt: skip


def _compared(making: Making) -> dict[str, Any] | None:
    """Return how scenarios differ in what the page names; ``compare --json`` says the rest."""
    if making.evidence.comparison is None:
        return None
    found: dict[str, Any] = short(finite(making.evidence.comparison.as_json()))
    for each in found["scenarios"].values():
        each["metrics"] = {
            metric: {key: one for key, one in said.items() if not key.startswith(_NOT_ON_THE_PAGE)}
            for metric, said in each["metrics"].items()
            if metric in making.shown
        }
        each["departures"] = [
            {key: one for key, one in said.items() if key in _OF_DEPARTURES}
            for said in each["departures"]
        ]
        del each["losses"]
    return found


def first_words(evidence: Evidence) -> dict[str, Any]:
    """Return what the first screen of a report says, without making the page.

    Parameters
    ----------
    evidence : Evidence
    """
    making = Making(evidence)
    found: dict[str, Any] = finite(
        _first_words(verdict_words(making)[0], if_assumptions_vary(making), tiles(making))
    )
    return found


def _first_words(verdict: str, doubted: str, top: Sequence[Tile]) -> dict[str, Any]:
    return {
        "verdict": verdict,
        "if_assumptions_vary": doubted or None,
        "tiles": [
            {"what": plain(each.what), "value": cell_value(each.value), "note": plain(each.note)}
            for each in top
        ],
    }


_UNSAFE = re.compile("[<>&\u2028\u2029\ud800-\udfff]")
"""What could end the element, or a line of a script, or is no character of UTF-8."""


def _embedded(data: Mapping[str, Any]) -> str:
    """Write JSON that cannot end the element which it stands in; it takes as little as it can."""
    text = json.dumps(data, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


# ------------------------------------------------------------------ the page


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_HOME / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=_cleaned,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(TEMPLATE)


def _cleaned(value: object) -> object:
    """Take out of each text what no page may hold; pictures were made here and stay."""
    return clean(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _words(key: str, **values: str | Markup) -> str:
    """Say what the layout itself says."""
    caption = plain(values.get("caption", ""))
    said: dict[str, str] = {
        "language": spoken(),
        "page.skip": say("Skip to the content"),
        "page.contents": say("Contents¦report"),
        "page.sideways": say("Scroll sideways →"),
        "page.scroll": say("{caption} (scrolls sideways)", caption=caption),
        "page.strip": "",
        "page.warning": say("Note:¦report"),
        "page.figures": say("All main figures with their intervals"),
        "page.differs": say("(differs)¦report"),
        "verdict.heading": say("Verdict¦report"),
        "outside": say("(outside)¦report"),
    }
    return said[key]


@cache
def _script() -> str:
    """Return the one script of the page: the modules for pictures, and what starts them."""
    return script("charts.js", "flow.js", "report.js")


def _digest(script: str) -> str:
    """Return what the page's policy knows its script by."""
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
