"""What an import has to tell, in sentences without a name in them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from simulator.calibration.estimates import Finding
from simulator.calibration.importing.cleaning import HARMLESS, REASON_WORDS, Count, Reason, Table
from simulator.calibration.importing.deal_rows import DealRows
from simulator.calibration.importing.joining import Joined
from simulator.calibration.records import Contracts, Outcome, Records
from simulator.errors import Problem

DEFAULT_CURRENCY = "JPY"
_FEW = 30


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
                "Leads and opportunities could not be joined: no id, e-mail address or company is"
                " in both. They are read as if they had nothing to do with each other.",
            )
        ]
    ways = ", ".join(f"{number:,} by {way}" for way, number in joined.ways.items())
    return [
        Finding(
            "assumption", f"{found:,} of {count:,} opportunities were joined with leads: {ways}."
        )
    ]


def about_rows(deals: DealRows) -> list[Finding]:
    """Tell how dates of opportunities were understood."""
    found = []
    if deals.expected:
        found.append(
            Finding(
                "assumption",
                f"{deals.expected:,} open opportunities have a closing date: an expectation, which"
                " is not used.",
            )
        )
    if deals.by_history:
        found.append(
            Finding(
                "assumption",
                f"{deals.by_history:,} opportunities were closed on another day by their history"
                " than by their closing date; the history is used.",
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
            f"{dropped:,} contracts state what a month or a year costs, opportunities what is paid"
            " in all: the two cannot be compared, so these amounts of contracts are left out.",
        )
    ]


def about_currencies(records: Records, counts: Sequence[Count]) -> list[Finding]:
    """Tell which amounts are in another currency, and where nobody knows in which they are."""
    found = []
    other = sum(each.noted.get("other_currency", 0) for each in counts)
    if other:
        used = f"in {records.currency}" if records.currency else "in the most frequent one"
        words = "1 amount is" if other == 1 else f"{other:,} amounts are"
        found.append(
            Finding(
                "dropped",
                f"The files hold amounts in several currencies. Only those {used} are used, and"
                f" {words} left out; another currency can be stated in the mapping file, or the"
                " amounts converted in the files.",
            )
        )
    several = sum(each.noted.get("several_currencies", 0) for each in counts)
    if several:
        found.append(
            Finding(
                "dropped",
                f"A column of amounts mixes several currencies: all {several:,} of its amounts are"
                " left out. Add a column that names the currency of each row.",
            )
        )
    amounts = np.concatenate([records.opportunities.amount, records.contracts.amount])
    if not records.currency and np.isfinite(amounts).any():
        found.append(
            Finding(
                "assumption",
                "No file names a currency, so the currency of the amounts is not known; they are"
                f" shown in that of the default scenario ({DEFAULT_CURRENCY}). State currency in"
                " the mapping file.",
            )
        )
    return found


def about_records(records: Records, counts: Sequence[Count]) -> list[Finding]:
    """Tell what was left out, and what the records cannot tell."""
    found = []
    for each in counts:
        for reason, count in each.left_out.items():
            if reason == "file_ignored":
                found.append(Finding("dropped", f"{each.file} is not used ({count:,} rows)."))
            elif reason not in HARMLESS or reason in ("duplicate_row", "not_on_file"):
                said = REASON_WORDS[reason]
                found.append(
                    Finding(
                        "dropped",
                        f"{count:,} of {each.rows:,} rows of {each.file} were left out: {said}.",
                    )
                )
    deals = records.opportunities
    won = deals.outcome == Outcome.WON
    without = int(np.count_nonzero(won & np.isnan(deals.amount)))
    if records.amounts and without:
        found.append(
            Finding(
                "assumption",
                f"{without:,} of {int(won.sum()):,} won opportunities have no amount, or one of 0,"
                " which counts as none.",
            )
        )
    if deals.reopened.any():
        found.append(
            Finding(
                "recycling", f"{int(deals.reopened.sum()):,} closed opportunities were reopened."
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
                "Every opportunity in the files is won: how many were lost, when and why, they do"
                " not tell.",
            )
        )
    elif len(deals) and not outcomes[Outcome.LOST]:
        found.append(
            Finding("not_identifiable", "No opportunity is marked as lost: losses are not told.")
        )
    if not outcomes[Outcome.WON] and not np.isfinite(leads.won).any():
        found.append(
            Finding("not_identifiable", "Nothing is won in the files: no conversion can be fitted.")
        )
    size = max(len(leads), len(deals))
    if size < _FEW:
        words = "row" if size == 1 else "rows"
        found.append(
            Finding("few_cases", f"The files hold {size} usable {words}: too few to fit anything.")
        )
    return found
