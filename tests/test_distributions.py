"""Every law against its own mean, variance and quantiles; arrivals against their intensity."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import special, stats

from simulator.organization.distributions import (
    CompiledLaw,
    LawKind,
    PiecewiseCumulative,
    compile_law,
    gamma_quantiles,
    lognormal_parameters,
    normal_quantile,
    quantile,
)
from simulator.organization.draws import make_key, uniforms
from simulator.scenario.fields import (
    Constant,
    Exponential,
    Law,
    Lognormal,
    Uniform,
    Weibull,
)

# Worked out to 40 digits with mpmath (sqrt(2) erfinv(2u - 1)) at the float nearest to u.
NORMAL_QUANTILES = [
    (1e-10, -6.3613409024040561991),
    (1e-5, -4.2648907939228246102),
    (0.001, -3.0902323061678135354),
    (0.02, -2.0537489106318230443),
    (0.07, -1.4757910281791706856),
    (0.075, -1.4395314709384559349),
    (0.25, -0.6744897501960817432),
    (0.4, -0.25334710313579974132),
    (0.499, -0.0025066308995717662317),
    (0.6, 0.25334710313579974132),
    (0.9, 1.2815515655446005935),
    (0.925, 1.4395314709384562291),
    (0.975, 1.9599639845400538556),
    (0.999, 3.0902323061678132778),
    (0.999999, 4.7534243088170877657),
]

LAWS = [
    CompiledLaw(LawKind.CONSTANT, 1.5),
    CompiledLaw(LawKind.CONSTANT, 0.0),
    CompiledLaw(LawKind.EXPONENTIAL, 0.3),
    CompiledLaw(LawKind.EXPONENTIAL, 60.0),
    CompiledLaw(LawKind.LOGNORMAL, 0.5, 0.25),
    CompiledLaw(LawKind.LOGNORMAL, -1.0, 0.9),
    CompiledLaw(LawKind.WEIBULL, 12.0, 0.7),
    CompiledLaw(LawKind.WEIBULL, 2.0, 1.0),
    CompiledLaw(LawKind.WEIBULL, 2.0, 4.0),
    CompiledLaw(LawKind.UNIFORM, 0.0, 1.0),
    CompiledLaw(LawKind.UNIFORM, 3.0, 7.0),
]
VARYING = [law for law in LAWS if law.kind != LawKind.CONSTANT]

probabilities = st.integers(0, 2**32 - 1).map(lambda n: (n + 0.5) * 2.0**-32)
laws = st.one_of(
    st.builds(CompiledLaw, st.just(LawKind.EXPONENTIAL), st.floats(1e-3, 1e3)),
    st.builds(CompiledLaw, st.just(LawKind.LOGNORMAL), st.floats(-5.0, 5.0), st.floats(0.01, 3.0)),
    st.builds(CompiledLaw, st.just(LawKind.WEIBULL), st.floats(1e-3, 1e3), st.floats(0.2, 20.0)),
    st.builds(
        lambda low, width: CompiledLaw(LawKind.UNIFORM, low, low + width),
        st.floats(0.0, 100.0),
        st.floats(0.01, 100.0),
    ),
)


def _scipy_law(law: CompiledLaw) -> Any:
    """Return SciPy's version of a law, which shares no code with ours."""
    match law.kind:
        case LawKind.EXPONENTIAL:
            return stats.expon(scale=law.a)
        case LawKind.LOGNORMAL:
            return stats.lognorm(s=law.b, scale=math.exp(law.a))
        case LawKind.WEIBULL:
            return stats.weibull_min(law.b, scale=law.a)
        case LawKind.UNIFORM:
            return stats.uniform(law.a, law.b - law.a)
    raise AssertionError(law)


def _sample(law: CompiledLaw, size: int) -> NDArray[np.float64]:
    numbers = uniforms(make_key(31, int(law.kind)), np.arange(size), 9, 0)
    return np.array([law.quantile(u) for u in numbers.tolist()])


@pytest.mark.parametrize(("u", "expected"), NORMAL_QUANTILES)
def test_the_normal_quantile_is_right_to_the_last_digits(u: float, expected: float) -> None:
    assert normal_quantile(u) == pytest.approx(expected, rel=1e-15 * 3, abs=0.0)


def test_the_normal_quantile_returns_wichuras_own_check_values() -> None:
    # Applied Statistics 37 (1988): p = 0.25, 0.001 and 1e-20, one for each branch.
    assert normal_quantile(0.25) == pytest.approx(-0.6744897501960817, rel=1e-15, abs=0.0)
    assert normal_quantile(0.001) == pytest.approx(-3.090232306167814, rel=1e-15, abs=0.0)
    assert normal_quantile(1e-20) == pytest.approx(-9.262340089798408, rel=1e-15, abs=0.0)


