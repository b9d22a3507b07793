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
# # 02 Why everyone does their job and the company loses
#
# **For a class of any size: 60 to 90 minutes.** Predict → run → reveal → debrief → exercises. The
# teacher's page is at the end.
#
# [日本語](02_why_everyone_does_their_job.ja.ipynb)
#
# ## The story
#
# A company divides selling among four departments and gives each a number of its own, as the book
# says. Everybody is good at the job. After a year this is what is heard in the corridors:
#
# | who | says |
# |:--|:--|
# | Marketing | "We bring the leads, but sales does not close them." |
# | Inside sales | "The leads are poor. Nobody agrees to a meeting." |
# | Field sales | "The meetings are hopeless. We cannot win these." |
# | Customer success | "Field sales promises anything, and then the complaints come to us." |
#
# And the customer? Has told inside sales everything, must tell it to field sales again, was told
# "yes, we can do that", and hears from customer success that we cannot.
#
# Is somebody doing a bad job? Is it the people, the market, the measures? A real company cannot
# try it out. We can: **the same people, the same buyers, the same luck, other measures.**

# %%
# %matplotlib inline

from simulator import METRICS, load_scenario, plots, run
from simulator.languages.languages import speak
from simulator.languages.messages import say
from simulator.presentation.figures import words

from playing import play
from telling import (
    change,
    differences,
    folded,
    interval,
    is_told,
    picture,
    quick,
    table,
    tell,
    together,
)

speak("en")
SIZE = (9, 5)
TEAMS = ("marketing", "inside_sales", "field_sales", "customer_success")
shared, divisional = load_scenario("shared"), load_scenario("divisional")

# %% [markdown]
# ## The two companies
#
# Both have the same people and get the same inquiries from the same buyers for two years.
#
# - **shared**: all four departments are measured on one number, MRR at the end.
# - **divisional**: each is measured on its own: marketing on **MQLs** passed on, inside sales on
#   **SQLs** (meetings booked), field sales on **bookings**, customer success on **churn and claims
#   answered in time**.
#
# Nobody told the departments what to do. What each does was *found*: it is what serves its measure
# best, given what the others do (`themodel incentives divisional` repeats the search).
#
# ## 1 Predict
#
# Before you go on: against *shared*, what will each number in *divisional* be at the end: `"up"`,
# `"down"` or `"same"`? Write your guesses into the cell. Talk to your neighbor. Then vote.

# %%
guesses = {
    "mql_count": "up",  # MQLs: what marketing is measured on
    "sql_count": "up",  # SQLs: what inside sales is measured on
    "bookings": "up",  # what field sales is measured on
    "logo_churn": "down",  # customers leaving: what customer success is measured on
    "mrr_end": "up",  # what the company lives on
}

# %% [markdown]
# ## 2 Run
#
# Each company lives 20 times, two years each, with the same luck pair by pair.

# %%
comparison, (of_shared, of_divisional) = together(shared, divisional, replications=20)
differences(comparison, list(guesses))

# %%
found = comparison.metrics.set_index("metric").loc[list(guesses)]
came = {
    metric: ("up" if row["difference"] > 0 else "down") if row["differs"] else "cannot be told"
    for metric, row in found.iterrows()
}
table(
    ["", "your guess", "what came"],
    [
        [METRICS[metric].label, guess, came[metric] + (" ✓" if came[metric] == guess else "")]
        for metric, guess in guesses.items()
    ],
    "*cannot be told*: the 95 % interval of the difference includes zero (20 pairs, seed 1).",
    words=3,
)

# %% [markdown]
# ## 3 Reveal
#
# ### How much it costs

# %%
tell(comparison.verdict)
plots.courses(of_shared, of_divisional, size=SIZE)

# %%
plots.difference(comparison, "mrr_end", size=(9, 3.8))

# %% [markdown]
# ### What each department sees on its own dashboard
#
# Walk from desk to desk. Every number is held against what it is in *shared*. Then read the lower
# row: what the customer lived through, and what the company got.

