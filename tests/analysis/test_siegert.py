"""The noisy LIF's closed form against independent solutions of the same problem, and its limits."""

import mpmath
import numpy as np
import pytest
from excitable.analysis import lif_rate, noisy_lif_rate
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import diags_array
from scipy.sparse.linalg import spsolve

TEACHING = {"R": 10.0, "tau": 10.0, "E_L": -65.0, "V_reset": -65.0, "V_th": -50.0}


def passage_time(I, sigma, *, R, tau, E_L, V_reset, V_th, points):
    """Mean first passage time, ms: the backward equation by central differences, no closed form.

    s**2/2 T'' + f T' = -1 with s = R sigma/tau, f = (E_L + R I - V)/tau, T = 0 at the threshold,
    T' = 0 far below it.
    """
    deviation = R * sigma / np.sqrt(2 * tau)
    floor = min(V_reset, E_L + R * I) - 9 * deviation
    h = (V_th - floor) / points
    V = floor + h * np.arange(points)
    D = (R * sigma / tau) ** 2 / 2 / h**2
    drift = (E_L + R * I - V) / tau / (2 * h)
    down, up = D - drift, D + drift
    diagonal = np.full(points, -2 * D)
    up[0] += down[0]  # reflected: the point below the floor mirrors the one above it
    matrix = diags_array([down[1:], diagonal, up[:-1]], offsets=[-1, 0, 1], format="csc")
    return np.interp(V_reset, V, spsolve(matrix, -np.ones(points)))


@pytest.mark.parametrize("t_ref", [0.0, 2.0])
@pytest.mark.parametrize("V_reset", [-65.0, -58.0])
@pytest.mark.parametrize("sigma", [0.6, 1.0, 3.0])
@pytest.mark.parametrize("I", [1.0, 1.5, 3.0])
def test_against_the_backward_equation(I, sigma, V_reset, t_ref):
    cell = TEACHING | {"V_reset": V_reset}
    # Second order in the mesh: Richardson's extrapolation leaves the fourth.
    coarse, fine = (passage_time(I, sigma, **cell, points=n) for n in (4000, 8000))
    expected = 1000 / (t_ref + fine + (fine - coarse) / 3)
    assert noisy_lif_rate(I, sigma, **cell, t_ref=t_ref) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("low", [-20.0, -6.0, -0.4, 0.2, 2.0, 9.0, 20.0])
@pytest.mark.parametrize("width", [0.01, 1.0, 8.0, 25.0])
def test_against_the_hypergeometric_series(low, width):
    """Numbers chosen such that the limits of the integral are `low` and `low + width`."""
    high = low + width
    # tau = 1, R = 1, sigma = 1, E_L = 0: limits are the reset and threshold themselves.
    rate = noisy_lif_rate(0.0, 1.0, R=1.0, tau=1.0, E_L=0.0, V_reset=low, V_th=high)
    integral = _indefinite(high) - _indefinite(low)
    expected = 1000 / (mpmath.sqrt(mpmath.pi) * integral)
    if expected < 1e-300:
        assert rate < 1e-300
    else:
        assert rate == pytest.approx(float(expected), rel=1e-10)


def _indefinite(x):
    """Integral of exp(u**2) (1 + erf(u)) from 0 to x, by a hypergeometric series.

    The derivative of x**2 2F2(1, 1; 3/2, 2; x**2)/sqrt(pi) is exp(x**2) erf(x).
    """
    # Below 0 the two terms, of the size of exp(x**2), cancel.
    with mpmath.workdps(40 + int(x * x)):
        square = mpmath.mpf(x) ** 2
        even = square * mpmath.hyp2f2(1, 1, 1.5, 2, square) / mpmath.sqrt(mpmath.pi)
        return mpmath.sqrt(mpmath.pi) / 2 * mpmath.erfi(x) + even


def test_weak_noise_gives_the_deterministic_rate():
    I = np.array([0.0, 1.4, 1.6, 2.0, 5.0])
    np.testing.assert_allclose(
        noisy_lif_rate(I, 1e-6, **TEACHING, t_ref=2.0), lif_rate(I, **TEACHING, t_ref=2.0)
    )
    assert np.array_equal(noisy_lif_rate(I, 0.0, **TEACHING), lif_rate(I, **TEACHING))


def test_far_below_threshold_is_kramers_law():
    """The leading term of the integral for y_th >> 1: rate = y_th exp(-y_th**2)/(tau sqrt(pi))."""
    sigma = 0.1
    y = 15 / (10 * sigma) * np.sqrt(10)  # 47: exp(-y**2) is below any number of double precision
    assert noisy_lif_rate(0.0, sigma, **TEACHING) == 0
    y = 15 / (10 * 0.3) * np.sqrt(10)
    kramers = 1000 * y * np.exp(-(y**2)) / (10 * np.sqrt(np.pi))
    relative = noisy_lif_rate(0.0, 0.3, **TEACHING) / kramers
    assert relative == pytest.approx(1 - 1 / (2 * y**2), abs=3 / y**4)


def test_large_currents_reach_the_refractory_period():
    assert noisy_lif_rate(1e7, 1.0, **TEACHING, t_ref=2.0) == pytest.approx(500, rel=1e-5)


@given(
    I=st.floats(-3, 5), sigma=st.floats(0.2, 5), scale=st.floats(0.1, 10), shift=st.floats(-50, 50)
)
def test_units_and_origin_do_not_matter(I, sigma, scale, shift):
    """Potentials may be shifted; time may be stretched; R I is all that enters."""
    rate = noisy_lif_rate(I, sigma, **TEACHING)
    moved = {k: v + shift if k in ("E_L", "V_reset", "V_th") else v for k, v in TEACHING.items()}
    assert noisy_lif_rate(I, sigma, **moved) == pytest.approx(rate, rel=1e-6, abs=1e-12)
    slow = TEACHING | {"tau": 10 * scale}
    stretched = noisy_lif_rate(I, sigma * np.sqrt(scale), **slow) * scale
    assert stretched == pytest.approx(rate, rel=1e-6, abs=1e-12)
    other = noisy_lif_rate(I / scale, sigma / scale, **(TEACHING | {"R": 10 * scale}))
    assert other == pytest.approx(rate, rel=1e-6, abs=1e-12)


@given(I=st.floats(-1, 3), sigma=st.floats(0.1, 4), more=st.floats(0.01, 1))
def test_more_current_fires_more(I, sigma, more):
    low, high = noisy_lif_rate([I, I + more], sigma, **TEACHING)
    assert low < high or high < 1e-250


def test_the_grid_overlooks_crossings():
    """The overshoot constant is -zeta(1/2)/sqrt(2 pi); the threshold rises by it."""
    constant = float(-mpmath.zeta(0.5) / mpmath.sqrt(2 * mpmath.pi))
    raised = TEACHING | {"V_th": -50 + constant * 10 * 1.0 / 10 * np.sqrt(0.1)}
    expected = noisy_lif_rate(1.5, 1.0, **raised)
    assert noisy_lif_rate(1.5, 1.0, **TEACHING, dt=0.1) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"sigma": -1.0}, "sigma = -1.0"),
        ({"sigma": np.nan}, "sigma holds NaN"),
        ({"dt": -0.1}, "dt = -0.1"),
        ({"I": np.inf}, "I holds NaN or infinite"),
        ({"V_reset": -50.0}, "V_reset = -50.0"),
        ({"tau": 0.0}, "tau = 0.0"),
    ],
)
def test_bad_input(changed, message):
    with pytest.raises(ValueError, match=message):
        noisy_lif_rate(**({"I": 1.0, "sigma": 1.0} | TEACHING | changed))
