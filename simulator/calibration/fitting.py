"""From records to an organization: everything that files tell, and what they cannot.

The order: how inquiries come and since when; how many convert, and when; people, deals, customers
and losses; from these a draft; then the numbers that only runs can tell. What came out is the
organization at the beginning of its recent regime (to hold against its own history) and at the
end of the files (to look ahead from).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from simulator.calibration import drafting, funnel_fit, loads
from simulator.calibration.doubts import hardly_told, missed, too_slow
from simulator.calibration.drafting import Draft
from simulator.calibration.estimates import Estimate, Finding, back, onto
from simulator.calibration.estimating.arrivals import Arrivals, fit_arrivals
from simulator.calibration.estimating.conversion import Conversions, convert, widened
from simulator.calibration.estimating.customers import Churn, Deals, fit_churn, fit_deals
from simulator.calibration.estimating.durations import Durations, fit_durations
from simulator.calibration.estimating.losses import Losses, fit_losses
from simulator.calibration.estimating.people import People, fit_people
from simulator.calibration.estimating.recycling import Returns, fit_returns
from simulator.calibration.estimating.spans import Transition, spans
from simulator.calibration.matching import Matched
from simulator.calibration.records import NONE, Outcome, Records, nothing
from simulator.calibration.twin import CHURN_RUNS, Twin, twin_of
from simulator.calibration.writing import Stated
from simulator.errors import Problem, ScenarioError
from simulator.experiment.departments import lasting
from simulator.experiment.execution import Workers, execution_of
from simulator.languages.messages import marked, say
from simulator.scenario.changing import changed
from simulator.scenario.schema import Scenario

LOOKS_AHEAD = 24.0
"""Months that the written scenario looks ahead."""
_FITS = 3  # searches at most, where what was found overloads people
_FEW_STRANGERS = 0.1  # share of contracts without an inquiry that is nothing to speak of
_MARGIN = 60.0  # business days that runs go on after the age to which conversion is told
_FASTEST = 10.0  # with quicker wins than this there is no room for three meetings
_TRANSITIONS: tuple[tuple[Transition, str], ...] = (
    ("lead_to_win", marked("inquiry to contract")),
    ("lead_to_opportunity", marked("inquiry to opportunity")),
    ("opportunity_to_win", marked("opportunity to contract")),
    ("opportunity_to_loss", marked("opportunity to loss")),
)


@dataclass(frozen=True, slots=True)
class Told:
    """What files tell, before any run.

    Attributes
    ----------
    arrivals : Arrivals
    conversions : Conversions
    durations : tuple of Durations
    people : People
    deals : Deals
    churn : Churn or None
    losses : Losses
    returns : Returns
    selling_since : float
        From when on cases tell how inquiries are sold: the begin of the recent regime, or of the
        files where the recent regime is too young to tell.
    """

    arrivals: Arrivals
    conversions: Conversions
    durations: tuple[Durations, ...]
    people: People
    deals: Deals
    churn: Churn | None
    losses: Losses
    returns: Returns
    selling_since: float

    def widened(self, errors: Mapping[str, float]) -> Told:
        """Return the same with conversion as unsure as histories differ."""
        return replace(self, conversions=widened(self.conversions, errors))

    def findings(self) -> tuple[Finding, ...]:
        """Return everything that a reader must be told, each once."""
        found = [
            *self.arrivals.findings,
            *self.conversions.findings,
            # Negative durations are told with the conversions already.
            *(
                finding
                for each in self.durations
                for finding in each.findings
                if finding.kind != "negative_duration"
            ),
            *self.people.findings,
            *self.deals.findings,
            *(self.churn.findings if self.churn is not None else ()),
            *self.losses.findings,
            *self.returns.findings,
        ]
        return tuple(dict.fromkeys(found))


@dataclass(frozen=True, slots=True)
class Calibrated:
    """An organization as its files tell it.

    Attributes
    ----------
    records : Records
    told : Told
    since : float
        Begin of the recent regime, in business days.
    scenario : Scenario
        From then on, with what it had then.
    stated : tuple of Stated
        What in it is not the default company's.
    ahead : Draft
        From the end of the files on, with what it has then.
    matched : Matched or None
        None where too few wins are on file to find anything by runs.
    findings : tuple of Finding
    not_identifiable : tuple of str
    seed : int
        Of the runs behind it.
    """

    records: Records
    told: Told
    since: float
    scenario: Scenario
    stated: tuple[Stated, ...]
    ahead: Draft
    matched: Matched | None
    findings: tuple[Finding, ...]
    not_identifiable: tuple[str, ...]
    seed: int

    def drawn(self, seed: int, k: int, /) -> Scenario:
        """Return the organization of `scenario` with numbers that the files leave as possible.

        Parameters
        ----------
        seed, k : int
            The same give the same numbers.
        """
        rng = np.random.default_rng([seed, k, _DRAWS])
        values: dict[str, float] = {}
        shared = drafting.common_noise(self.told.arrivals)
        busy = rng.standard_normal()
        for each in self.told.arrivals.per_day:
            path = f"market.channels.{each.key.removeprefix('leads_per_day.')}.leads_per_day"
            stated = next((s for s in self.stated if s.path == path), None)
            told = None if stated is None else stated.estimate
            if told is not None and told.value > 0.0:
                error = min((onto(told.high, "log") - onto(told.value, "log")) / 1.96, 1.0)
                own = rng.standard_normal()
                moved = error * (math.sqrt(shared) * busy + math.sqrt(1.0 - shared) * own)
                values[path] = told.value * math.exp(moved)
        if self.matched is not None:
            values.update(funnel_fit.ordered(self.matched.drawn(rng)))
        return changed(self.scenario, values)


_DRAWS = 0xCA11  # sets these draws apart from others of the same seed


def calibrate(
    records: Records,
    *,
    seed: int = 1,
    workers: Workers = 1,
    on_progress: Callable[[int, int], None] | None = None,
    qualified: bool = False,
) -> Calibrated:
    """Fit an organization to its records.

    Parameters
    ----------
    records : Records
    seed : int
        Of the runs.
    workers : int or Execution
        How they are done.
    on_progress : callable, optional
        Called with how many looks at runs are done, and about how many there will be.
    qualified : bool
        The inquiries on file were already let through by marketing.

    Returns
    -------
    Calibrated

    Raises
    ------
    ScenarioError
        If nothing that came is dated.
    """
    records, said = _of_one_kind(records)
    told = tell(records)
    since = told.arrivals.since
    stated = _stated(records, told, qualified)
    history = Draft(drafting.assembled(stated), tuple(stated))
    length = max(records.until - since, told.conversions.horizon + _MARGIN)
    history = history.with_stated(
        [*drafting.of_start(records, since), drafting.horizon(length / 20.0, "span of the files")]
    )
    how = execution_of(workers)
    matched: Matched | None = None
    scatter: dict[str, float] = {}
    findings = [*said, *told.findings()]
    plan = funnel_fit.plan_of(
        records, told.conversions, history.scenario, told.selling_since,
        use_older=not told.arrivals.changes,
    )  # fmt: skip
    enough = _wins(records, told.selling_since) >= funnel_fit.FEWEST and len(plan.targets) > 0
    only_deals = told.arrivals.of != "leads"
    expected = funnel_fit.looks(plan) * (2 if only_deals and enough else 1)

    most = _most_busy(records, told)

    def step(calls: int, distance: float) -> None:
        if on_progress is not None:
            on_progress(min(calls, expected), expected)

    with lasting(replace(how, store=None)) as steady:
        for _ in range(2 if only_deals else 1):
            if only_deals:
                twin = twin_of(history.scenario, plan.cases, seed, steady)
                history = history.with_stated(_inquiries(records, told, twin))
            twin = twin_of(history.scenario, plan.cases, seed, steady)
            history = history.with_stated(loads.bearable(twin, {}, most))
            if not enough:
                continue
            for left in range(_FITS, 0, -1):
                twin = twin_of(history.scenario, plan.cases, seed, steady)
                found = funnel_fit.find(plan, twin, step, matched)
                matched, scatter = found.matched, found.scatter
                history = history.with_stated(_found(matched, plan))
                # What was found changes how much work there is. Busy people are no contradiction,
                # unless their buyers would have to wait longer than those on file did. What is
                # changed last has to be what was found, or runs would not show the figures.
                limits = dict.fromkeys(most, loads.MOST_BUSY) if too_slow(matched) else most
                more = loads.bearable(twin, matched.values(), limits) if left > 1 else []
                if not more:
                    break
                history = history.with_stated(more)
        twin = twin_of(history.scenario, plan.cases, seed, steady)
        if only_deals:
            history = history.with_stated(_inquiries(records, told, twin))
        history = history.with_stated(_leaving(told, twin))
    told = told.widened(scatter)
    findings += loads.shortened(history.stated)
    findings += missed(matched) if matched else []
    findings += hardly_told(matched) if matched else []
    if told.selling_since < since:
        findings.append(
            Finding(
                "assumption",
                say(
                    "Fewer than {fewest} wins are on file in the recent regime: how inquiries are"
                    " sold is told by all of them, as if only their number had changed.",
                    fewest=funnel_fit.FEWEST,
                ),
            )
        )
    if not enough:
        findings.append(
            Finding(
                "few_cases",
                say(
                    "Fewer than {fewest} wins are on file in the recent regime: fit, readiness and"
                    " thinking time stay the default company's.",
                    fewest=funnel_fit.FEWEST,
                ),
            )
        )
    ahead = history.with_stated(
        [
            *drafting.of_start(records, records.until),
            drafting.horizon(LOOKS_AHEAD, say("planning horizon")),
            drafting.start_month(records, records.until),
            *drafting.at_the_end(history.stated, told.arrivals),
        ]
    )
    return Calibrated(
        records, told, since, history.scenario, history.stated, ahead, matched, tuple(findings),
        drafting.not_identifiable(records, _tells_churn(told.churn)), seed,
    )  # fmt: skip


def tell(records: Records) -> Told:
    """Estimate everything that needs no run.

    Parameters
    ----------
    records : Records

    Raises
    ------
    ScenarioError
        If nothing that came is dated.
    """
    arrivals = fit_arrivals(records)
    if arrivals is None:
        rule = "hold no lead and no opportunity with a date of creation: nothing can be fitted"
        raise ScenarioError([Problem("the files", "created", "", rule)])
    since = arrivals.since
    if arrivals.changes and _wins(records, since) < funnel_fit.FEWEST <= _wins(records, -math.inf):
        since = -math.inf  # more inquiries need not be other ones, and these few tell nothing
    # Cases from before a change of regime speak of another organization; those from before wins
    # were recorded, of this one.
    conversions = convert(records, since=since, use_older=not arrivals.changes)
    recent = arrivals.since
    durations = []
    dated = bool(np.isfinite(records.leads.converted).any())
    for transition, words in _TRANSITIONS:
        if transition == "lead_to_opportunity" and not dated:
            continue
        cases = spans(records, transition, since, conversions.recorded_since)
        entry, stops, event = cases.for_fit()
        if int((event == 1).sum()) >= funnel_fit.FEWEST:
            durations.append(fit_durations(words, entry, stops, event, records.dated_only))
    return Told(
        arrivals,
        conversions,
        tuple(durations),
        fit_people(records, recent, arrivals.until),
        fit_deals(records, since),
        fit_churn(records),
        fit_losses(records, since),
        fit_returns(records),
        since,
    )


def _of_one_kind(records: Records) -> tuple[Records, list[Finding]]:
    """Leave out inquiries where most contracts have nothing to do with them.

    The model sells to inquiries. Where most of what is won comes from elsewhere, the opportunities
    are the only flow that tells what is sold.
    """
    deals = records.opportunities
    won = deals.outcome == Outcome.WON
    count, strangers = int(won.sum()), int((won & (deals.lead < 0)).sum())
    if not len(records.leads) or not count or strangers <= _FEW_STRANGERS * count:
        return records, []
    if strangers <= count / 2.0:
        words = say(
            "{some} of {all} contracts belong to no inquiry on file: they are not in the scenario,"
            " which sells that much less.", some=f"{strangers:,}", all=f"{count:,}",
        )  # fmt: skip
        return records, [Finding("assumption", words)]
    words = say(
        "{some} of {all} contracts belong to no inquiry on file, so that inquiries do not tell what"
        " is sold: opportunities alone are used.", some=f"{strangers:,}", all=f"{count:,}",
    )  # fmt: skip
    leads, *_ = nothing()
    alone = replace(
        records,
        leads=leads,
        leads_until=records.until,
        leads_weekday=np.empty(0, dtype=np.int64),
        leads_month=np.empty(0, dtype=np.int64),
        opportunities=replace(deals, lead=np.full(len(deals), NONE, dtype=np.int64)),
        activities=replace(
            records.activities, lead=np.full(len(records.activities), NONE, dtype=np.int64)
        ),
    )
    return alone, [Finding("assumption", words)]


def _tells_churn(churn: Churn | None) -> bool:
    """Whether contracts show when customers leave, and not only when a term ends."""
    return churn is not None and churn.contract_months is None and churn.at_one_year is not None


def _wins(records: Records, since: float) -> int:
    leads, deals = records.leads, records.opportunities
    if len(leads):
        return int((np.isfinite(leads.won) & (leads.created >= since)).sum())
    return int(((deals.outcome == Outcome.WON) & (deals.opened >= since)).sum())


def _stated(records: Records, told: Told, qualified: bool) -> list[Stated]:
    """State what needs no run."""
    quickest = next((e.value for e in told.conversions.days_to_win if e.key.endswith("p25")), None)
    meetings = told.people.meetings
    stated = drafting.of_market(records, told.arrivals)
    stated += drafting.of_people(records, told.people, told.arrivals)
    stated += drafting.of_deals(records, told.deals)
    if meetings is not None:
        words = say(
            "meetings on file before a decision, median of {count} opportunities",
            count=f"{meetings.n:,}",
        )  # fmt: skip
        count = max(round(meetings.value), 1)
        stated.append(Stated("work.field_sales.meetings", count, words, drafting.OWN_FILES))
    elif quickest is not None and quickest < _FASTEST:
        words = say(
            "a quarter of the wins take less than {days} days: no room for three",
            days=f"{quickest:.1f}",
        )  # fmt: skip
        stated.append(Stated("work.field_sales.meetings", 2, words, drafting.ASSUMED))
    if told.losses.recorded is not None:
        path = "decisions.field_sales.record_loss_reason"
        stated.append(
            drafting.told(
                path, told.losses.recorded, say("losses with a reason on file (upper bound)")
            )
        )
    if qualified:
        words = say("the files hold qualified inquiries: all of them pass")
        stated.append(Stated("decisions.marketing.mql_cutoff", -10.0, words, drafting.OWN_FILES))
    return stated


def _found(matched: Matched, plan: funnel_fit.Plan) -> list[Stated]:
    """State what runs told."""
    source = say("found by runs that show what the files show")
    method = say("indirect inference")
    estimates = matched.estimates(plan.counts, method)
    values = funnel_fit.ordered(matched.values())
    thinking = {}
    stated = []
    for path, estimate in estimates.items():
        estimate = replace(estimate, value=values[path])
        law, _, parameter = path.rpartition(".")
        if law == funnel_fit.THINKING:
            thinking[parameter] = estimate
        else:
            stated.append(drafting.told(path, estimate, source))
    if thinking:
        stated.append(drafting.told_law(funnel_fit.THINKING, "lognormal", thinking, source))
    return stated


def _most_busy(records: Records, told: Told) -> dict[str, float]:
    """How busy each team may be in runs.

    Where the files show who worked on most cases, lost ones included, those people did the work,
    however busy. Elsewhere nobody knows how many there were: then nobody is taken to be in want.
    """
    leads, deals, since = records.leads, records.opportunities, told.arrivals.since
    recent = leads.created >= since
    owned = recent.any() and float((leads.owner[recent] >= 0).mean()) > 0.5
    lost = deals.outcome == Outcome.LOST
    sold = lost.any() and float((deals.owner[lost] >= 0).mean()) > 0.5
    return {
        "marketing": loads.AT_EASE,
        "inside_sales": loads.HOPELESS if owned else loads.AT_EASE,
        "field_sales": loads.HOPELESS if sold else loads.AT_EASE,
    }


def _inquiries(records: Records, told: Told, twin: Twin) -> list[Stated]:
    """Where only opportunities are on file: as many inquiries as they would take, and people.

    Parameters
    ----------
    records : Records
    told : Told
    twin : Twin
        Shows what share of each channel's inquiries become opportunities.
    """
    seen = twin.look({})
    made = seen.opportunities.channel[seen.opportunities.lead >= 0]
    channels = len(seen.channels)
    opened = np.bincount(made, minlength=channels) + 0.5
    came = np.bincount(seen.leads.channel, minlength=channels) + 1.0
    shares = dict(zip(seen.channels, (opened / came).tolist(), strict=True))
    stated = [
        each
        for each in drafting.of_market(records, told.arrivals, shares)
        if each.path.endswith("leads_per_day")
    ]
    a_day = sum(float(each.value) for each in stated)
    return [*stated, *drafting.of_people(records, told.people, told.arrivals, a_day)]


def _leaving(told: Told, twin: Twin) -> list[Stated]:
    """State churn so that runs show the hazard on file, and how it falls with tenure.

    Runs show another course than the scenario states: to a customer's own reasons for leaving come
    the company's faults, and who was likeliest to leave has left.
    """
    churn = told.churn
    if churn is None or churn.at_one_year is None or not churn.at_one_year.value > 0.0:
        return []
    if not _tells_churn(churn):
        return []  # a term that ends may be renewed as another contract: nobody need have left
    stated: list[Stated] = []
    shown = twin.gross_churn({})
    if churn.shape is not None and shown is not None:
        shift = twin.draft.churn.tenure_shape - shown[1]
        words = say(
            "{method}; {shift}, as runs show more faults, and thus another course, than stated",
            method=churn.shape.method, shift=f"{shift:+.2f}",
        )  # fmt: skip
        shape = _moved(churn.shape, shift, words)
        shape = replace(shape, value=min(max(shape.value, 0.2), 3.0))
        stated.append(drafting.told("churn.tenure_shape", shape, say("customers on file")))
        shown = twin.gross_churn({each.path: each.value for each in stated})
    if shown is None:
        return stated
    factor = twin.draft.churn.monthly_at_one_year / shown[0]
    words = say(
        "{method}; by {factor}, the part that runs show to be nobody's fault",
        method=churn.at_one_year.method, factor=f"{factor:.2f}",
    )  # fmt: skip
    net = _moved(churn.at_one_year, math.log(factor), words)
    stated.append(drafting.told("churn.monthly_at_one_year", net, say("customers on file")))
    return stated


def _moved(told: Estimate, by: float, method: str) -> Estimate:
    """Move an estimate on its scale by what a few runs told, which err as the files do."""
    wider = math.sqrt(1.0 + 1.0 / CHURN_RUNS)
    at = onto(told.value, told.scale) + by
    low, high = (
        at + wider * (onto(bound, told.scale) + by - at) for bound in (told.low, told.high)
    )
    value, low, high = (back(each, told.scale) for each in (at, low, high))
    return replace(told, value=value, low=low, high=high, method=method)


def day_of(records: Records, when: float, ends: bool = False) -> date:
    """Return the calendar day of a business day of the records.

    Parameters
    ----------
    records : Records
    when : float
    ends : bool
        It is the end of something: of two days that meet there the earlier one is meant.
    """
    tiny = 1e-6 if ends else -1e-6
    stamp = records.time.stamps(np.array([when - tiny]))[0].astype("datetime64[D]")
    found: date = stamp.astype(object)
    return found
