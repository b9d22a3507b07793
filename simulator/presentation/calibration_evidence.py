"""Sections of the report that hold fits against data: arrivals, conversion, durations, cohorts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from simulator.calibration.estimates import Estimate, back, keyed
from simulator.calibration.estimating.durations import Durations, LawFit
from simulator.calibration.estimating.laws import PARAMETERS, law_said
from simulator.calibration.estimating.survival import Curve
from simulator.calibration.fitting import Calibrated
from simulator.calibration.funnel_fit import FEWEST
from simulator.calibration.matching import Target
from simulator.calibration.working_time import BUSINESS_DAYS_A_WEEKDAY
from simulator.presentation.calibration_charts import (
    MOST_MONTHS,
    Strip,
    arrivals_chart,
    cohorts_chart,
    drawn_laws,
    durations_chart,
)
from simulator.presentation.calibration_words import said, say
from simulator.presentation.report_parts import (
    Block,
    Cell,
    Column,
    Folded,
    Listing,
    Pair,
    Part,
    Picture,
    Section,
    Table,
    Words,
    common_method,
    common_unit,
    count_cell,
    estimates_table,
    interval_cell,
    note_of,
    percent,
    significant,
    value_cell,
)

_NORMAL = 1.96
_INTO_WIN = ("inquiry to contract", "opportunity to contract")


def p_words(p: float) -> str:
    """Write a probability."""
    if math.isnan(p):
        return say("none")
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def what_came(calibrated: Calibrated) -> str:
    """Return what is counted: inquiries, or opportunities where no leads are on file."""
    return say(f"of.{calibrated.told.arrivals.of}")


# ------------------------------------------------------------------ arrivals


def arrivals_section(calibrated: Calibrated) -> Section:
    """Show how inquiries come, and since when."""
    arrivals, records = calibrated.told.arrivals, calibrated.records
    what = what_came(calibrated)
    caption = say("arrivals.figure", what_first=what.capitalize())
    parts: list[Part] = [Picture(arrivals_chart(records, arrivals), caption, wide=True)]
    if arrivals.changes:
        told = tuple(("", say("sentence", words=each.words)) for each in arrivals.changes)
        parts.append(Listing(told, True))
    else:
        parts.append(Words(say("arrivals.no_change")))
    named = [(say("arrivals.all"), arrivals.total)]
    if arrivals.now != arrivals.total:
        named.append((say("arrivals.now"), arrivals.now))
    named += [
        (each.key.removeprefix("leads_per_day."), each) for each in arrivals.per_day if each.n
    ]
    ends = [end for _, each in named for end in (each.low, each.high)]
    strip = Strip.over(ends, "log")
    pictures = [strip.interval(each.value, each.low, each.high) for _, each in named]
    parts.append(estimates_table(say("arrivals.caption"), named, pictures, strip.scale()))
    noise = [
        (say(f"arrivals.{name}"), each)
        for name, each in (
            ("trend", arrivals.trend),
            ("dispersion", arrivals.dispersion),
            ("weekly", arrivals.weekly_dispersion),
        )
        if each is not None
    ]
    if noise:
        parts.append(estimates_table(say("arrivals.noise", law=said(arrivals.law)), noise))
    parts += [_weekdays(calibrated), Words(say("weekday.note"), "note")]
    if len(set(arrivals.month)) > 1:
        parts.append(_pattern("month", arrivals.month, None))
    return Section("arrivals", say("arrivals.heading", what=what), tuple(parts))


def _weekdays(calibrated: Calibrated) -> Table:
    records, arrivals = calibrated.records, calibrated.told.arrivals
    on_file = None
    if arrivals.of == "leads" and len(records.leads_weekday) == len(records.leads):
        recent = (records.leads.created >= arrivals.since) & (records.leads_weekday >= 0)
        on_file = np.bincount(records.leads_weekday[recent], minlength=7).tolist()
    return _pattern("weekday", arrivals.weekday, on_file)


def _pattern(of: str, weights: Sequence[float], on_file: Sequence[int] | None) -> Table:
    """Return relative weights as bars; days on file that have none are listed below."""
    names = say("weekdays" if of == "weekday" else "month_names").split()
    strip = Strip.over(weights)
    columns = [
        Column(say(f"column.{of}")), Column(say("column.weight"), "number"),
        Column(strip.scale(), "strip"),
    ]  # fmt: skip
    if on_file is not None:
        columns.append(Column(say("column.on_file"), "number"))
    rows = []
    for place, name in enumerate(names):
        if place < len(weights):
            weight = weights[place]
            row = [Cell(name), Cell(f"{weight:.2f}", weight), Cell(strip.bar(weight))]
        elif on_file is not None and on_file[place]:
            row = [Cell(name), Cell(say("none")), Cell("")]
        else:
            continue
        if on_file is not None:
            row.append(count_cell(on_file[place]))
        rows.append(tuple(row))
    return Table(say(f"{of}.caption"), tuple(columns), tuple(rows))


# ------------------------------------------------------------------ conversion


class Held(NamedTuple):
    """A figure of the files beside the same of runs, off their scale."""

    key: str
    value: float
    low: float
    high: float
    runs: float
    outer: tuple[float, float]
    apart: float
    inside: bool


def held(calibrated: Calibrated) -> dict[str, Held]:
    """Return by key what files and runs of the calibrated scenario show."""
    matched = calibrated.matched
    if matched is None:
        return {}
    known = keyed(calibrated.told.conversions)
    rows = zip(matched.targets, matched.reached.tolist(), matched.errors.tolist(), strict=True)
    return {
        target.key: _held(target, known.get(target.key), reached, error)
        for target, reached, error in rows
    }


def _held(target: Target, told: Estimate | None, reached: float, error: float) -> Held:
    def off(value: float) -> float:
        return back(value, target.scale)

    if told is None:
        half = _NORMAL * target.error
        value, low, high = (off(target.value + each) for each in (0.0, -half, half))
    else:
        value, low, high = told.value, told.low, told.high
    runs = off(reached)
    outer = (off(target.value - _NORMAL * error), off(target.value + _NORMAL * error))
    apart = (target.value - reached) / error
    return Held(target.key, value, low, high, runs, outer, apart, low <= runs <= high)


def conversion_section(calibrated: Calibrated) -> Section:
    """Show how many sign, by channel, and how long that takes; files beside runs."""
    told = calibrated.told.conversions
    if told.lead_to_win is None and told.opportunity_to_win is None:
        parts: tuple[Part, ...] = (Words(say("conversion.none"), "warning"),)
        return Section("conversion", say("conversion.heading"), parts)
    beside = held(calibrated)
    age = significant(told.horizon)
    lead = say("conversion.lead" if beside else "conversion.lead.files", age=age)
    found: list[Part] = [Words(lead, "lead")]
    whole = [
        (say(f"stage.{name}"), each)
        for name, each in (
            ("lead_to_opportunity", told.lead_to_opportunity),
            ("opportunity_to_win", told.opportunity_to_win),
            ("lead_to_win", told.lead_to_win),
            ("late_win_share", told.late_share),
        )
        if each is not None
    ]
    strip = Strip.over([each.high for _, each in whole], "share")
    pictures = [strip.interval(each.value, each.low, each.high) for _, each in whole]
    found.append(estimates_table(say("conversion.whole"), whole, pictures, strip.scale()))
    for stage, by_channel in (
        ("lead_to_win", told.lead_to_win_by_channel),
        ("lead_to_opportunity", told.lead_to_opportunity_by_channel),
        ("opportunity_to_win", told.opportunity_to_win_by_channel),
    ):
        if by_channel:
            caption = say("conversion.caption", name=say(f"stage.{stage}").capitalize())
            named = [(each.key.removeprefix(f"{stage}."), each) for each in by_channel]
            found.append(_beside(caption, say("column.channel"), named, beside, "share"))
    days = [("days_to_win", told.days_to_win), ("days_in_sales", told.days_in_sales)]
    days += [("days_to_opportunity", told.days_to_opportunity), ("days_to_loss", told.days_to_loss)]
    for name, quantiles in days:
        if quantiles:
            named = [
                (
                    say("days.quantile", percent=each.key.rpartition(".p")[2]),
                    each,
                )
                for each in quantiles
            ]
            caption = say("conversion.days", name=say(f"days.{name}").capitalize())
            found.append(_beside(caption, say("column.share"), named, beside, "log"))
    if beside:
        found.append(Words(say("conversion.apart"), "note"))
    return Section("conversion", say("conversion.heading"), tuple(found))


def _beside(
    caption: str,
    first: str,
    named: Sequence[tuple[str, Estimate]],
    beside: dict[str, Held],
    kind: str,
) -> Table:
    """Return estimates with what runs show beside them, where they were held against runs."""
    mine = [beside.get(each.key) for _, each in named]
    ends = [side for _, each in named for side in (each.low, each.high)]
    if kind == "log":
        ends = [side for _, each in named for side in (each.low, each.value, each.high)]
    ends += [one.runs for one in mine if one is not None]
    strip = Strip.over(ends, kind)
    against = any(one is not None for one in mine)
    columns = [
        Column(first), Column(say("column.files"), "number"),
        Column(say("column.interval"), "number"), Column(strip.scale(), "strip"),
    ]  # fmt: skip
    if against:
        columns.append(Column(say("column.runs"), "number"))
        columns.append(Column(say("column.miss"), "number"))
    columns.append(Column(say("column.cases"), "number"))
    unit, method = (
        common([each for _, each in named]) for common in (common_unit, common_method)
    )  # fmt: skip
    columns += [] if method is not None else [Column(say("column.method"), "wide")]
    rows = []
    for (name, each), one in zip(named, mine, strict=True):
        reached, outer = (None, None) if one is None else (one.runs, one.outer)
        row = [Cell(name), value_cell(each), interval_cell(each)]
        row.append(Cell(strip.interval(each.value, each.low, each.high, reached, outer)))
        if against and one is not None:
            shown = percent(one.runs) if kind == "share" else significant(one.runs)
            row.append(Cell(shown, one.runs, "good" if one.inside else "bad"))
            row.append(Cell(f"{round(one.apart, 1) + 0.0:+.1f}", one.apart))
        elif against:
            row += [Cell(say("none")), Cell(say("none"))]
        row.append(count_cell(each.n))
        rows.append((*row, *([] if method is not None else [Cell(each.method)])))
    return Table(caption, tuple(columns), tuple(rows), note_of(unit, method))


# ------------------------------------------------------------------ durations


def durations_section(calibrated: Calibrated) -> Section:
    """Show each transition's curve with the laws fitted to it."""
    half = BUSINESS_DAYS_A_WEEKDAY / 2.0 if calibrated.records.dated_only else 0.0
    durations = calibrated.told.durations
    if not durations:
        parts: tuple[Part, ...] = (Words(say("durations.none", fewest=FEWEST), "warning"),)
        return Section("fits", say("durations.heading"), parts)
    found: list[Part] = [Words(say("durations.lead"), "lead")]
    if half:
        found.append(Words(say("durations.whole_days"), "note"))
    found += [_transition(each, half) for each in durations]
    found.append(Words(say("durations.note"), "note"))
    return Section("fits", say("durations.heading"), tuple(found))


