"""What departments do at the moment: their decisions, and what bends them.

A decision is what the scenario states, held toward the neutral value where its mechanism is weak
or off, bent by late and noisy outcomes where the measure is shared, and by what a department sees
locally where definitions are not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.organization import addresses as at
from simulator.organization import judgment
from simulator.organization.distributions import normal_quantile
from simulator.organization.draws import uniform
from simulator.organization.journal import DAYS_PER_MONTH, Kind, Team
from simulator.scenario.behavior import Decisions, Mechanism

if TYPE_CHECKING:
    from simulator.organization.simulation import Organization

THRESHOLD = int(Kind.THRESHOLD)

_SCORE_RANGE = 2.0  # a cutoff in standard deviations of fit; all other decisions are shares
_CHANCE_RANGE = 0.3  # cutoffs on a chance of winning rarely pass this
_SHARE_RANGE = 1.0


def _strength(mechanism: Mechanism) -> float:
    return mechanism.strength if mechanism.active else 0.0


class Definitions:
    """Whether departments mean the same, and hear what became of what they passed on."""

    def __init__(self, organization: Organization) -> None:
        self.org = organization
        s = organization.scenario
        self._stated = s.definitions
        self._support = s.support
        self.strength = _strength(s.mechanisms.drifting_definitions)
        self.learnable = s.definitions.learnable * min(self.strength, 1.0)
        self.half_at = s.definitions.learning_outcomes
        self.fed_back = 0.0
        self._scores = [0.0, 0.0]
        self._chances = [0.0, 0.0]

    @property
    def shared(self) -> float:
        """How far definitions are shared, with the help of RevOps."""
        return judgment.less_lost(
            self._stated.shared, self._support.revops_definition * self.org.staffing.revops
        )

    @property
    def feedback(self) -> float:
        """Share of outcomes that reach those who passed the buyer on."""
        return judgment.less_lost(
            self._stated.feedback, self._support.revops_feedback * self.org.staffing.revops
        )

    def outcome(self, recorded: bool) -> None:
        """An opportunity ended; if it is on file, some of it comes back as feedback."""
        if recorded:
            self.fed_back += self.feedback

    def marketing_saw(self, score: float) -> None:
        """Marketing saw an inquiry of this score."""
        self._scores[0] += 1.0
        self._scores[1] += score

    def inside_sales_saw(self, chance: float) -> None:
        """Inside sales believes that a buyer it talked to has this chance of winning."""
        self._chances[0] += 1.0
        self._chances[1] += chance

    def month_seen(self) -> tuple[float, float]:
        """Return last month's average score and chance (NaN-free: what is agreed if none)."""
        seen = (
            self._scores[1] / self._scores[0] if self._scores[0] else 0.0,
            self._chances[1] / self._chances[0] if self._chances[0] else self.org.usual_chance,
        )
        self._scores = [0.0, 0.0]
        self._chances = [0.0, 0.0]
        return seen

    def pull(self) -> float:
        """How far cutoffs follow what is seen locally."""
        return self.strength * (1.0 - self.shared) * self._stated.drift


