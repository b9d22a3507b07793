"""What a sizing says, in sentences: a plan, what it promises, and no more than intervals allow."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from simulator.experiment.quantities import Scale, main_metric
from simulator.experiment.wording import paragraph
from simulator.languages.messages import listed, marked, say
from simulator.metrics.definitions import METRICS
from simulator.metrics.units import with_unit
from simulator.planning.sizing_frontier import money
from simulator.planning.sizing_limits import binding, teams_at_limit
from simulator.planning.sizing_names import (
    a_year,
    at_least_percent,
    capital,
    chance_text,
    clauses,
    figure_name,
    finer,
    interval,
    people,
    percent,
    plans_counted,
    runs_counted,
    side_by_side,
    target_text,
    team_words,
    values_scale,
)
from simulator.planning.sizing_steps import constraint, figure_row

if TYPE_CHECKING:
    from simulator.planning.sizing_result import Alternative, Sizing

Row = Mapping[str, Any]

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
        lines += binding(result) if result.status == "unreachable" else []
    lines.append(_changes(result))
    if result.status != "unreachable" or result.interrupted:
        lines += _sureness(result) + _ties(result)
    lines += constraint(result) + _levels(result) + money(result)
    lines.append(
        say(
            "Everybody in a plan is there from the first day and at full speed; themodel hiring"
            " says when they must have started for that."
        )
    )
    if result.left_out:
        lines.append(
            say(
                "What the scenario plans under hiring ({n} change of team size) is left out, here"
                " and in the company as it is."
                if result.left_out == 1
                else "What the scenario plans under hiring ({n} changes of team size) is left out,"
                " here and in the company as it is.",
                n=f"{result.left_out:,}",
            )
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
    told = math.isfinite(result.today_chance.mean) and result.plan != result.today
    sentences = [
        say(
            "With {people} the company meets {targets} with probability {chance}, for {price}; as"
            " it is, it does with {today}."
            if told
            else "With {people} the company meets {targets} with probability {chance}, for"
            " {price}.",
            people=people(result.plan), targets=_all_targets(result), price=_price(result),
            chance=chance_text(result.chance),
            **({"today": percent(result.today_chance.mean)} if told else {}),
        )
    ]  # fmt: skip
    if result.status == "missed":
        sentences.append(
            say(
                "Fresh replications do not confirm the {asked} asked for, nor did those of the"
                " plans tried before it: take it for a lower bound of what is needed.",
                asked=percent(result.confidence),
            )
        )
    return [paragraph(sentences), *_promise(result)]


def _promise(result: Sizing) -> list[str]:
    """Say how what fresh luck shows stands to what was asked."""
    asked, chance = percent(result.confidence), result.chance
    if chance.low is None or chance.high is None:
        return []
    if chance.low >= result.confidence:
        return []
    if chance.high < result.confidence:
        return [
            say(
                "That is less than the {asked} asked for: the luck of the search flattered the"
                " plan; ask for a little more confidence, or take a dearer plan of those below.",
                asked=asked,
            )
        ]
    return [cannot_tell(result.confidence, chance.n)]


def cannot_tell(confidence: float, replications: int) -> str:
    """Say that it is open on which side of what was asked a probability lies."""
    return say(
        "Whether the true probability is a little above or below the {asked} asked for, {n}"
        " replications cannot tell.",
        asked=percent(confidence), n=replications,
    )  # fmt: skip


def _best(result: Sizing) -> list[str]:
    assert result.goal is not None
    row = figure_row(result, result.goal)
    plan = {"limit": _money_limit(result), "people": people(result.plan)}
    if row is not None and math.isfinite(row["mean"]):
        scale = values_scale(result.goal[0], result.company.currency, [row["mean"]])
        lines = [
            say(
                "{limit} the best plan found has {people}: {figure} of {mean} on average"
                " ({interval}; {n} fresh replications) for {price}.",
                **plan, figure=figure_name(result.goal), mean=scale.amount(row["mean"]),
                interval=interval(scale, row["low"], row["high"]), n=result.fresh,
                price=_price(result),
            ),
            *_against_today(result, row),
        ]  # fmt: skip
    else:
        lines = [say("{limit} the best plan found has {people}.", **plan)]
    if math.isfinite(result.chance.mean):
        lines.append(
            say(
                "It meets {targets} with probability {chance}.",
                targets=_all_targets(result), chance=chance_text(result.chance),
            )
        )  # fmt: skip
    return lines


def _money_limit(result: Sizing) -> str:
    if result.budget is not None:
        return say("For no more than {money}", money=a_year(result.company, result.budget))
    if len(result.frontier):
        most = float(result.frontier["cost"].max())
        return say("Up to {money}", money=a_year(result.company, most))
    return say("For the money looked at")


def _against_today(result: Sizing, row: Row) -> list[str]:
    low, high = row["difference_low"], row["difference_high"]
    if result.plan == result.today or not (math.isfinite(low) and math.isfinite(high)):
        return []
    assert result.goal is not None
    scale = Scale.of(result.goal[0], result.company.currency, [low, high])
    if low <= 0.0 <= high:
        return [
            say(
                "Whether its {figure} is better than that of the company as it is cannot be told"
                " (the difference is {interval}).",
                figure=figure_name(result.goal),
                interval=with_unit(interval(scale, low, high), scale.unit),
            )
        ]
    size, ends = abs(row["difference"]), sorted((abs(low), abs(high)))
    return [
        say(
            "That is {amount} more than the company as it is ({interval}), with the same luck."
            if low > 0.0
            else "That is {amount} less than the company as it is ({interval}), with the same"
            " luck.",
            amount=scale.amount(size), interval=interval(scale, *ends),
        )
    ]  # fmt: skip


def _interrupted(result: Sizing) -> list[str]:
    lines = [stopped_after(result.evaluations, result.runs), _best_so_far(result)]
    if not result.fresh:
        lines.append(say("It has not been measured in fresh replications."))
    return lines


def stopped_after(plans: int, runs: int) -> str:
    """Say after how much a search was stopped."""
    return say(
        "Stopped after {plans} and {runs} runs: what follows is what is known so far, and a longer"
        " search may better it.",
        plans=plans_counted(plans), runs=f"{runs:,}",
    )  # fmt: skip


def _best_so_far(result: Sizing) -> str:
    plan = {"people": people(result.plan), "price": _price(result)}
    row = _tried_row(result)
    if result.fresh and math.isfinite(result.chance.mean):
        return say(
            "The best plan so far has {people}, for {price}; it meets {targets} with probability"
            " {chance}.",
            **plan, targets=_all_targets(result), chance=chance_text(result.chance),
        )  # fmt: skip
    if row is not None and math.isfinite(row["probability"]):
        return say(
            "The best plan so far has {people}, for {price}; by the luck of the search it meets"
            " {targets} with about {chance} ({runs})."
            if _keeps(result)
            else "The best plan so far has {people}, for {price}; by the luck of the search it"
            " meets {targets} with about {chance} ({runs}), less than asked for.",
            **plan, targets=_all_targets(result), chance=percent(row["probability"]),
            runs=runs_counted(int(row["runs"])),
        )  # fmt: skip
    return say("The best plan so far has {people}, for {price}.", **plan)


def _keeps(result: Sizing) -> bool:
    """Tell whether a plan keeps its promise as far as a search knows that was stopped."""
    row = _tried_row(result)
    return result.goal is not None or (
        row is not None and bool(row["probability"] >= result.confidence)
    )


def _unreachable(result: Sizing) -> list[str]:
    asked: dict[str, object] = {
        "plans": plans_counted(result.evaluations), "targets": _all_targets(result),
        "asked": percent(result.confidence),
    }  # fmt: skip
    if result.budget is not None and result.goal is not None:
        first = say(
            "None of the {plans} that were tried, for no more than {money}, meets {targets} with"
            " the {asked} asked for.",
            **asked, money=a_year(result.company, result.budget),
        )  # fmt: skip
    else:
        first = say(
            "None of the {plans} that were tried meets {targets} with the {asked} asked for.",
            **asked,
        )
    return [
        first,
        say(
            "What comes nearest has {people}, for {price}: it does with probability {chance}.",
            people=people(result.plan), price=_price(result), chance=chance_text(result.chance),
        ),
    ]  # fmt: skip


# ------------------------------------------------------------------ today, how sure, near ties


def _changes(result: Sizing) -> str:
    if result.plan == result.today:
        return say("It is the company as it is.")
    steps = []
    for team, n in result.plan.items():
        change = n - result.today[team]
        if change:
            steps.append(
                say(
                    "{n} more in {team}" if change > 0 else "{n} fewer in {team}",
                    n=abs(change), team=team_words(team),
                )
            )  # fmt: skip
    same = [team_words(team) for team, n in result.plan.items() if n == result.today[team]]
    if not same:
        return say("Against today: {steps}.", steps=side_by_side(steps))
    return say(
        "Against today: {steps}; {same} stays as now."
        if len(same) == 1
        else "Against today: {steps}; {same} stay as now.",
        steps=side_by_side(steps), same=listed(same),
    )  # fmt: skip


def _sureness(result: Sizing) -> list[str]:
    """Say how probable it is that the choice among the plans tried is right."""
    if result.interrupted and result.goal is not None:
        seen = float(result.evaluated["cost"].max()) if len(result.evaluated) else 0.0
        return [
            say(
                "The search begins with the smallest company: it had looked at plans of up to"
                " {money}.",
                money=a_year(result.company, seen),
            )
        ]
    if result.interrupted and not (result.correct and _keeps(result)):
        return []
    lines = [_how_sure(result)]
    if result.correct < result.rules.correct and not result.interrupted:
        lines.append(
            say(
                "That is less than the {aim} that the search aims at: it came to its end before;"
                " the near ties matter.",
                aim=percent(result.rules.correct),
            )
        )
    high = teams_at_limit(result)
    if high and result.goal is None:
        lines.append(
            say(
                "{teams} stands at the upper limit (--max); with more there a cheaper plan may do."
                if len(high) == 1
                else "{teams} stand at the upper limit (--max); with more there a cheaper plan may"
                " do.",
                teams=capital(listed([team_words(team) for team in high])),
            )
        )
    return lines


def _how_sure(result: Sizing) -> str:
    rules = result.rules
    if result.goal is None:
        meaning = say(
            "it keeps the promise but for {zone} points of probability, and none that is more than"
            " {cost_zone} % cheaper keeps it with {zone} points to spare",
            zone=f"{100.0 * rules.zone:g}", cost_zone=f"{100.0 * rules.cost_zone:g}",
        )  # fmt: skip
    else:
        meaning = say("none of them is better by more than the indifference zone")
    tried = {"plans": plans_counted(result.evaluations), "runs": f"{result.runs:,}"}
    if result.correct <= 0.0:
        return say(
            "How sure: among the {plans} tried ({runs} runs) the choice is right with probability"
            " that cannot be told: {meaning}. Of plans that were not tried only a statistical model"
            " says that they promise little.",
            **tried, meaning=meaning,
        )  # fmt: skip
    return say(
        "How sure: among the {plans} tried ({runs} runs) the choice is right with probability at"
        " least {correct}: {meaning}. Of plans that were not tried only a statistical model says"
        " that they promise little.",
        **tried, correct=at_least_percent(result.correct), meaning=meaning,
    )  # fmt: skip


def _ties(result: Sizing) -> list[str]:
    if not result.alternatives:
        return []

    def nearness(each: Alternative) -> tuple[float, float]:
        size = abs(each.saves)
        return (size, -each.chance) if result.goal is None else (-each.chance, size)

    near = sorted(result.alternatives, key=nearness)
    said = [_tie(result, each) for each in near[:_MOST_TIES]]
    told: dict[str, object] = {
        "teams": side_by_side([team_words(team) for team in result.plan]), "ties": clauses(said),
    }  # fmt: skip
    rest = len(near) - len(said)
    if rest > 0:
        return [say("Near ties ({teams}): {ties}; {n} more in the table.", **told, n=rest)]
    return [say("Near ties ({teams}): {ties}.", **told)]


def _tie(result: Sizing, other: Alternative) -> str:
    size = 100.0 * abs(other.saves)
    if size < 0.05:
        cost = say("costs the same")
    else:
        cost = say(
            "is {share} % cheaper" if other.saves > 0.0 else "costs {share} % more",
            share=f"{size:.1f}",
        )
    if result.goal is not None:
        text = marked("{people} {cost} and is not surely worse (chance {chance} to be better)")
    elif other.saves > 0.0 and size >= 0.05:
        text = marked("{people} {cost} and may do (chance {chance})")
    else:
        text = marked("{people} {cost} and may do as well (chance {chance})")
    people_of = "/".join(str(n) for n in other.plan.values())
    return say(text, people=people_of, cost=cost, chance=percent(other.chance))


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
            say(
                "with {n} it is {value} ({interval}) and {main} {outcome} ({ends})",
                n=row["people"],
                value=scale.amount(row["value"]),
                interval=interval(scale, row["value_low"], row["value_high"]),
                main=main.label,
                outcome=outcome.amount(row["outcome"]),
                ends=interval(outcome, row["outcome_low"], row["outcome_high"]),
            )
            for row in near.to_dict("records")
        ]
        lines.append(
            say(
                "{service} ({target}): {levels}.",
                service=METRICS[metric].label, target=text, levels=clauses(said),
            )
        )  # fmt: skip
    return lines


def _all_targets(result: Sizing) -> str:
    texts = [target_text(target, result.company.currency) for target in result.targets]
    return listed(texts) if texts else say("every target")


def _price(result: Sizing) -> str:
    price = a_year(result.company, result.cost)
    change = result.cost - result.today_cost
    if result.plan == result.today:
        return say("{price} (today's company)", price=price)
    if abs(change) < 1e-9 * max(abs(result.cost), 1.0):
        return say("{price} (as much as today)", price=price)
    scale = Scale.of("cost", result.company.currency, [change])
    return say(
        "{price} ({amount} more than today)"
        if change > 0.0
        else "{price} ({amount} less than today)",
        price=price, amount=scale.amount(abs(change)),
    )  # fmt: skip


def _tried_row(result: Sizing) -> Row | None:
    table = result.evaluated
    for row in table.to_dict("records") if len(table) else []:
        if all(row.get(team) == n for team, n in result.plan.items()):
            return {str(k): v for k, v in row.items()}
    return None
