"""Closed forms against quadrature, series and published numbers; fits against known truth."""

from math import comb

import mpmath
import numpy as np
import pandas as pd
import pytest
import sympy as sp
from excitable.analysis import (
    FI_FUNCTIONS,
    fit_all,
    fit_fi,
    lif_rate,
    lif_rate_asymptote,
    lif_rheobase,
    onset,
    qif_rate,
    residuals,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad

TEACHING = {"R": 10.0, "tau": 10.0, "E_L": -65.0, "V_reset": -65.0, "V_th": -50.0}
UNLIKE_REST = {"R": 25.0, "tau": 17.0, "E_L": -70.0, "V_reset": -58.0, "V_th": -52.0}


# --- LIF --------------------------------------------------------------------------------------
def test_lif_has_the_reference_rates():
    """By hand: 1/(10 ms ln 4) = 72.1347520 Hz and 1/(10 ms ln(50/35)) = 280.3673252 Hz."""
    assert lif_rheobase(R=10.0, E_L=-65.0, V_th=-50.0) == 1.5
    assert lif_rate(2.0, **TEACHING) == pytest.approx(72.1347520, abs=5e-8)
    assert lif_rate(5.0, **TEACHING) == pytest.approx(280.3673252, abs=5e-8)


@pytest.mark.parametrize("cell", [TEACHING, UNLIKE_REST])
@pytest.mark.parametrize("t_ref", [0.0, 3.0])
@pytest.mark.parametrize("excess", [1e-3, 0.5, 20.0])
def test_lif_period_is_the_integral_of_dt_over_dv(cell, t_ref, excess):
    I = lif_rheobase(R=cell["R"], E_L=cell["E_L"], V_th=cell["V_th"]) + excess
    charging, _ = quad(
        lambda v: cell["tau"] / (cell["E_L"] - v + cell["R"] * I),
        cell["V_reset"],
        cell["V_th"],
        epsabs=1e-12,
        epsrel=1e-12,
    )
    expected = 1000 / (t_ref + charging)
    assert lif_rate(I, **cell, t_ref=t_ref) == pytest.approx(expected, rel=1e-9)


@given(
    R=st.floats(0.1, 1000),
    E_L=st.floats(-90, -50),
    above=st.floats(0.1, 40),
    below=st.floats(0.1, 40),
)
def test_lif_is_silent_exactly_up_to_its_rheobase(R, E_L, above, below):
    cell = {"R": R, "E_L": E_L, "V_th": E_L + above}
    rheobase = lif_rheobase(**cell)
    cell |= {"tau": 10.0, "V_reset": cell["V_th"] - below}
    assert lif_rate(rheobase, **cell) == 0
    assert lif_rate(rheobase - 1, **cell) == 0
    assert lif_rate(rheobase * (1 + 1e-9) + 1e-9, **cell) > 0


@given(st.lists(st.floats(-5, 1e4), min_size=2, max_size=20), st.floats(0, 5))
def test_lif_rate_grows_with_the_current_and_stays_below_the_refractory_limit(currents, t_ref):
    rate = lif_rate(np.sort(currents), **TEACHING, t_ref=t_ref)
    assert np.all(np.diff(rate) >= 0)
    assert np.all(rate * t_ref <= 1000)


@given(st.floats(1.6, 100), st.floats(0.1, 10))
def test_lif_rate_scales_with_inverse_time(I, factor):
    slow = TEACHING | {"tau": factor * TEACHING["tau"]}
    assert lif_rate(I, **slow, t_ref=2 * factor) == pytest.approx(
        lif_rate(I, **TEACHING, t_ref=2.0) / factor
    )


def test_lif_rate_keeps_its_digits_at_huge_currents():
    I = 1e9
    with mpmath.workdps(50):
        x = mpmath.mpf(10) * I
        exact = 1000 / (10 * mpmath.log((x) / (x - 15)))
    assert lif_rate(I, **TEACHING) == pytest.approx(float(exact), rel=1e-14)


def test_asymptote_is_the_series_of_the_rate_at_infinity():
    """sympy expands 1/(tau ln(...)) in powers of 1/I: the linear, constant and next term."""
    I, R, tau, E_L, V_r, V_th, w = sp.symbols("I R tau E_L V_r V_th w", positive=True)
    # w = 1/(R I); E_L + R I - V = (1 + (E_L - V) w)/w
    period = tau * (sp.log(1 + (E_L - V_r) * w) - sp.log(1 + (E_L - V_th) * w))
    series = sp.series(w / period, w, 0, 3).removeO()
    constant, linear, quadratic = (sp.simplify(series.coeff(w, k)) for k in range(3))
    # The rate is w/period * (1/w): `constant` multiplies R I, `linear` is the constant term.
    line = sp.lambdify((I, R, tau, E_L, V_r, V_th), 1000 * (constant * R * I + linear))
    for cell in (TEACHING, UNLIKE_REST):
        values = [cell[key] for key in ("R", "tau", "E_L", "V_reset", "V_th")]
        assert lif_rate_asymptote(7.0, **cell) == pytest.approx(line(7.0, *values), rel=1e-13)
    # Its form for V_reset = E_L: R I/(tau (V_th - E_L)) - 1/(2 tau), remainder -a/(12 tau R I)
    assert sp.simplify(linear.subs(V_r, E_L) + 1 / (2 * tau)) == 0
    assert sp.simplify(constant.subs(V_r, E_L) - 1 / (tau * (V_th - E_L))) == 0
    assert sp.simplify(quadratic + (V_th - V_r) / (12 * tau)) == 0


@pytest.mark.parametrize("cell", [TEACHING, UNLIKE_REST])
def test_the_rate_approaches_its_asymptote_from_below_by_the_next_term(cell):
    I = np.array([50.0, 500.0, 5000.0])
    gap = lif_rate(I, **cell) - lif_rate_asymptote(I, **cell)
    a = cell["V_th"] - cell["V_reset"]
    y = cell["R"] * I + cell["E_L"] - (cell["V_th"] + cell["V_reset"]) / 2
    assert gap * y == pytest.approx(np.full(3, -1000 * a / (12 * cell["tau"])), rel=1e-3)


def test_asymptote_with_refractory_period_bends_to_its_limit():
    I = 1e5
    asymptote = lif_rate_asymptote(I, **TEACHING, t_ref=2.0)
    assert asymptote == pytest.approx(lif_rate(I, **TEACHING, t_ref=2.0), rel=1e-10)
    assert asymptote < 500
    assert lif_rate_asymptote(0.0, **TEACHING, t_ref=2.0) == -50.0  # -1/(2 tau)


# --- QIF --------------------------------------------------------------------------------------
def test_qif_has_the_reference_rates():
    assert qif_rate(1.0, tau=10, V_reset=-np.inf, V_th=np.inf) == pytest.approx(
        31.8309886, abs=5e-8
    )
    assert qif_rate(1.0, tau=10, V_reset=-10, V_th=10) == pytest.approx(33.9875327, abs=5e-8)


@pytest.mark.parametrize(
    ("V0", "V_reset", "V_th"),
    [
        (2.0, -3.0, 5.0),
        (2.0, 1.0, 5.0),
        (2.0, -5.0, -1.0),
        (0.3, -np.inf, 2.0),
        (0.3, -np.inf, -2.0),
        (0.3, 0.5, np.inf),
        (0.3, -np.inf, np.inf),
        (0.0, 0.5, 4.0),
        (0.0, 0.5, np.inf),
        (0.0, -4.0, -0.5),
        (-1.0, 1.5, 4.0),
        (-1.0, 1.0 + 1e-6, np.inf),
        (-1.0, -np.inf, -1.5),
    ],
)
def test_qif_period_is_the_integral_of_dt_over_dv(V0, V_reset, V_th):
    with mpmath.workdps(30):
        period = 10 * mpmath.quad(lambda v: 1 / (V0 + v**2), [V_reset, V_th])
    if V_reset == 1.0 + 1e-6:  # the pole at 1 is too near for quadrature: the logarithm itself
        with mpmath.workdps(30):
            period = -5 * mpmath.log((mpmath.mpf(V_reset) - 1) / (mpmath.mpf(V_reset) + 1))
    expected = float(1000 / period)
    assert qif_rate(V0, tau=10.0, V_reset=V_reset, V_th=V_th) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("V0", "V_reset", "V_th"),
    [
        (0.0, -1.0, 1.0),
        (0.0, -np.inf, np.inf),
        (0.0, 0.0, 1.0),
        (-1.0, -2.0, 2.0),
        (-1.0, 1.0, 2.0),
        (-1.0, -0.5, 0.5),
        (-1.0, -2.0, -1.0),
        (-1.0, -np.inf, np.inf),
    ],
)
def test_qif_is_silent_where_a_fixed_point_stops_it_or_the_potential_falls(V0, V_reset, V_th):
    assert qif_rate(V0, tau=10.0, V_reset=V_reset, V_th=V_th) == 0