# %%
plots.dashboards(comparison, [shared, divisional], size=(11, 6.4))

# %%
OWN = {
    "marketing": ["mql_count"],
    "inside_sales": ["sql_count"],
    "field_sales": ["bookings"],
    "customer_success": ["logo_churn", "claims_late_share"],
}
every = comparison.metrics.set_index("metric")
worse = [
    metric
    for numbers in OWN.values()
    for metric in numbers
    if every.loc[metric, "differs"]
    and (every.loc[metric, "difference"] > 0) != (METRICS[metric].better == "higher")
]
tell(
    f"Of the {sum(map(len, OWN.values()))} numbers that departments are measured on,",
    f"**{len(worse)}** got worse beyond luck:",
    f"{', '.join(METRICS[each].label for each in worse) or 'none'}.",
    "Read the dashboards once more and ask: who of the four has a reason to raise an alarm? And",
    "whom would the others point at?",
)

# %% [markdown]
# ### What the customer lived through
#
# Not everything is worse. Look closely at what is better, and whether it helped.

# %%
lived = ["field_sales.wait_mean", "field_sales.abandonment", "re_explanations"]
lived += ["onboarding_late_share", "claims_per_customer", "claims_late_share", "logo_churn"]
differences(comparison, lived)

# %% [markdown]
# One buyer, the same in both companies: it signs in both; in *divisional* it leaves, in *shared*
# it is still a customer after two years. The story from its signature on:

# %%
from simulator.organization.journal import Kind
from simulator.presentation import story

journals = {each.name: run(each.scenario, seed=1, replication=0) for each in (shared, divisional)}


def buyers(name: str, kind: Kind) -> set[int]:
    journal = journals[name]
    return set(journal.buyer[journal.kind == kind].tolist())


signed = buyers("shared", Kind.WON) & buyers("divisional", Kind.WON)
left = sorted((signed & buyers("divisional", Kind.CHURNED)) - buyers("shared", Kind.CHURNED))
tell(
    f"In run 0, {len(signed)} buyers sign in both companies; {len(left)} of them leave",
    f"*divisional* but not *shared*. The first by number is buyer {left[0]}.",
)
MOST = 20  # lines of a story
for name, journal in journals.items():
    lines = story.tell(journal, left[0])
    signs = journal.time[(journal.kind == Kind.WON) & (journal.buyer == left[0])][0]
    told = lines[next(at for at, line in enumerate(lines) if line.day >= signs) :]
    shown, since = [*told[: MOST - 1], *told[MOST - 1 :][-1:]], len(told)
    table(
        ["day", "who", f"{name}: what happened"],
        [[f"{line.day:.1f}", say(line.who), line.text] for line in shown],
        f"Buyer {left[0]}, run 0, seed 1: from the signature on {len(shown)} of {since} lines, the"
        " last among them.",
        words=3,
    )

# %% [markdown]
# ### Where it begins
#
# Each row is a number of one department, each column a month. Dots: beyond luck.

# %%
plots.heat(comparison, size=(9, 5))

# %%
plots.flow(of_divisional, size=(9, 5.6))

# %% [markdown]
# ## 4 Debrief
#
# ### What each department did
#
# Here is everything in which the two companies differ. No more, no less.

# %%
changes = comparison.changes
decided = changes[changes["key"].str.startswith("decisions.")]
MEANING = {
    "mql_cutoff": "score that an inquiry needs to become an MQL",
    "booking_cutoff": "chance of winning that a meeting must have",
    "discovery_depth": "how deeply a first talk goes",
    "recording": "share of what was learned that is written down",
    "walk_away_cutoff": "chance below which an opportunity is given up",
    "promise": "how much more is promised than will be delivered",
    "proactive_share": "share of time kept free of claims, for reviews and expansion",
    "recycle_share": "share of time for buyers who come back",
    "record_loss_reason": "share of losses whose true reason is written down",
}


