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
# # 04 Where does it break?
#
# Two questions that every sales meeting mixes up:
#
# - **Which team limits the company?** (Where would one more person help?) → `bottleneck`
# - **Whose practice costs what?** (What of the gap between two companies belongs to whom?) →
#   `attribute`
#
# And one answer that is nearly always given, and often wrong: "the team that works most".
#
# [日本語](04_where_does_it_break.ja.ipynb)

# %%
# %matplotlib inline
from IPython.display import display

from simulator import attribute, bottleneck, load_scenario, plots
from simulator.experiment.execution import run_streamed
from simulator.languages.languages import speak
from simulator.presentation.figures import words as named

from playing import play
from telling import change, interval, is_told, level, picture, quick, table, tell

speak("en")
TEAMS = ("marketing", "inside_sales", "field_sales", "customer_success")


# %% [markdown]
# ## Busy is not the same as late
#
# A person who is busy 80 % of the day and one who is busy 95 % of it do not feel very different.
# Their customers do. Here the same work meets 5 to 10 people in customer success: everything else
# stays as it is, and so does everybody's luck.

# %%
PEOPLE = (5, 6, 7, 8, 9, 10)
staffed = {people: quick("base", f"teams.customer_success.people={people}") for people in PEOPLE}
busy = [interval(runs["customer_success.utilization"]) for runs in staffed.values()]
# Little's law: mean wait = mean number waiting / how many are served a day.
waits = [
    interval(runs["customer_success.queue"] / runs["customer_success.throughput"])
    for runs in staffed.values()
]


@picture(9, 4.4)
def draw_waits(axes) -> None:
    """Draw the mean wait by utilization, one point a number of people."""
    places = [100.0 * each.mean for each in busy]
    axes.plot(places, [each.mean for each in waits], "o-", color="#0072b2")
    for people, place, wait in zip(PEOPLE, places, waits, strict=True):
        axes.plot([place] * 2, [max(wait.low, 0.0), wait.high], color="#0072b2", linewidth=2)
        axes.annotate(f"{people} people", (place, wait.mean), (-8, 4), ha="right",
                      textcoords="offset points", color="#1f2933")  # fmt: skip
    axes.set_xlabel("share of the working day that is busy, %")
    axes.set_ylabel("mean wait, business days")
    axes.set_title("Waits do not grow with work: they explode", loc="left")
    axes.set_xlim(left=min(places) - 3.0)
    axes.set_ylim(bottom=0.0)


display(draw_waits())

# %%
table(
    ["people in customer success", "busy", "mean wait", "MRR at end"],
    [
        [
            people,
            level("customer_success.utilization", share),
            level("customer_success.wait_mean", wait),
            level("mrr_end", interval(staffed[people]["mrr_end"])),
        ]
        for people, share, wait in zip(PEOPLE, busy, waits, strict=True)
    ],
    "95 % intervals, 20 runs each, seed 1. Wait: everybody who waits, divided by how many are"
    " served a day (Little's law).",
)
tell(
    f"From {PEOPLE[-1]} people to {PEOPLE[0]}, the busy share rises from {busy[-1].mean:.0%} to",
    f"{busy[0].mean:.0%}, and the mean wait from {waits[-1].mean:.1f} to {waits[0].mean:.1f} days.",
)

# %% [markdown]
# Work does not come evenly. Whoever is free when nobody calls cannot store that time for the
# afternoon when everybody does. The closer to 100 %, the fewer such free moments are left, and the
# longer a queue stays once it is there. (For one kind of work and one law of chance this is the
# Erlang formula; `themodel verify` holds the simulator against it.)
#
# ## The constraint
#
# Utilization says who is busy. The **constraint** is something else: the team where *one more
# person* would bring the company most. The only honest way to know is to try it: each team gets
# one person more, then one fewer, with the same luck.
#
# **Guess first:** marketing, inside sales, field sales or customer success?

