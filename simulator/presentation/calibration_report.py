"""``themodel calibrate --report``: the evidence for a calibrated scenario as one page.

The page is a single text without script, network or outside file: it opens from an e-mail, on a
telephone and on paper. Everything that comes from files is escaped; people are numbers.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import jinja2
import numpy as np
from markupsafe import Markup

from simulator.calibration.estimates import Estimate, of_kind
from simulator.calibration.fitting import Calibrated
from simulator.calibration.importing.imported import Imported
from simulator.experiment.wording import paragraph
from simulator.organization.journal import DAYS_PER_MONTH
from simulator.presentation.calibration_evidence import (
    arrivals_section,
    cohorts_section,
    conversion_section,
    durations_section,
    held,
    what_came,
)
from simulator.presentation.calibration_gaps import (
    dropped_section,
    filled_in,
    findings_section,
    shortened,
    untold_section,
)
from simulator.presentation.calibration_organization import (
    churn_section,
    day_words,
    deals_section,
    losses_section,
    numbers_of,
    numbers_section,
    people_section,
    returns_section,
)
from simulator.presentation.calibration_words import said, say
from simulator.presentation.report_parts import (
    Cell,
    Tile,
    Words,
    clean,
    interval,
    percent,
    significant,
    value_cell,
    written,
)

TEMPLATE = "calibration.html"

_SURE, _UNSURE = 2, 1  # so many figures are named as the surest and the least sure


def report(
    calibrated: Calibrated, imported: Imported, *, title: str, command: str, version: str
) -> str:
    """Return the page.

    Parameters
    ----------
    calibrated : Calibrated
    imported : Imported
        Where its records came from: what was dropped.
    title : str
        What the page is called; usually the name of the scenario.
    command : str
        What to type for the same again.
    version : str
        Of the product.

    Returns
    -------
    str
        HTML, whole and in itself. The same input gives the same text.
    """
    sections = [
        arrivals_section(calibrated),
        conversion_section(calibrated),
        durations_section(calibrated),
        cohorts_section(calibrated),
        numbers_section(calibrated),
        people_section(calibrated),
        deals_section(calibrated),
        losses_section(calibrated),
        returns_section(calibrated),
        churn_section(calibrated),
        dropped_section(imported),
        untold_section(calibrated),
        findings_section(calibrated, imported),
    ]
    lead = say(
        "page.lead", title=title, until=day_words(calibrated, calibrated.records.until),
        since=day_words(calibrated, calibrated.since, begins=True),
    )  # fmt: skip
    return _template().render(
        title=say("page.title", title=title),
        lead=lead,
        tiles=tiles(calibrated, imported),
        verdict=verdict(calibrated, imported),
        sections=sections,
        again=_again(calibrated, command, version),
        end=say("page.end", version=version),
        say=say,
    )


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
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


# ------------------------------------------------------------------ the top of the page


def tiles(calibrated: Calibrated, imported: Imported) -> list[Tile]:
    """Return the figures at the top."""
    arrivals, told = calibrated.told.arrivals, calibrated.told.conversions
    what = what_came(calibrated)
    found = [_tile(arrivals.total, say("tile.arrivals", what=what))]
    conversion = told.lead_to_win or told.opportunity_to_win
    if conversion is not None:
        months = significant(told.horizon / DAYS_PER_MONTH, 2)
        signing = say("of.leads" if told.lead_to_win is not None else "of.opportunities")
        found.append(_tile(conversion, say("tile.conversion", what=signing, months=months)))
    median = _median(calibrated)
    if median is not None:
        found.append(_tile(median, say("tile.days")))
    beside = list(held(calibrated).values())
    if beside:
        inside = sum(each.inside for each in beside)
        words = say("tile.runs", all=len(beside))
        found.append(Tile(Cell(str(inside), float(inside)), words, say("tile.runs.note")))
    everything = len(numbers_of(calibrated))
    own = everything - len(filled_in(calibrated))
    words = say("tile.numbers", all=everything)
    found.append(Tile(Cell(str(own), float(own)), words, say("tile.numbers.note")))
    rows = sum(each.rows for each in imported.counts)
    if rows:
        used = sum(each.used for each in imported.counts)
        note = say("tile.rows.note", used=f"{used:,}", rows=f"{rows:,}")
        shown = percent(used / rows, 0 if used == rows else 1)
        found.append(Tile(Cell(shown, used / rows), say("tile.rows"), note))
    return found


def _tile(told: Estimate, what: str) -> Tile:
    return Tile(value_cell(told), what, say("tile.range", interval=interval(told)))


def _median(calibrated: Calibrated) -> Estimate | None:
    told = calibrated.told.conversions
    days = told.days_to_win or told.days_in_sales
    return next((each for each in days if each.key.endswith(".p50")), None)


def verdict(calibrated: Calibrated, imported: Imported) -> list[Words]:
    """Say in a few sentences what came out, what is surest, and what is not told."""
    sentences = [*_came(calibrated), *_signed(calibrated)]
    found = [Words(paragraph(sentences), "lead"), _met(calibrated)]
    sure = _surest(calibrated)
    if sure:
        found.append(Words(sure))
    durations = calibrated.told.durations
    unfit = [said(each.name) for each in durations if each.fits and each.best is None]
    if unfit:
        found.append(Words(say("verdict.law", names=say("joint.far").join(unfit)), "warning"))
    lost = sum(each.unusable for each in imported.counts)
    if lost:
        share = percent(lost / sum(each.rows for each in imported.counts))
        found.append(Words(say("verdict.rows", count=f"{lost:,}", share=share)))
    items = say("joint.far").join(shortened(each) for each in calibrated.not_identifiable)
    if items:
        found.append(Words(say("verdict.untold", items=items)))
    return found


def _came(calibrated: Calibrated) -> list[str]:
    arrivals, records = calibrated.told.arrivals, calibrated.records
    leads = arrivals.of == "leads"
    times = records.leads.created if leads else records.opportunities.opened
    return [
        say(
            "verdict.arrivals", n=f"{arrivals.total.n:,}", what=what_came(calibrated),
            since=day_words(calibrated, calibrated.since, begins=True),
            all=f"{np.count_nonzero(np.isfinite(times)):,}", rate=written(arrivals.total)[0],
            interval=interval(arrivals.total),
            month=significant(arrivals.total.value * DAYS_PER_MONTH),
        )
    ]  # fmt: skip


def _signed(calibrated: Calibrated) -> list[str]:
    told = calibrated.told.conversions
    conversion = told.lead_to_win or told.opportunity_to_win
    if conversion is None:
        return [say("verdict.no_conversion", what=what_came(calibrated))]
    what = say("of.leads" if told.lead_to_win is not None else "of.opportunities")
    found = [
        say(
            "verdict.conversion", value=written(conversion)[0], what=what,
            interval=interval(conversion), age=significant(told.horizon),
        )
    ]  # fmt: skip
    median = _median(calibrated)
    if median is not None:
        value = written(median)[0]
        found.append(say("verdict.days", value=value, interval=interval(median)))
    return found


def _met(calibrated: Calibrated) -> Words:
    """Say how many figures of the files runs show; warn where runs cannot show some."""
    beside = list(held(calibrated).values())
    if not beside:
        return Words(say("verdict.no_runs"), "warning")
    worst = max(beside, key=lambda each: abs(each.apart))
    met = say(
        "verdict.runs", inside=sum(each.inside for each in beside), all=len(beside),
        worst=figure_name(worst.key), miss=f"{abs(worst.apart):.1f}",
    )  # fmt: skip
    if any(of_kind(calibrated.findings, "misfit")):
        return Words(say("verdict.misfit", met=met), "warning")
    return Words(met)


def figure_name(key: str) -> str:
    """Write the key of a figure that was held against runs as a reader would say it."""
    stem, _, rest = key.partition(".")
    if stem.startswith("days_"):
        quantile = say("days.quantile", percent=rest[1:])
        return say("figure.quantile", name=say(f"days.{stem}"), quantile=quantile)
    name = say(f"stage.{stem}")
    return say("figure.of_channel", name=name, channel=rest) if rest else name


def _surest(calibrated: Calibrated) -> str:
    """Name the figures with the narrowest and the widest interval for their size."""
    told = calibrated.told
    churn = told.churn.at_one_year if told.churn is not None else None
    team = told.people.field_sales
    candidates = [
        (say("tile.arrivals", what=what_came(calibrated)), told.arrivals.total),
        (say("stage.lead_to_win"), told.conversions.lead_to_win),
        (say("stage.lead_to_opportunity"), told.conversions.lead_to_opportunity),
        (say("stage.opportunity_to_win"), told.conversions.opportunity_to_win),
        (say("sure.days"), _median(calibrated)),
        (say("sure.deals"), told.deals.median),
        (say("sure.churn"), churn),
        (say("sure.people"), team.reached if team is not None else None),
    ]
    widths = sorted(
        ((each.high - each.low) / 2.0 / each.value, name)
        for name, each in candidates
        if each is not None and each.value > 0.0
    )
    if len(widths) <= _SURE + _UNSURE:
        return ""

    def pairs(some: list[tuple[float, str]]) -> str:
        return say("joint").join(
            say("verdict.pair", name=name, width=percent(width, 0)) for width, name in some
        )

    return say(
        "verdict.surest", sure=pairs(widths[:_SURE]), unsure=pairs(widths[-_UNSURE:])
    )  # fmt: skip


def _again(calibrated: Calibrated, command: str, version: str) -> list[tuple[str, str]]:
    """Say how to have the same again."""
    rows = [
        (say("again.command"), command),
        (say("again.seed"), str(calibrated.seed)),
        (say("again.version"), version),
    ]
    if calibrated.matched is not None:
        runs = say(
            "again.runs.value", runs=f"{calibrated.matched.runs:,}", steps=calibrated.matched.steps
        )
        rows.append((say("again.runs"), runs))
    return rows