def decision(key: str, value: object) -> str:
    """Write what was decided: chances and shares in %, a score as it is."""
    number = float(str(value))
    if key.endswith(".mql_cutoff"):
        return f"{number:.1f}"
    return say("{number} %", number=f"{100.0 * number:g}")


table(
    ["department", "decision", "shared", "divisional"],
    [
        [
            words(row.department),
            MEANING.get(row.key.rpartition(".")[2], row.key),
            decision(row.key, row.reference),
            decision(row.key, row.value),
        ]
        for row in decided.itertuples()
    ],
    f"Besides these, {len(changes) - len(decided)} inputs differ: "
    + ", ".join(sorted(set(changes["key"]) - set(decided["key"]))),
    words=2,
)

# %% [markdown]
# ### Nobody lied, and nobody can stop alone
#
# Suppose *one* department has read this far and wants to do better. It goes back to what it does
# in *shared*, alone, while the others stay as they are. What happens to **its own number**, and
# what to the company?


# %%
def going_back(*departments: str) -> tuple[str, ...]:
    """Return settings that give departments the decisions that they take in shared."""
    rows = decided[decided["department"].isin(departments)]
    return tuple(f"{row.key}={float(row.reference)}" for row in rows.itertuples())


stay = quick("divisional")


def gain(metric: str, settings: tuple[str, ...]):
    return interval(quick("divisional", *settings)[metric] - stay[metric])


NOTICED = 0.02  # a change of a number by less than 2 % annoys nobody


def against_its_own(team: str, settings: tuple[str, ...]) -> list[str]:
    """Return which of a department's own numbers get worse, beyond luck and visibly."""
    bad = []
    for metric in OWN[team]:
        effect = gain(metric, settings)
        seen = is_told(effect) and abs(effect.mean) > NOTICED * abs(stay[metric].mean())
        if seen and (effect.mean > 0) != (METRICS[metric].better == "higher"):
            bad.append(METRICS[metric].label)
    return bad


rows, punished = [], []
for team in TEAMS:
    back = going_back(team)
    own = "; ".join(f"{METRICS[m].label} {change(m, gain(m, back))}" for m in OWN[team])
    hurt = against_its_own(team, back)
    punished += [team] if hurt else []
    mrr = change("mrr_end", gain("mrr_end", back))
    rows.append([words(team), own, "worse" if hurt else "cannot be told", mrr])
all_back = going_back(*TEAMS)
rows.append(["all four together", "", "", change("mrr_end", gain("mrr_end", all_back))])
table(
    ["goes back alone", "its own numbers", "for its measure", "MRR at end"],
    rows,
    "Differences from divisional with 95 % intervals; 20 pairs, seed 1. Measures stay as they are.",
    words=3,
)
tell(
    f"Whoever goes back alone sees its own number get worse in **{len(punished)} of {len(TEAMS)}**",
    "departments. All four going back together would change MRR at end by",
    f"**{change('mrr_end', gain('mrr_end', all_back))}**, and nobody's measure asks for it.",
)
price = interval(quick("shared")["mrr_end"] - quick("divisional", *all_back)["mrr_end"])
tell(
    "These are the decisions of *shared*, without a shared measure. *shared* itself ends at",
    f"{change('mrr_end', price)} against that.",
    "Sharing has its price, too." if price.high < 0.0 else "No price of sharing can be told.",
    "Where everybody owns a result, effort falls; people sit in meetings; outcomes arrive late.",
    "The simulator charges for all three.",
)
ordinary = quick("base")["mrr_end"] - quick("shared")["mrr_end"]
ahead, own_share = interval(ordinary), 1.0 - load_scenario("base").scenario.kpi.marketing
tell(
    "So *shared* beats *divisional*. But is it the best company? In *base*, the ordinary one,",
    f"{own_share:.0%} of each measure is the department's own number. At the end it differs from",
    f"*shared* by **{change('mrr_end', ahead)}** of MRR; it is ahead in {(ordinary > 0).sum()} of",
    f"{len(ordinary)} pairs.",
    "Sharing everything does not beat it."
    if ahead.low > 0.0
    else "Sharing everything beats it, too."
    if ahead.high < 0.0
    else "Which of the two is better cannot be told.",
)

