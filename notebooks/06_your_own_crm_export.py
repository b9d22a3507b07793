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
# # 06 Your own CRM export
#
# Your company's CRM knows when inquiries came, who became a customer, and when. From such files
# `themodel calibrate` makes a scenario of *your* company, in which every fitted number carries its
# interval. But does it find the truth? With your files nobody can say, for nobody knows the truth.
#
# So we practice on a company whose truth is known: the simulator runs it and exports what its
# people *would have entered* into a CRM, and no more. Then we forget the truth, calibrate, and look
# how close we came. At the end: what to do with your own files.
#
# [日本語](06_your_own_crm_export.ja.ipynb)

# %%
# %matplotlib inline
import csv
import tempfile
from datetime import date
from pathlib import Path

from IPython.display import display

from simulator import measure, plots, replicate, run
from simulator.languages.languages import speak
from simulator.languages.messages import say
from telling import levels, picture, table, tell, variant

speak("en")
SEED = 7
SIZE = (9, 5)

# %% [markdown]
# ## A company whose truth we know
#
# Half of the default company, two years. Its people know nothing of `fit_mean` or
# `win_intercept`: what they write down is who called, who met whom, who signed.

# %%
HALF = (
    "market.channels.website.leads_per_day=4", "market.channels.referral.leads_per_day=1",
    "market.channels.webinar.leads_per_day=3", "market.channels.advertising.leads_per_day=5",
    "teams.marketing.people=2", "teams.inside_sales.people=4", "teams.field_sales.people=5",
    "teams.customer_success.people=4", "start.customers=260", "start.opportunities=45",
    "start.parked=300",
)  # fmt: skip
truth = variant("truth", "base", *HALF)
journal = run(truth.scenario, SEED, 0, truth.name)

# %% [markdown]
# ## 1. Export
#
# In a terminal: `themodel export-crm base -o exported`. (`--style hubspot` gives the headings of
# another CRM, `--lang ja` what stands under them in Japanese; `--missing 10% --duplicated 2%` makes
# the holes that real files have.)

# %%
from simulator.calibration.exporting.crm_export import Choices, export
from simulator.calibration.importing.reading import read_sheets

STARTS = date(2024, 4, 1)
folder = tempfile.TemporaryDirectory()
exported = Path(folder.name) / "exported"
rows = export(
    journal, exported, Choices(STARTS, language="en", logs=()), ["export-crm", "base"], ""
)
table(["file", "rows"], [[f"`{name}`", f"{count:,}"] for name, count in rows.items()])


def first_rows(name: str, count: int = 3, columns: int = 7) -> None:
    """Show the beginning of a file."""
    with (exported / name).open(encoding="utf-8-sig", newline="") as opened:
        lines = list(csv.reader(opened))[: count + 1]
    table(lines[0][:columns], [line[:columns] for line in lines[1:]],
          f"`{name}`: the first {columns} of {len(lines[0])} columns.", words=columns)  # fmt: skip


first_rows("leads.csv")
first_rows("opportunities.csv")

# %% [markdown]
# ## 2. What do the columns mean?
#
# Every CRM has other headings. `guess` looks at headings *and* cells, and says why. What can be
# read in two ways is **asked for, never guessed**.

# %%
from dataclasses import replace

from simulator.calibration.importing.guessing import guess
from simulator.calibration.importing.mapping import open_questions

sheets = [sheet for path in sorted(exported.glob("*.csv")) for sheet in read_sheets(path)]
mapping = guess(sheets)
table(
    ["file", "is a table of", "columns that are used", "not used"],
    [
        [f"`{each.file}`", each.kind,
         ", ".join(f"{heading} = *{role}*" for role, heading in each.columns.items()),
         len(each.unused)]
        for each in mapping.files
    ],
    words=3,
)  # fmt: skip
questions = open_questions(mapping)
for question in questions:
    tell(f"**Asked:** {question}")

