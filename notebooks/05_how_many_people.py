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
# # 05 How many people, and when must they start?
#
# "We want so much recurring revenue at the end of the year. How many people do we need, and when
# must we begin to hire?" A spreadsheet answers with an average: so many deals a person. This
# notebook asks formulas first, sees why they are not enough, and then lets the simulator search the
# cheapest team that keeps a **promise**: the target is met in 90 % of all futures, not in the
# average one.
#
# The company is half of the default one and is followed for a year, so that the search takes
# seconds. `themodel size` and `themodel hiring` do the same for any company, also yours
# (notebook 06).
#
# [日本語](05_how_many_people.ja.ipynb)

# %%
# %matplotlib inline
import numpy as np
from IPython.display import display

from playing import play
from simulator import plan_hiring, size
from simulator.experiment.replications import replicate_totals
from simulator.experiment.statistics import jeffreys
from simulator.languages.languages import speak
from simulator.languages.messages import say
from simulator.metrics.team_labels import team_label
from telling import picture, table, tell, variant

speak("en")
SEED = 1
TARGET, ARR = "final_arr>=3.7e8", 370.0  # million yen
TEAMS = ("marketing", "inside_sales", "field_sales", "customer_success")
HALF = {
    **{f"market.channels.{name}.leads_per_day": rate
       for name, rate in (("website", 4), ("referral", 1), ("webinar", 3), ("advertising", 5))},
    "teams.marketing.people": 2, "teams.inside_sales.people": 3, "teams.field_sales.people": 2,
    "teams.customer_success.people": 4, "start.customers": 260, "start.opportunities": 45,
    "start.parked": 300, "horizon.months": 12,
}  # fmt: skip


def company(name: str, **people: int) -> object:
    """Return the half-sized company with other numbers of people."""
    settings = HALF | {f"teams.{team}.people": count for team, count in people.items()}
    return variant(name, "base", *(f"{key}={value}" for key, value in settings.items()))


def chance(share: object) -> str:
    """Write a probability with its interval."""
    return f"{share.mean:.0%} ({share.low:.0%} to {share.high:.0%})"


today = company("today")

# %% [markdown]
# ## What formulas say
#
# Every stage gets some pieces of work a day, and each takes some hours. Divided by the hours that a
# person has for buyers, that is the **offered load**: how many people would be busy if nobody ever
# waited. A load of 4.2 needs 5 people at least; and since work does not come evenly, a few more.
# The old rule of thumb is *load + ½ √load* (square-root staffing).

# %%
from simulator.planning.offered_load.analytic import loads, square_root_plan

load, guess = loads(today.scenario), square_root_plan(today.scenario)
table(
    ["", "pieces of work a day", "hours each", "people busy (load)", "load + ½ √load", "today"],
    [
        [team_label(team), f"{load[team].work_per_day:.1f}", f"{load[team].hours_per_piece:.2f}",
         f"{load[team].people:.2f}", guess[team], getattr(today.scenario.teams, team).people]
        for team in TEAMS
    ],
    "From formulas alone: no run was made.",
)  # fmt: skip
short = [team for team in TEAMS if getattr(today.scenario.teams, team).people < guess[team]]
tell(
    "By the rule of thumb there are too few people today in **"
    + "**, **".join(team_label(team) for team in short)
    + "**."
    if short
    else "By the rule of thumb there are enough people everywhere."
)

# %% [markdown]
# ## What luck does
#
# Formulas know means. A company has one future. Below are 100 futures of today's company and of
# the one that the formulas ask for. Every dot is a future; the line is the target.

# %%
FUTURES = 100
by_formula = company("by the formulas", **{team: guess[team] for team in TEAMS})
futures = {}
for each in (today, by_formula):
    done = replicate_totals(each, seed=SEED, replications=FUTURES)
    futures[each.name] = np.array([one["arr"] / 1e6 for one in done.runs.values()])


