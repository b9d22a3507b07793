"""Which opportunity came of which lead: by ids where files have them, else by address or company.

Addresses and names of companies serve to join rows here and go nowhere else.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from simulator.calibration.importing.cell_text import is_missing, plain
from simulator.calibration.importing.cleaning import Stamps, Table, Texts
from simulator.calibration.importing.record_ids import position_of
from simulator.calibration.records import NONE, Flags, Integers
from simulator.languages.messages import marked

_SEVERAL = r"[;,\s]+"
_MOST_NAMED = 20
"""Ids of one cell; what is behind them is not looked at."""
_FREE_MAIL = (
    "gmail.com googlemail.com yahoo.com yahoo.co.jp yahoo.ne.jp ymail.com outlook.com outlook.jp"
    " outlook.co.jp hotmail.com hotmail.co.jp live.com live.jp msn.com icloud.com me.com mac.com"
    " aol.com gmx.de gmx.net gmx.com web.de t-online.de mail.ru yandex.ru yandex.com qq.com 163.com"
    " 126.com naver.com daum.net hanmail.net proton.me protonmail.com zoho.com orange.fr free.fr"
    " laposte.net libero.it docomo.ne.jp ezweb.ne.jp au.com softbank.ne.jp i.softbank.jp nifty.com"
    " biglobe.ne.jp ocn.ne.jp so-net.ne.jp excite.co.jp comcast.net yahoo.co.uk hotmail.co.uk"
    " yahoo.fr yahoo.de"
)
_NO_COMPANY = (
    "個人 個人事業主 個人事業 フリーランス 自営業 自営 不明 無所属 学生 private individual personal"
    " person self self-employed freelance freelancer unknown student other"
)
_SHARED = {
    "domain": frozenset(_FREE_MAIL.split()),
    "account": frozenset(_NO_COMPANY.split()),
}
"""What many write who have nothing to do with each other."""
_WIDE = 1 << 36
"""More seconds than any two dates are apart."""
_A_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Joined:
    """Leads of opportunities.

    Attributes
    ----------
    lead : ndarray of int64, (n,)
        Position in the table of leads; -1: none.
    ways : dict of str to int
        How many were found by id, by e-mail address, by domain, and by company.
    """

    lead: Integers
    ways: dict[str, int]


def join(leads: Table, deals: Table, when: Stamps) -> Joined:
    """Find the lead of each opportunity.

    Parameters
    ----------
    leads, deals : Table
    when : ndarray of datetime64
        When each opportunity was opened (or closed, where only that is known): of several leads
        with one address, it came of the latest that was there.

    Notes
    -----
    Ids come first. Opportunities without one are joined by e-mail address; only if neither joins
    any, by the domain, then by the name of the company. Without an id a lead that came more than
    a day after the opportunity has nothing to do with it.
    """
    found = np.full(len(deals), NONE, dtype=np.int64)
    ways: dict[str, int] = {}

    def take(way: str, positions: Integers) -> None:
        new = (found < 0) & (positions >= 0) & deals.kept
        found[new] = positions[new]
        if new.any():
            ways[way] = ways.get(way, 0) + int(new.sum())

    if leads.has("id") and deals.has("lead_id"):
        ids = leads.texts("id")
        for named in _each_named(deals.texts("lead_id")):
            take(marked("id"), position_of(named, ids, leads.kept))
    if leads.has("opportunity_id") and deals.has("id"):
        take("id", _by_opportunity(leads, deals))
    for way, role in (
        (marked("e-mail address"), "email"), (marked("domain"), "domain"),
        (marked("company"), "account"),
    ):  # fmt: skip
        if role != "email" and ways:
            break
        if leads.has(role) and deals.has(role):
            take(way, _by_key(leads, deals, role, when))
    return Joined(found, ways)


def _each_named(texts: Texts) -> list[Texts]:
    """Split cells that name several ids: the first of each, then the second, and so on."""
    if not pd.Series(texts).str.contains(";", regex=False).any():
        return [texts]
    # One cell with a million ids must not make a million columns.
    split = pd.Series(texts).str.split(_SEVERAL, n=_MOST_NAMED, regex=True, expand=True).fillna("")
    return [split[column].to_numpy(dtype=object) for column in split.columns[:_MOST_NAMED]]


def _by_opportunity(leads: Table, deals: Table) -> Integers:
    """Join by the opportunities that leads name; the first lead that names one counts."""
    found = np.full(len(deals), NONE, dtype=np.int64)
    ids = deals.texts("id")
    for named in _each_named(leads.texts("opportunity_id")):
        deal = position_of(named, ids, deals.kept)
        lead = np.flatnonzero((deal >= 0) & leads.kept)
        # Written backwards, so that the first one stays.
        fresh = lead[found[deal[lead]] < 0][::-1]
        found[deal[fresh]] = fresh
    return found


def _by_key(leads: Table, deals: Table, role: str, when: Stamps) -> Integers:
    """Join by a text that several leads may share."""
    theirs, ours = _folded(leads.texts(role), role), _folded(deals.texts(role), role)
    codes, _ = pd.factorize(np.concatenate([theirs, ours]))
    of_lead, of_deal = codes[: len(leads)].astype(np.int64), codes[len(leads) :].astype(np.int64)
    created = leads.times("created")[0]
    usable = leads.kept & (theirs != "") & ~np.isnat(created)
    at = np.flatnonzero(usable)
    if not len(at):
        return np.full(len(deals), NONE, dtype=np.int64)
    keys = of_lead[at] * _WIDE + _seconds(created[at])
    order = np.argsort(keys, kind="stable")
    at, keys, codes_of = at[order], keys[order], of_lead[at][order]
    # Of an opportunity without any time the latest lead is taken.
    times = np.where(np.isnat(when), _WIDE - 1, _seconds(when))
    before = np.searchsorted(keys, of_deal * _WIDE + times, side="right") - 1
    same = _same(before, codes_of, of_deal)
    position = np.where(same, at[np.maximum(before, 0)], NONE)
    # Some are entered together; what has an hour may seem later than what has only a day.
    next_one = np.minimum(before + 1, len(at) - 1)
    soon = keys[next_one] <= of_deal * _WIDE + times + _A_DAY
    after = _same(before + 1, codes_of, of_deal) & soon
    later = at[next_one]
    position = np.where(~same & after, later, position)
    position[ours == ""] = NONE
    return position.astype(np.int64)


def _same(position: Integers, codes: Integers, wanted: Integers) -> Flags:
    inside = (position >= 0) & (position < len(codes))
    found: Flags = inside & (codes[np.clip(position, 0, len(codes) - 1)] == wanted)
    return found


def _seconds(stamps: Stamps) -> Integers:
    known = ~np.isnat(stamps)
    seconds = np.where(known, stamps.astype("datetime64[s]").astype(np.int64), 0)
    return np.clip(seconds, 0, _WIDE - 1)


def _folded(texts: Texts, role: str) -> Texts:
    """Return texts without case; "" where one says nothing about who it is."""
    codes, words = pd.factorize(texts)
    shared = _SHARED.get(role, frozenset())
    folded = [plain(word).casefold() for word in words]
    if role == "domain":
        folded = [word.removeprefix("@").removeprefix("www.") for word in folded]
    kept = ["" if word in shared or is_missing(word) else word for word in folded]
    return np.array(kept, dtype=object)[codes] if kept else texts