@pytest.mark.parametrize(("V_reset", "V_th"), [(0.5, 4.0), (0.5, np.inf), (-4.0, -0.5)])
@pytest.mark.parametrize("size", [1e-4, 1e-8, 1e-12, 1e-16, 1e-30, 1e-300])
def test_the_three_cases_join_to_all_digits(V_reset, V_th, size):
    """The exact rate at tiny V0 of either sign, by 60-digit arithmetic from the textbook forms."""
    with mpmath.workdps(400):
        s = mpmath.sqrt(mpmath.mpf(size))
        above = 10 / s * (mpmath.atan(V_th / s) - mpmath.atan(V_reset / s))
        ratio = lambda v: 1 if v == np.inf else (v - s) / (v + s)  # noqa: E731
        below = 10 / (2 * s) * mpmath.log(ratio(V_th) / ratio(V_reset))
    rates = qif_rate([size, -size], tau=10.0, V_reset=V_reset, V_th=V_th)
    assert rates == pytest.approx([float(1000 / above), float(1000 / below)], rel=1e-14)
    zero = qif_rate(0.0, tau=10.0, V_reset=V_reset, V_th=V_th)
    # d(rate)/dV0 is finite at 0, so both sides lie within its order of the middle.
    assert rates == pytest.approx([zero, zero], rel=10 * size + 1e-15)