# %% [markdown]
# An amount of 1,200,000 could be what is paid a month, a year or in all: a mistake here is a factor
# of twelve. This CRM holds annual amounts. (In a terminal: `--amounts annual`, or a line in the
# mapping file that `calibrate` writes beside the scenario.)

# %%
from simulator.calibration.importing.imported import import_files

mapping = replace(mapping, amounts="annual")
assert not open_questions(mapping)
found = import_files(sheets, mapping)
table(
    ["file", "rows", "used", "left out", "with a value that could not be used"],
    [
        [f"`{each.file}`", f"{each.rows:,}", f"{each.used:,}", sum(each.left_out.values()),
         sum(each.noted.values())]
        for each in found.counts
    ],
    f"{found.share_unusable:.1%} of the worst file could not be used; beyond 20 % it stops.",
)  # fmt: skip

# %% [markdown]
# ## 3. Calibrate
#
# Some numbers can be counted: inquiries a day, prices, losses with a reason. Others cannot be seen
# in any file, such as how well the buyers of a channel fit. These are found by **running the
# simulator** until its runs show the same conversions and durations as the files (indirect
# inference; `docs/calibration.md` says how).

# %%
from simulator.calibration.fitting import calibrate

fitted = calibrate(found.records, seed=1)
estimates = {}
for each in fitted.ahead.stated:
    if each.estimate is not None:
        estimates[each.path] = each.estimate
    for parameter, estimate in each.within:
        estimates[f"{each.path}.{parameter}"] = estimate
tell(
    f"{len(estimates)} numbers were fitted in {fitted.matched.runs} runs; seed {fitted.seed}.",
    f"{len(fitted.not_identifiable)} things cannot be told by these files, and stay as in the",
    "default company.",
)

# %% [markdown]
# ## 4. Did we find the truth?
#
# Now we look it up.

# %%
from simulator.scenario.changing import value_of

true = {path: float(value_of(truth.scenario, path)) for path in estimates}
holds = {path: e.low <= true[path] <= e.high for path, e in estimates.items()}
table(
    ["number", "truth", "fitted", "95 % interval", "holds the truth?"],
    [
        [f"`{path}`", f"{true[path]:,.4g}", f"{e.value:,.4g}", f"{e.low:,.4g} to {e.high:,.4g}",
         "yes" if holds[path] else "**no**"]
        for path, e in estimates.items()
    ],
    f"One history (seed {SEED}), one calibration (seed 1).",
)  # fmt: skip


# %%
@picture(9, 6)
def draw_intervals(axes) -> None:
    """Draw every interval, measured from the truth, in its own half widths."""
    names = list(reversed(estimates))
    axes.axvspan(-1, 1, color="#e8eef4")
    axes.axvline(0, color="#555555", linewidth=1)
    for place, path in enumerate(names):
        e = estimates[path]
        half = (e.high - e.low) / 2.0
        left, middle, right = ((value - true[path]) / half for value in (e.low, e.value, e.high))
        color = "#0072b2" if holds[path] else "#d55e00"
        axes.plot([left, right], [place, place], color=color, linewidth=2)
        axes.plot(middle, place, "o", color=color)
    axes.set_yticks(range(len(names)), names, fontsize=8)
    axes.set_xlabel("fitted less truth, in half widths of its interval (line at 0: the truth)")
    axes.set_title(f"{sum(holds.values())} of {len(holds)} intervals hold the truth", loc="left")
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)


display(draw_intervals())

# %%
missed = [path for path, each in holds.items() if not each]
tell(
    f"**{sum(holds.values())} of {len(holds)}** intervals of 95 % hold the truth"
    + (f"; not those of {', '.join(f'`{path}`' for path in missed)}." if missed else ".")
)
assumed = fitted.scenario.market.channels["referral"].reach
really = truth.scenario.market.channels["referral"].reach
tell(
    "Two reasons for a miss must be kept apart. **Luck:** one in twenty, by promise. **What no file"
    " can tell:** referrals are easier to reach in truth"
    f" ({really:g}) than calibration assumes of a channel of which it knows nothing ({assumed:g})."
    " Files show the product only, how many sign, and so referrals seem to *fit* better than they"
    f" do: {estimates['market.channels.referral.fit_mean'].value:.2f} against"
    f" {true['market.channels.referral.fit_mean']:.2f}. An interval covers luck, never a wrong"
    " assumption."
)
channels = truth.scenario.market.channels


