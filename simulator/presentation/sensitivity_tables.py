"""What if an assumption is wrong, as tables: what matters, how much, and what flips a verdict."""

from __future__ import annotations

from typing import Any

from rich.console import Group, RenderableType
from rich.table import Column
from rich.text import Text

from simulator.experiment import sensitivity_words as words
from simulator.experiment.assumption_labels import assumption_label
from simulator.experiment.quantities import Scale
from simulator.experiment.sensitivity import LUCK, Sensitivity
from simulator.experiment.statistics import Estimate
from simulator.languages.messages import marked, say
from simulator.metrics.units import with_unit
from simulator.presentation.figures import MISSING
from simulator.presentation.flowing import Flowing
from simulator.presentation.tables import grid, right, titled

_MOST_SCREENED = 20
_VERDICTS = {
    "": "",
    "flips": marked("flips¦the lead"),
    "may flip": marked("may flip¦the lead"),
    "open": marked("open¦the lead"),
    "beyond": words.BEYOND,
    "missing": marked("missing¦the lead"),
}
# Why an assumption was not varied, as the table of assumptions says it.
_REASONS = {
    "chosen by the organization": marked("chosen by the organization"),
    "a list of weights": marked("a list of weights"),
    "a name with a dot in it": marked("a name with a dot in it"),
    "no room beside what it depends on": marked("no room beside what it depends on"),
    "0 and no stated range": marked("0 and no stated range"),
    "1 and no stated range": marked("1 and no stated range"),
    "the ranges of the two scenarios have nothing in common": marked(
        "the ranges of the two scenarios have nothing in common"
    ),
}

_UNUSED = "without use while "


def story(result: Sensitivity) -> list[RenderableType]:
    """Tell the verdict, whether it survives, what flips it, and what matters.

    Parameters
    ----------
    result : Sensitivity
    """
    first, *others = words.findings(result)
    content: list[RenderableType] = [Flowing(first, style="bold")]
    content += [Flowing(each) for each in others]
    if result.survival is not None:
        content.append(Flowing(say(words.LUCK_NOTE), style="dim"))
    content.append(Text(""))
    scale = result.scale()
    if len(result.tornado):
        content.append(_tornado(result, scale))
    if len(result.halves):
        content.append(_halves(result))
    if len(result.variance):
        content.append(_variance(result))
    content.append(_screening(result, scale))
    content += _left_out(result)
    return content


def closing(result: Sensitivity, version: str) -> str:
    """Say on what the figures rest.

    Parameters
    ----------
    result : Sensitivity
    version : str
        Of the program.
    """
    # The last sentence ends with the version: the full stop comes after it.
    text = words.closing(result).removesuffix(say(".¦end of a sentence"))
    return say("{text}; themodel {version}.", text=text, version=version)


def _what(result: Sensitivity) -> str:
    if result.versus is None:
        return say("{label} of {scenario}", label=result.label, scenario=result.name)
    return say("{label}, {b} minus {a}", label=result.label, b=result.versus, a=result.name)


def _named(row: dict[str, Any], column: str = "path") -> str:
    label = assumption_label(str(row[column]))
    return f"{label}*" if row["range"] == "stated" else label


def _tornado(result: Sensitivity, scale: Scale) -> RenderableType:
    table = grid(
        "", right(say("at¦value")), right(scale.unit or say("mean¦column")),
        right(say("95 % interval")), right(say("change¦column")), right(say("95 % interval")),
        Column("", no_wrap=True),
    )  # fmt: skip
    ends: dict[str, list[dict[str, Any]]] = {}
    for row in words.rows_of(result.tornado):
        ends.setdefault(row["path"], []).append(row)
    laws = words.laws_of(result)
    # Both ends in one row: a label that takes two lines stands beside both.
    for rows in ends.values():
        cells = zip(*(_end(row, scale, row["path"] in laws) for row in rows), strict=True)
        *figures, verdicts = ("\n".join(each) for each in cells)
        table.add_row(Flowing(_named(rows[0])), *figures, Text(verdicts, style="bold"))
    beyond = (result.tornado["verdict"] == "beyond").any()
    note = say(
        "the others at their stated values; ×: a factor on the stated times; *: range stated with"
        " the source; longer than seen: than what was seen in a run there, so that nothing is known"
        if result.versus is None and beyond
        else "the others at their stated values; ×: a factor on the stated times; *:"
        " range stated with the source"
        if result.versus is None
        else "the others at their stated values; ×: a factor on the stated times;"
        " *: range stated with the source; flips: the other leads beyond luck; may flip: it leads,"
        " but that may be luck; open: the lead may be luck; longer than seen: than what was seen in"
        " a run there, so that nothing is known; missing: no run there has the metric; each end is"
        " judged alone, by its 95 % interval"
    )
    title = say("Each alone, at both ends of its range: {what}", what=_what(result))
    return titled(title, table, Flowing(note, style="dim"))


