"""What ``themodel warm-up`` found, as a table and as Welch's plot."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import nullcontext

from rich.console import RenderableType
from rich.text import Text

from simulator.experiment.warm_up import BATCH_DAYS, SERIES, WINDOW_DAYS, WarmUp
from simulator.languages.languages import spoken
from simulator.languages.messages import say
from simulator.organization.journal import DAYS_PER_MONTH
from simulator.presentation.chart_style import styled
from simulator.presentation.figures import number
from simulator.presentation.tables import grid, interrupted, prose, right, titled

PICTURES = (".png", ".svg")
_DAY, _AVERAGE, _CUT, _MOVING = "#c3cad2", "#0072b2", "#222222", "#d55e00"


def story(result: WarmUp) -> Iterator[RenderableType]:
    """Tell when each series has settled: the verdict first."""
    yield Text(result.name, style="bold")
    yield prose(result.verdict())
    yield Text("")
    table = grid("", right(say("leave out")), right(say("then, on average")), "")
    for row in result.series.to_dict(orient="records"):
        days = f"{row['truncation_day']:.0f}" if row["settled"] else ""
        days = say("{number} days", number=days) if days else ""
        said = "" if row["settled"] else say("still moving: no steady state")
        table.add_row(_titled(row["series"]), days, number(row["mean"]), said)
    note = prose(
        say(
            "leave out: MSER-{batch}, business days, {month} a month; open work: pieces of work"
            " waiting or under way",
            batch=BATCH_DAYS,
            month=f"{DAYS_PER_MONTH:g}",
        ),
        style="dim",
    )
    yield titled(say("When each series has settled"), table, note)
    yield prose(result.advice())
    yield Text("")


def closing(result: WarmUp, version: str) -> str:
    """Say on what the figures rest."""
    runs = len(result.numbers)
    line = say(
        "{runs} replication of {months} months; seed {seed}; themodel {version}."
        if runs == 1
        else "{runs} replications of {months} months; seed {seed}; themodel {version}.",
        runs=runs,
        months=f"{result.months:g}",
        seed=result.seed,
        version=version,
    )
    return interrupted(result, [line])


def picture(result: WarmUp, suffix: str) -> bytes:
    """Draw Welch's plot: every series day by day, its moving average, and where it is cut.

    Parameters
    ----------
    result : WarmUp
    suffix : str
        One of :data:`PICTURES`: which kind of file.
    """
    # English figures keep matplotlib's own letters; Japanese needs a font that has them.
    with styled() if spoken() == "ja" else nullcontext():
        return _picture(result, suffix)


def _picture(result: WarmUp, suffix: str) -> bytes:
    import matplotlib as mpl
    from matplotlib.figure import Figure

    count = len(result.series)
    rows = (count + 1) // 2
    figure = Figure(figsize=(10.0, 1.0 + 1.9 * rows), dpi=130, layout="constrained")
    grid_of_axes = figure.subplots(rows, 2, sharex=True, squeeze=False)
    axes = grid_of_axes.T.ravel()
    for place, row in zip(axes, result.series.to_dict(orient="records"), strict=False):
        daily = result.daily[result.daily["series"] == row["series"]]
        month = daily["day"].to_numpy(dtype=float) / DAYS_PER_MONTH
        place.plot(month, daily["mean"], color=_DAY, linewidth=0.7)
        place.plot(month, daily["moving_average"], color=_AVERAGE, linewidth=1.8)
        said = "not settled"
        if row["settled"]:
            cut = row["truncation_day"] / DAYS_PER_MONTH
            place.axvspan(0.0, cut, color="#000000", alpha=0.06, linewidth=0)
            place.axvline(cut, color=_CUT, linewidth=1.0, linestyle="--")
            said = say("leave out {months} months", months=f"{cut:g}")
        place.set_title(_titled(row["series"]), loc="left", fontsize=10)
        place.set_title(said, loc="right", fontsize=9, color=_CUT if row["settled"] else _MOVING)
        place.set_ylim(bottom=0.0)
        place.set_xlim(0.0, result.months)
        place.spines[["top", "right"]].set_visible(False)
    for place in axes[count:]:
        place.set_visible(False)
    for column in grid_of_axes.T:
        shown = [place for place in column if place.get_visible()]
        shown[-1].set_xlabel(say("month¦axis"))
        shown[-1].tick_params(labelbottom=True)
    figure.suptitle(
        say(
            "{scenario}: daily means of {runs} replications and their moving average ({days} days)",
            scenario=result.name, runs=len(result.numbers), days=2 * WINDOW_DAYS + 1,
        ),
        x=0.01, ha="left", fontsize=11,
    )  # fmt: skip
    stream = io.BytesIO()
    # The same figures, the same bytes: no date, and numbered ids in drawings.
    with mpl.rc_context({"svg.hashsalt": "themodel"}):
        undated = {"Date": None} if suffix == ".svg" else {}
        figure.savefig(stream, format=suffix.removeprefix("."), metadata=undated)
    return stream.getvalue()


def _titled(series: str) -> str:
    label = say(SERIES[series])
    return label[:1].upper() + label[1:]
