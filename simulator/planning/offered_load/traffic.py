"""The traffic equations of a company: what each department passes on, and gets back.

Buyers flow like water: every stage passes on the share that it passes on in the mean, and nobody
waits. They are told apart by class (source, and fit to the product) and by what hinders them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from scipy import special

from simulator.organization import judgment
from simulator.organization.distributions import compile_law, gamma_quantiles
from simulator.organization.inside_sales import reach_by_slot
from simulator.organization.intake import BEFORE, inquiries_expected
from simulator.organization.journal import DEPARTMENTS, LOADED_SLOT, Team
from simulator.organization.simulation import Organization
from simulator.planning.offered_load.customer_base import CustomerBase
from simulator.planning.offered_load.looks import Looks, looks
from simulator.planning.offered_load.returning import STATES, YEAR, Loop, Lost, Returning
from simulator.planning.offered_load.workload import DAY_HOURS, Floats, Workload, hours_of
from simulator.scenario.schema import Scenario

_ROUNDS = 6
"""Of decisions that depend on what comes of them; they settle in four."""
_FITS, _WEIGHTS = np.polynomial.hermite_e.hermegauss(21)
_WEIGHTS = _WEIGHTS / _WEIGHTS.sum()


@dataclass(slots=True)
class _Beliefs:
    """What departments go by, and what comes of it: found by repetition."""

    mql_cutoff: float
    booking_cutoff: float
    noise: float
    """Error of marketing's score."""
    pursued: Floats
    """Share of each source's leads that inside sales calls."""
    churn: Floats
    """Customers that leave per day, by class."""


@dataclass(slots=True)
class _Tally:
    """What one round of the flow counts on the way."""

    score: list[float] = field(default_factory=lambda: [0.0, 0.0])
    """Looks per day, and the sum of the scores that they show."""
    chance: list[float] = field(default_factory=lambda: [0.0, 0.0])
    """Talks per day, and the sum of the chances of winning that they seem to show."""
    outcomes: float = 0.0
    """Ends of opportunities on file, per day."""


