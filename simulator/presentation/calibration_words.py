"""Every word of the report on a calibration, in one place, by a key.

What the fit itself says (findings, methods) comes from there, in the language that was spoken.
"""

from __future__ import annotations

from collections.abc import Mapping

from simulator.languages import messages

ENGLISH: Mapping[str, str] = {
    # The page
    "language": "en¦language of the page",
    "page.title": "Calibration: {title}",
    "page.lead": "What {title}'s own files tell: recent regime since {since}, files until {until}.",
    "page.contents": "Contents",
    "page.scroll": "{caption} (wider than the screen: scroll sideways)",
    "page.strip": "picture of the interval",
    "page.warning": "Warning:",
    "page.end": "Made by themodel {version} from files alone. No name and no address is in here.",
    "share": "{number} %",
    "months": "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec",
    "month_names": "January February March April May June July August September October November"
    " December",
    "weekdays": "Monday Tuesday Wednesday Thursday Friday Saturday Sunday",
    "day": "{day} {month} {year}",
    "month": "{month} {year}",
    "range": "{low} to {high}",
    "joint": ", ¦between parts",
    "joint.far": "; ¦between parts",
    "sentence": "{words}.",
    "none": "–",
    "yes": "yes",
    "no": "no",
    "fits.yes": "yes¦fits",
    "fits.no": "no¦fits",
    "of.leads": "inquiries",
    "of.opportunities": "opportunities",
    "outside": "outside the interval",
    "days.note": "Business days are those of the model: 240 a year, 20 a month; a weekday of the"
    " calendar counts as 0.92 of one, so that years last as long on both sides.",
    # Columns
    "column.number": "figure",
    "column.value": "estimate",
    "column.interval": "95 % interval",
    "column.unit": "unit",
    "column.cases": "cases",
    "column.method": "method",
    "column.path": "number of the scenario",
    "column.source": "source",
    "column.trust": "trust",
    "column.channel": "channel",
    "column.files": "files",
    "column.runs": "runs",
    "column.miss": "apart",
    "column.weight": "weight",
    "column.weekday": "weekday",
    "column.month": "month",
    "column.on_file": "on file¦rows",
    "column.person": "person",
    "column.opened": "began",
    "column.reached.inside_sales": "went on",
    "column.reached.field_sales": "won",
    "column.share": "share",
    "column.last": "last at work",
    "column.reason": "reason",
    "column.tenure": "tenure",
    "column.law": "law",
    "column.aic": "AIC, above lowest",
    "column.parameters": "parameters",
    "column.median": "median",
    "column.distance": "farthest off",
    "column.p": "p",
    "column.fits": "fits",
    "column.came": "came",
    "column.won_so_far": "won so far",
    "column.told_to": "seen to the age of",
    "column.conversion": "conversion by then",
    "column.file": "file",
    "column.kind": "read as",
    "column.rows": "rows",
    "column.used": "used¦rows",
    "column.left_out": "left out",
    "column.fault": "of them faulty",
    "column.row": "row",
    "column.heading": "column",
    "column.content": "content",
    "column.treatment": "done",
    "column.count": "count",
    "column.default": "value",
    # Tiles
    "tile.arrivals": "{what} a business day",
    "tile.conversion": "of {what} sign within {months} months",
    "tile.days": "business days until half of the wins are in",
    "tile.runs": "of {all} figures of the files are met by runs of the result",
    "tile.numbers": "of {all} numbers of the scenario told by the files",
    "tile.rows": "of all rows of the files used",
    "tile.range": "95 %: {interval}",
    "tile.rows.note": "{used} of {rows}",
    "tile.numbers.note": "the rest is filled in, each with its trust",
    "tile.runs.note": "inside the files' 95 % intervals",
    # Verdict
    "verdict.heading": "Verdict",
    "verdict.arrivals": "{n} {what} came since {since}, the recent regime, of {all} on file: {rate}"
    " a business day ({interval}), about {month} a month.",
    "verdict.conversion": "{value} of {what} ({interval}) have signed by the age of {age}"
    " business days, as far as these files can tell.",
    "verdict.no_conversion": "How many {what} sign, these files do not tell.",
    "verdict.days": "Half of those that sign do so within {value} business days ({interval}).",
    "verdict.runs": "Runs of the calibrated scenario show {inside} of {all} figures inside the"
    " files' own 95 % intervals; the farthest off is {worst}, by {miss} standard errors.",
    "verdict.misfit": "{met} The model's way of selling is not that of these files: do not trust"
    " what hangs on it.",
    "verdict.no_runs": "Too few wins are on file to hold runs against them: fit, readiness and"
    " thinking time stay the default company's.",
    "verdict.surest": "Surest: {sure}. Least sure: {unsure}.",
    "verdict.pair": "{name} (±{width})",
    "verdict.law": "No standard law fits the time from {names}: the observed curve is kept.",
    "verdict.untold": "Not told by these files, and filled from the default company: {items}.",
    "verdict.rows": "{count} rows ({share}) could not be used: see what was dropped.",
    # Numbers
    "numbers.heading": "Numbers in the scenario",
    "numbers.lead": "Every number that the files told, as it stands in the scenario file, with its"
    " interval, the cases behind it and how it was found.",
    "numbers.caption": "Numbers that the files told with an interval",
    "numbers.more": "Taken from the files without an interval",
    "numbers.note": "“Indirect inference” (found by runs): the number was moved until runs of the"
    " scenario showed what the files show; its interval holds how much single histories differ.",
    # Arrivals
    "arrivals.heading": "How {what} come",
    "arrivals.figure": "{what_first} a week. Blue: the recent regime, which everything here is"
    " fitted to; grey: before. Line across: mean of each regime. Pale bars: weeks that are not on"
    " file from Monday to Friday.",
    "arrivals.no_change": "No change of regime is seen: all of it is used.",
    "arrivals.caption": "Rates in the recent regime",
    "arrivals.all": "all channels",
    "arrivals.now": "at the end, by the trend",
    "arrivals.trend": "trend a month",
    "arrivals.dispersion": "variance over mean of daily counts (1: chance alone)",
    "arrivals.weekly": "variance over mean of weekly counts",
    "arrivals.noise": "How evenly they come: {law}",
    "weekday.caption": "Pattern of weekdays (1: an average day)",
    "weekday.note": "Weekends take no time on the model's clock: what comes then belongs to"
    " Monday. Holidays are not known, so no day is taken out.",
    "month.caption": "Pattern of months (1: an average month)",
    "chart.arrivals.label": "Bars: {what} in each of {weeks} weeks, at most {most}; {changes}"
    " changes of regime are marked. The numbers are in the table below.",
    # Conversion
    "conversion.heading": "Conversion",
    "conversion.none": "No win is on file: conversion is not told.",
    "conversion.lead": "Dot and line: the files and their 95 % interval, at the age of {age}"
    " business days, open cases counted as open. Diamond: runs of the calibrated scenario, read by"
    " the same rule. Pale line: how far single histories of this size differ.",
    "conversion.lead.files": "Dot and line: the files and their 95 % interval, at the age of {age}"
    " business days, open cases counted as open. No runs were held against them.",
    "conversion.whole": "The way as a whole",
    "conversion.caption": "{name}, by channel",
    "conversion.days": "{name}: how long it takes those that get there by then",
    "conversion.apart": "“Apart”: files less runs, in standard errors of a single history.",
    "stage.lead_to_win": "inquiry to contract",
    "stage.lead_to_opportunity": "inquiry to opportunity",
    "stage.opportunity_to_win": "opportunity to contract",
    "stage.late_win_share": "wins later than 60 business days",
    "days.days_to_win": "inquiry to contract",
    "days.days_to_opportunity": "inquiry to opportunity",
    "days.days_in_sales": "opportunity to contract",
    "days.days_to_loss": "opportunity to loss",
    "days.quantile": "{percent} % within",
    "figure.quantile": "{name}, {quantile}",
    "figure.of_channel": "{name} of {channel}",
    "sure.days": "business days to half of the wins",
    "sure.deals": "median of contracts",
    "sure.churn": "chance of leaving at one year",
    "sure.people": "wins per person in field sales",
    # Durations
    "durations.heading": "Fits over data",
    "durations.lead": "Steps: the share that has ended by each age, as the files show it with"
    " open cases counted as open, in its 95 % band. Coloured lines: laws fitted by maximum"
    " likelihood. Ages are on a root scale, to give the first days room.",
    "durations.none": "Fewer than {fewest} wins are on file: no law of durations is fitted.",
    "durations.facts": "{n} cases, {ended} ended, {open} open or ended otherwise when last seen"
    "{negative}.",
    "durations.negative": "; {count} end before they begin and are left out¦cases",
    "durations.law": "{law}:",
    "durations.named": "{name} {value}",
    "durations.chosen": "Chosen: {law}.",
    "durations.not_lowest": "Chosen: {law}. Of a lower AIC is {lowest}, which does not fit or puts"
    " most of its durations beyond what could be seen.",
    "durations.unfit": "No standard law fits these durations: the nearest, {law}, misses them by"
    " up to {distance} (p {p}). Whatever is read off a fitted line here is wrong by that much; the"
    " observed curve is kept.",
    "durations.parameters": "By this law: {parameters}.",
    "durations.all": "Parameters of every law",
    "durations.no_law": "Too few, or too alike, for a law.",
    "durations.caption": "Laws tried for {name}",
    "durations.key.files": "files, with 95 % band",
    "durations.key.chosen": "{law} (chosen)",
    "durations.beyond": "beyond {age}",
    "durations.note": "AIC: lower is better; about 10 is a lot. Farthest off: greatest distance"
    " between law and files, as a part of all that ended. p: chance of such differences if the law"
    " were true (below 0.01: it does not fit). With cure: a share of the cases never ends.",
    "durations.whole_days": "The files have days without hours: laws are drawn and tested with"
    " half a day to either side.",
    "chart.durations.axis": "age in business days (root scale)",
    "chart.durations.label": "Curve of {name}: of {n} cases {share} have ended by the age of {age}"
    " business days; fitted laws are drawn over it and listed in the table below.",
    # Cohorts
    "cohorts.heading": "Funnel by cohort",
    "cohorts.figure": "Above: {what} that came in each month (grey) and those of them won so far"
    " (blue). Below: conversion by the age to which the month could be seen, with its 95 %"
    " interval; orange: what all recent cases show at that age. Young months are low because they"
    " are young: compare dots with orange lines, not with each other.",
    "cohorts.caption": "Months in which {what} came",
    "cohorts.incomplete": "–: not told, for wins were not recorded from the beginning.",
    "cohorts.usual": "all at that age",
    "cohorts.none": "Nothing that came is dated: there are no cohorts.",
    "cohorts.older": "The picture shows the last {months} months; the table has all.",
    "chart.cohorts.label": "Cohorts of {months} months: cases, wins so far, and conversion with"
    " intervals. The numbers are in the table below.",
    # People
    "people.heading": "People",
    "people.lead": "People are numbers in the order in which the files name them: IS for inside"
    " sales, FS for field sales. What a person brought about also hangs on what cases they were"
    " given; differences within chance say nothing about anybody.",
    "people.inside_sales": "inside sales",
    "people.field_sales": "field sales",
    "people.none": "No owner is on file of {team}: how many people work there, and how they differ,"
    " is not told.",
    "people.caption": "What the files tell of people",
    "people.each": "{team}: cases since {since}, by person",
    "people.more": "{count} more people with fewer cases are not listed.",
    "people.active": "{team}: at work at the end, of {recorded} on file (range: other thresholds)",
    "people.opened": "{team}: cases begun, per person and month",
    "people.reached": "{team}: cases that succeeded, per person and month",
    "people.spread": "{team}: spread between people (log standard deviation)",
    "people.workload": "{team}: open cases per person at the end",
    "people.effort.inside_sales": "inside sales: calls per person and day",
    "people.effort.field_sales": "field sales: meetings per person and day",
    "people.attempts": "calls per inquiry",
    "people.answered": "calls that reached the buyer",
    "people.meetings": "meetings before a decision, median",
    # Deals, losses, returns, churn
    "deals.heading": "Deal size",
    "deals.median": "median of contracts",
    "deals.p90": "one in ten contracts is above",
    "deals.caption": "What a contract brings",
    "deals.lognormal": "Amounts may come from the lognormal law that the model draws from.",
    "deals.not_lognormal": "Amounts are not lognormal, which is what the model draws from:"
    " simulated ones have the same median and the same top tenth, but not the same prices in"
    " between.",
    "deals.none": "No amount is on file: what a contract brings is not told.",
    "losses.heading": "Losses by reason",
    "losses.caption": "Reasons among losses that have one",
    "losses.lead": "{count} opportunities were lost in the recent regime, {share} of them with a"
    " reason ({interval}). Sellers' reasons are often wrong: this is what was written down.",
    "losses.no_reason": "{count} opportunities were lost in the recent regime, none with a reason.",
    "losses.none": "No lost opportunity is on file: losses and their reasons are not told.",
    "returns.heading": "Signs of recycling",
    "returns.caption": "Buyers that came back",
    "returns.reopened": "opportunities opened again",
    "returns.returned": "lost opportunities followed by another of the same lead",
    "returns.gap": "from the loss to the next one, median",
    "returns.wave": "{seen} wins came more than {late} business days after the case began; the"
    " first wave ({law}) lets expect {expected} (p {p}).",
    "returns.wave.sure": "That is a second wave, as recycled buyers make it.",
    "returns.wave.chance": "Chance can do that: no second wave is seen.",
    "returns.none": "Nothing on file shows a buyer coming back; that does not mean that none did.",
    "churn.heading": "Churn by tenure",
    "churn.caption": "Chance of leaving, a month",
    "churn.band": "months {first} to {last}",
    "churn.open_band": "from month {first}",
    "churn.one_year": "at one year, by the fitted power of tenure",
    "churn.shape": "Tenure shape {value} ({interval}): below 1, the chance falls with tenure.",
    "churn.customers": "{customers} customers at the end{tenure}.",
    "churn.tenure": ", with the supplier for {days} business days on average",
    "churn.term": "Most leave at multiples of {months} months: a term of contracts.",
    "churn.none": "No contract of a customer is on file: churn is not told.",
    # Dropped
    "dropped.heading": "What was dropped",
    "dropped.lead": "Every row of every file is accounted for; {share} of the rows of the worst"
    " file could not be used. Every row is listed in the file of unusable rows beside the"
    " scenario.",
    "dropped.caption": "Rows by file",
    "dropped.reasons": "Reasons, by file",
    "dropped.examples": "First examples (rows as a spreadsheet counts them)",
    "dropped.none": "Every row of every file was used as it stands.",
    "dropped.row": "row left out",
    "dropped.harmless": "row left out, no fault",
    "dropped.value": "value left out, row used",
    # Untold
    "untold.heading": "What these files cannot tell",
    "untold.lead": "None of this was fitted. The scenario needs it all the same: it is filled in,"
    " from the default company where nothing else is said, and carries the trust of its source.",
    "untold.counts": "Of {all} numbers of the scenario the files told {told}; {filled} are filled"
    " in: {letters}.",
    "untold.filled": "Filled with {count} numbers (trust {letters})",
    "untold.nothing": "Nothing in the scenario stands for it.",
    "untold.caption": "Filled in for: {item}",
    "untold.rest": "Everything else that is the default company's: {count} numbers"
    " (trust {letters})",
    "untold.rest.caption": "Other numbers of the default company",
    "untold.letters": "Trust: A peer-reviewed or official; B primary data with a stated sample; C"
    " second-hand; D unsourced; M common knowledge of the trade, an assumption; calc computed from"
    " cited figures.",
    # Findings
    "findings.heading": "What to know",
    "findings.misfit": "Runs do not show it",
    "findings.no_law_fits": "No law fits",
    "findings.left_truncation": "Recording began late",
    "findings.regime_change": "Change of regime",
    "findings.negative_duration": "Ends before beginnings",
    "findings.trend": "Trend",
    "findings.over_dispersed": "Uneven arrivals",
    "findings.recycling": "Buyers that come back",
    "findings.few_cases": "Few cases",
    "findings.one_owner": "Owners that are no person",
    "findings.dropped": "Left out",
    "findings.assumption": "Assumed",
    "findings.not_identifiable": "Not told by the files",
    "findings.none": "Nothing that is not said above.",
    # Again
    "again.heading": "The same again",
    "again.lead": "This command, on the same files, gives the same numbers and this page again.",
    "again.command": "command",
    "again.seed": "seed",
    "again.version": "themodel",
    "again.runs": "runs behind the match",
    "again.runs.value": "{runs} in {steps} steps",
}
"""The words, with the places of what is put into them."""


def say(key: str, /, **values: object) -> str:
    """Return words in the reader's language, with values in their places.

    Parameters
    ----------
    key : str
    **values
        As text; nothing in them is looked at again.

    Raises
    ------
    KeyError
        If there are no such words, or a place is not filled.
    """
    return messages.say(ENGLISH[key], **values)


def said(text: str) -> str:
    """Return a text of the fit, which is English in data, in the reader's language."""
    return messages.say(text)
