"""Why opportunities were lost, as recorded, and how often somebody recorded it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from simulator.calibration.estimates import Estimate, Finding
from simulator.calibration.estimating.intervals import share
from simulator.calibration.records import Flags, Integers, LossReason, Outcome, Records
from simulator.languages.messages import say

MONTH = 20.0
_LEAST_MONTHS = 12
FEW_CASES = 30


@dataclass(frozen=True, slots=True)
class Losses:
    """Recorded losses.

    Attributes
    ----------
    count : int
        Lost opportunities on file.
    recorded : Estimate or None
        ``decisions.field_sales.record_loss_reason``: share with any reason. An upper bound of the
        model's share with the true one. None without losses, or where no reason is ever recorded.
    reasons : tuple of Estimate
        ``loss_reason.NAME``: shares among those with a reason.
    findings : tuple of Finding
    """

    count: int
    recorded: Estimate | None
    reasons: tuple[Estimate, ...]
    findings: tuple[Finding, ...]


def fit_losses(records: Records, since: float = -math.inf) -> Losses:
    """Estimate loss reasons.

    Parameters
    ----------
    records : Records
    since : float
        Only what was lost after this business day.
    """
    deals = records.opportunities
    lost = (deals.outcome == Outcome.LOST) & ~(deals.closed <= since)
    count = int(lost.sum())
    if not count:
        words = say(
            "No lost opportunity is on file: losses and their reasons are not identifiable."
        )
        return Losses(0, None, (), (Finding("not_identifiable", words),))
    findings = []
    if count < FEW_CASES:
        few = say("Only {count} lost opportunities are on file.", count=count)
        findings.append(Finding("few_cases", few))
    reason = deals.reason[lost]
    month = np.floor(deals.closed[lost] / MONTH)
    month = np.where(np.isfinite(month), month, np.nanmin(month, initial=0.0)).astype(np.int64)
    has_reason = reason > LossReason.UNKNOWN
    told = int(has_reason.sum())
    if not told:
        words = say(
            "None of {count} losses has a reason: what kept buyers from buying is not known.",
            count=count,
        )  # fmt: skip
        findings.append(Finding("not_identifiable", words))
        return Losses(count, None, (), tuple(findings))
    recorded = share(
        "decisions.field_sales.record_loss_reason", told, count,
        say("share of losses with any reason recorded: an upper bound, reasons can be wrong;"
            " Wilson, as unevenly as months differ"),
        _unevenness(has_reason, month),
    )  # fmt: skip
    counts = np.bincount(reason[has_reason], minlength=len(LossReason))
    reasons = tuple(
        share(
            f"loss_reason.{each.name.lower()}", int(counts[each]), told,
            say("share of recorded reasons; Wilson, as unevenly as months differ"),
            _unevenness(reason[has_reason] == each, month[has_reason]),
        )
        for each in LossReason
        if each != LossReason.UNKNOWN
    )  # fmt: skip
    findings.append(
        Finding("assumption", say("{told} of {count} losses have a reason. Sellers' reasons are"
                " often wrong, so the share whose true reason is known is at most {share} %.",
                told=told, count=count, share=f"{100 * recorded.value:.0f}"))
    )  # fmt: skip
    return Losses(count, recorded, reasons, tuple(findings))


def _unevenness(counts: Flags, month: Integers) -> float:
    """Return how much more the count varies than one of independent cases would; at least 1.

    People write reasons down more in some months than in others, and what they do in one they
    still do in the next: squares of months and products of those up to a quarter apart.
    """
    share_of_all = float(counts.mean())
    months = int(month.max() - month.min()) + 1
    if months < _LEAST_MONTHS or not 0.0 < share_of_all < 1.0:
        return 1.0
    cases = np.bincount(month - month.min(), minlength=months)
    off = np.bincount(month - month.min(), weights=counts, minlength=months) - cases * share_of_all
    alone = float((off * off).sum())
    along = alone + 2.0 * sum(float((off[lag:] * off[:-lag]).sum()) for lag in (1, 2))
    chance = len(counts) * share_of_all * (1.0 - share_of_all)
    return max(alone * months / (months - 1), along * months / (months - 5), chance) / chance