def _end(row: dict[str, Any], scale: Scale, law: bool) -> tuple[str, ...]:
    outcome, change = (_estimate(row, name) for name in ("outcome", "change"))
    return (
        words.amount(row["value"], law),
        scale.number(outcome.mean),
        scale.span(outcome) or MISSING,
        scale.number(change.mean),
        scale.span(change) or MISSING,
        _verdict(row["verdict"]),
    )


def _verdict(kind: str) -> str:
    return say(_VERDICTS[kind]) if kind else ""


def _halves(result: Sensitivity) -> RenderableType:
    table = grid(
        "", right(say("lower half")), right(say("95 % interval")), right(say("upper half")),
        right(say("95 % interval")), Column("", no_wrap=True),
    )  # fmt: skip
    cells: dict[str, dict[str, list[str]]] = {}
    told: dict[str, bool] = {}
    for row in words.rows_of(result.halves):
        told[_named(row)] = row["told"]
        cells.setdefault(_named(row), {})[row["half"]] = [
            say("{ahead} of {points}", ahead=f"{row['ahead']:g}", points=row["points"]),
            _percents(row, "share"),
        ]
    nothing = [MISSING, MISSING]
    for name, halves in cells.items():
        table.add_row(Flowing(name), *halves.get("lower", nothing), *halves.get("upper", nothing),
                      Text(say("differ¦the halves") if told[name] else ""))  # fmt: skip
    title = say(
        "Points in which {scenario} is ahead, by the half of its range an assumption is in",
        scenario=result.survival.leader if result.survival else result.name,
    )
    note = say("differ: beyond luck (Fisher's exact test; Holm over all in this table)")
    return titled(title, table, Flowing(note, style="dim"))


def _variance(result: Sensitivity) -> RenderableType:
    table = grid(
        "", right(say("alone¦column")), right(say("95 % interval")),
        right(say("with others")), right(say("95 % interval")),
    )  # fmt: skip
    for row in words.rows_of(result.variance):
        luck = row["factor"] == LUCK
        name = say("luck (which replication)") if luck else _named(row, "factor")
        cells = []
        for kind in ("first", "total"):
            cells += [with_unit(f"{100 * row[kind]:.0f}", "%"), _percents(row, kind)]
        table.add_row(Flowing(name), *cells)
    note = say(
        "Sobol' indices from {rows} rows, the other assumptions at their stated values; alone: what"
        " it explains itself; with others: and by what it does to their effect. A share below 0 or"
        " an interval wider than 100 %: too few rows to split the variance."
        if _too_few(result)
        else "Sobol' indices from {rows} rows, the other assumptions at their stated values; alone:"
        " what it explains itself; with others: and by what it does to their effect. Estimates may"
        " lie below 0 or above 100 %.",
        rows=result.variance["n"].iloc[0],
    )
    title = say("Shares of the variance: {what}", what=_what(result))
    return titled(title, table, Flowing(note, style="dim"))


def _too_few(result: Sensitivity) -> bool:
    """Tell whether a share is shown below 0, or is known to no better than 100 %."""
    return any(
        row[kind] <= -0.005
        or (row[f"{kind}_low"] is not None and row[f"{kind}_high"] - row[f"{kind}_low"] > 1.0)
        for row in words.rows_of(result.variance)
        for kind in ("first", "total")
    )


