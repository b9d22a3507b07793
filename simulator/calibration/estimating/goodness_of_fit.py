"""Whether a fitted law could have made the durations: a chi-squared test for open and late cases.

Ages are cut into cells. In each, the ends seen are held against those that the law's hazard makes
expected of the cases at risk; the covariance of the differences takes the fitted parameters into
account (Akritas 1988, J. Am. Stat. Assoc. 83, 222; Hjort 1990, Ann. Stat. 18, 1221). It is the
score test of the law against one whose hazard is multiplied by a factor of its own in each cell,
so it holds with right censoring, left truncation and durations in whole days. Cells are made to
have equally many ends, so the ends seen, and not those expected, stand for the information there:
with 20 to 200 ends the test then errs to the safe side (at 5 % it cries wolf in 1 to 5 %).
"""

from __future__ import annotations

import math

import numpy as np
from scipy import special

from simulator.calibration.estimating.laws import Ages
from simulator.calibration.estimating.likelihood import Maximum, Sample
from simulator.calibration.records import Floats

FEWEST_EVENTS = 20
"""With fewer ends nothing is tested."""
_IN_A_CELL = 10.0
_MOST_CELLS = 12
_FLAT = 0.2  # directions that the fit has used up, nearly or wholly, are left out
_TINY = 1e-300


def p_value(fit: Maximum, sample: Sample) -> float:
    """Return the chance of differences as great as those seen, were the law true.

    Parameters
    ----------
    fit : Maximum
    sample : Sample

    Returns
    -------
    float
        NaN with fewer than `FEWEST_EVENTS` ends, and where the cells leave nothing to test.
    """
    if sample.events < FEWEST_EVENTS:
        return math.nan
    borders = _borders(sample)
    misses, information = _cells(fit, fit.place, sample, borders)
    usable = information > 1e-9
    slopes = np.empty((len(misses), len(fit.place)))
    for i in range(len(fit.place)):
        move = np.zeros(len(fit.place))
        move[i] = 1e-4
        above, _ = _cells(fit, fit.place + move, sample, borders)
        below, _ = _cells(fit, fit.place - move, sample, borders)
        slopes[:, i] = (below - above) / 2e-4
    root = 1.0 / np.sqrt(information[usable])
    scaled, slopes = misses[usable] * root, slopes[usable] * root[:, None]
    left = np.eye(len(scaled)) - slopes @ fit.covariance @ slopes.T
    sizes, directions = np.linalg.eigh((left + left.T) / 2.0)
    kept = sizes > _FLAT
    if not kept.any():
        return math.nan
    square = float(((directions.T @ scaled)[kept] ** 2 / sizes[kept]).sum())
    return float(special.chdtrc(float(np.count_nonzero(kept)), square))


def _borders(sample: Sample) -> Floats:
    """Ages between cells with about equally many ends; the last cell is open."""
    ends = np.concatenate((sample.exact.plain, sample.high.plain))
    weights = np.concatenate((sample.exact_weight, sample.between_weight))
    order = np.argsort(ends)
    passed = np.cumsum(weights[order])
    cells = int(min(max(sample.events // _IN_A_CELL, 3.0), _MOST_CELLS))
    levels = passed[-1] * np.arange(1, cells) / cells
    return np.unique(ends[order][np.searchsorted(passed, levels)])


def _cells(fit: Maximum, place: Floats, sample: Sample, borders: Floats) -> tuple[Floats, Floats]:
    """Ends seen less ends expected, by cell, and the information on a factor there."""

    def hazard(ages: Ages) -> Floats:
        found: Floats = -np.log(np.maximum(fit.law.survival(place, ages), _TINY))
        return found

    edges = np.concatenate(([0.0], hazard(Ages.of(borders)), [math.inf]))

    def passed(ages: Ages, weights: Floats) -> Floats:
        """Cumulative hazard spent in each cell by cases up to these ages."""
        if not len(weights):
            return np.zeros(len(edges) - 1)
        reached = np.minimum(hazard(ages)[:, None], edges[None, :])
        found: Floats = weights @ np.diff(reached, axis=1)
        return found

    def counted(ages: Floats, weights: Floats) -> Floats:
        cell = np.searchsorted(borders, ages, side="left")
        return np.bincount(cell, weights, len(edges) - 1).astype(np.float64)

    seen = counted(sample.exact.plain, sample.exact_weight)
    expected = passed(sample.exact, sample.exact_weight)
    expected += passed(sample.still, sample.still_weight)
    expected -= passed(sample.late, sample.late_weight)
    unknown = np.zeros(len(seen))
    if len(sample.between_weight):
        # An end within an interval: what its hazard is expected to be, and how unsure that is.
        seen += counted(sample.high.plain, sample.between_weight)
        expected += passed(sample.low, sample.between_weight)
        width = np.maximum(hazard(sample.high) - hazard(sample.low), 1e-12)
        part = width / np.expm1(np.minimum(width, 700.0))
        within = np.where(width < 1e-5, width / 2.0, 1.0 - part)
        spread = np.where(width < 1e-3, width**2 / 12.0, 1.0 - part * (part + width))
        expected += counted(sample.high.plain, sample.between_weight * within)
        unknown = counted(sample.high.plain, sample.between_weight * spread)
    return seen - expected, np.maximum(seen - unknown, 0.0)