@pytest.mark.parametrize("size", [1e-4, 1e-12, 1e-300])
def test_qif_reset_below_zero_joins_continuously_through_zero_rate(size):
    rate = qif_rate([-size, 0.0, size], tau=10.0, V_reset=-10.0, V_th=10.0)
    # Square-root onset sqrt(V0)/(pi tau), with a relative correction of 2 s/(10 pi)
    assert rate[:2].tolist() == [0, 0]
    assert rate[2] == pytest.approx(100 * np.sqrt(size) / np.pi, rel=0.1 * np.sqrt(size) + 1e-14)


@given(st.floats(-4, 50), st.floats(0.1, 20), st.floats(0.1, 100))
def test_qif_rate_scales_with_inverse_time(V0, tau, factor):
    options = {"V_reset": 1.5, "V_th": 30.0}
    assert qif_rate(V0, tau=factor * tau, **options) == pytest.approx(
        qif_rate(V0, tau=tau, **options) / factor
    )


@given(st.lists(st.floats(-50, 50), min_size=2, max_size=10), st.floats(-10, 9))
def test_qif_rate_grows_with_the_input(V0, V_reset):
    rate = qif_rate(np.sort(V0), tau=10.0, V_reset=V_reset, V_th=10.0)
    assert np.all(np.diff(rate) >= -1e-12 * rate[1:])


# --- tables -----------------------------------------------------------------------------------
def test_residuals_of_a_table():
    table = pd.DataFrame({"I": [0.0, 2.0, 5.0], "rate_Hz": [0.0, np.nan, 90.0]}, index=[3, 4, 5])
    table.attrs["I_unit"] = "nA"
    result = residuals(table, lambda I: 20 * I)
    assert result["residual_Hz"].tolist()[::2] == [0.0, -10.0]
    assert result["relative"].iloc[2] == pytest.approx(-0.1)
    assert result["residual_Hz"].isna().tolist() == [False, True, False]
    assert result.index.tolist() == [3, 4, 5]
    assert result.attrs == {"I_unit": "nA"}
    pd.testing.assert_frame_equal(residuals(table, [0.0, 40.0, 100.0]), result)
    with pytest.raises(ValueError, match="3 rows"):
        residuals(table, [1.0])
    with pytest.raises(ValueError, match=r"no column \['rate_Hz'\]"):
        residuals(table[["I"]], [1.0])