def mean_fit(numbers: dict[str, float]) -> float:
    """Return the mean fit of all channels, weighed by inquiries."""
    paths = [f"market.channels.{name}" for name in channels]
    rates = [numbers[f"{path}.leads_per_day"] for path in paths]
    fits = [numbers[f"{path}.fit_mean"] for path in paths]
    return sum(r * f for r, f in zip(rates, fits, strict=True)) / sum(rates)


told = {path: e.value for path, e in estimates.items()}
tell(
    "One channel that seems too good makes another one seem too bad: calibration holds the mean",
    f"fit of all at the average buyer's ({mean_fit(told):+.2f}; in truth {mean_fit(true):+.2f}),",
    "because a level common to all cannot be told from the readiness to sign.",
)
tell("What these files cannot tell, by calibration's own word:")
tell("\n".join(f"- {say(each)}" for each in fitted.not_identifiable))

# %% [markdown]
# Whether intervals hold the truth *as often as they promise* takes many such companies, not one:
# `docs/round_trip.py` repeats this a hundred times, and `docs/calibration.md` shows the counts.
#
# ## 5. Run the company that was found
#
# The scenario that `calibrate` writes looks 24 months ahead from the end of the files. Here it is
# beside what the true company does from the beginning: not the same two years, so compare rates and
# not levels.

# %%
found_again = replicate(fitted.ahead.scenario, "calibrated", replications=12, seed=SEED)
real = replicate(truth, replications=12, seed=SEED)
levels(
    {"truth": real, "calibrated": found_again},
    ["inquiries", "sql_count", "wins", "win_rate", "lead_time", "logo_churn", "mrr_start",
     "mrr_end"],
)  # fmt: skip
rate = {name: each.totals["win_rate"] for name, each in
        (("truth", real), ("calibrated", found_again))}  # fmt: skip
apart = rate["calibrated"].low > rate["truth"].high or rate["calibrated"].high < rate["truth"].low
tell(
    f"Win rate: {rate['truth'].mean:.1%} in truth, {rate['calibrated'].mean:.1%} in the calibrated",
    "company;",
    "their intervals are apart." if apart else "their intervals overlap.",
    "These intervals cover the luck of runs. That the fitted numbers are uncertain, too, is added",
    "by `themodel run my_company.yaml --input-uncertainty`.",
)

# %%
plots.courses(found_again, metric="mrr", size=SIZE)

# %% [markdown]
# ## 6. Not knowing, as futures
#
# Now the time of the files is told once more, by the calibrated company from its beginning. Each
# red line is the mean of a company whose inquiries, fits, readiness and thinking times were **drawn
# within their uncertainty** (prices and churn stay as fitted): all of them are companies that the
# files could have come from. Their spread is what more data would take away.
# Each blue line is one run of the fitted numbers: that is luck, and no data takes it away. The
# dashed line is what the true company had in its one history.

# %%
from simulator.experiment.replications import replicate_totals

DRAWS, EACH = 12, 4
ends = []
for draw in range(DRAWS):
    drawn = fitted.drawn(SEED, draw)
    totals = replicate_totals(drawn, "drawn", seed=SEED, replications=EACH)
    ends.append(totals.totals["mrr_end"].mean / 1e6)
stated = replicate_totals(fitted.scenario, "stated", seed=SEED, replications=EACH * DRAWS)
history = measure(journal).totals["mrr_end"] / 1e6
lucky = sorted(each["mrr_end"] / 1e6 for each in stated.runs.values())


