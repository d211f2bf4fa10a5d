"""Noise on single cells: Euler-Maruyama's order, and the noisy LIF against its closed form."""

import numpy as np
import pytest
from brian2 import Unit, cm, ms, mV, nA, second, uA
from excitable.analysis import lif_rate, linearity, noisy_lif_rate
from excitable.models import EXPONENTIAL, IZHIKEVICH, LIF, ZOO, NeuronModel
from excitable.protocols import (
    Constant,
    Recorded,
    WhiteNoise,
    noise_convergence,
    noisy_fi_curve,
    noisy_onset,
    response,
)
from excitable.simulation import simulate

STEPS = [2.0, 1.0, 0.5, 0.25]
TEACHING = {"R": 10.0, "tau": 10.0, "E_L": -65.0, "V_reset": -65.0, "V_th": -50.0}


def order(table, column):
    return np.polyfit(np.log(table["dt_ms"]), np.log(table[column].abs()), 1)[0]


# --- order of convergence ------------------------------------------------------------------------


def exact_errors(h, *, T=20.0, tau=10.0, start=-65.0, mean=1.0, spread=1.0, R=10.0):
    """Errors of Euler-Maruyama on the membrane, in closed form; potentials in mV, times in ms.

    The method multiplies by a = 1 - h/tau where the membrane multiplies by exp(-h/tau); the noise
    of a step enters once, not along the step.
    """
    n, a = round(T / h), 1 - h / tau
    s = R * spread / tau
    drift = (start - (-65.0 + R * mean)) * (a**n - np.exp(-T / tau))
    later = np.arange(n)  # steps that follow
    decay = np.exp(-later * h / tau)
    # The integral over one step of (a**k - exp(-(k h + u)/tau))**2 du, for all k
    square = (
        a ** (2 * later) * h
        - 2 * a**later * decay * tau * -np.expm1(-h / tau)
        + decay**2 * tau / 2 * -np.expm1(-2 * h / tau)
    )
    variance = s**2 * (h * (1 - a ** (2 * n)) / (1 - a**2) - tau / 2 * -np.expm1(-2 * T / tau))
    return {
        "strong_error_mV": np.sqrt(drift**2 + s**2 * square.sum()),
        "mean_error_mV": drift,
        "variance_error_mV2": variance,
    }


@pytest.fixture(scope="module")
def euler():
    return noise_convergence(STEPS * ms, paths=4000, seed=1)


@pytest.mark.parametrize(
    ("column", "error"),
    [
        ("strong_error_mV", "strong_sem_mV"),
        ("mean_error_mV", "mean_sem_mV"),
        ("variance_error_mV2", "variance_sem_mV2"),
    ],
)
def test_euler_maruyama_has_the_errors_that_follow_from_its_definition(euler, column, error):
    for _, row in euler.iterrows():
        expected = exact_errors(row["dt_ms"])[column]
        assert row[column] == pytest.approx(expected, abs=4 * row[error])


@pytest.mark.parametrize("column", ["strong_error_mV", "mean_error_mV", "variance_error_mV2"])
def test_euler_maruyama_is_of_strong_and_weak_order_one(euler, column):
    """The exact errors have these slopes over these steps; the measured ones share their paths."""
    steps = np.array(STEPS)
    exact = [exact_errors(h)[column] for h in steps]
    expected = np.polyfit(np.log(steps), np.log(exact), 1)[0]
    assert expected == pytest.approx(1, abs=0.05)
    assert order(euler, column) == pytest.approx(expected, abs=0.03)


def test_a_better_drift_raises_the_weak_order_but_not_the_strong_one():
    """With the increments of the path alone the strong order stays 1 (Clark & Cameron 1980)."""
    table = noise_convergence(STEPS * ms, paths=4000, method="rk2", noise=4 * nA * ms**0.5, seed=2)
    assert order(table, "strong_error_mV") == pytest.approx(1, abs=0.03)
    # The drift's own error, (1 - x + x**2/2)**n - exp(-n x) with x = h/tau, is of second order.
    for _, row in table.iterrows():
        x, n = row["dt_ms"] / 10, round(20 / row["dt_ms"])
        expected = -10 * ((1 - x + x**2 / 2) ** n - np.exp(-n * x))
        assert row["mean_error_mV"] == pytest.approx(expected, abs=4 * row["mean_sem_mV"])


