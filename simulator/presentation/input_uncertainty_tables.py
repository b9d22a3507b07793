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
from simulator.languages.languages import spoken
from simulator.languages.messages import marked, say
from simulator.metrics import METRICS
from simulator.presentation.figures import MISSING, figure, number
from simulator.presentation.tables import grid, prose, right, titled

_BESIDE = ("sql_count", "win_rate", "lead_time")
_MOST_RANKED = 12
_TOLD = marked("told from luck")


def story(result: InputUncertainty) -> Iterator[RenderableType]:
    """Tell how far results may be off, for want of knowledge and by luck.

    Parameters
    ----------
    result : InputUncertainty
    """
    title = say("What we don't know, and luck")
    if len(result.draws) < 2:
        told = say("Fewer than two parameter draws are finished: nothing to tell.")
        yield titled(title, prose(told))
        return
    shown = _shown(result)
    table = grid(
        "", right(say("mean")), right(say("mean, 95 %")), right(say("one future, 95 %")),
        Column(say("unit")), right(say("not known")), right(say("95 %¦column")),
    )  # fmt: skip
    for metric in shown:
        table.add_row(prose(METRICS[metric].label), *_cells(result, metric))
    notes = [prose(line, style="dim") for line in _notes(result, shown)]
    yield titled(title, prose(sentence(result)), table, *notes)
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
    numbers = say(
        "the {size} estimated numbers" if size > 1 else "the one estimated number", size=size
    )
    if found.reason:
        return say(
            "How much of the variance of {metric} is luck is not known: in a run it is longer than"
            " what was seen.",
            metric=label,
        )
    if not math.isfinite(found.share):
        return say(
            "{metric} is the same in every run: neither {numbers} nor luck has any effect on it.",
            metric=label,
            numbers=numbers,
        )
    return say(
        "Of the variance of {metric} in a single future, {share} ({range}) is what we don't know"
        " of {numbers}; the rest is luck, which no further data takes away.",
        metric=label,
        share=_percent(found.share),
        range=_percents(found.share_low, found.share_high),
        numbers=numbers,
    )


def _shown(result: InputUncertainty) -> list[str]:
    return [m for m in _wanted(result) if math.isfinite(result.metrics[m].mean)]


def _wanted(result: InputUncertainty) -> list[str]:
    wanted = dict.fromkeys((*headlines(result.scenario), *_BESIDE))
    return [m for m in wanted if m in result.metrics]


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
    return say("{number} %", number=f"{100.0 * share:.0f}") if math.isfinite(share) else MISSING


def _percents(low: float, high: float) -> str:
    if not (math.isfinite(low) and math.isfinite(high)):
        return MISSING
    return say("{low} to {high} %", low=f"{100.0 * low:.0f}", high=f"{100.0 * high:.0f}")


def _notes(result: InputUncertainty, shown: list[str]) -> Iterator[str]:
    runs = len(result.draws) * result.runs_a_draw
    yield say(
        "{draws} parameter draws x {each} runs = {runs} runs, beside"
        " those at the stated values. mean, 95 %: where the long-run mean may truly lie, given"
        " that we don't know the numbers; one future: where one real outcome may lie, luck and"
        " all; not known: share of the variance of one future that is not luck.",
        draws=len(result.draws),
        each=result.runs_a_draw,
        runs=runs,
    )
    groups = sorted({fit.group for fit in result.fits.values() if fit.group})
    text = marked(
        "Each number is drawn from its estimate; those without an estimate stay as"
        " stated, so that what we don't know is at least this. Intervals take results to be about"
        " normal."
    )
    if groups and len(result.fits) > 1:
        text = marked(
            "Each number is drawn from its estimate, independently of each other except within"
            " groups ({groups}); those without an estimate stay as stated, so that what we don't"
            " know is at least this. Intervals take results to be about normal."
        )
    elif len(result.fits) > 1:
        text = marked(
            "Each number is drawn from its estimate, independently of each other; those without an"
            " estimate stay as stated, so that what we don't know is at least this. Intervals take"
            " results to be about normal."
        )
    yield say(text, groups=", ".join(groups))
    below = [METRICS[m].label for m in shown if result.metrics[m].below_zero]
    if below:
        yield say(
            "Not known 0 %: draws differed by less than luck alone would make them"
            " ({metrics}). That is no proof that nothing is unknown: see the interval.",
            metrics=("、" if spoken() == "ja" else ", ").join(below),
        )
    beyond = [METRICS[m].label for m in _wanted(result) if result.metrics[m].reason]
    if beyond:
        yield say(
            "Not in the table, since in a run it is longer than what was seen, so that nothing is"
            " known of its mean: {metrics}.",
            metrics=("、" if spoken() == "ja" else ", ").join(beyond),
        )
    if result.drawn_again:
        yield say(
            "{again} of {all} numbers were drawn anew because together"
            " with others they broke a rule of the scenario.",
            again=result.drawn_again,
            all=len(result.values),
        )
    if result.interrupted:
        yield say(
            "Interrupted after {done} of {asked} parameter draws.",
            done=len(result.draws),
            asked=result.asked,
        )


