"""Drafts a scenario from what files tell at once: inquiries, people, deals, customers, the start.

What takes a run to be told (fit, readiness, thinking time) is found afterwards by
:mod:`simulator.calibration.funnel_fit`; what no file tells stays the default company's.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from simulator.calibration.estimates import Estimate, keyed
from simulator.calibration.estimating.arrivals import Arrivals
from simulator.calibration.estimating.customers import Deals
from simulator.calibration.estimating.people import People
from simulator.calibration.records import Outcome, Records
from simulator.calibration.writing import Stated, rounded
from simulator.languages.messages import marked, say
from simulator.scenario import outline
from simulator.scenario.checking import bounds
from simulator.scenario.provenance import plain
from simulator.scenario.schema import Scenario

OWN_FILES = "B"
"""Trust of what the organization's own files tell: primary data with a stated sample."""
ASSUMED = "M"

_DEFAULT = Scenario()
_ANY = plain(_DEFAULT)
_HALF_A_MONTH = 10.0
_USUAL_WINS = 0.93  # a business day, of the default company (`themodel run base`)


@dataclass(frozen=True, slots=True)
class Draft:
    """A scenario in the making.

    Attributes
    ----------
    scenario : Scenario
    stated : tuple of Stated
        Everything in it that is not the default company's.
    """

    scenario: Scenario
    stated: tuple[Stated, ...]

    def with_stated(self, more: Sequence[Stated]) -> Draft:
        """Return the draft with values stated anew (or for the first time)."""
        known = {each.path: each for each in self.stated}
        known.update({each.path: each for each in more})
        stated = tuple(known.values())
        return Draft(assembled(stated), stated)


def assembled(stated: Sequence[Stated]) -> Scenario:
    """Return the scenario that these values make of the default company."""
    tree = plain(_DEFAULT)
    if any(each.path.startswith("market.channels.") for each in stated):
        tree["market"]["channels"] = {}
    for each in stated:
        *before, last = each.path.split(".")
        holder = tree
        for key in before:
            holder = holder.setdefault(key, {})
        holder[last] = each.value
    return Scenario.model_validate_json(json.dumps(tree))


def told(path: str, estimate: Estimate, source: str) -> Stated:
    """State a number that the files tell, rounded, its interval around it."""
    held = _held(estimate, *_limits(path))
    # Of no case at all there is a number, but no evidence.
    return Stated(path, held.value, source, OWN_FILES, held if held.n > 0 else None)


def told_law(path: str, law: str, parameters: dict[str, Estimate], source: str) -> Stated:
    """State a law in days whose parameters the files tell."""
    held = {name: _held(estimate) for name, estimate in parameters.items()}
    value = {"law": law, "unit": "days", **{name: each.value for name, each in held.items()}}
    return Stated(path, value, source, OWN_FILES, None, tuple(held.items()))


def _limits(path: str) -> tuple[float, float]:
    """Return what a number of the scenario may be."""
    slot = outline.slot_at(Scenario, tuple(path.split(".")), _ANY)
    _, low, _, high = bounds(slot) if slot is not None else ("", None, "", None)
    return -math.inf if low is None else float(low), math.inf if high is None else float(high)


def _held(estimate: Estimate, least: float = -math.inf, most: float = math.inf) -> Estimate:
    """Round a value, its interval around it, inside the limits and on a scale that can hold it."""
    value, low, high = (
        min(max(rounded(each, digits), least), most)
        for each, digits in ((estimate.value, 4), (estimate.low, 6), (estimate.high, 6))
    )
    low, high = min(low, value), max(high, value)
    scale = estimate.scale
    if (scale == "log" and low <= 0.0) or (scale == "logit" and not 0.0 < low <= high < 1.0):
        scale = "linear"
    return Estimate(
        estimate.key, value, low, high, estimate.n, estimate.unit, estimate.method, scale
    )