@picture(9, 3.2)
def draw_futures(axes, futures: dict[str, np.ndarray], limit: float) -> None:
    """Draw the ARR of every future as a dot, and the target as a line."""
    for place, values in enumerate(futures.values()):
        up = np.random.default_rng(0).uniform(-0.28, 0.28, len(values))
        for good, color in ((values >= limit, "#0072b2"), (values < limit, "#d55e00")):
            axes.plot(values[good], place + up[good], "o", color=color, markersize=4, alpha=0.7)
        axes.plot([values.mean()] * 2, [place - 0.38, place + 0.38], color="#222222", linewidth=2)
    axes.axvline(limit, color="#222222", linestyle="--", linewidth=1)
    axes.set_yticks(range(len(futures)), list(futures))
    axes.set_ylim(len(futures) - 0.45, -0.55)
    axes.set_xlabel("ARR after 12 months, M JPY (black: mean; dashed: target)")
    shares = ", ".join(f"{name} {np.mean(values >= limit):.0%}" for name, values in futures.items())
    axes.set_title(f"Futures that reach {limit:.0f} M JPY: {shares}", loc="left")
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)


display(draw_futures(futures, ARR))

# %%
for name, values in futures.items():
    share = jeffreys(float(np.mean(values >= ARR)), len(values))
    tell(
        f"**{name}**: ARR {values.mean():.0f} M JPY on average; nine of ten futures reach",
        f"{np.quantile(values, 0.1):.0f} M JPY or more, one of ten more than",
        f"{np.quantile(values, 0.9):.0f}. The target is met with probability {chance(share)};",
        f"{FUTURES} futures, seed {SEED}.",
    )
spread = {name: values.mean() - np.quantile(values, 0.1) for name, values in futures.items()}
values = futures["by the formulas"]
tell(
    "The formulas know nothing of the target: they size teams for work, whatever it brings. And a",
    "plan that only just reaches the target *on average* misses it in about half of all futures.",
    "To promise it in 90 % of them, the average must lie above it by what luck may take away:",
    f"here about {values.mean() - np.quantile(values, 0.1):.0f} M JPY. **Luck costs people.** How",
    "many, and in which team?",
)

# %% [markdown]
# ## The cheapest team that keeps the promise
#
# `size` tries teams, each in the same futures (so that differences between teams are not luck), and
# looks for the cheapest one that meets the target in 90 % of them. What it then promises is
# measured in *fresh* futures, for whoever picks the best of many has been lucky.
#
# Everybody in such a plan is there from the first day, and experienced.

# %%
sizing = size(
    today, TARGET, confidence=0.9, teams=TEAMS[1:], at_most={"inside_sales": 5, "field_sales": 7,
    "customer_success": 6}, fresh=150, seed=SEED, workers=2,
)  # fmt: skip
for sentence in sizing.verdict():
    tell(sentence)
tell(f"{sizing.evaluations} teams tried in {sizing.runs:,} runs; {sizing.fresh} fresh ones;",
     f"seed {SEED}.")  # fmt: skip

# %%
table(
    ["", "today", "formulas", "plan", "limit"],
    [
        [team_label(team), sizing.today[team], guess[team], count,
         f"{sizing.headcount.named(sizing.headcount.high)[team]}"]
        for team, count in sizing.plan.items()
    ],
    f"Met with probability {chance(sizing.chance)} ({sizing.fresh} fresh runs); as it is,"
    f" {chance(sizing.today_chance)}. Cost {sizing.cost / 1e6:.0f} M JPY a year; today"
    f" {sizing.today_cost / 1e6:.0f}.",
)  # fmt: skip

# %% [markdown]
# **What does the promise cost?** Among the teams that the search has tried, the cheapest for other
# promises (by the few runs that each of them got: a sketch, not a promise).

