"""What departments would do under their measures, what that costs, and what would help.

Behavior is not stated but found: each department in turn does what pays it best, given what the
others do, until nobody gains by a change (``best_response``). What nobody would leave is an
equilibrium; what one planner would choose for all of them at once is the joint optimum; what lies
between the two is the price of silos. Both are searched with some replications and measured with
others, so that the luck of the search flatters neither.

The optimum is of the same people and buyers without frictions of sharing: nobody free-rides,
nobody errs for want of early results, nobody sits in coordination meetings.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from simulator.errors import Problem, ScenarioError
from simulator.experiment.best_response import Effort, best_response, optimum
from simulator.experiment.departments import Game, Runs, lasting
from simulator.experiment.execution import Workers, execution_of
from simulator.experiment.games import Profile, Remembered, noise, spread_starts
from simulator.experiment.incentives_phrases import remedy_name, status_shown, with_weight
from simulator.experiment.objectives import (
    DEFAULT_AGREEMENT,
    NORM,
    STEPS_IN_RANGE,
    Agreement,
    Kpi,
    Lever,
    Range,
    frictionless,
    level_of,
    levers,
    objectives_of,
    players_of,
    scales_of,
    stated_in,
    usual_of,
    weights_of,
)
from simulator.experiment.price_of_silos import (
    AGREED,
    ALL,
    EQUILIBRIUM,
    OPTIMUM,
    REVOPS,
    SHARED_KPI,
    STATED,
    USUAL,
    Case,
    Effect,
    Incentives,
    Totals,
    Weights,
)
from simulator.experiment.readiness import Scenarios, prepared
from simulator.experiment.searches import Equilibria, Search, grouped
from simulator.experiment.statistics import Estimate
from simulator.languages.messages import say
from simulator.metrics.definitions import TEAMS
from simulator.metrics.unstreamed import STREAMED
from simulator.scenario.changing import changed
from simulator.scenario.schema import Scenario

SEARCH, FRESH = 8, 24
"""Replications by which is searched, and other ones by which is measured."""
MOST_REPLICATIONS = 1000
DOSES = (0.0, 0.5, 0.75, 1.0)
STARTS = 2
SURE = 0.8
"""How surely a gain must be told before a department moves; see :class:`Effort`."""
FULL = Effort(grid=4, check_grid=4, combined=4, most_rounds=12, tolerance=1e-3, confidence=SURE)
QUICK = Effort(grid=3, check_grid=3, combined=0, most_rounds=6, tolerance=1e-3, confidence=SURE)
_EVERYTHING = 1.0  # the weight of a planner's shared KPI


def incentives(
    scenario: Scenarios,
    *,
    weights: Mapping[str, float] | None = None,
    shared: str | None = None,
    own: Mapping[str, str] | None = None,
    norm: float = NORM,
    ranges: Sequence[Range] = (),
    agree: Sequence[Agreement] = (),
    starts: int = STARTS,
    steps: int = STEPS_IN_RANGE,
    doses: bool = True,
    remedies: bool = False,
    seed: int = 1,
    replications: int = SEARCH,
    fresh: int = FRESH,
    workers: Workers = 1,
    tell: Callable[[str], None] | None = None,
) -> Incentives:
    """Find what departments would do under their measures, and what that costs.

    Parameters
    ----------
    scenario : Scenario, LoadedScenario, str or path
        The organization; its decisions are one start of the search, and are not used otherwise.
    weights : mapping of str to float, optional
        Of the shared KPI, by department, 0..1; those of the scenario where nothing is said.
    shared : str, optional
        Metric of the shared KPI; final MRR (revenue of one-off sales) if not given.
    own : mapping of str to str, optional
        Metric of a department's own KPI, instead of those of :data:`objectives.OWN`.
    norm : float
        Strength of the professional norm; 0 shows the corners.
    ranges : sequence of Range
        What decisions are chosen from, instead of what the schema says.
    agree : sequence of Agreement
        What departments have agreed on; with `remedies`, what they could agree on.
    starts : int
        Of the search: deciding as usual, as stated, then spread over the ranges.
    steps : int
        In the range of each decision: fewer are a coarser grid.
    doses : bool
        Also for other weights, of all together and of each department alone.
    remedies : bool
        Also for a shared KPI, an agreed definition and RevOps, each alone and together.
    seed : int
        Of the experiment, 0 <= seed < 2**63.
    replications, fresh : int
        By how many is searched, and by how many others is measured.
    workers : int or Execution
    tell : callable, optional
        Called with a sentence whenever a step is done.

    Returns
    -------
    Incentives
        After Ctrl-C what was found until then, with ``interrupted`` set.

    Raises
    ------
    ScenarioError
        If a weight, range, agreement, KPI or decision makes no sense, or a KPI cannot be seen
        within the horizon.
    ReplicationError
        If a run fails.
    KeyboardInterrupt
        After Ctrl-C before anything is known.
    ValueError
        If a number is out of range.
    """
    loaded = prepared(scenario)
    company = loaded.scenario
    imposed = () if remedies else tuple(agree)
    asked = weights_of(company, weights or {})
    objectives = objectives_of(company, shared, own or {}, norm, imposed)
    chosen = levers(company, ranges, imposed)
    narrowed = levers(company, ranges, tuple(agree) or DEFAULT_AGREEMENT)
    if not players_of(chosen) or not players_of(narrowed):
        raise ScenarioError([Problem("--agree", "", "", "leaves nobody anything to decide")])
    for name, count in (("replications", replications), ("fresh", fresh)):
        if not 2 <= count <= MOST_REPLICATIONS:
            raise ValueError(f"{name} must be 2 to {MOST_REPLICATIONS}, not {count}")
    for name, count in (("start", starts), ("step", steps)):
        if count < 1:
            raise ValueError(f"at least one {name}, not {count}")
    with lasting(execution_of(workers)) as how:
        analysis = _Analysis(
            loaded.name,
            Game(company, asked, chosen, objectives, steps=steps),
            Runs(seed, how),
            range(replications),
            range(replications, replications + fresh),
            tell or _silent,
        )
        remedy = (tuple(agree) or DEFAULT_AGREEMENT, narrowed) if remedies else None
        return analysis.run(starts, doses, tuple(agree), remedy)


def decisions_of(
    scenario: Scenario,
    *,
    seed: int = 1,
    replications: int = SEARCH,
    steps: int = STEPS_IN_RANGE,
    workers: Workers = 1,
) -> tuple[Search, dict[str, float]]:
    """Find what departments would do under a scenario's measures, and nothing else.

    Parameters
    ----------
    scenario : Scenario
    seed : int
    replications : int
        By how many is searched.
    steps : int
        In the range of each decision: fewer are a coarser grid.
    workers : int or Execution

    Returns
    -------
    Search
        From deciding as usual.
    dict of str to float
        Decision by path below ``decisions``.

    Raises
    ------
    ScenarioError
        If a KPI cannot be seen within the horizon.
    KeyboardInterrupt
        After Ctrl-C.
    """
    game = Game(
        scenario,
        weights_of(scenario, {}),
        levers(scenario),
        objectives_of(scenario, None, {}, NORM, ()),
        steps=steps,
    )
    usual = usual_of(game.levers)
    with lasting(execution_of(workers)) as how:
        runs = Runs(seed, how)
        numbers = range(replications)
        runs.scales = _scales(runs, game, numbers)
        found = best_response(game.players(), runs.payoffs(game, numbers), usual, effort=FULL)
    if found.status == "interrupted":
        raise KeyboardInterrupt
    return found, Case("", game.weights, found.profile, {}, found, game.levers).decisions()


def _scales(runs: Runs, game: Game, numbers: Sequence[int]) -> dict[str, float]:
    """Usual sizes of KPIs: where everybody decides as usual."""
    totals = runs.totals([game.decided(usual_of(game.levers))], numbers)[0]
    return scales_of(game.objectives, totals, game.company.horizon.months)


def _silent(said: str) -> None:
    pass


class _Analysis:
    """The analysis on its way; what is finished stays if it is interrupted."""

    def __init__(
        self,
        name: str,
        game: Game,
        runs: Runs,
        by_search: Sequence[int],
        by_fresh: Sequence[int],
        tell: Callable[[str], None],
    ) -> None:
        self._name = name
        self._game = game
        self._runs = runs
        self._by_search = by_search
        self._by_fresh = by_fresh
        self._tell = tell
        self._usual = usual_of(game.levers)
        self._equilibria: Equilibria | None = None
        self._cases: dict[str, Case] = {}
        self._effects: list[Effect] = []
        self._doses: list[tuple[str, float, str]] = []
        self._remedies: list[tuple[tuple[str, ...], str]] = []
        self._step = ""

    def run(
        self,
        starts: int,
        doses: bool,
        agreed: tuple[Agreement, ...],
        remedy: tuple[tuple[Agreement, ...], tuple[Lever, ...]] | None,
    ) -> Incentives:
        """Do everything, or as much as there is time for."""
        game, interrupted = self._game, False
        self._runs.scales = scales = _scales(self._runs, game, self._by_search)
        try:
            self._find_equilibrium(starts)
            self._find_optimum()
            self._find_effects()
            if doses:
                self._find_doses()
            if remedy is not None:
                self._find_remedies(*remedy)
        except KeyboardInterrupt:
            if self._equilibria is None:
                raise
            interrupted = True
        return Incentives(
            name=self._name,
            scenario=game.company,
            weights=game.by_department(),
            levers=game.levers,
            objectives=game.objectives,
            scales=scales,
            seed=self._runs.seed,
            searched=len(self._by_search),
            fresh=len(self._by_fresh),
            equilibria=self._equilibria,
            cases=self._cases,
            effects=tuple(self._effects),
            doses=tuple(self._doses),
            remedies=tuple(self._remedies),
            agreed=agreed if remedy is None else remedy[0],
            evaluations=self._runs.companies,
            runs=self._runs.runs,
            interrupted=interrupted,
            stopped_at=self._step if interrupted else "",
        )

    def _measure(
        self, name: str, game: Game, profile: Profile, search: Search | None = None
    ) -> Case:
        """Measure with fresh luck what becomes of a company that decides so."""
        totals = self._runs.totals([game.decided(profile)], self._by_fresh)[0]
        case = Case(name, game.weights, profile, totals, search, game.levers)
        self._cases[name] = case
        return case

    # -------------------------------------------------------------- equilibrium and optimum

    def _find_equilibrium(self, starts: int) -> None:
        self._step = say("searching what departments would do")
        game = self._game
        players = game.players()
        stated = stated_in(game.company, game.levers)
        wanted = list(dict.fromkeys([self._usual, stated, *spread_starts(players, starts)]))
        known = self._runs.payoffs(game, self._by_search)
        check = self._runs.payoffs(game, self._by_fresh)
        searches: list[Search] = []
        for start in wanted[:starts]:
            begin = start
            if start != self._usual:
                rough = best_response(players, known, start, effort=QUICK)
                begin = self._as_usual_where_it_is_all_the_same(rough, known)
            found = best_response(players, known, begin, effort=FULL, check=check)
            searches.append(found)
            stopped = found.status == "interrupted"
            self._equilibria = Equilibria(
                tuple(searches), grouped(searches), known.evaluations, stopped
            )
            if stopped:
                raise KeyboardInterrupt
            if len(searches) == 1:  # what is known now stays known if the next start is stopped
                self._measure(EQUILIBRIUM, game, found.profile, found)
                self._measure(STATED, game, stated)
                self._measure(USUAL, game, self._usual)
            self._tell(
                say("start {start} of {starts}: {status}, {companies} companies tried so far",
                    start=len(searches), starts=len(wanted[:starts]),
                    status=status_shown(found.status), companies=known.evaluations)
            )  # fmt: skip
        assert self._equilibria is not None
        ends = [searches[group.members[0]] for group in self._equilibria.groups]
        if ends and searches[0] not in ends:  # the first start has led to no end
            self._measure(EQUILIBRIUM, game, ends[0].profile, ends[0])
        for number, search in enumerate(ends[1:], start=2):
            self._measure(f"{EQUILIBRIUM} {number}", game, search.profile, search)

    def _as_usual_where_it_is_all_the_same(self, found: Search, known: Remembered) -> Profile:
        """Put decisions back to the norm where their department cannot tell the difference.

        A search moves only for a gain that can be told, so it leaves what hardly matters where it
        began. People leave their norm only for a gain that they can tell: other starts must end
        by the same rule, or every start would seem to have an equilibrium of its own.
        """
        end = found.profile
        if found.status == "interrupted":
            raise KeyboardInterrupt
        owners = [place for place, player in enumerate(found.players) for _ in player.decisions]
        apart = [at for at, value in enumerate(self._usual) if value != end[at]]
        if not apart:
            return end
        here = known([end])[0]
        there = known([(*end[:at], self._usual[at], *end[at + 1 :]) for at in apart])
        home = list(end)
        for at, pays in zip(apart, there, strict=True):
            before, after = pays[owners[at]], here[owners[at]]
            if not float((after - before).mean()) > noise(before, after, 1, SURE):
                home[at] = self._usual[at]
        return tuple(home)

    def _find_optimum(self) -> None:
        self._step = say("searching what one planner would do")
        company = frictionless(self._game.company)
        everything = tuple(_EVERYTHING for _ in TEAMS)
        game = replace(self._game, company=company, weights=everything, together=True)
        pays = self._runs.payoffs(game, self._by_search, averaged=True)
        check = self._runs.payoffs(game, self._by_fresh)
        found = optimum(game.players(), pays, [self._usual], effort=FULL, check=check)
        ends = [found.profile, self._cases[EQUILIBRIUM].profile]
        if found.status != "interrupted":
            planned, chosen = (float(each.mean()) for each in pays(ends))
            if chosen > planned:  # what departments do is better: look around there
                found = optimum(game.players(), pays, ends[1:], effort=FULL, check=check)
        if found.status == "interrupted":
            raise KeyboardInterrupt
        self._measure(OPTIMUM, game, found.profile, found)
        self._tell(say("joint optimum: {companies} companies tried", companies=found.evaluations))

    def _find_effects(self) -> None:
        """Evidence: what each decision brings, against deciding as usual in it alone."""
        self._step = say("measuring what each decision brings")
        game, case = self._game, self._cases[EQUILIBRIUM]
        free = [lever for lever in game.levers if not lever.is_fixed]
        moved = [
            at
            for at, lever in enumerate(free)
            if abs(case.profile[at] - self._usual[at]) > 1e-9 * lever.scale
        ]
        companies = [
            game.decided((*case.profile[:at], self._usual[at], *case.profile[at + 1 :]))
            for at in moved
        ]
        found = self._runs.totals(companies, self._by_fresh) if companies else []
        for at, before in zip(moved, found, strict=True):
            own = game.objectives.own[free[at].department]
            self._effects.append(
                Effect(
                    free[at],
                    case.profile[at],
                    self._change(own, before, case.totals),
                    self._change(game.objectives.shared, before, case.totals),
                )
            )

    def _change(self, kpi: Kpi, before: Totals, after: Totals) -> Estimate:
        scales = self._runs.scales
        return Estimate.of(level_of(kpi, after, scales) - level_of(kpi, before, scales))

    # -------------------------------------------------------------- other weights, and remedies

    def _search_from(self, name: str, shown: str, game: Game, start: Profile) -> None:
        self._step = say("searching with {name}", name=shown)
        pays = self._runs.payoffs(game, self._by_search)
        found = best_response(game.players(), pays, start, effort=QUICK)
        if found.status == "interrupted":
            raise KeyboardInterrupt
        self._measure(name, game, found.profile, found)
        self._tell(
            say("{name}: {status}, {companies} companies tried", name=shown,
                status=status_shown(found.status), companies=found.evaluations)
        )  # fmt: skip

    def _find_doses(self) -> None:
        """Other weights, each from where the company would be with less of it."""
        here = self._cases[EQUILIBRIUM]
        wanted: list[tuple[str, float, Weights]] = [
            (ALL, dose, tuple(dose for _ in TEAMS)) for dose in DOSES
        ]
        for place, team in enumerate(TEAMS):
            alone = (*here.weights[:place], _EVERYTHING, *here.weights[place + 1 :])
            wanted.append((team, _EVERYTHING, alone))
        for who, dose, weights in wanted:
            name = f"{who} {dose:g}"
            if weights == here.weights:
                self._cases[name] = replace(here, name=name)
            else:
                start = self._nearest(weights) if who == ALL else here
                game = replace(self._game, weights=weights)
                self._search_from(name, with_weight(who, dose), game, start.profile)
            self._doses.append((who, dose, name))

    def _nearest(self, weights: Weights) -> Case:
        """The equilibrium with the most similar weights among those that are known."""
        cases = [self._cases[name] for who, _, name in self._doses if who == ALL]
        return min(
            (self._cases[EQUILIBRIUM], *cases), key=lambda case: _apart(case.weights, weights)
        )

    def _find_remedies(self, agreed: tuple[Agreement, ...], narrowed: tuple[Lever, ...]) -> None:
        """Shared KPI, agreed definition and RevOps, each alone and together."""
        game = self._game
        company, dose = game.company, self._best_dose()
        people = sum(getattr(company.teams, team).people for team in TEAMS)
        staff = max(math.ceil(people / company.support.span), company.teams.revops.people)
        served = changed(company, {"teams.revops.people": staff})
        levels = tuple(each for each in agreed if each.path in STREAMED)
        here = self._cases[EQUILIBRIUM].decisions()
        for bits in range(1, 8):
            parts = tuple(
                part for at, part in enumerate((SHARED_KPI, AGREED, REVOPS)) if bits >> at & 1
            )
            tried = game
            if SHARED_KPI in parts:
                tried = replace(tried, weights=tuple(dose for _ in TEAMS))
            if AGREED in parts:
                objectives = replace(tried.objectives, agreed=levels)
                tried = replace(tried, levers=narrowed, objectives=objectives)
            if REVOPS in parts:
                tried = replace(tried, company=served)
            name = " + ".join(parts)
            known = self._cases.get(f"{ALL} {dose:g}")
            if parts == (SHARED_KPI,) and known is not None:
                self._cases[name] = replace(known, name=name)
            else:
                self._search_from(name, remedy_name(name), tried, _within(tried.levers, here))
            self._remedies.append((parts, name))

    def _best_dose(self) -> float:
        """The weight of all together with the best shared KPI; 1 if no others were tried.

        By the luck of the search: the best of several is the luckiest, too.
        """
        doses = [(dose, self._cases[name]) for who, dose, name in self._doses if who == ALL]
        if not doses:
            return _EVERYTHING
        game = self._game
        companies = [replace(game, weights=each.weights).decided(each.profile) for _, each in doses]
        shared = game.objectives.shared
        levels = [
            float(level_of(shared, totals, self._runs.scales).mean())
            for totals in self._runs.totals(companies, self._by_search)
        ]
        return max(zip(levels, (dose for dose, _ in doses), strict=True))[1]


def _within(chosen: Iterable[Lever], decisions: Mapping[str, float]) -> Profile:
    """Return decisions, as near as ranges allow."""
    return tuple(
        min(max(decisions[lever.path], lever.low), lever.high)
        for lever in chosen
        if not lever.is_fixed
    )


def _apart(one: Weights, other: Weights) -> float:
    return sum(abs(a - b) for a, b in zip(one, other, strict=True))