def test_onset_skips_unresolved_rows_and_keeps_groups_that_never_fire():
    table = pd.DataFrame(
        {
            "g_A": np.repeat([60.0, 47.7, 0.0], 3),
            "I": [30.0, 10.0, 20.0] * 3,
            "rate_Hz": [np.nan, 0.0, 0.0, 50.0, np.nan, 30.0, 90.0, 60.0, 80.0],
            "I_unit": "uA/cm**2",
        }
    )
    result = onset(table, by="g_A")
    assert result["g_A"].tolist() == [0.0, 47.7, 60.0]
    assert result["I"].tolist()[:2] == [10.0, 20.0]
    assert result["rate_Hz"].tolist()[:2] == [60.0, 30.0]
    assert result.loc[2, ["I", "rate_Hz"]].isna().all()
    assert set(result["I_unit"]) == {"uA/cm**2"}


def test_onset_of_a_single_curve():
    table = pd.DataFrame({"I": [3.0, 1.0, 2.0], "rate_Hz": [9.0, 0.0, 5.0]})
    assert onset(table).to_dict("records") == [{"I": 2.0, "rate_Hz": 5.0}]
    silent = onset(table.assign(rate_Hz=0.0))
    assert len(silent) == 1
    assert silent.isna().all(axis=None)


def test_parameter_sets_of_a_protocols_table_stay_apart():
    """Also where nobody names what varies: an onset for each set, and residuals with their set."""
    table = pd.DataFrame({"R": 5.0, "tau": [9.0, 9.0, 8.0, 8.0], "I": [1.0, 2.0] * 2})
    table = table.assign(rate_Hz=[0.0, 7.0, 3.0, 8.0], I_silent=[0.9, 1.9, 0.8, 1.8])
    table.attrs["units"] = {"R": "Mohm", "tau": "ms", "I_silent": "nA"}  # the last was measured
    pd.testing.assert_frame_equal(onset(table), onset(table, by="tau"))
    assert onset(table)["rate_Hz"].tolist() == [3.0, 7.0]
    assert residuals(table, lambda I: I)[["R", "tau"]].equals(table[["R", "tau"]])


# --- fits -------------------------------------------------------------------------------------
TRUTH = {
    "relu": {"scale": 7.3, "shift": 3.37},
    "sqrt": {"scale": 21.0, "shift": 3.37},
    "softplus": {"scale": 7.3, "shift": 3.37, "width": 0.8},
    "sigmoid": {"scale": 90.0, "shift": 5.2, "width": 0.8},
}
CURRENTS = np.linspace(0.0, 10.0, 41)


@pytest.mark.parametrize("kind", TRUTH)
@pytest.mark.parametrize(("unit", "origin"), [(1.0, 0.0), (1e-3, 0.0), (250.0, -4000.0)])
def test_noise_free_parameters_are_recovered_in_any_unit(kind, unit, origin):
    """The current axis stretched by `unit` and moved by `origin`."""
    rate = FI_FUNCTIONS[kind](CURRENTS, **TRUTH[kind])
    fit = fit_fi(origin + unit * CURRENTS, rate, kind)
    stretch = {"relu": unit, "softplus": unit, "sqrt": np.sqrt(unit), "sigmoid": 1.0}[kind]
    expected = {
        "scale": TRUTH[kind]["scale"] / stretch,
        "shift": origin + unit * TRUTH[kind]["shift"],
        "width": unit * TRUTH[kind].get("width", np.nan),
    }
    for name, value in fit.parameters.items():
        assert value == pytest.approx(expected[name], rel=1e-9), name
    assert fit.r2 == pytest.approx(1, abs=1e-12)
    assert fit.rmse < 1e-7
    assert fit.predict(origin + unit * CURRENTS) == pytest.approx(rate, abs=1e-6)
    assert fit.n == 41


