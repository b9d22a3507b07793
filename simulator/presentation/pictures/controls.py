"""Buttons and sliders that play with the pictures of a page; without scripts nobody sees them.

They are hidden until ``charts.js`` has made them work: without it everything is shown at once.
"""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from simulator.languages.messages import say
from simulator.presentation.report_parts import clean


def scenario_buttons(scenarios: Sequence[str]) -> Markup:
    """Return buttons that hide and show the lines of scenarios in all charts of the page.

    Parameters
    ----------
    scenarios : sequence of str
        In the order of the bands of the charts.
    """
    buttons = Markup("").join(
        Markup(
            '<button type="button" aria-pressed="true" data-toggle="{}">'
            '<span class="series-swatch s{}" aria-hidden="true"></span>{}</button>'
        ).format(place, place % 10, clean(name))
        for place, name in enumerate(scenarios)
    )
    return Markup(
        '<div class="controls toggles" role="group" aria-label="{}" hidden>{}</div>'
    ).format(say("Scenarios shown"), buttons)


def month_slider(first: int, last: int) -> Markup:
    """Return a slider over months; the marks of a chart by month follow it.

    At its left end, before the first month, nothing is set off.

    Parameters
    ----------
    first, last : int
    """
    return Markup(
        '<div class="controls months" hidden><label>{} <input type="range" min="{}" max="{}" '
        'value="{}" step="1" data-months data-none="{}" data-some="{}"></label>'
        "<output></output></div>"
    ).format(
        say("Highlight a month"), first - 1, last, first - 1, say("none¦months"),
        say("month {month}¦slider", month="#"),
    )  # fmt: skip
