"""A hiring plan as a workbook: people by month that can be changed and read again, and the rest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from simulator.experiment.quantities import main_metric
from simulator.experiment.statistics import Estimate
from simulator.metrics.definitions import METRICS
from simulator.metrics.units import unit_in
from simulator.organization.journal import DAYS_PER_MONTH
from simulator.planning.hiring_costs import (
    month_lengths,
    monthly_costs,
    monthly_price,
    starts_by_month,
)
from simulator.planning.hiring_result import Hiring
from simulator.planning.hiring_risks import rows_of
from simulator.planning.sizing_names import (
    figure_column,
    figure_name,
    target_text,
    team_label,
    team_words,
)
from simulator.presentation.sizing_workbook import kind_of
from simulator.presentation.workbooks import (
    Cell,
    Column,
    Formula,
    Kind,
    Sheet,
    Shown,
    book,
    reference,
    span,
)

PLAN = "Plan"
"""The sheet that :func:`~simulator.planning.plan_reading.plan_files.read_plan` reads again."""
_COSTS = "Costs"
_PRICES = 0  # row of the costs sheet in which a person's cost stands; months follow


def workbook(result: Hiring, version: str = "", command: str = "") -> bytes:
    """Write a hiring plan as a workbook; only the sheets that have content.

    Parameters
    ----------
    result : Hiring
    version : str
        Of the program.
    command : str
        What was typed, to repeat it.

    Returns
    -------
    bytes
        An XLSX file; the same for the same result.
    """
    sheets = [
        _plan(result), _costs(result), _starts(result), _hires(result), _capacity(result),
        _targets(result), _by_month(result), _figures(result), _stress(result), _relief(result),
    ]  # fmt: skip
    filled = [sheet for sheet in sheets if sheet.rows]
    definitions = _definitions(result, [sheet.name for sheet in filled])
    return book(
        [*filled, definitions, _about(result, version, command)], f"Hiring plan of {result.name}"
    )


# ------------------------------------------------------------------ the plan and its costs


def _plan(result: Hiring) -> Sheet:
    """Return the people by month: nothing but what a plan file may hold."""
    teams = list(result.headcounts)
    columns = (
        Column("Month", "count"), *(Column(team_label(team), "count", asked=True)
                                    for team in teams), Column("Total", "count"),
    )  # fmt: skip
    rows: list[Sequence[Cell]] = []
    for at in range(_months(result)):
        people = [result.headcounts[team][at] for team in teams]
        everybody = Formula(f"=SUM({reference(at, 1)}:{reference(at, len(teams))})", sum(people))
        rows.append([at + 1, *people, everybody])
    return Sheet(PLAN, columns, tuple(rows))


def _costs(result: Hiring) -> Sheet:
    """Return what each team costs in each month, as formulas over the plan and the prices."""
    teams = list(result.headcounts)
    currency = result.company.currency
    columns = (
        Column("What"),
        Column("Length of the month", "number"),
        *(Column(f"Cost of {team_words(team)}, {currency}", "money", asked=True) for team in teams),
        Column(f"Cost of all, {currency}", "money"),
    )
    rows: list[Sequence[Cell]] = [
        ["A person in a month", None, *(monthly_price(result, team) for team in teams), None]
    ]
    costs, last = monthly_costs(result), len(teams) + 1
    for at, length in enumerate(month_lengths(result)):
        row: list[Cell] = [f"Month {at + 1}", length]
        for place, team in enumerate(teams):
            here = f"{PLAN}!{reference(at, place + 1)}"
            price = reference(_PRICES, place + 2, fixed=True)
            text = f"={here}*{price}*{reference(len(rows), 1)}"
            row.append(Formula(text, costs[team][at]))
        everybody = sum(costs[team][at] for team in teams)
        row.append(
            Formula(f"=SUM({reference(len(rows), 2)}:{reference(len(rows), last)})", everybody)
        )
        rows.append(row)
    if len(rows) == 1:
        return Sheet(_COSTS, columns, ())
    sums: list[Cell] = ["The run", Formula(f"=SUM({span(1, len(rows) - 1, 1)})",
                                           sum(month_lengths(result)))]  # fmt: skip
    totals = [sum(costs[team]) for team in teams]
    for place, total in enumerate([*totals, sum(totals)]):
        sums.append(Formula(f"=SUM({span(1, len(rows) - 1, place + 2)})", total))
    rows.append(sums)
    notes = (
        f"Blue numbers may be changed here and on the sheet {PLAN}: costs follow. Probabilities on"
        " the other sheets belong to the plan that was measured; for another one, run themodel"
        f" hiring --plan on this file (--sheet {PLAN}).",
        "A person's cost: pay with its loading, and tools, a twelfth of the year; as if nobody"
        " quit. Who starts within a month counts from the next one on.",
    )
    return Sheet(_COSTS, columns, tuple(rows), 1, notes)


def _starts(result: Hiring) -> Sheet:
    """Return how many start in each month, as formulas: the difference from the month before."""
    teams = list(result.headcounts)
    columns = (
        Column("When"),
        *(Column(f"Starts in {team_words(team)}", "change") for team in teams),
        Column("Starts in all teams", "change"),
    )
    changes = starts_by_month(result)
    today: list[Cell] = [
        Shown(int(getattr(result.company.teams, team).people), "count") for team in teams
    ]
    rows: list[Sequence[Cell]] = [["People today", *today, None]]
    for at in range(_months(result)):
        row: list[Cell] = [f"Month {at + 1}"]
        for place, team in enumerate(teams):
            here = f"{PLAN}!{reference(at, place + 1)}"
            before = f"{PLAN}!{reference(at - 1, place + 1)}" if at else reference(0, place + 1)
            row.append(Formula(f"={here}-{before}", changes[team][at]))
        first, last = reference(len(rows), 1), reference(len(rows), len(teams))
        row.append(Formula(f"=SUM({first}:{last})", sum(changes[team][at] for team in teams)))
        rows.append(row)
    if len(rows) == 1:
        return Sheet("Starts", columns, ())
    sums: list[Cell] = ["The run"]
    totals = [sum(changes[team]) for team in teams]
    for place, total in enumerate([*totals, sum(totals)]):
        sums.append(Formula(f"=SUM({span(1, len(rows) - 1, place + 1)})", total))
    return Sheet("Starts", columns, (*rows, sums), 1)


def _hires(result: Hiring) -> Sheet:
    slips = "of meeting all targets if only this start is a month later"
    columns = (
        Column("Whom"), Column("How many", "change"), Column("Start in month", "count"),
        Column("Start on business day", "number"), Column("Place open by business day", "number"),
        Column("Full speed from business day", "number"), Column("Full speed before the end"),
        Column(f"Probability {slips}", "share"), Column("Change", "points"),
        Column("its 95 % low", "points"), Column("its 95 % high", "points"),
    )  # fmt: skip
    horizon = result.planned.horizon.months * DAYS_PER_MONTH
    rows = []
    for row in rows_of(result.hires):
        joins = row["people"] > 0
        ripe = ("yes" if row["ramped_by"] <= horizon else "no") if joins else ""
        rows.append([
            team_label(row["team"]), row["people"], row["month"], row["day"],
            row["open_by"] if joins else None, row["ramped_by"] if joins else None, ripe,
            row["slip"], row["slip_change"], row["slip_low"], row["slip_high"],
        ])  # fmt: skip
    notes = ("Business days count from the start of the run; negative: before it.",)
    return Sheet("Hires", columns, tuple(rows), notes=notes)


# ------------------------------------------------------------------ people and work


_QUANTITIES: tuple[tuple[str, str, Kind], ...] = (
    ("staffed", "Employed", "number"), ("ramped", "At full speed", "number"),
    ("busy", "Busy", "number"), ("load", "Load", "number"), ("queue", "Waiting", "number"),
    ("pay", "Paid", "money"), ("attainment", "Quota attained", "share"),
)  # fmt: skip


def _capacity(result: Hiring) -> Sheet:
    columns = [Column("In month", "count"), Column("Whom"), Column("Planned", "count")]
    for name, heading, kind in _QUANTITIES:
        unit = f", {result.company.currency}" if name == "pay" else ""
        columns += [
            Column(f"{heading}{unit}, mean", kind), Column("its 10 % quantile", kind),
            Column("its 90 % quantile", kind),
        ]  # fmt: skip
    columns.append(Column("Short, share of the runs", "share"))
    rows = []
    for row in rows_of(result.capacity):
        cells: list[Cell] = [row["month"], team_label(str(row["team"])), row["planned"]]
        for name, _, _ in _QUANTITIES:
            cells += [row[f"{name}_{end}"] for end in ("mean", "p10", "p90")]
        rows.append([*cells, row["share_short"]])
    return Sheet("Capacity", tuple(columns), tuple(rows), fixed=3)


# ------------------------------------------------------------------ what it promises


def _targets(result: Hiring) -> Sheet:
    columns = (
        Column("Target"), Column("As typed"), Column("Asked for", "share"),
        Column("Probability", "share"), Column("95 % low", "share"), Column("95 % high", "share"),
        Column("Fresh replications", "count"), Column("Without the plan", "share"),
    )  # fmt: skip
    rows: list[Sequence[Cell]] = []
    for target in result.targets:
        chance = result.by_target.get(target.text)
        name = target_text(target, result.company.currency)
        rows.append([_capital(name), target.text, None, *_chance(chance), None])
    rows.append(
        ["All of them", "", result.confidence, *_chance(result.chance), result.today_chance.mean]
    )
    return Sheet("Targets", columns, tuple(rows), 1)


def _chance(chance: Estimate | None) -> list[Cell]:
    return [None] * 4 if chance is None else [chance.mean, chance.low, chance.high, chance.n]


def _by_month(result: Hiring) -> Sheet:
    columns = (
        Column("Target"), Column("In month", "count"), Column("Probability", "share"),
        Column("95 % low", "share"), Column("95 % high", "share"), Column("Mean", "number"),
        Column("Unit"),
    )  # fmt: skip
    rows = []
    for row in rows_of(result.by_month):
        metric = str(row["target"]).partition("@")[0]
        rows.append([
            row["target"], row["month"], row["probability"], row["low"], row["high"],
            Shown(row["mean"], kind_of(metric)), _unit(result, metric),
        ])  # fmt: skip
    return Sheet("Targets by month", columns, tuple(rows), fixed=2)


def _figures(result: Hiring) -> Sheet:
    asked = f"{100.0 * result.confidence:g} %"
    columns = (
        Column("Figure"), Column("Metric"), Column("In month", "count"), Column("Unit"),
        Column("Mean", "number"), Column("95 % low", "number"), Column("95 % high", "number"),
        Column(f"Reached in {asked} of the runs", "number"), Column("Without the plan", "number"),
        Column("Difference", "number"), Column("Difference, 95 % low", "number"),
        Column("Difference, 95 % high", "number"),
    )  # fmt: skip
    rows = []
    for row in rows_of(result.figures):
        metric, month = str(row["metric"]), int(row["month"])
        values = ("mean", "low", "high", "reached", "today")
        gaps = ("difference", "difference_low", "difference_high")
        rows.append([
            _capital(figure_name((metric, month))), metric, month or None, _unit(result, metric),
            *(Shown(row[name], kind_of(metric)) for name in values),
            *(Shown(row[name], _kind_of_change(metric)) for name in gaps),
        ])  # fmt: skip
    return Sheet("Figures", columns, tuple(rows))


def _stress(result: Hiring) -> Sheet:
    metric = result.main[0]
    name = f"{_capital(figure_name(result.main))}, {_unit(result, metric)}"
    kind, change = kind_of(metric), _kind_of_change(metric)
    columns = (
        Column("What if"), Column("In words"), Column("Probability", "share"),
        Column("95 % low", "share"), Column("95 % high", "share"), Column("Change", "points"),
        Column("its 95 % low", "points"), Column("its 95 % high", "points"),
        Column(f"{name}, mean", kind), Column("Difference", change),
        Column("its 95 % low", change), Column("its 95 % high", change),
    )  # fmt: skip
    keys = ("probability", "low", "high", "change", "change_low", "change_high", "mean",
            "difference", "difference_low", "difference_high")  # fmt: skip
    rows = [
        [_capital(str(row["stress"])), _capital(str(row["words"])), *(row[key] for key in keys)]
        for row in rows_of(result.stress)
    ]
    return Sheet("Stress", columns, tuple(rows))


def _relief(result: Hiring) -> Sheet:
    columns = (
        Column("One more in"), Column("From month", "count"),
        Column(f"Cost over the run, {result.company.currency}", "money"),
        Column("Probability", "share"), Column("Change", "points"),
        Column("its 95 % low", "points"), Column("its 95 % high", "points"),
    )  # fmt: skip
    keys = ("month", "cost", "probability", "gain", "gain_low", "gain_high")
    rows = [
        [team_label(str(row["team"])), *(row[key] for key in keys)]
        for row in rows_of(result.relief)
    ]
    return Sheet("Relief", columns, tuple(rows))


# ------------------------------------------------------------------ what words mean, and whence


def _definitions(result: Hiring, sheets: Sequence[str]) -> Sheet:
    columns = (
        Column("Name"), Column("Where"), Column("Meaning"), Column("Unit"), Column("Better"),
        Column("Formula"), Column("What counts"), Column("Japanese"), Column("Source"),
    )  # fmt: skip
    rows: list[Sequence[Cell]] = [
        [name, where, meaning, unit, "", "", "", "", ""]
        for name, where, meaning, unit in _terms(result)
        if where in sheets or where == "everywhere"
    ]
    for metric in _metrics(result):
        each = METRICS[metric]
        rows.append([
            each.label, metric, each.numerator, _unit(result, metric), each.better,
            each.formula, each.rule, each.label_ja, each.source,
        ])  # fmt: skip
    return Sheet("Definitions", columns, tuple(rows))


def _metrics(result: Hiring) -> list[str]:
    named = [target.metric for target in result.targets]
    named += [str(row["metric"]) for row in rows_of(result.figures)]
    return list(dict.fromkeys([*named, main_metric(result.company), "cost", "quota_attainment"]))


def _terms(result: Hiring) -> Iterator[tuple[str, str, str, str]]:
    currency = result.company.currency
    yield "Month", "everywhere", (
        f"Months count from 1, the start of the run, and have {DAYS_PER_MONTH:g} business days"
    ), "months"  # fmt: skip
    yield "People", PLAN, "Planned on the first day of the month, if nobody quits", "people"
    yield "Cost", _COSTS, (
        "People x a person's cost in a month x length of the month; a run costs less where places"
        " are empty until they are filled again"
    ), currency  # fmt: skip
    yield "Starts", "Starts", (
        "People of the month less those of the month before, of month 1 less those of today"
    ), "people"  # fmt: skip
    yield "Place open by", "Hires", (
        "Start less the time that filling a place takes in the team (time_to_fill_days)"
    ), "business days"  # fmt: skip
    yield "Full speed from", "Hires", (
        "Start and the time that learning takes in the team (ramp_days)"
    ), "business days"  # fmt: skip
    yield from _capacity_terms(currency)
    yield "Probability", "everywhere", "Share of the runs in which all targets are met", "share"
    yield "95 % low, 95 % high", "everywhere", (
        "Interval that holds the true value in 95 of 100 such studies: Jeffreys' for shares,"
        " Student's t for means and for paired changes; each stands alone"
    ), "as its value"  # fmt: skip
    yield "Fresh replications", "Targets", (
        "Runs with luck that the search has not seen: who picks the best of many has been lucky"
    ), "runs"  # fmt: skip
    yield "Without the plan", "everywhere", "The scenario as it is, with the same luck", ""
    yield "Reached", "Figures", (
        f"What {100.0 * result.confidence:g} % of the runs reach or better"
    ), "as its value"  # fmt: skip
    yield "Change, difference", "everywhere", (
        "Against the plan, paired: the same replication has the same luck in both"
    ), "points, or as its value"  # fmt: skip
    yield "What if", "Stress", "The same plan in worse circumstances than it was made for", ""
    yield "One more in", "Relief", (
        "One more person in one team, as soon as somebody can start"
    ), ""  # fmt: skip


def _capacity_terms(currency: str) -> Iterator[tuple[str, str, str, str]]:
    for name, meaning, unit in (
        ("Employed", "People employed, mean over the month", "people"),
        ("At full speed", "The same, each with the share of full speed reached", "people"),
        ("Busy", "Working time of the team over the length of the month", "people"),
        ("Load", "People at full speed that the month's work would have needed, with what was"
         " left undone", "people"),
        ("Waiting", "Pieces of work that wait, mean over the month", "pieces"),
        ("Paid", "Cost of the people who were there", currency),
        ("Quota attained", "Bookings of the month over the quota of all employed in field sales",
         "share"),
        ("Short", "Share of the runs in which load exceeds the people at full speed", "share"),
        ("10 % and 90 % quantile", "Of the runs: eight of ten lie between them", "as its value"),
    ):  # fmt: skip
        yield name, "Capacity", meaning, unit


def _about(result: Hiring, version: str, command: str) -> Sheet:
    company = result.company
    facts: list[tuple[str, Cell]] = [
        ("Scenario", result.name),
        ("Question", "the fewest hires and their latest starts" if result.made
         else "whether a given plan keeps the promise"),
        ("Outcome", result.status),
        ("Targets", "; ".join(target.text for target in result.targets)),
        ("Main figure", figure_column(result.main)),
        ("Probability asked for", Shown(result.confidence, "share")),
        ("Cost over the run", Shown(result.cost, "money")),
        ("Cost without the plan", Shown(result.cost_today, "money")),
        ("Currency", company.currency),
        ("Months of a run", Shown(company.horizon.months, "number")),
        ("Plans tried", Shown(result.evaluations, "count")),
        ("Runs of the search", Shown(result.runs, "count")),
        ("Fresh replications", Shown(result.fresh, "count")),
        ("Seed", str(result.seed)),
        ("Interrupted", "yes" if result.interrupted else "no"),
        ("Version", version),
        ("Command", command),
    ]  # fmt: skip
    rows: list[Sequence[Cell]] = [[name, value] for name, value in facts if value != ""]
    rows += [["What it says" if k == 0 else "", line] for k, line in enumerate(result.verdict())]
    rows += [["Note", note] for note in result.notes]
    return Sheet("About", (Column("What"), Column("Value")), tuple(rows))


# ------------------------------------------------------------------ how things are shown


def _months(result: Hiring) -> int:
    return len(month_lengths(result))


def _kind_of_change(metric: str) -> Kind:
    changes: Mapping[Kind, Kind] = {"share": "points", "money": "change"}
    kind = kind_of(metric)
    return changes.get(kind, kind)


def _unit(result: Hiring, metric: str) -> str:
    return unit_in(METRICS[metric].unit, result.company.currency)


def _capital(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"
