"""What a hiring plan says, in sentences: who starts when, what that promises, what breaks it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from simulator.experiment.quantities import Scale
from simulator.experiment.statistics import Estimate
from simulator.experiment.wording import team_said
from simulator.languages.messages import listed, marked, say
from simulator.planning.hiring_risks import (
    briefly,
    broken,
    load,
    quota,
    relief,
    slips,
    stress,
)
from simulator.planning.hiring_starts import full_speed, places, plan_said, starts_said
from simulator.planning.sizing_limits import binds
from simulator.planning.sizing_names import (
    capital,
    chance_text,
    figure_name,
    percent,
    plans_counted,
    target_text,
    team_words,
    values_scale,
)
from simulator.planning.sizing_words import cannot_tell, stopped_after
from simulator.planning.table_rows import rows_of
from simulator.planning.targets import Target

if TYPE_CHECKING:
    from simulator.planning.hiring_result import Hiring


def verdict(result: Hiring) -> list[str]:
    """Say in sentences what is known.

    Parameters
    ----------
    result : Hiring

    Returns
    -------
    list of str
        The answer first; then what it takes, what it costs, where it breaks, what may go wrong,
        and what was assumed.
    """
    lines = _opening(result)
    if not (result.made and _nobody(result)):
        lines += places(result) + full_speed(result)
    lines += _money(result) + slips(result)
    lines += [] if result.made and result.status == "met" else broken(result)
    lines += load(result) + relief(result) + stress(result) + quota(result)
    return [*lines, _assumptions(result)]


# ------------------------------------------------------------------ the answer


def _opening(result: Hiring) -> list[str]:
    if result.interrupted:
        return _interrupted(result)
    if result.status == "unreachable":
        return _unreachable(result)
    return _made(result) if result.made else _checked(result)


def _made(result: Hiring) -> list[str]:
    met = _met(result)
    if _nobody(result):
        text = marked("Nobody needs to be hired: {met}.")
        if result.company.hiring:
            text = marked("Nobody further needs to be hired: {met}.")
        return [say(text, met=met), *_sureness(result)]
    starts = starts_said(result)
    if math.isfinite(result.today_chance.mean):
        sentence = say(
            "Start {starts}: then {met}; {without} with {today}.",
            starts=starts, met=met, without=_without(result),
            today=percent(result.today_chance.mean),
        )  # fmt: skip
    else:
        sentence = say("Start {starts}: then {met}.", starts=starts, met=met)
    return [sentence, *_sureness(result)]


def _checked(result: Hiring) -> list[str]:
    kept = result.status == "met"
    told: dict[str, object] = {
        "plan": capital(plan_said(result)), "met": _met(result),
        "asked": percent(result.confidence),
    }  # fmt: skip
    changed = result.company.hiring != result.planned.hiring
    if changed and math.isfinite(result.today_chance.mean):
        sentence = say(
            "{plan} keeps the promise: {met}, {asked} asked for; {without} with {today}."
            if kept
            else "{plan} does not keep the promise: {met}, {asked} asked for; {without} with"
            " {today}.",
            **told, without=_without(result), today=percent(result.today_chance.mean),
        )  # fmt: skip
    else:
        sentence = say(
            "{plan} keeps the promise: {met}, {asked} asked for."
            if kept
            else "{plan} does not keep the promise: {met}, {asked} asked for.",
            **told,
        )
    missed = result.status == "missed" and len(result.targets) > 1
    return [sentence, *_sureness(result), *(_binding(result) if missed else [])]


def _sureness(result: Hiring) -> list[str]:
    """Say how what fresh luck shows stands to what was asked."""
    chance = result.chance
    if chance.low is None or chance.high is None or chance.low >= result.confidence:
        return []
    if chance.high >= result.confidence:
        return [cannot_tell(result.confidence, chance.n)]
    if not result.made:
        return []
    return [
        say(
            "That is less than the {asked} asked for: the luck of the search flattered the plan;"
            " ask for a little more confidence, or start some hires earlier.",
            asked=percent(result.confidence),
        )
    ]


def _unreachable(result: Hiring) -> list[str]:
    first = say(
        "No hiring plan was found that keeps the promise: {plans} within the limits (--max) were"
        " tried, with everybody hired as soon as places can be filled, and none meets {targets}"
        " with the {asked} asked for.",
        plans=plans_counted(result.evaluations), targets=_all_targets(result),
        asked=percent(result.confidence),
    )  # fmt: skip
    return [first, _nearest(result), *_binding(result), *_at_limits(result)]


def _nearest(result: Hiring) -> str:
    chance, today, met = result.chance, result.today_chance, _met(result)
    if _nobody(result):
        return say("What comes nearest is to hire nobody: {met}.", met=met)
    starts = starts_said(result)
    if not math.isfinite(today.mean):
        return say("What comes nearest is to start {starts}: then {met}.", starts=starts, met=met)
    return say(
        "What comes nearest is to start {starts}: then {met}; {without} with {today}: the intervals"
        " overlap, so it may not be nearer at all."
        if _overlap(chance, today)
        else "What comes nearest is to start {starts}: then {met}; {without} with {today}.",
        starts=starts, met=met, without=_without(result), today=percent(today.mean),
    )  # fmt: skip


def _at_limits(result: Hiring) -> list[str]:
    """Say which teams stand at the most people that a plan might give them."""
    full = [
        say("{team} ({n})", team=team_said(team), n=most)
        for team, most in result.limits.items()
        if most and result.headcounts.get(team, (0,))[-1] >= most
    ]
    if not full:
        return []
    return [
        say(
            "At the limit (--max) stands {teams}."
            if len(full) == 1
            else "At the limit (--max) stand {teams}.",
            teams=listed(full),
        )
    ]


def _overlap(one: Estimate, other: Estimate) -> bool:
    if one.low is None or one.high is None or other.low is None or other.high is None:
        return True
    return one.low <= other.high and other.low <= one.high


def _binding(result: Hiring) -> list[str]:
    """Say which target is met least often, and what can be reached of it."""
    known = [
        (each.mean, target, each)
        for target in result.targets
        if (each := result.by_target.get(target.text)) is not None and math.isfinite(each.mean)
    ]
    if not known:
        return []
    _, target, chance = min(known, key=lambda one: one[0])
    lines = []
    if len(result.targets) > 1:
        lines.append(binds(target, result.company.currency, briefly(chance)))
    for row in rows_of(result.figures):
        if (row["metric"], row["month"]) == target.figures[-1] and math.isfinite(row["reached"]):
            lines.append(_reached(result, target, row["reached"]))
    return lines


def _reached(result: Hiring, target: Target, reached: float) -> str:
    scale = values_scale(target.metric, result.company.currency, [reached, target.limit])
    return say(
        "With that plan {figure} is {value} or more in {share} of the runs; asked for: {limit}."
        if target.at_least
        else "With that plan {figure} is {value} or less in {share} of the runs; asked for:"
        " {limit}.",
        figure=figure_name(target.figures[-1]), value=scale.amount(reached),
        share=percent(result.confidence), limit=scale.amount(target.limit),
    )  # fmt: skip


def _interrupted(result: Hiring) -> list[str]:
    measured = math.isfinite(result.chance.mean)
    if not result.made:
        first = say("Stopped before the plan was measured: what follows is what is known so far.")
        plan = capital(plan_said(result))
        text = marked("{plan} has not been measured in fresh replications.")
    else:
        first = stopped_after(result.evaluations, result.runs)
        plan = (
            say("The plan so far hires nobody")
            if _nobody(result)
            else say("The plan so far is to start {starts}", starts=starts_said(result))
        )
        text = marked("{plan}; it has not been measured in fresh replications.")
    told = say("{plan}: {met}.", plan=plan, met=_met(result)) if measured else say(text, plan=plan)
    return [first, told]


# ------------------------------------------------------------------ money, and what was assumed


def _nobody(result: Hiring) -> bool:
    """Tell whether a plan that was made hires nobody beside those who are decided."""
    return not len(result.hires) or result.company.hiring == result.planned.hiring


def _money(result: Hiring) -> list[str]:
    """Say what the plan costs over the run, and how much of that is beyond today's."""
    if not math.isfinite(result.cost):
        return []
    more = result.cost - result.cost_today
    scale = Scale.of("cost", result.company.currency, [result.cost])
    months = f"{result.planned.horizon.months:g}"
    if abs(more) <= 1e-9 * max(abs(result.cost), 1.0):
        return [
            say(
                "Everybody planned costs {cost} over the {months} months.",
                cost=scale.amount(result.cost), months=months,
            )
        ]  # fmt: skip
    beside = Scale.of("cost", result.company.currency, [more])
    return [
        say(
            "Over the {months} months that costs {amount} beyond the {today} of the company"
            " {without}."
            if more > 0.0
            else "Over the {months} months that costs {amount} less than the {today} of the company"
            " {without}.",
            months=months, amount=beside.amount(abs(more)),
            today=scale.amount(result.cost_today), without=_without(result),
        )
    ]  # fmt: skip