@pytest.mark.parametrize("kind", TRUTH)
def test_the_right_function_ranks_first(kind):
    rng = np.random.default_rng(11)
    rate = FI_FUNCTIONS[kind](CURRENTS, **TRUTH[kind])
    for noise in (0.0, 0.5):
        table = fit_all(CURRENTS, rate + noise * rng.standard_normal(41))
        assert table["kind"][0] == kind
        assert sorted(table["kind"]) == sorted(TRUTH)
        assert table["delta_AICc"].is_monotonic_increasing
        assert table["delta_AICc"][0] == 0
        assert table["weight"].sum() == pytest.approx(1)
        ratio = np.exp(-(table["AICc"] - table["AICc"][0]) / 2)
        assert (table["weight"] / table["weight"][0]).to_numpy() == pytest.approx(ratio)


def test_criteria_and_intervals_of_a_straight_line_are_those_of_linear_regression():
    """All points above the onset make the ReLU a regression line, whose theory is exact."""
    from scipy.stats import linregress
    from scipy.stats import t as student_t

    rng = np.random.default_rng(2)
    rate = 5 * CURRENTS + 40 + rng.standard_normal(41)
    fit = fit_fi(CURRENTS, rate, "relu")
    line = linregress(CURRENTS, rate)
    assert fit.parameters["scale"] == pytest.approx(line.slope, rel=1e-8)
    assert fit.parameters["shift"] == pytest.approx(-line.intercept / line.slope, rel=1e-7)
    half = student_t.ppf(0.975, 39) * line.stderr
    assert fit.confidence["scale"] == pytest.approx((line.slope - half, line.slope + half))
    assert fit.r2 == pytest.approx(line.rvalue**2)
    rss = np.sum((rate - line.slope * CURRENTS - line.intercept) ** 2)
    assert fit.rmse == pytest.approx(np.sqrt(rss / 41))
    # k = 3: slope, intercept and variance (Burnham & Anderson 2002, sec. 2.4)
    assert fit.aicc == pytest.approx(41 * np.log(rss / 41) + 6 + 24 / 37)
    assert fit.bic == pytest.approx(41 * np.log(rss / 41) + 3 * np.log(41))


@pytest.mark.parametrize("kind", ["relu", "sqrt", "sigmoid", "softplus"])
def test_fit_is_the_global_optimum(kind):
    """No point of a fine grid of shapes (with the best scale for each) does better."""
    rng = np.random.default_rng(8)
    rate = np.clip(60 * np.sqrt(np.maximum(CURRENTS - 4, 0)) / 3, 0, 40) + rng.normal(0, 3, 41)
    fit = fit_fi(CURRENTS, rate, kind)
    widths = [()] if kind in ("relu", "sqrt") else [(w,) for w in np.geomspace(0.05, 20, 60)]
    lowest = np.inf
    for shift in np.linspace(-8, 9.7, 400):
        for width in widths:
            g = FI_FUNCTIONS[kind](CURRENTS, 1.0, shift, *width)
            lowest = min(lowest, np.mean((rate - (g @ rate) / (g @ g) * g) ** 2))
    assert fit.rmse**2 <= lowest * (1 + 1e-9)


def binomial_bounds(n, p, tail):
    """Smallest and largest counts outside the tails of a binomial distribution."""
    pmf = [comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(n + 1)]
    cdf = np.cumsum(pmf)
    return int(np.searchsorted(cdf, tail)), int(np.searchsorted(cdf, 1 - tail))


@pytest.mark.parametrize("kind", TRUTH)
def test_confidence_intervals_cover_the_truth_in_95_of_100_samples(kind):
    rng = np.random.default_rng(1995)
    rate = FI_FUNCTIONS[kind](CURRENTS, **TRUTH[kind])
    n = 120
    hits = dict.fromkeys(TRUTH[kind], 0)
    for _ in range(n):
        fit = fit_fi(CURRENTS, rate + rng.standard_normal(41), kind)
        for name, (low, high) in fit.confidence.items():
            hits[name] += low <= TRUTH[kind][name] <= high
    low, high = binomial_bounds(n, 0.95, 1e-3)
    for name, count in hits.items():
        assert low <= count <= high, name


