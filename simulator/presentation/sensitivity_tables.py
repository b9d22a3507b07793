"""What if an assumption is wrong, as tables: what matters, how much, and what flips a verdict."""

from __future__ import annotations

from typing import Any

from rich.console import RenderableType
from rich.table import Column
from rich.text import Text

from simulator.experiment import sensitivity_words as words
from simulator.experiment.quantities import Scale
from simulator.experiment.sensitivity import LUCK, Sensitivity
from simulator.experiment.statistics import Estimate
from simulator.presentation.figures import MISSING
from simulator.presentation.tables import grid, right, titled

_MOST_SCREENED = 20
_LUCK = "luck (which replication)"
_STATED = "*: range stated with the source"


def story(result: Sensitivity) -> list[RenderableType]:
    """Tell the verdict, whether it survives, what flips it, and what matters.

    Parameters
    ----------
    result : Sensitivity
    """
    content: list[RenderableType] = [Text(result.verdict, style="bold")]
    if result.survival is not None:
        content += [Text(words.at_stated_values(result)), Text(words.LUCK_NOTE, style="dim")]
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
    return f"{words.closing(result).removesuffix('.')}; themodel {version}."


def _what(result: Sensitivity) -> str:
    if result.versus is None:
        return f"{result.label} of {result.name}"
    return f"{result.label}, {result.name} minus {result.versus}"


def _named(row: dict[str, Any], column: str = "path") -> str:
    return f"{row[column]} *" if row["range"] == "stated" else str(row[column])


def _path() -> Column:
    return Column("", overflow="fold")


def _tornado(result: Sensitivity, scale: Scale) -> RenderableType:
    table = grid(
        _path(), right("at"), right(scale.unit or "mean"), right("95 % interval"), right("change"),
        right("95 % interval"), Column("", no_wrap=True),
    )  # fmt: skip
    last = ""
    for row in words.rows_of(result.tornado):
        outcome, change = (_estimate(row, name) for name in ("outcome", "change"))
        table.add_row(
            "" if row["path"] == last else _named(row),
            words.amount(row["value"]),
            scale.number(outcome.mean),
            scale.span(outcome) or MISSING,
            scale.number(change.mean),
            scale.span(change) or MISSING,
            Text(row["verdict"], style="bold"),
        )
        last = row["path"]
    note = "the others at their stated values; laws (durations) as factors on the stated times"
    note += f"; {_STATED}"
    if result.versus is not None:
        note += (
            "; flips: the other leads beyond luck; may flip: it leads, but that may be luck; open:"
            " the lead may be luck"
        )
    title = f"Each alone, at both ends of its range: {_what(result)}"
    return titled(title, table, Text(note, style="dim"))


def _halves(result: Sensitivity) -> RenderableType:
    table = grid(
        _path(), right("lower half"), right("95 % interval"), right("upper half"),
        right("95 % interval"),
    )  # fmt: skip
    cells: dict[str, dict[str, list[str]]] = {}
    for row in words.rows_of(result.halves):
        cells.setdefault(_named(row), {})[row["half"]] = [
            f"{row['ahead']:g} of {row['points']}",
            _percents(row, "share"),
        ]
    nothing = [MISSING, MISSING]
    for path, halves in cells.items():
        table.add_row(path, *halves.get("lower", nothing), *halves.get("upper", nothing))
    title = f"Points in which {result.name} is ahead, by the half of its range an assumption is in"
    return titled(title, table)


def _variance(result: Sensitivity) -> RenderableType:
    table = grid(
        _path(), right("alone"), right("95 % interval"), right("with others"),
        right("95 % interval"),
    )  # fmt: skip
    for row in words.rows_of(result.variance):
        name = _LUCK if row["factor"] == LUCK else _named(row, "factor")
        cells = []
        for kind in ("first", "total"):
            cells += [f"{100 * row[kind]:.0f} %", _percents(row, kind)]
        table.add_row(name, *cells)
    note = (
        f"Sobol' indices from {result.variance['n'].iloc[0]} rows, the other assumptions at their"
        " stated values; alone: what it explains itself; with others: and by what it does to their"
        " effect. Estimates may lie below 0 or above 100 %."
    )
    return titled(f"Shares of the variance: {_what(result)}", table, Text(note, style="dim"))


def _percents(row: dict[str, Any], kind: str) -> str:
    low, high = row[f"{kind}_low"], row[f"{kind}_high"]
    return MISSING if low is None or high is None else f"{100 * low:.0f} to {100 * high:.0f} %"


def _screening(result: Sensitivity, scale: Scale) -> RenderableType:
    table = grid(
        _path(), right("range"), right("effect"), right("95 % interval"), right("size"),
        right("spread"),
    )  # fmt: skip
    for row in words.rows_of(result.screening.head(_MOST_SCREENED)):
        effect = _estimate(row, "mu")
        table.add_row(
            _named(row),
            f"{words.amount(row['low'])} to {words.amount(row['high'])}",
            scale.number(effect.mean),
            scale.span(effect) or MISSING,
            MISSING if row["mu_star"] is None else scale.number(row["mu_star"]),
            MISSING if row["sigma"] is None else scale.number(row["sigma"]),
        )
    more = len(result.screening) - _MOST_SCREENED
    note = (
        "effect, size, spread: mean, mean size and standard deviation of going through the range"
        f" ({scale.unit or 'as the metric'}); spread holds luck, interactions and curvature;"
        f" {_STATED}, the others by the rule (25 % for trust C, 50 % for D and M; shares in odds)"
    )
    if more > 0:
        note += f"; {more} weaker ones are in --out and --json"
    title = f"Screening, strongest first: {_what(result)}"
    return titled(title, table, Text(note, style="dim"))


def _left_out(result: Sensitivity) -> list[RenderableType]:
    """Say in a few lines what was not varied, and why."""
    table = result.assumptions
    inert = list(table["path"][table["status"] == "without effect"])
    fixed = table[table["status"] == "not varied"]
    lines = [f"Without effect here ({len(inert)}): {_blocks(inert)}"] if inert else []
    reasons: dict[str, list[str]] = {}
    for row in words.rows_of(fixed):
        reasons.setdefault(row["why"].partition(" (")[0], []).append(row["path"])
    for why, paths in reasons.items():
        lines.append(f"Not varied, {why} ({len(paths)}): {_blocks(paths)}")
    if result.compared:
        lines.append(f"Compared ({len(result.compared)}): {_blocks(result.compared)}")
    return [*(Text(line, style="dim") for line in lines), Text("")]


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
