"""A calibration as a reader at a terminal sees it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from rich.console import RenderableType
from rich.table import Column, Table
from rich.text import Text

from simulator.calibration.estimates import Estimate, Finding, back
from simulator.calibration.fitting import Calibrated, day_of
from simulator.calibration.importing.cleaning import KIND_WORDS, REASON_WORDS
from simulator.calibration.importing.imported import Imported
from simulator.calibration.importing.importing_words import listing
from simulator.calibration.importing.mapping import FileMapping, Mapping
from simulator.calibration.matching import Matched
from simulator.calibration.writing import Stated, rounded
from simulator.experiment.wording import paragraph
from simulator.languages.languages import spoken
from simulator.languages.messages import marked, say
from simulator.presentation.tables import grid, prose, right, titled
from simulator.scenario.scalars import shorten


def guess_story(mapping: Mapping) -> Iterator[RenderableType]:
    """Show what each file is taken for, which heading plays which role, and what stages mean."""
    table = grid(
        Column(say("file")), Column(say("is¦file")), Column(say("column")), Column(say("read as"))
    )
    for each in mapping.files:
        for at, (role, heading) in enumerate(each.columns.items()):
            first = at == 0
            table.add_row(each.file if first else "", _kind(each) if first else "", heading, role)
        if not each.columns:
            table.add_row(each.file, _kind(each), "", "")
    yield titled(say("How the files are read"), table)
    if mapping.stages:
        stages = grid(Column(say("stage")), Column(say("means that an opportunity is")))
        for name, meaning in mapping.stages.items():
            said = say(_STAGES_SAID[meaning])
            note = say(mapping.notes.get(f"stages.{name}", ""))
            said = say("{meaning}: {note}", meaning=said, note=note) if note else said
            stages.add_row(Text(shorten(name)), prose(said))  # a name is no markup
        title = say("What the stages are taken for (correct it in the mapping file)")
        yield titled(title, stages)


_ASKED = marked("? (asked)")
_STAGES_SAID = {
    "ask": _ASKED,
    "leave_out": marked("not used"),
    "open": marked("open¦deal"),
    "won": marked("won¦deal"),
    "lost": marked("lost¦deal"),
}


def _kind(each: FileMapping) -> str:
    return say(_ASKED if each.kind == "ask" else KIND_WORDS[each.kind])


def import_story(imported: Imported) -> Iterator[RenderableType]:
    """Show how many rows of each file were used, and what could not be used of the others."""
    table = grid(
        Column(say("file")), right(say("rows")), right(say("used¦rows")),
        Column(say("not used, and why")),
    )  # fmt: skip
    for each in imported.counts:
        why = Counter(found.reason for found in imported.unusable if found.file == each.file)
        said = [
            say("{count} {reason}", count=f"{count:,}", reason=say(REASON_WORDS[reason]))
            for reason, count in why.most_common()
        ]
        used = each.rows - sum(each.left_out.values())
        table.add_row(each.file, f"{each.rows:,}", f"{used:,}", _flowing(listing(said) or "-"))
    yield titled(say("Rows, and cells of them"), table)


def story(calibrated: Calibrated) -> Iterator[RenderableType]:
    """Show what was fitted, how well runs show the files' figures, and what nobody can tell."""
    yield prose("\n" + verdict(calibrated))
    yield titled(say("What the files told"), _numbers(calibrated.ahead.stated))
    if calibrated.matched is not None:
        title = say("Runs of the result beside the files")
        yield titled(title, _held_against(calibrated.matched))
    yield from _listed(say("What to know"), _said(calibrated.findings))
    yield from _listed(
        say("What these files cannot tell (filled from the default company)"),
        [say(each) for each in calibrated.not_identifiable],
    )


def verdict(calibrated: Calibrated) -> str:
    """Say in a few sentences what came out."""
    told, records = calibrated.told, calibrated.records
    since, until = day_of(records, calibrated.since), day_of(records, records.until, ends=True)
    sentences = [
        say(
            "{n} {what} since {since}, files until {until}: {rate} a business day.",
            n=f"{told.arrivals.total.n:,}", since=since, until=until,
            what=say("leads" if told.arrivals.of == "leads" else "opportunities"),
            rate=f"{told.arrivals.total.value:.3g}",
        )
    ]  # fmt: skip
    conversion = told.conversions.lead_to_win or told.conversions.opportunity_to_win
    if conversion is not None:
        text = marked(
            "{share} % of inquiries sign within {days} business days ({low} to {high} %)."
        )
        if not told.conversions.lead_to_win:
            text = marked(
                "{share} % of opportunities sign within {days} business days ({low} to {high} %)."
            )
        sentences.append(
            say(
                text, share=f"{100.0 * conversion.value:.3g}",
                days=f"{told.conversions.horizon:.0f}", low=f"{100.0 * conversion.low:.3g}",
                high=f"{100.0 * conversion.high:.3g}",
            )
        )  # fmt: skip
    days = told.conversions.days_to_win or told.conversions.days_in_sales
    median = next((each for each in days if each.key.endswith("p50")), None)
    if median is not None:
        sentences.append(
            say(
                "Half of them within {days} ({low} to {high}).", days=f"{median.value:.3g}",
                low=f"{median.low:.3g}", high=f"{median.high:.3g}",
            )
        )  # fmt: skip
    return paragraph(sentences)