@picture(9, 2.8)
def draw_ends(axes) -> None:
    """Draw single runs of the fitted numbers, and means of drawn ones."""
    axes.plot(lucky, [0] * len(lucky), "|", color="#0072b2", markersize=22)
    axes.plot(sorted(ends), [1] * DRAWS, "|", color="#d55e00", markersize=22, markeredgewidth=2)
    labels = ["luck: runs of the fitted numbers", "not knowing: means of drawn numbers"]
    axes.set_yticks([0, 1], labels)
    axes.set_ylim(1.6, -0.6)
    axes.axvline(history, color="#222222", linestyle="--", linewidth=1)
    axes.set_xlabel("MRR at the end of the files, M JPY (dashed: the history that was exported)")
    axes.set_title(
        "Numbers drawn within their uncertainty:"
        f" means from {min(ends):.0f} to {max(ends):.0f} M JPY",
        loc="left",
    )
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)


display(draw_ends())
tell(
    f"Means of {DRAWS} drawn companies ({EACH} runs each, the same luck): {min(ends):.1f} to",
    f"{max(ends):.1f} M JPY. Single runs of the fitted numbers ({len(lucky)}):",
    f"{lucky[0]:.1f} to {lucky[-1]:.1f} M JPY. The exported history ended with {history:.1f}; it",
    "lies within the runs." if lucky[0] <= history <= lucky[-1] else "lies outside all runs.",
    f"Seed {SEED}.",
)
folder.cleanup()

# %% [markdown]
# ## Now with your own export
#
# **What to ask IT for.** Leads and opportunities are enough; the rest adds to it.

# %%
table(
    ["file", "columns", "what it adds"],
    [
        ["**leads**",
         "id, date of creation, source; owner, status, date and id of conversion",
         "inquiries by day and channel, conversion, people"],
        ["**opportunities**", "id, creation, close, stage; lead, owner, amount, loss reason",
         "win rate, time to win, prices, losses, what is open now"],
        ["stage history", "opportunity, date, stage", "deals that were reopened"],
        ["activities", "lead or opportunity, date, kind",
         "calls a lead, meetings before a decision"],
        ["contracts", "customer, start, end, amount", "churn by age of the contract"],
        ["users", "id, team", "who is who"],
    ],
    words=3,
)  # fmt: skip

# %% [markdown]
# - **All rows since a date**, also lost and open ones, also those of people who have left. A report
#   of "current deals" or of "won deals" makes every rate wrong.
# - **At least 30 wins**; a year or two is better. Less is said, not hidden.
# - Dates with year, month and day. What an amount is (a month? a year? the whole contract?).
# - CSV or XLSX as exported. Do not clean by hand: what cannot be used is left out *and listed*
#   (`my_company_unusable.csv`).
#
# **Privacy.** No name, e-mail address or phone number is needed: ids are enough, so leave those
# columns out when you export. Everything runs on your computer and nothing is sent anywhere. In
# what calibrate writes there is no name and no address of a person; only its list of unusable cells
# quotes cells, so look at it before you pass it on. Numbers of people are by team, and not meant to
# judge anybody: ask your privacy officer before you load files that hold names.
#
# ```sh
# themodel calibrate leads.csv opportunities.csv -o my_company.yaml --report fit.html
# themodel run my_company.yaml --input-uncertainty
# themodel backtest leads.csv opportunities.csv --train-until 2025-09-30
# ```
#
# Then read `fit.html` with somebody from each department: where it surprises them, either the files
# or the beliefs are wrong, and both are worth knowing.
#
# ## Exercises
#
# 1. Guess first: which of the fitted numbers gets a narrower interval from twice as many inquiries?
#    Double `leads_per_day` in `HALF` and run again.
# 2. What happens if the export forgets lost deals? (`Choices(STARTS, logs=(),
#    holes=Holes(unclosed=0.7))` leaves most of them open; `Holes` is in
#    `simulator.calibration.exporting.crm_holes`.)
# 3. Say `amounts="monthly"` above. Which numbers become wrong, and would you have noticed?
