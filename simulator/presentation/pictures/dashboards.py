"""The blame picture: every department's own dashboard beside what the customer lived through."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from simulator.languages.messages import marked, say
from simulator.metrics.team_labels import team_label
from simulator.presentation.report_parts import clean
from simulator.presentation.views.shapes import Blame, Dashboard, Reading

_VERDICTS = {
    "better": marked("better¦dashboard"),
    "worse": marked("worse¦dashboard"),
    "alike": marked("exactly the same¦dashboard"),
    "open": marked("cannot be told from luck¦dashboard"),
}
_SIGNS = {
    "better": "M4.5 8.4 7 11 11.5 5.5",
    "worse": "M5 5 11 11M11 5 5 11",
    "alike": "M5 6.4H11M5 9.6H11",
    "open": "M5.9 6.2A2.2 2.2 0 1 1 9.2 8C8.4 8.5 8 8.9 8 9.7M8 12.1v.1",
}


def verdict_of(reading: Reading) -> str:
    """Return the verdict on a figure in words.

    Parameters
    ----------
    reading : Reading
    """
    if reading.verdict == "open" and not reading.tested:
        return say("not tested: one run")
    return say(_VERDICTS[reading.verdict])


def blame_picture(blame: Blame) -> Markup:
    """Lay out four dashboards with their lights, beside the customer's and the company's.

    A light is a sign, a word and a colour: none of them alone tells better from worse.

    Parameters
    ----------
    blame : Blame
    """
    departments = Markup("").join(_dashboard(each) for each in blame.dashboards)
    lived = _column(say("What the customer lived through"), blame.lived)
    company = _column(say("What the company got"), blame.company)
    return Markup(
        '<div class="blame"><div class="departments">{}</div><div class="lived">{}{}</div></div>'
    ).format(departments, lived, company)


def _dashboard(dashboard: Dashboard) -> Markup:
    measured = say("Measured on: {measure}", measure=clean(dashboard.measure))
    return Markup(
        '<section class="dashboard"><h4>{}</h4><p class="measured">{}</p>{}</section>'
    ).format(clean(team_label(dashboard.team)), measured, _readings(dashboard.readings))


def _column(heading: str, readings: Sequence[Reading]) -> Markup:
    if not readings:
        return Markup("")
    return Markup('<section class="dashboard"><h4>{}</h4>{}</section>').format(
        heading, _readings(readings)
    )


def _readings(readings: Sequence[Reading]) -> Markup:
    return Markup("<ul>{}</ul>").format(Markup("").join(_reading(each) for each in readings))


def _reading(reading: Reading) -> Markup:
    verdict = verdict_of(reading)
    value, reference = (
        reading.scale.number(each) for each in (reading.value, reading.reference)
    )  # fmt: skip
    figures = say(
        "{verdict}: {value}, in the reference {reference}", verdict=verdict,
        value=reading.scale.amount(reading.value) if value != "-" else value, reference=reference,
    )  # fmt: skip
    look = Markup(' class="counts"') if reading.counts else ""
    return Markup(
        '<li{}>{}<span class="reading">{}</span><span class="figures">{}</span></li>'
    ).format(look, light(reading.verdict), clean(reading.label), figures)


def light(verdict: str) -> Markup:
    """Return the light of a verdict: a sign on a colour; the word stands beside it.

    Parameters
    ----------
    verdict : {"better", "worse", "alike", "open"}
    """
    return Markup(
        '<svg class="light {}" viewBox="0 0 16 16" aria-hidden="true"><path d="{}"/></svg>'
    ).format(verdict, _SIGNS[verdict])
