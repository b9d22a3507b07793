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


def switch(name: str, legend: str, choices: Sequence[tuple[str, str]]) -> Markup:
    """Return a choice between views; parts marked ``data-view="name:value"`` follow it.

    Parameters
    ----------
    name : str
        Of the choice, unique on the page.
    legend : str
        What is chosen, in words.
    choices : sequence of (value, words)
        The first is chosen at the beginning.
    """
    inside = Markup("").join(
        Markup(
            '<label class="choice"><input type="radio" name="{}" value="{}"{}> {}</label>'
        ).format(name, value, Markup("" if place else " checked"), clean(words))
        for place, (value, words) in enumerate(choices)
    )
    return Markup(
        '<fieldset class="controls switch" data-switch="{}" hidden><legend>{}</legend>{}</fieldset>'
    ).format(name, clean(legend), inside)


def month_slider(first: int, last: int) -> Markup:
    """Return a slider over months; whatever carries ``data-month`` follows it.

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
        say("Set off a month"), first - 1, last, first - 1, say("none¦months"),
        say("month {month}¦slider", month="#"),
    )  # fmt: skip
