"""The baton: what is known about a buyer moves to the next stage, or is lost on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.organization import judgment
from simulator.organization.buyer import Buyer
from simulator.organization.journal import Kind, Team, TrustCause
from simulator.organization.team import Person

if TYPE_CHECKING:
    from simulator.organization.simulation import Organization

RE_EXPLAINED = int(Kind.RE_EXPLAINED)


class Baton:
    """Recording, handing over, and asking again."""

    def __init__(self, organization: Organization) -> None:
        self.org = organization
        s = organization.scenario
        h = s.handoffs
        m = s.mechanisms.lost_information
        self.strength = min(m.strength, 1.0) if m.active else 0.0
        self.lost = 1.0 - self.strength
        """Share kept of what was handed over wrongly: nothing, where information can be lost."""
        self.written = h.medium != "spoken"
        self.keeps = h.keeps_one_system if h.medium == "one_system" else h.keeps_written
        self.spoken = h.keeps_spoken
        hours = organization.hours_law(h.recording).mean
        if h.medium == "one_system":
            hours *= 1.0 - h.one_system_saves
        # Word of mouth records nothing, so it costs nothing to record.
        self.hours_for_everything = hours * self.strength if self.written else 0.0
        self.understanding = s.rotation.understanding
        self.recovers = s.recovery.recovers
        self.recovery_hours = s.recovery.extra_hours
        self.revops_saves = s.support.revops_handoff

    def recording_hours(self, share: float) -> float:
        """Return office hours it takes to record this share of what was learned."""
        return self.hours_for_everything * share

    def kept(self, giver: Person | None, recorded: float) -> float:
        """Return the share of what the giver learned that reaches the next stage.

        Parameters
        ----------
        giver : Person or None
            Who hands over (None: somebody who has left the company).
        recorded : float
            Share of what was learned that was recorded, 0..1.
        """
        kept = judgment.kept_information(recorded, self.keeps, self.spoken, self.written)
        if giver is None:  # nobody is left to ask
            kept = recorded * self.keeps if self.written else 0.0
        elif giver.rotated:  # knows what the next stage needs
            kept = judgment.less_lost(kept, self.understanding)
        kept = judgment.less_lost(kept, self.revops_saves * self.org.staffing.revops)
        return judgment.less_lost(kept, self.lost)

    def missing(self, receiver: Person, kept: float) -> tuple[float, float]:
        """Return the share still missing to this person, and the office hours to chase it.

        Strong people ask around and recover most of what the process lost.
        """
        missing = 1.0 - kept
        if receiver.strong and missing > 0.0:
            return missing * (1.0 - self.recovers), missing * self.recovery_hours
        return missing, 0.0

    def told_again(self, buyer: Buyer, team: Team, missing: float, now: float) -> None:
        """The buyer has had to explain itself again."""
        self.org.writer.emit(now, RE_EXPLAINED, buyer.number, -1, team, 0, missing)
        self.org.lose_trust(buyer, TrustCause.RE_EXPLAINED, now)
