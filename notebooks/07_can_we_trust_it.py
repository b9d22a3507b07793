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
# # 07 Can we trust it?
#
# A simulation always answers. Whether the answer is worth anything is four questions, and this
# notebook asks them one after the other:
#
# 1. **Is the arithmetic right?** Where mathematics knows the answer, the engine must find it.
# 2. **Is the interval honest?** Of 100 intervals of 95 %, about 95 must hold the truth.
# 3. **Does the answer hang on an assumption?** Many numbers of a company are not known.
# 4. **Is it like the world?** What comes out must be possible, and what is left out must be said.
#
# The first three can be tested in here. The fourth cannot, or not fully: that is why this notebook
# ends with what the model does not contain.
#
# [日本語](07_can_we_trust_it.ja.ipynb)

# %%
# %matplotlib inline
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
from IPython.display import Markdown, display

from playing import play
from simulator import METRICS, compare, load_scenario, plots, run, sensitivity, verify
from simulator.experiment.assumption_labels import assumption_label
from simulator.experiment.replications import replicate_totals
from simulator.experiment.statistics import Estimate, jeffreys
from simulator.languages.languages import speak
from simulator.languages.messages import say
from telling import change, picture, table, tell, variant

speak("en")
SIZE = (9, 5)
SEED = 1
BLUE, RED, GRAY = "#0072b2", "#d55e00", "#555555"

# %% [markdown]
# ## 1. Is the arithmetic right?
#
# ### By hand: a queue that Erlang knew
#
# Calls arrive at random, *c* people answer them, a call takes an exponential time. How long does a
# caller wait? A. K. Erlang answered that in 1917 for the telephones of Copenhagen. His formula
# takes five lines:


# %%
def erlang_c_wait(arrivals: float, service_days: float, people: int) -> float:
    """Return the mean wait in days (Erlang C)."""
    load = arrivals * service_days
    terms = [load**k / math.factorial(k) for k in range(people)]
    last = load**people / math.factorial(people) * people / (people - load)
    return last / (sum(terms) + last) * service_days / (people - load)


# %% [markdown]
# Now the simulator. It has no such formula in it. We take its whole company and switch off by
# settings alone all that Erlang did not know (skills, ramps, obstacles, trust, recycling …), so
# that only marketing's screening desk is left: 3 people, 0.21 days a screening. It is the same
# engine that runs the default company, and we only look at who waited from when to when.

# %%
from simulator.metrics.flow import waits
from simulator.metrics.rows import Book
from simulator.organization.journal import Team
from simulator.reductions import experiments
from simulator.scenario.changing import changed

SERVICE, PEOPLE, RUNS = 0.21, 3, 24
reduced = experiments()[1].scenario


def waits_by_run(arrivals: float) -> list[float]:
    """Run the reduced company; return the mean wait of each run after its warm-up."""
    company = changed(reduced, {"market.channels.all.leads_per_day": arrivals})
    means = []
    for replication in range(RUNS):
        journal = run(company, SEED, replication)
        every = waits(Book(journal))
        chosen = (every.team == Team.MARKETING) & (every.start > journal.facts.warm_up_days)
        means.append(float(np.mean((every.end - every.start)[chosen])))
    return means


LOADS = (0.3, 0.5, 0.7, 0.8, 0.9)
rates = [load * PEOPLE / SERVICE for load in LOADS]
formula = [erlang_c_wait(rate, SERVICE, PEOPLE) for rate in rates]
engine = [Estimate.of(waits_by_run(rate)) for rate in rates]
held = [each.low <= value <= each.high for value, each in zip(formula, engine, strict=True)]
table(
    ["people are busy", "Erlang C, days", "simulated, days", "interval holds the formula?"],
    [
        [f"{load:.0%}", f"{value:.4f}", f"{each.mean:.4f} ({each.low:.4f} to {each.high:.4f})",
         "yes" if inside else "no"]
        for load, value, each, inside in zip(LOADS, formula, engine, held, strict=True)
    ],
    f"Mean wait; in brackets 95 % intervals. {RUNS} runs of"
    f" {reduced.horizon.months * 20:.0f} business days each, seed {SEED}.",
)  # fmt: skip