def test_undetermined_parameters_have_no_interval():
    """A ReLU leaves the knee of a softplus no width, and a line leaves the sigmoid no plateau."""
    rng = np.random.default_rng(4)
    relu = fit_fi(CURRENTS, 8 * np.maximum(CURRENTS - 3.3, 0), "relu")
    assert relu.confidence["scale"] == pytest.approx((8, 8))
    noisy = FI_FUNCTIONS["sqrt"](CURRENTS, 8.0, 3.3) + 0.01 * rng.standard_normal(41)
    soft = fit_fi(CURRENTS, noisy, "softplus")
    assert soft.parameters["width"] < 0.05  # below the spacing of the currents
    assert np.isnan(soft.confidence["width"]).all()
    assert np.isfinite(soft.confidence["scale"]).all()


def test_a_step_fixes_the_height_of_a_sigmoid_but_neither_its_place_nor_its_width():
    """No point lies on the flank: any narrow sigmoid between the two middle currents does."""
    noise = 0.1 * np.random.default_rng(6).standard_normal(41)
    fit = fit_fi(CURRENTS, np.where(CURRENTS > 5.1, 50.0, 0.0) + noise, "sigmoid")
    low, high = fit.confidence["scale"]
    assert low < 50 < high
    assert high - low < 1
    assert CURRENTS[20] < fit.parameters["shift"] < CURRENTS[21]
    assert np.isnan(fit.confidence["width"]).all()


@settings(max_examples=20)  # two fits each
@given(st.permutations(range(12)))
def test_fit_does_not_depend_on_the_order_of_the_points(order):
    I = np.linspace(0, 6, 12)
    rate = np.array([0, 0, 0, 1, 4, 9, 11, 16, 18, 22, 27, 30.0])
    order = list(order)
    fit, shuffled = fit_fi(I, rate, "relu"), fit_fi(I[order], rate[order], "relu")
    assert shuffled.parameters == pytest.approx(fit.parameters, rel=1e-8)


def test_a_fit_is_frozen():
    fit = fit_fi(CURRENTS, TRUTH["relu"]["scale"] * CURRENTS, "relu")
    with pytest.raises(AttributeError):
        fit.kind = "sqrt"


# --- input ------------------------------------------------------------------------------------
GOOD = np.arange(10.0)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: lif_rate(1.0, **TEACHING | {"V_reset": -50.0}), "not below V_th"),
        (lambda: lif_rate(1.0, **TEACHING | {"tau": 0.0}), "must be positive"),
        (lambda: lif_rate(1.0, **TEACHING, t_ref=-1.0), "not negative"),
        (lambda: lif_rate([1.0, np.nan], **TEACHING), "I holds NaN"),
        (lambda: qif_rate(np.inf, tau=1.0, V_reset=-1.0, V_th=1.0), "V0 holds NaN"),
        (lambda: qif_rate(1.0, tau=0.0, V_reset=-1.0, V_th=1.0), "must be positive"),
        (lambda: qif_rate(1.0, tau=1.0, V_reset=1.0, V_th=1.0), "below V_th"),
        (lambda: fit_fi(GOOD, GOOD, "tanh"), "choose one of"),
        (lambda: fit_fi(GOOD, GOOD[1:], "relu"), "one rate per current"),
        (lambda: fit_fi(GOOD, np.full(10, np.nan), "relu"), "rate holds NaN"),
        (lambda: fit_fi([0.0, 1.0, np.inf, 3.0, 4.0], np.arange(5.0), "relu"), "I holds NaN"),
        (lambda: fit_fi(GOOD[:4], GOOD[:4], "relu"), "at least 5"),
        (lambda: fit_all(GOOD[:5], GOOD[:5]), "at least 6"),
        (lambda: fit_fi(np.repeat([1.0, 2.0], 5), GOOD, "relu"), "different current"),
        (lambda: fit_fi(GOOD, np.zeros(10), "relu"), "nothing to fit"),
        (lambda: fit_fi(GOOD, np.full(10, 5.0), "relu"), "nothing to fit"),
        (lambda: fit_fi(GOOD, np.append(np.zeros(9), 5.0), "relu"), "nothing to fit"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