# %%
tried = sizing.evaluated.sort_values("cost")
rows = []
for asked in (0.5, 0.7, 0.8, 0.9):
    good = tried[tried["probability"] >= asked]
    if len(good):
        best = good.iloc[0]
        rows.append([f"{asked:.0%}", " / ".join(f"{best[team]:.0f}" for team in sizing.plan),
                     f"{best['cost'] / 1e6:.0f}",
                     chance(jeffreys(float(best["probability"]), int(best["runs"]))),
                     f"{best['runs']:.0f}"])  # fmt: skip
table(
    ["promise", " / ".join(team_label(team) for team in sizing.plan), "cost a year, M JPY",
     "probability", "runs"],
    rows, f"By the luck of the search; 95 % intervals; seed {SEED}.",
)  # fmt: skip

# %% [markdown]
# ### One person more, one person fewer
#
# The most useful table for a discussion with the finance department. An interval that holds 0 says
# that the change *cannot be told* by these runs, not that there is none.

# %%
from simulator.presentation import planning_charts

marginal = sizing.marginal
text = next(name for name in marginal if str(name).startswith("arr") and f"{name} low" in marginal)
table(
    ["", "people", "cost a year, M JPY", "probability", "change, points", "ARR, M JPY"],
    [
        [f"{team_label(row['team'])} {row['change']:+d}", row["people"],
         f"{row['cost'] / 1e6:+.1f}", f"{row['probability']:.0%}",
         f"{100 * row['gain']:+.0f} ({100 * row['gain_low']:.0f} to {100 * row['gain_high']:.0f})",
         f"{row[text] / 1e6:+.1f} ({row[f'{text} low'] / 1e6:.1f}"
         f" to {row[f'{text} high'] / 1e6:.1f})"]
        for _, row in marginal.iterrows()
    ],
    f"Against the plan, with the same luck, by runs of the search; 95 % intervals; seed {SEED}.",
)  # fmt: skip
planning_charts.probability_chart(sizing)

# %% [markdown]
# ## But they are not there yet: the hiring plan
#
# Nobody is there on the first day. A place must be opened, somebody be found, and who comes must
# learn; meanwhile others quit.

# %%
table(
    ["", "finding somebody, days", "ramp, days", "speed on the first day", "quit in a year"],
    [
        [team_label(team), f"{plan.time_to_fill_days:g}", f"{plan.ramp_days:g}",
         f"{plan.ramp_start:.0%}", f"{plan.attrition_per_year:.0%}"]
        for team in TEAMS
        for plan in [getattr(today.scenario.teams, team)]
    ],
    "Assumptions of the scenario, in business days (20 a month).",
)  # fmt: skip

# %% [markdown]
# `plan_hiring` finds the fewest hires that keep the promise if all start as early as they can, and
# then puts off each start as long as the promise holds. So its dates are the **latest** ones.

# %%
hiring = plan_hiring(
    today, TARGET, confidence=0.9, teams=("field_sales",), at_most={"field_sales": 4},
    fresh=60, seed=SEED, workers=2,
)  # fmt: skip
for sentence in hiring.verdict():
    tell(sentence)

# %%
table(
    ["", "people", "start in month", "place open by day", "full speed from day",
     "if one starts a month later"],
    [
        [team_label(row["team"]), row["people"], row["month"], f"{row['open_by']:g}",
         f"{row['ramped_by']:g}",
         f"{100 * row['slip_change']:+.0f} points ({100 * row['slip_low']:.0f} to"
         f" {100 * row['slip_high']:.0f})"]
        for _, row in hiring.hires.iterrows()
    ],
    "Business days from the start of the run; a negative one lies before it. 95 % intervals,"
    f" {hiring.variant_runs} fresh runs, seed {SEED}.",
)  # fmt: skip
people = {
    "sized: all there from the first day": sizing.plan.get("field_sales"),
    "planned: hired on the way": hiring.headcounts["field_sales"][-1],
}
tell(
    "People in field sales: "
    + "; ".join(f"**{count}** {name}" for name, count in people.items())
    + ". (The two questions differ: the sizing may also change other teams, the hiring plan here"
    " adds people in field sales alone.)"
)

