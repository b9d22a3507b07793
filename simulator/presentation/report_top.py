"""The top of a report: the verdict, the main figures, and the organization at a glance."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

from markupsafe import Markup

from simulator.experiment import Estimate, Results
from simulator.experiment.comparison import HEADLINES, Comparison
from simulator.experiment.findings import (
    BESIDE,
    Finding,
    told_together,
    verdict,
    verdict_of_several,
)
from simulator.experiment.quantities import Scale, better, main_metric
from simulator.languages.messages import marked, say
from simulator.metrics import METRICS
from simulator.metrics.definitions import TEAMS
from simulator.metrics.team_labels import team_label
from simulator.metrics.units import with_unit
from simulator.presentation.figures import MISSING, figure, number, written
from simulator.presentation.report_making import Making, sentence
from simulator.presentation.report_parts import (
    Cell,
    Column,
    Folded,
    Listing,
    Pair,
    Part,
    Section,
    Table,
    Tile,
    Words,
)
from simulator.scenario import LoadedScenario, Number, numbers

MOST_TILES = 4
_MOST_DIFFERENCES = 40

_MAIN_SENTENCES = {
    "mrr_end": marked(
        "After {months} months {name} has an MRR of {value} (95 % interval {interval}), over"
        " {runs} replications."
    ),
    "revenue": marked(
        "Within {months} months {name} takes in a revenue of {value} (95 % interval {interval}),"
        " over {runs} replications."
    ),
}
_MAIN_SINGLE = {
    "mrr_end": marked("After {months} months {name} has an MRR of {value} in one replication."),
    "revenue": marked(
        "Within {months} months {name} takes in a revenue of {value} in one replication."
    ),
}
_MEASURES = {
    "marketing": marked("Marketing: weight of the shared measure"),
    "inside_sales": marked("Inside sales: weight of the shared measure"),
    "field_sales": marked("Field sales: weight of the shared measure"),
    "customer_success": marked("Customer success: weight of the shared measure"),
}
_PRACTICES = {
    "decisions.marketing.mql_cutoff": marked("Marketing: lowest score that is passed on as an MQL"),
    "decisions.inside_sales.booking_cutoff": marked(
        "Inside sales: lowest chance of winning that is passed on"
    ),
    "decisions.inside_sales.discovery_depth": marked("Inside sales: depth of the discovery talk"),
    "decisions.inside_sales.recycle_share": marked(
        "Inside sales: calling time kept for recycled buyers"
    ),
    "decisions.inside_sales.recording": marked("Inside sales: share of what it learns recorded"),
    "decisions.field_sales.walk_away_cutoff": marked(
        "Field sales: chance of winning below which it gives up"
    ),
    "decisions.field_sales.promise": marked("Field sales: promises beyond what is delivered"),
    "decisions.field_sales.recording": marked("Field sales: share of what it learns handed over"),
    "decisions.field_sales.record_loss_reason": marked(
        "Field sales: share of losses with the true reason recorded"
    ),
    "decisions.customer_success.proactive_share": marked(
        "Customer success: time kept for reviews and expansion"
    ),
    "handoffs.medium": marked("How the baton is passed"),
    "recycling.mode": marked("How parked buyers are taken up again"),
    "definitions.shared": marked("How far definitions are shared"),
    "definitions.feedback": marked("Share of outcomes fed back"),
}
_STAFF = {
    "revops": marked("RevOps: people"),
    "enablement": marked("Enablement: people"),
}
_WORDS = {
    "spoken": marked("spoken¦handoff"),
    "written": marked("written¦handoff"),
    "one_system": marked("one shared system¦handoff"),
    "none": marked("never¦recycling"),
    "discretionary": marked("in spare time¦recycling"),
    "systematic": marked("with an owner and time¦recycling"),
}


# ------------------------------------------------------------------ the verdict


def verdict_words(making: Making) -> tuple[str, str]:
    """Return the verdict in one sentence, and what else differs ("" if nothing does)."""
    comparison = making.evidence.comparison
    if comparison is None:
        return _alone(making.results[0]), ""
    found = [comparison.finding(name, comparison.main) for name in making.others]
    if len(found) > 1:
        return verdict_of_several(found, comparison.ranking, making.currency)[0], ""
    first = verdict(found, (), comparison.ranking, making.currency)
    whole = comparison.verdict
    return first, whole.removeprefix(first).strip() if whole.startswith(first) else ""


def verdict_list(making: Making) -> tuple[Part, ...]:
    """Return how each of several scenarios differs from the reference, one below the other."""
    if len(making.others) < 2:
        return ()
    comparison = making.comparison
    found = [comparison.finding(name, comparison.main) for name in making.others]
    _, clauses = verdict_of_several(found, comparison.ranking, making.currency)
    return (
        Words(say("Against {reference}:", reference=comparison.reference)),
        Listing(tuple(("", clause) for clause in clauses)),
    )


def _alone(results: Results) -> str:
    metric = main_metric(results.scenario)
    estimate = results.totals[metric]
    value, interval, unit = figure(estimate, METRICS[metric].unit, results.scenario.currency)
    single = not interval
    values = {
        "months": number(results.scenario.horizon.months, 0),
        "name": results.name,
        "value": with_unit(value, unit),
    }
    if single:
        return say(_MAIN_SINGLE[metric], **values)
    return say(_MAIN_SENTENCES[metric], **values, interval=interval, runs=len(results.numbers))


def tiles(making: Making) -> list[Tile]:
    """Return the main figures, each with its interval."""
    comparison = making.evidence.comparison
    if comparison is None:
        return [_level(making, making.results[0], metric) for metric in _headlines(making)]
    if len(making.others) == 1:
        return [_difference(making, metric) for metric in _headlines(making)]
    return [_of_scenario(making, name) for name in making.others]


def _headlines(making: Making) -> list[str]:
    main = main_metric(making.evidence.scenarios[0].scenario)
    left_out = {"mrr_end", "revenue"} - {main}
    totals = [results.totals for results in making.results]
    there = [m for m in HEADLINES if all(math.isfinite(each[m].mean) for each in totals)]
    return [metric for metric in there if metric not in left_out][:MOST_TILES]


def _level(making: Making, results: Results, metric: str) -> Tile:
    estimate = results.totals[metric]
    value, interval, unit = figure(estimate, METRICS[metric].unit, making.currency)
    note = _span(interval) if interval else ""
    value = _large(value, _counted(metric, unit))
    return Tile(Cell(value, estimate.mean), making.link(metric), note)


def _span(interval: str) -> Markup:
    """Say an interval, which stays on one line."""
    whole = Markup('<span class="whole">{}</span>').format(interval)
    return sentence(say("95 % interval {interval}"), interval=whole)


def _counted(metric: str, unit: str) -> str:
    """Return what is counted: contracts, where these are meant, and not buyers."""
    return say("contracts¦unit") if metric == "wins" else unit


def _large(value: str, unit: str) -> Markup:
    """Set a number large and its unit small."""
    text = with_unit(value, unit)
    return Markup('{}<span class="unit">{}</span>').format(text.removesuffix(unit), unit)


def _difference(making: Making, metric: str) -> Tile:
    comparison, name = making.comparison, making.others[-1]
    row = comparison.metrics[
        (comparison.metrics["scenario"] == name) & (comparison.metrics["metric"] == metric)
    ].iloc[0]
    levels = [
        say(
            "{name}: {value}¦tile",
            name=each,
            value=_amount(metric, float(row[key]), making.currency),
        )
        for each, key in ((comparison.reference, "reference"), (name, "mean"))
    ]
    return _gap(making, _told(comparison, name, metric), making.link(metric), levels)


def told_at_the_top(making: Making) -> set[str]:
    """Return the figures of which the first screen says more than that luck cannot be excluded.

    Of several scenarios beside the reference it speaks of the main figure alone.

    Parameters
    ----------
    making : Making
    """
    comparison = making.comparison
    if len(making.others) > 1:
        return set()
    metrics = dict.fromkeys((*_headlines(making), *BESIDE))
    told = {each: _told(comparison, making.others[-1], each) for each in metrics}
    return {metric for metric, each in told.items() if each.kind in ("more", "less")}


def _told(comparison: Comparison, name: str, metric: str) -> Finding:
    """Return what can be said of a metric of the only scenario besides the reference.

    The main metric is asked alone, and what the verdict says besides it is corrected as there.
    Any other is corrected for those, too.
    """
    if metric == comparison.main:
        return comparison.finding(name, metric)
    metrics = list(dict.fromkeys((*BESIDE, metric)))
    together = told_together([comparison.finding(name, each) for each in metrics])
    return together[metrics.index(metric)]


def _of_scenario(making: Making, name: str) -> Tile:
    comparison = making.comparison
    one = comparison.finding(name, comparison.main)
    return _gap(making, one, _named(making, name), [])


def _named(making: Making, name: str) -> Markup:
    text = say("{name} against {reference}: {metric}")
    return sentence(
        text, name=name, reference=making.names[0], metric=making.link(making.comparison.main)
    )


def _gap(making: Making, one: Finding, what: Markup, further: list[str]) -> Tile:
    """Return a tile of a difference: with its sign, how sure it is, and its interval."""
    low, high = one.low, one.high
    sizes = [one.difference, *(each for each in (low, high) if each is not None)]
    scale = Scale.of(one.metric, making.currency, sizes)
    look, words = _status(one)
    lines: list[str | Markup] = [words]
    if low is not None and high is not None and one.kind != "same":
        span = scale.span(Estimate(one.difference, low, high, one.n))
        lines.append(_span(span))
    sign = "+" if round(one.difference * scale.factor, scale.decimals) > 0.0 else ""
    value = _large(sign + scale.number(one.difference), _counted(one.metric, scale.unit))
    exact = one.difference if math.isfinite(one.difference) else None
    note = Markup(" <br>").join([Markup("<strong>{}</strong>").format(words), *lines[1:], *further])
    return Tile(Cell(value, exact), what, note, look)


def _status(one: Finding) -> tuple[str, str]:
    """Return how a difference is set off, and what can be said of it."""
    if one.kind == "single":
        return "", say("one run¦tile")
    if one.kind == "same":
        return "", say("exactly the same¦tile")
    sign = {"more": 1, "less": -1}.get(one.kind, 0)
    if sign == 0:
        return "", say("cannot be told from luck¦tile")
    gain = sign * better(one.metric)
    if gain == 0:
        return "", say("differs, more than luck¦tile")
    if gain > 0:
        return "good", say("better, more than luck¦tile")
    return "bad", say("worse, more than luck¦tile")


def _amount(metric: str, value: float, currency: str) -> str:
    shown, _, unit = figure(
        Estimate(value, None, None, 1), METRICS[metric].unit, currency
    )  # fmt: skip
    return with_unit(shown, _counted(metric, unit))


def figures_table(making: Making) -> Table:
    """Return every headline of every scenario with its interval."""
    columns = [Column(say("figure¦column"))]
    columns += [Column(name, "number") for name in making.names]
    rows = []
    for metric in _headlines(making):
        row = [Cell(making.link(metric))]
        for results in making.results:
            estimate = results.totals[metric]
            value, interval, unit = figure(estimate, METRICS[metric].unit, making.currency)
            shown = with_unit(value, _counted(metric, unit))
            if interval:
                shown = say("{value} ({interval})", value=shown, interval=interval)
            row.append(Cell(shown, estimate.mean))
        rows.append(tuple(row))
    return Table(say("Main figures of each scenario, with 95 % intervals"), tuple(columns),
                 tuple(rows))  # fmt: skip


# ------------------------------------------------------------------ the organization


def organization_section(making: Making) -> Section:
    """Return people, measures and practices of all scenarios side by side."""
    scenarios = making.evidence.scenarios
    values = [{each.path: each for each in numbers(loaded)} for loaded in scenarios]
    parts: list[Part] = [Words(each, "note") for each in _questions(making)]
    measures = _value_table(
        say("What departments are measured on"), {f"kpi.{team}": _MEASURES[team] for team in TEAMS},
        making, values, say("0 %: its own measure only; 100 %: the shared measure only."),
    )  # fmt: skip
    parts.append(Pair((_people_table(making),), (measures,)))
    parts.append(_value_table(
        say("What departments do, and how they work together"), _PRACTICES, making, values,
        say("Marked: differs from {reference}.", reference=making.names[0])
        if making.others else "",
    ))  # fmt: skip
    further = _further(making, values)
    if further is not None:
        parts.append(further)
    return Section("organization", say("The organization at a glance"), tuple(parts))


def _questions(making: Making) -> Iterator[str]:
    for loaded in making.evidence.scenarios:
        question = " ".join(loaded.scenario.question.split())
        if question:
            yield say("{name}: {question}", name=loaded.name, question=say(question))


def _people_table(making: Making) -> Table:
    def at_start(loaded: LoadedScenario, team: str) -> int:
        return int(getattr(loaded.scenario.teams, team).people)

    scenarios = making.evidence.scenarios
    rows = [
        _row(team_label(team), [at_start(each, team) for each in scenarios],
             lambda value: number(float(value), 0))
        for team in TEAMS
    ]  # fmt: skip
    for team, label in _STAFF.items():
        counts = [at_start(each, team) for each in scenarios]
        if any(counts):
            rows.append(_row(say(label), counts, lambda value: number(float(value), 0)))
    return Table(
        say("People at the start"), _columns(say("team¦column"), making), tuple(rows)
    )  # fmt: skip


def _columns(first: str, making: Making) -> tuple[Column, ...]:
    return (Column(first), *(Column(name, "number") for name in making.names))


def _row(label: str, values: list[Any], write: Callable[[Any], str]) -> tuple[Cell, ...]:
    """Return a row in which what differs from the first value is marked."""
    cells = [Cell(label)]
    for place, value in enumerate(values):
        differs = place > 0 and value != values[0]
        exact = float(value) if _is_number(value) else None
        cells.append(Cell(write(value), exact, "differs" if differs else ""))
    return tuple(cells)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _value_table(
    caption: str, labels: dict[str, str], making: Making, values: list[dict[str, Number]],
    note: str,
) -> Table:  # fmt: skip
    rows = [
        _row(
            say(label),
            [_value(each, path) for each in values],
            _write_share if _is_share(values, path) else _write,
        )
        for path, label in labels.items()
        if any(path in each for each in values)
    ]
    return Table(caption, _columns(say("what¦column"), making), tuple(rows), note)


def _value(values: dict[str, Number], path: str) -> Any:
    return values[path].value if path in values else None


def _is_share(values: list[dict[str, Number]], path: str) -> bool:
    return any(path in each and each[path].unit == "share" for each in values)


def _write_share(value: Any) -> str:
    return with_unit(f"{100.0 * float(value):.6g}", "%") if _is_number(value) else _write(value)


def _write(value: Any) -> str:
    if value is None:
        return MISSING
    if isinstance(value, bool):
        return say("yes¦report" if value else "no¦report")
    return say(_WORDS[value]) if value in _WORDS else written(value)


def _further(making: Making, values: list[dict[str, Number]]) -> Part | None:
    """Return what else differs, by its key in the files."""
    shown = {*_PRACTICES, *(f"kpi.{team}" for team in TEAMS)}
    shown |= {f"teams.{team}.people" for team in (*TEAMS, *_STAFF)}
    paths = dict.fromkeys(path for each in values for path in each if path not in shown)
    differing = [
        path for path in paths if len({str(_value(each, path)) for each in values}) > 1
    ]  # fmt: skip
    if not differing:
        return None
    rows = tuple(
        _row(path, [_value(each, path) for each in values], lambda value: written(value)
             if value is not None else MISSING)
        for path in differing[:_MOST_DIFFERENCES]
    )  # fmt: skip
    left = len(differing) - len(rows)
    note = say("{count} more differ.", count=left) if left > 0 else ""
    columns = (Column(say("key in the files"), "code"), *_columns("", making)[1:])
    table = Table(say("Further inputs that differ"), columns, rows, note)
    return Folded(say("{count} further inputs differ", count=len(differing)), (table,))
