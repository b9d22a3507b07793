"""Other structures of a company: who may take whose work, and which teams are split or added."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from simulator.errors import Problem, ScenarioError
from simulator.languages.messages import listed, marked, say
from simulator.metrics.units import with_unit
from simulator.planning.headcount import ALL_TEAMS, Headcount, Plan, headcount_of, people_of
from simulator.planning.offered_load.analytic import loads
from simulator.planning.sizing_names import a_year, team_words
from simulator.scenario.changing import changed
from simulator.scenario.outline import nearest
from simulator.scenario.schema import Scenario
from simulator.scenario.staff import SPLIT_TEAMS

QUESTIONS = ("ratio", "generalists", "split", "revops")
AS_IT_IS = "as it is"
REPS = ("inside_sales", "field_sales")
DEPARTMENTS = ALL_TEAMS[:4]
_SHARES = (0.5, 1.0)  # of both teams that are cross-trained
_REVOPS = (0, 1, 2)
_AROUND = 1  # sizes of a group fewer and more than its share of the team that are tried
_STEP = 0.1  # of a team, by which they differ; at least one person


@dataclass(frozen=True, slots=True)
class Group:
    """A part of a team for the buyers of some channels alone.

    Attributes
    ----------
    team : str
    channels : tuple of str
    share : float
        Of the team's people, for however many these are.
    step : int
        People by which the sizes differ that are tried around this share; 0: none are.
    """

    team: str
    channels: tuple[str, ...]
    share: float
    step: int = 0

    def people(self, team: int, place: int = _AROUND) -> int:
        """Return how many of so many people are in the group.

        Parameters
        ----------
        team : int
        place : int
            Among the sizes that are tried, from 0; in the middle is the share itself.
        """
        usual = math.floor(self.share * team + 0.5) + (place - _AROUND) * self.step
        # Nobody would serve the buyers of a group without people.
        return min(max(usual, 1), team - 1) if 0.0 < self.share < 1.0 else usual


@dataclass(frozen=True, slots=True)
class Variant:
    """A company of another structure, and the headcounts that it may have.

    Attributes
    ----------
    question : str
        Of QUESTIONS; empty for the company as it is.
    option : str
        Its name.
    words : str
        What it is, within a sentence.
    company : Scenario
    headcount : Headcount
        The teams that are sized; after them the place of the size of each new group, which costs
        nothing.
    sized : tuple of str
        The teams that are sized.
    groups : tuple of Group
        Of split teams.
    """

    question: str
    option: str
    words: str
    company: Scenario
    headcount: Headcount
    sized: tuple[str, ...]
    groups: tuple[Group, ...] = ()

    def people(self, plan: Plan) -> dict[str, int]:
        """Return the people of every team."""
        sized = dict(zip(self.sized, plan, strict=False))
        return {team: sized.get(team, people_of(self.company, team)) for team in ALL_TEAMS}

    def group_people(self, plan: Plan) -> dict[str, int]:
        """Return the people of the group of each split team."""
        people, places = self.people(plan), list(plan[len(self.sized) :])
        return {
            group.team: group.people(people[group.team], places.pop(0) if group.step else _AROUND)
            for group in self.groups
        }

    def scenario(self, plan: Plan) -> Scenario:
        """Return the company with these people from the start."""
        values: dict[str, Any] = {
            f"teams.{team}.people": n for team, n in self.people(plan).items() if team in self.sized
        }
        channels = {group.team: group.channels for group in self.groups}
        for team, n in self.group_people(plan).items():
            values[f"teams.{team}.split"] = {"people": n, "channels": list(channels[team])}
        return changed(self.company, values)

    def near(self, people: Mapping[str, int]) -> Plan:
        """Return the plan that is nearest to so many people by team."""
        places = [_AROUND] * (len(self.headcount.teams) - len(self.sized))
        return self.headcount.within([*(people[team] for team in self.sized), *places])


def reference_of(company: Scenario, costs: Mapping[str, float] | None = None) -> Variant:
    """Return the company as it is, and the headcounts that it may have.

    Its departments are sized; staff teams stay as they are.

    Raises
    ------
    ScenarioError
        If a cost is of no team or out of range.
    """
    return _variant("", AS_IT_IS, say("the company as it is"), company, _own_groups(company), costs)


def variants_of(
    company: Scenario,
    questions: Sequence[str],
    splits: Mapping[str, tuple[str, ...]],
    budget: float,
    costs: Mapping[str, float] | None = None,
) -> tuple[list[Variant], list[str]]:
    """Return the structures that questions are about.

    Parameters
    ----------
    company : Scenario
    questions : sequence of str
        Of QUESTIONS.
    splits : mapping of str to tuple of str
        Teams and the channels of their separate groups; empty: inside sales and field sales, with
        the channels whose buyers fit best apart.
    budget : float
        Currency per year; structures whose smallest company costs more are left out.
    costs : mapping of str to float, optional
        As for :func:`~simulator.planning.headcount.headcount_of`.

    Returns
    -------
    list of Variant
    list of str
        What is left out, and why, in sentences.
    """
    found: list[Variant] = []
    left_out: list[str] = []
    if "generalists" in questions:
        found += _generalists(company, costs)
    if "split" in questions:
        split, why = _split(company, splits, costs)
        found += split
        left_out += why
    if "revops" in questions:
        found += _revops(company, costs)
    affordable = []
    for variant in found:
        least = variant.headcount.cost(variant.headcount.low)
        if least <= budget:
            affordable.append(variant)
            continue
        left_out.append(
            say("Left out: {structure}; the smallest such company costs {cost}, more than the"
                " budget.", structure=variant.words, cost=a_year(company, least))
        )  # fmt: skip
    return affordable, left_out


# ------------------------------------------------------------------ the structures


def _generalists(company: Scenario, costs: Mapping[str, float] | None) -> list[Variant]:
    found = []
    for share in _SHARES:
        other = changed(company, {
            "teams.inside_sales.cross_trained": share,
            "teams.inside_sales.cross_trained_for": "next",
            "teams.field_sales.cross_trained": share,
            "teams.field_sales.cross_trained_for": "previous",
        })  # fmt: skip
        if other != company:
            found.append(_variant(
                "generalists", f"generalists {100.0 * share:.0f} %",
                _trained(share), other, _own_groups(company), costs,
            ))  # fmt: skip
    return found


def _trained(share: float) -> str:
    if share == 1.0:
        return say("all of inside and field sales trained for both teams' work")
    if share == 0.5:
        return say("half of inside and field sales trained for both teams' work")
    size = with_unit(f"{100.0 * share:.0f}", "%")
    return say("{share} of inside and field sales trained for both teams' work", share=size)


def _revops(company: Scenario, costs: Mapping[str, float] | None) -> list[Variant]:
    found = []
    for n in _REVOPS:
        if n == people_of(company, "revops"):
            continue
        other = changed(company, {"teams.revops.people": n})
        text = marked("{n} person in RevOps") if n == 1 else marked("{n} people in RevOps")
        words = say(text, n=n) if n else say("nobody in RevOps")
        found.append(
            _variant("revops", f"RevOps {n}", words, other, _own_groups(company), costs)
        )  # fmt: skip
    return found


def _split(
    company: Scenario, splits: Mapping[str, tuple[str, ...]], costs: Mapping[str, float] | None
) -> tuple[list[Variant], list[str]]:
    channels = list(company.market.channels)
    if len(channels) < 2:
        return [], [say("Left out: teams split by channel; the market has one channel only.")]
    small = [team for team in splits or REPS if people_of(company, team) < 2]
    left_out = [
        say(
            "Left out: a split of {team}, which has no two people to be split.",
            team=team_words(team),
        )
        for team in small
    ]
    parts = _parts(company)
    wanted = {team: splits[team] for team in splits} or dict.fromkeys(
        REPS, best_fitting(company, parts)
    )
    groups = tuple(
        Group(team, named, sum(parts[team][name] for name in named),
              max(1, round(_STEP * people_of(company, team))))
        for team, named in wanted.items()
        if team not in small
    )  # fmt: skip
    if not groups:
        return [], left_out
    kept = tuple(g for g in _own_groups(company) if g.team not in {each.team for each in groups})
    if len({group.channels for group in groups}) == 1:
        teams = listed([team_words(group.team) for group in groups])
        words = say("a split of {teams} by channel ({channels} apart)", teams=teams,
                    channels=listed(groups[0].channels))  # fmt: skip
    else:
        each = [
            say("{team} ({channels} apart)", team=team_words(g.team), channels=listed(g.channels))
            for g in groups
        ]
        words = say("a split by channel of {teams}", teams=listed(each))
    variant = _variant("split", "split by channel", words, company, (*groups, *kept), costs)
    return [variant], left_out


def _parts(company: Scenario) -> dict[str, dict[str, float]]:
    """Return the part of each team's work that comes from each channel, between 0 and 1.

    What is missing to 1 belongs to buyers that were there at the start.
    """
    whole = loads(company)
    parts: dict[str, dict[str, float]] = {team: {} for team in whole}
    leads = {name: channel.leads_per_day for name, channel in company.market.channels.items()}
    everything = sum(leads.values())
    for name in leads:
        rest = loads(changed(company, {f"market.channels.{name}.leads_per_day": 0.0}))
        for team, load in whole.items():
            own = load.people - rest[team].people
            usual = leads[name] / everything if everything else 1.0 / len(leads)
            part = own / load.people if load.people > 0.0 else usual
            # A group that would get no work at all still needs somebody.
            parts[team][name] = min(max(part, 1e-6), 1.0)
    for of_team in parts.values():
        total = sum(of_team.values())
        if total >= 1.0:  # each was found alone, and so may be a little too large
            for name in of_team:
                of_team[name] /= total * (1.0 + 1e-6)
    return parts


def best_fitting(company: Scenario, parts: Mapping[str, Mapping[str, float]]) -> tuple[str, ...]:
    """Return the channels with the best fit that make up nearest to half of the reps' work.

    Parameters
    ----------
    company : Scenario
        With at least two channels.
    parts : mapping of str to mapping of str to float
        Of each team's work, the part that comes from each channel.
    """
    channels = company.market.channels
    order = sorted(channels, key=lambda name: -channels[name].fit_mean)
    work = {name: sum(parts[team][name] for team in REPS) / len(REPS) for name in order}
    cuts = range(1, len(order))
    cut = min(cuts, key=lambda n: abs(sum(work[name] for name in order[:n]) - 0.5))
    return tuple(name for name in channels if name in order[:cut])


def _own_groups(company: Scenario) -> tuple[Group, ...]:
    """Return the groups that a company has already; they stay the same share of their teams."""
    found = []
    for team in SPLIT_TEAMS:
        split = getattr(company.teams, team).split
        if split.channels:
            share = split.people / max(people_of(company, team), 1)
            found.append(Group(team, split.channels, share))
    return tuple(found)


def _variant(
    question: str,
    option: str,
    words: str,
    company: Scenario,
    groups: Iterable[Group],
    costs: Mapping[str, float] | None,
) -> Variant:
    groups = tuple(groups)
    sized = tuple(team for team in DEPARTMENTS if people_of(company, team))
    least = {group.team: 2 for group in groups if 0.0 < group.share < 1.0}
    people = headcount_of(company, teams=sized, at_least=least, costs=costs)
    places = [group for group in groups if group.step]
    headcount = Headcount(
        company,
        (*people.teams, *(f"{group.team} group" for group in places)),
        (*people.low, *(0 for _ in places)),
        (*people.high, *(2 * _AROUND for _ in places)),
        (*people.costs, *(0.0 for _ in places)),
        people.fixed,
    )
    return Variant(question, option, words, company, headcount, people.teams, groups)


# ------------------------------------------------------------------ what may be asked


def checked_questions(questions: Sequence[str], splits: Mapping[str, object]) -> tuple[str, ...]:
    """Return the questions in their usual order; a split that is stated asks for that, too.

    Raises
    ------
    ScenarioError
        With every question that is none, and the nearest one.
    """
    rule = f"known: {', '.join(QUESTIONS)}"
    problems = [
        Problem("--question", "", name, f"is no question{nearest(name, QUESTIONS)}; {rule}")
        for name in questions
        if name not in QUESTIONS
    ]
    if not questions:
        problems = [Problem("--question", "", "", f"ask at least one; {rule}")]
    if problems:
        raise ScenarioError(problems)
    return tuple(q for q in QUESTIONS if q in questions or (q == "split" and splits))


def checked_splits(
    company: Scenario, splits: Mapping[str, Sequence[str]]
) -> dict[str, tuple[str, ...]]:
    """Return the splits, each channel once.

    Raises
    ------
    ScenarioError
        If a team or channel is unknown, a team is too small, or one of its groups would get none
        of the channels.
    """
    channels = list(company.market.channels)
    problems, found = [], {}
    for team, named in splits.items():
        stated = f"{team}={','.join(named)}"
        found[team] = tuple(dict.fromkeys(named))
        if team not in SPLIT_TEAMS:
            rule = f"{team} is no team that can be split{nearest(team, SPLIT_TEAMS)}; known:"
            problems.append(Problem("--split", "", stated, f"{rule} {', '.join(SPLIT_TEAMS)}"))
            continue
        unknown = [name for name in found[team] if name not in channels]
        problems += [
            Problem("--split", "", stated, f"{name} is no channel{nearest(name, channels)};"
                    f" known: {', '.join(channels)}")
            for name in unknown
        ]  # fmt: skip
        if people_of(company, team) < 2:
            rule = (
                f"{team_words(team)} has {people_of(company, team)} people today: a team that is"
                f" split needs two; give it more with --set teams.{team}.people=2"
            )
            problems.append(Problem("--split", "", stated, rule.replace("1 people", "1 person")))
        if not unknown and len(found[team]) in (0, len(channels)):
            rule = "leave at least one channel to each of the two groups"
            problems.append(Problem("--split", "", stated, rule))
    if problems:
        raise ScenarioError(problems)
    return found
