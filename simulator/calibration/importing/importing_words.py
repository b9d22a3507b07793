"""What an import has to tell, in sentences without a name in them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from simulator.calibration.estimates import Finding
from simulator.calibration.importing.cleaning import HARMLESS, REASON_WORDS, Count, Reason, Table
from simulator.calibration.importing.deal_rows import DealRows
from simulator.calibration.importing.joining import Joined
from simulator.calibration.records import Contracts, Outcome, Records
from simulator.errors import Problem
from simulator.languages.messages import say

DEFAULT_CURRENCY = "JPY"
_FEW = 30


def listing(parts: Iterable[str]) -> str:
    """Write parts one after the other, by commas."""
    return say(", ¦between parts").join(parts)


def nothing_left(counts: Sequence[Count]) -> Problem:
    """Say that no row can be used, and why."""
    reasons: dict[Reason, int] = {}
    for each in counts:
        for reason, count in each.left_out.items():
            reasons[reason] = reasons.get(reason, 0) + count
    ranked = sorted(reasons.items(), key=lambda item: -item[1])[:3]
    said = ", ".join(f"{REASON_WORDS[reason]}: {count:,}" for reason, count in ranked)
    files = ", ".join(each.file for each in counts)
    return Problem(
        files or "files",
        "",
        "",
        f"no lead and no opportunity is left to use{f' ({said})' if said else ''}; check the kinds"
        " of files and their headings in the mapping file",
    )


def about_joins(joined: Joined, leads: Table, deals: Table) -> list[Finding]:
    """Tell how opportunities were joined with leads."""
    count = int(deals.kept.sum())
    if not (leads.kept.any() and count):
        return []
    found = int(np.count_nonzero((joined.lead >= 0) & deals.kept))
    if not found:
        return [
            Finding(
                "assumption",
                say(
                    "Leads and opportunities could not be joined: no id, e-mail address or company"
                    " is in both. They are read as if they had nothing to do with each other."
                ),
            )
        ]
    ways = listing(
        say("{count} by {way}", count=f"{number:,}", way=say(way))
        for way, number in joined.ways.items()
    )
    words = say(
        "{found} of {count} opportunities were joined with leads: {ways}.", found=f"{found:,}",
        count=f"{count:,}", ways=ways,
    )  # fmt: skip
    return [Finding("assumption", words)]


def about_rows(deals: DealRows) -> list[Finding]:
    """Tell how dates of opportunities were understood."""
    found = []
    if deals.expected:
        found.append(
            Finding(
                "assumption",
                say(
                    "{count} open opportunities have a closing date: an expectation, which is not"
                    " used.",
                    count=f"{deals.expected:,}",
                ),
            )
        )
    if deals.by_history:
        found.append(
            Finding(
                "assumption",
                say(
                    "{count} opportunities were closed on another day by their history than by"
                    " their closing date; the history is used.",
                    count=f"{deals.by_history:,}",
                ),
            )
        )
    return found


def about_contracts(table: Table, contracts: Contracts, kind: str) -> list[Finding]:
    """Tell which amounts of contracts are of no use beside those of opportunities."""
    if kind not in ("", "total") or not len(table):
        return []
    written = (table.texts("mrr") != "") | (table.texts("arr") != "")
    dropped = int(np.count_nonzero(written[table.kept] & np.isnan(contracts.amount)))
    if not dropped:
        return []
    return [
        Finding(
            "dropped",
            say(
                "{count} contracts state what a month or a year costs, opportunities what is paid"
                " in all: the two cannot be compared, so these amounts of contracts are left out.",
                count=f"{dropped:,}",
            ),
        )
    ]


def about_currencies(records: Records, counts: Sequence[Count]) -> list[Finding]:
    """Tell which amounts are in another currency, and where nobody knows in which they are."""
    found = []
    other = sum(each.noted.get("other_currency", 0) for each in counts)
    if other:
        used = say("the most frequent one") if not records.currency else records.currency
        words = say(
            "The files hold amounts in several currencies. Only those in {currency} are used, and"
            " 1 amount is left out; another currency can be stated in the mapping file, or the"
            " amounts converted in the files."
            if other == 1 else
            "The files hold amounts in several currencies. Only those in {currency} are used, and"
            " {count} amounts are left out; another currency can be stated in the mapping file, or"
            " the amounts converted in the files.",
            currency=used, count=f"{other:,}",
        )  # fmt: skip
        found.append(Finding("dropped", words))
    several = sum(each.noted.get("several_currencies", 0) for each in counts)
    if several:
        found.append(
            Finding(
                "dropped",
                say(
                    "A column of amounts mixes several currencies: all {count} of its amounts are"
                    " left out. Add a column that names the currency of each row.",
                    count=f"{several:,}",
                ),
            )
        )
    amounts = np.concatenate([records.opportunities.amount, records.contracts.amount])
    if not records.currency and np.isfinite(amounts).any():
        found.append(
            Finding(
                "assumption",
                say(
                    "No file names a currency, so the currency of the amounts is not known; they"
                    " are shown in that of the default scenario ({currency}). State currency in the"
                    " mapping file.",
                    currency=DEFAULT_CURRENCY,
                ),
            )
        )
    return found


def about_records(records: Records, counts: Sequence[Count]) -> list[Finding]:
    """Tell what was left out, and what the records cannot tell."""
    found = []
    for each in counts:
        for reason, count in each.left_out.items():
            if reason == "file_ignored":
                words = say(
                    "{file} is not used ({count} rows).", file=each.file, count=f"{count:,}"
                )
                found.append(Finding("dropped", words))
            elif reason not in HARMLESS or reason in ("duplicate_row", "not_on_file"):
                words = say(
                    "{count} of {rows} rows of {file} were left out: {reason}.",
                    count=f"{count:,}", rows=f"{each.rows:,}", file=each.file,
                    reason=say(REASON_WORDS[reason]),
                )  # fmt: skip
                found.append(Finding("dropped", words))
    deals = records.opportunities
    won = deals.outcome == Outcome.WON
    without = int(np.count_nonzero(won & np.isnan(deals.amount)))
    if records.amounts and without:
        found.append(
            Finding(
                "assumption",
                say(
                    "{count} of {won} won opportunities have no amount, or one of 0, which counts"
                    " as none.",
                    count=f"{without:,}",
                    won=f"{int(won.sum()):,}",
                ),
            )
        )
    if deals.reopened.any():
        found.append(
            Finding(
                "recycling",
                say(
                    "{count} closed opportunities were reopened.",
                    count=f"{int(deals.reopened.sum()):,}",
                ),
            )
        )
    return found + about_currencies(records, counts) + _outcomes(records)


def _outcomes(records: Records) -> list[Finding]:
    deals, leads = records.opportunities, records.leads
    found = []
    outcomes = {outcome: int(np.count_nonzero(deals.outcome == outcome)) for outcome in Outcome}
    if len(deals) and outcomes[Outcome.WON] == len(deals):
        found.append(
            Finding(
                "not_identifiable",
                say(
                    "Every opportunity in the files is won: how many were lost, when and why, they"
                    " do not tell."
                ),
            )
        )
    elif len(deals) and not outcomes[Outcome.LOST]:
        found.append(
            Finding(
                "not_identifiable", say("No opportunity is marked as lost: losses are not told.")
            )
        )
    if not outcomes[Outcome.WON] and not np.isfinite(leads.won).any():
        found.append(
            Finding(
                "not_identifiable", say("Nothing is won in the files: no conversion can be fitted.")
            )
        )
    size = max(len(leads), len(deals))
    if size < _FEW:
        words = say(
            "The files hold {count} usable row: too few to fit anything." if size == 1
            else "The files hold {count} usable rows: too few to fit anything.", count=size,
        )  # fmt: skip
        found.append(Finding("few_cases", words))
    return found
