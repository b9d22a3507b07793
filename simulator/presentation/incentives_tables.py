"""What departments would do under their measures, as tables: decisions, price, evidence, help."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Column
from rich.text import Text

from simulator.experiment import incentives_frames as facts
from simulator.experiment.incentives_phrases import (
    clauses,
    decision_name,
    levels_of,
    metric_name,
    per_cost,
    percent,
    remedy_name,
    sharers,
    side_by_side,
    status_shown,
    value_of,
)
from simulator.experiment.price_of_silos import (
    ALL,
    EQUILIBRIUM,
    OPTIMUM,
    STATED,
    USUAL,
    Effect,
    Incentives,
)
from simulator.experiment.quantities import Scale
from simulator.experiment.searches import Curve, Search
from simulator.experiment.statistics import Estimate
from simulator.experiment.wording import paragraph
from simulator.languages.messages import listed, marked, say
from simulator.metrics.definitions import METRICS, TEAMS
from simulator.metrics.team_labels import team_label
from simulator.metrics.units import money_unit, with_unit
from simulator.presentation.figures import MISSING
from simulator.presentation.flowing import Flowing
from simulator.presentation.tables import grid, right, titled

_SHADES = "▁▂▃▄▅▆▇█"
_WIDTH = 17  # of a curve, in characters
_COLUMNS = {
    USUAL: marked("as usual"),
    STATED: marked("as stated"),
    EQUILIBRIUM: marked("would do"),
    OPTIMUM: marked("together¦decided"),
}
_WAYS = (USUAL, STATED, EQUILIBRIUM, OPTIMUM)


def story(result: Incentives) -> list[RenderableType]:
    """Tell what departments would do, what that costs, how it is known and what would help.

    Parameters
    ----------
    result : Incentives
    """
    first, *others = result.verdict()
    content: list[RenderableType] = [Flowing(first, "bold"), Text("")]
    content += [Flowing(f"- {line}") for line in others]
    content.append(Text(""))
    if EQUILIBRIUM in result.cases:
        content += [_decisions(result), _prices(result)]
    elif search := facts.search_of(result):
        content.append(_so_far(result, search))
    content += _evidence(result)
    if result.doses:
        content.append(_doses(result))
    together = [(weight, case) for who, weight, case in result.doses if who == ALL]
    if together:
        content.append(_by_weight(result, sorted(together)))
    if result.remedies:
        content.append(_remedies(result))
    return content


def closing(result: Incentives, version: str) -> str:
    """Say on what the figures rest.

    Parameters
    ----------
    result : Incentives
    version : str
        Of the program.
    """
    lines = [
        say("{companies} companies of {months} months run; searched by {searched} replications,"
            " measured by {fresh} others; seed {seed}; themodel {version}.",
            companies=f"{result.evaluations:,}", months=f"{result.scenario.horizon.months:g}",
            searched=result.searched, fresh=result.fresh, seed=result.seed, version=version),
        say("Weight of the shared measure ({measure}): {weights}.",
            measure=_label(result.shared_metric), weights=_weights(result)),
        say("What straying from the professional norm costs people has the strength {norm}: an"
            " assumption, of which 0.1 to 1 are as plausible (--norm).",
            norm=f"{result.objectives.norm:g}"),
    ]  # fmt: skip
    if result.agreed:
        what = listed([str(each) for each in result.agreed])
        lines.append(
            say(
                "Agreed (as a remedy): {what}." if result.remedies else "Agreed: {what}.", what=what
            )
        )
    if result.interrupted:
        lines.insert(0, say("Interrupted while {step}.", step=result.stopped_at))
    return paragraph(lines)


def _weights(result: Incentives) -> str:
    weights = set(result.weights.values())
    if len(weights) == 1:
        return say("{weight} for every department", weight=f"{weights.pop():g}")
    return side_by_side(
        say("{who} {weight}", who=_team(team), weight=f"{weight:g}")
        for team, weight in result.weights.items()
    )


def _team(team: str) -> str:
    return team_label(team)


def _label(metric: str) -> str:
    return METRICS[metric].label


def _note(*sentences: str) -> RenderableType:
    return Flowing(paragraph(sentences), "dim")


def _indented(text: str) -> RenderableType:
    return Padding(text, (0, 0, 0, 2))


# ------------------------------------------------------------------ decisions


def _decisions(result: Incentives) -> RenderableType:
    ways = [name for name in _WAYS if name in result.cases]
    decided = {name: result.cases[name].decisions() for name in ways}
    effects = {effect.lever.path: effect for effect in result.effects}
    table = grid(
        "", *(right(say(_COLUMNS[name])) for name in ways), right(say("its measure")),
        right(say("company¦column")),
    )  # fmt: skip
    for team in TEAMS:
        levers = [lever for lever in result.levers if lever.department == team]
        if not levers:
            continue
        table.add_row(Text(_team(team), style="bold"))
        for lever in levers:
            table.add_row(
                _indented(decision_name(lever.path)),
                *(value_of(lever.path, decided[name][lever.path]) for name in ways),
                *_brings(effects.get(lever.path)),
            )
    own = [
        say("{team} {measures}", team=_team(team),
            measures=listed([metric_name(part.metric) for part in kpi]))
        for team, kpi in result.objectives.own.items()
    ]  # fmt: skip
    note = _note(
        say("its measure, company: what the decision changes in the department's own and in the"
            " shared measure against deciding as usual in it alone, in % of their usual size, and"
            " half the width of the 95 % interval; each interval stands alone, the sentences above"
            " hold for all together (Holm)."),
        say("By itself a department is measured on: {own}.", own=clauses(own)),
    )  # fmt: skip
    return titled(say("What departments would do"), table, note)


def _so_far(result: Incentives, search: Search) -> RenderableType:
    """Show where a search stands that was interrupted."""
    values = search.values()
    table = grid("", right(say("as usual")), right(say("so far")))
    for lever in result.levers:
        value = values.get((lever.department, lever.name), lever.low)
        cells = (value_of(lever.path, each) for each in (lever.usual, value))
        name = say(
            "{who}: {decision}", who=_team(lever.department), decision=decision_name(lever.path)
        )
        table.add_row(name, *cells)
    return titled(say("Where the search stands"), table)


def _brings(effect: Effect | None) -> tuple[str, str]:
    if effect is None:
        return MISSING, MISSING
    return _with_margin(effect.own), _with_margin(effect.shared)


def _with_margin(change: Estimate) -> str:
    """Write a proportion as % with half the width of its interval."""
    decimals = 0 if abs(change.mean) >= 0.0995 else 1
    size = f"{100.0 * change.mean + 0.0:+.{decimals}f}"
    if change.low is None or change.high is None:
        return with_unit(size, "%")
    half = f"{50.0 * (change.high - change.low):.{decimals}f}"
    return with_unit(f"{size} ± {half}", "%")


# ------------------------------------------------------------------ price


def _prices(result: Incentives) -> RenderableType:
    ways = [name for name in _WAYS if name in result.cases]
    table = grid(
        "", *(right(say(_COLUMNS[name])) for name in ways), right(say("ratio¦of two cases")),
        right(say("95 % interval")),
    )  # fmt: skip
    for metric in facts.metrics_of(result):
        means = [result.cases[name].estimate(metric).mean for name in ways]
        scale = levels_of(metric, result.scenario.currency, means)
        label = _label(metric)
        if scale.unit:
            label = say("{measure}, {unit}", measure=label, unit=scale.unit)
        table.add_row(label, *(scale.number(mean) for mean in means), *_ratio(result, metric))
    note = _note(
        say("would do: measured as they are; together: what one planner would have the same people"
            " do, where nobody free-rides, errs for want of early results or sits in coordination"
            " meetings; ratio: the price of silos, what they would do over together.")
    )  # fmt: skip
    return titled(say("The price of silos"), table, note)


def _ratio(result: Incentives, metric: str) -> tuple[str, str]:
    if OPTIMUM not in result.cases:
        return MISSING, MISSING
    price = result.price(metric)
    if not math.isfinite(price.mean):
        return MISSING, MISSING
    interval = MISSING
    if price.low is not None and price.high is not None:
        low, high = f"{1.0 + price.low:.2f}", f"{1.0 + price.high:.2f}"
        interval = say("{low} to {high}", low=low, high=high)
    return f"{1.0 + price.mean:.2f}", interval


# ------------------------------------------------------------------ evidence


def _evidence(result: Incentives) -> list[RenderableType]:
    search = facts.search_of(result)
    curves = [each for each in search.curves if len(each.values) > 1] if search else []
    if search is None or not curves:
        return []
    inert = set(search.inert)
    table = grid(
        "", right(say("lowest¦column")), right(say("pays")),
        Column(say("over its range"), no_wrap=True), say("highest¦column"), right(say("pays")),
    )  # fmt: skip
    last = ""
    for curve in curves:
        if curve.player != last:
            table.add_row(Text(_team(curve.player), style="bold"))
            last = curve.player
        path = f"{curve.player}.{curve.decision}"
        ends = [value_of(path, curve.values[at]) for at in (0, -1)]
        low, high = (_gain(curve, at) for at in (0, -1))
        shape = say("nobody's pay depends on it")
        if (curve.player, curve.decision) not in inert:
            shape = _shape(curve)
        table.add_row(_indented(decision_name(path)), ends[0], low, shape, ends[1], high)
    note = _note(
        say("What deciding otherwise would pay the department, everything else as it would be: at"
            " both ends of the range, against what it would do, in % of the usual size of its"
            " measure, and half the width of the 95 % interval. The blocks show its pay in between,"
            " each line by itself; by the {n} replications of the search.", n=result.searched)
    )  # fmt: skip
    title = say("Why they would: what each decision pays its department")
    return [titled(title, table, note)]


def _gain(curve: Curve, at: int) -> str:
    gain, error = curve.gains[at], curve.gain_errors[at]
    if gain == 0.0 and not error > 0.0:
        return say("as it is¦decision")
    if not math.isfinite(error):
        return _with_margin(Estimate(gain, None, None, 1))
    half = 2.0 * error
    return _with_margin(Estimate(gain, gain - half, gain + half, 2))


def _shape(curve: Curve) -> str:
    """Draw what is paid over the range; nothing where all of it may be luck."""
    told = [
        abs(gain) > 2.0 * error
        for gain, error in zip(curve.gains, curve.gain_errors, strict=True)
        if gain != 0.0 and math.isfinite(error)
    ]
    if not any(told):
        return say("flat, or luck")
    places = np.linspace(curve.values[0], curve.values[-1], _WIDTH)
    pays = np.interp(places, curve.values, curve.gains)
    low, high = float(pays.min()), float(pays.max())
    if not high > low:
        return say("flat, or luck")
    levels = np.rint((pays - low) / (high - low) * (len(_SHADES) - 1)).astype(int)
    return "".join(_SHADES[level] for level in levels)


# ------------------------------------------------------------------ other weights


def _doses(result: Incentives) -> RenderableType:
    metric, currency = result.shared_metric, result.scenario.currency
    beside = [each for each in ("profit", "logo_churn") if each != metric]
    shown = [metric, *beside]
    cases = [case for _, _, case in result.doses]
    scales = {
        each: levels_of(each, currency, [result.cases[case].estimate(each).mean for case in cases])
        for each in shown
    }
    table = grid(
        "", right(say("weight¦column")), right(_label(metric)), right(say("against now")),
        *(right(_label(each)) for each in beside), say("search¦column"),
    )  # fmt: skip
    last = ""
    for who, weight, case in result.doses:
        found = result.cases[case]
        values = [scales[each].number(found.estimate(each).mean) for each in shown]
        table.add_row(
            "" if who == last else sharers(who), f"{weight:g}", values[0], _against(result, case),
            *values[1:], _status(facts.status_of(found)),
        )  # fmt: skip
        last = who
    units = [
        say("{measure} in {unit}", measure=_label(each), unit=scales[each].unit)
        for each in shown
        if scales[each].unit
    ]
    note = _note(
        say("{units}.", units=clauses(units)) if units else "",
        say("against now: with the present weights, with its 95 % interval. A department alone: the"
            " weights of the others stay."),
    )  # fmt: skip
    return titled(say("What sharing more of the measure would bring"), table, note)


def _against(result: Incentives, case: str) -> str:
    if result.cases[case].profile is result.cases[EQUILIBRIUM].profile:
        return say("as now")
    change = result.price(result.shared_metric, case, EQUILIBRIUM)
    return percent(change, signed=True)


def _status(status: str) -> str:
    if status == "equilibrium":
        return say("at rest")
    return status_shown(status) if status else MISSING


def _by_weight(result: Incentives, together: Sequence[tuple[float, str]]) -> RenderableType:
    table = grid("", *(right(f"{weight:g}") for weight, _ in together))
    decided = [result.cases[case].decisions() for _, case in together]
    last = ""
    for lever in result.levers:
        if lever.department != last:
            table.add_row(Text(_team(lever.department), style="bold"))
            last = lever.department
        values = (value_of(lever.path, each[lever.path]) for each in decided)
        table.add_row(_indented(decision_name(lever.path)), *values)
    title = say("What they would do by the weight of the shared measure, the same for all")
    return titled(title, table)


# ------------------------------------------------------------------ remedies


def _remedies(result: Incentives) -> RenderableType:
    metric, currency = result.shared_metric, result.scenario.currency
    million = money_unit(currency, millions=True)
    found = facts.remedies(result)
    level = levels_of(
        metric, currency, [result.cases[each.case].estimate(metric).mean for each in found]
    )
    costs = Scale.of("cost", currency, [each.extra_cost.mean for each in found if each.costs])
    dear = [each for each in found if each.costs > 0 and math.isfinite(each.per_cost.mean)]
    paid = dict(
        zip(
            [each.case for each in dear],
            per_cost(metric, currency, [each.per_cost for each in dear]),
            strict=True,
        )
    )
    table = grid(
        Column("", overflow="fold"), right(_label(metric)), right(say("won back")),
        right(say("extra cost")), right(say("gain per {million}", million=million)),
        say("search¦column"),
    )  # fmt: skip
    for each in found:
        case = result.cases[each.case]
        extra = costs.amount(each.extra_cost.mean) if each.costs else say("nothing more")
        table.add_row(
            Text(remedy_name(each.case)),
            level.number(case.estimate(metric).mean),
            percent(each.recovered, signed=True),
            extra,
            paid.get(each.case, (MISSING, ""))[0],
            _status(facts.status_of(case)),
        )
    label = _label(metric)
    note = _note(
        *([say("{measure} in {unit}.", measure=label, unit=level.unit)] if level.unit else []),
        say("won back: share of what lies between what they would do and together, with its 95 %"
            " interval; extra cost over the run, nothing more: none that can be told; gain per"
            " {million}: what {measure} gains for each million of it.",
            million=million, measure=label),
        say("The agreed definition: {agreed}.",
            agreed=listed([str(each) for each in result.agreed]))
        if result.agreed
        else "",
    )  # fmt: skip
    return titled(say("What would help"), table, note)