# %%
@picture(9, 4.2)
def draw_curve(axes) -> None:
    """Draw Erlang's formula as a line, and what was simulated with its intervals."""
    fine = np.linspace(0.2, 0.93, 200)
    curve = [erlang_c_wait(load * PEOPLE / SERVICE, SERVICE, PEOPLE) for load in fine]
    axes.plot(100 * fine, curve, color=GRAY)
    for load, each in zip(LOADS, engine, strict=True):
        axes.plot([100 * load] * 2, [each.low, each.high], color=BLUE, linewidth=3)
        axes.plot(100 * load, each.mean, "o", color=BLUE)
    axes.annotate("Erlang's formula", (100 * fine[-1], curve[-1]), (-8, 0),
                  textcoords="offset points", ha="right", va="top", color=GRAY)  # fmt: skip
    axes.annotate("simulated, 95 % interval", (100 * LOADS[-2], engine[-2].mean), (-10, 8),
                  textcoords="offset points", ha="right", color=BLUE)  # fmt: skip
    axes.set_title(f"{sum(held)} of {len(held)} intervals hold Erlang's value", loc="left")
    axes.set_xlabel("how busy people are, %")
    axes.set_ylabel("mean wait, days")


display(draw_curve())
times = formula[-1] / formula[1]
tell(
    f"From {LOADS[1]:.0%} to {LOADS[-1]:.0%} busy, the wait becomes **{times:.0f} times** as long.",
    "No department's dashboard shows that somebody is busy *too* well; this curve is why a company",
    "in which everybody is always busy is slow.",
)

# %% [markdown]
# ### All of it: `verify`
#
# `themodel verify` holds the engine against a whole list: one desk, three desks, desks whose
# callers give up (Erlang A), and all four departments with the recycle loop (a Jackson network).
# In the full default company, for which there is no formula, laws are checked that hold in *any*
# queue: Little's law to the last digit, and books that balance.

# %%
checks = verify(seed=SEED)
statistical = [each for each in checks if each.standard_error > 0.0]
exact = [each for each in checks if each.standard_error == 0.0]
worst = max(statistical, key=lambda each: abs(each.z))
limit = statistical[0].tolerance / statistical[0].standard_error
far = sum(abs(each.z) > 2.0 for each in statistical)
tell(
    f"**{sum(each.passed for each in checks)} of {len(checks)} checks pass** (seed {SEED}).",
    f"{len(exact)} are exact. Of the {len(statistical)} statistical ones {far} lie more than two",
    "standard errors off; if the engine is right, about one in twenty should, by luck alone (more",
    "or less: figures of one queue err together). The",
    f"farthest is *{worst.name}*, {abs(worst.z):.1f} standard errors off; the limit is",
    f"{limit:.1f}, so that all of them together raise a false alarm once in a hundred seeds.",
)


# %%
@picture(9, 3.6)
def draw_checks(axes) -> None:
    """Draw how far every check is off, in standard errors, sorted."""
    z = np.sort([each.z for each in statistical])
    axes.axvspan(-2, 2, color="#e8eef4")
    axes.axvline(0, color=GRAY, linewidth=1)
    for place in (-limit, limit):
        axes.axvline(place, color=RED, linestyle="--", linewidth=1)
    axes.plot(z, np.arange(1, len(z) + 1), "o", color=BLUE, markersize=4)
    axes.annotate("fails beyond", (limit, 2), (-4, 0), textcoords="offset points", ha="right",
                  color=RED)  # fmt: skip
    axes.set_title("What the engine does, less what mathematics says", loc="left")
    axes.set_xlabel("standard errors (pale: where 95 % should lie)")
    axes.set_ylabel("checks, sorted")


display(draw_checks())