def _transition(durations: Durations, half: float) -> Block:
    negative = ""
    if durations.negative:
        negative = say("durations.negative", count=f"{durations.negative:,}")
    facts = say(
        "durations.facts", n=f"{durations.n:,}", ended=f"{durations.n - durations.censored:,}",
        open=f"{durations.censored:,}", negative=negative,
    )  # fmt: skip
    key = [("curve", say("durations.key.files"))]
    for rank, fit in enumerate(drawn_laws(durations)):
        words = law_said(fit.law)
        if fit is durations.best:
            words = say("durations.key.chosen", law=words)
        key.append((f"law{rank}", words))
    picture = Picture(durations_chart(durations, half), facts, tuple(key))
    if not durations.fits:
        return Block(said(durations.name).capitalize(), (_judged(durations), picture))
    parts: list[Part] = [_judged(durations)]
    if durations.best is not None:
        told = _parameters(durations.best)
        parts.append(Words(say("durations.parameters", parameters=told), "note"))
    parts.append(Pair((picture,), (_laws(durations),)))
    all_laws = tuple(
        (say("durations.law", law=law_said(fit.law)), _parameters(fit)) for fit in durations.fits
    )
    parts.append(Folded(say("durations.all"), (Listing(all_laws),)))
    return Block(said(durations.name).capitalize(), tuple(parts))


