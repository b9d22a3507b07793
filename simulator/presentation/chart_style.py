"""One style for every chart of matplotlib, and how charts become files."""

from __future__ import annotations

import io
import math
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simulator.experiment.statistics import Estimate
from simulator.languages.languages import spoken

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY = (
    "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9",
)  # fmt: skip
"""Told apart by the colour-blind, too (Okabe and Ito 2008)."""
GREY, INK, NOTE, FAINT = "#5f6b7a", "#1f2933", "#555555", "#d5dae0"
PLAN, OTHER, LIMIT = BLUE, GREY, VERMILION
"""The plan; everything else; what is asked for."""
LATIN, JAPANESE = "DejaVu Sans", "IPAexGothic"
_STYLE: Any = {
    "text.parse_math": False,  # a currency may be written $
    "font.size": 10.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#8a94a0",
    "xtick.color": "#333333",
    "ytick.color": "#333333",
    "svg.hashsalt": "themodel",
    # Letters as outlines: slides are opened where the fonts of Japanese are not the same ones.
    "svg.fonttype": "path",
}


@contextmanager
def styled() -> Iterator[None]:
    """Draw in the style of these charts, with letters for the language that is spoken."""
    import matplotlib as mpl

    _with_japanese_letters()
    families = [JAPANESE, LATIN] if spoken() == "ja" else [LATIN, JAPANESE]
    with mpl.rc_context({**_STYLE, "font.family": families}):
        yield


@cache
def _with_japanese_letters() -> None:
    """Make the font of ``matplotlib-fontja`` known, once.

    The package itself is not imported: that would change the settings of every chart in the
    process, also of those that are not ours.
    """
    from matplotlib.font_manager import fontManager

    found = find_spec("matplotlib_fontja")
    if found is None or found.origin is None:
        return
    fontManager.addfont(Path(found.origin).parent / "fonts" / "ipaexg.ttf")
    # It has one weight; asked for bold, matplotlib would complain of that in every figure.
    fontManager.ttflist.append(replace(fontManager.ttflist[-1], weight=700))


def begun(width: float, height: float, title: str, note: str) -> Figure:
    """Begin a figure with what it found as its title, and a note at its foot."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), dpi=150, layout="constrained")
    figure.get_layout_engine().set(rect=(0.012, 0.05, 0.976, 0.94))  # type: ignore[union-attr, call-arg]
    figure.suptitle(title, x=0.012, ha="left", fontsize=11.5, fontweight="bold", wrap=True)
    figure.text(0.012, 0.015, note, fontsize=8, color=NOTE, ha="left", va="bottom")
    return figure


def settle(figure: Figure) -> None:
    """Lay out once and for all: each drawing would move things a little again."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing")
        figure.draw_without_rendering()
    figure.set_layout_engine("none")


def interval_row(axes: Axes, at: int, chance: Estimate, color: str) -> None:
    """Draw an estimate and its interval on a line of their own."""
    if chance.low is not None and chance.high is not None:
        axes.plot([chance.low, chance.high], [at, at], color=color, linewidth=4.0, alpha=0.35,
                  solid_capstyle="butt")  # fmt: skip
    if math.isfinite(chance.mean):
        axes.plot([chance.mean], [at], "o", color=color, markersize=6)


def as_svg(figure: Figure) -> bytes:
    """Return a picture as SVG; the same bytes for the same picture."""
    return _saved(figure, "svg", {"Date": None, "Creator": None})


def as_png(figure: Figure) -> bytes:
    """Return a picture as PNG; the same bytes for the same picture."""
    return _saved(figure, "png", {"Software": None})


def _saved(figure: Figure, kind: str, metadata: dict[str, Any]) -> bytes:
    stream = io.BytesIO()
    with styled(), warnings.catch_warnings():
        # A currency may be written in letters that the fonts lack: a box stands for them.
        warnings.filterwarnings("ignore", "Glyph .* missing")
        figure.savefig(stream, format=kind, metadata=metadata)
    return stream.getvalue()


def file_pairs(figures: Mapping[str, Figure]) -> Sequence[tuple[str, bytes]]:
    """Return each picture as SVG and as PNG, by file name."""
    return [
        pair
        for name, figure in figures.items()
        for pair in ((f"{name}.svg", as_svg(figure)), (f"{name}.png", as_png(figure)))
    ]
