"""Money: the MRR bridge, retention, cost, profit and what a customer is worth."""

from __future__ import annotations

import numpy as np

from simulator.metrics.flow import Labor
from simulator.metrics.periods import Floats, Periods, ratio, running_level
from simulator.metrics.rows import (
    CHANGES,
    Book,
    Contracts,
    Opportunities,
    Rows,
    contracts,
    mrr_change,
)
from simulator.organization.journal import (
    DAYS_PER_MONTH,
    MONTHS_PER_YEAR,
    Cost,
    Kind,
    Origin,
    Team,
)

SELLING = (Team.MARKETING, Team.INSIDE_SALES, Team.FIELD_SALES)
"""The teams whose pay counts as cost of sales and marketing."""

QUARTER_DAYS = 3 * DAYS_PER_MONTH
YEAR_DAYS = MONTHS_PER_YEAR * DAYS_PER_MONTH

MRR_METRICS = (
    "mrr",
    "arr",
    "mrr_start",
    "mrr_new",
    "mrr_reactivated",
    "mrr_expansion",
    "mrr_contraction",
    "mrr_churned",
    "mrr_end",
    "expansion",
    "logo_churn",
    "gross_revenue_churn",
    "net_revenue_churn",
    "grr",
    "nrr",
    "ltv",
    "payback",
    "magic_number",
)
"""What a company of one-off sales does not have."""


def spent(book: Book, periods: Periods, kind: Cost, *teams: Team) -> Floats:
    """Amounts paid for one kind of cost (by the teams, or by anybody)."""
    rows = book.rows(Kind.SPENT)
    chosen = rows.code == kind
    if teams:
        chosen &= np.isin(rows.team, teams)
    return periods.sum(rows.time[chosen], rows.a[chosen])


def selling_cost(book: Book, periods: Periods, work: Labor) -> Floats:
    """Pay of marketing, inside and field sales, plus advertising."""
    return work.pay(periods, *SELLING) + spent(book, periods, Cost.ADVERTISING)


def recurring_revenue(book: Book, periods: Periods) -> Floats:
    """MRR times the months that it is in force."""
    rows = book.rows(*CHANGES)
    return periods.integral(rows.time, mrr_change(rows)) / DAYS_PER_MONTH


def bridge(book: Book, periods: Periods) -> dict[str, Floats]:
    """From MRR at the start of each period to MRR at its end: sums of whole amounts, exact."""
    rows = book.rows(*CHANGES)
    change = mrr_change(rows)

    def moved(kind: Kind, won_back: bool | None = None) -> Floats:
        chosen = rows.kind == kind
        if won_back is not None:
            chosen &= (rows.code == Origin.WON_BACK) == won_back
        return periods.sum(rows.time[chosen], rows.a[chosen])

    return {
        "mrr_start": running_level(rows.time, change, periods.lower),
        "mrr_new": moved(Kind.WON, won_back=False),
        "mrr_reactivated": moved(Kind.WON, won_back=True),
        "mrr_expansion": moved(Kind.EXPANDED),
        "mrr_contraction": moved(Kind.CONTRACTED),
        "mrr_churned": moved(Kind.CHURNED),
        "mrr_end": periods.level(rows.time, change),
    }