def _judged(durations: Durations) -> Words:
    """Say which law was chosen, or warn that none fits."""
    best = durations.best
    if not durations.fits:
        return Words(say("durations.no_law"), "warning")
    nearest = durations.fits[0]
    if best is None:
        words = say(
            "durations.unfit", law=law_said(nearest.law), distance=percent(nearest.distance),
            p=p_words(nearest.p_value),
        )  # fmt: skip
        return Words(words, "warning")
    if best is nearest:
        return Words(say("durations.chosen", law=law_said(best.law)))
    return Words(say("durations.not_lowest", law=law_said(best.law), lowest=law_said(nearest.law)))


def _laws(durations: Durations) -> Table:
    columns = (
        Column(say("column.law")), Column(say("column.aic"), "number"),
        Column(say("column.distance"), "number"), Column(say("column.p"), "number"),
        Column(say("column.fits")), Column(say("column.median"), "number"),
    )  # fmt: skip
    lowest = durations.fits[0].aic
    rows = tuple(_law(fit, fit.aic - lowest, durations.empirical) for fit in durations.fits)
    return Table(say("durations.caption", name=said(durations.name)), columns, rows)


def _law(fit: LawFit, above: float, curve: Curve) -> tuple[Cell, ...]:
    median = Cell(significant(fit.median.value), fit.median.value)
    if fit.median.value > curve.last:
        median = Cell(say("durations.beyond", age=significant(curve.last)), fit.median.value)
    fits = Cell(say("fits.no"), flag="bad")
    if fit.fits:
        fits = Cell(say("fits.yes"), flag="good")
    return (
        Cell(law_said(fit.law)), Cell(f"{above:,.1f}", fit.aic),
        Cell(percent(fit.distance), fit.distance),
        Cell(p_words(fit.p_value), None if math.isnan(fit.p_value) else fit.p_value), fits,
        median,
    )  # fmt: skip


