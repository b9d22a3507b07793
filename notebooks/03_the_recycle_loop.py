# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 03 The recycle loop, and what a loss reason is worth
#
# "Not now" is not "no". A buyer without a budget has one next fiscal year; a buyer who is bound to
# a competitor will be free when that contract is up. Bringing such buyers back is called
# **recycling** (リサイクル), and many call it the strength of THE MODEL. It needs two things:
# somebody whose job it is, and a note that says *why* the buyer did not buy, so that the next call
# comes at the right time.
#
# Everybody praises it. Few write the note. This notebook asks: **what is one note worth, and is
# recycling always good?**
#
# [日本語](03_the_recycle_loop.ja.ipynb)

# %%
# %matplotlib inline
import numpy as np
from IPython.display import display

from simulator import METRICS, load_scenario, plots, replicate
from simulator.experiment.bottleneck import cost_of
from simulator.languages.languages import speak
from simulator.presentation.figures import words

from playing import play
from telling import change, interval, is_told, level, picture, quick, table, tell, variant

speak("en")
TEAMS = ("marketing", "inside_sales", "field_sales", "customer_success")
base = load_scenario("base").scenario
CHANNELS = {name: channel.leads_per_day for name, channel in base.market.channels.items()}
INQUIRIES = sum(CHANNELS.values())


def market(factor: float) -> tuple[str, ...]:
    """Return settings of a market with so many times the inquiries, in every channel."""
    return tuple(
        f"market.channels.{name}.leads_per_day={leads * factor:.3f}"
        for name, leads in CHANNELS.items()
    )


# %% [markdown]
# ## The loop
#
# `systematic_recycling` is the default company with one change of practice: whoever said no has an
# owner, a queue and reserved time. Here it works in a **calm market**, with half of the inquiries
# of the default company. Orange ribbons go back.

# %%
calm = variant("systematic", "systematic_recycling", *market(0.5))
results = replicate(calm, replications=10, seed=1)
plots.flow(results, size=(9, 5.6))

# %%
totals = results.totals
tell(
    f"Buyers come back {level('recycled_buyers', totals['recycled_buyers'])} times in two years.",
    f"Of all contracts, {level('recycled_win_share', totals['recycled_win_share'])} are signed by",
    "buyers who had been lost or turned away before. (95 % intervals, 10 runs, seed 1.)",
)
known = results.recycling
table(
    ["reason on file", "parked", "came back", "opportunities", "won", "won per 100 that came back"],
    [
        [words(row.recorded_reason), f"{row.parked:,.0f}", f"{row.came_back:,.0f}",
         f"{row.opportunities:,.0f}", f"{row.won:,.1f}",
         f"{100 * row.won / row.came_back:.1f}" if row.came_back >= 10 else "-"]
        for row in known.itertuples()
    ],
    "Means of 10 runs, seed 1. The last column is left out where fewer than 10 came back a run.",
)  # fmt: skip

# %% [markdown]
# Rows with a named obstacle (no budget, wrong timing, with a competitor) are called when the
# obstacle is gone; *unknown* is called whenever somebody gets round to it. The rows hold different
# buyers, so this table *suggests* that a reason is worth something; it does not show it. For that
# we must change nothing but the notes: below.
#
# ## Is recycling always good?
#
# **Guess first.** Three ways: *nobody* is ever called again; *spare time*: three of ten are
# remembered, whenever there is time; *systematic*. The market is varied from calm to busy, with
# the same people. Where is systematic recycling best?

# %%
FACTORS = (0.35, 0.5, 0.75, 1.0)
WAYS = {"spare time": "discretionary_recycling", "systematic": "systematic_recycling"}
none = {factor: quick("no_recycling", *market(factor)) for factor in FACTORS}
gains = {
    (way, factor): interval(quick(file, *market(factor))["mrr_end"] - none[factor]["mrr_end"])
    for way, file in WAYS.items()
    for factor in FACTORS
}


@picture(9, 4.4)
def draw_gains(axes) -> None:
    """Draw what two ways of recycling bring against none, by how busy the market is."""
    for (way, color), shift in zip({"spare time": "#0072b2", "systematic": "#d55e00"}.items(),
                                   (-0.15, 0.15), strict=True):  # fmt: skip
        of_it = [gains[way, factor] for factor in FACTORS]
        places = np.array(FACTORS) * INQUIRIES + shift
        means = [each.mean / 1e6 for each in of_it]
        axes.plot(places, means, "o-", color=color)
        for place, each in zip(places, of_it, strict=True):
            axes.plot([place] * 2, [each.low / 1e6, each.high / 1e6], color=color, linewidth=2)
        axes.annotate(way, (places[0], means[0]), (8, 8), textcoords="offset points", color=color)
    axes.axhline(0.0, color="#333333", linewidth=1)
    axes.set_xlabel("inquiries a day, with the same people")
    axes.set_ylabel("MRR at end against no recycling, M JPY")
    axes.set_title("What recycling brings depends on how busy everybody is", loc="left")


