"""What we don't know, and luck, as tables: how wide, how it splits, what knowledge would pay."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from rich.console import RenderableType
from rich.table import Column
from rich.text import Text

from simulator.experiment import Estimate
from simulator.experiment.input_uncertainty import InputUncertainty, headlines
from simulator.experiment.quantities import Scale, main_metric
from simulator.experiment.variance_split import DRAWS_A_NUMBER, FEWEST_RANKED, Split
from simulator.metrics import METRICS
from simulator.presentation.figures import MISSING, figure, number
from simulator.presentation.tables import grid, right, titled

_BESIDE = ("sql_count", "win_rate", "lead_time")
_MOST_RANKED = 12
_TOLD = "told from luck"


def story(result: InputUncertainty) -> Iterator[RenderableType]:
    """Tell how far results may be off, for want of knowledge and by luck.

    Parameters
    ----------
    result : InputUncertainty
    """
    title = "What we don't know, and luck"
    if len(result.draws) < 2:
        yield titled(title, Text("Fewer than two parameter draws are finished: nothing to tell."))
        return
    shown = _shown(result)
    table = grid(
        "", right("mean"), right("mean, 95 %"), right("one future, 95 %"), Column("unit"),
        right("not known"), right("95 %"),
    )  # fmt: skip
    for metric in shown:
        table.add_row(METRICS[metric].label, *_cells(result, metric))
    notes = [Text(line, style="dim") for line in _notes(result, shown)]
    yield titled(title, Text(sentence(result)), table, *notes)
    yield _ranking(result)


def sentence(result: InputUncertainty) -> str:
    """Say how the spread of the main metric splits.

    Parameters
    ----------
    result : InputUncertainty
    """
    metric = main_metric(result.scenario)
    found = result.metrics[metric]
    label = METRICS[metric].label
    size = len(result.fits)
    numbers = f"the {size} estimated numbers" if size > 1 else "the one estimated number"
    if not math.isfinite(found.share):
        return f"{label} is the same in every run: neither {numbers} nor luck has any effect on it."
    return (
        f"Of the variance of {label} in a single future, {_percent(found.share)}"
        f" ({_percents(found.share_low, found.share_high)}) is what we don't know of {numbers};"
        " the rest is luck, which no further data takes away."
    )


def _shown(result: InputUncertainty) -> list[str]:
    wanted = dict.fromkeys((*headlines(result.scenario), *_BESIDE))
    return [m for m in wanted if m in result.metrics and math.isfinite(result.metrics[m].mean)]


def _cells(result: InputUncertainty, metric: str) -> tuple[str, ...]:
    found, currency = result.metrics[metric], result.scenario.currency
    unit = METRICS[metric].unit
    mean, of_mean, shown = figure(_estimate(found, "mean"), unit, currency)
    _, of_future, _ = figure(_estimate(found, "future"), unit, currency)
    return (
        mean, of_mean or MISSING, of_future or MISSING, shown, _percent(found.share),
        _percents(found.share_low, found.share_high),
    )  # fmt: skip


def _estimate(found: Split, what: str) -> Estimate:
    low, high = getattr(found, f"{what}_low"), getattr(found, f"{what}_high")
    known = math.isfinite(low) and math.isfinite(high)
    return Estimate(found.mean, low if known else None, high if known else None, found.draws)


def _percent(share: float) -> str:
    return f"{100.0 * share:.0f} %" if math.isfinite(share) else MISSING


def _percents(low: float, high: float) -> str:
    if not (math.isfinite(low) and math.isfinite(high)):
        return MISSING
    return f"{100.0 * low:.0f} to {100.0 * high:.0f} %"


def _notes(result: InputUncertainty, shown: list[str]) -> Iterator[str]:
    runs = len(result.draws) * result.runs_a_draw
    yield (
        f"{len(result.draws)} parameter draws x {result.runs_a_draw} runs = {runs} runs, beside"
        " those at the stated values. mean, 95 %: where the long-run mean may truly lie, given"
        " that we don't know the numbers; one future: where one real outcome may lie, luck and"
        " all; not known: share of the variance of one future that is not luck."
    )
    groups = sorted({fit.group for fit in result.fits.values() if fit.group})
    apart = f" except within groups ({', '.join(groups)})" if groups else ""
    independent = f", independently of each other{apart}" if len(result.fits) > 1 else ""
    yield (
        f"Each number is drawn from its estimate{independent}; those without an estimate stay as"
        " stated, so that what we don't know is at least this. Intervals take results to be about"
        " normal."
    )
    below = [METRICS[m].label for m in shown if result.metrics[m].below_zero]
    if below:
        yield (
            f"Not known 0 %: draws differed by less than luck alone would make them"
            f" ({', '.join(below)}). That is no proof that nothing is unknown: see the interval."
        )
    if result.drawn_again:
        yield (
            f"{result.drawn_again} of {len(result.values)} numbers were drawn anew because together"
            " with others they broke a rule of the scenario."
        )
    if result.interrupted:
        yield f"Interrupted after {len(result.draws)} of {result.asked} parameter draws."


# ------------------------------------------------------------------ which number


def _ranking(result: InputUncertainty) -> RenderableType:
    metric = main_metric(result.scenario)
    title = f"Which missing knowledge costs most: {METRICS[metric].label}"
    rows = [
        {str(key): value for key, value in row.items()}
        for row in result.numbers[result.numbers["metric"] == metric].to_dict(orient="records")
    ]
    how = rows[0]["how"] if rows else "too few draws"
    enough = DRAWS_A_NUMBER * len(result.fits) * result.runs_a_draw
    if how == "too few draws":
        least = FEWEST_RANKED * result.runs_a_draw
        told = f"Nothing can be said of single numbers by {len(result.draws)} parameter draws"
        remedy = f"--replications {least} ranks them, {enough} gives shares"
        if enough <= least:
            remedy = f"--replications {enough} gives shares"
        if len(result.draws) >= FEWEST_RANKED:
            return titled(title, Text("None: they make no difference to it."))
        return titled(title, Text(f"{told}: {remedy}."))
    by_shares = how == "shares"
    table = _shares(result, metric, rows) if by_shares else _ranks(rows)
    note = (
        "share: of the variance of one future, what would go if this number alone were known"
        " exactly, by a straight line through the draws; change: by one standard error of the"
        " number, upwards; p adjusted for the number of numbers (Holm)"
        if by_shares
        else f"{len(result.draws)} draws are too few for shares of {len(result.fits)} numbers"
        f" (--replications {enough} gives them): rank correlations, p adjusted for their number"
        " (Holm)"
    )
    if len(rows) > _MOST_RANKED:
        note += f"; {len(rows) - _MOST_RANKED} weaker ones are in --out and --json"
    return titled(title, table, Text(note, style="dim"))


def _shares(result: InputUncertainty, metric: str, rows: list[dict[str, Any]]) -> RenderableType:
    scale = Scale.of(metric, result.scenario.currency, [row["slope"] for row in rows])
    table = grid(
        Column("", overflow="fold"), right("share"), right("95 %"),
        right(f"change, {scale.unit}" if scale.unit else "change"), right("p"), "",
    )  # fmt: skip
    for row in sorted(rows, key=lambda row: -row["share"])[:_MOST_RANKED]:
        table.add_row(
            row["path"], _percent(row["share"]), _percents(row["share_low"], row["share_high"]),
            scale.number(row["slope"]), _p(row["p"]), _TOLD if row["told"] else "",
        )  # fmt: skip
    return table


def _ranks(rows: list[dict[str, Any]]) -> RenderableType:
    table = grid(Column("", overflow="fold"), right("rank correlation"), right("p"), "")
    for row in sorted(rows, key=lambda row: -abs(row["rank_correlation"]))[:_MOST_RANKED]:
        told = _TOLD if row["told"] else ""
        table.add_row(row["path"], number(row["rank_correlation"], 2), _p(row["p"]), told)
    return table


def _p(p: float) -> str:
    return "<0.001" if p < 0.001 else f"{p:.3f}"