# %% [markdown]
# **Would these checks notice a mistake?** A check that cannot fail is none. So we hold the same
# runs against formulas that are wrong on purpose: as if one screening took a little more time than
# it does.

# %%
from simulator.verification import held_against, limit_for

rate, runs = rates[2], waits_by_run(rates[2])
claim = next(each for each in experiments()[1].claims if each.figure == "wait")
rows = []
for error in (0.0, 0.01, 0.03, 0.05, 0.1):
    wrong = erlang_c_wait(rate, SERVICE * (1.0 + error), PEOPLE)
    check = held_against(replace(claim, expected=wrong), runs, limit_for(len(statistical), RUNS))
    rows.append([f"{error:+.0%}", f"{wrong:.4f}", f"{check.simulated:.4f}", f"{check.z:+.1f}",
                 "passes" if check.passed else "**fails**"])  # fmt: skip
table(
    ["time of a screening", "formula, days", "simulated", "standard errors off", "check"],
    rows, f"Mean wait, {LOADS[2]:.0%} busy, {RUNS} runs, seed {SEED}.",
)  # fmt: skip
failing = [row[0] for row in rows if "fails" in row[-1]]
tell(
    f"A mistake of {failing[0]} in this time is noticed by this one check; smaller ones would slip"
    " through."
    if failing
    else "None of these mistakes is noticed: this check alone is too weak."
)

# %% [markdown]
# ## 2. Is the interval honest?
#
# Notebook 01 let 20 analysts state an interval. Here we do it often enough to *count*. The company
# is a small one (half the default, half a year), so that it can live many hundred times.

# %%
base = load_scenario("base")
HALF = [
    *(f"market.channels.{name}.leads_per_day={each.leads_per_day / 2}"
      for name, each in base.scenario.market.channels.items()),
    "teams.marketing.people=2", "teams.inside_sales.people=3", "teams.field_sales.people=4",
    "teams.customer_success.people=4", "start.customers=260", "start.opportunities=45",
    "start.parked=300",
]  # fmt: skip
small = variant("small", "base", *HALF, "horizon.months=6")

LIVES, GROUP = 1200, 6
lives = replicate_totals(small, seed=SEED, replications=LIVES)
COUNTED = ("wins", "mrr_end", "win_rate", "logo_churn", "profit", "field_sales.queue")
values = {metric: np.array([each[metric] for each in lives.runs.values()]) for metric in COUNTED}


def coverage(metric: str, size: int) -> Estimate:
    """Return the share of intervals, each of so many runs, that hold the mean of all runs."""
    groups = values[metric].reshape(-1, size)
    truth = groups.mean()
    stated = [Estimate.of(group) for group in groups]
    return jeffreys(float(np.mean([e.low <= truth <= e.high for e in stated])), len(stated))


found = {metric: coverage(metric, GROUP) for metric in COUNTED}
table(
    ["", "intervals", "hold the mean of all runs", "95 % interval of that share", "holds 95 %?"],
    [
        [METRICS[metric].label, each.n, f"{each.mean:.1%}", f"{each.low:.1%} to {each.high:.1%}",
         "yes" if each.low <= 0.95 <= each.high else "no"]
        for metric, each in found.items()
    ],
    f"{LIVES} runs in groups of {GROUP}, seed {SEED}.",
)  # fmt: skip
short = [METRICS[metric].label for metric, each in found.items() if each.high < 0.95]
tell(
    "Intervals of Student's t take means to be about normal. "
    + (
        f"{', '.join(short)} can be told to fall short of the promise: a skewed metric, of which"
        f" {GROUP} runs tell too little. For such ones, take more runs."
        if short
        else "None of these metrics can be told to fall short of the promise."
    )
)

# %% [markdown]
# **How many runs?** The interval narrows with the *square root* of their number: four times the
# runs for half the width.

# %%
sizes = (3, 6, 12, 24, 48, 100, 300)
widths = []
for size in sizes:
    groups = values["mrr_end"].reshape(-1, size)
    widths.append(np.mean([e.high - e.low for e in map(Estimate.of, groups)]) / 1e6)