class Traffic:
    """The traffic equations of one scenario, solved.

    Attributes
    ----------
    org : Organization
        The company before its first day, for what it makes of the scenario's numbers.
    work : dict of Team to Workload
        Pieces of work per day of each department, as a mean over the measured time.
    """

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.org = org = Organization(scenario, 0, 0)
        people = sum(getattr(scenario.teams, team.name.lower()).people for team in DEPARTMENTS)
        for name in ("revops", "enablement"):
            served = getattr(scenario.teams, name).people * scenario.support.span
            setattr(org.staffing, name, min(1.0, served / people) if people else 0.0)
        self.decided = {name: held for name, _, held, *_ in org.policy.plan}
        self.loop = Loop(scenario)
        self.window, self.hindrances = self.loop.window, self.loop.hindrances
        self._classes()
        self._handoffs()
        start = scenario.start
        self.customers = CustomerBase(
            scenario, self.window, self.fit,
            self._of(self.sources + 2) * start.customers * start.loaded,
            self.gap, self.trust_of_customers,
        )  # fmt: skip
        self._settle()

    def _classes(self) -> None:
        """Sort buyers into classes: source by fit."""
        market, start = self.scenario.market, self.scenario.start
        usual = reach_by_slot(market)
        means = [c.fit_mean for c in market.channels.values()]
        means += [start.customer_fit_mean * part for part in (0.25, 0.5, 1.0)]
        reach = [*usual[: len(market.channels)], *[usual[LOADED_SLOT]] * 3]
        self.sources = len(market.channels)
        size = len(_FITS)
        self.source = np.repeat(np.arange(len(means)), size)
        self.fit = np.repeat(means, size) + market.fit_sd * np.tile(_FITS, len(means))
        self.reach = np.repeat(reach, size)
        self.weight = np.tile(_WEIGHTS, len(means))

    def _of(self, source: int) -> Floats:
        """Return how a source's buyers divide into classes; loaded ones follow the channels."""
        return np.where(self.source == source, self.weight, 0.0)

    def _handoffs(self) -> None:
        """Read what handoffs lose, and the trust that costs."""
        s, baton = self.scenario, self.org.baton
        strong = s.recovery.strong_share
        self.missing = {}
        self.chase = {}
        for giver in ("inside_sales", "field_sales"):
            kept = judgment.kept_information(
                self.decided[f"{giver}_recording"], baton.keeps, baton.spoken, baton.written
            )
            kept = judgment.less_lost(kept, baton.revops_saves * self.org.staffing.revops)
            missing = 1.0 - judgment.less_lost(kept, baton.lost)
            self.missing[giver] = missing * (1.0 - strong * baton.recovers)
            self.chase[giver] = missing * strong * baton.recovery_hours
        costs = s.market.trust
        self.trust = 1.0 - costs.re_explained * self.missing["inside_sales"]
        promise = self.decided["promise"]
        self.gap = judgment.expectation_gap(promise, missing)
        lost = costs.re_explained * self.missing["field_sales"] + costs.broken_promise * promise
        self.trust_of_customers = max(0.0, self.trust - lost)

    def _settle(self) -> None:
        """Repeat the flow until what departments see and do agrees."""
        beliefs = _Beliefs(
            self.decided["mql_cutoff"],
            self.decided["booking_cutoff"],
            self._noise(0.0),
            np.ones(self.sources),
            np.zeros(len(self.fit)),
        )
        for _ in range(_ROUNDS):
            self.work = {team: Workload() for team in DEPARTMENTS}
            self.tally = _Tally()
            self.beliefs = beliefs
            self.looks = [self._looks(again) for again in (False, True)]
            beliefs = self._round()

    def _noise(self, outcomes: float) -> float:
        """Return the error of marketing's score after so many outcomes fed back."""
        d = self.org.definitions
        noise = judgment.learned_noise(
            self.scenario.work.marketing.score_noise, d.learnable, outcomes, d.half_at
        )
        ai = self.scenario.ai.marketing
        return noise * (1.0 - ai.insight) if ai.active else noise

    def _round(self) -> _Beliefs:
        """Let buyers flow once; return what departments will go by then."""
        worked, booked = np.zeros(self.sources), np.zeros(self.sources)
        wins = np.zeros(len(self.fit))
        back = self._start()
        for passes in range(self.scenario.recycling.max_passes + 1):
            lost = Lost(self.loop, len(self.fit))
            opportunities = self._existing() if passes == 0 else np.zeros_like(back.to_marketing)
            for rates, reachable, fresh in self._marketing(back, passes, lost):
                calls = self._calls(rates, reachable, fresh, lost)
                meetings = self._talks(calls, lost)
                opportunities = opportunities + meetings
                worked += self._by_source(rates)
                booked += self._by_source(meetings)
            wins += self._meetings(opportunities, passes == 0, lost)
            back = lost.returning(passes)
            if passes == 0:
                back = self._with_earlier(back)
        churn = self.customers.serve(
            wins, self.missing["field_sales"], self.chase["field_sales"],
            self.work[Team.CUSTOMER_SUCCESS],
        )  # fmt: skip
        return self._beliefs(worked, booked, churn)

    def _beliefs(self, worked: Floats, booked: Floats, churn: Floats) -> _Beliefs:
        d, org = self.org.definitions, self.org
        pull = d.pull()
        middle = (self.window.start + self.window.end) / 2.0
        score = self.tally.score[1] / self.tally.score[0] if self.tally.score[0] else 0.0
        chance = org.usual_chance
        if self.tally.chance[0]:
            chance = self.tally.chance[1] / self.tally.chance[0]
        booking = self.decided["booking_cutoff"]
        if not self.scenario.counter_forces.strict_gates.active:
            booking = 0.0  # somebody in field sales is always free
        else:
            booking = judgment.drifted(booking, chance, org.usual_chance, pull)
        return _Beliefs(
            judgment.drifted(self.decided["mql_cutoff"], score, 0.0, pull),
            judgment.between(booking, 0.0, 1.0),
            self._noise(self.tally.outcomes * d.feedback * middle),
            self._reputations(worked, booked, middle),
            churn,
        )

    def _reputations(self, worked: Floats, booked: Floats, middle: float) -> Floats:
        """Return the share of each source's leads that inside sales pursues."""
        stigma = self.scenario.mechanisms.source_stigma
        strength = stigma.strength if stigma.active else 0.0
        seen = 200.0 * -np.expm1(-worked * middle / 200.0)  # it forgets one lead in 200
        got = seen * np.divide(booked, worked, out=np.zeros_like(booked), where=worked > 0.0)
        usual = float(got.sum() / seen.sum()) if seen.sum() > 0.0 else 0.0
        believed = (got + 20.0 * usual) / (seen + 20.0)
        shared = self.org.definitions.shared
        return np.array(
            [judgment.pursued_chance(float(b), usual, strength, shared) for b in believed]
        )

    def _by_source(self, rates: Floats) -> Floats:
        sums = np.bincount(self.source, rates.sum(axis=1), self.sources + 3)
        return np.asarray(sums[: self.sources])

    # --- what comes in --------------------------------------------------------------------

    def _start(self) -> Returning:
        """Return the inquiries per day, in the place of buyers that come back to marketing."""
        market = self.scenario.market
        calm = market.arrivals.model_copy(update={"dispersion": 1.0})
        days = max(1, math.ceil(self.window.end))
        flows = inquiries_expected(
            market.model_copy(update={"arrivals": calm}),
            self.org.policy.channel_factor, self.org.key, days,
        )  # fmt: skip
        rates = np.zeros((len(self.fit), STATES))
        for source, flow in enumerate(flows):
            if flow is None:
                continue
            before = flow.cumulative_at(self.window.start)
            per_day = (flow.total - before) / (days - self.window.start)
            rates += per_day * np.outer(self._of(source), self.hindrances.at_first)
        nobody = np.zeros_like(rates)
        return Returning(rates, nobody, nobody)

    def _existing(self) -> Floats:
        """Return the opportunities open at the start, spread over the measured time."""
        start = self.scenario.start
        if not start.loaded:
            return np.zeros((len(self.fit), STATES))
        thinking = compile_law(self.scenario.work.field_sales.thinking).mean
        per_day = start.opportunities * self.window.per_day(thinking)
        return per_day * np.outer(self._of(self.sources + 1), self.hindrances.at_first)

    def _with_earlier(self, back: Returning) -> Returning:
        """Add who was lost before the start, and customers that have left."""
        s, window = self.scenario, self.window
        if s.recycling.mode == "none" or s.recycling.max_passes == 0:
            return back
        first = self.hindrances.at_first
        win_back = compile_law(s.recycling.win_back_wait).mean
        left = self.beliefs.churn * window.reached(win_back) * self.loop.remembered
        long_ago = self.hindrances.after(np.eye(STATES)[0], YEAR)
        extra = np.outer(left, long_ago)
        good = extra * self.loop.valid(win_back)
        if s.start.loaded:
            lost = Lost(self.loop, len(self.fit))
            parked = np.outer(self._of(self.sources), self.hindrances.after(first, YEAR / 2.0))
            recorded = BEFORE.field_sales.record_loss_reason
            lost.hindered(parked, recorded)
            lost.unhindered(parked)
            earlier = lost.returning(0, window.per_day)
            aged = earlier.reachable * self.loop.valid(YEAR / 2.0)
            extra = extra + s.start.parked * earlier.to_inside_sales
            good = good + s.start.parked * aged
        return Returning(back.to_marketing, back.to_inside_sales + extra, back.reachable + good)

    # --- the departments ------------------------------------------------------------------

    def _marketing(
        self, back: Returning, passes: int, lost: Lost
    ) -> list[tuple[Floats, Floats, float | None]]:
        """Screen; return flows to inside sales: rates, those reachable, hours since (if fresh)."""
        s = self.scenario
        work, ai = s.work.marketing, s.ai.marketing
        saved = 1.0 - ai.time_saved * ai.active
        check = ai.check_hours * ai.checked * ai.active
        wait = compile_law(work.nurture_wait).mean
        screening, nurturing = hours_of(work.screening), hours_of(work.nurturing)
        came = back.to_marketing
        total = came.sum(axis=1)
        done = self.work[Team.MARKETING]
        pursued = np.ones(len(self.fit))
        known = self.source < self.sources
        pursued[known] = self.beliefs.pursued[self.source[known]]
        seen = self.looks[passes > 0]
        nurtured = np.zeros_like(came)
        first = np.zeros_like(came)
        for look in range(len(seen.passed)):
            there = self.window.reached(look * wait)
            looks = float(total @ seen.held[look]) * there
            hours = screening if look == 0 and passes == 0 else nurturing
            done.add(looks, hours * saved, check)
            self.tally.score[0] += looks
            self.tally.score[1] += float(total @ seen.scored[look]) * there
            mqls = came * seen.passed[look][:, np.newaxis] * there
            lost.given_up(mqls * (1.0 - pursued)[:, np.newaxis])
            mqls = mqls * pursued[:, np.newaxis]
            if look == 0:
                first = mqls
            else:
                nurtured += mqls
            came = self.hindrances.after(came, wait)
        if passes > 0:
            rates = first + nurtured
            valid = self.loop.valid(compile_law(s.recycling.untimed).mean)
            return [(rates, rates * valid, None), (back.to_inside_sales, back.reachable, None)]
        pace = self.org.departments[Team.MARKETING].hours_per_day
        waited = screening * saved / pace * DAY_HOURS
        # Who is nurtured has just answered to marketing again.
        return [(first, first, waited), (nurtured, nurtured, 0.0)]

    def _looks(self, again: bool) -> Looks:
        rounds = self.scenario.work.marketing.nurture_rounds
        return looks(self.fit, self.beliefs.mql_cutoff, self.beliefs.noise, rounds, again)

    def _calls(self, rates: Floats, reachable: Floats, fresh: float | None, lost: Lost) -> Floats:
        """Call until reached or given up; return who talks."""
        s = self.scenario
        work = s.work.inside_sales
        if fresh is None:
            chances = np.tile(self.reach * work.recontact_reach, (work.max_attempts, 1))
        else:
            chances = np.outer(self._interest(fresh), self.reach)
        missed = np.cumprod(1.0 - chances, axis=0)
        attempts = 1.0 + missed[:-1].sum(axis=0)
        answered = reachable * (1.0 - missed[-1])[:, np.newaxis]
        calls = float(reachable.sum(axis=1) @ attempts)
        calls += float((rates - reachable).sum()) * work.max_attempts
        self.work[Team.INSIDE_SALES].add(calls, hours_of(work.attempt))
        lost.given_up(reachable - answered)
        return np.asarray(answered)

    def _interest(self, hours: float) -> Floats:
        """Return what is left of interest at each attempt, called first after so many hours."""
        s = self.scenario
        cooling = s.mechanisms.cooling_interest
        k = s.market.interest.k * (cooling.strength if cooling.active else 0.0)
        law = compile_law(s.work.inside_sales.retry)
        middles = (np.arange(64) + 0.5) / 64.0
        left = []
        for attempt in range(s.work.inside_sales.max_attempts):
            passed = np.zeros(1)
            if attempt and law.mean > 0.0:
                passed = gamma_quantiles(attempt * law.mean, attempt * law.variance, middles)
            waited = hours + DAY_HOURS * passed
            left.append(float(np.mean((1.0 + waited / s.market.interest.tau_hours) ** -k)))
        return np.array(left)

    def _talks(self, talks: Floats, lost: Lost) -> Floats:
        """Judge talks; return the meetings booked."""
        s, org = self.scenario, self.org
        work, ai = s.work.inside_sales, s.ai.inside_sales
        depth = self.decided["discovery_depth"]
        recording = self.decided["inside_sales_recording"]
        hours = hours_of(work.talk) * judgment.talk_length(depth)
        office = org.baton.recording_hours(recording)
        if ai.active:
            hours -= ai.time_saved * (hours + hours_of(work.attempt))
            office += ai.check_hours * ai.checked
        total = float(talks.sum())
        done = self.work[Team.INSIDE_SALES]
        done.facing += total * hours
        done.office += total * office
        noise = judgment.impression_noise(work.discovery_noise, depth)
        noise *= 1.0 - s.support.enablement_discovery * org.staffing.enablement
        clear = self._exceeds(self.beliefs.booking_cutoff, noise, False)
        blocked = self._exceeds(self.beliefs.booking_cutoff, noise, True)
        sees = judgment.obstacle_seen_chance(depth)
        self.tally.chance[0] += total
        self.tally.chance[1] += float(
            talks[:, 0] @ self._believed(noise, False)
            + talks[:, 1:].sum(axis=1)
            @ (sees * self._believed(noise, True) + (1.0 - sees) * self._believed(noise, False))
        )
        x = work.agrees_intercept + work.agrees_fit * self.fit
        agrees = np.tile(special.expit(x)[:, np.newaxis], (1, STATES))
        agrees[:, 1:] = special.expit(x - work.agrees_obstacle)[:, np.newaxis]
        unseen = talks * clear[:, np.newaxis]
        booked = unseen * agrees
        lost.turned_away(talks[:, :1] - unseen[:, :1])
        lost.unhindered(unseen - booked)
        # Of hindered buyers, some are seen to be.
        seen = sees * talks * blocked[:, np.newaxis] * agrees
        booked[:, 1:] = seen[:, 1:] + (1.0 - sees) * booked[:, 1:]
        lost.hindered(sees * talks - seen, recording)
        lost.hindered((1.0 - sees) * (talks - unseen * agrees), 0.0)
        return booked

    def _believed(self, noise: float, blocked: bool) -> Floats:
        """Return the mean of the chance of winning that a department believes in."""
        signals = self.fit[:, np.newaxis] + noise * _FITS
        work = self.scenario.work.field_sales
        guess = signals * judgment.expected_fit(1.0, noise, self.scenario.market.fit_sd)
        x = work.win_intercept + work.win_fit * guess - work.win_obstacle * blocked
        return np.asarray(special.expit(x) @ _WEIGHTS)

    def _exceeds(self, cutoff: float, noise: float, blocked: bool) -> Floats:
        """Return the chance that a department believes in a chance of winning of at least this."""
        if cutoff <= 0.0:
            return np.ones(len(self.fit))
        if cutoff >= 1.0:
            return np.zeros(len(self.fit))
        work = self.scenario.work.field_sales
        per_signal = work.win_fit * judgment.expected_fit(1.0, noise, self.scenario.market.fit_sd)
        needed = float(special.logit(cutoff)) - work.win_intercept + work.win_obstacle * blocked
        if per_signal <= 0.0:
            return np.full(len(self.fit), float(needed <= 0.0))
        if noise <= 0.0:
            return np.asarray(self.fit * per_signal >= needed, dtype=np.float64)
        return np.asarray(special.ndtr((self.fit - needed / per_signal) / noise))

    def _meetings(self, opportunities: Floats, first_pass: bool, lost: Lost) -> Floats:
        """Meet until the buyer decides; return who signs, by class."""
        s, org = self.scenario, self.org
        work, ai = s.work.field_sales, s.ai.field_sales
        hours = hours_of(work.meeting) * (1.0 - ai.time_saved * ai.active)
        check = ai.check_hours * ai.checked * ai.active
        thinking = compile_law(work.thinking).mean
        missing = self.missing["inside_sales"]
        recording = org.baton.recording_hours(self.decided["field_sales_recording"])
        reason = self.decided["record_loss_reason"]
        cutoff = self.decided["walk_away_cutoff"]
        done = self.work[Team.FIELD_SALES]
        # Those open at the start have held some meetings already: as many of them each number.
        begun = self.source == self.sources + 1
        started = opportunities * begun[:, np.newaxis] * first_pass
        alive = opportunities - started
        first = float(alive.sum() + started.sum() / work.meetings)
        done.facing += first * hours * work.extra_meeting * missing
        done.office += first * self.chase["inside_sales"]
        elsewhere = np.zeros_like(alive)
        for held in range(1, work.meetings + 1):
            alive = alive + started / work.meetings
            met = float((alive + elsewhere).sum())
            done.add(met, hours, check + recording * (held == work.meetings))
            lost.bought(elsewhere, reason)
            self.tally.outcomes += float(elsewhere.sum()) * reason
            if held == work.meetings:
                break
            noise = judgment.averaged_noise(work.meeting_noise, held)
            stays = np.tile(self._exceeds(cutoff, noise, False)[:, np.newaxis], (1, STATES))
            stays[:, 1:] = self._exceeds(cutoff, noise, True)[:, np.newaxis]
            left = alive * (1.0 - stays)
            lost.turned_away(left[:, :1])
            lost.hindered(left, reason)
            self.tally.outcomes += float(left.sum()) * reason
            still = alive * stays
            share = self.window.later((held - 1) * thinking, held * thinking)
            alive = self.hindrances.waiting(still, thinking) * share
            elsewhere = self.hindrances.after(still, thinking) * share - alive
        return self._decided(alive, reason, lost)

    def _decided(self, buyers: Floats, reason: float, lost: Lost) -> Floats:
        """Let buyers decide; return who signs, by class."""
        work = self.scenario.work.field_sales
        x = work.win_intercept - work.win_trust * (1.0 - self.trust)
        x = x + work.win_promise * self.decided["promise"]
        signs = np.tile(special.expit(x + work.win_fit * self.fit)[:, np.newaxis], (1, STATES))
        hindered = special.expit(x + work.win_fit * self.fit - work.win_obstacle)
        signs[:, 1:] = hindered[:, np.newaxis]
        wins = buyers * signs
        rest = buyers - wins
        would = np.maximum(float(special.expit(x + work.win_fit)) - signs[:, :1], 0.0)
        misfits = buyers[:, :1] * would * (self.fit < 0.0)[:, np.newaxis]
        lost.turned_away(misfits * (1.0 - reason))
        lost.hindered(rest, reason)
        lost.unhindered(rest - np.pad(misfits, ((0, 0), (0, STATES - 1))))
        self.tally.outcomes += float(wins.sum()) + reason * float(rest.sum())
        return np.asarray(wins.sum(axis=1))