# ------------------------------------------------------------------ which number


def _ranking(result: InputUncertainty) -> RenderableType:
    metric = main_metric(result.scenario)
    title = say("Which missing knowledge costs most: {metric}", metric=METRICS[metric].label)
    rows = [
        {str(key): value for key, value in row.items()}
        for row in result.numbers[result.numbers["metric"] == metric].to_dict(orient="records")
    ]
    how = rows[0]["how"] if rows else "too few draws"
    enough = DRAWS_A_NUMBER * len(result.fits) * result.runs_a_draw
    if how == "too few draws":
        least = FEWEST_RANKED * result.runs_a_draw
        if result.metrics[metric].reason:
            return titled(title, Text(say("Not known: in a run it is longer than what was seen.")))
        if len(result.draws) >= FEWEST_RANKED:
            return titled(title, Text(say("None: they make no difference to it.")))
        text = marked(
            "Nothing can be said of single numbers by {draws} parameter draws:"
            " --replications {least} ranks them, {enough} gives shares."
        )
        if enough <= least:
            text = marked(
                "Nothing can be said of single numbers by {draws} parameter draws:"
                " --replications {enough} gives shares."
            )
        told = say(text, draws=len(result.draws), least=least, enough=enough)
        return titled(title, prose(told))
    by_shares = how == "shares"
    table = _shares(result, metric, rows) if by_shares else _ranks(rows)
    note = say(
        "share: of the variance of one future, what would go if this number alone were known"
        " exactly, by a straight line through the draws; change: by one standard error of the"
        " number, upwards; p adjusted for the number of numbers (Holm)"
        if by_shares
        else "{draws} draws are too few for shares of {numbers} numbers"
        " (--replications {enough} gives them): rank correlations, p adjusted for their number"
        " (Holm)",
        draws=len(result.draws),
        numbers=len(result.fits),
        enough=enough,
    )
    if len(rows) > _MOST_RANKED:
        weaker = len(rows) - _MOST_RANKED
        note = say("{note}; {weaker} weaker ones are in --out and --json", note=note, weaker=weaker)
    return titled(title, table, prose(note, style="dim"))


def _shares(result: InputUncertainty, metric: str, rows: list[dict[str, Any]]) -> RenderableType:
    scale = Scale.of(metric, result.scenario.currency, [row["slope"] for row in rows])
    table = grid(
        Column("", overflow="fold"), right(say("share¦column")), right(say("95 %¦column")),
        right(say("change, {unit}" if scale.unit else "change", unit=scale.unit)), right("p"), "",
    )  # fmt: skip
    for row in sorted(rows, key=lambda row: -row["share"])[:_MOST_RANKED]:
        table.add_row(
            row["path"], _percent(row["share"]), _percents(row["share_low"], row["share_high"]),
            scale.number(row["slope"]), _p(row["p"]), say(_TOLD) if row["told"] else "",
        )  # fmt: skip
    return table


def _ranks(rows: list[dict[str, Any]]) -> RenderableType:
    table = grid(Column("", overflow="fold"), right(say("rank correlation")), right("p"), "")
    for row in sorted(rows, key=lambda row: -abs(row["rank_correlation"]))[:_MOST_RANKED]:
        told = say(_TOLD) if row["told"] else ""
        table.add_row(row["path"], number(row["rank_correlation"], 2), _p(row["p"]), told)
    return table


def _p(p: float) -> str:
    return "<0.001" if p < 0.001 else f"{p:.3f}"