# %% [markdown]
# ### Words for what you saw
#
# - **Goodhart's law.** "When a measure becomes a target, it ceases to be a good measure." An MQL
#   was a sign of an interested buyer. Once MQLs are what marketing is paid for, they are a sign
#   that the cutoff was lowered.
# - **Local and global optimum**. Everyone answers the question that was asked. Nobody was asked the
#   company's question. Economists call it an externality: the cost of my number lands in your
#   queue.
# - **The handoff**. Writing down what a buyer said takes *my* minutes and saves *yours*. Where only
#   mine are counted it is not done, and the customer explains itself again.
# - **No villain.** The decisions in the table are what careful people do under such a measure. To
#   look for the guilty is to leave the cause where it is.
#
# ## 5 Exercises: mend it
#
# You are the management of *divisional*. `propose` tries a proposal, 20 times with the same luck,
# and puts it on the leaderboard. It is ranked by **what you can promise**: the lower end of the
# interval of the gain in MRR, not the mean.
#
# The last column is the hard one: *whose own number does your proposal spoil*, beyond luck and by
# more than 2 %? These people will be against you for as long as their measure stays what it is.

# %%
board: dict[str, list[object]] = {}


def propose(name: str, *settings: str) -> None:
    """Try a proposal against divisional and put it on the leaderboard."""
    mrr, money = gain("mrr_end", settings), gain("profit", settings)
    against = [words(team) for team in TEAMS if against_its_own(team, settings)]
    board[name] = [mrr.low, mrr, money, against]


def leaderboard(top: int = 20) -> None:
    """Show the proposals, the safest gain first."""
    ranked = sorted(board.items(), key=lambda each: -each[1][0])[:top]
    table(
        ["", "proposal", "MRR at end", "contribution", "beyond luck?", "who would say no"],
        [
            [place, name, change("mrr_end", mrr), change("profit", money),
             "yes" if is_told(mrr) else "no", ", ".join(against) or "nobody"]
            for place, (name, (_, mrr, money, against)) in enumerate(ranked, start=1)
        ],
        "Against divisional, 95 % intervals, 20 pairs, seed 1. With many proposals some look good"
        " by luck: check the winner with another seed.",
        words=2,
    )  # fmt: skip


propose("example: one more person in field sales", "teams.field_sales.people=9")
leaderboard()

# %% [markdown]
# **Exercise 1: an agreed definition.** Marketing and inside sales agree on what deserves a
# meeting. Keys: `decisions.marketing.mql_cutoff` (-1.5 to 1.5),
# `decisions.inside_sales.booking_cutoff` (0 to 0.4).
#
# **Exercise 2: honest promises.** Key: `decisions.field_sales.promise` (0 to 1). What happens to
# field sales' bookings, and what to churn? Who has to pay for the difference until it is earned?
#
# **Exercise 3: the baton.** Keys: `decisions.inside_sales.recording`,
# `decisions.field_sales.recording`, `decisions.field_sales.record_loss_reason` (0 to 1),
# `handoffs.medium` (`spoken`, `written`, `one_system`). Is it worth the minutes?
#
# **Exercise 4: time for customers.** Key: `decisions.customer_success.proactive_share` (0 to 0.8).
#
# **Exercise 5: buy your way out.** `teams.revops.people=2`, or more people anywhere
# (`teams.….people`). Compare MRR with contribution.
#
# **Exercise 6: the proposal that nobody would say no to**, and that is first on the leaderboard
# among those: the safest gain in MRR. (Is it the one that you would choose by contribution?)
#
# <details><summary>Hint for exercise 1</summary>
#
# Look at the table of those who go back alone: which two departments flood a third? Try one
# cutoff, then both.
#
# </details>
#
# <details><summary>Hint for exercise 6</summary>
#
# As long as a department is paid for a count, whatever lowers the count is against it. So look for
# what leaves all counts alone: what lies *between* the departments? Or change what is counted:
# that is exercise 7.
#
# </details>

