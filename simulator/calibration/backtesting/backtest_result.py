"""What a backtest found: forecasts beside what happened, scores, and what they come to in words."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from simulator.calibration.backtesting.baselines import BASELINES, LABELS
from simulator.calibration.backtesting.cases import Cases, Unit, Wins
from simulator.calibration.backtesting.forecasting import Matched
from simulator.calibration.backtesting.scoring import (
    BANDS,
    Score,
    band,
    known_to_all,
    mean_of_neighbors,
    score,
)
from simulator.calibration.backtesting.tallies import GROUPS, LEVELS, Ensemble, Frame, day_of
from simulator.calibration.backtesting.uneven_weeks import Unevenness
from simulator.calibration.working_time import WorkingTime
from simulator.experiment.statistics import CONFIDENCE, Estimate

Floats = NDArray[np.float64]

MODEL = "model"
TABLES = ("weekly", "cohorts", "times", "scores", "against_baselines")
"""Names of the tables."""
QUANTITIES = {
    "weekly": "wins a week",
    "cohorts": "final wins of a month's cases",
    "times": "days to win",
}
"""What is scored, and its label."""

_MOMENT = 1e-6  # business days


@dataclass(frozen=True, slots=True)
class Conditions:
    """Under which conditions a backtest was made.

    Attributes
    ----------
    train_until : datetime.date
    time : WorkingTime
        Of the files.
    since : float
        Begin of the regime that was calibrated, business days.
    unit : str
        What a case is: "lead" or "opportunity".
    members, asked : int
        Members that finished, and that were asked for.
    seed : int
    given_leads : bool
        Whether later cases were taken as known.
    matched : tuple of Matched
        How the open cases of each member found their like.
    uneven : Unevenness
        How much more uneven past weeks were than simulated ones; it is in the forecast.
    """

    train_until: date
    time: WorkingTime
    since: float
    unit: Unit
    members: int
    asked: int
    seed: int
    given_leads: bool
    matched: tuple[Matched, ...]
    uneven: Unevenness

    def day(self, when: float) -> date:
        """Return the day that begins with a time of the files, or that it is in."""
        return day_of(self.time, when + _MOMENT)

    def last_day(self, when: float) -> date:
        """Return the day that ends with a time of the files, or that it is in."""
        return day_of(self.time, when - _MOMENT)


@dataclass(frozen=True, slots=True)
class Against:
    """The model against one baseline, in wins a week.

    Attributes
    ----------
    baseline : str
    difference : Estimate
        Mean CRPS of the model less that of the baseline, with its interval: below 0 the model is
        better.
    relative : float
        In proportion to the baseline's CRPS.
    better : str
        "model", "baseline", or "cannot be told apart".
    """

    baseline: str
    difference: Estimate
    relative: float
    better: str

    @classmethod
    def of(cls, baseline: str, model: Score, other: Score) -> Against:
        """Compare week by week."""
        found = mean_of_neighbors(model.each - other.each)
        relative = found.mean / other.crps if other.crps > 0.0 else math.nan
        better = "cannot be told apart"
        if found.high is not None and found.high < 0.0:
            better = "model"
        elif found.low is not None and found.low > 0.0:
            better = "baseline"
        return cls(baseline, found, relative, better)

    def words(self) -> str:
        """Say it in one sentence."""
        label = LABELS[self.baseline]
        size = "the same" if self.relative == 0.0 else _percent(abs(self.relative))
        which = "" if self.relative == 0.0 else " lower" if self.relative < 0.0 else " higher"
        if self.better == "baseline":
            return f"A baseline wins: {label}. The model's CRPS is {size}{which}."
        if self.better == "model":
            return f"The model beats {label}: its CRPS is {size}{which}."
        return (
            f"The model's CRPS is {size}{which} than with {label}; so few weeks do not settle it."
            if which
            else f"The model's CRPS is the same as with {label}."
        )


@dataclass(frozen=True, slots=True)
class Backtest:
    """A forecast from the past, held against what happened.

    Attributes
    ----------
    conditions : Conditions
    frame : Frame
    weekly : DataFrame
        A row for each whole calendar week: ``week`` (its Monday), ``new_cases`` (whether files
        still record them), ``actual``; ``median`` and bounds ``low_80``, ``high_80`` … of the
        model; ``<baseline>``, ``<baseline>_low_80``, ``<baseline>_high_80``; the fair CRPS
        ``crps`` and ``<baseline>_crps``.
    cohorts : DataFrame
        A row for each month: ``cohort``, ``cases`` that came, ``won_before`` the date, ``actual``
        wins by the end, and the forecast of these as in `weekly`.
    times : DataFrame
        A row for each group of cases and quantile: ``cases``, ``quantile``, ``actual`` calendar
        days from coming to win, and the forecast.
    scores : dict of (quantity, forecaster) to Score
    against : tuple of Against
        The model against each baseline, in wins a week.
    """

    conditions: Conditions
    frame: Frame
    weekly: pd.DataFrame
    cohorts: pd.DataFrame
    times: pd.DataFrame
    scores: dict[tuple[str, str], Score]
    against: tuple[Against, ...]

    @classmethod
    def of(
        cls, conditions: Conditions, frame: Frame, ensembles: Mapping[str, Ensemble], truth: Cases
    ) -> Backtest:
        """Score forecasts.

        Parameters
        ----------
        conditions : Conditions
        frame : Frame
        ensembles : mapping of str to Ensemble
            By forecaster; `MODEL` is one of them.
        truth : Cases
            As they are at the end of the files.
        """
        wins = Wins.of(truth)
        happened = frame.tally(wins)
        scores: dict[tuple[str, str], Score] = {}
        for quantity in QUANTITIES:
            actual = getattr(happened, quantity)
            told = {name: getattr(each, quantity) for name, each in ensembles.items()}
            shared = np.where(known_to_all(told.values(), actual), actual, math.nan)
            scores |= {(quantity, name): score(each, shared) for name, each in told.items()}
        before = frame.by_month(wins.within(-math.inf, frame.at).created)

        def table(quantity: str, added: Floats | float = 0.0) -> dict[str, Floats]:
            return {
                "actual": getattr(happened, quantity) + added,
                **_forecasts(quantity, ensembles, scores, added),
            }

        weekly = pd.DataFrame(
            {
                "week": [str(each) for each in frame.weeks],
                "new_cases": frame.week_edges[:-1] < frame.leads_until,
                **table("weekly"),
            }
        )
        cohorts = pd.DataFrame(
            {
                "cohort": [f"{each:%Y-%m}" for each in frame.months],
                "cases": frame.by_month(truth.created),
                "won_before": before,
                **table("cohorts", before),
            }
        )
        times = pd.DataFrame(
            {
                "cases": np.repeat(GROUPS, len(LEVELS)),
                "quantile": np.tile(LEVELS, len(GROUPS)),
                **table("times"),
            }
        )
        against = tuple(
            Against.of(name, scores["weekly", MODEL], scores["weekly", name]) for name in BASELINES
        )
        return cls(conditions, frame, weekly, cohorts, times, scores, against)

    # -------------------------------------------------------------- in words

    @property
    def worse(self) -> float:
        """The model's CRPS of wins a week over that of the best baseline, less 1."""
        best = min(self.scores["weekly", name].crps for name in BASELINES)
        return self.scores["weekly", MODEL].crps / best - 1.0 if best > 0.0 else math.nan

    def held(self, share: float = 0.8) -> float:
        """Share of the weeks that fell into the model's band."""
        coverages = self.scores["weekly", MODEL].coverages
        return next(each.held.mean for each in coverages if each.band == share)

    def verdict(self) -> Iterator[str]:
        """Say what came out, sentence by sentence: the bands first, then who is better."""
        weekly = self.scores["weekly", MODEL]
        for each in weekly.coverages:
            if each.band != 0.8:
                continue
            count = round(each.held.mean * weekly.n)
            yield (
                f"The 80 % bands held {count} of {weekly.n} weeks ({_percent(each.held.mean)};"
                f" {_percent(CONFIDENCE)} interval {_percent(each.held.low)} to"
                f" {_percent(each.held.high)})."
            )
        best = min(BASELINES, key=lambda name: self.scores["weekly", name].crps)
        comparison = "lower" if self.worse < 0.0 else "higher"
        yield (
            f"In wins a week the model's CRPS is {weekly.crps:.2f}: {_percent(abs(self.worse))}"
            f" {comparison} than that of the best baseline, {LABELS[best]}"
            f" ({self.scores['weekly', best].crps:.2f})."
        )
        for one in self.against:
            yield one.words()
        for quantity in ("cohorts", "times"):
            ranked = [name for name in (MODEL, *BASELINES) if self.scores[quantity, name].n]
            if not ranked:
                continue
            first = min(ranked, key=lambda name: self.scores[quantity, name].crps)
            label = "the model" if first == MODEL else f"a baseline, {LABELS[first]},"
            mine = self.scores[quantity, MODEL].crps
            yield (
                f"In {QUANTITIES[quantity]} {label} is closest"
                + (f" (CRPS {mine:.2f})." if first == MODEL else
                   f" (CRPS {self.scores[quantity, first].crps:.2f}, the model {mine:.2f}).")
            )  # fmt: skip

    def notes(self) -> Iterator[str]:
        """Say what a reader must know to judge it."""
        known, frame = self.conditions, self.frame
        unit = known.unit
        plural = {"lead": "leads", "opportunity": "opportunities"}[unit]
        if known.given_leads:
            yield (
                f"When the later {plural} came, and over which channels, was given: this tests"
                " conversion and delay alone."
            )
        if frame.leads_until < frame.week_edges[-1]:
            yield (
                f"No {unit} is on file after {known.last_day(frame.leads_until)}: from then on only"
                f" those that had come by then can be won, in the files as in every forecast."
            )
        cases = sum(each.cases for each in known.matched)
        if cases:
            parts = [
                (f"on {what}", sum(getattr(each, name) for each in known.matched) / cases)
                for name, what in (
                    ("other_stage", "channel and age alone"),
                    ("other_channel", "age alone"),
                    ("too_old", "the oldest age that runs reach"),
                    ("unmatched", "nothing, and so never won"),
                )
            ]
            some = [f"{_percent(share)} {what}" for what, share in parts if share > 0.0]
            each = known.matched[0].cases
            yield (
                f"{each:,} real {plural} went on as simulated ones of the same channel, stage and"
                f" age did{'; of them matched ' + ', '.join(some) if some else ''}."
            )
        uneven = known.uneven
        beyond = f"{_percent(uneven.squared**0.5)} of their mean"
        if uneven.squared > 0.0:
            yield (
                f"Wins of the {uneven.weeks} weeks before the date vary more from week to week than"
                f" simulated ones, by {beyond}; the bands of weeks are that much wider."
            )
        if not uneven.fits:
            yield (
                f"In these {uneven.weeks} weeks {uneven.wins:,.0f} were won of what came since"
                f" {known.day(known.since)}; the simulated company won {uneven.low:,.0f} to"
                f" {uneven.high:,.0f} (95 % band). It does not describe the past: expect no good"
                " forecast."
            )
        yield (
            "The real pipeline takes no time of the simulated people: where they are short of"
            " it, an unusually full pipeline does not slow the forecast."
        )
        yield (
            "All weeks follow one date and share their luck: one backtest is one piece of"
            " evidence, and another date can come out differently."
        )
        if known.members < known.asked:
            yield f"Interrupted after {known.members} of {known.asked} members."

    def failures(self, coverage: float | None, worse: float | None) -> list[str]:
        """Say which requirements are not met.

        Parameters
        ----------
        coverage : float or None
            Least share of weeks in the 80 % bands.
        worse : float or None
            How much higher than the best baseline's the model's CRPS may be, as a share.
        """
        found = []
        if coverage is not None and not self.held() >= coverage:
            found.append(
                f"the 80 % bands held {_percent(self.held())} of the weeks, and"
                f" {_percent(coverage)} are required"
            )
        if worse is not None and not self.worse <= worse:
            found.append(
                f"the CRPS is {_percent(self.worse)} above that of the best baseline, and"
                f" {_percent(worse)} are allowed"
            )
        return found

    # -------------------------------------------------------------- as data

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the tables by file name without ending."""
        return {
            "weekly": self.weekly,
            "cohorts": self.cohorts,
            "times": self.times,
            "scores": pd.DataFrame([_score_row(*key, each) for key, each in self.scores.items()]),
            "against_baselines": pd.DataFrame([_against_row(each) for each in self.against]),
        }

    def as_json(self) -> dict[str, Any]:
        """Return it as one object of plain values; None is missing."""
        known, frame = self.conditions, self.frame
        return {
            "train_until": str(known.train_until),
            "regime_since": str(known.day(known.since)),
            "until": str(known.last_day(frame.until)),
            "cases_recorded_until": str(known.last_day(min(frame.leads_until, frame.until))),
            "case": known.unit,
            "uneven_weeks": known.uneven.squared**0.5,
            "past_fits": known.uneven.fits,
            "given_leads": known.given_leads,
            "members": known.members,
            "members_asked": known.asked,
            "seed": known.seed,
            "band_80_held": _known(self.held()),
            "crps_over_best_baseline": _known(self.worse),
            "verdict": list(self.verdict()),
            "notes": list(self.notes()),
            **{
                name: [
                    {str(key): _known(value) for key, value in row.items()}
                    for row in table.to_dict(orient="records")
                ]
                for name, table in self.tables().items()
            },
        }


def _forecasts(
    quantity: str,
    ensembles: Mapping[str, Ensemble],
    scores: Mapping[tuple[str, str], Score],
    added: Floats | float,
) -> dict[str, Floats]:
    """Columns of a table: the model with all its bands, baselines with one."""
    model: Floats = getattr(ensembles[MODEL], quantity)
    columns = {"median": np.median(model, axis=0) + added}
    for share in BANDS:
        low, high = band(model, share)
        columns[f"low_{100.0 * share:.0f}"] = low + added
        columns[f"high_{100.0 * share:.0f}"] = high + added
    columns["crps"] = scores[quantity, MODEL].each
    for name in BASELINES:
        ensemble: Floats = getattr(ensembles[name], quantity)
        low, high = band(ensemble, 0.8)
        columns[name] = np.median(ensemble, axis=0) + added
        columns[f"{name}_low_80"] = low + added
        columns[f"{name}_high_80"] = high + added
        columns[f"{name}_crps"] = scores[quantity, name].each
    return columns


def _score_row(quantity: str, forecaster: str, each: Score) -> dict[str, Any]:
    row: dict[str, Any] = {
        "quantity": quantity,
        "forecaster": forecaster,
        "crps": each.crps,
        "median_error": each.error,
        "bias": each.bias,
        "n": each.n,
    }
    for found in each.coverages:
        share = f"{100.0 * found.band:.0f}"
        row[f"held_{share}"] = found.held.mean
        row[f"held_{share}_low"] = _number(found.held.low)
        row[f"held_{share}_high"] = _number(found.held.high)
        row[f"expected_{share}"] = found.expected
    return row


def _against_row(each: Against) -> dict[str, Any]:
    return {
        "baseline": each.baseline,
        "crps_difference": each.difference.mean,
        "low": _number(each.difference.low),
        "high": _number(each.difference.high),
        "relative": each.relative,
        "better": each.better,
    }


def _number(value: float | None) -> float:
    return math.nan if value is None else value


def _known(value: Any) -> Any:
    value = value.item() if hasattr(value, "item") else value
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _percent(share: float | None) -> str:
    if share is None or not math.isfinite(share):
        return "-"
    digits = 0 if abs(share) >= 0.0995 or share == 0.0 else 1
    return f"{100.0 * share:.{digits}f} %"