def of_market(
    records: Records, arrivals: Arrivals, kept: Mapping[str, float] | None = None
) -> list[Stated]:
    """State where inquiries come from and how they spread.

    Parameters
    ----------
    records : Records
    arrivals : Arrivals
    kept : mapping of str to float, optional
        Where only opportunities are on file: the share of each channel's inquiries that runs turn
        into opportunities; as many more inquiries are stated.
    """
    rates = keyed(arrivals.per_day)
    known = arrivals.of == "leads"
    source = say(
        "leads on file in the recent regime" if known
        else "opportunities on file in the recent regime"
    )  # fmt: skip
    stated = []
    some = any(rate.n for rate in rates.values())
    for name in records.channels:
        path = f"market.channels.{name}"
        rate = rates[f"leads_per_day.{name}"]
        if some and not rate.n:
            continue  # nobody came from there in the recent regime
        if known:
            stated.append(told(f"{path}.leads_per_day", rate, source))
        else:
            share = 1.0 if kept is None else kept.get(name, 1.0)
            more = Estimate(
                rate.key, rate.value / share, rate.low / share, rate.high / share, rate.n,
                rate.unit,
                say("{method}; over {share}, the share that runs bring so far",
                    method=rate.method, share=f"{share:.3g}"),
                rate.scale,
            )  # fmt: skip
            words = say(
                "{source}; inquiries are not on file: as many as they take in runs", source=source
            )
            stated.append(told(f"{path}.leads_per_day", more, words))
        stated.append(Stated(f"{path}.fit_mean", 0.0, say("not fitted: the average"), ASSUMED))
        words = say("default: files cannot tell it from fit")
        stated.append(Stated(f"{path}.reach", 0.45, words, "C"))
        stated.append(Stated(f"{path}.spend_per_month", 0.0, say("not in the files"), ASSUMED))
    if arrivals.dispersion is not None:
        stated.append(told("market.arrivals.dispersion", arrivals.dispersion, source))
    weekday = [rounded(weight, 3) for weight in arrivals.weekday]
    stated.append(Stated("market.arrivals.weekday", weekday, source, OWN_FILES))
    month = [rounded(weight, 3) for weight in arrivals.month]
    stated.append(Stated("market.arrivals.month", month, source, OWN_FILES))
    stated.append(start_month(records, arrivals.since))
    if records.currency:
        stated.append(Stated("currency", records.currency, say("amounts on file"), OWN_FILES))
    if records.currency != "JPY":
        words = say("the default's are Japanese fiscal years; elsewhere none is assumed")
        stated.append(Stated("market.obstacles.fiscal_year_end", [1.0] * 12, words, ASSUMED))
    return stated


def start_month(records: Records, when: float) -> Stated:
    """State in which calendar month a run begins."""
    # A run's months begin when it does: the nearest calendar month is meant.
    middle = np.array([when + _HALF_A_MONTH])
    month = int(records.time.stamps(middle)[0].astype("datetime64[M]").astype(int))
    words = say("where the run begins")
    return Stated("market.start_month", month % 12 + 1, words, OWN_FILES)


def common_noise(arrivals: Arrivals) -> float:
    """Return how far the errors of the channels' rates hang together: busy weeks are busy for all.

    The correlation, the same for all pairs, with which the channels' errors add up to that of the
    total.
    """
    errors = np.array([each.value * each.error for each in arrivals.per_day if each.value > 0.0])
    squares, square = float((errors**2).sum()), float(errors.sum() ** 2)
    if square <= squares:
        return 0.0
    total = (arrivals.total.value * arrivals.total.error) ** 2
    return min(max((total - squares) / (square - squares), 0.0), 0.95)


def at_the_end(stated: Sequence[Stated], arrivals: Arrivals) -> list[Stated]:
    """State the rates of inquiries at the end of the files, where they follow a trend.

    Parameters
    ----------
    stated : sequence of Stated
        Of the regime as a whole.
    arrivals : Arrivals
    """
    trend = arrivals.trend
    if trend is None or trend.low * trend.high <= 0.0 or not arrivals.total.value > 0.0:
        return []
    factor = arrivals.now.value / arrivals.total.value
    wider = max(arrivals.now.error / max(arrivals.total.error, 1e-9), 1.0)
    moved = []
    for each in stated:
        told_then = each.estimate
        if not each.path.endswith(".leads_per_day") or told_then is None or told_then.value <= 0.0:
            continue
        value = told_then.value * factor
        low, high = (
            value * (bound / told_then.value) ** wider if bound > 0.0 else 0.0
            for bound in (told_then.low, told_then.high)
        )
        words = say(
            "{method}; by {factor}, where the trend stands at the end", method=told_then.method,
            factor=f"{factor:.2f}",
        )  # fmt: skip
        now = Estimate(
            told_then.key, value, low, high, told_then.n, told_then.unit, words, told_then.scale
        )
        moved.append(told(each.path, now, each.source))
    return moved


def of_people(
    records: Records, people: People, arrivals: Arrivals, inquiries_a_day: float | None = None
) -> list[Stated]:
    """State how many people there are: those on file, and of other teams enough for the work.

    Parameters
    ----------
    records : Records
    people : People
    arrivals : Arrivals
    inquiries_a_day : float, optional
        Where they are not on file.
    """
    a_day = arrivals.total.value if inquiries_a_day is None else inquiries_a_day
    usual = sum(channel.leads_per_day for channel in _DEFAULT.market.channels.values())
    days = max(records.until - arrivals.since, 1.0)
    won = np.isfinite(records.leads.won) & (records.leads.won >= arrivals.since)
    wins = int(won.sum()) or int(
        ((records.opportunities.outcome == Outcome.WON)
         & (records.opportunities.closed >= arrivals.since)).sum()
    )  # fmt: skip
    needed = {
        "marketing": a_day / usual,
        "inside_sales": a_day / usual,
        "field_sales": a_day / usual,
        "customer_success": wins / days / _USUAL_WINS,
    }
    stated = []
    for name, load in needed.items():
        path = f"teams.{name}.people"
        team = getattr(people, name, None)
        if team is not None:
            active = team.active
            words = say(
                "owners at work at the end ({low} to {high} by how many cases count as at work);"
                " {recorded} on file",
                low=f"{active.low:.0f}", high=f"{active.high:.0f}", recorded=team.recorded,
            )  # fmt: skip
            stated.append(Stated(path, max(round(active.value), 1), words, OWN_FILES))
        else:
            default = int(getattr(_DEFAULT.teams, name).people)
            count = max(math.ceil(default * load), 1)
            words = say("not on file: as many for the work as the default company has")
            stated.append(Stated(path, count, words, ASSUMED))
    return stated


