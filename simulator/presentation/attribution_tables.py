"""What of a gap belongs to what, as tables: shares, what acts on what, and what is in a factor."""

from __future__ import annotations

from typing import Any

from rich.console import RenderableType
from rich.table import Column
from rich.text import Text

from simulator.experiment.attribution import Attribution
from simulator.experiment.quantities import Scale, estimate_of, told
from simulator.metrics.definitions import METRICS
from simulator.presentation.figures import MISSING, words, written
from simulator.presentation.tables import grid, right, titled

_MOST_PAIRS = 6


def story(result: Attribution) -> list[RenderableType]:
    """Tell for each metric how large the gap is and what it belongs to.

    Parameters
    ----------
    result : Attribution
    """
    content: list[RenderableType] = []
    for metric in result.metrics:
        first, *others = result.verdict(metric)
        content += [Text(first, style="bold"), *map(Text, others), Text("")]
        content.append(_shares(result, metric))
        if len(result.interactions) and len(result.numbers) > 1:
            content.append(_pairs(result, metric))
    if len(result.differences):
        content.append(_factors(result))
    return content


def closing(result: Attribution, version: str) -> str:
    """Say on what the figures rest."""
    runs = len(result.numbers)
    each = f"in each of {runs} replications" if runs > 1 else "in one replication"
    luck = f"{each}, with the same luck"
    how = (
        f"all combinations of the factors {luck}"
        if result.method == "all combinations"
        else f"one random order of the factors and its reverse {luck}"
    )
    lines = [f"{result.runs} runs: {how}; seed {result.seed}; themodel {version}."]
    if result.method != "all combinations":
        lines.append(
            "Intervals hold the luck of runs and of orders. Of so many factors interactions are not"
            " computed."
        )
    if result.interrupted:
        lines.insert(0, f"Interrupted after {runs} of {result.asked} replications.")
    return " ".join(lines)


def _shares(result: Attribution, metric: str) -> RenderableType:
    scale = result.scale(metric)
    rows = result.shares[result.shares["metric"] == metric].to_dict(orient="records")
    single = len(result.numbers) == 1
    gap = result.gap(metric)
    of_gap = any(row["relative"] == row["relative"] for row in rows)
    table = grid("", right(scale.unit or "share"))
    if not single:
        table.add_column("95 % interval", justify="right", no_wrap=True)
        table.add_column("told")
    if of_gap:
        table.add_column("of the gap", justify="right", no_wrap=True)
        table.add_column("95 % interval", justify="right", no_wrap=True)
    for row in rows:
        if not row["differs"]:
            table.add_row(words(row["factor"]), "0", "the same in both")
            continue
        cells = [*_amounts(scale, row, single), *([] if single else [_yes(row["told"])])]
        if of_gap:
            percents = [round(100.0 * row[f"relative{end}"]) for end in ("", "_low", "_high")]
            cells += [f"{percents[0]} %", f"{percents[1]} to {percents[2]} %"]
        table.add_row(words(row["factor"]), *cells)
    total = {"mean": gap.mean, "low": gap.low, "high": gap.high, "n": gap.n}
    cells = [*_amounts(scale, total, single), *([] if single else [_yes(told(gap) != 0)])]
    table.add_row(Text("gap", style="bold"), *cells, *(["100 %", ""] if of_gap else []))
    title = f"{METRICS[metric].label}, {result.b} minus {result.a}"
    if single:
        return titled(title, table)
    note = Text("told: beyond luck among all factors that differ (Holm)", style="dim")
    return titled(title, table, note)


def _yes(told: bool) -> str:
    return "yes" if told else "no"


def _amounts(scale: Scale, row: Any, single: bool) -> list[str]:
    estimate = estimate_of(row)
    return [scale.number(estimate.mean), *([] if single else [scale.span(estimate)])]


def _pairs(result: Attribution, metric: str) -> RenderableType:
    """Show the strongest pairs: what one factor does, depending on the other."""
    pairs = result.interactions[result.interactions["metric"] == metric]
    effects = result.effects[result.effects["metric"] == metric]
    scale = Scale.of(metric, result.currency, effects["mean"])
    before, after = result.states
    table = grid(
        Column("effect of", overflow="fold"), Column("given", overflow="fold"),
        Column(before, justify="right"), Column(after, justify="right"),
        right("difference"), "told",
    )  # fmt: skip
    ordered = pairs.reindex(pairs["mean"].abs().sort_values(ascending=False).index)
    for pair in ordered.head(_MOST_PAIRS).to_dict(orient="records"):
        side = effects[(effects["factor"] == pair["first"]) & (effects["given"] == pair["second"])]
        cells = [_with_margin(scale, row) for row in side.to_dict(orient="records")]
        table.add_row(
            words(pair["first"]), words(pair["second"]), *cells, _with_margin(scale, pair),
            _yes(pair["told"]),
        )  # fmt: skip
    shown = min(_MOST_PAIRS, len(pairs))
    which = f"the {shown} strongest of {len(pairs)} pairs" if len(pairs) > shown else "all pairs"
    note = Text(
        f"{which}, {scale.unit or 'mean of a run'} and half the width of the 95 % interval;"
        " difference: Shapley interaction, the same seen from both sides; told: beyond luck among"
        " all pairs (Holm)",
        style="dim",
    )
    return titled("How factors act on each other", table, note)


def _with_margin(scale: Scale, row: Any) -> str:
    effect = estimate_of(row)
    if effect.low is None or effect.high is None:
        return scale.number(effect.mean)
    return f"{scale.number(effect.mean)} ± {scale.number((effect.high - effect.low) / 2.0)}"


def _factors(result: Attribution) -> RenderableType:
    table = grid(
        Column("", overflow="fold"), Column("", overflow="fold"), right(result.a), right(result.b)
    )
    last = ""
    for row in result.differences.to_dict(orient="records"):
        values = [MISSING if row[side] is None else written(row[side]) for side in ("a", "b")]
        factor = "" if row["factor"] == last else words(row["factor"])
        table.add_row(factor, Text(row["key"]), *map(Text, values))
        last = row["factor"]
    return titled("What is in each factor", table)
