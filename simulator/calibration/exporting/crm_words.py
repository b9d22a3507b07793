"""What a CRM calls stages, statuses, reasons and steps, in English and in Japanese."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Literal

from simulator.calibration.records import Act
from simulator.organization.journal import Reason

Language = Literal["en", "ja"]
LANGUAGES: tuple[Language, ...] = ("en", "ja")

CLOSED_WON, CLOSED_LOST = 1_000_000, 1_000_001
"""Numbers of the last stages; 0 is the stage of a booked meeting, n that of the n-th meeting."""


class LeadStatus(IntEnum):
    """Where a lead is, as its department sees it."""

    NEW = 0
    NURTURING = 1
    WORKING = 2
    UNQUALIFIED = 3
    CONVERTED = 4


class Step(IntEnum):
    """A step of a buyer's way that an event log tells; at one instant the smaller comes first."""

    CONTRACT_BEGAN = 0  # of a customer that the company started with
    INQUIRED = 1
    BROUGHT_BACK = 2
    PASSED_ON = 3  # by marketing, as an MQL
    NURTURED = 4
    DROPPED = 5
    NOT_REACHED = 6
    TALKED = 7
    TURNED_AWAY = 8
    DECLINED = 9
    NOT_NOW = 10
    LEAD_CLOSED = 11
    BOOKED = 12
    MEETING = 13  # followed by its number
    WON = 14
    LOST = 15
    ONBOARDED = 16
    CLAIMED = 17
    ANSWERED = 18
    REVIEWED = 19
    EXPANDED = 20
    REDUCED = 21
    LEFT = 22


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one language.

    Attributes
    ----------
    booked, meeting, won, lost : str
        Stages; that of a meeting holds a place for its number.
    statuses, reasons, acts, steps : mapping
    reached, not_reached : str
        Outcome of a call.
    pipeline : str
    """

    booked: str
    meeting: str
    won: str
    lost: str
    statuses: Mapping[LeadStatus, str]
    reasons: Mapping[Reason, str]
    acts: Mapping[Act, str]
    steps: Mapping[Step, str]
    reached: str
    not_reached: str
    pipeline: str

    def stage(self, number: int) -> str:
        """Return the name of a stage."""
        if number == CLOSED_WON:
            return self.won
        if number == CLOSED_LOST:
            return self.lost
        return self.meeting.format(number) if number else self.booked


_ENGLISH = Words(
    booked="Meeting booked",
    meeting="Meeting {}",
    won="Closed Won",
    lost="Closed Lost",
    statuses={
        LeadStatus.NEW: "New",
        LeadStatus.NURTURING: "Nurturing",
        LeadStatus.WORKING: "Working",
        LeadStatus.UNQUALIFIED: "Unqualified",
        LeadStatus.CONVERTED: "Converted",
    },
    reasons={
        Reason.UNKNOWN: "",
        Reason.NO_BUDGET: "No budget",
        Reason.WRONG_TIMING: "Wrong timing",
        Reason.WITH_COMPETITOR: "With competitor",
        Reason.BAD_FIT: "Bad fit",
        Reason.NO_DECISION: "No decision",
        Reason.UNREACHED: "Unreached",
        Reason.NOT_PURSUED: "Not pursued",
        Reason.TURNED_AWAY: "Turned away, poor fit",
        Reason.WENT_COLD: "Went cold, no response",
        Reason.BOUGHT_ELSEWHERE: "Bought from a competitor",
        Reason.CONTACT_LOST: "Contact lost",
        Reason.LEFT_AS_CUSTOMER: "Left as customer",
    },
    acts={Act.CALL: "Call", Act.MEETING: "Meeting", Act.OTHER: "Other"},
    steps={
        Step.CONTRACT_BEGAN: "Contract began",
        Step.INQUIRED: "Inquired",
        Step.BROUGHT_BACK: "Brought back",
        Step.PASSED_ON: "Passed to inside sales",
        Step.NURTURED: "Nurtured",
        Step.DROPPED: "Dropped by marketing",
        Step.NOT_REACHED: "Called, not reached",
        Step.TALKED: "Called, talked",
        Step.TURNED_AWAY: "Turned away",
        Step.DECLINED: "Declined a meeting",
        Step.NOT_NOW: "Not now",
        Step.LEAD_CLOSED: "Lead closed",
        Step.BOOKED: "Meeting booked",
        Step.MEETING: "Meeting {}",
        Step.WON: "Won",
        Step.LOST: "Lost",
        Step.ONBOARDED: "Onboarded",
        Step.CLAIMED: "Complained",
        Step.ANSWERED: "Complaint answered",
        Step.REVIEWED: "Reviewed",
        Step.EXPANDED: "Expanded",
        Step.REDUCED: "Reduced",
        Step.LEFT: "Left",
    },
    reached="Connected",
    not_reached="No answer",
    pipeline="Sales Pipeline",
)

_JAPANESE = Words(
    booked="アポ獲得",
    meeting="商談{}回目",
    won="受注",
    lost="失注",
    statuses={
        LeadStatus.NEW: "新規",
        LeadStatus.NURTURING: "育成中",
        LeadStatus.WORKING: "対応中",
        LeadStatus.UNQUALIFIED: "対象外",
        LeadStatus.CONVERTED: "商談化済み",
    },
    reasons={
        Reason.UNKNOWN: "",
        Reason.NO_BUDGET: "予算なし",
        Reason.WRONG_TIMING: "時期が合わない",
        Reason.WITH_COMPETITOR: "競合と契約中",
        Reason.BAD_FIT: "ニーズ不一致",
        Reason.NO_DECISION: "決定見送り",
        Reason.UNREACHED: "連絡つかず",
        Reason.NOT_PURSUED: "未対応",
        Reason.TURNED_AWAY: "対象外",
        Reason.WENT_COLD: "音信不通",
        Reason.BOUGHT_ELSEWHERE: "他社で購入",
        Reason.CONTACT_LOST: "連絡先不明",
        Reason.LEFT_AS_CUSTOMER: "解約",
    },
    acts={Act.CALL: "電話", Act.MEETING: "面談", Act.OTHER: "その他"},
    steps={
        Step.CONTRACT_BEGAN: "契約開始",
        Step.INQUIRED: "問い合わせ",
        Step.BROUGHT_BACK: "リサイクル",
        Step.PASSED_ON: "インサイドセールスへ引き継ぎ",
        Step.NURTURED: "育成",
        Step.DROPPED: "マーケティングで対象外",
        Step.NOT_REACHED: "架電・不在",
        Step.TALKED: "架電・会話",
        Step.TURNED_AWAY: "見送り",
        Step.DECLINED: "面談辞退",
        Step.NOT_NOW: "時期待ち",
        Step.LEAD_CLOSED: "リード終了",
        Step.BOOKED: "アポ獲得",
        Step.MEETING: "商談{}回目",
        Step.WON: "受注",
        Step.LOST: "失注",
        Step.ONBOARDED: "オンボーディング完了",
        Step.CLAIMED: "クレーム",
        Step.ANSWERED: "クレーム対応",
        Step.REVIEWED: "定期レビュー",
        Step.EXPANDED: "アップセル",
        Step.REDUCED: "減額",
        Step.LEFT: "解約",
    },
    reached="通話",
    not_reached="不在",
    pipeline="営業パイプライン",
)

WORDS: Mapping[Language, Words] = {"en": _ENGLISH, "ja": _JAPANESE}
