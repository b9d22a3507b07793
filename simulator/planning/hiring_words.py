"""What a hiring plan says, in sentences: who starts when, what that promises, what breaks it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from simulator.experiment.quantities import Scale
from simulator.experiment.statistics import Estimate
from simulator.languages.messages import listed
from simulator.organization.journal import DAYS_PER_MONTH
from simulator.planning.hiring_risks import (
    briefly,
    broken,
    load,
    quota,
    relief,
    rows_of,
    slips,
    stress,
)
from simulator.planning.sizing_names import (
    chance_text,
    counted,
    figure_name,
    percent,
    target_text,
    team_words,
    values_scale,
)

if TYPE_CHECKING:
    from simulator.planning.hiring_result import Hiring

_MOST_STARTS = 8
"""More than so many starts are told team by team; the table has each."""
_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
            "eleven", "twelve")  # fmt: skip


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
        lines += _places(result) + _speed(result)
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
    met = f"{_targets_met(result)} with probability {chance_text(result.chance)}"
    if _nobody(result):
        further = " further" if result.company.hiring else ""
        return [f"Nobody{further} needs to be hired: {met}.", *_sureness(result)]
    sentence = f"{_capital(_to_do(result))}: then {met}"
    if math.isfinite(result.today_chance.mean):
        sentence += f"; {_without(result)} with {percent(result.today_chance.mean)}"
    return [f"{sentence}.", *_sureness(result)]


def _checked(result: Hiring) -> list[str]:
    does = "keeps" if result.status == "met" else "does not keep"
    met = f"{_targets_met(result)} with probability {chance_text(result.chance)}"
    asked = f"{percent(result.confidence)} asked for"
    sentence = f"{_capital(_plan(result))} {does} the promise: {met}, {asked}"
    changed = result.company.hiring != result.planned.hiring
    if changed and math.isfinite(result.today_chance.mean):
        sentence += f"; {_without(result)} with {percent(result.today_chance.mean)}"
    missed = result.status == "missed" and len(result.targets) > 1
    return [f"{sentence}.", *_sureness(result), *(_binding(result) if missed else [])]


def _sureness(result: Hiring) -> list[str]:
    """Say how what fresh luck shows stands to what was asked."""
    asked, chance = percent(result.confidence), result.chance
    if chance.low is None or chance.high is None or chance.low >= result.confidence:
        return []
    if chance.high >= result.confidence:
        return [
            f"Whether the true probability is a little above or below the {asked} asked for,"
            f" {chance.n} replications cannot tell."
        ]
    if not result.made:
        return []
    return [
        f"That is less than the {asked} asked for: the luck of the search flattered the plan; ask"
        " for a little more confidence, or start some hires earlier."
    ]


def _unreachable(result: Hiring) -> list[str]:
    first = (
        f"No hiring plan was found that keeps the promise: {counted(result.evaluations, 'plan')}"
        " within the limits (--max) were tried, with everybody hired as soon as places can be"
        f" filled, and none meets {_all_targets(result)} with the {percent(result.confidence)}"
        " asked for."
    )
    return [first, *_nearest(result), *_binding(result), *_at_limits(result)]


def _nearest(result: Hiring) -> list[str]:
    chance, today = result.chance, result.today_chance
    met = f"{_targets_met(result)} with probability {chance_text(chance)}"
    if _nobody(result):
        return [f"What comes nearest is to hire nobody: {met}."]
    sentence = f"What comes nearest is to {_to_do(result)}: then {met}"
    if math.isfinite(today.mean):
        sentence += f"; {_without(result)} with {percent(today.mean)}"
        if _overlap(chance, today):
            sentence += ": the intervals overlap, so it may not be nearer at all"
    return [f"{sentence}."]


def _at_limits(result: Hiring) -> list[str]:
    """Say which teams stand at the most people that a plan might give them."""
    full = [
        f"{team.replace('_', ' ')} ({most})"
        for team, most in result.limits.items()
        if most and result.headcounts.get(team, (0,))[-1] >= most
    ]
    if not full:
        return []
    stand = "stand" if len(full) > 1 else "stands"
    return [f"At the limit (--max) {stand} {listed(full)}."]


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
        lines.append(
            f"The target that binds is {target_text(target, result.company.currency)}: alone it is"
            f" met with probability {briefly(chance)}."
        )
    for row in rows_of(result.figures):
        if (row["metric"], row["month"]) == target.figures[-1] and math.isfinite(row["reached"]):
            scale = values_scale(
                target.metric, result.company.currency, [row["reached"], target.limit]
            )
            bound = "or more" if target.at_least else "or less"
            lines.append(
                f"With that plan {figure_name(target.figures[-1])} is"
                f" {scale.amount(row['reached'])} {bound} in {percent(result.confidence)} of the"
                f" runs; asked for: {scale.amount(target.limit)}."
            )
    return lines


def _interrupted(result: Hiring) -> list[str]:
    if not result.made:
        lines = ["Stopped before the plan was measured: what follows is what is known so far."]
    else:
        lines = [
            f"Stopped after {counted(result.evaluations, 'plan')} and {result.runs:,} runs: what"
            " follows is what is known so far, and a longer search may better it."
        ]
    plan = _capital(_plan(result))
    if result.made and _nobody(result):
        plan = "The plan so far hires nobody"
    elif result.made:
        plan = f"The plan so far is to {_to_do(result)}"
    if math.isfinite(result.chance.mean):
        met = f"{_targets_met(result)} with probability {chance_text(result.chance)}"
        lines.append(f"{plan}: {met}.")
    elif result.made:
        lines.append(f"{plan}; it has not been measured in fresh replications.")
    else:
        lines.append(f"{plan} has not been measured in fresh replications.")
    return lines


# ------------------------------------------------------------------ who starts when


def _nobody(result: Hiring) -> bool:
    """Tell whether a plan that was made hires nobody beside those who are decided."""
    return not len(result.hires) or result.company.hiring == result.planned.hiring


def _to_do(result: Hiring) -> str:
    """Say who must start by when, as an instruction."""
    starts = _starts(result.hires)
    if len(starts) > _MOST_STARTS:
        return f"start {listed(_by_team(starts))}"
    groups: dict[int, list[tuple[str, int]]] = {}
    for team, month, n in starts:
        groups.setdefault(month, []).append((team, n))
    parts: list[str] = []
    before = ""
    for month, people in groups.items():
        names: list[str] = []
        for team, n in people:
            who = _number(n)
            if not parts and not names:
                who += " more person" if n == 1 else " more people"
            alone = len(people) == 1 and team == before
            names.append(who if alone else f"{who} in {team_words(team)}")
            before = team
        parts.append(f"{listed(names)} by month {month}")
    *most, last = parts
    return f"start {', '.join(most)}, and {last}" if most else f"start {last}"


def _starts(hires: Any) -> list[tuple[str, int, int]]:
    """Return team, month and number of people of each start, in order."""
    found: dict[tuple[str, int], int] = {}
    for row in rows_of(hires):
        key = str(row["team"]), int(row["month"])
        found[key] = found.get(key, 0) + int(row["people"])
    return [(team, month, n) for (team, month), n in found.items()]


def _by_team(starts: Sequence[tuple[str, int, int]]) -> list[str]:
    teams = dict.fromkeys(team for team, _, _ in starts)
    parts = []
    for team in teams:
        months = [month for name, month, _ in starts if name == team]
        n = sum(people for name, _, people in starts if name == team)
        who = f"{_number(n)} more {'person' if n == 1 else 'people'}"
        when = (
            f"by month {months[0]}"
            if months[0] == months[-1]
            else f"between months {months[0]} and {months[-1]}"
        )
        parts.append(f"{who} in {team_words(team)} {when}")
    return parts


def _plan(result: Hiring) -> str:
    """Name a plan that was given."""
    starts = _starts(result.hires)
    if not starts:
        return "the company without hires"
    come = sum(n for _, _, n in starts if n > 0)
    go = -sum(n for _, _, n in starts if n < 0)
    people = [f"{_number(come)} more {'person' if come == 1 else 'people'}"] * bool(come)
    people += [f"{_number(go)} fewer"] * bool(go)
    first, last = starts[0][1], starts[-1][1]
    when = f"in month {first}" if first == last else f"between months {first} and {last}"
    return f"the plan of {listed(people)} {when}"


def _places(result: Hiring) -> list[str]:
    """Say when places must be opened so that they are filled in time."""
    rows = [row for row in rows_of(result.hires) if row["people"] > 0]
    if not rows:
        return []
    first = min(rows, key=lambda row: row["open_by"])
    lines = []
    late = [row for row in rows if row["open_by"] < 0.0]
    if late:
        n = sum(int(row["people"]) for row in late)
        what = "place" if n == 1 else "places"
        lines.append(
            f"{_capital(_number(n))} {what} should have been opened before the run began, the first"
            f" (in {team_words(first['team'])}) {_days(-first['open_by'])} before the start."
        )
    open_later = [row for row in rows if row["open_by"] >= 0.0]
    if open_later:
        next_one = min(open_later, key=lambda row: row["open_by"])
        last = max(open_later, key=lambda row: row["open_by"])
        begin = "The first place" if not late else "The next place"
        if len(open_later) == 1 and not late:
            begin = "The place"
        sentence = (
            f"{begin} to open is that in {team_words(next_one['team'])}, by"
            f" {_moment(next_one['open_by'])}: finding somebody takes"
            f" {_days(next_one['day'] - next_one['open_by'])} there"
        )
        if last["open_by"] > next_one["open_by"]:
            sentence += f"; the last, in {team_words(last['team'])}, by {_moment(last['open_by'])}"
        lines.append(f"{sentence}.")
    return lines


def _speed(result: Hiring) -> list[str]:
    """Say when everybody who was hired is at full speed."""
    rows = [row for row in rows_of(result.hires) if row["people"] > 0]
    if not rows:
        return []
    horizon = result.planned.horizon.months * DAYS_PER_MONTH
    unripe = sum(int(row["people"]) for row in rows if row["ramped_by"] > horizon)
    last = max(row["ramped_by"] for row in rows)
    everybody = sum(int(row["people"]) for row in rows)
    if unripe == everybody:
        return ["Nobody who is hired is at full speed yet when the run ends."]
    if not unripe:
        one = everybody == 1
        who = "That person is" if one else "All of them are"
        return [f"{who} at full speed from {_moment(last)} on."]
    is_are = "is" if unripe == 1 else "are"
    return [
        f"{_capital(_number(unripe))} of them {is_are} not yet at full speed when the run ends."
    ]


def _money(result: Hiring) -> list[str]:
    """Say what the plan costs over the run, and how much of that is beyond today's."""
    if not math.isfinite(result.cost):
        return []
    more = result.cost - result.cost_today
    scale = Scale.of("cost", result.company.currency, [result.cost])
    months = f"{result.planned.horizon.months:g} months"
    if abs(more) <= 1e-9 * max(abs(result.cost), 1.0):
        return [f"Everybody planned costs {scale.amount(result.cost)} over the {months}."]
    beside = Scale.of("cost", result.company.currency, [more])
    than = "beyond" if more > 0.0 else "less than"
    return [
        f"Over the {months} that costs {beside.amount(abs(more))} {than} the"
        f" {scale.amount(result.cost_today)} of the company {_without(result)}."
    ]


