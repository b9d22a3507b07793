"""``themodel plot``: charts of one or several scenarios as pictures for slides."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from simulator.commands.answers import stopped, tell_interrupted
from simulator.commands.evidence import gather
from simulator.commands.evidence_folders import typed_of
from simulator.commands.options import (
    Compared,
    Dask,
    Engine,
    EveryChange,
    Replications,
    Seed,
    Workers,
    analyses_option,
    one_of,
)
from simulator.commands.terminal import FINDING, INTERRUPTED, tell
from simulator.languages.messages import say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.figure import Figure

FORMATS = ("png", "svg")


Folder = Annotated[
    Path, typer.Option("-o", "--out", metavar="DIR", help="Write the pictures into this folder.")
]
Charts = Annotated[
    list[str] | None,
    typer.Option(
        "--chart", metavar="NAME",
        help="Draw this chart only; may be repeated.  [default: all that apply]",
    ),
]  # fmt: skip
Format = Annotated[
    str,
    typer.Option(
        "--format", metavar="png|svg", parser=one_of(*FORMATS),
        help="png, or svg with letters as outlines, so that it looks the same without our fonts.",
    ),
]  # fmt: skip
Width = Annotated[float, typer.Option(help="Inches.", min=4.0, max=40.0)]
Height = Annotated[float, typer.Option(help="Inches; 150 dots each.", min=3.0, max=40.0)]
From = Annotated[list[Path] | None, analyses_option("Draw")]


def plot(
    scenarios: Compared,
    out: Folder = Path("pictures"),
    chart: Charts = None,
    kind: Format = "png",
    width: Width = 13.333,
    height: Height = 7.5,
    folders: From = None,
    replications: Replications = 20,
    seed: Seed = 1,
    changes: EveryChange = None,
    workers: Workers = None,
    engine: Engine = None,
    dask: Dask = None,
) -> None:
    """Draw charts of one or several scenarios, each as large as a slide.

    Every chart that applies is drawn: its title says what was found, lines and bars carry their
    names, and its foot says how many runs it rests on. All scenarios run with the same luck; the
    first is the reference. What cannot be drawn is said, with what it needs.

    Ends with 0 when the pictures are written, 1 if a chart that was named cannot be drawn or a run
    failed, 2 on wrong input. After Ctrl-C it draws what is finished, says so, and ends with 130.

    \b
    Charts:
      of any scenario    courses, flow, flow_mrr, queues, bridge, retention, triangle
      of two or more     heat, dashboards, difference
      of what an analysis wrote with --out, by --from
                         attribution, bottleneck, tornado, incentives

    \b
    Examples:
      themodel plot shared divisional -o slides
      themodel plot shared divisional -o slides --chart flow --chart heat --lang ja
      themodel plot base -o slides --format svg --width 9 --height 5
      themodel attribute shared divisional --out attribute
      themodel plot shared divisional -o slides --from attribute --chart attribution
    """  # fmt: skip
    from simulator import disk
    from simulator.plots.catalogue import CHARTS, check_possible, checked_charts, drawn

    names = checked_charts(chart or ())
    asked = typed_of(scenarios, changes or (), seed)
    if chart:
        check_possible(names, len(scenarios), len(folders or ()), asked)
    disk.check_folder(out, [f"{name}.{kind}" for name in names])
    evidence = gather(
        scenarios, changes=changes or (), replications=replications, seed=seed, workers=workers,
        dask=dask, engine=engine, folders=folders or (),
    )  # fmt: skip
    figures, missing = drawn(evidence, names, (width, height), asked)
    if figures:
        disk.write_files(out, _files(figures, kind))
    first = evidence.results[0]
    if first.interrupted:
        tell_interrupted(stopped(first), None)
    for name in figures:
        shows = say(CHARTS[name.partition("-")[0]].shows)
        typer.echo(say("{file}: {shows}", file=out / f"{name}.{kind}", shows=shows))
    for each in missing:
        tell(say("{chart}: {why}", chart=each.name, why=each.why))
    if first.interrupted:
        raise typer.Exit(INTERRUPTED)
    if missing and (chart or not figures):
        raise typer.Exit(FINDING)


def _files(figures: Mapping[str, Figure], kind: str) -> dict[str, bytes]:
    """Return the contents of each file by its name."""
    from simulator.presentation.chart_style import as_png, as_svg

    saved = as_png if kind == "png" else as_svg
    return {f"{name}.{kind}": saved(figure) for name, figure in figures.items()}
