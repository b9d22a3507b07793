"""Sections of the report on the organization: numbers, people, deals, losses, returns, churn."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from simulator.calibration.drafting import OWN_FILES
from simulator.calibration.estimates import Estimate
from simulator.calibration.estimating.people import Team
from simulator.calibration.estimating.recycling import SURE
from simulator.calibration.fitting import Calibrated, day_of
from simulator.calibration.records import Floats, Integers, Outcome, Records
from simulator.calibration.writing import Stated
from simulator.experiment.wording import paragraph
from simulator.presentation.calibration_charts import Strip
from simulator.presentation.calibration_evidence import p_words
from simulator.presentation.calibration_words import said, say
from simulator.presentation.figures import words
from simulator.presentation.report_parts import (
    Cell,
    Column,
    Part,
    Section,
    Table,
    Words,
    count_cell,
    estimates_table,
    interval,
    significant,
    unit_said,
    written,
)
from simulator.scenario.provenance import Number, list_numbers

MOST_PEOPLE = 60
"""Listed one by one; of more, those with the most cases."""

_DIGITS = 4  # as the scenario has them
_LETTERS = {"inside_sales": "IS", "field_sales": "FS"}


"""Business days: what begins at the end of one day begins on the next."""


def day_words(calibrated: Calibrated, when: float, begins: bool = False) -> str:
    """Write the day of a business day of the records: 4 January 2018.

    Parameters
    ----------
    calibrated : Calibrated
    when : float
    begins : bool
        It is the beginning of something and not its end.
    """
    day = day_of(calibrated.records, when, ends=not begins)
    return say("day", day=day.day, month=say("month_names").split()[day.month - 1], year=day.year)


def plain_value(value: Any) -> str:
    """Write a value of the scenario as a reader would."""
    if isinstance(value, bool):
        return say("yes") if value else say("no")
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        text = significant(value, _DIGITS)
        return text.rstrip("0").rstrip(".") if "." in text else text
    if isinstance(value, (list, tuple)):
        return say("joint").join(plain_value(each) for each in value)
    if isinstance(value, dict):
        inside = [f"{k} {plain_value(v)}" for k, v in value.items() if k not in ("law", "unit")]
        return f"{value.get('law', '')} ({', '.join(inside)} {value.get('unit', '')})"
    return str(value)


def numbers_of(calibrated: Calibrated) -> dict[str, Number]:
    """Return every number of the scenario by path, as the default company has it explained."""
    listed = list_numbers(calibrated.ahead.scenario, {}, {})
    return {each.path: each for each in listed if each.is_number}


# ------------------------------------------------------------------ numbers


def numbers_section(calibrated: Calibrated) -> Section:
    """List every number that the files told."""
    known = numbers_of(calibrated)
    columns = (
        Column(say("column.path"), "code"), Column(say("column.value"), "number"),
        Column(say("column.interval"), "number"), Column(say("column.unit")),
        Column(say("column.cases"), "number"), Column(say("column.method"), "wide"),
    )  # fmt: skip
    rows: list[tuple[Cell, ...]] = []
    others: list[tuple[Cell, ...]] = []
    for each in calibrated.ahead.stated:
        number = known.get(each.path)
        if each.estimate is not None:
            rows.append(_number(each.path, each.estimate, number))
        for name, estimate in each.within:
            rows.append(_number(f"{each.path}.{name}", estimate, number))
        if each.estimate is None and not each.within and each.trust == OWN_FILES:
            others.append(_other(each, number))
    parts: list[Part] = [Words(say("numbers.lead"), "lead")]
    parts.append(Table(say("numbers.caption"), columns, tuple(rows)))
    parts.append(Words(say("numbers.note"), "note"))
    if others:
        fewer = (
            Column(say("column.path"), "code"), Column(say("column.default"), "number"),
            Column(say("column.source"), "wide"),
        )  # fmt: skip
        parts.append(Table(say("numbers.more"), fewer, tuple(others)))
    return Section("numbers", say("numbers.heading"), tuple(parts))


def _number(path: str, told: Estimate, number: Number | None) -> tuple[Cell, ...]:
    value, low, high = (
        plain_value(float(each)) for each in (told.value, told.low, told.high)
    )  # fmt: skip
    unit = told.unit or (number.unit if number is not None else "")
    return (
        Cell(path, under=_meaning(number)), Cell(value, told.value),
        Cell(say("range", low=low, high=high)), Cell(unit_said(unit)), count_cell(told.n),
        Cell(told.method),
    )  # fmt: skip


def _other(each: Stated, number: Number | None) -> tuple[Cell, ...]:
    exact = float(each.value) if isinstance(each.value, (int, float)) else None
    return (
        Cell(each.path, under=_meaning(number)), Cell(plain_value(each.value), exact),
        Cell(each.source),
    )  # fmt: skip


def _meaning(number: Number | None) -> str:
    return "" if number is None else said(number.meaning)


# ------------------------------------------------------------------ people


class _Person(NamedTuple):
    """What one person did; `began` is None where the files date no beginning."""

    name: str
    began: int | None
    succeeded: int
    last: float

    @property
    def cases(self) -> int:
        return max(self.began or 0, self.succeeded)


def people_section(calibrated: Calibrated) -> Section:
    """Show what people brought about, without saying who they are."""
    people = calibrated.told.people
    parts: list[Part] = [Words(say("people.lead"), "lead")]
    rows: list[tuple[str, Estimate]] = []
    tables: list[Part] = []
    for name, team in (("inside_sales", people.inside_sales), ("field_sales", people.field_sales)):
        title = say(f"people.{name}")
        if team is None:
            parts.append(Words(say("people.none", team=title)))
            continue
        rows += _of_team(team, title)
        tables += _each(calibrated, name, title)
    for name, told in (
        ("attempts", people.attempts), ("answered", people.answered), ("meetings", people.meetings)
    ):  # fmt: skip
        if told is not None:
            rows.append((say(f"people.{name}"), told))
    if rows:
        parts.append(estimates_table(say("people.caption"), rows))
    return Section("people", say("people.heading"), (*parts, *tables))


def _of_team(team: Team, title: str) -> list[tuple[str, Estimate]]:
    found = [(say("people.active", team=title.capitalize(), recorded=team.recorded), team.active)]
    for name in ("opened", "reached", "spread", "workload"):
        told: Estimate | None = getattr(team, name)
        if told is not None:
            found.append((say(f"people.{name}", team=title.capitalize()), told))
    if team.effort is not None:
        found.append((say(f"people.effort.{team.name}"), team.effort))
    return found


def _each(calibrated: Calibrated, name: str, title: str) -> list[Part]:
    """Return a table with one row a person."""
    people = _persons(calibrated.records, name, calibrated.since)
    if not people:
        return []
    busiest = sorted(people, key=lambda each: -each.cases)[:MOST_PEOPLE]
    kept = [each for each in people if each in busiest]
    strip = Strip.over([float(each.cases) for each in kept])
    columns = (
        Column(say("column.person")), Column(say("column.opened"), "number"),
        Column(say(f"column.reached.{name}"), "number"), Column(strip.scale(), "strip"),
        Column(say("column.last"), "number"),
    )  # fmt: skip
    rows = tuple(
        (
            Cell(each.name),
            Cell(say("none")) if each.began is None else count_cell(each.began),
            count_cell(each.succeeded),
            Cell(strip.bar(float(each.cases), float(each.succeeded))),
            Cell(day_words(calibrated, each.last)),
        )
        for each in kept
    )  # fmt: skip
    since = day_words(calibrated, calibrated.since, begins=True)
    found: list[Part] = [Table(say("people.each", team=title.capitalize(), since=since), columns,
                               rows)]  # fmt: skip
    if len(people) > len(kept):
        found.append(Words(say("people.more", count=f"{len(people) - len(kept):,}"), "note"))
    return found


def _persons(records: Records, name: str, since: float) -> list[_Person]:
    leads, deals = records.leads, records.opportunities
    if name == "inside_sales":
        count, owner, began = records.inside_sales, leads.owner, leads.created
        reached = np.where(np.isnan(leads.converted), leads.won, leads.converted)
    else:
        count, owner = records.field_sales, deals.owner
        began = deals.opened
        reached = np.where(deals.outcome == Outcome.WON, deals.closed, np.nan)
    starts = _counts(owner, began, since, count)
    ends = _counts(owner, reached, since, count)
    last = np.full(count, -np.inf)
    for times in (began, reached):
        mine = (owner >= 0) & np.isfinite(times)
        np.maximum.at(last, owner[mine], times[mine])
    dated = bool(np.isfinite(began).any())
    return [
        _Person(
            f"{_LETTERS[name]}-{k + 1}", int(starts[k]) if dated else None, int(ends[k]),
            float(last[k]),
        )
        for k in range(count)
        if starts[k] or ends[k]
    ]  # fmt: skip


def _counts(owner: Integers, times: Floats, since: float, count: int) -> Integers:
    return np.bincount(owner[(owner >= 0) & (times >= since)], minlength=count)


# ------------------------------------------------------------------ deals, losses, returns


def deals_section(calibrated: Calibrated) -> Section:
    """Show what a contract brings."""
    deals = calibrated.told.deals
    rows = [
        (say(f"deals.{name}"), each)
        for name, each in (("median", deals.median), ("p90", deals.p90))
        if each is not None
    ]
    if not rows:
        return Section("deals", say("deals.heading"), (Words(say("deals.none")),))
    parts: list[Part] = [estimates_table(say("deals.caption"), rows)]
    if deals.lognormal is not None:
        if deals.lognormal:
            parts.append(Words(say("deals.lognormal")))
        else:
            parts.append(Words(say("deals.not_lognormal"), "warning"))
    return Section("deals", say("deals.heading"), tuple(parts))


def losses_section(calibrated: Calibrated) -> Section:
    """Show why opportunities were lost, as recorded."""
    losses = calibrated.told.losses
    heading = say("losses.heading")
    if not losses.count:
        return Section("losses", heading, (Words(say("losses.none")),))
    if losses.recorded is None:
        words_of = say("losses.no_reason", count=f"{losses.count:,}")
        return Section("losses", heading, (Words(words_of),))
    value = written(losses.recorded)[0]
    lead = say(
        "losses.lead", count=f"{losses.count:,}", share=value, interval=interval(losses.recorded)
    )  # fmt: skip
    named = [(words(each.key.removeprefix("loss_reason.")), each) for each in losses.reasons]
    strip = Strip.over([each.high for _, each in named], "share")
    pictures = [strip.interval(each.value, each.low, each.high) for _, each in named]
    table = estimates_table(say("losses.caption"), named, pictures, strip.scale())
    return Section("losses", heading, (Words(lead), table))


def returns_section(calibrated: Calibrated) -> Section:
    """Show whether buyers came back."""
    returns = calibrated.told.returns
    rows = [
        (say(f"returns.{name}"), each)
        for name, each in (
            ("reopened", returns.reopened), ("returned", returns.returned), ("gap", returns.gap)
        )
        if each is not None
    ]  # fmt: skip
    parts: list[Part] = []
    if rows:
        parts.append(estimates_table(say("returns.caption"), rows))
    wave = returns.wave
    if wave is not None:
        seen = say(
            "returns.wave", seen=f"{wave.seen:,}", late=significant(wave.late), law=said(wave.law),
            expected=significant(wave.expected, 2), p=p_words(wave.p),
        )  # fmt: skip
        sure = say("returns.wave.sure" if wave.p < SURE else "returns.wave.chance")
        parts.append(Words(paragraph((seen, sure))))
    if not parts:
        parts.append(Words(say("returns.none")))
    return Section("recycling", say("returns.heading"), tuple(parts))


# ------------------------------------------------------------------ churn


def churn_section(calibrated: Calibrated) -> Section:
    """Show when customers leave."""
    churn, heading = calibrated.told.churn, say("churn.heading")
    if churn is None:
        return Section("churn", heading, (Words(say("churn.none")),))
    rows = [(_band(each.key), each) for each in churn.bands]
    if churn.at_one_year is not None:
        rows.append((say("churn.one_year"), churn.at_one_year))
    tenure = ""
    if churn.tenure is not None:
        tenure = say("churn.tenure", days=significant(churn.tenure.value))
    parts: list[Part] = [
        Words(say("churn.customers", customers=f"{churn.customers:,}", tenure=tenure))
    ]
    if rows:
        strip = Strip.over([each.high for _, each in rows], "share")
        pictures = [strip.interval(each.value, each.low, each.high) for _, each in rows]
        parts.append(estimates_table(say("churn.caption"), rows, pictures, strip.scale()))
    if churn.shape is not None:
        value = written(churn.shape)[0]
        parts.append(Words(say("churn.shape", value=value, interval=interval(churn.shape))))
    if churn.contract_months is not None:
        parts.append(Words(say("churn.term", months=churn.contract_months)))
    return Section("churn", heading, tuple(parts))


def _band(key: str) -> str:
    first, _, last = key.removeprefix("churn.month_").partition("_")
    if not last.isdigit():
        return say("churn.open_band", first=first)
    return say("churn.band", first=first, last=last)