class Policy:
    """The decisions in force."""

    def __init__(self, organization: Organization) -> None:
        self.org = organization
        s = organization.scenario
        m = s.mechanisms
        neutral = Decisions()
        d = s.decisions
        late = s.counter_forces.late_outcomes
        self.error = late.error if late.active else 0.0
        self.weights = (
            s.kpi.marketing, s.kpi.inside_sales, s.kpi.field_sales, s.kpi.customer_success
        )  # fmt: skip
        volume = _strength(m.lead_volume)
        booking = _strength(m.appointment_volume)
        effort = _strength(m.spread_effort)
        promises = _strength(m.overpromising)
        information = _strength(m.lost_information)
        reasons = _strength(m.lost_reasons)
        fire = _strength(m.fire_fighting)
        held = judgment.held
        n_is, n_fs = neutral.inside_sales, neutral.field_sales
        d_is, d_fs = d.inside_sales, d.field_sales
        # name, department, stated value under its mechanism, range of its error, bounds
        self.plan: tuple[tuple[str, Team, float, float, float, float], ...] = (
            ("mql_cutoff", Team.MARKETING,
             held(d.marketing.mql_cutoff, neutral.marketing.mql_cutoff, volume),
             _SCORE_RANGE, -10.0, 10.0),
            ("booking_cutoff", Team.INSIDE_SALES,
             held(d_is.booking_cutoff, n_is.booking_cutoff, booking), _CHANCE_RANGE, 0.0, 1.0),
            ("discovery_depth", Team.INSIDE_SALES,
             held(d_is.discovery_depth, n_is.discovery_depth, booking), _SHARE_RANGE, 0.0, 1.0),
            ("recycle_share", Team.INSIDE_SALES,
             held(d_is.recycle_share, n_is.recycle_share, reasons), _SHARE_RANGE, 0.0, 1.0),
            ("inside_sales_recording", Team.INSIDE_SALES,
             held(d_is.recording, n_is.recording, information), _SHARE_RANGE, 0.0, 1.0),
            ("walk_away_cutoff", Team.FIELD_SALES,
             held(d_fs.walk_away_cutoff, n_fs.walk_away_cutoff, effort), _CHANCE_RANGE, 0.0, 1.0),
            ("promise", Team.FIELD_SALES,
             held(d_fs.promise, n_fs.promise, promises), _SHARE_RANGE, 0.0, 1.0),
            ("field_sales_recording", Team.FIELD_SALES,
             held(d_fs.recording, n_fs.recording, information), _SHARE_RANGE, 0.0, 1.0),
            ("record_loss_reason", Team.FIELD_SALES,
             held(d_fs.record_loss_reason, n_fs.record_loss_reason, reasons),
             _SHARE_RANGE, 0.0, 1.0),
            ("proactive_share", Team.CUSTOMER_SUCCESS,
             held(d.customer_success.proactive_share, neutral.customer_success.proactive_share,
                  fire), _SHARE_RANGE, 0.0, 1.0),
        )  # fmt: skip
        mix = d.marketing.channel_mix
        self.channel_factor = _budget_factors(
            [c.spend_per_month for c in s.market.channels.values()],
            [held(mix.get(name, 1.0), 1.0, volume) for name in s.market.channels],
        )
        # set by renew() before anything happens
        self.mql_cutoff = 0.0
        self.booking_cutoff = 0.0
        self.discovery_depth = 0.0
        self.recycle_share = 0.0
        self.inside_sales_recording = 0.0
        self.walk_away_cutoff = 0.0
        self.promise = 0.0
        self.field_sales_recording = 0.0
        self.record_loss_reason = 0.0
        self.proactive_share = 0.0

    def renew(self, now: float, seen: tuple[float, float]) -> None:
        """Set all decisions for the month that begins.

        Parameters
        ----------
        now : float
            Business day.
        seen : tuple of float
            Average score that marketing, and chance of winning that inside sales saw last month.
        """
        org = self.org
        quarter = int(now // (3.0 * DAYS_PER_MONTH))
        before = (self.mql_cutoff, self.booking_cutoff)
        for i, (name, team, stated, span, low, high) in enumerate(self.plan):
            value = stated
            if self.error > 0.0 and self.weights[team] > 0.0:
                u = uniform(org.key, at.COMPANY, at.DECISION_ERROR, quarter * 16 + i)
                value += self.error * self.weights[team] * span * normal_quantile(u)
            setattr(self, name, judgment.between(value, low, high))
        pull = org.definitions.pull()
        if pull > 0.0:
            self.mql_cutoff = judgment.drifted(self.mql_cutoff, seen[0], 0.0, pull)
            chance = judgment.drifted(self.booking_cutoff, seen[1], org.usual_chance, pull)
            self.booking_cutoff = judgment.between(chance, 0.0, 1.0)
        after = (self.mql_cutoff, self.booking_cutoff)
        for team, new, old in zip((Team.MARKETING, Team.INSIDE_SALES), after, before, strict=True):
            if new != old:
                org.writer.emit(now, THRESHOLD, -1, -1, team, 0, new, old)


def _budget_factors(spend: list[float], wanted: list[float]) -> list[float]:
    """Factor on each channel's budget, rescaled so that the total stays what it was."""
    total = judgment.added(spend)
    moved = judgment.added([s * w for s, w in zip(spend, wanted, strict=True)])
    scale = total / moved if moved > 0.0 else 1.0
    return [w * scale for w in wanted]
