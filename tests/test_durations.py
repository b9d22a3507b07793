"""Laws of durations: formulas, recovery, intervals, the test of fit, and real files."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from scipy import stats

from simulator.calibration.estimating import likelihood
from simulator.calibration.estimating.durations import Durations, LawFit, fit_durations
from simulator.calibration.estimating.goodness_of_fit import p_value
from simulator.calibration.estimating.laws import LAWS, WITH_CURE, Ages
from simulator.calibration.estimating.likelihood import maximize, sample_of
from simulator.calibration.working_time import BUSINESS_DAYS_A_WEEKDAY

Floats = NDArray[np.float64]
Marks = NDArray[np.int64]
Draw = Callable[[np.random.Generator, int], Floats]
DATA = Path(__file__).parents[2] / "shared" / "data"
REPETITIONS = 150

PLACES: dict[str, list[float]] = {
    "exponential": [2.5],
    "gamma": [math.log(0.7), 3.0],
    "Weibull": [math.log(1.4), 3.0],
    "lognormal": [2.5, 0.1],
    "log-logistic": [2.5, 0.5],
    "two lognormals": [0.4, 1.0, -0.7, 3.3, -0.9],
}
DRAWS: dict[str, Draw] = {
    "exponential": lambda rng, n: rng.exponential(12.0, n),
    "gamma": lambda rng, n: rng.gamma(0.7, 30.0, n),
    "Weibull": lambda rng, n: 20.0 * rng.weibull(1.4, n),
    "lognormal": lambda rng, n: rng.lognormal(2.5, 1.0, n),
    "log-logistic": lambda rng, n: np.exp(2.5 + rng.logistic(0.0, 0.6, n)),
    "two lognormals": lambda rng, n: two_waves(rng, n),
}
TRUE_QUANTILES: dict[str, Callable[[float], float]] = {
    "exponential": lambda q: float(stats.expon.ppf(q, scale=12.0)),
    "gamma": lambda q: float(stats.gamma.ppf(q, 0.7, scale=30.0)),
    "Weibull": lambda q: float(stats.weibull_min.ppf(q, 1.4, scale=20.0)),
    "lognormal": lambda q: float(stats.lognorm.ppf(q, 1.0, scale=math.exp(2.5))),
    "log-logistic": lambda q: float(stats.fisk.ppf(q, 1.0 / 0.6, scale=math.exp(2.5))),
}


def two_waves(rng: np.random.Generator, n: int) -> Floats:
    """Half end soon, half a good while later."""
    return np.where(rng.random(n) < 0.5, rng.lognormal(1.0, 0.5, n), rng.lognormal(3.3, 0.4, n))


def seen(
    rng: np.random.Generator, ends: Floats, longest: float, cure: float = 0.0, late: bool = False
) -> tuple[Floats, Floats, Marks]:
    """Ends as files show them: open cases, cases that never end, cases seen late."""
    n = len(ends)
    ends = np.where(rng.random(n) < cure, np.inf, ends)
    followed = rng.uniform(0.0, longest, n)
    entry = np.where(rng.random(n) < (0.4 if late else 0.0), rng.uniform(0.0, longest / 5, n), 0.0)
    exits, event = np.minimum(ends, followed), (ends <= followed).astype(np.int64)
    kept = (entry <= 0.0) | (exits > entry)
    return entry[kept], exits[kept], event[kept]


def all_ended(ends: Floats, laws: list[str] | None = None, whole_days: bool = False) -> Durations:
    event = np.ones(len(ends), dtype=np.int64)
    return fit_durations("x", 0.0, ends, event, whole_days, laws or list(LAWS))


def only(found: Durations) -> LawFit:
    assert len(found.fits) == 1
    return found.fits[0]


# ------------------------------------------------------------------ formulas


def theirs(name: str, place: list[float]) -> stats.rv_frozen:  # type: ignore[name-defined]
    p = [math.exp(x) for x in place]
    if name == "exponential":
        return stats.expon(scale=p[0])
    if name == "gamma":
        return stats.gamma(p[0], scale=p[1] / p[0])
    if name == "Weibull":
        return stats.weibull_min(p[0], scale=p[1])
    if name == "lognormal":
        return stats.lognorm(p[1], scale=p[0])
    return stats.fisk(p[1], scale=p[0])


@pytest.mark.parametrize("name", list(TRUE_QUANTILES))
def test_formulas_are_those_of_scipy(name: str) -> None:
    law, place, ages = LAWS[name], np.array(PLACES[name]), np.array([0.01, 0.5, 3.0, 40.0, 300.0])
    right = theirs(name, PLACES[name])
    assert law.log_density(place, Ages.of(ages)) == pytest.approx(right.logpdf(ages), rel=1e-9)
    assert law.survival(place, Ages.of(ages)) == pytest.approx(right.sf(ages), rel=1e-9)
    assert law.survival(place, Ages.of(np.zeros(1)))[0] == 1.0
    for level in (0.1, 0.5, 0.9):
        assert law.quantile(place, level) == pytest.approx(right.ppf(level), rel=1e-9)


@pytest.mark.parametrize("name", list(LAWS))
def test_density_survival_and_quantile_agree(name: str) -> None:
    law = LAWS[name]
    place = np.array([*PLACES[name.removesuffix(WITH_CURE)], *([0.3] if law.cure else [])])
    assert len(place) == law.free
    ends = 1.0 / (1.0 + math.exp(-0.3)) if law.cure else 1.0
    for level in (0.2, 0.5, 0.9):
        at = law.quantile(place, level)
        around = Ages.of(np.array([at, at * (1.0 - 1e-5), at * (1.0 + 1e-5)]))
        left = law.survival(place, around)
        assert 1.0 - left[0] == pytest.approx(ends * level, rel=1e-6)
        slope = (left[1] - left[2]) / (at * 2e-5)
        assert math.exp(law.log_density(place, around)[0]) == pytest.approx(slope, rel=1e-4)


def test_parameters_have_their_usual_names() -> None:
    told = LAWS["lognormal with cure"].told(np.array([math.log(9.0), math.log(1.5), 0.0]))
    assert told == pytest.approx({"median": 9.0, "sigma": 1.5, "share": 0.5})
    # The quicker part comes first, whichever the search put there.
    swapped = LAWS["two lognormals"].told(np.array([2.0, 3.0, 0.0, 1.0, 0.1]))
    assert swapped["median_first"] == pytest.approx(math.e)
    assert swapped["share_first"] == pytest.approx(1.0 - 1.0 / (1.0 + math.exp(-2.0)))


# ------------------------------------------------------------------ recovery


@pytest.mark.parametrize("name", list(TRUE_QUANTILES))
def test_each_law_is_recovered_from_open_and_late_seen_cases(name: str) -> None:
    rng = np.random.default_rng(20)
    cases = seen(rng, DRAWS[name](rng, 4000), 60.0, late=True)
    fit = only(fit_durations("x", *cases, laws=[name]))
    for level, told in ((0.5, fit.median), (0.9, fit.p90)):
        truth = math.log(TRUE_QUANTILES[name](level))
        assert abs(math.log(told.value) - truth) < 4.0 * told.error
    assert fit.fits
    assert fit.distance < 0.06


@pytest.mark.parametrize("name", list(TRUE_QUANTILES))
def test_each_law_is_recovered_with_its_cure_fraction(name: str) -> None:
    rng = np.random.default_rng(21)
    cases = seen(rng, DRAWS[name](rng, 4000), 250.0, cure=0.6)
    found = fit_durations("x", *cases, laws=[name, name + WITH_CURE])
    fit = found.fits[0]
    # With a share that never ends the plain law is far off.
    assert fit.law == name + WITH_CURE
    assert found.fits[1].aic > fit.aic + 100.0
    assert fit.cure is not None
    assert fit.cure.low < 0.6 < fit.cure.high or abs(fit.cure.value - 0.6) < 0.04
    truth = math.log(TRUE_QUANTILES[name](0.5))
    assert abs(math.log(fit.median.value) - truth) < 4.0 * fit.median.error
    assert fit.parameters["share"] == pytest.approx(1.0 - fit.cure.value)


def test_two_waves_are_recovered() -> None:
    rng = np.random.default_rng(35)
    cases = seen(rng, two_waves(rng, 4000), 150.0, cure=0.5)
    found = fit_durations("x", *cases)
    assert found.best is not None
    assert found.best.law == "two lognormals" + WITH_CURE
    told = found.best.parameters
    assert told["share_first"] == pytest.approx(0.5, abs=0.05)
    assert told["median_first"] == pytest.approx(math.e, rel=0.1)
    assert told["median_second"] == pytest.approx(math.exp(3.3), rel=0.1)
    assert told["share"] == pytest.approx(0.5, abs=0.04)


@pytest.mark.parametrize("name", ["Weibull", "lognormal", "log-logistic"])
def test_the_true_family_has_the_lowest_aic_of_the_plain_ones(name: str) -> None:
    rng = np.random.default_rng(23)
    cases = seen(rng, DRAWS[name](rng, 3000), 150.0)
    found = fit_durations("x", *cases, laws=list(TRUE_QUANTILES))
    assert found.fits[0].law == name
    assert found.best is found.fits[0]
    ranks = [one.aic for one in found.fits]
    assert ranks == sorted(ranks)


def test_the_curve_of_a_fit_follows_the_cases() -> None:
    rng = np.random.default_rng(24)
    cases = seen(rng, DRAWS["gamma"](rng, 3000), 200.0, cure=0.3)
    found = fit_durations("x", *cases)
    assert found.best is not None
    ages = np.array([5.0, 20.0, 80.0])
    assert found.best.ended(ages) == pytest.approx(found.empirical.shares(ages), abs=0.03)
    assert found.best.quantile(0.5) == pytest.approx(found.best.median.value)
    assert (found.n, found.censored) == (len(cases[1]), int((cases[2] == 0).sum()))


def test_whole_days_are_read_as_intervals() -> None:
    rng = np.random.default_rng(25)
    days = rng.lognormal(0.7, 0.9, 3000)  # two days at the median: a day matters
    right = only(all_ended(np.round(days), ["lognormal"], whole_days=True))
    naive = only(all_ended(np.round(days), ["lognormal"]))
    assert right.median.low < math.exp(0.7) < right.median.high
    assert right.parameters["sigma"] == pytest.approx(0.9, abs=0.04)
    assert right.fits
    assert not naive.fits
    # Weekdays in business days are as whole as days.
    step = BUSINESS_DAYS_A_WEEKDAY
    other = only(all_ended(np.round(days) * step, ["lognormal"], whole_days=True))
    assert other.median.value == pytest.approx(right.median.value * step, rel=1e-4)


def test_very_many_values_are_put_into_classes_without_harm(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rng = np.random.default_rng(26)
    cases = seen(rng, DRAWS["lognormal"](rng, 20_000), 100.0, cure=0.5, late=True)
    laws = ["lognormal with cure"]
    coarse = only(fit_durations("x", *cases, laws=laws))
    monkeypatch.setattr(likelihood, "_MOST_VALUES", 10**9)
    fine = only(fit_durations("x", *cases, laws=laws))
    assert coarse.median.value == pytest.approx(fine.median.value, rel=0.1 * fine.median.error)
    assert coarse.median.error == pytest.approx(fine.median.error, rel=0.01)
    assert coarse.log_likelihood == pytest.approx(fine.log_likelihood, abs=1.0)


# ------------------------------------------------------------------ intervals


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize(("name", "cure"), [("Weibull", 0.0), ("lognormal with cure", 0.4)])
def test_intervals_cover_at_the_nominal_rate(name: str, cure: float, late: bool) -> None:
    plain = name.removesuffix(WITH_CURE)
    rng = np.random.default_rng(27)
    inside = np.zeros(3)
    for _ in range(REPETITIONS):
        # Half of those that end are still open, the plain ones; with a cure fraction a third.
        cases = seen(rng, DRAWS[plain](rng, 300), 120.0 if cure else 36.0, cure, late)
        fit = only(fit_durations("x", *cases, laws=[name]))
        truths = [TRUE_QUANTILES[plain](0.5), TRUE_QUANTILES[plain](0.9), cure]
        told = [fit.median, fit.p90, fit.cure]
        inside += [t is None or t.low <= v <= t.high for t, v in zip(told, truths, strict=True)]
    lowest = 0.95 - 3.0 * math.sqrt(0.95 * 0.05 / REPETITIONS)
    assert (inside / REPETITIONS >= lowest).all(), inside / REPETITIONS


# ------------------------------------------------------------------ whether a law fits


def p_values(
    draw: Draw, law: str, n: int, whole_days: bool = False, cure: float = 0.0, late: bool = False
) -> Floats:
    rng = np.random.default_rng(28)
    found = []
    for _ in range(REPETITIONS):
        ends = draw(rng, n)
        entry, exits, event = seen(rng, np.round(ends) if whole_days else ends, 70.0, cure, late)
        sample = sample_of(entry, exits, event, whole_days)
        best = maximize(LAWS[law], sample, float(event.mean()))
        assert best is not None
        found.append(p_value(best, sample))
    return np.array(found)


@pytest.mark.parametrize(
    ("name", "n", "whole_days", "cure", "late"),
    [
        ("exponential", 60, False, 0.0, False),
        ("lognormal", 150, False, 0.0, True),
        ("lognormal", 800, False, 0.5, False),
        ("Weibull", 200, True, 0.0, True),
        ("gamma", 200, False, 0.0, False),
    ],
)
def test_a_true_law_is_refused_no_more_often_than_stated(
    name: str, n: int, whole_days: bool, cure: float, late: bool
) -> None:
    law = name + WITH_CURE if cure else name
    found = p_values(DRAWS[name], law, n, whole_days, cure, late)
    for level in (0.01, 0.05, 0.2):
        most = level + 3.0 * math.sqrt(level * (1.0 - level) / REPETITIONS)
        assert (found < level).mean() <= most, level
    # It is not asleep either: values below a half come about half the time.
    assert 0.3 <= (found < 0.5).mean() <= 0.65


@pytest.mark.parametrize("law", ["lognormal", "Weibull", "gamma", "log-logistic"])
def test_two_waves_are_told_from_one(law: str) -> None:
    assert (p_values(two_waves, law, 150)[:40] < 0.01).mean() >= 0.9


def test_where_no_law_fits_the_empirical_one_is_kept_and_it_is_said() -> None:
    rng = np.random.default_rng(29)
    # Three sharp waves: more than any of the laws can follow.
    ends = np.concatenate([rng.normal(m, 1.0, 300) for m in (10.0, 40.0, 70.0)])
    found = all_ended(ends)
    assert found.best is None
    assert [one.kind for one in found.findings] == ["no_law_fits"]
    assert "no standard law fits the 900 durations" in found.findings[0].words
    assert found.empirical.quantile(0.5, 100.0) == pytest.approx(40.0, abs=0.5)


def test_a_law_of_cases_that_never_end_is_not_one_of_a_hundred_years() -> None:
    rng = np.random.default_rng(30)
    found = fit_durations("x", *seen(rng, two_waves(rng, 1500), 120.0, cure=0.8))
    assert found.best is not None
    assert found.best.median.value < found.empirical.last
    assert found.best.cure is not None


def test_what_lies_beyond_the_seen_is_said() -> None:
    rng = np.random.default_rng(31)
    cases = seen(rng, rng.exponential(100.0, 2000), 60.0)
    found = fit_durations("x", *cases, laws=["exponential"])
    assert found.best is not None
    assert found.best.median.low < 100.0 * math.log(2.0) < found.best.median.high
    assert "longer than the longest one that could be seen" in found.findings[-1].words


# ------------------------------------------------------------------ edges


def test_without_an_end_nothing_is_fitted() -> None:
    found = fit_durations("x", 0.0, np.arange(50.0), np.zeros(50, dtype=np.int64))
    assert (found.fits, found.best, found.n, found.censored) == ((), None, 50, 50)
    assert found.findings[0].kind == "few_cases"
    nothing = fit_durations("x", 0.0, np.empty(0), np.empty(0, dtype=np.int64))
    assert (nothing.fits, nothing.n) == ((), 0)


def test_one_end_is_too_few_for_a_law() -> None:
    found = fit_durations("x", 0.0, np.arange(1.0, 9.0), np.eye(8, dtype=np.int64)[0])
    assert found.fits == ()
    assert "1 of 8 cases have ended" in found.findings[0].words


def test_equal_durations_give_no_law() -> None:
    found = all_ended(np.full(100, 7.0))
    assert (found.fits, found.best) == ((), None)
    assert "too alike" in found.findings[0].words
    assert found.empirical.quantile(0.5, 10.0) == 7.0


def test_two_different_durations_are_no_exponential_law() -> None:
    found = all_ended(np.repeat([7.0, 8.0], 50))
    assert [one.law for one in found.fits] == ["exponential"]
    assert found.best is None
    assert found.findings[0].kind == "no_law_fits"


def test_nothing_but_zeros_stops_nothing() -> None:
    for whole in (False, True):
        found = all_ended(np.zeros(100), whole_days=whole)
        assert all(math.isfinite(one.aic) for one in found.fits)
        assert found.empirical.at(0.0) == 1.0


def test_some_zeros_are_short_durations() -> None:
    rng = np.random.default_rng(32)
    days = np.concatenate((np.zeros(10), rng.lognormal(2.0, 1.0, 500)))
    found = all_ended(days)
    assert found.best is not None
    assert found.best.median.value == pytest.approx(math.exp(2.0), rel=0.2)


def test_few_durations_get_a_law_that_nobody_could_refuse_and_it_is_said() -> None:
    rng = np.random.default_rng(33)
    found = all_ended(rng.exponential(10.0, 9))
    assert found.best is not None
    assert math.isnan(found.best.p_value)
    assert all(one.law in LAWS and LAWS[one.law].free <= 2 for one in found.fits)
    assert "too few to tell whether a law fits" in found.findings[-1].words


def test_negative_and_missing_durations_are_left_out() -> None:
    rng = np.random.default_rng(34)
    days = rng.exponential(10.0, 200)
    broken = np.concatenate((days, [-1.2, math.nan]))
    found = all_ended(broken, ["exponential"])
    assert (found.n, found.negative) == (200, 1)
    assert found.findings[0].kind == "negative_duration"
    assert only(found).parameters["mean"] == pytest.approx(days.mean())


def test_another_kind_of_end_is_refused_rather_than_misread() -> None:
    with pytest.raises(ValueError, match="give 0 and the follow-up"):
        fit_durations("x", 0.0, np.array([1.0, 2.0]), np.array([1, 2]))


# ------------------------------------------------------------------ real files


@pytest.fixture(scope="module")
def olist() -> pd.DataFrame:
    if not (DATA / "olist").exists():
        pytest.skip("the real funnel's files are not here")
    leads = pd.read_csv(
        DATA / "olist" / "olist_marketing_qualified_leads_dataset.csv",
        parse_dates=["first_contact_date"],
    )
    deals = pd.read_csv(DATA / "olist" / "olist_closed_deals_dataset.csv", parse_dates=["won_date"])
    table = leads.merge(deals[["mql_id", "won_date"]], on="mql_id", how="left")
    table = table[table["first_contact_date"] >= "2018-01-01"]
    begun = table["first_contact_date"]
    table["days"] = (table["won_date"] - begun).dt.total_seconds() / 86400.0
    table["followed"] = (pd.Timestamp("2018-11-15") - begun).dt.total_seconds() / 86400.0
    return table


def test_the_laws_of_real_wins_are_those_of_the_readme(olist: pd.DataFrame) -> None:
    found = all_ended(olist["days"].dropna().to_numpy())
    assert (found.n, found.negative) == (780, 1)
    aic = {one.law: one.aic for one in found.fits}
    # Calendar days of the wins alone, as the data's README has them.
    told = {"lognormal": 6946, "Weibull": 7017, "gamma": 7059, "exponential": 7168}
    for law, value in told.items():
        assert aic[law] == pytest.approx(value, abs=0.6), law
    assert found.best is not None
    assert found.best.law == "two lognormals"
    assert aic["two lognormals"] < aic["lognormal"] - 20.0


def test_the_real_funnel_signs_a_share_in_the_end_and_in_two_waves(olist: pd.DataFrame) -> None:
    event = olist["days"].notna().to_numpy().astype(np.int64)
    exits = np.where(event == 1, olist["days"], olist["followed"])
    found = fit_durations("lead_to_win", 0.0, exits, event)
    fits = {one.law: one for one in found.fits}
    cured = fits["lognormal with cure"]
    assert cured.parameters["share"] == pytest.approx(0.138, abs=0.0006)
    order = ["lognormal", "Weibull", "gamma", "exponential"]
    ranks = [fits[law + WITH_CURE].aic for law in order]
    assert ranks == sorted(ranks)
    assert fits["two lognormals with cure"].aic < cured.aic - 20.0
    assert not cured.fits
    assert found.best is not None
    assert found.best.law == "two lognormals with cure"


def test_no_standard_law_fits_the_teaching_data() -> None:
    path = DATA / "maven_crm" / "sales_pipeline.csv"
    if not path.exists():
        pytest.skip("the teaching data are not here")
    table = pd.read_csv(path, parse_dates=["engage_date", "close_date"])
    table = table[table["engage_date"] >= "2017-03-01"]
    ended, won = table["close_date"].notna().to_numpy(), table["deal_stage"] == "Won"
    days = (table["close_date"] - table["engage_date"]).dt.days.to_numpy(dtype=np.float64)
    followed = (pd.Timestamp("2017-12-31") - table["engage_date"]).dt.days.to_numpy(float)
    for mine in (won, ~won):
        event = (ended & mine.to_numpy()).astype(np.int64)
        exits = np.where(event == 1, days, followed)
        found = fit_durations("deal", 0.0, exits, event, whole_days=True)
        assert found.best is None
        assert "no_law_fits" in [one.kind for one in found.findings]