@given(probabilities)
def test_the_normal_quantile_agrees_with_scipy(u: float) -> None:
    assert normal_quantile(u) == pytest.approx(float(special.ndtri(u)), rel=4e-15, abs=0.0)


@given(probabilities)
def test_the_normal_quantile_is_odd_around_one_half(u: float) -> None:
    assert normal_quantile(1.0 - u) == -normal_quantile(u)


def test_the_normal_quantile_does_not_jump_where_its_formulas_meet() -> None:
    for meeting in (0.075, 0.925, math.exp(-25.0)):
        below = normal_quantile(math.nextafter(meeting, 0.0))
        above = normal_quantile(math.nextafter(meeting, 1.0))
        assert below == pytest.approx(above, rel=3e-15, abs=0.0)


@pytest.mark.parametrize("law", VARYING)
def test_mean_variance_and_quantiles_of_a_law_agree_with_scipy(law: CompiledLaw) -> None:
    theirs = _scipy_law(law)
    assert law.mean == pytest.approx(float(theirs.mean()), rel=1e-12)
    assert law.variance == pytest.approx(float(theirs.var()), rel=1e-10)
    for u in (1e-9, 1e-4, 0.05, 0.5, 0.9, 0.999, 1.0 - 1e-9):
        assert law.quantile(u) == pytest.approx(float(theirs.ppf(u)), rel=1e-10)


@pytest.mark.parametrize("law", LAWS)
def test_sampled_mean_and_variance_are_the_laws_own(law: CompiledLaw) -> None:
    size = 40_000
    values = _sample(law, size)
    deviations = (values - law.mean) ** 2
    error_of_mean = math.sqrt(law.variance / size)
    error_of_variance = float(deviations.std()) / math.sqrt(size)
    rounding = 1e-12
    assert abs(float(values.mean()) - law.mean) <= 4.0 * error_of_mean + rounding
    assert abs(float(deviations.mean()) - law.variance) <= 4.0 * error_of_variance + rounding


@pytest.mark.parametrize("law", VARYING)
def test_the_sampled_share_below_a_quantile_is_its_probability(law: CompiledLaw) -> None:
    size = 40_000
    values = _sample(law, size)
    for p in (0.1, 0.5, 0.9):
        share = float((values <= law.quantile(p)).mean())
        assert abs(share - p) < 4.0 * math.sqrt(p * (1.0 - p) / size)


@given(laws, probabilities, probabilities)
def test_a_larger_number_never_gives_a_smaller_value(
    law: CompiledLaw, first: float, second: float
) -> None:
    low, high = sorted((first, second))
    # The normal quantile is monotone up to rounding in its last bits.
    assert law.quantile(low) <= law.quantile(high) * (1.0 + 1e-13)
    if high - low > 1e-6:
        assert law.quantile(low) < law.quantile(high)


@given(laws, probabilities)
def test_values_stay_in_the_support_of_their_law(law: CompiledLaw, u: float) -> None:
    value = law.quantile(u)
    assert math.isfinite(value)
    if law.kind == LawKind.UNIFORM:
        assert law.a <= value <= law.b
    else:
        assert value > 0.0


@given(laws, st.floats(0.001, 0.999))
def test_the_quantile_undoes_the_distribution_function(law: CompiledLaw, u: float) -> None:
    value = law.quantile(u)
    assert float(_scipy_law(law).cdf(value)) == pytest.approx(u, rel=1e-9)


def test_a_quantile_of_an_unknown_law_is_refused() -> None:
    with pytest.raises(ValueError, match="no such law"):
        quantile(99, 1.0, 1.0, 0.5)


@given(laws, st.floats(0.01, 100.0), probabilities)
def test_a_scaled_law_gives_scaled_values_mean_and_variance(
    law: CompiledLaw, factor: float, u: float
) -> None:
    scaled = law.scaled(factor)
    assert scaled.kind == law.kind
    assert scaled.quantile(u) == pytest.approx(factor * law.quantile(u), rel=1e-12)
    assert scaled.mean == pytest.approx(factor * law.mean, rel=1e-12)
    assert scaled.variance == pytest.approx(factor**2 * law.variance, rel=1e-9)


@pytest.mark.parametrize("law", LAWS)
def test_scaling_by_zero_gives_the_constant_zero(law: CompiledLaw) -> None:
    assert law.scaled(0.0) == CompiledLaw(LawKind.CONSTANT, 0.0)