def _without(result: Hiring) -> str:
    """Name the company that the plan is held against."""
    if not result.company.hiring:
        return say("without hires")
    if result.made:
        return say("without further hires")
    return say("with the scenario's own hires")


def _assumptions(result: Hiring) -> str:
    company = result.planned
    lasting = [
        team_words(team)
        for team in result.headcounts
        if not getattr(company.teams, team).replace_leavers
    ]
    if lasting:
        return say(
            "Assumed: nobody is let go, whoever quits is replaced as the scenario says, in {teams}"
            " not at all; people planned start on the first day of their month and learn as the"
            " scenario says; costs are told as if nobody quit."
            if result.made
            else "Assumed: whoever quits is replaced as the scenario says, in {teams} not at all;"
            " people planned start on the first day of their month and learn as the scenario says;"
            " costs are told as if nobody quit.",
            teams=listed(lasting),
        )
    return say(
        "Assumed: nobody is let go, whoever quits is replaced as the scenario says; people planned"
        " start on the first day of their month and learn as the scenario says; costs are told as"
        " if nobody quit."
        if result.made
        else "Assumed: whoever quits is replaced as the scenario says; people planned start on the"
        " first day of their month and learn as the scenario says; costs are told as if nobody"
        " quit."
    )


# ------------------------------------------------------------------ words


def _all_targets(result: Hiring) -> str:
    return listed([target_text(target, result.company.currency) for target in result.targets])


def _met(result: Hiring) -> str:
    """Say how probable it is that the targets are met."""
    return say(
        "{targets} is met with probability {chance}"
        if len(result.targets) == 1
        else "{targets} are met with probability {chance}",
        targets=_all_targets(result), chance=chance_text(result.chance),
    )  # fmt: skip