@pytest.mark.parametrize("method", ["euler", "heun", "milstein"])
def test_white_noise_is_integrated_by_the_scheme_whose_order_was_measured(method):
    """Noise written as `xi`, and the same normal numbers as a current held over each step."""
    h, n, steps, seed = 0.5, 5, 40, 11
    sigma, mean = 1.0, 1.0
    free = LIF.with_(V_th=1e6 * mV)
    run = {"record": ("v",), "start": "initial", "dt": h * ms, "backend": "numpy", "spikes": "grid"}
    noise = WhiteNoise(mean * nA, sigma * nA * ms**0.5)
    drawn = simulate(free, noise, n, steps * h * ms, method=method, seed=seed, **run)
    normal = np.random.RandomState(seed).randn(steps, n)
    held = Recorded((mean + sigma * normal / np.sqrt(h)) * nA, dt=h * ms)
    given = simulate(free, held, n, steps * h * ms, method="euler", **run)
    np.testing.assert_allclose(drawn.traces["v"], given.traces["v"], rtol=1e-12)


def walk(equation, **more):
    """Return a cell without spikes, from 1 on, whose slope is of order 1/tau."""
    return NeuronModel(
        name="walk", equations=f"dv/dt = {equation} : 1", parameters={"tau": 10 * ms},
        input_unit=1, initial={"v": 1.0}, threshold="v > 1e6", reset="v = 0", **more,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("equation", "method", "message"),
    [
        ("(I - v)/tau + 0.6*v*xi/tau**0.5", None, r"method 'euler' .*multiplicative.*='heun'"),
        ("(I - v)/tau + sin(t/tau)*xi/tau**0.5", None, r"method 'euler' .*='heun', .*Stratonovich"),
        ("(I - v + xi_a*tau**0.5 + xi_b*tau**0.5)/tau", "milstein", r"'milstein' .*='euler'$"),
        ("(I - v**3)/tau", "exact", r"'exact' .* needs linear equations; use method='rk4'"),
        ("(I - v**3)/tau", "exponential_euler", r"linear in their own variable; .*'rk4'"),
    ],
)
def test_a_method_that_cannot_integrate_the_equations_is_refused(equation, method, message):
    run = {"start": "initial", "method": method, "backend": "numpy"}
    with pytest.raises(ValueError, match=message):
        simulate(walk(equation), Constant(0 * Unit(1)), 2, 1 * ms, **run)


@pytest.mark.parametrize("method", ["heun", "milstein"])
def test_noise_whose_strength_changes_is_that_of_stratonovich(method):
    """The median of dv = -v dt/tau + s v dW is exp(-t/tau); in Ito's sense it is lower."""
    cells = walk("(I - v)/tau + 0.6*v*xi/tau**0.5", method=method)
    found = simulate(cells, Constant(0 * Unit(1)), 20_000, 10 * ms, start="initial", seed=3,
                     dt=0.05 * ms, backend="numpy")  # fmt: skip
    median = np.log(np.median(found.state["v"]))
    assert median == pytest.approx(-1, abs=0.05)  # Ito: -1.18; 4 standard errors are 0.02


def late(reset, refractory, line=""):
    """Return a leaky cell that charges in 10 ms * log(4) between its refractory periods."""
    return NeuronModel(
        name="late", parameters={"tau": 10 * ms, "longest": 8 * ms}, input_unit=1, dt=0.05 * ms,
        equations=f"dv/dt = (I - v)/tau : 1 (unless refractory)\ndperiod/dt = 0 : second{line}",
        initial={"v": 0.0, "period": 0 * ms}, threshold="v > 3", reset=reset, refractory=refractory,
    )  # fmt: skip


