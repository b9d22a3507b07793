"""Sliders for notebooks, where somebody is there to move them.

A picture is always shown first, so that a notebook says the same whether it is read, run by a
machine, or played with. Sliders follow ``observe``: ``ipywidgets.interact`` stalls now and then
where a notebook is run without a reader.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from IPython.core.getipython import get_ipython
from IPython.display import display

from simulator.languages.languages import Both, speaking, spoken
from simulator.metrics.team_labels import TEAM_LABELS, team_label

_HOW = Both(
    "Move a slider: the runs are made when you let go.",
    "スライダーを動かして指を離すと、計算し直します。",
)
_RUNNING = Both("running …", "計算中…")
_SLIDERS = {
    "promise": "約束の大きさ",
    "booking_cutoff": "商談の基準",
    "minutes_a_note": "記録1件にかかる分数",
    "runs": "反復の数",
    "seed": "乱数の種",
}
"""Names of choices in Japanese; in English their names in code are read as words."""


def somebody_plays() -> bool:
    """Tell whether there is a front end with a reader: one who could be asked a question."""
    kernel = getattr(get_ipython(), "kernel", None)
    return bool(getattr(kernel, "_allow_stdin", False))


def play(draw: Callable[..., Any], **choices: Sequence[Any]) -> None:
    """Show what is drawn for the first of all choices, and sliders for the others.

    Parameters
    ----------
    draw : callable
        Takes one value of each of the choices, by name; returns what is displayed.
    **choices : sequence
        The values that a slider goes through; the first is where it starts, and the order of the
        others is theirs.
    """
    language = spoken()  # a slider is moved later, and apart from the cell that speaks
    start = {name: values[0] for name, values in choices.items()}
    display(draw(**start))
    if not somebody_plays():
        return
    try:
        import ipywidgets as widgets
    except ImportError:
        return
    sliders = {
        name: widgets.SelectionSlider(
            options=_rising(values),
            value=start[name],
            description=slider_label(name),
            continuous_update=False,
            style={"description_width": "initial"},
            layout=widgets.Layout(width="95%"),
        )
        for name, values in choices.items()
    }
    said = widgets.HTML(_HOW(language))
    shown = widgets.Output()

    def renew(change: Any) -> None:
        said.value = _RUNNING(language)
        try:
            with shown, speaking(language):
                # Drawn first: the former picture stays until the next one is there.
                drawn = draw(**{name: slider.value for name, slider in sliders.items()})
                shown.clear_output(wait=True)
                display(drawn)
        finally:
            said.value = ""

    for slider in sliders.values():
        slider.observe(renew, names="value")
    display(widgets.VBox([*sliders.values(), said, shown]))


def slider_label(name: str) -> str:
    """Name a choice: a department's is its number of people."""
    if spoken() == "ja":
        return f"{team_label(name)}の人数" if name in TEAM_LABELS else _SLIDERS.get(name, name)
    return name.replace("_", " ")


def _rising(values: Sequence[Any]) -> list[Any]:
    try:
        return sorted(values)
    except TypeError:
        return list(values)