def retention(book: Book, periods: Periods) -> tuple[Floats, Floats]:
    """GRR and NRR of the twelve months that end with each period.

    A customer counts for GRR with the lowest MRR that it had in these months: that is opening
    minus contraction minus churn, without counting as lost what was gained within the months,
    so it stays in 0..1. Its first leaving is final: a win-back is another line of the bridge.
    """
    rows = book.rows(*CHANGES)
    change = mrr_change(rows)
    count = len(book.buyers)
    grr, nrr = periods.nothing, periods.nothing
    # The measured period must hold twelve months; a month only needs them in the run.
    earliest = np.append(np.zeros(len(periods) - 1), periods.lower[-1])
    for i in np.flatnonzero(periods.upper - YEAR_DAYS >= earliest):
        end = float(periods.upper[i])
        first, last = np.searchsorted(rows.time, (end - YEAR_DAYS, end), side="right")
        opening = np.bincount(rows.buyer[:first], change[:first], minlength=count)
        total = float(opening.sum())
        if total <= 0.0:
            continue
        year = slice(first, last)
        buyer, kind = rows.buyer[year], rows.kind[year]
        lowest, closing = opening.copy(), opening.copy()
        falls = (kind == Kind.CONTRACTED) | (kind == Kind.CHURNED)
        after = np.where(kind == Kind.CHURNED, 0.0, rows.b[year])
        np.minimum.at(lowest, buyer[falls], after[falls])
        closing += np.bincount(buyer, change[year], minlength=count)
        ever_left = np.zeros(count, dtype=np.bool_)
        ever_left[buyer[kind == Kind.CHURNED]] = True
        closing[ever_left] = 0.0
        grr[i] = float(lowest.sum()) / total
        nrr[i] = float(closing[opening > 0.0].sum()) / total
    return grr, nrr


def _ages(life: Contracts) -> tuple[Floats, Floats]:
    """Month of age from which each change counts, and its amount (0 at the contract itself)."""
    rows = life.rows
    age = np.ceil((rows.time - life.start[life.contract]) / DAYS_PER_MONTH)
    return np.maximum(age, 0.0), mrr_change(rows)


def realized_value(book: Book, periods: Periods) -> float:
    """Mean MRR paid per customer won, summed over months of age, each from those observed."""
    life = contracts(book)
    start, end = periods.lower[-1], periods.upper[-1]
    chosen = life.won & (life.start > start) & (life.start <= end)
    if not chosen.any():
        return float("nan")
    observed = np.floor((end - life.start) / DAYS_PER_MONTH)
    age, change = _ages(life)
    counted = chosen[life.contract] & (age <= observed[life.contract])
    age, change, contract = age[counted], change[counted], life.contract[counted]
    months = int(observed[chosen].max()) + 1
    paid = np.bincount(age.astype(np.int64), change, minlength=months + 1)
    # After its last observed month of age a contract leaves sum and count alike.
    leaves = observed[contract].astype(np.int64) + 1
    paid -= np.bincount(leaves, change, minlength=months + 1)
    left = np.bincount(observed[chosen].astype(np.int64) + 1, minlength=months + 1)
    watched = float(chosen.sum()) - np.cumsum(left)
    return float(np.sum(ratio(np.cumsum(paid)[:months], watched[:months])))


def retention_cohorts(book: Book) -> dict[str, Floats]:
    """Per contract month and month of age: share of customers and of MRR still there.

    Cohort 0 are the customers that the company starts with, by months since the start. Only
    ages that every member of the cohort has lived to see are given. ``opening`` is the MRR of the
    cohort at age 0, on which its share of MRR rests.
    """
    life = contracts(book)
    horizon = book.facts.horizon_days
    cohort = np.where(life.won, np.maximum(np.ceil(life.start / DAYS_PER_MONTH), 0.0), 0.0)
    cohort = cohort.astype(np.int64)
    size = int(cohort.max(initial=-1)) + 1
    youngest = np.full(size, -np.inf)
    np.maximum.at(youngest, cohort, life.start)
    seen = np.zeros(size)
    members = np.bincount(cohort, minlength=size)
    seen[members > 0] = np.floor((horizon - youngest[members > 0]) / DAYS_PER_MONTH)
    ages = int(seen.max(initial=0.0)) + 1

    age, change = _ages(life)
    within = age < ages
    cell = cohort[life.contract] * ages + age.astype(np.int64)
    money = np.bincount(cell[within], change[within], minlength=size * ages)
    goes = within & (life.rows.kind == Kind.CHURNED)
    gone = np.bincount(cell[goes], minlength=size * ages)
    money = np.cumsum(money.reshape(size, ages), axis=1)
    alive = members[:, None] - np.cumsum(gone.reshape(size, ages), axis=1)
    chosen = (np.arange(ages) <= seen[:, None]) & (members[:, None] > 0)
    which, when = np.nonzero(chosen)
    logo = ratio(alive, members[:, None])[chosen]
    paying = ratio(money, money[:, :1])[chosen]
    return {
        "cohort": which.astype(np.float64),
        "age": when.astype(np.float64),
        "logo_retention": logo,
        "revenue_retention": paying,
        "n": members[which].astype(np.float64),
        "opening": money[which, 0],
    }


