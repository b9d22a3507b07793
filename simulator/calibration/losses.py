"""Why opportunities were lost, as recorded, and how often somebody recorded it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from simulator.calibration.estimates import Estimate, Finding
from simulator.calibration.intervals import share
from simulator.calibration.records import Flags, Integers, LossReason, Outcome, Records

MONTH = 20.0
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
        words = "No lost opportunity is on file: losses and their reasons are not identifiable."
        return Losses(0, None, (), (Finding("not_identifiable", words),))
    findings = []
    if count < FEW_CASES:
        findings.append(Finding("few_cases", f"Only {count} lost opportunities are on file."))
    reason = deals.reason[lost]
    month = np.nan_to_num(np.floor(deals.closed[lost] / MONTH), nan=-1.0).astype(np.int64)
    has_reason = reason > LossReason.UNKNOWN
    told = int(has_reason.sum())
    if not told:
        words = f"None of {count} losses has a reason: what kept buyers from buying is not known."
        findings.append(Finding("not_identifiable", words))
        return Losses(count, None, (), tuple(findings))
    recorded = share(
        "decisions.field_sales.record_loss_reason", told, count,
        "share of losses with any reason recorded: an upper bound, reasons can be wrong; Wilson,"
        " as unevenly as months differ",
        _unevenness(has_reason, month),
    )  # fmt: skip
    counts = np.bincount(reason[has_reason], minlength=len(LossReason))
    reasons = tuple(
        share(
            f"loss_reason.{each.name.lower()}", int(counts[each]), told,
            "share of recorded reasons; Wilson, as unevenly as months differ",
            _unevenness(reason[has_reason] == each, month[has_reason]),
        )
        for each in LossReason
        if each != LossReason.UNKNOWN
    )  # fmt: skip
    findings.append(
        Finding("assumption", f"{told} of {count} losses have a reason. Sellers' reasons are often"
                " wrong, so the share whose true reason is known is at most"
                f" {100 * recorded.value:.0f} %.")
    )  # fmt: skip
    return Losses(count, recorded, reasons, tuple(findings))


def _unevenness(counts: Flags, month: Integers) -> float:
    """Return how much more monthly shares vary than those of independent cases; at least 1.

    People write reasons down more in some months than in others. Pearson's statistic over its
    degrees of freedom.
    """
    share_of_all = float(counts.mean())
    _, place = np.unique(month, return_inverse=True)
    cases = np.bincount(place)
    if len(cases) < 2 or not 0.0 < share_of_all < 1.0:
        return 1.0
    parts = np.bincount(place, weights=counts)
    expected = cases * share_of_all
    square = float(((parts - expected) ** 2 / (expected * (1.0 - share_of_all))).sum())
    return max(square / (len(cases) - 1), 1.0)