# %% [markdown]
# ### Where does work exceed what people can do?
#
# Dashed against full: the work that comes, and what the people who are there can do, months of ramp
# and empty places included.

# %%
from simulator.presentation import hiring_charts

hiring_charts.capacity_chart(hiring)

# %% [markdown]
# ### And if things go wrong?
#
# The same plan in worse luck: everybody starts a month later, twice as many quit, places stay empty
# twice as long, new people need half as long again, a fifth fewer inquiries come.

# %%
stress = hiring.stress
table(
    ["", "promise kept", "change, points", "ARR, M JPY"],
    [
        [say(row["words"]), f"{row['probability']:.0%} ({row['low']:.0%} to {row['high']:.0%})",
         f"{100 * row['change']:+.0f} ({100 * row['change_low']:.0f} to"
         f" {100 * row['change_high']:.0f})",
         f"{row['difference'] / 1e6:+.0f} ({row['difference_low'] / 1e6:.0f} to"
         f" {row['difference_high'] / 1e6:.0f})"]
        for _, row in stress.iterrows()
    ],
    f"Against the plan, with the same luck; 95 % intervals, {hiring.variant_runs} fresh runs,"
    f" seed {SEED}.",
)  # fmt: skip
worst = stress.loc[stress["probability"].idxmin()]
tell(
    f"The plan as it stands keeps the promise with {chance(hiring.chance)}.",
    f"Worst of these would be: *{say(worst['words'])}* ({worst['probability']:.0%}).",
    "A promise of 90 % holds for a company whose numbers are *known*; that is what this table is"
    " for.",
)
hiring_charts.stress_chart(hiring)

# %% [markdown]
# ## From the plan to a workbook
#
# The answer leaves this notebook as a workbook for those who calculate on: totals are live
# formulas, one sheet defines every column. It is written into a folder that is gone afterwards; in
# a terminal `themodel hiring … --out plan` keeps it.

# %%
import io
import tempfile

import openpyxl

from simulator.presentation import hiring_workbook

with tempfile.TemporaryDirectory() as folder:
    from pathlib import Path

    path = Path(folder) / "plan.xlsx"
    path.write_bytes(hiring_workbook.workbook(hiring))
    book = openpyxl.load_workbook(io.BytesIO(path.read_bytes()))
    formulas = sum(
        isinstance(cell.value, str) and cell.value.startswith("=")
        for sheet in book for row in sheet.iter_rows() for cell in row
    )  # fmt: skip
    tell(f"`{path.name}`: {path.stat().st_size / 1000:.0f} kB, {formulas} live formulas.")
    table(["sheet", "rows", "columns"], [[s.title, s.max_row, s.max_column] for s in book])

# %% [markdown]
# The other way round works, too: `themodel hiring our_company.yaml --plan our_plan.xlsx` checks a
# plan that *you* made, says how probably it keeps the promise, and where it breaks first.
#
# ## What to take along
#
# 1. **Ask for a promise, not for an average.** The average is missed in about half of all futures.
# 2. **Hire by the date on which somebody is productive**, not by the one on which the budget is
#    approved: finding and learning come first.
# 3. **More people in the wrong place do nothing.** Look at the table of one person more.
# 4. A probability is one of luck only. Run it again with other assumptions (notebook 07) before you
#    sign it.
#
# ## Try it
#
# Guess first: how many people in field sales does it take so that nine of ten futures reach the
# target? With a front end there are sliders.


# %%
def try_team(field_sales: int, customer_success: int) -> object:
    """Draw the futures of another team."""
    other = company("yours", field_sales=field_sales, customer_success=customer_success)
    done = replicate_totals(other, seed=SEED, replications=60)
    yours = np.array([one["arr"] / 1e6 for one in done.runs.values()])
    return draw_futures({"today": futures["today"][:60], "yours": yours}, ARR)


play(try_team, field_sales=[3, 2, 4, 5, 6, 7], customer_success=[4, 2, 3, 5, 6])