def _percents(row: dict[str, Any], kind: str) -> str:
    low, high = row[f"{kind}_low"], row[f"{kind}_high"]
    if low is None or high is None:
        return MISSING
    span = say("{low} to {high}", low=f"{100 * low:.0f}", high=f"{100 * high:.0f}")
    return with_unit(span, "%")


def _screening(result: Sensitivity, scale: Scale) -> RenderableType:
    table = grid(
        "", right(say("range¦column")), right(say("effect¦column")),
        right(say("95 % interval")), right(say("size¦column")), right(say("spread¦column")),
    )  # fmt: skip
    laws, beyond = words.laws_of(result), words.beyond_of(result)
    for row in words.rows_of(result.screening.head(_MOST_SCREENED)):
        law = row["path"] in laws
        effect = _estimate(row, "mu")
        key = Text(row["path"], style="dim", overflow="fold")
        table.add_row(
            Group(Flowing(_named(row)), key),
            say(
                "{low} to {high}", low=words.amount(row["low"], law), high=words.amount(row["high"])
            ),
            words.effect_said(row, beyond, scale.number),
            scale.span(effect) or MISSING,
            MISSING if row["mu_star"] is None else scale.number(row["mu_star"]),
            MISSING if row["sigma"] is None else scale.number(row["sigma"]),
        )
    more = len(result.screening) - _MOST_SCREENED
    note = say(
        "effect, size, spread: mean, mean size and standard deviation of going through the range"
        " ({unit}); spread holds luck, interactions and curvature; *: range stated with the source,"
        " the others by the rule (25 % for trust C, 50 % for D and M; shares in odds); {more}"
        " weaker ones are in --out and --json"
        if more > 0
        else "effect, size, spread: mean, mean size and standard deviation of going through the"
        " range ({unit}); spread holds luck, interactions and curvature; *: range stated with the"
        " source, the others by the rule (25 % for trust C, 50 % for D and M; shares in odds)",
        unit=scale.unit or say("as the metric"),
        more=more,
    )
    title = say("Screening, strongest first: {what}", what=_what(result))
    return titled(title, table, Flowing(note, style="dim"))


def _left_out(result: Sensitivity) -> list[RenderableType]:
    """Say in a few lines what was not varied, and why."""
    table = result.assumptions
    inert = list(table["path"][table["status"] == "without effect"])
    fixed = table[table["status"] == "not varied"]
    lines = []
    if inert:
        line = say("Without effect here ({count}): {keys}", count=len(inert), keys=_blocks(inert))
        lines.append(line)
    reasons: dict[str, list[str]] = {}
    for row in words.rows_of(fixed):
        reasons.setdefault(row["why"].partition(" (")[0], []).append(row["path"])
    for why, paths in reasons.items():
        lines.append(
            say(
                "Not varied, {reason} ({count}): {keys}",
                reason=_reason(why),
                count=len(paths),
                keys=_blocks(paths),
            )
        )
    if result.compared:
        count = len(result.compared)
        lines.append(say("Compared ({count}): {keys}", count=count, keys=_blocks(result.compared)))
    return [*(Flowing(line, style="dim") for line in lines), Text("")]


def _reason(why: str) -> str:
    if why.startswith(_UNUSED):
        key = why.removeprefix(_UNUSED).removesuffix(" is 0")
        return say("without use while {key} is 0", key=key)
    return say(_REASONS[why]) if why in _REASONS else why


def _blocks(paths: list[str] | tuple[str, ...]) -> str:
    """Name keys one by one if they are few, else the blocks that they stand in."""
    if len(paths) <= 4:
        return ", ".join(paths)
    counts: dict[str, int] = {}
    for path in paths:
        block = ".".join(path.split(".")[: 2 if path.count(".") > 1 else 1])
        counts[block] = counts.get(block, 0) + 1
    return ", ".join(f"{block} {count}" if count > 1 else block for block, count in counts.items())


def _estimate(row: dict[str, Any], name: str) -> Estimate:
    value = float("nan") if row[name] is None else row[name]
    return Estimate(value, row[f"{name}_low"], row[f"{name}_high"], row["n"])
