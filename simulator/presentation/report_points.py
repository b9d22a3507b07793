"""What a section of a report comes to: a few sentences from its numbers, no stronger than they."""

from __future__ import annotations

import pandas as pd

from simulator.experiment.comparison import Comparison
from simulator.experiment.departures import COMPANY
from simulator.experiment.differences import SIGNIFICANT
from simulator.experiment.quantities import Scale, better
from simulator.experiment.statistics import holm
from simulator.experiment.wording import paragraph
from simulator.languages.messages import listed, say
from simulator.metrics import METRICS
from simulator.metrics.definitions import TEAMS
from simulator.metrics.team_labels import team_label
from simulator.presentation.views.shapes import Blame, Reading

# ------------------------------------------------------------------ where it degrades


def where_it_degrades(comparison: Comparison, scenario: str) -> str:
    """Say since when each department is worse, which are not, and when any departs at all.

    Holm's method holds the chance of a false month at 5 % over all months of all series of a
    department.

    Parameters
    ----------
    comparison : Comparison
    scenario : str
        Not the reference.
    """
    table = comparison.monthly[comparison.monthly["scenario"] == scenario]
    if not table["p"].notna().any():
        return say("When it departs cannot be told from one replication.¦report")
    departing = {team: _departing(table, team) for team in (*TEAMS, COMPANY)}
    if not any(len(rows) for rows in departing.values()):
        return say("No department can be told to depart in any month.¦report")
    worse = {team: rows[rows["worse"]] for team, rows in departing.items()}
    names = {"name": scenario, "reference": comparison.reference}
    said = []
    first = [_since(team, rows) for team, rows in worse.items() if len(rows)]
    if first:
        said.append(say(
            "{name} is worse than {reference} beyond luck first: {list}.",
            **names, list=listed(first),
        ))  # fmt: skip
    none = [_department(team) for team, rows in worse.items() if not len(rows)]
    if none:
        said.append(say("In no month told to be worse: {list}.", list=listed(none)))
    said.append(say(
        "Differing at all, for better or worse, first: {list}.",
        list=listed([
            say("{team} in month {month}", team=_department(team),
                month=f"{int(rows['period'].min())}")
            for team, rows in departing.items() if len(rows)
        ]),
    ))  # fmt: skip
    return paragraph(said)


def _departing(table: pd.DataFrame, team: str) -> pd.DataFrame:
    """Return the months in which series of a department depart, and whether for the worse."""
    rows = table[table["department"] == team]
    found = rows[holm(rows["p"]) <= SIGNIFICANT]
    signs = found["metric"].map(better).astype(float)
    return found.assign(worse=signs * found["difference"].astype(float) < 0.0)


def _since(team: str, rows: pd.DataFrame) -> str:
    row = rows.sort_values("period", kind="stable").iloc[0]
    metric = str(row["metric"])
    if metric.startswith(f"{team}."):
        # The label of a metric of one team begins with the team.
        return say("{team} in month {month}", team=METRICS[metric].label,
                   month=f"{int(row['period'])}")  # fmt: skip
    return say(
        "{team} in month {month} ({metric})", team=_department(team),
        month=f"{int(row['period'])}", metric=METRICS[metric].label,
    )  # fmt: skip


def _department(team: str) -> str:
    return say("the company¦department") if team == COMPANY else team_label(team)


# ------------------------------------------------------------------ who looks good


def who_looks_good(blame: Blame, currency: str) -> str:
    """Say how many departments show nothing worse on their measures, and what the company got.

    Parameters
    ----------
    blame : Blame
    currency : str
    """
    main = blame.company[0] if blame.company else None
    measured = [reading for board in blame.dashboards for reading in board.readings]
    if not any(reading.tested for reading in (*measured, *blame.company)):
        return say("One run: which of these figures are better or worse cannot be told from luck.")
    if main is None:
        return say("{departments}.¦point", departments=_departments(blame))
    return say(
        "{departments}, and {company}.", departments=_departments(blame),
        company=_company(main, currency),
    )  # fmt: skip


def _departments(blame: Blame) -> str:
    every = len(blame.dashboards)
    worse = sum(
        any(reading.counts and reading.verdict == "worse" for reading in board.readings)
        for board in blame.dashboards
    )
    if worse == 0:
        return say(
            "None of the {every} departments shows anything worse on what it is measured on",
            every=every,
        )
    if worse == every:
        return say(
            "All {every} departments show something worse on what they are measured on",
            every=every,
        )  # fmt: skip
    return say(
        "{fine} of {every} departments shows nothing worse on what it is measured on"
        if every - worse == 1
        else "{fine} of {every} departments show nothing worse on what they are measured on",
        fine=every - worse, every=every,
    )  # fmt: skip


def _company(main: Reading, currency: str) -> str:
    label = METRICS[main.metric].label
    if main.verdict == "alike":
        return say("{metric} is exactly the same", metric=label)
    if main.verdict == "open":
        return say("whether {metric} differs cannot be told from luck", metric=label)
    scale = Scale.of(main.metric, currency, (main.difference, main.low, main.high))
    near, far = sorted((abs(main.low), abs(main.high)))
    return say(
        "{metric} is {amount} lower (95 % interval {low} to {high})"
        if main.difference < 0.0
        else "{metric} is {amount} higher (95 % interval {low} to {high})",
        metric=label, amount=scale.amount(abs(main.difference)),
        low=scale.number(near), high=scale.number(far),
    )  # fmt: skip