def _parameters(fit: LawFit) -> str:
    """Write the parameters of a law by their names."""
    return say("joint").join(
        say("durations.named", name=said(PARAMETERS[name]), value=significant(value))
        for name, value in fit.parameters.items()
    )


# ------------------------------------------------------------------ cohorts


def cohorts_section(calibrated: Calibrated) -> Section:
    """Show what became of the cases of each month."""
    told, cohorts = calibrated.told.conversions, calibrated.told.conversions.cohorts
    heading = say("cohorts.heading")
    if not len(cohorts):
        return Section("cohorts", heading, (Words(say("cohorts.none"), "warning"),))
    of = "leads" if told.lead_to_win is not None else "opportunities"
    what = say(f"of.{of}")
    name = _INTO_WIN[0] if of == "leads" else _INTO_WIN[1]
    usual = next((each.empirical for each in calibrated.told.durations if each.name == name), None)
    caption = say("cohorts.figure", what=what.capitalize())
    parts: list[Part] = [Picture(cohorts_chart(cohorts, usual), caption, wide=True)]
    table = _cohorts(cohorts, usual, what)
    if len(cohorts) > MOST_MONTHS:
        parts.append(Words(say("cohorts.older", months=MOST_MONTHS), "note"))
        parts.append(Folded(table.caption, (table,)))
    else:
        parts.append(table)
    return Section("cohorts", heading, tuple(parts))


def _cohorts(cohorts: pd.DataFrame, usual: Curve | None, what: str) -> Table:
    columns = [
        Column(say("column.month")), Column(say("column.came"), "number"),
        Column(say("column.won_so_far"), "number"), Column(say("column.told_to"), "number"),
        Column(say("column.conversion"), "number"), Column(say("column.interval"), "number"),
    ]  # fmt: skip
    if usual is not None:
        columns.append(Column(say("cohorts.usual"), "number"))
    rows = []
    for each in cohorts.to_dict(orient="records"):
        age = float(each["followed_days"])
        row = [
            Cell(str(each["month"])), count_cell(int(each["cases"])), count_cell(int(each["won"])),
            Cell(significant(age), age),
        ]  # fmt: skip
        if each["complete"]:
            value, low, high = (float(each[name]) for name in ("conversion", "low", "high"))
            row.append(Cell(percent(value), value))
            row.append(Cell(say("range", low=f"{100.0 * low:.1f}", high=percent(high))))
        else:
            row += [Cell(say("none")), Cell(say("none"))]
        if usual is not None:
            level = usual.at(age)
            row.append(Cell(percent(level), level) if each["complete"] else Cell(say("none")))
        rows.append(tuple(row))
    note = "" if bool(cohorts["complete"].all()) else say("cohorts.incomplete")
    return Table(say("cohorts.caption", what=what), tuple(columns), tuple(rows), note)
