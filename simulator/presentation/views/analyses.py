"""What analyses found, as pictures: shares of a gap, the constraint, assumptions, incentives.

Everything is taken from what an analysis said and from its tables, fresh or read back from the
folder that it was written to, where words for truth and numbers are texts of CSV files.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from simulator.experiment.assumption_labels import assumption_label
from simulator.experiment.attribution_words import factor_said
from simulator.experiment.quantities import Scale
from simulator.experiment.sensitivity_words import TIMES
from simulator.languages.messages import say
from simulator.metrics.definitions import METRICS, TEAMS
from simulator.metrics.team_labels import team_label
from simulator.presentation.views.scales import level_scale
from simulator.presentation.views.shapes import Analysis, Bar, Bars, Spoke, Tornado

Row = Mapping[str, Any]
_FACTOR, _SHARE = "factor", "share"
_NEAR = 0.7
"""Zero is shown if the end next to it is no farther than this, as a share of the other end."""


def attribution_bars(analysis: Analysis) -> tuple[Bars, ...]:
    """Show which factor brings how much of the gap between two scenarios.

    Parameters
    ----------
    analysis : Analysis
        Of ``attribute``.

    Returns
    -------
    tuple of Bars
        One for each metric that was asked for. Bars add up to the total; told among all factors
        (Holm), the total by its own interval.
    """
    said = analysis.said
    shares = _rows(analysis.tables["shares"])
    return tuple(
        _attribution(gap, [row for row in shares if row["metric"] == gap["metric"]], said)
        for gap in _rows(analysis.tables["gaps"])
    )


def _attribution(gap: Row, shares: Sequence[Row], said: Row) -> Bars:
    metric = str(gap["metric"])
    bars = tuple(_bar(row, str(row["factor"]), factor_label(str(row["factor"]))) for row in shares)
    total = _bar(gap, "gap", say("Whole gap"))
    return Bars(
        title=say("What turns {a} into {b}", a=said["a"], b=said["b"]),
        metric=metric,
        label=METRICS[metric].label,
        bars=bars,
        total=total,
        scale=_scale(metric, said, (*bars, total)),
    )


def factor_label(factor: str) -> str:
    """Name a factor as the label of a bar; one that a user named stays as it is.

    Parameters
    ----------
    factor : str
    """
    return team_label(factor) if factor in TEAMS else factor_said(factor)


def bottleneck_bars(analysis: Analysis) -> Bars:
    """Show what one more person in each team brings.

    Parameters
    ----------
    analysis : Analysis
        Of ``bottleneck``.

    Returns
    -------
    Bars
        Of the metric that was asked for; they do not add up to anything. A note says which team
        is the constraint, and which cannot be told from it.
    """
    said = analysis.said
    metric = str(said["metric"])
    bars = tuple(
        replace(
            _bar(row, str(row["team"]), team_label(str(row["team"]))),
            note=_constraint_note(str(row["team"]), said),
        )
        for row in _rows(analysis.tables["effects"])
        if row["metric"] == metric and float(row["change"]) > 0.0
    )
    return Bars(
        title=say(
            "What one more person in each team of {scenario} brings", scenario=said["scenario"]
        ),
        metric=metric,
        label=METRICS[metric].label,
        bars=bars,
        total=None,
        scale=_scale(metric, said, bars),
    )


def _constraint_note(team: str, said: Row) -> str:
    if team == said.get("constraint"):
        return say("the constraint¦of a team")
    return say("cannot be told from the constraint") if team in (said.get("ties") or ()) else ""


def incentives_bars(analysis: Analysis) -> Bars:
    """Show what departments do to each figure that do what they are measured on.

    Parameters
    ----------
    analysis : Analysis
        Of ``incentives``.

    Returns
    -------
    Bars
        By how much each figure differs, where everybody does what pays best, from what the same
        people would reach together: relative (-0.1: a tenth less), paired, with its 95 %
        interval, by which alone it is told. First what is shared. A figure that is 0 together has
        no bar, and there is none at all if the search was interrupted before both were known.
    """
    said = analysis.said
    shared = str(said["shared"])
    found: Mapping[str, Row] = said.get("price_of_silos") or {}
    order = [shared, *(metric for metric in found if metric != shared)]
    bars = tuple(
        _relative(metric, found[metric])
        for metric in order
        if metric in found and math.isfinite(_number(found[metric].get("ratio")))
    )
    return Bars(
        title=say(
            "What departments of {scenario} would do, against what they would reach together",
            scenario=said["scenario"],
        ),
        metric=shared,
        label=say("relative difference"),
        bars=bars,
        total=None,
        scale=Scale(100.0, 0, "%"),
        alone=True,
    )


def _relative(metric: str, price: Row) -> Bar:
    value, low, high = (_number(price.get(name)) - 1.0 for name in ("ratio", "low", "high"))
    department = METRICS[metric].department
    return Bar(
        id=metric,
        label=METRICS[metric].label,
        team=department if department in TEAMS else "",
        value=value,
        low=low,
        high=high,
        told=_excludes_zero(low, high),
        note="",
    )


# ------------------------------------------------------------------ assumptions


def tornado(analysis: Analysis) -> Tornado:
    """Show how a result moves with each assumption alone, at both ends of its range.

    Parameters
    ----------
    analysis : Analysis
        Of ``sensitivity``; with a second scenario the result is what that one has more than the
        first, the reference.

    Returns
    -------
    Tornado
        Widest first, before them those that make the metric longer than what was seen: the result
        of such an end is missing, and what it was set to says so. Told is an assumption of which
        the change at one end has a 95 % interval that excludes 0, each alone.
        ``survives`` is the share of points of the assumption space at which the lead of the
        stated values holds.
    """
    said = analysis.said
    metric = str(said["metric"])
    known = {str(row["path"]): row for row in _rows(analysis.tables["assumptions"])}
    ends: dict[str, dict[str, Row]] = {}
    for row in _rows(analysis.tables["tornado"]):
        ends.setdefault(str(row["path"]), {})[str(row["end"])] = row
    spokes = tuple(_spoke(path, each, known.get(path, {})) for path, each in ends.items())
    at_default = _number((said.get("baseline") or {}).get("mean"))
    sizes = [at_default, *(size for each in spokes for size in (each.at_low, each.at_high))]
    versus = said.get("versus")
    label = METRICS[metric].label
    if versus is not None:
        label = say(
            "{label}, {first} minus {second}", label=label, first=versus, second=said["scenario"]
        )
    currency = _currency(said)
    scale = Scale.of if versus is not None else level_scale
    return Tornado(
        metric=metric,
        label=label,
        at_default=at_default,
        spokes=spokes,
        survives=_number((said.get("survival") or {}).get("share")),
        verdict=str(said["verdict"][0]),
        scale=scale(metric, currency, sizes),
        tested=any(_has_interval(end) for each in ends.values() for end in each.values()),
    )


def zero_is_near(tornado: Tornado) -> bool:
    """Tell whether a picture reaches to zero, where the result would change its sign.

    Of one company alone it must reach beyond: most metrics cannot, and zero says nothing of them.

    Parameters
    ----------
    tornado : Tornado
    """
    ends = [end for spoke in tornado.spokes for end in (spoke.at_low, spoke.at_high)]
    known = [each for each in (tornado.at_default, *ends) if math.isfinite(each)]
    if not known:
        return False
    low, high = min(known), max(known)
    if not math.isfinite(tornado.survives):
        return low < 0.0 < high
    return low <= _NEAR * high if low > 0.0 else high >= _NEAR * low


def _spoke(path: str, ends: Mapping[str, Row], assumption: Row) -> Spoke:
    low, high = (ends.get(end, {}) for end in ("low", "high"))
    unit = _text(assumption.get("unit"))
    return Spoke(
        key=path,
        label=assumption_label(path),
        low_input=_setting(low, unit),
        high_input=_setting(high, unit),
        at_low=_number(low.get("outcome")),
        at_high=_number(high.get("outcome")),
        told=any(
            _excludes_zero(_number(end.get("change_low")), _number(end.get("change_high")))
            for end in (low, high)
        ),
        source=_text(assumption.get("source")),
        trust=_text(assumption.get("trust")),
    )


def _has_interval(end: Row) -> bool:
    bounds = (_number(end.get("change_low")), _number(end.get("change_high")))
    return all(map(math.isfinite, bounds))


def _setting(end: Row, unit: str) -> str:
    setting = _input(end.get("value"), unit)
    if end.get("verdict") == "beyond":
        return say("{setting} (longer than seen)¦end of a range", setting=setting)
    return setting


def _input(value: Any, unit: str) -> str:
    number = _number(value)
    if not math.isfinite(number):
        return ""
    if unit.split(" ")[0] == _SHARE:
        return say("{number} %", number=f"{100.0 * number:.3g}")
    written = f"{number:,.4g}" if abs(number) < 1e4 else f"{number:,.0f}"
    return f"× {written}" if unit in (_FACTOR, TIMES) else written


# ------------------------------------------------------------------ rows, fresh or from CSV


def _rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [
        {str(key): value for key, value in row.items()} for row in table.to_dict(orient="records")
    ]


def _bar(row: Row, identity: str, label: str) -> Bar:
    value, low, high = (_number(row.get(name)) for name in ("mean", "low", "high"))
    told = row.get("told")
    return Bar(
        id=identity,
        label=label,
        team=identity if identity in TEAMS else "",
        value=value,
        low=low,
        high=high,
        told=_excludes_zero(low, high) if told is None else _is_true(told),
        note="",
    )


def _scale(metric: str, said: Row, bars: Iterable[Bar]) -> Scale:
    return Scale.of(metric, _currency(said), [bar.value for bar in bars])


def _currency(said: Row) -> str:
    """Return the currency of the amounts."""
    return str(said["currency"])


def _is_true(value: Any) -> bool:
    return str(value).lower() == "true"


def _text(value: Any) -> str:
    """Return a text; an empty cell comes back from a file as a missing number."""
    return "" if value is None or value != value else str(value)


def _number(value: Any) -> float:
    return math.nan if value is None or value == "" else float(value)


def _excludes_zero(low: float, high: float) -> bool:
    return low > 0.0 or high < 0.0
