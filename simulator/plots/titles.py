"""What was found, in the sentence over a chart; and what it rests on, in the one at its foot."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from simulator.experiment.findings import Finding
from simulator.experiment.quantities import Scale
from simulator.languages.languages import spoken
from simulator.languages.messages import marked, say
from simulator.metrics.definitions import METRICS, TEAMS
from simulator.metrics.team_labels import team_label
from simulator.plots.slide import without_team
from simulator.presentation.figures import percent, roughly
from simulator.presentation.pictures.lines import MOST_BANDS
from simulator.presentation.views.courses import FEWEST_OUTER
from simulator.presentation.views.shapes import (
    Band,
    Bars,
    Blame,
    Course,
    Flow,
    Heat,
    HeatRow,
    Reading,
    Tornado,
    Triangle,
    Waterfall,
)

_YEAR = 12
"""Age at which the retention of customers is told, where runs are long enough."""
_LEFT = {
    "logo_retention": marked("Customers still there"),
    "revenue_retention": marked("MRR still there"),
}


# ------------------------------------------------------------------ courses


def of_course(course: Course) -> str:
    """Say where a metric ends in each scenario, or in the lowest and highest of them.

    Of several it is the last month that is known of each.
    """
    shown = [band for band in course.bands if np.isfinite(band.mean).any()]
    amount, label = course.scale.amount, course.label
    if not shown:
        return say("{label}: no values in any run", label=label)
    known = np.isfinite([band.mean for band in shown])
    together = known.all(axis=0)
    if not together.any():  # they are never known in the same month
        return label
    last = int(np.flatnonzero(together)[-1])
    ends = [(band.scenario, float(band.at[last]), float(band.mean[last])) for band in shown]
    month = f"{shown[0].at[last]:g}"
    if len(ends) == 1:
        name, _, value = ends[0]
        begin = _begin(next(band for band in course.bands if band.scenario == name))
        return say(
            "{scenario}: {label} goes from {start} in month {first} to {end} in month {last}",
            scenario=name, label=label, start=amount(begin[1]), first=f"{begin[0]:g}",
            end=amount(value), last=month,
        )  # fmt: skip
    if len(ends) == 2:
        (a, _, first), (b, _, second) = ends
        return say(
            "{label} in month {month}: {first} with {a}, {second} with {b}",
            label=label, month=month, first=amount(first), a=a, second=amount(second), b=b,
        )  # fmt: skip
    low, high = min(ends, key=lambda each: each[2]), max(ends, key=lambda each: each[2])
    return say(
        "{label} in month {month}: from {low} with {worst} to {high} with {best}",
        label=label, month=month, low=amount(low[2]), worst=low[0], high=amount(high[2]),
        best=high[0],
    )  # fmt: skip


def of_queues(courses: Sequence[Course]) -> str:
    """Say where the longest queue stands at the end."""
    ends = [
        (course, band.scenario, *end)
        for course in courses for band in course.bands if (end := _end(band)) is not None
    ]  # fmt: skip
    if not ends:
        return say("Nobody waits anywhere")
    course, name, month, value = max(ends, key=lambda each: each[3])
    return say(
        "The longest queue in month {month} is in {team} with {scenario}: {amount}",
        month=f"{month:g}", team=team_label(course.team), scenario=name,
        amount=course.scale.amount(value),
    )  # fmt: skip


def of_retention(course: Course) -> str:
    """Say what share of customers is left after a year, or as long as was seen."""
    at = [float(band.at[np.isfinite(band.mean)].max()) for band in course.bands
          if np.isfinite(band.mean).any()]  # fmt: skip
    if not at:
        return say("{label}: no values in any run", label=course.label)
    age = min(_YEAR, *at) if len(at) > 1 else min(_YEAR, at[0])
    left = []
    for band in course.bands:
        here = np.flatnonzero((band.at == age) & np.isfinite(band.mean))
        if len(here):
            left.append((band.scenario, float(band.mean[here[0]])))
    if not left:
        return course.label
    low, high = min(left, key=lambda each: each[1]), max(left, key=lambda each: each[1])
    amount, months = course.scale.amount, f"{age:g}"
    what = say(_LEFT[course.metric])
    if len(left) == 1:
        return say(
            "{what} after {months} months with {scenario}: {share}",
            what=what, scenario=low[0], months=months, share=amount(low[1]),
        )  # fmt: skip
    return say(
        "{what} after {months} months: from {low} with {worst} to {high} with {best}",
        what=what, months=months, low=amount(low[1]), worst=low[0],
        high=amount(high[1]), best=high[0],
    )  # fmt: skip


def _end(band: Band) -> tuple[float, float] | None:
    known = np.flatnonzero(np.isfinite(band.mean))
    return (float(band.at[known[-1]]), float(band.mean[known[-1]])) if len(known) else None


def _begin(band: Band) -> tuple[float, float]:
    first = int(np.flatnonzero(np.isfinite(band.mean))[0])
    return float(band.at[first]), float(band.mean[first])


# ------------------------------------------------------------------ cells


def of_heat(heat: Heat) -> str:
    """Say which department is the first to be worse, and how many series are so in the end.

    The first is that of the report: over all months of all series of a department.
    """
    if not heat.tested:
        return say(
            "{scenario} against {reference}: in one run, nothing can be told from luck",
            scenario=heat.scenario, reference=heat.reference,
        )  # fmt: skip
    names = {"scenario": heat.scenario, "reference": heat.reference}
    worse = [each for each in heat.onsets if each.team in TEAMS]
    if not worse:
        return say(
            "{scenario} against {reference}: no department can be told to be worse over all its"
            " series and months together",
            **names,
        )  # fmt: skip
    first = min(worse, key=lambda each: each.month)
    return say(
        "{scenario} is worse than {reference} first in {team}, from month {month}: {label};"
        " in the last three months in {count} of {all} series",
        **names, team=team_label(first.team), month=first.month,
        label=without_team(first.label, first.team), count=sum(map(_worse_at_last, heat.rows)),
        all=len(heat.rows),
    )  # fmt: skip


def _worse_at_last(row: HeatRow) -> bool:
    """Whether it is told to be worse in one of its last three months: one is easily missed."""
    return bool((row.told & (row.worse > 0.0))[-3:].any())


def of_triangle(triangle: Triangle) -> str:
    """Say what share of all customers is left after a year, or as long as was seen."""
    seen = [
        (age, share) for place, age in enumerate(triangle.ages)
        if (share := _share_at(triangle, place)) is not None
    ]  # fmt: skip
    if not seen:
        return say("{label}: no values in any run", label=triangle.label)
    age, share = max((each for each in seen if each[0] <= _YEAR), default=seen[0])
    return say(
        "{what} after {months} months with {scenario}: {share}",
        what=say(_LEFT[triangle.metric]), scenario=triangle.scenario, months=age,
        share=percent(share),
    )  # fmt: skip


def _share_at(triangle: Triangle, place: int) -> float | None:
    share, n = triangle.share[:, place], triangle.n
    # How old the first customers are is not their age in the run.
    won = np.array([cohort > 0 for cohort in triangle.cohorts]) | (len(triangle.cohorts) == 1)
    known = np.isfinite(share) & np.isfinite(n) & (n > 0.0) & won
    return float(np.average(share[known], weights=n[known])) if known.any() else None


# ------------------------------------------------------------------ amounts


def of_waterfall(fall: Waterfall) -> str:
    """Say from where to where, and what added and took most."""
    levels = [step for step in fall.steps if step.kind == "level"]
    changes = [step for step in fall.steps if step.kind == "change" and math.isfinite(step.value)]
    most = max(changes, key=lambda step: step.value)
    least = min(changes, key=lambda step: step.value)
    return say(
        "{scenario}: MRR goes from {start} to {end}; most is added by {more} ({gain}) and taken"
        " by {less} ({loss})",
        scenario=fall.scenario, start=fall.scale.amount(levels[0].value),
        end=fall.scale.amount(levels[-1].value), more=most.label,
        gain=fall.scale.number(most.value), less=least.label, loss=fall.scale.number(least.value),
    )  # fmt: skip


def of_bars(bars: Bars) -> str:
    """Say which bar is the largest that can be told from zero."""
    told = [bar for bar in bars.bars if bar.told and math.isfinite(bar.value)]
    unit = bars.scale.amount
    if bars.bars and not told and not any(bar.tested for bar in bars.bars):
        return say("{title}: in one run, nothing can be told from luck",
                   title=bars.title or bars.label)  # fmt: skip
    if not told:
        return say("{title}: nothing can be told from zero", title=bars.title or bars.label)
    most = max(told, key=lambda bar: abs(bar.value))
    if bars.total is not None and math.isfinite(bars.total.value):
        return say(
            "{title}, {label}: {total}, of which {most} makes {amount}",
            label=bars.label, title=bars.title, total=unit(bars.total.value), most=most.label,
            amount=unit(most.value),
        )  # fmt: skip
    return say(
        "{title}, {label}: {most} changes it most, by {amount}",
        label=bars.label, title=bars.title, most=most.label, amount=unit(most.value),
    )  # fmt: skip


def of_tornado(tornado: Tornado, said: Mapping[str, Any]) -> str:
    """Say in how many worlds the lead holds; of one company, what moves the result most.

    It is made from the numbers, so that it speaks the reader's language whichever the analysis was
    kept in.
    """
    found = said.get("survival")
    if found:
        return say(
            "{leader} leads in {ahead} of {points} plausible worlds",
            leader=found["leader"], ahead=f"{found['ahead']:g}", points=found["points"],
        )  # fmt: skip
    if not tornado.spokes:
        return say("{label}: no assumption moves it", label=tornado.label)
    first = tornado.spokes[0]
    low, high = sorted((first.at_low, first.at_high))
    return say(
        "{assumption} moves {label} most: {low} to {high}", assumption=first.label,
        label=tornado.label, low=tornado.scale.amount(low), high=tornado.scale.amount(high),
    )  # fmt: skip


def exact(tornado: Tornado, said: Mapping[str, Any]) -> str:
    """Say what was found as the analysis does, or from its numbers if it was kept otherwise."""
    if said.get("language", spoken()) == spoken():
        return tornado.verdict
    found = said.get("survival")
    if not found:
        return ""
    return say(
        "{leader} beats {other} in {label} at {ahead} of {points} points drawn over the whole"
        " ranges of all assumptions at once ({share}).",
        leader=found["leader"], other=found["other"], label=METRICS[tornado.metric].label,
        ahead=f"{found['ahead']:g}", points=found["points"], share=roughly(float(found["share"])),
    )  # fmt: skip


_DIFFERENCES = {
    (True, True): marked(
        "{scenario} against {reference}: {label} higher by {amount} ({low} to {high})"
    ),
    (False, True): marked(
        "{scenario} against {reference}: {label} lower by {amount} ({low} to {high})"
    ),
    (True, False): marked(
        "{scenario} against {reference}: {label} higher by {amount} in one run, which tells"
        " nothing from luck"
    ),
    (False, False): marked(
        "{scenario} against {reference}: {label} lower by {amount} in one run, which tells"
        " nothing from luck"
    ),
}


def of_difference(finding: Finding, scale: Scale, label: str, told: bool) -> str:
    """Say how far a scenario lies from the reference, if that can be told."""
    if not math.isfinite(finding.difference):
        return say("{label}: no values in any run", label=label)
    if not told and finding.low is not None:
        return say(
            "{scenario} against {reference}: no difference in {label} can be told from luck"
            " ({low} to {high})",
            scenario=finding.scenario, reference=finding.reference, label=label,
            low=scale.number(finding.low), high=scale.amount(finding.high or 0.0),
        )  # fmt: skip
    higher = finding.difference > 0.0
    bounds = [abs(each) for each in (finding.low, finding.high) if each is not None]
    spoken = _DIFFERENCES[higher, len(bounds) == 2]
    ends = sorted(bounds) if bounds else [math.nan, math.nan]
    return say(
        spoken, scenario=finding.scenario, reference=finding.reference, label=label,
        amount=scale.amount(abs(finding.difference)), low=scale.number(ends[0]),
        high=scale.number(ends[-1]),
    )  # fmt: skip


# ------------------------------------------------------------------ blame and flow


def of_blame(blame: Blame) -> str:
    """Say how many departments see nothing worse on their own measures, and what came of it."""
    every = (*(each for one in blame.dashboards for each in one.readings), *blame.lived,
             *blame.company)  # fmt: skip
    if not any(each.tested for each in every):
        return say(
            "{scenario} against {reference}: in one run, nothing can be told from luck",
            scenario=blame.scenario, reference=blame.reference,
        )  # fmt: skip
    green = sum(
        not any(each.verdict == "worse" for each in one.readings if each.counts)
        for one in blame.dashboards
    )  # fmt: skip
    lost = next(
        (each for each in (*blame.company, *blame.lived) if each.verdict == "worse"), None
    )  # fmt: skip
    if lost is None:
        return say(
            "{scenario}: {green} of {all} departments see nothing worse that can be told on what"
            " they are measured on, and neither customer nor company can be told to be worse off",
            scenario=blame.scenario, green=green, all=len(blame.dashboards),
        )  # fmt: skip
    return say(
        "{scenario}: {green} of {all} departments see nothing worse that can be told on what they"
        " are measured on, yet {label} is {value} instead of {reference}",
        scenario=blame.scenario, green=green, all=len(blame.dashboards), **_read(lost),
    )  # fmt: skip


def _read(reading: Reading) -> dict[str, str]:
    scale = reading.scale
    return {"label": reading.label, "value": scale.amount(reading.value),
            "reference": scale.amount(reading.reference)}  # fmt: skip


def of_flow(flow: Flow) -> str:
    """Say how many came, how many were won, and how often one went back."""

    written = flow.scale.amount if flow.measure == "mrr" else flow.scale.number

    def total(kind: str, sources: Sequence[str], targets: Sequence[str]) -> str:
        return written(
            sum(
                link.size for link in flow.links
                if (not kind or link.kind == kind)
                and (not sources or link.source in sources)
                and (not targets or link.target in targets)
            )
        )  # fmt: skip

    won = total("onward", ("field_sales",), ("customer_success", "delivered"))
    back = total("back", (), ())
    if flow.measure == "mrr":
        return say(
            "{scenario}: {won} won; buyers worth {back} went back to an earlier stage",
            scenario=flow.scenario, won=won, back=back,
        )  # fmt: skip
    return say(
        "{scenario}: {came} inquiries, {won} contracts, {back} times back to an earlier stage",
        scenario=flow.scenario, came=total("", ("inquiries",), ()), won=won, back=back,
    )  # fmt: skip


# ------------------------------------------------------------------ what it rests on


def runs_note(replications: int, seed: int, *more: str) -> str:
    """Say how many runs are behind a chart, and what its marks mean."""
    counted = say(
        "{count} replication, seed {seed}." if replications == 1
        else "{count} replications, seed {seed}.",
        count=replications, seed=seed,
    )  # fmt: skip
    return joined([counted, *(each for each in more if each)])


def joined(sentences: Iterable[str]) -> str:
    """Write sentences after each other: with a space, unless a wide full stop ends them."""
    said = ""
    for each in sentences:
        said += ("" if not said or said.endswith("。") else " ") + each
    return said


def of_intervals(replications: int) -> str:
    """Say what lines across bars are; nothing of one run, which has none."""
    return say("Lines: 95 % intervals of the mean.") if replications > 1 else ""


def of_bands(scenarios: int, replications: int) -> str:
    """Say what the bands around lines are, where they are drawn."""
    if replications < 2 or scenarios > MOST_BANDS:
        return ""
    if replications >= FEWEST_OUTER:
        return say("Bands: 95 % interval of the mean; lighter, 80 % of single runs.")
    return say("Bands: 95 % intervals of the mean.")


def analysis_note(said: Mapping[str, object], *more: str) -> str:
    """Say what an analysis rests on, as far as it says so itself."""
    replications, seed = said.get("replications"), said.get("seed")
    if isinstance(replications, int) and isinstance(seed, int):
        return runs_note(replications, seed, *more)
    runs = said.get("runs")
    if isinstance(runs, int) and isinstance(seed, int):
        return joined([say("{runs} runs, seed {seed}.", runs=runs, seed=seed), *more])
    return joined(more)