# %%
# Your proposals:
propose("ours", "decisions.inside_sales.booking_cutoff=0.05")
leaderboard()

# %% [markdown]
# *Solutions, one of many for each exercise (click to open):*

# %%
WRITTEN = tuple(f"decisions.{team}.recording=0.85" for team in ("inside_sales", "field_sales"))
solutions = {
    "1 agreed cutoffs": (
        "decisions.marketing.mql_cutoff=0.0",
        "decisions.inside_sales.booking_cutoff=0.1",
    ),
    "2 honest promises": ("decisions.field_sales.promise=0.3",),
    "3 one system, written down": ("handoffs.medium=one_system", *WRITTEN),
    "3 every loss reason written down": ("decisions.field_sales.record_loss_reason=1.0",),
    "4 time for customers": ("decisions.customer_success.proactive_share=0.4",),
    "5 two people in RevOps": ("teams.revops.people=2",),
    "6 one system, written down, and RevOps": (
        "handoffs.medium=one_system",
        *WRITTEN,
        "teams.revops.people=2",
    ),
    "1 + 2 + 4": (
        "decisions.marketing.mql_cutoff=0.0",
        "decisions.inside_sales.booking_cutoff=0.1",
        "decisions.field_sales.promise=0.3",
        "decisions.customer_success.proactive_share=0.4",
    ),
}
solved = []
for name, settings in solutions.items():
    mrr, against = gain("mrr_end", settings), [t for t in TEAMS if against_its_own(t, settings)]
    no = ", ".join(words(each) for each in against) or "nobody"
    solved.append([name, change("mrr_end", mrr), change("profit", gain("profit", settings)), no])
moved = {m: change(m, gain(m, solutions["1 agreed cutoffs"])) for m in ("wins", *OWN[TEAMS[3]])}
folded(
    "Solutions of exercises 1 to 6",
    ["proposal", "MRR at end", "contribution", "who would say no"],
    solved,
    "Against divisional, 95 % intervals, 20 pairs, seed 1. Why customer success is against the"
    f" cutoffs of 1: {'; '.join(f'{METRICS[m].label} {moved[m]}' for m in moved)}. Who wins more"
    " customers with the same promises hands over more claims and more disappointment, and the"
    " people who answer for both have not become more. Compare 3 and 6: what is best by MRR need"
    " not be best by contribution.",
)

# %% [markdown]
# **Exercise 7: change the measure instead.** An order is obeyed while somebody looks. A measure
# works all day. What if only *one* department kept its own number, and all others shared? These
# four companies are shipped, and what everybody does in them was found by the same search. Which
# department would you convince first? Guess, then open.

# %%
one_apart = {f"{team}_divisional": words(team) for team in TEAMS}
everybody = quick("shared")["mrr_end"]
rows = []
for scenario, who in {"shared": "nobody", **one_apart}.items():
    mrr = quick(scenario)["mrr_end"]
    more = change("mrr_end", interval(mrr - everybody)) if scenario != "shared" else ""
    rows.append([who, change("mrr_end", interval(mrr - stay["mrr_end"])), more])
folded(
    "What each company has more than divisional, and than one that shares everything",
    ["keeps its own number", "MRR at end, against divisional", "against shared"],
    rows,
    "95 % intervals, 20 pairs, seed 1. Is sharing everything best? Who may well keep its own?",
)

# %% [markdown]
# Do not write `kpi.marketing=1.0` into `propose` and expect marketing to change: the weight alone
# changes no decision. People need time to find out what pays. The search does that for them. In a
# terminal (a few minutes):
#
# ```sh
# themodel incentives divisional --weight marketing=1 --no-doses
# themodel incentives divisional --remedies
# ```
#
# ## Play
#
# In JupyterLab: two sliders, one picture. (Somebody who only reads sees the first one.)