@pytest.mark.parametrize("factor", [-0.1, math.inf, math.nan])
def test_scaling_by_nonsense_is_refused(factor: float) -> None:
    with pytest.raises(ValueError, match="factor"):
        CompiledLaw(LawKind.EXPONENTIAL, 1.0).scaled(factor)


def test_a_compiled_law_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        CompiledLaw(LawKind.EXPONENTIAL, 1.0).a = 2.0  # type: ignore[misc]


IN_HOURS: list[tuple[Law, Law]] = [
    (
        Constant(law="constant", unit="hours", value=4.0),
        Constant(law="constant", unit="days", value=0.5),
    ),
    (
        Exponential(law="exponential", unit="hours", mean=12.0),
        Exponential(law="exponential", unit="days", mean=1.5),
    ),
    (
        Lognormal(law="lognormal", unit="hours", median=2.0, p90=6.0),
        Lognormal(law="lognormal", unit="days", median=0.25, p90=0.75),
    ),
    (
        Weibull(law="weibull", unit="hours", mean=16.0, shape=0.8),
        Weibull(law="weibull", unit="days", mean=2.0, shape=0.8),
    ),
    (
        Uniform(law="uniform", unit="hours", low=2.0, high=4.0),
        Uniform(law="uniform", unit="days", low=0.25, high=0.5),
    ),
]


@pytest.mark.parametrize(("hours", "days"), IN_HOURS)
def test_eight_hours_of_work_are_one_business_day(hours: Law, days: Law) -> None:
    assert compile_law(hours) == compile_law(days)


@pytest.mark.parametrize(("hours", "days"), IN_HOURS)
def test_a_shorter_business_day_makes_more_days_of_the_same_hours(hours: Law, days: Law) -> None:
    assert compile_law(hours, hours_per_day=4.0).mean == pytest.approx(2 * compile_law(hours).mean)
    assert compile_law(days, hours_per_day=4.0) == compile_law(days)


def test_compiled_laws_have_what_the_scenario_names() -> None:
    constant, exponential, lognormal, weibull, uniform = (compile_law(days) for _, days in IN_HOURS)
    assert constant.quantile(0.123) == 0.5
    assert exponential.mean == 1.5
    assert lognormal.quantile(0.5) == pytest.approx(0.25, rel=1e-14)
    assert lognormal.quantile(0.9) == pytest.approx(0.75, rel=1e-14)
    assert weibull.mean == pytest.approx(2.0, rel=1e-14)
    assert weibull.b == 0.8
    assert (uniform.a, uniform.b) == (0.25, 0.5)


@pytest.mark.parametrize("hours", [0.0, -8.0, math.inf, math.nan])
def test_a_business_day_without_hours_is_refused(hours: float) -> None:
    with pytest.raises(ValueError, match="hours_per_day"):
        compile_law(IN_HOURS[0][0], hours_per_day=hours)


@pytest.mark.parametrize(
    ("median", "p90"), [(0.0, 1.0), (-1.0, 1.0), (1.0, 1.0), (2.0, 1.0), (1.0, math.inf)]
)
def test_lognormal_percentiles_out_of_order_are_refused(median: float, p90: float) -> None:
    with pytest.raises(ValueError, match="median"):
        lognormal_parameters(median, p90)


@pytest.mark.parametrize(("mean", "variance"), [(1.0, 0.3), (1.0, 4.0), (20.0, 50.0)])
def test_gamma_values_have_the_mean_and_variance_asked_for(mean: float, variance: float) -> None:
    size = 100_000
    values = gamma_quantiles(mean, variance, uniforms(make_key(41, 0), np.arange(size), 1, 0))
    deviations = (values - mean) ** 2
    assert abs(float(values.mean()) - mean) < 4.0 * math.sqrt(variance / size)
    error = float(deviations.std()) / math.sqrt(size)
    assert abs(float(deviations.mean()) - variance) < 4.0 * error


def test_gamma_quantiles_agree_with_scipys_law_and_keep_the_shape() -> None:
    u = np.array([[0.01, 0.3], [0.7, 0.999]])
    expected = stats.gamma.ppf(u, 4.0 / 3.0, scale=1.5)
    np.testing.assert_allclose(gamma_quantiles(2.0, 3.0, u), expected, rtol=1e-10)


def test_a_gamma_law_without_variance_is_its_mean() -> None:
    np.testing.assert_array_equal(gamma_quantiles(3.0, 0.0, np.array([0.1, 0.9])), [3.0, 3.0])


