"""What of a gap belongs to what, as tables: shares, what acts on what, and what is in a factor."""

from __future__ import annotations

from typing import Any

from rich.console import RenderableType
from rich.table import Column
from rich.text import Text

from simulator.experiment.attribution import Attribution
from simulator.experiment.attribution_words import factor_said
from simulator.experiment.quantities import Scale, estimate_of, told
from simulator.languages.messages import say
from simulator.metrics.definitions import METRICS
from simulator.metrics.units import with_unit
from simulator.presentation.figures import MISSING, written
from simulator.presentation.flowing import Flowing
from simulator.presentation.tables import grid, interrupted, right, titled

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
        content += [Flowing(first, style="bold"), *map(Flowing, others), Text("")]
        content.append(_shares(result, metric))
        if len(result.interactions) and len(result.numbers) > 1:
            content.append(_pairs(result, metric))
    if len(result.differences):
        content.append(_factors(result))
    return content


def closing(result: Attribution, version: str) -> str:
    """Say on what the figures rest."""
    runs = len(result.numbers)
    figures = {"runs": result.runs, "n": runs, "seed": result.seed, "version": version}
    exact = result.method == "all combinations"
    if runs > 1:
        basis = say(
            "{runs} runs: all combinations of the factors in each of {n} replications, with the"
            " same luck; seed {seed}; themodel {version}."
            if exact
            else "{runs} runs: one random order of the factors and its reverse in each of {n}"
            " replications, with the same luck; seed {seed}; themodel {version}.",
            **figures,
        )
    else:
        basis = say(
            "{runs} runs: all combinations of the factors in one replication, with the same luck;"
            " seed {seed}; themodel {version}."
            if exact
            else "{runs} runs: one random order of the factors and its reverse in one replication,"
            " with the same luck; seed {seed}; themodel {version}.",
            **figures,
        )
    lines = [basis]
    if not exact:
        lines.append(
            say(
                "Intervals hold the luck of runs and of orders. Of so many factors interactions are"
                " not computed."
            )
        )
    return interrupted(result, lines)


def _shares(result: Attribution, metric: str) -> RenderableType:
    scale = result.scale(metric)
    rows = result.shares[result.shares["metric"] == metric].to_dict(orient="records")
    single = len(result.numbers) == 1
    gap = result.gap(metric)
    of_gap = any(row["relative"] == row["relative"] for row in rows)
    table = grid("", right(scale.unit or say("share¦of a gap")))
    if not single:
        table.add_column(say("95 % interval"), justify="right", no_wrap=True)
        table.add_column(say("told¦beyond luck"))
    if of_gap:
        table.add_column(say("of the gap"), justify="right", no_wrap=True)
        table.add_column(say("95 % interval"), justify="right", no_wrap=True)
    for row in rows:
        if not row["differs"]:
            table.add_row(Flowing(factor_said(row["factor"])), "0", say("the same in both"))
            continue
        cells = [*_amounts(scale, row, single), *([] if single else [_yes(row["told"])])]
        if of_gap:
            cells += _percents(row)
        table.add_row(Flowing(factor_said(row["factor"])), *cells)
    total = {"mean": gap.mean, "low": gap.low, "high": gap.high, "n": gap.n}
    cells = [*_amounts(scale, total, single), *([] if single else [_yes(told(gap) != 0)])]
    whole = [with_unit("100", "%"), ""] if of_gap else []
    table.add_row(Text(say("gap¦between two scenarios"), style="bold"), *cells, *whole)
    title = say("{label}, {b} minus {a}", label=METRICS[metric].label, b=result.b, a=result.a)
    if single:
        return titled(title, table)
    note = say("told: beyond luck among all factors that differ (Holm)")
    return titled(title, table, Flowing(note, style="dim"))


def _percents(row: Any) -> list[str]:
    share, low, high = (round(100.0 * row[f"relative{end}"]) for end in ("", "_low", "_high"))
    return [with_unit(str(share), "%"), with_unit(say("{low} to {high}", low=low, high=high), "%")]


def _yes(told: bool) -> str:
    return say("yes¦told" if told else "no¦not told")


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
        Column(say("effect of"), overflow="fold"), Column(say("given¦factor"), overflow="fold"),
        Column(before, justify="right"), Column(after, justify="right"),
        right(say("difference")), say("told¦beyond luck"),
    )  # fmt: skip
    ordered = pairs.reindex(pairs["mean"].abs().sort_values(ascending=False).index)
    for pair in ordered.head(_MOST_PAIRS).to_dict(orient="records"):
        side = effects[(effects["factor"] == pair["first"]) & (effects["given"] == pair["second"])]
        cells = [_with_margin(scale, row) for row in side.to_dict(orient="records")]
        table.add_row(
            Flowing(factor_said(pair["first"])), Flowing(factor_said(pair["second"])), *cells,
            _with_margin(scale, pair),
            _yes(pair["told"]),
        )  # fmt: skip
    shown = min(_MOST_PAIRS, len(pairs))
    note = say(
        "the {shown} strongest of {count} pairs, {unit} and half the width of the 95 % interval;"
        " difference: Shapley interaction, the same seen from both sides; told: beyond luck among"
        " all pairs (Holm)"
        if len(pairs) > shown
        else "all pairs, {unit} and half the width of the 95 % interval; difference: Shapley"
        " interaction, the same seen from both sides; told: beyond luck among all pairs (Holm)",
        shown=shown,
        count=len(pairs),
        unit=scale.unit or say("mean of a run"),
    )
    title = say("How factors act on each other")
    return titled(title, table, Flowing(note, style="dim"))


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
        factor = "" if row["factor"] == last else factor_said(row["factor"])
        table.add_row(Flowing(factor), Text(row["key"]), *map(Text, values))
        last = row["factor"]
    return titled(say("What is in each factor"), table)
