"""What plans that were not tried would show, from those that were: a Gaussian process.

C. E. Rasmussen & C. K. I. Williams, "Gaussian Processes for Machine Learning", MIT Press 2006,
chapters 2 and 5. Teams enter by the logarithm of their size: the fifth person changes more than
the fifteenth. A linear part lets the process go on beyond what was tried; a Matern 5/2 part bends
it where queues begin.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.linalg import cho_solve, cholesky, solve_triangular
from scipy.optimize import minimize

from simulator.experiment.statistics import Floats

_SQRT5 = 5.0**0.5
_JITTER = 1e-8
_LONGEST, _SHORTEST = 2.0, 0.15  # logarithms of size: a factor of seven, and of one sixth more
_START = 0.6
_MOST_STEPS = 40


class Surrogate:
    """A Gaussian process fitted to what plans have shown.

    Parameters
    ----------
    plans : array_like of int, shape (tried, teams)
    shown : ndarray of float64, shape (tried,)
        In whatever unit.
    errors : ndarray of float64, shape (tried,)
        Standard errors of these.
    start : ndarray of float64, optional
        Hyperparameters of an earlier fit, to begin from.
    """

    def __init__(
        self, plans: ArrayLike, shown: Floats, errors: Floats, start: Floats | None = None
    ) -> None:
        self._at = _placed(plans)
        self._center = float(np.mean(shown))
        self._scale = float(np.std(shown)) or 1.0
        self._shown = (shown - self._center) / self._scale
        self._noise = np.maximum((errors / self._scale) ** 2, _JITTER)
        self._middle = self._at.mean(axis=0)
        teams = self._at.shape[1]
        begin = np.log(np.r_[0.5, 1.0, np.full(teams, _START)]) if start is None else start
        # Two plans that are alike by luck do not say that all are.
        bounds = [(-2.0, 2.0), (-2.0, 2.0), *[(np.log(_SHORTEST), np.log(_LONGEST))] * teams]
        found = minimize(
            self._surprise, begin, method="L-BFGS-B", bounds=bounds,
            options={"maxiter": _MOST_STEPS},
        )  # fmt: skip
        self.parameters: Floats = np.asarray(found.x, dtype=np.float64)
        self._lower = cholesky(self._covariance(self.parameters), lower=True)
        self._weights = cho_solve((self._lower, True), self._shown)

    def __call__(self, plans: ArrayLike) -> tuple[Floats, Floats]:
        """Return mean and standard deviation for plans.

        Parameters
        ----------
        plans : array_like of int, shape (plans, teams)

        Returns
        -------
        mean, deviation : ndarray of float64, shape (plans,)
            In the unit of what was shown; of the plan itself, not of a run.
        """
        at = _placed(plans)
        across = self._kernel(at, self._at, self.parameters)
        mean = across @ self._weights
        half = solve_triangular(self._lower, across.T, lower=True)
        linear, bend = np.exp(self.parameters[:2])
        here = linear * (1.0 + ((at - self._middle) ** 2).sum(axis=1)) + bend
        variance = np.maximum(here - (half**2).sum(axis=0), _JITTER)
        return self._center + self._scale * mean, self._scale * np.sqrt(variance)

    def _kernel(self, one: Floats, other: Floats, parameters: Floats) -> Floats:
        linear, bend, *lengths = np.exp(parameters)
        straight = 1.0 + (one - self._middle) @ (other - self._middle).T
        a, b = one / lengths, other / lengths
        squares = (a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1)[None, :] - 2.0 * a @ b.T
        r = _SQRT5 * np.sqrt(np.maximum(squares, 0.0))
        kernel: Floats = linear * straight + bend * (1.0 + r + r**2 / 3.0) * np.exp(-r)
        return kernel

    def _covariance(self, parameters: Floats) -> Floats:
        covariance: Floats = self._kernel(self._at, self._at, parameters) + np.diag(self._noise)
        return covariance

    def _surprise(self, parameters: Floats) -> float:
        """Negative log marginal likelihood, with a weak pull towards usual lengths."""
        try:
            lower = cholesky(self._covariance(parameters), lower=True)
        except np.linalg.LinAlgError:
            return 1e10
        half = solve_triangular(lower, self._shown, lower=True)
        pull = float((((parameters - np.log(_START))[2:] / 1.0) ** 2).sum()) / 2.0
        return float(half @ half / 2.0 + np.log(np.diag(lower)).sum()) + pull


def _placed(plans: ArrayLike) -> Floats:
    """Put plans where the process sees them."""
    placed: Floats = np.log1p(np.asarray(plans, dtype=np.float64))
    return placed
