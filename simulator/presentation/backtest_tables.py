"""What ``themodel backtest`` found, as tables and as a picture of wins a week."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING, Any

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Column
from rich.text import Text

from simulator.calibration.backtesting.backtest_result import MODEL, QUANTITIES, Backtest
from simulator.calibration.backtesting.baselines import LABELS
from simulator.calibration.backtesting.cases import Unit
from simulator.languages.messages import marked, say
from simulator.metrics.units import with_unit
from simulator.presentation.figures import MISSING, number
from simulator.presentation.flowing import Flowing
from simulator.presentation.tables import grid, right, titled

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PICTURE = "weekly_wins.png"
"""Name of the file that the picture goes to."""

_MOST_WEEKS = 12  # in the terminal; the files hold all
_PLURAL: dict[Unit, str] = {
    "lead": marked("leads¦cases"),
    "opportunity": marked("opportunities¦cases"),
}
_SHORT = {
    "last_rate": marked("last rate"),
    "delay_curve": marked("delay curve"),
    "stage_sum": marked("stage sum"),
}
_BAND, _MEDIAN, _TRUTH = "#0072b2", "#0072b2", "#222222"
_COLORS = {"last_rate": "#e69f00", "delay_curve": "#009e73", "stage_sum": "#cc79a7"}
_ALPHAS = {95: 0.12, 80: 0.16, 50: 0.24}


def story(result: Backtest) -> Iterator[RenderableType]:
    """Tell how good the forecast was: the verdict first."""
    known, frame = result.conditions, result.frame
    is_lead = known.unit == "lead"
    yield Flowing(
        say("Forecast of {date} held against {until}", date=known.train_until,
            until=known.last_day(frame.until)),
        "bold",
    )  # fmt: skip
    yield Flowing(
        say("Calibrated on the regime since {day}; {weeks} whole weeks, {members} simulated"
            " histories.", day=known.day(known.since), weeks=len(frame.weeks),
            members=known.members),
        "dim",
    )  # fmt: skip
    yield Text("")
    for sentence in result.verdict():
        yield Flowing(sentence)
    yield Text("")
    yield _scores(result)
    yield _weeks(result)
    yield _cohorts(result, is_lead)
    yield _times(result)
    yield titled(say("What to know¦backtest"), *(Flowing(f"- {each}") for each in result.notes()))


def closing(result: Backtest, version: str) -> str:
    """Say on what the figures rest."""
    known = result.conditions
    return say("{members} members; seed {seed}; themodel {version}.",
               members=known.members, seed=known.seed, version=version)  # fmt: skip


def _scores(result: Backtest) -> RenderableType:
    table = grid(
        "", right("CRPS"), right(say("error of median")), right(say("bias¦forecast")),
        right(say("in 50 %")), right(with_unit("80", "%")), right(say("95 % band")),
    )  # fmt: skip
    for quantity, label in QUANTITIES.items():
        mine = {
            forecaster: score
            for (which, forecaster), score in result.scores.items()
            if which == quantity and score.n
        }
        if not mine:
            continue
        best = min(score.crps for score in mine.values())
        table.add_row(Text(say(label), style="dim"))
        for forecaster, score in mine.items():
            table.add_row(
                Padding(_called(forecaster), (0, 0, 0, 2)),
                f"{number(score.crps, 2)}{' *' if score.crps == best else '  '}",
                number(score.error, 1),
                f"{score.bias:+.1f}",
                *(with_unit(f"{100.0 * each.held.mean:.0f}", "%") for each in score.coverages),
            )
    note = Flowing(
        say("CRPS: distance between forecast and truth, lower is better, * the lowest; bias: above"
            " 0 too much was expected; in a band: share of the truths inside, which should be about"
            " that of the band (a little above it for small counts)"),
        "dim",
    )  # fmt: skip
    return titled(say("Scores¦backtest"), table, note)


def _weeks(result: Backtest) -> RenderableType:
    table = grid(
        _narrow(say("week from")), right(say("actual¦forecast")), right(say("median¦forecast")),
        right(say("80 % band")), right(say("95 % band")), "",
        *(right(_short(each)) for each in LABELS),
    )  # fmt: skip
    rows = result.weekly.to_dict(orient="records")
    for row in rows[:_MOST_WEEKS]:
        inside = row["low_80"] <= row["actual"] <= row["high_80"]
        table.add_row(
            str(row["week"]),
            number(row["actual"], 0),
            number(row["median"], 0),
            _span(row, 80),
            _span(row, 95),
            "" if inside else say("out¦of a band"),
            *(number(row[each], 0) for each in LABELS),
        )
    content: list[RenderableType] = [table]
    if len(rows) > _MOST_WEEKS:
        content.append(
            Flowing(say("{n} more weeks: --out DIR writes all.", n=len(rows) - _MOST_WEEKS), "dim")
        )
    return titled(say("Wins a week"), *content)


def _cohorts(result: Backtest, is_lead: bool) -> RenderableType:
    table = grid(
        _narrow(say("month¦cohort")), right(say("came¦cases")), right(say("before¦the date")),
        right(say("in all¦wins")), right(say("median¦forecast")), right(say("80 % band")), "",
        *(right(_short(each)) for each in LABELS),
    )  # fmt: skip
    for row in result.cohorts.to_dict(orient="records"):
        inside = row["low_80"] <= row["actual"] <= row["high_80"]
        table.add_row(
            str(row["cohort"]),
            *(number(row[each], 0) for each in ("cases", "won_before", "actual", "median")),
            _span(row, 80),
            "" if inside else say("out¦of a band"),
            *(number(row[each], 0) for each in LABELS),
        )
    note = Flowing(
        say("came: leads; before: won before the date; in all: won by the end, which is forecast"
            if is_lead else
            "came: opportunities; before: won before the date; in all: won by the end, which is"
            " forecast"),
        "dim",
    )  # fmt: skip
    title = say(
        "Final wins by the month in which the leads came"
        if is_lead
        else "Final wins by the month in which the opportunities came"
    )
    return titled(title, table, note)


def _times(result: Backtest) -> RenderableType:
    table = grid(
        _narrow(say(_PLURAL[result.conditions.unit])), _narrow(say("share¦of wins")),
        right(say("actual¦forecast")), right(say("median¦forecast")), right(say("80 % band")), "",
        *(right(_short(each)) for each in LABELS),
    )  # fmt: skip
    group = None
    for row in result.times.to_dict(orient="records"):
        inside = not row["actual"] < row["low_80"] and not row["actual"] > row["high_80"]
        table.add_row(
            "" if row["cases"] == group else say(str(row["cases"])),
            with_unit(f"{100.0 * row['quantile']:.0f}", "%"),
            number(row["actual"], 1),
            number(row["median"], 1),
            _span(row, 80, 1),
            "" if inside else say("out¦of a band"),
            *(number(row[each], 1) for each in LABELS),
        )
        group = row["cases"]
    note = Flowing(
        say("calendar days from coming to win within which that share of those won after the date"
            " was won"),
        "dim",
    )  # fmt: skip
    return titled(say("Days to win"), table, note)


def _narrow(header: str) -> Column:
    return Column(header, no_wrap=True)


def _span(row: dict[Any, Any], band: int, decimals: int = 0) -> str:
    low, high = row[f"low_{band}"], row[f"high_{band}"]
    if low != low:  # missing
        return MISSING
    return say("{low} to {high}", low=number(low, decimals), high=number(high, decimals))


def _called(forecaster: str) -> str:
    return say("the model¦forecaster") if forecaster == MODEL else say(LABELS[forecaster])


def _short(baseline: str) -> str:
    return say(_SHORT[baseline])


def picture(result: Backtest) -> bytes:
    """Draw wins a week: what happened over the bands of the forecast, and the baselines.

    Parameters
    ----------
    result : Backtest

    Returns
    -------
    bytes
        A PNG file; the same result gives the same bytes.
    """
    from simulator.presentation.chart_style import as_png, styled

    with styled():
        return as_png(_drawn(result))


def _drawn(result: Backtest) -> Figure:
    from matplotlib.figure import Figure

    weekly, known, frame = result.weekly, result.conditions, result.frame
    days: Any = [date.fromisoformat(each) for each in weekly["week"]]
    figure = Figure(figsize=(10.0, 5.0), dpi=130, layout="constrained")
    place = figure.subplots()
    for share, alpha in _ALPHAS.items():
        place.fill_between(
            days, weekly[f"low_{share}"], weekly[f"high_{share}"], color=_BAND, alpha=alpha,
            linewidth=0, label=say("{share} band", share=with_unit(str(share), "%")),
        )  # fmt: skip
    label = say("model, median")
    place.plot(days, weekly["median"], color=_MEDIAN, linewidth=2.0, label=label)
    for name, color in _COLORS.items():
        place.plot(
            days, weekly[name], color=color, linewidth=1.2, linestyle="--", label=say(LABELS[name])
        )
    label = say("what happened")
    place.plot(days, weekly["actual"], "o", color=_TRUTH, markersize=4.5, label=label)
    ends: Any = known.last_day(frame.leads_until)
    if frame.leads_until < frame.week_edges[-1]:
        place.axvline(ends, color=_TRUTH, linewidth=0.8, linestyle=":")
        is_lead = known.unit == "lead"
        place.annotate(
            say("no lead on file after this" if is_lead else "no opportunity on file after this"),
            (ends, 0.98),
            xycoords=("data", "axes fraction"), xytext=(4.0, 0.0), textcoords="offset points",
            va="top", fontsize=8,
        )  # fmt: skip
    # A baseline that is far off would flatten everything else.
    shown = float(max(weekly["actual"].max(), weekly["high_95"].max(), 1.0))
    place.set_ylim(0.0, 1.25 * shown)
    place.set_ylabel(say("wins a week"))
    place.set_xlabel(say("week from"))
    place.spines[["top", "right"]].set_visible(False)
    place.legend(frameon=False, fontsize=8, ncols=2)
    place.set_title(
        say("Forecast of {date}: the 80 % bands held {share} of the weeks",
            date=known.train_until, share=with_unit(f"{100.0 * result.held():.0f}", "%")),
        loc="left", fontsize=11,
    )  # fmt: skip
    return figure
