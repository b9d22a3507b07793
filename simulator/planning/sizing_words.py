"""What a sizing says, in sentences: a plan, what it promises, and no more than intervals allow."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from simulator.experiment.figures import Figure
from simulator.experiment.quantities import Scale, main_metric
from simulator.languages.messages import listed
from simulator.metrics.definitions import METRICS
from simulator.planning.sizing_frontier import money
from simulator.planning.sizing_names import (
    a_year,
    chance_text,
    counted,
    figure_column,
    figure_name,
    finer,
    interval,
    people,
    percent,
    sign_of,
    target_text,
    team_words,
    values_scale,
)
from simulator.planning.sizing_steps import binding_target, constraint, told_steps
from simulator.planning.targets import Target

if TYPE_CHECKING:
    from simulator.planning.sizing_result import Alternative, Sizing

Row = Mapping[str, Any]

ASSUMPTION = (
    "Everybody in a plan is there from the first day and at full speed; themodel hiring says when"
    " they must have started for that."
)
_MOST_TIES = 3


def verdict(result: Sizing) -> list[str]:
    """Say in sentences what is known.

    Parameters
    ----------
    result : Sizing

    Returns
    -------
    list of str
        The answer first; then the change from today, how sure that is, what is about as good, and
        where one person more or fewer matters most.
    """
    lines = _opening(result)
    if not result.interrupted:
        lines += _binding(result) if result.status == "unreachable" else []
    lines.append(_changes(result))
    if result.status != "unreachable" or result.interrupted:
        lines += _sureness(result) + _ties(result)
    lines += constraint(result) + _levels(result) + money(result)
    lines.append(ASSUMPTION)
    if result.left_out:
        lines.append(
            f"What the scenario plans under hiring ({counted(result.left_out, 'change')} of team"
            " size) is left out, here and in the company as it is."
        )
    return lines


# ------------------------------------------------------------------ the answer


def _opening(result: Sizing) -> list[str]:
    if result.interrupted:
        return _interrupted(result)
    if result.status == "unreachable":
        return _unreachable(result)
    if result.goal is not None:
        return _best(result)
    sentence = (
        f"With {people(result.plan)} the company meets {_all_targets(result)} with probability"
        f" {chance_text(result.chance)}, for {_price(result)}"
    )
    if math.isfinite(result.today_chance.mean) and result.plan != result.today:
        sentence += f"; as it is, it does with {percent(result.today_chance.mean)}"
    if result.status == "missed":
        sentence += (
            f". Fresh replications do not confirm the {percent(result.confidence)} asked for, nor"
            " did those of the plans tried before it: take it for a lower bound of what is needed"
        )
    return [f"{sentence}.", *_promise(result)]


def _promise(result: Sizing) -> list[str]:
    """Say how what fresh luck shows stands to what was asked."""
    asked, chance = percent(result.confidence), result.chance
    if chance.low is None or chance.high is None:
        return []
    if chance.low >= result.confidence:
        return []
    if chance.high < result.confidence:
        return [
            f"That is less than the {asked} asked for: the luck of the search flattered the plan;"
            " ask for a little more confidence, or take a dearer plan of those below."
        ]
    return [
        f"Whether the true probability is a little above or below the {asked} asked for, {chance.n}"
        " replications cannot tell."
    ]


def _best(result: Sizing) -> list[str]:
    assert result.goal is not None
    row = figure_row(result, result.goal)
    known = row is not None and math.isfinite(row["mean"])
    limit = (
        f"For no more than {a_year(result.company, result.budget)}"
        if result.budget is not None
        else f"Up to {a_year(result.company, float(result.frontier['cost'].max()))}"
        if len(result.frontier)
        else "For the money looked at"
    )
    sentence = f"{limit} the best plan found has {people(result.plan)}"
    lines = []
    if known and row is not None:
        scale = values_scale(result.goal[0], result.company.currency, [row["mean"]])
        sentence += (
            f": {figure_name(result.goal)} of {scale.amount(row['mean'])} on average"
            f" ({interval(scale, row['low'], row['high'])}; {result.fresh} fresh replications) for"
            f" {_price(result)}"
        )
        lines.append(_against_today(result, row))
    if math.isfinite(result.chance.mean):
        lines.append(
            f"It meets {_all_targets(result)} with probability {chance_text(result.chance)}."
        )
    return [f"{sentence}.", *(line for line in lines if line)]


def _against_today(result: Sizing, row: Row) -> str:
    low, high = row["difference_low"], row["difference_high"]
    if result.plan == result.today or not (math.isfinite(low) and math.isfinite(high)):
        return ""
    assert result.goal is not None
    scale = Scale.of(result.goal[0], result.company.currency, [low, high])
    name = figure_name(result.goal)
    if low <= 0.0 <= high:
        return (
            f"Whether its {name} is better than that of the company as it is cannot be told (the"
            f" difference is {interval(scale, low, high)} {scale.unit}".rstrip()
            + ")."
        )
    size, ends = abs(row["difference"]), sorted((abs(low), abs(high)))
    moved = "more" if low > 0.0 else "less"
    return (
        f"That is {scale.amount(size)} {moved} than the company as it is"
        f" ({interval(scale, *ends)}), with the same luck."
    )


def _interrupted(result: Sizing) -> list[str]:
    tried = f"Stopped after {counted(result.evaluations, 'plan')} and {result.runs:,} runs"
    lines = [f"{tried}: what follows is what is known so far, and a longer search may better it."]
    best = f"The best plan so far has {people(result.plan)}, for {_price(result)}"
    row = _tried_row(result)
    if result.fresh and math.isfinite(result.chance.mean):
        best += f"; it meets {_all_targets(result)} with probability {chance_text(result.chance)}"
    elif row is not None and math.isfinite(row["probability"]):
        short = not _keeps(result)
        best += (
            f"; by the luck of the search it meets {_all_targets(result)} with about"
            f" {percent(row['probability'])} ({counted(int(row['runs']), 'run')})"
            f"{', less than asked for' if short else ''}"
        )
    lines.append(f"{best}.")
    if not result.fresh:
        lines.append("It has not been measured in fresh replications.")
    return lines


def _keeps(result: Sizing) -> bool:
    """Tell whether a plan keeps its promise as far as a search knows that was stopped."""
    row = _tried_row(result)
    return result.goal is not None or (
        row is not None and bool(row["probability"] >= result.confidence)
    )


def _unreachable(result: Sizing) -> list[str]:
    asked = percent(result.confidence)
    tried = f"None of the {counted(result.evaluations, 'plan')} that were tried"
    if result.budget is not None and result.goal is not None:
        tried += f", for no more than {a_year(result.company, result.budget)},"
    return [
        f"{tried} meets {_all_targets(result)} with the {asked} asked for.",
        f"What comes nearest has {people(result.plan)}, for"
        f" {_price(result)}: it does with probability {chance_text(result.chance)}.",
    ]


# ------------------------------------------------------------------ what binds


def _binding(result: Sizing) -> list[str]:
    """Say which target cannot be met, what can be reached, and which limit is in the way."""
    target = binding_target(result)
    if target is None:
        return []
    lines = []
    alone = result.by_target.get(target.text)
    if len(result.targets) > 1 and alone is not None and math.isfinite(alone.mean):
        lines.append(
            f"The target that binds is {target_text(target, result.company.currency)}: alone it is"
            f" met with probability {chance_text(alone)}."
        )
    row = figure_row(result, target.figures[-1])
    if row is not None and math.isfinite(row["reached"]):
        scale = values_scale(target.metric, result.company.currency, [row["reached"], target.limit])
        gap = target.limit - row["reached"] if target.at_least else row["reached"] - target.limit
        share = percent(result.confidence)
        bound = "or more" if target.at_least else "or less"
        missed = f", {scale.amount(gap)} off the target" if gap > 0.0 else ""
        lines.append(
            f"With that plan {figure_name(target.figures[-1])} is"
            f" {scale.amount(row['reached'])} {bound} in {share} of the runs{missed}."
        )
    return [*lines, *_limits(result, target), *_at_odds(result, target)]


def _limits(result: Sizing, target: Target) -> list[str]:
    """Say which teams stand at their upper limit, and whether more people there would help."""
    at_limit = teams_at_limit(result)
    helping = told_steps(result, figure_column(target.figures[-1]), 1, sign_of(target))
    helped = [str(row["team"]) for row in helping]
    if not at_limit:
        if helped:
            return [
                "No team stands at its upper limit, and one more in"
                f" {listed([team_words(team) for team in helped], 'or')} would bring that one"
                " target nearer: it is what else was asked for, or the end of the search, that is"
                " in the way."
            ]
        return [
            "No team stands at its upper limit, and that one more person anywhere would bring it"
            " nearer cannot be told: the target may lie beyond what people can do with the buyers,"
            " the prices and the time that there are."
        ]
    named = listed([f"{team_words(t)} ({result.plan[t]}, --max)" for t in at_limit])
    stands = "stand" if len(at_limit) > 1 else "stands"
    said = f"At its upper limit {stands} {named}"
    binding = [team for team in helped if team in at_limit]
    if binding:
        names = listed([team_words(team) for team in binding], "or")
        return [f"{said}; one more in {names} would bring it nearer: that limit binds."]
    return [f"{said}; that one more there would bring it nearer cannot be told."]


def _at_odds(result: Sizing, target: Target) -> list[str]:
    """Say where what brings one target nearer takes another one farther away."""
    lines = []
    helping = told_steps(result, figure_column(target.figures[-1]), None, sign_of(target))
    steps = {(row["team"], row["change"]) for row in helping}
    for other in result.targets:
        known = result.by_target.get(other.text)
        safe = known is None or known.mean >= 1.0
        if other is target or safe or other.figures[-1] == target.figures[-1]:
            continue
        harming = told_steps(
            result, figure_column(other.figures[-1]), None, -sign_of(other)
        )  # fmt: skip
        both = [row for row in harming if (row["team"], row["change"]) in steps]
        if both:
            row = both[0]
            step = "one more" if row["change"] > 0 else "one fewer"
            currency = result.company.currency
            lines.append(
                f"It is at odds with {target_text(other, currency)}: {step} in"
                f" {team_words(row['team'])} brings the one nearer and takes the other farther"
                " away."
            )
    return lines[:2]


def teams_at_limit(result: Sizing) -> list[str]:
    """Return the teams that have as many people as they may."""
    high = result.headcount.named(result.headcount.high)
    return [team for team, n in result.plan.items() if n >= high[team]]


# ------------------------------------------------------------------ today, how sure, near ties


def _changes(result: Sizing) -> str:
    if result.plan == result.today:
        return "It is the company as it is."
    steps = []
    for team, n in result.plan.items():
        change = n - result.today[team]
        if change:
            steps.append(f"{abs(change)} {'more' if change > 0 else 'fewer'} in {team_words(team)}")
    same = [team_words(team) for team, n in result.plan.items() if n == result.today[team]]
    stays = f"; {listed(same)} {'stay' if len(same) > 1 else 'stays'} as now" if same else ""
    return f"Against today: {', '.join(steps)}{stays}."


def _sureness(result: Sizing) -> list[str]:
    """Say how probable it is that the choice among the plans tried is right."""
    if result.interrupted and result.goal is not None:
        seen = float(result.evaluated["cost"].max()) if len(result.evaluated) else 0.0
        scale = Scale.of("cost", result.company.currency, [seen])
        return [
            f"The search begins with the smallest company: it had looked at plans of up to"
            f" {scale.amount(seen)} a year."
        ]
    if result.interrupted and not (result.correct and _keeps(result)):
        return []
    rules = result.rules
    tried = f"the {counted(result.evaluations, 'plan')} tried ({result.runs:,} runs)"
    if result.goal is None:
        zone = f"{100.0 * rules.zone:g} points"
        meaning = (
            f"it keeps the promise but for {zone} of probability, and none that is more than"
            f" {100.0 * rules.cost_zone:g} % cheaper keeps it with {zone} to spare"
        )
    else:
        meaning = "none of them is better by more than the indifference zone"
    lines = [
        f"How sure: among {tried} the choice is right with probability"
        f" {_at_least(result.correct)}: {meaning}. Of plans that were not tried only a statistical"
        " model says that they promise little."
    ]
    if result.correct < rules.correct and not result.interrupted:
        lines.append(
            f"That is less than the {percent(rules.correct)} that the search aims at: it came to"
            " its end before; the near ties matter."
        )
    high = teams_at_limit(result)
    if high and result.goal is None:
        stands = "stand" if len(high) > 1 else "stands"
        names = listed([team_words(team) for team in high])
        lines.append(
            f"{names[:1].upper()}{names[1:]} {stands} at the upper limit (--max); with more there"
            " a cheaper plan may do."
        )
    return lines


def _at_least(correct: float) -> str:
    return "that cannot be told" if correct <= 0.0 else f"at least {_floored(correct)}"


def _floored(share: float) -> str:
    """Write a lower bound of a probability without rounding it up."""
    return f"{math.floor(1000.0 * min(share, 0.999) + 1e-9) / 10.0:g} %"


def _ties(result: Sizing) -> list[str]:
    if not result.alternatives:
        return []

    def nearness(each: Alternative) -> tuple[float, float]:
        size = abs(each.saves)
        return (size, -each.chance) if result.goal is None else (-each.chance, size)

    near = sorted(result.alternatives, key=nearness)
    said = [_tie(result, each) for each in near[:_MOST_TIES]]
    order = ", ".join(team_words(team) for team in result.plan)
    rest = len(near) - len(said)
    further = f"; {rest} more in the table" if rest > 0 else ""
    return [f"Near ties ({order}): {'; '.join(said)}{further}."]


def _tie(result: Sizing, other: Alternative) -> str:
    people_of = "/".join(str(n) for n in other.plan.values())
    size = 100.0 * abs(other.saves)
    cost = (
        "costs the same"
        if size < 0.05
        else f"is {size:.1f} % cheaper"
        if other.saves > 0.0
        else f"costs {size:.1f} % more"
    )
    if result.goal is not None:
        better_with = f"(chance {percent(other.chance)} to be better)"
        return f"{people_of} {cost} and is not surely worse {better_with}"
    if other.saves > 0.0 and size >= 0.05:
        return f"{people_of} {cost} and may do (chance {percent(other.chance)})"
    return f"{people_of} {cost} and may do as well (chance {percent(other.chance)})"


# ------------------------------------------------------------------ service levels and money


def _levels(result: Sizing) -> list[str]:
    """Say for each service level what one person fewer and more does to it and to revenue."""
    if not len(result.levels):
        return []
    lines = []
    main = METRICS[main_metric(result.company)]
    for text, rows in result.levels.groupby("target", sort=False):
        team = str(rows["team"].iloc[0])
        now = result.plan[team]
        near = rows[rows["people"].between(now - 1, now + 1)]
        if len(near) < 2:
            continue
        metric = str(near["metric"].iloc[0])
        scale = values_scale(metric, result.company.currency, near["value"])
        outcome = finer(values_scale(main.id, result.company.currency, near["outcome"]))
        said = [
            f"with {row['people']} it is {scale.amount(row['value'])}"
            f" ({interval(scale, row['value_low'], row['value_high'])}) and {main.label}"
            f" {outcome.amount(row['outcome'])}"
            f" ({interval(outcome, row['outcome_low'], row['outcome_high'])})"
            for row in near.to_dict("records")
        ]
        lines.append(f"{METRICS[metric].label} ({text}): {'; '.join(said)}.")
    return lines


def _all_targets(result: Sizing) -> str:
    texts = [target_text(target, result.company.currency) for target in result.targets]
    return listed(texts) if texts else "every target"


def _price(result: Sizing) -> str:
    return f"{a_year(result.company, result.cost)}{_against(result)}"


def _against(result: Sizing) -> str:
    change = result.cost - result.today_cost
    if result.plan == result.today:
        return " (today's company)"
    scale = Scale.of("cost", result.company.currency, [change])
    if abs(change) < 1e-9 * max(abs(result.cost), 1.0):
        return " (as much as today)"
    return f" ({scale.amount(abs(change))} {'more' if change > 0.0 else 'less'} than today)"


def figure_row(result: Sizing, figure: Figure) -> Row | None:
    """Return what is known of a figure; None if nothing is."""
    metric, month = figure
    table = result.figures
    if not len(table):
        return None
    rows = table[(table["metric"] == metric) & (table["month"] == month)].to_dict("records")
    return {str(k): v for k, v in rows[0].items()} if rows else None


def _tried_row(result: Sizing) -> Row | None:
    table = result.evaluated
    for row in table.to_dict("records") if len(table) else []:
        if all(row.get(team) == n for team, n in result.plan.items()):
            return {str(k): v for k, v in row.items()}
    return None