def _numbers(stated: Sequence[Stated]) -> Table:
    table = grid(
        Column(say("number of the scenario"), overflow="fold"), right(say("value")),
        right(say("95 % interval")), right(say("cases")), Column(say("how"), overflow="fold"),
    )  # fmt: skip
    for each in stated:
        if each.estimate is not None:
            _number(table, each.path, each.estimate)
        for name, estimate in each.within:
            _number(table, f"{each.path}.{name}", estimate)
    return table


def _number(table: Table, path: str, estimate: Estimate) -> None:
    table.add_row(
        path.removeprefix("market.channels."),
        _figure(estimate.value, 4),
        say("{low} to {high}", low=_figure(estimate.low), high=_figure(estimate.high)),
        f"{estimate.n:,}",
        _flowing(estimate.method),
    )


def _figure(value: float, digits: int = 3) -> str:
    """Write a number as people do: no powers of ten where it is an amount."""
    short = rounded(value, digits)
    return f"{short:,.0f}" if abs(short) >= 10.0**digits else f"{short:.{digits}g}"


def _held_against(matched: Matched) -> Table:
    table = grid(
        Column(say("figure¦column")), right(say("on file¦rows")), right(say("95 % of histories")),
        right(say("in runs")),
    )  # fmt: skip
    rows = zip(matched.targets, matched.reached, matched.errors, strict=True)
    for target, reached, error in rows:
        low, high = (back(target.value + sign * 1.96 * error, target.scale) for sign in (-1.0, 1.0))
        table.add_row(
            target.key, _figure(back(target.value, target.scale)),
            say("{low} to {high}", low=_figure(low), high=_figure(high)),
            _figure(back(float(reached), target.scale)),
        )  # fmt: skip
    return table


def _flowing(text: str) -> RenderableType:
    return prose(text) if spoken() == "ja" else text


def _said(findings: Sequence[Finding]) -> list[str]:
    return [each.words for each in findings]


def _listed(heading: str, lines: Sequence[str]) -> Iterator[RenderableType]:
    if not lines:
        return
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 1, 0, 0))
    for line in lines:
        table.add_row("-", _flowing(line))
    yield titled(heading, table)


def as_json(
    calibrated: Calibrated, imported: Imported, written: Sequence[str], version: str
) -> dict[str, Any]:
    """Return everything as one object.

    Parameters
    ----------
    calibrated : Calibrated
    imported : Imported
    written : sequence of str
        Names of the files.
    version : str
        Of the product.
    """
    numbers: dict[str, Any] = {}
    for each in calibrated.ahead.stated:
        numbers[each.path] = {"value": each.value, "source": each.source, "trust": each.trust}
        if each.estimate is not None:
            numbers[each.path] |= _interval(each.estimate)
        for name, estimate in each.within:
            numbers[f"{each.path}.{name}"] = {"value": estimate.value, **_interval(estimate)}
    matched = calibrated.matched
    return {
        "since": str(day_of(calibrated.records, calibrated.since)),
        "until": str(day_of(calibrated.records, calibrated.records.until, ends=True)),
        "numbers": numbers,
        "told": {
            each.key: {"value": each.value, "unit": each.unit, **_interval(each)}
            for each in calibrated.told.conversions
        },
        "runs": {
            target.key: {
                "on_file": back(target.value, target.scale),
                "in_runs": back(float(reached), target.scale),
            }
            for target, reached in (
                zip(matched.targets, matched.reached, strict=True) if matched is not None else ()
            )
        },
        "findings": [{"kind": each.kind, "words": each.words} for each in calibrated.findings],
        "not_identifiable": list(calibrated.not_identifiable),
        "rows": [
            {"file": each.file, "rows": each.rows, "unusable": each.unusable}
            for each in imported.counts
        ],
        "import_findings": [{"kind": each.kind, "words": each.words} for each in imported.findings],
        "written": list(written),
        "seed": calibrated.seed,
        "version": version,
    }


def _interval(estimate: Estimate) -> dict[str, Any]:
    return {
        "low": estimate.low, "high": estimate.high, "cases": estimate.n, "method": estimate.method
    }  # fmt: skip
