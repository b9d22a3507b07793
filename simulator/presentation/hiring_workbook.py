"""A hiring plan as a workbook: people by month that can be changed and read again, and the rest."""

from __future__ import annotations

from collections.abc import Sequence

from simulator.languages.messages import marked, say
from simulator.metrics.units import money_unit
from simulator.organization.journal import DAYS_PER_MONTH
from simulator.planning.hiring_costs import (
    month_lengths,
    monthly_costs,
    monthly_price,
    starts_by_month,
)
from simulator.planning.hiring_result import Hiring
from simulator.planning.sizing_names import (
    capital,
    figure_name,
    team_label,
    team_words,
)
from simulator.planning.table_rows import rows_of
from simulator.presentation.hiring_definitions import about, metrics_of, terms_of
from simulator.presentation.plan_sheets import figures_sheet, plan_book, targets_sheet, unit_of
from simulator.presentation.workbooks import (
    Cell,
    Column,
    Formula,
    Kind,
    Sheet,
    Shown,
    kind_of,
    kind_of_change,
    on_sheet,
    reference,
    span,
)

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
    without = say("Without the plan¦workbook")
    sheets = [
        _plan(result), _costs(result), _starts(result), _hires(result), _capacity(result),
        targets_sheet(result, result.confidence, without), _by_month(result),
        figures_sheet(result, say("In month¦workbook"), without), _stress(result), _relief(result),
    ]  # fmt: skip
    return plan_book(
        result, sheets, metrics_of(result), terms_of(result), about(result, version, command),
        say("Hiring plan of {name}", name=result.name),
    )  # fmt: skip


# ------------------------------------------------------------------ the plan and its costs


def _plan(result: Hiring) -> Sheet:
    """Return the people by month: nothing but what a plan file may hold.

    :func:`~simulator.planning.plan_reading.plan_files.read_plan` reads the sheet again.
    """
    teams = list(result.headcounts)
    columns = (
        Column(say("Month¦workbook"), "count"), *(Column(team_label(team), "count", asked=True)
                                    for team in teams), Column(say("Total¦workbook"), "count"),
    )  # fmt: skip
    rows: list[Sequence[Cell]] = []
    for at in range(_months(result)):
        people = [result.headcounts[team][at] for team in teams]
        everybody = Formula(f"=SUM({reference(at, 1)}:{reference(at, len(teams))})", sum(people))
        rows.append([at + 1, *people, everybody])
    return Sheet(say("Plan¦workbook"), columns, tuple(rows))


def _costs(result: Hiring) -> Sheet:
    """Return what each team costs in each month, as formulas over the plan and the prices."""
    teams = list(result.headcounts)
    currency = money_unit(result.company.currency)
    columns = (
        Column(say("What¦workbook")),
        Column(say("Length of the month¦workbook"), "number"),
        *(
            Column(
                say("Cost of {team}, {currency}", team=team_words(team), currency=currency),
                "money",
                asked=True,
            )
            for team in teams
        ),
        Column(say("Cost of all, {currency}", currency=currency), "money"),
    )
    rows: list[Sequence[Cell]] = [
        [say("A person in a month"), None, *(monthly_price(result, team) for team in teams), None]
    ]
    costs, last = monthly_costs(result), len(teams) + 1
    for at, length in enumerate(month_lengths(result)):
        row: list[Cell] = [say("Month {month}", month=at + 1), length]
        for place, team in enumerate(teams):
            here = on_sheet(say("Plan¦workbook"), reference(at, place + 1))
            price = reference(_PRICES, place + 2, fixed=True)
            text = f"={here}*{price}*{reference(len(rows), 1)}"
            row.append(Formula(text, costs[team][at]))
        everybody = sum(costs[team][at] for team in teams)
        row.append(
            Formula(f"=SUM({reference(len(rows), 2)}:{reference(len(rows), last)})", everybody)
        )
        rows.append(row)
    if len(rows) == 1:
        return Sheet(say("Costs¦workbook"), columns, ())
    sums: list[Cell] = [say("The run¦workbook"), Formula(f"=SUM({span(1, len(rows) - 1, 1)})",
                                           sum(month_lengths(result)))]  # fmt: skip
    totals = [sum(costs[team]) for team in teams]
    for place, total in enumerate([*totals, sum(totals)]):
        sums.append(Formula(f"=SUM({span(1, len(rows) - 1, place + 2)})", total))
    rows.append(sums)
    notes = (
        say(
            "Blue numbers may be changed here and on the sheet {plan}: costs follow. Probabilities"
            " on the other sheets belong to the plan that was measured; for another one, run"
            " themodel hiring --plan on this file (--sheet {plan}).",
            plan=say("Plan¦workbook"),
        ),
        say(
            "A person's cost: pay with its loading, and tools, a twelfth of the year; as if nobody"
            " quit. Who starts within a month counts from the next one on."
        ),
    )
    return Sheet(say("Costs¦workbook"), columns, tuple(rows), 1, notes)


