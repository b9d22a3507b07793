"""What ``themodel backtest`` found, as tables and as a picture of wins a week."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import date
from typing import Any

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Column
from rich.text import Text

from simulator.calibration.backtesting.backtest_result import MODEL, QUANTITIES, Backtest
from simulator.calibration.backtesting.baselines import LABELS
from simulator.calibration.backtesting.cases import Unit
from simulator.presentation.figures import MISSING, number
from simulator.presentation.tables import grid, right, titled

PICTURE = "weekly_wins.png"
"""Name of the file that the picture goes to."""

_MOST_WEEKS = 12  # in the terminal; the files hold all
_PLURAL: dict[Unit, str] = {"lead": "leads", "opportunity": "opportunities"}
_BAND, _MEDIAN, _TRUTH = "#0072b2", "#0072b2", "#222222"
_COLORS = {"last_rate": "#e69f00", "delay_curve": "#009e73", "stage_sum": "#cc79a7"}
_ALPHAS = {95: 0.12, 80: 0.16, 50: 0.24}


def story(result: Backtest) -> Iterator[RenderableType]:
    """Tell how good the forecast was: the verdict first."""
    known, frame = result.conditions, result.frame
    plural = _PLURAL[known.unit]
    yield Text(
        f"Forecast of {known.train_until} held against {known.last_day(frame.until)}", style="bold"
    )
    yield Text(
        f"Calibrated on the regime since {known.day(known.since)}; {len(frame.weeks)} whole weeks,"
        f" {known.members} simulated histories.",
        style="dim",
    )
    yield Text("")
    for sentence in result.verdict():
        yield Text(sentence)
    yield Text("")
    yield _scores(result)
    yield _weeks(result)
    yield _cohorts(result, plural)
    yield _times(result, plural)
    yield titled("What to know", *(Text(f"- {each}") for each in result.notes()))


def closing(result: Backtest, version: str) -> str:
    """Say on what the figures rest."""
    known = result.conditions
    return f"{known.members} members; seed {known.seed}; themodel {version}."


def _scores(result: Backtest) -> RenderableType:
    table = grid(
        "", right("CRPS"), right("error of median"), right("bias"), right("in 50 %"),
        right("80 %"), right("95 % band"),
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
        table.add_row(Text(label, style="dim"))
        for forecaster, score in mine.items():
            table.add_row(
                Padding(_called(forecaster), (0, 0, 0, 2)),
                f"{number(score.crps, 2)}{' *' if score.crps == best else '  '}",
                number(score.error, 1),
                f"{score.bias:+.1f}",
                *(f"{100.0 * each.held.mean:.0f} %" for each in score.coverages),
            )
    note = Text(
        "CRPS: distance between forecast and truth, lower is better, * the lowest; bias: above 0"
        " too much was expected; in a band: share of the truths inside, which should be about"
        " that of the band (a little above it for small counts)",
        style="dim",
    )
    return titled("Scores", table, note)


def _weeks(result: Backtest) -> RenderableType:
    table = grid(
        _narrow("week from"), right("actual"), right("median"), right("80 % band"),
        right("95 % band"), "",
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
            "" if inside else "out",
            *(number(row[each], 0) for each in LABELS),
        )
    content: list[RenderableType] = [table]
    if len(rows) > _MOST_WEEKS:
        content.append(
            Text(f"{len(rows) - _MOST_WEEKS} more weeks: --out DIR writes all.", style="dim")
        )
    return titled("Wins a week", *content)


def _cohorts(result: Backtest, plural: str) -> RenderableType:
    table = grid(
        _narrow("month"), right("came"), right("before"), right("in all"), right("median"),
        right("80 % band"), "", *(right(_short(each)) for each in LABELS),
    )  # fmt: skip
    for row in result.cohorts.to_dict(orient="records"):
        inside = row["low_80"] <= row["actual"] <= row["high_80"]
        table.add_row(
            str(row["cohort"]),
            *(number(row[each], 0) for each in ("cases", "won_before", "actual", "median")),
            _span(row, 80),
            "" if inside else "out",
            *(number(row[each], 0) for each in LABELS),
        )
    note = Text(
        f"came: {plural}; before: won before the date; in all: won by the end, which is forecast",
        style="dim",
    )
    return titled(f"Final wins by the month in which the {plural} came", table, note)


def _times(result: Backtest, plural: str) -> RenderableType:
    table = grid(
        _narrow(plural), _narrow("share"), right("actual"), right("median"), right("80 % band"), "",
        *(right(_short(each)) for each in LABELS),
    )  # fmt: skip
    group = None
    for row in result.times.to_dict(orient="records"):
        inside = not row["actual"] < row["low_80"] and not row["actual"] > row["high_80"]
        table.add_row(
            "" if row["cases"] == group else str(row["cases"]),
            f"{100.0 * row['quantile']:.0f} %",
            number(row["actual"], 1),
            number(row["median"], 1),
            _span(row, 80, 1),
            "" if inside else "out",
            *(number(row[each], 1) for each in LABELS),
        )
        group = row["cases"]
    note = Text(
        "calendar days from coming to win within which that share of those won after the date"
        " was won",
        style="dim",
    )
    return titled("Days to win", table, note)


def _narrow(header: str) -> Column:
    return Column(header, no_wrap=True)


def _span(row: dict[Any, Any], band: int, decimals: int = 0) -> str:
    low, high = row[f"low_{band}"], row[f"high_{band}"]
    if low != low:  # missing
        return MISSING
    return f"{number(low, decimals)} to {number(high, decimals)}"


def _called(forecaster: str) -> str:
    return "the model" if forecaster == MODEL else LABELS[forecaster]


def _short(baseline: str) -> str:
    return baseline.replace("_", " ")


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
    from matplotlib.figure import Figure

    weekly, known, frame = result.weekly, result.conditions, result.frame
    days: Any = [date.fromisoformat(each) for each in weekly["week"]]
    figure = Figure(figsize=(10.0, 5.0), dpi=130, layout="constrained")
    place = figure.subplots()
    for share, alpha in _ALPHAS.items():
        place.fill_between(
            days, weekly[f"low_{share}"], weekly[f"high_{share}"], color=_BAND, alpha=alpha,
            linewidth=0, label=f"{share} % band",
        )  # fmt: skip
    place.plot(days, weekly["median"], color=_MEDIAN, linewidth=2.0, label="model, median")
    for name, color in _COLORS.items():
        place.plot(
            days, weekly[name], color=color, linewidth=1.2, linestyle="--", label=LABELS[name]
        )
    place.plot(days, weekly["actual"], "o", color=_TRUTH, markersize=4.5, label="what happened")
    ends: Any = known.last_day(frame.leads_until)
    if frame.leads_until < frame.week_edges[-1]:
        place.axvline(ends, color=_TRUTH, linewidth=0.8, linestyle=":")
        place.annotate(
            f"no {known.unit} on file after this", (ends, 0.98),
            xycoords=("data", "axes fraction"), xytext=(4.0, 0.0), textcoords="offset points",
            va="top", fontsize=8,
        )  # fmt: skip
    # A baseline that is far off would flatten everything else.
    shown = float(max(weekly["actual"].max(), weekly["high_95"].max(), 1.0))
    place.set_ylim(0.0, 1.25 * shown)
    place.set_ylabel("wins a week")
    place.set_xlabel("week from")
    place.spines[["top", "right"]].set_visible(False)
    place.legend(frameon=False, fontsize=8, ncols=2)
    place.set_title(
        f"Forecast of {known.train_until}: the 80 % bands held {100.0 * result.held():.0f} % of the"
        " weeks",
        loc="left", fontsize=11,
    )  # fmt: skip
    stream = io.BytesIO()
    figure.savefig(stream, format="png", metadata={"Software": None})
    return stream.getvalue()