@picture(9, 3.8)
def draw_widths(axes) -> None:
    """Draw the width of an interval by the number of runs behind it."""
    axes.loglog(sizes, widths, "o-", color=BLUE)
    axes.loglog(sizes, widths[-1] * np.sqrt(sizes[-1] / np.array(sizes)), ":", color=GRAY)
    for size, width in zip(sizes, widths, strict=True):
        axes.annotate(f"{width:.2f}", (size, width), (6, 5), textcoords="offset points", color=BLUE)
    axes.set_xticks(sizes, [str(size) for size in sizes])
    axes.set_yticks([])
    axes.minorticks_off()
    axes.set_xlabel("runs behind one interval (both scales logarithmic; dotted: one over the root)")
    axes.set_ylabel("mean width, M JPY")
    axes.set_title("Width of a 95 % interval of MRR at end", loc="left")


display(draw_widths())
tell(
    f"{sizes[1]} runs give {widths[1]:.2f} M JPY, {sizes[3]} runs (four times as many)",
    f"{widths[3]:.2f} M JPY. With very few runs it is worse than the root says: three runs do not",
    "even tell how much luck there is. `--precision` of `themodel run` adds runs until an interval",
    "is as narrow as you ask.",
)

# %% [markdown]
# ### The same luck for both
#
# Whoever compares two companies can do better than run each many times: give **both the same
# luck**. The same buyers come on the same days, with the same obstacles; the same people quit.
# Here one person more in one team, over and over, once with the same luck and once with luck of
# its own for each (another seed).

# %%
PAIRS = 60
same = values["mrr_end"][:PAIRS]
present = small.scenario.teams.inside_sales.buyer_share
CHANGES = {
    "one more in field sales": "teams.field_sales.people=5",
    "one more in inside sales": "teams.inside_sales.people=4",
    "inside sales has 10 % more time": f"teams.inside_sales.buyer_share={present * 1.1:.4f}",
}
rows, factors = [], []
for name, setting in CHANGES.items():
    key = setting.split("=")[0]
    others = [each for each in HALF if each.split("=")[0] != key]
    other = variant("other", "base", *others, setting, "horizon.months=6")
    paired_runs, apart_runs = (
        np.array([each["mrr_end"] for each in replicate_totals(
            other, seed=seed, replications=PAIRS).runs.values()])
        for seed in (SEED, SEED + 1)
    )  # fmt: skip
    paired, apart = Estimate.of(paired_runs - same), Estimate.of(apart_runs - same)
    factor = float(np.var(apart_runs - same, ddof=1) / np.var(paired_runs - same, ddof=1))
    factors.append(factor)
    rows.append([name, change("mrr_end", paired), change("mrr_end", apart), f"{factor:.0f}"])
table(
    ["", "MRR at end, same luck", "luck of its own", "times fewer runs by the same luck"],
    rows,
    f"Differences with 95 % intervals, {PAIRS} pairs, seed {SEED} (luck of its own: seed"
    f" {SEED + 1}). The last column is the ratio of the variances.",
)
tell(
    f"The same luck saves a factor of {min(factors):.0f} to {max(factors):.0f} of runs here. (This",
    "is called *common random numbers*. It needs a generator in which one more buyer changes no",
    "draw of anybody else: `docs/model.md`, *Clock, money, chance*.)",
)

# %% [markdown]
# ## 3. Does the answer hang on an assumption?
#
# An interval covers luck. It says nothing about numbers that were *assumed*. How many are there?

# %%
from collections import Counter

from simulator.scenario import numbers

