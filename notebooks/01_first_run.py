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
# # 01 First run
#
# A company sells in four departments: **marketing → inside sales → field sales → customer
# success**. They pass buyers on like a baton. This notebook runs such a company on a computer,
# looks at what comes out, follows one buyer through it, changes one thing, and asks how sure the
# answer is.
#
# You need nothing but the ability to press Shift + Enter. Every number in the sentences below the
# cells comes from the runs themselves.
#
# [日本語](01_first_run.ja.ipynb)

# %%
# %matplotlib inline
from simulator import compare, load_scenario, plots, replicate, run
from simulator.languages.languages import speak
from simulator.languages.messages import say
from simulator.presentation.figures import words

from playing import play
from telling import (
    change,
    differences,
    interval,
    interval_of,
    level,
    levels,
    picture,
    quick,
    table,
    tell,
    variant,
)
from IPython.display import display

speak("en")
SIZE = (9, 5)

# %% [markdown]
# ## The company
#
# `base` is the default company: a small SaaS company in Japan. A file says who works there, how
# many buyers inquire, what each department is measured on and what it does. Two years are
# simulated, **20 times**, each time with other luck: other buyers, other obstacles, other people
# who quit.

# %%
base = load_scenario("base")
company = base.scenario
results = replicate(base, replications=20, seed=1)

leads = sum(channel.leads_per_day for channel in company.market.channels.values())
teams = company.teams
tell(
    f"**{say(company.question)}** {leads:g} inquiries a day meet",
    f"{teams.marketing.people} people in marketing, {teams.inside_sales.people} in inside sales,",
    f"{teams.field_sales.people} in field sales and {teams.customer_success.people} in customer",
    f"success, who begin with {company.start.customers:g} customers.",
)
levels(
    results,
    [
        *("inquiries", "mql_count", "sql_count", "wins", "win_rate"),
        *("logo_churn", "mrr_start", "mrr_end", "profit"),
    ],
)

# %%
totals = results.totals
inquiries, wins = totals["inquiries"].mean, totals["wins"].mean
tell(
    f"Of **{inquiries:,.0f}** inquiries in two years, **{wins:,.0f}** become contracts: one in",
    f"{inquiries / wins:.0f}. Recurring revenue a month (MRR) goes from",
    f"{level('mrr_start', totals['mrr_start'])} to **{level('mrr_end', totals['mrr_end'])}**.",
)

# %% [markdown]
# Behind each mean stand two numbers in brackets. We come back to them: they are the most important
# ones.
#
# ## How it grows
#
# The line is the mean of the 20 runs, month by month.

# %%
plots.courses(results, size=SIZE)

# %% [markdown]
# ## The way of buyers
#
# Widths are numbers of buyers. Most leave the way somewhere. The **orange** ribbons go *back*: a
# buyer who said "not now" is not lost for ever. Bringing such buyers back is called recycling
# (リサイクル), and notebook 03 is about it.

# %%
plots.flow(results, size=(9, 5.6))

# %% [markdown]
# ## One buyer's life
#
# The simulator follows every single buyer. Here is the first one that inquired and signed in run
# 0. Lines marked *truth* are known to the simulator alone; no department ever sees them. Watch
# what each department could have known.

# %%
from simulator.presentation import story

journal = run(company, seed=1, replication=0, name=base.name)
buyer = story.choose(journal, "first-won")
lines = story.tell(journal, buyer)
shown = lines[:22]
table(
    ["day", "who", "what happened"],
    [[f"{line.day:.2f}", say(line.who), line.text] for line in shown],
    f"Buyer {buyer}, run 0, seed 1; {len(shown)} of its {len(lines)} lines. In a terminal:"
    f" `themodel trace base --buyer {buyer}`",
    words=3,
)

# %% [markdown]
# ## Where buyers wait
#
# People can do one thing at a time. What they have not done yet waits, and buyers who wait lose
# interest, go cold, or are onboarded late.

# %%
plots.queues(results, size=(9, 5.6))

# %%
TEAMS = ("marketing", "inside_sales", "field_sales", "customer_success")
levels(results, [f"{team}.utilization" for team in TEAMS])
longest = max(TEAMS, key=lambda team: totals[f"{team}.queue"].mean)
tell(
    f"The longest queue is that of **{words(longest)}**: on average",
    f"{level(f'{longest}.queue', totals[f'{longest}.queue'])} buyers. One in ten waits longer than",
    f"{level(f'{longest}.wait_p90', totals[f'{longest}.wait_p90'])}.",
)

# %% [markdown]
# ## Change one thing
#
# Two more people in that team, and nothing else: `--set` in a terminal, a second argument here.
# **Guess first:** does it help? By how much? Does it pay?
#
# Both companies get *the same luck*: the same buyers arrive on the same day with the same
# obstacles, the same people quit. So what differs was made by the two people.

# %%
people = getattr(company.teams, longest).people
more = variant("two_more", "base", f"teams.{longest}.people={people + 2}")
comparison = compare(base, more, replications=20, seed=1)
tell(comparison.verdict)
differences(
    comparison,
    ["mrr_end", "profit", "wins", "logo_churn", "onboarding_days", f"{longest}.queue"],
)