display(draw_gains())

# %%
table(
    ["inquiries a day", "field sales busy", "customer success busy", *WAYS],
    [
        [f"{factor * INQUIRIES:.1f}",
         level("field_sales.utilization", interval(none[factor]["field_sales.utilization"])),
         level("customer_success.utilization",
               interval(none[factor]["customer_success.utilization"])),
         *(change("mrr_end", gains[way, factor]) for way in WAYS)]
        for factor in FACTORS
    ],
    "MRR at end against no recycling; busy: utilization without recycling. 95 % intervals, 20"
    " pairs, seed 1.",
)  # fmt: skip
hurts = [factor for factor in FACTORS if gains["systematic", factor].high < 0.0]
helps = [factor for factor in FACTORS if gains["systematic", factor].low > 0.0]
tell(
    "Systematic recycling **helps** beyond luck at",
    f"{', '.join(f'{each * INQUIRIES:.1f}' for each in helps) or 'none of these'} inquiries a day",
    f"and **hurts** at {', '.join(f'{each * INQUIRIES:.1f}' for each in hurts) or 'none of them'}.",
)

# %% [markdown]
# ### Why it can hurt
#
# A returning buyer takes a call, three meetings and an onboarding, like a new one. Where these
# hours are free, it is a gift. Where they are not, it stands in the queue *before somebody else*.
# Look at what systematic recycling does to the others in the busiest of these markets:

# %%
busy = max(FACTORS)
before, after = none[busy], quick("systematic_recycling", *market(busy))
LOOKED_AT = ["recycled_opportunities", "inside_sales.utilization", "field_sales.queue"]
LOOKED_AT += ["field_sales.abandonment", "win_rate", "wins", "mrr_end", "profit"]
table(
    ["", "no recycling", "systematic", "difference"],
    [
        [METRICS[metric].label,
         *(level(metric, interval(each[metric])) for each in (before, after)),
         change(metric, interval(after[metric] - before[metric]))]
        for metric in LOOKED_AT
    ],
    f"{busy * INQUIRIES:.0f} inquiries a day; 95 % intervals, 20 pairs, seed 1.",
)  # fmt: skip

# %% [markdown]
# So the loop is not good or bad: it is worth what the hours are worth that it takes. **Recycling
# pays where the next departments have room**, or where it is given some (notebook 04 shows who is
# short of it).
#
# ## What is one recorded reason worth?
#
# Now nothing changes but the notes: field sales records the true reason of 0, 50 or 100 % of its
# losses. Calm market, systematic recycling, the same luck 60 times.

# %%
RUNS = 60
SHARES = (0.0, 0.5, 1.0)


def recorded(share: float, factor: float = 0.5):
    """Return runs in which field sales records the true reason of a share of its losses."""
    setting = f"decisions.field_sales.record_loss_reason={share}"
    return quick("systematic_recycling", setting, *market(factor), replications=RUNS)


nothing = recorded(0.0)
curve = {metric: [interval(recorded(share)[metric] - nothing[metric]) for share in SHARES]
         for metric in ("mrr_end", "profit")}  # fmt: skip


@picture(9, 3.9, columns=2)
def draw_shares(both) -> None:
    """Draw what recording brings, by the share of losses whose reason is recorded."""
    for axes, (metric, of_it) in zip(both, curve.items(), strict=True):
        means, low, high = (
            np.array([getattr(each, which) for each in of_it]) / 1e6
            for which in ("mean", "low", "high")
        )
        places = 100.0 * np.array(SHARES)
        axes.plot(places, means, "o-", color="#0072b2")
        axes.fill_between(places, low, high, color="#0072b2", alpha=0.2, linewidth=0)
        axes.axhline(0.0, color="#333333", linewidth=1)
        axes.set_title(f"{METRICS[metric].label}: gain, M JPY", loc="left")
        axes.set_xlabel("losses whose true reason is recorded, %")


display(draw_shares())

# %% [markdown]
# Divided by the number of reasons that were recorded more (all losses of field sales at 100 %,
# none at 0 %), that is the worth of **one** reason:

# %%
everything = recorded(1.0)
reasons = everything["field_sales.lost"]
worth = {
    metric: interval((everything[metric] - nothing[metric]) / reasons)
    for metric in ("mrr_end", "profit")
}


def yen(estimate) -> str:
    """Write an amount of one reason with its interval."""
    return f"{estimate.mean:,.0f} JPY ({estimate.low:,.0f} to {estimate.high:,.0f})"


