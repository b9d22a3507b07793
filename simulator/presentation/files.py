"""Results as files: tidy tables, what made them, and one JSON object.

All files of a run are written under temporary names first and renamed only when every one is
safely on the disk: a disk that fills up in the middle leaves earlier results as they were.

Tables are UTF-8. In Japanese they begin with a byte-order mark: without it Excel takes them for
Shift JIS. Who reads them again takes them as ``utf-8-sig``, which knows both.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from simulator import disk
from simulator.cells import harmless
from simulator.experiment import Estimate, Results
from simulator.languages.languages import spoken
from simulator.metrics import METRICS, Measures
from simulator.metrics.definitions import TEAMS
from simulator.metrics.units import unit_in
from simulator.presentation.figures import known
from simulator.scenario import Scenario, effective_yaml

_HEAD = ("scenario", "replication", "period")
_TAIL = ("metric", "value", "unit")
_WHOLE_RUN = "total"
_PERSON_UNITS = {
    "employed_days": "business days",
    "busy_days": "business days",
    "facing_hours": "hours",
    "meetings": "meetings",
    "opportunities": "buyers",
    "wins": "buyers",
    "bookings": "currency",
    "cost": "currency",
}

Row = Sequence[Any]


# ------------------------------------------------------------------ one object


def as_json_text(results: Results, version: str, further: Mapping[str, Any] | None = None) -> str:
    """Write results as one JSON object; what is missing is null.

    Parameters
    ----------
    results : Results
    version : str
        Of the program.
    further : mapping of str to Any, optional
        What else to say.
    """
    return json_text({**_object(results, version), **(further or {})})


def _object(results: Results, version: str) -> dict[str, Any]:
    currency = results.scenario.currency
    found: dict[str, Any] = {
        "scenario": results.name,
        "version": version,
        "seed": results.seed,
        "replications": len(results.numbers),
        "interrupted": results.interrupted,
        "currency": currency,
        "metrics": {
            name: _estimate(estimate, unit_in(METRICS[name].unit, currency))
            for name, estimate in results.totals.items()
        },
        "stages": {team: _stage(results, team) for team in TEAMS},
        "losses": [
            {str(key): value for key, value in row.items()}
            for row in results.losses.to_dict(orient="records")
        ],
        "statuses": {
            name: _estimate(estimate, "buyers") for name, estimate in results.statuses.items()
        },
        "units": {
            "stages": {
                "people": "people",
                **{name.partition(".")[2]: METRICS[name].unit for name in results.totals
                   if "." in name},
            },
            "losses": {"buyers": "buyers per run", "amount": f"{_amount(results)} per run"},
        },
    }  # fmt: skip
    if results.comparison is not None:
        found["observed"] = [
            {str(key): _plain(value) for key, value in row.items()}
            for row in results.comparison.to_dict(orient="records")
        ]
    if results.scenario.not_identifiable:
        found["not_identifiable"] = list(results.scenario.not_identifiable)
    return found


def _stage(results: Results, team: str) -> dict[str, float | None]:
    flow = {
        name.partition(".")[2]: known(estimate.mean)
        for name, estimate in results.totals.items()
        if name.startswith(f"{team}.")
    }
    return {"people": known(results.people[team].mean), **flow}


def _estimate(estimate: Estimate, unit: str) -> dict[str, Any]:
    return {
        "mean": known(estimate.mean),
        "low": known(estimate.low),
        "high": known(estimate.high),
        "unit": unit,
        "n": estimate.n,
    }


def _plain(value: Any) -> Any:
    value = value.item() if hasattr(value, "item") else value
    return known(value) if isinstance(value, float) else value


def _amount(results: Results) -> str:
    currency = results.scenario.currency
    return f"{currency} per month" if results.scenario.sale == "subscription" else currency


def json_text(content: Any) -> str:
    """Write valid JSON in plain ASCII, which every terminal and locale can show."""
    return json.dumps(content, indent=2, allow_nan=False)


# ------------------------------------------------------------------ a folder of results


def digest(scenario: Scenario) -> str:
    """Return the SHA-256 of everything that is in force in a scenario."""
    return hashlib.sha256(effective_yaml(scenario).encode()).hexdigest()


def digests(scenarios: Mapping[str, Scenario]) -> dict[str, dict[str, str]]:
    """Return what files say of the scenarios that they are about, by name.

    Parameters
    ----------
    scenarios : mapping of str to Scenario
    """
    return {"scenarios_sha256": {name: digest(each) for name, each in scenarios.items()}}


def write_results(
    results: Results,
    folder: Path,
    version: str,
    command: Sequence[str],
    beside: Mapping[str, bytes] | None = None,
) -> None:
    """Write everything about results into a folder.

    Parameters
    ----------
    results : Results
    folder : Path
        Made if it is not there.
    version : str
        Of the program.
    command : sequence of str
        What was typed, to repeat it.
    beside : mapping of str to bytes, optional
        Other files by their name: a workbook.

    Raises
    ------
    OutputError
        If a file cannot be written; what was there before is intact.
    """
    effective = effective_yaml(results.scenario)
    contents = {name: _csv(table(results)) for name, table in _TABLES.items()}
    contents |= {"scenario.yaml": effective.encode(), **(beside or {})}
    about = json_text(
        {
            "scenario": results.name,
            "scenario_sha256": digest(results.scenario),
            "seed": results.seed,
            "replications": list(results.numbers),
            "replications_asked": results.asked,
            "interrupted": results.interrupted,
            "version": version,
            "command": list(command),
            "files": sorted(contents),
        }
    )
    disk.write_files(folder, {**contents, "run.json": about.encode()})


def write_tables(
    tables: Mapping[str, pd.DataFrame],
    folder: Path,
    name: str,
    about: Mapping[str, Any],
    beside: Mapping[str, bytes] | None = None,
) -> None:
    """Write the tables of an experiment into a folder, and what made them.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        By the name of their file without its ending; what is missing becomes an empty cell.
    folder : Path
        Made if it is not there.
    name : str
        Of the experiment: ``about`` goes to ``<name>.json``.
    about : mapping of str to Any
        What to repeat it with: version, seed, command.
    beside : mapping of str to bytes, optional
        Other files by their name: workbooks and pictures.

    Raises
    ------
    OutputError
        If a file cannot be written; what was there before is intact.
    """
    texts = {f"{each}.csv": _csv(_cells(table)) for each, table in tables.items()}
    files = {**texts, **(beside or {})}
    files[f"{name}.json"] = json_text({**about, "files": sorted(files)}).encode()
    disk.write_files(folder, files)


def _cells(table: pd.DataFrame) -> Iterator[Row]:
    yield tuple(map(str, table.columns))
    plain = table.astype(object)
    yield from plain.where(plain.notna(), None).itertuples(index=False, name=None)


# ------------------------------------------------------------------ tables


def _csv(rows: Iterable[Row]) -> bytes:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerows([_cell(value) for value in row] for row in rows)
    return stream.getvalue().encode("utf-8-sig" if spoken() == "ja" else "utf-8")


def _cell(value: Any) -> str:
    """Write a cell; a text that a spreadsheet would run as a formula is made harmless."""
    value = value.item() if hasattr(value, "item") else value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        exact = known(value)
        return "" if exact is None else repr(exact).removesuffix(".0")
    if isinstance(value, int):
        return str(value)
    return harmless(str(value))


def _runs(results: Results) -> Iterator[tuple[int, Measures]]:
    return zip(results.numbers, results.measures, strict=True)


def _unit(results: Results, metric: str) -> str:
    return unit_in(METRICS[metric].unit, results.scenario.currency)


def _summary(results: Results) -> Iterator[Row]:
    yield ("scenario", "period", "metric", "label", "value", "low", "high", "n", "unit")
    for metric, estimate in results.totals.items():
        yield (
            results.name, _WHOLE_RUN, metric, METRICS[metric].label, estimate.mean,
            estimate.low, estimate.high, estimate.n, _unit(results, metric),
        )  # fmt: skip


def _totals(results: Results) -> Iterator[Row]:
    yield (*_HEAD, *_TAIL)
    for run, one in _runs(results):
        for metric, value in one.totals.items():
            yield (results.name, run, _WHOLE_RUN, metric, value, _unit(results, metric))


def _monthly(results: Results) -> Iterator[Row]:
    yield (*_HEAD, *_TAIL)
    for run, one in _runs(results):
        for period, metric, value in _tuples(one.monthly, ("period", "metric", "value")):
            yield (results.name, run, period, metric, value, _unit(results, metric))


def _cohorts(results: Results) -> Iterator[Row]:
    yield (*_HEAD, "cohort_of", "age_months", *_TAIL, "n")
    for run, one in _runs(results):
        columns = ("cohort", "kind", "age", "metric", "value", "n")
        for cohort, kind, age, metric, value, n in _tuples(one.cohorts, columns):
            yield (results.name, run, cohort, kind, age, metric, value, "share", n)


def _losses(results: Results) -> Iterator[Row]:
    keys = ("stage", "true_reason", "recorded_reason")
    yield (*_HEAD, *keys, *_TAIL)
    for run, one in _runs(results):
        for *key, buyers, amount in _tuples(one.losses, (*keys, "buyers", "amount")):
            yield (results.name, run, _WHOLE_RUN, *key, "buyers", buyers, "buyers")
            yield (results.name, run, _WHOLE_RUN, *key, "amount", amount, _amount(results))


def _statuses(results: Results) -> Iterator[Row]:
    yield (*_HEAD, *_TAIL)
    for run, one in _runs(results):
        for status, buyers in one.statuses.items():
            yield (results.name, run, "end", status, buyers, "buyers")


def _bridge(results: Results) -> Iterator[Row]:
    yield (*_HEAD, *_TAIL)
    for run, one in _runs(results):
        parts = [str(column) for column in one.bridge.columns if column != "period"]
        for period, *values in _tuples(one.bridge, ("period", *parts)):
            for part, value in zip(parts, values, strict=True):
                yield (results.name, run, period, part, value, _unit(results, part))


def _people(results: Results) -> Iterator[Row]:
    yield (*_HEAD, "person", "team", "start_day", "end_day", *_TAIL)
    columns = ("person", "team", "start", "end", *_PERSON_UNITS)
    for run, one in _runs(results):
        for *who, in_days, busy, hours, meetings, booked, wins, amount, cost in _tuples(
            one.people, columns
        ):
            values = (in_days, busy, hours, meetings, booked, wins, amount, cost)
            for (metric, unit), value in zip(_PERSON_UNITS.items(), values, strict=True):
                unit = _amount(results) if metric == "bookings" else unit
                yield (
                    results.name, run, _WHOLE_RUN, *who, metric, value,
                    unit_in(unit, results.scenario.currency),
                )  # fmt: skip


def _recycling(results: Results) -> Iterator[Row]:
    yield (*_HEAD, "recorded_reason", *_TAIL)
    metrics = ("parked", "came_back", "opportunities", "won")
    for run, one in _runs(results):
        for reason, *values in _tuples(one.recycling, ("recorded_reason", *metrics)):
            for metric, value in zip(metrics, values, strict=True):
                yield (results.name, run, _WHOLE_RUN, reason, metric, value, "buyers")


def _transitions(results: Results) -> Iterator[Row]:
    keys = ("from_place", "to_place")
    yield (*_HEAD, *keys, *_TAIL)
    for run, one in _runs(results):
        for period, *way, buyers, amount in _tuples(
            one.transitions, ("period", *keys, "buyers", "amount")
        ):
            yield (results.name, run, period, *way, "buyers", buyers, "buyers")
            yield (results.name, run, period, *way, "amount", amount, _amount(results))


def _tuples(table: pd.DataFrame, columns: Sequence[str]) -> Iterable[tuple[Any, ...]]:
    return table[list(columns)].itertuples(index=False, name=None)


_TABLES: dict[str, Callable[[Results], Iterator[Row]]] = {
    "summary.csv": _summary,
    "totals.csv": _totals,
    "monthly.csv": _monthly,
    "cohorts.csv": _cohorts,
    "losses.csv": _losses,
    "statuses.csv": _statuses,
    "bridge.csv": _bridge,
    "people.csv": _people,
    "recycling.csv": _recycling,
    "transitions.csv": _transitions,
}

TABLES = tuple(name.removesuffix(".csv") for name in _TABLES)
"""Names of the tables of a run."""