def test_a_random_refractory_period_is_drawn_once_a_spike():
    for text, line in (
        ("longest*rand()", ""),
        ("x*longest", "\nx = rand() : 1 (constant over dt)"),
    ):
        with pytest.raises(ValueError, match=r"late: refractory = .*drawn in every step"):
            late("v = 0", text, line)
    cells = late("v = 0; period = longest*rand()", "period")
    (row,) = noisy_fi_curve(cells, [4] * Unit(1), [0] * Unit(1) * ms**0.5, trials=100, seed=1,
                            start="initial",
                            duration=1.5 * second, backend="numpy").to_dict("records")  # fmt: skip
    mean, deviation = 10 * np.log(4) + 4, 8 / np.sqrt(12)
    assert row["rate_Hz"] == pytest.approx(1000 / mean, rel=0.01)  # spikes end steps of 0.05 ms
    assert row["isi_cv"] == pytest.approx(deviation / mean, rel=0.05)


# --- the noisy LIF against its closed form -------------------------------------------------------


def deviations(table, expected, dt):
    """Return measured - expected rate over what it may be: 4 standard errors and the next order.

    The raised threshold leaves errors of order dt: the method's own relative error of drift and
    variance is dt/tau, and enters the rate by up to twice its exponent y_th**2.
    """
    seconds = table["trials"] * (table.attrs["duration_ms"] - table.attrs["discard_ms"]) / 1000
    error = np.maximum(table["rate_sem_Hz"], np.sqrt(expected / seconds))
    y = (15 - 10 * table["I"]) / (10 * table["noise"]) * np.sqrt(10)
    next_order = expected * dt / 10 * np.maximum(1, y.clip(lower=0) ** 2)
    return (table["rate_Hz"] - expected) / (4 * error + next_order)


def test_noisy_lif_against_siegert():
    dt = 0.05
    table = noisy_fi_curve(
        LIF, [1, 1.5, 2, 3] * nA, [1, 2] * nA * ms**0.5, trials=32, dt=dt * ms, seed=3
    )
    expected = noisy_lif_rate(table["I"], table["noise"], **TEACHING, dt=dt)
    assert (deviations(table, expected, dt).abs() < 1).all()
    assert (table["rate_sem_Hz"] < 0.05 * expected + 0.5).all()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("V_reset", "t_ref"), [(-65.0, 0.0), (-58.0, 2.0)], ids=["teaching", "reset_refractory"]
)
def test_noisy_lif_against_siegert_over_mean_and_strength(V_reset, t_ref):
    dt = 0.02
    model = LIF.with_(V_reset=V_reset * mV, t_ref=t_ref * ms)
    currents, strengths = [0.5, 1, 1.5, 2, 3, 5], [0.5, 1, 2, 4]
    table = noisy_fi_curve(
        model, currents * nA, strengths * nA * ms**0.5, trials=40, duration=4 * second,
        dt=dt * ms, seed=4,
    )  # fmt: skip
    cell = TEACHING | {"V_reset": V_reset, "t_ref": t_ref}
    expected = noisy_lif_rate(table["I"], table["noise"], **cell, dt=dt)
    single = table["rate_Hz"].isna()  # one spike in all trials is no rate
    seconds = 40 * (4000 - table.attrs["discard_ms"]) / 1000
    assert (expected[single] * seconds < 7).all()  # of Poisson's single spikes all but 1 in 150
    assert (deviations(table, expected, dt)[~single].abs() < 1).all()


@pytest.mark.slow
@pytest.mark.parametrize("dt", [0.4, 0.1, 0.025])
def test_the_grid_lowers_the_rate_as_the_raised_threshold_says(dt):
    """What is left is of order dt/tau; the raw shortfall, of order sqrt(dt), is not."""
    table = noisy_fi_curve(
        LIF, [1.5] * nA, [2] * nA * ms**0.5, trials=512, duration=4 * second, dt=dt * ms, seed=5
    )
    rate, error = table["rate_Hz"][0], 4 * table["rate_sem_Hz"][0]
    exact, raised = (noisy_lif_rate(1.5, 2.0, **TEACHING, dt=h) for h in (0.0, dt))
    assert rate == pytest.approx(raised, abs=error + 0.5 * dt / 10 * raised)
    assert rate < exact - error - dt / 10 * exact