def _calendar_quarters(periods: Periods) -> tuple[Periods, Periods]:
    """Consecutive calendar quarters wholly within the measured period: earlier, later."""
    first = np.ceil(periods.lower[-1] / QUARTER_DAYS)
    last = np.floor(periods.upper[-1] / QUARTER_DAYS)
    edges = np.arange(first, max(last, first) + 1.0) * QUARTER_DAYS
    return Periods(edges[:-2], edges[1:-1]), Periods(edges[1:-1], edges[2:])


def magic_number(book: Book, periods: Periods, work: Labor) -> Floats:
    """Growth of quarterly recurring revenue, annualized, per cost of the quarter before."""
    end = periods.upper
    before, now = (
        Periods(end - 2 * QUARTER_DAYS, end - QUARTER_DAYS),
        Periods(end - QUARTER_DAYS, end),
    )
    growth = recurring_revenue(book, now) - recurring_revenue(book, before)
    values = ratio(4.0 * growth, selling_cost(book, before, work))
    values[end < 2 * QUARTER_DAYS] = np.nan
    before, now = _calendar_quarters(periods)
    growth = recurring_revenue(book, now) - recurring_revenue(book, before)
    values[-1] = ratio(4.0 * growth.sum(), selling_cost(book, before, work).sum())[()]
    return values


def deal_sizes(book: Book) -> Floats:
    """Deal size of every buyer (0 if no row tells it)."""
    arrived, existing = book.rows(Kind.ARRIVED), book.rows(Kind.CUSTOMER)
    known = book.first_of(arrived, arrived.b)
    return np.nan_to_num(np.where(np.isnan(known), book.first_of(existing, existing.a), known))


def pipeline_coverage(book: Book, periods: Periods, work: Labor, pipeline: Opportunities) -> Floats:
    """Open pipeline over the quarter's remaining quota at the start of each period."""
    first = np.ceil(periods.lower[-1] / QUARTER_DAYS)
    quarters = np.arange(first * QUARTER_DAYS, periods.upper[-1], QUARTER_DAYS)
    at = np.concatenate((periods.lower[:-1], quarters))
    size = deal_sizes(book)[pipeline.buyer]
    opened = np.argsort(pipeline.opened, kind="stable")
    closed = np.argsort(pipeline.decided, kind="stable")  # NaN (open) comes last
    closed = closed[: int(np.sum(~np.isnan(pipeline.decided)))]
    open_size = running_level(pipeline.opened[opened], size[opened], at)
    open_size -= running_level(pipeline.decided[closed], size[closed], at)
    sellers = work.spells.team == Team.FIELD_SALES
    heads = running_level(np.sort(work.spells.start[sellers]), None, at)
    heads -= running_level(np.sort(work.spells.end[sellers]), None, at)
    won = book.rows(Kind.WON)
    since = np.floor(at / QUARTER_DAYS) * QUARTER_DAYS
    booked = running_level(won.time, won.a, at) - running_level(won.time, won.a, since)
    remaining = np.maximum(3.0 * book.facts.quota_per_month * heads - booked, 0.0)
    months = len(periods) - 1
    total = ratio(open_size[months:].sum(), remaining[months:].sum())[()]
    return np.append(ratio(open_size[:months], remaining[:months]), total)