@pytest.mark.parametrize(
    ("mean", "variance"), [(0.0, 1.0), (-1.0, 1.0), (math.inf, 1.0), (1.0, -1.0), (1.0, math.nan)]
)
def test_impossible_gamma_moments_are_refused(mean: float, variance: float) -> None:
    with pytest.raises(ValueError, match="must be"):
        gamma_quantiles(mean, variance, np.array([0.5]))


def test_arrival_times_by_hand() -> None:
    # Two arrivals on day 0, none on day 1, four on day 2.
    clock = PiecewiseCumulative([2.0, 0.0, 4.0])
    assert clock.days == 3
    assert clock.total == 6.0
    assert clock.time_of(0.0) == 0.0
    assert clock.time_of(1.0) == 0.5
    assert clock.time_of(2.0) == math.nextafter(1.0, 0.0)
    assert clock.time_of(3.0) == 2.25
    assert clock.time_of(6.0) == math.nextafter(3.0, 0.0)
    assert clock.time_of(6.000001) == math.inf
    assert clock.cumulative_at(0.5) == 1.0
    assert clock.cumulative_at(1.5) == 2.0
    assert clock.cumulative_at(2.25) == 3.0
    assert clock.cumulative_at(1000.0) == 6.0


def test_nothing_arrives_before_the_first_day_with_arrivals() -> None:
    assert PiecewiseCumulative([0.0, 0.0, 1.0]).time_of(1e-9) >= 2.0


def test_without_days_nothing_arrives() -> None:
    assert PiecewiseCumulative([]).time_of(0.1) == math.inf
    assert PiecewiseCumulative([0.0, 0.0]).time_of(0.1) == math.inf


intensities = st.lists(
    st.one_of(st.just(0.0), st.floats(1e-3, 50.0)), min_size=1, max_size=40
).filter(lambda daily: sum(daily) > 0.0)


@given(intensities, st.floats(0.0, 1.0))
def test_time_and_cumulative_intensity_undo_each_other(daily: list[float], part: float) -> None:
    clock = PiecewiseCumulative(daily)
    cumulative = part * clock.total
    time = clock.time_of(cumulative)
    assert 0.0 <= time <= clock.days
    assert clock.cumulative_at(time) == pytest.approx(cumulative, rel=1e-9, abs=1e-9)
    if cumulative > 0.0:
        assert daily[int(time)] > 0.0


@given(intensities, st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_more_expected_arrivals_never_come_earlier(
    daily: list[float], first: float, second: float
) -> None:
    clock = PiecewiseCumulative(daily)
    low, high = sorted((first, second))
    assert clock.time_of(low * clock.total) <= clock.time_of(high * clock.total)


def test_unit_rate_gaps_become_arrivals_at_the_intensity_of_each_day() -> None:
    daily = [3.0, 0.0, 10.0, 0.5, 7.0]
    clock = PiecewiseCumulative(daily)
    runs = 4000
    counts = np.zeros((runs, len(daily)))
    unit = CompiledLaw(LawKind.EXPONENTIAL, 1.0)
    numbers = uniforms(make_key(51, 0), np.arange(runs)[:, np.newaxis], 2, np.arange(80))
    for run, row in enumerate(numbers.tolist()):
        cumulative = 0.0
        for u in row:
            cumulative += unit.quantile(u)
            time = clock.time_of(cumulative)
            if time == math.inf:
                break
            counts[run, int(time)] += 1
        else:
            raise AssertionError("80 gaps were too few")
    for day, expected in enumerate(daily):
        # Poisson: the variance is the mean.
        error = math.sqrt(expected / runs)
        assert abs(float(counts[:, day].mean()) - expected) <= 4.0 * error
        deviations = (counts[:, day] - expected) ** 2
        error = float(deviations.std()) / math.sqrt(runs)
        assert abs(float(deviations.mean()) - expected) <= 4.0 * error


@pytest.mark.parametrize("wrong", [[-1.0], [math.nan], [math.inf], [[1.0]], 1.0])
def test_impossible_intensities_are_refused(wrong: list[float]) -> None:
    with pytest.raises(ValueError, match="intensities"):
        PiecewiseCumulative(wrong)


@pytest.mark.parametrize("wrong", [-1e-9, math.nan])
def test_negative_arguments_of_the_arrival_clock_are_refused(wrong: float) -> None:
    clock = PiecewiseCumulative([1.0])
    with pytest.raises(ValueError, match="cumulative"):
        clock.time_of(wrong)
    with pytest.raises(ValueError, match="time"):
        clock.cumulative_at(wrong)
