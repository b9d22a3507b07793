"""Sections of the report on what is missing: rows dropped, what files cannot tell, what to know."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from simulator.calibration.drafting import OWN_FILES
from simulator.calibration.fitting import Calibrated
from simulator.calibration.importing.cleaning import (
    HARMLESS,
    KIND_WORDS,
    LEFT_OUT,
    REASON_WORDS,
    Count,
    Reason,
    Unusable,
)
from simulator.calibration.importing.imported import Imported
from simulator.presentation.calibration_organization import numbers_of, plain_value
from simulator.presentation.calibration_words import said, say
from simulator.presentation.report_parts import (
    Block,
    Cell,
    Column,
    Folded,
    Listing,
    Part,
    Section,
    Table,
    Words,
    count_cell,
    percent,
    unit_said,
)

MOST_EXAMPLES = 3
"""Of each file and reason."""

_ORDER = ("A", "B", "calc", "C", "M", "D")

STANDS_FOR: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("lost leads", ("market.obstacles.", "market.window_mean_days", "market.patience_mean_days")),
    ("how the way splits", ("work.inside_sales.agrees_", "work.inside_sales.retry")),
    ("inquiries that never", ("work.inside_sales.agrees_", "decisions.marketing.mql_cutoff")),
    ("effort", ("work.inside_sales.max_attempts", "work.inside_sales.recontact_reach",
                "work.field_sales.meetings", "work.field_sales.extra_meeting")),
    ("capacity", ("work.marketing.", "work.inside_sales.attempt", "work.inside_sales.talk",
                  "work.field_sales.meeting", "work.field_sales.comfortable_load",
                  "teams.*.hours_per_day", "teams.*.buyer_share", "teams.*.skill_spread")),
    ("what departments", ("decisions.", "kpi.", "definitions.")),
    ("reach by channel", ("market.channels.*.reach",)),
    ("whether a late", ("recycling.", "decisions.inside_sales.recycle_share")),
    ("what a contract", ("market.deal.",)),
    ("spending and pay", ("market.channels.*.spend_per_month", "market.channels.*.spend_elasticity",
                          "teams.*.pay_per_year", "teams.*.loading")),
    ("churn", ("churn.", "work.customer_success.", "expansion.")),
    ("claims", ("work.customer_success.", "expansion.", "churn.late_onboarding", "churn.gap")),
)  # fmt: skip
"""By how a statement of :func:`simulator.calibration.drafting.not_identifiable` begins: which
numbers of the scenario stand for it. A star is one name."""


class Filled(NamedTuple):
    """A number that the files did not tell."""

    path: str
    value: str
    unit: str
    trust: str
    source: str


def filled_in(calibrated: Calibrated) -> list[Filled]:
    """Return every number of the scenario that its own files did not tell."""
    stated = {each.path: each for each in calibrated.ahead.stated}
    found = []
    for number in numbers_of(calibrated).values():
        own = stated.get(number.path)
        if own is None:
            value = plain_value(number.value)
            unit, source = unit_said(number.unit), said(number.source)
            found.append(Filled(number.path, value, unit, number.trust, source))
        elif own.trust != OWN_FILES:
            value = plain_value(own.value)
            unit = unit_said(number.unit)
            found.append(Filled(number.path, value, unit, own.trust, said(own.source)))
    return found


def letters(filled: Iterable[Filled]) -> str:
    """Count numbers by their trust: ``C 3, M 11``."""
    counts = Counter(each.trust for each in filled)
    return say("joint").join(f"{letter} {counts[letter]:,}" for letter in _ORDER if counts[letter])


def stands_for(item: str, filled: Sequence[Filled]) -> list[Filled]:
    """Return the numbers that stand for something the files cannot tell."""
    patterns = next((paths for begins, paths in STANDS_FOR if item.startswith(begins)), ())
    return [each for each in filled if any(_is(each.path, pattern) for pattern in patterns)]


def _is(path: str, pattern: str) -> bool:
    """Whether a path begins as a pattern says; a star is one name."""
    before, star, after = pattern.partition("*")
    if not star:
        return path.startswith(pattern)
    return path.startswith(before) and path.removeprefix(before).partition(".")[2] == after[1:]


def untold_section(calibrated: Calibrated) -> Section:
    """List what the files cannot tell, and with what it was filled."""
    filled = filled_in(calibrated)
    everything = len(numbers_of(calibrated))
    counts = say(
        "untold.counts", all=everything, told=everything - len(filled), filled=len(filled),
        letters=letters(filled),
    )  # fmt: skip
    parts: list[Part] = [Words(say("untold.lead"), "lead"), Words(counts)]
    seen: set[str] = set()
    for item in calibrated.not_identifiable:
        mine = stands_for(item, filled)
        seen.update(each.path for each in mine)
        short, rest = _parted(item)
        inside: list[Part] = [Words(rest)] if rest else []
        if mine:
            table = _table(say("untold.caption", item=short), mine)
            summary = say("untold.filled", count=len(mine), letters=letters(mine))
            inside.append(Folded(summary, (table,)))
        else:
            inside.append(Words(say("untold.nothing"), "note"))
        parts.append(Block(short[:1].upper() + short[1:], tuple(inside)))
    rest_of = [each for each in filled if each.path not in seen]
    if rest_of:
        summary = say("untold.rest", count=len(rest_of), letters=letters(rest_of))
        parts.append(Folded(summary, (_table(say("untold.rest.caption"), rest_of),)))
    parts.append(Words(say("untold.letters"), "note"))
    return Section("untold", say("untold.heading"), tuple(parts))


def shortened(item: str) -> str:
    """Return the subject of a statement: what stands before its colon or bracket."""
    return _parted(item)[0]


def _parted(item: str) -> tuple[str, str]:
    """Part a statement, as it is said, into its subject and the rest, as a sentence."""
    item = said(item)
    places = [place for mark in (":", " (", "：", "（") if (place := item.find(mark)) > 0]
    if not places:
        return item, ""
    place = min(places)
    rest = item[place:].lstrip(":： ").strip()
    for begin, end in ("()", "（）"):
        if rest.startswith(begin) and rest.endswith(end) and rest.count(begin) == 1:
            rest = rest[1:-1]
    return item[:place].strip(), say("sentence", words=rest[:1].upper() + rest[1:])


def _table(caption: str, filled: Sequence[Filled]) -> Table:
    columns = (
        Column(say("column.path"), "code"), Column(say("column.default"), "number"),
        Column(say("column.unit")), Column(say("column.trust")),
        Column(say("column.source"), "wide"),
    )  # fmt: skip
    rows = tuple(tuple(Cell(text) for text in each) for each in filled)
    return Table(caption, columns, rows)


# ------------------------------------------------------------------ what was dropped


def dropped_section(imported: Imported) -> Section:
    """Account for every row that was not used, or not as it stands."""
    heading = say("dropped.heading")
    parts: list[Part] = [_files(imported.counts)]
    touched = any(each.left_out or each.noted for each in imported.counts)
    if not touched and not imported.unusable:
        return Section("dropped", heading, (Words(say("dropped.none")), *parts))
    lead = say("dropped.lead", share=percent(imported.share_unusable))
    parts.insert(0, Words(lead, "lead"))
    if touched:
        parts.append(_reasons(imported.counts))
    if imported.unusable:
        parts.append(_examples(imported.unusable))
    return Section("dropped", heading, tuple(parts))


def _files(counts: Sequence[Count]) -> Table:
    columns = (
        Column(say("column.file")), Column(say("column.kind")),
        Column(say("column.rows"), "number"), Column(say("column.used"), "number"),
        Column(say("column.left_out"), "number"), Column(say("column.fault"), "number"),
    )  # fmt: skip
    rows = tuple(
        (
            Cell(each.file), Cell(said(KIND_WORDS[each.kind])), count_cell(each.rows),
            count_cell(each.used), count_cell(each.rows - each.used), count_cell(each.unusable),
        )
        for each in counts
    )  # fmt: skip
    return Table(say("dropped.caption"), columns, rows)


def _reasons(counts: Sequence[Count]) -> Table:
    columns = (
        Column(say("column.file")), Column(say("column.reason")),
        Column(say("column.treatment")), Column(say("column.count"), "number"),
    )  # fmt: skip
    rows = []
    for each in counts:
        for kept, reasons in ((False, each.left_out), (True, each.noted)):
            for reason, count in sorted(reasons.items(), key=lambda item: -item[1]):
                done = _done(reason, kept)
                rows.append(
                    (
                        Cell(each.file),
                        Cell(said(REASON_WORDS[reason])),
                        Cell(done),
                        count_cell(count),
                    )
                )
    return Table(say("dropped.reasons"), columns, tuple(rows))


def _done(reason: Reason, kept: bool) -> str:
    if kept:
        return say("dropped.value")
    return say("dropped.harmless" if reason in HARMLESS else "dropped.row")


def _examples(unusable: Sequence[Unusable]) -> Table:
    columns = (
        Column(say("column.file")), Column(say("column.row"), "number"),
        Column(say("column.heading")), Column(say("column.reason")),
        Column(say("column.treatment")), Column(say("column.content")),
    )  # fmt: skip
    seen: Counter[tuple[str, str, str]] = Counter()
    rows = []
    for each in unusable:
        group = (each.file, each.reason, each.treatment)
        seen[group] += 1
        if seen[group] <= MOST_EXAMPLES:
            done = said(each.treatment)
            if each.treatment == LEFT_OUT:
                done = _done(each.reason, False)
            rows.append(
                (
                    Cell(each.file), count_cell(each.row), Cell(each.column),
                    Cell(said(REASON_WORDS[each.reason])), Cell(done), Cell(each.value),
                )
            )  # fmt: skip
    rows.sort(key=lambda row: (str(row[0].text), str(row[3].text), row[1].exact or 0.0))
    return Table(say("dropped.examples"), columns, tuple(rows))


# ------------------------------------------------------------------ what to know

_KINDS = (
    "misfit", "no_law_fits", "left_truncation", "regime_change", "negative_duration", "trend",
    "over_dispersed", "recycling", "few_cases", "one_owner", "dropped", "assumption",
    "not_identifiable",
)  # fmt: skip


def findings_section(calibrated: Calibrated, imported: Imported) -> Section:
    """List everything that import and fit had to say, each once."""
    found = list(dict.fromkeys([*imported.findings, *calibrated.findings]))
    parts: list[Part] = []
    for kind in _KINDS:
        mine = [each.words for each in found if each.kind == kind]
        if mine:
            items = tuple(("", words) for words in mine)
            parts.append(Block(say(f"findings.{kind}"), (Listing(items),)))
    if not parts:
        parts.append(Words(say("findings.none")))
    return Section("findings", say("findings.heading"), tuple(parts))
