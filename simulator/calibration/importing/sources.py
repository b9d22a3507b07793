"""Channels of leads and opportunities, from whatever their files call the source."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from simulator.calibration.estimates import Finding
from simulator.calibration.importing.channel_names import (
    MOST_CHANNELS,
    NOT_RECORDED,
    OTHER,
    channel_name,
    counted,
    largest,
    rare,
)
from simulator.calibration.importing.cleaning import Table
from simulator.calibration.importing.headings import plain
from simulator.calibration.importing.mapping import Mapping
from simulator.calibration.records import Integers
from simulator.languages.messages import say


@dataclass(frozen=True, slots=True)
class Sources:
    """Channels of the rows that are used.

    Attributes
    ----------
    names : tuple of str
        Largest first.
    of_leads, of_deals : ndarray of int64
        Positions in `names`.
    findings : list of Finding
    """

    names: tuple[str, ...]
    of_leads: Integers
    of_deals: Integers
    findings: list[Finding] = field(default_factory=list)


def channels_of(leads: Table, deals: Table, lead_of: Integers, mapping: Mapping) -> Sources:
    """Give every lead and opportunity a channel: an opportunity that of its lead, else its own.

    Parameters
    ----------
    leads, deals : Table
    lead_of : ndarray of int64
        Lead of each opportunity that is used, by position among the leads that are used.
    mapping : Mapping
    """
    ours = leads.texts("source")[leads.kept]
    theirs = deals.texts("source")[deals.kept]
    codes, words = pd.factorize(np.concatenate([ours, theirs]))
    stated = {plain(text): name for text, name in mapping.channels.items()}
    found = [
        (stated.get(plain(word)) or channel_name(word)) if word else NOT_RECORDED for word in words
    ]
    # A remark that the mapping does not list is nobody's channel: it may name a person.
    used = np.concatenate([np.ones(len(ours), dtype=np.bool_), lead_of < 0])
    sizes: dict[str, float] = {}
    for name, size in zip(found, np.bincount(codes[used], minlength=len(found)), strict=True):
        sizes[name] = sizes.get(name, 0.0) + float(size)
    remarks = rare(sizes) - set(stated.values())
    found = [OTHER if name in remarks else name for name in found]
    names = list(dict.fromkeys([*found, NOT_RECORDED]))
    number = np.array([names.index(name) for name in found], dtype=np.int64)
    all_codes = number[codes] if len(number) else np.empty(0, dtype=np.int64)
    of_leads, of_deals = all_codes[: len(ours)], all_codes[len(ours) :]
    joined = lead_of >= 0
    of_deals = np.where(joined, _at(of_leads, lead_of), of_deals)
    counts = counted(np.concatenate([of_leads, of_deals[~joined]]), names)
    kept, merged = largest(counts)
    place = {name: at for at, name in enumerate(kept)}
    rest = place.get(OTHER, 0)
    renumber = np.array([place.get(name, rest) for name in names], dtype=np.int64)
    # The mapping that was guessed may have merged some already.
    own = {channel_name(word) for word, name in zip(words, found, strict=True) if name == OTHER}
    merged = sorted({*merged, *own} - {OTHER} - remarks)
    findings = []
    if remarks:
        rows = int(sum(sizes[name] for name in remarks))
        findings.append(
            Finding(
                "assumption",
                say(
                    "{count} sources that only one or two rows have ({rows} rows) are taken for"
                    " remarks and merged into {other}; list them under channels in the mapping file"
                    " if they are channels.",
                    count=len(remarks),
                    rows=f"{rows:,}",
                    other=OTHER,
                ),
            )
        )
    if merged:
        share = counts.get(OTHER, 0.0) + sum(counts.get(name, 0.0) for name in merged)
        findings.append(
            Finding(
                "assumption",
                say(
                    "A scenario holds {most} channels, so the {count} smallest sources ({rows}"
                    " rows) are merged into {other}; merge them by meaning in the mapping file.",
                    most=MOST_CHANNELS,
                    count=len(merged),
                    rows=f"{int(share):,}",
                    other=OTHER,
                ),
            )
        )
    return Sources(tuple(kept), renumber[of_leads], renumber[of_deals], findings)


def _at(values: Integers, positions: Integers) -> Integers:
    if not len(values):
        return np.zeros(len(positions), dtype=np.int64)
    return values[np.maximum(positions, 0)]