def _starts(result: Hiring) -> Sheet:
    """Return how many start in each month, as formulas: the difference from the month before."""
    teams = list(result.headcounts)
    columns = (
        Column(say("When¦workbook")),
        *(Column(say("Starts in {team}", team=team_words(team)), "change") for team in teams),
        Column(say("Starts in all teams¦workbook"), "change"),
    )
    changes = starts_by_month(result)
    today: list[Cell] = [
        Shown(int(getattr(result.company.teams, team).people), "count") for team in teams
    ]
    rows: list[Sequence[Cell]] = [[say("People today¦workbook"), *today, None]]
    for at in range(_months(result)):
        row: list[Cell] = [say("Month {month}", month=at + 1)]
        for place, team in enumerate(teams):
            here = on_sheet(say("Plan¦workbook"), reference(at, place + 1))
            before = reference(0, place + 1)
            if at:
                before = on_sheet(say("Plan¦workbook"), reference(at - 1, place + 1))
            row.append(Formula(f"={here}-{before}", changes[team][at]))
        first, last = reference(len(rows), 1), reference(len(rows), len(teams))
        row.append(Formula(f"=SUM({first}:{last})", sum(changes[team][at] for team in teams)))
        rows.append(row)
    if len(rows) == 1:
        return Sheet(say("Starts¦workbook"), columns, ())
    sums: list[Cell] = [say("The run¦workbook")]
    totals = [sum(changes[team]) for team in teams]
    for place, total in enumerate([*totals, sum(totals)]):
        sums.append(Formula(f"=SUM({span(1, len(rows) - 1, place + 1)})", total))
    return Sheet(say("Starts¦workbook"), columns, (*rows, sums), 1)


def _hires(result: Hiring) -> Sheet:
    columns = (
        Column(say("Whom¦workbook")),
        Column(say("How many¦workbook"), "change"),
        Column(say("Start in month¦workbook"), "count"),
        Column(say("Start on business day¦workbook"), "number"),
        Column(say("Place open by business day"), "number"),
        Column(say("Full speed from business day"), "number"),
        Column(say("Full speed before the end")),
        Column(
            say("Probability of meeting all targets if only this start is a month later"), "share"
        ),
        Column(say("Change¦probability"), "points"),
        Column(say("its 95 % low¦workbook"), "points"),
        Column(say("its 95 % high¦workbook"), "points"),
    )
    horizon = result.planned.horizon.months * DAYS_PER_MONTH
    rows = []
    for row in rows_of(result.hires):
        joins = row["people"] > 0
        ripe = (
            (say("yes¦workbook") if row["ramped_by"] <= horizon else say("no¦workbook"))
            if joins
            else ""
        )
        rows.append([
            team_label(row["team"]), row["people"], row["month"], row["day"],
            row["open_by"] if joins else None, row["ramped_by"] if joins else None, ripe,
            row["slip"], row["slip_change"], row["slip_low"], row["slip_high"],
        ])  # fmt: skip
    notes = (say("Business days count from the start of the run; negative: before it."),)
    return Sheet(say("Hires¦workbook"), columns, tuple(rows), notes=notes)


# ------------------------------------------------------------------ people and work


_QUANTITIES: tuple[tuple[str, str, Kind], ...] = (
    ("staffed", marked("Employed¦workbook"), "number"),
    ("ramped", marked("At full speed¦workbook"), "number"),
    ("busy", marked("Busy¦workbook"), "number"),
    ("load", marked("Load¦workbook"), "number"),
    ("queue", marked("Waiting¦workbook"), "number"),
    ("pay", marked("Paid¦workbook"), "money"),
    ("attainment", marked("Quota attained¦workbook"), "share"),
)


