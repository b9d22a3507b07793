"""What runs told badly: numbers that hardly matter, and figures that no numbers meet."""

from __future__ import annotations

import numpy as np

from simulator.calibration.estimates import Finding
from simulator.calibration.matching import Matched
from simulator.languages.messages import say

_FAR = 2.5  # standard errors that a figure may be missed by chance
_VAGUE = 0.8  # of what is usual: an error as large tells hardly anything


def hardly_told(matched: Matched) -> list[Finding]:
    """Say which numbers the files hardly tell, so that they stay about where they began."""
    errors = np.sqrt(np.diag(matched.covariance))
    vague = [
        knob.path
        for knob, error in zip(matched.knobs, errors, strict=True)
        if error > _VAGUE * knob.spread
    ]
    if not vague:
        return []
    words = say(
        "The files hardly tell {paths}: the interval is about as wide as what is usual elsewhere,"
        " and the value stays near the default company's.", paths=", ".join(vague),
    )  # fmt: skip
    return [Finding("not_identifiable", words)]


def too_slow(matched: Matched) -> bool:
    """Whether runs take longer than the files say, by more than these leave open."""
    return any(
        reached - target.value > _FAR * target.error
        for target, reached in zip(matched.targets, matched.reached, strict=True)
        if target.percent > 0.0
    )


def missed(matched: Matched) -> list[Finding]:
    """Say which figures runs do not show, whatever the numbers."""
    far = [
        target.key
        for target, reached, error in zip(
            matched.targets, matched.reached, matched.errors, strict=True
        )
        if abs(reached - target.value) > _FAR * error
    ]
    if not far:
        return []
    words = say(
        "Runs do not show these figures of the files, whatever the numbers: {figures}. The model's"
        " way of selling is not this one in that respect: do not trust what hangs on it.",
        figures=", ".join(far),
    )  # fmt: skip
    return [Finding("misfit", words)]