# %%
gain, profit = (interval_of(comparison, metric) for metric in ("mrr_end", "profit"))
pays = "yes" if profit.low > 0.0 else "no" if profit.high < 0.0 else "it cannot be told"
tell(
    f"MRR at end changes by {change('mrr_end', gain)}.",
    f"Whether the two people pay for themselves within the two years is another question: {pays}",
    f"(contribution {change('profit', profit)}).",
)
plots.difference(comparison, "mrr_end", size=(9, 4))

# %% [markdown]
# In a terminal the same question is
#
# ```sh
# themodel compare base our_company.yaml
# ```
#
# where `our_company.yaml` says `extends: base.yaml` and what differs (`scenarios/README.md` shows
# how), or, for one run, `themodel run base --set teams.customer_success.people=9`.

# %% [markdown]
# ## What an interval is
#
# A company lives once; the simulator can let it live many times. Twenty lives give one mean;
# twenty *others* would give another one. How far off may such a mean be?
#
# Let us try it. Below, 20 analysts each run the company 10 times, everyone with a seed of their
# own, and each states a mean and a **95 % interval** for MRR at the end. The dashed line is the
# mean of all runs together, the best guess that we have of the truth.

# %%
import numpy as np
from scipy.stats import binom

ANALYSTS, RUNS = 20, 10
studies = [
    quick("base", replications=RUNS, seed=100 + analyst)["mrr_end"] for analyst in range(ANALYSTS)
]
stated = [interval(each) for each in studies]
truth = float(np.mean(studies))
hits = [each.low <= truth <= each.high for each in stated]


@picture(9, 4.2)
def draw_intervals(axes) -> None:
    """Draw what each analyst states."""
    for place, (each, hit) in enumerate(zip(stated, hits, strict=True)):
        color = "#0072b2" if hit else "#d55e00"
        axes.plot([place, place], [each.low / 1e6, each.high / 1e6], color=color, linewidth=2)
        axes.plot(place, each.mean / 1e6, "o", color=color)
    axes.axhline(truth / 1e6, color="#333333", linestyle="--", linewidth=1)
    title = f"{sum(hits)} of {ANALYSTS} intervals contain the mean of all {ANALYSTS * RUNS} runs"
    axes.set_title(title, loc="left")
    axes.set_ylabel("MRR at end, M JPY")
    axes.set_xlabel("analyst")
    axes.set_xticks(range(ANALYSTS), [str(place + 1) for place in range(ANALYSTS)])


display(draw_intervals())

# %%
low, high = min(each.mean for each in stated), max(each.mean for each in stated)
misses = ANALYSTS - sum(hits)
tell(
    f"The {ANALYSTS} means lie between {low / 1e6:.1f} and {high / 1e6:.1f} M JPY, though it is",
    f"the same company. {sum(hits)} of {ANALYSTS} intervals contain the dashed line. A 95 %",
    "interval is a promise about the *method*: in the long run 19 of 20 contain the truth, and",
    f"nobody knows which. ({misses} misses or more come about by luck in",
    f"{100 * binom.sf(misses - 1, ANALYSTS, 0.05):.0f} % of such groups. Seeds 100 to",
    f"{99 + ANALYSTS}, {RUNS} runs each.)",
)

# %% [markdown]
# Three things to remember:
#
# 1. **A number without an interval is a rumour.** One life of a company, or one quarter of yours,
#    tells little.
# 2. **Same luck tells more.** The next cell holds the interval of the difference above against the
#    one that we would have had if each company had lived with luck of its own.
# 3. **An interval covers luck, not wrong assumptions.** If buyers in your market are other ones,
#    no number of runs will tell you. `themodel sensitivity` varies the assumptions; notebook 07
#    asks how far to trust them.

# %%
without, with_two = (
    quick("base", *settings, replications=20)["mrr_end"]
    for settings in ((), (f"teams.{longest}.people={people + 2}",))
)
paired = interval(with_two - without)
# Other luck: run 0 of one company against run 1 of the other, and so on.
shuffled = interval((with_two - without.shift(-1)).dropna())
tell(
    f"Same luck: {change('mrr_end', paired)}. Luck of its own for each:",
    f"{change('mrr_end', shuffled)}. The second interval is",
    f"{(shuffled.high - shuffled.low) / (paired.high - paired.low):.1f} times as wide.",
)

# %% [markdown]
# ## Your turn
#
# In JupyterLab there are sliders below (somebody who only reads sees the first picture). How many
# people should each of two departments have? Where does one more stop helping?


# %%
def staffing(field_sales: int, customer_success: int) -> object:
    """Draw what other numbers of people change, with the same luck."""
    changed = variant(
        f"{field_sales}_and_{customer_success}",
        "base",
        f"teams.field_sales.people={field_sales}",
        f"teams.customer_success.people={customer_success}",
    )
    comparison = compare(base, changed, replications=8, seed=1)
    return plots.difference(comparison, "mrr_end", size=(9, 3.6))


play(staffing, field_sales=[9, 6, 7, 8, 10, 11, 12], customer_success=[7, 5, 6, 8, 9, 10, 11])

# %% [markdown]
# ## What next
#
# - **02** why everyone does their job and the company loses
# - **03** the recycle loop and what a loss reason is worth
# - **04** where it breaks: bottleneck and attribution
# - all questions that are ready to run: `themodel list`
# - all numbers of the default company, with their sources: `themodel explain base`