def of_deals(records: Records, deals: Deals) -> list[Stated]:
    """State what a contract brings, where amounts can be told per month."""
    if deals.median is None or deals.p90 is None or deals.median.key != "market.deal.median":
        return []
    p90 = deals.p90
    if p90.value < deals.median.value:
        return []
    source = say("amounts of won opportunities on file")
    return [
        told("market.deal.median", deals.median, source), told("market.deal.p90", p90, source)
    ]  # fmt: skip


def not_identifiable(records: Records, has_churn: bool) -> tuple[str, ...]:
    """Say what these files cannot tell: in English, to be said in the reader's language.

    Parameters
    ----------
    records : Records
    has_churn : bool
        Customers' contracts told how fast they leave.
    """
    deals = records.opportunities
    lost = bool((deals.outcome == Outcome.LOST).any())
    found = []
    if not lost:
        found.append(
            marked(
                "lost leads and opportunities: neither how many, nor when, nor why (so obstacles,"
                " windows and reasons are the default company's)"
            )
        )
    if len(records.leads) and not np.isfinite(records.leads.converted).any():
        found.append(
            marked(
                "how the way splits between inside sales and field sales: only the whole of it is"
                " dated"
            )
        )
    if not len(records.leads):
        found.append(marked("inquiries that never became opportunities, and where they came from"))
    if not len(records.activities):
        found.append(marked("effort: attempts, talks, meetings and who worked what did not sign"))
    found.append(
        marked(
            "capacity: how long work takes and how busy people are (hours and speeds are the"
            " default company's, shortened where the people on file could not have done the work)"
        )
    )
    found.append(
        marked(
            "what departments know and decide: cutoffs, depth of talks, recording, promises, and"
            " the weights of their measures"
        )
    )
    if len(records.leads):
        found.append(
            marked("reach by channel: a channel easier to reach looks like one that fits better")
        )
        found.append(
            marked(
                "whether a late contract had been lost and taken up again, or had only been slow"
            )
        )
    if not records.amounts or records.amounts == "total":
        found.append(marked("what a contract brings a month (amounts of money mean nothing here)"))
    found.append(marked("spending and pay (costs are the default company's)"))
    if not has_churn:
        found.append(marked("churn: how long customers stay, claims, onboarding and expansion"))
    else:
        found.append(
            marked("claims, onboarding and expansion (customer success' work is the default's)")
        )
    return tuple(found)


def of_start(records: Records, when: float) -> list[Stated]:
    """State what the company had at a time, as far as the files know it.

    Parameters
    ----------
    records : Records
    when : float
        Business day.
    """
    deals, contracts = records.opportunities, records.contracts
    opened = np.where(np.isnan(deals.opened), np.inf, deals.opened)
    # A company's stock is often entered at the very moment at which its files begin.
    there = (opened <= when) & ~(deals.closed <= when)
    lost = (deals.outcome == Outcome.LOST) & (deals.closed < when)
    signed = (deals.outcome == Outcome.WON) & (deals.closed <= when)
    # Who signed, or is back as another opportunity, is not parked any more.
    back = np.unique(deals.lead[there | signed])
    known = deals.lead >= 0
    parked = len(np.setdiff1d(deals.lead[lost & known], back)) + int((lost & ~known).sum())
    text = marked("on file at that time ({day})")
    active = (contracts.start <= when) & ~(contracts.end <= when)
    begun = contracts.start[active]
    trust = OWN_FILES
    if not len(contracts):
        begun = deals.closed[signed]
        text, trust = marked("signed by then; who left since is not on file ({day})"), ASSUMED
    customers = len(begun)
    day = str(records.time.stamps(np.array([when]))[0])[:10]
    counts = {"customers": customers, "opportunities": int(there.sum()), "parked": parked}
    loaded = any(counts.values())
    words = say("what the files know of {day}", day=day)
    stated = [Stated("start.loaded", loaded, words, OWN_FILES)]
    if not loaded:
        return stated
    for name, count in counts.items():
        words = say(text if name == "customers" else "on file at that time ({day})", day=day)
        certain = trust if name == "customers" else OWN_FILES
        stated.append(Stated(f"start.{name}", count, words, certain))
    if customers:
        tenure = float((when - begun).mean())
        words = say("mean of {count} contracts", count=f"{customers:,}")
        stated.append(Stated("start.tenure_mean_days", rounded(max(tenure, 1.0)), words, trust))
    return stated


def horizon(months: float, source: str) -> Stated:
    """State how long the run lasts."""
    return Stated("horizon.months", rounded(months), source, ASSUMED)