def _customers(rows: Rows) -> tuple[Floats, Floats]:
    """When customers join (1) and leave (-1), from the rows of :data:`CHANGES`."""
    left = rows.kind == Kind.CHURNED
    joins = (rows.kind == Kind.CUSTOMER) | (rows.kind == Kind.WON)
    return rows.time[left | joins], np.where(left, -1.0, 1.0)[left | joins]


def customer_months(book: Book, periods: Periods) -> Floats:
    """Customers times the months that they are there."""
    return periods.integral(*_customers(book.rows(*CHANGES))) / DAYS_PER_MONTH


def quota(book: Book, periods: Periods, work: Labor, pipeline: Opportunities) -> dict[str, Floats]:
    """What was sold, and what is under way, against what was to be sold."""
    won = book.rows(Kind.WON)
    asked = book.facts.quota_per_month * work.employed(periods, Team.FIELD_SALES) / DAYS_PER_MONTH
    return {
        "quota_attainment": ratio(periods.sum(won.time, won.a), asked),
        "pipeline_coverage": pipeline_coverage(book, periods, work, pipeline),
    }


def money(book: Book, periods: Periods, work: Labor) -> dict[str, Floats]:
    """Compute the MRR bridge, retention, cost, profit and worth, per period."""
    facts = book.facts
    won = book.rows(Kind.WON)
    values = bridge(book, periods)
    values["mrr"], values["arr"] = values["mrr_end"], MONTHS_PER_YEAR * values["mrr_end"]
    values["expansion"] = values["mrr_expansion"]
    values["bookings"] = periods.sum(won.time, won.a)

    rows = book.rows(*CHANGES)
    times, heads = _customers(rows)
    values["customers"] = periods.level(times, heads)
    starting_customers = periods.month_starts(times, heads)
    starting_mrr = periods.month_starts(rows.time, mrr_change(rows))
    lost = values["mrr_contraction"] + values["mrr_churned"]
    values["logo_churn"] = ratio(
        periods.sum(rows.time[rows.kind == Kind.CHURNED]), starting_customers
    )
    values["gross_revenue_churn"] = ratio(lost, starting_mrr)
    values["net_revenue_churn"] = ratio(lost - values["mrr_expansion"], starting_mrr)
    values["grr"], values["nrr"] = retention(book, periods)

    fresh = won.code != Origin.WON_BACK
    values["new_customers"] = periods.sum(won.time[fresh])
    revenue = recurring_revenue(book, periods) if facts.subscription else values["bookings"]
    values["revenue"] = revenue
    values["cost_pay"] = work.pay(periods)
    values["cost_advertising"] = spent(book, periods, Cost.ADVERTISING)
    values["cost_tools"] = spent(book, periods, Cost.TOOLS)
    values["cost"] = values["cost_pay"] + values["cost_advertising"] + values["cost_tools"]
    values["profit"] = facts.gross_margin * revenue - values["cost"]
    values["cac"] = ratio(selling_cost(book, periods, work), values["new_customers"])

    margin_per_customer = facts.gross_margin * ratio(revenue, customer_months(book, periods))
    values["ltv"] = ratio(margin_per_customer, values["gross_revenue_churn"])
    values["payback"] = ratio(values["cac"], margin_per_customer)
    values["magic_number"] = magic_number(book, periods, work)
    values["ltv_realized"] = periods.nothing
    if facts.subscription:
        values["ltv_realized"][-1] = facts.gross_margin * realized_value(book, periods)
    else:
        inside = (won.time > periods.lower[-1]) & (won.time <= periods.upper[-1])
        buyers = len(np.unique(won.buyer[inside]))
        values["ltv_realized"][-1] = facts.gross_margin * ratio(values["bookings"][-1], buyers)[()]
        values.update(dict.fromkeys(MRR_METRICS, periods.nothing))
    return values
