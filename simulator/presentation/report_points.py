"""What a section of a report comes to: a few sentences from its numbers, no stronger than they."""

from __future__ import annotations

from simulator.experiment.comparison import Comparison
from simulator.experiment.departures import COMPANY
from simulator.experiment.quantities import Scale
from simulator.experiment.wording import paragraph
from simulator.languages.messages import listed, say
from simulator.metrics import METRICS
from simulator.metrics.definitions import TEAMS
from simulator.metrics.team_labels import team_label
from simulator.presentation.views.degradation import departing, onsets
from simulator.presentation.views.shapes import Blame, Onset, Reading

# ------------------------------------------------------------------ where it degrades


def where_it_degrades(comparison: Comparison, scenario: str) -> str:
    """Say since when each department is worse, which are not, and when any departs at all.

    Parameters
    ----------
    comparison : Comparison
    scenario : str
        Not the reference.
    """
    table = comparison.monthly[comparison.monthly["scenario"] == scenario]
    if not table["p"].notna().any():
        return say("When it departs cannot be told from one replication.¦report")
    found = departing(comparison, scenario)
    if not len(found):
        return say("No department can be told to depart in any month.¦report")
    worse = {each.team: each for each in onsets(comparison, scenario)}
    names = {"name": scenario, "reference": comparison.reference}
    said = []
    first = [_since(each) for each in worse.values()]
    if first:
        said.append(say(
            "{name} is worse than {reference} beyond luck first: {list}.",
            **names, list=listed(first),
        ))  # fmt: skip
    none = [_department(team) for team in (*TEAMS, COMPANY) if team not in worse]
    if none:
        said.append(say("In no single month told to be worse: {list}.", list=listed(none)))
    said.append(say(
        "Differing at all, for better or worse, first: {list}.",
        list=listed([
            say("{team} in month {month}", team=_department(str(team)), month=f"{int(month)}")
            for team, month in found.groupby("department", sort=False)["period"].min().items()
        ]),
    ))  # fmt: skip
    return paragraph(said)


def _since(each: Onset) -> str:
    if each.metric.startswith(f"{each.team}."):
        # The label of a metric of one team begins with the team.
        return say("{team} in month {month}", team=each.label, month=f"{each.month}")
    return say(
        "{team} in month {month} ({metric})", team=_department(each.team), month=f"{each.month}",
        metric=each.label,
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


_SERVICE = ("onboarding_days", "onboarding_late_share", "claims_late_share")


def service_and_churn(blame: Blame) -> str:
    """Say what customers leave for where service and churn go opposite ways; "" elsewhere.

    Runs count who leaves, and keep no reason; so no shares can be said.

    Parameters
    ----------
    blame : Blame
    """
    service = [each for each in blame.lived if each.metric in _SERVICE]
    churn = {each.verdict for each in blame.lived if each.metric == "logo_churn"}
    ways = {each.verdict for each in service} & {"better", "worse"}
    if (ways, churn) not in (({"worse"}, {"better"}), ({"better"}, {"worse"})):
        return ""
    figures = listed([each.label for each in service if each.verdict in ways])
    return say(
        "Service is better ({figures}), and yet more customers leave. Service is one part of"
        " leaving: in this model a customer leaves sooner for a bad fit, a gap between what was"
        " promised and delivered, a late onboarding, neglect or lost trust. Runs count who leaves,"
        " not why; themodel trace tells what weighed most for one buyer."
        if churn == {"worse"} else
        "Service is worse ({figures}), and yet fewer customers leave. Service is one part of"
        " leaving: in this model a customer leaves sooner for a bad fit, a gap between what was"
        " promised and delivered, a late onboarding, neglect or lost trust. Runs count who leaves,"
        " not why; themodel trace tells what weighed most for one buyer.",
        figures=figures,
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