# --- F-I curves in noise -------------------------------------------------------------------------


def noisy_exponential_rate(mean, strength):
    """The rate of Fourcaud-Trocme et al.'s cell under white noise, in Hz.

    Richardson 2007, Phys. Rev. E 76:021919, eq. 31: the density is integrated downwards from the
    peak, with the flux of the reset; potentials in mV, mean in uA/cm2, strength with sqrt(ms).
    """
    g_L, E_L, V_T, Delta_T, peak, reset, pause = 0.1, -65.0, -59.9, 3.48, 0.0, -68.0, 1.7
    D = strength**2 / 2
    v, h = np.linspace(peak, -140.0, 200_001, retstep=True)
    G = -(g_L * (E_L - v) + g_L * Delta_T * np.exp((v - V_T) / Delta_T) + mean) / D
    factor = np.exp(-h * G)
    source = np.where(v > reset, (factor - 1) / (G * D), 0.0)
    density, total = 0.0, 0.0
    for a, b in zip(factor[:-1], source[:-1], strict=True):
        density = density * a + b
        total -= density * h
    return 1000 / (total + pause)


@pytest.mark.parametrize(("mean", "strength"), [(0.2, 0.5), (0.45, 0.5), (0.45, 2.0), (0.7, 1.0)])
def test_noise_on_an_explosive_upstroke(mean, strength):
    """At the default step, which is long where the exponential rises."""
    unit = uA / cm**2
    table = noisy_fi_curve(EXPONENTIAL, [mean] * unit, [strength] * unit * ms**0.5, trials=400)
    (rate,), (sem,) = table["rate_Hz"], table["rate_sem_Hz"]
    expected = noisy_exponential_rate(mean, strength)
    assert rate == pytest.approx(expected, abs=3 * sem + 0.005 * expected)


def test_the_table_says_how_to_redo_it():
    table = noisy_fi_curve(
        LIF, [1, 2] * nA, [0, 1, 2] * nA * ms**0.5, vary={"t_ref": [0, 5] * ms}, trials=3,
        duration=100 * ms, discard=20 * ms, dt=0.5 * ms, backend="numpy", seed=9,
    )  # fmt: skip
    assert list(table["noise"]) == [0] * 4 + [1] * 4 + [2] * 4
    assert list(table["t_ref"]) == [0, 0, 5, 5] * 3
    assert list(table["I"]) == [1, 2] * 6
    assert set(table["noise_unit"]) == {"nA*ms**0.5"}
    assert set(table["I_unit"]) == {"nA"}
    for key, value in {"method": "euler", "dt_ms": 0.5, "seed": 9, "trials": 3}.items():
        assert table.attrs[key] == value
    # Without noise all trials are the same. 2 nA: 0.95**k falls below 1/4 at k = 28 steps, 14 ms;
    # with 5 ms of refractoriness the spikes between 20 and 100 ms are at 32.5 + 19 k.
    assert table["rate_sem_Hz"][3] == 0
    assert table["spike_count"][3] == 3 * 4
    assert table["rate_Hz"][3] == pytest.approx(1000 * 4 / 80)


@pytest.mark.parametrize(("sigma", "where"), [(None, "located"), (1.0, "grid")])
def test_a_response_says_where_its_spikes_lie(sigma, where):
    drive = Constant(2 * nA) if sigma is None else WhiteNoise(2 * nA, sigma * nA * ms**0.5)
    spikes = response(LIF, drive, 100 * ms, seed=1, backend="numpy").spikes
    steps = spikes["t_ms"] / float(LIF.dt / ms)
    assert spikes.attrs["spikes"] == where
    assert np.allclose(steps, steps.round(), atol=1e-6) == (where == "grid")