def _without(result: Hiring) -> str:
    """Name the company that the plan is held against."""
    if not result.company.hiring:
        return "without hires"
    return "without further hires" if result.made else "with the scenario's own hires"


def _assumptions(result: Hiring) -> str:
    company = result.planned
    lasting = [
        team_words(team)
        for team in result.headcounts
        if not getattr(company.teams, team).replace_leavers
    ]
    replaced = "whoever quits is replaced as the scenario says"
    if lasting:
        replaced += f", in {listed(lasting)} not at all"
    nobody = "nobody is let go, " if result.made else ""
    return (
        f"Assumed: {nobody}{replaced}; people planned start on the first day of their month and"
        " learn as the scenario says; costs are told as if nobody quit."
    )


# ------------------------------------------------------------------ words


def _all_targets(result: Hiring) -> str:
    return listed([target_text(target, result.company.currency) for target in result.targets])


def _targets_met(result: Hiring) -> str:
    return f"{_all_targets(result)} {'are' if len(result.targets) > 1 else 'is'} met"


def _number(n: int) -> str:
    return _NUMBERS[n] if 0 <= n < len(_NUMBERS) else f"{n:,}"


def _days(days: float) -> str:
    size = f"{days:.0f}" if abs(days - round(days)) < 0.05 else f"{days:.1f}"
    return f"{size} business day{'' if size == '1' else 's'}"


def _moment(day: float) -> str:
    """Write a business day of the run with its month."""
    return f"business day {day:.0f} (month {int(day // DAYS_PER_MONTH) + 1})"


def _capital(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"