# %%
found = bottleneck("base", replications=8, seed=1, workers=2)
tell(*(f"{sentence}\n\n" for sentence in found.verdict()))
plots.bottleneck(found, size=(9, 5))

# %%
table(
    ["", "busy", "+1: MRR at end", "+1: contracts won", "-1: MRR at end", "cost of one, M JPY"],
    [
        [
            named(team),
            f"{found.flow.loc[found.flow['team'] == team, 'utilization'].mean():.0%}",
            change("mrr_end", found.effect(team)),
            change("wins", found.effect(team, metric="wins")),
            change("mrr_end", found.effect(team, change=-1)),
            f"{found.costs[team] / 1e6:.0f}",
        ]
        for team in TEAMS
    ],
    f"95 % intervals, {len(found.numbers)} pairs, seed {found.seed}.",
)
tell(
    "Contracts and MRR need not name the same team: one more person in field sales changes",
    f"contracts won by {change('wins', found.effect('field_sales', metric='wins'))}, one more in",
    f"customer success by {change('wins', found.effect('customer_success', metric='wins'))}.",
    "Who counts only contracts would never look at those who keep the customers.",
)

# %% [markdown]
# ## Why the busiest team need not be the bottleneck
#
# In `divisional` every department is measured on its own number (notebook 02). Who is busiest, and
# where does one more person help? Small differences need many runs: here each team's added person
# is tried 40 times.

# %%
PAIRS = 40
company = load_scenario("divisional").scenario
stay = quick("divisional", replications=PAIRS)
more = {
    team: quick(
        "divisional",
        f"teams.{team}.people={getattr(company.teams, team).people + 1}",
        replications=PAIRS,
    )
    for team in TEAMS
}
used = {team: interval(stay[f"{team}.utilization"]) for team in TEAMS}
gain = {team: interval(more[team]["mrr_end"] - stay["mrr_end"]) for team in TEAMS}
busiest = max(TEAMS, key=lambda team: used[team].mean)
best = max(TEAMS, key=lambda team: gain[team].mean)
table(
    ["divisional", "busy", "+1: MRR at end", "beyond luck?"],
    [
        [named(team), level(f"{team}.utilization", used[team]), change("mrr_end", gain[team]),
         "yes" if is_told(gain[team]) else "no"]
        for team in TEAMS
    ],
    f"95 % intervals, {PAIRS} pairs, seed 1.",
)  # fmt: skip
apart = interval(more[best]["mrr_end"] - more[busiest]["mrr_end"])
tell(
    f"Busiest: **{named(busiest)}**. Most from one more person: **{named(best)}**.",
    f"One more there ends with {change('mrr_end', apart)} against one more with the busiest:",
    f"{'beyond luck' if is_told(apart) else 'that may be luck'}.",
)

# %% [markdown]
# A team can be busy with work that is worth little, such as meeting buyers who will never sign.
# One more person does more of it, faster. Being busy is a statement about *hours*; being the
# constraint is a statement about *what an hour is worth*.
#
# So before hiring for the busiest team, ask what it is busy with, and who decides that.
#
# ## Whose practice costs what?
#
# `divisional` ends with less MRR than `shared` (notebook 02). Which department's change is it?
# Taking them one by one does not work: what inside sales does costs more or less depending on what
# field sales does. So **all 16 combinations** of the four departments are run, and each department
# gets the average of what it changes over all orders in which they might have changed (the Shapley
# value). These shares add up to the gap exactly.
#
# **Guess first:** whose share is largest? Can a share be of the other sign?

# %%
split = attribute(
    "shared",
    "divisional",
    replications=12,
    seed=1,
    task=run_streamed,  # quick runs: totals alone are needed
)
tell(*(f"{sentence}\n\n" for sentence in split.verdict()))
plots.attribution(split, size=(9, 5))

