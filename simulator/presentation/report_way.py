"""What changed along the way of a buyer, step by step, under the verdict of a report."""

from __future__ import annotations

from simulator.experiment.quantities import Scale
from simulator.languages.messages import listed, say
from simulator.metrics import METRICS
from simulator.metrics.team_labels import team_label
from simulator.metrics.units import with_unit
from simulator.presentation.report_making import Making, of_each
from simulator.presentation.report_parts import (
    Block,
    Cell,
    Chain,
    Column,
    Folded,
    Part,
    Step,
    Table,
    Words,
)
from simulator.presentation.report_top import told_at_the_top
from simulator.presentation.views.dashboards import blame
from simulator.presentation.views.shapes import Blame, Reading

FEWEST_STEPS = 2
"""One change alone is no sequence."""
_WAY = {
    "marketing": "mql_count",
    "inside_sales": "meetings_per_inside_sales_person",
    "field_sales": "win_rate",
    "customer_success": "logo_churn",
}
"""What each department passes on; the same in every report, so that nothing is picked by how it
turned out. The company's main metric follows.
"""


def buyers_way(making: Making) -> tuple[Part, ...]:
    """Return the changes that can be told along the way of a buyer; nothing where none can.

    What can be told is what the dashboards of the page tell, by the same correction.

    Parameters
    ----------
    making : Making
    """
    shapes = [
        blame(making.comparison, making.evidence.scenarios, name) for name in making.others
    ]  # fmt: skip
    found = [(shape, _told(making, shape)) for shape in shapes]
    found = [(shape, told) for shape, told in found if len(told) >= FEWEST_STEPS]
    if not found:
        return ()
    names = [shape.scenario for shape, _ in found]
    parts = [_chain(making, shape, told) for shape, told in found]
    lead = Words(say(
        "In the order in which a buyer meets them, each against {reference} and more than luck: a"
        " sequence, which proves no cause.",
        reference=making.names[0],
    ), "note")  # fmt: skip
    switched = of_each("way-switch", say("Scenario¦report"), names, parts)
    heading = say("What changes along the buyer's way") if len(names) > 1 else say(
        "What changes along the buyer's way: {name} against {reference}",
        name=names[0], reference=making.names[0],
    )  # fmt: skip
    return (Block(heading, (lead, *switched)),)


# ------------------------------------------------------------------ where few runs tell less


def told_only_alone(making: Making, shape: Blame) -> tuple[str, ...]:
    """Return what the first screen tells from luck, and the dashboards cannot.

    There each figure is asked with the few of the verdict, here with all of the dashboards at
    once; few runs answer the one and not the other.

    Parameters
    ----------
    making : Making
    shape : Blame
        The dashboards.
    """
    top = told_at_the_top(making)
    boards = (each for board in shape.dashboards for each in board.readings)
    every = (*boards, *shape.lived, *shape.company)
    found = (each.metric for each in every if each.verdict == "open" and each.metric in top)
    return tuple(dict.fromkeys(found))


def said_of_few_runs(making: Making, metrics: tuple[str, ...]) -> str:
    """Say why figures that were told from luck above cannot be told here.

    Parameters
    ----------
    making : Making
    metrics : tuple of str
        Of :func:`told_only_alone`; not empty.
    """
    return say(
        "With {runs} runs {figures} can be told from luck by itself, as at the top, but not"
        " together with all figures of the dashboards, where it reads “cannot be told”. More runs"
        " (--replications) tell more."
        if len(metrics) == 1 else
        "With {runs} runs {figures} can each be told from luck by itself, as at the top, but not"
        " together with all figures of the dashboards, where they read “cannot be told”. More runs"
        " (--replications) tell more.",
        runs=len(making.comparison.numbers),
        figures=listed([METRICS[each].label for each in metrics]),
    )  # fmt: skip


def _told(making: Making, shape: Blame) -> list[tuple[str, Reading]]:
    """Return department and figure of each step that is better or worse beyond luck."""
    shown = {each.metric: each for board in shape.dashboards for each in board.readings}
    shown |= {each.metric: each for each in (*shape.lived, *shape.company)}
    steps = {**_WAY, "": making.comparison.main}
    return [
        (team, shown[metric]) for team, metric in steps.items()
        if metric in shown and shown[metric].verdict in ("better", "worse")
    ]  # fmt: skip


def _chain(making: Making, shape: Blame, told: list[tuple[str, Reading]]) -> tuple[Part, ...]:
    label = say("{name} against {reference}¦way", name=shape.scenario, reference=shape.reference)
    steps = Chain(label, tuple(_step(making, team, one) for team, one in told))
    table = _table(making, label, shape.scenario, told)
    left = tuple(each for each in told_only_alone(making, shape) if each in _WAY.values())
    few = (Words(said_of_few_runs(making, left), "note"),) if left else ()
    return steps, *few, Folded(say("The numbers as a table"), (table,))


def _where(team: str) -> str:
    return team_label(team) if team else say("Company¦dashboard")


def _step(making: Making, team: str, one: Reading) -> Step:
    better = one.verdict == "better"
    words = say("better¦dashboard" if better else "worse¦dashboard")
    return Step(_where(team), making.link(one.metric), _change(one), _interval(making, one),
                "good" if better else "bad", words)  # fmt: skip


def _change(one: Reading) -> str:
    """Write a share as it was and is, anything else as a change in % where there is one."""
    if one.reference > 0.0 and not METRICS[one.metric].unit.startswith("share"):
        return with_unit(f"{100.0 * one.difference / one.reference:+,.0f}", "%")
    scale = one.scale
    return say(
        "{before} → {after}¦way",
        before=scale.number(one.reference), after=scale.amount(one.value),
    )  # fmt: skip


def _scale(making: Making, one: Reading) -> Scale:
    return Scale.of(one.metric, making.currency, (one.difference, one.low, one.high))


def _interval(making: Making, one: Reading) -> str:
    scale = _scale(making, one)
    return say(
        "Difference {difference}, 95 % interval {low} to {high}",
        difference=scale.amount(one.difference),
        low=scale.number(one.low), high=scale.number(one.high),
    )  # fmt: skip


def _table(
    making: Making, caption: str, name: str, told: list[tuple[str, Reading]]
) -> Table:  # fmt: skip
    columns = (
        Column(say("team¦column")), Column(say("figure¦column")),
        Column(making.names[0], "number"), Column(name, "number"),
        Column(say("difference¦column"), "number"), Column(say("95 % interval"), "number"),
    )  # fmt: skip
    rows = []
    for team, one in told:
        gap = _scale(making, one)
        rows.append((
            Cell(_where(team)), Cell(making.link(one.metric)),
            Cell(one.scale.amount(one.reference), one.reference),
            Cell(one.scale.amount(one.value), one.value),
            Cell(gap.amount(one.difference), one.difference),
            Cell(say("{low} to {high}", low=gap.number(one.low), high=gap.number(one.high))),
        ))  # fmt: skip
    return Table(caption, columns, tuple(rows))