tell(
    f"With all of {interval(reasons).mean:,.0f} losses on file, one recorded reason is worth",
    f"**{yen(worth['mrr_end'])}** of MRR at the end of two years, and",
    f"**{yen(worth['profit'])}** of contribution within them. (95 % intervals,",
    f"{RUNS} pairs, seed 1, calm market.)",
)

# %%
SOLD = ("recycled_buyers", "recycled_opportunities", "wins")
table(
    ["recording all instead of none", "difference"],
    [[METRICS[each].label, change(each, interval(everything[each] - nothing[each]))]
     for each in (*SOLD, "bookings", "mrr_end", "profit")],
    f"95 % intervals, {RUNS} pairs, seed 1, calm market.",
)  # fmt: skip

# %% [markdown]
# Fewer or later calls can bring more contracts: a note also says whom *not* to call yet, and who
# never fits.
#
# ## How many minutes may the note take?
#
# In the model, writing down a loss reason takes no time. In life it does. So we ask the other way
# round: up to how many minutes would it pay? An hour of a person of field sales costs what the
# company pays for it; if that hour has nothing better to do, this is all it costs.

# %%
HOURS_A_MONTH = 20 * 8
scenario = calm.scenario
hour = cost_of(scenario, "field_sales") / (scenario.horizon.months * HOURS_A_MONTH)
even, least, most = (
    60.0 * getattr(worth["profit"], which) / hour for which in ("mean", "low", "high")
)
tell(
    f"An hour in field sales costs {hour:,.0f} JPY. In the calm market one note breaks even at",
    f"**{even:.0f} minutes** (95 % interval {least:.0f} to {most:.0f}), counting only what it",
    "brings within the two years.",
)


# %%
@picture(9, 3.9)
def draw_even(axes, minutes_a_note: int = 5) -> None:
    """Draw what a note brings less what it costs, by the minutes it takes."""
    minutes = np.linspace(0.0, max(60.0, 1.2 * even), 50)
    cost = hour * minutes / 60.0
    gain = worth["profit"]
    axes.plot(minutes, gain.mean - cost, color="#0072b2")
    axes.fill_between(minutes, gain.low - cost, gain.high - cost, color="#0072b2", alpha=0.2, lw=0)
    axes.axhline(0.0, color="#333333", linewidth=1)
    axes.axvline(minutes_a_note, color="#5f6b7a", linestyle="--", linewidth=1)
    left = gain.mean - hour * minutes_a_note / 60.0
    axes.set_title(f"A note of {minutes_a_note} minutes leaves {left:,.0f} JPY", loc="left")
    axes.set_xlabel("minutes that one note takes")
    axes.set_ylabel("contribution a note, JPY")


play(draw_even, minutes_a_note=[5, 1, 2, 10, 15, 20, 30, 45])

# %% [markdown]
# ### And in the busy market?
#
# The same question with all inquiries of the default company.

# %%
busy_none, busy_all = recorded(0.0, 1.0), recorded(1.0, 1.0)
busy_worth = {
    metric: interval((busy_all[metric] - busy_none[metric]) / busy_all["field_sales.lost"])
    for metric in ("mrr_end", "profit")
}
known = " and ".join(METRICS[m].label for m, each in busy_worth.items() if is_told(each))
tell(
    f"In the busy market one reason is worth {yen(busy_worth['mrr_end'])} of MRR at the end and",
    f"{yen(busy_worth['profit'])} of contribution ({RUNS} pairs, seed 1).",
    f"Beyond luck: {known or 'neither of the two'}.",
)

# %% [markdown]
# A better note brings a better-timed buyer into the same full queue. Before you run a campaign for
# loss reasons, look whether those who would use them have an hour to spare.
#
# ## Who writes, who gains
#
# The minutes are those of field sales; the call that comes at the right time is one of inside
# sales. As long as field sales is measured on bookings alone, the note is a gift to another
# department. That is the subject of notebook 02.
#
# ## Exercises
#
# 1. Give the busy company more people in field sales and customer success
#    (`teams.field_sales.people=12`, `teams.customer_success.people=11`). Does systematic recycling
#    pay now? (`quick("systematic_recycling", …)` against `quick("no_recycling", …)`.)
# 2. How much of inside sales' day should go to returning buyers? Vary
#    `decisions.inside_sales.recycle_share` from 0 to 0.6 in both markets.
# 3. Nobody writes notes, but an AI guesses the obstacle: `ai.inside_sales.active=true`. What is a
#    guess worth compared with a note?
# 4. At which number of inquiries a day does recycling begin to hurt? Add factors to `FACTORS`.
#
# ## Read before you quote it
#
# The numbers are those of one assumed company; the shares of obstacles and their clearing times
# are assumptions with sources (`themodel explain base`). What carries over is the *kind* of
# result: a note is worth little or much depending on the hours behind it. And two years are short
# for notes that ripen in three.