# %%
shares = split.shares_of()
told = set(split.shares.loc[split.shares["told"], "factor"])
table(
    ["", "its share of the gap in MRR at end", "beyond luck (of all four)?"],
    [
        *([named(name), change("mrr_end", share), "yes" if name in told else "no"]
          for name, share in shares.items()),
        ["**gap**", change("mrr_end", split.gap()), "yes" if is_told(split.gap()) else "no"],
    ],
    f"95 % intervals, {len(split.numbers)} replications of 16 combinations, seed {split.seed}.",
)  # fmt: skip
total = sum(share.mean for share in shares.values())
tell(
    f"The four shares add up to {total / 1e6:.2f} M JPY; the gap is",
    f"{split.gap().mean / 1e6:.2f} M JPY.",
)

# %% [markdown]
# A share is not blame. A department whose share is large may have done just what its measure asked
# for (it did: notebook 02). It says *where to begin*: at that measure.
#
# ### What goes together
#
# Two practices can cost more together than one by one, or cover for each other.

# %%
pairs = split.interactions.sort_values("mean", key=abs, ascending=False)
table(
    ["", "and", "together beyond the sum of both", "beyond luck (of all pairs)?"],
    [
        [named(row.first), named(row.second), f"{row.mean / 1e6:+.2f} M JPY ({row.low / 1e6:.2f} to"
         f" {row.high / 1e6:.2f})", "yes" if row.told else "no"]
        for row in pairs.itertuples()
    ],
    f"MRR at end, 95 % intervals, {len(split.numbers)} replications, seed {split.seed}.",
    words=2,
)  # fmt: skip

# %% [markdown]
# ## Play
#
# In JupyterLab: hire and let go, and look at where people wait. (Others see the first picture.)


# %%
@picture(9, 3.4)
def staffing(axes, inside_sales: int, field_sales: int, customer_success: int) -> None:
    """Draw how busy each team is, and what MRR becomes, with other numbers of people."""
    people = {"inside_sales": inside_sales, "field_sales": field_sales,
              "customer_success": customer_success}  # fmt: skip
    runs = quick("base", *(f"teams.{team}.people={each}" for team, each in people.items()))
    effect = interval(runs["mrr_end"] - quick("base")["mrr_end"])
    for place, team in enumerate(TEAMS[::-1]):
        used = interval(100.0 * runs[f"{team}.utilization"])
        axes.barh(place, used.mean, color="#0072b2" if used.mean < 90.0 else "#d55e00", height=0.6)
        queue = interval(runs[f"{team}.queue"])
        axes.annotate(f"{used.mean:.0f} %; {queue.mean:,.0f} wait", (used.mean, place), (5, -4),
                      textcoords="offset points")  # fmt: skip
    axes.set_yticks(range(len(TEAMS)), [named(team) for team in TEAMS[::-1]])
    axes.set_xlim(0.0, 125.0)
    axes.set_xlabel("share of the working day that is busy, % (orange: 90 or more); mean queue")
    axes.set_title(f"MRR at end against base: {change('mrr_end', effect)}", loc="left")


play(
    staffing,
    inside_sales=[6, 4, 5, 7, 8],
    field_sales=[10, 7, 8, 9, 11, 12],
    customer_success=[9, 6, 7, 8, 10, 11],
)

# %% [markdown]
# ## Exercises
#
# 1. Give customer success three more people. Which team is the constraint now? (A constraint that
#    is mended moves. `bottleneck(variant(…))`.)
# 2. `attribute("shared", "divisional", by="mechanisms", …)`: which mechanism carries the gap? Or
#    `by="handoffs"`.
# 3. Choose `metric="logo_churn"`: whose practice costs customers? Is it the same department?
# 4. `volume_marketing` fills the funnel with people who only wanted a brochure. Who is busiest
#    there, and where would you hire?
# 5. How many replications until the constraint of `base` can be told apart from the runner-up?
#
# In a terminal: `themodel bottleneck base`, `themodel attribute shared divisional`; how many
# people a target needs is notebook 05.
