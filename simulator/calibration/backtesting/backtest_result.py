"""What a backtest found: forecasts beside what happened, scores, and what they come to in words."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from simulator.calibration.backtesting.baselines import BASELINES, LABELS
from simulator.calibration.backtesting.cases import Cases, Wins
from simulator.calibration.backtesting.conditions import Conditions, notes_of, percent
from simulator.calibration.backtesting.scoring import (
    BANDS,
    Score,
    band,
    known_to_all,
    mean_of_neighbors,
    score,
)
from simulator.calibration.backtesting.tallies import GROUPS, LEVELS, Ensemble, Frame
from simulator.experiment.statistics import CONFIDENCE, Estimate
from simulator.languages.messages import marked, say

Floats = NDArray[np.float64]

MODEL = "model"
TABLES = ("weekly", "cohorts", "times", "scores", "against_baselines")
"""Names of the tables."""
QUANTITIES = {
    "weekly": marked("wins a week"),
    "cohorts": marked("final wins of a month's cases"),
    "times": marked("days to win"),
}
"""What is scored, and its label."""


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
        label, size = say(LABELS[self.baseline]), percent(abs(self.relative))
        same, lower = self.relative == 0.0, self.relative < 0.0
        if self.better == "baseline":
            return say(
                "A baseline wins: {baseline}. The model's CRPS is {size} lower." if lower
                else "A baseline wins: {baseline}. The model's CRPS is {size} higher.",
                baseline=label, size=size,
            )  # fmt: skip
        if self.better == "model":
            return say(
                "The model beats {baseline}: its CRPS is {size} lower." if lower
                else "The model beats {baseline}: its CRPS is {size} higher.",
                baseline=label, size=size,
            )  # fmt: skip
        if same:
            return say("The model's CRPS is the same as with {baseline}.", baseline=label)
        return say(
            "The model's CRPS is {size} lower than with {baseline}; so few weeks do not settle it."
            if lower else
            "The model's CRPS is {size} higher than with {baseline}; so few weeks do not settle"
            " it.", baseline=label, size=size,
        )  # fmt: skip


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
            yield say(
                "The 80 % bands held {count} of {weeks} weeks ({share}; {confidence} interval {low}"
                " to {high}).",
                count=round(each.held.mean * weekly.n), weeks=weekly.n,
                share=percent(each.held.mean), confidence=percent(CONFIDENCE),
                low=percent(each.held.low), high=percent(each.held.high),
            )  # fmt: skip
        best = min(BASELINES, key=lambda name: self.scores["weekly", name].crps)
        yield say(
            "In wins a week the model's CRPS is {crps}: {size} lower than that of the best"
            " baseline, {baseline} ({other})."
            if self.worse < 0.0 else
            "In wins a week the model's CRPS is {crps}: {size} higher than that of the best"
            " baseline, {baseline} ({other}).",
            crps=f"{weekly.crps:.2f}", size=percent(abs(self.worse)), baseline=say(LABELS[best]),
            other=f"{self.scores['weekly', best].crps:.2f}",
        )  # fmt: skip
        for one in self.against:
            yield one.words()
        for quantity in ("cohorts", "times"):
            if any(self.scores[quantity, name].n for name in (MODEL, *BASELINES)):
                yield self._closest(quantity)

    def _closest(self, quantity: str) -> str:
        """Say who is closest to the truth in a quantity."""
        ranked = [name for name in (MODEL, *BASELINES) if self.scores[quantity, name].n]
        first = min(ranked, key=lambda name: self.scores[quantity, name].crps)
        what, mine = say(QUANTITIES[quantity]), f"{self.scores[quantity, MODEL].crps:.2f}"
        if first == MODEL:
            return say("In {what} the model is closest (CRPS {crps}).", what=what, crps=mine)
        return say(
            "In {what} a baseline, {baseline}, is closest (CRPS {crps}, the model {mine}).",
            what=what, baseline=say(LABELS[first]), mine=mine,
            crps=f"{self.scores[quantity, first].crps:.2f}",
        )  # fmt: skip

    def notes(self) -> Iterator[str]:
        """Say what a reader must know to judge it."""
        return notes_of(self.conditions, self.frame)

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
                say("the 80 % bands held {held} of the weeks, and {required} are required",
                    held=percent(self.held()), required=percent(coverage))
            )  # fmt: skip
        if worse is not None and not self.worse <= worse:
            found.append(
                say("the CRPS is {above} above that of the best baseline, and {allowed} are"
                    " allowed", above=percent(self.worse), allowed=percent(worse))
            )  # fmt: skip
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