def test_the_seed_decides():
    def rates(seed):
        return noisy_fi_curve(
            LIF, [2] * nA, [2] * nA * ms**0.5, trials=8, duration=200 * ms, discard=0 * ms,
            dt=0.5 * ms, backend="numpy", seed=seed,
        )  # fmt: skip

    assert rates(1).equals(rates(1))
    assert not rates(1).equals(rates(2))


def test_a_single_spike_in_all_trials_is_no_rate():
    table = noisy_fi_curve(
        LIF, [2] * nA, [0] * nA * ms**0.5, trials=1, duration=20 * ms, discard=0 * ms,
        dt=0.5 * ms, backend="numpy",
    )  # fmt: skip
    assert table["spike_count"][0] == 1
    assert np.isnan(table["rate_Hz"][0])
    assert not table["resolved"][0]


def test_the_onset_becomes_straighter_with_noise():
    """The LIF's own closed form says by how much: R2 of a line from 0 to twice the rheobase."""
    table = noisy_onset(LIF, [2, 8] * mV, points=13, threshold=1.5 * nA, dt=0.05 * ms)
    found = linearity(table, "deviation").set_index("deviation")
    assert (np.diff(found["R2"]) > 0).all()
    assert (found["steepest"].iloc[1:] < found["steepest"].iloc[0]).all()
    exact = table.assign(rate_Hz=noisy_lif_rate(table["I"], table["noise"], **TEACHING, dt=0.05))
    exact.loc[table["deviation"] == 0, "rate_Hz"] = lif_rate(table["I"][:13], **TEACHING)
    expected = linearity(exact, "deviation").set_index("deviation")
    np.testing.assert_allclose(found["R2"], expected["R2"], atol=0.01)
    np.testing.assert_allclose(found["slope"], expected["slope"], rtol=0.02)
    # R sigma/sqrt(2 tau) is the deviation
    np.testing.assert_allclose(10 * table["noise"] / np.sqrt(20), table["deviation"], rtol=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("model", ZOO, ids=lambda model: model.name)
def test_noise_straightens_the_onset_of_every_model(model):
    table = noisy_onset(model, points=13, trials=32)
    found = linearity(table, "deviation")
    assert found["R2"].iloc[-1] > found["R2"].iloc[0]
    assert found["steepest"].iloc[-1] < found["steepest"].iloc[0]
    below = table[table["I"] < 0.99 * table.attrs["threshold"] - 1e-3]
    assert (below.loc[below["deviation"] == 0, "rate_Hz"] == 0).all()
    assert (below.loc[below["deviation"] == table["deviation"].max(), "rate_Hz"] > 0).any()


# --- bad input -----------------------------------------------------------------------------------

BAD = [
    (lambda: noisy_fi_curve(LIF, [1] * nA, [1] * nA), "noise: expected"),
    (lambda: noisy_fi_curve(LIF, [1] * nA, [-1] * nA * ms**0.5), "strengths of 0 or more"),
    (lambda: noisy_fi_curve(LIF, [1] * nA, [1] * nA * ms**0.5, trials=0), "trials: expected"),
    (lambda: noisy_fi_curve(LIF, [1] * nA, [1] * nA * ms**0.5, seed=-1), "seed: expected"),
    (
        lambda: noisy_fi_curve(LIF, [1] * nA, [1] * nA * ms**0.5, method="rk4"),
        "method 'rk4' cannot integrate white noise",
    ),
    (lambda: noisy_onset(LIF, [0] * mV, threshold=1 * nA), "deviations: expected"),
    (lambda: noisy_onset(LIF, threshold=-1 * nA), "threshold: expected one above 0"),
    (lambda: noise_convergence([1, 0.3] * ms), "a multiple of the smallest"),
    (lambda: noise_convergence([3] * ms), "a part of the duration"),
    (lambda: noise_convergence([1] * ms, method="heun"), "unknown method 'heun'"),
    (lambda: noise_convergence([1] * ms, noise=1 * nA), "noise: expected"),
    (lambda: noise_convergence([1] * ms, model=IZHIKEVICH), "izhikevich: .* LIF's equations only"),
]


@pytest.mark.parametrize(("call", "message"), BAD)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()