# %%
@picture(9, 3.6)
def effects(axes, promise: float, booking_cutoff: float) -> None:
    """Draw what two decisions change against divisional."""
    settings = (
        f"decisions.field_sales.promise={promise}",
        f"decisions.inside_sales.booking_cutoff={booking_cutoff}",
    )
    runs = quick("divisional", *settings)
    metrics = list(guesses)[::-1]
    for place, metric in enumerate(metrics):
        # In proportion to the level in divisional, so that all fit on one axis.
        share = interval(100.0 * (runs[metric] - stay[metric]) / stay[metric].mean())
        good = (share.mean > 0) == (METRICS[metric].better == "higher")
        color = "#5f6b7a" if not is_told(share) else "#0072b2" if good else "#d55e00"
        axes.plot([share.low, share.high], [place, place], color=color, linewidth=3)
        axes.plot(share.mean, place, "o", color=color)
        axes.annotate(f"{share.mean:+.0f} %", (share.mean, place), (0, 7),
                      textcoords="offset points", ha="center", color=color)  # fmt: skip
    axes.axvline(0.0, color="#333333", linewidth=1)
    axes.set_yticks(range(len(metrics)), [METRICS[metric].label for metric in metrics])
    axes.set_ylim(-0.5, len(metrics) - 0.3)
    axes.set_xlabel("change against divisional, % (blue: better, orange: worse, grey: may be luck)")
    axes.set_title(f"promise {promise:g}, booking cutoff {booking_cutoff:g}", loc="left")


play(effects, promise=[0.3, 0.0, 0.6, 1.0], booking_cutoff=[0.1, 0.0, 0.05, 0.2, 0.3])

# %% [markdown]
# ---
#
# ## Teacher's page
#
# **Goal.** Students can explain, by numbers that they produced, how four good departments make a
# worse company, and why an appeal to cooperate does not mend it.
#
# **Before class.** `pip install '.[notebooks]'`, then `jupyter lab`; run all cells once, so that
# the engine is compiled. Clear all outputs before students see it (Edit → Clear Outputs of All
# Cells), or the ending is known. No programming is needed until the exercises.
#
# | minutes | what | how |
# |:--|:--|:--|
# | 10 | story | four volunteers read the four complaints aloud; ask: "whose fault is it?" |
# | 10 | predict | alone, then in pairs; show of hands for each number, note the votes |
# | 5 | run | while it runs: what does "same luck" mean? |
# | 15 | reveal | one group to a dashboard: "report to the board in one sentence"; heat map last |
# | 15 | debrief | who goes back alone? let each department decide by vote, then show the table |
# | 25 | exercises | teams of three, leaderboard on the screen; winners checked with another seed |
# | 10 | close | what would you measure in your own company, club, or class? |
#
# **Typical answers.** Most guess that churn falls, since a department is measured on it, and that
# MRR rises, since everything that is measured rises. Few say "cannot be told". Many name a guilty
# department; usually the one farthest from their own work.
#
# **Pitfalls.**
#
# - "Shared is paradise." It is not: look at claims answered late. Sharing has its price (less
#   effort, meetings, late results); the model holds it against the gain.
# - "The simulator was told that divisional is bad." It was not: with all mechanisms switched off
#   both companies perform the same; a test holds that. The decisions were found by search.
# - "The mean is the answer." Ask for the interval each time; rank by its lower end.
# - `kpi.…` in a proposal changes no decision (see above).
# - It is one company with assumed numbers. Signs are safer than sizes (`docs/incentives.md`,
#   notebook 07).
#
# **Discussion.**
#
# 1. Which department could have noticed first? With which number that it does not have today?
# 2. A bonus for MQLs *that become opportunities*: whom does it bind, and how could it be gamed?
# 3. Everybody on one shared number: who works less hard, and how would you notice?
# 4. Which handoff would you mend first if you had one hour a week?
# 5. Where have you met this outside sales: hospital, school, public office?
#
# **To mark** (if you must): one page; a proposal, its effect with interval, who would say no, and
# what the student would measure to find out that it fails.