def _capacity(result: Hiring) -> Sheet:
    columns = [
        Column(say("In month¦workbook"), "count"),
        Column(say("Whom¦workbook")),
        Column(say("Planned¦workbook"), "count"),
    ]
    for name, heading, kind in _QUANTITIES:
        said = say(heading)
        if name == "pay":
            unit = money_unit(result.company.currency)
            said = say("{name}, {unit}", name=said, unit=unit)
        columns += [
            Column(say("{name}, mean", name=said), kind),
            Column(say("its 10 % quantile¦workbook"), kind),
            Column(say("its 90 % quantile¦workbook"), kind),
        ]  # fmt: skip
    columns.append(Column(say("Short, share of the runs"), "share"))
    rows = []
    for row in rows_of(result.capacity):
        cells: list[Cell] = [row["month"], team_label(str(row["team"])), row["planned"]]
        for name, _, _ in _QUANTITIES:
            cells += [row[f"{name}_{end}"] for end in ("mean", "p10", "p90")]
        rows.append([*cells, row["share_short"]])
    return Sheet(say("Capacity¦workbook"), tuple(columns), tuple(rows), fixed=3)


# ------------------------------------------------------------------ what it promises


def _by_month(result: Hiring) -> Sheet:
    columns = (
        Column(say("Target¦workbook")), Column(say("In month¦workbook"), "count"),
        Column(say("Probability¦workbook"), "share"), Column(say("95 % low¦workbook"), "share"),
        Column(say("95 % high¦workbook"), "share"), Column(say("Mean¦workbook"), "number"),
        Column(say("Unit¦workbook")),
    )  # fmt: skip
    rows = []
    for row in rows_of(result.by_month):
        metric = str(row["target"]).partition("@")[0]
        rows.append([
            row["target"], row["month"], row["probability"], row["low"], row["high"],
            Shown(row["mean"], kind_of(metric)), unit_of(result, metric),
        ])  # fmt: skip
    return Sheet(say("Targets by month¦workbook"), columns, tuple(rows), fixed=2)


def _stress(result: Hiring) -> Sheet:
    metric = result.main[0]
    name = say(
        "{name}, {unit}", name=capital(figure_name(result.main)), unit=unit_of(result, metric)
    )
    kind, change = kind_of(metric), kind_of_change(metric)
    columns = (
        Column(say("What if¦workbook")), Column(say("In words¦workbook")),
        Column(say("Probability¦workbook"), "share"), Column(say("95 % low¦workbook"), "share"),
        Column(say("95 % high¦workbook"), "share"), Column(say("Change¦probability"), "points"),
        Column(say("its 95 % low¦workbook"), "points"),
        Column(say("its 95 % high¦workbook"), "points"),
        Column(say("{name}, mean", name=name), kind), Column(say("Difference¦workbook"), change),
        Column(say("its 95 % low¦workbook"), change), Column(say("its 95 % high¦workbook"), change),
    )  # fmt: skip
    keys = ("probability", "low", "high", "change", "change_low", "change_high", "mean",
            "difference", "difference_low", "difference_high")  # fmt: skip
    rows = [
        [
            capital(say(str(row["stress"]))),
            capital(say(str(row["words"]))),
            *(row[key] for key in keys),
        ]
        for row in rows_of(result.stress)
    ]
    return Sheet(say("Stress¦workbook"), columns, tuple(rows))


def _relief(result: Hiring) -> Sheet:
    columns = (
        Column(say("One more in¦workbook")),
        Column(say("From month¦workbook"), "count"),
        Column(
            say("Cost over the run, {currency}", currency=money_unit(result.company.currency)),
            "money",
        ),
        Column(say("Probability¦workbook"), "share"),
        Column(say("Change¦probability"), "points"),
        Column(say("its 95 % low¦workbook"), "points"),
        Column(say("its 95 % high¦workbook"), "points"),
    )
    keys = ("month", "cost", "probability", "gain", "gain_low", "gain_high")
    rows = [
        [team_label(str(row["team"])), *(row[key] for key in keys)]
        for row in rows_of(result.relief)
    ]
    return Sheet(say("Relief¦workbook"), columns, tuple(rows))


# ------------------------------------------------------------------ how things are shown


def _months(result: Hiring) -> int:
    return len(month_lengths(result))