MEANING = {
    "A": "peer-reviewed or official", "B": "primary data with a stated sample",
    "C": "secondary", "D": "no source", "M": "common knowledge of the trade",
    "calc": "computed from cited figures",
}  # fmt: skip
letters = Counter(each.trust for each in numbers(base) if each.is_number)
total = sum(letters.values())
table(
    ["trust", "meaning", "numbers", "share"],
    [
        [letter or "none", MEANING.get(letter, "not stated"), count, f"{count / total:.0%}"]
        for letter, count in sorted(letters.items())
    ],
    "Numbers of the default company by how far their source can be trusted"
    " (`themodel explain base` lists all of them).",
    words=2,
)
bare = sum(count for letter, count in letters.items() if letter not in ("A", "B", "C", "calc"))
tell(
    f"**{bare} of {total} numbers rest on no data** (trust D or M), {letters['C']} more on data at",
    "second hand (C). The default company is a possible company and not yours; a calibrated one",
    "(notebook 06) replaces some of these by what your files tell, and says of the others that",
    "they are assumed.",
)

# %% [markdown]
# So we vary them. `sensitivity` takes every number of trust C or worse through its range, finds
# those that matter for a result, and then moves the strongest alone, from one end of its range to
# the other (a *tornado*). This is a small study: contracts won by the small company of above.
# (Does a verdict between two companies survive? `themodel sensitivity shared --versus divisional`
# asks that with many more runs; `docs/experiments.md` has the answer.)

# %%
study = sensitivity(
    small,
    metric="wins",
    seed=SEED,
    trajectories=2,
    top=3,
    sobol=4,
    points=20,
    replications=6,
    workers=2,
)
tell(study.verdict)
statuses = Counter(study.assumptions["status"])
tell(
    f"{statuses['varied']} assumptions were varied and do something, {statuses['without effect']}",
    "have no effect in this company at all (they belong to mechanisms that it does not use).",
    f"{study.runs:,} runs, seed {study.seed}.",
)

# %%
plots.tornado(study, size=(9, 6))

# %%
ENDS = {"low": "low end", "high": "high end"}
ends = study.tornado
is_luck = (ends["change_low"] <= 0.0) & (ends["change_high"] >= 0.0)
table(
    ["assumption", "of its range", "value there", "contracts won", "change"],
    [
        [assumption_label(row.path), ENDS[row.end], f"{row.value:.3g}", f"{row.outcome:.1f}",
         f"{row.change:+.1f} ({row.change_low:.1f} to {row.change_high:.1f})"]
        for row in ends.head(8).itertuples()
    ],
    f"Widest first; 95 % intervals of the change with the same luck, {int(ends['n'].min())} pairs"
    f" an end, seed {SEED}. Values of a law of times are factors.",
    words=2,
)  # fmt: skip
strongest = ends.head(2)
swing = abs(strongest["outcome"].iloc[1] - strongest["outcome"].iloc[0])
luck = study.baseline.high - study.baseline.low
tell(
    f"The strongest assumption, “{assumption_label(strongest['path'].iloc[0])}”, moves the result",
    f"by **{swing:.1f} contracts** from one end of its range to the other; the interval of luck",
    f"around the stated values is {luck:.1f} wide. "
    + (
        "Being wrong about this number costs more than luck: measure it first."
        if swing > luck
        else "That is no more than luck."
    ),
    f"At {int(is_luck.sum())} of {len(ends)} ends the",
    "change cannot be told from zero; six pairs are few, and *cannot be told* never means *no",
    "effect*.",
)

# %% [markdown]
# ## 4. Is it like the world?
#
# A model whose inputs are plausible can still put out nonsense. Figures that others published and
# that are *not* inputs of the default company:

# %%
from simulator.plausibility import hold_against_published

published = hold_against_published(seed=SEED, replications=10)


@picture(9, 4.8)
def draw_published(axes) -> None:
    """Draw each published range as a band of the same width, and what was simulated in it."""
    for place, each in enumerate(reversed(published)):
        low, high = each.published.low, each.published.high
        spread = high - low
        mean, left, right = (
            (value - low) / spread
            for value in (each.simulated.mean, each.simulated.low, each.simulated.high)
        )
        axes.plot([0, 1], [place, place], color="#c9d6e2", linewidth=9, solid_capstyle="butt")
        axes.plot([left, right], [place, place], color=BLUE, linewidth=3)
        axes.plot(mean, place, "o", color=BLUE if each.passed else RED)
    axes.set_yticks(
        range(len(published)),
        [METRICS[each.published.metric].label for each in reversed(published)],
    )
    axes.set_xticks([0, 1], ["lowest published", "highest published"])
    axes.set_title(
        f"{sum(each.passed for each in published)} of {len(published)} means lie in the range",
        loc="left",
    )
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)


