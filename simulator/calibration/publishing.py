"""The files that a calibration leaves: the scenario, and the one that retells the past."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from simulator.calibration import drafting
from simulator.calibration.fitting import Calibrated, day_of
from simulator.calibration.retelling import begins, observed
from simulator.calibration.writing import Stated, rounded, scenario_text
from simulator.languages.messages import marked, say
from simulator.organization.journal import DAYS_PER_MONTH

_GROUP = marked("found by runs")
_BUSY = marked("busy weeks")
_LEAST = 0.01  # a correlation that is not worth a word


def scenario_file(calibrated: Calibrated, sources: Sequence[str], command: str) -> str:
    """Return the scenario that looks ahead from the end of the files.

    Parameters
    ----------
    calibrated : Calibrated
    sources : sequence of str
        Names of the files, with the beginning of their digests.
    command : str
        What to type for the same file again.
    """
    records = calibrated.records
    since, until = day_of(records, calibrated.since), day_of(records, records.until, ends=True)
    head = [
        say("Written by themodel calibrate; every number says where it comes from."),
        say("Again: {command}", command=command),
        say("From: {files}", files="; ".join(sources)),
        say("The regime since {since}; looks ahead from {until}.", since=since, until=until),
        say(
            "Beside a number: its 95 % interval and the cases behind it. What carries none was"
            " counted"
        ),
        say("in the files (trust B in sources), or is not in them at all (any other trust)."),
    ]
    return scenario_text(
        head,
        say("How does this organization go on after {until}?", until=until),
        say("Its own files, {since} to {until}, the recent regime.", since=since, until=until),
        calibrated.ahead.stated,
        [say(each) for each in calibrated.not_identifiable],
        together=_together(calibrated),
    )


def retold_file(calibrated: Calibrated, extends: str) -> str | None:
    """Return the scenario that retells the recent regime, to hold runs against the files.

    Parameters
    ----------
    calibrated : Calibrated
    extends : str
        Name of the file of the scenario itself.

    Returns
    -------
    str or None
        None where no inquiries with wins are on file to compare with.
    """
    entries = observed(calibrated)
    if not entries:
        return None
    records, since = calibrated.records, begins(calibrated)
    months = (records.until - since) / DAYS_PER_MONTH
    stated = [
        *drafting.of_start(records, since),
        drafting.start_month(records, since),
        Stated("horizon.months", rounded(months, 8), say("span of the files"), drafting.OWN_FILES),
    ]
    head = [
        say(
            "The same organization from the beginning of its recent regime to the end of the files:"
        ),
        say("a run prints what was observed beside what is simulated."),
    ]
    computed = {"source": say("computed from the files"), "trust": drafting.OWN_FILES}
    return scenario_text(
        head,
        say("Do runs show what the files show?"),
        say(
            "Its own files, {since} to {until}.",
            since=day_of(records, since),
            until=day_of(records, records.until, ends=True),
        ),
        stated,
        (),
        observed=entries,
        extends=extends,
        further={"observed": computed},
    )


def _together(calibrated: Calibrated) -> dict[str, dict[str, Any]]:
    """Say which numbers were found together, and how their errors hang together."""
    busy = rounded(drafting.common_noise(calibrated.told.arrivals), 3)
    rates = [
        each.path
        for each in calibrated.ahead.stated
        if each.path.endswith(".leads_per_day") and each.estimate is not None
    ]
    found: dict[str, dict[str, Any]] = {}
    if busy >= _LEAST and len(rates) > 1:
        found = {path: {"group": say(_BUSY), "correlation": busy} for path in rates}
    if calibrated.matched is None:
        return found
    shared = {
        path: rounded(size, 3)
        for path, size in calibrated.matched.shared().items()
        if abs(size) >= _LEAST
    }
    if len(shared) > 1:
        for path, size in shared.items():
            found[path] = {"group": say(_GROUP), "correlation": size}
    return found