display(draw_published())
IN_PERCENT = {"share": (100.0, "%"), "share per month": (100.0, "% per month")}
table(
    ["", "published", "simulated", "unit", "source"],
    [
        [METRICS[each.published.metric].label,
         f"{factor * each.published.low:g} to {factor * each.published.high:g}",
         f"{factor * each.simulated.mean:.3g} ({factor * each.simulated.low:.3g} to"
         f" {factor * each.simulated.high:.3g})",
         unit, say(each.published.source)]
        for each in published
        for factor, unit in [IN_PERCENT.get(each.published.unit, (1.0, say(each.published.unit)))]
    ],
    f"Means with 95 % intervals over 10 runs of two years, seed {SEED}.",
)  # fmt: skip

# %% [markdown]
# Read this with care. The ranges are wide, and they were looked at while the assumptions of the
# default company were chosen. So it says *this company can exist*; it does not say *it predicts
# yours*. Only a forecast that was made before the outcome was known can say that:
# `themodel backtest` makes such forecasts from the past of your own files.

# %% [markdown]
# ## What the model does not contain
#
# From `docs/model.md`, so that it cannot differ from what the model's own page says:

# %%
page = Path("../docs/model.md").read_text(encoding="utf-8")
section = page.split("## What the model leaves out")[1].split("\n## ")[0]
left_out = [
    each.strip() for each in section.split(". Within a run")[0].replace("\n", " ").split(";")
]
TRANSLATED = ""  # that page is in English: the Japanese notebook says the same here, in order
shown = TRANSLATED.split("; ") if TRANSLATED else left_out
assert len(shown) == len(left_out)
display(Markdown("\n".join(f"- {each.rstrip('.')}" for each in shown)))

# %% [markdown]
# ## How a result could be wrong, and what to do about it

# %%
table(
    ["what could be wrong", "what tests it", "what stays open"],
    [
        ["a mistake in the program",
         "theory checks, books that balance, two engines that must agree",
         "mechanisms for which there is no formula: trust, promises, recycling"],
        ["too few runs", "intervals, counted above", "skewed metrics with very few runs"],
        ["a company at its start",
         "the run begins with customers and open deals; `themodel warm-up`",
         "a start that is unlike yours"],
        ["a wrong number", "`sensitivity`, `run --input-uncertainty`",
         "ranges are judgments, too"],
        ["a wrong form: trust, patience, who decides what",
         "every mechanism can be turned off (`themodel attribute`)",
         "forms that nobody has thought of"],
        ["what is left out", "the list above", "all of it"],
        ["people decide otherwise than stated",
         "`themodel incentives` searches what they would do",
         "people are more than their measures"],
        ["the future is unlike the past", "`themodel backtest` on your own history",
         "a future of which there is no past"],
    ],
    words=3,
)  # fmt: skip

# %% [markdown]
# **A rule of thumb.** Trust *comparisons* more than *levels* (what is wrong in both cancels in
# part), *directions* more than *sizes*, and *why* more than *how much*. Before you act on a number,
# ask which single assumption would turn it round, and go and measure that one.

# %% [markdown]
# ## Try it
#
# How surely does a sample of runs tell which of two companies is better? With a front end there
# are sliders: more runs, and another seed. When does the interval stop crossing zero?


# %%
def told(runs: int, seed: int) -> object:
    """Draw the difference that so many pairs of runs tell."""
    return plots.difference(
        compare("shared", "divisional", seed=seed, replications=runs), "mrr_end", size=(9, 3.6)
    )


play(told, runs=[8, 2, 4, 16, 32], seed=[1, 2, 3, 4, 5])
